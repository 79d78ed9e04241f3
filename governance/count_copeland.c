/* governance/count_copeland.c - Copeland's method: pairs of choices decided by power; see count.h. */
#include "governance/count_impl.h"

/* sums[row(n, a) + b]: the power that ranks a above b, a < b, both from 0. */
static size_t row(size_t n, size_t a)
{
    return a * (2 * n - a - 1) / 2 - a - 1;
}

void copeland_change(struct count *c, const struct choice *choice, struct amount power, bool add)
{
    arena_reset(&c->scratch);
    uint32_t *pairs = ARENA_ARRAY(&c->scratch, uint32_t, c->n_sums);
    size_t n = 0;
    for (size_t i = 0; i < choice->n; i++) {
        size_t a = choice->picks[i] - 1, at = row(c->n, a);
        for (size_t j = i + 1; j < choice->n; j++) {
            size_t b = choice->picks[j] - 1;
            pairs[n] = (uint32_t)(at + b);
            n += a < b; /* else the pair is not kept: written over */
        }
    }
    if (add)
        totals_add(c->sums, pairs, n, power);
    else
        totals_subtract(c->sums, pairs, n, power);
}

struct standing {
    uint64_t points;
    struct total support;
};

/* One pair: `above` ranks a above b, the rest of the power b above a. */
static void decide(struct amount above, struct amount below, struct standing *a, struct standing *b)
{
    int order = amount_compare(above, below);
    a->points += (uint64_t)(1 + order);
    b->points += (uint64_t)(1 - order);
    total_add(&a->support, above);
    total_add(&b->support, below);
}

void copeland_scores(const struct count *c, struct amount power, struct arena *arena, struct amount *scores)
{
    struct standing *standing = ARENA_ARRAY(arena, struct standing, c->n);
    for (size_t a = 0; a < c->n; a++) {
        for (size_t b = a + 1; b < c->n; b++) {
            struct amount above;
            enum err e = total_to_amount(c->sums[row(c->n, a) + b], &above);
            assert(e == OK); /* part of `power` */
            decide(above, amount_minus_or_zero(power, above), &standing[a], &standing[b]);
        }
    }
    struct total *parts = ARENA_ARRAY(arena, struct total, c->n);
    for (size_t i = 0; i < c->n; i++) /* below 2^256 * 1000 * 1000 */
        parts[i] = total_plus(total_times(total_of(power), 2 * (c->n - 1) * standing[i].points), standing[i].support);
    if (c->n == 1)
        parts[0] = total_of(power);
    share_by_parts(power, c->n, parts, arena, scores);
}
