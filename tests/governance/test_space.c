/* tests/governance/test_space.c - spaces: what the network file may say of them, their history's text, policies, reasons. */
#include <string.h>

#include "governance/policy.h"
#include "governance/reason.h"
#include "governance/space.h"
#include "tests/support/unit.h"

#define A1 "0x00000000000000000000000000000000000000a1"
#define A2 "0x00000000000000000000000000000000000000A2"

static enum err parse(const char *text, struct arena *arena, struct space *out)
{
    AUTO_JSON j = NULL;
    assert_int_equal(json_parse(text, strlen(text), 8, &j), OK);
    return space_parse("spaces[0]", j, arena, out);
}

static void assert_refused(const char *text, const char *detail)
{
    AUTO_ARENA arena = {0};
    struct space s = {.id = "untouched"};
    assert_int_equal(parse(text, &arena, &s), ERR_FIELD);
    assert_string_equal(err_detail(), detail);
    assert_string_equal(s.id, "untouched");
}

static void assert_amount(struct amount a, const char *expected)
{
    char text[AMOUNT_TEXT + 1];
    amount_format(a, text);
    assert_string_equal(text, expected);
}

static void what_a_space_does_not_say__has_its_default(void **state)
{
    (void)state;
    AUTO_ARENA arena = {0};
    struct space s;
    assert_int_equal(parse("{\"id\":\"alt.eth\"}", &arena, &s), OK);
    assert_string_equal(s.id, "alt.eth");
    assert_string_equal(s.name, "");
    assert_string_equal(s.strategy, "");
    assert_int_equal(s.policy, POLICY_HELD | POLICY_DELEGATED_IN | POLICY_STAKED);
    assert_int_equal(s.n_admins, 0);
    assert_amount(s.threshold, "0");
    assert_amount(s.quorum, "0");
#define ASSERT_DEFAULT(member, otherwise, least, most, sentence) assert_int_equal(s.member, (otherwise));
    SPACE_NUMBERS(ASSERT_DEFAULT)
#undef ASSERT_DEFAULT
}

static void what_a_space_says__is_taken_as_integer_or_text(void **state)
{
    (void)state;
    AUTO_ARENA arena = {0};
    struct space s;
    assert_int_equal(parse("{\"id\":\"a\",\"admins\":[\"" A1 "\",\"" A2 "\"],\"threshold\":5,\"quorum\":"
                           "\"115792089237316195423570985008687907853269984665640564039457584007913129639935\","
                           "\"delay\":\"60\",\"period\":61,\"_period\":\"a comment\",\"strategy\":\"stake\"}",
                           &arena, &s),
                     OK);
    assert_int_equal(s.n_admins, 2);
    struct address admin = {.b = {[19] = 0xa2}}, other = {.b = {[19] = 0xa3}};
    assert_true(space_is_admin(&s, admin));
    assert_false(space_is_admin(&s, other));
    assert_amount(s.threshold, "5");
    assert_amount(s.quorum, "115792089237316195423570985008687907853269984665640564039457584007913129639935");
    assert_int_equal(s.delay, 60);
    assert_int_equal(s.period, 61);
    assert_int_equal(s.policy, POLICY_STAKED);
}

static void a_strategy__says_the_policy_if_it_is_one(void **state)
{
    (void)state;
    static const struct {
        const char *text, *strategy;
        uint32_t policy;
    } rows[] = {
        {"{\"id\":\"a\",\"strategy\":{\"policy\":\"held+staked\",\"about\":1}}",
         "{\"about\":1,\"policy\":\"held+staked\"}", POLICY_HELD | POLICY_STAKED},
        {"{\"id\":\"a\",\"strategy\":\"erc20-votes\"}", "erc20-votes", 7},
        {"{\"id\":\"a\",\"strategy\":{\"name\":\"erc20-votes\"}}", "{\"name\":\"erc20-votes\"}", 7},
        {"{\"id\":\"a\",\"strategy\":\"erc20-votes\",\"policy\":\"tokens\"}", "erc20-votes", 3},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        AUTO_ARENA arena = {0};
        struct space s;
        assert_int_equal(parse(rows[i].text, &arena, &s), OK);
        assert_string_equal(s.strategy, rows[i].strategy);
        assert_int_equal(s.policy, rows[i].policy);
    }
}

