/* tests/ledger/test_registry.c - delegations of a DelegateRegistry: what its two events leave, by delegator and id. */
#include "ledger/registry.h"

#include "ledger/mirror/rules.h"
#include "tests/ledger/support/books.h"
#include "tests/support/unit.h"

enum { REGISTRY = 0xdd, ALICE = 1, BOB, CAROL };

static const struct hash space = {{'a', 'l', 't'}}, everywhere = {{0}};

static struct registry_delegate_row key_of(uint8_t registry, uint8_t who, struct hash id)
{
    return (struct registry_delegate_row){.registry = address_numbered(registry),
                                          .delegator = address_numbered(who),
                                          .id = id};
}

/* The rule of the event, as a block's log runs it. The key's last row is cached as if it had been looked up. */
static void happen(struct books *b, uint64_t block, const char *event, uint8_t who, struct hash id, uint8_t whom)
{
    struct abi_value values[] = {{.kind = ABI_ADDRESS, .address = address_numbered(who)},
                                 {.kind = ABI_FIXED_BYTES, .bytes = {id.b, sizeof id.b}},
                                 {.kind = ABI_ADDRESS, .address = address_numbered(whom)}};
    struct place at = {.books = b, .emitter = address_numbered(REGISTRY)};
    const struct rule_row *row = rules_registry;
    while (row->group != NULL && strncmp(row->signature, event, strlen(event)) != 0)
        row++;
    assert_non_null(row->group);
    struct registry_delegate_row key = key_of(REGISTRY, who, id);
    map_put(&b->timelines[TIMELINE_REGISTRY_DELEGATE].last, &key, NULL);
    books_block_begin(b, block, hash_of_block(block));
    books_log_begin(b, 0);
    row->apply(&at, values);
    books_block_end(b);
}

/* 0: nobody; -1: nothing was ever said of it. */
static int delegate_of(struct books *b, uint8_t registry, uint8_t who, struct hash id)
{
    struct registry_delegate_row key = key_of(registry, who, id);
    const struct timeline_slot *slot = map_get(&b->timelines[TIMELINE_REGISTRY_DELEGATE].last, &key);
    if (slot == NULL || !slot->present)
        return -1;
    const struct registry_delegate_row *row = (const void *)((const uint8_t *)slot + TIMELINE_ROW_OFFSET);
    for (int i = ALICE; i <= CAROL; i++)
        if (address_equal(row->delegate, address_numbered((uint8_t)i)))
            return i;
    assert_true(address_equal(row->delegate, address_zero));
    return 0;
}

static void set_delegate__holds_until_another_is_set(void **state)
{
    (void)state;
    struct books b;
    books_init(&b);
    books_batch_begin(&b);
    happen(&b, 1, "SetDelegate", ALICE, space, BOB);
    assert_int_equal(delegate_of(&b, REGISTRY, ALICE, space), BOB);
    happen(&b, 2, "SetDelegate", ALICE, space, CAROL);
    assert_int_equal(delegate_of(&b, REGISTRY, ALICE, space), CAROL);
    assert_int_equal(b.timelines[TIMELINE_REGISTRY_DELEGATE].n_out, 2);
    books_done(&b);
}

static void clear_delegate__leaves_nobody_though_it_names_the_old_one(void **state)
{
    (void)state;
    struct books b;
    books_init(&b);
    books_batch_begin(&b);
    happen(&b, 1, "SetDelegate", ALICE, space, BOB);
    happen(&b, 2, "ClearDelegate", ALICE, space, BOB);
    assert_int_equal(delegate_of(&b, REGISTRY, ALICE, space), 0);
    books_done(&b);
}

static void ids_delegators_and_registries__do_not_touch_each_other(void **state)
{
    (void)state;
    struct books b;
    books_init(&b);
    books_batch_begin(&b);
    happen(&b, 1, "SetDelegate", ALICE, everywhere, BOB);
    happen(&b, 2, "SetDelegate", ALICE, space, CAROL);
    happen(&b, 3, "SetDelegate", BOB, space, ALICE);
    happen(&b, 4, "ClearDelegate", ALICE, space, CAROL);
    assert_int_equal(delegate_of(&b, REGISTRY, ALICE, everywhere), BOB);
    assert_int_equal(delegate_of(&b, REGISTRY, ALICE, space), 0);
    assert_int_equal(delegate_of(&b, REGISTRY, BOB, space), ALICE);
    assert_int_equal(delegate_of(&b, REGISTRY, BOB, everywhere), -1);
    assert_int_equal(delegate_of(&b, REGISTRY + 1, ALICE, everywhere), -1);
    books_done(&b);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(set_delegate__holds_until_another_is_set),
        cmocka_unit_test(clear_delegate__leaves_nobody_though_it_names_the_old_one),
        cmocka_unit_test(ids_delegators_and_registries__do_not_touch_each_other),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
