/* api/rewards_terms.c - what RewardsCoordinator's events say of operators' splits, its settings, permissions and claimers; who is registered where. */
#include "api/rewards.h"

/* ---- timelines, as their events came ---- */

/* clang-format off */
#define SPLITS(compare, order)                                                                                        \
    REWARD_EVENTS("reward_split", "t.operator, " SQL_NO_ZERO("t.avs") " AS avs,"                                      \
    " nullif(t.operator_set, -1) AS operator_set, CASE WHEN t.operator_set >= 0 THEN 'operator_set'"                  \
    " WHEN t.avs = " SQL_ZERO_ADDRESS " THEN 'programmatic' ELSE 'avs' END AS scope, t.distributor,"                  \
    " to_timestamp(t.activated_at) AS activated_at, t.old_bips, t.new_bips, t.first",                                 \
    SQL_IF("t.operator", "bytea", "5") SQL_IF("t.avs", "bytea", "6"), compare, order, "$7", "$8")
#define SETTINGS(compare, order)                                                                                      \
    REWARD_EVENTS("reward_setting", "('{activation_delay,default_operator_split,rewards_updater,fee_recipient,"       \
    "global_commission}'::text[])[t.setting] AS setting, t.distributor,"                                              \
    " CASE WHEN t.setting IN (1, 2, 5) THEN t.number END AS number,"                                                  \
    " CASE WHEN t.setting IN (3, 4) THEN t.address END AS address",                                                   \
    SQL_IF("t.distributor", "bytea", "5"), compare, order, "$6", "$7")
#define PERMISSIONS(compare, order)                                                                                   \
    REWARD_EVENTS("reward_permission", "('{submits_for_all,pays_protocol_fee}'::text[])[t.permission] AS permission," \
    " t.distributor, t.account, t.granted",                                                                           \
    SQL_IF("t.account", "bytea", "5"), compare, order, "$6", "$7")
#define CLAIMERS(compare, order)                                                                                      \
    REWARD_EVENTS("reward_claimer", "t.earner, t.distributor, " SQL_NO_ZERO("t.claimer") " AS claimer",               \
    SQL_IF("t.earner", "bytea", "5"), compare, order, "$6", "$7")
/* clang-format on */

static enum err splits_ask(const struct request *r, struct statement *s)
{
    s->sql = r->page.descending ? SPLITS("<", "DESC") : SPLITS(">", "ASC");
    statement_at(s, r);                /* $1 .. $4 */
    statement_value(s, r, "operator"); /* $5 */
    statement_value(s, r, "avs");
    statement_page(s, r); /* $7, $8 */
    return OK;
}

static enum err filtered(const struct request *r, const char *filter, struct statement *s)
{
    statement_at(s, r);            /* $1 .. $4 */
    statement_value(s, r, filter); /* $5 */
    statement_page(s, r);          /* $6, $7 */
    return OK;
}

static enum err settings_ask(const struct request *r, struct statement *s)
{
    s->sql = r->page.descending ? SETTINGS("<", "DESC") : SETTINGS(">", "ASC");
    return filtered(r, "distributor", s);
}

static enum err permissions_ask(const struct request *r, struct statement *s)
{
    s->sql = r->page.descending ? PERMISSIONS("<", "DESC") : PERMISSIONS(">", "ASC");
    return filtered(r, "account", s);
}

static enum err claimers_ask(const struct request *r, struct statement *s)
{
    s->sql = r->page.descending ? CLAIMERS("<", "DESC") : CLAIMERS(">", "ASC");
    return filtered(r, "earner", s);
}

/* ---- registrations ---- */

static enum err registrations_ask(const struct request *r, struct statement *s)
{
    s->sql = SQL_AT
        "SELECT a.*, x.operator, x.avs, x.directory, x.operator_sets, x.operator AS key1, x.avs AS key2 FROM a"
        " LEFT JOIN LATERAL api_v1.registrations($5, $6, $7, a.position, $8) x ON true ORDER BY key1, key2";
    statement_at(s, r);           /* $1 .. $4 */
    statement_value(s, r, "avs"); /* $5 */
    statement_page(s, r);         /* $6, $7, $8 */
    return OK;
}

static void write_sets(struct json_writer *w, const struct rows *rows, size_t row, size_t column)
{
    nested_write_scalars(w, rows, row, column, T_I64);
}

#define LIST .method = "GET", .shape = SHAPE_LIST, .takes_at = true, .cache = CACHE_STATE
#define DISTRIBUTOR                                                                  \
    {                                                                                \
        .name = "distributor", .type = T_ADDRESS, .about = "The RewardsCoordinator." \
    }

