/* governance/handlers.c - see handlers.h: from the arguments of each event to what it does. */
#include "governance/handlers.h"

#include <string.h>

#include "governance/governor.h"
#include "governance/proposal.h"
#include "governance/timelock.h"
#include "governance/vote.h"

/* ---- settings ----------------------------------------------------------------------------------------------------- */

/* All of them are Event(old, new). */
#define SETTING_HANDLER(name, setting)                                                            \
    static void name(struct books *b, const struct event *e)                                      \
    {                                                                                             \
        governor_apply_setting(b, e->emitter, setting, e->values[0].number, e->values[1].number); \
    }
SETTING_HANDLER(on_voting_delay, SETTING_VOTING_DELAY)
SETTING_HANDLER(on_voting_period, SETTING_VOTING_PERIOD)
SETTING_HANDLER(on_proposal_threshold, SETTING_PROPOSAL_THRESHOLD)
SETTING_HANDLER(on_quorum_numerator, SETTING_QUORUM_NUMERATOR)
SETTING_HANDLER(on_super_quorum_numerator, SETTING_SUPER_QUORUM_NUMERATOR)
SETTING_HANDLER(on_late_quorum_extension, SETTING_LATE_QUORUM_EXTENSION)
SETTING_HANDLER(on_min_delay, SETTING_MIN_DELAY)

static void on_timelock_change(struct books *b, const struct event *e)
{
    governor_apply_timelock(b, e->emitter, e->values[1].address);
}

/* ---- proposals ---------------------------------------------------------------------------------------------------- */

static void on_extended(struct books *b, const struct event *e)
{
    proposal_apply_extended(b, e->emitter, e->values[0].number, e->values[1].number);
}

static void on_queued(struct books *b, const struct event *e)
{
    proposal_apply_queued(b, e->emitter, e->values[0].number, e->values[1].number);
}

static void on_executed(struct books *b, const struct event *e)
{
    proposal_apply_executed(b, e->emitter, e->values[0].number);
}

static void on_canceled(struct books *b, const struct event *e)
{
    proposal_apply_canceled(b, e->emitter, e->values[0].number);
}

/* ---- ballots ------------------------------------------------------------------------------------------------------ */

/* (voter, proposalId, support, weight[, reason[, params]]) */
static void on_ballot(struct books *b, const struct event *e, enum vote_kind kind, size_t n)
{
    const struct abi_value *v = e->values;
    static const struct slice none = {(const uint8_t *)"", 0};
    struct vote vote = {.kind = kind,
                        .voter = v[0].address,
                        .number = v[1].number,
                        .support = v[2].number,
                        .weight = v[3].number,
                        .reason = n > 4 ? v[4].bytes : none,
                        .params = n > 5 ? v[5].bytes : none};
    vote_apply(b, e->emitter, &vote);
}

static void on_vote(struct books *b, const struct event *e)
{
    on_ballot(b, e, VOTE_CAST, 5);
}

static void on_vote_with_params(struct books *b, const struct event *e)
{
    on_ballot(b, e, VOTE_CAST, 6);
}

static void on_override(struct books *b, const struct event *e)
{
    on_ballot(b, e, VOTE_OVERRIDE, 5);
}

static void on_reduced(struct books *b, const struct event *e)
{
    on_ballot(b, e, VOTE_REDUCED, 4);
}

/* ---- timelocks ---------------------------------------------------------------------------------------------------- */

static void on_call_salt(struct books *b, const struct event *e)
{
    timelock_apply_salt(b, e->emitter, abi_hash(&e->values[0]), abi_hash(&e->values[1]));
}

static void on_call_executed(struct books *b, const struct event *e)
{
    timelock_apply_executed(b, e->emitter, abi_hash(&e->values[0]));
}

static void on_call_canceled(struct books *b, const struct event *e)
{
    timelock_apply_canceled(b, e->emitter, abi_hash(&e->values[0]));
}

const struct event_handler_row governance_handlers[] = {
    {"Governor", "ProposalCreated(uint256,address,address[],uint256[],string[],bytes[],uint256,uint256,string)",
     proposal_apply_created},
    {"Governor", "ProposalQueued(uint256,uint256)", on_queued},
    {"Governor", "ProposalExecuted(uint256)", on_executed},
    {"Governor", "ProposalCanceled(uint256)", on_canceled},
    {"Governor", "VoteCast(address,uint256,uint8,uint256,string)", on_vote},
    {"Governor", "VoteCastWithParams(address,uint256,uint8,uint256,string,bytes)", on_vote_with_params},
    {"GovernorCountingOverridable", "OverrideVoteCast(address,uint256,uint8,uint256,string)", on_override},
    {"GovernorCountingOverridable", "VoteReduced(address,uint256,uint8,uint256)", on_reduced},
    {"GovernorPreventLateQuorum", "ProposalExtended(uint256,uint64)", on_extended},
    {"GovernorPreventLateQuorum", "LateQuorumVoteExtensionSet(uint64,uint64)", on_late_quorum_extension},
    {"GovernorSettings", "VotingDelaySet(uint256,uint256)", on_voting_delay},
    {"GovernorSettings", "VotingPeriodSet(uint256,uint256)", on_voting_period},
    {"GovernorSettings", "ProposalThresholdSet(uint256,uint256)", on_proposal_threshold},
    {"GovernorVotesQuorumFraction", "QuorumNumeratorUpdated(uint256,uint256)", on_quorum_numerator},
    {"GovernorVotesSuperQuorumFraction", "SuperQuorumNumeratorUpdated(uint256,uint256)", on_super_quorum_numerator},
    {"GovernorTimelockControl", "TimelockChange(address,address)", on_timelock_change},
    {"TimelockController", "CallScheduled(bytes32,uint256,address,uint256,bytes,bytes32,uint256)",
     timelock_apply_scheduled},
    {"TimelockController", "CallSalt(bytes32,bytes32)", on_call_salt},
    {"TimelockController", "CallExecuted(bytes32,uint256,address,uint256,bytes)", on_call_executed},
    {"TimelockController", "Cancelled(bytes32)", on_call_canceled},
    {"TimelockController", "MinDelayChange(uint256,uint256)", on_min_delay},
    {0},
};
