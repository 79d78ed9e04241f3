/* ledger/mirror/verify_mirror.h - the part of verify that looks at schema mirror: what was stored beside the raw logs.
 *
 * The raw logs themselves are covered by the block roots. Here: the columns that decoding gave, links between blocks, the
 * feed, the cursor, and the lists of books and timelines that SQL code relies on. */
#ifndef LEDGER_MIRROR_VERIFY_MIRROR_H
#define LEDGER_MIRROR_VERIFY_MIRROR_H

#include "ledger/mirror/apply.h"
#include "ledger/mirror/verify.h"

/* Count a difference, and name it if it is one of the first. */
void verify_differ(struct verify_report *report, const char *format, ...) __attribute__((format(printf, 2, 3)));

/* Number, type, decodability and subject of the stored logs of these blocks. What a generation before the one in use stored
 * was decoded by the network file of that time: of those only the number is compared. */
MUST_CHECK enum err verify_events(struct db *db, const struct network *network, const struct block *blocks,
                                  struct decoded_log *const *decoded, size_t n, struct verify_report *report);
/* Links of the chain, and the feed: gapless, and whoever read it from its start knows just the canonical events. */
MUST_CHECK enum err verify_chain(struct db *db, struct verify_report *report);
/* The cursor against what was recomputed and what is stored. */
MUST_CHECK enum err verify_cursor(struct db *db, const struct books *books, struct verify_report *report);
/* ledger.book and ledger.timeline, as named by the connection's search_path. */
MUST_CHECK enum err verify_lists(struct db *db, struct verify_report *report);

#endif
