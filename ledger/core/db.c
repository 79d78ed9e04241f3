/* ledger/core/db.c - see db.h. The only file that knows libpq. */
#include "ledger/core/db.h"

#include <assert.h>
#include <libpq-fe.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>

#include "ledger/core/codec.h"
#include "ledger/core/log.h"
#include "ledger/core/map.h"
#include "ledger/core/rows.h"

enum {
    SERVER_VERSION_LEAST = 150000,
    PARAMS_MAX = 64,
    STATEMENT_NAME = 16,
    CANCEL_TEXT = 256,
    STREAM_CHUNK = 256,      /* rows handed on at once by db_stream_next */
    COPY_PIECE = 256 * 1024, /* bytes given to libpq at once: it keeps a copy of what it could not send */
    BINARY = 1
};

/* What a pipeline still owes us, in order. */
enum due_kind { DUE_PREPARE, DUE_ROWS, DUE_SYNC };
struct due {
    enum due_kind kind;
    const char *sql;
    uint32_t number; /* of the statement */
};

/* A statement's name is s<number>. Until the server confirmed it, it can be relied on only up to the next sync point: an
 * error before it in the same pipeline segment keeps it from being prepared. */
struct statement {
    uint32_t number; /* 0: none */
    uint32_t segment;
    bool confirmed;
};

struct db {
    PGconn *conn;
    PGcancel *cancel;
    struct map statements; /* address of the text -> struct statement */
    uint32_t last_statement, segment;
    bool pipeline, streaming;
    bool lost;         /* the server said that it is closing the connection; libpq notices later */
    struct due stream; /* what is being streamed */
    struct due *due;
    size_t n_due, first_due, room_due;
    bool unsynced; /* sends without a sync point after them */
    bool warned;   /* the server sent a warning since this was last cleared */
};

