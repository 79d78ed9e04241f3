/* api/proposals.c - proposals: what they would do, and in which state they are at a block. */
#include "api/proposal.h"

#include <string.h>

#include "api/nested.h"
#include "api/render.h"
#include "api/routes.h"
#include "api/sql.h"
#include "governance/title.h"

/* ---- ids ---- */

enum err proposal_id_params(const struct request *r, const char *name, struct statement *s)
{
    const char *text = request_text(r, name);
    struct hash id;
    struct amount number;
    bool canonical = hash_parse(text, strlen(text), &id) == OK;
    if (!canonical && amount_parse(text, strlen(text), &number) != OK)
        return err_with(ERR_NOT_FOUND, "a proposal's id is 0x and 64 hexadecimal digits, or a decimal number");
    statement_in(s, (struct param){T_HASH, canonical ? arena_copy(r->arena, &id, sizeof id) : NULL});
    statement_in(s, (struct param){T_AMOUNT, canonical ? NULL : arena_copy(r->arena, &number, sizeof number)});
    return OK;
}

enum err proposal_check_one(const struct rows *rows, size_t column, const char *parameter)
{
    AUTO_BUFFER names = {0};
    char text[HASH_TEXT + 1];
    if (rows_count(rows) == 1)
        return OK;
    for (size_t i = 0; i < rows_count(rows); i++) {
        hash_format(rows_hash(rows, i, column), text);
        buffer_printf(&names, "%s%s", i > 0 ? ", " : "", text);
    }
    return err_with(ERR_CONFLICT, "%s: several governors have a proposal of this number: %.*s", parameter, (int)names.n,
                    (const char *)names.p);
}

/* ---- what is shown ---- */

void proposal_write_text(struct json_writer *w, const struct rows *rows, size_t row, size_t column)
{
    struct slice text = rows_bytes(rows, row, column);
    jw_text_n(w, (const char *)text.p, text.n);
}

static void write_title(struct json_writer *w, const struct rows *rows, size_t row, size_t column)
{
    char title[TITLE_ROOM];
    size_t n = title_of(rows_bytes(rows, row, column), title);
    jw_text_n(w, title, n);
}

static const struct member votes_members[] = {{.name = "against", .type = T_AMOUNT, .about = "Units against."},
                                              {.name = "for", .type = T_AMOUNT, .about = "Units in favour."},
                                              {.name = "abstain", .type = T_AMOUNT, .about = "Units that abstain."},
                                              {0}};

static void write_votes(struct json_writer *w, const struct rows *rows, size_t row, size_t column)
{
    nested_write_object(w, rows, row, column, votes_members);
}

static const struct member action_members[] = {
    {.name = "target", .type = T_ADDRESS, .about = "The contract called."},
    {.name = "target_name",
     .type = T_TEXT,
     .nullable = true,
     .about = "Its name in the network file; null: it has none, or is a stranger."},
    {.name = "value", .type = T_AMOUNT, .about = "Wei sent with the call."},
    {.name = "signature",
     .type = T_TEXT,
     .about =
         "Of the function, as the event has it (bytes that are not ASCII as backslash and octal digits); empty since OpenZeppelin 5."},
    {.name = "calldata", .type = T_TEXT, .about = "The input, 0x hex."},
    {.name = "function",
     .type = T_TEXT,
     .nullable = true,
     .about = "What the calldata calls, if the target is of the network file and the selector a common one."},
    {0}};

static void write_actions(struct json_writer *w, const struct rows *rows, size_t row, size_t column)
{
    nested_write_list(w, rows, row, column, action_members);
}

/* clang-format off */
#define PICKED                                                                                                        \
    "p.governor, p.proposal_id, p.id, p.number, p.proposer, p.token, p.clock, p.description, p.position,"             \
    " p.log_index, v.*"
#define UNTIL_9999(seconds) "CASE WHEN " seconds " BETWEEN 1 AND 253402300799 THEN to_timestamp(" seconds ") END"
/* Of proposal s (PICKED), its block h, its event e. */
#define COLUMNS                                                                                                       \
    " s.id, 'onchain'::text AS source, s.governor, s.number AS proposal_id, s.proposer,"                              \
    " substr(s.description, 1, 4096) AS title, s.description, s.state, s.snapshot, s.deadline, s.eta, "               \
    UNTIL_9999("s.eta") " AS eta_time,"                                                                               \
    " json_build_array(s.against_votes::text, s.for_votes::text, s.abstain_votes::text)::text AS votes,"              \
    " s.quorum, s.quorum_reached, s.vote_succeeded, s.ballots, s.uncounted AS uncounted_ballots,"                     \
    " CASE s.clock WHEN 0 THEN 'block' ELSE 'timestamp' END AS clock, s.snapshot_position >> 32 AS snapshot_block,"   \
    " nullif(s.token, " SQL_ZERO_ADDRESS ") AS token, s.timelock, s.undetermined,"                                    \
    " s.position >> 32 AS block_number, h.time AS block_time, s.log_index, e.tx_hash"
