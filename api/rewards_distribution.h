/* api/rewards_distribution.h - which distribution an id or a day means, and what L1 says of its root. */
#ifndef API_REWARDS_DISTRIBUTION_H
#define API_REWARDS_DISTRIBUTION_H

#include "ledger/core/db.h"

enum { DISTRIBUTION_ID = ADDRESS_TEXT + 1 + 10 };

enum comparison { COMPARISON_EQUAL, COMPARISON_DIFFERENT, COMPARISON_UNKNOWN };
const char *comparison_name(enum comparison c);

struct distribution {
    char id[DISTRIBUTION_ID + 1]; /* 0x<distributor>-<day> */
    struct address distributor;
    int64_t day;
    uint64_t position; /* accounts as of it are its leaves */
    struct hash root;
    uint64_t earners;
    bool is_coordinator; /* else a fee collector, whose roots are on no L1 */
    /* With the roots on L1 of the days that it stands for: equal if any is, whatever its day, disabled or not; unknown: there
     * is none. */
    enum comparison comparison;
    /* Of the newest root that is equal and not disabled. */
    bool on_l1;
    uint32_t root_index;
    struct instant activated_at;
};

/* Why no claim by it can be called on L1; NULL: one can. */
const char *distribution_why_not(const struct distribution *d);
/* Who may call a claim for the earner as of a position: whom it has set, else itself. Database errors. */
MUST_CHECK enum err distribution_claimer(struct db *db, const struct distribution *d, struct address earner,
                                         int64_t position, struct address *out);

/* As of a position, the last of a block. `id` NULL: the last one of the network's only RewardsCoordinator; `name` is the parameter that
 * errors speak of. ERR_NOT_FOUND; ERR_DAY_OPEN: its day is not closed (the detail says which block will close it, if the day is
 * over); database errors. */
MUST_CHECK enum err distribution_find(struct db *db, const char *name, const char *id, int64_t position,
                                      uint64_t number, struct distribution *out);
/* Roots on L1 that are equal or compared, newest first: columns root_index, root, end_time, activated_at, disabled. */
MUST_CHECK enum err distribution_roots(struct db *db, const struct distribution *d, int64_t position, uint64_t number,
                                       struct rows **out);

#endif
