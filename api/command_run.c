/* api/command_run.c - altledger run and serve: the API, with the mirror in the same process or without. */
#include <stdio.h>
#include <string.h>
#include <time.h>

#include "api/command.h"
#include "api/server.h"
#include "ledger/core/log.h"
#include "ledger/core/migrate.h"
#include "ledger/core/version.h"

enum { STOP_CHECK_MS = 100 };

/* The host and port that a client of this machine can use. */
static const char *address_of(const struct config *config, const struct server *server, struct arena *arena)
{
    const char *listen = config_text(config, "listen"), *colon = strrchr(listen, ':');
    int n = colon != NULL ? (int)(colon - listen) : (int)strlen(listen);
    return arena_printf(arena, "%.*s:%u", n, listen, (unsigned)server_port(server));
}

/* --keys, or DATA/keys. */
static const char *keys_directory(const struct config *config, struct arena *arena)
{
    const char *given = config_text(config, "keys");
    return given != NULL ? given : arena_printf(arena, "%s/keys", config_text(config, "data"));
}

static enum err start(const struct command *c, const struct session *s, struct server **out)
{
    AUTO_ARENA arena = {0};
    struct server_options o = {
        .listen = config_text(c->config, "listen"),
        .database = s->database,
        .role = ROLE_API,
        .ballots_database = s->ballots,
        .ballots_role = ROLE_BALLOTS,
        .keys = keys_directory(c->config, &arena),
        .keys_wanted = config_text(c->config, "keys") != NULL,
        .origin = config_text(c->config, "origin"),
        .rpc_timeout_ms = (unsigned)config_number(c->config, "timeout-ms"),
        .version = ALTLEDGER_VERSION,
    };
    size_t n;
    const char *const *sources = config_list(c->config, "source", &n);
    bool nodes = n > 0;
    for (size_t i = 0; i < n; i++)
        nodes = nodes && source_is_url(sources[i]);
    if (nodes) {
        o.rpc_urls = sources;
        o.n_rpc_urls = n;
    }
    return server_start(&o, out);
}

static void wait_for_stop(const struct command *c)
{
    while (!atomic_load(c->stop))
        nanosleep(&(struct timespec){.tv_nsec = STOP_CHECK_MS * 1000000L}, NULL);
}

/* Three things to try. */
static void greet(const struct command *c, const struct server *server, const struct network *network)
{
    AUTO_ARENA arena = {0};
    const char *address = address_of(c->config, server, &arena);
    printf("altledger %s serves %s on http://%s - three things to try:\n", ALTLEDGER_VERSION, network->name, address);
    printf("  curl -s 'http://%s/v1/status'\n", address);
    for (size_t i = 0; i < network->n_contracts; i++) {
        if (contract_is_erc20(network->contracts[i].kind)) {
            char token[ADDRESS_TEXT + 1];
            address_format(network->contracts[i].address, token);
            printf("  curl -s 'http://%s/v1/tokens/%s/holders?limit=3'\n", address, token);
            break;
        }
    }
    printf("  curl -s 'http://%s/v1/events?limit=3'\n", address);
    fflush(stdout);
}

static void on_change(void *server)
{
    server_state_changed(server);
}

static enum err mirror(const struct command *c, const struct session *s, const struct network *network,
                       struct server *server)
{
    struct mirror_options o = command_mirror_options(c, s, network);
    o.changed = on_change;
    o.changed_arg = server;
    struct audit *audit;
    TRY(command_audit(c, s, &audit));
    enum err e = mirror_run(&o);
    audit_stop(audit);
    return e;
}

/* A mirror that cannot be configured ends the program; one that ran into something final does not end the API. */
static enum status mirror_and_serve(const struct command *c, const struct session *s, const struct network *network)
{
    unsigned applied;
    struct server *server = NULL;
    enum err e = session_migrate(s, c->stop, &applied);
    if (e == OK)
        e = start(c, s, &server);
    if (e != OK)
        return command_failed(c, e);
    greet(c, server, network);
    e = mirror(c, s, network, server);
    enum status status = e == OK ? STATUS_OK : command_failed(c, e);
    if (e != ERR_CONFIG && e != ERR_SCHEMA) {
        if (e != OK && !atomic_load(c->stop))
            log_error(c->name, "the mirror has stopped; the API goes on serving");
        else if (!atomic_load(c->stop))
            log_info(c->name, "the source has ended; the API goes on serving");
        wait_for_stop(c);
    }
    log_info(c->name, "stopping");
    server_stop(server);
    return status;
}

enum status command_run(const struct command *c)
{
    return command_with_network(c, SESSION_MAKES, mirror_and_serve);
}

/* A wrong schema is refused; a database that is away now may come. */
static enum err check_schema(const struct session *s)
{
    struct db *db = NULL;
    enum err e = session_read(s, "altledger serve", &db);
    if (e == ERR_DB_LOST || e == ERR_RETRY) {
        log_warn("serve", "the database cannot be reached yet: %s", err_detail());
        return OK;
    }
    if (e == OK)
        db_close(db);
    return e;
}

enum status command_serve(const struct command *c)
{
    struct session s;
    struct server *server = NULL;
    enum err e = session_open(c->config, SESSION_READS, &s);
    if (e != OK)
        return command_failed(c, e);
    e = check_schema(&s);
    if (e == OK)
        e = start(c, &s, &server);
    enum status status = STATUS_OK;
    if (e == OK) {
        AUTO_ARENA arena = {0};
        log_info(c->name, "http://%s", address_of(c->config, server, &arena));
        wait_for_stop(c);
        log_info(c->name, "stopping");
    } else {
        status = command_failed(c, e);
    }
    server_stop(server);
    session_close(&s);
    return status;
}
