/* api/payouts_explain.c - why a payout is what it is: the steps from fee or submission to it, computed again. */
#include <string.h>

#include "api/payouts.h"
#include "api/render.h"

/* clang-format off */
enum { COLUMN_PAYOUT = AT_COLUMNS, COLUMN_AMOUNT = COLUMN_PAYOUT + 8, COLUMN_CUMULATIVE, PAYOUT_COLUMNS = 15,
       COLUMN_ENTRY = COLUMN_PAYOUT + PAYOUT_COLUMNS, COLUMN_STEPS, COLUMN_COMPUTED };
#define EXPLAIN                                                                                                       \
    SQL_AT "SELECT a.*, x.* FROM a LEFT JOIN LATERAL (SELECT" SQL_PAYOUT_COLUMNS                                      \
    ", '0x' || encode(h.hash, 'hex') || '-end-' || (e.position & 4294967295) AS entry,"                               \
    " array_to_json(x.steps)::text AS steps, x.amount AS computed FROM (VALUES (1)) one" SQL_PAYOUT_BY_ID SQL_OF_PAYOUT \
    " CROSS JOIN LATERAL (SELECT b.hash FROM mirror.chain m JOIN mirror.block b ON b.id = m.block"                    \
    "   WHERE m.number = e.position >> 32 LIMIT 1) h"                                                                 \
    " CROSS JOIN LATERAL api_v1.explained_payout($5, api_v1.pool_day(n.second), get_byte(n.second, 36), n.owner,"     \
    "   o.owner, e.position | 4294967295) x) x ON true"
/* clang-format on */

static enum err explain_ask(const struct request *r, struct statement *s)
{
    s->sql = EXPLAIN;
    statement_at(s, r); /* $1 .. $4 */
    return payout_id_in(r, s);
}

/* ---- steps: JSON of the statement's own, in which a text of 20 bytes in hex is an address ---- */

static void write_value(struct json_writer *w, json_t *value)
{
    struct address address;
    const char *key;
    json_t *item;
    size_t i;
    switch (json_typeof(value)) {
    case JSON_OBJECT:
        jw_object(w);
        json_object_foreach(value, key, item)
        {
            jw_key(w, key);
            write_value(w, item);
        }
        jw_object_end(w);
        return;
    case JSON_ARRAY:
        jw_array(w);
        json_array_foreach(value, i, item) write_value(w, item);
        jw_array_end(w);
        return;
    case JSON_STRING:
        if (address_parse(json_string_value(value), json_string_length(value), &address) == OK)
            jw_address(w, address);
        else
            jw_text(w, json_string_value(value));
        return;
    case JSON_INTEGER:
        jw_i64(w, json_integer_value(value));
        return;
    case JSON_REAL:
    case JSON_TRUE:
    case JSON_FALSE:
    case JSON_NULL:
        jw_null(w);
        return;
    }
}

static void write_step(struct json_writer *w, uint64_t number, json_t *step)
{
    const char *key;
    json_t *value;
    jw_object(w);
    jw_key(w, "step");
    jw_u64(w, number);
    json_object_foreach(step, key, value)
    {
        jw_key(w, key);
        write_value(w, value);
    }
    jw_object_end(w);
}

static void write_text(struct json_writer *w, const char *key, const char *text)
{
    jw_key(w, key);
    jw_text(w, text);
}

/* The entry in the books, which the steps above explain. */
static void write_booking(struct json_writer *w, uint64_t number, const struct rows *rows, struct amount before)
{
    jw_object(w);
    jw_key(w, "step");
    jw_u64(w, number);
    write_text(w, "title", "It is booked: what the earner has earned of this distributor and token rises by it.");
    jw_key(w, "inputs");
    jw_object(w);
    jw_key(w, "cumulative_before");
    jw_amount(w, before);
    jw_key(w, "payout");
    jw_amount(w, rows_amount(rows, 0, COLUMN_AMOUNT));
    write_text(w, "entry", rows_text(rows, 0, COLUMN_ENTRY));
    jw_object_end(w);
    write_text(w, "formula", "cumulative_before + payout");
    write_text(w, "rounding", "none");
    jw_key(w, "output");
    jw_object(w);
    jw_key(w, "cumulative");
    jw_amount(w, rows_amount(rows, 0, COLUMN_CUMULATIVE));
    jw_object_end(w);
    jw_key(w, "events");
    jw_array(w);
    jw_array_end(w);
    jw_object_end(w);
}

