/* ledger/core/arena.c - chunked arenas and growing buffers; see arena.h. */
#include "ledger/core/arena.h"

#include <assert.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#ifdef __SANITIZE_ADDRESS__
#include <sanitizer/asan_interface.h>
#else
#define ASAN_POISON_MEMORY_REGION(p, n)   ((void)(p), (void)(n))
#define ASAN_UNPOISON_MEMORY_REGION(p, n) ((void)(p), (void)(n))
#endif

enum {
    ARENA_ALIGN = 16,
    ARENA_CHUNK_FIRST = 16 << 10,
    ARENA_CHUNK_MAX = 1 << 20, /* also the most that a reset keeps */
    BUFFER_FIRST = 256
};

/* The newest chunk is first in the list, and the only one that still gives. a->used is what was taken from all chunks
 * since the last reset, a->size what they hold together. */
struct arena_chunk {
    struct arena_chunk *next;
    size_t used, size;
    _Alignas(ARENA_ALIGN) uint8_t p[];
};

static _Noreturn void out_of_memory(size_t n)
{
    fprintf(stderr, "out of memory: %zu bytes refused\n", n);
    abort();
}

void *memory_resize(void *p, size_t n)
{
    void *q = realloc(p, n == 0 ? 1 : n);
    if (q == NULL)
        out_of_memory(n);
    return q;
}

void memory_free(void *p)
{
    free(p);
}

static void chunk_free(struct arena *a, struct arena_chunk *c)
{
    a->size -= c->size;
    ASAN_UNPOISON_MEMORY_REGION(c->p, c->size);
    memory_free(c);
}

static void chunk_add(struct arena *a, size_t n)
{
    size_t size = ARENA_CHUNK_FIRST;
    if (a->chunks != NULL)
        size = a->chunks->size >= ARENA_CHUNK_MAX / 2 ? ARENA_CHUNK_MAX : a->chunks->size * 2;
    if (size < n)
        size = n;
    struct arena_chunk *c = memory_resize(NULL, sizeof *c + size);
    *c = (struct arena_chunk){.next = a->chunks, .size = size};
    ASAN_POISON_MEMORY_REGION(c->p, c->size);
    a->chunks = c;
    a->size += size;
}

void *arena_take(struct arena *a, size_t n)
{
    if (n > SIZE_MAX / 2)
        out_of_memory(n);
    size_t rounded = (n + ARENA_ALIGN - 1) & ~(size_t)(ARENA_ALIGN - 1);
    if (rounded == 0)
        rounded = ARENA_ALIGN;
    if (a->chunks == NULL || a->chunks->size - a->chunks->used < rounded)
        chunk_add(a, rounded);
    struct arena_chunk *c = a->chunks;
    uint8_t *p = c->p + c->used;
    c->used += rounded;
    a->used += rounded;
    ASAN_UNPOISON_MEMORY_REGION(p, n);
    memset(p, 0, n);
    return p;
}

void *arena_copy(struct arena *a, const void *p, size_t n)
{
    void *q = arena_take(a, n);
    if (n > 0)
        memcpy(q, p, n);
    return q;
}

char *arena_text(struct arena *a, const char *p, size_t n)
{
    char *q = arena_take(a, n + 1);
    if (n > 0)
        memcpy(q, p, n);
    return q;
}

char *arena_printf(struct arena *a, const char *format, ...)
{
    va_list args, again;
    va_start(args, format);
    va_copy(again, args);
    int n = vsnprintf(NULL, 0, format, args);
    va_end(args);
    assert(n >= 0);
    char *p = arena_take(a, (size_t)n + 1);
    vsnprintf(p, (size_t)n + 1, format, again);
    va_end(again);
    return p;
}

size_t arena_bytes(const struct arena *a)
{
    return a->used;
}

void arena_reset(struct arena *a)
{
    struct arena_chunk *kept = NULL;
    for (struct arena_chunk *c = a->chunks, *next; c != NULL; c = next) {
        next = c->next;
        if (c->size > ARENA_CHUNK_MAX || (kept != NULL && kept->size >= c->size)) {
            chunk_free(a, c);
            continue;
        }
        if (kept != NULL)
            chunk_free(a, kept);
        kept = c;
    }
    if (kept != NULL) {
        kept->next = NULL;
        kept->used = 0;
        ASAN_POISON_MEMORY_REGION(kept->p, kept->size);
    }
    a->chunks = kept;
    a->used = 0;
}

void arena_done(struct arena *a)
{
    for (struct arena_chunk *c = a->chunks, *next; c != NULL; c = next) {
        next = c->next;
        chunk_free(a, c);
    }
    *a = (struct arena){0};
}

void buffer_reserve(struct buffer *b, size_t more)
{
    if (b->size - b->n >= more)
        return;
    if (more > SIZE_MAX / 4 || b->n > SIZE_MAX / 4)
        out_of_memory(more);
    size_t size = b->size == 0 ? BUFFER_FIRST : b->size * 2;
    if (size < b->n + more)
        size = b->n + more;
    b->p = memory_resize(b->p, size);
    b->size = size;
}

void buffer_bytes(struct buffer *b, const void *p, size_t n)
{
    if (n == 0)
        return;
    buffer_reserve(b, n);
    memcpy(b->p + b->n, p, n);
    b->n += n;
}

void buffer_text(struct buffer *b, const char *text)
{
    buffer_bytes(b, text, strlen(text));
}

void buffer_printf(struct buffer *b, const char *format, ...)
{
    va_list args, again;
    va_start(args, format);
    va_copy(again, args);
    int n = vsnprintf(NULL, 0, format, args);
    va_end(args);
    assert(n >= 0);
    buffer_reserve(b, (size_t)n + 1);
    vsnprintf((char *)b->p + b->n, (size_t)n + 1, format, again);
    va_end(again);
    b->n += (size_t)n;
}

void buffer_u8(struct buffer *b, uint8_t v)
{
    buffer_bytes(b, &v, sizeof v);
}

void buffer_be16(struct buffer *b, uint16_t v)
{
    v = __builtin_bswap16(v);
    buffer_bytes(b, &v, sizeof v);
}

void buffer_be32(struct buffer *b, uint32_t v)
{
    v = __builtin_bswap32(v);
    buffer_bytes(b, &v, sizeof v);
}

void buffer_be64(struct buffer *b, uint64_t v)
{
    v = __builtin_bswap64(v);
    buffer_bytes(b, &v, sizeof v);
}

void buffer_reset(struct buffer *b)
{
    b->n = 0;
}

void buffer_done(struct buffer *b)
{
    memory_free(b->p);
    *b = (struct buffer){0};
}
