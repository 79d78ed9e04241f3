/* tests/governance/test_proposal.c - the state machine of proposals as a table, ids, clocks, settings of the past, hostile proposals. */
#include "governance/handlers.h"
#include "tests/governance/support/governors.h"

/* ---- the state machine -------------------------------------------------------------------------------------------- */

/* Facts of a row: '*' any; executed, canceled, super quorum, quorum, success: 1, 0 or ? (unknown); when: p before or at the snapshot,
 * a until the deadline, e after it, ? unknown; queued: 1 or 0; the timelock: d direct, p pending, x done, u unset, g grace over, ? unknown. */
static const struct {
    const char facts[9];
    const char *state, *rule;
} machine[] = {
    {"1*******", "executed", "ProposalExecuted"},
    {"01******", "canceled", "ProposalCanceled"},
    {"00p*****", "pending", "the snapshot is not past"},
    {"00a0****", "active", "the deadline is not past"},
    {"00a**0**", "active", "super quorum counts only with success"},
    {"00e*0***", "defeated", "too few took part"},
    {"00e**0**", "defeated", "not more for than against"},
    {"00a?*1**", "?", "super quorum is not known"},
    {"00a**?**", "?", "success is not known"},
    {"00e*?***", "?", "quorum is not known"},
    {"00e**?**", "?", "success is not known"},
    {"00?*****", "?", "the time of the block is not known"},
    {"00****0*", "succeeded", "not queued"},
    {"00****1d", "queued", "no timelock says otherwise"},
    {"00****1p", "queued", "the timelock has not executed it"},
    {"00****1x", "executed", "executed by the timelock itself"},
    {"00****1u", "canceled", "canceled in the timelock itself"},
    {"00****1g", "expired", "the timelock's grace period is over"},
    {"00****1?", "?", "the timelock is not mirrored"},
};
enum { RULES = sizeof machine / sizeof *machine, FACTS = 8 };
static const char *const choices[FACTS] = {"10", "10", "pae?", "10?", "10?", "10?", "10", "dpxug?"};

static bool matches(const char *pattern, const char *facts)
{
    for (size_t i = 0; i < FACTS; i++)
        if (pattern[i] != '*' && pattern[i] != facts[i])
            return false;
    return true;
}

static size_t rule_of(const char *facts)
{
    for (size_t i = 0; i < RULES; i++)
        if (matches(machine[i].facts, facts))
            return i;
    fail_msg("no rule for %s", facts);
    return 0;
}

/* All combinations of facts, in one statement: the facts and the state that SQL gives them. */
static const char all_states[] =
    "SELECT f.e || f.c || f.w || f.s || f.q || f.v || f.z || f.o,"
    " coalesce(api_v1.proposal_state(f.e = '1', f.c = '1', 10, 20, CASE f.w WHEN 'p' THEN 10 WHEN 'a' THEN 20 WHEN 'e' THEN 21 END,"
    " CASE f.s WHEN '?' THEN NULL ELSE f.s = '1' END, CASE f.q WHEN '?' THEN NULL ELSE f.q = '1' END,"
    " CASE f.v WHEN '?' THEN NULL ELSE f.v = '1' END, CASE f.z WHEN '1' THEN 99 ELSE 0 END,"
    " CASE f.o WHEN 'd' THEN 'direct' WHEN 'p' THEN 'pending' WHEN 'x' THEN 'done' WHEN 'u' THEN 'unset' WHEN 'g' THEN 'expired' END), '?')"
    " FROM (SELECT * FROM unnest($1::text[]) e, unnest($2::text[]) c, unnest($3::text[]) w, unnest($4::text[]) s,"
    "  unnest($5::text[]) q, unnest($6::text[]) v, unnest($7::text[]) z, unnest($8::text[]) o) f";

