/* ledger/core/merkle.c - see merkle.h. */
#include "ledger/core/merkle.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "ledger/core/digest.h"

struct hash merkle_leaf(struct slice encoded)
{
    struct hash once = keccak(encoded);
    return keccak_bytes(once.b, sizeof once.b);
}

static int compare(const void *a, const void *b)
{
    return memcmp(((const struct hash *)a)->b, ((const struct hash *)b)->b, sizeof(struct hash));
}

struct hash merkle_node(struct hash a, struct hash b)
{
    struct hash both[2] = {a, b};
    if (compare(&a, &b) > 0) {
        both[0] = b;
        both[1] = a;
    }
    return keccak_bytes(both, sizeof both);
}

void merkle_build(const struct hash *leaves, size_t n, struct arena *arena, struct merkle *out)
{
    assert(n > 0);
    struct merkle m = {n, ARENA_ARRAY(arena, struct hash, 2 * n - 1)};
    struct hash *bottom = m.nodes + n - 1;
    memcpy(bottom, leaves, n * sizeof *leaves);
    qsort(bottom, n, sizeof *bottom, compare);
    for (size_t i = 0; i < n / 2; i++) { /* from the end backwards */
        struct hash kept = bottom[i];
        bottom[i] = bottom[n - 1 - i];
        bottom[n - 1 - i] = kept;
    }
    for (size_t i = n - 1; i-- > 0;)
        m.nodes[i] = merkle_node(m.nodes[2 * i + 1], m.nodes[2 * i + 2]);
    *out = m;
}

struct hash merkle_root(const struct merkle *m)
{
    return m->nodes[0];
}

static int compare_descending(const void *key, const void *node)
{
    return compare(node, key);
}

bool merkle_proof(const struct merkle *m, struct hash leaf, struct hash out[MERKLE_PROOF_MAX], size_t *n)
{
    const struct hash *found = bsearch(&leaf, m->nodes + m->n - 1, m->n, sizeof leaf, compare_descending);
    if (found == NULL)
        return false;
    size_t k = 0;
    for (size_t i = (size_t)(found - m->nodes); i > 0; i = (i - 1) / 2) {
        assert(k < MERKLE_PROOF_MAX);
        out[k++] = m->nodes[i % 2 == 1 ? i + 1 : i - 1];
    }
    *n = k;
    return true;
}

bool merkle_check(struct hash root, struct hash leaf, const struct hash *proof, size_t n)
{
    for (size_t i = 0; i < n; i++)
        leaf = merkle_node(leaf, proof[i]);
    return compare(&leaf, &root) == 0;
}
