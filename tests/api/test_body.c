/* tests/api/test_body.c - the object of a POST is exactly what its route declares, or it is refused by the path of what is wrong. */
#include <stdio.h>
#include <string.h>

#include "api/body.h"
#include "api/route.h"
#include "tests/support/unit.h"

#define ADDRESS "0x00000000219ab540356cBB839Cbe05303d7705Fa"
#define HASH    "0x00000000000000000000000000000000000000000000000000000000000000ff"

static const struct member leg[] = {{.name = "operator", .type = T_ADDRESS, .about = "."},
                                    {.name = "amount", .type = T_AMOUNT, .optional = true, .about = "."},
                                    {0}};

static const struct route all =
    {.method = "POST",
     .takes_at = true,
     .body = MEMBERS({.name = "who", .type = T_ADDRESS, .optional = true, .about = "."},
                     {.name = "root", .type = T_HASH, .optional = true, .about = "."},
                     {.name = "amount", .type = T_AMOUNT, .optional = true, .about = "."},
                     {.name = "number", .type = T_U64, .optional = true, .about = "."},
                     {.name = "small", .type = T_U64, .max = 7, .optional = true, .nullable = true, .about = "."},
                     {.name = "flag", .type = T_BOOL, .optional = true, .about = "."},
                     {.name = "text", .type = T_TEXT, .max = 4, .optional = true, .about = "."},
                     {.name = "list", .type = T_U64, .nest = NEST_SCALARS, .max = 3, .optional = true, .about = "."},
                     {.name = "leg", .nest = NEST_OBJECT, .members = leg, .optional = true, .about = "."},
                     {.name = "legs", .nest = NEST_LIST, .members = leg, .optional = true, .about = "."},
                     {.name = "any", .nest = NEST_ANY, .optional = true, .about = "."})};

static const struct route two_required = {.method = "POST",
                                          .body = MEMBERS({.name = "x", .type = T_U64, .about = "."},
                                                          {.name = "y", .type = T_U64, .about = "."})};

static struct arena arena;
static struct request request;

static enum err read_by(const struct route *route, const char *text)
{
    if (request.body != NULL)
        json_decref((json_t *)request.body);
    arena_reset(&arena);
    request = (struct request){.route = route, .arena = &arena};
    return body_read(text, strlen(text), &request);
}

static void accepted(const char *text)
{
    if (read_by(&all, text) != OK)
        fail_msg("%s: %s", text, err_detail());
}

/* The text before ':' of the detail is what the answer names as `param`. */
static void refused_by(const struct route *route, const char *text, const char *param)
{
    char expected[128];
    (void)snprintf(expected, sizeof expected, "%s: ", param);
    enum err e = read_by(route, text);
    if (e != ERR_FIELD || strncmp(err_detail(), expected, strlen(expected)) != 0)
        fail_msg("%s: %s, %s", text, err_slug(e), err_detail());
    assert_null(request.body);
}

static void refused(const char *text, const char *param)
{
    refused_by(&all, text, param);
}

static void body__is_one_object(void **state)
{
    (void)state;
    static const char *const bad[] = {"",
                                      " ",
                                      "[]",
                                      "null",
                                      "1",
                                      "\"a\"",
                                      "{",
                                      "{}}",
                                      "{} {}",
                                      "{,}",
                                      "{\"a\"}",
                                      "{'who':1}",
                                      "// x\n{}",
                                      "{\"list\":[1,]}",
                                      "nul",
                                      "\xff{}",
                                      "NaN",
                                      "{\"a\":0x1}",
                                      "{\"number\":01}",
                                      "{\"number\":+1}"};
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
        refused(bad[i], "body");
    accepted("{}");
    accepted(" \r\n\t{ } \n");
}

static void body__is_not_nested_deeper_than_its_limit(void **state)
{
    (void)state;
    char text[2 * BODY_DEPTH + 16];
    for (size_t depth = BODY_DEPTH - 1; depth <= BODY_DEPTH; depth++) { /* and one for the object */
        size_t n = (size_t)snprintf(text, sizeof text, "{\"any\":");
        memset(text + n, '[', depth);
        memset(text + n + depth, ']', depth);
        (void)snprintf(text + n + 2 * depth, 2, "}");
        if (depth < BODY_DEPTH)
            accepted(text);
        else
            refused(text, "body");
    }
}