static void every_combination_of_facts__has_the_state_of_its_rule(void **state)
{
    (void)state;
    struct stage s;
    struct param in[FACTS];
    bool seen[RULES] = {false};
    governors_open(&s);
    for (size_t i = 0; i < FACTS; i++) {
        AUTO_BUFFER list = {0};
        for (const char *c = choices[i]; *c != '\0'; c++)
            buffer_printf(&list, "%c\"%c\"", c == choices[i] ? '{' : ',', *c);
        buffer_printf(&list, "}");
        in[i] = (struct param){T_TEXT, arena_text(&s.arena, (const char *)list.p, list.n)};
    }
    AUTO_ROWS rows = NULL;
    assert_int_equal(db_query(s.db, all_states, in, FACTS, &rows), OK);
    assert_int_equal(rows_count(rows), 2 * 2 * 4 * 3 * 3 * 3 * 2 * 6);
    for (size_t i = 0; i < rows_count(rows); i++) {
        size_t rule = rule_of(rows_text(rows, i, 0));
        seen[rule] = true;
        if (strcmp(machine[rule].state, rows_text(rows, i, 1)) != 0)
            fail_msg("%s is %s, not %s (%s)", rows_text(rows, i, 0), rows_text(rows, i, 1), machine[rule].state,
                     machine[rule].rule);
    }
    for (size_t i = 0; i < RULES; i++) {
        assert_true(seen[i]);
        print_message("%s  %-9s  %s\n", machine[i].facts, machine[i].state, machine[i].rule);
    }
    stage_done(&s);
}

/* ---- ids ---------------------------------------------------------------------------------------------------------- */

static struct hash hash_of(const char *text)
{
    struct hash h;
    assert_int_equal(hash_parse(text, HASH_TEXT, &h), OK);
    return h;
}

/* The figures are those of another implementation of the ABI. */
static void ids__are_those_of_the_contracts(void **state)
{
    (void)state;
    static const char description[] = "# Pay\nthe gardener";
    uint8_t large[32] = {[6] = 1}, input[33]; /* 2^200 */
    memset(input, 0xab, sizeof input);
    struct address strange;
    memset(strange.b, 0x11, sizeof strange.b);
    struct abi_value targets[] = {in_address(TOKEN), {.kind = ABI_ADDRESS, .address = strange}};
    struct abi_value values[] = {in_number(1), in_amount(amount_from_be(large))};
    struct abi_value calldatas[] = {in_bytes("", 0), in_bytes(input, sizeof input)};
    struct abi_value t = {.items = targets, .n_items = 2}, v = {.items = values, .n_items = 2},
                     c = {.items = calldatas, .n_items = 2};
    struct proposal_content content = {&t, &v, &c, keccak_bytes(description, sizeof description - 1)};
    struct hash id = proposal_hash(&content);
    struct address governor = address_of(GOVERNOR);
    assert_true(hash_equal(id, hash_of("0x598a0a5c0076c3689f30718eb80a4ccb67b53af1910bb1ccd272592a68d6c9a5")));
    assert_true(hash_equal(proposal_operation(&content, governor),
                           hash_of("0xa1b824df3abd0e97f30c59f14b6f81c08f5bd0f36e5407905fb8c627ee24022d")));
    assert_true(hash_equal(proposal_canonical_id(1, governor, amount_from_be(id.b), id),
                           hash_of("0xdb5367a95ab866278e41da44e0cbaf54624967707312c69cf0b7c329f3f7bb91")));
}

/* ---- clocks and settings ------------------------------------------------------------------------------------------ */

static void on_blocks__the_snapshot_and_the_deadline_are_the_last_of_their_phase(void **state)
{
    (void)state;
    struct stage s;
    governors_open(&s);
    block(&s, 1);
    minted(&s, 1000);
    numerator(&s, GOVERNOR, 0, 4);
    block(&s, 10);
    proposed_plainly(&s, GOVERNOR, 7, 12, 20);
    block(&s, 12);
    minted(&s, 500); /* in the snapshot's block: counts */
    numerator(&s, GOVERNOR, 4, 10);
    block(&s, 13);
    minted(&s, 500);
    numerator(&s, GOVERNOR, 10, 50);
    block(&s, 20);
    voted(&s, GOVERNOR, 7, ANN, 1, 150); /* in the deadline's block: counts */
    stage_apply(&s, 1);
    assert_view(&s, GOVERNOR, 7, 9, "none");
    assert_view(&s, GOVERNOR, 7, 10, "pending 12 20 0/0/0 ?");
    assert_view(&s, GOVERNOR, 7, 12, "pending 12 20 0/0/0 ?");
    assert_view(&s, GOVERNOR, 7, 13, "active 12 20 0/0/0 150");
    assert_view(&s, GOVERNOR, 7, 19, "active 12 20 0/0/0 150");
    assert_view(&s, GOVERNOR, 7, 20, "active 12 20 0/150/0 150");
    assert_view(&s, GOVERNOR, 7, 21, "succeeded 12 20 0/150/0 150");
    assert_consistent(&s);
    stage_done(&s);
}

