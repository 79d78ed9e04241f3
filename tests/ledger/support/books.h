/* tests/ledger/support/books.h - books without a database: batches of movements, where every unread key is known to be absent. */
#ifndef TESTS_LEDGER_SUPPORT_BOOKS_H
#define TESTS_LEDGER_SUPPORT_BOOKS_H

#include <string.h>

#include "ledger/books.h"
#include "ledger/token.h"
#include "ledger/votes.h"

/* Rows of the past that batches wrote, timelines with history only. */
struct past {
    struct buffer rows[TIMELINE_COUNT];
};

static inline void past_done(struct past *p)
{
    for (int id = 0; id < TIMELINE_COUNT; id++)
        buffer_done(&p->rows[id]);
}

/* Before books_batch_done. */
static inline void past_take(struct past *p, const struct books *b)
{
    for (int id = 0; id < TIMELINE_COUNT; id++)
        buffer_bytes(&p->rows[id], b->timelines[id].added.p, b->timelines[id].added.n);
}

/* Answer look-ups of the past from these rows; NULL: there are none. */
static inline void books_answer_past(struct books *b, const struct past *p)
{
    for (int id = 0; id < TIMELINE_COUNT; id++) {
        struct timeline *t = &b->timelines[id];
        const struct record *record = t->def->row;
        for (size_t i = 0; i < t->past_needs.n; i++) {
            const struct timeline_moment *moment = map_key_at(&t->past_needs, i);
            struct timeline_slot *slot = map_put(&t->past, moment, NULL);
            for (size_t at = 0; p != NULL && at < p->rows[id].n; at += record->size) {
                const uint8_t *row = p->rows[id].p + at;
                uint64_t position;
                memcpy(&position, row + record->fields[t->def->n_key].offset, sizeof position);
                if (position > moment->position || memcmp(row, moment->key, t->def->key_size) != 0)
                    continue;
                slot->present = true;
                memcpy((uint8_t *)slot + TIMELINE_ROW_OFFSET, row, record->size);
            }
        }
        map_clear(&t->past_needs);
    }
}

/* What books_fetch does where no row is stored. */
static inline void books_all_absent(struct books *b)
{
    books_answer_past(b, NULL);
    bool added;
    for (size_t i = 0; i < b->account_needs.n; i++)
        map_put(&b->accounts, map_key_at(&b->account_needs, i), &added);
    for (size_t i = 0; i < b->control_needs.n; i++)
        map_put(&b->controls, map_key_at(&b->control_needs, i), &added);
    map_clear(&b->account_needs);
    map_clear(&b->control_needs);
    for (int id = 0; id < TIMELINE_COUNT; id++) {
        struct timeline *t = &b->timelines[id];
        for (size_t i = 0; i < t->needs.n; i++)
            map_put(&t->last, map_key_at(&t->needs, i), &added);
        map_clear(&t->needs);
    }
}

enum act { ACT_TRANSFER, ACT_UNITS, ACT_DELEGATE, ACT_PAUSE };

/* One log: what it does. */
struct deed {
    enum act act;
    uint64_t block;
    uint32_t log_index;
    struct address token, from, to; /* units, delegate: of `from`; delegate: to `to` */
    struct amount value, previous;
};

static inline void deed_apply(struct books *b, const struct deed *d)
{
    books_log_begin(b, d->log_index);
    switch (d->act) {
    case ACT_TRANSFER:
        token_apply_transfer(b, d->token, d->from, d->to, d->value);
        return;
    case ACT_UNITS:
        votes_apply_units(b, d->token, d->from, d->previous, d->value);
        return;
    case ACT_DELEGATE:
        votes_apply_delegate(b, d->token, d->from, d->to);
        return;
    case ACT_PAUSE:
        token_apply_paused(b, d->token, !amount_is_zero(d->value));
        return;
    }
}

static inline struct hash hash_of_block(uint64_t number)
{
    return keccak_bytes(&number, sizeof number);
}

static inline void deeds_apply(struct books *b, const struct deed *deeds, size_t n)
{
    for (size_t i = 0; i < n;) {
        uint64_t number = deeds[i].block;
        books_block_begin(b, number, hash_of_block(number));
        for (; i < n && deeds[i].block == number; i++)
            deed_apply(b, &deeds[i]);
        books_block_end(b);
    }
}

/* All rows that batches wrote, table by table. */
struct written {
    struct buffer tables[BOOKS_TABLE_COUNT + TIMELINE_COUNT];
    uint64_t rows[BOOKS_TABLE_COUNT + TIMELINE_COUNT];
};

static inline void written_done(struct written *w)
{
    for (size_t i = 0; i < sizeof w->tables / sizeof *w->tables; i++)
        buffer_done(&w->tables[i]);
}

static inline void written_take(struct written *w, const struct books *b)
{
    for (int i = 0; i < BOOKS_TABLE_COUNT; i++) {
        buffer_bytes(&w->tables[i], b->out[i].rows.p, b->out[i].rows.n);
        w->rows[i] += b->out[i].n;
    }
    for (int i = 0; i < TIMELINE_COUNT; i++) {
        buffer_bytes(&w->tables[BOOKS_TABLE_COUNT + i], b->timelines[i].out.p, b->timelines[i].out.n);
        w->rows[BOOKS_TABLE_COUNT + i] += b->timelines[i].n_out;
    }
}

static inline bool written_equal(const struct written *a, const struct written *b)
{
    for (size_t i = 0; i < sizeof a->tables / sizeof *a->tables; i++)
        if (a->rows[i] != b->rows[i] || a->tables[i].n != b->tables[i].n ||
            (a->tables[i].n > 0 && memcmp(a->tables[i].p, b->tables[i].p, a->tables[i].n) != 0))
            return false;
    return true;
}

/* A batch as apply_batch does it; returns the number of rounds. w may be NULL. */
static inline int books_batch(struct books *b, const struct deed *deeds, size_t n, struct written *w)
{
    for (int round = 1;; round++) {
        books_batch_begin(b);
        deeds_apply(b, deeds, n);
        if (books_settle(b) == OK) {
            if (w != NULL)
                written_take(w, b);
            books_batch_done(b);
            return round;
        }
        books_all_absent(b);
    }
}

static inline struct amount balance_of(struct books *b, enum book book, struct address token, struct address owner)
{
    struct account_key key = account_key_token(book, token, owner);
    const struct account_state *state = map_get(&b->accounts, &key);
    return state != NULL ? state->balance : amount_zero;
}

static inline struct control_state control_of(struct books *b, enum book book, struct address token)
{
    struct control_key key = {.book = (uint8_t)book, .asset_n = sizeof token.b};
    memcpy(key.asset, token.b, sizeof token.b);
    const struct control_state *state = map_get(&b->controls, &key);
    return state != NULL ? *state : (struct control_state){.accounts = 0};
}

static inline struct address address_numbered(uint8_t n)
{
    struct address a = {{0}};
    a.b[0] = n;
    a.b[19] = n;
    return a;
}

#endif
