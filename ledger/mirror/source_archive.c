/* ledger/mirror/source_archive.c - see source_archive.h. */
#include "ledger/mirror/source_archive.h"

#include <pthread.h>
#include <stdio.h>
#include <string.h>

#include "ledger/core/log.h"
#include "ledger/mirror/archive_chain.h"
#include "ledger/mirror/archive_lines.h"
#include "ledger/mirror/proof.h"
#include "ledger/mirror/source_impl.h"

enum {
    RETRY_MS = 1000, /* errors of a file are final; only so that a caller who retries does not spin */
    FAILURE_TEXT = 512
};

struct archive {
    struct source base;
    const struct network *network;
    atomic_bool *stop;
    size_t max_blocks, max_logs, max_bytes;

    struct archive_lines lines;
    uint64_t mark; /* the line taken last */
    struct archive_chain chain;
    uint64_t floor; /* the first block that is booked; NO_BLOCK: none yet */

    struct log *logs; /* of the block at hand */
    size_t logs_room;

    enum err failed; /* final, once not OK */
    char failure[FAILURE_TEXT];
    pthread_mutex_t health_lock;
    struct source_health health;
};

/* A step being put together. */
struct gathering {
    struct arena *arena;
    struct block *blocks;
    size_t n, room, n_logs, n_bytes;
};

/* --- steps --------------------------------------------------------------------------------------------------- */

static void logs_push(struct archive *a, size_t n, const struct log *log)
{
    if (n == a->logs_room) {
        a->logs_room = a->logs_room ? 2 * a->logs_room : 64;
        a->logs = memory_resize(a->logs, a->logs_room * sizeof *a->logs);
    }
    a->logs[n] = *log;
}

/* Check the place of every log of the line; keep those that are watched. */
static enum err read_logs(struct archive *a, struct archive_line *line, struct arena *arena, size_t *n_bytes)
{
    struct block *b = &line->block;
    int64_t last = -1;
    size_t n = 0, bytes = sizeof *b;
    for (size_t i = 0; i < json_array_size(line->logs); i++) {
        const json_t *json = json_array_get(line->logs, i);
        struct log log;
        uint64_t number;
        struct hash hash;
        enum err e = log_parse_place(json, &log, &number, &hash);
        if (e == OK && (number != b->number || !hash_equal(hash, b->hash)))
            e = err_with(ERR_FIELD, "is of another block");
        if (e == OK && log.index <= last)
            e = err_with(ERR_FIELD, "logIndex %lu does not follow %lld", (unsigned long)log.index, (long long)last);
        bool watched = e == OK && network_watches(a->network, log.address, b->number);
        if (watched)
            e = log_parse_body(json, arena, &log);
        if (e != OK)
            return err_with(ERR_FIELD, "logs[%zu]: %s", i, err_detail());
        last = log.index;
        if (watched) {
            logs_push(a, n++, &log);
            bytes += sizeof log + log.data.n;
        }
    }
    b->logs = n ? arena_copy(arena, a->logs, n * sizeof *a->logs) : NULL;
    b->n_logs = n;
    *n_bytes = bytes;
    return OK;
}

/* Block 0 has no logs, so an archive from block 1 on has them all. */
static void first_block(struct archive *a, uint64_t number)
{
    a->floor = number > a->network->start_block ? number : a->network->start_block;
    if (a->floor > 1 && a->floor > a->network->start_block)
        log_warn("source", "the archive begins with block %llu, the network with block %llu",
                 (unsigned long long)number, (unsigned long long)a->network->start_block);
}

static void line_taken(struct archive *a, const struct block *block)
{
    if (a->floor == NO_BLOCK)
        first_block(a, block->number);
    archive_chain_append(&a->chain, block->number, block->hash);
    a->mark = a->lines.number;
    archive_lines_take(&a->lines);
}

static void gather_push(struct gathering *g, const struct block *block)
{
    if (g->n == g->room) {
        g->room = g->room ? 2 * g->room : 256;
        struct block *grown = ARENA_ARRAY(g->arena, struct block, g->room);
        if (g->n)
            memcpy(grown, g->blocks, g->n * sizeof *grown);
        g->blocks = grown;
    }
    g->blocks[g->n++] = *block;
}

