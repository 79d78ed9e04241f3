/* tests/governance/test_message.c - envelopes: what each kind says, and every one that is refused, by its member. */
#include "governance/message_forms.h"
#include "governance/policy.h"
#include "tests/governance/support/messages.h"

static void refuse(const char *text, const char *detail)
{
    AUTO_ARENA arena = {0};
    struct message m = {.space = "untouched"};
    err_clear();
    enum err e = parse_text(text, &arena, &m);
    if (e != ERR_FIELD || strcmp(err_detail(), detail) != 0)
        fail_msg("%s \"%s\", not \"%s\"\n%s", err_slug(e), err_detail(), detail, text);
    assert_string_equal(m.space, "untouched");
}

/* The detail begins with that. */
static void refuse_at(const char *text, const char *begin)
{
    AUTO_ARENA arena = {0};
    struct message m = {.space = "untouched"};
    err_clear();
    enum err e = parse_text(text, &arena, &m);
    if (e != ERR_FIELD || strncmp(err_detail(), begin, strlen(begin)) != 0)
        fail_msg("%s \"%s\", not \"%s...\"\n%s", err_slug(e), err_detail(), begin, text);
    assert_string_equal(m.space, "untouched");
}

static void assert_choice(const char *envelope, const char *canonical)
{
    AUTO_ARENA arena = {0};
    AUTO_MESSAGE m = {0};
    if (parse_text(envelope, &arena, &m) != OK)
        fail_msg("%s\n%s", err_detail(), envelope);
    assert_string_equal(json_canonical(m.choice, &arena), canonical);
}

static void a_ballot__says_all_of_its_members(void **state)
{
    (void)state;
    AUTO_ARENA arena = {0};
    AUTO_MESSAGE m = {0};
    struct address from;
    struct hash proposal;
    assert_int_equal(address_parse(FROM, ADDRESS_TEXT, &from), OK);
    assert_int_equal(hash_parse(PROPOSAL, HASH_TEXT, &proposal), OK);
    assert_int_equal(parse_text(VOTE_ENVELOPE("uint32", "2"), &arena, &m), OK);
    assert_int_equal(m.kind, MESSAGE_VOTE);
    assert_true(address_equal(m.author, from) && address_equal(m.address, from));
    assert_true(hash_equal(m.proposal, proposal));
    assert_int_equal(m.signature.n, 2);
    assert_string_equal(m.space, "alt.eth");
    assert_int_equal(m.stamp.unix_seconds, 1700000100);
    assert_string_equal(m.reason, "why not");
    assert_string_equal(m.app, "snapshot");
    assert_string_equal(m.metadata, "{}");
}

static void a_choice__travels_as_number_array_or_json_text(void **state)
{
    (void)state;
    assert_choice(VOTE_ENVELOPE("uint32", "2"), "2");
    assert_choice(VOTE_ENVELOPE("uint32[]", "[3,1,2]"), "[3,1,2]");
    assert_choice(VOTE_ENVELOPE("uint32[]", "[]"), "[]");
    assert_choice(VOTE_ENVELOPE("string", "\"{\\\"2\\\": 1, \\\"1\\\": 9}\""), "{\"1\":9,\"2\":1}");
    assert_choice(VOTE_ENVELOPE("string", "\"[2,1]\""), "[2,1]");
    assert_choice(VOTE_ENVELOPE("string", "\" 2 \""), "2");
    static const char *const wrong[] =
        {"\"\"",  "\"1,2\"", "\"1],[2\"", "\"\\\"1\\\"\"", "\"null\"", "\"yes\"", "\"{\\\"1\\\":1,\\\"1\\\":2}\"",
         "\"1]\""};
    for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++) {
        AUTO_ARENA arena = {0};
        refuse(changed(VOTE_ENVELOPE("string", "\"1\""), "data.message.choice", wrong[i], &arena),
               "data.message.choice: must be the JSON text of a number, an array or an object");
    }
    refuse(VOTE_ENVELOPE("uint32", "\"1\""), "data.message.choice: must be an integer");
    refuse(VOTE_ENVELOPE("uint32[]", "[1,\"2\"]"), "data.message.choice[1]: must be an integer");
    refuse_at(VOTE_ENVELOPE("uint32", "-1"), "data.message.choice: ");
    refuse_at(VOTE_ENVELOPE("uint32", "1.0"), "data.message.choice: ");
    refuse_at(VOTE_ENVELOPE("uint32", "4294967296"), "data.message.choice: ");
    refuse_at(VOTE_ENVELOPE("uint32[]", "1"), "data.message.choice: ");
}

