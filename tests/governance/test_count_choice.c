/* tests/governance/test_count_choice.c - which choices a ballot may say, in which form. */
#include "tests/governance/support/count.h"

static void assert_choice(enum voting type, size_t n, const char *text, const char *expected)
{
    AUTO_ARENA arena = {0};
    struct choice c;
    assert_int_equal(read_choice(type, n, text, &arena, &c), OK);
    char got[400] = "";
    size_t at = 0;
    for (size_t i = 0; i < c.n; i++) {
        at += (size_t)snprintf(got + at, sizeof got - at, "%s%d", i > 0 ? " " : "", c.picks[i]);
        if (c.weights != NULL)
            at += (size_t)snprintf(got + at, sizeof got - at, "=%llu", (unsigned long long)c.weights[i]);
    }
    assert_string_equal(got, expected);
    assert_int_equal(c.weights != NULL, type == VOTING_WEIGHTED || type == VOTING_QUADRATIC);
}

static void assert_refused(enum voting type, size_t n, const char *text, const char *why)
{
    AUTO_ARENA arena = {0};
    struct choice c = {.n = 77};
    assert_int_equal(read_choice(type, n, text, &arena, &c), ERR_RULE);
    assert_string_equal(err_detail(), why);
    assert_int_equal(c.n, 77);
}

static void a_single_choice__is_a_number_in_range(void **unused)
{
    (void)unused;
    for (int v = VOTING_BASIC; v <= VOTING_SINGLE_CHOICE; v++) {
        enum voting type = (enum voting)v;
        assert_choice(type, 3, "1", "1");
        assert_choice(type, 3, "3", "3");
        assert_choice(type, CHOICES_MAX, "500", "500");
        assert_refused(type, 3, "0", "0 is not one of the choices 1 to 3");
        assert_refused(type, 3, "4", "4 is not one of the choices 1 to 3");
        assert_refused(type, 3, "-1", "-1 is not one of the choices 1 to 3");
        assert_refused(type, 3, "65537", "65537 is not one of the choices 1 to 3");
        assert_refused(type, 3, "4294967297", "4294967297 is not one of the choices 1 to 3");
        static const char *const others[] = {"1.0", "1.5", "1e0", "\"1\"", "[1]", "{\"1\":1}", "null", "true"};
        for (size_t i = 0; i < sizeof others / sizeof others[0]; i++)
            assert_refused(type, 3, others[i], "a choice is a whole number from 1 to 3");
    }
}

static void an_approval__is_a_list_of_different_choices(void **unused)
{
    (void)unused;
    const enum voting type = VOTING_APPROVAL;
    assert_choice(type, 3, "[]", "");
    assert_choice(type, 3, "[3]", "3");
    assert_choice(type, 3, "[3,1]", "3 1");
    assert_choice(type, 3, "[2,3,1]", "2 3 1");
    assert_refused(type, 3, "[1,1]", "choice 1 is listed more than once");
    assert_refused(type, 3, "[1,2,3,1]", "4 choices are listed where there are 3");
    assert_refused(type, 3, "[1,4]", "4 is not one of the choices 1 to 3");
    assert_refused(type, 3, "[0]", "0 is not one of the choices 1 to 3");
    assert_refused(type, 3, "[1,\"2\"]", "a choice is a whole number from 1 to 3");
    assert_refused(type, 3, "[2.0]", "a choice is a whole number from 1 to 3");
    assert_refused(type, 3, "1", "the choice is a list of choices");
    assert_refused(type, 3, "{\"1\":1}", "the choice is a list of choices");
}

static void a_ranking__names_all_choices(void **unused)
{
    (void)unused;
    const enum voting types[] = {VOTING_RANKED_CHOICE, VOTING_COPELAND};
    for (size_t i = 0; i < 2; i++) {
        assert_choice(types[i], 1, "[1]", "1");
        assert_choice(types[i], 4, "[4,2,1,3]", "4 2 1 3");
        assert_refused(types[i], 3, "[]", "choice 1 is missing: all of them are ranked");
        assert_refused(types[i], 3, "[3,1]", "choice 2 is missing: all of them are ranked");
        assert_refused(types[i], 3, "[3,1,3]", "choice 3 is listed more than once");
        assert_refused(types[i], 3, "[3,1,2,1]", "4 choices are listed where there are 3");
        assert_refused(types[i], 3, "[3,1,9]", "9 is not one of the choices 1 to 3");
        assert_refused(types[i], 3, "\"[3,1,2]\"", "the choice is a list of choices");
    }
}

