/* ledger/core/db.c - connections, transactions and COPY; see db.h. */
#include "ledger/core/db_pq.h"

#include <assert.h>
#include <fcntl.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "ledger/core/log.h"

enum {
    SERVER_VERSION_LEAST = 150000,
    CANCEL_TEXT = 256,
    COPY_PIECE = 256 * 1024 /* bytes given to libpq at once: it keeps a copy of what it could not send */
};

/* ---- errors ---- */

static bool class_is(const char *state, const char *prefix)
{
    return strncmp(state, prefix, strlen(prefix)) == 0;
}

static enum err state_err(const char *state)
{
    static const struct {
        const char *prefix;
        enum err e;
    } table[] = {
        {"40001", ERR_RETRY},      /* serialization failure */
        {"40P01", ERR_RETRY},      /* deadlock */
        {"55P03", ERR_RETRY},      /* lock_timeout */
        {"53", ERR_RETRY},         /* disk full, out of memory, too many connections: passes without us */
        {"57P01", ERR_DB_LOST},    /* terminated by an administrator */
        {"57P02", ERR_DB_LOST},    /* crash of another backend */
        {"57P03", ERR_DB_LOST},    /* starting up, shutting down */
        {"08", ERR_DB_LOST},       /* connection exceptions */
        {"AL001", ERR_LEASE_LOST}, /* sql/: the caller's epoch is not the lease's */
        {"AL002", ERR_DEEP_REORG}, /* sql/: below the finalized block */
    };
    for (size_t i = 0; i < sizeof table / sizeof *table; i++)
        if (class_is(state, table[i].prefix))
            return table[i].e;
    return ERR_DB;
}

static int text_length(const char *text)
{
    return (int)strcspn(text, "\n");
}

/* What went wrong, as our error and detail. r may be NULL. */
enum err db_failed(struct db *db, const PGresult *r)
{
    const char *state = r != NULL ? PQresultErrorField(r, PG_DIAG_SQLSTATE) : NULL;
    const char *message = r != NULL ? PQresultErrorField(r, PG_DIAG_MESSAGE_PRIMARY) : NULL;
    if (message == NULL)
        message = PQerrorMessage(db->conn);
    enum err e = state != NULL ? state_err(state) : ERR_DB;
    /* An error without a state is libpq's own: it could not speak with the server. PQstatus may not know it yet: a write that failed
     * leaves it as it was. */
    bool libpq = state == NULL && r != NULL && PQresultStatus(r) == PGRES_FATAL_ERROR;
    if (libpq || (e == ERR_DB_LOST && db->pipeline))
        db->lost = true;
    if (!db_alive(db))
        e = ERR_DB_LOST;
    if (state != NULL)
        return err_with(e, "%s: %.*s", state, text_length(message), message);
    return err_with(e, "%.*s", text_length(message), message);
}

static void on_notice(void *arg, const PGresult *r)
{
    struct db *db = arg;
    const char *severity = PQresultErrorField(r, PG_DIAG_SEVERITY_NONLOCALIZED);
    const char *message = PQresultErrorField(r, PG_DIAG_MESSAGE_PRIMARY);
    if (severity == NULL || message == NULL)
        return;
    if (strcmp(severity, "WARNING") == 0)
        db->warned = true;
    log_debug("db", "%s: %s", severity, message);
}

bool db_result_ok(const PGresult *r)
{
    ExecStatusType s = PQresultStatus(r);
    return s == PGRES_TUPLES_OK || s == PGRES_COMMAND_OK || s == PGRES_EMPTY_QUERY;
}

/* ---- connections ---- */

static enum err set_role(struct db *db, const char *role)
{
    /* SET ROLE does not take on what ALTER ROLE ... SET says; a login would. One truth: the migrations. */
    static const char settings[] =
        "SELECT pg_catalog.set_config(pg_catalog.split_part(s, '=', 1), "
        "pg_catalog.substr(s, pg_catalog.strpos(s, '=') + 1), false) "
        "FROM pg_catalog.pg_db_role_setting d JOIN pg_catalog.pg_roles r ON r.oid = d.setrole, "
        "pg_catalog.unnest(d.setconfig) AS s WHERE r.rolname = $1 AND d.setdatabase = 0";
    TRY(db_run(db, "SELECT pg_catalog.set_config('role', $1, false)", WITH(IN(role)), NULL));
    return db_run(db, settings, WITH(IN(role)), NULL);
}

