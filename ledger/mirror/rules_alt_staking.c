/* ledger/mirror/rules_alt_staking.c - which events of ALT's own staking change positions, operators, settings and alerts. */
#include "ledger/alt_alert.h"
#include "ledger/alt_operator.h"
#include "ledger/alt_read.h"
#include "ledger/alt_reward.h"
#include "ledger/mirror/network_parameters.h"
#include "ledger/mirror/rules_alt.h"

#define GROUP ALT_GROUP

bool alt_log_is(const struct place *at, size_t j, const char *type)
{
    return at->decoded[j].contract == at->contract && place_is(&at->decoded[j], type);
}

size_t alt_next_log(const struct place *at, size_t j)
{
    while (place_same_tx(at, ++j))
        if (at->decoded[j].contract == at->contract)
            return j;
    return at->block->n_logs;
}

/* ---- the first log ------------------------------------------------------------------------------------------------ */

/* A setting that initialize() sets without an event, and the view that answers it. */
struct initial {
    enum alt_setting setting;
    const char *view;
    size_t words, word; /* of its answer */
    unsigned bits;      /* of the contract's type */
    const char *set_by; /* the event of a later change; NULL: there is none */
};

/* protocolConfig: vault, cooldownSeconds, fee { cooldownEndTimestamp, bps, pendingBPS } */
static const struct initial initials[] = {
    {ALT_COOLDOWN_SECONDS, "cooldownSeconds()", 1, 0, 40, GROUP ".SetCooldownSecForUnstaking"},
    {ALT_OPERATOR_FEE_COOLDOWN_SECONDS, "operatorConfig()", 1, 0, 40, GROUP ".SetCooldownSecForOperatorFee"},
    {ALT_PROTOCOL_FEE_COOLDOWN_SECONDS, "protocolConfig()", 5, 1, 40, GROUP ".SetCooldownSecForProtocolFee"},
    {ALT_PROTOCOL_FEE_VAULT, "protocolConfig()", 5, 0, 160, NULL},
    {ALT_MIN_VOTING_STAKE, "minVotingStake()", 1, 0, 256, GROUP ".SetMinVotingStake"},
    {ALT_EXPIRY_DURATION, "expiryDuration()", 1, 0, 16, GROUP ".ExpiryDurationUpdated"},
};

/* Unless a later log of this block sets it anew, so that the answer would not be of now. */
static void read_initial(const struct place *at, const struct alt *alt, const struct initial *x)
{
    struct amount value;
    uint8_t be[32];
    for (size_t j = at->i; x->set_by != NULL && j < at->block->n_logs; j++)
        if (alt_log_is(at, j, x->set_by))
            return;
    if (alt_read_word(alt, x->view, x->words, x->word, &value) != READ_KNOWN)
        return;
    amount_to_be(value, be);
    for (size_t i = 0; i < 32 - x->bits / 8; i++)
        if (be[i] != 0) {
            alt_inconsistent(alt, "a setting is not of the contract's type");
            return;
        }
    alt_setting_put(alt, x->setting, value);
}

/* What the network file says of it goes before. */
static void begin(const struct place *at, const struct alt *alt)
{
    struct staking_parameters p;
    network_staking(at->network, at->contract, &p);
    const struct {
        bool given;
        struct amount value;
    } file[] = {
        [ALT_COOLDOWN_SECONDS] = {p.has_cooldown, amount_from_u64(p.cooldown_seconds)},
        [ALT_OPERATOR_FEE_COOLDOWN_SECONDS] = {p.has_operator_fee_cooldown,
                                               amount_from_u64(p.operator_fee_cooldown_seconds)},
        [ALT_PROTOCOL_FEE_COOLDOWN_SECONDS] = {p.has_protocol_fee_cooldown,
                                               amount_from_u64(p.protocol_fee_cooldown_seconds)},
        [ALT_PROTOCOL_FEE_VAULT] = {p.has_protocol_fee_vault, alt_operator_id(p.protocol_fee_vault)},
        [ALT_MIN_VOTING_STAKE] = {p.has_min_voting_stake, p.min_voting_stake},
        [ALT_EXPIRY_DURATION] = {p.has_alert_expiry, amount_from_u64(p.alert_expiry_seconds)},
    };
    alt_setting_put(alt, ALT_SINCE, amount_from_u64(at->block->number));
    for (size_t i = 0; i < sizeof initials / sizeof *initials; i++)
        if (file[initials[i].setting].given)
            alt_setting_put(alt, initials[i].setting, file[initials[i].setting].value);
        else
            read_initial(at, alt, &initials[i]);
}

