/* tests/api/test_tax_lots.c - lots and disposals by each method, against an oracle that takes unit by unit; prices; what is unknown. */
#include "api/tax_lots.h"

#include "tests/support/unit.h"

enum { EVENTS = 60, ROUNDS = 300, AMOUNT_MOST = 12, PRICE_MOST = 9, DECIMALS = 1 };

static uint64_t state;
static uint64_t next(uint64_t below)
{
    state = state * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
    return (state >> 33) % below;
}

static uint64_t number(struct amount a)
{
    uint64_t v;
    if (amount_to_u64(a, &v) != OK)
        fail_msg("an amount left its range");
    return v;
}

static struct tax_event event(enum tax_kind kind, uint64_t amount, uint64_t price)
{
    return (struct tax_event){kind, amount_from_u64(amount), true, amount_from_u64(price)};
}

static struct tax_report match(const struct tax_event *events, size_t n, enum tax_method method, struct arena *arena)
{
    struct tax_report r;
    if (tax_lots_match(events, n, method, DECIMALS, arena, &r) != OK)
        fail_msg("%s", err_detail());
    return r;
}

/* ---- the oracle: open units of each lot, and one unit taken at a time ---- */

struct naive {
    uint64_t left[EVENTS], taken[EVENTS][EVENTS]; /* by event; taken[disposal][lot] */
    uint64_t unmatched[EVENTS];
};

static int next_unit(const struct naive *n, const struct tax_event *events, size_t until, enum tax_method method)
{
    int best = -1;
    for (size_t i = 0; i < until; i++) {
        if (n->left[i] == 0)
            continue;
        if (best < 0 || method == TAX_LIFO ||
            (method == TAX_HIFO && number(events[i].price) > number(events[best].price)))
            best = (int)i;
    }
    return best;
}

static void take_units(struct naive *out, const struct tax_event *events, size_t n, enum tax_method method)
{
    *out = (struct naive){0};
    for (size_t i = 0; i < n; i++) {
        if (events[i].kind == TAX_ACQUIRED) {
            out->left[i] = number(events[i].amount);
            continue;
        }
        for (uint64_t unit = number(events[i].amount); unit > 0; unit--) {
            int lot = next_unit(out, events, i, method);
            if (lot < 0) {
                out->unmatched[i] = unit;
                break;
            }
            out->left[lot]--;
            out->taken[i][lot]++;
        }
    }
}

static void compare_amounts(const struct tax_report *r, const struct naive *naive)
{
    for (size_t d = 0; d < r->n_disposals; d++) {
        const struct tax_disposal *disposal = &r->disposals[d];
        assert_int_equal(number(disposal->unmatched), naive->unmatched[disposal->event]);
        uint64_t taken[EVENTS] = {0};
        for (size_t i = 0; i < disposal->n; i++) {
            const struct tax_match *m = &r->matches[disposal->first + i];
            taken[r->lots[m->lot].event] += number(m->amount);
        }
        for (size_t i = 0; i < EVENTS; i++)
            assert_int_equal(taken[i], naive->taken[disposal->event][i]);
    }
    for (size_t i = 0; i < r->n_lots; i++)
        assert_int_equal(number(r->lots[i].remaining), naive->left[r->lots[i].event]);
}

/* What came in went out or is left: of each lot, or of the pool. */
static void compare_costs(const struct tax_report *r, const struct tax_event *events, enum tax_method method)
{
    uint64_t in[EVENTS] = {0}, out[EVENTS] = {0}, all_in = 0, all_out = 0;
    for (size_t i = 0; i < r->n_lots; i++) {
        const struct tax_lot *lot = &r->lots[i];
        const struct tax_event *e = &events[lot->event];
        in[i] = number(e->amount) * number(e->price) / 10;
        assert_int_equal(number(lot->cost), in[i]);
        all_in += in[i];
        out[i] = number(lot->cost_left);
    }
    for (size_t i = 0; i < r->n_matches; i++)
        out[r->matches[i].lot] += number(r->matches[i].cost);
    for (size_t i = 0; i < r->n_lots; i++) {
        all_out += out[i];
        if (method != TAX_AVERAGE)
            assert_int_equal(out[i], in[i]);
    }
    assert_int_equal(all_in, all_out);
}

static void some_events(struct tax_event *events)
{
    for (size_t i = 0; i < EVENTS; i++)
        events[i] = event(next(5) < 3    ? TAX_ACQUIRED
                          : next(3) == 0 ? TAX_LOST
                                         : TAX_DISPOSED,
                          next(AMOUNT_MOST), next(PRICE_MOST));
}

static void lots__are_taken_as_the_oracle_takes_units(void **unused)
{
    (void)unused;
    for (state = 1; state <= ROUNDS;) {
        uint64_t seed = state;
        struct tax_event events[EVENTS];
        some_events(events);
        for (enum tax_method method = TAX_FIFO; method <= TAX_AVERAGE; method++) {
            AUTO_ARENA arena = {0};
            struct naive naive;
            struct tax_report r = match(events, EVENTS, method, &arena);
            take_units(&naive, events, EVENTS, method);
            compare_amounts(&r, &naive);
            compare_costs(&r, events, method);
        }
        state = seed + 1;
    }
}

