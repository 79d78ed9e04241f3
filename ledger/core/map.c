/* ledger/core/map.c - linear probing over a dense array of entries; see map.h. */
#include "ledger/core/map.h"

#include <assert.h>
#include <pthread.h>
#include <string.h>
#include <sys/random.h>

#include "ledger/core/arena.h"

enum { SLOTS_FIRST = 16, ROOM_FIRST = 8, ENTRY_ALIGN = 8 };

/* Keys are addresses and hashes that strangers choose, so slots are chosen by a keyed hash (SipHash-1-3). The key is
 * new in every process; nothing visible depends on it, because iteration is in insertion order. */
static uint64_t secret[2];
static pthread_once_t secret_once = PTHREAD_ONCE_INIT;

static void secret_make(void)
{
    ssize_t n = getrandom(secret, sizeof secret, 0);
    assert(n == (ssize_t)sizeof secret);
}

static uint64_t rotate(uint64_t x, unsigned by)
{
    return x << by | x >> (64 - by);
}

static void sip_round(uint64_t v[4])
{
    v[0] += v[1];
    v[1] = rotate(v[1], 13) ^ v[0];
    v[0] = rotate(v[0], 32);
    v[2] += v[3];
    v[3] = rotate(v[3], 16) ^ v[2];
    v[0] += v[3];
    v[3] = rotate(v[3], 21) ^ v[0];
    v[2] += v[1];
    v[1] = rotate(v[1], 17) ^ v[2];
    v[2] = rotate(v[2], 32);
}

static uint64_t key_hash(const uint8_t *key, size_t n)
{
    uint64_t v[4] = {secret[0] ^ 0x736f6d6570736575U, secret[1] ^ 0x646f72616e646f6dU, secret[0] ^ 0x6c7967656e657261U,
                     secret[1] ^ 0x7465646279746573U};
    uint64_t word;
    size_t i = 0;
    for (; i + sizeof word <= n; i += sizeof word) {
        memcpy(&word, key + i, sizeof word);
        v[3] ^= word;
        sip_round(v);
        v[0] ^= word;
    }
    word = 0;
    memcpy(&word, key + i, n - i);
    word |= (uint64_t)n << 56;
    v[3] ^= word;
    sip_round(v);
    v[0] ^= word;
    v[2] ^= 0xff;
    for (int k = 0; k < 3; k++)
        sip_round(v);
    return v[0] ^ v[1] ^ v[2] ^ v[3];
}

static size_t rounded(size_t n)
{
    return (n + ENTRY_ALIGN - 1) & ~(size_t)(ENTRY_ALIGN - 1);
}

static size_t stride(const struct map *m)
{
    return rounded(m->key_size) + rounded(m->value_size);
}

static uint8_t *entry_at(const struct map *m, size_t i)
{
    return m->entries + i * stride(m);
}

void map_init(struct map *m, size_t key_size, size_t value_size)
{
    assert(key_size > 0);
    pthread_once(&secret_once, secret_make);
    *m = (struct map){.key_size = key_size, .value_size = value_size};
}

void map_done(struct map *m)
{
    memory_free(m->slots);
    memory_free(m->entries);
    *m = (struct map){.key_size = m->key_size, .value_size = m->value_size};
}

void map_clear(struct map *m)
{
    if (m->n > 0)
        memset(m->slots, 0, m->n_slots * sizeof *m->slots);
    m->n = 0;
}

/* The slot that holds key, or the free one where it would go. */
static size_t slot_of(const struct map *m, const void *key)
{
    size_t slot = key_hash(key, m->key_size) & (m->n_slots - 1);
    while (m->slots[slot] != 0 && memcmp(entry_at(m, m->slots[slot] - 1), key, m->key_size) != 0)
        slot = (slot + 1) & (m->n_slots - 1);
    return slot;
}

/* At most two thirds of the slots are ever taken. */
static void grow(struct map *m)
{
    if (m->n == m->room) {
        m->room = m->room == 0 ? ROOM_FIRST : m->room * 2;
        assert(m->room < UINT32_MAX && m->room < SIZE_MAX / 2 / stride(m));
        m->entries = memory_resize(m->entries, m->room * stride(m));
    }
    if ((m->n + 1) * 3 <= m->n_slots * 2)
        return;
    m->n_slots = m->n_slots == 0 ? SLOTS_FIRST : m->n_slots * 2;
    m->slots = memory_resize(m->slots, m->n_slots * sizeof *m->slots);
    memset(m->slots, 0, m->n_slots * sizeof *m->slots);
    for (size_t i = 0; i < m->n; i++)
        m->slots[slot_of(m, entry_at(m, i))] = (uint32_t)(i + 1);
}

void *map_get(const struct map *m, const void *key)
{
    if (m->n == 0)
        return NULL;
    uint32_t index = m->slots[slot_of(m, key)];
    return index == 0 ? NULL : map_value_at(m, index - 1);
}

void *map_put(struct map *m, const void *key, bool *added)
{
    uint8_t *found = map_get(m, key);
    if (added != NULL)
        *added = found == NULL;
    if (found != NULL)
        return found;
    grow(m);
    uint8_t *entry = entry_at(m, m->n);
    memset(entry, 0, stride(m));
    memcpy(entry, key, m->key_size);
    m->n++;
    m->slots[slot_of(m, key)] = (uint32_t)m->n;
    return entry + rounded(m->key_size);
}

const void *map_key_of(const struct map *m, const void *value)
{
    return (const uint8_t *)value - rounded(m->key_size);
}

const void *map_key_at(const struct map *m, size_t i)
{
    assert(i < m->n);
    return entry_at(m, i);
}

void *map_value_at(const struct map *m, size_t i)
{
    assert(i < m->n);
    return entry_at(m, i) + rounded(m->key_size);
}
