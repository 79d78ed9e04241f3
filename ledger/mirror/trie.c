/* ledger/mirror/trie.c - see trie.h. */
#include "ledger/mirror/trie.h"

#include <assert.h>
#include <string.h>

#include "ledger/core/arena.h"
#include "ledger/core/digest.h"
#include "ledger/mirror/rlp.h"

/* rlp of an index below 2^32: at most 5 bytes, 10 nibbles. */
enum { KEY_MAX = 10, BRANCH_WIDTH = 16, HASHED_FROM = 32 };

struct leaf {
    uint8_t key[KEY_MAX]; /* nibbles */
    uint8_t key_n;
    struct slice value;
};

static void key_format(uint32_t index, struct leaf *out)
{
    uint8_t bytes[KEY_MAX / 2];
    size_t n = 0;
    if (index == 0) {
        bytes[n++] = 0x80; /* the empty string */
    } else {
        uint32_t width = index < 0x100 ? 1 : index < 0x10000 ? 2 : index < 0x1000000 ? 3 : 4;
        if (index >= 0x80)
            bytes[n++] = (uint8_t)(0x80 + width);
        for (uint32_t i = width; i-- > 0;)
            bytes[n++] = (uint8_t)(index >> (8 * i));
    }
    for (size_t i = 0; i < n; i++) {
        out->key[2 * i] = bytes[i] >> 4;
        out->key[2 * i + 1] = bytes[i] & 15;
    }
    out->key_n = (uint8_t)(2 * n);
}

/* Hex-prefix: "the first nibble holds the parity of the length and whether the node is a leaf". */
static void write_path(struct buffer *b, const uint8_t *nibbles, size_t n, bool is_leaf)
{
    uint8_t path[1 + KEY_MAX / 2];
    size_t out = 0, i = 0;
    uint8_t flag = is_leaf ? 0x20 : 0;
    if (n % 2)
        path[out++] = (uint8_t)(flag | 0x10 | nibbles[i++]);
    else
        path[out++] = flag;
    for (; i < n; i += 2)
        path[out++] = (uint8_t)(nibbles[i] << 4 | nibbles[i + 1]);
    rlp_bytes(b, path, out);
}

static void write_reference(struct buffer *b, const struct leaf *leaves, size_t n, size_t depth);

/* The node over leaves [0, n), n >= 1, sorted by key, which agree in their first `depth` nibbles. No key is a prefix of
 * another (RLP is prefix-free), so a branch never has a value of its own. */
static void write_node(struct buffer *b, const struct leaf *leaves, size_t n, size_t depth)
{
    size_t list = rlp_list_begin(b);
    if (n == 1) {
        write_path(b, leaves[0].key + depth, leaves[0].key_n - depth, true);
        rlp_bytes(b, leaves[0].value.p, leaves[0].value.n);
        rlp_list_end(b, list);
        return;
    }
    size_t shared = depth; /* sorted: what the first and last share, all share */
    while (leaves[0].key[shared] == leaves[n - 1].key[shared])
        shared++;
    if (shared > depth) {
        write_path(b, leaves[0].key + depth, shared - depth, false);
        write_reference(b, leaves, n, shared);
        rlp_list_end(b, list);
        return;
    }
    size_t from = 0;
    for (int nibble = 0; nibble < BRANCH_WIDTH; nibble++) {
        size_t to = from;
        while (to < n && leaves[to].key[depth] == nibble)
            to++;
        if (to == from)
            rlp_bytes(b, "", 0);
        else
            write_reference(b, leaves + from, to - from, depth + 1);
        from = to;
    }
    rlp_bytes(b, "", 0);
    rlp_list_end(b, list);
}

/* A node inside another: itself if its RLP is shorter than 32 bytes, else the hash of it. */
static void write_reference(struct buffer *b, const struct leaf *leaves, size_t n, size_t depth)
{
    size_t begin = b->n;
    write_node(b, leaves, n, depth);
    if (b->n - begin < HASHED_FROM)
        return;
    struct hash h = keccak_bytes(b->p + begin, b->n - begin);
    b->n = begin;
    rlp_bytes(b, h.b, sizeof h.b);
}

struct hash trie_list_root(const struct slice *values, size_t n)
{
    AUTO_BUFFER b = {0};
    if (n == 0) {
        rlp_bytes(&b, "", 0);
        return keccak_bytes(b.p, b.n);
    }
    assert(n <= UINT32_MAX);
    AUTO_ARENA arena = {0};
    struct leaf *leaves = ARENA_ARRAY(&arena, struct leaf, n);
    /* In order of rlp(i): 0x01..0x7f, then 0x80 (which is 0), then 0x8180.. */
    size_t singles = n < 0x80 ? n : 0x80;
    for (size_t i = 0; i < n; i++) {
        size_t index = i + 1 < singles ? i + 1 : i + 1 == singles ? 0 : i;
        assert(values[index].n > 0);
        key_format((uint32_t)index, &leaves[i]);
        leaves[i].value = values[index];
    }
    write_node(&b, leaves, n, 0);
    return keccak_bytes(b.p, b.n);
}
