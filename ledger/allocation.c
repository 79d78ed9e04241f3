/* ledger/allocation.c - see allocation.h. */
#include "ledger/allocation.h"

static const struct record max_magnitude_record =
    RECORD(max_magnitude_row, FIELD(max_magnitude_row, operator), FIELD(max_magnitude_row, strategy),
           FIELD(max_magnitude_row, position), FIELD(max_magnitude_row, log_index),
           FIELD(max_magnitude_row, magnitude));
const struct timeline_def max_magnitude_timeline = {"max_magnitude", &max_magnitude_record, 2, 40, 0x25, true};

static const struct record encumbered_magnitude_record =
    RECORD(encumbered_magnitude_row, FIELD(encumbered_magnitude_row, operator),
           FIELD(encumbered_magnitude_row, strategy), FIELD(encumbered_magnitude_row, position),
           FIELD(encumbered_magnitude_row, log_index), FIELD(encumbered_magnitude_row, magnitude));
const struct timeline_def encumbered_magnitude_timeline =
    {"encumbered_magnitude", &encumbered_magnitude_record, 2, 40, 0x26, false};

static const struct record allocation_record =
    RECORD(allocation_row, FIELD(allocation_row, operator), FIELD(allocation_row, avs),
           FIELD(allocation_row, operator_set), FIELD(allocation_row, strategy), FIELD(allocation_row, position),
           FIELD(allocation_row, log_index), FIELD(allocation_row, current), FIELD(allocation_row, pending),
           FIELD(allocation_row, effect_block));
const struct timeline_def allocation_timeline = {"allocation", &allocation_record, 4, 68, 0x27, false};

static const struct record allocation_delay_record =
    RECORD(allocation_delay_row, FIELD(allocation_delay_row, operator), FIELD(allocation_delay_row, position),
           FIELD(allocation_delay_row, log_index), FIELD(allocation_delay_row, delay),
           FIELD(allocation_delay_row, pending), FIELD(allocation_delay_row, effect_block));
const struct timeline_def allocation_delay_timeline =
    {"allocation_delay", &allocation_delay_record, 1, 20, 0x28, false};

static const struct record operator_set_record =
    RECORD(operator_set_row, FIELD(operator_set_row, operator_set), FIELD(operator_set_row, avs),
           FIELD(operator_set_row, position), FIELD(operator_set_row, log_index), FIELD(operator_set_row, recipient));
const struct timeline_def operator_set_timeline = {"operator_set", &operator_set_record, 2, 28, 0x29, false};

static const struct record operator_set_strategy_record =
    RECORD(operator_set_strategy_row, FIELD(operator_set_strategy_row, avs), FIELD(operator_set_strategy_row, strategy),
           FIELD(operator_set_strategy_row, operator_set), FIELD(operator_set_strategy_row, position),
           FIELD(operator_set_strategy_row, log_index), FIELD(operator_set_strategy_row, included));
const struct timeline_def operator_set_strategy_timeline =
    {"operator_set_strategy", &operator_set_strategy_record, 3, 48, 0x2a, false};

static const struct record operator_set_member_record =
    RECORD(operator_set_member_row, FIELD(operator_set_member_row, operator), FIELD(operator_set_member_row, avs),
           FIELD(operator_set_member_row, operator_set), FIELD(operator_set_member_row, position),
           FIELD(operator_set_member_row, log_index), FIELD(operator_set_member_row, registered),
           FIELD(operator_set_member_row, slashable_until));
const struct timeline_def operator_set_member_timeline =
    {"operator_set_member", &operator_set_member_record, 3, 48, 0x2b, false};

static const struct record slasher_record =
    RECORD(slasher_row, FIELD(slasher_row, operator_set), FIELD(slasher_row, avs), FIELD(slasher_row, position),
           FIELD(slasher_row, log_index), FIELD(slasher_row, slasher), FIELD(slasher_row, effect_block));
const struct timeline_def slasher_timeline = {"slasher", &slasher_record, 2, 28, 0x2c, false};
