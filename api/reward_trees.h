/* api/reward_trees.h - trees of distributions kept in memory, so that a proof takes no longer than to walk up one.
 *
 * A tree follows from its root, so it holds as long as it is kept. Whoever asks first for one builds it, others wait for that; it is given only
 * if its root is the one that was booked. The least recently used go first; of bytes_max the newest may be larger. Safe from any thread. */
#ifndef API_REWARD_TREES_H
#define API_REWARD_TREES_H

#include "ledger/core/db.h"
#include "ledger/reward_tree.h"

enum { REWARD_TREES_MAX = 8, REWARD_TREES_IDLE_SECONDS = 600 };

struct reward_trees;
struct kept_tree;

struct reward_trees *reward_trees_open(size_t bytes_max);
void reward_trees_close(struct reward_trees *t); /* none is held any more; NULL is fine */

/* Whose, the position of its row of ledger.reward_distribution, and the root that stands there. */
struct tree_key {
    struct address distributor;
    uint64_t position;
    struct hash root;
};
/* Held for the caller until reward_tree_release. ERR_INTERNAL: the books give another root; else as reward_leaves_read. */
MUST_CHECK enum err reward_trees_get(struct reward_trees *t, struct db *db, const struct tree_key *key,
                                     struct kept_tree **out);
const struct reward_tree *kept_tree(const struct kept_tree *k);
void reward_trees_release(struct kept_tree **k); /* NULL is fine */
#define AUTO_KEPT_TREE __attribute__((cleanup(reward_trees_release))) struct kept_tree *

/* Now and then: let go of those that nobody has asked for in so many seconds. */
void reward_trees_sweep(struct reward_trees *t, unsigned idle_seconds);

struct reward_trees_counts {
    uint64_t kept, bytes, built; /* built: since the start */
};
struct reward_trees_counts reward_trees_count(struct reward_trees *t);

#endif
