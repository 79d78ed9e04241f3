/* governance/bundle_write.c - a proposal's bundle from the database, written while it is read; see bundle.h. */
#include "governance/bundle.h"

#include <inttypes.h>
#include <string.h>

#include "governance/census.h"
#include "governance/log_tiles.h"
#include "governance/policy.h"

/* What is known before the first line. */
struct head {
    struct bundle_header h;
    struct bundle_result r;
    const char *space;
    bool counted;
};

struct writing {
    struct db *db;
    const struct sink *sink;
    struct arena arena;
    struct buffer out;
    struct buffer positions; /* uint64_t each */
    struct buffer leaves;    /* of the census, struct hash each */
    struct head head;
};

static enum err write_line(struct writing *w)
{
    buffer_u8(&w->out, '\n');
    return sink_flush(w->sink, &w->out, SINK_PIECE);
}

/* ---- the head ---- */

/* Of a proposal ($1), its space ($2) and a size of the log ($3): the positions that its bundle holds. */
#define POSITIONS                                                                                                  \
    "(SELECT k.position FROM governance.key k UNION ALL SELECT s.position FROM governance.space s WHERE s.id = $2" \
    " UNION ALL SELECT p.position FROM governance.proposal p WHERE p.id = $1"                                      \
    " UNION ALL SELECT c.position FROM governance.cancellation c WHERE c.proposal = $1"                            \
    " UNION ALL SELECT b.position FROM governance.ballot b WHERE b.proposal = $1"                                  \
    " UNION ALL SELECT a.position FROM (SELECT b.voter AS owner FROM governance.ballot b WHERE b.proposal = $1"    \
    "   UNION SELECT p.author FROM governance.proposal p WHERE p.id = $1"                                          \
    "   UNION SELECT c.author FROM governance.cancellation c WHERE c.proposal = $1) o"                             \
    "   JOIN governance.alias a ON a.owner = o.owner)"

static enum err read_scores(struct writing *w, const char *text, struct bundle_result *r)
{
    AUTO_JSON list = NULL;
    enum err e = json_parse(text, strlen(text), 1, &list);
    r->n_choices = e == OK ? json_array_size(list) : 0;
    struct amount *scores = ARENA_ARRAY(&w->arena, struct amount, r->n_choices + 1);
    for (size_t i = 0; e == OK && i < r->n_choices; i++) {
        const json_t *score = json_array_get(list, i);
        e = json_is_string(score) ? amount_parse(json_string_value(score), json_string_length(score), &scores[i])
                                  : ERR_FIELD;
    }
    r->scores = scores;
    return e == OK ? OK : err_with(ERR_INTERNAL, "the stored scores are damaged");
}

static enum err take_head(struct writing *w, const struct rows *rows, struct head *out)
{
    enum {
        SIZE,
        NOTE,
        VERSION,
        TYPE,
        POLICY,
        RULES,
        SNAPSHOT,
        BASIS,
        TIME,
        FINALITY,
        GENERATION,
        SCORES,
        POWER,
        QUORUM,
        BALLOTS,
        VOTERS,
        RECOUNTING,
        FINAL,
        CANCELED,
        SPACE,
        CHAIN
    };
    static const char *const finalities[] = {"latest", "safe", "finalized"};
    struct bundle_header *h = &out->h;
    struct bundle_result *r = &out->r;
    if (rows_null(rows, 0, BASIS) || rows_bool(rows, 0, RECOUNTING))
        return err_with(ERR_SYNCING, "the ballots are being counted anew: try again");
    const char *note = rows_text(rows, 0, NOTE), *space = rows_text(rows, 0, SPACE);
    h->checkpoint = arena_text(&w->arena, note, strlen(note));
    h->chain_id = rows_u64(rows, 0, CHAIN);
    h->size = r->size = rows_u64(rows, 0, SIZE);
    h->final = rows_bool(rows, 0, FINAL);
    h->rules = r->rules = rows_u64(rows, 0, RULES);
    h->generation = rows_u64(rows, 0, GENERATION);
    h->voters = r->voters = rows_u64(rows, 0, VOTERS);
    h->finality = finalities[rows_u64(rows, 0, FINALITY)];
    h->block = r->block = rows_hash(rows, 0, BASIS);
    h->number = r->number = rows_u64(rows, 0, SNAPSHOT);
    h->time = rows_time(rows, 0, TIME);
    r->version = rows_u64(rows, 0, VERSION);
    r->type = (enum voting)rows_u64(rows, 0, TYPE);
    r->policy = (uint32_t)rows_u64(rows, 0, POLICY);
    r->ballots = rows_u64(rows, 0, BALLOTS);
    r->canceled = rows_bool(rows, 0, CANCELED);
    r->power = rows_amount(rows, 0, POWER);
    r->quorum = rows_amount(rows, 0, QUORUM);
    out->space = arena_text(&w->arena, space, strlen(space));
    return read_scores(w, rows_text(rows, 0, SCORES), r);
}

