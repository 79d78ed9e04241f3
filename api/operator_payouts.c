/* api/operator_payouts.c - what an operator was paid: by day and source, and in all: earned, active, claimable, claimed. */
#include "api/period.h"
#include "api/rewards.h"

/* ---- by day ---- */

/* $5 operator, $6 first day, $7 last day, $8 token, $9 source, $10 role, $11 after which position, $12 how many. Payouts are read in the
 * order of their booking, each account's own page of them, and told where they come from after the limit. Days of ALT staking fees are few
 * and have no index: each page sums them up. */
/* clang-format off */
#define PAYOUTS(compare, order)                                                                                       \
    SQL_AT "SELECT a.*, x.* FROM a LEFT JOIN LATERAL (SELECT api_v1.day_text(q.day) AS day, q.source, q.kind,"        \
    " q.role, q.token, q.amount, q.gross, q.split_bips, q.delegators, q.submission, q.contract, q.distribution,"      \
    " q.avs, q.operator_set, nullif(q.operator, " SQL_ZERO_ADDRESS ") AS operator, api_v1.day_text(q.paid_day)"       \
    " AS paid_day, q.position >> 32 AS block_number, q.payouts, api_v1.payout_id(q.pool, q.operator, $5) AS id,"      \
    " q.position AS key FROM ("                                                                                       \
    " (SELECT e.position, o.day, o.paid_day, CASE o.kind WHEN 'fee' THEN 'fee' ELSE 'incentive' END AS source,"       \
    "   o.kind, o.submission, e.second AS contract, NULL::bigint AS distribution, e.asset AS token, o.avs,"           \
    "   o.operator_set, o.role, o.operator, e.delta::numeric AS amount, o.gross, o.split_bips, o.delegators,"         \
    "   1::bigint AS payouts, o.pool"                                                                                 \
    "   FROM (SELECT n.asset, n.second, e.* FROM ledger.account n CROSS JOIN LATERAL (SELECT e.position, e.delta,"    \
    "       e.counter FROM ledger.entry e JOIN ledger.account k ON k.id = e.counter"                                  \
    "       WHERE e.account = n.id AND e.position <= a.position AND e.position " compare " $11"                       \
    "         AND api_v1.pool_day(k.second) BETWEEN $6 AND $7" SQL_IF("get_byte(k.second, 36)", "smallint", "10")     \
    "         ORDER BY e.position " order " LIMIT $12) e"                                                             \
    "     WHERE n.book = 61 AND n.owner = $5 AND ($8::bytea IS NULL OR n.asset = $8) AND ($9::text IS NULL OR $9 ="   \
    "       CASE WHEN n.second IN (SELECT c.address FROM api_v1.contracts() c WHERE c.kind = 'fee_collector')"        \
    "         THEN 'fee' ELSE 'incentive' END)"                                                                       \
    "     ORDER BY e.position " order " LIMIT $12) e CROSS JOIN LATERAL api_v1.payout_origin(e.counter) o)"           \
    " UNION ALL"                                                                                                      \
    " (SELECT f.position, f.day, f.day, 'alt_staking_fee', 'alt_staking', NULL, substr(f.asset, 1, 20),"              \
    "   api_v1.alt_distribution_number(f.asset)::bigint, t.token, NULL, NULL, 'operator', $5::bytea, f.amount, f.gross," \
    "   NULL, f.delegators, f.events, NULL FROM api_v1.operator_fee_days($5, a.position) f"                           \
    "   CROSS JOIN LATERAL (SELECT api_v1.alt_distribution_token(f.asset, a.position) AS token OFFSET 0) t"           \
    "   WHERE f.position " compare " $11 AND f.day BETWEEN $6 AND $7 AND ($8::bytea IS NULL OR t.token = $8)"         \
    "     AND ($9::text IS NULL OR $9 = 'alt_staking_fee') AND ($10::smallint IS NULL OR $10 = 1)"                    \
    "     ORDER BY f.position " order " LIMIT $12)) q"                                                                \
    " ORDER BY q.position " order " LIMIT $12) x ON true ORDER BY x.key " order
/* clang-format on */

