/* api/proposal_shape.h - the one shape of proposals, on-chain and off-chain: columns for each source, members for both.
 *
 * What does not apply to a source is null. Both lists of columns are in the order of PROPOSAL_MEMBERS, so that UNION ALL joins them.
 * snapshot and deadline: of an on-chain proposal timepoints of its governor's clock; of an off-chain one a block number and
 * unix seconds. */
#ifndef API_PROPOSAL_SHAPE_H
#define API_PROPOSAL_SHAPE_H

#include "api/offchain.h"

/* clang-format off */
/* A proposal p of ledger.proposal with its view v. */
#define SQL_ONCHAIN_PICKED                                                                                            \
    "p.governor, p.proposal_id, p.id, p.number, p.proposer, p.token, p.clock, p.description, p.position,"             \
    " p.log_index, v.*"
#define SQL_UNTIL_9999(seconds) "CASE WHEN " seconds " BETWEEN 1 AND 253402300799 THEN to_timestamp(" seconds ") END"
/* Of s (SQL_ONCHAIN_PICKED), its block h, its event e; z: nothing, of the types that off-chain members have. */
#define SQL_ONCHAIN_COLUMNS                                                                                           \
    " s.id::bytea, 'onchain'::text AS source, s.governor::bytea, s.number::numeric AS proposal_id, s.proposer::bytea," \
    " substr(s.description, 1, 4096) AS title, s.description, s.state, s.snapshot, s.deadline, s.eta, "               \
    SQL_UNTIL_9999("s.eta") " AS eta_time,"                                                                           \
    " json_build_array(s.against_votes::text, s.for_votes::text, s.abstain_votes::text)::text AS votes,"              \
    " s.quorum, s.quorum_reached, s.vote_succeeded, s.ballots, s.uncounted AS uncounted_ballots,"                     \
    " CASE s.clock WHEN 0 THEN 'block' ELSE 'timestamp' END AS clock, s.snapshot_position >> 32 AS snapshot_block,"   \
    " nullif(s.token, " SQL_ZERO_ADDRESS ") AS token, s.timelock, s.undetermined,"                                    \
    " s.position >> 32 AS block_number, h.time AS block_time, s.log_index, e.tx_hash::bytea,"                         \
    " h.time AS created, z.space, z.type, z.choices, z.scores, z.scores_total, z.voters, z.discussion, z.labels,"     \
    " z.plugins, z.app, z.version, z.starts, z.ends, z.closes, z.snapshot_block_hash, z.snapshot_finality,"           \
    " z.provisional, z.policy, z.outcome, z.final, z.recounting, z.canceled_by, z.rules, z.parameters, z.position"
#define SQL_ONCHAIN_DECORATED                                                                                         \
    " CROSS JOIN LATERAL (SELECT b.id, b.time FROM mirror.chain m JOIN mirror.block b ON b.id = m.block"              \
    "   WHERE m.number = s.position >> 32 LIMIT 1) h"                                                                 \
    " CROSS JOIN LATERAL (SELECT g.tx_hash FROM mirror.event g WHERE g.block = h.id AND g.log_index = s.log_index"    \
    "   LIMIT 1) e LEFT JOIN api_v1.offchain_shape(NULL, 0, NULL) z ON true"
/* An off-chain proposal in the same columns. */
#define SQL_OFFCHAIN_SHAPE(id) "api_v1.offchain_shape(" id ", g.size, g.moment)"
/* The order of lists of both sources: by time, in one second on-chain rows first. A cursor says how far each source was read: behind an
 * on-chain row the log as it was before that second, behind an off-chain one the chain as it was at the end of that second. So each
 * source has one index condition, and the two keys (position on chain, position in the log) order all rows. `order` as in SQL. */
#define SQL_LOG_BEHIND_ASC(time)    "api_v1.log_size_at(" time " - interval '1 second') - 1"
#define SQL_LOG_BEHIND_DESC(time)   "api_v1.log_size_at(" time " - interval '1 second')"
#define SQL_CHAIN_BEHIND_ASC(time)  "(coalesce(api_v1.number_at(" time "), -1) << 32 | 4294967295)"
#define SQL_CHAIN_BEHIND_DESC(time) "((coalesce(api_v1.number_at(" time "), -1) << 32 | 4294967295) + 1)"
/* clang-format on */

