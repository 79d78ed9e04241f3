/* tests/governance/test_timelock.c - operations of timelocks, and what they make of a queued proposal. */
#include "governance/timelock.h"
#include "tests/governance/support/governors.h"

static const char operation[] =
    "SELECT string_agg(calls || ' ' || delay || ' ' || ready_at || ' ' || done || ' ' || canceled, ', ' ORDER BY position)"
    " FROM timelock_operation";

static void scheduled(struct stage *s, uint8_t timelock, struct hash id, uint64_t index, struct amount delay)
{
    EMIT(s, timelock, "TimelockController", "CallScheduled(bytes32,uint256,address,uint256,bytes,bytes32,uint256)",
         in_hash(s, id), in_number(index), in_address(TOKEN), in_number(0), in_bytes("\0\xff", 2),
         in_hash(s, hash_zero), in_amount(delay));
}

static void executed(struct stage *s, uint8_t timelock, struct hash id, uint64_t index)
{
    EMIT(s, timelock, "TimelockController", "CallExecuted(bytes32,uint256,address,uint256,bytes)", in_hash(s, id),
         in_number(index), in_address(TOKEN), in_number(0), in_bytes("", 0));
}

static void canceled(struct stage *s, uint8_t timelock, struct hash id)
{
    EMIT(s, timelock, "TimelockController", "Cancelled(bytes32)", in_hash(s, id));
}

static void timelock_is(struct stage *s, uint8_t governor, uint8_t before, uint8_t now)
{
    EMIT(s, governor, "GovernorTimelockControl", "TimelockChange(address,address)", in_address(before),
         in_address(now));
}

static void an_operation__is_a_batch_done_at_once(void **state)
{
    (void)state;
    struct stage s;
    struct hash id = stage_hash(1, 1), salt = stage_hash(2, 2);
    governors_open(&s);
    block(&s, 10);
    scheduled(&s, TIMELOCK, id, 0, amount_from_u64(60));
    scheduled(&s, TIMELOCK, id, 1, amount_from_u64(60));
    EMIT(&s, TIMELOCK, "TimelockController", "CallSalt(bytes32,bytes32)", in_hash(&s, id), in_hash(&s, salt));
    block(&s, 20);
    executed(&s, TIMELOCK, id, 0);
    executed(&s, TIMELOCK, id, 1);
    stage_apply(&s, 1);
    assert_says(
        &s, operation,
        "1 60 1700000180 false false, 2 60 1700000180 false false, 2 60 1700000180 false false, 2 60 1700000180 true false");
    assert_says(&s, "SELECT count(DISTINCT salt)::text FROM timelock_operation WHERE calls = 2", "2");
    assert_says(&s, "SELECT string_agg(item || encode(data, 'hex'), ' ' ORDER BY item) FROM timelock_call",
                "000ff 100ff");
    stage_done(&s);
}

static void what_was_canceled__may_be_scheduled_anew(void **state)
{
    (void)state;
    struct stage s;
    struct hash id = stage_hash(1, 1);
    governors_open(&s);
    block(&s, 10);
    scheduled(&s, TIMELOCK, id, 0, amount_from_u64(60));
    canceled(&s, TIMELOCK, id);
    block(&s, 20);
    scheduled(&s, TIMELOCK, id, 0, amount_max);
    stage_apply(&s, 0);
    assert_says(
        &s,
        "SELECT string_agg(calls || ' ' || ready_at || ' ' || canceled, ', ' ORDER BY position) FROM timelock_operation",
        "1 1700000180 false, 1 1700000180 true, 1 9007199254740992 false");
    stage_done(&s);
}

/* ---- queued proposals --------------------------------------------------------------------------------------------- */

/* Proposal 7 of the governor, succeeded after block 20; the operation it would be. */
static struct hash succeeded(struct stage *s, uint8_t governor)
{
    governors_open(s);
    block(s, 1);
    minted(s, 1000);
    numerator(s, governor, 0, 10);
    proposed_plainly(s, governor, 7, 2, 20);
    block(s, 5);
    voted(s, governor, 7, ANN, 1, 100);
    stage_apply(s, 0);
    return operation_of(s, 7);
}

static void assert_state(struct stage *s, uint8_t governor, uint64_t number, const char *expected)
{
    const char *view = view_at(s, governor, 7, number, true);
    if (strncmp(view, expected, strlen(expected)) != 0 || view[strlen(expected)] != ' ')
        fail_msg("at %d: %s, not %s", (int)number, view, expected);
}

static void the_timelock_itself__executes_or_cancels_a_proposal(void **state)
{
    (void)state;
    for (int cancels = 0; cancels < 2; cancels++) {
        struct stage s;
        struct hash id = succeeded(&s, GOVERNOR);
        block(&s, 25);
        timelock_is(&s, GOVERNOR, 0, TIMELOCK);
        block(&s, 30);
        scheduled(&s, TIMELOCK, id, 0, amount_from_u64(60));
        queued(&s, GOVERNOR, 7, time_of(30) + 60);
        block(&s, 36);
        if (cancels)
            canceled(&s, TIMELOCK, id);
        else
            executed(&s, TIMELOCK, id, 0);
        stage_apply(&s, 1);
        assert_state(&s, GOVERNOR, 29, "succeeded");
        assert_state(&s, GOVERNOR, 30, "queued");
        assert_state(&s, GOVERNOR, 35, "queued"); /* ready, which is no state of a proposal */
        assert_state(&s, GOVERNOR, 36, cancels ? "canceled" : "executed");
        stage_done(&s);
    }
}

