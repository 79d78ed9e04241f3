/* tests/ledger/mirror/test_abi_decode.c - the decoder against hostile data. */
#include "tests/ledger/mirror/abi_fixture.h"

static enum err decode(const char *group, const char *signature, const uint8_t *data, size_t n)
{
    AUTO_ARENA arena = {0};
    const struct abi_event *e = abi_by_signature(group, signature);
    assert_non_null(e);
    struct log log = log_for(e, NULL, data, n);
    struct abi_value *values = NULL;
    enum err result = abi_decode(e, &log, &arena, &values);
    assert_true((result == OK) == (values != NULL));
    if (result == OK) {
        AUTO_JSON j = json_of(e, values);
        assert_non_null(j);
    }
    return result;
}

/* The last bytes of word i, big endian. */
static void set(uint8_t *data, size_t i, uint64_t v)
{
    for (size_t b = 0; b < 8; b++)
        data[32 * i + 31 - b] = (uint8_t)(v >> 8 * b);
}

static void abi_decode__reads_signed_and_nested_types(void **state)
{
    (void)state;
    AUTO_ARENA arena = {0};
    static const struct abi_type int24 = {.kind = ABI_INT, .bits = 24};
    static const struct abi_type members[] = {{.kind = ABI_STRING}, {.kind = ABI_ARRAY, .items = &int24}};
    static const char *const names[] = {"s", ""};
    static const struct abi_type pair = {.kind = ABI_TUPLE, .items = members, .names = names, .n = 2};
    static const struct abi_type two = {.kind = ABI_ARRAY, .items = &pair, .n = 2};
    static const struct abi_type bytes = {.kind = ABI_BYTES};
    static const struct abi_input inputs[] = {
        {.name = "a", .type = {.kind = ABI_INT, .bits = 8}},
        {.name = "b", .type = {.kind = ABI_INT, .bits = 256}},
        {.name = "", .type = {.kind = ABI_FIXED_BYTES, .bits = 256}},
        {.name = "d", .type = {.kind = ABI_ARRAY, .items = &two}},
        {.name = "e", .type = {.kind = ABI_ARRAY, .items = &bytes}},
    };
    const struct abi_event e = {.type = "Test.Nested", .n_topics = 1, .inputs = inputs, .n_inputs = 5};
    AUTO_JSON vector = read_json("tests/data/abi/nested.json"); /* ethers' AbiCoder, types as above */
    struct log log = log_of(vector, &arena);
    struct abi_value *values = NULL;
    if (abi_decode(&e, &log, &arena, &values) != OK)
        fail_msg("%s", err_detail());
    AUTO_JSON got = json_of(&e, values);
    assert_true(json_equal(got, json_object_get(vector, "json")));

    uint8_t *data = arena_copy(&arena, log.data.p, log.data.n);
    log.data.p = data;
    data[0] = 0; /* int8 -128 whose sign is not extended */
    assert_int_equal(abi_decode(&e, &log, &arena, &values), ERR_UNDECODABLE);
}

static void abi_decode__reads_static_arrays_in_place_and_indexed_texts_as_hashes(void **state)
{
    (void)state;
    AUTO_ARENA arena = {0};
    static const struct abi_type uint8 = {.kind = ABI_UINT, .bits = 8};
    static const struct abi_input inputs[] = {
        {.name = "two", .type = {.kind = ABI_ARRAY, .items = &uint8, .n = 2}},
        {.name = "text", .indexed = true, .type = {.kind = ABI_STRING}},
        {.name = "after", .type = {.kind = ABI_BOOL, .bits = 8}},
    };
    const struct abi_event e = {.type = "Test.Static", .n_topics = 2, .inputs = inputs, .n_inputs = 3};
    uint8_t topic[32], data[96] = {0};
    memset(topic, 0xab, sizeof topic);
    set(data, 0, 7);
    set(data, 1, 8);
    set(data, 2, 1);
    struct log log = log_for(&e, topic, data, sizeof data);
    struct abi_value *values = NULL;
    assert_int_equal(abi_decode(&e, &log, &arena, &values), OK);
    assert_int_equal(values[1].kind, ABI_FIXED_BYTES);
    assert_true(slice_equal(values[1].bytes, (struct slice){topic, sizeof topic}));
    AUTO_JSON j = json_of(&e, values);
    assert_string_equal(json_canonical(j, &arena),
                        "{\"after\":true,\"text\":\"0xabababababababababababababababababababababababab"
                        "abababababababab\",\"two\":[\"7\",\"8\"]}");
    log.data.n = 95;
    assert_int_equal(abi_decode(&e, &log, &arena, &values), ERR_UNDECODABLE);
}

