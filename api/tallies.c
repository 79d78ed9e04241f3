/* api/tallies.c - how proposals of both sources stand: tallies with their history, and quorums. */
#include "api/nested.h"
#include "api/offchain.h"
#include "api/proposal_shape.h"
#include "api/routes.h"

static const struct member score_members[] = {{.name = "choice", .type = T_U64, .about = "Its number, from 1."},
                                              {.name = "label", .type = T_TEXT, .about = "What the proposal calls it."},
                                              {.name = "score",
                                               .type = T_TOTAL,
                                               .about = "Its score, in units of power."},
                                              {0}};

static void write_scores(struct json_writer *w, const struct rows *rows, size_t row, size_t column)
{
    if (rows_null(rows, row, column))
        jw_null(w);
    else
        nested_write_list(w, rows, row, column, score_members);
}

/* clang-format off */
#define LABELLED                                                                                                      \
    "(SELECT json_agg(json_build_array(e.n, s.choices::json ->> (e.n - 1)::integer, e.score) ORDER BY e.n)::text"     \
    " FROM json_array_elements_text(s.scores::json) WITH ORDINALITY AS e (score, n))"
#define TALLY                                                                                                         \
    SQL_AT SQL_LOG_NOW("$7", "$8", "$9")                                                                              \
    "SELECT a.*, x.*, CASE x.source WHEN 'offchain' THEN g.size END FROM a CROSS JOIN g CROSS JOIN LATERAL ("         \
    "SELECT p.id::bytea, 'onchain'::text AS source, v.against_votes, v.for_votes, v.abstain_votes, v.quorum,"         \
    " v.quorum_reached, v.vote_succeeded, v.ballots, v.uncounted, v.state, NULL::text AS scores,"                     \
    " NULL::numeric AS power, NULL::bigint AS voters, NULL::text AS outcome, NULL::boolean AS final,"                 \
    " NULL::boolean AS provisional, NULL::boolean AS recounting, NULL::bigint AS counted"                             \
    " FROM " SQL_PROPOSAL_BY_ID " p CROSS JOIN LATERAL " SQL_PROPOSAL_VIEW("p", SQL_TIME_OF_BLOCK("$8", "$9")) " v"   \
    " UNION ALL SELECT s.id, 'offchain', (o.votes::json ->> 0)::numeric, (o.votes::json ->> 1)::numeric,"             \
    " (o.votes::json ->> 2)::numeric, s.quorum, s.quorum_reached, s.vote_succeeded, s.ballots, 0, s.state, " LABELLED "," \
    " s.power, s.voters, o.outcome, s.final, s.provisional, s.recounting, s.counted"                                  \
    " FROM " SQL_OFFCHAIN("$5") " s CROSS JOIN LATERAL (SELECT"                                                       \
    " CASE WHEN s.type = 0 THEN json_build_array(s.scores::json ->> 1, s.scores::json ->> 0, s.scores::json ->> 2)::text" \
    " END AS votes, CASE WHEN s.scores IS NOT NULL THEN json_build_array(s.quorum_reached, s.tie, s.winner, s.succeeded)" \
    "::text END AS outcome) o) x ORDER BY x.id"
/* A list has one proposal: that of a number that several governors gave is not asked for here. */
#define OF_ONE_PROPOSAL                                                                                               \
    "(SELECT o.governor::bytea, o.proposal_id::bytea, NULL::bytea AS id, NULL::bytea AS basis, NULL::integer AS generation" \
    " FROM " SQL_THE_PROPOSAL_BY_ID " o UNION ALL SELECT NULL, NULL, o.id::bytea, api_v1.basis_of(o.snapshot), c.generation" \
    " FROM governance.proposal o CROSS JOIN mirror.cursor c WHERE o.id = $5 AND o.version = 1 AND o.position < g.size OFFSET 0)"
