/* tests/ledger/core/test_digest.c - Keccak-256, SHA-256, Ed25519 and base64 agree with what publishes them, also in threads. */
#include <stdint.h>
#include <string.h>

#include <pthread.h>

#include "ledger/core/digest.h"
#include "tests/support/unit.h"

enum { THREADS = 4, TIMES = 20000 };

static void assert_hash(struct hash h, const char *want)
{
    char text[HASH_TEXT + 1];
    hash_format(h, text);
    assert_string_equal(text, want);
}

static const char empty[] = "0xc5d2460186f7233c927e7db2dcc703c0e500b653ca82273b7bfad8045d85a470";

static void keccak__of_nothing(void **unused)
{
    (void)unused;
    assert_hash(keccak_bytes("", 0), empty);
    assert_hash(keccak((struct slice){NULL, 0}), empty);
}

static void keccak__gives_the_topics_of_event_signatures(void **unused)
{
    (void)unused;
    static const char *const topics[][2] = {
        {"Transfer(address,address,uint256)", "0xddf252ad1be2c89b69c2b068fc378daa952ba7f163c4a11628f55a4df523b3ef"},
        {"Approval(address,address,uint256)", "0x8c5be1e5ebec7d5bd14f71427d1e84f3dd0314c0f7b2291e5b200ac8c7c3b925"},
        {"Paused(address)", "0x62e78cea01bee320cd4e420270b5ea74000d11b0c9f74754ebdbfc544b05a258"},
        {"EIP712DomainChanged()", "0x0a6387c9ea3628b88a633bb4f3b151770f70085117a15f9bf3787cda53f13d31"},
        {"DelegateChanged(address,address,address)",
         "0x3134e8a2e6d97e929a7e54011ea5485d7d196dd5f0ba4d4ef95803e8e3fc257f"},
        {"Deposit(address,address,uint256,uint256)",
         "0xdcbc1c05240f31ff3ad067ef1ee35ce4997762752e3a095284754544f4c709d7"},
        {"OperatorDirectedOperatorSetRewardsSubmissionCreated(address,bytes32,(address,uint32),uint256,((address,"
         "uint96)[],address,(address,uint256)[],uint32,uint32,string))",
         "0xfff0759ccb371dfb5691798724e70b4fa61cb3bfe730a33ac19fb86a48efc756"},
    };
    for (size_t i = 0; i < sizeof topics / sizeof *topics; i++)
        assert_hash(keccak_bytes(topics[i][0], strlen(topics[i][0])), topics[i][1]);
}

/* Byte i is 7 i + 3; the lengths stand around the rate of 136 bytes. From ethers 6. */
static const struct {
    size_t n;
    const char *hash;
} lengths[] = {
    {1, "0x69c322e3248a5dfc29d73c5b0553b0185a35cd5bb6386747517ef7e53b15e287"},
    {135, "0x00ef96af9cf4b24c7f269d922294444a197d0a33638c2e56634c57e892103a8f"},
    {136, "0x742061bcad767ed4c4f5883b1dcb1aad11afdcc140dc469d953759b127b9f9ed"},
    {137, "0xe3371f61e770abf254c34239c3b0099ad90594507415bc81dd0a10b9692bbf2a"},
    {271, "0x4401c4afbe16ff911bdbf2d38e556e5b861f3fdf0f9d4306b1c46f6ae4f73584"},
    {272, "0xac141fd7b0a0ffcd2e967254d508da3ec616596493c36fa304425647d90e6de5"},
    {273, "0x16192ea86793083e47731cb3c970600f04768414d92bc0540e54ce8607a0fce0"},
    {1000, "0x80cdc8dd52cbb3dbaea8f383209893fa2bb52efbd5aedbb4b26dcfe307fcdc9b"},
};

static void keccak__is_right_at_block_edges(void **unused)
{
    (void)unused;
    uint8_t in[1000];
    for (size_t i = 0; i < sizeof in; i++)
        in[i] = (uint8_t)(7 * i + 3);
    for (size_t i = 0; i < sizeof lengths / sizeof *lengths; i++)
        assert_hash(keccak_bytes(in, lengths[i].n), lengths[i].hash);
}

static pthread_barrier_t all_started;

static void *hash_often(void *result)
{
    bool same = true;
    struct hash want = keccak_bytes(result, 0);
    pthread_barrier_wait(&all_started);
    for (int i = 0; i < TIMES; i++) {
        (void)keccak_bytes(&i, sizeof i);
        same = same && hash_equal(keccak_bytes("", 0), want);
    }
    *(bool *)result = same;
    return NULL;
}

