/* ledger/mirror/asker.c - one-off questions at RPC endpoints; see source.h. */
#include <string.h>

#include "ledger/mirror/endpoints.h"
#include "ledger/mirror/proof.h"

enum { ASKER_ANSWER_MAX = 16 << 20, CALL_BYTES_MAX = 4 << 20 };

struct asker {
    struct endpoints endpoints;
    struct rpc_counters counters;
};

enum err asker_open(const char *const *urls, size_t n, unsigned timeout_ms, struct asker **out)
{
    if (n == 0)
        return err_with(ERR_SOURCE, "there is no RPC endpoint to ask");
    struct asker *a = memory_resize(NULL, sizeof *a);
    *a = (struct asker){0};
    struct http_options http = {.timeout_ms = timeout_ms, .max_bytes = ASKER_ANSWER_MAX};
    enum err e = endpoints_init(&a->endpoints, urls, n, &http, &a->counters);
    if (e != OK) {
        asker_close(a);
        return e;
    }
    a->endpoints.any_chain = true;
    *out = a;
    return OK;
}

void asker_close(struct asker *a)
{
    if (!a)
        return;
    endpoints_done(&a->endpoints);
    memory_free(a);
}

/* Ask each endpoint that is not resting until one gives a result or an answer that is final (`settled`). If all rest, the
 * one that has rested longest is asked. *gone: each of them, not just the last, keeps no state of so old a block. */
static enum err ask(struct asker *a, struct rpc_call *call, bool (*settled)(const struct rpc_call *), bool *gone)
{
    enum err e = ERR_SOURCE;
    AUTO_BUFFER has_state = {0};
    buffer_reserve(&has_state, a->endpoints.n);
    memset(has_state.p, true, a->endpoints.n);
    for (size_t i = 0; i < a->endpoints.n; i++) {
        struct endpoint *at;
        e = endpoints_pick(&a->endpoints, &at);
        if (e != OK)
            return e;
        e = rpc_ask(at->rpc, call, 1);
        if (e == OK && settled(call)) {
            endpoint_worked(at);
            return OK;
        }
        if (e == OK && call->code && rpc_state_is_gone(call->message))
            has_state.p[at - a->endpoints.all] = false;
        if (e == OK)
            e = err_with(ERR_SOURCE, "%s: %s: %s (%d)", rpc_name(at->rpc), call->method,
                         call->code ? call->message : "null", call->code);
        endpoint_failed(at);
        rpc_release(call, 1);
    }
    *gone = memchr(has_state.p, true, a->endpoints.n) == NULL;
    return e;
}

static bool answered(const struct rpc_call *call)
{
    return call->code == 0;
}

static bool answered_or_reverted(const struct rpc_call *call)
{
    return answered(call) || rpc_reverted(call);
}

static enum err source_error(enum err e)
{
    return e == ERR_FIELD || e == ERR_TOO_LARGE || e == ERR_SOURCE_LIES ? ERR_SOURCE : e;
}

enum err asker_header(struct asker *a, uint64_t number, struct block *out)
{
    AUTO_ARENA arena = {0};
    struct header h;
    bool gone;
    struct rpc_call call = {.method = "eth_getBlockByNumber",
                            .params = arena_printf(&arena, "[\"0x%llx\",false]", (unsigned long long)number)};
    enum err e = ask(a, &call, answered, &gone);
    if (e == OK && json_is_null(call.result))
        e = err_with(ERR_NOT_FOUND, "the node has no block %llu", (unsigned long long)number);
    else if (e == OK)
        e = header_parse(call.result, &h);
    rpc_release(&call, 1);
    if (e != OK)
        return source_error(e);
    if (h.number != number)
        return err_with(ERR_SOURCE, "asked for block %llu, got %llu", (unsigned long long)number,
                        (unsigned long long)h.number);
    *out = (struct block){.number = h.number,
                          .hash = h.hash,
                          .parent_hash = h.parent_hash,
                          .time = h.time,
                          .proof = h.hash_proven ? PROOF_NONE : PROOF_UNHASHABLE};
    return OK;
}

static struct rpc_call state_call(struct hash block, struct address to, struct slice data, struct arena *arena)
{
    char hash[HASH_TEXT + 1], address[ADDRESS_TEXT + 1];
    hash_format(block, hash);
    address_format_lower(to, address);
    if (data.n == 0)
        return (struct rpc_call){.method = "eth_getCode",
                                 .params = arena_printf(arena, "[\"%s\",{\"blockHash\":\"%s\"}]", address, hash)};
    char *hex = arena_take(arena, 2 * data.n + 1);
    hex_encode(data, hex);
    return (struct rpc_call){.method = "eth_call",
                             .params = arena_printf(arena, "[{\"to\":\"%s\",\"data\":\"0x%s\"},{\"blockHash\":\"%s\"}]",
                                                    address, hex, hash)};
}

enum err asker_call(struct asker *a, struct hash block, struct address to, struct slice data, struct arena *arena,
                    struct slice *out)
{
    struct rpc_call call = state_call(block, to, data, arena);
    bool gone = false;
    enum err e = ask(a, &call, answered_or_reverted, &gone);
    size_t n = 0;
    uint8_t *bytes = NULL;
    if (e == ERR_SOURCE && gone)
        e = ERR_END;
    if (e == OK && rpc_reverted(&call))
        e = err_with(ERR_NOT_FOUND, "%s: %s", call.method, call.message);
    else if (e == OK && !json_is_string(call.result))
        e = err_with(ERR_SOURCE, "%s: not a string", call.method);
    if (e == OK) {
        bytes = arena_take(arena, json_string_length(call.result) / 2 + 1);
        e = hex_parse(json_string_value(call.result), json_string_length(call.result), bytes, CALL_BYTES_MAX, &n);
    }
    rpc_release(&call, 1);
    if (e != OK)
        return source_error(e);
    *out = (struct slice){bytes, n};
    return OK;
}

enum err asker_read(void *arg, const struct read_key *key, struct arena *arena, struct chain_read *out)
{
    struct slice bytes;
    enum err e = asker_call(arg, key->block, key->contract, (struct slice){key->calldata, key->n}, arena, &bytes);
    if (e == OK)
        *out = (struct chain_read){READ_KNOWN, bytes};
    else if (e == ERR_NOT_FOUND)
        *out = (struct chain_read){.state = READ_REVERTED};
    else if (e == ERR_END)
        *out = (struct chain_read){.state = READ_UNAVAILABLE};
    else
        return e;
    return OK;
}

enum err asker_of_source(const char *const *locations, size_t n, unsigned timeout_ms, struct asker **out)
{
    *out = NULL;
    if (n == 0 || !source_is_url(locations[0]))
        return OK;
    return asker_open(locations, n, timeout_ms, out);
}
