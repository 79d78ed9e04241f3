/* api/recount.h - the thread that counts again what a reorg or another generation left behind, and keeps the log's spaces up to date. */
#ifndef API_RECOUNT_H
#define API_RECOUNT_H

#include "ledger/core/err.h"

struct service;
struct recount;

/* NULL in *out: this server takes no messages. */
MUST_CHECK enum err recount_open(struct service *s, struct recount **out);
void recount_close(struct recount *r); /* NULL is nothing */

#endif
