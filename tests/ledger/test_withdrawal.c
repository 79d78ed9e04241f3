/* tests/ledger/test_withdrawal.c - what a withdrawal took and what it paid, where the order of logs decides. */
#include "ledger/account.h"
#include "tests/ledger/support/eigenlayer.h"

enum { ALICE = 1, BOB = 2, OPERATOR = 0x11, DELAY = 10 };

static const char taken[] = "SELECT string_agg(deposit_shares::text, ' ' ORDER BY position) FROM withdrawal_share";
static const char paid[] = "SELECT string_agg(shares::text, ' ' ORDER BY position) FROM withdrawal_payment";
static const char states[] = "SELECT string_agg(state::text, ' ' ORDER BY position) FROM withdrawal";
static const char doubts[] =
    "SELECT coalesce(string_agg(most::text, ' ' ORDER BY position), 'none') FROM deposit_doubt";

static struct amount half(void)
{
    return amount_from_u64(WAD / 2);
}

/* Block 1: Alice has 100 shares with factor k, with the operator or with nobody. */
static void alice_has_100(struct stage *s, uint8_t operator, struct amount k)
{
    stage_open(s);
    tx_in(s, 1);
    if (operator!= 0)
        delegated(s, ALICE, operator);
    deposit_tokens(s, ALICE, operator, PLAIN, 100, k);
}

static struct queue one(uint8_t id, uint8_t operator, uint8_t strategy, uint64_t scaled)
{
    return (
        struct queue){.id = id, .staker = ALICE, .operator= operator, .n = 1, .items = {{strategy, scaled, scaled}}};
}

/* ---- what was taken ---- */

static void with_a_factor_of_one_or_more__the_shares_follow_from_the_scaled_ones(void **state)
{
    (void)state;
    struct stage s;
    alice_has_100(&s, OPERATOR, amount_from_u64(WAD / 3 * 4));
    tx_in(&s, 2);
    less(&s, OPERATOR, ALICE, PLAIN, 39);
    queued(&s, one(1, OPERATOR, PLAIN, 39)); /* floor(30 * 4/3) less a rounding */
    stage_apply(&s, 1);
    assert_held(&s, BOOK_DEPOSIT, PLAIN, ALICE, 70);
    assert_held(&s, BOOK_QUEUED, PLAIN, ALICE, 39);
    assert_held(&s, BOOK_OPERATOR, PLAIN, OPERATOR, 61);
    assert_held(&s, BOOK_STRATEGY, PLAIN, PLAIN, 100);
    assert_says(&s, taken, "30");
    assert_says(&s, "SELECT slashable_until || ' ' || start_block || ' ' || items FROM withdrawal", "12 2 1");
    assert_says(&s, "SELECT substr(encode(second, 'hex'), 1, 2) FROM account WHERE book = 10", "11");
    assert_consistent(&s);
    stage_done(&s);
}

static void a_reset_of_the_factor__takes_all(void **state)
{
    (void)state;
    struct stage s;
    alice_has_100(&s, OPERATOR, half());
    tx_in(&s, 2);
    undelegated(&s, ALICE, OPERATOR);
    less(&s, OPERATOR, ALICE, PLAIN, 50);
    rate(&s, OTHER, WAD); /* logs of others may lie between */
    factor(&s, ALICE, PLAIN, wad());
    queued(&s, one(1, OPERATOR, PLAIN, 50));
    stage_apply(&s, 1);
    assert_held(&s, BOOK_DEPOSIT, PLAIN, ALICE, 0);
    assert_says(&s, taken, "100");
    assert_says(&s, doubts, "none");
    stage_done(&s);
}

static void the_factor_of_a_deposit__is_no_reset(void **state)
{
    (void)state;
    struct stage s;
    alice_has_100(&s, 0, wad());
    tx_in(&s, 2);
    deposit_tokens(&s, ALICE, 0, PLAIN, 5, wad());
    queued(&s, one(1, 0, PLAIN, 40));
    tx_in(&s, 2); /* of another transaction: neither */
    deposit_tokens(&s, ALICE, 0, OTHER, 9, wad());
    factor(&s, ALICE, OTHER, wad());
    tx_in(&s, 2);
    queued(&s, one(2, 0, OTHER, 4));
    stage_apply(&s, 1);
    assert_held(&s, BOOK_DEPOSIT, PLAIN, ALICE, 65);
    assert_held(&s, BOOK_DEPOSIT, OTHER, ALICE, 5);
    stage_done(&s);
}

