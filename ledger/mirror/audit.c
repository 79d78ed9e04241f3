/* ledger/mirror/audit.c - see audit.h. */
#include "ledger/mirror/audit.h"

#include <inttypes.h>
#include <pthread.h>
#include <signal.h>
#include <string.h>
#include <sys/random.h>
#include <sys/resource.h>
#include <time.h>
#include <unistd.h>

#include "ledger/core/log.h"
#include "ledger/mirror/mirror.h"
#include "ledger/mirror/reconcile.h"
#include "ledger/mirror/rpc.h"

enum {
    AUDIT_SAMPLE = 25,       /* subjects a view function */
    AUDIT_PAUSE_MS = 50,     /* between requests */
    AUDIT_LINES = 10,        /* differences of one audit that are logged one by one */
    LOOK_AGAIN_SECONDS = 10, /* after a look that found nothing to audit */
    LOOK_MS = 1000,          /* how often it is looked whether there is something to audit */
    LOOK_STEP_MS = 50,
    LOWEST_PRIORITY = 19
};

struct audit {
    struct audit_options options;
    pthread_t thread;
    atomic_bool stop;
    pthread_mutex_t lock; /* of db */
    struct db *db;
    time_t next; /* monotonic: no look before it */
    bool warned; /* the last attempt failed, and it was said */
    unsigned lines;
};

static pthread_mutex_t health_lock = PTHREAD_MUTEX_INITIALIZER;
static struct audit_health health;

void audit_health_get(struct audit_health *out)
{
    pthread_mutex_lock(&health_lock);
    *out = health;
    pthread_mutex_unlock(&health_lock);
}

static void health_audited(const struct reconcile_report *r)
{
    pthread_mutex_lock(&health_lock);
    health.audits++;
    health.checked += r->checked;
    health.differences += r->differences;
    health.unchecked += r->unchecked;
    pthread_mutex_unlock(&health_lock);
}

/* A connection that audit_stop can break. */
static enum err connect(struct audit *a)
{
    struct db *db = NULL;
    TRY(db_open(a->options.conninfo, "altledger_writer", "altledger audit", &db));
    pthread_mutex_lock(&a->lock);
    a->db = db;
    pthread_mutex_unlock(&a->lock);
    return db_script(db, "SET statement_timeout = '30s'");
}

static void disconnect(struct audit *a)
{
    pthread_mutex_lock(&a->lock);
    struct db *db = a->db;
    a->db = NULL;
    pthread_mutex_unlock(&a->lock);
    db_close(db);
}

/* Where things stand. */
struct standing {
    bool due;
    uint64_t finalized, seed;
    bool differed; /* the last audit found a difference, or could not look again */
    struct network network;
};

static enum err look(struct audit *a, struct standing *out)
{
    AUTO_ROWS rows = NULL;
    int64_t interval = a->options.interval_seconds;
    TRY(db_query(
        a->db,
        "SELECT c.network, c.finalized_number, c.head_number >= coalesce(c.source_head, c.head_number)"
        " AND c.finalized_number >= (SELECT f.number FROM mirror.chain f ORDER BY f.number LIMIT 1)"
        " AND c.finalized_number IS DISTINCT FROM l.at_block"
        " AND coalesce(l.time <= now() - $1 * interval '1 second', true), l.seed, l.last_difference IS NOT NULL"
        " FROM mirror.cursor c LEFT JOIN LATERAL (SELECT * FROM mirror.audit ORDER BY id DESC LIMIT 1) l ON true",
        WITH(IN(&interval)), &rows));
    out->due = !rows_null(rows, 0, 0) && !rows_null(rows, 0, 2) && rows_bool(rows, 0, 2);
    if (!out->due)
        return OK;
    out->finalized = rows_u64(rows, 0, 1);
    out->differed = !rows_null(rows, 0, 3) && rows_bool(rows, 0, 4);
    uint32_t seed = 0;
    if (getrandom(&seed, sizeof seed, 0) != sizeof seed)
        return err_with(ERR_IO, "no random numbers");
    out->seed = out->differed ? rows_u64(rows, 0, 3) : seed;
    return network_parse(rows_text(rows, 0, 0), strlen(rows_text(rows, 0, 0)), &out->network);
}

static void on_difference(void *arg, const char *view, const char *subject, const char *figure, const char *ours,
                          const char *chain)
{
    struct audit *a = arg;
    if (a->lines++ < AUDIT_LINES)
        log_error("audit", "%s of %s%s%s: ours %s, the chain's %s", view, subject, *figure != '\0' ? ", " : "", figure,
                  ours, chain);
}

static enum err keep(struct audit *a, const struct standing *s, const struct reconcile_report *r)
{
    const char *first = r->first[0] != '\0' ? r->first : NULL;
    struct param difference = {T_TEXT, first};
    bool looked = r->checked > 0;
    return db_run(a->db,
                  "WITH l AS (SELECT id, last_difference FROM mirror.audit ORDER BY id DESC LIMIT 1)"
                  " INSERT INTO mirror.audit (id, at_block, seed, checked, differences, unchecked, last_difference)"
                  " VALUES (coalesce((SELECT id FROM l), 0) + 1, $1, $2, $3, $4, $5,"
                  "  coalesce($6, CASE WHEN NOT $7 THEN (SELECT last_difference FROM l) END))",
                  WITH(IN(&r->number), IN(&s->seed), IN(&r->checked), IN(&r->differences), IN(&r->unchecked),
                       difference, IN(&looked)),
                  NULL);
}

