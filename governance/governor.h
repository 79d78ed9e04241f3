/* governance/governor.h - settings of governors and timelocks as they change, and which timelock executes for a governor.
 *
 * Source: OpenZeppelin Contracts 5.x, GovernorSettings, GovernorVotesQuorumFraction, GovernorVotesSuperQuorumFraction,
 * GovernorPreventLateQuorum, GovernorTimelockControl, TimelockController. Constructors say their settings by the same events. */
#ifndef GOVERNANCE_GOVERNOR_H
#define GOVERNANCE_GOVERNOR_H

#include "ledger/books.h"

/* Numbers that stand in ledger.governance_setting: never reused. Delays and periods of governors count units of the governor's clock,
 * those of timelocks are seconds; numerators are of 100. S(code, number, name) */
#define GOVERNANCE_SETTINGS(S)                                     \
    S(SETTING_VOTING_DELAY, 1, "voting_delay")                     \
    S(SETTING_VOTING_PERIOD, 2, "voting_period")                   \
    S(SETTING_PROPOSAL_THRESHOLD, 3, "proposal_threshold")         \
    S(SETTING_QUORUM_NUMERATOR, 4, "quorum_numerator")             \
    S(SETTING_SUPER_QUORUM_NUMERATOR, 5, "super_quorum_numerator") \
    S(SETTING_LATE_QUORUM_EXTENSION, 6, "late_quorum_extension")   \
    S(SETTING_MIN_DELAY, 7, "min_delay")

#define SETTING_ENUM(code, number, name) code = number,
enum governance_setting { GOVERNANCE_SETTINGS(SETTING_ENUM) };
#undef SETTING_ENUM

/* A setting of a governor or timelock. */
struct governance_setting_row {
    int64_t setting;
    struct address contract;
    uint64_t position;
    int32_t log_index;
    struct amount value;
    struct amount previous; /* as the event says: what held before, also where no earlier event was mirrored */
};

/* The timelock of a governor (TimelockChange); the zero address: none. */
struct governor_timelock_row {
    struct address governor;
    uint64_t position;
    int32_t log_index;
    struct address timelock;
};

void governor_apply_setting(struct books *b, struct address contract, enum governance_setting setting,
                            struct amount previous, struct amount value);
void governor_apply_timelock(struct books *b, struct address governor, struct address timelock);

#endif
