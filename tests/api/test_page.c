/* tests/api/test_page.c - cursors survive the way there and back, and nothing else does. */
#include <string.h>

#include "api/page.h"
#include "tests/support/unit.h"

static const struct hash network = {{1, 2, 3}};
static const struct route route = {.path = "/x", .KEYS(T_U64, T_ADDRESS, T_AMOUNT, T_TEXT)};

static struct cursor example(struct arena *arena)
{
    static int64_t number = 42;
    static const uint8_t bytes[3] = {0, 1, 255};
    static struct slice slice = {bytes, 3};
    static struct total total = {{7, 0, 0, UINT64_MAX}};
    struct cursor c = {.pinned = true, .by_hash = true, .number = 17, .n_keys = 4};
    memset(c.hash.b, 9, sizeof c.hash.b);
    c.keys[0] = (struct param){T_I64, arena_copy(arena, &number, sizeof number)};
    c.keys[1] = (struct param){T_BYTES, &slice};
    c.keys[2] = (struct param){T_TOTAL, &total};
    c.keys[3] = (struct param){T_TEXT, "a\"b"};
    return c;
}

static void cursor__comes_back_as_it_was(void **state)
{
    (void)state;
    AUTO_ARENA arena = {0};
    struct cursor c = example(&arena), back;
    const char *text = cursor_format(&c, network, 5, &arena);
    assert_int_equal(cursor_parse(text, network, 5, &route, &arena, &back), OK);
    assert_true(back.pinned && back.by_hash && back.number == 17 && hash_equal(back.hash, c.hash));
    assert_int_equal(*(const int64_t *)back.keys[0].value, 42);
    assert_true(slice_equal(*(const struct slice *)back.keys[1].value, *(const struct slice *)c.keys[1].value));
    assert_int_equal(total_compare(*(const struct total *)back.keys[2].value, *(const struct total *)c.keys[2].value),
                     0);
    assert_string_equal(back.keys[3].value, "a\"b");
}

static void cursor__is_refused_by_another_network_list_and_key_count(void **state)
{
    (void)state;
    AUTO_ARENA arena = {0};
    struct cursor c = example(&arena), back;
    const char *text = cursor_format(&c, network, 5, &arena);
    const struct route fewer = {.path = "/x", .KEYS(T_U64, T_ADDRESS, T_AMOUNT)};
    const struct route others = {.path = "/x", .KEYS(T_TEXT, T_U64, T_AMOUNT, T_TEXT)};
    assert_int_equal(cursor_parse(text, hash_zero, 5, &route, &arena, &back), ERR_CURSOR);
    assert_int_equal(cursor_parse(text, network, 6, &route, &arena, &back), ERR_CURSOR);
    assert_int_equal(cursor_parse(text, network, 5, &fewer, &arena, &back), ERR_CURSOR);
    assert_int_equal(cursor_parse(text, network, 5, &others, &arena, &back), ERR_CURSOR);
}

static void cursor__is_refused_with_any_character_changed_or_cut(void **state)
{
    (void)state;
    AUTO_ARENA arena = {0};
    struct cursor c = example(&arena), back;
    char *text = arena_printf(&arena, "%s", cursor_format(&c, network, 5, &arena));
    for (size_t i = 0; text[i] != '\0'; i++) {
        char was = text[i];
        for (const char *p = "Az9-_=+/ "; *p != '\0'; p++) {
            text[i] = *p;
            if (*p != was)
                assert_int_equal(cursor_parse(text, network, 5, &route, &arena, &back), ERR_CURSOR);
        }
        text[i] = '\0';
        assert_int_equal(cursor_parse(text, network, 5, &route, &arena, &back), ERR_CURSOR);
        text[i] = was;
    }
}

static void outermost_keys__lie_outside_all_others(void **state)
{
    (void)state;
    AUTO_ARENA arena = {0};
    assert_int_equal(*(const int64_t *)page_key_outermost(T_U64, false, &arena).value, -1);
    assert_int_equal(*(const int64_t *)page_key_outermost(T_I32, true, &arena).value, INT64_MAX);
    assert_int_equal(((const struct slice *)page_key_outermost(T_ADDRESS, false, &arena).value)->n, 0);
    assert_int_equal(((const struct slice *)page_key_outermost(T_BYTES, true, &arena).value)->p[79], 0xff);
    assert_true(((const struct delta *)page_key_outermost(T_AMOUNT, false, &arena).value)->negative);
    struct total greatest = {{0}};
    total_add(&greatest, amount_max);
    assert_int_equal(total_compare(*(const struct total *)page_key_outermost(T_AMOUNT, true, &arena).value, greatest),
                     1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(cursor__comes_back_as_it_was),
        cmocka_unit_test(cursor__is_refused_by_another_network_list_and_key_count),
        cmocka_unit_test(cursor__is_refused_with_any_character_changed_or_cut),
        cmocka_unit_test(outermost_keys__lie_outside_all_others),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
