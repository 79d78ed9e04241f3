/* tests/ledger/test_reward_kinds.c - kinds of submissions when days are closed: operator sets, directed ones, fees, splits and withdrawable shares. */
#include "tests/ledger/support/rewards.h"

enum { SET = 3, MIDNIGHT_100 = 101 * 86400 };

/* Each operator with 100 shares of S1 per staker: ANN and BOB of OP, EVE of OP2. */
static void three_stakers(struct stage *s)
{
    stage_open(s);
    has_shares(s, OP, S1, FIRST_DAY, "200");
    has_shares(s, OP2, S1, FIRST_DAY, "100");
    delegates(s, ANN, OP, FIRST_DAY);
    delegates(s, BOB, OP, FIRST_DAY);
    delegates(s, EVE, OP2, FIRST_DAY);
    deposits(s, ANN, S1, FIRST_DAY, "100");
    deposits(s, BOB, S1, FIRST_DAY, "100");
    deposits(s, EVE, S1, FIRST_DAY, "100");
}

static void both_joined(struct stage *s)
{
    joins(s, OP, AVS, SET, FIRST_DAY, true, 0);
    joins(s, OP2, AVS, SET, FIRST_DAY, true, 0);
    set_has(s, AVS, SET, S1, FIRST_DAY, true);
}

static void submitted_to_set(struct stage *s, enum reward_kind kind, const char *amount, int first_day, int days)
{
    submitted(s, kind, 1, AVS, SET, amount, first_day, days, FIRST_DAY);
    counts(s, 1, S1, "1");
}

static void registration_in_a_set__is_registration_with_its_avs(void **state)
{
    (void)state;
    struct stage s;
    three_stakers(&s);
    registers(&s, OP, AVS, 100, true);
    registers(&s, OP, AVS, 100, false);
    joins(&s, OP, AVS, SET, 100, true, 0);
    registers(&s, OP2, OTHER_AVS, 100, true);
    submitted(&s, REWARD_AVS, 1, AVS, REWARD_NO_SET, "200", 100, 1, 100);
    counts(&s, 1, S1, "1");
    submitted(&s, REWARD_ALL_EARNERS, 2, 0, REWARD_NO_SET, "300", 100, 1, 100);
    counts(&s, 2, S1, "1");
    assert_pays(&s, 100,
                "1 100 t200; 11 w200 t200 11*20 31:90 32:90\n"
                "2 100 t300; 11 w200 t200 11*20 31:90 32:90; 12 w100 t100 12*10 33:90");
    /* Who left a set can be slashed for a while, and earns nothing. */
    joins(&s, OP, AVS, SET, 101, false, 200);
    days_end(&s, 100, 100);
    says(&s, "ALTER TABLE reward_submission DISABLE TRIGGER ALL;"
             "UPDATE reward_submission SET duration = 2 * 86400");
    assert_pays(&s, 101, "1 101 nobody t100 left 100\n2 101 t150; 12 w100 t150 12*15 33:135");
    stage_done(&s);
}

static void total_stake__counts_strategies_of_the_set_only(void **state)
{
    (void)state;
    struct stage s;
    three_stakers(&s);
    both_joined(&s);
    has_shares(&s, OP, S2, 100, "1000");
    deposits(&s, ANN, S2, 100, "1000");
    submitted_to_set(&s, REWARD_TOTAL_STAKE, "900", 100, 3);
    counts(&s, 1, S2, "1");
    assert_pays(&s, 100, "1 100 t300; 11 w200 t200 11*20 31:90 32:90; 12 w100 t100 12*10 33:90");
    set_has(&s, AVS, SET, S2, 101, true);
    set_has(&s, AVS, SET, S1, 101, false);
    set_has(&s, AVS, SET + 1, S1, 101, true);
    has_shares(&s, OP2, S2, 101, "1000");
    joins(&s, OP2, AVS, SET, 101, false, 300); /* can be slashed still, and earns nothing */
    days_end(&s, 100, 101);
    assert_pays(&s, 101, "1 101 t300; 11 w1000 t300 11*30 31:270");
    stage_done(&s);
}

