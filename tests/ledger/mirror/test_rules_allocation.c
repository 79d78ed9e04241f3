/* tests/ledger/mirror/test_rules_allocation.c - the record of a slash, gathered from the logs around it in a block. */
#include "ledger/mirror/rules.h"
#include "ledger/slash.h"
#include "tests/ledger/support/allocation.h"

enum { LOGS = 64, AVS = 3, OPERATOR = 1, FIRST = 0x20, SECOND = 0x40, THIRD = 0x60, MANAGER = 0xaa, RECIPIENT = 9 };

static struct network network;

/* ---- a block, written log by log ---- */

struct script {
    struct block block;
    struct log logs[LOGS];
    struct decoded_log decoded[LOGS];
    struct arena arena;
};

static struct script script;

static void begin(uint64_t number)
{
    arena_done(&script.arena);
    memset(&script, 0, sizeof script);
    script.block = (struct block){.number = number, .hash = hash_of_block(number), .logs = script.logs};
}

static void add(uint8_t tx, const char *group, const char *signature, size_t count, const struct abi_value *values)
{
    size_t i = script.block.n_logs++;
    assert_true(i < LOGS);
    script.logs[i] = (struct log){.address = address_numbered(MANAGER), .index = (uint32_t)i, .tx_hash = {{tx}}};
    script.decoded[i].contract = network.contracts;
    script.decoded[i].event = abi_by_signature(group, signature);
    assert_non_null(script.decoded[i].event);
    assert_int_equal(script.decoded[i].event->n_inputs, count);
    script.decoded[i].values = arena_copy(&script.arena, values, count * sizeof *values);
}
#define ADD(tx, group, signature, ...)                                                              \
    add(tx, group, signature, sizeof((struct abi_value[]){__VA_ARGS__}) / sizeof(struct abi_value), \
        (struct abi_value[]){__VA_ARGS__})

static struct abi_value num(uint64_t v)
{
    return (struct abi_value){.kind = ABI_UINT, .number = amount_from_u64(v)};
}

static struct abi_value who(uint8_t v)
{
    return (struct abi_value){.kind = ABI_ADDRESS, .address = v > 0 ? address_numbered(v) : address_zero};
}

static struct abi_value items(enum abi_kind kind, size_t count, const struct abi_value *values)
{
    struct abi_value v = {.kind = kind, .n_items = count};
    if (count > 0)
        v.items = arena_copy(&script.arena, values, count * sizeof *values);
    return v;
}

static struct abi_value set(uint64_t id)
{
    return items(ABI_TUPLE, 2, (struct abi_value[]){who(AVS), num(id)});
}

static void max_magnitude(uint8_t tx, uint8_t s, uint64_t magnitude)
{
    ADD(tx, "AllocationManager", "MaxMagnitudeUpdated(address,address,uint64)", who(OPERATOR), who(s), num(magnitude));
}

static void decreased(uint8_t tx, uint8_t staker, uint8_t s, uint64_t shares)
{
    ADD(tx, "DelegationManager", "OperatorSharesDecreased(address,address,address,uint256)", who(OPERATOR), who(staker),
        who(s), num(shares));
}

/* The logs of one strategy, in the contracts' order. */
static void cut(uint8_t tx, uint64_t id, uint64_t slash_id, uint8_t s, uint64_t magnitude, uint64_t live,
                uint64_t total)
{
    ADD(tx, "AllocationManager", "AllocationUpdated(address,(address,uint32),address,uint64,uint32)", who(OPERATOR),
        set(id), who(s), num(magnitude), num(script.block.number));
    max_magnitude(tx, s, magnitude);
    decreased(tx, 0, s, live);
    ADD(tx, "DelegationManager", "OperatorSharesSlashed(address,address,uint256)", who(OPERATOR), who(s), num(total));
    if (slash_id > 0)
        ADD(tx, "StrategyManager", "BurnOrRedistributableSharesIncreased((address,uint32),uint256,address,uint256)",
            set(id), num(slash_id), who(s), num(total));
}

static void slashed(uint8_t tx, uint64_t id, size_t count, const uint8_t *strategies, size_t n_wads,
                    const uint64_t *wads, struct slice description)
{
    struct abi_value s[8], w[8];
    for (size_t i = 0; i < count; i++)
        s[i] = who(strategies[i]);
    for (size_t i = 0; i < n_wads; i++)
        w[i] = num(wads[i]);
    ADD(tx, "AllocationManager", "OperatorSlashed(address,(address,uint32),address[],uint256[],string)", who(OPERATOR),
        set(id), items(ABI_ARRAY, count, s), items(ABI_ARRAY, n_wads, w),
        (struct abi_value){.kind = ABI_STRING, .bytes = description});
}

static void slashed_one(uint8_t tx, uint64_t id, uint8_t s, uint64_t wad)
{
    slashed(tx, id, 1, &s, 1, &wad, (struct slice){NULL, 0});
}

