/* tests/api/drive_server.c - the HTTP server on routes made for tests, over a small chain in a throw-away database.
 *
 * drive_server KEY=VALUE..: headers_ms, body_ms, write_ms, idle_ms, stop_ms, connections, rpc (URL). Prints "PORT conninfo"; ends on
 * SIGTERM, with status 0. The chain has blocks 10 to 200, time 2025-01-01T00:00:00Z + 12 s * number,
 * hash = number; headers 40 to 50 are not stored; safe 190, finalized 150. */
#include <inttypes.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "api/body.h"
#include "api/routes.h"
#include "api/server.h"
#include "ledger/core/log.h"
#include "ledger/core/migrate.h"
#include "tests/support/pg.h"

static const char seed[] =
    "INSERT INTO mirror.block SELECT n, n, decode(lpad(to_hex(n), 64, '0'), 'hex'), decode(lpad(to_hex(n - 1), 64, "
    "'0'), 'hex'),"
    "  timestamptz '2025-01-01 00:00:00+00' + n * interval '12 s', 0 FROM generate_series(10, 200) n;"
    "INSERT INTO mirror.chain SELECT n, n FROM generate_series(10, 200) n WHERE n NOT BETWEEN 40 AND 50;"
    "INSERT INTO ledger.root SELECT n::bigint << 32 | 4294967295, decode(lpad(to_hex(n * 7), 64, '0'), 'hex')"
    "  FROM generate_series(10, 200, 3) n;"
    "UPDATE mirror.cursor SET chain_id = 1, network = '{}', network_hash = decode(repeat('ab', 32), 'hex'), "
    "rules_version = 1,"
    "  head_block = 200, head_number = 200, head_hash = decode(lpad(to_hex(200), 64, '0'), 'hex'), safe_number = 190,"
    "  finalized_number = 150, source_head = 200, state_version = 5;";

/* ---- routes ---- */

/* Numbers 1 .. n, as of a block; text of number 3 is a formula, of 4 has quotes, of 5 is null. */
static enum err numbers_ask(const struct request *r, struct statement *s)
{
    static const char ascending[] =
        "SELECT a.*, t.k, t.v, t.k::numeric * -1, t.k FROM api_v1.at($1, $2, $3, $4) a LEFT JOIN LATERAL ("
        " SELECT k, CASE k WHEN 3 THEN '=1+1' WHEN 4 THEN 'a \"b\", c' WHEN 5 THEN NULL ELSE 'n' || k END AS v"
        " FROM (SELECT generate_series(greatest($5::bigint + 1, 1), $7::bigint) AS k) g LIMIT $6) t ON true";
    static const char descending[] =
        "SELECT a.*, t.k, t.v, t.k::numeric * -1, t.k FROM api_v1.at($1, $2, $3, $4) a LEFT JOIN LATERAL ("
        " SELECT k, 'n' || k AS v FROM generate_series(least($5::bigint - 1, $7::bigint), 1, -1) k LIMIT $6) t ON true";
    s->sql = r->page.descending ? descending : ascending;
    statement_at(s, r);
    statement_page(s, r);
    statement_value(s, r, "n");
    return OK;
}

static enum err block_ask(const struct request *r, struct statement *s)
{
    s->sql = "SELECT a.*, a.position FROM api_v1.at($1, $2, $3, $4) a";
    statement_at(s, r);
    return OK;
}

static enum err block_answer(const struct request *r, const struct rows *rows, struct reply *reply)
{
    char padding[2048];
    memset(padding, 'x', sizeof padding);
    jw_key(&reply->json, "position");
    jw_i64(&reply->json, rows_i64(rows, 0, AT_COLUMNS));
    jw_key(&reply->json, "padding");
    jw_text_n(&reply->json, padding, request_flag(r, "padded") ? sizeof padding : 0);
    return OK;
}

static enum err sleep_ask(const struct request *r, struct statement *s)
{
    s->sql = "SELECT 1 FROM (SELECT pg_catalog.pg_sleep($1::bigint / 1000.0)) z";
    statement_value(s, r, "ms");
    return OK;
}

static enum err nothing(const struct request *r, const struct rows *rows, struct reply *reply)
{
    (void)r;
    (void)rows;
    jw_key(&reply->json, "done");
    jw_bool(&reply->json, true);
    return OK;
}

static enum err fail_run(const struct request *r, struct db *db, struct reply *reply)
{
    (void)reply;
    if (request_choice(r, "how") == 0)
        return db_run(db, "SELECT 1 / 0", WITH_NOTHING, NULL);
    if (request_choice(r, "how") == 1)
        return err_with(ERR_INTERNAL, "secret detail");
    reply_reason(reply, "too-late", "the day is over");
    reply_reason(reply, "too-much", "the sum is too large");
    return err_with(ERR_RULE, "two rules refuse");
}

