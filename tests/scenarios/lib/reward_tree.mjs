// tests/scenarios/lib/reward_tree.mjs - the tree of cumulative earnings by the rules of RewardsCoordinator, with nothing of the program's.
import { keccak256 } from "viem";

const ZERO = "0x" + "00".repeat(32);
export const hex = (n, digits) => n.toString(16).padStart(digits, "0");

/** All levels, each padded to the full power of two. */
function levelsOf(leaves) {
    const size = 2 ** Math.ceil(Math.log2(leaves.length));
    const levels = [[...leaves, ...Array(size - leaves.length).fill(ZERO)]], ofPadding = new Map();
    while (levels.at(-1).length > 1) {
        const below = levels.at(-1), above = [];
        for (let i = 0; i < below.length; i += 2) {
            const padding = below[i] === below[i + 1] ? below[i] : undefined; // of which there is much
            const node = ofPadding.get(padding) ?? keccak256(below[i] + below[i + 1].slice(2));
            if (padding) ofPadding.set(padding, node);
            above.push(node);
        }
        levels.push(above);
    }
    return levels;
}

const proofOf = (levels, index) => "0x" + levels.slice(0, -1).map((level, i) => level[(index >> i) ^ 1].slice(2)).join("");
const ascending = (a, b) => (a < b ? -1 : 1);

/** {root, claims: earner -> claim} of [{earner, token, cumulative}], addresses in lower case. */
export function treeOf(leaves, rootIndex) {
    const byEarner = new Map();
    for (const leaf of leaves) byEarner.set(leaf.earner, [...(byEarner.get(leaf.earner) ?? []), leaf]);
    const earners = [...byEarner.keys()].sort(ascending).map((earner) => {
        const tokens = byEarner.get(earner).sort((a, b) => ascending(a.token, b.token));
        const levels = levelsOf(tokens.map((t) => keccak256("0x01" + t.token.slice(2) + hex(BigInt(t.cumulative), 64))));
        return { earner, tokens, levels, root: levels.at(-1)[0] };
    });
    const levels = levelsOf(earners.map((e) => keccak256("0x00" + e.earner.slice(2) + e.root.slice(2))));
    const claims = new Map(earners.map((e, i) => [e.earner, {
        rootIndex,
        earnerIndex: i,
        earnerTreeProof: proofOf(levels, i),
        earnerLeaf: { earner: e.earner, earnerTokenRoot: e.root },
        tokenIndices: e.tokens.map((_, k) => k),
        tokenTreeProofs: e.tokens.map((_, k) => proofOf(e.levels, k)),
        tokenLeaves: e.tokens.map((t) => ({ token: t.token, cumulativeEarnings: t.cumulative })),
    }]));
    return { root: levels.at(-1)[0], claims };
}
