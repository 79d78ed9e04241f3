/* api/watch.c - see watch.h. */
#include "api/watch.h"

#include <errno.h>
#include <pthread.h>
#include <string.h>
#include <time.h>

#include "ledger/core/log.h"

enum { RETRY_LEAST_MS = 100, RETRY_MOST_MS = 5000 };

struct watch {
    const char *conninfo, *role;
    pthread_t thread;
    pthread_mutex_t lock;
    pthread_cond_t changed;
    struct state state;
    atomic_uint_fast64_t epoch, generation;
    atomic_bool stop, poked;
    struct db *db;                         /* the thread's; set under the lock */
    atomic_int_fast64_t read_at, asked_at; /* monotonic milliseconds; asked_at: 0 while nothing is asked */
    bool away;                             /* it was told that the database cannot be reached */
    unsigned pause_ms;                     /* before the next attempt */
    atomic_uint_fast64_t seen;             /* the newest version that a statement saw */
};

static int64_t now_ms(void)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (int64_t)t.tv_sec * 1000 + t.tv_nsec / 1000000;
}

/* mirror.cursor, as far as answers depend on it, and what the last audit came to. */
struct cursor_row {
    bool has_head, has_network, stopped;
    int64_t chain_id, generation, version, head, safe, finalized, source_head, expires, audit_block, audit_differences;
    struct hash network;
};
static const struct record cursor_record =
    RECORD(cursor_row, FIELD(cursor_row, has_head), FIELD(cursor_row, has_network), FIELD(cursor_row, stopped),
           FIELD(cursor_row, chain_id), FIELD(cursor_row, generation), FIELD(cursor_row, version),
           FIELD(cursor_row, head), FIELD(cursor_row, safe), FIELD(cursor_row, finalized),
           FIELD(cursor_row, source_head), FIELD(cursor_row, expires), FIELD(cursor_row, network),
           FIELD(cursor_row, audit_block), FIELD(cursor_row, audit_differences));

static enum err read_state(struct db *db, struct state *out)
{
    static const char sql[] =
        "SELECT c.head_number IS NOT NULL AS has_head, c.network_hash IS NOT NULL AS has_network, c.stopped IS NOT "
        "NULL AS stopped,"
        " coalesce(c.chain_id, 0) AS chain_id, c.generation::bigint AS generation, c.state_version AS version,"
        " coalesce(c.head_number, 0) AS head, CASE WHEN c.safe_number >= f.number THEN c.safe_number ELSE -1 END AS "
        "safe, CASE WHEN c.finalized_number >= f.number THEN c.finalized_number ELSE -1 END AS finalized,"
        " coalesce(c.source_head, -1) AS source_head, coalesce(extract(epoch FROM c.expires_at)::bigint, -1) AS "
        "expires,"
        " coalesce(c.network_hash, decode(repeat('00', 32), 'hex')) AS network,"
        " coalesce(u.at_block, -1) AS audit_block, coalesce(u.differences, 0) AS audit_differences FROM mirror.cursor c"
        " LEFT JOIN LATERAL (SELECT n.number FROM mirror.chain n ORDER BY n.number LIMIT 1) f ON true"
        " LEFT JOIN LATERAL (SELECT a.at_block, a.differences FROM mirror.audit a ORDER BY a.id DESC LIMIT 1) u ON true";
    AUTO_ARENA arena = {0};
    struct cursor_row row;
    TRY(db_one(db, sql, WITH_NOTHING, &cursor_record, &arena, &row));
    *out = (struct state){.known = true,
                          .reachable = true,
                          .has_head = row.has_head,
                          .chain_id = (uint64_t)row.chain_id,
                          .has_network = row.has_network,
                          .network = row.network,
                          .generation = (uint64_t)row.generation,
                          .version = (uint64_t)row.version,
                          .head = (uint64_t)row.head,
                          .safe = row.safe,
                          .finalized = row.finalized,
                          .source_head = row.source_head,
                          .expires_unix = row.expires,
                          .stopped = row.stopped,
                          .audit_block = row.audit_block,
                          .audit_differences = row.audit_differences};
    return OK;
}

/* Whether an answer may differ between the two. */
static bool differs(const struct state *a, const struct state *b)
{
    return a->known != b->known || a->reachable != b->reachable || a->has_head != b->has_head ||
           a->has_network != b->has_network || !hash_equal(a->network, b->network) || a->generation != b->generation ||
           a->version != b->version || a->head != b->head || a->safe != b->safe || a->finalized != b->finalized ||
           a->source_head != b->source_head || a->stopped != b->stopped;
}

static void set_state(struct watch *w, const struct state *s)
{
    pthread_mutex_lock(&w->lock);
    bool change = differs(&w->state, s);
    w->state = *s;
    if (change) {
        atomic_store(&w->generation, s->generation);
        atomic_fetch_add(&w->epoch, 1);
        pthread_cond_broadcast(&w->changed);
    }
    pthread_mutex_unlock(&w->lock);
}

static void set_unreachable(struct watch *w)
{
    struct state s;
    watch_state(w, &s);
    s.reachable = false;
    set_state(w, &s);
}

static void set_db(struct watch *w, struct db *db)
{
    pthread_mutex_lock(&w->lock);
    struct db *old = w->db;
    w->db = db;
    pthread_mutex_unlock(&w->lock);
    db_close(old);
}

static enum err connect(struct watch *w)
{
    struct db *db = NULL;
    TRY(db_open(w->conninfo, w->role, "altledger watch", &db));
    set_db(w, db);
    atomic_store(&w->asked_at, now_ms());
    return db_run(db, "LISTEN altledger_state", WITH_NOTHING, NULL);
}

