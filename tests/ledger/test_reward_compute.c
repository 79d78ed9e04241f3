/* tests/ledger/test_reward_compute.c - who is paid what when days are closed, from books filled by hand: days, kinds, refunds and remainders. */
#include "tests/ledger/support/rewards.h"

enum {
    AVS = 0x21,
    OTHER_AVS = 0x22,
    OP = 0x11,
    OP2 = 0x12,
    OP3 = 0x13,
    S1 = 0x51,
    S2 = 0x52,
    ANN = 0x31,
    BOB = 0x32,
    EVE = 0x33
};

/* Two operators with 300 and 100 shares of S1, whose stakers are ANN (200) and BOB (100), and EVE (100). */
static void two_operators(struct stage *s)
{
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

static void a_day__is_shared_by_operators_then_by_their_stakers(void **state)
{
    (void)state;
    struct stage s;
    stage_open(&s);
    two_operators(&s);
    both_registered(&s, FIRST_DAY);
    submitted(&s, REWARD_AVS, 1, AVS, REWARD_NO_SET, "3001", 100, 3, 100);
    counts(&s, 1, S1, "2");
    days_end(&s, 100, 103);
    assert_pays(&s, 100, "1 100 t1000; 11 w600 t750 11*75 31:450 32:225; 12 w200 t250 12*25 33:225");
    assert_pays(&s, 102, "1 102 t1000 rest 1; 11 w600 t750 11*75 31:450 32:225; 12 w200 t250 12*25 33:225");
    assert_pays(&s, 103, "");
    stage_done(&s);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_day__is_shared_by_operators_then_by_their_stakers),
    };
    pg_start();
    int failed = cmocka_run_group_tests(tests, NULL, NULL);
    pg_stop();
    return failed;
}
