/* tests/governance/test_count_sums.c - sums of any ballots: whatever the order, packed and unpacked, divided to the last unit. */
#include "governance/count_impl.h"
#include "tests/governance/support/count.h"

enum { MANY = 60, FEW = 6 };

struct ballot {
    struct choice choice;
    struct amount power;
};

static struct amount power_below(unsigned bits)
{
    struct amount a = random_amount();
    uint8_t be[32];
    amount_to_be(a, be);
    for (unsigned i = 0; i < 32; i++) {
        if (8 * (32 - i) > bits)
            be[i] = 0;
    }
    return amount_from_be(be);
}

static size_t random_ballots(enum voting type, size_t n, struct arena *arena, struct ballot ballots[MANY])
{
    size_t n_ballots = random_u64() % MANY;
    unsigned bits = random_u64() % 3 == 0 ? 8 : 248; /* few bits: ties */
    for (size_t i = 0; i < n_ballots; i++)
        ballots[i] = (struct ballot){random_choice(type, n, arena), power_below(bits)};
    return n_ballots;
}

static void shuffle(struct ballot *ballots, size_t n)
{
    for (size_t i = n; i > 1; i--) {
        size_t other = random_u64() % i;
        struct ballot swap = ballots[i - 1];
        ballots[i - 1] = ballots[other];
        ballots[other] = swap;
    }
}

static void assert_same_counts(const struct count *a, const struct count *b, size_t n)
{
    struct amount scores[2][FEW], power[2];
    assert_int_equal(count_scores(a, scores[0], &power[0]), OK);
    assert_int_equal(count_scores(b, scores[1], &power[1]), OK);
    assert_memory_equal(scores[0], scores[1], n * sizeof scores[0][0]);
    assert_same(power[0], power[1]);
    assert_int_equal(count_voters(a), count_voters(b));
    assert_int_equal(count_rankings(a), count_rankings(b));
}

static void assert_same_bytes(const struct count *a, const struct count *b)
{
    AUTO_BUFFER bytes_a = {0};
    AUTO_BUFFER bytes_b = {0};
    count_pack(a, &bytes_a);
    count_pack(b, &bytes_b);
    assert_int_equal(bytes_a.n, bytes_b.n);
    assert_memory_equal(bytes_a.p, bytes_b.p, bytes_a.n);
}

/* One count gets the ballots as they are; the other in another order, with others among them that are taken back. */
static void check_order(enum voting type, size_t n)
{
    AUTO_ARENA arena = {0};
    struct ballot ballots[MANY], others[MANY];
    size_t n_ballots = random_ballots(type, n, &arena, ballots), n_others = random_ballots(type, n, &arena, others);
    struct count *straight = count_open(type, n), *mixed = count_open(type, n);
    for (size_t i = 0; i < n_ballots; i++)
        count_add(straight, &ballots[i].choice, ballots[i].power);
    for (size_t i = 0; i < n_others; i++)
        count_add(mixed, &others[i].choice, others[i].power);
    shuffle(ballots, n_ballots);
    shuffle(others, n_others);
    for (size_t i = 0; i < n_ballots || i < n_others; i++) {
        if (i < n_ballots)
            count_add(mixed, &ballots[i].choice, ballots[i].power);
        if (i < n_others)
            count_remove(mixed, &others[i].choice, others[i].power);
    }
    assert_same_counts(straight, mixed, n);
    if (count_packs(type))
        assert_same_bytes(straight, mixed);
    count_close(straight);
    count_close(mixed);
}

static void any_order__gives_the_same_sums(void **unused)
{
    (void)unused;
    for (int round = 0; round < 300; round++) {
        for (int v = 0; v < VOTING_COUNT; v++)
            check_order((enum voting)v, 1 + random_u64() % FEW);
    }
}