static void keccak__threads_do_not_share_state(void **unused)
{
    (void)unused;
    pthread_t threads[THREADS];
    bool same[THREADS] = {false};
    assert_int_equal(pthread_barrier_init(&all_started, NULL, THREADS), 0);
    for (int i = 0; i < THREADS; i++)
        assert_int_equal(pthread_create(&threads[i], NULL, hash_often, &same[i]), 0);
    for (int i = 0; i < THREADS; i++) {
        assert_int_equal(pthread_join(threads[i], NULL), 0);
        assert_true(same[i]);
    }
    pthread_barrier_destroy(&all_started);
}

/* FIPS 180-4's examples, and the lengths around a block against the same bytes in two runs. */
static void sha256__gives_the_known_hashes(void **unused)
{
    (void)unused;
    static const char *const all[][2] = {
        {"", "0xe3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"},
        {"abc", "0xba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"},
        {"abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq",
         "0x248d6a61d20638b8e5c026930c3e6039a33ce45964ff2167f6ecedd419db06c1"},
    };
    for (size_t i = 0; i < sizeof all / sizeof *all; i++)
        assert_hash(sha256((struct slice){(const uint8_t *)all[i][0], strlen(all[i][0])}), all[i][1]);
    assert_hash(sha256((struct slice){NULL, 0}), all[0][1]);
}

static void sha256_prefixed__is_of_the_bytes_in_a_row(void **unused)
{
    (void)unused;
    uint8_t in[200];
    for (size_t i = 0; i < sizeof in; i++)
        in[i] = (uint8_t)(7 * i + 3);
    for (size_t n = 1; n <= sizeof in; n++) {
        struct hash want = sha256((struct slice){in, n});
        for (size_t cut = 1; cut <= n; cut++)
            assert_true(
                hash_equal(sha256_prefixed(in[0], (struct slice){in + 1, cut - 1}, (struct slice){in + cut, n - cut}),
                           want));
    }
    /* RFC 6962: the hash of an empty leaf. */
    assert_hash(sha256_prefixed(0, (struct slice){NULL, 0}, (struct slice){NULL, 0}),
                "0x6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d");
}

static void sha256__does_not_disturb_keccak(void **unused)
{
    (void)unused;
    assert_hash(keccak_bytes("", 0), empty);
    assert_false(hash_equal(sha256((struct slice){NULL, 0}), keccak_bytes("", 0)));
    assert_hash(keccak_bytes("", 0), empty);
}

static void from_hex(const char *hex, uint8_t *out, size_t n)
{
    size_t got = 0;
    assert_int_equal(hex_parse(hex, strlen(hex), out, n, &got), OK);
    assert_int_equal(got, n);
}

/* RFC 8032, section 7.1: tests 1, 2, 3 and SHA(abc). */
static const struct {
    const char *seed, *public_key, *message, *signature;
} ed25519_tests[] = {
    {"0x9d61b19deffd5a60ba844af492ec2cc44449c5697b326919703bac031cae7f60",
     "0xd75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a", "0x",
     "0xe5564300c360ac729086e2cc806e828a84877f1eb8e5d974d873e065224901555fb8821590a33bacc61e39701cf9b46bd25bf5f0595bbe2465"
     "5141438e7a100b"},
    {"0x4ccd089b28ff96da9db6c346ec114e0f5b8a319f35aba624da8cf6ed4fb8a6fb",
     "0x3d4017c3e843895a92b70aa74d1b7ebc9c982ccf2ec4968cc0cd55f12af4660c", "0x72",
     "0x92a009a9f0d4cab8720e820b5f642540a2b27b5416503f8fb3762223ebdb69da085ac1e43e15996e458f3613d0f11d8c387b2eaeb4302aeeb0"
     "0d291612bb0c00"},
    {"0xc5aa8df43f9f837bedb7442f31dcb7b166d38535076f094b85ce3a2e0b4458f7",
     "0xfc51cd8e6218a1a38da47ed00230f0580816ed13ba3303ac5deb911548908025", "0xaf82",
     "0x6291d657deec24024827e69c3abe01a30ce548a284743a445e3680d7db5ac3ac18ff9b538d16f290ae67f760984dc6594a7c15e9716ed28dc0"
     "27beceea1ec40a"},
    {"0x833fe62409237b9d62ec77587520911e9a759cec1d19755b7da901b96dca3d42",
     "0xec172b93ad5e563bf4932c70e1245034c35467ef2efd4d64ebf819683467e2bf",
     "0xddaf35a193617abacc417349ae20413112e6fa4e89a97ea20a9eeee64b55d39a2192992a274fc1a836ba3c23a3feebbd454d4423643ce80e2a"
     "9ac94fa54ca49f",
     "0xdc2a4459e7369633a52b1bf277839a00201009a3efbf3ecb69bea2186c26b58909351fc9ac90b3ecfdfbc7c66431e0303dca179c138ac17ad9"
     "bef1177331a704"},
};

