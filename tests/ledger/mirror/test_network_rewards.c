/* tests/ledger/mirror/test_network_rewards.c - what a network file says of rewards, and what each mistake is called. */
#include <string.h>

#include "ledger/mirror/network_rewards.h"
#include "tests/support/unit.h"

#define A1                 "0x1111111111111111111111111111111111111111"
#define A2                 "0x2222222222222222222222222222222222222222"
#define A3                 "0x3333333333333333333333333333333333333333"
#define FILE_OF(contracts) "{\"name\":\"t\",\"chain_id\":1,\"start_block\":5,\"contracts\":[" contracts "]}"
#define FILE_WITH(parameters) \
    "{\"name\":\"t\",\"chain_id\":1,\"start_block\":5,\"contracts\":[],\"parameters\":" parameters "}"
#define COLLECTOR(a, parameters) "{\"kind\":\"fee_collector\",\"address\":\"" a "\",\"parameters\":{" parameters "}}"
#define COORDINATOR(a)           "{\"kind\":\"eigenlayer.rewards_coordinator\",\"address\":\"" a "\"}"

static struct network parse(const char *text)
{
    struct network n = {0};
    if (network_parse(text, strlen(text), &n) != OK)
        fail_msg("%s\n%s", err_detail(), text);
    return n;
}

static void refuse(const char *text, const char *detail)
{
    struct network n = {.chain_id = 77};
    err_clear();
    assert_int_equal(network_parse(text, strlen(text), &n), ERR_CONFIG);
    assert_string_equal(err_detail(), detail);
    assert_int_equal(n.chain_id, 77);
}

static struct address address(const char *text)
{
    struct address a;
    assert_int_equal(address_parse(text, ADDRESS_TEXT, &a), OK);
    return a;
}

static void nothing_said__is_not_wanted_and_has_defaults(void **state)
{
    (void)state;
    struct network n = parse(FILE_OF("{\"kind\":\"erc20\",\"address\":\"" A1 "\"}"));
    assert_false(n.rewards.wanted);
    assert_int_equal(n.rewards.booking_delay, 96);
    assert_int_equal(n.rewards.default_split_bips, 1000);
    assert_int_equal(n.rewards.n_collectors, 0);
    assert_true(address_is_zero(n.rewards.coordinator));
    assert_null(network_collector(&n, address(A1), 9));
    network_done(&n);
}

static void a_coordinator_or_a_collector__wants_days_closed(void **state)
{
    (void)state;
    struct network n = parse(FILE_OF(COORDINATOR(A2) "," COORDINATOR(A1) "," COORDINATOR(A3)));
    assert_true(n.rewards.wanted);
    assert_true(address_equal(n.rewards.coordinator, address(A1)));
    network_done(&n);
    n = parse(FILE_OF("{\"kind\":\"fee_collector\",\"address\":\"" A2 "\"}"));
    assert_true(n.rewards.wanted);
    assert_true(address_is_zero(n.rewards.coordinator));
    network_done(&n);
}

static void parameters_of_the_file__are_read(void **state)
{
    (void)state;
    struct network n = parse(FILE_WITH("{\"reward_booking_delay_blocks\":1,\"default_operator_split_bips\":0}"));
    assert_false(n.rewards.wanted);
    assert_int_equal(n.rewards.booking_delay, 1);
    assert_int_equal(n.rewards.default_split_bips, 0);
    network_done(&n);
    refuse(FILE_WITH("{\"reward_booking_delay_blocks\":0}"),
           "parameters.reward_booking_delay_blocks: must lie between 1 and 2147483647");
    refuse(FILE_WITH("{\"reward_booking_delay_blocks\":2147483648}"),
           "parameters.reward_booking_delay_blocks: must lie between 1 and 2147483647");
    refuse(FILE_WITH("{\"default_operator_split_bips\":10001}"),
           "parameters.default_operator_split_bips: must lie between 0 and 10000");
}

static void a_collector_without_parameters__gives_all_to_operators_every_day(void **state)
{
    (void)state;
    struct network n = parse(FILE_OF("{\"kind\":\"fee_collector\",\"address\":\"" A2 "\",\"from_block\":9}"));
    assert_int_equal(n.rewards.n_collectors, 1);
    const struct reward_collector *c = network_collector(&n, address(A2), 9);
    assert_ptr_equal(c, n.rewards.collectors);
    assert_true(address_equal(c->address, address(A2)));
    assert_int_equal(c->epoch_days, 1);
    assert_int_equal(c->operators_bips, 10000);
    assert_int_equal(c->treasury_bips, 0);
    assert_int_equal(c->burn_bips, 0);
    assert_true(address_is_zero(c->treasury));
    assert_int_equal(c->n_sets, 0);
    assert_null(network_collector(&n, address(A2), 8)); /* before its first block */
    assert_null(network_collector(&n, address(A1), 9));
    network_done(&n);
}

#define BURNT "\"operators_bips\":0,\"burn_bips\":10000"
#define WHOLE                                                                                                         \
    "\"_\":0,\"epoch_days\":3660,\"operators_bips\":7000,\"treasury_bips\":2500,\"burn_bips\":500,\"treasury\":\"" A3 \
    "\",\"operator_sets\":[{\"avs\":\"" A1 "\",\"id\":4294967295},{\"avs\":\"" A1 "\",\"id\":0},{\"avs\":\"" A2       \
    "\",\"id\":0}]"