struct alt alt_of(const struct place *at)
{
    struct alt alt = {at->books, at->emitter, at->block->time};
    struct amount since;
    struct alt_setting_row key = {.contract = at->emitter, .setting = ALT_SINCE};
    if (!alt_setting_get(&alt, ALT_SINCE, &since) && alt_knows(&alt, TIMELINE_ALT_SETTING, &key))
        begin(at, &alt);
    return alt;
}

/* ---- positions ---------------------------------------------------------------------------------------------------- */

/* The contract updates its distributions before it emits one of these, and a transfer between stakers. */
static bool is_accrual(const struct place *at, size_t j)
{
    static const char *const types[] = {GROUP ".Stake",          GROUP ".Unstake", GROUP ".CooldownToUnstake",
                                        GROUP ".RewardsClaimed", GROUP ".Frozen",  GROUP ".OperatorRegistered"};
    const struct abi_value *v = at->decoded[j].values;
    for (size_t t = 0; t < sizeof types / sizeof *types; t++)
        if (alt_log_is(at, j, types[t]))
            return true;
    return (alt_log_is(at, j, "ERC1155.TransferSingle") ||
            (alt_log_is(at, j, "ERC1155.TransferBatch") && v[3].n_items > 0)) &&
           !address_is_zero(v[1].address) && !address_is_zero(v[2].address);
}

void alt_accrue(const struct place *at, const struct alt *alt)
{
    alt_apply_accrual(alt);
    for (size_t j = at->i + 1; j < at->block->n_logs; j++)
        if (is_accrual(at, j))
            return; /* the answers are of the end of the block: they are compared with its last index */
    alt_read_distributions(alt);
}

/* Ids are uint160(operator); the contract mints no others. */
static void transfer_id(const struct alt *alt, struct amount id, struct address from, struct address to,
                        struct amount value)
{
    uint8_t be[32];
    struct address operator;
    amount_to_be(id, be);
    memcpy(operator.b, be + sizeof be - sizeof operator.b, sizeof operator.b);
    if (amount_compare(id, alt_operator_id(operator)) != 0) {
        alt_inconsistent(alt, "a position whose id is no address was not booked");
        return;
    }
    alt_apply_transfer(alt, from, to, operator, value);
}

/* StakedMultiToken._update: only a transfer between stakers updates rewards by itself, for each id. */
static void accrue_transfer(const struct place *at, const struct alt *alt, struct address from, struct address to)
{
    if (!address_is_zero(from) && !address_is_zero(to))
        alt_accrue(at, alt);
}

void rule_alt_transfer_single(const struct place *at, const struct abi_value *v)
{
    struct alt alt = alt_of(at);
    accrue_transfer(at, &alt, v[1].address, v[2].address);
    transfer_id(&alt, v[3].number, v[1].address, v[2].address, v[4].number);
}

void rule_alt_transfer_batch(const struct place *at, const struct abi_value *v)
{
    struct alt alt = alt_of(at);
    if (v[3].n_items != v[4].n_items) {
        alt_inconsistent(&alt, "a batch whose ids and values differ in number was not booked");
        return;
    }
    if (v[3].n_items > 0)
        accrue_transfer(at, &alt, v[1].address, v[2].address);
    for (size_t i = 0; i < v[3].n_items; i++)
        transfer_id(&alt, v[3].items[i].number, v[1].address, v[2].address, v[4].items[i].number);
}

static void rule_stake(const struct place *at, const struct abi_value *v)
{
    (void)v;
    struct alt alt = alt_of(at);
    alt_accrue(at, &alt);
}

