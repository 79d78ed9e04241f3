/* ledger/core/db_statement.c - run statements, prepared on first use, and hold their results; see db.h. */
#include "ledger/core/db_pq.h"

#include <assert.h>
#include <stdio.h>
#include <string.h>

void db_bind(struct bound *b, const struct param *in, size_t n_in)
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

uint32_t db_find_statement(struct db *db, const char *sql, bool *prepare, char name[STATEMENT_NAME])
{
    bool added;
    struct prepared *s = map_put(&db->statements, &sql, &added);
    *prepare = s->number == 0 || (!s->confirmed && s->segment != db->segment);
    if (*prepare)
        *s = (struct prepared){.number = ++db->last_statement, .segment = db->segment};
    statement_name(s->number, name);
    return s->number;
}

void db_confirm_statement(struct db *db, const char *sql, uint32_t number)
{
    struct prepared *s = map_get(&db->statements, &sql);
    if (s != NULL && s->number == number)
        s->confirmed = true;
}

void db_forget_statement(struct db *db, const char *sql, uint32_t number)
{
    struct prepared *s = map_get(&db->statements, &sql);
    if (s != NULL && s->number == number)
        *s = (struct prepared){.number = 0};
}

bool db_is_stale(const PGresult *r)
{
    const char *state = PQresultErrorField(r, PG_DIAG_SQLSTATE);
    const char *message = PQresultErrorField(r, PG_DIAG_MESSAGE_PRIMARY);
    if (state == NULL)
        return false;
    return strcmp(state, "26000") == 0 ||
           (strcmp(state, "0A000") == 0 && message != NULL && strstr(message, "cached plan") != NULL);
}

enum err db_prepare(struct db *db, const char *sql, const struct bound *b, uint32_t *number, char name[STATEMENT_NAME])
{
    bool needed;
    *number = db_find_statement(db, sql, &needed, name);
    if (!needed)
        return OK;
    PGresult *r = PQprepare(db->conn, name, sql, b->n, b->types);
    enum err e = db_result_ok(r) ? OK : db_failed(db, r);
    PQclear(r);
    if (e == OK)
        db_confirm_statement(db, sql, *number);
    else
        db_forget_statement(db, sql, *number);
    return e;
}

static enum err run_once(struct db *db, const char *sql, const struct bound *b, PGresult **out, bool *stale)
{
    char name[STATEMENT_NAME];
    uint32_t number;
    TRY(db_prepare(db, sql, b, &number, name));
    PGresult *r = PQexecPrepared(db->conn, name, b->n, b->values, b->lengths, b->formats, BINARY);
    if (db_result_ok(r)) {
        *out = r;
        return OK;
    }
    enum err e = db_failed(db, r);
    *stale = db_is_stale(r);
    if (*stale)
        db_forget_statement(db, sql, number);
    PQclear(r);
    return e;
}

enum err db_outdated(void)
{
    return err_with(ERR_RETRY, "the plan of a statement was outdated");
}

static enum err execute(struct db *db, const char *sql, const struct param *in, size_t n_in, PGresult **out)
{
    assert(!db->pipeline && !db->streaming);
    struct bound b;
    db_bind(&b, in, n_in);
    bool own = PQtransactionStatus(db->conn) == PQTRANS_IDLE, stale = false;
    enum err e = run_once(db, sql, &b, out, &stale);
    if (!stale)
        return e;
    return own ? run_once(db, sql, &b, out, &stale) : db_outdated();
}

uint64_t db_tag_rows(PGresult *r)
{
    uint64_t n = 0;
    for (const char *p = PQcmdTuples(r); *p >= '0' && *p <= '9'; p++)
        n = n * 10 + (uint64_t)(*p - '0');
    return n;
}

struct rows *db_rows_of(PGresult *r)
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
        *affected = db_tag_rows(r);
    PQclear(r);
    return OK;
}

enum err db_script(struct db *db, const char *sql)
{
    assert(!db->pipeline && !db->streaming);
    PGresult *r = PQexec(db->conn, sql);
    enum err e = db_result_ok(r) ? OK : db_failed(db, r);
    PQclear(r);
    return e;
}

enum err db_query(struct db *db, const char *sql, const struct param *in, size_t n_in, struct rows **out)
{
    PGresult *r;
    TRY(execute(db, sql, in, n_in, &r));
    *out = db_rows_of(r);
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