static void on_seconds__they_are_times_and_supply_is_of_the_last_block_at_or_before(void **state)
{
    (void)state;
    struct stage s;
    uint64_t start = (uint64_t)time_of(12) + 11, end = (uint64_t)time_of(20);
    const char *active = "active 1700000155 1700000240 0/0/0 150";
    governors_open(&s);
    block(&s, 1);
    minted(&s, 1000);
    numerator(&s, TIMED, 0, 10);
    block(&s, 10);
    proposed_plainly(&s, TIMED, 7, start, end);
    block(&s, 12);
    minted(&s, 500);
    block(&s, 13);
    minted(&s, 500);
    block(&s, 20);
    voted(&s, TIMED, 7, ANN, 2, 149);
    stage_apply(&s, 0);
    assert_view(&s, TIMED, 7, 12, "pending 1700000155 1700000240 0/0/0 ?");
    assert_view(&s, TIMED, 7, 13, active);
    assert_string_equal(view_at(&s, TIMED, 7, 15, false), active); /* between 14 and 16, both active */
    assert_view(&s, TIMED, 7, 20, "active 1700000155 1700000240 0/0/149 150");
    assert_view(&s, TIMED, 7, 21, "defeated 1700000155 1700000240 0/0/149 150");
    assert_string_equal(view_at(&s, TIMED, 7, 12, false), "? 1700000155 1700000240 0/0/0 ? block-time-unknown");
    assert_string_equal(view_at(&s, TIMED, 7, 21, false), "? 1700000155 1700000240 0/0/149 150 block-time-unknown");
    assert_string_equal(view_at(&s, TIMED, 7, 22, false), "defeated 1700000155 1700000240 0/0/149 150");
    stage_done(&s);
}

static void a_numerator_that_was_set_before_the_mirror_began__is_told_by_the_next_change(void **state)
{
    (void)state;
    struct stage s;
    governors_open(&s);
    block(&s, 1);
    minted(&s, 1000);
    proposed_plainly(&s, GOVERNOR, 7, 2, 20);
    block(&s, 5);
    voted(&s, GOVERNOR, 7, ANN, 1, 40);
    voted(&s, GOVERNOR, 7, BOB, 2, 1);
    block(&s, 30);
    numerator(&s, GOVERNOR, 4, 50);
    stage_apply(&s, 0);
    assert_view(&s, GOVERNOR, 7, 20, "active 2 20 0/40/1 ?");
    assert_view(&s, GOVERNOR, 7, 21, "? 2 20 0/40/1 ? quorum-unknown");
    assert_view(&s, GOVERNOR, 7, 30, "succeeded 2 20 0/40/1 40");
    stage_done(&s);
}

static void a_super_quorum__decides_before_the_deadline(void **state)
{
    (void)state;
    struct stage s;
    governors_open(&s);
    block(&s, 1);
    minted(&s, 1000);
    numerator(&s, TIMED, 0, 4);
    EMIT(&s, TIMED, "GovernorVotesSuperQuorumFraction", "SuperQuorumNumeratorUpdated(uint256,uint256)", in_number(0),
         in_number(60));
    proposed_plainly(&s, TIMED, 7, (uint64_t)time_of(2), (uint64_t)time_of(20));
    block(&s, 5);
    voted(&s, TIMED, 7, ANN, 1, 599);
    block(&s, 6);
    voted(&s, TIMED, 7, BOB, 1, 1);
    stage_apply(&s, 0);
    assert_view(&s, TIMED, 7, 5, "active 1700000024 1700000240 0/599/0 40");
    assert_view(&s, TIMED, 7, 6, "succeeded 1700000024 1700000240 0/600/0 40");
    stage_done(&s);
}

