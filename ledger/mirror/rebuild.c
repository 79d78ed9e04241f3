/* ledger/mirror/rebuild.c - see rebuild.h. */
#include "ledger/mirror/rebuild.h"

#include <inttypes.h>
#include <time.h>

#include "ledger/core/log.h"
#include "ledger/mirror/rebuild_impl.h"
#include "ledger/mirror/store.h"
#include "ledger/mirror/verify.h"
#include "ledger/root.h"

enum { REBUILD_SAY_SECONDS = 5 };

enum err rebuild_keep_lease(struct rebuild *r)
{
    if (time(NULL) - r->renewed < LEASE_RENEW_SECONDS)
        return OK;
    r->renewed = time(NULL);
    return lease_renew(r->db, r->cursor.epoch);
}

void rebuild_say(struct rebuild *r, const char *what, uint64_t number)
{
    if (time(NULL) - r->said < REBUILD_SAY_SECONDS)
        return;
    r->said = time(NULL);
    log_info("rebuild", "%s: at block %" PRIu64 " of %" PRId64, what, number, r->cursor.head_number);
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
        rebuild_say(r, "booking", blocks[n - 1].number);
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
    TRY(rebuild_fetch(r));
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
