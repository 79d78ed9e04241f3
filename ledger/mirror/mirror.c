/* ledger/mirror/mirror.c - see mirror.h: the loop between the feeder and the writer. */
#include "ledger/mirror/mirror.h"

#include <inttypes.h>
#include <pthread.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#include "ledger/core/log.h"
#include "ledger/mirror/feeder.h"
#include "ledger/mirror/rebuild.h"
#include "ledger/mirror/rpc.h"
#include "ledger/mirror/writer.h"

enum { TAKE_MS = 200, STANDBY_MS = 500, RESTART_MS_FIRST = 100, RESTART_MS_MAX = 5000, PROGRESS_SECONDS = 5 };
enum {
    BULK_EVENTS_MAX = 4000000,
    BULK_SECONDS_MAX = 300
};                         /* so long readers of past blocks may wait for their indexes */
enum { REFUSALS_MAX = 3 }; /* statements refused in a row without progress: a fault that no repetition mends */

static pthread_mutex_t health_lock = PTHREAD_MUTEX_INITIALIZER;
static struct mirror_health health;

void mirror_health_get(struct mirror_health *out)
{
    pthread_mutex_lock(&health_lock);
    *out = health;
    pthread_mutex_unlock(&health_lock);
}

static void health_error(const char *text)
{
    pthread_mutex_lock(&health_lock);
    snprintf(health.error, sizeof health.error, "%s", text);
    pthread_mutex_unlock(&health_lock);
}

static void health_leader(bool leader)
{
    pthread_mutex_lock(&health_lock);
    health.running = true;
    health.leader = leader;
    pthread_mutex_unlock(&health_lock);
}

static void health_ended(void)
{
    pthread_mutex_lock(&health_lock);
    health.ended = true;
    pthread_mutex_unlock(&health_lock);
}

static void health_step(const struct feeder *feeder, const struct step *step)
{
    struct source_health source;
    feeder_health(feeder, &source);
    pthread_mutex_lock(&health_lock);
    health.source = source;
    if (step->kind == STEP_BLOCKS) {
        health.batches++;
        health.blocks += step->n_blocks;
        for (size_t i = 0; i < step->n_blocks; i++)
            health.events += step->blocks[i].n_logs;
    }
    health.reorgs += step->kind == STEP_REORG;
    health.error[0] = '\0';
    pthread_mutex_unlock(&health_lock);
}

/* One life of writer and feeder. */
struct run {
    const struct mirror_options *options;
    struct writer *writer;
    struct feeder *feeder;
    struct asker *asker; /* of a node; NULL: an archive */
    time_t renewed, reported, began;
    uint64_t events_reported;
    bool caught_up; /* the source's head was reached once in this life */
};

static void wait_ms(const struct mirror_options *o, unsigned ms)
{
    for (unsigned waited = 0; waited < ms && !atomic_load(o->stop); waited += 50)
        nanosleep(&(struct timespec){.tv_nsec = 50 * 1000000L}, NULL);
}

static void report_progress(struct run *r, const struct step *step)
{
    time_t now = clock_seconds();
    if (now - r->reported < PROGRESS_SECONDS)
        return;
    struct mirror_health h;
    mirror_health_get(&h);
    int64_t head = writer_cursor(r->writer)->head_number;
    log_info("mirror", "at block %" PRId64 " of %" PRIu64 " (%.1f%%), %" PRIu64 " events/s", head, step->head,
             step->head == 0 ? 100.0 : 100.0 * (double)head / (double)step->head,
             (h.events - r->events_reported) / (uint64_t)(now - r->reported));
    r->reported = now;
    r->events_reported = h.events;
}

static enum err end_bulk(struct run *r, const char *why)
{
    if (!writer_in_bulk(r->writer))
        return OK;
    log_info("mirror", "%s; building the indexes", why);
    TRY(writer_bulk(r->writer, false));
    r->renewed = clock_seconds();
    return OK;
}

/* The end of what there is for now: readers get their indexes, and the planner fresh statistics. */
static enum err note_caught_up(struct run *r)
{
    if (r->caught_up)
        return OK;
    if (writer_in_bulk(r->writer))
        TRY(end_bulk(r, "caught up"));
    else
        TRY(writer_bulk(r->writer, false));
    r->caught_up = true;
    log_info("mirror", "caught up at block %" PRId64, writer_cursor(r->writer)->head_number);
    return OK;
}

static enum err take_step(struct run *r, const struct parcel *p)
{
    const struct step *step = &p->step;
    switch (step->kind) {
    case STEP_BLOCKS:
        TRY(writer_book(r->writer, step, p->decoded));
        if (writer_must_read(r->writer))
            TRY(end_bulk(r, "more accounts than are kept in memory"));
        else if (writer_cursor(r->writer)->events > BULK_EVENTS_MAX || clock_seconds() - r->began > BULK_SECONDS_MAX)
            TRY(end_bulk(r, "a long load"));
        break;
    case STEP_REORG:
        TRY(end_bulk(r, "a reorg"));
        TRY(writer_unwind(r->writer, step));
        break;
    case STEP_IDLE:
        TRY(writer_note(r->writer, step));
        TRY(note_caught_up(r));
        break;
    }
    r->renewed = clock_seconds();
    health_step(r->feeder, step);
    if (step->kind == STEP_BLOCKS && step->blocks[step->n_blocks - 1].number >= step->head)
        TRY(note_caught_up(r));
    else
        report_progress(r, step);
    if (r->options->changed != NULL)
        r->options->changed(r->options->changed_arg);
    return OK;
}

