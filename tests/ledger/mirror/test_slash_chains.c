/* tests/ledger/mirror/test_slash_chains.c - every slash of the golden chains, computed in the state just before it. */
#include <stdio.h>

#include "ledger/mirror/network_parameters.h"
#include "ledger/mirror/rules.h"
#include "ledger/mirror/source.h"
#include "ledger/slash.h"
#include "ledger/stake.h"
#include "tests/ledger/support/books.h"
#include "tests/ledger/support/encumbered.h"
#include "tests/support/unit.h"

/* What an operator has in a strategy, straight from the logs. */
struct pair {
    struct address operator, strategy;
};
struct queueing {
    struct pair pair;
    uint64_t block;
    struct amount scaled;
};

/* A slash of one strategy under way: what it should come to. */
struct expected {
    bool open;
    struct allocation_row key;
    struct allocation_state allocation; /* just before */
    struct amount max_magnitude, encumbered;
    struct delta named; /* pending, as named by the slash's first log */
    struct slash_after after;
};

struct walk {
    struct books books;
    struct network network;
    struct map shares; /* pair -> amount */
    struct buffer queued;
    struct expected expected;
    size_t slashes, passed_over, pending, with_queue;
};

static const void *last_row(struct walk *w, enum timeline_id id, const void *key)
{
    return books_last(&w->books, id, key);
}

static struct amount *shares_of(struct walk *w, struct address operator, struct address strategy)
{
    return map_put(&w->shares, &(struct pair){operator, strategy}, NULL);
}

static void on_queued(struct walk *w, uint64_t block, const struct abi_value *withdrawal)
{
    /* Withdrawal {staker, delegatedTo, withdrawer, nonce, startBlock, strategies[], scaledShares[]} */
    const struct abi_value *v = withdrawal->items;
    for (size_t i = 0; i < v[5].n_items; i++) {
        struct queueing q = {{v[1].address, v[5].items[i].address}, block, v[6].items[i].number};
        buffer_bytes(&w->queued, &q, sizeof q);
    }
}

static struct amount queued_of(struct walk *w, struct pair pair, uint64_t block)
{
    uint64_t window = network_parameter(&w->network, w->network.contracts, "min_withdrawal_delay_blocks",
                                        MIN_WITHDRAWAL_DELAY_BLOCKS);
    struct amount sum = amount_zero;
    for (size_t at = 0; at < w->queued.n; at += sizeof(struct queueing)) {
        const struct queueing *q = (const struct queueing *)(w->queued.p + at);
        if (memcmp(&q->pair, &pair, sizeof pair) == 0 && q->block + window >= block)
            assert_int_equal(amount_add(sum, q->scaled, &sum), OK);
    }
    return sum;
}

/* getEncumberedMagnitude, from the last rows of all allocations. */
static struct amount encumbered_of(struct walk *w, struct pair pair, uint64_t block)
{
    const struct map *last = &w->books.timelines[TIMELINE_ALLOCATION].last;
    struct amount sum = amount_zero;
    for (size_t i = 0; i < last->n; i++) {
        const struct timeline_slot *slot = map_value_at(last, i);
        const struct allocation_row *row = (const void *)((const uint8_t *)slot + TIMELINE_ROW_OFFSET);
        if (!slot->present || !address_equal(row->operator, pair.operator) ||
            !address_equal(row->strategy, pair.strategy))
            continue;
        struct allocation_state s = allocation_at(row, block);
        assert_int_equal(amount_add(sum, allocation_encumbers(&s), &sum), OK);
    }
    return sum;
}

static bool is(const struct place *at, size_t j, const char *type)
{
    return j < at->block->n_logs && place_same_tx(at, j) && place_is(&at->decoded[j], type);
}

