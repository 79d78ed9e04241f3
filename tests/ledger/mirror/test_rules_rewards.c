/* tests/ledger/mirror/test_rules_rewards.c - logs of RewardsCoordinator, as ethers encodes them, become the rows that they say; so do fees. */
#include <ctype.h>

#include "ledger/mirror/rules.h"
#include "ledger/reward.h"
#include "tests/ledger/mirror/abi_fixture.h"
#include "tests/ledger/support/stage.h"

enum { COORDINATOR = 0xc0, COLLECTOR = 0xfe, LATER = 0xfd, VAULT = 0x71, ALICE = 1, BOB = 2, WEEK = 7 };

static const char network_file[] =
    "{\"name\":\"rewards\",\"chain_id\":1,\"start_block\":0,\"contracts\":["
    "{\"kind\":\"eigenlayer.rewards_coordinator\",\"address\":\"0xc0000000000000000000000000000000000000c0\"},"
    "{\"kind\":\"erc20\",\"address\":\"0x7000000000000000000000000000000000000070\"},"
    "{\"kind\":\"erc4626\",\"address\":\"0x7100000000000000000000000000000000000071\"},"
    "{\"kind\":\"fee_collector\",\"address\":\"0xfe000000000000000000000000000000000000fe\","
    "\"parameters\":{\"epoch_days\":7}},"
    "{\"kind\":\"fee_collector\",\"address\":\"0xfd000000000000000000000000000000000000fd\",\"from_block\":3}]}";

/* Apply what was made, as the first batch of a chain: all its blocks are of this day. */
static void apply_on(struct stage *s, int64_t day)
{
    for (size_t i = 0; i < s->n_blocks; i++)
        s->blocks[i].time = day * DAY_SECONDS + 1;
    s->books.terms = &s->network.rewards;
    s->books.clock.known = true;
    stage_apply(s, 0);
}

/* ---- every event of the contract ---------------------------------------------------------------------------------- */

#define LIST(table, who, what)                                                                       \
    "(SELECT string_agg(l." who "::text || ' ' || l." what ", ' ' ORDER BY l.item) FROM " table " l" \
    "  WHERE l.submission = s.submission)"
#define STRATEGIES          LIST("reward_strategy", "strategy", "multiplier")
#define OPERATORS           LIST("reward_operator", "operator", "amount")
#define ROW(columns, table) "SELECT concat_ws(' ', " columns ") FROM " table " s WHERE position >> 32 = $1"
#define SUBMISSION(columns) ROW(columns, "reward_submission")
#define PLAIN               STRATEGIES ", s.token, s.amount, s.start_time, s.duration, s.kind, s.day"
#define DIRECTED                                                                                                 \
    STRATEGIES ", s.token, " OPERATORS ", s.start_time, s.duration, lower(convert_from(s.description, 'UTF8'))," \
               " s.kind, s.day, s.amount = (SELECT sum(l.amount) FROM reward_operator l"                         \
               "                             WHERE l.submission = s.submission)"
#define COMMON  "s.submitter, s.nonce, s.submission, " PLAIN ", s.avs, s.operator_set"
#define FOR_SET "s.submitter, s.submission, s.avs, s.operator_set, s.nonce, "
#define NOBODY  "0x0000000000000000000000000000000000000000"

