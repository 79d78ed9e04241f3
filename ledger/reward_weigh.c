/* ledger/reward_weigh.c - see reward_weigh.h. */
#include "ledger/reward_weigh.h"

#include <assert.h>
#include <string.h>

/* ---- what counts ---- */

/* Adds a submission's multipliers by strategy, as far as its set has the strategies. */
static void add_counted(const struct reward_snapshot *s, const struct reward_due *due, struct amount *multipliers)
{
    for (size_t i = 0; i < due->n_counted; i++) {
        struct address strategy = due->counted[i].strategy;
        int64_t at = reward_strategy_index(s, strategy);
        if (due->operator_set != REWARD_NO_SET && !reward_set_has(s, due->avs, due->operator_set, strategy))
            continue;
        multipliers[at] = reward_sum(multipliers[at], due->counted[i].multiplier);
    }
}

/* Of a fee pool: each strategy counts once for each named set that has it and in which the operator is slashable. */
static void add_sets(const struct reward_snapshot *s, const struct reward_due *due, struct address operator,
                     struct amount * multipliers)
{
    for (size_t i = 0; due->collector != NULL && i < due->collector->n_sets; i++) {
        const struct reward_operator_set *set = &due->collector->sets[i];
        size_t n;
        const struct reward_set_strategy *of_set = reward_strategies_of(s, set->avs, set->id, &n);
        if (!reward_is_slashable(s, set->avs, set->id, operator))
            continue;
        for (size_t k = 0; k < n; k++) {
            int64_t at = reward_strategy_index(s, of_set[k].at.first);
            multipliers[at] = reward_sum(multipliers[at], amount_from_u64(1));
        }
    }
}

void reward_multipliers(const struct reward_snapshot *s, const struct reward_due *due, struct address operator,
                        struct amount * multipliers)
{
    memset(multipliers, 0, s->n_strategies * sizeof *multipliers);
    if (due->kind == REWARD_FEE)
        add_sets(s, due, operator, multipliers);
    else
        add_counted(s, due, multipliers);
}

/* floor(shares * magnitude / max_magnitude), 0 if max_magnitude is 0. */
static struct amount slashable_shares(const struct reward_snapshot *s, struct address avs, int64_t operator_set,
                                      struct address operator, size_t strategy)
{
    size_t at = (size_t)reward_operator_index(s, operator) * s->n_strategies + strategy;
    struct amount magnitude = reward_magnitude(s, avs, operator_set, operator, s->strategies[strategy]), slashable;
    if (amount_is_zero(s->magnitudes[at]) ||
        amount_mul_div_floor(s->shares[at], magnitude, s->magnitudes[at], &slashable) != OK)
        return amount_zero;
    return slashable;
}

static struct total fee_weight(const struct reward_snapshot *s, const struct reward_due *due, struct address operator)
{
    struct total sum = total_zero;
    for (size_t i = 0; due->collector != NULL && i < due->collector->n_sets; i++) {
        const struct reward_operator_set *set = &due->collector->sets[i];
        size_t n;
        const struct reward_set_strategy *of_set = reward_strategies_of(s, set->avs, set->id, &n);
        if (!reward_is_slashable(s, set->avs, set->id, operator))
            continue;
        for (size_t k = 0; k < n; k++)
            total_add(&sum, slashable_shares(s, set->avs,
                                             set->id, operator,(size_t) reward_strategy_index(s, of_set[k].at.first)));
    }
    return sum;
}

static struct total stake_weight(const struct reward_snapshot *s, const struct reward_due *due, struct address operator,
                                 const struct amount * multipliers)
{
    size_t row = (size_t)reward_operator_index(s, operator) * s->n_strategies;
    struct total sum = total_zero;
    for (size_t i = 0; i < s->n_strategies; i++) {
        if (amount_is_zero(multipliers[i]))
            continue;
        struct amount shares = due->kind == REWARD_UNIQUE_STAKE
                                   ? slashable_shares(s, due->avs, due->operator_set, operator, i)
                                   : s->shares[row + i];
        sum = total_plus(sum, amount_product(multipliers[i], shares));
    }
    return sum;
}

/* ---- who ---- */

static void mark(const struct reward_snapshot *s, struct address operator, bool * marked)
{
    marked[reward_operator_index(s, operator)] = true;
}

static void mark_set(const struct reward_snapshot *s, struct address avs, int64_t operator_set, bool slashable,
                     bool *marked)
{
    size_t n;
    const struct reward_registration *r = reward_registrations_of(s, avs, operator_set, &n);
    for (size_t i = 0; i < n; i++)
        if (slashable ? r[i].slashable : r[i].registered)
            mark(s, r[i].at.first, marked);
}

