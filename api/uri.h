/* api/uri.h - a request target taken apart: path segments and query pairs, percent-decoded, nothing tolerated.
 *
 * RFC 3986: '+' is itself, not a space. Refused: malformed percent-encoding, NUL and other control characters, bytes that
 * are not UTF-8 (after decoding), a fragment. */
#ifndef API_URI_H
#define API_URI_H

#include "ledger/core/arena.h"

enum { URI_SEGMENTS_MAX = 16, URI_PAIRS_MAX = 64, URI_BYTES_MAX = 5 * 1024 };

struct pair {
    const char *name, *value; /* NUL-terminated */
};

struct uri {
    const char *path; /* as given, without query, for messages */
    const char *segments[URI_SEGMENTS_MAX];
    size_t n_segments;
    struct pair pairs[URI_PAIRS_MAX];
    size_t n_pairs;
};

/* Origin form, or absolute form whose scheme and authority are dropped (RFC 9112, 3.2.2). ERR_FIELD: malformed;
 * ERR_URI_TOO_LONG: more than URI_BYTES_MAX; more segments or pairs than fit is ERR_FIELD. */
MUST_CHECK enum err uri_parse(const char *text, size_t n, struct arena *arena, struct uri *out);
/* Well-formed UTF-8 without overlong forms and surrogates. */
bool utf8_valid(const char *text, size_t n);

#endif
