/* api/slashes.c - slashes: who was slashed by which operator set, of which strategies how much, and where it went. */
#include "api/event.h"
#include "api/nested.h"
#include "api/render.h"
#include "api/routes.h"
#include "api/slash.h"
#include "api/sql.h"

const struct address slash_burn_address = {{[17] = 0x0e, [18] = 0x16, [19] = 0xe4}};

/* ---- the record ---- */

/* What of a strategy's shares was paid out or burned: the slash's account in book 12 (slashed) holds the rest. Its second party is
 * the operator set (4 bytes) and the contract's number of the slash (32). Beacon chain ETH has no such account. */
/* clang-format off */
#define BURN "'\\x00000000000000000000000000000000000e16e4'"
#define ZERO "'\\x0000000000000000000000000000000000000000'"
#define LEFT_OF(p)                                                                                                    \
    " LEFT JOIN LATERAL (SELECT e.balance FROM ledger.account n CROSS JOIN LATERAL (SELECT x.balance"                 \
    "   FROM ledger.entry x WHERE x.account = n.id AND x.position <= a.position ORDER BY x.position DESC LIMIT 1) e"  \
    "   WHERE n.book = 12 AND n.asset = t.strategy AND n.owner = " p ".avs AND n.second ="                            \
    "     substr(int8send(" p ".operator_set), 5) || decode(repeat('00', 24), 'hex') ||"                              \
    "     int8send(CASE WHEN " p ".slash_id < 9223372036854775808 THEN " p ".slash_id::bigint ELSE 0 END)) c ON true"
#define STRATEGIES(p)                                                                                                 \
    "(SELECT json_agg(json_build_array(" SQL_HEX("t.strategy") ", t.wad_slashed::text, t.magnitude_before::text,"     \
    " t.magnitude_after::text, t.live_shares::text, (t.total_shares - t.live_shares)::text, t.total_shares::text,"    \
    " (CASE WHEN c.balance IS NOT NULL THEN t.total_shares - c.balance WHEN t.total_shares = 0 THEN 0 END)::text)"    \
    " ORDER BY t.item)::text FROM ledger.slash_strategy t" LEFT_OF(p) " WHERE" SQL_STRATEGIES_OF(p) ")"
/* Of slash p, its block h, its event v. */
#define COLUMNS(p, h)                                                                                                 \
    " " SQL_SLASH_ID(h ".hash", p ".log_index") " AS id, " p ".position >> 32 AS block_number, " h ".time AS"         \
    " block_time, " p ".log_index, v.tx_hash, " p ".operator, " p ".avs, " p ".operator_set,"                         \
    " nullif(" p ".slash_id, 0) AS slash_id, " p ".description,"                                                      \
    " CASE WHEN " p ".recipient = " ZERO " THEN 'burned' ELSE 'redistributed' END AS disposition,"                    \
    " CASE WHEN " p ".recipient = " ZERO " THEN " BURN "::bytea ELSE " p ".recipient END AS recipient,"               \
    " " STRATEGIES(p) " AS strategies"

#define RANGE                                                                                                         \
    " p.position >= coalesce($8::bigint, 0) << 32 AND p.position <= least(a.position,"                                \
    " coalesce($9::bigint, 2147483647) << 32 | 4294967295)"
#define FILTERS                                                                                                       \
    " AND ($5::bytea IS NULL OR p.operator = $5) AND ($6::bytea IS NULL OR p.avs = $6)"                               \
    " AND ($7::bigint IS NULL OR p.operator_set = $7)"
/* Which index drives depends on the filters; the joins that only decorate a row come after the limit. */
#define LIST(filter, compare, order)                                                                                  \
    SQL_AT "SELECT a.*, x.* FROM a LEFT JOIN LATERAL (SELECT" COLUMNS("s", "h") ", s.position AS key"                 \
    " FROM (SELECT p.* FROM ledger.slash p WHERE" filter RANGE FILTERS " AND p.position " compare " $10"              \
    "   ORDER BY p.position " order " LIMIT $11) s"                                                                   \
    " CROSS JOIN LATERAL (SELECT b.id, b.hash, b.time FROM mirror.chain m JOIN mirror.block b ON b.id = m.block"      \
    "   WHERE m.number = s.position >> 32 LIMIT 1) h"                                                                 \
    " CROSS JOIN LATERAL (SELECT g.tx_hash FROM mirror.event g WHERE g.block = h.id AND g.log_index = s.log_index"    \
    "   LIMIT 1) v"                                                                                                   \
    " ORDER BY s.position " order ") x ON true ORDER BY x.key " order