/* Registered with an AVS or one of its sets; NULL: with any. */
static void mark_avs(const struct reward_snapshot *s, const struct address *avs, bool *marked)
{
    for (size_t i = 0; i < s->n_registrations; i++) {
        const struct reward_registration *r = &s->registrations[i];
        if (r->registered && (avs == NULL || address_equal(r->at.avs, *avs)))
            mark(s, r->at.first, marked);
    }
}

/* The operators that may have a part. */
static void mark_operators(const struct reward_snapshot *s, const struct reward_due *due, size_t run, bool *marked)
{
    switch (due->kind) {
    case REWARD_AVS:
        mark_avs(s, &due->avs, marked);
        return;
    case REWARD_ALL_EARNERS:
        mark_avs(s, NULL, marked);
        return;
    case REWARD_DIRECTED_AVS:
    case REWARD_DIRECTED_SET:
        for (size_t i = 0; i < due->n_directed; i++)
            if (due->directed[i].registered[run])
                mark(s, due->directed[i].operator, marked);
        return;
    case REWARD_UNIQUE_STAKE:
    case REWARD_TOTAL_STAKE:
        mark_set(s, due->avs, due->operator_set, false, marked);
        return;
    case REWARD_FEE:
        for (size_t i = 0; due->collector != NULL && i < due->collector->n_sets; i++)
            mark_set(s, due->collector->sets[i].avs, due->collector->sets[i].id, true, marked);
        return;
    case REWARD_FOR_ALL:
        break;
    }
    assert(!"shared between stakers, not operators");
}

/* ---- splits ---- */

/* Of a fee pool, the first named set in which the operator is slashable. */
static int64_t fee_split(const struct reward_snapshot *s, const struct reward_terms *terms,
                         const struct reward_due *due, struct address operator, int64_t midnight)
{
    const struct reward_operator_set *set = due->collector->sets;
    while (!reward_is_slashable(s, set->avs, set->id, operator)) /* it has weight in one of them */
        set++;
    return reward_split_at(s, terms, terms->coordinator, set->avs, set->id, operator, midnight);
}

static int64_t split_of(const struct reward_snapshot *s, const struct reward_terms *terms, const struct reward_due *due,
                        struct address operator, int64_t midnight)
{
    if (due->kind == REWARD_FEE)
        return fee_split(s, terms, due, operator, midnight);
    if (due->kind == REWARD_ALL_EARNERS)
        return reward_split_at(s, terms, due->distributor, address_zero, REWARD_NO_SET, operator, midnight);
    return reward_split_at(s, terms, due->distributor, due->avs, due->operator_set, operator, midnight);
}

/* ---- parts ---- */

/* It is one of those listed. */
static const struct reward_directed *directed_to(const struct reward_due *due, struct address operator)
{
    size_t low = 0, high = due->n_directed;
    while (high - low > 1) {
        size_t middle = low + (high - low) / 2;
        if (memcmp(&due->directed[middle].operator, & operator, sizeof operator) <= 0)
            low = middle;
        else
            high = middle;
    }
    return &due->directed[low];
}

static void set_weight(const struct reward_snapshot *s, const struct reward_due *due, const struct amount *multipliers,
                       struct reward_part *part)
{
    if (reward_due_is_directed(due)) {
        const struct reward_directed *directed = directed_to(due, part->operator);
        part->weight = total_of(directed->amount);
        part->tokens = directed->each;
    } else if (due->kind == REWARD_FEE) {
        part->weight = fee_weight(s, due, part->operator);
    } else {
        part->weight = stake_weight(s, due, part->operator, multipliers);
    }
}

struct total reward_parts(const struct reward_snapshot *s, const struct reward_terms *terms,
                          const struct reward_due *due, size_t run, int64_t day, struct buffer *parts)
{
    AUTO_ARENA arena = {0};
    bool *marked = ARENA_ARRAY(&arena, bool, s->n_operators);
    struct amount *multipliers = ARENA_ARRAY(&arena, struct amount, s->n_strategies);
    struct total all = total_zero;
    mark_operators(s, due, run, marked);
    if (due->kind != REWARD_FEE) /* there it is fee_weight that knows */
        reward_multipliers(s, due, address_zero, multipliers);
    for (size_t i = 0; i < s->n_operators; i++) {
        struct reward_part part = {.operator= s->operators[i] };
        if (!marked[i])
            continue;
        set_weight(s, due, multipliers, &part);
        if (total_is_zero(part.weight))
            continue;
        part.split_bips = split_of(s, terms, due, part.operator,(day + 1) * DAY_SECONDS);
        all = total_plus(all, part.weight);
        buffer_bytes(parts, &part, sizeof part);
    }
    return all;
}
