/* api/reward_ask.h - what a recomputation of rewards is asked with: the network's terms as booked, the history's first day, the days that ended. */
#ifndef API_REWARD_ASK_H
#define API_REWARD_ASK_H

#include "ledger/core/db.h"
#include "ledger/mirror/network.h"
#include "ledger/reward_compute.h"

struct reward_ask {
    struct network network; /* its rewards are the terms */
    bool has_network;       /* something was mirrored */
    int64_t first_day, day; /* of the history; the one that runs */
};

/* As of a position, inside the caller's transaction, whose search_path is set for reward_compute until its end. No network or nobody to pay: wanted
 * is false and the days are 0. */
MUST_CHECK enum err reward_ask_open(struct db *db, int64_t position, struct reward_ask *out);
void reward_ask_close(struct reward_ask *a);
bool reward_ask_wanted(const struct reward_ask *a);
/* The first block that may close the days of a run. */
uint64_t reward_ask_closing(const struct reward_ask *a, const struct reward_run *run);
/* The runs of days that ended by the position, from `first_day` to `last_day`, ascending; into the arena. */
MUST_CHECK enum err reward_ask_runs(struct db *db, int64_t position, int64_t first_day, int64_t last_day,
                                    struct arena *arena, struct reward_run **out, size_t *n);

#endif
