/* ledger/mirror/rules_stake.c - EigenLayer stake: which events of delegation, deposits, strategies and pods change which books. */
#include "ledger/mirror/rules_stake.h"

#include "ledger/stake.h"
#include "ledger/withdrawal.h"

/* ---- operators and delegation --------------------------------------------------------------------------------------- */

static void rule_operator(const struct place *at, const struct abi_value *v)
{
    stake_apply_operator(at->books, v[0].address, v[1].address);
}

/* Before the slashing release: (earningsReceiver, delegationApprover, stakerOptOutWindowBlocks). */
static void rule_operator_details(const struct place *at, const struct abi_value *v)
{
    stake_apply_operator(at->books, v[0].address, v[1].items[1].address);
}

static void rule_delegated(const struct place *at, const struct abi_value *v)
{
    stake_apply_delegation(at->books, v[0].address, v[1].address);
}

static void rule_undelegated(const struct place *at, const struct abi_value *v)
{
    stake_apply_delegation(at->books, v[0].address, address_zero);
}

static void rule_factor(const struct place *at, const struct abi_value *v)
{
    stake_apply_factor(at->books, v[0].address, v[1].address, v[2].number);
}

static void rule_operator_shares_more(const struct place *at, const struct abi_value *v)
{
    stake_apply_operator_shares(at->books, at->emitter, v[0].address, v[2].address, v[3].number, true);
}

static void rule_operator_shares_less(const struct place *at, const struct abi_value *v)
{
    stake_apply_operator_shares(at->books, at->emitter, v[0].address, v[2].address, v[3].number, false);
}

static void rule_avs_status(const struct place *at, const struct abi_value *v)
{
    enum { REGISTERED = 1 };
    uint64_t status;
    stake_apply_registration(at->books, v[0].address, v[1].address,
                             amount_to_u64(v[2].number, &status) == OK && status == REGISTERED);
}

/* ---- deposits -------------------------------------------------------------------------------------------------------- */

/* What the strategy itself says: it emits its rate in deposit(), which StrategyManager calls just before it emits Deposit. */
static bool rate_precedes(const struct place *at, struct address strategy)
{
    for (size_t j = at->i; j-- > 0 && place_same_tx(at, j);) {
        if (is_rate_of(at, j, strategy))
            return true;
        if (is_core(&at->decoded[j]))
            return false;
    }
    return false;
}

/* Whether the nth deposit of a completion, from its first or backwards from its last, is this one. */
static bool is_due(const struct place *at, struct hash root, size_t nth, bool backwards,
                   const struct deposit_log *deposit, bool to_withdrawer)
{
    struct withdrawal_due due;
    for (size_t i = 0; withdrawal_due(at->books, root, i, backwards, &due); i++)
        if (!address_equal(due.strategy, beacon_strategy) && nth-- == 0)
            return address_equal(to_withdrawer ? due.withdrawer : due.staker, deposit->staker) &&
                   address_equal(due.strategy, deposit->strategy) && amount_compare(due.shares, deposit->shares) == 0;
    return false;
}

/* DelegationManager emits SlashingWithdrawalCompleted, then for each item Deposit, DepositScalingFactorUpdated and, if the staker is
 * delegated, OperatorSharesIncreased. */
static bool completion_precedes(const struct place *at, const struct deposit_log *deposit)
{
    size_t between = 0;
    for (size_t j = at->i; j-- > 0 && place_same_tx(at, j);) {
        const struct decoded_log *log = &at->decoded[j];
        struct deposit_log other;
        struct withdrawal_row w;
        if (place_is(log, "DelegationManager.SlashingWithdrawalCompleted")) {
            struct hash root = abi_hash(&log->values[0]);
            return withdrawal_find(at->books, root, &w) && w.state == WITHDRAWAL_AS_SHARES &&
                   is_due(at, root, between, false, deposit, false);
        }
        if (deposit_read(log, &other))
            between++;
        else if (is_core(log) && !place_is(log, "DelegationManager.DepositScalingFactorUpdated") &&
                 !place_is(log, "DelegationManager.OperatorSharesIncreased"))
            return false;
    }
    return false;
}

