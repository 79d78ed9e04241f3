/* governance/log_verify.c - the log from its first entry to its last, a chunk at a time; see log_verify.h. */
#include "governance/log_verify.h"

#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "governance/log_verify_impl.h"
#include "governance/replay_chain.h"
#include "ledger/core/crew.h"

enum { CHUNK_ROWS = 500, CHUNKS = 16 };

/* Columns of a chunk. */
enum { POSITION, KIND, DIGEST, AUTHOR, SPACE, PROPOSAL, STAMP, RECEIVED, LEAF, SIZE, RECEIPT, ENTRY, ROOT };

/* Entries that are checked side by side. */
struct chunk {
    struct arena arena;
    struct rows *rows;
    uint64_t chain_id;
    struct checked checked[CHUNK_ROWS];
};

void log_verify_differ(struct log_verify *v, const char *format, ...)
{
    struct log_verify_report *r = v->report;
    r->differences++;
    if (r->n_named == LOG_VERIFY_NAMED_MAX)
        return;
    va_list arguments;
    va_start(arguments, format);
    (void)vsnprintf(r->named[r->n_named], sizeof r->named[r->n_named], format, arguments);
    va_end(arguments);
    r->n_named++;
}

/* ---- chunks ---- */

static void work(void *item)
{
    struct chunk *c = item;
    for (size_t i = 0; i < rows_count(c->rows); i++) {
        c->checked[i] = (struct checked){.chain_id = c->chain_id,
                                         .position = rows_u64(c->rows, i, POSITION),
                                         .size = rows_u64(c->rows, i, SIZE),
                                         .text = rows_bytes(c->rows, i, ENTRY),
                                         .receipt = rows_bytes(c->rows, i, RECEIPT)};
        if (!rows_null(c->rows, i, ROOT))
            c->checked[i].root = rows_hash(c->rows, i, ROOT);
        check_entry(&c->checked[i], &c->arena);
    }
}

static void clear(struct chunk *c)
{
    for (size_t i = 0; c->rows != NULL && i < rows_count(c->rows); i++)
        if (c->checked[i].read)
            entry_done(&c->checked[i].entry);
    rows_done(&c->rows);
    arena_reset(&c->arena);
}

static enum err read_chunk(struct log_verify *v, int64_t after, struct chunk *c)
{
    const int64_t limit = CHUNK_ROWS;
    return db_query(v->db,
                    "SELECT m.position, m.kind, m.digest, m.author, m.space, m.proposal, m.stamp, m.received, m.leaf,"
                    " m.size, m.receipt, m.entry, c.root FROM governance.message m"
                    " LEFT JOIN governance.checkpoint c ON c.size = m.size WHERE m.position > $1"
                    " ORDER BY m.position LIMIT $2",
                    WITH(IN(&after), IN(&limit)), &c->rows);
}

/* ---- the tree ---- */

static void keep_subtree(void *arg, unsigned level, uint64_t index, struct hash hash)
{
    struct log_verify *v = arg;
    const struct subtree_row row = {.level = (int16_t)level, .index = index, .hash = hash};
    v->subtrees++;
    buffer_bytes(&v->subtree_rows, &row, sizeof row);
}

static enum err check_subtrees(struct log_verify *v)
{
    const struct subtree_row *all = (const struct subtree_row *)(const void *)v->subtree_rows.p;
    for (size_t i = 0; i < v->subtree_rows.n / sizeof *all; i++) {
        AUTO_ROWS rows = NULL;
        TRY(db_query(v->db, "SELECT s.hash FROM governance.subtree s WHERE s.level = $1 AND s.index = $2",
                     WITH(IN(&all[i].level), IN(&all[i].index)), &rows));
        if (rows_count(rows) == 0 || !hash_equal(rows_hash(rows, 0, 0), all[i].hash))
            log_verify_differ(v, "governance.subtree: %d/%" PRIu64 " is not the hash of its entries", all[i].level,
                              all[i].index);
    }
    buffer_reset(&v->subtree_rows);
    return OK;
}

static bool note_is_ours(const struct log_verify *v, const char *note, uint64_t size, struct hash root)
{
    struct note_key key;
    uint64_t of_size;
    struct hash of_root;
    return replay_open_note(&v->replay, note, &key, &of_size, &of_root) == OK && of_size == size &&
           hash_equal(of_root, root);
}

