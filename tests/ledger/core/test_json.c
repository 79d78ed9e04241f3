/* tests/ledger/core/test_json.c - JSON is read strictly, and what is written reads back as it was. */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "ledger/core/json.h"
#include "tests/support/unit.h"

static int setup(void **unused)
{
    (void)unused;
    json_setup();
    return 0;
}

static enum err parse(const char *text, size_t n, int depth)
{
    AUTO_JSON j = NULL;
    enum err e = json_parse(text, n, depth, &j);
    assert_int_equal(j != NULL, e == OK);
    return e;
}

static void json_parse__takes_json(void **unused)
{
    (void)unused;
    static const char *const all[] = {"{}",
                                      "[]",
                                      " {\"a\" : [1, -2.5e3, true, null, \"\\u00e9\\\"[[[[\"]}\n",
                                      "[\"\xc3\xa9\"]",
                                      "[9223372036854775807]",
                                      "{\"a\":{\"b\":{}},\"c\":[[]]}"};
    for (size_t i = 0; i < sizeof all / sizeof *all; i++)
        assert_int_equal(parse(all[i], strlen(all[i]), 3), OK);
    assert_int_equal(parse("{}x", 2, 3), OK); /* exactly n bytes are read */
}

static void json_parse__says_where_a_name_is_repeated(void **unused)
{
    (void)unused;
    static const struct {
        const char *text, *path;
    } all[] = {{"{\"a\":1,\"a\":2}", "a: "},
               {"[{},{\"a\":{\"b\":[[],[{\"c\":0,\"c\":0}]]}}]", "[1].a.b[1][0].c: "},
               {"{\"a\":\"},{\\\"\",\"b\":{\"x\":[\",\"]},\"b\":0}", "b: "},
               {"{\"b\":{\"a\":1,\"\\u0061\":2}}", "b.\\u0061: "}};
    for (size_t i = 0; i < sizeof all / sizeof *all; i++) {
        assert_int_equal(parse(all[i].text, strlen(all[i].text), 9), ERR_FIELD);
        assert_memory_equal(err_detail(), all[i].path, strlen(all[i].path));
    }
}

static void json_parse__refuses_everything_else(void **unused)
{
    (void)unused;
    static const char *const all[] = {"",
                                      " ",
                                      "1",
                                      "null",
                                      "\"a\"",
                                      "{",
                                      "[1,]",
                                      "[01]",
                                      "[NaN]",
                                      "{}{}",
                                      "{} x",
                                      "{'a':1}",
                                      "{\"a\":1,\"a\":2}",
                                      "{\"b\":{\"a\":1,\"\\u0061\":2}}",
                                      "[\"\\u0000\"]",
                                      "[\"\\ud800\"]",
                                      "[\"\xff\"]",
                                      "[\"\xc0\xaf\"]",
                                      "[\"\n\"]",
                                      "[9223372036854775808]",
                                      "[1e999]",
                                      "// {}",
                                      "\xef\xbb\xbf{}"};
    for (size_t i = 0; i < sizeof all / sizeof *all; i++) {
        err_clear();
        assert_int_equal(parse(all[i], strlen(all[i]), 8), ERR_FIELD);
        assert_true(strlen(err_detail()) > 0);
    }
    assert_int_equal(parse("{}\0", 3, 8), ERR_FIELD);
    assert_string_equal(err_detail(), "JSON: a NUL byte at offset 2");
    assert_int_equal(parse("[\"a\0b\"]", 7, 8), ERR_FIELD);
    assert_int_equal(parse("[\"\\\0\"]", 6, 8), ERR_FIELD);
}