static void ed25519__gives_the_signatures_of_rfc_8032(void **unused)
{
    (void)unused;
    for (size_t i = 0; i < sizeof ed25519_tests / sizeof *ed25519_tests; i++) {
        struct ed25519_seed seed;
        uint8_t public_key[32], got[32], message[64], want[ED25519_SIGNATURE], signature[ED25519_SIGNATURE];
        size_t n = 0;
        from_hex(ed25519_tests[i].seed, seed.b, sizeof seed.b);
        from_hex(ed25519_tests[i].public_key, public_key, sizeof public_key);
        from_hex(ed25519_tests[i].signature, want, sizeof want);
        assert_int_equal(hex_parse(ed25519_tests[i].message, strlen(ed25519_tests[i].message), message, sizeof message,
                                   &n),
                         OK);
        ed25519_public(&seed, got);
        assert_memory_equal(got, public_key, sizeof got);
        ed25519_sign(&seed, (struct slice){message, n}, signature);
        assert_memory_equal(signature, want, sizeof want);
        assert_true(ed25519_verify(public_key, (struct slice){message, n}, want));
    }
}

static void ed25519_verify__refuses_what_differs_by_a_bit(void **unused)
{
    (void)unused;
    struct ed25519_seed seed = {{1, 2, 3}};
    uint8_t public_key[32], text[] = "a checkpoint", signature[ED25519_SIGNATURE];
    struct slice message = {text, sizeof text};
    ed25519_public(&seed, public_key);
    ed25519_sign(&seed, message, signature);
    assert_true(ed25519_verify(public_key, message, signature));
    for (size_t i = 0; i < sizeof signature * 8; i++) {
        signature[i / 8] ^= (uint8_t)(1U << i % 8);
        assert_false(ed25519_verify(public_key, message, signature));
        signature[i / 8] ^= (uint8_t)(1U << i % 8);
    }
    for (size_t i = 0; i < sizeof public_key * 8; i++) {
        public_key[i / 8] ^= (uint8_t)(1U << i % 8);
        assert_false(ed25519_verify(public_key, message, signature));
        public_key[i / 8] ^= (uint8_t)(1U << i % 8);
    }
    text[3] ^= 1;
    assert_false(ed25519_verify(public_key, message, signature));
    text[3] ^= 1;
    assert_false(ed25519_verify(public_key, (struct slice){text, 0}, signature));
    assert_true(ed25519_verify(public_key, message, signature));
}

/* S + the order is the same scalar, so that without a bound each signature would have a twin (RFC 8032, section 8.4). */
static void ed25519_verify__refuses_a_scalar_beyond_the_order(void **unused)
{
    (void)unused;
    static const uint8_t order[32] = {0xed, 0xd3, 0xf5, 0x5c, 0x1a, 0x63, 0x12, 0x58,       0xd6,
                                      0x9c, 0xf7, 0xa2, 0xde, 0xf9, 0xde, 0x14, [31] = 0x10};
    struct ed25519_seed seed = {{1, 2, 3}};
    uint8_t public_key[32], signature[ED25519_SIGNATURE];
    ed25519_public(&seed, public_key);
    ed25519_sign(&seed, (struct slice){NULL, 0}, signature);
    assert_true(ed25519_verify(public_key, (struct slice){NULL, 0}, signature));
    unsigned carry = 0;
    for (size_t i = 0; i < 32; i++) {
        carry += (unsigned)signature[32 + i] + order[i];
        signature[32 + i] = (uint8_t)carry;
        carry >>= 8;
    }
    assert_false(ed25519_verify(public_key, (struct slice){NULL, 0}, signature));
}

