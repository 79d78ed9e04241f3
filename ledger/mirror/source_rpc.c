/* ledger/mirror/source_rpc.c - open an RPC source, poll its head, choose the next step; see source_rpc_impl.h. */
#include "ledger/mirror/source_rpc.h"

#include <inttypes.h>
#include <string.h>
#include <time.h>

#include "ledger/core/log.h"
#include "ledger/mirror/source_rpc_impl.h"

enum {
    ANSWER_MAX = 512 << 20,
    BACKOFF_FIRST_MS = 25,
    BACKOFF_MAX_MS = 5000,
    WAIT_SLICE_MS = 50 /* a wait looks at the stop flag this often */
};

/* What one poll found. */
struct poll {
    struct header latest;
    bool has_tags;
    uint64_t safe;
    struct header finalized; /* if has_tags */
    bool has_anchor;
    struct header anchor; /* the node's block at the number of our last one */
};

/* --- polling ------------------------------------------------------------------------------------------------- */

static enum err latest_take(struct source_rpc *s, const json_t *block, struct header *out)
{
    if (json_is_null(block))
        return err_with(ERR_SOURCE, "%s: has no latest block", rpc_name(s->at->rpc));
    return header_parse(block, out);
}

/* Nodes without these tags refuse them (geth: -39001 before the first finality) or answer null. One refusal may be a
 * hiccup; and an endpoint that knew them before does not forget them, so then it is a failure. */
static enum err tags_take(struct source_rpc *s, const struct rpc_call *safe, const struct rpc_call *finalized,
                          struct poll *p)
{
    struct endpoint *e = s->at;
    if (safe->code || finalized->code || json_is_null(safe->result) || json_is_null(finalized->result)) {
        if (e->has_tags || ++e->tag_refusals < REFUSALS)
            return err_with(ERR_SOURCE, "%s: refused the tags safe and finalized: %s", rpc_name(e->rpc),
                            finalized->code ? finalized->message : "null");
        if (e->tag_refusals == REFUSALS)
            log_warn("source", "%s has no tags safe and finalized: using depths %d and %" PRIu64, rpc_name(e->rpc),
                     ARCHIVE_SAFE_DEPTH, s->network->finality_depth_blocks);
        p->has_tags = false;
        return OK;
    }
    struct header h;
    TRY(header_parse(safe->result, &h));
    TRY(header_parse(finalized->result, &p->finalized));
    if (h.number > p->latest.number || p->finalized.number > h.number)
        return err_with(ERR_SOURCE, "%s: finalized, safe and latest are not in this order", rpc_name(e->rpc));
    p->safe = h.number;
    p->has_tags = true;
    e->has_tags = true;
    e->tag_refusals = 0;
    return OK;
}

static enum err poll_take(struct source_rpc *s, const struct rpc_call *calls, size_t n, struct poll *p)
{
    for (size_t i = 0; i < n; i += 3) /* latest and anchor; the tags may be refused */
        if (calls[i].code)
            return err_with(ERR_SOURCE, "%s: %s: %s (%d)", rpc_name(s->at->rpc), calls[i].method, calls[i].message,
                            calls[i].code);
    TRY(latest_take(s, calls[0].result, &p->latest));
    TRY(tags_take(s, &calls[1], &calls[2], p));
    p->has_anchor = n == 4 && !json_is_null(calls[3].result);
    if (p->has_anchor)
        TRY(fetch_header_of(s, calls[3].result, given_last(&s->given)->number, &p->anchor));
    return OK;
}

/* All in one request, so that they speak of one moment of one node. */
static enum err poll_ask(struct source_rpc *s, struct arena *arena, struct poll *p)
{
    const struct chain_block *last = given_last(&s->given);
    struct rpc_call calls[4] = {
        {.method = "eth_getBlockByNumber", .params = "[\"latest\",false]"},
        {.method = "eth_getBlockByNumber", .params = "[\"safe\",false]"},
        {.method = "eth_getBlockByNumber", .params = "[\"finalized\",false]"},
        {.method = "eth_getBlockByNumber"},
    };
    size_t n = 3;
    if (last)
        calls[n++].params = fetch_number_params(arena, last->number);
    enum err e = rpc_ask(s->at->rpc, calls, n);
    if (e == OK)
        e = poll_take(s, calls, n, p);
    rpc_release(calls, n);
    return e;
}

/* Our last block is the node's too (or there is none yet), so whatever is final there is final for us. */
static enum err announce(struct source_rpc *s, const struct poll *p)
{
    uint64_t head = p->latest.number, depth = s->network->finality_depth_blocks, finalized = UINT64_MAX;
    if (p->has_tags)
        finalized = p->finalized.number;
    else if (head >= depth)
        finalized = head - depth;
    const struct chain_block *ours = p->has_tags ? given_find(&s->given, finalized) : NULL;
    if (ours && !hash_equal(ours->hash, p->finalized.hash))
        return err_with(ERR_SOURCE_LIES, "%s: its finalized block %" PRIu64 " is not on its own chain",
                        rpc_name(s->at->rpc), finalized);
    s->head = head;
    if (finalized != UINT64_MAX && (s->finalized == UINT64_MAX || finalized > s->finalized)) {
        s->finalized = finalized;
        given_prune(&s->given, finalized);
    }
    s->safe = p->has_tags ? p->safe : head >= ARCHIVE_SAFE_DEPTH ? head - ARCHIVE_SAFE_DEPTH : UINT64_MAX;
    return OK;
}

