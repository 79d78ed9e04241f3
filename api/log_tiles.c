/* api/log_tiles.c - the message log as files: its checkpoint, and its tiles as C2SP tlog-tiles has them; /v1/log is the prefix. */
#include <inttypes.h>
#include <string.h>

#include "api/routes.h"
#include "governance/log_tiles.h"

/* What is complete never changes; but a log that was made anew under the same name may differ, so caches ask again some time. */
#define CACHE_COMPLETE "public, max-age=604800"

enum { GROUP = 1000, PATH_TEXT_MAX = 64 };

/* ---- checkpoint ---- */

static enum err checkpoint_ask(const struct request *r, struct statement *s)
{
    (void)r;
    s->sql = "SELECT c.note FROM governance.checkpoint c ORDER BY c.size DESC LIMIT 1";
    return OK;
}

static enum err checkpoint_answer(const struct request *r, const struct rows *rows, struct reply *reply)
{
    (void)r;
    const char *note = rows_text(rows, 0, 0);
    reply_raw(reply, "text/plain; charset=utf-8", note, strlen(note));
    return OK;
}

/* ---- tiles ---- */

struct tile_path {
    bool entries;
    unsigned level;
    uint64_t index;
    size_t width;
};

static enum err malformed(void)
{
    return err_with(ERR_FIELD,
                    "tile: a level or `entries`, an index like x001/x234/067, and .p/1 to .p/255 if it is partial");
}

/* Decimal without leading zeroes, up to `most`. */
static bool parse_number(const char **p, uint64_t most, uint64_t *out)
{
    const char *at = *p;
    uint64_t v = 0;
    if (*at == '0' && at[1] >= '0' && at[1] <= '9')
        return false;
    for (; *at >= '0' && *at <= '9'; at++) {
        v = v * 10 + (uint64_t)(*at - '0');
        if (v > most)
            return false;
    }
    if (at == *p)
        return false;
    *p = at;
    *out = v;
    return true;
}

static bool parse_group(const char **p, uint64_t *index)
{
    uint64_t group = 0;
    for (int i = 0; i < 3; i++, (*p)++) {
        if (**p < '0' || **p > '9')
            return false;
        group = group * 10 + (uint64_t)(**p - '0');
    }
    if (*index > INT64_MAX / TILE_WIDTH / GROUP - 1)
        return false;
    *index = *index * GROUP + group;
    return true;
}

/* C2SP tlog-tiles: "<N> is ... encoded into zero-padded 3-digit path elements. All but the last path element MUST begin with an x." */
static bool parse_index(const char **p, uint64_t *index)
{
    *index = 0;
    for (bool first = true; **p == 'x'; first = false) {
        ++*p;
        if (!parse_group(p, index) || *(*p)++ != '/' || (first && *index == 0))
            return false;
    }
    return parse_group(p, index);
}

static enum err parse_tile(const char *text, struct tile_path *out)
{
    struct tile_path t = {.width = TILE_WIDTH};
    static const char entries[] = "entries/";
    const char *p = text;
    t.entries = strncmp(text, entries, strlen(entries)) == 0;
    if (t.entries) {
        p += strlen(entries);
    } else {
        uint64_t level;
        if (!parse_number(&p, LOG_LEVELS - 1, &level) || *p++ != '/')
            return malformed();
        t.level = (unsigned)level;
    }
    if (!parse_index(&p, &t.index))
        return malformed();
    if (strncmp(p, ".p/", 3) == 0) {
        uint64_t width;
        p += 3;
        if (!parse_number(&p, TILE_WIDTH - 1, &width) || width == 0)
            return malformed();
        t.width = width;
    }
    if (*p != '\0')
        return malformed();
    *out = t;
    return OK;
}

/* "Each entry is preceded by its length as a big-endian uint16." */
static enum err put_entries(struct db *db, const struct tile_path *t, struct buffer *out)
{
    AUTO_ROWS rows = NULL;
    uint64_t first = t->index * TILE_WIDTH, end = first + t->width;
    TRY(db_query(
        db, "SELECT m.entry FROM governance.message m WHERE m.position >= $1 AND m.position < $2 ORDER BY m.position",
        WITH(IN(&first), IN(&end)), &rows));
    if (rows_count(rows) < t->width)
        return err_with(ERR_NOT_FOUND, "tile: the log has not so many entries");
    for (size_t i = 0; i < t->width; i++) {
        struct slice entry = rows_bytes(rows, i, 0);
        buffer_be16(out, (uint16_t)entry.n);
        buffer_bytes(out, entry.p, entry.n);
    }
    return OK;
}

static enum err put_hashes(struct db *db, const struct tile_path *t, struct arena *arena, struct buffer *out)
{
    struct hash all[TILE_WIDTH];
    struct log_tiles *tiles = ARENA_NEW(arena, struct log_tiles);
    tiles->db = db;
    TRY(log_tiles_get(tiles, t->level, t->index, t->width, all));
    buffer_bytes(out, all, t->width * sizeof *all);
    return OK;
}

static enum err tile_run(const struct request *r, struct db *db, struct reply *reply)
{
    struct tile_path t;
    TRY(parse_tile(request_text(r, "tile"), &t));
    TRY(t.entries ? put_entries(db, &t, &reply->body) : put_hashes(db, &t, r->arena, &reply->body));
    reply->content_type = "application/octet-stream";
    if (t.width == TILE_WIDTH)
        reply->cache_control = CACHE_COMPLETE;
    return OK;
}

const struct route log_tiles_routes[] =
    {{.method = "GET",
      .path = "/v1/log/checkpoint",
      .about = "The log's size and root as a signed note (C2SP tlog-checkpoint, signed-note).",
      .shape = SHAPE_RAW,
      .cache = CACHE_NEVER,
      .ask = checkpoint_ask,
      .answer = checkpoint_answer},
     {.method = "GET",
      .path = "/v1/log/tile/{tile...}",
      .about = "Up to 256 hashes of the log's tree, or the entries under them (C2SP tlog-tiles).",
      .shape = SHAPE_RAW,
      .cache = CACHE_NEVER,
      .parameters = PARAMETERS(
          {.name = "tile",
           .type = PARAMETER_TEXT,
           .max = PATH_TEXT_MAX,
           .about = "The rest of the path, slashes included: a level or `entries`, the index in groups "
                    "of three digits (0/x001/x234/067), and .p/W behind it if it has only W "
                    "of 256 (entries/002.p/17)."}),
      .run = tile_run},
     {0}};