static void unique_stake__counts_what_is_allocated_and_in_force(void **state)
{
    (void)state;
    struct stage s;
    three_stakers(&s);
    both_joined(&s);
    allocates(&s, OP, AVS, SET, S1, 100, "500000000000000000", "250000000000000000", 102);
    allocates(&s, OP2, AVS, SET, S1, 100, "999000000000000000", "-499000000000000000", 101);
    allocates(&s, OP2, AVS, SET + 1, S1, 100, "100000000000000000", "0", 100);
    submitted_to_set(&s, REWARD_UNIQUE_STAKE, "450", 100, 3);
    /* floor(200 * .5), floor(100 * .999) */
    assert_pays(&s, 100, "1 100 t150 left 1; 11 w100 t75 11*7 31:34 32:34; 12 w99 t74 12*7 33:67");
    days_end(&s, 100, 101);
    assert_pays(&s, 101, "1 101 t150; 11 w100 t100 11*10 31:45 32:45; 12 w50 t50 12*5 33:45");
    /* Pending turns current in the very block; a slash left half of OP2's maximum. */
    slashed_to(&s, OP2, S1, 102, "500000000000000000");
    assert_pays(&s, 102, "1 102 t150 left 1; 11 w150 t90 11*9 31:40 32:40 left 1; 12 w100 t60 12*6 33:54");
    stage_done(&s);
}

static void nobody_in_a_set__refunds_the_day_to_the_avs(void **state)
{
    (void)state;
    struct stage s;
    three_stakers(&s);
    both_joined(&s);
    allocates(&s, OP, AVS, SET, S1, 101, "500000000000000000", "0", 0);
    slashed_to(&s, OP, S1, 101, "0");
    submitted_to_set(&s, REWARD_UNIQUE_STAKE, "901", 100, 3);
    submitted(&s, REWARD_TOTAL_STAKE, 2, AVS, SET + 1, "901", 100, 3, 100);
    counts(&s, 2, S1, "1");
    assert_pays(&s, 100, "1 100 nobody t300 refund 300\n2 100 nobody t300 refund 300");
    days_end(&s, 100, 101);
    assert_pays(&s, 101, "1 101 nobody t300 refund 300\n2 101 nobody t300 refund 300");
    assert_pays(&s, 102, "1 102 nobody t300 refund 300 rest 1\n2 102 nobody t300 refund 300 rest 1");
    assert_int_equal(s.computed.pools[0].avs.b[19], AVS);
    stage_done(&s);
}

/* ---- operator-directed ---- */

static void directed_to_both(struct stage *s, enum reward_kind kind, int set, int first_day, int days, int event_day)
{
    submitted(s, kind, 1, AVS, set, "1100", first_day, days, event_day);
    counts(s, 1, S1, "1");
    lists(s, 1, OP2, "100");
    lists(s, 1, OP, "600");
    lists(s, 1, OP, "401");
    lists(s, 1, OP3, "0");
}

static void directed_amounts__are_shared_by_the_days_of_registration(void **state)
{
    (void)state;
    struct stage s;
    three_stakers(&s);
    registers(&s, OP, AVS, 100, true);
    registers(&s, OP, AVS, 102, false);
    registers(&s, OP, AVS, 103, true);
    registers(&s, OP2, AVS, 103, true);
    directed_to_both(&s, REWARD_DIRECTED_AVS, REWARD_NO_SET, 100, 4, 100);
    days_end(&s, 100, 102);
    assert_pays(&s, 102, "");
    /* OP on 100, 101, 103: 333 a day and 2 left; OP2 on 103. Day 102 has no pool. */
    assert_pays(&s, 103,
                "1 100>103 t333; 11 w1001 t333 11*33 31:150 32:150\n"
                "1 101>103 t333; 11 w1001 t333 11*33 31:150 32:150\n"
                "1 103 t433 rest 2; 11 w1001 t333 11*33 31:150 32:150; 12 w100 t100 12*10 33:90");
    stage_done(&s);
}

static void directed_to_nobody__is_refunded_with_the_last_day(void **state)
{
    (void)state;
    struct stage s;
    three_stakers(&s);
    joins(&s, OP, AVS, SET, 100, true, 0);
    joins(&s, OP, AVS, SET, 101, false, 300);
    joins(&s, OP2, AVS, SET + 1, 100, true, 0);
    set_has(&s, AVS, SET, S1, 100, true);
    directed_to_both(&s, REWARD_DIRECTED_SET, SET, 99, 3, 103);
    days_end(&s, 100, 102);
    /* Day 99 is before the history, on day 101 nobody is registered, OP2 is in another set. */
    assert_pays(&s, 103,
                "1 100>103 t1001 left 1; 11 w1001 t1001 11*100 31:450 32:450 left 1\n"
                "1 101>103 nobody t100 refund 100");
    stage_done(&s);
}

static void directed_before_the_history__is_refunded(void **state)
{
    (void)state;
    struct stage s;
    three_stakers(&s);
    registers(&s, OP, AVS, 100, true);
    directed_to_both(&s, REWARD_DIRECTED_AVS, REWARD_NO_SET, 90, 5, 100);
    assert_pays(&s, 100, "1 94>100 @-1 nobody t1101 refund 1101");
    stage_done(&s);
}

