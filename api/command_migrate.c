/* api/command_migrate.c - altledger migrate: bring the schema up to date. */
#include <stdio.h>

#include "api/command.h"

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
