/* ledger/reward_tree_claim.c - calldata of RewardsCoordinator.processClaim; see reward_tree.h. */
#include <string.h>

#include "ledger/core/digest.h"
#include "ledger/reward_tree.h"

enum { WORD = 32, CLAIM_HEAD = 8 * WORD }; /* of the claim: a leaf is static and stands in it with both its words */

static void put_word(struct buffer *out, const void *p, size_t n)
{
    static const uint8_t zeros[WORD];
    buffer_bytes(out, zeros, WORD - n);
    buffer_bytes(out, p, n);
}

static void put_number(struct buffer *out, size_t v)
{
    uint8_t word[WORD];
    amount_to_be(amount_from_u64(v), word);
    buffer_bytes(out, word, WORD);
}

/* Proofs are whole words: nothing to pad. */
static void put_proof(struct buffer *out, struct slice proof)
{
    put_number(out, proof.n);
    buffer_bytes(out, proof.p, proof.n);
}

static void put_token_proofs(struct buffer *out, const struct reward_proof *proof)
{
    size_t at = proof->n_tokens * WORD;
    put_number(out, proof->n_tokens);
    for (size_t i = 0; i < proof->n_tokens; i++) {
        put_number(out, at);
        at += WORD + proof->tokens[i].proof.n;
    }
    for (size_t i = 0; i < proof->n_tokens; i++)
        put_proof(out, proof->tokens[i].proof);
}

static void put_claim(struct buffer *out, uint32_t root_index, struct address earner, const struct reward_proof *proof)
{
    size_t n = proof->n_tokens, indices = CLAIM_HEAD + WORD + proof->earner_proof.n, proofs = indices + (1 + n) * WORD,
           leaves = proofs + (1 + 2 * n) * WORD;
    for (size_t i = 0; i < n; i++)
        leaves += proof->tokens[i].proof.n;
    put_number(out, root_index);
    put_number(out, proof->earner_index);
    put_number(out, CLAIM_HEAD);
    put_word(out, earner.b, sizeof earner.b);
    put_word(out, proof->token_root.b, WORD);
    put_number(out, indices);
    put_number(out, proofs);
    put_number(out, leaves);
    put_proof(out, proof->earner_proof);
    put_number(out, n);
    for (size_t i = 0; i < n; i++)
        put_number(out, proof->tokens[i].index);
    put_token_proofs(out, proof);
    put_number(out, n);
    for (size_t i = 0; i < n; i++) {
        uint8_t word[WORD];
        amount_to_be(proof->tokens[i].cumulative, word);
        put_word(out, proof->tokens[i].token.b, sizeof proof->tokens[i].token.b);
        buffer_bytes(out, word, WORD);
    }
}

struct slice reward_claim_calldata(uint32_t root_index, struct address earner, const struct reward_proof *proof,
                                   struct address recipient, struct arena *arena)
{
    static const char signature[] = "processClaim((uint32,uint32,bytes,(address,bytes32),uint32[],bytes[],"
                                    "(address,uint256)[]),address)";
    AUTO_BUFFER out = {0};
    struct hash selector = keccak_bytes(signature, strlen(signature));
    buffer_bytes(&out, selector.b, 4);
    put_number(&out, (size_t)2 * WORD); /* where the claim begins: behind both arguments' words */
    put_word(&out, recipient.b, sizeof recipient.b);
    put_claim(&out, root_index, earner, proof);
    return (struct slice){arena_copy(arena, out.p, out.n), out.n};
}
