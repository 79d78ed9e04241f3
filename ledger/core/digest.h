/* ledger/core/digest.h - Keccak-256 as Ethereum uses it (original padding), SHA-256, Ed25519, base64, random bytes.
 *
 * The only file that knows Botan. "SHA-3" of the standard libraries pads differently and must not be used. */
#ifndef LEDGER_CORE_DIGEST_H
#define LEDGER_CORE_DIGEST_H

#include "ledger/core/arena.h"

struct hash keccak(struct slice in);
struct hash keccak_bytes(const void *p, size_t n);

/* Keccak-256 of what comes in pieces. */
struct keccak_run;
struct keccak_run *keccak_open(void);
void keccak_close(struct keccak_run *k); /* NULL is fine */
void keccak_add(struct keccak_run *k, struct slice in);
struct hash keccak_end(struct keccak_run *k); /* of all since it was opened or ended; begins anew */

struct hash sha256(struct slice in);
/* SHA-256 of a byte and two runs after it: what Merkle trees of RFC 6962 are made of. Either run may be empty. */
struct hash sha256_prefixed(uint8_t prefix, struct slice a, struct slice b);

/* Ed25519 (RFC 8032): the private key is its 32-byte seed. */
struct ed25519_seed {
    uint8_t b[32];
};
enum { ED25519_SIGNATURE = 64 };
void ed25519_public(const struct ed25519_seed *seed, uint8_t out[32]);
void ed25519_sign(const struct ed25519_seed *seed, struct slice message, uint8_t out[ED25519_SIGNATURE]);
bool ed25519_verify(const uint8_t public_key[32], struct slice message, const uint8_t signature[ED25519_SIGNATURE]);

/* From the system's generator. ERR_IO. */
MUST_CHECK enum err random_fill(uint8_t *out, size_t n);

/* RFC 4648, with padding. Decoding: ERR_FIELD: not exactly that; ERR_TOO_LARGE: more than max bytes. */
void base64_append(struct buffer *out, struct slice in);
MUST_CHECK enum err base64_parse(const char *text, size_t n, uint8_t *out, size_t max, size_t *out_n);

#endif
