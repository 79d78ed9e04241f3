/* governance/door_rows.h - rows of schema governance: what an entry of the log becomes in the tables, and their writing by COPY.
 *
 * Derived rows follow from the entries in the order of the log alone (and power from the books), so that a log that is imported
 * gives the same rows. Columns are those of sql/0016_messages.sql. */
#ifndef GOVERNANCE_DOOR_ROWS_H
#define GOVERNANCE_DOOR_ROWS_H

#include "governance/log.h"
#include "governance/message.h"
#include "governance/space.h"
#include "ledger/core/db.h"

struct message_row {
    uint64_t position;
    int16_t kind;
    struct hash digest;
    struct address author;
    const char *space;
    struct hash proposal;
    struct instant stamp, received;
    struct hash leaf;
    uint64_t size;
    struct slice receipt, entry;
};

struct key_row {
    uint64_t position;
    const char *origin;
    struct hash log_key;
    struct address receipts;
};

struct space_row {
    const char *id;
    uint64_t position;
    struct instant effective;
    const char *parameters;
};

struct proposal_row {
    struct hash id;
    int32_t version;
    uint64_t position;
    struct hash digest;
    const char *space;
    uint64_t parameters;
    struct address author;
    int16_t type;
    const char *title, *body, *discussion, *choices;
    int32_t n_choices;
    const char *labels, *plugins, *app;
    int32_t policy, rules;
    struct instant starts, ends, closes;
    uint64_t snapshot;
    struct instant received;
};

struct cancellation_row {
    struct hash proposal;
    uint64_t position;
    struct address author;
    struct instant received;
};

struct alias_row {
    struct address owner, alias;
    uint64_t position;
    struct instant received;
};

struct ballot_row {
    uint64_t position;
    struct hash proposal;
    struct address voter;
    const char *choice, *reason, *app, *metadata;
    struct instant stamp, received;
    bool has_previous;
    uint64_t previous;
    bool counts;
};

struct power_row {
    struct hash proposal;
    struct address voter;
    int32_t generation;
    struct hash block;
    struct amount power;
};

struct tally_row {
    struct hash proposal;
    uint64_t size;
    int32_t generation;
    struct hash block;
    uint64_t ballots, voters;
    struct total power;
    const char *scores;
    struct slice sums; /* p NULL: none */
    struct instant received;
};

struct subtree_row {
    int16_t level;
    uint64_t index;
    struct hash hash;
};

struct checkpoint_row {
    uint64_t size;
    struct hash root;
    struct slice frontier;
    struct instant received;
    const char *note;
};

enum log_table {
    LOG_MESSAGE,
    LOG_KEY,
    LOG_SPACE,
    LOG_PROPOSAL,
    LOG_CANCELLATION,
    LOG_ALIAS,
    LOG_BALLOT,
    LOG_POWER,
    LOG_TALLY,
    LOG_SUBTREE,
    LOG_CHECKPOINT,
    LOG_TABLES
};

/* Records of the rows, by table; of LOG_BALLOT without `previous`. */
extern const struct record *const log_records[LOG_TABLES];

/* Rows to be written together. Zero-initialise to start. */
struct log_rows {
    struct buffer tuples[LOG_TABLES];
    size_t n[LOG_TABLES];
};
void log_rows_done(struct log_rows *r);
void log_rows_reset(struct log_rows *r);
/* `row`: the struct of the table. */
void log_rows_put(struct log_rows *r, enum log_table table, const void *row);
/* COPY all of them, in the caller's transaction. */
MUST_CHECK enum err log_rows_copy(const struct log_rows *r, struct db *db);

/* The first version of a proposal. space: whose parameters rule it, and their position. */
void proposal_row_new(const struct message *m, const struct space *space, uint64_t parameters, uint32_t policy,
                      struct arena *arena, struct proposal_row *out);
/* The next version: what the update says, and of `before` what it does not. */
void proposal_row_update(const struct message *m, const struct proposal_row *before, struct arena *arena,
                         struct proposal_row *out);
/* What rules.h looks at. */
struct proposal_facts;
void proposal_row_facts(const struct proposal_row *row, bool canceled, struct proposal_facts *out);
/* The row of a ballot but for position, received, previous and counts. */
void ballot_row_of(const struct message *m, struct arena *arena, struct ballot_row *out);

#endif
