/* ledger/mirror/source_rpc_impl.h - the state of an RPC source, shared by the files that make its steps.
 *
 *   source_rpc.c  opens it; polls the head; decides which kind of step comes next
 *   backfill.c    below finalized: ranges of eth_getLogs
 *   backfill_days.c  the blocks of a range that mark days
 *   tail.c        above finalized (or everything, if all is to be proven): block by block
 *   walk.c        back to the common ancestor when the node's chain is not ours
 *   fetch.c       asks for headers and logs, proves them
 * What a function here gives has been checked; ERR_SOURCE and ERR_SOURCE_LIES leave the state as it was. */
#ifndef LEDGER_MIRROR_SOURCE_RPC_IMPL_H
#define LEDGER_MIRROR_SOURCE_RPC_IMPL_H

#include <pthread.h>

#include "ledger/mirror/day_marks.h"
#include "ledger/mirror/endpoints.h"
#include "ledger/mirror/given.h"
#include "ledger/mirror/proof.h"
#include "ledger/mirror/source_impl.h"

enum {
    RANGE_FIRST = 16, /* blocks of the first eth_getLogs; it doubles while answers are small, one too large is wasted */
    RANGE_MAX = 100000,
    SPAN_FIRST = 16, /* headers of the first tail step */
    SPAN_MAX = 256,
    HEADERS_A_REQUEST = 64, /* about 2 MB on mainnet, for the transaction hashes */
    LOGS_BATCH_FIRST = 8,   /* blocks whose receipts are asked for in one request */
    LOGS_BATCH_MAX = 64,
    ANSWER_TARGET = 8 << 20,  /* answers are kept near or below this size */
    AUDIT_ONE_IN = 1000,      /* blocks of a backfill that are proven though nothing is said to be in them */
    DEEP_REORG_SIGHTINGS = 3, /* a reorg below finalized is final: it must be seen this often in a row */
    REFUSALS = 2              /* of a method or tag in a row before the endpoint is taken not to have it */
};

struct source_rpc {
    struct source base; /* first: source.h's handle is this */
    const struct network *network;
    atomic_bool *stop;
    enum prove_logs prove;
    bool once;
    unsigned poll_ms;
    size_t max_blocks, max_logs, max_bytes;

    struct endpoints endpoints;
    struct endpoint *at; /* the one asked in this step */
    struct given given;
    uint64_t next;                  /* number of the next block to give */
    uint64_t head, safe, finalized; /* as announced; UINT64_MAX: none yet (head: not polled yet) */
    uint64_t target;                /* once: the head seen first; else UINT64_MAX */
    uint64_t range;                 /* backfill: blocks of the next eth_getLogs */
    struct day_marks days;          /* backfill: as far as it looked */
    size_t span;                    /* tail: headers of the next step */
    size_t logs_batch;
    struct endpoint *polled; /* whom last; NULL: poll before anything else */
    uint64_t polled_at;
    bool went_back; /* said so */
    bool disagree;  /* this step failed because endpoints disagree: nobody is given a rest for that */
    unsigned deep_seen, failures;
    uint64_t random;
    struct arena scratch; /* of one answer */

    struct rpc_counters counters;
    pthread_mutex_t lock; /* of last_error */
    char last_error[256];
};

/* A block to be given: its header, and the logs that eth_getLogs listed for it, if it was asked so. */
struct wanted {
    struct header header;
    bool listed;
    const struct log *logs;
    size_t n_logs;
};

/* fetch.c */
/* The headers of these numbers, in this order; each is there, has the number asked and is hashed; neighbours are linked. */
MUST_CHECK enum err fetch_headers(struct source_rpc *s, const uint64_t *numbers, size_t n, struct arena *arena,
                                  struct header *out);
/* Read one block object of the given number. ERR_SOURCE: null, malformed. ERR_SOURCE_LIES. */
MUST_CHECK enum err fetch_header_of(struct source_rpc *s, const json_t *block, uint64_t number, struct header *out);
const char *fetch_number_params(struct arena *arena, uint64_t number);
/* The watched contracts from `block` on as a JSON array; NULL: none. */
const char *fetch_addresses(const struct source_rpc *s, struct arena *arena, uint64_t block);
struct log log_copy(struct arena *arena, const struct log *log);
/* ERR_SOURCE_LIES if another endpoint has another hash at one of these blocks; those that lag or rest are not waited for. */
MUST_CHECK enum err fetch_agreement(struct source_rpc *s, const struct header *headers, size_t n, struct arena *arena);

/* backfill_days.c */
/* Add to the blocks wanted of a backfill's range those that mark days, if days matter. `first` is the range's first header. */
MUST_CHECK enum err days_find(struct source_rpc *s, const struct header *first, struct arena *arena,
                              struct wanted **wanted, size_t *n);

/* prove.c */
/* Get and prove the logs of these blocks and put the blocks into the step, as many as fit in its bounds, at least one. */
MUST_CHECK enum err prove_blocks(struct source_rpc *s, const struct wanted *wanted, size_t n, struct arena *arena,
                                 struct step *out);

/* steps */
MUST_CHECK enum err backfill_step(struct source_rpc *s, struct arena *arena, struct step *out);
MUST_CHECK enum err tail_step(struct source_rpc *s, struct arena *arena, struct step *out);
/* `header` is the node's block at a number where ours is another, or above it. */
MUST_CHECK enum err walk_back(struct source_rpc *s, const struct header *header, struct arena *arena, struct step *out);

#endif
