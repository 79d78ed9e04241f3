/* governance/bundle_read.c - lines of a bundle, read strictly; see bundle.h. */
#include "governance/bundle.h"

#include <string.h>

enum { LINE_DEPTH = 6, SIGNATURE_MAX = 65 };

/* ---- members ---- */

static enum err wrong(const char *name, const char *what)
{
    return err_with(ERR_FIELD, "%s: must be %s", name, what);
}

static enum err take_u64(const json_t *object, const char *name, uint64_t *out)
{
    const json_t *v = json_object_get(object, name);
    if (!json_is_integer(v) || json_integer_value(v) < 0)
        return wrong(name, "a number");
    *out = (uint64_t)json_integer_value(v);
    return OK;
}

static enum err take_text(const json_t *object, const char *name, struct arena *arena, const char **out, size_t *n)
{
    const json_t *v = json_object_get(object, name);
    if (!json_is_string(v))
        return wrong(name, "a text");
    *n = json_string_length(v);
    *out = arena_text(arena, json_string_value(v), *n);
    return OK;
}

static enum err take_hash(const json_t *object, const char *name, struct hash *out)
{
    const json_t *v = json_object_get(object, name);
    if (!json_is_string(v) || hash_parse(json_string_value(v), json_string_length(v), out) != OK)
        return wrong(name, "32 bytes, 0x hex");
    return OK;
}

static enum err take_object(const json_t *object, const char *name, size_t n, const json_t **out)
{
    *out = json_object_get(object, name);
    if (!json_is_object(*out) || json_object_size(*out) != n)
        return err_with(ERR_FIELD, "%s: must be an object of %zu members", name, n);
    return OK;
}

static enum err take_finality(const json_t *snapshot, const char **out)
{
    static const char *const names[] = {"latest", "safe", "finalized"};
    const char *text = json_string_value(json_object_get(snapshot, "finality"));
    for (size_t i = 0; text != NULL && i < sizeof names / sizeof *names; i++) {
        if (strcmp(text, names[i]) == 0) {
            *out = names[i];
            return OK;
        }
    }
    return wrong("finality", "latest, safe or finalized");
}

/* ---- lines ---- */

static enum err read_header(const json_t *line, struct arena *arena, struct bundle_header *out)
{
    enum { MEMBERS = 10, LOG_MEMBERS = 2, SNAPSHOT_MEMBERS = 4 };
    const json_t *o, *log, *snapshot, *final;
    const char *time;
    size_t n;
    uint64_t format;
    TRY(take_object(line, "bundle", MEMBERS, &o));
    TRY(take_u64(o, "format", &format));
    if (format != BUNDLE_FORMAT)
        return err_with(ERR_FIELD, "format: this program reads bundles of format %d", BUNDLE_FORMAT);
    TRY(take_u64(o, "chain_id", &out->chain_id));
    TRY(take_u64(o, "entries", &out->entries));
    TRY(take_u64(o, "voters", &out->voters));
    TRY(take_u64(o, "rules", &out->rules));
    TRY(take_u64(o, "generation", &out->generation));
    TRY(take_hash(o, "proposal", &out->proposal));
    final = json_object_get(o, "final");
    if (!json_is_boolean(final))
        return wrong("final", "true or false");
    out->final = json_is_true(final);
    TRY(take_object(o, "log", LOG_MEMBERS, &log));
    TRY(take_u64(log, "size", &out->size));
    TRY(take_text(log, "checkpoint", arena, &out->checkpoint, &n));
    TRY(take_object(o, "snapshot", SNAPSHOT_MEMBERS, &snapshot));
    TRY(take_finality(snapshot, &out->finality));
    TRY(take_hash(snapshot, "hash", &out->block));
    TRY(take_u64(snapshot, "number", &out->number));
    TRY(take_text(snapshot, "time", arena, &time, &n));
    return instant_parse(time, n, &out->time) == OK ? OK : wrong("time", "a time");
}

