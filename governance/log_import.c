/* governance/log_import.c - the file's lines, verified one after the other, written a transaction at a time; see log_import.h. */
#include "governance/log_import.h"

#include <inttypes.h>
#include <string.h>

#include "governance/import_impl.h"
#include "governance/lines.h"
#include "governance/replay_chain.h"

enum { CHUNK_ENTRIES = 2000 };

/* ---- the chunk ---- */

static void chunk_reset(struct import_chunk *c, uint64_t begins)
{
    arena_reset(&c->arena);
    log_rows_reset(&c->rows);
    c->begins = begins;
    c->n = 0;
    c->first = NULL;
    c->last = &c->first;
    c->first_checkpoint = NULL;
    c->last_checkpoint = &c->first_checkpoint;
    c->first_ballot = NULL;
    c->last_ballot = &c->first_ballot;
}

static void keep_subtree(void *arg, unsigned level, uint64_t index, struct hash hash)
{
    const struct subtree_row row = {.level = (int16_t)level, .index = index, .hash = hash};
    log_rows_put(arg, LOG_SUBTREE, &row);
}

static enum err refuse(const struct line_taken *line, const char *what)
{
    return err_with(ERR_FIELD, "line %" PRIu64 ": %s", line->number, what);
}

static void keep_ballot(struct import *m, const struct ballot_row *row, uint64_t size)
{
    struct import_ballot *b = ARENA_NEW(&m->chunk.arena, struct import_ballot);
    *b = (struct import_ballot){.row = *row, .size = size};
    b->row.choice = arena_text(&m->arena, row->choice, strlen(row->choice));
    *m->chunk.last_ballot = b;
    m->chunk.last_ballot = &b->next;
}

static void keep_entry(struct import *m, const struct line_taken *line, const struct replay_rows *rows)
{
    struct import_chunk *c = &m->chunk;
    const struct bundle_entry *e = &line->line.entry;
    struct import_entry *kept = ARENA_NEW(&c->arena, struct import_entry);
    struct message_row row = rows->message;
    *kept = (struct import_entry){.position = e->position, .size = e->size, .line = line->number};
    kept->text = (struct slice){arena_copy(&c->arena, e->text, e->n), e->n};
    kept->receipt = (struct slice){arena_copy(&c->arena, e->signature.p, e->signature.n), e->signature.n};
    *c->last = kept;
    c->last = &kept->next;
    c->n++;
    row.size = e->size;
    row.receipt = e->signature;
    log_rows_put(&c->rows, LOG_MESSAGE, &row);
    log_rows_put(&c->rows, rows->table, &rows->row);
    frontier_add(&m->frontier, row.leaf, keep_subtree, &c->rows);
    if (rows->table == LOG_BALLOT)
        keep_ballot(m, &rows->row.ballot, e->size);
}

/* ---- what the database has already ---- */

static enum err differs(uint64_t line, const char *what)
{
    return err_with(ERR_CONFLICT, "the database holds another log: line %" PRIu64 " of the file is not its %s", line,
                    what);
}

static enum err compare_chunk(const struct import *m)
{
    enum { POSITION, ENTRY, RECEIPT, SIZE, NOTE };
    const struct import_chunk *c = &m->chunk;
    const struct import_checkpoint *k = c->first_checkpoint;
    uint64_t end = c->begins + c->n;
    AUTO_ROWS rows = NULL;
    TRY(db_query(m->db,
                 "SELECT m.position, m.entry, m.receipt, m.size, c.note FROM governance.message m"
                 " JOIN governance.checkpoint c ON c.size = m.size WHERE m.position >= $1 AND m.position < $2"
                 " ORDER BY m.position",
                 WITH(IN(&c->begins), IN(&end)), &rows));
    size_t i = 0;
    for (const struct import_entry *e = c->first; e != NULL; e = e->next, i++) {
        if (i >= rows_count(rows) || rows_u64(rows, i, POSITION) != e->position ||
            !slice_equal(rows_bytes(rows, i, ENTRY), e->text))
            return differs(e->line, "entry of that position");
        if (rows_u64(rows, i, SIZE) != e->size || !slice_equal(rows_bytes(rows, i, RECEIPT), e->receipt))
            return differs(e->line, "receipt of that position");
        while (k->row.size < e->size)
            k = k->next;
        if (strcmp(k->row.note, rows_text(rows, i, NOTE)) != 0)
            return differs(e->line + 1, "checkpoint");
    }
    return OK;
}

