/* ledger/core/json.c - strict parsing by jansson and a writer that needs no tree; see json.h. */
#include "ledger/core/json.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

/* Refuse what jansson need not see: NUL bytes and nesting deeper than the caller's bound. Brackets inside strings do not
 * count; text that is not JSON may be misjudged here, but only towards the parser, which then refuses it. */
static enum err check_shape(const char *text, size_t n, int depth)
{
    int open = 0;
    bool in_string = false;
    for (size_t i = 0; i < n; i++) {
        char c = text[i];
        if (c == '\0')
            return err_with(ERR_FIELD, "JSON: a NUL byte at offset %zu", i);
        if (c == '"')
            in_string = !in_string;
        else if (in_string && c == '\\' && i + 1 < n && text[i + 1] != '\0')
            i++;
        else if (!in_string && (c == '[' || c == '{') && ++open > depth)
            return err_with(ERR_FIELD, "JSON: nested deeper than %d at offset %zu", depth, i);
        else if (!in_string && (c == ']' || c == '}'))
            open--;
    }
    return OK;
}

/* Says which member is given twice: the one that the text ends with. */
static enum err duplicate(const char *text, size_t n)
{
    AUTO_BUFFER path = {0};
    json_path(text, n, &path);
    return err_with(ERR_FIELD, "%.*s: given more than once", (int)path.n, (const char *)path.p);
}

enum err json_parse(const char *text, size_t n, int depth, json_t **out)
{
    assert(depth >= 0 && depth <= JSON_DEPTH_MAX);
    TRY(check_shape(text, n, depth));
    json_error_t error;
    json_t *j = json_loadb(text, n, JSON_REJECT_DUPLICATES, &error);
    if (j == NULL && json_error_code(&error) == json_error_duplicate_key)
        return duplicate(text, (size_t)error.position < n ? (size_t)error.position : n);
    if (j == NULL)
        return err_with(ERR_FIELD, "JSON: line %d column %d: %s", error.line, error.column, error.text);
    *out = j;
    return OK;
}

void json_release(json_t **j)
{
    json_decref(*j);
    *j = NULL;
}

void json_setup(void)
{
    json_object_seed(0); /* 0: from the system's random source */
}

void jw_start(struct json_writer *w, struct buffer *out)
{
    *w = (struct json_writer){.out = out, .first = {true}};
}

/* What must stand before the next value: nothing after a key, else a comma between values. */
static void before_value(struct json_writer *w)
{
    if (w->after_key)
        w->after_key = false;
    else if (w->first[w->depth])
        w->first[w->depth] = false;
    else
        buffer_u8(w->out, ',');
}

static void open_level(struct json_writer *w, char bracket)
{
    before_value(w);
    buffer_u8(w->out, (uint8_t)bracket);
    assert(w->depth + 1 < JSON_WRITER_DEPTH);
    w->first[++w->depth] = true;
}

static void close_level(struct json_writer *w, char bracket)
{
    assert(w->depth > 0 && !w->after_key);
    w->depth--;
    buffer_u8(w->out, (uint8_t)bracket);
}

void jw_object(struct json_writer *w)
{
    open_level(w, '{');
}

void jw_object_end(struct json_writer *w)
{
    close_level(w, '}');
}

void jw_array(struct json_writer *w)
{
    open_level(w, '[');
}

void jw_array_end(struct json_writer *w)
{
    close_level(w, ']');
}

static void put_escaped_byte(struct buffer *out, unsigned char c)
{
    char escape[6] = "\\u00";
    switch (c) {
    case '"':
        buffer_bytes(out, "\\\"", 2);
        return;
    case '\\':
        buffer_bytes(out, "\\\\", 2);
        return;
    case '\n':
        buffer_bytes(out, "\\n", 2);
        return;
    case '\r':
        buffer_bytes(out, "\\r", 2);
        return;
    case '\t':
        buffer_bytes(out, "\\t", 2);
        return;
    default:
        hex_encode((struct slice){&c, 1}, escape + 4);
        buffer_bytes(out, escape, sizeof escape);
    }
}

