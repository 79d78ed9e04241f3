/* ledger/slash.c - see slash.h. */
#include "ledger/slash.h"

#include <string.h>

#include "ledger/stake.h"

static const struct record slash_record =
    RECORD(slash_row, FIELD(slash_row, operator), FIELD(slash_row, avs), FIELD(slash_row, operator_set),
           FIELD(slash_row, position), FIELD(slash_row, log_index), FIELD(slash_row, items), FIELD(slash_row, slash_id),
           FIELD(slash_row, recipient), FIELD(slash_row, description));
const struct timeline_def slash_timeline = {"slash", &slash_record, 3, 48, 0x33, false};

static const struct record slash_strategy_record =
    RECORD(slash_strategy_row, FIELD(slash_strategy_row, operator), FIELD(slash_strategy_row, strategy),
           FIELD(slash_strategy_row, position), FIELD(slash_strategy_row, log_index), FIELD(slash_strategy_row, avs),
           FIELD(slash_strategy_row, operator_set), FIELD(slash_strategy_row, item),
           FIELD(slash_strategy_row, wad_slashed), FIELD(slash_strategy_row, magnitude_before),
           FIELD(slash_strategy_row, magnitude_after), FIELD(slash_strategy_row, live_shares),
           FIELD(slash_strategy_row, total_shares));
const struct timeline_def slash_strategy_timeline = {"slash_strategy", &slash_strategy_record, 2, 40, 0x34, false};

static const struct record slash_count_record =
    RECORD(slash_count_row, FIELD(slash_count_row, operator_set), FIELD(slash_count_row, avs),
           FIELD(slash_count_row, position), FIELD(slash_count_row, log_index), FIELD(slash_count_row, count));
const struct timeline_def slash_count_timeline = {"slash_count", &slash_count_record, 2, 28, 0x35, false};

/* ---- the record --------------------------------------------------------------------------------------------------- */

/* "slashId = ++_slashIds[operatorSet.key()]", from 0 when the set is created. */
static struct amount slash_id_of(struct books *b, struct operator_set set, struct slash_number number,
                                 bool set_is_known)
{
    struct slash_count_row row = {.operator_set = set.id, .avs = set.avs, .count = number.named};
    const struct slash_count_row *last = books_last(b, TIMELINE_SLASH_COUNT, &row);
    bool follows = amount_is_zero(row.count) && number.numbered && (last != NULL || set_is_known);
    if (follows && amount_add(last != NULL ? last->count : amount_zero, amount_from_u64(1), &row.count) != OK)
        return amount_zero;
    if (!amount_is_zero(row.count))
        books_append(b, TIMELINE_SLASH_COUNT, &row);
    return row.count;
}

void slash_apply(struct books *b, struct address operator, struct operator_set set, struct slash_number number,
                 size_t items, struct slice description)
{
    struct operator_set_row key = {.operator_set = set.id, .avs = set.avs};
    const struct operator_set_row *known = books_last(b, TIMELINE_OPERATOR_SET, &key);
    struct amount slash_id = slash_id_of(b, set, number, known != NULL);
    struct slash_row row = {.operator= operator,
                            .avs = set.avs,
                            .operator_set = set.id,
                            .items = (int64_t)items,
                            .slash_id = slash_id,
                            .recipient = known != NULL ? known->recipient : address_zero,
                            .description = description};
    books_append(b, TIMELINE_SLASH, &row);
}

void slash_apply_strategy(struct books *b, struct address operator, struct operator_set set,
                          const struct slash_item *item)
{
    struct max_magnitude_row key = {.operator= operator, .strategy = item->strategy };
    const struct max_magnitude_row *after = books_last(b, TIMELINE_MAX_MAGNITUDE, &key), *before = after;
    if (after != NULL && item->magnitude_changed)
        before = books_before(b, TIMELINE_MAX_MAGNITUDE, &key, after->position);
    struct slash_strategy_row row = {.operator= operator,
                                     .strategy = item->strategy,
                                     .avs = set.avs,
                                     .operator_set = set.id,
                                     .item = (int64_t)item->item,
                                     .wad_slashed = item->wad_slashed,
                                     .magnitude_before = before != NULL ? before->magnitude : amount_wad,
                                     .magnitude_after = after != NULL ? after->magnitude : amount_wad,
                                     .live_shares = item->live_shares,
                                     .total_shares = item->total_shares};
    books_append(b, TIMELINE_SLASH_STRATEGY, &row);
}

