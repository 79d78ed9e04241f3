/* tests/ledger/test_reward_share.c - sharing pools: exact floors, and nothing is made or lost, whatever the weights. */
#include "ledger/reward_share.h"
#include "tests/support/amounts.h"

enum { MANY = 64, SHARE_ROUNDS = 2000 };

static struct address earner(uint64_t n)
{
    struct address a = {{0}};
    for (size_t i = 0; i < 8; i++)
        a.b[19 - i] = (uint8_t)(n >> 8 * i);
    return a;
}

/* A weight of up to 352 bits: shares of 256 bits times a multiplier of 96. */
static struct total random_weight(void)
{
    struct amount multiplier = {{random_u64(), random_u64() >> 32, 0, 0}};
    return random_u64() % 8 == 0 ? total_zero : amount_product(random_amount(), multiplier);
}

static struct amount paid_to(const struct buffer *payments, size_t from, struct address to, enum reward_role role)
{
    const struct reward_payment *p = (const struct reward_payment *)payments->p;
    for (size_t i = from; i < payments->n / sizeof *p; i++)
        if (p[i].role == role && address_equal(p[i].earner, to))
            return p[i].amount;
    return amount_zero;
}

static struct amount sum_of(const struct buffer *payments, const struct reward_part *part)
{
    const struct reward_payment *p = (const struct reward_payment *)payments->p;
    struct amount sum = amount_zero;
    for (size_t i = part->first; i < part->first + part->n; i++) {
        assert_false(amount_is_zero(p[i].amount));
        sum = reward_sum(sum, p[i].amount);
    }
    return sum;
}

/* floor(pool * weight / whole) by the other way there is, where the weights fit. */
static void assert_floor(struct amount pool, struct total weight, struct total whole, struct amount share)
{
    struct amount w, all, expected;
    if (total_to_amount(weight, &w) != OK || total_to_amount(whole, &all) != OK)
        return;
    assert_int_equal(amount_mul_div_floor(pool, w, all, &expected), OK);
    assert_same(share, expected);
}

static void a_pool__is_shared_by_exact_floors(void **unused)
{
    (void)unused;
    for (int round = 0; round < SHARE_ROUNDS; round++) {
        struct reward_part parts[MANY] = {0};
        struct amount pool = round == 0 ? amount_max : random_amount(), sum = amount_zero;
        struct total all = total_zero;
        size_t n = 1 + random_u64() % MANY;
        for (size_t i = 0; i < n; i++) {
            parts[i].weight = round % 2 == 0 ? random_weight() : total_of(amount_from_u64(random_u64()));
            all = total_plus(all, parts[i].weight);
        }
        if (total_is_zero(all))
            continue;
        struct amount left = reward_share_pool(pool, parts, n, all);
        for (size_t i = 0; i < n; i++) {
            assert_floor(pool, parts[i].weight, all, parts[i].tokens);
            if (total_is_zero(parts[i].weight))
                assert_same(parts[i].tokens, amount_zero);
            sum = reward_sum(sum, parts[i].tokens);
        }
        assert_same(reward_sum(sum, left), pool);
        assert_true(amount_compare(left, amount_from_u64(n)) < 0); /* each floor leaves less than one unit */
    }
}

static void weights_of_more_than_256_bits__are_exact(void **unused)
{
    (void)unused;
    struct amount two_95 = amount_of("39614081257132168796771975168");
    struct total unit = amount_product(amount_max, two_95); /* 351 bits */
    struct reward_part parts[3] = {{.weight = unit}, {.weight = unit}, {.weight = total_plus(unit, unit)}};
    total_add(&parts[2].weight, amount_from_u64(1)); /* a hair more than half */
    struct total all = total_plus(total_plus(unit, unit), parts[2].weight);
    assert_amount(reward_share_pool(amount_from_u64(1000), parts, 3, all), "2");
    assert_amount(parts[0].tokens, "249");
    assert_amount(parts[1].tokens, "249");
    assert_amount(parts[2].tokens, "500");
    total_subtract(&parts[2].weight, amount_from_u64(2));
    total_subtract(&all, amount_from_u64(2));
    assert_amount(reward_share_pool(amount_from_u64(1000), parts, 3, all), "1");
    assert_amount(parts[0].tokens, "250");
    assert_amount(parts[2].tokens, "499");
}

static void a_part__is_commission_payments_and_remainder(void **unused)
{
    (void)unused;
    for (int round = 0; round < SHARE_ROUNDS; round++) {
        AUTO_BUFFER payments = {0};
        struct reward_weight stakers[MANY];
        struct reward_part part = {.operator= earner(7),
                                   .tokens = random_amount(),
                                   .split_bips = (int64_t)(random_u64() % 4 == 0 ? BIPS_ALL : random_u64() % 10001)};
        struct amount commission;
        size_t n = random_u64() % MANY;
        buffer_bytes(&payments, &(struct reward_payment){.earner = earner(1)}, sizeof(struct reward_payment));
        for (size_t i = 0; i < n; i++) {
            stakers[i] = (struct reward_weight){earner(1000 + i), random_weight()};
            total_add(&stakers[i].weight, amount_from_u64(1));
            part.stake_weight = total_plus(part.stake_weight, stakers[i].weight);
        }
        reward_share_part(&part, stakers, n, &payments);
        assert_int_equal(part.first, 1);
        assert_int_equal(amount_mul_div_floor(part.tokens, amount_from_u64((uint64_t)part.split_bips),
                                              amount_from_u64(10000), &commission),
                         OK);
        assert_same(part.commission, commission);
        assert_same(paid_to(&payments, 1, part.operator, REWARD_ROLE_OPERATOR), commission);
        struct amount shared = reward_less(part.tokens, commission);
        for (size_t i = 0; i < n; i++)
            assert_floor(shared, stakers[i].weight, part.stake_weight,
                         paid_to(&payments, 1, stakers[i].staker, REWARD_ROLE_STAKER));
        assert_same(sum_of(&payments, &part), reward_sum(part.commission, part.paid));
        assert_same(reward_sum(reward_sum(part.commission, part.paid), part.remainder), part.tokens);
        assert_true(n == 0 ? amount_is_zero(part.paid) : amount_compare(part.remainder, amount_from_u64(n)) < 0);
    }
}