/* ---- writing ---- */

static enum err write_chunk(struct import *m)
{
    struct facts end;
    TRY(db_run(m->db, "SELECT pg_catalog.pg_advisory_xact_lock(4712)", WITH_NOTHING, NULL));
    facts_init(&end);
    enum err e = facts_read_end(&end, m->db);
    bool same = e == OK && end.frontier.size == m->chunk.begins && end.generation == m->facts.generation;
    facts_done(&end);
    TRY(e);
    if (!same)
        return err_with(ERR_CONFLICT,
                        "somebody else has changed the log or the books meanwhile: stop them, run it again");
    TRY(import_count(m, true));
    return log_rows_copy(&m->chunk.rows, m->db);
}

/* Whether the commit happened is seen by who runs it again. */
static enum err flush(struct import *m)
{
    struct import_chunk *c = &m->chunk;
    enum err e;
    if (c->n == 0)
        return OK;
    if (c->begins < m->known) {
        TRY(compare_chunk(m));
        TRY(import_count(m, false));
        m->report->known += c->n;
    } else {
        TRY(db_begin(m->db, ""));
        e = write_chunk(m);
        if (e != OK) {
            db_rollback(m->db);
            return e;
        }
        TRY(db_commit(m->db));
        m->report->written += c->n;
    }
    chunk_reset(c, c->begins + c->n);
    if (m->options->progress != NULL)
        m->options->progress(m->options->arg, c->begins, m->size);
    return OK;
}

/* ---- lines ---- */

static enum err take_entry(struct import *m, struct line_taken *line)
{
    struct replay_rows rows;
    struct checked *c = &line->checked;
    if (c->position != m->frontier.size)
        return refuse(line, "it is not the next position");
    if (c->position == m->batch_begins) {
        m->batch_size = c->size;
        m->batch_root = c->root;
    }
    if (c->size != m->batch_size || !hash_equal(c->root, m->batch_root))
        return refuse(line, "its receipt names another checkpoint than that of the entry before it");
    if (c->read)
        TRY(replay_entry(&m->replay, c, line->arena, &rows));
    if (c->fault[0] != '\0')
        return refuse(line, c->fault);
    m->report->by_evidence += c->signed_by == SIGNED_BY_EVIDENCE;
    keep_entry(m, line, &rows);
    return OK;
}

static enum err check_note(const struct import *m, const struct bundle_checkpoint *k)
{
    struct note_key key;
    uint64_t size;
    struct hash root;
    TRY(replay_open_note(&m->replay, k->note, &key, &size, &root));
    return size == k->size && hash_equal(root, k->root) ? OK : err_with(ERR_FIELD, "the note is of another checkpoint");
}

static enum err take_checkpoint(struct import *m, const struct line_taken *line)
{
    const struct bundle_checkpoint *k = &line->line.checkpoint;
    struct import_chunk *c = &m->chunk;
    bool any = m->batch_begins < m->frontier.size;
    if (!any || k->size != m->frontier.size || k->size != m->batch_size || !hash_equal(k->root, m->batch_root) ||
        k->received.unix_seconds != m->replay.received.unix_seconds)
        return refuse(line, "it is not the checkpoint of the entries before it");
    if (!hash_equal(k->root, frontier_root(&m->frontier)))
        return refuse(line, "it is not the root of the entries before it");
    if (check_note(m, k) != OK)
        return refuse(line, "the checkpoint is not signed by the log's key");
    struct import_checkpoint *kept = ARENA_NEW(&c->arena, struct import_checkpoint);
    size_t n = m->frontier.n * sizeof(struct hash);
    kept->row = (struct checkpoint_row){.size = k->size,
                                        .root = k->root,
                                        .frontier = {arena_copy(&c->arena, m->frontier.all, n), n},
                                        .received = k->received,
                                        .note = arena_text(&c->arena, k->note, strlen(k->note))};
    log_rows_put(&c->rows, LOG_CHECKPOINT, &kept->row);
    *c->last_checkpoint = kept;
    c->last_checkpoint = &kept->next;
    m->batch_begins = k->size;
    return c->n >= CHUNK_ENTRIES || k->size == m->known ? flush(m) : OK;
}

