/* api/rewards.c - what is to be distributed: submissions and the income of fee collectors; and the days of the chain. */
#include "api/rewards.h"

#include <ctype.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "api/render.h"

/* ---- days, names, ids ---- */

#define NAME(code, number, name) name,
const char *const reward_kind_names[] = {REWARD_KINDS(NAME) NULL};
const char *const reward_role_names[] = {REWARD_ROLES(NAME) NULL};
#undef NAME

enum { DAY_TEXT = 10 };

enum err reward_day_parse(const char *name, const char *text, size_t n, int64_t *out)
{
    char time[DAY_TEXT + sizeof "T00:00:00Z"];
    struct instant t = {0};
    if (n == DAY_TEXT) {
        snprintf(time, sizeof time, "%.*sT00:00:00Z", (int)n, text);
        if (instant_parse(time, strlen(time), &t) == OK && t.unix_seconds >= 0) {
            *out = t.unix_seconds / DAY_SECONDS;
            return OK;
        }
    }
    return err_with(ERR_FIELD, "%s: must be a day since 1970, YYYY-MM-DD", name);
}

enum err reward_day_in(struct statement *s, const struct request *r)
{
    int64_t day = 0;
    bool given = request_given(r, "day");
    if (given)
        TRY(reward_day_parse("day", request_text(r, "day"), strlen(request_text(r, "day")), &day));
    statement_in(s, (struct param){T_I64, given ? arena_copy(r->arena, &day, sizeof day) : NULL});
    return OK;
}

void reward_choice_in(struct statement *s, const struct request *r, const char *name)
{
    bool given = request_given(r, name);
    int16_t number = given ? (int16_t)(request_choice(r, name) + 1) : 0;
    statement_in(s, (struct param){T_I16, given ? arena_copy(r->arena, &number, sizeof number) : NULL});
}

enum err reward_distribution_parse(const char *text, struct address *distributor, bool *has_distributor, int64_t *day)
{
    size_t n = strlen(text);
    bool named = n == ADDRESS_TEXT + 1 + DAY_TEXT && text[ADDRESS_TEXT] == '-';
    struct address whose = address_zero;
    if ((named && address_parse(text, ADDRESS_TEXT, &whose) != OK) ||
        reward_day_parse("id", named ? text + ADDRESS_TEXT + 1 : text, DAY_TEXT < n ? DAY_TEXT : n, day) != OK ||
        (!named && n != DAY_TEXT))
        return err_with(ERR_NOT_FOUND, "a distribution's id is its distributor, a dash and its day (YYYY-MM-DD)");
    *distributor = whose;
    *has_distributor = named;
    return OK;
}

/* ---- submissions ---- */

/* Of fees the income so far: what still waits and what was paid. */
/* clang-format off */
#define PENDING                                                                                                       \
    "api_v1.balance_of(60::smallint, s.token, s.submitter, s.submission, a.position)"
#define AMOUNT                                                                                                        \
    "CASE WHEN s.kind = 8 THEN w.pending + coalesce((SELECT sum(p.tokens + p.rest) FROM ledger.reward_pool p"         \
    " WHERE p.submission = s.submission AND p.position <= a.position), 0) ELSE s.amount END"
#define SUBMISSION_COLUMNS                                                                                            \
    " s.submission, api_v1.reward_kind(s.kind) AS kind, s.distributor, s.submitter, " SQL_NO_ZERO("s.avs") " AS avs," \
    " nullif(s.operator_set, -1) AS operator_set, s.nonce, s.token, " AMOUNT " AS amount,"                            \
    " to_timestamp(s.start_time) AS start_time, s.duration, api_v1.day_text(s.day) AS day,"                           \
    " (SELECT json_agg(json_build_array(" SQL_HEX("t.strategy") ", t.multiplier::text) ORDER BY t.item)::text"        \
    "   FROM ledger.reward_strategy t WHERE t.submission = s.submission AND t.position <= a.position) AS strategies," \
    " (SELECT json_agg(json_build_array(" SQL_HEX("t.operator") ", t.amount::text) ORDER BY t.item)::text"            \
    "   FROM ledger.reward_operator t WHERE t.submission = s.submission AND t.position <= a.position) AS operators,"  \
    " CASE WHEN s.kind IN (4, 5) THEN s.description END AS description,"                                              \
    " CASE WHEN s.kind = 8 THEN (SELECT j.value ->> 'collects_for' FROM mirror.cursor c"                              \
    "   CROSS JOIN LATERAL jsonb_array_elements(c.network::jsonb -> 'contracts') j"                                   \
    "   WHERE j.value ->> 'kind' = 'fee_collector'"                                                                   \
    "   AND decode(substr(j.value ->> 'address', 3), 'hex') = s.distributor) END AS collects_for, w.pending,"         \
    " s.position >> 32 AS block_number, s.log_index, v.tx_hash"