/* The block as a batch of its own; past: what earlier ones wrote. Only this table's rules run. */
static void run(struct books *b, struct past *past)
{
    for (;;) {
        books_batch_begin(b);
        books_block_begin(b, script.block.number, script.block.hash);
        for (size_t i = 0; i < script.block.n_logs; i++) {
            struct place at = {b, &network,          &script.block,         script.decoded,
                               i, network.contracts, script.logs[i].address};
            books_log_begin(b, script.logs[i].index);
            for (const struct rule_row *row = rules_allocation; row->group != NULL; row++)
                if (abi_by_signature(row->group, row->signature) == script.decoded[i].event)
                    row->apply(&at, script.decoded[i].values);
        }
        books_block_end(b);
        if (books_settle(b) == OK)
            break;
        books_answer_past(b, past);
        books_all_absent(b);
    }
    past_take(past, b);
    books_batch_done(b);
}

/* ---- what was written ---- */

static struct slash_row slash_key(int64_t id)
{
    return (struct slash_row){.operator= address_numbered(OPERATOR), .avs = address_numbered(AVS), .operator_set = id};
}

static const struct slash_row *slash_of(struct books *b, int64_t id)
{
    struct slash_row key = slash_key(id);
    return last(b, TIMELINE_SLASH, &key);
}

static struct slash_strategy_row strategy_key(uint8_t s)
{
    return (struct slash_strategy_row){.operator= address_numbered(OPERATOR), .strategy = address_numbered(s)};
}

static void assert_cut(struct books *b, uint8_t s, int64_t item, uint64_t wad, uint64_t before, uint64_t after,
                       uint64_t live, uint64_t total)
{
    struct slash_strategy_row key = strategy_key(s);
    const struct slash_strategy_row *row = last(b, TIMELINE_SLASH_STRATEGY, &key);
    assert_non_null(row);
    assert_int_equal(row->item, item);
    assert_int_equal(amount_compare(row->wad_slashed, amount_from_u64(wad)), 0);
    assert_int_equal(amount_compare(row->magnitude_before, amount_from_u64(before)), 0);
    assert_int_equal(amount_compare(row->magnitude_after, amount_from_u64(after)), 0);
    assert_int_equal(amount_compare(row->live_shares, amount_from_u64(live)), 0);
    assert_int_equal(amount_compare(row->total_shares, amount_from_u64(total)), 0);
}

static struct books watched(void)
{
    struct books b;
    books_init(&b);
    for (int64_t id = 0; id < 2; id++) {
        struct slash_row key = slash_key(id);
        watch(&b, TIMELINE_SLASH, &key);
    }
    for (uint8_t s = FIRST; s <= THIRD; s = (uint8_t)(s + 0x20)) {
        struct slash_strategy_row key = strategy_key(s);
        watch(&b, TIMELINE_SLASH_STRATEGY, &key);
    }
    return b;
}

/* ---- facts ---- */

static void a_slash__is_recorded_as_its_logs_say(void **state)
{
    (void)state;
    static const uint8_t hostile[] = {0xff, 0, '\'', 0x80, 0};
    struct books b = watched();
    struct past past = {.rows = {{0}}};
    begin(5);
    ADD(1, "AllocationManager", "OperatorSetCreated((address,uint32))", set(0));
    ADD(1, "AllocationManager", "RedistributionAddressSet((address,uint32),address)", set(0), who(RECIPIENT));
    ADD(2, "StrategyManager", "BurnOrRedistributableSharesIncreased((address,uint32),uint256,address,uint256)", set(1),
        num(8), who(FIRST), num(1)); /* not of this slash */
    cut(2, 0, 4, FIRST, 900, 50, 80);
    cut(2, 0, 4, THIRD, 700, 3, 3);
    decreased(2, 7, FIRST, 999); /* a staker leaves */
    slashed(2, 0, 3, (uint8_t[]){FIRST, SECOND, THIRD}, 3, (uint64_t[]){100, 0, 300},
            (struct slice){hostile, sizeof hostile});
    run(&b, &past);

    const struct slash_row *slash = slash_of(&b, 0);
    assert_non_null(slash);
    assert_int_equal(slash->items, 3);
    assert_int_equal(amount_compare(slash->slash_id, amount_from_u64(4)), 0);
    assert_true(address_equal(slash->recipient, address_numbered(RECIPIENT)));
    assert_true(slice_equal(slash->description, (struct slice){hostile, sizeof hostile}));
    assert_cut(&b, FIRST, 0, 100, (uint64_t)WAD, 900, 50, 80);
    assert_cut(&b, SECOND, 1, 0, (uint64_t)WAD, (uint64_t)WAD, 0, 0);
    assert_cut(&b, THIRD, 2, 300, (uint64_t)WAD, 700, 3, 3);
    past_done(&past);
    books_done(&b);
}

static void a_slash_that_passed_all_over__changes_nothing(void **state)
{
    (void)state;
    struct books b = watched();
    struct past past = {.rows = {{0}}};
    begin(5);
    cut(1, 1, 8, FIRST, 900, 50, 80);
    slashed_one(1, 1, FIRST, 100);
    slashed_one(1, 0, FIRST, 0); /* by another set */
    run(&b, &past);
    assert_true(amount_is_zero(slash_of(&b, 0)->slash_id));
    assert_true(address_is_zero(slash_of(&b, 0)->recipient));
    assert_cut(&b, FIRST, 0, 0, 900, 900, 0, 0);
    past_done(&past);
    books_done(&b);
}

