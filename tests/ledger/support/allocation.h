/* tests/ledger/support/allocation.h - one operator and one strategy in a few operator sets: what happens to them, applied in batches. */
#ifndef TESTS_LEDGER_SUPPORT_ALLOCATION_H
#define TESTS_LEDGER_SUPPORT_ALLOCATION_H

#include "ledger/allocation.h"
#include "tests/ledger/support/books.h"
#include "tests/ledger/support/encumbered.h"
#include "tests/support/unit.h"

enum { SETS = 3, D = 15 /* deallocation delay */ };
static const int64_t WAD = 1000000000000000000;

static inline struct address operator_(void)
{
    return address_numbered(1);
}

static inline struct address strategy(void)
{
    return address_numbered(2);
}

static inline struct operator_set set_numbered(int64_t id)
{
    return (struct operator_set){address_numbered(3), id};
}

static inline struct amount n(int64_t v)
{
    return amount_from_u64((uint64_t)v);
}

static inline struct delta signed_(int64_t v)
{
    return v < 0 ? delta_minus(n(-v)) : delta_plus(n(v));
}

static inline struct allocation_row key_of(int64_t set)
{
    return (struct allocation_row){.operator= operator_(),
                                   .avs = address_numbered(3),
                                   .operator_set = set,
                                   .strategy = strategy()};
}

/* ---- what happens, recorded so that it can be applied in any batches ---- */

enum what { UPDATED, MAX, ENCUMBERED, DELAY, SET, SET_STRATEGY, ADDED, REMOVED, SLASHER };
struct happening {
    enum what what;
    uint64_t block;
    int64_t set, value, effect_block;
    uint8_t who;
};

static inline void happen(struct books *b, const struct happening *h)
{
    switch (h->what) {
    case UPDATED:
        allocation_apply(b, operator_(), set_numbered(h->set), strategy(), n(h->value), h->effect_block);
        return;
    case MAX:
        allocation_apply_max_magnitude(b, operator_(), strategy(), n(h->value));
        return;
    case ENCUMBERED:
        allocation_apply_encumbered(b, operator_(), strategy(), n(h->value));
        return;
    case DELAY:
        allocation_apply_delay(b, operator_(), h->value, h->effect_block);
        return;
    case SET:
        allocation_apply_set(b, set_numbered(h->set), h->who > 0 ? address_numbered(h->who) : address_zero);
        return;
    case SET_STRATEGY:
        allocation_apply_set_strategy(b, set_numbered(h->set), strategy(), h->value != 0);
        return;
    case ADDED:
        allocation_apply_added(b, operator_(), set_numbered(h->set));
        return;
    case REMOVED:
        allocation_apply_removed(b, operator_(), set_numbered(h->set), D);
        return;
    case SLASHER:
        allocation_apply_slasher(b, set_numbered(h->set), address_numbered(h->who), h->effect_block);
        return;
    }
}

/* Look a key up, so that books keep its last row in memory from now on. */
static inline void watch(struct books *b, enum timeline_id id, const void *key)
{
    books_batch_begin(b);
    books_last(b, id, key);
    if (books_settle(b) == ERR_NEED)
        books_all_absent(b);
    books_batch_done(b);
}

static inline const void *last(struct books *b, enum timeline_id id, const void *key)
{
    const struct timeline_slot *slot = map_get(&b->timelines[id].last, key);
    assert_non_null(slot);
    return slot->present ? (const uint8_t *)slot + TIMELINE_ROW_OFFSET : NULL;
}

/* Happenings of whole blocks as one batch. */
static inline void batch(struct books *b, const struct happening *h, size_t count, struct written *w)
{
    for (;;) {
        books_batch_begin(b);
        for (size_t i = 0; i < count;) {
            uint64_t block = h[i].block;
            books_block_begin(b, block, hash_of_block(block));
            for (uint32_t index = 0; i < count && h[i].block == block; i++, index++) {
                books_log_begin(b, index);
                happen(b, &h[i]);
            }
            books_block_end(b);
        }
        if (books_settle(b) == OK)
            break;
        books_all_absent(b);
    }
    if (w != NULL)
        written_take(w, b);
    books_batch_done(b);
}

static inline struct books fresh(void)
{
    struct books b;
    books_init(&b);
    for (int64_t set = 0; set < SETS; set++) {
        struct allocation_row key = key_of(set);
        watch(&b, TIMELINE_ALLOCATION, &key);
    }
    return b;
}

static inline void assert_state(struct allocation_state got, int64_t current, int64_t pending, int64_t effect_block)
{
    assert_int_equal(amount_compare(got.current, n(current)), 0);
    assert_int_equal(amount_compare(got.pending.magnitude, signed_(pending).magnitude), 0);
    assert_int_equal(got.pending.negative, pending < 0);
    assert_int_equal(got.effect_block, effect_block);
}

static inline void assert_at(struct books *b, int64_t set, uint64_t block, int64_t current, int64_t pending,
                             int64_t effect)
{
    struct allocation_row key = key_of(set);
    assert_state(allocation_at(last(b, TIMELINE_ALLOCATION, &key), block), current, pending, effect);
}

#endif
