/* api/answer.c - see answer.h. */
#include "api/answer.h"

#include <string.h>

#include "api/asof.h"
#include "api/link.h"
#include "api/render.h"
#include "api/workers.h"
#include "ledger/core/log.h"

static const char at_sql[] = "SELECT a.* FROM api_v1.at($1, $2, $3, $4) a";

static void refuse(struct exchange *x, enum err e)
{
    exchange_refuse(x, e);
    exchange_wake(x);
}

/* Reads change nothing, so what lost a race or its connection may simply be asked again. */
bool answer_may_repeat(struct exchange *x, enum err e)
{
    return (e == ERR_RETRY || e == ERR_DB_LOST) && ++x->attempts < ATTEMPTS_MAX && !atomic_load(&x->abandoned) &&
           !atomic_load(&x->service->stopping);
}

/* ---- one statement's rows ---- */

static enum err ask(struct exchange *x)
{
    x->statement = (struct statement){.sql = NULL};
    x->kept = false;
    return x->request.route->ask(&x->request, &x->statement);
}

/* A finalized block asked for by number is most often in memory. */
static void use_kept(struct exchange *x)
{
    const struct at *at = &x->request.at;
    struct service *s = x->service;
    x->kept = x->statement.sql_kept != NULL && at->kind == AT_NUMBER &&
              asof_kept(s, (uint64_t)at->number, watch_generation(s->watch), &x->request.as_of);
    if (x->kept)
        x->statement.sql = x->statement.sql_kept;
}

static enum err no_header(const struct as_of *as_of)
{
    return err_with(ERR_NO_HEADER,
                    "the header of block %llu is not stored, and this server was given no node to ask (--source)",
                    (unsigned long long)as_of->number);
}

static enum err render(struct exchange *x, const struct rows *rows, struct reply *reply)
{
    const struct request *q = &x->request;
    if (q->route->shape == SHAPE_LIST) {
        struct state state;
        const char *next = NULL;
        watch_state(x->service->watch, &state);
        render_page(q, rows, state.network, x->scope, reply, &next);
        reply->link = next != NULL ? link_next(&x->uri, next) : NULL;
        return OK;
    }
    if (rows_count(rows) == 0)
        return err_with(ERR_NOT_FOUND, "there is no such thing");
    if (q->route->shape == SHAPE_RAW)
        return q->route->answer(q, rows, reply);
    render_begin(q, reply);
    TRY(q->route->answer(q, rows, reply));
    render_end(reply);
    return OK;
}

static void reply_done(struct reply *reply)
{
    buffer_done(&reply->body);
    buffer_done(&reply->reasons);
    memory_free(reply->link);
}

static void send_reply(struct exchange *x, enum err e, struct reply *reply)
{
    if (e == OK) {
        exchange_reply(x, reply);
    } else if (e == ERR_RULE) {
        exchange_refuse_by_rule(x, &reply->reasons);
    } else {
        exchange_refuse(x, e);
    }
    reply_done(reply);
    exchange_wake(x);
}

static void send_rows(struct exchange *x, const struct rows *rows)
{
    struct reply reply = {.status = 0};
    enum err e = render(x, rows, &reply);
    send_reply(x, e, &reply);
}

/* ---- several single statements at once ---- */

enum outcome { DONE, EXPLAIN, REPEAT, HAND_OVER };

/* The rows were read without the time of their block, on which they hang. */
static bool lacks_time(const struct exchange *x, const struct rows *rows)
{
    enum { COLUMN_TIME = 2 }; /* of api_v1.at() */
    return x->request.route->wants_time && rows_null(rows, 0, COLUMN_TIME);
}

static enum outcome take_result(struct exchange *x, enum err e, const struct rows *rows)
{
    if (e == OK && x->kept && asof_outdated(rows, &x->request.as_of))
        e = err_with(ERR_RETRY, "the block was looked up in another generation");
    if (e != OK) {
        if (answer_may_repeat(x, e))
            return REPEAT;
        refuse(x, e);
        return DONE;
    }
    if (x->request.route->takes_at && rows_count(rows) == 0)
        return EXPLAIN;
    if (x->request.route->takes_at) {
        e = asof_read(x->service, rows, x->kept, &x->request.as_of);
        if (e == ERR_END || (e == OK && lacks_time(x, rows)))
            return HAND_OVER;
        if (e != OK) {
            refuse(x, no_header(&x->request.as_of));
            return DONE;
        }
    }
    send_rows(x, rows);
    return DONE;
}

/* Reads of one thing are quick and share a sync point: one packet there, one back, one wake-up for all of them. If one fails,
 * those behind it are repeated alone. A list may be slow: it neither keeps others waiting nor takes them with it. */
static enum err send_one(struct runner *r, struct exchange *x, bool *unsynced)
{
    bool alone = x->request.route->shape == SHAPE_LIST;
    if (alone && *unsynced)
        TRY(db_sync(r->db));
    TRY(db_send(r->db, x->statement.sql, x->statement.params, x->statement.n));
    *unsynced = !alone;
    return alone ? db_sync(r->db) : OK;
}

