/* tests/governance/test_count.c - scores of each type of voting by example, and what they say. */
#include "tests/governance/support/count.h"

#define BALLOTS (const char *const[][2])
#define END        \
    {              \
        NULL, NULL \
    }

static void names__are_those_of_snapshot(void **unused)
{
    (void)unused;
    static const char *const expected[] = {"basic",     "single-choice", "approval", "weighted",
                                           "quadratic", "ranked-choice", "copeland"};
    for (int v = 0; v < VOTING_COUNT; v++) {
        enum voting back = VOTING_COUNT;
        assert_string_equal(voting_name((enum voting)v), expected[v]);
        assert_true(voting_parse(expected[v], &back) && back == (enum voting)v);
    }
    enum voting untouched = VOTING_COPELAND;
    assert_false(voting_parse("Basic", &untouched));
    assert_false(voting_parse("", &untouched));
    assert_int_equal(untouched, VOTING_COPELAND);
}

static void without_ballots__all_scores_are_zero(void **unused)
{
    (void)unused;
    for (int v = 0; v < VOTING_COUNT; v++) {
        assert_scores((enum voting)v, 1, BALLOTS{END}, "of 0: 0");
        assert_scores((enum voting)v, 2, BALLOTS{END}, "of 0: 0 0");
        assert_scores((enum voting)v, 4, BALLOTS{END}, "of 0: 0 0 0 0");
    }
}

static void one_choice_alone__gets_all_the_power(void **unused)
{
    (void)unused;
    static const char *const only[VOTING_COUNT] = {"1", "1", "[1]", "{\"1\":3}", "{\"1\":3}", "[1]", "[1]"};
    for (int v = 0; v < VOTING_COUNT; v++)
        assert_scores((enum voting)v, 1, BALLOTS{{only[v], "5"}, {only[v], "6"}, END}, "of 11: 11");
}

static void ballots_without_power__count_as_ballots_and_give_nothing(void **unused)
{
    (void)unused;
    static const char *const any[VOTING_COUNT] = {"2", "2", "[2,1]", "{\"2\":3}", "{\"2\":3}", "[2,3,1]", "[2,3,1]"};
    for (int v = 0; v < VOTING_COUNT; v++)
        assert_scores((enum voting)v, 3, BALLOTS{{any[v], "0"}, {any[v], "0"}, END}, "of 0: 0 0 0");
}

static void a_single_choice__gets_the_power_of_those_who_chose_it(void **unused)
{
    (void)unused;
    assert_scores(VOTING_BASIC, 3, BALLOTS{{"1", "5"}, {"3", "7"}, {"1", "9"}, END}, "of 21: 14 0 7");
    assert_scores(VOTING_SINGLE_CHOICE, 4, BALLOTS{{"4", "5"}, {"2", "7"}, {"4", "9"}, END}, "of 21: 0 7 0 14");
}

static void approvals__give_the_whole_power_to_each(void **unused)
{
    (void)unused;
    assert_scores(VOTING_APPROVAL, 3, BALLOTS{{"[1,3]", "5"}, {"[3]", "7"}, {"[]", "9"}, {"[2,3,1]", "1"}, END},
                  "of 22: 6 1 13");
}

static void weights__divide_each_ballot_to_the_last_unit(void **unused)
{
    (void)unused;
    /* 10 by 1:1:1 is 3 1/3 each: the unit that is left goes to the lowest number. */
    assert_scores(VOTING_WEIGHTED, 3, BALLOTS{{"{\"1\":1,\"2\":1,\"3\":1}", "10"}, END}, "of 10: 4 3 3");
    assert_scores(VOTING_WEIGHTED, 3, BALLOTS{{"{\"3\":1,\"2\":1}", "1"}, END}, "of 1: 0 1 0");
    /* 11 by 1:2:3 is 1 5/6, 3 4/6, 5 3/6. */
    assert_scores(VOTING_WEIGHTED, 3, BALLOTS{{"{\"3\":3,\"1\":1,\"2\":2}", "11"}, END}, "of 11: 2 4 5");
    /* A weight of zero gets no unit that is left. */
    assert_scores(VOTING_WEIGHTED, 3, BALLOTS{{"{\"1\":0,\"2\":2,\"3\":1}", "2"}, END}, "of 2: 0 1 1");
    /* Ballots are divided one by one: together they would be 1 1. */
    assert_scores(VOTING_WEIGHTED, 2, BALLOTS{{"{\"1\":1,\"2\":1}", "1"}, {"{\"1\":1,\"2\":1}", "1"}, END},
                  "of 2: 2 0");
}

