/* tests/ledger/core/test_db.c - statements, connections and transactions, and how each of them fails. */
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "ledger/core/db.h"
#include "ledger/core/migrate.h"
#include "tests/support/pg.h"
#include "tests/support/two_connections.h"
#include "tests/support/unit.h"

struct pair {
    const char *text;
    struct slice bytes;
};
static const struct record pair_record = RECORD(pair, FIELD(pair, text), FIELD(pair, bytes));

/* ---- statements ---- */

static void db__counts_affected_rows(void **state)
{
    (void)state;
    uint64_t n = 7;
    assert_int_equal(db_run(db, "INSERT INTO public.t SELECT generate_series(1, 5)", WITH_NOTHING, &n), OK);
    assert_int_equal(n, 5);
    assert_int_equal(db_run(db, "DELETE FROM public.t WHERE id > 9", WITH_NOTHING, &n), OK);
    assert_int_equal(n, 0);
}

static void db_one__tells_no_row(void **state)
{
    (void)state;
    struct pair out = {.text = "untouched"};
    AUTO_ARENA arena = {0};
    assert_int_equal(db_one(db, "SELECT note AS text, NULL::bytea AS bytes FROM public.t", WITH_NOTHING, &pair_record,
                            &arena, &out),
                     ERR_NOT_FOUND);
    assert_string_equal(out.text, "untouched");
}

static void db__errors_carry_state_and_message(void **state)
{
    (void)state;
    assert_int_equal(db_run(db, "SELECT * FROM public.nothing", WITH_NOTHING, NULL), ERR_DB);
    assert_string_equal(err_detail(), "42P01: relation \"public.nothing\" does not exist");
    assert_int_equal(db_run(db, "SELECT * FROM public.nothing", WITH_NOTHING, NULL),
                     ERR_DB); /* not taken for prepared */
    assert_int_equal(db_script(db, "CREATE TABLE public.nothing (x int)"), OK);
    assert_int_equal(db_run(db, "SELECT * FROM public.nothing", WITH_NOTHING, NULL), OK);
}

static enum err raise(const char *state)
{
    AUTO_ARENA arena = {0};
    return db_script(db, arena_printf(&arena, "DO $$ BEGIN RAISE EXCEPTION 'x' USING ERRCODE = '%s'; END $$", state));
}

static void db__states_map_to_errors(void **state)
{
    (void)state;
    static const struct {
        const char *state;
        enum err e;
    } table[] = {{"40001", ERR_RETRY},   {"40P01", ERR_RETRY},   {"55P03", ERR_RETRY},      {"53100", ERR_RETRY},
                 {"53200", ERR_RETRY},   {"53300", ERR_RETRY},   {"57P01", ERR_DB_LOST},    {"57P02", ERR_DB_LOST},
                 {"57P03", ERR_DB_LOST}, {"08006", ERR_DB_LOST}, {"AL001", ERR_LEASE_LOST}, {"AL002", ERR_DEEP_REORG},
                 {"AL003", ERR_DB},      {"23505", ERR_DB},      {"57014", ERR_DB}};
    for (size_t i = 0; i < sizeof table / sizeof *table; i++)
        assert_int_equal(raise(table[i].state), table[i].e);
}

static void db__prepares_again_what_a_changed_table_made_stale(void **state)
{
    (void)state;
    static const char select[] = "SELECT * FROM public.t";
    AUTO_ROWS before = NULL;
    AUTO_ROWS after = NULL;
    AUTO_ROWS in_transaction = NULL;
    assert_int_equal(db_query(db, select, WITH_NOTHING, &before), OK);
    assert_int_equal(db_script(other, "ALTER TABLE public.t ADD more integer"), OK);
    assert_int_equal(db_query(db, select, WITH_NOTHING, &after), OK);
    assert_int_equal(rows_columns(after), 3);
    /* inside a transaction it cannot be repeated: the transaction must be */
    assert_int_equal(db_script(other, "ALTER TABLE public.t ADD still_more integer"), OK);
    assert_int_equal(db_begin(db, ""), OK);
    assert_int_equal(db_query(db, select, WITH_NOTHING, &in_transaction), ERR_RETRY);
    db_rollback(db);
    assert_int_equal(db_begin(db, ""), OK);
    assert_int_equal(db_query(db, select, WITH_NOTHING, &in_transaction), OK);
    assert_int_equal(rows_columns(in_transaction), 4);
    assert_int_equal(db_commit(db), OK);
}

static void db__survives_a_reset_session(void **state)
{
    (void)state;
    assert_int_equal(insert(db, 1), OK);
    assert_int_equal(db_script(db, "DISCARD ALL"), OK);
    assert_int_equal(insert(db, 2), OK);
    assert_int_equal(count(), 2);
}

