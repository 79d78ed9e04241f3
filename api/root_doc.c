/* api/root_doc.c - the first thing a visitor sees: what this is and where to go on. */
#include "api/routes.h"

static void write_link(struct json_writer *w, const struct route *route)
{
    jw_object(w);
    jw_key(w, "method");
    jw_text(w, route->method);
    jw_key(w, "path");
    jw_text(w, route->path);
    jw_key(w, "about");
    jw_text(w, route->about);
    jw_object_end(w);
}

static enum err root_local(const struct request *r, struct reply *reply)
{
    struct json_writer *w = &reply->json;
    jw_key(w, "name");
    jw_text(w, "altledger");
    jw_key(w, "version");
    jw_text(w, r->facts->version);
    jw_key(w, "about");
    jw_text(w, "The ALT token ecosystem, mirrored from Ethereum into exact books. Every GET of state takes at=.");
    jw_key(w, "links");
    jw_array(w);
    for (size_t i = 0; routes[i] != NULL; i++)
        for (const struct route *route = routes[i]; route->path != NULL; route++)
            write_link(w, route);
    jw_array_end(w);
    return OK;
}

static const struct member link_members[] = {{.name = "method", .type = T_TEXT, .about = "GET or POST."},
                                             {.name = "path",
                                              .type = T_TEXT,
                                              .about = "Its path; what stands in braces is to be filled in."},
                                             {.name = "about", .type = T_TEXT, .about = "What it is."},
                                             {0}};
#define ROOT_MEMBERS                                                      \
    MEMBERS({.name = "name", .type = T_TEXT, .about = "This program."},   \
            {.name = "version", .type = T_TEXT, .about = "Its version."}, \
            {.name = "about", .type = T_TEXT, .about = "What it is."},    \
            {.name = "links",                                             \
             .nest = NEST_LIST,                                           \
             .members = link_members,                                     \
             .about = "Every resource; /openapi.json says all of each."})

const struct route root_doc_routes[] = {{.method = "GET",
                                         .path = "/",
                                         .about = "What this is and where to go on.",
                                         .shape = SHAPE_OBJECT,
                                         .cache = CACHE_BUILD,
                                         .members = ROOT_MEMBERS,
                                         .local = root_local},
                                        {.method = "GET",
                                         .path = "/v1",
                                         .about = "What this is and where to go on.",
                                         .shape = SHAPE_OBJECT,
                                         .cache = CACHE_BUILD,
                                         .members = ROOT_MEMBERS,
                                         .local = root_local},
                                        {0}};
