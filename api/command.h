/* api/command.h - the commands of the program; each is one function in api/command_*.c and one row in api/options.c; and what they share. */
#ifndef API_COMMAND_H
#define API_COMMAND_H

#include <stdatomic.h>

#include "api/session.h"
#include "ledger/mirror/audit.h"
#include "ledger/mirror/mirror.h"

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
enum status command_tally(const struct command *c);
enum status command_messages(const struct command *c);
enum status command_rewards(const struct command *c);
enum status command_status(const struct command *c);
enum status command_init_network(const struct command *c);

/* Look at --source and --listen before anything is started: OK, or misuse, which has been told. */
enum status command_check(const struct command *c);

/* Load --network, find the database, work, put both away. Misuse without --network; and without --source for those that
 * make what they work on. */
enum status command_with_network(const struct command *c, enum session_kind kind,
                                 enum status (*work)(const struct command *, const struct session *,
                                                     const struct network *));
/* The schema must be ours. ERR_SCHEMA. */
MUST_CHECK enum err command_check_schema(const struct session *s, const char *application);
/* How the mirror is to run by the options that all who run it share. */
struct mirror_options command_mirror_options(const struct command *c, const struct session *s,
                                             const struct network *network);
/* Start auditing in the background of a mirror; NULL: the source is an archive, or --audit-interval is 0. */
MUST_CHECK enum err command_audit(const struct command *c, const struct session *s, struct audit **out);

#endif
