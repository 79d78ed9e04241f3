/* api/proposal_votes.c - ballots cast on chain, by proposal and by voter, and tallies with their history. */
#include "api/nested.h"
#include "api/proposal.h"
#include "api/render.h"
#include "api/routes.h"
#include "api/sql.h"

/* ---- ballots ---- */

static const struct member counted_members[] = {{.name = "against", .type = T_AMOUNT, .about = "Units against."},
                                                {.name = "for", .type = T_AMOUNT, .about = "Units in favour."},
                                                {.name = "abstain", .type = T_AMOUNT, .about = "Units that abstain."},
                                                {0}};

static void write_counted(struct json_writer *w, const struct rows *rows, size_t row, size_t column)
{
    nested_write_object(w, rows, row, column, counted_members);
}

static void write_params(struct json_writer *w, const struct rows *rows, size_t row, size_t column)
{
    jw_hex(w, rows_bytes(rows, row, column));
}

/* clang-format off */
/* Of ballot s, its block h, its event e. */
#define BALLOT_COLUMNS                                                                                                \
    " s.voter, CASE s.kind WHEN 0 THEN 'vote' WHEN 1 THEN 'override' ELSE 'reduced' END AS kind, s.support, s.weight," \
    " json_build_array(s.against_votes::text, s.for_votes::text, s.abstain_votes::text)::text AS counted,"            \
    " s.reason, s.params, s.position >> 32 AS block_number, h.time AS block_time, s.log_index, e.tx_hash"
#define DECORATED                                                                                                     \
    " CROSS JOIN LATERAL (SELECT b.id, b.time FROM mirror.chain m JOIN mirror.block b ON b.id = m.block"              \
    "   WHERE m.number = s.position >> 32 LIMIT 1) h"                                                                 \
    " CROSS JOIN LATERAL (SELECT g.tx_hash FROM mirror.event g WHERE g.block = h.id AND g.log_index = s.log_index"    \
    "   LIMIT 1) e"
/* No such proposal: no row, hence 404. */
#define OF_PROPOSAL(compare, order)                                                                                   \
    SQL_AT "SELECT a.*, x.* FROM a CROSS JOIN LATERAL " SQL_THE_PROPOSAL_BY_ID " p"                                   \
    " LEFT JOIN LATERAL (SELECT" BALLOT_COLUMNS ", s.position AS key FROM (SELECT t.* FROM ledger.governor_vote t"    \
    "   WHERE t.governor = p.governor AND t.proposal_id = p.proposal_id AND t.position " compare " $8"                \
    "     AND t.position <= a.position AND ($7::bytea IS NULL OR t.voter = $7)"                                       \
    "   ORDER BY t.position " order " LIMIT $9) s" DECORATED " ORDER BY s.position " order ") x ON true"              \
    " ORDER BY x.key " order
#define OF_VOTER(compare, order)                                                                                      \
    SQL_AT "SELECT a.*, x.* FROM a LEFT JOIN LATERAL (SELECT p.id AS proposal, s.governor, p.number AS proposal_id,"  \
    BALLOT_COLUMNS ", s.position AS key FROM (SELECT t.* FROM ledger.governor_vote t"                                 \
    "   WHERE t.voter = $5 AND t.position " compare " $6 AND t.position <= a.position"                                \
    "   ORDER BY t.position " order " LIMIT $7) s" DECORATED                                                          \
    " LEFT JOIN LATERAL (SELECT o.id, o.number FROM ledger.proposal o WHERE o.governor = s.governor"                  \
    "   AND o.proposal_id = s.proposal_id AND o.position <= a.position ORDER BY o.position LIMIT 1) p ON true"        \
    " ORDER BY s.position " order ") x ON true ORDER BY x.key " order
/* clang-format on */

static enum err votes_ask(const struct request *r, struct statement *s)
{
    s->sql = r->page.descending ? OF_PROPOSAL("<", "DESC") : OF_PROPOSAL(">", "ASC");
    statement_at(s, r); /* $1 .. $4 */
    TRY(proposal_id_params(r, "id", s));
    statement_value(s, r, "voter"); /* $7 */
    statement_page(s, r);           /* $8, $9 */
    return OK;
}