/* One look; then wait for a notice, a poke or the time. */
static enum err look(struct watch *w, struct db *db)
{
    struct state s;
    atomic_store(&w->asked_at, now_ms());
    TRY(read_state(db, &s));
    atomic_store(&w->asked_at, 0);
    atomic_store(&w->read_at, now_ms());
    set_state(w, &s);
    if (w->away)
        log_info("api", "the database can be reached again");
    w->away = false;
    w->pause_ms = RETRY_LEAST_MS;
    for (unsigned waited = 0; waited < WATCH_POLL_MS && !atomic_load(&w->stop); waited += 50) {
        bool noticed = false;
        TRY(db_wait_notice(db, 50, &noticed));
        if (noticed || atomic_exchange(&w->poked, false))
            break;
    }
    return OK;
}

static void pause_for(struct watch *w, unsigned ms)
{
    for (unsigned waited = 0; waited < ms && !atomic_load(&w->stop); waited += 50)
        nanosleep(&(struct timespec){0, 50000000}, NULL);
}

static void *watch_main(void *arg)
{
    struct watch *w = arg;
    while (!atomic_load(&w->stop)) {
        enum err e = connect(w);
        while (e == OK && !atomic_load(&w->stop))
            e = look(w, w->db);
        atomic_store(&w->asked_at, 0);
        if (e != OK) {
            if (!w->away) /* once; then when it is back */
                log_warn("api", "cannot watch the mirror's state: %s", err_detail());
            w->away = true;
            set_unreachable(w);
            set_db(w, NULL);
            pause_for(w, w->pause_ms);
            w->pause_ms = w->pause_ms * 2 < RETRY_MOST_MS ? w->pause_ms * 2 : RETRY_MOST_MS;
        }
    }
    set_db(w, NULL);
    return NULL;
}

enum err watch_open(const char *conninfo, const char *role, struct watch **out)
{
    struct watch *w = memory_resize(NULL, sizeof *w);
    memset(w, 0, sizeof *w);
    w->conninfo = conninfo;
    w->role = role;
    w->state.safe = w->state.finalized = w->state.source_head = w->state.expires_unix = w->state.audit_block = -1;
    atomic_init(&w->epoch, 1);
    w->read_at = now_ms();
    w->pause_ms = RETRY_LEAST_MS;
    pthread_mutex_init(&w->lock, NULL);
    pthread_condattr_t clock;
    pthread_condattr_init(&clock);
    pthread_condattr_setclock(&clock, CLOCK_MONOTONIC);
    pthread_cond_init(&w->changed, &clock);
    pthread_condattr_destroy(&clock);
    if (pthread_create(&w->thread, NULL, watch_main, w) != 0) {
        memory_free(w);
        return err_with(ERR_IO, "a thread cannot be started");
    }
    *out = w;
    return OK;
}

void watch_close(struct watch *w)
{
    if (w == NULL)
        return;
    atomic_store(&w->stop, true);
    pthread_join(w->thread, NULL);
    pthread_mutex_destroy(&w->lock);
    pthread_cond_destroy(&w->changed);
    memory_free(w);
}

void watch_state(struct watch *w, struct state *out)
{
    pthread_mutex_lock(&w->lock);
    *out = w->state;
    pthread_mutex_unlock(&w->lock);
}

uint64_t watch_epoch(struct watch *w)
{
    return atomic_load_explicit(&w->epoch, memory_order_acquire);
}

uint64_t watch_generation(struct watch *w)
{
    return atomic_load_explicit(&w->generation, memory_order_acquire);
}

bool watch_stale(struct watch *w)
{
    return now_ms() - atomic_load(&w->read_at) > WATCH_STALE_MS;
}

void watch_unblock(struct watch *w)
{
    pthread_mutex_lock(&w->lock);
    int64_t asked = atomic_load(&w->asked_at);
    if (w->db != NULL && asked != 0 && now_ms() - asked > WATCH_STALE_MS)
        db_break(w->db);
    pthread_mutex_unlock(&w->lock);
}

void watch_poke(struct watch *w)
{
    /* The epoch ends now: nothing cached before may be served after the caller's commit. */
    pthread_mutex_lock(&w->lock);
    atomic_fetch_add(&w->epoch, 1);
    pthread_cond_broadcast(&w->changed);
    pthread_mutex_unlock(&w->lock);
    atomic_store(&w->poked, true);
}

void watch_saw(struct watch *w, uint64_t generation, uint64_t version)
{
    pthread_mutex_lock(&w->lock);
    bool newer = w->state.known && (generation > w->state.generation ||
                                    (generation == w->state.generation && version > w->state.version));
    pthread_mutex_unlock(&w->lock);
    if (newer && atomic_exchange(&w->seen, version) != version)
        watch_poke(w);
}

uint64_t watch_wait(struct watch *w, uint64_t since, unsigned ms)
{
    struct timespec until;
    clock_gettime(CLOCK_MONOTONIC, &until);
    until.tv_sec += ms / 1000;
    until.tv_nsec += (long)(ms % 1000) * 1000000;
    if (until.tv_nsec >= 1000000000)
        until.tv_sec++, until.tv_nsec -= 1000000000;
    pthread_mutex_lock(&w->lock);
    while (atomic_load(&w->epoch) == since && !atomic_load(&w->stop))
        if (pthread_cond_timedwait(&w->changed, &w->lock, &until) == ETIMEDOUT)
            break;
    uint64_t now = atomic_load(&w->epoch);
    pthread_mutex_unlock(&w->lock);
    return now;
}
