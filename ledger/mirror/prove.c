/* ledger/mirror/prove.c - get all logs of ours of a block, and prove that they are all; see source_rpc_impl.h.
 *
 * A header whose hash was recomputed speaks the truth about its bloom and receipts root. A bloom that misses every
 * contract of ours proves that there is no log; otherwise the receipts are fetched and their root recomputed. */
#include <inttypes.h>
#include <string.h>

#include "ledger/core/log.h"
#include "ledger/mirror/member.h"
#include "ledger/mirror/source_rpc_impl.h"

/* Logs of one block as they are found, in the step's arena. */
struct found {
    struct log *logs;
    size_t n;
    enum block_proof proof;
};

/* A block whose logs the node is asked for, and where they go. */
struct asking {
    const struct wanted *wanted;
    struct found *found;
};

static bool bloom_excludes_us(const struct source_rpc *s, const struct header *h)
{
    for (size_t i = 0; i < s->network->n_contracts; i++) {
        const struct contract *c = &s->network->contracts[i];
        if (c->from_block <= h->number && bloom_may_contain(h->logs_bloom, c->address))
            return false;
    }
    return true;
}

static enum err lie(const struct source_rpc *s, const struct header *h, const char *what)
{
    return err_with(ERR_SOURCE_LIES, "%s: block %" PRIu64 ": %s", rpc_name(s->at->rpc), h->number, what);
}

static bool logs_same(const struct log *a, const struct log *b)
{
    return address_equal(a->address, b->address) && a->index == b->index && a->tx_index == b->tx_index &&
           hash_equal(a->tx_hash, b->tx_hash) && a->n_topics == b->n_topics &&
           memcmp(a->topics, b->topics, a->n_topics * sizeof a->topics[0]) == 0 && slice_equal(a->data, b->data);
}

static enum logs_way way_of(const struct source_rpc *s)
{
    return s->prove == PROVE_OFF ? WAY_LOGS : s->at->way;
}

static bool any_watched(const struct source_rpc *s, uint64_t block)
{
    for (size_t i = 0; i < s->network->n_contracts; i++)
        if (s->network->contracts[i].from_block <= block)
            return true;
    return false;
}

/* Logs that are not proven must at least not contradict a bloom that is. (With --prove-logs=off nothing is held against
 * blooms: there are chains that leave them empty.) */
static enum err bloom_holds(const struct source_rpc *s, const struct header *h, const struct log *logs, size_t n)
{
    for (size_t i = 0; i < n && s->prove != PROVE_OFF && h->hash_proven; i++)
        if (!bloom_may_contain(h->logs_bloom, logs[i].address))
            return lie(s, h, "logs are listed that its bloom excludes");
    return OK;
}

/* Whether the node must be asked for the logs of this block; if not, *found is them. */
static enum err settle(struct source_rpc *s, const struct wanted *w, bool *ask, struct found *found)
{
    const struct header *h = &w->header;
    *ask = false;
    *found = (struct found){NULL, 0, PROOF_BLOOM};
    if (s->prove != PROVE_OFF && h->hash_proven && bloom_excludes_us(s, h))
        return w->n_logs ? lie(s, h, "logs are listed that its bloom excludes") : OK;
    if (way_of(s) == WAY_LOGS && (w->listed || !any_watched(s, h->number))) {
        *found = (struct found){(struct log *)w->logs, w->n_logs, PROOF_NONE};
        return bloom_holds(s, h, w->logs, w->n_logs);
    }
    *ask = true;
    return OK;
}

static enum err take_receipts(struct source_rpc *s, const struct wanted *w, const json_t *receipts, struct arena *arena,
                              struct found *found)
{
    const struct header *h = &w->header;
    struct log *all;
    size_t n_all, n = 0;
    if (json_is_null(receipts))
        return err_with(ERR_SOURCE, "%s: has no receipts of block %" PRIu64, rpc_name(s->at->rpc), h->number);
    TRY(receipts_check(receipts, h, &s->scratch, &all, &n_all));
    for (size_t i = 0; i < n_all; i++)
        if (network_watches(s->network, all[i].address, h->number)) {
            if (w->listed && (n >= w->n_logs || !logs_same(&all[i], &w->logs[n])))
                return lie(s, h, "eth_getLogs did not list what the receipts hold");
            all[n++] = all[i];
        }
    if (w->listed && n != w->n_logs)
        return lie(s, h, "eth_getLogs listed more than the receipts hold");
    found->logs = ARENA_ARRAY(arena, struct log, n);
    for (size_t i = 0; i < n; i++)
        found->logs[i] = log_copy(arena, &all[i]);
    found->n = n;
    found->proof = h->hash_proven ? PROOF_RECEIPTS : PROOF_UNHASHABLE;
    return OK;
}

