/* api/proposal_votes.c - ballots of both sources, by proposal and by voter. */
#include "api/nested.h"
#include "api/offchain.h"
#include "api/proposal_shape.h"
#include "api/render.h"
#include "api/routes.h"

static void write_params(struct json_writer *w, const struct rows *rows, size_t row, size_t column)
{
    if (rows_null(rows, row, column))
        jw_null(w);
    else
        jw_hex(w, rows_bytes(rows, row, column));
}

/* clang-format off */
/* Of on-chain ballot s, its block h, its event e; the second half is nothing, of the types that off-chain ballots have (z). */
#define ONCHAIN_COLUMNS                                                                                               \
    " 'onchain'::text AS source, s.voter::bytea, CASE s.kind WHEN 0 THEN 'vote' WHEN 1 THEN 'override' ELSE 'reduced' END AS kind," \
    " s.support, s.weight::numeric,"                                                                                  \
    " json_build_array(s.against_votes::text, s.for_votes::text, s.abstain_votes::text)::text AS counted,"            \
    " s.reason, s.params, s.position >> 32 AS block_number, h.time AS block_time, s.log_index, e.tx_hash::bytea,"     \
    " z.id, z.position, z.choice, z.power, z.counts, z.previous, z.superseded_by, z.app, z.metadata, z.stamp,"        \
    " z.received, z.receipt_url"
#define DECORATED                                                                                                     \
    " CROSS JOIN LATERAL (SELECT b.id, b.time FROM mirror.chain m JOIN mirror.block b ON b.id = m.block"              \
    "   WHERE m.number = s.position >> 32 LIMIT 1) h"                                                                 \
    " CROSS JOIN LATERAL (SELECT g.tx_hash FROM mirror.event g WHERE g.block = h.id AND g.log_index = s.log_index"    \
    "   LIMIT 1) e LEFT JOIN api_v1.ballot_shape(NULL, 0) z ON true"
/* Which ballots of an off-chain proposal: each has an index in their order. One that does not count was superseded by one that names it
 * as `previous`, or did not take the place of that. */
#define COUNTS                                                                                                        \
    "(b.counts AND NOT EXISTS (SELECT FROM governance.ballot n WHERE n.proposal = b.proposal AND n.voter = b.voter"   \
    " AND n.position > b.position AND n.position < g.size AND n.counts))"
#define ANYBODY      "governance.ballot b WHERE b.proposal = p.id"
#define OF_ONE_VOTER ANYBODY " AND b.voter = $7 AND ($8::boolean IS NULL OR $8 = " COUNTS ")"
#define COUNTING     ANYBODY " AND " COUNTS
#define NOT_COUNTING(compare, order)                                                                                  \
    "((SELECT n.previous AS position FROM governance.ballot n WHERE n.proposal = p.id AND n.counts"                   \
    " AND n.previous " compare " $9 AND n.position < g.size ORDER BY n.previous " order " LIMIT $12) UNION ALL"       \
    " (SELECT n.position FROM governance.ballot n WHERE n.proposal = p.id AND NOT n.counts"                           \
    " AND n.position " compare " $9 AND n.position < g.size ORDER BY n.position " order " LIMIT $12)) b WHERE true"
