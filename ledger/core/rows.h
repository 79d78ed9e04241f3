/* ledger/core/rows.h - what db.c tells rows.c about a result: cells, names and types; nobody else needs it. */
#ifndef LEDGER_CORE_ROWS_H
#define LEDGER_CORE_ROWS_H

#include "ledger/core/db.h"

/* Where the members of a record stand in this result: found once, kept for the rows that follow. */
struct columns {
    const struct record *record;
    size_t *at; /* record->n of them */
    size_t room;
};

/* The bytes of a cell, NUL-terminated behind their end; valid until rows_done. Row and column must exist. */
struct slice rows_cell(const struct rows *r, size_t row, size_t column);
uint32_t rows_oid(const struct rows *r, size_t column);
/* The column's name; NULL beyond the last. */
const char *rows_name(const struct rows *r, size_t column);
struct columns *rows_columns_cache(const struct rows *r);

#endif