static void a_mistake__is_named_by_its_member(void **state)
{
    (void)state;
    assert_refused("[]", "spaces[0]: must be an object");
    assert_refused("{}", "spaces[0].id: missing");
    assert_refused("{\"id\":\"\"}", "spaces[0].id: must be 1 to 128 bytes without white space, / ? # % \" and \\");
    assert_refused("{\"id\":\"a/b\"}", "spaces[0].id: must be 1 to 128 bytes without white space, / ? # % \" and \\");
    assert_refused("{\"id\":7}", "spaces[0].id: must be a string");
    assert_refused("{\"id\":\"a\",\"treshold\":1}", "spaces[0].treshold: no such member");
    assert_refused("{\"id\":\"a\",\"admins\":\"" A1 "\"}", "spaces[0].admins: must be an array of addresses");
    assert_refused("{\"id\":\"a\",\"admins\":[\"" A1 "\",\"0x1\"]}", "spaces[0].admins[1]: is not an address");
    assert_refused("{\"id\":\"a\",\"threshold\":1.5}",
                   "spaces[0].threshold: must be a whole number below 2^256, as an integer or decimal text");
    assert_refused("{\"id\":\"a\",\"quorum\":-1}",
                   "spaces[0].quorum: must be a whole number below 2^256, as an integer or decimal text");
    assert_refused("{\"id\":\"a\",\"quorum\":\"115792089237316195423570985008687907853269984665640564039457584007913129"
                   "639936\"}",
                   "spaces[0].quorum: must be a whole number below 2^256, as an integer or decimal text");
    assert_refused("{\"id\":\"a\",\"tolerance\":0}", "spaces[0].tolerance: must lie between 1 and 86400");
    assert_refused("{\"id\":\"a\",\"tolerance\":86401}", "spaces[0].tolerance: must lie between 1 and 86400");
    assert_refused("{\"id\":\"a\",\"delay\":\"115792089237316195423570985008687907853269984665640564039457\"}",
                   "spaces[0].delay: must lie between 0 and 31536000");
    assert_refused("{\"id\":\"a\",\"strategy\":[]}", "spaces[0].strategy: must be a string or an object");
    assert_refused("{\"id\":\"a\",\"policy\":\"all\"}",
                   "spaces[0].policy: must be the name of a policy, or parts joined by +");
}

static void two_spaces_with_one_id__are_refused(void **state)
{
    (void)state;
    AUTO_ARENA arena = {0};
    AUTO_JSON file = NULL;
    AUTO_JSON none = NULL;
    const char text[] = "{\"spaces\":[{\"id\":\"a\"},{\"id\":\"b\"},{\"id\":\"a\"}]}";
    struct space *all = NULL;
    size_t n = 9;
    assert_int_equal(json_parse(text, sizeof text - 1, 8, &file), OK);
    assert_int_equal(spaces_parse(file, &arena, &all, &n), ERR_FIELD);
    assert_string_equal(err_detail(), "spaces[2].id: is also the id of spaces[0]");
    json_array_remove(json_object_get(file, "spaces"), 2);
    assert_int_equal(spaces_parse(file, &arena, &all, &n), OK);
    assert_int_equal(n, 2);
    assert_string_equal(all[1].id, "b");
    assert_int_equal(json_parse("{}", 2, 8, &none), OK);
    assert_int_equal(spaces_parse(none, &arena, &all, &n), OK);
    assert_int_equal(n, 0);
}

static void parameters__are_written_whole_and_read_back_the_same(void **state)
{
    (void)state;
    AUTO_ARENA arena = {0};
    AUTO_BUFFER first = {0};
    AUTO_BUFFER second = {0};
    struct space s;
    assert_int_equal(parse("{\"id\":\"a\",\"name\":\"A\",\"quorum\":7,\"admins\":[\"" A1 "\"],"
                           "\"strategy\":{\"policy\":\"stake\"}}",
                           &arena, &s),
                     OK);
    space_write(&s, &first);
    const char *text = arena_text(&arena, (const char *)first.p, first.n);
    assert_string_equal(
        text,
        "{\"about\":\"\",\"admins\":[\"0x00000000000000000000000000000000000000A1\"],\"alias_seconds\":2592000,"
        "\"ballots_per_voter\":1000,\"body_bytes\":40000,\"choice_bytes\":256,\"choices\":100,\"delay\":0,"
        "\"id\":\"a\",\"longest_period\":31536000,\"name\":\"A\",\"period\":0,\"policy\":\"stake\","
        "\"proposals_per_day\":100,\"quorum\":\"7\",\"ranked_choices\":32,\"reason_bytes\":5000,"
        "\"snapshot_age\":0,\"strategy\":\"{\\\"policy\\\":\\\"stake\\\"}\",\"threshold\":\"0\",\"title_bytes\":256,\"tolerance\":300}");
    assert_int_equal(parse(text, &arena, &s), OK);
    assert_int_equal(s.policy, POLICY_STAKED);
    space_write(&s, &second);
    assert_true(slice_equal((struct slice){first.p, first.n}, (struct slice){second.p, second.n}));
}

