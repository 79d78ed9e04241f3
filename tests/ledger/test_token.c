/* tests/ledger/test_token.c - each kind of transfer, and how a hostile token or a late beginning is booked. */
#include <stdint.h>
#include <string.h>

#include "tests/ledger/support/books.h"
#include "tests/support/unit.h"

static const struct address none; /* the zero address */

static struct address token(void)
{
    return address_numbered(9);
}

static struct address alice(void)
{
    return address_numbered(1);
}

static struct address bob(void)
{
    return address_numbered(2);
}

static struct deed move(struct address from, struct address to, struct amount value)
{
    return (struct deed){.act = ACT_TRANSFER, .block = 1, .token = token(), .from = from, .to = to, .value = value};
}

/* Books after these movements, one log each in one block. */
static void book(struct books *b, struct deed *deeds, size_t n)
{
    for (size_t i = 0; i < n; i++)
        deeds[i].log_index = (uint32_t)i;
    books_init(b);
    books_batch(b, deeds, n, NULL);
}
#define BOOK(b, ...) book(b, (struct deed[]){__VA_ARGS__}, sizeof((struct deed[]){__VA_ARGS__}) / sizeof(struct deed))

static void assert_holds(struct books *b, enum book which, struct address owner, struct amount expected)
{
    assert_int_equal(amount_compare(balance_of(b, which, token(), owner), expected), 0);
}

static const char *reason(struct books *b)
{
    struct address contract = token();
    const struct timeline_slot *slot = map_get(&b->timelines[TIMELINE_INCONSISTENCY].last, &contract);
    if (slot == NULL || !slot->present)
        return NULL;
    return ((const struct inconsistency_row *)((const uint8_t *)slot + TIMELINE_ROW_OFFSET))->reason;
}

static struct amount n(uint64_t v)
{
    return amount_from_u64(v);
}

static void mint_burn_and_transfer__move_supply_and_balances(void **state)
{
    (void)state;
    struct books b;
    BOOK(&b, move(none, alice(), n(10)), move(alice(), bob(), n(3)), move(bob(), none, n(1)));
    assert_holds(&b, BOOK_TOKEN, alice(), n(7));
    assert_holds(&b, BOOK_TOKEN, bob(), n(2));
    assert_holds(&b, BOOK_TOKEN_ISSUED, none, n(9));
    assert_int_equal(control_of(&b, BOOK_TOKEN, token()).accounts, 2);
    assert_null(reason(&b));
    books_done(&b);
}

static void a_value_of_zero__books_nothing(void **state)
{
    (void)state;
    struct books b;
    BOOK(&b, move(none, alice(), n(0)), move(alice(), bob(), n(0)), move(alice(), alice(), n(0)));
    assert_int_equal(b.next_account, 1);
    assert_null(reason(&b));
    books_done(&b);
}

static void a_transfer_to_oneself__changes_no_balance(void **state)
{
    (void)state;
    struct books b;
    BOOK(&b, move(none, alice(), amount_max), move(alice(), alice(), amount_max), move(alice(), alice(), n(5)));
    assert_holds(&b, BOOK_TOKEN, alice(), amount_max);
    assert_holds(&b, BOOK_TOKEN_ISSUED, none, amount_max);
    assert_null(reason(&b));
    books_done(&b);
}

static void the_whole_range__moves_and_burns(void **state)
{
    (void)state;
    struct books b;
    BOOK(&b, move(none, alice(), amount_max), move(alice(), bob(), amount_max), move(bob(), none, amount_max));
    assert_holds(&b, BOOK_TOKEN, bob(), amount_zero);
    assert_holds(&b, BOOK_TOKEN_ISSUED, none, amount_zero);
    assert_int_equal(control_of(&b, BOOK_TOKEN, token()).accounts, 0);
    assert_null(reason(&b));
    books_done(&b);
}

static void a_spend_without_balance__comes_from_unexplained(void **state)
{
    (void)state;
    struct books b;
    BOOK(&b, move(none, alice(), n(2)), move(alice(), bob(), n(5)));
    assert_holds(&b, BOOK_TOKEN, alice(), amount_zero);
    assert_holds(&b, BOOK_TOKEN, bob(), n(5));
    assert_holds(&b, BOOK_TOKEN_UNEXPLAINED, none, n(3));
    assert_holds(&b, BOOK_TOKEN_ISSUED, none, n(2));
    assert_string_equal(reason(&b), "a holder spent more than it had");
    books_done(&b);
}

