/* governance/census.c - see census.h. */
#include "governance/census.h"

#include <string.h>

#include "ledger/core/merkle.h"

struct hash census_leaf(struct address voter, struct amount power)
{
    enum { WORD = 32 };
    uint8_t encoded[2 * WORD] = {0};
    memcpy(encoded + WORD - sizeof voter.b, voter.b, sizeof voter.b);
    amount_to_be(power, encoded + WORD);
    return merkle_leaf((struct slice){encoded, sizeof encoded});
}

struct hash census_root(const struct hash *leaves, size_t n)
{
    AUTO_ARENA arena = {0};
    struct merkle tree;
    merkle_build(leaves, n, &arena, &tree);
    return merkle_root(&tree);
}
