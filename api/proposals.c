/* api/proposals.c - proposals, on-chain and off-chain: what they would do, and in which state they are at a block. */
#include <string.h>

#include "api/proposal_shape.h"
#include "api/render.h"
#include "api/routes.h"

/* ---- ids ---- */

enum err proposal_id_params(const struct request *r, const char *name, struct statement *s)
{
    const char *text = request_text(r, name);
    struct hash id;
    struct amount number;
    bool canonical = hash_parse(text, strlen(text), &id) == OK;
    if (!canonical && amount_parse(text, strlen(text), &number) != OK)
        return err_with(ERR_NOT_FOUND, "a proposal's id is 0x and 64 hexadecimal digits, or a decimal number");
    statement_in(s, (struct param){T_HASH, canonical ? arena_copy(r->arena, &id, sizeof id) : NULL});
    statement_in(s, (struct param){T_AMOUNT, canonical ? NULL : arena_copy(r->arena, &number, sizeof number)});
    return OK;
}

enum err proposal_check_one(const struct rows *rows, size_t column, const char *parameter)
{
    AUTO_BUFFER names = {0};
    char text[HASH_TEXT + 1];
    if (rows_count(rows) == 1)
        return OK;
    for (size_t i = 0; i < rows_count(rows); i++) {
        hash_format(rows_hash(rows, i, column), text);
        buffer_printf(&names, "%s%s", i > 0 ? ", " : "", text);
    }
    return err_with(ERR_CONFLICT, "%s: several governors have a proposal of this number: %.*s", parameter, (int)names.n,
                    (const char *)names.p);
}

/* ---- the calls of a proposal ---- */

static const struct member action_members[] = {
    {.name = "target", .type = T_ADDRESS, .about = "The contract called."},
    {.name = "target_name",
     .type = T_TEXT,
     .nullable = true,
     .about = "Its name in the network file; null: it has none, or is a stranger."},
    {.name = "value", .type = T_AMOUNT, .about = "Wei sent with the call."},
    {.name = "signature",
     .type = T_TEXT,
     .about =
         "Of the function, as the event has it (bytes that are not ASCII as backslash and octal digits); empty since OpenZeppelin 5."},
    {.name = "calldata", .type = T_TEXT, .about = "The input, 0x hex."},
    {.name = "function",
     .type = T_TEXT,
     .nullable = true,
     .about = "What the calldata calls, if the target is of the network file and the selector a common one."},
    {0}};

static void write_actions(struct json_writer *w, const struct rows *rows, size_t row, size_t column)
{
    nested_write_list(w, rows, row, column, action_members);
}

/* clang-format off */
#define ACTIONS                                                                                                       \
    "(SELECT json_agg(json_build_array(" SQL_HEX("t.target") ", c.name, t.value::text,"                               \
    " encode(t.signature, 'escape'), " SQL_HEX("t.calldata") ", f.function) ORDER BY t.item)::text"                   \
    " FROM ledger.proposal_action t"                                                                                  \
    " LEFT JOIN LATERAL (SELECT k.name FROM api_v1.contracts() k WHERE k.address = t.target) c ON true" \
    " LEFT JOIN LATERAL (SELECT k.function FROM api_v1.selectors() k WHERE k.selector = substr(t.calldata, 1, 4)"     \
    "   AND EXISTS (SELECT FROM api_v1.contracts() o WHERE o.address = t.target)) f ON true"                          \
    " WHERE t.governor = s.governor AND t.proposal_id = s.proposal_id AND t.position >> 32 = s.position >> 32"        \
    "   AND t.log_index = s.log_index)"

#define LIST(compare, order)                                                           \
    SQL_AT SQL_LOG("$12", "$13", "$15", "$16", "$17")                                                                 \
    "SELECT a.*, x.*, g.size FROM a CROSS JOIN g LEFT JOIN LATERAL (SELECT u.*, " SQL_LOG_KEYS " FROM ("              \
    " (SELECT" SQL_ONCHAIN_COLUMNS ", s.position AS key, " SQL_LOG_BEHIND_##order("h.time") " AS key_log"                                \
    " FROM (SELECT " SQL_ONCHAIN_PICKED " FROM ledger.proposal p"                                                     \
    "   CROSS JOIN LATERAL " SQL_PROPOSAL_VIEW("p", SQL_TIME_OF_BLOCK("$16", "$17")) " v"                             \
    "   WHERE p.position " compare " $10 AND p.position <= a.position AND $5::text IS DISTINCT FROM 'offchain'"       \
    "     AND ($6::text IS NULL OR v.state = $6) AND ($7::bytea IS NULL OR p.governor = $7)"                          \
    "     AND ($8::bytea IS NULL OR p.proposer = $8) AND $9::text IS NULL"                                            \
    "   ORDER BY p.position " #order " LIMIT $14) s" SQL_ONCHAIN_DECORATED ") UNION ALL"                               \
    " (SELECT s.*, " SQL_CHAIN_BEHIND_##order("s.created") " AS key, s.position AS key_log"                                                  \
    " FROM (SELECT v.* FROM governance.proposal p CROSS JOIN LATERAL " SQL_OFFCHAIN_SHAPE("p.id") " v"                \
    "   WHERE p.position " compare " $11 AND p.position < g.size AND p.version = 1"                                   \
    "     AND $5::text IS DISTINCT FROM 'onchain' AND ($6::text IS NULL OR v.state = $6) AND $7::bytea IS NULL"       \
    "     AND ($8::bytea IS NULL OR p.author = $8) AND ($9::text IS NULL OR p.space = $9)"                            \
    "   ORDER BY p.position " #order " LIMIT $14) s)"                                                                  \
    " ORDER BY key " #order ", key_log " #order " LIMIT $14) u) x ON true ORDER BY x.key " #order ", x.key_log " #order
