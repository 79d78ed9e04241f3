/* ledger/reads.h - what contracts answered to eth_call at a block: asked once, kept for ever, so that a replay needs no node.
 *
 * A rule looks a read up; one that is not in memory is noted as a need. Needs are answered from mirror.chain_read or, where
 * there is a node, by asking it at the block's hash; new answers are stored with the batch that used them. Without a node, or if
 * the node no longer has the state of that block, the read is unavailable: what follows from it is unknown, and is said to be. */
#ifndef LEDGER_READS_H
#define LEDGER_READS_H

#include "ledger/core/db.h"
#include "ledger/core/map.h"

enum { READ_CALLDATA_MAX = 132 }; /* a selector and four words */

enum read_state { READ_KNOWN, READ_REVERTED, READ_UNAVAILABLE };

struct chain_read {
    enum read_state state;
    struct slice bytes; /* if known: what was returned */
};

/* A key of the hash map: bytes without padding, unused ones zero. */
struct read_key {
    struct hash block;
    struct address contract;
    uint8_t n;
    uint8_t calldata[READ_CALLDATA_MAX]; /* none: the question is eth_getCode */
};

/* Who is asked. Sets *out (bytes in the arena); READ_UNAVAILABLE: it has no such state and will not have. ERR_SOURCE: try again. */
typedef enum err read_ask(void *arg, const struct read_key *key, struct arena *arena, struct chain_read *out);

struct reads {
    struct map known; /* read_key -> chain_read */
    struct map needs; /* read_key -> nothing */
    struct map fresh; /* read_key -> nothing: known, but not stored yet */
    struct arena bytes;
    read_ask *ask; /* NULL: nobody can be asked */
    void *ask_arg;
};

void reads_init(struct reads *r);
void reads_done(struct reads *r);
/* Drop all answers and needs: their batch was committed, or the books stand elsewhere. */
void reads_forget(struct reads *r);
/* NULL: not in memory; noted. */
const struct chain_read *reads_get(struct reads *r, const struct read_key *key);
/* Answer all needs. Errors of the database; ERR_SOURCE. */
MUST_CHECK enum err reads_fetch(struct reads *r, struct db *db);
/* Store the fresh answers, whose blocks are stored in this transaction or before. */
MUST_CHECK enum err reads_store(const struct reads *r, struct db *db);

#endif