/* Before an AllocationUpdated is booked: is it the first log of a slash of this strategy? */
static void before_allocation(struct walk *w, const struct place *at, const struct abi_value *v)
{
    struct allocation_row key = {.operator= v[0].address, .avs = v[1].items[0].address, .strategy = v[2].address};
    uint64_t id, effect, now = at->block->number;
    assert_int_equal(amount_to_u64(v[1].items[1].number, &id), OK);
    assert_int_equal(amount_to_u64(v[4].number, &effect), OK);
    key.operator_set = (int64_t)id;
    struct allocation_state s = allocation_at(last_row(w, TIMELINE_ALLOCATION, &key), now);
    bool names_pending = effect > now && s.effect_block != 0;
    bool ends = effect <= now && is(at, at->i + 1, "AllocationManager.MaxMagnitudeUpdated");
    if (!names_pending && !ends)
        return;
    struct expected *e = &w->expected;
    if (!e->open) {
        struct max_magnitude_row m = {.operator= key.operator, .strategy = key.strategy };
        const struct max_magnitude_row *max = last_row(w, TIMELINE_MAX_MAGNITUDE, &m);
        *e = (struct expected){.open = true,
                               .key = key,
                               .allocation = s,
                               .max_magnitude = max != NULL ? max->magnitude : amount_wad,
                               .encumbered = encumbered_of(w, (struct pair){key.operator, key.strategy}, now)};
    }
    if (!ends || w->books.incomplete) /* a round that only says what it needs */
        return;
    /* The wad is in no log. The largest that takes this much of the current magnitude, and of what is pending, did it. */
    struct amount taken, wad = amount_wad, other;
    assert_int_equal(amount_subtract(e->allocation.current, v[3].number, &taken), OK);
    assert_int_equal(amount_mul_div_floor(taken, amount_wad, e->allocation.current, &wad), OK);
    if (e->allocation.pending.negative) {
        struct amount target, left;
        w->pending++;
        assert_int_equal(delta_apply(s.current, s.pending, &target), OK);
        assert_int_equal(amount_subtract(v[3].number, target, &left), OK);
        assert_int_equal(amount_subtract(e->allocation.pending.magnitude, left, &left), OK);
        assert_int_equal(amount_mul_div_floor(left, amount_wad, e->allocation.pending.magnitude, &other), OK);
        wad = amount_compare(other, wad) < 0 ? other : wad;
    } else if (e->allocation.effect_block != 0) {
        w->pending++;
    }
    struct slash_before before = {.allocation = e->allocation,
                                  .max_magnitude = e->max_magnitude,
                                  .encumbered = e->encumbered,
                                  .operator_shares = *shares_of(w, key.operator, key.strategy),
                                  .queued = queued_of(w, (struct pair){key.operator, key.strategy}, now)};
    assert_int_equal(slash_compute(&before, wad, &e->after), OK);
    w->with_queue += !amount_is_zero(e->after.queued_shares);
}

static void assert_same(struct amount got, struct amount expected)
{
    assert_int_equal(amount_compare(got, expected), 0);
}

/* After OperatorSlashed: its figures, the books and the record are what was computed. */
static void after_slash(struct walk *w, const struct place *at, const struct abi_value *v)
{
    struct expected *e = &w->expected;
    w->slashes++;
    assert_int_equal(v[2].n_items, 1); /* as these chains have it */
    struct slash_strategy_row key = {.operator= v[0].address, .strategy = v[2].items[0].address};
    const struct slash_strategy_row *row = last_row(w, TIMELINE_SLASH_STRATEGY, &key);
    if (w->books.incomplete)
        return;
    assert_int_equal(row->position >> 32, at->block->number);
    if (!e->open) {
        w->passed_over++;
        assert_true(amount_is_zero(v[3].items[0].number));
        assert_same(row->magnitude_before, row->magnitude_after);
        assert_true(amount_is_zero(row->total_shares));
        return;
    }
    const struct slash_after *a = &e->after;
    assert_same(a->wad_slashed, v[3].items[0].number);
    assert_same(a->wad_slashed, row->wad_slashed);
    assert_same(e->max_magnitude, row->magnitude_before);
    assert_same(a->max_magnitude, row->magnitude_after);
    assert_same(a->live_shares, row->live_shares);
    assert_same(a->total_shares, row->total_shares);
    assert_same(a->encumbered, encumbered_of(w, (struct pair){key.operator, key.strategy}, at->block->number));
    struct allocation_state s = allocation_at(last_row(w, TIMELINE_ALLOCATION, &e->key), at->block->number);
    assert_same(a->allocation.current, s.current);
    assert_same(a->allocation.pending.magnitude, s.pending.magnitude);
    assert_int_equal(a->allocation.pending.negative, s.pending.negative);
    assert_int_equal(a->allocation.effect_block, s.effect_block);
    e->open = false;
}

static rule *rule_of_event[1024];

