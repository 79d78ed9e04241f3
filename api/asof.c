/* api/asof.c - see asof.h. */
#include "api/asof.h"

#include <inttypes.h>
#include <pthread.h>
#include <string.h>

#include "api/render.h"

enum { REMEMBERED = 4096, KEPT = 1 << 15, RPC_TIMEOUT_MS = 5000 };

struct remembered {
    bool used;
    uint64_t number;
    struct hash hash;
    int64_t time;
};

struct headers {
    pthread_mutex_t lock;
    struct remembered slots[REMEMBERED]; /* by number modulo; newer ones push out older ones */
    struct as_of kept[KEPT];             /* likewise; has_block: used */
};

struct headers *headers_open(void)
{
    struct headers *h = memory_resize(NULL, sizeof *h);
    memset(h, 0, sizeof *h);
    pthread_mutex_init(&h->lock, NULL);
    return h;
}

void headers_close(struct headers *h)
{
    pthread_mutex_destroy(&h->lock);
    memory_free(h);
}

static bool recall(struct headers *h, uint64_t number, struct remembered *out)
{
    pthread_mutex_lock(&h->lock);
    const struct remembered *slot = &h->slots[number % REMEMBERED];
    bool found = slot->used && slot->number == number;
    if (found)
        *out = *slot;
    pthread_mutex_unlock(&h->lock);
    return found;
}

static void remember(struct headers *h, const struct remembered *r)
{
    pthread_mutex_lock(&h->lock);
    h->slots[r->number % REMEMBERED] = *r;
    pthread_mutex_unlock(&h->lock);
}

static void complete(struct as_of *as_of, const struct remembered *r)
{
    as_of->has_block = true;
    as_of->hash = r->hash;
    as_of->time = (struct instant){r->time};
}

/* Complete as_of (of a finalized block) from memory; false: not there. */
static bool remembered(struct service *s, struct as_of *as_of)
{
    struct remembered r;
    if (!recall(s->headers, as_of->number, &r))
        return false;
    complete(as_of, &r);
    return true;
}

static void keep(struct service *s, const struct as_of *as_of)
{
    if (as_of->finality != FINALITY_FINALIZED || !as_of->has_block)
        return;
    pthread_mutex_lock(&s->headers->lock);
    s->headers->kept[as_of->number % KEPT] = *as_of;
    pthread_mutex_unlock(&s->headers->lock);
}

bool asof_kept(struct service *s, uint64_t number, uint64_t generation, struct as_of *out)
{
    pthread_mutex_lock(&s->headers->lock);
    const struct as_of *slot = &s->headers->kept[number % KEPT];
    bool found = slot->has_block && slot->number == number && slot->generation == generation;
    if (found)
        *out = *slot;
    pthread_mutex_unlock(&s->headers->lock);
    return found;
}

bool asof_outdated(const struct rows *rows, const struct as_of *kept)
{
    struct as_of now;
    if (rows_count(rows) == 0)
        return true;
    as_of_read(rows, &now);
    return now.generation != kept->generation;
}

enum err asof_read(struct service *s, const struct rows *rows, bool is_kept, struct as_of *out)
{
    struct as_of kept = *out;
    as_of_read(rows, out);
    watch_saw(s->watch, out->generation, out->version);
    if (is_kept) {
        out->has_block = true;
        out->hash = kept.hash;
        out->time = kept.time;
        out->has_root = kept.has_root;
        out->root = kept.root;
    }
    if (out->has_block || remembered(s, out)) {
        keep(s, out);
        return OK;
    }
    return s->options.n_rpc_urls > 0 ? ERR_END : ERR_NO_HEADER;
}

/* The header of a finalized block. */
static enum err header_at(struct service *s, struct asker **asker, uint64_t number, struct remembered *out)
{
    if (recall(s->headers, number, out))
        return OK;
    const struct server_options *o = &s->options;
    if (o->n_rpc_urls == 0)
        return err_with(ERR_NO_HEADER,
                        "block %" PRIu64
                        ": its header is not stored, and this server was given no node to ask (--source)",
                        number);
    if (*asker == NULL)
        TRY(asker_open(o->rpc_urls, o->n_rpc_urls, o->rpc_timeout_ms != 0 ? o->rpc_timeout_ms : RPC_TIMEOUT_MS, asker));
    struct block block;
    atomic_fetch_add(&s->metrics.headers_asked, 1);
    enum err e = asker_header(*asker, number, &block);
    if (e != OK) /* that the node lacks a block says nothing about ours */
        return e == ERR_NOT_FOUND ? ERR_SOURCE : e;
    *out = (struct remembered){true, number, block.hash, block.time};
    remember(s->headers, out);
    return OK;
}

enum err asof_ask(struct service *s, struct asker **asker, struct as_of *as_of)
{
    struct remembered r;
    TRY(header_at(s, asker, as_of->number, &r));
    complete(as_of, &r);
    return OK;
}