#define TALLY_HISTORY(compare, order)                                                                                 \
    SQL_AT SQL_LOG("$8", "$9", "$11", "$12", "$13")                                                                   \
    "SELECT a.*, x.*, g.size FROM a CROSS JOIN g CROSS JOIN LATERAL " OF_ONE_PROPOSAL " p"                            \
    " LEFT JOIN LATERAL (SELECT u.*, " SQL_LOG_KEYS " FROM ((SELECT s.position >> 32 AS block_number,"                \
    "   h.time AS block_time, s.log_index, s.against_votes::numeric, s.for_votes::numeric, s.abstain_votes::numeric," \
    "   s.ballots, NULL::bigint AS counted, NULL::timestamptz AS counted_at, NULL::text AS scores,"                   \
    "   NULL::numeric AS power, NULL::bigint AS voters, s.position AS key"                                            \
    "  FROM (SELECT t.* FROM ledger.proposal_tally t WHERE t.governor = p.governor AND t.proposal_id = p.proposal_id" \
    "     AND t.position " compare " $7 AND t.position <= a.position ORDER BY t.position " order " LIMIT $10) s"      \
    "  CROSS JOIN LATERAL (SELECT b.time FROM mirror.chain m JOIN mirror.block b ON b.id = m.block"                   \
    "   WHERE m.number = s.position >> 32 LIMIT 1) h) UNION ALL"                                                      \
    " (SELECT NULL, NULL, NULL, y.against_votes, y.for_votes, y.abstain_votes, s.ballots, s.size, s.received,"        \
    "   s.scores, s.power::numeric, s.voters, s.size AS key"                                                          \
    "  FROM (SELECT t.* FROM governance.tally t WHERE t.proposal = p.id AND t.size " compare " $7"                    \
    "     AND t.size <= g.size AND t.generation = p.generation AND t.block = p.basis"                                 \
    "     ORDER BY t.size " order " LIMIT $10) s"                                                                     \
    "  LEFT JOIN LATERAL (SELECT (s.scores::json ->> 1)::numeric AS against_votes, (s.scores::json ->> 0)::numeric AS for_votes," \
    "   coalesce(s.scores::json ->> 2, '0')::numeric AS abstain_votes FROM governance.proposal o"                     \
    "   WHERE o.id = p.id AND o.version = 1 AND o.type = 0) y ON true)"                                               \
    " ORDER BY key " order " LIMIT $10) u) x ON true ORDER BY x.key " order
/* clang-format on */

static enum err tally_ask(const struct request *r, struct statement *s)
{
    s->sql = TALLY;
    statement_at(s, r);                  /* $1 .. $4 */
    TRY(proposal_id_params(r, "id", s)); /* $5, $6 */
    statement_log(s, r);                 /* $7 .. $9 */
    return OK;
}

static enum err one_answer(const struct request *r, const struct rows *rows, struct reply *reply)
{
    TRY(proposal_check_one(rows, AT_COLUMNS, "id"));
    offchain_render(r, rows, reply);
    return OK;
}

static enum err tally_history_ask(const struct request *r, struct statement *s)
{
    s->sql = r->page.descending ? TALLY_HISTORY("<", "DESC") : TALLY_HISTORY(">", "ASC");
    statement_at(s, r); /* $1 .. $4 */
    TRY(proposal_id_params(r, "id", s));
    statement_page(s, r); /* $7 .. $10 */
    statement_log(s, r);  /* $11 .. $13 */
    return OK;
}

/* ---- quorum ---- */

/* clang-format off */
#define QUORUM                                                                                                        \
    SQL_AT SQL_LOG_NOW("$7", "$8", "$9")                                                                              \
    "SELECT a.*, x.*, CASE x.source WHEN 'offchain' THEN g.size END FROM a CROSS JOIN g CROSS JOIN LATERAL ("         \
    "SELECT p.id::bytea, 'onchain'::text AS source, v.quorum, v.quorum_reached, v.for_votes + v.abstain_votes AS power," \
    " 'for+abstain'::text AS rule, v.snapshot_position >> 32 AS snapshot_block,"                                      \
    " api_v1.numerator_at(p.governor, 4, v.snapshot_position, a.position) AS numerator,"                              \
    " CASE WHEN v.snapshot_position IS NOT NULL THEN 100::bigint END AS denominator, p.governor::bytea,"              \
    " NULL::text AS space, NULL::bigint AS parameters, NULL::timestamptz AS effective"                                \
    " FROM " SQL_PROPOSAL_BY_ID " p CROSS JOIN LATERAL " SQL_PROPOSAL_VIEW("p", SQL_TIME_OF_BLOCK("$8", "$9")) " v"   \
    " UNION ALL SELECT s.id, 'offchain', s.quorum, s.quorum_reached, s.power, 'all', s.snapshot, NULL, NULL, NULL,"   \
    " s.space, s.parameters, (SELECT y.effective FROM governance.space y WHERE y.id = s.space"                        \
    " AND y.position = s.parameters) FROM " SQL_OFFCHAIN("$5") " s) x ORDER BY x.id"
