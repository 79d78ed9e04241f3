/* governance/count_share.c - division of an amount by parts, the units that are left to the largest remainders. */
#include <stdlib.h>
#include <string.h>

#include "governance/count_impl.h"

/* Of pointers into one list of remainders: the largest first, equal ones in the order of the list. */
static int compare_remainders(const void *left, const void *right)
{
    const struct total *a = *(const struct total *const *)left, *b = *(const struct total *const *)right;
    int c = total_compare(*b, *a);
    return c != 0 ? c : (a > b) - (a < b);
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
    if (total_is_zero(sum)) {
        memset(shares, 0, n * sizeof shares[0]);
        return;
    }
    struct total *rests = ARENA_ARRAY(arena, struct total, n);
    const struct total **order = ARENA_ARRAY(arena, const struct total *, n);
    struct amount units = whole;
    for (size_t i = 0; i < n; i++) {
        shares[i] = amount_share(whole, parts[i], sum, &rests[i]);
        units = amount_minus_or_zero(units, shares[i]);
        order[i] = &rests[i];
    }
    if (amount_is_zero(units))
        return;
    /* The remainders' sum is units * sum, and each is below sum: so there are more of them than units. */
    uint64_t n_units;
    enum err e = amount_to_u64(units, &n_units);
    assert(e == OK && n_units < n);
    qsort(order, n, sizeof order[0], compare_remainders);
    for (size_t i = 0; i < n_units; i++)
        add_unit(&shares[order[i] - rests]);
}