#define BY_OPERATOR(compare, order) LIST(" p.operator = $5 AND", compare, order)
#define BY_AVS(compare, order) LIST(" p.avs = $6 AND", compare, order)
#define ALL(compare, order) LIST("", compare, order)
/* clang-format on */

static const char *list_statement(bool of_operator, bool of_avs, bool down)
{
    if (of_operator)
        return down ? BY_OPERATOR("<", "DESC") : BY_OPERATOR(">", "ASC");
    if (of_avs)
        return down ? BY_AVS("<", "DESC") : BY_AVS(">", "ASC");
    return down ? ALL("<", "DESC") : ALL(">", "ASC");
}

/* `operator`: the name of the parameter that says whose. */
static enum err list_ask(const struct request *r, const char *operator, struct statement * s)
{
    if (request_given(r, "from_block") && request_given(r, "to_block") &&
        request_u64(r, "from_block") > request_u64(r, "to_block"))
        return err_with(ERR_FIELD, "to_block: must not be below from_block");
    s->sql = list_statement(request_given(r, operator), request_given(r, "avs"), r->page.descending);
    statement_at(s, r); /* $1 .. $4 */
    statement_value(s, r, operator);
    statement_value(s, r, "avs");
    statement_value(s, r, "operator_set");
    statement_value(s, r, "from_block");
    statement_value(s, r, "to_block");
    statement_page(s, r); /* $10, $11 */
    return OK;
}

static enum err slashes_ask(const struct request *r, struct statement *s)
{
    return list_ask(r, "operator", s);
}

static enum err operator_slashes_ask(const struct request *r, struct statement *s)
{
    return list_ask(r, "address", s);
}

/* Whatever the slasher wrote: bytes that are no UTF-8 become U+FFFD. */
static void write_description(struct json_writer *w, const struct rows *rows, size_t row, size_t column)
{
    struct slice text = rows_bytes(rows, row, column);
    jw_text_n(w, (const char *)text.p, text.n);
}

static const struct member strategy_members[] =
    {{.name = "strategy", .type = T_ADDRESS, .about = "The strategy."},
     {.name = "wad_slashed",
      .type = T_AMOUNT,
      .about = "Fraction of all stake delegated to the operator, WAD; 0: it was passed over, nothing being allocated."},
     {.name = "magnitude_before", .type = T_AMOUNT, .about = "Maximum magnitude before the slash, WAD."},
     {.name = "magnitude_after", .type = T_AMOUNT, .about = "Maximum magnitude after it."},
     {.name = "live_shares", .type = T_AMOUNT, .about = "Operator shares it took (OperatorSharesDecreased)."},
     {.name = "queued_shares", .type = T_AMOUNT, .about = "Shares it took from the withdrawal queue."},
     {.name = "total_shares", .type = T_AMOUNT, .about = "Both together (OperatorSharesSlashed)."},
     {.name = "cleared_shares",
      .type = T_AMOUNT,
      .nullable = true,
      .about =
          "What of it had been burned or paid out at the block; null: no log says so (beacon chain ETH, old slashes)."},
     {0}};

static void write_strategies(struct json_writer *w, const struct rows *rows, size_t row, size_t column)
{
    nested_write_list(w, rows, row, column, strategy_members);
}

#define SLASH_MEMBERS                                                                                                \
    MEMBERS({.name = "id", .type = T_TEXT, .about = "Block hash and log index; the same in every replay."},          \
            {.name = "block_number", .type = T_U64, .about = "The block it stands in."},                             \
            {.name = "block_time", .type = T_TIME, .about = "Time of that block."},                                  \
            {.name = "log_index", .type = T_U64, .about = "The log in the block that ends it (OperatorSlashed)."},   \
            {.name = "tx_hash", .type = T_HASH, .about = "The transaction."},                                        \
            {.name = "operator", .type = T_ADDRESS, .about = "Who was slashed."},                                    \
            {.name = "avs", .type = T_ADDRESS, .about = "By whose operator set."},                                   \
            {.name = "operator_set", .type = T_U64, .about = "Number of that operator set of the AVS."},             \
            {.name = "slash_id",                                                                                     \
             .type = T_AMOUNT,                                                                                       \
             .nullable = true,                                                                                       \
             .about = "The contract's number of the slash within the operator set; null: no log names it."},         \
            {.name = "description", .type = T_TEXT, .write = write_description, .about = "What the slasher wrote."}, \
            {.name = "disposition",                                                                                  \
             .type = T_TEXT,                                                                                         \
             .about = "burned, or redistributed to the recipient of the operator set."},                             \
            {.name = "recipient",                                                                                    \
             .type = T_ADDRESS,                                                                                      \
             .about = "To whom the slashed shares go; if burned, EigenLayer's burn address."},                       \
            {.name = "strategies",                                                                                   \
             .nest = NEST_LIST,                                                                                      \
             .write = write_strategies,                                                                              \
             .about = "What it did in each strategy, as the slasher listed them.",                                   \
             .members = strategy_members})

