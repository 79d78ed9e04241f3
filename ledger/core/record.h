/* ledger/core/record.h - describe a struct once; bind, read, copy, hash and print it from that.
 *
 * A record is a table of the members of a struct: name, type, offset. The same table writes COPY rows, reads
 * result rows (column = member), feeds block roots and prints JSON. A member of a type without a codec does not
 * compile. Texts and slices inside a struct that was read point into the arena given to the reader. */
#ifndef LEDGER_CORE_RECORD_H
#define LEDGER_CORE_RECORD_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "ledger/core/amount.h"
#include "ledger/core/bytes.h"

/* Unix seconds, UTC, since 1970; a struct so that it cannot pass for a number. PostgreSQL: timestamptz. */
struct instant {
    int64_t unix_seconds;
};

/* PostgreSQL types: bool, int2, int4, int8, int8, amount, delta, total (numeric domains), bytea, bytea, bytea, text,
 * timestamptz. A uint64_t above 2^63-1 is refused when written to the database (assertion: no such number exists). */
enum type {
    T_BOOL,
    T_I16,
    T_I32,
    T_I64,
    T_U64,
    T_AMOUNT,
    T_DELTA,
    T_TOTAL,
    T_ADDRESS,
    T_HASH,
    T_BYTES,
    T_TEXT,
    T_TIME
};

#define TYPE_OF(lvalue) \
    _Generic((lvalue),                                                                                         \
        bool: T_BOOL,                                                                                          \
        int16_t: T_I16,                                                                                        \
        int32_t: T_I32,                                                                                        \
        int64_t: T_I64,                                                                                        \
        uint64_t: T_U64,                                                                                       \
        struct amount: T_AMOUNT,                                                                               \
        struct delta: T_DELTA,                                                                                 \
        struct total: T_TOTAL,                                                                                 \
        struct address: T_ADDRESS,                                                                             \
        struct hash: T_HASH,                                                                                   \
        struct slice: T_BYTES,                                                                                 \
        const char *: T_TEXT,                                                                                  \
        struct instant: T_TIME)

struct field {
    const char *name;
    enum type type;
    size_t offset;
};

struct record {
    size_t size, n;
    const struct field *fields;
};

#define FIELD(s, m)                                            \
    {                                                          \
#m, TYPE_OF(((struct s *)0)->m), offsetof(struct s, m) \
    }
#define RECORD(s, ...)                                                                                               \
    {                                                                                                                \
        sizeof(struct s), sizeof((const struct field[]){__VA_ARGS__}) / sizeof(struct field), (const struct field[]) \
        {                                                                                                            \
            __VA_ARGS__                                                                                              \
        }                                                                                                            \
    }

/* One statement parameter, tagged with its type; a NULL value is SQL NULL. */
struct param {
    enum type type;
    const void *value;
};
#define PARAM_TYPE_OF(x) \
    _Generic((x),                                                                                              \
        const bool *: T_BOOL, bool *: T_BOOL,                                                                  \
        const int16_t *: T_I16, int16_t *: T_I16,                                                              \
        const int32_t *: T_I32, int32_t *: T_I32,                                                              \
        const int64_t *: T_I64, int64_t *: T_I64,                                                              \
        const uint64_t *: T_U64, uint64_t *: T_U64,                                                            \
        const struct amount *: T_AMOUNT, struct amount *: T_AMOUNT,                                            \
        const struct delta *: T_DELTA, struct delta *: T_DELTA,                                                \
        const struct total *: T_TOTAL, struct total *: T_TOTAL,                                                \
        const struct address *: T_ADDRESS, struct address *: T_ADDRESS,                                        \
        const struct hash *: T_HASH, struct hash *: T_HASH,                                                    \
        const struct slice *: T_BYTES, struct slice *: T_BYTES,                                                \
        const char *: T_TEXT, char *: T_TEXT,                                                                  \
        const struct instant *: T_TIME, struct instant *: T_TIME)
/* IN(&value): pass a value by address; a text by itself: IN(text). */
#define IN(x)                 \
    {                         \
        PARAM_TYPE_OF(x), (x) \
    }
#define WITH(...) \
    (const struct param[]){__VA_ARGS__}, sizeof((const struct param[]){__VA_ARGS__}) / sizeof(struct param)
#define WITH_NOTHING NULL, (size_t)0

#endif
