/* api/router.c - see router.h. */
#include "api/router.h"

#include <assert.h>
#include <string.h>

#include "api/page.h"
#include "ledger/core/log.h"

static void demand(bool holds, const struct route *route, const char *rule)
{
    if (!holds)
        log_error("api", "route table: %s %s: %s", route->method, route->path, rule);
    assert(holds);
}

static size_t parameter_named(const struct route *route, const char *name, size_t n)
{
    for (size_t i = 0; route->parameters != NULL && route->parameters[i].name != NULL; i++)
        if (strlen(route->parameters[i].name) == n && memcmp(route->parameters[i].name, name, n) == 0)
            return i;
    demand(false, route, "a path parameter is not declared");
    return 0;
}

static void check_parameters(const struct route *route)
{
    static const char *const reserved[] = {"at", "limit", "after", "order"};
    for (const struct parameter *p = route->parameters; p != NULL && p->name != NULL; p++) {
        demand(p->about != NULL, route, "a parameter has no sentence");
        demand((p->type == PARAMETER_CHOICE) == (p->choices != NULL), route, "choices belong to PARAMETER_CHOICE");
        if (route->takes_at && strcmp(p->name, "at") == 0 && strstr(route->path, "{at}") != NULL)
            continue;
        for (size_t i = 0; i < sizeof reserved / sizeof *reserved; i++)
            demand(strcmp(p->name, reserved[i]) != 0, route, "at, limit, after and order are the framework's");
    }
}

static bool body_type(enum type type)
{
    return type == T_ADDRESS || type == T_HASH || type == T_AMOUNT || type == T_U64 || type == T_BOOL || type == T_TEXT;
}

static void check_body_members(const struct route *route, const struct member *members, bool in_list)
{
    demand(members != NULL, route, "an object of the body has no members");
    for (const struct member *m = members; m->name != NULL; m++) {
        bool list = m->nest == NEST_LIST || m->nest == NEST_SCALARS;
        demand(m->about != NULL, route, "a member of the body has no sentence");
        demand(!list || !in_list, route, "a list of the body lies in another");
        demand((m->nest != NEST_NONE && m->nest != NEST_SCALARS) || body_type(m->type), route,
               "a member of the body has a type that is not read (api/body.h)");
        if (m->nest == NEST_OBJECT || m->nest == NEST_LIST)
            check_body_members(route, m->members, in_list || list);
    }
}

static void check_body(const struct route *route)
{
    bool post = strcmp(route->method, "POST") == 0;
    demand(post || strcmp(route->method, "GET") == 0, route, "a method is GET or POST");
    demand(post == (route->body != NULL), route, "a POST, and only a POST, declares a body");
    if (!post)
        return;
    demand(route->shape == SHAPE_OBJECT && route->local == NULL, route, "a POST answers with an object, by ask or run");
    demand(route->cache == CACHE_NEVER, route, "the answer to a POST is not cached");
    check_body_members(route, route->body, false);
    for (const struct member *m = route->body; m->name != NULL; m++)
        demand(!route->takes_at || strcmp(m->name, "at") != 0, route, "at is the framework's");
}

static void check(const struct route *route)
{
    int handlers = (route->ask != NULL) + (route->run != NULL) + (route->feed != NULL) + (route->file != NULL) +
                   (route->local != NULL) + route->signed_message;
    demand(handlers == 1, route, "exactly one of ask, run, feed, file, local, signed_message");
    demand(route->about != NULL, route, "no sentence about it");
    demand((route->shape == SHAPE_LIST) == (route->n_keys > 0), route, "lists, and only lists, have keys");
    demand(route->shape != SHAPE_LIST || route->ask != NULL, route, "a list is answered by ask");
    demand(route->extra == NULL || route->shape == SHAPE_LIST, route, "lists, and only lists, have extra members");
    demand((route->shape == SHAPE_STREAM) == (route->feed != NULL), route, "streams, and only streams, are fed");
    demand((route->shape == SHAPE_FILE) == (route->file != NULL), route, "files, and only files, are made by file");
    demand(route->ask == NULL || route->shape == SHAPE_LIST || route->answer != NULL, route, "ask needs answer");
    bool described = route->shape == SHAPE_OBJECT || route->shape == SHAPE_LIST;
    demand(!described || route->members != NULL, route, "no members");
    demand(!route->takes_at || route->ask != NULL || route->run != NULL, route, "at needs ask or run");
    demand(route->n_keys <= PAGE_KEYS_MAX, route, "too many keys");
    for (size_t i = 0; i < route->n_keys; i++)
        demand(page_key_supported(route->keys[i]), route, "a key of that type cannot travel in a cursor");
    for (const struct member *m = route->members; m != NULL && m->name != NULL; m++) {
        demand(m->about != NULL, route, "a member has no sentence");
        demand(route->shape != SHAPE_LIST || m->nest == NEST_NONE || m->write != NULL, route,
               "a nested member of a list needs write");
    }
    check_parameters(route);
    check_body(route);
}

static const char rest_mark[] = "...}";

static void compile(struct router *r, const struct route *route)
{
    check(route);
    assert(r->n < ENDPOINTS_MAX);
    struct endpoint *e = &r->endpoints[r->n];
    *e = (struct endpoint){.route = route, .index = r->n};
    r->n++;
    while (route->parameters != NULL && route->parameters[e->n_parameters].name != NULL)
        e->n_parameters++;
    for (const char *p = route->path; *p == '/';) {
        size_t n = strcspn(p + 1, "/");
        assert(e->n_segments < URI_SEGMENTS_MAX);
        demand(!e->takes_rest, route, "nothing follows the rest of the path");
        if (p[1] == '{') {
            e->takes_rest = memcmp(p + 1 + n - strlen(rest_mark), rest_mark, strlen(rest_mark)) == 0;
            size_t parameter = parameter_named(route, p + 2, n - (e->takes_rest ? 1 + strlen(rest_mark) : 2));
            e->parameters[e->n_segments] = parameter;
            e->path_parameters |= UINT64_C(1) << parameter;
        } else {
            e->segments[e->n_segments] = arena_text(&r->arena, p + 1, n);
        }
        e->n_segments++;
        p += n + 1;
    }
    demand(!e->takes_rest || route->shape != SHAPE_LIST, route, "a list's path has suffixes, so it has a last segment");
}

