/* api/slash_impact.c - what a slash cost whom: its stakers and queued withdrawals, and the slashes that hit an account. */
#include "api/routes.h"
#include "api/slash.h"
#include "api/sql.h"

/* ---- of one slash, everyone ---- */

/* The key: strategy ($7), kind ($8: 0 stakers by address, 1 withdrawals in order of queueing, 2 dust, 3 residue), staker ($9),
 * position of the withdrawal ($10). Each branch begins behind it and stops at the limit ($11), so that page 1,000 costs what page 1
 * costs; a strategy's page with the residue (the last; descending, the first) also costs the sum of all its losses. Operator shares are
 * read after the slash's own logs. Of a strategy that was passed over there is the residue alone, which is 0. */
/* clang-format off */
#define HIT "t.magnitude_after < t.magnitude_before"
#define ROWS_OF_T(down, stakers, withdrawals)                                                                         \
    " (SELECT 0::smallint AS kind, l.staker AS who, 0::bigint AS place, l.staker AS account, NULL::bytea AS root,"    \
    "   l.before, l.after, l.unknown FROM api_v1.slashed_stakers(t.operator, t.strategy, s.position - 1,"             \
    "   t.magnitude_before, t.magnitude_after, CASE WHEN " HIT " THEN " stakers " END, $11, " down ") l)"             \
    " UNION ALL"                                                                                                      \
    " (SELECT 1::smallint, '', l.position, l.staker, l.root, l.before, l.after, false"                                \
    "   FROM api_v1.slashed_withdrawals(t.operator, t.strategy, s.position - 1, s.position >> 32,"                    \
    "   t.magnitude_before, t.magnitude_after, CASE WHEN " HIT " THEN " withdrawals " END, $11, " down ") l)"         \
    " UNION ALL SELECT k.kind::smallint, '', 0, NULL, NULL, NULL, NULL, false FROM (VALUES (2), (3)) k (kind)"        \
    "   WHERE k.kind = 3 OR " HIT
#define ROWS_UP                                                                                                       \
    ROWS_OF_T("false", "CASE WHEN t.strategy > $7 OR $8 < 0 THEN '' WHEN $8 = 0 THEN $9 END",                         \
              "CASE WHEN t.strategy > $7 OR $8 < 1 THEN -1 WHEN $8 = 1 THEN $10 END")
/* No address is as long as what all stand before. */
#define ROWS_DOWN                                                                                                     \
    ROWS_OF_T("true", "CASE WHEN t.strategy < $7 OR $8 > 0 THEN '\\xffffffffffffffffffffffffffffffffffffffffff'"      \
              " WHEN $8 = 0 THEN $9 END",                                                                             \
              "CASE WHEN t.strategy < $7 OR $8 > 1 THEN 9223372036854775807 WHEN $8 = 1 THEN $10 END")
#define OPERATOR_SHARES                                                                                               \
    "coalesce((SELECT e.balance FROM ledger.entry e WHERE e.position < s.position AND e.account ="                    \
    "  (SELECT n.id FROM ledger.account n WHERE n.book = 8 AND n.asset = t.strategy AND n.owner = s.operator"         \
    "     AND n.second = '') ORDER BY e.position DESC LIMIT 1), 0) + t.live_shares"
/* Of rows z, with u: dust, dust_loss and residue of the strategy where the kind is one of those. */
#define COLUMNS_OF_IMPACT                                                                                             \
    " z.strategy, (ARRAY['staker', 'withdrawal', 'dust', 'residue'])[z.kind + 1], z.account, z.root,"                 \
    " CASE WHEN z.kind = 2 THEN u.dust WHEN NOT z.unknown THEN z.before END,"                                         \
    " CASE WHEN z.kind = 2 THEN u.dust - u.dust_loss WHEN NOT z.unknown THEN z.after END,"                            \
    " CASE WHEN z.kind = 3 THEN coalesce(u.residue, 0) WHEN z.kind = 2 THEN u.dust_loss WHEN NOT z.unknown"                        \
    "   THEN z.before - z.after END, z.strategy AS key1, z.kind AS key2, z.who AS key3, z.place AS key4"
#define IMPACT(rows, order)                                                                                           \
    SQL_AT "SELECT a.*, x.* FROM a CROSS JOIN LATERAL " SQL_SLASH_BY_ID " s LEFT JOIN LATERAL (" rows ") x ON true" order

