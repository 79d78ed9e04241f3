/* tests/support/script.h - rows made by hand in a fresh database, and what a statement says of them. */
#ifndef TESTS_SUPPORT_SCRIPT_H
#define TESTS_SUPPORT_SCRIPT_H

#include "tests/support/pg.h"
#include "tests/support/unit.h"

static inline void script_run(struct db *db, const char *script)
{
    if (db_script(db, script) != OK)
        fail_msg("%s", err_detail());
}

/* A connection, as the superuser, to a migrated database in which the script was run. */
static inline struct db *script_open(const char *script)
{
    struct db *db = pg_open(pg_admin(pg_fresh()), NULL);
    script_run(db, script);
    return db;
}

/* The statement's only cell, a text. */
static inline void script_says(struct db *db, const char *sql, const char *expected)
{
    AUTO_ROWS rows = NULL;
    if (db_query(db, sql, WITH_NOTHING, &rows) != OK)
        fail_msg("%s", err_detail());
    assert_string_equal(rows_null(rows, 0, 0) ? "none" : rows_text(rows, 0, 0), expected);
}

#endif
