/* ledger/alt_reward.h - rewards of ALT's own staking: distributions, indices, what accrued net of fees, what the fees were.
 *
 * Source: RewardDistribution and StakedMultiToken._collectFee. index += emissionPerSecond * seconds * 1e18 / totalVotingStake(); a
 * staker's gross accrual is floor(votingStake * (index - userIndex) / 1e18), of which protocol fee and operator fee (each floored) are
 * paid at once and the rest becomes claimable. CollectFee names the distribution; the RewardsAccrued after it names the staker.
 *
 * Books, asset contract || distribution id, second party the operator: alt.reward (claimable; owner staker), alt.reward.claimed (owner
 * staker), alt.reward.protocol_fee (owner the zero address), alt.reward.operator_fee (owner the operator), all against
 * alt.reward.accrued: accrued = claimable + claimed + fees. Units: base units of the distribution's reward token.
 *
 * createDistribution and setDistributionEnd emit nothing: emission, start, end and updateTimestamp are known only where they can be
 * read; they are read in every block in which the contract updates its distributions. */
#ifndef LEDGER_ALT_REWARD_H
#define LEDGER_ALT_REWARD_H

#include "ledger/alt_staking.h"

enum { ALT_DISTRIBUTIONS_MAX = 1000 }; /* ids beyond it mark the contract and are not booked */

/* What is known of a distribution. */
struct alt_distribution_row {
    struct address contract;
    int32_t distribution;
    uint64_t position;
    int32_t log_index;
    struct address reward_token, reward_vault; /* both the zero address: not learnt yet */
    bool is_read; /* the members below are what the contract answered at this row's block */
    struct amount emission_per_second;
    struct instant starts_at, ends_at, updated_at;
};

struct alt_distribution_index_row {
    struct address contract;
    int32_t distribution;
    uint64_t position;
    int32_t log_index;
    struct amount index;
};

struct alt_user_index_row {
    struct address contract;
    struct address staker;
    struct address operator;
    int32_t distribution;
    uint64_t position;
    int32_t log_index;
    struct amount index;
};

/* Who pays a distribution's rewards, and in what. */
struct alt_payer {
    struct address token, vault;
};

struct account_key alt_reward_key(const struct alt *at, enum book book, int32_t distribution, struct address operator,
                                  struct address owner);
/* How many ids there are to look at: 1 .. this. */
int32_t alt_distributions_seen(const struct alt *at);
struct alt_distribution_row alt_distribution_get(const struct alt *at, int32_t distribution);

/* False: not an id that is booked; marked. */
bool alt_see_distribution(const struct alt *at, struct amount id, int32_t *out);
void alt_apply_distribution_index(const struct alt *at, int32_t distribution, struct amount index);
/* `gross`: what the CollectFee right after it says in all; zero if there is none. */
void alt_apply_user_index(const struct alt *at, int32_t distribution, struct address staker, struct address operator,
                          struct amount index, struct amount gross);
void alt_apply_fees(const struct alt *at, int32_t distribution, struct address operator, struct amount protocol_fee,
                    struct amount operator_fee);
void alt_apply_accrued(const struct alt *at, int32_t distribution, struct address staker, struct address operator,
                       struct amount amount);
/* The reward token and vault, immutable once created, as a payment showed them. */
void alt_learn_payer(const struct alt *at, int32_t distribution, struct alt_payer payer);
/* What is in no log: number and terms of the distributions at the end of this block. */
void alt_read_distributions(const struct alt *at);

#endif
