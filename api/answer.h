/* api/answer.h - run requests on a connection: ask, render, explain, repeat; every path ends in exchange_wake. */
#ifndef API_ANSWER_H
#define API_ANSWER_H

#include <pthread.h>

#include "api/exchange.h"
#include "ledger/mirror/source.h"

enum { BATCH_MAX = 16, ATTEMPTS_MAX = 3 };

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

/* Single statements, sent at once, answered as the results come. */
void answer_batch(struct runner *r, struct exchange **xs, size_t n);
/* One request, with everything it may need. */
void answer_one(struct runner *r, struct exchange *x);
/* A whole list as CSV or NDJSON. */
void answer_stream(struct runner *r, struct exchange *x);

#endif
