/* governance/governor.c - see governor.h. */
#include "governance/governor.h"

static const struct record setting_record =
    RECORD(governance_setting_row, FIELD(governance_setting_row, setting), FIELD(governance_setting_row, contract),
           FIELD(governance_setting_row, position), FIELD(governance_setting_row, log_index),
           FIELD(governance_setting_row, value), FIELD(governance_setting_row, previous));
const struct timeline_def governance_setting_timeline = {"governance_setting", &setting_record, 2, 28, 0x80, false};

static const struct record timelock_record =
    RECORD(governor_timelock_row, FIELD(governor_timelock_row, governor), FIELD(governor_timelock_row, position),
           FIELD(governor_timelock_row, log_index), FIELD(governor_timelock_row, timelock));
const struct timeline_def governor_timelock_timeline = {"governor_timelock", &timelock_record, 1, 20, 0x81, false};

void governor_apply_setting(struct books *b, struct address contract, enum governance_setting setting,
                            struct amount previous, struct amount value)
{
    struct governance_setting_row row = {.setting = setting,
                                         .contract = contract,
                                         .value = value,
                                         .previous = previous};
    books_append(b, TIMELINE_GOVERNANCE_SETTING, &row);
}

void governor_apply_timelock(struct books *b, struct address governor, struct address timelock)
{
    struct governor_timelock_row row = {.governor = governor, .timelock = timelock};
    books_append(b, TIMELINE_GOVERNOR_TIMELOCK, &row);
}
