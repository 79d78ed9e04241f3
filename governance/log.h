/* governance/log.h - the Merkle tree over the log: roots, proofs and tiles, as RFC 6962 and C2SP tlog-tiles have them.
 *
 * leaf = SHA-256(0x00 || entry), node = SHA-256(0x01 || left || right); a tree of n > 1 leaves splits at the largest power of two
 * below n. A tile of level L (0, 1, ...) and index N holds the hashes of up to 256 complete subtrees of 256^L leaves each. Pure:
 * who knows the hashes of tiles is asked through a function. */
#ifndef GOVERNANCE_LOG_H
#define GOVERNANCE_LOG_H

#include "ledger/core/arena.h"

enum { TILE_HEIGHT = 8, TILE_WIDTH = 1 << TILE_HEIGHT, LOG_HEIGHT_MAX = 56, PROOF_MAX = 64 };

struct hash log_leaf(struct slice entry);
struct hash log_node(struct hash left, struct hash right);

/* The largest complete subtrees that make up a tree of `size` leaves, left to right: one for each bit of size. */
struct frontier {
    uint64_t size;
    size_t n;
    struct hash all[LOG_HEIGHT_MAX];
};
/* Add a leaf. *subtree (may be NULL) is called for each complete subtree of 256^level leaves (level >= 1) that this leaf completes. */
void frontier_add(struct frontier *f, struct hash leaf,
                  void (*subtree)(void *arg, unsigned level, uint64_t index, struct hash hash), void *arg);
/* Root; of the empty tree SHA-256 of nothing. */
struct hash frontier_root(const struct frontier *f);
/* As it stands in governance.checkpoint. ERR_FIELD: not a multiple of 32 bytes, or not as many as size has bits. */
MUST_CHECK enum err frontier_read(uint64_t size, struct slice bytes, struct frontier *out);

/* Gives `n` hashes of tile (level, index), n <= 256; of level 0 the leaves. ERR_NOT_FOUND: it has not so many. */
typedef enum err log_tile(void *arg, unsigned level, uint64_t index, size_t n, struct hash *out);

/* Tree hash of leaves [begin, end). */
MUST_CHECK enum err log_range(uint64_t begin, uint64_t end, log_tile *tile, void *arg, struct hash *out);
/* RFC 6962, 2.1.1 and 2.1.2, in its order. ERR_FIELD: position >= size, from > to, or from is 0. */
MUST_CHECK enum err log_inclusion(uint64_t position, uint64_t size, log_tile *tile, void *arg,
                                  struct hash out[PROOF_MAX], size_t *n);
MUST_CHECK enum err log_consistency(uint64_t from, uint64_t to, log_tile *tile, void *arg, struct hash out[PROOF_MAX],
                                    size_t *n);
/* The same checked, as a client would. */
bool log_check_inclusion(struct hash leaf, uint64_t position, uint64_t size, const struct hash *proof, size_t n,
                         struct hash root);
bool log_check_consistency(uint64_t from, struct hash from_root, uint64_t to, struct hash to_root,
                           const struct hash *proof, size_t n);

/* Proof for many leaves at once: the hashes of the largest subtrees that hold none of `positions`, left to right. ERR_FIELD:
 * positions do not ascend, or one is not below size. */
MUST_CHECK enum err log_multiproof(const uint64_t *positions, size_t n_positions, uint64_t size, log_tile *tile,
                                   void *arg, struct buffer *out);
/* The root that these leaves and such a proof make. ERR_FIELD: the same, or the proof has too many or too few hashes. */
MUST_CHECK enum err log_multiproof_root(const uint64_t *positions, const struct hash *leaves, size_t n, uint64_t size,
                                        struct slice proof, struct hash *out);

/* ---- signed notes (C2SP signed-note, tlog-checkpoint) ---- */

struct note_key {
    const char *origin; /* the log's, which is the key's name too: no space, no '+', not empty */
    uint8_t public_key[32];
};
/* The checkpoint's body: origin, size, base64 of the root, each on a line. */
void checkpoint_body(const char *origin, uint64_t size, struct hash root, struct buffer *out);
struct ed25519_seed;
/* Body, an empty line, and our signature line. */
void checkpoint_sign(const struct note_key *key, const struct ed25519_seed *seed, uint64_t size, struct hash root,
                     struct buffer *out);
/* Size and root, if `key` signed the note; lines of other signers, and of the body after the third, are passed over. ERR_FIELD:
 * not such a note, or not signed by it. */
MUST_CHECK enum err checkpoint_open(const char *note, size_t n, const struct note_key *key, uint64_t *size,
                                    struct hash *root);
/* "origin+hash+base64", as verifiers take it (C2SP signed-note). */
void note_key_format(const struct note_key *key, struct buffer *out);
/* ERR_FIELD: not 1 to ORIGIN_MAX printable characters of ASCII without '+'. */
enum { ORIGIN_MAX = 255 };
MUST_CHECK enum err note_key_check_origin(const char *origin);

#endif
