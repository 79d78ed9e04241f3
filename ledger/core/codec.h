/* ledger/core/codec.h - PostgreSQL's binary form of each type of record.h, both ways; knows no connection.
 *
 * Used by db.c (parameters), rows.c (results) and codec.c itself (COPY tuples). Forms: the *_send and *_recv functions of
 * PostgreSQL 15: integers big-endian, timestamptz as int64 microseconds since 2000-01-01 UTC, numeric in base 10000. */
#ifndef LEDGER_CORE_CODEC_H
#define LEDGER_CORE_CODEC_H

#include "ledger/core/arena.h"
#include "ledger/core/record.h"

/* Object ids of pg_type.dat; fixed for ever. */
enum {
    OID_BOOL = 16,
    OID_BYTEA = 17,
    OID_NAME = 19,
    OID_INT8 = 20,
    OID_INT2 = 21,
    OID_INT4 = 23,
    OID_TEXT = 25,
    OID_VARCHAR = 1043,
    OID_TIMESTAMPTZ = 1184,
    OID_NUMERIC = 1700
};

/* The type that a parameter of this tag is declared as. */
uint32_t type_oid(enum type type);
/* Whether a result column of that type can be read into this tag. */
bool type_accepts(enum type type, uint32_t oid);

/* The binary form of a value: in `scratch`, or where the value itself points (bytes, texts). The value is not NULL. */
struct slice value_encode(enum type type, const void *value, uint8_t scratch[NUMERIC_MAX]);
/* Read a cell of a type accepted by `type` into *out; bytes and texts are copied into the arena (NULL: point into the
 * cell). A cell that is malformed or out of range is a bug (the process ends). */
void value_decode(enum type type, struct slice cell, struct arena *arena, void *out);

/* Say what the program did wrong and end it. */
_Noreturn void bug(const char *format, ...) __attribute__((format(printf, 1, 2)));

#endif
