/* api/dao.c - a space as a DAO's documents of ERC-4824: who it is, its members, proposals, activity, contracts and rules.
 *
 * Fields and their names are those of the ERC's JSON-LD schemas; as_of, log_size and next are ours, which JSON-LD passes over. A field
 * without value is left out, as the ERC wants. URIs are relative to where the document was asked for. */
#include <inttypes.h>
#include <string.h>

#include "api/offchain.h"
#include "api/routes.h"
#include "governance/space.h"

static const char context[] = "https://www.daostar.org/schemas", context_of_dao[] = "http://www.daostar.org/schemas";

enum { NAME = AT_COLUMNS, SIZE, OWN };
enum { MEMBERS_MOST = 1000, ACTIVITIES_MOST = 1000, PROPOSALS_MOST = 100 };

/* clang-format off */
#define SQL_SPACE(columns)                                                                                            \
    SQL_AT SQL_LOG_NOW("$6", "$7", "$8") "SELECT a.*, s.name, g.size" columns " FROM a CROSS JOIN g"                  \
    " CROSS JOIN LATERAL (SELECT n.id, n.parameters, coalesce(nullif(n.parameters::json ->> 'name', ''), n.id) AS name" \
    "   FROM governance.space n WHERE n.id = $5 AND n.position < g.size ORDER BY n.position DESC LIMIT 1) s "
/* clang-format on */

static void bind_space(const struct request *r, struct statement *s)
{
    statement_at(s, r);          /* $1 .. $4 */
    statement_value(s, r, "id"); /* $5 */
    statement_log(s, r);         /* $6 .. $8 */
}

/* One more than are shown, to see whether there are more. */
static void bind_limit(const struct request *r, struct statement *s, int64_t most)
{
    most++;
    statement_in(s, (struct param){T_I64, arena_copy(r->arena, &most, sizeof most)});
}

/* ---- URIs ---- */

