/* ledger/reads.c - see reads.h. */
#include "ledger/reads.h"

#include "ledger/timeline.h"

void reads_init(struct reads *r)
{
    *r = (struct reads){0};
    map_init(&r->known, sizeof(struct read_key), sizeof(struct chain_read));
    map_init(&r->needs, sizeof(struct read_key), 0);
    map_init(&r->fresh, sizeof(struct read_key), 0);
}

void reads_done(struct reads *r)
{
    map_done(&r->known);
    map_done(&r->needs);
    map_done(&r->fresh);
    arena_done(&r->bytes);
}

void reads_forget(struct reads *r)
{
    map_clear(&r->known);
    map_clear(&r->needs);
    map_clear(&r->fresh);
    arena_reset(&r->bytes);
}

const struct chain_read *reads_get(struct reads *r, const struct read_key *key)
{
    const struct chain_read *read = map_get(&r->known, key);
    bool added;
    if (read == NULL)
        map_put(&r->needs, key, &added);
    return read;
}

/* The keys as three arrays, in order. */
struct key_texts {
    struct buffer block, contract, calldata;
};

static void key_texts_make(const struct map *keys, struct key_texts *t)
{
    *t = (struct key_texts){0};
    array_text_begin(&t->block);
    array_text_begin(&t->contract);
    array_text_begin(&t->calldata);
    for (size_t i = 0; i < keys->n; i++) {
        const struct read_key *key = map_key_at(keys, i);
        array_text_value(&t->block, T_HASH, &key->block);
        array_text_value(&t->contract, T_ADDRESS, &key->contract);
        array_text_value(&t->calldata, T_BYTES, &(struct slice){key->calldata, key->n});
    }
    array_text_end(&t->block);
    array_text_end(&t->contract);
    array_text_end(&t->calldata);
}

static void key_texts_done(struct key_texts *t)
{
    buffer_done(&t->block);
    buffer_done(&t->contract);
    buffer_done(&t->calldata);
}

static void know(struct reads *r, const struct read_key *key, struct chain_read read)
{
    bool added;
    *(struct chain_read *)map_put(&r->known, key, &added) = read;
}

static enum err fetch_stored(struct reads *r, struct db *db)
{
    struct key_texts t;
    struct rows *rows = NULL;
    key_texts_make(&r->needs, &t);
    enum err e =
        db_query(db,
                 "SELECT k.i, c.result FROM unnest($1::text::bytea[], $2::text::bytea[], $3::text::bytea[])"
                 "  WITH ORDINALITY AS k (hash, contract, calldata, i)"
                 "  JOIN mirror.block b ON b.hash = k.hash"
                 "  JOIN mirror.chain_read c ON c.block = b.id AND c.contract = k.contract AND c.calldata = k.calldata",
                 WITH(IN((const char *)t.block.p), IN((const char *)t.contract.p), IN((const char *)t.calldata.p)),
                 &rows);
    for (size_t i = 0; e == OK && i < rows_count(rows); i++) {
        struct chain_read read = {.state = READ_REVERTED};
        if (!rows_null(rows, i, 1)) {
            struct slice bytes = rows_bytes(rows, i, 1);
            read = (struct chain_read){READ_KNOWN, {arena_copy(&r->bytes, bytes.p, bytes.n), bytes.n}};
        }
        know(r, map_key_at(&r->needs, rows_u64(rows, i, 0) - 1), read);
    }
    if (rows != NULL)
        rows_done(&rows);
    key_texts_done(&t);
    return e;
}

enum err reads_fetch(struct reads *r, struct db *db)
{
    if (r->needs.n == 0)
        return OK;
    TRY(fetch_stored(r, db));
    for (size_t i = 0; i < r->needs.n; i++) {
        const struct read_key *key = map_key_at(&r->needs, i);
        if (map_get(&r->known, key) != NULL)
            continue;
        struct chain_read read = {.state = READ_UNAVAILABLE};
        if (r->ask != NULL)
            TRY(r->ask(r->ask_arg, key, &r->bytes, &read));
        know(r, key, read);
        bool added;
        if (read.state != READ_UNAVAILABLE)
            map_put(&r->fresh, key, &added);
    }
    map_clear(&r->needs);
    return OK;
}

enum err reads_store(const struct reads *r, struct db *db)
{
    if (r->fresh.n == 0)
        return OK;
    struct key_texts t;
    AUTO_BUFFER results = {0};
    key_texts_make(&r->fresh, &t);
    buffer_u8(&results, '{');
    for (size_t i = 0; i < r->fresh.n; i++) {
        const struct chain_read *read = map_get(&r->known, map_key_at(&r->fresh, i));
        if (read->state == READ_KNOWN)
            array_text_value(&results, T_BYTES, &read->bytes);
        else
            buffer_text(&results, results.n > 1 ? ",NULL" : "NULL");
    }
    enum err e = db_run(
        db,
        "INSERT INTO mirror.chain_read (block, contract, calldata, result)"
        " SELECT b.id, k.contract, k.calldata, k.result"
        "   FROM unnest($1::text::bytea[], $2::text::bytea[], $3::text::bytea[], $4::text::bytea[]) AS k (hash, contract,"
        "        calldata, result) JOIN mirror.block b ON b.hash = k.hash ON CONFLICT DO NOTHING",
        WITH(IN((const char *)t.block.p), IN((const char *)t.contract.p), IN((const char *)t.calldata.p),
             IN(array_text_end(&results))),
        NULL);
    key_texts_done(&t);
    return e;
}
