/* tests/ledger/mirror/test_day_marks.c - which blocks mark days, and that few questions find them. */
#include "ledger/mirror/day_marks.h"
#include "tests/support/unit.h"

#include <stdlib.h>

enum { DAY = 86400, ROOM = 256 };

/* A chain by its clock: the time of block i. */
struct clock {
    int64_t *times;
    size_t n;
};

static struct clock clock_make(size_t n)
{
    return (struct clock){memory_resize(NULL, n * sizeof(int64_t)), n};
}

static uint64_t dice = 1;
static unsigned roll(unsigned n)
{
    dice = dice * 6364136223846793005u + 1442695040888963407u;
    return (unsigned)(dice >> 33) % n;
}

/* Slots of 12 seconds, some missed, as since the merge. */
static struct clock slots(size_t n, unsigned missed_in_1000)
{
    struct clock c = clock_make(n);
    int64_t t = 1700000000;
    for (size_t i = 0; i < n; i++) {
        do
            t += 12;
        while (roll(1000) < missed_in_1000);
        c.times[i] = t;
    }
    return c;
}

/* Found by chance, every 13 seconds or so, as before it. */
static struct clock mined(size_t n)
{
    struct clock c = clock_make(n);
    int64_t t = 1500000000;
    for (size_t i = 0; i < n; i++) {
        do
            t++;
        while (roll(13) != 0);
        c.times[i] = t;
    }
    return c;
}

struct search {
    struct moment *known;
    size_t n, rounds, asked;
};

/* Search between the blocks that are known, with the clock for a node. */
static struct search search(const struct clock *c, const uint64_t *given, size_t n_given)
{
    struct search s = {.known = memory_resize(NULL, (c->n + n_given) * sizeof(struct moment))};
    for (size_t i = 0; i < n_given; i++)
        s.known[s.n++] = (struct moment){given[i], c->times[given[i]]};
    uint64_t numbers[ROOM];
    for (size_t k; (k = day_marks_probe(s.known, s.n, numbers, ROOM)) > 0;) {
        s.rounds++;
        s.asked += k;
        assert_true(k <= ROOM);
        struct moment *merged = memory_resize(NULL, (c->n + n_given) * sizeof *merged);
        size_t i = 0, j = 0, n = 0;
        while (i < s.n || j < k) {
            if (i < s.n && j < k)
                assert_true(s.known[i].number != numbers[j]);
            if (j == k || (i < s.n && s.known[i].number < numbers[j])) {
                merged[n++] = s.known[i++];
            } else {
                if (j > 0)
                    assert_true(numbers[j - 1] < numbers[j]);
                merged[n++] = (struct moment){numbers[j], c->times[numbers[j]]};
                j++;
            }
        }
        memory_free(s.known);
        s.known = merged;
        s.n = n;
        assert_true(s.rounds < 200);
    }
    return s;
}

/* A walk over what the search knows marks the same blocks as one over all blocks. */
static void check_marks(const struct clock *c, const struct search *s, uint64_t delay)
{
    struct day_marks all = {.delay = delay}, some = {.delay = delay};
    for (uint64_t i = s->known[0].number; i < c->n; i++)
        day_marks_note(&all, (struct moment){i, c->times[i]});
    for (size_t i = 0; i < s->n; i++)
        day_marks_note(&some, s->known[i]);
    assert_int_equal(all.n, some.n);
    for (uint64_t i = 0; i < c->n; i++)
        assert_int_equal(day_marks_has(&all, i), day_marks_has(&some, i));
    day_marks_done(&all);
    day_marks_done(&some);
}

static void day_marks_probe__finds_14_midnights_of_100000_slots_in_few_rounds(void **state)
{
    (void)state;
    size_t rounds = 0, asked = 0;
    for (int seed = 0; seed < 20; seed++) {
        struct clock c = slots(100000, 10);
        struct search s = search(&c, (uint64_t[]){0, 99999}, 2);
        check_marks(&c, &s, 96);
        rounds = s.rounds > rounds ? s.rounds : rounds;
        asked = s.asked > asked ? s.asked : asked;
        memory_free(s.known);
        memory_free(c.times);
    }
    print_message("          at most %zu rounds, %zu headers\n", rounds, asked);
    assert_true(rounds <= 4);
    assert_true(asked <= 160);
}

static void day_marks_probe__finds_midnights_among_mined_blocks(void **state)
{
    (void)state;
    size_t rounds = 0, asked = 0;
    for (int seed = 0; seed < 20; seed++) {
        struct clock c = mined(100000);
        struct search s = search(&c, (uint64_t[]){0, 3, 70000, 99999}, 4);
        check_marks(&c, &s, 7000);
        rounds = s.rounds > rounds ? s.rounds : rounds;
        asked = s.asked > asked ? s.asked : asked;
        memory_free(s.known);
        memory_free(c.times);
    }
    print_message("          at most %zu rounds, %zu headers\n", rounds, asked);
    assert_true(rounds <= 6);
    assert_true(asked <= 250);
}

static void day_marks_probe__asks_nothing_within_a_day(void **state)
{
    (void)state;
    uint64_t numbers[ROOM];
    struct moment known[] = {{10, 5 * DAY}, {5000, 6 * DAY - 1}};
    assert_int_equal(day_marks_probe(known, 2, numbers, ROOM), 0);
    assert_int_equal(day_marks_probe(known, 1, numbers, ROOM), 0);
    assert_int_equal(day_marks_probe(known, 0, numbers, ROOM), 0);
    known[1] = (struct moment){11, 9 * DAY};
    assert_int_equal(day_marks_probe(known, 2, numbers, ROOM), 0);
    known[1] = (struct moment){12, 9 * DAY};
    assert_int_equal(day_marks_probe(known, 2, numbers, ROOM), 1);
    assert_int_equal(numbers[0], 11);
}

