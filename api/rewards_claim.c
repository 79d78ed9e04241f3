/* api/rewards_claim.c - see rewards_claim.h. */
#include "api/rewards_claim.h"

static void write_leaf(struct json_writer *w, const struct claim *claim)
{
    jw_key(w, "earnerLeaf");
    jw_object(w);
    jw_key(w, "earner");
    jw_address(w, claim->earner);
    jw_key(w, "earnerTokenRoot");
    jw_hash(w, claim->proof->token_root);
    jw_object_end(w);
}

static void write_tokens(struct json_writer *w, const struct reward_proof *p)
{
    jw_key(w, "tokenIndices");
    jw_array(w);
    for (size_t i = 0; i < p->n_tokens; i++)
        jw_u64(w, p->tokens[i].index);
    jw_array_end(w);
    jw_key(w, "tokenTreeProofs");
    jw_array(w);
    for (size_t i = 0; i < p->n_tokens; i++)
        jw_hex(w, p->tokens[i].proof);
    jw_array_end(w);
    jw_key(w, "tokenLeaves");
    jw_array(w);
    for (size_t i = 0; i < p->n_tokens; i++) {
        jw_object(w);
        jw_key(w, "token");
        jw_address(w, p->tokens[i].token);
        jw_key(w, "cumulativeEarnings");
        jw_amount(w, p->tokens[i].cumulative);
        jw_object_end(w);
    }
    jw_array_end(w);
}

void claim_write(struct json_writer *w, const struct claim *claim, struct arena *arena)
{
    const struct reward_proof *p = claim->proof;
    jw_key(w, "claim");
    jw_object(w);
    jw_key(w, "rootIndex");
    claim->root_index != NULL ? jw_u64(w, *claim->root_index) : jw_null(w);
    jw_key(w, "earnerIndex");
    jw_u64(w, p->earner_index);
    jw_key(w, "earnerTreeProof");
    jw_hex(w, p->earner_proof);
    write_leaf(w, claim);
    write_tokens(w, p);
    jw_object_end(w);
    jw_key(w, "calldata");
    if (claim->root_index != NULL)
        jw_hex(w, reward_claim_calldata(*claim->root_index, claim->earner, p, claim->recipient, arena));
    else
        jw_null(w);
}

const struct member claim_members[] =
    {{.name = "rootIndex",
      .type = T_U64,
      .nullable = true,
      .about = "Number of the root on L1 that equals ours; null: there is none."},
     {.name = "earnerIndex", .type = T_U64, .about = "The earner's place in the tree."},
     {.name = "earnerTreeProof", .type = T_BYTES, .about = "Siblings of the earner's leaf, from below."},
     {.name = "earnerLeaf",
      .nest = NEST_OBJECT,
      .members = MEMBERS({.name = "earner", .type = T_ADDRESS, .about = "Who earned."},
                         {.name = "earnerTokenRoot", .type = T_HASH, .about = "Root of the tree of its tokens."}),
      .about = "The earner's leaf."},
     {.name = "tokenIndices", .type = T_U64, .nest = NEST_SCALARS, .about = "Places of the tokens in that tree."},
     {.name = "tokenTreeProofs", .type = T_BYTES, .nest = NEST_SCALARS, .about = "Siblings of each token's leaf."},
     {.name = "tokenLeaves",
      .nest = NEST_LIST,
      .members = MEMBERS({.name = "token", .type = T_ADDRESS, .about = "What was earned."},
                         {.name = "cumulativeEarnings", .type = T_AMOUNT, .about = "In all so far, base units."}),
      .about = "The tokens' leaves."},
     {0}};