/* The stored canonical headers around a time; -1: none on that side. */
struct around {
    int64_t before, after;
};
static const struct record around_record = RECORD(around, FIELD(around, before), FIELD(around, after));

enum err asof_bisect(struct service *s, struct db *db, struct asker **asker, struct at *at)
{
    static const char sql[] =
        "SELECT coalesce((SELECT h.number FROM mirror.block b JOIN mirror.chain h ON h.block = b.id WHERE b.time <= $1"
        "                 ORDER BY b.time DESC, b.number DESC LIMIT 1), -1) AS before,"
        "       coalesce((SELECT h.number FROM mirror.block b JOIN mirror.chain h ON h.block = b.id WHERE b.time > $1"
        "                 ORDER BY b.time, b.number LIMIT 1), -1) AS after";
    AUTO_ARENA arena = {0};
    struct around n;
    if (at->kind != AT_TIME || s->options.n_rpc_urls == 0)
        return OK;
    TRY(db_one(db, sql, WITH(IN(&at->time)), &around_record, &arena, &n));
    if (n.before < 0 || n.after < 0 || n.after == n.before + 1)
        return OK;
    int64_t low = n.before, high = n.after; /* time(low) <= wanted < time(high) */
    while (high - low > 1) {
        int64_t middle = low + (high - low) / 2;
        struct remembered r;
        TRY(header_at(s, asker, (uint64_t)middle, &r));
        *(r.time <= at->time.unix_seconds ? &low : &high) = middle;
    }
    *at = (struct at){.kind = AT_NUMBER, .number = low};
    return OK;
}

struct bounds {
    bool has_head, syncing, known;
    int64_t head, source_head, first, safe, finalized;
};
static const struct record bounds_record = RECORD(bounds, FIELD(bounds, has_head), FIELD(bounds, syncing),
                                                  FIELD(bounds, known), FIELD(bounds, head), FIELD(bounds, source_head),
                                                  FIELD(bounds, first), FIELD(bounds, safe), FIELD(bounds, finalized));

static enum err explain_alias(const struct at *at, const struct bounds *b)
{
    if (!b->has_head)
        return err_with(ERR_SYNCING, "no block is mirrored yet");
    if (b->syncing)
        return err_with(ERR_SYNCING,
                        "block %" PRId64 " of %" PRId64
                        " is mirrored; blocks up to it can be asked for by number or hash",
                        b->head, b->source_head);
    if (at->kind == AT_TIME && !b->known)
        return err_with(ERR_NOT_MIRRORED, "at: no mirrored block is that old");
    if ((at->kind == AT_SAFE && b->safe < b->first) || (at->kind == AT_FINALIZED && b->finalized < b->first))
        return err_with(ERR_NOT_MIRRORED, "at: no mirrored block is %s yet",
                        at->kind == AT_SAFE ? "safe" : "finalized");
    return ERR_NOT_FOUND;
}

enum err asof_explain(struct db *db, const struct at *at)
{
    static const char sql[] =
        "SELECT c.head_number IS NOT NULL AS has_head, coalesce(c.source_head > c.head_number, false) AS syncing,"
        " coalesce(c.head_number, -1) AS head, coalesce(c.source_head, -1) AS source_head,"
        " coalesce((SELECT h.number FROM mirror.chain h ORDER BY h.number LIMIT 1), -1) AS first,"
        " coalesce(c.safe_number, -1) AS safe, coalesce(c.finalized_number, -1) AS finalized,"
        " EXISTS (SELECT FROM mirror.block b JOIN mirror.chain h ON h.block = b.id WHERE b.hash = $1 OR b.time <= $2) "
        "AS known"
        " FROM mirror.cursor c";
    AUTO_ARENA arena = {0};
    struct bounds b;
    const struct param in[] = {{T_HASH, at->kind == AT_HASH ? &at->hash : NULL},
                               {T_TIME, at->kind == AT_TIME ? &at->time : NULL}};
    TRY(db_one(db, sql, in, 2, &bounds_record, &arena, &b));
    err_clear();
    if (at->kind == AT_HASH)
        return b.known ? ERR_NOT_FOUND
                       : err_with(ERR_NOT_CANONICAL, "no block of the canonical chain that is mirrored has that hash");
    if (at->kind != AT_NUMBER)
        return explain_alias(at, &b);
    if (!b.has_head)
        return err_with(ERR_NOT_MIRRORED, "no block is mirrored yet");
    if (at->number > b.head || at->number < b.first)
        return err_with(ERR_NOT_MIRRORED, "block %" PRId64 " is not among the mirrored ones, %" PRId64 " to %" PRId64,
                        at->number, b.first, b.head);
    return ERR_NOT_FOUND;
}
