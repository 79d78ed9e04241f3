/* api/operator_lists.c - lists of one EigenLayer operator: who delegated to it, and its allocations. */
#include "api/account_stake.h"
#include "api/routes.h"
#include "api/sql.h"

/* clang-format off */
/* The index (operator, staker, position) holds whoever delegated to it once: found by hopping through it, one probe each, no more of
 * them than the page needs. The staker's own last row says whether it still does. */
#define DELEGATORS(compare, order)                                                                                    \
    SQL_AT "SELECT a.*, x.* FROM a LEFT JOIN LATERAL (WITH RECURSIVE d (staker) AS ("                     \
    "  (SELECT t.staker::bytea FROM ledger.delegation t WHERE t.operator = $5 AND t.staker " compare " $6"            \
    "    ORDER BY t.staker " order " LIMIT 1)"                                                                        \
    "  UNION ALL SELECT n.staker FROM d CROSS JOIN LATERAL (SELECT t.staker::bytea FROM ledger.delegation t"          \
    "    WHERE t.operator = $5 AND t.staker " compare " d.staker ORDER BY t.staker " order " LIMIT 1) n)"             \
    " SELECT d.staker, g.since_block, " STAKE("d.staker", "$5", "a.position") " AS strategies, d.staker AS key FROM d" \
    " CROSS JOIN LATERAL api_v1.delegated_to(d.staker, a.position) g WHERE g.operator = $5 LIMIT $7) x ON true"       \
    " ORDER BY x.key " order

/* All allocations of an operator are few: each page finds them all by hopping through the index. */
#define ALLOCATIONS(compare, order)                                                                                   \
    SQL_AT "SELECT a.*, x.* FROM a LEFT JOIN LATERAL (SELECT l.avs, l.operator_set, l.strategy,"          \
    " l.current_magnitude, l.pending_diff, l.effect_block, l.slashable, l.minimum_slashable_stake, l.avs AS key1,"    \
    " l.operator_set AS key2, l.strategy AS key3 FROM api_v1.allocations($5, a.position, a.number) l"                 \
    " WHERE ($6::bytea IS NULL OR l.avs = $6) AND (l.avs, l.operator_set, l.strategy) " compare " ($7, $8, $9)"       \
    "  AND (l.current_magnitude <> 0 OR l.pending_diff <> 0 OR l.effect_block <> 0)"                                  \
    " ORDER BY l.avs " order ", l.operator_set " order ", l.strategy " order " LIMIT $10) x ON true"                  \
    " ORDER BY x.key1 " order ", x.key2 " order ", x.key3 " order
/* clang-format on */

static enum err delegators_ask(const struct request *r, struct statement *s)
{
    s->sql = r->page.descending ? DELEGATORS("<", "DESC") : DELEGATORS(">", "ASC");
    statement_at(s, r);               /* $1 .. $4 */
    statement_value(s, r, "address"); /* $5 */
    statement_page(s, r);             /* $6, $7 */
    return OK;
}

static enum err allocations_ask(const struct request *r, struct statement *s)
{
    s->sql = r->page.descending ? ALLOCATIONS("<", "DESC") : ALLOCATIONS(">", "ASC");
    statement_at(s, r);               /* $1 .. $4 */
    statement_value(s, r, "address"); /* $5 */
    statement_value(s, r, "avs");     /* $6 */
    statement_page(s, r);             /* $7 .. $10 */
    return OK;
}

static void write_stake(struct json_writer *w, const struct rows *rows, size_t row, size_t column)
{
    nested_write_list(w, rows, row, column, stake_members);
}

const struct route operator_lists_routes[] =
    {{.method = "GET",
      .path = "/v1/operators/{address}/delegators",
      .about = "Who is delegated to an operator at a block, with its stake, ordered by address.",
      .shape = SHAPE_LIST,
      .takes_at = true,
      .cache = CACHE_STATE,
      .parameters = PARAMETERS({.name = "address", .type = PARAMETER_ADDRESS, .about = "The operator."}),
      .members = MEMBERS({.name = "staker", .type = T_ADDRESS, .about = "Who; the operator itself is one of them."},
                         {.name = "since_block", .type = T_U64, .about = "The block that delegated it."},
                         {.name = "strategies",
                          .nest = NEST_LIST,
                          .members = stake_members,
                          .write = write_stake,
                          .about = "Its deposits that are not zero, ordered by strategy."}),
      .KEYS(T_ADDRESS),
      .both_orders = true,
      .ask = delegators_ask},
     {.method = "GET",
      .path = "/v1/operators/{address}/allocations",
      .about = "Allocations of an operator at a block, ordered by AVS, operator set and strategy.",
      .shape = SHAPE_LIST,
      .takes_at = true,
      .cache = CACHE_STATE,
      .parameters =
          PARAMETERS({.name = "address", .type = PARAMETER_ADDRESS, .about = "The operator."},
                     {.name = "avs", .type = PARAMETER_ADDRESS, .about = "Only to operator sets of this AVS."}),
      .members = MEMBERS({.name = "avs", .type = T_ADDRESS, .about = "The AVS."},
                         {.name = "operator_set", .type = T_U64, .about = "Number of its operator set."},
                         {.name = "strategy", .type = T_ADDRESS, .about = "The strategy."},
                         {.name = "current_magnitude", .type = T_AMOUNT, .about = "Slashable magnitude, WAD."},
                         {.name = "pending_diff",
                          .type = T_DELTA,
                          .about = "What changes at effect_block; 0: nothing is pending."},
                         {.name = "effect_block", .type = T_U64, .about = "When it changes; 0: nothing is pending."},
                         {.name = "slashable", .type = T_BOOL, .about = "What isOperatorSlashable answers."},
                         {.name = "minimum_slashable_stake",
                          .type = T_AMOUNT,
                          .about = "What getMinimumSlashableStake answers for this block."}),
      .KEYS(T_ADDRESS, T_I64, T_ADDRESS),
      .both_orders = true,
      .ask = allocations_ask},
     {0}};
