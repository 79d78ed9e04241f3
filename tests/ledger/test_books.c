/* tests/ledger/test_books.c - random movements against a naive model: balances, control totals, undoing, batch cuts. */
#include <stdint.h>
#include <string.h>

#include "tests/ledger/support/books.h"
#include "tests/support/unit.h"

enum { HOLDERS = 6, TOKENS = 2, DEEDS = 400, SEEDS = 60, WORDS = 12 };

/* Numbers as grade-school long addition does them: no overflow, nothing shared with core/amount. */
struct big {
    uint32_t w[2 * WORDS]; /* least first */
};

static struct big big_of(struct amount a)
{
    struct big out = {{0}};
    uint8_t be[32];
    amount_to_be(a, be);
    for (int i = 0; i < 32; i++)
        out.w[i / 4] |= (uint32_t)be[31 - i] << (i % 4 * 8);
    return out;
}

static struct big big_of_total(struct total t)
{
    struct big out = {{0}};
    uint8_t be[64];
    total_to_be(t, be);
    for (int i = 0; i < 64; i++)
        out.w[i / 4] |= (uint32_t)be[63 - i] << (i % 4 * 8);
    return out;
}

static struct big big_add(struct big a, struct big b)
{
    uint64_t carry = 0;
    for (int i = 0; i < 2 * WORDS; i++) {
        carry += (uint64_t)a.w[i] + b.w[i];
        a.w[i] = (uint32_t)carry;
        carry >>= 32;
    }
    return a;
}

static struct big big_subtract(struct big a, struct big b)
{
    int64_t borrow = 0;
    for (int i = 0; i < 2 * WORDS; i++) {
        int64_t d = (int64_t)a.w[i] - b.w[i] + borrow;
        a.w[i] = (uint32_t)d;
        borrow = d < 0 ? -1 : 0;
    }
    assert_int_equal(borrow, 0);
    return a;
}

static int big_compare(struct big a, struct big b)
{
    for (int i = 2 * WORDS; i-- > 0;)
        if (a.w[i] != b.w[i])
            return a.w[i] < b.w[i] ? -1 : 1;
    return 0;
}

static bool big_fits(struct big a)
{
    for (int i = 8; i < 2 * WORDS; i++)
        if (a.w[i] != 0)
            return false;
    return true;
}

static const struct big big_zero;

/* ---- the model ---- */

struct model {
    struct big holder[HOLDERS + 1], issued, unexplained; /* holder 0 is the zero address and has nothing */
    struct big units[HOLDERS + 1], units_issued;
    bool inconsistent;
};

static struct big lesser(struct big a, struct big b)
{
    return big_compare(a, b) < 0 ? a : b;
}

/* token.h, in other words. */
static void model_transfer(struct model *m, int from, int to, struct big v)
{
    struct big missing = from != 0 && big_compare(v, m->holder[from]) > 0 ? big_subtract(v, m->holder[from]) : big_zero;
    bool fits = big_fits(big_add(m->unexplained, missing)) && (from != 0 || big_fits(big_add(m->issued, v))) &&
                (to == 0 || to == from || big_fits(big_add(m->holder[to], v)));
    if (!fits) {
        m->inconsistent = true;
        return;
    }
    if (from != 0) {
        m->holder[from] = big_subtract(big_add(m->holder[from], missing), v);
        m->unexplained = big_add(m->unexplained, missing);
    } else {
        m->issued = big_add(m->issued, v);
    }
    struct big unseen = big_zero;
    if (to != 0) {
        m->holder[to] = big_add(m->holder[to], v);
    } else {
        struct big seen = lesser(v, m->issued);
        unseen = big_subtract(v, seen);
        m->issued = big_subtract(m->issued, seen);
        m->unexplained = big_subtract(m->unexplained, unseen);
    }
    if (big_compare(missing, big_zero) > 0 || big_compare(unseen, big_zero) > 0)
        m->inconsistent = true;
}

static void model_units(struct model *m, int who, struct big previous, struct big now)
{
    struct big issued = big_subtract(big_add(m->units_issued, now), m->units[who]);
    bool wrong = big_compare(previous, m->units[who]) != 0;
    if (!big_fits(issued)) {
        m->inconsistent = true;
        return;
    }
    m->units_issued = issued;
    m->units[who] = now;
    m->inconsistent = m->inconsistent || wrong;
}

/* ---- random deeds ---- */

static uint64_t dice_state;

