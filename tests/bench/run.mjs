// tests/bench/run.mjs - make bench: each figure beside its limit, measured in one run on this machine.
//
// run.mjs [FIGURE...]: archive rpc memory balance cached depth reorg stake reads impact year ballots bundle recount rewards tree; none: all. BENCH_SCALE
// shrinks the sizes (1: up to 10 million entries and 1,000,000 stakers, about half an hour), BENCH_ROUNDS and BENCH_SECONDS the
// repetitions; the best round of either side counts.
// A figure that misses its goal is no failure; one that cannot be measured is.
import { cpus, loadavg } from "node:os";
import { ballots, bundle } from "./ballots.mjs";
import { archive, memory, rpc } from "./ingest.mjs";
import { closeAll, heading, note, openCluster, scale } from "./lib.mjs";
import { balance, cached, depth, reorg } from "./reads.mjs";
import { recount } from "./recount.mjs";
import { rewards } from "./rewards.mjs";
import { stakeImpact, stakeIngest, stakeReads, stakeYear } from "./stake.mjs";
import { tree } from "./tree.mjs";

const all = {
    archive, rpc, memory, balance, cached, depth, reorg, stake: stakeIngest, reads: stakeReads, impact: stakeImpact, year: stakeYear,
    ballots, bundle, recount, rewards, tree,
};
const chosen = process.argv.length > 2 ? process.argv.slice(2) : Object.keys(all);
const unknown = chosen.find((name) => !(name in all));
if (unknown) {
    console.error(`no figure ${unknown}; there are: ${Object.keys(all).join(" ")}`);
    process.exit(2);
}

let ending = false;
async function end(status) {
    if (ending) return;
    ending = true;
    await closeAll();
    process.exit(status);
}
for (const signal of ["SIGINT", "SIGTERM"]) process.on(signal, () => end(1));

let status = 0;
console.log(`${cpus().length} x ${cpus()[0].model.trim()}, load ${loadavg()[0].toFixed(1)}, scale ${scale}`);
heading();
try {
    await openCluster();
    for (const name of chosen) await all[name]();
    note(`load at the end ${loadavg()[0].toFixed(1)}`);
} catch (error) {
    console.error(error);
    status = 1;
}
await end(status);
