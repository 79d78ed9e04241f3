/* ledger/mirror/rules_token.c - which events of tokens and vaults change which books. */
#include "ledger/mirror/network_rewards.h"
#include "ledger/mirror/rules.h"
#include "ledger/reward.h"
#include "ledger/token.h"
#include "ledger/vault.h"
#include "ledger/votes.h"

/* What a fee collector is paid by others is its income. */
static void rule_transfer(const struct place *at, const struct abi_value *v)
{
    token_apply_transfer(at->books, at->emitter, v[0].address, v[1].address, v[2].number);
    const struct reward_collector *collector = network_collector(at->network, v[1].address, at->block->number);
    if (collector != NULL && !address_equal(v[0].address, v[1].address))
        reward_apply_fee(at->books, collector->address, at->emitter, v[2].number, books_day(at->books),
                         collector->epoch_days);
}

static void rule_transfer_single(const struct place *at, const struct abi_value *v)
{
    token_apply_transfer_id(at->books, at->emitter, v[3].number, v[1].address, v[2].address, v[4].number);
}

static void rule_transfer_batch(const struct place *at, const struct abi_value *v)
{
    /* EIP-1155: ids and values have the same length; a contract that breaks this is not booked. */
    if (v[3].n_items != v[4].n_items) {
        token_mark_inconsistent(at->books, at->emitter, "a batch whose ids and values differ in number was not booked");
        return;
    }
    for (size_t i = 0; i < v[3].n_items; i++)
        token_apply_transfer_id(at->books, at->emitter, v[3].items[i].number, v[1].address, v[2].address,
                                v[4].items[i].number);
}

static void rule_delegate_changed(const struct place *at, const struct abi_value *v)
{
    votes_apply_delegate(at->books, at->emitter, v[0].address, v[2].address);
}

static void rule_delegate_votes_changed(const struct place *at, const struct abi_value *v)
{
    votes_apply_units(at->books, at->emitter, v[0].address, v[1].number, v[2].number);
}

/* Transfer(sender, vault, assets) of another token of ours, nearest before this log in the same transaction: that token
 * is the vault's asset (OpenZeppelin ERC4626._deposit takes the assets before it mints). */
static void rule_vault_deposit(const struct place *at, const struct abi_value *v)
{
    const struct contract *vault = at->decoded[at->i].contract;
    if (vault->has_asset || amount_is_zero(v[2].number) || !vault_wants_asset(at->books, at->emitter))
        return;
    for (size_t i = at->i; i-- > 0 && hash_equal(at->block->logs[i].tx_hash, at->block->logs[at->i].tx_hash);) {
        const struct decoded_log *before = &at->decoded[i];
        if (before->values == NULL || !place_is(before, "ERC20.Transfer") || before->contract == vault ||
            !contract_is_erc20(before->contract->kind))
            continue;
        const struct abi_value *t = before->values;
        if (address_equal(t[0].address, v[0].address) && address_equal(t[1].address, at->emitter) &&
            amount_compare(t[2].number, v[2].number) == 0) {
            vault_apply_asset(at->books, at->emitter, before->contract->address);
            return;
        }
    }
}

static bool can_pause(const struct place *at)
{
    return contract_is_erc20(at->contract->kind) || at->contract->kind == KIND_ALT_STAKING;
}

static void rule_paused(const struct place *at, const struct abi_value *v)
{
    (void)v;
    if (can_pause(at))
        token_apply_paused(at->books, at->emitter, true);
}

static void rule_unpaused(const struct place *at, const struct abi_value *v)
{
    (void)v;
    if (can_pause(at))
        token_apply_paused(at->books, at->emitter, false);
}

/* ALT's own staking emits ERC-1155 transfers too; its positions have books of their own. */
static void rule_1155_single(const struct place *at, const struct abi_value *v)
{
    if (at->contract->kind == KIND_ALT_STAKING)
        rule_alt_transfer_single(at, v);
    else if (at->contract->kind == KIND_ERC1155)
        rule_transfer_single(at, v);
}

static void rule_1155_batch(const struct place *at, const struct abi_value *v)
{
    if (at->contract->kind == KIND_ALT_STAKING)
        rule_alt_transfer_batch(at, v);
    else if (at->contract->kind == KIND_ERC1155)
        rule_transfer_batch(at, v);
}

const struct rule_row rules_token[] = {
    {"ERC20", "Transfer(address,address,uint256)", rule_transfer},
    {"ERC20Pausable", "Paused(address)", rule_paused},
    {"ERC20Pausable", "Unpaused(address)", rule_unpaused},
    {"ERC20Votes", "DelegateChanged(address,address,address)", rule_delegate_changed},
    {"ERC20Votes", "DelegateVotesChanged(address,uint256,uint256)", rule_delegate_votes_changed},
    {"ERC4626", "Deposit(address,address,uint256,uint256)", rule_vault_deposit},
    {"ERC1155", "TransferSingle(address,address,address,uint256,uint256)", rule_1155_single},
    {"ERC1155", "TransferBatch(address,address,address,uint256[],uint256[])", rule_1155_batch},
    {0},
};
