/* ledger/timeline.h - one mechanism for every fact that changes: read many keys at once, look up, append, unwind.
 *
 * A timeline is a table of rows (key members, position, log_index, value members), one row per change; the value at
 * block N is the last row at or before N. In memory a timeline holds the last row of the keys that a batch touches.
 * Looking up a key that was not read notes a *need*: the batch then reads all needs in one query per timeline and
 * applies again from its start (books.h). Account balances and control totals have their own, tighter form (account.h).
 *
 * timeline_table[] is the one list of all timelines; sql/ names the same in ledger.timeline (a test compares). */
#ifndef LEDGER_TIMELINE_H
#define LEDGER_TIMELINE_H

#include "ledger/core/db.h"
#include "ledger/core/map.h"

enum timeline_id { TIMELINE_DELEGATE, TIMELINE_INCONSISTENCY, TIMELINE_VAULT_ASSET, TIMELINE_PAUSED, TIMELINE_COUNT };

/* ERC20Votes: to whom delegator delegated the units of token; the zero address: to nobody. */
struct delegate_row {
    struct address delegator, token;
    uint64_t position;
    int32_t log_index;
    struct address delegate;
};

/* The first event, and later ones, that the books of a contract could not explain. */
struct inconsistency_row {
    struct address contract;
    uint64_t position;
    int32_t log_index;
    const char *reason; /* a literal */
};

/* ERC-4626: the underlying token, learnt once. */
struct vault_asset_row {
    struct address vault;
    uint64_t position;
    int32_t log_index;
    struct address asset;
};

/* OpenZeppelin Pausable. */
struct paused_row {
    struct address contract;
    uint64_t position;
    int32_t log_index;
    bool paused;
};

struct timeline_def {
    const char *table;
    const struct record *row;
    size_t n_key;           /* the first n_key members are the key and lie at the row's start */
    size_t key_size;        /* bytes of the key, without padding */
    uint8_t root_tag;       /* type byte of its rows in block roots: never reused */
    const char *select_sql; /* $1..$n_key: arrays as text, then the position before which to look; yields whole rows */
    const char *copy_sql;
    const char *verify_sql; /* rows with $1 <= position < $2 in order of position, the columns of copy_sql */
};
extern const struct timeline_def timeline_table[TIMELINE_COUNT];

/* The last known row of one key; absent: known to have none. */
struct timeline_slot {
    bool present;
    /* followed by the row, at TIMELINE_ROW_OFFSET */
};
enum { TIMELINE_ROW_OFFSET = 8 };

struct timeline {
    const struct timeline_def *def;
    struct map last;   /* key -> slot */
    struct map needs;  /* key -> nothing */
    struct buffer out; /* COPY tuples appended by the batch */
    uint64_t n_out;
};

void timeline_init(struct timeline *t, enum timeline_id id);
void timeline_done(struct timeline *t);
void timeline_forget(struct timeline *t); /* drop the cache and everything of the batch */

/* Read the noted needs as of just before `before`, into the cache. Rows' texts live in the arena (never reset while cached:
 * give a long-lived one). */
MUST_CHECK enum err timeline_fetch(struct timeline *t, struct db *db, uint64_t before, struct arena *arena);

/* Append a PostgreSQL array text of member `field` of n keys, e.g. {1,2} or {"\\x00"}. */
void array_text_begin(struct buffer *b);
void array_text_value(struct buffer *b, enum type type, const void *value);
const char *array_text_end(struct buffer *b);

#endif
