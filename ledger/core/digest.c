/* ledger/core/digest.c - Keccak-256, SHA-256 and Ed25519 by Botan 2's C interface; base64 and random bytes; see digest.h. */
#include "ledger/core/digest.h"

#include <assert.h>
#include <errno.h>
#include <pthread.h>
#include <string.h>
#include <sys/random.h>

/* Botan's build.h tests __cplusplus, which C does not define. */
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wundef"
#include <botan/ffi.h>
#pragma GCC diagnostic pop

enum algorithm { KECCAK, SHA256, N_ALGORITHMS };

/* Keccak with capacity 512 and the padding of 2008 (0x01), as Ethereum froze it; not SHA3-256 (0x06). */
static const char *const algorithms[N_ALGORITHMS] = {[KECCAK] = "Keccak-1600(256)", [SHA256] = "SHA-256"};

/* Creating a hash object costs more than hashing an address, so each thread keeps one of each. */
static _Thread_local botan_hash_t own[N_ALGORITHMS];
static pthread_key_t own_key;
static pthread_once_t own_once = PTHREAD_ONCE_INIT;

static void done(int rc)
{
    assert(rc == BOTAN_FFI_SUCCESS);
}

static botan_hash_t state_open(enum algorithm which)
{
    botan_hash_t state = NULL;
    done(botan_hash_init(&state, algorithms[which], 0));
    size_t n = 0;
    done(botan_hash_output_length(state, &n));
    assert(n == sizeof(struct hash));
    return state;
}

static void states_close(void *of_thread)
{
    botan_hash_t *states = of_thread;
    for (size_t i = 0; i < N_ALGORITHMS; i++) {
        if (states[i] != NULL)
            done(botan_hash_destroy(states[i]));
    }
}

static void own_key_make(void)
{
    int rc = pthread_key_create(&own_key, states_close);
    assert(rc == 0);
}

static botan_hash_t state_of_thread(enum algorithm which)
{
    if (own[which] == NULL) {
        own[which] = state_open(which);
        pthread_once(&own_once, own_key_make);
        int rc = pthread_setspecific(own_key, own); /* its destructor runs when the thread ends */
        assert(rc == 0);
    }
    return own[which];
}

static void update(botan_hash_t state, const uint8_t *p, size_t n)
{
    if (n > 0)
        done(botan_hash_update(state, p, n));
}

static struct hash finish(botan_hash_t state)
{
    struct hash h;
    done(botan_hash_final(state, h.b));
    return h;
}

struct hash keccak_bytes(const void *p, size_t n)
{
    botan_hash_t state = state_of_thread(KECCAK);
    update(state, p, n);
    return finish(state);
}

struct hash keccak(struct slice in)
{
    return keccak_bytes(in.p, in.n);
}

struct keccak_run *keccak_open(void)
{
    return (struct keccak_run *)state_open(KECCAK);
}

void keccak_close(struct keccak_run *k)
{
    if (k != NULL)
        done(botan_hash_destroy((botan_hash_t)k));
}

void keccak_add(struct keccak_run *k, struct slice in)
{
    update((botan_hash_t)k, in.p, in.n);
}

struct hash keccak_end(struct keccak_run *k)
{
    return finish((botan_hash_t)k);
}

struct hash sha256(struct slice in)
{
    botan_hash_t state = state_of_thread(SHA256);
    update(state, in.p, in.n);
    return finish(state);
}

struct hash sha256_prefixed(uint8_t prefix, struct slice a, struct slice b)
{
    botan_hash_t state = state_of_thread(SHA256);
    update(state, &prefix, 1);
    update(state, a.p, a.n);
    update(state, b.p, b.n);
    return finish(state);
}

void ed25519_public(const struct ed25519_seed *seed, uint8_t out[32])
{
    botan_privkey_t key = NULL;
    botan_pubkey_t public_key = NULL;
    done(botan_privkey_load_ed25519(&key, seed->b));
    done(botan_privkey_export_pubkey(&public_key, key));
    done(botan_pubkey_ed25519_get_pubkey(public_key, out));
    done(botan_pubkey_destroy(public_key));
    done(botan_privkey_destroy(key));
}

void ed25519_sign(const struct ed25519_seed *seed, struct slice message, uint8_t out[ED25519_SIGNATURE])
{
    botan_privkey_t key = NULL;
    botan_pk_op_sign_t op = NULL;
    botan_rng_t rng = NULL; /* Ed25519 draws nothing from it, but it must be there */
    size_t n = ED25519_SIGNATURE;
    done(botan_privkey_load_ed25519(&key, seed->b));
    done(botan_pk_op_sign_create(&op, key, "Pure", 0));
    done(botan_rng_init(&rng, "system"));
    if (message.n > 0)
        done(botan_pk_op_sign_update(op, message.p, message.n));
    done(botan_pk_op_sign_finish(op, rng, out, &n));
    assert(n == ED25519_SIGNATURE);
    done(botan_rng_destroy(rng));
    done(botan_pk_op_sign_destroy(op));
    done(botan_privkey_destroy(key));
}

