/* api/exchange.c - see exchange.h. */
#include "api/exchange.h"

#include <assert.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>
#include <sys/random.h>
#include <time.h>

#include "api/body.h"
#include "api/feeds.h"
#include "api/parse.h"
#include "api/problem.h"
#include "api/render.h"
#include "api/workers.h"

uint64_t microseconds_now(void)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (uint64_t)t.tv_sec * 1000000 + (uint64_t)t.tv_nsec / 1000;
}

/* ---- life ---- */

struct exchange *exchange_new(struct service *s)
{
    struct exchange *x = memory_resize(NULL, sizeof *x);
    memset(x, 0, sizeof *x);
    x->service = s;
    atomic_init(&x->refs, 1);
    return x;
}

struct exchange *exchange_hold(struct exchange *x)
{
    atomic_fetch_add(&x->refs, 1);
    return x;
}

/* Let go of the answer and of what the request was parsed into. */
static void clear(struct exchange *x)
{
    if (x->in_flight)
        atomic_fetch_sub(&x->service->metrics.in_flight, 1);
    if (x->request.body != NULL)
        json_decref((json_t *)x->request.body);
    entity_release(x->entity);
    pipe_release(x->pipe);
}

void exchange_release(struct exchange *x)
{
    if (x == NULL || atomic_fetch_sub(&x->refs, 1) != 1)
        return;
    clear(x);
    arena_done(&x->arena);
    buffer_done(&x->body);
    memory_free(x);
}

struct exchange *exchange_next(struct exchange *x)
{
    struct service *s = x->service;
    if (atomic_load(&x->refs) != 1) {
        if (x->in_flight) /* the connection is done with it; the stream's thread only lets go */
            atomic_fetch_sub(&s->metrics.in_flight, 1);
        x->in_flight = false;
        exchange_release(x);
        return exchange_new(s);
    }
    clear(x);
    struct arena arena = x->arena;
    struct buffer body = x->body;
    arena_reset(&arena);
    buffer_reset(&body);
    memset(x, 0, sizeof *x);
    x->service = s;
    atomic_init(&x->refs, 1);
    x->arena = arena;
    x->body = body;
    return x;
}

/* ---- answers ---- */

static enum err answer_from_memory(struct exchange *x, enum err (*handler)(const struct request *, struct reply *))
{
    struct reply reply = {.status = 0};
    jw_start(&reply.json, &reply.body);
    bool object = x->request.route->shape == SHAPE_OBJECT;
    if (object)
        jw_object(&reply.json);
    enum err e = handler(&x->request, &reply);
    if (e == OK && object)
        jw_object_end(&reply.json);
    if (e == OK)
        exchange_reply(x, &reply);
    buffer_done(&reply.body);
    buffer_done(&reply.reasons);
    return e;
}

/* snapshot.js reads no reply of a type that it has not asked for. */
static struct entity *problem_of(const struct exchange *x, enum err e, const struct buffer *reasons)
{
    struct entity *entity = problem_make(e, x->id, reasons);
    if (x->only_json)
        entity->content_type = "application/json";
    return entity;
}

void exchange_refuse_by_rule(struct exchange *x, const struct buffer *reasons)
{
    entity_release(x->entity);
    x->entity = problem_of(x, ERR_RULE, reasons);
}

void exchange_refuse(struct exchange *x, enum err e)
{
    const struct route *route = x->request.route;
    bool database = e == ERR_DB_LOST || e == ERR_DB || e == ERR_RETRY;
    if (database && route != NULL && route->without_database != NULL) {
        e = answer_from_memory(x, route->without_database);
        if (e == OK)
            return;
    }
    struct entity *entity = problem_of(x, e, NULL);
    if (e == ERR_METHOD) {
        size_t n = strlen(x->match.allow) + 1;
        entity->allow = memcpy(memory_resize(NULL, n), x->match.allow, n);
    }
    if (database)
        atomic_fetch_add(&x->service->metrics.database_errors, 1);
    entity_release(x->entity);
    x->entity = entity;
}

static enum progress refuse(struct exchange *x, enum err e)
{
    exchange_refuse(x, e);
    return ANSWERED;
}

static enum progress refuse_and_close(struct exchange *x, enum err e)
{
    x->close = true;
    return refuse(x, e);
}

static bool cacheable(const struct exchange *x)
{
    return x->key != NULL && x->request.as == AS_JSON && x->request.route->cache != CACHE_NEVER &&
           strcmp(x->request.route->method, "GET") == 0;
}

