/* ledger/core/db_pq.h - what the files db*.c share: the connection as libpq sees it. The only file that includes libpq. */
#ifndef LEDGER_CORE_DB_PQ_H
#define LEDGER_CORE_DB_PQ_H

#include <libpq-fe.h>

#include "ledger/core/codec.h"
#include "ledger/core/db.h"
#include "ledger/core/map.h"
#include "ledger/core/rows.h"

enum { PARAMS_MAX = 64, STATEMENT_NAME = 16, BINARY = 1 };

/* What a pipeline still owes us, in order. */
enum due_kind { DUE_PREPARE, DUE_ROWS, DUE_SYNC };
struct due {
    enum due_kind kind;
    const char *sql;
    uint32_t number; /* of the statement */
};

/* A prepared statement's name is s<number>. Until the server confirmed it, it can be relied on only up to the next sync point: an
 * error before it in the same pipeline segment keeps it from being prepared. */
struct prepared {
    uint32_t number; /* 0: none */
    uint32_t segment;
    bool confirmed;
};

struct db {
    PGconn *conn;
    PGcancel *cancel;
    int socket; /* a descriptor of our own: libpq may close its at any time, and the number may then be another's */
    struct map statements; /* address of the text -> struct prepared */
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

/* Parameters in libpq's form. */
struct bound {
    int n;
    Oid types[PARAMS_MAX];
    const char *values[PARAMS_MAX];
    int lengths[PARAMS_MAX], formats[PARAMS_MAX];
    uint8_t scratch[PARAMS_MAX][NUMERIC_MAX];
};

/* What went wrong, as our error and detail; r may be NULL. (db.c) */
MUST_CHECK enum err db_failed(struct db *db, const PGresult *r);
bool db_result_ok(const PGresult *r);

/* db_statement.c */
void db_bind(struct bound *b, const struct param *in, size_t n_in);
/* The number of a statement; *prepare: it must be prepared under its name first. */
uint32_t db_find_statement(struct db *db, const char *sql, bool *prepare, char name[STATEMENT_NAME]);
void db_confirm_statement(struct db *db, const char *sql, uint32_t number);
void db_forget_statement(struct db *db, const char *sql, uint32_t number);
/* Prepare where needed, and wait for it. */
MUST_CHECK enum err db_prepare(struct db *db, const char *sql, const struct bound *b, uint32_t *number,
                               char name[STATEMENT_NAME]);
/* Tables changed under the plan (a migration, a rebuild), or the session was reset. */
bool db_is_stale(const PGresult *r);
MUST_CHECK enum err db_outdated(void);
/* Rows of the command tag. */
uint64_t db_tag_rows(PGresult *r);
struct rows *db_rows_of(PGresult *r);

#endif
