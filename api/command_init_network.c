/* api/command_init_network.c - altledger init-network: a network file to start from, with its comments. */
#include <stdio.h>

#include "api/command.h"

/* JSON has no comments: members whose names begin with _ are ignored wherever they stand (ledger/mirror/network.c). */
static const char start[] =
    "{\n"
    "  \"_comment\": \"A network file of altledger. Members whose names begin with _ are comments, at any level.\",\n"
    "  \"name\": \"mainnet\",\n"
    "  \"chain_id\": 1,\n"
    "  \"_start_block\": \"The first block to mirror; none of the contracts below may have an event before it.\",\n"
    "  \"start_block\": 18500000,\n"
    "  \"contracts\": [\n"
    "    {\n"
    "      \"_comment\": \"One entry a contract. Its kind says which events it has: erc20, erc20votes, erc4626, "
    "erc1155, governor, "
    "timelock, alt.staking, mach.service_manager, mach.registry, fee_collector, delegate_registry, "
    "eigenlayer.delegation_manager, "
    "eigenlayer.strategy_manager, eigenlayer.allocation_manager, eigenlayer.rewards_coordinator, "
    "eigenlayer.avs_directory, "
    "eigenlayer.permission_controller, eigenlayer.strategy, eigenlayer.strategy_factory, "
    "eigenlayer.eigen_pod_manager. A contract is read from its "
    "from_block on: "
    "the block it was created in, or any earlier one.\",\n"
    "      \"kind\": \"erc20\",\n"
    "      \"name\": \"ALT\",\n"
    "      \"address\": \"0x8457CA5040ad67fdebbCC8EdCE889A335Bc0fbFB\",\n"
    "      \"from_block\": 18500000\n"
    "    },\n"
    "    {\n"
    "      \"_comment\": \"A vault's asset is learnt from its deposits unless it is named.\",\n"
    "      \"kind\": \"erc4626\",\n"
    "      \"name\": \"reALT\",\n"
    "      \"address\": \"0xF96798F49936EfB1a56F99Ceae924b6B8359afFb\",\n"
    "      \"asset\": \"0x8457CA5040ad67fdebbCC8EdCE889A335Bc0fbFB\",\n"
    "      \"from_block\": 18500000\n"
    "    }\n"
    "  ],\n"
    "  \"_parameters\": \"Values that no event tells. finality_depth_blocks serves archive files; a node says itself "
    "what is "
    "finalized.\",\n"
    "  \"parameters\": {\n"
    "    \"min_withdrawal_delay_blocks\": 100800,\n"
    "    \"deallocation_delay_blocks\": 100800,\n"
    "    \"finality_depth_blocks\": 64\n"
    "  }\n"
    "}\n";

enum status command_init_network(const struct command *c)
{
    (void)c;
    return fputs(start, stdout) >= 0 ? STATUS_OK : STATUS_FAILED;
}