static void abi_decode__refuses_the_wrong_number_of_topics(void **state)
{
    (void)state;
    AUTO_ARENA arena = {0};
    const struct abi_event *e = abi_by_signature("ERC20", "Transfer(address,address,uint256)");
    uint8_t data[32] = {0};
    struct log log = log_for(e, NULL, data, sizeof data);
    struct abi_value *values = NULL;
    assert_int_equal(abi_decode(e, &log, &arena, &values), OK);
    for (log.n_topics = 0; log.n_topics <= 4; log.n_topics++)
        if (log.n_topics != 3)
            assert_int_equal(abi_decode(e, &log, &arena, &values), ERR_UNDECODABLE);
}

static void abi_decode__refuses_short_data(void **state)
{
    (void)state;
    uint8_t data[64] = {0};
    for (size_t n = 0; n < 32; n++)
        assert_int_equal(decode("ERC20", "Transfer(address,address,uint256)", data, n), ERR_UNDECODABLE);
    assert_int_equal(decode("ERC20", "Transfer(address,address,uint256)", data, 32), OK);
    assert_int_equal(decode("ERC20", "Transfer(address,address,uint256)", data, 33), OK);
    assert_int_equal(decode("ERC20", "Transfer(address,address,uint256)", NULL, 0), ERR_UNDECODABLE);
    assert_string_equal(err_detail(), "ERC20.Transfer, argument 2 (value): the data is too short");
    assert_int_equal(decode("EIP5267", "EIP712DomainChanged()", NULL, 0), OK);
}

static void abi_decode__refuses_dirty_words(void **state)
{
    (void)state;
    AUTO_ARENA arena = {0};
    struct abi_value *values = NULL;
    const struct abi_event *transfer = abi_by_signature("ERC20", "Transfer(address,address,uint256)");
    uint8_t topics[64] = {0}, data[64] = {0};
    topics[11] = 1;
    struct log log = log_for(transfer, topics, data, 32);
    assert_int_equal(abi_decode(transfer, &log, &arena, &values), ERR_UNDECODABLE);

    data[11] = 1; /* an address */
    assert_int_equal(decode("ERC20Pausable", "Paused(address)", data, 32), ERR_UNDECODABLE);
    data[11] = 0;
    data[12] = 1;
    assert_int_equal(decode("ERC20Pausable", "Paused(address)", data, 32), OK);
    memset(data, 0, sizeof data);
    set(data, 0, 65536); /* uint16 */
    assert_int_equal(decode("AltLayerStakedMultiToken", "SetProtocolFeeBPS(uint16)", data, 32), ERR_UNDECODABLE);
    set(data, 0, 65535);
    assert_int_equal(decode("AltLayerStakedMultiToken", "SetProtocolFeeBPS(uint16)", data, 32), OK);
    set(data, 0, 2); /* bool */
    assert_int_equal(decode("BLSSignatureChecker", "StaleStakesForbiddenUpdate(bool)", data, 32), ERR_UNDECODABLE);
    set(data, 0, 1);
    assert_int_equal(decode("BLSSignatureChecker", "StaleStakesForbiddenUpdate(bool)", data, 32), OK);
    data[0] = 1;
    assert_int_equal(decode("BLSSignatureChecker", "StaleStakesForbiddenUpdate(bool)", data, 32), ERR_UNDECODABLE);
}

