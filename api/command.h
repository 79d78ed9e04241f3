/* api/command.h - the commands of the program; each is one function in api/command_*.c and one row in api/options.c. */
#ifndef API_COMMAND_H
#define API_COMMAND_H

#include <stdatomic.h>

#include "api/session.h"
#include "ledger/mirror/source.h"

enum status { STATUS_OK = 0, STATUS_FAILED = 1, STATUS_MISUSED = 2 };

struct command {
    const struct config *config;
    const char *name;
    atomic_bool *stop; /* set by SIGINT and SIGTERM */
};

/* The program's table; commands[i] is run by command_functions[i]. */
extern const struct program_spec program;
extern enum status (*const command_functions[])(const struct command *);

/* Say on stderr what went wrong (e and its detail), return the status for it. A stop that was asked for is no failure. */
enum status command_failed(const struct command *c, enum err e);
/* The same for an option that is missing: misuse. */
enum status command_misused(const struct command *c, const char *sentence);

enum status command_run(const struct command *c);
enum status command_migrate(const struct command *c);
enum status command_mirror(const struct command *c);
enum status command_serve(const struct command *c);
enum status command_rebuild(const struct command *c);
enum status command_verify(const struct command *c);
enum status command_status(const struct command *c);
enum status command_init_network(const struct command *c);

/* Look at --source and --listen before anything is started: OK, or misuse, which has been told. */
enum status command_check(const struct command *c);

/* Options that several commands share. */
/* --prove-logs */
enum prove_logs command_prove_logs(const struct config *config);
/* Load --network. */
MUST_CHECK enum err command_network(const struct command *c, struct network *out);

#endif
