/* tests/governance/test_log.c - the log's tree: RFC 6962's vectors, frontiers against its definition, proofs that check, and altered ones that do not. */
#include <stdlib.h>
#include <string.h>

#include "governance/log.h"
#include "ledger/core/digest.h"
#include "tests/support/unit.h"

enum { LEAVES = 1030, SMALL = 70, NODES_MAX = 4096 };

static struct hash leaves[LEAVES], roots[LEAVES + 1];

/* ---- the definition, word by word, without what is tested ---- */

static struct hash hash_of(uint8_t prefix, const void *a, size_t n, const void *b, size_t m)
{
    uint8_t all[128] = {prefix};
    assert_true(1 + n + m <= sizeof all);
    if (n > 0)
        memcpy(all + 1, a, n);
    if (m > 0)
        memcpy(all + 1 + n, b, m);
    return sha256((struct slice){all, 1 + n + m});
}

/* RFC 6962, 2.1: MTH(D[begin:end]). */
static struct hash tree_hash(size_t begin, size_t end)
{
    size_t n = end - begin, k = 1;
    if (n == 0)
        return sha256((struct slice){NULL, 0});
    if (n == 1)
        return leaves[begin];
    while (2 * k < n)
        k *= 2;
    struct hash left = tree_hash(begin, begin + k), right = tree_hash(begin + k, end);
    return hash_of(1, left.b, 32, right.b, 32);
}

static struct hash hash_text(const char *text)
{
    struct hash h;
    char prefixed[HASH_TEXT + 1] = "0x";
    memcpy(prefixed + 2, text, HASH_TEXT - 1);
    assert_int_equal(hash_parse(prefixed, HASH_TEXT, &h), OK);
    return h;
}

static void assert_same(struct hash a, struct hash b)
{
    assert_memory_equal(a.b, b.b, sizeof a.b);
}

/* ---- tiles ---- */

/* All complete subtrees, as governance.subtree keeps them. */
static struct node {
    unsigned level;
    uint64_t index;
    struct hash hash;
} nodes[NODES_MAX];
static size_t n_nodes;

static void keep_node(void *arg, unsigned level, uint64_t index, struct hash hash)
{
    (void)arg;
    assert_true(n_nodes < NODES_MAX);
    nodes[n_nodes++] = (struct node){level, index, hash};
}

/* The tiles of a log of *size entries, and not one hash more. */
static enum err tile_of(void *size, unsigned level, uint64_t index, size_t n, struct hash *out)
{
    uint64_t there = *(const uint64_t *)size >> (TILE_HEIGHT * level);
    assert_true(n >= 1 && n <= TILE_WIDTH);
    assert_true(index * TILE_WIDTH + n <= there);
    for (size_t i = 0; i < n; i++) {
        uint64_t at = index * TILE_WIDTH + i;
        if (level == 0) {
            out[i] = leaves[at];
            continue;
        }
        size_t found = 0;
        while (found < n_nodes && (nodes[found].level != level || nodes[found].index != at))
            found++;
        assert_true(found < n_nodes);
        out[i] = nodes[found].hash;
    }
    return OK;
}

static enum err no_tile(void *arg, unsigned level, uint64_t index, size_t n, struct hash *out)
{
    (void)arg, (void)level, (void)index, (void)n, (void)out;
    return ERR_NOT_FOUND;
}

static int grow(void **state)
{
    (void)state;
    struct frontier f = {0};
    roots[0] = frontier_root(&f);
    for (uint32_t i = 0; i < LEAVES; i++) {
        leaves[i] = hash_of(0, &i, sizeof i, NULL, 0);
        frontier_add(&f, leaves[i], keep_node, NULL);
        roots[i + 1] = frontier_root(&f);
    }
    return 0;
}

/* ---- vectors of certificate-transparency ---- */

static const struct {
    const char *bytes;
    size_t n;
    const char *root; /* of the tree that ends with this leaf */
} reference[] = {
    {"", 0, "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d"},
    {"\x00", 1, "fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125"},
    {"\x10", 1, "aeb6bcfe274b70a14fb067a5e5578264db0fa9b51af5e0ba159158f329e06e77"},
    {"\x20\x21", 2, "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7"},
    {"\x30\x31", 2, "4e3bbb1f7b478dcfe71fb631631519a3bca12c9aefca1612bfce4c13a86264d4"},
    {"\x40\x41\x42\x43", 4, "76e67dadbcdf1e10e1b74ddc608abd2f98dfb16fbce75277b5232a127f2087ef"},
    {"PQRSTUVW", 8, "ddb89be403809e325750d3d263cd78929c2942b7942a34b77e122c9594a74c8c"},
    {"`abcdefghijklmno", 16, "5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328"},
};

