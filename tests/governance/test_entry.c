/* tests/governance/test_entry.c - entries of the log to the byte and back, who signed a message, what a contract wallet is asked. */
#include "ledger/core/digest.h"
#include "tests/governance/support/messages.h"

static const struct instant received = {1700000101};

static struct slice slice_of(const struct buffer *b)
{
    return (struct slice){b->p, b->n};
}

static void assert_text(const struct buffer *b, const char *expected)
{
    AUTO_ARENA arena = {0};
    assert_string_equal(arena_text(&arena, (const char *)b->p, b->n), expected);
}

/* Written, read and written again: the same bytes, the same message. */
static void round_trip(const char *envelope, enum message_kind kind, const struct evidence *evidence)
{
    AUTO_ARENA arena = {0};
    AUTO_BUFFER first = {0};
    AUTO_BUFFER second = {0};
    AUTO_MESSAGE m = {0};
    struct entry e;
    assert_int_equal(parse_text(envelope, &arena, &m), OK);
    assert_int_equal(entry_write(&m, evidence, received, &first), OK);
    if (entry_parse(slice_of(&first), &arena, &e) != OK)
        fail_msg("%s", err_detail());
    assert_int_equal(e.kind, kind);
    assert_true(hash_equal(e.digest, m.digest));
    assert_true(hash_equal(e.message.digest, m.digest));
    assert_true(address_equal(e.message.author, m.author));
    assert_true(slice_equal(e.message.signature, m.signature));
    assert_int_equal(e.received.unix_seconds, received.unix_seconds);
    assert_int_equal(e.evidence.given, evidence->given);
    assert_int_equal(e.evidence.block_number, evidence->block_number);
    assert_true(hash_equal(e.evidence.block_hash, evidence->block_hash));
    assert_true(slice_equal(e.evidence.returned, evidence->returned));
    assert_int_equal(entry_write(&e.message, &e.evidence, e.received, &second), OK);
    assert_true(slice_equal(slice_of(&first), slice_of(&second)));
    entry_done(&e);
}

static void an_entry_of_a_message__is_read_back_to_the_byte(void **state)
{
    (void)state;
    static const uint8_t word[32] = {0x16, 0x26, 0xba, 0x7e};
    const struct evidence none = {0}, seen = {true, {.b = {[31] = 9}}, (uint64_t)1 << 53, {word, sizeof word}};
    round_trip(VOTE_ENVELOPE("uint32", "1"), MESSAGE_VOTE, &none);
    round_trip(VOTE_ENVELOPE("string", "\"{\\\"2\\\": 1}\""), MESSAGE_VOTE, &seen);
    round_trip(PROPOSAL_ENVELOPE, MESSAGE_PROPOSAL, &none);
    round_trip(UPDATE_ENVELOPE, MESSAGE_UPDATE, &none);
    round_trip(CANCEL_ENVELOPE, MESSAGE_CANCEL, &seen);
    round_trip(ALIAS_ENVELOPE, MESSAGE_ALIAS, &none);
}

static void members__stand_in_the_order_of_their_names(void **state)
{
    (void)state;
    AUTO_ARENA arena = {0};
    AUTO_BUFFER b = {0};
    AUTO_MESSAGE m = {0};
    static const uint8_t returned[] = {0xab};
    const struct evidence evidence = {true, hash_zero, 7, {returned, 1}};
    assert_int_equal(parse_text(" " ALIAS_ENVELOPE " ", &arena, &m), OK);
    assert_int_equal(entry_write(&m, &evidence, received, &b), OK);
    assert_text(
        &b,
        "{\"envelope\":{\"address\":\"" FROM "\",\"data\":{\"domain\":{\"name\":\"snapshot\",\"version\":\"0.1.4\"},"
        "\"message\":{\"alias\":\"0x00000000000000000000000000000000000000B2\",\"from\":\"" FROM
        "\",\"timestamp\":1700000000},\"types\":{\"Alias\":[{\"name\":\"from\",\"type\":\"address\"},"
        "{\"name\":\"alias\",\"type\":\"address\"},{\"name\":\"timestamp\",\"type\":\"uint64\"}]}},\"sig\":\"0xabcd\"},"
        "\"evidence\":{\"block_hash\":\"0x0000000000000000000000000000000000000000000000000000000000000000\","
        "\"block_number\":7,\"returned\":\"0xab\"},\"received\":\"2023-11-14T22:15:01Z\",\"version\":1}");
}