static void json_parse__bounds_depth_outside_strings_only(void **unused)
{
    (void)unused;
    assert_int_equal(parse("[[[]]]", 6, 3), OK);
    assert_int_equal(parse("[[[]]]", 6, 2), ERR_FIELD);
    assert_non_null(strstr(err_detail(), "deeper than 2"));
    assert_int_equal(parse("[{\"a\":[]}]", 10, 2), ERR_FIELD);
    assert_int_equal(parse("[[],[],[],[]]", 13, 2), OK);
    assert_int_equal(parse("[\"\\\"[[[[\\\\\",[]]", 15, 2), OK);
    char deep[2 * JSON_DEPTH_MAX + 2];
    memset(deep, '[', JSON_DEPTH_MAX + 1);
    memset(deep + JSON_DEPTH_MAX + 1, ']', JSON_DEPTH_MAX + 1);
    assert_int_equal(parse(deep, sizeof deep, JSON_DEPTH_MAX), ERR_FIELD);
    assert_int_equal(parse(deep + 1, sizeof deep - 2, JSON_DEPTH_MAX), OK);
}

static void json_canonical__sorts_keys_and_has_no_space(void **unused)
{
    (void)unused;
    static const char text[] = "{ \"b\": [1, 2.0, {\"z\":null, \"y\":\"\xc3\xa9\"}], \"a\": \"x\\u002f\" }";
    AUTO_JSON j = NULL;
    AUTO_ARENA arena = {0};
    assert_int_equal(json_parse(text, sizeof text - 1, 4, &j), OK);
    assert_string_equal(json_canonical(j, &arena), "{\"a\":\"x/\",\"b\":[1,2.0,{\"y\":\"\xc3\xa9\",\"z\":null}]}");
    assert_string_equal(json_canonical(json_object_get(j, "a"), &arena), "\"x/\"");
}

/* The text is hashed, so that it must stay what it was when jansson wrote it. */
static void json_canonical__is_what_jansson_dumps(void **unused)
{
    (void)unused;
    AUTO_ARENA arena = {0};
    AUTO_JSON j = json_object();
    for (int i = 40; i > 0; i--)
        json_object_set_new(j, arena_printf(&arena, "k%d", i), json_integer(i % 2 ? -i : INT64_MAX / i));
    AUTO_JSON texts = json_array();
    for (int c = 1; c < 0x80; c++)
        json_array_append_new(texts, json_string(arena_printf(&arena, "<%c>", c)));
    json_object_set(j, "texts \"\\/\x7f \xe2\x80\xa8 \xf0\x9f\x8c\xb1", texts);
    const char reals[] = "[0.1,-0.0,1e300,5e-324,1.0,123456789.125,true,false,null,{},[]]";
    AUTO_JSON others = NULL;
    assert_int_equal(json_parse(reals, sizeof reals - 1, 2, &others), OK);
    json_object_set(j, "", others);
    char *dumped = json_dumps(j, JSON_SORT_KEYS | JSON_COMPACT);
    assert_string_equal(json_canonical(j, &arena), dumped);
    free(dumped);
}

static void assert_written(const struct buffer *b, const char *want)
{
    assert_int_equal(b->n, strlen(want));
    assert_memory_equal(b->p, want, b->n);
}

static void writer__places_commas(void **unused)
{
    (void)unused;
    AUTO_BUFFER b = {0};
    struct json_writer w;
    jw_start(&w, &b);
    jw_object(&w);
    jw_key(&w, "a");
    jw_array(&w);
    jw_u64(&w, 0);
    jw_i64(&w, -9007199254740992);
    jw_u64(&w, 9007199254740992);
    jw_object(&w);
    jw_object_end(&w);
    jw_array(&w);
    jw_array_end(&w);
    jw_null(&w);
    jw_array_end(&w);
    jw_key(&w, "b");
    jw_object(&w);
    jw_key(&w, "c");
    jw_bool(&w, true);
    jw_key(&w, "d");
    jw_bool(&w, false);
    jw_object_end(&w);
    jw_key(&w, "e\"");
    jw_raw(&w, "{\"x\":1}", 7);
    jw_object_end(&w);
    assert_written(&b, "{\"a\":[0,-9007199254740992,9007199254740992,{},[],null],\"b\":{\"c\":true,\"d\":false},"
                       "\"e\\\"\":{\"x\":1}}");
    assert_int_equal(parse((char *)b.p, b.n, 4), OK);
}

