/* api/command_init_network.c - altledger init-network: a network file to start from, with its comments. */
#include <stdio.h>

#include "api/command.h"
#include "governance/policy.h"
#include "governance/space.h"

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
    "    },\n"
    "    {\n"
    "      \"_comment\": \"Where accounts set whom they delegate their votes to, for a space or for all. It is older than "
    "start_block: a delegation that was set before it and not changed since is known only if start_block is 11225329.\",\n"
    "      \"kind\": \"delegate_registry\",\n"
    "      \"name\": \"DelegateRegistry\",\n"
    "      \"address\": \"0x469788fE6E9E9681C6ebF3bF78e7Fd26Fc015446\",\n"
    "      \"from_block\": 18500000\n"
    "    }\n"
    "  ],\n"
    "  \"_parameters\": \"Values that no event tells. finality_depth_blocks serves archive files; a node says itself "
    "what is "
    "finalized.\",\n"
    "  \"parameters\": {\n"
    "    \"min_withdrawal_delay_blocks\": 100800,\n"
    "    \"deallocation_delay_blocks\": 100800,\n"
    "    \"finality_depth_blocks\": 64,\n"
    "    \"_reward_booking_delay_blocks\": \"How many blocks above a day's last one the rewards of that day are booked.\",\n"
    "    \"reward_booking_delay_blocks\": 96,\n"
    "    \"_default_operator_split_bips\": \"What operators keep of rewards as long as no event says it.\",\n"
    "    \"default_operator_split_bips\": 1000\n"
    "  },\n";

/* A fee collector, as a comment: an entry for the list of contracts. */
static const char collector[] =
    "  \"_about_fee_collector\": \"What tokens of ours pay to a fee_collector is shared among operators and their delegators. Put "
    "such an entry into contracts, with the address that is paid.\",\n"
    "  \"_fee_collector\": {\n"
    "    \"kind\": \"fee_collector\",\n"
    "    \"name\": \"fees of a rollup\",\n"
    "    \"address\": \"0x1111111111111111111111111111111111111111\",\n"
    "    \"_collects_for\": \"The rollup or service whose users pay.\",\n"
    "    \"collects_for\": \"a rollup\",\n"
    "    \"parameters\": {\n"
    "      \"_epoch_days\": \"How many days' income is shared at once: 1 to 3660.\",\n"
    "      \"epoch_days\": 7,\n"
    "      \"_bips\": \"The parts of operators, treasury and burning sum to 10000. Without any, all is the operators'.\",\n"
    "      \"operators_bips\": 8000,\n"
    "      \"treasury_bips\": 1500,\n"
    "      \"burn_bips\": 500,\n"
    "      \"treasury\": \"0x2222222222222222222222222222222222222222\",\n"
    "      \"_operator_sets\": \"Whose slashable stake counts.\",\n"
    "      \"operator_sets\": [{\"avs\": \"0x3333333333333333333333333333333333333333\", \"id\": 0}]\n"
    "    }\n"
    "  },\n";

/* A space, as a comment: without the _ before its name it is one. */
static const char spaces[] =
    "  \"_about_spaces\": \"Who may propose what to vote on by signed messages. Take the _ from _spaces to have this one; only "
    "its id is needed. What a space says is kept with its history: a proposal goes by what held at its snapshot block.\",\n"
    "  \"_spaces\": [\n"
    "    {\n"
    "      \"_id\": \"What proposals and ballots name, and DelegateRegistry, if it has at most 31 bytes.\",\n"
    "      \"id\": \"example.eth\",\n"
    "      \"_name\": \"For people.\",\n"
    "      \"name\": \"Example\",\n"
    "      \"about\": \"What it decides.\",\n"
    "      \"_admins\": \"They may change and cancel the proposals of others, and propose as often as they like.\",\n"
    "      \"admins\": [],\n"
    "      \"_threshold\": \"Power that proposing takes, in base units.\",\n"
    "      \"threshold\": \"0\",\n"
    "      \"_quorum\": \"Power that must have voted, in base units.\",\n"
    "      \"quorum\": \"0\",\n";

#define NUMBER_LINES(member, otherwise, least, most, sentence) \
    ",\n      \"_" #member "\": \"" sentence ": " #least " to " #most "\",\n      \"" #member "\": " #otherwise
static const char numbers[] = SPACE_NUMBERS(NUMBER_LINES) "\n    }\n  ]\n}\n";
#undef NUMBER_LINES

static bool print_policies(void)
{
    bool ok =
        fputs(
            "      \"_strategy\": \"What counts as power, unless a proposal says otherwise. Or parts, joined by +: held, "
            "delegated_in, staked, cooling_down, queued, registry.\",\n",
            stdout) >= 0;
    for (const struct policy_name *p = policy_names; p->name != NULL; p++)
        ok = ok && printf("      \"_strategy %s\": \"%s\",\n", p->name, p->about) > 0;
    return ok && printf("      \"strategy\": \"%s\"", policy_names[0].name) > 0;
}

enum status command_init_network(const struct command *c)
{
    (void)c;
    bool ok = fputs(start, stdout) >= 0 && fputs(collector, stdout) >= 0 && fputs(spaces, stdout) >= 0 &&
              print_policies() && fputs(numbers, stdout) >= 0;
    return ok ? STATUS_OK : STATUS_FAILED;
}
