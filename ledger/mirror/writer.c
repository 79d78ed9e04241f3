/* ledger/mirror/writer.c - see writer.h: from a batch of blocks to one transaction. */
#include "ledger/mirror/writer.h"

#include <assert.h>

#include "ledger/core/log.h"
#include "ledger/mirror/event_type.h"
#include "ledger/position.h"
#include "ledger/root.h"

struct writer {
    struct db *db;
    const struct network *network;
    struct arena arena; /* texts of the cursor */
    struct cursor cursor;
    struct books books;
    struct event_types types;
    bool bulk;     /* an initial load without readers' indexes is under way */
    bool branches; /* some block is stored that is not canonical: a new one may be an old acquaintance */
    struct buffer block_rows, chain_rows, event_rows, feed_rows;
    uint64_t n_blocks, n_chain, n_events, n_feed;
};

/* Below the lease time, so that a writer that was stopped in a transaction is thrown out by the server itself. */
static enum err set_session(struct db *db)
{
    TRY(db_run(db, "SET idle_in_transaction_session_timeout = '6s'", WITH_NOTHING, NULL));
    TRY(db_run(db, "SET lock_timeout = '6s'", WITH_NOTHING, NULL));
    return db_run(db, "SET search_path = ledger", WITH_NOTHING, NULL);
}

/* The first mirror of an empty database: from now on it is of this chain and network. */
static enum err adopt_network(struct writer *w)
{
    struct cursor *c = &w->cursor;
    int32_t version = RULES_VERSION;
    int64_t before_all = -1, chain_id = (int64_t)w->network->chain_id;
    uint64_t n = 0;
    c->root = root_start(w->network->chain_id, w->network->hash, RULES_VERSION);
    TRY(db_begin(w->db, ""));
    TRY(db_run(w->db,
               "UPDATE mirror.cursor SET chain_id = $2, network = $3, network_hash = $4, rules_version = $5, root = $6"
               " WHERE epoch = $1 AND chain_id IS NULL",
               WITH(IN(&c->epoch), IN(&chain_id), IN(w->network->canonical), IN(&w->network->hash), IN(&version),
                    IN(&c->root)),
               &n));
    if (n != 1)
        return err_with(ERR_LEASE_LOST, "epoch %lld is over", (long long)c->epoch);
    TRY(db_run(w->db, "INSERT INTO root (position, root) VALUES ($1, $2)", WITH(IN(&before_all), IN(&c->root)), NULL));
    TRY(db_commit(w->db));
    c->chain_id = chain_id;
    c->network_hash = w->network->hash;
    c->rules_version = RULES_VERSION;
    return OK;
}

static enum err read_branches(struct writer *w)
{
    AUTO_ROWS rows = NULL;
    TRY(db_query(w->db, "SELECT EXISTS (SELECT FROM mirror.reorg)", WITH_NOTHING, &rows));
    w->branches = rows_bool(rows, 0, 0);
    return OK;
}

/* A writer that died in a bulk load leaves its successor to build the indexes, without which reading a balance reads the table. */
static enum err end_broken_bulk(struct writer *w)
{
    AUTO_ROWS rows = NULL;
    TRY(db_query(w->db, "SELECT to_regclass('ledger.entry_key') IS NULL", WITH_NOTHING, &rows));
    if (w->cursor.head_number < 0 || !rows_bool(rows, 0, 0))
        return OK;
    log_info("mirror", "an initial load was broken off; building the indexes");
    return writer_bulk(w, false);
}

static enum err open_writer(struct writer *w, const char *conninfo, bool *network_changed)
{
    TRY(db_open(conninfo, "altledger_writer", "altledger mirror", &w->db));
    TRY(set_session(w->db));
    TRY(lease_take(w->db, &w->arena, &w->cursor));
    if (w->cursor.chain_id >= 0 && w->cursor.chain_id != (int64_t)w->network->chain_id)
        return err_with(ERR_CONFIG, "the database mirrors chain %lld, the network file names chain %llu",
                        (long long)w->cursor.chain_id, (unsigned long long)w->network->chain_id);
    if (w->cursor.chain_id < 0)
        TRY(adopt_network(w));
    *network_changed = !hash_equal(w->cursor.network_hash, w->network->hash) ||
                       w->cursor.rules_version != RULES_VERSION;
    TRY(event_types_sync(w->db, &w->types));
    TRY(read_branches(w));
    TRY(end_broken_bulk(w));
    books_forget(&w->books, (uint64_t)w->cursor.next_account, w->cursor.root);
    return OK;
}

