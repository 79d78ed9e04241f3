/* ledger/core/json_path.c - where in a JSON text one is, as a path of names and indices; see json.h. */
#include <assert.h>

#include "ledger/core/json.h"

/* One level of nesting on the way to a place in a text. */
struct level {
    bool array;
    size_t index;    /* of the item, in an array */
    const char *key; /* the last one, in an object, as it is spelt */
    size_t key_n;
};

/* The levels around the end of a text that is the beginning of some JSON. */
static size_t find_levels(const char *text, size_t n, struct level *levels)
{
    size_t depth = 0;
    bool awaits_key = false;
    for (size_t i = 0; i < n; i++) {
        struct level *top = depth > 0 ? &levels[depth - 1] : NULL;
        size_t from = i + 1;
        switch (text[i]) {
        case '{':
        case '[':
            assert(depth < JSON_DEPTH_MAX);
            awaits_key = text[i] == '{';
            levels[depth++] = (struct level){.array = !awaits_key, .key = ""};
            break;
        case '}':
        case ']':
            depth -= depth > 0;
            break;
        case ',':
            awaits_key = top != NULL && !top->array;
            if (top != NULL)
                top->index++;
            break;
        case '"':
            for (i++; i < n && text[i] != '"'; i++)
                i += text[i] == '\\';
            if (awaits_key && top != NULL) {
                top->key = text + from;
                top->key_n = (i < n ? i : n) - from;
            }
            awaits_key = false;
            break;
        }
    }
    return depth;
}

void json_path(const char *text, size_t n, struct buffer *out)
{
    struct level levels[JSON_DEPTH_MAX];
    size_t depth = find_levels(text, n, levels);
    for (size_t i = 0; i < depth; i++) {
        const struct level *l = &levels[i];
        if (l->array)
            buffer_printf(out, "[%zu]", l->index);
        else
            buffer_printf(out, "%s%.*s", i > 0 ? "." : "", (int)l->key_n, l->key);
    }
}
