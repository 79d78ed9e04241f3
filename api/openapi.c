/* api/openapi.c - see openapi.h. */
#include "api/openapi.h"

#include <inttypes.h>
#include <string.h>

#include "api/schema.h"

#define AT_ABOUT                                                                                                   \
    "Which block: a number, a hash, latest (default), safe, finalized, or an RFC 3339 time (the last block at or " \
    "before it)."

static void page_schema(struct json_writer *w, const struct route *route)
{
    schema_put(w, "type", "object");
    schema_open(w, "properties");
    schema_open(w, "data");
    schema_put(w, "type", "array");
    schema_open(w, "items");
    schema_put(w, "type", "object");
    schema_members(w, OF_REPLY, route->members, NOTHING_MORE);
    jw_object_end(w);
    jw_object_end(w);
    schema_open(w, "has_more");
    schema_put(w, "type", "boolean");
    jw_object_end(w);
    schema_open(w, "next_cursor");
    schema_type(w, "string", true);
    jw_object_end(w);
    if (route->takes_at) {
        jw_key(w, "as_of");
        schema_reference(w, "#/components/schemas/AsOf");
    }
    for (const struct member *m = route->extra; m != NULL && m->name != NULL; m++)
        schema_member(w, OF_REPLY, m);
    jw_object_end(w);
    jw_key(w, "required");
    jw_array(w);
    jw_text(w, "data");
    jw_text(w, "has_more");
    jw_text(w, "next_cursor");
    if (route->takes_at)
        jw_text(w, "as_of");
    for (const struct member *m = route->extra; m != NULL && m->name != NULL; m++)
        jw_text(w, m->name);
    jw_array_end(w);
}

/* ---- operations ---- */

static void parameter_schema(struct json_writer *w, const struct parameter *p)
{
    schema_open(w, "schema");
    schema_put(w, "type", p->type == PARAMETER_U64 ? "integer" : p->type == PARAMETER_BOOL ? "boolean" : "string");
    switch (p->type) {
    case PARAMETER_ADDRESS:
        schema_put(w, "pattern", ADDRESS_PATTERN);
        break;
    case PARAMETER_HASH:
        schema_put(w, "pattern", HASH_PATTERN);
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
        schema_put(w, "format", "date-time");
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
        schema_put(w, "name", p->name);
        schema_put(w, "in", in_path ? "path" : "query");
        jw_key(w, "required");
        jw_bool(w, in_path || p->required);
        schema_put(w, "description", p->about);
        parameter_schema(w, p);
        jw_object_end(w);
    }
    if (route->takes_at && !at_in_path && route->body == NULL)
        schema_reference(w, "#/components/parameters/at");
    if (route->shape == SHAPE_LIST) {
        schema_reference(w, "#/components/parameters/limit");
        schema_reference(w, "#/components/parameters/after");
        if (route->both_orders)
            schema_reference(w, "#/components/parameters/order");
    }
    jw_array_end(w);
}

static void text_content(struct json_writer *w, const char *type)
{
    schema_open(w, type);
    schema_open(w, "schema");
    schema_put(w, "type", "string");
    jw_object_end(w);
    jw_object_end(w);
}

