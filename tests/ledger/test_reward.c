/* tests/ledger/test_reward.c - submissions, splits, roots and claims, as RewardsCoordinator says them: what is booked, and what is not. */
#include "ledger/reward.h"

#include "tests/ledger/support/stage.h"

enum {
    COORDINATOR = 0xc0,
    SECOND = 0xc1,
    AVS = 0x21,
    ALICE = 1,
    BOB = 2,
    CAROL = 3,
    OPERATOR = 0x11,
    ALIEN_TOKEN = 0x7f
};

static const char network_file[] =
    "{\"name\":\"rewards\",\"chain_id\":1,\"start_block\":0,\"contracts\":["
    "{\"kind\":\"eigenlayer.rewards_coordinator\",\"address\":\"0xc0000000000000000000000000000000000000c0\"},"
    "{\"kind\":\"eigenlayer.rewards_coordinator\",\"address\":\"0xc1000000000000000000000000000000000000c1\"}]}";

static void open_stage(struct stage *s)
{
    stage_open_network(s, network_file);
    tx_in(s, 1);
}

/* ---- what happens ------------------------------------------------------------------------------------------------- */

#define SAY(s, from, signature, ...) EMIT((s), (from), "RewardsCoordinator", signature, __VA_ARGS__)
#define PAIRS(s, ...) \
    pairs((s), (struct listed[]){__VA_ARGS__}, sizeof((struct listed[]){__VA_ARGS__}) / sizeof(struct listed))

struct listed {
    uint8_t who;
    struct amount amount;
};

static struct abi_value pairs(struct stage *s, const struct listed *listed, size_t n)
{
    struct abi_value items[4];
    assert_true(n <= sizeof items / sizeof *items);
    for (size_t i = 0; i < n; i++) {
        struct abi_value pair[] = {in_address(listed[i].who), in_amount(listed[i].amount)};
        items[i] = in_list(s, ABI_TUPLE, pair, 2);
    }
    return in_list(s, ABI_ARRAY, items, n);
}

static struct amount n(uint64_t v)
{
    return amount_from_u64(v);
}

/* `hash`: which submission it is. */
static void submit(struct stage *s, uint8_t from, uint8_t hash, uint8_t token, struct amount amount, uint64_t start,
                   uint64_t duration)
{
    struct abi_value body[] = {PAIRS(s, {PLAIN, n(7)}), in_address(token), in_amount(amount), in_number(start),
                               in_number(duration)};
    SAY(s, from,
        "AVSRewardsSubmissionCreated(address,uint256,bytes32,((address,uint96)[],address,uint256,uint32,uint32))",
        in_address(AVS), in_number(4), in_hash(s, stage_hash(hash, 0)), in_list(s, ABI_TUPLE, body, 5));
}

static void direct(struct stage *s, uint8_t hash, uint8_t token, struct abi_value operators)
{
    struct abi_value body[] = {PAIRS(s, {PLAIN, n(7)}, {OTHER, n(8)}),
                               in_address(token),
                               operators,
                               in_number(86400),
                               in_number(86400),
                               {.kind = ABI_STRING, .bytes = {(const uint8_t *)"late", 4}}};
    SAY(s, COORDINATOR,
        "OperatorDirectedAVSRewardsSubmissionCreated(address,address,bytes32,uint256,((address,uint96)[],address,"
        "(address,uint256)[],uint32,uint32,string))",
        in_address(ALICE), in_address(AVS), in_hash(s, stage_hash(hash, 0)), in_number(4),
        in_list(s, ABI_TUPLE, body, 6));
}

static void split(struct stage *s, uint8_t from, uint8_t operator, uint8_t avs, uint64_t was, uint64_t bips)
{
    SAY(s, from, "OperatorAVSSplitBipsSet(address,address,address,uint32,uint16,uint16)", in_address(operator),
        in_address(operator), in_address(avs), in_number(1000), in_number(was), in_number(bips));
}

static void split_in_set(struct stage *s, uint8_t operator, uint64_t set, uint64_t bips)
{
    struct abi_value operator_set[] = {in_address(AVS), in_number(set)};
    SAY(s, COORDINATOR, "OperatorSetSplitBipsSet(address,address,(address,uint32),uint32,uint16,uint16)",
        in_address(operator), in_address(operator), in_list(s, ABI_TUPLE, operator_set, 2), in_number(1000),
        in_number(1000), in_number(bips));
}

