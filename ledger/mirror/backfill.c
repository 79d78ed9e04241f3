/* ledger/mirror/backfill.c - the finalized past in ranges of eth_getLogs; see source_rpc_impl.h.
 *
 * Headers are fetched for the blocks that eth_getLogs lists, the chain's first and each range's last block, and one in
 * AUDIT_ONE_IN others chosen by keccak(number), so that a node cannot know beforehand where it may be lazy and every mirror
 * audits the same. The first stored block says from where on the books can answer. If days are closed, also for those that mark
 * days (day_marks.h), so that the books are those of a mirror that was given every block. */
#include <inttypes.h>
#include <string.h>

#include "ledger/core/digest.h"
#include "ledger/core/log.h"
#include "ledger/mirror/source_rpc_impl.h"

enum { QUICK_MS = 2000, LISTING_CALLS = 3 };

/* What eth_getLogs listed, by block. */
struct listing {
    uint64_t from, to;
    struct log *logs;
    uint64_t *numbers; /* of each log's block */
    struct hash *hashes;
    size_t n;
    bool link; /* `first` is the header of `from`, to be linked with the last block given */
    struct header first;
};

static bool audited(uint64_t number)
{
    uint8_t be[8];
    for (int i = 0; i < 8; i++)
        be[i] = (uint8_t)(number >> (56 - 8 * i));
    struct hash h = keccak_bytes(be, sizeof be);
    unsigned rest = 0; /* the hash as one large number, modulo */
    for (size_t i = 0; i < sizeof h.b; i++)
        rest = (rest * 256 + h.b[i]) % AUDIT_ONE_IN;
    return rest == 0;
}

static enum err lie(const struct source_rpc *s, uint64_t number, const char *what)
{
    return err_with(ERR_SOURCE_LIES, "%s: eth_getLogs: block %" PRIu64 ": %s", rpc_name(s->at->rpc), number, what);
}

/* Read log i; it must follow the last one kept. */
static enum err log_take(struct source_rpc *s, const json_t *object, struct arena *arena, struct listing *l)
{
    struct log log;
    uint64_t number;
    struct hash block;
    TRY(log_parse_loose(object, arena, &log, &number, &block));
    if (number < l->from || number > l->to)
        return lie(s, number, "not in the range asked for");
    if (!network_contract(s->network, log.address))
        return lie(s, number, "a log of a contract that was not asked for");
    if (l->n &&
        (number < l->numbers[l->n - 1] || (number == l->numbers[l->n - 1] && log.index <= l->logs[l->n - 1].index)))
        return lie(s, number, "out of order or twice");
    if (l->n && number == l->numbers[l->n - 1] && !hash_equal(block, l->hashes[l->n - 1]))
        return lie(s, number, "logs of two branches");
    l->logs[l->n] = log;
    l->numbers[l->n] = number;
    l->hashes[l->n] = block;
    l->n++;
    return OK;
}

/* Read the listing; where it is more than a step may hold, cut it and its range behind a whole block. */
static enum err listing_take(struct source_rpc *s, const json_t *logs, struct arena *arena, struct listing *l)
{
    if (!json_is_array(logs))
        return err_with(ERR_SOURCE, "%s: eth_getLogs is not an array", rpc_name(s->at->rpc));
    size_t n = json_array_size(logs);
    l->logs = ARENA_ARRAY(arena, struct log, n);
    l->numbers = ARENA_ARRAY(arena, uint64_t, n);
    l->hashes = ARENA_ARRAY(arena, struct hash, n);
    size_t last_start = 0; /* of the last block's logs */
    for (size_t i = 0; i < n; i++) {
        TRY(log_take(s, json_array_get(logs, i), arena, l));
        if (l->numbers[i] != l->numbers[last_start])
            last_start = i;
        if (last_start && (l->n > s->max_logs || arena_bytes(arena) > s->max_bytes)) {
            l->n = last_start;
            l->to = l->numbers[last_start - 1];
            return OK;
        }
    }
    return OK;
}

