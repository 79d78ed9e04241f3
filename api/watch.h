/* api/watch.h - what the process knows of the mirror's state, and when it changes.
 *
 * A thread listens on channel altledger_state (the writer notifies in its commit) and reads mirror.cursor and the last row of
 * mirror.audit at least every WATCH_POLL_MS. Each change of what answers depend on begins a new epoch; cached answers hold for one. */
#ifndef API_WATCH_H
#define API_WATCH_H

#include <stdatomic.h>

#include "ledger/core/db.h"

enum {
    WATCH_POLL_MS = 500,
    WATCH_STALE_MS = 3000 /* the state was not read for so long: the database is away, or it hangs */
};

struct state {
    bool known;     /* the cursor has been read */
    bool reachable; /* the last read succeeded */
    bool has_head;
    uint64_t chain_id;
    bool has_network;
    struct hash network;
    uint64_t generation, version, head;
    int64_t safe, finalized, source_head; /* -1: none */
    int64_t expires_unix;                 /* the lease's end; -1: none */
    bool stopped;                         /* the mirror refuses to go on */
    int64_t audit_block;                  /* of the last audit; -1: there was none */
    int64_t audit_differences;            /* that it found */
};

struct watch;

MUST_CHECK enum err watch_open(const char *conninfo, const char *role, struct watch **out);
void watch_close(struct watch *w);
void watch_state(struct watch *w, struct state *out);
/* Rises with every change; two equal readings mean that nothing changed in between, as far as is known. */
uint64_t watch_epoch(struct watch *w);
/* The state has not been read lately: nobody need wait for the database. */
bool watch_stale(struct watch *w);
/* From another thread, now and then: break the watch's own connection if the database does not answer on it. */
void watch_unblock(struct watch *w);
uint64_t watch_generation(struct watch *w);
/* Look now: somebody committed, or a statement saw a newer state than we know. */
void watch_poke(struct watch *w);
void watch_saw(struct watch *w, uint64_t generation, uint64_t version);
/* Wait until the epoch differs from `since` or the time is over; the epoch then. */
uint64_t watch_wait(struct watch *w, uint64_t since, unsigned ms);

#endif
