/* tests/ledger/mirror/test_abi.c - the event table against its sources, the decoder against vectors and real chains. */
#include "ledger/core/gzip.h"
#include "ledger/mirror/abi_table.h"
#include "tests/ledger/mirror/abi_fixture.h"

static void write_type(struct buffer *b, const struct abi_type *t)
{
    switch (t->kind) {
    case ABI_UINT:
        buffer_printf(b, "uint%u", t->bits);
        return;
    case ABI_INT:
        buffer_printf(b, "int%u", t->bits);
        return;
    case ABI_ADDRESS:
        buffer_text(b, "address");
        return;
    case ABI_BOOL:
        buffer_text(b, "bool");
        return;
    case ABI_FIXED_BYTES:
        buffer_printf(b, "bytes%u", t->bits / 8);
        return;
    case ABI_BYTES:
        buffer_text(b, "bytes");
        return;
    case ABI_STRING:
        buffer_text(b, "string");
        return;
    case ABI_ARRAY:
        write_type(b, t->items);
        if (t->n > 0)
            buffer_printf(b, "[%zu]", t->n);
        else
            buffer_text(b, "[]");
        return;
    case ABI_TUPLE:
        for (size_t i = 0; i < t->n; i++) {
            buffer_text(b, i == 0 ? "(" : ",");
            write_type(b, &t->items[i]);
        }
        buffer_text(b, ")");
        return;
    }
}

static void check_names(const struct abi_type *t, const json_t *components)
{
    while (t->kind == ABI_ARRAY)
        t = t->items;
    if (t->kind != ABI_TUPLE) {
        assert_null(components);
        return;
    }
    assert_int_equal(t->n, json_array_size(components));
    for (size_t i = 0; i < t->n; i++) {
        const json_t *c = json_array_get(components, i);
        assert_string_equal(t->names[i], text_of(c, "name"));
        check_names(&t->items[i], json_object_get(c, "components"));
    }
}

static void check_row(const struct abi_event *e, const json_t *row)
{
    struct hash topic0;
    const char *name = text_of(row, "name"), *topic = text_of(row, "topic0");
    assert_string_equal(e->name, name);
    assert_int_equal(hash_parse(topic, HASH_TEXT, &topic0), OK);
    assert_true(hash_equal(e->topic0, topic0));
    assert_int_equal(e->n_topics, json_integer_value(json_object_get(row, "topics")));
    assert_int_equal(strlen(e->type), strlen(e->group) + 1 + strlen(name));
    assert_string_equal(e->type + strlen(e->group) + 1, name);

    const json_t *inputs = json_object_get(row, "inputs");
    assert_int_equal(e->n_inputs, json_array_size(inputs));
    for (size_t i = 0; i < e->n_inputs; i++) {
        const json_t *input = json_array_get(inputs, i);
        AUTO_BUFFER type = {0};
        write_type(&type, &e->inputs[i].type);
        buffer_u8(&type, 0);
        assert_string_equal((const char *)type.p, text_of(input, "type"));
        assert_string_equal(e->inputs[i].name, text_of(input, "name"));
        assert_int_equal(e->inputs[i].indexed, json_is_true(json_object_get(input, "indexed")));
        check_names(&e->inputs[i].type, json_object_get(input, "components"));
    }
}

static void abi_setup__computes_what_the_contracts_artifacts_say(void **state)
{
    (void)state;
    AUTO_JSON rows = read_json("tests/data/abi/events.json");
    const json_t *row;
    size_t i, foreign = 0;
    json_array_foreach(rows, i, row)
    {
        const struct abi_event *e = abi_by_signature(text_of(row, "contract"), text_of(row, "signature"));
        if (e == NULL)
            fail_msg("%s.%s is missing", text_of(row, "contract"), text_of(row, "signature"));
        check_row(e, row);
    }
    for (size_t k = 0; k < abi_count(); k++) {
        assert_int_equal(abi_at(k)->id, k);
        foreign += !strcmp(abi_at(k)->group, "DelegateRegistry") || !strcmp(abi_at(k)->group, "Initializable");
    }
    assert_int_equal(abi_count(), json_array_size(rows) + foreign);
}

static void abi_setup__knows_the_delegate_registry(void **state)
{
    (void)state;
    struct hash topic0;
    const struct abi_event *e = abi_by_signature("DelegateRegistry", "SetDelegate(address,bytes32,address)");
    assert_non_null(e);
    /* As Snapshot's subgraph of the registry has it. */
    const char *known = "0xa9a7fd460f56bddb880a465a9c3e9730389c70bc53108148f16d55a87a6c468e";
    assert_int_equal(hash_parse(known, HASH_TEXT, &topic0), OK);
    assert_true(hash_equal(e->topic0, topic0));
    assert_int_equal(e->n_topics, 4);
}

