/* ledger/books.c - see books.h: the life of a batch, its undoing, and reading what it needs. */
#include "ledger/books.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "ledger/position.h"
#include "ledger/reward_day.h"
#include "ledger/root.h"

const struct books_table_def books_table[BOOKS_TABLE_COUNT] = {
    [BOOKS_ACCOUNT] =
        {"account", "COPY account (id, book, asset, owner, second, created) FROM STDIN BINARY",
         "SELECT id, book, asset, owner, second, created FROM account WHERE id >= $1 AND id < $2 ORDER BY id"},
    [BOOKS_ENTRY] = {"entry",
                     "COPY entry (account, position, log_index, leg, delta, balance, counter) FROM STDIN BINARY",
                     "SELECT account, position, log_index, leg, delta, balance, counter FROM entry"
                     " WHERE position >= $1 AND position < $2 ORDER BY position"},
    [BOOKS_CONTROL] = {"control", "COPY control (book, asset, position, debits, credits, accounts) FROM STDIN BINARY",
                       "SELECT book, asset, position, debits, credits, accounts FROM control"
                       " WHERE position >= $1 AND position < $2 ORDER BY position"},
    [BOOKS_ROOT] = {"root", "COPY root (position, root) FROM STDIN BINARY",
                    "SELECT position, root FROM root WHERE position >= $1 AND position < $2 ORDER BY position"},
};

void books_init(struct books *b)
{
    memset(b, 0, sizeof *b);
    map_init(&b->accounts, sizeof(struct account_key), sizeof(struct account_state));
    map_init(&b->account_needs, sizeof(struct account_key), 0);
    map_init(&b->controls, sizeof(struct control_key), sizeof(struct control_state));
    map_init(&b->control_needs, sizeof(struct control_key), 0);
    for (int i = 0; i < TIMELINE_COUNT; i++)
        timeline_init(&b->timelines[i], (enum timeline_id)i);
    map_init(&b->earned_known, sizeof(struct address), 0);
    reads_init(&b->reads);
    b->next_account = 1;
}

void books_done(struct books *b)
{
    map_done(&b->accounts);
    map_done(&b->account_needs);
    map_done(&b->controls);
    map_done(&b->control_needs);
    for (int i = 0; i < TIMELINE_COUNT; i++)
        timeline_done(&b->timelines[i]);
    reward_closings_drop(b);
    map_done(&b->earned_known);
    buffer_done(&b->clock.open);
    buffer_done(&b->batch_clock.open);
    buffer_done(&b->day_needs);
    buffer_done(&b->closings);
    reads_done(&b->reads);
    arena_done(&b->texts);
    buffer_done(&b->journal);
    for (int i = 0; i < BOOKS_TABLE_COUNT; i++)
        buffer_done(&b->out[i].rows);
    buffer_done(&b->entry_places);
    buffer_done(&b->rows);
    keccak_close(b->rows_hash);
    buffer_done(&b->touched_controls);
}

static void drop_recent(struct books *b)
{
    memset(b->recent, 0, sizeof b->recent);
    b->recent_control = NULL;
}

static void drop_out(struct books *b)
{
    for (int i = 0; i < BOOKS_TABLE_COUNT; i++) {
        buffer_reset(&b->out[i].rows);
        b->out[i].n = 0;
    }
    for (int i = 0; i < TIMELINE_COUNT; i++)
        timeline_drop_batch(&b->timelines[i]);
    buffer_reset(&b->entry_places);
    buffer_reset(&b->journal);
    root_rows_drop(b);
    buffer_reset(&b->touched_controls);
}

static void drop_cache(struct books *b)
{
    drop_recent(b);
    map_clear(&b->accounts);
    map_clear(&b->account_needs);
    map_clear(&b->controls);
    map_clear(&b->control_needs);
    map_clear(&b->earned_known);
    for (int i = 0; i < TIMELINE_COUNT; i++)
        timeline_forget(&b->timelines[i]);
    arena_reset(&b->texts);
}

void books_forget(struct books *b, uint64_t next_account, struct hash root)
{
    drop_out(b);
    drop_cache(b);
    reads_forget(&b->reads);
    reward_closings_drop(b);
    buffer_reset(&b->day_needs);
    b->clock.known = false;
    b->next_account = next_account;
    b->root = root;
}

bool books_cache_full(const struct books *b)
{
    size_t cached = b->accounts.n;
    for (int i = 0; i < TIMELINE_COUNT; i++)
        cached += b->timelines[i].last.n;
    return cached > BOOKS_CACHE_MAX;
}

