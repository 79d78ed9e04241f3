/* tests/ledger/core/test_codec.c - every type survives the way into the database and back, as parameter and as COPY row. */
#include <stdint.h>
#include <string.h>

#include "ledger/core/db.h"
#include "tests/support/pg.h"
#include "tests/support/unit.h"

static struct db *db;

static int set_up(void **state)
{
    (void)state;
    db = pg_open(pg_empty(), NULL);
    return 0;
}

static int tear_down(void **state)
{
    (void)state;
    db_close(db);
    return 0;
}

struct all {
    bool flag;
    int16_t i16;
    int32_t i32;
    int64_t i64;
    uint64_t u64;
    struct amount amount;
    struct delta delta;
    struct total total;
    struct address address;
    struct hash hash;
    struct slice bytes;
    const char *text;
    struct instant time;
};
static const struct record all_record = RECORD(all, FIELD(all, flag), FIELD(all, i16), FIELD(all, i32), FIELD(all, i64),
                                               FIELD(all, u64), FIELD(all, amount), FIELD(all, delta),
                                               FIELD(all, total), FIELD(all, address), FIELD(all, hash),
                                               FIELD(all, bytes), FIELD(all, text), FIELD(all, time));

static const char create_all[] = "CREATE TEMPORARY TABLE a (flag boolean, i16 smallint, i32 integer, i64 bigint, u64 "
                                 "bigint, amount numeric, delta numeric,"
                                 " total numeric, address bytea, hash bytea, bytes bytea, text text, time timestamptz)";
static const char select_all[] =
    "SELECT time, text, bytes, hash, address, total, delta, amount, u64, i64, i32, i16, flag FROM pg_temp.a";
static const char insert_all[] =
    "INSERT INTO pg_temp.a VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13)";

static struct all extremes(void)
{
    struct all a = {true,
                    INT16_MIN,
                    INT32_MIN,
                    INT64_MIN,
                    INT64_MAX,
                    amount_max,
                    delta_minus(amount_max),
                    {{0}},
                    {{1, 2}},
                    {{3}},
                    {(const uint8_t *)"\0x", 2},
                    "h\xc3\xa9",
                    {-62135596800}};
    total_add(&a.total, amount_max);
    total_add(&a.total, amount_max);
    return a;
}

static void assert_same(const struct all *a, const struct all *b)
{
    assert_int_equal(a->flag, b->flag);
    assert_int_equal(a->i16, b->i16);
    assert_int_equal(a->i32, b->i32);
    assert_int_equal(a->i64, b->i64);
    assert_int_equal(a->u64, b->u64);
    assert_int_equal(amount_compare(a->amount, b->amount), 0);
    assert_int_equal(amount_compare(a->delta.magnitude, b->delta.magnitude), 0);
    assert_int_equal(a->delta.negative, b->delta.negative);
    assert_int_equal(total_compare(a->total, b->total), 0);
    assert_true(address_equal(a->address, b->address));
    assert_true(hash_equal(a->hash, b->hash));
    assert_true(slice_equal(a->bytes, b->bytes));
    assert_string_equal(a->text, b->text);
    assert_int_equal(a->time.unix_seconds, b->time.unix_seconds);
}

static void db__values_survive_the_round_trip(void **state)
{
    (void)state;
    AUTO_ARENA arena = {0};
    struct all in = extremes(), out = {0};
    assert_int_equal(db_script(db, create_all), OK);
    assert_int_equal(db_run(db, insert_all,
                            WITH(IN(&in.flag), IN(&in.i16), IN(&in.i32), IN(&in.i64), IN(&in.u64), IN(&in.amount),
                                 IN(&in.delta), IN(&in.total), IN(&in.address), IN(&in.hash), IN(&in.bytes),
                                 IN(in.text), IN(&in.time)),
                            NULL),
                     OK);
    assert_int_equal(db_one(db, select_all, WITH_NOTHING, &all_record, &arena, &out), OK);
    assert_same(&in, &out);
}

static void copy__values_survive_the_round_trip(void **state)
{
    (void)state;
    AUTO_ARENA arena = {0};
    AUTO_BUFFER b = {0};
    struct all in = extremes(), *out;
    size_t n;
    assert_int_equal(db_script(db, create_all), OK);
    for (int i = 0; i < 3; i++)
        copy_row(&b, &all_record, &in);
    assert_int_equal(db_copy(db, "COPY pg_temp.a FROM STDIN (FORMAT binary)", (struct slice){b.p, b.n}, &n), OK);
    assert_int_equal(n, 3);
    assert_int_equal(db_all(db, select_all, WITH_NOTHING, &all_record, &arena, &out, &n), OK);
    assert_int_equal(n, 3);
    assert_same(&in, &out[0]);
    assert_same(&in, &out[2]);
}

struct pair {
    const char *text;
    struct slice bytes;
};
static const struct record pair_record = RECORD(pair, FIELD(pair, text), FIELD(pair, bytes));

static void db__null_and_empty_are_two_things(void **state)
{
    (void)state;
    struct pair out;
    AUTO_ARENA arena = {0};
    const struct param null_text = {T_TEXT, NULL}, null_bytes = {T_BYTES, NULL};
    static const char echo[] = "SELECT $1::text AS text, $2::bytea AS bytes";
    assert_int_equal(db_one(db, echo, WITH(null_text, null_bytes), &pair_record, &arena, &out), OK);
    assert_null(out.text);
    assert_null(out.bytes.p);
    struct slice empty = {NULL, 0};
    assert_int_equal(db_one(db, echo, WITH(IN(""), IN(&empty)), &pair_record, &arena, &out), OK);
    assert_string_equal(out.text, "");
    assert_non_null(out.bytes.p);
    assert_int_equal(out.bytes.n, 0);
}

static void db__times_before_1970_are_cut_downwards(void **state)
{
    (void)state;
    AUTO_ROWS rows = NULL;
    assert_int_equal(db_query(db, "SELECT '1969-12-31 23:59:58.5Z'::timestamptz, '2026-11-21 10:00:00.9Z'::timestamptz",
                              WITH_NOTHING, &rows),
                     OK);
    assert_int_equal(rows_time(rows, 0, 0).unix_seconds, -2);
    assert_int_equal(rows_time(rows, 0, 1).unix_seconds, 1795255200);
}

int main(void)
{
#define CASE(f) cmocka_unit_test_setup_teardown(f, set_up, tear_down)
    const struct CMUnitTest tests[] = {
        CASE(db__values_survive_the_round_trip),
        CASE(copy__values_survive_the_round_trip),
        CASE(db__null_and_empty_are_two_things),
        CASE(db__times_before_1970_are_cut_downwards),
    };
    pg_start();
    int failed = cmocka_run_group_tests(tests, NULL, NULL);
    pg_stop();
    return failed;
}
