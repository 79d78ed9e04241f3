/* ledger/mirror/rpc.c - see rpc.h. */
#include "ledger/mirror/rpc.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

enum {
    BATCH_MAX = 100, /* calls in one request; common providers' own limit */
    BATCH_GROW_FIRST =
        8, /* full batches that went well before a cut one is tried larger again; doubled when it fails */
    BATCH_GROW_LAST = 4096,
    ANSWER_DEPTH = 24,     /* batch, result, receipt, logs, log, topics: 7; room for new members */
    BUFFER_KEEP = 32 << 20 /* a larger answer's memory is given back at once */
};

/* A request that was sent before its answer is needed. */
struct ahead {
    struct http *http; /* NULL: never needed yet */
    bool pending;
    uint64_t first_id;
    struct buffer request, answer;
};

struct rpc {
    struct http *http;
    struct ahead ahead;
    char *url; /* for the second connection */
    struct http_options options;
    struct rpc_counters *counters;
    uint64_t next_id;
    size_t batch;              /* calls this endpoint takes in one request, as learnt */
    unsigned good, grow_after; /* full batches in a row; how many make it grow */
    uint64_t silent_until;
    struct buffer request, answer;
    size_t answer_bytes;
};

uint64_t clock_ms(void)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (uint64_t)t.tv_sec * 1000 + (uint64_t)t.tv_nsec / 1000000;
}

time_t clock_seconds(void)
{
    return (time_t)(clock_ms() / 1000);
}

enum err rpc_open(const char *url, const struct http_options *options, struct rpc_counters *counters, struct rpc **out)
{
    struct http *http;
    TRY(http_open(url, options, &http));
    struct rpc *r = memory_resize(NULL, sizeof *r);
    *r = (struct rpc){.http = http,
                      .counters = counters,
                      .next_id = 1,
                      .batch = BATCH_MAX,
                      .grow_after = BATCH_GROW_FIRST,
                      .options = *options};
    r->url = memory_resize(NULL, strlen(url) + 1);
    memcpy(r->url, url, strlen(url) + 1);
    *out = r;
    return OK;
}

void rpc_close(struct rpc *r)
{
    if (!r)
        return;
    http_close(r->http);
    http_close(r->ahead.http);
    buffer_done(&r->ahead.request);
    buffer_done(&r->ahead.answer);
    buffer_done(&r->request);
    buffer_done(&r->answer);
    memory_free(r->url);
    memory_free(r);
}

const char *rpc_name(const struct rpc *r)
{
    return http_name(r->http);
}

uint64_t rpc_silence_ms(const struct rpc *r)
{
    uint64_t now = clock_ms();
    return r->silent_until > now ? r->silent_until - now : 0;
}

size_t rpc_answer_bytes(const struct rpc *r)
{
    return r->answer_bytes;
}

void rpc_release(struct rpc_call *calls, size_t n)
{
    for (size_t i = 0; i < n; i++)
        json_release(&calls[i].result);
}

/* Nodes give code 3 (execution-apis); older ones -32000 with such a message. */
bool rpc_reverted(const struct rpc_call *call)
{
    return call->code == RPC_REVERTED || (call->code && strstr(call->message, "revert"));
}

/* geth, erigon, nethermind, reth in turn. There is no code for it. */
bool rpc_state_is_gone(const char *message)
{
    static const char *const said[] = {"missing trie node",      "historical state", "state not available",
                                       "state is not available", "pruned",           "no historical"};
    for (size_t i = 0; i < sizeof said / sizeof *said; i++)
        if (strstr(message, said[i]))
            return true;
    return false;
}

/* A batch of one is sent as a plain call: some endpoints know no batches. */
static void request_write(struct buffer *b, uint64_t first_id, const struct rpc_call *calls, size_t n)
{
    buffer_reset(b);
    for (size_t i = 0; i < n; i++) {
        uint64_t id = first_id + i;
        buffer_printf(b, "%s{\"jsonrpc\":\"2.0\",\"id\":%" PRIu64 ",\"method\":\"%s\",\"params\":%s}",
                      n == 1   ? ""
                      : i == 0 ? "["
                               : ",",
                      id, calls[i].method, calls[i].params);
    }
    if (n > 1)
        buffer_text(b, "]");
}

