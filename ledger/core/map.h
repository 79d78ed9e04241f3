/* ledger/core/map.h - a hash map from fixed-size byte keys to fixed-size values, in insertion order.
 *
 * Open addressing over a dense array; entries never move relative to each other, but pointers into the map are
 * valid only until the next map_put. Keys are compared as bytes: structs used as keys must have no padding. */
#ifndef LEDGER_CORE_MAP_H
#define LEDGER_CORE_MAP_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct map {
    size_t key_size, value_size;
    size_t n;         /* entries */
    uint32_t *slots;  /* index + 1, or 0 */
    size_t n_slots;   /* power of two */
    uint8_t *entries; /* key, value, key, value, ... (each rounded up to 8) */
    size_t room;
};

void map_init(struct map *m, size_t key_size, size_t value_size);
void map_done(struct map *m);
void map_clear(struct map *m);
/* The value of key, or NULL. */
void *map_get(const struct map *m, const void *key);
/* The value of key, zeroed if it was absent; *added (may be NULL) says which. */
void *map_put(struct map *m, const void *key, bool *added);
/* The key that a value of the map stands under. */
const void *map_key_of(const struct map *m, const void *value);
/* Entry i in order of insertion, i < m->n. */
const void *map_key_at(const struct map *m, size_t i);
void *map_value_at(const struct map *m, size_t i);

#endif