extern const struct member proposal_votes_members[], proposal_outcome_members[];
void proposal_write_title(struct json_writer *w, const struct rows *rows, size_t row, size_t column);
void proposal_write_votes(struct json_writer *w, const struct rows *rows, size_t row, size_t column);
void proposal_write_outcome(struct json_writer *w, const struct rows *rows, size_t row, size_t column);

#define OFFCHAIN_ONLY " Null: it is an on-chain one."
#define ONCHAIN_ONLY  " Null: it is an off-chain one."

#define PROPOSAL_MEMBERS_BOTH                                                                                         \
    {.name = "id",                                                                                                    \
     .type = T_HASH,                                                                                                  \
     .about =                                                                                                         \
         "On-chain: derived from chain, governor and content, a reorg does not change it; off-chain: the EIP-712 "    \
         "digest of the message that made it."},                                                                      \
        {.name = "source", .type = T_TEXT, .about = "onchain or offchain."},                                          \
        {.name = "governor", .type = T_ADDRESS, .nullable = true, .about = "The governor." ONCHAIN_ONLY},             \
        {.name = "proposal_id",                                                                                       \
         .type = T_AMOUNT,                                                                                            \
         .nullable = true,                                                                                            \
         .about = "The governor's own proposalId." ONCHAIN_ONLY},                                                     \
        {.name = "proposer", .type = T_ADDRESS, .about = "Who proposed it."},                                         \
        {.name = "title",                                                                                             \
         .type = T_TEXT,                                                                                              \
         .write = proposal_write_title,                                                                               \
         .about = "On-chain: the first line of the description; without marks that hide or reorder text."},           \
        {.name = "description",                                                                                       \
         .type = T_TEXT,                                                                                              \
         .write = proposal_write_text,                                                                                \
         .about = "As it was proposed (off-chain: the body): hostile text."},                                         \
        {.name = "state",                                                                                             \
         .type = T_TEXT,                                                                                              \
         .nullable = true,                                                                                            \
         .about = "What state() answers: pending active canceled defeated succeeded queued expired executed "         \
                  "(off-chain: the first five); null: see undetermined."},                                            \
        {.name = "snapshot",                                                                                          \
         .type = T_U64,                                                                                               \
         .about = "proposalSnapshot: units at this timepoint of the governor's clock count, and voting begins after " \
                  "it. Off-chain: the number of the block at whose end power is read."},                              \
        {.name = "deadline",                                                                                          \
         .type = T_U64,                                                                                               \
         .about = "proposalDeadline: the last timepoint of the vote, extended or not. Off-chain: the last second of " \
                  "the vote, unix seconds."},                                                                         \
        {.name = "eta", .type = T_U64, .about = "proposalEta, unix seconds; 0: not queued."},                         \
        {.name = "eta_time", .type = T_TIME, .nullable = true, .about = "The same as a time; null: not queued."},     \
        {.name = "votes",                                                                                             \
         .nest = NEST_OBJECT,                                                                                         \
         .nullable = true,                                                                                            \
         .members = proposal_votes_members,                                                                           \
         .write = proposal_write_votes,                                                                               \
         .about = "What proposalVotes answers. Off-chain: the scores of basic voting; null: of another type."},       \
        {.name = "quorum",                                                                                            \
         .type = T_AMOUNT,                                                                                            \
         .nullable = true,                                                                                            \
         .about = "What quorum(snapshot) answers; null before the snapshot is past, or if no event tells it. "        \
                  "Off-chain: as the space's parameters say."},                                                       \
        {.name = "quorum_reached",                                                                                    \
         .type = T_BOOL,                                                                                              \
         .nullable = true,                                                                                            \
         .about = "For + abstain reach the quorum. Off-chain: the power of all who voted does."},                     \
        {.name = "vote_succeeded",                                                                                    \
         .type = T_BOOL,                                                                                              \
         .nullable = true,                                                                                            \
         .about = "More for than against. Off-chain, of other types than basic: one choice has the most."},           \
        {.name = "ballots",                                                                                           \
         .type = T_U64,                                                                                               \
         .nullable = true,                                                                                            \
         .about = "Ballots cast so far, superseded ones too; null while they are counted anew."},                     \
        {.name = "uncounted_ballots",                                                                                 \
         .type = T_U64,                                                                                               \
         .about = "Of these, in a form that no known counting explains; not in the votes."},                          \
        {.name = "clock",                                                                                             \
         .type = T_TEXT,                                                                                              \
         .nullable = true,                                                                                            \
         .about = "What snapshot and deadline count: block or timestamp (EIP-6372)." ONCHAIN_ONLY},                   \
        {.name = "snapshot_block",                                                                                    \
         .type = T_U64,                                                                                               \
         .nullable = true,                                                                                            \
         .about = "The last block at or before the snapshot; null before it is past."},                               \
        {.name = "token", .type = T_ADDRESS, .nullable = true, .about = "Whose units count." ONCHAIN_ONLY},           \
        {.name = "timelock", .type = T_ADDRESS, .nullable = true, .about = "Who executes for the governor."},         \
        {.name = "undetermined",                                                                                      \
         .type = T_TEXT,                                                                                              \
         .nullable = true,                                                                                            \
         .about =                                                                                                     \
             "Why the state is null: block-time-unknown, quorum-unknown, counting-unknown, timelock-not-mirrored; "   \
             "recounting."},                                                                                          \
        {.name = "block_number",                                                                                      \
         .type = T_U64,                                                                                               \
         .nullable = true,                                                                                            \
         .about = "The block it was proposed in." ONCHAIN_ONLY},                                                      \
        {.name = "block_time", .type = T_TIME, .nullable = true, .about = "Time of that block." ONCHAIN_ONLY},        \
        {.name = "log_index", .type = T_U64, .nullable = true, .about = "Its log in that block." ONCHAIN_ONLY},       \
        {.name = "tx_hash", .type = T_HASH, .nullable = true, .about = "The transaction." ONCHAIN_ONLY},              \
    {                                                                                                                 \
        .name = "created", .type = T_TIME, .about = "The time of its block; off-chain: when it was accepted."         \
    }

