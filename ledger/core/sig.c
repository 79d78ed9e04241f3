/* ledger/core/sig.c - recovering signers and signing by libsecp256k1; see sig.h. */
#include "ledger/core/sig.h"

#include <assert.h>
#include <pthread.h>
#include <string.h>

#include <secp256k1.h>
#include <secp256k1_recovery.h>

#include "ledger/core/digest.h"

enum { SCALAR = 32, UNCOMPRESSED = 65, V_BASE = 27 };

/* SEC 2, section 2.4.1: the order of the group, and half of it (EIP-2: "s-value greater than secp256k1n/2 are now considered
 * invalid"). */
static const uint8_t order[SCALAR] = {0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff,
                                      0xff, 0xff, 0xff, 0xff, 0xfe, 0xba, 0xae, 0xdc, 0xe6, 0xaf, 0x48,
                                      0xa0, 0x3b, 0xbf, 0xd2, 0x5e, 0x8c, 0xd0, 0x36, 0x41, 0x41};
static const uint8_t half_order[SCALAR] = {0x7f, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff,
                                           0xff, 0xff, 0xff, 0xff, 0xff, 0x5d, 0x57, 0x6e, 0x73, 0x57, 0xa4,
                                           0x50, 0x1d, 0xdf, 0xe9, 0x2f, 0x46, 0x68, 0x1b, 0x20, 0xa0};

/* After it is made and blinded nobody writes to it, so that all threads share it. */
static secp256k1_context *context;
static pthread_once_t context_once = PTHREAD_ONCE_INIT;

static void context_make(void)
{
    uint8_t seed[32];
    context = secp256k1_context_create(SECP256K1_CONTEXT_NONE);
    assert(context != NULL);
    if (random_fill(seed, sizeof seed) == OK) { /* only makes timing harder to use; results are the same without */
        int ok = secp256k1_context_randomize(context, seed);
        assert(ok == 1);
    }
}

static const secp256k1_context *shared(void)
{
    pthread_once(&context_once, context_make);
    return context;
}

static bool is_zero(const uint8_t scalar[SCALAR])
{
    return memcmp(scalar, hash_zero.b, SCALAR) == 0;
}

enum err signature_parse(struct slice in, struct signature *out)
{
    if (in.n != SIGNATURE_BYTES)
        return err_with(ERR_FIELD, "a signature is %d bytes, not %zu", SIGNATURE_BYTES, in.n);
    const uint8_t *r = in.p, *s = in.p + SCALAR;
    unsigned v = in.p[SIGNATURE_BYTES - 1];
    if (v > V_BASE + 1 || (v > 1 && v < V_BASE))
        return err_with(ERR_FIELD, "v of a signature is 27 or 28, not %u", v);
    if (is_zero(r) || memcmp(r, order, SCALAR) >= 0)
        return err_with(ERR_FIELD, "r of the signature is out of range");
    if (is_zero(s) || memcmp(s, order, SCALAR) >= 0)
        return err_with(ERR_FIELD, "s of the signature is out of range");
    if (memcmp(s, half_order, SCALAR) > 0)
        return err_with(ERR_FIELD, "s of the signature is in the upper half (EIP-2)");
    memcpy(out->b, in.p, SIGNATURE_BYTES - 1);
    out->b[SIGNATURE_BYTES - 1] = (uint8_t)(v < V_BASE ? v + V_BASE : v);
    return OK;
}

static struct address address_of(const secp256k1_pubkey *key)
{
    uint8_t text[UNCOMPRESSED]; /* 0x04 || x || y */
    size_t n = sizeof text;
    int ok = secp256k1_ec_pubkey_serialize(shared(), text, &n, key, SECP256K1_EC_UNCOMPRESSED);
    assert(ok == 1 && n == sizeof text);
    struct hash h = keccak_bytes(text + 1, sizeof text - 1);
    struct address a;
    memcpy(a.b, h.b + sizeof h.b - sizeof a.b, sizeof a.b);
    return a;
}

enum err signature_recover(const struct signature *s, struct hash digest, struct address *out)
{
    secp256k1_ecdsa_recoverable_signature parsed;
    secp256k1_pubkey key;
    int id = s->b[SIGNATURE_BYTES - 1] - V_BASE;
    if ((id != 0 && id != 1) || !secp256k1_ecdsa_recoverable_signature_parse_compact(shared(), &parsed, s->b, id) ||
        !secp256k1_ecdsa_recover(shared(), &key, &parsed, digest.b))
        return err_with(ERR_FIELD, "no key makes this signature");
    *out = address_of(&key);
    return OK;
}

enum err sig_key_address(const struct sig_key *key, struct address *out)
{
    secp256k1_pubkey public_key;
    if (!secp256k1_ec_pubkey_create(shared(), &public_key, key->b))
        return err_with(ERR_FIELD, "a private key is a number from 1 to the order of the group - 1");
    *out = address_of(&public_key);
    return OK;
}

enum err signature_make(const struct sig_key *key, struct hash digest, struct signature *out)
{
    secp256k1_ecdsa_recoverable_signature made;
    int id = 0;
    /* The default nonce is RFC 6979's; the library's s is always the lower one. */
    if (!secp256k1_ecdsa_sign_recoverable(shared(), &made, digest.b, key->b, NULL, NULL))
        return err_with(ERR_FIELD, "a private key is a number from 1 to the order of the group - 1");
    int ok = secp256k1_ecdsa_recoverable_signature_serialize_compact(shared(), out->b, &id, &made);
    /* Ids 2 and 3 stand for an r beyond the order, which is found once in 2^127 times. */
    assert(ok == 1 && (id == 0 || id == 1));
    out->b[SIGNATURE_BYTES - 1] = (uint8_t)(V_BASE + id);
    return OK;
}