/* clang-format on */

static enum err quorum_ask(const struct request *r, struct statement *s)
{
    s->sql = QUORUM;
    statement_at(s, r);                  /* $1 .. $4 */
    TRY(proposal_id_params(r, "id", s)); /* $5, $6 */
    statement_log(s, r);                 /* $7 .. $9 */
    return OK;
}

/* ---- members ---- */

#define NOT_BASIC " Null: off-chain, of another type than basic."
#define TALLY_SUMS                                                                                      \
    {.name = "against", .type = T_AMOUNT, .nullable = true, .about = "Units against." NOT_BASIC},       \
        {.name = "for", .type = T_AMOUNT, .nullable = true, .about = "Units in favour." NOT_BASIC},     \
    {                                                                                                   \
        .name = "abstain", .type = T_AMOUNT, .nullable = true, .about = "Units that abstain." NOT_BASIC \
    }
#define COUNTED_MEMBERS                                                                                              \
    {.name = "power", .type = T_TOTAL, .nullable = true, .about = "Power of all ballots that count." OFFCHAIN_ONLY}, \
    {                                                                                                                \
        .name = "voters", .type = T_U64, .nullable = true, .about = "Ballots that count." OFFCHAIN_ONLY              \
    }
#define COUNTING " Null also while ballots are counted anew."

static const struct member tally_members[] = {
    {.name = "proposal", .type = T_HASH, .about = "The proposal's id."},
    {.name = "source", .type = T_TEXT, .about = "onchain or offchain."},
    TALLY_SUMS,
    {.name = "quorum",
     .type = T_AMOUNT,
     .nullable = true,
     .about =
         "What quorum(snapshot) answers; null before the snapshot is past. Off-chain: as the space's parameters say."},
    {.name = "quorum_reached",
     .type = T_BOOL,
     .nullable = true,
     .about = "For + abstain reach it; off-chain: the power of all who voted." COUNTING},
    {.name = "vote_succeeded",
     .type = T_BOOL,
     .nullable = true,
     .about = "More for than against; off-chain, of other types: one choice has the most." COUNTING},
    {.name = "ballots", .type = T_U64, .nullable = true, .about = "Ballots cast so far, superseded ones too." COUNTING},
    {.name = "uncounted_ballots", .type = T_U64, .about = "Of these, not in the sums."},
    {.name = "state", .type = T_TEXT, .nullable = true, .about = "As of the proposal."},
    {.name = "scores",
     .nest = NEST_LIST,
     .nullable = true,
     .members = score_members,
     .write = write_scores,
     .about = "By choice." OFFCHAIN_ONLY},
    COUNTED_MEMBERS,
    {.name = "outcome",
     .nest = NEST_OBJECT,
     .nullable = true,
     .members = proposal_outcome_members,
     .write = proposal_write_outcome,
     .about = "What the scores say so far." OFFCHAIN_ONLY},
    {.name = "final", .type = T_BOOL, .nullable = true, .about = "As of the proposal." OFFCHAIN_ONLY},
    {.name = "provisional",
     .type = T_BOOL,
     .nullable = true,
     .about = "The snapshot block is not finalized." OFFCHAIN_ONLY},
    {.name = "recounting",
     .type = T_BOOL,
     .nullable = true,
     .about = "The scores do not have all ballots yet." OFFCHAIN_ONLY},
    {.name = "counted",
     .type = T_U64,
     .nullable = true,
     .about = "Ballots at positions of the log below it are counted." OFFCHAIN_ONLY},
    LOG_SIZE_IF_OFFCHAIN,
    {0}};

