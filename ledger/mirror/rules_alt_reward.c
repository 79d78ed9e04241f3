/* ledger/mirror/rules_alt_reward.c - which events of ALT's own staking change rewards, and who their neighbours say was paid. */
#include "ledger/alt_claim.h"
#include "ledger/mirror/rules_alt.h"

#define GROUP ALT_GROUP

static void rule_distribution_index(const struct place *at, const struct abi_value *v)
{
    struct alt alt = alt_of(at);
    int32_t id;
    if (alt_see_distribution(&alt, v[0].number, &id))
        alt_apply_distribution_index(&alt, id, v[1].number);
}

/* protocolFee + operatorFee + userRewards */
static struct amount gross_of(const struct abi_value *fee)
{
    struct amount sum;
    if (amount_add(fee[2].number, fee[3].number, &sum) != OK || amount_add(sum, fee[4].number, &sum) != OK)
        return amount_max;
    return sum;
}

static void rule_user_index(const struct place *at, const struct abi_value *v)
{
    struct alt alt = alt_of(at);
    struct amount gross = amount_zero;
    int32_t id;
    size_t j = alt_next_log(at, at->i);
    if (j < at->block->n_logs && alt_log_is(at, j, GROUP ".CollectFee")) {
        const struct abi_value *fee = at->decoded[j].values;
        if (amount_compare(fee[0].number, v[0].number) == 0 && address_equal(fee[1].address, v[2].address))
            gross = gross_of(fee);
    }
    if (alt_see_distribution(&alt, v[0].number, &id))
        alt_apply_user_index(&alt, id, v[1].address, v[2].address, v[3].number, gross);
}

/* The Transfer of `value` to `to`, between this log and the contract's next in the transaction. */
static bool find_payment(const struct place *at, struct address to, struct amount value, struct alt_payer *out)
{
    for (size_t j = at->i + 1; place_same_tx(at, j) && at->decoded[j].contract != at->contract; j++) {
        const struct abi_value *t = at->decoded[j].values;
        if (!place_is(&at->decoded[j], "ERC20.Transfer") || !contract_is_erc20(at->decoded[j].contract->kind) ||
            !address_equal(t[1].address, to) || amount_compare(t[2].number, value) != 0)
            continue;
        *out = (struct alt_payer){at->block->logs[j].address, t[0].address};
        return true;
    }
    return false;
}

static void rule_collect_fee(const struct place *at, const struct abi_value *v)
{
    struct alt alt = alt_of(at);
    struct alt_payer payer;
    int32_t id;
    if (!alt_see_distribution(&alt, v[0].number, &id))
        return;
    alt_apply_fees(&alt, id, v[1].address, v[2].number, v[3].number);
    struct amount vault;
    uint8_t be[32];
    struct address protocol = address_zero;
    if (alt_setting_get(&alt, ALT_PROTOCOL_FEE_VAULT, &vault)) {
        amount_to_be(vault, be);
        memcpy(protocol.b, be + sizeof be - sizeof protocol.b, sizeof protocol.b);
    }
    if ((!amount_is_zero(v[2].number) && !address_is_zero(protocol) &&
         find_payment(at, protocol, v[2].number, &payer)) ||
        (!amount_is_zero(v[3].number) && find_payment(at, v[1].address, v[3].number, &payer)))
        alt_learn_payer(&alt, id, payer);
}

/* Of the distribution whose CollectFee is the contract's log before it. */
static void rule_accrued(const struct place *at, const struct abi_value *v)
{
    struct alt alt = alt_of(at);
    int32_t id;
    size_t j = at->i;
    while (j-- > 0 && place_same_tx(at, j))
        if (at->decoded[j].contract == at->contract)
            break;
    if (j >= at->i || !alt_log_is(at, j, GROUP ".CollectFee") ||
        !address_equal(at->decoded[j].values[1].address, v[1].address) ||
        amount_compare(at->decoded[j].values[4].number, v[2].number) != 0) {
        alt_inconsistent(&alt, "an accrual without its CollectFee was not booked");
        return;
    }
    if (alt_see_distribution(&alt, at->decoded[j].values[0].number, &id))
        alt_apply_accrued(&alt, id, v[0].address, v[1].address, v[2].number);
}

/* Whether no later log of the block changes what the staker can claim with the operator. */
static bool is_last_of_rewards(const struct place *at, struct address staker, struct address operator)
{
    for (size_t j = at->i + 1; j < at->block->n_logs; j++) {
        const struct abi_value *w = at->decoded[j].values;
        if ((alt_log_is(at, j, GROUP ".RewardsClaimed") && address_equal(w[0].address, staker) &&
             address_equal(w[2].address, operator)) ||
            (alt_log_is(at, j, GROUP ".RewardsAccrued") && address_equal(w[0].address, staker) &&
             address_equal(w[1].address, operator)))
            return false;
    }
    return true;
}

static void rule_claimed(const struct place *at, const struct abi_value *v)
{
    struct alt alt = alt_of(at);
    struct alt_payer payer;
    alt_accrue(at, &alt);
    bool has_payer = find_payment(at, v[1].address, v[3].number, &payer);
    alt_apply_claim(&alt, v[0].address, v[2].address, v[3].number, has_payer ? &payer : NULL,
                    is_last_of_rewards(at, v[0].address, v[2].address));
}

const struct rule_row rules_alt_reward[] = {
    {GROUP, "DistributionIndexUpdated(uint256,uint256)", rule_distribution_index},
    {GROUP, "UserIndexUpdated(uint256,address,address,uint256)", rule_user_index},
    {GROUP, "CollectFee(uint16,address,uint256,uint256,uint256)", rule_collect_fee},
    {GROUP, "RewardsAccrued(address,address,uint256)", rule_accrued},
    {GROUP, "RewardsClaimed(address,address,address,uint256)", rule_claimed},
    {0},
};