#define ONE                                                                                                           \
    SQL_AT SQL_LOG_NOW("$7", "$8", "$9")                                                                              \
    "SELECT a.*, x.*, CASE x.source WHEN 'offchain' THEN g.size END FROM a CROSS JOIN g CROSS JOIN LATERAL (SELECT" SQL_ONCHAIN_COLUMNS ", " ACTIONS         \
    " AS actions FROM (SELECT " SQL_ONCHAIN_PICKED " FROM " SQL_PROPOSAL_BY_ID " p CROSS JOIN LATERAL "               \
    SQL_PROPOSAL_VIEW("p", SQL_TIME_OF_BLOCK("$8", "$9")) " v) s" SQL_ONCHAIN_DECORATED                               \
    " UNION ALL SELECT s.*, NULL FROM " SQL_OFFCHAIN_SHAPE("$5") " s) x ORDER BY x.block_number, x.log_index"
/* clang-format on */

static enum err proposals_ask(const struct request *r, struct statement *s)
{
    s->sql = r->page.descending ? LIST("<", DESC) : LIST(">", ASC);
    statement_at(s, r); /* $1 .. $4 */
    statement_value(s, r, "source");
    statement_value(s, r, "status");
    statement_value(s, r, "governor");
    statement_value(s, r, "proposer");
    statement_value(s, r, "space");
    statement_page(s, r); /* $10 .. $14 */
    statement_log(s, r);  /* $15 .. $17 */
    return OK;
}

static enum err proposal_ask(const struct request *r, struct statement *s)
{
    s->sql = ONE;
    statement_at(s, r);                  /* $1 .. $4 */
    TRY(proposal_id_params(r, "id", s)); /* $5, $6 */
    statement_log(s, r);                 /* $7 .. $9 */
    return OK;
}

static enum err proposal_answer(const struct request *r, const struct rows *rows, struct reply *reply)
{
    TRY(proposal_check_one(rows, AT_COLUMNS, "id"));
    offchain_render(r, rows, reply);
    return OK;
}

const struct route proposals_routes[] =
    {{.method = "GET",
      .path = "/v1/proposals",
      .about = "Proposals, on-chain and off-chain, in the order in which they were made.",
      .shape = SHAPE_LIST,
      .takes_at = true,
      .wants_time = true,
      .cache = CACHE_NEVER,
      .parameters = PARAMETERS({.name = "source",
                                .type = PARAMETER_CHOICE,
                                .choices = CHOICES("onchain", "offchain"),
                                .about = "Only of one source."},
                               {.name = "status",
                                .type = PARAMETER_CHOICE,
                                .choices = CHOICES("pending", "active", "canceled", "defeated", "succeeded", "queued",
                                                   "expired", "executed"),
                                .about = "Only in this state at the block (off-chain and at=latest: now)."},
                               {.name = "governor", .type = PARAMETER_ADDRESS, .about = "Only of this governor."},
                               {.name = "proposer", .type = PARAMETER_ADDRESS, .about = "Only by this account."},
                               {.name = "space", .type = PARAMETER_TEXT, .about = "Only of this space."}),
      .members = MEMBERS(PROPOSAL_MEMBERS),
      .KEYS(T_I64, T_I64, T_I64, T_I64),
      .extra = log_extra,
      .both_orders = true,
      .ask = proposals_ask},
     {.method = "GET",
      .path = "/v1/proposals/{id}",
      .about = "One proposal; an on-chain one with the calls it would make; 404 before it was made.",
      .shape = SHAPE_OBJECT,
      .takes_at = true,
      .wants_time = true,
      .cache = CACHE_NEVER,
      .parameters = PARAMETERS(PROPOSAL_ID_PARAMETER),
      .members = MEMBERS(PROPOSAL_MEMBERS,
                         {.name = "actions",
                          .nest = NEST_LIST,
                          .members = action_members,
                          .write = write_actions,
                          .about = "The calls, in order; off-chain: none."},
                         LOG_SIZE_IF_OFFCHAIN),
      .ask = proposal_ask,
      .answer = proposal_answer},
     {0}};