enum err writer_open(const char *conninfo, const struct network *network, struct writer **out, bool *network_changed)
{
    struct writer *w = memory_resize(NULL, sizeof *w);
    *w = (struct writer){.network = network};
    books_init(&w->books);
    enum err e = open_writer(w, conninfo, network_changed);
    if (e != OK) {
        writer_close(w, e != ERR_LEASE_LOST);
        return e;
    }
    *out = w;
    return OK;
}

void writer_close(struct writer *w, bool release)
{
    if (w->db != NULL && release && w->cursor.epoch > 0 && db_alive(w->db)) {
        db_rollback(w->db);
        lease_release(w->db, w->cursor.epoch);
    }
    if (w->db != NULL)
        db_close(w->db);
    books_done(&w->books);
    event_types_done(&w->types);
    buffer_done(&w->block_rows);
    buffer_done(&w->chain_rows);
    buffer_done(&w->event_rows);
    buffer_done(&w->feed_rows);
    arena_done(&w->arena);
    memory_free(w);
}

void writer_ask(struct writer *w, read_ask *ask, void *arg)
{
    w->books.reads.ask = ask;
    w->books.reads.ask_arg = arg;
}

const struct cursor *writer_cursor(const struct writer *w)
{
    return &w->cursor;
}

struct chain_row {
    uint64_t number;
    struct hash hash;
};
static const struct record chain_record = RECORD(chain_row, FIELD(chain_row, number), FIELD(chain_row, hash));

enum err writer_chain(struct writer *w, struct arena *arena, struct chain_block **out, size_t *n)
{
    static_assert(sizeof(struct chain_row) == sizeof(struct chain_block), "rows are read as chain blocks");
    int64_t from = w->cursor.finalized_number;
    if (w->cursor.head_number >= 0 && from > w->cursor.head_number)
        from = w->cursor.head_number;
    return db_all(w->db,
                  "SELECT c.number, b.hash FROM mirror.chain c JOIN mirror.block b ON b.id = c.block"
                  " WHERE c.number >= $1 ORDER BY c.number",
                  WITH(IN(&from)), &chain_record, arena, out, n);
}

/* A block that is stored already. */
struct known_block {
    int64_t id, events;
};

/* Those blocks of the batch that are stored already: after a reorg a block may return, and finds its events there. */
static enum err find_known(struct writer *w, const struct block *blocks, size_t n, struct map *known)
{
    AUTO_BUFFER hashes = {0};
    array_text_begin(&hashes);
    for (size_t i = 0; i < n; i++)
        array_text_value(&hashes, T_HASH, &blocks[i].hash);
    AUTO_ROWS rows = NULL;
    TRY(db_query(
        w->db,
        "SELECT b.hash, b.id, (SELECT count(*) FROM mirror.event e WHERE e.block = b.id AND e.generation <= $2)"
        "  FROM mirror.block b WHERE b.hash = ANY ($1::text::bytea[])",
        WITH(IN(array_text_end(&hashes)), IN(&w->cursor.generation)), &rows));
    for (size_t i = 0; i < rows_count(rows); i++) {
        struct hash hash = rows_hash(rows, i, 0);
        bool added;
        *(struct known_block *)map_put(known, &hash, &added) = (struct known_block){rows_i64(rows, i, 1),
                                                                                    rows_i64(rows, i, 2)};
    }
    return OK;
}

static void put_block(struct writer *w, const struct block *block, int64_t id)
{
    struct instant time = {block->time};
    int16_t proof = (int16_t)block->proof;
    struct buffer *out = &w->block_rows;
    copy_begin(out, 6);
    copy_value(out, T_I64, &id);
    copy_value(out, T_U64, &block->number);
    copy_value(out, T_HASH, &block->hash);
    copy_value(out, T_HASH, &block->parent_hash);
    copy_value(out, T_TIME, &time);
    copy_value(out, T_I16, &proof);
    w->n_blocks++;
}

static void put_feed(struct writer *w, int64_t seq, int32_t events, int64_t block)
{
    bool added = true;
    int32_t since = 0;
    copy_begin(&w->feed_rows, 6);
    copy_value(&w->feed_rows, T_I64, &seq);
    copy_value(&w->feed_rows, T_I32, &events);
    copy_value(&w->feed_rows, T_I64, &block);
    copy_value(&w->feed_rows, T_BOOL, &added);
    copy_value(&w->feed_rows, T_I32, &since);
    copy_value(&w->feed_rows, T_I32, &w->cursor.generation);
    w->n_feed++;
}

