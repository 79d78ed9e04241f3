/* tests/ledger/core/test_amount.c - amounts are exact, refuse what leaves their range, and speak PostgreSQL's numeric. */
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include "ledger/core/amount.h"
#include "tests/support/unit.h"

enum { ROUNDS = 20000, WIDE = 17 /* 32-bit words of a 512-bit product and one more */ };

static const uint64_t seed = 20261121;
static uint64_t state;

static int start_random(void **unused)
{
    (void)unused;
    state = seed;
    printf("seed %llu\n", (unsigned long long)seed);
    return 0;
}

/* splitmix64 */
static uint64_t random_u64(void)
{
    uint64_t z = state += 0x9e3779b97f4a7c15U;
    z = (z ^ z >> 30) * 0xbf58476d1ce4e5b9U;
    z = (z ^ z >> 27) * 0x94d049bb133111ebU;
    return z ^ z >> 31;
}

/* Any width from 0 to 256 bits, and often runs of all-zero or all-one limbs, where carries live. */
static struct amount random_amount(void)
{
    struct amount a = {0};
    uint64_t bits = random_u64() % 257;
    for (unsigned i = 0; i < 4; i++) {
        uint64_t pick = random_u64() % 4;
        a.limb[i] = pick == 0 ? 0 : pick == 1 ? UINT64_MAX : random_u64();
        uint64_t base = 64 * (uint64_t)i;
        if (bits <= base)
            a.limb[i] = 0;
        else if (bits - base < 64)
            a.limb[i] &= (UINT64_C(1) << (bits - base)) - 1;
    }
    return a;
}

static struct amount amount_of(const char *text)
{
    struct amount a = {0};
    assert_int_equal(amount_parse(text, strlen(text), &a), OK);
    return a;
}

static void assert_amount(struct amount got, const char *text)
{
    char out[AMOUNT_TEXT + 1];
    assert_int_equal(amount_format(got, out), strlen(text));
    assert_string_equal(out, text);
}

static void assert_same(struct amount a, struct amount b)
{
    assert_int_equal(amount_compare(a, b), 0);
}

#define MAX_TEXT "115792089237316195423570985008687907853269984665640564039457584007913129639935"

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