static enum err take_logs(struct source_rpc *s, const struct header *h, const json_t *logs, struct arena *arena,
                          struct found *found)
{
    if (!json_is_array(logs))
        return err_with(ERR_SOURCE, "%s: eth_getLogs is not an array", rpc_name(s->at->rpc));
    size_t n = json_array_size(logs), kept = 0;
    found->logs = ARENA_ARRAY(arena, struct log, n);
    for (size_t i = 0; i < n; i++) {
        struct log *log = &found->logs[kept];
        TRY(log_parse(json_array_get(logs, i), h->number, h->hash, arena, log));
        if (kept && log->index <= found->logs[kept - 1].index)
            return lie(s, h, "logs out of order or twice");
        if (!network_contract(s->network, log->address))
            return lie(s, h, "a log of a contract that was not asked for");
        kept += network_watches(s->network, log->address, h->number);
    }
    found->n = kept;
    found->proof = PROOF_NONE;
    return bloom_holds(s, h, found->logs, kept);
}

/* The endpoint refused a method: believed the second time in a row, and then the other way to receipts is tried. Never
 * eth_getLogs instead: an endpoint could switch proofs off by refusing receipts; only --prove-logs=off does. */
static enum err way_refused(struct source_rpc *s, const struct rpc_call *call)
{
    if (++s->at->way_refusals >= REFUSALS) {
        s->at->way = s->at->way == WAY_BLOCK_RECEIPTS ? WAY_TX_RECEIPTS : WAY_BLOCK_RECEIPTS;
        s->at->way_refusals = 0;
        log_warn("source", "%s has no %s: trying %s", rpc_name(s->at->rpc), call->method,
                 s->at->way == WAY_TX_RECEIPTS ? "eth_getTransactionReceipt for each transaction"
                                               : "eth_getBlockReceipts");
    }
    return err_with(ERR_SOURCE,
                    "%s: %s: %s (%d); without receipts logs cannot be proven (--prove-logs=off books them unproven)",
                    rpc_name(s->at->rpc), call->method, call->message, call->code);
}

static enum err ask_all_methods(struct source_rpc *s, struct rpc_call *calls, size_t n, size_t n_next)
{
    TRY(rpc_ask_ahead(s->at->rpc, calls, n, calls + n, n_next));
    for (size_t i = 0; i < n; i++)
        if (calls[i].code == RPC_NO_METHOD && way_of(s) != WAY_LOGS)
            return way_refused(s, &calls[i]);
    for (size_t i = 0; i < n; i++)
        if (calls[i].code)
            return err_with(ERR_SOURCE, "%s: %s: %s (%d)", rpc_name(s->at->rpc), calls[i].method, calls[i].message,
                            calls[i].code);
    s->at->way_refusals = 0;
    return OK;
}

/* Receipts of one block, transaction by transaction, as an array like eth_getBlockReceipts gives. */
static enum err tx_receipts(struct source_rpc *s, const struct header *h, json_t **out)
{
    char hash[HASH_TEXT + 1];
    hash_format(h->hash, hash);
    struct rpc_call block = {.method = "eth_getBlockByHash",
                             .params = arena_printf(&s->scratch, "[\"%s\",false]", hash)};
    enum err e = rpc_ask_all(s->at->rpc, &block, 1);
    const json_t *hashes = json_object_get(block.result, "transactions");
    size_t n = json_array_size(hashes);
    struct rpc_call *calls = ARENA_ARRAY(&s->scratch, struct rpc_call, n);
    for (size_t i = 0; i < n; i++) {
        struct hash tx;
        const json_t *text = json_array_get(hashes, i);
        if (e == OK &&
            (!json_is_string(text) || hash_parse(json_string_value(text), json_string_length(text), &tx) != OK))
            e = err_with(ERR_SOURCE, "%s: a transaction hash of block %" PRIu64 " is malformed", rpc_name(s->at->rpc),
                         h->number);
        calls[i] =
            (struct rpc_call){.method = "eth_getTransactionReceipt",
                              .params = arena_printf(&s->scratch, "[\"%s\"]", e == OK ? json_string_value(text) : "")};
    }
    if (e == OK)
        e = ask_all_methods(s, calls, n, 0);
    json_t *all = json_array();
    for (size_t i = 0; i < n && e == OK; i++) {
        if (json_is_null(calls[i].result))
            e = err_with(ERR_SOURCE, "%s: lacks a receipt of block %" PRIu64, rpc_name(s->at->rpc), h->number);
        else
            json_array_append(all, calls[i].result);
    }
    rpc_release(calls, n);
    rpc_release(&block, 1);
    if (e == OK)
        *out = all;
    else
        json_decref(all);
    return e;
}

