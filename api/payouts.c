/* api/payouts.c - payouts: who was paid what, of which submission for which day, as what. */
#include "api/payouts.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "api/render.h"

/* ---- ids ---- */

enum { DAY_TEXT = 10, POOL_SECOND = 32 + 4 + 1 };

/* Moves *p behind n characters and a dash (or the end). NULL: there are no so many. */
static const char *take(const char **p, size_t n)
{
    const char *text = *p;
    if (strlen(text) < n || (text[n] != '-' && text[n] != '\0'))
        return NULL;
    *p = text + n + (text[n] == '-' ? 1 : 0);
    return text;
}

static int16_t role_of(const char *text, size_t n)
{
    for (int16_t i = 0; reward_role_names[i] != NULL; i++)
        if (strlen(reward_role_names[i]) == n && memcmp(text, reward_role_names[i], n) == 0)
            return (int16_t)(i + 1);
    return 0;
}

enum err payout_id_parse(const char *text, struct payout_id *out)
{
    struct payout_id id;
    const char *p = text, *submission = take(&p, HASH_TEXT), *day = submission == NULL ? NULL : take(&p, DAY_TEXT);
    size_t role_n = strcspn(p, "-");
    const char *role = day == NULL ? NULL : take(&p, role_n);
    const char *operator= role == NULL ? NULL : take(&p, ADDRESS_TEXT);
    const char *earner = operator== NULL ? NULL : take(&p, ADDRESS_TEXT);
    if (earner == NULL || earner[ADDRESS_TEXT] != '\0' || hash_parse(submission, HASH_TEXT, &id.submission) != OK ||
        reward_day_parse("id", day, DAY_TEXT, &id.day) != OK || (id.role = role_of(role, role_n)) == 0 ||
        address_parse(operator, ADDRESS_TEXT, &id.operator) != OK ||
        address_parse(earner, ADDRESS_TEXT, &id.earner) != OK)
        return err_with(ERR_NOT_FOUND,
                        "id: a payout's id is submission, day, role, operator and earner, joined by dashes");
    *out = id;
    return OK;
}

enum err payout_absent(const struct request *r)
{
    return err_with(ERR_NOT_FOUND, "id: no such payout at block %" PRIu64, r->as_of.number);
}

enum err payout_id_in(const struct request *r, struct statement *s)
{
    struct payout_id *id = arena_take(r->arena, sizeof *id);
    uint8_t second[POOL_SECOND];
    TRY(payout_id_parse(request_text(r, "id"), id));
    memcpy(second, id->submission.b, sizeof id->submission.b);
    for (size_t i = 0; i < 4; i++)
        second[32 + i] = (uint8_t)(id->day >> (24 - 8 * i));
    second[36] = (uint8_t)id->role;
    struct slice bytes = {arena_copy(r->arena, second, sizeof second), sizeof second};
    statement_in(s, (struct param){T_HASH, &id->submission});
    statement_in(s, (struct param){T_BYTES, arena_copy(r->arena, &bytes, sizeof bytes)});
    statement_in(s, (struct param){T_ADDRESS, &id->operator});
    statement_in(s, (struct param){T_ADDRESS, &id->earner});
    return OK;
}

/* ---- lists ---- */

/* Of the pool n: $6 operator, $7 submission, $8 token, $9 role, $10 kind, $11 day. */
/* clang-format off */
#define WANTED_POOL                                                                                                   \
    SQL_IF("n.owner", "bytea", "6") SQL_IF("substr(n.second, 1, 32)", "bytea", "7") SQL_IF("n.asset", "bytea", "8")   \
    SQL_IF("get_byte(n.second, 36)", "smallint", "9") SQL_IF("api_v1.pool_day(n.second)", "bigint", "11")             \
    " AND ($10::smallint IS NULL OR EXISTS (SELECT FROM ledger.reward_submission k"                                   \
    "   WHERE k.submission = substr(n.second, 1, 32) AND k.kind = $10))"