static enum err audit_block(struct audit *a, const struct standing *s)
{
    struct reconcile_report report;
    const struct reconcile_options o = {.urls = a->options.urls,
                                        .n_urls = a->options.n_urls,
                                        .timeout_ms = a->options.timeout_ms,
                                        .at = RECONCILE_NUMBER,
                                        .number = s->finalized,
                                        .sample = AUDIT_SAMPLE,
                                        .seed = s->seed,
                                        .pause_ms = AUDIT_PAUSE_MS,
                                        .stop = &a->stop,
                                        .differ = on_difference,
                                        .arg = a};
    a->lines = 0;
    TRY(reconcile_books(a->db, &s->network, &o, &report));
    TRY(keep(a, s, &report));
    health_audited(&report);
    log_line(report.differences > 0 ? LOG_ERROR : LOG_INFO, "audit",
             "block %" PRIu64 ": %" PRIu64 " figures checked with the contracts, %" PRIu64 " differ, %" PRIu64
             " not checked",
             report.number, report.checked, report.differences, report.unchecked);
    if (report.checked == 0 && report.unchecked > 0)
        log_warn("audit", "nothing could be checked: %s", report.first_unchecked);
    return OK;
}

/* No look for so long, at most the interval. */
static void wait_for(struct audit *a, unsigned seconds)
{
    unsigned most = a->options.interval_seconds;
    a->next = clock_seconds() + (seconds < most ? seconds : most);
}

static enum err look_and_audit(struct audit *a)
{
    struct standing s = {.due = false};
    TRY(connect(a));
    TRY(look(a, &s));
    if (!s.due) {
        wait_for(a, LOOK_AGAIN_SECONDS);
        return OK;
    }
    enum err e = audit_block(a, &s);
    wait_for(a, a->options.interval_seconds);
    network_done(&s.network);
    return e;
}

static bool stopped(struct audit *a)
{
    return atomic_load(&a->stop);
}

static void wait_a_while(struct audit *a)
{
    for (int ms = 0; ms < LOOK_MS && !stopped(a); ms += LOOK_STEP_MS)
        nanosleep(&(struct timespec){.tv_nsec = LOOK_STEP_MS * 1000000L}, NULL);
}

/* Another mirror that stands by leaves it to the one that writes. */
static bool may_look(const struct audit *a)
{
    struct mirror_health h;
    mirror_health_get(&h);
    return h.leader && !h.stopped && clock_seconds() >= a->next;
}

static void *run(void *arg)
{
    struct audit *a = arg;
    setpriority(PRIO_PROCESS, (id_t)gettid(), LOWEST_PRIORITY);
    for (; !stopped(a); wait_a_while(a)) {
        if (!may_look(a))
            continue;
        enum err e = look_and_audit(a);
        disconnect(a);
        if (stopped(a))
            break;
        if (e != OK && !a->warned)
            log_warn("audit", "given up for now: %s: %s", err_slug(e), err_detail());
        a->warned = e != OK;
        if (e != OK) {
            wait_for(a, a->options.interval_seconds);
            pthread_mutex_lock(&health_lock);
            health.failures++;
            pthread_mutex_unlock(&health_lock);
        }
    }
    return NULL;
}

enum err audit_start(const struct audit_options *options, struct audit **out)
{
    struct audit *a = memory_resize(NULL, sizeof *a);
    *a = (struct audit){.options = *options};
    pthread_mutex_init(&a->lock, NULL);
    sigset_t all, before;
    sigfillset(&all); /* signals stay with the other threads, whose waits they end */
    pthread_sigmask(SIG_SETMASK, &all, &before);
    int failed = pthread_create(&a->thread, NULL, run, a);
    pthread_sigmask(SIG_SETMASK, &before, NULL);
    if (failed != 0) {
        pthread_mutex_destroy(&a->lock);
        memory_free(a);
        return err_with(ERR_IO, "a thread cannot be started: %s", strerror(failed));
    }
    pthread_mutex_lock(&health_lock);
    health.running = true;
    pthread_mutex_unlock(&health_lock);
    *out = a;
    return OK;
}

void audit_stop(struct audit *a)
{
    if (a == NULL)
        return;
    atomic_store(&a->stop, true);
    pthread_mutex_lock(&a->lock);
    if (a->db != NULL)
        db_break(a->db);
    pthread_mutex_unlock(&a->lock);
    pthread_join(a->thread, NULL);
    pthread_mutex_destroy(&a->lock);
    memory_free(a);
    pthread_mutex_lock(&health_lock);
    health.running = false;
    pthread_mutex_unlock(&health_lock);
}
