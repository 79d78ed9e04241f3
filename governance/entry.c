/* governance/entry.c - entries of the log: written as canonical JSON, and read back strictly; see message.h. */
#include <string.h>

#include "governance/message_forms.h"
#include "ledger/core/digest.h"

/* Of what this file writes; later versions are read beside it. */
enum { ENTRY_VERSION = 1, EVIDENCE_BYTES_MAX = 4096 };
static const json_int_t NUMBER_MAX = (json_int_t)1 << 53; /* what the writer takes */

/* ---- writing: members stand in the order of their names ---- */

static void write_end(struct json_writer *w)
{
    jw_key(w, "version");
    jw_u64(w, ENTRY_VERSION);
    jw_object_end(w);
}

static void write_received(struct json_writer *w, struct instant received)
{
    jw_key(w, "received");
    jw_time(w, received);
}

static void write_evidence(struct json_writer *w, const struct evidence *evidence)
{
    jw_key(w, "evidence");
    jw_object(w);
    jw_key(w, "block_hash");
    jw_hash(w, evidence->block_hash);
    jw_key(w, "block_number");
    jw_u64(w, evidence->block_number);
    jw_key(w, "returned");
    jw_hex(w, evidence->returned);
    jw_object_end(w);
}

enum err entry_write(const struct message *m, const struct evidence *evidence, struct instant received,
                     struct buffer *out)
{
    AUTO_ARENA arena = {0};
    struct json_writer w;
    size_t before = out->n;
    const char *envelope = json_canonical(m->envelope, &arena);
    jw_start(&w, out);
    jw_object(&w);
    jw_key(&w, "envelope");
    jw_raw(&w, envelope, strlen(envelope));
    if (evidence->given)
        write_evidence(&w, evidence);
    write_received(&w, received);
    write_end(&w);
    if (out->n - before > MESSAGE_BYTES_MAX) {
        out->n = before;
        return err_with(ERR_TOO_LARGE, "an entry of the log has at most %d bytes", MESSAGE_BYTES_MAX);
    }
    return OK;
}

void entry_write_key(const char *origin, const uint8_t log_key[32], struct address receipts, struct instant received,
                     struct buffer *out)
{
    struct json_writer w;
    jw_start(&w, out);
    jw_object(&w);
    jw_key(&w, "key");
    jw_object(&w);
    jw_key(&w, "log");
    jw_hex(&w, (struct slice){log_key, sizeof(struct hash)});
    jw_key(&w, "origin");
    jw_text(&w, origin);
    jw_key(&w, "receipts");
    jw_address(&w, receipts);
    jw_object_end(&w);
    write_received(&w, received);
    write_end(&w);
}

void entry_write_space(const char *parameters, struct instant received, struct buffer *out)
{
    struct json_writer w;
    jw_start(&w, out);
    jw_object(&w);
    write_received(&w, received);
    jw_key(&w, "space");
    jw_raw(&w, parameters, strlen(parameters));
    write_end(&w);
}

/* ---- reading ---- */

static enum err mistake(const char *what)
{
    return err_with(ERR_FIELD, "entry: %s", what);
}

static enum err read_hash(const json_t *object, const char *name, struct hash *out)
{
    const json_t *value = json_object_get(object, name);
    if (!json_is_string(value) || hash_parse(json_string_value(value), json_string_length(value), out) != OK)
        return err_with(ERR_FIELD, "entry: %s is not a hash", name);
    return OK;
}

