/* ledger/mirror/archive_lines.h - the lines of an archive, read one at a time, each a block's own members and its logs.
 *
 * Errors of lines name their number: "line 7: hash: missing (chain.ndjson.gz)". Blank lines are passed over but counted. */
#ifndef LEDGER_MIRROR_ARCHIVE_LINES_H
#define LEDGER_MIRROR_ARCHIVE_LINES_H

#include "ledger/core/gzip.h"
#include "ledger/core/json.h"
#include "ledger/mirror/block.h"

struct archive_lines {
    char *path;
    struct line_reader *reader;
    uint64_t number; /* of the line read last; the first is 1 */
    uint64_t bytes;  /* of all lines read */
    json_t *at_hand; /* that line, while it is parsed but not taken */
};

struct archive_line {
    struct block block; /* without its logs */
    const json_t *logs; /* valid while the line is at hand */
};

/* ERR_CONFIG: the file cannot be opened. On error nothing needs to be done. */
MUST_CHECK enum err archive_lines_open(struct archive_lines *l, const char *path);
void archive_lines_done(struct archive_lines *l);
/* From the first line again. ERR_CONFIG. */
MUST_CHECK enum err archive_lines_restart(struct archive_lines *l);
/* The line at hand; if there is none, the next one. ERR_END; ERR_FIELD: malformed; ERR_IO. */
MUST_CHECK enum err archive_lines_get(struct archive_lines *l, struct archive_line *out);
/* Be done with the line at hand. */
void archive_lines_take(struct archive_lines *l);
/* The next line's text, not parsed, valid until the next read. ERR_END, ERR_FIELD (too long), ERR_IO. */
MUST_CHECK enum err archive_lines_text(struct archive_lines *l, struct slice *out);
/* Parse what archive_lines_text gave: it is at hand then. ERR_FIELD. */
MUST_CHECK enum err archive_lines_parse(struct archive_lines *l, struct slice text, struct archive_line *out);
/* Say where: the detail set last, with the line's number and the file. Returns e. */
enum err archive_lines_error(const struct archive_lines *l, enum err e);

#endif
