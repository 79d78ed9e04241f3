/* tests/ledger/test_slash.c - what a slash does: exact figures, roundings, refusals, who lost what. */
#include <stdint.h>
#include <string.h>

#include "ledger/slash.h"
#include "ledger/stake.h"
#include "tests/support/unit.h"

static const uint64_t WAD = 1000000000000000000;

static struct amount n(uint64_t v)
{
    return amount_from_u64(v);
}

static void assert_amount(struct amount got, uint64_t expected)
{
    assert_int_equal(amount_compare(got, n(expected)), 0);
}

/* Allocation 1/2 of a maximum of 1, 1,000 shares, 600 scaled shares in the queue. */
static struct slash_before half(void)
{
    return (struct slash_before){.allocation = {.current = n(WAD / 2)},
                                 .max_magnitude = n(WAD),
                                 .encumbered = n(WAD / 2),
                                 .operator_shares = n(1000),
                                 .queued = n(600)};
}

static void a_slash__takes_its_part_of_the_allocation_from_all_of_the_stake(void **state)
{
    (void)state;
    struct slash_before before = half();
    struct slash_after after;
    assert_int_equal(slash_compute(&before, n(WAD / 10), &after), OK);
    assert_amount(after.slashed_magnitude, WAD / 20);
    assert_amount(after.wad_slashed, WAD / 20);
    assert_amount(after.allocation.current, WAD / 2 - WAD / 20);
    assert_amount(after.max_magnitude, WAD - WAD / 20);
    assert_amount(after.encumbered, WAD / 2 - WAD / 20);
    assert_amount(after.live_shares, 50);
    assert_amount(after.queued_shares, 30);
    assert_amount(after.total_shares, 80);
}

static void a_second_slash__is_of_what_is_left(void **state)
{
    (void)state;
    struct slash_before before = half();
    struct slash_after after;
    before.max_magnitude = n(WAD / 2); /* all of it is allocated */
    assert_int_equal(slash_compute(&before, n(WAD / 10), &after), OK);
    assert_amount(after.slashed_magnitude, WAD / 20);
    assert_amount(after.wad_slashed, WAD / 10);
    assert_amount(after.live_shares, 100);
    assert_amount(after.queued_shares, 30); /* a tenth of mulWad(600, 1/2) */
}

static void a_wei_of_wad__takes_a_wei_of_magnitude_and_maybe_no_share(void **state)
{
    (void)state;
    struct slash_before before = half();
    struct slash_after after;
    assert_int_equal(slash_compute(&before, n(1), &after), OK);
    assert_amount(after.slashed_magnitude, 1);
    assert_amount(after.wad_slashed, 1);
    assert_amount(after.max_magnitude, WAD - 1);
    assert_amount(after.total_shares, 0); /* 1000 - ceil(1000 * (1e18 - 1) / 1e18) */

    before.operator_shares = n(2 * WAD);
    assert_int_equal(slash_compute(&before, n(1), &after), OK);
    assert_amount(after.live_shares, 2);
    before.operator_shares = n(2 * WAD + 1);
    assert_int_equal(slash_compute(&before, n(1), &after), OK);
    assert_amount(after.live_shares, 2);
}

static void a_full_slash__of_everything_leaves_nothing(void **state)
{
    (void)state;
    struct slash_before before = half();
    struct slash_after after;
    before.allocation.current = before.encumbered = n(WAD);
    assert_int_equal(slash_compute(&before, n(WAD), &after), OK);
    assert_amount(after.wad_slashed, WAD);
    assert_amount(after.max_magnitude, 0);
    assert_amount(after.encumbered, 0);
    assert_amount(after.live_shares, 1000);
    assert_amount(after.queued_shares, 600);
}

