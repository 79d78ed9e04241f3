/* tests/governance/test_vote.c - what ballots add to a tally: simple, fractional, overridden, hostile; and deadlines moved by a late quorum. */
#include "governance/vote.h"
#include "tests/governance/support/governors.h"

static const char ballots[] =
    "SELECT string_agg(kind || ':' || support || ':' || weight || '=' || against_votes || '/' || for_votes || '/' || abstain_votes,"
    " ' ' ORDER BY position) FROM governor_vote";
static const char tallies[] =
    "SELECT string_agg(against_votes || '/' || for_votes || '/' || abstain_votes || ' ' || ballots || '-' || uncounted, ', '"
    " ORDER BY position) FROM proposal_tally";

static void with_params(struct stage *s, uint8_t voter, uint64_t support, uint64_t weight, struct slice params)
{
    EMIT(s, GOVERNOR, "Governor", "VoteCastWithParams(address,uint256,uint8,uint256,string,bytes)", in_address(voter),
         in_number(7), in_number(support), in_number(weight), in_text("because"), in_bytes(params.p, params.n));
}

/* abi.encodePacked(uint128, uint128, uint128) */
static struct slice parts(struct stage *s, uint64_t against, uint64_t in_favour, uint64_t abstain)
{
    uint64_t values[] = {against, in_favour, abstain};
    uint8_t *bytes = arena_take(&s->arena, 48);
    for (size_t i = 0; i < 3; i++) {
        uint8_t word[32];
        amount_to_be(amount_from_u64(values[i]), word);
        memcpy(bytes + 16 * i, word + 16, 16);
    }
    return (struct slice){bytes, 48};
}

static void open_vote(struct stage *s)
{
    governors_open(s);
    block(s, 1);
    minted(s, 1000);
    numerator(s, GOVERNOR, 0, 10);
    proposed_plainly(s, GOVERNOR, 7, 2, 20);
    block(s, 5);
}

static void simple_ballots__add_their_weight_to_one_sum(void **state)
{
    (void)state;
    struct stage s;
    open_vote(&s);
    voted(&s, GOVERNOR, 7, ANN, 0, 5);
    voted(&s, GOVERNOR, 7, BOB, 1, 6);
    block(&s, 6);
    voted(&s, GOVERNOR, 7, EVE, 2, 7);
    stage_apply(&s, 1);
    assert_says(&s, ballots, "0:0:5=5/0/0 0:1:6=0/6/0 0:2:7=0/0/7");
    assert_says(&s, tallies, "5/0/0 1-0, 5/6/0 2-0, 5/6/7 3-0");
    assert_view(&s, GOVERNOR, 7, 5, "active 2 20 5/6/0 100");
    assert_consistent(&s);
    stage_done(&s);
}

/* A governor that counts simply takes params and ignores them. */
static void params__count_where_support_is_fractional_only(void **state)
{
    (void)state;
    struct stage s;
    open_vote(&s);
    with_params(&s, ANN, 255, 60, parts(&s, 10, 20, 30));
    with_params(&s, ANN, 255, 3, parts(&s, 0, 3, 0)); /* the rest of her units */
    with_params(&s, BOB, 1, 9, parts(&s, 9, 0, 0));
    with_params(&s, EVE, 0, 4, (struct slice){(const uint8_t *)"x", 1});
    stage_apply(&s, 0);
    assert_says(&s, ballots, "0:255:60=10/20/30 0:255:3=0/3/0 0:1:9=0/9/0 0:0:4=4/0/0");
    assert_view(&s, GOVERNOR, 7, 5, "active 2 20 14/32/30 100");
    assert_consistent(&s);
    stage_done(&s);
}

static void an_override__moves_weight_from_the_delegate_that_voted(void **state)
{
    (void)state;
    struct stage s;
    open_vote(&s);
    voted(&s, GOVERNOR, 7, ANN, 0, 50);
    EMIT(&s, GOVERNOR, "GovernorCountingOverridable", "VoteReduced(address,uint256,uint8,uint256)", in_address(ANN),
         in_number(7), in_number(0), in_number(20));
    EMIT(&s, GOVERNOR, "GovernorCountingOverridable", "OverrideVoteCast(address,uint256,uint8,uint256,string)",
         in_address(BOB), in_number(7), in_number(1), in_number(20), in_text("mine"));
    stage_apply(&s, 1);
    assert_says(&s, ballots, "0:0:50=50/0/0 2:0:20=20/0/0 1:1:20=0/20/0");
    assert_says(&s, tallies, "50/0/0 1-0, 30/0/0 1-0, 30/20/0 2-0");
    assert_consistent(&s);
    stage_done(&s);
}