static void a_proposal__says_all_of_its_members(void **state)
{
    (void)state;
    AUTO_ARENA arena = {0};
    AUTO_MESSAGE m = {0};
    assert_int_equal(parse_text(PROPOSAL_ENVELOPE, &arena, &m), OK);
    assert_int_equal(m.kind, MESSAGE_PROPOSAL);
    assert_true(hash_equal(m.proposal, m.digest));
    assert_true(m.text.type_known);
    assert_int_equal(m.text.type, VOTING_BASIC);
    assert_string_equal(m.text.title, "T");
    assert_string_equal(m.text.body, "B");
    assert_string_equal(m.text.discussion, "D");
    assert_string_equal(m.text.app, "a");
    assert_int_equal(m.text.n_choices, 2);
    assert_string_equal(m.text.choices[1], "Against");
    assert_int_equal(m.text.n_labels, 1);
    assert_int_equal(m.text.starts.unix_seconds, 1700000100);
    assert_int_equal(m.text.ends.unix_seconds, 1700000200);
    assert_int_equal(m.text.snapshot, 50);
    assert_false(m.text.policy_given);
}

static void update_cancellation_and_alias__say_all_of_their_members(void **state)
{
    (void)state;
    AUTO_ARENA arena = {0};
    AUTO_MESSAGE update = {0};
    AUTO_MESSAGE cancel = {0};
    AUTO_MESSAGE alias = {0};
    struct hash proposal;
    assert_int_equal(hash_parse(PROPOSAL, HASH_TEXT, &proposal), OK);
    assert_int_equal(parse_text(UPDATE_ENVELOPE, &arena, &update), OK);
    assert_int_equal(update.kind, MESSAGE_UPDATE);
    assert_true(hash_equal(update.proposal, proposal));
    assert_string_equal(update.text.title, "T2");
    assert_int_equal(parse_text(CANCEL_ENVELOPE, &arena, &cancel), OK);
    assert_int_equal(cancel.kind, MESSAGE_CANCEL);
    assert_true(hash_equal(cancel.proposal, proposal));
    assert_int_equal(parse_text(ALIAS_ENVELOPE, &arena, &alias), OK);
    assert_int_equal(alias.kind, MESSAGE_ALIAS);
    assert_int_equal(alias.alias.b[19], 0xb2);
    assert_string_equal(alias.space, "");
    assert_true(hash_equal(alias.proposal, hash_zero));
}

static void plugins__may_name_a_policy(void **state)
{
    (void)state;
    static const struct {
        const char *plugins;
        bool given, known;
        uint32_t policy;
    } rows[] = {
        {"\"\"", false, false, 0},
        {"\"{\\\"poap\\\":{}}\"", false, false, 0},
        {"\"{\\\"altledger\\\":{\\\"policy\\\":\\\"stake\\\"}}\"", true, true, POLICY_STAKED},
        {"\"{\\\"altledger\\\":{\\\"policy\\\":\\\"held+staked\\\"}}\"", true, true, POLICY_HELD | POLICY_STAKED},
        {"\"{\\\"altledger\\\":{\\\"policy\\\":\\\"mine\\\"}}\"", true, false, 0},
        {"\"{\\\"altledger\\\":{\\\"policy\\\":7}}\"", true, false, 0},
        {"\"{\\\"altledger\\\":{\\\"polciy\\\":\\\"stake\\\"}}\"", true, false, 0},
        {"\"{\\\"altledger\\\":\\\"stake\\\"}\"", true, false, 0},
        {"\"{\\\"altledger\\\":{\\\"policy\\\":\\\"stake\\\",\\\"more\\\":1}}\"", true, false, 0},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        AUTO_ARENA arena = {0};
        AUTO_MESSAGE m = {0};
        assert_int_equal(parse_text(changed(PROPOSAL_ENVELOPE, "data.message.plugins", rows[i].plugins, &arena), &arena,
                                    &m),
                         OK);
        assert_int_equal(m.text.policy_given, rows[i].given);
        assert_int_equal(m.text.policy_known, rows[i].known);
        assert_int_equal(m.text.policy, rows[i].policy);
    }
}