static void claim(struct stage *s, uint8_t from, uint8_t earner, uint8_t token, struct amount amount)
{
    SAY(s, from, "RewardsClaimed(bytes32,address,address,address,address,uint256)", in_hash(s, stage_hash(9, 9)),
        in_address(earner), in_address(BOB), in_address(CAROL), in_address(token), in_amount(amount));
}

static void root(struct stage *s, uint8_t from, uint64_t index)
{
    SAY(s, from, "DistributionRootSubmitted(uint32,bytes32,uint32,uint32)", in_number(index),
        in_hash(s, stage_hash(index, 1)), in_number(86400), in_number(90000));
}

static void disable(struct stage *s, uint8_t from, uint64_t index)
{
    SAY(s, from, "DistributionRootDisabled(uint32)", in_number(index));
}

/* ---- what is asked ------------------------------------------------------------------------------------------------ */

static void assert_marked(struct stage *s, const char *expected)
{
    assert_says(s,
                "SELECT string_agg(substr(contract::text, 3, 2) || ' ' || (position >> 32) || ' ' || reason, '; '"
                "                  ORDER BY position) FROM inconsistency",
                expected);
}

static void assert_pending(struct stage *s, uint8_t token, uint8_t who, uint64_t amount)
{
    assert_held(s, BOOK_REWARD_PENDING, token, who, amount);
    assert_held(s, BOOK_REWARD_SUBMITTED, token, 0, amount);
}

#define AMOUNTS "SELECT coalesce(string_agg(amount::text, ' ' ORDER BY position), 'none') FROM reward_submission"

/* ---- submissions -------------------------------------------------------------------------------------------------- */

static void a_submission__waits_for_its_days_in_the_submitters_name(void **state)
{
    (void)state;
    struct stage s;
    open_stage(&s);
    submit(&s, COORDINATOR, 1, TOKEN, n(100), 0, 86400);
    submit(&s, SECOND, 2, TOKEN, n(20), 0, 86400);
    direct(&s, 3, TOKEN, PAIRS(&s, {OPERATOR, n(5)}, {BOB, n(6)}));
    stage_apply(&s, 0);
    assert_held(&s, BOOK_REWARD_PENDING, TOKEN, AVS, 120);
    assert_held(&s, BOOK_REWARD_PENDING, TOKEN, ALICE, 11); /* who called, not for whom */
    assert_held(&s, BOOK_REWARD_SUBMITTED, TOKEN, 0, 131);
    assert_says(
        &s,
        "SELECT string_agg(concat_ws(' ', a.book, substr(a.second::text, 3, 4), length(a.second), e.delta), '; '"
        "                  ORDER BY e.position) FROM entry e JOIN account a ON a.id = e.account"
        " WHERE a.book = 67",
        "67 c000 20 100; 67 c100 20 20; 67 c000 20 11");
    assert_says(&s,
                "SELECT count(*)::text FROM account a JOIN reward_submission s ON s.submission = a.second"
                "   AND s.submitter = a.owner AND s.token = a.asset WHERE a.book = 60",
                "3");
    assert_says(&s, "SELECT encode(description, 'escape') FROM reward_submission WHERE kind = 4", "late");
    assert_says(&s, "SELECT count(*)::text FROM reward_strategy WHERE item IN (0, 1)", "4");
    assert_consistent(&s);
    stage_done(&s);
}

static void a_hash_seen_before__is_not_booked_again(void **state)
{
    (void)state;
    struct stage s;
    open_stage(&s);
    submit(&s, COORDINATOR, 1, TOKEN, n(100), 0, 86400);
    submit(&s, COORDINATOR, 2, TOKEN, n(1), 0, 86400);
    submit(&s, COORDINATOR, 1, TOKEN, n(100), 0, 86400); /* in the same batch */
    tx_in(&s, 2);
    direct(&s, 1, TOKEN, PAIRS(&s, {OPERATOR, n(5)})); /* in a later one, of another kind */
    tx_in(&s, 3);
    submit(&s, SECOND, 2, TOKEN, n(7), 0, 86400); /* by another contract */
    stage_apply(&s, 1);
    assert_says(&s, AMOUNTS, "100 1");
    assert_pending(&s, TOKEN, AVS, 101);
    assert_says(&s, "SELECT count(*)::text FROM reward_strategy", "2");
    assert_says(&s, "SELECT count(*)::text FROM reward_operator", "0");
    assert_marked(&s, "c0 1 a second submission of one hash was not booked;"
                      " c0 2 a second submission of one hash was not booked;"
                      " c1 3 a second submission of one hash was not booked");
    stage_done(&s);
}

