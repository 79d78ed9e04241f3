/* tests/api/test_nested.c - what a statement packs as JSON is written by its member table, in every form that a member can have. */
#include <string.h>

#include "api/nested.h"
#include "tests/support/pg.h"
#include "tests/support/unit.h"

static struct db *db;

static const struct member inner[] = {{.name = "n", .type = T_U64}, {0}};
static const struct member members[] = {{.name = "address", .type = T_ADDRESS},
                                        {.name = "hash", .type = T_HASH, .optional = true},
                                        {.name = "amount", .type = T_AMOUNT, .nullable = true},
                                        {.name = "delta", .type = T_DELTA},
                                        {.name = "yes", .type = T_BOOL},
                                        {.name = "time", .type = T_TIME},
                                        {.name = "text", .type = T_TEXT},
                                        {.name = "one", .nest = NEST_OBJECT, .members = inner, .nullable = true},
                                        {.name = "maybe", .nest = NEST_OBJECT, .members = inner, .optional = true},
                                        {.name = "many", .nest = NEST_LIST, .members = inner},
                                        {.name = "plain", .nest = NEST_SCALARS, .type = T_I64},
                                        {0}};

/* The first column of the only row, written as a list. */
static void assert_written(const char *sql, const struct member *as, const char *expected)
{
    AUTO_ROWS rows = NULL;
    AUTO_BUFFER b = {0};
    struct json_writer w;
    assert_int_equal(db_query(db, sql, WITH_NOTHING, &rows), OK);
    jw_start(&w, &b);
    if (as != NULL)
        nested_write_list(&w, rows, 0, 0, as);
    else
        nested_write_scalars(&w, rows, 0, 0, T_ADDRESS);
    buffer_u8(&b, 0);
    assert_string_equal((const char *)b.p, expected);
}

#define ADDRESS_HEX "\\x8457ca5040ad67fdebbcc8edce889a335bc0fbfb"
#define ADDRESS     "0x8457CA5040ad67fdebbCC8EdCE889A335Bc0fbFB"
#define HASH_HEX    "abababababababababababababababababababababababababababababababab"

static void item__is_written_member_by_member(void **state)
{
    (void)state;
    assert_written(
        "SELECT json_agg(json_build_array(" SQL_HEX("'" ADDRESS_HEX "'::bytea") ", " SQL_HEX(
            "'\\x" HASH_HEX "'::bytea") ","
                                        " (power(2::numeric, 256) - 1)::numeric(78)::text, '-5', true, 1700000000,"
                                        " E'a \"quoted\" \\n text', json_build_array(7), json_build_array(8),"
                                        " json_build_array(json_build_array(1), json_build_array(2)),"
                                        " json_build_array(-1, 9007199254740992)))::text",
        members,
        "[{\"address\":\"" ADDRESS "\",\"hash\":\"0x" HASH_HEX "\",\"amount\":\"115792089237316195423570985008687"
        "907853269984665640564039457584007913129639935\",\"delta\":\"-5\",\"yes\":true,\"time\":"
        "\"2023-11-14T22:13:20Z\",\"text\":\"a \\\"quoted\\\" \\n text\",\"one\":{\"n\":7},\"maybe\":{\"n\":8},"
        "\"many\":[{\"n\":1},{\"n\":2}],\"plain\":[-1,9007199254740992]}]");
}

static void null__is_null_or_left_out_or_empty(void **state)
{
    (void)state;
    assert_written("SELECT json_agg(json_build_array(" SQL_HEX(
                       "'" ADDRESS_HEX "'::bytea") ", NULL, NULL, '0', false, 0, '', NULL, NULL, NULL, NULL))::text",
                   members,
                   "[{\"address\":\"" ADDRESS
                   "\",\"amount\":null,\"delta\":\"0\",\"yes\":false,\"time\":\"1970-01-01T00:00:00Z\","
                   "\"text\":\"\",\"one\":null,\"many\":[],\"plain\":[]}]");
    assert_written("SELECT NULL::text", members, "[]");
    assert_written("SELECT '[]'", members, "[]");
    assert_written("SELECT NULL::text", NULL, "[]");
}

static void scalars__are_written_in_order(void **state)
{
    (void)state;
    assert_written("SELECT json_agg(" SQL_HEX("a") ")::text FROM (VALUES ('" ADDRESS_HEX "'::bytea), ('" ADDRESS_HEX
                                                   "')) v (a)",
                   NULL, "[\"" ADDRESS "\",\"" ADDRESS "\"]");
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(item__is_written_member_by_member),
                                       cmocka_unit_test(null__is_null_or_left_out_or_empty),
                                       cmocka_unit_test(scalars__are_written_in_order)};
    pg_start();
    db = pg_open(pg_empty(), NULL);
    int failed = cmocka_run_group_tests(tests, NULL, NULL);
    db_close(db);
    pg_stop();
    return failed;
}
