/* tests/ledger/core/test_amount.c - amounts are exact and refuse what leaves their range. */
#include <stdint.h>
#include <string.h>

#include "ledger/core/amount.h"
#include "tests/support/amounts.h"
#include "tests/support/unit.h"

static void amount_parse__reads_what_amount_format_writes(void **unused)
{
    (void)unused;
    const char *texts[] = {"0",
                           "1",
                           "9",
                           "10",
                           "9999999999999999",
                           "10000000000000000",
                           "10000000000000001",
                           "18446744073709551615",
                           "18446744073709551616",
                           "1000000000000000000000000000000000000000",
                           "340282366920938463463374607431768211456",
                           MAX_TEXT};
    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++)
        assert_amount(amount_of(texts[i]), texts[i]);
    assert_same(amount_of(MAX_TEXT), amount_max);
    assert_same(amount_of("1000000000000000000"), amount_wad);
    assert_same(amount_of("0"), amount_zero);
}

static void amount_parse__refuses_what_is_not_a_plain_decimal(void **unused)
{
    (void)unused;
    const char *texts[] = {"", "00", "01", "-1", "+1", " 1", "1 ", "1e3", "1.0", "0x1", "1_000", "\xD9\xA1", "1a"};
    struct amount a = amount_wad;
    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++)
        assert_int_equal(amount_parse(texts[i], strlen(texts[i]), &a), ERR_FIELD);
    assert_int_equal(amount_parse("1\0002", 3, &a), ERR_FIELD);
    assert_same(a, amount_wad);
}

static void amount_parse__refuses_2_to_256(void **unused)
{
    (void)unused;
    const char *texts[] = {"115792089237316195423570985008687907853269984665640564039457584007913129639936",
                           "999999999999999999999999999999999999999999999999999999999999999999999999999999",
                           "1000000000000000000000000000000000000000000000000000000000000000000000000000000"};
    struct amount a = amount_wad;
    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++)
        assert_int_equal(amount_parse(texts[i], strlen(texts[i]), &a), ERR_OVERFLOW);
    assert_same(a, amount_wad);
}

static void amount_add__refuses_overflow(void **unused)
{
    (void)unused;
    struct amount a = amount_wad;
    assert_int_equal(amount_add(amount_max, amount_from_u64(1), &a), ERR_OVERFLOW);
    assert_int_equal(amount_add(amount_max, amount_max, &a), ERR_OVERFLOW);
    assert_same(a, amount_wad);
    assert_int_equal(amount_add(amount_max, amount_zero, &a), OK);
    assert_same(a, amount_max);
}

static void amount_subtract__refuses_a_negative_result(void **unused)
{
    (void)unused;
    struct amount a = amount_wad;
    assert_int_equal(amount_subtract(amount_zero, amount_from_u64(1), &a), ERR_OVERFLOW);
    assert_int_equal(amount_subtract(amount_wad, amount_max, &a), ERR_OVERFLOW);
    assert_same(a, amount_wad);
    assert_int_equal(amount_subtract(a, amount_wad, &a), OK); /* the output may be an input */
    assert_true(amount_is_zero(a));
    assert_same(amount_minus_or_zero(amount_max, amount_wad),
                amount_of("115792089237316195423570985008687907853269984665640564039456584007913129639935"));
    assert_same(amount_minus_or_zero(amount_wad, amount_max), amount_zero);
    assert_same(amount_minus_or_zero(amount_wad, amount_wad), amount_zero);
}

static void amount_to_u64__refuses_65_bits(void **unused)
{
    (void)unused;
    uint64_t v = 7;
    assert_int_equal(amount_to_u64(amount_of("18446744073709551616"), &v), ERR_OVERFLOW);
    assert_int_equal(v, 7);
    assert_int_equal(amount_to_u64(amount_of("18446744073709551615"), &v), OK);
    assert_true(v == UINT64_MAX);
}

static void amount_to_be__puts_the_most_significant_byte_first(void **unused)
{
    (void)unused;
    uint8_t be[64], want[64] = {0};
    amount_to_be(amount_of("258"), be);
    want[30] = 1;
    want[31] = 2;
    assert_memory_equal(be, want, 32);
    struct total t = {0};
    total_add(&t, amount_max);
    total_add(&t, amount_from_u64(3)); /* 2^256 + 2 */
    memset(want, 0, sizeof want);
    want[31] = 1;
    want[63] = 2;
    total_to_be(t, be);
    assert_memory_equal(be, want, 64);
}

