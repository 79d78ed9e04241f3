// tests/scenarios/chain_reads.mjs - what no log says is asked of the node at that block and kept: a replay needs no node, and nothing is guessed.
//
// With a scaling factor below 1e18 several numbers of deposit shares give the same scaled shares, so the log of a withdrawal leaves
// open how many it took.
import assert from "node:assert/strict";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { startAnvil } from "./lib/anvil.mjs";
import { head, mine, reorg } from "./lib/chain.mjs";
import { writeNetwork } from "./lib/drive.mjs";
import { Eigen, WAD } from "./lib/eigen.mjs";
import { Cluster, digests } from "./lib/pg.mjs";
import { get, run, serve, sleep, start, until } from "./lib/program.mjs";
import { startProxy } from "./lib/proxy.mjs";

const FACTOR = WAD * 3n / 10n; // floor(x * 0.3) is 30 for x = 100 .. 103
const dir = mkdtempSync(join(tmpdir(), "altledger-reads-"));
let node, proxy, eigen, staker, strategy, network, cluster, known, withdrawn;

before(async () => {
    node = await startAnvil();
    eigen = await Eigen.start(node);
    staker = eigen.people[1];
    strategy = eigen.strategies[0];
    await eigen.block(["EigenStrategies", "deposit", staker, strategy, 1000n]);
    await eigen.block(["EigenDelegation", "setFactor", staker, strategy, FACTOR]);
    await mine(node, 3);
    await eigen.block(["EigenDelegation", "queueWithdrawal", staker, strategy, 102n]);
    withdrawn = await head(node);
    await eigen.block(["EigenStrategies", "deposit", staker, strategy, 7n]);
    await mine(node, 2);
    network = writeNetwork(join(dir, "network.json"), { chainId: node.chainId, contracts: eigen.contracts });
    proxy = await startProxy({ target: node.url });
    cluster = await new Cluster().start();
});
after(async () => {
    await proxy?.stop();
    await node?.stop();
    await cluster?.stop();
    cluster?.remove();
    rmSync(dir, { recursive: true, force: true });
});

const reads = (database) => cluster.rows(database, `SELECT b.number, encode(r.contract, 'hex') AS contract, encode(r.result, 'hex') AS result
    FROM mirror.chain_read r JOIN mirror.block b ON b.id = r.block ORDER BY b.number`);
const taken = (database) => cluster.rows(database, "SELECT deposit_shares, scaled_shares FROM ledger.withdrawal_share ORDER BY position");
const deposit = (database) => cluster.one(database, `SELECT e.balance FROM ledger.entry e JOIN ledger.account a ON a.id = e.account
    WHERE a.book = 6 AND a.owner = '\\x${staker.slice(2)}' ORDER BY e.position DESC LIMIT 1`).balance;
const doubts = (database) => cluster.rows(database, "SELECT most FROM ledger.deposit_doubt ORDER BY position").map((d) => d.most);
const word = (value) => value.toString(16).padStart(64, "0");
const mirror = (database, url, ...args) => run(["mirror", "--once", "--network", network, "--source", url, "--database", cluster.conninfo(database), ...args]);
const verify = async (database) => assert.equal(JSON.parse((await run(["verify", "--json", "--database", cluster.conninfo(database)])).out).differences, 0);
const against_chain = (database, status = 0) => run(["verify", "--against-chain", "--json", "--all", "--at", "latest", "--source", node.url,
    "--database", cluster.conninfo(database)], status).then((p) => JSON.parse(p.out));

/** Answers of eth_call become this error. */
const no_state = { name: "no state", methods: ["eth_call"],
    call: (answer) => { delete answer.result; answer.error = { code: -32000, message: "missing trie node d5e1 (path )" }; return true; } };

test("the node is asked what was left, and its answer is kept", async () => {
    known = cluster.create();
    await mirror(known, node.url);
    assert.deepEqual(reads(known), [{ number: withdrawn, contract: eigen.EigenStrategies.slice(2), result: word(898n) }]);
    assert.deepEqual(taken(known), [{ deposit_shares: 102, scaled_shares: 30 }]);
    assert.equal(deposit(known), 905);
    assert.deepEqual(doubts(known), []);
    const report = await against_chain(known);
    assert.deepEqual([report.differences, report.unchecked], [[], 0]);
});

test("verify and rebuild need no node, and give the same rows and roots", async () => {
    await verify(known);
    const before = digests(cluster, known);
    await run(["rebuild", "--force", "--network", network, "--database", cluster.conninfo(known)]);
    assert.deepEqual(digests(cluster, known), before);
    await verify(known);
    assert.equal(reads(known).length, 1);
});

