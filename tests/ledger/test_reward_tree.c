/* tests/ledger/test_reward_tree.c - roots, proofs and calldata of cumulative earnings are those that RewardsCoordinator takes; spoilt ones are refused. */
#include "ledger/reward_tree.h"

#include <string.h>

#include "ledger/core/digest.h"
#include "tests/support/unit.h"

#define T1   "0x8457ca5040ad67fdebbcc8edce889a335bc0fbfb"
#define T2   "0xec53bf9167f50cdeb3ae105f56099aaab9061f83"
#define ROOT "0x9f0d7a8cd85f0c53280a33999788fdeb128a522163aabdb7bce7dbc312cbe4b2"
/* Earner leaves, and the pair of the third with the padding. */
#define LEAF_1 "0x63f11cf73b32f54d4e8f702b2459fa4603774f2ffd4cdd22d102b2159ad53591"
#define LEAF_2 "0x80874f6435f4bd8ddc313a7d0552b29422a4e6abf7ab4be16de9e1c5f2f58fde"
#define LEAF_3 "0xe7a8fa797c7896296d24a2f35943fb0c53f8ce95f2178536292d1776c94863ff"
#define PAIR_1 "0xc0c7c3fd22223b0c76437db7f6c1a22b8f986a8543c4d13e77500f6278e60e6d"
#define PAIR_2 "0x7ac0f4fd3d4009cd29fa22c5e319ca6062c980e48983a81f1cbd5da9881d5aaf"
#define ZERO   "0x0000000000000000000000000000000000000000000000000000000000000000"

static struct address address(const char *text)
{
    struct address a;
    assert_int_equal(address_parse(text, strlen(text), &a), OK);
    return a;
}

static struct address earner(uint8_t byte)
{
    struct address a;
    memset(a.b, byte, sizeof a.b);
    return a;
}

static struct reward_leaf leaf(uint8_t byte, const char *token, uint64_t cumulative)
{
    return (struct reward_leaf){earner(byte), address(token), amount_from_u64(cumulative)};
}

/* The vector, out of order. */
static void vector(struct reward_leaf out[4])
{
    out[0] = leaf(0x33, T2, 123456789);
    out[1] = leaf(0x22, T2, 7);
    out[2] = leaf(0x11, T1, UINT64_C(1000000000000000000));
    out[3] = leaf(0x22, T1, UINT64_C(500000000000000000));
}

static void assert_hash(struct hash h, const char *want)
{
    char text[HASH_TEXT + 1];
    hash_format(h, text);
    assert_string_equal(text, want);
}

static void assert_words(struct slice proof, const char *first, const char *second)
{
    const char *const want[] = {first, second};
    size_t n = second != NULL ? 2 : first != NULL ? 1 : 0;
    assert_int_equal(proof.n, n * sizeof(struct hash));
    for (size_t i = 0; i < n; i++) {
        struct hash h;
        memcpy(h.b, proof.p + i * sizeof h, sizeof h);
        assert_hash(h, want[i]);
    }
}

static void vector__has_this_root_and_these_proofs(void **unused)
{
    (void)unused;
    AUTO_ARENA arena = {0};
    struct reward_leaf leaves[4];
    struct reward_tree t;
    struct reward_proof p;
    vector(leaves);
    assert_int_equal(reward_tree_build(leaves, 4, 1, &arena, &t), OK);
    assert_hash(t.root, ROOT);
    assert_int_equal(t.n_earners, 3);
    assert_hash(t.levels.nodes[0], LEAF_1);
    assert_hash(t.levels.nodes[1], LEAF_2);
    assert_hash(t.levels.nodes[2], LEAF_3);

    assert_int_equal(reward_tree_prove(&t, earner(0x11), NULL, &arena, &p), OK);
    assert_int_equal(p.earner_index, 0);
    assert_hash(p.token_root, "0x3cdf9423f09b56cddbd9b3aea267e815636e5876d37684092e036e81e8026d8b");
    assert_words(p.earner_proof, LEAF_2, PAIR_2);
    assert_int_equal(p.n_tokens, 1);
    assert_words(p.tokens[0].proof, NULL, NULL);

    assert_int_equal(reward_tree_prove(&t, earner(0x22), NULL, &arena, &p), OK);
    assert_int_equal(p.earner_index, 1);
    assert_hash(p.token_root, "0x18f9b1f92a84c9e799249e0e06a19c398e66b4e64fc70f73155d463ba62f4081");
    assert_words(p.earner_proof, LEAF_1, PAIR_2);
    assert_int_equal(p.n_tokens, 2);
    assert_words(p.tokens[0].proof, "0xa4b08357ba1110c2dd1508d99db52ad2243502d8aa4eb3dc0e8236be4001125c", NULL);
    assert_words(p.tokens[1].proof, "0x0f55d95c7a353f89d4f6894a2d8e6813922e52da8a74b2a44cccb1944723d09c", NULL);
    assert_int_equal(p.tokens[1].index, 1);

    assert_int_equal(reward_tree_prove(&t, earner(0x33), NULL, &arena, &p), OK);
    assert_int_equal(p.earner_index, 2);
    assert_hash(p.token_root, "0xa5919ce35670663eef7c8404bc3664d3ac87f534caf16dc9cae0aeaefdb3face");
    assert_words(p.earner_proof, ZERO, PAIR_1);
}

