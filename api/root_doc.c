/* api/root_doc.c - the first thing a visitor sees: what this is and where to go on. */
#include "api/routes.h"

static const struct link {
    const char *name, *path, *about;
} links[] = {
    {"openapi", "/openapi.json", "every resource, parameter and member"},
    {"status", "/v1/status", "how far the mirror has come"},
    {"tokens", "/v1/tokens", "the configured tokens; then /v1/tokens/{token} and /holders"},
    {"account", "/v1/accounts/{address}", "what an account has; also /entries and /votes"},
    {"events", "/v1/events", "the logs, decoded; /v1/events/stream as they come"},
    {"block", "/v1/blocks/{at}", "a block and its root"},
    {"reorgs", "/v1/reorgs", "what was taken back"},
    {"trial_balance", "/v1/trial-balance", "do the books balance"},
};

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
    for (size_t i = 0; i < sizeof links / sizeof *links; i++) {
        jw_object(w);
        jw_key(w, "name");
        jw_text(w, links[i].name);
        jw_key(w, "path");
        jw_text(w, links[i].path);
        jw_key(w, "about");
        jw_text(w, links[i].about);
        jw_object_end(w);
    }
    jw_array_end(w);
    return OK;
}

static const struct member link_members[] = {{.name = "name", .type = T_TEXT, .about = "Its name."},
                                             {.name = "path", .type = T_TEXT, .about = "Its path, or the form of it."},
                                             {.name = "about", .type = T_TEXT, .about = "What it is."},
                                             {0}};
#define ROOT_MEMBERS                                                      \
    MEMBERS({.name = "name", .type = T_TEXT, .about = "This program."},   \
            {.name = "version", .type = T_TEXT, .about = "Its version."}, \
            {.name = "about", .type = T_TEXT, .about = "What it is."},    \
            {.name = "links", .nest = NEST_LIST, .members = link_members, .about = "Where to go on."})

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
