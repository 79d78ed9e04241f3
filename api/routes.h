/* api/routes.h - the list of all nouns' route tables; add a line here and in routes.c to add a noun. */
#ifndef API_ROUTES_H
#define API_ROUTES_H

#include "api/route.h"

/* Tables, each ending with {0}; the list ends with NULL. */
extern const struct route *const routes[];

/* One line a noun. */
extern const struct route health_routes[];
extern const struct route openapi_routes[];

#endif