static enum err ballots_ask(const struct request *r, struct statement *s)
{
    s->sql = r->page.descending ? OF_VOTER("<", "DESC") : OF_VOTER(">", "ASC");
    statement_at(s, r);               /* $1 .. $4 */
    statement_value(s, r, "address"); /* $5 */
    statement_page(s, r);             /* $6, $7 */
    return OK;
}

/* In the order of BALLOT_COLUMNS. */
#define BALLOT_MEMBERS                                                                                               \
    {.name = "voter", .type = T_ADDRESS, .about = "Who cast it."},                                                   \
        {.name = "kind",                                                                                             \
         .type = T_TEXT,                                                                                             \
         .about = "vote; override: by a delegator, of its delegate's vote; reduced: what that took off the vote of " \
                  "the voter, a delegate."},                                                                         \
        {.name = "support", .type = T_U64, .about = "0 against, 1 for, 2 abstain, 255 fractional."},                 \
        {.name = "weight", .type = T_AMOUNT, .about = "Its units, as the governor says."},                           \
        {.name = "votes",                                                                                            \
         .nest = NEST_OBJECT,                                                                                        \
         .members = counted_members,                                                                                 \
         .write = write_counted,                                                                                     \
         .about = "What it added to the tally; reduced: took away."},                                                \
        {.name = "reason", .type = T_TEXT, .write = proposal_write_text, .about = "As it was given: hostile text."}, \
        {.name = "params", .type = T_BYTES, .write = write_params, .about = "As they were given; 0x: none."},        \
        {.name = "block_number", .type = T_U64, .about = "The block it was cast in."},                               \
        {.name = "block_time", .type = T_TIME, .about = "Time of that block."},                                      \
        {.name = "log_index", .type = T_U64, .about = "Its log in that block."},                                     \
    {                                                                                                                \
        .name = "tx_hash", .type = T_HASH, .about = "The transaction."                                               \
    }

/* ---- tallies ---- */

static enum err tally_ask(const struct request *r, struct statement *s)
{
    s->sql = SQL_AT
        "SELECT a.*, s.id, s.against_votes, s.for_votes, s.abstain_votes, s.quorum, s.quorum_reached,"
        " s.vote_succeeded, s.ballots, s.uncounted, s.state"
        " FROM a CROSS JOIN LATERAL (SELECT p.id, v.* FROM " SQL_PROPOSAL_BY_ID
        " p CROSS JOIN LATERAL " SQL_PROPOSAL_VIEW("p", SQL_TIME_OF_BLOCK("$7", "$8")) " v ORDER BY p.position) s";
    statement_at(s, r);                  /* $1 .. $4 */
    TRY(proposal_id_params(r, "id", s)); /* $5, $6 */
    statement_time(s, r);                /* $7, $8 */
    return OK;
}

static enum err tally_answer(const struct request *r, const struct rows *rows, struct reply *reply)
{
    TRY(proposal_check_one(rows, AT_COLUMNS, "id"));
    render_members(&reply->json, r->route->members, rows, 0, AT_COLUMNS);
    return OK;
}

/* clang-format off */
#define TALLY_HISTORY(compare, order)                                                                                 \
    SQL_AT "SELECT a.*, x.* FROM a CROSS JOIN LATERAL " SQL_THE_PROPOSAL_BY_ID " p"                                   \
    " LEFT JOIN LATERAL (SELECT s.position >> 32 AS block_number, h.time AS block_time, s.log_index,"                 \
    "   s.against_votes, s.for_votes, s.abstain_votes, s.ballots, s.position AS key"                                  \
    "  FROM (SELECT t.* FROM ledger.proposal_tally t WHERE t.governor = p.governor AND t.proposal_id = p.proposal_id" \
    "     AND t.position " compare " $7 AND t.position <= a.position ORDER BY t.position " order " LIMIT $8) s"       \
    "  CROSS JOIN LATERAL (SELECT b.time FROM mirror.chain m JOIN mirror.block b ON b.id = m.block"                   \
    "   WHERE m.number = s.position >> 32 LIMIT 1) h ORDER BY s.position " order ") x ON true ORDER BY x.key " order
/* clang-format on */

