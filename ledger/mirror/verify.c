/* ledger/mirror/verify.c - see verify.h. */
#include "ledger/mirror/verify.h"

#include <assert.h>
#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#include "ledger/core/log.h"
#include "ledger/mirror/apply.h"
#include "ledger/mirror/store.h"
#include "ledger/mirror/verify_mirror.h"
#include "ledger/position.h"
#include "ledger/root.h"

struct verify {
    struct db *db;
    const struct network *network;
    struct books books;
    struct verify_report *report;
    atomic_bool *stop;
    bool in_use; /* of the next generation the cursor, the feed and decoded columns do not speak yet */
};

void verify_differ(struct verify_report *report, const char *format, ...)
{
    report->differences++;
    if (report->n_named == VERIFY_NAMED_MAX)
        return;
    va_list args;
    va_start(args, format);
    vsnprintf(report->named[report->n_named++], sizeof report->named[0], format, args);
    va_end(args);
}

/* Walks the COPY tuples that the batch would have written. */
struct tuples {
    const uint8_t *p, *end;
};

static uint32_t take_be(struct tuples *t, int n)
{
    uint32_t v = 0;
    assert(t->end - t->p >= n);
    for (int i = 0; i < n; i++)
        v = v << 8 | *t->p++;
    return v;
}

/* The next tuple's cell; p NULL for SQL NULL. */
static struct slice take_cell(struct tuples *t)
{
    uint32_t n = take_be(t, 4);
    if (n == UINT32_MAX)
        return (struct slice){NULL, 0};
    assert((size_t)(t->end - t->p) >= n);
    struct slice cell = {t->p, n};
    t->p += n;
    return cell;
}

static bool same_cell(struct slice a, struct slice b)
{
    return (a.p == NULL) == (b.p == NULL) && slice_equal(a, b);
}

/* Compare the stored rows of one table in [from, to) with those recomputed. The first column that differs is named, once
 * per table and batch: after it the two are out of step. */
static enum err compare(struct verify *v, const char *table, const char *sql, int64_t from, int64_t to,
                        const struct buffer *expected, uint64_t n_expected)
{
    AUTO_ROWS rows = NULL;
    TRY(db_query(v->db, sql, WITH(IN(&from), IN(&to)), &rows));
    struct tuples t = {expected->p, expected->p + expected->n};
    size_t n = rows_count(rows);
    v->report->rows += n_expected;
    for (size_t row = 0; row < n || t.p < t.end; row++) {
        if (row == n || t.p == t.end) {
            verify_differ(v->report,
                          "ledger.%s: %zu rows stored, %" PRIu64 " recomputed, in blocks %" PRId64 " to %" PRId64,
                          table, n, n_expected, from >> 32, (to >> 32) - 1);
            return OK;
        }
        size_t n_cells = take_be(&t, 2);
        for (size_t i = 0; i < n_cells; i++) {
            struct slice cell = take_cell(&t);
            if (same_cell(cell, rows_raw(rows, row, i)))
                continue;
            char stored[80] = "";
            struct slice raw = rows_raw(rows, row, i);
            hex_encode((struct slice){raw.p, raw.n > 32 ? 32 : raw.n}, stored);
            verify_differ(v->report,
                          "ledger.%s, row %zu of blocks %" PRId64 " to %" PRId64
                          ", column %zu: stored 0x%s is not what the events give",
                          table, row + 1, from >> 32, (to >> 32) - 1, i + 1, stored);
            return OK;
        }
    }
    return OK;
}

/* Everything between the end of the batch before and the end of this one: so a row that lies in a gap is found too. */
static enum err compare_batch(struct verify *v, int64_t first_account, int64_t from, int64_t to)
{
    const struct books *b = &v->books;
    for (int i = 0; i < BOOKS_TABLE_COUNT; i++) {
        bool by_id = i == BOOKS_ACCOUNT;
        TRY(compare(v, books_table[i].table, books_table[i].verify_sql, by_id ? first_account : from,
                    by_id ? (int64_t)b->batch_next_account : to, &b->out[i].rows, b->out[i].n));
    }
    for (int i = 0; i < TIMELINE_COUNT; i++)
        TRY(compare(v, timeline_table[i]->table, timeline_sql((enum timeline_id)i)->verify, from, to,
                    &b->timelines[i].out, b->timelines[i].n_out));
    return OK;
}

/* Recompute the blocks as batches and compare each, from where the one before ended. */
static enum err apply_window(struct verify *v, const struct block *blocks, size_t n, int64_t *from, struct arena *arena)
{
    struct decoded_log **decoded = ARENA_ARRAY(arena, struct decoded_log *, n);
    for (size_t i = 0; i < n; i++) {
        decoded[i] = decode_block(v->network, &blocks[i], arena);
        v->report->events += blocks[i].n_logs;
    }
    v->report->blocks += n;
    for (size_t first = 0, fit; first < n; first += fit) {
        bool closes;
        TRY(apply_fit(&v->books, v->db, v->network, blocks + first, n - first, &fit, &closes));
        int64_t first_account = (int64_t)v->books.next_account;
        TRY(apply_batch(&v->books, v->db, v->network, blocks + first, decoded + first, fit));
        int64_t to = (int64_t)position_start(blocks[first + fit - 1].number + 1);
        TRY(compare_batch(v, first_account, *from, to));
        books_batch_done(&v->books);
        *from = to;
    }
    return v->in_use ? verify_events(v->db, v->network, blocks, decoded, n, v->report) : OK;
}

