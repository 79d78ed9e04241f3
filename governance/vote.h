/* governance/vote.h - ballots cast on chain, and the running tally of each proposal.
 *
 * Source: OpenZeppelin Contracts 5.x, GovernorCountingSimple (support 0 against, 1 for, 2 abstain), GovernorCountingFractional
 * (support 255, params of three uint128), GovernorCountingOverridable (a delegate's ballot is reduced by what its delegator casts).
 * Weights are voting units of the governor's token. */
#ifndef GOVERNANCE_VOTE_H
#define GOVERNANCE_VOTE_H

#include "governance/proposal.h"

/* Kinds of rows in ledger.governor_vote: never reused. */
enum vote_kind {
    VOTE_CAST = 0,     /* VoteCast, VoteCastWithParams */
    VOTE_OVERRIDE = 1, /* OverrideVoteCast */
    VOTE_REDUCED = 2   /* VoteReduced: taken off the ballot of a delegate, the voter */
};

/* A ballot, or what was taken off one. Where counting is fractional a voter may cast several. */
struct governor_vote_row {
    struct address governor;
    struct hash proposal_id;
    struct address voter;
    uint64_t position;
    int32_t log_index;
    int16_t kind;
    int16_t support;
    struct amount weight;
    struct amount against_votes, for_votes, abstain_votes; /* what it added to the tally (reduced: took away) */
    struct slice reason, params;
};

/* What proposalVotes() answers. */
struct proposal_tally_row {
    struct address governor;
    struct hash proposal_id;
    uint64_t position;
    int32_t log_index;
    struct amount against_votes, for_votes, abstain_votes;
    int64_t ballots;   /* cast so far */
    int64_t uncounted; /* of these, such as no counting we know explains; not in the sums */
};

struct vote {
    enum vote_kind kind;
    struct address voter;
    struct amount number; /* the governor's proposalId */
    struct amount support, weight;
    struct slice reason, params;
};

/* Reasons and params are any bytes; they are not kept in memory, so no rule may look a ballot up. */
void vote_apply(struct books *b, struct address governor, const struct vote *vote);

#endif
