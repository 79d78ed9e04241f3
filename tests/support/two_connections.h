/* tests/support/two_connections.h - set-up of the tests of ledger/core/db: a table in an empty database, one connection, one to look on. */
#ifndef TESTS_SUPPORT_TWO_CONNECTIONS_H
#define TESTS_SUPPORT_TWO_CONNECTIONS_H

#include "ledger/core/db.h"
#include "tests/support/pg.h"
#include "tests/support/unit.h"

static const char *conninfo;
static struct db *db, *other;

static inline int set_up(void **state)
{
    (void)state;
    conninfo = pg_empty();
    db = pg_open(pg_admin(conninfo), NULL);
    other = pg_open(pg_admin(conninfo), NULL);
    assert_int_equal(
        db_script(db, "CREATE TABLE public.t (id bigint PRIMARY KEY DEFERRABLE INITIALLY DEFERRED, note text)"), OK);
    return 0;
}

static inline int tear_down(void **state)
{
    (void)state;
    db_close(db);
    db_close(other);
    return 0;
}

/* End db's backend as an administrator would; it is gone when this returns. */
static inline void kill_backend(void)
{
    int64_t pid = db_backend_pid(db);
    assert_int_equal(db_run(other, "SELECT pg_catalog.pg_terminate_backend($1::integer, 5000)", WITH(IN(&pid)), NULL),
                     OK);
}

static inline int64_t count(void)
{
    AUTO_ROWS rows = NULL;
    assert_int_equal(db_query(other, "SELECT count(*) FROM public.t", WITH_NOTHING, &rows), OK);
    return rows_i64(rows, 0, 0);
}

static inline enum err insert(struct db *into, int64_t id)
{
    return db_run(into, "INSERT INTO public.t VALUES ($1)", WITH(IN(&id)), NULL);
}

#define CASE(f) cmocka_unit_test_setup_teardown(f, set_up, tear_down)

#endif
