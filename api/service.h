/* api/service.h - what the parts of a running server share. */
#ifndef API_SERVICE_H
#define API_SERVICE_H

#include "api/cache.h"
#include "api/metrics.h"
#include "api/router.h"
#include "api/server.h"
#include "api/watch.h"

struct workers;
struct feeds;
struct headers;
struct door;
struct keys;
struct recount;
struct reward_trees;

struct service {
    struct server_options options; /* defaults filled in */
    struct facts facts;
    struct router router;
    struct metrics metrics;
    struct cache *cache;
    struct watch *watch;
    struct workers *workers;
    struct feeds *feeds;
    struct headers *headers;    /* of blocks whose headers are not stored */
    struct door *door;          /* for signed messages; NULL: none are taken */
    struct keys *keys;          /* its keys */
    struct recount *recount;    /* counts again in the background */
    struct reward_trees *trees; /* of distributions, for proofs */
    struct buffer openapi;      /* the document */
    atomic_bool stopping;
};

#endif