static void average__costs_what_the_pool_costs(void **unused)
{
    (void)unused;
    AUTO_ARENA arena = {0};
    const struct tax_event events[] = {event(TAX_ACQUIRED, 30, 10), event(TAX_ACQUIRED, 10, 50),
                                       event(TAX_DISPOSED, 35, 40), event(TAX_LOST, 2, 0)};
    struct tax_report r = match(events, 4, TAX_AVERAGE, &arena);
    /* 40 for 80: 30 for 60; of the other 10 for 20 five for 10; then 2 of 5 for floor(10 * 2 / 5). */
    assert_int_equal(number(r.disposals[0].cost), 70);
    assert_int_equal(number(r.disposals[0].proceeds), 140);
    assert_int_equal(number(r.disposals[1].cost), 4);
    assert_true(r.disposals[1].priced);
    assert_int_equal(number(r.disposals[1].proceeds), 0);
    assert_int_equal(number(r.lots[1].cost_left), 6);
}

static void pieces__cost_their_part_of_what_is_left_rounded_down(void **unused)
{
    (void)unused;
    AUTO_ARENA arena = {0};
    struct tax_event events[] = {event(TAX_ACQUIRED, 10, 7), event(TAX_DISPOSED, 3, 1), event(TAX_DISPOSED, 3, 1),
                                 event(TAX_LOST, 4, 0)};
    static const enum tax_method methods[] = {TAX_FIFO, TAX_AVERAGE};
    static const uint64_t costs[] = {2, 2, 3}; /* 7 * 3 / 10, 5 * 3 / 7, 3 * 4 / 4 */
    events[3].priced = false;
    for (size_t i = 0; i < sizeof methods / sizeof *methods; i++) {
        struct tax_report r = match(events, 4, methods[i], &arena);
        for (size_t d = 0; d < r.n_disposals; d++)
            assert_int_equal(number(r.disposals[d].cost), costs[d]);
        assert_true(r.disposals[2].priced); /* a loss has no proceeds, whatever the price */
    }
    events[1].priced = false;
    struct tax_report r = match(events, 4, TAX_FIFO, &arena);
    assert_false(r.disposals[0].priced);
    assert_true(r.disposals[0].costed);
}

static void average__is_unknown_until_an_unpriced_lot_has_left(void **unused)
{
    (void)unused;
    AUTO_ARENA arena = {0};
    struct tax_event events[] = {event(TAX_ACQUIRED, 10, 10), event(TAX_ACQUIRED, 10, 10), event(TAX_DISPOSED, 15, 10),
                                 event(TAX_DISPOSED, 5, 10),  event(TAX_ACQUIRED, 10, 20), event(TAX_DISPOSED, 5, 10)};
    events[0].priced = false;
    struct tax_report r = match(events, 6, TAX_AVERAGE, &arena);
    assert_false(r.disposals[0].costed);
    assert_false(r.disposals[1].costed);
    assert_true(r.disposals[2].costed);
    assert_int_equal(number(r.disposals[2].cost), 10);
    r = match(events, 6, TAX_FIFO, &arena);
    assert_false(r.disposals[0].costed);
    assert_int_equal(number(r.disposals[0].cost), 0);
    assert_true(r.disposals[1].costed);
}

static void disposals__of_more_than_all_lots_say_so(void **unused)
{
    (void)unused;
    AUTO_ARENA arena = {0};
    const struct tax_event events[] = {event(TAX_DISPOSED, 7, 10), event(TAX_ACQUIRED, 5, 10),
                                       event(TAX_DISPOSED, 9, 30)};
    struct tax_report r = match(events, 3, TAX_FIFO, &arena);
    assert_int_equal(number(r.disposals[0].unmatched), 7);
    assert_int_equal(r.disposals[0].n, 0);
    assert_int_equal(number(r.disposals[1].unmatched), 4);
    assert_int_equal(number(r.disposals[1].proceeds), 15); /* of the matched part */
}

static void lots__larger_than_256_bits_together_are_refused(void **unused)
{
    (void)unused;
    AUTO_ARENA arena = {0};
    struct tax_report r;
    struct tax_event events[] = {{TAX_ACQUIRED, amount_max, false, amount_zero}, event(TAX_ACQUIRED, 1, 1)};
    assert_int_equal(tax_lots_match(events, 2, TAX_FIFO, DECIMALS, &arena, &r), ERR_OVERFLOW);
    events[0].priced = true;
    events[0].price = amount_max;
    assert_int_equal(tax_lots_match(events, 1, TAX_FIFO, 0, &arena, &r), ERR_OVERFLOW);
}

static void prices__are_decimals_of_at_most_18_places(void **unused)
{
    (void)unused;
    static const struct {
        const char *text, *wad;
    } good[] = {{"0", "0"},
                {"1", "1000000000000000000"},
                {"0.5", "500000000000000000"},
                {"12.5", "12500000000000000000"},
                {"0.000000000000000001", "1"}};
    static const char *const bad[] =
        {"",      ".",  "1.",
         ".5",    "01", "1e3",
         "-1",    "+1", "0.0000000000000000001",
         "1.2.3", " 1", "1000000000000000000000000000000000000000000000000000000000000000000"};
    struct amount wad;
    char text[AMOUNT_TEXT + 1];
    for (size_t i = 0; i < sizeof good / sizeof *good; i++) {
        assert_int_equal(tax_price_parse(good[i].text, &wad), OK);
        amount_format(wad, text);
        assert_string_equal(text, good[i].wad);
    }
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
        assert_int_not_equal(tax_price_parse(bad[i], &wad), OK);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(lots__are_taken_as_the_oracle_takes_units),
        cmocka_unit_test(average__costs_what_the_pool_costs),
        cmocka_unit_test(pieces__cost_their_part_of_what_is_left_rounded_down),
        cmocka_unit_test(average__is_unknown_until_an_unpriced_lot_has_left),
        cmocka_unit_test(disposals__of_more_than_all_lots_say_so),
        cmocka_unit_test(lots__larger_than_256_bits_together_are_refused),
        cmocka_unit_test(prices__are_decimals_of_at_most_18_places),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
