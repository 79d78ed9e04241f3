/* governance/receipt.h - the statement by which the service binds itself: this message is in the log at that place.
 *
 * EIP-712, domain {name: "altledger", version: "1", chainId}:
 *     Receipt(bytes32 message,uint64 position,uint64 size,bytes32 root,uint64 time)
 * message: the digest that the wallet signed; position: of its entry; size, root: of the log's checkpoint that first holds it; time: when it was
 * accepted, unix seconds. It says nothing about power. */
#ifndef GOVERNANCE_RECEIPT_H
#define GOVERNANCE_RECEIPT_H

#include "ledger/core/json.h"
#include "ledger/core/sig.h"

struct receipt {
    struct hash message;
    uint64_t position, size;
    struct hash root;
    struct instant time;
};

struct hash receipt_digest(uint64_t chain_id, const struct receipt *r);
/* {"domain", "types", "primaryType", "message"}: what a wallet or library verifies. */
void receipt_write(struct json_writer *w, uint64_t chain_id, const struct receipt *r);

#endif
