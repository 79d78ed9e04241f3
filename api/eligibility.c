/* api/eligibility.c - whether an account may vote on a proposal, with what power, and why not: before anything is signed.
 *
 * Off-chain: the reasons are those that the door would give to a ballot signed now, in its order. On-chain: what the governor's
 * castVote would do. */
#include <string.h>

#include "api/offchain.h"
#include "api/proposal_shape.h"
#include "api/render.h"
#include "api/routes.h"
#include "governance/rules.h"

enum column {
    ID = AT_COLUMNS,
    SOURCE,
    STATE,
    CANCELED,
    STARTS,
    ENDS,
    CLOSES,
    LAST_BLOCK,
    SNAPSHOT,
    PROVISIONAL,
    POLICY,
    POWER,
    MOMENT,
    BALLOTS,
    BALLOTS_MOST,
    AGAIN,
    BALLOT_POSITION,
    BALLOT_ID,
    BALLOT_CHOICE,
    BALLOT_SUPPORT,
    BALLOT_WEIGHT,
    BALLOT_TIME,
    LOG_SIZE
};

/* clang-format off */
/* A fractional ballot may leave units with which its voter may vote again (GovernorCountingFractional). */
#define ONCHAIN                                                                                                       \
    "SELECT p.id::bytea, 'onchain'::text AS source, v.state, coalesce(v.state = 'canceled', false) AS canceled,"      \
    " CASE p.clock WHEN 1 THEN " SQL_UNTIL_9999("v.snapshot") " END AS starts,"                                       \
    " CASE p.clock WHEN 1 THEN " SQL_UNTIL_9999("v.deadline") " END AS ends, NULL::timestamptz AS closes,"            \
    " CASE p.clock WHEN 0 THEN v.deadline END AS last_block, w.block AS snapshot,"                                    \
    " w.block > coalesce((SELECT c.finalized_number FROM mirror.cursor c), -1) AS provisional,"                       \
    " NULL::integer AS policy, w.power, " SQL_TIME_OF_BLOCK("$8", "$9") " AS moment, b.ballots,"                      \
    " NULL::bigint AS most, coalesce(b.fractional AND b.spent < w.power, false) AS again, NULL::bigint AS position,"  \
    " NULL::bytea AS digest, NULL::text AS choice, l.support, l.weight, l.time"                                       \
    " FROM " SQL_PROPOSAL_BY_ID " p CROSS JOIN LATERAL " SQL_PROPOSAL_VIEW("p", SQL_TIME_OF_BLOCK("$8", "$9")) " v"   \
    " CROSS JOIN LATERAL (SELECT v.snapshot_position >> 32 AS block, CASE WHEN v.snapshot_position IS NOT NULL"       \
    "   AND EXISTS (SELECT FROM api_v1.contracts() c WHERE c.address = p.token)"                                      \
    "   THEN coalesce(api_v1.balance_at(4::smallint, p.token, $10, v.snapshot_position), 0) END AS power OFFSET 0) w" \
    " CROSS JOIN LATERAL (SELECT count(*) AS ballots, sum(t.weight) AS spent, bool_or(t.support = 255) AS fractional" \
    "   FROM ledger.governor_vote t WHERE t.governor = p.governor AND t.proposal_id = p.proposal_id"                  \
    "   AND t.voter = $10 AND t.kind = 0 AND t.position <= a.position) b"                                             \
    " LEFT JOIN LATERAL (SELECT t.support, t.weight::numeric, (SELECT k.time FROM mirror.chain h"                     \
    "     JOIN mirror.block k ON k.id = h.block WHERE h.number = t.position >> 32 LIMIT 1) AS time"                   \
    "   FROM ledger.governor_vote t WHERE t.governor = p.governor AND t.proposal_id = p.proposal_id"                  \
    "   AND t.voter = $10 AND t.kind = 0 AND t.position <= a.position ORDER BY t.position DESC LIMIT 1) l ON true"