/* A segment of a path: all but what RFC 3986 calls unreserved is encoded. */
static const char *segment(const char *text, struct arena *arena)
{
    AUTO_BUFFER b = {0};
    static const char unreserved[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-._~";
    for (; *text != '\0'; text++) {
        if (strchr(unreserved, *text) != NULL)
            buffer_u8(&b, (uint8_t)*text);
        else
            buffer_printf(&b, "%%%02X", (unsigned char)*text);
    }
    return arena_text(arena, (const char *)b.p, b.n);
}

static void write_uri(const struct request *r, struct json_writer *w, const char *key, const char *rest)
{
    jw_key(w, key);
    jw_text(w, arena_printf(r->arena, "/v1/spaces/%s%s", segment(request_text(r, "id"), r->arena), rest));
}

static void write_text(struct json_writer *w, const char *key, const char *text)
{
    jw_key(w, key);
    jw_text(w, text);
}

static const char *hash_text(struct hash h, struct arena *arena)
{
    char text[HASH_TEXT + 1];
    hash_format(h, text);
    return arena_text(arena, text, HASH_TEXT);
}

/* ---- documents ---- */

static void begin(struct json_writer *w, const char *at_context, const struct rows *rows)
{
    write_text(w, "@context", at_context);
    write_text(w, "type", "DAO");
    write_text(w, "name", rows_text(rows, 0, NAME));
}

static void end(struct json_writer *w, const struct rows *rows)
{
    jw_key(w, "log_size");
    jw_u64(w, rows_u64(rows, 0, SIZE));
}

/* How many items the rows have: a space without any has one row of nothing. */
static size_t items(const struct rows *rows, size_t most)
{
    size_t n = rows_null(rows, 0, OWN) ? 0 : rows_count(rows);
    return n > most ? most : n;
}

static void write_address(struct json_writer *w, struct address a)
{
    write_text(w, "type", "EthereumAddress");
    jw_key(w, "id");
    jw_address(w, a);
}

static enum err dao_ask(const struct request *r, struct statement *s)
{
    s->sql = SQL_SPACE(", nullif(s.parameters::json ->> 'about', '')");
    bind_space(r, s);
    return OK;
}

static enum err dao_answer(const struct request *r, const struct rows *rows, struct reply *reply)
{
    struct json_writer *w = &reply->json;
    begin(w, context_of_dao, rows);
    if (!rows_null(rows, 0, OWN))
        write_text(w, "description", rows_text(rows, 0, OWN));
    write_uri(r, w, "membersURI", "/dao/members");
    write_uri(r, w, "proposalsURI", "/dao/proposals");
    write_uri(r, w, "activityLogURI", "/dao/activity-log");
    write_uri(r, w, "governanceURI", "/dao/governance");
    write_uri(r, w, "contractsURI", "/dao/contracts");
    end(w, rows);
    return OK;
}

/* clang-format off */
/* Authors one after another by the index of authors, and admins. */
#define SQL_NEXT_AUTHOR(after)                                                                                        \
    "(SELECT t.author::bytea FROM governance.message t WHERE t.author > " after " AND t.space = s.id"                 \
    " AND t.kind BETWEEN 2 AND 5 AND t.position < g.size ORDER BY t.author LIMIT 1)"
#define SQL_MEMBERS                                                                                                   \
    SQL_SPACE(", x.address") "LEFT JOIN LATERAL (WITH RECURSIVE m AS (SELECT "                                        \
    SQL_NEXT_AUTHOR("coalesce($9::bytea, '')") " AS address, 1 AS n UNION ALL SELECT " SQL_NEXT_AUTHOR("m.address")   \
    ", m.n + 1 FROM m WHERE m.address IS NOT NULL AND m.n < $10)"                                                     \
    " SELECT m.address FROM m WHERE m.address IS NOT NULL"                                                            \
    " UNION SELECT y.address FROM (SELECT decode(substr(j.value, 3), 'hex') AS address"                               \
    "   FROM json_array_elements_text(s.parameters::json -> 'admins') j) y"                                           \
    "   WHERE y.address > coalesce($9::bytea, '') ORDER BY 1 LIMIT $10) x ON true ORDER BY x.address"
#define SQL_PROPOSALS                                                                                                 \
    SQL_SPACE(", x.id, x.title, x.state, x.position") "LEFT JOIN LATERAL (SELECT p.position, v.id, v.title, v.state"  \
    " FROM governance.proposal p CROSS JOIN LATERAL " SQL_OFFCHAIN("p.id") " v WHERE p.space = s.id"                  \
    " AND p.version = 1 AND p.position >= coalesce($9, 0) AND p.position < g.size ORDER BY p.position LIMIT $10) x"   \
    " ON true ORDER BY x.position"
#define SQL_ACTIVITIES                                                                                                \
    SQL_SPACE(", x.digest, x.proposal, x.author, x.position") "LEFT JOIN LATERAL (SELECT m.position,"                 \
    " m.digest::bytea, m.proposal::bytea, m.author::bytea FROM governance.message m WHERE m.space = s.id"             \
    " AND m.kind BETWEEN 2 AND 5 AND m.position >= coalesce($9, 0) AND m.position < g.size"                           \
    " ORDER BY m.position LIMIT $10) x ON true ORDER BY x.position"
/* clang-format on */

static enum err members_ask(const struct request *r, struct statement *s)
{
    s->sql = SQL_MEMBERS;
    bind_space(r, s);
    statement_value(s, r, "from"); /* $9 */
    bind_limit(r, s, MEMBERS_MOST);
    return OK;
}

static enum err members_answer(const struct request *r, const struct rows *rows, struct reply *reply)
{
    struct json_writer *w = &reply->json;
    size_t n = items(rows, MEMBERS_MOST);
    begin(w, context, rows);
    jw_key(w, "members");
    jw_array(w);
    for (size_t i = 0; i < n; i++) {
        jw_object(w);
        write_address(w, rows_address(rows, i, OWN));
        jw_object_end(w);
    }
    jw_array_end(w);
    if (rows_count(rows) > MEMBERS_MOST) {
        char last[ADDRESS_TEXT + 1];
        address_format(rows_address(rows, n - 1, OWN), last);
        write_uri(r, w, "next", arena_printf(r->arena, "/dao/members?from=%s", last));
    }
    end(w, rows);
    return OK;
}

static enum err proposals_ask(const struct request *r, struct statement *s)
{
    s->sql = SQL_PROPOSALS;
    bind_space(r, s);
    statement_value(s, r, "from"); /* $9 */
    bind_limit(r, s, PROPOSALS_MOST);
    return OK;
}

static void write_proposal(const struct request *r, struct json_writer *w, const struct rows *rows, size_t i)
{
    const char *id = hash_text(rows_hash(rows, i, OWN), r->arena);
    jw_object(w);
    write_text(w, "type", "proposal");
    write_uri(r, w, "id", arena_printf(r->arena, "?proposalId=%s", id));
    write_text(w, "name", rows_text(rows, i, OWN + 1));
    write_text(w, "contentURI", arena_printf(r->arena, "/v1/proposals/%s", id));
    if (!rows_null(rows, i, OWN + 2))
        write_text(w, "status", rows_text(rows, i, OWN + 2));
    jw_object_end(w);
}

static enum err proposals_answer(const struct request *r, const struct rows *rows, struct reply *reply)
{
    struct json_writer *w = &reply->json;
    size_t n = items(rows, PROPOSALS_MOST);
    begin(w, context, rows);
    jw_key(w, "proposals");
    jw_array(w);
    for (size_t i = 0; i < n; i++)
        write_proposal(r, w, rows, i);
    jw_array_end(w);
    if (rows_count(rows) > n && n > 0)
        write_uri(r, w, "next", arena_printf(r->arena, "/dao/proposals?from=%" PRIu64, rows_u64(rows, n, OWN + 3)));
    end(w, rows);
    return OK;
}

static enum err activity_ask(const struct request *r, struct statement *s)
{
    s->sql = SQL_ACTIVITIES;
    bind_space(r, s);
    statement_value(s, r, "from"); /* $9 */
    bind_limit(r, s, ACTIVITIES_MOST);
    return OK;
}

static void write_activity(const struct request *r, struct json_writer *w, const struct rows *rows, size_t i)
{
    const char *proposal = hash_text(rows_hash(rows, i, OWN + 1), r->arena);
    jw_object(w);
    jw_key(w, "id");
    jw_hash(w, rows_hash(rows, i, OWN));
    write_text(w, "type", "activity");
    jw_key(w, "proposal");
    jw_object(w);
    write_text(w, "type", "proposal");
    write_uri(r, w, "id", arena_printf(r->arena, "?proposalId=%s", proposal));
    jw_object_end(w);
    jw_key(w, "member");
    jw_object(w);
    write_address(w, rows_address(rows, i, OWN + 2));
    jw_object_end(w);
    jw_object_end(w);
}

static enum err activity_answer(const struct request *r, const struct rows *rows, struct reply *reply)
{
    struct json_writer *w = &reply->json;
    size_t n = items(rows, ACTIVITIES_MOST);
    begin(w, context, rows);
    jw_key(w, "activities");
    jw_array(w);
    for (size_t i = 0; i < n; i++)
        write_activity(r, w, rows, i);
    jw_array_end(w);
    if (rows_count(rows) > n && n > 0)
        write_uri(r, w, "next", arena_printf(r->arena, "/dao/activity-log?from=%" PRIu64, rows_u64(rows, n, OWN + 3)));
    end(w, rows);
    return OK;
}

static enum err contracts_ask(const struct request *r, struct statement *s)
{
    s->sql = SQL_SPACE(
        ", c.address, coalesce(c.name, c.kind), c.kind") "LEFT JOIN api_v1.contracts() c ON true ORDER BY c.address";
    bind_space(r, s);
    return OK;
}

static enum err contracts_answer(const struct request *r, const struct rows *rows, struct reply *reply)
{
    (void)r;
    struct json_writer *w = &reply->json;
    begin(w, context, rows);
    jw_key(w, "contracts");
    jw_array(w);
    for (size_t i = 0; i < items(rows, rows_count(rows)); i++) {
        jw_object(w);
        write_address(w, rows_address(rows, i, OWN));
        write_text(w, "name", rows_text(rows, i, OWN + 1));
        write_text(w, "description", rows_text(rows, i, OWN + 2));
        jw_object_end(w);
    }
    jw_array_end(w);
    end(w, rows);
    return OK;
}

/* ---- routes ---- */

static const struct member member_members[] = {{.name = "type", .type = T_TEXT, .about = "EthereumAddress."},
                                               {.name = "id", .type = T_ADDRESS, .about = "The address."},
                                               {0}};
static const struct member contract_members[] = {{.name = "type", .type = T_TEXT, .about = "EthereumAddress."},
                                                 {.name = "id", .type = T_ADDRESS, .about = "The address."},
                                                 {.name = "name",
                                                  .type = T_TEXT,
                                                  .about = "Its name in the network file, or its kind."},
                                                 {.name = "description", .type = T_TEXT, .about = "Its kind."},
                                                 {0}};
static const struct member proposal_members[] =
    {{.name = "type", .type = T_TEXT, .about = "proposal."},
     {.name = "id", .type = T_TEXT, .about = "URI of the space, ?proposalId= and the proposal's id."},
     {.name = "name", .type = T_TEXT, .about = "Its title: hostile text."},
     {.name = "contentURI", .type = T_TEXT, .about = "Where all of it is."},
     {.name = "status", .type = T_TEXT, .optional = true, .about = "Its state; missing while it is counted anew."},
     {0}};
static const struct member proposal_named_members[] = {{.name = "type", .type = T_TEXT, .about = "proposal."},
                                                       {.name = "id", .type = T_TEXT, .about = "As in the proposals."},
                                                       {0}};
static const struct member activity_members[] =
    {{.name = "id", .type = T_HASH, .about = "Digest of the message."},
     {.name = "type", .type = T_TEXT, .about = "activity."},
     {.name = "proposal", .nest = NEST_OBJECT, .members = proposal_named_members, .about = "What it was about."},
     {.name = "member", .nest = NEST_OBJECT, .members = member_members, .about = "Who did it."},
     {0}};

#define SPACE_PARAMETER                                                                  \
    {                                                                                    \
        .name = "id", .type = PARAMETER_TEXT, .max = SPACE_ID_MAX, .about = "The space." \
    }
#define FROM_POSITION                                                                                             \
    {                                                                                                             \
        .name = "from", .type = PARAMETER_U64, .about = "Only what stands at this place in the log or behind it." \
    }
#define DOCUMENT_MEMBERS                                                        \
    {.name = "@context", .type = T_TEXT, .about = "The schemas of ERC-4824."},  \
        {.name = "type", .type = T_TEXT, .about = "DAO."},                      \
    {                                                                           \
        .name = "name", .type = T_TEXT, .about = "The space's name, or its id." \
    }
#define NEXT_MEMBER                                                                                         \
    {                                                                                                       \
        .name = "next", .type = T_TEXT, .optional = true, .about = "URI of the rest; missing: that is all." \
    }
#define DOCUMENT .method = "GET", .shape = SHAPE_OBJECT, .takes_at = true, .wants_time = true, .cache = CACHE_NEVER

const struct route dao_routes[] = {
    {DOCUMENT, .path = "/v1/spaces/{id}/dao", .about = "A space as a DAO: what a daoURI of ERC-4824 points to.",
     .parameters = PARAMETERS(SPACE_PARAMETER),
     .members = MEMBERS(DOCUMENT_MEMBERS,
                        {.name = "description", .type = T_TEXT, .optional = true, .about = "What it decides."},
                        {.name = "membersURI", .type = T_TEXT, .about = "Its members."},
                        {.name = "proposalsURI", .type = T_TEXT, .about = "Its proposals."},
                        {.name = "activityLogURI", .type = T_TEXT, .about = "What its members did."},
                        {.name = "governanceURI", .type = T_TEXT, .about = "Its rules, as Markdown."},
                        {.name = "contractsURI", .type = T_TEXT, .about = "The contracts that its power comes from."},
                        LOG_SIZE_MEMBER),
     .ask = dao_ask, .answer = dao_answer},
    {DOCUMENT, .path = "/v1/spaces/{id}/dao/members",
     .about = "A space's admins and whoever proposed or voted in it, by address (ERC-4824).",
     .parameters = PARAMETERS(SPACE_PARAMETER,
                              {.name = "from", .type = PARAMETER_ADDRESS, .about = "Only addresses above this one."}),
     .members =
         MEMBERS(DOCUMENT_MEMBERS,
                 {.name = "members", .nest = NEST_LIST, .members = member_members, .about = "At most 1000 of them."},
                 NEXT_MEMBER, LOG_SIZE_MEMBER),
     .ask = members_ask, .answer = members_answer},
    {DOCUMENT, .path = "/v1/spaces/{id}/dao/proposals", .about = "A space's proposals in their order (ERC-4824).",
     .parameters = PARAMETERS(SPACE_PARAMETER, FROM_POSITION),
     .members =
         MEMBERS(DOCUMENT_MEMBERS,
                 {.name = "proposals", .nest = NEST_LIST, .members = proposal_members, .about = "At most 100 of them."},
                 NEXT_MEMBER, LOG_SIZE_MEMBER),
     .ask = proposals_ask, .answer = proposals_answer},
    {DOCUMENT, .path = "/v1/spaces/{id}/dao/activity-log",
     .about = "What was proposed, changed, cancelled and voted in a space, in its order (ERC-4824).",
     .parameters = PARAMETERS(SPACE_PARAMETER, FROM_POSITION),
     .members = MEMBERS(DOCUMENT_MEMBERS,
                        {.name = "activities",
                         .nest = NEST_LIST,
                         .members = activity_members,
                         .about = "At most 1000 of them."},
                        NEXT_MEMBER, LOG_SIZE_MEMBER),
     .ask = activity_ask, .answer = activity_answer},
    {DOCUMENT, .path = "/v1/spaces/{id}/dao/contracts", .about = "The contracts that power is read from (ERC-4824).",
     .parameters = PARAMETERS(SPACE_PARAMETER),
     .members = MEMBERS(DOCUMENT_MEMBERS,
                        {.name = "contracts",
                         .nest = NEST_LIST,
                         .members = contract_members,
                         .about = "Those of the network file."},
                        LOG_SIZE_MEMBER),
     .ask = contracts_ask, .answer = contracts_answer},
    {0}};
