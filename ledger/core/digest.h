/* ledger/core/digest.h - Keccak-256 as Ethereum uses it (original padding), one shot and streaming.
 *
 * The only file that knows Botan. "SHA-3" of the standard libraries pads differently and must not be used. */
#ifndef LEDGER_CORE_DIGEST_H
#define LEDGER_CORE_DIGEST_H

#include "ledger/core/bytes.h"

struct hash keccak(struct slice in);
struct hash keccak_bytes(const void *p, size_t n);

struct keccak; /* a running hash; opaque */
struct keccak *keccak_open(void);
void keccak_update(struct keccak *k, const void *p, size_t n);
/* The digest of all updates since open or the last finish; starts anew. */
struct hash keccak_finish(struct keccak *k);
void keccak_close(struct keccak *k);

#endif
