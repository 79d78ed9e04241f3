/* ledger/reward_day.h - days of the chain: when one ends, which block closes it, and the booking of what it pays.
 *
 * Rules: ledger/README.md, "Days" and "Order". Blocks have consecutive numbers, so "the first block at least so many above" is exactly the
 * one that many above. It must be the first of its batch (reward_days_fit), so that the snapshots it pays by lie before the batch; what it
 * pays is a need (books.h): reward_days_fetch computes it, then the batch is applied again. */
#ifndef LEDGER_REWARD_DAY_H
#define LEDGER_REWARD_DAY_H

#include "ledger/books.h"
#include "ledger/reward_compute.h"

/* Rows of a block's end that are no control totals: this stands for their log index. */
#define LOG_INDEX_DAY_CLOSED 0xfffffffeu

/* A row when the first block of a later day comes: the days [day, next_day) ended with last_block. */
struct reward_day_row {
    int64_t day;
    uint64_t position;
    int32_t log_index;
    int64_t next_day, last_block;
};

/* What a distributor had paid in all when a day was closed. */
struct reward_distribution_row {
    int64_t day;
    struct address distributor;
    uint64_t position;
    int32_t log_index;
    int64_t snapshot_block;
    struct hash root;
    int64_t earners, pools, payouts;
};

/* What a submission had for a day, and what became of it; as struct reward_pool. */
struct reward_pool_row {
    struct hash submission;
    int64_t day;
    uint64_t position;
    int32_t log_index;
    struct address distributor, token;
    int64_t paid_day, days, snapshot_block;
    int16_t reason;
    struct amount tokens;
    struct total weight;
    int64_t operators, payouts;
    struct amount paid, refund, burned, remainder, rest;
};

/* The part of an operator in a pool; as struct reward_part. */
struct reward_share_row {
    struct hash submission;
    int64_t day;
    struct address operator;
    uint64_t position;
    int32_t log_index;
    struct total weight;
    struct amount tokens;
    int64_t split_bips;
    struct amount commission;
    struct total stake_weight;
    int64_t stakers;
    struct amount paid, remainder;
};

/* Before the books are used, if the chain has somebody to pay (terms->wanted); else nothing here does anything. Outlives the books. */
void reward_days_use(struct books *b, const struct reward_terms *terms);
/* Read how far days have come before this block, if that is not known. Database errors. */
MUST_CHECK enum err reward_days_read(struct books *b, struct db *db, uint64_t first_block);

struct reward_moment {
    uint64_t number;
    int64_t time;
};
/* How many of these blocks may be one batch, at least 1: a block that closes days can only be the first. ERR_CONFIG: a block that closes
 * days was not given (a rebuild without the source of the chain). */
MUST_CHECK enum err reward_days_fit(const struct books *b, const struct reward_moment *blocks, size_t n, size_t *fit);
/* Whether the block closes days that may have to pay something. */
bool reward_days_due(const struct books *b, const struct reward_moment *block);

/* At a block's begin, before its logs. */
void reward_day_begin(struct books *b, int64_t time);
/* At its end, behind its logs. */
void reward_day_end(struct books *b);
/* Compute what the batch asked for, and note the accounts that booking it touches: before books_fetch. Database errors. */
MUST_CHECK enum err reward_days_fetch(struct books *b, struct db *db, uint64_t first_block);
/* The batch is over, or its state is forgotten. */
void reward_closings_drop(struct books *b);

#endif
