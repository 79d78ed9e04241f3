/* ledger/books.h - the books in memory while a batch of blocks is applied, and the rows it adds.
 *
 * Applying is pure C: from (state, event) to new rows, in strict (block, log index) order, no SQL. A batch runs so:
 *
 *     books_batch_begin; for each block: books_block_begin, for each log: books_log_begin + rules, books_block_end;
 *     books_settle -> ERR_NEED: some key was not in memory. Everything of the batch was undone; call books_fetch, then
 *     apply the batch again. OK: the rows stand in the out buffers, to be committed or compared, then books_batch_done.
 *
 * So a rule just looks up what it needs. The last rows of touched keys stay cached (bounded) until books_forget, which a
 * reorg or loss of the lease demands. */
#ifndef LEDGER_BOOKS_H
#define LEDGER_BOOKS_H

#include "ledger/account.h"
#include "ledger/core/digest.h"
#include "ledger/reads.h"
#include "ledger/timeline.h"

enum { BOOKS_ROUNDS_MAX = 16, BOOKS_CACHE_MAX = 200000, RULES_VERSION = 4 };

/* Rows of control totals are written at the end of a block, after its last log: this stands for their log index. */
#define LOG_INDEX_BLOCK_END 0xffffffffu

struct control_key {
    uint8_t book, asset_n;
    uint8_t asset[ASSET_MAX];
};

struct control_state {
    struct total debits, credits;
    uint64_t accounts;
    bool touched; /* in the current block */
};

/* Tables that are not timelines of the list; how each is copied in and read back. */
enum books_table { BOOKS_ACCOUNT, BOOKS_ENTRY, BOOKS_CONTROL, BOOKS_ROOT, BOOKS_TABLE_COUNT };
struct books_table_def {
    const char *table, *copy_sql;
    const char *verify_sql; /* rows of [$1, $2) in order: by position, accounts by id; the columns of copy_sql */
};
extern const struct books_table_def books_table[BOOKS_TABLE_COUNT];

/* COPY tuples of one table. */
struct books_out {
    struct buffer rows;
    uint64_t n;
};

/* Where an entry's tuple stands in out[BOOKS_ENTRY].rows. */
struct entry_place {
    uint64_t account;
    size_t start, n;
};

/* Accounts looked up lately, by a few bytes of the key: a transfer asks for each of its accounts several times. A slot that
 * holds another key is only slower. Pointers into `accounts`, which does not move while a batch is applied. */
enum { BOOKS_RECENT = 1024 };
struct recent_account {
    const struct account_key *key;
    struct account_state *state;
};

/* How far days have come (reward_day.h). */
struct day_clock {
    bool known;         /* read, or followed from the first block on */
    bool begun;         /* some block was there */
    int64_t day;        /* of the last block; never goes back */
    int64_t first_day;  /* the history's first */
    struct buffer open; /* struct reward_run: ended and not closed, ascending */
};

struct books {
    struct map accounts, account_needs; /* account_key -> account_state */
    struct map controls, control_needs; /* control_key -> control_state */
    struct timeline timelines[TIMELINE_COUNT];
    struct arena texts; /* of cached rows */
    struct reads reads; /* whom to ask is set by the owner of the books */

    const struct reward_terms *terms; /* NULL: there is nobody to pay */
    struct day_clock clock;
    struct map earned_known; /* struct address: distributors of whom every account of book earned is cached */

    uint64_t next_account;
    struct hash root;

    /* the batch */
    uint64_t batch_next_account;
    struct hash batch_root;
    struct day_clock batch_clock;
    struct buffer day_needs; /* struct reward_run */
    struct buffer closings;  /* struct reward_closing: what they pay */
    bool incomplete;
    struct buffer journal; /* old values, for undoing */
    struct books_out out[BOOKS_TABLE_COUNT];
    struct buffer entry_places; /* struct entry_place, one an entry */
    struct recent_account recent[BOOKS_RECENT];
    struct control_key recent_control_key;
    struct control_state *recent_control; /* NULL: none */

    /* the block */
    uint64_t block_number;
    struct hash block_hash;
    bool day_ended; /* it is the first of a later day: the last of batch_clock.open ended */
    uint32_t ordinal, log_index;
    int16_t leg;
    struct buffer rows;           /* canonical rows of the block, for its root (root.h) */
    struct keccak_run *rows_hash; /* of those that were dropped already; NULL: never */
    bool rows_flushed;
    struct buffer touched_controls; /* struct control_key, in order of first touch */
};

void books_init(struct books *b);
void books_done(struct books *b);
/* Forget all cached state and set where the books stand: as read from mirror.cursor. */
void books_forget(struct books *b, uint64_t next_account, struct hash root);

/* More is cached than may stay; the next batch drops it. Without that (or books_forget) nothing booked is ever read again. */
bool books_cache_full(const struct books *b);

void books_batch_begin(struct books *b);
void books_block_begin(struct books *b, uint64_t number, struct hash hash);
/* A log of ours begins: rows that follow carry its index. */
void books_log_begin(struct books *b, uint32_t log_index);
void books_block_end(struct books *b);
/* ERR_NEED: undone, fetch and apply again. */
MUST_CHECK enum err books_settle(struct books *b);
/* Read all noted needs as of before the first block of the batch; one query for accounts, one for control totals, one per
 * timeline, one for reads of the chain. Database errors as in db.h; ERR_SOURCE: the node cannot answer now. The connection's search_path must name the schema of the books. */
MUST_CHECK enum err books_fetch(struct books *b, struct db *db, uint64_t first_block);
/* COPY the batch's rows into the books named by the connection's search_path, inside the caller's transaction. */
MUST_CHECK enum err books_copy(const struct books *b, struct db *db);
/* COPY n encoded tuples, if any; every one arrives or it is an error. */
MUST_CHECK enum err books_copy_table(struct db *db, const char *copy_sql, const struct buffer *rows, uint64_t n);
/* The rows were committed (or compared): drop them, keep the state. */
void books_batch_done(struct books *b);

/* The key's last row, or NULL if there is none (or it was not read: then the batch will be applied again). */
const void *books_last(struct books *b, enum timeline_id id, const void *key);
/* The key's last row at or before the end of a block that is not the current one (timelines with history only); NULL as above. */
const void *books_at_end_of(struct books *b, enum timeline_id id, const void *key, uint64_t block_number);
/* The key's last row before a position, of the current block too (timelines with history only); NULL as above. */
const void *books_before(struct books *b, enum timeline_id id, const void *key, uint64_t position);
/* What the contract answers to eth_call at the current block, that is after its last transaction; empty calldata: its code. NULL: not
 * read yet (the batch will be applied again). */
const struct chain_read *books_read(struct books *b, struct address contract, struct slice calldata);
/* Append a row; position and log_index are filled in. `row` is a struct of the timeline's record; its key members lead. */
void books_append(struct books *b, enum timeline_id id, void *row);

/* Remember the old bytes of a cached value before changing it. */
void books_journal(struct books *b, void *value, size_t size);

/* The leg of the next row of the same log. */
void books_next_leg(struct books *b);

/* Days since 1970 (UTC) of the current block; 0 where days do not matter (reward_day.h). */
int64_t books_day(const struct books *b);

/* The next position in the current block, for a row that is about to be written; counts it. */
uint64_t books_next_position(struct books *b);

#endif