const struct route rewards_terms_routes[] = {
    {LIST, .path = "/v1/rewards/splits",
     .about = "What part of their rewards operators keep, as they set it, in chain order.",
     .parameters = PARAMETERS({.name = "operator", .type = PARAMETER_ADDRESS, .about = "Only of this operator."},
                              {.name = "avs", .type = PARAMETER_ADDRESS, .about = "Only for this AVS."}),
     .members =
         MEMBERS({.name = "operator", .type = T_ADDRESS, .about = "Whose split."},
                 {.name = "avs", .type = T_ADDRESS, .nullable = true, .about = "For which AVS."},
                 {.name = "operator_set", .type = T_U64, .nullable = true, .about = "For which of its sets."},
                 {.name = "scope", .type = T_TEXT, .about = "avs, operator_set or programmatic."}, DISTRIBUTOR,
                 {.name = "activated_at", .type = T_TIME, .about = "From when new_bips is in force."},
                 {.name = "old_bips", .type = T_U64, .about = "What holds until then, as the event says."},
                 {.name = "new_bips", .type = T_U64, .about = "What holds from then on."},
                 {.name = "first", .type = T_BOOL, .about = "The first one: until it is in force the default counts."},
                 REWARD_EVENT_MEMBERS),
     .KEYS(T_I64), .both_orders = true, .ask = splits_ask},
    {LIST, .path = "/v1/rewards/settings",
     .about = "Settings of a RewardsCoordinator, as they were set, in chain order.",
     .parameters = PARAMETERS(
         {.name = "distributor", .type = PARAMETER_ADDRESS, .about = "Only of this RewardsCoordinator."}),
     .members = MEMBERS(
         {.name = "setting",
          .type = T_TEXT,
          .about =
              "activation_delay (seconds), default_operator_split (bips), rewards_updater, fee_recipient, global_commission (bips)."},
         DISTRIBUTOR,
         {.name = "number", .type = T_AMOUNT, .nullable = true, .about = "Its value, if that is a number."},
         {.name = "address", .type = T_ADDRESS, .nullable = true, .about = "Its value, if that is an address."},
         REWARD_EVENT_MEMBERS),
     .KEYS(T_I64), .both_orders = true, .ask = settings_ask},
    {LIST, .path = "/v1/rewards/permissions",
     .about = "Who may submit for all and who pays the protocol fee, as it was set, in chain order.",
     .parameters = PARAMETERS({.name = "account", .type = PARAMETER_ADDRESS, .about = "Only of this account."}),
     .members = MEMBERS({.name = "permission", .type = T_TEXT, .about = "submits_for_all or pays_protocol_fee."},
                        DISTRIBUTOR, {.name = "account", .type = T_ADDRESS, .about = "Whose."},
                        {.name = "granted", .type = T_BOOL, .about = "Given or taken."}, REWARD_EVENT_MEMBERS),
     .KEYS(T_I64), .both_orders = true, .ask = permissions_ask},
    {LIST, .path = "/v1/rewards/claimers", .about = "Who may claim for an earner, as it was set, in chain order.",
     .parameters = PARAMETERS({.name = "earner", .type = PARAMETER_ADDRESS, .about = "Only of this earner."}),
     .members =
         MEMBERS({.name = "earner", .type = T_ADDRESS, .about = "For whom."}, DISTRIBUTOR,
                 {.name = "claimer", .type = T_ADDRESS, .nullable = true, .about = "Who; null: the earner itself."},
                 REWARD_EVENT_MEMBERS),
     .KEYS(T_I64), .both_orders = true, .ask = claimers_ask},
    {LIST, .path = "/v1/rewards/registrations",
     .about = "Which operators are registered with which AVSs at a block, by operator and AVS.",
     .parameters = PARAMETERS({.name = "avs", .type = PARAMETER_ADDRESS, .about = "Only with this AVS."}),
     .members = MEMBERS({.name = "operator", .type = T_ADDRESS, .about = "The operator."},
                        {.name = "avs", .type = T_ADDRESS, .about = "The AVS."},
                        {.name = "directory", .type = T_BOOL, .about = "AVSDirectory says so."},
                        {.name = "operator_sets",
                         .nest = NEST_SCALARS,
                         .type = T_I64,
                         .write = write_sets,
                         .about = "Numbers of the AVS's operator sets that it is registered in."}),
     .KEYS(T_ADDRESS, T_ADDRESS), .ask = registrations_ask},
    {0}};
