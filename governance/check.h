/* governance/check.h - one entry of the log by itself: its text, its signature, its receipt; any thread, no database.
 *
 * What hangs on other entries (keys, aliases, windows, supersession) is up to replay.h. */
#ifndef GOVERNANCE_CHECK_H
#define GOVERNANCE_CHECK_H

#include "governance/message.h"
#include "governance/receipt.h"

enum { CHECK_FAULT_MAX = 200 };

/* How `address` is known to have signed. */
enum signed_by {
    SIGNED_BY_SERVICE,  /* an entry of the service's own: none is needed */
    SIGNED_BY_KEY,      /* ECDSA */
    SIGNED_BEFORE,      /* nobody has looked */
    SIGNED_BY_EVIDENCE, /* a contract wallet, whose answer was recorded: not checked further without a node */
    SIGNED_BY_NOBODY
};

struct checked {
    /* what is given */
    uint64_t chain_id;
    uint64_t position, size; /* size: that its receipt names */
    struct hash root;        /* that its receipt names */
    struct slice text;
    struct slice receipt; /* r || s || v; p NULL: the receipt is not looked at */
    bool known;           /* its signatures were verified before, and are not looked at */
    /* what is found */
    struct hash leaf;
    bool read; /* the text is an entry; it is to be released by entry_done */
    struct entry entry;
    enum signed_by signed_by;
    bool has_receipt_signer;
    struct address receipt_signer;
    char fault[CHECK_FAULT_MAX]; /* the first thing that is wrong; "" : nothing */
};

/* Texts in the arena. */
void check_entry(struct checked *c, struct arena *arena);

#endif