#define PAGE(rows, compare, order)                                                                                    \
    "WITH z AS MATERIALIZED (SELECT t.strategy, t.position, y.* FROM ledger.slash_strategy t CROSS JOIN LATERAL ("    \
    rows ") y WHERE" SQL_STRATEGIES_OF("s") " AND t.strategy " compare "= $7"                                         \
    "   AND (t.strategy, y.kind, y.who, y.place) " compare " ($7, $8, $9, $10)"                                       \
    " ORDER BY t.strategy " order ", y.kind " order ", y.who " order ", y.place " order " LIMIT $11),"                \
    " u AS MATERIALIZED (SELECT t.strategy, l.dust, l.dust_loss,"                                                     \
    "     t.total_shares - l.staker_loss - l.withdrawal_loss - l.dust_loss AS residue"                                \
    "   FROM (SELECT DISTINCT q.strategy, q.position FROM z q WHERE q.kind > 1) z"                                    \
    "   JOIN ledger.slash_strategy t ON t.operator = s.operator AND t.strategy = z.strategy"                          \
    "     AND t.position = z.position AND " HIT                                                                       \
    "   CROSS JOIN LATERAL api_v1.slash_losses(s.operator, t.strategy, s.position - 1, s.position >> 32,"             \
    "     t.magnitude_before, t.magnitude_after, " OPERATOR_SHARES ") l)"                                             \
    " SELECT" COLUMNS_OF_IMPACT " FROM z LEFT JOIN u ON z.kind > 1 AND u.strategy = z.strategy"
/* A stream from the beginning sees all rows and adds them up while it sends them, in the order in which UNION ALL appends its
 * branches: to sort 100,000 rows first would keep the reader waiting until the last is there. Readers forbid parallel plans, the only
 * ones that append in another order; and should a kind ever come after a later one, the division by zero ends the stream. A test
 * compares it with pages. */
#define STREAM                                                                                                        \
    "SELECT" COLUMNS_OF_IMPACT " FROM"                                                                                \
    " (SELECT * FROM ledger.slash_strategy t WHERE" SQL_STRATEGIES_OF("s") " AND t.strategy >= $7"                    \
    "   ORDER BY t.strategy OFFSET 0) t"                                                                              \
    " CROSS JOIN LATERAL (SELECT t.strategy, y.who, y.place, y.account, y.root, y.before, y.after, y.unknown,"        \
    "     (y.kind / (lag(y.kind, 1, y.kind) OVER w <= y.kind)::int)::smallint AS kind,"                               \
    "     sum(y.before) FILTER (WHERE y.kind = 0) OVER w AS booked,"                                                  \
    "     sum(y.before - y.after) FILTER (WHERE NOT y.unknown) OVER w AS loss"                                        \
    "   FROM (" ROWS_UP ") y WINDOW w AS (ROWS UNBOUNDED PRECEDING)) z"                                               \
    " LEFT JOIN LATERAL (SELECT d.dust, l.dust_loss, t.total_shares - coalesce(z.loss, 0) - l.dust_loss AS residue"   \
    "   FROM (SELECT greatest(" OPERATOR_SHARES " - coalesce(z.booked, 0), 0) AS dust"                                \
    "     WHERE z.kind > 1 AND " HIT " OFFSET 0) d"                                                                   \
    "   CROSS JOIN LATERAL (SELECT d.dust - div(d.dust * t.magnitude_after + t.magnitude_before - 1,"                 \
    "     t.magnitude_before) AS dust_loss) l) u ON true"
/* clang-format on */

static enum err impact_ask(const struct request *r, struct statement *s)
{
    bool whole = r->page.limit == INT64_MAX && !r->page.continued;
    if (r->page.descending)
        s->sql = IMPACT(PAGE(ROWS_DOWN, "<", "DESC"), " ORDER BY x.key1 DESC, x.key2 DESC, x.key3 DESC, x.key4 DESC");
    else
        s->sql = whole ? IMPACT(STREAM, "")
                       : IMPACT(PAGE(ROWS_UP, ">", "ASC"), " ORDER BY x.key1, x.key2, x.key3, x.key4");
    statement_at(s, r);         /* $1 .. $4 */
    TRY(slash_id_params(r, s)); /* $5, $6 */
    statement_page(s, r);       /* $7 .. $11 */
    return OK;
}

/* ---- of one account, every slash ---- */

