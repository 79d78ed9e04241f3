/* api/governors.c - on-chain governors with their settings, and the operations of timelocks. */
#include "api/nested.h"
#include "api/proposal.h"
#include "api/routes.h"
#include "api/sql.h"

/* ---- governors ---- */

/* clang-format off */
#define SETTING(number) "api_v1.governance_setting(g.address, " number ", a.position)"
#define TIMELOCK                                                                                                      \
    "nullif(coalesce((SELECT t.timelock::bytea FROM ledger.governor_timelock t WHERE t.governor = g.address"          \
    " AND t.position <= a.position ORDER BY t.position DESC LIMIT 1), g.timelock), " SQL_ZERO_ADDRESS ")"
#define GOVERNORS(compare, order)                                                                                     \
    SQL_AT "SELECT a.*, x.* FROM a LEFT JOIN LATERAL (SELECT g.address AS address, g.name, g.token, "                 \
    TIMELOCK " AS timelock, g.clock, " SETTING("1") " AS voting_delay, " SETTING("2") " AS voting_period, "           \
    SETTING("3") " AS proposal_threshold, " SETTING("4") " AS quorum_numerator, 100::bigint AS quorum_denominator, "  \
    SETTING("5") " AS super_quorum_numerator, " SETTING("6") " AS late_quorum_extension,"                             \
    " (SELECT count(*) FROM ledger.proposal p WHERE p.governor = g.address AND p.position <= a.position) AS proposals," \
    " g.address AS key FROM api_v1.governors() g WHERE g.kind = 'governor' AND g.address " compare " $5"              \
    " ORDER BY g.address " order " LIMIT $6) x ON true ORDER BY x.key " order
/* clang-format on */

static enum err governors_ask(const struct request *r, struct statement *s)
{
    s->sql = r->page.descending ? GOVERNORS("<", "DESC") : GOVERNORS(">", "ASC");
    statement_at(s, r);   /* $1 .. $4 */
    statement_page(s, r); /* $5, $6 */
    return OK;
}

/* ---- operations ---- */

static const struct member call_members[] = {{.name = "target", .type = T_ADDRESS, .about = "The contract called."},
                                             {.name = "value", .type = T_AMOUNT, .about = "Wei sent with the call."},
                                             {.name = "data", .type = T_TEXT, .about = "The input, 0x hex."},
                                             {0}};

static void write_calls(struct json_writer *w, const struct rows *rows, size_t row, size_t column)
{
    nested_write_list(w, rows, row, column, call_members);
}

/* clang-format off */
/* TimelockController.getOperationState */
#define STATE                                                                                                         \
    "CASE WHEN s.done THEN 'done' WHEN s.canceled THEN 'canceled' WHEN to_timestamp(least(s.ready_at, 253402300799))" \
    " <= " SQL_TIME_OF_BLOCK("$8", "$9") " THEN 'ready' ELSE 'waiting' END"
/* An operation is one item, at the place of its first row, however often it was scheduled anew. */
#define OPERATIONS(compare, order)                                                                                    \
    SQL_AT "SELECT a.*, x.* FROM a LEFT JOIN LATERAL (SELECT s.operation AS id, " STATE " AS state, s.delay,"         \
    " CASE WHEN s.ready_at BETWEEN 1 AND 253402300799 THEN to_timestamp(s.ready_at) END AS ready_at,"                 \
    " nullif(s.predecessor, decode(repeat('00', 32), 'hex')) AS predecessor, s.salt,"                                 \
    " (SELECT json_agg(json_build_array(" SQL_HEX("c.target") ", c.value::text, " SQL_HEX("c.data") ")"               \
    "   ORDER BY c.item)::text FROM (SELECT DISTINCT ON (t.item) t.* FROM ledger.timelock_call t"                     \
    "   WHERE t.timelock = s.timelock AND t.operation = s.operation AND t.position <= a.position"                     \
    "   ORDER BY t.item, t.position) c) AS calls,"                                                                    \
    " (SELECT p.id FROM ledger.proposal p WHERE p.operation = s.operation AND p.position <= a.position"               \
    "   ORDER BY p.position LIMIT 1) AS proposal,"                                                                    \
    " f.first >> 32 AS block_number, f.first AS key"                                                                  \
    " FROM (SELECT o.operation, o.position AS first FROM ledger.timelock_operation o WHERE o.timelock = $5"           \
    "     AND o.position " compare " $6 AND o.position <= a.position AND NOT EXISTS (SELECT FROM"                     \
    "       ledger.timelock_operation q WHERE q.timelock = o.timelock AND q.operation = o.operation"                  \
    "         AND q.position < o.position) ORDER BY o.position " order " LIMIT $7) f"                                 \
    " CROSS JOIN LATERAL (SELECT t.* FROM ledger.timelock_operation t WHERE t.timelock = $5"                          \
    "     AND t.operation = f.operation AND t.position <= a.position ORDER BY t.position DESC LIMIT 1) s"             \
    " ORDER BY f.first " order ") x ON true ORDER BY x.key " order