static enum err read_evidence(const json_t *j, struct arena *arena, struct evidence *out)
{
    const json_t *number = json_object_get(j, "block_number"), *returned = json_object_get(j, "returned");
    if (j == NULL)
        return OK;
    TRY(read_hash(j, "block_hash", &out->block_hash));
    if (!json_is_integer(number) || json_integer_value(number) < 0 || json_integer_value(number) > NUMBER_MAX ||
        !json_is_string(returned))
        return mistake("evidence is malformed");
    uint8_t *bytes = arena_take(arena, EVIDENCE_BYTES_MAX);
    if (hex_parse(json_string_value(returned), json_string_length(returned), bytes, EVIDENCE_BYTES_MAX,
                  &out->returned.n) != OK)
        return mistake("evidence.returned is malformed");
    out->returned.p = bytes;
    out->block_number = (uint64_t)json_integer_value(number);
    out->given = true;
    return OK;
}

static enum err read_message(json_t *j, struct slice text, struct arena *arena, struct entry *e)
{
    AUTO_BUFFER again = {0};
    json_t *envelope = json_object_get(j, "envelope");
    TRY(read_evidence(json_object_get(j, "evidence"), arena, &e->evidence));
    TRY(message_read(envelope, arena, &e->message));
    json_incref(envelope); /* which the message now has */
    e->kind = e->message.kind;
    e->digest = e->message.digest;
    TRY(entry_write(&e->message, &e->evidence, e->received, &again));
    return slice_equal(text, (struct slice){again.p, again.n}) ? OK : mistake("is not canonical");
}

static enum err read_key(const json_t *j, struct slice text, struct arena *arena, struct entry *e)
{
    AUTO_BUFFER again = {0};
    const json_t *key = json_object_get(j, "key"), *origin = json_object_get(key, "origin"),
                 *receipts = json_object_get(key, "receipts");
    struct hash log_key;
    if (!json_is_string(origin) || !json_is_string(receipts) ||
        address_parse(json_string_value(receipts), json_string_length(receipts), &e->receipts) != OK)
        return mistake("key is malformed");
    TRY(read_hash(key, "log", &log_key));
    memcpy(e->log_key, log_key.b, sizeof log_key.b);
    e->origin = arena_text(arena, json_string_value(origin), json_string_length(origin));
    e->kind = MESSAGE_KEY;
    e->digest = keccak(text);
    entry_write_key(e->origin, e->log_key, e->receipts, e->received, &again);
    return slice_equal(text, (struct slice){again.p, again.n}) ? OK : mistake("is not canonical");
}

/* Its parameters may be those of an earlier or later version of this program: they are kept as they are. */
static enum err read_space(const json_t *j, struct slice text, struct arena *arena, struct entry *e)
{
    AUTO_BUFFER again = {0};
    const json_t *space = json_object_get(j, "space"), *id = json_object_get(space, "id");
    if (!json_is_string(id))
        return mistake("a space has no id");
    e->space = arena_text(arena, json_string_value(id), json_string_length(id));
    e->parameters = json_canonical(space, arena);
    e->kind = MESSAGE_SPACE;
    e->digest = keccak(text);
    entry_write_space(e->parameters, e->received, &again);
    return slice_equal(text, (struct slice){again.p, again.n}) ? OK : mistake("is not canonical");
}

enum err entry_parse(struct slice text, struct arena *arena, struct entry *out)
{
    AUTO_JSON j = NULL;
    struct entry e = {.origin = "", .space = "", .parameters = ""};
    if (text.n > MESSAGE_BYTES_MAX)
        return mistake("is longer than 65535 bytes");
    TRY(json_parse((const char *)text.p, text.n, MESSAGE_DEPTH + 1, &j));
    const json_t *received = json_object_get(j, "received");
    if (!json_is_string(received) ||
        instant_parse(json_string_value(received), json_string_length(received), &e.received) != OK)
        return mistake("received is not a time");
    enum err result = json_object_get(j, "key") != NULL     ? read_key(j, text, arena, &e)
                      : json_object_get(j, "space") != NULL ? read_space(j, text, arena, &e)
                                                            : read_message(j, text, arena, &e);
    if (result != OK) {
        entry_done(&e);
        return result;
    }
    *out = e;
    return OK;
}

void entry_done(struct entry *e)
{
    message_done(&e->message);
}
