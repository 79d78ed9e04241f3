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
    struct db *db;                /* NULL: not connected */
    uint64_t failed;              /* microseconds: when connecting failed last; 0: it did not */
    uint64_t planned;             /* microseconds: since when its plans may be as old */
    const struct exchange *only;  /* the one that it works for, if it is but one */
    pthread_mutex_t lock;         /* guards `db` and `only` against runner_cancel */
    struct asker *asker;
};

void runner_init(struct runner *r, struct service *s, const char *name, unsigned statement_timeout_s);
void runner_done(struct runner *r);
/* From another thread: cancel the running statement; with `only`, if it runs for that one. */
void runner_cancel(struct runner *r, const struct exchange *only);
/* Who is worked for; NULL: nobody, or several. */
void runner_work_for(struct runner *r, const struct exchange *x);
/* A usable connection. While the database is away, one attempt in a while: nobody waits for the others. */
MUST_CHECK enum err runner_connect(struct runner *r);

#endif