/* Before the slashing release WithdrawalCompleted came last: Deposit and OperatorSharesIncreased for each item, then it. */
static bool completion_follows(const struct place *at, const struct deposit_log *deposit)
{
    size_t between = 0;
    for (size_t j = at->i + 1; place_same_tx(at, j); j++) {
        const struct decoded_log *log = &at->decoded[j];
        struct deposit_log other;
        if (is_rate_of(at, j, deposit->strategy))
            return false;
        if (place_is(log, "DelegationManager.WithdrawalCompleted"))
            return is_due(at, abi_hash(&log->values[0]), between, true, deposit, true);
        if (deposit_read(log, &other))
            between++;
        else if (is_core(log) && !place_is(log, "DelegationManager.OperatorSharesIncreased"))
            return false;
    }
    return false;
}

/* The token of a deposit: of the nearest Transfer to the strategy before its Deposit. */
static void learn_token(const struct place *at, struct address strategy)
{
    const struct contract *c = network_contract(at->network, strategy);
    if ((c != NULL && c->has_asset) || !stake_wants_token(at->books, strategy))
        return;
    for (size_t j = at->i; j-- > 0 && place_same_tx(at, j);) {
        const struct decoded_log *log = &at->decoded[j];
        if (place_is(log, "ERC20.Transfer") && contract_is_erc20(log->contract->kind) &&
            address_equal(log->values[1].address, strategy)) {
            stake_apply_token(at->books, strategy, log->contract->address);
            return;
        }
    }
}

static void apply_deposit(const struct place *at, const struct deposit_log *deposit, bool issued)
{
    stake_apply_deposit(at->books, at->emitter, deposit->staker, deposit->strategy, deposit->shares);
    if (issued)
        stake_apply_issued(at->books, at->emitter, deposit->strategy, deposit->shares, true);
}

static void rule_deposit(const struct place *at, const struct abi_value *v)
{
    struct deposit_log deposit;
    (void)v;
    if (!deposit_read(&at->decoded[at->i], &deposit))
        return;
    bool issued = rate_precedes(at, deposit.strategy);
    if (!issued && !network_watches(at->network, deposit.strategy, at->block->number))
        issued = !completion_precedes(at, &deposit);
    apply_deposit(at, &deposit, issued);
    if (issued)
        learn_token(at, deposit.strategy);
}

/* Strategies have emitted their rate since v0.3.2 only. */
static void rule_deposit_legacy(const struct place *at, const struct abi_value *v)
{
    struct deposit_log deposit;
    if (!deposit_read(&at->decoded[at->i], &deposit))
        return;
    bool issued = rate_precedes(at, deposit.strategy) || !completion_follows(at, &deposit);
    apply_deposit(at, &deposit, issued);
    const struct contract *c = network_contract(at->network, deposit.strategy);
    if (issued && (c == NULL || !c->has_asset))
        stake_apply_token(at->books, deposit.strategy, v[1].address);
}

/* ---- slashed shares ------------------------------------------------------------------------------------------------- */

static struct slash_name slash_name(const struct abi_value *operator_set, const struct abi_value *slash_id)
{
    uint64_t id = 0; /* a uint32, as decoded */
    if (amount_to_u64(operator_set->items[1].number, &id) != OK)
        id = 0;
    return (struct slash_name){true, operator_set->items[0].address, (uint32_t)id, slash_id->number};
}

static void rule_slashed(const struct place *at, const struct abi_value *v)
{
    struct slash_name slash = slash_name(&v[0], &v[1]);
    stake_apply_slashed(at->books, at->emitter, &slash, v[2].address, v[3].number);
}

static void rule_cleared(const struct place *at, const struct abi_value *v)
{
    struct slash_name slash = slash_name(&v[0], &v[1]);
    stake_apply_cleared(at->books, at->emitter, &slash, v[2].address, v[3].number);
}

