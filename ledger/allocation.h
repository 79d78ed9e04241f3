/* ledger/allocation.h - EigenLayer's AllocationManager: operator sets, registration, magnitudes, allocations and their delays.
 *
 * Source: Layr-Labs/eigenlayer-contracts v1.12.0, AllocationManager and AllocationManagerView. Magnitudes are WAD fractions of an
 * operator's delegated stake in a strategy. What changes by the mere passing of blocks (effect blocks, slashable windows) is in the
 * row and computed on read: the functions below answer for a row what the contract's view answers at the end of a block. */
#ifndef LEDGER_ALLOCATION_H
#define LEDGER_ALLOCATION_H

#include "ledger/books.h"

/* Maximum magnitude of an operator in a strategy (MaxMagnitudeUpdated), WAD; only falls. No row: 1e18. */
struct max_magnitude_row {
    struct address operator;
    struct address strategy;
    uint64_t position;
    int32_t log_index;
    struct amount magnitude;
};

/* Encumbered magnitude as the contract stores it (EncumberedMagnitudeUpdated); the view getEncumberedMagnitude follows from the allocations instead. */
struct encumbered_magnitude_row {
    struct address operator;
    struct address strategy;
    uint64_t position;
    int32_t log_index;
    struct amount magnitude;
};

/* Allocation of an operator to a strategy in an operator set, as after an AllocationUpdated. From effect_block on the current magnitude is current + pending and nothing is pending. */
struct allocation_row {
    struct address operator;
    struct address avs;
    int64_t operator_set;
    struct address strategy;
    uint64_t position;
    int32_t log_index;
    struct amount current;
    struct delta pending;
    int64_t effect_block;
};

/* Allocation delay of an operator (AllocationDelaySet), in blocks: delay until effect_block, then pending. */
struct allocation_delay_row {
    struct address operator;
    uint64_t position;
    int32_t log_index;
    int64_t delay;
    int64_t pending;
    int64_t effect_block;
};

/* An operator set: its first row is its creation (OperatorSetCreated). */
struct operator_set_row {
    int64_t operator_set;
    struct address avs;
    uint64_t position;
    int32_t log_index;
    struct address recipient;
};

/* Whether a strategy counts in an operator set (StrategyAddedToOperatorSet, StrategyRemovedFromOperatorSet). */
struct operator_set_strategy_row {
    struct address avs, strategy;
    int64_t operator_set;
    uint64_t position;
    int32_t log_index;
    bool included;
};

/* Registration of an operator in an operator set (OperatorAddedToOperatorSet, OperatorRemovedFromOperatorSet). */
struct operator_set_member_row {
    struct address operator;
    struct address avs;
    int64_t operator_set;
    uint64_t position;
    int32_t log_index;
    bool registered;
    int64_t slashable_until;
};

/* Who may slash an operator set (SlasherUpdated, SlasherMigrated): slasher until effect_block, then pending. */
struct slasher_row {
    int64_t operator_set;
    struct address avs;
    uint64_t position;
    int32_t log_index;
    struct address slasher;
    struct address pending;
    int64_t effect_block;
};

struct operator_set {
    struct address avs;
    int64_t id;
};

/* ---- what an event does to the books; blocks are numbers, never in the future unless they are effect blocks ---------------- */

/* AllocationUpdated. An effect_block that is not above the current block: the magnitude holds at once. */
void allocation_apply(struct books *b, struct address operator, struct operator_set set, struct address strategy,
                      struct amount magnitude, int64_t effect_block);
void allocation_apply_max_magnitude(struct books *b, struct address operator, struct address strategy,
                                    struct amount magnitude);
void allocation_apply_encumbered(struct books *b, struct address operator, struct address strategy,
                                 struct amount magnitude);
void allocation_apply_delay(struct books *b, struct address operator, int64_t delay, int64_t effect_block);
/* The set's creation (recipient zero) or its recipient. */
void allocation_apply_set(struct books *b, struct operator_set set, struct address recipient);
void allocation_apply_set_strategy(struct books *b, struct operator_set set, struct address strategy, bool included);
void allocation_apply_added(struct books *b, struct address operator, struct operator_set set);
void allocation_apply_removed(struct books *b, struct address operator, struct operator_set set,
                              uint64_t deallocation_delay_blocks);
/* No row if the last one says the same. */
void allocation_apply_slasher(struct books *b, struct operator_set set, struct address slasher, int64_t effect_block);

/* ---- views: what a key's last row (NULL: it has none) says at the end of a block ------------------------------------------- */

struct allocation_state {
    struct amount current;
    struct delta pending;
    int64_t effect_block; /* 0: nothing is pending */
};
/* getAllocation */
struct allocation_state allocation_at(const struct allocation_row *row, uint64_t block);
/* getAllocationDelay; 0 if unset. */
int64_t allocation_delay_at(const struct allocation_delay_row *row, uint64_t block);
/* getSlasher; zero if there is none. */
struct address slasher_at(const struct slasher_row *row, uint64_t block);

#endif
