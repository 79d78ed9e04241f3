/* ledger/mirror/store.h - the canonical chain as it is stored, read back as a source would give it.
 *
 * For recomputing books: blocks and logs in order, bounded windows. Logs of contracts that the network does not watch are
 * left out, so that a changed network file sees just its own. */
#ifndef LEDGER_MIRROR_STORE_H
#define LEDGER_MIRROR_STORE_H

#include "ledger/core/db.h"
#include "ledger/mirror/block.h"
#include "ledger/mirror/network.h"

enum { STORE_WINDOW_LOGS = 10000 };

struct store {
    struct db *db; /* in a transaction that sees one snapshot, or no other writer about */
    const struct network *network;
    int64_t next; /* the first number not given yet */
    int64_t head; /* the last to give */
};

/* The next blocks, in the arena. ERR_END: the head was given. Database errors. */
MUST_CHECK enum err store_next(struct store *s, struct arena *arena, struct block **blocks, size_t *n);

#endif