static void directed_days_in_a_gap__count_each(void **state)
{
    (void)state;
    struct stage s;
    three_stakers(&s);
    registers(&s, OP, AVS, 100, true);
    registers(&s, OP, AVS, 103, false);
    directed_to_both(&s, REWARD_DIRECTED_AVS, REWARD_NO_SET, 101, 3, 100);
    day_ends(&s, 100, 103);
    assert_pays(&s, 103,
                "1 101>103 @100 t500; 11 w1001 t500 11*50 31:225 32:225\n"
                "1 102>103 @100 t500; 11 w1001 t500 11*50 31:225 32:225\n"
                "1 103 nobody t100 refund 100 rest 1");
    stage_done(&s);
}

static void directed_in_the_middle_of_a_gap__ends_there(void **state)
{
    (void)state;
    struct stage s;
    three_stakers(&s);
    registers(&s, OP, AVS, 100, true);
    joins(&s, OP, AVS, SET, 100, true, 0); /* one of two registrations is enough */
    joins(&s, OP, AVS, SET, 100, false, 0);
    directed_to_both(&s, REWARD_DIRECTED_AVS, REWARD_NO_SET, 101, 2, 100);
    closes_run(&s, 100, 105, 100, false);
    assert_string_equal(s.text, "1 101>102 @100 t500; 11 w1001 t500 11*50 31:225 32:225\n"
                                "1 102 @100 t600 refund 100 rest 1; 11 w1001 t500 11*50 31:225 32:225");
    stage_done(&s);
}

/* ---- splits ---- */

static void splits__count_once_in_force_before_midnight(void **state)
{
    (void)state;
    struct stage s;
    three_stakers(&s);
    registers(&s, OP, AVS, 100, true);
    registers(&s, OP2, AVS, 100, true);
    submitted(&s, REWARD_AVS, 1, AVS, REWARD_NO_SET, "900", 100, 3, 100);
    counts(&s, 1, S1, "1");
    /* In force at the midnight itself: not before it. The first one's old value is not what counts, the default is. */
    splits(&s, OP, AVS, REWARD_NO_SET, 100, MIDNIGHT_100, 77, 0, true);
    splits(&s, OP2, AVS, REWARD_NO_SET, 100, MIDNIGHT_100 - 1, 77, 10001, true);
    splits(&s, OP, AVS, SET, 100, 0, 5, 5, true); /* of others */
    splits(&s, OP, OTHER_AVS, REWARD_NO_SET, 100, 0, 5, 5, true);
    splits(&s, OP, 0, REWARD_NO_SET, 100, 0, 5, 5, true);
    assert_pays(&s, 100, "1 100 t300; 11 w200 t200 11*20 31:90 32:90; 12 w100 t100 b10000 12*100");
    default_split(&s, 100, 3000);
    assert_pays(&s, 100, "1 100 t300; 11 w200 t200 b3000 11*60 31:70 32:70; 12 w100 t100 b10000 12*100");
    /* A later one: until it is in force, its old value. */
    splits(&s, OP, AVS, REWARD_NO_SET, 101, 103 * 86400LL, 0, 5000, false);
    default_split(&s, 101, 65535);
    days_end(&s, 100, 101);
    assert_pays(&s, 101, "1 101 t300; 11 w200 t200 b0 31:100 32:100; 12 w100 t100 b10000 12*100");
    assert_pays(&s, 102, "1 102 t300; 11 w200 t200 b0 31:100 32:100; 12 w100 t100 b10000 12*100");
    stage_done(&s);
}

static void splits__are_of_their_kind(void **state)
{
    (void)state;
    struct stage s;
    three_stakers(&s);
    both_joined(&s);
    splits(&s, OP, AVS, REWARD_NO_SET, 100, 0, 0, 100, true);
    splits(&s, OP, AVS, SET, 100, 0, 0, 2000, true);
    splits(&s, OP, 0, REWARD_NO_SET, 100, 0, 0, 300, true);
    submitted(&s, REWARD_TOTAL_STAKE, 1, AVS, SET, "300", 100, 1, 100);
    submitted(&s, REWARD_AVS, 2, AVS, REWARD_NO_SET, "300", 100, 1, 100);
    submitted(&s, REWARD_ALL_EARNERS, 3, 0, REWARD_NO_SET, "300", 100, 1, 100);
    submitted(&s, REWARD_DIRECTED_SET, 4, AVS, SET, "200", 100, 1, 100);
    lists(&s, 4, OP, "200");
    for (int i = 1; i <= 4; i++)
        counts(&s, i, S1, "1");
    assert_pays(&s, 100,
                "1 100 t300; 11 w200 t200 b2000 11*40 31:80 32:80; 12 w100 t100 12*10 33:90\n"
                "2 100 t300; 11 w200 t200 b100 11*2 31:99 32:99; 12 w100 t100 12*10 33:90\n"
                "3 100 t300; 11 w200 t200 b300 11*6 31:97 32:97; 12 w100 t100 12*10 33:90\n"
                "4 100 t200; 11 w200 t200 b2000 11*40 31:80 32:80");
    stage_done(&s);
}

