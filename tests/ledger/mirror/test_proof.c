/* tests/ledger/mirror/test_proof.c - headers and receipts of a real node are proven, and any change of them is refused. */
#include <string.h>

#include "ledger/core/gzip.h"
#include "ledger/mirror/proof.h"
#include "tests/support/unit.h"

/* anvil.ndjson.gz: {hardfork, block, receipts} from anvil, Homestead to Prague, transaction types 0, 1, 2 and 4, one block
 * of 300 transactions. receipts.ndjson.gz: receipts of every kind, with roots by @ethereumjs/mpt. */
enum { ROWS_MAX = 64 };
struct rows_read {
    json_t *row[ROWS_MAX];
    size_t n;
};

static void rows_open(struct rows_read *rows, const char *path)
{
    AUTO_LINES lines = NULL;
    struct slice line;
    uint64_t line_no;
    rows->n = 0;
    assert_int_equal(line_open(path, &lines), OK);
    while (line_next(lines, &line, &line_no) == OK) {
        assert_true(rows->n < ROWS_MAX);
        assert_int_equal(json_parse((const char *)line.p, line.n, 16, &rows->row[rows->n++]), OK);
    }
    assert_true(rows->n > 10);
}

static void rows_close(struct rows_read *rows)
{
    for (size_t i = 0; i < rows->n; i++)
        json_release(&rows->row[i]);
}

static struct rows_read anvil, made;

static int setup(void **state)
{
    (void)state;
    rows_open(&anvil, "tests/data/proof/anvil.ndjson.gz");
    rows_open(&made, "tests/data/proof/receipts.ndjson.gz");
    return 0;
}

static int teardown(void **state)
{
    (void)state;
    rows_close(&anvil);
    rows_close(&made);
    return 0;
}

/* The row with the most receipts among those with fewer than `below`. */
static json_t *richest(size_t below)
{
    json_t *best = NULL;
    size_t most = 0;
    for (size_t i = 0; i < anvil.n; i++) {
        size_t n = json_array_size(json_object_get(anvil.row[i], "receipts"));
        if (n >= most && n < below)
            most = n, best = anvil.row[i];
    }
    assert_non_null(best);
    return best;
}

static enum err check(const json_t *block, const json_t *receipts)
{
    AUTO_ARENA arena = {0};
    struct header header;
    struct log *logs;
    size_t n;
    TRY(header_parse(block, &header));
    return receipts_check(receipts, &header, &arena, &logs, &n);
}

static void header_parse__proves_every_fork(void **state)
{
    AUTO_ARENA arena = {0};
    size_t n_logs = 0, most = 0;
    (void)state;
    for (size_t i = 0; i < anvil.n; i++) {
        const json_t *receipts = json_object_get(anvil.row[i], "receipts");
        struct header header;
        struct log *logs;
        size_t n;
        assert_int_equal(header_parse(json_object_get(anvil.row[i], "block"), &header), OK);
        assert_true(header.hash_proven && !header.unknown_members);
        assert_int_equal(receipts_check(receipts, &header, &arena, &logs, &n), OK);
        for (size_t k = 0; k < n; k++) {
            assert_int_equal(logs[k].index, k);
            assert_true(bloom_may_contain(header.logs_bloom, logs[k].address));
        }
        n_logs += n;
        most = json_array_size(receipts) > most ? json_array_size(receipts) : most;
    }
    assert_true(n_logs > 100 && most == 300);
}

static const char mainnet_genesis[] =
    "{\"number\":\"0x0\",\"hash\":\"0xd4e56740f876aef8c010b86a40d5f56745a118d0906a34e69aec8c0db1cb8fa3\","
    "\"parentHash\":\"0x0000000000000000000000000000000000000000000000000000000000000000\","
    "\"sha3Uncles\":\"0x1dcc4de8dec75d7aab85b567b6ccd41ad312451b948a7413f0a142fd40d49347\","
    "\"miner\":\"0x0000000000000000000000000000000000000000\",\"difficulty\":\"0x400000000\",\"gasLimit\":\"0x1388\","
    "\"stateRoot\":\"0xd7f8974fb5ac78d9ac099b9ad5018bedc2ce0a72dad1827a1709da30580f0544\","
    "\"transactionsRoot\":\"0x56e81f171bcc55a6ff8345e692c0f86e5b48e01b996cadc001622fb5e363b421\","
    "\"receiptsRoot\":\"0x56e81f171bcc55a6ff8345e692c0f86e5b48e01b996cadc001622fb5e363b421\","
    "\"gasUsed\":\"0x0\",\"timestamp\":\"0x0\",\"nonce\":\"0x0000000000000042\",\"size\":\"0x21c\","
    "\"mixHash\":\"0x0000000000000000000000000000000000000000000000000000000000000000\","
    "\"extraData\":\"0x11bbe8db4e347b4e8c937c1c8370e4b5ed33adb3db69cbdb7a38e1e50b1b82fa\",\"logsBloom\":\"0x%0512d\"}";

