/* governance/door.h - the one door for signed messages: checks a batch of them, appends it to the log, counts, gives receipts.
 *
 * A batch is one transaction: all that it accepts is durable before door_take returns, and nothing else is. Its steps:
 *   before   each message was parsed and its signature checked (any thread, no database)
 *   lock     pg_advisory_xact_lock: one transaction appends at a time, in whatever process
 *   read     the log's end; what is stored of the messages' proposals, spaces and voters; power that is not yet known
 *   decide   rules.h, in the order of the batch; a message that is in the log already gets the receipt it has
 *   write    entries, versions, ballots, power, tallies, checkpoint
 * It never guesses: what needs a power that is not known is refused with ERR_SYNCING ("try again"), not with less power. */
#ifndef GOVERNANCE_DOOR_H
#define GOVERNANCE_DOOR_H

#include "governance/keys.h"
#include "governance/receipt.h"
#include "governance/rules.h"
#include "ledger/core/db.h"

/* One message on its way. */
struct submission {
    struct message message;   /* parsed, signature checked */
    struct evidence evidence; /* of a contract wallet */
    bool by_alias;            /* `address` signed, and is not `from`: it must be an alias of it */
    /* the answer */
    enum err err;
    char detail[256];
    struct reasons reasons; /* of ERR_RULE */
    struct receipt receipt; /* of OK, on this chain: */
    uint64_t chain_id;
    struct signature signed_receipt;
    struct address signer; /* of the receipt */
};

struct door;

/* keys: as long as the door. One door a process, any thread. */
struct door *door_open(const struct keys *keys);
void door_close(struct door *d); /* NULL is nothing */

/* Record keys and parameters of spaces in the log if it does not have them, so that they are there before anybody asks; door_take
 * does it too. ERR_SYNCING: nothing is mirrored yet. */
MUST_CHECK enum err door_prepare(struct door *d, struct db *db);

/* Take a batch; each submission has its own answer. An error of the whole (ERR_RETRY, ERR_DB_LOST, ERR_DB): nothing was
 * appended, ask again. A COMMIT whose fate is unknown is resolved before it returns, or ERR_DB_LOST. */
MUST_CHECK enum err door_take(struct door *d, struct db *db, struct submission *all, size_t n, struct arena *arena);

/* Count anew what a reorg, another generation, or throttled counting left behind. *left: whether there is more to do. */
MUST_CHECK enum err door_recount(struct door *d, struct db *db, bool *left);

#endif
