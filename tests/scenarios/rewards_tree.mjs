// tests/scenarios/rewards_tree.mjs - roots and proofs of random distributions are those of an independent tree, and hold on a node by a contract of our own.
//
// SEED chooses the distributions; it is printed.
import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { decodeFunctionResult, encodeFunctionData } from "viem";
import { startAnvil } from "./lib/anvil.mjs";
import { accounts, deploy, mine, random, send } from "./lib/chain.mjs";
import { built } from "./lib/economy.mjs";
import { binary, run } from "./lib/program.mjs";
import { hex, treeOf } from "./lib/reward_tree.mjs";

const SEED = Number(process.env.SEED ?? 20261121);
const AT_ONCE = 100, ROOT_INDEX = 7, NOBODY = "0x" + "44".repeat(20);
const rng = random(SEED);
const dir = mkdtempSync(join(tmpdir(), "altledger-tree-"));
let node, verifier, abi, from;

before(async () => {
    console.log(`SEED=${SEED}`);
    node = await startAnvil({ args: ["--gas-limit", 1000000000] });
    [from] = await accounts(node);
    const contract = built().RewardsVerifier;
    abi = contract.abi;
    verifier = await deploy(node, contract.bytecode, from);
});
after(async () => {
    await node?.stop();
    rmSync(dir, { recursive: true, force: true });
});

/* ---- distributions and the program ---- */

const address = () => "0x" + Array.from({ length: 5 }, () => hex(rng.next(2 ** 32), 8)).join("");
/** Mostly small, some up to 2^256 - 1. */
const amount = () => {
    const bits = 1 + rng.next(256);
    let n = 1n;
    for (let i = 1; i < bits; i++) n = (n << 1n) | BigInt(rng.next(2));
    return String(rng.next(50) ? n : (1n << 256n) - 1n);
};

/** So many earners; most have one token, some up to nine; in no order. */
function distribution(n) {
    const tokens = Array.from({ length: 9 }, address), leaves = [];
    for (let i = 0; i < n; i++) {
        const earner = address(), own = rng.next(4) ? 1 : 1 + rng.next(9), first = rng.next(9);
        for (let k = 0; k < own; k++) leaves.push({ earner, token: tokens[(first + k) % 9], cumulative: amount() });
    }
    return leaves.map((leaf) => [rng.real(), leaf]).sort(([a], [b]) => a - b).map(([, leaf]) => leaf);
}

function written(leaves) {
    const file = join(dir, `leaves-${leaves.length}.ndjson`);
    writeFileSync(file, leaves.map((l) => JSON.stringify(l) + "\n").join(""));
    return file;
}

const lower = (claim) => JSON.parse(JSON.stringify(claim).replaceAll(/0x[0-9a-fA-F]+/g, (text) => text.toLowerCase()));
const call = (data) => node.ask("eth_call", { from, to: verifier, data, gas: "0x3b9aca00" }, "latest");
const checked = (root, claims) => call(encodeFunctionData({ abi, functionName: "checkMany", args: [root, claims] }));

for (const n of [1, 2, 3, 5, 17, 64, 65, 100 + rng.next(400), 1025, 3000 + rng.next(1000), 10000])
    test(`${n} earners: root and every proof`, async () => {
        const leaves = distribution(n), file = written(leaves), want = treeOf(leaves, ROOT_INDEX);
        const root = JSON.parse((await run(["rewards", "root", "--leaves", file, "--json"])).out);
        assert.deepEqual(root, { root: want.root, earners: n, leaves: leaves.length });
        const { out } = await run(["rewards", "proof", "--leaves", file, "--root-index", String(ROOT_INDEX), "--recipient", NOBODY]);
        const lines = out.trimEnd().split("\n").map((line) => JSON.parse(line));
        assert.equal(lines.length, n);
        for (const line of lines) {
            const claim = lower(line.claim);
            assert.deepEqual(claim, want.claims.get(claim.earnerLeaf.earner));
        }
        for (let i = 0; i < n; i += n > 2000 ? 3 * AT_ONCE : AT_ONCE) await checked(want.root, lines.slice(i, i + AT_ONCE).map((line) => line.claim));

        await send(node, [{ from, to: verifier, data: encodeFunctionData({ abi, functionName: "submit", args: [ROOT_INDEX, want.root] }) }]);
        await mine(node);
        for (const line of [lines[0], lines.at(-1), rng.pick(lines)]) {
            const data = await call(line.calldata);
            const said = decodeFunctionResult({ abi, functionName: "processClaim", data });
            assert.deepEqual(said.map(String).map((s) => s.toLowerCase()),
                [line.claim.earnerLeaf.earner.toLowerCase(), NOBODY, String(line.claim.tokenLeaves.length)]);
        }
    });

