/* ledger/stake.c - see stake.h. */
#include "ledger/stake.h"

static const struct record operator_record = RECORD(operator_row, FIELD(operator_row, operator),
                                                    FIELD(operator_row, position), FIELD(operator_row, log_index),
                                                    FIELD(operator_row, approver));
const struct timeline_def operator_timeline = {"operator", &operator_record, 1, 20, 0x20, false};

static const struct record delegation_record = RECORD(delegation_row, FIELD(delegation_row, staker),
                                                      FIELD(delegation_row, position), FIELD(delegation_row, log_index),
                                                      FIELD(delegation_row, operator));
const struct timeline_def delegation_timeline = {"delegation", &delegation_record, 1, 20, 0x21, false};

static const struct record scaling_factor_record =
    RECORD(scaling_factor_row, FIELD(scaling_factor_row, staker), FIELD(scaling_factor_row, strategy),
           FIELD(scaling_factor_row, position), FIELD(scaling_factor_row, log_index),
           FIELD(scaling_factor_row, factor));
const struct timeline_def scaling_factor_timeline = {"scaling_factor", &scaling_factor_record, 2, 40, 0x22, false};

static const struct record deposit_doubt_record =
    RECORD(deposit_doubt_row, FIELD(deposit_doubt_row, staker), FIELD(deposit_doubt_row, strategy),
           FIELD(deposit_doubt_row, position), FIELD(deposit_doubt_row, log_index), FIELD(deposit_doubt_row, most));
const struct timeline_def deposit_doubt_timeline = {"deposit_doubt", &deposit_doubt_record, 2, 40, 0x23, false};

static const struct record beacon_factor_record =
    RECORD(beacon_factor_row, FIELD(beacon_factor_row, staker), FIELD(beacon_factor_row, position),
           FIELD(beacon_factor_row, log_index), FIELD(beacon_factor_row, factor));
const struct timeline_def beacon_factor_timeline = {"beacon_factor", &beacon_factor_record, 1, 20, 0x24, false};

static const struct record avs_registration_record =
    RECORD(avs_registration_row, FIELD(avs_registration_row, operator), FIELD(avs_registration_row, avs),
           FIELD(avs_registration_row, position), FIELD(avs_registration_row, log_index),
           FIELD(avs_registration_row, registered));
const struct timeline_def avs_registration_timeline =
    {"avs_registration", &avs_registration_record, 2, 40, 0x2d, false};

static const struct record strategy_token_record =
    RECORD(strategy_token_row, FIELD(strategy_token_row, strategy), FIELD(strategy_token_row, position),
           FIELD(strategy_token_row, log_index), FIELD(strategy_token_row, token));
const struct timeline_def strategy_token_timeline = {"strategy_token", &strategy_token_record, 1, 20, 0x31, false};

static const struct record strategy_rate_record =
    RECORD(strategy_rate_row, FIELD(strategy_rate_row, strategy), FIELD(strategy_rate_row, position),
           FIELD(strategy_rate_row, log_index), FIELD(strategy_rate_row, rate));
const struct timeline_def strategy_rate_timeline = {"strategy_rate", &strategy_rate_record, 1, 20, 0x32, false};

enum err wad_mul(struct amount x, struct amount y, struct amount *out)
{
    return amount_mul_div_floor(x, y, amount_wad, out);
}

enum err wad_div(struct amount x, struct amount y, struct amount *out)
{
    return amount_mul_div_floor(x, amount_wad, y, out);
}
