/* tests/ledger/test_root.c - block roots equal golden vectors that tests/ledger/root_vectors.mjs computed from the format alone. */
#include <stdint.h>
#include <string.h>

#include "ledger/root.h"
#include "ledger/vault.h"
#include "tests/ledger/support/books.h"
#include "tests/support/unit.h"

static struct address address_of(uint8_t byte)
{
    struct address a;
    memset(a.b, byte, sizeof a.b);
    return a;
}

static struct hash hash_of(uint8_t byte)
{
    struct hash h;
    memset(h.b, byte, sizeof h.b);
    return h;
}

static void assert_root(struct hash root, const char *expected)
{
    char text[HASH_TEXT + 1];
    hash_format(root, text);
    assert_string_equal(text, expected);
}

static const char start_vector[] = "0x671726c8d90715a715dacdb4e21c9563b4aa971a0fd1b9b9eb2b0b9f464eec6f";
static const char block_7_vector[] = "0xe12e13684b4287be1794287a45bae89ad6f02cb30c011208cc9a1155d534ac91";
static const char block_9_vector[] = "0xa1657ce86f265539b573846abee434b3c706286d2a9a740fe8b0ecdba11f858c";

static void put_event(struct books *b, uint32_t n_topics, struct slice data)
{
    const struct hash topics[] = {hash_of(0x44), hash_of(0x55)};
    root_put_event(b, &(struct root_event){.tx_index = 9,
                                           .tx_hash = hash_of(0x33),
                                           .emitter = address_of(0xaa),
                                           .topics = topics,
                                           .n_topics = n_topics,
                                           .data = data});
}

static void apply_block_7(struct books *b)
{
    struct address token = address_of(0xaa), alice = address_of(0xa1), bob = address_of(0xb0);
    books_block_begin(b, 7, hash_of(0x22));
    books_log_begin(b, 3);
    put_event(b, 2, (struct slice){(const uint8_t *)"\1\2\3", 3});
    token_apply_transfer(b, token, address_zero, alice, amount_max);
    books_log_begin(b, 4);
    put_event(b, 0, (struct slice){NULL, 0});
    token_apply_transfer(b, token, alice, address_zero, amount_from_u64(1));
    votes_apply_delegate(b, token, alice, bob);
    books_log_begin(b, 5);
    vault_apply_asset(b, token, bob);
    token_apply_paused(b, token, true);
    books_block_end(b);
}

static void apply_last_block(struct books *b)
{
    books_block_begin(b, INT32_MAX, hash_of(0x66));
    books_log_begin(b, 0);
    token_apply_transfer_id(b, address_of(0xaa), amount_from_u64(77), address_zero, address_of(0xb0),
                            amount_from_u64(5));
    token_mark_inconsistent(b, address_of(0xaa), "a reason");
    books_block_end(b);
}

static void settle(struct books *b, void (*apply)(struct books *))
{
    for (;;) {
        books_batch_begin(b);
        apply(b);
        if (books_settle(b) == OK)
            return;
        books_all_absent(b);
    }
}

static void root_start__equals_the_vector(void **state)
{
    (void)state;
    assert_root(root_start(31337, hash_of(0x11), 1), start_vector);
}

static void roots__equal_the_vectors(void **state)
{
    (void)state;
    struct books b;
    books_init(&b);
    books_forget(&b, 1, root_start(31337, hash_of(0x11), 1));
    settle(&b, apply_block_7);
    assert_root(b.batch_root, block_7_vector);
    books_batch_done(&b);
    settle(&b, apply_last_block);
    assert_root(b.batch_root, block_9_vector);
    books_done(&b);
}

static void root_next__differs_with_each_of_its_parts(void **state)
{
    (void)state;
    struct hash rows = keccak_bytes("rows", 4), others = keccak_bytes("rowt", 4);
    struct hash root = root_next(hash_of(1), 7, hash_of(2), rows);
    assert_false(hash_equal(root, root_next(hash_of(3), 7, hash_of(2), rows)));
    assert_false(hash_equal(root, root_next(hash_of(1), 8, hash_of(2), rows)));
    assert_false(hash_equal(root, root_next(hash_of(1), 7, hash_of(3), rows)));
    assert_false(hash_equal(root, root_next(hash_of(1), 7, hash_of(2), others)));
    assert_true(hash_equal(root, root_next(hash_of(1), 7, hash_of(2), rows)));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(root_start__equals_the_vector),
        cmocka_unit_test(roots__equal_the_vectors),
        cmocka_unit_test(root_next__differs_with_each_of_its_parts),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