static enum err echo_ask(const struct request *r, struct statement *s)
{
    (void)r;
    s->sql = "SELECT 1";
    return OK;
}

static enum err echo_answer(const struct request *r, const struct rows *rows, struct reply *reply)
{
    (void)rows;
    jw_key(&reply->json, "members");
    jw_u64(&reply->json, json_object_size(r->body));
    return OK;
}

/* Says what it was given, and what the transaction is like. */
static enum err compute_run(const struct request *r, struct db *db, struct reply *reply)
{
    struct json_writer *w = &reply->json;
    AUTO_ROWS rows = NULL;
    if (body_count(r, "strategies") != body_count(r, "wads"))
        return err_with(ERR_FIELD, "wads: must be as many as strategies");
    TRY(db_query(db,
                 "SELECT current_setting('transaction_isolation') || ' ' || current_setting('transaction_read_only')",
                 WITH_NOTHING, &rows));
    jw_key(w, "transaction");
    jw_text(w, rows_text(rows, 0, 0));
    jw_key(w, "operator");
    jw_address(w, body_address(r, "operator"));
    jw_key(w, "operator_set");
    jw_u64(w, body_u64(r, "operator_set"));
    jw_key(w, "slashes");
    jw_object(w);
    for (size_t i = 0; i < body_count(r, "strategies"); i++) {
        char strategy[ADDRESS_TEXT + 1];
        address_format(body_address_at(r, "strategies", i), strategy);
        jw_key(w, strategy);
        jw_amount(w, body_amount_at(r, "wads", i));
    }
    jw_object_end(w);
    jw_key(w, "note");
    const json_t *note = json_object_get(r->body, "note");
    json_is_string(note) ? jw_text(w, json_string_value(note)) : jw_null(w);
    jw_key(w, "position");
    jw_i64(w, r->as_of.position);
    return OK;
}

/* Every change of state is an event: its id is the state's version. */
static enum err versions_feed(const struct request *r, struct db *db, uint64_t *after, struct buffer *out, bool *more)
{
    (void)r;
    AUTO_ROWS rows = NULL;
    TRY(db_query(db, "SELECT state_version FROM mirror.cursor", WITH_NOTHING, &rows));
    uint64_t now = rows_u64(rows, 0, 0);
    if (*after == FEED_FROM_NOW)
        *after = now;
    if (*after < now) {
        ++*after;
        buffer_printf(out, "id: %" PRIu64 "\nevent: version\ndata: {\"version\":%" PRIu64 "}\n\n", *after, *after);
    }
    *more = *after < now;
    return OK;
}

