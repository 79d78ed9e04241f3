/* ledger/mirror/given.c - see given.h. */
#include "ledger/mirror/given.h"

#include <assert.h>
#include <string.h>

void given_add(struct given *g, uint64_t number, struct hash hash)
{
    assert(g->n == 0 || g->blocks[g->n - 1].number < number);
    if (g->n == g->room) {
        g->room = g->room ? g->room * 2 : 256;
        g->blocks = memory_resize(g->blocks, g->room * sizeof *g->blocks);
    }
    g->blocks[g->n++] = (struct chain_block){number, hash};
}

const struct chain_block *given_last(const struct given *g)
{
    return g->n ? &g->blocks[g->n - 1] : NULL;
}

/* How many entries are at or below this number. */
static size_t upto(const struct given *g, uint64_t number)
{
    size_t low = 0, high = g->n;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        if (g->blocks[middle].number <= number)
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}

const struct chain_block *given_find(const struct given *g, uint64_t number)
{
    size_t n = upto(g, number);
    return n && g->blocks[n - 1].number == number ? &g->blocks[n - 1] : NULL;
}

void given_cut(struct given *g, uint64_t fork)
{
    g->n = upto(g, fork);
}

void given_prune(struct given *g, uint64_t finalized)
{
    size_t n = upto(g, finalized);
    if (n <= 1)
        return;
    g->n -= n - 1;
    memmove(g->blocks, g->blocks + n - 1, g->n * sizeof *g->blocks);
}

void given_done(struct given *g)
{
    memory_free(g->blocks);
    *g = (struct given){0};
}
