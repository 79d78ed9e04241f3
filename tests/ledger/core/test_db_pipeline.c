/* tests/ledger/core/test_db_pipeline.c - pipelines, streams and COPY, and how each of them fails. */
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include "ledger/core/db.h"
#include "ledger/core/migrate.h"
#include "tests/support/pg.h"
#include "tests/support/two_connections.h"
#include "tests/support/unit.h"

/* ---- pipelines ---- */

static void pipeline__answers_in_order(void **state)
{
    (void)state;
    assert_int_equal(db_pipeline_begin(db), OK);
    for (int64_t i = 0; i < 300; i++) {
        assert_int_equal(db_send(db, "SELECT $1::bigint * 2", WITH(IN(&i))), OK);
        if (i % 7 == 0)
            assert_int_equal(db_sync(db), OK);
    }
    for (int64_t i = 0; i < 300; i++) {
        AUTO_ROWS rows = NULL;
        assert_int_equal(db_receive(db, &rows), OK);
        assert_int_equal(rows_i64(rows, 0, 0), 2 * i);
    }
    assert_int_equal(db_pipeline_end(db), OK);
}

static void pipeline__error_fails_the_rest_up_to_the_sync_point(void **state)
{
    (void)state;
    AUTO_ROWS a = NULL;
    AUTO_ROWS b = NULL;
    AUTO_ROWS c = NULL;
    AUTO_ROWS d = NULL;
    int64_t one = 1, two = 2, three = 3;
    assert_int_equal(db_pipeline_begin(db), OK);
    assert_int_equal(db_send(db, "INSERT INTO public.t VALUES ($1)", WITH(IN(&one))), OK);
    assert_int_equal(db_send(db, "SELECT 1 / 0", WITH_NOTHING), OK);
    assert_int_equal(db_send(db, "INSERT INTO public.t (note, id) VALUES ('', $1)", WITH(IN(&two))), OK);
    assert_int_equal(db_sync(db), OK);
    assert_int_equal(db_send(db, "INSERT INTO public.t (note, id) VALUES ('', $1)", WITH(IN(&three))), OK);
    assert_int_equal(db_receive(db, &a), OK);
    assert_int_equal(db_receive(db, &b), ERR_DB);
    assert_non_null(strstr(err_detail(), "22012"));
    assert_int_equal(db_receive(db, &c), ERR_RETRY);
    assert_int_equal(db_receive(db, &d), OK); /* its statement had not been prepared after all, and was again */
    assert_int_equal(db_pipeline_end(db), OK);
    assert_int_equal(count(), 1);
}

static void pipeline__end_drains_and_tells_the_first_error(void **state)
{
    (void)state;
    assert_int_equal(db_pipeline_begin(db), OK);
    assert_int_equal(db_send(db, "SELECT 1", WITH_NOTHING), OK);
    assert_int_equal(db_send(db, "SELECT 1 / 0", WITH_NOTHING), OK);
    assert_int_equal(db_send(db, "SELECT 2", WITH_NOTHING), OK);
    assert_int_equal(db_pipeline_end(db), ERR_DB);
    assert_int_equal(insert(db, 1), OK);
}

static void pipeline__lost_connection_fails_every_receive(void **state)
{
    (void)state;
    AUTO_ROWS rows = NULL;
    assert_int_equal(db_pipeline_begin(db), OK);
    assert_int_equal(db_send(db, "SELECT 1", WITH_NOTHING), OK);
    assert_int_equal(db_send(db, "SELECT pg_catalog.pg_terminate_backend(pg_catalog.pg_backend_pid())", WITH_NOTHING),
                     OK);
    assert_int_equal(db_send(db, "SELECT 3", WITH_NOTHING), OK);
    assert_int_equal(db_sync(db), OK);
    assert_int_equal(db_receive(db, &rows), OK);
    rows_done(&rows);
    assert_int_equal(db_receive(db, &rows), ERR_DB_LOST);
    assert_int_equal(db_receive(db, &rows), ERR_DB_LOST);
    assert_int_equal(db_pipeline_end(db), ERR_DB_LOST);
}

static void pipeline__takes_more_than_any_socket_buffers(void **state)
{
    (void)state;
    AUTO_ARENA arena = {0};
    struct slice big = {arena_take(&arena, 1 << 20), 1 << 20};
    enum { N = 20 };
    assert_int_equal(db_pipeline_begin(db), OK);
    for (int i = 0; i < N; i++)
        assert_int_equal(db_send(db, "SELECT $1::bytea", WITH(IN(&big))), OK);
    for (int i = 0; i < N; i++) {
        AUTO_ROWS rows = NULL;
        assert_int_equal(db_receive(db, &rows), OK);
        assert_int_equal(rows_bytes(rows, 0, 0).n, big.n);
    }
    assert_int_equal(db_pipeline_end(db), OK);
}

