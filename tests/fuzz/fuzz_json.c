/* tests/fuzz/fuzz_json.c - the JSON reader against jansson alone, and the writer against the reader. */
#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "ledger/core/json.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static int depth_of(const json_t *j)
{
    int deepest = 0;
    if (json_is_array(j)) {
        for (size_t i = 0; i < json_array_size(j); i++) {
            int d = depth_of(json_array_get(j, i));
            deepest = d > deepest ? d : deepest;
        }
        return deepest + 1;
    }
    if (json_is_object(j)) {
        const char *key;
        json_t *value;
        json_object_foreach((json_t *)j, key, value)
        {
            int d = depth_of(value);
            deepest = d > deepest ? d : deepest;
        }
        return deepest + 1;
    }
    return 0;
}

/* What is read has the depth that was promised, and its canonical text is jansson's own and a fixed point. */
static void check_reader(const char *text, size_t n)
{
    AUTO_ARENA arena = {0};
    AUTO_JSON j = NULL, *again = NULL, *shallow = NULL;
    if (json_parse(text, n, JSON_DEPTH_MAX, &j) != OK) {
        assert(j == NULL);
        return;
    }
    int depth = depth_of(j);
    assert(depth >= 1 && depth <= JSON_DEPTH_MAX);
    assert(json_parse(text, n, depth - 1, &shallow) == ERR_FIELD);
    const char *canonical = json_canonical(j, &arena);
    char *dumped = json_dumps(j, JSON_SORT_KEYS | JSON_COMPACT | JSON_ENCODE_ANY);
    assert(dumped != NULL && strcmp(canonical, dumped) == 0);
    free(dumped);
    assert(json_parse(canonical, strlen(canonical), depth, &again) == OK);
    assert(json_equal(j, again));
    assert(strcmp(json_canonical(again, &arena), canonical) == 0);
}

/* Any bytes, written as text, are JSON; bytes that are UTF-8 come back unchanged. */
static void check_writer(const char *text, size_t n)
{
    AUTO_BUFFER b = {0};
    AUTO_JSON j = NULL;
    struct json_writer w;
    const char *nul = memchr(text, '\0', n);
    if (nul != NULL) /* the reader refuses \u0000 */
        n = (size_t)(nul - text);
    jw_start(&w, &b);
    jw_array(&w);
    jw_text_n(&w, text, n);
    jw_array_end(&w);
    assert(json_parse((const char *)b.p, b.n, 1, &j) == OK);
    const json_t *s = json_array_get(j, 0);
    bool utf8 = true;
    for (size_t i = 0, step; i < n && utf8; i += step) {
        step = utf8_sequence(text + i, n - i);
        utf8 = step > 0;
    }
    if (utf8)
        assert(json_string_length(s) == n && memcmp(json_string_value(s), text, n) == 0);
}

static void check_time(const char *text, size_t n)
{
    struct instant t, back;
    if (instant_parse(text, n, &t) != OK)
        return;
    char out[INSTANT_TEXT + 1];
    instant_format(t, out);
    assert(instant_parse(out, INSTANT_TEXT, &back) == OK && back.unix_seconds == t.unix_seconds);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    /* A NULL pointer is no text, even of no length. */
    const char *text = size == 0 ? "" : (const char *)data;
    check_reader(text, size);
    check_writer(text, size);
    check_time(text, size);
    return 0;
}
