/* ledger/core/gzip.h - read a file line by line, plain or gzip, and compress replies. The only file that knows zlib.
 *
 * Which of the two a file is, is told by its first bytes (1f 8b), not by its name. A gzip file may hold several members
 * (RFC 1952 section 2.2). A file that ends inside a member is broken, which is never taken for its end. */
#ifndef LEDGER_CORE_GZIP_H
#define LEDGER_CORE_GZIP_H

#include "ledger/core/arena.h"
#include "ledger/core/bytes.h"
#include "ledger/core/err.h"

enum { LINE_BYTES_MAX = 256 << 20 }; /* without the newline */

struct line_reader; /* opaque */

/* "-": standard input. ERR_IO: cannot be opened. */
MUST_CHECK enum err line_open(const char *path, struct line_reader **out);
/* Lower the bound on a line from LINE_BYTES_MAX. */
void line_limit(struct line_reader *r, size_t max);
/* The next line without its newline, valid until the next call, and its number from 1. The last line need not end in a
 * newline. ERR_END: no more; ERR_TOO_LARGE: longer than the bound; ERR_IO: cannot be read, truncated or damaged gzip
 * (detail: path and what). After an error every further call returns the same one. */
MUST_CHECK enum err line_next(struct line_reader *r, struct slice *line, uint64_t *line_no);
/* NULL is fine. */
void line_close(struct line_reader **r);
#define AUTO_LINES __attribute__((cleanup(line_close))) struct line_reader *

/* Append `in` as one gzip member. The bytes depend on `in` only (no time, no name). */
void gzip_compress(struct slice in, struct buffer *out);

#endif