static void clock_copy(struct day_clock *to, const struct day_clock *from)
{
    struct buffer open = to->open;
    *to = *from;
    to->open = open;
    buffer_reset(&to->open);
    buffer_bytes(&to->open, from->open.p, from->open.n);
}

int64_t books_day(const struct books *b)
{
    return b->batch_clock.begun ? b->batch_clock.day : 0;
}

void books_batch_begin(struct books *b)
{
    drop_out(b);
    drop_recent(b);
    /* Only between batches, and not while needs that were just read are waiting to be used. */
    if (books_cache_full(b) && !b->incomplete)
        drop_cache(b);
    b->incomplete = false;
    b->batch_next_account = b->next_account;
    b->batch_root = b->root;
    clock_copy(&b->batch_clock, &b->clock);
}

/* Only rows of a closed day are so many. */
void books_next_leg(struct books *b)
{
    b->leg = (int16_t)((b->leg + 1) & 0x7fff);
}

void books_block_begin(struct books *b, uint64_t number, struct hash hash)
{
    b->block_number = number;
    b->day_ended = false;
    b->block_hash = hash;
    b->ordinal = 0;
    root_rows_drop(b);
    buffer_reset(&b->touched_controls);
}

void books_log_begin(struct books *b, uint32_t log_index)
{
    b->log_index = log_index;
    b->leg = 0;
}

uint64_t books_next_position(struct books *b)
{
    assert(b->ordinal < UINT32_MAX);
    return position_start(b->block_number) + b->ordinal++;
}

/* Controls of the block's end go out in the order of their keys, so that it does not depend on what touched them first. */
static int compare_keys(const void *a, const void *b)
{
    return memcmp(a, b, sizeof(struct control_key));
}

static void put_controls(struct books *b)
{
    struct control_key *keys = (struct control_key *)b->touched_controls.p;
    size_t n = b->touched_controls.n / sizeof *keys;
    if (n == 0)
        return;
    qsort(keys, n, sizeof *keys, compare_keys);
    b->log_index = LOG_INDEX_BLOCK_END;
    b->leg = 0;
    for (size_t i = 0; i < n; i++) {
        struct control_state *state = map_get(&b->controls, &keys[i]);
        assert(state != NULL);
        state->touched = false;
        uint64_t position = books_next_position(b);
        int16_t book = keys[i].book;
        struct slice asset = {keys[i].asset, keys[i].asset_n};
        struct buffer *out = &b->out[BOOKS_CONTROL].rows;
        copy_begin(out, 6);
        copy_value(out, T_I16, &book);
        copy_value(out, T_BYTES, &asset);
        copy_value(out, T_U64, &position);
        copy_value(out, T_TOTAL, &state->debits);
        copy_value(out, T_TOTAL, &state->credits);
        copy_value(out, T_U64, &state->accounts);
        b->out[BOOKS_CONTROL].n++;
        root_put_control(b, &keys[i], state);
        books_next_leg(b);
    }
}

void books_block_end(struct books *b)
{
    put_controls(b);
    bool any;
    struct hash digest = root_rows_digest(b, &any);
    if (!any)
        return;
    b->batch_root = root_next(b->batch_root, b->block_number, b->block_hash, digest);
    uint64_t position = position_end(b->block_number);
    copy_begin(&b->out[BOOKS_ROOT].rows, 2);
    copy_value(&b->out[BOOKS_ROOT].rows, T_U64, &position);
    copy_value(&b->out[BOOKS_ROOT].rows, T_HASH, &b->batch_root);
    b->out[BOOKS_ROOT].n++;
}

struct journal_head {
    void *value;
    size_t size;
};

void books_journal(struct books *b, void *value, size_t size)
{
    /* Written value first, then head, so that undoing can walk back from the end. */
    struct journal_head head = {value, size};
    buffer_bytes(&b->journal, value, size);
    buffer_bytes(&b->journal, &head, sizeof head);
}

static void undo(struct books *b)
{
    while (b->journal.n > 0) {
        struct journal_head head;
        b->journal.n -= sizeof head;
        memcpy(&head, b->journal.p + b->journal.n, sizeof head);
        b->journal.n -= head.size;
        memcpy(head.value, b->journal.p + b->journal.n, head.size);
    }
}

enum err books_settle(struct books *b)
{
    if (!b->incomplete)
        return OK;
    undo(b);
    drop_out(b);
    return ERR_NEED;
}

enum err books_copy_table(struct db *db, const char *sql, const struct buffer *rows, uint64_t n)
{
    if (n == 0)
        return OK;
    size_t copied = 0;
    TRY(db_copy(db, sql, (struct slice){rows->p, rows->n}, &copied));
    assert(copied == n);
    return OK;
}

