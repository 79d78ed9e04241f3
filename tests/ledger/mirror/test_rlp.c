/* tests/ledger/mirror/test_rlp.c - RLP is written as the Yellow Paper's appendix B and the wiki's examples say. */
#include <string.h>

#include "ledger/mirror/rlp.h"
#include "tests/support/unit.h"

static void expect(struct buffer *b, const char *hex)
{
    char text[2 * 64 + 1];
    assert_true(b->n <= 64);
    hex_encode((struct slice){b->p, b->n}, text);
    text[2 * b->n] = '\0';
    assert_string_equal(text, hex);
    b->n = 0;
}

static void rlp_bytes__short_long_and_single(void **state)
{
    AUTO_BUFFER b = {0};
    (void)state;
    rlp_bytes(&b, "dog", 3);
    expect(&b, "83646f67");
    rlp_bytes(&b, "", 0);
    expect(&b, "80");
    rlp_bytes(&b, "\x00", 1);
    expect(&b, "00");
    rlp_bytes(&b, "\x7f", 1);
    expect(&b, "7f");
    rlp_bytes(&b, "\x80", 1);
    expect(&b, "8180");
    const char *lorem = "Lorem ipsum dolor sit amet, consectetur adipisicing elit";
    rlp_bytes(&b, lorem, 56);
    assert_int_equal(b.n, 58);
    assert_memory_equal(b.p, "\xb8\x38Lorem", 7);
    b.n = 0;
    rlp_bytes(&b, lorem, 55);
    assert_int_equal(b.n, 56);
    assert_int_equal(b.p[0], 0x80 + 55);
}

static void rlp_bytes__length_of_several_bytes(void **state)
{
    AUTO_BUFFER b = {0};
    static uint8_t zeros[70000];
    (void)state;
    rlp_bytes(&b, zeros, 1024);
    assert_memory_equal(b.p, "\xb9\x04\x00", 3);
    b.n = 0;
    rlp_bytes(&b, zeros, sizeof zeros);
    assert_memory_equal(b.p, "\xba\x01\x11\x70", 4);
    assert_int_equal(b.n, sizeof zeros + 4);
}

static void rlp_integer__drops_leading_zeros(void **state)
{
    AUTO_BUFFER b = {0};
    (void)state;
    rlp_u64(&b, 0);
    expect(&b, "80");
    rlp_u64(&b, 15);
    expect(&b, "0f");
    rlp_u64(&b, 1024);
    expect(&b, "820400");
    rlp_u64(&b, UINT64_MAX);
    expect(&b, "88ffffffffffffffff");
    rlp_integer(&b, (const uint8_t[]){0, 0, 0x80}, 3);
    expect(&b, "8180");
    rlp_integer(&b, (const uint8_t[]){0, 0}, 2);
    expect(&b, "80");
}

static void rlp_list__nests(void **state)
{
    AUTO_BUFFER b = {0};
    (void)state;
    size_t list = rlp_list_begin(&b);
    rlp_bytes(&b, "cat", 3);
    rlp_bytes(&b, "dog", 3);
    rlp_list_end(&b, list);
    expect(&b, "c88363617483646f67");
    rlp_list_end(&b, rlp_list_begin(&b));
    expect(&b, "c0");
    /* [ [], [[]], [ [], [[]] ] ] */
    size_t outer = rlp_list_begin(&b);
    rlp_list_end(&b, rlp_list_begin(&b));
    size_t second = rlp_list_begin(&b);
    rlp_list_end(&b, rlp_list_begin(&b));
    rlp_list_end(&b, second);
    size_t third = rlp_list_begin(&b);
    rlp_list_end(&b, rlp_list_begin(&b));
    size_t inner = rlp_list_begin(&b);
    rlp_list_end(&b, rlp_list_begin(&b));
    rlp_list_end(&b, inner);
    rlp_list_end(&b, third);
    rlp_list_end(&b, outer);
    expect(&b, "c7c0c1c0c3c0c1c0");
}

static void rlp_list__long_payload(void **state)
{
    AUTO_BUFFER b = {0};
    uint8_t bytes[55] = {0};
    (void)state;
    size_t list = rlp_list_begin(&b);
    rlp_bytes(&b, bytes, sizeof bytes); /* 56 with its prefix */
    rlp_list_end(&b, list);
    assert_memory_equal(b.p, "\xf8\x38\xb7", 3);
    assert_int_equal(b.n, 58);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(rlp_bytes__short_long_and_single), cmocka_unit_test(rlp_bytes__length_of_several_bytes),
        cmocka_unit_test(rlp_integer__drops_leading_zeros), cmocka_unit_test(rlp_list__nests),
        cmocka_unit_test(rlp_list__long_payload),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