static void a_sum_beyond_256_bits__is_not_booked(void **state)
{
    (void)state;
    struct stage s;
    open_stage(&s);
    direct(&s, 1, TOKEN, PAIRS(&s, {OPERATOR, amount_max}, {BOB, n(1)}));
    tx_in(&s, 2);
    direct(&s, 2, TOKEN, PAIRS(&s, {OPERATOR, amount_max}, {BOB, n(0)})); /* just fits */
    stage_apply(&s, 1);
    assert_says(&s, "SELECT count(*)::text FROM reward_submission", "1");
    assert_says(&s, "SELECT count(*)::text FROM reward_operator", "2");
    assert_int_equal(amount_compare(stage_held(&s, BOOK_REWARD_PENDING, TOKEN, ALICE), amount_max), 0);
    assert_marked(&s, "c0 1 a movement that 256 bits cannot hold was not booked");
    stage_done(&s);
}

static void all_of_a_token__is_held_by_256_bits_in_each_contract(void **state)
{
    (void)state;
    struct stage s;
    open_stage(&s);
    submit(&s, COORDINATOR, 1, TOKEN, amount_max, 0, 86400);
    submit(&s, SECOND, 2, TOKEN, amount_max, 0, 86400);
    submit(&s, COORDINATOR, 3, ALIEN_TOKEN, amount_max, 0, 86400);
    tx_in(&s, 2);
    submit(&s, COORDINATOR, 4, TOKEN, n(1), 0, 86400);
    stage_apply(&s, 0);
    assert_says(&s, "SELECT count(*)::text FROM reward_submission", "3");
    assert_marked(&s, "c0 2 a movement that 256 bits cannot hold was not booked");
    stage_done(&s);
}

static void odd_times__are_booked_as_they_are(void **state)
{
    (void)state;
    struct stage s;
    open_stage(&s);
    submit(&s, COORDINATOR, 1, TOKEN, n(1), 86400, 0);                       /* no time at all */
    submit(&s, COORDINATOR, 2, TOKEN, n(2), 0, UINT64_C(100) * 365 * 86400); /* a century */
    submit(&s, COORDINATOR, 3, TOKEN, n(3), UINT32_MAX, UINT32_MAX);         /* the end leaves 32 bits */
    stage_apply(&s, 0);
    assert_says(&s,
                "SELECT string_agg(amount || ' ' || start_time || ' ' || duration || ' ' || start_time + duration, '; '"
                "                  ORDER BY position) FROM reward_submission",
                "1 86400 0 86400; 2 0 3153600000 3153600000; 3 4294967295 4294967295 8589934590");
    assert_pending(&s, TOKEN, AVS, 6);
    assert_consistent(&s);
    stage_done(&s);
}

static void an_operator_listed_twice__has_both_rows(void **state)
{
    (void)state;
    struct stage s;
    open_stage(&s);
    direct(&s, 1, TOKEN, PAIRS(&s, {OPERATOR, n(5)}, {BOB, n(6)}, {OPERATOR, n(7)}));
    stage_apply(&s, 0);
    assert_says(&s, AMOUNTS, "18");
    assert_says(&s,
                "SELECT string_agg(item || ' ' || substr(operator::text, 3, 2) || ' ' || amount, '; ' ORDER BY item)"
                "  FROM reward_operator",
                "0 11 5; 1 02 6; 2 11 7");
    assert_pending(&s, TOKEN, ALICE, 18);
    assert_consistent(&s);
    stage_done(&s);
}

static void a_token_that_is_not_mirrored__has_books_of_its_own(void **state)
{
    (void)state;
    struct stage s;
    open_stage(&s);
    submit(&s, COORDINATOR, 1, ALIEN_TOKEN, n(3), 0, 86400);
    submit(&s, COORDINATOR, 2, TOKEN, n(4), 0, 86400);
    stage_apply(&s, 0);
    assert_pending(&s, ALIEN_TOKEN, AVS, 3);
    assert_pending(&s, TOKEN, AVS, 4);
    assert_consistent(&s);
    stage_done(&s);
}

static void nothing__books_rows_alone(void **state)
{
    (void)state;
    struct stage s;
    open_stage(&s);
    submit(&s, COORDINATOR, 1, TOKEN, n(0), 0, 86400);
    direct(&s, 2, TOKEN, pairs(&s, NULL, 0));
    claim(&s, COORDINATOR, ALICE, TOKEN, n(0));
    stage_apply(&s, 0);
    assert_says(&s, AMOUNTS, "0 0");
    assert_says(&s, "SELECT amount::text FROM reward_claim", "0");
    assert_says(&s, "SELECT count(*)::text FROM account", "0");
    assert_consistent(&s);
    stage_done(&s);
}

