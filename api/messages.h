/* api/messages.h - POST /v1/messages: what the lanes for signed messages do with a batch of requests.
 *
 * Each message is parsed and its signature checked here, without the database; then all of them go through the door in one
 * transaction (governance/door.h), and each gets its own answer. One whose signature only a contract wallet could accept is handed
 * to the lane that may wait for a node. */
#ifndef API_MESSAGES_H
#define API_MESSAGES_H

#include "api/runner.h"

/* Open the door with the service's keys, if this server is to take messages. Without keys nothing can be signed: the door stays shut
 * and everything else is served, unless they are wanted (ERR_CONFIG, ERR_IO). */
MUST_CHECK enum err messages_open(struct service *s);
void messages_close(struct service *s);

enum { MESSAGES_MAX = 256 }; /* in one transaction */

void messages_answer(struct runner *r, struct exchange **xs, size_t n);
/* One that a contract wallet may have signed: its isValidSignature is asked at the head block (ERC-1271). */
void messages_answer_wallet(struct runner *r, struct exchange *x);

#endif
