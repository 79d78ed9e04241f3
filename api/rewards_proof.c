/* api/rewards_proof.c - the root of a distribution beside those on L1, and the claim by which an earner draws from it there. */
#include "api/reward_trees.h"
#include "api/rewards_claim.h"
#include "api/rewards_distribution.h"
#include "api/routes.h"
#include "api/service.h"

/* ---- proof ---- */

static void write_l1(struct json_writer *w, const struct distribution *d)
{
    const char *why = distribution_why_not(d);
    jw_key(w, "l1");
    jw_object(w);
    jw_key(w, "root_index");
    d->on_l1 ? jw_u64(w, d->root_index) : jw_null(w);
    jw_key(w, "activated_at");
    d->on_l1 ? jw_time(w, d->activated_at) : jw_null(w);
    jw_key(w, "comparison");
    jw_text(w, comparison_name(d->comparison));
    jw_key(w, "why_no_calldata");
    why != NULL ? jw_text(w, why) : jw_null(w);
    jw_object_end(w);
}

/* The tree is let go of before the answer is sent: what it gave lies in the request's arena. */
static enum err prove(const struct request *r, struct db *db, const struct distribution *d, struct reward_proof *out)
{
    const struct tree_key key = {d->distributor, d->position, d->root};
    struct address token = request_given(r, "token") ? request_address(r, "token") : address_zero;
    AUTO_KEPT_TREE kept = NULL;
    TRY(reward_trees_get(r->service->trees, db, &key, &kept));
    enum err e = reward_tree_prove(kept_tree(kept), request_address(r, "earner"),
                                   request_given(r, "token") ? &token : NULL, r->arena, out);
    return e == ERR_NOT_FOUND ? err_with(e, "earner: has earned nothing%s by this distribution",
                                         request_given(r, "token") ? " of this token" : "")
                              : e;
}

static enum err proof_run(const struct request *r, struct db *db, struct reply *reply)
{
    struct json_writer *w = &reply->json;
    const char *id = request_given(r, "distribution") ? request_text(r, "distribution") : NULL;
    struct distribution d;
    struct reward_proof proof;
    struct address claimer;
    TRY(distribution_find(db, "distribution", id, r->as_of.position, r->as_of.number, &d));
    TRY(prove(r, db, &d, &proof));
    TRY(distribution_claimer(db, &d, request_address(r, "earner"), r->as_of.position, &claimer));
    const char *recipient = request_given(r, "recipient") ? "recipient" : "earner";
    const struct claim claim = {.root_index = d.on_l1 ? &d.root_index : NULL,
                                .earner = request_address(r, "earner"),
                                .recipient = request_address(r, recipient),
                                .proof = &proof};
    jw_key(w, "distributor");
    jw_address(w, d.distributor);
    jw_key(w, "claimer");
    d.is_coordinator ? jw_address(w, claimer) : jw_null(w);
    jw_key(w, "distribution");
    jw_text(w, d.id);
    jw_key(w, "root");
    jw_hash(w, d.root);
    write_l1(w, &d);
    claim_write(w, &claim, r->arena);
    return OK;
}

/* ---- root ---- */

static void write_root(struct json_writer *w, const struct rows *rows, size_t i, struct hash ours)
{
    enum { ROOT_INDEX, ROOT, END_TIME, ACTIVATED_AT, DISABLED };
    jw_object(w);
    jw_key(w, "root_index");
    jw_u64(w, rows_u64(rows, i, ROOT_INDEX));
    jw_key(w, "root");
    jw_hash(w, rows_hash(rows, i, ROOT));
    jw_key(w, "end_time");
    jw_time(w, rows_time(rows, i, END_TIME));
    jw_key(w, "activated_at");
    jw_time(w, rows_time(rows, i, ACTIVATED_AT));
    jw_key(w, "disabled");
    jw_bool(w, rows_bool(rows, i, DISABLED));
    jw_key(w, "comparison");
    jw_text(w, comparison_name(hash_equal(rows_hash(rows, i, ROOT), ours) ? COMPARISON_EQUAL : COMPARISON_DIFFERENT));
    jw_object_end(w);
}

static enum err root_run(const struct request *r, struct db *db, struct reply *reply)
{
    struct json_writer *w = &reply->json;
    struct distribution d;
    AUTO_ROWS rows = NULL;
    TRY(distribution_find(db, "id", request_text(r, "id"), r->as_of.position, r->as_of.number, &d));
    TRY(distribution_roots(db, &d, r->as_of.position, r->as_of.number, &rows));
    jw_key(w, "id");
    jw_text(w, d.id);
    jw_key(w, "root");
    jw_hash(w, d.root);
    jw_key(w, "earners");
    jw_u64(w, d.earners);
    jw_key(w, "l1");
    jw_array(w);
    for (size_t i = 0; i < rows_count(rows); i++)
        write_root(w, rows, i, d.root);
    jw_array_end(w);
    return OK;
}