static void jw_text_n__escapes_and_repairs(void **unused)
{
    (void)unused;
    AUTO_BUFFER b = {0};
    struct json_writer w;
    jw_start(&w, &b);
    static const char in[] = "a\"\\/\b\n\r\t\0\x1f\x7f \xc3\xa9\xf0\x9f\x98\x80|\xff|\xed\xa0\x80|\xe2\x82";
    jw_text_n(&w, in, sizeof in - 1);
    assert_written(&b,
                   "\"a\\\"\\\\/\\u0008\\n\\r\\t\\u0000\\u001f\x7f \xc3\xa9\xf0\x9f\x98\x80|\xef\xbf\xbd|\xef\xbf\xbd"
                   "\xef\xbf\xbd\xef\xbf\xbd|\xef\xbf\xbd\xef\xbf\xbd\"");
}

static void jw_text_n__every_byte_reads_back(void **unused)
{
    (void)unused;
    for (int c = 1; c < 256; c++) {
        AUTO_BUFFER b = {0};
        AUTO_JSON j = NULL;
        struct json_writer w;
        char in[3] = {'x', (char)c, 'y'};
        jw_start(&w, &b);
        jw_array(&w);
        jw_text_n(&w, in, sizeof in);
        jw_array_end(&w);
        assert_int_equal(json_parse((char *)b.p, b.n, 1, &j), OK);
        const char *got = json_string_value(json_array_get(j, 0));
        if (c < 0x80)
            assert_memory_equal(got, in, sizeof in);
        else
            assert_string_equal(got, "x\xef\xbf\xbdy");
    }
}

static void each_value__has_its_form(void **unused)
{
    (void)unused;
    struct total sum = {{0}};
    total_add(&sum, amount_from_u64(12));
    struct address who;
    assert_int_equal(address_parse("0x5aaeb6053f3e94c9b9a09f33669435e7ef1beaed", ADDRESS_TEXT, &who), OK);
    AUTO_BUFFER b = {0};
    struct json_writer w;
    jw_start(&w, &b);
    jw_array(&w);
    jw_bool(&w, true);
    jw_i64(&w, -5000000000);
    jw_u64(&w, 5);
    jw_amount(&w, amount_zero);
    jw_amount(&w, amount_wad);
    jw_delta(&w, delta_minus(amount_wad));
    jw_total(&w, sum);
    jw_address(&w, who);
    jw_hash(&w, (struct hash){{0xab}});
    jw_hex(&w, (struct slice){(const uint8_t *)"\x01\xfe", 2});
    jw_hex(&w, (struct slice){NULL, 0});
    jw_text(&w, "n\n");
    jw_time(&w, (struct instant){1795255200});
    jw_null(&w);
    jw_array_end(&w);
    assert_written(&b,
                   "[true,-5000000000,5,\"0\",\"1000000000000000000\",\"-1000000000000000000\",\"12\","
                   "\"0x5aAeb6053F3E94C9b9A09f33669435E7Ef1BeAed\","
                   "\"0xab00000000000000000000000000000000000000000000000000000000000000\",\"0x01fe\",\"0x\",\"n\\n\","
                   "\"2026-11-21T10:00:00Z\",null]");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(json_parse__takes_json),
        cmocka_unit_test(json_parse__says_where_a_name_is_repeated),
        cmocka_unit_test(json_parse__refuses_everything_else),
        cmocka_unit_test(json_parse__bounds_depth_outside_strings_only),
        cmocka_unit_test(json_canonical__sorts_keys_and_has_no_space),
        cmocka_unit_test(json_canonical__is_what_jansson_dumps),
        cmocka_unit_test(writer__places_commas),
        cmocka_unit_test(jw_text_n__escapes_and_repairs),
        cmocka_unit_test(jw_text_n__every_byte_reads_back),
        cmocka_unit_test(each_value__has_its_form),
    };
    return cmocka_run_group_tests(tests, setup, NULL);
}
