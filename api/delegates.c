/* api/delegates.c - delegates: who has been delegated what, by whom, and how they have voted. */
#include <string.h>
#include <time.h>

#include "api/nested.h"
#include "api/power_question.h"
#include "api/proposal_shape.h"
#include "api/render.h"
#include "api/routes.h"
#include "governance/policy.h"
#include "governance/space.h"

/* Of each source so many proposals are looked at for a record, and so many ballots shown. */
enum { RECORD_PROPOSALS = 50, RECORD_VOTES = 10 };

/* ---- lists ---- */

/* clang-format off */
/* Candidates in order of the indexes: accounts that ever had units, and delegates that were ever set in the registry. */
#define LIST(compare, order)                                                                                          \
    SQL_AT "SELECT a.*, x.* FROM a LEFT JOIN LATERAL (SELECT k.address, c.units, c.delegators, c.registry_delegators," \
    "  k.address AS key FROM ((SELECT n.owner::bytea AS address FROM ledger.account n"                                \
    "    CROSS JOIN LATERAL (SELECT e.balance FROM ledger.entry e WHERE e.account = n.id AND e.position <= a.position" \
    "      ORDER BY e.position DESC LIMIT 1) e"                                                                       \
    "    WHERE n.book = 4 AND n.asset = api_v1.power_token() AND n.owner " compare " $5 AND n.created <= a.position"  \
    "      AND e.balance > 0 ORDER BY n.owner " order " LIMIT $6)"                                                    \
    "   UNION (SELECT r.address FROM (SELECT DISTINCT d.delegate::bytea AS address FROM ledger.registry_delegate d"   \
    "    WHERE d.registry = api_v1.power_registry() AND d.delegate " compare " $5 AND d.position <= a.position) r"    \
    "    WHERE r.address <> " SQL_ZERO_ADDRESS                                                                        \
    "      AND EXISTS (SELECT FROM api_v1.registry_delegations(api_v1.power_registry(), r.address, a.position))"      \
    "    ORDER BY r.address " order " LIMIT $6)"                                                                      \
    "   ORDER BY address " order " LIMIT $6) k CROSS JOIN LATERAL api_v1.delegate_counts(k.address, a.position) c"    \
    " ORDER BY k.address " order ") x ON true ORDER BY x.key " order
#define DELEGATORS(compare, order)                                                                                    \
    SQL_AT "SELECT a.*, x.* FROM a LEFT JOIN LATERAL (SELECT u.source, u.delegator, u.units, u.registry_id,"          \
    "  u.since >> 32 AS since_block, u.delegator AS key, u.place FROM ("                                              \
    "   SELECT 'token'::text AS source, d.delegator,"                                                                 \
    "     coalesce(api_v1.balance_at(1::smallint, api_v1.power_token(), d.delegator, a.position), 0) AS units,"       \
    "     NULL::bytea AS registry_id, d.since, ''::bytea AS place"                                                    \
    "    FROM api_v1.votes_delegators(api_v1.power_token(), $5, a.position) d"                                        \
    "   UNION ALL SELECT 'registry', d.delegator, NULL, d.id, d.since, d.id"                                          \
    "    FROM api_v1.registry_delegations(api_v1.power_registry(), $5, a.position) d) u"                              \
    " WHERE (u.delegator, u.place) " compare " ($6, $7) ORDER BY u.delegator " order ", u.place " order " LIMIT $8)"  \
    " x ON true ORDER BY x.key " order ", x.place " order
/* clang-format on */

static enum err list_ask(const struct request *r, struct statement *s)
{
    s->sql = r->page.descending ? LIST("<", "DESC") : LIST(">", "ASC");
    statement_at(s, r);   /* $1 .. $4 */
    statement_page(s, r); /* $5, $6 */
    return OK;
}

static enum err delegators_ask(const struct request *r, struct statement *s)
{
    s->sql = r->page.descending ? DELEGATORS("<", "DESC") : DELEGATORS(">", "ASC");
    statement_at(s, r);               /* $1 .. $4 */
    statement_value(s, r, "address"); /* $5 */
    statement_page(s, r);             /* $6 .. $8 */
    return OK;
}

/* ---- the record of one ---- */

