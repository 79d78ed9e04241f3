/* api/history.c - stake through time: points of an operator's shares and magnitudes, or of an account's stake, one statement a page.
 *
 * Points are block numbers or moments, as step says: a number of blocks, or a time such as 1d, 6h or 3600s (the default is 1d).
 * They are from, from + step, ... up to `to` and the block of at=. A moment stands for the last block at or before it. Without
 * from, or if from is a block, moments are multiples of the step since 1970-01-01 UTC: 1d is 00:00 UTC. */
#include <inttypes.h>
#include <string.h>

#include "api/account_stake.h"
#include "api/parse.h"
#include "api/routes.h"
#include "api/sql.h"

enum {
    MINUTE = 60,
    HOUR = 60 * MINUTE,
    DAY = 24 * HOUR,
    WEEK = 7 * DAY,
    STEP_DEFAULT = DAY,
    STEP_TEXT = 16,
    BOUND_TEXT = 32
};
#define STEP_MAX   INT64_C(10000000000) /* seconds or blocks: 300 years */
#define NUMBER_MAX INT64_C(0x7fffffff)

/* ---- from, to, step ---- */

/* One end of the range: a block or a time, or neither. */
struct bound {
    const int64_t *number;
    const struct instant *time;
};

static enum err parse_bound(const struct request *r, const char *name, struct bound *out)
{
    struct bound b = {NULL, NULL};
    uint64_t number;
    struct instant time;
    if (request_given(r, name)) {
        const char *text = request_text(r, name);
        if (parse_u64(text, NUMBER_MAX, &number) == OK) {
            int64_t n = (int64_t)number;
            b.number = arena_copy(r->arena, &n, sizeof n);
        } else if (instant_parse(text, strlen(text), &time) == OK) {
            b.time = arena_copy(r->arena, &time, sizeof time);
        } else {
            return err_with(ERR_FIELD, "%s: must be a block number or an RFC 3339 time", name);
        }
    }
    *out = b;
    return OK;
}

struct step {
    int64_t size;
    bool in_time;
};

static enum err parse_step(const struct request *r, struct step *out)
{
    static const struct {
        char letter;
        int64_t seconds;
    } units[] = {{'s', 1}, {'m', MINUTE}, {'h', HOUR}, {'d', DAY}, {'w', WEEK}};
    struct step step = {STEP_DEFAULT, true};
    if (request_given(r, "step")) {
        const char *text = request_text(r, "step");
        char digits[STEP_TEXT + 1];
        size_t n = strlen(text);
        uint64_t count = 0;
        int64_t unit = 0;
        for (size_t i = 0; i < sizeof units / sizeof *units; i++)
            if (n > 0 && text[n - 1] == units[i].letter)
                unit = units[i].seconds;
        memcpy(digits, text, n + 1);
        if (unit != 0)
            digits[n - 1] = '\0';
        step = (struct step){.in_time = unit != 0};
        if (parse_u64(digits, (uint64_t)(STEP_MAX / (unit != 0 ? unit : 1)), &count) != OK || count == 0)
            return err_with(ERR_FIELD, "step: must be a number of blocks, or a time such as 1d, 6h or 3600s");
        step.size = (int64_t)count * (unit != 0 ? unit : 1);
    }
    *out = step;
    return OK;
}

static enum err check_order(struct bound from, struct bound to)
{
    if ((from.number != NULL && to.number != NULL && *from.number > *to.number) ||
        (from.time != NULL && to.time != NULL && from.time->unix_seconds > to.time->unix_seconds))
        return err_with(ERR_FIELD, "to: lies before from");
    return OK;
}

/* $5 address, $6 from (block), $7 from (time), $8 to (block), $9 to (time), $10 step, $11 whether step is a time, $12 after which point to
 * go on, $13 how many. */
static enum err history_ask(const struct request *r, struct statement *s)
{
    struct bound from, to;
    struct step step;
    TRY(parse_bound(r, "from", &from));
    TRY(parse_bound(r, "to", &to));
    TRY(check_order(from, to));
    TRY(parse_step(r, &step));
    statement_at(s, r);               /* $1 .. $4 */
    statement_value(s, r, "address"); /* $5 */
    statement_in(s, (struct param)IN(from.number));
    statement_in(s, (struct param)IN(from.time));
    statement_in(s, (struct param)IN(to.number));
    statement_in(s, (struct param)IN(to.time));
    statement_in(s, (struct param)IN((const int64_t *)arena_copy(r->arena, &step.size, sizeof step.size)));
    statement_in(s, (struct param)IN((const bool *)arena_copy(r->arena, &step.in_time, sizeof step.in_time)));
    statement_page(s, r); /* $12, $13 */
    return OK;
}

/* ---- what is at a point ---- */

/* clang-format off */
#define POINT " SELECT p.number AS block_number, b.time AS block_time, CASE WHEN $11 THEN to_timestamp(p.key) END AS moment, "
#define POINTS(down)                                                                                                  \
    " AS strategies, p.key FROM api_v1.history_points(a.number, $6, $7, $8, $9, $10, $11, $12, $13, " down ") p"      \
    " CROSS JOIN LATERAL (SELECT p.number << 32 | 4294967295 AS until OFFSET 0) u"                                    \
    " LEFT JOIN LATERAL (SELECT b.time FROM mirror.chain h JOIN mirror.block b ON b.id = h.block"                     \
    "   WHERE h.number = p.number LIMIT 1) b ON true"
