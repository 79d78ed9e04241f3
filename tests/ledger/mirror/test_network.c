/* tests/ledger/mirror/test_network.c - what a network file may say, and what each mistake is called. */
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "ledger/core/digest.h"
#include "ledger/mirror/network.h"
#include "tests/ledger/mirror/abi_fixture.h"
#include "tests/support/unit.h"

#define A1                 "0x1111111111111111111111111111111111111111"
#define A2                 "0x2222222222222222222222222222222222222222"
#define A3                 "0x3333333333333333333333333333333333333333"
#define A4                 "0x4444444444444444444444444444444444444444"
#define FILE_OF(contracts) "{\"name\":\"t\",\"chain_id\":1,\"start_block\":5,\"contracts\":[" contracts "]}"
#define WITH_PARAMETERS(p) "{\"name\":\"t\",\"chain_id\":1,\"start_block\":5,\"contracts\":[],\"parameters\":" p "}"

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
    assert_int_equal(n.chain_id, 77); /* untouched */
    assert_null(n.file);
}

static void network_parse__reads_every_member(void **state)
{
    (void)state;
    struct network n = parse(
        "{\"_\":\"comment\",\"name\":\"demo\",\"chain_id\":31337,\"start_block\":5,\"contracts\":["
        "{\"kind\":\"erc20votes\",\"name\":\"alt\",\"address\":\"" A1 "\",\"from_block\":9,"
        "\"symbol\":\"ALT\",\"decimals\":18},"
        "{\"kind\":\"governor\",\"address\":\"" A2 "\",\"timelock\":\"" A3 "\",\"_why\":[1]},"
        "{\"kind\":\"timelock\",\"address\":\"" A3 "\",\"from_block\":1},"
        "{\"kind\":\"fee_collector\",\"address\":\"" A4 "\",\"collects_for\":\"mach\",\"parameters\":{\"_\":1,"
        "\"deallocation_delay_blocks\":3}}],"
        "\"parameters\":{\"finality_depth_blocks\":12,\"clock\":\"block\",\"alt_staking\":{\"_x\":null,"
        "\"min_voting_stake\":\"100000000000000000000000\",\"protocol_fee_vault\":\"" A1 "\",\"cooldown_seconds\":7200,"
        "\"contract_wallets\":[\"" A2 "\"]}},\"spaces\":[{\"id\":\"alt.eth\",\"admins\":[\"" A1 "\"]}]}");
    assert_string_equal(n.name, "demo");
    assert_int_equal(n.chain_id, 31337);
    assert_int_equal(n.start_block, 5);
    assert_int_equal(n.finality_depth_blocks, 12);
    assert_int_equal(n.n_contracts, 4);
    assert_int_equal(n.contracts[0].kind, KIND_ERC20VOTES);
    assert_string_equal(n.contracts[0].name, "alt");
    assert_string_equal(n.contracts[1].name, "");
    assert_int_equal(n.contracts[0].from_block, 9);
    assert_int_equal(n.contracts[1].from_block, 5); /* start_block where it is missing */
    assert_int_equal(n.contracts[2].from_block, 5); /* and where it is lower */
    assert_true(n.contracts[1].has_token);          /* the only erc20votes */
    assert_true(address_equal(n.contracts[1].token, n.contracts[0].address));
    assert_true(n.contracts[1].has_timelock);
    assert_true(address_equal(n.contracts[1].timelock, n.contracts[2].address));
    assert_false(n.contracts[1].has_asset);
    assert_string_equal(n.contracts[3].collects_for, "mach");
    assert_null(n.contracts[0].collects_for);
    const json_t *own = json_object_get(n.contracts[3].entry, "parameters");
    assert_int_equal(json_integer_value(json_object_get(own, "deallocation_delay_blocks")), 3);
    assert_int_equal(json_array_size(json_object_get(n.file, "spaces")), 1);
    network_done(&n);
}