static void a_pending_decrease__shrinks_rounded_up_and_keeps_its_block(void **state)
{
    (void)state;
    struct slash_before before = half();
    struct slash_after after;
    before.allocation = (struct allocation_state){n(10), delta_minus(n(7)), 99};
    before.encumbered = n(10);
    assert_int_equal(slash_compute(&before, n(WAD / 4), &after), OK);
    assert_amount(after.slashed_magnitude, 3); /* ceil(2.5) */
    assert_amount(after.allocation.current, 7);
    assert_true(after.allocation.pending.negative);
    assert_amount(after.allocation.pending.magnitude, 5); /* 7 - ceil(1.75) */
    assert_int_equal(after.allocation.effect_block, 99);

    assert_int_equal(slash_compute(&before, n(WAD), &after), OK);
    assert_amount(after.allocation.pending.magnitude, 0);
    assert_false(after.allocation.pending.negative);
    assert_int_equal(after.allocation.effect_block, 99);
}

static void a_pending_increase__stays(void **state)
{
    (void)state;
    struct slash_before before = half();
    struct slash_after after;
    before.allocation.pending = delta_plus(n(7));
    before.allocation.effect_block = 99;
    assert_int_equal(slash_compute(&before, n(WAD), &after), OK);
    assert_amount(after.allocation.current, 0);
    assert_amount(after.allocation.pending.magnitude, 7);
    assert_int_equal(after.allocation.effect_block, 99);
}

static void an_operator_without_magnitude__is_passed_over(void **state)
{
    (void)state;
    struct slash_before before = half();
    struct slash_after after;
    before.allocation = (struct allocation_state){amount_zero, delta_plus(n(7)), 99};
    before.max_magnitude = amount_zero;
    assert_int_equal(slash_compute(&before, n(WAD), &after), OK);
    assert_amount(after.wad_slashed, 0);
    assert_amount(after.slashed_magnitude, 0);
    assert_amount(after.max_magnitude, 0);
    assert_amount(after.encumbered, WAD / 2);
    assert_amount(after.allocation.pending.magnitude, 7);
    assert_amount(after.total_shares, 0);
}

static void numbers_no_contract_can_hold__overflow_and_leave_the_output(void **state)
{
    (void)state;
    struct slash_after after = {.wad_slashed = n(77)};
    struct slash_before before = half();
    before.max_magnitude = amount_zero;
    assert_int_equal(slash_compute(&before, n(WAD), &after), ERR_OVERFLOW);
    before = half();
    before.encumbered = n(1);
    assert_int_equal(slash_compute(&before, n(WAD), &after), ERR_OVERFLOW);
    before = half();
    before.allocation.current = before.max_magnitude = before.encumbered = n(WAD);
    before.operator_shares = before.queued = amount_max;
    assert_int_equal(slash_compute(&before, n(WAD), &after), ERR_OVERFLOW);
    assert_amount(after.wad_slashed, 77);
    before.queued = amount_zero;
    assert_int_equal(slash_compute(&before, n(WAD), &after), OK); /* a product of 512 bits */
    assert_int_equal(amount_compare(after.live_shares, amount_max), 0);
}

/* ---- refusals, in the order in which the contract looks ---- */

static void refusals__come_in_the_order_of_the_contract(void **state)
{
    (void)state;
    struct address strategies[] = {{{9}}, {{7}}};
    struct amount wads[] = {amount_zero, n(WAD + 1)};
    bool in_set[] = {false, false};
    struct slash_terms t = {strategies, wads, in_set, 2, 1, false, false};
    assert_int_equal(slash_check(&t), SLASH_LENGTHS);
    t.n_wads = 2;
    assert_int_equal(slash_check(&t), SLASH_NO_SUCH_SET);
    t.set_exists = true;
    assert_int_equal(slash_check(&t), SLASH_NOT_SLASHABLE);
    t.operator_slashable = true;
    assert_int_equal(slash_check(&t), SLASH_WAD); /* the first strategy's, before the order of the second */
    wads[0] = n(WAD);
    assert_int_equal(slash_check(&t), SLASH_FOREIGN_STRATEGY);
    in_set[0] = true;
    assert_int_equal(slash_check(&t), SLASH_ORDER);
    strategies[1] = strategies[0];
    assert_int_equal(slash_check(&t), SLASH_ORDER);
    strategies[1].b[19] = 1;
    assert_int_equal(slash_check(&t), SLASH_WAD);
    wads[1] = n(1);
    assert_int_equal(slash_check(&t), SLASH_FOREIGN_STRATEGY);
    in_set[1] = true;
    assert_int_equal(slash_check(&t), SLASH_ALLOWED);
    t.n_strategies = t.n_wads = 0; /* the contract has nothing against it */
    assert_int_equal(slash_check(&t), SLASH_ALLOWED);
}

