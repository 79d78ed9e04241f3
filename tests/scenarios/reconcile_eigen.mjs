// tests/scenarios/reconcile_eigen.mjs - EigenLayer's views on a live node: equal at every block, also when blocks merely pass; and whatever is changed in silence is named.
import assert from "node:assert/strict";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { startAnvil } from "./lib/anvil.mjs";
import { head, mine } from "./lib/chain.mjs";
import { writeNetwork } from "./lib/drive.mjs";
import { DEALLOCATION_DELAY, Eigen, WAD } from "./lib/eigen.mjs";
import { Cluster } from "./lib/pg.mjs";
import { run, start } from "./lib/program.mjs";

const dir = mkdtempSync(join(tmpdir(), "altledger-reconcile-eigen-"));
const STAKE = "getMinimumSlashableStake((address,uint32),address[],address[],uint32)";
const VIEWS = ["delegatedTo(address)", "operatorShares(address,address)", "depositScalingFactor(address,address)",
    "getWithdrawableShares(address,address[])", "stakerDepositShares(address,address)", "totalShares()", "pendingWithdrawals(bytes32)",
    "getQueuedWithdrawal(bytes32)", "getMaxMagnitude(address,address)", "getEncumberedMagnitude(address,address)",
    "getAllocation(address,(address,uint32),address)", "isMemberOfOperatorSet(address,(address,uint32))",
    "isOperatorSlashable(address,(address,uint32))", STAKE, "getAllocationDelay(address)", "getSlasher((address,uint32))"];
let node, eigen, network, cluster, database;
let a, b, one, two, avs, s, t; // operators, stakers, an AVS, strategies
const root = async (i) => "0x" + cluster.rows(database, "SELECT encode(root, 'hex') AS root FROM ledger.withdrawal WHERE state = 0 ORDER BY position")[i].root;

before(async () => {
    node = await startAnvil();
    eigen = await Eigen.start(node);
    [, a, b, one, two, avs] = eigen.people;
    [s, t] = eigen.strategies;
    network = writeNetwork(join(dir, "network.json"), {
        chainId: node.chainId, contracts: eigen.contracts, parameters: { deallocation_delay_blocks: DEALLOCATION_DELAY },
    });
    cluster = await new Cluster().start();
    database = cluster.create();
});
after(async () => {
    await node?.stop();
    await cluster?.stop();
    cluster?.remove();
    rmSync(dir, { recursive: true, force: true });
});

async function compare(at, status = 0) {
    const { out } = await run(["verify", "--against-chain", "--json", "--all", "--at", String(at), "--source", node.url,
        "--database", cluster.conninfo(database)], status);
    return JSON.parse(out);
}

async function reconcile(status = 0) {
    await run(["mirror", "--once", "--network", network, "--source", node.url, "--database", cluster.conninfo(database)]);
    return compare("latest", status);
}

const DM = "EigenDelegation", SM = "EigenStrategies", AM = "EigenAllocations";
const set = (id) => ({ avs, id });