/* Send all; sent[i] is false for those that have their answer or outcome already. Returns whether a pipeline was begun. */
static bool send_all(struct runner *r, struct exchange **xs, enum outcome *outcomes, bool *sent, size_t n)
{
    bool unsynced = false;
    enum err e = runner_connect(r);
    if (e == OK)
        e = db_pipeline_begin(r->db);
    bool begun = e == OK;
    for (size_t i = 0; i < n; i++) {
        outcomes[i] = DONE;
        sent[i] = false;
        enum err asked = ask(xs[i]);
        if (asked != OK) {
            refuse(xs[i], asked);
            continue;
        }
        use_kept(xs[i]); /* what is repeated looks the block up again */
        if (e == OK)
            e = send_one(r, xs[i], &unsynced);
        sent[i] = e == OK;
        if (e != OK)
            outcomes[i] = take_result(xs[i], e, NULL);
    }
    if (e == OK && unsynced && db_sync(r->db) != OK)
        log_debug("api", "pipeline: %s", err_detail()); /* receiving tells it again */
    return begun;
}

/* Send all, then take the results in order. */
static void pipeline(struct runner *r, struct exchange **xs, enum outcome *outcomes, size_t n)
{
    bool sent[BATCH_MAX];
    bool begun = send_all(r, xs, outcomes, sent, n);
    for (size_t i = 0; i < n; i++) {
        if (!sent[i])
            continue;
        AUTO_ROWS rows = NULL;
        enum err received = db_receive(r->db, &rows);
        runner_heard(r, true);
        outcomes[i] = take_result(xs[i], received, rows);
    }
    if (begun && db_pipeline_end(r->db) != OK)
        log_debug("api", "pipeline: %s", err_detail());
    runner_heard(r, false);
}

void answer_batch(struct runner *r, struct exchange **xs, size_t n)
{
    enum outcome outcomes[BATCH_MAX];
    pipeline(r, xs, outcomes, n);
    for (size_t i = 0; i < n; i++) {
        enum err e = OK;
        switch (outcomes[i]) {
        case DONE:
            break;
        case EXPLAIN:
            e = runner_connect(r);
            if (e == OK)
                e = asof_explain(r->db, &xs[i]->request.at);
            runner_heard(r, false);
            refuse(xs[i], e);
            break;
        case HAND_OVER:
            if (workers_hand_over(r->service->workers, xs[i]))
                break;
            answer_one(r, xs[i]);
            break;
        case REPEAT:
            answer_one(r, xs[i]);
            break;
        }
    }
}

/* ---- one request, whatever it takes ---- */

/* As asof_read, but may ask a node. */
static enum err complete_as_of(struct runner *r, struct exchange *x, const struct rows *rows)
{
    struct as_of *as_of = &x->request.as_of;
    enum err e = asof_read(x->service, rows, x->kept, as_of);
    if (e == ERR_END)
        return asof_ask(x->service, &r->asker, as_of);
    return e == OK ? OK : no_header(as_of);
}

static enum err read_once(struct runner *r, struct exchange *x, struct rows **rows)
{
    TRY(ask(x));
    TRY(db_query(r->db, x->statement.sql, x->statement.params, x->statement.n, rows));
    if (!x->request.route->takes_at)
        return OK;
    if (rows_count(*rows) == 0)
        return asof_explain(r->db, &x->request.at);
    return complete_as_of(r, x, *rows);
}

static enum err one_statement(struct runner *r, struct exchange *x, struct reply *reply)
{
    AUTO_ROWS rows = NULL;
    TRY(asof_bisect(x->service, r->db, &r->asker, &x->request.at));
    TRY(read_once(r, x, &rows));
    if (lacks_time(x, rows)) {
        rows_done(&rows);
        TRY(read_once(r, x, &rows));
    }
    return render(x, rows, reply);
}

static enum err resolve_at(struct runner *r, struct exchange *x)
{
    struct statement s = {.sql = at_sql};
    struct request placed = x->request;
    AUTO_ROWS rows = NULL;
    if (placed.route->place != NULL)
        TRY(placed.route->place(&x->request, r->db, &placed.at));
    statement_at(&s, &placed);
    TRY(db_query(r->db, s.sql, s.params, s.n, &rows));
    if (rows_count(rows) == 0)
        return asof_explain(r->db, &placed.at);
    return complete_as_of(r, x, rows);
}

static enum err in_transaction(struct runner *r, struct exchange *x, struct reply *reply)
{
    const struct route *route = x->request.route;
    if (route->takes_at)
        TRY(resolve_at(r, x));
    bool object = route->shape == SHAPE_OBJECT;
    if (object)
        render_begin(&x->request, reply);
    TRY(route->run(&x->request, r->db, reply));
    if (object)
        render_end(reply);
    return OK;
}

static enum err several_statements(struct runner *r, struct exchange *x, struct reply *reply)
{
    TRY(asof_bisect(x->service, r->db, &r->asker, &x->request.at));
    TRY(db_begin(r->db, "ISOLATION LEVEL REPEATABLE READ READ ONLY"));
    enum err e = in_transaction(r, x, reply);
    if (e == OK)
        e = db_commit(r->db); /* read only: a lost COMMIT may be repeated as well */
    else
        db_rollback(r->db);
    return e == ERR_COMMIT_UNKNOWN ? ERR_DB_LOST : e;
}

