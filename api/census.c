/* api/census.c - who counts in an off-chain vote, with which power, under one Merkle root that contracts can check. */
#include <inttypes.h>

#include "api/offchain.h"
#include "api/routes.h"
#include "governance/census.h"
#include "ledger/core/merkle.h"

/* ---- the list ---- */

/* clang-format off */
/* A voter's first ballot always counts, until another takes its place: who voted counts once. */
#define CENSUS(compare, order)                                                                                        \
    SQL_AT SQL_LOG("$7", "$8", "$10", "$11", "$12")                                                                   \
    "SELECT a.*, x.*, g.size, p.voters, p.power, p.recounting FROM a CROSS JOIN g CROSS JOIN LATERAL "                \
    SQL_OFFCHAIN("$5") " p LEFT JOIN LATERAL (SELECT c.voter, w.power::numeric,"                                      \
    " CASE WHEN p.power > 0 THEN div(w.power * 1000000000000000000, p.power) END AS share, c.voter AS key, " SQL_LOG_KEYS \
    " FROM (SELECT DISTINCT b.voter::bytea FROM governance.ballot b WHERE b.proposal = p.id"                          \
    "   AND b.voter " compare " $6 AND b.position < g.size ORDER BY 1 " order " LIMIT $9) c"                          \
    " LEFT JOIN LATERAL (SELECT y.power FROM governance.power y WHERE y.proposal = p.id AND y.voter = c.voter"         \
    "   AND y.generation = p.generation AND y.block = p.basis LIMIT 1) w ON true ORDER BY c.voter " order ") x ON true ORDER BY x.key " order
/* clang-format on */

static enum err census_ask(const struct request *r, struct statement *s)
{
    s->sql = r->page.descending ? CENSUS("<", "DESC") : CENSUS(">", "ASC");
    statement_at(s, r);          /* $1 .. $4 */
    statement_value(s, r, "id"); /* $5 */
    statement_page(s, r);        /* $6 .. $9 */
    statement_log(s, r);         /* $10 .. $12 */
    return OK;
}

/* ---- the tree ---- */

enum { CHUNK = 65536 };

/* By which power ballots of proposal $1 count now: looked up once a statement. */
#define GENERATION "(SELECT k.generation FROM mirror.cursor k)"
#define BASIS      "(SELECT api_v1.basis_of(p.snapshot) FROM governance.proposal p WHERE p.id = $1 AND p.version = 1)"

/* Whose census it is. */
struct census {
    uint64_t log_size, snapshot, voters;
    struct total power;
    bool provisional;
    struct merkle tree; /* of nobody: n is 0 */
};

/* The proposal as of the request's block: log size and snapshot, whether it is provisional, is counted, voters, power. */
static enum err find(const struct request *r, struct db *db, struct rows **rows)
{
    struct statement s = {
        .sql = "SELECT g.size, p.snapshot, p.provisional, coalesce(p.recounting, true), p.voters, p.power"
               " FROM api_v1.log_at(NULL, NULL, $2, $3) g"
               " CROSS JOIN LATERAL api_v1.offchain_at($1, g.size, g.moment) p"};
    struct instant now = offchain_clock();
    statement_value(&s, r, "id");
    statement_in(&s, (struct param){T_TIME, r->at.kind == AT_LATEST ? &now : NULL});
    statement_in(&s, (struct param){T_TIME, &r->as_of.time});
    TRY(db_query(db, s.sql, s.params, s.n, rows));
    if (rows_count(*rows) == 0)
        return err_with(ERR_NOT_FOUND, "id: no such off-chain proposal at block %" PRIu64, r->as_of.number);
    if (rows_bool(*rows, 0, 3))
        return err_with(ERR_SYNCING, "ballots are being counted anew");
    return OK;
}

/* Many voters are read in several statements, none of which takes long. */
static enum err read_chunk(const struct request *r, struct db *db, uint64_t log_size, struct slice after,
                           struct rows **out)
{
    static const char sql[] =
        "SELECT w.voter, w.power FROM governance.power w WHERE w.proposal = $1 AND w.voter > $3 AND w.generation = " GENERATION
        " AND w.block = " BASIS
        " AND EXISTS (SELECT FROM governance.ballot b WHERE b.proposal = $1 AND b.voter = w.voter"
        " AND b.position < $2) ORDER BY w.voter LIMIT $4";
    static const int64_t limit = CHUNK;
    struct statement s = {.sql = sql};
    statement_value(&s, r, "id");
    statement_in(&s, (struct param){T_U64, &log_size});
    statement_in(&s, (struct param){T_BYTES, &after});
    statement_in(&s, (struct param){T_I64, &limit});
    return db_query(db, s.sql, s.params, s.n, out);
}