static void keys__are_read_back_to_the_byte(void **state)
{
    (void)state;
    AUTO_ARENA arena = {0};
    AUTO_BUFFER b = {0};
    AUTO_BUFFER again = {0};
    uint8_t key[32] = {1, 2, 3};
    struct address receipts = {.b = {[19] = 0xa1}};
    struct entry e;
    entry_write_key("alt.example/log \"\xc3\xbc", key, receipts, received, &b);
    assert_text(&b, "{\"key\":{\"log\":\"0x0102030000000000000000000000000000000000000000000000000000000000\","
                    "\"origin\":\"alt.example/log \\\"\xc3\xbc\",\"receipts\":\"" FROM
                    "\"},\"received\":\"2023-11-14T22:15:01Z\",\"version\":1}");
    assert_int_equal(entry_parse(slice_of(&b), &arena, &e), OK);
    assert_int_equal(e.kind, MESSAGE_KEY);
    assert_string_equal(e.origin, "alt.example/log \"\xc3\xbc");
    assert_memory_equal(e.log_key, key, sizeof key);
    assert_true(address_equal(e.receipts, receipts));
    assert_true(hash_equal(e.digest, keccak(slice_of(&b))));
    entry_write_key(e.origin, e.log_key, e.receipts, e.received, &again);
    assert_true(slice_equal(slice_of(&b), slice_of(&again)));
    entry_done(&e);
}

static void parameters_of_a_space__are_read_back_to_the_byte(void **state)
{
    (void)state;
    AUTO_ARENA arena = {0};
    AUTO_BUFFER b = {0};
    struct entry e;
    entry_write_space("{\"id\":\"alt.eth\",\"of_a_later_version\":1}", received, &b);
    assert_text(&b, "{\"received\":\"2023-11-14T22:15:01Z\",\"space\":{\"id\":\"alt.eth\",\"of_a_later_version\":1},"
                    "\"version\":1}");
    assert_int_equal(entry_parse(slice_of(&b), &arena, &e), OK);
    assert_int_equal(e.kind, MESSAGE_SPACE);
    assert_string_equal(e.space, "alt.eth");
    assert_string_equal(e.parameters, "{\"id\":\"alt.eth\",\"of_a_later_version\":1}");
    assert_true(hash_equal(e.digest, keccak(slice_of(&b))));
    entry_done(&e);
}

static void refuse(const char *text)
{
    AUTO_ARENA arena = {0};
    struct entry e = {.origin = "untouched"};
    err_clear();
    if (entry_parse((struct slice){(const uint8_t *)text, strlen(text)}, &arena, &e) != ERR_FIELD)
        fail_msg("taken: %s", text);
    assert_true(*err_detail() != '\0');
    assert_string_equal(e.origin, "untouched");
}

