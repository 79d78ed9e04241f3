/* ledger/mirror/lease.h - one writer: the lease and the cursor, both in the one row of mirror.cursor.
 *
 * The lease is held by an epoch on the database's clock. Every writing transaction begins with cursor_advance, which
 * updates the row WHERE epoch = mine AND the head is the one I read: 0 rows is ERR_LEASE_LOST, so a writer that was
 * stopped and came back can commit nothing. A standby takes over after expiry: it ends the old backend, then raises the
 * epoch. The writer's session has lock and idle timeouts below the lease time. */
#ifndef LEDGER_MIRROR_LEASE_H
#define LEDGER_MIRROR_LEASE_H

#include "ledger/core/db.h"

enum { LEASE_SECONDS = 10, LEASE_RENEW_SECONDS = 3, LEASE_HOLD_SECONDS = 3600 };

/* mirror.cursor as read when the lease was taken, and as advanced since. Numbers are -1 where SQL has NULL. */
struct cursor {
    int64_t epoch;
    int64_t chain_id;
    const char *network; /* canonical text, NULL before the first mirror */
    struct hash network_hash;
    int32_t rules_version;
    int32_t generation;
    int64_t head_block, head_number;
    struct hash head_hash;
    int64_t safe_number, finalized_number, source_head;
    int64_t source_mark;
    struct hash root;
    int64_t next_block, next_feed_seq, next_account, events;
};

/* Who holds the lease: host, process, and a random part. Filled once per process. */
const char *lease_holder(void);

/* Take the lease if it is free, expired, ours, or its holder's session is gone: without that session the old epoch can commit
 * nothing, so nobody need wait for a writer that was killed. ERR_LEASE_LOST: another holds it (detail: who, until when). The session
 * must have the writer's role; texts of the cursor live in the arena. */
MUST_CHECK enum err lease_take(struct db *db, struct arena *arena, struct cursor *out);
/* Prolong it. ERR_LEASE_LOST. */
MUST_CHECK enum err lease_renew(struct db *db, int64_t epoch);
/* Prolong it over one long statement (building indexes, a verification), during which it cannot be renewed. The next renewal
 * makes it short again. ERR_LEASE_LOST. */
MUST_CHECK enum err lease_hold(struct db *db, int64_t epoch);
/* Give it back, so that a successor need not wait. */
void lease_release(struct db *db, int64_t epoch);

/* First statement of a writing transaction: from `before` to `after`, prolonging the lease. ERR_LEASE_LOST: not ours, or the
 * head is not before's. */
MUST_CHECK enum err cursor_advance(struct db *db, const struct cursor *before, const struct cursor *after);
/* Re-read the numbers after mirror.unwind changed them. */
MUST_CHECK enum err cursor_read(struct db *db, struct arena *arena, struct cursor *out);
/* Record why the mirror refuses to go on (NULL: it goes on). */
MUST_CHECK enum err cursor_stop(struct db *db, int64_t epoch, const char *reason);

#endif
