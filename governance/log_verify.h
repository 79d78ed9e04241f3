/* governance/log_verify.h - recompute the log and all that follows from it, and compare every row: schema governance.
 *
 * It trusts the text of the entries alone, whose hashes the signed checkpoints bind, and the books (which ledger/mirror/verify.h compares
 * with the events). Compared are: leaves, digests and positions; subtrees; each checkpoint's root and signature; receipts; that
 * times do not decrease; wallets' signatures and the door's rules at the time; the rows of every table that follow from the
 * entries; power and tallies by the books in use. One snapshot; memory as of replay.h. */
#ifndef GOVERNANCE_LOG_VERIFY_H
#define GOVERNANCE_LOG_VERIFY_H

#include <stdatomic.h>

#include "ledger/core/db.h"

enum { LOG_VERIFY_NAMED_MAX = 20 };

struct log_verify_report {
    uint64_t entries, checkpoints, powers, tallies, differences;
    uint64_t uncounted; /* proposals whose last ballots wait to be counted: no difference */
    size_t n_named;
    char named[LOG_VERIFY_NAMED_MAX][256]; /* the first differences, one sentence each */
};

/* OK also if differences were found: look at the report. ERR_STOPPED; database errors. */
MUST_CHECK enum err log_verify_run(const char *conninfo, unsigned threads, atomic_bool *stop,
                                   struct log_verify_report *out);

#endif
