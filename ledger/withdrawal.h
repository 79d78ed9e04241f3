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

enum withdrawal_state {
    WITHDRAWAL_PENDING = 0,
    WITHDRAWAL_AS_TOKENS = 1,
    WITHDRAWAL_AS_SHARES = 2,
    WITHDRAWAL_NOTHING_PAID = 3
};

/* One item of a withdrawal that is being queued: what its event says, and what the logs before it do. */
struct withdrawal_item {
    struct address strategy;
    struct amount scaled_shares, shares;
    bool takes_all; /* no deposit shares are left after it */
    bool
        factor_reset; /* the last row of the scaling factor is the reset of this queueing, by this item or a later one */
    bool moves;       /* deposit shares leave the book with it; else they did before, or another contract says so */
};

/* What is known of the deposit shares x that an item took. q = mulWad(x, k), hence least <= x <= most; x is in no event. */
struct withdrawal_taken {
    struct amount least, most;
    bool left_known; /* exactly this many deposit shares were left after it */
    struct amount left;
};

/* With k >= 1e18 there is one x. With k < 1e18 (roundings near a full slash) there may be several. */
struct withdrawal_taken withdrawal_taken(struct books *b, struct address staker, const struct withdrawal_item *item);
/* Whether logs leave x open. */
bool withdrawal_is_open(const struct withdrawal_taken *taken);
/* Ask the strategy manager for stakerDepositShares at the current block. `later` were deposited after this item in the block, and
 * nothing else changed. An answer that cannot be true changes nothing. */
void withdrawal_ask(struct books *b, struct address strategy_manager, struct address staker,
                    const struct withdrawal_item *item, struct amount later, struct withdrawal_taken *taken);

/* Queue a withdrawal: its row, then one call per item in order. Where x stays open the least is booked, with a doubt. */
void withdrawal_apply_queued(struct books *b, const struct withdrawal_row *queued);
void withdrawal_apply_item(struct books *b, struct address manager, const struct withdrawal_row *queued, int64_t i,
                           const struct withdrawal_item *item, const struct withdrawal_taken *taken);

/* The withdrawal as of now; false: there is none. */
bool withdrawal_find(struct books *b, struct hash root, struct withdrawal_row *out);

/* What the completion of a withdrawal pays for one item. */
struct withdrawal_due {
    struct address staker, withdrawer, strategy;
    struct amount shares;
};
/* The nth item, from 0, of those that pay something, in the order of the withdrawal or backwards; false: there is none, or it is not
 * known. Whether it is completed already does not matter. */
bool withdrawal_due(struct books *b, struct hash root, size_t nth, bool backwards, struct withdrawal_due *out);
/* Complete it. One that was not queued (mirrored from after its queueing), or not any more, marks the manager inconsistent. */
void withdrawal_apply_completed(struct books *b, struct address manager, struct hash root, bool as_shares);

#endif