#define OFFCHAIN                                                                                                      \
    "SELECT s.id, 'offchain', s.state, s.canceled_by IS NOT NULL, s.starts, s.ends, s.closes, NULL, s.snapshot,"      \
    " s.provisional, s.policy, CASE WHEN s.basis IS NOT NULL THEN (SELECT w.power FROM api_v1.power_of("              \
    "   ARRAY[$10::bytea], api_v1.registry_id(s.space), s.policy, s.snapshot << 32 | 4294967295) w) END, g.moment, b.ballots," \
    " (SELECT (y.parameters::json ->> 'ballots_per_voter')::bigint FROM governance.space y WHERE y.id = s.space"      \
    "   AND y.position = s.parameters), true, l.position, l.digest, l.choice, NULL, NULL, l.stamp"                    \
    " FROM " SQL_OFFCHAIN("$5") " s"                                                                                  \
    " CROSS JOIN LATERAL (SELECT count(*) AS ballots FROM governance.ballot t WHERE t.proposal = s.id"                \
    "   AND t.voter = $10 AND t.position < g.size) b"                                                                 \
    " LEFT JOIN LATERAL (SELECT t.position, m.digest::bytea, t.choice, t.stamp FROM governance.ballot t"              \
    "   JOIN governance.message m ON m.position = t.position WHERE t.proposal = s.id AND t.voter = $10"               \
    "   AND t.position < g.size AND t.counts ORDER BY t.position DESC LIMIT 1) l ON true"
/* clang-format on */

static enum err eligibility_ask(const struct request *r, struct statement *s)
{
    s->sql = SQL_AT SQL_LOG_NOW("$7", "$8", "$9") "SELECT a.*, x.*, CASE x.source WHEN 'offchain' THEN g.size END"
                                                  " FROM a CROSS JOIN g CROSS JOIN LATERAL (" ONCHAIN
                                                  " UNION ALL " OFFCHAIN ") x ORDER BY x.id";
    statement_at(s, r);                  /* $1 .. $4 */
    TRY(proposal_id_params(r, "id", s)); /* $5, $6 */
    statement_log(s, r);                 /* $7 .. $9 */
    statement_value(s, r, "address");    /* $10 */
    return OK;
}

/* ---- reasons ---- */

static void check_offchain(const struct rows *rows, struct reasons *reasons)
{
    struct instant now = rows_time(rows, 0, MOMENT);
    const struct proposal_facts p = {.exists = true,
                                     .canceled = rows_bool(rows, 0, CANCELED),
                                     .starts = rows_time(rows, 0, STARTS),
                                     .ends = rows_time(rows, 0, ENDS),
                                     .closes = rows_time(rows, 0, CLOSES)};
    rules_open(&p, now, now, reasons);
    if (rows_u64(rows, 0, BALLOTS) >= rows_u64(rows, 0, BALLOTS_MOST))
        reason_add(reasons, REASON_TOO_MANY_BALLOTS, "%llu", (unsigned long long)rows_u64(rows, 0, BALLOTS));
}

/* Whether the deadline is past by the governor's clock; false also if that is not known. */
static bool is_past(const struct request *r, const struct rows *rows)
{
    if (!rows_null(rows, 0, LAST_BLOCK))
        return (int64_t)r->as_of.number > rows_i64(rows, 0, LAST_BLOCK);
    return !rows_null(rows, 0, ENDS) && !rows_null(rows, 0, MOMENT) &&
           rows_time(rows, 0, MOMENT).unix_seconds > rows_time(rows, 0, ENDS).unix_seconds;
}

/* A state is null where nothing tells it; that voting is over may be known all the same. */
static void check_onchain(const struct request *r, const struct rows *rows, struct reasons *reasons)
{
    const char *unknown = is_past(r, rows) ? "over" : "active";
    const char *state = rows_null(rows, 0, STATE) ? unknown : rows_text(rows, 0, STATE);
    if (strcmp(state, "canceled") == 0)
        reason_put(reasons, REASON_CANCELED);
    else if (strcmp(state, "pending") == 0)
        reason_put(reasons, REASON_NOT_STARTED);
    else if (strcmp(state, "active") != 0)
        reason_put(reasons, REASON_ENDED);
    if (rows_u64(rows, 0, BALLOTS) > 0 && !rows_bool(rows, 0, AGAIN))
        reason_put(reasons, REASON_VOTED);
}

/* False: nothing is against it, but something is not known. */
static bool decide(const struct request *r, const struct rows *rows, bool onchain, struct reasons *reasons)
{
    if (onchain)
        check_onchain(r, rows, reasons);
    else
        check_offchain(rows, reasons);
    if (reasons->n > 0)
        return true;
    if (rows_null(rows, 0, POWER) || (onchain && rows_null(rows, 0, STATE)))
        return false;
    if (amount_is_zero(rows_amount(rows, 0, POWER)))
        reason_add(reasons, REASON_NO_POWER, "block %llu", (unsigned long long)rows_u64(rows, 0, SNAPSHOT));
    return true;
}

