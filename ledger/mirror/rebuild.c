/* ledger/mirror/rebuild.c - see rebuild.h. */
#include "ledger/mirror/rebuild.h"

#include <inttypes.h>
#include <string.h>
#include <time.h>

#include "ledger/core/log.h"
#include "ledger/mirror/event_type.h"
#include "ledger/mirror/feeder.h"
#include "ledger/mirror/lease.h"
#include "ledger/mirror/mirror.h"
#include "ledger/mirror/store.h"
#include "ledger/mirror/verify.h"
#include "ledger/root.h"

enum { REBUILD_TAKE_MS = 200, REBUILD_SAY_SECONDS = 5 };

struct rebuild {
    const struct rebuild_options *options;
    struct db *db;
    struct arena arena; /* texts of the cursor */
    struct cursor cursor;
    struct event_types types;
    struct books books;
    struct asker *asker; /* for reads that were not stored; NULL: there is no node */
    time_t renewed, said;
};

static enum err keep_lease(struct rebuild *r)
{
    if (time(NULL) - r->renewed < LEASE_RENEW_SECONDS)
        return OK;
    r->renewed = time(NULL);
    return lease_renew(r->db, r->cursor.epoch);
}

static void say(struct rebuild *r, const char *what, uint64_t number)
{
    if (time(NULL) - r->said < REBUILD_SAY_SECONDS)
        return;
    r->said = time(NULL);
    log_info("rebuild", "%s: at block %" PRIu64 " of %" PRId64, what, number, r->cursor.head_number);
}

/* ---- the logs of contracts that the new network file adds ------------------------------------------------------- */

static bool is_added(const struct network *old, const struct contract *c)
{
    const struct contract *before = network_contract(old, c->address);
    return before == NULL || before->from_block > c->from_block;
}

/* The new network with the added contracts only. ERR_END: none is added. */
static enum err added_contracts(struct rebuild *r, struct network *out)
{
    struct network old;
    TRY(network_parse(r->cursor.network, strlen(r->cursor.network), &old));
    const struct network *new = r->options->network;
    AUTO_JSON file = json_deep_copy(new->file);
    json_t *entries = json_object_get(file, "contracts");
    size_t n = 0;
    for (size_t i = new->n_contracts; i-- > 0;) {
        if (is_added(&old, &new->contracts[i]))
            n++;
        else
            json_array_remove(entries, i);
    }
    network_done(&old);
    if (n == 0)
        return ERR_END;
    AUTO_ARENA arena = {0};
    const char *text = json_canonical(file, &arena);
    return network_parse(text, strlen(text), out);
}

struct stored_block {
    int64_t id;        /* 0: not stored */
    bool other_branch; /* another block is canonical at this number */
};

static enum err find_stored(struct rebuild *r, const struct block *block, struct stored_block *out)
{
    AUTO_ROWS rows = NULL;
    TRY(db_query(r->db,
                 "SELECT coalesce((SELECT id FROM mirror.block WHERE hash = $1), 0),"
                 "       EXISTS (SELECT FROM mirror.chain c JOIN mirror.block b ON b.id = c.block"
                 "                WHERE c.number = $2 AND b.hash <> $1)",
                 WITH(IN(&block->hash), IN(&block->number)), &rows));
    *out = (struct stored_block){rows_i64(rows, 0, 0), rows_bool(rows, 0, 1)};
    return OK;
}

/* Logs that an attempt before this one stored already. */
static enum err is_stored(struct rebuild *r, int64_t block, uint32_t log_index, bool *out)
{
    AUTO_ROWS rows = NULL;
    int32_t index = (int32_t)log_index;
    TRY(db_query(r->db, "SELECT EXISTS (SELECT FROM mirror.event WHERE block = $1 AND log_index = $2)",
                 WITH(IN(&block), IN(&index)), &rows));
    *out = rows_bool(rows, 0, 0);
    return OK;
}

static enum err store_block(struct rebuild *r, const struct block *block, const struct decoded_log *decoded)
{
    struct stored_block stored;
    TRY(find_stored(r, block, &stored));
    if (stored.id == 0 && stored.other_branch)
        return OK; /* a branch that we never booked */
    struct cursor after = r->cursor;
    if (stored.id == 0)
        stored.id = after.next_block++;
    AUTO_BUFFER events = {0};
    uint64_t n = 0;
    for (size_t i = 0; i < block->n_logs; i++) {
        bool known = false;
        TRY(is_stored(r, stored.id, block->logs[i].index, &known));
        if (known)
            continue;
        event_put(&events, &r->types, &(struct event_place){stored.id, block->number, r->cursor.generation + 1},
                  &block->logs[i], &decoded[i]);
        n++;
    }
    TRY(db_begin(r->db, ""));
    TRY(cursor_advance(r->db, &r->cursor, &after));
    if (after.next_block != r->cursor.next_block) {
        struct instant time = {block->time};
        int16_t proof = (int16_t)block->proof;
        TRY(db_run(
            r->db,
            "INSERT INTO mirror.block (id, number, hash, parent_hash, time, proof) VALUES ($1, $2, $3, $4, $5, $6)",
            WITH(IN(&stored.id), IN(&block->number), IN(&block->hash), IN(&block->parent_hash), IN(&time), IN(&proof)),
            NULL));
        TRY(db_run(r->db, "INSERT INTO mirror.chain (number, block) VALUES ($1, $2)",
                   WITH(IN(&block->number), IN(&stored.id)), NULL));
    }
    TRY(books_copy_table(r->db, event_copy_sql, &events, n));
    TRY(db_commit(r->db));
    r->cursor = after;
    return OK;
}