static void one_leaf__is_the_root_and_its_proof_is_empty(void **unused)
{
    (void)unused;
    AUTO_ARENA arena = {0};
    struct reward_leaf one = leaf(0x11, T1, UINT64_C(1000000000000000000));
    struct reward_tree t;
    struct reward_proof p;
    assert_int_equal(reward_tree_build(&one, 1, 0, &arena, &t), OK);
    assert_hash(t.root, LEAF_1);
    assert_int_equal(reward_tree_prove(&t, one.earner, NULL, &arena, &p), OK);
    assert_int_equal(p.earner_proof.n, 0);
    assert_true(reward_tree_check(t.root, one.earner, &p));
}

static void nothing_earned__has_no_proof(void **unused)
{
    (void)unused;
    AUTO_ARENA arena = {0};
    struct reward_leaf leaves[4];
    struct address token = address(T1);
    struct reward_tree t;
    struct reward_proof p;
    vector(leaves);
    assert_int_equal(reward_tree_build(leaves, 4, 0, &arena, &t), OK);
    for (unsigned byte = 0; byte < 0x100; byte++) {
        bool earned = byte == 0x11 || byte == 0x22 || byte == 0x33;
        enum err want = earned ? OK : ERR_NOT_FOUND;
        assert_int_equal(reward_tree_prove(&t, earner((uint8_t)byte), NULL, &arena, &p), want);
    }
    assert_int_equal(reward_tree_prove(&t, earner(0x33), &token, &arena, &p), ERR_NOT_FOUND);
    assert_int_equal(reward_tree_prove(&t, earner(0x22), &token, &arena, &p), OK);
    assert_int_equal(p.n_tokens, 1);
    assert_true(reward_tree_check(t.root, earner(0x22), &p));
}

static void earner__has_a_token_once(void **unused)
{
    (void)unused;
    AUTO_ARENA arena = {0};
    struct reward_leaf leaves[5];
    struct reward_tree t;
    vector(leaves);
    leaves[4] = leaf(0x22, T1, 1);
    assert_int_equal(reward_tree_build(leaves, 5, 1, &arena, &t), ERR_CONFLICT);
    assert_non_null(strstr(err_detail(), "twice"));
}

/* Earner i of n has 1 + i % 4 tokens. */
static size_t many(struct reward_leaf *out, size_t n)
{
    size_t k = 0;
    for (size_t i = 0; i < n; i++) {
        for (size_t j = 0; j <= i % 4; j++) {
            struct reward_leaf l = {.cumulative = amount_from_u64(1 + i * 7 + j)};
            memcpy(l.earner.b, &(uint32_t){__builtin_bswap32((uint32_t)i)}, 4);
            l.token.b[0] = (uint8_t)j;
            out[k++] = l;
        }
    }
    return k;
}

