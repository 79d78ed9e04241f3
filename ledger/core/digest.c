/* ledger/core/digest.c - Keccak-256 by Botan 2's C interface; see digest.h. */
#include "ledger/core/digest.h"

#include <assert.h>
#include <pthread.h>

/* Botan's build.h tests __cplusplus, which C does not define. */
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wundef"
#include <botan/ffi.h>
#pragma GCC diagnostic pop

/* Keccak with capacity 512 and the padding of 2008 (0x01), as Ethereum froze it; not SHA3-256 (0x06). */
static const char algorithm[] = "Keccak-1600(256)";

/* Creating a hash object costs more than hashing an address, so each thread keeps one. */
static _Thread_local botan_hash_t own;
static pthread_key_t own_key;
static pthread_once_t own_once = PTHREAD_ONCE_INIT;

static botan_hash_t state_open(void)
{
    botan_hash_t state = NULL;
    int rc = botan_hash_init(&state, algorithm, 0);
    assert(rc == BOTAN_FFI_SUCCESS);
    size_t n = 0;
    rc = botan_hash_output_length(state, &n);
    assert(rc == BOTAN_FFI_SUCCESS && n == sizeof(struct hash));
    return state;
}

static void state_close(void *state)
{
    int rc = botan_hash_destroy(state);
    assert(rc == BOTAN_FFI_SUCCESS);
}

static void own_key_make(void)
{
    int rc = pthread_key_create(&own_key, state_close);
    assert(rc == 0);
}

static botan_hash_t state_of_thread(void)
{
    if (own == NULL) {
        own = state_open();
        pthread_once(&own_once, own_key_make);
        int rc = pthread_setspecific(own_key, own); /* its destructor runs when the thread ends */
        assert(rc == 0);
    }
    return own;
}

struct hash keccak_bytes(const void *p, size_t n)
{
    botan_hash_t state = state_of_thread();
    struct hash h;
    int rc = n > 0 ? botan_hash_update(state, p, n) : BOTAN_FFI_SUCCESS;
    assert(rc == BOTAN_FFI_SUCCESS);
    rc = botan_hash_final(state, h.b);
    assert(rc == BOTAN_FFI_SUCCESS);
    return h;
}

struct hash keccak(struct slice in)
{
    return keccak_bytes(in.p, in.n);
}