static const struct route test_routes[] =
    {{.method = "GET",
      .path = "/test/numbers",
      .about = "Numbers 1 to n.",
      .shape = SHAPE_LIST,
      .takes_at = true,
      .cache = CACHE_STATE,
      .both_orders = true,
      .KEYS(T_I64),
      .parameters = PARAMETERS({.name = "n", .type = PARAMETER_U64, .required = true, .about = "How many."}),
      .members = MEMBERS({.name = "k", .type = T_I64, .about = "The number."},
                         {.name = "text", .type = T_TEXT, .nullable = true, .about = "A text."},
                         {.name = "minus", .type = T_DELTA, .about = "Its negative."}),
      .ask = numbers_ask},
     {.method = "GET",
      .path = "/test/block",
      .about = "The block.",
      .shape = SHAPE_OBJECT,
      .takes_at = true,
      .cache = CACHE_STATE,
      .parameters = PARAMETERS({.name = "padded", .type = PARAMETER_BOOL, .about = "Make the reply longer."}),
      .members = MEMBERS({.name = "position", .type = T_I64, .about = "Its last position."},
                         {.name = "padding", .type = T_TEXT, .about = "Nothing."}),
      .ask = block_ask,
      .answer = block_answer},
     {.method = "GET",
      .path = "/test/sleep/{ms}",
      .about = "Takes a while.",
      .shape = SHAPE_OBJECT,
      .cache = CACHE_NEVER,
      .parameters = PARAMETERS({.name = "ms", .type = PARAMETER_U64, .about = "Milliseconds."}),
      .members = MEMBERS({.name = "done", .type = T_BOOL, .about = "True."}),
      .ask = sleep_ask,
      .answer = nothing},
     {.method = "GET",
      .path = "/test/fail/{how}",
      .about = "Fails.",
      .shape = SHAPE_OBJECT,
      .cache = CACHE_NEVER,
      .parameters = PARAMETERS(
          {.name = "how", .type = PARAMETER_CHOICE, .choices = CHOICES("sql", "inside", "rule"), .about = "How."}),
      .members = MEMBERS({.name = "done", .type = T_BOOL, .about = "Never."}),
      .run = fail_run},
     {.method = "POST",
      .path = "/test/echo",
      .about = "Counts the members of an object.",
      .shape = SHAPE_OBJECT,
      .cache = CACHE_NEVER,
      .body = MEMBERS({.name = "a", .nest = NEST_ANY, .optional = true, .about = "Anything."}),
      .members = MEMBERS({.name = "members", .type = T_U64, .about = "How many."}),
      .ask = echo_ask,
      .answer = echo_answer},
     {.method = "POST",
      .path = "/test/compute",
      .about = "Computes as of a block.",
      .shape = SHAPE_OBJECT,
      .takes_at = true,
      .cache = CACHE_NEVER,
      .body =
          MEMBERS({.name = "operator", .type = T_ADDRESS, .about = "An address."},
                  {.name = "operator_set", .type = T_U64, .max = UINT32_MAX, .about = "A number."},
                  {.name = "strategies", .type = T_ADDRESS, .nest = NEST_SCALARS, .max = 4, .about = "Addresses."},
                  {.name = "wads", .type = T_AMOUNT, .nest = NEST_SCALARS, .about = "As many amounts."},
                  {.name = "note", .type = T_TEXT, .max = 8, .optional = true, .nullable = true, .about = "A text."}),
      .members = MEMBERS({.name = "transaction", .type = T_TEXT, .about = "Isolation and whether it is read-only."},
                         {.name = "operator", .type = T_ADDRESS, .about = "As given."},
                         {.name = "operator_set", .type = T_U64, .about = "As given."},
                         {.name = "slashes", .nest = NEST_ANY, .about = "Amounts by address."},
                         {.name = "note", .type = T_TEXT, .nullable = true, .about = "As given."},
                         {.name = "position", .type = T_I64, .about = "The block's last position."}),
      .run = compute_run},
     {.method = "GET",
      .path = "/test/versions",
      .about = "Changes of state.",
      .shape = SHAPE_STREAM,
      .cache = CACHE_NEVER,
      .feed = versions_feed},
     {0}};

/* In place of api/routes.c. */
const struct route *const routes[] = {health_routes, openapi_routes, test_routes, NULL};

/* ---- the process ---- */

static void read_option(const char *text, struct server_options *o)
{
    const struct {
        const char *name;
        unsigned *value;
    } known[] = {{"headers_ms", &o->headers_ms},   {"body_ms", &o->body_ms},
                 {"write_ms", &o->write_ms},       {"idle_ms", &o->idle_ms},
                 {"stop_ms", &o->stop_ms},         {"connections", &o->connections},
                 {"ask_threads", &o->ask_threads}, {"event_streams", &o->event_streams}};
    for (size_t i = 0; i < sizeof known / sizeof *known; i++) {
        size_t n = strlen(known[i].name);
        if (strncmp(text, known[i].name, n) == 0 && text[n] == '=')
            *known[i].value = (unsigned)strtoul(text + n + 1, NULL, 10);
    }
}

static void prepare(const char *conninfo)
{
    struct db *db = pg_open(pg_admin(conninfo), NULL);
    if (db_script(db, seed) != OK) {
        fprintf(stderr, "seed: %s\n", err_detail());
        exit(1);
    }
    db_close(db);
}

int main(int argc, char **argv)
{
    json_setup();
    log_setup(false, LOG_WARN);
    pg_start();
    const char *conninfo = pg_fresh();
    prepare(conninfo);
    sigset_t set;
    sigemptyset(&set);
    sigaddset(&set, SIGTERM);
    sigaddset(&set, SIGINT);
    pthread_sigmask(SIG_BLOCK, &set, NULL);
    signal(SIGPIPE, SIG_IGN);
    struct server_options o = {.listen = "127.0.0.1:0", .database = conninfo, .role = ROLE_API, .version = "test"};
    const char *rpc = NULL;
    for (int i = 1; i < argc; i++) {
        read_option(argv[i], &o);
        if (strncmp(argv[i], "rpc=", 4) == 0)
            rpc = argv[i] + 4;
    }
    if (rpc != NULL) {
        o.rpc_urls = &rpc;
        o.n_rpc_urls = 1;
    }
    struct server *s;
    if (server_start(&o, &s) != OK) {
        fprintf(stderr, "start: %s\n", err_detail());
        return 1;
    }
    printf("%u %s\n", server_port(s), pg_admin(conninfo));
    fflush(stdout);
    int number;
    sigwait(&set, &number);
    server_stop(s);
    pg_stop();
    return 0;
}
