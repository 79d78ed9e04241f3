/* tests/ledger/core/test_amount_wide.c - totals, shares and roots of shares: by what must hold of them. */
#include "tests/support/amounts.h"

static struct total random_total(void)
{
    uint8_t be[64];
    amount_to_be(random_amount(), be);
    amount_to_be(random_amount(), be + 32);
    return total_from_be(be);
}

static void assert_total(struct total t, const char *text)
{
    char out[TOTAL_TEXT + 1];
    total_format(t, out);
    assert_string_equal(out, text);
}

static void totals__are_read_as_they_are_written(void **unused)
{
    (void)unused;
    for (int i = 0; i < ROUNDS; i++) {
        struct total t = random_total();
        uint8_t be[64];
        total_to_be(t, be);
        assert_int_equal(total_compare(total_from_be(be), t), 0);
    }
    uint8_t be[64] = {[62] = 1, [63] = 2};
    assert_total(total_from_be(be), "258");
}

static void a_total__becomes_an_amount_if_it_fits(void **unused)
{
    (void)unused;
    struct amount out = amount_wad;
    assert_int_equal(total_to_amount(total_of(amount_max), &out), OK);
    assert_same(out, amount_max);
    struct total t = total_of(amount_max);
    total_add(&t, amount_from_u64(1));
    assert_int_equal(total_to_amount(t, &out), ERR_OVERFLOW);
    assert_same(out, amount_max);
    assert_true(total_is_zero(total_zero));
    assert_false(total_is_zero(t));
}

static void subtracting__undoes_adding(void **unused)
{
    (void)unused;
    for (int i = 0; i < ROUNDS; i++) {
        struct amount a = random_amount(), b = random_amount(), back;
        struct total t = total_of(a);
        total_add(&t, b);
        assert_int_equal(total_compare(t, total_plus(total_of(b), total_of(a))), 0);
        total_subtract(&t, b);
        assert_int_equal(total_to_amount(t, &back), OK);
        assert_same(back, a);
    }
}

static void adding_to_many__is_adding_to_each(void **unused)
{
    (void)unused;
    enum { MANY = 5 };
    for (int round = 0; round < ROUNDS / MANY; round++) {
        struct total all[MANY], expected[MANY], before[MANY];
        uint32_t which[MANY];
        size_t n = random_u64() % (MANY + 1), first = random_u64() % MANY;
        struct amount a = random_amount();
        for (size_t i = 0; i < MANY; i++)
            before[i] = all[i] = expected[i] = total_times(total_of(random_amount()), random_u64());
        for (size_t i = 0; i < n; i++) {
            which[i] = (uint32_t)((first + i) % MANY);
            total_add(&expected[which[i]], a);
        }
        totals_add(all, which, n, a);
        for (size_t i = 0; i < MANY; i++)
            assert_int_equal(total_compare(all[i], expected[i]), 0);
        totals_subtract(all, which, n, a);
        for (size_t i = 0; i < MANY; i++)
            assert_int_equal(total_compare(all[i], before[i]), 0);
    }
}

static void products__are_sums(void **unused)
{
    (void)unused;
    assert_total(total_times(total_of(amount_max), 1000),
                 "115792089237316195423570985008687907853269984665640564039457584007913129639935000");
    assert_total(amount_square(amount_from_u64(UINT64_MAX)), "340282366920938463426481119284349108225");
    for (int i = 0; i < ROUNDS; i++) { /* (a + 1)^2 = a^2 + a + a + 1 */
        struct amount a = random_amount(), next;
        if (amount_add(a, amount_from_u64(1), &next) != OK)
            continue;
        struct total square = amount_square(a);
        total_add(&square, a);
        total_add(&square, next);
        assert_int_equal(total_compare(square, amount_square(next)), 0);
    }
}

static void a_product__grows_by_one_factor_where_the_other_grows_by_one(void **unused)
{
    (void)unused;
    assert_int_equal(total_compare(amount_product(amount_max, amount_max), amount_square(amount_max)), 0);
    for (int i = 0; i < ROUNDS; i++) { /* a * (b + 1) = a * b + a */
        struct amount a = random_amount(), b = random_amount(), next;
        if (amount_add(b, amount_from_u64(1), &next) != OK)
            continue;
        struct total product = amount_product(a, b);
        assert_int_equal(total_compare(product, amount_product(b, a)), 0);
        total_add(&product, a);
        assert_int_equal(total_compare(product, amount_product(a, next)), 0);
    }
}

static void a_share__is_rounded_down_and_says_what_remains(void **unused)
{
    (void)unused;
    for (int i = 0; i < ROUNDS; i++) {
        struct amount a = random_amount(), part = random_amount(), whole = random_amount(), floor;
        if (amount_is_zero(whole) || amount_compare(part, whole) > 0)
            continue;
        struct total rest;
        struct amount share = amount_share(a, total_of(part), total_of(whole), &rest);
        assert_int_equal(amount_mul_div_floor(a, part, whole, &floor), OK);
        assert_same(share, floor);
        assert_true(total_compare(rest, total_of(whole)) < 0);
    }
}

