/* api/operators.c - EigenLayer operators: the list of them, and what AllocationManager and DelegationManager say of one. */
#include "api/nested.h"
#include "api/routes.h"
#include "api/sql.h"

/* ---- one operator ---- */

/* clang-format off */
#define SHARES(operator) "(SELECT json_agg(json_build_array(" SQL_HEX("s.strategy") ", s.shares::text)"               \
    " ORDER BY s.strategy)::text FROM api_v1.operator_shares(" operator ", a.position) s)"
#define MAGNITUDES                                                                                                    \
    "(SELECT json_agg(json_build_array(" SQL_HEX("m.strategy") ", m.max_magnitude::text,"                             \
    " m.encumbered_magnitude::text) ORDER BY m.strategy)::text FROM api_v1.magnitudes($5, a.position, a.number) m"    \
    " WHERE m.max_magnitude <> 1000000000000000000 OR m.encumbered_magnitude <> 0)"
#define ALLOCATIONS                                                                                                   \
    "(SELECT json_agg(json_build_array(" SQL_HEX("l.avs") ", l.operator_set, " SQL_HEX("l.strategy") ","              \
    " l.current_magnitude::text, l.pending_diff::text, l.effect_block, l.minimum_slashable_stake::text)"              \
    " ORDER BY l.avs, l.operator_set, l.strategy)::text FROM api_v1.allocations($5, a.position, a.number) l"          \
    " WHERE l.current_magnitude <> 0 OR l.pending_diff <> 0 OR l.effect_block <> 0)"
#define MEMBERSHIPS                                                                                                   \
    "(SELECT json_agg(json_build_array(" SQL_HEX("m.avs") ", m.operator_set, m.registered, m.slashable,"              \
    " m.slashable_until) ORDER BY m.avs, m.operator_set)::text"                                                       \
    " FROM api_v1.operator_memberships($5, a.position, a.number) m)"
/* getAllocationDelay: the pending delay holds from effectBlock on. */
#define DELAY                                                                                                         \
    "coalesce((SELECT CASE WHEN t.effect_block > a.number THEN t.delay ELSE t.pending END"                            \
    " FROM ledger.allocation_delay t WHERE t.operator = $5 AND t.position <= a.position"                              \
    " ORDER BY t.position DESC LIMIT 1), 0)"
/* Of an address that has not registered the contracts answer what they answer of any. */
#define OPERATOR                                                                                                      \
    "SELECT a.*, o.approver, f.since_block, " SHARES("$5") " AS shares, " MAGNITUDES " AS magnitudes, "               \
    ALLOCATIONS " AS allocations, " MEMBERSHIPS " AS operator_sets, " DELAY " AS allocation_delay FROM a"             \
    " LEFT JOIN LATERAL (SELECT nullif(t.approver, " SQL_ZERO_ADDRESS ") AS approver FROM ledger.operator t"          \
    "   WHERE t.operator = $5 AND t.position <= a.position ORDER BY t.position DESC LIMIT 1) o ON true"               \
    " LEFT JOIN LATERAL (SELECT t.position >> 32 AS since_block FROM ledger.operator t"                               \
    "   WHERE t.operator = $5 AND t.position <= a.position ORDER BY t.position LIMIT 1) f ON true"
/* clang-format on */

enum {
    COLUMN_APPROVER = AT_COLUMNS,
    COLUMN_SINCE,
    COLUMN_SHARES,
    COLUMN_MAGNITUDES,
    COLUMN_ALLOCATIONS,
    COLUMN_SETS,
    COLUMN_DELAY
};

static enum err operator_ask(const struct request *r, struct statement *s)
{
    s->sql = SQL_AT OPERATOR;
    s->sql_kept = SQL_AT_KEPT OPERATOR;
    statement_at(s, r);               /* $1 .. $4 */
    statement_value(s, r, "address"); /* $5 */
    return OK;
}

static const struct member shares_members[] = {{.name = "strategy", .type = T_ADDRESS, .about = "The strategy."},
                                               {.name = "shares",
                                                .type = T_AMOUNT,
                                                .about = "What getOperatorShares answers."},
                                               {0}};