static void a_delegated_reset__comes_after_the_operators_decrease(void **state)
{
    (void)state;
    struct stage s;
    alice_has_100(&s, OPERATOR, wad());
    tx_in(&s, 2);
    delegated(&s, BOB, OPERATOR);
    factor(&s, ALICE, PLAIN, wad()); /* of a deposit whose other logs are of another strategy manager */
    queued(&s, one(1, OPERATOR, PLAIN, 40));
    stage_apply(&s, 0);
    assert_held(&s, BOOK_DEPOSIT, PLAIN, ALICE, 60);
    stage_done(&s);
}

static void several_items__are_read_backwards(void **state)
{
    (void)state;
    struct stage s;
    alice_has_100(&s, OPERATOR, half());
    deposit_tokens(&s, ALICE, OPERATOR, OTHER, 60, half());
    deposit_tokens(&s, ALICE, OPERATOR, ALIEN, 9, wad());
    tx_in(&s, 2);
    less(&s, OPERATOR, ALICE, PLAIN, 50);
    factor(&s, ALICE, PLAIN, wad());
    less(&s, OPERATOR, ALICE, ALIEN, 4);
    less(&s, OPERATOR, ALICE, OTHER, 30);
    factor(&s, ALICE, OTHER, wad());
    queued(&s, (struct queue){.id = 1,
                              .staker = ALICE,
                              .operator= OPERATOR,
                              .n = 3,
                              .items = {{PLAIN, 50, 50}, {ALIEN, 4, 4}, {OTHER, 30, 30}}});
    stage_apply(&s, 1);
    assert_says(&s, taken, "100 4 60");
    assert_held(&s, BOOK_DEPOSIT, ALIEN, ALICE, 5);
    stage_done(&s);
}

static void one_strategy_twice__the_last_item_takes_what_is_left(void **state)
{
    (void)state;
    struct stage s;
    alice_has_100(&s, 0, amount_from_u64(2 * WAD));
    tx_in(&s, 2);
    factor(&s, ALICE, PLAIN, wad());
    queued(&s, (struct queue){.id = 1, .staker = ALICE, .n = 2, .items = {{PLAIN, 60, 60}, {PLAIN, 140, 140}}});
    stage_apply(&s, 1);
    assert_says(&s, taken, "30 70"); /* by the factor before its reset */
    assert_held(&s, BOOK_DEPOSIT, PLAIN, ALICE, 0);
    assert_held(&s, BOOK_QUEUED, PLAIN, ALICE, 200);
    stage_done(&s);
}

/* ---- what logs leave open ---- */

/* A node that says how many deposit shares are left. */
struct node {
    uint64_t left;
    enum read_state state;
    unsigned asked;
    struct read_key key;
};

static enum err answer(void *arg, const struct read_key *key, struct arena *arena, struct chain_read *out)
{
    struct node *n = arg;
    uint8_t be[32];
    n->asked++;
    n->key = *key;
    amount_to_be(amount_from_u64(n->left), be);
    *out = (struct chain_read){n->state, {arena_copy(arena, be, sizeof be), sizeof be}};
    return OK;
}

/* Factor a half: 40 or 41 shares may have been 20 scaled ones. */
static void queue_20(struct stage *s, uint64_t number, uint8_t id)
{
    tx_in(s, number);
    less(s, OPERATOR, ALICE, PLAIN, 20);
    queued(s, one(id, OPERATOR, PLAIN, 20));
}

static void open_shares__are_booked_as_the_least_with_a_doubt(void **state)
{
    (void)state;
    struct stage s;
    alice_has_100(&s, OPERATOR, half());
    queue_20(&s, 2, 1);
    queue_20(&s, 3, 2);
    stage_apply(&s, 1);
    assert_says(&s, taken, "40 40");
    assert_says(&s, doubts, "1 2");
    assert_held(&s, BOOK_DEPOSIT, PLAIN, ALICE, 20);
    tx_in(&s, 4);
    less(&s, OPERATOR, ALICE, PLAIN, 9);
    factor(&s, ALICE, PLAIN, wad());
    queued(&s, one(3, OPERATOR, PLAIN, 9));
    stage_apply(&s, 1);
    assert_says(&s, doubts, "1 2 0"); /* all is gone: no doubt any more */
    assert_held(&s, BOOK_DEPOSIT, PLAIN, ALICE, 0);
    stage_done(&s);
}

