/* tests/ledger/test_reward_day.c - days: when they end, which block closes them and begins a batch; what a closing books. */
#include "ledger/reward_day.h"

#include "ledger/position.h"
#include "ledger/reward_book.h"
#include "tests/ledger/support/books.h"
#include "tests/support/unit.h"

enum { DELAY = 4, TOKEN = 0xee, HOLDER = 0xd0, AVS = 0xa0, OPERATOR = 0x10, STAKERS = 0x40, NOON = DAY_SECONDS / 2 };

static const struct reward_terms terms = {.wanted = true, .booking_delay = DELAY, .default_split_bips = 1000};

static void open_books(struct books *b)
{
    books_init(b);
    reward_days_use(b, &terms);
    b->clock.known = true;
}

/* One block without logs in a batch of its own; what it asks for is nothing. */
static void pass(struct books *b, uint64_t number, int64_t time)
{
    for (int round = 0; round < 3; round++) {
        books_batch_begin(b);
        books_block_begin(b, number, hash_of_block(number));
        reward_day_begin(b, time);
        reward_day_end(b);
        books_block_end(b);
        if (books_settle(b) == OK)
            break;
        const struct reward_run *runs = (const struct reward_run *)b->day_needs.p;
        for (size_t i = 0; i < b->day_needs.n / sizeof *runs; i++) {
            struct reward_closing nothing = {.run = runs[i]};
            buffer_bytes(&b->closings, &nothing, sizeof nothing);
        }
        buffer_reset(&b->day_needs);
        books_all_absent(b);
    }
    books_batch_done(b);
}

static size_t n_open(const struct books *b)
{
    return b->clock.open.n / sizeof(struct reward_run);
}

static void day_ends__with_the_first_block_of_a_later_one(void **state)
{
    (void)state;
    struct books b;
    open_books(&b);
    pass(&b, 10, 5 * DAY_SECONDS + NOON);
    pass(&b, 11, 6 * DAY_SECONDS - 1);
    assert_int_equal(n_open(&b), 0);
    assert_int_equal(b.clock.first_day, 5);
    pass(&b, 12, 6 * DAY_SECONDS);
    assert_int_equal(n_open(&b), 1);
    const struct reward_run *run = (const struct reward_run *)b.clock.open.p;
    assert_int_equal(run->day, 5);
    assert_int_equal(run->next_day, 6);
    assert_int_equal(run->last_block, 11);
    books_done(&b);
}

static void day_never_goes_back(void **state)
{
    (void)state;
    struct books b;
    open_books(&b);
    pass(&b, 1, 5 * DAY_SECONDS);
    pass(&b, 2, 7 * DAY_SECONDS);
    pass(&b, 3, 6 * DAY_SECONDS);
    pass(&b, 4, -DAY_SECONDS);
    pass(&b, 5, 7 * DAY_SECONDS + 1);
    assert_int_equal(b.clock.day, 7);
    assert_int_equal(n_open(&b), 0); /* closed by block 1 + 4 */
    books_done(&b);
}

static void closing__is_by_the_block_that_far_above_the_last(void **state)
{
    (void)state;
    struct books b;
    open_books(&b);
    pass(&b, 1, 0);
    pass(&b, 2, DAY_SECONDS);
    pass(&b, 3, 2 * DAY_SECONDS);
    assert_int_equal(n_open(&b), 2);
    struct reward_moment moment = {.number = 4, .time = 2 * DAY_SECONDS};
    assert_false(reward_days_due(&b, &moment));
    pass(&b, 4, 2 * DAY_SECONDS);
    assert_int_equal(n_open(&b), 2);
    moment.number = 5;
    assert_true(reward_days_due(&b, &moment));
    pass(&b, 5, 2 * DAY_SECONDS);
    assert_int_equal(n_open(&b), 1);
    pass(&b, 6, 2 * DAY_SECONDS);
    assert_int_equal(n_open(&b), 0);
    books_done(&b);
}