static enum err set_up(struct db *db, const char *role)
{
    if (PQserverVersion(db->conn) < SERVER_VERSION_LEAST)
        return err_with(ERR_CONFIG, "PostgreSQL 15 or later is needed, the server is %d", PQserverVersion(db->conn));
    /* jit: statements here are short, and mirror.unwind(), which forbids sequential scans, would be compiled each time. */
    TRY(db_script(
        db, "SET search_path = ''; SET TimeZone = 'UTC'; SET DateStyle = 'ISO'; SET client_min_messages = warning;"
            "SET bytea_output = 'hex'; SET extra_float_digits = 1; SET jit = off"));
    return role != NULL ? set_role(db, role) : OK;
}

static enum err check_conninfo(const char *conninfo)
{
    char *message = NULL;
    PQconninfoOption *options = PQconninfoParse(conninfo, &message);
    if (options != NULL) {
        PQconninfoFree(options);
        return OK;
    }
    enum err e = err_with(ERR_CONFIG, "database: %s", message != NULL ? message : "unusable conninfo");
    PQfreemem(message);
    return e;
}

enum err db_open(const char *conninfo, const char *role, const char *application, struct db **out)
{
    TRY(check_conninfo(conninfo));
    /* Later keywords win: the conninfo may change the timeouts, not the encoding. */
    const char *keys[] = {"connect_timeout",  "keepalives",
                          "keepalives_idle",  "keepalives_interval",
                          "keepalives_count", "tcp_user_timeout",
                          "dbname",           "application_name",
                          "client_encoding",  NULL};
    const char *values[] = {"10", "1", "10", "5", "3", "20000", conninfo, application, "UTF8", NULL};
    struct db *db = memory_resize(NULL, sizeof *db);
    *db = (struct db){.conn = PQconnectdbParams(keys, values, 1), .socket = -1};
    map_init(&db->statements, sizeof(const char *), sizeof(struct prepared));
    enum err e = OK;
    if (PQstatus(db->conn) != CONNECTION_OK) {
        e = err_with(ERR_DB_LOST, "%.*s", text_length(PQerrorMessage(db->conn)), PQerrorMessage(db->conn));
    } else {
        PQsetNoticeReceiver(db->conn, on_notice, db);
        db->cancel = PQgetCancel(db->conn);
        db->socket = fcntl(PQsocket(db->conn), F_DUPFD_CLOEXEC, 0);
        e = set_up(db, role);
    }
    if (e != OK)
        db_close(db);
    else
        *out = db;
    return e;
}

void db_close(struct db *db)
{
    if (db == NULL)
        return;
    PQfreeCancel(db->cancel);
    PQfinish(db->conn);
    if (db->socket >= 0)
        close(db->socket);
    map_done(&db->statements);
    memory_free(db->due);
    memory_free(db);
}

bool db_alive(const struct db *db)
{
    return PQstatus(db->conn) == CONNECTION_OK && !db->lost;
}

int db_backend_pid(const struct db *db)
{
    return PQbackendPID(db->conn);
}

void db_cancel(struct db *db)
{
    char text[CANCEL_TEXT];
    if (db->cancel != NULL && !PQcancel(db->cancel, text, sizeof text))
        log_warn("db", "cancel: %s", text);
}

void db_break(struct db *db)
{
    if (db->socket >= 0)
        shutdown(db->socket, SHUT_RDWR);
}

static bool take_notices(struct db *db)
{
    bool any = false;
    for (PGnotify *n = PQnotifies(db->conn); n != NULL; n = PQnotifies(db->conn)) {
        PQfreemem(n);
        any = true;
    }
    return any;
}

enum err db_wait_notice(struct db *db, unsigned ms, bool *noticed)
{
    bool any = take_notices(db);
    struct pollfd wait = {.fd = PQsocket(db->conn), .events = POLLIN};
    if (!any && wait.fd >= 0 && poll(&wait, 1, (int)ms) > 0) {
        if (!PQconsumeInput(db->conn))
            return db_failed(db, NULL);
        any = take_notices(db);
    }
    if (PQstatus(db->conn) != CONNECTION_OK)
        return db_failed(db, NULL);
    *noticed = any;
    return OK;
}

