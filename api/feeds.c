/* api/feeds.c - see feeds.h. */
#include "api/feeds.h"

#include <pthread.h>
#include <string.h>

#include "api/parse.h"
#include "api/workers.h"
#include "ledger/core/log.h"

enum {
    FEED_PENDING_MAX = 128 * 1024,
    FEED_TIMEOUT_S = 10,
    RETRY_LEAST_MICROSECONDS = 100000,
    RETRY_MOST_MICROSECONDS = 5000000
};

struct client {
    struct exchange *x;
    struct pipe *pipe;
    bool begun; /* the head of the answer is out */
    uint64_t after;
    uint64_t last; /* microseconds: when something was sent */
    bool more;     /* there may be something now */
    struct client *next;
};

struct feeds {
    struct service *service;
    pthread_t thread;
    pthread_mutex_t lock;
    struct client *joined; /* not yet seen by the thread */
    size_t n;
    bool ending;
    struct db *db; /* the thread's; set under the lock */
    /* The thread's. */
    struct client *clients;
    uint64_t pause, retry_at; /* microseconds; pause 0: the database is there */
};

static const char heartbeat[] = ": heartbeat\n\n";

enum err feeds_join(struct feeds *f, struct exchange *x)
{
    uint64_t after = FEED_FROM_NOW;
    if (x->last_event_id != NULL && parse_u64(x->last_event_id, INT64_MAX, &after) != OK)
        return err_with(ERR_FIELD, "Last-Event-ID: must be the id of an event of this stream");
    struct state state;
    watch_state(f->service->watch, &state);
    if (!state.reachable)
        return err_with(ERR_DB_LOST, "the database cannot be reached");
    pthread_mutex_lock(&f->lock);
    bool ending = f->ending, room = f->n < f->service->options.event_streams;
    if (!ending && room) {
        struct client *c = memory_resize(NULL, sizeof *c);
        *c = (struct client){.x = exchange_hold(x),
                             .pipe = pipe_open(),
                             .after = after,
                             .more = true,
                             .next = f->joined};
        f->joined = c;
        f->n++;
        atomic_fetch_add(&f->service->metrics.streams_open, 1);
    }
    pthread_mutex_unlock(&f->lock);
    if (ending)
        return err_with(ERR_STOPPED, "the service is shutting down");
    return room ? OK : err_with(ERR_RATE, "too many event streams are open");
}

static void part(struct feeds *f, struct client *c)
{
    pipe_end(c->pipe, true);
    pipe_release(c->pipe);
    exchange_release(c->x);
    memory_free(c);
    atomic_fetch_sub(&f->service->metrics.streams_open, 1);
    pthread_mutex_lock(&f->lock);
    f->n--;
    pthread_mutex_unlock(&f->lock);
}

/* The first look went well: the answer is a stream. */
static void begin(struct client *c)
{
    static const char hello[] = ": connected\nretry: 1000\n\n";
    c->begun = true;
    c->last = microseconds_now();
    pipe_push(c->pipe, hello, sizeof hello - 1);
    c->x->entity = entity_new(200, "text/event-stream");
    c->x->pipe = pipe_hold(c->pipe);
    exchange_wake(c->x);
}

/* It gets a problem for an answer; a stream that has begun breaks off, and its client, coming again, is told why. */
static void turn_away(struct feeds *f, struct client *c, enum err e)
{
    if (c->begun) {
        pipe_end(c->pipe, false);
    } else {
        exchange_refuse(c->x, e);
        exchange_wake(c->x);
    }
    part(f, c);
}

/* Take in who joined; false: the end. */
static bool welcome(struct feeds *f)
{
    pthread_mutex_lock(&f->lock);
    struct client *c = f->joined;
    f->joined = NULL;
    bool on = !f->ending;
    pthread_mutex_unlock(&f->lock);
    while (c != NULL) {
        struct client *next = c->next;
        c->next = f->clients;
        f->clients = c;
        c = next;
    }
    return on;
}

/* Who has no answer yet gets this one. */
static void refuse_the_new(struct feeds *f, enum err e)
{
    for (struct client **at = &f->clients; *at != NULL;) {
        struct client *c = *at;
        if (c->begun) {
            at = &c->next;
            continue;
        }
        *at = c->next;
        turn_away(f, c, e);
    }
}

