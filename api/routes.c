/* api/routes.c - see routes.h. */
#include "api/routes.h"

const struct route *const routes[] = {
    health_routes,
    openapi_routes,
    NULL,
};
