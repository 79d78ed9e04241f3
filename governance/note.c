/* governance/note.c - checkpoints as signed notes: written, and opened by who knows the key; see log.h. */
#include <assert.h>
#include <inttypes.h>
#include <string.h>

#include "governance/log.h"
#include "ledger/core/digest.h"

/* C2SP signed-note: "a signature line is an em dash (U+2014), space, key name, space, base64 of key ID and signature". */
#define SIGNATURE_MARK "\xe2\x80\x94 "

enum { KEY_ID = 4, ALGORITHM_ED25519 = 1, PUBLIC_KEY = 32, SIZE_DIGITS = 19 };

enum err note_key_check_origin(const char *origin)
{
    size_t n = strlen(origin);
    bool fine = n > 0 && n <= ORIGIN_MAX;
    for (size_t i = 0; i < n && fine; i++)
        fine = origin[i] > ' ' && origin[i] <= '~' && origin[i] != '+';
    return fine ? OK
                : err_with(ERR_FIELD, "a log's origin is 1 to %d printable characters of ASCII, without space and '+'",
                           ORIGIN_MAX);
}

/* "The key ID is the first four bytes of SHA-256(name || 0x0A || signature type || public key)." */
static void key_id(const struct note_key *key, uint8_t out[KEY_ID])
{
    uint8_t all[ORIGIN_MAX + 2 + PUBLIC_KEY];
    size_t n = strlen(key->origin);
    assert(n <= ORIGIN_MAX);
    memcpy(all, key->origin, n);
    all[n++] = '\n';
    all[n++] = ALGORITHM_ED25519;
    memcpy(all + n, key->public_key, PUBLIC_KEY);
    memcpy(out, sha256((struct slice){all, n + PUBLIC_KEY}).b, KEY_ID);
}

void note_key_format(const struct note_key *key, struct buffer *out)
{
    uint8_t id[KEY_ID], typed[1 + PUBLIC_KEY] = {ALGORITHM_ED25519};
    char hex[2 * KEY_ID];
    key_id(key, id);
    hex_encode((struct slice){id, sizeof id}, hex);
    memcpy(typed + 1, key->public_key, PUBLIC_KEY);
    buffer_printf(out, "%s+%.*s+", key->origin, 2 * KEY_ID, hex);
    base64_append(out, (struct slice){typed, sizeof typed});
}

void checkpoint_body(const char *origin, uint64_t size, struct hash root, struct buffer *out)
{
    buffer_printf(out, "%s\n%" PRIu64 "\n", origin, size);
    base64_append(out, (struct slice){root.b, sizeof root.b});
    buffer_text(out, "\n");
}

void checkpoint_sign(const struct note_key *key, const struct ed25519_seed *seed, uint64_t size, struct hash root,
                     struct buffer *out)
{
    size_t before = out->n;
    checkpoint_body(key->origin, size, root, out);
    uint8_t signed_by[KEY_ID + ED25519_SIGNATURE];
    key_id(key, signed_by);
    ed25519_sign(seed, (struct slice){out->p + before, out->n - before}, signed_by + KEY_ID);
    buffer_printf(out, "\n" SIGNATURE_MARK "%s ", key->origin);
    base64_append(out, (struct slice){signed_by, sizeof signed_by});
    buffer_text(out, "\n");
}

/* ---- opening ---- */

struct line {
    const char *p;
    size_t n;
};

static bool take_line(struct line *rest, struct line *out)
{
    const char *end = rest->n > 0 ? memchr(rest->p, '\n', rest->n) : NULL;
    if (end == NULL)
        return false;
    *out = (struct line){rest->p, (size_t)(end - rest->p)};
    *rest = (struct line){end + 1, rest->n - out->n - 1};
    return true;
}

static bool line_is(struct line line, const char *text)
{
    return line.n == strlen(text) && memcmp(line.p, text, line.n) == 0;
}