#define DECORATED                                                                                                     \
    " CROSS JOIN LATERAL (SELECT b.id, b.time FROM mirror.chain m JOIN mirror.block b ON b.id = m.block"              \
    "   WHERE m.number = s.position >> 32 LIMIT 1) h"                                                                 \
    " CROSS JOIN LATERAL (SELECT g.tx_hash FROM mirror.event g WHERE g.block = h.id AND g.log_index = s.log_index"    \
    "   LIMIT 1) e"
#define LIST(compare, order)                                                                                          \
    SQL_AT "SELECT a.*, x.* FROM a LEFT JOIN LATERAL (SELECT" COLUMNS ", s.position AS key"                           \
    " FROM (SELECT " PICKED " FROM ledger.proposal p CROSS JOIN LATERAL " SQL_PROPOSAL_VIEW("p", SQL_TIME_OF_BLOCK("$10", "$11")) " v" \
    "   WHERE p.position " compare " $8 AND p.position <= a.position AND ($5::text IS NULL OR v.state = $5)"          \
    "     AND ($6::bytea IS NULL OR p.governor = $6) AND ($7::bytea IS NULL OR p.proposer = $7)"                      \
    "   ORDER BY p.position " order " LIMIT $9) s" DECORATED                                                          \
    " ORDER BY s.position " order ") x ON true ORDER BY x.key " order
#define ACTIONS                                                                                                       \
    "(SELECT json_agg(json_build_array(" SQL_HEX("t.target") ", c.name, t.value::text,"                               \
    " encode(t.signature, 'escape'), " SQL_HEX("t.calldata") ", f.function) ORDER BY t.item)::text"                   \
    " FROM ledger.proposal_action t"                                                                                  \
    " LEFT JOIN LATERAL (SELECT k.name FROM api_v1.contracts() k WHERE k.address = t.target) c ON true" \
    " LEFT JOIN LATERAL (SELECT k.function FROM api_v1.selectors() k WHERE k.selector = substr(t.calldata, 1, 4)"     \
    "   AND EXISTS (SELECT FROM api_v1.contracts() o WHERE o.address = t.target)) f ON true"                          \
    " WHERE t.governor = s.governor AND t.proposal_id = s.proposal_id AND t.position >> 32 = s.position >> 32"        \
    "   AND t.log_index = s.log_index)"
/* clang-format on */

static enum err proposals_ask(const struct request *r, struct statement *s)
{
    s->sql = r->page.descending ? LIST("<", "DESC") : LIST(">", "ASC");
    statement_at(s, r); /* $1 .. $4 */
    statement_value(s, r, "status");
    statement_value(s, r, "governor");
    statement_value(s, r, "proposer");
    statement_page(s, r); /* $8, $9 */
    statement_time(s, r); /* $10, $11 */
    return OK;
}

static enum err proposal_ask(const struct request *r, struct statement *s)
{
    s->sql = SQL_AT
        "SELECT a.*," COLUMNS ", " ACTIONS " AS actions FROM a CROSS JOIN LATERAL (SELECT " PICKED
        " FROM " SQL_PROPOSAL_BY_ID
        " p CROSS JOIN LATERAL " SQL_PROPOSAL_VIEW("p", SQL_TIME_OF_BLOCK("$7", "$8")) " v) s" DECORATED
                                                                                       " ORDER BY s.position";
    statement_at(s, r);                  /* $1 .. $4 */
    TRY(proposal_id_params(r, "id", s)); /* $5, $6 */
    statement_time(s, r);                /* $7, $8 */
    return OK;
}

static enum err proposal_answer(const struct request *r, const struct rows *rows, struct reply *reply)
{
    TRY(proposal_check_one(rows, AT_COLUMNS, "id"));
    render_members(&reply->json, r->route->members, rows, 0, AT_COLUMNS);
    return OK;
}

