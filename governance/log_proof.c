/* governance/log_proof.c - proofs about the log's Merkle tree: made from tiles, and checked; see log.h. */
#include "governance/log.h"

#include <inttypes.h>
#include <string.h>

/* RFC 6962, 2.1: "let k be the largest power of two smaller than n (i.e., k < n <= 2k)". */
static uint64_t split(uint64_t n)
{
    return UINT64_C(1) << (63 - __builtin_clzll(n - 1));
}

static bool is_power_of_two(uint64_t n)
{
    return (n & (n - 1)) == 0;
}

/* ---- tree hashes ---- */

/* Of a complete subtree of n leaves, n a power of two and begin a multiple of it: it is made of neighbours in one tile. */
static enum err complete(uint64_t begin, uint64_t n, log_tile *tile, void *arg, struct hash *out)
{
    unsigned height = (unsigned)__builtin_ctzll(n), level = height / TILE_HEIGHT;
    uint64_t first = begin >> (level * TILE_HEIGHT);
    size_t width = (size_t)1 << height % TILE_HEIGHT, offset = first % TILE_WIDTH;
    struct hash all[TILE_WIDTH];
    TRY(tile(arg, level, first / TILE_WIDTH, offset + width, all));
    for (struct hash *own = all + offset; width > 1; width /= 2)
        for (size_t i = 0; i < width / 2; i++)
            own[i] = log_node(own[2 * i], own[2 * i + 1]);
    *out = all[offset];
    return OK;
}

enum err log_range(uint64_t begin, uint64_t end, log_tile *tile, void *arg, struct hash *out)
{
    if (begin >= end)
        return err_with(ERR_FIELD, "there is no leaf from %" PRIu64 " to %" PRIu64, begin, end);
    uint64_t n = end - begin;
    if (is_power_of_two(n) && begin % n == 0)
        return complete(begin, n, tile, arg, out);
    struct hash left, right;
    TRY(log_range(begin, begin + split(n), tile, arg, &left));
    TRY(log_range(begin + split(n), end, tile, arg, &right));
    *out = log_node(left, right);
    return OK;
}

/* ---- single proofs, made ---- */

static void reverse(struct hash *p, size_t n)
{
    for (size_t i = 0; i < n / 2; i++) {
        struct hash h = p[i];
        p[i] = p[n - 1 - i];
        p[n - 1 - i] = h;
    }
}

enum err log_inclusion(uint64_t position, uint64_t size, log_tile *tile, void *arg, struct hash out[PROOF_MAX],
                       size_t *n)
{
    if (position >= size)
        return err_with(ERR_FIELD, "a log of %" PRIu64 " entries has no position %" PRIu64, size, position);
    struct hash found[PROOF_MAX];
    size_t k = 0;
    /* Down from the root: the sibling of each step; the RFC lists them up from the leaf. */
    for (uint64_t begin = 0, end = size; end - begin > 1; k++) {
        uint64_t middle = begin + split(end - begin);
        bool left = position < middle;
        TRY(left ? log_range(middle, end, tile, arg, &found[k]) : log_range(begin, middle, tile, arg, &found[k]));
        if (left)
            end = middle;
        else
            begin = middle;
    }
    reverse(found, k);
    memcpy(out, found, k * sizeof *found);
    *n = k;
    return OK;
}

enum err log_consistency(uint64_t from, uint64_t to, log_tile *tile, void *arg, struct hash out[PROOF_MAX], size_t *n)
{
    if (from == 0 || from > to)
        return err_with(ERR_FIELD, "a log of %" PRIu64 " entries was not one of %" PRIu64, to, from);
    struct hash found[PROOF_MAX];
    size_t k = 0;
    uint64_t begin = 0, end = to;
    while (end != from) {
        uint64_t middle = begin + split(end - begin);
        bool left = from <= middle;
        TRY(left ? log_range(middle, end, tile, arg, &found[k]) : log_range(begin, middle, tile, arg, &found[k]));
        k++;
        if (left)
            end = middle;
        else
            begin = middle;
    }
    /* The rest of the old tree is told, unless it is the whole of it: that one's root is known. */
    if (begin > 0) {
        TRY(log_range(begin, end, tile, arg, &found[k]));
        k++;
    }
    reverse(found, k);
    memcpy(out, found, k * sizeof *found);
    *n = k;
    return OK;
}

/* ---- single proofs, checked (RFC 9162, 2.1.3.2 and 2.1.4.2) ---- */

bool log_check_inclusion(struct hash leaf, uint64_t position, uint64_t size, const struct hash *proof, size_t n,
                         struct hash root)
{
    if (position >= size)
        return false;
    uint64_t at = position, last = size - 1; /* node and last node of the level that is reached */
    struct hash h = leaf;
    for (size_t i = 0; i < n; i++) {
        if (last == 0)
            return false;
        if (at % 2 == 1 || at == last) {
            h = log_node(proof[i], h);
            /* A last node without a right sibling rises as it is. */
            for (; at % 2 == 0 && at != 0; at /= 2)
                last /= 2;
        } else {
            h = log_node(h, proof[i]);
        }
        at /= 2;
        last /= 2;
    }
    return last == 0 && hash_equal(h, root);
}

