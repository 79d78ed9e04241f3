/* ledger/mirror/source.h - where blocks come from: an archive file or JSON-RPC endpoints, behind one door.
 *
 * A source is driven by one thread. It remembers the chain it has handed out since the last finalized block, so that it
 * sees reorgs by parent links alone. It never yields what it has not checked; an answer that contradicts itself or a
 * header is ERR_SOURCE_LIES and is asked again (the caller repeats source_next after source_backoff_ms). */
#ifndef LEDGER_MIRROR_SOURCE_H
#define LEDGER_MIRROR_SOURCE_H

#include <stdatomic.h>

#include "ledger/core/arena.h"
#include "ledger/core/json.h"
#include "ledger/mirror/block.h"
#include "ledger/mirror/network.h"
#include "ledger/reads.h"

struct source;

enum prove_logs { PROVE_TAIL, PROVE_ALL, PROVE_OFF };

/* One block of the chain as it is booked. */
struct chain_block {
    uint64_t number;
    struct hash hash;
};

struct source_options {
    const struct network *network; /* chain id, watched contracts, start block; outlives the source */
    const char *const *locations;  /* one archive path, or http(s) URLs */
    size_t n_locations;
    enum prove_logs prove;
    bool once;           /* stop (ERR_END) at the head seen at the first step; archives always end */
    unsigned poll_ms;    /* RPC: wait between polls of an unchanged head */
    unsigned timeout_ms; /* RPC: one request */
    size_t max_answer;   /* RPC: bytes of one answer, unpacked; 0: 512 MiB */
    /* Where the books stand: every booked block from the last finalized one on (that one too, if it is booked: a branch may
     * fork from it), ascending, at least the head if any. */
    const struct chain_block *booked;
    size_t n_booked;
    uint64_t finalized; /* number of the last finalized booked block; UINT64_MAX: none */
    uint64_t mark;      /* as given in the last booked step; archives resume after it */
    atomic_bool *stop;  /* set by another thread: source_next returns ERR_STOPPED soon */
    /* bounds of one step */
    size_t max_blocks, max_logs, max_bytes;
};

enum step_kind {
    STEP_BLOCKS, /* blocks[0..n) follow the last one given; n >= 1 */
    STEP_REORG,  /* unwind to block `fork` (number); the new branch follows in later steps */
    STEP_IDLE    /* nothing new; head, safe and finalized may have moved */
};

struct step {
    enum step_kind kind;
    struct block *blocks;
    size_t n_blocks;
    uint64_t fork;
    uint64_t head; /* the source's head number, as far as known: >= the last block given unless the node went back */
    uint64_t safe; /* UINT64_MAX: none yet */
    uint64_t finalized; /* never decreases; UINT64_MAX: none yet */
    uint64_t mark;      /* opaque position after this step */
};

/* An endpoint, not a file. */
bool source_is_url(const char *location);
/* Whether a source can be made of them: URLs, or one archive. Looks at the texts only. ERR_CONFIG. */
MUST_CHECK enum err source_check_locations(const char *const *locations, size_t n);
/* ERR_CONFIG: no file, wrong chain id, neither URL nor file. ERR_SOURCE: no endpoint answers. */
MUST_CHECK enum err source_open(const struct source_options *options, struct source **out);
/* The next step, its memory in the arena. May wait (poll interval) before STEP_IDLE. ERR_END: once/archive is through.
 * ERR_SOURCE, ERR_SOURCE_LIES: nothing given, call again after source_backoff_ms. ERR_DEEP_REORG, ERR_FIELD (archive
 * line malformed; detail names the line): final. ERR_STOPPED. */
MUST_CHECK enum err source_next(struct source *s, struct arena *arena, struct step *out);
unsigned source_backoff_ms(const struct source *s); /* grows with failures, with jitter; reset by success */
void source_close(struct source *s);

/* Health of a source, for status and metrics; safe from any thread. */
struct source_health {
    uint64_t requests, failures, lies, disagreements, retries, bytes;
    uint64_t unhashable_headers;
    char last_error[256];
};
void source_health_get(const struct source *s, struct source_health *out);

/* One-off questions, independent of the stream, at RPC endpoints only; ERR_SOURCE if there is none or it cannot answer.
 * Used by the API (headers on demand) and the books (reads of the chain). Each call opens nothing new if given the same
 * asker; one asker belongs to one thread. */
struct asker;
MUST_CHECK enum err asker_open(const char *const *urls, size_t n, unsigned timeout_ms, struct asker **out);
void asker_close(struct asker *a);
/* Header by number, its hash recomputed where possible. ERR_NOT_FOUND: the node has none. */
MUST_CHECK enum err asker_header(struct asker *a, uint64_t number, struct block *out);
/* eth_call at a block hash (EIP-1898); the returned bytes in the arena. ERR_NOT_FOUND: the contract reverts there (that is
 * its answer: asking again will not help); ERR_END: no endpoint has the state of that block any more. Empty data: the account's
 * code (eth_getCode). */
MUST_CHECK enum err asker_call(struct asker *a, struct hash block, struct address to, struct slice data,
                               struct arena *arena, struct slice *out);
/* What ledger/reads.h asks, of an asker (`arg`). */
MUST_CHECK enum err asker_read(void *arg, const struct read_key *key, struct arena *arena, struct chain_read *out);
/* An asker for the endpoints among a source's locations; *out is NULL if they are an archive. */
MUST_CHECK enum err asker_of_source(const char *const *locations, size_t n, unsigned timeout_ms, struct asker **out);

#endif
