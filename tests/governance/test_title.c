/* tests/governance/test_title.c - titles: the first line of whatever somebody wrote. */
#include <string.h>

#include "governance/title.h"
#include "tests/support/unit.h"

static void assert_title(const char *description, size_t n, const char *expected)
{
    char title[TITLE_ROOM];
    size_t length = title_of((struct slice){(const uint8_t *)description, n}, title);
    assert_string_equal(title, expected);
    assert_int_equal(length, strlen(expected));
}
#define ASSERT_TITLE(description, expected) assert_title((description), sizeof(description) - 1, (expected))

static void a_title__is_the_first_line_that_shows_something(void **state)
{
    (void)state;
    ASSERT_TITLE("", "");
    ASSERT_TITLE("one", "one");
    ASSERT_TITLE("# Pay \r\nthe gardener", "Pay");
    ASSERT_TITLE("\n\r\n ## \n### Two # marks", "Two # marks");
    ASSERT_TITLE("#\tTab\there", "Tab here");
    ASSERT_TITLE("Z\xc3\xbcrich \xf0\x9f\x8c\xb1", "Z\xc3\xbcrich \xf0\x9f\x8c\xb1");
}

static void what_hides_or_reorders_text__is_left_out(void **state)
{
    (void)state;
    ASSERT_TITLE("a\0b\x1b[31m\x7f"
                 "c",
                 "ab[31mc");
    ASSERT_TITLE("pay \xe2\x80\xae"
                 "bob\xe2\x80\xac\xe2\x81\xa6\xe2\x80\x8b!",
                 "pay bob!");
    ASSERT_TITLE("\xef\xbb\xbf# x\xf3\xa0\x80\x81y\xc2\x85z", "xyz");
}

static void malformed_bytes__are_replaced_one_by_one(void **state)
{
    (void)state;
    ASSERT_TITLE("a\xff\xc0\xaf\xed\xa0\x80z",
                 "a\xef\xbf\xbd\xef\xbf\xbd\xef\xbf\xbd\xef\xbf\xbd\xef\xbf\xbd\xef\xbf\xbdz");
    ASSERT_TITLE("cut \xe2\x82", "cut \xef\xbf\xbd\xef\xbf\xbd");
}

static void a_title__is_cut_at_whole_characters(void **state)
{
    (void)state;
    char description[4 * 300], expected[TITLE_ROOM] = "";
    for (size_t i = 0; i < 300; i++)
        memcpy(description + 4 * i, "\xf0\x9f\x8c\xb1", 4);
    memcpy(expected, description, TITLE_MAX * 4);
    assert_title(description, sizeof description, expected);
}

static void assert_quoted(const char *text, size_t n, size_t most, const char *expected)
{
    AUTO_BUFFER out = {0};
    title_quote((struct slice){(const uint8_t *)text, n}, most, &out);
    buffer_u8(&out, '\0');
    assert_string_equal((const char *)out.p, expected);
}
#define ASSERT_QUOTED(text, most, expected) assert_quoted((text), sizeof(text) - 1, (most), (expected))

static void a_quote__cannot_pass_for_what_stands_around_it(void **state)
{
    (void)state;
    ASSERT_QUOTED("", 10, "\"\"");
    ASSERT_QUOTED("Z\xc3\xbcrich \xf0\x9f\x8c\xb1", 10, "\"Z\xc3\xbcrich \xf0\x9f\x8c\xb1\"");
    ASSERT_QUOTED("a\" and \\ b", 20, "\"a\\\" and \\\\ b\"");
    ASSERT_QUOTED("a\nb\tc\0d", 20, "\"a\\nb\\u{9}c\\u{0}d\"");
    ASSERT_QUOTED("pay \xe2\x80\xae"
                  "bob",
                  20, "\"pay \\u{202e}bob\"");
    ASSERT_QUOTED("a\xff\xe2\x80z", 20, "\"a\xef\xbf\xbd\xef\xbf\xbd\xef\xbf\xbdz\"");
    ASSERT_QUOTED("abcdef", 6, "\"abcdef\"");
    ASSERT_QUOTED("abcd\xc3\xbc", 4, "\"abcd\" (and 2 bytes more)");
    ASSERT_QUOTED("a", 0, "\"\" (and 1 bytes more)");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_title__is_the_first_line_that_shows_something),
        cmocka_unit_test(what_hides_or_reorders_text__is_left_out),
        cmocka_unit_test(malformed_bytes__are_replaced_one_by_one),
        cmocka_unit_test(a_title__is_cut_at_whole_characters),
        cmocka_unit_test(a_quote__cannot_pass_for_what_stands_around_it),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
