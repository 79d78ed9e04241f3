/* ledger/reward_share.h - a pool shared between operators, and an operator's part between its delegators: whole numbers, no database.
 *
 * Rules: ledger/README.md, "From the pool to operators" and "From the operator to its delegators". Every division is a floor over the whole
 * product, so that what is shared is never more than there was; what floors leave is told. Units: base units of the token. */
#ifndef LEDGER_REWARD_SHARE_H
#define LEDGER_REWARD_SHARE_H

#include "ledger/reward_compute.h"

/* What a staker can withdraw of a strategy; operators and strategies by their index in the snapshot. */
struct reward_stake {
    struct address staker;
    uint32_t operator_at; /* REWARD_NO_OPERATOR: none that matters */
    uint32_t strategy_at;
    struct amount shares;
};
#define REWARD_NO_OPERATOR UINT32_MAX

/* A staker with its weight in a part; never zero. */
struct reward_weight {
    struct address staker;
    struct total weight;
};

/* Weights of the stakers of n stakes, which are side by side for each staker; `multipliers` by strategy, zero: it does not count. They are
 * appended to `weights` (struct reward_weight) in the order of the stakes. Their sum is returned. */
struct total reward_weigh(const struct reward_stake *stakes, size_t n, const struct amount *multipliers,
                          struct buffer *weights);

/* Shares `pool` between parts by their weights, which sum to `all`, not zero: sets their tokens; returns what is left. */
struct amount reward_share_pool(struct amount pool, struct reward_part *parts, size_t n, struct total all);

/* Shares part->tokens: the commission by part->split_bips (at most 10,000), the rest between `stakers`, whose weights sum to
 * part->stake_weight. Appends payments (struct reward_payment) and fills in commission, paid, remainder, first and n. */
void reward_share_part(struct reward_part *part, const struct reward_weight *stakers, size_t n,
                       struct buffer *payments);

/* floor(a * bips / 10000), bips at most 10,000. */
struct amount reward_bips(struct amount a, uint64_t bips);
/* Sum and difference where the rules leave no doubt that they fit: anything else is a bug (assertion). */
struct amount reward_sum(struct amount a, struct amount b);
struct amount reward_less(struct amount a, struct amount b);

#endif