/* No such proposal: no row, hence 404. $8: only those that count now, or only those that do not. */
#define OF_PROPOSAL(compare, order, whose)                                                                            \
    SQL_AT SQL_LOG("$10", "$11", "$13", "$14", "$15")                                                                 \
    "SELECT a.*, x.*, g.size FROM a CROSS JOIN g CROSS JOIN LATERAL"                                                  \
    " (SELECT o.governor::bytea, o.proposal_id::bytea, NULL::bytea AS id FROM " SQL_THE_PROPOSAL_BY_ID " o"           \
    "  UNION ALL SELECT NULL, NULL, o.id::bytea FROM governance.proposal o WHERE o.id = $5 AND o.version = 1"         \
    "   AND o.position < g.size) p"                                                                                   \
    " LEFT JOIN LATERAL (SELECT u.*, " SQL_LOG_KEYS " FROM ((SELECT" ONCHAIN_COLUMNS ", s.position AS key"            \
    "  FROM (SELECT t.* FROM ledger.governor_vote t WHERE t.governor = p.governor AND t.proposal_id = p.proposal_id"  \
    "    AND t.position " compare " $9 AND t.position <= a.position AND ($7::bytea IS NULL OR t.voter = $7)"          \
    "    AND $8::boolean IS NOT FALSE ORDER BY t.position " order " LIMIT $12) s" DECORATED ") UNION ALL"             \
    " (SELECT s.*, s.position AS key FROM (SELECT v.* FROM (SELECT b.position FROM " whose                             \
    "    AND b.position " compare " $9 AND b.position < g.size ORDER BY b.position " order " LIMIT $12) b"             \
    "   CROSS JOIN LATERAL api_v1.ballot_shape(b.position, g.size) v) s)"                                                \
    " ORDER BY key " order " LIMIT $12) u) x ON true ORDER BY x.key " order
/* Both sources in one order (SQL_LOG_BEHIND_ASC). */
#define OF_VOTER(compare, order)                                                                                      \
    SQL_AT SQL_LOG("$8", "$9", "$11", "$12", "$13")                                                                   \
    "SELECT a.*, x.*, g.size FROM a CROSS JOIN g LEFT JOIN LATERAL (SELECT u.*, " SQL_LOG_KEYS " FROM ("              \
    " (SELECT p.id::bytea AS proposal, s.governor::bytea, p.number::numeric AS proposal_id, NULL::text AS space,"     \
    ONCHAIN_COLUMNS ", s.position AS key, " SQL_LOG_BEHIND_##order("h.time") " AS key_log"                            \
    "  FROM (SELECT t.* FROM ledger.governor_vote t WHERE t.voter = $5 AND t.position " compare " $6"                 \
    "    AND t.position <= a.position ORDER BY t.position " #order " LIMIT $10) s" DECORATED                          \
    "  LEFT JOIN LATERAL (SELECT o.id, o.number FROM ledger.proposal o WHERE o.governor = s.governor"                 \
    "    AND o.proposal_id = s.proposal_id AND o.position <= a.position ORDER BY o.position LIMIT 1) p ON true)"      \
    " UNION ALL (SELECT s.proposal, NULL, NULL, m.space, v.*, " SQL_CHAIN_BEHIND_##order("v.received") " AS key,"     \
    "   s.position AS key_log FROM (SELECT b.position, b.proposal::bytea FROM governance.ballot b"                    \
    "    WHERE b.voter = $5 AND b.position " compare " $7 AND b.position < g.size"                                    \
    "    ORDER BY b.position " #order " LIMIT $10) s JOIN governance.message m ON m.position = s.position"            \
    "   CROSS JOIN LATERAL api_v1.ballot_shape(s.position, g.size) v)"                                                \
    " ORDER BY key " #order ", key_log " #order " LIMIT $10) u) x ON true ORDER BY x.key " #order ", x.key_log " #order
/* clang-format on */

static const char *votes_of(const struct request *r)
{
    bool descending = r->page.descending;
    if (request_given(r, "voter"))
        return descending ? OF_PROPOSAL("<", "DESC", OF_ONE_VOTER) : OF_PROPOSAL(">", "ASC", OF_ONE_VOTER);
    if (!request_given(r, "counting"))
        return descending ? OF_PROPOSAL("<", "DESC", ANYBODY) : OF_PROPOSAL(">", "ASC", ANYBODY);
    if (request_flag(r, "counting"))
        return descending ? OF_PROPOSAL("<", "DESC", COUNTING) : OF_PROPOSAL(">", "ASC", COUNTING);
    return descending ? OF_PROPOSAL("<", "DESC", NOT_COUNTING("<", "DESC"))
                      : OF_PROPOSAL(">", "ASC", NOT_COUNTING(">", "ASC"));
}