static const struct member quorum_members[] =
    {{.name = "proposal", .type = T_HASH, .about = "The proposal's id."},
     {.name = "source", .type = T_TEXT, .about = "onchain or offchain."},
     {.name = "quorum", .type = T_AMOUNT, .nullable = true, .about = "What is needed; null: not known (yet)."},
     {.name = "quorum_reached",
      .type = T_BOOL,
      .nullable = true,
      .about = "Whether it is reached; null: not known (yet)."},
     {.name = "power", .type = T_TOTAL, .nullable = true, .about = "What there is to reach it." COUNTING},
     {.name = "rule", .type = T_TEXT, .about = "Whose power is meant: for+abstain; all (who voted)."},
     {.name = "snapshot_block",
      .type = T_U64,
      .nullable = true,
      .about = "Of which block its parameters are; null: the snapshot is not past."},
     {.name = "numerator",
      .type = T_AMOUNT,
      .nullable = true,
      .about = "quorumNumerator at the snapshot; null also if no event told it." ONCHAIN_ONLY},
     {.name = "denominator",
      .type = T_U64,
      .nullable = true,
      .about = "quorumDenominator: the quorum is numerator / denominator of the supply at the snapshot." ONCHAIN_ONLY},
     {.name = "governor", .type = T_ADDRESS, .nullable = true, .about = "Whose parameters." ONCHAIN_ONLY},
     {.name = "space", .type = T_TEXT, .nullable = true, .about = "Whose parameters." OFFCHAIN_ONLY},
     {.name = "parameters", .type = T_U64, .nullable = true, .about = "Their place in the log." OFFCHAIN_ONLY},
     {.name = "effective", .type = T_TIME, .nullable = true, .about = "Since when they hold." OFFCHAIN_ONLY},
     LOG_SIZE_IF_OFFCHAIN,
     {0}};

const struct route tallies_routes[] = {
    {.method = "GET",
     .path = "/v1/proposals/{id}/tally",
     .about = "How a proposal stands, and what it needs.",
     .shape = SHAPE_OBJECT,
     .takes_at = true,
     .wants_time = true,
     .cache = CACHE_NEVER,
     .parameters = PARAMETERS(PROPOSAL_ID_PARAMETER),
     .members = tally_members,
     .ask = tally_ask,
     .answer = one_answer},
    {.method = "GET",
     .path = "/v1/proposals/{id}/tally/history",
     .about = "Every change of a proposal's tally, for charts.",
     .shape = SHAPE_LIST,
     .takes_at = true,
     .wants_time = true,
     .cache = CACHE_NEVER,
     .parameters = PARAMETERS(PROPOSAL_ID_PARAMETER),
     .members = MEMBERS(
         {.name = "block_number", .type = T_U64, .nullable = true, .about = "The block that changed it." ONCHAIN_ONLY},
         {.name = "block_time", .type = T_TIME, .nullable = true, .about = "Time of that block." ONCHAIN_ONLY},
         {.name = "log_index", .type = T_U64, .nullable = true, .about = "The log in that block." ONCHAIN_ONLY},
         TALLY_SUMS, {.name = "ballots", .type = T_U64, .about = "Ballots cast so far, superseded ones too."},
         {.name = "counted",
          .type = T_U64,
          .nullable = true,
          .about = "Ballots at positions of the log below it are counted." OFFCHAIN_ONLY},
         {.name = "counted_at", .type = T_TIME, .nullable = true, .about = "When the last of them came." OFFCHAIN_ONLY},
         {.name = "scores",
          .type = T_TOTAL,
          .nest = NEST_SCALARS,
          .nullable = true,
          .write = offchain_write_scores,
          .about = "The score of each choice." OFFCHAIN_ONLY},
         COUNTED_MEMBERS),
     .KEYS(T_I64, T_I64, T_I64),
     .extra = log_extra,
     .both_orders = true,
     .ask = tally_history_ask},
    {.method = "GET",
     .path = "/v1/proposals/{id}/quorum",
     .about = "The quorum of a proposal, by which parameters, and whether it is reached.",
     .shape = SHAPE_OBJECT,
     .takes_at = true,
     .wants_time = true,
     .cache = CACHE_NEVER,
     .parameters = PARAMETERS(PROPOSAL_ID_PARAMETER),
     .members = quorum_members,
     .ask = quorum_ask,
     .answer = one_answer},
    {0}};
