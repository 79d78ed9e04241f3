// tests/scenarios/bench_smoke.mjs - make bench works: a run of a hundredth prints every figure; what it measures is not judged here.
import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import test from "node:test";
import { root } from "./lib/anvil.mjs";

const FIGURES = ["archive, ", "anvil, ", "memory, ", "balance at a past block", "cached answer", "balance at a block", "page ", "reorg of depth 8",
    "staking-heavy archive, ", "account with ", "operator with ", "impact of a slash, ", "history of an operator, ",
    "ballots accepted", "  p99 ms of a ballot", "tally read with", "altledger tally of",
    "a day of ", "  the day after", "root and all proofs of", "proof of one of"];

test("make bench prints every figure beside its limit", { timeout: 300000 }, () => {
    const text = execFileSync("make", ["-s", "bench"], { cwd: root, encoding: "utf8", env: { ...process.env, BENCH_SCALE: "0.01" } });
    const lines = text.split("\n");
    for (const name of FIGURES) {
        const line = lines.find((l) => l.startsWith(name) && /\d.*(reached|missed)$/.test(l));
        assert.ok(line, `no line of "${name}" in\n${text}`);
    }
});