bool log_check_consistency(uint64_t from, struct hash from_root, uint64_t to, struct hash to_root,
                           const struct hash *proof, size_t n)
{
    if (from == 0 || from > to)
        return false;
    if (from == to)
        return n == 0 && hash_equal(from_root, to_root);
    uint64_t at = from - 1, last = to - 1;
    for (; at % 2 == 1; at /= 2)
        last /= 2;
    /* An old tree that is a complete subtree of the new one begins with its own root. */
    bool whole = is_power_of_two(from);
    if (!whole && n == 0)
        return false;
    struct hash old = whole ? from_root : proof[0], new = old;
    for (size_t i = whole ? 0 : 1; i < n; i++) {
        if (last == 0)
            return false;
        if (at % 2 == 1 || at == last) {
            old = log_node(proof[i], old);
            new = log_node(proof[i], new);
            for (; at % 2 == 0 && at != 0; at /= 2)
                last /= 2;
        } else {
            new = log_node(new, proof[i]);
        }
        at /= 2;
        last /= 2;
    }
    return last == 0 && hash_equal(old, from_root) && hash_equal(new, to_root);
}

/* ---- many leaves at once ---- */

static enum err check_positions(const uint64_t *positions, size_t n, uint64_t size)
{
    for (size_t i = 0; i < n; i++) {
        if (positions[i] >= size)
            return err_with(ERR_FIELD, "a log of %" PRIu64 " entries has no position %" PRIu64, size, positions[i]);
        if (i > 0 && positions[i] <= positions[i - 1])
            return err_with(ERR_FIELD, "position %" PRIu64 " does not ascend", positions[i]);
    }
    return OK;
}

static size_t count_below(const uint64_t *positions, size_t n, uint64_t limit)
{
    size_t low = 0;
    while (low < n) {
        size_t middle = low + (n - low) / 2;
        if (positions[middle] < limit)
            low = middle + 1;
        else
            n = middle;
    }
    return low;
}

static enum err prove(const uint64_t *positions, size_t n, uint64_t begin, uint64_t end, log_tile *tile, void *arg,
                      struct buffer *out)
{
    if (n == 0) {
        struct hash h;
        TRY(log_range(begin, end, tile, arg, &h));
        buffer_bytes(out, h.b, sizeof h.b);
        return OK;
    }
    if (n == end - begin)
        return OK;
    uint64_t middle = begin + split(end - begin);
    size_t left = count_below(positions, n, middle);
    TRY(prove(positions, left, begin, middle, tile, arg, out));
    return prove(positions + left, n - left, middle, end, tile, arg, out);
}

enum err log_multiproof(const uint64_t *positions, size_t n_positions, uint64_t size, log_tile *tile, void *arg,
                        struct buffer *out)
{
    TRY(check_positions(positions, n_positions, size));
    size_t before = out->n;
    enum err e = size == 0 ? OK : prove(positions, n_positions, 0, size, tile, arg, out);
    if (e != OK)
        out->n = before;
    return e;
}

/* What is left of a multiproof. */
struct told {
    const uint8_t *p;
    size_t n;
};

static enum err root_of(const uint64_t *positions, const struct hash *leaves, size_t n, uint64_t begin, uint64_t end,
                        struct told *told, struct hash *out)
{
    if (n == 0) {
        if (told->n < sizeof out->b)
            return err_with(ERR_FIELD, "the proof has too few hashes");
        memcpy(out->b, told->p, sizeof out->b);
        told->p += sizeof out->b;
        told->n -= sizeof out->b;
        return OK;
    }
    if (end - begin == 1) {
        *out = leaves[0];
        return OK;
    }
    uint64_t middle = begin + split(end - begin);
    size_t below = count_below(positions, n, middle);
    struct hash left, right;
    TRY(root_of(positions, leaves, below, begin, middle, told, &left));
    TRY(root_of(positions + below, leaves + below, n - below, middle, end, told, &right));
    *out = log_node(left, right);
    return OK;
}

enum err log_multiproof_root(const uint64_t *positions, const struct hash *leaves, size_t n, uint64_t size,
                             struct slice proof, struct hash *out)
{
    TRY(check_positions(positions, n, size));
    struct told told = {proof.p, proof.n};
    struct hash root = frontier_root(&(struct frontier){.n = 0});
    if (size > 0)
        TRY(root_of(positions, leaves, n, 0, size, &told, &root));
    if (told.n != 0)
        return err_with(ERR_FIELD, "the proof has too many hashes");
    *out = root;
    return OK;
}
