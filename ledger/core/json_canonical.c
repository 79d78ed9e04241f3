/* ledger/core/json_canonical.c - the canonical text of a JSON tree, byte for byte as jansson dumps it, in a third of the time; see json.h. */
#include <assert.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "ledger/core/json.h"

struct named {
    const char *name;
    const json_t *value;
};

static void put(struct buffer *out, struct arena *arena, const json_t *j);

static void put_escaped(struct buffer *out, unsigned char c)
{
    static const char letters[] = "btnvfr"; /* from 0x08 on; \v has no letter in JSON */
    if (c == '"' || c == '\\')
        buffer_printf(out, "\\%c", c);
    else if (c >= 0x08 && c <= 0x0d && c != 0x0b)
        buffer_printf(out, "\\%c", letters[c - 0x08]);
    else
        buffer_printf(out, "\\u%04X", c);
}

static void put_text(struct buffer *out, const char *s, size_t n)
{
    size_t run = 0; /* start of what was not copied yet */
    buffer_reserve(out, n + 2);
    buffer_u8(out, '"');
    for (size_t i = 0; i < n; i++) {
        unsigned char c = (unsigned char)s[i];
        if (c >= 0x20 && c != '"' && c != '\\')
            continue;
        buffer_bytes(out, s + run, i - run);
        put_escaped(out, c);
        run = i + 1;
    }
    buffer_bytes(out, s + run, n - run);
    buffer_u8(out, '"');
}

static int compare_names(const void *a, const void *b)
{
    return strcmp(((const struct named *)a)->name, ((const struct named *)b)->name);
}

enum { FEW = 16 }; /* so many are sorted by insertion, which calls nothing */

static void sort(struct named *all, size_t n)
{
    if (n > FEW) {
        qsort(all, n, sizeof *all, compare_names);
        return;
    }
    for (size_t i = 1; i < n; i++) {
        struct named one = all[i];
        size_t k = i;
        for (; k > 0 && strcmp(all[k - 1].name, one.name) > 0; k--)
            all[k] = all[k - 1];
        all[k] = one;
    }
}

static void put_object(struct buffer *out, struct arena *arena, const json_t *object)
{
    struct named few[FEW];
    size_t size = json_object_size(object), n = 0;
    struct named *all = size <= FEW ? few : ARENA_ARRAY(arena, struct named, size);
    const char *name;
    json_t *value;
    json_object_foreach((json_t *)object, name, value) all[n++] = (struct named){name, value};
    sort(all, n);
    buffer_u8(out, '{');
    for (size_t i = 0; i < n; i++) {
        if (i > 0)
            buffer_u8(out, ',');
        put_text(out, all[i].name, strlen(all[i].name));
        buffer_u8(out, ':');
        put(out, arena, all[i].value);
    }
    buffer_u8(out, '}');
}

static void put_array(struct buffer *out, struct arena *arena, const json_t *array)
{
    buffer_u8(out, '[');
    for (size_t i = 0; i < json_array_size(array); i++) {
        if (i > 0)
            buffer_u8(out, ',');
        put(out, arena, json_array_get(array, i));
    }
    buffer_u8(out, ']');
}

/* Few have such; how they are rounded is jansson's business. */
static void put_real(struct buffer *out, const json_t *real)
{
    char text[64];
    size_t n = json_dumpb(real, text, sizeof text, JSON_ENCODE_ANY);
    assert(n > 0 && n <= sizeof text);
    buffer_bytes(out, text, n);
}

static void put(struct buffer *out, struct arena *arena, const json_t *j)
{
    switch (json_typeof(j)) {
    case JSON_OBJECT:
        put_object(out, arena, j);
        return;
    case JSON_ARRAY:
        put_array(out, arena, j);
        return;
    case JSON_STRING:
        put_text(out, json_string_value(j), json_string_length(j));
        return;
    case JSON_INTEGER:
        buffer_printf(out, "%" JSON_INTEGER_FORMAT, json_integer_value(j));
        return;
    case JSON_REAL:
        put_real(out, j);
        return;
    case JSON_TRUE:
        buffer_text(out, "true");
        return;
    case JSON_FALSE:
        buffer_text(out, "false");
        return;
    case JSON_NULL:
        buffer_text(out, "null");
        return;
    }
}

const char *json_canonical(const json_t *j, struct arena *arena)
{
    AUTO_BUFFER out = {0};
    assert(j != NULL);
    put(&out, arena, j);
    return arena_text(arena, (const char *)out.p, out.n);
}
