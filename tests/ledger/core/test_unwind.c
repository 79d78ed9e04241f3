/* tests/ledger/core/test_unwind.c - the owner's functions: unwind to a fork, rebuild beside the books and switch, load in bulk. */
#include <stdint.h>
#include <string.h>

#include "ledger/core/migrate.h"
#include "tests/support/pg.h"
#include "tests/support/unit.h"

static const char *conninfo;
static struct db *writer, *admin;

/* Blocks 10..15, numbered 1..6; block n has n - 10 events; each block from 11 on opens an account and books an entry to it and
 * to account 1, and adds a root. Finalized 11, safe 13, head 15; 5 + 4 + 3 + 2 + 1 = 15 events, feed 1..15. */
static const char fixture[] =
    "INSERT INTO mirror.block (id, number, hash, parent_hash, time, proof)"
    " SELECT n - 9, n, pg_catalog.sha256(n::text::bytea), pg_catalog.sha256((n - 1)::text::bytea), to_timestamp(n * "
    "12), 0 FROM generate_series(10, 15) n;"
    "INSERT INTO mirror.chain SELECT number, id FROM mirror.block;"
    "INSERT INTO mirror.event (block, log_index, number, tx_index, tx_hash, contract, topics, data, undecodable, "
    "subject, generation)"
    " SELECT b.id, i, b.number, 0, b.hash, pg_catalog.decode(repeat('aa', 20), 'hex'), '', '', false, "
    "pg_catalog.decode(repeat('bb', 20), 'hex'), 1"
    " FROM mirror.block b, generate_series(1, b.number - 10) i;"
    "INSERT INTO mirror.feed (seq, events, block, added, since, generation)"
    " SELECT 1 + (n - 10) * (n - 11) / 2, n - 10, n - 9, true, 0, 1 FROM generate_series(11, 15) n;"
    "INSERT INTO ledger.account SELECT n - 10, 1, pg_catalog.decode(repeat('aa', 20), 'hex'), "
    "pg_catalog.decode(lpad(to_hex(n), 40, '0'), 'hex'), '', n << 32"
    " FROM generate_series(11::bigint, 15) n;"
    "INSERT INTO ledger.entry SELECT n - 10, n << 32, 1, 0, 5, 5, 1 FROM generate_series(11::bigint, 15) n;"
    "INSERT INTO ledger.entry SELECT 1, n << 32 | 1, 1, 1, 7, 7 * (n - 10), 2 FROM generate_series(12::bigint, 15) n;"
    "INSERT INTO ledger.root SELECT n << 32 | 4294967295, pg_catalog.sha256(('root' || n)::bytea) FROM "
    "generate_series(11::bigint, 15) n;"
    "INSERT INTO ledger.root VALUES (-1, pg_catalog.sha256('root'));"
    "UPDATE mirror.cursor SET epoch = 7, head_block = 6, head_number = 15, head_hash = pg_catalog.sha256('15'), "
    "safe_number = 13,"
    " finalized_number = 11, source_head = 15, next_block = 7, next_feed_seq = 16, next_account = 6, events = 15, "
    "state_version = 3,"
    " root = pg_catalog.sha256('root15')";

static int set_up(void **state)
{
    (void)state;
    conninfo = pg_fresh();
    admin = pg_open(pg_admin(conninfo), NULL);
    writer = pg_open(conninfo, ROLE_WRITER);
    assert_int_equal(db_script(admin, fixture), OK);
    return 0;
}

static int tear_down(void **state)
{
    (void)state;
    db_close(admin);
    db_close(writer);
    return 0;
}

static enum err unwind(int64_t epoch, int64_t fork)
{
    return db_run(writer, "SELECT mirror.unwind($1, $2)", WITH(IN(&epoch), IN(&fork)), NULL);
}

/* One number or truth that a literal asks for. */
static int64_t ask(const char *sql)
{
    AUTO_ROWS rows = NULL;
    if (db_query(admin, sql, WITH_NOTHING, &rows) != OK)
        fail_msg("%s: %s", err_detail(), sql);
    return rows_i64(rows, 0, 0);
}

