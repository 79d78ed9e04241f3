/* governance/log_verify_impl.h - what log_verify*.c share: what was found, and two sides of rows that must be the same. */
#ifndef GOVERNANCE_LOG_VERIFY_IMPL_H
#define GOVERNANCE_LOG_VERIFY_IMPL_H

#include "governance/door_facts.h"
#include "governance/log_verify.h"
#include "governance/replay.h"

/* Rows by table, ascending by position, as COPY would write them. */
struct log_verify_side {
    struct log_rows rows;
    struct buffer places[LOG_TABLES]; /* struct log_verify_place each */
};
struct log_verify_place {
    uint64_t position;
    size_t begins;
};

struct log_verify {
    struct db *db;
    atomic_bool *stop;
    struct log_verify_report *report;
    struct facts facts;
    struct replay replay;
    struct frontier frontier;
    struct log_verify_side expected, stored; /* of the chunk */
    struct arena arena;                      /* of the chunk */
    struct buffer subtree_rows;              /* struct subtree_row each, of the chunk */
    uint64_t subtrees;                       /* that there must be */
};

__attribute__((format(printf, 2, 3))) void log_verify_differ(struct log_verify *v, const char *format, ...);

void log_verify_side_put(struct log_verify_side *s, enum log_table table, uint64_t position, const void *row);
void log_verify_side_reset(struct log_verify_side *s);
void log_verify_side_done(struct log_verify_side *s);
/* Compare what entries at positions (after, upto] make with what is stored of them. */
MUST_CHECK enum err log_verify_rows(struct log_verify *v, int64_t after, int64_t upto);
/* Power and tallies of all proposals. */
MUST_CHECK enum err log_verify_counts(struct log_verify *v);

#endif