static void weights__are_ascending_whatever_the_order_of_keys(void **unused)
{
    (void)unused;
    const enum voting types[] = {VOTING_WEIGHTED, VOTING_QUADRATIC};
    for (size_t i = 0; i < 2; i++) {
        assert_choice(types[i], 12, "{\"12\":1,\"2\":7,\"1\":0}", "1=0 2=7 12=1");
        assert_choice(types[i], 12, "{\"1\":0,\"2\":7,\"12\":1}", "1=0 2=7 12=1");
        assert_choice(types[i], 1, "{\"1\":9007199254740992}", "1=9007199254740992");
    }
}

static void weights__are_whole_and_in_range(void **unused)
{
    (void)unused;
    const enum voting types[] = {VOTING_WEIGHTED, VOTING_QUADRATIC};
    for (size_t i = 0; i < 2; i++) {
        enum voting type = types[i];
        assert_refused(type, 3, "{}", "no choice has a weight");
        assert_refused(type, 3, "{\"1\":0,\"3\":0}", "no choice has a weight");
        assert_refused(type, 3, "{\"1\":1,\"3\":-1}", "the weight of choice 3 is less than 0 or more than 2^53");
        assert_refused(type, 3, "{\"2\":9007199254740993}", "the weight of choice 2 is less than 0 or more than 2^53");
        assert_refused(type, 3, "{\"2\":9223372036854775807}",
                       "the weight of choice 2 is less than 0 or more than 2^53");
        static const char *const other[] = {"0.5", "1.0", "1e3", "\"1\"", "null", "[1]", "true"};
        for (size_t k = 0; k < sizeof other / sizeof other[0]; k++) {
            char text[40];
            snprintf(text, sizeof text, "{\"2\":%s}", other[k]);
            assert_refused(type, 3, text, "the weight of choice 2 is not a whole number");
        }
        assert_refused(type, 3, "[1]", "the choice is an object of weights by choice");
        assert_refused(type, 3, "1", "the choice is an object of weights by choice");
    }
}

static void keys__are_numbers_of_choices_spelt_plainly(void **unused)
{
    (void)unused;
    static const char *const keys[] = {"0",      "4",   "01",    "+1",     "-1",
                                       " 1",     "1 ",  "1.0",   "1e0",    "0x1",
                                       "",       "one", "65537", "111111", "18446744073709551617",
                                       "\\u0661"};
    for (size_t i = 0; i < sizeof keys / sizeof keys[0]; i++) {
        char text[60];
        snprintf(text, sizeof text, "{\"1\":1,\"%s\":1}", keys[i]);
        assert_refused(VOTING_WEIGHTED, 3, text, "a key is not one of the choices 1 to 3");
    }
}

static void the_most_choices__may_all_be_ranked(void **unused)
{
    (void)unused;
    AUTO_ARENA arena = {0};
    AUTO_BUFFER list = {0};
    buffer_text(&list, "[");
    for (size_t i = CHOICES_MAX; i > 0; i--)
        buffer_printf(&list, "%zu%s", i, i > 1 ? "," : "]");
    buffer_u8(&list, 0);
    struct choice c;
    assert_int_equal(read_choice(VOTING_COPELAND, CHOICES_MAX, (const char *)list.p, &arena, &c), OK);
    assert_int_equal(c.n, CHOICES_MAX);
    assert_int_equal(c.picks[0], CHOICES_MAX);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_single_choice__is_a_number_in_range),
        cmocka_unit_test(an_approval__is_a_list_of_different_choices),
        cmocka_unit_test(a_ranking__names_all_choices),
        cmocka_unit_test(weights__are_ascending_whatever_the_order_of_keys),
        cmocka_unit_test(weights__are_whole_and_in_range),
        cmocka_unit_test(keys__are_numbers_of_choices_spelt_plainly),
        cmocka_unit_test(the_most_choices__may_all_be_ranked),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