/* ---- hostile ------------------------------------------------------------------------------------------------------ */

static void any_bytes__are_a_description(void **state)
{
    (void)state;
    enum { LARGE = 100000 };
    struct stage s;
    governors_open(&s);
    uint8_t *large = arena_take(&s.arena, LARGE);
    for (size_t i = 0; i < LARGE; i++)
        large[i] = (uint8_t)(i * 7);
    block(&s, 1);
    proposed(&s, GOVERNOR, 1, 2, 3, (struct slice){(const uint8_t *)"\0\xff\xed\xa0\x80", 5});
    proposed(&s, GOVERNOR, 2, 2, 3, (struct slice){large, LARGE});
    proposed(&s, GOVERNOR, 3, 2, 3, (struct slice){(const uint8_t *)"", 0});
    stage_apply(&s, 0);
    assert_says(&s, "SELECT string_agg(encode(description, 'hex'), ' ') FROM proposal WHERE number IN (1, 3)",
                "00ffeda080 ");
    struct slice all = {large, LARGE};
    AUTO_ROWS rows = NULL;
    assert_int_equal(db_query(s.db, "SELECT description = $1 FROM proposal WHERE number = 2", WITH(IN(&all)), &rows),
                     OK);
    assert_true(rows_bool(rows, 0, 0));
    assert_says(&s,
                "SELECT string_agg(encode(signature, 'escape') || octet_length(calldata), ' ' ORDER BY item)"
                " FROM proposal_action WHERE proposal_id = (SELECT proposal_id FROM proposal WHERE number = 3)",
                "0 f(\\000\\377)33");
    assert_consistent(&s);
    stage_done(&s);
}

static void what_no_governor_can_hold__is_not_booked_and_marks_it(void **state)
{
    (void)state;
    struct stage s;
    struct abi_value none = {.kind = ABI_ARRAY}, one[] = {in_number(1)};
    governors_open(&s);
    block(&s, 1);
    proposed_plainly(&s, GOVERNOR, 1, 2, (uint64_t)1 << 53);
    EMIT(&s, GOVERNOR, "Governor",
         "ProposalCreated(uint256,address,address[],uint256[],string[],bytes[],uint256,uint256,string)", in_number(2),
         in_address(BOB), none, in_list(&s, ABI_ARRAY, one, 1), none, none, in_number(2), in_number(3), in_text(""));
    EMIT(&s, GOVERNOR, "Governor", "ProposalQueued(uint256,uint256)", in_number(3), in_amount(amount_max));
    EMIT(&s, GOVERNOR, "GovernorPreventLateQuorum", "ProposalExtended(uint256,uint64)", in_number(4),
         in_number(UINT64_MAX));
    proposed_plainly(&s, GOVERNOR, 5, 2, ((uint64_t)1 << 53) - 1);
    stage_apply(&s, 0);
    assert_says(&s, "SELECT string_agg(number::text, ' ') FROM proposal", "5");
    assert_says(&s, "SELECT count(*)::text FROM proposal_step", "0");
    assert_says(&s, "SELECT reason FROM inconsistency", /* the first of them; once a contract */
                "a proposal that no Governor can hold was not booked");
    assert_view(&s, GOVERNOR, 5, 300, "active 2 9007199254740991 0/0/0 ?");
    stage_done(&s);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_combination_of_facts__has_the_state_of_its_rule),
        cmocka_unit_test(ids__are_those_of_the_contracts),
        cmocka_unit_test(on_blocks__the_snapshot_and_the_deadline_are_the_last_of_their_phase),
        cmocka_unit_test(on_seconds__they_are_times_and_supply_is_of_the_last_block_at_or_before),
        cmocka_unit_test(a_numerator_that_was_set_before_the_mirror_began__is_told_by_the_next_change),
        cmocka_unit_test(a_super_quorum__decides_before_the_deadline),
        cmocka_unit_test(any_bytes__are_a_description),
        cmocka_unit_test(what_no_governor_can_hold__is_not_booked_and_marks_it),
    };
    pg_start();
    governors_setup();
    int failed = cmocka_run_group_tests(tests, NULL, NULL);
    pg_stop();
    return failed;
}
