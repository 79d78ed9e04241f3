/* api/link.h - the Link header to the next page. */
#ifndef API_LINK_H
#define API_LINK_H

#include "api/uri.h"

/* <path?query&after=cursor>; rel="next": the request's own parameters with another after=. The caller frees (memory_free). */
char *link_next(const struct uri *uri, const char *cursor);

#endif