static const char *content_type_of(const struct request *r)
{
    switch (r->as) {
    case AS_JSON:
        return "application/json";
    case AS_CSV:
        return "text/csv; charset=utf-8; header=present";
    case AS_NDJSON:
        return "application/x-ndjson";
    case AS_EVENT_STREAM:
        return "text/event-stream";
    }
    return "application/json";
}

void exchange_reply(struct exchange *x, struct reply *reply)
{
    const struct request *r = &x->request;
    struct entity *e = entity_new(reply->status != 0 ? reply->status : 200, content_type_of(r));
    if (reply->content_type != NULL)
        e->content_type = reply->content_type;
    e->body = reply->body;
    reply->body = (struct buffer){0};
    e->retry_after = reply->retry_after;
    e->link = reply->link;
    reply->link = NULL;
    e->generation = r->route->takes_at ? r->as_of.generation : watch_generation(x->service->watch);
    e->pinned = r->route->takes_at && (r->at.kind == AT_NUMBER || r->at.kind == AT_HASH) &&
                r->as_of.finality == FINALITY_FINALIZED;
    if (reply->cache_control != NULL)
        e->cache_control = reply->cache_control;
    else if (strcmp(r->route->method, "POST") == 0)
        e->cache_control = "no-store";
    else if (r->route->cache == CACHE_BUILD)
        e->cache_control = "public, max-age=300";
    else if (e->pinned && r->route->cache == CACHE_STATE)
        e->cache_control = "public, max-age=3600";
    if (strcmp(r->route->method, "GET") == 0 && e->status == 200) {
        entity_seal(e, x->gzip, r->route->takes_at ? r->as_of.finality : FINALITY_LATEST);
        if (cacheable(x))
            cache_put(x->service->cache, x->key, e, r->route->cache == CACHE_BUILD ? 0 : x->epoch);
    }
    entity_release(x->entity);
    x->entity = e;
}

void exchange_wake(struct exchange *x)
{
    x->wake(x);
}

/* ---- the request ---- */

static bool sane_id(const char *id)
{
    size_t n = strspn(id, "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789._-");
    return n > 0 && n <= REQUEST_ID_MAX && id[n] == '\0';
}

/* A process's random part and a running number. */
static void make_id(char out[REQUEST_ID_MAX + 1])
{
    static atomic_uint_fast64_t last;
    static uint64_t process;
    if (process == 0 && getrandom(&process, sizeof process, 0) != sizeof process)
        process = microseconds_now();
    static const char digits[] = "0123456789abcdef";
    uint64_t n = atomic_fetch_add(&last, 1) + 1;
    for (int i = 0; i < 12; i++)
        out[i] = digits[process >> (4 * i) & 15];
    out[12] = '-';
    for (int i = 0; i < 10; i++)
        out[13 + i] = digits[n >> (36 - 4 * i) & 15];
    out[23] = '\0';
}

/* Whether the client takes gzip: named, not with q=0. */
static bool takes_gzip(const char *accept_encoding)
{
    const char *p = accept_encoding != NULL ? strcasestr(accept_encoding, "gzip") : NULL;
    if (p == NULL)
        return false;
    p += 4;
    p += strspn(p, " \t");
    if (*p != ';')
        return *p == '\0' || *p == ',';
    const char *q = strcasestr(p, "q=");
    return q == NULL || strcspn(p, ",") < (size_t)(q - p) || strspn(q + 2, "0.") != strcspn(q + 2, ", \t;");
}

static enum err check_media(const struct headers_read *h)
{
    static const char json[] = "application/json";
    size_t n = sizeof json - 1;
    if (h->content_type == NULL || strncasecmp(h->content_type, json, n) != 0 ||
        strchr(";, \t", h->content_type[n]) == NULL)
        return err_with(ERR_MEDIA_TYPE, "the body must be application/json");
    if (h->content_encoding != NULL && strcasecmp(h->content_encoding, "identity") != 0)
        return err_with(ERR_MEDIA_TYPE, "the body must not be compressed");
    return OK;
}

static enum progress answer_options(struct exchange *x)
{
    bool all = x->target_n == 1 && x->target[0] == '*';
    if (!all) {
        enum err e = uri_parse(x->target, x->target_n, &x->arena, &x->uri);
        if (e == OK)
            e = router_match(&x->service->router, "OPTIONS", &x->uri, &x->arena, &x->match);
        if (e != ERR_METHOD)
            return refuse(x, e);
    }
    x->options = true;
    x->entity = entity_new(204, NULL);
    const char *allow = all ? "GET, HEAD, POST, OPTIONS" : x->match.allow;
    size_t n = strlen(allow) + 1;
    x->entity->allow = memcpy(memory_resize(NULL, n), allow, n);
    return ANSWERED;
}