/* Whatever the pace, every round halves the gap. */
static void day_marks_probe__ends_soon_however_uneven_the_pace(void **state)
{
    (void)state;
    for (size_t at = 1; at < 100000; at += 9973) { /* one leap of 300 days in a minute */
        struct clock c = clock_make(100000);
        for (size_t i = 0; i < c.n; i++)
            c.times[i] = 1700000000 + (i < at ? 0 : 300 * DAY);
        struct search s = search(&c, (uint64_t[]){0, 99999}, 2);
        check_marks(&c, &s, 5);
        assert_true(s.rounds <= 17);
        memory_free(s.known);
        memory_free(c.times);
    }
    for (unsigned many = 1; many <= 100; many *= 10) { /* days of up to `many` blocks, and gaps of several days */
        struct clock c = clock_make(3000);
        int64_t t = 0;
        for (size_t i = 0; i < c.n; i++)
            c.times[i] = t += roll(2 * DAY / many);
        struct search s = search(&c, (uint64_t[]){0, 2999}, 2);
        check_marks(&c, &s, 3);
        memory_free(s.known);
        memory_free(c.times);
    }
}

static void day_marks_has__knows_both_sides_of_midnight_and_closing_blocks(void **state)
{
    (void)state;
    struct day_marks m = {.delay = 3};
    /* days 1 1 1 2 2 5 5 5 5 5 from block 10 */
    const int64_t days[] = {1, 1, 1, 2, 2, 5, 5, 5, 5, 5};
    for (uint64_t i = 0; i < 10; i++)
        day_marks_note(&m, (struct moment){10 + i, days[i] * DAY + (int64_t)i});
    const bool marks[] = {true, false, true, true, true, true, false, true, false, false};
    for (uint64_t i = 0; i < 10; i++)
        assert_int_equal(day_marks_has(&m, 10 + i), marks[i]); /* the history's first; 12|13, 14|15; 12 + 3, 14 + 3 */
    assert_false(day_marks_has(&m, 9));                        /* the first block of all ends no day */
    day_marks_done(&m);
}

static void day_marks_note__never_goes_back_a_day(void **state)
{
    (void)state;
    struct day_marks m = {.delay = 96};
    day_marks_note(&m, (struct moment){1, 3 * DAY});
    day_marks_note(&m, (struct moment){2, 4 * DAY});
    day_marks_note(&m, (struct moment){3, 3 * DAY});
    day_marks_note(&m, (struct moment){4, 4 * DAY});
    day_marks_note(&m, (struct moment){5, 5 * DAY});
    assert_true(day_marks_has(&m, 2));
    assert_false(day_marks_has(&m, 3));
    assert_true(day_marks_has(&m, 4)); /* the last before 5 */
    assert_true(day_marks_has(&m, 5));
    day_marks_done(&m);
    uint64_t numbers[ROOM]; /* nor does the search */
    const struct moment known[] = {{1, 4 * DAY}, {10, 3 * DAY}, {20, 4 * DAY}, {21, 5 * DAY}};
    assert_int_equal(day_marks_probe(known, 4, numbers, ROOM), 0);
}

static void day_marks_closing__counts_from_the_last_block_of_the_day(void **state)
{
    (void)state;
    for (uint64_t delay = 1; delay < 5; delay++) {
        struct day_marks m = {.delay = delay};
        day_marks_note(&m, (struct moment){100, 0});
        day_marks_note(&m, (struct moment){200, DAY});
        day_marks_note(&m, (struct moment){300, DAY});
        assert_int_equal(day_marks_closing(&m, 200), 199 + delay);
        assert_true(day_marks_has(&m, day_marks_closing(&m, 200)));
        assert_false(day_marks_has(&m, 198));
        assert_int_equal(day_marks_has(&m, 201), delay == 2);
        day_marks_done(&m);
    }
}

static void day_marks_cut__forgets_what_the_branch_began(void **state)
{
    (void)state;
    struct day_marks m = {.delay = 2};
    for (uint64_t i = 0; i < 6; i++)
        day_marks_note(&m, (struct moment){i, (int64_t)(i / 2) * DAY});
    day_marks_cut(&m, 3);
    assert_true(day_marks_has(&m, 2));
    assert_false(day_marks_has(&m, 4));
    day_marks_note(&m, (struct moment){4, DAY + 5});
    assert_false(day_marks_has(&m, 4));
    day_marks_note(&m, (struct moment){5, 2 * DAY});
    assert_true(day_marks_has(&m, 5));
    day_marks_cut(&m, 9);
    assert_true(day_marks_has(&m, 5));
    day_marks_reset(&m);
    assert_false(day_marks_has(&m, 5));
    day_marks_done(&m);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(day_marks_probe__finds_14_midnights_of_100000_slots_in_few_rounds),
        cmocka_unit_test(day_marks_probe__finds_midnights_among_mined_blocks),
        cmocka_unit_test(day_marks_probe__asks_nothing_within_a_day),
        cmocka_unit_test(day_marks_probe__ends_soon_however_uneven_the_pace),
        cmocka_unit_test(day_marks_has__knows_both_sides_of_midnight_and_closing_blocks),
        cmocka_unit_test(day_marks_note__never_goes_back_a_day),
        cmocka_unit_test(day_marks_closing__counts_from_the_last_block_of_the_day),
        cmocka_unit_test(day_marks_cut__forgets_what_the_branch_began),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
