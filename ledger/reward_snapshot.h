/* ledger/reward_snapshot.h - registrations, stakes and splits as of the end of a block, as far as a set of submissions needs them.
 *
 * Rules: ledger/README.md. Read by few statements over sets, none per operator or staker. Operators and strategies are named by their
 * index in the ascending lists here. Shares are the strategy's, magnitudes and factors WAD. */
#ifndef LEDGER_REWARD_SNAPSHOT_H
#define LEDGER_REWARD_SNAPSHOT_H

#include "ledger/reward_due.h"
#include "ledger/reward_share.h"

/* Where a fact of an AVS or operator set belongs; facts are ascending by it. operator_set REWARD_NO_SET: of the AVS itself. */
struct reward_place {
    struct address avs;
    int64_t operator_set;
    struct address first, second; /* what they are stands with each fact; zero: unused */
};

/* first: operator. Registered with the AVS (no set: in AVSDirectory) or in the set, or to be slashed still. */
struct reward_registration {
    struct reward_place at;
    bool registered, slashable;
};

/* first: strategy, which is one of the set's. */
struct reward_set_strategy {
    struct reward_place at;
};

/* first: operator, second: strategy. What is allocated to the set and in force. */
struct reward_allocation {
    struct reward_place at;
    struct amount magnitude;
};

/* first: distributor, second: operator. The newest one. AVS zero: programmatic incentives. */
struct reward_split {
    struct reward_place at;
    int64_t activated_at, old_bips, new_bips;
    bool first;
};

struct reward_default_split {
    struct address distributor;
    struct amount bips;
};

struct reward_snapshot {
    struct arena arena;
    uint64_t block;
    struct reward_registration *registrations;
    struct reward_set_strategy *set_strategies;
    struct reward_allocation *allocations;
    struct reward_split *splits;
    struct reward_default_split *defaults;
    size_t n_registrations, n_set_strategies, n_allocations, n_splits, n_defaults;
    struct address *operators;  /* all that may have a part: registered ones and listed ones */
    struct address *strategies; /* all that count in a submission */
    size_t n_operators, n_strategies;
    struct amount *shares;     /* [operator * n_strategies + strategy] */
    struct amount *magnitudes; /* the maximum magnitude, likewise */
};

enum { REWARD_NONE = -1 };

/* What the n submissions need as of the end of `block`. Database errors. */
MUST_CHECK enum err reward_snapshot_read(struct db *db, uint64_t block, const struct reward_due *const *dues, size_t n,
                                         struct reward_snapshot *out);
/* After every reward_snapshot_read, whatever it answered. */
void reward_snapshot_done(struct reward_snapshot *s);

/* Indexes; REWARD_NONE: not among them. */
int64_t reward_operator_index(const struct reward_snapshot *s, struct address operator);
int64_t reward_strategy_index(const struct reward_snapshot *s, struct address strategy);

/* The facts of an AVS's set: the first one, and how many. */
const struct reward_registration *reward_registrations_of(const struct reward_snapshot *s, struct address avs,
                                                          int64_t operator_set, size_t *n);
const struct reward_set_strategy *reward_strategies_of(const struct reward_snapshot *s, struct address avs,
                                                       int64_t operator_set, size_t *n);
bool reward_set_has(const struct reward_snapshot *s, struct address avs, int64_t operator_set, struct address strategy);
bool reward_is_slashable(const struct reward_snapshot *s, struct address avs, int64_t operator_set,
                         struct address operator);
/* Zero: nothing is allocated. */
struct amount reward_magnitude(const struct reward_snapshot *s, struct address avs, int64_t operator_set,
                               struct address operator, struct address strategy);
/* The split of an operator at a midnight (unix seconds), at most 10,000. */
int64_t reward_split_at(const struct reward_snapshot *s, const struct reward_terms *terms, struct address distributor,
                        struct address avs, int64_t operator_set, struct address operator, int64_t midnight);

/* Fills in shares and magnitudes of the operators; part of reward_snapshot_read. */
MUST_CHECK enum err reward_shares_read(struct db *db, struct reward_snapshot *s);
/* What stakers can withdraw of the marked strategies (struct reward_stake, never zero): of those delegated to marked operators, by (operator,
 * staker); or (operators NULL) of all, delegated or not, by staker. Database errors. */
MUST_CHECK enum err reward_stakes_read(struct db *db, const struct reward_snapshot *s, const bool *operators,
                                       const bool *strategies, struct buffer *out);

#endif
