/* ledger/core/process.h - run other programs, as another user where we are root. */
#ifndef LEDGER_CORE_PROCESS_H
#define LEDGER_CORE_PROCESS_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

#include "ledger/core/err.h"

/* Whom to run as. */
struct user {
    uid_t uid;
    gid_t gid;
    char name[64];
};

/* Ourselves; or, if we are root, `postgres` if that user exists, else `nobody`. ERR_CONFIG: root, and neither exists. */
MUST_CHECK enum err user_unprivileged(struct user *out);
/* Whether `u` may read, write and enter a directory. */
bool user_may_use(const struct user *u, const char *directory);

/* Start argv[0] (a path) as u, with no signal blocked, in "/", output appended to the file descriptor. `detached`: in a
 * session of its own, so that a Ctrl-C meant for us does not reach it. ERR_IO. */
MUST_CHECK enum err process_start(const struct user *u, const char *const argv[], int output, bool detached,
                                  pid_t *out);
/* Start and wait for it. ERR_IO: it could not run, or left with a status other than 0 (detail). */
MUST_CHECK enum err process_run(const struct user *u, const char *const argv[], int output);
/* Run as ourselves, take its output (cut to size - 1 bytes, NUL-terminated). ERR_IO as process_run. */
MUST_CHECK enum err process_output(const char *const argv[], char *out, size_t size);

#endif
