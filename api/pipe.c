/* api/pipe.c - see pipe.h. */
#include "api/pipe.h"

#include <pthread.h>
#include <string.h>

struct pipe {
    pthread_mutex_t lock;
    pthread_cond_t drained;
    unsigned refs;
    struct buffer bytes;
    size_t taken; /* of bytes */
    bool ended, whole, broken, waiting;
    void (*suspend)(void *);
    void (*resume)(void *);
    void *arg;
};

struct pipe *pipe_open(void)
{
    struct pipe *p = memory_resize(NULL, sizeof *p);
    memset(p, 0, sizeof *p);
    pthread_mutex_init(&p->lock, NULL);
    pthread_cond_init(&p->drained, NULL);
    p->refs = 1;
    return p;
}

struct pipe *pipe_hold(struct pipe *p)
{
    pthread_mutex_lock(&p->lock);
    p->refs++;
    pthread_mutex_unlock(&p->lock);
    return p;
}

void pipe_release(struct pipe *p)
{
    if (p == NULL)
        return;
    pthread_mutex_lock(&p->lock);
    bool last = --p->refs == 0;
    pthread_mutex_unlock(&p->lock);
    if (!last)
        return;
    pthread_mutex_destroy(&p->lock);
    pthread_cond_destroy(&p->drained);
    buffer_done(&p->bytes);
    memory_free(p);
}

/* Under the lock: the reader has something to see. */
static void wake(struct pipe *p)
{
    if (!p->waiting)
        return;
    p->waiting = false;
    p->resume(p->arg);
}

static bool append(struct pipe *p, const void *bytes, size_t n)
{
    if (p->broken)
        return false;
    if (p->taken == p->bytes.n) {
        buffer_reset(&p->bytes);
        p->taken = 0;
    }
    buffer_bytes(&p->bytes, bytes, n);
    wake(p);
    return true;
}

bool pipe_write(struct pipe *p, const void *bytes, size_t n)
{
    pthread_mutex_lock(&p->lock);
    while (!p->broken && p->bytes.n - p->taken >= PIPE_ROOM)
        pthread_cond_wait(&p->drained, &p->lock);
    bool ok = append(p, bytes, n);
    pthread_mutex_unlock(&p->lock);
    return ok;
}

bool pipe_push(struct pipe *p, const void *bytes, size_t n)
{
    pthread_mutex_lock(&p->lock);
    bool ok = append(p, bytes, n);
    pthread_mutex_unlock(&p->lock);
    return ok;
}

size_t pipe_pending(struct pipe *p)
{
    pthread_mutex_lock(&p->lock);
    size_t n = p->bytes.n - p->taken;
    pthread_mutex_unlock(&p->lock);
    return n;
}

bool pipe_gone(struct pipe *p)
{
    pthread_mutex_lock(&p->lock);
    bool gone = p->broken;
    pthread_mutex_unlock(&p->lock);
    return gone;
}

void pipe_end(struct pipe *p, bool whole)
{
    pthread_mutex_lock(&p->lock);
    p->ended = true;
    p->whole = whole;
    wake(p);
    pthread_mutex_unlock(&p->lock);
}

ssize_t pipe_read(struct pipe *p, void *out, size_t max)
{
    pthread_mutex_lock(&p->lock);
    size_t n = p->bytes.n - p->taken;
    ssize_t result = 0;
    if (p->broken) {
        result = -2;
    } else if (n > 0) {
        n = n < max ? n : max;
        memcpy(out, p->bytes.p + p->taken, n);
        p->taken += n;
        if (p->bytes.n - p->taken < PIPE_ROOM)
            pthread_cond_signal(&p->drained);
        result = (ssize_t)n;
    } else if (p->ended) {
        result = p->whole ? -1 : -2;
    } else {
        p->waiting = true;
        p->suspend(p->arg);
    }
    pthread_mutex_unlock(&p->lock);
    return result;
}

void pipe_bind(struct pipe *p, void (*suspend)(void *), void (*resume)(void *), void *arg)
{
    pthread_mutex_lock(&p->lock);
    p->suspend = suspend;
    p->resume = resume;
    p->arg = arg;
    pthread_mutex_unlock(&p->lock);
}

void pipe_break(struct pipe *p)
{
    pthread_mutex_lock(&p->lock);
    p->broken = true;
    wake(p);
    pthread_cond_broadcast(&p->drained);
    pthread_mutex_unlock(&p->lock);
}