/* Whatever is new for one client, as far as it keeps up. */
static enum err serve(struct db *db, struct client *c)
{
    AUTO_BUFFER out = {0};
    while (c->more && pipe_pending(c->pipe) < FEED_PENDING_MAX && !pipe_gone(c->pipe)) {
        bool more = false;
        buffer_reset(&out);
        TRY(c->x->request.route->feed(&c->x->request, db, &c->after, &out, &more));
        if (!c->begun)
            begin(c);
        if (out.n > 0) {
            pipe_push(c->pipe, out.p, out.n);
            c->last = microseconds_now();
        }
        c->more = more;
    }
    if (microseconds_now() - c->last >= UINT64_C(1000) * FEED_HEARTBEAT_MS) {
        pipe_push(c->pipe, heartbeat, sizeof heartbeat - 1);
        c->last = microseconds_now();
    }
    return OK;
}

static enum err serve_all(struct feeds *f, struct db *db, bool changed)
{
    enum err e = OK;
    for (struct client **at = &f->clients; *at != NULL;) {
        struct client *c = *at;
        c->more = c->more || changed;
        enum err served = e == OK ? serve(db, c) : OK;
        if (served != OK && served != ERR_CONFLICT)
            e = served;
        if (served == ERR_CONFLICT) {
            *at = c->next;
            turn_away(f, c, served);
        } else if (pipe_gone(c->pipe)) {
            *at = c->next;
            part(f, c);
        } else {
            at = &c->next;
        }
    }
    return e;
}

/* The database is away: told once. The next attempt is after a while, the longer the more failed. */
static void failed(struct feeds *f, enum err e)
{
    if (f->pause == 0)
        log_warn("api", "event streams: %s", err_detail());
    refuse_the_new(f, e);
    f->pause = f->pause == 0 ? RETRY_LEAST_MICROSECONDS : f->pause * 2;
    f->pause = f->pause < RETRY_MOST_MICROSECONDS ? f->pause : RETRY_MOST_MICROSECONDS;
    f->retry_at = microseconds_now() + f->pause;
}

static void set_db(struct feeds *f, struct db *db)
{
    pthread_mutex_lock(&f->lock);
    struct db *old = f->db;
    f->db = db;
    pthread_mutex_unlock(&f->lock);
    db_close(old);
}

void feeds_unblock(struct feeds *f)
{
    pthread_mutex_lock(&f->lock);
    if (f->db != NULL && watch_stale(f->service->watch))
        db_break(f->db);
    pthread_mutex_unlock(&f->lock);
}

static enum err connect(struct feeds *f)
{
    struct db *db = NULL;
    if (watch_stale(f->service->watch))
        return err_with(ERR_DB_LOST, "the database does not answer");
    if (f->db != NULL)
        return OK;
    TRY(reader_open(f->service, "altledger feed", FEED_TIMEOUT_S, &db));
    set_db(f, db);
    return OK;
}

static enum err look(struct feeds *f, bool changed)
{
    if (microseconds_now() < f->retry_at) {
        refuse_the_new(f, err_with(ERR_DB_LOST, "the database could not be reached a moment ago"));
        return OK;
    }
    enum err e = connect(f);
    if (e == OK)
        e = serve_all(f, f->db, changed);
    if (e != OK) {
        failed(f, e);
        return e;
    }
    if (f->pause != 0)
        log_info("api", "event streams: the database can be reached again");
    f->pause = 0;
    return OK;
}

static void *feed_main(void *arg)
{
    struct feeds *f = arg;
    uint64_t epoch = 0;
    while (welcome(f)) {
        uint64_t now = watch_epoch(f->service->watch);
        enum err e = f->clients != NULL ? look(f, now != epoch) : OK;
        epoch = now;
        if (e != OK) {
            set_db(f, NULL);
            epoch = 0; /* look again at everything */
        }
        bool lagging = false;
        for (const struct client *c = f->clients; c != NULL && f->pause == 0; c = c->next)
            lagging = lagging || c->more;
        watch_wait(f->service->watch, now, lagging ? 20 : 100);
    }
    refuse_the_new(f, err_with(ERR_STOPPED, "the service is shutting down"));
    while (f->clients != NULL) {
        struct client *c = f->clients;
        f->clients = c->next;
        part(f, c);
    }
    set_db(f, NULL);
    return NULL;
}

enum err feeds_open(struct service *s, struct feeds **out)
{
    struct feeds *f = memory_resize(NULL, sizeof *f);
    memset(f, 0, sizeof *f);
    f->service = s;
    pthread_mutex_init(&f->lock, NULL);
    if (pthread_create(&f->thread, NULL, feed_main, f) != 0) {
        memory_free(f);
        return err_with(ERR_IO, "a thread cannot be started");
    }
    *out = f;
    return OK;
}

void feeds_close(struct feeds *f)
{
    if (f == NULL)
        return;
    pthread_mutex_lock(&f->lock);
    f->ending = true;
    pthread_mutex_unlock(&f->lock);
    pthread_join(f->thread, NULL);
    pthread_mutex_destroy(&f->lock);
    memory_free(f);
}