#define DECORATED(p) SQL_OF_EVENT(p) " CROSS JOIN LATERAL (SELECT " PENDING " AS pending OFFSET 0) w"
#define SUBMISSIONS(compare, order)                                                                                   \
    SQL_AT "SELECT a.*, x.* FROM a LEFT JOIN LATERAL (SELECT" SUBMISSION_COLUMNS ", s.position AS key"                \
    " FROM (SELECT s.* FROM ledger.reward_submission s WHERE s.position <= a.position AND s.position " compare " $9"  \
    SQL_IF("s.avs", "bytea", "5") SQL_IF("s.distributor", "bytea", "6") SQL_IF("s.kind", "smallint", "7")              \
    SQL_IF("s.token", "bytea", "8") " ORDER BY s.position " order " LIMIT $10) s" DECORATED("s")                      \
    " ORDER BY s.position " order ") x ON true ORDER BY x.key " order
/* clang-format on */

static enum err submissions_ask(const struct request *r, struct statement *s)
{
    s->sql = r->page.descending ? SUBMISSIONS("<", "DESC") : SUBMISSIONS(">", "ASC");
    statement_at(s, r);           /* $1 .. $4 */
    statement_value(s, r, "avs"); /* $5 */
    statement_value(s, r, "distributor");
    reward_choice_in(s, r, "kind"); /* $7 */
    statement_value(s, r, "token");
    statement_page(s, r); /* $9, $10 */
    return OK;
}

static enum err submission_ask(const struct request *r, struct statement *s)
{
    s->sql = SQL_AT "SELECT a.*, x.* FROM a LEFT JOIN LATERAL (SELECT" SUBMISSION_COLUMNS " FROM (SELECT t.* FROM"
                    " ledger.reward_submission t WHERE t.submission = $5 AND t.position <= a.position"
                    " ORDER BY t.position LIMIT 1) s" DECORATED("s") ") x ON true";
    statement_at(s, r); /* $1 .. $4 */
    statement_value(s, r, "submission");
    return OK;
}

static enum err submission_answer(const struct request *r, const struct rows *rows, struct reply *reply)
{
    if (rows_null(rows, 0, AT_COLUMNS))
        return err_with(ERR_NOT_FOUND, "submission: no such submission of rewards at block %" PRIu64, r->as_of.number);
    render_members(&reply->json, r->route->members, rows, 0, AT_COLUMNS);
    return OK;
}

/* Whatever the submitter wrote: bytes that are no UTF-8 become U+FFFD. */
static void write_description(struct json_writer *w, const struct rows *rows, size_t row, size_t column)
{
    if (rows_null(rows, row, column)) {
        jw_null(w);
        return;
    }
    struct slice text = rows_bytes(rows, row, column);
    jw_text_n(w, (const char *)text.p, text.n);
}

static const struct member strategy_members[] = {{.name = "strategy", .type = T_ADDRESS, .about = "The strategy."},
                                                 {.name = "multiplier", .type = T_AMOUNT, .about = "Its weight."},
                                                 {0}};
static const struct member operator_members[] = {{.name = "operator", .type = T_ADDRESS, .about = "The operator."},
                                                 {.name = "amount",
                                                  .type = T_AMOUNT,
                                                  .about = "What is listed for it, for all days."},
                                                 {0}};

static void write_strategies(struct json_writer *w, const struct rows *rows, size_t row, size_t column)
{
    nested_write_list(w, rows, row, column, strategy_members);
}

static void write_operators(struct json_writer *w, const struct rows *rows, size_t row, size_t column)
{
    nested_write_list(w, rows, row, column, operator_members);
}

