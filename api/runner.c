/* api/runner.c - see runner.h. */
#include "api/runner.h"

#include "api/workers.h"

enum {
    RECONNECT_MICROSECONDS = 500000,
    RENEW_PLANS_MICROSECONDS = 20000000,
    PATIENCE = 12000000,      /* above the role's statement_timeout */
    PATIENCE_ALONE = 60000000 /* of several statements one after the other */
};

void runner_init(struct runner *r, struct service *s, const char *name, unsigned statement_timeout_s)
{
    *r = (struct runner){.service = s, .name = name, .statement_timeout_s = statement_timeout_s};
    pthread_mutex_init(&r->lock, NULL);
}

static void set_db(struct runner *r, struct db *db)
{
    pthread_mutex_lock(&r->lock);
    struct db *old = r->db;
    r->db = db;
    pthread_mutex_unlock(&r->lock);
    db_close(old);
}

void runner_done(struct runner *r)
{
    set_db(r, NULL);
    if (r->asker != NULL)
        asker_close(r->asker);
    pthread_mutex_destroy(&r->lock);
}

void runner_abandon(struct runner *r, const struct exchange *only)
{
    pthread_mutex_lock(&r->lock);
    if (r->db != NULL && (only == NULL || r->only == only))
        db_break(r->db);
    pthread_mutex_unlock(&r->lock);
}

void runner_unblock(struct runner *r)
{
    pthread_mutex_lock(&r->lock);
    uint64_t since = atomic_load(&r->since), patience = r->only != NULL ? PATIENCE_ALONE : PATIENCE;
    bool overdue = r->statement_timeout_s == 0 && since != 0 && microseconds_now() - since > patience;
    if (r->db != NULL && since != 0 && (overdue || watch_stale(r->service->watch)))
        db_break(r->db);
    pthread_mutex_unlock(&r->lock);
}

void runner_heard(struct runner *r, bool on)
{
    atomic_store(&r->since, on ? microseconds_now() : 0);
}

void runner_work_for(struct runner *r, const struct exchange *x)
{
    pthread_mutex_lock(&r->lock);
    r->only = x;
    pthread_mutex_unlock(&r->lock);
}

/* A plan that was made while tables were small would serve them when they are large (nothing invalidates it before the next
 * ANALYZE), so plans are made anew now and then. */
static enum err renew_plans(struct runner *r)
{
    if (microseconds_now() - r->planned < RENEW_PLANS_MICROSECONDS)
        return OK;
    r->planned = microseconds_now();
    return db_run(r->db, "DISCARD PLANS", WITH_NOTHING, NULL);
}

enum err runner_connect(struct runner *r)
{
    if (watch_stale(r->service->watch))
        return err_with(ERR_DB_LOST, "the database does not answer");
    runner_heard(r, true);
    if (r->db != NULL && db_alive(r->db))
        return renew_plans(r);
    set_db(r, NULL);
    if (r->failed != 0 && microseconds_now() - r->failed < RECONNECT_MICROSECONDS)
        return err_with(ERR_DB_LOST, "the database could not be reached a moment ago");
    struct db *db = NULL;
    enum err e = r->ballots ? ballots_open(r->service, r->name, &db)
                            : reader_open(r->service, r->name, r->statement_timeout_s, &db);
    r->failed = e == OK ? 0 : microseconds_now();
    if (e == OK) {
        set_db(r, db);
        r->planned = microseconds_now();
    }
    return e == ERR_CONFIG ? ERR_DB_LOST : e;
}