static void network_watches__counts_from_the_contracts_first_block(void **state)
{
    (void)state;
    struct network n = parse(FILE_OF("{\"kind\":\"erc20\",\"address\":\"" A1 "\",\"from_block\":9}"));
    struct address a1, a2;
    assert_int_equal(address_parse(A1, ADDRESS_TEXT, &a1), OK);
    assert_int_equal(address_parse(A2, ADDRESS_TEXT, &a2), OK);
    assert_ptr_equal(network_contract(&n, a1), &n.contracts[0]);
    assert_null(network_contract(&n, a2));
    assert_false(network_watches(&n, a1, 8));
    assert_true(network_watches(&n, a1, 9));
    assert_false(network_watches(&n, a2, 9));
    assert_int_equal(n.finality_depth_blocks, FINALITY_DEPTH_DEFAULT);
    network_done(&n);
}

static void network_parse__has_one_canonical_form(void **state)
{
    (void)state;
    struct network a = parse(
        "{ \"start_block\": 5, \"_c\": {\"x\": 1}, \"name\": \"t\", \"contracts\": [ {\"_\": \"token\","
        "\"address\": \"0xABCDEFabcdef0000000000000000000000000001\", \"kind\": \"erc20\"} ],"
        "\"chain_id\": 1, \"parameters\": {\"_n\": \"note\", \"clock\": \"block\"} }\n");
    struct network b = parse(
        "{\"name\":\"t\",\"chain_id\":1,\"start_block\":5,\"contracts\":[{\"kind\":\"erc20\",\"address\":"
        "\"0xabcdefABCDEF0000000000000000000000000001\"}],\"parameters\":{\"clock\":\"block\"}}");
    const char *canonical =
        "{\"chain_id\":1,\"contracts\":[{\"address\":\"0xabcdefabcdef0000000000000000000000000001\","
        "\"kind\":\"erc20\"}],\"name\":\"t\",\"parameters\":{\"clock\":\"block\"},\"start_block\":5}";
    assert_string_equal(a.canonical, canonical);
    assert_string_equal(b.canonical, canonical);
    struct hash hash = keccak_bytes(canonical, strlen(canonical));
    assert_true(hash_equal(a.hash, hash) && hash_equal(b.hash, hash));
    network_done(&a);
    network_done(&b);
}

static void network_parse__names_the_member_of_the_file(void **state)
{
    (void)state;
    refuse("[]", "the network file must be a JSON object");
    refuse("{\"chain_id\":1,\"start_block\":5,\"contracts\":[]}", "name: missing");
    refuse("{\"name\":\"\",\"chain_id\":1,\"start_block\":5,\"contracts\":[]}", "name: must not be empty");
    refuse("{\"name\":1,\"chain_id\":1,\"start_block\":5,\"contracts\":[]}", "name: must be a string");
    refuse("{\"name\":\"t\",\"start_block\":5,\"contracts\":[]}", "chain_id: missing");
    refuse("{\"name\":\"t\",\"chain_id\":0,\"start_block\":5,\"contracts\":[]}",
           "chain_id: must lie between 1 and 9007199254740992");
    refuse("{\"name\":\"t\",\"chain_id\":\"1\",\"start_block\":5,\"contracts\":[]}",
           "chain_id: must be a whole number");
    refuse("{\"name\":\"t\",\"chain_id\":1.0,\"start_block\":5,\"contracts\":[]}", "chain_id: must be a whole number");
    refuse("{\"name\":\"t\",\"chain_id\":1,\"start_block\":-1,\"contracts\":[]}",
           "start_block: must lie between 0 and 2147483647");
    refuse("{\"name\":\"t\",\"chain_id\":1,\"start_block\":5}", "contracts: missing");
    refuse("{\"name\":\"t\",\"chain_id\":1,\"start_block\":5,\"contracts\":{}}", "contracts: must be an array");
    refuse("{\"name\":\"t\",\"chain_id\":1,\"startblock\":5,\"contracts\":[]}", "startblock: no such member");
    refuse("{\"name\":\"t\",\"chain_id\":1,\"start_block\":5,\"contracts\":[],\"spaces\":{}}",
           "spaces: must be an array");
    refuse("{\"name\":\"t\",\"chain_id\":1,\"start_block\":5,\"contracts\":[],\"spaces\":[{}]}",
           "spaces[0].id: missing");
}