static enum err tally_history_ask(const struct request *r, struct statement *s)
{
    s->sql = r->page.descending ? TALLY_HISTORY("<", "DESC") : TALLY_HISTORY(">", "ASC");
    statement_at(s, r); /* $1 .. $4 */
    TRY(proposal_id_params(r, "id", s));
    statement_page(s, r); /* $7, $8 */
    return OK;
}

#define TALLY_SUMS                                                          \
    {.name = "against", .type = T_AMOUNT, .about = "Units against."},       \
        {.name = "for", .type = T_AMOUNT, .about = "Units in favour."},     \
    {                                                                       \
        .name = "abstain", .type = T_AMOUNT, .about = "Units that abstain." \
    }

const struct route proposal_votes_routes[] =
    {{.method = "GET",
      .path = "/v1/proposals/{id}/votes",
      .about = "Ballots of a proposal in the order in which they were cast.",
      .shape = SHAPE_LIST,
      .takes_at = true,
      .cache = CACHE_STATE,
      .parameters = PARAMETERS(PROPOSAL_ID_PARAMETER,
                               {.name = "voter", .type = PARAMETER_ADDRESS, .about = "Only of this account."}),
      .members = MEMBERS(BALLOT_MEMBERS),
      .KEYS(T_I64),
      .both_orders = true,
      .ask = votes_ask},
     {.method = "GET",
      .path = "/v1/proposals/{id}/tally",
      .about = "How a proposal stands at a block, and what it needs.",
      .shape = SHAPE_OBJECT,
      .takes_at = true,
      .wants_time = true,
      .cache = CACHE_STATE,
      .parameters = PARAMETERS(PROPOSAL_ID_PARAMETER),
      .members =
          MEMBERS({.name = "proposal", .type = T_HASH, .about = "The proposal's id."}, TALLY_SUMS,
                  {.name = "quorum",
                   .type = T_AMOUNT,
                   .nullable = true,
                   .about = "What quorum(snapshot) answers; null before the snapshot is past."},
                  {.name = "quorum_reached", .type = T_BOOL, .nullable = true, .about = "For + abstain reach it."},
                  {.name = "vote_succeeded", .type = T_BOOL, .nullable = true, .about = "More for than against."},
                  {.name = "ballots", .type = T_U64, .about = "Ballots cast so far."},
                  {.name = "uncounted_ballots", .type = T_U64, .about = "Of these, not in the sums."},
                  {.name = "state", .type = T_TEXT, .nullable = true, .about = "As of the proposal."}),
      .ask = tally_ask,
      .answer = tally_answer},
     {.method = "GET",
      .path = "/v1/proposals/{id}/tally/history",
      .about = "Every change of a proposal's tally, for charts.",
      .shape = SHAPE_LIST,
      .takes_at = true,
      .cache = CACHE_STATE,
      .parameters = PARAMETERS(PROPOSAL_ID_PARAMETER),
      .members = MEMBERS({.name = "block_number", .type = T_U64, .about = "The block that changed it."},
                         {.name = "block_time", .type = T_TIME, .about = "Time of that block."},
                         {.name = "log_index", .type = T_U64, .about = "The log in that block."}, TALLY_SUMS,
                         {.name = "ballots", .type = T_U64, .about = "Ballots cast so far."}),
      .KEYS(T_I64),
      .both_orders = true,
      .ask = tally_history_ask},
     {.method = "GET",
      .path = "/v1/accounts/{address}/ballots",
      .about = "Ballots that an account cast with on-chain governors.",
      .shape = SHAPE_LIST,
      .takes_at = true,
      .cache = CACHE_STATE,
      .parameters = PARAMETERS({.name = "address", .type = PARAMETER_ADDRESS, .about = "The voter."}),
      .members = MEMBERS({.name = "proposal",
                          .type = T_HASH,
                          .nullable = true,
                          .about = "The proposal's id; null: it was made before the mirror began."},
                         {.name = "governor", .type = T_ADDRESS, .about = "The governor."},
                         {.name = "proposal_id",
                          .type = T_AMOUNT,
                          .nullable = true,
                          .about = "The governor's own proposalId; null as above."},
                         BALLOT_MEMBERS),
      .KEYS(T_I64),
      .both_orders = true,
      .ask = ballots_ask},
     {0}};