/* Below the first block there is but the root that all start from, at position -1. */
static enum err compare_start(struct verify *v)
{
    int64_t before_all = -1;
    books_batch_begin(&v->books);
    struct books_out *out = &v->books.out[BOOKS_ROOT];
    copy_begin(&out->rows, 2);
    copy_value(&out->rows, T_I64, &before_all);
    copy_value(&out->rows, T_HASH, &v->books.root);
    out->n = 1;
    TRY(compare_batch(v, INT64_MIN, INT64_MIN, 0));
    books_batch_done(&v->books);
    return OK;
}

static enum err compare_windows(struct verify *v, struct store *store)
{
    int64_t from = 0;
    time_t said = time(NULL);
    AUTO_ARENA arena = {0};
    TRY(compare_start(v));
    for (;;) {
        if (v->stop != NULL && atomic_load(v->stop))
            return ERR_STOPPED;
        arena_reset(&arena);
        struct block *blocks;
        size_t n;
        enum err e = store_next(store, &arena, &blocks, &n);
        if (e == ERR_END)
            break;
        TRY(e);
        TRY(apply_window(v, blocks, n, &from, &arena));
        if (time(NULL) - said >= 5) {
            said = time(NULL);
            log_info("verify", "at block %" PRIu64 " of %" PRId64, blocks[n - 1].number, store->head);
        }
    }
    /* Nothing may lie above the head. */
    books_batch_begin(&v->books);
    v->books.batch_next_account = INT64_MAX;
    TRY(compare_batch(v, (int64_t)v->books.next_account, from, INT64_MAX));
    return OK;
}

static enum err verify_snapshot(struct verify *v, const char *schema_sql)
{
    TRY(db_run(v->db, schema_sql != NULL ? schema_sql : "SET LOCAL search_path = ledger", WITH_NOTHING, NULL));
    AUTO_ROWS head = NULL;
    TRY(db_query(v->db, "SELECT coalesce(head_number, -1) FROM mirror.cursor", WITH_NOTHING, &head));
    v->report->head = rows_i64(head, 0, 0);
    books_forget(&v->books, 1, root_start(v->network->chain_id, v->network->hash, RULES_VERSION));
    struct store store = {v->db, v->network, 0, v->report->head};
    /* First: with another chain all books differ, and only so many differences are named. */
    if (v->in_use)
        TRY(verify_chain(v->db, v->report));
    TRY(compare_windows(v, &store));
    v->report->root = v->books.root;
    TRY(verify_lists(v->db, v->report));
    return v->in_use ? verify_cursor(v->db, &v->books, v->report) : OK;
}

enum err verify_books(struct db *db, const struct network *network, const char *schema_sql, atomic_bool *stop,
                      struct verify_report *out)
{
    memset(out, 0, sizeof *out);
    struct verify v = {.db = db, .network = network, .report = out, .stop = stop, .in_use = schema_sql == NULL};
    books_init(&v.books);
    enum err e = db_begin(db, "ISOLATION LEVEL REPEATABLE READ READ ONLY");
    if (e == OK)
        e = verify_snapshot(&v, schema_sql);
    db_rollback(db);
    books_done(&v.books);
    return e;
}

enum err verify_run(const char *conninfo, atomic_bool *stop, struct verify_report *out)
{
    struct db *db;
    TRY(db_open(conninfo, "altledger_api", "altledger verify", &db));
    struct rows *rows = NULL;
    struct network network = {0};
    /* The role's timeouts are for requests; this reads everything, and computes in between. */
    enum err e = db_script(db, "SET statement_timeout = 0; SET idle_in_transaction_session_timeout = 0");
    if (e == OK)
        e = db_query(db, "SELECT network, rules_version FROM mirror.cursor", WITH_NOTHING, &rows);
    if (e == OK && rows_null(rows, 0, 0))
        e = err_with(ERR_NOT_FOUND, "nothing is mirrored yet");
    if (e == OK && rows_i64(rows, 0, 1) != RULES_VERSION)
        e = err_with(ERR_CONFIG,
                     "the books were booked by rules version %" PRId64 ", this program has %d: rebuild first",
                     rows_i64(rows, 0, 1), RULES_VERSION);
    if (e == OK)
        e = network_parse(rows_text(rows, 0, 0), strlen(rows_text(rows, 0, 0)), &network);
    if (rows != NULL)
        rows_done(&rows);
    if (e == OK) {
        e = verify_books(db, &network, NULL, stop, out);
        network_done(&network);
    }
    db_close(db);
    return e;
}