/* ---- refusals ----------------------------------------------------------------------------------------------------- */

#define SLASH_ROW(code, slug, text) [code] = {slug, text},
static const struct {
    const char *slug, *text;
} refusals[SLASH_REFUSAL_COUNT] = {SLASH_REFUSALS(SLASH_ROW)};
#undef SLASH_ROW

const char *slash_refusal_slug(enum slash_refusal refusal)
{
    return refusals[refusal].slug;
}

const char *slash_refusal_text(enum slash_refusal refusal)
{
    return refusals[refusal].text;
}

enum slash_refusal slash_check(const struct slash_terms *terms)
{
    if (terms->n_strategies != terms->n_wads)
        return SLASH_LENGTHS;
    if (!terms->set_exists)
        return SLASH_NO_SUCH_SET;
    if (!terms->operator_slashable)
        return SLASH_NOT_SLASHABLE;
    for (size_t i = 0; i < terms->n_strategies; i++) {
        /* "uint160(address(strategies[i])) > uint160(address(strategies[i - 1]))" */
        if (i > 0 && memcmp(terms->strategies[i].b, terms->strategies[i - 1].b, sizeof terms->strategies->b) <= 0)
            return SLASH_ORDER;
        if (amount_is_zero(terms->wads[i]) || amount_compare(terms->wads[i], amount_wad) > 0)
            return SLASH_WAD;
        if (!terms->in_set[i])
            return SLASH_FOREIGN_STRATEGY;
    }
    return SLASH_ALLOWED;
}

/* ---- the computation ---------------------------------------------------------------------------------------------- */

/* SlashingLib.mulWadRoundUp */
static enum err wad_mul_up(struct amount x, struct amount y, struct amount *out)
{
    return amount_mul_div_ceil(x, y, amount_wad, out);
}

/* SlashingLib.calcSlashedAmount: "operatorShares - operatorShares.mulDiv(newMaxMagnitude, prevMaxMagnitude, Rounding.Up)" */
static enum err slashed_amount(struct amount shares, struct amount magnitude_before, struct amount magnitude_after,
                               struct amount *out)
{
    struct amount kept;
    TRY(amount_mul_div_ceil(shares, magnitude_after, magnitude_before, &kept));
    return amount_subtract(shares, kept, out);
}

/* DelegationManager.slashOperatorShares */
static enum err compute_shares(const struct slash_before *before, struct slash_after *r)
{
    struct amount queued;
    TRY(slashed_amount(before->operator_shares, before->max_magnitude, r->max_magnitude, &r->live_shares));
    TRY(wad_mul(before->queued, before->max_magnitude, &queued));
    TRY(slashed_amount(queued, before->max_magnitude, r->max_magnitude, &r->queued_shares));
    return amount_add(r->live_shares, r->queued_shares, &r->total_shares);
}

/* AllocationManager._slashOperator, one turn of its loop */
enum err slash_compute(const struct slash_before *before, struct amount wad, struct slash_after *after)
{
    struct slash_after r = {.allocation = before->allocation,
                            .max_magnitude = before->max_magnitude,
                            .encumbered = before->encumbered};
    if (!amount_is_zero(before->allocation.current)) {
        struct amount slashed, less;
        TRY(wad_mul_up(before->allocation.current, wad, &slashed));
        r.slashed_magnitude = slashed;
        TRY(wad_div(slashed, before->max_magnitude, &r.wad_slashed));
        TRY(amount_subtract(before->allocation.current, slashed, &r.allocation.current));
        TRY(amount_subtract(before->max_magnitude, slashed, &r.max_magnitude));
        TRY(amount_subtract(before->encumbered, slashed, &r.encumbered));
        if (before->allocation.pending.negative) {
            TRY(wad_mul_up(before->allocation.pending.magnitude, wad, &less));
            TRY(amount_subtract(before->allocation.pending.magnitude, less, &less));
            r.allocation.pending = delta_minus(less);
        }
        TRY(compute_shares(before, &r));
    }
    *after = r;
    return OK;
}
