/* api/exchange.h - one request and its answer, from matching to the last byte, without a word of sockets.
 *
 * The server makes one per request, gives it header lines and body, and either finds it answered or hands it to the
 * workers, who answer it and call `wake`. Held by the connection and, while a stream runs, by its thread. */
#ifndef API_EXCHANGE_H
#define API_EXCHANGE_H

#include <stdatomic.h>

#include "api/entity.h"
#include "api/guard.h"
#include "api/pipe.h"
#include "api/router.h"
#include "api/service.h"

enum { REQUEST_ID_MAX = 64, ANSWER_HEADERS_MAX = 20, BODY_BYTES_MAX = 64 * 1024 };

struct exchange {
    struct service *service;
    atomic_uint refs;
    struct arena arena;
    const char *method;
    const char *target; /* raw */
    size_t target_n;
    bool head, options;
    char id[REQUEST_ID_MAX + 1];
    const char *if_none_match, *last_event_id;
    bool gzip;
    bool only_json; /* Accept names nothing else: problems go by that name too */
    struct uri uri;
    struct match match;
    struct request request;
    const char *key; /* of the cache */
    uint64_t scope;  /* of cursors */
    uint64_t epoch;  /* when the request came */
    uint64_t began;  /* microseconds, monotonic */
    struct buffer body;
    struct statement statement;
    bool kept; /* the statement was sql_kept: request.as_of was in memory */
    unsigned attempts;
    atomic_bool abandoned; /* the client is gone: not to be repeated */
    bool counted, in_flight;

    /* The answer: one of the two, or for CORS preflights a bare entity. */
    struct entity *entity;
    struct pipe *pipe;
    bool unmeasured; /* a HEAD of what is streamed: its length is not known */
    bool close;      /* the connection, after the answer */

    void (*wake)(struct exchange *x); /* answered; from any thread, once */
    void *owner;                      /* the server's */
    struct exchange *next;            /* in a queue */
};

enum progress {
    ANSWERED, /* entity or pipe is set */
    NEEDS_BODY,
    QUEUED /* wake will be called */
};

struct exchange *exchange_new(struct service *s);
struct exchange *exchange_hold(struct exchange *x);
void exchange_release(struct exchange *x);
/* Ready for the next request of the same connection; a fresh one if a stream still holds this. */
struct exchange *exchange_next(struct exchange *x);

/* Headers are complete. Never fails: a refusal is an answer. The lines stay valid until the exchange is released.
 * When QUEUED would be the result the exchange is not queued yet: the caller gets ready to be woken, then calls exchange_queue. */
enum progress exchange_begin(struct exchange *x, const struct incoming *in);
/* More of the body; its end. */
void exchange_body(struct exchange *x, const void *p, size_t n);
enum progress exchange_body_end(struct exchange *x);
void exchange_queue(struct exchange *x);

/* Answer with a problem, with this thread's detail. */
void exchange_refuse(struct exchange *x, enum err e);
/* The same of a rule: `reasons` are members of a 422's array. */
void exchange_refuse_by_rule(struct exchange *x, const struct buffer *reasons);
/* Answer with a finished reply (200): seals, caches. Takes the body out of it. */
void exchange_reply(struct exchange *x, struct reply *reply);
void exchange_wake(struct exchange *x);

/* The answer's status (304 if the client has it) and header lines. Values live as long as the exchange. */
int exchange_status(const struct exchange *x);
size_t exchange_headers(struct exchange *x, struct pair out[ANSWER_HEADERS_MAX]);
/* Count it; once, when the status is decided. */
void exchange_count(struct exchange *x);

uint64_t microseconds_now(void);

#endif
