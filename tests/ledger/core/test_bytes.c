/* tests/ledger/core/test_bytes.c - addresses, hashes, quantities and bytes are read exactly or refused. */
#include <stdint.h>
#include <string.h>

#include "ledger/core/bytes.h"
#include "tests/support/unit.h"

#define ADDRESS "0x5aAeb6053F3E94C9b9A09f33669435E7Ef1BeAed"
#define HASH    "0xddf252ad1be2c89b69c2b068fc378daa952ba7f163c4a11628f55a4df523b3ef"

/* The examples of EIP-55, and zero. */
static void address_format__obeys_eip_55(void **unused)
{
    (void)unused;
    static const char *const all[] = {
        ADDRESS,
        "0xfB6916095ca1df60bB79Ce92cE3Ea74c37c5d359",
        "0xdbF03B407c01E7cD3CBea99509d93f8DDDC8C6FB",
        "0xD1220A0cf47c7B9Be7A2E6BA89F429762e7b9aDb",
        "0x52908400098527886E0F7030069857D2E4169EE7",
        "0x8617E340B3D01FA5F11F306F4090FD50E238070D",
        "0xde709f2102306220921060314715629080e2fb77",
        "0x27b1fdb04752bbc536007a920d24acb045561c26",
        "0x0000000000000000000000000000000000000000",
    };
    for (size_t i = 0; i < sizeof all / sizeof *all; i++) {
        struct address a;
        char text[ADDRESS_TEXT + 1], lower[ADDRESS_TEXT + 1];
        assert_int_equal(address_parse(all[i], ADDRESS_TEXT, &a), OK);
        address_format(a, text);
        assert_string_equal(text, all[i]);
        address_format_lower(a, lower);
        for (size_t k = 0; k < ADDRESS_TEXT; k++)
            assert_true(lower[k] == text[k] || lower[k] == (text[k] | 0x20));
        assert_true(strpbrk(lower, "ABCDEF") == NULL);
    }
}

static void address_parse__reads_any_case(void **unused)
{
    (void)unused;
    struct address a, b;
    assert_int_equal(address_parse("0xABCDEFabcdef00112233445566778899aAbBcCdD", ADDRESS_TEXT, &a), OK);
    assert_int_equal(address_parse("0xabcdefabcdef00112233445566778899aabbccdd", ADDRESS_TEXT, &b), OK);
    assert_true(address_equal(a, b));
    assert_false(address_is_zero(a));
    assert_true(address_is_zero(address_zero));
    assert_int_equal(a.b[0], 0xab);
    assert_int_equal(a.b[19], 0xdd);
}

static void address_parse__refuses_other_forms(void **unused)
{
    (void)unused;
    static const char *const all[] = {
        "",
        "0x",
        "5aAeb6053F3E94C9b9A09f33669435E7Ef1BeAed",
        "0X5aAeb6053F3E94C9b9A09f33669435E7Ef1BeAed",
        ADDRESS "0",
        "0x5aAeb6053F3E94C9b9A09f33669435E7Ef1BeAe",
        "0x5aAeb6053F3E94C9b9A09f33669435E7Ef1BeAeg",
        "0x5aAeb6053F3E94C9b9A09f33669435E7Ef1BeAe ",
        "0x@aAeb6053F3E94C9b9A09f33669435E7Ef1BeAe`",
        HASH,
    };
    struct address a = address_zero;
    for (size_t i = 0; i < sizeof all / sizeof *all; i++)
        assert_int_equal(address_parse(all[i], strlen(all[i]), &a), ERR_FIELD);
    assert_int_equal(address_parse("0x5aAeb6053F3E94C9b9A09f33669435E7Ef1BeA\0d", ADDRESS_TEXT, &a), ERR_FIELD);
    assert_true(address_is_zero(a));
}

static void hex_digits__are_only_the_22_characters(void **unused)
{
    (void)unused;
    for (int c = 0; c < 256; c++) {
        char text[4] = {'0', 'x', '0', (char)c};
        uint8_t out;
        size_t n;
        bool is_hex = c != 0 && strchr("0123456789abcdefABCDEF", c) != NULL;
        assert_int_equal(hex_parse(text, sizeof text, &out, 1, &n), is_hex ? OK : ERR_FIELD);
    }
}

static void hash_parse__reads_what_hash_format_writes(void **unused)
{
    (void)unused;
    struct hash h = hash_zero;
    char text[HASH_TEXT + 1];
    assert_int_equal(hash_parse(HASH, HASH_TEXT - 1, &h), ERR_FIELD);
    assert_int_equal(hash_parse(ADDRESS, ADDRESS_TEXT, &h), ERR_FIELD);
    assert_true(hash_equal(h, hash_zero));
    assert_int_equal(hash_parse(HASH, HASH_TEXT, &h), OK);
    hash_format(h, text);
    assert_string_equal(text, HASH);
}

