/* tests/ledger/core/test_sig.c - signatures are read, recovered and made as Ethereum's wallets do, or refused. */
#include <stdint.h>
#include <string.h>

#include <pthread.h>

#include "ledger/core/digest.h"
#include "ledger/core/sig.h"
#include "tests/support/unit.h"

enum { THREADS = 4, TIMES = 50, RANDOM_ROUNDS = 200 };

#define ORDER      "fffffffffffffffffffffffffffffffebaaedce6af48a03bbfd25e8cd0364141"
#define ORDER_LESS "fffffffffffffffffffffffffffffffebaaedce6af48a03bbfd25e8cd0364140"
#define HALF       "7fffffffffffffffffffffffffffffff5d576e7357a4501ddfe92f46681b20a0"
#define HALF_MORE  "7fffffffffffffffffffffffffffffff5d576e7357a4501ddfe92f46681b20a1"
#define ZERO       "0000000000000000000000000000000000000000000000000000000000000000"
#define ONE        "0000000000000000000000000000000000000000000000000000000000000001"
#define MORE       "ffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff"

/* keccak("altledger") signed by ethers 6; the first key is hardhat's account 0. */
#define DIGEST "0xd93c0fb663faa428a9fddcbaefa0f81bf93b04fab090f8c54fae6580cada1eb8"
static const struct {
    const char *key, *address, *signature;
} known[] = {
    {"0xac0974bec39a17e36ba4a6b4d238ff944bacb478cbed5efcae784d7bf4f2ff80", "0xf39Fd6e51aad88F6F4ce6aB8827279cffFb92266",
     "0x320de3a8d8cf4611631f4519874048e074f2f7fcfbeaf116399afb05bfa562272918764b7ec835b76667e9b7c20f37d2daf4af2c97d3a2d1eb"
     "f7a342c21db9a21c"},
    {"0x" ONE, "0x7E5F4552091A69125d5DfCb7b8C2659029395Bdf",
     "0x71b671a18914f8ae3c9e8c12e2b72452667f827ac435e1b42d06773e1a2af535565d7fda5b53e0c5fc014f072ab237772ade443c09387f7aad"
     "a0a7319528b70e1c"},
    {"0x" ORDER_LESS, "0x80C0dbf239224071c59dD8970ab9d542E3414aB2",
     "0x3e9a9682adcca5bf0a2f373ad7de4af4c6756f739642208a8139899b294e6668148723362a326de42e9d810d6d52f2f4ccba65677b9123d58a"
     "8cb2a451d364da1b"},
};
enum { KNOWN = sizeof known / sizeof *known };

static struct hash hash_of(const char *text)
{
    struct hash h;
    assert_int_equal(hash_parse(text, strlen(text), &h), OK);
    return h;
}

static struct address address_of(const char *text)
{
    struct address a;
    assert_int_equal(address_parse(text, strlen(text), &a), OK);
    return a;
}

static struct sig_key key_of(const char *text)
{
    struct sig_key k;
    struct hash h = hash_of(text);
    memcpy(k.b, h.b, sizeof k.b);
    return k;
}

static enum err parse(const char *hex, struct signature *out)
{
    uint8_t bytes[128];
    size_t n = 0;
    assert_int_equal(hex_parse(hex, strlen(hex), bytes, sizeof bytes, &n), OK);
    return signature_parse((struct slice){bytes, n}, out);
}

static void assert_refused(const char *hex, const char *detail)
{
    struct signature s = {{7}}, before = s;
    assert_int_equal(parse(hex, &s), ERR_FIELD);
    assert_non_null(strstr(err_detail(), detail));
    assert_memory_equal(&s, &before, sizeof s);
}

static void sig_key_address__is_the_wallets(void **unused)
{
    (void)unused;
    for (size_t i = 0; i < KNOWN; i++) {
        struct sig_key k = key_of(known[i].key);
        struct address a;
        assert_int_equal(sig_key_address(&k, &a), OK);
        assert_true(address_equal(a, address_of(known[i].address)));
    }
}