static void range_learn(struct source_rpc *s, const struct listing *l, uint64_t asked, uint64_t took_ms)
{
    size_t bytes = rpc_answer_bytes(s->at->rpc);
    if (l->to - l->from + 1 < asked)
        s->range = l->to - l->from + 1; /* more was listed than a step holds */
    else if (bytes > ANSWER_TARGET)
        s->range = asked > 1 ? asked / 2 : 1;
    else if (bytes < ANSWER_TARGET / 3 && l->n < s->max_logs / 2 && took_ms < QUICK_MS && asked == s->range)
        s->range = s->range * 2 < RANGE_MAX ? s->range * 2 : RANGE_MAX;
}

static uint64_t least(uint64_t a, uint64_t b)
{
    return a < b ? a : b;
}

/* The range's logs and, in the same request, its last block: a node behind a load balancer that is not there yet answers an
 * empty list without an error (go-ethereum#24078), but has no such block. And its first, which must follow ours. */
static size_t listing_calls(struct source_rpc *s, uint64_t from, uint64_t to, struct arena *arena,
                            struct rpc_call *calls)
{
    const char *addresses = fetch_addresses(s, arena, to);
    calls[0] = (struct rpc_call){.method = "eth_getBlockByNumber", .params = fetch_number_params(arena, to)};
    calls[1] = (struct rpc_call){.method = "eth_getBlockByNumber", .params = fetch_number_params(arena, from)};
    if (!addresses) /* an empty list would mean every contract */
        return 2;
    calls[2] = (struct rpc_call){.method = "eth_getLogs",
                                 .params = arena_printf(arena,
                                                        "[{\"fromBlock\":\"0x%" PRIx64 "\",\"toBlock\":\"0x%" PRIx64
                                                        "\",\"address\":%s}]",
                                                        from, to, addresses)};
    return LISTING_CALLS;
}

static enum err listing_ask(struct source_rpc *s, struct arena *arena, struct listing *l)
{
    const struct chain_block *last = given_last(&s->given);
    l->link = last && last->number + 1 == l->from;
    struct header end;
    struct rpc_call calls[LISTING_CALLS], next[LISTING_CALLS];
    size_t n = listing_calls(s, l->from, l->to, arena, calls), n_next = 0;
    /* With --prove-logs=off the next range is sent for ahead; otherwise receipts are, which are the larger part. */
    uint64_t after = least(l->to + s->range, least(s->finalized, s->target));
    if (s->prove == PROVE_OFF && l->to < after)
        n_next = listing_calls(s, l->to + 1, after, arena, next);
    uint64_t began = clock_ms(), asked = l->to - l->from + 1;
    enum err e = rpc_ask_all_ahead(s->at->rpc, calls, n, next, n_next);
    if (e == OK)
        e = fetch_header_of(s, calls[0].result, l->to, &end);
    if (e == OK)
        e = fetch_header_of(s, calls[1].result, l->from, &l->first);
    if (e == OK && n == LISTING_CALLS)
        e = listing_take(s, calls[2].result, arena, l);
    rpc_release(calls, n);
    if (e == OK)
        range_learn(s, l, asked, clock_ms() - began);
    if (e == OK && l->link && !hash_equal(l->first.parent_hash, last->hash)) {
        s->polled = NULL; /* the poll sees a reorg, if it is one */
        return lie(s, l->from, "not the child of ours");
    }
    return e;
}

/* An oversized answer is asked for by halves at once. Other errors end the step, and the caller halves the range: too many
 * results and too slow have no common code (execution-apis#876), so it does so on any. */
static enum err listing_get(struct source_rpc *s, struct arena *arena, struct listing *l)
{
    for (;;) {
        *l = (struct listing){.from = s->next, .to = least(s->next + s->range - 1, least(s->finalized, s->target))};
        s->range = l->to - l->from + 1;
        enum err e = listing_ask(s, arena, l);
        if (e != ERR_TOO_LARGE || l->to == l->from)
            return e;
        s->range /= 2;
        atomic_fetch_add(&s->counters.retries, 1);
    }
}

