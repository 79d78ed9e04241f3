/* api/rewards_claims.c - distributions, ours and those on L1: roots compared, and what was claimed by them. */
#include "api/render.h"
#include "api/rewards.h"
#include "api/rewards_distribution.h"

/* ---- our distributions ---- */

/* clang-format off */
#define DISTRIBUTION_COLUMNS                                                                                          \
    " '0x' || encode(t.distributor, 'hex') || '-' || api_v1.day_text(t.day) AS id, t.distributor,"                    \
    " api_v1.day_text(t.day) AS day, t.snapshot_block, t.position >> 32 AS block_number, t.root, t.earners, t.pools,"  \
    " t.payouts"
#define DISTRIBUTIONS(compare, order)                                                                                 \
    SQL_AT "SELECT a.*, x.* FROM a LEFT JOIN LATERAL (SELECT" DISTRIBUTION_COLUMNS ", t.day AS key1,"                 \
    " t.distributor AS key2 FROM ledger.reward_distribution t"                                                        \
    " WHERE t.position <= a.position AND (t.day, t.distributor::bytea) " compare " ($6, $7)"                          \
    SQL_IF("t.distributor", "bytea", "5") " ORDER BY t.day " order ", t.distributor " order " LIMIT $8) x ON true"    \
    " ORDER BY x.key1 " order ", x.key2 " order
/* clang-format on */

static enum err distributions_ask(const struct request *r, struct statement *s)
{
    s->sql = r->page.descending ? DISTRIBUTIONS("<", "DESC") : DISTRIBUTIONS(">", "ASC");
    statement_at(s, r);                   /* $1 .. $4 */
    statement_value(s, r, "distributor"); /* $5 */
    statement_page(s, r);                 /* $6, $7, $8 */
    return OK;
}

static enum err distribution_run(const struct request *r, struct db *db, struct reply *reply)
{
    struct distribution d;
    AUTO_ROWS rows = NULL;
    TRY(distribution_find(db, "id", request_text(r, "id"), r->as_of.position, r->as_of.number, &d));
    TRY(db_query(db,
                 "SELECT" DISTRIBUTION_COLUMNS " FROM ledger.reward_distribution t"
                 " WHERE t.distributor = $1 AND t.day = $2 AND t.position = $3",
                 WITH(IN(&d.distributor), IN(&d.day), IN(&d.position)), &rows));
    render_members(&reply->json, r->route->members, rows, 0, 0);
    return OK;
}

static const struct member distribution_members[] =
    {{.name = "id", .type = T_TEXT, .about = "Distributor and day; the same in every replay."},
     {.name = "distributor", .type = T_ADDRESS, .about = "The contract that holds the money."},
     {.name = "day", .type = T_TEXT, .about = "The day whose closing booked it."},
     {.name = "snapshot_block", .type = T_U64, .about = "The last block of that day."},
     {.name = "block_number", .type = T_U64, .about = "The block at whose end it was booked."},
     {.name = "root",
      .type = T_HASH,
      .about = "Root of the tree of cumulative earnings, as RewardsCoordinator checks it."},
     {.name = "earners", .type = T_U64, .about = "How many have earned anything by then."},
     {.name = "pools", .type = T_U64, .about = "How many pools were paid with this day."},
     {.name = "payouts", .type = T_U64, .about = "How many payouts that made."},
     {0}};

/* ---- roots on L1 ---- */

/* A root is a row when it is submitted, and another when it is disabled: the last one up to the block holds. It is compared with the last
 * distribution of ours up to the day whose midnight it names, once that day is closed. */
/* clang-format off */
#define ROOTS(compare, order)                                                                                         \
    SQL_AT "SELECT a.*, x.* FROM a LEFT JOIN LATERAL (SELECT t.root_index, t.distributor, t.root,"                    \
    " to_timestamp(t.end_time) AS end_time, to_timestamp(t.activated_at) AS activated_at, z.at IS NOT NULL AS disabled," \
    " z.at >> 32 AS disabled_block, CASE WHEN NOT w.closed THEN 'unknown' WHEN d.root = t.root THEN 'equal'"          \
    "  ELSE 'different' END AS comparison, CASE WHEN w.closed AND d.day IS NOT NULL THEN '0x' ||"                     \
    "  encode(t.distributor, 'hex') || '-' || api_v1.day_text(d.day) END AS distribution,"                            \
    " CASE WHEN w.closed THEN d.root END AS distribution_root, t.position >> 32 AS block_number, t.log_index,"        \
    " v.tx_hash, t.root_index AS key1, t.distributor AS key2"                                                         \
    " FROM (SELECT t.* FROM ledger.reward_root t WHERE t.position <= a.position AND NOT t.disabled"                   \
    "   AND (t.root_index, t.distributor::bytea) " compare " ($6, $7)" SQL_IF("t.distributor", "bytea", "5")          \
    "   ORDER BY t.root_index " order ", t.distributor " order " LIMIT $8) t" SQL_OF_EVENT("t")                       \
    " LEFT JOIN LATERAL (SELECT y.position AS at FROM ledger.reward_root y WHERE y.root_index = t.root_index"         \
    "   AND y.distributor = t.distributor AND y.disabled AND y.position <= a.position LIMIT 1) z ON true"             \
    " CROSS JOIN LATERAL (SELECT t.end_time / 86400 - 1 AS day OFFSET 0) e"                                           \
    " CROSS JOIN LATERAL (SELECT t.end_time % 86400 = 0 AND EXISTS (SELECT FROM ledger.reward_day r"                  \
    "   WHERE r.day <= e.day AND r.next_day > e.day AND r.position <= a.position"                                     \
    "     AND api_v1.is_day_closed(r.last_block, a.number)) AS closed OFFSET 0) w"                                    \
    " LEFT JOIN LATERAL api_v1.distribution_at(t.distributor, e.day, a.position) d ON true"                           \
    " ORDER BY t.root_index " order ", t.distributor " order ") x ON true"                                            \
    " ORDER BY x.key1 " order ", x.key2 " order

