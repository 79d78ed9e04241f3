/* ledger/mirror/http.h - POST a body to one HTTP endpoint and read the bounded answer; the only file that knows libcurl.
 *
 * The connection is kept alive between posts and belongs to one thread. Redirects are not followed (an endpoint that
 * moves is a configuration to change), other schemes than http and https are refused, compressed answers are taken and
 * bounded by their unpacked size. A post looks at the stop flag every HTTP_STOP_LOOK_MS. */
#ifndef LEDGER_MIRROR_HTTP_H
#define LEDGER_MIRROR_HTTP_H

#include <stdatomic.h>
#include <stdbool.h>

#include "ledger/core/arena.h"

struct http;

enum { HTTP_STOP_LOOK_MS = 100, HTTP_NAME_MAX = 160 };

struct http_options {
    unsigned timeout_ms; /* one post, from connecting to the last byte */
    size_t max_bytes;    /* of one answer, unpacked */
    atomic_bool *stop;   /* NULL: never */
};

struct http_status {
    int code;                /* 200 */
    uint64_t retry_after_ms; /* Retry-After of the answer; 0: none */
};

bool http_url(const char *text); /* whether it begins with http:// or https:// */
/* ERR_CONFIG: not an http(s) URL. Opens no connection yet. */
MUST_CHECK enum err http_open(const char *url, const struct http_options *options, struct http **out);
void http_close(struct http *h);
/* Scheme, host and port only: paths and user names of endpoints are often secrets and stay out of logs. */
const char *http_name(const struct http *h);
/* POST JSON; the answer's body replaces what is in `answer`, whatever its status. ERR_SOURCE: no connection, timeout,
 * cut off, not unpackable. ERR_TOO_LARGE: more than max_bytes. ERR_STOPPED. */
MUST_CHECK enum err http_post(struct http *h, struct slice body, struct buffer *answer, struct http_status *status);
/* The two halves of a post: send now (body and answer must stay where they are), wait for the answer later. Between them
 * the server works. http_drop gives the answer up; harmless if there is none to come. */
MUST_CHECK enum err http_begin(struct http *h, struct slice body, struct buffer *answer);
MUST_CHECK enum err http_end(struct http *h, struct http_status *status);
void http_drop(struct http *h);

#endif