/* Each byte of the proofs, each index, amount and name counts. */
static void assert_spoilt_is_refused(struct hash root, struct address who, const struct reward_proof *good)
{
    struct reward_token_proof token = good->tokens[0];
    struct reward_proof p = *good;
    p.tokens = &token;
    p.n_tokens = 1;
    assert_true(reward_tree_check(root, who, &p));
    assert_false(reward_tree_check(hash_zero, who, &p));
    for (size_t i = 0; i < p.earner_proof.n; i++) {
        ((uint8_t *)p.earner_proof.p)[i] ^= 1; /* memory of the test's own arena */
        assert_false(reward_tree_check(root, who, &p));
        ((uint8_t *)p.earner_proof.p)[i] ^= 1;
    }
    p.earner_index ^= 1;
    assert_false(reward_tree_check(root, who, &p));
    p.earner_index = good->earner_index +
                     ((uint32_t)1 << good->earner_proof.n / sizeof(struct hash)); /* the same path */
    assert_false(reward_tree_check(root, who, &p));
    p.earner_index = good->earner_index;
    if (p.earner_proof.n > 0) {
        p.earner_proof.n--;
        assert_false(reward_tree_check(root, who, &p));
        p.earner_proof.n++;
    }
    token.cumulative = amount_max;
    assert_false(reward_tree_check(root, who, &p));
    token = good->tokens[0];
    token.token.b[19] ^= 1;
    assert_false(reward_tree_check(root, who, &p));
    token = good->tokens[0];
    token.index ^= 1;
    assert_false(reward_tree_check(root, who, &p));
    token = good->tokens[0];
    who.b[19] ^= 1;
    assert_false(reward_tree_check(root, who, &p));
}

static void proof__holds_for_its_earner_and_spoilt_is_refused(void **unused)
{
    (void)unused;
    for (size_t n = 1; n <= 33; n++) {
        AUTO_ARENA arena = {0};
        struct reward_leaf leaves[4 * 33];
        struct reward_tree t;
        assert_int_equal(reward_tree_build(leaves, many(leaves, n), 1, &arena, &t), OK);
        assert_int_equal(t.n_earners, n);
        for (size_t i = 0; i < t.n_leaves; i++) {
            struct reward_proof p;
            assert_int_equal(reward_tree_prove(&t, leaves[i].earner, NULL, &arena, &p), OK);
            assert_true(reward_tree_check(t.root, leaves[i].earner, &p));
            assert_spoilt_is_refused(t.root, leaves[i].earner, &p);
        }
    }
}

/* Earners around a chunk of work and around powers of two of them. */
static void root__does_not_hang_on_threads_or_order(void **unused)
{
    (void)unused;
    static const size_t sizes[] = {1023, 1024, 1025, 2047, 2049, 3072, 5000};
    AUTO_ARENA arena = {0};
    for (size_t k = 0; k < sizeof sizes / sizeof *sizes; k++) {
        struct reward_leaf *leaves = ARENA_ARRAY(&arena, struct reward_leaf, 4 * sizes[k]);
        struct reward_tree one, three;
        size_t n = many(leaves, sizes[k]);
        assert_int_equal(reward_tree_build(leaves, n, 1, &arena, &one), OK);
        for (size_t i = 0; i < n / 2; i++) {
            struct reward_leaf kept = leaves[i];
            leaves[i] = leaves[n - 1 - i];
            leaves[n - 1 - i] = kept;
        }
        assert_int_equal(reward_tree_build(leaves, n, 3, &arena, &three), OK);
        assert_memory_equal(one.root.b, three.root.b, sizeof one.root);
        for (size_t i = 0; i < n; i += 97) {
            struct reward_proof p;
            assert_int_equal(reward_tree_prove(&three, leaves[i].earner, &leaves[i].token, &arena, &p), OK);
            assert_true(reward_tree_check(one.root, leaves[i].earner, &p));
        }
    }
}

/* Made with viem's encodeFunctionData for all tokens of the second earner, root 5, recipient 0x44 x20. */
static void calldata__is_that_of_process_claim(void **unused)
{
    (void)unused;
    AUTO_ARENA arena = {0};
    struct reward_leaf leaves[4];
    struct reward_tree t;
    struct reward_proof p;
    vector(leaves);
    assert_int_equal(reward_tree_build(leaves, 4, 1, &arena, &t), OK);
    assert_int_equal(reward_tree_prove(&t, earner(0x22), NULL, &arena, &p), OK);
    struct slice data = reward_claim_calldata(5, earner(0x22), &p, earner(0x44), &arena);
    assert_int_equal(data.n, 900);
    assert_hash(keccak(data), "0xf61009b0d5aa5e0f2a7ab3319be3460202c36e661ab6181f1a184a529a9841a6");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(vector__has_this_root_and_these_proofs),
        cmocka_unit_test(one_leaf__is_the_root_and_its_proof_is_empty),
        cmocka_unit_test(nothing_earned__has_no_proof),
        cmocka_unit_test(earner__has_a_token_once),
        cmocka_unit_test(proof__holds_for_its_earner_and_spoilt_is_refused),
        cmocka_unit_test(root__does_not_hang_on_threads_or_order),
        cmocka_unit_test(calldata__is_that_of_process_claim),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
