/* ledger/mirror/feeder.c - see feeder.h. */
#include "ledger/mirror/feeder.h"

#include <assert.h>
#include <pthread.h>
#include <stdio.h>
#include <time.h>

#include "ledger/core/log.h"
#include "ledger/mirror/mirror.h"

enum { PARCELS = MIRROR_AHEAD + 1, WAIT_SLICE_MS = 50 };

struct feeder {
    struct source *source;
    const struct network *network;
    atomic_bool ended; /* also the source's stop flag */
    pthread_t thread;
    pthread_mutex_t lock;
    pthread_cond_t changed;
    struct parcel parcels[PARCELS];
    struct parcel *ready[PARCELS], *idle[PARCELS]; /* ready: oldest first */
    int n_ready, n_idle;
};

static bool must_end(struct feeder *f)
{
    return atomic_load(&f->ended);
}

static void deadline_after(unsigned ms, struct timespec *out)
{
    clock_gettime(CLOCK_MONOTONIC, out);
    out->tv_sec += ms / 1000;
    out->tv_nsec += (long)(ms % 1000) * 1000000;
    if (out->tv_nsec >= 1000000000) {
        out->tv_sec++;
        out->tv_nsec -= 1000000000;
    }
}

static struct parcel *wait_for_idle(struct feeder *f)
{
    struct parcel *p = NULL;
    pthread_mutex_lock(&f->lock);
    while (f->n_idle == 0 && !must_end(f)) {
        struct timespec until;
        deadline_after(WAIT_SLICE_MS, &until);
        pthread_cond_timedwait(&f->changed, &f->lock, &until);
    }
    if (f->n_idle > 0)
        p = f->idle[--f->n_idle];
    pthread_mutex_unlock(&f->lock);
    return p;
}

static void hand_over(struct feeder *f, struct parcel *p)
{
    pthread_mutex_lock(&f->lock);
    f->ready[f->n_ready++] = p;
    pthread_cond_broadcast(&f->changed);
    pthread_mutex_unlock(&f->lock);
}

static void pause_for(struct feeder *f, unsigned ms)
{
    for (unsigned waited = 0; waited < ms && !must_end(f); waited += WAIT_SLICE_MS)
        nanosleep(&(struct timespec){.tv_nsec = WAIT_SLICE_MS * 1000000L}, NULL);
}

/* The next step that is not a passing failure. */
static enum err next_step(struct feeder *f, struct parcel *p)
{
    for (;;) {
        arena_reset(&p->arena);
        enum err e = source_next(f->source, &p->arena, &p->step);
        if (e != ERR_SOURCE && e != ERR_SOURCE_LIES)
            return e;
        unsigned ms = source_backoff_ms(f->source);
        log_warn("source", "%s: %s; trying again in %u ms", err_slug(e), err_detail(), ms);
        pause_for(f, ms);
        if (must_end(f))
            return ERR_STOPPED;
    }
}

static void *feed(void *arg)
{
    struct feeder *f = arg;
    for (;;) {
        struct parcel *p = wait_for_idle(f);
        if (p == NULL)
            return NULL;
        p->result = must_end(f) ? ERR_STOPPED : next_step(f, p);
        if (p->result != OK) {
            snprintf(p->detail, sizeof p->detail, "%s", err_detail());
            hand_over(f, p);
            return NULL;
        }
        if (p->step.kind == STEP_BLOCKS) {
            p->decoded = ARENA_ARRAY(&p->arena, struct decoded_log *, p->step.n_blocks);
            for (size_t i = 0; i < p->step.n_blocks; i++)
                p->decoded[i] = decode_block(f->network, &p->step.blocks[i], &p->arena);
        }
        hand_over(f, p);
    }
}

enum err feeder_start(const struct source_options *options, struct feeder **out)
{
    struct feeder *f = memory_resize(NULL, sizeof *f);
    *f = (struct feeder){.network = options->network};
    struct source_options own = *options;
    own.stop = &f->ended;
    enum err e = source_open(&own, &f->source);
    if (e != OK) {
        memory_free(f);
        return e;
    }
    pthread_mutex_init(&f->lock, NULL);
    pthread_condattr_t monotonic;
    pthread_condattr_init(&monotonic);
    pthread_condattr_setclock(&monotonic, CLOCK_MONOTONIC);
    pthread_cond_init(&f->changed, &monotonic);
    pthread_condattr_destroy(&monotonic);
    for (int i = 0; i < PARCELS; i++)
        f->idle[f->n_idle++] = &f->parcels[i];
    int failed = pthread_create(&f->thread, NULL, feed, f);
    assert(failed == 0);
    *out = f;
    return OK;
}

struct parcel *feeder_take(struct feeder *f, unsigned wait_ms)
{
    struct parcel *p = NULL;
    struct timespec until;
    deadline_after(wait_ms, &until);
    pthread_mutex_lock(&f->lock);
    while (f->n_ready == 0 && pthread_cond_timedwait(&f->changed, &f->lock, &until) == 0)
        continue;
    if (f->n_ready > 0) {
        p = f->ready[0];
        f->n_ready--;
        for (int i = 0; i < f->n_ready; i++)
            f->ready[i] = f->ready[i + 1];
    }
    pthread_mutex_unlock(&f->lock);
    return p;
}

void feeder_give_back(struct feeder *f, struct parcel *p)
{
    pthread_mutex_lock(&f->lock);
    f->idle[f->n_idle++] = p;
    pthread_cond_broadcast(&f->changed);
    pthread_mutex_unlock(&f->lock);
}

void feeder_health(const struct feeder *f, struct source_health *out)
{
    source_health_get(f->source, out);
}

void feeder_stop(struct feeder *f)
{
    atomic_store(&f->ended, true);
    pthread_mutex_lock(&f->lock);
    pthread_cond_broadcast(&f->changed);
    pthread_mutex_unlock(&f->lock);
    pthread_join(f->thread, NULL);
    source_close(f->source);
    for (int i = 0; i < PARCELS; i++)
        arena_done(&f->parcels[i].arena);
    pthread_mutex_destroy(&f->lock);
    pthread_cond_destroy(&f->changed);
    memory_free(f);
}