/* What somebody is paid does not depend on who else was looked at first. */
static void payments__do_not_depend_on_the_order_of_stakers(void **unused)
{
    (void)unused;
    for (int round = 0; round < SHARE_ROUNDS; round++) {
        AUTO_BUFFER forward = {0}, backward = {0};
        struct reward_weight there[MANY], back[MANY];
        struct reward_part a = {.operator= earner(7), .tokens = random_amount(), .split_bips = 1234}, b;
        for (size_t i = 0; i < MANY; i++) {
            there[i] = back[MANY - 1 - i] = (struct reward_weight){earner(1000 + i), random_weight()};
            a.stake_weight = total_plus(a.stake_weight, there[i].weight);
        }
        if (total_is_zero(a.stake_weight))
            continue;
        b = a;
        reward_share_part(&a, there, MANY, &forward);
        reward_share_part(&b, back, MANY, &backward);
        assert_int_equal(a.n, b.n);
        assert_same(a.paid, b.paid);
        for (size_t i = 0; i < MANY; i++)
            assert_same(paid_to(&forward, 0, there[i].staker, REWARD_ROLE_STAKER),
                        paid_to(&backward, 0, there[i].staker, REWARD_ROLE_STAKER));
    }
}

static void all_of_256_bits__is_shared_without_overflow(void **unused)
{
    (void)unused;
    AUTO_BUFFER payments = {0};
    struct amount most = amount_of("79228162514264337593543950335");
    struct reward_weight stakers[2] = {{earner(1), amount_product(amount_max, most)},
                                       {earner(2), amount_product(amount_max, most)}};
    struct reward_part part = {.operator= earner(9), .tokens = amount_max, .split_bips = 10000};
    part.stake_weight = total_plus(stakers[0].weight, stakers[1].weight);
    reward_share_part(&part, stakers, 2, &payments);
    assert_same(part.commission, amount_max);
    assert_int_equal(part.n, 1); /* nobody is paid nothing */
    part.split_bips = 0;
    reward_share_part(&part, stakers, 2, &payments);
    assert_int_equal(part.n, 2);
    assert_same(part.remainder, amount_from_u64(1));
    assert_same(reward_bips(amount_max, 10000), amount_max);
    assert_amount(reward_bips(amount_from_u64(9999), 1), "0");
    assert_amount(reward_bips(amount_from_u64(10001), 9999), "9999");
}

static void weights__sum_the_strategies_that_count(void **unused)
{
    (void)unused;
    AUTO_BUFFER weights = {0};
    struct reward_stake stakes[] = {{earner(1), 0, 0, amount_from_u64(10)}, {earner(1), 0, 1, amount_from_u64(1)},
                                    {earner(1), 0, 2, amount_from_u64(7)},  {earner(2), 0, 1, amount_from_u64(99)},
                                    {earner(3), 0, 0, amount_max},          {earner(3), 0, 2, amount_max}};
    struct amount most = amount_of("79228162514264337593543950335"); /* 96 bits, as the contract has them */
    struct amount multipliers[3] = {amount_from_u64(3), amount_zero, most};
    struct total sum = reward_weigh(stakes, 6, multipliers, &weights), expected;
    const struct reward_weight *w = (const struct reward_weight *)weights.p;
    assert_int_equal(weights.n / sizeof *w, 2); /* earner 2 has only what does not count */
    assert_true(address_equal(w[0].staker, earner(1)) && address_equal(w[1].staker, earner(3)));
    expected = total_plus(total_of(amount_from_u64(30)), amount_product(most, amount_from_u64(7)));
    assert_int_equal(total_compare(w[0].weight, expected), 0);
    expected = total_plus(amount_product(amount_max, amount_from_u64(3)), amount_product(amount_max, most));
    assert_int_equal(total_compare(w[1].weight, expected), 0);
    assert_int_equal(total_compare(sum, total_plus(w[0].weight, w[1].weight)), 0);
    buffer_reset(&weights);
    assert_true(total_is_zero(reward_weigh(NULL, 0, multipliers, &weights)) && weights.n == 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_pool__is_shared_by_exact_floors),
        cmocka_unit_test(weights_of_more_than_256_bits__are_exact),
        cmocka_unit_test(a_part__is_commission_payments_and_remainder),
        cmocka_unit_test(payments__do_not_depend_on_the_order_of_stakers),
        cmocka_unit_test(all_of_256_bits__is_shared_without_overflow),
        cmocka_unit_test(weights__sum_the_strategies_that_count),
    };
    return cmocka_run_group_tests(tests, start_random, NULL);
}
