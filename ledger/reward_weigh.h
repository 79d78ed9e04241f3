/* ledger/reward_weigh.h - which operators have a part in a pool, with which weight and split, and what each strategy counts for their delegators.
 *
 * Rules: ledger/README.md, the table of kinds and "From the pool to operators". From a snapshot in memory; no database. */
#ifndef LEDGER_REWARD_WEIGH_H
#define LEDGER_REWARD_WEIGH_H

#include "ledger/reward_snapshot.h"

/* Appends the parts (struct reward_part) of a submission on a day of run number `run`, ascending by operator: operator, weight, split; of
 * operator-directed ones the tokens too. Returns the sum of their weights. Not for kind for_all. */
struct total reward_parts(const struct reward_snapshot *s, const struct reward_terms *terms,
                          const struct reward_due *due, size_t run, int64_t day, struct buffer *parts);

/* What each strategy counts in the part of an operator; `multipliers` has s->n_strategies. Kind for_all: whatever the operator. */
void reward_multipliers(const struct reward_snapshot *s, const struct reward_due *due, struct address operator,
                        struct amount * multipliers);

#endif
