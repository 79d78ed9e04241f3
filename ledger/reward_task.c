/* ledger/reward_task.c - see reward_task.h. */
#include "ledger/reward_task.h"

#include <assert.h>

#include "ledger/reward_share.h"

struct work {
    const struct reward_question *q;
    const struct reward_dues *dues;
    struct buffer *tasks, *pools;
};

static int64_t later(int64_t a, int64_t b)
{
    return a > b ? a : b;
}

struct reward_pool reward_pool_of(const struct reward_due *due, int64_t day, enum reward_reason reason)
{
    int64_t closing = reward_due_is_directed(due) ? later(due->last, day) : day;
    return (struct reward_pool){
        .submission = due->submission,
        .submission_position = due->position,
        .distributor = due->distributor,
        .token = due->token,
        .owner = due->submitter,
        .avs = due->avs,
        .day = day,
        .paid_day = later(closing, due->event_day),
        .days = 1,
        .snapshot_block = REWARD_NO_SNAPSHOT,
        .reason = reason,
    };
}

static void put_pool(const struct work *w, struct reward_pool pool)
{
    buffer_bytes(w->pools, &pool, sizeof pool);
}

static void put_task(const struct work *w, size_t due, int64_t day)
{
    struct reward_task task = {.due = (uint32_t)due, .run = (uint32_t)reward_run_of(w->dues, day), .day = day};
    buffer_bytes(w->tasks, &task, sizeof task);
}

static void put_no_days(const struct work *w, const struct reward_due *due)
{
    struct reward_pool pool = reward_pool_of(due, due->event_day, REWARD_NO_DAYS);
    pool.paid_day = due->event_day; /* wherever its start lies */
    pool.days = 0;
    pool.rest = due->rest;
    put_pool(w, pool);
}

/* Days before the history, together; a row also where floors left each of them nothing. */
static void put_before_history(const struct work *w, const struct reward_due *due)
{
    int64_t last = due->last < w->q->first_day ? due->last : w->q->first_day - 1;
    struct reward_pool pool = reward_pool_of(due, due->first, REWARD_BEFORE_HISTORY);
    pool.days = last - due->first + 1;
    pool.paid_day = due->event_day;
    enum err e = amount_mul_div_floor(due->daily, amount_from_u64((uint64_t)pool.days), amount_from_u64(1),
                                      &pool.tokens);
    assert(e == OK); /* at most the submission's amount */
    pool.remainder = pool.tokens;
    if (last == due->last)
        pool.rest = due->rest;
    put_pool(w, pool);
}

static void put_daily(const struct work *w, size_t i)
{
    const struct reward_due *due = &w->dues->due[i];
    bool new = due->event_day >= w->q->run.day;
    if (new && due->first < w->q->first_day)
        put_before_history(w, due);
    int64_t day = later(due->first, new ? w->q->first_day : w->q->run.day);
    for (; day <= due->last && day < w->q->run.next_day; day++)
        put_task(w, i, day);
}

static bool anybody_registered(const struct reward_due *due, size_t run)
{
    for (size_t i = 0; i < due->n_directed; i++)
        if (due->directed[i].registered[run])
            return true;
    return false;
}

static void put_directed(const struct work *w, size_t i)
{
    const struct reward_due *due = &w->dues->due[i];
    if (due->last < w->q->first_day) { /* nobody was registered: there is no snapshot */
        struct reward_pool pool = reward_pool_of(due, due->last, REWARD_NOBODY);
        pool.tokens = pool.refund = due->refund;
        pool.rest = due->rest;
        put_pool(w, pool);
        return;
    }
    for (size_t run = 0; run < w->dues->n_runs; run++) {
        const struct reward_run *r = &w->dues->runs[run];
        if (r->day > due->last || r->next_day <= due->first)
            continue;
        bool anybody = anybody_registered(due, run);
        for (int64_t day = later(r->day, due->first); day < r->next_day && day <= due->last; day++)
            if (anybody || day == due->last)
                put_task(w, i, day);
    }
}

static void put_due(const struct work *w, size_t i)
{
    const struct reward_due *due = &w->dues->due[i];
    if (due->last < due->first)
        put_no_days(w, due);
    else if (due->kind == REWARD_FEE)
        put_task(w, i, due->last);
    else if (reward_due_is_directed(due))
        put_directed(w, i);
    else
        put_daily(w, i);
}

void reward_tasks_list(const struct reward_question *q, const struct reward_dues *dues, struct buffer *tasks,
                       struct buffer *pools)
{
    struct work w = {q, dues, tasks, pools};
    for (size_t i = 0; i < dues->n; i++)
        put_due(&w, i);
}