/* ---- the answer ---- */

static void write_reasons(struct json_writer *w, const struct reasons *reasons)
{
    jw_key(w, "reasons");
    jw_array(w);
    for (size_t i = 0; i < reasons->n; i++) {
        jw_object(w);
        jw_key(w, "code");
        jw_text(w, reason_slug(reasons->all[i].code));
        jw_key(w, "text");
        jw_text(w, reasons->all[i].text);
        jw_object_end(w);
    }
    jw_array_end(w);
}

static void write_cell(struct json_writer *w, const char *name, enum type type, const struct rows *rows, size_t column)
{
    jw_key(w, name);
    render_cell(w, &(const struct member){.type = type}, rows, 0, column);
}

/* What is left of a span that ends at `last`, both included; 0: it is over. */
static void write_left(struct json_writer *w, const char *name, bool known, int64_t last, int64_t now)
{
    jw_key(w, name);
    if (known)
        jw_i64(w, last > now ? last - now : 0);
    else
        jw_null(w);
}

static void write_ballot(struct json_writer *w, const struct rows *rows)
{
    jw_key(w, "current_ballot");
    if (rows_null(rows, 0, BALLOT_POSITION) && rows_null(rows, 0, BALLOT_SUPPORT)) {
        jw_null(w);
        return;
    }
    jw_object(w);
    write_cell(w, "position", T_U64, rows, BALLOT_POSITION);
    write_cell(w, "id", T_HASH, rows, BALLOT_ID);
    jw_key(w, "choice");
    offchain_write_json(w, rows, 0, BALLOT_CHOICE);
    write_cell(w, "support", T_I16, rows, BALLOT_SUPPORT);
    write_cell(w, "weight", T_AMOUNT, rows, BALLOT_WEIGHT);
    write_cell(w, "time", T_TIME, rows, BALLOT_TIME);
    jw_object_end(w);
}

static void write_window(struct json_writer *w, const struct request *r, const struct rows *rows)
{
    bool timed = !rows_null(rows, 0, ENDS) && !rows_null(rows, 0, MOMENT), counted = !rows_null(rows, 0, LAST_BLOCK);
    write_cell(w, "state", T_TEXT, rows, STATE);
    write_cell(w, "starts", T_TIME, rows, STARTS);
    write_cell(w, "ends", T_TIME, rows, ENDS);
    write_left(w, "seconds_left", timed, timed ? rows_time(rows, 0, ENDS).unix_seconds : 0,
               timed ? rows_time(rows, 0, MOMENT).unix_seconds : 0);
    write_left(w, "blocks_left", counted, counted ? rows_i64(rows, 0, LAST_BLOCK) : 0, (int64_t)r->as_of.number);
}

static enum err eligibility_answer(const struct request *r, const struct rows *rows, struct reply *reply)
{
    struct json_writer *w = &reply->json;
    struct reasons reasons = {.n = 0};
    TRY(proposal_check_one(rows, ID, "id"));
    bool onchain = strcmp(rows_text(rows, 0, SOURCE), "onchain") == 0;
    bool known = decide(r, rows, onchain, &reasons);
    write_cell(w, "proposal", T_HASH, rows, ID);
    write_cell(w, "source", T_TEXT, rows, SOURCE);
    jw_key(w, "voter");
    jw_address(w, request_address(r, "address"));
    jw_key(w, "eligible");
    if (known)
        jw_bool(w, reasons.n == 0);
    else
        jw_null(w);
    write_reasons(w, &reasons);
    write_cell(w, "voting_power", T_AMOUNT, rows, POWER);
    jw_key(w, "power_known");
    jw_bool(w, !rows_null(rows, 0, POWER));
    write_cell(w, "snapshot_block", T_U64, rows, SNAPSHOT);
    write_cell(w, "provisional", T_BOOL, rows, PROVISIONAL);
    jw_key(w, "policy");
    offchain_write_policy(w, rows, 0, POLICY);
    write_window(w, r, rows);
    jw_key(w, "has_voted");
    jw_bool(w, rows_u64(rows, 0, BALLOTS) > 0);
    write_ballot(w, rows);
    if (!onchain)
        write_cell(w, "log_size", T_U64, rows, LOG_SIZE);
    return OK;
}