/* ---- transactions ---- */

enum err db_begin(struct db *db, const char *mode)
{
    assert(PQtransactionStatus(db->conn) == PQTRANS_IDLE || PQstatus(db->conn) != CONNECTION_OK);
    char text[128];
    int n = snprintf(text, sizeof text, "BEGIN %s", mode);
    assert(n > 0 && (size_t)n < sizeof text);
    return db_script(db, text);
}

enum err db_commit(struct db *db)
{
    assert(!db->pipeline && !db->streaming);
    if (PQstatus(db->conn) != CONNECTION_OK)
        return err_with(ERR_DB_LOST, "the connection broke before COMMIT"); /* nothing was sent: nothing happened */
    db->warned = false;
    PGresult *r = PQexec(db->conn, "COMMIT");
    enum err e = OK;
    if (PQstatus(db->conn) != CONNECTION_OK)
        e = err_with(ERR_COMMIT_UNKNOWN, "the connection broke at COMMIT");
    else if (!db_result_ok(r))
        e = db_failed(db, r);
    else if (strcmp(PQcmdStatus(r), "COMMIT") != 0)
        e = err_with(ERR_DB, "COMMIT was answered with %s", PQcmdStatus(r)); /* a failed transaction: COMMAND_OK too */
    else if (db->warned)
        /* "canceling wait for synchronous replication": committed here, perhaps lost in a failover. */
        e = err_with(ERR_COMMIT_UNKNOWN, "the server warned at COMMIT");
    PQclear(r);
    return e;
}

void db_rollback(struct db *db)
{
    db_stream_stop(db);
    if (db->pipeline && db_pipeline_end(db) != OK)
        log_debug("db", "rollback in a pipeline: %s", err_detail());
    if (PQstatus(db->conn) != CONNECTION_OK || PQtransactionStatus(db->conn) == PQTRANS_IDLE)
        return;
    if (db_script(db, "ROLLBACK") != OK)
        log_debug("db", "rollback: %s", err_detail());
}

/* ---- COPY ---- */

static const char copy_header[] = "PGCOPY\n\377\r\n\0\0\0\0\0\0\0\0\0"; /* signature, flags, length of the extension */
static const char copy_trailer[] = "\377\377";                          /* a tuple of -1 fields */
enum { COPY_HEADER = 19, COPY_TRAILER = 2 };

static bool copy_put(struct db *db, struct slice data)
{
    for (size_t at = 0; at < data.n; at += COPY_PIECE) {
        size_t n = data.n - at < COPY_PIECE ? data.n - at : COPY_PIECE;
        if (PQputCopyData(db->conn, (const char *)data.p + at, (int)n) != 1)
            return false;
    }
    return true;
}

enum err db_copy(struct db *db, const char *copy_sql, struct slice rows_encoded, size_t *n_rows)
{
    assert(!db->pipeline && !db->streaming);
    PGresult *r = PQexec(db->conn, copy_sql);
    bool open = PQresultStatus(r) == PGRES_COPY_IN;
    enum err e = open ? OK : db_failed(db, r);
    PQclear(r);
    if (!open)
        return e;
    bool sent = copy_put(db, (struct slice){(const uint8_t *)copy_header, COPY_HEADER}) && copy_put(db, rows_encoded) &&
                copy_put(db, (struct slice){(const uint8_t *)copy_trailer, COPY_TRAILER});
    /* If the server has refused a row already, its error is what PQgetResult brings. */
    if (PQputCopyEnd(db->conn, sent ? NULL : "the client could not send the rows") != 1 || !sent)
        e = db_failed(db, NULL);
    uint64_t n = 0;
    while ((r = PQgetResult(db->conn)) != NULL) {
        if (!db_result_ok(r))
            e = db_failed(db, r);
        else
            n = db_tag_rows(r);
        PQclear(r);
        if (PQstatus(db->conn) != CONNECTION_OK)
            break;
    }
    if (PQstatus(db->conn) != CONNECTION_OK && e == OK)
        e = db_failed(db, NULL);
    if (e == OK)
        *n_rows = n;
    return e;
}
