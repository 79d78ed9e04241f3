/* api/log.c - the message log itself: its size, root and keys, and proofs of inclusion and consistency. */
#include "api/log.h"

#include <inttypes.h>
#include <string.h>

#include "api/routes.h"
#include "governance/door_rows.h"
#include "governance/log_tiles.h"

static const struct record end_record = RECORD(log_end, FIELD(log_end, size), FIELD(log_end, root),
                                               FIELD(log_end, received), FIELD(log_end, note));

enum err log_end_read(struct db *db, struct arena *arena, struct log_end *out)
{
    enum err e =
        db_one(db,
               "SELECT c.size, c.root, c.received, c.note FROM governance.checkpoint c ORDER BY c.size DESC LIMIT 1",
               WITH_NOTHING, &end_record, arena, out);
    return e == ERR_NOT_FOUND ? err_with(ERR_NOT_FOUND, "the log has no entry yet") : e;
}

void log_size_write(struct json_writer *w, uint64_t size)
{
    jw_key(w, "log_size");
    jw_u64(w, size);
}

static void hashes_write(struct json_writer *w, const struct hash *all, size_t n)
{
    jw_array(w);
    for (size_t i = 0; i < n; i++)
        jw_hash(w, all[i]);
    jw_array_end(w);
}

static struct log_tiles *tiles_open(struct db *db, struct arena *arena)
{
    struct log_tiles *t = ARENA_NEW(arena, struct log_tiles);
    t->db = db;
    return t;
}

enum err log_included_read(struct db *db, uint64_t position, uint64_t size, struct log_included *out)
{
    AUTO_ARENA arena = {0};
    struct log_tiles *tiles = tiles_open(db, &arena);
    TRY(log_inclusion(position, size, log_tiles_get, tiles, out->proof, &out->n));
    TRY(log_range(0, size, log_tiles_get, tiles, &out->root));
    return log_range(position, position + 1, log_tiles_get, tiles, &out->leaf);
}

void log_included_write(struct json_writer *w, uint64_t size, const struct log_included *in)
{
    jw_key(w, "size");
    jw_u64(w, size);
    jw_key(w, "leaf");
    jw_hash(w, in->leaf);
    jw_key(w, "root");
    jw_hash(w, in->root);
    jw_key(w, "proof");
    hashes_write(w, in->proof, in->n);
}

enum err log_size_asked(const struct request *r, const char *name, uint64_t otherwise, uint64_t log_size, uint64_t *out)
{
    uint64_t size = request_given(r, name) ? request_u64(r, name) : otherwise;
    if (size > log_size)
        return err_with(ERR_NOT_FOUND, "%s: the log has %" PRIu64 " entries", name, log_size);
    *out = size;
    return OK;
}

/* ---- /v1/log ---- */

static struct note_key note_key_of(const struct key_row *row)
{
    struct note_key key = {.origin = row->origin};
    memcpy(key.public_key, row->log_key.b, sizeof key.public_key);
    return key;
}

/* Processes with other keys may serve one log: those that signed its checkpoint. */
static const struct key_row *find_signer(const struct log_end *end, const struct key_row *keys, size_t n)
{
    for (size_t i = n; i > 0; i--) {
        struct note_key key = note_key_of(&keys[i - 1]);
        uint64_t size;
        struct hash root;
        if (checkpoint_open(end->note, strlen(end->note), &key, &size, &root) == OK)
            return &keys[i - 1];
    }
    return NULL;
}

static void write_key(struct json_writer *w, const struct key_row *row)
{
    AUTO_BUFFER text = {0};
    struct note_key key = note_key_of(row);
    note_key_format(&key, &text);
    jw_key(w, "origin");
    jw_text(w, row->origin);
    jw_key(w, "log_key");
    jw_text_n(w, (const char *)text.p, text.n);
    jw_key(w, "receipts_address");
    jw_address(w, row->receipts);
}

static enum err log_run(const struct request *r, struct db *db, struct reply *reply)
{
    struct log_end end;
    struct key_row *keys;
    size_t n;
    struct json_writer *w = &reply->json;
    TRY(log_end_read(db, r->arena, &end));
    TRY(db_all(db, "SELECT k.position, k.origin, k.log_key, k.receipts FROM governance.key k ORDER BY k.position",
               WITH_NOTHING, log_records[LOG_KEY], r->arena, &keys, &n));
    const struct key_row *signer = find_signer(&end, keys, n);
    if (signer == NULL)
        return err_with(ERR_INTERNAL, "the checkpoint is not signed by a key of the log");
    write_key(w, signer);
    log_size_write(w, end.size);
    jw_key(w, "size");
    jw_u64(w, end.size);
    jw_key(w, "root");
    jw_hash(w, end.root);
    jw_key(w, "received");
    jw_time(w, end.received);
    jw_key(w, "checkpoint");
    jw_text(w, end.note);
    jw_key(w, "keys");
    jw_array(w);
    for (size_t i = 0; i < n; i++) {
        jw_object(w);
        jw_key(w, "position");
        jw_u64(w, keys[i].position);
        write_key(w, &keys[i]);
        jw_object_end(w);
    }
    jw_array_end(w);
    return OK;
}

/* ---- proofs ---- */

