/* tests/governance/test_rules_deceit.c - rules against what misleads: labels of basic votes, snapshots of long ago, who signs for whom. */
#include "governance/rules.h"
#include "tests/support/unit.h"

static struct reasons judge(enum voting type, const char *const *choices, size_t n)
{
    AUTO_ARENA arena = {0};
    AUTO_JSON json = json_pack("{s:s}", "id", "a");
    const struct chain_facts chain = {true, 0, 1000};
    const struct message m = {.kind = MESSAGE_PROPOSAL,
                              .space = "a",
                              .stamp = {1000},
                              .text = {.type = type,
                                       .type_known = true,
                                       .type_name = voting_name(type),
                                       .title = "T",
                                       .body = "",
                                       .discussion = "",
                                       .plugins = "",
                                       .privacy = "",
                                       .app = "",
                                       .choices = choices,
                                       .n_choices = n,
                                       .starts = {2000},
                                       .ends = {3000}}};
    struct space space;
    struct reasons r = {0};
    uint32_t policy;
    assert_int_equal(space_parse("space", json, &arena, &space), OK);
    rules_proposal(&m, &space, &chain, &policy, &r);
    return r;
}

static void choices_of_a_basic_vote__mean_what_they_say(void **state)
{
    (void)state;
    static const char *const right[][3] = {{"For", "Against", "Abstain"}, {"yes", "NO", "whatever"}, {"A", "B", "C"}};
    static const char *const wrong[][3] = {{"Against", "For", "Abstain"}, {"For", "abstain", "x"}, {"no", "x", "y"}};
    for (size_t i = 0; i < 3; i++) {
        struct reasons refused = judge(VOTING_BASIC, wrong[i], 3);
        assert_int_equal(judge(VOTING_BASIC, right[i], 3).n, 0);
        assert_true(refused.n > 0);
        assert_int_equal(refused.all[0].code, REASON_CHOICES);
        assert_int_equal(judge(VOTING_SINGLE_CHOICE, wrong[i], 3).n, 0);
    }
    assert_string_equal(judge(VOTING_BASIC, wrong[2], 3).all[0].text,
                        "the choices are not such as this type of voting takes: of a basic vote \"no\" is choice 2");
}

static void a_snapshot__is_as_old_as_the_space_takes(void **state)
{
    (void)state;
    const struct chain_facts chain = {true, 0, 1000};
    struct space space = {.id = "a"};
    struct message m = {.kind = MESSAGE_PROPOSAL};
    struct reasons r = {0};
    rules_snapshot_age(&m, &space, &chain, &r);
    assert_int_equal(r.n, 0); /* any */
    space.snapshot_age = 100;
    m.text.snapshot = 900;
    rules_snapshot_age(&m, &space, &chain, &r);
    assert_int_equal(r.n, 0);
    m.text.snapshot = 899;
    rules_snapshot_age(&m, &space, &chain, &r);
    assert_int_equal(r.n, 1);
    assert_int_equal(r.all[0].code, REASON_SNAPSHOT);
}

static void an_alias__signs_while_it_is_named_and_names_no_other(void **state)
{
    (void)state;
    const struct space space = {.id = "a", .alias_seconds = 100};
    const struct instant named = {1000};
    struct message m = {.kind = MESSAGE_VOTE, .author = {{1}}, .address = {{2}}};
    struct reasons r = {.n = 0};
    rules_alias(&m, &space, &named, (struct instant){1100}, &r);
    assert_int_equal(r.n, 0);
    rules_alias(&m, &space, &named, (struct instant){1101}, &r);
    rules_alias(&m, &space, NULL, (struct instant){1000}, &r);
    m.kind = MESSAGE_ALIAS;
    rules_alias(&m, &space, &named, (struct instant){1000}, &r);
    assert_int_equal(r.n, 3);
    for (size_t i = 0; i < r.n; i++)
        assert_int_equal(r.all[i].code, REASON_ALIAS);
    assert_string_equal(r.all[1].text,
                        "the signer is no alias of `from`: 0x0200000000000000000000000000000000000000 signs,"
                        " from is 0x0100000000000000000000000000000000000000");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(choices_of_a_basic_vote__mean_what_they_say),
        cmocka_unit_test(a_snapshot__is_as_old_as_the_space_takes),
        cmocka_unit_test(an_alias__signs_while_it_is_named_and_names_no_other),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