static void header_parse__proves_mainnet_genesis(void **state)
{
    AUTO_ARENA arena = {0};
    AUTO_JSON block = NULL;
    struct header header;
    (void)state;
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wformat-nonliteral"
    const char *text = arena_printf(&arena, mainnet_genesis, 0);
#pragma GCC diagnostic pop
    assert_int_equal(json_parse(text, strlen(text), 4, &block), OK);
    assert_int_equal(header_parse(block, &header), OK);
    assert_true(header.hash_proven);
}

/* The last digit of a string of hexadecimal becomes another; no bytes become one. */
static json_t *flipped(const json_t *string)
{
    AUTO_ARENA arena = {0};
    size_t n = json_string_length(string);
    if (n == 2)
        return json_string("0x00");
    char *text = arena_text(&arena, json_string_value(string), n);
    text[n - 1] = text[n - 1] == '0' ? '1' : '0';
    return json_stringn(text, n);
}

static const char *const optional_members[] = {"baseFeePerGas", "withdrawalsRoot",       "blobGasUsed",
                                               "excessBlobGas", "parentBeaconBlockRoot", "requestsHash"};
static const char *const body_members[] = {"size", "totalDifficulty", "transactions", "uncles", "withdrawals"};

static bool among(const char *name, const char *const *names, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        if (strcmp(name, names[i]) == 0)
            return true;
    }
    return false;
}
#define AMONG(name, names) among(name, names, sizeof(names) / sizeof(names)[0])

static void header_parse__refuses_any_change(void **state)
{
    json_t *block = json_object_get(richest(300), "block");
    const char *name;
    json_t *value;
    size_t changed = 0;
    (void)state;
    json_object_foreach(block, name, value)
    {
        struct header header = {.number = 77};
        if (AMONG(name, body_members))
            continue;
        AUTO_JSON with = json_deep_copy(block);
        AUTO_JSON without = json_deep_copy(block);
        json_object_set_new(with, name, flipped(value));
        json_object_del(without, name);
        assert_int_equal(header_parse(with, &header), ERR_SOURCE_LIES);
        assert_int_equal(header_parse(without, &header), AMONG(name, optional_members) ? ERR_SOURCE_LIES : ERR_FIELD);
        assert_true(AMONG(name, optional_members) || strstr(err_detail(), name));
        json_object_set_new(without, name, json_integer(1));
        assert_int_equal(header_parse(without, &header), ERR_FIELD);
        assert_int_equal(header.number, 77);
        changed++;
    }
    assert_int_equal(changed, 22); /* 21 members and the hash */
}

static void header_parse__says_unknown_members(void **state)
{
    AUTO_JSON block = json_deep_copy(json_object_get(richest(300), "block"));
    struct header header;
    (void)state;
    json_object_set_new(block, "extraRoot", json_string("0x01"));
    assert_int_equal(header_parse(block, &header), OK);
    assert_true(header.hash_proven && !header.unknown_members);
    json_object_set_new(block, "hash", flipped(json_object_get(block, "hash")));
    assert_int_equal(header_parse(block, &header), OK);
    assert_true(!header.hash_proven && header.unknown_members);
    json_object_set_new(block, "extraRoot", json_null());
    assert_int_equal(header_parse(block, &header), ERR_SOURCE_LIES);
}

static void header_parse__refuses_what_is_no_block(void **state)
{
    AUTO_JSON block = json_deep_copy(json_object_get(richest(300), "block"));
    AUTO_JSON array = json_array();
    struct header header;
    (void)state;
    assert_int_equal(header_parse(array, &header), ERR_FIELD);
    assert_int_equal(header_parse(NULL, &header), ERR_FIELD);
    json_object_set_new(block, "number", json_string("0x80000000"));
    assert_int_equal(header_parse(block, &header), ERR_FIELD);
    json_object_set_new(block, "number", json_string("0x01"));
    assert_int_equal(header_parse(block, &header), ERR_FIELD);
}

