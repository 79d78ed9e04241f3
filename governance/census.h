/* governance/census.h - the Merkle tree over a census, as OpenZeppelin's StandardMerkleTree of ["address","uint256"] makes it. */
#ifndef GOVERNANCE_CENSUS_H
#define GOVERNANCE_CENSUS_H

#include "ledger/core/amount.h"

/* Of abi.encode(voter, power). */
struct hash census_leaf(struct address voter, struct amount power);
/* Of n > 0 leaves in any order. */
struct hash census_root(const struct hash *leaves, size_t n);

#endif