static void put_log(struct writer *w, const struct block *block, int64_t id, size_t i,
                    const struct decoded_log *decoded)
{
    event_put(&w->event_rows, &w->types, &(struct event_place){id, block->number, w->cursor.generation},
              &block->logs[i], &decoded[i]);
    w->n_events++;
}

/* A block that returns may have left before a rebuild added contracts: it lacks their logs. Counts those put now. */
static enum err put_missing_logs(struct writer *w, const struct block *block, int64_t id,
                                 const struct decoded_log *decoded, int64_t *put)
{
    AUTO_ROWS rows = NULL;
    TRY(db_query(w->db, "SELECT log_index FROM mirror.event WHERE block = $1 ORDER BY log_index", WITH(IN(&id)),
                 &rows));
    for (size_t i = 0, row = 0; i < block->n_logs; i++) {
        while (row < rows_count(rows) && rows_i64(rows, row, 0) < (int64_t)block->logs[i].index)
            row++;
        if (row < rows_count(rows) && rows_i64(rows, row, 0) == (int64_t)block->logs[i].index)
            continue;
        put_log(w, block, id, i, decoded);
        ++*put;
    }
    return OK;
}

/* Encode what the mirror keeps of the batch, moving `after` along. */
static enum err encode_blocks(struct writer *w, const struct block *blocks, size_t n,
                              struct decoded_log *const *decoded, struct cursor *after)
{
    buffer_reset(&w->block_rows);
    buffer_reset(&w->chain_rows);
    buffer_reset(&w->event_rows);
    buffer_reset(&w->feed_rows);
    w->n_blocks = w->n_chain = w->n_events = w->n_feed = 0;
    struct map known;
    map_init(&known, sizeof(struct hash), sizeof(struct known_block));
    enum err e = w->branches ? find_known(w, blocks, n, &known) : OK;
    for (size_t i = 0; e == OK && i < n; i++) {
        const struct block *block = &blocks[i];
        const struct known_block *old = map_get(&known, &block->hash);
        int64_t id = old != NULL ? old->id : after->next_block++;
        int64_t events = old != NULL ? old->events : (int64_t)block->n_logs;
        if (old == NULL) {
            put_block(w, block, id);
            for (size_t j = 0; j < block->n_logs; j++)
                put_log(w, block, id, j, decoded[i]);
        } else {
            e = put_missing_logs(w, block, id, decoded[i], &events);
        }
        copy_begin(&w->chain_rows, 2);
        copy_value(&w->chain_rows, T_U64, &block->number);
        copy_value(&w->chain_rows, T_I64, &id);
        w->n_chain++;
        if (events > 0)
            put_feed(w, after->next_feed_seq, (int32_t)events, id);
        after->next_feed_seq += events;
        after->events += events;
        after->head_block = id;
        after->head_number = (int64_t)block->number;
        after->head_hash = block->hash;
    }
    map_done(&known);
    return e;
}

static enum err copy_all(struct writer *w)
{
    TRY(books_copy_table(w->db, "COPY mirror.block (id, number, hash, parent_hash, time, proof) FROM STDIN BINARY",
                         &w->block_rows, w->n_blocks));
    TRY(books_copy_table(w->db, "COPY mirror.chain (number, block) FROM STDIN BINARY", &w->chain_rows, w->n_chain));
    TRY(books_copy_table(w->db, event_copy_sql, &w->event_rows, w->n_events));
    TRY(books_copy_table(w->db, "COPY mirror.feed (seq, events, block, added, since, generation) FROM STDIN BINARY",
                         &w->feed_rows, w->n_feed));
    TRY(reads_store(&w->books.reads, w->db));
    return books_copy(&w->books, w->db);
}

static int64_t known_or(uint64_t number, int64_t otherwise)
{
    return number == UINT64_MAX ? otherwise : (int64_t)number;
}

static int64_t lesser(int64_t a, int64_t b)
{
    return a < b ? a : b;
}

/* Finality as of the booked head: never above it, never back. */
static void note_source(const struct step *step, struct cursor *after)
{
    after->source_head = (int64_t)step->head;
    int64_t safe = lesser(known_or(step->safe, after->safe_number), after->head_number);
    int64_t finalized = lesser(known_or(step->finalized, after->finalized_number), after->head_number);
    if (finalized > after->finalized_number)
        after->finalized_number = finalized;
    after->safe_number = safe > after->finalized_number ? safe : after->finalized_number;
}

