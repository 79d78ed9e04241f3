/* api/alt_staking.c - a contract of ALT's own staking as of a block: totals, settings, operators, distributions, alerts. */
#include <assert.h>
#include <string.h>

#include "api/alt_view.h"
#include "api/routes.h"
#include "api/sql.h"

/* clang-format off */
#define FEES(book, owner) "api_v1.alt_balance(" book "::smallint, api_v1.alt_distribution_asset($5, d.distribution), " owner ", o.operator, a.position)::text"
#define OPERATORS                                                                                                     \
    "(SELECT json_agg(json_build_array(" SQL_HEX("o.operator") ", o.registered, o.frozen, o.total_supply::text,"      \
    " o.cooling::text, o.cooldown_doubt::text, o.fee_bps, o.pending_fee_bps, " SQL_SECONDS("o.fee_cooldown_end") ","  \
    SQL_HEX("o.node_key") ", CASE WHEN o.votes_known THEN (SELECT coalesce(json_agg(" SQL_HEX("v.alert")              \
    " ORDER BY v.place), '[]') FROM api_v1.alt_voted_alerts($5, o.operator, o.voted_alerts, a.position) v) END,"      \
    " (SELECT coalesce(json_agg(json_build_array(" FEES("48", SQL_ZERO_ADDRESS) ", " FEES("46", SQL_ZERO_ADDRESS)     \
    ", " FEES("47", "o.operator") ") ORDER BY d.distribution), '[]')"                                                 \
    " FROM generate_series(1, coalesce(api_v1.alt_setting($5, 11, a.position), 0)::integer) AS d (distribution)))"    \
    " ORDER BY o.operator)::text FROM api_v1.alt_operators($5, a.position) o)"
#define BOOKED(book, side) "(SELECT (c." side ")::text FROM ledger.control c WHERE c.book = " book                    \
    " AND c.asset = api_v1.alt_distribution_asset($5, d.distribution) AND c.position <= a.position"                   \
    " ORDER BY c.position DESC LIMIT 1)"
#define REWARDS                                                                                                       \
    "(SELECT json_agg(json_build_array(" BOOKED("48", "credits - c.debits") ", " BOOKED("46", "debits - c.credits")   \
    ", " BOOKED("47", "debits - c.credits") ") ORDER BY d.distribution)::text"                                        \
    " FROM generate_series(1, coalesce(api_v1.alt_setting($5, 11, a.position), 0)::integer) AS d (distribution))"
#define ALERTS                                                                                                        \
    "(SELECT json_agg(json_build_array(" SQL_HEX("l.alert") ", l.vote_count::text, l.count_known, l.is_active,"       \
    " l.listed, l.kind, " SQL_SECONDS("l.expiry") ", l.reset_count, l.reset_count_known) ORDER BY l.alert)::text"     \
    " FROM api_v1.alt_alerts($5, a.position) l)"
#define SETTINGS                                                                                                      \
    "(SELECT json_agg(api_v1.alt_setting($5, g, a.position)::text ORDER BY g)::text FROM generate_series(0, 11) g)"
/* clang-format on */

enum {
    COLUMN_FIGURES = AT_COLUMNS,
    COLUMN_SETTINGS,
    COLUMN_OPERATORS,
    COLUMN_REWARDS,
    COLUMN_ALERTS,
    COLUMN_PAUSED,
    COLUMN_SINCE
};

/* A contract without a log up to the block yields no row, hence 404. */
static enum err alt_staking_ask(const struct request *r, struct statement *s)
{
    s->sql = SQL_AT "SELECT a.*, api_v1.alt_figures(k.address, a.position)::text AS figures,"
                    " " SETTINGS " AS settings, " OPERATORS " AS operators, " REWARDS " AS rewards, " ALERTS
                    " AS alerts, coalesce((SELECT p.paused FROM ledger.paused p WHERE p.contract = $5"
                    "   AND p.position <= a.position ORDER BY p.position DESC LIMIT 1), false) AS paused,"
                    " (SELECT i.position >> 32 FROM ledger.inconsistency i WHERE i.contract = $5"
                    "   AND i.position <= a.position ORDER BY i.position LIMIT 1) AS since"
                    " FROM a JOIN api_v1.contracts() k ON k.address = $5 AND k.kind = 'alt.staking'"
                    " WHERE api_v1.alt_setting($5, 0, a.position) IS NOT NULL";
    statement_at(s, r);                /* $1 .. $4 */
    statement_value(s, r, "contract"); /* $5 */
    return OK;
}