static void assert_untouched(void)
{
    assert_int_equal(ask("SELECT count(*) FROM mirror.chain"), 6);
    assert_int_equal(ask("SELECT count(*) FROM ledger.entry"), 9);
    assert_int_equal(ask("SELECT count(*) FROM mirror.reorg"), 0);
    assert_int_equal(ask("SELECT state_version FROM mirror.cursor"), 3);
}

static void unwind__takes_off_what_is_above_the_fork(void **state)
{
    (void)state;
    assert_int_equal(unwind(7, 12), OK);
    assert_int_equal(ask("SELECT max(number) FROM mirror.chain"), 12);
    assert_int_equal(ask("SELECT count(*) FROM mirror.block"), 6);
    assert_int_equal(ask("SELECT count(*) FROM mirror.event"), 15);
    assert_int_equal(ask("SELECT max(position) >> 32 FROM ledger.entry"), 12);
    assert_int_equal(ask("SELECT count(*) FROM ledger.entry"), 3);
    assert_int_equal(ask("SELECT max(id) FROM ledger.account"), 2);
    assert_int_equal(ask("SELECT count(*) FROM ledger.root"), 3);
}

static void unwind__puts_the_cursor_back(void **state)
{
    (void)state;
    assert_int_equal(unwind(7, 12), OK);
    assert_int_equal(ask("SELECT head_number * 100 + head_block FROM mirror.cursor"), 1203);
    assert_int_equal(ask("SELECT count(*) FROM mirror.cursor WHERE head_hash = pg_catalog.sha256('12') AND root = "
                         "pg_catalog.sha256('root12')"),
                     1);
    assert_int_equal(ask("SELECT safe_number FROM mirror.cursor"), 12);
    assert_int_equal(ask("SELECT finalized_number FROM mirror.cursor"), 11);
    assert_int_equal(ask("SELECT next_account FROM mirror.cursor"), 3);
    assert_int_equal(ask("SELECT events FROM mirror.cursor"), 3);
    assert_int_equal(ask("SELECT next_feed_seq FROM mirror.cursor"), 28);
    assert_int_equal(ask("SELECT state_version FROM mirror.cursor"), 4);
    assert_int_equal(ask("SELECT next_block FROM mirror.cursor"), 7); /* block ids are never used again */
}

static void unwind__tells_the_feed_from_the_top_down_without_gaps(void **state)
{
    (void)state;
    assert_int_equal(unwind(7, 12), OK);
    assert_int_equal(ask("SELECT count(*) FROM mirror.feed WHERE NOT added"), 3);
    assert_int_equal(ask("SELECT count(*) FROM mirror.feed WHERE (seq, events, block) IN ((16, 5, 6), (21, 4, 5), (25, "
                         "3, 4)) AND NOT added"),
                     3);
    assert_int_equal(ask("SELECT count(*) FROM (SELECT seq + events - lead(seq, 1, 28::bigint) OVER (ORDER BY seq) AS "
                         "gap FROM mirror.feed) f WHERE gap <> 0"),
                     0);
    assert_int_equal(ask("SELECT fork_number * 10000 + old_head_number * 100 + feed_seq FROM mirror.reorg WHERE id = 1 "
                         "AND old_head_hash = pg_catalog.sha256('15')"),
                     12 * 10000 + 15 * 100 + 16);
    assert_int_equal(ask("SELECT sum(number * 10 + block)::bigint FROM mirror.reorg_block"), 134 + 145 + 156);
}

static void unwind__twice_in_a_row(void **state)
{
    (void)state;
    assert_int_equal(unwind(7, 14), OK);
    assert_int_equal(unwind(7, 11), OK);
    assert_int_equal(ask("SELECT count(*) FROM mirror.reorg"), 2);
    assert_int_equal(ask("SELECT next_feed_seq FROM mirror.cursor"), 16 + 5 + 4 + 3 + 2);
    assert_int_equal(ask("SELECT next_account FROM mirror.cursor"), 2);
    assert_int_equal(ask("SELECT count(*) FROM ledger.entry"), 1);
}