#define COUNT_MEMBERS                                                                                               \
    {.name = "units", .type = T_AMOUNT, .about = "Units of the power token that count with it (getVotes)."},        \
        {.name = "delegators", .type = T_U64, .about = "Who delegated their units to it (itself, if it did)."},     \
    {                                                                                                               \
        .name = "registry_delegators", .type = T_U64, .about = "Who set it in the DelegateRegistry, for any space." \
    }
static const struct member count_members[] = {COUNT_MEMBERS, {0}};

static const struct member record_members[] =
    {{.name = "proposals",
      .type = T_U64,
      .about = "On how many of the last 50 proposals whose voting has begun it could vote: it had power."},
     {.name = "voted", .type = T_U64, .about = "On how many of these it did."},
     {.name = "participation",
      .type = T_U64,
      .nullable = true,
      .about = "The same in 1/10,000; null: it could vote on none."},
     {.name = "ballots", .type = T_U64, .about = "Ballots it ever cast, changed ones too."},
     {0}};

static const struct member vote_members[] =
    {{.name = "source", .type = T_TEXT, .about = "onchain or offchain."},
     {.name = "proposal", .type = T_HASH, .nullable = true, .about = "The proposal's id; null: it is not mirrored."},
     {.name = "space", .type = T_TEXT, .nullable = true, .about = "Its space." OFFCHAIN_ONLY},
     {.name = "governor", .type = T_ADDRESS, .nullable = true, .about = "Its governor." ONCHAIN_ONLY},
     {.name = "support",
      .type = T_U64,
      .nullable = true,
      .about = "0 against, 1 for, 2 abstain, 255 fractional." ONCHAIN_ONLY},
     {.name = "choice",
      .nest = NEST_ANY,
      .nullable = true,
      .write = offchain_write_json,
      .about = "As it was signed." OFFCHAIN_ONLY},
     {.name = "reason", .type = T_TEXT, .write = proposal_write_text, .about = "As it was given: hostile text."},
     {.name = "power", .type = T_AMOUNT, .nullable = true, .about = "Its power; null: not read yet."},
     {.name = "time", .type = T_TIME, .about = "Of its block; off-chain: when it was accepted."},
     {0}};

static enum err write_votes(struct json_writer *w, const struct request *r, struct db *db, struct address who,
                            uint64_t log_size)
{
    static const int32_t most = RECORD_VOTES;
    AUTO_ROWS rows = NULL;
    TRY(db_query(db,
                 "SELECT v.source, v.proposal, v.space, v.governor, v.support, v.choice, v.reason,"
                 " v.power::public.amount, v.cast_at FROM api_v1.last_votes($1, $2, $3, $4) v",
                 WITH(IN(&who), IN(&r->as_of.position), IN(&log_size), IN(&most)), &rows));
    jw_key(w, "votes");
    jw_array(w);
    for (size_t i = 0; i < rows_count(rows); i++)
        render_row(w, vote_members, rows, i, 0);
    jw_array_end(w);
    return OK;
}

static void write_power(struct json_writer *w, const struct power_rule *rule, const struct rows *rows, size_t column)
{
    char name[POLICY_TEXT];
    policy_format(rule->policy, name);
    jw_key(w, "policy");
    jw_text(w, name);
    jw_key(w, "power");
    if (rows_null(rows, 0, column))
        jw_null(w);
    else
        jw_amount(w, rows_amount(rows, 0, column));
}

enum { ONE_COUNTS, ONE_POWER = 3, ONE_ONCHAIN, ONE_OFFCHAIN, ONE_LOG_SIZE };

static enum err read_one(const struct request *r, struct db *db, struct address who, const struct power_rule *rule,
                         struct rows **out)
{
    static const int32_t most = RECORD_PROPOSALS;
    struct instant now = {time(NULL)};
    struct hash id;
    struct param clock = {T_TIME, r->at.kind == AT_LATEST ? &now : NULL};
    struct param space = {T_HASH, rule->space != NULL && space_registry_id(rule->space, &id) ? &id : NULL};
    int32_t policy = (int32_t)rule->policy;
    return db_query(db,
                    "SELECT c.units::public.amount, c.delegators, c.registry_delegators, p.power::public.amount,"
                    " v.onchain, v.offchain, g.size"
                    " FROM api_v1.log_at(NULL, NULL, $4, $5) g CROSS JOIN api_v1.delegate_counts($1, $2) c"
                    " CROSS JOIN api_v1.power_of(ARRAY[$1::bytea], $6, $7, $2) p"
                    " CROSS JOIN LATERAL api_v1.delegate_record($1, $2, $3, $5, g.size, g.moment, $8) v",
                    WITH(IN(&who), IN(&r->as_of.position), IN(&r->as_of.number), clock, IN(&r->as_of.time), space,
                         IN(&policy), IN(&most)),
                    out);
}