/* ---- what stakers can withdraw ---- */

static void stakers__weigh_what_they_can_withdraw(void **state)
{
    (void)state;
    struct stage s;
    three_stakers(&s);
    registers(&s, OP, AVS, 100, true);
    has_shares(&s, OP, BEACON, 100, "1000");
    deposits(&s, BOB, BEACON, 100, "1000");
    slashed_to(&s, OP, S1, 100, "500000000000000000");
    slashed_to(&s, OP, BEACON, 100, "900000000000000000");
    says(&s,
         "INSERT INTO scaling_factor VALUES (pg_temp.a(%d), pg_temp.a(%d), pg_temp.p(100), 0, 3000000000000000000),"
         " (pg_temp.a(%d), pg_temp.a(%d), pg_temp.p(100), 0, 2000000000000000000),"
         " (pg_temp.a(%d), pg_temp.a(%d), pg_temp.p(101), 0, 7000000000000000000),"
         " (pg_temp.a(%d), pg_temp.a(%d), pg_temp.p(100), 0, 2000000000000000000)",
         ANN, S1, ANN, S1, ANN, S1, BOB, BEACON);
    says(&s,
         "INSERT INTO beacon_factor VALUES (pg_temp.a(%d), pg_temp.p(100), 0, 500000000000000000),"
         " (pg_temp.a(%d), pg_temp.p(100), 0, 1)",
         BOB, ANN);
    submitted(&s, REWARD_AVS, 1, AVS, REWARD_NO_SET, "1000", 100, 1, 100);
    counts(&s, 1, S1, "10");
    counts(&s, 1, BEACON, "1");
    /* ANN 100 * 2 * .5 = 100; BOB 100 * .5 = 50, and 1000 * 2 * .9 * .5 = 900 of beacon chain ETH */
    assert_pays(&s, 100, "1 100 t1000; 11 w3000 t1000 11*100 31:375 32:525");
    stage_done(&s);
}

/* ---- fees ---- */

enum { COLLECTOR = 0xfe, TREASURY = 0xaa };

static void fee_terms(struct stage *s, struct reward_collector *collector, struct reward_operator_set *sets)
{
    sets[0] = (struct reward_operator_set){.id = SET + 1};
    sets[1] = (struct reward_operator_set){.id = SET};
    sets[0].avs.b[19] = sets[1].avs.b[19] = AVS;
    *collector = (struct reward_collector){.epoch_days = 7,
                                           .operators_bips = 7000,
                                           .treasury_bips = 2000,
                                           .burn_bips = 1000,
                                           .sets = sets,
                                           .n_sets = 2};
    collector->address.b[19] = COLLECTOR;
    collector->treasury.b[19] = TREASURY;
    s->terms.collectors = collector;
    s->terms.n_collectors = 1;
}

static void fee_epoch(struct stage *s, int submission, int first_day, int event_day)
{
    says(s,
         "INSERT INTO reward_submission VALUES (pg_temp.h(%d), pg_temp.p(%d), 0, 8, pg_temp.a(%d), pg_temp.a(%d),"
         " pg_temp.a(0), -1, 0, pg_temp.a(%d), 0, %lld, %lld, %d, '')",
         submission, event_day, COLLECTOR, COLLECTOR, TOKEN, first_day * 86400LL, 7 * 86400LL, event_day);
}

static void fees_came(struct stage *s, int submission, int block, const char *pending)
{
    says(s, "SELECT pg_temp.held(60, %d, %d, pg_temp.h(%d), %d, %s)", TOKEN, COLLECTOR, submission, block, pending);
}

