// tests/bench/openzeppelin_tree.mjs - the same work by @openzeppelin/merkle-tree: openzeppelin_tree.mjs LEAVES PROOFS prints seconds as JSON.
//
// A proof's time hangs on the tree's height only, so that a part of them, spread over all leaves, tells of all.
import { StandardMerkleTree } from "@openzeppelin/merkle-tree";

const [leaves, proofs] = process.argv.slice(2).map(Number);
const earner = (i) => `0x${BigInt.asUintN(64, BigInt(i + 1) * 0x9e3779b97f4a7c15n).toString(16).padStart(16, "0")}${"0".repeat(24)}`;
const values = Array.from({ length: leaves }, (_, i) => [earner(i), String(10n ** 18n + BigInt(i))]);
const began = performance.now(), tree = StandardMerkleTree.of(values, ["address", "uint256"]);
const built = performance.now();
let hashes = 0;
for (let i = 0; i < proofs; i++) hashes += tree.getProof(Math.floor(i * leaves / proofs)).length;
const proved = performance.now();
console.log(JSON.stringify({ build: (built - began) / 1000, prove: (proved - built) / 1000 * leaves / proofs, hashes }));