static void weights__may_be_as_large_as_numbers_of_json(void **unused)
{
    (void)unused;
    assert_scores(VOTING_WEIGHTED, 2, BALLOTS{{"{\"1\":9007199254740992,\"2\":1}", "9007199254740993"}, END},
                  "of 9007199254740993: 9007199254740992 1");
    assert_scores(VOTING_QUADRATIC, 2, BALLOTS{{"{\"1\":9007199254740992,\"2\":1}", "9007199254740993"}, END},
                  "of 9007199254740993: 9007199254740992 1");
}

static void quadratic__divides_the_power_by_the_squared_sums_of_roots(void **unused)
{
    (void)unused;
    /* (4 roots of 25)^2 = 400 against (root of 100)^2 = 100. */
    assert_scores(VOTING_QUADRATIC, 2,
                  BALLOTS{{"{\"1\":1}", "25"},
                          {"{\"1\":1}", "25"},
                          {"{\"1\":1}", "25"},
                          {"{\"1\":7}", "25"},
                          {"{\"2\":1}", "100"},
                          END},
                  "of 200: 160 40");
    /* (sqrt(9) + sqrt(16))^2 = 49, sqrt(16)^2 = 16 of 9 + 32 = 41: 30.907 and 10.092 */
    assert_scores(VOTING_QUADRATIC, 3, BALLOTS{{"{\"1\":1}", "9"}, {"{\"1\":2,\"3\":2}", "32"}, END}, "of 41: 31 0 10");
    assert_scores(VOTING_QUADRATIC, 2, BALLOTS{{"{\"1\":1}", "1"}, {"{\"2\":1}", "1"}, {"{\"2\":1}", "1"}, END},
                  "of 3: 1 2"); /* 1 : 4 */
}

static void copeland__divides_the_power_by_pairs_won_and_support(void **unused)
{
    (void)unused;
    /* 1 beats 2 beats 3, all the same order, P = 10: 8 * 10 * 2 = 80.. points 4 2 0 of 40 each, support 20 10 0:
     * parts 180, 90, 0 of 270. */
    assert_scores(VOTING_COPELAND, 3, BALLOTS{{"[1,2,3]", "10"}, END}, "of 10: 7 3 0");
    /* A cycle of equals: points 2 each, support 6 each. */
    assert_scores(VOTING_COPELAND, 3, BALLOTS{{"[1,2,3]", "2"}, {"[2,3,1]", "2"}, {"[3,1,2]", "2"}, END},
                  "of 6: 2 2 2");
    /* A pair that ties: 1 point each, support equal. */
    assert_scores(VOTING_COPELAND, 2, BALLOTS{{"[1,2]", "50"}, {"[2,1]", "50"}, END}, "of 100: 50 50");
    /* 60 : 40. Parts 2 * 100 * 2 + 60 = 460 and 40. */
    assert_scores(VOTING_COPELAND, 2, BALLOTS{{"[1,2]", "60"}, {"[2,1]", "40"}, END}, "of 100: 92 8");
}

static void sums_of_the_largest_powers__do_not_wrap(void **unused)
{
    (void)unused;
    static const char *const any[VOTING_COUNT] =
        {"2",       "2",      "[1,2,3]", "{\"1\":9007199254740992,\"2\":9007199254740992,\"3\":5}", "{\"1\":1,\"3\":1}",
         "[2,3,1]", "[2,3,1]"};
    for (int v = 0; v < VOTING_COUNT; v++) {
        struct count *c = count_open((enum voting)v, 3);
        struct amount scores[3] = {amount_wad, amount_wad, amount_wad}, power = amount_wad;
        count_text(c, (enum voting)v, 3, any[v], MAX_TEXT, true);
        assert_int_equal(count_scores(c, scores, &power), OK);
        assert_amount(power, MAX_TEXT);
        for (int i = 0; i < 1000; i++)
            count_text(c, (enum voting)v, 3, any[v], MAX_TEXT, true);
        power = amount_wad;
        assert_int_equal(count_scores(c, scores, &power), ERR_OVERFLOW);
        assert_same(power, amount_wad);
        for (int i = 0; i < 1000; i++)
            count_text(c, (enum voting)v, 3, any[v], MAX_TEXT, false);
        struct amount again[3];
        assert_int_equal(count_scores(c, again, &power), OK);
        assert_memory_equal(again, scores, sizeof again);
        count_close(c);
    }
}