static enum err read_entry(const json_t *line, struct arena *arena, struct bundle_entry *out)
{
    enum { MEMBERS = 3 };
    const json_t *receipt, *signature;
    uint8_t *bytes = arena_take(arena, SIGNATURE_MAX);
    TRY(take_u64(line, "position", &out->position));
    TRY(take_text(line, "entry", arena, &out->text, &out->n));
    TRY(take_object(line, "receipt", MEMBERS, &receipt));
    TRY(take_u64(receipt, "size", &out->size));
    TRY(take_hash(receipt, "root", &out->root));
    signature = json_object_get(receipt, "signature");
    size_t n;
    if (!json_is_string(signature) ||
        hex_parse(json_string_value(signature), json_string_length(signature), bytes, SIGNATURE_MAX, &n) != OK)
        return wrong("signature", "65 bytes, 0x hex");
    out->signature = (struct slice){bytes, n};
    return OK;
}

static enum err read_log(const json_t *line, struct bundle_log *out)
{
    enum { MEMBERS = 3 };
    const json_t *o;
    uint64_t format;
    TRY(take_object(line, "log", MEMBERS, &o));
    TRY(take_u64(o, "format", &format));
    if (format != BUNDLE_FORMAT)
        return err_with(ERR_FIELD, "format: this program reads logs of format %d", BUNDLE_FORMAT);
    TRY(take_u64(o, "chain_id", &out->chain_id));
    return take_u64(o, "size", &out->size);
}

static enum err read_checkpoint(const json_t *line, struct arena *arena, struct bundle_checkpoint *out)
{
    enum { MEMBERS = 4 };
    const json_t *o;
    const char *time;
    size_t n;
    TRY(take_object(line, "checkpoint", MEMBERS, &o));
    TRY(take_u64(o, "size", &out->size));
    TRY(take_hash(o, "root", &out->root));
    TRY(take_text(o, "note", arena, &out->note, &n));
    TRY(take_text(o, "received", arena, &time, &n));
    return instant_parse(time, n, &out->received) == OK ? OK : wrong("received", "a time");
}

static enum err read_proof(const json_t *line, struct arena *arena, struct slice *out)
{
    const json_t *list = json_object_get(line, "proof"), *item;
    size_t i;
    if (!json_is_array(list))
        return wrong("proof", "an array");
    struct hash *all = ARENA_ARRAY(arena, struct hash, json_array_size(list) + 1);
    json_array_foreach(list, i, item)
    {
        if (!json_is_string(item) || hash_parse(json_string_value(item), json_string_length(item), &all[i]) != OK)
            return wrong("proof", "an array of 32 bytes each, 0x hex");
    }
    *out = (struct slice){(const uint8_t *)all, json_array_size(list) * sizeof *all};
    return OK;
}

static enum err read_power(const json_t *line, struct bundle_power *out)
{
    const json_t *voter = json_object_get(line, "voter"), *power = json_object_get(line, "power");
    if (!json_is_string(voter) || address_parse(json_string_value(voter), json_string_length(voter), &out->voter) != OK)
        return wrong("voter", "an address");
    if (!json_is_string(power) || amount_parse(json_string_value(power), json_string_length(power), &out->power) != OK)
        return wrong("power", "a decimal number");
    return OK;
}

static enum err read_line(const json_t *line, struct arena *arena, struct bundle_line *out)
{
    enum { ENTRY_MEMBERS = 3, POWER_MEMBERS = 2 };
    size_t n = json_object_size(line);
    if (n == 1 && json_object_get(line, "bundle") != NULL) {
        out->kind = BUNDLE_HEADER;
        return read_header(line, arena, &out->header);
    }
    if (n == ENTRY_MEMBERS && json_object_get(line, "entry") != NULL) {
        out->kind = BUNDLE_ENTRY;
        return read_entry(line, arena, &out->entry);
    }
    if (n == 1 && json_object_get(line, "proof") != NULL) {
        out->kind = BUNDLE_PROOF;
        return read_proof(line, arena, &out->proof);
    }
    if (n == POWER_MEMBERS && json_object_get(line, "voter") != NULL) {
        out->kind = BUNDLE_POWER;
        return read_power(line, &out->power);
    }
    if (n == 1 && json_object_get(line, "census_root") != NULL) {
        out->kind = BUNDLE_CENSUS_ROOT;
        out->has_root = !json_is_null(json_object_get(line, "census_root"));
        return out->has_root ? take_hash(line, "census_root", &out->census_root) : OK;
    }
    if (n == 1 && json_object_get(line, "result") != NULL) {
        out->kind = BUNDLE_RESULT;
        return OK;
    }
    if (n == 1 && json_object_get(line, "checkpoint") != NULL) {
        out->kind = BUNDLE_CHECKPOINT;
        return read_checkpoint(line, arena, &out->checkpoint);
    }
    if (n == 1 && json_object_get(line, "log") != NULL) {
        out->kind = BUNDLE_LOG;
        return read_log(line, &out->log);
    }
    return err_with(ERR_FIELD, "not a line of a bundle");
}