static enum err read_head(struct writing *w, struct instant now, struct head *out)
{
    AUTO_ROWS rows = NULL;
    AUTO_ROWS count = NULL;
    TRY(db_query(
        w->db,
        "SELECT k.size, k.note, o.version, o.type, o.policy, o.rules, o.snapshot, o.basis,"
        " (SELECT b.time FROM mirror.block b WHERE b.hash = o.basis), o.snapshot_finality, o.generation, o.scores,"
        " o.power::public.amount, o.quorum::public.amount, o.ballots, o.voters, o.recounting, o.final,"
        " o.canceled_by IS NOT NULL, o.space, (SELECT x.chain_id FROM mirror.cursor x)"
        " FROM (SELECT c.size, c.note FROM governance.checkpoint c ORDER BY c.size DESC LIMIT 1) k"
        " CROSS JOIN LATERAL api_v1.offchain_at($1, k.size, $2) o",
        WITH(IN(&out->h.proposal), IN(&now)), &rows));
    if (rows_count(rows) == 0)
        return err_with(ERR_NOT_FOUND, "there is no off-chain proposal of this id");
    TRY(take_head(w, rows, out));
    TRY(db_query(w->db, "SELECT count(*) FROM " POSITIONS " x WHERE x.position < $3",
                 WITH(IN(&out->h.proposal), IN(out->space), IN(&out->h.size)), &count));
    out->h.entries = rows_u64(count, 0, 0);
    return OK;
}

static enum err write_header(struct writing *w)
{
    const struct bundle_header *h = &w->head.h;
    struct json_writer j;
    jw_start(&j, &w->out);
    jw_object(&j);
    jw_key(&j, "bundle"), jw_object(&j);
    jw_key(&j, "chain_id"), jw_u64(&j, h->chain_id);
    jw_key(&j, "entries"), jw_u64(&j, h->entries);
    jw_key(&j, "final"), jw_bool(&j, h->final);
    jw_key(&j, "format"), jw_u64(&j, BUNDLE_FORMAT);
    jw_key(&j, "generation"), jw_u64(&j, h->generation);
    jw_key(&j, "log"), jw_object(&j);
    jw_key(&j, "checkpoint"), jw_text(&j, h->checkpoint);
    jw_key(&j, "size"), jw_u64(&j, h->size);
    jw_object_end(&j);
    jw_key(&j, "proposal"), jw_hash(&j, h->proposal);
    jw_key(&j, "rules"), jw_u64(&j, h->rules);
    jw_key(&j, "snapshot"), jw_object(&j);
    jw_key(&j, "finality"), jw_text(&j, h->finality);
    jw_key(&j, "hash"), jw_hash(&j, h->block);
    jw_key(&j, "number"), jw_u64(&j, h->number);
    jw_key(&j, "time"), jw_time(&j, h->time);
    jw_object_end(&j);
    jw_key(&j, "voters"), jw_u64(&j, h->voters);
    jw_object_end(&j);
    jw_object_end(&j);
    return write_line(w);
}

/* ---- entries ---- */

void bundle_write_entry(uint64_t position, struct slice entry, uint64_t size, struct hash root, struct slice signature,
                        struct buffer *out)
{
    struct json_writer j;
    jw_start(&j, out);
    jw_object(&j);
    jw_key(&j, "entry"), jw_text_n(&j, (const char *)entry.p, entry.n);
    jw_key(&j, "position"), jw_u64(&j, position);
    jw_key(&j, "receipt"), jw_object(&j);
    jw_key(&j, "root"), jw_hash(&j, root);
    jw_key(&j, "signature"), jw_hex(&j, signature);
    jw_key(&j, "size"), jw_u64(&j, size);
    jw_object_end(&j);
    jw_object_end(&j);
}

static enum err write_entry(struct writing *w, const struct rows *rows, size_t i)
{
    enum { POSITION, ENTRY, RECEIPT, SIZE, ROOT };
    uint64_t position = rows_u64(rows, i, POSITION);
    buffer_bytes(&w->positions, &position, sizeof position);
    bundle_write_entry(position, rows_bytes(rows, i, ENTRY), rows_u64(rows, i, SIZE), rows_hash(rows, i, ROOT),
                       rows_bytes(rows, i, RECEIPT), &w->out);
    return write_line(w);
}