static const struct member reason_members[] = {{.name = "code",
                                                .type = T_TEXT,
                                                .about = "As the door for signed messages answers it."},
                                               {.name = "text", .type = T_TEXT, .about = "The same for people."},
                                               {0}};

static const struct member ballot_members[] =
    {{.name = "position", .type = T_U64, .nullable = true, .about = "Its place in the log." OFFCHAIN_ONLY},
     {.name = "id", .type = T_HASH, .nullable = true, .about = "Its EIP-712 digest." OFFCHAIN_ONLY},
     {.name = "choice", .nest = NEST_ANY, .nullable = true, .about = "What was chosen." OFFCHAIN_ONLY},
     {.name = "support",
      .type = T_I16,
      .nullable = true,
      .about = "0 against, 1 for, 2 abstain, 255 fractional." ONCHAIN_ONLY},
     {.name = "weight", .type = T_AMOUNT, .nullable = true, .about = "Its units." ONCHAIN_ONLY},
     {.name = "time",
      .type = T_TIME,
      .nullable = true,
      .about = "Its own timestamp; on-chain the block's, null if its header is not stored."},
     {0}};

const struct route eligibility_routes[] =
    {{.method = "GET",
      .path = "/v1/proposals/{id}/eligibility/{address}",
      .about = "Whether an account may vote on a proposal, with what power, and why not.",
      .shape = SHAPE_OBJECT,
      .takes_at = true,
      .wants_time = true,
      .cache = CACHE_NEVER,
      .parameters = PARAMETERS(PROPOSAL_ID_PARAMETER,
                               {.name = "address", .type = PARAMETER_ADDRESS, .about = "Who would vote."}),
      .members = MEMBERS(
          {.name = "proposal", .type = T_HASH, .about = "The proposal's id."},
          {.name = "source", .type = T_TEXT, .about = "onchain or offchain."},
          {.name = "voter", .type = T_ADDRESS, .about = "The account."},
          {.name = "eligible",
           .type = T_BOOL,
           .nullable = true,
           .about =
               "A vote cast now would be taken; null: nothing is against it, but its power or the proposal's state "
               "is not known at this moment."},
          {.name = "reasons", .nest = NEST_LIST, .members = reason_members, .about = "Why not."},
          {.name = "voting_power",
           .type = T_AMOUNT,
           .nullable = true,
           .about = "Power at the snapshot; on-chain what getPastVotes answers there. Null: not known (yet)."},
          {.name = "power_known", .type = T_BOOL, .about = "Whether it is."},
          {.name = "snapshot_block",
           .type = T_U64,
           .nullable = true,
           .about = "The block at whose end power is read; on-chain null before it is past."},
          {.name = "provisional",
           .type = T_BOOL,
           .nullable = true,
           .about = "The snapshot block is not finalized: a reorg may change every power."},
          {.name = "policy",
           .type = T_TEXT,
           .nullable = true,
           .about = "What counts as power; on-chain the units of the governor's token." OFFCHAIN_ONLY},
          {.name = "state", .type = T_TEXT, .nullable = true, .about = "As of the proposal."},
          {.name = "starts",
           .type = T_TIME,
           .nullable = true,
           .about = "First second whose ballots count; on-chain the snapshot, null if the governor counts blocks."},
          {.name = "ends", .type = T_TIME, .nullable = true, .about = "Last second; null as above."},
          {.name = "seconds_left",
           .type = T_I64,
           .nullable = true,
           .about = "Until then; 0: it is past. Null as above."},
          {.name = "blocks_left",
           .type = T_I64,
           .nullable = true,
           .about = "Until the last block that takes votes; null if the governor counts seconds." ONCHAIN_ONLY},
          {.name = "has_voted", .type = T_BOOL, .about = "It has cast a ballot on this proposal."},
          {.name = "current_ballot",
           .nest = NEST_OBJECT,
           .nullable = true,
           .members = ballot_members,
           .about = "The one that counts, off-chain until another takes its place; null: there is none."},
          LOG_SIZE_IF_OFFCHAIN),
      .ask = eligibility_ask,
      .answer = eligibility_answer},
     {0}};
