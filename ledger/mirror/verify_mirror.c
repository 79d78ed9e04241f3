/* ledger/mirror/verify_mirror.c - see verify_mirror.h. */
#include "ledger/mirror/verify_mirror.h"

#include <inttypes.h>
#include <string.h>

enum event_column { NUMBER, LOG_INDEX, OWN_NUMBER, CONTRACT, TYPE, SIGNATURE, UNDECODABLE, SUBJECT, CURRENT };

/* Name the first column of a stored log that is not what decoding gives; NULL if all are. */
static const char *wrong_column(const struct rows *rows, size_t row, const struct decoded_log *d)
{
    if (rows_u64(rows, row, OWN_NUMBER) != rows_u64(rows, row, NUMBER))
        return "number";
    if (!rows_bool(rows, row, CURRENT))
        return NULL;
    const char *type = d->event != NULL ? d->event->type : "", *signature = d->event != NULL ? d->event->signature : "";
    if (strcmp(rows_text(rows, row, TYPE), type) != 0 || strcmp(rows_text(rows, row, SIGNATURE), signature) != 0)
        return "type";
    if (rows_bool(rows, row, UNDECODABLE) != (d->event != NULL && d->values == NULL))
        return "undecodable";
    return address_equal(rows_address(rows, row, SUBJECT), d->subject) ? NULL : "subject";
}

/* Stored logs of contracts that are no longer watched have no counterpart. */
static size_t skip_unwatched(const struct rows *rows, size_t row, const struct network *network)
{
    while (row < rows_count(rows) &&
           !network_watches(network, rows_address(rows, row, CONTRACT), rows_u64(rows, row, NUMBER)))
        row++;
    return row;
}

enum err verify_events(struct db *db, const struct network *network, const struct block *blocks,
                       struct decoded_log *const *decoded, size_t n, struct verify_report *report)
{
    AUTO_ROWS rows = NULL;
    TRY(db_query(db,
                 "SELECT c.number, e.log_index, e.number, e.contract, coalesce(t.name, ''), coalesce(t.signature, ''),"
                 "       e.undecodable, e.subject, e.generation = k.generation"
                 "  FROM mirror.cursor k, mirror.chain c JOIN mirror.event e ON e.block = c.block"
                 "  LEFT JOIN mirror.event_type t ON t.id = e.type"
                 " WHERE c.number >= $1 AND c.number <= $2 ORDER BY c.number, e.log_index",
                 WITH(IN(&blocks[0].number), IN(&blocks[n - 1].number)), &rows));
    size_t row = 0;
    for (size_t i = 0; i < n; i++) {
        for (size_t j = 0; j < blocks[i].n_logs; j++, row++) {
            row = skip_unwatched(rows, row, network);
            if (row == rows_count(rows))
                return err_with(ERR_INTERNAL, "block %" PRIu64 " lost logs within one snapshot", blocks[i].number);
            const char *column = wrong_column(rows, row, &decoded[i][j]);
            if (column != NULL)
                verify_differ(report, "mirror.event: block %" PRIu64 ", log %" PRId64 ": %s is not what decoding gives",
                              blocks[i].number, rows_i64(rows, row, LOG_INDEX), column);
        }
    }
    return OK;
}

static enum err verify_links(struct db *db, struct verify_report *report)
{
    AUTO_ROWS links = NULL;
    TRY(db_query(db,
                 "SELECT c.number, b.number <> c.number FROM mirror.chain c JOIN mirror.block b ON b.id = c.block"
                 "  LEFT JOIN mirror.chain d ON d.number = c.number - 1 LEFT JOIN mirror.block p ON p.id = d.block"
                 " WHERE b.parent_hash <> p.hash OR b.number <> c.number ORDER BY c.number LIMIT 1",
                 WITH_NOTHING, &links));
    if (rows_count(links) > 0)
        verify_differ(report, "mirror.chain: block %" PRId64 " is %s", rows_i64(links, 0, 0),
                      rows_bool(links, 0, 1) ? "of another number" : "not linked to its predecessor");
    return OK;
}

static enum err verify_feed(struct db *db, struct verify_report *report)
{
    AUTO_ROWS gaps = NULL;
    AUTO_ROWS told = NULL;
    TRY(db_query(
        db,
        "SELECT f.seq, f.due FROM (SELECT seq, lag(seq + events, 1, 1::bigint) OVER (ORDER BY seq) AS due"
        "  FROM (SELECT seq, events FROM mirror.feed UNION ALL SELECT next_feed_seq, 0 FROM mirror.cursor) e) f"
        " WHERE f.seq <> f.due ORDER BY f.seq LIMIT 1",
        WITH_NOTHING, &gaps));
    if (rows_count(gaps) > 0)
        verify_differ(report, "mirror.feed: seq %" PRId64 " follows where %" PRId64 " is due", rows_i64(gaps, 0, 0),
                      rows_i64(gaps, 0, 1));
    TRY(db_query(db,
                 "WITH told AS (SELECT block, sum(CASE WHEN added THEN events ELSE -events END) AS n FROM mirror.feed "
                 "GROUP BY block),"
                 " stored AS (SELECT e.block, count(*) AS n FROM mirror.chain c JOIN mirror.event e ON e.block = "
                 "c.block, mirror.cursor k"
                 "             WHERE e.generation <= k.generation GROUP BY e.block)"
                 " SELECT b.number, coalesce(t.n, 0)::bigint, coalesce(s.n, 0)"
                 "   FROM told t FULL JOIN stored s ON s.block = t.block LEFT JOIN mirror.block b ON b.id = "
                 "coalesce(t.block, s.block)"
                 "  WHERE coalesce(t.n, 0) <> coalesce(s.n, 0) ORDER BY b.number LIMIT 1",
                 WITH_NOTHING, &told));
    if (rows_count(told) > 0)
        verify_differ(report, "mirror.feed: block %" PRId64 " was told with %" PRId64 " events, and has %" PRId64,
                      rows_null(told, 0, 0) ? -1 : rows_i64(told, 0, 0), rows_i64(told, 0, 1), rows_i64(told, 0, 2));
    return OK;
}

