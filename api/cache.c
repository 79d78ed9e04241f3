/* api/cache.c - see cache.h. */
#include "api/cache.h"

#include <pthread.h>
#include <string.h>

enum { SLOTS = 1 << 14, ENTRY_OVERHEAD = 512 };

struct entry {
    struct entry *next;          /* in its slot */
    struct entry *newer, *older; /* by use */
    struct entity *entity;
    uint64_t hash, epoch;
    size_t bytes;
    char key[];
};

struct cache {
    pthread_mutex_t lock;
    struct entry *slots[SLOTS];
    struct entry *newest, *oldest;
    size_t bytes_max;
    struct cache_counts counts;
};

struct cache *cache_open(size_t bytes_max)
{
    struct cache *c = memory_resize(NULL, sizeof *c);
    memset(c, 0, sizeof *c);
    pthread_mutex_init(&c->lock, NULL);
    c->bytes_max = bytes_max;
    return c;
}

/* FNV-1a: slots only; keys are compared in full. */
static uint64_t hash_of(const char *key)
{
    uint64_t h = UINT64_C(0xcbf29ce484222325);
    for (; *key != '\0'; key++)
        h = (h ^ (uint8_t)*key) * UINT64_C(0x100000001b3);
    return h ^ h >> 29;
}

static void unlink_use(struct cache *c, struct entry *e)
{
    *(e->newer != NULL ? &e->newer->older : &c->newest) = e->older;
    *(e->older != NULL ? &e->older->newer : &c->oldest) = e->newer;
}

static void link_newest(struct cache *c, struct entry *e)
{
    e->newer = NULL;
    e->older = c->newest;
    *(c->newest != NULL ? &c->newest->newer : &c->oldest) = e;
    c->newest = e;
}

static void drop(struct cache *c, struct entry *e)
{
    struct entry **at = &c->slots[e->hash % SLOTS];
    while (*at != e)
        at = &(*at)->next;
    *at = e->next;
    unlink_use(c, e);
    c->counts.bytes -= e->bytes;
    c->counts.entries--;
    entity_release(e->entity);
    memory_free(e);
}

static struct entry *find(struct cache *c, const char *key, uint64_t hash)
{
    struct entry *e = c->slots[hash % SLOTS];
    while (e != NULL && (e->hash != hash || strcmp(e->key, key) != 0))
        e = e->next;
    return e;
}

void cache_close(struct cache *c)
{
    while (c->oldest != NULL)
        drop(c, c->oldest);
    pthread_mutex_destroy(&c->lock);
    memory_free(c);
}

struct entity *cache_get(struct cache *c, const char *key, uint64_t epoch, uint64_t generation)
{
    uint64_t hash = hash_of(key);
    struct entity *found = NULL;
    pthread_mutex_lock(&c->lock);
    struct entry *e = find(c, key, hash);
    if (e != NULL && (e->entity->pinned ? e->entity->generation == generation : e->epoch == epoch)) {
        found = entity_hold(e->entity);
        unlink_use(c, e);
        link_newest(c, e);
    } else if (e != NULL) {
        drop(c, e);
    }
    c->counts.hits += found != NULL;
    c->counts.misses += found == NULL;
    pthread_mutex_unlock(&c->lock);
    return found;
}

void cache_put(struct cache *c, const char *key, struct entity *entity, uint64_t epoch)
{
    size_t n = strlen(key) + 1, bytes = sizeof(struct entry) + n + sizeof *entity + entity->body.size + ENTRY_OVERHEAD;
    if (bytes > c->bytes_max / 4)
        return;
    struct entry *e = memory_resize(NULL, sizeof *e + n);
    *e = (struct entry){.entity = entity_hold(entity), .hash = hash_of(key), .epoch = epoch, .bytes = bytes};
    memcpy(e->key, key, n);
    pthread_mutex_lock(&c->lock);
    struct entry *old = find(c, key, e->hash);
    if (old != NULL)
        drop(c, old);
    while (c->counts.bytes + bytes > c->bytes_max)
        drop(c, c->oldest);
    e->next = c->slots[e->hash % SLOTS];
    c->slots[e->hash % SLOTS] = e;
    link_newest(c, e);
    c->counts.bytes += bytes;
    c->counts.entries++;
    pthread_mutex_unlock(&c->lock);
}

struct cache_counts cache_count(struct cache *c)
{
    pthread_mutex_lock(&c->lock);
    struct cache_counts counts = c->counts;
    pthread_mutex_unlock(&c->lock);
    return counts;
}
