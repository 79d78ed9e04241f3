/* ledger/mirror/walk.c - from a block that is not ours back to the common ancestor; see source_rpc_impl.h.
 *
 * Only parent links of hashed headers lead back, so a node that merely lags or was restored is never taken for a reorg.
 * Never below finalized: that ends the source, once it was seen several times in a row. */
#include <inttypes.h>

#include "ledger/core/log.h"
#include "ledger/mirror/source_rpc_impl.h"

static enum err too_deep(struct source_rpc *s, const struct header *at)
{
    char hash[HASH_TEXT + 1];
    hash_format(at->hash, hash);
    bool final = ++s->deep_seen >= DEEP_REORG_SIGHTINGS;
    s->polled = NULL;
    return err_with(final ? ERR_DEEP_REORG : ERR_SOURCE_LIES,
                    "%s: block %" PRIu64 " is %s there, which is not our chain, and it is final", rpc_name(s->at->rpc),
                    at->number, hash);
}

static enum err parent_of(struct source_rpc *s, const struct header *child, struct arena *arena, struct header *out)
{
    char hash[HASH_TEXT + 1];
    hash_format(child->parent_hash, hash);
    struct rpc_call call = {.method = "eth_getBlockByHash", .params = arena_printf(arena, "[\"%s\",false]", hash)};
    enum err e = rpc_ask_all(s->at->rpc, &call, 1);
    if (e == OK)
        e = fetch_header_of(s, call.result, child->number - 1, out);
    rpc_release(&call, 1);
    if (e == OK && !hash_equal(out->hash, child->parent_hash))
        return err_with(ERR_SOURCE_LIES, "%s: asked for one block by hash, got another", rpc_name(s->at->rpc));
    return e;
}

enum err walk_back(struct source_rpc *s, const struct header *header, struct arena *arena, struct step *out)
{
    struct header at = *header, child = *header;
    for (;;) {
        const struct chain_block *ours = given_find(&s->given, at.number);
        if (ours && hash_equal(ours->hash, at.hash))
            break;
        if (at.number < s->network->start_block)
            break; /* nothing of ours is on the other branch */
        if (at.number == 0 || (s->finalized != UINT64_MAX && at.number <= s->finalized))
            return too_deep(s, &at);
        if (at.number < s->given.blocks[0].number && s->given.blocks[0].number > s->network->start_block)
            return too_deep(s, &at); /* below all that we remember */
        child = at;
        TRY(parent_of(s, &child, arena, &at));
    }
    /* Others may know our branch still: then nothing is unwound before they agree. */
    if (child.number > at.number)
        TRY(fetch_agreement(s, &child, 1, arena));
    log_info("source", "%s: reorg: blocks above %" PRIu64 " were replaced", rpc_name(s->at->rpc), at.number);
    given_cut(&s->given, at.number);
    s->next = at.number + 1;
    if (s->target != UINT64_MAX && s->head < s->target)
        s->target = s->head; /* once: the chain may be shorter now */
    s->deep_seen = 0;
    out->kind = STEP_REORG;
    out->fork = at.number;
    return OK;
}