static void counting_on_from_bytes__is_a_recount(void **unused)
{
    (void)unused;
    for (int round = 0; round < 100 * VOTING_COUNT; round++) {
        enum voting type = (enum voting)(round % VOTING_COUNT);
        if (!count_packs(type))
            continue;
        AUTO_ARENA arena = {0};
        struct ballot ballots[MANY];
        size_t n = 1 + random_u64() % FEW, n_ballots = random_ballots(type, n, &arena, ballots);
        struct count *recount = count_open(type, n), *packed = count_open(type, n);
        for (size_t i = 0; i < n_ballots; i++) {
            count_add(recount, &ballots[i].choice, ballots[i].power);
            AUTO_BUFFER bytes = {0};
            count_pack(packed, &bytes);
            count_close(packed);
            assert_int_equal(count_unpack(type, n, (struct slice){bytes.p, bytes.n}, &packed), OK);
            count_add(packed, &ballots[i].choice, ballots[i].power);
        }
        assert_same_counts(recount, packed, n);
        assert_same_bytes(recount, packed);
        count_close(recount);
        count_close(packed);
    }
}

static void weighted_quadratic_copeland__give_all_the_power_and_no_more(void **unused)
{
    (void)unused;
    static const enum voting types[] = {VOTING_BASIC, VOTING_SINGLE_CHOICE, VOTING_WEIGHTED, VOTING_QUADRATIC,
                                        VOTING_COPELAND};
    for (int round = 0; round < 1000; round++) {
        AUTO_ARENA arena = {0};
        enum voting type = types[round % 5];
        struct ballot ballots[MANY];
        size_t n = 1 + random_u64() % FEW, n_ballots = random_ballots(type, n, &arena, ballots);
        struct count *c = count_open(type, n);
        for (size_t i = 0; i < n_ballots; i++)
            count_add(c, &ballots[i].choice, ballots[i].power);
        struct amount scores[FEW], power, sum = amount_zero;
        assert_int_equal(count_scores(c, scores, &power), OK);
        for (size_t i = 0; i < n; i++)
            assert_int_equal(amount_add(sum, scores[i], &sum), OK);
        assert_same(sum, power);
        count_close(c);
    }
}

static void shares__sum_up_to_the_whole(void **unused)
{
    (void)unused;
    for (int round = 0; round < ROUNDS; round++) {
        AUTO_ARENA arena = {0};
        size_t n = 1 + random_u64() % FEW;
        struct total parts[FEW];
        for (size_t i = 0; i < n; i++)
            parts[i] = round % 2 ? total_of(random_amount())
                                 : amount_square(power_below(8 * (unsigned)(random_u64() % 31)));
        struct amount whole = random_amount(), shares[FEW], sum = amount_zero;
        bool any = false;
        for (size_t i = 0; i < n; i++)
            any = any || !total_is_zero(parts[i]);
        share_by_parts(whole, n, parts, &arena, shares);
        for (size_t i = 0; i < n; i++) {
            assert_int_equal(amount_add(sum, shares[i], &sum), OK);
            assert_true(!total_is_zero(parts[i]) || amount_is_zero(shares[i]));
            for (size_t k = 0; k < n;
                 k++) /* more for a larger part; of equal ones the lower number may have one more */
                assert_true(total_compare(parts[i], parts[k]) <= 0 || amount_compare(shares[i], shares[k]) >= 0);
        }
        assert_same(sum, any ? whole : amount_zero);
    }
}

static void units_that_are_left__go_to_the_largest_remainders(void **unused)
{
    (void)unused;
    AUTO_ARENA arena = {0};
    static const uint64_t cases[][8] = {/* whole, parts, shares of 3 */
                                        {1, 1, 1, 1, 1, 0, 0},  {2, 1, 1, 1, 1, 1, 0},      {10, 1, 1, 1, 4, 3, 3},
                                        {10, 3, 3, 1, 4, 4, 2}, {100, 2, 2, 3, 29, 28, 43}, {7, 0, 1, 1, 0, 4, 3},
                                        {5, 0, 0, 0, 0, 0, 0},  {0, 1, 2, 3, 0, 0, 0}};
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct total parts[3];
        struct amount shares[3];
        for (size_t k = 0; k < 3; k++)
            parts[k] = total_of(amount_from_u64(cases[i][1 + k]));
        share_by_parts(amount_from_u64(cases[i][0]), 3, parts, &arena, shares);
        for (size_t k = 0; k < 3; k++)
            assert_same(shares[k], amount_from_u64(cases[i][4 + k]));
    }
}