static enum err one_run(const struct request *r, struct db *db, struct reply *reply)
{
    struct json_writer *w = &reply->json;
    struct address who = request_address(r, "address");
    struct power_rule rule;
    AUTO_ROWS rows = NULL;
    TRY(power_rule_read(r, &rule));
    TRY(read_one(r, db, who, &rule, &rows));
    jw_key(w, "address");
    jw_address(w, who);
    render_members(w, count_members, rows, 0, ONE_COUNTS);
    write_power(w, &rule, rows, ONE_POWER);
    jw_key(w, "onchain");
    nested_write_object(w, rows, 0, ONE_ONCHAIN, record_members);
    jw_key(w, "offchain");
    nested_write_object(w, rows, 0, ONE_OFFCHAIN, record_members);
    TRY(write_votes(w, r, db, who, rows_u64(rows, 0, ONE_LOG_SIZE)));
    jw_key(w, "log_size");
    jw_u64(w, rows_u64(rows, 0, ONE_LOG_SIZE));
    return OK;
}

#define ADDRESS_PARAMETER                                               \
    {                                                                   \
        .name = "address", .type = PARAMETER_ADDRESS, .about = "Whose." \
    }

const struct route delegates_routes[] = {
    {.method = "GET",
     .path = "/v1/delegates",
     .about =
         "Accounts that others (or they themselves) made their delegates: in the token, or in the DelegateRegistry.",
     .shape = SHAPE_LIST,
     .takes_at = true,
     .cache = CACHE_STATE,
     .members = MEMBERS({.name = "address", .type = T_ADDRESS, .about = "The delegate."}, COUNT_MEMBERS),
     .KEYS(T_ADDRESS),
     .both_orders = true,
     .ask = list_ask},
    {.method = "GET",
     .path = "/v1/delegates/{address}",
     .about =
         "What an account has been delegated, its power, and how it has voted; of an account that is no delegate, too.",
     .shape = SHAPE_OBJECT,
     .takes_at = true,
     .cache = CACHE_NEVER, /* the log grows without a new block */
     .parameters = PARAMETERS(ADDRESS_PARAMETER, POWER_RULE_PARAMETERS),
     .members = MEMBERS(
         {.name = "address", .type = T_ADDRESS, .about = "The account."}, COUNT_MEMBERS,
         {.name = "policy", .type = T_TEXT, .about = "By which `power` counts."},
         {.name = "power", .type = T_AMOUNT, .nullable = true, .about = "Its voting power; null: not known."},
         {.name = "onchain", .nest = NEST_OBJECT, .members = record_members, .about = "Its record with governors."},
         {.name = "offchain",
          .nest = NEST_OBJECT,
          .members = record_members,
          .about = "Its record with off-chain proposals."},
         {.name = "votes",
          .nest = NEST_LIST,
          .members = vote_members,
          .about = "Its last ten ballots, the newest first."},
         LOG_SIZE_MEMBER),
     .run = one_run},
    {.method = "GET",
     .path = "/v1/delegates/{address}/delegators",
     .about = "Who made an account their delegate, ordered by address.",
     .shape = SHAPE_LIST,
     .takes_at = true,
     .cache = CACHE_STATE,
     .parameters = PARAMETERS(ADDRESS_PARAMETER),
     .members = MEMBERS(
         {.name = "source", .type = T_TEXT, .about = "token (ERC20Votes) or registry."},
         {.name = "delegator", .type = T_ADDRESS, .about = "Who delegated."},
         {.name = "units",
          .type = T_AMOUNT,
          .nullable = true,
          .about = "What it holds of the token and so delegates. Null: by registry, which moves what a policy counts."},
         {.name = "registry_id",
          .type = T_HASH,
          .nullable = true,
          .about = "Of registry: a space's id as bytes32; zero: for all spaces for which it set none."},
         {.name = "since_block", .type = T_U64, .about = "Since which block."}),
     .KEYS(T_ADDRESS, T_BYTES),
     .both_orders = true,
     .ask = delegators_ask},
    {0}};
