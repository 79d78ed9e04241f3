/* tests/ledger/core/test_migrate.c - migrations: once each, one at a time, never over a schema that is not ours. */
#include <pthread.h>
#include <stdint.h>
#include <string.h>

#include "ledger/core/migrate.h"
#include "ledger/core/sql_files.h"
#include "tests/support/pg.h"
#include "tests/support/unit.h"

static unsigned files(void)
{
    unsigned n = 1; /* views.sql */
    for (size_t i = 0; i < sql_files_n; i++)
        n += sql_files[i].name[0] >= '0' && sql_files[i].name[0] <= '9';
    return n;
}

static enum err migrate_database(const char *conninfo, unsigned *applied)
{
    struct db *db = pg_open(conninfo, NULL);
    enum err e = migrate(db, applied);
    db_close(db);
    return e;
}

static enum err check(const char *conninfo)
{
    struct db *db = pg_open(conninfo, ROLE_API);
    enum err e = migrate_check(db);
    db_close(db);
    return e;
}

static void administer(const char *conninfo, const char *script)
{
    struct db *db = pg_open(pg_admin(conninfo), NULL);
    assert_int_equal(db_script(db, script), OK);
    db_close(db);
}

static void migrate__applies_each_file_once(void **state)
{
    (void)state;
    const char *conninfo = pg_empty();
    unsigned applied = 99;
    assert_int_equal(check(conninfo), ERR_SCHEMA);
    assert_non_null(strstr(err_detail(), "altledger migrate"));
    assert_int_equal(migrate_database(conninfo, &applied), OK);
    assert_int_equal(applied, files());
    assert_int_equal(check(conninfo), OK);
    assert_int_equal(migrate_database(conninfo, &applied), OK);
    assert_int_equal(applied, 0);
}

static void migrate__leaves_everything_to_the_owner(void **state)
{
    (void)state;
    struct db *db = pg_open(pg_admin(pg_fresh()), NULL);
    AUTO_ROWS rows = NULL;
    assert_int_equal(db_query(db,
                              "SELECT n.nspname::text, c.relname::text FROM pg_catalog.pg_class c JOIN "
                              "pg_catalog.pg_namespace n ON n.oid = c.relnamespace"
                              " WHERE n.nspname IN ('mirror', 'ledger', 'api_v1') AND "
                              "pg_catalog.pg_get_userbyid(c.relowner) <> 'altledger_owner'"
                              " UNION ALL SELECT n.nspname, p.proname FROM pg_catalog.pg_proc p JOIN "
                              "pg_catalog.pg_namespace n ON n.oid = p.pronamespace"
                              " WHERE n.nspname IN ('mirror', 'ledger', 'api_v1') AND "
                              "pg_catalog.pg_get_userbyid(p.proowner) <> 'altledger_owner'"
                              " UNION ALL SELECT 'schema', n.nspname FROM pg_catalog.pg_namespace n"
                              " WHERE n.nspname IN ('mirror', 'ledger', 'api_v1') AND "
                              "pg_catalog.pg_get_userbyid(n.nspowner) <> 'altledger_owner'",
                              WITH_NOTHING, &rows),
                     OK);
    assert_int_equal(rows_count(rows), 0);
    db_close(db);
}

static void migrate__comments_on_every_table_and_function(void **state)
{
    (void)state;
    struct db *db = pg_open(pg_admin(pg_fresh()), NULL);
    AUTO_ROWS rows = NULL;
    assert_int_equal(
        db_query(
            db,
            "SELECT c.relname::text FROM pg_catalog.pg_class c JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace"
            " WHERE n.nspname IN ('mirror', 'ledger', 'api_v1') AND c.relkind IN ('r', 'v') AND "
            "pg_catalog.obj_description(c.oid, 'pg_class') IS NULL"
            " UNION ALL SELECT p.proname FROM pg_catalog.pg_proc p JOIN pg_catalog.pg_namespace n ON n.oid = "
            "p.pronamespace"
            " WHERE n.nspname IN ('mirror', 'ledger', 'api_v1') AND pg_catalog.obj_description(p.oid, 'pg_proc') IS "
            "NULL",
            WITH_NOTHING, &rows),
        OK);
    for (size_t i = 0; i < rows_count(rows); i++)
        print_error("%s has no comment\n", rows_text(rows, i, 0));
    assert_int_equal(rows_count(rows), 0);
    db_close(db);
}

static void migrate__refuses_a_schema_from_the_future(void **state)
{
    (void)state;
    const char *conninfo = pg_fresh();
    unsigned applied = 99;
    administer(conninfo, "INSERT INTO public.altledger_migration VALUES (9999, '9999_flying.sql', '\\x00'::bytea || "
                         "pg_catalog.decode(repeat('00', 31), 'hex'))");
    assert_int_equal(migrate_database(conninfo, &applied), ERR_SCHEMA);
    assert_non_null(strstr(err_detail(), "schema from the future: migration 9999 (9999_flying.sql)"));
    assert_int_equal(applied, 99);
    assert_int_equal(check(conninfo), ERR_SCHEMA);
}

