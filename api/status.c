/* api/status.c - how far the mirror has come, at any time. */
#include <pthread.h>
#include <string.h>

#include "api/routes.h"
#include "api/service.h"
#include "ledger/mirror/block.h"
#include "ledger/mirror/mirror.h"

enum {
    COLUMN_CHAIN_ID,
    COLUMN_NETWORK,
    COLUMN_GENERATION,
    COLUMN_NUMBER,
    COLUMN_HASH,
    COLUMN_TIME,
    COLUMN_SAFE_NUMBER,
    COLUMN_SAFE_HASH,
    COLUMN_SAFE_TIME,
    COLUMN_FINALIZED_NUMBER,
    COLUMN_FINALIZED_HASH,
    COLUMN_FINALIZED_TIME,
    COLUMN_SOURCE_HEAD,
    COLUMN_LAG_BLOCKS,
    COLUMN_LAG_SECONDS,
    COLUMN_EVENTS,
    COLUMN_FEED_SEQ,
    COLUMN_REORGS,
    COLUMN_ROOT,
    COLUMN_STOPPED,
    COLUMN_SINCE, /* block ids above it were counted .. */
    COLUMN_UPTO,  /* .. up to this one */
    COLUMN_AUDIT_BLOCK,
    COLUMN_AUDIT_CHECKED,
    COLUMN_AUDIT_DIFFERENCES,
    COLUMN_AUDIT_UNCHECKED,
    COLUMN_AUDIT_TIME,
    COLUMN_AUDIT_LAST,
    COLUMN_PROOFS /* one for each enum block_proof */
};

enum { PROOFS = PROOF_UNHASHABLE + 1 };

/* mirror.block is only added to, in order of id: what was counted once need not be counted again. */
static struct {
    pthread_mutex_t lock;
    int64_t upto;
    uint64_t blocks[PROOFS];
} counted = {.lock = PTHREAD_MUTEX_INITIALIZER};

static int64_t counted_upto(void)
{
    pthread_mutex_lock(&counted.lock);
    int64_t upto = counted.upto;
    pthread_mutex_unlock(&counted.lock);
    return upto;
}

/* Add what the statement counted, unless another request was faster; the sums then. A database whose ids are behind ours is
 * another one (restored): begin anew with the next request. */
static void count(const struct rows *rows, uint64_t out[PROOFS])
{
    int64_t since = rows_i64(rows, 0, COLUMN_SINCE), upto = rows_i64(rows, 0, COLUMN_UPTO);
    pthread_mutex_lock(&counted.lock);
    if (upto < counted.upto && since == counted.upto) {
        memset(counted.blocks, 0, sizeof counted.blocks);
        counted.upto = 0;
    } else if (since == counted.upto) {
        for (size_t p = 0; p < PROOFS; p++)
            counted.blocks[p] += rows_u64(rows, 0, COLUMN_PROOFS + p);
        counted.upto = upto;
    }
    memcpy(out, counted.blocks, sizeof counted.blocks);
    pthread_mutex_unlock(&counted.lock);
}

/* Nothing is behind unless the source has a block that is not committed, so without one the lag is 0 whatever the clock
 * says; else it is the age of the last committed block. */
static enum err status_ask(const struct request *r, struct statement *s)
{
    int64_t since = counted_upto();
    s->sql =
        "SELECT c.chain_id, c.network::jsonb ->> 'name', c.generation, c.head_number, h.hash, h.time, m.safe, s.hash, s.time,"
        " m.finalized, f.hash, f.time, c.source_head, l.blocks,"
        " CASE WHEN l.blocks > 0 THEN greatest(0, extract(epoch FROM now() - h.time))::bigint ELSE 0 END,"
        " c.events, c.next_feed_seq - 1, (SELECT count(*) FROM mirror.reorg), c.root, c.stopped,"
        " $1::bigint, c.next_block - 1,"
        " u.at_block, u.checked, u.differences, u.unchecked, u.time, u.last_difference,"
        " p.archive, p.none, p.bloom, p.receipts, p.unhashable"
        " FROM mirror.cursor c"
        " LEFT JOIN mirror.block h ON h.id = c.head_block"
        " CROSS JOIN LATERAL (SELECT CASE WHEN c.safe_number >= b.first THEN c.safe_number END AS safe,"
        "   CASE WHEN c.finalized_number >= b.first THEN c.finalized_number END AS finalized"
        "   FROM (SELECT (SELECT n.number FROM mirror.chain n ORDER BY n.number LIMIT 1) AS first) b) m"
        " LEFT JOIN mirror.chain sc ON sc.number = c.safe_number LEFT JOIN mirror.block s ON s.id = sc.block"
        " LEFT JOIN mirror.chain fc ON fc.number = c.finalized_number LEFT JOIN mirror.block f ON f.id = fc.block"
        " LEFT JOIN LATERAL (SELECT * FROM mirror.audit a ORDER BY a.id DESC LIMIT 1) u ON true"
        " CROSS JOIN LATERAL (SELECT greatest(0, coalesce(c.source_head - coalesce(c.head_number, -1), 0)) AS blocks) l"
        " CROSS JOIN (SELECT count(*) FILTER (WHERE b.proof = 0) AS archive, count(*) FILTER (WHERE b.proof = 1) AS none,"
        "   count(*) FILTER (WHERE b.proof = 2) AS bloom, count(*) FILTER (WHERE b.proof = 3) AS receipts,"
        "   count(*) FILTER (WHERE b.proof = 4) AS unhashable FROM mirror.block b"
        "   WHERE b.id > $1 AND b.id < (SELECT n.next_block FROM mirror.cursor n)) p";
    statement_in(s, (struct param){T_I64, arena_copy(r->arena, &since, sizeof since)});
    return OK;
}