static bool is_reward_log(const struct place *at, size_t j)
{
    return alt_log_is(at, j, GROUP ".DistributionIndexUpdated") || alt_log_is(at, j, GROUP ".UserIndexUpdated") ||
           alt_log_is(at, j, GROUP ".CollectFee") || alt_log_is(at, j, GROUP ".RewardsAccrued");
}

/* switchOperator: Unstake to oneself, its burn, rewards with the other operator, Stake of as much for oneself with that one. */
static bool is_like_switch(const struct place *at, const struct abi_value *v)
{
    if (!address_equal(v[0].address, v[1].address))
        return false;
    for (size_t j = alt_next_log(at, at->i); j < at->block->n_logs; j = alt_next_log(at, j)) {
        const struct abi_value *w = at->decoded[j].values;
        if (is_reward_log(at, j) || (alt_log_is(at, j, "ERC1155.TransferSingle") && address_is_zero(w[2].address)))
            continue;
        return alt_log_is(at, j, GROUP ".Stake") && address_equal(w[0].address, v[0].address) &&
               address_equal(w[1].address, v[0].address) && !address_equal(w[2].address, v[2].address) &&
               amount_compare(w[3].number, v[3].number) == 0;
    }
    return false;
}

/* An account without code makes one call in a transaction. */
static enum alt_unstake how_unstaked(const struct place *at, const struct abi_value *v)
{
    if (!is_like_switch(at, v))
        return ALT_UNSTAKE;
    return network_names_contract_wallets(at->network, at->contract) &&
                   !network_is_contract_wallet(at->network, at->contract, v[0].address)
               ? ALT_SWITCH
               : ALT_UNSTAKE_OR_SWITCH;
}

/* Whether no later log of the block changes the staker's cooldown with the operator. */
static bool is_last_of_cooldown(const struct place *at, struct address staker, struct address operator)
{
    for (size_t j = at->i + 1; j < at->block->n_logs; j++) {
        const struct abi_value *w = at->decoded[j].values;
        if ((alt_log_is(at, j, GROUP ".Unstake") && address_equal(w[0].address, staker) &&
             address_equal(w[2].address, operator)) ||
            (alt_log_is(at, j, GROUP ".CooldownToUnstake") && address_equal(w[0].address, staker) &&
             address_equal(w[1].address, operator)))
            return false;
    }
    return true;
}

static void rule_unstake(const struct place *at, const struct abi_value *v)
{
    struct alt alt = alt_of(at);
    alt_accrue(at, &alt);
    alt_apply_unstake(&alt, v[0].address, v[2].address, v[3].number, how_unstaked(at, v),
                      is_last_of_cooldown(at, v[0].address, v[2].address));
}

static void rule_cooldown(const struct place *at, const struct abi_value *v)
{
    struct alt alt = alt_of(at);
    alt_accrue(at, &alt);
    alt_apply_cooldown(&alt, v[0].address, v[1].address, v[2].number);
}

/* ---- operators, settings, alerts ---------------------------------------------------------------------------------- */

static void rule_operator_added(const struct place *at, const struct abi_value *v)
{
    struct alt alt = alt_of(at);
    alt_apply_registered(&alt, v[0].address);
}

static void rule_operator_registered(const struct place *at, const struct abi_value *v)
{
    (void)v;
    struct alt alt = alt_of(at);
    alt_accrue(at, &alt);
}

static void rule_frozen(const struct place *at, const struct abi_value *v)
{
    struct alt alt = alt_of(at);
    alt_accrue(at, &alt);
    alt_apply_frozen(&alt, v[0].address);
}

/* uint16 and uint40 always fit. */
static int64_t small(struct amount v)
{
    uint64_t n = 0;
    return amount_to_u64(v, &n) == OK && n <= INT64_MAX ? (int64_t)n : INT64_MAX;
}

static void rule_operator_fee(const struct place *at, const struct abi_value *v)
{
    struct alt alt = alt_of(at);
    alt_apply_fee_bps(&alt, v[0].address, (int32_t)small(v[1].number));
}

static void rule_pending_operator_fee(const struct place *at, const struct abi_value *v)
{
    struct alt alt = alt_of(at);
    alt_apply_pending_fee(&alt, v[0].address, (int32_t)small(v[1].number), small(v[2].number));
}