static enum err payouts_ask(const struct request *r, struct statement *s)
{
    struct period period;
    TRY(period_of(r, &period));
    s->sql = r->page.descending ? PAYOUTS("<", "DESC") : PAYOUTS(">", "ASC");
    statement_at(s, r);               /* $1 .. $4 */
    statement_value(s, r, "address"); /* $5 */
    statement_in(s, (struct param)IN((const int64_t *)arena_copy(r->arena, &period.first_day, sizeof(int64_t))));
    statement_in(s, (struct param)IN((const int64_t *)arena_copy(r->arena, &period.last_day, sizeof(int64_t))));
    statement_value(s, r, "token");  /* $8 */
    statement_value(s, r, "source"); /* $9 */
    reward_choice_in(s, r, "role");  /* $10 */
    statement_page(s, r);            /* $11, $12 */
    return OK;
}

/* ---- in all ---- */

/* clang-format off */
#define SUMMARY                                                                                                       \
    SQL_AT "SELECT a.*, (SELECT json_agg(json_build_array(" SQL_HEX("s.distributor") ", " SQL_HEX("s.token") ","      \
    " CASE WHEN c.kind = 'fee_collector' THEN 'fee' ELSE 'incentive' END, s.earned::text, s.active::text,"            \
    " s.claimable::text, s.claimed::text, s.open::text, coalesce(k.commission, 0)::text)"                             \
    " ORDER BY s.distributor, s.token)::text"                                                                         \
    "   FROM api_v1.reward_summary($5, a.position, a.\"time\") s"                                                     \
    "   LEFT JOIN LATERAL (SELECT t.kind FROM api_v1.contracts() t WHERE t.address = s.distributor LIMIT 1) c ON true" \
    "   LEFT JOIN LATERAL (SELECT sum(h.commission) AS commission FROM ledger.reward_share h"                         \
    "     JOIN ledger.reward_pool p ON p.submission = h.submission AND p.day = h.day"                                 \
    "     WHERE h.operator = $5 AND h.position <= a.position AND p.distributor = s.distributor"                       \
    "       AND p.token = s.token) k ON true),"                                                                       \
    " (SELECT json_agg(json_build_array(" SQL_HEX("f.contract") ", f.distribution, " SQL_HEX("f.token") ","           \
    " f.earned::text) ORDER BY f.contract, f.distribution)::text FROM api_v1.operator_fees($5, a.position) f) FROM a"
/* clang-format on */

static enum err summary_ask(const struct request *r, struct statement *s)
{
    s->sql = SUMMARY;
    statement_at(s, r);               /* $1 .. $4 */
    statement_value(s, r, "address"); /* $5 */
    return OK;
}

static const struct member reward_members[] =
    {{.name = "distributor",
      .type = T_ADDRESS,
      .about = "The contract that holds the money: RewardsCoordinator or fee collector."},
     {.name = "token", .type = T_ADDRESS, .about = "In which token."},
     {.name = "source", .type = T_TEXT, .about = "fee or incentive."},
     {.name = "earned", .type = T_AMOUNT, .about = "All payouts so far."},
     {.name = "active",
      .type = T_AMOUNT,
      .about = "Of that, up to the last day that the newest active root on L1 covers."},
     {.name = "claimable", .type = T_AMOUNT, .about = "active less claimed."},
     {.name = "claimed", .type = T_AMOUNT, .about = "Paid on L1."},
     {.name = "open", .type = T_AMOUNT, .about = "earned less claimed."},
     {.name = "commission", .type = T_AMOUNT, .about = "Of earned: as operator; the rest is for its own stake."},
     {0}};
static const struct member fee_members[] =
    {{.name = "contract", .type = T_ADDRESS, .about = "The staking contract."},
     {.name = "distribution", .type = T_U64, .about = "Its id."},
     {.name = "token", .type = T_ADDRESS, .nullable = true, .about = "What it pays in; null if never seen."},
     {.name = "earned", .type = T_AMOUNT, .about = "Fees so far; they are paid at once."},
     {0}};

static enum err summary_answer(const struct request *r, const struct rows *rows, struct reply *reply)
{
    jw_key(&reply->json, "operator");
    jw_address(&reply->json, request_address(r, "address"));
    jw_key(&reply->json, "rewards");
    nested_write_list(&reply->json, rows, 0, AT_COLUMNS, reward_members);
    jw_key(&reply->json, "alt_staking_fees");
    nested_write_list(&reply->json, rows, 0, AT_COLUMNS + 1, fee_members);
    return OK;
}

#define OPERATOR                                                               \
    {                                                                          \
        .name = "address", .type = PARAMETER_ADDRESS, .about = "The operator." \
    }