test("every view is equal at every block, also while changes are pending and when they take effect", async () => {
    const from = (await head(node)) + 1;
    await eigen.block([DM, "registerAsOperator", a], [DM, "registerAsOperator", b], [SM, "deposit", one, s, 10n ** 21n], [SM, "deposit", one, t, 12345n]);
    await eigen.block([DM, "delegate", one, a], [DM, "increase", a, one, s, 10n ** 21n], [DM, "increase", a, one, t, 12345n], [SM, "deposit", two, s, 777n]);
    await eigen.block([DM, "setFactor", one, s, WAD * 12n / 10n], [AM, "setDelay", a, 3, 0], [AM, "createSet", set(0), b], [AM, "createSet", set(1), b]);
    await eigen.block([AM, "register", a, set(0)], [AM, "register", a, set(1)], [AM, "register", b, set(0)]);
    await eigen.block([AM, "allocate", a, set(0), s, WAD / 2n, 4], [AM, "allocate", a, set(1), s, WAD / 10n, 2], [AM, "allocate", a, set(0), t, WAD / 4n, 0]);
    await eigen.block([AM, "setDelay", a, 9, 5], [AM, "updateSlasher", set(0), one, 4]);
    await mine(node, 5);
    await eigen.block([AM, "allocate", a, set(0), s, WAD / 5n, 6], [AM, "deregister", a, set(1)]);
    await eigen.block([AM, "setMaxMagnitude", a, s, WAD * 9n / 10n], [DM, "queueWithdrawal", one, s, 10n ** 20n]);
    await eigen.block([DM, "queueWithdrawal", one, t, 345n], [DM, "queueWithdrawal", two, s, 777n]);
    await eigen.block([AM, "setMaxMagnitude", a, s, WAD * 7n / 10n], [AM, "allocate", a, set(0), s, 0n, 3]);
    await mine(node, DEALLOCATION_DELAY);
    const to = await head(node);
    await reconcile();
    const totals = {};
    for (let number = from; number <= to; number++) {
        const report = await compare(number);
        assert.deepEqual(report.differences, [], `block ${number}`);
        assert.equal(report.unchecked, 0);
        for (const v of report.views) totals[v.view] = (totals[v.view] ?? 0) + v.checked;
    }
    for (const view of VIEWS) assert.ok(totals[view] > 0, view);
    console.log(Object.values(totals).reduce((sum, n) => sum + n), "figures equal at", to - from + 1, "blocks");
});

/** What is done in silence: [the views that then differ, the calls]. */
const silent = () => [
    [["stakerDepositShares(address,address)", "getWithdrawableShares(address,address[])", "totalShares()"], [SM, "deposit", one, s, 5n]],
    [["delegatedTo(address)"], [DM, "delegate", two, b]],
    [["operatorShares(address,address)"], [DM, "increase", a, one, t, 1n]],
    [["depositScalingFactor(address,address)"], [DM, "setFactor", one, t, WAD + 1n]],
    [["getMaxMagnitude(address,address)"], [AM, "setMaxMagnitude", b, s, WAD - 1n]],
    [["getAllocation(address,(address,uint32),address)", "getEncumberedMagnitude(address,address)", STAKE], [AM, "allocate", a, set(0), t, WAD / 4n + WAD / 100n, 0]],
    [["isMemberOfOperatorSet(address,(address,uint32))", "isOperatorSlashable(address,(address,uint32))", STAKE], [AM, "register", a, set(1)]],
    [["getAllocationDelay(address)"], [AM, "setDelay", a, 8, 0]],
    [["getSlasher((address,uint32))"], [AM, "updateSlasher", set(1), two, 0]],
];

test("each view that was changed in silence is named, and no other", async () => {
    await eigen.block([DM, "increase", b, b, s, 3n]); // so that the magnitude of b is asked for
    assert.deepEqual((await reconcile()).differences, []);
    const quiet = (on) => eigen.block([DM, "setQuiet", on], [SM, "setQuiet", on], [AM, "setQuiet", on]);
    for (const [expected, call] of [...silent(), [["pendingWithdrawals(bytes32)", "getQueuedWithdrawal(bytes32)"], [DM, "complete", await root(0)]]]) {
        const snapshot = await node.ask("evm_snapshot");
        await quiet(true);
        await eigen.block(call);
        const { differences } = await reconcile(1);
        assert.deepEqual([...new Set(differences.map((d) => d.view))].sort(), [...expected].sort(), call.join(" "));
        await node.ask("evm_revert", snapshot);
        await node.ask("evm_increaseTime", 7);
        await mine(node);
    }
    assert.deepEqual((await reconcile()).differences, []);
});

test("the mirror's own role may ask all of it in the background", async (t) => {
    await mine(node, 70); // so that something is finalized
    const life = start("mirror", "--network", network, "--source", node.url, "--database", cluster.conninfo(database), "--audit-interval", "1");
    t.after(() => life.kill("SIGKILL"));
    await life.says(/audit: block \d+: [1-9]\d+ figures checked with the contracts, 0 differ, 0 not checked/);
    await life.kill("SIGTERM").ends(0);
});
