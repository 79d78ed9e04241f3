/* governance/count_share.c - division of an amount by parts, the units that are left to the largest remainders. */
#include <stdlib.h>

#include "governance/count_impl.h"

struct remainder {
    struct total rest;
    size_t part;
};

/* The largest first, equal ones by number. */
static int compare_remainders(const void *left, const void *right)
{
    const struct remainder *a = left, *b = right;
    int c = total_compare(b->rest, a->rest);
    return c != 0 ? c : (a->part > b->part) - (a->part < b->part);
}

static void add_unit(struct amount *a)
{
    enum err e = amount_add(*a, amount_from_u64(1), a);
    assert(e == OK); /* it is part of `whole` */
}

void share_by_parts(struct amount whole, size_t n, const struct total *parts, struct arena *arena,
                    struct amount *shares)
{
    struct total sum = total_zero;
    for (size_t i = 0; i < n; i++)
        sum = total_plus(sum, parts[i]);
    struct remainder *left = ARENA_ARRAY(arena, struct remainder, n);
    struct amount units = whole;
    for (size_t i = 0; i < n; i++) {
        shares[i] = amount_zero;
        left[i].part = i;
        if (total_is_zero(sum))
            continue;
        shares[i] = amount_share(whole, parts[i], sum, &left[i].rest);
        units = amount_minus_or_zero(units, shares[i]);
    }
    if (total_is_zero(sum) || amount_is_zero(units))
        return;
    /* The remainders' sum is units * sum, and each is below sum: so there are more of them than units. */
    uint64_t n_units;
    enum err e = amount_to_u64(units, &n_units);
    assert(e == OK && n_units < n);
    qsort(left, n, sizeof left[0], compare_remainders);
    for (size_t i = 0; i < n_units; i++)
        add_unit(&shares[left[i].part]);
}