static void rule_slashed_unnamed(const struct place *at, const struct abi_value *v)
{
    stake_apply_slashed(at->books, at->emitter, &(struct slash_name){0}, v[0].address, v[1].number);
}

static void rule_cleared_unnamed(const struct place *at, const struct abi_value *v)
{
    stake_apply_cleared(at->books, at->emitter, &(struct slash_name){0}, v[0].address, v[1].number);
}

static void rule_slashed_eth(const struct place *at, const struct abi_value *v)
{
    stake_apply_slashed(at->books, at->emitter, &(struct slash_name){0}, beacon_strategy, v[0].number);
}

/* ---- strategies and pods -------------------------------------------------------------------------------------------- */

static void rule_rate(const struct place *at, const struct abi_value *v)
{
    stake_apply_rate(at->books, at->emitter, v[0].number);
}

static void rule_token_set(const struct place *at, const struct abi_value *v)
{
    stake_apply_token(at->books, at->emitter, v[0].address);
}

static void rule_strategy_for_token(const struct place *at, const struct abi_value *v)
{
    stake_apply_token(at->books, v[1].address, v[0].address);
}

static void rule_pod_shares(const struct place *at, const struct abi_value *v)
{
    stake_apply_beacon_shares(at->books, at->emitter, v[0].address, v[1].negative ? amount_zero : v[1].number);
}

static void rule_beacon_factor(const struct place *at, const struct abi_value *v)
{
    stake_apply_beacon_factor(at->books, v[0].address, v[2].number);
}

const struct rule_row rules_stake[] = {
    {"DelegationManager", "OperatorRegistered(address,address)", rule_operator},
    {"DelegationManager", "OperatorRegistered(address,(address,address,uint32))", rule_operator_details},
    {"DelegationManager", "OperatorDetailsModified(address,(address,address,uint32))", rule_operator_details},
    {"DelegationManager", "DelegationApproverUpdated(address,address)", rule_operator},
    {"DelegationManager", "StakerDelegated(address,address)", rule_delegated},
    {"DelegationManager", "StakerUndelegated(address,address)", rule_undelegated},
    {"DelegationManager", "DepositScalingFactorUpdated(address,address,uint256)", rule_factor},
    {"DelegationManager", "OperatorSharesIncreased(address,address,address,uint256)", rule_operator_shares_more},
    {"DelegationManager", "OperatorSharesDecreased(address,address,address,uint256)", rule_operator_shares_less},
    {"StrategyManager", "Deposit(address,address,uint256)", rule_deposit},
    {"StrategyManager", "Deposit(address,address,address,uint256)", rule_deposit_legacy},
    {"StrategyManager", "BurnOrRedistributableSharesIncreased((address,uint32),uint256,address,uint256)", rule_slashed},
    {"StrategyManager", "BurnOrRedistributableSharesDecreased((address,uint32),uint256,address,uint256)", rule_cleared},
    {"StrategyManager", "BurnableSharesIncreased(address,uint256)", rule_slashed_unnamed},
    {"StrategyManager", "BurnableSharesDecreased(address,uint256)", rule_cleared_unnamed},
    {"AVSDirectory", "OperatorAVSRegistrationStatusUpdated(address,address,uint8)", rule_avs_status},
    {"Strategy", "ExchangeRateEmitted(uint256)", rule_rate},
    {"Strategy", "StrategyTokenSet(address,uint8)", rule_token_set},
    {"StrategyFactory", "StrategySetForToken(address,address)", rule_strategy_for_token},
    {"EigenPodManager", "NewTotalShares(address,int256)", rule_pod_shares},
    {"EigenPodManager", "BeaconChainSlashingFactorDecreased(address,uint64,uint64)", rule_beacon_factor},
    {"EigenPodManager", "BurnableETHSharesIncreased(uint256)", rule_slashed_eth},
    {0},
};
