/* tests/ledger/test_reward_compute.c - who is paid what when days are closed, from books filled by hand: days, kinds, refunds, remainders. */
#include "tests/ledger/support/rewards.h"

/* Two operators with 300 and 100 shares of S1, whose stakers are ANN (200) and BOB (100), and EVE (100). */
static void two_operators(struct stage *s)
{
    stage_open(s);
    has_shares(s, OP, S1, FIRST_DAY, "300");
    has_shares(s, OP2, S1, FIRST_DAY, "100");
    delegates(s, BOB, OP, FIRST_DAY);
    delegates(s, ANN, OP, FIRST_DAY);
    delegates(s, EVE, OP2, FIRST_DAY);
    deposits(s, ANN, S1, FIRST_DAY, "200");
    deposits(s, BOB, S1, FIRST_DAY, "100");
    deposits(s, EVE, S1, FIRST_DAY, "100");
}

static void both_registered(struct stage *s, int block)
{
    registers(s, OP, AVS, block, true);
    registers(s, OP2, AVS, block, true);
}

static void submitted_to_avs(struct stage *s, const char *amount, int first_day, int days, int event_day)
{
    submitted(s, REWARD_AVS, 1, AVS, REWARD_NO_SET, amount, first_day, days, event_day);
    counts(s, 1, S1, "2");
}

static void a_day__is_shared_by_operators_then_by_their_stakers(void **state)
{
    (void)state;
    struct stage s;
    two_operators(&s);
    both_registered(&s, FIRST_DAY);
    submitted_to_avs(&s, "3001", 100, 3, 100);
    assert_pays(&s, 100, "1 100 t1000; 11 w600 t750 11*75 31:450 32:225; 12 w200 t250 12*25 33:225");
    days_end(&s, 100, 101);
    assert_pays(&s, 102, "1 102 t1000 rest 1; 11 w600 t750 11*75 31:450 32:225; 12 w200 t250 12*25 33:225");
    assert_pays(&s, 103, "");
    closes_run(&s, 100, 101, 100, true); /* without stakers: parts and commissions only */
    assert_string_equal(s.text, "1 100 t1000; 11 w600 t750 11*75; 12 w200 t250 12*25");
    stage_done(&s);
}

static void a_submission__counts_from_the_day_of_its_event(void **state)
{
    (void)state;
    struct stage s;
    two_operators(&s);
    both_registered(&s, FIRST_DAY);
    submitted_to_avs(&s, "3000", 100, 3, 102);
    days_end(&s, 100, 101);
    assert_pays(&s, 100, "");
    assert_pays(&s, 101, "");
    assert_pays(&s, 102,
                "1 100>102 t1000; 11 w600 t750 11*75 31:450 32:225; 12 w200 t250 12*25 33:225\n"
                "1 101>102 t1000; 11 w600 t750 11*75 31:450 32:225; 12 w200 t250 12*25 33:225\n"
                "1 102 t1000; 11 w600 t750 11*75 31:450 32:225; 12 w200 t250 12*25 33:225");
    assert_pays(&s, 103, "");
    stage_done(&s);
}

static void days_caught_up__are_paid_by_their_own_snapshots(void **state)
{
    (void)state;
    struct stage s;
    two_operators(&s);
    registers(&s, OP, AVS, 101, true); /* nobody on day 100 */
    registers(&s, OP2, AVS, 102, true);
    deposits(&s, BOB, S1, 102, "0");
    submitted_to_avs(&s, "3000", 100, 3, 102);
    days_end(&s, 100, 101);
    assert_pays(&s, 102,
                "1 100>102 nobody t1000 left 1000\n"
                "1 101>102 t1000; 11 w600 t1000 11*100 31:600 32:300\n"
                "1 102 t1000; 11 w600 t750 11*75 31:675; 12 w200 t250 12*25 33:225");
    stage_done(&s);
}

static void days_without_blocks__have_the_snapshot_of_the_day_before(void **state)
{
    (void)state;
    struct stage s;
    two_operators(&s);
    registers(&s, OP, AVS, 100, true);
    registers(&s, OP, AVS, 105, false);
    /* In force from the midnight of day 102, which has no block: S(102) = 103 * 86400. */
    splits(&s, OP, AVS, REWARD_NO_SET, 100, 103 * 86400LL - 1, 0, 2000, true);
    submitted_to_avs(&s, "5000", 100, 5, 100);
    closes_run(&s, 100, 104, 100, false);
    assert_string_equal(s.text, "1 100 t1000; 11 w600 t1000 11*100 31:600 32:300\n"
                                "1 101 @100 t1000; 11 w600 t1000 11*100 31:600 32:300\n"
                                "1 102 @100 t1000 left 1; 11 w600 t1000 b2000 11*200 31:533 32:266 left 1\n"
                                "1 103 @100 t1000 left 1; 11 w600 t1000 b2000 11*200 31:533 32:266 left 1");
    day_ends(&s, 100, 104);
    assert_pays(&s, 104, "1 104 t1000 left 1; 11 w600 t1000 b2000 11*200 31:533 32:266 left 1");
    stage_done(&s);
}

