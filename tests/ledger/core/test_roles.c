/* tests/ledger/core/test_roles.c - who may do what: every role, object and verb against role_matrix.txt; append-only holds
 * even for the owner and a superuser; the domains refuse what is no amount.
 *
 * After a wanted change: ALTLEDGER_WRITE_MATRIX=1 build/asan/tests/ledger/core/test_roles writes the file anew; read its diff. */
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "ledger/core/migrate.h"
#include "tests/support/pg.h"
#include "tests/support/unit.h"

#define MATRIX "tests/ledger/core/role_matrix.txt"

static const char *conninfo;
static struct db *admin;

static int set_up(void **state)
{
    (void)state;
    conninfo = pg_fresh();
    admin = pg_open(pg_admin(conninfo), NULL);
    return 0;
}

static int tear_down(void **state)
{
    (void)state;
    db_close(admin);
    return 0;
}

/* A line for each role and object, with what that role may do to it; "-" for nothing. Column grants count as the table's. */
static const char matrix_sql[] =
    "WITH roles (role) AS (VALUES ('altledger'), ('altledger_owner'), ('altledger_writer'), ('altledger_ballots'), "
    "('altledger_api')),"
    " schemas AS (SELECT n.oid, n.nspname FROM pg_catalog.pg_namespace n WHERE n.nspname !~ '^pg_' AND n.nspname <> "
    "'information_schema'),"
    " may (role, kind, name, verb, sort) AS ("
    "  SELECT r.role, 'schema', s.nspname, CASE WHEN pg_catalog.has_schema_privilege(r.role, s.oid, v.verb) THEN "
    "v.verb END, v.sort"
    "   FROM roles r, schemas s, (VALUES ('USAGE', 1), ('CREATE', 2)) v (verb, sort)"
    "  UNION ALL SELECT r.role, CASE c.relkind WHEN 'v' THEN 'view' WHEN 'S' THEN 'sequence' ELSE 'table' END, "
    "s.nspname || '.' || c.relname,"
    "   CASE WHEN pg_catalog.has_table_privilege(r.role, c.oid, v.verb)"
    "     OR CASE WHEN v.verb IN ('SELECT', 'INSERT', 'UPDATE', 'REFERENCES') THEN "
    "pg_catalog.has_any_column_privilege(r.role, c.oid, v.verb) END"
    "    THEN v.verb END, v.sort"
    "   FROM roles r, schemas s JOIN pg_catalog.pg_class c ON c.relnamespace = s.oid AND c.relkind IN ('r', 'v', 'm', "
    "'p', 'f', 'S'),"
    "   (VALUES ('SELECT', 1), ('INSERT', 2), ('UPDATE', 3), ('DELETE', 4), ('TRUNCATE', 5), ('REFERENCES', 6), "
    "('TRIGGER', 7)) v (verb, sort)"
    "  UNION ALL SELECT r.role, 'function', p.oid::pg_catalog.regprocedure::text,"
    "   CASE WHEN pg_catalog.has_function_privilege(r.role, p.oid, 'EXECUTE') THEN 'EXECUTE' END, 1"
    "   FROM roles r, schemas s JOIN pg_catalog.pg_proc p ON p.pronamespace = s.oid)"
    " SELECT role || ' ' || kind || ' ' || name || ': ' || coalesce(string_agg(verb, ' ' ORDER BY sort), '-')"
    " FROM may GROUP BY role, kind, name ORDER BY (role || ' ' || kind || ' ' || name) COLLATE \"C\"";

static void matrix_text(struct buffer *out)
{
    AUTO_ROWS rows = NULL;
    assert_int_equal(db_query(admin, matrix_sql, WITH_NOTHING, &rows), OK);
    for (size_t i = 0; i < rows_count(rows); i++)
        buffer_printf(out, "%s\n", rows_text(rows, i, 0));
}

static void read_file(struct buffer *out)
{
    FILE *f = fopen(MATRIX, "r");
    if (f == NULL)
        fail_msg("cannot read " MATRIX);
    char line[512];
    while (fgets(line, sizeof line, f) != NULL)
        if (line[0] != '#')
            buffer_text(out, line);
    fclose(f);
}

static void write_file(const struct buffer *matrix)
{
    FILE *f = fopen(MATRIX, "w");
    if (f == NULL)
        fail_msg("cannot write " MATRIX);
    fprintf(f, "# role_matrix.txt - what every database role may do to every object; test_roles.c compares it with a "
               "migrated database.\n");
    fwrite(matrix->p, 1, matrix->n, f);
    fclose(f);
}