static bool is_note_text(const char *note, size_t n)
{
    for (size_t i = 0, k; i < n; i += k) {
        k = utf8_sequence(note + i, n - i);
        if (k == 0 || ((unsigned char)note[i] < ' ' && note[i] != '\n'))
            return false;
    }
    return true;
}

/* "Decimal without leading zeroes." */
static bool parse_size(struct line line, uint64_t *out)
{
    if (line.n == 0 || line.n > SIZE_DIGITS || (line.p[0] == '0' && line.n > 1))
        return false;
    uint64_t v = 0;
    for (size_t i = 0; i < line.n; i++) {
        if (line.p[i] < '0' || line.p[i] > '9')
            return false;
        v = v * 10 + (uint64_t)(line.p[i] - '0');
    }
    *out = v;
    return true;
}

static bool read_body(struct line body, const char *origin, uint64_t *size, struct hash *root)
{
    struct line line;
    size_t n = 0;
    if (!take_line(&body, &line) || !line_is(line, origin) || !take_line(&body, &line) || !parse_size(line, size) ||
        !take_line(&body, &line) || base64_parse(line.p, line.n, root->b, sizeof root->b, &n) != OK ||
        n != sizeof root->b)
        return false;
    while (take_line(&body, &line))
        if (line.n == 0)
            return false;
    return body.n == 0;
}

/* Whether a line has the form of a signature, and whether it says to be of this key. */
static bool read_signature(struct line line, const struct note_key *key, bool *ours,
                           uint8_t signature[ED25519_SIGNATURE])
{
    size_t mark = strlen(SIGNATURE_MARK);
    if (line.n <= mark || memcmp(line.p, SIGNATURE_MARK, mark) != 0)
        return false;
    const char *name = line.p + mark, *end = line.p + line.n, *space = memchr(name, ' ', line.n - mark);
    if (space == NULL || space == name || space + 1 == end)
        return false;
    uint8_t id[KEY_ID], bytes[KEY_ID + ED25519_SIGNATURE];
    size_t n = 0;
    key_id(key, id);
    *ours = line_is((struct line){name, (size_t)(space - name)}, key->origin) &&
            base64_parse(space + 1, (size_t)(end - space - 1), bytes, sizeof bytes, &n) == OK && n == sizeof bytes &&
            memcmp(bytes, id, KEY_ID) == 0;
    if (*ours)
        memcpy(signature, bytes + KEY_ID, ED25519_SIGNATURE);
    return true;
}

static bool check_signatures(struct line lines, struct line body, const struct note_key *key)
{
    bool signed_by_key = false;
    struct line line;
    while (take_line(&lines, &line)) {
        bool ours = false;
        uint8_t signature[ED25519_SIGNATURE];
        if (!read_signature(line, key, &ours, signature))
            return false;
        if (!ours)
            continue;
        if (!ed25519_verify(key->public_key, (struct slice){(const uint8_t *)body.p, body.n}, signature))
            return false;
        signed_by_key = true;
    }
    return signed_by_key && lines.n == 0;
}

enum err checkpoint_open(const char *note, size_t n, const struct note_key *key, uint64_t *size, struct hash *root)
{
    if (!is_note_text(note, n))
        return err_with(ERR_FIELD, "a note is UTF-8 without control characters");
    /* The last empty line parts the body, which ends with a newline, from the signatures. */
    size_t body = n;
    while (body >= 2 && (note[body - 1] != '\n' || note[body - 2] != '\n'))
        body--;
    if (body < 2)
        return err_with(ERR_FIELD, "the note has no empty line before its signatures");
    struct line text = {note, body - 1}, signatures = {note + body, n - body};
    uint64_t told_size;
    struct hash told_root;
    if (!read_body(text, key->origin, &told_size, &told_root))
        return err_with(ERR_FIELD, "the note is not a checkpoint of %s", key->origin);
    if (!check_signatures(signatures, text, key))
        return err_with(ERR_FIELD, "the checkpoint is not signed by the key of %s", key->origin);
    *size = told_size;
    *root = told_root;
    return OK;
}