static void abi_groups__are_all_used_and_lose_no_event_to_another(void **state)
{
    (void)state;
    for (size_t i = 0; i < abi_count(); i++) {
        const struct abi_event *e = abi_at(i);
        bool listed = false;
        for (size_t kind = 0; kind < KIND_COUNT; kind++)
            for (size_t g = 0; g < ABI_GROUPS_MAX && abi_groups[kind][g] != NULL; g++) {
                if (strcmp(abi_groups[kind][g], e->group) != 0)
                    continue;
                listed = true;
                struct log log = log_for(e, NULL, NULL, 0);
                const struct abi_event *found = abi_find((enum contract_kind)kind, &log);
                assert_non_null(found);
                /* The same event under two groups: equal but for the group. */
                assert_string_equal(found->signature, e->signature);
            }
        assert_true(listed);
    }
}

static void abi_find__depends_on_the_emitter_and_on_the_number_of_topics(void **state)
{
    (void)state;
    const struct abi_event *transfer = abi_by_signature("ERC20", "Transfer(address,address,uint256)");
    struct log log = log_for(transfer, NULL, NULL, 0);
    assert_ptr_equal(abi_find(KIND_ERC20, &log), transfer);
    assert_ptr_equal(abi_find(KIND_ERC4626, &log), transfer);
    assert_null(abi_find(KIND_GOVERNOR, &log));
    assert_null(abi_find(KIND_FEE_COLLECTOR, &log));
    log.n_topics = 4; /* ERC-721's Transfer has the same topic0 */
    assert_null(abi_find(KIND_ERC20, &log));
    log.n_topics = 0;
    assert_null(abi_find(KIND_ERC20, &log));
    log = log_for(abi_by_signature("MachServiceManager", "AlertRemoved(bytes32,address)"), NULL, NULL, 0);
    assert_string_equal(abi_find(KIND_MACH_SERVICE_MANAGER, &log)->type, "MachServiceManager.AlertRemoved");
    assert_string_equal(abi_find(KIND_ALT_STAKING, &log)->type, "AltLayerStakedMultiToken.AlertRemoved");
}

static bool emits(size_t kind, const char *group)
{
    for (size_t g = 0; g < ABI_GROUPS_MAX && abi_groups[kind][g] != NULL; g++)
        if (!strcmp(abi_groups[kind][g], group))
            return true;
    return false;
}

static void abi_find__finds_nothing_but_what_the_kind_emits(void **state)
{
    (void)state;
    for (size_t i = 0; i < abi_count(); i++)
        for (size_t kind = 0; kind < KIND_COUNT; kind++) {
            struct log log = log_for(abi_at(i), NULL, NULL, 0);
            for (log.n_topics = 0; log.n_topics <= 4; log.n_topics++) {
                const struct abi_event *found = abi_find((enum contract_kind)kind, &log);
                if (found == NULL)
                    continue;
                assert_int_equal(found->n_topics, log.n_topics);
                assert_true(hash_equal(found->topic0, log.topics[0]));
                assert_true(emits(kind, found->group));
            }
        }
}

static void abi_by_type__gives_every_version(void **state)
{
    (void)state;
    const struct abi_event *found[8];
    assert_int_equal(abi_by_type("ERC20.Transfer", found, 8), 1);
    assert_string_equal(found[0]->signature, "Transfer(address,address,uint256)");
    assert_int_equal(abi_by_type("StrategyManager.Deposit", found, 8), 2);
    assert_int_equal(abi_by_type("StrategyManager.Deposit", found, 1), 1);
    assert_int_equal(abi_by_type("ERC20.transfer", found, 8), 0);
    assert_null(abi_by_signature("ERC20", "Transfer(address,address)"));
}

/* Solidity's decoder takes trailing data. Shorter data may or may not do (padding is not needed) but is never read past
 * its end: each length is a heap block of its own, so that the sanitizer sees. */
static void check_lengths(const struct abi_event *e, struct log log)
{
    struct slice whole = log.data;
    AUTO_ARENA arena = {0};
    for (size_t n = whole.n + 33;; n = n > 13 ? n - 13 : 0) {
        uint8_t *p = memory_resize(NULL, n + 1);
        struct abi_value *values = NULL;
        memset(p, 0, n);
        if (whole.n > 0)
            memcpy(p, whole.p, n < whole.n ? n : whole.n);
        p = memory_resize(p, n > 0 ? n : 1);
        log.data = (struct slice){p, n};
        enum err got = abi_decode(e, &log, &arena, &values);
        assert_true(n >= whole.n ? got == OK : n >= 32 || got == (whole.n == 0 ? OK : ERR_UNDECODABLE));
        memory_free(p);
        arena_reset(&arena);
        if (n == 0)
            return;
    }
}

