/* ledger/mirror/rebuild_impl.h - the state of a rebuild, shared by the files that make it.
 *
 *   rebuild.c        books all that is stored anew, has it verified, switches
 *   rebuild_fetch.c  stores before that what the new network needs and the old did not */
#ifndef LEDGER_MIRROR_REBUILD_IMPL_H
#define LEDGER_MIRROR_REBUILD_IMPL_H

#include <time.h>

#include "ledger/books.h"
#include "ledger/mirror/event_type.h"
#include "ledger/mirror/lease.h"
#include "ledger/mirror/rebuild.h"
#include "ledger/mirror/source.h"

struct rebuild {
    const struct rebuild_options *options;
    struct db *db;
    struct arena arena; /* texts of the cursor */
    struct cursor cursor;
    struct event_types types;
    struct books books;
    struct asker *asker; /* for reads that were not stored; NULL: there is no node */
    time_t renewed, said;
};

MUST_CHECK enum err rebuild_keep_lease(struct rebuild *r);
void rebuild_say(struct rebuild *r, const char *what, uint64_t number);

/* ERR_CONFIG: something is needed and there is no source to ask, or it does not have it. Source errors; database errors. */
MUST_CHECK enum err rebuild_fetch(struct rebuild *r);

#endif
