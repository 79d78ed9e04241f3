/* governance/proposal.c - see proposal.h. */
#include "governance/proposal.h"

#include <string.h>

#include "ledger/core/digest.h"
#include "ledger/token.h"

static const struct record proposal_record =
    RECORD(proposal_row, FIELD(proposal_row, governor), FIELD(proposal_row, proposal_id), FIELD(proposal_row, position),
           FIELD(proposal_row, log_index), FIELD(proposal_row, id), FIELD(proposal_row, number),
           FIELD(proposal_row, proposer), FIELD(proposal_row, token), FIELD(proposal_row, timelock),
           FIELD(proposal_row, clock), FIELD(proposal_row, vote_start), FIELD(proposal_row, vote_end),
           FIELD(proposal_row, actions), FIELD(proposal_row, operation), FIELD(proposal_row, description));
const struct timeline_def proposal_timeline = {"proposal", &proposal_record, 2, 52, 0x82, false};

static const struct record action_record =
    RECORD(proposal_action_row, FIELD(proposal_action_row, item), FIELD(proposal_action_row, governor),
           FIELD(proposal_action_row, proposal_id), FIELD(proposal_action_row, position),
           FIELD(proposal_action_row, log_index), FIELD(proposal_action_row, target), FIELD(proposal_action_row, value),
           FIELD(proposal_action_row, signature), FIELD(proposal_action_row, calldata));
const struct timeline_def proposal_action_timeline = {"proposal_action", &action_record, 3, 60, 0x83, false};

static const struct record step_record =
    RECORD(proposal_step_row, FIELD(proposal_step_row, governor), FIELD(proposal_step_row, proposal_id),
           FIELD(proposal_step_row, position), FIELD(proposal_step_row, log_index), FIELD(proposal_step_row, extended),
           FIELD(proposal_step_row, eta), FIELD(proposal_step_row, executed), FIELD(proposal_step_row, canceled));
const struct timeline_def proposal_step_timeline = {"proposal_step", &step_record, 2, 52, 0x84, false};

/* ---- ids ---------------------------------------------------------------------------------------------------------- */

enum { WORD = 32 };

static void put_amount(struct buffer *b, struct amount a)
{
    uint8_t word[WORD];
    amount_to_be(a, word);
    buffer_bytes(b, word, sizeof word);
}

static void put_number(struct buffer *b, uint64_t v)
{
    put_amount(b, amount_from_u64(v));
}

static void put_address(struct buffer *b, struct address a)
{
    static const uint8_t zeros[WORD - sizeof a.b];
    buffer_bytes(b, zeros, sizeof zeros);
    buffer_bytes(b, a.b, sizeof a.b);
}

static size_t padded(size_t n)
{
    return (n + WORD - 1) / WORD * WORD;
}

static void put_bytes_array(struct buffer *b, const struct abi_value *list)
{
    static const uint8_t zeros[WORD];
    put_number(b, list->n_items);
    size_t offset = list->n_items * WORD;
    for (size_t i = 0; i < list->n_items; i++) {
        put_number(b, offset);
        offset += WORD + padded(list->items[i].bytes.n);
    }
    for (size_t i = 0; i < list->n_items; i++) {
        struct slice s = list->items[i].bytes;
        put_number(b, s.n);
        buffer_bytes(b, s.p, s.n);
        buffer_bytes(b, zeros, padded(s.n) - s.n);
    }
}

/* abi.encode(address[], uint256[], bytes[], bytes32...): the arrays' offsets, the words, then the arrays. */
static struct hash encode_and_hash(const struct proposal_content *c, const struct hash *words, size_t n_words)
{
    AUTO_BUFFER b = {0};
    size_t head = (3 + n_words) * WORD, array = (1 + c->targets->n_items) * WORD;
    put_number(&b, head);
    put_number(&b, head + array);
    put_number(&b, head + 2 * array);
    for (size_t i = 0; i < n_words; i++)
        buffer_bytes(&b, words[i].b, sizeof words[i].b);
    put_number(&b, c->targets->n_items);
    for (size_t i = 0; i < c->targets->n_items; i++)
        put_address(&b, c->targets->items[i].address);
    put_number(&b, c->values->n_items);
    for (size_t i = 0; i < c->values->n_items; i++)
        put_amount(&b, c->values->items[i].number);
    put_bytes_array(&b, c->calldatas);
    return keccak_bytes(b.p, b.n);
}

struct hash proposal_hash(const struct proposal_content *content)
{
    return encode_and_hash(content, &content->description, 1);
}

struct hash proposal_operation(const struct proposal_content *content, struct address governor)
{
    /* "bytes20(address(this)) ^ descriptionHash": the address meets the hash's first 20 bytes. */
    struct hash words[2] = {hash_zero, content->description};
    for (size_t i = 0; i < sizeof governor.b; i++)
        words[1].b[i] ^= governor.b[i];
    return encode_and_hash(content, words, 2);
}