/* share * whole + rest = a * part; with a share and a factor of 64 bits that can be said with totals. */
static void a_share_of_wide_parts__has_the_right_rest(void **unused)
{
    (void)unused;
    for (int i = 0; i < ROUNDS; i++) {
        uint8_t be[64], none[8] = {0};
        total_to_be(random_total(), be);
        memcpy(be, none, sizeof none);
        struct total part = total_from_be(be), rest;
        total_to_be(random_total(), be);
        memcpy(be, none, sizeof none);
        struct total whole = total_from_be(be);
        if (total_compare(part, whole) > 0) {
            struct total swap = part;
            part = whole;
            whole = swap;
        }
        if (total_is_zero(whole))
            continue;
        uint64_t factor = random_u64() >> random_u64() % 64, share;
        assert_int_equal(amount_to_u64(amount_share(amount_from_u64(factor), part, whole, &rest), &share), OK);
        assert_true(total_compare(rest, whole) < 0);
        assert_int_equal(total_compare(total_plus(total_times(whole, share), rest), total_times(part, factor)), 0);
    }
}

static void the_whole_of_anything__is_all_of_it(void **unused)
{
    (void)unused;
    for (int i = 0; i < ROUNDS; i++) {
        struct total whole = random_total(), rest;
        if (total_is_zero(whole))
            continue;
        struct amount a = random_amount();
        assert_same(amount_share(a, whole, whole, &rest), a);
        assert_true(total_is_zero(rest));
        assert_same(amount_share(a, total_zero, whole, &rest), amount_zero);
        assert_true(total_is_zero(rest));
    }
}

/* root^2 <= floor(a * part * 2^128 / whole) < (root + 1)^2; for amounts so small that this product fits. */
static void a_root__is_the_largest_whose_square_fits(void **unused)
{
    (void)unused;
    struct amount two_128 = amount_of("340282366920938463463374607431768211456");
    for (int i = 0; i < ROUNDS; i++) {
        uint64_t whole = 1 + (random_u64() >> (2 + random_u64() % 62)), part = random_u64() % (whole + 1);
        struct amount a = amount_from_u64(random_u64() >> random_u64() % 64), product, radicand;
        struct amount root = amount_root_of_share(a, part, whole), next;
        assert_int_equal(amount_mul_div_floor(a, amount_from_u64(part), amount_from_u64(1), &product), OK);
        assert_int_equal(amount_mul_div_floor(product, two_128, amount_from_u64(whole), &radicand), OK);
        assert_int_equal(amount_add(root, amount_from_u64(1), &next), OK);
        assert_true(total_compare(amount_square(root), total_of(radicand)) <= 0);
        assert_true(total_compare(amount_square(next), total_of(radicand)) > 0);
    }
}

static void roots__of_known_numbers(void **unused)
{
    (void)unused;
    assert_amount(amount_root_of_share(amount_zero, 1, 1), "0");
    assert_amount(amount_root_of_share(amount_max, 0, 1), "0");
    assert_amount(amount_root_of_share(amount_from_u64(1), 1, 1), "18446744073709551616");
    assert_amount(amount_root_of_share(amount_from_u64(2), 1, 1), "26087635650665564424"); /* floor(2^64 * 1.41421..) */
    assert_amount(amount_root_of_share(amount_from_u64(1), 1, 4), "9223372036854775808");
    /* floor(sqrt((2^256 - 1) * 2^128)) = 2^192 - 1 */
    assert_amount(amount_root_of_share(amount_max, UINT64_MAX, UINT64_MAX),
                  "6277101735386680763835789423207666416102355444464034512895");
    /* floor(sqrt(2^127)): whole of all 64 bits */
    assert_amount(amount_root_of_share(amount_from_u64(1), UINT64_C(1) << 62, UINT64_C(1) << 63),
                  "13043817825332782212");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(totals__are_read_as_they_are_written),
        cmocka_unit_test(a_total__becomes_an_amount_if_it_fits),
        cmocka_unit_test(subtracting__undoes_adding),
        cmocka_unit_test(adding_to_many__is_adding_to_each),
        cmocka_unit_test(products__are_sums),
        cmocka_unit_test(a_product__grows_by_one_factor_where_the_other_grows_by_one),
        cmocka_unit_test(a_share__is_rounded_down_and_says_what_remains),
        cmocka_unit_test(a_share_of_wide_parts__has_the_right_rest),
        cmocka_unit_test(the_whole_of_anything__is_all_of_it),
        cmocka_unit_test(a_root__is_the_largest_whose_square_fits),
        cmocka_unit_test(roots__of_known_numbers),
    };
    return cmocka_run_group_tests(tests, start_random, NULL);
}
