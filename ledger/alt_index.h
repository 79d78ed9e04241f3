/* ledger/alt_index.h - the reward index of a distribution of ALT's own staking at a moment, as getAccruedRewards computes it.
 *
 * Source: RewardDistribution._getDistributionIndex, _getAccruedRewards. Between updates the index follows from the terms alone;
 * where they are not known it may still be certain: right after an update, and while nobody votes. */
#ifndef LEDGER_ALT_INDEX_H
#define LEDGER_ALT_INDEX_H

#include "ledger/core/amount.h"

struct alt_index {
    struct amount stored; /* DistributionIndexUpdated */
    bool has_accrual;     /* the contract updated its distributions before */
    int64_t accrued_at;   /* when last; unix seconds */
    bool has_total;
    struct amount total_voting_stake;
    bool has_terms; /* as of that update */
    struct amount emission_per_second;
    int64_t starts_at, ends_at, updated_at;
};

/* False: not determined, or the contract would revert. */
bool alt_index_at(const struct alt_index *i, int64_t now, struct amount *out);
/* floor(voting stake * (index - user index) / 1e18), gross of fees. False: the contract would revert. */
bool alt_accrued(struct amount voting_stake, struct amount index, struct amount user_index, struct amount *out);

#endif