static bool has_line(const struct buffer *b, const char *line, size_t n)
{
    for (const char *at = (const char *)b->p; *at != '\0'; at = strchr(at, '\n') + 1)
        if (strncmp(at, line, n) == 0 && at[n] == '\n')
            return true;
    return false;
}

static int missing(const struct buffer *in, const struct buffer *from, const char *sign)
{
    int n_missing = 0;
    for (const char *at = (const char *)in->p; *at != '\0';) {
        size_t n = strcspn(at, "\n");
        if (!has_line(from, at, n)) {
            print_error("%s %.*s\n", sign, (int)n, at);
            n_missing++;
        }
        at += n + 1;
    }
    return n_missing;
}

static void roles__may_do_what_the_matrix_says_and_nothing_else(void **state)
{
    (void)state;
    AUTO_BUFFER is = {0};
    AUTO_BUFFER ought = {0};
    matrix_text(&is);
    if (getenv("ALTLEDGER_WRITE_MATRIX") != NULL)
        write_file(&is);
    read_file(&ought);
    buffer_u8(&is, 0);
    buffer_u8(&ought, 0);
    assert_true(is.n > 1000);
    assert_int_equal(missing(&is, &ought, "unexpected:") + missing(&ought, &is, "missing:"), 0);
}

static void roles__own_nothing_but_the_owner(void **state)
{
    (void)state;
    AUTO_ROWS rows = NULL;
    assert_int_equal(db_query(admin,
                              "SELECT r.rolname::text FROM pg_catalog.pg_roles r WHERE r.rolname LIKE 'altledger\\_%' "
                              "AND (r.rolsuper OR r.rolcanlogin"
                              " OR r.rolcreaterole OR r.rolcreatedb OR r.rolbypassrls OR r.rolreplication)",
                              WITH_NOTHING, &rows),
                     OK);
    assert_int_equal(rows_count(rows), 0);
}

/* ---- append-only ---- */

/* Every statement that changes or removes, on every table; all must be refused, in the words of the guard. */
static const char attack_sql[] =
    "DO $$ DECLARE t record; s text; refused boolean; n integer := 0; BEGIN"
    " FOR t IN SELECT c.oid, n.nspname, c.relname, (SELECT a.attname FROM pg_catalog.pg_attribute a WHERE a.attrelid = "
    "c.oid AND a.attnum = 1) AS col"
    "   FROM pg_catalog.pg_class c JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace"
    "   WHERE n.nspname IN ('mirror', 'ledger') AND c.relkind = 'r' AND c.relname <> 'cursor' LOOP"
    "  FOREACH s IN ARRAY ARRAY[format('DELETE FROM %I.%I', t.nspname, t.relname), format('TRUNCATE %I.%I CASCADE', "
    "t.nspname, t.relname),"
    "    format('UPDATE %I.%I SET %I = %I', t.nspname, t.relname, t.col, t.col)] LOOP"
    "   refused := false;"
    "   BEGIN EXECUTE s; EXCEPTION WHEN raise_exception THEN refused := SQLERRM LIKE '%is append-only'; END;"
    "   IF NOT refused THEN RAISE EXCEPTION USING ERRCODE = 'AL999', MESSAGE = 'went through: ' || s; END IF;"
    "   n := n + 1;"
    "  END LOOP;"
    " END LOOP;"
    " IF n < 45 THEN RAISE EXCEPTION 'only % statements', n; END IF;"
    "END $$";

static void append_only__holds_for_a_superuser_in_replica_role(void **state)
{
    (void)state;
    assert_int_equal(db_script(admin, attack_sql), OK);
    assert_int_equal(db_script(admin, "SET session_replication_role = replica"), OK);
    assert_int_equal(db_script(admin, attack_sql), OK);
    assert_int_equal(db_script(admin, "SET altledger.unwinding = 'on'"), OK);
    assert_int_equal(db_script(admin, attack_sql), OK);
}

static void append_only__holds_for_the_owner(void **state)
{
    (void)state;
    struct db *owner = pg_open(conninfo, ROLE_OWNER);
    assert_int_equal(db_script(owner, attack_sql), OK);
    db_close(owner);
}

