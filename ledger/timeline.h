/* ledger/timeline.h - one mechanism for every fact that changes: read many keys at once, look up, append, unwind.
 *
 * A timeline is a table of rows (key members, position, log_index, value members), one row per change; the value at
 * block N is the last row at or before N. In memory a timeline holds the last row of the keys that a batch touches.
 * Looking up a key that was not read notes a *need*: the batch then reads all needs in one query per timeline and
 * applies again from its start (books.h). Account balances and control totals have their own, tighter form (account.h).
 *
 * TIMELINES is the one list of all timelines; sql/ names the same in ledger.timeline (a test compares). The row's struct and
 * definition stand with the noun that owns it; the statements follow from the definition. */
#ifndef LEDGER_TIMELINE_H
#define LEDGER_TIMELINE_H

#include "ledger/core/db.h"
#include "ledger/core/map.h"

/* T(code, definition) */
#define TIMELINES(T)                                                    \
    T(TIMELINE_DELEGATE, delegate_timeline)                             \
    T(TIMELINE_INCONSISTENCY, inconsistency_timeline)                   \
    T(TIMELINE_VAULT_ASSET, vault_asset_timeline)                       \
    T(TIMELINE_PAUSED, paused_timeline)                                 \
    T(TIMELINE_OPERATOR, operator_timeline)                             \
    T(TIMELINE_DELEGATION, delegation_timeline)                         \
    T(TIMELINE_SCALING_FACTOR, scaling_factor_timeline)                 \
    T(TIMELINE_DEPOSIT_DOUBT, deposit_doubt_timeline)                   \
    T(TIMELINE_BEACON_FACTOR, beacon_factor_timeline)                   \
    T(TIMELINE_MAX_MAGNITUDE, max_magnitude_timeline)                   \
    T(TIMELINE_ENCUMBERED_MAGNITUDE, encumbered_magnitude_timeline)     \
    T(TIMELINE_ALLOCATION, allocation_timeline)                         \
    T(TIMELINE_ALLOCATION_DELAY, allocation_delay_timeline)             \
    T(TIMELINE_OPERATOR_SET, operator_set_timeline)                     \
    T(TIMELINE_OPERATOR_SET_STRATEGY, operator_set_strategy_timeline)   \
    T(TIMELINE_OPERATOR_SET_MEMBER, operator_set_member_timeline)       \
    T(TIMELINE_SLASHER, slasher_timeline)                               \
    T(TIMELINE_AVS_REGISTRATION, avs_registration_timeline)             \
    T(TIMELINE_WITHDRAWAL, withdrawal_timeline)                         \
    T(TIMELINE_WITHDRAWAL_SHARE, withdrawal_share_timeline)             \
    T(TIMELINE_WITHDRAWAL_PAYMENT, withdrawal_payment_timeline)         \
    T(TIMELINE_STRATEGY_TOKEN, strategy_token_timeline)                 \
    T(TIMELINE_STRATEGY_RATE, strategy_rate_timeline)                   \
    T(TIMELINE_SLASH, slash_timeline)                                   \
    T(TIMELINE_SLASH_STRATEGY, slash_strategy_timeline)                 \
    T(TIMELINE_SLASH_COUNT, slash_count_timeline)                       \
    T(TIMELINE_ALT_SETTING, alt_setting_timeline)                       \
    T(TIMELINE_ALT_OPERATOR, alt_operator_timeline)                     \
    T(TIMELINE_ALT_ACCRUAL, alt_accrual_timeline)                       \
    T(TIMELINE_ALT_COOLDOWN, alt_cooldown_timeline)                     \
    T(TIMELINE_ALT_DISTRIBUTION, alt_distribution_timeline)             \
    T(TIMELINE_ALT_DISTRIBUTION_INDEX, alt_distribution_index_timeline) \
    T(TIMELINE_ALT_USER_INDEX, alt_user_index_timeline)                 \
    T(TIMELINE_ALT_POOL, alt_pool_timeline)                             \
    T(TIMELINE_ALT_ALERT, alt_alert_timeline)                           \
    T(TIMELINE_ALT_VOTE, alt_vote_timeline)                             \
    T(TIMELINE_GOVERNANCE_SETTING, governance_setting_timeline)         \
    T(TIMELINE_GOVERNOR_TIMELOCK, governor_timelock_timeline)           \
    T(TIMELINE_PROPOSAL, proposal_timeline)                             \
    T(TIMELINE_PROPOSAL_ACTION, proposal_action_timeline)               \
    T(TIMELINE_PROPOSAL_STEP, proposal_step_timeline)                   \
    T(TIMELINE_GOVERNOR_VOTE, governor_vote_timeline)                   \
    T(TIMELINE_PROPOSAL_TALLY, proposal_tally_timeline)                 \
    T(TIMELINE_TIMELOCK_OPERATION, timelock_operation_timeline)         \
    T(TIMELINE_TIMELOCK_CALL, timelock_call_timeline)                   \
    T(TIMELINE_REGISTRY_DELEGATE, registry_delegate_timeline)           \
    T(TIMELINE_REWARD_SUBMISSION, reward_submission_timeline)           \
    T(TIMELINE_REWARD_STRATEGY, reward_strategy_timeline)               \
    T(TIMELINE_REWARD_OPERATOR, reward_operator_timeline)               \
    T(TIMELINE_REWARD_SPLIT, reward_split_timeline)                     \
    T(TIMELINE_REWARD_SETTING, reward_setting_timeline)                 \
    T(TIMELINE_REWARD_PERMISSION, reward_permission_timeline)           \
    T(TIMELINE_REWARD_CLAIMER, reward_claimer_timeline)                 \
    T(TIMELINE_REWARD_ROOT, reward_root_timeline)                       \
    T(TIMELINE_REWARD_CLAIM, reward_claim_timeline)                     \
    T(TIMELINE_REWARD_DAY, reward_day_timeline)                         \
    T(TIMELINE_REWARD_DISTRIBUTION, reward_distribution_timeline)       \
    T(TIMELINE_REWARD_POOL, reward_pool_timeline)                       \
    T(TIMELINE_REWARD_SHARE, reward_share_timeline)

