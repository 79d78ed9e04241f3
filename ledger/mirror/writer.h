/* ledger/mirror/writer.h - books a batch of blocks in one transaction, or takes blocks back in one.
 *
 * All or nothing: headers, events, feed, accounts, entries, timelines, roots and the cursor commit together; the cursor is
 * the only truth of progress. After any error but OK the writer must be closed and opened anew: opening takes the lease
 * and reads the cursor, which also answers what became of a COMMIT without a reply. */
#ifndef LEDGER_MIRROR_WRITER_H
#define LEDGER_MIRROR_WRITER_H

#include "ledger/mirror/apply.h"
#include "ledger/mirror/lease.h"
#include "ledger/mirror/source.h"

struct writer;

/* Connect with the writer's role, take the lease, read the cursor, and know the event types. ERR_LEASE_LOST: another writer
 * holds it; ERR_CONFIG: the books are of another chain (detail). *network_changed: the stored network file or rules version
 * differs; nothing may be booked before a rebuild. */
MUST_CHECK enum err writer_open(const char *conninfo, const struct network *network, struct writer **out,
                                bool *network_changed);
/* Release the lease (if `release`) and close. */
void writer_close(struct writer *w, bool release);

/* Whom rules may ask what no log says (ledger/reads.h); without this nobody. Before the first batch. */
void writer_ask(struct writer *w, read_ask *ask, void *arg);

const struct cursor *writer_cursor(const struct writer *w);
/* The booked blocks from the finalized one on (a branch may fork from it), ascending, at least the head if any: what a source
 * needs to see reorgs. */
MUST_CHECK enum err writer_chain(struct writer *w, struct arena *arena, struct chain_block **out, size_t *n);

/* Book blocks that follow the head, in one transaction or more (apply_fit). `decoded` holds one array per block. */
MUST_CHECK enum err writer_book(struct writer *w, const struct step *step, struct decoded_log *const *decoded);
/* Unwind to the step's fork. ERR_DEEP_REORG: below finalized. */
MUST_CHECK enum err writer_unwind(struct writer *w, const struct step *step);
/* Only the source's head, safe and finalized moved; writes if they differ from the cursor's. */
MUST_CHECK enum err writer_note(struct writer *w, const struct step *step);
MUST_CHECK enum err writer_renew(struct writer *w);
MUST_CHECK enum err writer_stop(struct writer *w, const char *reason);

/* An initial backfill loads first and builds indexes afterwards: those that only readers need, and that of the entries, which
 * the writer itself needs as soon as it has to read a balance back. So a bulk load ends at the head, before an unwinding, when
 * writer_must_read says so; by itself before the first day with submissions is closed; one that was broken off is ended by writer_open. */
MUST_CHECK enum err writer_bulk(struct writer *w, bool begin);
bool writer_in_bulk(const struct writer *w);
/* From now on not all accounts stay in memory. */
bool writer_must_read(const struct writer *w);

#endif
