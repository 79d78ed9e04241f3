/* ledger/mirror/verify.h - recompute the books from the stored events and compare every row and root.
 *
 * One snapshot of the database, bounded memory. It trusts mirror.event alone (whose hash is in the block roots): state
 * before a batch is read from rows that the batches before have compared. */
#ifndef LEDGER_MIRROR_VERIFY_H
#define LEDGER_MIRROR_VERIFY_H

#include <stdatomic.h>

#include "ledger/core/db.h"
#include "ledger/mirror/network.h"

enum { VERIFY_NAMED_MAX = 20 };

struct verify_report {
    uint64_t blocks, events, rows, differences;
    int64_t head;
    struct hash root; /* recomputed, at the head */
    size_t n_named;
    char named[VERIFY_NAMED_MAX][256]; /* the first differences, one sentence each */
};

/* `schema_sql` is NULL for the books in use; else a statement that sets the search_path to another generation, whose cursor
 * values are not compared. The network must be the one the books were booked by. OK also if differences were found: look
 * at the report. ERR_STOPPED; database errors. `db` may be of any role that reads; a transaction is opened and ended. */
MUST_CHECK enum err verify_books(struct db *db, const struct network *network, const char *schema_sql,
                                 atomic_bool *stop, struct verify_report *out);
/* Open a connection, read the network that the books were booked by from the cursor, verify. ERR_NOT_FOUND: nothing mirrored. */
MUST_CHECK enum err verify_run(const char *conninfo, atomic_bool *stop, struct verify_report *out);

#endif