#define TIMELINE_ENUM(code, definition) code,
enum timeline_id { TIMELINES(TIMELINE_ENUM) TIMELINE_COUNT };
#undef TIMELINE_ENUM

/* Members of the row in order: the key (n_key members, at the row's start, without padding), position (uint64_t), log_index
 * (int32_t), the values. Column = member. */
struct timeline_def {
    const char *table;
    const struct record *row;
    size_t n_key;
    size_t key_size;  /* bytes of the key */
    uint8_t root_tag; /* type byte of its rows in block roots: never reused */
    bool history;     /* rules look up values of the past (books_at) */
};
#define TIMELINE_EXTERN(code, definition) extern const struct timeline_def definition;
TIMELINES(TIMELINE_EXTERN)
#undef TIMELINE_EXTERN
extern const struct timeline_def *const timeline_table[TIMELINE_COUNT];
enum { TIMELINE_KEY_MAX = 4, TIMELINE_KEY_SIZE_MAX = 80 };

struct timeline_sql {
    const char *select;  /* $1..$n_key: arrays as text, then the position before which to look; yields whole rows */
    const char *history; /* $1..$n_key and the last positions that count: arrays; then as above; also `asked`, from 1 */
    const char *copy;
    const char *verify; /* rows with $1 <= position < $2 in order of position, the columns of copy */
};
/* Unqualified names: the connection's search_path says which books. */
const struct timeline_sql *timeline_sql(enum timeline_id id);

/* The last known row of one key; absent: known to have none. */
struct timeline_slot {
    bool present;
    /* followed by the row, at TIMELINE_ROW_OFFSET */
};
enum { TIMELINE_ROW_OFFSET = 8 };

/* A look-up of the past: the key's last row at or before a position. */
struct timeline_moment {
    uint64_t position;
    uint8_t key[TIMELINE_KEY_SIZE_MAX]; /* unused bytes zero */
};

struct timeline {
    enum timeline_id id;
    const struct timeline_def *def;
    struct map last;  /* key -> slot */
    struct map needs; /* key -> nothing */
    struct map past;  /* struct timeline_moment -> slot; of this batch */
    struct map past_needs;
    struct buffer added; /* rows appended by the batch, if history */
    struct buffer out;   /* COPY tuples appended by the batch */
    uint64_t n_out;
};

void timeline_init(struct timeline *t, enum timeline_id id);
void timeline_done(struct timeline *t);
void timeline_forget(struct timeline *t); /* drop the cache and everything of the batch */
void timeline_drop_batch(struct timeline *t);

/* The key's last row at or before the position, among the rows of this batch and those read; NULL: there is none, or it was not
 * read (then *need: noted). */
const void *timeline_at(struct timeline *t, const void *key, uint64_t position, bool *need);

/* Read the noted needs as of just before `before`, into the cache. Rows' texts live in the arena (never reset while cached:
 * give a long-lived one). */
MUST_CHECK enum err timeline_fetch(struct timeline *t, struct db *db, uint64_t before, struct arena *arena);

/* Append a PostgreSQL array text of member `field` of n keys, e.g. {1,2} or {"\\x00"}. */
void array_text_begin(struct buffer *b);
void array_text_value(struct buffer *b, enum type type, const void *value);
const char *array_text_end(struct buffer *b);

#endif
