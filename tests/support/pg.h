/* tests/support/pg.h - a throw-away PostgreSQL for one test binary, and fresh databases in it.
 *
 * Call pg_start first and pg_stop last in main. The cluster lies under $TMPDIR (else /tmp) and goes even if the test crashes. If
 * $ALTLEDGER_TEST_DATABASE holds a superuser's conninfo (key=value form), its server is used instead. */
#ifndef TESTS_SUPPORT_PG_H
#define TESTS_SUPPORT_PG_H

#include "ledger/core/db.h"

void pg_start(void);
void pg_stop(void);

/* Conninfo of a new database, by a login that is no superuser and may take on the roles of migrate.h; migrated, or empty.
 * Valid until pg_stop. */
const char *pg_fresh(void);
const char *pg_empty(void);
/* The superuser's conninfo for the database of one of the above. */
const char *pg_admin(const char *conninfo);
/* db_open that fails the test. */
struct db *pg_open(const char *conninfo, const char *role);

#endif
