/* tests/governance/test_count_ranked.c - instant runoff: who is struck out, when it ends, and a runoff done the slow way. */
#include "tests/governance/support/count.h"

#define BALLOTS (const char *const[][2])
#define END        \
    {              \
        NULL, NULL \
    }

static void assert_runoff(size_t n, const char *const ballots[][2], const char *expected)
{
    assert_scores(VOTING_RANKED_CHOICE, n, ballots, expected);
}

static void more_than_half__ends_it_at_once(void **unused)
{
    (void)unused;
    assert_runoff(3, BALLOTS{{"[1,2,3]", "51"}, {"[2,1,3]", "30"}, {"[3,1,2]", "20"}, END}, "of 101: 51 30 20");
    /* Exactly half is not more than half. */
    assert_runoff(3, BALLOTS{{"[1,2,3]", "50"}, {"[2,1,3]", "30"}, {"[3,1,2]", "20"}, END}, "of 100: 70 30 0");
}

static void the_one_with_the_least__is_struck_out(void **unused)
{
    (void)unused;
    assert_runoff(3, BALLOTS{{"[1,2,3]", "40"}, {"[2,3,1]", "35"}, {"[3,2,1]", "25"}, END}, "of 100: 40 60 0");
    /* 4 goes first, to 3; then 2 to 3, past 4 that is out. */
    assert_runoff(4, BALLOTS{{"[1,2,3,4]", "40"}, {"[2,4,3,1]", "22"}, {"[3,2,1,4]", "20"}, {"[4,3,1,2]", "18"}, END},
                  "of 100: 40 0 60 0");
}

static void of_equals__the_lowest_number_is_struck_out(void **unused)
{
    (void)unused;
    assert_runoff(3, BALLOTS{{"[1,3,2]", "30"}, {"[2,1,3]", "30"}, {"[3,1,2]", "40"}, END}, "of 100: 0 30 70");
    assert_runoff(3, BALLOTS{{"[1,3,2]", "1"}, {"[2,3,1]", "1"}, {"[3,2,1]", "1"}, END}, "of 3: 0 1 2");
}

/* They have no power, which is the least: so what the next one loses cannot go to them. */
static void those_that_are_nobodys_first__are_struck_out_first(void **unused)
{
    (void)unused;
    assert_runoff(4, BALLOTS{{"[1,2,3,4]", "40"}, {"[2,1,3,4]", "35"}, {"[3,4,2,1]", "25"}, END}, "of 100: 40 60 0 0");
    /* Else 2 would go to 5, which then has as much as 3, and gets that, too. */
    assert_runoff(5,
                  BALLOTS{{"[1,2,3,4,5]", "31"},
                          {"[2,5,1,3,4]", "20"},
                          {"[3,5,1,2,4]", "20"},
                          {"[4,5,3,2,1]", "29"},
                          END},
                  "of 100: 51 0 20 29 0");
}

static void two_choices__are_never_struck_out(void **unused)
{
    (void)unused;
    assert_runoff(2, BALLOTS{{"[1,2]", "5"}, {"[2,1]", "5"}, END}, "of 10: 5 5");
    assert_runoff(2, BALLOTS{{"[2,1]", "5"}, END}, "of 5: 0 5");
}

static void equal_rankings__are_counted_once(void **unused)
{
    (void)unused;
    struct count *c = count_open(VOTING_RANKED_CHOICE, 3);
    assert_int_equal(count_rankings(c), 0);
    for (int i = 0; i < 10; i++)
        count_text(c, VOTING_RANKED_CHOICE, 3, i % 2 ? "[1,2,3]" : "[3,2,1]", "7", true);
    assert_int_equal(count_rankings(c), 2);
    assert_int_equal(count_voters(c), 10);
    for (int i = 0; i < 5; i++)
        count_text(c, VOTING_RANKED_CHOICE, 3, "[1,2,3]", "7", false);
    assert_int_equal(count_rankings(c), 1);
    count_text(c, VOTING_RANKED_CHOICE, 3, "[1,2,3]", "1", true);
    assert_int_equal(count_rankings(c), 2);
    char text[SCORES_TEXT];
    scores_text(c, 3, text);
    assert_string_equal(text, "of 36: 1 0 35");
    count_close(c);
}

enum { MANY = 40, SLOW_CHOICES = 7 };

/* The rule as it is written: all ballots are looked at anew in each round. */
static void slow_runoff(size_t n, size_t n_ballots, struct choice *ballots, const uint64_t *powers, uint64_t *scores)
{
    bool out[SLOW_CHOICES] = {false};
    for (size_t standing = n;; standing--) {
        uint64_t sum = 0, top = 0;
        memset(scores, 0, n * sizeof scores[0]);
        for (size_t b = 0; b < n_ballots; b++) {
            size_t at = 0;
            while (out[ballots[b].picks[at] - 1])
                at++;
            scores[ballots[b].picks[at] - 1] += powers[b];
            sum += powers[b];
        }
        size_t least = SLOW_CHOICES;
        for (size_t i = 0; i < n; i++) {
            top = scores[i] > top ? scores[i] : top;
            if (!out[i] && (least == SLOW_CHOICES || scores[i] < scores[least]))
                least = i;
        }
        if (2 * top > sum || standing < 3)
            return;
        out[least] = true;
    }
}

static void any_ballots__give_what_the_slow_way_gives(void **unused)
{
    (void)unused;
    for (int round = 0; round < ROUNDS / 4; round++) {
        AUTO_ARENA arena = {0};
        size_t n = 1 + random_u64() % SLOW_CHOICES, n_ballots = 1 + random_u64() % MANY;
        uint64_t most = round % 2 ? 3 : UINT64_C(1) << 50, powers[MANY], slow[SLOW_CHOICES];
        struct choice ballots[MANY];
        struct count *c = count_open(VOTING_RANKED_CHOICE, n);
        for (size_t i = 0; i < n_ballots; i++) {
            ballots[i] = random_choice(VOTING_RANKED_CHOICE, n, &arena);
            powers[i] = random_u64() % most;
            count_add(c, &ballots[i], amount_from_u64(powers[i]));
        }
        slow_runoff(n, n_ballots, ballots, powers, slow);
        struct amount scores[SLOW_CHOICES], power;
        assert_int_equal(count_scores(c, scores, &power), OK);
        for (size_t i = 0; i < n; i++)
            assert_same(scores[i], amount_from_u64(slow[i]));
        count_close(c);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(more_than_half__ends_it_at_once),
        cmocka_unit_test(the_one_with_the_least__is_struck_out),
        cmocka_unit_test(of_equals__the_lowest_number_is_struck_out),
        cmocka_unit_test(those_that_are_nobodys_first__are_struck_out_first),
        cmocka_unit_test(two_choices__are_never_struck_out),
        cmocka_unit_test(equal_rankings__are_counted_once),
        cmocka_unit_test(any_ballots__give_what_the_slow_way_gives),
    };
    return cmocka_run_group_tests(tests, start_random, NULL);
}
