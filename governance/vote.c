/* governance/vote.c - see vote.h. */
#include "governance/vote.h"

#include <string.h>

#include "ledger/token.h"

static const struct record vote_record =
    RECORD(governor_vote_row, FIELD(governor_vote_row, governor), FIELD(governor_vote_row, proposal_id),
           FIELD(governor_vote_row, voter), FIELD(governor_vote_row, position), FIELD(governor_vote_row, log_index),
           FIELD(governor_vote_row, kind), FIELD(governor_vote_row, support), FIELD(governor_vote_row, weight),
           FIELD(governor_vote_row, against_votes), FIELD(governor_vote_row, for_votes),
           FIELD(governor_vote_row, abstain_votes), FIELD(governor_vote_row, reason), FIELD(governor_vote_row, params));
const struct timeline_def governor_vote_timeline = {"governor_vote", &vote_record, 3, 72, 0x85, false};

static const struct record tally_record =
    RECORD(proposal_tally_row, FIELD(proposal_tally_row, governor), FIELD(proposal_tally_row, proposal_id),
           FIELD(proposal_tally_row, position), FIELD(proposal_tally_row, log_index),
           FIELD(proposal_tally_row, against_votes), FIELD(proposal_tally_row, for_votes),
           FIELD(proposal_tally_row, abstain_votes), FIELD(proposal_tally_row, ballots),
           FIELD(proposal_tally_row, uncounted));
const struct timeline_def proposal_tally_timeline = {"proposal_tally", &tally_record, 2, 52, 0x86, false};

enum { AGAINST, FOR, ABSTAIN, CHOICES, SUPPORT_FRACTIONAL = 255, PART = 16 };

/* "abi.encodePacked(uint128(againstVotes), uint128(forVotes), uint128(abstainVotes))", which add up to the weight. */
static bool split_params(const struct vote *vote, struct amount out[CHOICES])
{
    if (vote->params.n != (size_t)CHOICES * PART)
        return false;
    struct amount sum = amount_zero;
    for (size_t i = 0; i < CHOICES; i++) {
        uint8_t word[32] = {0};
        memcpy(word + PART, vote->params.p + i * PART, PART);
        out[i] = amount_from_be(word);
        if (amount_add(sum, out[i], &sum) != OK)
            return false;
    }
    return amount_compare(sum, vote->weight) == 0;
}

/* How much of the weight goes where. False: no counting that we know does this. */
static bool split(const struct vote *vote, uint64_t support, struct amount out[CHOICES])
{
    for (size_t i = 0; i < CHOICES; i++)
        out[i] = amount_zero;
    if (support < CHOICES) {
        out[support] = vote->weight;
        return true;
    }
    return support == SUPPORT_FRACTIONAL && vote->kind == VOTE_CAST && split_params(vote, out);
}

static bool count(enum vote_kind kind, struct amount sum, struct amount part, struct amount *out)
{
    return (kind == VOTE_REDUCED ? amount_subtract(sum, part, out) : amount_add(sum, part, out)) == OK;
}

void vote_apply(struct books *b, struct address governor, const struct vote *vote)
{
    struct proposal_key key = proposal_key(governor, vote->number);
    struct governor_vote_row row = {.governor = governor,
                                    .proposal_id = key.proposal_id,
                                    .voter = vote->voter,
                                    .kind = (int16_t)vote->kind,
                                    .weight = vote->weight,
                                    .reason = vote->reason,
                                    .params = vote->params};
    struct proposal_tally_row tally = {.governor = governor, .proposal_id = key.proposal_id}, next;
    const struct proposal_tally_row *last = books_last(b, TIMELINE_PROPOSAL_TALLY, &tally);
    if (last != NULL)
        tally = *last;
    next = tally;

    uint64_t support = UINT8_MAX; /* the event's type is uint8 */
    struct amount parts[CHOICES];
    bool known = amount_to_u64(vote->support, &support) == OK && split(vote, support, parts) &&
                 count(vote->kind, tally.against_votes, parts[AGAINST], &next.against_votes) &&
                 count(vote->kind, tally.for_votes, parts[FOR], &next.for_votes) &&
                 count(vote->kind, tally.abstain_votes, parts[ABSTAIN], &next.abstain_votes);
    row.support = (int16_t)support;
    if (known) {
        row.against_votes = parts[AGAINST];
        row.for_votes = parts[FOR];
        row.abstain_votes = parts[ABSTAIN];
    } else {
        next = tally;
        next.uncounted++;
        token_mark_inconsistent(b, governor, "a ballot that no known counting explains is not in the tally");
    }
    if (vote->kind != VOTE_REDUCED)
        next.ballots++;
    books_append(b, TIMELINE_GOVERNOR_VOTE, &row);
    books_append(b, TIMELINE_PROPOSAL_TALLY, &next);
}