/* Each change of a good entry, whatever JSON thinks of it. */
static void what_is_not_canonical__is_refused(void **state)
{
    (void)state;
    AUTO_ARENA arena = {0};
    AUTO_BUFFER b = {0};
    AUTO_MESSAGE m = {0};
    const uint8_t returned[] = {0xab};
    const struct evidence evidence = {true, hash_zero, 7, {returned, 1}};
    assert_int_equal(parse_text(VOTE_ENVELOPE("uint32", "1"), &arena, &m), OK);
    assert_int_equal(entry_write(&m, &evidence, received, &b), OK);
    const char *good = arena_text(&arena, (const char *)b.p, b.n);
    static const struct {
        const char *from, *to;
    } changes[] = {
        {"{\"envelope\"", "{ \"envelope\""},
        {"\"version\":1}", "\"version\":1}\n"},
        {"\"version\":1}", "\"version\":2}"},
        {"\"version\":1}", "\"extra\":0,\"version\":1}"},
        {",\"version\":1}", "}"},
        {"22:15:01Z", "22:15:01z"},
        {"22:15:01Z", "22:15:01+00:00"},
        {"22:15:01Z", "22:15:01.5Z"},
        {"22:15:01Z", "later"},
        {"why not", "why\\u0020not"},
        {"0xab\"},\"received\"", "0xAB\"},\"received\""},
        {"\"block_number\":7", "\"block_number\":7.0"},
        {"\"block_number\":7", "\"block_number\":9007199254740993"},
        {"\"block_number\":7", "\"block_number\":-1"},
        {"\"block_number\":7", "\"x\":0,\"block_number\":7"},
        {"\"evidence\":", "\"evidence\":null,\"e\":"},
        {"\"address\":", "\"adress\":"},
        {"\"choice\":1", "\"choice\":1.0"},
    };
    for (size_t i = 0; i < sizeof changes / sizeof *changes; i++) {
        const char *at = strstr(good, changes[i].from);
        assert_non_null(at);
        refuse(arena_printf(&arena, "%.*s%s%s", (int)(at - good), good, changes[i].to, at + strlen(changes[i].from)));
    }
    refuse("[]");
    refuse("{}");
    refuse("{\"received\":\"2023-11-14T22:15:01Z\",\"version\":1}");
    refuse("{\"received\":\"2023-11-14T22:15:01Z\",\"space\":{\"id\":7},\"version\":1}");
    refuse("{\"received\":\"2023-11-14T22:15:01Z\",\"space\":{\"id\":\"a\",\"b\":1},\"version\":1}");
    refuse("{\"received\":\"2023-11-14T22:15:01Z\",\"space\":[],\"version\":1}");
    refuse("{\"key\":{},\"received\":\"2023-11-14T22:15:01Z\",\"version\":1}");
    refuse("{\"key\":{\"log\":\"0x01\",\"origin\":\"a\",\"receipts\":\"" FROM
           "\"},\"received\":\"2023-11-14T22:15:01Z\",\"version\":1}");
}

static void an_entry__is_not_longer_than_65535_bytes(void **state)
{
    (void)state;
    AUTO_ARENA arena = {0};
    AUTO_BUFFER b = {0};
    const struct evidence none = {0};
    const char *vote = VOTE_ENVELOPE("uint32", "1");
    for (int more = 0; more <= 1; more++) {
        AUTO_MESSAGE m = {0};
        AUTO_BUFFER reason = {0};
        struct entry e;
        AUTO_MESSAGE probe = {0};
        AUTO_BUFFER length = {0};
        assert_int_equal(parse_text(changed(vote, "data.message.reason", "\"\"", &arena), &arena, &probe), OK);
        assert_int_equal(entry_write(&probe, &none, received, &length), OK);
        buffer_u8(&reason, '"');
        for (size_t n = length.n; n < MESSAGE_BYTES_MAX + (size_t)more; n++)
            buffer_u8(&reason, 'x');
        buffer_u8(&reason, '"');
        const char *value = arena_text(&arena, (const char *)reason.p, reason.n);
        assert_int_equal(parse_text(changed(vote, "data.message.reason", value, &arena), &arena, &m), OK);
        buffer_reset(&b);
        buffer_text(&b, "before");
        assert_int_equal(entry_write(&m, &none, received, &b), more == 0 ? OK : ERR_TOO_LARGE);
        assert_int_equal(b.n, more == 0 ? 6 + MESSAGE_BYTES_MAX : 6);
        if (more == 0) {
            assert_int_equal(entry_parse((struct slice){b.p + 6, b.n - 6}, &arena, &e), OK);
            entry_done(&e);
        }
    }
}

/* ---- signatures ---- */

static const struct sig_key key = {.b = {[31] = 1}};

static enum err check(const struct message *m, const struct signature *s, size_t n, struct address *signer)
{
    struct message with = *m;
    with.signature = (struct slice){s->b, n};
    return message_check_signature(&with, signer);
}

/* The other s of the same signature: order - s. */
static void make_high(struct signature *s)
{
    static const uint8_t order[32] = {0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff,
                                      0xff, 0xff, 0xff, 0xff, 0xfe, 0xba, 0xae, 0xdc, 0xe6, 0xaf, 0x48,
                                      0xa0, 0x3b, 0xbf, 0xd2, 0x5e, 0x8c, 0xd0, 0x36, 0x41, 0x41};
    int borrow = 0;
    for (int i = 31; i >= 0; i--) {
        int d = order[i] - s->b[32 + i] - borrow;
        borrow = d < 0;
        s->b[32 + i] = (uint8_t)(d + (borrow ? 256 : 0));
    }
    s->b[64] = s->b[64] == 27 ? 28 : 27;
}