static uint64_t dice(uint64_t n)
{
    dice_state ^= dice_state << 13;
    dice_state ^= dice_state >> 7;
    dice_state ^= dice_state << 17;
    return dice_state % n;
}

static struct amount amount_of(struct big v)
{
    uint8_t be[32];
    for (int i = 0; i < 32; i++)
        be[31 - i] = (uint8_t)(v.w[i / 4] >> (i % 4 * 8));
    return amount_from_be(be);
}

/* Mostly what holders can pay; sometimes their whole balance, one more, the whole range, or nothing. */
static struct amount dice_value(const struct model *m, int from)
{
    struct amount balance = amount_of(m->holder[from]), one_more = balance;
    switch (dice(10)) {
    case 0:
        return amount_zero;
    case 1:
        return amount_max;
    case 2:
        return balance;
    case 3:
        return amount_add(balance, amount_from_u64(1), &one_more) == OK ? one_more : balance;
    case 4:
        return (struct amount){{dice_state, dice(UINT64_MAX), dice(UINT64_MAX), dice(UINT64_MAX)}};
    default:
        return amount_from_u64(dice(1000));
    }
}

static struct address holder(int i)
{
    return i == 0 ? address_zero : address_numbered((uint8_t)i);
}

static struct address token(int i)
{
    return address_numbered((uint8_t)(100 + i));
}

/* Deeds with the model's state after all of them. */
static void make_deeds(uint64_t seed, struct deed deeds[DEEDS], struct model models[TOKENS])
{
    dice_state = seed * 2654435761u + 1;
    memset(models, 0, TOKENS * sizeof *models);
    uint64_t block = 1;
    uint32_t log_index = 0;
    for (int i = 0; i < DEEDS; i++) {
        int t = (int)dice(TOKENS), from = (int)dice(HOLDERS + 1), to = (int)dice(HOLDERS + 1);
        if (dice(4) == 0) {
            block += 1 + dice(3);
            log_index = 0;
        }
        struct deed d = {.act = ACT_TRANSFER,
                         .block = block,
                         .log_index = log_index,
                         .token = token(t),
                         .from = holder(from),
                         .to = holder(to)};
        log_index += 1 + (uint32_t)dice(2);
        d.value = dice_value(&models[t], from);
        if (dice(5) == 0 && from != 0) {
            d.act = dice(3) == 0 ? ACT_DELEGATE : ACT_UNITS;
            d.previous = dice(8) == 0 ? amount_from_u64(7) : amount_of(models[t].units[from]);
        }
        if (d.act == ACT_TRANSFER)
            model_transfer(&models[t], from, to, big_of(d.value));
        else if (d.act == ACT_UNITS)
            model_units(&models[t], from, big_of(d.previous), big_of(d.value));
        deeds[i] = d;
    }
}

static void assert_big(struct big actual, struct big expected, const char *what, uint64_t seed)
{
    if (big_compare(actual, expected) != 0)
        fail_msg("%s differs from the model (seed %llu)", what, (unsigned long long)seed);
}

/* The number of accounts whose balance is not zero, and their sum. */
static uint64_t count_and_sum(const struct big *balances, size_t n, struct big *sum)
{
    uint64_t count = 0;
    *sum = big_zero;
    for (size_t i = 0; i < n; i++) {
        count += big_compare(balances[i], big_zero) != 0;
        *sum = big_add(*sum, balances[i]);
    }
    return count;
}

static void check_control(struct books *b, enum book book, struct address t, const struct big *balances, size_t n,
                          uint64_t seed)
{
    struct control_state c = control_of(b, book, t);
    struct big debits = big_of_total(c.debits), credits = big_of_total(c.credits), sum;
    uint64_t count = count_and_sum(balances, n, &sum);
    if (c.accounts != count)
        fail_msg("book %d counts %llu accounts, the model %llu (seed %llu)", (int)book, (unsigned long long)c.accounts,
                 (unsigned long long)count, (unsigned long long)seed);
    assert_big(book_is_debit_normal(book) ? big_subtract(debits, credits) : big_subtract(credits, debits), sum,
               "debits less credits", seed);
}

static struct big both(struct books *b, enum book book, struct address t, bool debits)
{
    struct control_state c = control_of(b, book, t);
    return big_of_total(debits ? c.debits : c.credits);
}