static void a_burn_of_what_was_never_issued__goes_back_to_unexplained(void **state)
{
    (void)state;
    struct books b;
    BOOK(&b, move(none, alice(), n(2)), move(bob(), none, n(5)));
    assert_holds(&b, BOOK_TOKEN, alice(), n(2));
    assert_holds(&b, BOOK_TOKEN_ISSUED, none, amount_zero);
    assert_holds(&b, BOOK_TOKEN_UNEXPLAINED, none, n(2));
    assert_string_equal(reason(&b), "a holder spent more than it had");
    books_done(&b);
}

static void what_256_bits_cannot_hold__is_not_booked(void **state)
{
    (void)state;
    const char *sentence = "a movement that 256 bits cannot hold was not booked";
    struct books b;
    BOOK(&b, move(none, alice(), amount_max), move(none, bob(), n(1)));
    assert_holds(&b, BOOK_TOKEN, bob(), amount_zero);
    assert_holds(&b, BOOK_TOKEN_ISSUED, none, amount_max);
    assert_string_equal(reason(&b), sentence);
    books_done(&b);
    BOOK(&b, move(none, alice(), amount_max), move(bob(), alice(), n(1)));
    assert_holds(&b, BOOK_TOKEN, alice(), amount_max);
    assert_holds(&b, BOOK_TOKEN_UNEXPLAINED, none, amount_zero);
    assert_string_equal(reason(&b), sentence);
    books_done(&b);
}

static void a_contract__is_marked_once_in_a_block(void **state)
{
    (void)state;
    struct books b;
    struct written w = {.rows = {0}};
    struct deed deeds[] = {move(alice(), bob(), n(1)), move(alice(), bob(), n(1)), move(alice(), bob(), n(1))};
    deeds[1].log_index = 1;
    deeds[2].block = 2;
    books_init(&b);
    books_batch(&b, deeds, 3, &w);
    assert_int_equal(w.rows[BOOKS_TABLE_COUNT + TIMELINE_INCONSISTENCY], 2);
    written_done(&w);
    books_done(&b);
}

static void ids_of_a_contract__are_assets_of_their_own(void **state)
{
    (void)state;
    struct books b;
    books_init(&b);
    do {
        books_all_absent(&b);
        books_batch_begin(&b);
        books_block_begin(&b, 1, hash_zero);
        books_log_begin(&b, 0);
        token_apply_transfer_id(&b, token(), n(1), none, alice(), n(10));
        token_apply_transfer_id(&b, token(), amount_max, none, alice(), n(20));
        token_apply_transfer_id(&b, token(), n(1), alice(), bob(), n(4));
        books_block_end(&b);
    } while (books_settle(&b) == ERR_NEED);
    struct account_key one = account_key_token_id(BOOK_TOKEN, token(), n(1), alice());
    struct account_key last = account_key_token_id(BOOK_TOKEN, token(), amount_max, alice());
    const struct account_state *of_one = map_get(&b.accounts, &one), *of_last = map_get(&b.accounts, &last);
    assert_int_equal(amount_compare(of_one->balance, n(6)), 0);
    assert_int_equal(amount_compare(of_last->balance, n(20)), 0);
    assert_true(amount_is_zero(balance_of(&b, BOOK_TOKEN, token(), alice())));
    books_done(&b);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(mint_burn_and_transfer__move_supply_and_balances),
        cmocka_unit_test(a_value_of_zero__books_nothing),
        cmocka_unit_test(a_transfer_to_oneself__changes_no_balance),
        cmocka_unit_test(the_whole_range__moves_and_burns),
        cmocka_unit_test(a_spend_without_balance__comes_from_unexplained),
        cmocka_unit_test(a_burn_of_what_was_never_issued__goes_back_to_unexplained),
        cmocka_unit_test(what_256_bits_cannot_hold__is_not_booked),
        cmocka_unit_test(a_contract__is_marked_once_in_a_block),
        cmocka_unit_test(ids_of_a_contract__are_assets_of_their_own),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
