/* ledger/mirror/reconcile_node.c - see reconcile_node.h. */
#include "ledger/mirror/reconcile_node.h"

#include <string.h>
#include <time.h>

#include "ledger/mirror/endpoints.h"

enum { ANSWER_MAX = 16 << 20, CALL_BYTES_MAX = 1 << 20 };
enum { ROUNDS = 3, ROUND_WAIT_MS = 500, WAIT_STEP_MS = 50 };

struct reconcile_node {
    struct endpoints endpoints;
    struct rpc_counters counters;
    atomic_bool *stop;
    enum call_fate all; /* what becomes of every later call; CALL_ANSWERED: ask and see */
};

enum err reconcile_node_open(const char *const *urls, size_t n, uint64_t chain_id, unsigned timeout_ms,
                             atomic_bool *stop, struct reconcile_node **out)
{
    struct reconcile_node *node = memory_resize(NULL, sizeof *node);
    *node = (struct reconcile_node){.stop = stop, .all = CALL_ANSWERED};
    struct http_options http = {.timeout_ms = timeout_ms, .max_bytes = ANSWER_MAX, .stop = stop};
    enum err e = endpoints_init(&node->endpoints, urls, n, &http, &node->counters);
    if (e != OK) {
        reconcile_node_close(node);
        return e;
    }
    node->endpoints.chain_id = chain_id;
    *out = node;
    return OK;
}

void reconcile_node_close(struct reconcile_node *n)
{
    if (n == NULL)
        return;
    endpoints_done(&n->endpoints);
    memory_free(n);
}

static bool stopped(const struct reconcile_node *n)
{
    return n->stop != NULL && atomic_load(n->stop);
}

static enum err wait_ms(const struct reconcile_node *n, unsigned ms)
{
    for (unsigned waited = 0; waited < ms && !stopped(n); waited += WAIT_STEP_MS)
        nanosleep(&(struct timespec){.tv_nsec = WAIT_STEP_MS * 1000000L}, NULL);
    return stopped(n) ? ERR_STOPPED : OK;
}

static enum err read_block_hash(const struct endpoint *at, const struct rpc_call *call, uint64_t number,
                                struct hash *out)
{
    const json_t *hash = json_object_get(call->result, "hash"), *own = json_object_get(call->result, "number");
    uint64_t n = 0;
    if (call->code != 0 || json_is_null(call->result))
        return err_with(ERR_SOURCE, "%s: has no block %llu: %s (%d)", rpc_name(at->rpc), (unsigned long long)number,
                        call->code != 0 ? call->message : "null", call->code);
    if (!json_is_string(hash) || hash_parse(json_string_value(hash), json_string_length(hash), out) != OK ||
        !json_is_string(own) || quantity_parse(json_string_value(own), json_string_length(own), &n) != OK ||
        n != number)
        return err_with(ERR_SOURCE, "%s: asked for block %llu, answered something else", rpc_name(at->rpc),
                        (unsigned long long)number);
    return OK;
}

enum err reconcile_node_block(struct reconcile_node *n, uint64_t number, struct hash *out)
{
    AUTO_ARENA arena = {0};
    const char *params = arena_printf(&arena, "[\"0x%llx\",false]", (unsigned long long)number);
    enum err e = ERR_SOURCE;
    for (size_t i = 0; i < ROUNDS * n->endpoints.n; i++) {
        struct endpoint *at = NULL;
        struct rpc_call call = {.method = "eth_getBlockByNumber", .params = params};
        if (i > 0 && i % n->endpoints.n == 0)
            TRY(wait_ms(n, ROUND_WAIT_MS));
        e = endpoints_pick(&n->endpoints, &at);
        if (e == OK && (e = rpc_ask(at->rpc, &call, 1)) == OK)
            e = read_block_hash(at, &call, number, out);
        rpc_release(&call, 1);
        if (e == OK || e == ERR_STOPPED || e == ERR_CONFIG)
            return e;
        if (at != NULL)
            endpoint_failed(at);
    }
    return e;
}

/* ---- calls ---- */

static const char *call_params(struct hash block, const struct view_call *call, struct arena *arena)
{
    char hash[HASH_TEXT + 1], to[ADDRESS_TEXT + 1];
    hash_format(block, hash);
    address_format_lower(call->to, to);
    char *hex = arena_take(arena, 2 * call->data.n + 1);
    hex_encode(call->data, hex);
    return arena_printf(arena, "[{\"to\":\"%s\",\"data\":\"0x%s\"},{\"blockHash\":\"%s\"}]", to, hex, hash);
}

