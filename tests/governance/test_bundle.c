/* tests/governance/test_bundle.c - lines of a bundle: what is written is read back, and nothing else. */
#include <string.h>

#include "governance/bundle.h"
#include "governance/census.h"
#include "tests/support/unit.h"

static struct arena arena;
static struct bundle_line line;

#define H64       "1111111111111111111111111111111111111111111111111111111111111111"
#define HASH      "0x" H64
#define SIGNATURE "0x" H64 H64 "1b"
#define RECEIPT   "{\"root\":\"" HASH "\",\"signature\":\"" SIGNATURE "\",\"size\":9}"

static enum err parse(const char *text)
{
    return bundle_line_parse((struct slice){(const uint8_t *)text, strlen(text)}, &arena, &line);
}

static int release(void **state)
{
    (void)state;
    arena_done(&arena);
    return 0;
}

static void bundle__reads_entries_as_written_and_as_any_json(void **state)
{
    (void)state;
    static const char entry[] = "{\"a\":\"q\\\"uote \\\\ \\u0007 \xc3\xa9\",\n\t\"b\":[1]}";
    struct slice text = {(const uint8_t *)entry, sizeof entry - 1};
    uint8_t signature[65];
    struct hash root;
    AUTO_BUFFER out = {0};
    memset(signature, 0x11, sizeof signature);
    memset(root.b, 0x22, sizeof root.b);
    bundle_write_entry(7, text, 9, root, (struct slice){signature, sizeof signature}, &out);
    assert_int_equal(bundle_line_parse((struct slice){out.p, out.n}, &arena, &line), OK);
    for (int spaced = 0; spaced < 2; spaced++) {
        assert_int_equal(line.kind, BUNDLE_ENTRY);
        assert_int_equal(line.entry.position, 7);
        assert_int_equal(line.entry.size, 9);
        assert_true(hash_equal(line.entry.root, root));
        assert_true(slice_equal(line.entry.signature, (struct slice){signature, sizeof signature}));
        assert_true(slice_equal((struct slice){(const uint8_t *)line.entry.text, line.entry.n}, text));
        buffer_text(&out, " "); /* no longer as it is written: the parser reads it */
        assert_int_equal(bundle_line_parse((struct slice){out.p, out.n}, &arena, &line), OK);
    }
}

static void bundle__refuses_what_is_no_line(void **state)
{
    (void)state;
    static const char *const bad[] = {
        "",
        "{}",
        "[]",
        "{\"entry\":\"x\",\"position\":1}",
        "{\"entry\":1,\"position\":1,\"receipt\":" RECEIPT "}",
        "{\"entry\":\"x\",\"position\":-1,\"receipt\":" RECEIPT "}",
        "{\"entry\":\"x\",\"position\":1.5,\"receipt\":" RECEIPT "}",
        "{\"entry\":\"x\",\"position\":01,\"receipt\":" RECEIPT "}",
        "{\"entry\":\"x\",\"position\":99999999999999999999,\"receipt\":" RECEIPT "}",
        "{\"entry\":\"x\",\"position\":1,\"receipt\":" RECEIPT,
        "{\"entry\":\"x\",\"position\":1,\"receipt\":" RECEIPT "}}",
        "{\"entry\":\"x\",\"position\":1,\"receipt\":" RECEIPT ",\"more\":1}",
        "{\"entry\":\"x\",\"entry\":\"y\",\"receipt\":" RECEIPT "}",
        "{\"entry\":\"x\\\",\"position\":1,\"receipt\":" RECEIPT "}",
        "{\"entry\":\"x\",\"position\":1,\"receipt\":{\"root\":\"0x11\",\"signature\":\"" SIGNATURE "\",\"size\":9}}",
        "{\"entry\":\"x\",\"position\":1,\"receipt\":{\"root\":\"" HASH "\",\"signature\":\"" SIGNATURE
        "00\",\"size\":9}}",
        "{\"power\":\"01\",\"voter\":\"0x1111111111111111111111111111111111111111\"}",
        "{\"power\":\"1\",\"voter\":\"0x111111111111111111111111111111111111111\"}",
        "{\"power\":1,\"voter\":\"0x1111111111111111111111111111111111111111\"}",
        "{\"proof\":[\"0x11\"]}",
        "{\"proof\":\"" HASH "\"}",
        "{\"census_root\":\"0x11\"}",
        "{\"census_root\":1}",
        "{\"log\":{\"chain_id\":1,\"format\":2,\"size\":1}}",
        "{\"checkpoint\":{\"note\":\"x\",\"received\":\"yesterday\",\"root\":\"" HASH "\",\"size\":1}}",
        "{\"bundle\":{}}",
    };
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
        if (parse(bad[i]) != ERR_FIELD)
            fail_msg("taken: %s", bad[i]);
}

