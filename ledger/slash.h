/* ledger/slash.h - slashes: one record each, and what a slash does, computed as the contracts compute it.
 *
 * Source: AllocationManager._slashOperator and DelegationManager.slashOperatorShares v1.12.0. A slash costs O(1) rows, whatever the
 * number of stakers; who lost how much follows from the record on read. Rounding is SlashingLib's: what is taken of a magnitude is
 * rounded up, what is taken of shares down. */
#ifndef LEDGER_SLASH_H
#define LEDGER_SLASH_H

#include "ledger/allocation.h"

/* A slash of an operator by an operator set (OperatorSlashed). */
struct slash_row {
    struct address operator;
    struct address avs;
    int64_t operator_set;
    uint64_t position;
    int32_t log_index;
    int64_t items;
    struct amount slash_id;
    struct address recipient;
    struct slice description;
};

/* What a slash did in one strategy. */
struct slash_strategy_row {
    struct address operator;
    struct address strategy;
    uint64_t position;
    int32_t log_index;
    struct address avs;
    int64_t operator_set;
    int64_t item;
    struct amount wad_slashed;
    struct amount magnitude_before;
    struct amount magnitude_after;
    struct amount live_shares;
    struct amount total_shares;
};

/* Slashes by an operator set so far. */
struct slash_count_row {
    int64_t operator_set;
    struct address avs;
    uint64_t position;
    int32_t log_index;
    struct amount count;
};

/* ---- the record ------------------------------------------------------------------------------------------------------------ */

/* The id of a slash within its set: as a log names it; else, if the contract numbers slashes (since v1.5.0), the one after the last;
 * zero if that is not known either. */
struct slash_number {
    struct amount named; /* zero: no log names it */
    bool numbered;
};
/* OperatorSlashed: the slash's own row; slash_apply_strategy follows for each of its items. The description is any bytes; they are
 * not kept in memory, so rules must never look a slash up. */
void slash_apply(struct books *b, struct address operator, struct operator_set set, struct slash_number number,
                 size_t items, struct slice description);

/* What the logs of a slash say of one strategy; all zero but wad_slashed if the slash passed it over. */
struct slash_item {
    struct address strategy;
    size_t item;
    struct amount wad_slashed, live_shares, total_shares;
    bool magnitude_changed; /* MaxMagnitudeUpdated was applied for this slash: the timeline's last row */
};
void slash_apply_strategy(struct books *b, struct address operator, struct operator_set set,
                          const struct slash_item *item);

/* ---- the computation: no books, no SQL ------------------------------------------------------------------------------------- */

/* Why slashOperator would revert, in the order in which it looks. S(code, slug, sentence). */
#define SLASH_REFUSALS(S)                                                                                              \
    S(SLASH_ALLOWED, "ok", "the slash would be executed")                                                              \
    S(SLASH_LENGTHS, "input-array-length-mismatch", "strategies and wads differ in number (InputArrayLengthMismatch)") \
    S(SLASH_NO_SUCH_SET, "invalid-operator-set", "there is no such operator set at that block (InvalidOperatorSet)")   \
    S(SLASH_NOT_SLASHABLE, "operator-not-slashable",                                                                   \
      "the operator is not slashable by that set at that block (OperatorNotSlashable)")                                \
    S(SLASH_ORDER, "strategies-must-be-in-ascending-order",                                                            \
      "strategies must ascend, each once (StrategiesMustBeInAscendingOrder)")                                          \
    S(SLASH_WAD, "invalid-wad-to-slash", "a wad must be above 0 and at most 1e18 (InvalidWadToSlash)")                 \
    S(SLASH_FOREIGN_STRATEGY, "strategy-not-in-operator-set",                                                          \
      "a strategy is not in the operator set (StrategyNotInOperatorSet)")
#define SLASH_ENUM(code, slug, text) code,
enum slash_refusal { SLASH_REFUSALS(SLASH_ENUM) SLASH_REFUSAL_COUNT };
#undef SLASH_ENUM
const char *slash_refusal_slug(enum slash_refusal refusal);
const char *slash_refusal_text(enum slash_refusal refusal);

struct slash_terms {
    const struct address *strategies;
    const struct amount *wads;
    const bool *in_set; /* of each strategy */
    size_t n_strategies, n_wads;
    bool set_exists, operator_slashable;
};
enum slash_refusal slash_check(const struct slash_terms *terms);

/* One strategy just before the slash. */
struct slash_before {
    struct allocation_state allocation; /* getAllocation: as of the slash's block */
    struct amount max_magnitude;
    struct amount encumbered; /* getEncumberedMagnitude */
    struct amount operator_shares;
    struct amount queued; /* scaled shares queued under the operator in blocks [N - withdrawal delay, N] */
};

struct slash_after {
    struct amount wad_slashed; /* of the event: what part of all the operator's stake in the strategy */
    struct amount slashed_magnitude;
    struct allocation_state allocation;
    struct amount max_magnitude, encumbered;
    struct amount live_shares, queued_shares, total_shares; /* taken */
};
/* A wad that slash_check allows. An operator without current magnitude is passed over: nothing changes. ERR_OVERFLOW: numbers that no
 * contract can hold, where it would revert too. */
MUST_CHECK enum err slash_compute(const struct slash_before *before, struct amount wad, struct slash_after *after);

#endif