static const struct member magnitude_members[] =
    {{.name = "strategy", .type = T_ADDRESS, .about = "The strategy."},
     {.name = "max_magnitude", .type = T_AMOUNT, .about = "What getMaxMagnitude answers, WAD: what slashes left."},
     {.name = "encumbered_magnitude",
      .type = T_AMOUNT,
      .about = "What getEncumberedMagnitude answers, WAD: what is allocated or about to be."},
     {0}};
static const struct member allocation_members[] =
    {{.name = "avs", .type = T_ADDRESS, .about = "The AVS."},
     {.name = "operator_set", .type = T_U64, .about = "Number of its operator set."},
     {.name = "strategy", .type = T_ADDRESS, .about = "The strategy."},
     {.name = "current_magnitude", .type = T_AMOUNT, .about = "Slashable magnitude, WAD."},
     {.name = "pending_diff", .type = T_DELTA, .about = "What changes at effect_block; 0: nothing is pending."},
     {.name = "effect_block", .type = T_U64, .about = "When it changes; 0: nothing is pending."},
     {.name = "minimum_slashable_stake",
      .type = T_AMOUNT,
      .about = "What getMinimumSlashableStake answers for this block: shares that the set can slash."},
     {0}};
static const struct member membership_members[] =
    {{.name = "avs", .type = T_ADDRESS, .about = "The AVS."},
     {.name = "id", .type = T_U64, .about = "Number of its operator set."},
     {.name = "registered", .type = T_BOOL, .about = "What isMemberOfOperatorSet answers."},
     {.name = "slashable", .type = T_BOOL, .about = "What isOperatorSlashable answers."},
     {.name = "slashable_until",
      .type = T_U64,
      .about = "After it left: the last block in which it can be slashed; 0 while it is registered."},
     {0}};

static enum err operator_answer(const struct request *r, const struct rows *rows, struct reply *reply)
{
    static const struct {
        const char *name;
        const struct member *members;
        size_t column;
    } lists[] = {{"shares", shares_members, COLUMN_SHARES},
                 {"magnitudes", magnitude_members, COLUMN_MAGNITUDES},
                 {"allocations", allocation_members, COLUMN_ALLOCATIONS},
                 {"operator_sets", membership_members, COLUMN_SETS}};
    struct json_writer *w = &reply->json;
    jw_key(w, "address");
    jw_address(w, request_address(r, "address"));
    jw_key(w, "approver");
    if (rows_null(rows, 0, COLUMN_APPROVER))
        jw_null(w);
    else
        jw_address(w, rows_address(rows, 0, COLUMN_APPROVER));
    jw_key(w, "registered");
    jw_bool(w, !rows_null(rows, 0, COLUMN_SINCE));
    jw_key(w, "since_block");
    if (rows_null(rows, 0, COLUMN_SINCE))
        jw_null(w);
    else
        jw_u64(w, rows_u64(rows, 0, COLUMN_SINCE));
    for (size_t i = 0; i < sizeof lists / sizeof *lists; i++) {
        jw_key(w, lists[i].name);
        nested_write_list(w, rows, 0, lists[i].column, lists[i].members);
    }
    jw_key(w, "allocation_delay");
    jw_u64(w, rows_u64(rows, 0, COLUMN_DELAY));
    return OK;
}

/* ---- all operators ---- */

/* clang-format off */
#define OPERATOR_COLUMNS                                                                                              \
    "SELECT o.operator, (SELECT nullif(t.approver, " SQL_ZERO_ADDRESS ") FROM ledger.operator t"                      \
    " WHERE t.operator = o.operator AND t.position <= a.position ORDER BY t.position DESC LIMIT 1) AS approver,"      \
    " o.since_block, " SHARES("o.operator") " AS shares, o.amount_key, o.operator AS key FROM ("
#define SINCE                                                                                                         \
    "CROSS JOIN LATERAL (SELECT t.position >> 32 AS since_block FROM ledger.operator t"                               \
    " WHERE t.operator = m.operator AND t.position <= a.position ORDER BY t.position LIMIT 1) f"
/* $5 AVS, $6 operator set, $7 strategy, $8 after which amount, $9 after which operator, $10 how many. The first row of an operator
 * is its registration. */
#define BY_ADDRESS(compare, order)                                                                                    \
    SQL_AT "SELECT a.*, x.* FROM a LEFT JOIN LATERAL (" OPERATOR_COLUMNS                                              \
    "SELECT DISTINCT ON (t.operator) t.operator, t.position >> 32 AS since_block, 0::numeric AS amount_key"           \
    " FROM ledger.operator t WHERE t.operator " compare " $9 AND t.position <= a.position"                            \
    " ORDER BY t.operator " order ", t.position LIMIT $10) o) x ON true ORDER BY x.key " order