static enum progress answer_local(struct exchange *x)
{
    enum err e = answer_from_memory(x, x->request.route->local);
    return e == OK ? ANSWERED : refuse(x, e);
}

static bool is_streamed(const struct exchange *x)
{
    return x->request.as != AS_JSON;
}

/* Whatever needs no database and no waiting, else QUEUED. */
static enum progress dispatch(struct exchange *x)
{
    const struct route *route = x->request.route;
    if (is_streamed(x) && x->head) { /* a HEAD tells the type; it does not run the list */
        x->entity = entity_new(200, content_type_of(&x->request));
        x->unmeasured = true;
        return ANSWERED;
    }
    if (route->local != NULL)
        return answer_local(x);
    if (route->without_database != NULL && watch_stale(x->service->watch))
        return refuse(x, err_with(ERR_DB_LOST, "the database does not answer"));
    return QUEUED;
}

static const char *cache_key(struct exchange *x, const char *canonical)
{
    size_t n = strlen(canonical);
    char *key = arena_take(&x->arena, n + 3);
    key[0] = x->gzip ? 'z' : 'p';
    key[1] = (char)('0' + x->request.as);
    memcpy(key + 2, canonical, n);
    return key;
}

static enum progress parse_and_dispatch(struct exchange *x, const struct headers_read *h)
{
    struct parse_context context = {.accept = h->accept};
    const char *canonical;
    if (x->match.endpoint->route->shape == SHAPE_LIST) {
        struct state state;
        watch_state(x->service->watch, &state);
        context.network = state.network;
        context.has_network = state.has_network;
    }
    x->request.service = x->service;
    x->request.facts = &x->service->facts;
    x->request.id = x->id;
    x->epoch = watch_epoch(x->service->watch);
    enum err e = parse_request(&x->match, &x->uri, &context, &x->arena, &x->request, &canonical, &x->scope);
    if (e != OK)
        return refuse(x, e);
    x->key = cache_key(x, canonical);
    if (cacheable(x)) {
        uint64_t epoch = x->request.route->cache == CACHE_BUILD ? 0 : x->epoch;
        x->entity = cache_get(x->service->cache, x->key, epoch, watch_generation(x->service->watch));
        if (x->entity != NULL)
            return ANSWERED;
    }
    return dispatch(x);
}

static enum progress begin_post(struct exchange *x, const struct headers_read *h)
{
    enum err e = check_media(h);
    if (e == OK && h->length > BODY_BYTES_MAX)
        e = err_with(ERR_TOO_LARGE, "the body has more than %d bytes", BODY_BYTES_MAX);
    if (e != OK)
        return refuse_and_close(x, e);
    enum progress p = parse_and_dispatch(x, h);
    if (p == ANSWERED) { /* refused before the body was read */
        x->close = h->has_body;
        return p;
    }
    return NEEDS_BODY;
}

enum progress exchange_begin(struct exchange *x, const struct incoming *in)
{
    struct headers_read h = {.length = 0};
    x->began = microseconds_now();
    x->method = arena_text(&x->arena, in->method, strlen(in->method));
    x->in_flight = true;
    atomic_fetch_add(&x->service->metrics.in_flight, 1);
    make_id(x->id);
    enum err e = guard_check(in, &h);
    if (e != OK)
        return refuse_and_close(x, e);
    if (h.request_id != NULL && sane_id(h.request_id))
        (void)snprintf(x->id, sizeof x->id, "%s", h.request_id);
    if (atomic_load(&x->service->stopping))
        return refuse_and_close(x, err_with(ERR_STOPPED, "the service is shutting down"));
    x->target = arena_text(&x->arena, in->target, in->target_n);
    x->target_n = in->target_n;
    x->if_none_match = h.if_none_match != NULL ? arena_text(&x->arena, h.if_none_match, strlen(h.if_none_match)) : NULL;
    x->last_event_id = h.last_event_id != NULL ? arena_text(&x->arena, h.last_event_id, strlen(h.last_event_id)) : NULL;
    x->gzip = takes_gzip(h.accept_encoding);
    x->only_json = h.accept != NULL && strcasecmp(h.accept, "application/json") == 0;
    x->head = strcmp(x->method, "HEAD") == 0;
    x->close = h.has_body && strcmp(x->method, "POST") != 0; /* the body of anything else is not read */
    if (strcmp(x->method, "OPTIONS") == 0)
        return answer_options(x);
    e = uri_parse(x->target, x->target_n, &x->arena, &x->uri);
    if (e == OK)
        e = router_match(&x->service->router, x->method, &x->uri, &x->arena, &x->match);
    if (e != OK)
        return h.has_body ? refuse_and_close(x, e) : refuse(x, e);
    if (strcmp(x->method, "POST") == 0)
        return begin_post(x, &h);
    if (h.has_body)
        return refuse_and_close(x, err_with(ERR_FIELD, "content-length: %s takes no body", x->method));
    return parse_and_dispatch(x, &h);
}

