// tests/model/reward_tree.mjs - the tree of cumulative earnings that RewardsCoordinator checks: root and proofs, by recursion over its text.
import { createRequire } from "node:module";

const { concat, keccak256, toBeHex } = createRequire(new URL("../package.json", import.meta.url))("ethers");
const EMPTY = `0x${"00".repeat(32)}`;

export const token_leaf = (token, cumulative) => keccak256(concat(["0x01", token, toBeHex(cumulative, 32)]));
export const earner_leaf = (earner, root) => keccak256(concat(["0x00", earner, root]));

/** Root of leaves in their order, padded with zeros to a power of two. */
export function merkle_root(leaves) {
    if (leaves.length === 1) return leaves[0];
    const half = 2 ** (Math.ceil(Math.log2(leaves.length)) - 1);
    const full = (part, size) => (size === 1 ? part[0] ?? EMPTY
        : keccak256(concat([full(part.slice(0, size / 2), size / 2), full(part.slice(size / 2), size / 2)])));
    return keccak256(concat([full(leaves.slice(0, half), half), full(leaves.slice(half), half)]));
}

/** What a contract finds that walks up from a leaf: `proof` is 0x and the siblings from below. */
export function walk(leaf, index, proof) {
    let node = leaf;
    for (let at = 2; at < proof.length; at += 64, index = Math.floor(index / 2)) {
        const sibling = `0x${proof.slice(at, at + 64)}`;
        node = keccak256(concat(index % 2 ? [sibling, node] : [node, sibling]));
    }
    return index === 0 ? node : null;
}

/** Root of {earner: {token: cumulative}} as Maps; addresses in lower case. */
export function rewards_root(earners) {
    const sorted = (map) => [...map].sort(([a], [b]) => (a < b ? -1 : 1));
    return merkle_root(sorted(earners).map(([earner, tokens]) =>
        earner_leaf(earner, merkle_root(sorted(tokens).map(([token, amount]) => token_leaf(token, amount))))));
}

/** Whether RewardsCoordinator would take this claim (its struct as JSON) for the root. */
export function claim_holds(root, claim) {
    const { earnerLeaf: { earner, earnerTokenRoot } } = claim;
    return walk(earner_leaf(earner, earnerTokenRoot), Number(claim.earnerIndex), claim.earnerTreeProof) === root && claim.tokenLeaves.length > 0 &&
        claim.tokenLeaves.every((leaf, i) =>
            walk(token_leaf(leaf.token, BigInt(leaf.cumulativeEarnings)), Number(claim.tokenIndices[i]), claim.tokenTreeProofs[i]) === earnerTokenRoot);
}
