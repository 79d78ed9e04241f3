/* api/parse.c - see parse.h. */
#include "api/parse.h"

#include <assert.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

enum { TEXT_MAX_DEFAULT = 256, NUMBER_DIGITS_MAX = 78 /* of 2^256 - 1 */ };

/* Separates the parts of the canonical text; control characters cannot occur in a parsed URI. */
static const char separator[] = "\x1f";

enum err parse_u64(const char *text, uint64_t max, uint64_t *out)
{
    struct amount a;
    uint64_t v;
    if (amount_parse(text, strlen(text), &a) != OK || amount_to_u64(a, &v) != OK || v > max)
        return ERR_FIELD;
    *out = v;
    return OK;
}

/* A block number like any other, only greater than those of which a position can be made. */
static bool is_number_beyond(const char *text)
{
    size_t n = strlen(text);
    return n > 0 && n <= NUMBER_DIGITS_MAX && text[0] != '0' && strspn(text, "0123456789") == n;
}

enum err parse_at(const char *text, struct at *out)
{
    static const char *const aliases[] = {[AT_LATEST] = "latest", [AT_SAFE] = "safe", [AT_FINALIZED] = "finalized"};
    struct at at = {.kind = AT_NUMBER};
    uint64_t number;
    for (int i = AT_LATEST; i <= AT_FINALIZED; i++) {
        if (strcmp(text, aliases[i]) == 0) {
            *out = (struct at){.kind = (int16_t)i};
            return OK;
        }
    }
    if (parse_u64(text, INT64_MAX >> 32, &number) == OK)
        at.number = (int64_t)number;
    else if (is_number_beyond(text))
        return err_with(ERR_NOT_MIRRORED, "block %s is not among the mirrored ones: no chain is that long", text);
    else if (hash_parse(text, strlen(text), &at.hash) == OK)
        at.kind = AT_HASH;
    else if (instant_parse(text, strlen(text), &at.time) == OK)
        at.kind = AT_TIME;
    else
        return err_with(ERR_FIELD,
                        "at: must be latest, safe, finalized, a block number, a block hash or an RFC 3339 time");
    *out = at;
    return OK;
}

static enum err parse_text(const struct parameter *p, struct value *v)
{
    uint64_t max = p->max != 0 ? p->max : TEXT_MAX_DEFAULT;
    if (strlen(v->text) > max)
        return err_with(ERR_FIELD, "%s: longer than %" PRIu64 " bytes", p->name, max);
    return OK;
}

static enum err parse_choice(const struct parameter *p, struct value *v, struct arena *arena)
{
    AUTO_BUFFER all = {0};
    for (v->choice = 0; p->choices[v->choice] != NULL; v->choice++) {
        if (strcmp(v->text, p->choices[v->choice]) == 0)
            return OK;
        buffer_printf(&all, "%s%s", v->choice > 0 ? ", " : "", p->choices[v->choice]);
    }
    return err_with(ERR_FIELD, "%s: must be one of %s", p->name, arena_text(arena, (const char *)all.p, all.n));
}

enum err parse_address(const char *text, size_t n, struct address *out)
{
    char lower[ADDRESS_TEXT + 1];
    if (n != ADDRESS_TEXT)
        return ERR_FIELD;
    memcpy(lower, text, n + 1);
    if (lower[1] == 'X')
        lower[1] = 'x';
    return address_parse(lower, n, out);
}

static enum err parse_value(const struct parameter *p, const char *text, struct arena *arena, struct value *out)
{
    struct value v = {.given = true, .text = text};
    size_t n = strlen(text);
    uint64_t max = p->max != 0 ? p->max : INT64_MAX;
    switch (p->type) {
    case PARAMETER_ADDRESS:
        if (parse_address(text, n, &v.address) != OK)
            return err_with(ERR_FIELD, "%s: must be an address, 0x and 40 hexadecimal digits", p->name);
        break;
    case PARAMETER_HASH:
        if (hash_parse(text, n, &v.hash) != OK)
            return err_with(ERR_FIELD, "%s: must be a hash, 0x and 64 hexadecimal digits", p->name);
        break;
    case PARAMETER_U64:
        if (parse_u64(text, max, &v.u64) != OK)
            return err_with(ERR_FIELD, "%s: must be a whole number from 0 to %" PRIu64, p->name, max);
        break;
    case PARAMETER_BOOL:
        v.flag = strcmp(text, "true") == 0;
        if (!v.flag && strcmp(text, "false") != 0)
            return err_with(ERR_FIELD, "%s: must be true or false", p->name);
        break;
    case PARAMETER_TEXT:
        TRY(parse_text(p, &v));
        break;
    case PARAMETER_CHOICE:
        TRY(parse_choice(p, &v, arena));
        break;
    case PARAMETER_TIME:
        if (instant_parse(text, n, &v.time) != OK)
            return err_with(ERR_FIELD, "%s: must be an RFC 3339 time such as 2026-11-21T10:00:00Z", p->name);
        break;
    }
    *out = v;
    return OK;
}

