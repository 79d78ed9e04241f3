/* ledger/mirror/mirror.h - follow L1: source -> check -> decode -> apply -> commit, a batch at a time, for ever.
 *
 * A feeder thread drives the source and decodes; the caller's thread applies and commits; a queue of at most
 * MIRROR_AHEAD batches lies between, so fetching and decoding overlap the commit and memory stays flat. Whatever fails,
 * both are torn down and built anew from mirror.cursor. */
#ifndef LEDGER_MIRROR_MIRROR_H
#define LEDGER_MIRROR_MIRROR_H

#include "ledger/mirror/source.h"

enum { MIRROR_AHEAD = 2, MIRROR_BATCH_BLOCKS = 2000, MIRROR_BATCH_LOGS = 10000, MIRROR_BATCH_BYTES = 16 << 20 };

struct mirror_options {
    const char *writer_conninfo;
    const struct network *network; /* abi_setup and apply_setup are done */
    const char *const *locations;  /* as in source.h */
    size_t n_locations;
    enum prove_logs prove;
    bool once;
    unsigned poll_ms, timeout_ms;
    size_t batch_blocks, batch_logs; /* 0: the defaults above */
    atomic_bool *stop;
    void (*changed)(void *); /* called after each commit; may be NULL */
    void *changed_arg;
};

/* What a running mirror says of itself; safe from any thread. */
struct mirror_health {
    bool running; /* a mirror runs in this process; all else is zero if not */
    bool leader;  /* holds the lease */
    bool ended;   /* the archive, or the head at start with once, is committed */
    bool stopped; /* refuses to go on; reason in `error` */
    uint64_t batches, blocks, events, reorgs, restarts;
    char error[256]; /* the last failure, "" if none since the last commit */
    struct source_health source;
};
void mirror_health_get(struct mirror_health *out);

/* Mirror until stop is set (OK), the archive or, with once, the head at start is committed (OK), or something is final:
 * ERR_CONFIG, ERR_SCHEMA, ERR_FIELD or ERR_IO (archive), ERR_DEEP_REORG. Waits for the lease; survives a lost database and
 * a failing source. A changed network file starts a rebuild first. */
MUST_CHECK enum err mirror_run(const struct mirror_options *options);

#endif
