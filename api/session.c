/* api/session.c - see api/session.h. */
#include "api/session.h"

#include <time.h>

#include "ledger/core/log.h"
#include "ledger/core/migrate.h"

static const char *given_or(const struct config *config, const char *option, const char *otherwise)
{
    const char *text = config_text(config, option);
    return text != NULL ? text : otherwise;
}

enum err session_open(const struct config *config, struct session *out)
{
    struct session s = {.cluster = NULL};
    s.database = config_text(config, "database");
    if (s.database == NULL) {
        TRY(cluster_open(config_text(config, "data"), &s.cluster));
        s.database = cluster_conninfo(s.cluster);
    }
    s.owner = given_or(config, "owner-database", s.database);
    s.writer = given_or(config, "writer-database", s.database);
    s.ballots = given_or(config, "ballots-database", s.database);
    *out = s;
    return OK;
}

void session_close(struct session *s)
{
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