void exchange_body(struct exchange *x, const void *p, size_t n)
{
    if (x->entity == NULL && x->body.n + n <= BODY_BYTES_MAX)
        buffer_bytes(&x->body, p, n);
    else if (x->entity == NULL)
        refuse_and_close(x, err_with(ERR_TOO_LARGE, "the body has more than %d bytes", BODY_BYTES_MAX));
}

enum progress exchange_body_end(struct exchange *x)
{
    if (x->entity != NULL)
        return ANSWERED;
    if (x->request.route->signed_message)
        return QUEUED;
    enum err e = body_read((const char *)x->body.p, x->body.n, &x->request);
    return e == OK ? QUEUED : refuse(x, e);
}

void exchange_queue(struct exchange *x)
{
    enum err e = OK;
    if (x->request.route->feed != NULL)
        e = feeds_join(x->service->feeds, x);
    else if (!workers_put(x->service->workers, x))
        e = err_with(ERR_RETRY, "too many requests are waiting");
    if (e == OK)
        return;
    exchange_refuse(x, e);
    exchange_wake(x);
}

/* ---- what goes out ---- */

int exchange_status(const struct exchange *x)
{
    bool have = x->entity->status == 200 && etag_matches(x->if_none_match, x->entity->etag);
    return have ? 304 : x->entity->status;
}

static size_t put(struct pair *out, size_t n, const char *name, const char *value)
{
    if (value == NULL || *value == '\0')
        return n;
    assert(n < ANSWER_HEADERS_MAX);
    out[n] = (struct pair){name, value};
    return n + 1;
}

static size_t cors(const struct exchange *x, struct pair *out, size_t n)
{
    n = put(out, n, "Access-Control-Allow-Origin", "*");
    if (!x->options)
        return put(out, n, "Access-Control-Expose-Headers", "ETag, Link, Request-Id, Retry-After");
    n = put(out, n, "Access-Control-Allow-Methods", x->entity->allow);
    n = put(out, n, "Access-Control-Allow-Headers", "Accept, Content-Type, If-None-Match, Last-Event-ID, Request-Id");
    return put(out, n, "Access-Control-Max-Age", "86400");
}

size_t exchange_headers(struct exchange *x, struct pair out[ANSWER_HEADERS_MAX])
{
    const struct entity *e = x->entity;
    size_t n = 0;
    if (exchange_status(x) != 304 && e->content_type != NULL)
        n = put(out, n, "Content-Type", e->content_type);
    if (e->gzip && exchange_status(x) != 304)
        n = put(out, n, "Content-Encoding", "gzip");
    n = put(out, n, "ETag", e->etag);
    n = put(out, n, "Cache-Control", e->cache_control);
    n = put(out, n, "Vary", "Accept, Accept-Encoding");
    n = put(out, n, "Request-Id", x->id);
    n = put(out, n, "Link", e->link);
    n = put(out, n, "Allow", e->allow);
    n = put(out, n, "X-Content-Type-Options", "nosniff");
    if (x->request.route != NULL && x->request.route->shape == SHAPE_FILE && e->status == 200)
        n = put(out, n, "Content-Disposition",
                arena_printf(&x->arena, "attachment; filename=\"%s.ndjson\"",
                             strrchr(x->request.route->path, '/') + 1));
    if (e->retry_after > 0)
        n = put(out, n, "Retry-After", arena_printf(&x->arena, "%" PRIu64, e->retry_after));
    n = cors(x, out, n);
    if (x->close || atomic_load(&x->service->stopping))
        n = put(out, n, "Connection", "close");
    return n;
}

void exchange_count(struct exchange *x)
{
    if (!x->counted)
        metrics_count(&x->service->metrics, x->match.endpoint, exchange_status(x), microseconds_now() - x->began);
    x->counted = true;
}