static void put(const struct place *at, enum alt_setting setting, struct amount value)
{
    struct alt alt = alt_of(at);
    alt_setting_put(&alt, setting, value);
}

static void rule_protocol_fee(const struct place *at, const struct abi_value *v)
{
    put(at, ALT_PROTOCOL_FEE_BPS, v[0].number);
}

static void rule_pending_protocol_fee(const struct place *at, const struct abi_value *v)
{
    put(at, ALT_PENDING_PROTOCOL_FEE_BPS, v[0].number);
    put(at, ALT_PROTOCOL_FEE_COOLDOWN_END, v[1].number);
}

static void rule_min_voting_stake(const struct place *at, const struct abi_value *v)
{
    put(at, ALT_MIN_VOTING_STAKE, v[0].number);
}

static void rule_cooldown_seconds(const struct place *at, const struct abi_value *v)
{
    put(at, ALT_COOLDOWN_SECONDS, v[0].number);
}

static void rule_operator_fee_seconds(const struct place *at, const struct abi_value *v)
{
    put(at, ALT_OPERATOR_FEE_COOLDOWN_SECONDS, v[0].number);
}

static void rule_protocol_fee_seconds(const struct place *at, const struct abi_value *v)
{
    put(at, ALT_PROTOCOL_FEE_COOLDOWN_SECONDS, v[0].number);
}

static void rule_expiry_duration(const struct place *at, const struct abi_value *v)
{
    put(at, ALT_EXPIRY_DURATION, v[0].number);
}

static void rule_node_key(const struct place *at, const struct abi_value *v)
{
    struct alt alt = alt_of(at);
    alt_apply_node_key(&alt, v[1].address, v[0].address);
}

static void rule_node_key_removed(const struct place *at, const struct abi_value *v)
{
    struct alt alt = alt_of(at);
    alt_apply_node_key(&alt, v[1].address, address_zero);
}

static void rule_voted(const struct place *at, const struct abi_value *v)
{
    struct alt alt = alt_of(at);
    alt_apply_vote(&alt, abi_hash(&v[0]), v[1].address, v[2].number, !amount_is_zero(v[3].number));
}

static void rule_alert_removed(const struct place *at, const struct abi_value *v)
{
    struct alt alt = alt_of(at);
    alt_apply_alert_removed(&alt, abi_hash(&v[0]));
}

const struct rule_row rules_alt_staking[] = {
    {GROUP, "Stake(address,address,address,uint256)", rule_stake},
    {GROUP, "Unstake(address,address,address,uint256)", rule_unstake},
    {GROUP, "CooldownToUnstake(address,address,uint256)", rule_cooldown},
    {GROUP, "OperatorAdded(address,address)", rule_operator_added},
    {GROUP, "OperatorRegistered(address)", rule_operator_registered},
    {GROUP, "Frozen(address,address)", rule_frozen},
    {GROUP, "SetOperatorFeeBPS(address,uint16)", rule_operator_fee},
    {GROUP, "CooldownToUpdateOperatorFee(address,uint16,uint40)", rule_pending_operator_fee},
    {GROUP, "SetProtocolFeeBPS(uint16)", rule_protocol_fee},
    {GROUP, "CooldownToUpdateProtocolFee(uint16,uint40)", rule_pending_protocol_fee},
    {GROUP, "SetMinVotingStake(uint256)", rule_min_voting_stake},
    {GROUP, "SetCooldownSecForUnstaking(uint40)", rule_cooldown_seconds},
    {GROUP, "SetCooldownSecForOperatorFee(uint40)", rule_operator_fee_seconds},
    {GROUP, "SetCooldownSecForProtocolFee(uint40)", rule_protocol_fee_seconds},
    {GROUP, "ExpiryDurationUpdated(uint16,address)", rule_expiry_duration},
    {GROUP, "NodeKeyAuthenticated(address,address)", rule_node_key},
    {GROUP, "NodeKeyRemoved(address,address)", rule_node_key_removed},
    {GROUP, "AlertVoted(bytes32,address,uint128,bool)", rule_voted},
    {GROUP, "AlertRemoved(bytes32,address)", rule_alert_removed},
    {0},
};
