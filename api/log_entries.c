/* api/log_entries.c - the entries of the message log, in its order. */
#include "api/log.h"
#include "api/routes.h"
#include "api/sql.h"
#include "governance/message.h"

/* In the order of enum message_kind. */
static const char *const kinds[] = {"key",  "space", "proposal", "update-proposal", "cancel-proposal",
                                    "vote", "alias", NULL};
_Static_assert(sizeof kinds / sizeof *kinds - 1 == MESSAGE_ALIAS + 1, "one name a kind");

void log_kind_write(struct json_writer *w, const struct rows *rows, size_t row, size_t column)
{
    jw_text(w, message_kind_name((enum message_kind)rows_i64(rows, row, column)));
}

/* clang-format off */
/* A page of places from one table, after the page's key. */
#define PLACES(from, where, compare, order)                                                                           \
    "(SELECT o.position FROM " from " WHERE " where " AND o.position " compare " $1 ORDER BY o.position " order " LIMIT $2)"
#define MESSAGES_AT(places, order)                                                                                    \
    "(SELECT u.position FROM (" places ") u ORDER BY u.position " order " LIMIT $2) o"                                \
    " CROSS JOIN LATERAL (SELECT w.* FROM governance.message w WHERE w.position = o.position LIMIT 1) m WHERE true"
#define IS_KIND(kind) " ($3::smallint IS NULL OR $3 = " kind ") "
/* Each filter walks along an index of what it asks for, so that a page costs the same however long the log is. */
#define OF_ALL(compare, order) "governance.message m WHERE m.position " compare " $1"
#define OF_AUTHOR(compare, order) "governance.message m WHERE m.author = $4 AND m.position " compare " $1"
#define OF_PROPOSAL(compare, order)                                                                                   \
    MESSAGES_AT(PLACES("governance.ballot o", IS_KIND("5") "AND o.proposal = $6", compare, order) " UNION ALL "       \
        PLACES("governance.proposal o", IS_KIND("CASE o.version WHEN 1 THEN 2 ELSE 3 END") "AND o.id = $6", compare, order) \
        " UNION ALL " PLACES("governance.cancellation o", IS_KIND("4") "AND o.proposal = $6", compare, order), order)
#define OF_SPACE(compare, order)                                                                                      \
    MESSAGES_AT(PLACES("governance.space o", IS_KIND("1") "AND o.id = $5", compare, order) " UNION ALL "              \
        PLACES("governance.proposal o", IS_KIND("CASE o.version WHEN 1 THEN 2 ELSE 3 END") "AND o.space = $5", compare, order) \
        " UNION ALL (SELECT o.position FROM governance.proposal p CROSS JOIN LATERAL ("                               \
        PLACES("governance.ballot o", IS_KIND("5") "AND o.proposal = p.id", compare, order) " UNION ALL "             \
        PLACES("governance.cancellation o", IS_KIND("4") "AND o.proposal = p.id", compare, order)                     \
        ") o WHERE p.space = $5 AND p.version = 1)", order)
#define OF_KIND(compare, order)                                                                                       \
    MESSAGES_AT(PLACES("governance.key o", "$3 = 0", compare, order) " UNION ALL "                                    \
        PLACES("governance.space o", "$3 = 1", compare, order) " UNION ALL "                                          \
        PLACES("governance.proposal o", "$3 = CASE o.version WHEN 1 THEN 2 ELSE 3 END", compare, order) " UNION ALL " \
        PLACES("governance.cancellation o", "$3 = 4", compare, order) " UNION ALL "                                   \
        PLACES("governance.ballot o", "$3 = 5", compare, order) " UNION ALL "                                         \
        PLACES("governance.alias o", "$3 = 6", compare, order), order)
#define ENTRIES(of, compare, order)                                                                                   \
    "SELECT x.*, g.size FROM (SELECT coalesce(max(c.size), 0) AS size FROM governance.checkpoint c) g"                \
    " LEFT JOIN LATERAL (SELECT m.position, m.kind, m.digest, " SQL_MESSAGE_AUTHOR ", " SQL_MESSAGE_SPACE ", "        \
    SQL_MESSAGE_PROPOSAL ", m.received, m.leaf, convert_from(m.entry, 'UTF8') AS entry, m.position AS key FROM "      \
    of(compare, order) " AND ($3::smallint IS NULL OR m.kind = $3) AND ($4::bytea IS NULL OR m.author = $4)"          \
    " AND ($5::text IS NULL OR m.space = $5) AND ($6::bytea IS NULL OR m.proposal = $6)"                              \
    " ORDER BY m.position " order " LIMIT $2) x ON true ORDER BY x.key " order
#define IN_ORDER(r, of) ((r)->page.descending ? ENTRIES(of, "<", "DESC") : ENTRIES(of, ">", "ASC"))
/* clang-format on */

static const char *entries_sql(const struct request *r)
{
    if (request_given(r, "author"))
        return IN_ORDER(r, OF_AUTHOR);
    if (request_given(r, "proposal"))
        return IN_ORDER(r, OF_PROPOSAL);
    if (request_given(r, "space"))
        return IN_ORDER(r, OF_SPACE);
    if (request_given(r, "kind"))
        return IN_ORDER(r, OF_KIND);
    return IN_ORDER(r, OF_ALL);
}

static enum err entries_ask(const struct request *r, struct statement *s)
{
    int16_t kind = (int16_t)request_choice(r, "kind");
    s->sql = entries_sql(r);
    statement_page(s, r); /* $1, $2 */
    statement_in(s, (struct param){T_I16, request_given(r, "kind") ? arena_copy(r->arena, &kind, sizeof kind) : NULL});
    statement_value(s, r, "author");
    statement_value(s, r, "space");
    statement_value(s, r, "proposal"); /* $6 */
    return OK;
}

const struct route log_entries_routes[] =
    {{.method = "GET",
      .path = "/v1/log/entries",
      .about = "The entries of the message log in its order: signed messages, and what the service itself recorded.",
      .shape = SHAPE_LIST,
      .cache = CACHE_NEVER,
      .parameters = PARAMETERS(
          {.name = "kind", .type = PARAMETER_CHOICE, .choices = kinds, .about = "Only entries of this kind."},
          {.name = "author", .type = PARAMETER_ADDRESS, .about = "Only messages of this address."},
          {.name = "space", .type = PARAMETER_TEXT, .about = "Only entries of this space."},
          {.name = "proposal", .type = PARAMETER_HASH, .about = "Only messages about this off-chain proposal."}),
      .members = MEMBERS({.name = "position", .type = T_U64, .about = "Its place in the log, from 0."},
                         MESSAGE_KIND_MEMBER, MESSAGE_ID_MEMBER, MESSAGE_SUBJECT_MEMBERS,
                         {.name = "received", .type = T_TIME, .about = "When it was accepted, by the service's clock."},
                         {.name = "leaf", .type = T_HASH, .about = "SHA-256(0x00 || entry)."},
                         {.name = "entry", .type = T_TEXT, .about = "Its text as it is hashed: canonical JSON."}),
      .KEYS(T_I64),
      .extra = log_extra,
      .both_orders = true,
      .ask = entries_ask},
     {0}};
