/* api/operator_commission.c - what part of its delegators' rewards an operator keeps, now and next, with the time a change takes effect. */
#include "api/nested.h"
#include "api/routes.h"
#include "api/sql.h"

/* A change counts for the days whose midnight, their end, lies after it: the first is the day it falls on. */
/* clang-format off */
#define COMMISSION                                                                                                    \
    SQL_AT "SELECT a.*, (SELECT json_agg(json_build_array(" SQL_HEX("s.distributor") ", " SQL_HEX("s.avs") ","        \
    " s.operator_set, s.bips, s.is_default, s.next_bips, s.takes_effect_at,"                                          \
    " to_char(date '1970-01-01' + (s.takes_effect_at / 86400)::integer, 'YYYY-MM-DD'), s.set_by_block)"               \
    " ORDER BY s.distributor, s.avs NULLS FIRST, s.operator_set NULLS FIRST)::text"                                   \
    "   FROM api_v1.operator_splits($5, a.position) s),"                                                              \
    " (SELECT json_agg(json_build_array(" SQL_HEX("c.address") ", o.fee_bps, o.pending, o.fee_end)"                   \
    " ORDER BY c.address)::text FROM api_v1.contracts() c CROSS JOIN LATERAL (SELECT t.fee_bps,"                      \
    "     CASE WHEN p.pending THEN t.pending_fee_bps END AS pending,"                                                 \
    "     CASE WHEN p.pending THEN extract(epoch FROM t.fee_cooldown_end)::bigint END AS fee_end"                     \
    "     FROM ledger.alt_operator t CROSS JOIN LATERAL (SELECT t.pending_fee_bps <> t.fee_bps AND"                   \
    "       t.fee_cooldown_end > to_timestamp(0) AS pending) p"                                                       \
    "     WHERE t.contract = c.address AND t.operator = $5 AND t.position <= a.position"                              \
    "     ORDER BY t.position DESC LIMIT 1) o WHERE c.kind = 'alt.staking') FROM a"
/* clang-format on */

static enum err commission_ask(const struct request *r, struct statement *s)
{
    s->sql = COMMISSION;
    statement_at(s, r);               /* $1 .. $4 */
    statement_value(s, r, "address"); /* $5 */
    return OK;
}

static const struct member split_members[] =
    {{.name = "distributor", .type = T_ADDRESS, .about = "The RewardsCoordinator."},
     {.name = "avs", .type = T_ADDRESS, .nullable = true, .about = "Null: programmatic incentives."},
     {.name = "operator_set", .type = T_U64, .nullable = true, .about = "Null: the AVS's split, or programmatic."},
     {.name = "bips", .type = T_U64, .about = "What it keeps now, of 10,000; fees of a collector follow the set's."},
     {.name = "default",
      .type = T_BOOL,
      .about = "That is the default: it never set one, or its first is not in force."},
     {.name = "next_bips",
      .type = T_U64,
      .nullable = true,
      .about = "What it will keep; null: no change is on its way."},
     {.name = "takes_effect_at", .type = T_TIME, .nullable = true, .about = "activatedAt of the change."},
     {.name = "counts_from_day",
      .type = T_TEXT,
      .nullable = true,
      .about = "The first day (UTC) paid by next_bips: the first whose midnight, its end, lies after activatedAt."},
     {.name = "set_by_block", .type = T_U64, .nullable = true, .about = "The block of the last event; null: none."},
     {0}};
static const struct member fee_members[] =
    {{.name = "contract", .type = T_ADDRESS, .about = "The staking contract."},
     {.name = "fee_bps", .type = T_U64, .about = "What it keeps of its stakers' rewards now, of 10,000."},
     {.name = "pending_fee_bps", .type = T_U64, .nullable = true, .about = "What it announced; null: nothing else."},
     {.name = "fee_cooldown_end",
      .type = T_TIME,
      .nullable = true,
      .about = "From when on it may set the announced fee, which takes a call of its own."},
     {0}};

static enum err commission_answer(const struct request *r, const struct rows *rows, struct reply *reply)
{
    jw_key(&reply->json, "operator");
    jw_address(&reply->json, request_address(r, "address"));
    jw_key(&reply->json, "splits");
    nested_write_list(&reply->json, rows, 0, AT_COLUMNS, split_members);
    jw_key(&reply->json, "alt_staking");
    nested_write_list(&reply->json, rows, 0, AT_COLUMNS + 1, fee_members);
    return OK;
}

const struct route operator_commission_routes[] =
    {{.method = "GET",
      .path = "/v1/operators/{address}/commission",
      .about = "What part of its delegators' rewards an operator keeps: now, and a change that is on its way.",
      .shape = SHAPE_OBJECT,
      .takes_at = true,
      .cache = CACHE_STATE,
      .parameters = PARAMETERS({.name = "address", .type = PARAMETER_ADDRESS, .about = "The operator."}),
      .members = MEMBERS({.name = "operator", .type = T_ADDRESS, .about = "The operator."},
                         {.name = "splits",
                          .nest = NEST_LIST,
                          .members = split_members,
                          .about = "Programmatic incentives first; then AVSs and operator sets that it is registered "
                                   "with, or set a split for."},
                         {.name = "alt_staking",
                          .nest = NEST_LIST,
                          .members = fee_members,
                          .about = "Contracts of ALT staking that know the operator."}),
      .ask = commission_ask,
      .answer = commission_answer},
     {0}};
