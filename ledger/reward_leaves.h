/* ledger/reward_leaves.h - what everybody has earned of a distributor in all: the leaves of a tree, from the books or from a file. */
#ifndef LEDGER_REWARD_LEAVES_H
#define LEDGER_REWARD_LEAVES_H

#include <stdatomic.h>

#include "ledger/core/db.h"
#include "ledger/reward_tree.h"

/* Zero-initialise to start. */
struct reward_leaves {
    struct reward_leaf *p; /* in the order of their source */
    size_t n, room;
};
void reward_leaves_done(struct reward_leaves *l);
#define AUTO_REWARD_LEAVES __attribute__((cleanup(reward_leaves_done))) struct reward_leaves

/* Told now and then on long work. */
struct reward_leaves_watch {
    void (*progress)(void *arg, size_t leaves); /* may be NULL */
    void *arg;
    atomic_bool *stop; /* may be NULL */
};

/* Every account of book reward.earned of the distributor whose balance at the position is not zero. Many are read in several statements,
 * none of which takes long: in a transaction that sees one state. Database errors; ERR_STOPPED; ERR_TOO_LARGE: 2^32 or more. */
MUST_CHECK enum err reward_leaves_read(struct db *db, struct address distributor, uint64_t position,
                                       const struct reward_leaves_watch *watch, struct reward_leaves *out);

/* Lines {"earner": "0x…", "token": "0x…", "cumulative": "123"}, plain or gzip; "-": standard input. ERR_FIELD: the detail says which line and
 * what; ERR_IO, ERR_TOO_LARGE: the file; ERR_STOPPED. */
MUST_CHECK enum err reward_leaves_load(const char *path, const struct reward_leaves_watch *watch,
                                       struct reward_leaves *out);

#endif