static struct hash reference_leaf(size_t i)
{
    return log_leaf((struct slice){(const uint8_t *)reference[i].bytes, reference[i].n});
}

static enum err reference_tile(void *arg, unsigned level, uint64_t index, size_t n, struct hash *out)
{
    (void)arg;
    assert_true(level == 0 && index == 0);
    for (size_t i = 0; i < n; i++)
        out[i] = reference_leaf(i);
    return OK;
}

static void the_vectors_of_certificate_transparency__are_met(void **state)
{
    (void)state;
    struct frontier f = {0};
    assert_same(frontier_root(&f), hash_text("e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"));
    for (size_t i = 0; i < sizeof reference / sizeof *reference; i++) {
        frontier_add(&f, reference_leaf(i), NULL, NULL);
        assert_same(frontier_root(&f), hash_text(reference[i].root));
    }
}

static void assert_proof(const struct hash *proof, size_t n, const char *const *want)
{
    for (size_t i = 0; i < n; i++) {
        assert_non_null(want[i]);
        assert_same(proof[i], hash_text(want[i]));
    }
    assert_null(want[n]);
}

static void proofs_in_its_tree__have_its_order(void **state)
{
    (void)state;
    static const char *const sixth_of_8[] = {"bc1a0643b12e4d2d7c77918f44e0f4f79a838b6cf9ec5b5c283e1f4d88599e6b",
                                             "ca854ea128ed050b41b35ffc1b87b8eb2bde461e9e3b5596ece6b9d5975a0ae0",
                                             "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7", NULL};
    static const char *const from_6_to_8[] = {"0ebc5d3437fbe2db158b9f126a1d118e308181031d0a949f8dededebc558ef6a",
                                              "ca854ea128ed050b41b35ffc1b87b8eb2bde461e9e3b5596ece6b9d5975a0ae0",
                                              "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7", NULL};
    static const char *const from_1_to_8[] = {"96a296d224f285c67bee93c30f8a309157f0daa35dc5b87e410b78630a09cfc7",
                                              "5f083f0a1a33ca076a95279832580db3e0ef4584bdff1f54c8a360f50de3031e",
                                              "6b47aaf29ee3c2af9af889bc1fb9254dabd31177f16232dd6aab035ca39bf6e4", NULL};
    struct hash proof[PROOF_MAX];
    size_t n;
    assert_int_equal(log_inclusion(5, 8, reference_tile, NULL, proof, &n), OK);
    assert_proof(proof, n, sixth_of_8);
    assert_int_equal(log_consistency(6, 8, reference_tile, NULL, proof, &n), OK);
    assert_proof(proof, n, from_6_to_8);
    assert_int_equal(log_consistency(1, 8, reference_tile, NULL, proof, &n), OK);
    assert_proof(proof, n, from_1_to_8);
}

/* ---- roots ---- */

static void a_frontiers_root__is_the_tree_hash_of_the_definition(void **state)
{
    (void)state;
    for (size_t n = 0; n <= LEAVES; n++)
        assert_same(roots[n], tree_hash(0, n));
}

static void each_complete_subtree_of_a_tile__is_told_once(void **state)
{
    (void)state;
    size_t expected = 0;
    for (uint64_t there = LEAVES; (there >>= TILE_HEIGHT) > 0;)
        expected += there;
    assert_int_equal(n_nodes, expected);
    for (size_t i = 0; i < n_nodes; i++) {
        size_t width = (size_t)1 << (TILE_HEIGHT * nodes[i].level);
        assert_same(nodes[i].hash, tree_hash(nodes[i].index * width, (nodes[i].index + 1) * width));
        assert_true(nodes[i].level == 1 && nodes[i].index == i);
    }
}

static void a_frontier__is_read_back_as_it_stands(void **state)
{
    (void)state;
    struct frontier f = {0}, back;
    for (size_t i = 0; i < 600; i++) {
        assert_int_equal(frontier_read(i, (struct slice){(const uint8_t *)f.all, f.n * sizeof *f.all}, &back), OK);
        assert_same(frontier_root(&back), roots[i]);
        frontier_add(&back, leaves[i], NULL, NULL);
        assert_same(frontier_root(&back), roots[i + 1]);
        frontier_add(&f, leaves[i], NULL, NULL);
    }
    struct slice bytes = {(const uint8_t *)f.all, f.n * sizeof *f.all};
    assert_int_equal(frontier_read(601, bytes, &back), ERR_FIELD);
    assert_int_equal(frontier_read(600, (struct slice){bytes.p, bytes.n - 1}, &back), ERR_FIELD);
    assert_int_equal(frontier_read(600, (struct slice){bytes.p, bytes.n - 32}, &back), ERR_FIELD);
    assert_int_equal(frontier_read(UINT64_C(1) << LOG_HEIGHT_MAX, (struct slice){bytes.p, 32}, &back), ERR_FIELD);
}

