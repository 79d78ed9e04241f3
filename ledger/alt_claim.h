/* ledger/alt_claim.h - claims of rewards of ALT's own staking, and which distribution each lowers.
 *
 * RewardsClaimed has no distributionId; the reward token's Transfer beside it shows token and vault. A claim belongs to the only
 * distribution that pays so and had at least that much claimable for this staker and operator. If several did, they form a *pool*: the
 * claim is booked in alt.claim (asset contract || the pool's lowest id, owner staker, second the operator), against alt.claim.issued,
 * and what is claimable in the pool is the sum of its members' alt.reward less alt.claim. The sum is exact, its division open, until
 * nothing is left of it or the contract's rewardBalance could be read. */
#ifndef LEDGER_ALT_CLAIM_H
#define LEDGER_ALT_CLAIM_H

#include "ledger/alt_reward.h"

/* A distribution's pool for a staker and operator; 0: none, its claimable amount is known. */
struct alt_pool_row {
    struct address contract;
    struct address staker;
    struct address operator;
    int32_t distribution;
    uint64_t position;
    int32_t log_index;
    int32_t pool; /* id of its lowest member */
};

/* `payer` NULL: no Transfer was seen (the reward token is not mirrored). `may_read`: what the contract answers at the end of the
 * block holds right after this log. */
void alt_apply_claim(const struct alt *at, struct address staker, struct address operator, struct amount amount,
                     const struct alt_payer *payer, bool may_read);

#endif
