/* governance/lines.h - the lines of a bundle or a log's file (bundle.h): read, checked side by side by threads, handed on in order. */
#ifndef GOVERNANCE_LINES_H
#define GOVERNANCE_LINES_H

#include <stdatomic.h>

#include "governance/bundle.h"
#include "governance/check.h"

struct line_taken {
    uint64_t number; /* from 1 */
    struct slice text;
    const char *fault; /* NULL: it was read */
    struct bundle_line line;
    struct checked checked; /* of an entry */
    struct arena *arena;    /* until the next line */
};

struct lines_options {
    const char *path; /* "-": standard input */
    unsigned threads; /* 0: one for each processor */
    bool without_receipts;
    atomic_bool *stop; /* may be NULL */
    /* The first line, read. Says of which chain the receipts are, and up to which position signatures need not be looked at. */
    enum err (*begin)(void *arg, const struct bundle_line *first, uint64_t *chain_id, uint64_t *known);
    /* All others, in order. An error ends it. */
    enum err (*take)(void *arg, struct line_taken *line);
    void *arg;
};

/* ERR_IO, ERR_TOO_LARGE: the file; ERR_FIELD: its first line is none of these; ERR_STOPPED; and what begin and take return. */
MUST_CHECK enum err lines_run(const struct lines_options *options);

#endif
