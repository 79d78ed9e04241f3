/* api/account_rewards.c - what an account has earned at a block, how much of it it can claim on L1, and how much it has. */
#include "api/account_alt_staking.h"
#include "api/rewards.h"

/* clang-format off */
#define CLAIMER                                                                                                       \
    "SELECT nullif(t.claimer, " SQL_ZERO_ADDRESS ") FROM ledger.reward_claimer t WHERE t.earner = $5"                 \
    " AND t.distributor = k.distributor AND t.position <= a.position ORDER BY t.position DESC LIMIT 1"
#define REWARDS                                                                                                       \
    "(SELECT json_agg(json_build_array(" SQL_HEX("k.distributor") ", " SQL_HEX("k.token") ", k.earned::text,"         \
    " k.active::text, k.claimable::text, k.claimed::text, k.open::text,"                                              \
    " " SQL_HEX("coalesce((" CLAIMER "), $5)") ") ORDER BY k.distributor, k.token)::text"                             \
    " FROM api_v1.reward_summary($5, a.position, coalesce(a.\"time\", $7::timestamptz)) k)"
/* clang-format on */

enum { COLUMN_REWARDS = AT_COLUMNS, COLUMN_ALT_STAKING };

static enum err rewards_ask(const struct request *r, struct statement *s)
{
    s->sql = SQL_AT "SELECT a.*, " REWARDS " AS rewards, " ACCOUNT_ALT_STAKING
                    " AS alt_staking FROM a WHERE ($6::bigint IS NULL OR true)";
    statement_at(s, r);               /* $1 .. $4 */
    statement_value(s, r, "address"); /* $5 */
    statement_time(s, r);             /* $6, $7 */
    return OK;
}

static const struct member reward_members[] =
    {{.name = "distributor", .type = T_ADDRESS, .about = "The contract that holds the money."},
     {.name = "token", .type = T_ADDRESS, .about = "What it pays in."},
     {.name = "earned", .type = T_AMOUNT, .about = "All that days closed by the block paid."},
     {.name = "active",
      .type = T_AMOUNT,
      .about = "Of it, what was earned up to the day of the newest root on L1 that is active."},
     {.name = "claimable", .type = T_AMOUNT, .about = "Of that, what was not claimed yet."},
     {.name = "claimed", .type = T_AMOUNT, .about = "All that was claimed on L1."},
     {.name = "open", .type = T_AMOUNT, .about = "Earned and not claimed yet."},
     {.name = "claimer", .type = T_ADDRESS, .about = "Who may claim it: the earner itself unless it named another."},
     {0}};

static enum err rewards_answer(const struct request *r, const struct rows *rows, struct reply *reply)
{
    jw_key(&reply->json, "address");
    jw_address(&reply->json, request_address(r, "address"));
    jw_key(&reply->json, "rewards");
    nested_write_list(&reply->json, rows, 0, COLUMN_REWARDS, reward_members);
    account_alt_staking_write(r, &reply->json, rows, 0, COLUMN_ALT_STAKING);
    return OK;
}

const struct route account_rewards_routes[] =
    {{.method = "GET",
      .path = "/v1/accounts/{address}/rewards",
      .about = "What an account has earned, can claim and has claimed at a block, by distributor and token.",
      .shape = SHAPE_OBJECT,
      .takes_at = true,
      .wants_time = true,
      .cache = CACHE_STATE,
      .parameters = PARAMETERS({.name = "address", .type = PARAMETER_ADDRESS, .about = "Whose rewards."}),
      .members = MEMBERS({.name = "address", .type = T_ADDRESS, .about = "The account."},
                         {.name = "rewards",
                          .nest = NEST_LIST,
                          .members = reward_members,
                          .about = "Of each distributor and token that it ever earned or claimed."},
                         {.name = "alt_staking",
                          .nest = NEST_LIST,
                          .members = account_alt_staking_members,
                          .about = "Positions in ALT's own staking contract with what they have earned there."}),
      .ask = rewards_ask,
      .answer = rewards_answer},
     {0}};