static enum err inclusion_run(const struct request *r, struct db *db, struct reply *reply)
{
    struct log_end end;
    struct log_included in;
    struct json_writer *w = &reply->json;
    uint64_t position = request_u64(r, "position"), size;
    TRY(log_end_read(db, r->arena, &end));
    TRY(log_size_asked(r, "size", end.size, end.size, &size));
    if (position >= end.size)
        return err_with(ERR_NOT_FOUND, "position: the log has %" PRIu64 " entries", end.size);
    if (position >= size)
        return err_with(ERR_FIELD, "size: must be above the position");
    TRY(log_included_read(db, position, size, &in));
    log_size_write(w, end.size);
    jw_key(w, "position");
    jw_u64(w, position);
    log_included_write(w, size, &in);
    return OK;
}

static enum err consistency_run(const struct request *r, struct db *db, struct reply *reply)
{
    struct log_end end;
    struct hash from_root, root, proof[PROOF_MAX];
    struct json_writer *w = &reply->json;
    uint64_t from = request_u64(r, "from"), to;
    size_t n;
    TRY(log_end_read(db, r->arena, &end));
    TRY(log_size_asked(r, "to", end.size, end.size, &to));
    if (from == 0 || from > to)
        return err_with(ERR_FIELD, "from: must be 1 to %" PRIu64, to);
    struct log_tiles *tiles = tiles_open(db, r->arena);
    TRY(log_consistency(from, to, log_tiles_get, tiles, proof, &n));
    TRY(log_range(0, from, log_tiles_get, tiles, &from_root));
    TRY(log_range(0, to, log_tiles_get, tiles, &root));
    log_size_write(w, end.size);
    jw_key(w, "from");
    jw_u64(w, from);
    jw_key(w, "to");
    jw_u64(w, to);
    jw_key(w, "from_root");
    jw_hash(w, from_root);
    jw_key(w, "root");
    jw_hash(w, root);
    jw_key(w, "proof");
    hashes_write(w, proof, n);
    return OK;
}

#define ORIGIN_MEMBER                                                                         \
    {                                                                                         \
        .name = "origin", .type = T_TEXT, .about = "The log's origin (C2SP tlog-checkpoint)." \
    }
#define LOG_KEY_MEMBER                                                                  \
    {                                                                                   \
        .name = "log_key", .type = T_TEXT,                                              \
        .about = "The key that signs checkpoints, as verifiers take it: origin+id+key." \
    }
#define RECEIPTS_MEMBER                                                                          \
    {                                                                                            \
        .name = "receipts_address", .type = T_ADDRESS, .about = "Whose signature receipts have." \
    }

static const struct member key_members[] = {{.name = "position", .type = T_U64, .about = "From which entry on."},
                                            ORIGIN_MEMBER,
                                            LOG_KEY_MEMBER,
                                            RECEIPTS_MEMBER,
                                            {0}};

const struct route log_routes[] =
    {{.method = "GET",
      .path = "/v1/log",
      .about = "The log of all accepted messages: how long it is, its root, who signed that, and all keys that may.",
      .shape = SHAPE_OBJECT,
      .cache = CACHE_NEVER,
      .members = MEMBERS(ORIGIN_MEMBER, LOG_KEY_MEMBER, RECEIPTS_MEMBER, LOG_SIZE_MEMBER,
                         {.name = "size", .type = T_U64, .about = "The same: entries of the log."},
                         {.name = "root", .type = T_HASH, .about = "Merkle tree hash of all entries (RFC 6962)."},
                         {.name = "received", .type = T_TIME, .about = "When the last of them was accepted."},
                         {.name = "checkpoint", .type = T_TEXT, .about = "Size and root as a signed note (C2SP)."},
                         {.name = "keys",
                          .nest = NEST_LIST,
                          .members = key_members,
                          .about = "All keys that the log ever had, oldest first: each may sign from its entry on."}),
      .run = log_run},
     {.method = "GET",
      .path = "/v1/log/proof/inclusion",
      .about = "That an entry is in the log of a size (RFC 6962, 2.1.1).",
      .shape = SHAPE_OBJECT,
      .cache = CACHE_NEVER,
      .parameters = PARAMETERS(
          {.name = "position", .type = PARAMETER_U64, .required = true, .about = "The entry's place, from 0."},
          {.name = "size", .type = PARAMETER_U64, .about = "In the log of how many entries; default: all."}),
      .members = MEMBERS(LOG_SIZE_MEMBER, {.name = "position", .type = T_U64, .about = "The entry's place."},
                         LOG_INCLUDED_MEMBERS),
      .run = inclusion_run},
     {.method = "GET",
      .path = "/v1/log/proof/consistency",
      .about = "That the log of a size begins with the log of a smaller size (RFC 6962, 2.1.2).",
      .shape = SHAPE_OBJECT,
      .cache = CACHE_NEVER,
      .parameters =
          PARAMETERS({.name = "from", .type = PARAMETER_U64, .required = true, .about = "Entries of the older log."},
                     {.name = "to", .type = PARAMETER_U64, .about = "Entries of the newer one; default: all."}),
      .members = MEMBERS(LOG_SIZE_MEMBER, {.name = "from", .type = T_U64, .about = "Entries of the older log."},
                         {.name = "to", .type = T_U64, .about = "Entries of the newer one."},
                         {.name = "from_root", .type = T_HASH, .about = "Merkle tree hash of the older log."},
                         {.name = "root", .type = T_HASH, .about = "Merkle tree hash of the newer one."},
                         {.name = "proof",
                          .type = T_HASH,
                          .nest = NEST_SCALARS,
                          .about = "The hashes from which both roots can be made."}),
      .run = consistency_run},
     {0}};
