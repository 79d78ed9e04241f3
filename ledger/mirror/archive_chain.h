/* ledger/mirror/archive_chain.h - the chain that an archive has told so far, and what its next line does to it.
 *
 * Invariant: blocks[0..n) have adjacent numbers, reach down to the last finalized block if that is known, and end in the
 * tip. `finalized` never decreases. */
#ifndef LEDGER_MIRROR_ARCHIVE_CHAIN_H
#define LEDGER_MIRROR_ARCHIVE_CHAIN_H

#include "ledger/mirror/source.h"

#define NO_BLOCK UINT64_MAX /* no block number */

struct archive_chain {
    struct chain_block *blocks;
    size_t n, room;
    uint64_t depth;     /* a block that lies this far below the highest seen, on any branch, is final */
    uint64_t finalized; /* NO_BLOCK: none */
    bool joining;       /* another file than the booked one: passing over what lies before the chain */
};

/* What a line does to the chain. */
enum archive_verdict { LINE_IGNORED, LINE_APPENDS, LINE_FORKS };

void archive_chain_init(struct archive_chain *c, const struct source_options *options);
void archive_chain_done(struct archive_chain *c);
/* NULL: no block yet. Valid until the next change. */
const struct chain_block *archive_chain_tip(const struct archive_chain *c);
/* ERR_FIELD: a gap or a wrong parent; ERR_DEEP_REORG: a final block is replaced. Changes no block. */
MUST_CHECK enum err archive_chain_judge(struct archive_chain *c, const struct block *b, enum archive_verdict *out);
/* After LINE_APPENDS. */
void archive_chain_append(struct archive_chain *c, uint64_t number, struct hash hash);
/* After LINE_FORKS: the parent of `number` becomes the tip (none, if the whole chain is replaced). */
void archive_chain_cut(struct archive_chain *c, uint64_t number);

#endif
