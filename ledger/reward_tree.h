/* ledger/reward_tree.h - the tree of cumulative earnings that RewardsCoordinator checks: root and proofs.
 *
 * Source: RewardsCoordinator.sol, Merkle.sol (eigenlayer-contracts v1.12.0).
 *   token leaf  = keccak256(0x01 || token 20 || cumulative earnings 32)      earner leaf = keccak256(0x00 || earner 20 || earner's token root 32)
 * Leaves ascend by address (earners; tokens in an earner's own tree), are padded with 32 zero bytes to a power of two, and a node is
 * keccak256(left || right), never sorted. One leaf: it is the root, its proof is empty. A proof is the siblings from below, 32 bytes each;
 * bit i of the index says whether the node stands on the right at level i. Not for censuses: that is core/merkle.h. */
#ifndef LEDGER_REWARD_TREE_H
#define LEDGER_REWARD_TREE_H

#include "ledger/core/amount.h"
#include "ledger/core/arena.h"

/* What an earner has earned of a token in all. */
struct reward_leaf {
    struct address earner, token;
    struct amount cumulative; /* not zero */
};

enum { REWARD_TREE_LEVELS = 32 };

/* The levels of a tree of n leaves from below; each ends, where its width is odd and it is not the root, with the hash of what pads it. */
struct reward_levels {
    struct hash *nodes;
    size_t n;
    unsigned top;                         /* the root's level */
    size_t first[REWARD_TREE_LEVELS + 1]; /* where each begins among the nodes */
};

/* Read only once it is built: any number of threads may prove by it. */
struct reward_tree {
    const struct reward_leaf *leaves; /* as given: ascending by earner, then token */
    size_t n_leaves;
    uint32_t *first; /* of each earner, and n_leaves behind the last */
    size_t n_earners;
    struct reward_levels levels; /* of the earners' leaves */
    struct hash root;
};

/* Leaves need not be in order: this sorts them in place, and they must outlive the tree. 0 < n < 2^32. `threads`: 0 for one a processor;
 * where they cannot be had it is built without. Memory in the arena. ERR_CONFLICT: an earner has a token twice. */
MUST_CHECK enum err reward_tree_build(struct reward_leaf *leaves, size_t n, unsigned threads, struct arena *arena,
                                      struct reward_tree *out);

/* Of one earner: its place and proof in the tree, and of each token its place and proof in the earner's own. */
struct reward_proof {
    uint32_t earner_index;
    struct slice earner_proof; /* 32 * depth bytes */
    struct hash token_root;
    size_t n_tokens;
    struct reward_token_proof {
        uint32_t index;
        struct address token;
        struct amount cumulative;
        struct slice proof;
    } * tokens;
};
/* `token`: the only one to prove; NULL: all of the earner's. ERR_NOT_FOUND: it has earned nothing (of it). */
MUST_CHECK enum err reward_tree_prove(const struct reward_tree *t, struct address earner, const struct address *token,
                                      struct arena *arena, struct reward_proof *out);
/* As RewardsCoordinator._verifyEarnerClaimProof and _verifyTokenClaimProof do. */
bool reward_tree_check(struct hash root, struct address earner, const struct reward_proof *proof);

/* calldata of processClaim(RewardsMerkleClaim claim, address recipient) for the proof's tokens (reward_tree_claim.c). */
struct slice reward_claim_calldata(uint32_t root_index, struct address earner, const struct reward_proof *proof,
                                   struct address recipient, struct arena *arena);

#endif
