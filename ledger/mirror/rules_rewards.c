/* ledger/mirror/rules_rewards.c - EigenLayer rewards: which events of the RewardsCoordinator change which books. */
#include "ledger/mirror/rules.h"
#include "ledger/reward.h"

/* ---- submissions -------------------------------------------------------------------------------------------------- */

/* (address, amount)[] */
static void list(struct buffer *out, const struct abi_value *pairs)
{
    for (size_t i = 0; i < pairs->n_items; i++) {
        const struct abi_value *pair = pairs->items[i].items;
        struct reward_listed listed = {pair[0].address, pair[1].number};
        buffer_bytes(out, &listed, sizeof listed);
    }
}

/* RewardsSubmission {strategiesAndMultipliers; token; amount; startTimestamp; duration}; OperatorDirectedRewardsSubmission has
 * operatorRewards for the amount, and a description. */
static void submit(const struct place *at, struct reward_submission s, const struct abi_value *body)
{
    enum { STRATEGIES, TOKEN, AMOUNT, START, DURATION, DESCRIPTION, MEMBERS };
    const struct abi_value *v = body->items;
    AUTO_BUFFER strategies = {0}, operators = {0};
    list(&strategies, &v[STRATEGIES]);
    if (body->n_items == MEMBERS) {
        list(&operators, &v[AMOUNT]);
        s.description = v[DESCRIPTION].bytes;
    } else {
        s.amount = v[AMOUNT].number;
    }
    s.distributor = at->emitter;
    s.token = v[TOKEN].address;
    s.start_time = abi_u32(&v[START]);
    s.duration = abi_u32(&v[DURATION]);
    s.strategies = (struct reward_listed *)strategies.p;
    s.n_strategies = strategies.n / sizeof *s.strategies;
    s.operators = (struct reward_listed *)operators.p;
    s.n_operators = operators.n / sizeof *s.operators;
    reward_apply_submission(at->books, &s, books_day(at->books));
}

static void rule_avs(const struct place *at, const struct abi_value *v)
{
    submit(at,
           (struct reward_submission){.kind = REWARD_AVS,
                                      .hash = abi_hash(&v[2]),
                                      .submitter = v[0].address,
                                      .avs = v[0].address,
                                      .operator_set = REWARD_NO_SET,
                                      .nonce = v[1].number},
           &v[3]);
}

/* For nobody's service: (submitter, nonce, hash, submission) */
static void submit_common(const struct place *at, enum reward_kind kind, const struct abi_value *v)
{
    submit(at,
           (struct reward_submission){.kind = kind,
                                      .hash = abi_hash(&v[2]),
                                      .submitter = v[0].address,
                                      .operator_set = REWARD_NO_SET,
                                      .nonce = v[1].number},
           &v[3]);
}

static void rule_for_all(const struct place *at, const struct abi_value *v)
{
    submit_common(at, REWARD_FOR_ALL, v);
}

static void rule_all_earners(const struct place *at, const struct abi_value *v)
{
    submit_common(at, REWARD_ALL_EARNERS, v);
}

static void rule_directed_avs(const struct place *at, const struct abi_value *v)
{
    submit(at,
           (struct reward_submission){.kind = REWARD_DIRECTED_AVS,
                                      .hash = abi_hash(&v[2]),
                                      .submitter = v[0].address,
                                      .avs = v[1].address,
                                      .operator_set = REWARD_NO_SET,
                                      .nonce = v[3].number},
           &v[4]);
}

/* (caller, hash, OperatorSet {address avs; uint32 id}, nonce, submission) */
static void submit_for_set(const struct place *at, enum reward_kind kind, const struct abi_value *v)
{
    submit(at,
           (struct reward_submission){.kind = kind,
                                      .hash = abi_hash(&v[1]),
                                      .submitter = v[0].address,
                                      .avs = v[2].items[0].address,
                                      .operator_set = abi_u32(&v[2].items[1]),
                                      .nonce = v[3].number},
           &v[4]);
}

static void rule_directed_set(const struct place *at, const struct abi_value *v)
{
    submit_for_set(at, REWARD_DIRECTED_SET, v);
}

static void rule_unique_stake(const struct place *at, const struct abi_value *v)
{
    submit_for_set(at, REWARD_UNIQUE_STAKE, v);
}

static void rule_total_stake(const struct place *at, const struct abi_value *v)
{
    submit_for_set(at, REWARD_TOTAL_STAKE, v);
}

/* ---- splits: (caller, operator, for whom, activatedAt, old, new) --------------------------------------------------- */

static void rule_avs_split(const struct place *at, const struct abi_value *v)
{
    reward_apply_split(at->books, at->emitter, v[1].address, v[2].address, REWARD_NO_SET, abi_u32(&v[3]),
                       abi_u32(&v[4]), abi_u32(&v[5]));
}

static void rule_set_split(const struct place *at, const struct abi_value *v)
{
    reward_apply_split(at->books, at->emitter, v[1].address, v[2].items[0].address, abi_u32(&v[2].items[1]),
                       abi_u32(&v[3]), abi_u32(&v[4]), abi_u32(&v[5]));
}

static void rule_programmatic_split(const struct place *at, const struct abi_value *v)
{
    reward_apply_split(at->books, at->emitter, v[1].address, address_zero, REWARD_NO_SET, abi_u32(&v[2]),
                       abi_u32(&v[3]), abi_u32(&v[4]));
}

/* ---- settings: (old, new) ----------------------------------------------------------------------------------------- */

