/* ledger/mirror/fetch.c - ask endpoints for headers, hold them against each other; see source_rpc_impl.h. */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "ledger/core/log.h"
#include "ledger/mirror/member.h"
#include "ledger/mirror/source_rpc_impl.h"

const char *fetch_number_params(struct arena *arena, uint64_t number)
{
    return arena_printf(arena, "[\"0x%" PRIx64 "\",false]", number);
}

const char *fetch_addresses(const struct source_rpc *s, struct arena *arena, uint64_t block)
{
    AUTO_BUFFER b = {0};
    for (size_t i = 0; i < s->network->n_contracts; i++) {
        char text[ADDRESS_TEXT + 1];
        if (s->network->contracts[i].from_block > block)
            continue;
        address_format_lower(s->network->contracts[i].address, text);
        buffer_printf(&b, "%s\"%s\"", b.n ? "," : "[", text);
    }
    return b.n ? arena_printf(arena, "%.*s]", (int)b.n, (const char *)b.p) : NULL;
}

struct log log_copy(struct arena *arena, const struct log *log)
{
    struct log copy = *log;
    copy.data.p = arena_copy(arena, log->data.p, log->data.n);
    return copy;
}

enum err fetch_header_of(struct source_rpc *s, const json_t *block, uint64_t number, struct header *out)
{
    struct header h;
    if (json_is_null(block))
        return err_with(ERR_SOURCE, "%s: has no block %" PRIu64 " (lagging behind its own head?)", rpc_name(s->at->rpc),
                        number);
    enum err e = header_parse(block, &h);
    if (e != OK)
        return e;
    if (h.number != number)
        return err_with(ERR_SOURCE_LIES, "%s: asked for block %" PRIu64 ", got %" PRIu64, rpc_name(s->at->rpc), number,
                        h.number);
    *out = h;
    return OK;
}

/* The first n of all `total` headers; the rest is asked for ahead. */
static enum err headers_part(struct source_rpc *s, const uint64_t *numbers, size_t n, size_t total, struct arena *arena,
                             struct header *out)
{
    size_t ahead = total - n < HEADERS_A_REQUEST ? total - n : HEADERS_A_REQUEST;
    struct rpc_call *calls = ARENA_ARRAY(arena, struct rpc_call, n + ahead);
    for (size_t i = 0; i < n + ahead; i++)
        calls[i] = (struct rpc_call){.method = "eth_getBlockByNumber",
                                     .params = fetch_number_params(arena, numbers[i])};
    enum err e = rpc_ask_all_ahead(s->at->rpc, calls, n, calls + n, ahead);
    for (size_t i = 0; i < n && e == OK; i++)
        e = fetch_header_of(s, calls[i].result, numbers[i], &out[i]);
    rpc_release(calls, n);
    return e;
}

enum err fetch_headers(struct source_rpc *s, const uint64_t *numbers, size_t n, struct arena *arena, struct header *out)
{
    for (size_t i = 0; i < n; i += HEADERS_A_REQUEST)
        TRY(headers_part(s, numbers + i, n - i < HEADERS_A_REQUEST ? n - i : HEADERS_A_REQUEST, n - i, arena, out + i));
    for (size_t i = 1; i < n; i++)
        if (numbers[i] == numbers[i - 1] + 1 && !hash_equal(out[i].parent_hash, out[i - 1].hash))
            return err_with(ERR_SOURCE_LIES, "%s: block %" PRIu64 " is not the parent of the next (the chain moved?)",
                            rpc_name(s->at->rpc), numbers[i - 1]);
    return OK;
}

/* What another endpoint has at one of our numbers. */
static enum err compare(struct source_rpc *s, struct endpoint *other, const struct rpc_call *call,
                        const struct header *ours, bool *lags)
{
    struct hash theirs;
    if (json_is_null(call->result)) {
        *lags = true;
        return OK;
    }
    if (member_hash(call->result, "hash", &theirs) != OK)
        return OK; /* no opinion: malformed */
    if (hash_equal(theirs, ours->hash))
        return OK;
    atomic_fetch_add(&s->counters.disagreements, 1);
    s->disagree = true;
    char name[HTTP_NAME_MAX];
    snprintf(name, sizeof name, "%s", rpc_name(other->rpc));
    return err_with(ERR_SOURCE_LIES, "endpoints disagree about block %" PRIu64 ": %s and %s", ours->number,
                    rpc_name(s->at->rpc), name);
}

static enum err agreement_of(struct source_rpc *s, struct endpoint *other, const struct header *headers, size_t n,
                             struct arena *arena)
{
    struct rpc_call *calls = ARENA_ARRAY(arena, struct rpc_call, n);
    bool lags = false;
    for (size_t i = 0; i < n; i++)
        calls[i] = (struct rpc_call){.method = "eth_getBlockByNumber",
                                     .params = fetch_number_params(arena, headers[i].number)};
    enum err e = rpc_ask_all(other->rpc, calls, n);
    if (e != OK && e != ERR_STOPPED) {
        log_warn("source", "no second opinion: %s", err_detail());
        endpoint_failed(other);
        atomic_fetch_add(&s->counters.failures, 1);
        rpc_release(calls, n);
        return OK;
    }
    for (size_t i = 0; i < n && e == OK; i++)
        e = compare(s, other, &calls[i], &headers[i], &lags);
    rpc_release(calls, n);
    if (e == OK) {
        endpoint_worked(other);
        if (lags != other->lagging)
            log_info("source", lags ? "%s lags behind block %" PRIu64 : "%s has caught up with block %" PRIu64,
                     rpc_name(other->rpc), headers[n - 1].number);
        other->lagging = lags;
    }
    return e;
}

enum err fetch_agreement(struct source_rpc *s, const struct header *headers, size_t n, struct arena *arena)
{
    for (size_t i = 0; i < s->endpoints.n; i++) {
        struct endpoint *other = &s->endpoints.all[i];
        if (other != s->at && endpoint_awake(&s->endpoints, other))
            TRY(agreement_of(s, other, headers, n, arena));
    }
    return OK;
}