static void two_slashes_in_one_transaction__are_kept_apart(void **state)
{
    (void)state;
    struct books b = watched();
    struct past past = {.rows = {{0}}};
    begin(5);
    cut(1, 0, 1, FIRST, 900, 100, 100);
    slashed_one(1, 0, FIRST, 100);
    run(&b, &past);
    assert_cut(&b, FIRST, 0, 100, (uint64_t)WAD, 900, 100, 100);
    begin(6);
    cut(1, 0, 2, FIRST, 800, 90, 91);
    slashed_one(1, 0, FIRST, 111);
    cut(1, 0, 3, FIRST, 600, 70, 75);
    slashed_one(1, 0, FIRST, 250);
    run(&b, &past);
    assert_cut(&b, FIRST, 0, 250, 800, 600, 70, 75);
    assert_int_equal(amount_compare(slash_of(&b, 0)->slash_id, amount_from_u64(3)), 0);
    past_done(&past);
    books_done(&b);
}

static void the_magnitude_before__may_be_of_an_earlier_batch_and_the_change_of_another_transaction_is_not_ours(
    void **state)
{
    (void)state;
    struct books b = watched();
    struct past past = {.rows = {{0}}};
    begin(5);
    max_magnitude(1, FIRST, 900);
    run(&b, &past);
    books_forget(&b, b.next_account, b.root); /* a restart */
    struct slash_strategy_row key = strategy_key(FIRST);
    watch(&b, TIMELINE_SLASH_STRATEGY, &key);
    begin(9);
    cut(1, 0, 1, FIRST, 450, 10, 10);
    slashed_one(1, 0, FIRST, 500);
    run(&b, &past);
    assert_cut(&b, FIRST, 0, 500, 900, 450, 10, 10);

    begin(10);
    max_magnitude(1, FIRST, 400); /* of whatever: not in the slash's transaction */
    decreased(1, 0, FIRST, 77);
    slashed_one(2, 0, FIRST, 1);
    run(&b, &past);
    assert_cut(&b, FIRST, 0, 1, 400, 400, 0, 0);
    past_done(&past);
    books_done(&b);
}

static void lists_that_differ_in_length__are_not_booked_and_mark_the_contract(void **state)
{
    (void)state;
    struct books b = watched();
    struct past past = {.rows = {{0}}};
    struct address manager = address_numbered(MANAGER);
    watch(&b, TIMELINE_INCONSISTENCY, &manager);
    begin(5);
    slashed(1, 0, 2, (uint8_t[]){FIRST, SECOND}, 1, (uint64_t[]){1}, (struct slice){NULL, 0});
    run(&b, &past);
    assert_null(slash_of(&b, 0));
    assert_non_null(last(&b, TIMELINE_INCONSISTENCY, &manager));
    past_done(&past);
    books_done(&b);
}

static void who_left__is_slashable_as_long_as_the_network_file_says(void **state)
{
    (void)state;
    struct books b = watched();
    struct past past = {.rows = {{0}}};
    struct operator_set_member_row key = {.operator= address_numbered(OPERATOR),
                                          .avs = address_numbered(AVS),
                                          .operator_set = 0};
    watch(&b, TIMELINE_OPERATOR_SET_MEMBER, &key);
    begin(5);
    ADD(1, "AllocationManager", "OperatorRemovedFromOperatorSet(address,(address,uint32))", who(OPERATOR), set(0));
    run(&b, &past);
    const struct operator_set_member_row *row = last(&b, TIMELINE_OPERATOR_SET_MEMBER, &key);
    assert_int_equal(row->slashable_until, 5 + 44);
    past_done(&past);
    books_done(&b);
}

static int setup(void **state)
{
    (void)state;
    static const char file[] =
        "{\"name\":\"t\",\"chain_id\":1,\"start_block\":0,\"contracts\":[{\"kind\":\"eigenlayer.allocation_manager\","
        "\"name\":\"m\",\"address\":\"0xaa000000000000000000000000000000000000aa\",\"from_block\":0}],"
        "\"parameters\":{\"deallocation_delay_blocks\":44}}";
    abi_setup();
    return network_parse(file, strlen(file), &network) == OK ? 0 : -1;
}

static int teardown(void **state)
{
    (void)state;
    arena_done(&script.arena);
    network_done(&network);
    return 0;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_slash__is_recorded_as_its_logs_say),
        cmocka_unit_test(a_slash_that_passed_all_over__changes_nothing),
        cmocka_unit_test(two_slashes_in_one_transaction__are_kept_apart),
        cmocka_unit_test(
            the_magnitude_before__may_be_of_an_earlier_batch_and_the_change_of_another_transaction_is_not_ours),
        cmocka_unit_test(lists_that_differ_in_length__are_not_booked_and_mark_the_contract),
        cmocka_unit_test(who_left__is_slashable_as_long_as_the_network_file_says),
    };
    return cmocka_run_group_tests(tests, setup, teardown);
}