static void db__deadlock_is_retry(void **state)
{
    (void)state;
    assert_int_equal(db_script(db, "INSERT INTO public.t VALUES (1), (2)"), OK);
    int64_t one = 1, two = 2;
    static const char update[] = "UPDATE public.t SET note = 'x' WHERE id = $1";
    assert_int_equal(db_begin(db, ""), OK);
    assert_int_equal(db_begin(other, ""), OK);
    assert_int_equal(db_run(db, update, WITH(IN(&one)), NULL), OK);
    assert_int_equal(db_run(other, update, WITH(IN(&two)), NULL), OK);
    /* other waits for db, without us waiting for other */
    assert_int_equal(db_pipeline_begin(other), OK);
    assert_int_equal(db_send(other, update, WITH(IN(&one))), OK);
    assert_int_equal(db_sync(other), OK);
    enum err mine = db_run(db, update, WITH(IN(&two)), NULL);
    if (mine == OK)
        assert_int_equal(db_commit(db), OK);
    db_rollback(db);
    AUTO_ROWS rows = NULL;
    enum err theirs = db_receive(other, &rows);
    assert_true((mine == ERR_RETRY) != (theirs == ERR_RETRY));
    db_rollback(other);
}

/* ---- roles and connections ---- */

static void db_open__takes_on_the_role_and_its_settings(void **state)
{
    (void)state;
    struct db *api = pg_open(conninfo, ROLE_API);
    AUTO_ROWS rows = NULL;
    assert_int_equal(
        db_query(api,
                 "SELECT current_user::text, current_setting('default_transaction_read_only'),"
                 " current_setting('statement_timeout'), current_setting('search_path'), current_setting('TimeZone')",
                 WITH_NOTHING, &rows),
        OK);
    assert_string_equal(rows_text(rows, 0, 0), ROLE_API);
    assert_string_equal(rows_text(rows, 0, 1), "on");
    assert_string_equal(rows_text(rows, 0, 2), "10s");
    assert_string_equal(rows_text(rows, 0, 3), "\"\"");
    assert_string_equal(rows_text(rows, 0, 4), "UTC");
    db_close(api);
}

static void db_open__refuses_bad_conninfo_and_absent_servers(void **state)
{
    (void)state;
    struct db *out = other;
    assert_int_equal(db_open("nonsense", NULL, "test", &out), ERR_CONFIG);
    assert_int_equal(db_open("postgres://127.0.0.1:1/x?connect_timeout=2", NULL, "test", &out), ERR_DB_LOST);
    assert_int_equal(db_open("host=/nowhere", NULL, "test", &out), ERR_DB_LOST);
    assert_int_equal(db_open(conninfo, "no_such_role", "test", &out), ERR_DB);
    assert_ptr_equal(out, other);
}

static void db_open__tries_several_hosts(void **state)
{
    (void)state;
    AUTO_ARENA arena = {0};
    const char *admin = pg_admin(conninfo);
    const char *host = strstr(admin, "host='");
    if (host == NULL)
        skip();
    const char *several = arena_printf(&arena, "%s host=/nowhere,%.*s port=5432,5432 target_session_attrs=read-write",
                                       admin, (int)strcspn(host + 6, "'"), host + 6);
    struct db *d = NULL;
    assert_int_equal(db_open(several, NULL, "test", &d), OK);
    db_close(d);
}

static void db__lost_backend_is_db_lost(void **state)
{
    (void)state;
    kill_backend();
    assert_int_equal(insert(db, 1), ERR_DB_LOST);
    assert_false(db_alive(db));
    assert_int_equal(insert(db, 1), ERR_DB_LOST);
    assert_int_equal(db_begin(db, ""), ERR_DB_LOST);
    db_rollback(db);
    assert_int_equal(db_pipeline_begin(db), ERR_DB_LOST);
}

static void db_cancel__ends_a_statement(void **state)
{
    (void)state;
    assert_int_equal(db_pipeline_begin(db), OK);
    assert_int_equal(db_send(db, "SELECT pg_catalog.pg_sleep(30)::text", WITH_NOTHING), OK);
    assert_int_equal(db_sync(db), OK);
    usleep(200000);
    db_cancel(db);
    AUTO_ROWS rows = NULL;
    assert_int_equal(db_receive(db, &rows), ERR_DB);
    assert_non_null(strstr(err_detail(), "57014"));
    assert_int_equal(db_pipeline_end(db), OK);
    assert_int_equal(insert(db, 1), OK);
}

/* ---- transactions ---- */

static void commit__keeps_and_rollback_forgets(void **state)
{
    (void)state;
    assert_int_equal(db_begin(db, ""), OK);
    assert_int_equal(insert(db, 1), OK);
    assert_int_equal(count(), 0);
    assert_int_equal(db_commit(db), OK);
    assert_int_equal(count(), 1);
    assert_int_equal(db_begin(db, "ISOLATION LEVEL REPEATABLE READ"), OK);
    assert_int_equal(insert(db, 2), OK);
    db_rollback(db);
    assert_int_equal(count(), 1);
}