/* Each row of a streamed statement; stops it on an error. */
static enum err each_row(struct writing *w, enum err (*write)(struct writing *, const struct rows *, size_t))
{
    struct rows *rows = NULL;
    enum err e = db_stream_next(w->db, &rows);
    while (e == OK && rows != NULL) {
        for (size_t i = 0; e == OK && i < rows_count(rows); i++)
            e = write(w, rows, i);
        rows_done(&rows);
        if (e == OK)
            e = db_stream_next(w->db, &rows);
    }
    rows_done(&rows);
    if (e != OK)
        db_stream_stop(w->db);
    return e;
}

static enum err write_entries(struct writing *w)
{
    const struct head *h = &w->head;
    TRY(db_stream_begin(w->db,
                        "SELECT m.position, m.entry, m.receipt, m.size, c.root FROM " POSITIONS " x"
                        " JOIN governance.message m ON m.position = x.position"
                        " JOIN governance.checkpoint c ON c.size = m.size WHERE x.position < $3 ORDER BY m.position",
                        WITH(IN(&h->h.proposal), IN(h->space), IN(&h->h.size))));
    TRY(each_row(w, write_entry));
    return w->positions.n == h->h.entries * sizeof(uint64_t)
               ? OK
               : err_with(ERR_INTERNAL, "the log lacks entries that its tables speak of");
}

static enum err write_proof(struct writing *w)
{
    AUTO_BUFFER proof = {0};
    struct log_tiles *tiles = ARENA_NEW(&w->arena, struct log_tiles);
    tiles->db = w->db;
    TRY(log_multiproof((const uint64_t *)(const void *)w->positions.p, w->positions.n / sizeof(uint64_t),
                       w->head.h.size, log_tiles_get, tiles, &proof));
    const struct hash *all = (const struct hash *)(const void *)proof.p;
    size_t n = proof.n / sizeof *all;
    for (size_t i = 0; i < n;) {
        struct json_writer j;
        jw_start(&j, &w->out);
        jw_object(&j);
        jw_key(&j, "proof"), jw_array(&j);
        for (size_t k = 0; k < BUNDLE_PROOF_LINE && i < n; k++)
            jw_hash(&j, all[i++]);
        jw_array_end(&j);
        jw_object_end(&j);
        TRY(write_line(w));
    }
    return OK;
}

/* ---- the census and the result ---- */

static enum err write_power(struct writing *w, const struct rows *rows, size_t i)
{
    struct address voter = rows_address(rows, i, 0);
    struct amount power = rows_amount(rows, i, 1);
    struct hash leaf = census_leaf(voter, power);
    struct json_writer j;
    buffer_bytes(&w->leaves, leaf.b, sizeof leaf.b);
    jw_start(&j, &w->out);
    jw_object(&j);
    jw_key(&j, "power"), jw_amount(&j, power);
    jw_key(&j, "voter"), jw_address(&j, voter);
    jw_object_end(&j);
    return write_line(w);
}

static enum err write_census(struct writing *w)
{
    const struct bundle_header *h = &w->head.h;
    struct json_writer j;
    TRY(db_stream_begin(w->db,
                        "SELECT p.voter, p.power FROM governance.power p WHERE p.proposal = $1 AND p.generation = $2"
                        " AND p.block = $3 AND EXISTS (SELECT FROM governance.ballot b WHERE b.proposal = p.proposal"
                        "   AND b.voter = p.voter AND b.position < $4) ORDER BY p.voter",
                        WITH(IN(&h->proposal), IN(&h->generation), IN(&h->block), IN(&h->size))));
    TRY(each_row(w, write_power));
    size_t n = w->leaves.n / sizeof(struct hash);
    if (n != h->voters)
        return err_with(ERR_INTERNAL, "the power of some voters is not stored");
    w->head.r.census_root = n > 0 ? census_root((const struct hash *)(const void *)w->leaves.p, n) : hash_zero;
    jw_start(&j, &w->out);
    jw_object(&j);
    jw_key(&j, "census_root");
    if (n > 0)
        jw_hash(&j, w->head.r.census_root);
    else
        jw_null(&j);
    jw_object_end(&j);
    return write_line(w);
}

static enum err write_all(struct writing *w, struct instant now)
{
    TRY(read_head(w, now, &w->head));
    TRY(write_header(w));
    TRY(write_entries(w));
    TRY(write_proof(w));
    TRY(write_census(w));
    bundle_result_write(&w->head.r, &w->out);
    TRY(write_line(w));
    return sink_flush(w->sink, &w->out, 0);
}

enum err bundle_write(struct db *db, struct hash proposal, struct instant now, const struct sink *out)
{
    struct writing w = {.db = db, .sink = out};
    w.head.h.proposal = w.head.r.proposal = proposal;
    enum err e = write_all(&w, now);
    buffer_done(&w.out);
    buffer_done(&w.positions);
    buffer_done(&w.leaves);
    arena_done(&w.arena);
    return e;
}
