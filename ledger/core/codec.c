/* ledger/core/codec.c - see codec.h; and the COPY BINARY tuples of db.h, which are made of the same forms. */
#include "ledger/core/codec.h"

#include <assert.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "ledger/core/db.h"
#include "ledger/core/log.h"

enum { MICROSECONDS = 1000000, BUG_TEXT_MAX = 512, LENGTH_PREFIX = 4 };
static const int64_t POSTGRES_EPOCH = 946684800; /* 2000-01-01 00:00:00 UTC in Unix seconds */

void bug(const char *format, ...)
{
    char text[BUG_TEXT_MAX];
    va_list args;
    va_start(args, format);
    vsnprintf(text, sizeof text, format, args);
    va_end(args);
    log_error("bug", "%s", text);
    abort();
}

static void put_be(uint8_t *out, uint64_t v, size_t n)
{
    for (size_t i = 0; i < n; i++)
        out[i] = (uint8_t)(v >> (8 * (n - 1 - i)));
}

static int64_t get_be(struct slice in)
{
    uint64_t v = in.n > 0 && (in.p[0] & 0x80) ? UINT64_MAX : 0;
    for (size_t i = 0; i < in.n; i++)
        v = v << 8 | in.p[i];
    return (int64_t)v;
}

uint32_t type_oid(enum type type)
{
    switch (type) {
    case T_BOOL:
        return OID_BOOL;
    case T_I16:
        return OID_INT2;
    case T_I32:
        return OID_INT4;
    case T_I64:
    case T_U64:
        return OID_INT8;
    case T_AMOUNT:
    case T_DELTA:
    case T_TOTAL:
        return OID_NUMERIC;
    case T_ADDRESS:
    case T_HASH:
    case T_BYTES:
        return OID_BYTEA;
    case T_TEXT:
        return OID_TEXT;
    case T_TIME:
        return OID_TIMESTAMPTZ;
    }
    bug("no type %d", (int)type);
}

bool type_accepts(enum type type, uint32_t oid)
{
    switch (type_oid(type)) {
    case OID_INT2:
    case OID_INT4:
    case OID_INT8:
        return oid == OID_INT2 || oid == OID_INT4 || oid == OID_INT8;
    case OID_TEXT:
        return oid == OID_TEXT || oid == OID_VARCHAR || oid == OID_NAME;
    default:
        return oid == type_oid(type);
    }
}

static struct slice integer(uint64_t v, size_t n, uint8_t *scratch)
{
    put_be(scratch, v, n);
    return (struct slice){scratch, n};
}

struct slice value_encode(enum type type, const void *value, uint8_t scratch[NUMERIC_MAX])
{
    switch (type) {
    case T_BOOL:
        return integer(*(const bool *)value ? 1 : 0, 1, scratch);
    case T_I16:
        return integer((uint64_t) * (const int16_t *)value, 2, scratch);
    case T_I32:
        return integer((uint64_t) * (const int32_t *)value, 4, scratch);
    case T_I64:
        return integer((uint64_t) * (const int64_t *)value, 8, scratch);
    case T_U64:
        assert(*(const uint64_t *)value <= INT64_MAX);
        return integer(*(const uint64_t *)value, 8, scratch);
    case T_AMOUNT:
        return (struct slice){scratch, amount_to_numeric(*(const struct amount *)value, scratch)};
    case T_DELTA:
        return (struct slice){scratch, delta_to_numeric(*(const struct delta *)value, scratch)};
    case T_TOTAL:
        return (struct slice){scratch, total_to_numeric(*(const struct total *)value, scratch)};
    case T_ADDRESS:
        return (struct slice){((const struct address *)value)->b, sizeof(struct address)};
    case T_HASH:
        return (struct slice){((const struct hash *)value)->b, sizeof(struct hash)};
    case T_BYTES: {
        struct slice s = *(const struct slice *)value;
        return (struct slice){s.n > 0 ? s.p : scratch, s.n}; /* an empty run is not NULL */
    }
    case T_TEXT:
        return (struct slice){value, strlen(value)};
    case T_TIME: {
        int64_t seconds = ((const struct instant *)value)->unix_seconds - POSTGRES_EPOCH;
        return integer((uint64_t)(seconds * MICROSECONDS), 8, scratch);
    }
    }
    bug("no type %d", (int)type);
}