static void write_number(struct json_writer *w, const char *key, const struct rows *rows, size_t column)
{
    jw_key(w, key);
    if (rows_null(rows, 0, column))
        jw_null(w);
    else
        jw_u64(w, rows_u64(rows, 0, column));
}

static void write_text(struct json_writer *w, const char *key, const struct rows *rows, size_t column)
{
    jw_key(w, key);
    if (rows_null(rows, 0, column))
        jw_null(w);
    else
        jw_text(w, rows_text(rows, 0, column));
}

/* {number, hash, time} from three columns; null if there is no such block yet, or only one before the first mirrored. Hash and time are null where a finalized
 * block's header was not fetched. */
static void write_block(struct json_writer *w, const char *key, const struct rows *rows, size_t first)
{
    jw_key(w, key);
    if (rows_null(rows, 0, first)) {
        jw_null(w);
        return;
    }
    jw_object(w);
    write_number(w, "number", rows, first);
    jw_key(w, "hash");
    if (rows_null(rows, 0, first + 1))
        jw_null(w);
    else
        jw_hash(w, rows_hash(rows, 0, first + 1));
    jw_key(w, "time");
    if (rows_null(rows, 0, first + 2))
        jw_null(w);
    else
        jw_time(w, rows_time(rows, 0, first + 2));
    jw_object_end(w);
}

static void write_proofs(struct json_writer *w, const struct rows *rows)
{
    uint64_t blocks[PROOFS];
    count(rows, blocks);
    jw_key(w, "blocks_by_proof");
    jw_object(w);
    for (size_t p = 0; p < PROOFS; p++) {
        jw_key(w, block_proof_name((enum block_proof)p));
        jw_u64(w, blocks[p]);
    }
    jw_object_end(w);
}

/* Of the mirror in this process; null where another process mirrors. */
static void write_mirror(struct json_writer *w)
{
    struct mirror_health h;
    mirror_health_get(&h);
    jw_key(w, "mirror");
    if (!h.running) {
        jw_null(w);
        return;
    }
    jw_object(w);
    jw_key(w, "state");
    jw_text(w, h.stopped ? "stopped" : h.ended ? "ended" : h.leader ? "writing" : "standby");
    const struct {
        const char *name;
        uint64_t value;
    } counts[] = {{"restarts", h.restarts},
                  {"source_requests", h.source.requests},
                  {"source_failures", h.source.failures},
                  {"source_lies", h.source.lies},
                  {"source_disagreements", h.source.disagreements},
                  {"unhashable_headers", h.source.unhashable_headers}};
    for (size_t i = 0; i < sizeof counts / sizeof *counts; i++) {
        jw_key(w, counts[i].name);
        jw_u64(w, counts[i].value);
    }
    jw_key(w, "error");
    jw_text_n(w, h.error, strlen(h.error));
    jw_key(w, "source_error");
    jw_text_n(w, h.source.last_error, strlen(h.source.last_error));
    jw_object_end(w);
}

/* The last one, by whichever process; null if there was none. */
static void write_audit(struct json_writer *w, const struct rows *rows)
{
    jw_key(w, "audit");
    if (rows_null(rows, 0, COLUMN_AUDIT_BLOCK)) {
        jw_null(w);
        return;
    }
    jw_object(w);
    write_number(w, "at_block", rows, COLUMN_AUDIT_BLOCK);
    write_number(w, "checked", rows, COLUMN_AUDIT_CHECKED);
    write_number(w, "differences", rows, COLUMN_AUDIT_DIFFERENCES);
    write_number(w, "unchecked", rows, COLUMN_AUDIT_UNCHECKED);
    jw_key(w, "time");
    jw_time(w, rows_time(rows, 0, COLUMN_AUDIT_TIME));
    if (!rows_null(rows, 0, COLUMN_AUDIT_LAST))
        write_text(w, "last_difference", rows, COLUMN_AUDIT_LAST);
    jw_object_end(w);
}