static enum err take_blocks(struct rebuild *r, const struct parcel *p, bool *past_head)
{
    for (size_t i = 0; p->step.kind == STEP_BLOCKS && i < p->step.n_blocks; i++) {
        const struct block *block = &p->step.blocks[i];
        if ((int64_t)block->number > r->cursor.head_number)
            *past_head = true;
        else if (block->n_logs > 0)
            TRY(store_block(r, block, p->decoded[i]));
        say(r, "reading the logs of added contracts", block->number);
    }
    return OK;
}

static enum err read_feeder(struct rebuild *r, struct feeder *feeder)
{
    bool past_head = false;
    while (!past_head) {
        if (atomic_load(r->options->stop))
            return ERR_STOPPED;
        TRY(keep_lease(r));
        struct parcel *p = feeder_take(feeder, REBUILD_TAKE_MS);
        if (p == NULL)
            continue;
        enum err e = p->result == OK ? take_blocks(r, p, &past_head) : err_with(p->result, "%s", p->detail);
        feeder_give_back(feeder, p);
        if (e == ERR_END)
            return OK;
        TRY(e);
    }
    return OK;
}

static enum err fetch_added(struct rebuild *r)
{
    struct network added;
    enum err e = added_contracts(r, &added);
    if (e == ERR_END)
        return OK;
    TRY(e);
    log_info("rebuild", "%zu contracts are new, or start earlier: reading their logs", added.n_contracts);
    if (r->options->n_locations == 0) {
        network_done(&added);
        return err_with(ERR_CONFIG, "network: contracts were added; their logs can only be read with --source");
    }
    struct source_options options = {
        .network = &added,
        .locations = r->options->locations,
        .n_locations = r->options->n_locations,
        .once = true,
        .poll_ms = 1000,
        .timeout_ms = r->options->timeout_ms,
        .finalized = UINT64_MAX,
        .max_blocks = MIRROR_BATCH_BLOCKS,
        .max_logs = MIRROR_BATCH_LOGS,
        .max_bytes = MIRROR_BATCH_BYTES,
    };
    struct feeder *feeder;
    e = feeder_start(&options, &feeder);
    if (e == OK) {
        e = read_feeder(r, feeder);
        feeder_stop(feeder);
    }
    network_done(&added);
    return e;
}

/* ---- booking ---------------------------------------------------------------------------------------------------- */

static enum err book_batch(struct rebuild *r, const struct block *blocks, struct decoded_log *const *decoded, size_t n)
{
    TRY(apply_batch(&r->books, r->db, r->options->network, blocks, decoded, n));
    TRY(db_begin(r->db, ""));
    TRY(lease_renew(r->db, r->cursor.epoch));
    TRY(reads_store(&r->books.reads, r->db));
    TRY(books_copy(&r->books, r->db));
    TRY(db_commit(r->db));
    books_batch_done(&r->books);
    r->renewed = time(NULL);
    return OK;
}

static enum err apply_window(struct rebuild *r, const struct block *blocks, size_t n, struct arena *arena)
{
    struct decoded_log **decoded = ARENA_ARRAY(arena, struct decoded_log *, n);
    for (size_t i = 0; i < n; i++)
        decoded[i] = decode_block(r->options->network, &blocks[i], arena);
    for (size_t first = 0, fit; first < n; first += fit) {
        bool closes;
        TRY(apply_fit(&r->books, r->db, r->options->network, blocks + first, n - first, &fit, &closes));
        if (closes)
            TRY(lease_hold(r->db, r->cursor.epoch));
        TRY(book_batch(r, blocks + first, decoded + first, fit));
    }
    return OK;
}