static void what_stays_with_the_staker__limits_what_was_taken(void **state)
{
    (void)state;
    struct stage s;
    alice_has_100(&s, OPERATOR, amount_from_u64(WAD / 32));
    tx_in(&s, 2);
    less(&s, OPERATOR, ALICE, PLAIN, 3);
    queued(&s, one(1, OPERATOR, PLAIN, 3)); /* 96 to 99; with all 100 the factor would have been reset */
    stage_apply(&s, 1);
    assert_says(&s, taken, "96");
    assert_says(&s, doubts, "3");
    tx_in(&s, 3);
    queued(&s, one(2, OPERATOR, PLAIN, 0)); /* nothing is refused, so that it is 1 to 3 */
    stage_apply(&s, 1);
    assert_says(&s, taken, "96 1");
    assert_says(&s, doubts, "3 2"); /* not 5: of the 3 left at most, one is there for certain */
    stage_done(&s);
}

static void the_chain__settles_what_is_open(void **state)
{
    (void)state;
    struct stage s;
    struct node n = {.left = 59, .state = READ_KNOWN};
    alice_has_100(&s, OPERATOR, half());
    s.books.reads.ask = answer;
    s.books.reads.ask_arg = &n;
    queue_20(&s, 2, 1);
    stage_apply(&s, 1);
    assert_says(&s, taken, "41");
    assert_says(&s, doubts, "none");
    assert_held(&s, BOOK_DEPOSIT, PLAIN, ALICE, 59);
    assert_int_equal(n.asked, 1);
    struct address manager = address_of(MANAGER), alice = address_of(ALICE), plain = address_of(PLAIN);
    static const uint8_t selector[] = {0xfe, 0x24, 0x3a, 0x17}; /* stakerDepositShares(address,address) */
    assert_true(address_equal(n.key.contract, manager));
    assert_int_equal(n.key.n, 68);
    assert_memory_equal(n.key.calldata, selector, 4);
    assert_memory_equal(n.key.calldata + 16, alice.b, 20);
    assert_memory_equal(n.key.calldata + 48, plain.b, 20);
    stage_done(&s);
}

static void later_deposits_of_the_block__are_not_what_was_left(void **state)
{
    (void)state;
    struct stage s;
    struct node n = {.left = 67, .state = READ_KNOWN};
    alice_has_100(&s, OPERATOR, half());
    s.books.reads.ask = answer;
    s.books.reads.ask_arg = &n;
    queue_20(&s, 2, 1);
    tx_in(&s, 2);
    deposit_tokens(&s, ALICE, OPERATOR, PLAIN, 7, half());
    deposit_tokens(&s, BOB, OPERATOR, PLAIN, 3, wad());
    deposit_tokens(&s, ALICE, OPERATOR, OTHER, 3, wad());
    stage_apply(&s, 1);
    assert_says(&s, taken, "40");
    assert_held(&s, BOOK_DEPOSIT, PLAIN, ALICE, 67);
    assert_says(&s, doubts, "none");
    stage_done(&s);
}

static void a_later_queueing_of_the_block__hides_what_was_left(void **state)
{
    (void)state;
    struct stage s;
    struct node n = {.left = 59, .state = READ_KNOWN};
    alice_has_100(&s, OPERATOR, half());
    s.books.reads.ask = answer;
    s.books.reads.ask_arg = &n;
    queue_20(&s, 2, 1);
    tx_in(&s, 2);
    queued(&s, one(2, OPERATOR, PLAIN, 0)); /* takes one, which is not open */
    stage_apply(&s, 1);
    assert_says(&s, taken, "40 1");
    assert_says(&s, doubts, "1");
    assert_int_equal(n.asked, 0);
    stage_done(&s);
}

static void an_answer_that_cannot_be__changes_nothing(void **state)
{
    (void)state;
    static const struct node nodes[] = {
        {.left = 61, .state = READ_KNOWN},
        {.left = 58, .state = READ_KNOWN},
        {.left = 59, .state = READ_REVERTED},
        {.left = 59, .state = READ_UNAVAILABLE},
    };
    for (size_t i = 0; i < sizeof nodes / sizeof *nodes; i++) {
        struct stage s;
        struct node n = nodes[i];
        alice_has_100(&s, OPERATOR, half());
        s.books.reads.ask = answer;
        s.books.reads.ask_arg = &n;
        queue_20(&s, 2, 1);
        stage_apply(&s, 1);
        assert_says(&s, taken, "40");
        assert_says(&s, doubts, "1");
        stage_done(&s);
    }
}

/* ---- what was paid ---- */

