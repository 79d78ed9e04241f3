/* ledger/mirror/rebuild_fetch.c - what a rebuild must ask of the source first: logs of contracts that are new, headers that mark days.
 *
 * Books that came from a node have gaps where nothing was logged. If days were not closed when it was mirrored, or later or sooner
 * after their end, blocks that mark them (day_marks.h) lie in these gaps. */
#include <inttypes.h>
#include <string.h>

#include "ledger/core/log.h"
#include "ledger/mirror/day_marks.h"
#include "ledger/mirror/feeder.h"
#include "ledger/mirror/mirror.h"
#include "ledger/mirror/rebuild_impl.h"

enum { REBUILD_TAKE_MS = 200 };

/* ---- contracts -------------------------------------------------------------------------------------------------- */

static bool is_added(const struct network *old, const struct contract *c)
{
    const struct contract *before = network_contract(old, c->address);
    return before == NULL || before->from_block > c->from_block;
}

/* The new network with the added contracts only. */
static enum err added_contracts(struct rebuild *r, struct network *out)
{
    struct network old;
    TRY(network_parse(r->cursor.network, strlen(r->cursor.network), &old));
    const struct network *new = r->options->network;
    AUTO_JSON file = json_deep_copy(new->file);
    json_t *entries = json_object_get(file, "contracts");
    for (size_t i = new->n_contracts; i-- > 0;)
        if (!is_added(&old, &new->contracts[i]))
            json_array_remove(entries, i);
    network_done(&old);
    AUTO_ARENA arena = {0};
    const char *text = json_canonical(file, &arena);
    TRY(network_parse(text, strlen(text), out));
    out->rewards.wanted = new->rewards.wanted; /* days are those of the whole file */
    return OK;
}

/* ---- days ------------------------------------------------------------------------------------------------------- */

/* A block without which days cannot be closed: the first of a day, between two that are stored, or a closing one (between itself). */
struct missing {
    uint64_t from, to; /* 0, 0: none is missing */
    bool closes;
};

/* The lowest of them, looking at what is stored. */
static enum err find_missing(struct rebuild *r, struct missing *out)
{
    const struct network *network = r->options->network;
    AUTO_ROWS rows = NULL;
    *out = (struct missing){0};
    if (!network->rewards.wanted)
        return OK;
    TRY(db_query(
        r->db,
        "WITH stored AS (SELECT c.number, floor(extract(epoch FROM b.time) / 86400)::bigint AS day"
        "                  FROM mirror.chain c JOIN mirror.block b ON b.id = c.block WHERE c.number <= $1),"
        " walk AS (SELECT number, day, lag(number) OVER (ORDER BY number) AS before,"
        "                 max(day) OVER (ORDER BY number ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING) AS reached FROM stored),"
        " later AS (SELECT number, before FROM walk WHERE day > reached)"
        " SELECT before + 1, number, false FROM later WHERE before < number - 1"
        " UNION ALL"
        " SELECT l.number - 1 + $2, l.number - 1 + $2, true FROM later l WHERE l.number - 1 + $2 <= $1"
        "    AND NOT EXISTS (SELECT FROM mirror.chain c WHERE c.number = l.number - 1 + $2)"
        " ORDER BY 1 LIMIT 1",
        WITH(IN(&r->cursor.head_number), IN(&network->rewards.booking_delay)), &rows));
    if (rows_count(rows) > 0)
        *out = (struct missing){rows_u64(rows, 0, 0), rows_u64(rows, 0, 1), rows_bool(rows, 0, 2)};
    return OK;
}

static enum err say_missing(const struct missing *m, const char *remedy)
{
    if (m->closes)
        return err_with(ERR_CONFIG, "block %" PRIu64 " closes a day and is not stored: %s", m->from, remedy);
    return err_with(ERR_CONFIG,
                    "the first block of a day lies between blocks %" PRIu64 " and %" PRIu64 " and is not stored: %s",
                    m->from, m->to, remedy);
}

/* ---- storing ---------------------------------------------------------------------------------------------------- */

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

/* A walk along what the source gives. */
struct walk {
    struct day_marks days;
    struct block last; /* given last, without its logs */
};