/* A quoted string: runs that need no escape are copied whole. */
static void put_string(struct buffer *out, const char *s, size_t n)
{
    buffer_reserve(out, n + 2);
    buffer_u8(out, '"');
    size_t run = 0; /* start of what was not copied yet */
    for (size_t i = 0; i < n;) {
        unsigned char c = (unsigned char)s[i];
        if (c >= 0x20 && c < 0x80 && c != '"' && c != '\\') {
            i++;
            continue;
        }
        size_t sequence = utf8_sequence(s + i, n - i);
        if (sequence > 1) {
            i += sequence;
            continue;
        }
        buffer_bytes(out, s + run, i - run);
        if (sequence == 0)
            buffer_text(out, "\xEF\xBF\xBD"); /* U+FFFD */
        else
            put_escaped_byte(out, c);
        run = ++i;
    }
    buffer_bytes(out, s + run, n - run);
    buffer_u8(out, '"');
}

/* A quoted string of characters that never need an escape. */
static void put_plain(struct json_writer *w, const char *s, size_t n)
{
    before_value(w);
    buffer_reserve(w->out, n + 2);
    w->out->p[w->out->n] = '"';
    memcpy(w->out->p + w->out->n + 1, s, n);
    w->out->p[w->out->n + 1 + n] = '"';
    w->out->n += n + 2;
}

void jw_key(struct json_writer *w, const char *key)
{
    assert(!w->after_key && w->depth > 0);
    before_value(w);
    put_string(w->out, key, strlen(key));
    buffer_u8(w->out, ':');
    w->after_key = true;
}

void jw_raw(struct json_writer *w, const char *json, size_t n)
{
    before_value(w);
    buffer_bytes(w->out, json, n);
}

void jw_null(struct json_writer *w)
{
    jw_raw(w, "null", 4);
}

void jw_bool(struct json_writer *w, bool v)
{
    jw_raw(w, v ? "true" : "false", v ? 4 : 5);
}

enum { U64_TEXT = 20 };
static const uint64_t number_max = UINT64_C(1) << 53; /* above it, readers that use doubles lose digits */

/* Decimal digits into the end of out; returns where they start. */
static char *u64_digits(uint64_t v, char out[U64_TEXT])
{
    char *p = out + U64_TEXT;
    do {
        *--p = (char)('0' + v % 10);
        v /= 10;
    } while (v > 0);
    return p;
}

void jw_u64(struct json_writer *w, uint64_t v)
{
    assert(v <= number_max);
    char text[U64_TEXT], *p = u64_digits(v, text);
    jw_raw(w, p, (size_t)(text + U64_TEXT - p));
}

void jw_i64(struct json_writer *w, int64_t v)
{
    uint64_t magnitude = v < 0 ? 0 - (uint64_t)v : (uint64_t)v;
    assert(magnitude <= number_max);
    char text[1 + U64_TEXT], *p = u64_digits(magnitude, text + 1);
    if (v < 0)
        *--p = '-';
    jw_raw(w, p, (size_t)(text + sizeof text - p));
}

void jw_text(struct json_writer *w, const char *s)
{
    jw_text_n(w, s, strlen(s));
}

void jw_text_n(struct json_writer *w, const char *s, size_t n)
{
    before_value(w);
    put_string(w->out, s, n);
}

void jw_amount(struct json_writer *w, struct amount a)
{
    char text[AMOUNT_TEXT + 1];
    put_plain(w, text, amount_format(a, text));
}

void jw_delta(struct json_writer *w, struct delta d)
{
    char text[DELTA_TEXT + 1];
    put_plain(w, text, delta_format(d, text));
}

void jw_total(struct json_writer *w, struct total t)
{
    char text[TOTAL_TEXT + 1];
    put_plain(w, text, total_format(t, text));
}

void jw_address(struct json_writer *w, struct address a)
{
    char text[ADDRESS_TEXT + 1];
    address_format(a, text);
    put_plain(w, text, ADDRESS_TEXT);
}

void jw_hash(struct json_writer *w, struct hash h)
{
    char text[HASH_TEXT + 1];
    hash_format(h, text);
    put_plain(w, text, HASH_TEXT);
}

void jw_hex(struct json_writer *w, struct slice s)
{
    before_value(w);
    buffer_reserve(w->out, 2 * s.n + 4);
    buffer_bytes(w->out, "\"0x", 3);
    hex_encode(s, (char *)w->out->p + w->out->n);
    w->out->n += 2 * s.n;
    buffer_u8(w->out, '"');
}

void jw_time(struct json_writer *w, struct instant t)
{
    char text[INSTANT_TEXT + 1];
    instant_format(t, text);
    put_plain(w, text, INSTANT_TEXT);
}
