/* tests/ledger/test_stake.c - operators, delegations, deposits, strategies and pods, as their events say. */
#include "ledger/account.h"
#include "tests/ledger/support/eigenlayer.h"

enum { ALICE = 1, BOB = 2, CAROL = 3, OPERATOR = 0x11, AVS = 0x21 };

static void operators__are_registered_and_change_their_approver(void **state)
{
    (void)state;
    struct stage s;
    stage_open(&s);
    tx_in(&s, 1);
    EMIT(&s, DELEGATION, "DelegationManager", "OperatorRegistered(address,address)", in_address(OPERATOR),
         in_address(ALICE));
    tx_in(&s, 2);
    EMIT(&s, DELEGATION, "DelegationManager", "DelegationApproverUpdated(address,address)", in_address(OPERATOR),
         in_address(BOB));
    struct abi_value details[] = {in_address(ALICE), in_address(0), in_number(5)};
    EMIT(&s, DELEGATION, "DelegationManager", "OperatorDetailsModified(address,(address,address,uint32))",
         in_address(OPERATOR), in_list(&s, ABI_TUPLE, details, 3));
    stage_apply(&s, 0);
    assert_says(&s, "SELECT string_agg(substr(approver::text, 3, 2), ' ' ORDER BY position) FROM operator", "01 02 00");
    stage_done(&s);
}

static void delegations__name_the_operator_until_it_is_left(void **state)
{
    (void)state;
    struct stage s;
    stage_open(&s);
    tx_in(&s, 1);
    delegated(&s, ALICE, OPERATOR);
    tx_in(&s, 3);
    undelegated(&s, ALICE, OPERATOR);
    EMIT(&s, DIRECTORY, "AVSDirectory", "OperatorAVSRegistrationStatusUpdated(address,address,uint8)",
         in_address(OPERATOR), in_address(AVS), in_number(1));
    EMIT(&s, DIRECTORY, "AVSDirectory", "OperatorAVSRegistrationStatusUpdated(address,address,uint8)",
         in_address(OPERATOR), in_address(AVS), in_number(0));
    stage_apply(&s, 1);
    assert_says(&s, "SELECT string_agg(substr(operator::text, 3, 2), ' ' ORDER BY position) FROM delegation", "11 00");
    assert_says(&s, "SELECT string_agg(registered::text, ' ' ORDER BY position) FROM avs_registration", "true false");
    stage_done(&s);
}

static void operator_shares__are_the_sum_of_changes_and_a_slash_counts_once(void **state)
{
    (void)state;
    struct stage s;
    stage_open(&s);
    tx_in(&s, 1);
    more(&s, OPERATOR, ALICE, PLAIN, 100);
    more(&s, OPERATOR, BOB, PLAIN, 60);
    tx_in(&s, 2);
    less(&s, OPERATOR, 0, PLAIN, 40);
    EMIT(&s, DELEGATION, "DelegationManager", "OperatorSharesSlashed(address,address,uint256)", in_address(OPERATOR),
         in_address(PLAIN), in_number(55));
    less(&s, OPERATOR, ALICE, PLAIN, 75);
    stage_apply(&s, 1);
    assert_held(&s, BOOK_OPERATOR, PLAIN, OPERATOR, 45);
    assert_held(&s, BOOK_OPERATOR_ISSUED, PLAIN, 0, 45);
    assert_consistent(&s);
    stage_done(&s);
}

static void more_than_there_is__takes_what_is_there_and_marks_the_emitter(void **state)
{
    (void)state;
    struct stage s;
    stage_open(&s);
    tx_in(&s, 1);
    more(&s, OPERATOR, ALICE, PLAIN, 5);
    tx_in(&s, 2);
    less(&s, OPERATOR, ALICE, PLAIN, 6);
    tx_in(&s, 3);
    EMIT(&s, MANAGER, "StrategyManager", "BurnableSharesDecreased(address,uint256)", in_address(PLAIN), in_number(1));
    stage_apply(&s, 1);
    assert_held(&s, BOOK_OPERATOR, PLAIN, OPERATOR, 0);
    assert_says(&s,
                "SELECT string_agg(substr(contract::text, 3, 2) || ' ' || (position >> 32) || ' ' || reason, '; '"
                "                  ORDER BY position) FROM inconsistency",
                "d0 2 more shares were taken than there were; d1 3 more shares were taken than there were");
    stage_done(&s);
}