/* Alice queues 60 of 100 in block 2; the operator's magnitude is halved in block `slash`. Completed in block 20. */
static void queue_60(struct stage *s, uint64_t slash)
{
    alice_has_100(s, OPERATOR, wad());
    tx_in(s, 2);
    less(s, OPERATOR, ALICE, PLAIN, 60);
    queued(s, one(1, OPERATOR, PLAIN, 60));
    tx_in(s, slash);
    magnitude(s, OPERATOR, PLAIN, WAD / 4 * 3);
    magnitude(s, OPERATOR, PLAIN, WAD / 2);
    tx_in(s, 13 + DELAY);
}

static void a_completion__pays_by_the_magnitude_at_the_end_of_its_slashable_blocks(void **state)
{
    (void)state;
    for (size_t per_batch = 0; per_batch < 4; per_batch++)
        for (uint64_t slash = 2 + DELAY; slash <= 3 + DELAY; slash++) {
            struct stage s;
            queue_60(&s, slash);
            completed(&s, 1);
            rate(&s, PLAIN, WAD);
            stage_apply(&s, per_batch);
            assert_says(&s, paid, slash == 2 + DELAY ? "30" : "60");
            assert_says(&s, states, "0 1");
            assert_held(&s, BOOK_STRATEGY, PLAIN, PLAIN, slash == 2 + DELAY ? 70 : 40);
            assert_held(&s, BOOK_QUEUED, PLAIN, ALICE, 0);
            assert_consistent(&s);
            stage_done(&s);
        }
}

static void shares_back__are_a_deposit_that_issues_nothing(void **state)
{
    (void)state;
    struct stage s;
    queue_60(&s, 5);
    completed(&s, 1);
    deposit(&s, ALICE, PLAIN, 30);
    factor(&s, ALICE, PLAIN, wad());
    more(&s, OPERATOR, ALICE, PLAIN, 30);
    deposit_tokens(&s, ALICE, OPERATOR, PLAIN, 8, wad());
    stage_apply(&s, 1);
    assert_says(&s, states, "0 2");
    assert_says(&s, paid, "30");
    assert_held(&s, BOOK_DEPOSIT, PLAIN, ALICE, 78);
    assert_held(&s, BOOK_STRATEGY, PLAIN, PLAIN, 108);
    stage_done(&s);
}

static void tokens_paid_and_deposited_again__are_no_shares_back(void **state)
{
    (void)state;
    struct stage s;
    queue_60(&s, 5);
    completed(&s, 1);
    rate(&s, PLAIN, WAD);
    transfer(&s, PLAIN, ALICE, 30);
    deposit_tokens(&s, ALICE, OPERATOR, PLAIN, 30, wad());
    stage_apply(&s, 1);
    assert_says(&s, states, "0 1");
    assert_held(&s, BOOK_STRATEGY, PLAIN, PLAIN, 100);
    stage_done(&s);
}

static void another_transactions_deposit__is_no_shares_back(void **state)
{
    (void)state;
    struct stage s;
    stage_open(&s);
    tx_in(&s, 1);
    deposit_tokens(&s, ALICE, 0, ALIEN, 100, wad());
    queued(&s, one(1, 0, ALIEN, 60));
    tx_in(&s, 13);
    completed(&s, 1);
    tx_in(&s, 13);
    deposit(&s, ALICE, ALIEN, 60);
    stage_apply(&s, 0);
    assert_says(&s, states, "0 1");
    assert_held(&s, BOOK_STRATEGY, ALIEN, ALIEN, 100);
    stage_done(&s);
}

static void shares_back_in_a_strategy_that_is_not_mirrored__follow_from_the_completion(void **state)
{
    (void)state;
    struct stage s;
    stage_open(&s);
    tx_in(&s, 1);
    deposit_tokens(&s, ALICE, 0, ALIEN, 100, wad());
    queued(&s, (struct queue){.id = 1, .staker = ALICE, .n = 2, .items = {{ALIEN, 60, 60}, {OTHER, 0, 0}}});
    tx_in(&s, 13);
    completed(&s, 1);
    deposit(&s, ALICE, ALIEN, 60);
    factor(&s, ALICE, ALIEN, wad());
    deposit_tokens(&s, ALICE, 0, ALIEN, 60, wad());
    stage_apply(&s, 1);
    assert_says(&s, states, "0 2");
    assert_says(&s, paid, "60 0");
    assert_held(&s, BOOK_STRATEGY, ALIEN, ALIEN, 160);
    stage_done(&s);
}