static void refusals__have_names_of_their_own(void **state)
{
    (void)state;
    for (int i = 0; i < SLASH_REFUSAL_COUNT; i++) {
        assert_true(strlen(slash_refusal_text((enum slash_refusal)i)) > 0);
        for (int j = 0; j < i; j++)
            assert_string_not_equal(slash_refusal_slug((enum slash_refusal)i),
                                    slash_refusal_slug((enum slash_refusal)j));
    }
}

/* ---- who lost what: random operators, stakers and queues, slashed again and again ---- */

enum { SEEDS = 400, ROWS = 40, SLASHES = 6 };
static uint64_t dice_state;

static uint64_t dice(uint64_t sides)
{
    dice_state ^= dice_state << 13;
    dice_state ^= dice_state >> 7;
    dice_state ^= dice_state << 17;
    return dice_state % sides;
}

/* From a wei to 1e37. */
static struct amount shares(void)
{
    struct amount v = n(1 + dice(WAD * 10));
    for (uint64_t cuts = dice(3); cuts > 0; cuts--)
        assert_int_equal(amount_mul_div_floor(v, n(1 + dice(WAD)), n(1 + dice(WAD)), &v), OK);
    return amount_is_zero(v) ? n(1) : v;
}

static struct amount sum(struct amount a, struct amount b)
{
    struct amount out;
    assert_int_equal(amount_add(a, b, &out), OK);
    return out;
}

/* Whom it costs what, in shares; the slashing factors are the maximum magnitudes before and after. */
struct slash_loss {
    struct amount before, after, loss;
};

/* A queued withdrawal within its slashable window pays mulWad(scaled shares, factor). */
static struct slash_loss loss_of_withdrawal(struct amount scaled, struct amount factor_before,
                                            struct amount factor_after)
{
    struct slash_loss r;
    assert_int_equal(wad_mul(scaled, factor_before, &r.before), OK);
    assert_int_equal(wad_mul(scaled, factor_after, &r.after), OK);
    assert_int_equal(amount_subtract(r.before, r.after, &r.loss), OK);
    return r;
}

/* Of deposit shares s with the deposit scaling factor k, mulWad(mulWad(s, k), factor) is withdrawable. */
static struct slash_loss loss_of_stake(struct amount s, struct amount k, struct amount factor_before,
                                       struct amount factor_after)
{
    struct amount scaled;
    assert_int_equal(wad_mul(s, k, &scaled), OK);
    return loss_of_withdrawal(scaled, factor_before, factor_after);
}

struct crowd {
    struct amount s[ROWS], k[ROWS], q[ROWS]; /* live stake; scaled shares in the queue */
    struct amount operator_shares, queued;
};

static struct crowd gather(struct amount m)
{
    struct crowd c = {.operator_shares = amount_zero, .queued = amount_zero};
    for (int i = 0; i < ROWS; i++) {
        c.s[i] = shares();
        c.k[i] = dice(2) == 0 ? n(WAD) : n(WAD - 3 + dice(WAD));
        c.q[i] = shares();
        c.operator_shares = sum(c.operator_shares, loss_of_stake(c.s[i], c.k[i], m, m).before);
        c.queued = sum(c.queued, c.q[i]);
    }
    return c;
}

/* |a - b| <= most */
static void assert_near(struct amount a, struct amount b, uint64_t most)
{
    struct delta d = delta_between(a, b);
    assert_true(amount_compare(d.magnitude, n(most)) <= 0);
}

