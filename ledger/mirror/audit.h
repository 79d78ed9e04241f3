/* ledger/mirror/audit.h - reconciliation in the background of a mirror: a small sample now and then, its result kept for all readers.
 *
 * A thread of lowest priority with connections of its own. While this process holds the lease and is not behind its source, each new
 * finalized block is audited, at most one in an interval; the result is a row of mirror.audit. After a difference the same subjects
 * are asked again until they are equal. A node that does not answer costs nothing but a warning. */
#ifndef LEDGER_MIRROR_AUDIT_H
#define LEDGER_MIRROR_AUDIT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "ledger/core/err.h"

struct audit_options {
    const char *conninfo;    /* of a login that may be the writer; all outlive the audit */
    const char *const *urls; /* JSON-RPC endpoints */
    size_t n_urls;
    unsigned timeout_ms;
    unsigned interval_seconds; /* at least 1 */
};

struct audit;
/* ERR_IO: no thread. */
MUST_CHECK enum err audit_start(const struct audit_options *options, struct audit **out);
/* Ends within about a second, whatever it waits for. NULL: nothing. */
void audit_stop(struct audit *a);

/* What the audits of this process came to; safe from any thread. */
struct audit_health {
    bool running;
    uint64_t audits, failures;                /* finished; given up */
    uint64_t checked, differences, unchecked; /* figures, of all audits */
};
void audit_health_get(struct audit_health *out);

#endif