void router_init(struct router *r, const struct route *const *tables)
{
    *r = (struct router){.n = 0};
    for (; *tables != NULL; tables++)
        for (const struct route *route = *tables; route->method != NULL; route++)
            compile(r, route);
}

void router_done(struct router *r)
{
    arena_done(&r->arena);
    *r = (struct router){.n = 0};
}

static bool ends_with(const char *text, const char *suffix)
{
    size_t n = strlen(text), k = strlen(suffix);
    return n > k && strcmp(text + n - k, suffix) == 0;
}

/* Lists have two more names: path.csv and path.ndjson. Returns the length of the last segment without the suffix. */
static size_t strip_suffix(const struct endpoint *e, const char *last, enum representation *as)
{
    size_t n = strlen(last);
    *as = e->route->shape == SHAPE_STREAM ? AS_EVENT_STREAM : e->route->shape == SHAPE_FILE ? AS_NDJSON : AS_JSON;
    if (e->route->shape != SHAPE_LIST)
        return n;
    if (ends_with(last, ".csv")) {
        *as = AS_CSV;
        return n - 4;
    }
    if (ends_with(last, ".ndjson")) {
        *as = AS_NDJSON;
        return n - 7;
    }
    return n;
}

/* How specific a match is: literals win over parameters, earlier segments first; 0: no match. */
static uint32_t match_path(const struct endpoint *e, const struct uri *uri, enum representation *as)
{
    bool as_long = e->takes_rest ? e->n_segments <= uri->n_segments : e->n_segments == uri->n_segments;
    if (!as_long || e->n_segments == 0)
        return 0;
    uint32_t score = 1;
    for (size_t i = 0; i < e->n_segments; i++) {
        const char *given = uri->segments[i];
        bool last = i == e->n_segments - 1;
        size_t n = last ? strip_suffix(e, given, as) : strlen(given);
        if (n == 0 && (e->segments[i] == NULL || e->segments[i][0] != '\0'))
            return 0;
        if (e->segments[i] != NULL && (strlen(e->segments[i]) != n || memcmp(e->segments[i], given, n) != 0))
            return 0;
        score = score << 1 | (e->segments[i] != NULL);
    }
    for (size_t i = e->n_segments; i < uri->n_segments; i++)
        if (uri->segments[i][0] == '\0')
            return 0;
    return score;
}

static const char *join_rest(const struct uri *uri, size_t first, struct arena *arena)
{
    const char *rest = uri->segments[first];
    for (size_t i = first + 1; i < uri->n_segments; i++)
        rest = arena_printf(arena, "%s/%s", rest, uri->segments[i]);
    return rest;
}

static void add_allowed(char allow[ALLOW_TEXT], const char *method)
{
    if (strstr(allow, method) == NULL) {
        strncat(allow, *allow != '\0' ? ", " : "", ALLOW_TEXT - strlen(allow) - 1);
        strncat(allow, method, ALLOW_TEXT - strlen(allow) - 1);
        if (strcmp(method, "GET") == 0)
            add_allowed(allow, "HEAD");
    }
}

/* The methods of all routes that match the path as well as the best. */
static void list_methods(const struct router *r, const struct uri *uri, uint32_t best, char allow[ALLOW_TEXT])
{
    for (size_t i = 0; i < r->n; i++) {
        enum representation ignored;
        if (match_path(&r->endpoints[i], uri, &ignored) == best)
            add_allowed(allow, r->endpoints[i].route->method);
    }
    add_allowed(allow, "OPTIONS");
}

enum err router_match(const struct router *r, const char *method, const struct uri *uri, struct arena *arena,
                      struct match *out)
{
    const char *wanted = strcmp(method, "HEAD") == 0 ? "GET" : method;
    uint32_t best = 0;
    out->endpoint = NULL;
    out->allow[0] = '\0';
    for (size_t i = 0; i < r->n; i++) {
        const struct endpoint *e = &r->endpoints[i];
        enum representation as = AS_JSON;
        uint32_t score = match_path(e, uri, &as);
        if (score == 0 || score < best)
            continue;
        bool takes = strcmp(e->route->method, wanted) == 0;
        if (score > best || takes) {
            out->endpoint = takes ? e : NULL;
            out->as = as;
        }
        best = score;
    }
    if (best == 0)
        return err_with(ERR_NOT_FOUND, "there is nothing at this path; see /openapi.json");
    if (out->endpoint == NULL) {
        list_methods(r, uri, best, out->allow);
        return err_with(ERR_METHOD, "this path takes %s", out->allow);
    }
    const struct endpoint *e = out->endpoint;
    out->by_suffix = out->as == AS_CSV || out->as == AS_NDJSON;
    for (size_t i = 0; i < e->n_segments; i++) {
        enum representation ignored;
        size_t n = i == e->n_segments - 1 ? strip_suffix(e, uri->segments[i], &ignored) : strlen(uri->segments[i]);
        out->path_values[i] = e->segments[i] == NULL ? arena_text(arena, uri->segments[i], n) : NULL;
    }
    if (e->takes_rest)
        out->path_values[e->n_segments - 1] = join_rest(uri, e->n_segments - 1, arena);
    return OK;
}
