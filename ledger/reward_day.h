/* ledger/reward_day.h - days of the chain: when one ends, which block closes it, and the booking of what it pays.
 *
 * Rules: ledger/README.md, "Days" and "Order". A closing block begins a batch of its own (reward_days_fit), so that the snapshots it pays
 * by lie before the batch; what it pays is a need (books.h): reward_days_fetch computes it, then the batch is applied again. */
#ifndef LEDGER_REWARD_DAY_H
#define LEDGER_REWARD_DAY_H

#include "ledger/reward_compute.h"

struct books;

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

#endif