/* The row holds these members (NULL: all) in the order of the event, then what it holds besides. */
static const struct expected {
    const char *event, *members, *sql, *besides;
} expected[] = {
    {"AVSRewardsSubmissionCreated", NULL,
     SUBMISSION("s.avs, s.nonce, s.submission, " PLAIN ", s.submitter = s.avs, s.operator_set"), "1 9 t -1"},
    {"RewardsSubmissionForAllCreated", NULL, SUBMISSION(COMMON), "2 9 " NOBODY " -1"},
    {"RewardsSubmissionForAllEarnersCreated", NULL, SUBMISSION(COMMON), "3 9 " NOBODY " -1"},
    {"OperatorDirectedAVSRewardsSubmissionCreated", NULL,
     SUBMISSION("s.submitter, s.avs, s.submission, s.nonce, " DIRECTED ", s.operator_set"), "4 9 t -1"},
    {"OperatorDirectedOperatorSetRewardsSubmissionCreated", NULL, SUBMISSION(FOR_SET DIRECTED), "5 9 t"},
    {"UniqueStakeRewardsSubmissionCreated", NULL, SUBMISSION(FOR_SET PLAIN), "6 9"},
    {"TotalStakeRewardsSubmissionCreated", NULL, SUBMISSION(FOR_SET PLAIN), "7 9"},
    {"OperatorAVSSplitBipsSet", "operator avs activatedAt oldOperatorAVSSplitBips newOperatorAVSSplitBips",
     ROW("operator, avs, activated_at, old_bips, new_bips, operator_set, first", "reward_split"), "-1 t"},
    {"OperatorSetSplitBipsSet", "operator operatorSet activatedAt oldOperatorSetSplitBips newOperatorSetSplitBips",
     ROW("operator, avs, operator_set, activated_at, old_bips, new_bips, first", "reward_split"), "t"},
    {"OperatorPISplitBipsSet", "operator activatedAt oldOperatorPISplitBips newOperatorPISplitBips",
     ROW("operator, activated_at, old_bips, new_bips, operator_set, first, avs", "reward_split"), "-1 t " NOBODY},
    {"ActivationDelaySet", "newActivationDelay", ROW("number, setting, address", "reward_setting"), "1 " NOBODY},
    {"DefaultOperatorSplitBipsSet", "newDefaultOperatorSplitBips", ROW("number, setting, address", "reward_setting"),
     "2 " NOBODY},
    {"RewardsUpdaterSet", "newRewardsUpdater", ROW("address, setting, number", "reward_setting"), "3 0"},
    {"FeeRecipientSet", "newFeeRecipient", ROW("address, setting, number", "reward_setting"), "4 0"},
    {"GlobalCommissionBipsSet", "newGlobalCommissionBips", ROW("number, setting, address", "reward_setting"),
     "5 " NOBODY},
    {"RewardsForAllSubmitterSet", "rewardsForAllSubmitter newValue",
     ROW("account, granted::text, permission", "reward_permission"), "1"},
    {"OptInForProtocolFeeSet", "submitter newValue", ROW("account, granted::text, permission", "reward_permission"),
     "2"},
    {"ClaimerForSet", "earner claimer", ROW("earner, claimer", "reward_claimer"), ""},
    {"DistributionRootSubmitted", NULL, ROW("root_index, root, end_time, activated_at, disabled", "reward_root"), "f"},
    {"DistributionRootDisabled", NULL, ROW("root_index, end_time > 0, activated_at > 0, disabled", "reward_root"),
     "t t t"},
    {"RewardsClaimed", NULL, ROW("root, earner, claimer, recipient, token, amount", "reward_claim"), ""},
};

/* The values in order, in lower case, each followed by a space. */
static void flatten(struct buffer *out, const json_t *j)
{
    const char *member;
    const json_t *item;
    size_t i;
    if (json_is_object(j)) {
        json_object_foreach((json_t *)j, member, item) flatten(out, item);
    } else if (json_is_array(j)) {
        json_array_foreach(j, i, item) flatten(out, item);
    } else {
        const char *text = json_is_string(j) ? json_string_value(j) : json_is_true(j) ? "true" : "false";
        for (; *text != '\0'; text++)
            buffer_u8(out, (uint8_t)tolower((unsigned char)*text));
        buffer_u8(out, ' ');
    }
}

static const char *text_expected(struct arena *arena, const struct expected *e, const json_t *values)
{
    AUTO_BUFFER out = {0};
    const char *p = e->members;
    if (p == NULL)
        flatten(&out, values);
    for (size_t n; p != NULL && *p != '\0'; p += n + (p[n] == ' ')) {
        n = strcspn(p, " ");
        const json_t *member = json_object_get(values, arena_text(arena, p, n));
        assert_non_null(member);
        flatten(&out, member);
    }
    buffer_text(&out, e->besides);
    if (*e->besides == '\0')
        out.n--;
    return arena_text(arena, (const char *)out.p, out.n);
}

static const struct expected *expected_of(const char *signature)
{
    for (size_t i = 0; i < sizeof expected / sizeof *expected; i++)
        if (strncmp(signature, expected[i].event, strcspn(signature, "(")) == 0 &&
            strlen(expected[i].event) == strcspn(signature, "("))
            return &expected[i];
    fail_msg("nothing is expected of %s", signature);
    return NULL;
}

