/* tests/api/test_cache.c - the cache is right or empty, and bounded; ETags tell answers apart. */
#include <stdio.h>
#include <string.h>

#include "api/cache.h"
#include "tests/support/unit.h"

static struct entity *made_of(const char *text, bool pinned, uint64_t generation)
{
    struct entity *e = entity_new(200, "application/json");
    buffer_text(&e->body, text);
    e->pinned = pinned;
    e->generation = generation;
    entity_seal(e, false, FINALITY_LATEST);
    return e;
}

static void put(struct cache *c, const char *key, const char *text, bool pinned, uint64_t generation, uint64_t epoch)
{
    struct entity *e = made_of(text, pinned, generation);
    cache_put(c, key, e, epoch);
    entity_release(e);
}

static bool has(struct cache *c, const char *key, uint64_t epoch, uint64_t generation)
{
    struct entity *e = cache_get(c, key, epoch, generation);
    bool found = e != NULL;
    entity_release(e);
    return found;
}

static void cache__forgets_with_the_epoch(void **state)
{
    (void)state;
    struct cache *c = cache_open(1 << 20);
    put(c, "a", "x", false, 1, 5);
    assert_true(has(c, "a", 5, 1));
    assert_false(has(c, "a", 6, 1));
    assert_false(has(c, "a", 5, 1));
    assert_int_equal(cache_count(c).entries, 0);
    cache_close(c);
}

static void cache__keeps_pinned_answers_for_a_generation(void **state)
{
    (void)state;
    struct cache *c = cache_open(1 << 20);
    put(c, "a", "x", true, 1, 5);
    assert_true(has(c, "a", 6, 1));
    assert_false(has(c, "a", 6, 2));
    cache_close(c);
}

static void cache__stays_within_its_bytes_and_drops_the_least_used(void **state)
{
    (void)state;
    struct cache *c = cache_open(64 * 1024);
    char text[2048], key[16];
    memset(text, 'x', sizeof text - 1);
    text[sizeof text - 1] = '\0';
    put(c, "kept", text, true, 1, 1);
    for (int i = 0; i < 1000; i++) {
        snprintf(key, sizeof key, "k%d", i);
        put(c, key, text, false, 1, 1);
        assert_true(has(c, "kept", 1, 1));
        assert_true(cache_count(c).bytes <= 64 * 1024);
    }
    assert_true(has(c, "k999", 1, 1));
    assert_false(has(c, "k0", 1, 1));
    cache_close(c);
}

static void cache__takes_nothing_that_would_fill_it(void **state)
{
    (void)state;
    struct cache *c = cache_open(4096);
    char text[4096];
    memset(text, 'x', sizeof text - 1);
    text[sizeof text - 1] = '\0';
    put(c, "a", text, false, 1, 1);
    assert_false(has(c, "a", 1, 1));
    cache_close(c);
}

static void etag__tells_bodies_generations_and_codings_apart(void **state)
{
    (void)state;
    char long_text[4096];
    memset(long_text, 'x', sizeof long_text - 1);
    long_text[sizeof long_text - 1] = '\0';
    struct entity *e[5] = {made_of(long_text, false, 1), made_of(long_text, false, 2), made_of("x", false, 1),
                           entity_new(200, "application/json"), entity_new(200, "text/csv")};
    for (int i = 3; i < 5; i++) {
        buffer_text(&e[i]->body, long_text);
        e[i]->generation = 1;
        entity_seal(e[i], i == 3, FINALITY_LATEST);
    }
    assert_true(e[3]->gzip && !e[4]->gzip && e[3]->body.n < 200);
    for (int i = 0; i < 5; i++)
        for (int k = 0; k < i; k++)
            assert_string_not_equal(e[i]->etag, e[k]->etag);
    for (int i = 0; i < 5; i++)
        entity_release(e[i]);
}

static void etag__matches_lists_weak_forms_and_star(void **state)
{
    (void)state;
    assert_true(etag_matches("\"a\"", "\"a\""));
    assert_true(etag_matches("W/\"a\"", "\"a\""));
    assert_true(etag_matches("\"b\" , \"a\"", "\"a\""));
    assert_true(etag_matches("*", "\"a\""));
    static const char *const others[] = {"", "\"b\"", "a", "\"a", "\"ab\"", "\"b", "W/", ",,,", "\"x\"a\""};
    for (size_t i = 0; i < sizeof others / sizeof *others; i++)
        assert_false(etag_matches(others[i], "\"a\""));
    assert_false(etag_matches(NULL, "\"a\""));
    assert_false(etag_matches("*", ""));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(cache__forgets_with_the_epoch),
        cmocka_unit_test(cache__keeps_pinned_answers_for_a_generation),
        cmocka_unit_test(cache__stays_within_its_bytes_and_drops_the_least_used),
        cmocka_unit_test(cache__takes_nothing_that_would_fill_it),
        cmocka_unit_test(etag__tells_bodies_generations_and_codings_apart),
        cmocka_unit_test(etag__matches_lists_weak_forms_and_star),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
