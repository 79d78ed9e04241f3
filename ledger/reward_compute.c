/* ledger/reward_compute.c - see reward_compute.h: the pools of all days that are due, each by its snapshot. */
#include "ledger/reward_compute.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "ledger/reward_share.h"
#include "ledger/reward_task.h"
#include "ledger/reward_weigh.h"

/* All days that one snapshot pays. */
struct work {
    struct db *db;
    const struct reward_question *q;
    const struct reward_dues *dues;
    const struct reward_task *tasks;
    size_t n_tasks;
    struct reward_computed *out;
    uint64_t *done;
    uint64_t all;

    struct arena arena;
    struct reward_snapshot snapshot;
    size_t first_pool;             /* of the tasks, in their order */
    struct buffer stakes, weights; /* struct reward_stake, struct reward_weight */
    struct amount *multipliers;    /* by strategy */
    size_t *first_stake;           /* by operator, and one more */
};

static const struct reward_due *due_of(const struct work *w, size_t task)
{
    return &w->dues->due[w->tasks[task].due];
}

static struct reward_pool *pool_at(const struct work *w, size_t task)
{
    return (struct reward_pool *)w->out->pool_bytes.p + w->first_pool + task;
}

static struct reward_part *part_at(const struct work *w, size_t i)
{
    return (struct reward_part *)w->out->part_bytes.p + i;
}

static void tell(const struct work *w, const char *what)
{
    if (w->q->progress != NULL)
        w->q->progress(w->q->arg, what, *w->done, w->all);
}

/* ---- to operators ---- */

/* A fee pool stands for the parts of treasury and fire too. */
static void begin_fee(const struct reward_due *due, struct reward_pool *pool)
{
    const struct reward_collector *c = due->collector;
    if (c == NULL)
        return;
    pool->treasury_address = c->treasury;
    pool->treasury = reward_bips(due->amount, c->treasury_bips);
    pool->burned = reward_bips(due->amount, c->burn_bips);
    pool->tokens = reward_sum(pool->tokens, reward_sum(pool->treasury, pool->burned));
}

/* Tokens of the parts, and what nobody gets. */
static void share_daily(const struct reward_due *due, struct reward_pool *pool, struct reward_part *parts)
{
    pool->tokens = due->daily;
    if (due->kind == REWARD_FEE)
        begin_fee(due, pool);
    if (pool->reason == REWARD_SHARED)
        pool->remainder = reward_share_pool(due->daily, parts, pool->n_parts, pool->weight);
    else if (due->kind == REWARD_UNIQUE_STAKE || due->kind == REWARD_TOTAL_STAKE)
        pool->refund = due->daily;
    else
        pool->remainder = due->daily;
}

/* Tokens are what the day's parts have, on the last day the refund too; what floors left of the submission stands in its rest. */
static void share_directed(const struct reward_due *due, struct reward_pool *pool, const struct reward_part *parts)
{
    for (size_t i = 0; i < pool->n_parts; i++)
        pool->tokens = reward_sum(pool->tokens, parts[i].tokens);
    if (pool->day != due->last)
        return;
    pool->refund = due->refund;
    pool->tokens = reward_sum(pool->tokens, due->refund);
}

static void begin_pool(struct work *w, size_t i)
{
    const struct reward_due *due = due_of(w, i);
    struct reward_pool pool = reward_pool_of(due, w->tasks[i].day, REWARD_SHARED);
    pool.snapshot_block = (int64_t)w->snapshot.block;
    pool.first_part = w->out->part_bytes.n / sizeof(struct reward_part);
    if (pool.day == due->last)
        pool.rest = due->rest;
    if (due->kind == REWARD_FOR_ALL) {
        pool.tokens = due->daily;
        buffer_bytes(&w->out->pool_bytes, &pool, sizeof pool);
        return;
    }
    pool.weight = reward_parts(&w->snapshot, w->q->terms, due, w->tasks[i].run, pool.day, &w->out->part_bytes);
    pool.n_parts = w->out->part_bytes.n / sizeof(struct reward_part) - pool.first_part;
    if (pool.n_parts == 0)
        pool.reason = REWARD_NOBODY;
    if (reward_due_is_directed(due))
        share_directed(due, &pool, part_at(w, pool.first_part));
    else
        share_daily(due, &pool, part_at(w, pool.first_part));
    buffer_bytes(&w->out->pool_bytes, &pool, sizeof pool);
}

/* ---- to stakers ---- */

static const struct reward_stake *stakes_of(const struct work *w, size_t operator_at, size_t *n)
{
    *n = w->first_stake[operator_at + 1] - w->first_stake[operator_at];
    return (const struct reward_stake *)w->stakes.p + w->first_stake[operator_at];
}