static void the_signer__is_address_or_somebody_else(void **state)
{
    (void)state;
    AUTO_ARENA arena = {0};
    AUTO_MESSAGE m = {0};
    struct signature s, high;
    struct address owner, signer = address_zero;
    assert_int_equal(parse_text(VOTE_ENVELOPE("uint32", "1"), &arena, &m), OK);
    assert_int_equal(signature_make(&key, m.digest, &s), OK);
    assert_int_equal(sig_key_address(&key, &owner), OK);
    assert_int_equal(check(&m, &s, sizeof s.b, &signer), ERR_RULE);
    assert_true(address_equal(signer, owner));
    m.address = owner;
    assert_int_equal(check(&m, &s, sizeof s.b, &signer), OK);
    high = s;
    make_high(&high);
    assert_int_equal(check(&m, &high, sizeof high.b, &signer), ERR_FIELD);
    assert_int_equal(strncmp(err_detail(), "sig: ", 5), 0);
    assert_int_equal(check(&m, &s, sizeof s.b - 1, &signer), ERR_FIELD);
    assert_int_equal(check(&m, &s, 0, &signer), ERR_FIELD);
    s.b[64] = 29;
    assert_int_equal(check(&m, &s, sizeof s.b, &signer), ERR_FIELD);
    assert_int_equal(strncmp(err_detail(), "sig: ", 5), 0);
    s.b[64] = 27;
    m.digest.b[0] ^= 1;
    assert_int_equal(check(&m, &s, sizeof s.b, &signer), ERR_RULE);
}

static void a_contract_wallet__is_asked_as_erc_1271_says(void **state)
{
    (void)state;
    AUTO_BUFFER b = {0};
    AUTO_BUFFER none = {0};
    char text[512];
    struct hash digest = {.b = {0xaa, [31] = 0xbb}};
    static const uint8_t signature[] = {1, 2, 3};
    erc1271_calldata(digest, (struct slice){signature, sizeof signature}, &b);
    assert_int_equal(b.n, 4 + 4 * 32);
    hex_encode(slice_of(&b), text);
    text[2 * b.n] = '\0';
    assert_string_equal(text, "1626ba7e"
                              "aa000000000000000000000000000000000000000000000000000000000000bb"
                              "0000000000000000000000000000000000000000000000000000000000000040"
                              "0000000000000000000000000000000000000000000000000000000000000003"
                              "0102030000000000000000000000000000000000000000000000000000000000");
    erc1271_calldata(digest, (struct slice){NULL, 0}, &none);
    assert_int_equal(none.n, 4 + 3 * 32);
}

static void only_the_magic_value__accepts(void **state)
{
    (void)state;
    uint8_t word[64] = {0x16, 0x26, 0xba, 0x7e};
    assert_true(erc1271_accepts((struct slice){word, 32}));
    assert_true(erc1271_accepts((struct slice){word, 64}));
    assert_false(erc1271_accepts((struct slice){word, 31}));
    assert_false(erc1271_accepts((struct slice){word, 4}));
    assert_false(erc1271_accepts((struct slice){NULL, 0}));
    word[31] = 1;
    assert_false(erc1271_accepts((struct slice){word, 32}));
    word[31] = 0;
    word[0] = 0x17;
    assert_false(erc1271_accepts((struct slice){word, 32}));
}

int main(void)
{
    json_setup();
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(an_entry_of_a_message__is_read_back_to_the_byte),
        cmocka_unit_test(members__stand_in_the_order_of_their_names),
        cmocka_unit_test(keys__are_read_back_to_the_byte),
        cmocka_unit_test(parameters_of_a_space__are_read_back_to_the_byte),
        cmocka_unit_test(what_is_not_canonical__is_refused),
        cmocka_unit_test(an_entry__is_not_longer_than_65535_bytes),
        cmocka_unit_test(the_signer__is_address_or_somebody_else),
        cmocka_unit_test(a_contract_wallet__is_asked_as_erc_1271_says),
        cmocka_unit_test(only_the_magic_value__accepts),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
