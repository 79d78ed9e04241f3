/* tests/ledger/mirror/abi_fixture.h - vectors into logs and values into JSON trees, for the tests of the decoder. */
#ifndef TESTS_LEDGER_MIRROR_ABI_FIXTURE_H
#define TESTS_LEDGER_MIRROR_ABI_FIXTURE_H

#include <stdio.h>
#include <string.h>

#include "ledger/mirror/abi.h"
#include "tests/support/unit.h"

static inline json_t *read_json(const char *path)
{
    AUTO_BUFFER text = {0};
    FILE *f = fopen(path, "rbe");
    assert_non_null(f);
    size_t got;
    do {
        buffer_reserve(&text, 1 << 16);
        got = fread(text.p + text.n, 1, 1 << 16, f);
        text.n += got;
    } while (got > 0);
    fclose(f);
    json_t *j = NULL;
    assert_int_equal(json_parse((const char *)text.p, text.n, JSON_DEPTH_MAX, &j), OK);
    return j;
}

static inline const char *text_of(const json_t *object, const char *member)
{
    const char *text = json_string_value(json_object_get(object, member));
    assert_non_null(text);
    return text;
}

static inline struct slice hex_of(const char *text, struct arena *arena)
{
    size_t max = strlen(text) / 2, n = 0;
    uint8_t *p = arena_take(arena, max);
    assert_int_equal(hex_parse(text, strlen(text), p, max, &n), OK);
    return (struct slice){p, n};
}

static inline struct log log_of(const json_t *j, struct arena *arena)
{
    struct log log = {.data = hex_of(text_of(j, "data"), arena)};
    const json_t *topics = json_object_get(j, "topics"), *topic;
    size_t i;
    json_array_foreach(topics, i, topic)
    {
        assert_true(i < 4);
        assert_int_equal(hash_parse(json_string_value(topic), HASH_TEXT, &log.topics[log.n_topics++]), OK);
    }
    return log;
}

static inline json_t *json_of(const struct abi_event *e, const struct abi_value *values)
{
    AUTO_BUFFER out = {0};
    struct json_writer w;
    json_t *j = NULL;
    jw_start(&w, &out);
    abi_write_json(&w, e, values);
    assert_int_equal(json_parse((const char *)out.p, out.n, JSON_DEPTH_MAX, &j), OK);
    return j;
}

/* A log of event e; topics: those after topic0, 32 bytes each, or NULL for zeroes. */
static inline struct log log_for(const struct abi_event *e, const uint8_t *topics, const uint8_t *data, size_t n)
{
    struct log log = {.n_topics = e->n_topics, .data = {data, n}};
    log.topics[0] = e->topic0;
    for (unsigned i = 1; topics != NULL && i < e->n_topics; i++)
        memcpy(log.topics[i].b, topics + 32 * (i - 1), 32);
    return log;
}

#endif