test("one earner, one token; leaves from stdin", async () => {
    const leaves = distribution(40), file = written(leaves), want = treeOf(leaves, ROOT_INDEX);
    const { earner } = leaves.find((l) => leaves.filter((m) => m.earner === l.earner).length > 2);
    const { token } = leaves.find((l) => l.earner === earner);
    const { out } = await run(["rewards", "proof", "--leaves", file, "--earner", earner, "--token", token]);
    const line = JSON.parse(out);
    assert.equal(line.root, want.root);
    assert.equal(line.calldata, null);
    assert.match(line.why_no_calldata, /--root-index/);
    assert.deepEqual(line.claim.tokenLeaves.map((t) => t.token.toLowerCase()), [token]);
    await checked(want.root, [{ ...line.claim, rootIndex: 0 }]);
    assert.match((await run(["rewards", "proof", "--leaves", file, "--earner", NOBODY], 1)).log, /earned nothing/);
    const stdin = { input: readFileSync(file), stdio: ["pipe", "pipe", "inherit"] };
    assert.equal(JSON.parse(execFileSync(binary, ["rewards", "root", "--leaves", "-", "--json"], stdin)).root, want.root);
    assert.match((await run(["rewards", "root", "--leaves", "-"], 1)).log, /there is no leaf/);
});

test("what was spoilt is refused by the contract", async () => {
    const leaves = distribution(23), want = treeOf(leaves, ROOT_INDEX);
    const [earner, claim] = [...want.claims].find(([, c]) => c.tokenIndices.length > 1);
    const flip = (text) => text.slice(0, -1) + hex(parseInt(text.at(-1), 16) ^ 1, 1);
    const spoilt = {
        "another amount": (c) => { c.tokenLeaves[0].cumulativeEarnings = String(BigInt(c.tokenLeaves[0].cumulativeEarnings) ^ 1n); },
        "another token": (c) => { c.tokenLeaves[1].token = flip(c.tokenLeaves[1].token); },
        "another earner": (c) => { c.earnerLeaf.earner = flip(earner); },
        "another place": (c) => { c.earnerIndex ^= 1; },
        "the same path of a greater index": (c) => { c.earnerIndex += 32; },
        "another sibling": (c) => { c.earnerTreeProof = flip(c.earnerTreeProof); },
        "a proof that is cut": (c) => { c.earnerTreeProof = c.earnerTreeProof.slice(0, -2); },
        "another token proof": (c) => { c.tokenTreeProofs[0] = flip(c.tokenTreeProofs[0]); },
    };
    await checked(want.root, [claim]);
    for (const [name, spoil] of Object.entries(spoilt)) {
        const bad = structuredClone(claim);
        spoil(bad);
        await assert.rejects(checked(want.root, [bad]), /revert/, name);
    }
});

for (const [name, lines, told] of [
    ["a line that is no JSON", ["{"], /line 1: JSON/],
    ["an amount of zero", [{ cumulative: "0" }], /line 1: cumulative/],
    ["an amount of 2^256", [{}, { cumulative: String(1n << 256n) }], /line 2: cumulative/],
    ["an amount that is a number", [{ cumulative: 5 }], /line 1: cumulative/],
    ["an earner that is none", [{ earner: "0x12" }], /line 1: earner/],
    ["a token that is missing", [{ token: undefined }], /line 1: must be an object of/],
    ["an unknown member", [{ more: 1 }], /line 1: must be an object of/],
    ["an earner that has a token twice", [{}, {}], /has token .* twice/],
])
    test(`refused: ${name}`, async () => {
        const file = join(dir, "bad.ndjson"), good = { earner: "0x" + "11".repeat(20), token: NOBODY, cumulative: "1" };
        writeFileSync(file, lines.map((l) => (typeof l === "string" ? l : JSON.stringify({ ...good, ...l }))).join("\n"));
        const { log, out } = await run(["rewards", "root", "--leaves", file], 1);
        assert.match(log, told);
        assert.equal(out, "");
    });