/* ---- splits ------------------------------------------------------------------------------------------------------- */

static void the_first_split__of_each_key_is_told(void **state)
{
    (void)state;
    struct stage s;
    open_stage(&s);
    split(&s, COORDINATOR, OPERATOR, AVS, 1000, 10000);
    split(&s, COORDINATOR, OPERATOR, AVS, 10000, 1);
    split(&s, COORDINATOR, OPERATOR, ALICE, 1000, 2);
    split(&s, COORDINATOR, BOB, AVS, 1000, 3);
    split_in_set(&s, OPERATOR, 0, 4);
    tx_in(&s, 2);
    split(&s, COORDINATOR, OPERATOR, AVS, 1, 5);
    split(&s, SECOND, OPERATOR, AVS, 1000, 6);
    split_in_set(&s, OPERATOR, 1, 7);
    split_in_set(&s, OPERATOR, 0, 8);
    stage_apply(&s, 1);
    assert_says(&s, "SELECT string_agg(new_bips || ' ' || first, '; ' ORDER BY position) FROM reward_split",
                "10000 true; 1 false; 2 true; 3 true; 4 true; 5 false; 6 true; 7 true; 8 false");
    assert_consistent(&s);
    stage_done(&s);
}

static void a_split_over_10000_bips__is_kept_and_marks_the_contract(void **state)
{
    (void)state;
    struct stage s;
    open_stage(&s);
    split(&s, COORDINATOR, OPERATOR, AVS, 1000, 10001);
    tx_in(&s, 2);
    split(&s, COORDINATOR, OPERATOR, AVS, 10001, 10000); /* what was is marked already */
    tx_in(&s, 3);
    SAY(&s, SECOND, "DefaultOperatorSplitBipsSet(uint16,uint16)", in_number(1000), in_number(65535));
    SAY(&s, COORDINATOR, "ActivationDelaySet(uint32,uint32)", in_number(0), in_number(604800));
    stage_apply(&s, 0);
    assert_says(&s, "SELECT string_agg(old_bips || ' ' || new_bips, '; ' ORDER BY position) FROM reward_split",
                "1000 10001; 10001 10000");
    assert_says(&s, "SELECT string_agg(number::text, ' ' ORDER BY setting) FROM reward_setting", "604800 65535");
    assert_marked(&s,
                  "c0 1 a split above 10,000 bips counts as 10,000; c1 3 a split above 10,000 bips counts as 10,000");
    stage_done(&s);
}

/* ---- roots and claims --------------------------------------------------------------------------------------------- */

static void a_disabled_root__keeps_what_it_was(void **state)
{
    (void)state;
    struct stage s;
    open_stage(&s);
    root(&s, COORDINATOR, 0);
    root(&s, SECOND, 0);
    tx_in(&s, 2);
    disable(&s, COORDINATOR, 0);
    stage_apply(&s, 1);
    assert_says(
        &s,
        "SELECT string_agg(concat_ws(' ', substr(distributor::text, 3, 2), end_time, activated_at, disabled), '; '"
        "                  ORDER BY position) FROM reward_root",
        "c0 86400 90000 f; c1 86400 90000 f; c0 86400 90000 t");
    assert_says(&s, "SELECT count(DISTINCT root)::text FROM reward_root", "1");
    assert_consistent(&s);
    stage_done(&s);
}

static void an_unknown_root__cannot_be_disabled(void **state)
{
    (void)state;
    struct stage s;
    open_stage(&s);
    root(&s, SECOND, 1);
    root(&s, COORDINATOR, 0);
    tx_in(&s, 2);
    disable(&s, COORDINATOR, 1);
    stage_apply(&s, 0);
    assert_says(&s, "SELECT count(*)::text FROM reward_root WHERE NOT disabled", "2");
    assert_says(&s, "SELECT count(*)::text FROM reward_root", "2");
    assert_marked(&s, "c0 2 a root was disabled that was never submitted");
    stage_done(&s);
}

