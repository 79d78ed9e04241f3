/* api/proposal_versions.c - what a proposal said at first, and what its updates changed. */
#include "api/offchain.h"
#include "api/proposal_shape.h"
#include "api/routes.h"

/* clang-format off */
#define CHANGED(member) "CASE WHEN b." member " <> v." member " THEN '" member "' END"
#define VERSIONS(compare, order)                                                                                      \
    SQL_AT SQL_LOG("$8", "$9", "$11", "$12", "$13")                                                                   \
    "SELECT a.*, x.*, g.size FROM a CROSS JOIN g CROSS JOIN LATERAL"                                                  \
    " (SELECT o.governor::bytea, o.proposal_id::bytea, NULL::bytea AS id FROM " SQL_THE_PROPOSAL_BY_ID " o"           \
    "  UNION ALL SELECT NULL, NULL, o.id::bytea FROM governance.proposal o WHERE o.id = $5 AND o.version = 1"         \
    "   AND o.position < g.size) p"                                                                                   \
    " LEFT JOIN LATERAL (SELECT u.*, " SQL_LOG_KEYS " FROM ((SELECT 1 AS version, NULL::bigint AS position,"          \
    "   NULL::bytea AS digest, s.proposer::bytea AS author, h.time AS received, substr(s.description, 1, 4096) AS title," \
    "   s.description, NULL::smallint AS type, NULL::text AS choices, NULL::text AS discussion, NULL::text AS labels," \
    "   NULL::text AS plugins, NULL::integer AS policy, NULL::text AS app, '[]'::text AS changed,"                    \
    "   NULL::text AS receipt_url, 1::bigint AS key"                                                                  \
    "  FROM (SELECT t.* FROM ledger.proposal t WHERE t.governor = p.governor AND t.proposal_id = p.proposal_id"       \
    "     AND t.position <= a.position AND 1 " compare " $7 ORDER BY t.position LIMIT 1) s"                           \
    "  CROSS JOIN LATERAL (SELECT b.time FROM mirror.chain m JOIN mirror.block b ON b.id = m.block"                   \
    "   WHERE m.number = s.position >> 32 LIMIT 1) h) UNION ALL"                                                      \
    " (SELECT v.version, v.position, v.digest, v.author, v.received, convert_to(substr(v.title, 1, 4096), 'UTF8'),"   \
    "   convert_to(v.body, 'UTF8'), v.type, v.choices, v.discussion, v.labels, v.plugins, v.policy, v.app,"           \
    "   (SELECT coalesce(json_agg(c.name), '[]')::text FROM unnest(ARRAY[" CHANGED("title") ", "                      \
    "     CASE WHEN b.body <> v.body THEN 'description' END, " CHANGED("type") ", " CHANGED("choices") ", "           \
    CHANGED("discussion") ", " CHANGED("labels") ", " CHANGED("plugins") ", " CHANGED("policy") "]) AS c (name)"      \
    "     WHERE c.name IS NOT NULL),"                                                                                 \
    "   '/v1/receipts/' || " SQL_HEX("v.digest") ", v.version"                                                        \
    "  FROM (SELECT t.* FROM governance.proposal t WHERE t.id = p.id AND t.version " compare " $7"                    \
    "     AND t.position < g.size ORDER BY t.version " order " LIMIT $10) v"                                          \
    "  LEFT JOIN governance.proposal b ON b.id = v.id AND b.version = v.version - 1)"                                 \
    " ORDER BY key " order " LIMIT $10) u) x ON true ORDER BY x.key " order
/* clang-format on */

static enum err versions_ask(const struct request *r, struct statement *s)
{
    s->sql = r->page.descending ? VERSIONS("<", "DESC") : VERSIONS(">", "ASC");
    statement_at(s, r);                  /* $1 .. $4 */
    TRY(proposal_id_params(r, "id", s)); /* $5, $6 */
    statement_page(s, r);                /* $7 .. $10 */
    statement_log(s, r);                 /* $11 .. $13 */
    return OK;
}

const struct route proposal_versions_routes[] =
    {{.method = "GET",
      .path = "/v1/proposals/{id}/versions",
      .about = "The versions of a proposal, each as it was signed; an on-chain one has one.",
      .shape = SHAPE_LIST,
      .takes_at = true,
      .wants_time = true,
      .cache = CACHE_NEVER,
      .parameters = PARAMETERS(PROPOSAL_ID_PARAMETER),
      .members = MEMBERS(
          {.name = "version", .type = T_U64, .about = "From 1."},
          {.name = "position", .type = T_U64, .nullable = true, .about = "Its place in the log." OFFCHAIN_ONLY},
          {.name = "id", .type = T_HASH, .nullable = true, .about = "EIP-712 digest of its message." OFFCHAIN_ONLY},
          {.name = "author", .type = T_ADDRESS, .about = "Who wrote it."},
          {.name = "received", .type = T_TIME, .about = "When it was accepted; on-chain: the time of its block."},
          {.name = "title", .type = T_TEXT, .write = proposal_write_title, .about = "As of the proposal."},
          {.name = "description", .type = T_TEXT, .write = proposal_write_text, .about = "As of the proposal."},
          {.name = "type",
           .type = T_TEXT,
           .nullable = true,
           .write = offchain_write_type,
           .about = "Type of voting." OFFCHAIN_ONLY},
          {.name = "choices",
           .type = T_TEXT,
           .nest = NEST_SCALARS,
           .nullable = true,
           .write = offchain_write_texts,
           .about = "What can be chosen." OFFCHAIN_ONLY},
          {.name = "discussion", .type = T_TEXT, .nullable = true, .about = "Where it is discussed." OFFCHAIN_ONLY},
          {.name = "labels",
           .type = T_TEXT,
           .nest = NEST_SCALARS,
           .nullable = true,
           .write = offchain_write_texts,
           .about = "Labels." OFFCHAIN_ONLY},
          {.name = "plugins", .type = T_TEXT, .nullable = true, .about = "As they were signed." OFFCHAIN_ONLY},
          {.name = "policy",
           .type = T_TEXT,
           .nullable = true,
           .write = offchain_write_policy,
           .about = "What counts as power." OFFCHAIN_ONLY},
          {.name = "app", .type = T_TEXT, .nullable = true, .about = "What it was made with." OFFCHAIN_ONLY},
          {.name = "changed",
           .type = T_TEXT,
           .nest = NEST_SCALARS,
           .write = offchain_write_texts,
           .about = "Names of the members that are not as in the version before."},
          {.name = "receipt_url", .type = T_TEXT, .nullable = true, .about = "Where its receipt is." OFFCHAIN_ONLY}),
      .KEYS(T_I64, T_I64, T_I64),
      .extra = log_extra,
      .both_orders = true,
      .ask = versions_ask},
     {0}};