static void assert_row(struct stage *s, int64_t block, const json_t *vector)
{
    const struct expected *e = expected_of(text_of(vector, "signature"));
    AUTO_ROWS rows = NULL;
    if (db_query(s->db, e->sql, WITH(IN(&block)), &rows) != OK)
        fail_msg("%s", err_detail());
    if (rows_count(rows) != 1)
        fail_msg("%zu rows of %s", rows_count(rows), e->event);
    AUTO_BUFFER got = {0};
    for (const char *p = rows_text(rows, 0, 0); *p != '\0'; p++)
        buffer_u8(&got, (uint8_t)(p[0] == '\\' && p[1] == 'x' ? '0' : *p));
    assert_string_equal(arena_text(&s->arena, (const char *)got.p, got.n),
                        text_expected(&s->arena, e, json_object_get(vector, "json")));
}

static void logs__become_the_rows_that_they_say(void **state)
{
    (void)state;
    struct stage s;
    const json_t *vector;
    size_t i;
    stage_open_network(&s, network_file);
    AUTO_JSON vectors = read_json("tests/data/abi/rewards.json"); /* ethers' Interface */
    json_array_foreach(vectors, i, vector)
    {
        struct log *log = ARENA_NEW(&s.arena, struct log); /* values point into it */
        *log = log_of(vector, &s.arena);
        const struct abi_event *event = abi_find(KIND_REWARDS_COORDINATOR, log);
        struct abi_value *values = NULL;
        assert_non_null(event);
        assert_string_equal(event->signature, text_of(vector, "signature"));
        assert_int_equal(abi_decode(event, log, &s.arena, &values), OK);
        tx_in(&s, i + 1);
        emit(&s, COORDINATOR, event->group, event->signature, values, event->n_inputs);
    }
    apply_on(&s, 9);
    assert_int_equal(json_array_size(vectors), sizeof expected / sizeof *expected);
    json_array_foreach(vectors, i, vector) assert_row(&s, (int64_t)i + 1, vector);
    assert_consistent(&s);
    stage_done(&s);
}

static void every_event_of_the_contract__has_a_rule(void **state)
{
    (void)state;
    size_t n = 0, n_rules = 0;
    for (size_t i = 0; i < abi_count(); i++)
        if (strcmp(abi_at(i)->group, "RewardsCoordinator") == 0) {
            const struct rule_row *row = rules_rewards;
            while (row->group != NULL && strcmp(row->signature, abi_at(i)->signature) != 0)
                row++;
            if (row->group == NULL)
                fail_msg("%s has no rule", abi_at(i)->signature);
            n++;
        }
    for (const struct rule_row *row = rules_rewards; row->group != NULL; row++)
        n_rules++;
    assert_int_equal(n, n_rules);
}

/* ---- fees --------------------------------------------------------------------------------------------------------- */

static void pay(struct stage *s, uint8_t token, uint8_t from, uint8_t to, uint64_t value)
{
    EMIT(s, token, "ERC20", "Transfer(address,address,uint256)", in_address(from), in_address(to), in_number(value));
}

#define FEES                                                                                                           \
    "SELECT coalesce(string_agg(concat_ws(' ', substr(s.token::text, 3, 2), s.start_time / 86400, s.duration / 86400," \
    "                                     s.day, s.amount, s.kind,"                                                    \
    "                                     s.distributor = s.submitter AND s.avs = '\\x" ZERO20 "'), '; '"              \
    "                           ORDER BY s.position), 'none') FROM reward_submission s"
#define ZERO20 "0000000000000000000000000000000000000000"

/* By ethers: solidityPackedKeccak256(["string", "address", "address", "uint64"], ["altledger fee epoch", COLLECTOR, TOKEN, 2]). */
#define EPOCH_2 "e54eaacfea0c7a052af6c72b0ba1cc944c5a1fefe30c1f80d27e7bd6efb2e1d5"

