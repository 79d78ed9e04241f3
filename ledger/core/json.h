/* ledger/core/json.h - read JSON strictly, write JSON without a tree.
 *
 * Reading: jansson with duplicate keys refused, depth and size bounded before it sees the text, exact length (no NUL
 * needed); json_load* is called in json.c only (lint greps). Trees are walked with jansson's own accessors.
 * Writing: appends to a buffer; commas are placed by the writer. Amounts, addresses and hashes are strings. */
#ifndef LEDGER_CORE_JSON_H
#define LEDGER_CORE_JSON_H

#include <jansson.h>

#include "ledger/core/arena.h"
#include "ledger/core/record.h"

enum { JSON_DEPTH_MAX = 64 };

/* Parse text of n bytes, nesting at most `depth` (<= JSON_DEPTH_MAX). ERR_FIELD: not JSON, duplicate key, NUL, too deep,
 * trailing bytes. Detail: "JSON: " and where and what; of a duplicate "legs[0].operator: given more than once". The caller
 * releases with json_decref. */
MUST_CHECK enum err json_parse(const char *text, size_t n, int depth, json_t **out);
/* Appends the path of the value or key that a text ends with, nested at most JSON_DEPTH_MAX deep: legs[0].operator. The text
 * is the well-formed beginning of a JSON text; names stand as they are spelt there. */
void json_path(const char *text, size_t n, struct buffer *out);
void json_release(json_t **j);
#define AUTO_JSON __attribute__((cleanup(json_release))) json_t *
/* Once, before any thread: seeds jansson's hash tables. */
void json_setup(void);
/* Sorted keys, no white space: the canonical text of a tree, in the arena. */
const char *json_canonical(const json_t *j, struct arena *arena);

enum { JSON_WRITER_DEPTH = 32 };
struct json_writer {
    struct buffer *out;
    int depth;
    bool first[JSON_WRITER_DEPTH];
    bool after_key;
};
void jw_start(struct json_writer *w, struct buffer *out);
void jw_object(struct json_writer *w); /* { */
void jw_object_end(struct json_writer *w);
void jw_array(struct json_writer *w); /* [ */
void jw_array_end(struct json_writer *w);
void jw_key(struct json_writer *w, const char *key);
void jw_null(struct json_writer *w);
void jw_bool(struct json_writer *w, bool v);
void jw_u64(struct json_writer *w, uint64_t v);     /* assertion: v <= 2^53 */
void jw_i64(struct json_writer *w, int64_t v);      /* assertion: |v| <= 2^53 */
void jw_text(struct json_writer *w, const char *s); /* escaped; must be UTF-8 */
/* Escaped; bytes that are not UTF-8 become U+FFFD, control characters \u00XX. */
void jw_text_n(struct json_writer *w, const char *s, size_t n);
void jw_amount(struct json_writer *w, struct amount a); /* "123" */
void jw_delta(struct json_writer *w, struct delta d);   /* "-123" */
void jw_total(struct json_writer *w, struct total t);
void jw_address(struct json_writer *w, struct address a); /* EIP-55 */
void jw_hash(struct json_writer *w, struct hash h);
void jw_hex(struct json_writer *w, struct slice s);    /* "0x.." */
void jw_time(struct json_writer *w, struct instant t); /* RFC 3339, "2026-11-21T10:00:00Z" */
/* Insert text that is JSON already. */
void jw_raw(struct json_writer *w, const char *json, size_t n);

/* RFC 3339 UTC text of an instant (20 characters + NUL; instants outside the years 0..9999 give the nearest end of that
 * range), and back (offsets other than Z accepted and converted; fractions of a second are cut). ERR_FIELD. */
enum { INSTANT_TEXT = 20 };
void instant_format(struct instant t, char out[INSTANT_TEXT + 1]);
MUST_CHECK enum err instant_parse(const char *text, size_t n, struct instant *out);

#endif