static enum err follow(struct run *r)
{
    while (!atomic_load(r->options->stop)) {
        if (clock_seconds() - r->renewed >= LEASE_RENEW_SECONDS) {
            TRY(writer_renew(r->writer));
            r->renewed = clock_seconds();
        }
        struct parcel *p = feeder_take(r->feeder, TAKE_MS);
        if (p == NULL)
            continue;
        if (p->result == ERR_END) {
            feeder_give_back(r->feeder, p);
            TRY(note_caught_up(r));
            return ERR_END;
        }
        enum err e = p->result == OK ? take_step(r, p) : err_with(p->result, "%s", p->detail);
        feeder_give_back(r->feeder, p);
        TRY(e);
    }
    return ERR_STOPPED;
}

static enum err start_feeder(struct run *r)
{
    const struct mirror_options *o = r->options;
    const struct cursor *cursor = writer_cursor(r->writer);
    AUTO_ARENA arena = {0};
    struct chain_block *booked;
    size_t n_booked;
    TRY(writer_chain(r->writer, &arena, &booked, &n_booked));
    struct source_options source = {
        .network = o->network,
        .locations = o->locations,
        .n_locations = o->n_locations,
        .prove = o->prove,
        .once = o->once,
        .poll_ms = o->poll_ms,
        .timeout_ms = o->timeout_ms,
        .booked = booked,
        .n_booked = n_booked,
        .finalized = cursor->finalized_number < 0 ? UINT64_MAX : (uint64_t)cursor->finalized_number,
        .mark = (uint64_t)cursor->source_mark,
        .max_blocks = o->batch_blocks != 0 ? o->batch_blocks : MIRROR_BATCH_BLOCKS,
        .max_logs = o->batch_logs != 0 ? o->batch_logs : MIRROR_BATCH_LOGS,
        .max_bytes = MIRROR_BATCH_BYTES,
    };
    return feeder_start(&source, &r->feeder);
}

static enum err rebuild_books(const struct mirror_options *o)
{
    return rebuild_run(&(struct rebuild_options){.writer_conninfo = o->writer_conninfo,
                                                 .network = o->network,
                                                 .locations = o->locations,
                                                 .n_locations = o->n_locations,
                                                 .timeout_ms = o->timeout_ms,
                                                 .stop = o->stop});
}

static enum err open_run(struct run *r)
{
    const struct mirror_options *o = r->options;
    bool network_changed;
    TRY(writer_open(o->writer_conninfo, o->network, &r->writer, &network_changed));
    if (network_changed) {
        writer_close(r->writer, true);
        r->writer = NULL;
        TRY(rebuild_books(o));
        TRY(writer_open(o->writer_conninfo, o->network, &r->writer, &network_changed));
    }
    TRY(asker_of_source(o->locations, o->n_locations, o->timeout_ms, &r->asker));
    if (r->asker != NULL)
        writer_ask(r->writer, asker_read, r->asker);
    health_leader(true);
    const struct cursor *cursor = writer_cursor(r->writer);
    if (cursor->head_number < 0)
        TRY(writer_bulk(r->writer, true));
    r->renewed = r->reported = r->began = clock_seconds();
    log_info("mirror", "writing from block %" PRId64 ", epoch %" PRId64, cursor->head_number + 1, cursor->epoch);
    return start_feeder(r);
}

static enum err one_life(const struct mirror_options *o)
{
    struct run r = {.options = o};
    enum err e = open_run(&r);
    if (e == OK)
        e = follow(&r);
    char detail[256];
    snprintf(detail, sizeof detail, "%s", err_detail());
    if (r.feeder != NULL)
        feeder_stop(r.feeder);
    if (r.writer != NULL) {
        if (e == ERR_DEEP_REORG && writer_stop(r.writer, detail) != OK)
            log_error("mirror", "could not record the stop: %s", err_detail());
        writer_close(r.writer, e != ERR_LEASE_LOST);
    }
    asker_close(r.asker);
    health_leader(false);
    return err_with(e, "%s", detail);
}

/* Errors after which the same attempt may succeed: the database or the source was away, another writer was first. */
static bool passes(enum err e)
{
    return e == ERR_DB_LOST || e == ERR_RETRY || e == ERR_COMMIT_UNKNOWN || e == ERR_LEASE_LOST || e == ERR_DB ||
           e == ERR_SOURCE || e == ERR_SOURCE_LIES;
}

enum err mirror_run(const struct mirror_options *o)
{
    unsigned backoff = RESTART_MS_FIRST, refusals = 0;
    bool waiting = false;
    health_leader(false);
    for (;;) {
        struct mirror_health before, after;
        mirror_health_get(&before);
        enum err e = one_life(o);
        if (e == ERR_END)
            health_ended();
        if (e == ERR_END || e == ERR_STOPPED || atomic_load(o->stop))
            return OK;
        if (e == ERR_LEASE_LOST) {
            if (!waiting)
                log_info("mirror", "standing by: %s", err_detail());
            waiting = true;
            wait_ms(o, STANDBY_MS);
            continue;
        }
        waiting = false;
        mirror_health_get(&after);
        if (after.batches > before.batches) {
            backoff = RESTART_MS_FIRST;
            refusals = 0;
        }
        refusals += e == ERR_DB;
        if (!passes(e) || refusals >= REFUSALS_MAX) {
            log_error("mirror", "stopped: %s: %s", err_slug(e), err_detail());
            health_error(err_detail());
            pthread_mutex_lock(&health_lock);
            health.stopped = true;
            pthread_mutex_unlock(&health_lock);
            return e;
        }
        log_warn("mirror", "%s: %s; starting again from the cursor in %u ms", err_slug(e), err_detail(), backoff);
        health_error(err_detail());
        pthread_mutex_lock(&health_lock);
        health.restarts++;
        pthread_mutex_unlock(&health_lock);
        wait_ms(o, backoff);
        backoff = backoff * 2 > RESTART_MS_MAX ? RESTART_MS_MAX : backoff * 2;
    }
}
