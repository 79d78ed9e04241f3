/* ledger/mirror/reconcile_node.h - many eth_calls at one block in few requests, and what became of each.
 *
 * A call that no endpoint can answer is told apart from what the contract says. A node that is down, or has no state of the block,
 * is found out once: the calls after it are not sent. A handle belongs to one thread. */
#ifndef LEDGER_MIRROR_RECONCILE_NODE_H
#define LEDGER_MIRROR_RECONCILE_NODE_H

#include <stdatomic.h>

#include "ledger/core/arena.h"

enum call_fate { CALL_UNANSWERED, CALL_ANSWERED, CALL_REVERTED, CALL_MALFORMED, CALL_STATE_GONE };

struct view_call {
    struct address to;
    struct slice data;
    enum call_fate fate;
    struct slice answer; /* if answered */
};

struct reconcile_node;

/* Opens no connection yet. ERR_CONFIG: not URLs. `stop` (may be NULL) ends a wait with ERR_STOPPED. */
MUST_CHECK enum err reconcile_node_open(const char *const *urls, size_t n, uint64_t chain_id, unsigned timeout_ms,
                                        atomic_bool *stop, struct reconcile_node **out);
void reconcile_node_close(struct reconcile_node *n);
/* Hash of the node's block. ERR_SOURCE: it does not answer or has none; ERR_CONFIG: another chain; ERR_STOPPED. */
MUST_CHECK enum err reconcile_node_block(struct reconcile_node *n, uint64_t number, struct hash *out);
/* Fill in fate and answer (in the arena) of each call at that block. ERR_STOPPED. */
MUST_CHECK enum err reconcile_node_ask(struct reconcile_node *n, struct hash block, struct view_call *calls,
                                       size_t n_calls, struct arena *arena);

#endif
