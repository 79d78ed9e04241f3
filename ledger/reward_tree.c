/* ledger/reward_tree.c - see reward_tree.h. */
#include "ledger/reward_tree.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "ledger/core/crew.h"
#include "ledger/core/digest.h"

/* A chunk of 2^CHUNK_LEVELS earners is one thread's piece of work: their leaves and the nodes above them up to that level. */
enum { CHUNK_LEVELS = 10, CHUNK = 1 << CHUNK_LEVELS, SALT_EARNER = 0, SALT_TOKEN = 1, NODE = sizeof(struct hash) };

/* ---- leaves ---- */

static struct hash salted(uint8_t salt, struct address a, const uint8_t word[32])
{
    uint8_t bytes[1 + sizeof a.b + 32];
    bytes[0] = salt;
    memcpy(bytes + 1, a.b, sizeof a.b);
    memcpy(bytes + 1 + sizeof a.b, word, 32);
    return keccak_bytes(bytes, sizeof bytes);
}

static struct hash token_leaf(struct address token, struct amount cumulative)
{
    uint8_t word[32];
    amount_to_be(cumulative, word);
    return salted(SALT_TOKEN, token, word);
}

static struct hash earner_leaf(struct address earner, struct hash token_root)
{
    return salted(SALT_EARNER, earner, token_root.b);
}

static int compare_addresses(struct address a, struct address b)
{
    return memcmp(a.b, b.b, sizeof a.b);
}

static int compare_leaves(const void *x, const void *y)
{
    const struct reward_leaf *a = x, *b = y;
    int by_earner = compare_addresses(a->earner, b->earner);
    return by_earner != 0 ? by_earner : compare_addresses(a->token, b->token);
}

/* What comes from an index is in order already. */
static enum err sort(struct reward_leaf *leaves, size_t n)
{
    size_t i = 1;
    while (i < n && compare_leaves(&leaves[i - 1], &leaves[i]) < 0)
        i++;
    if (i >= n)
        return OK;
    qsort(leaves, n, sizeof *leaves, compare_leaves);
    for (i = 1; i < n; i++) {
        if (compare_leaves(&leaves[i - 1], &leaves[i]) == 0) {
            char earner[ADDRESS_TEXT + 1], token[ADDRESS_TEXT + 1];
            address_format(leaves[i].earner, earner);
            address_format(leaves[i].token, token);
            return err_with(ERR_CONFLICT, "earner %s has token %s twice", earner, token);
        }
    }
    return OK;
}

/* ---- levels ---- */

/* Nodes of a level that are not padding. */
static size_t width_of(size_t n, unsigned level)
{
    return ((n - 1) >> level) + 1;
}

static void levels_init(struct reward_levels *t, size_t n, struct arena *arena)
{
    size_t all = 0;
    *t = (struct reward_levels){.n = n};
    for (unsigned l = 0;; l++) {
        size_t width = width_of(n, l);
        t->first[l] = all;
        t->top = l;
        all += width == 1 ? 1 : width + width % 2;
        if (width == 1)
            break;
    }
    t->nodes = ARENA_ARRAY(arena, struct hash, all);
    struct hash padding[2] = {hash_zero, hash_zero};
    for (unsigned l = 0; l < t->top; l++) {
        if (width_of(n, l) % 2 == 1)
            t->nodes[t->first[l] + width_of(n, l)] = padding[0];
        padding[0] = padding[1] = keccak_bytes(padding, sizeof padding);
    }
}

/* Fill the levels (bottom, top] above n nodes of the level `bottom`; `from` is a multiple of 2^(top - bottom). */
static void climb(const struct reward_levels *t, unsigned bottom, unsigned top, size_t from, size_t n)
{
    for (unsigned l = bottom; l < top; l++) {
        const struct hash *below = t->nodes + t->first[l];
        struct hash *above = t->nodes + t->first[l + 1];
        from /= 2;
        n = (n + 1) / 2;
        for (size_t i = from; i < from + n; i++)
            above[i] = keccak_bytes(below + 2 * i, 2 * sizeof *below);
    }
}

static struct hash root_of(const struct reward_levels *t)
{
    return t->nodes[t->first[t->top]];
}

static struct slice siblings(const struct reward_levels *t, size_t index, struct arena *arena)
{
    if (t->top == 0)
        return (struct slice){NULL, 0};
    struct hash *proof = ARENA_ARRAY(arena, struct hash, t->top);
    for (unsigned l = 0; l < t->top; l++, index /= 2)
        proof[l] = t->nodes[t->first[l] + (index ^ 1)];
    return (struct slice){proof->b, t->top * (size_t)NODE};
}

/* The tree of one earner's tokens. */
static void token_levels(const struct reward_leaf *leaves, size_t n, struct arena *arena, struct reward_levels *out)
{
    levels_init(out, n, arena);
    for (size_t i = 0; i < n; i++)
        out->nodes[i] = token_leaf(leaves[i].token, leaves[i].cumulative);
    climb(out, 0, out->top, 0, n);
}

/* ---- building ---- */

struct chunk {
    const struct reward_tree *tree;
    size_t first, n;
};