static void ahead_send(struct rpc *r, const struct rpc_call *calls, size_t n)
{
    struct ahead *a = &r->ahead;
    n = n < r->batch ? n : r->batch;
    if (n == 0 || (!a->http && http_open(r->url, &r->options, &a->http) != OK))
        return;
    http_drop(a->http);
    a->first_id = r->next_id;
    r->next_id += n;
    request_write(&a->request, a->first_id, calls, n);
    atomic_fetch_add(&r->counters->requests, 1);
    a->pending = http_begin(a->http, (struct slice){a->request.p, a->request.n}, &a->answer) == OK;
}

/* Whether these calls were sent ahead and answered; then the answer is in r->answer. */
static bool ahead_take(struct rpc *r, const struct rpc_call *calls, size_t n, uint64_t *first_id,
                       struct http_status *status)
{
    struct ahead *a = &r->ahead;
    if (!a->pending)
        return false;
    request_write(&r->request, a->first_id, calls, n);
    if (!slice_equal((struct slice){r->request.p, r->request.n}, (struct slice){a->request.p, a->request.n}))
        return false; /* stays: it may be for a later one */
    a->pending = false;
    if (http_end(a->http, status) != OK)
        return false;
    struct buffer swap = r->answer;
    r->answer = a->answer;
    a->answer = swap;
    *first_id = a->first_id;
    return true;
}

static enum err lie(struct rpc *r, const char *what)
{
    return err_with(ERR_SOURCE_LIES, "%s: %s", rpc_name(r), what);
}

static bool has_error(const json_t *reply)
{
    const json_t *error = json_object_get(reply, "error");
    return error && !json_is_null(error); /* some nodes send "error": null beside a result */
}

static void error_take(const json_t *reply, struct rpc_call *call)
{
    const json_t *error = json_object_get(reply, "error"), *code = json_object_get(error, "code");
    const char *message = json_string_value(json_object_get(error, "message"));
    call->code = json_is_integer(code) && json_integer_value(code) >= INT32_MIN && json_integer_value(code) <= INT32_MAX
                     ? (int)json_integer_value(code)
                     : 0;
    if (call->code == 0)
        call->code = -32000; /* 0 means answered */
    snprintf(call->message, sizeof call->message, "%s", message ? message : "error without a message");
}

/* One reply object to the call it answers by id. */
static enum err reply_take(struct rpc *r, const json_t *reply, struct rpc_call *calls, size_t n, uint64_t first_id)
{
    if (!json_is_object(reply))
        return lie(r, "an answer that is not an object");
    const json_t *id = json_object_get(reply, "id");
    uint64_t at = json_is_integer(id) ? (uint64_t)json_integer_value(id) - first_id
                                      : n; /* below first_id: wraps, large */
    if (at >= n)
        return lie(r, "an answer with an id that was not asked");
    struct rpc_call *call = &calls[at];
    if (call->result || call->code)
        return lie(r, "two answers with one id");
    json_t *result = json_object_get(reply, "result");
    if (has_error(reply)) {
        if (result && !json_is_null(result))
            return lie(r, "an answer with both a result and an error");
        error_take(reply, call);
        return OK;
    }
    if (!result)
        return lie(r, "an answer with neither result nor error");
    call->result = json_incref(result);
    return OK;
}

static enum err answer_take(struct rpc *r, struct rpc_call *calls, size_t n, uint64_t first_id)
{
    AUTO_JSON answer = NULL;
    if (json_parse((const char *)r->answer.p, r->answer.n, ANSWER_DEPTH, &answer) != OK) {
        char why[200];
        snprintf(why, sizeof why, "%s", err_detail());
        return err_with(ERR_SOURCE, "%s: not JSON: %s", rpc_name(r), why);
    }
    if (json_is_object(answer) && has_error(answer) && (n > 1 || json_is_null(json_object_get(answer, "id")))) {
        struct rpc_call whole = {0}; /* the endpoint refused the request as a whole */
        error_take(answer, &whole);
        return err_with(n > 1 ? ERR_TOO_LARGE : ERR_SOURCE, "%s: %s (%d)", rpc_name(r), whole.message, whole.code);
    }
    if (n == 1)
        return reply_take(r, answer, calls, n, first_id);
    if (!json_is_array(answer))
        return lie(r, "a batch was not answered by an array");
    if (json_array_size(answer) != n)
        return lie(r, "a batch was not answered call by call");
    for (size_t i = 0; i < n; i++)
        TRY(reply_take(r, json_array_get(answer, i), calls, n, first_id));
    return OK; /* n answers, n different ids of ours: each call has one */
}