static void append_only__writer_cannot_pose_as_unwinding(void **state)
{
    (void)state;
    struct db *writer = pg_open(conninfo, ROLE_WRITER);
    assert_int_equal(db_script(writer, "SET altledger.unwinding = 'on'"), OK);
    assert_int_equal(db_script(writer, "DELETE FROM ledger.entry"), ERR_DB);
    assert_non_null(strstr(err_detail(), "42501"));
    assert_int_equal(db_script(writer, "DELETE FROM mirror.cursor"), ERR_DB);
    assert_int_equal(db_script(writer, "INSERT INTO mirror.cursor (only) VALUES (false)"), ERR_DB);
    assert_int_equal(db_script(writer, "SELECT mirror.guard('ledger')"), ERR_DB);
    assert_int_equal(db_script(writer, "ALTER TABLE ledger.entry DISABLE TRIGGER ALL"), ERR_DB);
    db_close(writer);
}

static void roles__api_cannot_write_even_if_it_says_so(void **state)
{
    (void)state;
    struct db *api = pg_open(conninfo, ROLE_API);
    assert_int_equal(db_script(api, "INSERT INTO ledger.timeline VALUES ('x')"), ERR_DB);
    assert_non_null(strstr(err_detail(), "25006"));
    assert_int_equal(db_script(api, "SET default_transaction_read_only = off"), OK);
    assert_int_equal(db_script(api, "INSERT INTO ledger.timeline VALUES ('x')"), ERR_DB);
    assert_non_null(strstr(err_detail(), "42501"));
    assert_int_equal(db_script(api,
                               "SELECT * FROM mirror.cursor, api_v1.balance, api_v1.entry, api_v1.event, api_v1.block"),
                     OK);
    db_close(api);
}

/* ---- domains ---- */

static enum err cast(const char *value, const char *domain)
{
    AUTO_ARENA arena = {0};
    return db_script(admin, arena_printf(&arena, "SELECT (%s)::numeric::public.%s", value, domain));
}

static void domains__refuse_what_is_no_amount(void **state)
{
    (void)state;
    static const char *const bad[] = {"'NaN'", "'Infinity'", "'-1'", "'0.5'", "'1.0'", "2::numeric ^ 256"};
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        assert_int_equal(cast(bad[i], "amount"), ERR_DB);
        assert_non_null(strstr(err_detail(), "23514"));
    }
    assert_int_equal(cast("0", "amount"), OK);
    assert_int_equal(cast("trunc(2::numeric ^ 256) - 1", "amount"), OK);
    static const char *const bad_delta[] = {"'NaN'", "'-Infinity'", "'-0.5'", "trunc(2::numeric ^ 256)",
                                            "-trunc(2::numeric ^ 256)"};
    for (size_t i = 0; i < sizeof bad_delta / sizeof *bad_delta; i++)
        assert_int_equal(cast(bad_delta[i], "delta"), ERR_DB);
    assert_int_equal(cast("1 - trunc(2::numeric ^ 256)", "delta"), OK);
    assert_int_equal(cast("trunc(2::numeric ^ 256) - 1", "delta"), OK);
    static const char *const bad_total[] = {"'NaN'", "'Infinity'", "'-1'", "'0.1'", "trunc(2::numeric ^ 512)"};
    for (size_t i = 0; i < sizeof bad_total / sizeof *bad_total; i++)
        assert_int_equal(cast(bad_total[i], "total"), ERR_DB);
    assert_int_equal(cast("trunc(2::numeric ^ 512) - 1", "total"), OK);
    assert_int_equal(db_script(admin, "SELECT '\\x00'::bytea::public.address"), ERR_DB);
    assert_int_equal(db_script(admin, "SELECT pg_catalog.decode(repeat('00', 20), 'hex')::public.address"), OK);
    assert_int_equal(db_script(admin, "SELECT pg_catalog.decode(repeat('00', 33), 'hex')::public.hash"), ERR_DB);
}

int main(void)
{
#define CASE(f) cmocka_unit_test_setup_teardown(f, set_up, tear_down)
    const struct CMUnitTest tests[] = {
        CASE(roles__may_do_what_the_matrix_says_and_nothing_else),
        CASE(roles__own_nothing_but_the_owner),
        CASE(append_only__holds_for_a_superuser_in_replica_role),
        CASE(append_only__holds_for_the_owner),
        CASE(append_only__writer_cannot_pose_as_unwinding),
        CASE(roles__api_cannot_write_even_if_it_says_so),
        CASE(domains__refuse_what_is_no_amount),
    };
    pg_start();
    int failed = cmocka_run_group_tests(tests, NULL, NULL);
    pg_stop();
    return failed;
}