static void check_books(struct books *b, const struct model *m, int t, uint64_t seed)
{
    struct address contract = token(t);
    for (int i = 1; i <= HOLDERS; i++) {
        assert_big(big_of(balance_of(b, BOOK_TOKEN, contract, holder(i))), m->holder[i], "a balance", seed);
        assert_big(big_of(balance_of(b, BOOK_VOTES, contract, holder(i))), m->units[i], "units", seed);
    }
    assert_big(big_of(balance_of(b, BOOK_TOKEN_ISSUED, contract, address_zero)), m->issued, "the supply", seed);
    assert_big(big_of(balance_of(b, BOOK_TOKEN_UNEXPLAINED, contract, address_zero)), m->unexplained, "unexplained",
               seed);
    assert_big(big_of(balance_of(b, BOOK_VOTES_ISSUED, contract, address_zero)), m->units_issued, "all units", seed);

    struct big held;
    count_and_sum(m->holder, HOLDERS + 1, &held);
    assert_big(held, big_add(m->issued, m->unexplained), "holders = issued + unexplained", seed);

    check_control(b, BOOK_TOKEN, contract, m->holder, HOLDERS + 1, seed);
    check_control(b, BOOK_TOKEN_ISSUED, contract, &m->issued, 1, seed);
    check_control(b, BOOK_TOKEN_UNEXPLAINED, contract, &m->unexplained, 1, seed);
    check_control(b, BOOK_VOTES, contract, m->units, HOLDERS + 1, seed);
    check_control(b, BOOK_VOTES_ISSUED, contract, &m->units_issued, 1, seed);
    struct big debits = big_zero, credits = big_zero;
    for (enum book book = BOOK_TOKEN; book <= BOOK_TOKEN_UNEXPLAINED; book++) {
        debits = big_add(debits, both(b, book, contract, true));
        credits = big_add(credits, both(b, book, contract, false));
    }
    assert_big(debits, credits, "debits = credits", seed);

    const struct timeline_slot *mark = map_get(&b->timelines[TIMELINE_INCONSISTENCY].last, &contract);
    if ((mark != NULL && mark->present) != m->inconsistent)
        fail_msg("the mark of inconsistency differs from the model (seed %llu)", (unsigned long long)seed);
}

static void books__equal_a_naive_model(void **state)
{
    (void)state;
    for (uint64_t seed = 1; seed <= SEEDS; seed++) {
        struct deed deeds[DEEDS];
        struct model models[TOKENS];
        make_deeds(seed, deeds, models);
        struct books b;
        books_init(&b);
        books_batch(&b, deeds, DEEDS, NULL);
        for (int t = 0; t < TOKENS; t++)
            check_books(&b, &models[t], t, seed);
        books_done(&b);
    }
}

/* The end of the batch that begins at `from`: some whole blocks. */
static size_t cut(const struct deed *deeds, size_t from, uint64_t blocks)
{
    size_t to = from;
    for (uint64_t seen = 0; to < DEEDS; to++) {
        seen += to == from || deeds[to].block != deeds[to - 1].block;
        if (seen > blocks)
            break;
    }
    return to;
}

static struct hash book_in_batches(const struct deed *deeds, uint64_t blocks_most, struct written *out)
{
    struct books b;
    books_init(&b);
    for (size_t from = 0; from < DEEDS;) {
        size_t to = cut(deeds, from, 1 + dice(blocks_most));
        books_batch(&b, deeds + from, to - from, out);
        from = to;
    }
    struct hash root = b.root;
    books_done(&b);
    return root;
}

static void batches__change_neither_rows_nor_roots(void **state)
{
    (void)state;
    for (uint64_t seed = 1; seed <= SEEDS; seed++) {
        struct deed deeds[DEEDS];
        struct model models[TOKENS];
        make_deeds(seed, deeds, models);
        struct written whole = {.rows = {0}};
        struct hash root = book_in_batches(deeds, DEEDS, &whole);
        assert_true(whole.rows[BOOKS_ENTRY] > DEEDS / 2);
        for (uint64_t most = 1; most < 40; most = 3 * most + 1) {
            struct written cuts = {.rows = {0}};
            assert_true(hash_equal(book_in_batches(deeds, most, &cuts), root));
            assert_true(written_equal(&cuts, &whole));
            written_done(&cuts);
        }
        written_done(&whole);
    }
}

