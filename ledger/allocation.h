/* ledger/allocation.h - EigenLayer's AllocationManager: operator sets, registration, magnitudes, allocations and their delays.
 *
 * Source: AllocationManager v1.12.0. Magnitudes are WAD fractions of an operator's delegated stake in a strategy. What changes by the
 * mere passing of blocks (effect blocks, slashable windows) is in the row and computed on read. */
#ifndef LEDGER_ALLOCATION_H
#define LEDGER_ALLOCATION_H

#include "ledger/books.h"

/* Maximum magnitude of an operator in a strategy (MaxMagnitudeUpdated), WAD; only falls. No row: 1e18. */
struct max_magnitude_row {
    struct address operator;
    struct address strategy;
    uint64_t position;
    int32_t log_index;
    struct amount magnitude;
};

/* Encumbered magnitude as the contract stores it (EncumberedMagnitudeUpdated); the view getEncumberedMagnitude follows from the allocations instead. */
struct encumbered_magnitude_row {
    struct address operator;
    struct address strategy;
    uint64_t position;
    int32_t log_index;
    struct amount magnitude;
};

/* Allocation of an operator to a strategy in an operator set, as after an AllocationUpdated. From effect_block on the current magnitude is current + pending and nothing is pending. */
struct allocation_row {
    struct address operator;
    struct address avs;
    int64_t operator_set;
    struct address strategy;
    uint64_t position;
    int32_t log_index;
    struct amount current;
    struct delta pending;
    int64_t effect_block;
};

/* Allocation delay of an operator (AllocationDelaySet), in blocks: delay until effect_block, then pending. */
struct allocation_delay_row {
    struct address operator;
    uint64_t position;
    int32_t log_index;
    int64_t delay;
    int64_t pending;
    int64_t effect_block;
};

/* An operator set: its first row is its creation (OperatorSetCreated). */
struct operator_set_row {
    int64_t operator_set;
    struct address avs;
    uint64_t position;
    int32_t log_index;
    struct address recipient;
};

/* Whether a strategy counts in an operator set (StrategyAddedToOperatorSet, StrategyRemovedFromOperatorSet). */
struct operator_set_strategy_row {
    struct address avs, strategy;
    int64_t operator_set;
    uint64_t position;
    int32_t log_index;
    bool included;
};

/* Registration of an operator in an operator set (OperatorAddedToOperatorSet, OperatorRemovedFromOperatorSet). */
struct operator_set_member_row {
    struct address operator;
    struct address avs;
    int64_t operator_set;
    uint64_t position;
    int32_t log_index;
    bool registered;
    int64_t slashable_until;
};

/* Who may slash an operator set, from effect_block on (SlasherUpdated, SlasherMigrated). */
struct slasher_row {
    int64_t operator_set;
    struct address avs;
    uint64_t position;
    int32_t log_index;
    struct address slasher;
    int64_t effect_block;
};

#endif
