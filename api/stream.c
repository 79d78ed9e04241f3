/* api/stream.c - events as they become and cease to be true, as server-sent events that resume without loss. */
#include <inttypes.h>
#include <string.h>

#include "api/event.h"
#include "api/routes.h"

enum { STREAM_BATCH = 500 };        /* feed numbers looked at in one go, shown or not */
#define SEQ_MAX (UINT64_C(1) << 53) /* numbers of the feed are JSON numbers */
enum { COLUMN_SEQ, COLUMN_SHOWN, COLUMN_ADDED, COLUMN_EVENT };

static enum err end_of_feed(struct db *db, uint64_t *after)
{
    AUTO_ROWS rows = NULL;
    TRY(db_query(db, "SELECT next_feed_seq - 1 FROM mirror.cursor", WITH_NOTHING, &rows));
    *after = rows_u64(rows, 0, 0);
    return OK;
}

/* Nothing follows: is that the end? Beyond it stands a client of another database, or of this one before it was restored; the
 * numbers up to its own would be given to other events, and it would miss those. */
static enum err check_end(struct db *db, uint64_t after)
{
    uint64_t end;
    TRY(end_of_feed(db, &end));
    if (after > end)
        return err_with(ERR_CONFLICT,
                        "the feed ends at %" PRIu64 ", %" PRIu64
                        " is beyond it: this is another database, or it was restored; begin anew with from=",
                        end, after);
    return OK;
}

/* One message. `retracted` is what the message says, not what became of the event since. */
static void write_message(struct buffer *out, const struct rows *rows, size_t row)
{
    bool added = rows_bool(rows, row, COLUMN_ADDED);
    uint64_t seq = rows_u64(rows, row, COLUMN_SEQ);
    struct json_writer w;
    buffer_printf(out, "id: %" PRIu64 "\nevent: %s\ndata: ", seq, added ? "added" : "retracted");
    jw_start(&w, out);
    jw_object(&w);
    jw_key(&w, "seq");
    jw_u64(&w, seq);
    event_write_members(&w, rows, row, COLUMN_EVENT);
    jw_object_end(&w);
    buffer_text(out, "\n\n");
}

/* mirror.feed has one row per block; its events are numbered seq .. seq + events - 1, ascending by log index when
 * added, descending when retracted. Filters only hide: the numbers of hidden events are passed over, so `after`
 * moves on. */
static enum err stream_feed(const struct request *r, struct db *db, uint64_t *after, struct buffer *out, bool *more)
{
    if (*after == FEED_FROM_NOW && request_given(r, "from"))
        *after = request_u64(r, "from") > 0 ? request_u64(r, "from") - 1 : 0;
    if (*after == FEED_FROM_NOW) {
        *more = false;
        return end_of_feed(db, after);
    }
    int64_t since = *after < SEQ_MAX ? (int64_t)*after : (int64_t)SEQ_MAX, batch = STREAM_BATCH;
    struct param type = request_param(r, "type"), subject = request_param(r, "subject"),
                 contract = request_param(r, "contract");
    AUTO_ROWS rows = NULL;
    /* clang-format off */
    TRY(db_query(db,
                 "SELECT v.seq, v.shown, v.added," SQL_EVENT_COLUMNS("(NOT v.added)")
                 " FROM (SELECT e.*, ($3::text IS NULL OR e.type = ANY (ARRAY(SELECT y.id FROM mirror.event_type y"
                 "         WHERE y.name = $3)))"
                 "     AND ($4::bytea IS NULL OR e.subject = $4) AND ($5::bytea IS NULL OR e.contract = $5) AS shown"
                 "   FROM mirror.feed q CROSS JOIN LATERAL (SELECT e.*, q.added, q.seq + CASE WHEN q.added"
                 "       THEN row_number() OVER w - 1 ELSE q.events - row_number() OVER w END AS seq"
                 "       FROM mirror.event e WHERE e.block = q.block"
                 "       AND e.generation > q.since AND e.generation <= q.generation"
                 "       WINDOW w AS (ORDER BY e.log_index)) e"
                 "   WHERE q.seq >= coalesce((SELECT g.seq FROM mirror.feed g WHERE g.seq <= $1 + 1"
                 "         ORDER BY g.seq DESC LIMIT 1), 0)"
                 "     AND q.seq <= $1 + $2 AND e.seq > $1 AND e.seq <= $1 + $2) v"
                 " CROSS JOIN LATERAL (SELECT b.hash, b.time FROM mirror.block b WHERE b.id = v.block LIMIT 1) b"
                 " LEFT JOIN LATERAL (SELECT t.name, t.signature FROM mirror.event_type t WHERE t.id = v.type"
                 "   LIMIT 1) t ON true CROSS JOIN mirror.cursor f ORDER BY v.seq",
                 WITH(IN(&since), IN(&batch), type, subject, contract), &rows));
    /* clang-format on */
    size_t n = rows_count(rows);
    for (size_t i = 0; i < n; i++)
        if (rows_bool(rows, i, COLUMN_SHOWN))
            write_message(out, rows, i);
    if (n > 0)
        *after = rows_u64(rows, n - 1, COLUMN_SEQ);
    *more = n == STREAM_BATCH;
    return n == 0 ? check_end(db, *after) : OK;
}

const struct route stream_routes[] =
    {{.method = "GET",
      .path = "/v1/events/stream",
      .about =
          "Server-sent events: each event added to or retracted from the chain, without gaps; Last-Event-ID resumes.",
      .shape = SHAPE_STREAM,
      .cache = CACHE_NEVER,
      .parameters = PARAMETERS(
          {.name = "from",
           .type = PARAMETER_U64,
           .about = "First number of the feed wanted; without it and Last-Event-ID, from now on."},
          {.name = "type", .type = PARAMETER_TEXT, .max = 128, .about = "Only this type, as in ERC20.Transfer."},
          {.name = "subject",
           .type = PARAMETER_ADDRESS,
           .about =
               "Only events whose subject is this address: their first argument of type address, for a transfer the "
               "sender. What an account received stands in /v1/accounts/{address}/entries."},
          {.name = "contract", .type = PARAMETER_ADDRESS, .about = "Only events of this contract."}),
      .feed = stream_feed},
     {0}};
