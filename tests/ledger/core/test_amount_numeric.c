/* tests/ledger/core/test_amount_numeric.c - amounts, deltas and totals stay themselves, also as PostgreSQL's numeric. */
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include "ledger/core/amount.h"
#include "tests/support/amounts.h"
#include "tests/support/unit.h"

static void amounts__survive_text_bytes_and_numeric(void **unused)
{
    (void)unused;
    for (int i = 0; i < ROUNDS; i++) {
        struct amount a = random_amount(), back = amount_wad;
        char text[AMOUNT_TEXT + 1];
        size_t n = amount_format(a, text);
        assert_int_equal(n, strlen(text));
        assert_int_equal(amount_parse(text, n, &back), OK);
        assert_same(back, a);
        uint8_t be[32], numeric[NUMERIC_MAX];
        amount_to_be(a, be);
        assert_same(amount_from_be(be), a);
        size_t size = amount_to_numeric(a, numeric);
        assert_int_equal(amount_from_numeric((struct slice){numeric, size}, &back), OK);
        assert_same(back, a);
    }
}

static void deltas__take_before_to_after(void **unused)
{
    (void)unused;
    for (int i = 0; i < ROUNDS; i++) {
        struct amount before = random_amount(), after = random_amount(), got;
        struct delta d = delta_between(before, after), back;
        assert_int_equal(delta_apply(before, d, &got), OK);
        assert_same(got, after);
        uint8_t numeric[NUMERIC_MAX];
        size_t size = delta_to_numeric(d, numeric);
        assert_int_equal(delta_from_numeric((struct slice){numeric, size}, &back), OK);
        assert_same(back.magnitude, d.magnitude);
        assert_int_equal(back.negative, d.negative);
    }
    assert_false(delta_minus(amount_zero).negative);
    assert_false(delta_between(amount_wad, amount_wad).negative);
}

static void delta_apply__refuses_to_leave_the_range(void **unused)
{
    (void)unused;
    struct amount a = amount_wad;
    assert_int_equal(delta_apply(amount_wad, delta_minus(amount_max), &a), ERR_OVERFLOW);
    assert_int_equal(delta_apply(amount_wad, delta_plus(amount_max), &a), ERR_OVERFLOW);
    assert_same(a, amount_wad);
    char text[DELTA_TEXT + 1];
    assert_int_equal(delta_format(delta_minus(amount_max), text), DELTA_TEXT);
    assert_string_equal(text, "-" MAX_TEXT);
    assert_int_equal(delta_format(delta_minus(amount_zero), text), 1);
    assert_string_equal(text, "0");
}

static void totals__hold_more_than_an_amount(void **unused)
{
    (void)unused;
    struct total t = {0}, less = {0}, back;
    char text[TOTAL_TEXT + 1];
    for (int i = 0; i < 10; i++) {
        less = t;
        total_add(&t, amount_max);
    }
    assert_int_equal(total_compare(less, t), -1);
    assert_int_equal(total_compare(t, less), 1);
    assert_int_equal(total_compare(t, t), 0);
    total_format(t, text);
    assert_string_equal(text, MAX_TEXT "0");
    uint8_t numeric[NUMERIC_MAX];
    size_t n = total_to_numeric(t, numeric);
    assert_int_equal(total_from_numeric((struct slice){numeric, n}, &back), OK);
    assert_int_equal(total_compare(t, back), 0);
    struct amount a = amount_wad;
    assert_int_equal(amount_from_numeric((struct slice){numeric, n}, &a), ERR_OVERFLOW);
    assert_same(a, amount_wad);
}

/* ---- what PostgreSQL 15 itself sends: select encode(numeric_send(v), 'hex') ------------------------------------- */

struct golden {
    const char *text, *hex;
};

static const struct golden goldens[] = {
    {"0", "0000000000000000"},
    {"1", "00010000000000000001"},
    {"9999", "0001000000000000270f"},
    {"10000", "00010001000000000001"},
    {"10001", "000200010000000000010001"},
    {"100000000", "00010002000000000001"},
    {"99999999", "0002000100000000270f270f"},
    {"1000000000000000", "000100030000000003e8"},
    {"10000000000000000", "00010004000000000001"},
    {"9999999999999999", "0004000300000000270f270f270f270f"},
    {"1000000000000000000", "00010004000000000064"},
    {"100000000000000000000", "00010005000000000001"},
    {"18446744073709551615", "000500040000000007341a5802e103bb064f"},
    {"18446744073709551616", "000500040000000007341a5802e103bb0650"},
    {"340282366920938463463374607431768211456", "000a00090000000001540b071a2403aa121a18c111ff10dd1aa505b0"},
    {MAX_TEXT, "0014001300000000000b16a0037c0e931833108b1bba13901adf03110cc5267619a40234018a167e0fa723ab0b9326cf"},
    {"100000000000000000000000000000000000000000000000000000000000000000000000000000", "0001001300000000000a"},
    {"-1", "00010000400000000001"},
    {"-10000", "00010001400000000001"},
    {"-1000000000000000000", "00010004400000000064"},
    {"-" MAX_TEXT, "0014001340000000000b16a0037c0e931833108b1bba13901adf03110cc5267619a40234018a167e0fa723ab0b9326cf"},
    {"12345678901234567890123456789012345678901234567890",
     "000d000c00000000000c0d801ed204d2162e23340d801ed204d2162e23340d801ed2"},
};