static void a_full_slash__pays_nothing(void **state)
{
    (void)state;
    struct stage s;
    alice_has_100(&s, OPERATOR, wad());
    tx_in(&s, 2);
    queued(&s, one(1, OPERATOR, PLAIN, 60));
    tx_in(&s, 3);
    magnitude(&s, OPERATOR, PLAIN, 0);
    tx_in(&s, 13);
    completed(&s, 1);
    stage_apply(&s, 2);
    assert_says(&s, states, "0 3");
    assert_says(&s, paid, "0");
    assert_held(&s, BOOK_STRATEGY, PLAIN, PLAIN, 100);
    assert_held(&s, BOOK_QUEUED, PLAIN, ALICE, 0);
    stage_done(&s);
}

static void beacon_chain_eth__is_paid_by_its_factor_of_now(void **state)
{
    (void)state;
    struct stage s;
    stage_open(&s);
    tx_in(&s, 2);
    queued(&s, one(1, OPERATOR, BEACON, 64));
    tx_in(&s, 5);
    magnitude(&s, OPERATOR, BEACON, WAD / 2);
    tx_in(&s, 13);
    EMIT(&s, PODS, "EigenPodManager", "BeaconChainSlashingFactorDecreased(address,uint64,uint64)", in_address(ALICE),
         in_number(WAD), in_number(WAD / 4));
    tx_in(&s, 14);
    completed(&s, 1);
    EMIT(&s, PODS, "EigenPodManager", "PodSharesUpdated(address,int256)", in_address(ALICE),
         (struct abi_value){.kind = ABI_INT, .number = amount_from_u64(8)});
    stage_apply(&s, 1);
    assert_says(&s, paid, "8");
    assert_says(&s, states, "0 2");
    assert_held(&s, BOOK_STRATEGY, BEACON, BEACON, 0);
    assert_consistent(&s);
    stage_done(&s);
}

static void what_cannot_be_completed__marks_the_emitter(void **state)
{
    (void)state;
    struct stage s;
    queue_60(&s, 5);
    completed(&s, 1);
    tx_in(&s, 30);
    completed(&s, 1);
    tx_in(&s, 31);
    completed(&s, 2);
    tx_in(&s, 32);
    struct queue early = one(3, OPERATOR, PLAIN, 10);
    queued(&s, early);
    completed(&s, 3); /* still slashable: by the magnitude of now */
    stage_apply(&s, 1);
    assert_says(&s, "SELECT string_agg((position >> 32) || ' ' || reason, '; ' ORDER BY position) FROM inconsistency",
                "30 a withdrawal was completed that was not in the queue; "
                "31 a withdrawal was completed that was not in the queue");
    assert_says(&s, paid, "30 5");
    stage_done(&s);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(with_a_factor_of_one_or_more__the_shares_follow_from_the_scaled_ones),
        cmocka_unit_test(a_reset_of_the_factor__takes_all),
        cmocka_unit_test(the_factor_of_a_deposit__is_no_reset),
        cmocka_unit_test(a_delegated_reset__comes_after_the_operators_decrease),
        cmocka_unit_test(several_items__are_read_backwards),
        cmocka_unit_test(one_strategy_twice__the_last_item_takes_what_is_left),
        cmocka_unit_test(open_shares__are_booked_as_the_least_with_a_doubt),
        cmocka_unit_test(what_stays_with_the_staker__limits_what_was_taken),
        cmocka_unit_test(the_chain__settles_what_is_open),
        cmocka_unit_test(later_deposits_of_the_block__are_not_what_was_left),
        cmocka_unit_test(a_later_queueing_of_the_block__hides_what_was_left),
        cmocka_unit_test(an_answer_that_cannot_be__changes_nothing),
        cmocka_unit_test(a_completion__pays_by_the_magnitude_at_the_end_of_its_slashable_blocks),
        cmocka_unit_test(shares_back__are_a_deposit_that_issues_nothing),
        cmocka_unit_test(tokens_paid_and_deposited_again__are_no_shares_back),
        cmocka_unit_test(another_transactions_deposit__is_no_shares_back),
        cmocka_unit_test(shares_back_in_a_strategy_that_is_not_mirrored__follow_from_the_completion),
        cmocka_unit_test(a_full_slash__pays_nothing),
        cmocka_unit_test(beacon_chain_eth__is_paid_by_its_factor_of_now),
        cmocka_unit_test(what_cannot_be_completed__marks_the_emitter),
    };
    pg_start();
    stage_setup();
    int failed = cmocka_run_group_tests(tests, NULL, NULL);
    pg_stop();
    return failed;
}
