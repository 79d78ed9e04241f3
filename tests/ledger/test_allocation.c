/* tests/ledger/test_allocation.c - allocations, delays, operator sets and slashers: what events say, asked at later blocks. */
#include "tests/ledger/support/allocation.h"

static void what_never_was__is_zero(void **state)
{
    (void)state;
    assert_state(allocation_at(NULL, 7), 0, 0, 0);
    assert_int_equal(allocation_delay_at(NULL, 7), 0);
    assert_true(address_is_zero(slasher_at(NULL, 7)));
}

static void an_increase__counts_at_once_and_is_slashable_from_its_effect_block(void **state)
{
    (void)state;
    struct books b = fresh();
    struct happening h[] = {{UPDATED, 10, 0, 500, 17, 0}};
    batch(&b, h, 1, NULL);
    assert_at(&b, 0, 10, 0, 500, 17);
    assert_at(&b, 0, 16, 0, 500, 17);
    assert_at(&b, 0, 17, 500, 0, 0);
    struct allocation_row key = key_of(0);
    struct allocation_state s = allocation_at(last(&b, TIMELINE_ALLOCATION, &key), 10);
    assert_int_equal(amount_compare(allocation_encumbers(&s), n(500)), 0);
    books_done(&b);
}

static void a_decrease__counts_until_its_effect_block(void **state)
{
    (void)state;
    struct books b = fresh();
    struct happening h[] = {{UPDATED, 10, 0, 500, 10, 0}, {UPDATED, 11, 0, 200, 27, 0}};
    batch(&b, h, 2, NULL);
    assert_at(&b, 0, 11, 500, -300, 27);
    assert_at(&b, 0, 26, 500, -300, 27);
    assert_at(&b, 0, 27, 200, 0, 0);
    struct allocation_row key = key_of(0);
    struct allocation_state s = allocation_at(last(&b, TIMELINE_ALLOCATION, &key), 26);
    assert_int_equal(amount_compare(allocation_encumbers(&s), n(500)), 0);
    s = allocation_at(last(&b, TIMELINE_ALLOCATION, &key), 27);
    assert_int_equal(amount_compare(allocation_encumbers(&s), n(200)), 0);
    books_done(&b);
}

static void a_slash_during_an_increase__keeps_its_difference(void **state)
{
    (void)state;
    struct books b = fresh();
    struct happening h[] = {{UPDATED, 10, 0, 400, 10, 0},
                            {UPDATED, 11, 0, 1000, 18, 0},
                            {UPDATED, 12, 0, 300, 12, 0} /* a quarter */};
    batch(&b, h, 3, NULL);
    assert_at(&b, 0, 12, 300, 600, 18);
    assert_at(&b, 0, 18, 900, 0, 0);
    books_done(&b);
}

static void a_slash_during_a_decrease__keeps_the_target_that_it_named(void **state)
{
    (void)state;
    struct books b = fresh();
    struct happening h[] = {{UPDATED, 10, 0, 400, 10, 0},
                            {UPDATED, 11, 0, 100, 27, 0},
                            {UPDATED, 12, 0, 75, 27, 0}, /* a quarter of 400 and of 300 */
                            {UPDATED, 12, 0, 300, 12, 0}};
    batch(&b, h, 4, NULL);
    assert_at(&b, 0, 12, 300, -225, 27);
    assert_at(&b, 0, 27, 75, 0, 0);
    books_done(&b);
}

static void a_full_slash_during_a_decrease__leaves_the_wait(void **state)
{
    (void)state;
    struct books b = fresh();
    struct happening h[] = {{UPDATED, 10, 0, 400, 10, 0},
                            {UPDATED, 11, 0, 100, 27, 0},
                            {UPDATED, 12, 0, 0, 27, 0},
                            {UPDATED, 12, 0, 0, 12, 0}};
    batch(&b, h, 4, NULL);
    assert_at(&b, 0, 12, 0, 0, 27);
    assert_at(&b, 0, 26, 0, 0, 27);
    assert_at(&b, 0, 27, 0, 0, 0);
    books_done(&b);
}

static void a_slash_in_the_block_of_the_effect__is_of_the_new_magnitude(void **state)
{
    (void)state;
    struct books b = fresh();
    struct happening h[] = {{UPDATED, 10, 0, 500, 17, 0}, {UPDATED, 17, 0, 250, 17, 0}};
    batch(&b, h, 2, NULL);
    assert_at(&b, 0, 17, 250, 0, 0);
    books_done(&b);
}

