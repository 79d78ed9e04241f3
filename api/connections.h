/* api/connections.h - open connections, how many of whom, and until when each may do what it does.
 *
 * Deadlines are absolute: a client that drips a byte at a time gains nothing. A thread shuts down the sockets that are
 * late; the server then sees them closed. */
#ifndef API_CONNECTIONS_H
#define API_CONNECTIONS_H

#include <stdbool.h>
#include <sys/socket.h>

#include "api/exchange.h"

enum phase {
    PHASE_HEADERS, /* connected, or a request has begun */
    PHASE_BODY,
    PHASE_ANSWER, /* a handler works: bounded by its statement's timeout */
    PHASE_WRITE,
    PHASE_IDLE /* between requests */
};

struct connection {
    struct connections *all;
    int fd;
    void *handle; /* the server library's */
    struct exchange *exchange;
    const char *target; /* where the library keeps the request target, until the headers are complete */
    size_t target_n;
    bool begun; /* the headers of the exchange were seen */
    enum progress progress;
    /* Written by the connection's own thread without a lock (three times a request), read by the one that cuts. */
    _Atomic enum phase phase;
    atomic_uint_fast64_t deadline; /* microseconds; 0: none */
    atomic_uint gone;              /* looks at which the client had closed its side */
    bool late;                     /* cut off */
    uint8_t address[16];           /* counted by; IPv6 by its /64 */
    bool loopback;
    struct connection *next, *previous;
};

struct connections;
MUST_CHECK enum err connections_open(struct service *s, struct connections **out);
void connections_close(struct connections *c);
/* Whether one more from there is welcome. */
bool connections_admit(struct connections *c, const struct sockaddr *from);
struct connection *connections_add(struct connections *c, int fd, void *handle, const struct sockaddr *from);
/* Before the socket is closed. Releases the exchange. */
void connections_remove(struct connection *one);
/* The exchange is over: ready for the next one. */
void connection_next(struct connection *one);
void connection_phase(struct connection *one, enum phase phase);
/* Stopping: nobody may begin another request; cut off those that are between requests, or all. */
void connections_cut(struct connections *c, bool all);

#endif