static void body__members_are_all_there_and_no_others(void **state)
{
    (void)state;
    assert_int_equal(read_by(&two_required, "{\"y\":2,\"x\":1}"), OK);
    refused_by(&two_required, "{\"x\":1}", "y");
    refused_by(&two_required, "{\"y\":1}", "x");
    refused_by(&two_required, "{}", "x");
    refused_by(&two_required, "{\"x\":null,\"y\":1}", "x");
    refused_by(&two_required, "{\"x\":1,\"y\":1,\"z\":1}", "z");
    refused_by(&two_required, "{\"X\":1,\"y\":1}", "X"); /* a misspelt name is named, not what it leaves missing */
    refused_by(&two_required, "{\"x\":1,\"y\":1,\"at\":1}", "at");
    refused("{\"a b\":1}", "body");
    refused("{\"a:b\":1}", "body");
    refused("{\"\":1}", "body");
    refused("{\"leg\":{\"operator\":\"" ADDRESS "\",\"x\":1}}", "leg.x");
    refused("{\"leg\":{}}", "leg.operator");
    refused("{\"leg\":[]}", "leg");
    refused("{\"legs\":{}}", "legs");
    refused("{\"legs\":[1]}", "legs[0]");
    refused("{\"legs\":[{\"operator\":\"" ADDRESS "\"},{}]}", "legs[1].operator");
    refused("{\"legs\":[{\"operator\":\"" ADDRESS "\"},{\"operator\":\"" ADDRESS "\",\"amount\":1}]}",
            "legs[1].amount");
}

static void body__members_are_given_once(void **state)
{
    (void)state;
    refused("{\"flag\":true,\"flag\":true}", "flag");
    refused("{\"any\":{\"a\":[1,{\"b\":1},{\"b\":{\"b\":1},\"c\":\"},\\\"\",\"b\":2}]}}", "any.a[2].b");
    refused("{\"legs\":[{},{\"amount\":\"1\",\"amount\":\"1\"}]}", "legs[1].amount");
    refused("{\"any\":[[1,2],[3,[{\"x\":1,\"x\":1}]]]}", "any[1][1][0].x");
}

static void body__numbers_are_integers_in_range(void **state)
{
    (void)state;
    static const char *const bad[] = {"-1", "1.0", "1e3", "\"1\"", "true", "null", "[]", "9007199254740993"};
    char text[64];
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        (void)snprintf(text, sizeof text, "{\"number\":%s}", bad[i]);
        refused(text, "number");
    }
    refused("{\"small\":8}", "small");
    refused("{\"number\":99999999999999999999}", "body"); /* no JSON integer that the parser could hold */
    accepted("{\"number\":9007199254740992,\"small\":7}");
    assert_int_equal(body_u64(&request, "number"), UINT64_C(1) << 53);
    assert_int_equal(body_u64(&request, "small"), 7);
}

static void body__strings_have_their_forms(void **state)
{
    (void)state;
    refused("{\"who\":\"0x1\"}", "who");
    refused("{\"who\":\"" ADDRESS "0\"}", "who");
    refused("{\"who\":0}", "who");
    refused("{\"root\":\"" ADDRESS "\"}", "root");
    refused("{\"amount\":1}", "amount");
    refused("{\"amount\":\"01\"}", "amount");
    refused("{\"amount\":\"-1\"}", "amount");
    refused("{\"amount\":\"1.5\"}", "amount");
    refused("{\"amount\":\"\"}", "amount");
    refused("{\"amount\":\"115792089237316195423570985008687907853269984665640564039457584007913129639936\"}",
            "amount");
    refused("{\"flag\":\"true\"}", "flag");
    refused("{\"flag\":1}", "flag");
    refused("{\"text\":\"abcde\"}", "text");
    refused("{\"text\":5}", "text");
    accepted("{\"who\":\"0X00000000219AB540356CBB839CBE05303D7705FA\",\"root\":\"" HASH
             "\",\"flag\":true,\"text\":\"abcd\","
             "\"amount\":\"115792089237316195423570985008687907853269984665640564039457584007913129639935\"}");
    char shown[ADDRESS_TEXT + 1];
    address_format(body_address(&request, "who"), shown);
    assert_string_equal(shown, ADDRESS);
    assert_int_equal(amount_compare(body_amount_at(&request, "amount", 0), amount_max), 0);
}