static void the_hash_of_any_range__is_that_of_the_definition(void **state)
{
    (void)state;
    uint64_t size = LEAVES;
    struct hash h;
    for (size_t begin = 0; begin < LEAVES; begin += 37)
        for (size_t end = begin + 1; end <= LEAVES; end += 1 + begin % 53) {
            assert_int_equal(log_range(begin, end, tile_of, &size, &h), OK);
            assert_same(h, tree_hash(begin, end));
        }
    assert_int_equal(log_range(5, 5, tile_of, &size, &h), ERR_FIELD);
    assert_int_equal(log_range(0, 5, no_tile, NULL, &h), ERR_NOT_FOUND);
}

/* ---- proofs ---- */

static bool changes(struct hash *proof, size_t n, size_t i, bool (*checks)(const void *, const struct hash *, size_t),
                    const void *about)
{
    proof[i].b[i % 32] ^= 1;
    bool still = checks(about, proof, n);
    proof[i].b[i % 32] ^= 1;
    return !still;
}

/* It checks as it is, and not with a hash altered, missing, added or in another's place. */
static void assert_only_as_it_is(struct hash *proof, size_t n,
                                 bool (*checks)(const void *, const struct hash *, size_t), const void *about)
{
    assert_true(n + 1 < PROOF_MAX);
    assert_true(checks(about, proof, n));
    for (size_t i = 0; i < n; i++)
        assert_true(changes(proof, n, i, checks, about));
    assert_false(n > 0 && checks(about, proof, n - 1));
    assert_false(n > 0 && checks(about, proof + 1, n - 1));
    proof[n] = leaves[0];
    assert_false(checks(about, proof, n + 1));
    for (size_t i = 1; i < n; i++) {
        struct hash kept = proof[i];
        proof[i] = proof[i - 1];
        assert_false(checks(about, proof, n));
        proof[i] = kept;
    }
}

struct inclusion {
    uint64_t position, size;
    struct hash leaf, root;
};

static bool includes(const void *about, const struct hash *proof, size_t n)
{
    const struct inclusion *i = about;
    return log_check_inclusion(i->leaf, i->position, i->size, proof, n, i->root);
}

static void assert_inclusion(uint64_t position, uint64_t size)
{
    struct hash proof[PROOF_MAX];
    size_t n;
    assert_int_equal(log_inclusion(position, size, tile_of, &size, proof, &n), OK);
    struct inclusion about = {position, size, leaves[position], roots[size]};
    assert_only_as_it_is(proof, n, includes, &about);
    about.leaf = leaves[(position + 1) % LEAVES];
    assert_false(includes(&about, proof, n));
    about.leaf = leaves[position];
    about.root = roots[size - 1];
    assert_false(includes(&about, proof, n));
    about.root = roots[size];
    for (about.position = 0; about.position <= size; about.position++)
        assert_true(includes(&about, proof, n) == (about.position == position));
}

static void every_inclusion_proof__checks_and_no_altered_one(void **state)
{
    (void)state;
    for (uint64_t size = 1; size <= SMALL; size++)
        for (uint64_t position = 0; position < size; position++)
            assert_inclusion(position, size);
    static const uint64_t sizes[] = {255, 256, 257, 511, 512, 513, 768, 1023, 1024, 1025, LEAVES};
    for (size_t i = 0; i < sizeof sizes / sizeof *sizes; i++) {
        for (uint64_t position = 0; position < sizes[i]; position += 61)
            assert_inclusion(position, sizes[i]);
        assert_inclusion(sizes[i] - 1, sizes[i]);
    }
}

struct consistency {
    uint64_t from, to;
    struct hash old, new;
};

static bool extends(const void *about, const struct hash *proof, size_t n)
{
    const struct consistency *c = about;
    return log_check_consistency(c->from, c->old, c->to, c->new, proof, n);
}

