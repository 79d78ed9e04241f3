/* ledger/withdrawal.h - EigenLayer's withdrawal queue: what was queued, until when slashes reach it, what its completion paid.
 *
 * Source: DelegationManager v1.12.0. Queueing x deposit shares: scaled shares q = mulWad(x, k) stay in the queue (book queued, owner
 * staker, second party the operator). A completion pays mulWad(q, f) with f as of the end of the last slashable block. */
#ifndef LEDGER_WITHDRAWAL_H
#define LEDGER_WITHDRAWAL_H

#include "ledger/books.h"

/* A queued withdrawal (SlashingWithdrawalQueued) and its completion. */
struct withdrawal_row {
    struct hash root;
    uint64_t position;
    int32_t log_index;
    struct address staker;
    struct address operator;
    struct address withdrawer;
    struct amount nonce;
    int64_t start_block;
    int64_t slashable_until;
    int64_t items;
    int16_t state;
};

/* What a withdrawal took: one row a strategy. */
struct withdrawal_share_row {
    struct hash root;
    int64_t item;
    uint64_t position;
    int32_t log_index;
    struct address strategy;
    struct amount scaled_shares;
    struct amount deposit_shares;
    struct amount shares;
};

/* What the completion of a withdrawal paid: one row a strategy. */
struct withdrawal_payment_row {
    struct hash root;
    int64_t item;
    uint64_t position;
    int32_t log_index;
    struct address strategy;
    struct amount shares;
};

#endif