static enum err explain_answer(const struct request *r, const struct rows *rows, struct reply *reply)
{
    if (rows_null(rows, 0, COLUMN_PAYOUT))
        return payout_absent(r);
    struct amount amount = rows_amount(rows, 0, COLUMN_AMOUNT), before;
    if (rows_null(rows, 0, COLUMN_COMPUTED) || amount_compare(rows_amount(rows, 0, COLUMN_COMPUTED), amount) != 0)
        return err_with(ERR_INTERNAL, "the steps of payout %s do not give what was booked",
                        rows_text(rows, 0, COLUMN_PAYOUT));
    TRY(amount_subtract(rows_amount(rows, 0, COLUMN_CUMULATIVE), amount, &before));
    const char *text = rows_text(rows, 0, COLUMN_STEPS);
    AUTO_JSON steps = NULL;
    TRY(json_parse(text, strlen(text), JSON_DEPTH_MAX, &steps));
    jw_key(&reply->json, "payout");
    render_row(&reply->json, payout_members, rows, 0, COLUMN_PAYOUT);
    jw_key(&reply->json, "steps");
    jw_array(&reply->json);
    size_t n = json_array_size(steps);
    for (size_t i = 0; i < n; i++)
        write_step(&reply->json, i + 1, json_array_get(steps, i));
    write_booking(&reply->json, n + 1, rows, before);
    jw_array_end(&reply->json);
    return OK;
}

static const struct member event_members[] =
    {{.name = "id", .type = T_TEXT, .about = "The event's id."},
     {.name = "type", .type = T_TEXT, .nullable = true, .about = "Contract group and event."},
     {.name = "block_number", .type = T_U64, .about = "The block it stands in."},
     {.name = "log_index", .type = T_U64, .about = "Its place in the block."},
     {.name = "tx_hash", .type = T_HASH, .about = "The transaction."},
     {0}};

static const struct member step_members[] =
    {{.name = "step", .type = T_U64, .about = "Its number, from 1."},
     {.name = "title", .type = T_TEXT, .about = "What it does."},
     {.name = "inputs", .nest = NEST_ANY, .about = "Figures by name, as texts; lists of them where it sums."},
     {.name = "formula",
      .type = T_TEXT,
      .about = "Of the inputs' names: + - * /, floor(x / y), min(x, y), sum(list, what to sum of each item)."},
     {.name = "rounding", .type = T_TEXT, .about = "floor or none."},
     {.name = "output", .nest = NEST_ANY, .about = "The figure that it gives, by name; later steps take it by it."},
     {.name = "events", .nest = NEST_LIST, .members = event_members, .about = "What the inputs follow from."},
     {0}};

const struct route payouts_explain_routes[] =
    {{.method = "GET",
      .path = "/v1/payouts/{id}/explain",
      .about = "Why a payout is what it is: the steps from fee or submission to it. Recomputing them gives the amount.",
      .shape = SHAPE_OBJECT,
      .takes_at = true,
      .cache = CACHE_STATE,
      .parameters = PARAMETERS(PAYOUT_ID_PARAMETER),
      .members = MEMBERS({.name = "payout", .nest = NEST_OBJECT, .members = payout_members, .about = "The payout."},
                         {.name = "steps",
                          .nest = NEST_LIST,
                          .members = step_members,
                          .about = "In order; the last one is the entry in the books."}),
      .ask = explain_ask,
      .answer = explain_answer},
     {0}};