static void collectors__are_read_whole_and_ascend(void **state)
{
    (void)state;
    struct network n = parse(FILE_OF(COLLECTOR(A3, "") "," COLLECTOR(A2, BURNT) "," COLLECTOR(A1, WHOLE)));
    assert_int_equal(n.rewards.n_collectors, 3);
    assert_true(address_equal(n.rewards.collectors[0].address, address(A1)));
    assert_true(address_equal(n.rewards.collectors[1].address, address(A2)));
    assert_true(address_equal(n.rewards.collectors[2].address, address(A3)));
    const struct reward_collector *c = network_collector(&n, address(A1), 5);
    assert_ptr_equal(c, &n.rewards.collectors[0]);
    assert_int_equal(c->epoch_days, 3660);
    assert_int_equal(c->operators_bips, 7000);
    assert_int_equal(c->treasury_bips, 2500);
    assert_int_equal(c->burn_bips, 500);
    assert_true(address_equal(c->treasury, address(A3)));
    assert_int_equal(c->n_sets, 3);
    assert_int_equal(c->sets[0].id, UINT32_MAX);
    assert_int_equal(c->sets[1].id, 0);
    assert_true(address_equal(c->sets[1].avs, address(A1)));
    assert_true(address_equal(c->sets[2].avs, address(A2)));
    assert_int_equal(network_collector(&n, address(A2), 5)->burn_bips, 10000);
    assert_int_equal(network_collector(&n, address(A3), 5)->operators_bips, 10000);
    network_done(&n);
}

#define REFUSE(parameters, detail) \
    refuse(FILE_OF(COORDINATOR(A3) "," COLLECTOR(A1, parameters)), "contracts[1].parameters" detail)

static void mistakes_of_a_collector__name_entry_and_member(void **state)
{
    (void)state;
    REFUSE("\"epoch_days\":0", ".epoch_days: must lie between 1 and 3660");
    REFUSE("\"epoch_days\":3661", ".epoch_days: must lie between 1 and 3660");
    REFUSE("\"epoch_days\":\"1\"", ".epoch_days: must be a whole number");
    REFUSE("\"operators_bips\":10001", ".operators_bips: must lie between 0 and 10000");
    REFUSE("\"treasury_bips\":-1", ".treasury_bips: must lie between 0 and 10000");
    REFUSE("\"burn_bips\":1.5", ".burn_bips: must be a whole number");
    REFUSE("\"operators_bips\":9999", ": operators_bips, treasury_bips and burn_bips must sum to 10000, not 9999");
    REFUSE("\"burn_bips\":1", ": operators_bips, treasury_bips and burn_bips must sum to 10000, not 10001");
    REFUSE("\"operators_bips\":9000,\"treasury_bips\":1000", ".treasury: missing");
    REFUSE("\"treasury\":\"0x12\"", ".treasury: \"0x12\" is not an address");
    REFUSE("\"treasury\":\"0x0000000000000000000000000000000000000000\"", ".treasury: must not be the zero address");
    REFUSE("\"epoch_dais\":1", ".epoch_dais: no such parameter");
}

static void mistakes_of_an_operator_set__name_its_place(void **state)
{
    (void)state;
    REFUSE("\"operator_sets\":{}", ".operator_sets: must be an array");
    REFUSE("\"operator_sets\":[7]", ".operator_sets[0]: must be an object");
    REFUSE("\"operator_sets\":[{\"id\":1}]", ".operator_sets[0].avs: missing");
    REFUSE("\"operator_sets\":[{\"avs\":\"alt\",\"id\":1}]", ".operator_sets[0].avs: \"alt\" is not an address");
    REFUSE("\"operator_sets\":[{\"avs\":\"" A1 "\"}]", ".operator_sets[0].id: missing");
    REFUSE("\"operator_sets\":[{\"avs\":\"" A1 "\",\"id\":4294967296}]",
           ".operator_sets[0].id: must lie between 0 and 4294967295");
    REFUSE("\"operator_sets\":[{\"avs\":\"" A1 "\",\"id\":1,\"name\":\"x\"}]",
           ".operator_sets[0].name: no such member");
    REFUSE("\"operator_sets\":[{\"avs\":\"" A1 "\",\"id\":1},{\"avs\":\"" A2 "\",\"id\":1},{\"avs\":\"" A1
           "\",\"id\":1}]",
           ".operator_sets[2]: is operator_sets[0] already");
}

static void parameters__are_refused_where_they_mean_nothing(void **state)
{
    (void)state;
    refuse(FILE_OF("{\"kind\":\"erc20\",\"address\":\"" A1 "\",\"parameters\":{\"epoch_days\":1}}"),
           "contracts[0].parameters.epoch_days: belongs to a fee_collector");
    refuse(FILE_WITH("{\"treasury\":\"" A1 "\"}"), "parameters.treasury: belongs to a fee_collector");
    refuse(FILE_OF(COLLECTOR(A1, "\"reward_booking_delay_blocks\":5")),
           "contracts[0].parameters.reward_booking_delay_blocks: belongs to the parameters of the file");
    refuse(FILE_OF("{\"kind\":\"eigenlayer.rewards_coordinator\",\"address\":\"" A1
                   "\",\"parameters\":{\"default_operator_split_bips\":5}}"),
           "contracts[0].parameters.default_operator_split_bips: belongs to the parameters of the file");
}

int main(void)
{
    json_setup();
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(nothing_said__is_not_wanted_and_has_defaults),
        cmocka_unit_test(a_coordinator_or_a_collector__wants_days_closed),
        cmocka_unit_test(parameters_of_the_file__are_read),
        cmocka_unit_test(a_collector_without_parameters__gives_all_to_operators_every_day),
        cmocka_unit_test(collectors__are_read_whole_and_ascend),
        cmocka_unit_test(mistakes_of_a_collector__name_entry_and_member),
        cmocka_unit_test(mistakes_of_an_operator_set__name_its_place),
        cmocka_unit_test(parameters__are_refused_where_they_mean_nothing),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
