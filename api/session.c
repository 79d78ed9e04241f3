/* api/session.c - see api/session.h. */
#include "api/session.h"

#include <signal.h>
#include <string.h>
#include <time.h>

#include "ledger/core/log.h"
#include "ledger/core/migrate.h"

enum { KEEPER_LOOK_MS = 1000, KEEPER_STEP_MS = 50 };

static const char *given_or(const struct config *config, const char *option, const char *otherwise)
{
    const char *text = config_text(config, option);
    return text != NULL ? text : otherwise;
}

/* A look at every second: until it runs again, all connections are refused and tried again by their owners. */
static void *keep(void *session)
{
    struct session *s = session;
    for (unsigned ms = 0; !atomic_load(&s->closing); ms = (ms + KEEPER_STEP_MS) % KEEPER_LOOK_MS) {
        enum err e = ms == 0 ? cluster_revive(s->cluster, &s->closing) : OK;
        if (e != OK && e != ERR_STOPPED)
            log_error("cluster", "%s", err_detail());
        nanosleep(&(struct timespec){.tv_nsec = KEEPER_STEP_MS * 1000000L}, NULL);
    }
    return NULL;
}

/* Signals stay with the other threads, whose waits they end. */
static enum err start_keeper(struct session *s)
{
    sigset_t all, before;
    sigfillset(&all);
    pthread_sigmask(SIG_SETMASK, &all, &before);
    int failed = pthread_create(&s->keeper, NULL, keep, s);
    pthread_sigmask(SIG_SETMASK, &before, NULL);
    return failed == 0 ? OK : err_with(ERR_IO, "a thread cannot be started: %s", strerror(failed));
}

static enum err open_cluster(const struct config *config, enum session_kind kind, struct session *s)
{
    const char *data = config_text(config, "data");
    if (kind == SESSION_READS && !cluster_exists(data))
        return err_with(ERR_CONFIG, "nothing there: %s has no database; `altledger run` or `mirror` makes one", data);
    TRY(cluster_open(data, &s->cluster));
    enum err e = start_keeper(s);
    if (e != OK)
        cluster_close(s->cluster);
    return e;
}

enum err session_open(const struct config *config, enum session_kind kind, struct session *s)
{
    s->cluster = NULL;
    atomic_init(&s->closing, false);
    s->database = config_text(config, "database");
    if (s->database == NULL) {
        TRY(open_cluster(config, kind, s));
        s->database = cluster_conninfo(s->cluster);
    }
    s->owner = given_or(config, "owner-database", s->database);
    s->writer = given_or(config, "writer-database", s->database);
    s->ballots = given_or(config, "ballots-database", s->database);
    return OK;
}

void session_close(struct session *s)
{
    if (s->cluster == NULL)
        return;
    atomic_store(&s->closing, true);
    pthread_join(s->keeper, NULL);
    cluster_close(s->cluster);
    s->cluster = NULL;
}

static enum err migrate_once(const struct session *s, unsigned *applied)
{
    struct db *db = NULL;
    TRY(db_open(s->owner, NULL, "altledger migrate", &db));
    enum err e = migrate(db, applied);
    db_close(db);
    return e;
}

enum err session_migrate(const struct session *s, atomic_bool *stop, unsigned *applied)
{
    for (int waited = 0;; waited++) {
        enum err e = migrate_once(s, applied);
        /* Also after a COMMIT without an answer: what was applied stands in altledger_migration. */
        if ((e != ERR_DB_LOST && e != ERR_RETRY && e != ERR_COMMIT_UNKNOWN) || waited == SESSION_WAIT_SECONDS)
            return e;
        if (atomic_load(stop))
            return ERR_STOPPED;
        if (waited == 0)
            log_warn("database", "waiting for it: %s", err_detail());
        nanosleep(&(struct timespec){.tv_sec = 1}, NULL);
    }
}

enum err session_read(const struct session *s, const char *application, struct db **out)
{
    struct db *db = NULL;
    TRY(db_open(s->database, ROLE_API, application, &db));
    enum err e = migrate_check(db);
    if (e != OK)
        db_close(db);
    else
        *out = db;
    return e;
}
