/* api/connections.c - see connections.h. */
#include "api/connections.h"

#include <netinet/in.h>
#include <poll.h>
#include <pthread.h>
#include <string.h>

#include "api/feeds.h"
#include "api/reward_trees.h"
#include "api/workers.h"
#include "ledger/core/log.h"

enum {
    TICK_MICROSECONDS = 100000,
    LOOK_TICKS = 5, /* how often waiting clients are looked for */
    GONE_LOOKS = 3  /* a client that half-closed gets its answer if it is ready before this many looks */
};

struct connections {
    struct service *service;
    pthread_mutex_t lock;
    pthread_t thread;
    atomic_bool ending;
    struct connection *first;
    struct pollfd *polls; /* of the connections that wait, and which they are */
    struct connection **polled;
    size_t polls_room;
};

static unsigned limit_ms(const struct server_options *o, enum phase phase)
{
    switch (phase) {
    case PHASE_HEADERS:
        return o->headers_ms;
    case PHASE_BODY:
        return o->body_ms;
    case PHASE_WRITE:
        return o->write_ms;
    case PHASE_IDLE:
        return o->idle_ms;
    case PHASE_ANSWER:
        break;
    }
    return 0;
}

void connection_phase(struct connection *one, enum phase phase)
{
    unsigned ms = limit_ms(&one->all->service->options, phase);
    atomic_store(&one->phase, phase);
    atomic_store(&one->gone, 0);
    atomic_store(&one->deadline, ms > 0 ? microseconds_now() + UINT64_C(1000) * ms : 0);
}

void connection_next(struct connection *one)
{
    /* Whoever cuts breaks the stream, too; without one there is nothing to take away from under it. */
    bool streams = one->exchange->pipe != NULL;
    if (streams) {
        pthread_mutex_lock(&one->all->lock);
        pipe_break(one->exchange->pipe);
    }
    one->exchange = exchange_next(one->exchange);
    if (streams)
        pthread_mutex_unlock(&one->all->lock);
    one->begun = false;
    connection_phase(one, PHASE_IDLE);
}

/* Under the lock, so that the socket is still this connection's. */
static void cut(struct connection *one)
{
    one->late = true;
    one->deadline = 0;
    shutdown(one->fd, SHUT_RDWR);
    if (one->exchange != NULL && one->exchange->pipe != NULL)
        pipe_break(one->exchange->pipe);
}

static void cut_the_late(struct connections *c)
{
    uint64_t now = microseconds_now();
    for (struct connection *one = c->first; one != NULL; one = one->next) {
        uint64_t deadline = atomic_load(&one->deadline);
        if (deadline == 0 || deadline > now)
            continue;
        if (one->phase != PHASE_IDLE)
            atomic_fetch_add(&c->service->metrics.deadlines_passed, 1);
        cut(one);
    }
}

/* Who waits for an answer is not read from, so nobody else notices that they went. */
static size_t poll_waiting(struct connections *c)
{
    size_t n = 0;
    for (struct connection *one = c->first; one != NULL; one = one->next) {
        if (atomic_load(&one->phase) != PHASE_ANSWER || one->late)
            continue;
        if (n == c->polls_room) {
            c->polls_room = c->polls_room * 2 + 64;
            c->polls = memory_resize(c->polls, c->polls_room * sizeof *c->polls);
            c->polled = memory_resize(c->polled, c->polls_room * sizeof *c->polled);
        }
        c->polls[n] = (struct pollfd){.fd = one->fd, .events = POLLRDHUP};
        c->polled[n++] = one;
    }
    return n > 0 && poll(c->polls, n, 0) > 0 ? n : 0;
}

/* Cancel what runs for clients that are gone. POLLRDHUP alone may be a client that half-closed and still reads. */
static void leave_the_gone(struct connections *c)
{
    size_t n = poll_waiting(c);
    for (size_t i = 0; i < n; i++) {
        struct connection *one = c->polled[i];
        short seen = c->polls[i].revents;
        bool closed = (seen & (POLLHUP | POLLERR)) != 0, half = (seen & POLLRDHUP) != 0;
        if (atomic_load(&one->phase) != PHASE_ANSWER || !(closed || half))
            continue;
        if (atomic_fetch_add(&one->gone, 1) + 1 < GONE_LOOKS && !closed)
            continue;
        cut(one);
        workers_abandon(c->service->workers, one->exchange);
    }
}

/* Whatever waits for a database that does not answer is freed; whoever waits in vain is left. */
static void look_at_database(struct connections *c)
{
    leave_the_gone(c);
    reward_trees_sweep(c->service->trees, REWARD_TREES_IDLE_SECONDS);
    watch_unblock(c->service->watch);
    workers_unblock(c->service->workers);
    feeds_unblock(c->service->feeds);
}