static int compare_places(const void *a, const void *b)
{
    const struct entry_place *x = a, *y = b;
    if (x->account != y->account)
        return x->account < y->account ? -1 : 1;
    return x->start < y->start ? -1 : x->start > y->start;
}

/* In the order of the index (account, position), not of position: neighbours then go to the same page of it, which is most of
 * what inserting costs; and a statement finds its entries side by side. */
static enum err copy_entries(const struct books *b, struct db *db)
{
    const struct books_out *out = &b->out[BOOKS_ENTRY];
    AUTO_BUFFER places = {0}, rows = {0};
    buffer_bytes(&places, b->entry_places.p, b->entry_places.n);
    struct entry_place *place = (struct entry_place *)places.p;
    size_t n = places.n / sizeof *place;
    assert(n == out->n);
    if (n > 1)
        qsort(place, n, sizeof *place, compare_places);
    buffer_reserve(&rows, out->rows.n);
    for (size_t i = 0; i < n; i++)
        buffer_bytes(&rows, out->rows.p + place[i].start, place[i].n);
    return books_copy_table(db, books_table[BOOKS_ENTRY].copy_sql, &rows, out->n);
}

enum err books_copy(const struct books *b, struct db *db)
{
    for (int i = 0; i < BOOKS_TABLE_COUNT; i++)
        TRY(i == BOOKS_ENTRY ? copy_entries(b, db)
                             : books_copy_table(db, books_table[i].copy_sql, &b->out[i].rows, b->out[i].n));
    for (int i = 0; i < TIMELINE_COUNT; i++)
        TRY(books_copy_table(db, timeline_sql((enum timeline_id)i)->copy, &b->timelines[i].out, b->timelines[i].n_out));
    return OK;
}

void books_batch_done(struct books *b)
{
    b->next_account = b->batch_next_account;
    b->root = b->batch_root;
    clock_copy(&b->clock, &b->batch_clock);
    reward_closings_drop(b);
    drop_out(b);
    for (int i = 0; i < TIMELINE_COUNT; i++) /* was read as of before this batch */
        map_clear(&b->timelines[i].past);
    reads_forget(&b->reads);
}

const void *books_last(struct books *b, enum timeline_id id, const void *key)
{
    struct timeline *t = &b->timelines[id];
    const struct timeline_slot *slot = map_get(&t->last, key);
    if (slot == NULL) {
        bool added;
        map_put(&t->needs, key, &added);
        b->incomplete = true;
        return NULL;
    }
    return slot->present ? (const uint8_t *)slot + TIMELINE_ROW_OFFSET : NULL;
}

const void *books_at_end_of(struct books *b, enum timeline_id id, const void *key, uint64_t block_number)
{
    assert(block_number < b->block_number);
    return timeline_at(&b->timelines[id], key, position_end(block_number), &b->incomplete);
}

const void *books_before(struct books *b, enum timeline_id id, const void *key, uint64_t position)
{
    assert(position > 0);
    return timeline_at(&b->timelines[id], key, position - 1, &b->incomplete);
}

const struct chain_read *books_read(struct books *b, struct address contract, struct slice calldata)
{
    struct read_key key = {.block = b->block_hash, .contract = contract, .n = (uint8_t)calldata.n};
    assert(calldata.n <= READ_CALLDATA_MAX);
    if (calldata.n > 0)
        memcpy(key.calldata, calldata.p, calldata.n);
    const struct chain_read *read = reads_get(&b->reads, &key);
    if (read == NULL)
        b->incomplete = true;
    return read;
}

void books_append(struct books *b, enum timeline_id id, void *row)
{
    struct timeline *t = &b->timelines[id];
    const struct timeline_def *def = t->def;
    uint64_t position = books_next_position(b);
    int32_t log_index = (int32_t)b->log_index;
    memcpy((uint8_t *)row + def->row->fields[def->n_key].offset, &position, sizeof position);
    memcpy((uint8_t *)row + def->row->fields[def->n_key + 1].offset, &log_index, sizeof log_index);
    copy_row(&t->out, def->row, row);
    t->n_out++;
    if (def->history)
        buffer_bytes(&t->added, row, def->row->size);
    root_put_timeline(b, def, row);
    books_next_leg(b);

    /* A key that is not cached stays so: its last row is read when somebody needs it, in a later batch. Within this batch
     * a later look-up notes the need, and the second round finds it cached here. */
    struct timeline_slot *slot = map_get(&t->last, row);
    if (slot == NULL)
        return;
    books_journal(b, slot, TIMELINE_ROW_OFFSET + def->row->size);
    slot->present = true;
    memcpy((uint8_t *)slot + TIMELINE_ROW_OFFSET, row, def->row->size);
}

