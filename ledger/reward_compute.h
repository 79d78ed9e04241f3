/* ledger/reward_compute.h - who is paid what when days are closed: from the books as of the days' snapshots, by the rules of ledger/README.md.
 *
 * Pure but for reading: the same books give the same figures, whatever is in memory and however blocks were cut into batches. The
 * connection's search_path names the schema of the books. One snapshot is in memory at a time. */
#ifndef LEDGER_REWARD_COMPUTE_H
#define LEDGER_REWARD_COMPUTE_H

#include "ledger/core/db.h"
#include "ledger/reward.h"
#include "ledger/reward_terms.h"

/* A run of days that end together: [day, next_day) have the snapshot at the end of last_block. */
struct reward_run {
    int64_t day, next_day;
    uint64_t last_block;
};

enum reward_reason { REWARD_SHARED = 0, REWARD_NOBODY = 1, REWARD_BEFORE_HISTORY = 2, REWARD_NO_DAYS = 3 };

/* One payment: to whom, as what. Of a part: commission first, then stakers ascending by address. */
struct reward_payment {
    struct address earner;
    uint8_t role;
    struct amount amount; /* never zero */
};

/* The part of an operator in a pool. */
struct reward_part {
    struct address operator; /* zero: all stakers at once */
    struct total weight;
    struct amount tokens; /* commission + paid + remainder */
    int64_t split_bips;
    struct amount commission;
    struct total stake_weight;
    struct amount paid, remainder;
    size_t first, n; /* its payments */
};

/* What a submission had for a day (README: pool). */
struct reward_pool {
    struct hash submission;
    uint64_t submission_position;
    struct address distributor, token, owner; /* owner: of the account reward.pending */
    struct address avs;                       /* who gets the refund */
    int64_t day, paid_day, days, snapshot_block;
    enum reward_reason reason;
    struct amount tokens, refund, burned, treasury, remainder, rest;
    struct address treasury_address;
    struct total weight;
    size_t first_part, n_parts;
};

/* In the order in which it is booked (README, "Order"): by paid_day, submission, day; parts and payments of a pool side by side. */
struct reward_computed {
    struct reward_pool *pools;
    struct reward_part *parts;
    struct reward_payment *payments;
    size_t n_pools, n_parts, n_payments;
    struct buffer pool_bytes, part_bytes, payment_bytes; /* what they lie in */
};

struct reward_question {
    const struct reward_terms *terms;
    struct reward_run run; /* the days to close */
    int64_t first_day;     /* the history's first */
    /* Told now and then on long work; may be NULL. `done` of `all` snapshots and pools. */
    void (*progress)(void *arg, const char *what, uint64_t done, uint64_t all);
    void *arg;
    /* Who does not ask for stakers' payments gets parts with commissions only, of kind for_all none (a projection): what is not told is zero. */
    bool without_stakers;
};

/* Everything that closing the run pays. Reads rows at or before run.last_block only, and ledger.reward_day. Database errors; ERR_OVERFLOW
 * never: weights have 512 bits. */
MUST_CHECK enum err reward_compute(struct db *db, const struct reward_question *q, struct reward_computed *out);
void reward_computed_done(struct reward_computed *c);

#endif
