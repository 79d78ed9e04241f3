/* ledger/mirror/feeder.h - a thread that drives a source and decodes its steps ahead of the commit. */
#ifndef LEDGER_MIRROR_FEEDER_H
#define LEDGER_MIRROR_FEEDER_H

#include "ledger/mirror/apply.h"
#include "ledger/mirror/source.h"

/* One step with its memory. `result` other than OK ends the stream and is the last parcel. */
struct parcel {
    struct arena arena;
    enum err result;
    char detail[256];
    struct step step;
    struct decoded_log **decoded; /* one array per block */
};

struct feeder;

/* Opens the source (on the caller's thread, so that its errors are the caller's) and starts the thread. Failures of a source
 * that may pass (ERR_SOURCE, ERR_SOURCE_LIES) are retried inside, with the source's backoff. options->stop is not used: the
 * feeder has its own, raised by feeder_stop. */
MUST_CHECK enum err feeder_start(const struct source_options *options, struct feeder **out);
/* Wait up to wait_ms for the next parcel; NULL: none yet. Valid until feeder_give_back. */
struct parcel *feeder_take(struct feeder *f, unsigned wait_ms);
void feeder_give_back(struct feeder *f, struct parcel *p);
void feeder_health(const struct feeder *f, struct source_health *out);
void feeder_stop(struct feeder *f); /* ends the thread, closes the source */

#endif
