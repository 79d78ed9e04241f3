/* ledger/registry.h - DelegateRegistry: whom accounts set as their delegates, for a space or for all.
 *
 * Gnosis DelegateRegistry, which Snapshot reads: delegation[delegator][id] is the delegate, set by setDelegate and emptied by
 * clearDelegate; id is the space's id as bytes32, zero for every space that has none of its own. Not transitive. */
#ifndef LEDGER_REGISTRY_H
#define LEDGER_REGISTRY_H

#include "ledger/books.h"

/* Of the contract `registry`; the zero address as delegate: cleared. */
struct registry_delegate_row {
    struct address registry, delegator;
    struct hash id;
    uint64_t position;
    int32_t log_index;
    struct address delegate;
};

void registry_apply_delegate(struct books *b, struct address registry, struct address delegator, struct hash id,
                             struct address delegate);

#endif