static void random_fill__fills_all(void **unused)
{
    (void)unused;
    uint8_t a[300] = {0}, b[300] = {0};
    assert_int_equal(random_fill(a, sizeof a - 1), OK);
    assert_int_equal(random_fill(b, sizeof b - 1), OK);
    assert_memory_not_equal(a, b, sizeof a);
    assert_memory_not_equal(a + 256, b + 256, 43);
    assert_int_equal(a[299], 0);
    assert_int_equal(random_fill(a, 0), OK);
}

/* RFC 4648, section 10. */
static void base64__obeys_rfc_4648(void **unused)
{
    (void)unused;
    static const char *const all[][2] = {{"", ""},
                                         {"f", "Zg=="},
                                         {"fo", "Zm8="},
                                         {"foo", "Zm9v"},
                                         {"foob", "Zm9vYg=="},
                                         {"fooba", "Zm9vYmE="},
                                         {"foobar", "Zm9vYmFy"},
                                         {"\xfb\xff\xbf", "+/+/"}};
    for (size_t i = 0; i < sizeof all / sizeof *all; i++) {
        AUTO_BUFFER out = {0};
        uint8_t back[8];
        size_t n = 9;
        buffer_text(&out, "(");
        base64_append(&out, (struct slice){(const uint8_t *)all[i][0], strlen(all[i][0])});
        assert_int_equal(out.n, 1 + strlen(all[i][1]));
        assert_memory_equal(out.p + 1, all[i][1], out.n - 1);
        assert_int_equal(base64_parse(all[i][1], strlen(all[i][1]), back, sizeof back, &n), OK);
        assert_int_equal(n, strlen(all[i][0]));
        assert_memory_equal(back, all[i][0], n);
    }
}

static void base64__round_trips(void **unused)
{
    (void)unused;
    uint8_t in[256], back[256];
    for (size_t i = 0; i < sizeof in; i++)
        in[i] = (uint8_t)(i * 37 + 11);
    for (size_t n = 0; n <= sizeof in; n++) {
        AUTO_BUFFER out = {0};
        size_t got = 0;
        base64_append(&out, (struct slice){in, n});
        const char *text = out.n > 0 ? (const char *)out.p : "";
        assert_int_equal(base64_parse(text, out.n, back, n, &got), OK);
        assert_int_equal(got, n);
        assert_memory_equal(back, in, n);
        if (n > 0)
            assert_int_equal(base64_parse(text, out.n, back, n - 1, &got), ERR_TOO_LARGE);
    }
}

static void base64_parse__refuses_other_forms(void **unused)
{
    (void)unused;
    static const char *const all[] = {"Z",        "Zg",       "Zg=",  "Zm8",        "====",   "=Zg=",  "Z===",
                                      "Zg==Zg==", "Zh==",     "Zm9=", "Zm+=",       "Zm9v\n", " Zm9v", "Zm-_",
                                      "Zm9v=",    "Zm9v====", "Z g=", "Zm\xc3\xa9", "Zm=v"};
    uint8_t out[16] = {5};
    size_t n = 77;
    for (size_t i = 0; i < sizeof all / sizeof *all; i++)
        assert_int_equal(base64_parse(all[i], strlen(all[i]), out, sizeof out, &n), ERR_FIELD);
    assert_int_equal(base64_parse("Zm9\0", 4, out, sizeof out, &n), ERR_FIELD);
    assert_int_equal(n, 77);
    assert_int_equal(out[0], 5);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(keccak__of_nothing),
        cmocka_unit_test(keccak__gives_the_topics_of_event_signatures),
        cmocka_unit_test(keccak__is_right_at_block_edges),
        cmocka_unit_test(keccak__threads_do_not_share_state),
        cmocka_unit_test(sha256__gives_the_known_hashes),
        cmocka_unit_test(sha256_prefixed__is_of_the_bytes_in_a_row),
        cmocka_unit_test(sha256__does_not_disturb_keccak),
        cmocka_unit_test(ed25519__gives_the_signatures_of_rfc_8032),
        cmocka_unit_test(ed25519_verify__refuses_what_differs_by_a_bit),
        cmocka_unit_test(ed25519_verify__refuses_a_scalar_beyond_the_order),
        cmocka_unit_test(random_fill__fills_all),
        cmocka_unit_test(base64__obeys_rfc_4648),
        cmocka_unit_test(base64__round_trips),
        cmocka_unit_test(base64_parse__refuses_other_forms),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
