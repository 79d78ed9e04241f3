/* tests/bench/reward_tree.c - nanoseconds for the tree of cumulative earnings: its root, all proofs, and one proof looked up at random.
 *
 * reward_tree LEAVES: as many earners of a token, in no order. Prints JSON: build, prove, p99, root. */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "ledger/reward_tree.h"

enum { LOOKUPS = 100000 };
#define GOLDEN UINT64_C(0x9e3779b97f4a7c15) /* 2^64 divided by the golden ratio: its multiples scatter */

static uint64_t now(void)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (uint64_t)t.tv_sec * UINT64_C(1000000000) + (uint64_t)t.tv_nsec;
}

static struct reward_leaf leaf(uint64_t i)
{
    struct reward_leaf l = {.cumulative = amount_from_u64(UINT64_C(1000000000000000000) + i)};
    uint64_t scattered = __builtin_bswap64((i + 1) * GOLDEN);
    memcpy(l.earner.b, &scattered, sizeof scattered);
    l.token.b[0] = 1;
    return l;
}

static void must(bool holds)
{
    if (!holds)
        abort();
}

static uint64_t prove_all(const struct reward_tree *t)
{
    AUTO_ARENA arena = {0};
    struct reward_proof p;
    uint64_t began = now();
    for (size_t i = 0; i < t->n_earners; i++) {
        arena_reset(&arena);
        must(reward_tree_prove(t, t->leaves[t->first[i]].earner, NULL, &arena, &p) == OK);
    }
    return now() - began;
}

static int compare(const void *a, const void *b)
{
    const uint64_t *x = a, *y = b;
    return *x < *y ? -1 : *x > *y;
}

/* What is looked up holds; that is checked outside the clock. */
static uint64_t p99_of_lookups(const struct reward_tree *t)
{
    static uint64_t took[LOOKUPS];
    AUTO_ARENA arena = {0};
    for (uint64_t i = 0; i < LOOKUPS; i++) {
        struct address earner = leaf((i * GOLDEN >> 20) % t->n_leaves).earner;
        struct reward_proof p;
        arena_reset(&arena);
        uint64_t began = now();
        must(reward_tree_prove(t, earner, NULL, &arena, &p) == OK);
        took[i] = now() - began;
        must(i % 100 != 0 || reward_tree_check(t->root, earner, &p));
    }
    qsort(took, LOOKUPS, sizeof *took, compare);
    return took[(size_t)LOOKUPS * 99 / 100];
}

int main(int argc, char **argv)
{
    size_t n = argc == 2 ? strtoul(argv[1], NULL, 10) : 0;
    if (n == 0) {
        fprintf(stderr, "usage: reward_tree LEAVES\n");
        return 2;
    }
    AUTO_ARENA arena = {0};
    struct reward_tree t;
    struct reward_leaf *leaves = ARENA_ARRAY(&arena, struct reward_leaf, n);
    for (size_t i = 0; i < n; i++)
        leaves[i] = leaf(i);
    uint64_t began = now();
    must(reward_tree_build(leaves, n, 0, &arena, &t) == OK);
    uint64_t built = now() - began, proved = prove_all(&t), p99 = p99_of_lookups(&t);
    char root[HASH_TEXT + 1];
    hash_format(t.root, root);
    printf("{\"build\":%" PRIu64 ",\"prove\":%" PRIu64 ",\"p99\":%" PRIu64 ",\"root\":\"%s\"}\n", built, proved, p99,
           root);
    return 0;
}