static struct outcome outcome_of(enum voting type, size_t n, const uint64_t *scores, uint64_t power, uint64_t quorum)
{
    struct amount amounts[8];
    for (size_t i = 0; i < n; i++)
        amounts[i] = amount_from_u64(scores[i]);
    return count_outcome(type, n, amounts, amount_from_u64(power), amount_from_u64(quorum));
}

static void assert_outcome(struct outcome o, bool quorum_reached, bool tie, size_t winner, bool succeeded)
{
    assert_int_equal(o.quorum_reached, quorum_reached);
    assert_int_equal(o.tie, tie);
    assert_int_equal(o.winner, winner);
    assert_int_equal(o.succeeded, succeeded);
}

static void the_greatest_score__wins_if_it_is_alone(void **unused)
{
    (void)unused;
    const enum voting type = VOTING_SINGLE_CHOICE;
    assert_outcome(outcome_of(type, 3, (uint64_t[]){1, 5, 4}, 10, 10), true, false, 2, true);
    assert_outcome(outcome_of(type, 3, (uint64_t[]){1, 5, 4}, 10, 11), false, false, 2, false);
    assert_outcome(outcome_of(type, 3, (uint64_t[]){4, 2, 4}, 10, 0), true, true, 0, false);
    assert_outcome(outcome_of(type, 3, (uint64_t[]){2, 2, 4}, 8, 0), true, false, 3, true);
    assert_outcome(outcome_of(type, 3, (uint64_t[]){4, 4, 5}, 13, 0), true, false, 3, true);
    assert_outcome(outcome_of(type, 2, (uint64_t[]){0, 0}, 0, 0), true, false, 0, false);
    assert_outcome(outcome_of(VOTING_APPROVAL, 2, (uint64_t[]){0, 0}, 7, 7), true, false, 0, false);
    assert_outcome(outcome_of(type, 1, (uint64_t[]){1}, 1, 1), true, false, 1, true);
}

static void a_basic_vote__succeeds_if_more_are_for_than_against(void **unused)
{
    (void)unused;
    const enum voting type = VOTING_BASIC;
    assert_outcome(outcome_of(type, 3, (uint64_t[]){5, 4, 0}, 9, 9), true, false, 1, true);
    assert_outcome(outcome_of(type, 3, (uint64_t[]){5, 4, 90}, 99, 9), true, false, 1, true);
    assert_outcome(outcome_of(type, 3, (uint64_t[]){5, 5, 0}, 10, 9), true, true, 0, false);
    assert_outcome(outcome_of(type, 3, (uint64_t[]){5, 4, 5}, 14, 9), true, false, 1, true);
    assert_outcome(outcome_of(type, 3, (uint64_t[]){4, 5, 0}, 9, 9), true, false, 2, false);
    assert_outcome(outcome_of(type, 3, (uint64_t[]){5, 4, 0}, 9, 10), false, false, 1, false);
    assert_outcome(outcome_of(type, 3, (uint64_t[]){0, 0, 3}, 3, 3), true, false, 0, false);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(names__are_those_of_snapshot),
        cmocka_unit_test(without_ballots__all_scores_are_zero),
        cmocka_unit_test(one_choice_alone__gets_all_the_power),
        cmocka_unit_test(ballots_without_power__count_as_ballots_and_give_nothing),
        cmocka_unit_test(a_single_choice__gets_the_power_of_those_who_chose_it),
        cmocka_unit_test(approvals__give_the_whole_power_to_each),
        cmocka_unit_test(weights__divide_each_ballot_to_the_last_unit),
        cmocka_unit_test(weights__may_be_as_large_as_numbers_of_json),
        cmocka_unit_test(quadratic__divides_the_power_by_the_squared_sums_of_roots),
        cmocka_unit_test(copeland__divides_the_power_by_pairs_won_and_support),
        cmocka_unit_test(sums_of_the_largest_powers__do_not_wrap),
        cmocka_unit_test(the_greatest_score__wins_if_it_is_alone),
        cmocka_unit_test(a_basic_vote__succeeds_if_more_are_for_than_against),
    };
    return cmocka_run_group_tests(tests, start_random, NULL);
}