struct hash proposal_canonical_id(uint64_t chain_id, struct address governor, struct amount number,
                                  struct hash content_hash)
{
    AUTO_BUFFER b = {0};
    put_number(&b, chain_id);
    put_address(&b, governor);
    put_amount(&b, number);
    buffer_bytes(&b, content_hash.b, sizeof content_hash.b);
    return keccak_bytes(b.p, b.n);
}

struct proposal_key proposal_key(struct address governor, struct amount number)
{
    struct proposal_key key = {.governor = governor};
    amount_to_be(number, key.proposal_id.b);
    return key;
}

/* ---- events ------------------------------------------------------------------------------------------------------- */

/* Times and block numbers are uint48 in the contracts; the API shows them as JSON numbers, which are exact below this. */
static const uint64_t TIMEPOINT_MAX = (uint64_t)1 << 53;

static bool is_timepoint(struct amount a, int64_t *out)
{
    uint64_t v;
    if (amount_to_u64(a, &v) != OK || v >= TIMEPOINT_MAX)
        return false;
    *out = (int64_t)v;
    return true;
}

static void append_actions(struct books *b, struct proposal_key key, const struct abi_value *v)
{
    for (size_t i = 0; i < v[2].n_items; i++) {
        struct proposal_action_row row = {.item = (int64_t)i,
                                          .governor = key.governor,
                                          .proposal_id = key.proposal_id,
                                          .target = v[2].items[i].address,
                                          .value = v[3].items[i].number,
                                          .signature = v[4].items[i].bytes,
                                          .calldata = v[5].items[i].bytes};
        books_append(b, TIMELINE_PROPOSAL_ACTION, &row);
    }
}

/* ProposalCreated(proposalId, proposer, targets, values, signatures, calldatas, voteStart, voteEnd, description). */
void proposal_apply_created(struct books *b, const struct event *e)
{
    const struct abi_value *v = e->values;
    struct proposal_key key = proposal_key(e->emitter, v[0].number);
    struct proposal_row row = {.governor = key.governor,
                               .proposal_id = key.proposal_id,
                               .number = v[0].number,
                               .proposer = v[1].address,
                               .token = e->has_token ? e->token : address_zero,
                               .timelock = e->has_timelock ? e->timelock : address_zero,
                               .clock = e->clock_is_time ? CLOCK_TIMESTAMP : CLOCK_BLOCK,
                               .actions = (int64_t)v[2].n_items,
                               .description = v[8].bytes};
    bool equal = v[2].n_items == v[3].n_items && v[2].n_items == v[4].n_items && v[2].n_items == v[5].n_items;
    if (!equal || !is_timepoint(v[6].number, &row.vote_start) || !is_timepoint(v[7].number, &row.vote_end)) {
        token_mark_inconsistent(b, e->emitter, "a proposal that no Governor can hold was not booked");
        return;
    }
    struct proposal_content content = {&v[2], &v[3], &v[5], keccak(v[8].bytes)};
    row.operation = proposal_operation(&content, e->emitter);
    row.id = proposal_canonical_id(e->chain_id, e->emitter, v[0].number, proposal_hash(&content));
    books_append(b, TIMELINE_PROPOSAL, &row);
    append_actions(b, key, v);
}

/* The proposal's step so far, to be changed and appended. */
static struct proposal_step_row step_of(struct books *b, struct address governor, struct amount number)
{
    struct proposal_key key = proposal_key(governor, number);
    struct proposal_step_row row = {.governor = key.governor, .proposal_id = key.proposal_id};
    const struct proposal_step_row *last = books_last(b, TIMELINE_PROPOSAL_STEP, &row);
    return last != NULL ? *last : row;
}

void proposal_apply_extended(struct books *b, struct address governor, struct amount number, struct amount deadline)
{
    struct proposal_step_row row = step_of(b, governor, number);
    if (is_timepoint(deadline, &row.extended))
        books_append(b, TIMELINE_PROPOSAL_STEP, &row);
    else
        token_mark_inconsistent(b, governor, "a deadline that no Governor can hold was not booked");
}

void proposal_apply_queued(struct books *b, struct address governor, struct amount number, struct amount eta)
{
    struct proposal_step_row row = step_of(b, governor, number);
    if (is_timepoint(eta, &row.eta))
        books_append(b, TIMELINE_PROPOSAL_STEP, &row);
    else
        token_mark_inconsistent(b, governor, "an eta that no Governor can hold was not booked");
}

void proposal_apply_executed(struct books *b, struct address governor, struct amount number)
{
    struct proposal_step_row row = step_of(b, governor, number);
    row.executed = true;
    books_append(b, TIMELINE_PROPOSAL_STEP, &row);
}

void proposal_apply_canceled(struct books *b, struct address governor, struct amount number)
{
    struct proposal_step_row row = step_of(b, governor, number);
    row.canceled = true;
    books_append(b, TIMELINE_PROPOSAL_STEP, &row);
}