static void unwind__to_before_the_first_block(void **state)
{
    (void)state;
    assert_int_equal(db_script(admin, "UPDATE mirror.cursor SET finalized_number = NULL"), OK);
    assert_int_equal(unwind(7, 9), OK);
    assert_int_equal(ask("SELECT count(*) FROM mirror.cursor WHERE head_number IS NULL AND head_hash IS NULL AND root "
                         "= pg_catalog.sha256('root')"),
                     1);
    assert_int_equal(ask("SELECT next_account FROM mirror.cursor"), 1);
    assert_int_equal(ask("SELECT count(*) FROM ledger.entry"), 0);
}

static void unwind__refuses_without_the_lease(void **state)
{
    (void)state;
    assert_int_equal(unwind(6, 12), ERR_LEASE_LOST);
    assert_int_equal(unwind(8, 12), ERR_LEASE_LOST);
    assert_untouched();
}

static void unwind__refuses_below_finalized(void **state)
{
    (void)state;
    assert_int_equal(unwind(7, 10), ERR_DEEP_REORG);
    assert_untouched();
    assert_int_equal(unwind(7, 11), OK); /* the finalized block itself stays */
}

static void unwind__refuses_if_there_is_nothing_above(void **state)
{
    (void)state;
    assert_int_equal(unwind(7, 15), ERR_DB);
    assert_non_null(strstr(err_detail(), "AL003"));
    assert_int_equal(unwind(7, 99), ERR_DB);
    assert_untouched();
}

static void unwind__leaves_the_guard_up(void **state)
{
    (void)state;
    assert_int_equal(db_begin(admin, ""), OK);
    assert_int_equal(db_script(admin, "SET LOCAL ROLE altledger_owner; SELECT mirror.unwind(7, 12)"), OK);
    assert_int_equal(db_script(admin, "DELETE FROM ledger.entry"), ERR_DB);
    assert_non_null(strstr(err_detail(), "append-only"));
    db_rollback(admin);
}

/* ---- rebuild ---- */

static enum err rebuild_begin(int64_t epoch)
{
    return db_run(writer, "SELECT mirror.rebuild_begin($1)", WITH(IN(&epoch)), NULL);
}

static enum err rebuild_switch(int64_t epoch)
{
    struct hash h = {{9}};
    int64_t next = 42;
    int32_t rules = 2;
    return db_run(writer, "SELECT mirror.rebuild_switch($1, $2, $3, $4, $5, $6)",
                  WITH(IN(&epoch), IN("{}"), IN(&h), IN(&rules), IN(&h), IN(&next)), NULL);
}

/* What makes a table: columns, keys, checks, indexes, guards, grants, comments; without the name of the schema. */
#define SHAPE_OF(schema)                                                                                               \
    "SELECT hashtextextended(string_agg(line, '/' ORDER BY line COLLATE \"C\"), 0) FROM ("                             \
    " SELECT concat(c.relname, a.attname, format_type(a.atttypid, a.atttypmod), a.attnotnull, col_description(c.oid, " \
    "a.attnum))"                                                                                                       \
    "  FROM pg_class c JOIN pg_attribute a ON a.attrelid = c.oid AND a.attnum > 0"                                     \
    "  WHERE c.relnamespace = '" schema "'::regnamespace AND c.relkind = 'r'"                                          \
    " UNION ALL SELECT concat(conrelid::regclass, conname, pg_get_constraintdef(oid)) FROM pg_constraint"              \
    "  WHERE connamespace = '" schema "'::regnamespace"                                                                \
    " UNION ALL SELECT indexdef FROM pg_indexes WHERE schemaname = '" schema "'"                                       \
    " UNION ALL SELECT concat(tgrelid::regclass, tgname, tgenabled, tgtype, tgfoid::regproc)"                          \
    "  FROM pg_trigger t JOIN pg_class c ON c.oid = t.tgrelid WHERE c.relnamespace = '" schema "'::regnamespace"       \
    " UNION ALL SELECT concat(relname, pg_get_userbyid(relowner), relacl, obj_description(oid, 'pg_class'))"           \
    "  FROM pg_class WHERE relnamespace = '" schema "'::regnamespace AND relkind = 'r'"                                \
    " UNION ALL SELECT name FROM " schema ".timeline UNION ALL SELECT concat(name, id) FROM " schema ".book) x (line)"