/* A row's loss is the difference of two floors, so less than one off what is exact, and so is what the operator has beyond its
 * stakers' sum. Deposits of another time leave more such dust with the operator, which a slash takes from nobody. */
static void losses__sum_up_to_the_event(void **state)
{
    (void)state;
    for (uint64_t seed = 1; seed <= SEEDS; seed++) {
        dice_state = seed * 0x9e3779b97f4a7c15u;
        struct amount m = n(1 + dice(WAD));
        struct crowd c = gather(m);
        for (int i = 0; i < SLASHES && !amount_is_zero(m); i++) {
            uint64_t current;
            assert_int_equal(amount_to_u64(m, &current), OK);
            struct slash_before before = {.allocation = {.current = n(1 + dice(current))},
                                          .max_magnitude = m,
                                          .encumbered = m,
                                          .operator_shares = c.operator_shares,
                                          .queued = c.queued};
            struct slash_after after;
            assert_int_equal(slash_compute(&before, dice(9) == 0 ? n(1) : n(1 + dice(WAD)), &after), OK);
            struct amount live = amount_zero, queued = amount_zero, left = amount_zero;
            for (int j = 0; j < ROWS; j++) {
                struct slash_loss stake = loss_of_stake(c.s[j], c.k[j], m, after.max_magnitude);
                live = sum(live, stake.loss);
                queued = sum(queued, loss_of_withdrawal(c.q[j], m, after.max_magnitude).loss);
                left = sum(left, stake.after);
            }
            assert_near(after.live_shares, live, 2 * ROWS + 1);
            assert_near(after.queued_shares, queued, ROWS + 1);
            assert_int_equal(amount_subtract(c.operator_shares, after.live_shares, &c.operator_shares), OK);
            assert_true(amount_compare(left, sum(c.operator_shares, n(ROWS))) <= 0);
            m = after.max_magnitude;
        }
    }
}

static void a_slash__never_takes_more_than_its_fraction_nor_all_but_by_a_full_one(void **state)
{
    (void)state;
    for (uint64_t seed = 1; seed <= SEEDS; seed++) {
        dice_state = seed * 0x9e3779b97f4a7c15u;
        struct amount current = n(1 + dice(WAD)), wad = n(1 + dice(WAD - 1)), exact;
        struct slash_before before = {.allocation = {.current = current},
                                      .max_magnitude = n(WAD),
                                      .encumbered = n(WAD),
                                      .operator_shares = shares()};
        struct slash_after after;
        assert_int_equal(slash_compute(&before, wad, &after), OK);
        assert_false(amount_is_zero(after.slashed_magnitude)); /* nobody escapes by rounding */
        assert_int_equal(amount_mul_div_floor(before.operator_shares, after.wad_slashed, n(WAD), &exact), OK);
        assert_int_equal(amount_compare(after.live_shares, exact), 0); /* m = 1: the fraction itself, rounded down */
        assert_true(amount_compare(after.live_shares, before.operator_shares) < 0 ||
                    amount_is_zero(after.max_magnitude));
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_slash__takes_its_part_of_the_allocation_from_all_of_the_stake),
        cmocka_unit_test(a_second_slash__is_of_what_is_left),
        cmocka_unit_test(a_wei_of_wad__takes_a_wei_of_magnitude_and_maybe_no_share),
        cmocka_unit_test(a_full_slash__of_everything_leaves_nothing),
        cmocka_unit_test(a_pending_decrease__shrinks_rounded_up_and_keeps_its_block),
        cmocka_unit_test(a_pending_increase__stays),
        cmocka_unit_test(an_operator_without_magnitude__is_passed_over),
        cmocka_unit_test(numbers_no_contract_can_hold__overflow_and_leave_the_output),
        cmocka_unit_test(refusals__come_in_the_order_of_the_contract),
        cmocka_unit_test(refusals__have_names_of_their_own),
        cmocka_unit_test(losses__sum_up_to_the_event),
        cmocka_unit_test(a_slash__never_takes_more_than_its_fraction_nor_all_but_by_a_full_one),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
