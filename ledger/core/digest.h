/* ledger/core/digest.h - Keccak-256 as Ethereum uses it (original padding).
 *
 * The only file that knows Botan. "SHA-3" of the standard libraries pads differently and must not be used. */
#ifndef LEDGER_CORE_DIGEST_H
#define LEDGER_CORE_DIGEST_H

#include "ledger/core/bytes.h"

struct hash keccak(struct slice in);
struct hash keccak_bytes(const void *p, size_t n);

#endif
