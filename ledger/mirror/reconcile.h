/* ledger/mirror/reconcile.h - compare what the books say with what the contracts' own view functions answer at the same block.
 *
 * verify.h asks whether the books follow from the stored events; this asks whether the events tell all that the contracts know: a
 * contract that was upgraded, a missed contract or a wrong rule shows here. A figure is one value that a view function returns.
 * What a node cannot answer, or logs leave open, is not compared and counted apart: never a difference. */
#ifndef LEDGER_MIRROR_RECONCILE_H
#define LEDGER_MIRROR_RECONCILE_H

#include <stdatomic.h>

#include "ledger/core/db.h"
#include "ledger/mirror/network.h"
#include "ledger/mirror/reconcile_kind.h"

enum reconcile_at { RECONCILE_FINALIZED, RECONCILE_SAFE, RECONCILE_LATEST, RECONCILE_NUMBER, RECONCILE_HASH };

struct reconcile_options {
    const char *const *urls; /* JSON-RPC endpoints */
    size_t n_urls;
    unsigned timeout_ms;
    enum reconcile_at at;
    uint64_t number;  /* if RECONCILE_NUMBER */
    struct hash hash; /* if RECONCILE_HASH */
    uint64_t sample;  /* subjects a kind, picked by the seed; 0: all */
    uint64_t seed;
    unsigned pause_ms; /* between requests */
    bool tell;         /* say now and then in the log how far it is */
    atomic_bool *stop; /* may be NULL */
    /* Each difference as it is found; may be NULL. */
    void (*differ)(void *arg, const char *view, const char *subject, const char *figure, const char *ours,
                   const char *chain);
    void *arg;
};

struct reconcile_count {
    const char *view; /* signature of the view function */
    uint64_t checked, differences, unchecked;
};

enum { RECONCILE_KINDS_MAX = 48, RECONCILE_LINE = 512 };

struct reconcile_report {
    uint64_t number;
    struct hash block;
    uint64_t checked, differences, unchecked; /* figures */
    uint64_t unchecked_by[UNCHECKED_COUNT];
    size_t n_kinds;
    struct reconcile_count kinds[RECONCILE_KINDS_MAX];
    char first[RECONCILE_LINE];           /* the first difference as a sentence; "" if none */
    char first_unchecked[RECONCILE_LINE]; /* likewise what was not checked, and why; rather of the node than of ours */
    bool first_is_of_node;
};

/* "finalized", "safe", "latest", a number or a block hash, into at, number and hash. ERR_FIELD. */
MUST_CHECK enum err reconcile_at_parse(const char *text, struct reconcile_options *out);

/* `db` may be of any role that reads; `network` is the one the books were booked by. OK also if differences were found, or
 * nothing could be checked: look at the report. Statements run each by itself unless the caller has begun a transaction.
 * ERR_NOT_MIRRORED: no such block in the books; ERR_CONFIG: the node is of another chain; ERR_SOURCE: it does not know the
 * block; ERR_STOPPED; database errors. */
MUST_CHECK enum err reconcile_books(struct db *db, const struct network *network,
                                    const struct reconcile_options *options, struct reconcile_report *out);
/* Open a connection, read the network that the books were booked by, reconcile in one snapshot. ERR_NOT_FOUND: nothing mirrored; ERR_CONFIG:
 * the books are of other rules than the program's. */
MUST_CHECK enum err reconcile_run(const char *conninfo, const struct reconcile_options *options,
                                  struct reconcile_report *out);

const char *unchecked_text(enum unchecked reason);

#endif