static void signature_make__signs_as_the_wallets(void **unused)
{
    (void)unused;
    for (size_t i = 0; i < KNOWN; i++) {
        struct sig_key k = key_of(known[i].key);
        struct signature want, got;
        assert_int_equal(parse(known[i].signature, &want), OK);
        assert_int_equal(signature_make(&k, hash_of(DIGEST), &got), OK);
        assert_memory_equal(&got, &want, sizeof got);
    }
}

static void signature_recover__finds_the_signer(void **unused)
{
    (void)unused;
    for (size_t i = 0; i < KNOWN; i++) {
        struct signature s;
        struct address a;
        assert_int_equal(parse(known[i].signature, &s), OK);
        assert_int_equal(signature_recover(&s, hash_of(DIGEST), &a), OK);
        assert_true(address_equal(a, address_of(known[i].address)));
        s.b[64] = 27 + 28 - s.b[64]; /* the other v is another signer */
        assert_int_equal(signature_recover(&s, hash_of(DIGEST), &a), OK);
        assert_false(address_equal(a, address_of(known[i].address)));
    }
}

static void signature_parse__takes_small_v(void **unused)
{
    (void)unused;
    struct signature s;
    assert_int_equal(parse("0x" ONE ONE "00", &s), OK);
    assert_int_equal(s.b[64], 27);
    assert_int_equal(parse("0x" ONE ONE "01", &s), OK);
    assert_int_equal(s.b[64], 28);
    assert_int_equal(parse("0x" ONE ONE "1b", &s), OK);
    assert_int_equal(s.b[64], 27);
    assert_int_equal(parse("0x" ONE ONE "1c", &s), OK);
    assert_int_equal(s.b[64], 28);
}

static void signature_parse__refuses_other_forms(void **unused)
{
    (void)unused;
    assert_refused("0x", "65 bytes, not 0");
    assert_refused("0x" ONE ONE, "65 bytes, not 64"); /* the compact form of EIP-2098 */
    assert_refused("0x" ONE ONE "1b00", "65 bytes, not 66");
    assert_refused("0x" ONE ONE "02", "v ");
    assert_refused("0x" ONE ONE "1a", "v ");
    assert_refused("0x" ONE ONE "1d", "v ");
    assert_refused("0x" ONE ONE "25", "v "); /* EIP-155's is for transactions */
    assert_refused("0x" ONE ONE "ff", "v ");
    assert_refused("0x" ZERO ONE "1b", "r ");
    assert_refused("0x" ORDER ONE "1b", "r ");
    assert_refused("0x" MORE ONE "1b", "r ");
    assert_refused("0x" ONE ZERO "1b", "s ");
    assert_refused("0x" ONE ORDER "1b", "out of range");
    assert_refused("0x" ONE MORE "1b", "out of range");
    assert_refused("0x" ONE HALF_MORE "1b", "upper half");
    assert_refused("0x" ONE ORDER_LESS "1b", "upper half");
}

static void signature_parse__takes_the_edges(void **unused)
{
    (void)unused;
    struct signature s;
    assert_int_equal(parse("0x" ORDER_LESS HALF "1b", &s), OK);
    assert_int_equal(parse("0x" ONE HALF "1b", &s), OK);
}

/* 5^3 + 7 is no square: no point has x = 5. What was not parsed is refused, too. */
static void signature_recover__refuses_what_no_key_makes(void **unused)
{
    (void)unused;
    struct signature s = {.b = {[31] = 5, [63] = 1, [64] = 27}};
    struct address a;
    assert_int_equal(signature_parse((struct slice){s.b, sizeof s.b}, &s), OK);
    assert_int_equal(signature_recover(&s, hash_of(DIGEST), &a), ERR_FIELD);
    s = (struct signature){.b = {[31] = 1, [63] = 1, [64] = 29}};
    assert_int_equal(signature_recover(&s, hash_of(DIGEST), &a), ERR_FIELD);
    s.b[64] = 0;
    assert_int_equal(signature_recover(&s, hash_of(DIGEST), &a), ERR_FIELD);
    memset(s.b, 0xff, 64);
    s.b[64] = 27;
    assert_int_equal(signature_recover(&s, hash_of(DIGEST), &a), ERR_FIELD);
}