/* Send n calls in one HTTP request and wait for the answer, unless they were sent ahead. */
static enum err ask_post(struct rpc *r, struct rpc_call *calls, size_t n, uint64_t *first_id,
                         struct http_status *status)
{
    if (ahead_take(r, calls, n, first_id, status))
        return OK;
    *first_id = r->next_id;
    r->next_id += n;
    request_write(&r->request, *first_id, calls, n);
    atomic_fetch_add(&r->counters->requests, 1);
    return http_post(r->http, (struct slice){r->request.p, r->request.n}, &r->answer, status);
}

/* One HTTP request with n calls. */
static enum err ask_once(struct rpc *r, struct rpc_call *calls, size_t n, const struct rpc_call *next, size_t n_next)
{
    struct http_status status;
    uint64_t first_id;
    TRY(ask_post(r, calls, n, &first_id, &status));
    r->answer_bytes = r->answer.n;
    atomic_fetch_add(&r->counters->bytes, r->answer.n);
    if (status.code == 413)
        return err_with(ERR_TOO_LARGE, "%s: HTTP 413", rpc_name(r));
    if (status.code != 200) {
        if (status.retry_after_ms)
            r->silent_until = clock_ms() + status.retry_after_ms;
        return err_with(ERR_SOURCE, "%s: HTTP %d", rpc_name(r), status.code);
    }
    if (n_next)
        ahead_send(r, next, n_next);
    enum err e = answer_take(r, calls, n, first_id);
    if (r->answer.size > BUFFER_KEEP)
        buffer_done(&r->answer);
    return e;
}

static void calls_clear(struct rpc_call *calls, size_t n)
{
    rpc_release(calls, n);
    for (size_t i = 0; i < n; i++)
        calls[i].code = 0;
}

/* Whether a call was refused for what may be the batch's size or cost (there is no common code for that). */
static bool any_refused(const struct rpc_call *calls, size_t n)
{
    for (size_t i = 0; i < n; i++)
        if (calls[i].code && calls[i].code != RPC_NO_METHOD)
            return true;
    return false;
}

static void batch_learn(struct rpc *r, size_t n, bool well)
{
    if (!well) {
        r->good = 0;
        if (n > 1) {
            r->batch = n / 2;
            r->grow_after = r->grow_after < BATCH_GROW_LAST ? r->grow_after * 2 : BATCH_GROW_LAST;
        }
    } else if (n == r->batch && r->batch == BATCH_MAX) {
        r->grow_after = BATCH_GROW_FIRST;
    } else if (n == r->batch && ++r->good >= r->grow_after) {
        r->good = 0;
        r->batch = r->batch * 2 < BATCH_MAX ? r->batch * 2 : BATCH_MAX;
    }
}

static enum err ask_chunk(struct rpc *r, struct rpc_call *calls, size_t n, const struct rpc_call *next, size_t n_next,
                          size_t *done)
{
    for (;;) {
        size_t k = n < r->batch ? n : r->batch;
        calls_clear(calls, k);
        enum err e = ask_once(r, calls, k, next, k == n ? n_next : 0);
        batch_learn(r, k, e == OK && !(k > 1 && any_refused(calls, k)));
        if (e == ERR_TOO_LARGE && k > 1) {
            atomic_fetch_add(&r->counters->retries, 1);
            continue;
        }
        if (e == OK) {
            *done = k;
            return OK;
        }
        return e;
    }
}

enum err rpc_ask_ahead(struct rpc *r, struct rpc_call *calls, size_t n, const struct rpc_call *next, size_t n_next)
{
    for (size_t i = 0, done = 0; i < n; i += done)
        TRY(ask_chunk(r, calls + i, n - i, next, n_next, &done));
    return OK;
}

enum err rpc_ask(struct rpc *r, struct rpc_call *calls, size_t n)
{
    return rpc_ask_ahead(r, calls, n, NULL, 0);
}

enum err rpc_ask_all(struct rpc *r, struct rpc_call *calls, size_t n)
{
    return rpc_ask_all_ahead(r, calls, n, NULL, 0);
}

enum err rpc_ask_all_ahead(struct rpc *r, struct rpc_call *calls, size_t n, const struct rpc_call *next, size_t n_next)
{
    TRY(rpc_ask_ahead(r, calls, n, next, n_next));
    for (size_t i = 0; i < n; i++)
        if (calls[i].code)
            return err_with(ERR_SOURCE, "%s: %s: %s (%d)", rpc_name(r), calls[i].method, calls[i].message,
                            calls[i].code);
    return OK;
}