static void a_claim__settles_for_its_earner(void **state)
{
    (void)state;
    struct stage s;
    open_stage(&s);
    claim(&s, COORDINATOR, ALICE, TOKEN, n(5));
    claim(&s, COORDINATOR, ALICE, TOKEN, n(6));
    claim(&s, SECOND, ALICE, TOKEN, n(7));
    claim(&s, COORDINATOR, ALICE, ALIEN_TOKEN, n(8));
    stage_apply(&s, 0);
    assert_held(&s, BOOK_REWARD_CLAIMED, TOKEN, ALICE, 18);
    assert_held(&s, BOOK_REWARD_SETTLED, TOKEN, ALICE, 18);
    assert_held(&s, BOOK_REWARD_CLAIMED, ALIEN_TOKEN, ALICE, 8);
    assert_held(&s, BOOK_REWARD_CLAIMED, TOKEN, BOB, 0);
    assert_held(&s, BOOK_REWARD_CLAIMED, TOKEN, CAROL, 0);
    assert_says(&s,
                "SELECT string_agg(e.balance::text, ' ' ORDER BY e.position) FROM entry e"
                "  JOIN account a ON a.id = e.account WHERE a.book = 63",
                "5 11 7 8");
    assert_says(&s, "SELECT count(*)::text FROM reward_claim", "4");
    assert_consistent(&s);
    stage_done(&s);
}

static void claims_beyond_256_bits__are_not_booked(void **state)
{
    (void)state;
    struct stage s;
    open_stage(&s);
    claim(&s, COORDINATOR, ALICE, TOKEN, amount_max);
    tx_in(&s, 2);
    claim(&s, COORDINATOR, ALICE, TOKEN, n(1));
    stage_apply(&s, 0);
    assert_says(&s, "SELECT count(*)::text FROM reward_claim", "1");
    assert_marked(&s, "c0 2 a movement that 256 bits cannot hold was not booked");
    stage_done(&s);
}

/* ---- however it is cut --------------------------------------------------------------------------------------------- */

static struct hash root_after(size_t per_batch)
{
    struct stage s;
    open_stage(&s);
    for (uint8_t i = 1; i <= 6; i++) {
        tx_in(&s, i);
        submit(&s, COORDINATOR, i % 4, TOKEN, n(i), 0, 86400);
        split(&s, COORDINATOR, OPERATOR, AVS + i % 2, 1000, 9998 + i);
        root(&s, COORDINATOR, i);
        disable(&s, COORDINATOR, i - i % 3);
        claim(&s, SECOND, ALICE, TOKEN, i < 4 ? n(i) : amount_max);
    }
    stage_apply(&s, per_batch);
    struct hash hash = s.books.root;
    stage_done(&s);
    return hash;
}

static void batches__change_nothing(void **state)
{
    (void)state;
    struct hash whole = root_after(0);
    assert_true(hash_equal(whole, root_after(1)));
    assert_true(hash_equal(whole, root_after(4)));
}

/* ---- names -------------------------------------------------------------------------------------------------------- */

static void the_account_of_a_pool__is_named_by_submission_day_and_role(void **state)
{
    (void)state;
    struct hash h = stage_hash(1, 2);
    uint8_t second[37];
    memcpy(second, h.b, 32);
    memcpy(second + 32, "\x00\x01\x02\xf3\x04", 5);
    struct account_key key = reward_key_pool(address_of(TOKEN), address_of(OPERATOR), h, 0x102f3, REWARD_ROLE_TREASURY);
    assert_int_equal(key.book, BOOK_REWARD_POOL);
    assert_int_equal(key.second_n, sizeof second);
    assert_memory_equal(key.second, second, sizeof second);
    assert_true(address_equal(key.owner, address_of(OPERATOR)));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_submission__waits_for_its_days_in_the_submitters_name),
        cmocka_unit_test(a_hash_seen_before__is_not_booked_again),
        cmocka_unit_test(a_sum_beyond_256_bits__is_not_booked),
        cmocka_unit_test(all_of_a_token__is_held_by_256_bits_in_each_contract),
        cmocka_unit_test(odd_times__are_booked_as_they_are),
        cmocka_unit_test(an_operator_listed_twice__has_both_rows),
        cmocka_unit_test(a_token_that_is_not_mirrored__has_books_of_its_own),
        cmocka_unit_test(nothing__books_rows_alone),
        cmocka_unit_test(the_first_split__of_each_key_is_told),
        cmocka_unit_test(a_split_over_10000_bips__is_kept_and_marks_the_contract),
        cmocka_unit_test(a_disabled_root__keeps_what_it_was),
        cmocka_unit_test(an_unknown_root__cannot_be_disabled),
        cmocka_unit_test(a_claim__settles_for_its_earner),
        cmocka_unit_test(claims_beyond_256_bits__are_not_booked),
        cmocka_unit_test(batches__change_nothing),
        cmocka_unit_test(the_account_of_a_pool__is_named_by_submission_day_and_role),
    };
    pg_start();
    stage_setup();
    int failed = cmocka_run_group_tests(tests, NULL, NULL);
    pg_stop();
    return failed;
}
