/* api/feeds.h - server-sent events: one thread and one connection feed all clients after each change of state. */
#ifndef API_FEEDS_H
#define API_FEEDS_H

#include "api/exchange.h"

enum { FEED_HEARTBEAT_MS = 15000 };

MUST_CHECK enum err feeds_open(struct service *s, struct feeds **out);
/* Answer the exchange, and wake it, with a stream that starts after Last-Event-ID, or now; with ERR_CONFLICT if that is beyond
 * the end. Not taken: ERR_FIELD: malformed id; ERR_RATE: too many streams; ERR_DB_LOST; ERR_STOPPED. */
MUST_CHECK enum err feeds_join(struct feeds *f, struct exchange *x);
/* From another thread, now and then: free the thread if it waits for a database that does not answer. */
void feeds_unblock(struct feeds *f);
/* End all streams, well-formed. */
void feeds_close(struct feeds *f);

#endif