static enum err status_answer(const struct request *r, const struct rows *rows, struct reply *reply)
{
    struct json_writer *w = &reply->json;
    jw_key(w, "version");
    jw_text(w, r->facts->version);
    jw_key(w, "database");
    jw_bool(w, true);
    write_number(w, "chain_id", rows, COLUMN_CHAIN_ID);
    write_text(w, "network", rows, COLUMN_NETWORK);
    write_number(w, "generation", rows, COLUMN_GENERATION);
    write_block(w, "head", rows, COLUMN_NUMBER);
    write_block(w, "safe", rows, COLUMN_SAFE_NUMBER);
    write_block(w, "finalized", rows, COLUMN_FINALIZED_NUMBER);
    write_number(w, "source_head", rows, COLUMN_SOURCE_HEAD);
    jw_key(w, "syncing");
    jw_bool(w, rows_u64(rows, 0, COLUMN_LAG_BLOCKS) > 0 || rows_null(rows, 0, COLUMN_NUMBER));
    write_number(w, "lag_blocks", rows, COLUMN_LAG_BLOCKS);
    write_number(w, "lag_seconds", rows, COLUMN_LAG_SECONDS);
    write_number(w, "events", rows, COLUMN_EVENTS);
    write_number(w, "feed_seq", rows, COLUMN_FEED_SEQ);
    write_number(w, "reorgs", rows, COLUMN_REORGS);
    jw_key(w, "block_root");
    if (rows_null(rows, 0, COLUMN_ROOT))
        jw_null(w);
    else
        jw_hash(w, rows_hash(rows, 0, COLUMN_ROOT));
    write_proofs(w, rows);
    write_text(w, "stopped", rows, COLUMN_STOPPED);
    write_mirror(w);
    write_audit(w, rows);
    return OK;
}

static void write_known(struct json_writer *w, const char *key, bool known, uint64_t value)
{
    jw_key(w, key);
    if (known)
        jw_u64(w, value);
    else
        jw_null(w);
}

/* {number, hash, time} of a block of which only the number is known. */
static void write_block_number(struct json_writer *w, const char *key, bool known, int64_t number)
{
    jw_key(w, key);
    if (!known) {
        jw_null(w);
        return;
    }
    jw_object(w);
    write_known(w, "number", true, (uint64_t)number);
    write_known(w, "hash", false, 0);
    write_known(w, "time", false, 0);
    jw_object_end(w);
}

/* What was last read before the database went away; the rest is null. */
static enum err status_without_database(const struct request *r, struct reply *reply)
{
    struct state state;
    struct json_writer *w = &reply->json;
    watch_state(r->service->watch, &state);
    bool head = state.known && state.has_head;
    uint64_t lag = head && state.source_head > (int64_t)state.head ? (uint64_t)state.source_head - state.head : 0;
    jw_key(w, "version");
    jw_text(w, r->facts->version);
    jw_key(w, "database");
    jw_bool(w, false);
    write_known(w, "chain_id", state.known && state.has_network, state.chain_id);
    write_known(w, "network", false, 0);
    write_known(w, "generation", state.known, state.generation);
    write_block_number(w, "head", head, (int64_t)state.head);
    write_block_number(w, "safe", state.known && state.safe >= 0, state.safe);
    write_block_number(w, "finalized", state.known && state.finalized >= 0, state.finalized);
    write_known(w, "source_head", state.known && state.source_head >= 0, (uint64_t)state.source_head);
    jw_key(w, "syncing");
    jw_bool(w, lag > 0 || !head);
    write_known(w, "lag_blocks", true, lag);
    static const char *const unknown[] = {"lag_seconds", "events",          "feed_seq", "reorgs",
                                          "block_root",  "blocks_by_proof", "stopped"};
    for (size_t i = 0; i < sizeof unknown / sizeof *unknown; i++)
        write_known(w, unknown[i], false, 0);
    write_mirror(w);
    write_known(w, "audit", false, 0);
    return OK;
}

static const struct member mirror_members[] =
    {{.name = "state",
      .type = T_TEXT,
      .about = "writing; standby: it has not the lease; ended: the archive is through; stopped: it refuses to go on."},
     {.name = "restarts", .type = T_U64, .about = "How often it began again from the cursor after a failure."},
     {.name = "source_requests", .type = T_U64, .about = "Requests to the source."},
     {.name = "source_failures", .type = T_U64, .about = "Of these, not answered or answered with an error."},
     {.name = "source_lies",
      .type = T_U64,
      .about = "Answers that contradicted themselves or a header; none was booked."},
     {.name = "source_disagreements", .type = T_U64, .about = "Blocks whose hashes two endpoints told differently."},
     {.name = "unhashable_headers", .type = T_U64, .about = "Headers with members unknown to this version."},
     {.name = "error", .type = T_TEXT, .about = "The last failure since the last commit; empty if none."},
     {.name = "source_error", .type = T_TEXT, .about = "The source's last failure; empty if none."},
     {0}};