static void share_part(struct work *w, struct reward_part *part, const struct reward_stake *stakes, size_t n)
{
    buffer_reset(&w->weights);
    part->stake_weight = reward_weigh(stakes, n, w->multipliers, &w->weights);
    reward_share_part(part, (const struct reward_weight *)w->weights.p, w->weights.n / sizeof(struct reward_weight),
                      &w->out->payment_bytes);
}

static void finish_pool(struct work *w, size_t i)
{
    const struct reward_due *due = due_of(w, i);
    struct reward_pool *pool = pool_at(w, i);
    ++*w->done;
    tell(w, "pools");
    if (due->kind == REWARD_FOR_ALL)
        return;
    for (size_t k = 0; k < pool->n_parts; k++) {
        struct reward_part *part = part_at(w, pool->first_part + k);
        size_t n = 0;
        const struct reward_stake *stakes = NULL;
        if (!w->q->without_stakers)
            stakes = stakes_of(w, (size_t)reward_operator_index(&w->snapshot, part->operator), &n);
        if (k == 0 || due->kind == REWARD_FEE)
            reward_multipliers(&w->snapshot, due, part->operator, w->multipliers);
        share_part(w, part, stakes, n);
        if (w->q->without_stakers)
            part->remainder = amount_zero;
        pool->remainder = reward_sum(pool->remainder, part->remainder);
    }
}

/* All stakers as one part, of which nobody takes a commission. */
static void finish_for_all(struct work *w, size_t i)
{
    struct reward_pool *pool = pool_at(w, i);
    struct reward_part part = {.tokens = pool->tokens};
    reward_multipliers(&w->snapshot, due_of(w, i), address_zero, w->multipliers);
    share_part(w, &part, (const struct reward_stake *)w->stakes.p, w->stakes.n / sizeof(struct reward_stake));
    pool->remainder = part.remainder;
    if (total_is_zero(part.stake_weight)) {
        pool->reason = REWARD_NOBODY;
        return;
    }
    pool->weight = part.weight = part.stake_weight;
    pool->first_part = w->out->part_bytes.n / sizeof part;
    pool->n_parts = 1;
    buffer_bytes(&w->out->part_bytes, &part, sizeof part);
}

/* Which strategies count in the tasks of kind for_all, or in the others. False: there is no such task. */
static bool mark_strategies(struct work *w, bool for_all, bool *marked)
{
    bool any = false;
    for (size_t i = 0; i < w->n_tasks; i++) {
        const struct reward_due *due = due_of(w, i);
        if ((due->kind == REWARD_FOR_ALL) != for_all)
            continue;
        any = true;
        for (size_t k = 0; k < due->n_counted; k++)
            marked[reward_strategy_index(&w->snapshot, due->counted[k].strategy)] = true;
        for (size_t k = 0; due->kind == REWARD_FEE && k < w->snapshot.n_set_strategies; k++)
            marked[reward_strategy_index(&w->snapshot, w->snapshot.set_strategies[k].at.first)] = true;
    }
    return any;
}

static void mark_operators(const struct work *w, bool *marked)
{
    for (size_t i = 0; i < w->n_tasks; i++) {
        const struct reward_pool *pool = pool_at(w, i);
        for (size_t k = 0; k < pool->n_parts; k++)
            marked[reward_operator_index(&w->snapshot, part_at(w, pool->first_part + k)->operator)] = true;
    }
}

static void find_stakes(struct work *w)
{
    const struct reward_stake *stakes = (const struct reward_stake *)w->stakes.p;
    size_t n = w->stakes.n / sizeof *stakes;
    for (size_t i = 0, o = 0; o <= w->snapshot.n_operators; o++) {
        while (i < n && stakes[i].operator_at < o)
            i++;
        w->first_stake[o] = i;
    }
}

static enum err share_between_stakers(struct work *w)
{
    bool *operators = ARENA_ARRAY(&w->arena, bool, w->snapshot.n_operators);
    bool *strategies = ARENA_ARRAY(&w->arena, bool, w->snapshot.n_strategies);
    bool *strategies_for_all = ARENA_ARRAY(&w->arena, bool, w->snapshot.n_strategies);
    w->multipliers = ARENA_ARRAY(&w->arena, struct amount, w->snapshot.n_strategies);
    w->first_stake = ARENA_ARRAY(&w->arena, size_t, w->snapshot.n_operators + 1);
    mark_strategies(w, false, strategies);
    mark_operators(w, operators);
    if (!w->q->without_stakers)
        TRY(reward_stakes_read(w->db, &w->snapshot, operators, strategies, &w->stakes));
    find_stakes(w);
    for (size_t i = 0; i < w->n_tasks; i++)
        finish_pool(w, i);
    if (mark_strategies(w, true, strategies_for_all) && !w->q->without_stakers) {
        TRY(reward_stakes_read(w->db, &w->snapshot, NULL, strategies_for_all, &w->stakes));
        for (size_t i = 0; i < w->n_tasks; i++)
            if (due_of(w, i)->kind == REWARD_FOR_ALL)
                finish_for_all(w, i);
    }
    return OK;
}

