/* api/workers.c - see workers.h. */
#include "api/workers.h"

#include <assert.h>
#include <pthread.h>
#include <string.h>
#include <time.h>

#include "api/answer.h"
#include "api/messages.h"

enum { LANE_ASK, LANE_RUN, LANE_STREAM, LANE_MESSAGES, LANE_WALLETS, LANES };
enum { THREADS_MAX = 64, WAITING_MAX = 4096, STREAM_TIMEOUT_S = 600, CANCEL_AGAIN_NANOSECONDS = 20000000 };

struct lane {
    pthread_mutex_t lock;
    pthread_cond_t more;
    struct exchange *first, **last;
    size_t waiting, idle;
    bool ending;
};

struct worker {
    struct workers *workers;
    struct lane *lane;
    int kind;
    pthread_t thread;
    struct runner runner;
};

struct workers {
    struct service *service;
    struct lane lanes[LANES];
    struct worker threads[LANES * THREADS_MAX];
    size_t n_threads;
};

enum err reader_open(const struct service *s, const char *name, unsigned statement_timeout_s, struct db **out)
{
    struct db *db = NULL;
    TRY(db_open(s->options.database, s->options.role, name, &db));
    /* Plans are made once, not once a request (planning costs ten times what a point read does); see runner's `planned`. One request,
     * one process: and the stream of slash_impact.c needs UNION ALL's branches one after the other. */
    enum err e =
        db_script(db, "SET default_transaction_read_only = on; SET jit = off; SET plan_cache_mode = force_generic_plan;"
                      "SET max_parallel_workers_per_gather = 0; SET client_connection_check_interval = '500ms'");
    if (e == OK && statement_timeout_s > 0) {
        struct param seconds = {T_TEXT, statement_timeout_s == STREAM_TIMEOUT_S ? "600s" : "10s"};
        e = db_run(db, "SELECT pg_catalog.set_config('statement_timeout', $1, false)", &seconds, 1, NULL);
    }
    if (e != OK) {
        db_close(db);
        return e;
    }
    *out = db;
    return OK;
}

enum err ballots_open(const struct service *s, const char *name, struct db **out)
{
    struct db *db = NULL;
    if (s->options.ballots_database == NULL)
        return err_with(ERR_DB_LOST, "this server takes no signed messages");
    TRY(db_open(s->options.ballots_database, s->options.ballots_role, name, &db));
    /* Plans are made once, perhaps while the log is empty, and hold while it grows: so all goes by index, whatever its statistics say. */
    enum err e = db_script(db,
                           "SET jit = off; SET plan_cache_mode = force_generic_plan; SET enable_seqscan = off;"
                           "SET max_parallel_workers_per_gather = 0; SET client_connection_check_interval = '500ms'");
    if (e != OK) {
        db_close(db);
        return e;
    }
    *out = db;
    return OK;
}

/* Up to `max` that wait, but not all of them while another thread is idle. 0: the end. */
static size_t take(struct lane *lane, struct exchange **out, size_t max)
{
    size_t n = 0;
    pthread_mutex_lock(&lane->lock);
    lane->idle++;
    while (lane->first == NULL && !lane->ending)
        pthread_cond_wait(&lane->more, &lane->lock);
    lane->idle--;
    size_t share = (lane->waiting + lane->idle) / (lane->idle + 1);
    while (lane->first != NULL && n < max && n < share) {
        out[n] = lane->first;
        lane->first = out[n]->next;
        lane->waiting--;
        n++;
    }
    if (lane->first == NULL)
        lane->last = &lane->first;
    pthread_mutex_unlock(&lane->lock);
    return n;
}

static void *work(void *arg)
{
    struct worker *w = arg;
    static const size_t most[LANES] =
        {[LANE_ASK] = BATCH_MAX, [LANE_RUN] = 1, [LANE_STREAM] = 1, [LANE_MESSAGES] = MESSAGES_MAX, [LANE_WALLETS] = 1};
    struct exchange *xs[MESSAGES_MAX];
    static_assert(MESSAGES_MAX >= (int)BATCH_MAX, "one array serves all lanes");
    size_t n;
    while ((n = take(w->lane, xs, most[w->kind])) > 0) {
        if (atomic_load(&w->workers->service->stopping) && w->lane->ending) {
            for (size_t i = 0; i < n; i++) {
                exchange_refuse(xs[i], err_with(ERR_STOPPED, "the service is shutting down"));
                exchange_wake(xs[i]);
            }
        } else if (w->kind == LANE_ASK) {
            answer_batch(&w->runner, xs, n);
        } else if (w->kind == LANE_RUN) {
            answer_one(&w->runner, xs[0]);
        } else if (w->kind == LANE_MESSAGES) {
            messages_answer(&w->runner, xs, n);
        } else if (w->kind == LANE_WALLETS) {
            messages_answer_wallet(&w->runner, xs[0]);
        } else {
            (xs[0]->request.route->file != NULL ? answer_file : answer_stream)(&w->runner, xs[0]);
        }
    }
    return NULL;
}