static enum err unpack(enum voting type, size_t n, const uint8_t *bytes, size_t n_bytes)
{
    struct count *c = NULL;
    uint8_t *exact = memory_resize(NULL, n_bytes + 1); /* so that a read past the end is seen */
    exact = memory_resize(exact, n_bytes > 0 ? n_bytes : 1);
    memcpy(exact, bytes, n_bytes);
    enum err e = count_unpack(type, n, (struct slice){exact, n_bytes}, &c);
    assert_int_equal(c != NULL, e == OK);
    count_close(c);
    memory_free(exact);
    return e;
}

static void packed_sums__have_this_layout(void **unused)
{
    (void)unused;
    struct count *c = count_open(VOTING_BASIC, 3);
    count_text(c, VOTING_BASIC, 3, "1", "256", true);
    count_text(c, VOTING_BASIC, 3, "3", "1", true);
    AUTO_BUFFER bytes = {0};
    count_pack(c, &bytes);
    static const uint8_t expected[] = {1, 0, 0, 3, 0, 0, 0, 0, 0, 0, 0, 2, 2, 1, 1, 2, 1, 0, 0, 1, 1};
    assert_int_equal(bytes.n, sizeof expected);
    assert_memory_equal(bytes.p, expected, sizeof expected);
    assert_int_equal(unpack(VOTING_BASIC, 3, expected, sizeof expected), OK);
    count_close(c);
}

static void other_bytes__are_refused(void **unused)
{
    (void)unused;
    static const uint8_t good[] = {1, 3, 0, 2, 0, 0, 0, 0, 0, 0, 0, 2, 1, 9, 1, 4, 1, 5};
    assert_int_equal(unpack(VOTING_WEIGHTED, 2, good, sizeof good), OK);
    assert_int_equal(unpack(VOTING_QUADRATIC, 2, good, sizeof good), ERR_FIELD);
    assert_int_equal(unpack(VOTING_WEIGHTED, 3, good, sizeof good), ERR_FIELD);
    for (size_t n = 0; n < sizeof good; n++)
        assert_int_equal(unpack(VOTING_WEIGHTED, 2, good, n), ERR_FIELD);
    uint8_t bad[sizeof good + 1] = {0};
    memcpy(bad, good, sizeof good);
    assert_int_equal(unpack(VOTING_WEIGHTED, 2, bad, sizeof bad), ERR_FIELD);
    static const struct {
        size_t at;
        uint8_t value;
    } changes[] = {{0, 2} /* other rules */,
                   {4, 1} /* too many ballots */,
                   {13, 8} /* not the scores' sum */,
                   {15, 5},
                   {15, 0} /* leading zero */,
                   {12, 64},
                   {12, 65},
                   {16, 2},
                   {16, 255},
                   {16, 0}};
    for (size_t i = 0; i < sizeof changes / sizeof changes[0]; i++) {
        memcpy(bad, good, sizeof good);
        bad[changes[i].at] = changes[i].value;
        assert_int_equal(unpack(VOTING_WEIGHTED, 2, bad, sizeof good), ERR_FIELD);
    }
    static const uint8_t approval[] = {1, 2, 0, 2, 0, 0, 0, 0, 0, 0, 0, 2, 1, 9, 1, 9, 1, 9};
    assert_int_equal(unpack(VOTING_APPROVAL, 2, approval, sizeof approval), OK);
    static const uint8_t more[] = {1, 2, 0, 2, 0, 0, 0, 0, 0, 0, 0, 2, 1, 9, 1, 9, 1, 10};
    assert_int_equal(unpack(VOTING_APPROVAL, 2, more, sizeof more), ERR_FIELD);
}

static void packed_sums__may_be_of_the_largest_powers(void **unused)
{
    (void)unused;
    for (int v = 0; v < VOTING_COUNT; v++) {
        enum voting type = (enum voting)v;
        if (!count_packs(type))
            continue;
        AUTO_ARENA arena = {0};
        struct choice choice = random_choice(type, 2, &arena);
        struct count *c = count_open(type, 2);
        for (int i = 0; i < 1000; i++)
            count_add(c, &choice, amount_max);
        AUTO_BUFFER bytes = {0};
        count_pack(c, &bytes);
        assert_int_equal(unpack(type, 2, bytes.p, bytes.n), OK);
        count_close(c);
    }
}