/* ---- entries as they are written ---- */

/* A bundle is entries for the most part, and a parser of any JSON takes longer than all else but the signatures. */
struct cursor {
    const char *p, *end;
};

static bool passes(struct cursor *c, const char *text)
{
    size_t n = strlen(text);
    bool is = (size_t)(c->end - c->p) >= n && memcmp(c->p, text, n) == 0;
    c->p += is ? n : 0;
    return is;
}

static bool passes_number(struct cursor *c, uint64_t *out)
{
    enum { DIGITS_MAX = 15 };
    const char *begins = c->p;
    uint64_t v = 0;
    while (c->p < c->end && *c->p >= '0' && *c->p <= '9' && c->p - begins < DIGITS_MAX)
        v = v * 10 + (uint64_t)(*c->p++ - '0');
    *out = v;
    return c->p > begins && (*begins != '0' || c->p == begins + 1);
}

/* Up to the closing quote. What has rarer escapes is left to the parser. */
static bool passes_text(struct cursor *c, struct arena *arena, const char **out, size_t *n)
{
    char *text = arena_take(arena, (size_t)(c->end - c->p) + 1), *to = text;
    while (c->p < c->end && *c->p != '"') {
        if (*c->p == '\\' && (c->p + 1 == c->end || (c->p[1] != '"' && c->p[1] != '\\')))
            return false;
        c->p += *c->p == '\\';
        *to++ = *c->p++;
    }
    *out = text;
    *n = (size_t)(to - text);
    return passes(c, "\"");
}

/* False: it is not what bundle_write_entry writes; then it is parsed. That the text is UTF-8 is checked with the entry. */
static bool read_written(struct slice line, struct arena *arena, struct bundle_entry *out)
{
    struct cursor c = {(const char *)line.p, (const char *)line.p + line.n};
    const char *root, *signature;
    size_t root_n, signature_n, n;
    uint8_t *bytes = arena_take(arena, SIGNATURE_MAX);
    if (!passes(&c, "{\"entry\":\"") || !passes_text(&c, arena, &out->text, &out->n) || !passes(&c, ",\"position\":") ||
        !passes_number(&c, &out->position) || !passes(&c, ",\"receipt\":{\"root\":\"") ||
        !passes_text(&c, arena, &root, &root_n) || !passes(&c, ",\"signature\":\"") ||
        !passes_text(&c, arena, &signature, &signature_n) || !passes(&c, ",\"size\":") ||
        !passes_number(&c, &out->size) || !passes(&c, "}}") || c.p != c.end)
        return false;
    if (hash_parse(root, root_n, &out->root) != OK || hex_parse(signature, signature_n, bytes, SIGNATURE_MAX, &n) != OK)
        return false;
    out->signature = (struct slice){bytes, n};
    return true;
}

enum err bundle_line_parse(struct slice line, struct arena *arena, struct bundle_line *out)
{
    AUTO_JSON tree = NULL;
    struct bundle_line read = {.kind = BUNDLE_ENTRY};
    if (read_written(line, arena, &read.entry)) {
        *out = read;
        return OK;
    }
    read = (struct bundle_line){.kind = BUNDLE_HEADER};
    TRY(json_parse((const char *)line.p, line.n, LINE_DEPTH, &tree));
    TRY(read_line(tree, arena, &read));
    *out = read;
    return OK;
}