static void events_of_the_governor__go_before_the_timelock(void **state)
{
    (void)state;
    struct stage s;
    struct hash id = succeeded(&s, GOVERNOR);
    block(&s, 30);
    timelock_is(&s, GOVERNOR, 0, TIMELOCK);
    scheduled(&s, TIMELOCK, id, 0, amount_zero);
    queued(&s, GOVERNOR, 7, time_of(30));
    block(&s, 31);
    canceled(&s, TIMELOCK, id);
    EMIT(&s, GOVERNOR, "Governor", "ProposalCanceled(uint256)", in_number(7));
    block(&s, 32);
    EMIT(&s, GOVERNOR, "Governor", "ProposalExecuted(uint256)", in_number(7));
    stage_apply(&s, 0);
    assert_state(&s, GOVERNOR, 30, "queued");
    assert_state(&s, GOVERNOR, 31, "canceled");
    assert_state(&s, GOVERNOR, 32, "executed"); /* no honest governor does this; the order of state() decides */
    stage_done(&s);
}

static void another_timelock__does_not_know_what_was_queued_before(void **state)
{
    (void)state;
    struct stage s;
    struct hash id = succeeded(&s, GOVERNOR);
    block(&s, 30);
    timelock_is(&s, GOVERNOR, 0, TIMELOCK);
    scheduled(&s, TIMELOCK, id, 0, amount_zero);
    queued(&s, GOVERNOR, 7, time_of(30));
    block(&s, 40);
    timelock_is(&s, GOVERNOR, TIMELOCK, LATER);
    block(&s, 50);
    timelock_is(&s, GOVERNOR, LATER, TIMELOCK);
    stage_apply(&s, 1);
    assert_state(&s, GOVERNOR, 39, "queued");
    assert_state(&s, GOVERNOR, 40, "canceled");
    assert_state(&s, GOVERNOR, 50, "queued");
    stage_done(&s);
}

static void without_a_timelock__queued_stays_queued(void **state)
{
    (void)state;
    struct stage s;
    governors_open(&s);
    block(&s, 1);
    minted(&s, 1000);
    numerator(&s, TIMED, 0, 0);
    proposed_plainly(&s, TIMED, 7, (uint64_t)time_of(2), (uint64_t)time_of(20));
    voted(&s, TIMED, 7, ANN, 1, 1);
    block(&s, 30);
    queued(&s, TIMED, 7, time_of(40));
    stage_apply(&s, 0);
    assert_state(&s, TIMED, 29, "succeeded");
    assert_state(&s, TIMED, 300, "queued");
    stage_done(&s);
}

static void a_grace_period__ends_in_expired(void **state)
{
    (void)state;
    struct stage s;
    succeeded(&s, COMPOUND);
    block(&s, 30);
    queued(&s, COMPOUND, 7, time_of(40));
    stage_apply(&s, 0);
    assert_state(&s, COMPOUND, 30, "queued");
    assert_state(&s, COMPOUND, 49, "queued");
    assert_state(&s, COMPOUND, 50, "expired"); /* block.timestamp >= eta + GRACE_PERIOD */
    assert_string_equal(view_at(&s, COMPOUND, 7, 50, false), "? 2 20 0/100/0 100 block-time-unknown");
    assert_string_equal(view_at(&s, COMPOUND, 7, 51, false), "expired 2 20 0/100/0 100");
    stage_done(&s);
}

static void a_timelock_that_is_not_mirrored__leaves_the_state_of_queued_proposals_open(void **state)
{
    (void)state;
    struct stage s;
    succeeded(&s, BURIED);
    block(&s, 30);
    queued(&s, BURIED, 7, time_of(40));
    block(&s, 40);
    EMIT(&s, BURIED, "Governor", "ProposalExecuted(uint256)", in_number(7));
    stage_apply(&s, 0);
    assert_view(&s, BURIED, 7, 29, "succeeded 2 20 0/100/0 100");
    assert_view(&s, BURIED, 7, 39, "? 2 20 0/100/0 100 timelock-not-mirrored");
    assert_view(&s, BURIED, 7, 40, "executed 2 20 0/100/0 100");
    stage_done(&s);
}

static void a_timelock_mirrored_too_late__knows_nothing_of_what_was_scheduled_before(void **state)
{
    (void)state;
    struct stage s;
    succeeded(&s, GOVERNOR);
    block(&s, 25);
    timelock_is(&s, GOVERNOR, 0, TIMELOCK);
    block(&s, 30);
    queued(&s, GOVERNOR, 7, time_of(40));
    stage_apply(&s, 0);
    assert_view(&s, GOVERNOR, 7, 39, "? 2 20 0/100/0 100 timelock-not-mirrored");
    stage_done(&s);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(an_operation__is_a_batch_done_at_once),
        cmocka_unit_test(what_was_canceled__may_be_scheduled_anew),
        cmocka_unit_test(the_timelock_itself__executes_or_cancels_a_proposal),
        cmocka_unit_test(events_of_the_governor__go_before_the_timelock),
        cmocka_unit_test(another_timelock__does_not_know_what_was_queued_before),
        cmocka_unit_test(without_a_timelock__queued_stays_queued),
        cmocka_unit_test(a_grace_period__ends_in_expired),
        cmocka_unit_test(a_timelock_that_is_not_mirrored__leaves_the_state_of_queued_proposals_open),
        cmocka_unit_test(a_timelock_mirrored_too_late__knows_nothing_of_what_was_scheduled_before),
    };
    pg_start();
    governors_setup();
    int failed = cmocka_run_group_tests(tests, NULL, NULL);
    pg_stop();
    return failed;
}