/* Ask for the logs of n blocks at once, as receipts or as logs, and for those of the n_next behind them ahead. */
static enum err ask_blocks(struct source_rpc *s, const struct asking *ask, size_t n, size_t n_next, struct arena *arena,
                           struct rpc_call *calls)
{
    bool logs = way_of(s) == WAY_LOGS;
    for (size_t i = 0; i < n + n_next; i++) {
        const struct header *h = &ask[i].wanted->header;
        char hash[HASH_TEXT + 1];
        hash_format(h->hash, hash);
        const char *addresses = logs ? fetch_addresses(s, arena, h->number) : NULL;
        calls[i] = (struct rpc_call){.method = logs ? "eth_getLogs" : "eth_getBlockReceipts"};
        calls[i].params = logs ? arena_printf(arena, "[{\"blockHash\":\"%s\",\"address\":%s}]", hash,
                                              addresses ? addresses : "[]")
                               : arena_printf(arena, "[\"%s\"]", hash);
    }
    return ask_all_methods(s, calls, n, n_next);
}

static void batch_learn(struct source_rpc *s, size_t n, bool well)
{
    size_t bytes = rpc_answer_bytes(s->at->rpc);
    if (!well || bytes > ANSWER_TARGET)
        s->logs_batch = s->logs_batch > 1 ? s->logs_batch / 2 : 1;
    else if (bytes < ANSWER_TARGET / 4 && n == s->logs_batch && s->logs_batch < LOGS_BATCH_MAX)
        s->logs_batch *= 2;
}

/* Find the logs of the first n that are asked for. */
static enum err find_asked(struct source_rpc *s, const struct asking *ask, size_t n, size_t n_next, struct arena *arena)
{
    struct rpc_call calls[2 * LOGS_BATCH_MAX];
    enum logs_way way = way_of(s);
    if (way == WAY_TX_RECEIPTS) {
        for (size_t i = 0; i < n; i++) {
            AUTO_JSON receipts = NULL;
            TRY(tx_receipts(s, &ask[i].wanted->header, &receipts));
            TRY(take_receipts(s, ask[i].wanted, receipts, arena, ask[i].found));
            arena_reset(&s->scratch);
        }
        return OK;
    }
    enum err e = ask_blocks(s, ask, n, n_next, arena, calls);
    batch_learn(s, n, e == OK);
    for (size_t i = 0; i < n && e == OK; i++) {
        e = way == WAY_LOGS ? take_logs(s, &ask[i].wanted->header, calls[i].result, arena, ask[i].found)
                            : take_receipts(s, ask[i].wanted, calls[i].result, arena, ask[i].found);
        arena_reset(&s->scratch);
    }
    rpc_release(calls, n);
    return e;
}

static struct block block_of(const struct header *h, const struct found *f)
{
    return (struct block){.number = h->number,
                          .hash = h->hash,
                          .parent_hash = h->parent_hash,
                          .time = h->time,
                          .proof = f->proof,
                          .logs = f->logs,
                          .n_logs = f->n};
}

static size_t least(size_t a, size_t b)
{
    return a < b ? a : b;
}

/* Which blocks must be asked for; the logs of the others are found already. */
static enum err settle_all(struct source_rpc *s, const struct wanted *wanted, size_t n, struct found *found,
                           struct asking *ask, size_t *n_ask)
{
    size_t k = 0;
    for (size_t i = 0; i < n; i++) {
        bool must;
        TRY(settle(s, &wanted[i], &must, &found[i]));
        if (must)
            ask[k++] = (struct asking){&wanted[i], &found[i]};
    }
    *n_ask = k;
    return OK;
}

enum err prove_blocks(struct source_rpc *s, const struct wanted *wanted, size_t n, struct arena *arena,
                      struct step *out)
{
    struct block *blocks = ARENA_ARRAY(arena, struct block, n);
    struct found *found = ARENA_ARRAY(arena, struct found, n);
    struct asking *ask = ARENA_ARRAY(arena, struct asking, n);
    size_t n_ask, asked = 0, n_logs = 0, unhashable = 0, i = 0;
    TRY(settle_all(s, wanted, n, found, ask, &n_ask));
    size_t size = least(s->logs_batch, n_ask); /* of the next request; fixed when it is sent ahead */
    for (; i < n; i++) {
        if (asked < n_ask && ask[asked].wanted == &wanted[i]) {
            size_t next = least(s->logs_batch, n_ask - asked - size);
            TRY(find_asked(s, ask + asked, size, next, arena));
            asked += size;
            size = next;
        }
        n_logs += found[i].n;
        if (i > 0 && (n_logs > s->max_logs || i == s->max_blocks || arena_bytes(arena) > s->max_bytes))
            break;
        unhashable += wanted[i].header.unknown_members;
        blocks[i] = block_of(&wanted[i].header, &found[i]);
    }
    atomic_fetch_add(&s->counters.unhashable_headers, unhashable);
    out->kind = STEP_BLOCKS;
    out->blocks = blocks;
    out->n_blocks = i;
    return OK;
}
