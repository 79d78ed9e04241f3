/* ledger/mirror/given.h - the chain as a source has handed it on, from the last finalized block up.
 *
 * Ascending by number. Kept as far back as a reorg may reach: entries below the highest one at or below `finalized` are
 * dropped. */
#ifndef LEDGER_MIRROR_GIVEN_H
#define LEDGER_MIRROR_GIVEN_H

#include "ledger/mirror/source.h"

/* Zero-initialise to start. */
struct given {
    struct chain_block *blocks;
    size_t n, room;
};

void given_add(struct given *g, uint64_t number, struct hash hash); /* assertion: above the last */
const struct chain_block *given_last(const struct given *g);        /* NULL: none */
const struct chain_block *given_find(const struct given *g, uint64_t number);
void given_cut(struct given *g, uint64_t fork);        /* drop what is above fork */
void given_prune(struct given *g, uint64_t finalized); /* drop what no reorg may reach */
void given_done(struct given *g);

#endif