/* Members of one AVS's operator sets (or of one set) are few: each page finds them all by hopping through the index. */
#define OF_AVS(compare, order)                                                                                        \
    SQL_AT "SELECT a.*, x.* FROM a LEFT JOIN LATERAL (" OPERATOR_COLUMNS                                              \
    "SELECT m.operator, f.since_block, 0::numeric AS amount_key FROM (SELECT DISTINCT m.operator"                     \
    "  FROM api_v1.operator_sets($5, a.position) s"                                                                   \
    "  CROSS JOIN LATERAL api_v1.operator_set_members(s.avs, s.id, a.position, a.number) m"                           \
    "  WHERE ($6::bigint IS NULL OR s.id = $6) AND m.registered AND m.operator " compare " $9) m " SINCE              \
    " ORDER BY m.operator " order " LIMIT $10) o) x ON true ORDER BY x.key " order
/* The default of $7: what ALT is staked in. Its value is needed once a statement. */
#define OF_STRATEGY                                                                                                   \
    ", w AS MATERIALIZED (SELECT coalesce($7, (SELECT s.strategy FROM api_v1.strategies(a.position) s"                \
    "   WHERE s.token = api_v1.power_token() OR s.token IN"                                                           \
    "     (SELECT v.vault FROM api_v1.vaults(a.position) v WHERE v.asset = api_v1.power_token())"                     \
    "   ORDER BY s.strategy LIMIT 1), (SELECT n.asset FROM ledger.account n CROSS JOIN LATERAL (SELECT e.balance"     \
    "     FROM ledger.entry e WHERE e.account = n.id AND e.position <= a.position ORDER BY e.position DESC LIMIT 1) e" \
    "   WHERE n.book = 8 AND e.balance > 0 ORDER BY n.asset LIMIT 1)) AS strategy FROM a) "
/* No index can hold amounts as of any block: every page reads all operators of the strategy once, and each costs the same. */
#define BY_SHARES(compare, order)                                                                                     \
    SQL_AT OF_STRATEGY "SELECT a.*, x.* FROM a LEFT JOIN LATERAL (" OPERATOR_COLUMNS                                  \
    "SELECT m.operator, f.since_block, m.amount_key FROM (SELECT n.owner::bytea AS operator,"                         \
    "  e.balance::numeric AS amount_key FROM ledger.account n CROSS JOIN LATERAL (SELECT e.balance FROM ledger.entry e" \
    "    WHERE e.account = n.id AND e.position <= a.position ORDER BY e.position DESC LIMIT 1) e"                     \
    "  WHERE n.book = 8 AND n.asset = (SELECT w.strategy FROM w) AND n.created <= a.position AND e.balance > 0"       \
    "    AND (e.balance::numeric, n.owner::bytea) " compare " ($8, $9)"                                               \
    "  ORDER BY e.balance " order ", n.owner " order " LIMIT $10) m " SINCE                                           \
    ") o) x ON true ORDER BY x.amount_key " order ", x.key " order
/* clang-format on */

enum { SORT_ADDRESS, SORT_SHARES };

/* The largest first, unless asked otherwise. */
static bool operators_descend(const struct request *r)
{
    return request_choice(r, "sort") == SORT_SHARES;
}

static enum err check_filters(const struct request *r, bool by_shares)
{
    if (request_given(r, "operator_set") && !request_given(r, "avs"))
        return err_with(ERR_FIELD, "operator_set: needs avs");
    if (!by_shares && request_given(r, "strategy"))
        return err_with(ERR_FIELD, "strategy: only with sort=shares");
    if (by_shares && request_given(r, "avs"))
        return err_with(ERR_FIELD, "avs: not with sort=shares");
    return OK;
}

