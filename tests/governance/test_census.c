/* tests/governance/test_census.c - trees over a census have the roots that @openzeppelin/merkle-tree gives; proofs hold for their leaf and for no other. */
#include <string.h>
#include <time.h>

#include "governance/census.h"
#include "ledger/core/merkle.h"
#include "tests/support/unit.h"

enum { MANY = 1000000, PATIENCE_S = 60 };

/* Leaf i: the address of 20 bytes i + 1, and 10^i. */
static struct hash leaf_of(size_t i)
{
    struct address voter;
    char digits[80] = "1";
    struct amount power;
    memset(voter.b, (int)(i + 1), sizeof voter.b);
    memset(digits + 1, '0', i);
    digits[1 + i] = '\0';
    assert_int_equal(amount_parse(digits, 1 + i, &power), OK);
    return census_leaf(voter, power);
}

static void root__is_that_of_openzeppelin(void **unused)
{
    (void)unused;
    static const struct {
        size_t n;
        const char *root;
    } cases[] = {{1, "0xaef8a80cc195b3bd3f5f2d3aeb667d2104ac59eff5161c5936c939a0b89772e2"},
                 {2, "0x75702764808bc940a6b70413c63ba18dbf719f5793f8db1bea8a66af63881111"},
                 {3, "0x266446b1b9ef22e54331ee0a17839d1225ea714c8f82d077fb4df40c1b570851"},
                 {5, "0x4a1d478a07ae672e0c41cab8760777d460850a497261d8d4fa11af3ee49e9ed3"},
                 {8, "0xe830146897ac512a68c1646def1e6051cb2235c3bb6aa76b506068308067e8dd"},
                 {13, "0x4ee90132900158d085c4873fd4a043f598aaf6c93817305e87b760983284b02a"}};
    for (size_t k = 0; k < sizeof cases / sizeof *cases; k++) {
        AUTO_ARENA arena = {0};
        struct hash leaves[13];
        struct merkle tree;
        char text[HASH_TEXT + 1];
        for (size_t i = 0; i < cases[k].n; i++)
            leaves[i] = leaf_of(i);
        merkle_build(leaves, cases[k].n, &arena, &tree);
        hash_format(merkle_root(&tree), text);
        assert_string_equal(text, cases[k].root);
    }
}

static void proof__holds_for_its_leaf_and_for_no_other(void **unused)
{
    (void)unused;
    for (size_t n = 1; n <= 33; n++) {
        AUTO_ARENA arena = {0};
        struct hash leaves[33], proof[MERKLE_PROOF_MAX];
        struct merkle tree;
        size_t hashes = 0;
        for (size_t i = 0; i < n; i++)
            leaves[i] = leaf_of(i);
        merkle_build(leaves, n, &arena, &tree);
        for (size_t i = 0; i < n; i++) {
            assert_true(merkle_proof(&tree, leaves[i], proof, &hashes));
            assert_true(merkle_check(merkle_root(&tree), leaves[i], proof, hashes));
            assert_false(merkle_check(merkle_root(&tree), leaves[(i + 1) % n], proof, hashes) && n > 1);
            if (hashes > 0) {
                proof[hashes - 1].b[0] ^= 1;
                assert_false(merkle_check(merkle_root(&tree), leaves[i], proof, hashes));
            }
        }
        assert_false(merkle_proof(&tree, leaf_of(n), proof, &hashes));
    }
}

static void tree__of_a_million_leaves_is_made_in_seconds(void **unused)
{
    (void)unused;
    AUTO_ARENA arena = {0};
    struct hash *leaves = ARENA_ARRAY(&arena, struct hash, MANY);
    struct merkle tree;
    struct timespec begin, end;
    for (size_t i = 0; i < MANY; i++)
        for (size_t k = 0; k < sizeof i; k++)
            leaves[i].b[k] = (uint8_t)(i * 2654435761U >> (8 * k));
    clock_gettime(CLOCK_MONOTONIC, &begin);
    merkle_build(leaves, MANY, &arena, &tree);
    clock_gettime(CLOCK_MONOTONIC, &end);
    print_message("%d leaves: %ld ms\n", MANY,
                  (long)((end.tv_sec - begin.tv_sec) * 1000 + (end.tv_nsec - begin.tv_nsec) / 1000000));
    assert_true(end.tv_sec - begin.tv_sec < PATIENCE_S);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(root__is_that_of_openzeppelin),
        cmocka_unit_test(proof__holds_for_its_leaf_and_for_no_other),
        cmocka_unit_test(tree__of_a_million_leaves_is_made_in_seconds),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