/* ---- streams ---- */

static void stream__gives_all_rows_in_chunks(void **state)
{
    (void)state;
    int64_t n = 1000, seen = 0;
    assert_int_equal(db_stream_begin(db, "SELECT generate_series(1, $1)", WITH(IN(&n))), OK);
    for (;;) {
        AUTO_ROWS rows = NULL;
        assert_int_equal(db_stream_next(db, &rows), OK);
        if (rows == NULL)
            break;
        for (size_t i = 0; i < rows_count(rows); i++)
            assert_int_equal(rows_i64(rows, i, 0), ++seen);
    }
    assert_int_equal(seen, n);
    assert_int_equal(insert(db, 1), OK);
}

static void stream__can_be_stopped_and_can_fail(void **state)
{
    (void)state;
    AUTO_ROWS rows = NULL;
    assert_int_equal(db_stream_begin(db, "SELECT * FROM generate_series(1, 10000000)", WITH_NOTHING), OK);
    assert_int_equal(db_stream_next(db, &rows), OK);
    assert_non_null(rows);
    db_stream_stop(db);
    db_stream_stop(db);
    rows_done(&rows);
    assert_int_equal(db_stream_begin(db, "SELECT 1 / (i - 300) FROM generate_series(1, 1000) i", WITH_NOTHING), OK);
    assert_int_equal(db_stream_next(db, &rows), OK);
    struct rows *failed = NULL;
    assert_int_equal(db_stream_next(db, &failed), ERR_DB);
    assert_null(failed);
    assert_int_equal(insert(db, 1), OK);
}

/* ---- COPY ---- */

static enum err copy_ids(int64_t from, int64_t to, size_t *n)
{
    AUTO_BUFFER b = {0};
    for (int64_t i = from; i < to; i++) {
        copy_begin(&b, 2);
        copy_value(&b, T_I64, &i);
        copy_value(&b, T_TEXT, i % 2 == 0 ? "even" : NULL);
    }
    return db_copy(db, "COPY public.t FROM STDIN (FORMAT binary)", (struct slice){b.p, b.n}, n);
}

static void copy__takes_many_rows_and_none(void **state)
{
    (void)state;
    size_t n = 0;
    assert_int_equal(copy_ids(0, 100000, &n), OK);
    assert_int_equal(n, 100000);
    assert_int_equal(count(), 100000);
    assert_int_equal(copy_ids(0, 0, &n), OK);
    assert_int_equal(n, 0);
    AUTO_ROWS rows = NULL;
    assert_int_equal(db_query(other, "SELECT count(note) FROM public.t", WITH_NOTHING, &rows), OK);
    assert_int_equal(rows_i64(rows, 0, 0), 50000);
}

static void copy__errors_leave_the_connection_usable(void **state)
{
    (void)state;
    size_t n = 7;
    assert_int_equal(db_script(db, "ALTER TABLE public.t ADD CONSTRAINT small CHECK (id < 90000)"), OK);
    assert_int_equal(copy_ids(0, 100000, &n), ERR_DB); /* refused late, while we are still sending */
    assert_non_null(strstr(err_detail(), "23514"));
    assert_int_equal(copy_ids(-1, 0, &n), OK);
    assert_int_equal(db_copy(db, "COPY public.nothing FROM STDIN (FORMAT binary)", (struct slice){NULL, 0}, &n),
                     ERR_DB);
    assert_int_equal(db_copy(db, "COPY public.t FROM STDIN (FORMAT binary)", (struct slice){(const uint8_t *)"junk", 4},
                             &n),
                     ERR_DB);
    assert_int_equal(count(), 1);
    assert_int_equal(n, 1);
}

static void copy__with_a_lost_backend_is_db_lost(void **state)
{
    (void)state;
    size_t n = 7;
    kill_backend();
    assert_int_equal(copy_ids(0, 10, &n), ERR_DB_LOST);
    assert_int_equal(n, 7);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        CASE(pipeline__answers_in_order),
        CASE(pipeline__error_fails_the_rest_up_to_the_sync_point),
        CASE(pipeline__end_drains_and_tells_the_first_error),
        CASE(pipeline__lost_connection_fails_every_receive),
        CASE(pipeline__takes_more_than_any_socket_buffers),
        CASE(stream__gives_all_rows_in_chunks),
        CASE(stream__can_be_stopped_and_can_fail),
        CASE(copy__takes_many_rows_and_none),
        CASE(copy__errors_leave_the_connection_usable),
        CASE(copy__with_a_lost_backend_is_db_lost),
    };
    pg_start();
    int failed = cmocka_run_group_tests(tests, NULL, NULL);
    pg_stop();
    return failed;
}
