/* governance/log_export.h - the whole log in one file (bundle.h), from which a lost database is rebuilt (log_import.h). */
#ifndef GOVERNANCE_LOG_EXPORT_H
#define GOVERNANCE_LOG_EXPORT_H

#include "governance/bundle.h"

/* Write the log as it is in one snapshot, which the caller's transaction is, with bounded memory. *entries: how many. ERR_SYNCING:
 * nothing is mirrored; errors of the sink. */
MUST_CHECK enum err log_export(struct db *db, const struct sink *out, uint64_t *entries);

#endif