/* A key that is not in memory undoes the batch: what was known before it must be as it was. */
static void an_undone_batch__leaves_no_trace(void **state)
{
    (void)state;
    for (uint64_t seed = 1; seed <= SEEDS; seed++) {
        struct deed deeds[DEEDS + 1];
        struct model models[TOKENS];
        make_deeds(seed, deeds, models);
        size_t half = cut(deeds, 0, 20);
        deeds[DEEDS] = (struct deed){.act = ACT_TRANSFER,
                                     .block = deeds[DEEDS - 1].block + 1,
                                     .token = token(9),
                                     .to = holder(1),
                                     .value = amount_max};
        struct books b;
        books_init(&b);
        struct written once = {.rows = {0}}, again = {.rows = {0}};
        books_batch(&b, deeds, half, &once);
        assert_true(books_batch(&b, deeds + half, DEEDS + 1 - half, &once) > 1);
        struct hash root = b.root;
        books_done(&b);

        /* The same with each batch undone three times by hand, at different places. */
        books_init(&b);
        for (size_t from = 0; from <= DEEDS; from = from == 0 ? half : DEEDS + 1) {
            size_t n = from == 0 ? half : DEEDS + 1 - from;
            for (size_t part = 1; part <= 3; part++) {
                books_batch_begin(&b);
                deeds_apply(&b, deeds + from, n * part / 3);
                b.incomplete = true;
                assert_int_equal(books_settle(&b), ERR_NEED);
                assert_int_equal(b.out[BOOKS_ENTRY].n, 0);
                books_all_absent(&b);
            }
            books_batch(&b, deeds + from, n, &again);
        }
        assert_true(hash_equal(b.root, root));
        assert_true(written_equal(&again, &once));
        books_done(&b);
        written_done(&once);
        written_done(&again);
    }
}

static void control_totals__are_written_for_each_block_that_moved_them(void **state)
{
    (void)state;
    struct deed mints[5];
    for (uint64_t i = 0; i < 5; i++)
        mints[i] = (struct deed){.act = ACT_TRANSFER,
                                 .block = 1 + i / 2,
                                 .log_index = (uint32_t)i,
                                 .token = token(0),
                                 .to = holder(1),
                                 .value = amount_from_u64(1)};
    struct books b;
    books_init(&b);
    struct written w = {.rows = {0}};
    books_batch(&b, mints, 4, &w);
    books_batch(&b, mints + 4, 1, &w);
    assert_int_equal(w.rows[BOOKS_CONTROL], 3 * 2); /* blocks, books */
    assert_int_equal(w.rows[BOOKS_ENTRY], 5 * 2);
    assert_int_equal(w.rows[BOOKS_ROOT], 3);
    written_done(&w);
    books_done(&b);
}

static void blocks_without_rows__keep_the_root(void **state)
{
    (void)state;
    struct books b;
    books_init(&b);
    struct hash start = keccak_bytes("start", 5);
    books_forget(&b, 1, start);
    struct deed nothing = {.act = ACT_TRANSFER, .block = 5, .token = token(0), .from = holder(1), .to = holder(2)};
    struct written w = {.rows = {0}};
    books_batch(&b, &nothing, 1, &w);
    assert_true(hash_equal(b.root, start));
    assert_int_equal(w.rows[BOOKS_ROOT], 0);
    written_done(&w);
    books_done(&b);
}

static void forgotten_books__stand_where_they_are_told(void **state)
{
    (void)state;
    struct books b;
    books_init(&b);
    struct deed mint = {.act = ACT_TRANSFER, .block = 5, .token = token(0), .to = holder(2), .value = amount_max};
    books_batch(&b, &mint, 1, NULL);
    assert_int_equal(b.next_account, 3);
    books_forget(&b, 1, hash_zero);
    assert_int_equal(b.next_account, 1);
    assert_true(amount_is_zero(balance_of(&b, BOOK_TOKEN, token(0), holder(2))));
    books_batch(&b, &mint, 1, NULL);
    assert_int_equal(amount_compare(balance_of(&b, BOOK_TOKEN, token(0), holder(2)), amount_max), 0);
    books_done(&b);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(books__equal_a_naive_model),
        cmocka_unit_test(batches__change_neither_rows_nor_roots),
        cmocka_unit_test(an_undone_batch__leaves_no_trace),
        cmocka_unit_test(control_totals__are_written_for_each_block_that_moved_them),
        cmocka_unit_test(blocks_without_rows__keep_the_root),
        cmocka_unit_test(forgotten_books__stand_where_they_are_told),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