static void network_parse__refuses_what_is_not_json(void **state)
{
    (void)state;
    struct network n = {0};
    assert_int_equal(network_parse("", 0, &n), ERR_CONFIG);
    assert_int_equal(network_parse("{\"name\":\"t\",\"name\":\"u\"}", 23, &n), ERR_CONFIG);
    const char nul[] = "{\"name\":\"t\0\"}";
    assert_int_equal(network_parse(nul, sizeof nul - 1, &n), ERR_CONFIG);
    assert_non_null(strstr(err_detail(), "NUL"));
}

static void network_parse__names_the_member_of_a_contract(void **state)
{
    (void)state;
    refuse(FILE_OF("7"), "contracts[0]: must be an object");
    refuse(FILE_OF("{\"address\":\"" A1 "\"}"), "contracts[0].kind: missing");
    refuse(FILE_OF("{\"kind\":\"erc721\",\"address\":\"" A1 "\"}"),
           "contracts[0].kind: \"erc721\" is not a kind of contract");
    refuse(FILE_OF("{\"kind\":\"erc20\"}"), "contracts[0].address: missing");
    refuse(FILE_OF("{\"kind\":\"erc20\",\"address\":\"0x12\"}"), "contracts[0].address: \"0x12\" is not an address");
    refuse(FILE_OF("{\"kind\":\"erc20\",\"address\":12}"), "contracts[0].address: must be a string");
    refuse(FILE_OF("{\"kind\":\"erc20\",\"address\":\"" A1 "\",\"from_block\":-1}"),
           "contracts[0].from_block: must lie between 0 and 2147483647");
    refuse(FILE_OF("{\"kind\":\"erc20\",\"address\":\"" A1 "\",\"decimals\":256}"),
           "contracts[0].decimals: must lie between 0 and 255");
    refuse(FILE_OF("{\"kind\":\"erc20\",\"address\":\"" A1 "\",\"symbol\":7}"),
           "contracts[0].symbol: must be a string");
    refuse(FILE_OF("{\"kind\":\"erc20\",\"address\":\"" A1 "\",\"from_block\":true}"),
           "contracts[0].from_block: must be a whole number");
    refuse(FILE_OF("{\"kind\":\"erc20\",\"address\":\"" A1 "\",\"form_block\":1}"),
           "contracts[0].form_block: no such member");
    refuse(FILE_OF("{\"kind\":\"erc4626\",\"address\":\"" A1 "\",\"asset\":\"ALT\"}"),
           "contracts[0].asset: \"ALT\" is not an address");
    refuse(FILE_OF("{\"kind\":\"fee_collector\",\"address\":\"" A1 "\",\"collects_for\":7}"),
           "contracts[0].collects_for: must be a string");
    refuse(FILE_OF(
               "{\"kind\":\"erc20\",\"address\":\"0xabcdefabcdefabcdefabcdefabcdefabcdefabcd\"},{\"kind\":\"timelock\","
               "\"address\":\"" A1
               "\"},{\"kind\":\"erc4626\",\"address\":\"0xABCDEFabcdefabcdefabcdefabcdefabcdefabcd\"}"),
           "contracts[2].address: 0xabcdefabcdefabcdefabcdefabcdefabcdefabcd is contracts[0] already");
}

#define VOTES(a) "{\"kind\":\"erc20votes\",\"address\":\"" a "\"}"