static void check_checkpoint(struct log_verify *v, const struct rows *rows, size_t i)
{
    enum { CP_SIZE, CP_ROOT, CP_FRONTIER, CP_RECEIVED, CP_NOTE };
    uint64_t size = rows_u64(rows, i, CP_SIZE);
    struct hash root = rows_hash(rows, i, CP_ROOT);
    struct slice frontier = {v->frontier.all[0].b, v->frontier.n * sizeof(struct hash)};
    v->report->checkpoints++;
    if (!hash_equal(root, frontier_root(&v->frontier)))
        log_verify_differ(v, "governance.checkpoint: %" PRIu64 ": its root is not that of the entries", size);
    if (!slice_equal(rows_bytes(rows, i, CP_FRONTIER), frontier))
        log_verify_differ(v, "governance.checkpoint: %" PRIu64 ": its frontier is not that of the entries", size);
    if (rows_time(rows, i, CP_RECEIVED).unix_seconds != v->replay.received.unix_seconds)
        log_verify_differ(v, "governance.checkpoint: %" PRIu64 ": its time is not that of its entries", size);
    if (!note_is_ours(v, rows_text(rows, i, CP_NOTE), size, root))
        log_verify_differ(v, "governance.checkpoint: %" PRIu64 ": its note is not signed by the log's key", size);
}

/* ---- entries in order ---- */

static void compare_message(struct log_verify *v, const struct chunk *c, size_t i, const struct replay_rows *made)
{
    struct message_row row = made->message;
    const struct rows *rows = c->rows;
    row.size = c->checked[i].size;
    row.receipt = c->checked[i].receipt;
    log_verify_side_put(&v->expected, LOG_MESSAGE, row.position, &row);
    const struct message_row stored = {.position = row.position,
                                       .kind = (int16_t)rows_i64(rows, i, KIND),
                                       .digest = rows_hash(rows, i, DIGEST),
                                       .author = rows_address(rows, i, AUTHOR),
                                       .space = rows_text(rows, i, SPACE),
                                       .proposal = rows_hash(rows, i, PROPOSAL),
                                       .stamp = rows_time(rows, i, STAMP),
                                       .received = rows_time(rows, i, RECEIVED),
                                       .leaf = rows_hash(rows, i, LEAF),
                                       .size = row.size,
                                       .receipt = row.receipt,
                                       .entry = row.entry};
    log_verify_side_put(&v->stored, LOG_MESSAGE, row.position, &stored);
}

static enum err take_entry(struct log_verify *v, struct chunk *c, size_t i)
{
    struct checked *k = &c->checked[i];
    struct replay_rows rows;
    v->report->entries++;
    if (k->position != v->frontier.size)
        log_verify_differ(v, "governance.message: position %" PRIu64 " follows %" PRIu64 " entries", k->position,
                          v->frontier.size);
    frontier_add(&v->frontier, k->leaf, keep_subtree, v);
    if (k->read) {
        TRY(replay_entry(&v->replay, k, &c->arena, &rows));
        compare_message(v, c, i, &rows);
    }
    if (k->fault[0] != '\0')
        log_verify_differ(v, "governance.message: position %" PRIu64 ": %s", k->position, k->fault);
    else
        log_verify_side_put(&v->expected, rows.table, k->position, &rows.row);
    return OK;
}

/* Each entry's receipt names the first checkpoint that holds it. */
static enum err take_entries(struct log_verify *v, struct chunk *c)
{
    int64_t after = (int64_t)v->frontier.size, limit = CHUNK_ROWS + 1;
    AUTO_ROWS checkpoints = NULL;
    TRY(db_query(v->db,
                 "SELECT c.size, c.root, c.frontier, c.received, c.note FROM governance.checkpoint c WHERE c.size > $1"
                 " ORDER BY c.size LIMIT $2",
                 WITH(IN(&after), IN(&limit)), &checkpoints));
    size_t next = 0, n = rows_count(checkpoints);
    for (size_t i = 0; i < rows_count(c->rows); i++) {
        if (next == n || c->checked[i].size != rows_u64(checkpoints, next, 0))
            log_verify_differ(v, "governance.message: position %" PRIu64 " is not of the checkpoint that it names",
                              c->checked[i].position);
        TRY(take_entry(v, c, i));
        if (next < n && rows_u64(checkpoints, next, 0) == v->frontier.size)
            check_checkpoint(v, checkpoints, next++);
    }
    return OK;
}

static enum err take_chunk(struct log_verify *v, struct chunk *c, int64_t after, bool last)
{
    size_t n = rows_count(c->rows);
    int64_t upto = last ? INT64_MAX : rows_i64(c->rows, n - 1, POSITION);
    TRY(take_entries(v, c));
    TRY(log_verify_rows(v, after, upto));
    TRY(check_subtrees(v));
    log_verify_side_reset(&v->expected);
    log_verify_side_reset(&v->stored);
    arena_reset(&v->arena);
    return atomic_load(v->stop) ? err_with(ERR_STOPPED, "stopped") : OK;
}

/* ---- the whole ---- */

