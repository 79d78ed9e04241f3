/* ledger/mirror/tail.c - block by block along parent links; see source_rpc_impl.h. */
#include <inttypes.h>

#include "ledger/mirror/source_rpc_impl.h"

static uint64_t least(uint64_t a, uint64_t b)
{
    return a < b ? a : b;
}

/* The first new block must be the child of the last one given. */
static enum err link_check(struct source_rpc *s, const struct header *first)
{
    const struct chain_block *last = given_last(&s->given);
    if (!last || last->number + 1 != first->number || hash_equal(last->hash, first->parent_hash))
        return OK;
    s->polled = NULL; /* the poll sees a reorg, if it is one */
    return err_with(ERR_SOURCE_LIES, "%s: block %" PRIu64 " is not the child of ours (the chain moved?)",
                    rpc_name(s->at->rpc), first->number);
}

enum err tail_step(struct source_rpc *s, struct arena *arena, struct step *out)
{
    uint64_t to = least(s->head, s->target);
    size_t n = (size_t)least(least(s->span, s->max_blocks), to - s->next + 1);
    s->span = n;
    uint64_t *numbers = ARENA_ARRAY(arena, uint64_t, n);
    struct header *headers = ARENA_ARRAY(arena, struct header, n);
    struct wanted *wanted = ARENA_ARRAY(arena, struct wanted, n);
    for (size_t i = 0; i < n; i++)
        numbers[i] = s->next + i;
    TRY(fetch_headers(s, numbers, n, arena, headers));
    TRY(link_check(s, &headers[0]));
    size_t final = 0; /* those below finalized are agreed upon by the chain itself */
    while (final < n && s->finalized != UINT64_MAX && numbers[final] <= s->finalized)
        final++;
    if (final < n)
        TRY(fetch_agreement(s, headers + final, n - final, arena));
    for (size_t i = 0; i < n; i++)
        wanted[i] = (struct wanted){.header = headers[i]};
    TRY(prove_blocks(s, wanted, n, arena, out));
    if (out->n_blocks < n)
        s->span = out->n_blocks;
    else if (n == s->span && s->span < SPAN_MAX)
        s->span *= 2;
    for (size_t i = 0; i < out->n_blocks; i++)
        given_add(&s->given, numbers[i], headers[i].hash);
    s->next += out->n_blocks;
    return OK;
}