static void amount_mul_div__rounds_as_named(void **unused)
{
    (void)unused;
    struct amount a;
    assert_int_equal(amount_mul_div_floor(amount_from_u64(7), amount_from_u64(3), amount_from_u64(2), &a), OK);
    assert_amount(a, "10");
    assert_int_equal(amount_mul_div_ceil(amount_from_u64(7), amount_from_u64(3), amount_from_u64(2), &a), OK);
    assert_amount(a, "11");
    assert_int_equal(amount_mul_div_ceil(amount_from_u64(8), amount_from_u64(3), amount_from_u64(2), &a), OK);
    assert_amount(a, "12");
    assert_int_equal(amount_mul_div_ceil(amount_from_u64(1), amount_from_u64(1), amount_max, &a), OK);
    assert_amount(a, "1");
    assert_int_equal(amount_mul_div_ceil(amount_zero, amount_max, amount_max, &a), OK);
    assert_amount(a, "0");
    assert_int_equal(amount_mul_div_floor(amount_max, amount_max, amount_max, &a), OK);
    assert_same(a, amount_max);
}

static void amount_mul_div__refuses_zero_divisors_and_wide_quotients(void **unused)
{
    (void)unused;
    struct amount a = amount_wad, two = amount_from_u64(2), less_one;
    assert_int_equal(amount_mul_div_floor(amount_wad, amount_wad, amount_zero, &a), ERR_OVERFLOW);
    assert_int_equal(amount_mul_div_ceil(amount_zero, amount_zero, amount_zero, &a), ERR_OVERFLOW);
    assert_int_equal(amount_mul_div_floor(amount_max, two, amount_from_u64(1), &a), ERR_OVERFLOW);
    /* (2^256 - 1)^2 / (2^256 - 2) is 2^256 and a rest: one too many, rounded either way. */
    assert_int_equal(amount_subtract(amount_max, amount_from_u64(1), &less_one), OK);
    assert_int_equal(amount_mul_div_floor(amount_max, amount_max, less_one, &a), ERR_OVERFLOW);
    /* (2^129 - 1) * (2^129 + 1) / 4 = 2^256 - 1 and 3/4: only rounding up leaves the range. */
    struct amount b = amount_of("680564733841876926926749214863536422911"), c;
    assert_int_equal(amount_add(b, two, &c), OK);
    assert_int_equal(amount_mul_div_ceil(b, c, amount_from_u64(4), &a), ERR_OVERFLOW);
    assert_same(a, amount_wad);
    assert_int_equal(amount_mul_div_floor(b, c, amount_from_u64(4), &a), OK);
    assert_same(a, amount_max);
}

/* ---- an independent mul_div: 32-bit schoolbook product, then division bit by bit -------------------------------- */

enum { WIDE = 17 /* 32-bit words of a 512-bit product and one more */ };

struct wide {
    uint32_t w[WIDE];
};

static struct wide wide_of(struct amount a)
{
    struct wide r = {0};
    for (unsigned i = 0; i < 4; i++) {
        r.w[2 * i] = (uint32_t)a.limb[i];
        r.w[2 * i + 1] = (uint32_t)(a.limb[i] >> 32);
    }
    return r;
}

static struct wide wide_multiply(struct wide a, struct wide b)
{
    struct wide r = {0};
    for (unsigned i = 0; i < 8; i++) {
        uint64_t carry = 0;
        for (unsigned k = 0; k < 9; k++) {
            carry += (uint64_t)a.w[i] * (k < 8 ? b.w[k] : 0) + r.w[i + k];
            r.w[i + k] = (uint32_t)carry;
            carry >>= 32;
        }
    }
    return r;
}

static bool wide_less(struct wide a, struct wide b)
{
    for (unsigned i = WIDE; i-- > 0;) {
        if (a.w[i] != b.w[i])
            return a.w[i] < b.w[i];
    }
    return false;
}

