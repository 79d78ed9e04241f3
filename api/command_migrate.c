/* api/command_migrate.c - altledger migrate, and what all commands share. */
#include <stdio.h>
#include <string.h>

#include "api/command.h"
#include "api/server.h"
#include "ledger/core/log.h"

enum status command_failed(const struct command *c, enum err e)
{
    if (e == ERR_STOPPED || (atomic_load(c->stop) && e == ERR_DB_LOST))
        return STATUS_OK;
    const char *detail = err_detail();
    if (*detail != '\0')
        log_error(c->name, "%s (%s)", detail, err_text(e));
    else
        log_error(c->name, "%s", err_text(e));
    return STATUS_FAILED;
}

enum status command_misused(const struct command *c, const char *sentence)
{
    fprintf(stderr, "altledger: %s: %s: see altledger %s --help\n", c->name, sentence, c->name);
    return STATUS_MISUSED;
}

enum status command_check(const struct command *c)
{
    size_t n;
    const char *const *sources = config_list(c->config, "source", &n);
    enum err e = n > 0 ? source_check_locations(sources, n) : OK;
    if (e == OK)
        e = server_check_listen(config_text(c->config, "listen"));
    return e == OK ? STATUS_OK : command_misused(c, err_detail());
}

enum prove_logs command_prove_logs(const struct config *config)
{
    const char *text = config_text(config, "prove-logs");
    return strcmp(text, "all") == 0 ? PROVE_ALL : strcmp(text, "off") == 0 ? PROVE_OFF : PROVE_TAIL;
}

enum err command_network(const struct command *c, struct network *out)
{
    return network_load(config_text(c->config, "network"), out);
}

enum status command_migrate(const struct command *c)
{
    struct session s;
    unsigned applied = 0;
    enum err e = session_open(c->config, SESSION_MAKES, &s);
    if (e != OK)
        return command_failed(c, e);
    e = session_migrate(&s, c->stop, &applied);
    enum status status = e == OK ? STATUS_OK : command_failed(c, e);
    session_close(&s);
    if (e == OK && applied > 0)
        printf("applied %u migrations\n", applied);
    else if (e == OK)
        printf("the schema is up to date\n");
    return status;
}
