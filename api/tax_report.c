/* api/tax_report.c - rewards as lots: what was acquired when, what a disposal or slash took of it, by a method, with prices that the caller gives. */
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "api/tax_report.h"

#include "api/body.h"
#include "api/rewards.h"

enum { EVENTS_MAX = 100000, PRICES_MAX = 20000, DECIMALS_DEFAULT = 18 };

static const char *const methods[] =
    {[TAX_FIFO] = "fifo", [TAX_LIFO] = "lifo", [TAX_HIFO] = "hifo", [TAX_AVERAGE] = "average"};

/* A text of the body that was given. */
static const char *text_of(const json_t *object, const char *name)
{
    return json_string_value(json_object_get(object, name));
}

/* ---- prices ---- */

struct price {
    int64_t day;
    struct amount wad;
};

struct prices {
    struct price *list; /* ascending by day */
    size_t n;
};

static int by_day(const void *a, const void *b)
{
    int64_t x = ((const struct price *)a)->day, y = ((const struct price *)b)->day;
    return x < y ? -1 : x > y;
}

static enum err read_prices(const struct request *r, struct prices *out)
{
    const json_t *list = json_object_get(r->body, "prices");
    out->n = json_array_size(list);
    out->list = ARENA_ARRAY(r->arena, struct price, out->n);
    for (size_t i = 0; i < out->n; i++) {
        const json_t *item = json_array_get(list, i);
        const char *day = text_of(item, "day");
        TRY(reward_day_parse(arena_printf(r->arena, "prices[%zu].day", i), day, strlen(day), &out->list[i].day));
        if (tax_price_parse(text_of(item, "price"), &out->list[i].wad) != OK)
            return err_with(ERR_FIELD, "prices[%zu].price: must be a decimal number with at most 18 places", i);
    }
    if (out->n > 1)
        qsort(out->list, out->n, sizeof *out->list, by_day);
    for (size_t i = 1; i < out->n; i++) {
        char day[DAY_TEXT + 1];
        day_format(out->list[i].day, day);
        if (out->list[i].day == out->list[i - 1].day)
            return err_with(ERR_FIELD, "prices: %s is given more than once", day);
    }
    return OK;
}

static bool price_on(const struct prices *p, int64_t day, struct amount *out)
{
    const struct price key = {.day = day};
    const struct price *found = p->n > 0 ? bsearch(&key, p->list, p->n, sizeof key, by_day) : NULL;
    if (found == NULL)
        return false;
    *out = found->wad;
    return true;
}

/* ---- what happened ---- */

static enum err read_terms(const struct request *r, struct tax_answer *a)
{
    const char *method = text_of(r->body, "method");
    a->method = TAX_FIFO;
    while (strcmp(methods[a->method], method) != 0)
        if (a->method++ == TAX_AVERAGE)
            return err_with(ERR_FIELD, "method: is one of fifo, lifo, hifo, average");
    a->method_name = methods[a->method];
    a->token = body_address(r, "token");
    if (body_count(r, "addresses") == 0)
        return err_with(ERR_FIELD, "addresses: is empty");
    return period_parse(text_of(r->body, "from"), text_of(r->body, "to"), &a->period);
}

static enum err read_decimals(const struct request *r, struct db *db, struct tax_answer *a)
{
    static const char sql[] =
        "SELECT c.decimals FROM api_v1.contracts() c WHERE c.address = $1 AND c.decimals IS NOT NULL";
    AUTO_ROWS rows = NULL;
    a->decimals = DECIMALS_DEFAULT;
    if (body_given(r, "decimals")) {
        a->decimals = (unsigned)body_u64(r, "decimals");
        return OK;
    }
    TRY(db_query(db, sql, WITH(IN(&a->token)), &rows));
    if (rows_count(rows) > 0)
        a->decimals = (unsigned)rows_u64(rows, 0, 0);
    return a->decimals <= TAX_DECIMALS_MAX ? OK
                                           : err_with(ERR_FIELD, "token: has more than %d decimals", TAX_DECIMALS_MAX);
}

static enum err read_rows(const struct request *r, struct db *db, const struct tax_answer *a, struct rows **rows)
{
    static const char sql[] =
        "SELECT e.position, e.seconds, e.address, e.what, e.amount, e.items FROM api_v1.lot_events($1, $2, $3, $4) e"
        " WHERE e.seconds < $5";
    size_t n = body_count(r, "addresses");
    struct address *addresses = ARENA_ARRAY(r->arena, struct address, n);
    for (size_t i = 0; i < n; i++)
        addresses[i] = body_address_at(r, "addresses", i);
    struct slice joined = {(const uint8_t *)addresses, n * sizeof *addresses};
    int64_t most = EVENTS_MAX + 1;
    return db_query(db, sql,
                    WITH(IN(&joined), IN(&a->token), IN(&r->as_of.position), IN(&most),
                         IN(&a->period.before.unix_seconds)),
                    rows);
}

static void take_row(const struct rows *rows, size_t row, struct arena *arena, struct tax_happened *h)
{
    const char *what = rows_text(rows, row, 3);
    *h = (struct tax_happened){.number = (uint64_t)rows_i64(rows, row, 0) >> 32,
                               .time = {rows_i64(rows, row, 1)},
                               .address = rows_address(rows, row, 2),
                               .what = arena_text(arena, what, strlen(what)),
                               .items = rows_u64(rows, row, 5)};
}

