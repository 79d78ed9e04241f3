/* api/answer_file.c - send what a handler writes while it writes it (SHAPE_FILE). */
#include "api/answer.h"
#include "ledger/core/log.h"

/* The answer begins with the first bytes: until then the handler may still refuse. */
struct sending {
    struct exchange *x;
    struct pipe *pipe;
};

static void begin(struct sending *s)
{
    struct exchange *x = s->x;
    struct reply empty = {.content_type = NULL};
    exchange_reply(x, &empty);
    x->entity->etag[0] = '\0'; /* of the empty body */
    x->pipe = pipe_open();
    s->pipe = pipe_hold(x->pipe);
    exchange_hold(x);
    atomic_fetch_add(&x->service->metrics.streams_open, 1);
    exchange_wake(x);
}

static enum err send(void *arg, const void *bytes, size_t n)
{
    struct sending *s = arg;
    if (s->pipe == NULL)
        begin(s);
    return pipe_write(s->pipe, bytes, n) ? OK : ERR_STOPPED;
}

static void end(struct sending *s, enum err e)
{
    struct exchange *x = s->x;
    if (e != OK && e != ERR_STOPPED)
        log_error("api", "file broken off: id=%s code=%s detail=%s", x->id, err_slug(e), err_detail());
    pipe_end(s->pipe, e == OK);
    atomic_fetch_sub(&x->service->metrics.streams_open, 1);
    pipe_release(s->pipe);
    exchange_release(x);
}

/* A client may be slow between two statements. */
static enum err in_transaction(struct runner *r, const struct request *q, const struct sink *out)
{
    TRY(db_run(r->db, "SELECT pg_catalog.set_config('idle_in_transaction_session_timeout', '600s', true)", WITH_NOTHING,
               NULL));
    return q->route->file(q, r->db, out);
}

static enum err write_once(struct runner *r, struct sending *s)
{
    const struct sink out = {send, s};
    TRY(runner_connect(r));
    TRY(db_begin(r->db, "ISOLATION LEVEL REPEATABLE READ READ ONLY"));
    enum err e = in_transaction(r, &s->x->request, &out);
    db_rollback(r->db); /* it has read only */
    return e;
}

void answer_file(struct runner *r, struct exchange *x)
{
    struct sending s = {.x = x};
    enum err e;
    runner_work_for(r, x);
    do {
        e = write_once(r, &s);
    } while (s.pipe == NULL && answer_may_repeat(x, e));
    runner_heard(r, false);
    runner_work_for(r, NULL);
    if (e == OK && s.pipe == NULL) /* an empty file */
        begin(&s);
    if (s.pipe != NULL) {
        end(&s, e);
        return;
    }
    exchange_refuse(x, e);
    exchange_wake(x);
}
