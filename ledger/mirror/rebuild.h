/* ledger/mirror/rebuild.h - a new generation of the books after a change of network file or rules.
 *
 * Booked history is never patched: all derived tables are booked anew from the stored raw logs, into schema ledger_next (after
 * the source was asked for the logs of contracts that the new file adds, and for blocks that mark days and are not stored);
 * that is verified, then one transaction switches. Until then readers see the old generation. Killed at any moment it starts
 * over. */
#ifndef LEDGER_MIRROR_REBUILD_H
#define LEDGER_MIRROR_REBUILD_H

#include <stdatomic.h>

#include "ledger/mirror/network.h"

struct rebuild_options {
    const char *writer_conninfo;
    const struct network *network;
    const char *const *locations; /* needed only if the file adds contracts, starts one earlier, or closes other days */
    size_t n_locations;
    unsigned timeout_ms;
    bool force; /* also if nothing changed */
    atomic_bool *stop;
};

/* OK: the books are of this network file and rules version. ERR_CONFIG: another chain, or there is no source to ask for what the
 * file adds; ERR_STOPPED; ERR_LEASE_LOST; source errors; database errors. */
MUST_CHECK enum err rebuild_run(const struct rebuild_options *options);

#endif