static void *watch_deadlines(void *arg)
{
    struct connections *c = arg;
    for (unsigned tick = 0; !atomic_load(&c->ending); tick++) {
        nanosleep(&(struct timespec){0, TICK_MICROSECONDS * 1000L}, NULL);
        pthread_mutex_lock(&c->lock);
        cut_the_late(c);
        if (tick % LOOK_TICKS == 0 && !atomic_load(&c->service->stopping))
            look_at_database(c);
        pthread_mutex_unlock(&c->lock);
    }
    return NULL;
}

enum err connections_open(struct service *s, struct connections **out)
{
    struct connections *c = memory_resize(NULL, sizeof *c);
    memset(c, 0, sizeof *c);
    c->service = s;
    pthread_mutex_init(&c->lock, NULL);
    if (pthread_create(&c->thread, NULL, watch_deadlines, c) != 0) {
        memory_free(c);
        return err_with(ERR_IO, "a thread cannot be started");
    }
    *out = c;
    return OK;
}

void connections_close(struct connections *c)
{
    if (c == NULL)
        return;
    atomic_store(&c->ending, true);
    pthread_join(c->thread, NULL);
    pthread_mutex_destroy(&c->lock);
    memory_free(c->polls);
    memory_free(c->polled);
    memory_free(c);
}

/* IPv4 as mapped IPv6; of IPv6 the /64, which is what one customer has. */
static void key_of(const struct sockaddr *from, uint8_t key[16], bool *loopback)
{
    memset(key, 0, 16);
    if (from->sa_family == AF_INET) {
        struct sockaddr_in v4;
        memcpy(&v4, from, sizeof v4);
        memcpy(key + 10, "\xff\xff", 2);
        memcpy(key + 12, &v4.sin_addr, 4);
        *loopback = key[12] == 127;
        return;
    }
    struct sockaddr_in6 v6;
    memcpy(&v6, from, sizeof v6);
    *loopback = IN6_IS_ADDR_LOOPBACK(&v6.sin6_addr) ||
                (IN6_IS_ADDR_V4MAPPED(&v6.sin6_addr) && v6.sin6_addr.s6_addr[12] == 127);
    memcpy(key, &v6.sin6_addr, IN6_IS_ADDR_V4MAPPED(&v6.sin6_addr) ? 16 : 8);
}

bool connections_admit(struct connections *c, const struct sockaddr *from)
{
    uint8_t key[16];
    bool loopback = false;
    key_of(from, key, &loopback);
    if (loopback)
        return true;
    unsigned n = 0;
    pthread_mutex_lock(&c->lock);
    for (const struct connection *one = c->first; one != NULL; one = one->next)
        n += memcmp(one->address, key, 16) == 0;
    pthread_mutex_unlock(&c->lock);
    bool ok = n < c->service->options.per_address;
    if (!ok)
        atomic_fetch_add(&c->service->metrics.connections_refused, 1);
    return ok;
}

struct connection *connections_add(struct connections *c, int fd, void *handle, const struct sockaddr *from)
{
    struct connection *one = memory_resize(NULL, sizeof *one);
    *one = (struct connection){.all = c, .fd = fd, .handle = handle, .exchange = exchange_new(c->service)};
    key_of(from, one->address, &one->loopback);
    pthread_mutex_lock(&c->lock);
    connection_phase(one, PHASE_HEADERS);
    one->next = c->first;
    if (c->first != NULL)
        c->first->previous = one;
    c->first = one;
    pthread_mutex_unlock(&c->lock);
    atomic_fetch_add(&c->service->metrics.connections_open, 1);
    atomic_fetch_add(&c->service->metrics.connections_total, 1);
    return one;
}

void connections_remove(struct connection *one)
{
    struct connections *c = one->all;
    pthread_mutex_lock(&c->lock);
    *(one->previous != NULL ? &one->previous->next : &c->first) = one->next;
    if (one->next != NULL)
        one->next->previous = one->previous;
    pthread_mutex_unlock(&c->lock);
    atomic_fetch_sub(&c->service->metrics.connections_open, 1);
    exchange_release(one->exchange);
    memory_free(one);
}

void connections_cut(struct connections *c, bool all)
{
    pthread_mutex_lock(&c->lock);
    for (struct connection *one = c->first; one != NULL; one = one->next)
        if (all || one->phase == PHASE_IDLE || (one->phase == PHASE_HEADERS && !one->begun))
            cut(one);
    pthread_mutex_unlock(&c->lock);
}