static void fees__are_shared_at_the_end_of_the_epoch(void **state)
{
    (void)state;
    struct reward_collector collector;
    struct reward_operator_set sets[2];
    struct stage s;
    three_stakers(&s);
    fee_terms(&s, &collector, sets);
    both_joined(&s);
    joins(&s, OP2, AVS, SET + 1, 100, true, 0);
    joins(&s, OP2, AVS, SET + 1, 101, false, 104); /* to be slashed until then */
    set_has(&s, AVS, SET + 1, S1, 100, true);
    allocates(&s, OP, AVS, SET, S1, 100, "500000000000000000", "0", 0);
    allocates(&s, OP2, AVS, SET, S1, 100, "200000000000000000", "0", 0);
    allocates(&s, OP2, AVS, SET + 1, S1, 100, "100000000000000000", "0", 0);
    splits(&s, OP2, AVS, SET + 1, 100, 0, 0, 5000, true);
    splits(&s, OP2, AVS, SET, 100, 0, 0, 0, true);
    fee_epoch(&s, 1, 98, 100);
    fee_epoch(&s, 2, 105, 105);
    fees_came(&s, 1, 100, "1000");
    fees_came(&s, 1, 104, "1309");
    fees_came(&s, 2, 105, "1000");
    days_end(&s, 100, 103);
    assert_pays(&s, 103, "");
    /* 1309: operators 916, treasury 261, fire 130, rest 2. OP 100; OP2 20 + 10, by the split of the first set named. */
    assert_pays(&s, 104,
                "1 104 t1307 treasury 261 burned 130 left 1 rest 2;"
                " 11 w100 t704 11*70 31:317 32:317; 12 w30 t211 b5000 12*105 33:106");
    days_end(&s, 104, 110);
    assert_pays(
        &s, 111,
        "2 111 t1000 treasury 200 burned 100 left 2; 11 w100 t583 11*58 31:262 32:262 left 1; 12 w20 t116 b0 33:116");
    collector.sets = &sets[0];
    collector.n_sets = 1;
    assert_pays(&s, 111, "2 111 nobody t1000 treasury 200 burned 100 left 700");
    s.terms.n_collectors = 0;
    assert_pays(&s, 111, "2 111 nobody rest 1000");
    stage_done(&s);
}

static void what_stakers_of_two_sets_have__counts_once_for_each(void **state)
{
    (void)state;
    struct reward_collector collector;
    struct reward_operator_set sets[2];
    struct stage s;
    three_stakers(&s);
    fee_terms(&s, &collector, sets);
    joins(&s, OP, AVS, SET, 100, true, 0);
    joins(&s, OP, AVS, SET + 1, 100, true, 0);
    set_has(&s, AVS, SET, S1, 100, true);
    set_has(&s, AVS, SET + 1, S1, 100, true);
    set_has(&s, AVS, SET + 1, S2, 100, true);
    deposits(&s, BOB, S2, 100, "100");
    allocates(&s, OP, AVS, SET, S1, 100, "1000000000000000000", "0", 0);
    fee_epoch(&s, 1, 98, 100);
    fees_came(&s, 1, 100, "1000");
    joins(&s, OP2, AVS, SET, 100, true, 0);
    allocates(&s, OP2, AVS, SET, S1, 100, "1000000000000000000", "0", 0);
    delegates(&s, DAN, OP2, 100);
    deposits(&s, DAN, S2, 100, "100");
    /* ANN 2 * 100, BOB 2 * 100 + 100; DAN nothing: its operator is in no set that has S2 */
    assert_pays(&s, 104,
                "1 104 t1000 treasury 200 burned 100 left 1; 11 w200 t466 11*46 31:168 32:252;"
                " 12 w100 t233 12*23 33:210");
    stage_done(&s);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(registration_in_a_set__is_registration_with_its_avs),
        cmocka_unit_test(total_stake__counts_strategies_of_the_set_only),
        cmocka_unit_test(unique_stake__counts_what_is_allocated_and_in_force),
        cmocka_unit_test(nobody_in_a_set__refunds_the_day_to_the_avs),
        cmocka_unit_test(directed_amounts__are_shared_by_the_days_of_registration),
        cmocka_unit_test(directed_to_nobody__is_refunded_with_the_last_day),
        cmocka_unit_test(directed_before_the_history__is_refunded),
        cmocka_unit_test(directed_days_in_a_gap__count_each),
        cmocka_unit_test(directed_in_the_middle_of_a_gap__ends_there),
        cmocka_unit_test(splits__count_once_in_force_before_midnight),
        cmocka_unit_test(splits__are_of_their_kind),
        cmocka_unit_test(stakers__weigh_what_they_can_withdraw),
        cmocka_unit_test(fees__are_shared_at_the_end_of_the_epoch),
        cmocka_unit_test(what_stakers_of_two_sets_have__counts_once_for_each),
    };
    pg_start();
    int failed = cmocka_run_group_tests(tests, NULL, NULL);
    pg_stop();
    return failed;
}
