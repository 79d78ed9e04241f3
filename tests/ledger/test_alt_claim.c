/* tests/ledger/test_alt_claim.c - claims of rewards that name no distribution: whom they lower, pools, what is left in them. */
#include "tests/ledger/support/alt_books.h"

enum { TOKEN_1 = 0x71, TOKEN_2 = 0x72, PAYER = 0x81 };

static struct alt_payer payer(uint8_t token)
{
    return (struct alt_payer){address_numbered(token), address_numbered(PAYER)};
}

static void credit(struct alt *at, int32_t id, uint8_t token, uint64_t v)
{
    int32_t seen;
    assert_true(alt_see_distribution(at, n((uint64_t)id), &seen));
    if (token != 0)
        alt_learn_payer(at, id, payer(token));
    alt_apply_accrued(at, id, address_numbered(STAKER), address_numbered(POOL_OPERATOR), n(v));
}

static void claim(struct alt *at, uint8_t token, uint64_t v)
{
    struct alt_payer by = payer(token);
    alt_apply_claim(at, address_numbered(STAKER), address_numbered(POOL_OPERATOR), n(v), token == 0 ? NULL : &by,
                    false);
}

static uint64_t held(struct books *b, enum book book, int32_t id)
{
    struct alt at = alt_after(b);
    struct account_key key = alt_reward_key(&at, book, id, address_numbered(POOL_OPERATOR), address_numbered(STAKER));
    const struct account_state *state = map_get(&b->accounts, &key);
    return state == NULL ? 0 : as_u64(state->balance);
}

static void assert_reward(struct books *b, int32_t id, uint64_t credited, int32_t pool)
{
    struct alt at = alt_after(b);
    struct alt_pool_row key = {.contract = at.contract, .staker = address_numbered(STAKER), .distribution = id};
    key.operator= address_numbered(POOL_OPERATOR);
    const struct alt_pool_row *row = books_last(b, TIMELINE_ALT_POOL, &key);
    assert_int_equal(held(b, BOOK_ALT_REWARD, id), credited);
    assert_int_equal(row == NULL ? 0 : row->pool, pool);
}

static void by_token(struct alt *at)
{
    credit(at, 1, TOKEN_1, 100);
    credit(at, 2, TOKEN_2, 100);
    claim(at, TOKEN_2, 30);
}

static void the_token_that_was_paid__names_the_distribution(void **state)
{
    (void)state;
    struct books b;
    alt_play(&b, by_token);
    assert_reward(&b, 1, 100, 0);
    assert_reward(&b, 2, 70, 0);
    assert_int_equal(held(&b, BOOK_ALT_REWARD_CLAIMED, 2), 30);
    assert_false(alt_is_marked(&b));
    books_done(&b);
}

static void by_amount(struct alt *at)
{
    credit(at, 1, TOKEN_1, 20);
    credit(at, 2, TOKEN_1, 100);
    claim(at, TOKEN_1, 30);
    claim(at, 0, 25); /* no Transfer was seen */
}

static void what_was_claimable__names_the_distribution(void **state)
{
    (void)state;
    struct books b;
    alt_play(&b, by_amount);
    assert_reward(&b, 1, 20, 0);
    assert_reward(&b, 2, 45, 0);
    books_done(&b);
}

static void without_payer(struct alt *at)
{
    credit(at, 1, 0, 20);
    claim(at, TOKEN_1, 5);
}

static void a_claim_that_only_one_can_pay__shows_its_payer(void **state)
{
    (void)state;
    struct books b;
    alt_play(&b, without_payer);
    struct alt at = alt_after(&b);
    assert_true(address_equal(alt_distribution_get(&at, 1).reward_token, address_numbered(TOKEN_1)));
    assert_true(address_equal(alt_distribution_get(&at, 1).reward_vault, address_numbered(PAYER)));
    books_done(&b);
}