static void bundle__reads_the_other_lines(void **state)
{
    (void)state;
    assert_int_equal(parse("{\"proof\":[]}"), OK);
    assert_int_equal(line.proof.n, 0);
    assert_int_equal(parse("{\"proof\":[\"" HASH "\",\"" HASH "\"]}"), OK);
    assert_int_equal(line.proof.n, 2 * sizeof(struct hash));
    assert_int_equal(parse("{\"power\":\"12\",\"voter\":\"0x1111111111111111111111111111111111111111\"}"), OK);
    assert_int_equal(amount_compare(line.power.power, amount_from_u64(12)), 0);
    assert_int_equal(parse("{\"census_root\":null}"), OK);
    assert_false(line.has_root);
    assert_int_equal(parse("{\"census_root\":\"" HASH "\"}"), OK);
    assert_true(line.has_root);
    assert_int_equal(parse("{\"log\":{\"chain_id\":5,\"format\":1,\"size\":7}}"), OK);
    assert_int_equal(line.log.chain_id, 5);
    assert_int_equal(line.log.size, 7);
    assert_int_equal(parse("{\"checkpoint\":{\"note\":\"x\",\"received\":\"2026-11-21T10:00:00Z\",\"root\":\"" HASH
                           "\",\"size\":7}}"),
                     OK);
    assert_int_equal(line.checkpoint.received.unix_seconds, 1795255200);
}

static void result__is_canonical(void **state)
{
    (void)state;
    const struct amount scores[] = {amount_from_u64(5), amount_from_u64(3)};
    const struct bundle_result r = {.type = VOTING_BASIC,
                                    .policy = 1,
                                    .ballots = 3,
                                    .voters = 2,
                                    .version = 1,
                                    .rules = 1,
                                    .n_choices = 2,
                                    .scores = scores,
                                    .power = amount_from_u64(8),
                                    .quorum = amount_from_u64(9)};
    AUTO_BUFFER out = {0};
    AUTO_JSON json = NULL;
    bundle_result_write(&r, &out);
    assert_int_equal(json_parse((const char *)out.p, out.n, 8, &json), OK);
    const char *canonical = json_canonical(json, &arena);
    assert_true(
        slice_equal((struct slice){out.p, out.n}, (struct slice){(const uint8_t *)canonical, strlen(canonical)}));
    const json_t *outcome = json_object_get(json_object_get(json, "result"), "outcome");
    assert_false(json_is_true(json_object_get(outcome, "quorum_reached")));
    assert_int_equal(json_integer_value(json_object_get(outcome, "winner")), 1);
    assert_int_equal(parse((const char *)memcpy(arena_take(&arena, out.n + 1), out.p, out.n)), OK);
    assert_int_equal(line.kind, BUNDLE_RESULT);
}

int main(void)
{
    json_setup();
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_teardown(bundle__reads_entries_as_written_and_as_any_json, release),
        cmocka_unit_test_teardown(bundle__refuses_what_is_no_line, release),
        cmocka_unit_test_teardown(bundle__reads_the_other_lines, release),
        cmocka_unit_test_teardown(result__is_canonical, release),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