/* ---- members ---- */

enum { ID_MAX = 64 };

static const struct member l1_members[] =
    {{.name = "root_index",
      .type = T_U64,
      .nullable = true,
      .about = "Number of the newest root on L1 that equals ours and is not disabled; null: there is none."},
     {.name = "activated_at", .type = T_TIME, .nullable = true, .about = "From when claims by it are accepted."},
     {.name = "comparison",
      .type = T_TEXT,
      .about = "equal, even if that root was disabled; different: L1 has another one for the distribution's days; "
               "unknown: it has none yet, or never has, for a fee collector."},
     {.name = "why_no_calldata", .type = T_TEXT, .nullable = true, .about = "A sentence, where calldata is null."},
     {0}};

static const struct member root_members[] =
    {{.name = "root_index", .type = T_U64, .about = "The contract's number of it."},
     {.name = "root", .type = T_HASH, .about = "The root."},
     {.name = "end_time", .type = T_TIME, .about = "Up to when it counts rewards (rewardsCalculationEndTimestamp)."},
     {.name = "activated_at", .type = T_TIME, .about = "From when claims by it are accepted, unless it is disabled."},
     {.name = "disabled", .type = T_BOOL, .about = "Whether it was disabled by the block."},
     {.name = "comparison", .type = T_TEXT, .about = "With ours: equal or different."},
     {0}};

const struct route rewards_proof_routes[] =
    {{.method = "GET",
      .path = "/v1/rewards/proof",
      .about =
          "What RewardsCoordinator.processClaim takes: an earner's proof of its cumulative earnings, and the calldata.",
      .shape = SHAPE_OBJECT,
      .takes_at = true,
      .cache = CACHE_STATE,
      .parameters = PARAMETERS(
          {.name = "earner", .type = PARAMETER_ADDRESS, .required = true, .about = "Who earned."},
          {.name = "token", .type = PARAMETER_ADDRESS, .about = "Only of this token; without it of all it has earned."},
          {.name = "distribution",
           .type = PARAMETER_TEXT,
           .max = ID_MAX,
           .about = "0x...-YYYY-MM-DD, or a day, of the network's only RewardsCoordinator; without it its last one."},
          {.name = "recipient", .type = PARAMETER_ADDRESS, .about = "Who is to be paid; without it the earner."}),
      .members =
          MEMBERS({.name = "distributor",
                   .type = T_ADDRESS,
                   .about = "Who distributes: the contract to call, unless it is a fee collector."},
                  {.name = "claimer",
                   .type = T_ADDRESS,
                   .nullable = true,
                   .about = "Who may call it: whom the earner has set (ClaimerForSet), else the earner; null: of a fee "
                            "collector nothing is claimed."},
                  {.name = "distribution", .type = T_TEXT, .about = "Distributor and day."},
                  {.name = "root", .type = T_HASH, .about = "Root of the distribution's tree."},
                  {.name = "l1", .nest = NEST_OBJECT, .members = l1_members, .about = "What L1 says of it."},
                  {.name = "claim", .nest = NEST_OBJECT, .members = claim_members, .about = "RewardsMerkleClaim."},
                  {.name = "calldata",
                   .type = T_BYTES,
                   .nullable = true,
                   .about = "Of processClaim(claim, recipient); null: no root on L1 equals ours."}),
      .run = proof_run},
     {.method = "GET",
      .path = "/v1/rewards/distributions/{id}/root",
      .about = "The root of a distribution, and the roots on L1 that it is compared with, newest first.",
      .shape = SHAPE_OBJECT,
      .takes_at = true,
      .cache = CACHE_STATE,
      .parameters = PARAMETERS({.name = "id",
                                .type = PARAMETER_TEXT,
                                .max = ID_MAX,
                                .about = "Distributor and day (0x...-YYYY-MM-DD); a day alone means the network's only "
                                         "RewardsCoordinator."}),
      .members = MEMBERS({.name = "id", .type = T_TEXT, .about = "Distributor and day."},
                         {.name = "root", .type = T_HASH, .about = "Of the tree of cumulative earnings."},
                         {.name = "earners", .type = T_U64, .about = "Leaves of it."},
                         {.name = "l1",
                          .nest = NEST_LIST,
                          .members = root_members,
                          .about = "Roots on L1 for its days, and any that equals it."}),
      .run = root_run},
     {0}};