static void assert_consistency(uint64_t from, uint64_t to)
{
    struct hash proof[PROOF_MAX];
    size_t n;
    assert_int_equal(log_consistency(from, to, tile_of, &to, proof, &n), OK);
    struct consistency about = {from, to, roots[from], roots[to]};
    assert_only_as_it_is(proof, n, extends, &about);
    about.old = roots[from - 1];
    assert_false(extends(&about, proof, n));
    about.old = roots[from];
    about.new = roots[to - 1];
    assert_false(extends(&about, proof, n));
}

static void every_consistency_proof__checks_and_no_altered_one(void **state)
{
    (void)state;
    for (uint64_t to = 1; to <= SMALL; to++)
        for (uint64_t from = 1; from <= to; from++)
            assert_consistency(from, to);
    static const uint64_t sizes[] = {255, 256, 257, 511, 512, 513, 768, 1023, 1024, 1025, LEAVES};
    for (size_t i = 0; i < sizeof sizes / sizeof *sizes; i++)
        for (uint64_t from = 1; from <= sizes[i]; from += 41)
            assert_consistency(from, sizes[i]);
}

static void proofs_of_what_is_not_in_the_log__are_refused(void **state)
{
    (void)state;
    uint64_t size = 7;
    struct hash proof[PROOF_MAX];
    size_t n;
    assert_int_equal(log_inclusion(7, 7, tile_of, &size, proof, &n), ERR_FIELD);
    assert_int_equal(log_inclusion(0, 0, tile_of, &size, proof, &n), ERR_FIELD);
    assert_int_equal(log_inclusion(3, 7, no_tile, NULL, proof, &n), ERR_NOT_FOUND);
    assert_int_equal(log_consistency(0, 7, tile_of, &size, proof, &n), ERR_FIELD);
    assert_int_equal(log_consistency(8, 7, tile_of, &size, proof, &n), ERR_FIELD);
    assert_int_equal(log_consistency(3, 7, no_tile, NULL, proof, &n), ERR_NOT_FOUND);
    assert_false(log_check_inclusion(leaves[0], 0, 0, NULL, 0, leaves[0]));
    assert_false(log_check_consistency(0, roots[0], 3, roots[3], NULL, 0));
    assert_false(log_check_consistency(4, roots[4], 3, roots[3], NULL, 0));
    assert_false(log_check_consistency(3, roots[3], 4, roots[4], NULL, 0));
    /* A proof that is good for three entries says nothing of seven. */
    size = 3;
    assert_int_equal(log_consistency(2, 3, tile_of, &size, proof, &n), OK);
    assert_true(log_check_consistency(2, roots[2], 3, roots[3], proof, n));
    assert_false(log_check_consistency(2, roots[2], 7, roots[3], proof, n));
    assert_int_equal(log_inclusion(1, 3, tile_of, &size, proof, &n), OK);
    assert_true(log_check_inclusion(leaves[1], 1, 3, proof, n, roots[3]));
    assert_false(log_check_inclusion(leaves[1], 1, 7, proof, n, roots[3]));
}

/* ---- a log of which only the tiles could be kept ---- */

/* Every leaf is the same, so every complete subtree of a height is. */
static struct hash same[LOG_HEIGHT_MAX];

static enum err same_tile(void *arg, unsigned level, uint64_t index, size_t n, struct hash *out)
{
    (void)arg, (void)index;
    for (size_t i = 0; i < n; i++)
        out[i] = same[level * TILE_HEIGHT];
    return OK;
}

static void a_log_of_a_trillion_entries__has_proofs_too(void **state)
{
    (void)state;
    uint64_t size = UINT64_C(0x10203040506), from = UINT64_C(0xfffffffff);
    same[0] = leaves[0];
    for (size_t i = 1; i < LOG_HEIGHT_MAX; i++)
        same[i] = hash_of(1, same[i - 1].b, 32, same[i - 1].b, 32);
    struct hash root, old, proof[PROOF_MAX];
    assert_int_equal(log_range(0, size, same_tile, NULL, &root), OK);
    assert_int_equal(log_range(0, from, same_tile, NULL, &old), OK);
    size_t n;
    assert_int_equal(log_inclusion(size - 1, size, same_tile, NULL, proof, &n), OK);
    assert_only_as_it_is(proof, n, includes, &(struct inclusion){size - 1, size, leaves[0], root});
    assert_int_equal(log_consistency(from, size, same_tile, NULL, proof, &n), OK);
    assert_true(extends(&(struct consistency){from, size, old, root}, proof, n));
    proof[n / 2].b[0] ^= 1;
    assert_false(extends(&(struct consistency){from, size, old, root}, proof, n));
}

/* ---- many leaves at once ---- */