static void abi_decode__agrees_with_the_vectors(void **state)
{
    (void)state;
    AUTO_JSON vectors = read_json("tests/data/abi/vectors.json");
    const json_t *v;
    size_t i;
    json_array_foreach(vectors, i, v)
    {
        AUTO_ARENA arena = {0};
        const struct abi_event *e = abi_by_signature(text_of(v, "group"), text_of(v, "signature"));
        assert_non_null(e);
        struct log log = log_of(v, &arena);
        struct abi_value *values = NULL;
        if (abi_decode(e, &log, &arena, &values) != OK)
            fail_msg("vector %zu: %s", i, err_detail());
        AUTO_JSON got = json_of(e, values);
        if (!json_equal(got, json_object_get(v, "json")))
            fail_msg("vector %zu, %s: %s", i, e->type, json_canonical(got, &arena));

        check_lengths(e, log);
    }
    assert_true(i > 200);
}

static void abi_subject__is_the_first_address_or_the_emitter(void **state)
{
    (void)state;
    AUTO_ARENA arena = {0};
    struct address emitter = {{9}}, subject;
    const struct abi_event *e = abi_by_signature("ERC20", "Transfer(address,address,uint256)");
    uint8_t topics[64] = {0}, data[32] = {0};
    topics[31] = 7;
    struct log log = log_for(e, topics, data, sizeof data);
    struct abi_value *values = NULL;
    assert_int_equal(abi_decode(e, &log, &arena, &values), OK);
    subject = abi_subject(e, values, emitter);
    assert_int_equal(subject.b[19], 7);
    assert_true(address_equal(abi_subject(e, NULL, emitter), emitter));
    e = abi_by_signature("AltLayerStakedMultiToken", "SetProtocolFeeBPS(uint16)");
    log = log_for(e, NULL, data, sizeof data);
    assert_int_equal(abi_decode(e, &log, &arena, &values), OK);
    assert_true(address_equal(abi_subject(e, values, emitter), emitter));
}

static size_t decode_block(const struct network *n, const json_t *block, struct arena *arena)
{
    const json_t *l;
    size_t i, decoded = 0;
    json_array_foreach(json_object_get(block, "logs"), i, l)
    {
        struct address a;
        assert_int_equal(address_parse(text_of(l, "address"), ADDRESS_TEXT, &a), OK);
        const struct contract *c = network_contract(n, a);
        if (c == NULL)
            continue;
        struct log log = log_of(l, arena);
        const struct abi_event *e = abi_find(c->kind, &log);
        if (e == NULL)
            fail_msg("%s: no event for a log of %s", contract_kind_name(c->kind), text_of(l, "transactionHash"));
        struct abi_value *values = NULL;
        if (abi_decode(e, &log, arena, &values) != OK)
            fail_msg("%s", err_detail());
        AUTO_JSON j = json_of(e, values);
        assert_int_equal(json_object_size(j), e->n_inputs);
        decoded++;
    }
    return decoded;
}

static void check_chain(const char *network_path, const char *chain_path, size_t expected)
{
    struct network n = {0};
    AUTO_ARENA arena = {0};
    AUTO_LINES lines = NULL;
    struct slice line;
    uint64_t line_no;
    size_t decoded = 0;
    enum err e;
    if (network_load(network_path, &n) != OK)
        fail_msg("%s", err_detail());
    assert_int_equal(line_open(chain_path, &lines), OK);
    while ((e = line_next(lines, &line, &line_no)) == OK) {
        AUTO_JSON block = NULL;
        assert_int_equal(json_parse((const char *)line.p, line.n, JSON_DEPTH_MAX, &block), OK);
        decoded += decode_block(&n, block, &arena);
        arena_reset(&arena);
    }
    assert_int_equal(e, ERR_END);
    assert_int_equal(decoded, expected);
    network_done(&n);
}

static void abi_decode__takes_every_log_of_the_golden_chains(void **state)
{
    (void)state;
    check_chain("tests/data/chains/seed7/network.json", "tests/data/chains/seed7/chain.ndjson.gz", 32889);
    check_chain("tests/data/chains/seed13/network.json", "tests/data/chains/seed13/chain.ndjson.gz", 3218);
}

int main(void)
{
    json_setup();
    abi_setup();
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(abi_setup__computes_what_the_contracts_artifacts_say),
        cmocka_unit_test(abi_setup__knows_the_delegate_registry),
        cmocka_unit_test(abi_groups__are_all_used_and_lose_no_event_to_another),
        cmocka_unit_test(abi_find__depends_on_the_emitter_and_on_the_number_of_topics),
        cmocka_unit_test(abi_find__finds_nothing_but_what_the_kind_emits),
        cmocka_unit_test(abi_by_type__gives_every_version),
        cmocka_unit_test(abi_decode__agrees_with_the_vectors),
        cmocka_unit_test(abi_subject__is_the_first_address_or_the_emitter),
        cmocka_unit_test(abi_decode__takes_every_log_of_the_golden_chains),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
