/* api/recount.c - see recount.h. */
#include "api/recount.h"

#include <pthread.h>

#include "api/service.h"
#include "api/workers.h"
#include "governance/door.h"
#include "ledger/core/log.h"

enum { LOOK_MS = 1000, REST_MS = 10000, NAP_MS = 100 };

struct recount {
    struct service *service;
    pthread_t thread;
    atomic_bool ending;
    struct db *db;
    bool told; /* that it does not work; once is enough */
};

static enum err count(struct recount *r, bool *left)
{
    *left = false;
    if (r->db != NULL && !db_alive(r->db)) {
        db_close(r->db);
        r->db = NULL;
    }
    if (r->db == NULL)
        TRY(ballots_open(r->service, "altledger recount", &r->db));
    return door_recount(r->service->door, r->db, left);
}

/* A failure is told once, and passes or not: reads say by themselves that a tally is not there yet. */
static void tell(struct recount *r, enum err e)
{
    bool passes = e == OK || e == ERR_SYNCING || e == ERR_RETRY || e == ERR_DB_LOST;
    if (!passes && !r->told)
        log_warn("recount", "%s (%s)", err_detail(), err_text(e));
    r->told = !passes;
}

static void rest(struct recount *r, unsigned ms)
{
    uint64_t since = watch_epoch(r->service->watch);
    for (unsigned waited = 0; waited < ms && !atomic_load(&r->ending); waited += NAP_MS)
        if (watch_wait(r->service->watch, since, NAP_MS) != since)
            return;
}

static void *run(void *arg)
{
    struct recount *r = arg;
    bool left;
    while (!atomic_load(&r->ending)) {
        enum err e = count(r, &left);
        tell(r, e);
        if (e != OK || !left)
            rest(r, e == OK ? LOOK_MS : REST_MS);
    }
    db_close(r->db);
    return NULL;
}

enum err recount_open(struct service *s, struct recount **out)
{
    *out = NULL;
    if (s->door == NULL)
        return OK;
    struct recount *r = memory_resize(NULL, sizeof *r);
    *r = (struct recount){.service = s};
    if (pthread_create(&r->thread, NULL, run, r) != 0) {
        memory_free(r);
        return err_with(ERR_IO, "a thread cannot be started");
    }
    *out = r;
    return OK;
}

void recount_close(struct recount *r)
{
    if (r == NULL)
        return;
    atomic_store(&r->ending, true);
    pthread_join(r->thread, NULL);
    memory_free(r);
}
