/* api/metrics.c - see metrics.h; and the pages that people and machines look at to see whether all is well. */
#include "api/metrics.h"

#include <inttypes.h>
#include <string.h>
#include <time.h>

#include "api/reward_trees.h"
#include "api/routes.h"
#include "api/service.h"
#include "ledger/mirror/audit.h"
#include "ledger/mirror/mirror.h"

static const uint64_t bounds[METRIC_BUCKETS - 1] = {250,   500,    1000,   2500,    5000,    10000,
                                                    25000, 100000, 500000, 2500000, 10000000};
static const char *const bound_names[METRIC_BUCKETS] = {"0.00025", "0.0005", "0.001", "0.0025", "0.005", "0.01",
                                                        "0.025",   "0.1",    "0.5",   "2.5",    "10",    "+Inf"};

void metrics_count(struct metrics *m, const struct endpoint *endpoint, int status, uint64_t microseconds)
{
    struct route_metrics *r = &m->routes[endpoint != NULL ? endpoint->index : ENDPOINTS_MAX];
    size_t bucket = 0;
    while (bucket < METRIC_BUCKETS - 1 && microseconds > bounds[bucket])
        bucket++;
    atomic_fetch_add_explicit(&r->by_class[status / 100 % METRIC_CLASSES], 1, memory_order_relaxed);
    atomic_fetch_add_explicit(&r->buckets[bucket], 1, memory_order_relaxed);
    atomic_fetch_add_explicit(&r->microseconds, microseconds, memory_order_relaxed);
}

static void write_classes(const struct route_metrics *r, const char *method, const char *path, struct buffer *b)
{
    for (size_t i = 1; i < METRIC_CLASSES; i++) {
        uint64_t n = atomic_load_explicit(&r->by_class[i], memory_order_relaxed);
        if (n > 0)
            buffer_printf(b, "altledger_http_requests_total{method=\"%s\",route=\"%s\",status=\"%zuxx\"} %" PRIu64 "\n",
                          method, path, i, n);
    }
}

static void write_latency(const struct route_metrics *r, const char *method, const char *path, struct buffer *b)
{
    uint64_t n = 0;
    for (size_t i = 0; i < METRIC_BUCKETS; i++)
        n += atomic_load_explicit(&r->buckets[i], memory_order_relaxed);
    if (n == 0)
        return;
    n = 0;
    for (size_t i = 0; i < METRIC_BUCKETS; i++) {
        n += atomic_load_explicit(&r->buckets[i], memory_order_relaxed);
        buffer_printf(b, "altledger_http_request_seconds_bucket{method=\"%s\",route=\"%s\",le=\"%s\"} %" PRIu64 "\n",
                      method, path, bound_names[i], n);
    }
    uint64_t sum = atomic_load_explicit(&r->microseconds, memory_order_relaxed);
    buffer_printf(b, "altledger_http_request_seconds_sum{method=\"%s\",route=\"%s\"} %" PRIu64 ".%06" PRIu64 "\n",
                  method, path, sum / 1000000, sum % 1000000);
    buffer_printf(b, "altledger_http_request_seconds_count{method=\"%s\",route=\"%s\"} %" PRIu64 "\n", method, path, n);
}

static void write_routes(const struct service *s, struct buffer *b)
{
    void (*const writers[])(const struct route_metrics *, const char *, const char *,
                            struct buffer *) = {write_classes, write_latency};
    static const char *const heads[] = {"# HELP altledger_http_requests_total Requests by route and class of "
                                        "status.\n# TYPE altledger_http_requests_total counter\n",
                                        "# HELP altledger_http_request_seconds Time from headers to answer.\n# TYPE "
                                        "altledger_http_request_seconds histogram\n"};
    for (size_t k = 0; k < 2; k++) {
        buffer_text(b, heads[k]);
        for (size_t i = 0; i < s->router.n; i++)
            writers[k](&s->metrics.routes[i], s->router.endpoints[i].route->method, s->router.endpoints[i].route->path,
                       b);
        writers[k](&s->metrics.routes[ENDPOINTS_MAX], "", "", b);
    }
}

static void one(struct buffer *b, const char *name, const char *type, const char *help, int64_t value)
{
    buffer_printf(b, "# HELP altledger_%s %s\n# TYPE altledger_%s %s\naltledger_%s %" PRId64 "\n", name, help, name,
                  type, name, value);
}

