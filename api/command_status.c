/* api/command_status.c - altledger status: what GET /v1/status says, without a server. */
#include <stdio.h>
#include <string.h>

#include "api/command.h"
#include "api/routes.h"
#include "ledger/core/version.h"

/* The route's own statement and answer. */
static enum err ask(struct db *db, struct arena *arena, struct reply *reply)
{
    const struct facts facts = {.version = ALTLEDGER_VERSION};
    const struct request request = {.route = status_routes, .facts = &facts, .arena = arena};
    struct statement statement = {0};
    AUTO_ROWS rows = NULL;
    TRY(status_routes->ask(&request, &statement));
    TRY(db_query(db, statement.sql, statement.params, statement.n, &rows));
    jw_start(&reply->json, &reply->body);
    jw_object(&reply->json);
    TRY(status_routes->answer(&request, rows, reply));
    jw_object_end(&reply->json);
    return OK;
}

/* "head.number  1234", a line a value. */
static void print_lines(const char *prefix, const json_t *object)
{
    const char *key;
    json_t *value;
    json_object_foreach((json_t *)object, key, value)
    {
        AUTO_ARENA arena = {0};
        const char *name = arena_printf(&arena, "%s%s", prefix, key);
        if (json_is_object(value))
            print_lines(arena_printf(&arena, "%s.", name), value);
        else if (json_is_string(value))
            printf("%-28s %s\n", name, json_string_value(value));
        else if (json_is_integer(value))
            printf("%-28s %lld\n", name, (long long)json_integer_value(value));
        else
            printf("%-28s %s\n", name, json_is_null(value) ? "-" : json_is_true(value) ? "yes" : "no");
    }
}

static enum err tell(const struct command *c, const struct session *s)
{
    struct db *db = NULL;
    AUTO_ARENA arena = {0};
    AUTO_JSON tree = NULL;
    struct reply reply = {.status = 0};
    TRY(session_read(s, "altledger status", &db));
    enum err e = ask(db, &arena, &reply);
    db_close(db);
    if (e == OK && config_flag(c->config, "json"))
        printf("%.*s\n", (int)reply.body.n, (const char *)reply.body.p);
    else if (e == OK && (e = json_parse((const char *)reply.body.p, reply.body.n, JSON_DEPTH_MAX, &tree)) == OK)
        print_lines("", tree);
    buffer_done(&reply.body);
    return e;
}

enum status command_status(const struct command *c)
{
    struct session s;
    enum err e = session_open(c->config, SESSION_READS, &s);
    if (e != OK)
        return command_failed(c, e);
    e = tell(c, &s);
    enum status status = e == OK ? STATUS_OK : command_failed(c, e);
    session_close(&s);
    return status;
}