static void a_retroactive_day_in_a_gap__is_found_in_its_run(void **state)
{
    (void)state;
    struct stage s;
    two_operators(&s);
    registers(&s, OP, AVS, 104, true);
    day_ends(&s, 100, 104);
    submitted_to_avs(&s, "3000", 102, 3, 104);
    assert_pays(&s, 104,
                "1 102>104 @100 nobody t1000 left 1000\n"
                "1 103>104 @100 nobody t1000 left 1000\n"
                "1 104 t1000; 11 w600 t1000 11*100 31:600 32:300");
    stage_done(&s);
}

static void days_before_the_history__go_to_the_remainder_together(void **state)
{
    (void)state;
    struct stage s;
    two_operators(&s);
    registers(&s, OP, AVS, 100, true);
    submitted_to_avs(&s, "1007", 91, 10, 100);
    assert_pays(&s, 100,
                "1 91x9>100 @-1 before-history t900 left 900\n"
                "1 100 t100 rest 7; 11 w600 t100 11*10 31:60 32:30");
    stage_done(&s);
    two_operators(&s);
    submitted_to_avs(&s, "1007", 80, 10, 100); /* all of them: the rest too */
    assert_pays(&s, 100, "1 80x10>100 @-1 before-history t1000 left 1000 rest 7");
    assert_pays(&s, 101, "");
    stage_done(&s);
}

static void no_days__leave_all_to_the_remainder(void **state)
{
    (void)state;
    struct stage s;
    two_operators(&s);
    registers(&s, OP, AVS, 100, true);
    submitted_to_avs(&s, "1007", 105, 0, 101);
    submitted(&s, REWARD_DIRECTED_AVS, 2, AVS, REWARD_NO_SET, "90", 99, 0, 101);
    lists(&s, 2, OP, "90");
    days_end(&s, 100, 100);
    assert_pays(&s, 100, "");
    assert_pays(&s, 101, "1 101x0 @-1 no-days rest 1007\n2 101x0 @-1 no-days rest 90");
    days_end(&s, 101, 104);
    assert_pays(&s, 105, "");
    stage_done(&s);
}

static void parts_of_days__do_not_make_a_day(void **state)
{
    (void)state;
    struct stage s;
    two_operators(&s);
    registers(&s, OP, AVS, 100, true);
    submitted_to_avs(&s, "100", 100, 1, 100);
    /* (start, start + duration] has no midnight; then exactly one, which is its end. */
    says(&s, "ALTER TABLE reward_submission DISABLE TRIGGER ALL;"
             "UPDATE reward_submission SET start_time = 100 * 86400 + 1, duration = 86398");
    assert_pays(&s, 100, "1 100x0 @-1 no-days rest 100");
    says(&s, "UPDATE reward_submission SET duration = 86399");
    assert_pays(&s, 100, "1 100 t100; 11 w600 t100 11*10 31:60 32:30");
    stage_done(&s);
}

static void a_century__costs_its_days_that_are_due(void **state)
{
    (void)state;
    struct stage s;
    two_operators(&s);
    registers(&s, OP, AVS, 100, true);
    submitted_to_avs(&s, "4971000", 90, 49710, 101); /* 2^32 seconds are 49,710 days */
    days_end(&s, 100, 100);
    assert_pays(&s, 101,
                "1 90x10>101 @-1 before-history t1000 left 1000\n"
                "1 100>101 t100; 11 w600 t100 11*10 31:60 32:30\n"
                "1 101 t100; 11 w600 t100 11*10 31:60 32:30");
    days_end(&s, 101, 101);
    assert_pays(&s, 102, "1 102 t100; 11 w600 t100 11*10 31:60 32:30");
    assert_pays(&s, 49799, "1 49799 t100; 11 w600 t100 11*10 31:60 32:30");
    assert_pays(&s, 49800, "");
    stage_done(&s);
}

