// tests/contracts/RewardsVerifier.sol - checks claims of cumulative earnings against a root by the rules of RewardsCoordinator; pays nobody.
// SPDX-License-Identifier: MIT
pragma solidity ^0.8.24;

contract RewardsVerifier {
    struct EarnerLeaf {
        address earner;
        bytes32 earnerTokenRoot;
    }

    struct TokenLeaf {
        address token;
        uint256 cumulativeEarnings;
    }

    struct Claim {
        uint32 rootIndex;
        uint32 earnerIndex;
        bytes earnerTreeProof;
        EarnerLeaf earnerLeaf;
        uint32[] tokenIndices;
        bytes[] tokenTreeProofs;
        TokenLeaf[] tokenLeaves;
    }

    error Refused(string why);

    mapping(uint32 => bytes32) public roots;

    function submit(uint32 index, bytes32 root) external {
        roots[index] = root;
    }

    /// What the calldata of RewardsCoordinator.processClaim says, once it has been checked.
    function processClaim(Claim calldata claim, address recipient)
        external
        view
        returns (address earner, address paid, uint256 tokens)
    {
        check(roots[claim.rootIndex], claim);
        return (claim.earnerLeaf.earner, recipient, claim.tokenLeaves.length);
    }

    function checkMany(bytes32 root, Claim[] calldata claims) external pure returns (uint256) {
        for (uint256 i = 0; i < claims.length; i++) check(root, claims[i]);
        return claims.length;
    }

    function check(bytes32 root, Claim calldata claim) public pure {
        uint256 n = claim.tokenIndices.length;
        if (root == 0) revert Refused("no root");
        if (claim.tokenTreeProofs.length != n || claim.tokenLeaves.length != n) revert Refused("lengths");
        bytes32 leaf = keccak256(abi.encodePacked(uint8(0), claim.earnerLeaf.earner, claim.earnerLeaf.earnerTokenRoot));
        if (!included(root, leaf, claim.earnerIndex, claim.earnerTreeProof)) revert Refused("earner");
        for (uint256 i = 0; i < n; i++) {
            TokenLeaf calldata t = claim.tokenLeaves[i];
            leaf = keccak256(abi.encodePacked(uint8(1), t.token, t.cumulativeEarnings));
            if (!included(claim.earnerLeaf.earnerTokenRoot, leaf, claim.tokenIndices[i], claim.tokenTreeProofs[i])) {
                revert Refused("token");
            }
        }
    }

    function included(bytes32 root, bytes32 node, uint256 index, bytes calldata proof) private pure returns (bool) {
        uint256 depth = proof.length / 32;
        if (proof.length % 32 != 0 || index >= 1 << depth) return false;
        for (uint256 i = 0; i < depth; i++) {
            bytes32 sibling = bytes32(proof[32 * i:32 * (i + 1)]);
            bool right = (index >> i) & 1 == 1;
            node = right ? keccak256(bytes.concat(sibling, node)) : keccak256(bytes.concat(node, sibling));
        }
        return node == root;
    }
}