static void receipts_check__equals_independent_roots(void **state)
{
    AUTO_ARENA arena = {0};
    (void)state;
    for (size_t i = 0; i < made.n; i++) {
        const json_t *row = made.row[i], *receipts = json_object_get(row, "receipts");
        struct header header = {.number = 0x1234};
        struct log *logs;
        size_t n = 12345;
        assert_int_equal(hash_parse(json_string_value(json_object_get(row, "hash")), HASH_TEXT, &header.hash), OK);
        assert_int_equal(hash_parse(json_string_value(json_object_get(row, "receiptsRoot")), HASH_TEXT,
                                    &header.receipts_root),
                         OK);
        assert_int_equal(receipts_check(receipts, &header, &arena, &logs, &n), OK);
        header.receipts_root.b[31] ^= 1;
        n = 12345;
        assert_int_equal(receipts_check(receipts, &header, &arena, &logs, &n), ERR_SOURCE_LIES);
        assert_int_equal(n, 12345);
    }
}

/* Members that no root binds and that nothing here uses. */
static const char *const unbound[] =
    {"gasUsed",      "effectiveGasPrice", "from",           "to",   "contractAddress",
     "blobGasPrice", "blobGasUsed",       "blockTimestamp", "root", "authorizationList"};

static size_t refuse_changes(const json_t *block, const json_t *receipts, size_t of, long log)
{
    size_t changed = 0;
    const char *name;
    json_t *value;
    json_t *original = json_array_get(receipts, of);
    if (log >= 0)
        original = json_array_get(json_object_get(original, "logs"), (size_t)log);
    json_object_foreach(original, name, value)
    {
        AUTO_JSON copy = json_deep_copy(receipts);
        json_t *object = json_array_get(copy, of);
        bool has_logs = json_array_size(json_object_get(object, "logs")) > 0;
        if (log >= 0)
            object = json_array_get(json_object_get(object, "logs"), (size_t)log);
        if (!json_is_string(value) || AMONG(name, unbound) || (strcmp(name, "transactionHash") == 0 && !has_logs))
            continue;
        json_object_set_new(object, name, flipped(value));
        enum err e = check(block, copy);
        if (e != ERR_SOURCE_LIES && e != ERR_FIELD)
            fail_msg("receipt %zu, log %ld: %s changed, and the answer is %s", of, log, name, err_slug(e));
        changed++;
    }
    return changed;
}

static void receipts_check__refuses_any_change(void **state)
{
    const json_t *row = richest(300), *block = json_object_get(row, "block"),
                 *receipts = json_object_get(row, "receipts");
    size_t changed = 0;
    (void)state;
    for (size_t i = 0; i < json_array_size(receipts); i++) {
        const json_t *logs = json_object_get(json_array_get(receipts, i), "logs");
        changed += refuse_changes(block, receipts, i, -1);
        for (size_t k = 0; k < json_array_size(logs); k++) {
            changed += refuse_changes(block, receipts, i, (long)k);
            for (size_t t = 0; t < json_array_size(json_object_get(json_array_get(logs, k), "topics")); t++) {
                AUTO_JSON copy = json_deep_copy(receipts);
                json_t *log = json_array_get(json_object_get(json_array_get(copy, i), "logs"), k);
                json_t *topics = json_object_get(log, "topics");
                json_array_set_new(topics, t, flipped(json_array_get(topics, t)));
                assert_int_equal(check(block, copy), ERR_SOURCE_LIES);
            }
        }
    }
    assert_true(changed > 100);
}

static void receipts_check__refuses_missing_extra_and_swapped(void **state)
{
    const json_t *row = richest(300), *block = json_object_get(row, "block"),
                 *receipts = json_object_get(row, "receipts");
    AUTO_JSON missing = json_deep_copy(receipts);
    AUTO_JSON extra = json_deep_copy(receipts);
    AUTO_JSON swapped = json_deep_copy(receipts);
    AUTO_JSON no_log = json_deep_copy(receipts);
    AUTO_JSON removed = json_deep_copy(receipts);
    AUTO_JSON none = json_array();
    (void)state;
    json_array_remove(missing, json_array_size(missing) - 1);
    assert_int_equal(check(block, missing), ERR_SOURCE_LIES);
    json_array_append(extra, json_array_get(receipts, 0));
    assert_int_equal(check(block, extra), ERR_SOURCE_LIES);
    json_array_set(swapped, 0, json_array_get(receipts, 3));
    json_array_set(swapped, 3, json_array_get(receipts, 0));
    assert_int_equal(check(block, swapped), ERR_SOURCE_LIES);
    assert_int_equal(check(block, none), ERR_SOURCE_LIES);
    assert_int_equal(check(block, json_object_get(block, "size")), ERR_FIELD);
    json_t *logs = json_object_get(json_array_get(no_log, 0), "logs");
    assert_true(json_array_size(logs) > 1);
    json_array_remove(logs, json_array_size(logs) - 1);
    assert_int_equal(check(block, no_log), ERR_SOURCE_LIES);
    json_object_set_new(json_array_get(json_object_get(json_array_get(removed, 0), "logs"), 0), "removed", json_true());
    assert_int_equal(check(block, removed), ERR_SOURCE_LIES);
}