#define CLAIMS(compare, order)                                                                                        \
    REWARD_EVENTS("reward_claim", "t.earner, t.token, t.distributor, t.root, t.claimer, t.recipient, t.amount",       \
    SQL_IF("t.earner", "bytea", "5") SQL_IF("t.token", "bytea", "6"), compare, order, "$7", "$8")
/* clang-format on */

static enum err roots_ask(const struct request *r, struct statement *s)
{
    s->sql = r->page.descending ? ROOTS("<", "DESC") : ROOTS(">", "ASC");
    statement_at(s, r);                   /* $1 .. $4 */
    statement_value(s, r, "distributor"); /* $5 */
    statement_page(s, r);                 /* $6, $7, $8 */
    return OK;
}

static enum err claims_ask(const struct request *r, struct statement *s)
{
    s->sql = r->page.descending ? CLAIMS("<", "DESC") : CLAIMS(">", "ASC");
    statement_at(s, r);              /* $1 .. $4 */
    statement_value(s, r, "earner"); /* $5 */
    statement_value(s, r, "token");
    statement_page(s, r); /* $7, $8 */
    return OK;
}

static const struct member root_members[] =
    {{.name = "root_index", .type = T_U64, .about = "The contract's number of it."},
     {.name = "distributor", .type = T_ADDRESS, .about = "The RewardsCoordinator."},
     {.name = "root", .type = T_HASH, .about = "The root."},
     {.name = "end_time", .type = T_TIME, .about = "Up to when it counts rewards (rewardsCalculationEndTimestamp)."},
     {.name = "activated_at", .type = T_TIME, .about = "From when claims by it are accepted, unless it is disabled."},
     {.name = "disabled", .type = T_BOOL, .about = "Whether it was disabled by the block."},
     {.name = "disabled_block", .type = T_U64, .nullable = true, .about = "By which block; null: it was not."},
     {.name = "comparison",
      .type = T_TEXT,
      .about = "With the root of our distribution up to its day: equal, different, or unknown while that day is not "
               "closed."},
     {.name = "distribution", .type = T_TEXT, .nullable = true, .about = "That distribution of ours; null: none."},
     {.name = "distribution_root", .type = T_HASH, .nullable = true, .about = "Its root."},
     REWARD_EVENT_MEMBERS,
     {0}};

#define LIST .method = "GET", .shape = SHAPE_LIST, .takes_at = true, .cache = CACHE_STATE
#define DISTRIBUTOR_FILTER                                                                     \
    {                                                                                          \
        .name = "distributor", .type = PARAMETER_ADDRESS, .about = "Only of this distributor." \
    }

const struct route rewards_claims_routes[] =
    {{LIST, .path = "/v1/rewards/distributions",
      .about = "What each distributor had paid in all when a day was closed, by day and distributor.",
      .parameters = PARAMETERS(DISTRIBUTOR_FILTER), .members = distribution_members, .KEYS(T_I64, T_ADDRESS),
      .both_orders = true, .ask = distributions_ask},
     {.method = "GET",
      .path = "/v1/rewards/distributions/{id}",
      .about = "One distribution; of a closed day without one, the last before it; a day not yet closed is 409.",
      .shape = SHAPE_OBJECT,
      .takes_at = true,
      .cache = CACHE_STATE,
      .parameters = PARAMETERS(
          {.name = "id",
           .type = PARAMETER_TEXT,
           .max = 64,
           .about =
               "Distributor and day (0x...-YYYY-MM-DD); a day alone means the network's only RewardsCoordinator."}),
      .members = distribution_members,
      .run = distribution_run},
     {LIST, .path = "/v1/rewards/roots", .about = "Distribution roots on L1 beside ours, by number.",
      .parameters = PARAMETERS(DISTRIBUTOR_FILTER), .members = root_members, .KEYS(T_I64, T_ADDRESS),
      .both_orders = true, .ask = roots_ask},
     {LIST, .path = "/v1/rewards/claims", .about = "What was claimed on L1, in chain order.",
      .parameters = PARAMETERS({.name = "earner", .type = PARAMETER_ADDRESS, .about = "Only of this earner."},
                               {.name = "token", .type = PARAMETER_ADDRESS, .about = "Only in this token."}),
      .members = MEMBERS({.name = "earner", .type = T_ADDRESS, .about = "Whose earnings."},
                         {.name = "token", .type = T_ADDRESS, .about = "In what."},
                         {.name = "distributor", .type = T_ADDRESS, .about = "The RewardsCoordinator."},
                         {.name = "root", .type = T_HASH, .about = "The root that proved it."},
                         {.name = "claimer", .type = T_ADDRESS, .about = "Who claimed."},
                         {.name = "recipient", .type = T_ADDRESS, .about = "Who got it."},
                         {.name = "amount", .type = T_AMOUNT, .about = "What this claim paid."}, REWARD_EVENT_MEMBERS),
      .KEYS(T_I64), .both_orders = true, .ask = claims_ask},
     {0}};
