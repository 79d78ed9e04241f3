/* ledger/slash.c - see slash.h. */
#include "ledger/slash.h"

static const struct record slash_record =
    RECORD(slash_row, FIELD(slash_row, operator), FIELD(slash_row, avs), FIELD(slash_row, operator_set),
           FIELD(slash_row, position), FIELD(slash_row, log_index), FIELD(slash_row, items), FIELD(slash_row, slash_id),
           FIELD(slash_row, recipient), FIELD(slash_row, description));
const struct timeline_def slash_timeline = {"slash", &slash_record, 3, 48, 0x33, false};

static const struct record slash_strategy_record =
    RECORD(slash_strategy_row, FIELD(slash_strategy_row, operator), FIELD(slash_strategy_row, strategy),
           FIELD(slash_strategy_row, position), FIELD(slash_strategy_row, log_index), FIELD(slash_strategy_row, avs),
           FIELD(slash_strategy_row, operator_set), FIELD(slash_strategy_row, item),
           FIELD(slash_strategy_row, wad_slashed), FIELD(slash_strategy_row, magnitude_before),
           FIELD(slash_strategy_row, magnitude_after), FIELD(slash_strategy_row, live_shares),
           FIELD(slash_strategy_row, total_shares));
const struct timeline_def slash_strategy_timeline = {"slash_strategy", &slash_strategy_record, 2, 40, 0x34, false};
