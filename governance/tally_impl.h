/* governance/tally_impl.h - what tally*.c share: lines on their way through the threads, and what was read so far. */
#ifndef GOVERNANCE_TALLY_IMPL_H
#define GOVERNANCE_TALLY_IMPL_H

#include "governance/check.h"
#include "governance/replay.h"
#include "governance/tally.h"
#include "ledger/core/crew.h"
#include "ledger/core/gzip.h"

enum { PIECE_LINES = 64, PIECE_BYTES = 256 * 1024 };

/* Some lines of the file, read by one thread, checked by another. */
struct piece {
    struct arena arena;
    struct buffer text;
    size_t n;
    uint64_t first; /* its line number */
    size_t begins[PIECE_LINES + 1];
    uint64_t chain_id;
    bool receipts;
    struct bundle_line lines[PIECE_LINES];
    struct checked checked[PIECE_LINES]; /* of entries */
    char faults[PIECE_LINES][CHECK_FAULT_MAX];
};
void piece_work(void *piece);
/* Give back what checking made. */
void piece_clear(struct piece *p);

struct tally_voter {
    struct replay_voter voter;
    struct choice choice; /* of the ballot that counts */
    int32_t version;      /* of the proposal for which it was read */
    bool has_power;
};

struct tally {
    const struct tally_options *options;
    struct tally_report *report;
    struct arena arena;
    struct bundle_header header;
    struct replay replay;
    enum bundle_line_kind at; /* the kind of the last line */
    struct buffer positions;  /* uint64_t each */
    struct buffer leaves;     /* struct hash each */
    struct buffer proof;
    struct map voters; /* address -> struct tally_voter */
    struct count *count;
    struct buffer census; /* struct hash each */
    uint64_t ballots;
    struct address last_voter;
    struct buffer theirs; /* the last line */
    bool has_root;
    struct hash census_root;
};

void tally_complain(struct tally *t, const char *format, ...) __attribute__((format(printf, 2, 3)));
/* One line, in the file's order. */
MUST_CHECK enum err tally_take(struct tally *t, struct piece *p, size_t i);
/* All lines were taken: the tree, the checkpoint, the census, the result. */
MUST_CHECK enum err tally_finish(struct tally *t, struct buffer *result);

#endif