const struct route operator_payouts_routes[] = {
    {.method = "GET",
     .path = "/v1/operators/{address}/payouts",
     .about =
         "What an operator was paid, each payout by the day that it is for, and fees of ALT staking summed by day; "
         "in the order of booking.",
     .shape = SHAPE_LIST,
     .takes_at = true,
     .cache = CACHE_STATE,
     .parameters = PARAMETERS(OPERATOR, PERIOD_PARAMETERS(PERIOD_OF_DAY),
                              {.name = "source",
                               .type = PARAMETER_CHOICE,
                               .choices = CHOICES("fee", "incentive", "alt_staking_fee"),
                               .about = "Only payouts of this source."},
                              {.name = "role",
                               .type = PARAMETER_CHOICE,
                               .choices = reward_role_names,
                               .about = "Only as this: operator: commission and fees; staker: its own stake."},
                              {.name = "token", .type = PARAMETER_ADDRESS, .about = "Only in this token."}),
     .members = MEMBERS(
         {.name = "day", .type = T_TEXT, .about = "The day (UTC) that it is for."},
         {.name = "source",
          .type = T_TEXT,
          .about =
              "fee: income of a fee collector; incentive: a reward submission; alt_staking_fee: ALT's own staking."},
         {.name = "kind", .type = T_TEXT, .about = "Kind of the submission; alt_staking."},
         {.name = "role",
          .type = T_TEXT,
          .about = "operator: commission; staker: for its own stake; refund, treasury: as that."},
         {.name = "token", .type = T_ADDRESS, .nullable = true, .about = "Null: ALT staking, no payment showed it."},
         {.name = "amount", .type = T_AMOUNT, .about = "What it was paid."},
         {.name = "gross",
          .type = T_AMOUNT,
          .nullable = true,
          .about =
              "The operator's part of the pool that this is of; of ALT staking what accrued to its stakers that day, "
              "before fees."},
         {.name = "split_bips",
          .type = T_I64,
          .nullable = true,
          .about = "What part of gross the operator kept; null where it has none, or several that day."},
         {.name = "delegators",
          .type = T_AMOUNT,
          .nullable = true,
          .about = "What all its delegators got of gross, itself included."},
         {.name = "submission", .type = T_HASH, .nullable = true, .about = "The submission; null: ALT staking."},
         {.name = "contract", .type = T_ADDRESS, .about = "The distributor; of ALT staking the staking contract."},
         {.name = "distribution", .type = T_I64, .nullable = true, .about = "ALT staking: id of the distribution."},
         {.name = "avs", .type = T_ADDRESS, .nullable = true, .about = "For which AVS; null: for all."},
         {.name = "operator_set", .type = T_I64, .nullable = true, .about = "For which of its operator sets."},
         {.name = "operator",
          .type = T_ADDRESS,
          .nullable = true,
          .about = "Whose part it is of: another one's if the operator was its staker; null: of no operator's."},
         {.name = "paid_day", .type = T_TEXT, .about = "The day in whose closing it was paid."},
         {.name = "block_number", .type = T_U64, .about = "The block that booked it; of a sum the last one."},
         {.name = "payouts", .type = T_U64, .about = "How many payments this is: 1, or the events of the day."},
         {.name = "id", .type = T_TEXT, .nullable = true, .about = "As in /v1/payouts/{id}; null: ALT staking."}),
     .KEYS(T_I64),
     .both_orders = true,
     .ask = payouts_ask},
    {.method = "GET",
     .path = "/v1/operators/{address}/rewards",
     .about =
         "What an operator earned in all, by distributor and token: active, claimable and claimed; and fees of ALT staking.",
     .shape = SHAPE_OBJECT,
     .takes_at = true,
     .cache = CACHE_STATE,
     .parameters = PARAMETERS(OPERATOR),
     .members = MEMBERS({.name = "operator", .type = T_ADDRESS, .about = "The operator."},
                        {.name = "rewards",
                         .nest = NEST_LIST,
                         .members = reward_members,
                         .about = "By distributor and token, as payee: commission and its own stake."},
                        {.name = "alt_staking_fees",
                         .nest = NEST_LIST,
                         .members = fee_members,
                         .about = "Fees of ALT staking, by contract and distribution."}),
     .ask = summary_ask,
     .answer = summary_answer},
    {0}};
