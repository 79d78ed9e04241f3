/* tests/api/test_uri.c - request targets are taken apart exactly or refused. */
#include <string.h>

#include "api/uri.h"
#include "tests/support/unit.h"

static enum err parse(const char *text, struct arena *arena, struct uri *out)
{
    return uri_parse(text, strlen(text), arena, out);
}

static void uri__splits_and_decodes(void **state)
{
    (void)state;
    AUTO_ARENA arena = {0};
    struct uri u;
    assert_int_equal(parse("/v1/a%2Fb/?x=1&y=%C3%A9&z&=v&&t=a+b", &arena, &u), OK);
    assert_int_equal(u.n_segments, 3);
    assert_string_equal(u.segments[1], "a/b");
    assert_string_equal(u.segments[2], "");
}

static void uri__keeps_pairs_in_order_and_plus_as_plus(void **state)
{
    (void)state;
    AUTO_ARENA arena = {0};
    struct uri u;
    assert_int_equal(parse("/a?x=1&y=%C3%A9&z&=v&&t=a+b", &arena, &u), OK);
    static const char *const expected[][2] = {{"x", "1"}, {"y", "\xc3\xa9"}, {"z", ""}, {"", "v"}, {"t", "a+b"}};
    assert_int_equal(u.n_pairs, 5);
    for (size_t i = 0; i < 5; i++) {
        assert_string_equal(u.pairs[i].name, expected[i][0]);
        assert_string_equal(u.pairs[i].value, expected[i][1]);
    }
}

static void uri__drops_scheme_and_authority(void **state)
{
    (void)state;
    AUTO_ARENA arena = {0};
    struct uri u;
    assert_int_equal(parse("HTTP://host:80/a?b=c", &arena, &u), OK);
    assert_string_equal(u.path, "/a");
    assert_int_equal(parse("http://host", &arena, &u), OK);
    assert_string_equal(u.path, "/");
}

static void uri__refuses_what_is_not_clean(void **state)
{
    (void)state;
    static const char *const bad[] = {"",      "a",       "*",         "?a",         "/a%",
                                      "/a%4",  "/a%4g",   "/a%00",     "/a?%00=1",   "/a?x=%0a",
                                      "/a%7f", "/%c0%af", "/%ff",      "/%ed%a0%80", "/%f4%90%80%80",
                                      "/a b",  "/a#b",    "/a?x=\x01", "/\xff",      "/a?x=%c3"};
    AUTO_ARENA arena = {0};
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        struct uri u = {.n_pairs = 77};
        assert_int_equal(parse(bad[i], &arena, &u), ERR_FIELD);
        assert_int_equal(u.n_pairs, 77);
    }
}

static void uri__is_bounded(void **state)
{
    (void)state;
    AUTO_ARENA arena = {0};
    struct uri u;
    char text[URI_BYTES_MAX + 2];
    memset(text, 'a', sizeof text);
    text[0] = '/';
    assert_int_equal(uri_parse(text, URI_BYTES_MAX, &arena, &u), OK);
    assert_int_equal(uri_parse(text, URI_BYTES_MAX + 1, &arena, &u), ERR_URI_TOO_LONG);
    memset(text, '/', URI_SEGMENTS_MAX + 1);
    assert_int_equal(uri_parse(text, URI_SEGMENTS_MAX, &arena, &u), OK);
    assert_int_equal(uri_parse(text, URI_SEGMENTS_MAX + 1, &arena, &u), ERR_FIELD);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(uri__splits_and_decodes),
        cmocka_unit_test(uri__keeps_pairs_in_order_and_plus_as_plus),
        cmocka_unit_test(uri__drops_scheme_and_authority),
        cmocka_unit_test(uri__refuses_what_is_not_clean),
        cmocka_unit_test(uri__is_bounded),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
