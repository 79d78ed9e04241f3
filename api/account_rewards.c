/* api/account_rewards.c - what an account has earned at a block, how much of it it can claim on L1, and how much it has. */
#include "api/account_alt_staking.h"
#include "api/rewards.h"

/* Active is what had been earned by the day of the newest root that claims are accepted by at the block's time. */
/* clang-format off */
#define NEWEST_ROOT                                                                                                   \
    "SELECT t.end_time FROM ledger.reward_root t WHERE t.distributor = k.distributor AND t.position <= a.position"    \
    " AND NOT t.disabled AND t.activated_at <= extract(epoch FROM coalesce(a.\"time\", $7::timestamptz))"             \
    " AND NOT EXISTS (SELECT FROM ledger.reward_root y WHERE y.root_index = t.root_index"                             \
    "   AND y.distributor = t.distributor AND y.disabled AND y.position <= a.position)"                               \
    " ORDER BY t.position DESC LIMIT 1"
#define CLAIMER                                                                                                       \
    "SELECT nullif(t.claimer, " SQL_ZERO_ADDRESS ") FROM ledger.reward_claimer t WHERE t.earner = $5"                 \
    " AND t.distributor = k.distributor AND t.position <= a.position ORDER BY t.position DESC LIMIT 1"
#define REWARDS                                                                                                       \
    "(SELECT json_agg(json_build_array(" SQL_HEX("k.distributor") ", " SQL_HEX("k.token") ", b.earned::text,"         \
    " b.active::text, greatest(b.active - b.claimed, 0)::text, b.claimed::text,"                                      \
    " greatest(b.earned - b.claimed, 0)::text, " SQL_HEX("coalesce((" CLAIMER "), $5)") ")"                           \
    " ORDER BY k.distributor, k.token)::text"                                                                         \
    " FROM (SELECT DISTINCT n.asset AS token, n.second AS distributor FROM ledger.account n"                          \
    "   WHERE n.owner = $5 AND n.book IN (61, 62) AND n.created <= a.position) k"                                     \
    " LEFT JOIN LATERAL (" NEWEST_ROOT ") r ON true"                                                                  \
    " LEFT JOIN LATERAL api_v1.distribution_at(k.distributor, r.end_time / 86400 - 1, a.position) d ON true"          \
    " CROSS JOIN LATERAL (SELECT api_v1.balance_of(61::smallint, k.token, $5, k.distributor, a.position) AS earned,"  \
    "   api_v1.balance_of(62::smallint, k.token, $5, k.distributor, a.position) AS claimed,"                          \
    "   api_v1.balance_of(61::smallint, k.token, $5, k.distributor, coalesce(d.position, -1)) AS active OFFSET 0) b)"
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