static void a_delay__is_the_pending_one_from_its_effect_block(void **state)
{
    (void)state;
    struct books b = fresh();
    struct address key = operator_();
    watch(&b, TIMELINE_ALLOCATION_DELAY, &key);
    struct happening h[] = {{DELAY, 10, 0, 5, 10, 0}, {DELAY, 12, 0, 6, 23, 0}, {DELAY, 20, 0, 7, 31, 0}};
    batch(&b, h, 1, NULL);
    assert_int_equal(allocation_delay_at(last(&b, TIMELINE_ALLOCATION_DELAY, &key), 10), 5);
    batch(&b, h + 1, 2, NULL); /* 6 is replaced before it holds */
    assert_int_equal(allocation_delay_at(last(&b, TIMELINE_ALLOCATION_DELAY, &key), 30), 5);
    assert_int_equal(allocation_delay_at(last(&b, TIMELINE_ALLOCATION_DELAY, &key), 31), 7);
    books_done(&b);
}

static void a_slasher__that_is_replaced_before_its_time_never_slashes(void **state)
{
    (void)state;
    struct books b = fresh();
    struct slasher_row key = {.operator_set = 0, .avs = address_numbered(3)};
    watch(&b, TIMELINE_SLASHER, &key);
    struct happening h[] = {{SLASHER, 10, 0, 0, 10, 7},
                            {SLASHER, 10, 0, 0, 10, 7}, /* migrated: said twice */
                            {SLASHER, 12, 0, 0, 23, 8},
                            {SLASHER, 20, 0, 0, 31, 9}};
    struct written w = {.rows = {0}};
    batch(&b, h, 4, &w);
    assert_int_equal(w.rows[BOOKS_TABLE_COUNT + TIMELINE_SLASHER], 3);
    assert_true(address_equal(slasher_at(last(&b, TIMELINE_SLASHER, &key), 30), address_numbered(7)));
    assert_true(address_equal(slasher_at(last(&b, TIMELINE_SLASHER, &key), 31), address_numbered(9)));
    written_done(&w);
    books_done(&b);
}

static void a_removed_operator__is_slashable_through_the_delay(void **state)
{
    (void)state;
    struct books b = fresh();
    struct operator_set_member_row key = {.operator= operator_(), .avs = address_numbered(3), .operator_set = 1};
    watch(&b, TIMELINE_OPERATOR_SET_MEMBER, &key);
    struct happening h[] = {{ADDED, 10, 1, 0, 0, 0}, {REMOVED, 20, 1, 0, 0, 0}};
    batch(&b, h, 1, NULL);
    const struct operator_set_member_row *row = last(&b, TIMELINE_OPERATOR_SET_MEMBER, &key);
    assert_true(row->registered);
    batch(&b, h + 1, 1, NULL);
    row = last(&b, TIMELINE_OPERATOR_SET_MEMBER, &key);
    assert_false(row->registered);
    assert_int_equal(row->slashable_until, 20 + D);
    books_done(&b);
}

static void a_set__has_the_recipient_and_strategies_last_said(void **state)
{
    (void)state;
    struct books b = fresh();
    struct operator_set_row set = {.operator_set = 2, .avs = address_numbered(3)};
    struct operator_set_strategy_row member = {.avs = address_numbered(3), .strategy = strategy(), .operator_set = 2};
    watch(&b, TIMELINE_OPERATOR_SET, &set);
    watch(&b, TIMELINE_OPERATOR_SET_STRATEGY, &member);
    assert_null(last(&b, TIMELINE_OPERATOR_SET, &set));
    struct happening h[] = {{SET, 10, 2, 0, 0, 0},
                            {SET, 10, 2, 0, 0, 5},
                            {SET_STRATEGY, 10, 2, 1, 0, 0},
                            {SET_STRATEGY, 11, 2, 0, 0, 0}};
    batch(&b, h, 3, NULL);
    assert_true(address_equal(((const struct operator_set_row *)last(&b, TIMELINE_OPERATOR_SET, &set))->recipient,
                              address_numbered(5)));
    const struct operator_set_strategy_row *row = last(&b, TIMELINE_OPERATOR_SET_STRATEGY, &member);
    assert_true(row->included);
    batch(&b, h + 3, 1, NULL);
    row = last(&b, TIMELINE_OPERATOR_SET_STRATEGY, &member);
    assert_false(row->included);
    books_done(&b);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_never_was__is_zero),
        cmocka_unit_test(an_increase__counts_at_once_and_is_slashable_from_its_effect_block),
        cmocka_unit_test(a_decrease__counts_until_its_effect_block),
        cmocka_unit_test(a_slash_during_an_increase__keeps_its_difference),
        cmocka_unit_test(a_slash_during_a_decrease__keeps_the_target_that_it_named),
        cmocka_unit_test(a_full_slash_during_a_decrease__leaves_the_wait),
        cmocka_unit_test(a_slash_in_the_block_of_the_effect__is_of_the_new_magnitude),
        cmocka_unit_test(a_delay__is_the_pending_one_from_its_effect_block),
        cmocka_unit_test(a_slasher__that_is_replaced_before_its_time_never_slashes),
        cmocka_unit_test(a_removed_operator__is_slashable_through_the_delay),
        cmocka_unit_test(a_set__has_the_recipient_and_strategies_last_said),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