static void work(void *item)
{
    const struct chunk *c = item;
    const struct reward_tree *t = c->tree;
    AUTO_ARENA arena = {0};
    for (size_t i = c->first; i < c->first + c->n; i++) {
        const struct reward_leaf *leaves = t->leaves + t->first[i];
        size_t n = t->first[i + 1] - t->first[i];
        struct hash token_root;
        if (n == 1) {
            token_root = token_leaf(leaves->token, leaves->cumulative);
        } else {
            struct reward_levels tokens;
            arena_reset(&arena);
            token_levels(leaves, n, &arena, &tokens);
            token_root = root_of(&tokens);
        }
        t->levels.nodes[i] = earner_leaf(leaves->earner, token_root);
    }
    climb(&t->levels, 0, t->levels.top < CHUNK_LEVELS ? t->levels.top : CHUNK_LEVELS, c->first, c->n);
}

/* Where threads cannot be had this thread does it all: the root of a booking must not hang on them. */
static void work_all(struct chunk *chunks, size_t n, unsigned threads)
{
    AUTO_CREW crew = NULL;
    if (n > 1 && threads != 1 && crew_open(threads, n, work, &crew) == OK) {
        for (size_t i = 0; i < n; i++)
            crew_give(crew, &chunks[i]);
        while (crew_take(crew) != NULL)
            continue;
        return;
    }
    for (size_t i = 0; i < n; i++)
        work(&chunks[i]);
}

static void find_earners(struct reward_tree *t, struct arena *arena)
{
    const struct reward_leaf *leaves = t->leaves;
    for (size_t i = 0; i < t->n_leaves; i++)
        t->n_earners += i == 0 || !address_equal(leaves[i - 1].earner, leaves[i].earner);
    t->first = ARENA_ARRAY(arena, uint32_t, t->n_earners + 1);
    size_t n = 0;
    for (size_t i = 0; i < t->n_leaves; i++) {
        if (i == 0 || !address_equal(leaves[i - 1].earner, leaves[i].earner))
            t->first[n++] = (uint32_t)i;
    }
    t->first[n] = (uint32_t)t->n_leaves;
}

enum err reward_tree_build(struct reward_leaf *leaves, size_t n, unsigned threads, struct arena *arena,
                           struct reward_tree *out)
{
    assert(n > 0 && n <= UINT32_MAX);
    TRY(sort(leaves, n));
    struct reward_tree t = {.leaves = leaves, .n_leaves = n};
    find_earners(&t, arena);
    levels_init(&t.levels, t.n_earners, arena);
    size_t n_chunks = width_of(t.n_earners, CHUNK_LEVELS);
    struct chunk *chunks = ARENA_ARRAY(arena, struct chunk, n_chunks);
    for (size_t i = 0; i < n_chunks; i++) {
        size_t left = t.n_earners - i * CHUNK;
        chunks[i] = (struct chunk){&t, i * CHUNK, left < CHUNK ? left : CHUNK};
    }
    work_all(chunks, n_chunks, threads);
    if (t.levels.top > CHUNK_LEVELS)
        climb(&t.levels, CHUNK_LEVELS, t.levels.top, 0, n_chunks);
    t.root = root_of(&t.levels);
    *out = t;
    return OK;
}

/* ---- proving ---- */

/* ERR_NOT_FOUND. */
static enum err find_earner(const struct reward_tree *t, struct address earner, size_t *out)
{
    size_t low = 0, high = t->n_earners;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        int c = compare_addresses(t->leaves[t->first[middle]].earner, earner);
        if (c == 0) {
            *out = middle;
            return OK;
        }
        *(c < 0 ? &low : &high) = c < 0 ? middle + 1 : middle;
    }
    return ERR_NOT_FOUND;
}

enum err reward_tree_prove(const struct reward_tree *t, struct address earner, const struct address *token,
                           struct arena *arena, struct reward_proof *out)
{
    size_t place;
    TRY(find_earner(t, earner, &place));
    const struct reward_leaf *leaves = t->leaves + t->first[place];
    size_t n = t->first[place + 1] - t->first[place];
    struct reward_levels tokens;
    token_levels(leaves, n, arena, &tokens);
    struct reward_proof p = {.earner_index = (uint32_t)place,
                             .earner_proof = siblings(&t->levels, place, arena),
                             .token_root = root_of(&tokens),
                             .tokens = ARENA_ARRAY(arena, struct reward_token_proof, token != NULL ? 1 : n)};
    for (size_t i = 0; i < n; i++) {
        if (token == NULL || address_equal(leaves[i].token, *token))
            p.tokens[p.n_tokens++] = (struct reward_token_proof){(uint32_t)i, leaves[i].token, leaves[i].cumulative,
                                                                 siblings(&tokens, i, arena)};
    }
    if (p.n_tokens == 0)
        return ERR_NOT_FOUND;
    *out = p;
    return OK;
}

/* ---- checking ---- */

/* Merkle.processInclusionProofKeccak: "index" is 0 after the walk, that is, below 2^(length / 32). */
static bool included(struct hash root, struct hash leaf, uint32_t index, struct slice proof)
{
    struct hash pair[2];
    if (proof.n % NODE != 0)
        return false;
    for (size_t i = 0; i < proof.n; i += NODE, index /= 2) {
        pair[index % 2] = leaf;
        memcpy(pair[1 - index % 2].b, proof.p + i, NODE);
        leaf = keccak_bytes(pair, sizeof pair);
    }
    return index == 0 && hash_equal(leaf, root);
}

bool reward_tree_check(struct hash root, struct address earner, const struct reward_proof *proof)
{
    bool holds = included(root, earner_leaf(earner, proof->token_root), proof->earner_index, proof->earner_proof);
    for (size_t i = 0; i < proof->n_tokens; i++) {
        const struct reward_token_proof *t = &proof->tokens[i];
        holds = holds && included(proof->token_root, token_leaf(t->token, t->cumulative), t->index, t->proof);
    }
    return holds;
}