/* A figure that is not known is left out; all others are still there. */
static void write_state(const struct service *s, struct buffer *b)
{
    struct state state;
    watch_state(s->watch, &state);
    one(b, "database_up", "gauge", "Whether the database could be read last time.", state.reachable);
    if (!state.known)
        return;
    if (state.has_head) {
        one(b, "head_block", "gauge", "Number of the last booked block.", (int64_t)state.head);
        int64_t lag = state.source_head > (int64_t)state.head ? state.source_head - (int64_t)state.head : 0;
        one(b, "lag_blocks", "gauge", "Blocks that the source has and the books have not.", lag);
    }
    if (state.safe >= 0)
        one(b, "safe_block", "gauge", "Number of the last safe block.", state.safe);
    if (state.finalized >= 0)
        one(b, "finalized_block", "gauge", "Number of the last finalized block.", state.finalized);
    one(b, "generation", "gauge", "Generation of the books; rises with a rebuild.", (int64_t)state.generation);
    one(b, "state_version", "counter", "Commits that changed an answer.", (int64_t)state.version);
    one(b, "mirror_stopped", "gauge", "1 if the mirror refuses to go on (a reorg below finalized).", state.stopped);
    if (state.audit_block < 0)
        return;
    one(b, "audit_block", "gauge", "The finalized block that was compared last.", state.audit_block);
    one(b, "audit_differences", "gauge", "Differences that the last comparison found.", state.audit_differences);
}

static void write_process(const struct service *s, struct buffer *b)
{
    const struct metrics *m = &s->metrics;
    struct cache_counts cache = cache_count(s->cache);
    struct reward_trees_counts trees = reward_trees_count(s->trees);
    one(b, "http_connections", "gauge", "Open connections.", (int64_t)atomic_load(&m->connections_open));
    one(b, "http_connections_total", "counter", "Connections accepted.", (int64_t)atomic_load(&m->connections_total));
    one(b, "http_connections_refused_total", "counter", "Connections over the limit of their address.",
        (int64_t)atomic_load(&m->connections_refused));
    one(b, "http_deadlines_total", "counter", "Connections cut because a deadline passed.",
        (int64_t)atomic_load(&m->deadlines_passed));
    one(b, "http_in_flight", "gauge", "Requests being answered.", (int64_t)atomic_load(&m->in_flight));
    one(b, "http_streams", "gauge", "Open streams.", (int64_t)atomic_load(&m->streams_open));
    one(b, "database_errors_total", "counter", "Requests refused because of the database.",
        (int64_t)atomic_load(&m->database_errors));
    one(b, "headers_asked_total", "counter", "Headers asked of a node because they are not stored.",
        (int64_t)atomic_load(&m->headers_asked));
    one(b, "cache_hits_total", "counter", "Answers from memory.", (int64_t)cache.hits);
    one(b, "cache_misses_total", "counter", "Answers that were not in memory.", (int64_t)cache.misses);
    one(b, "cache_bytes", "gauge", "Bytes of answers in memory.", (int64_t)cache.bytes);
    one(b, "reward_trees", "gauge", "Trees of distributions in memory.", (int64_t)trees.kept);
    one(b, "reward_tree_bytes", "gauge", "Bytes of them.", (int64_t)trees.bytes);
    one(b, "reward_trees_built_total", "counter", "Trees of distributions built.", (int64_t)trees.built);
    buffer_printf(b,
                  "# HELP altledger_build_info The running program.\n# TYPE altledger_build_info gauge\n"
                  "altledger_build_info{version=\"%s\"} 1\n",
                  s->facts.version);
}

/* Of the mirror in this process, if there is one. */
static void write_mirror(struct buffer *b)
{
    struct mirror_health h;
    mirror_health_get(&h);
    if (!h.running)
        return;
    one(b, "mirror_leader", "gauge", "1 if this process holds the writer's lease.", h.leader);
    one(b, "mirror_batches_total", "counter", "Batches committed.", (int64_t)h.batches);
    one(b, "mirror_blocks_total", "counter", "Blocks committed.", (int64_t)h.blocks);
    one(b, "mirror_events_total", "counter", "Events committed.", (int64_t)h.events);
    one(b, "mirror_reorgs_total", "counter", "Times that blocks were taken back.", (int64_t)h.reorgs);
    one(b, "mirror_restarts_total", "counter", "Times it began again from the cursor after a failure.",
        (int64_t)h.restarts);
    one(b, "source_requests_total", "counter", "Requests to the source.", (int64_t)h.source.requests);
    one(b, "source_bytes_total", "counter", "Bytes that the source answered.", (int64_t)h.source.bytes);
    one(b, "source_failures_total", "counter", "Requests not answered, or answered with an error.",
        (int64_t)h.source.failures);
    one(b, "source_retries_total", "counter", "Requests repeated.", (int64_t)h.source.retries);
    one(b, "source_lies_total", "counter", "Answers that contradicted themselves or a header.", (int64_t)h.source.lies);
    one(b, "source_disagreements_total", "counter", "Blocks whose hashes two endpoints told differently.",
        (int64_t)h.source.disagreements);
    one(b, "source_unhashable_headers_total", "counter", "Headers with members unknown to this version.",
        (int64_t)h.source.unhashable_headers);
}

