/* api/openapi.c - see openapi.h. */
#include "api/openapi.h"

#include <inttypes.h>
#include <string.h>

#define AT_ABOUT                                                                                                   \
    "Which block: a number, a hash, latest (default), safe, finalized, or an RFC 3339 time (the last block at or " \
    "before it)."
#define ADDRESS_PATTERN "^0x[0-9a-fA-F]{40}$"
#define HASH_PATTERN    "^0x[0-9a-fA-F]{64}$"

static void put(struct json_writer *w, const char *key, const char *value)
{
    jw_key(w, key);
    jw_text(w, value);
}

static void open_object(struct json_writer *w, const char *key)
{
    jw_key(w, key);
    jw_object(w);
}

static void reference(struct json_writer *w, const char *to)
{
    jw_object(w);
    put(w, "$ref", to);
    jw_object_end(w);
}

/* ---- schemas ---- */

static void put_type(struct json_writer *w, const char *type, bool nullable)
{
    jw_key(w, "type");
    if (!nullable) {
        jw_text(w, type);
        return;
    }
    jw_array(w);
    jw_text(w, type);
    jw_text(w, "null");
    jw_array_end(w);
}

static void scalar(struct json_writer *w, enum type type, bool nullable)
{
    switch (type) {
    case T_BOOL:
        put_type(w, "boolean", nullable);
        return;
    case T_I16:
    case T_I32:
    case T_I64:
        put_type(w, "integer", nullable);
        return;
    case T_U64:
        put_type(w, "integer", nullable);
        jw_key(w, "minimum");
        jw_u64(w, 0);
        return;
    case T_AMOUNT:
    case T_TOTAL:
        put_type(w, "string", nullable);
        put(w, "pattern", "^(0|[1-9][0-9]*)$");
        return;
    case T_DELTA:
        put_type(w, "string", nullable);
        put(w, "pattern", "^(0|-?[1-9][0-9]*)$");
        return;
    case T_ADDRESS:
        put_type(w, "string", nullable);
        put(w, "pattern", ADDRESS_PATTERN);
        return;
    case T_HASH:
        put_type(w, "string", nullable);
        put(w, "pattern", "^0x[0-9a-f]{64}$");
        return;
    case T_BYTES:
        put_type(w, "string", nullable);
        put(w, "pattern", "^0x([0-9a-f]{2})*$");
        return;
    case T_TEXT:
        put_type(w, "string", nullable);
        return;
    case T_TIME:
        put_type(w, "string", nullable);
        put(w, "format", "date-time");
        return;
    }
}

static void members_schema(struct json_writer *w, const struct member *members, bool as_of);

/* Inside the schema object of one member. */
static void member_schema(struct json_writer *w, const struct member *m)
{
    put(w, "description", m->about);
    switch (m->nest) {
    case NEST_NONE:
        scalar(w, m->type, m->nullable);
        return;
    case NEST_OBJECT:
        put_type(w, "object", m->nullable);
        if (m->members != NULL)
            members_schema(w, m->members, false);
        return;
    case NEST_LIST:
        put_type(w, "array", m->nullable);
        open_object(w, "items");
        put(w, "type", "object");
        if (m->members != NULL)
            members_schema(w, m->members, false);
        jw_object_end(w);
        return;
    case NEST_SCALARS:
        put_type(w, "array", m->nullable);
        open_object(w, "items");
        scalar(w, m->type, false);
        jw_object_end(w);
        return;
    case NEST_ANY:
        return;
    }
}

/* "properties" and "required". */
static void members_schema(struct json_writer *w, const struct member *members, bool as_of)
{
    open_object(w, "properties");
    for (const struct member *m = members; m->name != NULL; m++) {
        open_object(w, m->name);
        member_schema(w, m);
        jw_object_end(w);
    }
    if (as_of) {
        jw_key(w, "as_of");
        reference(w, "#/components/schemas/AsOf");
    }
    jw_object_end(w);
    jw_key(w, "required");
    jw_array(w);
    for (const struct member *m = members; m->name != NULL; m++)
        if (!m->optional)
            jw_text(w, m->name);
    if (as_of)
        jw_text(w, "as_of");
    jw_array_end(w);
}

static void page_schema(struct json_writer *w, const struct route *route)
{
    put(w, "type", "object");
    open_object(w, "properties");
    open_object(w, "data");
    put(w, "type", "array");
    open_object(w, "items");
    put(w, "type", "object");
    members_schema(w, route->members, false);
    jw_object_end(w);
    jw_object_end(w);
    open_object(w, "has_more");
    put(w, "type", "boolean");
    jw_object_end(w);
    open_object(w, "next_cursor");
    put_type(w, "string", true);
    jw_object_end(w);
    if (route->takes_at) {
        jw_key(w, "as_of");
        reference(w, "#/components/schemas/AsOf");
    }
    jw_object_end(w);
    jw_key(w, "required");
    jw_array(w);
    jw_text(w, "data");
    jw_text(w, "has_more");
    jw_text(w, "next_cursor");
    if (route->takes_at)
        jw_text(w, "as_of");
    jw_array_end(w);
}

