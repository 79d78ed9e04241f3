/* api/guard.h - what a request's header lines must be before anything else is done: no smuggling, no ambiguity, no excess.
 *
 * RFC 9112 section 6: a message with both Content-Length and Transfer-Encoding, or with several lengths, may be two
 * messages to somebody else; such a connection is closed. */
#ifndef API_GUARD_H
#define API_GUARD_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "ledger/core/err.h"

enum { HEADER_LINES_MAX = 64, HEADER_BYTES_MAX = 8 * 1024, TARGET_BYTES_REFUSED = 5 * 1024 };

struct header_line {
    const char *name, *value; /* NUL-terminated, but may hold NULs */
    size_t name_n, value_n;
};

struct incoming {
    const char *method, *target; /* the target as it came */
    size_t target_n;             /* true length; more than strlen if a NUL is in it */
    bool http_1_0;
    const struct header_line *lines;
    bool broken;    /* a line held a NUL, was folded, or did not end in CRLF */
    size_t n_lines; /* may exceed HEADER_LINES_MAX by one: more were not collected */
};

/* What the framework reads from header lines. */
struct headers_read {
    const char *accept, *accept_encoding, *content_type, *content_encoding, *if_none_match, *last_event_id, *request_id;
    bool has_body; /* a body follows: chunked, or a length above 0 */
    uint64_t length;
};

/* ERR_FIELD, ERR_URI_TOO_LONG, ERR_HEADERS: answer and close. Otherwise *out is filled. */
MUST_CHECK enum err guard_check(const struct incoming *in, struct headers_read *out);

#endif