static enum err read_leaves(const struct request *r, struct db *db, struct census *c)
{
    struct hash *leaves = ARENA_ARRAY(r->arena, struct hash, c->voters);
    struct address last = {{0}};
    struct slice after = {NULL, 0};
    size_t n = 0;
    for (bool more = true; more;) {
        AUTO_ROWS rows = NULL;
        TRY(read_chunk(r, db, c->log_size, after, &rows));
        size_t k = rows_count(rows);
        if (n + k > c->voters)
            break;
        for (size_t i = 0; i < k; i++) {
            last = rows_address(rows, i, 0);
            leaves[n++] = census_leaf(last, rows_amount(rows, i, 1));
        }
        after = (struct slice){last.b, sizeof last.b};
        more = k == CHUNK;
    }
    if (n != c->voters)
        return err_with(ERR_SYNCING, "ballots are being counted anew");
    if (n > 0)
        merkle_build(leaves, n, r->arena, &c->tree);
    return OK;
}

static enum err read_census(const struct request *r, struct db *db, struct census *out)
{
    AUTO_ROWS rows = NULL;
    TRY(find(r, db, &rows));
    *out = (struct census){.log_size = rows_u64(rows, 0, 0),
                           .snapshot = rows_u64(rows, 0, 1),
                           .provisional = rows_bool(rows, 0, 2),
                           .voters = rows_u64(rows, 0, 4),
                           .power = rows_total(rows, 0, 5)};
    return read_leaves(r, db, out);
}

static void write_census(struct json_writer *w, const struct request *r, const struct census *v)
{
    jw_key(w, "proposal");
    jw_hash(w, request_value(r, "id")->hash);
    jw_key(w, "log_size");
    jw_u64(w, v->log_size);
    jw_key(w, "snapshot_block");
    jw_u64(w, v->snapshot);
    jw_key(w, "provisional");
    jw_bool(w, v->provisional);
    jw_key(w, "voters");
    jw_u64(w, v->voters);
    jw_key(w, "power");
    jw_total(w, v->power);
    jw_key(w, "root");
    v->tree.n > 0 ? jw_hash(w, merkle_root(&v->tree)) : jw_null(w);
}

static enum err root_run(const struct request *r, struct db *db, struct reply *reply)
{
    struct census v;
    TRY(read_census(r, db, &v));
    write_census(&reply->json, r, &v);
    return OK;
}

static enum err read_power(const struct request *r, struct db *db, struct amount *out)
{
    static const char sql[] = "SELECT w.power FROM governance.power w WHERE w.proposal = $1 AND w.voter = $2"
                              " AND w.generation = " GENERATION " AND w.block = " BASIS;
    struct statement s = {.sql = sql};
    AUTO_ROWS rows = NULL;
    statement_value(&s, r, "id");
    statement_value(&s, r, "address");
    TRY(db_query(db, s.sql, s.params, s.n, &rows));
    if (rows_count(rows) == 0)
        return ERR_NOT_FOUND;
    *out = rows_amount(rows, 0, 0);
    return OK;
}

static enum err proof_run(const struct request *r, struct db *db, struct reply *reply)
{
    struct json_writer *w = &reply->json;
    struct hash leaf = {{0}}, proof[MERKLE_PROOF_MAX];
    struct amount power;
    struct census v;
    size_t n;
    TRY(read_census(r, db, &v));
    enum err e = v.tree.n > 0 ? read_power(r, db, &power) : ERR_NOT_FOUND;
    if (e == OK) {
        leaf = census_leaf(request_address(r, "address"), power);
        e = merkle_proof(&v.tree, leaf, proof, &n) ? OK : ERR_NOT_FOUND;
    }
    if (e != OK)
        return e == ERR_NOT_FOUND ? err_with(e, "address: has not voted on this proposal") : e;
    write_census(w, r, &v);
    jw_key(w, "address");
    jw_address(w, request_address(r, "address"));
    jw_key(w, "units");
    jw_amount(w, power);
    jw_key(w, "leaf");
    jw_hash(w, leaf);
    jw_key(w, "proof");
    jw_array(w);
    for (size_t i = 0; i < n; i++)
        jw_hash(w, proof[i]);
    jw_array_end(w);
    return OK;
}