static const struct member audit_members[] =
    {{.name = "at_block", .type = T_U64, .about = "The finalized block whose state was compared."},
     {.name = "checked", .type = T_U64, .about = "Figures compared."},
     {.name = "differences", .type = T_U64, .about = "Of these, other than the contract's."},
     {.name = "unchecked",
      .type = T_U64,
      .about = "Figures not compared: the node could not answer, or logs leave them in doubt."},
     {.name = "time", .type = T_TIME, .about = "When, by the database's clock."},
     {.name = "last_difference",
      .type = T_TEXT,
      .optional = true,
      .about = "A difference as a sentence; shown until an audit is clean."},
     {0}};

static const struct member head_members[] =
    {{.name = "number", .type = T_U64, .about = "Its number."},
     {.name = "hash", .type = T_HASH, .nullable = true, .about = "Its hash; null if its header was not fetched."},
     {.name = "time", .type = T_TIME, .nullable = true, .about = "Its time."},
     {0}};

const struct route status_routes[] =
    {{.method = "GET",
      .path = "/v1/status",
      .about = "How far the mirror has come; answered also while syncing.",
      .shape = SHAPE_OBJECT,
      .cache = CACHE_NEVER,
      .members = MEMBERS(
          {.name = "version", .type = T_TEXT, .about = "Version of this program."},
          {.name = "database",
           .type = T_BOOL,
           .about = "Whether the database answers. If not, what was last known is given and the rest is null."},
          {.name = "chain_id", .type = T_U64, .nullable = true, .about = "The chain that is mirrored."},
          {.name = "network", .type = T_TEXT, .nullable = true, .about = "Name of the network file."},
          {.name = "generation", .type = T_U64, .nullable = true, .about = "Rises with every rebuild of the books."},
          {.name = "head",
           .nest = NEST_OBJECT,
           .nullable = true,
           .members = head_members,
           .about = "The last committed block."},
          {.name = "safe",
           .nest = NEST_OBJECT,
           .nullable = true,
           .members = head_members,
           .about = "The last safe block."},
          {.name = "finalized",
           .nest = NEST_OBJECT,
           .nullable = true,
           .members = head_members,
           .about = "The last finalized block."},
          {.name = "source_head", .type = T_U64, .nullable = true, .about = "The source's head when last heard."},
          {.name = "syncing",
           .type = T_BOOL,
           .about = "Whether the source has a block that is not committed, or nothing is mirrored yet."},
          {.name = "lag_blocks", .type = T_U64, .about = "How many blocks are not committed."},
          {.name = "lag_seconds",
           .type = T_U64,
           .nullable = true,
           .about = "Age of the last committed block while syncing, else 0."},
          {.name = "events", .type = T_U64, .nullable = true, .about = "Canonical events."},
          {.name = "feed_seq", .type = T_U64, .nullable = true, .about = "Last number of the feed of events."},
          {.name = "reorgs", .type = T_U64, .nullable = true, .about = "How many reorgs were seen."},
          {.name = "block_root", .type = T_HASH, .nullable = true, .about = "Root of the books at the head."},
          {.name = "blocks_by_proof",
           .nest = NEST_OBJECT,
           .nullable = true,
           .about = "Stored blocks by how their logs are known to be complete.",
           .members = MEMBERS({.name = "archive", .type = T_U64, .about = "Read from an archive."},
                              {.name = "none", .type = T_U64, .about = "Not proven."},
                              {.name = "bloom", .type = T_U64, .about = "By the header's bloom."},
                              {.name = "receipts", .type = T_U64, .about = "By the receipts' root."},
                              {.name = "unhashable",
                               .type = T_U64,
                               .about = "The header has members unknown to this version."})},
          {.name = "stopped", .type = T_TEXT, .nullable = true, .about = "Why the mirror refuses to go on."},
          {.name = "mirror",
           .nest = NEST_OBJECT,
           .nullable = true,
           .members = mirror_members,
           .about = "The mirror in this process; null if another process mirrors."},
          {.name = "audit",
           .nest = NEST_OBJECT,
           .nullable = true,
           .members = audit_members,
           .about = "A sample of the books, held against the contracts' own answers; null if none was."}),
      .ask = status_ask,
      .answer = status_answer,
      .without_database = status_without_database},
     {0}};