/* ---- one slash ---- */

enum err slash_id_params(const struct request *r, struct statement *s)
{
    struct hash block;
    int32_t log_index;
    if (!event_id_parse(request_text(r, "id"), &block, &log_index))
        return err_with(ERR_NOT_FOUND, "a slash's id is its block's hash, a dash and its log index");
    statement_in(s, (struct param){T_HASH, arena_copy(r->arena, &block, sizeof block)});
    statement_in(s, (struct param){T_I32, arena_copy(r->arena, &log_index, sizeof log_index)});
    return OK;
}

static enum err slash_ask(const struct request *r, struct statement *s)
{
    s->sql = SQL_AT "SELECT a.*," COLUMNS(
        "s", "s") " FROM a CROSS JOIN LATERAL " SQL_SLASH_BY_ID " s"
                  " CROSS JOIN LATERAL (SELECT g.tx_hash FROM mirror.chain m JOIN mirror.event g ON g.block = m.block"
                  "   WHERE m.number = s.position >> 32 AND g.log_index = s.log_index LIMIT 1) v";
    statement_at(s, r);           /* $1 .. $4 */
    return slash_id_params(r, s); /* $5, $6 */
}

static enum err slash_answer(const struct request *r, const struct rows *rows, struct reply *reply)
{
    size_t column = AT_COLUMNS;
    for (const struct member *m = r->route->members; m->name != NULL; m++) {
        jw_key(&reply->json, m->name);
        render_cell(&reply->json, m, rows, 0, column++);
    }
    return OK;
}

#define RANGE_PARAMETERS                                                                       \
    {.name = "avs", .type = PARAMETER_ADDRESS, .about = "Only by operator sets of this AVS."}, \
        {.name = "operator_set",                                                               \
         .type = PARAMETER_U64,                                                                \
         .max = UINT32_MAX,                                                                    \
         .about = "Only by operator sets of this number."},                                    \
        {.name = "from_block", .type = PARAMETER_U64, .about = "First block number."},         \
    {                                                                                          \
        .name = "to_block", .type = PARAMETER_U64, .about = "Last block number."               \
    }

const struct route slashes_routes[] =
    {{.method = "GET",
      .path = "/v1/slashes",
      .about = "Slashes of operators in chain order.",
      .shape = SHAPE_LIST,
      .takes_at = true,
      .cache = CACHE_STATE,
      .parameters = PARAMETERS({.name = "operator", .type = PARAMETER_ADDRESS, .about = "Only of this operator."},
                               RANGE_PARAMETERS),
      .members = SLASH_MEMBERS,
      .KEYS(T_I64),
      .both_orders = true,
      .ask = slashes_ask},
     {.method = "GET",
      .path = "/v1/operators/{address}/slashes",
      .about = "Slashes of one operator in chain order.",
      .shape = SHAPE_LIST,
      .takes_at = true,
      .cache = CACHE_STATE,
      .parameters = PARAMETERS({.name = "address", .type = PARAMETER_ADDRESS, .about = "The operator."},
                               RANGE_PARAMETERS),
      .members = SLASH_MEMBERS,
      .KEYS(T_I64),
      .both_orders = true,
      .ask = operator_slashes_ask},
     {.method = "GET",
      .path = "/v1/slashes/{id}",
      .about = "One slash; there is none before its block.",
      .shape = SHAPE_OBJECT,
      .takes_at = true,
      .cache = CACHE_STATE,
      .parameters = PARAMETERS(SLASH_ID_PARAMETER),
      .members = SLASH_MEMBERS,
      .ask = slash_ask,
      .answer = slash_answer},
     {0}};