/* Tell every API process that answers may have changed; delivered at commit. */
static enum err commit_and_tell(struct writer *w)
{
    TRY(db_run(w->db, "SELECT pg_notify('altledger_state', '')", WITH_NOTHING, NULL));
    return db_commit(w->db);
}

/* One transaction. The source's mark moves with the step's last blocks only: it stands for all of them. */
static enum err book_batch(struct writer *w, const struct step *step, size_t first, size_t n,
                           struct decoded_log *const *decoded)
{
    struct cursor after = w->cursor;
    const struct block *blocks = step->blocks + first;
    TRY(encode_blocks(w, blocks, n, decoded + first, &after));
    TRY(apply_batch(&w->books, w->db, w->network, blocks, decoded + first, n));
    after.root = w->books.batch_root;
    after.next_account = (int64_t)w->books.batch_next_account;
    if (first + n == step->n_blocks)
        after.source_mark = (int64_t)step->mark;
    note_source(step, &after);
    TRY(db_begin(w->db, ""));
    TRY(cursor_advance(w->db, &w->cursor, &after));
    TRY(copy_all(w));
    TRY(commit_and_tell(w));
    books_batch_done(&w->books);
    w->cursor = after;
    return OK;
}

/* What a closing pays is computed from the books by long statements, which need the indexes of the entries. */
static enum err prepare_closing(struct writer *w)
{
    AUTO_ROWS rows = NULL;
    TRY(db_query(w->db, "SELECT EXISTS (SELECT FROM reward_submission)", WITH_NOTHING, &rows));
    if (!rows_bool(rows, 0, 0))
        return OK;
    if (w->bulk) {
        log_info("mirror", "days are to be closed; building the indexes");
        TRY(writer_bulk(w, false));
    }
    return lease_hold(w->db, w->cursor.epoch);
}

enum err writer_book(struct writer *w, const struct step *step, struct decoded_log *const *decoded)
{
    for (size_t first = 0, n; first < step->n_blocks; first += n) {
        bool closes;
        TRY(apply_fit(&w->books, w->db, w->network, step->blocks + first, step->n_blocks - first, &n, &closes));
        if (closes)
            TRY(prepare_closing(w));
        TRY(book_batch(w, step, first, n, decoded));
    }
    return OK;
}

enum err writer_unwind(struct writer *w, const struct step *step)
{
    int64_t fork = (int64_t)step->fork;
    log_warn("mirror", "reorg: unwinding from block %lld to %lld", (long long)w->cursor.head_number, (long long)fork);
    struct cursor after = w->cursor;
    after.source_mark = (int64_t)step->mark;
    TRY(db_begin(w->db, ""));
    TRY(cursor_advance(w->db, &w->cursor, &after));
    TRY(db_run(w->db, "SELECT mirror.unwind($1, $2)", WITH(IN(&w->cursor.epoch), IN(&fork)), NULL));
    TRY(cursor_read(w->db, &w->arena, &after));
    TRY(commit_and_tell(w));
    w->cursor = after;
    w->branches = true;
    books_forget(&w->books, (uint64_t)after.next_account, after.root);
    return OK;
}

enum err writer_note(struct writer *w, const struct step *step)
{
    struct cursor after = w->cursor;
    after.source_mark = (int64_t)step->mark;
    note_source(step, &after);
    if (after.source_head == w->cursor.source_head && after.safe_number == w->cursor.safe_number &&
        after.finalized_number == w->cursor.finalized_number)
        return OK;
    TRY(db_begin(w->db, ""));
    TRY(cursor_advance(w->db, &w->cursor, &after));
    TRY(commit_and_tell(w));
    w->cursor = after;
    return OK;
}

enum err writer_renew(struct writer *w)
{
    return lease_renew(w->db, w->cursor.epoch);
}

enum err writer_stop(struct writer *w, const char *reason)
{
    return cursor_stop(w->db, w->cursor.epoch, reason);
}

bool writer_must_read(const struct writer *w)
{
    return books_cache_full(&w->books);
}

bool writer_in_bulk(const struct writer *w)
{
    return w->bulk;
}

enum err writer_bulk(struct writer *w, bool begin)
{
    if (begin) {
        TRY(db_run(w->db, "SELECT mirror.bulk_begin($1)", WITH(IN(&w->cursor.epoch)), NULL));
        w->bulk = true;
        return OK;
    }
    TRY(lease_hold(w->db, w->cursor.epoch));
    TRY(db_run(w->db, "SELECT mirror.bulk_end($1)", WITH(IN(&w->cursor.epoch)), NULL));
    w->bulk = false;
    return lease_renew(w->db, w->cursor.epoch);
}
