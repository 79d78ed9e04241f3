/* ledger/core/merkle.h - Merkle trees that contracts check: those of OpenZeppelin's StandardMerkleTree.
 *
 * leaf = keccak256(keccak256(abi.encode(values))), node = keccak256 of its two children, the lesser first, so that a proof needs no
 * sides (MerkleProof.sol). Leaves stand in ascending order, in an array of 2n - 1 nodes from its end backwards; the
 * children of node i are 2i + 1 and 2i + 2 (@openzeppelin/merkle-tree 1.0, core.ts, standard.ts). Not for the message log: that
 * is governance/log.h. */
#ifndef LEDGER_CORE_MERKLE_H
#define LEDGER_CORE_MERKLE_H

#include "ledger/core/arena.h"

enum { MERKLE_PROOF_MAX = 64 };

/* Of the ABI encoding of its values. */
struct hash merkle_leaf(struct slice encoded);
struct hash merkle_node(struct hash a, struct hash b);

struct merkle {
    size_t n;           /* leaves */
    struct hash *nodes; /* 2n - 1; in the arena */
};

/* The tree of n > 0 leaves, in any order. A leaf may be there more than once. */
void merkle_build(const struct hash *leaves, size_t n, struct arena *arena, struct merkle *out);
struct hash merkle_root(const struct merkle *m);
/* The hashes beside the leaf's way to the root, from below; returns how many. False: there is no such leaf. */
bool merkle_proof(const struct merkle *m, struct hash leaf, struct hash out[MERKLE_PROOF_MAX], size_t *n);
/* As MerkleProof.verify. */
bool merkle_check(struct hash root, struct hash leaf, const struct hash *proof, size_t n);

#endif
