/* ledger/reward_rows.c - the timelines of rewards: their columns, keys and type bytes in block roots. */
#include "ledger/reward.h"
#include "ledger/reward_day.h"

static const struct record submission_record =
    RECORD(reward_submission_row, FIELD(reward_submission_row, submission), FIELD(reward_submission_row, position),
           FIELD(reward_submission_row, log_index), FIELD(reward_submission_row, kind),
           FIELD(reward_submission_row, distributor), FIELD(reward_submission_row, submitter),
           FIELD(reward_submission_row, avs), FIELD(reward_submission_row, operator_set),
           FIELD(reward_submission_row, nonce), FIELD(reward_submission_row, token),
           FIELD(reward_submission_row, amount), FIELD(reward_submission_row, start_time),
           FIELD(reward_submission_row, duration), FIELD(reward_submission_row, day),
           FIELD(reward_submission_row, description));
const struct timeline_def reward_submission_timeline = {"reward_submission", &submission_record, 1, 32, 0x90, false};

static const struct record strategy_record =
    RECORD(reward_strategy_row, FIELD(reward_strategy_row, submission), FIELD(reward_strategy_row, item),
           FIELD(reward_strategy_row, position), FIELD(reward_strategy_row, log_index),
           FIELD(reward_strategy_row, strategy), FIELD(reward_strategy_row, multiplier));
const struct timeline_def reward_strategy_timeline = {"reward_strategy", &strategy_record, 2, 40, 0x91, false};

static const struct record operator_record =
    RECORD(reward_operator_row, FIELD(reward_operator_row, submission), FIELD(reward_operator_row, item),
           FIELD(reward_operator_row, position), FIELD(reward_operator_row, log_index),
           FIELD(reward_operator_row, operator), FIELD(reward_operator_row, amount));
const struct timeline_def reward_operator_timeline = {"reward_operator", &operator_record, 2, 40, 0x92, false};

static const struct record split_record =
    RECORD(reward_split_row, FIELD(reward_split_row, operator), FIELD(reward_split_row, avs),
           FIELD(reward_split_row, operator_set), FIELD(reward_split_row, distributor),
           FIELD(reward_split_row, position), FIELD(reward_split_row, log_index), FIELD(reward_split_row, activated_at),
           FIELD(reward_split_row, old_bips), FIELD(reward_split_row, new_bips), FIELD(reward_split_row, first));
const struct timeline_def reward_split_timeline = {"reward_split", &split_record, 4, 68, 0x93, false};

static const struct record setting_record =
    RECORD(reward_setting_row, FIELD(reward_setting_row, setting), FIELD(reward_setting_row, distributor),
           FIELD(reward_setting_row, position), FIELD(reward_setting_row, log_index), FIELD(reward_setting_row, number),
           FIELD(reward_setting_row, address));
const struct timeline_def reward_setting_timeline = {"reward_setting", &setting_record, 2, 28, 0x94, false};

static const struct record permission_record =
    RECORD(reward_permission_row, FIELD(reward_permission_row, permission), FIELD(reward_permission_row, distributor),
           FIELD(reward_permission_row, account), FIELD(reward_permission_row, position),
           FIELD(reward_permission_row, log_index), FIELD(reward_permission_row, granted));
const struct timeline_def reward_permission_timeline = {"reward_permission", &permission_record, 3, 48, 0x95, false};

static const struct record claimer_record =
    RECORD(reward_claimer_row, FIELD(reward_claimer_row, earner), FIELD(reward_claimer_row, distributor),
           FIELD(reward_claimer_row, position), FIELD(reward_claimer_row, log_index),
           FIELD(reward_claimer_row, claimer));
const struct timeline_def reward_claimer_timeline = {"reward_claimer", &claimer_record, 2, 40, 0x96, false};

static const struct record root_record =
    RECORD(reward_root_row, FIELD(reward_root_row, root_index), FIELD(reward_root_row, distributor),
           FIELD(reward_root_row, position), FIELD(reward_root_row, log_index), FIELD(reward_root_row, root),
           FIELD(reward_root_row, end_time), FIELD(reward_root_row, activated_at), FIELD(reward_root_row, disabled));
const struct timeline_def reward_root_timeline = {"reward_root", &root_record, 2, 28, 0x97, false};

static const struct record claim_record = RECORD(reward_claim_row, FIELD(reward_claim_row, earner),
                                                 FIELD(reward_claim_row, token), FIELD(reward_claim_row, distributor),
                                                 FIELD(reward_claim_row, position), FIELD(reward_claim_row, log_index),
                                                 FIELD(reward_claim_row, root), FIELD(reward_claim_row, claimer),
                                                 FIELD(reward_claim_row, recipient), FIELD(reward_claim_row, amount));
const struct timeline_def reward_claim_timeline = {"reward_claim", &claim_record, 3, 60, 0x98, false};

static const struct record day_record = RECORD(reward_day_row, FIELD(reward_day_row, day),
                                               FIELD(reward_day_row, position), FIELD(reward_day_row, log_index),
                                               FIELD(reward_day_row, next_day), FIELD(reward_day_row, last_block));
const struct timeline_def reward_day_timeline = {"reward_day", &day_record, 1, 8, 0x99, false};

static const struct record distribution_record =
    RECORD(reward_distribution_row, FIELD(reward_distribution_row, day), FIELD(reward_distribution_row, distributor),
           FIELD(reward_distribution_row, position), FIELD(reward_distribution_row, log_index),
           FIELD(reward_distribution_row, snapshot_block), FIELD(reward_distribution_row, root),
           FIELD(reward_distribution_row, earners), FIELD(reward_distribution_row, pools),
           FIELD(reward_distribution_row, payouts));
const struct timeline_def reward_distribution_timeline =
    {"reward_distribution", &distribution_record, 2, 28, 0x9a, false};

static const struct record pool_record =
    RECORD(reward_pool_row, FIELD(reward_pool_row, submission), FIELD(reward_pool_row, day),
           FIELD(reward_pool_row, position), FIELD(reward_pool_row, log_index), FIELD(reward_pool_row, distributor),
           FIELD(reward_pool_row, token), FIELD(reward_pool_row, paid_day), FIELD(reward_pool_row, days),
           FIELD(reward_pool_row, snapshot_block), FIELD(reward_pool_row, reason), FIELD(reward_pool_row, tokens),
           FIELD(reward_pool_row, weight), FIELD(reward_pool_row, operators), FIELD(reward_pool_row, payouts),
           FIELD(reward_pool_row, paid), FIELD(reward_pool_row, refund), FIELD(reward_pool_row, burned),
           FIELD(reward_pool_row, remainder), FIELD(reward_pool_row, rest));
const struct timeline_def reward_pool_timeline = {"reward_pool", &pool_record, 2, 40, 0x9b, false};

static const struct record share_record =
    RECORD(reward_share_row, FIELD(reward_share_row, submission), FIELD(reward_share_row, day),
           FIELD(reward_share_row, operator), FIELD(reward_share_row, position), FIELD(reward_share_row, log_index),
           FIELD(reward_share_row, weight), FIELD(reward_share_row, tokens), FIELD(reward_share_row, split_bips),
           FIELD(reward_share_row, commission), FIELD(reward_share_row, stake_weight), FIELD(reward_share_row, stakers),
           FIELD(reward_share_row, paid), FIELD(reward_share_row, remainder));
const struct timeline_def reward_share_timeline = {"reward_share", &share_record, 3, 60, 0x9c, false};
