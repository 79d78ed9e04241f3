/* tests/ledger/mirror/test_given.c - the memory of what a source handed on. */
#include "ledger/mirror/given.h"
#include "tests/support/unit.h"

#include <stdint.h>

static struct hash hash_of(uint64_t number)
{
    struct hash h = {{(uint8_t)number, (uint8_t)(number >> 8), 7}};
    return h;
}

static struct given chain(uint64_t from, uint64_t to)
{
    struct given g = {0};
    for (uint64_t n = from; n <= to; n++)
        given_add(&g, n, hash_of(n));
    return g;
}

static void given_find__knows_each_block_and_no_other(void **state)
{
    (void)state;
    struct given g = chain(10, 1000);
    for (uint64_t n = 10; n <= 1000; n++)
        assert_true(hash_equal(given_find(&g, n)->hash, hash_of(n)));
    assert_null(given_find(&g, 9));
    assert_null(given_find(&g, 1001));
    assert_int_equal(given_last(&g)->number, 1000);
    given_done(&g);
    assert_null(given_last(&g));
}

static void given_find__skips_gaps(void **state)
{
    (void)state;
    struct given g = {0};
    given_add(&g, 5, hash_of(5));
    given_add(&g, 9, hash_of(9));
    assert_non_null(given_find(&g, 5));
    assert_null(given_find(&g, 7));
    assert_non_null(given_find(&g, 9));
    given_done(&g);
}

static void given_cut__drops_what_is_above_the_fork_only(void **state)
{
    (void)state;
    struct given g = chain(10, 20);
    given_cut(&g, 15);
    assert_int_equal(given_last(&g)->number, 15);
    given_add(&g, 16, hash_of(99));
    assert_true(hash_equal(given_find(&g, 16)->hash, hash_of(99)));
    given_cut(&g, 9);
    assert_null(given_last(&g));
    given_done(&g);
}

static void given_prune__keeps_the_highest_final_block(void **state)
{
    (void)state;
    struct given g = chain(10, 20);
    given_prune(&g, 9);
    assert_int_equal(g.n, 11);
    given_prune(&g, 15);
    assert_int_equal(g.n, 6);
    assert_non_null(given_find(&g, 15));
    assert_null(given_find(&g, 14));
    given_prune(&g, 40);
    assert_int_equal(g.n, 1);
    assert_int_equal(given_last(&g)->number, 20);
    given_done(&g);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(given_find__knows_each_block_and_no_other),
        cmocka_unit_test(given_find__skips_gaps),
        cmocka_unit_test(given_cut__drops_what_is_above_the_fork_only),
        cmocka_unit_test(given_prune__keeps_the_highest_final_block),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