/* Take the line into the step; *full if it has to wait for the next one. */
static enum err gather_append(struct archive *a, struct gathering *g, struct archive_line *line, bool *full)
{
    size_t n_bytes = 0;
    *full = false;
    if (line->block.number < a->network->start_block) {
        line_taken(a, &line->block);
        return OK;
    }
    *full = g->n > 0 && g->n >= a->max_blocks;
    if (*full)
        return OK;
    if (read_logs(a, line, g->arena, &n_bytes) != OK)
        return archive_lines_error(&a->lines, ERR_FIELD);
    *full = g->n > 0 && (g->n_logs + line->block.n_logs > a->max_logs || g->n_bytes + n_bytes > a->max_bytes);
    if (*full)
        return OK;
    g->n_logs += line->block.n_logs;
    g->n_bytes += n_bytes;
    gather_push(g, &line->block);
    line_taken(a, &line->block);
    return OK;
}

static void step_fill(const struct archive *a, enum step_kind kind, uint64_t last, bool more, uint64_t mark,
                      struct step *out)
{
    uint64_t finalized = a->chain.finalized;
    *out = (struct step){.kind = kind, .mark = mark, .safe = NO_BLOCK, .finalized = NO_BLOCK};
    out->head = last + (more ? 1 : 0);
    if (finalized != NO_BLOCK && finalized >= a->floor)
        out->finalized = out->safe = finalized;
    if (last >= ARCHIVE_SAFE_DEPTH && last - ARCHIVE_SAFE_DEPTH >= a->floor &&
        (out->safe == NO_BLOCK || last - ARCHIVE_SAFE_DEPTH > out->safe))
        out->safe = last - ARCHIVE_SAFE_DEPTH;
}

/* The line at hand replaces a block: leave the old branch. False if nothing of that was ever given. */
static bool fork_take(struct archive *a, uint64_t number, struct step *out)
{
    bool given = archive_chain_tip(&a->chain)->number >= a->network->start_block;
    archive_chain_cut(&a->chain, number);
    if (!given)
        return false;
    step_fill(a, STEP_REORG, number - 1, true, a->lines.number - 1, out);
    out->fork = number - 1;
    return true;
}

/* Gather lines up to a bound, a fork or the end. OK with g->n == 0: `out` is a reorg. */
static enum err gather(struct archive *a, struct gathering *g, bool *more, struct step *out)
{
    *more = true;
    for (;;) {
        struct archive_line line;
        enum archive_verdict verdict;
        bool full = false;
        if (g->n == 0 && a->stop && atomic_load(a->stop))
            return err_with(ERR_STOPPED, "source");
        enum err e = archive_lines_get(&a->lines, &line);
        if (e == ERR_END) {
            *more = false;
            return g->n ? OK : ERR_END;
        }
        TRY(e);
        e = archive_chain_judge(&a->chain, &line.block, &verdict);
        if (e != OK)
            return archive_lines_error(&a->lines, e);
        switch (verdict) {
        case LINE_IGNORED:
            archive_lines_take(&a->lines);
            break;
        case LINE_FORKS:
            if (g->n || fork_take(a, line.block.number, out))
                return OK;
            break;
        case LINE_APPENDS:
            TRY(gather_append(a, g, &line, &full));
            break;
        }
        if (full)
            return OK;
    }
}

/* A broken line is final: what came before it is given first, then the failure for ever. */
static void fail(struct archive *a, enum err e)
{
    a->failed = e;
    snprintf(a->failure, sizeof a->failure, "%s", err_detail());
    pthread_mutex_lock(&a->health_lock);
    a->health.failures++;
    snprintf(a->health.last_error, sizeof a->health.last_error, "%.255s", a->failure);
    pthread_mutex_unlock(&a->health_lock);
}

static enum err archive_next(struct source *s, struct arena *arena, struct step *out)
{
    struct archive *a = (struct archive *)s;
    struct gathering g = {.arena = arena};
    struct step step;
    bool more = true;
    if (a->failed != OK)
        return err_with(a->failed, "%s", a->failure);
    enum err e = gather(a, &g, &more, &step);
    pthread_mutex_lock(&a->health_lock);
    a->health.requests++;
    a->health.bytes = a->lines.bytes;
    pthread_mutex_unlock(&a->health_lock);
    if (e == ERR_END || e == ERR_STOPPED)
        return e;
    if (e != OK) {
        fail(a, e);
        if (g.n == 0)
            return e;
    }
    if (g.n) {
        step_fill(a, STEP_BLOCKS, g.blocks[g.n - 1].number, more, a->mark, &step);
        step.blocks = g.blocks;
        step.n_blocks = g.n;
    }
    *out = step;
    return OK;
}

