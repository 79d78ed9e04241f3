/* api/openapi.h - the OpenAPI 3.1 document of the route table. */
#ifndef API_OPENAPI_H
#define API_OPENAPI_H

#include "api/router.h"

void openapi_write(const struct router *r, const char *version, struct buffer *out);

#endif