/* The node's head is below our last block: it lags or was restored, which is not a reorg unless its head is not ours. */
static enum err judge_shorter(struct source_rpc *s, const struct poll *p, struct arena *arena, struct step *out,
                              bool *done)
{
    const struct chain_block *last = given_last(&s->given), *ours = given_find(&s->given, p->latest.number);
    if (p->has_anchor)
        return err_with(ERR_SOURCE, "%s: has a block above its own head", rpc_name(s->at->rpc));
    s->head = p->latest.number;
    if (ours && !hash_equal(ours->hash, p->latest.hash)) {
        *done = true;
        return walk_back(s, &p->latest, arena, out);
    }
    if (!s->went_back)
        log_info("source", "%s: its head went back to %" PRIu64 ", ours is %" PRIu64 ": waiting", rpc_name(s->at->rpc),
                 p->latest.number, last->number);
    s->went_back = true;
    return OK;
}

/* *done: the poll itself made the step (a reorg). */
static enum err poll_judge(struct source_rpc *s, const struct poll *p, struct arena *arena, struct step *out,
                           bool *done)
{
    const struct chain_block *last = given_last(&s->given);
    if (s->once && s->target == UINT64_MAX)
        s->target = p->latest.number;
    if (last && p->latest.number < last->number)
        return judge_shorter(s, p, arena, out, done);
    s->went_back = false;
    if (!last)
        return announce(s, p);
    if (!p->has_anchor)
        return err_with(ERR_SOURCE, "%s: has no block %" PRIu64 ", which is not above its head", rpc_name(s->at->rpc),
                        last->number);
    if (p->latest.number == last->number && !hash_equal(p->latest.hash, p->anchor.hash))
        return err_with(ERR_SOURCE, "%s: two answers about its head", rpc_name(s->at->rpc));
    if (!hash_equal(p->anchor.hash, last->hash)) {
        s->head = p->latest.number;
        *done = true;
        return walk_back(s, &p->anchor, arena, out);
    }
    s->deep_seen = 0;
    return announce(s, p);
}

static enum err poll(struct source_rpc *s, struct arena *arena, struct step *out, bool *done)
{
    struct poll p = {0};
    TRY(poll_ask(s, arena, &p));
    s->polled = s->at;
    s->polled_at = clock_ms();
    enum err e = poll_judge(s, &p, arena, out, done);
    if (e != OK)
        s->polled = NULL;
    return e;
}

/* --- steps --------------------------------------------------------------------------------------------------- */

static enum err stop_wait(struct source_rpc *s, unsigned ms)
{
    uint64_t until = clock_ms() + ms;
    for (;;) {
        uint64_t now = clock_ms();
        if (s->stop && atomic_load(s->stop))
            return ERR_STOPPED;
        if (now >= until)
            return OK;
        uint64_t slice = until - now < WAIT_SLICE_MS ? until - now : WAIT_SLICE_MS;
        nanosleep(&(struct timespec){.tv_nsec = (long)slice * 1000000}, NULL);
    }
}

/* Once: what was to be given is given, and the last poll found it on the node's chain. */
static bool through(const struct source_rpc *s)
{
    return s->once && s->polled && s->target != UINT64_MAX && s->next > s->target;
}

static enum err step_make(struct source_rpc *s, struct arena *arena, struct step *out)
{
    TRY(stop_wait(s, 0));
    if (through(s))
        return ERR_END;
    TRY(endpoints_pick(&s->endpoints, &s->at));
    uint64_t safe = s->safe, finalized = s->finalized;
    bool done = false;
    if (s->polled != s->at || s->next > s->head || clock_ms() - s->polled_at >= s->poll_ms)
        TRY(poll(s, arena, out, &done));
    if (done)
        return OK;
    if (through(s))
        return ERR_END;
    if (s->next > s->head) {
        if (s->safe == safe && s->finalized == finalized)
            TRY(stop_wait(s, s->poll_ms));
        out->kind = STEP_IDLE;
        return OK;
    }
    if (s->prove != PROVE_ALL && s->finalized != UINT64_MAX && s->next <= s->finalized)
        return backfill_step(s, arena, out);
    return tail_step(s, arena, out);
}

static size_t half(size_t n)
{
    return n > 1 ? n / 2 : 1;
}

static void failed(struct source_rpc *s, enum err e)
{
    s->failures++;
    /* Smaller steps need fewer good answers in a row, so that even a bad line makes progress; success grows them again. */
    s->span = half(s->span);
    s->range = half(s->range);
    s->logs_batch = half(s->logs_batch);
    atomic_fetch_add(&s->counters.retries, 1);
    if (!s->disagree) {
        if (s->at)
            endpoint_failed(s->at);
        atomic_fetch_add(e == ERR_SOURCE_LIES ? &s->counters.lies : &s->counters.failures, 1);
    }
    pthread_mutex_lock(&s->lock);
    strncpy(s->last_error, err_detail(), sizeof s->last_error - 1);
    pthread_mutex_unlock(&s->lock);
}