static void rebuild__switch_puts_tables_of_the_same_shape_in_place(void **state)
{
    (void)state;
    int64_t before = ask(SHAPE_OF("ledger"));
    assert_int_equal(db_script(admin, "CREATE VIEW public.mine AS SELECT owner, balance FROM api_v1.balance"), OK);
    static const char read[] = "SELECT count(*) FROM ledger.entry";
    AUTO_ROWS old = NULL;
    AUTO_ROWS new = NULL;
    assert_int_equal(db_query(writer, read, WITH_NOTHING, &old), OK);
    assert_int_equal(rows_i64(old, 0, 0), 9);
    assert_int_equal(rebuild_begin(7), OK);
    assert_int_equal(db_script(writer, "INSERT INTO ledger_next.account SELECT * FROM ledger.account WHERE id < 3;"
                                       "INSERT INTO ledger_next.entry SELECT * FROM ledger.entry WHERE account < 3"),
                     OK);
    assert_int_equal(db_script(writer, "DELETE FROM ledger_next.entry"), ERR_DB);
    assert_int_equal(rebuild_switch(7), OK);
    assert_int_equal(ask(SHAPE_OF("ledger")), before);
    assert_int_equal(ask("SELECT count(*) FROM pg_catalog.pg_namespace WHERE nspname LIKE 'ledger\\_%'"), 0);
    assert_int_equal(db_query(writer, read, WITH_NOTHING, &new), OK); /* a prepared statement finds the new table */
    assert_int_equal(rows_i64(new, 0, 0), 6);
    assert_int_equal(ask("SELECT count(*) FROM public.mine"),
                     2); /* what others built on api_v1 stays, and reads the new books */
    assert_int_equal(ask("SELECT generation * 1000 + state_version * 100 + next_account FROM mirror.cursor"), 2442);
    assert_int_equal(
        ask("SELECT count(*) FROM mirror.cursor WHERE network = '{}' AND rules_version = 2 AND root = network_hash"),
        1);
    struct db *api = pg_open(conninfo, ROLE_API);
    assert_int_equal(db_script(api, "SELECT * FROM api_v1.balance, ledger.root"), OK);
    db_close(api);
}

static void rebuild__guards_and_unwinds_the_new_books_too(void **state)
{
    (void)state;
    assert_int_equal(rebuild_begin(7), OK);
    assert_int_equal(db_script(writer, "INSERT INTO ledger_next.account SELECT * FROM ledger.account; INSERT INTO "
                                       "ledger_next.entry SELECT * FROM ledger.entry;"
                                       "INSERT INTO ledger_next.root SELECT * FROM ledger.root"),
                     OK);
    assert_int_equal(rebuild_switch(7), OK);
    assert_int_equal(db_script(admin, "DELETE FROM ledger.entry"), ERR_DB);
    assert_non_null(strstr(err_detail(), "ledger.entry is append-only"));
    assert_int_equal(unwind(7, 12), OK);
    assert_int_equal(ask("SELECT count(*) FROM ledger.entry"), 3);
}

static void rebuild__begins_anew_after_one_that_was_given_up(void **state)
{
    (void)state;
    assert_int_equal(rebuild_begin(7), OK);
    assert_int_equal(db_script(writer, "INSERT INTO ledger_next.account SELECT * FROM ledger.account"), OK);
    assert_int_equal(rebuild_begin(7), OK);
    assert_int_equal(ask("SELECT count(*) FROM ledger_next.account"), 0);
    assert_int_equal(rebuild_switch(7), OK);
    assert_int_equal(rebuild_begin(7), OK); /* and the switched generation can be rebuilt again */
    assert_int_equal(rebuild_switch(7), OK);
    assert_int_equal(ask("SELECT generation FROM mirror.cursor"), 3);
}

static void rebuild__refuses_without_lease_or_beginning(void **state)
{
    (void)state;
    assert_int_equal(rebuild_begin(6), ERR_LEASE_LOST);
    assert_int_equal(rebuild_switch(7), ERR_DB);
    assert_non_null(strstr(err_detail(), "AL003"));
    assert_int_equal(rebuild_begin(7), OK);
    assert_int_equal(rebuild_switch(6), ERR_LEASE_LOST);
    assert_untouched();
}