static void abi_decode__refuses_offsets_and_lengths_outside_the_data(void **state)
{
    (void)state;
    uint8_t data[96] = {0};
    set(data, 0, 32);
    set(data, 1, 32);
    memset(data + 64, 'x', 32);
    assert_int_equal(decode("AltLayerStakedMultiToken", "URIUpdated(string)", data, 96), OK);
    assert_int_equal(decode("AltLayerStakedMultiToken", "URIUpdated(string)", data, 95), ERR_UNDECODABLE);
    for (size_t word = 0; word < 2; word++) {
        uint8_t wild[96];
        for (unsigned shift = 7; shift < 64; shift++) {
            memcpy(wild, data, sizeof wild);
            set(wild, word, (uint64_t)1 << shift);
            assert_int_equal(decode("AltLayerStakedMultiToken", "URIUpdated(string)", wild, 96), ERR_UNDECODABLE);
            set(wild, word, (uint64_t)0 - ((uint64_t)1 << shift));
            assert_int_equal(decode("AltLayerStakedMultiToken", "URIUpdated(string)", wild, 96), ERR_UNDECODABLE);
        }
        memcpy(wild, data, sizeof wild);
        memset(wild + 32 * word, 0xff, 32);
        assert_int_equal(decode("AltLayerStakedMultiToken", "URIUpdated(string)", wild, 96), ERR_UNDECODABLE);
        memcpy(wild, data, sizeof wild);
        wild[32 * word] = 0x80;
        assert_int_equal(decode("AltLayerStakedMultiToken", "URIUpdated(string)", wild, 96), ERR_UNDECODABLE);
    }
}

static const char *const batch = "TransferBatch(address,address,address,uint256[],uint256[])";

static void abi_decode__refuses_arrays_longer_than_the_data(void **state)
{
    (void)state;
    uint8_t data[32 * 5] = {0};
    set(data, 0, 64);
    set(data, 1, 64); /* both arrays are the same one: legal */
    set(data, 2, 2);
    assert_int_equal(decode("ERC1155", batch, data, sizeof data), OK);
    set(data, 2, 3);
    assert_int_equal(decode("ERC1155", batch, data, sizeof data), ERR_UNDECODABLE);
    memset(data + 64, 0xff, 32);
    assert_int_equal(decode("ERC1155", batch, data, sizeof data), ERR_UNDECODABLE);

    /* A length that lies is refused before anything is taken for it. */
    AUTO_ARENA arena = {0};
    const struct abi_event *e = abi_by_signature("ERC1155", batch);
    struct abi_value *values = NULL;
    memset(data + 64, 0, 32);
    set(data, 2, sizeof data);
    struct log log = log_for(e, NULL, data, sizeof data);
    assert_int_equal(abi_decode(e, &log, &arena, &values), ERR_UNDECODABLE);
    assert_true(arena_bytes(&arena) < 2 * e->n_inputs * sizeof(struct abi_value));
}

static const char *const created =
    "ProposalCreated(uint256,address,address[],uint256[],string[],bytes[],uint256,uint256"
    ",string)";

/* string[] of n members that all point at one text of `length` bytes. */
static enum err decode_overlapping(size_t n, size_t length)
{
    AUTO_BUFFER b = {0};
    size_t words = 9 + 1 + n + 1 + (length + 31) / 32 + 1;
    buffer_reserve(&b, 32 * words);
    memset(b.p, 0, 32 * words);
    size_t empty = words - 1;
    for (size_t i = 2; i <= 8; i++)
        if (i != 6 && i != 7)
            set(b.p, i, 32 * empty);
    set(b.p, 4, 32 * 9);
    set(b.p, 9, n);
    for (size_t i = 0; i < n; i++)
        set(b.p, 10 + i, 32 * n);
    set(b.p, 10 + n, length);
    memset(b.p + 32 * (11 + n), 'x', length);
    return decode("Governor", created, b.p, 32 * words);
}

static void abi_decode__bounds_what_overlapping_offsets_can_cost(void **state)
{
    (void)state;
    assert_int_equal(decode_overlapping(3, 1000), OK);
    assert_int_equal(decode_overlapping(1000, 1000), OK);
    assert_int_equal(decode_overlapping(1000, 100000), ERR_UNDECODABLE);
    assert_int_equal(decode_overlapping(ABI_ITEMS_MAX - 9, 0), OK);
    assert_int_equal(decode_overlapping(ABI_ITEMS_MAX - 8, 0), ERR_UNDECODABLE);
}

