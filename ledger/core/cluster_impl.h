/* ledger/core/cluster_impl.h - what the private PostgreSQL's two files share: its description and where it lies. */
#ifndef LEDGER_CORE_CLUSTER_IMPL_H
#define LEDGER_CORE_CLUSTER_IMPL_H

#include <stdatomic.h>

#include "ledger/core/arena.h"
#include "ledger/core/cluster.h"
#include "ledger/core/process.h"

struct cluster {
    struct arena arena;
    struct user user;
    const char *directory, *data, *socket, *log, *marker;
    const char *bin;
    const char *conninfo, *admin;
    int users;                /* shared lock while we use it */
    int change;               /* exclusive lock while it is started or stopped */
    bool ours;                /* an altledger started it, when it was last seen running */
    const atomic_bool *hurry; /* set: do not wait for it any more */
};

/* Where its files lie: DIR/postgres, or the fallback if its user cannot enter that. Makes the directory. */
MUST_CHECK enum err cluster_place_directory(struct cluster *c, const char *directory);
/* A directory for its socket whose path libpq and the kernel can hold. */
MUST_CHECK enum err cluster_place_socket(struct cluster *c);
/* The version that made the data, or else the newest. ERR_CONFIG: none is installed. */
MUST_CHECK enum err cluster_find_programs(struct cluster *c);

#endif
