/* api/workers.h - the threads that run handlers: the one place that takes a connection, begins, repeats and gives up.
 *
 * Five lanes, each with its own threads, one database connection a thread: single statements, several of which are sent
 * at once (pipelined); requests of several statements or that must ask a node; streams of whole lists; signed messages, many in
 * one transaction; signed messages of contract wallets, about which a node is asked. A slow client holds up a thread of the
 * third lane at most. */
#ifndef API_WORKERS_H
#define API_WORKERS_H

#include "api/exchange.h"

MUST_CHECK enum err workers_open(struct service *s, struct workers **out);
/* False: the queue is full. The exchange is answered and woken later, by another thread. */
bool workers_put(struct workers *w, struct exchange *x);
/* Move one that must ask a node to the lane that may wait. */
bool workers_hand_over(struct workers *w, struct exchange *x);
bool workers_hand_over_wallet(struct workers *w, struct exchange *x);
/* Nobody waits for this one any more: cancel its statement if it has a thread of its own. */
void workers_abandon(struct workers *w, struct exchange *x);
/* Now and then: free the threads that wait for a database that does not answer. */
void workers_unblock(struct workers *w);
/* Answer what waits with ERR_STOPPED, cancel what runs, end the threads. */
void workers_close(struct workers *w);
/* A connection as the API uses it: role, read only, timeouts. */
MUST_CHECK enum err reader_open(const struct service *s, const char *name, unsigned statement_timeout_s,
                                struct db **out);
/* The same for the door for signed messages. */
MUST_CHECK enum err ballots_open(const struct service *s, const char *name, struct db **out);

#endif
