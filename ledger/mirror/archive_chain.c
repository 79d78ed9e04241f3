/* ledger/mirror/archive_chain.c - see archive_chain.h. */
#include "ledger/mirror/archive_chain.h"

#include <assert.h>
#include <string.h>

enum { SLACK = 1024 }; /* final blocks that may gather before they are dropped from the front */

void archive_chain_init(struct archive_chain *c, const struct source_options *options)
{
    *c = (struct archive_chain){.depth = options->network->finality_depth_blocks, .finalized = options->finalized};
    for (size_t i = 0; i < options->n_booked; i++) {
        /* Books that came from a node have gaps below what was final then. */
        if (i > 0 && options->booked[i].number != options->booked[i - 1].number + 1)
            c->n = 0;
        archive_chain_append(c, options->booked[i].number, options->booked[i].hash);
    }
}

void archive_chain_done(struct archive_chain *c)
{
    memory_free(c->blocks);
    *c = (struct archive_chain){0};
}

const struct chain_block *archive_chain_tip(const struct archive_chain *c)
{
    return c->n ? &c->blocks[c->n - 1] : NULL;
}

static const struct chain_block *block_at(const struct archive_chain *c, uint64_t number)
{
    if (!c->n || number < c->blocks[0].number || number - c->blocks[0].number >= c->n)
        return NULL;
    return &c->blocks[number - c->blocks[0].number];
}

/* The finalized block itself stays: a branch may fork from it. */
static void drop_final(struct archive_chain *c)
{
    if (c->finalized == NO_BLOCK || c->finalized < c->blocks[0].number + SLACK)
        return;
    size_t drop = c->finalized - c->blocks[0].number;
    assert(drop < c->n); /* the tip is never below the finalized block */
    c->n -= drop;
    memmove(c->blocks, c->blocks + drop, c->n * sizeof *c->blocks);
}

void archive_chain_append(struct archive_chain *c, uint64_t number, struct hash hash)
{
    assert(!c->n || number == archive_chain_tip(c)->number + 1);
    if (c->n == c->room) {
        c->room = c->room ? 2 * c->room : SLACK;
        c->blocks = memory_resize(c->blocks, c->room * sizeof *c->blocks);
    }
    c->blocks[c->n++] = (struct chain_block){number, hash};
    if (number >= c->depth && (c->finalized == NO_BLOCK || number - c->depth > c->finalized))
        c->finalized = number - c->depth;
    drop_final(c);
}

void archive_chain_cut(struct archive_chain *c, uint64_t number)
{
    assert(block_at(c, number));
    c->n = number - c->blocks[0].number;
}

/* "Two lines with the same number are a reorg: the later one wins; a line equal to the one stored is ignored." */
static enum err judge_again(struct archive_chain *c, const struct block *b, enum archive_verdict *out)
{
    unsigned long long number = b->number;
    const struct chain_block *known = block_at(c, b->number);
    if (known ? hash_equal(known->hash, b->hash) : c->joining) {
        c->joining = c->joining && !known;
        *out = LINE_IGNORED;
        return OK;
    }
    if (c->finalized != NO_BLOCK && b->number <= c->finalized)
        return err_with(ERR_DEEP_REORG, "block %llu is replaced, but block %llu is final", number,
                        (unsigned long long)c->finalized);
    if (!known)
        return err_with(ERR_FIELD, "block %llu is below the first block, %llu", number,
                        (unsigned long long)c->blocks[0].number);
    const struct chain_block *parent = b->number ? block_at(c, b->number - 1) : NULL;
    /* Without a parent to fork from, only a chain that is wholly new may be replaced, and never from genesis. */
    if (!parent && (c->finalized != NO_BLOCK || b->number == 0))
        return err_with(ERR_DEEP_REORG, "block %llu is replaced, but nothing is known of its parent", number);
    if (parent && !hash_equal(parent->hash, b->parent_hash))
        return err_with(ERR_FIELD, "parentHash of block %llu is not the hash of block %llu", number, number - 1);
    c->joining = false;
    *out = LINE_FORKS;
    return OK;
}

enum err archive_chain_judge(struct archive_chain *c, const struct block *b, enum archive_verdict *out)
{
    const struct chain_block *tip = archive_chain_tip(c);
    unsigned long long number = b->number;
    if (tip && b->number <= tip->number)
        return judge_again(c, b, out);
    if (tip && b->number > tip->number + 1)
        return err_with(ERR_FIELD, "block %llu is missing: this is block %llu", (unsigned long long)tip->number + 1,
                        number);
    if (tip && !hash_equal(tip->hash, b->parent_hash))
        return err_with(ERR_FIELD, "parentHash of block %llu is not the hash of block %llu", number, number - 1);
    c->joining = false;
    *out = LINE_APPENDS;
    return OK;
}