static struct slice bytes_of(const char *hex, uint8_t *out)
{
    char prefixed[2 * NUMERIC_MAX + 3];
    int n = snprintf(prefixed, sizeof prefixed, "0x%s", hex);
    size_t out_n;
    assert_int_equal(hex_parse(prefixed, (size_t)n, out, NUMERIC_MAX, &out_n), OK);
    return (struct slice){out, out_n};
}

static void delta_to_numeric__writes_what_postgresql_sends(void **unused)
{
    (void)unused;
    for (size_t i = 0; i < sizeof goldens / sizeof *goldens; i++) {
        const char *text = goldens[i].text;
        bool negative = text[0] == '-';
        struct amount a = amount_of(text + negative);
        uint8_t want[NUMERIC_MAX], got[NUMERIC_MAX];
        struct slice w = bytes_of(goldens[i].hex, want);
        struct slice g = {got, delta_to_numeric(negative ? delta_minus(a) : delta_plus(a), got)};
        assert_true(slice_equal(g, w));
        struct delta d;
        assert_int_equal(delta_from_numeric(w, &d), OK);
        assert_same(d.magnitude, a);
        assert_int_equal(d.negative, negative);
        struct amount back = amount_wad;
        assert_int_equal(amount_from_numeric(w, &back), negative ? ERR_OVERFLOW : OK);
        assert_same(back, negative ? amount_wad : a);
    }
}

static void total_to_numeric__writes_what_postgresql_sends(void **unused)
{
    (void)unused;
    struct total t = {{UINT64_MAX, UINT64_MAX, UINT64_MAX, UINT64_MAX, UINT64_MAX, UINT64_MAX, UINT64_MAX, UINT64_MAX}};
    const char *hex = "00270026000000000086030c1ef924d125ed256600f9265c16d604fa1f0016bc172324791e2b15ee111406e4012c1cba"
                      "1b401f521d051fe6234a0ad1001f218521c817a22159150c0afb24f91b521921195a02600fff";
    uint8_t want[NUMERIC_MAX], got[NUMERIC_MAX];
    struct slice w = bytes_of(hex, want);
    assert_true(slice_equal((struct slice){got, total_to_numeric(t, got)}, w));
    struct total back = {0};
    assert_int_equal(total_from_numeric(w, &back), OK);
    assert_int_equal(total_compare(back, t), 0);
}

static void amount_from_numeric__refuses_what_is_no_whole_number(void **unused)
{
    (void)unused;
    static const struct {
        const char *hex;
        enum err e;
    } cases[] = {
        {"000200000000000100011388", ERR_FIELD}, /* 1.5 */
        {"0001ffff000000040001", ERR_FIELD},     /* 0.0001 */
        {"00000000c0000000", ERR_FIELD},         /* NaN */
        {"00000000d0000020", ERR_FIELD},         /* Infinity */
        {"00000000f0000020", ERR_FIELD},         /* -Infinity */
        {"00010000000000002710", ERR_FIELD},     /* a digit of 10000 */
        {"0001000000000000ffff", ERR_FIELD},     /* a digit of -1 */
        {"0002000000000000"
         "0001",
         ERR_FIELD}, /* a digit missing */
        {"0001000000000000"
         "00010001",
         ERR_FIELD}, /* a digit too many */
        {"ffff000000000000", ERR_FIELD},
        {"00000000000000", ERR_FIELD},
        {"", ERR_FIELD},
        {"00017fff000000000001", ERR_OVERFLOW}, /* 10000^32767 */
        {"00010014000000000001", ERR_OVERFLOW}, /* 10000^20 */
        {"0014001300000000000b16a0037c0e931833108b1bba13901adf03110cc5267619a40234018a167e0fa723ab0b9326d0",
         ERR_OVERFLOW}, /* 2^256 */
    };
    uint8_t in[NUMERIC_MAX];
    struct amount a = amount_wad;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
        assert_int_equal(amount_from_numeric(bytes_of(cases[i].hex, in), &a), cases[i].e);
    assert_same(a, amount_wad);
    /* 1.00 is whole; negative zero is zero. */
    assert_int_equal(amount_from_numeric(bytes_of("00010000000000020001", in), &a), OK);
    assert_amount(a, "1");
    assert_int_equal(amount_from_numeric(bytes_of("0000000040000000", in), &a), OK);
    assert_amount(a, "0");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(amounts__survive_text_bytes_and_numeric),
        cmocka_unit_test(deltas__take_before_to_after),
        cmocka_unit_test(delta_apply__refuses_to_leave_the_range),
        cmocka_unit_test(totals__hold_more_than_an_amount),
        cmocka_unit_test(delta_to_numeric__writes_what_postgresql_sends),
        cmocka_unit_test(total_to_numeric__writes_what_postgresql_sends),
        cmocka_unit_test(amount_from_numeric__refuses_what_is_no_whole_number),
    };
    return cmocka_run_group_tests(tests, start_random, NULL);
}