static enum err fetch_accounts(struct books *b, struct db *db, uint64_t before)
{
    if (b->account_needs.n == 0)
        return OK;
    AUTO_BUFFER book = {0}, asset = {0}, owner = {0}, second = {0};
    array_text_begin(&book);
    array_text_begin(&asset);
    array_text_begin(&owner);
    array_text_begin(&second);
    for (size_t i = 0; i < b->account_needs.n; i++) {
        const struct account_key *key = map_key_at(&b->account_needs, i);
        int16_t number = key->book;
        array_text_value(&book, T_I16, &number);
        array_text_value(&asset, T_BYTES, &(struct slice){key->asset, key->asset_n});
        array_text_value(&owner, T_ADDRESS, &key->owner);
        array_text_value(&second, T_BYTES, &(struct slice){key->second, key->second_n});
    }
    AUTO_ROWS rows = NULL;
    TRY(db_query(
        db,
        "SELECT k.i, a.id, e.balance"
        "  FROM unnest($1::text::smallint[], $2::text::bytea[], $3::text::bytea[], $4::text::bytea[])"
        "       WITH ORDINALITY AS k (book, asset, owner, second, i)"
        "  JOIN account a ON a.book = k.book AND a.asset = k.asset AND a.owner = k.owner AND a.second = k.second"
        "   AND a.created < $5"
        " CROSS JOIN LATERAL (SELECT balance FROM entry x WHERE x.account = a.id AND x.position < $5"
        "                      ORDER BY x.position DESC LIMIT 1) e",
        WITH(IN(array_text_end(&book)), IN(array_text_end(&asset)), IN(array_text_end(&owner)),
             IN(array_text_end(&second)), IN(&before)),
        &rows));
    for (size_t i = 0; i < b->account_needs.n; i++) {
        bool added;
        map_put(&b->accounts, map_key_at(&b->account_needs, i), &added);
    }
    for (size_t i = 0; i < rows_count(rows); i++) {
        struct account_state *state = map_get(&b->accounts, map_key_at(&b->account_needs, rows_u64(rows, i, 0) - 1));
        state->id = rows_u64(rows, i, 1);
        state->balance = rows_amount(rows, i, 2);
    }
    map_clear(&b->account_needs);
    return OK;
}

static enum err fetch_controls(struct books *b, struct db *db, uint64_t before)
{
    if (b->control_needs.n == 0)
        return OK;
    AUTO_BUFFER book = {0}, asset = {0};
    array_text_begin(&book);
    array_text_begin(&asset);
    for (size_t i = 0; i < b->control_needs.n; i++) {
        const struct control_key *key = map_key_at(&b->control_needs, i);
        int16_t number = key->book;
        array_text_value(&book, T_I16, &number);
        array_text_value(&asset, T_BYTES, &(struct slice){key->asset, key->asset_n});
    }
    AUTO_ROWS rows = NULL;
    TRY(db_query(
        db,
        "SELECT k.i, c.debits, c.credits, c.accounts"
        "  FROM unnest($1::text::smallint[], $2::text::bytea[]) WITH ORDINALITY AS k (book, asset, i)"
        " CROSS JOIN LATERAL (SELECT debits, credits, accounts FROM control x"
        "   WHERE x.book = k.book AND x.asset = k.asset AND x.position < $3 ORDER BY x.position DESC LIMIT 1) c",
        WITH(IN(array_text_end(&book)), IN(array_text_end(&asset)), IN(&before)), &rows));
    for (size_t i = 0; i < b->control_needs.n; i++) {
        bool added;
        map_put(&b->controls, map_key_at(&b->control_needs, i), &added);
    }
    for (size_t i = 0; i < rows_count(rows); i++) {
        struct control_state *state = map_get(&b->controls, map_key_at(&b->control_needs, rows_u64(rows, i, 0) - 1));
        state->debits = rows_total(rows, i, 1);
        state->credits = rows_total(rows, i, 2);
        state->accounts = rows_u64(rows, i, 3);
    }
    map_clear(&b->control_needs);
    return OK;
}

enum err books_fetch(struct books *b, struct db *db, uint64_t first_block)
{
    uint64_t before = position_start(first_block);
    TRY(fetch_accounts(b, db, before));
    TRY(fetch_controls(b, db, before));
    for (int i = 0; i < TIMELINE_COUNT; i++)
        TRY(timeline_fetch(&b->timelines[i], db, before, &b->texts));
    return reads_fetch(&b->reads, db);
}
