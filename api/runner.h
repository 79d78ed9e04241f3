/* api/runner.h - what a thread answers with: its connection to the database and its source. */
#ifndef API_RUNNER_H
#define API_RUNNER_H

#include <pthread.h>

#include "api/exchange.h"
#include "ledger/mirror/source.h"

/* What a thread answers with. */
struct runner {
    struct service *service;
    const char *name;             /* application_name */
    unsigned statement_timeout_s; /* 0: the role's */
    bool ballots;                 /* connects as the door for signed messages, which may add to the log */
    struct db *db;                /* NULL: not connected */
    uint64_t failed;              /* microseconds: when connecting failed last; 0: it did not */
    uint64_t planned;             /* microseconds: since when its plans may be as old */
    const struct exchange *only;  /* the one that it works for, if it is but one */
    pthread_mutex_t lock;         /* guards `db` and `only` against runner_abandon and runner_unblock */
    struct asker *asker;
    atomic_uint_fast64_t since; /* microseconds: when the database was last heard of; 0: it is not waited for */
};

void runner_init(struct runner *r, struct service *s, const char *name, unsigned statement_timeout_s);
void runner_done(struct runner *r);
/* From another thread: give up what runs; with `only`, if it runs for that one. Breaks the connection, whose statement the server
 * then cancels (client_connection_check_interval): to ask it to cancel would be to wait for it. */
void runner_abandon(struct runner *r, const struct exchange *only);
/* From another thread, now and then: free a runner that waits longer than statements may take, or for a database that hangs. */
void runner_unblock(struct runner *r);
/* Who is worked for; NULL: nobody, or several. */
void runner_work_for(struct runner *r, const struct exchange *x);
/* The database has answered (`on`: more is awaited). */
void runner_heard(struct runner *r, bool on);
/* A usable connection. While the database is away, one attempt in a while: nobody waits for the others. */
MUST_CHECK enum err runner_connect(struct runner *r);

#endif