/* ---- operations ---- */

static void parameter_schema(struct json_writer *w, const struct parameter *p)
{
    open_object(w, "schema");
    put(w, "type", p->type == PARAMETER_U64 ? "integer" : p->type == PARAMETER_BOOL ? "boolean" : "string");
    switch (p->type) {
    case PARAMETER_ADDRESS:
        put(w, "pattern", ADDRESS_PATTERN);
        break;
    case PARAMETER_HASH:
        put(w, "pattern", HASH_PATTERN);
        break;
    case PARAMETER_U64:
        jw_key(w, "minimum");
        jw_u64(w, 0);
        break;
    case PARAMETER_CHOICE:
        jw_key(w, "enum");
        jw_array(w);
        for (size_t i = 0; p->choices[i] != NULL; i++)
            jw_text(w, p->choices[i]);
        jw_array_end(w);
        break;
    case PARAMETER_TIME:
        put(w, "format", "date-time");
        break;
    case PARAMETER_TEXT:
    case PARAMETER_BOOL:
        break;
    }
    jw_object_end(w);
}

static void parameters(struct json_writer *w, const struct endpoint *e)
{
    const struct route *route = e->route;
    bool at_in_path = strstr(route->path, "{at}") != NULL;
    jw_key(w, "parameters");
    jw_array(w);
    for (size_t i = 0; i < e->n_parameters; i++) {
        const struct parameter *p = &route->parameters[i];
        bool in_path = e->path_parameters >> i & 1;
        jw_object(w);
        put(w, "name", p->name);
        put(w, "in", in_path ? "path" : "query");
        jw_key(w, "required");
        jw_bool(w, in_path || p->required);
        put(w, "description", p->about);
        parameter_schema(w, p);
        jw_object_end(w);
    }
    if (route->takes_at && !at_in_path)
        reference(w, "#/components/parameters/at");
    if (route->shape == SHAPE_LIST) {
        reference(w, "#/components/parameters/limit");
        reference(w, "#/components/parameters/after");
        if (route->both_orders)
            reference(w, "#/components/parameters/order");
    }
    jw_array_end(w);
}

static void text_content(struct json_writer *w, const char *type)
{
    open_object(w, type);
    open_object(w, "schema");
    put(w, "type", "string");
    jw_object_end(w);
    jw_object_end(w);
}

static void content(struct json_writer *w, const struct route *route)
{
    open_object(w, "content");
    switch (route->shape) {
    case SHAPE_STREAM:
        text_content(w, "text/event-stream");
        break;
    case SHAPE_RAW:
        text_content(w, "*/*");
        break;
    case SHAPE_OBJECT:
    case SHAPE_LIST:
        open_object(w, "application/json");
        open_object(w, "schema");
        if (route->shape == SHAPE_LIST) {
            page_schema(w, route);
        } else {
            put(w, "type", "object");
            members_schema(w, route->members, route->takes_at);
        }
        jw_object_end(w);
        jw_object_end(w);
        if (route->shape == SHAPE_LIST) {
            text_content(w, "text/csv");
            text_content(w, "application/x-ndjson");
        }
        break;
    }
    jw_object_end(w);
}

static void request_body(struct json_writer *w, const struct route *route)
{
    if (strcmp(route->method, "POST") != 0)
        return;
    open_object(w, "requestBody");
    jw_key(w, "required");
    jw_bool(w, true);
    open_object(w, "content");
    open_object(w, "application/json");
    open_object(w, "schema");
    put(w, "type", "object");
    if (route->body != NULL)
        members_schema(w, route->body, false);
    jw_object_end(w);
    jw_object_end(w);
    jw_object_end(w);
    jw_object_end(w);
}

static void operation(struct json_writer *w, const struct endpoint *e)
{
    const struct route *route = e->route;
    open_object(w, strcmp(route->method, "POST") == 0 ? "post" : "get");
    put(w, "summary", route->about);
    parameters(w, e);
    request_body(w, route);
    open_object(w, "responses");
    open_object(w, "200");
    put(w, "description", route->about);
    content(w, route);
    jw_object_end(w);
    if (strcmp(route->method, "GET") == 0 && route->shape != SHAPE_STREAM) {
        open_object(w, "304");
        put(w, "description", "The client's copy (If-None-Match) is still right.");
        jw_object_end(w);
    }
    jw_key(w, "default");
    reference(w, "#/components/responses/Problem");
    jw_object_end(w);
    jw_object_end(w);
}

