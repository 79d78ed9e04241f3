/* ledger/account.c - see account.h: keys, balances, double entry, control totals. */
#include "ledger/account.h"

#include <assert.h>
#include <string.h>

#include "ledger/books.h"
#include "ledger/root.h"

bool book_is_debit_normal(enum book book)
{
    switch (book) {
#define BOOK_NORMAL(code, number, name, debit_normal) \
    case code:                                        \
        return debit_normal;
        BOOK_TABLE(BOOK_NORMAL)
#undef BOOK_NORMAL
    }
    assert(!"unknown book");
    return false;
}

struct account_key account_key_token(enum book book, struct address contract, struct address owner)
{
    struct account_key key = {.book = (uint8_t)book, .asset_n = sizeof contract.b, .owner = owner};
    memcpy(key.asset, contract.b, sizeof contract.b);
    return key;
}

struct account_key account_key_token_id(enum book book, struct address contract, struct amount id, struct address owner)
{
    struct account_key key = account_key_token(book, contract, owner);
    amount_to_be(id, key.asset + key.asset_n);
    key.asset_n = ASSET_MAX;
    return key;
}

struct account_key account_key_second(enum book book, struct address contract, struct address owner,
                                      struct slice second)
{
    struct account_key key = account_key_token(book, contract, owner);
    assert(second.n <= SECOND_MAX);
    memcpy(key.second, second.p, second.n);
    key.second_n = (uint8_t)second.n;
    return key;
}

/* What a look-up of an unread key answers: somewhere to write that nobody reads. */
static _Thread_local struct account_state nowhere;

/* The last bytes of owner and asset differ where keys do; who makes them equal on purpose only makes this useless. */
static struct recent_account *recent_slot(struct books *b, const struct account_key *key)
{
    uint32_t owner, asset;
    memcpy(&owner, key->owner.b + sizeof key->owner.b - sizeof owner, sizeof owner);
    memcpy(&asset, key->asset + key->asset_n - sizeof asset, sizeof asset);
    uint32_t mixed = (owner ^ asset * 31u ^ key->book) * 2654435769u;
    return &b->recent[mixed >> 22 & (BOOKS_RECENT - 1)];
}

struct account_state *account_get(struct books *b, const struct account_key *key)
{
    struct recent_account *recent = recent_slot(b, key);
    if (recent->key != NULL && memcmp(recent->key, key, sizeof *key) == 0)
        return recent->state;
    struct account_state *state = map_get(&b->accounts, key);
    if (state != NULL) {
        *recent = (struct recent_account){map_key_of(&b->accounts, state), state};
        return state;
    }
    bool added;
    map_put(&b->account_needs, key, &added);
    b->incomplete = true;
    nowhere = (struct account_state){0};
    return &nowhere;
}

static struct control_key control_key_of(const struct account_key *key)
{
    struct control_key control = {.book = key->book, .asset_n = key->asset_n};
    memcpy(control.asset, key->asset, key->asset_n);
    return control;
}

/* The control total of the key's book and asset, about to change; NULL if it was not read yet. */
static struct control_state *control_touch(struct books *b, const struct account_key *key)
{
    struct control_key control = control_key_of(key);
    bool again = b->recent_control != NULL && memcmp(&control, &b->recent_control_key, sizeof control) == 0;
    struct control_state *state = again ? b->recent_control : map_get(&b->controls, &control);
    if (state == NULL) {
        bool added;
        map_put(&b->control_needs, &control, &added);
        b->incomplete = true;
        return NULL;
    }
    b->recent_control_key = control;
    b->recent_control = state;
    if (!state->touched) {
        books_journal(b, state, sizeof *state);
        state->touched = true;
        buffer_bytes(&b->touched_controls, &control, sizeof control);
    }
    return state;
}

static bool raises(const struct account_key *key, bool is_debit)
{
    return book_is_debit_normal((enum book)key->book) == is_debit;
}

static bool same_account(const struct account_key *a, const struct account_key *b)
{
    return memcmp(a, b, sizeof *a) == 0;
}

/* One side alone: does the balance stay within [0, 2^256)? */
static bool side_fits(struct amount balance, bool up, struct amount v)
{
    struct amount after;
    return (up ? amount_add(balance, v, &after) : amount_subtract(balance, v, &after)) == OK;
}

