/* governance/keys.h - the service's two keys: Ed25519 for checkpoints, secp256k1 for receipts. Neither can move anything.
 *
 * They lie in a directory as log.ed25519 and receipts.secp256k1: 0x, 64 hexadecimal digits, a newline; mode 0400. What is missing is made.
 * Several processes on one database must have the same: who finds other keys in the log records its own there. */
#ifndef GOVERNANCE_KEYS_H
#define GOVERNANCE_KEYS_H

#include "governance/log.h"
#include "ledger/core/digest.h"
#include "ledger/core/sig.h"

struct keys {
    struct ed25519_seed log;
    struct note_key note; /* its public half; `origin` is the caller's text */
    struct sig_key receipts;
    struct address receipts_address;
};

/* Read or make. A file that others may read is refused. ERR_CONFIG, ERR_IO: the detail names the file. */
MUST_CHECK enum err keys_open(const char *directory, const char *origin, struct keys *out);
void keys_done(struct keys *k); /* wipes them */

#endif