static unsigned archive_backoff_ms(const struct source *s)
{
    (void)s;
    return RETRY_MS;
}

static void archive_health(const struct source *s, struct source_health *out)
{
    struct archive *a = (struct archive *)s;
    pthread_mutex_lock(&a->health_lock);
    *out = a->health;
    pthread_mutex_unlock(&a->health_lock);
}

static void archive_close(struct source *s)
{
    struct archive *a = (struct archive *)s;
    archive_lines_done(&a->lines);
    archive_chain_done(&a->chain);
    pthread_mutex_destroy(&a->health_lock);
    memory_free(a->logs);
    memory_free(a);
}

/* --- going on where the books stand ---------------------------------------------------------------------------- */

/* Read lines up to number `line`; false if there are not so many. The text of the last one is in *out. */
static bool lines_skip(struct archive_lines *l, uint64_t line, struct slice *out)
{
    while (l->number < line) {
        if (archive_lines_text(l, out) != OK)
            return false;
    }
    return l->number == line;
}

static bool is_tip(const struct archive *a, const struct block *b)
{
    const struct chain_block *tip = archive_chain_tip(&a->chain);
    return b->number == tip->number && hash_equal(b->hash, tip->hash);
}

/* The same file as before: line `mark` is the head, or, after a reorg was booked, the line after it is the head's child.
 * A broken line here is none of these; it is reported when reading comes to it. */
static bool resume_at_mark(struct archive *a, uint64_t mark)
{
    const struct chain_block *tip = archive_chain_tip(&a->chain);
    struct slice text;
    struct archive_line line;
    if (mark == 0 || !lines_skip(&a->lines, mark, &text) || archive_lines_parse(&a->lines, text, &line) != OK)
        return false;
    archive_lines_take(&a->lines);
    if (is_tip(a, &line.block))
        return true;
    return archive_lines_get(&a->lines, &line) == OK && line.block.number == tip->number + 1 &&
           hash_equal(line.block.parent_hash, tip->hash);
}

/* The last line that is the head, 0 if none. A repetition of it further up a branch is none: the line after that goes on
 * from the branch's tip. */
static uint64_t find_head(struct archive *a)
{
    const struct chain_block *tip = archive_chain_tip(&a->chain);
    char digits[2 * sizeof tip->hash.b];
    hex_encode((struct slice){tip->hash.b, sizeof tip->hash.b}, digits);
    uint64_t found = 0, before = 0;
    bool just_found = false;
    struct slice text;
    struct archive_line line;
    while (archive_lines_text(&a->lines, &text) == OK) {
        bool named = memmem(text.p, text.n, digits, sizeof digits);
        bool read = (named || just_found) && archive_lines_parse(&a->lines, text, &line) == OK;
        if (just_found && read && line.block.number > tip->number + 1)
            found = before;
        just_found = read && is_tip(a, &line.block);
        if (just_found) {
            before = found;
            found = a->lines.number;
        }
    }
    return found;
}

static enum err resume(struct archive *a, uint64_t mark)
{
    if (!archive_chain_tip(&a->chain) || resume_at_mark(a, mark))
        return OK;
    TRY(archive_lines_restart(&a->lines));
    uint64_t head = find_head(a);
    TRY(archive_lines_restart(&a->lines));
    struct slice text;
    a->chain.joining = head == 0 || !lines_skip(&a->lines, head, &text);
    return OK;
}

enum err source_archive_open(const struct source_options *options, struct source **out)
{
    static const struct source_impl impl = {archive_next, archive_close, archive_backoff_ms, archive_health};
    struct archive *a = memory_resize(NULL, sizeof *a);
    *a = (struct archive){.base = {&impl},
                          .network = options->network,
                          .stop = options->stop,
                          .max_blocks = options->max_blocks,
                          .max_logs = options->max_logs,
                          .max_bytes = options->max_bytes,
                          .mark = options->mark,
                          .floor = NO_BLOCK};
    enum err e = archive_lines_open(&a->lines, options->locations[0]);
    if (e != OK) {
        memory_free(a);
        return e;
    }
    pthread_mutex_init(&a->health_lock, NULL);
    archive_chain_init(&a->chain, options);
    if (options->n_booked)
        a->floor = options->finalized == NO_BLOCK ? options->booked[0].number : 0;
    e = resume(a, options->mark);
    if (e != OK) {
        archive_close(&a->base);
        return e;
    }
    *out = &a->base;
    return OK;
}
