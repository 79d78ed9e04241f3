/* tests/ledger/core/test_map.c - the map finds what was put, keeps the order of insertion, and starts values at zero. */
#include <stdint.h>
#include <string.h>

#include "ledger/core/bytes.h"
#include "ledger/core/map.h"
#include "tests/support/unit.h"

enum { MANY = 20000 };

/* Distinct, and alike in all but a few bits, as addresses under attack would be. */
static struct address address_of(uint32_t i)
{
    struct address a = {0};
    memcpy(a.b, &i, sizeof i);
    return a;
}

static void map_put__keeps_every_value_and_the_order_of_insertion(void **unused)
{
    (void)unused;
    struct map m;
    map_init(&m, sizeof(struct address), sizeof(uint32_t));
    for (int round = 0; round < 2; round++) {
        for (uint32_t i = 0; i < MANY; i++) {
            struct address key = address_of(i * 2654435761U);
            bool added = false;
            uint32_t *v = map_put(&m, &key, &added);
            assert_true(added);
            assert_int_equal(*v, 0);
            *v = i + 1;
        }
        assert_int_equal(m.n, MANY);
        for (uint32_t i = 0; i < MANY; i++) {
            struct address key = address_of(i * 2654435761U), other = address_of(i * 2654435761U);
            other.b[19] = 1;
            assert_int_equal(*(uint32_t *)map_get(&m, &key), i + 1);
            assert_null(map_get(&m, &other));
            assert_memory_equal(map_key_at(&m, i), &key, sizeof key);
            assert_int_equal(*(uint32_t *)map_value_at(&m, i), i + 1);
        }
        map_clear(&m);
        assert_int_equal(m.n, 0);
        struct address first = address_of(0);
        assert_null(map_get(&m, &first));
    }
    map_done(&m);
}

static void map_put__finds_a_key_again(void **unused)
{
    (void)unused;
    struct map m;
    map_init(&m, 1, 8);
    for (int i = 0; i < 1000; i++) {
        uint8_t key = (uint8_t)(i % 7);
        bool added;
        uint64_t *v = map_put(&m, &key, &added);
        assert_int_equal(added, i < 7);
        ++*v;
    }
    assert_int_equal(m.n, 7);
    uint8_t key = 0;
    assert_int_equal(*(uint64_t *)map_put(&m, &key, NULL), 143);
    map_done(&m);
}

static void map__starts_empty_and_is_reusable_after_done(void **unused)
{
    (void)unused;
    struct map m;
    struct hash key = hash_zero;
    map_init(&m, sizeof key, 0); /* a set */
    assert_null(map_get(&m, &key));
    map_clear(&m);
    assert_non_null(map_put(&m, &key, NULL));
    assert_non_null(map_get(&m, &key));
    map_done(&m);
    assert_null(map_get(&m, &key));
    assert_non_null(map_put(&m, &key, NULL));
    assert_int_equal(m.n, 1);
    map_done(&m);
}

static void map_values__are_aligned_after_odd_keys(void **unused)
{
    (void)unused;
    struct map m;
    map_init(&m, 21, 12);
    for (uint8_t i = 0; i < 50; i++) {
        uint8_t key[21] = {[20] = i};
        assert_int_equal((uintptr_t)map_put(&m, key, NULL) % 8, 0);
    }
    assert_int_equal(m.n, 50);
    map_done(&m);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(map_put__keeps_every_value_and_the_order_of_insertion),
        cmocka_unit_test(map_put__finds_a_key_again),
        cmocka_unit_test(map__starts_empty_and_is_reusable_after_done),
        cmocka_unit_test(map_values__are_aligned_after_odd_keys),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