static void settle(const struct rpc_call *asked, struct view_call *call, struct arena *arena)
{
    if (asked->code == 0 && json_is_string(asked->result)) {
        size_t n = json_string_length(asked->result);
        uint8_t *bytes = arena_take(arena, n / 2 + 1);
        bool read = hex_parse(json_string_value(asked->result), n, bytes, CALL_BYTES_MAX, &call->answer.n) == OK;
        call->answer.p = bytes;
        call->fate = read ? CALL_ANSWERED : CALL_MALFORMED;
    } else if (rpc_reverted(asked)) {
        call->fate = CALL_REVERTED;
    } else if (asked->code != 0 && rpc_state_is_gone(asked->message)) {
        call->fate = CALL_STATE_GONE; /* another endpoint may have it still */
    }
}

static bool is_open(const struct view_call *call, bool gone_too)
{
    return call->fate == CALL_UNANSWERED || (gone_too && call->fate == CALL_STATE_GONE);
}

/* Ask one endpoint all that is open. *left: what still is. */
static enum err ask_one(struct reconcile_node *n, struct hash block, struct view_call *calls, size_t n_calls,
                        bool gone_too, struct arena *arena, size_t *left)
{
    struct endpoint *at;
    struct rpc_call *asked = ARENA_ARRAY(arena, struct rpc_call, n_calls);
    struct view_call **of = ARENA_ARRAY(arena, struct view_call *, n_calls);
    size_t n_asked = 0;
    for (size_t i = 0; i < n_calls; i++)
        if (is_open(&calls[i], gone_too)) {
            of[n_asked] = &calls[i];
            asked[n_asked++] = (struct rpc_call){.method = "eth_call", .params = call_params(block, &calls[i], arena)};
        }
    *left = n_asked;
    TRY(endpoints_pick(&n->endpoints, &at));
    enum err e = rpc_ask(at->rpc, asked, n_asked);
    /* Also of a request that failed half-way: what has arrived has arrived. */
    *left = 0;
    for (size_t i = 0; i < n_asked; i++) {
        settle(&asked[i], of[i], arena);
        *left += is_open(of[i], true);
    }
    rpc_release(asked, n_asked);
    if (*left == 0)
        endpoint_worked(at);
    else
        endpoint_failed(at);
    return e;
}

/* What became of the whole batch will become of what comes after it. `down`: no request came back; a single call that is
 * answered with some error tells only of itself. */
static void learn(struct reconcile_node *n, const struct view_call *calls, size_t n_calls, bool down)
{
    for (size_t i = 1; i < n_calls; i++)
        if (calls[i].fate != calls[0].fate)
            return;
    if (calls[0].fate == CALL_STATE_GONE || (calls[0].fate == CALL_UNANSWERED && down))
        n->all = calls[0].fate;
}

enum err reconcile_node_ask(struct reconcile_node *n, struct hash block, struct view_call *calls, size_t n_calls,
                            struct arena *arena)
{
    for (size_t i = 0; i < n_calls; i++)
        calls[i].fate = n->all == CALL_ANSWERED ? CALL_UNANSWERED : n->all;
    size_t left = n->all == CALL_ANSWERED ? n_calls : 0;
    bool down = true;
    for (size_t i = 0; left > 0 && i < ROUNDS * n->endpoints.n; i++) {
        bool first_round = i < n->endpoints.n;
        if (i > 0 && i % n->endpoints.n == 0)
            TRY(wait_ms(n, ROUND_WAIT_MS));
        enum err e = ask_one(n, block, calls, n_calls, first_round, arena, &left);
        if (e == ERR_STOPPED || stopped(n))
            return ERR_STOPPED;
        down = down && e != OK;
        size_t unanswered = 0;
        for (size_t k = 0; k < n_calls; k++)
            unanswered += calls[k].fate == CALL_UNANSWERED;
        if (i + 1 >= n->endpoints.n && unanswered == 0)
            break; /* each was asked: state that is gone does not come back */
    }
    if (left > 0)
        learn(n, calls, n_calls, down);
    return OK;
}