/* clang-format on */

static enum err operations_ask(const struct request *r, struct statement *s)
{
    s->sql = r->page.descending ? OPERATIONS("<", "DESC") : OPERATIONS(">", "ASC");
    statement_at(s, r);               /* $1 .. $4 */
    statement_value(s, r, "address"); /* $5 */
    statement_page(s, r);             /* $6, $7 */
    statement_time(s, r);             /* $8, $9 */
    return OK;
}

#define NO_EVENT " Null: no event told it."

const struct route governors_routes[] =
    {{.method = "GET",
      .path = "/v1/governors",
      .about = "The configured governors and their settings at a block, ordered by address.",
      .shape = SHAPE_LIST,
      .takes_at = true,
      .cache = CACHE_STATE,
      .members = MEMBERS(
          {.name = "address", .type = T_ADDRESS, .about = "The governor."},
          {.name = "name", .type = T_TEXT, .nullable = true, .about = "Its name in the network file."},
          {.name = "token", .type = T_ADDRESS, .nullable = true, .about = "Whose voting units count."},
          {.name = "timelock", .type = T_ADDRESS, .nullable = true, .about = "Who executes for it."},
          {.name = "clock", .type = T_TEXT, .about = "What its timepoints count: block or timestamp (EIP-6372)."},
          {.name = "voting_delay",
           .type = T_AMOUNT,
           .nullable = true,
           .about = "From proposal to snapshot, in units of the clock." NO_EVENT},
          {.name = "voting_period",
           .type = T_AMOUNT,
           .nullable = true,
           .about = "From snapshot to deadline, in units of the clock." NO_EVENT},
          {.name = "proposal_threshold",
           .type = T_AMOUNT,
           .nullable = true,
           .about = "Units that a proposer needs." NO_EVENT},
          {.name = "quorum_numerator",
           .type = T_AMOUNT,
           .nullable = true,
           .about = "Quorum as a part of the supply." NO_EVENT},
          {.name = "quorum_denominator", .type = T_U64, .about = "The whole."},
          {.name = "super_quorum_numerator",
           .type = T_AMOUNT,
           .nullable = true,
           .about = "The part of the supply that decides before the deadline." NO_EVENT},
          {.name = "late_quorum_extension",
           .type = T_AMOUNT,
           .nullable = true,
           .about = "For how long a vote stays open after its quorum was reached, in units of the clock." NO_EVENT},
          {.name = "proposals", .type = T_U64, .about = "How many were proposed."}),
      .KEYS(T_ADDRESS),
      .both_orders = true,
      .ask = governors_ask},
     {.method = "GET",
      .path = "/v1/timelocks/{address}/operations",
      .about = "Operations of a timelock in the order in which they were first scheduled.",
      .shape = SHAPE_LIST,
      .takes_at = true,
      .wants_time = true,
      .cache = CACHE_STATE,
      .parameters = PARAMETERS({.name = "address", .type = PARAMETER_ADDRESS, .about = "The timelock."}),
      .members = MEMBERS({.name = "id", .type = T_HASH, .about = "Hash of its calls, predecessor and salt."},
                         {.name = "state",
                          .type = T_TEXT,
                          .about = "waiting, ready, done, or canceled (getOperationState answers Unset)."},
                         {.name = "delay", .type = T_AMOUNT, .about = "Seconds, when it was last scheduled."},
                         {.name = "ready_at",
                          .type = T_TIME,
                          .nullable = true,
                          .about = "When it can be executed; null: after the year 9999, or scheduled before the mirror "
                                   "began."},
                         {.name = "predecessor",
                          .type = T_HASH,
                          .nullable = true,
                          .about = "The operation that must be done before."},
                         {.name = "salt", .type = T_HASH, .about = "As given; zero: none."},
                         {.name = "calls",
                          .nest = NEST_LIST,
                          .members = call_members,
                          .write = write_calls,
                          .about = "What it calls, in order."},
                         {.name = "proposal",
                          .type = T_HASH,
                          .nullable = true,
                          .about = "Id of the proposal that it executes, if it is one of a governor's."},
                         {.name = "block_number", .type = T_U64, .about = "The block that first scheduled it."}),
      .KEYS(T_I64),
      .both_orders = true,
      .ask = operations_ask},
     {0}};
