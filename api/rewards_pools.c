/* api/rewards_pools.c - how days were distributed: the pool of a submission for a day, and the part of each operator in it. */
#include "api/rewards.h"

/* clang-format off */
#define POOLS(compare, order)                                                                                         \
    SQL_AT "SELECT a.*, x.* FROM a LEFT JOIN LATERAL (SELECT p.submission, api_v1.day_text(p.day) AS day,"            \
    " api_v1.day_text(p.paid_day) AS paid_day, p.days, nullif(p.snapshot_block, -1) AS snapshot_block,"               \
    " ('{shared,nobody,before-history,no-days}'::text[])[p.reason + 1] AS reason, p.tokens, p.weight, p.operators,"   \
    " p.payouts, p.paid, p.refund, p.burned, p.remainder, p.rest, p.token, p.distributor,"                            \
    " p.position >> 32 AS block_number, p.position AS key"                                                            \
    " FROM ledger.reward_pool p WHERE p.position <= a.position AND p.position " compare " $8"                         \
    SQL_IF("p.submission", "bytea", "5") SQL_IF("p.day", "bigint", "6") SQL_IF("p.distributor", "bytea", "7")         \
    " ORDER BY p.position " order " LIMIT $9) x ON true ORDER BY x.key " order

#define SHARES(compare, order)                                                                                        \
    SQL_AT "SELECT a.*, x.* FROM a LEFT JOIN LATERAL (SELECT t.submission, api_v1.day_text(t.day) AS day,"            \
    " " SQL_NO_ZERO("t.operator") " AS operator, t.weight, t.tokens, t.split_bips, t.commission, t.stake_weight,"     \
    " t.stakers, t.paid, t.remainder, t.position >> 32 AS block_number, t.position AS key"                            \
    " FROM ledger.reward_share t WHERE t.position <= a.position AND t.position " compare " $8"                        \
    SQL_IF("t.submission", "bytea", "5") SQL_IF("t.day", "bigint", "6") SQL_IF("t.operator", "bytea", "7")            \
    " ORDER BY t.position " order " LIMIT $9) x ON true ORDER BY x.key " order
/* clang-format on */

static enum err pools_ask(const struct request *r, struct statement *s)
{
    s->sql = r->page.descending ? POOLS("<", "DESC") : POOLS(">", "ASC");
    statement_at(s, r); /* $1 .. $4 */
    statement_value(s, r, "submission");
    TRY(reward_day_in(s, r));
    statement_value(s, r, "distributor");
    statement_page(s, r); /* $8, $9 */
    return OK;
}

static enum err shares_ask(const struct request *r, struct statement *s)
{
    s->sql = r->page.descending ? SHARES("<", "DESC") : SHARES(">", "ASC");
    statement_at(s, r); /* $1 .. $4 */
    statement_value(s, r, "submission");
    TRY(reward_day_in(s, r));
    statement_value(s, r, "operator");
    statement_page(s, r); /* $8, $9 */
    return OK;
}

#define SUBMISSION_FILTER                                                                 \
    {                                                                                     \
        .name = "submission", .type = PARAMETER_HASH, .about = "Only of this submission." \
    }

const struct route rewards_pools_routes[] =
    {{.method = "GET",
      .path = "/v1/rewards/pools",
      .about = "What a submission had for a day and what became of it, in the order of booking.",
      .shape = SHAPE_LIST,
      .takes_at = true,
      .cache = CACHE_STATE,
      .parameters = PARAMETERS(SUBMISSION_FILTER, REWARD_DAY_PARAMETER,
                               {.name = "distributor",
                                .type = PARAMETER_ADDRESS,
                                .about = "Only of this RewardsCoordinator or fee collector."}),
      .members =
          MEMBERS({.name = "submission", .type = T_HASH, .about = "The submission."},
                  {.name = "day", .type = T_TEXT, .about = "The day that was paid."},
                  {.name = "paid_day", .type = T_TEXT, .about = "The day in whose closing it was."},
                  {.name = "days", .type = T_U64, .about = "How many days it stands for; more than 1 before history."},
                  {.name = "snapshot_block",
                   .type = T_U64,
                   .nullable = true,
                   .about = "The block whose state it was shared by; null: none."},
                  {.name = "reason", .type = T_TEXT, .about = "shared, nobody, before-history or no-days."},
                  {.name = "tokens", .type = T_AMOUNT, .about = "The pool: paid + refund + burned + remainder."},
                  {.name = "weight", .type = T_TOTAL, .about = "Sum of the operators' weights."},
                  {.name = "operators", .type = T_U64, .about = "How many had a part."},
                  {.name = "payouts", .type = T_U64, .about = "How many payouts it made."},
                  {.name = "paid", .type = T_AMOUNT, .about = "To operators, stakers and the treasury."},
                  {.name = "refund", .type = T_AMOUNT, .about = "To the AVS."},
                  {.name = "burned", .type = T_AMOUNT, .about = "Burned."},
                  {.name = "remainder", .type = T_AMOUNT, .about = "What floors left of it."},
                  {.name = "rest",
                   .type = T_AMOUNT,
                   .about = "With the last day: what dividing the submission into days left."},
                  {.name = "token", .type = T_ADDRESS, .about = "What it pays in."},
                  {.name = "distributor", .type = T_ADDRESS, .about = "The contract that holds the money."},
                  {.name = "block_number", .type = T_U64, .about = "The block at whose end it was booked."}),
      .KEYS(T_I64),
      .both_orders = true,
      .ask = pools_ask},
     {.method = "GET",
      .path = "/v1/rewards/shares",
      .about = "The part of each operator in a pool, in the order of booking.",
      .shape = SHAPE_LIST,
      .takes_at = true,
      .cache = CACHE_STATE,
      .parameters = PARAMETERS(SUBMISSION_FILTER, REWARD_DAY_PARAMETER,
                               {.name = "operator", .type = PARAMETER_ADDRESS, .about = "Only of this operator."}),
      .members = MEMBERS({.name = "submission", .type = T_HASH, .about = "The submission."},
                         {.name = "day", .type = T_TEXT, .about = "The day that was paid."},
                         {.name = "operator",
                          .type = T_ADDRESS,
                          .nullable = true,
                          .about = "Whose; null: all stakers at once."},
                         {.name = "weight",
                          .type = T_TOTAL,
                          .about = "Of the operator in the pool; operator-directed: what is listed for it."},
                         {.name = "tokens", .type = T_AMOUNT, .about = "Its part: commission + paid + remainder."},
                         {.name = "split_bips", .type = T_U64, .about = "The operator's split that was in force."},
                         {.name = "commission", .type = T_AMOUNT, .about = "Paid to the operator by it."},
                         {.name = "stake_weight", .type = T_TOTAL, .about = "Sum of the weights of its delegators."},
                         {.name = "stakers", .type = T_U64, .about = "How many of them were paid."},
                         {.name = "paid", .type = T_AMOUNT, .about = "To delegators."},
                         {.name = "remainder", .type = T_AMOUNT, .about = "What floors left."},
                         {.name = "block_number", .type = T_U64, .about = "The block at whose end it was booked."}),
      .KEYS(T_I64),
      .both_orders = true,
      .ask = shares_ask},
     {0}};