static void the_registry__knows_a_space_by_its_padded_text(void **state)
{
    (void)state;
    struct hash h;
    char text[HASH_TEXT + 1];
    assert_true(space_registry_id("altlayer.eth", &h));
    hash_format(h, text);
    assert_string_equal(text, "0x616c746c617965722e6574680000000000000000000000000000000000000000");
    assert_true(space_registry_id("1234567890123456789012345678901", &h));
    assert_false(space_registry_id("12345678901234567890123456789012", &h));
}

static void a_policy__is_a_name_or_parts(void **state)
{
    (void)state;
    uint32_t policy = 0;
    char text[POLICY_TEXT];
    for (const struct policy_name *p = policy_names; p->name != NULL; p++) {
        assert_int_equal(policy_parse(p->name, &policy), OK);
        assert_int_equal(policy, p->parts);
    }
    for (uint32_t p = 1; p < 64; p++) {
        policy_format(p, text);
        if (p == POLICY_REGISTRY)
            continue;
        assert_int_equal(policy_parse(text, &policy), OK);
        assert_int_equal(policy, p);
    }
    policy_format(POLICY_REGISTRY | POLICY_HELD | POLICY_COOLING_DOWN, text);
    assert_string_equal(text, "held+cooling_down+registry");
    assert_int_equal(policy_parse("staked+held", &policy), OK);
    assert_int_equal(policy, POLICY_HELD | POLICY_STAKED);
    static const char *const wrong[] = {"", "+", "held+", "+held", "held+held", "HELD", "held staked", "registry"};
    for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++)
        assert_int_equal(policy_parse(wrong[i], &policy), ERR_FIELD);
}

static void reasons__have_a_code_and_say_what_is_particular(void **state)
{
    (void)state;
    struct reasons r = {0};
    reason_put(&r, REASON_ENDED);
    reason_add(&r, REASON_ENDED, "%d seconds ago", 7);
    assert_string_equal(r.all[0].text, reason_sentence(REASON_ENDED));
    assert_string_equal(r.all[1].text, "voting is over: 7 seconds ago");
    assert_string_equal(reason_slug(r.all[1].code), "voting-ended");
    for (enum reason_code a = 0; a < REASON_COUNT; a++)
        for (enum reason_code b = 0; b < a; b++)
            assert_string_not_equal(reason_slug(a), reason_slug(b));
    char longest[2 * REASON_TEXT_MAX + 1];
    for (size_t i = 0; i < 2 * REASON_TEXT_MAX; i += 2)
        memcpy(longest + i, "\xc3\xbc", 3);
    for (size_t pad = 0; pad < 2; pad++) {
        reason_add(&r, REASON_CHOICE, "%s%s", pad == 0 ? "" : "x", longest);
        const char *text = r.all[r.n - 1].text;
        size_t n = strlen(text);
        assert_true(n >= REASON_TEXT_MAX - 2);
        for (size_t at = 0, size; at < n; at += size) {
            size = utf8_sequence(text + at, n - at);
            assert_true(size > 0);
        }
    }
    for (size_t i = 0; i < REASONS_MAX; i++)
        reason_put(&r, REASON_ENDED);
    assert_int_equal(r.n, REASONS_MAX);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_a_space_does_not_say__has_its_default),
        cmocka_unit_test(what_a_space_says__is_taken_as_integer_or_text),
        cmocka_unit_test(a_strategy__says_the_policy_if_it_is_one),
        cmocka_unit_test(a_mistake__is_named_by_its_member),
        cmocka_unit_test(two_spaces_with_one_id__are_refused),
        cmocka_unit_test(parameters__are_written_whole_and_read_back_the_same),
        cmocka_unit_test(the_registry__knows_a_space_by_its_padded_text),
        cmocka_unit_test(a_policy__is_a_name_or_parts),
        cmocka_unit_test(reasons__have_a_code_and_say_what_is_particular),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