static struct wide wide_subtract(struct wide a, struct wide b)
{
    uint64_t borrow = 0;
    for (unsigned i = 0; i < WIDE; i++) {
        uint64_t d = (uint64_t)a.w[i] - b.w[i] - borrow;
        a.w[i] = (uint32_t)d;
        borrow = d >> 63;
    }
    return a;
}

static struct wide wide_shift_in(struct wide a, uint32_t bit)
{
    for (unsigned i = 0; i < WIDE; i++) {
        uint32_t out = a.w[i] >> 31;
        a.w[i] = a.w[i] << 1 | bit;
        bit = out;
    }
    return a;
}

static struct wide wide_divide(struct wide n, struct wide by, struct wide *rest)
{
    struct wide q = {0}, r = {0};
    for (unsigned bit = 32 * WIDE; bit-- > 0;) {
        r = wide_shift_in(r, n.w[bit / 32] >> bit % 32 & 1);
        bool goes = !wide_less(r, by);
        if (goes)
            r = wide_subtract(r, by);
        q = wide_shift_in(q, goes ? 1 : 0);
    }
    *rest = r;
    return q;
}

static void amount_mul_div__agrees_with_long_division(void **unused)
{
    (void)unused;
    const struct wide zero = {0}, one = {{1}}, top = wide_of(amount_max);
    unsigned fitted = 0;
    for (int i = 0; i < ROUNDS / 20; i++) {
        struct amount a = random_amount(), b = random_amount(), c = random_amount(), floor, ceil;
        if (amount_is_zero(c))
            continue;
        struct wide rest, q = wide_divide(wide_multiply(wide_of(a), wide_of(b)), wide_of(c), &rest);
        bool even = !wide_less(zero, rest), fits = !wide_less(top, q);
        struct wide up = even ? q : wide_subtract(q, wide_subtract(zero, one)); /* q + 1 */
        assert_int_equal(amount_mul_div_floor(a, b, c, &floor), fits ? OK : ERR_OVERFLOW);
        assert_int_equal(amount_mul_div_ceil(a, b, c, &ceil), !wide_less(top, up) ? OK : ERR_OVERFLOW);
        if (!fits || wide_less(top, up))
            continue;
        fitted++;
        struct wide got_floor = wide_of(floor), got_ceil = wide_of(ceil);
        assert_memory_equal(&got_floor, &q, sizeof q);
        assert_memory_equal(&got_ceil, &up, sizeof up);
    }
    assert_true(fitted > ROUNDS / 60);
}

static void amount_add__is_undone_by_amount_subtract(void **unused)
{
    (void)unused;
    for (int i = 0; i < ROUNDS; i++) {
        struct amount a = random_amount(), b = random_amount(), sum, back;
        if (amount_add(a, b, &sum) != OK) {
            /* a + b >= 2^256, so b > max - a */
            assert_int_equal(amount_subtract(amount_max, a, &back), OK);
            assert_true(amount_compare(b, back) > 0);
            continue;
        }
        assert_true(amount_compare(sum, a) >= 0 && amount_compare(sum, b) >= 0);
        assert_int_equal(amount_subtract(sum, b, &back), OK);
        assert_same(back, a);
        assert_int_equal(amount_subtract(sum, a, &back), OK);
        assert_same(back, b);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(amount_parse__reads_what_amount_format_writes),
        cmocka_unit_test(amount_parse__refuses_what_is_not_a_plain_decimal),
        cmocka_unit_test(amount_parse__refuses_2_to_256),
        cmocka_unit_test(amount_add__refuses_overflow),
        cmocka_unit_test(amount_subtract__refuses_a_negative_result),
        cmocka_unit_test(amount_to_u64__refuses_65_bits),
        cmocka_unit_test(amount_to_be__puts_the_most_significant_byte_first),
        cmocka_unit_test(amount_mul_div__rounds_as_named),
        cmocka_unit_test(amount_mul_div__refuses_zero_divisors_and_wide_quotients),
        cmocka_unit_test(amount_mul_div__agrees_with_long_division),
        cmocka_unit_test(amount_add__is_undone_by_amount_subtract),
    };
    return cmocka_run_group_tests(tests, start_random, NULL);
}
