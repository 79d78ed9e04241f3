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

/* Complete as_of (of a finalized block) from memory; false: not there. */
bool asof_remembered(struct service *s, struct as_of *as_of);
/* The same, asking a node; *asker is opened on first use and belongs to the thread. ERR_NO_HEADER: there is no node to ask;
 * ERR_SOURCE: it could not answer. */
MUST_CHECK enum err asof_ask(struct service *s, struct asker **asker, struct as_of *as_of);
/* at=<time> between two stored headers that are not neighbours: find the block by bisection and replace *at by its number.
 * Leaves *at alone where the stored headers suffice. */
MUST_CHECK enum err asof_bisect(struct service *s, struct db *db, struct asker **asker, struct at *at);
/* What api_v1.at() says of a finalized block holds for a generation: kept in memory, so that a statement need not ask again. */
void asof_keep(struct service *s, const struct as_of *as_of);
bool asof_kept(struct service *s, uint64_t number, uint64_t generation, struct as_of *out);
/* Why api_v1.at() gave no row: ERR_SYNCING, ERR_NOT_MIRRORED, ERR_NOT_CANONICAL; ERR_NOT_FOUND: at= was fine. Never OK. */
MUST_CHECK enum err asof_explain(struct db *db, const struct at *at);

#endif