static void more_days_than_units__leave_all_to_the_rest(void **state)
{
    (void)state;
    struct stage s;
    two_operators(&s);
    registers(&s, OP, AVS, 100, true);
    submitted_to_avs(&s, "2", 100, 3, 100);
    assert_pays(&s, 100, "1 100; 11 w600");
    days_end(&s, 100, 101);
    assert_pays(&s, 102, "1 102 rest 2; 11 w600");
    stage_done(&s);
}

static void the_end_of_the_day__is_what_counts(void **state)
{
    (void)state;
    struct stage s;
    two_operators(&s);
    both_registered(&s, 100);
    registers(&s, OP2, AVS, 101, false);
    deposits(&s, ANN, S1, 101, "100");
    deposits(&s, ANN, S1, 101, "300"); /* the last one of the block */
    delegates(&s, BOB, OP2, 101);
    has_shares(&s, OP, S1, 101, "7");
    submitted_to_avs(&s, "3000", 100, 3, 100);
    assert_pays(&s, 100, "1 100 t1000; 11 w600 t750 11*75 31:450 32:225; 12 w200 t250 12*25 33:225");
    days_end(&s, 100, 100);
    assert_pays(&s, 101, "1 101 t1000; 11 w14 t1000 11*100 31:900");
    stage_done(&s);
}

static void pools__are_in_the_order_of_day_submission_and_its_days(void **state)
{
    (void)state;
    struct stage s;
    two_operators(&s);
    registers(&s, OP, AVS, 100, true);
    submitted(&s, REWARD_AVS, 3, AVS, REWARD_NO_SET, "20", 100, 2, 100);
    submitted(&s, REWARD_AVS, 2, AVS, REWARD_NO_SET, "20", 99, 2, 100);
    counts(&s, 3, S1, "1");
    counts(&s, 2, S1, "1");
    closes_run(&s, 100, 103, 100, false);
    assert_string_equal(s.text, "3 100 t10; 11 w300 t10 11*1 31:6 32:3\n"
                                "2 99>100 @-1 before-history t10 left 10\n"
                                "2 100 t10; 11 w300 t10 11*1 31:6 32:3\n"
                                "3 101 @100 t10; 11 w300 t10 11*1 31:6 32:3");
    stage_done(&s);
}

static void operators_without_delegators__leave_their_part_to_the_remainder(void **state)
{
    (void)state;
    struct stage s;
    two_operators(&s);
    both_registered(&s, 100);
    delegates(&s, EVE, 0, 100);
    submitted_to_avs(&s, "1000", 100, 1, 100);
    assert_pays(&s, 100, "1 100 t1000 left 225; 11 w600 t750 11*75 31:450 32:225; 12 w200 t250 12*25 left 225");
    stage_done(&s);
}

static void all_stakers__share_whether_delegated_or_not(void **state)
{
    (void)state;
    struct stage s;
    two_operators(&s);
    delegates(&s, EVE, 0, 100);
    deposits(&s, DAN, S1, 100, "100");
    slashed_to(&s, OP, S1, 100, "500000000000000000");
    submitted(&s, REWARD_FOR_ALL, 1, 0, REWARD_NO_SET, "3501", 100, 1, 100);
    counts(&s, 1, S1, "3");
    /* ANN 200 / 2, BOB 100 / 2, EVE 100, DAN 100 */
    assert_pays(&s, 100, "1 100 t3501 left 1; 0 w1050 t3501 b0 31:1000 32:500 33:1000 34:1000 left 1");
    stage_done(&s);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_day__is_shared_by_operators_then_by_their_stakers),
        cmocka_unit_test(a_submission__counts_from_the_day_of_its_event),
        cmocka_unit_test(days_caught_up__are_paid_by_their_own_snapshots),
        cmocka_unit_test(days_without_blocks__have_the_snapshot_of_the_day_before),
        cmocka_unit_test(a_retroactive_day_in_a_gap__is_found_in_its_run),
        cmocka_unit_test(days_before_the_history__go_to_the_remainder_together),
        cmocka_unit_test(no_days__leave_all_to_the_remainder),
        cmocka_unit_test(parts_of_days__do_not_make_a_day),
        cmocka_unit_test(a_century__costs_its_days_that_are_due),
        cmocka_unit_test(more_days_than_units__leave_all_to_the_rest),
        cmocka_unit_test(the_end_of_the_day__is_what_counts),
        cmocka_unit_test(pools__are_in_the_order_of_day_submission_and_its_days),
        cmocka_unit_test(operators_without_delegators__leave_their_part_to_the_remainder),
        cmocka_unit_test(all_stakers__share_whether_delegated_or_not),
    };
    pg_start();
    int failed = cmocka_run_group_tests(tests, NULL, NULL);
    pg_stop();
    return failed;
}
