/* tests/ledger/test_alt_staking.c - cooldowns of ALT's own staking: what unstake and switchOperator do to them, and when that is open. */
#include "tests/ledger/support/alt_books.h"

static struct address staker(void)
{
    return address_numbered(STAKER);
}

static struct address operator_of(uint8_t number)
{
    return address_numbered(number);
}

static void take_stake(struct alt *at, uint64_t v)
{
    alt_apply_transfer(at, address_zero, staker(), operator_of(POOL_OPERATOR), n(v));
}

static void burn(struct alt *at, uint64_t v)
{
    alt_apply_transfer(at, staker(), address_zero, operator_of(POOL_OPERATOR), n(v));
}

/* Unstake and its burn. */
static void leave(struct alt *at, uint64_t v, enum alt_unstake how)
{
    alt_apply_unstake(at, staker(), operator_of(POOL_OPERATOR), n(v), how, false);
    burn(at, v);
}

/* 100 staked, 60 of it cooling since 1000, 50 seconds to wait; then `later` seconds on. */
static void prepare(struct alt *at, int64_t later)
{
    alt_setting_put(at, ALT_COOLDOWN_SECONDS, n(50));
    alt_setting_put(at, ALT_MIN_VOTING_STAKE, n(10));
    take_stake(at, 100);
    alt_apply_cooldown(at, staker(), operator_of(POOL_OPERATOR), n(60));
    at->now += later;
}

static void assert_cooling(struct books *b, uint64_t least, uint64_t most, bool either)
{
    struct alt at = alt_after(b);
    struct alt_cooldown_row key = {.contract = at.contract, .staker = staker()};
    key.operator= operator_of(POOL_OPERATOR);
    const struct alt_cooldown_row *row = books_last(b, TIMELINE_ALT_COOLDOWN, &key);
    assert_non_null(row);
    assert_int_equal(as_u64(alt_cooling(&at, staker(), operator_of(POOL_OPERATOR))), most);
    assert_int_equal(as_u64(row->doubt), most - least);
    assert_int_equal(row->either, either);
    struct alt_operator_row o = alt_operator_get(&at, operator_of(POOL_OPERATOR));
    assert_int_equal(as_u64(alt_total_cooling(&at, operator_of(POOL_OPERATOR))), most);
    assert_int_equal(as_u64(o.cooldown_doubt), most - least);
    assert_false(alt_is_marked(b));
}

static void assert_after(alt_acts *acts, uint64_t least, uint64_t most, bool either)
{
    struct books b;
    alt_play(&b, acts);
    assert_cooling(&b, least, most, either);
    books_done(&b);
}

static void assert_marked_after(alt_acts *acts)
{
    struct books b;
    alt_play(&b, acts);
    assert_true(alt_is_marked(&b));
    books_done(&b);
}

static void unstake_some(struct alt *at)
{
    prepare(at, 50);
    leave(at, 25, ALT_UNSTAKE);
}

static void unstake__lowers_the_cooldown(void **state)
{
    (void)state;
    assert_after(unstake_some, 35, 35, false);
}

static void switch_some(struct alt *at)
{
    prepare(at, 50);
    leave(at, 25, ALT_SWITCH);
}

static void switch_operator__leaves_the_cooldown(void **state)
{
    (void)state;
    assert_after(switch_some, 60, 60, false);
}

static void either_25(struct alt *at)
{
    prepare(at, 50);
    leave(at, 25, ALT_UNSTAKE_OR_SWITCH);
}

static void the_same_logs_of_code__leave_two_amounts(void **state)
{
    (void)state;
    assert_after(either_25, 35, 60, true);
}

static void more_than_votes(struct alt *at)
{
    prepare(at, 50);
    leave(at, 41, ALT_UNSTAKE_OR_SWITCH);
}

static void more_than_cools(struct alt *at)
{
    prepare(at, 50);
    alt_apply_cooldown(at, staker(), operator_of(POOL_OPERATOR), n(30));
    at->now += 50;
    leave(at, 31, ALT_UNSTAKE_OR_SWITCH);
}

static void too_early(struct alt *at)
{
    prepare(at, 49);
    leave(at, 25, ALT_UNSTAKE_OR_SWITCH);
}