static void network_parse__wants_to_know_a_governors_token(void **state)
{
    (void)state;
    refuse(FILE_OF(VOTES(A1) "," VOTES(A2) ",{\"kind\":\"governor\",\"address\":\"" A3 "\"}"),
           "contracts[2].token: missing, and there are 2 erc20votes contracts");
    struct network n = parse(
        FILE_OF("{\"kind\":\"governor\",\"address\":\"" A3 "\",\"token\":\"" A2 "\"}," VOTES(A1) "," VOTES(A2)));
    assert_true(address_equal(n.contracts[0].token, n.contracts[2].address));
    network_done(&n);
    n = parse(FILE_OF("{\"kind\":\"governor\",\"address\":\"" A3 "\"}"));
    assert_false(n.contracts[0].has_token);
    network_done(&n);
}

static void network_parse__refuses_references_to_the_wrong_kind(void **state)
{
    (void)state;
    refuse(FILE_OF("{\"kind\":\"governor\",\"address\":\"" A3 "\",\"token\":\"" A2
                   "\"},{\"kind\":\"erc20\",\"address\":\"" A2 "\"}"),
           "contracts[0].token: must be an erc20votes token, not erc20");
    refuse(FILE_OF("{\"kind\":\"governor\",\"address\":\"" A3 "\",\"timelock\":\"" A2 "\"}," VOTES(A2)),
           "contracts[0].timelock: must be a timelock, not erc20votes");
    refuse(FILE_OF("{\"kind\":\"erc4626\",\"address\":\"" A3 "\",\"asset\":\"" A2
                   "\"},{\"kind\":\"erc1155\",\"address\":\"" A2 "\"}"),
           "contracts[0].asset: must be an ERC-20 token, not erc1155");
}

static void network_parse__checks_parameters_against_the_table(void **state)
{
    (void)state;
    refuse(WITH_PARAMETERS("[]"), "parameters: must be an object");
    refuse(WITH_PARAMETERS("{\"min_withdrawl_delay_blocks\":1}"),
           "parameters.min_withdrawl_delay_blocks: no such parameter");
    refuse(WITH_PARAMETERS("{\"deallocation_delay_blocks\":\"15\"}"),
           "parameters.deallocation_delay_blocks: must be a whole number");
    refuse(WITH_PARAMETERS("{\"protocol_fee_bips\":10001}"),
           "parameters.protocol_fee_bips: must lie between 0 and 10000");
    refuse(WITH_PARAMETERS("{\"clock\":\"blocks\"}"), "parameters.clock: must be \"block\" or \"timestamp\"");
    refuse(WITH_PARAMETERS("{\"clock\":null}"), "parameters.clock: must be a string");
    refuse(WITH_PARAMETERS("{\"alt_staking\":7}"), "parameters.alt_staking: must be an object");
    refuse(WITH_PARAMETERS("{\"alt_staking\":{\"cooldown\":7}}"), "parameters.alt_staking.cooldown: no such parameter");
    refuse(WITH_PARAMETERS("{\"alt_staking\":{\"min_voting_stake\":7}}"),
           "parameters.alt_staking.min_voting_stake: must be a string");
    refuse(WITH_PARAMETERS("{\"alt_staking\":{\"min_voting_stake\":\"1e18\"}}"),
           "parameters.alt_staking.min_voting_stake: must be a whole amount in base units, as a string of digits below "
           "2^256");
    refuse(WITH_PARAMETERS("{\"alt_staking\":{\"protocol_fee_vault\":\"x\"}}"),
           "parameters.alt_staking.protocol_fee_vault: \"x\" is not an address");
    refuse(WITH_PARAMETERS("{\"alt_staking\":{\"contract_wallets\":[\"" A1 "\",\"0x\"]}}"),
           "parameters.alt_staking.contract_wallets[1]: must be an address");
    refuse(WITH_PARAMETERS("{\"alt_staking\":{\"contract_wallets\":{}}}"),
           "parameters.alt_staking.contract_wallets: must be an array of addresses");
    refuse(FILE_OF("{\"kind\":\"erc20\",\"address\":\"" A1 "\",\"parameters\":{\"clok\":1}}"),
           "contracts[0].parameters.clok: no such parameter");
}

