/* tests/ledger/test_votes.c - units of delegates as their events say, and delegations as a timeline. */
#include <stdint.h>
#include <string.h>

#include "tests/ledger/support/books.h"
#include "tests/support/unit.h"

static struct address token(void)
{
    return address_numbered(9);
}

static struct deed units(uint8_t who, struct amount previous, struct amount now)
{
    return (struct deed){.act = ACT_UNITS,
                         .block = 1,
                         .token = token(),
                         .from = address_numbered(who),
                         .previous = previous,
                         .value = now};
}

static struct amount n(uint64_t v)
{
    return amount_from_u64(v);
}

static bool is_marked(struct books *b)
{
    struct address contract = token();
    const struct timeline_slot *slot = map_get(&b->timelines[TIMELINE_INCONSISTENCY].last, &contract);
    return slot != NULL && slot->present;
}

static void assert_units(struct books *b, uint8_t who, struct amount expected)
{
    assert_int_equal(amount_compare(balance_of(b, BOOK_VOTES, token(), address_numbered(who)), expected), 0);
}

static void units__are_what_the_last_event_says(void **state)
{
    (void)state;
    struct books b;
    struct deed deeds[] = {units(1, n(0), n(10)), units(2, n(0), n(5)), units(1, n(10), n(4)), units(2, n(5), n(5))};
    books_init(&b);
    books_batch(&b, deeds, 4, NULL);
    assert_units(&b, 1, n(4));
    assert_units(&b, 2, n(5));
    assert_int_equal(amount_compare(balance_of(&b, BOOK_VOTES_ISSUED, token(), address_zero), n(9)), 0);
    assert_false(is_marked(&b));
    books_done(&b);
}

static void another_previous_value__marks_the_token_and_books_the_new_one(void **state)
{
    (void)state;
    struct books b;
    struct deed deeds[] = {units(1, n(0), n(10)), units(1, n(9), n(12))};
    books_init(&b);
    books_batch(&b, deeds, 2, NULL);
    assert_units(&b, 1, n(12));
    assert_true(is_marked(&b));
    books_done(&b);
}

static void units_beyond_256_bits__are_not_booked(void **state)
{
    (void)state;
    struct books b;
    struct deed deeds[] = {units(1, n(0), amount_max), units(2, n(0), n(1))};
    books_init(&b);
    books_batch(&b, deeds, 2, NULL);
    assert_units(&b, 1, amount_max);
    assert_units(&b, 2, amount_zero);
    assert_true(is_marked(&b));
    books_done(&b);
}

static void delegations__are_appended(void **state)
{
    (void)state;
    struct books b;
    struct written w = {.rows = {0}};
    struct deed deeds[] = {
        {.act = ACT_DELEGATE, .block = 1, .token = token(), .from = address_numbered(1), .to = address_numbered(2)},
        {.act = ACT_DELEGATE, .block = 2, .token = token(), .from = address_numbered(1), .to = address_zero},
    };
    books_init(&b);
    books_batch(&b, deeds, 2, &w);
    assert_int_equal(w.rows[BOOKS_TABLE_COUNT + TIMELINE_DELEGATE], 2);
    assert_int_equal(w.rows[BOOKS_ENTRY], 0);
    assert_int_equal(w.rows[BOOKS_ROOT], 2);
    written_done(&w);
    books_done(&b);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(units__are_what_the_last_event_says),
        cmocka_unit_test(another_previous_value__marks_the_token_and_books_the_new_one),
        cmocka_unit_test(units_beyond_256_bits__are_not_booked),
        cmocka_unit_test(delegations__are_appended),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