enum err verify_chain(struct db *db, struct verify_report *report)
{
    TRY(verify_links(db, report));
    return verify_feed(db, report);
}

enum err verify_cursor(struct db *db, const struct books *books, struct verify_report *report)
{
    AUTO_ROWS rows = NULL;
    TRY(db_query(
        db,
        "SELECT k.root, k.next_account, k.events,"
        "       (k.head_number, k.head_block, k.head_hash) IS NOT DISTINCT FROM (h.number, h.block, b.hash::bytea),"
        "       k.finalized_number <= k.safe_number AND k.safe_number <= k.head_number,"
        "       k.next_block > (SELECT coalesce(max(id), 0) FROM mirror.block)"
        "  FROM mirror.cursor k LEFT JOIN (SELECT number, block FROM mirror.chain ORDER BY number DESC LIMIT 1) h ON "
        "true"
        "  LEFT JOIN mirror.block b ON b.id = h.block",
        WITH_NOTHING, &rows));
    if (rows_null(rows, 0, 0) || !hash_equal(rows_hash(rows, 0, 0), books->root))
        verify_differ(report, "mirror.cursor: its root is not the recomputed one");
    if (rows_u64(rows, 0, 1) != books->next_account)
        verify_differ(report, "mirror.cursor: next_account is %" PRIu64 ", recomputed %" PRIu64, rows_u64(rows, 0, 1),
                      books->next_account);
    if (rows_u64(rows, 0, 2) != report->events)
        verify_differ(report, "mirror.cursor: %" PRIu64 " events, stored %" PRIu64, rows_u64(rows, 0, 2),
                      report->events);
    if (!rows_bool(rows, 0, 3))
        verify_differ(report, "mirror.cursor: its head is not the last block of mirror.chain");
    if (!rows_null(rows, 0, 4) && !rows_bool(rows, 0, 4))
        verify_differ(report, "mirror.cursor: finalized, safe and head are not in order");
    if (!rows_bool(rows, 0, 5))
        verify_differ(report, "mirror.cursor: next_block was given to a block already");
    return OK;
}

static bool is_book(const struct rows *rows, size_t row, int64_t id, const char *name, bool debit)
{
    return row < rows_count(rows) && rows_i64(rows, row, 0) == id && strcmp(rows_text(rows, row, 1), name) == 0 &&
           rows_bool(rows, row, 2) == debit;
}

/* Every table of the schema that has a position must be unwound, and those tables are just what this program writes. */
static enum err verify_timelines(struct db *db, struct verify_report *report)
{
    AUTO_ROWS rows = NULL;
    TRY(db_query(
        db,
        "SELECT coalesce(t.name, a.name) FROM timeline t FULL JOIN (SELECT c.relname::text COLLATE \"C\" AS name"
        "  FROM pg_catalog.pg_class c JOIN pg_catalog.pg_attribute x ON x.attrelid = c.oid AND x.attname = 'position'"
        " WHERE c.relnamespace = (SELECT k.relnamespace FROM pg_catalog.pg_class k WHERE k.oid = 'timeline'::regclass)"
        "   AND c.relkind = 'r') a ON a.name = t.name WHERE t.name IS NULL OR a.name IS NULL LIMIT 1",
        WITH_NOTHING, &rows));
    if (rows_count(rows) > 0)
        verify_differ(report, "ledger.timeline: %s is not in the list, or is no timeline", rows_text(rows, 0, 0));
    return OK;
}

enum err verify_lists(struct db *db, struct verify_report *report)
{
    AUTO_ROWS rows = NULL;
    size_t row = 0;
    bool same = true;
    TRY(db_query(db, "SELECT id, name, normal = 'debit' FROM book ORDER BY id", WITH_NOTHING, &rows));
#define BOOK_COMPARE(code, number, name, debit_normal) same = same && is_book(rows, row++, number, name, debit_normal);
    BOOK_TABLE(BOOK_COMPARE)
#undef BOOK_COMPARE
    if (!same || row != rows_count(rows))
        verify_differ(report, "ledger.book: it is not the list of this program");
    return verify_timelines(db, report);
}