static void check_shipped(const char *path, const char *name, uint64_t chain_id)
{
    struct network n = {0};
    if (network_load(path, &n) != OK)
        fail_msg("%s", err_detail());
    assert_string_equal(n.name, name);
    assert_int_equal(n.chain_id, chain_id);
    assert_true(n.n_contracts > 10);
    network_done(&n);
}

static void network_load__takes_the_shipped_files(void **state)
{
    (void)state;
    check_shipped("ledger/mirror/networks/mainnet.json", "mainnet", 1);
    check_shipped("ledger/mirror/networks/demo.json", "demo", 31337);
    check_shipped("tests/data/chains/seed7/network.json", "seed7", 31337);
    check_shipped("tests/data/chains/seed13/network.json", "seed13", 31337);
}

/* A mistyped address would mirror nothing, in silence; EIP-55's mixed case shows it. */
static void mainnet__has_addresses_with_their_checksums(void **state)
{
    (void)state;
    struct network n = {0};
    AUTO_JSON file = read_json("ledger/mirror/networks/mainnet.json");
    assert_int_equal(network_load("ledger/mirror/networks/mainnet.json", &n), OK);
    for (size_t i = 0; i < n.n_contracts; i++) {
        const json_t *entry = json_array_get(json_object_get(file, "contracts"), i);
        char text[ADDRESS_TEXT + 1];
        address_format(n.contracts[i].address, text);
        assert_string_equal(text, json_string_value(json_object_get(entry, "address")));
    }
    network_done(&n);
}

static void network_load__names_the_file(void **state)
{
    (void)state;
    struct network n = {0};
    assert_int_equal(network_load("/nonexistent/n.json", &n), ERR_IO);
    assert_non_null(strstr(err_detail(), "/nonexistent/n.json: No such file"));
    char path[] = "/tmp/test_network.XXXXXX";
    int fd = mkstemp(path);
    assert_true(fd >= 0);
    assert_int_equal(write(fd, "{}", 2), 2);
    close(fd);
    assert_int_equal(network_load(path, &n), ERR_CONFIG);
    assert_non_null(strstr(err_detail(), path));
    assert_non_null(strstr(err_detail(), "name: missing"));
    unlink(path);
    assert_int_equal(network_load("/tmp", &n), ERR_IO); /* a directory opens, but cannot be read */
}

static void contract_is_erc20__holds_for_all_that_have_balances(void **state)
{
    (void)state;
    for (size_t k = 0; k < KIND_COUNT; k++) {
        const char *name = contract_kind_name((enum contract_kind)k);
        bool expected = !strcmp(name, "erc20") || !strcmp(name, "erc20votes") || !strcmp(name, "erc4626");
        assert_int_equal(contract_is_erc20((enum contract_kind)k), expected);
    }
}

int main(void)
{
    json_setup();
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(network_parse__reads_every_member),
        cmocka_unit_test(network_watches__counts_from_the_contracts_first_block),
        cmocka_unit_test(network_parse__has_one_canonical_form),
        cmocka_unit_test(network_parse__names_the_member_of_the_file),
        cmocka_unit_test(network_parse__refuses_what_is_not_json),
        cmocka_unit_test(network_parse__names_the_member_of_a_contract),
        cmocka_unit_test(network_parse__wants_to_know_a_governors_token),
        cmocka_unit_test(network_parse__refuses_references_to_the_wrong_kind),
        cmocka_unit_test(network_parse__checks_parameters_against_the_table),
        cmocka_unit_test(network_load__takes_the_shipped_files),
        cmocka_unit_test(mainnet__has_addresses_with_their_checksums),
        cmocka_unit_test(network_load__names_the_file),
        cmocka_unit_test(contract_is_erc20__holds_for_all_that_have_balances),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