static void sig_key__refuses_what_is_no_key(void **unused)
{
    (void)unused;
    static const char *const all[] = {"0x" ZERO, "0x" ORDER, "0x" MORE};
    for (size_t i = 0; i < sizeof all / sizeof *all; i++) {
        struct sig_key k = key_of(all[i]);
        struct address a;
        struct signature s;
        assert_int_equal(sig_key_address(&k, &a), ERR_FIELD);
        assert_int_equal(signature_make(&k, hash_of(DIGEST), &s), ERR_FIELD);
    }
}

/* order - s, for s below the order. */
static void negate(const uint8_t s[32], uint8_t out[32])
{
    struct hash n = hash_of("0x" ORDER);
    int borrow = 0;
    for (size_t i = 32; i-- > 0;) {
        int d = n.b[i] - s[i] - borrow;
        borrow = d < 0;
        out[i] = (uint8_t)(d & 0xff);
    }
}

static void signature__round_trips_and_has_one_form(void **unused)
{
    (void)unused;
    for (int i = 0; i < RANDOM_ROUNDS; i++) {
        struct sig_key k;
        struct hash digest;
        struct signature s, again, high, flipped;
        struct address a, b;
        assert_int_equal(random_fill(k.b, sizeof k.b), OK);
        assert_int_equal(random_fill(digest.b, sizeof digest.b), OK);
        assert_int_equal(sig_key_address(&k, &a), OK);
        assert_int_equal(signature_make(&k, digest, &s), OK);
        assert_int_equal(signature_parse((struct slice){s.b, sizeof s.b}, &again), OK);
        assert_memory_equal(&s, &again, sizeof s);
        assert_int_equal(signature_recover(&s, digest, &b), OK);
        assert_true(address_equal(a, b));
        /* (r, -s) with the other v is of the same signer, so it must not pass. */
        high = s;
        negate(s.b + 32, high.b + 32);
        high.b[64] = 27 + 28 - s.b[64];
        assert_int_equal(signature_recover(&high, digest, &b), OK);
        assert_true(address_equal(a, b));
        assert_int_equal(signature_parse((struct slice){high.b, sizeof high.b}, &again), ERR_FIELD);
        /* Another bit anywhere is another signer, or none. */
        flipped = s;
        flipped.b[i % 64] ^= (uint8_t)(1 << i % 8);
        if (signature_recover(&flipped, digest, &b) == OK)
            assert_false(address_equal(a, b));
        digest.b[i % 32] ^= 1;
        if (signature_recover(&s, digest, &b) == OK)
            assert_false(address_equal(a, b));
    }
}

static void *recover_often(void *result)
{
    struct sig_key k = key_of(known[0].key);
    bool same = true;
    for (int i = 0; i < TIMES; i++) {
        struct signature s;
        struct address a;
        struct hash digest = keccak_bytes(&i, sizeof i);
        same = same && signature_make(&k, digest, &s) == OK && signature_recover(&s, digest, &a) == OK &&
               address_equal(a, address_of(known[0].address));
    }
    *(bool *)result = same;
    return NULL;
}

static void signature__threads_share_the_context(void **unused)
{
    (void)unused;
    pthread_t threads[THREADS];
    bool same[THREADS] = {false};
    for (int i = 0; i < THREADS; i++)
        assert_int_equal(pthread_create(&threads[i], NULL, recover_often, &same[i]), 0);
    for (int i = 0; i < THREADS; i++) {
        assert_int_equal(pthread_join(threads[i], NULL), 0);
        assert_true(same[i]);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(sig_key_address__is_the_wallets),
        cmocka_unit_test(signature_make__signs_as_the_wallets),
        cmocka_unit_test(signature_recover__finds_the_signer),
        cmocka_unit_test(signature_parse__takes_small_v),
        cmocka_unit_test(signature_parse__refuses_other_forms),
        cmocka_unit_test(signature_parse__takes_the_edges),
        cmocka_unit_test(signature_recover__refuses_what_no_key_makes),
        cmocka_unit_test(sig_key__refuses_what_is_no_key),
        cmocka_unit_test(signature__round_trips_and_has_one_form),
        cmocka_unit_test(signature__threads_share_the_context),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
