/* ledger/allocation.c - see allocation.h. */
#include "ledger/allocation.h"

#include <assert.h>

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

static const struct record slasher_record = RECORD(slasher_row, FIELD(slasher_row, operator_set),
                                                   FIELD(slasher_row, avs), FIELD(slasher_row, position),
                                                   FIELD(slasher_row, log_index), FIELD(slasher_row, slasher),
                                                   FIELD(slasher_row, pending), FIELD(slasher_row, effect_block));
const struct timeline_def slasher_timeline = {"slasher", &slasher_record, 2, 28, 0x2c, false};

/* ---- views -------------------------------------------------------------------------------------------------------- */

static bool is_reached(int64_t effect_block, uint64_t block)
{
    return effect_block <= 0 || (uint64_t)effect_block <= block;
}

static struct amount plus(struct amount current, struct delta pending)
{
    struct amount target;
    /* Rows keep 0 <= current + pending, and both below 2^65. */
    enum err e = delta_apply(current, pending, &target);
    assert(e == OK);
    return target;
}

struct allocation_state allocation_at(const struct allocation_row *row, uint64_t block)
{
    if (row == NULL)
        return (struct allocation_state){.effect_block = 0};
    /* AllocationManager._getUpdatedAllocation: "if (block.number < allocation.effectBlock) return (info, allocation)" */
    if (is_reached(row->effect_block, block))
        return (struct allocation_state){.current = plus(row->current, row->pending)};
    return (struct allocation_state){row->current, row->pending, row->effect_block};
}

int64_t allocation_delay_at(const struct allocation_delay_row *row, uint64_t block)
{
    if (row == NULL)
        return 0;
    return is_reached(row->effect_block, block) ? row->pending : row->delay;
}

struct address slasher_at(const struct slasher_row *row, uint64_t block)
{
    if (row == NULL)
        return address_zero;
    return is_reached(row->effect_block, block) ? row->pending : row->slasher;
}

/* ---- events ------------------------------------------------------------------------------------------------------- */

/* Three things say AllocationUpdated, and the last row tells them apart, for nothing else than a slash can touch an allocation whose
 * change is pending ("ModificationAlreadyPending"):
 * - modifyAllocations, when nothing is pending: the magnitude is the target, at once or at effect_block;
 * - a slash, first: what the pending decrease will lead to, at the old effect_block;
 * - a slash, last: the current magnitude, with the current block. The target of a decrease stays as just said; the difference of an
 *   increase stays, so that its target falls with the current magnitude. */
void allocation_apply(struct books *b, struct address operator, struct operator_set set, struct address strategy,
                      struct amount magnitude, int64_t effect_block)
{
    struct allocation_row row = {.operator= operator, .avs = set.avs, .operator_set = set.id, .strategy = strategy};
    const struct allocation_row *last = books_last(b, TIMELINE_ALLOCATION, &row);
    struct allocation_state before = allocation_at(last, b->block_number);
    bool is_pending = before.effect_block != 0, at_once = is_reached(effect_block, b->block_number);

    row.current = at_once ? magnitude : before.current;
    row.effect_block = at_once ? before.effect_block : effect_block;
    if (!at_once)
        row.pending = delta_between(before.current, magnitude);
    else if (is_pending && before.pending.negative)
        row.pending = delta_between(magnitude, plus(before.current, before.pending));
    else
        row.pending = before.pending;
    books_append(b, TIMELINE_ALLOCATION, &row);
}

void allocation_apply_max_magnitude(struct books *b, struct address operator, struct address strategy,
                                    struct amount magnitude)
{
    struct max_magnitude_row row = {.operator= operator, .strategy = strategy, .magnitude = magnitude};
    books_append(b, TIMELINE_MAX_MAGNITUDE, &row);
}

void allocation_apply_encumbered(struct books *b, struct address operator, struct address strategy,
                                 struct amount magnitude)
{
    struct encumbered_magnitude_row row = {.operator= operator, .strategy = strategy, .magnitude = magnitude};
    books_append(b, TIMELINE_ENCUMBERED_MAGNITUDE, &row);
}

void allocation_apply_delay(struct books *b, struct address operator, int64_t delay, int64_t effect_block)
{
    const struct allocation_delay_row *last = books_last(b, TIMELINE_ALLOCATION_DELAY, &operator);
    struct allocation_delay_row row = {.operator= operator,
                                       .delay = allocation_delay_at(last, b->block_number),
                                       .pending = delay,
                                       .effect_block = effect_block};
    books_append(b, TIMELINE_ALLOCATION_DELAY, &row);
}

void allocation_apply_set(struct books *b, struct operator_set set, struct address recipient)
{
    struct operator_set_row row = {.operator_set = set.id, .avs = set.avs, .recipient = recipient};
    books_append(b, TIMELINE_OPERATOR_SET, &row);
}

void allocation_apply_set_strategy(struct books *b, struct operator_set set, struct address strategy, bool included)
{
    struct operator_set_strategy_row row = {.avs = set.avs,
                                            .strategy = strategy,
                                            .operator_set = set.id,
                                            .included = included};
    books_append(b, TIMELINE_OPERATOR_SET_STRATEGY, &row);
}

void allocation_apply_added(struct books *b, struct address operator, struct operator_set set)
{
    struct operator_set_member_row row = {.operator= operator,
                                          .avs = set.avs,
                                          .operator_set = set.id,
                                          .registered = true};
    books_append(b, TIMELINE_OPERATOR_SET_MEMBER, &row);
}

void allocation_apply_removed(struct books *b, struct address operator, struct operator_set set,
                              uint64_t deallocation_delay_blocks)
{
    /* "slashableUntil: uint32(block.number) + DEALLOCATION_DELAY" */
    struct operator_set_member_row row = {.operator= operator,
                                          .avs = set.avs,
                                          .operator_set = set.id,
                                          .slashable_until = (int64_t)(b->block_number + deallocation_delay_blocks)};
    books_append(b, TIMELINE_OPERATOR_SET_MEMBER, &row);
}

void allocation_apply_slasher(struct books *b, struct operator_set set, struct address slasher, int64_t effect_block)
{
    struct slasher_row row = {.operator_set = set.id, .avs = set.avs, .pending = slasher, .effect_block = effect_block};
    const struct slasher_row *last = books_last(b, TIMELINE_SLASHER, &row);
    /* migrateSlashers says both SlasherUpdated and SlasherMigrated. */
    if (last != NULL && address_equal(last->pending, slasher) && last->effect_block == effect_block)
        return;
    row.slasher = slasher_at(last, b->block_number);
    books_append(b, TIMELINE_SLASHER, &row);
}