static void fit__ends_before_a_block_that_closes(void **state)
{
    (void)state;
    struct books b;
    struct reward_moment blocks[12];
    size_t fit;
    open_books(&b);
    for (int i = 0; i < 12; i++)
        blocks[i] = (struct reward_moment){.number = 1 + (uint64_t)i, .time = i < 3 ? 0 : DAY_SECONDS};
    assert_int_equal(reward_days_fit(&b, blocks, 12, &fit), OK);
    assert_int_equal(fit, 6); /* block 3 is the last of its day, block 7 closes it */
    for (int i = 0; i < 5; i++)
        pass(&b, blocks[i].number, blocks[i].time);
    assert_int_equal(reward_days_fit(&b, blocks + 5, 7, &fit), OK);
    assert_int_equal(fit, 1);
    pass(&b, blocks[5].number, blocks[5].time);
    assert_int_equal(reward_days_fit(&b, blocks + 6, 6, &fit), OK);
    assert_int_equal(fit, 6);
    assert_int_equal(reward_days_fit(&b, blocks + 7, 5, &fit), ERR_CONFIG); /* block 7 was left out */
    books_done(&b);
}

/* ---- booking ---- */

static struct hash submission_numbered(uint8_t n)
{
    return (struct hash){{n, 0x5b}};
}

static struct amount units(uint64_t v)
{
    return amount_from_u64(v);
}

static void settle(struct books *b, uint64_t block, void (*act)(struct books *b, void *arg), void *arg)
{
    for (;;) {
        books_batch_begin(b);
        books_block_begin(b, block, hash_of_block(block));
        books_log_begin(b, LOG_INDEX_DAY_CLOSED);
        act(b, arg);
        books_block_end(b);
        if (books_settle(b) == OK)
            break;
        books_all_absent(b);
    }
    books_batch_done(b);
}

static void submit(struct books *b, void *arg)
{
    struct reward_submission s = {.kind = REWARD_AVS,
                                  .hash = submission_numbered(1),
                                  .distributor = address_numbered(HOLDER),
                                  .submitter = address_numbered(AVS),
                                  .avs = address_numbered(AVS),
                                  .operator_set = REWARD_NO_SET,
                                  .token = address_numbered(TOKEN),
                                  .amount = units(1000),
                                  .duration = DAY_SECONDS};
    (void)arg;
    reward_apply_submission(b, &s, 0);
}

static void book(struct books *b, void *arg)
{
    reward_book_closing(b, arg);
}

static struct amount balance(struct books *b, struct account_key key)
{
    const struct account_state *state = map_get(&b->accounts, &key);
    return state == NULL ? amount_zero : state->balance;
}

static void assert_balance(struct books *b, struct account_key key, uint64_t expected)
{
    assert_int_equal(amount_compare(balance(b, key), units(expected)), 0);
}

static struct account_key earned_by(uint8_t who)
{
    return reward_key_of_earner(BOOK_REWARD_EARNED, address_numbered(TOKEN), address_numbered(who),
                                address_numbered(HOLDER));
}

static struct account_key of_submission(enum book which)
{
    return reward_key_of_submission(which, address_numbered(TOKEN), address_numbered(AVS), submission_numbered(1));
}