static enum err take_chunks(struct log_verify *v, struct crew *crew, struct chunk *chunks)
{
    int64_t read = INT64_MIN, taken = INT64_MIN;
    size_t next = 0;
    bool end = false;
    enum err e = OK;
    for (;;) {
        while (e == OK && !end && crew_has_room(crew)) {
            struct chunk *c = &chunks[next++ % CHUNKS];
            e = read_chunk(v, read, c);
            if (e != OK)
                break;
            end = rows_count(c->rows) < CHUNK_ROWS;
            if (rows_count(c->rows) > 0)
                read = rows_i64(c->rows, rows_count(c->rows) - 1, POSITION);
            crew_give(crew, c);
        }
        struct chunk *c = crew_take(crew);
        if (c == NULL)
            return e;
        bool last = rows_count(c->rows) < CHUNK_ROWS;
        if (e == OK)
            e = take_chunk(v, c, taken, last);
        if (rows_count(c->rows) > 0)
            taken = rows_i64(c->rows, rows_count(c->rows) - 1, POSITION);
        clear(c);
    }
}

static enum err check_end(struct log_verify *v)
{
    AUTO_ROWS rows = NULL;
    TRY(db_query(v->db,
                 "SELECT coalesce((SELECT max(c.size) FROM governance.checkpoint c), 0), (SELECT count(*) FROM"
                 " governance.checkpoint), (SELECT count(*) FROM governance.subtree)",
                 WITH_NOTHING, &rows));
    if (rows_u64(rows, 0, 0) != v->frontier.size)
        log_verify_differ(v, "governance.checkpoint: the last one is of %" PRIu64 " entries, there are %" PRIu64,
                          rows_u64(rows, 0, 0), v->frontier.size);
    if (rows_u64(rows, 0, 1) != v->report->checkpoints)
        log_verify_differ(v, "governance.checkpoint: there are %" PRIu64 " rows, entries make %" PRIu64,
                          rows_u64(rows, 0, 1), v->report->checkpoints);
    if (rows_u64(rows, 0, 2) != v->subtrees)
        log_verify_differ(v, "governance.subtree: there are %" PRIu64 " rows, entries make %" PRIu64,
                          rows_u64(rows, 0, 2), v->subtrees);
    return OK;
}

static enum err run_all(struct log_verify *v, unsigned threads)
{
    AUTO_CREW crew = NULL;
    AUTO_ROWS rows = NULL;
    TRY(db_query(v->db, "SELECT coalesce(c.chain_id, 0) FROM mirror.cursor c", WITH_NOTHING, &rows));
    TRY(facts_read_end(&v->facts, v->db));
    v->replay.chain.blocks = v->facts.chain;
    TRY(crew_open(threads, CHUNKS, work, &crew));
    struct chunk *chunks = memory_resize(NULL, CHUNKS * sizeof *chunks);
    memset(chunks, 0, CHUNKS * sizeof *chunks);
    for (size_t i = 0; i < CHUNKS; i++)
        chunks[i].chain_id = rows_u64(rows, 0, 0);
    enum err e = take_chunks(v, crew, chunks);
    crew_close(&crew);
    for (size_t i = 0; i < CHUNKS; i++)
        arena_done(&chunks[i].arena);
    memory_free(chunks);
    if (e == OK)
        e = check_end(v);
    return e == OK ? log_verify_counts(v) : e;
}

static enum err in_snapshot(struct db *db, unsigned threads, atomic_bool *stop, struct log_verify_report *out)
{
    struct log_verify v = {.db = db, .stop = stop, .report = out};
    const struct replay_chain chain = replay_chain(db, (struct chain_facts){.any = false});
    TRY(db_begin(db, "ISOLATION LEVEL REPEATABLE READ READ ONLY"));
    facts_init(&v.facts);
    replay_init(&v.replay, &chain);
    enum err e = run_all(&v, threads);
    db_rollback(db); /* it has read only */
    replay_done(&v.replay);
    facts_done(&v.facts);
    log_verify_side_done(&v.expected);
    log_verify_side_done(&v.stored);
    buffer_done(&v.subtree_rows);
    arena_done(&v.arena);
    return e;
}

enum err log_verify_run(const char *conninfo, unsigned threads, atomic_bool *stop, struct log_verify_report *out)
{
    struct db *db = NULL;
    *out = (struct log_verify_report){.entries = 0};
    TRY(db_open(conninfo, "altledger_api", "altledger verify", &db));
    /* The role's timeouts are for requests; this reads everything, and computes in between. */
    enum err e = db_script(db, "SET statement_timeout = 0; SET idle_in_transaction_session_timeout = 0");
    if (e == OK)
        e = in_snapshot(db, threads, stop, out);
    db_close(db);
    return e;
}
