/* ledger/core/db.h - run statements, read rows, copy rows in. Only db*.c know libpq.
 *
 * Statements are string literals with $1.. parameters; values never enter the text (lint greps). Each statement is
 * prepared on first use per connection, keyed by the address of its text. Everything travels in binary. A connection
 * belongs to one thread at a time. Errors of every function here: ERR_DB_LOST (connection gone), ERR_RETRY
 * (serialization failure, deadlock), ERR_DB (refused; detail holds SQLSTATE and message), plus those named below. */
#ifndef LEDGER_CORE_DB_H
#define LEDGER_CORE_DB_H

#include "ledger/core/arena.h"
#include "ledger/core/record.h"

struct db;   /* a connection */
struct rows; /* a result */

/* Connect with conninfo (libpq URI or key=value), check server_version >= 15, then SET ROLE role (NULL: none) and
 * fixed session settings (search_path empty, UTC, timeouts for a dead peer). ERR_CONFIG: unusable conninfo. */
MUST_CHECK enum err db_open(const char *conninfo, const char *role, const char *application, struct db **out);
void db_close(struct db *db);
/* True while the connection is usable (says nothing about the server's health beyond the last answer). */
bool db_alive(const struct db *db);
/* Backend process id, for terminating a fenced-off writer. */
int db_backend_pid(const struct db *db);
/* Ask the server to cancel the running statement. Another thread may call it; it waits for the server. */
void db_cancel(struct db *db);
/* Break the connection: whoever waits for the server gets ERR_DB_LOST. Another thread may call it; it never waits. */
void db_break(struct db *db);

/* Run one statement, ignore its rows; *affected (may be NULL) = rows of the command tag. */
MUST_CHECK enum err db_run(struct db *db, const char *sql, const struct param *in, size_t n_in, uint64_t *affected);
/* Wait until a channel that this connection LISTENs to is notified (*noticed true) or the time is over. */
MUST_CHECK enum err db_wait_notice(struct db *db, unsigned ms, bool *noticed);
/* Run a script of several statements without parameters (migrations). */
MUST_CHECK enum err db_script(struct db *db, const char *sql);
/* Run one statement; *out holds its rows until rows_done. */
MUST_CHECK enum err db_query(struct db *db, const char *sql, const struct param *in, size_t n_in, struct rows **out);
/* Run one statement that yields at most one row; read it into *out by record. ERR_NOT_FOUND: no row. */
MUST_CHECK enum err db_one(struct db *db, const char *sql, const struct param *in, size_t n_in,
                           const struct record *record, struct arena *arena, void *out);
/* Run one statement; read all rows into an array in the arena. */
MUST_CHECK enum err db_all(struct db *db, const char *sql, const struct param *in, size_t n_in,
                           const struct record *record, struct arena *arena, void *out_array, size_t *n_out);

/* Pipeline: send statements without waiting, then receive one result per send, in order. The first error of a
 * pipeline fails all later results of it (ERR_RETRY for those not run). db_pipeline_end drains what was not received. */
MUST_CHECK enum err db_pipeline_begin(struct db *db);
MUST_CHECK enum err db_send(struct db *db, const char *sql, const struct param *in, size_t n_in);
/* Each sync point ends an implicit transaction: statements after it run even if those before failed. */
MUST_CHECK enum err db_sync(struct db *db);
MUST_CHECK enum err db_receive(struct db *db, struct rows **out);
MUST_CHECK enum err db_pipeline_end(struct db *db);

/* Stream rows of one statement in chunks: *rows is NULL at the end. */
MUST_CHECK enum err db_stream_begin(struct db *db, const char *sql, const struct param *in, size_t n_in);
MUST_CHECK enum err db_stream_next(struct db *db, struct rows **rows);
void db_stream_stop(struct db *db); /* cancel and drain; harmless at the end */

size_t rows_count(const struct rows *r);
size_t rows_columns(const struct rows *r);
bool rows_null(const struct rows *r, size_t row, size_t column);
bool rows_bool(const struct rows *r, size_t row, size_t column);
int64_t rows_i64(const struct rows *r, size_t row, size_t column); /* int2, int4, int8 */
uint64_t rows_u64(const struct rows *r, size_t row, size_t column);
struct amount rows_amount(const struct rows *r, size_t row, size_t column);
struct delta rows_delta(const struct rows *r, size_t row, size_t column);
struct total rows_total(const struct rows *r, size_t row, size_t column);
struct address rows_address(const struct rows *r, size_t row, size_t column);
struct hash rows_hash(const struct rows *r, size_t row, size_t column);
struct slice rows_bytes(const struct rows *r, size_t row, size_t column); /* valid until rows_done */
const char *rows_text(const struct rows *r, size_t row, size_t column);   /* valid until rows_done */
struct instant rows_time(const struct rows *r, size_t row, size_t column);
/* The cell as it came over the wire (PostgreSQL's binary form of its type), whatever its type; p NULL if SQL NULL. */
struct slice rows_raw(const struct rows *r, size_t row, size_t column);
/* Read row `row` by column names = member names; texts and slices are copied into the arena. A column that is
 * missing, NULL (for other than T_TEXT: NULL, T_BYTES: p NULL) or of another type is a bug (assertion). */
void rows_read(const struct rows *r, size_t row, const struct record *record, struct arena *arena, void *out);
void rows_done(struct rows **r);
#define AUTO_ROWS __attribute__((cleanup(rows_done))) struct rows *

MUST_CHECK enum err db_begin(struct db *db, const char *mode); /* "" or "ISOLATION LEVEL REPEATABLE READ READ ONLY" */
/* ERR_COMMIT_UNKNOWN: the connection broke after COMMIT was sent; the caller must ask the database what happened,
 * never repeat blindly. A COMMIT that the server turned into ROLLBACK is ERR_DB. */
MUST_CHECK enum err db_commit(struct db *db);
void db_rollback(struct db *db);

/* COPY ... FROM STDIN BINARY: begin with the table and its columns as text, give rows as encoded by copy_row, end. */
MUST_CHECK enum err db_copy(struct db *db, const char *copy_sql, struct slice rows_encoded, size_t *n_rows);
/* Append one COPY BINARY tuple to b; the file header and trailer are added by db_copy. */
void copy_row(struct buffer *b, const struct record *record, const void *row);
/* The same by hand, where a row is put together from several structs. */
void copy_begin(struct buffer *b, int16_t n_fields);
void copy_value(struct buffer *b, enum type type, const void *value); /* NULL value: SQL NULL */

#endif
