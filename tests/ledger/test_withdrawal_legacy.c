/* tests/ledger/test_withdrawal_legacy.c - withdrawals before the slashing release: other events, in another order. */
#include "ledger/account.h"
#include "tests/ledger/support/eigenlayer.h"

enum { ALICE = 1, BOB = 2, OPERATOR = 0x11 };

static const char states[] = "SELECT string_agg(state::text, ' ' ORDER BY position) FROM withdrawal";

static void completed_legacy(struct stage *s, uint8_t id)
{
    EMIT(s, DELEGATION, "DelegationManager", "WithdrawalCompleted(bytes32)", in_hash(s, root_of(id)));
}

static void queued_legacy(struct stage *s, struct queue q)
{
    q.start = (uint32_t)s->number;
    emit_queue(s, &q, true);
}

/* Alice has 100 shares and queues 60 of them in block 2. */
static void queue_60(struct stage *s)
{
    stage_open(s);
    tx_in(s, 1);
    deposit_legacy(s, ALICE, PLAIN, 100);
    more(s, OPERATOR, ALICE, PLAIN, 100);
    tx_in(s, 2);
    less(s, OPERATOR, ALICE, PLAIN, 60);
    queued_legacy(s, (struct queue){.id = 1, .staker = ALICE, .operator= OPERATOR, .n = 1, .items = {{PLAIN, 60, 0}}});
    tx_in(s, 5);
}

static void queueing__removes_what_it_says(void **state)
{
    (void)state;
    struct stage s;
    queue_60(&s);
    stage_apply(&s, 1);
    assert_held(&s, BOOK_DEPOSIT, PLAIN, ALICE, 40);
    assert_held(&s, BOOK_OPERATOR, PLAIN, OPERATOR, 40);
    assert_held(&s, BOOK_QUEUED, PLAIN, ALICE, 60);
    assert_says(&s, "SELECT scaled_shares || ' ' || deposit_shares || ' ' || shares FROM withdrawal_share", "60 60 60");
    stage_done(&s);
}

static void a_completion_as_tokens__takes_them_from_the_strategy(void **state)
{
    (void)state;
    for (int with_rate = 0; with_rate < 2; with_rate++) {
        struct stage s;
        queue_60(&s);
        deposit_legacy(&s, ALICE, PLAIN, 60); /* a deposit of as much in the same transaction */
        if (with_rate)
            rate(&s, PLAIN, WAD);
        completed_legacy(&s, 1);
        stage_apply(&s, 1);
        /* Without the strategy's rate both readings hold the same shares. */
        assert_says(&s, states, with_rate ? "0 1" : "0 2");
        assert_held(&s, BOOK_DEPOSIT, PLAIN, ALICE, 100);
        assert_held(&s, BOOK_STRATEGY, PLAIN, PLAIN, 100);
        assert_held(&s, BOOK_QUEUED, PLAIN, ALICE, 0);
        assert_consistent(&s);
        stage_done(&s);
    }
}

static void a_completion_as_shares__comes_after_its_deposits(void **state)
{
    (void)state;
    struct stage s;
    queue_60(&s);
    deposit_legacy(&s, ALICE, PLAIN, 60); /* of tokens, and below again */
    deposit_legacy(&s, ALICE, PLAIN, 60);
    more(&s, OPERATOR, ALICE, PLAIN, 60);
    completed_legacy(&s, 1);
    deposit_legacy(&s, ALICE, PLAIN, 60);
    stage_apply(&s, 1);
    assert_says(&s, states, "0 2");
    assert_held(&s, BOOK_DEPOSIT, PLAIN, ALICE, 220);
    assert_held(&s, BOOK_STRATEGY, PLAIN, PLAIN, 220);
    assert_consistent(&s);
    stage_done(&s);
}

static void a_completion_after_the_release__pays_what_was_queued_before_it(void **state)
{
    (void)state;
    struct stage s;
    queue_60(&s);
    magnitude(&s, OPERATOR, PLAIN, WAD / 2);
    tx_in(&s, 20);
    completed(&s, 1);
    deposit(&s, ALICE, PLAIN, 30);
    stage_apply(&s, 1);
    assert_says(&s, states, "0 2");
    assert_says(&s, "SELECT shares::text FROM withdrawal_payment", "30");
    assert_held(&s, BOOK_DEPOSIT, PLAIN, ALICE, 70);
    assert_held(&s, BOOK_STRATEGY, PLAIN, PLAIN, 100);
    stage_done(&s);
}

/* The first version's queue: the shares leave when they are queued there, not when the withdrawal moves over. */
static void a_migrated_withdrawal__took_its_shares_before(void **state)
{
    (void)state;
    struct stage s;
    stage_open(&s);
    tx_in(&s, 1);
    deposit_legacy(&s, ALICE, PLAIN, 100);
    tx_in(&s, 2);
    EMIT(&s, MANAGER, "StrategyManager", "ShareWithdrawalQueued(address,uint96,address,uint256)", in_address(ALICE),
         in_number(0), in_address(PLAIN), in_number(60));
    tx_in(&s, 3);
    for (uint8_t id = 1; id <= 2; id++) {
        queued_legacy(&s, (struct queue){.id = id, .staker = ALICE, .n = 1, .items = {{PLAIN, id == 1 ? 60 : 7, 0}}});
        if (id == 1)
            EMIT(&s, DELEGATION, "DelegationManager", "WithdrawalMigrated(bytes32,bytes32)", in_hash(&s, root_of(9)),
                 in_hash(&s, root_of(id)));
    }
    tx_in(&s, 4);
    completed_legacy(&s, 1);
    stage_apply(&s, 1);
    assert_held(&s, BOOK_DEPOSIT, PLAIN, ALICE, 33);
    assert_held(&s, BOOK_STRATEGY, PLAIN, PLAIN, 40);
    assert_says(&s, states, "0 0 1");
    assert_consistent(&s);
    stage_done(&s);
}

static void lists_that_differ_in_length__are_not_booked(void **state)
{
    (void)state;
    struct stage s;
    stage_open(&s);
    tx_in(&s, 1);
    queued_legacy(&s, (struct queue){.id = 1, .staker = ALICE, .n = 1, .items = {{PLAIN, 60, 0}}});
    struct abi_value *w = s.decoded[0][0].values[1].items;
    w[6].n_items = 0;
    tx_in(&s, 2);
    queued(&s, (struct queue){.id = 2, .staker = ALICE, .n = 1, .items = {{PLAIN, 60, 60}}});
    struct abi_value *arguments = arena_copy(&s.arena, s.decoded[1][0].values, 3 * sizeof *arguments);
    arguments[2].n_items = 0;
    s.decoded[1][0].values = arguments;
    stage_apply(&s, 1);
    assert_says(&s, "SELECT count(*)::text FROM withdrawal", "0");
    assert_says(&s, "SELECT string_agg(DISTINCT reason, '; ') FROM inconsistency",
                "a withdrawal whose lists differ in length was not booked");
    stage_done(&s);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(queueing__removes_what_it_says),
        cmocka_unit_test(a_completion_as_tokens__takes_them_from_the_strategy),
        cmocka_unit_test(a_completion_as_shares__comes_after_its_deposits),
        cmocka_unit_test(a_completion_after_the_release__pays_what_was_queued_before_it),
        cmocka_unit_test(a_migrated_withdrawal__took_its_shares_before),
        cmocka_unit_test(lists_that_differ_in_length__are_not_booked),
    };
    pg_start();
    stage_setup();
    int failed = cmocka_run_group_tests(tests, NULL, NULL);
    pg_stop();
    return failed;
}
