/* ledger/mirror/endpoints.c - see endpoints.h. */
#include "ledger/mirror/endpoints.h"

#include <inttypes.h>
#include <string.h>

#include "ledger/core/log.h"

enum { REST_FIRST_MS = 500, REST_MAX_MS = 60000 };

enum err endpoints_init(struct endpoints *s, const char *const *urls, size_t n, const struct http_options *options,
                        struct rpc_counters *counters)
{
    *s = (struct endpoints){.counters = counters};
    s->all = memory_resize(NULL, sizeof *s->all * n);
    for (size_t i = 0; i < n; i++) {
        s->all[i] = (struct endpoint){0};
        enum err e = rpc_open(urls[i], options, counters, &s->all[i].rpc);
        if (e != OK) {
            endpoints_done(s);
            return e;
        }
        s->n = i + 1;
    }
    return OK;
}

void endpoints_done(struct endpoints *s)
{
    for (size_t i = 0; i < s->n; i++)
        rpc_close(s->all[i].rpc);
    memory_free(s->all);
    *s = (struct endpoints){0};
}

void endpoint_failed(struct endpoint *e)
{
    uint64_t rest = REST_FIRST_MS;
    for (unsigned i = 0; i < e->failures && rest < REST_MAX_MS; i++)
        rest *= 2;
    rest = rest < REST_MAX_MS ? rest : REST_MAX_MS;
    uint64_t silence = rpc_silence_ms(e->rpc);
    e->failures++;
    e->rests_until = clock_ms() + (rest > silence ? rest : silence);
}

void endpoint_worked(struct endpoint *e)
{
    e->failures = 0;
    e->rests_until = 0;
}

static enum err chain_check(struct endpoints *s, struct endpoint *e)
{
    struct rpc_call call = {.method = "eth_chainId", .params = "[]"};
    enum err error = rpc_ask_all(e->rpc, &call, 1);
    uint64_t id = 0;
    if (error == OK && (!json_is_string(call.result) ||
                        quantity_parse(json_string_value(call.result), json_string_length(call.result), &id) != OK))
        error = err_with(ERR_SOURCE, "%s: eth_chainId is not a quantity", rpc_name(e->rpc));
    rpc_release(&call, 1);
    if (error != OK)
        return error;
    e->chain_wrong = id != s->chain_id;
    e->chain_good = !e->chain_wrong;
    return e->chain_good ? OK
                         : err_with(ERR_CONFIG, "source %s: is chain %" PRIu64 ", the network file says %" PRIu64,
                                    rpc_name(e->rpc), id, s->chain_id);
}

enum err endpoints_check_chain(struct endpoints *s, uint64_t chain_id)
{
    size_t good = 0;
    s->chain_id = chain_id;
    for (size_t i = 0; i < s->n; i++) {
        enum err e = chain_check(s, &s->all[i]);
        if (e == ERR_CONFIG || e == ERR_STOPPED)
            return e;
        if (e != OK) {
            log_warn("source", "endpoint %zu does not answer yet: %s", i + 1, err_detail());
            endpoint_failed(&s->all[i]);
        }
        good += e == OK;
    }
    return good ? OK
                : err_with(ERR_SOURCE, "no endpoint answers (the last one asked: %s)", rpc_name(s->all[s->n - 1].rpc));
}

bool endpoint_awake(struct endpoints *s, struct endpoint *e)
{
    if (e->chain_wrong || e->rests_until > clock_ms())
        return false;
    if (e->chain_good || s->any_chain || chain_check(s, e) == OK)
        return true;
    log_warn("source", "not asked: %s", err_detail());
    endpoint_failed(e);
    return false;
}

enum err endpoints_pick(struct endpoints *s, struct endpoint **out)
{
    struct endpoint *soonest = NULL;
    for (size_t i = 0; i < s->n; i++) {
        struct endpoint *e = &s->all[i];
        if (endpoint_awake(s, e)) {
            *out = e;
            return OK;
        }
        if (!e->chain_wrong && (!soonest || e->rests_until < soonest->rests_until))
            soonest = e;
    }
    if (!soonest)
        return err_with(ERR_CONFIG, "source: every endpoint is of another chain than %" PRIu64, s->chain_id);
    if (!soonest->chain_good && !s->any_chain)
        TRY(chain_check(s, soonest));
    *out = soonest; /* all rest: the caller's backoff is what spares them */
    return OK;
}