/* A slash whose loss the logs leave open takes nothing, and is named. */
static enum err read_events(const struct request *r, struct db *db, const struct prices *prices, struct tax_answer *a)
{
    AUTO_ROWS rows = NULL;
    TRY(read_rows(r, db, a, &rows));
    if (rows_count(rows) > EVENTS_MAX)
        return err_with(ERR_TOO_LARGE, "addresses: more than %d payouts, transfers and slashes: ask for fewer",
                        EVENTS_MAX);
    a->events = ARENA_ARRAY(r->arena, struct tax_event, rows_count(rows));
    a->happened = ARENA_ARRAY(r->arena, struct tax_happened, rows_count(rows));
    a->open = ARENA_ARRAY(r->arena, struct tax_happened, rows_count(rows));
    for (size_t i = 0; i < rows_count(rows); i++) {
        struct tax_happened *h = &a->happened[a->n];
        struct tax_event *e = &a->events[a->n];
        take_row(rows, i, r->arena, h);
        if (rows_null(rows, i, 4)) {
            a->open[a->n_open++] = *h;
            continue;
        }
        e->kind = strcmp(h->what, "transfer") == 0 ? TAX_DISPOSED
                  : strcmp(h->what, "slash") == 0  ? TAX_LOST
                                                   : TAX_ACQUIRED;
        e->amount = rows_amount(rows, i, 4);
        e->priced = price_on(prices, h->time.unix_seconds / DAY_SECONDS, &e->price);
        a->n++;
    }
    return OK;
}

static enum err check_hifo(const struct tax_answer *a)
{
    for (size_t i = 0; a->method == TAX_HIFO && i < a->n; i++) {
        char day[DAY_TEXT + 1];
        day_format(a->happened[i].time.unix_seconds / DAY_SECONDS, day);
        if (a->events[i].kind == TAX_ACQUIRED && !a->events[i].priced)
            return err_with(ERR_FIELD, "prices: hifo needs the price of %s", day);
    }
    return OK;
}

static enum err report_run(const struct request *r, struct db *db, struct reply *reply)
{
    struct tax_answer a = {.n = 0};
    struct prices prices;
    TRY(read_terms(r, &a));
    TRY(read_prices(r, &prices));
    TRY(read_decimals(r, db, &a));
    TRY(read_events(r, db, &prices, &a));
    TRY(check_hifo(&a));
    enum err e = tax_lots_match(a.events, a.n, a.method, a.decimals, r->arena, &a.report);
    if (e == ERR_OVERFLOW)
        return err_with(ERR_FIELD, "prices: a cost leaves 256 bits");
    TRY(e);
    return tax_report_write(&reply->json, &a);
}

static const struct member price_members[] =
    {{.name = "day", .type = T_TEXT, .max = DAY_TEXT, .about = "The day (UTC), 2026-01-31."},
     {.name = "price",
      .type = T_TEXT,
      .max = AMOUNT_TEXT,
      .about = "Of 10^decimals base units, a decimal number with at most 18 places."},
     {0}};

const struct route tax_report_routes[] = {
    {.method = "POST",
     .path = "/v1/statements/tax-lots",
     .about =
         "Rewards of some addresses in a token as lots. A reward is income, and a lot, when it is booked: payouts, fees and "
         "rewards of ALT staking; a claim is neither. Tokens sent away dispose of lots, but not between the addresses nor into "
         "strategies, vaults and ALT staking; a slash is a loss. More than the lots hold is unmatched: it was no reward.",
     .shape = SHAPE_OBJECT,
     .takes_at = true,
     .cache = CACHE_NEVER,
     .body = MEMBERS({.name = "addresses",
                      .type = T_ADDRESS,
                      .nest = NEST_SCALARS,
                      .max = ADDRESS_LIST_MAX,
                      .about = "Whose; their lots are one."},
                     {.name = "token", .type = T_ADDRESS, .about = "In which token."},
                     {.name = "method", .type = T_TEXT, .about = "fifo, lifo, hifo or average."},
                     {.name = "from",
                      .type = T_TEXT,
                      .optional = true,
                      .about = "Since when to report: a day (UTC) or an RFC 3339 time; " PERIOD_OF_BOOKING
                               ". Lots are known from the beginning."},
                     {.name = "to",
                      .type = T_TEXT,
                      .optional = true,
                      .about = "Until when: a day, which is included, or a time, which is not; " PERIOD_OF_BOOKING "."},
                     {.name = "decimals",
                      .type = T_U64,
                      .max = TAX_DECIMALS_MAX,
                      .optional = true,
                      .about = "Of the token; unless given those of the network file, or 18."},
                     {.name = "prices",
                      .nest = NEST_LIST,
                      .members = price_members,
                      .max = PRICES_MAX,
                      .optional = true,
                      .about = "By day. What hangs on a price that is missing is null; hifo needs those of all lots."}),
     .members = tax_report_members,
     .run = report_run},
    {0}};