/* The one spelling of a value, for the canonical text. */
static void write_value(struct buffer *b, const struct parameter *p, const struct value *v)
{
    char text[HASH_TEXT + 1];
    buffer_text(b, separator);
    buffer_text(b, p->name);
    buffer_text(b, "=");
    switch (p->type) {
    case PARAMETER_ADDRESS:
        address_format_lower(v->address, text);
        buffer_text(b, text);
        break;
    case PARAMETER_HASH:
        hash_format(v->hash, text);
        buffer_text(b, text);
        break;
    case PARAMETER_TIME:
        buffer_printf(b, "%" PRId64, v->time.unix_seconds);
        break;
    case PARAMETER_U64:
    case PARAMETER_BOOL:
    case PARAMETER_TEXT:
    case PARAMETER_CHOICE:
        buffer_text(b, v->text);
        break;
    }
}

/* q of one media range, in thousandths. */
static int quality(const char *range, size_t n)
{
    const char *end = range + n;
    for (const char *p = range; (p = memchr(p, ';', (size_t)(end - p))) != NULL;) {
        p++;
        while (p < end && (*p == ' ' || *p == '\t'))
            p++;
        if (end - p > 2 && strncasecmp(p, "q=", 2) == 0)
            return (int)(strtod(p + 2, NULL) * 1000);
    }
    return 1000;
}

enum representation parse_accept(const char *accept)
{
    static const struct {
        const char *range;
        enum representation as;
    } known[] = {{"application/json", AS_JSON},
                 {"application/*", AS_JSON},
                 {"*/*", AS_JSON},
                 {"text/csv", AS_CSV},
                 {"application/x-ndjson", AS_NDJSON}};
    enum representation best = AS_JSON;
    int best_quality = 0;
    for (const char *p = accept; p != NULL && *p != '\0';) {
        size_t n = strcspn(p, ","), name = strcspn(p, ",; \t");
        for (size_t i = 0; i < sizeof known / sizeof *known; i++) {
            if (strlen(known[i].range) == name && strncasecmp(p, known[i].range, name) == 0 &&
                quality(p, n) > best_quality) {
                best = known[i].as;
                best_quality = quality(p, n);
            }
        }
        p += n;
        p += strspn(p, ", \t");
    }
    return best;
}

/* State of reading one request's query. */
struct reading {
    const struct endpoint *endpoint;
    const struct uri *uri;
    struct arena *arena;
    struct value *values;
    const char *at, *limit, *after, *order; /* the framework's, NULL if not given */
};

static const char **frameworks(struct reading *r, const char *name)
{
    const struct route *route = r->endpoint->route;
    bool list = route->shape == SHAPE_LIST;
    if (strcmp(name, "at") == 0 && route->takes_at && route->body == NULL) /* of a POST it is in the body */
        return &r->at;
    if (strcmp(name, "limit") == 0 && list)
        return &r->limit;
    if (strcmp(name, "after") == 0 && list)
        return &r->after;
    if (strcmp(name, "order") == 0 && list && route->both_orders)
        return &r->order;
    return NULL;
}

static enum err read_pair(struct reading *r, const struct pair *pair)
{
    const struct endpoint *e = r->endpoint;
    const char **own = frameworks(r, pair->name);
    if (own != NULL) {
        if (*own != NULL)
            return err_with(ERR_FIELD, "%s: given more than once", pair->name);
        *own = pair->value;
        return OK;
    }
    for (size_t i = 0; i < e->n_parameters; i++) {
        const struct parameter *p = &e->route->parameters[i];
        if ((e->path_parameters >> i & 1) != 0 || strcmp(p->name, pair->name) != 0)
            continue;
        if (r->values[i].given)
            return err_with(ERR_FIELD, "%s: given more than once", pair->name);
        return parse_value(p, pair->value, r->arena, &r->values[i]);
    }
    return err_with(ERR_FIELD, "%.64s: this resource has no such parameter", pair->name);
}

static enum err read_parameters(struct reading *r, const struct match *match)
{
    const struct endpoint *e = r->endpoint;
    for (size_t i = 0; i < e->n_segments; i++) {
        if (e->segments[i] != NULL)
            continue;
        const struct parameter *p = &e->route->parameters[e->parameters[i]];
        TRY(parse_value(p, match->path_values[i], r->arena, &r->values[e->parameters[i]]));
        if (strcmp(p->name, "at") == 0)
            r->at = match->path_values[i]; /* /v1/blocks/{at}: the path itself says which block */
    }
    for (size_t i = 0; i < r->uri->n_pairs; i++)
        TRY(read_pair(r, &r->uri->pairs[i]));
    for (size_t i = 0; i < e->n_parameters; i++)
        if (e->route->parameters[i].required && !r->values[i].given)
            return err_with(ERR_FIELD, "%s: missing", e->route->parameters[i].name);
    return OK;
}

