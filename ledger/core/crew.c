/* ledger/core/crew.c - see crew.h. */
#include "ledger/core/crew.h"

#include <assert.h>
#include <pthread.h>
#include <string.h>
#include <unistd.h>

#include "ledger/core/arena.h"

enum { CREW_THREADS_MAX = 256 };

struct place {
    void *item;
    bool done;
};

/* A ring: taken <= started <= given, each a running number. */
struct crew {
    pthread_mutex_t lock;
    pthread_cond_t given_one, done_one;
    void (*work)(void *item);
    struct place *ring;
    size_t room, given, started, taken;
    bool ending;
    unsigned n_threads;
    pthread_t threads[CREW_THREADS_MAX];
};

static void *work(void *arg)
{
    struct crew *c = arg;
    pthread_mutex_lock(&c->lock);
    for (;;) {
        while (c->started == c->given && !c->ending)
            pthread_cond_wait(&c->given_one, &c->lock);
        if (c->started == c->given)
            break;
        struct place *p = &c->ring[c->started++ % c->room];
        pthread_mutex_unlock(&c->lock);
        c->work(p->item);
        pthread_mutex_lock(&c->lock);
        p->done = true;
        pthread_cond_signal(&c->done_one);
    }
    pthread_mutex_unlock(&c->lock);
    return NULL;
}

enum err crew_open(unsigned threads, size_t room, void (*function)(void *item), struct crew **out)
{
    long processors = sysconf(_SC_NPROCESSORS_ONLN);
    if (threads == 0)
        threads = processors > 0 ? (unsigned)processors : 1;
    if (threads > CREW_THREADS_MAX)
        threads = CREW_THREADS_MAX;
    struct crew *c = memory_resize(NULL, sizeof *c);
    memset(c, 0, sizeof *c);
    pthread_mutex_init(&c->lock, NULL);
    pthread_cond_init(&c->given_one, NULL);
    pthread_cond_init(&c->done_one, NULL);
    c->work = function;
    c->room = room;
    c->ring = memory_resize(NULL, room * sizeof *c->ring);
    while (c->n_threads < threads) {
        if (pthread_create(&c->threads[c->n_threads], NULL, work, c) != 0) {
            crew_close(&c);
            return err_with(ERR_IO, "a thread cannot be started");
        }
        c->n_threads++;
    }
    *out = c;
    return OK;
}

void crew_close(struct crew **crew)
{
    struct crew *c = *crew;
    if (c == NULL)
        return;
    pthread_mutex_lock(&c->lock);
    c->ending = true;
    pthread_cond_broadcast(&c->given_one);
    pthread_mutex_unlock(&c->lock);
    for (unsigned i = 0; i < c->n_threads; i++)
        pthread_join(c->threads[i], NULL);
    pthread_mutex_destroy(&c->lock);
    pthread_cond_destroy(&c->given_one);
    pthread_cond_destroy(&c->done_one);
    memory_free(c->ring);
    memory_free(c);
    *crew = NULL;
}

unsigned crew_threads(const struct crew *c)
{
    return c->n_threads;
}

bool crew_has_room(const struct crew *c)
{
    return c->given - c->taken < c->room; /* both are the caller's own */
}

void crew_give(struct crew *c, void *item)
{
    assert(crew_has_room(c));
    pthread_mutex_lock(&c->lock);
    c->ring[c->given++ % c->room] = (struct place){.item = item};
    pthread_cond_signal(&c->given_one);
    pthread_mutex_unlock(&c->lock);
}

void *crew_take(struct crew *c)
{
    if (c->taken == c->given)
        return NULL;
    pthread_mutex_lock(&c->lock);
    const struct place *p = &c->ring[c->taken % c->room];
    while (!p->done)
        pthread_cond_wait(&c->done_one, &c->lock);
    void *item = p->item;
    pthread_mutex_unlock(&c->lock);
    c->taken++;
    return item;
}