static int64_t decode_integer(struct slice cell, int64_t least, int64_t most)
{
    if (cell.n != 2 && cell.n != 4 && cell.n != 8)
        bug("an integer of %zu bytes", cell.n);
    int64_t v = get_be(cell);
    if (v < least || v > most)
        bug("the integer %lld does not fit its member", (long long)v);
    return v;
}

static void decode_fixed(struct slice cell, void *out, size_t n)
{
    if (cell.n != n)
        bug("%zu bytes where %zu belong", cell.n, n);
    memcpy(out, cell.p, n);
}

static void decode_numeric(enum type type, struct slice cell, void *out)
{
    enum err e = type == T_AMOUNT  ? amount_from_numeric(cell, out)
                 : type == T_DELTA ? delta_from_numeric(cell, out)
                                   : total_from_numeric(cell, out);
    if (e != OK)
        bug("a numeric outside its type: %s", err_text(e));
}

static struct instant decode_time(struct slice cell)
{
    if (cell.n != 8)
        bug("a timestamptz of %zu bytes", cell.n);
    int64_t micro = get_be(cell), seconds = micro / MICROSECONDS;
    if (micro % MICROSECONDS < 0)
        seconds--; /* the second that has begun, before 2000 too */
    return (struct instant){seconds + POSTGRES_EPOCH};
}

void value_decode(enum type type, struct slice cell, struct arena *arena, void *out)
{
    switch (type) {
    case T_BOOL:
        if (cell.n != 1)
            bug("a boolean of %zu bytes", cell.n);
        *(bool *)out = cell.p[0] != 0;
        return;
    case T_I16:
        *(int16_t *)out = (int16_t)decode_integer(cell, INT16_MIN, INT16_MAX);
        return;
    case T_I32:
        *(int32_t *)out = (int32_t)decode_integer(cell, INT32_MIN, INT32_MAX);
        return;
    case T_I64:
        *(int64_t *)out = decode_integer(cell, INT64_MIN, INT64_MAX);
        return;
    case T_U64:
        *(uint64_t *)out = (uint64_t)decode_integer(cell, 0, INT64_MAX);
        return;
    case T_AMOUNT:
    case T_DELTA:
    case T_TOTAL:
        decode_numeric(type, cell, out);
        return;
    case T_ADDRESS:
        decode_fixed(cell, out, sizeof(struct address));
        return;
    case T_HASH:
        decode_fixed(cell, out, sizeof(struct hash));
        return;
    case T_BYTES:
        /* An empty cell keeps a pointer: a slice without one is SQL NULL. */
        *(struct slice *)out = (struct slice){arena != NULL && cell.n > 0 ? arena_copy(arena, cell.p, cell.n) : cell.p,
                                              cell.n};
        if (arena != NULL && cell.n == 0)
            ((struct slice *)out)->p = (const uint8_t *)"";
        return;
    case T_TEXT:
        *(const char **)out = arena != NULL ? arena_text(arena, (const char *)cell.p, cell.n) : (const char *)cell.p;
        return;
    case T_TIME:
        *(struct instant *)out = decode_time(cell);
        return;
    }
}

void copy_begin(struct buffer *b, int16_t n_fields)
{
    buffer_be16(b, (uint16_t)n_fields);
}

/* The hot path of the mirror: encodes in place, so that a value costs no allocation and at most one copy. */
void copy_value(struct buffer *b, enum type type, const void *value)
{
    if (value == NULL) {
        buffer_be32(b, UINT32_MAX); /* length -1: NULL */
        return;
    }
    buffer_reserve(b, LENGTH_PREFIX + NUMERIC_MAX);
    uint8_t *at = b->p + b->n;
    struct slice form = value_encode(type, value, at + LENGTH_PREFIX);
    assert(form.n <= INT32_MAX);
    put_be(at, form.n, LENGTH_PREFIX);
    b->n += LENGTH_PREFIX;
    if (form.p == at + LENGTH_PREFIX)
        b->n += form.n;
    else
        buffer_bytes(b, form.p, form.n);
}

void copy_row(struct buffer *b, const struct record *record, const void *row)
{
    copy_begin(b, (int16_t)record->n);
    for (size_t i = 0; i < record->n; i++) {
        const struct field *f = &record->fields[i];
        const void *member = (const char *)row + f->offset;
        if (f->type == T_TEXT)
            member = *(const char *const *)member; /* a NULL text is SQL NULL */
        else if (f->type == T_BYTES && ((const struct slice *)member)->p == NULL)
            member = NULL; /* as rows_read gives it back */
        copy_value(b, f->type, member);
    }
}