test("a node that is down for a moment delays, and the books are the same", async (t) => {
    const database = cluster.create();
    proxy.set((questions) => (questions.some((q) => q.method === "eth_call") ? { name: "down", body: (_, response) => response.destroy() } : null));
    const life = start("mirror", "--once", "--network", network, "--source", proxy.url, "--database", cluster.conninfo(database), "--batch-blocks", "1");
    t.after(() => life.kill("SIGKILL"));
    await until(() => proxy.injected.down >= 3, "it asks again");
    const at = () => Number(cluster.one(database, "SELECT coalesce(head_number, -1) AS n FROM mirror.cursor").n);
    assert.ok(at() < withdrawn, `it went on to block ${at()}`);
    await sleep(500);
    assert.ok(at() < withdrawn, "it waits");
    assert.equal(life.status, undefined);
    proxy.set();
    await life.ends(0);
    assert.deepEqual(taken(database), taken(known));
    assert.deepEqual(reads(database), reads(known));
    const [ours, theirs] = [digests(cluster, database), digests(cluster, known)];
    for (const name of Object.keys(theirs)) if (name.startsWith("ledger.")) assert.equal(ours[name], theirs[name], name);
    assert.equal(cluster.one(database, "SELECT root FROM mirror.cursor").root, cluster.one(known, "SELECT root FROM mirror.cursor").root);
});

test("while one endpoint is down, another's lack of that state decides nothing", async (t) => {
    const database = cluster.create(), pruned = await startProxy({ target: node.url });
    t.after(() => pruned.stop());
    pruned.set(() => no_state);
    proxy.reset();
    proxy.set((questions) => (questions.some((q) => q.method === "eth_call") ? { name: "down", body: (_, response) => response.destroy() } : null));
    const life = start("mirror", "--once", "--network", network, "--source", proxy.url, "--source", pruned.url, "--database", cluster.conninfo(database));
    t.after(() => life.kill("SIGKILL"));
    await until(() => proxy.injected.down >= 3 && pruned.injected["no state"] >= 2, "both are asked");
    assert.deepEqual(taken(database), []);
    proxy.set();
    await life.ends(0);
    assert.deepEqual([taken(database), doubts(database), reads(database)], [taken(known), [], reads(known)]);
});

test("an answer that the logs exclude is not believed", async () => {
    for (const lie of [word(1000n), word(896n), word(2n ** 256n - 1n), "1234", ""]) {
        const database = cluster.create();
        proxy.set(() => ({ name: "lie", methods: ["eth_call"], call: (answer) => { answer.result = "0x" + lie; return true; } }));
        await mirror(database, proxy.url);
        assert.deepEqual(doubts(database), [3], lie);
        await verify(database);
        cluster.drop(database);
    }
    proxy.set();
});

test("without the state of that block the shares are undetermined, and said to be", async (t) => {
    const database = cluster.create();
    proxy.set(() => no_state);
    await mirror(database, proxy.url);
    proxy.set();
    assert.deepEqual(reads(database), []);
    assert.deepEqual(taken(database), [{ deposit_shares: 100, scaled_shares: 30 }]); // the least
    assert.deepEqual(doubts(database), [3]);
    await verify(database);
    const { program, url } = await serve("serve", "--database", cluster.conninfo(database));
    t.after(() => program.kill("SIGKILL"));
    const { stake } = await get(`${url}/v1/accounts/${staker}`);
    const [row] = stake.strategies;
    assert.deepEqual([row.deposit_shares, row.withdrawable_shares], [null, null]);
    assert.deepEqual([row.undetermined.deposit_shares_at_least, row.undetermined.deposit_shares_at_most], ["904", "907"]);
    const report = await against_chain(database);
    assert.deepEqual(report.differences, []);
    assert.deepEqual(report.unchecked_because, { "logs leave it in doubt": 3 }); // withdrawable, deposit; and the manager's own view
    // A later withdrawal, at a block whose state is there, tells what is left: the doubt is over.
    await eigen.block(["EigenDelegation", "queueWithdrawal", staker, strategy, 52n]);
    await mirror(database, node.url);
    assert.deepEqual([doubts(database), deposit(database)], [[3, 0], 853]);
    assert.deepEqual([(await against_chain(database)).differences, (await against_chain(database)).unchecked], [[], 0]);
    await verify(database);
});

test("after a reorg the new branch's block is asked, and the old answer stays", async () => {
    const database = cluster.create();
    await mirror(database, node.url);
    const before = reads(database), depth = (await head(node)) - withdrawn + 1;
    const other = eigen.call("EigenDelegation", "queueWithdrawal", staker, strategy, 101n);
    await reorg(node, depth, [[other, 0]]);
    await mine(node);
    await mirror(database, node.url);
    const after = reads(database);
    assert.equal(after.length, before.length + 1);
    assert.deepEqual(after.filter((r) => r.number === withdrawn).map((r) => r.result).sort(), [word(898n), word(899n)].sort());
    assert.deepEqual([taken(database), deposit(database)], [[{ deposit_shares: 101, scaled_shares: 30 }], 899]);
    await verify(database);
    assert.deepEqual((await against_chain(database)).differences, []);
});

test("a block that leaves the chain while it is asked about is not booked", async () => {
    const database = cluster.create();
    const depth = (await head(node)) - withdrawn + 1;
    let left = false;
    proxy.set(async (questions) => {
        if (left || !questions.some((q) => q.method === "eth_call")) return null;
        left = true;
        await reorg(node, depth, [[eigen.call("EigenDelegation", "queueWithdrawal", staker, strategy, 100n), 0]]);
        await mine(node);
        return null;
    });
    await mirror(database, proxy.url);
    proxy.set();
    assert.ok(left);
    assert.deepEqual(taken(database), [{ deposit_shares: 100, scaled_shares: 30 }]);
    assert.deepEqual(reads(database).map((r) => r.result), [word(900n)]);
    await verify(database);
});