/* Each alone, since a governor is marked once. */
static void assert_uncounted(void (*cast)(struct stage *))
{
    struct stage s;
    open_vote(&s);
    voted(&s, GOVERNOR, 7, BOB, 1, 200);
    cast(&s);
    stage_apply(&s, 0);
    assert_view(&s, GOVERNOR, 7, 19, "? 2 20 0/200/0 100 counting-unknown");
    assert_says(&s, "SELECT uncounted::text FROM proposal_tally ORDER BY position DESC LIMIT 1", "1");
    assert_says(&s, "SELECT reason FROM inconsistency", "a ballot that no known counting explains is not in the tally");
    stage_done(&s);
}

static void unknown_support(struct stage *s)
{
    voted(s, GOVERNOR, 7, ANN, 3, 5);
}

static void wrong_sum(struct stage *s)
{
    with_params(s, ANN, 255, 61, parts(s, 10, 20, 30));
}

static void short_params(struct stage *s)
{
    struct slice p = parts(s, 10, 0, 0);
    with_params(s, ANN, 255, 10, (struct slice){p.p, 47});
}

static void too_much(struct stage *s)
{
    EMIT(s, GOVERNOR, "Governor", "VoteCast(address,uint256,uint8,uint256,string)", in_address(ANN), in_number(7),
         in_number(1), in_amount(amount_max), in_text(""));
}

static void below_zero(struct stage *s)
{
    EMIT(s, GOVERNOR, "GovernorCountingOverridable", "VoteReduced(address,uint256,uint8,uint256)", in_address(ANN),
         in_number(7), in_number(1), in_number(201));
}

static void what_no_counting_explains__is_listed_and_makes_the_state_unknown(void **state)
{
    (void)state;
    assert_uncounted(unknown_support);
    assert_uncounted(wrong_sum);
    assert_uncounted(short_params);
    assert_uncounted(too_much);
    assert_uncounted(below_zero);
}

static void reasons__are_any_bytes(void **state)
{
    (void)state;
    enum { LARGE = 100000 };
    struct stage s;
    open_vote(&s);
    uint8_t *large = arena_take(&s.arena, LARGE);
    memset(large, 0xff, LARGE);
    large[0] = 0;
    EMIT(&s, GOVERNOR, "Governor", "VoteCast(address,uint256,uint8,uint256,string)", in_address(ANN), in_number(7),
         in_number(1), in_number(5), in_bytes(large, LARGE));
    EMIT(&s, GOVERNOR, "Governor", "VoteCast(address,uint256,uint8,uint256,string)", in_address(BOB), in_number(7),
         in_number(1), in_number(5), in_bytes("a\0\xc0\xaf", 4));
    stage_apply(&s, 0);
    assert_says(
        &s,
        "SELECT octet_length(reason) || encode(substr(reason, 1, 2), 'hex') FROM governor_vote ORDER BY position LIMIT 1",
        "10000000ff");
    assert_says(&s, "SELECT encode(reason, 'hex') FROM governor_vote ORDER BY position DESC LIMIT 1", "6100c0af");
    stage_done(&s);
}

static void a_late_quorum__moves_the_deadline_from_its_block_on(void **state)
{
    (void)state;
    struct stage s;
    open_vote(&s);
    block(&s, 20);
    voted(&s, GOVERNOR, 7, ANN, 1, 100);
    EMIT(&s, GOVERNOR, "GovernorPreventLateQuorum", "ProposalExtended(uint256,uint64)", in_number(7), in_number(25));
    block(&s, 25);
    voted(&s, GOVERNOR, 7, BOB, 0, 100);
    stage_apply(&s, 1);
    assert_view(&s, GOVERNOR, 7, 19, "active 2 20 0/0/0 100");
    assert_view(&s, GOVERNOR, 7, 20, "active 2 25 0/100/0 100");
    assert_view(&s, GOVERNOR, 7, 25, "active 2 25 100/100/0 100");
    assert_view(&s, GOVERNOR, 7, 26, "defeated 2 25 100/100/0 100");
    stage_done(&s);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(simple_ballots__add_their_weight_to_one_sum),
        cmocka_unit_test(params__count_where_support_is_fractional_only),
        cmocka_unit_test(an_override__moves_weight_from_the_delegate_that_voted),
        cmocka_unit_test(what_no_counting_explains__is_listed_and_makes_the_state_unknown),
        cmocka_unit_test(reasons__are_any_bytes),
        cmocka_unit_test(a_late_quorum__moves_the_deadline_from_its_block_on),
    };
    pg_start();
    governors_setup();
    int failed = cmocka_run_group_tests(tests, NULL, NULL);
    pg_stop();
    return failed;
}
