/* governance/census.h - the Merkle tree over a census, as OpenZeppelin's StandardMerkleTree of ["address","uint256"] makes it.
 *
 * leaf = keccak(keccak(abi.encode(voter, power))), node = keccak(the lesser || the greater); leaves in ascending order. So a
 * contract can check a voter's power with MerkleProof.verify. */
#ifndef GOVERNANCE_CENSUS_H
#define GOVERNANCE_CENSUS_H

#include "ledger/core/amount.h"

struct hash census_leaf(struct address voter, struct amount power);
struct hash census_node(struct hash a, struct hash b);
/* Sorts the leaves; n > 0. */
struct hash census_root(struct hash *leaves, size_t n);

#endif