static void commit__of_a_failed_transaction_is_an_error(void **state)
{
    (void)state;
    assert_int_equal(db_begin(db, ""), OK);
    assert_int_equal(insert(db, 1), OK);
    assert_int_equal(db_run(db, "SELECT 1 / 0", WITH_NOTHING, NULL), ERR_DB);
    assert_int_equal(db_commit(db), ERR_DB);
    assert_string_equal(err_detail(), "COMMIT was answered with ROLLBACK");
    assert_int_equal(count(), 0);
}

static void commit__refused_by_a_deferred_constraint_is_no_unknown(void **state)
{
    (void)state;
    assert_int_equal(db_begin(db, ""), OK);
    assert_int_equal(insert(db, 1), OK);
    assert_int_equal(insert(db, 1), OK);
    assert_int_equal(db_commit(db), ERR_DB);
    assert_non_null(strstr(err_detail(), "23505"));
    assert_int_equal(count(), 0);
}

static void commit__on_a_connection_known_to_be_broken_was_never_sent(void **state)
{
    (void)state;
    assert_int_equal(db_begin(db, ""), OK);
    assert_int_equal(insert(db, 1), OK);
    kill_backend();
    assert_int_equal(insert(db, 2), ERR_DB_LOST);
    assert_int_equal(db_commit(db), ERR_DB_LOST);
    assert_int_equal(count(), 0);
}

static void commit__with_a_killed_backend_is_unknown(void **state)
{
    (void)state;
    assert_int_equal(db_begin(db, ""), OK);
    assert_int_equal(insert(db, 1), OK);
    kill_backend();
    assert_int_equal(db_commit(db), ERR_COMMIT_UNKNOWN);
    assert_int_equal(count(), 0);
}

/* Our end of the connection: the only socket whose peer is the server's. */
static int socket_of_connection(void)
{
    AUTO_BUFFER before = {0};
    for (int fd = 3; fd < 256; fd++) {
        struct sockaddr_storage address;
        socklen_t n = sizeof address;
        buffer_u8(&before, getpeername(fd, (struct sockaddr *)&address, &n) == 0);
    }
    struct db *fresh = pg_open(pg_admin(conninfo), NULL);
    int found = -1;
    for (int fd = 3; fd < 256; fd++) {
        struct sockaddr_storage address;
        socklen_t n = sizeof address;
        if (before.p[fd - 3] == 0 && getpeername(fd, (struct sockaddr *)&address, &n) == 0)
            found = fd;
    }
    db_close(db);
    db = fresh;
    return found;
}

static void commit__the_server_got_before_the_line_was_cut_is_unknown_and_done(void **state)
{
    (void)state;
    int fd = socket_of_connection();
    assert_true(fd >= 0);
    assert_int_equal(db_begin(db, ""), OK);
    assert_int_equal(insert(db, 1), OK);
    assert_int_equal(shutdown(fd, SHUT_RD), 0); /* what we send arrives, the answer does not */
    assert_int_equal(db_commit(db), ERR_COMMIT_UNKNOWN);
    for (int i = 0; i < 100 && count() == 0; i++)
        usleep(20000);
    assert_int_equal(count(), 1);
}

static void commit__that_never_reached_the_server_is_unknown_too(void **state)
{
    (void)state;
    int fd = socket_of_connection();
    assert_true(fd >= 0);
    assert_int_equal(db_begin(db, ""), OK);
    assert_int_equal(insert(db, 1), OK);
    assert_int_equal(shutdown(fd, SHUT_RDWR), 0);
    assert_int_equal(db_commit(db), ERR_COMMIT_UNKNOWN);
    usleep(200000);
    assert_int_equal(count(), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        CASE(db__counts_affected_rows),
        CASE(db_one__tells_no_row),
        CASE(db__errors_carry_state_and_message),
        CASE(db__states_map_to_errors),
        CASE(db__prepares_again_what_a_changed_table_made_stale),
        CASE(db__survives_a_reset_session),
        CASE(db__deadlock_is_retry),
        CASE(db_open__takes_on_the_role_and_its_settings),
        CASE(db_open__refuses_bad_conninfo_and_absent_servers),
        CASE(db_open__tries_several_hosts),
        CASE(db__lost_backend_is_db_lost),
        CASE(db_cancel__ends_a_statement),
        CASE(commit__keeps_and_rollback_forgets),
        CASE(commit__of_a_failed_transaction_is_an_error),
        CASE(commit__refused_by_a_deferred_constraint_is_no_unknown),
        CASE(commit__on_a_connection_known_to_be_broken_was_never_sent),
        CASE(commit__with_a_killed_backend_is_unknown),
        CASE(commit__the_server_got_before_the_line_was_cut_is_unknown_and_done),
        CASE(commit__that_never_reached_the_server_is_unknown_too),
    };
    pg_start();
    int failed = cmocka_run_group_tests(tests, NULL, NULL);
    pg_stop();
    return failed;
}
