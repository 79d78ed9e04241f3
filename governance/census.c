/* governance/census.c - see census.h. */
#include "governance/census.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "ledger/core/digest.h"

static int compare(const void *a, const void *b)
{
    return memcmp(a, b, sizeof(struct hash));
}

struct hash census_leaf(struct address voter, struct amount power)
{
    enum { WORD = 32 };
    uint8_t encoded[2 * WORD] = {0};
    memcpy(encoded + WORD - sizeof voter.b, voter.b, sizeof voter.b);
    amount_to_be(power, encoded + WORD);
    struct hash once = keccak_bytes(encoded, sizeof encoded);
    return keccak_bytes(once.b, sizeof once.b);
}

struct hash census_node(struct hash a, struct hash b)
{
    struct hash pair[2] = {a, b};
    if (compare(&a, &b) > 0) {
        pair[0] = b;
        pair[1] = a;
    }
    return keccak_bytes(pair[0].b, sizeof pair);
}

/* The tree is a heap of 2n - 1 nodes, node i above 2i + 1 and 2i + 2, in which the leaves come last, the least at the very end. Read
 * from its end, it is a queue: two nodes are taken, the one above them is put; in a tree that is not full the first of the upper
 * row stand behind leaves, and so it still is. */
struct hash census_root(struct hash *leaves, size_t n)
{
    assert(n > 0);
    qsort(leaves, n, sizeof *leaves, compare);
    struct hash *queue = leaves;
    size_t first = 0, left = n; /* the queue is a ring in the leaves' own room */
    while (left > 1) {
        struct hash a = queue[first], b = queue[(first + 1) % n];
        size_t end = (first + left) % n;
        queue[end] = census_node(a, b);
        first = (first + 2) % n;
        left--;
    }
    return queue[first];
}