static enum err read_page(const struct reading *r, struct request *out)
{
    const struct route *route = out->route;
    uint64_t limit = PAGE_LIMIT_DEFAULT;
    out->page.descending = route->descends != NULL ? route->descends(out) : route->descending;
    if (r->limit != NULL && (parse_u64(r->limit, PAGE_LIMIT_MAX, &limit) != OK || limit == 0))
        return err_with(ERR_FIELD, "limit: must be a whole number from 1 to %d", PAGE_LIMIT_MAX);
    if (r->order != NULL) {
        out->page.descending = strcmp(r->order, "desc") == 0;
        if (!out->page.descending && strcmp(r->order, "asc") != 0)
            return err_with(ERR_FIELD, "order: must be asc or desc");
    }
    if (out->as == AS_JSON)
        out->page.limit = (int64_t)limit + 1;
    else
        out->page.limit = r->limit != NULL ? (int64_t)limit : INT64_MAX;
    return OK;
}

static enum err read_after(const struct reading *r, const struct parse_context *context, uint64_t scope,
                           struct request *out)
{
    const struct route *route = out->route;
    for (size_t i = 0; i < route->n_keys; i++)
        out->page.after[i] = page_key_outermost(route->keys[i], out->page.descending, r->arena);
    if (r->after == NULL)
        return OK;
    if (!context->has_network)
        return err_with(ERR_DB_LOST, "the database has not been read yet");
    struct cursor c;
    TRY(cursor_parse(r->after, context->network, scope, route, r->arena, &c));
    if (c.pinned != route->takes_at)
        return err_with(ERR_CURSOR, "after: not a cursor of this list");
    out->page.continued = true;
    for (size_t i = 0; i < c.n_keys; i++)
        out->page.after[i] = c.keys[i];
    if (c.pinned)
        out->at = (struct at){.kind = c.by_hash ? AT_HASH : AT_NUMBER, .number = (int64_t)c.number, .hash = c.hash};
    return OK;
}

/* Without printf: this is on the path of every cached answer. */
static void write_number(struct buffer *b, int64_t v)
{
    char text[24], *p = text + sizeof text;
    uint64_t u = v < 0 ? -(uint64_t)v : (uint64_t)v;
    do {
        *--p = (char)('0' + u % 10);
        u /= 10;
    } while (u > 0);
    if (v < 0)
        *--p = '-';
    buffer_bytes(b, p, (size_t)(text + sizeof text - p));
}

static void write_at(struct buffer *b, const struct at *at)
{
    char text[HASH_TEXT + 1];
    if (at->kind == AT_HASH)
        hash_format(at->hash, text);
    buffer_text(b, separator);
    buffer_text(b, "at=");
    buffer_u8(b, (uint8_t)('0' + at->kind));
    if (at->kind == AT_HASH)
        buffer_text(b, text);
    else if (at->kind == AT_NUMBER)
        write_number(b, at->number);
    else if (at->kind == AT_TIME)
        write_number(b, at->time.unix_seconds);
}

/* What is asked for, without page and representation. */
static void write_scope(struct buffer *b, const struct request *q, size_t n_parameters)
{
    const struct route *route = q->route;
    buffer_text(b, route->method);
    buffer_text(b, route->path);
    for (size_t i = 0; i < n_parameters; i++)
        if (q->values[i].given)
            write_value(b, &route->parameters[i], &q->values[i]);
    if (route->takes_at)
        write_at(b, &q->at);
    if (route->shape == SHAPE_LIST)
        buffer_printf(b, "%sorder=%s", separator, q->page.descending ? "desc" : "asc");
}

enum err parse_request(const struct match *match, const struct uri *uri, const struct parse_context *context,
                       struct arena *arena, struct request *out, const char **canonical, uint64_t *scope)
{
    const struct endpoint *e = match->endpoint;
    struct value *values = ARENA_ARRAY(arena, struct value, e->n_parameters + 1);
    struct reading r = {.endpoint = e, .uri = uri, .arena = arena, .values = values};
    struct request q = *out;
    q.route = e->route;
    q.arena = arena;
    q.values = values;
    q.as = match->as;
    if (e->route->shape == SHAPE_LIST && !match->by_suffix)
        q.as = parse_accept(context->accept);
    TRY(read_parameters(&r, match));
    if (r.at != NULL)
        TRY(parse_at(r.at, &q.at));
    AUTO_BUFFER b = {0};
    uint64_t list = 0;
    if (e->route->shape == SHAPE_LIST)
        TRY(read_page(&r, &q));
    write_scope(&b, &q, e->n_parameters);
    buffer_u8(&b, 0);
    if (e->route->shape == SHAPE_LIST) {
        list = cursor_scope((const char *)b.p);
        TRY(read_after(&r, context, list, &q));
        b.n--;
        buffer_text(&b, separator);
        write_number(&b, q.page.limit);
        buffer_text(&b, separator);
        buffer_text(&b, r.after != NULL ? r.after : "");
        buffer_u8(&b, 0);
    }
    *canonical = arena_text(arena, (const char *)b.p, b.n - 1);
    *scope = list;
    *out = q;
    return OK;
}