static enum err take(void *arg, struct line_taken *line)
{
    struct import *m = arg;
    if (line->fault != NULL)
        return refuse(line, line->fault);
    if (line->line.kind == BUNDLE_ENTRY)
        return take_entry(m, line);
    if (line->line.kind == BUNDLE_CHECKPOINT)
        return take_checkpoint(m, line);
    return refuse(line, "it is no line of a log");
}

static enum err begin(void *arg, const struct bundle_line *first, uint64_t *chain_id, uint64_t *known)
{
    struct import *m = arg;
    AUTO_ROWS rows = NULL;
    if (first->kind != BUNDLE_LOG)
        return err_with(ERR_FIELD, "line 1 is no log's");
    TRY(db_query(m->db, "SELECT coalesce(c.chain_id, -1) FROM mirror.cursor c", WITH_NOTHING, &rows));
    if ((uint64_t)rows_i64(rows, 0, 0) != first->log.chain_id)
        return err_with(ERR_CONFLICT, "the log is of chain %" PRIu64 ", the database of chain %" PRIi64,
                        first->log.chain_id, rows_i64(rows, 0, 0));
    if (m->known > first->log.size)
        return err_with(ERR_CONFLICT, "the database's log has %" PRIu64 " entries, the file's %" PRIu64, m->known,
                        first->log.size);
    m->size = first->log.size;
    *chain_id = first->log.chain_id;
    *known = m->known;
    return OK;
}

/* ---- the whole ---- */

static enum err run(struct import *m)
{
    const struct lines_options lines = {.path = m->options->path,
                                        .threads = m->options->threads,
                                        .stop = m->options->stop,
                                        .begin = begin,
                                        .take = take,
                                        .arg = m};
    /* The role's timeouts are for requests. */
    TRY(db_script(m->db,
                  "SET statement_timeout = 0; SET lock_timeout = 0; SET idle_in_transaction_session_timeout = 0"));
    TRY(facts_read_end(&m->facts, m->db));
    m->known = m->facts.frontier.size;
    m->replay.chain.blocks = m->facts.chain;
    TRY(lines_run(&lines));
    if (m->batch_begins != m->frontier.size)
        return err_with(ERR_FIELD, "the file ends before the checkpoint of its last entries");
    if (m->frontier.size != m->size)
        return err_with(ERR_FIELD, "the file ends at %" PRIu64 " entries of %" PRIu64, m->frontier.size, m->size);
    return flush(m);
}

enum err log_import(struct db *db, const struct import_options *options, struct import_report *out)
{
    struct import m = {.options = options, .report = out, .db = db};
    const struct replay_chain chain = replay_chain(db, (struct chain_facts){.any = false});
    *out = (struct import_report){.known = 0};
    replay_init(&m.replay, &chain);
    facts_init(&m.facts);
    chunk_reset(&m.chunk, 0);
    map_init(&m.proposals, sizeof(struct hash), sizeof(struct import_proposal));
    map_init(&m.voters, sizeof(struct voter_key), sizeof(struct import_voter));
    enum err e = run(&m);
    for (size_t i = 0; i < m.proposals.n; i++)
        count_close(((struct import_proposal *)map_value_at(&m.proposals, i))->counted.count);
    map_done(&m.proposals);
    map_done(&m.voters);
    log_rows_done(&m.chunk.rows);
    arena_done(&m.chunk.arena);
    facts_done(&m.facts);
    replay_done(&m.replay);
    arena_done(&m.arena);
    return e;
}
