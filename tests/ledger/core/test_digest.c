/* tests/ledger/core/test_digest.c - Keccak-256 agrees with Ethereum's, also in threads. */
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

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(keccak__of_nothing),
        cmocka_unit_test(keccak__gives_the_topics_of_event_signatures),
        cmocka_unit_test(keccak__is_right_at_block_edges),
        cmocka_unit_test(keccak__threads_do_not_share_state),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