static void rule_activation_delay(const struct place *at, const struct abi_value *v)
{
    reward_apply_setting(at->books, at->emitter, REWARD_ACTIVATION_DELAY, v[1].number, address_zero);
}

static void rule_default_split(const struct place *at, const struct abi_value *v)
{
    reward_apply_setting(at->books, at->emitter, REWARD_DEFAULT_SPLIT, v[1].number, address_zero);
}

static void rule_updater(const struct place *at, const struct abi_value *v)
{
    reward_apply_setting(at->books, at->emitter, REWARD_UPDATER, amount_zero, v[1].address);
}

static void rule_fee_recipient(const struct place *at, const struct abi_value *v)
{
    reward_apply_setting(at->books, at->emitter, REWARD_FEE_RECIPIENT, amount_zero, v[1].address);
}

static void rule_global_commission(const struct place *at, const struct abi_value *v)
{
    reward_apply_setting(at->books, at->emitter, REWARD_GLOBAL_COMMISSION, v[1].number, address_zero);
}

/* ---- submitters and claimers: (who, old, new) ---------------------------------------------------------------------- */

static void rule_submits_for_all(const struct place *at, const struct abi_value *v)
{
    reward_apply_permission(at->books, at->emitter, v[0].address, REWARD_SUBMITS_FOR_ALL, !amount_is_zero(v[2].number));
}

static void rule_pays_protocol_fee(const struct place *at, const struct abi_value *v)
{
    reward_apply_permission(at->books, at->emitter, v[0].address, REWARD_PAYS_PROTOCOL_FEE,
                            !amount_is_zero(v[2].number));
}

static void rule_claimer(const struct place *at, const struct abi_value *v)
{
    reward_apply_claimer(at->books, at->emitter, v[0].address, v[2].address);
}

/* ---- roots and claims --------------------------------------------------------------------------------------------- */

static void rule_root(const struct place *at, const struct abi_value *v)
{
    reward_apply_root(at->books, at->emitter, abi_u32(&v[0]), abi_hash(&v[1]), abi_u32(&v[2]), abi_u32(&v[3]));
}

static void rule_root_disabled(const struct place *at, const struct abi_value *v)
{
    reward_apply_root_disabled(at->books, at->emitter, abi_u32(&v[0]));
}

static void rule_claimed(const struct place *at, const struct abi_value *v)
{
    reward_apply_claim(at->books, at->emitter, abi_hash(&v[0]), v[1].address, v[2].address, v[3].address, v[4].address,
                       v[5].number);
}

#define PLAIN    "((address,uint96)[],address,uint256,uint32,uint32))"
#define DIRECTED "((address,uint96)[],address,(address,uint256)[],uint32,uint32,string))"
const struct rule_row rules_rewards[] = {
    {"RewardsCoordinator", "AVSRewardsSubmissionCreated(address,uint256,bytes32," PLAIN, rule_avs},
    {"RewardsCoordinator", "RewardsSubmissionForAllCreated(address,uint256,bytes32," PLAIN, rule_for_all},
    {"RewardsCoordinator", "RewardsSubmissionForAllEarnersCreated(address,uint256,bytes32," PLAIN, rule_all_earners},
    {"RewardsCoordinator", "OperatorDirectedAVSRewardsSubmissionCreated(address,address,bytes32,uint256," DIRECTED,
     rule_directed_avs},
    {"RewardsCoordinator",
     "OperatorDirectedOperatorSetRewardsSubmissionCreated(address,bytes32,(address,uint32),uint256," DIRECTED,
     rule_directed_set},
    {"RewardsCoordinator", "UniqueStakeRewardsSubmissionCreated(address,bytes32,(address,uint32),uint256," PLAIN,
     rule_unique_stake},
    {"RewardsCoordinator", "TotalStakeRewardsSubmissionCreated(address,bytes32,(address,uint32),uint256," PLAIN,
     rule_total_stake},
    {"RewardsCoordinator", "OperatorAVSSplitBipsSet(address,address,address,uint32,uint16,uint16)", rule_avs_split},
    {"RewardsCoordinator", "OperatorSetSplitBipsSet(address,address,(address,uint32),uint32,uint16,uint16)",
     rule_set_split},
    {"RewardsCoordinator", "OperatorPISplitBipsSet(address,address,uint32,uint16,uint16)", rule_programmatic_split},
    {"RewardsCoordinator", "ActivationDelaySet(uint32,uint32)", rule_activation_delay},
    {"RewardsCoordinator", "DefaultOperatorSplitBipsSet(uint16,uint16)", rule_default_split},
    {"RewardsCoordinator", "RewardsUpdaterSet(address,address)", rule_updater},
    {"RewardsCoordinator", "FeeRecipientSet(address,address)", rule_fee_recipient},
    {"RewardsCoordinator", "GlobalCommissionBipsSet(uint16,uint16)", rule_global_commission},
    {"RewardsCoordinator", "RewardsForAllSubmitterSet(address,bool,bool)", rule_submits_for_all},
    {"RewardsCoordinator", "OptInForProtocolFeeSet(address,bool,bool)", rule_pays_protocol_fee},
    {"RewardsCoordinator", "ClaimerForSet(address,address,address)", rule_claimer},
    {"RewardsCoordinator", "DistributionRootSubmitted(uint32,bytes32,uint32,uint32)", rule_root},
    {"RewardsCoordinator", "DistributionRootDisabled(uint32)", rule_root_disabled},
    {"RewardsCoordinator", "RewardsClaimed(bytes32,address,address,address,address,uint256)", rule_claimed},
    {0},
};