static enum err start(struct workers *w, int kind, unsigned n)
{
    static const char *const names[LANES] = {"altledger ask", "altledger run", "altledger stream", "altledger messages",
                                             "altledger wallets"};
    for (unsigned i = 0; i < n && i < THREADS_MAX; i++) {
        struct worker *t = &w->threads[w->n_threads];
        *t = (struct worker){.workers = w, .lane = &w->lanes[kind], .kind = kind};
        runner_init(&t->runner, w->service, names[kind], kind == LANE_STREAM ? STREAM_TIMEOUT_S : 0);
        t->runner.ballots = kind == LANE_MESSAGES || kind == LANE_WALLETS;
        if (pthread_create(&t->thread, NULL, work, t) != 0)
            return err_with(ERR_IO, "a thread cannot be started");
        w->n_threads++;
    }
    return OK;
}

enum err workers_open(struct service *s, struct workers **out)
{
    struct workers *w = memory_resize(NULL, sizeof *w);
    memset(w, 0, sizeof *w);
    w->service = s;
    for (int i = 0; i < LANES; i++) {
        pthread_mutex_init(&w->lanes[i].lock, NULL);
        pthread_cond_init(&w->lanes[i].more, NULL);
        w->lanes[i].last = &w->lanes[i].first;
    }
    const unsigned n[LANES] = {s->options.ask_threads, s->options.run_threads, s->options.stream_threads,
                               s->options.message_threads, s->options.message_threads};
    enum err e = OK;
    for (int i = 0; i < LANES && e == OK; i++)
        e = start(w, i, n[i]);
    if (e != OK)
        workers_close(w);
    else
        *out = w;
    return e;
}

static struct lane *lane_of(struct workers *w, const struct exchange *x)
{
    if (x->request.route->signed_message)
        return &w->lanes[LANE_MESSAGES];
    if (x->request.as != AS_JSON)
        return &w->lanes[LANE_STREAM];
    bool asks_a_node = x->request.at.kind == AT_TIME && w->service->options.n_rpc_urls > 0;
    return &w->lanes[x->request.route->run != NULL || asks_a_node ? LANE_RUN : LANE_ASK];
}

static bool put(struct lane *lane, struct exchange *x)
{
    pthread_mutex_lock(&lane->lock);
    bool room = lane->waiting < WAITING_MAX && !lane->ending;
    if (room) {
        x->next = NULL;
        *lane->last = x;
        lane->last = &x->next;
        lane->waiting++;
        pthread_cond_signal(&lane->more);
    }
    pthread_mutex_unlock(&lane->lock);
    return room;
}

bool workers_put(struct workers *w, struct exchange *x)
{
    return put(lane_of(w, x), x);
}

bool workers_hand_over(struct workers *w, struct exchange *x)
{
    return put(&w->lanes[LANE_RUN], x);
}

bool workers_hand_over_wallet(struct workers *w, struct exchange *x)
{
    return put(&w->lanes[LANE_WALLETS], x);
}

void workers_abandon(struct workers *w, struct exchange *x)
{
    atomic_store(&x->abandoned, true);
    for (size_t i = 0; i < w->n_threads; i++)
        runner_abandon(&w->threads[i].runner, x);
}

void workers_unblock(struct workers *w)
{
    for (size_t i = 0; i < w->n_threads; i++)
        runner_unblock(&w->threads[i].runner);
}

/* Cancel again and again: a pipeline holds several statements, and cancelling races with their beginning. */
static void join(struct worker *t)
{
    struct timespec until;
    do {
        runner_abandon(&t->runner, NULL);
        clock_gettime(CLOCK_REALTIME, &until);
        until.tv_nsec += CANCEL_AGAIN_NANOSECONDS;
        until.tv_sec += until.tv_nsec / 1000000000;
        until.tv_nsec %= 1000000000;
    } while (pthread_timedjoin_np(t->thread, NULL, &until) != 0);
    runner_done(&t->runner);
}

void workers_close(struct workers *w)
{
    if (w == NULL)
        return;
    for (int i = 0; i < LANES; i++) {
        pthread_mutex_lock(&w->lanes[i].lock);
        w->lanes[i].ending = true;
        pthread_cond_broadcast(&w->lanes[i].more);
        pthread_mutex_unlock(&w->lanes[i].lock);
    }
    for (size_t i = 0; i < w->n_threads; i++)
        join(&w->threads[i]);
    for (int i = 0; i < LANES; i++) {
        pthread_mutex_destroy(&w->lanes[i].lock);
        pthread_cond_destroy(&w->lanes[i].more);
    }
    memory_free(w);
}