/* Logs of two receipts trade places, consistently renumbered: only the root can tell. */
static void receipts_check__refuses_renumbered_logs(void **state)
{
    const json_t *row = richest(300), *block = json_object_get(row, "block");
    AUTO_JSON receipts = json_deep_copy(json_object_get(row, "receipts"));
    json_t *logs = json_object_get(json_array_get(receipts, 0), "logs");
    (void)state;
    json_t *a = json_array_get(logs, 0), *b = json_array_get(logs, 1);
    json_t *data = json_incref(json_object_get(a, "topics"));
    json_object_set(a, "topics", json_object_get(b, "topics"));
    json_object_set_new(b, "topics", data);
    assert_int_equal(check(block, receipts), ERR_SOURCE_LIES);
    assert_non_null(strstr(err_detail(), "receiptsRoot"));
}

static void bloom_may_contain__excludes(void **state)
{
    struct header header;
    struct address stranger = {{0xde, 0xad}};
    uint8_t none[256] = {0}, all[256];
    (void)state;
    memset(all, 0xff, sizeof all);
    assert_int_equal(header_parse(json_object_get(richest(300), "block"), &header), OK);
    assert_false(bloom_may_contain(header.logs_bloom, stranger));
    assert_false(bloom_may_contain(none, stranger));
    assert_true(bloom_may_contain(all, stranger));
    int deciding = 0; /* an address sets three bits, and misses if one of them is not set */
    for (int bit = 0; bit < 2048; bit++) {
        all[bit / 8] ^= (uint8_t)(1 << bit % 8);
        deciding += !bloom_may_contain(all, stranger);
        all[bit / 8] ^= (uint8_t)(1 << bit % 8);
    }
    assert_int_equal(deciding, 3);
}

static void log_parse__refuses(void **state)
{
    AUTO_ARENA arena = {0};
    AUTO_JSON log = json_deep_copy(
        json_array_get(json_object_get(json_array_get(json_object_get(richest(300), "receipts"), 0), "logs"), 0));
    struct log out = {.index = 99};
    uint64_t number;
    struct hash block;
    const char *name;
    json_t *value;
    (void)state;
    assert_int_equal(log_parse_loose(log, &arena, &out, &number, &block), OK);
    assert_int_equal(log_parse(log, number, block, &arena, &out), OK);
    out.index = 99;
    assert_int_equal(log_parse(log, number + 1, block, &arena, &out), ERR_SOURCE_LIES);
    assert_int_equal(log_parse(log, number, hash_zero, &arena, &out), ERR_SOURCE_LIES);
    json_object_foreach(log, name, value)
    {
        AUTO_JSON bad = json_deep_copy(log);
        if (strcmp(name, "blockTimestamp") == 0)
            continue;
        json_object_set_new(bad, name, json_integer(3));
        assert_int_equal(log_parse(bad, number, block, &arena, &out), ERR_FIELD);
        assert_non_null(strstr(err_detail(), name));
    }
    AUTO_JSON bad = json_deep_copy(log);
    json_t *topics = json_object_get(bad, "topics");
    while (json_array_size(topics) < 5)
        json_array_append(topics, json_array_get(topics, 0));
    assert_int_equal(log_parse(bad, number, block, &arena, &out), ERR_FIELD);
    json_array_clear(topics);
    json_object_set_new(bad, "data", json_string("0x0"));
    assert_int_equal(log_parse(bad, number, block, &arena, &out), ERR_FIELD);
    json_object_set_new(bad, "data", json_string(""));
    assert_int_equal(log_parse(bad, number, block, &arena, &out), ERR_FIELD);
    json_object_set_new(bad, "data", json_string("0x"));
    assert_int_equal(out.index, 99);
    assert_int_equal(log_parse(bad, number, block, &arena, &out), OK);
    assert_int_equal(out.n_topics, 0);
    assert_int_equal(out.data.n, 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(header_parse__proves_every_fork),
        cmocka_unit_test(header_parse__proves_mainnet_genesis),
        cmocka_unit_test(header_parse__refuses_any_change),
        cmocka_unit_test(header_parse__says_unknown_members),
        cmocka_unit_test(header_parse__refuses_what_is_no_block),
        cmocka_unit_test(receipts_check__equals_independent_roots),
        cmocka_unit_test(receipts_check__refuses_any_change),
        cmocka_unit_test(receipts_check__refuses_missing_extra_and_swapped),
        cmocka_unit_test(receipts_check__refuses_renumbered_logs),
        cmocka_unit_test(bloom_may_contain__excludes),
        cmocka_unit_test(log_parse__refuses),
    };
    return cmocka_run_group_tests(tests, setup, teardown);
}