static size_t choose(uint64_t size, unsigned of_1000, uint64_t *positions, struct hash *chosen)
{
    size_t n = 0;
    for (uint64_t i = 0; i < size; i++)
        if ((unsigned)(random() % 1000) < of_1000) {
            positions[n] = i;
            chosen[n++] = leaves[i];
        }
    return n;
}

static void a_multiproof_of_any_subset__makes_the_root(void **state)
{
    (void)state;
    static uint64_t positions[LEAVES];
    static struct hash chosen[LEAVES];
    AUTO_BUFFER proof = {0};
    srandom(6962);
    for (unsigned round = 0; round < 400; round++) {
        uint64_t size = (uint64_t)(random() % LEAVES) + 1;
        size_t n = choose(size,
                          round % 4 == 0   ? 0
                          : round % 4 == 1 ? 1000
                                           : (unsigned)(random() % 1000),
                          positions, chosen);
        buffer_reset(&proof);
        assert_int_equal(log_multiproof(positions, n, size, tile_of, &size, &proof), OK);
        struct slice bytes = {proof.p, proof.n};
        struct hash root;
        assert_int_equal(log_multiproof_root(positions, chosen, n, size, bytes, &root), OK);
        assert_same(root, roots[size]);
        assert_true(n != 0 || proof.n == 32);
        assert_true(n != size || proof.n == 0);
        if (n > 0) {
            chosen[n - 1].b[0] ^= 1;
            assert_int_equal(log_multiproof_root(positions, chosen, n, size, bytes, &root), OK);
            assert_false(hash_equal(root, roots[size]));
            chosen[n - 1].b[0] ^= 1;
        }
        if (proof.n == 0)
            continue;
        assert_int_equal(log_multiproof_root(positions, chosen, n, size, (struct slice){proof.p, proof.n - 32}, &root),
                         ERR_FIELD);
        proof.p[(size_t)random() % proof.n] ^= 1;
        assert_int_equal(log_multiproof_root(positions, chosen, n, size, bytes, &root), OK);
        assert_false(hash_equal(root, roots[size]));
        buffer_bytes(&proof, leaves[0].b, 32);
        assert_int_equal(log_multiproof_root(positions, chosen, n, size, (struct slice){proof.p, proof.n}, &root),
                         ERR_FIELD);
    }
}

static void a_multiproof__refuses_positions_that_do_not_ascend_or_are_not_there(void **state)
{
    (void)state;
    uint64_t size = 9;
    struct hash root;
    AUTO_BUFFER proof = {0};
    static const uint64_t twice[] = {3, 3}, down[] = {4, 2}, beyond[] = {2, 9};
    const uint64_t *const wrong[] = {twice, down, beyond};
    for (size_t i = 0; i < 3; i++) {
        assert_int_equal(log_multiproof(wrong[i], 2, size, tile_of, &size, &proof), ERR_FIELD);
        assert_int_equal(log_multiproof_root(wrong[i], leaves, 2, size, (struct slice){NULL, 0}, &root), ERR_FIELD);
    }
    assert_int_equal(log_multiproof(twice, 1, size, no_tile, NULL, &proof), ERR_NOT_FOUND);
    assert_int_equal(proof.n, 0);
    assert_int_equal(log_multiproof(NULL, 0, 0, no_tile, NULL, &proof), OK);
    assert_int_equal(log_multiproof_root(NULL, NULL, 0, 0, (struct slice){NULL, 0}, &root), OK);
    assert_same(root, roots[0]);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_vectors_of_certificate_transparency__are_met),
        cmocka_unit_test(proofs_in_its_tree__have_its_order),
        cmocka_unit_test(a_frontiers_root__is_the_tree_hash_of_the_definition),
        cmocka_unit_test(each_complete_subtree_of_a_tile__is_told_once),
        cmocka_unit_test(a_frontier__is_read_back_as_it_stands),
        cmocka_unit_test(the_hash_of_any_range__is_that_of_the_definition),
        cmocka_unit_test(every_inclusion_proof__checks_and_no_altered_one),
        cmocka_unit_test(every_consistency_proof__checks_and_no_altered_one),
        cmocka_unit_test(proofs_of_what_is_not_in_the_log__are_refused),
        cmocka_unit_test(a_log_of_a_trillion_entries__has_proofs_too),
        cmocka_unit_test(a_multiproof_of_any_subset__makes_the_root),
        cmocka_unit_test(a_multiproof__refuses_positions_that_do_not_ascend_or_are_not_there),
    };
    return cmocka_run_group_tests(tests, grow, NULL);
}