/* Quadratic sums of 2^40 ballots stay below 2^232, powers below 2^296. */
static void packed_sums__end_where_ballots_do(void **unused)
{
    (void)unused;
    uint8_t roots[] = {1, 4, 0, 1, 0, 0, 0, 0, 0, 0, 0, 1, 1, 1, 29, [15] = 255, [43] = 255};
    assert_int_equal(unpack(VOTING_QUADRATIC, 1, roots, 44), OK);
    uint8_t more[] = {1, 4, 0, 1, 0, 0, 0, 0, 0, 0, 0, 1, 1, 1, 30, [15] = 1, [44] = 0};
    assert_int_equal(unpack(VOTING_QUADRATIC, 1, more, sizeof more), ERR_FIELD);
    uint8_t power[12 + 2 * 38] = {1, 2, 0, 1, 0, 0, 0, 0, 0, 0, 0, 1, 37, 255, [12 + 38] = 37, [12 + 39] = 255};
    assert_int_equal(unpack(VOTING_APPROVAL, 1, power, sizeof power), OK);
    uint8_t powers[12 + 2 * 39] = {1, 2, 0, 1, 0, 0, 0, 0, 0, 0, 0, 1, 38, 1, [12 + 39] = 38, [12 + 40] = 1};
    assert_int_equal(unpack(VOTING_APPROVAL, 1, powers, sizeof powers), ERR_FIELD);
}

/* Whatever the bytes: refused, or sums that can be counted on and pack to the same bytes. */
static void any_bytes__are_refused_or_usable(void **unused)
{
    (void)unused;
    size_t taken = 0;
    for (int round = 0; round < ROUNDS; round++) {
        AUTO_ARENA arena = {0};
        enum voting type = (enum voting)(random_u64() % VOTING_COUNT);
        if (!count_packs(type))
            continue;
        struct ballot ballots[MANY];
        size_t n = 1 + random_u64() % 3, n_ballots = random_ballots(type, n, &arena, ballots);
        struct count *c = count_open(type, n), *back = NULL;
        for (size_t i = 0; i < n_ballots; i++)
            count_add(c, &ballots[i].choice, ballots[i].power);
        AUTO_BUFFER bytes = {0};
        count_pack(c, &bytes);
        count_close(c);
        bytes.p[random_u64() % bytes.n] ^= (uint8_t)(1U << random_u64() % 8);
        if (count_unpack(type, n, (struct slice){bytes.p, bytes.n}, &back) != OK)
            continue;
        taken++;
        AUTO_BUFFER again = {0};
        count_pack(back, &again);
        assert_int_equal(again.n, bytes.n);
        assert_memory_equal(again.p, bytes.p, bytes.n);
        struct amount scores[FEW], power;
        (void)!count_scores(back, scores, &power);
        struct choice choice = random_choice(type, n, &arena);
        if (count_voters(back) < BALLOTS_MAX)
            count_add(back, &choice, amount_max);
        (void)!count_scores(back, scores, &power);
        count_close(back);
    }
    assert_true(taken > 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(any_order__gives_the_same_sums),
        cmocka_unit_test(counting_on_from_bytes__is_a_recount),
        cmocka_unit_test(weighted_quadratic_copeland__give_all_the_power_and_no_more),
        cmocka_unit_test(shares__sum_up_to_the_whole),
        cmocka_unit_test(units_that_are_left__go_to_the_largest_remainders),
        cmocka_unit_test(packed_sums__have_this_layout),
        cmocka_unit_test(other_bytes__are_refused),
        cmocka_unit_test(packed_sums__may_be_of_the_largest_powers),
        cmocka_unit_test(packed_sums__end_where_ballots_do),
        cmocka_unit_test(any_bytes__are_refused_or_usable),
    };
    return cmocka_run_group_tests(tests, start_random, NULL);
}
