/* api/blocks.c - a block as it was booked: root, proof, number of events. */
#include "api/routes.h"
#include "api/sql.h"
#include "ledger/mirror/block.h"

enum { COLUMN_PARENT = AT_COLUMNS, COLUMN_PROOF, COLUMN_EVENTS };

static enum err block_ask(const struct request *r, struct statement *s)
{
    s->sql = "SELECT a.*, b.parent_hash, b.proof, (SELECT count(*) FROM mirror.event e WHERE e.block = b.id"
             "   AND e.generation <= a.generation) FROM api_v1.at($1, $2, $3, $4) a"
             " LEFT JOIN mirror.chain m ON m.number = a.number LEFT JOIN mirror.block b ON b.id = m.block";
    statement_at(s, r); /* $1 .. $4, from the path */
    return OK;
}

/* Below finalized a block without logs of ours may have no stored header: hash, parent, time and proof are null
 * then, its root is its predecessor's, and it has no events. */
static enum err block_answer(const struct request *r, const struct rows *rows, struct reply *reply)
{
    struct json_writer *w = &reply->json;
    bool stored = !rows_null(rows, 0, COLUMN_PROOF);
    jw_key(w, "number");
    jw_u64(w, r->as_of.number);
    jw_key(w, "hash");
    if (r->as_of.has_block)
        jw_hash(w, r->as_of.hash);
    else
        jw_null(w);
    jw_key(w, "parent_hash");
    if (stored)
        jw_hash(w, rows_hash(rows, 0, COLUMN_PARENT));
    else
        jw_null(w);
    jw_key(w, "time");
    if (r->as_of.has_block)
        jw_time(w, r->as_of.time);
    else
        jw_null(w);
    jw_key(w, "finality");
    jw_text(w, finality_name(r->as_of.finality));
    jw_key(w, "block_root");
    if (r->as_of.has_root)
        jw_hash(w, r->as_of.root);
    else
        jw_null(w);
    jw_key(w, "proof");
    if (stored)
        jw_text(w, block_proof_name((enum block_proof)rows_i64(rows, 0, COLUMN_PROOF)));
    else
        jw_null(w);
    jw_key(w, "events");
    jw_u64(w, rows_u64(rows, 0, COLUMN_EVENTS));
    return OK;
}

const struct route blocks_routes[] =
    {{.method = "GET",
      .path = "/v1/blocks/{at}",
      .about = "A block by number, hash, alias or time, with its root and how its logs are known to be complete.",
      .shape = SHAPE_OBJECT,
      .takes_at = true,
      .cache = CACHE_STATE,
      .parameters = PARAMETERS({.name = "at",
                                .type = PARAMETER_TEXT,
                                .about = "Number, hash, latest, safe, finalized, or an RFC 3339 time."}),
      .members = MEMBERS(
          {.name = "number", .type = T_U64, .about = "Its number."},
          {.name = "hash", .type = T_HASH, .nullable = true, .about = "Its hash; null if its header was not fetched."},
          {.name = "parent_hash", .type = T_HASH, .nullable = true, .about = "Hash of its parent."},
          {.name = "time", .type = T_TIME, .nullable = true, .about = "Its time."},
          {.name = "finality", .type = T_TEXT, .about = "latest, safe or finalized."},
          {.name = "block_root", .type = T_HASH, .nullable = true, .about = "Root of the books after this block."},
          {.name = "proof",
           .type = T_TEXT,
           .nullable = true,
           .about = "How its logs are known to be complete: archive, none, bloom, receipts or unhashable."},
          {.name = "events", .type = T_U64, .about = "How many events it has."}),
      .ask = block_ask,
      .answer = block_answer},
     {0}};
