/* ledger/core/db_pipeline.c - statements sent without waiting for their results, and results too long to hold; see db.h. */
#include "ledger/core/db_pq.h"

#include <assert.h>

enum { STREAM_CHUNK = 256 /* rows handed on at once by db_stream_next */ };

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
        return db_failed(db, NULL);
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
    db_bind(&b, in, n_in);
    char name[STATEMENT_NAME];
    bool needed;
    uint32_t number = db_find_statement(db, sql, &needed, name);
    if (needed) {
        if (!PQsendPrepare(db->conn, name, sql, b.n, b.types)) {
            db_forget_statement(db, sql, number);
            return db_failed(db, NULL);
        }
        owe(db, DUE_PREPARE, sql, number);
    }
    if (!PQsendQueryPrepared(db->conn, name, b.n, b.values, b.lengths, b.formats, BINARY))
        return db_failed(db, NULL);
    owe(db, DUE_ROWS, sql, number);
    db->unsynced = true;
    return OK;
}

enum err db_sync(struct db *db)
{
    assert(db->pipeline);
    if (!PQpipelineSync(db->conn))
        return db_failed(db, NULL);
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
    if (r != NULL && (db_result_ok(r) || PQresultStatus(r) == PGRES_PIPELINE_SYNC)) {
        if (due.kind == DUE_PREPARE)
            db_confirm_statement(db, due.sql, due.number);
        *out = r;
        return OK;
    }
    bool stale = r != NULL && db_is_stale(r), aborted = r != NULL && PQresultStatus(r) == PGRES_PIPELINE_ABORTED;
    enum err e = OK;
    if (stale)
        e = db_outdated();
    else if (aborted && db_alive(db))
        e = err_with(ERR_RETRY, "not run: an earlier statement of the pipeline failed");
    else if (aborted)
        e = err_with(ERR_DB_LOST, "not run: the connection is lost");
    else
        e = db_failed(db, r);
    if (due.kind == DUE_PREPARE || stale)
        db_forget_statement(db, due.sql, due.number);
    PQclear(r);
    return e;
}

enum err db_receive(struct db *db, struct rows **out)
{
    assert(db->pipeline);
    if (db->unsynced && !PQsendFlushRequest(db->conn))
        return db_failed(db, NULL);
    enum err earlier = OK; /* of the statement's own PREPARE: that is the one to tell */
    while (db->first_due < db->n_due) {
        struct due due = db->due[db->first_due++];
        PGresult *r = NULL;
        enum err e = take_due(db, due, &r);
        if (due.kind == DUE_ROWS) {
            if (e == OK)
                *out = db_rows_of(r);
            return earlier != OK ? earlier : e;
        }
        PQclear(r);
        if (e != OK && due.kind == DUE_SYNC)
            return e;
        if (e != OK && earlier == OK)
            earlier = e;
        if (PQstatus(db->conn) != CONNECTION_OK)
            return db_failed(db, NULL);
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
        return first != OK ? first : db_failed(db, NULL);
    if (!PQexitPipelineMode(db->conn) && first == OK)
        return db_failed(db, NULL);
    return first;
}

/* ---- streams ---- */

enum err db_stream_begin(struct db *db, const char *sql, const struct param *in, size_t n_in)
{
    assert(!db->pipeline && !db->streaming);
    struct bound b;
    db_bind(&b, in, n_in);
    char name[STATEMENT_NAME];
    uint32_t number;
    TRY(db_prepare(db, sql, &b, &number, name));
    if (!PQsendQueryPrepared(db->conn, name, b.n, b.values, b.lengths, b.formats, BINARY))
        return db_failed(db, NULL);
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
    if (last == NULL || !db_result_ok(last)) {
        e = db_failed(db, last);
        if (last != NULL && db_is_stale(last)) {
            db_forget_statement(db, db->stream.sql, db->stream.number);
            e = db_outdated();
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