static void migrate__refuses_a_changed_checksum(void **state)
{
    (void)state;
    const char *conninfo = pg_fresh();
    unsigned applied;
    administer(
        conninfo,
        "UPDATE public.altledger_migration SET checksum = pg_catalog.decode(repeat('ab', 32), 'hex') WHERE number = 2");
    assert_int_equal(migrate_database(conninfo, &applied), ERR_SCHEMA);
    assert_non_null(strstr(err_detail(), "migration 2 (0002_ledger.sql) was applied from another text"));
    assert_int_equal(check(conninfo), ERR_SCHEMA);
}

static void migrate__runs_changed_views_again(void **state)
{
    (void)state;
    const char *conninfo = pg_fresh();
    unsigned applied;
    administer(
        conninfo,
        "UPDATE public.altledger_migration SET checksum = pg_catalog.decode(repeat('ab', 32), 'hex') WHERE number = 0;"
        "DROP VIEW api_v1.balance");
    assert_int_equal(check(conninfo), ERR_SCHEMA);
    assert_non_null(strstr(err_detail(), "views.sql is not applied"));
    assert_int_equal(migrate_database(conninfo, &applied), OK);
    assert_int_equal(applied, 1);
    administer(conninfo, "SELECT * FROM api_v1.balance");
    assert_int_equal(check(conninfo), OK);
}

static void migrate__check_misses_a_migration_not_yet_applied(void **state)
{
    (void)state;
    const char *conninfo = pg_fresh();
    administer(conninfo, "DELETE FROM public.altledger_migration WHERE number = 4");
    assert_int_equal(check(conninfo), ERR_SCHEMA);
    assert_string_equal(err_detail(), "0004_roles.sql is not applied: run `altledger migrate`");
}

static void migrate__a_failing_file_leaves_nothing(void **state)
{
    (void)state;
    const char *conninfo = pg_empty();
    unsigned applied = 99;
    administer(conninfo, "SET ROLE altledger_owner; CREATE DOMAIN public.total AS numeric"); /* in the way of 0001 */
    assert_int_equal(migrate_database(conninfo, &applied), ERR_DB);
    assert_non_null(strstr(err_detail(), "0001_mirror.sql: 42710"));
    assert_int_equal(applied, 99);
    struct db *db = pg_open(pg_admin(conninfo), NULL);
    AUTO_ROWS rows = NULL;
    assert_int_equal(db_query(db,
                              "SELECT pg_catalog.to_regclass('mirror.cursor') IS NULL AND NOT EXISTS (SELECT FROM "
                              "public.altledger_migration)",
                              WITH_NOTHING, &rows),
                     OK);
    assert_true(rows_bool(rows, 0, 0));
    db_close(db);
}

struct racer {
    const char *conninfo;
    unsigned applied;
    enum err e;
};

static void *race(void *arg)
{
    struct racer *r = arg;
    r->e = migrate_database(r->conninfo, &r->applied);
    return NULL;
}

static void migrate__serialises_those_who_come_at_once(void **state)
{
    (void)state;
    enum { RACERS = 4 };
    const char *conninfo = pg_empty();
    struct racer racers[RACERS];
    pthread_t threads[RACERS];
    unsigned sum = 0;
    for (int i = 0; i < RACERS; i++) {
        racers[i] = (struct racer){.conninfo = conninfo};
        assert_int_equal(pthread_create(&threads[i], NULL, race, &racers[i]), 0);
    }
    for (int i = 0; i < RACERS; i++) {
        pthread_join(threads[i], NULL);
        assert_int_equal(racers[i].e, OK);
        sum += racers[i].applied;
    }
    assert_int_equal(sum, files());
    assert_int_equal(check(conninfo), OK);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(migrate__applies_each_file_once),
        cmocka_unit_test(migrate__leaves_everything_to_the_owner),
        cmocka_unit_test(migrate__comments_on_every_table_and_function),
        cmocka_unit_test(migrate__refuses_a_schema_from_the_future),
        cmocka_unit_test(migrate__refuses_a_changed_checksum),
        cmocka_unit_test(migrate__runs_changed_views_again),
        cmocka_unit_test(migrate__check_misses_a_migration_not_yet_applied),
        cmocka_unit_test(migrate__a_failing_file_leaves_nothing),
        cmocka_unit_test(migrate__serialises_those_who_come_at_once),
    };
    pg_start();
    int failed = cmocka_run_group_tests(tests, NULL, NULL);
    pg_stop();
    return failed;
}