static void what_is_no_such_envelope__is_refused_by_its_member(void **state)
{
    (void)state;
    static const struct {
        const char *path, *value, *detail;
    } rows[] = {
        {"address", NULL, "address: missing"},
        {"address", "\"0x1\"", "address: is not an address"},
        {"address", "7", "address: is not an address"},
        {"sig", NULL, "sig: missing"},
        {"sig", "\"0xabc\"", "sig: must be 0x and hexadecimal digits"},
        {"sig", "\"abcd\"", "sig: must be 0x and hexadecimal digits"},
        {"sig", "null", "sig: must be 0x and hexadecimal digits"},
        {"hash", "1", "hash: no such member"},
        {"data", NULL, "data: missing"},
        {"data", "[]", "data: must be an object"},
        {"data.extra", "1", "data.extra: no such member"},
        {"data.message", NULL, "data.message: missing"},
        {"data.domain", "\"snapshot\"", "data.domain: must be an object"},
        {"data.domain.name", "\"Snapshot\"", "data.domain.name: must be \"snapshot\""},
        {"data.domain.name", NULL, "data.domain.name: missing"},
        {"data.domain.version", "\"0.1.3\"", "data.domain.version: must be \"0.1.4\""},
        {"data.domain.version", "0", "data.domain.version: must be \"0.1.4\""},
        {"data.domain.salt", "\"\"", "data.domain.salt: no such member"},
        {"data.domain.chainId", "0", "data.domain.chainId: must be a positive integer"},
        {"data.domain.chainId", "\"1\"", "data.domain.chainId: must be a positive integer"},
        {"data.types", "[]", "data.types: must be an object"},
        {"data.primaryType", "\"Proposal\"", "data.primaryType: must be \"Vote\""},
        {"data.message.from", "\"alice\"", "data.message.from: is not an address"},
        {"data.message.timestamp", "\"1700000100\"", "data.message.timestamp: must be an integer between 0 and 2^53"},
        {"data.message.proposal", "\"Qm\"", "data.message.proposal: must be 0x and 64 hexadecimal digits"},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        AUTO_ARENA arena = {0};
        refuse(changed(VOTE_ENVELOPE("uint32", "1"), rows[i].path, rows[i].value, &arena), rows[i].detail);
    }
    refuse("[]", "envelope: must be an object");
}

/* These the encoder refuses. */
static void a_message_that_is_not_of_its_types__is_refused(void **state)
{
    (void)state;
    static const struct {
        const char *path, *value;
    } rows[] = {
        {"data.message.timestamp", "-1"},
        {"data.message.timestamp", "1700000100.0"},
        {"data.message.timestamp", "true"},
        {"data.message.timestamp", NULL},
        {"data.message.space", "7"},
        {"data.message.reason", NULL},
        {"data.message.timestamp", "9007199254740993"},
        {"data.message.choice", "null"},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        AUTO_ARENA arena = {0};
        refuse_at(changed(VOTE_ENVELOPE("uint32", "1"), rows[i].path, rows[i].value, &arena), rows[i].path);
    }
    AUTO_ARENA arena = {0};
    refuse(changed(VOTE_ENVELOPE("uint32", "1"), "data.message.extra", "\"ignored?\"", &arena),
           "data.message: Vote has no member extra");
}

static void a_form_that_nobody_published__is_refused(void **state)
{
    (void)state;
    AUTO_ARENA arena = {0};
    refuse(VOTE_ENVELOPE("uint256", "1"),
           "data.types: there is no such form of message: Vote(string from,string space,uint64 timestamp,string "
           "proposal,uint256 choice,string reason,string app,string metadata)");
    refuse_at(ENVELOPE("{\"Ballot\":[" M("from", "address") "]}", "{\"from\":\"" FROM "\"}"),
              "data.types: there is no such form");
    /* A struct that the form does not use. */
    refuse_at(changed(VOTE_ENVELOPE("uint32", "1"), "data.types.Other", "[" M("x", "string") "]", &arena),
              "data.types");
    /* Two that refer to each other, so that neither could be the primary type. */
    const char *circle = changed(VOTE_ENVELOPE("uint32", "1"), "data.types.Other", "[" M("m", "More[]") "]", &arena);
    refuse_at(changed(circle, "data.types.More", "[" M("o", "Other[]") "]", &arena),
              "data.types: there is no such form");
    /* An alias without a time could be sent again after it was withdrawn. */
    refuse_at(ENVELOPE("{\"Alias\":[" M("from", "address") "," M("alias", "address") "]}",
                       "{\"from\":\"" FROM "\",\"alias\":\"" FROM "\"}"),
              "data.types: there is no such form");
}

static void primary_type_and_domain_type__may_be_there(void **state)
{
    (void)state;
    AUTO_ARENA arena = {0};
    AUTO_MESSAGE bare = {0};
    AUTO_MESSAGE full = {0};
    AUTO_MESSAGE chain = {0};
    const char *vote = VOTE_ENVELOPE("uint32", "1");
    const char *text = changed(vote, "data.primaryType", "\"Vote\"", &arena);
    text = changed(text, "data.types.EIP712Domain", "[" M("name", "string") "," M("version", "string") "]", &arena);
    assert_int_equal(parse_text(vote, &arena, &bare), OK);
    assert_int_equal(parse_text(text, &arena, &full), OK);
    assert_true(hash_equal(bare.digest, full.digest)); /* by the domain's known hash, and by the encoder */
    assert_int_equal(parse_text(changed(vote, "data.domain.chainId", "1", &arena), &arena, &chain), OK);
    assert_false(hash_equal(bare.digest, chain.digest));
}

