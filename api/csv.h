/* api/csv.h - cells of CSV (RFC 4180) that no spreadsheet takes for a formula.
 *
 * A cell that begins with = + - @ tab or CR gets a leading apostrophe (OWASP, CSV injection), unless it is a whole number
 * ("-12": an amount, which must stay one). Cells with comma, quote, CR or LF are quoted. Rows end in CRLF. */
#ifndef API_CSV_H
#define API_CSV_H

#include "ledger/core/arena.h"

void csv_cell(struct buffer *b, const char *text, size_t n);

#endif
