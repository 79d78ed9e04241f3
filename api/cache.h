/* api/cache.h - answers kept in memory: least recently used out first, bounded in bytes, right or absent.
 *
 * An entry holds for one epoch (a count of changes of the mirror's state, see watch.h) unless its entity is pinned to a
 * finalized block: then for one generation. Safe from any thread. */
#ifndef API_CACHE_H
#define API_CACHE_H

#include "api/entity.h"

struct cache;

struct cache *cache_open(size_t bytes_max);
void cache_close(struct cache *c);
/* The entity, held for the caller, or NULL. */
struct entity *cache_get(struct cache *c, const char *key, uint64_t epoch, uint64_t generation);
void cache_put(struct cache *c, const char *key, struct entity *e, uint64_t epoch);

struct cache_counts {
    uint64_t hits, misses, entries, bytes;
};
struct cache_counts cache_count(struct cache *c);

#endif
