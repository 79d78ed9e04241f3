/* api/parse.h - from a matched URI to a typed request; the only place where parameters' text is read. */
#ifndef API_PARSE_H
#define API_PARSE_H

#include "api/page.h"
#include "api/router.h"

/* What a request is read with besides its URI. */
struct parse_context {
    struct hash network; /* of cursors */
    bool has_network;    /* false: the database has not been read yet; cursors are ERR_DB_LOST */
    const char *accept;  /* header, or NULL */
};

/* Fill out->{route, values, at, page, as} and the canonical text of the request (cache key and, cut, the cursor's scope).
 * ERR_FIELD "name: ..."; ERR_CURSOR. */
MUST_CHECK enum err parse_request(const struct match *match, const struct uri *uri, const struct parse_context *context,
                                  struct arena *arena, struct request *out, const char **canonical, uint64_t *scope);

/* "text/csv;q=0.9, application/json" -> the representation of a list that the client likes best. */
enum representation parse_accept(const char *accept);
/* Decimal without sign, leading zeros or spaces. ERR_FIELD without detail. */
MUST_CHECK enum err parse_u64(const char *text, uint64_t max, uint64_t *out);
/* An address in any case, also that of the prefix; n characters and a NUL. ERR_FIELD without detail. */
MUST_CHECK enum err parse_address(const char *text, size_t n, struct address *out);
/* at=: latest, safe, finalized, a number, a hash or a time. ERR_FIELD; ERR_NOT_MIRRORED: a number beyond every block. */
MUST_CHECK enum err parse_at(const char *text, struct at *out);

#endif
