/* api/rewards_compare.h - rewards that were computed again, beside what is booked: every pool, share and payout. */
#ifndef API_REWARDS_COMPARE_H
#define API_REWARDS_COMPARE_H

#include <stdatomic.h>

#include "ledger/core/arena.h"
#include "ledger/core/db.h"
#include "ledger/reward_compute.h"

enum { DIFFERENCES_NAMED = 20 };

struct rewards_compared {
    uint64_t pools, shares, payouts; /* computed */
    uint64_t differences;
    const char *named[DIFFERENCES_NAMED]; /* the first, as sentences, in the arena */
    size_t n_named;
};

/* How many pools, shares and payouts there are. */
void rewards_count(const struct reward_computed *c, struct rewards_compared *out);
/* With what was booked when the days of q->run were closed; adds to *out, counts included, and tells q->progress. The connection's search_path
 * names the books' schema. ERR_STOPPED. */
MUST_CHECK enum err rewards_compare(struct db *db, const struct reward_question *q, const struct reward_computed *c,
                                    const atomic_bool *stop, struct arena *arena, struct rewards_compared *out);

#endif
