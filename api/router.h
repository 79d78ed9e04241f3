/* api/router.h - which route a method and a path mean. */
#ifndef API_ROUTER_H
#define API_ROUTER_H

#include "api/route.h"
#include "api/uri.h"

enum { ENDPOINTS_MAX = 128, ALLOW_TEXT = 64 };

/* A route, ready for matching. */
struct endpoint {
    const struct route *route;
    size_t index; /* dense, for counters */
    size_t n_segments;
    const char *segments[URI_SEGMENTS_MAX]; /* literal text, or NULL for a parameter */
    size_t parameters[URI_SEGMENTS_MAX];    /* index in route->parameters where segments[i] is NULL */
    size_t n_parameters;                    /* all of the route's */
    uint64_t path_parameters;               /* bit i: route->parameters[i] is of the path */
    bool takes_rest;                        /* the last segment is {name...} */
};

struct router {
    struct endpoint endpoints[ENDPOINTS_MAX];
    size_t n;
    struct arena arena;
};

struct match {
    const struct endpoint *endpoint;
    enum representation as;
    bool by_suffix;                            /* `as` comes from the path, whatever Accept says */
    const char *path_values[URI_SEGMENTS_MAX]; /* by segment; NULL for literals */
    char allow[ALLOW_TEXT];                    /* of ERR_METHOD: the methods that the path has */
};

/* Compile the tables; a table that breaks a rule of route.h is a bug (assertion that names the route). */
void router_init(struct router *r, const struct route *const *tables);
void router_done(struct router *r);
/* HEAD finds GET's route. ERR_NOT_FOUND: no such path; ERR_METHOD: the path has others (see allow). */
MUST_CHECK enum err router_match(const struct router *r, const char *method, const struct uri *uri, struct arena *arena,
                                 struct match *out);

#endif