void answer_one(struct runner *r, struct exchange *x)
{
    struct reply reply = {.status = 0};
    enum err e;
    runner_work_for(r, x);
    do {
        reply_done(&reply);
        reply = (struct reply){.status = 0};
        e = runner_connect(r);
        if (e == OK)
            e = x->request.route->run != NULL ? several_statements(r, x, &reply) : one_statement(r, x, &reply);
    } while (answer_may_repeat(x, e));
    runner_heard(r, false);
    runner_work_for(r, NULL);
    send_reply(x, e, &reply);
}

/* ---- streams ---- */

static void stream_entity(struct exchange *x)
{
    const struct request *q = &x->request;
    struct reply empty = {.content_type = NULL};
    struct state state;
    exchange_reply(x, &empty);
    watch_state(x->service->watch, &state);
    /* A list without a block is as new as the state it was read from: after reading, an older version may be named, never a
     * newer one (the client then asks once more than it had to). What follows from more than blocks is never the same. */
    if (q->route->cache == CACHE_NEVER)
        entity_seal_stream(x->entity, NULL, x->id, microseconds_now());
    else
        entity_seal_stream(x->entity, q->route->takes_at ? &q->as_of : NULL, x->key, state.version);
}

/* Rows of the first chunk decide on the answer's head. */
static enum err first_rows(struct runner *r, struct exchange *x, const struct rows *rows)
{
    if (!x->request.route->takes_at)
        return OK;
    if (rows == NULL || rows_count(rows) == 0)
        return ERR_END;
    return complete_as_of(r, x, rows);
}

static enum err stream_rows(struct runner *r, struct exchange *x, struct rows *rows)
{
    AUTO_BUFFER lines = {0};
    render_head(&x->request, &lines);
    struct rows *chunk = rows;
    enum err e = OK;
    while (e == OK && chunk != NULL) {
        render_lines(&x->request, chunk, 0, render_items(&x->request, chunk), &lines);
        rows_done(&chunk);
        if (lines.n >= PIPE_ROOM / 4) {
            if (!pipe_write(x->pipe, lines.p, lines.n))
                return ERR_STOPPED;
            buffer_reset(&lines);
        }
        if (pipe_gone(x->pipe))
            return ERR_STOPPED;
        e = db_stream_next(r->db, &chunk);
    }
    rows_done(&chunk);
    if (e == OK && !pipe_write(x->pipe, lines.p, lines.n))
        return ERR_STOPPED;
    return e;
}

static enum err stream_once(struct runner *r, struct exchange *x, struct rows **rows)
{
    TRY(ask(x));
    TRY(db_stream_begin(r->db, x->statement.sql, x->statement.params, x->statement.n));
    enum err e = db_stream_next(r->db, rows);
    if (e == OK)
        e = first_rows(r, x, *rows);
    if (e != OK) {
        rows_done(rows);
        db_stream_stop(r->db);
    }
    return e == ERR_END ? asof_explain(r->db, &x->request.at) : e;
}

/* Everything up to the moment when the head of the answer is known. */
static enum err stream_begin(struct runner *r, struct exchange *x, struct rows **rows)
{
    TRY(runner_connect(r));
    TRY(asof_bisect(x->service, r->db, &r->asker, &x->request.at));
    TRY(stream_once(r, x, rows));
    if (!lacks_time(x, *rows))
        return OK;
    rows_done(rows);
    db_stream_stop(r->db);
    return stream_once(r, x, rows);
}

static void stream(struct runner *r, struct exchange *x)
{
    struct rows *rows = NULL;
    enum err e;
    do {
        e = stream_begin(r, x, &rows);
    } while (answer_may_repeat(x, e));
    if (e != OK) {
        runner_work_for(r, NULL);
        refuse(x, e);
        return;
    }
    stream_entity(x);
    if (exchange_status(x) == 304) {
        rows_done(&rows);
        db_stream_stop(r->db);
        exchange_wake(x);
        return;
    }
    x->pipe = pipe_open();
    struct pipe *pipe = pipe_hold(x->pipe);
    exchange_hold(x);
    atomic_fetch_add(&x->service->metrics.streams_open, 1);
    exchange_wake(x);
    e = stream_rows(r, x, rows);
    if (e != OK)
        db_stream_stop(r->db);
    if (e != OK && e != ERR_STOPPED)
        log_error("api", "stream broken off: id=%s code=%s detail=%s", x->id, err_slug(e), err_detail());
    pipe_end(pipe, e == OK);
    atomic_fetch_sub(&x->service->metrics.streams_open, 1);
    pipe_release(pipe);
    exchange_release(x);
}

void answer_stream(struct runner *r, struct exchange *x)
{
    runner_work_for(r, x);
    stream(r, x);
    runner_heard(r, false);
    runner_work_for(r, NULL);
}