static void abi_decode__bounds_nested_arrays(void **state)
{
    (void)state;
    /* (address,uint96)[][]: 1,000 arrays that are all one array of 1,000 pairs would be a million pairs. */
    AUTO_ARENA arena = {0};
    static const struct abi_type pair_members[] = {{.kind = ABI_ADDRESS, .bits = 160}, {.kind = ABI_UINT, .bits = 96}};
    static const char *const names[] = {"", ""};
    static const struct abi_type pair = {.kind = ABI_TUPLE, .items = pair_members, .names = names, .n = 2};
    static const struct abi_type pairs = {.kind = ABI_ARRAY, .items = &pair};
    static const struct abi_input input = {.name = "x", .type = {.kind = ABI_ARRAY, .items = &pairs}};
    const struct abi_event nested = {.type = "Test.Nested", .n_topics = 1, .inputs = &input, .n_inputs = 1};
    enum { N = 1000, WORDS = 2 + N + 1 + 2 * N };
    uint8_t *data = arena_take(&arena, (size_t)32 * WORDS);
    set(data, 0, 32);
    set(data, 1, N);
    for (size_t i = 0; i < N; i++)
        set(data, 2 + i, (size_t)32 * N);
    set(data, 2 + N, N);
    struct log log = {.n_topics = 1, .data = {data, (size_t)32 * WORDS}};
    struct abi_value *values = NULL;
    size_t before = arena_bytes(&arena);
    assert_int_equal(abi_decode(&nested, &log, &arena, &values), ERR_UNDECODABLE);
    assert_true(arena_bytes(&arena) - before < (size_t)ABI_ITEMS_MAX * 2 * sizeof(struct abi_value));
    set(data, 1, 10);
    for (size_t i = 0; i < 10; i++)
        set(data, 2 + i, (size_t)32 * N);
    assert_int_equal(abi_decode(&nested, &log, &arena, &values), OK);
    assert_int_equal(values[0].n_items, 10);
    assert_int_equal(values[0].items[9].n_items, N);
}

static void abi_write_json__makes_any_bytes_a_text(void **state)
{
    (void)state;
    AUTO_ARENA arena = {0};
    const struct abi_event *e = abi_by_signature("AltLayerStakedMultiToken", "URIUpdated(string)");
    static const uint8_t hostile[] = {'a', 0,    0xff, 0xc0, 0x80, 0xed, 0xa0, 0x80,
                                      '"', '\\', 0x1b, 0xf4, 0x90, 0x80, 0x80, 'z'};
    uint8_t data[96] = {0};
    set(data, 0, 32);
    set(data, 1, sizeof hostile);
    memcpy(data + 64, hostile, sizeof hostile);
    struct log log = log_for(e, NULL, data, sizeof data);
    struct abi_value *values = NULL;
    assert_int_equal(abi_decode(e, &log, &arena, &values), OK);
    assert_true(slice_equal(values[0].bytes, (struct slice){hostile, sizeof hostile}));

    AUTO_BUFFER out = {0};
    struct json_writer w;
    jw_start(&w, &out);
    abi_write_json(&w, e, values);
    buffer_u8(&out, 0);
    assert_non_null(strstr((const char *)out.p, "\"arg0\":"));
    assert_non_null(strstr((const char *)out.p, "a\\u0000"));
    assert_non_null(strstr((const char *)out.p, "\xef\xbf\xbd"));
    assert_null(memchr(out.p, 0xff, out.n));
    assert_null(memchr(out.p, 0x1b, out.n));
    assert_int_equal(memchr(out.p, 0, out.n) == out.p + out.n - 1, true);
}

int main(void)
{
    json_setup();
    abi_setup();
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(abi_decode__reads_signed_and_nested_types),
        cmocka_unit_test(abi_decode__reads_static_arrays_in_place_and_indexed_texts_as_hashes),
        cmocka_unit_test(abi_decode__refuses_the_wrong_number_of_topics),
        cmocka_unit_test(abi_decode__refuses_short_data),
        cmocka_unit_test(abi_decode__refuses_dirty_words),
        cmocka_unit_test(abi_decode__refuses_offsets_and_lengths_outside_the_data),
        cmocka_unit_test(abi_decode__refuses_arrays_longer_than_the_data),
        cmocka_unit_test(abi_decode__bounds_what_overlapping_offsets_can_cost),
        cmocka_unit_test(abi_decode__bounds_nested_arrays),
        cmocka_unit_test(abi_write_json__makes_any_bytes_a_text),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
