/* api/problem.h - an error as application/problem+json (RFC 9457), without SQL, paths or secrets in it. */
#ifndef API_PROBLEM_H
#define API_PROBLEM_H

#include "api/entity.h"

/* From an error and its thread's detail. `param` is the detail's text before ':' of a 400. Details of faults (500, 502, lost
 * database) are logged with the request id, not shown. `reasons`: members of a 422's array, or NULL. */
struct entity *problem_make(enum err e, const char *request_id, const struct buffer *reasons);

#endif