static enum err source_rpc_next(struct source *base, struct arena *arena, struct step *out)
{
    struct source_rpc *s = (struct source_rpc *)base;
    struct step step = {0};
    s->disagree = false;
    s->at = NULL;
    enum err e = step_make(s, arena, &step);
    arena_reset(&s->scratch);
    /* A malformed or oversized answer is the node's failure, not the caller's mistake. */
    if (e == ERR_FIELD || e == ERR_TOO_LARGE)
        e = ERR_SOURCE;
    if (e == ERR_SOURCE || e == ERR_SOURCE_LIES)
        failed(s, e);
    if (e != OK)
        return e;
    s->failures = 0;
    endpoint_worked(s->at);
    step.head = s->head;
    step.safe = s->safe;
    step.finalized = s->finalized;
    step.mark = s->next;
    *out = step;
    return OK;
}

static unsigned source_rpc_backoff_ms(const struct source *base)
{
    struct source_rpc *s = (struct source_rpc *)base;
    if (s->failures == 0)
        return 0;
    uint64_t ms = BACKOFF_FIRST_MS;
    for (unsigned i = 1; i < s->failures && ms < BACKOFF_MAX_MS; i++)
        ms *= 2;
    ms = ms < BACKOFF_MAX_MS ? ms : BACKOFF_MAX_MS;
    s->random = s->random * 6364136223846793005u + 1442695040888963407u; /* Knuth's MMIX generator */
    ms = ms / 2 + (s->random >> 33) % (ms / 2 + 1);
    /* Alone, an endpoint that asked for silence (Retry-After) is waited for; with others there is one to ask. */
    if (s->endpoints.n == 1 && rpc_silence_ms(s->endpoints.all[0].rpc) > ms)
        ms = rpc_silence_ms(s->endpoints.all[0].rpc);
    return (unsigned)ms;
}

static void source_rpc_health(const struct source *base, struct source_health *out)
{
    struct source_rpc *s = (struct source_rpc *)base;
    *out = (struct source_health){
        .requests = atomic_load(&s->counters.requests),
        .failures = atomic_load(&s->counters.failures),
        .lies = atomic_load(&s->counters.lies),
        .disagreements = atomic_load(&s->counters.disagreements),
        .retries = atomic_load(&s->counters.retries),
        .bytes = atomic_load(&s->counters.bytes),
        .unhashable_headers = atomic_load(&s->counters.unhashable_headers),
    };
    pthread_mutex_lock(&s->lock);
    memcpy(out->last_error, s->last_error, sizeof out->last_error);
    pthread_mutex_unlock(&s->lock);
}

static void source_rpc_close(struct source *base)
{
    struct source_rpc *s = (struct source_rpc *)base;
    endpoints_done(&s->endpoints);
    given_done(&s->given);
    day_marks_done(&s->days);
    arena_done(&s->scratch);
    pthread_mutex_destroy(&s->lock);
    memory_free(s);
}

static const struct source_impl source_rpc_impl = {source_rpc_next, source_rpc_close, source_rpc_backoff_ms,
                                                   source_rpc_health};

enum err source_rpc_open(const struct source_options *o, struct source **out)
{
    struct source_rpc *s = memory_resize(NULL, sizeof *s);
    *s = (struct source_rpc){
        .base = {&source_rpc_impl},
        .network = o->network,
        .stop = o->stop,
        .prove = o->prove,
        .once = o->once,
        .poll_ms = o->poll_ms,
        .max_blocks = o->max_blocks ? o->max_blocks : 1,
        .max_logs = o->max_logs,
        .max_bytes = o->max_bytes,
        .next = o->network->start_block,
        .head = UINT64_MAX,
        .safe = UINT64_MAX,
        .finalized = o->finalized,
        .target = UINT64_MAX,
        .range = RANGE_FIRST,
        .days = {.delay = o->network->rewards.booking_delay},
        .span = SPAN_FIRST,
        .logs_batch = LOGS_BATCH_FIRST,
        .random = clock_ms() * 2654435761u,
    };
    pthread_mutex_init(&s->lock, NULL);
    for (size_t i = 0; i < o->n_booked; i++)
        given_add(&s->given, o->booked[i].number, o->booked[i].hash);
    if (o->n_booked)
        s->next = o->booked[o->n_booked - 1].number + 1;
    if (s->finalized != UINT64_MAX)
        given_prune(&s->given, s->finalized);
    struct http_options http = {.timeout_ms = o->timeout_ms,
                                .stop = o->stop,
                                .max_bytes = o->max_answer ? o->max_answer : ANSWER_MAX};
    enum err e = endpoints_init(&s->endpoints, o->locations, o->n_locations, &http, &s->counters);
    if (e == OK)
        e = endpoints_check_chain(&s->endpoints, o->network->chain_id);
    if (e != OK) {
        source_rpc_close(&s->base);
        return e;
    }
    *out = &s->base;
    return OK;
}