#define PROPOSAL_MEMBERS_OFFCHAIN                                                                                      \
    {.name = "space", .type = T_TEXT, .nullable = true, .about = "Its space." OFFCHAIN_ONLY},                          \
        {.name = "type",                                                                                               \
         .type = T_TEXT,                                                                                               \
         .nullable = true,                                                                                             \
         .write = offchain_write_type,                                                                                 \
         .about = "basic single-choice approval weighted quadratic ranked-choice copeland." OFFCHAIN_ONLY},            \
        {.name = "choices",                                                                                            \
         .type = T_TEXT,                                                                                               \
         .nest = NEST_SCALARS,                                                                                         \
         .nullable = true,                                                                                             \
         .write = offchain_write_texts,                                                                                \
         .about = "What can be chosen, numbered from 1." OFFCHAIN_ONLY},                                               \
        {.name = "scores",                                                                                             \
         .type = T_TOTAL,                                                                                              \
         .nest = NEST_SCALARS,                                                                                         \
         .nullable = true,                                                                                             \
         .write = offchain_write_scores,                                                                               \
         .about = "The score of each choice; null also while it is counted anew." OFFCHAIN_ONLY},                      \
        {.name = "scores_total",                                                                                       \
         .type = T_TOTAL,                                                                                              \
         .nullable = true,                                                                                             \
         .about = "Power of all ballots that count; null also while it is counted anew." OFFCHAIN_ONLY},               \
        {.name = "voters",                                                                                             \
         .type = T_U64,                                                                                                \
         .nullable = true,                                                                                             \
         .about = "Ballots that count; null also while they are counted anew." OFFCHAIN_ONLY},                         \
        {.name = "discussion", .type = T_TEXT, .nullable = true, .about = "Where it is discussed." OFFCHAIN_ONLY},     \
        {.name = "labels",                                                                                             \
         .type = T_TEXT,                                                                                               \
         .nest = NEST_SCALARS,                                                                                         \
         .nullable = true,                                                                                             \
         .write = offchain_write_texts,                                                                                \
         .about = "Labels." OFFCHAIN_ONLY},                                                                            \
        {.name = "plugins", .type = T_TEXT, .nullable = true, .about = "As they were signed." OFFCHAIN_ONLY},          \
        {.name = "app", .type = T_TEXT, .nullable = true, .about = "What it was made with." OFFCHAIN_ONLY},            \
        {.name = "version", .type = T_U64, .nullable = true, .about = "Its version, from 1." OFFCHAIN_ONLY},           \
        {.name = "starts",                                                                                             \
         .type = T_TIME,                                                                                               \
         .nullable = true,                                                                                             \
         .about = "First second whose ballots count." OFFCHAIN_ONLY},                                                  \
        {.name = "ends", .type = T_TIME, .nullable = true, .about = "Last second whose ballots count." OFFCHAIN_ONLY}, \
        {.name = "closes",                                                                                             \
         .type = T_TIME,                                                                                               \
         .nullable = true,                                                                                             \
         .about = "Until when ballots of that time are still taken." OFFCHAIN_ONLY},                                   \
        {.name = "snapshot_block_hash",                                                                                \
         .type = T_HASH,                                                                                               \
         .nullable = true,                                                                                             \
         .about = "Hash of the snapshot block; null also if its header is not stored." OFFCHAIN_ONLY},                 \
        {.name = "snapshot_finality",                                                                                  \
         .type = T_TEXT,                                                                                               \
         .nullable = true,                                                                                             \
         .write = offchain_write_finality,                                                                             \
         .about = "Of the snapshot block: latest, safe, finalized." OFFCHAIN_ONLY},                                    \
        {.name = "provisional",                                                                                        \
         .type = T_BOOL,                                                                                               \
         .nullable = true,                                                                                             \
         .about = "The snapshot block is not finalized: a reorg may change every power." OFFCHAIN_ONLY},               \
        {.name = "policy",                                                                                             \
         .type = T_TEXT,                                                                                               \
         .nullable = true,                                                                                             \
         .write = offchain_write_policy,                                                                               \
         .about = "What counts as power." OFFCHAIN_ONLY},                                                              \
        {.name = "outcome",                                                                                            \
         .nest = NEST_OBJECT,                                                                                          \
         .nullable = true,                                                                                             \
         .members = proposal_outcome_members,                                                                          \
         .write = proposal_write_outcome,                                                                              \
         .about = "What the scores say so far; null also while they are counted anew." OFFCHAIN_ONLY},                 \
        {.name = "final",                                                                                              \
         .type = T_BOOL,                                                                                               \
         .nullable = true,                                                                                             \
         .about = "Nothing can change the outcome: it is closed, its snapshot block finalized, all is counted; or it " \
                  "was cancelled." OFFCHAIN_ONLY},                                                                     \
        {.name = "recounting",                                                                                         \
         .type = T_BOOL,                                                                                               \
         .nullable = true,                                                                                             \
         .about = "Ballots are being counted (anew): the scores do not have all of them." OFFCHAIN_ONLY},              \
        {.name = "canceled_by", .type = T_ADDRESS, .nullable = true, .about = "Who cancelled it." OFFCHAIN_ONLY},      \
        {.name = "rules", .type = T_U64, .nullable = true, .about = "Version of the counting rules." OFFCHAIN_ONLY},   \
        {.name = "parameters",                                                                                         \
         .type = T_U64,                                                                                                \
         .nullable = true,                                                                                             \
         .about = "Place in the log of the space's parameters that hold for it." OFFCHAIN_ONLY},                       \
    {                                                                                                                  \
        .name = "position", .type = T_U64, .nullable = true, .about = "Its place in the log." OFFCHAIN_ONLY            \
    }

#define PROPOSAL_MEMBERS PROPOSAL_MEMBERS_BOTH, PROPOSAL_MEMBERS_OFFCHAIN

#endif