static void hex_parse__bounds_its_output(void **unused)
{
    (void)unused;
    uint8_t out[4] = {9, 9, 9, 9};
    size_t n = 77;
    assert_int_equal(hex_parse("0x0102030405", 12, out, 4, &n), ERR_TOO_LARGE);
    assert_int_equal(hex_parse("0x010", 5, out, 4, &n), ERR_FIELD);
    assert_int_equal(hex_parse("0x010g", 6, out, 4, &n), ERR_FIELD);
    assert_int_equal(hex_parse("0", 1, out, 4, &n), ERR_FIELD);
    assert_int_equal(hex_parse("", 0, out, 4, &n), ERR_FIELD);
    assert_int_equal(n, 77);
    assert_int_equal(out[0], 9);
    assert_int_equal(hex_parse("0x01020304", 10, out, 4, &n), OK);
    assert_int_equal(n, 4);
    assert_memory_equal(out, "\1\2\3\4", 4);
    assert_int_equal(hex_parse("0x", 2, out, 0, &n), OK);
    assert_int_equal(n, 0);
}

static void quantity_parse__obeys_json_rpc(void **unused)
{
    (void)unused;
    static const struct {
        const char *text;
        enum err e;
        uint64_t v;
    } cases[] = {
        {"0x0", OK, 0},
        {"0x1", OK, 1},
        {"0x400", OK, 1024},
        {"0xFf", OK, 255},
        {"0xffffffffffffffff", OK, UINT64_MAX},
        {"0x10000000000000000", ERR_FIELD, 5},
        {"0x", ERR_FIELD, 5},
        {"0x0400", ERR_FIELD, 5},
        {"0x00", ERR_FIELD, 5},
        {"ff", ERR_FIELD, 5},
        {"0xg", ERR_FIELD, 5},
        {"-0x1", ERR_FIELD, 5},
        {"", ERR_FIELD, 5},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        uint64_t v = 5;
        assert_int_equal(quantity_parse(cases[i].text, strlen(cases[i].text), &v), cases[i].e);
        assert_true(v == cases[i].v);
    }
}

static void slice_equal__compares_length_and_bytes(void **unused)
{
    (void)unused;
    struct slice a = {(const uint8_t *)"ab", 2}, b = {(const uint8_t *)"abc", 3}, none = {NULL, 0};
    assert_false(slice_equal(a, b));
    b.n = 2;
    assert_true(slice_equal(a, b));
    b.n = 0;
    assert_true(slice_equal(b, none));
}

static void utf8_sequence__takes_rfc_3629_only(void **unused)
{
    (void)unused;
    static const struct {
        const char *text;
        size_t n;
    } cases[] = {
        {"a", 1},
        {"\xC2\x80", 2},
        {"\xC3\xA9z", 2},
        {"\xE0\xA0\x80", 3},
        {"\xEF\xBF\xBF", 3},
        {"\xF0\x90\x80\x80", 4},
        {"\xF4\x8F\xBF\xBF", 4},
        {"\x80", 0},             /* a tail alone */
        {"\xC0\xAF", 0},         /* overlong '/' */
        {"\xC1\xBF", 0},         /* overlong */
        {"\xE0\x9F\xBF", 0},     /* overlong */
        {"\xED\xA0\x80", 0},     /* a surrogate */
        {"\xF0\x8F\xBF\xBF", 0}, /* overlong */
        {"\xF4\x90\x80\x80", 0}, /* above U+10FFFF */
        {"\xF5\x80\x80\x80", 0},
        {"\xE2\x82", 0}, /* cut */
        {"\xE2\x82z", 0},
        {"\xC3", 0},
        {"\xFF", 0},
        {"", 0},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
        assert_int_equal(utf8_sequence(cases[i].text, strlen(cases[i].text)), cases[i].n);
    for (size_t n = 1; n < 4; n++) /* never past n, though the text goes on */
        assert_int_equal(utf8_sequence("\xF0\x90\x80\x80", n), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(address_format__obeys_eip_55),
        cmocka_unit_test(address_parse__reads_any_case),
        cmocka_unit_test(address_parse__refuses_other_forms),
        cmocka_unit_test(hex_digits__are_only_the_22_characters),
        cmocka_unit_test(hash_parse__reads_what_hash_format_writes),
        cmocka_unit_test(hex_parse__bounds_its_output),
        cmocka_unit_test(quantity_parse__obeys_json_rpc),
        cmocka_unit_test(slice_equal__compares_length_and_bytes),
        cmocka_unit_test(utf8_sequence__takes_rfc_3629_only),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
