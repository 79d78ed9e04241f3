/* ledger/core/rows.c - read the cells of a result by type or by record; see db.h. */
#include "ledger/core/rows.h"

#include <string.h>

#include "ledger/core/codec.h"

static void read_cell(const struct rows *r, size_t row, size_t column, enum type type, struct arena *arena, void *out)
{
    if (!type_accepts(type, rows_oid(r, column)))
        bug("column %s has type %u", rows_name(r, column), rows_oid(r, column));
    if (rows_null(r, row, column))
        bug("column %s is null", rows_name(r, column));
    value_decode(type, rows_cell(r, row, column), arena, out);
}

#define READER(name, ctype, type)                               \
    ctype name(const struct rows *r, size_t row, size_t column) \
    {                                                           \
        ctype v;                                                \
        read_cell(r, row, column, type, NULL, &v);              \
        return v;                                               \
    }
READER(rows_bool, bool, T_BOOL)
READER(rows_i64, int64_t, T_I64)
READER(rows_u64, uint64_t, T_U64)
READER(rows_amount, struct amount, T_AMOUNT)
READER(rows_delta, struct delta, T_DELTA)
READER(rows_total, struct total, T_TOTAL)
READER(rows_address, struct address, T_ADDRESS)
READER(rows_hash, struct hash, T_HASH)
READER(rows_bytes, struct slice, T_BYTES)
READER(rows_time, struct instant, T_TIME)

struct slice rows_raw(const struct rows *r, size_t row, size_t column)
{
    return rows_null(r, row, column) ? (struct slice){NULL, 0} : rows_cell(r, row, column);
}

const char *rows_text(const struct rows *r, size_t row, size_t column)
{
    const char *v;
    read_cell(r, row, column, T_TEXT, NULL, &v);
    return v;
}

/* Find the record's members among the result's columns, once for all rows. */
static void locate(const struct rows *r, const struct record *record, struct columns *c)
{
    if (c->room < record->n) {
        c->at = memory_resize(c->at, record->n * sizeof *c->at);
        c->room = record->n;
    }
    for (size_t i = 0; i < record->n; i++) {
        const struct field *f = &record->fields[i];
        size_t at = 0;
        while (at < rows_columns(r) && strcmp(rows_name(r, at), f->name) != 0)
            at++;
        if (at == rows_columns(r))
            bug("the result has no column %s", f->name);
        if (!type_accepts(f->type, rows_oid(r, at)))
            bug("column %s has type %u", f->name, rows_oid(r, at));
        c->at[i] = at;
    }
    c->record = record;
}

void rows_read(const struct rows *r, size_t row, const struct record *record, struct arena *arena, void *out)
{
    struct columns *c = rows_columns_cache(r);
    if (c->record != record)
        locate(r, record, c);
    for (size_t i = 0; i < record->n; i++) {
        const struct field *f = &record->fields[i];
        void *member = (char *)out + f->offset;
        if (!rows_null(r, row, c->at[i]))
            value_decode(f->type, rows_cell(r, row, c->at[i]), arena, member);
        else if (f->type == T_TEXT)
            *(const char **)member = NULL;
        else if (f->type == T_BYTES)
            *(struct slice *)member = (struct slice){NULL, 0};
        else
            bug("column %s is null", f->name);
    }
}