static void two_claims(struct alt *at)
{
    credit(at, 1, TOKEN_1, 10);
    credit(at, 2, TOKEN_1, 10);
    credit(at, 3, TOKEN_1, 5);
    claim(at, TOKEN_1, 8);
    claim(at, TOKEN_1, 9); /* 1 and 2 had 20 and have 3 */
    claim(at, TOKEN_1, 4); /* which only 3 can have paid */
}

static void a_pool__keeps_the_sum(void **state)
{
    (void)state;
    struct books b;
    alt_play(&b, two_claims);
    assert_reward(&b, 1, 10, 1);
    assert_reward(&b, 2, 10, 1);
    assert_reward(&b, 3, 1, 0);
    assert_int_equal(held(&b, BOOK_ALT_CLAIM, 1), 17);
    assert_false(alt_is_marked(&b));
    books_done(&b);
}

static void two_pools(struct alt *at)
{
    for (int32_t id = 1; id <= 4; id++)
        credit(at, id, TOKEN_1, id <= 2 ? 10 : 100);
    claim(at, TOKEN_1, 50); /* 3 or 4 */
    claim(at, TOKEN_1, 5);  /* any */
}

static void pools_that_a_claim_joins__become_one(void **state)
{
    (void)state;
    struct books b;
    alt_play(&b, two_pools);
    for (int32_t id = 1; id <= 4; id++)
        assert_reward(&b, id, id <= 2 ? 10 : 100, 1);
    assert_int_equal(held(&b, BOOK_ALT_CLAIM, 1), 55);
    assert_int_equal(held(&b, BOOK_ALT_CLAIM, 3), 0);
    books_done(&b);
}

static void all_of_a_pool(struct alt *at)
{
    credit(at, 1, TOKEN_1, 10);
    credit(at, 2, TOKEN_1, 10);
    claim(at, TOKEN_1, 10);
    claim(at, TOKEN_1, 10);
    credit(at, 2, TOKEN_1, 7);
}

static void an_empty_pool__ends(void **state)
{
    (void)state;
    struct books b;
    alt_play(&b, all_of_a_pool);
    assert_reward(&b, 1, 0, 0);
    assert_reward(&b, 2, 7, 0);
    assert_int_equal(held(&b, BOOK_ALT_REWARD_CLAIMED, 1), 10);
    assert_int_equal(held(&b, BOOK_ALT_REWARD_CLAIMED, 2), 10);
    assert_int_equal(held(&b, BOOK_ALT_CLAIM, 1), 0);
    assert_false(alt_is_marked(&b));
    books_done(&b);
}

static void too_much(struct alt *at)
{
    credit(at, 1, TOKEN_1, 10);
    claim(at, TOKEN_1, 11);
}

static void a_claim_of_more_than_accrued__marks_the_contract(void **state)
{
    (void)state;
    struct books b;
    alt_play(&b, too_much);
    assert_reward(&b, 1, 10, 0);
    assert_true(alt_is_marked(&b));
    books_done(&b);
}

static void strange_ids(struct alt *at)
{
    int32_t id;
    assert_false(alt_see_distribution(at, amount_zero, &id));
    assert_false(alt_see_distribution(at, n(ALT_DISTRIBUTIONS_MAX + 1), &id));
    assert_true(alt_see_distribution(at, n(ALT_DISTRIBUTIONS_MAX), &id));
    assert_false(alt_see_distribution(at, amount_max, &id));
}

static void ids_that_no_contract_gives__mark_it(void **state)
{
    (void)state;
    struct books b;
    alt_play(&b, strange_ids);
    assert_true(alt_is_marked(&b));
    books_done(&b);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_token_that_was_paid__names_the_distribution),
        cmocka_unit_test(what_was_claimable__names_the_distribution),
        cmocka_unit_test(a_claim_that_only_one_can_pay__shows_its_payer),
        cmocka_unit_test(a_pool__keeps_the_sum),
        cmocka_unit_test(pools_that_a_claim_joins__become_one),
        cmocka_unit_test(an_empty_pool__ends),
        cmocka_unit_test(a_claim_of_more_than_accrued__marks_the_contract),
        cmocka_unit_test(ids_that_no_contract_gives__mark_it),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