/* Store a block without logs if the books need it for its number and time alone. */
static enum err store_mark(struct rebuild *r, struct walk *w, const struct block *block)
{
    struct block bare = *block, last = w->last;
    bare.n_logs = 0;
    w->last = bare;
    if (!r->options->network->rewards.wanted)
        return OK;
    day_marks_note(&w->days, (struct moment){block->number, block->time});
    if (!day_marks_has(&w->days, block->number))
        return OK;
    if (last.number + 1 == block->number && day_marks_has(&w->days, last.number))
        TRY(store_block(r, &last, NULL));
    return store_block(r, &bare, NULL);
}

static enum err take_blocks(struct rebuild *r, struct walk *w, const struct parcel *p, bool *past_head)
{
    if (p->step.kind == STEP_REORG)
        day_marks_cut(&w->days, p->step.fork);
    for (size_t i = 0; p->step.kind == STEP_BLOCKS && i < p->step.n_blocks; i++) {
        const struct block *block = &p->step.blocks[i];
        if ((int64_t)block->number > r->cursor.head_number) {
            *past_head = true;
            return OK;
        }
        TRY(store_mark(r, w, block));
        if (block->n_logs > 0)
            TRY(store_block(r, block, p->decoded[i]));
        rebuild_say(r, "reading what is new", block->number);
    }
    return OK;
}

static enum err read_feeder(struct rebuild *r, struct walk *w, struct feeder *feeder)
{
    bool past_head = false;
    while (!past_head) {
        if (atomic_load(r->options->stop))
            return ERR_STOPPED;
        TRY(rebuild_keep_lease(r));
        struct parcel *p = feeder_take(feeder, REBUILD_TAKE_MS);
        if (p == NULL)
            continue;
        enum err e = p->result == OK ? take_blocks(r, w, p, &past_head) : err_with(p->result, "%s", p->detail);
        feeder_give_back(feeder, p);
        if (e == ERR_END)
            return OK;
        TRY(e);
    }
    return OK;
}

/* ---- asking ----------------------------------------------------------------------------------------------------- */

static enum err read_added(struct rebuild *r, const struct network *added)
{
    struct source_options options = {
        .network = added,
        .locations = r->options->locations,
        .n_locations = r->options->n_locations,
        .prove = added->n_contracts > 0 ? PROVE_TAIL : PROVE_OFF, /* for headers alone there is nothing to prove */
        .once = true,
        .poll_ms = 1000,
        .timeout_ms = r->options->timeout_ms,
        .finalized = UINT64_MAX,
        .max_blocks = MIRROR_BATCH_BLOCKS,
        .max_logs = MIRROR_BATCH_LOGS,
        .max_bytes = MIRROR_BATCH_BYTES,
    };
    struct feeder *feeder;
    struct walk walk = {.days = {.delay = r->options->network->rewards.booking_delay}};
    TRY(feeder_start(&options, &feeder));
    enum err e = read_feeder(r, &walk, feeder);
    feeder_stop(feeder);
    day_marks_done(&walk.days);
    return e;
}

static enum err fetch(struct rebuild *r, const struct network *added)
{
    struct missing missing;
    TRY(find_missing(r, &missing));
    if (added->n_contracts == 0 && missing.to == 0)
        return OK;
    if (r->options->n_locations == 0 && added->n_contracts > 0)
        return err_with(ERR_CONFIG, "network: contracts were added; their logs can only be read with --source");
    if (r->options->n_locations == 0)
        return say_missing(&missing, "its header can only be read with --source");
    if (added->n_contracts > 0)
        log_info("rebuild", "%zu contracts are new, or start earlier: reading their logs", added->n_contracts);
    else
        log_info("rebuild", "days are closed that were not, or otherwise: reading headers");
    TRY(read_added(r, added));
    TRY(find_missing(r, &missing));
    return missing.to == 0 ? OK : say_missing(&missing, "the source does not have it");
}

enum err rebuild_fetch(struct rebuild *r)
{
    struct network added;
    TRY(added_contracts(r, &added));
    enum err e = fetch(r, &added);
    network_done(&added);
    return e;
}