/* The blocks of the range to be given, ascending; cuts the range where there would be too many. */
static size_t wanted_list(struct source_rpc *s, struct arena *arena, struct listing *l, struct wanted **out,
                          uint64_t **out_numbers)
{
    uint64_t range = l->to - l->from + 1, likely = l->n + range / (AUDIT_ONE_IN / 10) + 16;
    size_t room = (size_t)(likely < s->max_blocks ? likely : s->max_blocks), n = 0;
    struct wanted *wanted = ARENA_ARRAY(arena, struct wanted, room);
    uint64_t *numbers = ARENA_ARRAY(arena, uint64_t, room);
    size_t i = 0;
    for (uint64_t number = l->from; number <= l->to && n < room; number++) {
        size_t first = i;
        while (i < l->n && l->numbers[i] == number)
            i++;
        if (i == first && number != l->to && number != s->network->start_block &&
            !(s->prove == PROVE_TAIL && audited(number)))
            continue;
        numbers[n] = number;
        wanted[n++] = (struct wanted){.listed = true, .logs = l->logs + first, .n_logs = i - first};
    }
    *out = wanted;
    *out_numbers = numbers;
    return n;
}

static enum err hashes_check(struct source_rpc *s, const struct listing *l, const struct wanted *wanted, size_t n)
{
    if (l->link && wanted[0].header.number == l->from && !hash_equal(wanted[0].header.hash, l->first.hash))
        return lie(s, l->from, "two answers about one block");
    for (size_t i = 0; i < n; i++) {
        const struct hash *hashes = l->hashes + (wanted[i].logs - l->logs);
        for (size_t k = 0; k < wanted[i].n_logs; k++)
            if (!hash_equal(hashes[k], wanted[i].header.hash))
                return lie(s, wanted[i].header.number, "logs of another branch");
    }
    return OK;
}

/* Drop logs of contracts from before their from_block: they were listed because another range needs the contract. */
static void unwatched_drop(struct source_rpc *s, struct arena *arena, struct wanted *w)
{
    struct log *kept = ARENA_ARRAY(arena, struct log, w->n_logs);
    size_t n = 0;
    for (size_t i = 0; i < w->n_logs; i++)
        if (network_watches(s->network, w->logs[i].address, w->header.number))
            kept[n++] = w->logs[i];
    w->logs = kept;
    w->n_logs = n;
}

enum err backfill_step(struct source_rpc *s, struct arena *arena, struct step *out)
{
    struct listing l;
    struct wanted *wanted;
    uint64_t *numbers;
    TRY(listing_get(s, arena, &l));
    size_t n = wanted_list(s, arena, &l, &wanted, &numbers);
    struct header *headers = ARENA_ARRAY(arena, struct header, n);
    TRY(fetch_headers(s, numbers, n, arena, headers));
    for (size_t i = 0; i < n; i++)
        wanted[i].header = headers[i];
    TRY(hashes_check(s, &l, wanted, n));
    TRY(days_find(s, &l.first, arena, &wanted, &n));
    TRY(fetch_agreement(s, &wanted[n - 1].header, 1, arena));
    for (size_t i = 0; i < n; i++)
        unwatched_drop(s, arena, &wanted[i]);
    TRY(prove_blocks(s, wanted, n, arena, out));
    for (size_t i = 0; i < out->n_blocks; i++)
        given_add(&s->given, out->blocks[i].number, out->blocks[i].hash);
    s->next = out->blocks[out->n_blocks - 1].number + 1;
    if (out->n_blocks < n)
        s->range = s->next - l.from;
    log_debug("source", "backfill to %" PRIu64 ", range %" PRIu64, s->next - 1, s->range);
    return OK;
}