static void a_transfer_to_a_collector__is_income_of_its_epoch(void **state)
{
    (void)state;
    struct stage s;
    stage_open_network(&s, network_file);
    tx_in(&s, 1);
    pay(&s, TOKEN, 0, ALICE, 1000);
    pay(&s, TOKEN, ALICE, COLLECTOR, 5);
    pay(&s, TOKEN, 0, COLLECTOR, 30); /* minted to it */
    pay(&s, VAULT, 0, COLLECTOR, 4);
    apply_on(&s, 2 * WEEK + 3);
    tx_in(&s, 2);
    pay(&s, TOKEN, ALICE, COLLECTOR, 600);
    apply_on(&s, 3 * WEEK - 1);
    tx_in(&s, 3);
    pay(&s, TOKEN, ALICE, COLLECTOR, 7);
    apply_on(&s, 3 * WEEK);
    assert_says(&s, FEES, "70 14 7 17 0 8 t; 71 14 7 17 0 8 t; 70 21 7 21 0 8 t");
    assert_held(&s, BOOK_REWARD_PENDING, TOKEN, COLLECTOR, 642);
    assert_held(&s, BOOK_REWARD_SUBMITTED, TOKEN, 0, 642);
    assert_held(&s, BOOK_REWARD_PENDING, VAULT, COLLECTOR, 4);
    assert_held(&s, BOOK_TOKEN, TOKEN, COLLECTOR, 642);
    assert_says(&s,
                "SELECT string_agg(encode(a.second, 'hex') || ' ' || e.balance, ' ' ORDER BY e.position)"
                "  FROM account a JOIN entry e ON e.account = a.id"
                "  JOIN reward_submission s ON s.submission = a.second AND s.start_time = 14 * 86400"
                " WHERE a.book = 60 AND s.token = decode(rpad('70', 38, '0') || '70', 'hex')",
                EPOCH_2 " 5 " EPOCH_2 " 35 " EPOCH_2 " 635");
    assert_consistent(&s);
    stage_done(&s);
}

static void what_is_no_income__is_not_booked(void **state)
{
    (void)state;
    struct stage s;
    stage_open_network(&s, network_file);
    tx_in(&s, 2);
    pay(&s, TOKEN, 0, ALICE, 1000);
    pay(&s, TOKEN, ALICE, BOB, 10);
    pay(&s, TOKEN, COLLECTOR, COLLECTOR, 0);
    pay(&s, TOKEN, ALICE, LATER, 10); /* collects from block 3 on */
    apply_on(&s, 1);
    assert_says(&s, FEES, "none");
    tx_in(&s, 3);
    pay(&s, TOKEN, ALICE, LATER, 11);
    pay(&s, TOKEN, LATER, LATER, 21);
    pay(&s, TOKEN, LATER, BOB, 21);
    apply_on(&s, 1);
    assert_says(&s, FEES, "70 1 1 1 0 8 t");
    assert_held(&s, BOOK_REWARD_PENDING, TOKEN, LATER, 11);
    assert_consistent(&s);
    stage_done(&s);
}

static void a_transfer_of_nothing__brings_the_row_of_its_epoch_alone(void **state)
{
    (void)state;
    struct stage s;
    stage_open_network(&s, network_file);
    tx_in(&s, 1);
    pay(&s, TOKEN, ALICE, COLLECTOR, 0);
    pay(&s, TOKEN, ALICE, COLLECTOR, 0);
    apply_on(&s, 0);
    assert_says(&s, FEES, "70 0 7 0 0 8 t");
    assert_says(&s, "SELECT count(*)::text FROM entry", "0");
    assert_consistent(&s);
    stage_done(&s);
}

static void income_beyond_256_bits__is_not_booked(void **state)
{
    (void)state;
    struct stage s;
    stage_open_network(&s, network_file);
    tx_in(&s, 1);
    EMIT(&s, TOKEN, "ERC20", "Transfer(address,address,uint256)", in_address(0), in_address(COLLECTOR),
         in_amount(amount_max));
    pay(&s, TOKEN, COLLECTOR, ALICE, 5);
    pay(&s, TOKEN, ALICE, COLLECTOR, 1);
    apply_on(&s, 3);
    assert_int_equal(amount_compare(stage_held(&s, BOOK_REWARD_PENDING, TOKEN, COLLECTOR), amount_max), 0);
    assert_says(&s, "SELECT string_agg(substr(contract::text, 3, 2) || ' ' || reason, '; ') FROM inconsistency",
                "fe a movement that 256 bits cannot hold was not booked");
    stage_done(&s);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(logs__become_the_rows_that_they_say),
        cmocka_unit_test(every_event_of_the_contract__has_a_rule),
        cmocka_unit_test(a_transfer_to_a_collector__is_income_of_its_epoch),
        cmocka_unit_test(what_is_no_income__is_not_booked),
        cmocka_unit_test(a_transfer_of_nothing__brings_the_row_of_its_epoch_alone),
        cmocka_unit_test(income_beyond_256_bits__is_not_booked),
    };
    json_setup();
    pg_start();
    stage_setup();
    int failed = cmocka_run_group_tests(tests, NULL, NULL);
    pg_stop();
    return failed;
}