static void text_that_is_not_strict_json__is_refused(void **state)
{
    (void)state;
    AUTO_ARENA arena = {0};
    struct message m;
    refuse_at("", "JSON: ");
    refuse_at("{", "JSON: ");
    refuse_at(ENVELOPE("{}", "{\"reason\":\"\xff\"}"), "JSON: ");
    refuse_at(ENVELOPE("{}", "{\"reason\":\"\\u0000\"}"), "JSON: ");
    refuse_at(ENVELOPE("{}", "{\"reason\":\"\\ud800\"}"), "JSON: ");
    refuse(ENVELOPE("{}", "{\"from\":1,\"from\":1}"), "data.message.from: given more than once");
    refuse_at(ENVELOPE("{}", "[[[[[[[[[[[]]]]]]]]]]]"), "JSON: nested deeper than 12");
    refuse_at(ENVELOPE("{}", "18446744073709551616"), "JSON: ");
    const char nul[] = "{\"address\":\"\0\"}";
    assert_int_equal(message_parse(nul, sizeof nul - 1, &arena, &m), ERR_FIELD);
    assert_string_equal(err_detail(), "JSON: a NUL byte at offset 12");
}

static void sizes__are_bounded(void **state)
{
    (void)state;
    AUTO_ARENA arena = {0};
    AUTO_MESSAGE m = {0};
    AUTO_MESSAGE padded = {0};
    const char *vote = VOTE_ENVELOPE("uint32", "1");
    size_t n = strlen(vote);
    char *text = arena_take(&arena, MESSAGE_BYTES_MAX + 2);
    memset(text, ' ', MESSAGE_BYTES_MAX + 1);
    memcpy(text, vote, n);
    assert_int_equal(message_parse(text, MESSAGE_BYTES_MAX, &arena, &padded), OK);
    assert_int_equal(message_parse(text, MESSAGE_BYTES_MAX + 1, &arena, &m), ERR_TOO_LARGE);
    char *sig = arena_take(&arena, 2 * SIGNATURE_BYTES_MAX + 16);
    memset(sig, '0', 2 * SIGNATURE_BYTES_MAX + 7);
    memcpy(sig, "\"0x", 3);
    sig[2 * SIGNATURE_BYTES_MAX + 3] = '"';
    sig[2 * SIGNATURE_BYTES_MAX + 4] = '\0';
    assert_int_equal(parse_text(changed(vote, "sig", sig, &arena), &arena, &m), OK);
    assert_int_equal(m.signature.n, SIGNATURE_BYTES_MAX);
    memcpy(sig + 2 * SIGNATURE_BYTES_MAX + 3, "00\"", 4);
    refuse(changed(vote, "sig", sig, &arena), "sig: is longer than 16384 bytes");
}

static void a_proposal_without_title_or_with_broken_plugins__is_refused(void **state)
{
    (void)state;
    AUTO_ARENA arena = {0};
    refuse(changed(PROPOSAL_ENVELOPE, "data.message.title", "\" \\n\"", &arena),
           "data.message.title: must not be empty");
    refuse(changed(UPDATE_ENVELOPE, "data.message.title", "\"\"", &arena), "data.message.title: must not be empty");
    refuse(changed(PROPOSAL_ENVELOPE, "data.message.plugins", "\"none\"", &arena),
           "data.message.plugins: must be empty or the JSON text of an object");
    refuse(changed(PROPOSAL_ENVELOPE, "data.message.plugins", "\"[]\"", &arena),
           "data.message.plugins: must be empty or the JSON text of an object");
    refuse_at(changed(PROPOSAL_ENVELOPE, "data.message.start", "9007199254740993", &arena), "data.message.start: ");
    refuse(changed(PROPOSAL_ENVELOPE, "data.message.snapshot", "\"50\"", &arena),
           "data.message.snapshot: must be an integer between 0 and 2^53");
    refuse_at(changed(PROPOSAL_ENVELOPE, "data.message.choices", "[\"For\",1]", &arena), "data.message.choices");
}

int main(void)
{
    json_setup();
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_ballot__says_all_of_its_members),
        cmocka_unit_test(a_choice__travels_as_number_array_or_json_text),
        cmocka_unit_test(a_proposal__says_all_of_its_members),
        cmocka_unit_test(update_cancellation_and_alias__say_all_of_their_members),
        cmocka_unit_test(plugins__may_name_a_policy),
        cmocka_unit_test(what_is_no_such_envelope__is_refused_by_its_member),
        cmocka_unit_test(a_message_that_is_not_of_its_types__is_refused),
        cmocka_unit_test(a_form_that_nobody_published__is_refused),
        cmocka_unit_test(primary_type_and_domain_type__may_be_there),
        cmocka_unit_test(text_that_is_not_strict_json__is_refused),
        cmocka_unit_test(sizes__are_bounded),
        cmocka_unit_test(a_proposal_without_title_or_with_broken_plugins__is_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