/* ---- bulk load ---- */

static enum err bulk(const char *sql, int64_t epoch)
{
    return db_run(writer, sql, WITH(IN(&epoch)), NULL);
}

static void bulk__drops_and_makes_indexes(void **state)
{
    (void)state;
    int64_t before = ask(SHAPE_OF("ledger")),
            before_mirror = ask("SELECT count(*) FROM pg_catalog.pg_indexes WHERE schemaname = 'mirror'");
    assert_int_equal(bulk("SELECT mirror.bulk_begin($1)", 6), ERR_LEASE_LOST);
    assert_int_equal(bulk("SELECT mirror.bulk_begin($1)", 7), OK);
    assert_int_equal(bulk("SELECT mirror.bulk_begin($1)", 7), OK);
    assert_int_equal(ask("SELECT count(*) FROM pg_catalog.pg_indexes WHERE indexname IN ('event_by_type', "
                         "'event_by_subject', 'event_by_contract', 'account_owner', 'entry_key')"),
                     0);
    assert_int_equal(bulk("SELECT mirror.bulk_end($1)", 6), ERR_LEASE_LOST);
    assert_int_equal(bulk("SELECT mirror.bulk_end($1)", 7), OK);
    assert_int_equal(bulk("SELECT mirror.bulk_end($1)", 7), OK);
    assert_int_equal(ask(SHAPE_OF("ledger")), before);
    assert_int_equal(ask("SELECT count(*) FROM pg_catalog.pg_indexes WHERE schemaname = 'mirror'"), before_mirror);
    assert_int_equal(ask("SELECT reltuples::bigint FROM pg_catalog.pg_class WHERE oid = 'mirror.event'::regclass"), 15);
}

/* ---- views ---- */

static void views__tell_balances_and_entries(void **state)
{
    (void)state;
    assert_int_equal(ask("SELECT balance::bigint * 100 + since_block FROM api_v1.balance WHERE owner = "
                         "pg_catalog.decode(lpad(to_hex(11), 40, '0'), 'hex')"),
                     3515);
    assert_int_equal(ask("SELECT count(*) FROM api_v1.entry"), 9);
    assert_int_equal(ask("SELECT count(*) FROM api_v1.event"), 15);
    assert_int_equal(ask("SELECT count(*) FROM api_v1.block WHERE finality = 'finalized'"), 2);
    assert_int_equal(ask("SELECT count(*) FROM api_v1.block WHERE number = 14 AND root = pg_catalog.sha256('root14') "
                         "AND events = 4"),
                     1);
    assert_int_equal(unwind(7, 12), OK);
    assert_int_equal(ask("SELECT count(*) FROM api_v1.event"), 3);
    assert_int_equal(ask("SELECT count(*) FROM api_v1.entry"), 3);
}

int main(void)
{
#define CASE(f) cmocka_unit_test_setup_teardown(f, set_up, tear_down)
    const struct CMUnitTest tests[] = {
        CASE(unwind__takes_off_what_is_above_the_fork),
        CASE(unwind__puts_the_cursor_back),
        CASE(unwind__tells_the_feed_from_the_top_down_without_gaps),
        CASE(unwind__twice_in_a_row),
        CASE(unwind__to_before_the_first_block),
        CASE(unwind__refuses_without_the_lease),
        CASE(unwind__refuses_below_finalized),
        CASE(unwind__refuses_if_there_is_nothing_above),
        CASE(unwind__leaves_the_guard_up),
        CASE(rebuild__switch_puts_tables_of_the_same_shape_in_place),
        CASE(rebuild__guards_and_unwinds_the_new_books_too),
        CASE(rebuild__begins_anew_after_one_that_was_given_up),
        CASE(rebuild__refuses_without_lease_or_beginning),
        CASE(bulk__drops_and_makes_indexes),
        CASE(views__tell_balances_and_entries),
    };
    pg_start();
    int failed = cmocka_run_group_tests(tests, NULL, NULL);
    pg_stop();
    return failed;
}