/* As many rows as slashes of the operators that it ever was with: few. */
/* clang-format off */
#define SUFFERED(compare, order)                                                                                      \
    SQL_AT "SELECT a.*, x.* FROM a LEFT JOIN LATERAL (SELECT " SQL_SLASH_ID("h.hash", "p.log_index") " AS id,"        \
    " p.position >> 32 AS block_number, h.time AS block_time, p.operator, p.avs, p.operator_set, p.strategy,"         \
    " CASE WHEN p.root IS NULL THEN 'staker' ELSE 'withdrawal' END AS kind, p.root, p.before, p.after,"               \
    " p.before - p.after AS loss, p.position AS key1, p.strategy AS key2, p.place AS key3"                            \
    " FROM (SELECT q.* FROM api_v1.account_slashes($5, a.position) q"                                                 \
    "   WHERE (q.position, q.strategy, q.place) " compare " ($6, $7, $8)"                                             \
    "   ORDER BY q.position " order ", q.strategy " order ", q.place " order " LIMIT $9) p"                           \
    " CROSS JOIN LATERAL (SELECT b.hash, b.time FROM mirror.chain m JOIN mirror.block b ON b.id = m.block"            \
    "   WHERE m.number = p.position >> 32 LIMIT 1) h) x ON true"                                                      \
    " ORDER BY x.key1 " order ", x.key2 " order ", x.key3 " order
/* clang-format on */

static enum err suffered_ask(const struct request *r, struct statement *s)
{
    s->sql = r->page.descending ? SUFFERED("<", "DESC") : SUFFERED(">", "ASC");
    statement_at(s, r);               /* $1 .. $4 */
    statement_value(s, r, "address"); /* $5 */
    statement_page(s, r);             /* $6 .. $9 */
    return OK;
}

#define LOSS_MEMBERS                                                                                                                  \
    {.name = "withdrawal_root", .type = T_HASH, .nullable = true, .about = "Of a queued withdrawal: its root."},                      \
        {.name = "before",                                                                                                            \
         .type = T_AMOUNT,                                                                                                            \
         .nullable = true,                                                                                                            \
         .about =                                                                                                                     \
             "Shares that could be withdrawn before (of dust: all of it); null: the logs leave it open, or the row is the residue."}, \
        {.name = "after", .type = T_AMOUNT, .nullable = true, .about = "The same after the slash."},                                  \
    {                                                                                                                                 \
        .name = "loss", .type = T_DELTA, .nullable = true, .about = "before - after; all rows sum to total_shares."                   \
    }

const struct route slash_impact_routes[] =
    {{.method = "GET",
      .path = "/v1/slashes/{id}/impact",
      .about = "What a slash cost each staker and each queued withdrawal, and what rounding left over.",
      .shape = SHAPE_LIST,
      .takes_at = true,
      .cache = CACHE_STATE,
      .parameters = PARAMETERS(SLASH_ID_PARAMETER),
      .members = MEMBERS({.name = "strategy", .type = T_ADDRESS, .about = "The strategy."},
                         {.name = "kind", .type = T_TEXT, .about = SLASH_KIND_ABOUT},
                         {.name = "account",
                          .type = T_ADDRESS,
                          .nullable = true,
                          .about = "The staker; null for dust and residue."},
                         LOSS_MEMBERS),
      .KEYS(T_BYTES, T_I16, T_BYTES, T_I64),
      .both_orders = true,
      .ask = impact_ask},
     {.method = "GET",
      .path = "/v1/accounts/{address}/slashes",
      .about = "Slashes that hit an account, its delegated stake or what it had queued, with what each cost it.",
      .shape = SHAPE_LIST,
      .takes_at = true,
      .cache = CACHE_STATE,
      .parameters = PARAMETERS({.name = "address", .type = PARAMETER_ADDRESS, .about = "Whose losses."}),
      .members = MEMBERS({.name = "id", .type = T_TEXT, .about = "The slash, as in /v1/slashes/{id}."},
                         {.name = "block_number", .type = T_U64, .about = "The block it stands in."},
                         {.name = "block_time", .type = T_TIME, .about = "Time of that block."},
                         {.name = "operator", .type = T_ADDRESS, .about = "The operator that was slashed."},
                         {.name = "avs", .type = T_ADDRESS, .about = "By whose operator set."},
                         {.name = "operator_set", .type = T_U64, .about = "Number of that operator set of the AVS."},
                         {.name = "strategy", .type = T_ADDRESS, .about = "The strategy."},
                         {.name = "kind", .type = T_TEXT, .about = "staker: delegated stake; withdrawal: queued."},
                         LOSS_MEMBERS),
      .KEYS(T_I64, T_BYTES, T_I64),
      .both_orders = true,
      .ask = suffered_ask},
     {0}};
