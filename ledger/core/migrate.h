/* ledger/core/migrate.h - brings the schema up to date, and says whether it is.
 *
 * sql/NNNN_*.sql are applied in order, each once, each in one transaction, as altledger_owner, and recorded with their
 * checksum (Keccak-256 of the text) in public.altledger_migration; sql/views.sql is run again whenever it changed and
 * stands there under number 0; sql/roles.sql is run first. A migration that was released is never edited. */
#ifndef LEDGER_CORE_MIGRATE_H
#define LEDGER_CORE_MIGRATE_H

#include "ledger/core/db.h"

/* The roles of sql/roles.sql, for db_open. */
#define ROLE_OWNER   "altledger_owner"
#define ROLE_WRITER  "altledger_writer"
#define ROLE_BALLOTS "altledger_ballots"
#define ROLE_API     "altledger_api"

/* db: opened without a role, by a login that may take on altledger_owner or may create it. The connection is left as that
 * role and is best closed. *applied = migrations applied now. Any number at once: one does the work, the others wait.
 * ERR_SCHEMA: the schema is newer than this program, or an applied migration is not ours (detail says which). */
MUST_CHECK enum err migrate(struct db *db, unsigned *applied);
/* Make the roles only: for a new cluster, where an administrator prepares them for a login. */
MUST_CHECK enum err migrate_roles(struct db *db);
/* ERR_SCHEMA: the schema is not exactly this program's. Any of our roles may ask. */
MUST_CHECK enum err migrate_check(struct db *db);

#endif
