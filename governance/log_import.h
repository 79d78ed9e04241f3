/* governance/log_import.h - the log from a file (log_export.h) into the database: a lost one is rebuilt from it and from L1.
 *
 * Everything in the file is verified: hashes, checkpoints, receipts, wallets' signatures (of contract wallets the recorded evidence), and
 * the door's rules at the time each entry was received. Then the same rows are written, byte for byte; power and
 * tallies are counted anew from the books, which must have all snapshot blocks. The database may hold the beginning of the
 * same log: the import goes on from there, so that one that was broken off is simply run again. Memory: some 300 bytes for
 * each voter of each proposal. */
#ifndef GOVERNANCE_LOG_IMPORT_H
#define GOVERNANCE_LOG_IMPORT_H

#include <stdatomic.h>

#include "ledger/core/db.h"

struct import_options {
    const char *path; /* "-": standard input */
    unsigned threads; /* 0: one for each processor */
    atomic_bool *stop;
    void (*progress)(void *arg, uint64_t done, uint64_t entries); /* after each transaction; may be NULL */
    void *arg;
};

struct import_report {
    uint64_t known, written; /* entries */
    uint64_t by_evidence;    /* signatures of contract wallets that were believed */
};

/* db: of the role altledger_ballots. Each transaction holds the append lock. ERR_CONFLICT: the database has another log, the
 * detail names the first difference, or somebody else appends; ERR_FIELD: the file does not verify, the detail names the
 * line; ERR_SYNCING: nothing is mirrored; ERR_IO, ERR_TOO_LARGE: the file; ERR_STOPPED. What was committed until then stays. */
MUST_CHECK enum err log_import(struct db *db, const struct import_options *options, struct import_report *out);

#endif