/* ---- members ---- */

#define ID_PARAMETER                                                                  \
    {                                                                                 \
        .name = "id", .type = PARAMETER_HASH, .about = "Id of an off-chain proposal." \
    }
#define TREE_MEMBERS                                                                                                \
    {.name = "proposal", .type = T_HASH, .about = "The proposal's id."}, LOG_SIZE_MEMBER,                           \
        {.name = "snapshot_block", .type = T_U64, .about = "The block at whose end power is read."},                \
        {.name = "provisional", .type = T_BOOL, .about = "That block is not finalized: the root may change."},      \
        {.name = "voters", .type = T_U64, .about = "Leaves of the tree: accounts whose ballots count."},            \
        {.name = "power", .type = T_TOTAL, .about = "The power of all of them."},                                   \
    {                                                                                                               \
        .name = "root", .type = T_HASH, .nullable = true,                                                           \
        .about =                                                                                                    \
            "Of OpenZeppelin's StandardMerkleTree of [\"address\", \"uint256\"]: account, power; null: nobody has " \
            "voted."                                                                                                \
    }

const struct route census_routes[] =
    {{.method = "GET",
      .path = "/v1/proposals/{id}/census",
      .about = "Accounts whose ballots count in an off-chain proposal, with their power, ordered by address.",
      .shape = SHAPE_LIST,
      .takes_at = true,
      .wants_time = true,
      .cache = CACHE_NEVER,
      .parameters = PARAMETERS(ID_PARAMETER),
      .members =
          MEMBERS({.name = "address", .type = T_ADDRESS, .about = "Who voted."},
                  {.name = "power",
                   .type = T_AMOUNT,
                   .nullable = true,
                   .about = "Its power at the snapshot; null while it is counted anew."},
                  {.name = "share",
                   .type = T_AMOUNT,
                   .nullable = true,
                   .about = "Its part of the power of all who voted, WAD, rounded down; null as above, or if all "
                            "have none."}),
      .KEYS(T_ADDRESS, T_I64, T_I64),
      .extra = MEMBERS(LOG_SIZE_MEMBER,
                       {.name = "voters",
                        .type = T_U64,
                        .nullable = true,
                        .about = "How many there are; null while counted anew."},
                       {.name = "power",
                        .type = T_TOTAL,
                        .nullable = true,
                        .about = "Power of all of them; null while counted anew."},
                       {.name = "recounting", .type = T_BOOL, .about = "Ballots are being counted anew."}),
      .both_orders = true,
      .ask = census_ask},
     {.method = "GET",
      .path = "/v1/proposals/{id}/census/root",
      .about = "The Merkle root over the census of an off-chain proposal.",
      .shape = SHAPE_OBJECT,
      .takes_at = true,
      .cache = CACHE_NEVER,
      .parameters = PARAMETERS(ID_PARAMETER),
      .members = MEMBERS(TREE_MEMBERS),
      .run = root_run},
     {.method = "GET",
      .path = "/v1/proposals/{id}/census/{address}",
      .about = "That an account's power is in the census of an off-chain proposal, as MerkleProof.verify takes it.",
      .shape = SHAPE_OBJECT,
      .takes_at = true,
      .cache = CACHE_NEVER,
      .parameters = PARAMETERS(ID_PARAMETER, {.name = "address", .type = PARAMETER_ADDRESS, .about = "Who voted."}),
      .members = MEMBERS(TREE_MEMBERS, {.name = "address", .type = T_ADDRESS, .about = "Who voted."},
                         {.name = "units", .type = T_AMOUNT, .about = "Its power."},
                         {.name = "leaf", .type = T_HASH, .about = "keccak256(keccak256(abi.encode(account, power)))."},
                         {.name = "proof",
                          .type = T_HASH,
                          .nest = NEST_SCALARS,
                          .about = "Hashes beside the way from the leaf to the root."}),
      .run = proof_run},
     {0}};
