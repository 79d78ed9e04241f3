/* governance/count_impl.h - what the files count*.c share: the sums of a count, and the division by largest remainders. */
#ifndef GOVERNANCE_COUNT_IMPL_H
#define GOVERNANCE_COUNT_IMPL_H

#include <assert.h>

#include "governance/count.h"
#include "ledger/core/map.h"

struct count {
    enum voting type;
    size_t n; /* choices */
    uint64_t ballots;
    struct total power;
    size_t n_sums;
    struct total *sums;   /* NULL: ranked choice */
    struct map rankings;  /* ranked choice: picks -> struct ranking */
    size_t live_rankings; /* that have ballots */
    struct arena scratch;
};

/* The sums of a count: one a choice, of copeland one a pair, of ranked choice none. */
size_t count_sums(enum voting type, size_t n_choices);

/* Divide `whole` by n parts into n shares, whose sum is `whole`; all zero if the parts' sum is. Takes memory of the arena. */
void share_by_parts(struct amount whole, size_t n, const struct total *parts, struct arena *arena,
                    struct amount *shares);

void ranked_open(struct count *c);
/* Add a ballot, or take it back. */
void ranked_change(struct count *c, const struct choice *choice, struct amount power, bool add);
void copeland_change(struct count *c, const struct choice *choice, struct amount power, bool add);
/* Scores, given the sum of the power of all ballots. */
void ranked_scores(const struct count *c, struct amount power, struct arena *arena, struct amount *scores);
void copeland_scores(const struct count *c, struct amount power, struct arena *arena, struct amount *scores);

/* Add to a sum, or take from it. */
static inline void sum_change(struct total *sum, struct amount by, bool add)
{
    if (add)
        total_add(sum, by);
    else
        total_subtract(sum, by);
}

#endif