/* ---- runs ---- */

static enum err read_snapshot(struct work *w)
{
    const struct reward_due **dues = ARENA_ARRAY(&w->arena, const struct reward_due *, w->n_tasks);
    size_t n = 0;
    for (size_t i = 0; i < w->n_tasks; i++) /* days of one submission are side by side */
        if (i == 0 || w->tasks[i].due != w->tasks[i - 1].due)
            dues[n++] = due_of(w, i);
    return reward_snapshot_read(w->db, w->dues->runs[w->tasks[0].run].last_block, dues, n, &w->snapshot);
}

static enum err share_run(struct work *w)
{
    tell(w, "snapshots");
    TRY(read_snapshot(w));
    w->first_pool = w->out->pool_bytes.n / sizeof(struct reward_pool);
    for (size_t i = 0; i < w->n_tasks; i++)
        begin_pool(w, i);
    return share_between_stakers(w);
}

static int compare_tasks(const void *a, const void *b)
{
    const struct reward_task *x = a, *y = b;
    if (x->run != y->run)
        return x->run < y->run ? -1 : 1;
    if (x->due != y->due)
        return x->due < y->due ? -1 : 1;
    return x->day < y->day ? -1 : x->day > y->day;
}

static int compare_pools(const void *a, const void *b)
{
    const struct reward_pool *x = a, *y = b;
    if (x->paid_day != y->paid_day)
        return x->paid_day < y->paid_day ? -1 : 1;
    if (x->submission_position != y->submission_position)
        return x->submission_position < y->submission_position ? -1 : 1;
    return x->day < y->day ? -1 : x->day > y->day;
}

static enum err share_runs(struct db *db, const struct reward_question *q, const struct reward_dues *dues,
                           struct buffer *task_bytes, struct reward_computed *out)
{
    struct reward_task *tasks = (struct reward_task *)task_bytes->p;
    size_t n = task_bytes->n / sizeof *tasks;
    uint64_t done = 0;
    if (n > 1)
        qsort(tasks, n, sizeof *tasks, compare_tasks);
    for (size_t i = 0, of_run; i < n; i += of_run) {
        for (of_run = 1; i + of_run < n && tasks[i + of_run].run == tasks[i].run;)
            of_run++;
        struct work w = {.db = db,
                         .q = q,
                         .dues = dues,
                         .tasks = tasks + i,
                         .n_tasks = of_run,
                         .out = out,
                         .done = &done,
                         .all = n};
        enum err e = share_run(&w);
        reward_snapshot_done(&w.snapshot);
        buffer_done(&w.stakes);
        buffer_done(&w.weights);
        arena_done(&w.arena);
        TRY(e);
    }
    return OK;
}

static enum err compute(struct db *db, const struct reward_question *q, struct reward_computed *out)
{
    AUTO_ARENA arena = {0};
    AUTO_BUFFER tasks = {0};
    struct reward_dues dues = {0};
    TRY(reward_dues_read(db, q, &arena, &dues));
    reward_tasks_list(q, &dues, &tasks, &out->pool_bytes);
    TRY(share_runs(db, q, &dues, &tasks, out));
    out->pools = (struct reward_pool *)out->pool_bytes.p;
    out->parts = (struct reward_part *)out->part_bytes.p;
    out->payments = (struct reward_payment *)out->payment_bytes.p;
    out->n_pools = out->pool_bytes.n / sizeof *out->pools;
    out->n_parts = out->part_bytes.n / sizeof *out->parts;
    out->n_payments = out->payment_bytes.n / sizeof *out->payments;
    if (out->n_pools > 1)
        qsort(out->pools, out->n_pools, sizeof *out->pools, compare_pools);
    return OK;
}

enum err reward_compute(struct db *db, const struct reward_question *q, struct reward_computed *out)
{
    struct reward_computed computed = {0};
    enum err e = compute(db, q, &computed);
    if (e != OK) {
        reward_computed_done(&computed);
        return e;
    }
    *out = computed;
    return OK;
}

void reward_computed_done(struct reward_computed *c)
{
    buffer_done(&c->pool_bytes);
    buffer_done(&c->part_bytes);
    buffer_done(&c->payment_bytes);
    *c = (struct reward_computed){0};
}