static const struct member submission_members[] =
    {{.name = "submission", .type = T_HASH, .about = "Its hash; of fees an id of collector, token and epoch."},
     {.name = "kind", .type = T_TEXT, .about = "How it is shared: avs, for_all, ... or fee."},
     {.name = "distributor",
      .type = T_ADDRESS,
      .about = "The contract that holds the money: a RewardsCoordinator or a fee collector."},
     {.name = "submitter", .type = T_ADDRESS, .about = "Who submitted it; of fees the collector."},
     {.name = "avs", .type = T_ADDRESS, .nullable = true, .about = "For whom; null: for all."},
     {.name = "operator_set", .type = T_U64, .nullable = true, .about = "Number of the AVS's operator set."},
     {.name = "nonce", .type = T_AMOUNT, .about = "The submitter's count of submissions."},
     {.name = "token", .type = T_ADDRESS, .about = "What it pays in."},
     {.name = "amount", .type = T_AMOUNT, .about = "In all; of fees the epoch's income so far."},
     {.name = "start_time", .type = T_TIME, .about = "Begin of its time; of fees the epoch's."},
     {.name = "duration", .type = T_U64, .about = "Seconds from there."},
     {.name = "day", .type = T_TEXT, .about = "Day of its event."},
     {.name = "strategies",
      .nest = NEST_LIST,
      .members = strategy_members,
      .write = write_strategies,
      .about = "What counts, in the order of the event."},
     {.name = "operators",
      .nest = NEST_LIST,
      .members = operator_members,
      .write = write_operators,
      .about = "Operator-directed: who is listed, in the order of the event."},
     {.name = "description",
      .type = T_TEXT,
      .nullable = true,
      .write = write_description,
      .about = "Operator-directed: the submitter's words."},
     {.name = "collects_for",
      .type = T_TEXT,
      .nullable = true,
      .about = "Of fees, for which rollup or service: what the network file says of the collector."},
     {.name = "pending", .type = T_AMOUNT, .about = "What of it is still to be distributed."},
     REWARD_EVENT_MEMBERS,
     {0}};

/* ---- days ---- */

/* clang-format off */
#define DAYS(compare, order)                                                                                          \
    SQL_AT "SELECT a.*, x.* FROM a LEFT JOIN LATERAL (SELECT api_v1.day_text(t.day) AS day,"                          \
    " api_v1.day_text(t.next_day) AS next_day, t.last_block, t.last_block + d.delay AS closing_block,"                \
    " api_v1.is_day_closed(t.last_block, a.number) AS closed, t.day AS key"                                           \
    " FROM ledger.reward_day t CROSS JOIN (SELECT api_v1.booking_delay() AS delay OFFSET 0) d"                        \
    " WHERE t.position <= a.position AND t.day " compare " $5 ORDER BY t.day " order " LIMIT $6) x ON true"           \
    " ORDER BY x.key " order
/* clang-format on */

static enum err days_ask(const struct request *r, struct statement *s)
{
    s->sql = r->page.descending ? DAYS("<", "DESC") : DAYS(">", "ASC");
    statement_at(s, r);   /* $1 .. $4 */
    statement_page(s, r); /* $5, $6 */
    return OK;
}

const struct route rewards_routes[] =
    {{.method = "GET",
      .path = "/v1/rewards/submissions",
      .about = "What is to be distributed: submissions of rewards and the income of fee collectors, in chain order.",
      .shape = SHAPE_LIST,
      .takes_at = true,
      .cache = CACHE_STATE,
      .parameters = PARAMETERS({.name = "avs", .type = PARAMETER_ADDRESS, .about = "Only for this AVS."},
                               {.name = "distributor",
                                .type = PARAMETER_ADDRESS,
                                .about = "Only of this RewardsCoordinator or fee collector."},
                               {.name = "kind",
                                .type = PARAMETER_CHOICE,
                                .choices = reward_kind_names,
                                .about = "Only of this kind."},
                               {.name = "token", .type = PARAMETER_ADDRESS, .about = "Only in this token."}),
      .members = submission_members,
      .KEYS(T_I64),
      .both_orders = true,
      .ask = submissions_ask},
     {.method = "GET",
      .path = "/v1/rewards/submissions/{submission}",
      .about = "One submission of rewards, or the income of a fee collector in an epoch.",
      .shape = SHAPE_OBJECT,
      .takes_at = true,
      .cache = CACHE_STATE,
      .parameters = PARAMETERS({.name = "submission", .type = PARAMETER_HASH, .about = "Its hash."}),
      .members = submission_members,
      .ask = submission_ask,
      .answer = submission_answer},
     {.method = "GET",
      .path = "/v1/rewards/days",
      .about = "Days of the chain that ended, with the block whose state is their snapshot.",
      .shape = SHAPE_LIST,
      .takes_at = true,
      .cache = CACHE_STATE,
      .members = MEMBERS({.name = "day", .type = T_TEXT, .about = "The day (YYYY-MM-DD, UTC)."},
                         {.name = "next_day",
                          .type = T_TEXT,
                          .about = "The day of the next block: days between have the same snapshot."},
                         {.name = "snapshot_block", .type = T_U64, .about = "The last block before midnight."},
                         {.name = "closing_block",
                          .type = T_U64,
                          .about = "The first block from this one on closes it and books what it pays."},
                         {.name = "closed", .type = T_BOOL, .about = "Whether that has been done."}),
      .KEYS(T_I64),
      .both_orders = true,
      .ask = days_ask},
     {0}};
