/* tests/ledger/support/alt_books.h - ALT staking's books without a database: acts in one batch, repeated until nothing is needed. */
#ifndef TESTS_LEDGER_SUPPORT_ALT_BOOKS_H
#define TESTS_LEDGER_SUPPORT_ALT_BOOKS_H

#include "ledger/alt_claim.h"
#include "ledger/alt_operator.h"
#include "tests/ledger/support/books.h"
#include "tests/support/unit.h"

enum { STAKER = 1, POOL_OPERATOR = 2, OTHER_OPERATOR = 3, ALT_CONTRACT = 9 };

typedef void alt_acts(struct alt *at);

/* A batch of one block; nobody answers calls. */
static inline void alt_play(struct books *b, alt_acts *acts)
{
    books_init(b);
    for (;;) {
        books_batch_begin(b);
        books_block_begin(b, 1, hash_of_block(1));
        books_log_begin(b, 0);
        acts(&(struct alt){b, address_numbered(ALT_CONTRACT), 1000});
        books_block_end(b);
        if (books_settle(b) == OK)
            break;
        books_all_absent(b);
        for (size_t i = 0; i < b->reads.needs.n; i++) {
            struct chain_read *read = map_put(&b->reads.known, map_key_at(&b->reads.needs, i), NULL);
            read->state = READ_UNAVAILABLE;
        }
        map_clear(&b->reads.needs);
    }
    books_batch_done(b);
}

static inline struct alt alt_after(struct books *b)
{
    return (struct alt){b, address_numbered(ALT_CONTRACT), 1000};
}

static inline bool alt_is_marked(struct books *b)
{
    struct address contract = address_numbered(ALT_CONTRACT);
    const struct timeline_slot *slot = map_get(&b->timelines[TIMELINE_INCONSISTENCY].last, &contract);
    return slot != NULL && slot->present;
}

static inline uint64_t as_u64(struct amount a)
{
    uint64_t v;
    assert_int_equal(amount_to_u64(a, &v), OK);
    return v;
}

static inline struct amount n(uint64_t v)
{
    return amount_from_u64(v);
}

#endif