/* A pool of 1,000: an operator's part of 900 (90 commission, 500 and 300 to stakers, 10 left), 40 refunded, 60 left, with a rest of 0. */
static void one_closing(struct reward_closing *closing, struct reward_pool *pool, struct reward_part *part,
                        struct reward_payment payments[3])
{
    payments[0] = (struct reward_payment){address_numbered(OPERATOR), REWARD_ROLE_OPERATOR, units(90)};
    payments[1] = (struct reward_payment){address_numbered(STAKERS), REWARD_ROLE_STAKER, units(500)};
    payments[2] = (struct reward_payment){address_numbered(STAKERS + 1), REWARD_ROLE_STAKER, units(300)};
    *part = (struct reward_part){.operator= address_numbered(OPERATOR),
                                 .weight = total_of(units(7)),
                                 .tokens = units(900),
                                 .split_bips = 1000,
                                 .commission = units(90),
                                 .stake_weight = total_of(units(8)),
                                 .paid = units(800),
                                 .remainder = units(10),
                                 .first = 0,
                                 .n = 3};
    *pool = (struct reward_pool){.submission = submission_numbered(1),
                                 .distributor = address_numbered(HOLDER),
                                 .token = address_numbered(TOKEN),
                                 .owner = address_numbered(AVS),
                                 .avs = address_numbered(AVS),
                                 .day = 3,
                                 .paid_day = 3,
                                 .days = 1,
                                 .tokens = units(1000),
                                 .refund = units(40),
                                 .remainder = units(70),
                                 .weight = total_of(units(7)),
                                 .n_parts = 1};
    *closing = (struct reward_closing){.run = {.day = 3, .next_day = 4, .last_block = 9},
                                       .computed = {.pools = pool,
                                                    .parts = part,
                                                    .payments = payments,
                                                    .n_pools = 1,
                                                    .n_parts = 1,
                                                    .n_payments = 3}};
}

static void closing__books_every_payout_and_what_is_left(void **state)
{
    (void)state;
    struct books b;
    struct reward_closing closing;
    struct reward_pool pool;
    struct reward_part part;
    struct reward_payment payments[3];
    open_books(&b);
    settle(&b, 1, submit, NULL);
    assert_balance(&b, of_submission(BOOK_REWARD_PENDING), 1000);
    one_closing(&closing, &pool, &part, payments);
    struct account_key earners[] = {earned_by(OPERATOR), earned_by(STAKERS), earned_by(STAKERS + 1), earned_by(AVS)};
    for (size_t i = 0; i < sizeof earners / sizeof *earners; i++)
        map_put(&b.accounts, &earners[i], NULL);
    settle(&b, 2, book, &closing);
    assert_balance(&b, of_submission(BOOK_REWARD_PENDING), 0);
    assert_balance(&b, earned_by(OPERATOR), 90);
    assert_balance(&b, earned_by(STAKERS), 500);
    assert_balance(&b, earned_by(STAKERS + 1), 300);
    assert_balance(&b, earned_by(AVS), 40);
    assert_balance(&b, of_submission(BOOK_REWARD_REMAINDER), 70);
    struct address token = address_numbered(TOKEN);
    for (int role = REWARD_ROLE_OPERATOR; role <= REWARD_ROLE_TREASURY; role++) {
        struct address of = role <= REWARD_ROLE_STAKER ? address_numbered(OPERATOR) : address_zero;
        assert_balance(&b, reward_key_pool(token, of, submission_numbered(1), 3, (enum reward_role)role), 0);
    }
    books_done(&b);
}

static void closing__waits_until_every_account_is_cached(void **state)
{
    (void)state;
    struct books b;
    struct reward_closing closing;
    struct reward_pool pool;
    struct reward_part part;
    struct reward_payment payments[3];
    open_books(&b);
    one_closing(&closing, &pool, &part, payments);
    books_batch_begin(&b);
    books_block_begin(&b, 1, hash_of_block(1));
    reward_book_closing(&b, &closing);
    assert_int_equal(b.out[BOOKS_ENTRY].n, 0);
    assert_int_equal(books_settle(&b), ERR_NEED);
    books_done(&b);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(day_ends__with_the_first_block_of_a_later_one),
        cmocka_unit_test(day_never_goes_back),
        cmocka_unit_test(closing__is_by_the_block_that_far_above_the_last),
        cmocka_unit_test(fit__ends_before_a_block_that_closes),
        cmocka_unit_test(closing__books_every_payout_and_what_is_left),
        cmocka_unit_test(closing__waits_until_every_account_is_cached),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