static void content(struct json_writer *w, const struct route *route)
{
    schema_open(w, "content");
    switch (route->shape) {
    case SHAPE_STREAM:
        text_content(w, "text/event-stream");
        break;
    case SHAPE_FILE:
        text_content(w, "application/x-ndjson");
        break;
    case SHAPE_RAW:
        text_content(w, "*/*");
        break;
    case SHAPE_OBJECT:
    case SHAPE_LIST:
        schema_open(w, "application/json");
        schema_open(w, "schema");
        if (route->shape == SHAPE_LIST) {
            page_schema(w, route);
        } else {
            schema_put(w, "type", "object");
            schema_members(w, OF_REPLY, route->members, route->takes_at ? WITH_AS_OF : NOTHING_MORE);
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
    if (route->body == NULL)
        return;
    schema_open(w, "requestBody");
    jw_key(w, "required");
    jw_bool(w, true);
    schema_open(w, "content");
    schema_open(w, "application/json");
    schema_open(w, "schema");
    schema_put(w, "type", "object");
    schema_members(w, OF_BODY, route->body, route->takes_at ? WITH_AT : NOTHING_MORE);
    jw_object_end(w);
    jw_object_end(w);
    jw_object_end(w);
    jw_object_end(w);
}

static void operation(struct json_writer *w, const struct endpoint *e)
{
    const struct route *route = e->route;
    schema_open(w, strcmp(route->method, "POST") == 0 ? "post" : "get");
    schema_put(w, "summary", route->about);
    parameters(w, e);
    request_body(w, route);
    schema_open(w, "responses");
    schema_open(w, "200");
    schema_put(w, "description", route->about);
    content(w, route);
    jw_object_end(w);
    if (strcmp(route->method, "GET") == 0 && route->shape != SHAPE_STREAM && route->shape != SHAPE_FILE) {
        schema_open(w, "304");
        schema_put(w, "description", "The client's copy (If-None-Match) is still right.");
        jw_object_end(w);
    }
    jw_key(w, "default");
    schema_reference(w, "#/components/responses/Problem");
    jw_object_end(w);
    jw_object_end(w);
}

/* OpenAPI's templates have no {name...}: the parameter's own sentence says that it may hold slashes. */
static void open_path(struct json_writer *w, const struct endpoint *e)
{
    AUTO_BUFFER path = {0};
    size_t n = strlen(e->route->path);
    buffer_bytes(&path, e->route->path, e->takes_rest ? n - strlen("...}") : n);
    buffer_text(&path, e->takes_rest ? "}" : "");
    buffer_u8(&path, '\0');
    schema_open(w, (const char *)path.p);
}

static void paths(struct json_writer *w, const struct router *r)
{
    schema_open(w, "paths");
    for (size_t i = 0; i < r->n; i++) {
        bool first = true;
        for (size_t k = 0; k < i; k++)
            first = first && strcmp(r->endpoints[k].route->path, r->endpoints[i].route->path) != 0;
        if (!first)
            continue;
        open_path(w, &r->endpoints[i]);
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
    schema_open(w, name);
    schema_put(w, "type", "object");
    schema_members(w, OF_REPLY, members, NOTHING_MORE);
    jw_object_end(w);
}

/* The member `at` of a request's body. */
static void at_schema(struct json_writer *w)
{
    schema_open(w, "At");
    jw_key(w, "type");
    jw_array(w);
    jw_text(w, "string");
    jw_text(w, "integer");
    jw_array_end(w);
    schema_put(w, "description", AT_ABOUT);
    jw_object_end(w);
}

static void text_parameter(struct json_writer *w, const char *name, const char *about)
{
    schema_open(w, name);
    schema_put(w, "name", name);
    schema_put(w, "in", "query");
    schema_put(w, "description", about);
    schema_open(w, "schema");
    schema_put(w, "type", strcmp(name, "limit") == 0 ? "integer" : "string");
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
    schema_open(w, "components");
    schema_open(w, "schemas");
    schema_of(w, "AsOf", as_of_members);
    at_schema(w);
    schema_of(w, "Problem", problem_members);
    jw_object_end(w);
    schema_open(w, "parameters");
    text_parameter(w, "at", AT_ABOUT);
    text_parameter(w, "limit", "How many items a page has.");
    text_parameter(w, "after", "next_cursor of the page before; pages are pinned to the first page's block.");
    text_parameter(w, "order", "In which order.");
    jw_object_end(w);
    schema_open(w, "responses");
    schema_open(w, "Problem");
    schema_put(w, "description",
               "The request was refused or failed (RFC 9457). As application/json if Accept is just that.");
    schema_open(w, "content");
    for (size_t i = 0; i < 2; i++) {
        schema_open(w, i == 0 ? "application/problem+json" : "application/json");
        jw_key(w, "schema");
        schema_reference(w, "#/components/schemas/Problem");
        jw_object_end(w);
    }
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
    schema_put(&w, "openapi", "3.1.0");
    schema_open(&w, "info");
    schema_put(&w, "title", "altledger");
    schema_put(&w, "version", *version != '\0' ? version : "0");
    schema_put(
        &w, "description",
        "The ALT ecosystem on Ethereum L1 as exact books. Amounts are decimal strings of base units; every answer says "
        "of which block "
        "it speaks.");
    jw_object_end(&w);
    paths(&w, r);
    components(&w);
    jw_object_end(&w);
}
