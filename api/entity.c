/* api/entity.c - see entity.h. */
#include "api/entity.h"

#include <stdio.h>
#include <string.h>

#include "ledger/core/digest.h"
#include "ledger/core/gzip.h"

enum { GZIP_LEAST = 1024, ETAG_BYTES = 16 };

struct entity *entity_new(int status, const char *content_type)
{
    struct entity *e = memory_resize(NULL, sizeof *e);
    memset(e, 0, sizeof *e);
    atomic_init(&e->refs, 1);
    e->status = status;
    e->content_type = content_type;
    e->cache_control = "no-cache";
    return e;
}

struct entity *entity_hold(struct entity *e)
{
    atomic_fetch_add_explicit(&e->refs, 1, memory_order_relaxed);
    return e;
}

void entity_release(struct entity *e)
{
    if (e == NULL || atomic_fetch_sub_explicit(&e->refs, 1, memory_order_acq_rel) != 1)
        return;
    buffer_done(&e->body);
    memory_free(e->link);
    memory_free(e->allow);
    memory_free(e);
}

static void set_etag(struct entity *e, const struct buffer *b)
{
    struct hash h = keccak_bytes(b->p, b->n);
    char hex[2 * ETAG_BYTES];
    hex_encode((struct slice){h.b, ETAG_BYTES}, hex);
    snprintf(e->etag, sizeof e->etag, "\"%.*s\"", 2 * ETAG_BYTES, hex);
}

void entity_seal_stream(struct entity *e, const struct as_of *as_of, const char *asked, uint64_t version)
{
    AUTO_BUFFER b = {0};
    buffer_text(&b, asked);
    buffer_be64(&b, e->generation);
    buffer_be64(&b, as_of != NULL ? as_of->number : version);
    if (as_of != NULL) {
        buffer_u8(&b, (uint8_t)as_of->finality);
        buffer_bytes(&b, as_of->hash.b, sizeof as_of->hash.b);
    }
    set_etag(e, &b);
}

void entity_seal(struct entity *e, bool gzip, enum finality finality)
{
    if (gzip && e->body.n > GZIP_LEAST) {
        struct buffer packed = {0};
        gzip_compress((struct slice){e->body.p, e->body.n}, &packed);
        e->gzip = packed.n < e->body.n; /* hashes do not shrink */
        buffer_done(e->gzip ? &e->body : &packed);
        if (e->gzip)
            e->body = packed;
    }
    AUTO_BUFFER b = {0};
    buffer_be64(&b, e->generation);
    buffer_u8(&b, (uint8_t)finality);
    buffer_u8(&b, e->gzip);
    buffer_text(&b, e->content_type);
    buffer_bytes(&b, e->body.p, e->body.n);
    set_etag(e, &b);
}

bool etag_matches(const char *if_none_match, const char *etag)
{
    size_t n = strlen(etag);
    if (if_none_match == NULL || n == 0)
        return false;
    for (const char *p = if_none_match; *p != '\0';) {
        p += strspn(p, ", \t");
        if (*p == '*')
            return true;
        if (strncmp(p, "W/", 2) == 0)
            p += 2;
        if (strncmp(p, etag, n) == 0)
            return true;
        if (*p == '"') {
            const char *close = strchr(p + 1, '"');
            p = close != NULL ? close + 1 : p + strlen(p);
        } else {
            p += strcspn(p, ",");
        }
    }
    return false;
}