/* Pools in the order of booking, and the payouts of each in theirs: both are read no further than the page goes. Every pool has a payout, but
 * the one that the page before ended in may have none left. `where` says which index gives the pools ($12, $13: after which pool and
 * payout). */
#define OF_POOLS(order, inclusive, down, where)                                                                       \
    SQL_AT "SELECT a.*, x.* FROM a LEFT JOIN LATERAL (SELECT" SQL_PAYOUT_COLUMNS ", n.created AS key1,"               \
    " e.position AS key2"                                                                                             \
    " FROM api_v1.pool_payouts((SELECT array_agg(q.id ORDER BY q.created " order ") FROM (SELECT n.id, n.created"     \
    "     FROM ledger.account n WHERE n.book = 64 AND n.created <= a.position AND n.created " inclusive " $12"        \
    "       AND " where WANTED_POOL " AND ($5::bytea IS NULL)"                                                        \
    "     ORDER BY n.created " order " LIMIT least($14, 9223372036854775806) + 1) q), $12, $13, $14, " down ") e"     \
    " JOIN ledger.account n ON n.id = e.pool JOIN ledger.account o ON o.id = e.account" SQL_OF_PAYOUT                 \
    " ORDER BY n.created " order ", e.position " order ") x ON true"                                                  \
    " ORDER BY x.key1 " order ", x.key2 " order
#define UP(where)   OF_POOLS("ASC", ">=", "false", where)
#define DOWN(where) OF_POOLS("DESC", "<=", "true", where)

/* Each account of the earner gives at most a page of its own entries, in index order; the page is the merge of those. */
#define OF_EARNER(compare, order)                                                                                     \
    SQL_AT "SELECT a.*, x.* FROM a LEFT JOIN LATERAL (SELECT" SQL_PAYOUT_COLUMNS ", e.position AS key1, $13::bigint AS key2" \
    " FROM (SELECT o.owner, e.* FROM ledger.account o CROSS JOIN LATERAL (SELECT t.delta, t.balance, t.position,"     \
    "     n.second, n.owner AS operator, n.asset FROM ledger.entry t JOIN ledger.account n ON n.id = t.counter"       \
    "     WHERE t.account = o.id AND t.log_index = -2 AND t.position <= a.position AND t.position " compare " $12"    \
    "     AND n.book = 64" WANTED_POOL " ORDER BY t.position " order " LIMIT $14) e"                                  \
    "   WHERE o.owner = $5 AND o.book = 61 ORDER BY e.position " order " LIMIT $14) o"                                \
    " CROSS JOIN LATERAL (SELECT o.delta, o.balance, o.position) e"                                                   \
    " CROSS JOIN LATERAL (SELECT o.second, o.operator AS owner, o.asset) n" SQL_OF_PAYOUT                             \
    " ORDER BY e.position " order ") x ON true ORDER BY x.key1 " order
/* clang-format on */

static const char *list_statement(const struct request *r)
{
    bool down = r->page.descending;
    if (request_given(r, "earner"))
        return down ? OF_EARNER("<", "DESC") : OF_EARNER(">", "ASC");
    if (request_given(r, "submission"))
        return down ? DOWN("substr(n.second, 1, 32) = $7") : UP("substr(n.second, 1, 32) = $7");
    if (request_given(r, "operator"))
        return down ? DOWN("n.owner = $6") : UP("n.owner = $6");
    if (request_given(r, "day"))
        return down ? DOWN("substr(n.second, 33, 4) = substr(int8send($11), 5)")
                    : UP("substr(n.second, 33, 4) = substr(int8send($11), 5)");
    if (request_given(r, "token"))
        return down ? DOWN("n.asset = $8") : UP("n.asset = $8");
    return down ? DOWN("true") : UP("true");
}

static enum err payouts_ask(const struct request *r, struct statement *s)
{
    s->sql = list_statement(r);
    statement_at(s, r); /* $1 .. $4 */
    statement_value(s, r, "earner");
    statement_value(s, r, "operator");
    statement_value(s, r, "submission");
    statement_value(s, r, "token");
    reward_choice_in(s, r, "role");
    reward_choice_in(s, r, "kind");
    TRY(reward_day_in(s, r)); /* $11 */
    statement_page(s, r);     /* $12, $13, $14 */
    return OK;
}

