/* governance/door_batch.h - the batch that a door is taking: what it appends, counts and writes. For door*.c only. */
#ifndef GOVERNANCE_DOOR_BATCH_H
#define GOVERNANCE_DOOR_BATCH_H

#include <pthread.h>

#include "governance/door.h"
#include "governance/door_count.h"

enum { DAY_SECONDS = 86400 };

struct door {
    const struct keys *keys;
    pthread_mutex_t lock; /* one batch at a time in this process; the database keeps other processes apart */
    struct counts *counts;
    bool prepared;       /* the log has our keys, and the spaces of the network file: */
    struct hash network; /* its hash */
    struct arena arena;  /* of the spaces */
    struct space *spaces;
    size_t n_spaces;
};

/* An entry that is appended. */
struct pending {
    struct message_row row;
    struct submission *submission; /* NULL: the service's own */
    struct pending *next;
};

struct change {
    const char *choice, *replaced;
    bool counts;
    struct amount power;
    struct change *next;
};

/* What a batch changes of a proposal's count. */
struct touched {
    struct count_key key;
    struct change *first; /* the last one is in front */
};

struct batch {
    struct door *door;
    struct db *db;
    struct facts *facts;
    struct arena *arena;
    struct instant now;
    struct frontier frontier; /* the log's end, with what is appended */
    struct log_rows rows;
    struct pending *first, **last;
    struct map touched; /* id -> struct touched */
};

/* Write keys and spaces into the log where they differ from what it has. */
MUST_CHECK enum err batch_prepare(struct batch *b);
/* The space of the network file; NULL: it has none of that id. */
const struct space *batch_space(const struct batch *b, const char *id);
/* Whether a message is appended by this very batch; how many proposals of an author are. */
bool batch_has(const struct batch *b, struct hash digest);
uint64_t batch_proposals_of(const struct batch *b, struct address author, const char *space);
/* Append an entry; of `row` kind, digest, author, space, proposal and stamp are set. Its position is b->frontier.size before. */
void batch_append(struct batch *b, const struct message_row *row, struct slice text, struct submission *s);
/* A ballot to be counted. */
void batch_ballot(struct batch *b, const struct stored_proposal *p, const char *choice, const char *replaced,
                  bool counts, struct amount power);
/* Sign, count, and write all rows. */
MUST_CHECK enum err batch_finish(struct batch *b);
/* Of door_recount: whether there is anything to do for it, asked without the append lock (network: the file that is prepared, NULL:
 * none); and what it does, in its transaction. */
MUST_CHECK enum err recount_is_due(struct db *db, const struct hash *network, bool *due);
MUST_CHECK enum err recount_batch(struct batch *b, bool *left);

#endif
