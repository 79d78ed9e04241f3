/* tests/ledger/test_alt_index.c - the reward index at a moment, with terms and without. */
#include "ledger/alt_index.h"
#include "tests/support/unit.h"

/* 7 a second from 100 to 200 for 3 of voting stake; last updated at 120, the index then 5. */
static struct alt_index terms(void)
{
    return (struct alt_index){.stored = amount_from_u64(5),
                              .has_accrual = true,
                              .accrued_at = 120,
                              .has_total = true,
                              .total_voting_stake = amount_from_u64(3),
                              .has_terms = true,
                              .emission_per_second = amount_from_u64(7),
                              .starts_at = 100,
                              .ends_at = 200,
                              .updated_at = 120};
}

static void assert_index(const struct alt_index *i, int64_t now, const char *expected)
{
    struct amount index;
    char text[AMOUNT_TEXT + 1];
    assert_true(alt_index_at(i, now, &index));
    amount_format(index, text);
    assert_string_equal(text, expected);
}

static void it_grows__from_the_last_update_to_the_end(void **state)
{
    (void)state;
    struct alt_index i = terms();
    assert_index(&i, 120, "5");
    assert_index(&i, 121, "2333333333333333338"); /* floor(7e18 / 3) + 5 */
    assert_index(&i, 200, "186666666666666666671");
    assert_index(&i, 5000, "186666666666666666671");
}

static void before_the_start_and_after_the_end__it_stands_still(void **state)
{
    (void)state;
    struct alt_index i = terms();
    i.updated_at = 0;
    i.accrued_at = 50;
    assert_index(&i, 99, "5");
    assert_index(&i, 100, "5");
    assert_index(&i, 101, "2333333333333333338"); /* from the start, not from the update */
    i.updated_at = i.accrued_at = 250;            /* the first update after the end */
    assert_index(&i, 300, "5");
}

static void without_terms__it_is_known_at_an_update_and_while_nobody_votes(void **state)
{
    (void)state;
    struct alt_index i = terms();
    struct amount index;
    i.has_terms = false;
    assert_index(&i, 120, "5");
    assert_false(alt_index_at(&i, 121, &index));
    i.has_total = false;
    assert_false(alt_index_at(&i, 121, &index));
    i.has_total = true;
    i.total_voting_stake = amount_zero;
    assert_index(&i, 121, "5");
    i = terms();
    i.has_total = false; /* a cooldown in doubt */
    assert_false(alt_index_at(&i, 121, &index));
}

static void an_accrual__is_rounded_down(void **state)
{
    (void)state;
    struct amount accrued, step = amount_wad;
    assert_true(alt_accrued(amount_from_u64(3), step, amount_from_u64(1), &accrued));
    assert_int_equal(amount_compare(accrued, amount_from_u64(2)), 0);
    assert_false(alt_accrued(amount_from_u64(3), amount_zero, amount_from_u64(1), &accrued));
    assert_false(alt_accrued(amount_max, amount_max, amount_zero, &accrued));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(it_grows__from_the_last_update_to_the_end),
        cmocka_unit_test(before_the_start_and_after_the_end__it_stands_still),
        cmocka_unit_test(without_terms__it_is_known_at_an_update_and_while_nobody_votes),
        cmocka_unit_test(an_accrual__is_rounded_down),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
