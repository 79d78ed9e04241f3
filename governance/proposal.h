/* governance/proposal.h - proposals of on-chain governors: what they would do, and each event that moves their state.
 *
 * Source: OpenZeppelin Contracts 5.x, Governor.propose, queue, execute, cancel; GovernorPreventLateQuorum. Most changes of state emit
 * no event: the state at a block is computed on read (api_v1.proposal_at). Snapshot and deadline are timepoints of the governor's
 * clock (EIP-6372): block numbers or unix seconds. A proposal is known by its governor and the governor's own proposalId, which is
 * kept as 32 bytes, big endian. */
#ifndef GOVERNANCE_PROPOSAL_H
#define GOVERNANCE_PROPOSAL_H

#include "ledger/event.h"

enum governor_clock { CLOCK_BLOCK = 0, CLOCK_TIMESTAMP = 1 };

/* A proposal, as it was created (ProposalCreated). */
struct proposal_row {
    struct address governor;
    struct hash proposal_id;
    uint64_t position;
    int32_t log_index;
    struct hash id;       /* for the world; see proposal_canonical_id */
    struct amount number; /* proposal_id */
    struct address proposer;
    struct address token;    /* whose voting units count; zero: the network file names none */
    struct address timelock; /* of the network file, where no TimelockChange says another; zero: none */
    int16_t clock;           /* enum governor_clock */
    int64_t vote_start, vote_end;
    int64_t actions;
    struct hash operation; /* what GovernorTimelockControl calls it in its timelock */
    struct slice description;
};

/* One call that a proposal would make. */
struct proposal_action_row {
    int64_t item;
    struct address governor;
    struct hash proposal_id;
    uint64_t position;
    int32_t log_index;
    struct address target;
    struct amount value;
    struct slice signature, calldata;
};

/* What became of a proposal by events, all of them so far. */
struct proposal_step_row {
    struct address governor;
    struct hash proposal_id;
    uint64_t position;
    int32_t log_index;
    int64_t extended; /* deadline after ProposalExtended; 0: not extended */
    int64_t eta;      /* unix seconds (ProposalQueued); 0: not queued */
    bool executed, canceled;
};

/* What decides a proposal's ids: a proposal's calls and the hash of its description. */
struct proposal_content {
    const struct abi_value *targets, *values, *calldatas; /* arrays of one length */
    struct hash description;                              /* keccak256 */
};

/* Governor.hashProposal: keccak256(abi.encode(targets, values, calldatas, descriptionHash)). */
struct hash proposal_hash(const struct proposal_content *content);
/* GovernorTimelockControl: hashOperationBatch(targets, values, calldatas, 0, bytes20(governor) ^ descriptionHash). */
struct hash proposal_operation(const struct proposal_content *content, struct address governor);
/* keccak256(abi.encode(chain id, governor, proposalId, hashProposal)): derived from content alone, so that a proposal that a reorg moved to another
 * block keeps it, and another proposal under the same counted proposalId has another. */
struct hash proposal_canonical_id(uint64_t chain_id, struct address governor, struct amount number,
                                  struct hash content_hash);

/* The key of a proposal's timelines. */
struct proposal_key {
    struct address governor;
    struct hash proposal_id;
};
struct proposal_key proposal_key(struct address governor, struct amount number);

/* What no honest governor emits (arrays of unequal length, a time beyond 2^53) marks the governor inconsistent and is not booked.
 * Descriptions and calldata are any bytes; they are not kept in memory, so no rule may look a proposal or an action up. */
void proposal_apply_created(struct books *b, const struct event *e);
void proposal_apply_extended(struct books *b, struct address governor, struct amount number, struct amount deadline);
void proposal_apply_queued(struct books *b, struct address governor, struct amount number, struct amount eta);
void proposal_apply_executed(struct books *b, struct address governor, struct amount number);
void proposal_apply_canceled(struct books *b, struct address governor, struct amount number);

#endif