/* One result, or the single-row results of a stream's chunk. */
struct rows {
    PGresult **results;
    size_t n_results;
    PGresult *only;
    struct columns columns;
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
static enum err failed(struct db *db, const PGresult *r)
{
    const char *state = r != NULL ? PQresultErrorField(r, PG_DIAG_SQLSTATE) : NULL;
    const char *message = r != NULL ? PQresultErrorField(r, PG_DIAG_MESSAGE_PRIMARY) : NULL;
    if (message == NULL)
        message = PQerrorMessage(db->conn);
    enum err e = state != NULL ? state_err(state) : ERR_DB;
    if (e == ERR_DB_LOST && db->pipeline)
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
    *db = (struct db){.conn = PQconnectdbParams(keys, values, 1)};
    map_init(&db->statements, sizeof(const char *), sizeof(struct statement));
    enum err e = OK;
    if (PQstatus(db->conn) != CONNECTION_OK) {
        e = err_with(ERR_DB_LOST, "%.*s", text_length(PQerrorMessage(db->conn)), PQerrorMessage(db->conn));
    } else {
        PQsetNoticeReceiver(db->conn, on_notice, db);
        db->cancel = PQgetCancel(db->conn);
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
            return failed(db, NULL);
        any = take_notices(db);
    }
    if (PQstatus(db->conn) != CONNECTION_OK)
        return failed(db, NULL);
    *noticed = any;
    return OK;
}

/* ---- statements ---- */

/* Parameters in libpq's form. */
struct bound {
    int n;
    Oid types[PARAMS_MAX];
    const char *values[PARAMS_MAX];
    int lengths[PARAMS_MAX], formats[PARAMS_MAX];
    uint8_t scratch[PARAMS_MAX][NUMERIC_MAX];
};

static void bind(struct bound *b, const struct param *in, size_t n_in)
{
    assert(n_in <= PARAMS_MAX);
    b->n = (int)n_in;
    for (size_t i = 0; i < n_in; i++) {
        struct slice form = {NULL, 0};
        if (in[i].value != NULL)
            form = value_encode(in[i].type, in[i].value, b->scratch[i]);
        assert(form.n <= INT32_MAX);
        b->types[i] = type_oid(in[i].type);
        b->values[i] = (const char *)form.p;
        b->lengths[i] = (int)form.n;
        b->formats[i] = BINARY;
    }
}

static void statement_name(uint32_t number, char out[STATEMENT_NAME])
{
    snprintf(out, STATEMENT_NAME, "s%u", number);
}

/* The number of a statement; *prepare: it must be prepared under its name first. */
static uint32_t find_statement(struct db *db, const char *sql, bool *prepare, char name[STATEMENT_NAME])
{
    bool added;
    struct statement *s = map_put(&db->statements, &sql, &added);
    *prepare = s->number == 0 || (!s->confirmed && s->segment != db->segment);
    if (*prepare)
        *s = (struct statement){.number = ++db->last_statement, .segment = db->segment};
    statement_name(s->number, name);
    return s->number;
}

static void confirm_statement(struct db *db, const char *sql, uint32_t number)
{
    struct statement *s = map_get(&db->statements, &sql);
    if (s != NULL && s->number == number)
        s->confirmed = true;
}

static void forget_statement(struct db *db, const char *sql, uint32_t number)
{
    struct statement *s = map_get(&db->statements, &sql);
    if (s != NULL && s->number == number)
        *s = (struct statement){.number = 0};
}

/* Tables changed under the plan (a migration, a rebuild), or the session was reset. */
static bool is_stale(const PGresult *r)
{
    const char *state = PQresultErrorField(r, PG_DIAG_SQLSTATE);
    const char *message = PQresultErrorField(r, PG_DIAG_MESSAGE_PRIMARY);
    if (state == NULL)
        return false;
    return strcmp(state, "26000") == 0 ||
           (strcmp(state, "0A000") == 0 && message != NULL && strstr(message, "cached plan") != NULL);
}

static bool result_ok(const PGresult *r)
{
    ExecStatusType s = PQresultStatus(r);
    return s == PGRES_TUPLES_OK || s == PGRES_COMMAND_OK || s == PGRES_EMPTY_QUERY;
}

/* Prepare where needed, and wait for it. */
static enum err prepare(struct db *db, const char *sql, const struct bound *b, uint32_t *number,
                        char name[STATEMENT_NAME])
{
    bool needed;
    *number = find_statement(db, sql, &needed, name);
    if (!needed)
        return OK;
    PGresult *r = PQprepare(db->conn, name, sql, b->n, b->types);
    enum err e = result_ok(r) ? OK : failed(db, r);
    PQclear(r);
    if (e == OK)
        confirm_statement(db, sql, *number);
    else
        forget_statement(db, sql, *number);
    return e;
}

static enum err run_once(struct db *db, const char *sql, const struct bound *b, PGresult **out, bool *stale)
{
    char name[STATEMENT_NAME];
    uint32_t number;
    TRY(prepare(db, sql, b, &number, name));
    PGresult *r = PQexecPrepared(db->conn, name, b->n, b->values, b->lengths, b->formats, BINARY);
    if (result_ok(r)) {
        *out = r;
        return OK;
    }
    enum err e = failed(db, r);
    *stale = is_stale(r);
    if (*stale)
        forget_statement(db, sql, number);
    PQclear(r);
    return e;
}

static enum err outdated(void)
{
    return err_with(ERR_RETRY, "the plan of a statement was outdated");
}

static enum err execute(struct db *db, const char *sql, const struct param *in, size_t n_in, PGresult **out)
{
    assert(!db->pipeline && !db->streaming);
    struct bound b;
    bind(&b, in, n_in);
    bool own = PQtransactionStatus(db->conn) == PQTRANS_IDLE, stale = false;
    enum err e = run_once(db, sql, &b, out, &stale);
    if (!stale)
        return e;
    return own ? run_once(db, sql, &b, out, &stale) : outdated();
}

static uint64_t tag_rows(PGresult *r)
{
    uint64_t n = 0;
    for (const char *p = PQcmdTuples(r); *p >= '0' && *p <= '9'; p++)
        n = n * 10 + (uint64_t)(*p - '0');
    return n;
}

static struct rows *rows_of(PGresult *r)
{
    struct rows *rows = memory_resize(NULL, sizeof *rows);
    *rows = (struct rows){.n_results = 1, .only = r};
    return rows;
}

enum err db_run(struct db *db, const char *sql, const struct param *in, size_t n_in, uint64_t *affected)
{
    PGresult *r;
    TRY(execute(db, sql, in, n_in, &r));
    if (affected != NULL)
        *affected = tag_rows(r);
    PQclear(r);
    return OK;
}

enum err db_script(struct db *db, const char *sql)
{
    assert(!db->pipeline && !db->streaming);
    PGresult *r = PQexec(db->conn, sql);
    enum err e = result_ok(r) ? OK : failed(db, r);
    PQclear(r);
    return e;
}

enum err db_query(struct db *db, const char *sql, const struct param *in, size_t n_in, struct rows **out)
{
    PGresult *r;
    TRY(execute(db, sql, in, n_in, &r));
    *out = rows_of(r);
    return OK;
}

enum err db_one(struct db *db, const char *sql, const struct param *in, size_t n_in, const struct record *record,
                struct arena *arena, void *out)
{
    AUTO_ROWS rows = NULL;
    TRY(db_query(db, sql, in, n_in, &rows));
    if (rows_count(rows) == 0)
        return ERR_NOT_FOUND;
    if (rows_count(rows) > 1)
        bug("%zu rows where one belongs: %.80s", rows_count(rows), sql);
    rows_read(rows, 0, record, arena, out);
    return OK;
}

enum err db_all(struct db *db, const char *sql, const struct param *in, size_t n_in, const struct record *record,
                struct arena *arena, void *out_array, size_t *n_out)
{
    AUTO_ROWS rows = NULL;
    TRY(db_query(db, sql, in, n_in, &rows));
    size_t n = rows_count(rows);
    char *array = arena_take(arena, n > 0 ? n * record->size : 1);
    for (size_t i = 0; i < n; i++)
        rows_read(rows, i, record, arena, array + i * record->size);
    *(void **)out_array = array;
    *n_out = n;
    return OK;
}

/* ---- pipelines ---- */

static void owe(struct db *db, enum due_kind kind, const char *sql, uint32_t number)
{
    if (db->first_due == db->n_due)
        db->first_due = db->n_due = 0;
    if (db->n_due == db->room_due) {
        db->room_due = db->room_due > 0 ? db->room_due * 2 : 16;
        db->due = memory_resize(db->due, db->room_due * sizeof *db->due);
    }
    db->due[db->n_due++] = (struct due){kind, sql, number};
}

enum err db_pipeline_begin(struct db *db)
{
    assert(!db->pipeline && !db->streaming);
    if (PQstatus(db->conn) != CONNECTION_OK || !PQenterPipelineMode(db->conn))
        return failed(db, NULL);
    db->pipeline = true;
    db->unsynced = false;
    db->segment++;
    db->first_due = db->n_due = 0;
    return OK;
}

enum err db_send(struct db *db, const char *sql, const struct param *in, size_t n_in)
{
    assert(db->pipeline);
    struct bound b;
    bind(&b, in, n_in);
    char name[STATEMENT_NAME];
    bool needed;
    uint32_t number = find_statement(db, sql, &needed, name);
    if (needed) {
        if (!PQsendPrepare(db->conn, name, sql, b.n, b.types)) {
            forget_statement(db, sql, number);
            return failed(db, NULL);
        }
        owe(db, DUE_PREPARE, sql, number);
    }
    if (!PQsendQueryPrepared(db->conn, name, b.n, b.values, b.lengths, b.formats, BINARY))
        return failed(db, NULL);
    owe(db, DUE_ROWS, sql, number);
    db->unsynced = true;
    return OK;
}

enum err db_sync(struct db *db)
{
    assert(db->pipeline);
    if (!PQpipelineSync(db->conn))
        return failed(db, NULL);
    owe(db, DUE_SYNC, NULL, 0);
    db->unsynced = false;
    db->segment++;
    return OK;
}

/* The result of what is due next, and the NULL that libpq puts behind each but a sync. */
static PGresult *take_result(struct db *db, enum due_kind kind)
{
    PGresult *r = PQgetResult(db->conn);
    for (PGresult *more; r != NULL && kind != DUE_SYNC && (more = PQgetResult(db->conn)) != NULL;) {
        PQclear(r); /* an extra result carries the real error */
        r = more;
        if (PQstatus(db->conn) != CONNECTION_OK)
            break;
    }
    return r;
}

static enum err take_due(struct db *db, struct due due, PGresult **out)
{
    PGresult *r = take_result(db, due.kind);
    if (r != NULL && (result_ok(r) || PQresultStatus(r) == PGRES_PIPELINE_SYNC)) {
        if (due.kind == DUE_PREPARE)
            confirm_statement(db, due.sql, due.number);
        *out = r;
        return OK;
    }
    bool stale = r != NULL && is_stale(r), aborted = r != NULL && PQresultStatus(r) == PGRES_PIPELINE_ABORTED;
    enum err e = OK;
    if (stale)
        e = outdated();
    else if (aborted && db_alive(db))
        e = err_with(ERR_RETRY, "not run: an earlier statement of the pipeline failed");
    else if (aborted)
        e = err_with(ERR_DB_LOST, "not run: the connection is lost");
    else
        e = failed(db, r);
    if (due.kind == DUE_PREPARE || stale)
        forget_statement(db, due.sql, due.number);
    PQclear(r);
    return e;
}

enum err db_receive(struct db *db, struct rows **out)
{
    assert(db->pipeline);
    if (db->unsynced && !PQsendFlushRequest(db->conn))
        return failed(db, NULL);
    enum err earlier = OK; /* of the statement's own PREPARE: that is the one to tell */
    while (db->first_due < db->n_due) {
        struct due due = db->due[db->first_due++];
        PGresult *r = NULL;
        enum err e = take_due(db, due, &r);
        if (due.kind == DUE_ROWS) {
            if (e == OK)
                *out = rows_of(r);
            return earlier != OK ? earlier : e;
        }
        PQclear(r);
        if (e != OK && due.kind == DUE_SYNC)
            return e;
        if (e != OK && earlier == OK)
            earlier = e;
        if (PQstatus(db->conn) != CONNECTION_OK)
            return failed(db, NULL);
    }
    bug("db_receive: nothing was sent");
}

enum err db_pipeline_end(struct db *db)
{
    assert(db->pipeline);
    enum err first = OK;
    if (db->unsynced)
        first = db_sync(db);
    while (db->first_due < db->n_due && PQstatus(db->conn) == CONNECTION_OK) {
        PGresult *r = NULL;
        enum err e = take_due(db, db->due[db->first_due++], &r);
        PQclear(r);
        if (first == OK)
            first = e;
    }
    db->pipeline = false;
    db->first_due = db->n_due = 0;
    if (!db_alive(db))
        return first != OK ? first : failed(db, NULL);
    if (!PQexitPipelineMode(db->conn) && first == OK)
        return failed(db, NULL);
    return first;
}

/* ---- streams ---- */

enum err db_stream_begin(struct db *db, const char *sql, const struct param *in, size_t n_in)
{
    assert(!db->pipeline && !db->streaming);
    struct bound b;
    bind(&b, in, n_in);
    char name[STATEMENT_NAME];
    uint32_t number;
    TRY(prepare(db, sql, &b, &number, name));
    if (!PQsendQueryPrepared(db->conn, name, b.n, b.values, b.lengths, b.formats, BINARY))
        return failed(db, NULL);
    PQsetSingleRowMode(db->conn);
    db->streaming = true;
    db->stream = (struct due){DUE_ROWS, sql, number};
    return OK;
}

static void stream_drain(struct db *db)
{
    for (PGresult *r; (r = PQgetResult(db->conn)) != NULL;) {
        PQclear(r);
        if (PQstatus(db->conn) != CONNECTION_OK)
            break;
    }
    db->streaming = false;
}

/* The last result of a stream: its end, or what broke it. */
static enum err stream_finish(struct db *db, PGresult *last)
{
    enum err e = OK;
    if (last == NULL || !result_ok(last)) {
        e = failed(db, last);
        if (last != NULL && is_stale(last)) {
            forget_statement(db, db->stream.sql, db->stream.number);
            e = outdated();
        }
    }
    PQclear(last);
    stream_drain(db);
    return e;
}

enum err db_stream_next(struct db *db, struct rows **rows)
{
    if (!db->streaming) {
        *rows = NULL;
        return OK;
    }
    struct rows *chunk = NULL;
    size_t room = 0;
    while (chunk == NULL || chunk->n_results < STREAM_CHUNK) {
        PGresult *r = PQgetResult(db->conn);
        if (r == NULL || PQresultStatus(r) != PGRES_SINGLE_TUPLE) {
            enum err e = stream_finish(db, r);
            if (e != OK) {
                rows_done(&chunk);
                return e;
            }
            break;
        }
        if (chunk == NULL) {
            chunk = memory_resize(NULL, sizeof *chunk);
            *chunk = (struct rows){0};
        }
        if (chunk->n_results == room) {
            room = room > 0 ? room * 4 : 4;
            chunk->results = memory_resize(chunk->results, room * sizeof(PGresult *));
        }
        chunk->results[chunk->n_results++] = r;
    }
    *rows = chunk;
    return OK;
}

void db_stream_stop(struct db *db)
{
    if (!db->streaming)
        return;
    db_cancel(db);
    stream_drain(db);
}

/* ---- results ---- */

static const PGresult *result_at(const struct rows *r, size_t row)
{
    return r->only != NULL ? r->only : r->results[row];
}

size_t rows_count(const struct rows *r)
{
    return r->only != NULL ? (size_t)PQntuples(r->only) : r->n_results;
}

size_t rows_columns(const struct rows *r)
{
    return (size_t)PQnfields(result_at(r, 0));
}

bool rows_null(const struct rows *r, size_t row, size_t column)
{
    return PQgetisnull(result_at(r, row), r->only != NULL ? (int)row : 0, (int)column) != 0;
}

struct slice rows_cell(const struct rows *r, size_t row, size_t column)
{
    const PGresult *at = result_at(r, row);
    int i = r->only != NULL ? (int)row : 0;
    assert(row < rows_count(r) && column < rows_columns(r));
    return (struct slice){(const uint8_t *)PQgetvalue(at, i, (int)column), (size_t)PQgetlength(at, i, (int)column)};
}

uint32_t rows_oid(const struct rows *r, size_t column)
{
    return PQftype(result_at(r, 0), (int)column);
}

const char *rows_name(const struct rows *r, size_t column)
{
    return PQfname(result_at(r, 0), (int)column);
}

struct columns *rows_columns_cache(const struct rows *r)
{
    return &((struct rows *)r)->columns; /* a cache: what the caller may see of r stays as it is */
}

void rows_done(struct rows **r)
{
    if (*r == NULL)
        return;
    if ((*r)->only != NULL)
        PQclear((*r)->only);
    else
        for (size_t i = 0; i < (*r)->n_results; i++)
            PQclear((*r)->results[i]);
    memory_free((*r)->results);
    memory_free((*r)->columns.at);
    memory_free(*r);
    *r = NULL;
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
    else if (!result_ok(r))
        e = failed(db, r);
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
    enum err e = open ? OK : failed(db, r);
    PQclear(r);
    if (!open)
        return e;
    bool sent = copy_put(db, (struct slice){(const uint8_t *)copy_header, COPY_HEADER}) && copy_put(db, rows_encoded) &&
                copy_put(db, (struct slice){(const uint8_t *)copy_trailer, COPY_TRAILER});
    /* If the server has refused a row already, its error is what PQgetResult brings. */
    if (PQputCopyEnd(db->conn, sent ? NULL : "the client could not send the rows") != 1 || !sent)
        e = failed(db, NULL);
    uint64_t n = 0;
    while ((r = PQgetResult(db->conn)) != NULL) {
        if (!result_ok(r))
            e = failed(db, r);
        else
            n = tag_rows(r);
        PQclear(r);
        if (PQstatus(db->conn) != CONNECTION_OK)
            break;
    }
    if (PQstatus(db->conn) != CONNECTION_OK && e == OK)
        e = failed(db, NULL);
    if (e == OK)
        *n_rows = n;
    return e;
}
