/* governance/log.c - hashes of the log's Merkle tree, and the frontier by which it grows; see log.h. */
#include "governance/log.h"

#include <assert.h>
#include <inttypes.h>
#include <string.h>

#include "ledger/core/digest.h"

/* RFC 6962, 2.1: "the hash calculations for leaves and nodes differ. This domain separation is required to give second preimage
 * resistance." */
enum { LEAF_PREFIX = 0, NODE_PREFIX = 1 };

static const struct slice nothing;

struct hash log_leaf(struct slice entry)
{
    return sha256_prefixed(LEAF_PREFIX, entry, nothing);
}

struct hash log_node(struct hash left, struct hash right)
{
    return sha256_prefixed(NODE_PREFIX, (struct slice){left.b, sizeof left.b}, (struct slice){right.b, sizeof right.b});
}

void frontier_add(struct frontier *f, struct hash leaf,
                  void (*subtree)(void *arg, unsigned level, uint64_t index, struct hash hash), void *arg)
{
    /* As in binary addition: each bit of size that is set holds a complete subtree, with which the carry makes one of twice its
     * leaves. */
    struct hash carry = leaf;
    for (unsigned height = 0;; height++) {
        if (height > 0 && height % TILE_HEIGHT == 0 && subtree != NULL)
            subtree(arg, height / TILE_HEIGHT, f->size >> height, carry);
        if ((f->size >> height & 1) == 0)
            break;
        carry = log_node(f->all[--f->n], carry);
    }
    assert(f->n < LOG_HEIGHT_MAX);
    f->all[f->n++] = carry;
    f->size++;
}

struct hash frontier_root(const struct frontier *f)
{
    if (f->n == 0)
        return sha256(nothing);
    struct hash root = f->all[f->n - 1];
    for (size_t i = f->n - 1; i > 0; i--)
        root = log_node(f->all[i - 1], root);
    return root;
}

enum err frontier_read(uint64_t size, struct slice bytes, struct frontier *out)
{
    size_t n = (size_t)__builtin_popcountll(size);
    if (size >> LOG_HEIGHT_MAX != 0 || bytes.n != n * sizeof(struct hash))
        return err_with(ERR_FIELD, "%zu bytes are not the complete subtrees of a log of %" PRIu64 " entries", bytes.n,
                        size);
    *out = (struct frontier){.size = size, .n = n};
    if (n > 0)
        memcpy(out->all, bytes.p, bytes.n);
    return OK;
}