static void shares_beyond_256_bits__are_not_booked(void **state)
{
    (void)state;
    struct stage s;
    stage_open(&s);
    tx_in(&s, 1);
    for (int i = 0; i < 2; i++)
        EMIT(&s, MANAGER, "StrategyManager", "Deposit(address,address,uint256)", in_address(ALICE), in_address(PLAIN),
             in_amount(amount_max));
    stage_apply(&s, 0);
    assert_int_equal(amount_compare(stage_held(&s, BOOK_DEPOSIT, PLAIN, ALICE), amount_max), 0);
    assert_says(&s, "SELECT reason FROM inconsistency", "a movement that 256 bits cannot hold was not booked");
    stage_done(&s);
}

static void a_deposit_of_tokens__raises_the_strategy_too(void **state)
{
    (void)state;
    struct stage s;
    stage_open(&s);
    tx_in(&s, 1);
    deposit_tokens(&s, ALICE, 0, PLAIN, 100, wad());
    deposit_tokens(&s, ALICE, 0, PLAIN, 20, wad());
    deposit_tokens(&s, BOB, 0, ALIEN, 7, wad());
    tx_in(&s, 2);
    deposit(&s, BOB, PLAIN, 3); /* without the strategy's word for it: shares that came back */
    stage_apply(&s, 1);
    assert_held(&s, BOOK_DEPOSIT, PLAIN, ALICE, 120);
    assert_held(&s, BOOK_DEPOSIT, PLAIN, BOB, 3);
    assert_held(&s, BOOK_STRATEGY, PLAIN, PLAIN, 120);
    assert_held(&s, BOOK_STRATEGY, ALIEN, ALIEN, 7);
    assert_says(&s, "SELECT count(*)::text FROM strategy_rate", "1"); /* it did not change */
    assert_says(&s,
                "SELECT string_agg(factor::text, ' ') FROM scaling_factor WHERE staker = decode(rpad('02', 38, '0')"
                " || '02', 'hex')",
                "1000000000000000000");
    assert_consistent(&s);
    stage_done(&s);
}

static void the_token_of_a_strategy__is_learnt_where_the_file_does_not_say_it(void **state)
{
    (void)state;
    struct stage s;
    stage_open(&s);
    tx_in(&s, 1);
    deposit_tokens(&s, ALICE, 0, PLAIN, 5, wad());
    deposit_tokens(&s, ALICE, 0, OTHER, 5, wad());
    tx_in(&s, 2);
    deposit_tokens(&s, ALICE, 0, PLAIN, 5, wad());
    EMIT(&s, FACTORY, "StrategyFactory", "StrategySetForToken(address,address)", in_address(BOB), in_address(ALIEN));
    EMIT(&s, PLAIN, "Strategy", "StrategyTokenSet(address,uint8)", in_address(TOKEN), in_number(18));
    stage_apply(&s, 1);
    assert_says(&s,
                "SELECT string_agg(substr(strategy::text, 3, 2) || ' ' || substr(token::text, 3, 2), ', '"
                "                  ORDER BY position) FROM strategy_token",
                "51 70, 59 02");
    stage_done(&s);
}

static void a_deposit_before_the_slashing_release__names_its_token(void **state)
{
    (void)state;
    struct stage s;
    stage_open(&s);
    tx_in(&s, 1);
    deposit_legacy(&s, ALICE, PLAIN, 30);
    more(&s, OPERATOR, ALICE, PLAIN, 30);
    stage_apply(&s, 0);
    assert_held(&s, BOOK_DEPOSIT, PLAIN, ALICE, 30);
    assert_held(&s, BOOK_STRATEGY, PLAIN, PLAIN, 30);
    assert_says(&s, "SELECT substr(token::text, 3, 2) FROM strategy_token", "70");
    stage_done(&s);
}

