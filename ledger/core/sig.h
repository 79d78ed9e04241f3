/* ledger/core/sig.h - ECDSA over secp256k1 as Ethereum uses it: who signed a digest; signing with a key of our own.
 *
 * The only file that knows libsecp256k1. A signature is r || s || v (65 bytes) with v 27 or 28 and s in the lower half of the
 * group order (EIP-2: the upper half would be a second signature of the same message). */
#ifndef LEDGER_CORE_SIG_H
#define LEDGER_CORE_SIG_H

#include "ledger/core/bytes.h"

enum { SIGNATURE_BYTES = 65 };

struct signature {
    uint8_t b[SIGNATURE_BYTES];
};

/* A private key: 32 bytes, big endian, in [1, order). */
struct sig_key {
    uint8_t b[32];
};

/* Check the form; v may also be 0 or 1, and becomes 27 or 28. ERR_FIELD, the detail says what is wrong: not 65 bytes, v, r or s
 * out of range, s in the upper half. */
MUST_CHECK enum err signature_parse(struct slice in, struct signature *out);
/* Who signed. ERR_FIELD: no key signs so. Any thread. */
MUST_CHECK enum err signature_recover(const struct signature *s, struct hash digest, struct address *out);

/* ERR_FIELD: not in range. */
MUST_CHECK enum err sig_key_address(const struct sig_key *key, struct address *out);
/* Deterministic (RFC 6979): the same digest has the same signature. ERR_FIELD: the key is not in range. */
MUST_CHECK enum err signature_make(const struct sig_key *key, struct hash digest, struct signature *out);

#endif
