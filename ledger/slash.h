/* ledger/slash.h - slashes: one record each, and what a slash does, computed as the contracts compute it.
 *
 * Source: AllocationManager._slashOperator and DelegationManager.slashOperatorShares v1.12.0. A slash costs O(1) rows, whatever the
 * number of stakers; who lost how much follows from the record on read. */
#ifndef LEDGER_SLASH_H
#define LEDGER_SLASH_H

#include "ledger/books.h"

/* A slash of an operator by an operator set (OperatorSlashed). */
struct slash_row {
    struct address operator;
    struct address avs;
    int64_t operator_set;
    uint64_t position;
    int32_t log_index;
    int64_t items;
    struct amount slash_id;
    struct address recipient;
    struct slice description;
};

/* What a slash did in one strategy. */
struct slash_strategy_row {
    struct address operator;
    struct address strategy;
    uint64_t position;
    int32_t log_index;
    struct address avs;
    int64_t operator_set;
    int64_t item;
    struct amount wad_slashed;
    struct amount magnitude_before;
    struct amount magnitude_after;
    struct amount live_shares;
    struct amount total_shares;
};

#endif