/* RFC 8032 section 5.1.7: "decode ... the second half as an integer S, in the range 0 <= s < L". Botan 2 takes larger ones, which
 * would be other signatures of the same message. */
static bool scalar_in_range(const uint8_t s[32])
{
    static const uint8_t order[32] = {0xed, 0xd3, 0xf5, 0x5c, 0x1a, 0x63, 0x12, 0x58,       0xd6,
                                      0x9c, 0xf7, 0xa2, 0xde, 0xf9, 0xde, 0x14, [31] = 0x10}; /* little endian */
    for (size_t i = 32; i-- > 0;) {
        if (s[i] != order[i])
            return s[i] < order[i];
    }
    return false;
}

bool ed25519_verify(const uint8_t public_key[32], struct slice message, const uint8_t signature[ED25519_SIGNATURE])
{
    botan_pubkey_t key = NULL;
    botan_pk_op_verify_t op = NULL;
    if (!scalar_in_range(signature + 32) || botan_pubkey_load_ed25519(&key, public_key) != BOTAN_FFI_SUCCESS)
        return false;
    done(botan_pk_op_verify_create(&op, key, "Pure", 0));
    if (message.n > 0)
        done(botan_pk_op_verify_update(op, message.p, message.n));
    int rc = botan_pk_op_verify_finish(op, signature, ED25519_SIGNATURE);
    done(botan_pk_op_verify_destroy(op));
    done(botan_pubkey_destroy(key));
    return rc == BOTAN_FFI_SUCCESS;
}

enum err random_fill(uint8_t *out, size_t n)
{
    for (size_t got = 0; got < n;) {
        ssize_t r = getrandom(out + got, n - got, 0);
        if (r < 0 && errno != EINTR)
            return err_with(ERR_IO, "random bytes: %s", strerror(errno));
        got += r > 0 ? (size_t)r : 0;
    }
    return OK;
}

static const char base64_digits[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

void base64_append(struct buffer *out, struct slice in)
{
    buffer_reserve(out, (in.n + 2) / 3 * 4);
    for (size_t i = 0; i < in.n; i += 3) {
        size_t left = in.n - i;
        uint32_t v = (uint32_t)in.p[i] << 16 | (left > 1 ? (uint32_t)in.p[i + 1] << 8 : 0) |
                     (left > 2 ? in.p[i + 2] : 0);
        buffer_u8(out, (uint8_t)base64_digits[v >> 18]);
        buffer_u8(out, (uint8_t)base64_digits[v >> 12 & 63]);
        buffer_u8(out, (uint8_t)(left > 1 ? base64_digits[v >> 6 & 63] : '='));
        buffer_u8(out, (uint8_t)(left > 2 ? base64_digits[v & 63] : '='));
    }
}

/* The value of a base64 digit, or 64. */
static uint32_t digit_value(char c)
{
    const char *at = c != '\0' ? strchr(base64_digits, c) : NULL;
    return at != NULL ? (uint32_t)(at - base64_digits) : 64;
}

enum err base64_parse(const char *text, size_t n, uint8_t *out, size_t max, size_t *out_n)
{
    static const char malformed[] = "base64: 4 digits for 3 bytes, padded with =, and nothing else";
    size_t padding = 0;
    while (padding < 2 && padding < n && text[n - 1 - padding] == '=')
        padding++;
    if (n % 4 != 0)
        return err_with(ERR_FIELD, "%s", malformed);
    uint32_t v = 0;
    for (size_t i = 0; i < n - padding; i++) {
        v = v << 6 | digit_value(text[i]); /* the last digits' bits remain in v */
        if (digit_value(text[i]) > 63)
            return err_with(ERR_FIELD, "%s", malformed);
    }
    /* RFC 4648 section 3.5: the bits that the padding leaves over are zero, so that each run of bytes has one text. */
    if ((padding == 1 && (v & 3) != 0) || (padding == 2 && (v & 15) != 0))
        return err_with(ERR_FIELD, "%s", malformed);
    size_t bytes = n / 4 * 3 - padding;
    if (bytes > max)
        return err_with(ERR_TOO_LARGE, "more than %zu bytes", max);
    for (size_t i = 0; i < bytes; i++) {
        const char *four = text + i / 3 * 4;
        size_t k = i % 3;
        out[i] = (uint8_t)(digit_value(four[k]) << (2 + 2 * k) | digit_value(four[k + 1]) >> (4 - 2 * k));
    }
    *out_n = bytes;
    return OK;
}