static json_t *unpack(const struct rows *rows, size_t column)
{
    json_t *tree = NULL;
    if (rows_null(rows, 0, column))
        return NULL;
    const char *text = rows_text(rows, 0, column);
    enum err e = json_parse(text, strlen(text), JSON_DEPTH_MAX, &tree);
    assert(e == OK && json_is_array(tree));
    return tree;
}

enum { SETTING_MIN_VOTING_STAKE = 4 }; /* as in ledger.alt_setting */

static enum err alt_staking_answer(const struct request *r, const struct rows *rows, struct reply *reply)
{
    struct json_writer *w = &reply->json;
    AUTO_JSON figures = unpack(rows, COLUMN_FIGURES);
    AUTO_JSON settings = unpack(rows, COLUMN_SETTINGS);
    AUTO_JSON operators = unpack(rows, COLUMN_OPERATORS);
    AUTO_JSON rewards = unpack(rows, COLUMN_REWARDS);
    AUTO_JSON alerts = unpack(rows, COLUMN_ALERTS);
    struct alt_view v = {.settings = settings,
                         .operators = operators,
                         .rewards = rewards,
                         .alerts = alerts,
                         .paused = rows_bool(rows, 0, COLUMN_PAUSED),
                         .block = r->as_of.number,
                         .now = r->as_of.time.unix_seconds,
                         .undetermined = {.arena = r->arena}};
    alt_figures_read(figures, r->arena, &v.figures);
    v.has_min = alt_setting_amount(&v, SETTING_MIN_VOTING_STAKE, &v.min_voting_stake);
    jw_key(w, "contract");
    jw_address(w, v.figures.contract);
    alt_key_number(w, "inconsistent_since", !rows_null(rows, 0, COLUMN_SINCE),
                   rows_null(rows, 0, COLUMN_SINCE) ? 0 : rows_i64(rows, 0, COLUMN_SINCE));
    alt_write_totals(w, &v);
    alt_write_config(w, &v);
    alt_write_operators(w, &v);
    alt_write_distributions(w, &v);
    alt_write_alerts(w, &v);
    undetermined_write(w, &v.undetermined);
    return OK;
}

const struct route alt_staking_routes[] =
    {{.method = "GET",
      .path = "/v1/alt-staking/{contract}",
      .about = "A contract of ALT's own staking: totals, settings, operators, distributions, alerts.",
      .shape = SHAPE_OBJECT,
      .takes_at = true,
      .cache = CACHE_STATE,
      .parameters = PARAMETERS({.name = "contract", .type = PARAMETER_ADDRESS, .about = "The staking contract."}),
      .members =
          MEMBERS({.name = "contract", .type = T_ADDRESS, .about = "The contract."},
                  {.name = "inconsistent_since",
                   .type = T_U64,
                   .nullable = true,
                   .about = "First block whose events its books cannot explain; null if there is none."},
                  {.name = "totals",
                   .nest = NEST_OBJECT,
                   .members = alt_totals_members,
                   .about = "Sums over all operators, and counts."},
                  {.name = "config", .nest = NEST_OBJECT, .members = alt_config_members, .about = "Settings in force."},
                  {.name = "operators",
                   .nest = NEST_LIST,
                   .members = alt_operator_members,
                   .about = "Operators, ordered by address."},
                  {.name = "distributions",
                   .nest = NEST_LIST,
                   .members = alt_distribution_members,
                   .about = "Distributions of rewards that a log or the contract named."},
                  {.name = "alerts",
                   .nest = NEST_LIST,
                   .members = alt_alert_members,
                   .about = "Alerts ever voted on, ordered by hash."},
                  {.name = "undetermined",
                   .nest = NEST_LIST,
                   .members = undetermined_item_members,
                   .about = "Which members the logs do not determine, and why."}),
      .ask = alt_staking_ask,
      .answer = alt_staking_answer},
     {0}};
