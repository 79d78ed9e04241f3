/* api/entity.h - a finished answer: status, body and what caches need to know; shared and never changed once made. */
#ifndef API_ENTITY_H
#define API_ENTITY_H

#include <stdatomic.h>

#include "api/request.h"

enum { ETAG_TEXT = 40 };

struct entity {
    atomic_uint refs;
    int status;
    const char *content_type;  /* static text */
    const char *cache_control; /* static text */
    char etag[ETAG_TEXT];      /* quoted; "" : none (anything but 200) */
    char *link;                /* value of Link, or NULL */
    char *allow;               /* value of Allow, or NULL */
    uint64_t retry_after;      /* 0: none */
    bool gzip;                 /* the body is compressed */
    bool pinned;               /* at a finalized number or hash: stays true within the generation */
    uint64_t generation;
    struct buffer body;
};

struct entity *entity_new(int status, const char *content_type);
struct entity *entity_hold(struct entity *e);
void entity_release(struct entity *e);
/* Compress if `gzip` is wanted and worth it, then give the entity its ETag: over generation, finality, representation
 * (content type and coding) and body, so that two answers with one ETag are byte for byte the same. */
void entity_seal(struct entity *e, bool gzip, enum finality finality);
/* The ETag of an entity whose body is made while it is sent: over what the body follows from. `as_of` NULL: no block. */
void entity_seal_stream(struct entity *e, const struct as_of *as_of, const char *asked, uint64_t version);
/* If-None-Match against the entity's ETag (RFC 9110, 13.1.2: weak comparison, lists, *). */
bool etag_matches(const char *if_none_match, const char *etag);

#endif
