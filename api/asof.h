/* api/asof.h - which block at= means where the statement alone cannot tell: headers that are not stored, and why there is no row.
 *
 * When mirrored from a node, headers below finalized are stored only where they were needed. State at such a block is known;
 * its hash and time are asked of a node on demand and kept in memory (they are final). */
#ifndef API_ASOF_H
#define API_ASOF_H

#include "api/service.h"
#include "ledger/mirror/source.h"

struct headers;
struct headers *headers_open(void);
void headers_close(struct headers *h);

/* Complete as_of (of a finalized block), asking a node; *asker is opened on first use and belongs to the thread. ERR_NO_HEADER: there is no node to ask;
 * ERR_SOURCE: it could not answer. */
MUST_CHECK enum err asof_ask(struct service *s, struct asker **asker, struct as_of *as_of);
/* at=<time> between two stored headers that are not neighbours: find the block by bisection and replace *at by its number.
 * Leaves *at alone where the stored headers suffice. */
MUST_CHECK enum err asof_bisect(struct service *s, struct db *db, struct asker **asker, struct at *at);
/* What api_v1.at() says of a finalized block holds for a generation: it is kept in memory, so that a statement need not ask
 * again but reads SQL_AT_KEPT (api/sql.h). False: it is not there. */
bool asof_kept(struct service *s, uint64_t number, uint64_t generation, struct as_of *out);
/* The rows of such a statement are of another generation, or another database, than what was kept. */
bool asof_outdated(const struct rows *rows, const struct as_of *kept);
/* The block that the rows speak of; `is_kept`: *out is what was kept. ERR_END: its header must be asked for, by somebody who
 * may wait; ERR_NO_HEADER: there is no node to ask. */
MUST_CHECK enum err asof_read(struct service *s, const struct rows *rows, bool is_kept, struct as_of *out);
/* Why api_v1.at() gave no row: ERR_SYNCING, ERR_NOT_MIRRORED, ERR_NOT_CANONICAL; ERR_NOT_FOUND: at= was fine. Never OK. */
MUST_CHECK enum err asof_explain(struct db *db, const struct at *at);

#endif