static enum err votes_ask(const struct request *r, struct statement *s)
{
    s->sql = votes_of(r);
    statement_at(s, r); /* $1 .. $4 */
    TRY(proposal_id_params(r, "id", s));
    statement_value(s, r, "voter");    /* $7 */
    statement_value(s, r, "counting"); /* $8 */
    statement_page(s, r);              /* $9 .. $12 */
    statement_log(s, r);               /* $13 .. $15 */
    return OK;
}

static enum err ballots_ask(const struct request *r, struct statement *s)
{
    s->sql = r->page.descending ? OF_VOTER("<", DESC) : OF_VOTER(">", ASC);
    statement_at(s, r);               /* $1 .. $4 */
    statement_value(s, r, "address"); /* $5 */
    statement_page(s, r);             /* $6 .. $10 */
    statement_log(s, r);              /* $11 .. $13 */
    return OK;
}

/* In the order of ONCHAIN_COLUMNS. */
#define BALLOT_MEMBERS                                                                                                      \
    {.name = "source", .type = T_TEXT, .about = "onchain or offchain."},                                                    \
        {.name = "voter", .type = T_ADDRESS, .about = "Who cast it."},                                                      \
        {.name = "kind",                                                                                                    \
         .type = T_TEXT,                                                                                                    \
         .about = "vote; override: by a delegator, of its delegate's vote; reduced: what that took off the vote of "        \
                  "the voter, a delegate."},                                                                                \
        {.name = "support",                                                                                                 \
         .type = T_U64,                                                                                                     \
         .nullable = true,                                                                                                  \
         .about = "0 against, 1 for, 2 abstain, 255 fractional." ONCHAIN_ONLY},                                             \
        {.name = "weight",                                                                                                  \
         .type = T_AMOUNT,                                                                                                  \
         .nullable = true,                                                                                                  \
         .about = "Its units, as the governor says." ONCHAIN_ONLY},                                                         \
        {.name = "votes",                                                                                                   \
         .nest = NEST_OBJECT,                                                                                               \
         .nullable = true,                                                                                                  \
         .members = proposal_votes_members,                                                                                 \
         .write = proposal_write_votes,                                                                                     \
         .about = "What it added to the tally; reduced: took away." ONCHAIN_ONLY},                                          \
        {.name = "reason", .type = T_TEXT, .write = proposal_write_text, .about = "As it was given: hostile text."},        \
        {.name = "params",                                                                                                  \
         .type = T_BYTES,                                                                                                   \
         .nullable = true,                                                                                                  \
         .write = write_params,                                                                                             \
         .about = "As they were given; 0x: none." ONCHAIN_ONLY},                                                            \
        {.name = "block_number", .type = T_U64, .nullable = true, .about = "The block it was cast in." ONCHAIN_ONLY},       \
        {.name = "block_time", .type = T_TIME, .nullable = true, .about = "Time of that block." ONCHAIN_ONLY},              \
        {.name = "log_index", .type = T_U64, .nullable = true, .about = "Its log in that block." ONCHAIN_ONLY},             \
        {.name = "tx_hash", .type = T_HASH, .nullable = true, .about = "The transaction." ONCHAIN_ONLY},                    \
        {.name = "id", .type = T_HASH, .nullable = true, .about = "Its EIP-712 digest." OFFCHAIN_ONLY},                     \
        {.name = "position", .type = T_U64, .nullable = true, .about = "Its place in the log." OFFCHAIN_ONLY},              \
        {.name = "choice",                                                                                                  \
         .nest = NEST_ANY,                                                                                                  \
         .nullable = true,                                                                                                  \
         .write = offchain_write_json,                                                                                      \
         .about = "A number, an array of numbers, or an object of numbers by choice; from 1." OFFCHAIN_ONLY},               \
        {.name = "power",                                                                                                   \
         .type = T_AMOUNT,                                                                                                  \
         .nullable = true,                                                                                                  \
         .about = "The voter's power at the snapshot; null also while it is counted anew." OFFCHAIN_ONLY},                  \
        {.name = "counts", .type = T_BOOL, .nullable = true, .about = "Whether it counts now." OFFCHAIN_ONLY},              \
        {.name = "previous",                                                                                                \
         .type = T_U64,                                                                                                     \
         .nullable = true,                                                                                                  \
         .about =                                                                                                           \
             "Place in the log of the voter's ballot that counted until then; null also if there was none." OFFCHAIN_ONLY}, \
        {.name = "superseded_by",                                                                                           \
         .type = T_U64,                                                                                                     \
         .nullable = true,                                                                                                  \
         .about = "Place in the log of the ballot that took its place, or that it could not take the place of; null "       \
                  "also if it counts." OFFCHAIN_ONLY},                                                                      \
        {.name = "app", .type = T_TEXT, .nullable = true, .about = "What it was made with." OFFCHAIN_ONLY},                 \
        {.name = "metadata", .type = T_TEXT, .nullable = true, .about = "As it was signed." OFFCHAIN_ONLY},                 \
        {.name = "timestamp", .type = T_TIME, .nullable = true, .about = "The ballot's own time." OFFCHAIN_ONLY},           \
        {.name = "received", .type = T_TIME, .nullable = true, .about = "When it was accepted." OFFCHAIN_ONLY},             \
    {                                                                                                                       \
        .name = "receipt_url", .type = T_TEXT, .nullable = true, .about = "Where its receipt is." OFFCHAIN_ONLY             \
    }