static void while_frozen(struct alt *at)
{
    prepare(at, 50);
    alt_apply_frozen(at, operator_of(POOL_OPERATOR));
    leave(at, 25, ALT_UNSTAKE_OR_SWITCH);
}

static void what_only_one_call_can_do__is_what_it_did(void **state)
{
    (void)state;
    assert_after(more_than_votes, 19, 19, false); /* 40 vote */
    assert_after(more_than_cools, 30, 30, false);
    assert_after(too_early, 60, 60, false);
    assert_after(while_frozen, 35, 35, false); /* nothing votes, so nothing can be switched */
}

static void new_cooldown(struct alt *at)
{
    either_25(at);
    alt_apply_cooldown(at, staker(), operator_of(POOL_OPERATOR), n(36));
}

static void a_new_cooldown__ends_the_doubt(void **state)
{
    (void)state;
    assert_after(new_cooldown, 36, 36, false);
}

static void paid_for_40(struct alt *at)
{
    either_25(at); /* 75 staked: 40 or 15 vote */
    alt_settle_cooldown(at, staker(), operator_of(POOL_OPERATOR), amount_wad, n(40));
}

static void paid_for_15(struct alt *at)
{
    either_25(at);
    alt_settle_cooldown(at, staker(), operator_of(POOL_OPERATOR), amount_wad, n(15));
}

static void paid_too_little(struct alt *at)
{
    either_25(at);
    alt_settle_cooldown(at, staker(), operator_of(POOL_OPERATOR), n(1), n(0));
}

static void rewards__tell_what_voted(void **state)
{
    (void)state;
    assert_after(paid_for_40, 35, 35, false);
    assert_after(paid_for_15, 60, 60, false);
    assert_after(paid_too_little, 35, 60, true);
}

static void twice_either(struct alt *at)
{
    prepare(at, 50);
    leave(at, 10, ALT_UNSTAKE_OR_SWITCH);
    leave(at, 10, ALT_UNSTAKE_OR_SWITCH);
}

static void twice_either_then_unstake(struct alt *at)
{
    twice_either(at);
    leave(at, 45, ALT_UNSTAKE);
}

static void doubt_upon_doubt__is_a_range(void **state)
{
    (void)state;
    assert_after(twice_either, 40, 60, false);
    assert_after(twice_either_then_unstake, 0, 15, false);
}

static void transfer_the_rest(struct alt *at)
{
    either_25(at);
    alt_apply_transfer(at, staker(), operator_of(STAKER + 10), operator_of(POOL_OPERATOR), n(39)); /* 36 stay */
}

static void no_more_cools_down__than_is_staked(void **state)
{
    (void)state;
    assert_after(transfer_the_rest, 35, 35, false);
}

static void unstake_all(struct alt *at)
{
    prepare(at, 50);
    leave(at, 61, ALT_UNSTAKE);
}

static void burn_all(struct alt *at)
{
    take_stake(at, 5);
    burn(at, 6);
}

static void what_cannot_be__marks_the_contract(void **state)
{
    (void)state;
    assert_marked_after(unstake_all);
    assert_marked_after(burn_all);
}

static void two_accruals(struct alt *at)
{
    alt_apply_accrual(at);
    alt_apply_accrual(at);
    assert_true(at->books->incomplete || at->books->timelines[TIMELINE_ALT_ACCRUAL].n_out == 1);
}

static void a_block__has_one_row_of_accrual(void **state)
{
    (void)state;
    struct books b;
    alt_play(&b, two_accruals);
    assert_false(alt_is_marked(&b));
    books_done(&b);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(unstake__lowers_the_cooldown),
        cmocka_unit_test(switch_operator__leaves_the_cooldown),
        cmocka_unit_test(the_same_logs_of_code__leave_two_amounts),
        cmocka_unit_test(what_only_one_call_can_do__is_what_it_did),
        cmocka_unit_test(a_new_cooldown__ends_the_doubt),
        cmocka_unit_test(rewards__tell_what_voted),
        cmocka_unit_test(doubt_upon_doubt__is_a_range),
        cmocka_unit_test(no_more_cools_down__than_is_staked),
        cmocka_unit_test(what_cannot_be__marks_the_contract),
        cmocka_unit_test(a_block__has_one_row_of_accrual),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