/* In the order of COLUMNS. */
#define PROPOSAL_MEMBERS                                                                                              \
    {.name = "id", .type = T_HASH, .about = "Derived from chain, governor and content; a reorg does not change it."}, \
        {.name = "source", .type = T_TEXT, .about = "onchain."},                                                      \
        {.name = "governor", .type = T_ADDRESS, .about = "The governor."},                                            \
        {.name = "proposal_id", .type = T_AMOUNT, .about = "The governor's own proposalId."},                         \
        {.name = "proposer", .type = T_ADDRESS, .about = "Who proposed it."},                                         \
        {.name = "title",                                                                                             \
         .type = T_TEXT,                                                                                              \
         .write = write_title,                                                                                        \
         .about = "First line of the description, without marks that hide or reorder text."},                         \
        {.name = "description",                                                                                       \
         .type = T_TEXT,                                                                                              \
         .write = proposal_write_text,                                                                                \
         .about = "As it was proposed: hostile text."},                                                               \
        {.name = "state",                                                                                             \
         .type = T_TEXT,                                                                                              \
         .nullable = true,                                                                                            \
         .about = "What state() answers: pending active canceled defeated succeeded queued expired executed; null: "  \
                  "see undetermined."},                                                                               \
        {.name = "snapshot",                                                                                          \
         .type = T_U64,                                                                                               \
         .about = "proposalSnapshot: units at this timepoint of the governor's clock count, and voting begins after " \
                  "it."},                                                                                             \
        {.name = "deadline",                                                                                          \
         .type = T_U64,                                                                                               \
         .about = "proposalDeadline: the last timepoint of the vote, extended or "                                    \
                  "not."},                                                                                            \
        {.name = "eta", .type = T_U64, .about = "proposalEta, unix seconds; 0: not queued."},                         \
        {.name = "eta_time", .type = T_TIME, .nullable = true, .about = "The same as a time; null: not queued."},     \
        {.name = "votes",                                                                                             \
         .nest = NEST_OBJECT,                                                                                         \
         .members = votes_members,                                                                                    \
         .write = write_votes,                                                                                        \
         .about = "What proposalVotes answers."},                                                                     \
        {.name = "quorum",                                                                                            \
         .type = T_AMOUNT,                                                                                            \
         .nullable = true,                                                                                            \
         .about = "What quorum(snapshot) answers; null before the snapshot is past, or if no event tells it."},       \
        {.name = "quorum_reached", .type = T_BOOL, .nullable = true, .about = "For + abstain reach the quorum."},     \
        {.name = "vote_succeeded", .type = T_BOOL, .nullable = true, .about = "More for than against."},              \
        {.name = "ballots", .type = T_U64, .about = "Ballots cast so far."},                                          \
        {.name = "uncounted_ballots",                                                                                 \
         .type = T_U64,                                                                                               \
         .about = "Of these, in a form that no known counting explains; not in the votes."},                          \
        {.name = "clock",                                                                                             \
         .type = T_TEXT,                                                                                              \
         .about = "What snapshot and deadline count: block or timestamp (EIP-6372)."},                                \
        {.name = "snapshot_block",                                                                                    \
         .type = T_U64,                                                                                               \
         .nullable = true,                                                                                            \
         .about = "The last block at or before the snapshot; null before it is past."},                               \
        {.name = "token", .type = T_ADDRESS, .nullable = true, .about = "Whose units count."},                        \
        {.name = "timelock", .type = T_ADDRESS, .nullable = true, .about = "Who executes for the governor."},         \
        {.name = "undetermined",                                                                                      \
         .type = T_TEXT,                                                                                              \
         .nullable = true,                                                                                            \
         .about = "Why the state is null: quorum-unknown, counting-unknown, timelock-not-mirrored, "                  \
                  "block-time-unknown."},                                                                             \
        {.name = "block_number", .type = T_U64, .about = "The block it was proposed in."},                            \
        {.name = "block_time", .type = T_TIME, .about = "Time of that block."},                                       \
        {.name = "log_index", .type = T_U64, .about = "Its log in that block."},                                      \
    {                                                                                                                 \
        .name = "tx_hash", .type = T_HASH, .about = "The transaction."                                                \
    }

const struct route proposals_routes[] =
    {{.method = "GET",
      .path = "/v1/proposals",
      .about = "Proposals of on-chain governors in the order in which they were made.",
      .shape = SHAPE_LIST,
      .takes_at = true,
      .wants_time = true,
      .cache = CACHE_STATE,
      .parameters = PARAMETERS({.name = "source",
                                .type = PARAMETER_CHOICE,
                                .choices = CHOICES("onchain"),
                                .about = "Where they were made."},
                               {.name = "status",
                                .type = PARAMETER_CHOICE,
                                .choices = CHOICES("pending", "active", "canceled", "defeated", "succeeded", "queued",
                                                   "expired", "executed"),
                                .about = "Only in this state at the block."},
                               {.name = "governor", .type = PARAMETER_ADDRESS, .about = "Only of this governor."},
                               {.name = "proposer", .type = PARAMETER_ADDRESS, .about = "Only by this account."}),
      .members = MEMBERS(PROPOSAL_MEMBERS),
      .KEYS(T_I64),
      .both_orders = true,
      .ask = proposals_ask},
     {.method = "GET",
      .path = "/v1/proposals/{id}",
      .about = "One proposal, with the calls it would make; 404 before it was made.",
      .shape = SHAPE_OBJECT,
      .takes_at = true,
      .wants_time = true,
      .cache = CACHE_STATE,
      .parameters = PARAMETERS(PROPOSAL_ID_PARAMETER),
      .members = MEMBERS(PROPOSAL_MEMBERS, {.name = "actions",
                                            .nest = NEST_LIST,
                                            .members = action_members,
                                            .write = write_actions,
                                            .about = "The calls, in order."}),
      .ask = proposal_ask,
      .answer = proposal_answer},
     {0}};