const struct route proposal_votes_routes[] =
    {{.method = "GET",
      .path = "/v1/proposals/{id}/votes",
      .about = "Ballots of a proposal in the order in which they were cast.",
      .shape = SHAPE_LIST,
      .takes_at = true,
      .wants_time = true,
      .cache = CACHE_NEVER,
      .parameters =
          PARAMETERS(PROPOSAL_ID_PARAMETER,
                     {.name = "voter", .type = PARAMETER_ADDRESS, .about = "Only of this account."},
                     {.name = "counting",
                      .type = PARAMETER_BOOL,
                      .about = "Only ballots that count now, or only those that do not (of on-chain ones all count)."}),
      .members = MEMBERS(BALLOT_MEMBERS),
      .KEYS(T_I64, T_I64, T_I64),
      .extra = log_extra,
      .both_orders = true,
      .ask = votes_ask},
     {.method = "GET",
      .path = "/v1/accounts/{address}/ballots",
      .about = "Ballots that an account cast, on chain and off chain, in the order in which it did.",
      .shape = SHAPE_LIST,
      .takes_at = true,
      .wants_time = true,
      .cache = CACHE_NEVER,
      .parameters = PARAMETERS({.name = "address", .type = PARAMETER_ADDRESS, .about = "The voter."}),
      .members =
          MEMBERS({.name = "proposal",
                   .type = T_HASH,
                   .nullable = true,
                   .about = "The proposal's id; null: it was made before the mirror began."},
                  {.name = "governor", .type = T_ADDRESS, .nullable = true, .about = "The governor." ONCHAIN_ONLY},
                  {.name = "proposal_id",
                   .type = T_AMOUNT,
                   .nullable = true,
                   .about = "The governor's own proposalId; null as above." ONCHAIN_ONLY},
                  {.name = "space", .type = T_TEXT, .nullable = true, .about = "The space." OFFCHAIN_ONLY},
                  BALLOT_MEMBERS),
      .KEYS(T_I64, T_I64, T_I64, T_I64),
      .extra = log_extra,
      .both_orders = true,
      .ask = ballots_ask},
     {0}};
