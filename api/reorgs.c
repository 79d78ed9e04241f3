/* api/reorgs.c - every unwinding of the chain that the mirror went through, with the blocks that left. */
#include <assert.h>
#include <string.h>

#include "api/routes.h"

enum { PACKED_BLOCK = 8 + 32 + 4 }; /* number, hash, events, as the statement packs them */

/* clang-format off */
#define REORGS(compare, order)                                                                                        \
    "SELECT g.id, g.detected_at, g.fork_number, g.old_head_number, g.old_head_hash, g.old_head_number -"              \
    " g.fork_number AS depth,"                                                                                        \
    " g.feed_seq, x.blocks, g.id AS key FROM mirror.reorg g"                                                          \
    " CROSS JOIN LATERAL (SELECT coalesce(string_agg(int8send(o.number) || b.hash || int4send(l.events), ''::bytea"   \
    "   ORDER BY o.number), ''::bytea) AS blocks FROM mirror.reorg_block o JOIN mirror.block b ON b.id = o.block"     \
    "   CROSS JOIN LATERAL (SELECT count(*)::int AS events FROM mirror.event e WHERE e.block = b.id"                  \
    "     AND e.generation <= (SELECT c.generation FROM mirror.cursor c)) l WHERE o.reorg = g.id) x"                  \
    " WHERE g.id " compare " $1 ORDER BY g.id " order " LIMIT $2"
/* clang-format on */

static enum err reorgs_ask(const struct request *r, struct statement *s)
{
    s->sql = r->page.descending ? REORGS("<", "DESC") : REORGS(">", "ASC");
    statement_page(s, r);
    return OK;
}

static uint64_t big_endian(const uint8_t *p, size_t n)
{
    uint64_t v = 0;
    for (size_t i = 0; i < n; i++)
        v = v << 8 | p[i];
    return v;
}

static void write_blocks(struct json_writer *w, const struct rows *rows, size_t row, size_t column)
{
    struct slice packed = rows_bytes(rows, row, column);
    assert(packed.n % PACKED_BLOCK == 0);
    jw_array(w);
    for (size_t i = 0; i < packed.n; i += PACKED_BLOCK) {
        struct hash hash;
        memcpy(hash.b, packed.p + i + 8, sizeof hash.b);
        jw_object(w);
        jw_key(w, "number");
        jw_u64(w, big_endian(packed.p + i, 8));
        jw_key(w, "hash");
        jw_hash(w, hash);
        jw_key(w, "events");
        jw_u64(w, big_endian(packed.p + i + 40, 4));
        jw_object_end(w);
    }
    jw_array_end(w);
}

static const struct member block_members[] = {{.name = "number", .type = T_U64, .about = "Its number."},
                                              {.name = "hash", .type = T_HASH, .about = "Its hash."},
                                              {.name = "events",
                                               .type = T_U64,
                                               .about = "How many events it took along."},
                                              {0}};

const struct route reorgs_routes[] =
    {{.method = "GET",
      .path = "/v1/reorgs",
      .about =
          "Every reorg seen: the common ancestor, the head that was left, the blocks that were taken off the chain.",
      .shape = SHAPE_LIST,
      .cache = CACHE_STATE,
      .members = MEMBERS({.name = "id", .type = T_U64, .about = "Running number."},
                         {.name = "detected_at",
                          .type = T_TIME,
                          .about = "When this service saw it: its own clock, not chain time."},
                         {.name = "fork_number", .type = T_U64, .about = "The last block that both branches share."},
                         {.name = "old_head_number", .type = T_U64, .about = "Number of the head that was left."},
                         {.name = "old_head_hash", .type = T_HASH, .about = "Hash of the head that was left."},
                         {.name = "depth", .type = T_U64, .about = "How many block numbers it went back."},
                         {.name = "feed_seq", .type = T_U64, .about = "Where it begins in the feed of events."},
                         {.name = "blocks",
                          .nest = NEST_LIST,
                          .members = block_members,
                          .write = write_blocks,
                          .about = "The blocks that were taken off the chain, ascending."}),
      .KEYS(T_I64),
      .both_orders = true,
      .ask = reorgs_ask},
     {0}};