bool account_can_move(struct books *b, const struct account_key *debit, const struct account_key *credit,
                      struct amount v)
{
    struct amount credit_balance = account_get(b, credit)->balance;
    struct amount debit_balance = account_get(b, debit)->balance;
    if (same_account(debit, credit)) /* first the one, then the other: only the first can fail */
        return side_fits(credit_balance, raises(credit, false), v);
    return side_fits(credit_balance, raises(credit, false), v) && side_fits(debit_balance, raises(debit, true), v);
}

/* Number the account at its first movement. */
static void account_open(struct books *b, const struct account_key *key, struct account_state *state, uint64_t position)
{
    if (state->id != 0 || state == &nowhere)
        return;
    books_journal(b, state, sizeof *state);
    state->id = b->batch_next_account++;
    int16_t book = key->book;
    struct slice asset = {key->asset, key->asset_n}, second = {key->second, key->second_n};
    struct buffer *out = &b->out[BOOKS_ACCOUNT].rows;
    copy_begin(out, 6);
    copy_value(out, T_U64, &state->id);
    copy_value(out, T_I16, &book);
    copy_value(out, T_BYTES, &asset);
    copy_value(out, T_ADDRESS, &key->owner);
    copy_value(out, T_BYTES, &second);
    copy_value(out, T_U64, &position);
    b->out[BOOKS_ACCOUNT].n++;
}

static void post_leg(struct books *b, const struct account_key *key, struct account_state *state, bool is_debit,
                     struct amount v, const struct account_key *counter, uint64_t counter_id)
{
    bool up = raises(key, is_debit);
    struct delta delta = up ? delta_plus(v) : delta_minus(v);
    struct amount before = state->balance, after = before;
    enum err e = delta_apply(before, delta, &after);
    assert(e == OK || b->incomplete);

    struct control_state *control = control_touch(b, key);
    if (control != NULL) {
        total_add(is_debit ? &control->debits : &control->credits, v);
        if (amount_is_zero(before) && !amount_is_zero(after))
            control->accounts++;
        else if (!amount_is_zero(before) && amount_is_zero(after))
            control->accounts--;
    }
    if (state != &nowhere)
        books_journal(b, state, sizeof *state);
    state->balance = after;

    uint64_t position = books_next_position(b);
    int32_t log_index = (int32_t)b->log_index;
    struct buffer *out = &b->out[BOOKS_ENTRY].rows;
    struct entry_place place = {state->id, out->n, 0};
    copy_begin(out, 7);
    copy_value(out, T_U64, &state->id);
    copy_value(out, T_U64, &position);
    copy_value(out, T_I32, &log_index);
    copy_value(out, T_I16, &b->leg);
    copy_value(out, T_DELTA, &delta);
    copy_value(out, T_AMOUNT, &after);
    copy_value(out, T_U64, &counter_id);
    place.n = out->n - place.start;
    buffer_bytes(&b->entry_places, &place, sizeof place);
    b->out[BOOKS_ENTRY].n++;
    root_put_entry(b, key, counter, delta, after);
    books_next_leg(b);
}

void account_move(struct books *b, const struct account_key *debit, const struct account_key *credit, struct amount v)
{
    assert(!amount_is_zero(v));
    struct account_state *from = account_get(b, credit);
    struct account_state *to = account_get(b, debit);
    uint64_t position = (b->block_number << 32) + b->ordinal;
    account_open(b, credit, from, position);
    account_open(b, debit, to, position + 1);
    post_leg(b, credit, from, false, v, debit, to->id);
    post_leg(b, debit, to, true, v, credit, from->id);
}

void account_pay_out(struct books *b, const struct account_key *from, struct amount total)
{
    static const struct account_key nobody;
    struct account_state *state = account_get(b, from);
    account_open(b, from, state, (b->block_number << 32) + b->ordinal);
    post_leg(b, from, state, false, total, &nobody, 0);
}

void account_pay_in(struct books *b, const struct account_key *to, const struct account_key *from, struct amount v)
{
    struct account_state *state = account_get(b, to);
    account_open(b, to, state, (b->block_number << 32) + b->ordinal);
    post_leg(b, to, state, true, v, from, account_get(b, from)->id);
}