static enum err book_all(struct rebuild *r)
{
    int64_t before_all = -1;
    TRY(db_run(r->db, "SELECT mirror.rebuild_begin($1)", WITH(IN(&r->cursor.epoch)), NULL));
    TRY(db_run(r->db, "SET search_path = ledger_next", WITH_NOTHING, NULL));
    struct hash start = root_start(r->options->network->chain_id, r->options->network->hash, RULES_VERSION);
    TRY(db_run(r->db, "INSERT INTO root (position, root) VALUES ($1, $2)", WITH(IN(&before_all), IN(&start)), NULL));
    books_forget(&r->books, 1, start);
    struct store store = {r->db, r->options->network, 0, r->cursor.head_number};
    AUTO_ARENA arena = {0};
    for (;;) {
        if (atomic_load(r->options->stop))
            return ERR_STOPPED;
        arena_reset(&arena);
        struct block *blocks;
        size_t n;
        enum err e = store_next(&store, &arena, &blocks, &n);
        if (e == ERR_END)
            return OK;
        TRY(e);
        TRY(apply_window(r, blocks, n, &arena));
        say(r, "booking", blocks[n - 1].number);
    }
}

static enum err verify_next(struct rebuild *r, struct verify_report *report)
{
    log_info("rebuild", "booked; verifying the new generation");
    TRY(lease_hold(r->db, r->cursor.epoch));
    TRY(verify_books(r->db, r->options->network, "SET LOCAL search_path = ledger_next", r->options->stop, report));
    if (report->differences > 0)
        return err_with(ERR_INTERNAL, "the new generation does not verify: %s", report->named[0]);
    return OK;
}

/* One transaction: announce the added events, count them, put the new books in the place of the old. */
static enum err switch_over(struct rebuild *r, const struct verify_report *report)
{
    const struct network *network = r->options->network;
    int32_t version = RULES_VERSION, generation = r->cursor.generation + 1;
    struct cursor after = r->cursor;
    AUTO_ROWS sum = NULL;
    TRY(db_begin(r->db, ""));
    TRY(db_query(
        r->db,
        "WITH told AS (INSERT INTO mirror.feed (seq, events, block, added, since, generation)"
        "  SELECT $1 + sum(l.n) OVER (ORDER BY l.number) - l.n, l.n, l.block, true, $2 - 1, $2"
        "    FROM (SELECT h.number, h.block, count(*)::integer AS n FROM mirror.chain h JOIN mirror.event e ON e.block = h.block"
        "           WHERE e.generation = $2 GROUP BY h.number, h.block) l"
        "  RETURNING events) SELECT coalesce(sum(events), 0)::bigint FROM told",
        WITH(IN(&r->cursor.next_feed_seq), IN(&generation)), &sum));
    after.next_feed_seq += rows_i64(sum, 0, 0);
    after.events = (int64_t)report->events;
    TRY(cursor_advance(r->db, &r->cursor, &after));
    TRY(db_run(r->db, "SELECT mirror.rebuild_switch($1, $2, $3, $4, $5, $6)",
               WITH(IN(&r->cursor.epoch), IN(network->canonical), IN(&network->hash), IN(&version), IN(&r->books.root),
                    IN(&r->books.next_account)),
               NULL));
    TRY(db_run(r->db, "SELECT pg_notify('altledger_state', '')", WITH_NOTHING, NULL));
    return db_commit(r->db);
}

static enum err rebuild(struct rebuild *r)
{
    const struct network *network = r->options->network;
    TRY(db_open(r->options->writer_conninfo, "altledger_writer", "altledger mirror", &r->db));
    TRY(lease_take(r->db, &r->arena, &r->cursor));
    r->renewed = r->said = time(NULL);
    if (r->cursor.chain_id < 0)
        return OK; /* nothing is booked yet */
    if (r->cursor.chain_id != (int64_t)network->chain_id)
        return err_with(ERR_CONFIG, "the database mirrors chain %" PRId64 ", the network file names chain %" PRIu64,
                        r->cursor.chain_id, network->chain_id);
    if (hash_equal(r->cursor.network_hash, network->hash) && r->cursor.rules_version == RULES_VERSION &&
        !r->options->force)
        return OK;
    log_info("rebuild", "booking generation %d from the stored logs", r->cursor.generation + 1);
    TRY(event_types_sync(r->db, &r->types));
    TRY(fetch_added(r));
    TRY(book_all(r));
    struct verify_report report;
    TRY(verify_next(r, &report));
    TRY(switch_over(r, &report));
    log_info("rebuild", "switched to generation %d", r->cursor.generation + 1);
    return OK;
}

enum err rebuild_run(const struct rebuild_options *options)
{
    struct rebuild r = {.options = options};
    books_init(&r.books);
    enum err e = asker_of_source(options->locations, options->n_locations, options->timeout_ms, &r.asker);
    if (r.asker != NULL) {
        r.books.reads.ask = asker_read;
        r.books.reads.ask_arg = r.asker;
    }
    if (e == OK)
        e = rebuild(&r);
    if (r.db != NULL) {
        if (db_alive(r.db) && r.cursor.epoch > 0) {
            db_rollback(r.db);
            lease_release(r.db, r.cursor.epoch);
        }
        db_close(r.db);
    }
    asker_close(r.asker);
    books_done(&r.books);
    event_types_done(&r.types);
    arena_done(&r.arena);
    return e;
}