static void paths(struct json_writer *w, const struct router *r)
{
    open_object(w, "paths");
    for (size_t i = 0; i < r->n; i++) {
        bool first = true;
        for (size_t k = 0; k < i; k++)
            first = first && strcmp(r->endpoints[k].route->path, r->endpoints[i].route->path) != 0;
        if (!first)
            continue;
        open_object(w, r->endpoints[i].route->path);
        for (size_t k = i; k < r->n; k++)
            if (strcmp(r->endpoints[k].route->path, r->endpoints[i].route->path) == 0)
                operation(w, &r->endpoints[k]);
        jw_object_end(w);
    }
    jw_object_end(w);
}

/* ---- components ---- */

static const struct member as_of_members[] =
    {{.name = "block_number", .type = T_U64, .about = "The block that the answer speaks of: after its transactions."},
     {.name = "block_hash", .type = T_HASH, .about = "Its hash."},
     {.name = "block_time", .type = T_TIME, .about = "Its time."},
     {.name = "finality", .type = T_TEXT, .about = "latest, safe or finalized: what the block is now."},
     {.name = "block_root", .type = T_HASH, .nullable = true, .about = "Root over the books up to this block."},
     {0}};

static const struct member reason_members[] = {{.name = "code",
                                                .type = T_TEXT,
                                                .about = "Which rule; kept for programs."},
                                               {.name = "text", .type = T_TEXT, .about = "The same for people."},
                                               {0}};

static const struct member problem_members[] =
    {{.name = "type", .type = T_TEXT, .about = "URI of the kind of problem."},
     {.name = "title", .type = T_TEXT, .about = "What kind of problem it is."},
     {.name = "status", .type = T_U64, .about = "The HTTP status."},
     {.name = "detail", .type = T_TEXT, .about = "What is wrong with this request."},
     {.name = "code", .type = T_TEXT, .about = "The kind of problem, for programs."},
     {.name = "param", .type = T_TEXT, .optional = true, .about = "The parameter that is wrong."},
     {.name = "reasons",
      .nest = NEST_LIST,
      .members = reason_members,
      .optional = true,
      .about = "Of a 422: each rule that refuses."},
     {.name = "request_id", .type = T_TEXT, .about = "As in the header Request-Id."},
     {0}};

static void schema_of(struct json_writer *w, const char *name, const struct member *members)
{
    open_object(w, name);
    put(w, "type", "object");
    members_schema(w, members, false);
    jw_object_end(w);
}

static void text_parameter(struct json_writer *w, const char *name, const char *about)
{
    open_object(w, name);
    put(w, "name", name);
    put(w, "in", "query");
    put(w, "description", about);
    open_object(w, "schema");
    put(w, "type", strcmp(name, "limit") == 0 ? "integer" : "string");
    if (strcmp(name, "limit") == 0) {
        jw_key(w, "minimum");
        jw_u64(w, 1);
        jw_key(w, "maximum");
        jw_u64(w, PAGE_LIMIT_MAX);
        jw_key(w, "default");
        jw_u64(w, PAGE_LIMIT_DEFAULT);
    }
    if (strcmp(name, "order") == 0) {
        jw_key(w, "enum");
        jw_array(w);
        jw_text(w, "asc");
        jw_text(w, "desc");
        jw_array_end(w);
    }
    jw_object_end(w);
    jw_object_end(w);
}

static void components(struct json_writer *w)
{
    open_object(w, "components");
    open_object(w, "schemas");
    schema_of(w, "AsOf", as_of_members);
    schema_of(w, "Problem", problem_members);
    jw_object_end(w);
    open_object(w, "parameters");
    text_parameter(w, "at", AT_ABOUT);
    text_parameter(w, "limit", "How many items a page has.");
    text_parameter(w, "after", "next_cursor of the page before; pages are pinned to the first page's block.");
    text_parameter(w, "order", "In which order.");
    jw_object_end(w);
    open_object(w, "responses");
    open_object(w, "Problem");
    put(w, "description", "The request was refused or failed (RFC 9457).");
    open_object(w, "content");
    open_object(w, "application/problem+json");
    jw_key(w, "schema");
    reference(w, "#/components/schemas/Problem");
    jw_object_end(w);
    jw_object_end(w);
    jw_object_end(w);
    jw_object_end(w);
    jw_object_end(w);
}

void openapi_write(const struct router *r, const char *version, struct buffer *out)
{
    struct json_writer w;
    jw_start(&w, out);
    jw_object(&w);
    put(&w, "openapi", "3.1.0");
    open_object(&w, "info");
    put(&w, "title", "altledger");
    put(&w, "version", *version != '\0' ? version : "0");
    put(&w, "description",
        "The ALT ecosystem on Ethereum L1 as exact books. Amounts are decimal strings of base units; every answer says "
        "of which block "
        "it speaks.");
    jw_object_end(&w);
    paths(&w, r);
    components(&w);
    jw_object_end(&w);
}