#define OF_OPERATOR(down, order)                                                                                      \
    SQL_AT "SELECT a.*, x.* FROM a LEFT JOIN LATERAL (" POINT "(SELECT json_agg(json_build_array("                    \
    SQL_HEX("s.strategy") ", s.shares::text, s.max_magnitude::text, s.encumbered_magnitude::text)"                    \
    " ORDER BY s.strategy)::text FROM api_v1.operator_strategies($5, u.until, p.number) s)" POINTS(down)              \
    ") x ON true ORDER BY x.key " order
#define OF_ACCOUNT(down, order)                                                                                       \
    SQL_AT "SELECT a.*, x.* FROM a LEFT JOIN LATERAL (" POINT "g.operator, " STAKE("$5", "g.operator", "u.until")     \
    POINTS(down) " LEFT JOIN LATERAL api_v1.delegated_to($5, u.until) g ON true) x ON true ORDER BY x.key " order
/* clang-format on */

static enum err operator_ask(const struct request *r, struct statement *s)
{
    s->sql = r->page.descending ? OF_OPERATOR("true", "DESC") : OF_OPERATOR("false", "ASC");
    return history_ask(r, s);
}

static enum err account_ask(const struct request *r, struct statement *s)
{
    s->sql = r->page.descending ? OF_ACCOUNT("true", "DESC") : OF_ACCOUNT("false", "ASC");
    return history_ask(r, s);
}

static const struct member operator_members[] =
    {{.name = "strategy", .type = T_ADDRESS, .about = "The strategy."},
     {.name = "shares", .type = T_AMOUNT, .about = "What getOperatorShares answers."},
     {.name = "max_magnitude", .type = T_AMOUNT, .about = "What getMaxMagnitude answers, WAD."},
     {.name = "encumbered_magnitude", .type = T_AMOUNT, .about = "What getEncumberedMagnitude answers, WAD."},
     {0}};

static void write_operator(struct json_writer *w, const struct rows *rows, size_t row, size_t column)
{
    nested_write_list(w, rows, row, column, operator_members);
}

static void write_account(struct json_writer *w, const struct rows *rows, size_t row, size_t column)
{
    nested_write_list(w, rows, row, column, stake_members);
}

#define HISTORY_PARAMETERS                                                                                             \
    {.name = "from",                                                                                                   \
     .type = PARAMETER_TEXT,                                                                                           \
     .max = BOUND_TEXT,                                                                                                \
     .about = "First point: a block number or an RFC 3339 time; the first mirrored block if not given."},              \
        {.name = "to",                                                                                                 \
         .type = PARAMETER_TEXT,                                                                                       \
         .max = BOUND_TEXT,                                                                                            \
         .about = "Last point, included: a block number or an RFC 3339 time; the block of at= if not given."},         \
    {                                                                                                                  \
        .name = "step", .type = PARAMETER_TEXT, .max = STEP_TEXT,                                                      \
        .about = "From point to point: a number of blocks (100), or a time (30s, 10m, 6h, 1d, 1w; default 1d). Times " \
                 "count from `from` if that is a time, else from 1970, so that 1d is 00:00 UTC."                       \
    }
#define POINT_MEMBERS                                                                                      \
    {.name = "block_number", .type = T_U64, .about = "The block: of a moment, the last at or before it."}, \
        {.name = "block_time",                                                                             \
         .type = T_TIME,                                                                                   \
         .nullable = true,                                                                                 \
         .about = "Its time; null if its header is not stored."},                                          \
    {                                                                                                      \
        .name = "moment", .type = T_TIME, .nullable = true,                                                \
        .about = "The moment that the point stands for; null if step is a number of blocks."               \
    }

const struct route history_routes[] =
    {{.method = "GET",
      .path = "/v1/operators/{address}/history",
      .about = "Shares and magnitudes of an operator at evenly spaced blocks or times: a year of days is one request.",
      .shape = SHAPE_LIST,
      .takes_at = true,
      .cache = CACHE_STATE,
      .parameters = PARAMETERS({.name = "address", .type = PARAMETER_ADDRESS, .about = "The operator."},
                               HISTORY_PARAMETERS),
      .members =
          MEMBERS(POINT_MEMBERS,
                  {.name = "strategies",
                   .nest = NEST_LIST,
                   .members = operator_members,
                   .write = write_operator,
                   .about = "Where it has shares, was slashed, or anything is encumbered; ordered by strategy."}),
      .KEYS(T_I64),
      .both_orders = true,
      .ask = operator_ask},
     {.method = "GET",
      .path = "/v1/accounts/{address}/history",
      .about = "Stake of an account at evenly spaced blocks or times: a year of days is one request.",
      .shape = SHAPE_LIST,
      .takes_at = true,
      .cache = CACHE_STATE,
      .parameters = PARAMETERS({.name = "address", .type = PARAMETER_ADDRESS, .about = "The staker."},
                               HISTORY_PARAMETERS),
      .members = MEMBERS(POINT_MEMBERS,
                         {.name = "delegated_to",
                          .type = T_ADDRESS,
                          .nullable = true,
                          .about = "The operator; null if delegated to nobody."},
                         {.name = "strategies",
                          .nest = NEST_LIST,
                          .members = stake_members,
                          .write = write_account,
                          .about = "Deposits that are not zero, ordered by strategy."}),
      .KEYS(T_I64),
      .both_orders = true,
      .ask = account_ask},
     {0}};