static enum err payout_ask(const struct request *r, struct statement *s)
{
    s->sql = SQL_AT "SELECT a.*, x.* FROM a LEFT JOIN LATERAL (SELECT" SQL_PAYOUT_COLUMNS
                    " FROM (VALUES (1)) one" SQL_PAYOUT_BY_ID SQL_OF_PAYOUT ") x ON true";
    statement_at(s, r); /* $1 .. $4 */
    return payout_id_in(r, s);
}

static enum err payout_answer(const struct request *r, const struct rows *rows, struct reply *reply)
{
    if (rows_null(rows, 0, AT_COLUMNS))
        return payout_absent(r);
    render_members(&reply->json, r->route->members, rows, 0, AT_COLUMNS);
    return OK;
}

const struct member payout_members[] =
    {{.name = "id", .type = T_TEXT, .about = "Submission, day, role, operator and earner; the same in every replay."},
     {.name = "day", .type = T_TEXT, .about = "The day that is paid."},
     {.name = "paid_day", .type = T_TEXT, .about = "The day in whose closing it was booked."},
     {.name = "submission", .type = T_HASH, .about = "Of what: a submission, or the income of a fee collector."},
     {.name = "kind", .type = T_TEXT, .about = "The submission's kind."},
     {.name = "source", .type = T_TEXT, .about = "fee or incentive."},
     {.name = "distributor", .type = T_ADDRESS, .about = "The contract that holds the money."},
     {.name = "token", .type = T_ADDRESS, .about = "What it pays in."},
     {.name = "amount", .type = T_AMOUNT, .about = "What was paid."},
     {.name = "cumulative",
      .type = T_AMOUNT,
      .about = "All that the earner has earned of distributor and token after it."},
     {.name = "earner", .type = T_ADDRESS, .about = "Who was paid."},
     {.name = "operator", .type = T_ADDRESS, .nullable = true, .about = "Of whose part; null: of no operator's."},
     {.name = "role", .type = T_TEXT, .about = "As what: operator (commission), staker, refund or treasury."},
     {.name = "avs", .type = T_ADDRESS, .nullable = true, .about = "The submission's AVS; null: for all."},
     {.name = "block_number", .type = T_U64, .about = "The block at whose end it was booked."},
     {0}};

const struct route payouts_routes[] =
    {{.method = "GET",
      .path = "/v1/payouts",
      .about = "What was paid to whom, in the order of booking.",
      .shape = SHAPE_LIST,
      .takes_at = true,
      .cache = CACHE_STATE,
      .parameters = PARAMETERS(
          {.name = "earner", .type = PARAMETER_ADDRESS, .about = "Only to this account."},
          {.name = "operator", .type = PARAMETER_ADDRESS, .about = "Only of this operator's parts."},
          {.name = "submission", .type = PARAMETER_HASH, .about = "Only of this submission."},
          {.name = "token", .type = PARAMETER_ADDRESS, .about = "Only in this token."},
          {.name = "role", .type = PARAMETER_CHOICE, .choices = reward_role_names, .about = "Only in this role."},
          {.name = "kind",
           .type = PARAMETER_CHOICE,
           .choices = reward_kind_names,
           .about = "Only of submissions of this kind."},
          REWARD_DAY_PARAMETER),
      .members = payout_members,
      .KEYS(T_I64, T_I64),
      .both_orders = true,
      .ask = payouts_ask},
     {.method = "GET",
      .path = "/v1/payouts/{id}",
      .about = "One payout.",
      .shape = SHAPE_OBJECT,
      .takes_at = true,
      .cache = CACHE_STATE,
      .parameters = PARAMETERS(PAYOUT_ID_PARAMETER),
      .members = payout_members,
      .ask = payout_ask,
      .answer = payout_answer},
     {0}};