static void apply_log(struct walk *w, const struct place *at)
{
    const struct decoded_log *d = &at->decoded[at->i];
    const struct abi_value *v = d->values;
    books_log_begin(&w->books, at->block->logs[at->i].index);
    if (v == NULL)
        return;
    if (place_is(d, "AllocationManager.AllocationUpdated"))
        before_allocation(w, at, v);
    if (rule_of_event[d->event->id] != NULL)
        rule_of_event[d->event->id](at, v);
    if (place_is(d, "AllocationManager.OperatorSlashed"))
        after_slash(w, at, v);
    if (place_is(d, "DelegationManager.SlashingWithdrawalQueued"))
        on_queued(w, at->block->number, &v[1]);
    bool up = place_is(d, "DelegationManager.OperatorSharesIncreased");
    if (up || place_is(d, "DelegationManager.OperatorSharesDecreased")) {
        struct amount *shares = shares_of(w, v[0].address, v[2].address);
        assert_int_equal((up ? amount_add : amount_subtract)(*shares, v[3].number, shares), OK);
    }
}

/* The chain as one batch: its first rounds only say what they need. */
static void walk_chain(struct walk *w, struct block *blocks, struct decoded_log *const *decoded, size_t n)
{
    for (;;) {
        map_clear(&w->shares);
        buffer_reset(&w->queued);
        w->slashes = w->passed_over = w->pending = w->with_queue = 0;
        w->expected.open = false;
        books_batch_begin(&w->books);
        for (size_t i = 0; i < n; i++) {
            books_block_begin(&w->books, blocks[i].number, blocks[i].hash);
            for (size_t j = 0; j < blocks[i].n_logs; j++) {
                const struct contract *c = decoded[i][j].contract;
                struct place at = {&w->books, &w->network, &blocks[i], decoded[i], j, c, c->address};
                apply_log(w, &at);
            }
            books_block_end(&w->books);
        }
        if (books_settle(&w->books) == OK)
            return;
        books_all_absent(&w->books);
    }
}

static void check(const char *folder, size_t slashes, size_t passed_over, size_t pending)
{
    AUTO_ARENA arena = {0};
    struct walk w = {.slashes = 0};
    const char *file = arena_printf(&arena, "%s/chain.ndjson.gz", folder);
    assert_int_equal(network_load(arena_printf(&arena, "%s/network.json", folder), &w.network), OK);
    struct source_options options = {.network = &w.network,
                                     .locations = &file,
                                     .n_locations = 1,
                                     .once = true,
                                     .finalized = UINT64_MAX,
                                     .max_blocks = SIZE_MAX,
                                     .max_logs = SIZE_MAX,
                                     .max_bytes = SIZE_MAX};
    struct source *source;
    struct step step;
    assert_int_equal(source_open(&options, &source), OK);
    assert_int_equal(source_next(source, &arena, &step), OK);
    struct decoded_log **decoded = ARENA_ARRAY(&arena, struct decoded_log *, step.n_blocks);
    for (size_t i = 0; i < step.n_blocks; i++)
        decoded[i] = decode_block(&w.network, &step.blocks[i], &arena);
    books_init(&w.books);
    map_init(&w.shares, sizeof(struct pair), sizeof(struct amount));
    walk_chain(&w, step.blocks, decoded, step.n_blocks);
    printf("           %s: %zu slashes, %zu passed over, %zu with a change pending, %zu of shares in the queue\n",
           folder, w.slashes, w.passed_over, w.pending, w.with_queue);
    assert_int_equal(w.slashes, slashes);
    assert_int_equal(w.passed_over, passed_over);
    assert_int_equal(w.pending, pending);
    books_done(&w.books);
    map_done(&w.shares);
    buffer_done(&w.queued);
    source_close(source);
    network_done(&w.network);
}

static void every_slash__comes_to_what_was_computed(void **state)
{
    (void)state;
    abi_setup();
    assert_true(abi_count() <= sizeof rule_of_event / sizeof *rule_of_event);
    for (const struct rule_row *row = rules_allocation; row->group != NULL; row++)
        rule_of_event[abi_by_signature(row->group, row->signature)->id] = row->apply;
    check("tests/data/chains/seed13", 45, 3, 26);
    check("tests/data/chains/seed7", 94, 21, 1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(every_slash__comes_to_what_was_computed)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