/* Of the audits in this process, if it makes any. */
static void write_audits(struct buffer *b)
{
    struct audit_health h;
    audit_health_get(&h);
    if (!h.running)
        return;
    one(b, "audits_total", "counter", "Comparisons of a sample of the books with the contracts' own answers.",
        (int64_t)h.audits);
    one(b, "audit_failures_total", "counter",
        "Audits that were given up because the database or the node did not answer.", (int64_t)h.failures);
    one(b, "audit_checked_total", "counter", "Figures compared.", (int64_t)h.checked);
    one(b, "audit_differences_total", "counter", "Figures other than the contract's.", (int64_t)h.differences);
    one(b, "audit_unchecked_total", "counter",
        "Figures not compared: the node could not answer, or logs leave them in doubt.", (int64_t)h.unchecked);
}

static enum err metrics_page(const struct request *r, struct reply *reply)
{
    write_state(r->service, &reply->body);
    write_mirror(&reply->body);
    write_audits(&reply->body);
    write_process(r->service, &reply->body);
    write_routes(r->service, &reply->body);
    reply->content_type = "text/plain; version=0.0.4; charset=utf-8";
    return OK;
}

static enum err healthz(const struct request *r, struct reply *reply)
{
    jw_key(&reply->json, "status");
    jw_text(&reply->json, "ok");
    jw_key(&reply->json, "uptime_seconds");
    jw_i64(&reply->json, (int64_t)time(NULL) - r->facts->started.unix_seconds);
    return OK;
}

static enum err readyz(const struct request *r, struct reply *reply)
{
    struct state state;
    watch_state(r->service->watch, &state);
    bool reachable = state.reachable && !watch_stale(r->service->watch), ready = reachable && state.has_head;
    jw_key(&reply->json, "status");
    jw_text(&reply->json, ready ? "ready" : "not ready");
    jw_key(&reply->json, "database");
    jw_bool(&reply->json, reachable);
    jw_key(&reply->json, "head");
    state.has_head ? jw_u64(&reply->json, state.head) : jw_null(&reply->json);
    jw_key(&reply->json, "mirror_stopped");
    jw_bool(&reply->json, state.stopped);
    if (!ready) {
        reply->status = 503;
        reply->retry_after = 1;
    }
    return OK;
}

static enum err openapi_page(const struct request *r, struct reply *reply)
{
    reply_raw(reply, "application/json", r->service->openapi.p, r->service->openapi.n);
    return OK;
}

const struct route health_routes[] =
    {{.method = "GET",
      .path = "/healthz",
      .about = "Whether the process is alive.",
      .shape = SHAPE_OBJECT,
      .cache = CACHE_NEVER,
      .members = MEMBERS({.name = "status", .type = T_TEXT, .about = "ok"},
                         {.name = "uptime_seconds", .type = T_I64, .about = "Since when this process runs."}),
      .local = healthz},
     {.method = "GET",
      .path = "/readyz",
      .about = "Whether requests can be answered: 200, else 503.",
      .shape = SHAPE_OBJECT,
      .cache = CACHE_NEVER,
      .members = MEMBERS({.name = "status", .type = T_TEXT, .about = "ready, or not ready"},
                         {.name = "database", .type = T_BOOL, .about = "Whether the database can be read."},
                         {.name = "head", .type = T_U64, .nullable = true, .about = "The last booked block."},
                         {.name = "mirror_stopped",
                          .type = T_BOOL,
                          .about = "Whether the mirror refuses to go on; reads do not depend on it."}),
      .local = readyz},
     {.method = "GET",
      .path = "/metrics",
      .about = "Figures for Prometheus.",
      .shape = SHAPE_RAW,
      .cache = CACHE_NEVER,
      .local = metrics_page},
     {0}};

const struct route openapi_routes[] = {{.method = "GET",
                                        .path = "/openapi.json",
                                        .about = "This document: the whole API, in OpenAPI 3.1.",
                                        .shape = SHAPE_RAW,
                                        .cache = CACHE_BUILD,
                                        .local = openapi_page},
                                       {0}};
