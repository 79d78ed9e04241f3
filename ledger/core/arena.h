/* ledger/core/arena.h - memory that is given back all at once, and a buffer that grows.
 *
 * Out of memory ends the process (the write path is crash-safe by design), so nothing here can fail. */
#ifndef LEDGER_CORE_ARENA_H
#define LEDGER_CORE_ARENA_H

#include <stddef.h>
#include <stdint.h>

#include "ledger/core/bytes.h"

struct arena_chunk;

/* Zero-initialise to start: `struct arena a = {0};` */
struct arena {
    struct arena_chunk *chunks;
    size_t used, size;
};

/* n bytes, zeroed, aligned for any type; valid until reset or done. */
void *arena_take(struct arena *a, size_t n);
#define ARENA_NEW(a, type)      ((type *)arena_take((a), sizeof(type)))
#define ARENA_ARRAY(a, type, n) ((type *)arena_take((a), sizeof(type) * (size_t)(n)))
void *arena_copy(struct arena *a, const void *p, size_t n);
char *arena_text(struct arena *a, const char *p, size_t n); /* copy + NUL */
char *arena_printf(struct arena *a, const char *format, ...) __attribute__((format(printf, 2, 3)));
/* Bytes taken since the last reset. */
size_t arena_bytes(const struct arena *a);
/* Forget everything, keep one chunk for reuse. */
void arena_reset(struct arena *a);
void arena_done(struct arena *a);

/* A growing run of bytes (replies, COPY rows). Zero-initialise to start; `p` may move on every append. */
struct buffer {
    uint8_t *p;
    size_t n, size;
};
void buffer_reserve(struct buffer *b, size_t more);
void buffer_bytes(struct buffer *b, const void *p, size_t n);
void buffer_text(struct buffer *b, const char *text);
void buffer_printf(struct buffer *b, const char *format, ...) __attribute__((format(printf, 2, 3)));
void buffer_u8(struct buffer *b, uint8_t v);
void buffer_be16(struct buffer *b, uint16_t v);
void buffer_be32(struct buffer *b, uint32_t v);
void buffer_be64(struct buffer *b, uint64_t v);
void buffer_reset(struct buffer *b);
void buffer_done(struct buffer *b);

/* realloc that ends the process instead of returning NULL; for the few growing arrays outside arenas. */
void *memory_resize(void *p, size_t n);
void memory_free(void *p);

#define AUTO_ARENA  __attribute__((cleanup(arena_done))) struct arena
#define AUTO_BUFFER __attribute__((cleanup(buffer_done))) struct buffer

#endif