static enum err operators_ask(const struct request *r, struct statement *s)
{
    bool by_shares = request_choice(r, "sort") == SORT_SHARES, down = r->page.descending;
    TRY(check_filters(r, by_shares));
    if (by_shares)
        s->sql = down ? BY_SHARES("<", "DESC") : BY_SHARES(">", "ASC");
    else if (request_given(r, "avs"))
        s->sql = down ? OF_AVS("<", "DESC") : OF_AVS(">", "ASC");
    else
        s->sql = down ? BY_ADDRESS("<", "DESC") : BY_ADDRESS(">", "ASC");
    statement_at(s, r);                    /* $1 .. $4 */
    statement_value(s, r, "avs");          /* $5 */
    statement_value(s, r, "operator_set"); /* $6 */
    statement_value(s, r, "strategy");     /* $7 */
    statement_page(s, r);                  /* $8, $9, $10 */
    return OK;
}

static void write_shares(struct json_writer *w, const struct rows *rows, size_t row, size_t column)
{
    nested_write_list(w, rows, row, column, shares_members);
}

#define APPROVER                                                           \
    {                                                                      \
        .name = "approver", .type = T_ADDRESS, .nullable = true,           \
        .about = "Who must sign new delegations to it; null: anybody may." \
    }
#define SINCE_BLOCK                                                                    \
    {                                                                                  \
        .name = "since_block", .type = T_U64, .about = "The block that registered it." \
    }

const struct route operators_routes[] =
    {{.method = "GET",
      .path = "/v1/operators",
      .about = "EigenLayer operators, ordered by address or by their shares in one strategy.",
      .shape = SHAPE_LIST,
      .takes_at = true,
      .cache = CACHE_STATE,
      .parameters = PARAMETERS(
          {.name = "sort",
           .type = PARAMETER_CHOICE,
           .choices = CHOICES("address", "shares"),
           .about =
               "shares: in `strategy` as of the block, the largest first unless order=asc; who has none is left out."},
          {.name = "strategy",
           .type = PARAMETER_ADDRESS,
           .about = "Whose shares sort=shares compares. Default: the strategy whose token is the one that voting power "
                    "is counted in (ALT), or a vault over it (of several the lowest address); if there is none, the "
                    "lowest address that operators have shares of."},
          {.name = "avs",
           .type = PARAMETER_ADDRESS,
           .about = "Only operators registered in an operator set of this AVS."},
          {.name = "operator_set",
           .type = PARAMETER_U64,
           .max = UINT32_MAX,
           .about = "With avs: only operators registered in this operator set."}),
      .members = MEMBERS({.name = "address", .type = T_ADDRESS, .about = "The operator."}, APPROVER, SINCE_BLOCK,
                         {.name = "shares",
                          .nest = NEST_LIST,
                          .members = shares_members,
                          .write = write_shares,
                          .about = "Shares delegated to it that are not zero, ordered by strategy."}),
      .KEYS(T_AMOUNT, T_ADDRESS),
      .both_orders = true,
      .descends = operators_descend,
      .ask = operators_ask},
     {.method = "GET",
      .path = "/v1/operators/{address}",
      .about =
          "What EigenLayer's contracts say of an operator at a block; of an address that has not registered: nothing.",
      .shape = SHAPE_OBJECT,
      .takes_at = true,
      .cache = CACHE_STATE,
      .parameters = PARAMETERS({.name = "address", .type = PARAMETER_ADDRESS, .about = "The operator."}),
      .members =
          MEMBERS({.name = "address", .type = T_ADDRESS, .about = "The operator."}, APPROVER,
                  {.name = "registered", .type = T_BOOL, .about = "What isOperator answers."},
                  {.name = "since_block",
                   .type = T_U64,
                   .nullable = true,
                   .about = "The block that registered it; null: none has."},
                  {.name = "shares",
                   .nest = NEST_LIST,
                   .members = shares_members,
                   .about = "Shares delegated to it that are not zero, ordered by strategy."},
                  {.name = "magnitudes",
                   .nest = NEST_LIST,
                   .members = magnitude_members,
                   .about = "Left out where nothing was ever slashed and nothing is encumbered."},
                  {.name = "allocations",
                   .nest = NEST_LIST,
                   .members = allocation_members,
                   .about = "What getAllocation answers; left out where current, pending and effect block are 0."},
                  {.name = "operator_sets",
                   .nest = NEST_LIST,
                   .members = membership_members,
                   .about = "Every operator set that it ever registered for."},
                  {.name = "allocation_delay",
                   .type = T_U64,
                   .about = "What getAllocationDelay answers, in blocks; 0 if unset."}),
      .ask = operator_ask,
      .answer = operator_answer},
     {0}};