static void body__lists_are_read_by_index(void **state)
{
    (void)state;
    refused("{\"list\":5}", "list");
    refused("{\"list\":[1,2,3,4]}", "list");
    refused("{\"list\":[1,2,null]}", "list[2]");
    refused("{\"list\":[1,[2]]}", "list[1]");
    accepted("{\"list\":[]}");
    assert_true(body_given(&request, "list"));
    assert_int_equal(body_count(&request, "list"), 0);
    accepted("{\"list\":[5,8000],\"legs\":[{\"operator\":\"" ADDRESS "\"},{\"operator\":\"" ADDRESS
             "\",\"amount\":\"3\"}],"
             "\"leg\":{\"operator\":\"" ADDRESS "\",\"amount\":\"2\"}}");
    assert_int_equal(body_count(&request, "list"), 2);
    assert_int_equal(body_u64_at(&request, "list", 1), 8000); /* `max` bounds the list, not its items */
    assert_int_equal(body_count(&request, "legs"), 2);
    assert_false(body_given_at(&request, "legs[].amount", 0));
    assert_true(body_given_at(&request, "legs[].amount", 1));
    assert_int_equal(amount_compare(body_amount_at(&request, "legs[].amount", 1), amount_from_u64(3)), 0);
    assert_int_equal(amount_compare(body_amount_at(&request, "leg.amount", 0), amount_from_u64(2)), 0);
    assert_false(address_is_zero(body_address_at(&request, "legs[].operator", 0)));
}

static void body__what_was_left_out_is_not_given(void **state)
{
    (void)state;
    accepted("{\"small\":null,\"flag\":false}");
    assert_false(body_given(&request, "small"));
    assert_false(body_given(&request, "who"));
    assert_false(body_given(&request, "leg.amount"));
    assert_int_equal(body_count(&request, "list"), 0);
    assert_true(body_given(&request, "flag"));
    refused("{\"flag\":null}", "flag");
}

static void body__at_is_a_text_or_a_block_number(void **state)
{
    (void)state;
    accepted("{}");
    assert_int_equal(request.at.kind, AT_LATEST);
    accepted("{\"at\":\"finalized\"}");
    assert_int_equal(request.at.kind, AT_FINALIZED);
    accepted("{\"at\":\"17\"}");
    assert_true(request.at.kind == AT_NUMBER && request.at.number == 17);
    accepted("{\"at\":18}");
    assert_true(request.at.kind == AT_NUMBER && request.at.number == 18);
    accepted("{\"at\":\"" HASH "\"}");
    assert_int_equal(request.at.kind, AT_HASH);
    accepted("{\"at\":\"2026-11-21T10:00:00Z\"}");
    assert_int_equal(request.at.kind, AT_TIME);
    static const char *const bad[] = {"\"\"", "\"Latest\"", "-1", "1.0", "null", "true", "[1]", "{}", "\"0x1\""};
    char text[64];
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        (void)snprintf(text, sizeof text, "{\"at\":%s}", bad[i]);
        refused(text, "at");
    }
    assert_int_equal(read_by(&all, "{\"at\":4294967296}"), ERR_NOT_MIRRORED);
}

static int set_up(void **state)
{
    (void)state;
    json_setup();
    return 0;
}

static int tear_down(void **state)
{
    (void)state;
    json_decref((json_t *)request.body);
    arena_done(&arena);
    return 0;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(body__is_one_object),
        cmocka_unit_test(body__is_not_nested_deeper_than_its_limit),
        cmocka_unit_test(body__members_are_all_there_and_no_others),
        cmocka_unit_test(body__members_are_given_once),
        cmocka_unit_test(body__numbers_are_integers_in_range),
        cmocka_unit_test(body__strings_have_their_forms),
        cmocka_unit_test(body__lists_are_read_by_index),
        cmocka_unit_test(body__what_was_left_out_is_not_given),
        cmocka_unit_test(body__at_is_a_text_or_a_block_number),
    };
    return cmocka_run_group_tests(tests, set_up, tear_down);
}