static void slashed_shares__wait_by_slash_and_leave_the_strategy_when_cleared(void **state)
{
    (void)state;
    static const char more_form[] = "BurnOrRedistributableSharesIncreased((address,uint32),uint256,address,uint256)";
    static const char less_form[] = "BurnOrRedistributableSharesDecreased((address,uint32),uint256,address,uint256)";
    struct stage s;
    stage_open(&s);
    tx_in(&s, 1);
    deposit_tokens(&s, ALICE, 0, PLAIN, 100, wad());
    struct abi_value set[] = {in_address(AVS), in_number(7)};
    struct abi_value in_set = in_list(&s, ABI_TUPLE, set, 2);
    tx_in(&s, 2);
    EMIT(&s, MANAGER, "StrategyManager", more_form, in_set, in_number(3), in_address(PLAIN), in_number(40));
    EMIT(&s, MANAGER, "StrategyManager", more_form, in_set, in_number(4), in_address(PLAIN), in_number(9));
    EMIT(&s, MANAGER, "StrategyManager", "BurnableSharesIncreased(address,uint256)", in_address(PLAIN), in_number(2));
    EMIT(&s, PODS, "EigenPodManager", "BurnableETHSharesIncreased(uint256)", in_number(77));
    tx_in(&s, 3);
    EMIT(&s, MANAGER, "StrategyManager", less_form, in_set, in_number(3), in_address(PLAIN), in_number(40));
    EMIT(&s, MANAGER, "StrategyManager", "BurnableSharesDecreased(address,uint256)", in_address(PLAIN), in_number(2));
    stage_apply(&s, 1);
    assert_held(&s, BOOK_SLASHED, PLAIN, AVS, 9);
    assert_held(&s, BOOK_SLASHED, PLAIN, 0, 0);
    assert_held(&s, BOOK_SLASHED, BEACON, 0, 77);
    assert_held(&s, BOOK_STRATEGY, PLAIN, PLAIN, 58);
    assert_says(&s,
                "SELECT encode(second, 'hex') FROM account WHERE book = 12 AND id IN"
                " (SELECT account FROM entry WHERE balance = 9)",
                "000000070000000000000000000000000000000000000000000000000000000000000004");
    assert_consistent(&s);
    stage_done(&s);
}

static void pod_shares(struct stage *s, uint8_t owner, uint64_t total, bool negative)
{
    struct abi_value v = in_number(total);
    v.kind = ABI_INT;
    v.negative = negative;
    EMIT(s, PODS, "EigenPodManager", "NewTotalShares(address,int256)", in_address(owner), v);
}

static void shares_of_pods__are_what_their_last_total_says(void **state)
{
    (void)state;
    struct stage s;
    stage_open(&s);
    tx_in(&s, 1);
    pod_shares(&s, ALICE, 32, false);
    pod_shares(&s, ALICE, 64, false);
    pod_shares(&s, BOB, 5, true);
    pod_shares(&s, CAROL, 6, true);
    tx_in(&s, 2);
    EMIT(&s, PODS, "EigenPodManager", "BeaconChainSlashingFactorDecreased(address,uint64,uint64)", in_address(ALICE),
         in_number(WAD), in_number(WAD / 2));
    pod_shares(&s, ALICE, 50, false);
    queued(&s, (struct queue){.id = 1, .staker = ALICE, .n = 1, .items = {{BEACON, 14, 7}}});
    tx_in(&s, 3);
    pod_shares(&s, BOB, 8, false);
    stage_apply(&s, 1);
    assert_held(&s, BOOK_DEPOSIT, BEACON, ALICE, 50);
    assert_held(&s, BOOK_DEPOSIT, BEACON, BOB, 8);
    assert_held(&s, BOOK_DEPOSIT, BEACON, CAROL, 0);
    assert_held(&s, BOOK_DEPOSIT_ISSUED, BEACON, 0, 58);
    assert_held(&s, BOOK_QUEUED, BEACON, ALICE, 14);
    assert_says(&s, "SELECT factor::text FROM beacon_factor", "500000000000000000");
    assert_says(&s, "SELECT deposit_shares::text FROM withdrawal_share", "14");
    assert_consistent(&s);
    stage_done(&s);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(operators__are_registered_and_change_their_approver),
        cmocka_unit_test(delegations__name_the_operator_until_it_is_left),
        cmocka_unit_test(operator_shares__are_the_sum_of_changes_and_a_slash_counts_once),
        cmocka_unit_test(more_than_there_is__takes_what_is_there_and_marks_the_emitter),
        cmocka_unit_test(shares_beyond_256_bits__are_not_booked),
        cmocka_unit_test(a_deposit_of_tokens__raises_the_strategy_too),
        cmocka_unit_test(the_token_of_a_strategy__is_learnt_where_the_file_does_not_say_it),
        cmocka_unit_test(a_deposit_before_the_slashing_release__names_its_token),
        cmocka_unit_test(slashed_shares__wait_by_slash_and_leave_the_strategy_when_cleared),
        cmocka_unit_test(shares_of_pods__are_what_their_last_total_says),
    };
    pg_start();
    stage_setup();
    int failed = cmocka_run_group_tests(tests, NULL, NULL);
    pg_stop();
    return failed;
}
