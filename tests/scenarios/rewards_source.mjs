// tests/scenarios/rewards_source.mjs - days are closed alike whether a node or an archive gave the blocks: what marks days is never left out.
import assert from "node:assert/strict";
import { chmodSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { startAnvil } from "./lib/anvil.mjs";
import { write_archive } from "./lib/archive.mjs";
import { accounts, deploy, head, random, send } from "./lib/chain.mjs";
import { differences, drive, driver, writeNetwork } from "./lib/drive.mjs";
import { Cluster, digests } from "./lib/pg.mjs";
import { run, start, until } from "./lib/program.mjs";
import { startProxy } from "./lib/proxy.mjs";

const SEED = Number(process.env.SEED ?? 5), DAY = 86400;
const COLLECTOR = "0x00000000000000000000000000000000000000fe";
/** A contract that logs Transfer(calldata[0], calldata[1], calldata[2]). */
const TRANSFERRER = "0x6033600c60003960336000f3" + "6040356000526020356000357f" +
    "ddf252ad1be2c89b69c2b068fc378daa952ba7f163c4a11628f55a4df523b3ef" + "60206000a300";
const dir = mkdtempSync(join(tmpdir(), "altledger-days-"));
const binary = driver();
const word = (hex) => hex.replace("0x", "").padStart(64, "0");
let node, token, payer, blocks, archive, top, final, cluster;
const calm = {}; // network -> the books of an archive's mirror

const network = (name, { delay, rewards = true, paid = true } = {}) => writeNetwork(join(dir, `${name}.json`), {
    chainId: 31337,
    contracts: [
        { address: COLLECTOR, kind: rewards ? "fee_collector" : "erc20" },
        ...(paid ? [{ address: token, kind: "erc20" }] : []),
    ],
    parameters: delay ? { reward_booking_delay_blocks: delay } : {},
});

/** Blocks of about `pace` seconds; now and then one pays the collector. */
async function grow(rng, n, pace) {
    for (let left = n; left > 0;) {
        const some = Math.min(left, 1 + rng.next(60));
        if (rng.next(3) === 0)
            await send(node, [{ from: payer, to: token, data: "0x" + word("0x0") + word(COLLECTOR) + word("0x" + (1 + rng.next(1e6)).toString(16)) }]);
        await node.ask("anvil_mine", "0x" + some.toString(16), "0x" + Math.max(1, pace + rng.next(pace) - (pace >> 1)).toString(16));
        left -= some;
    }
}

/** The chain as the node tells it now. */
async function record() {
    top = await head(node);
    final = Number((await node.ask("eth_getBlockByNumber", "finalized", false)).number);
    const logs = await node.ask("eth_getLogs", { fromBlock: "0x0", toBlock: "latest", address: [token] });
    const numbers = Array.from({ length: top + 1 }, (_, i) => "0x" + i.toString(16));
    const headers = await node.askMany(numbers.map((n) => ["eth_getBlockByNumber", [n, false]]));
    blocks = headers.map(({ number, hash, parentHash, timestamp }) =>
        ({ number, hash, parentHash, timestamp, logs: logs.filter((l) => l.blockNumber === number) }));
}

before(async () => {
    chmodSync(dir, 0o755);
    node = await startAnvil({ args: ["--slots-in-an-epoch", 8] }); // finalizes 16 below its head
    payer = (await accounts(node))[0];
    token = await deploy(node, TRANSFERRER, payer);
    const rng = random(SEED);
    await grow(rng, 300, 700); // two days
    await grow(rng, 4, 2 * DAY); // days of one block, and some of none
    await grow(rng, 450, 1300); // seven days
    await grow(rng, 200, 12); // less than an hour
    await grow(rng, 3, DAY - 1000);
    await grow(rng, 60, 400);
    await record();
    archive = write_archive(join(dir, "chain.ndjson"), blocks);
    cluster = await new Cluster().start();
});
after(async () => {
    await node.stop();
    await cluster.stop();
    cluster.remove();
    rmSync(dir, { recursive: true, force: true });
});

/** What marks days by the rule: {firsts, closings}, up to the head. */
function marks(delay, from = 0) {
    const firsts = [];
    let day = Math.floor(Number(blocks[0].timestamp) / DAY);
    for (const [i, block] of blocks.entries()) {
        const its = Math.floor(Number(block.timestamp) / DAY);
        if (its > day) firsts.push(i);
        day = Math.max(day, its);
    }
    const closings = firsts.map((f) => f - 1 + delay);
    return { firsts: firsts.filter((n) => n >= from), closings: closings.filter((n) => n >= from && n <= top) };
}
const truth = (from = 0) => blocks.slice(from).map((b) => ({
    number: Number(b.number), hash: b.hash, parent: b.parentHash,
    logs: b.logs.map((l) => ({ index: Number(l.logIndex), tx: l.transactionHash, data: l.data })),
}));

/** A node that knows nothing above `end`, which is final. */
const until_block = (end) => ({ name: "an earlier head", methods: ["eth_getBlockByNumber"], call: (a, q) => {
    if (!q.params[0].startsWith("0x")) a.result = end;
    else if (Number(q.params[0]) > Number(end.number)) a.result = null;
    return false; // so that every answer of the batch is looked at
} });

function check_given(given, delay, from = 0) {
    const { firsts, closings } = marks(delay, from);
    assert.deepEqual(firsts.filter((n) => !given.chain.has(n)), [], `the first blocks of days, delay ${delay}, from ${from}`);
    assert.deepEqual(closings.filter((n) => !given.chain.has(n)), [], `closing blocks, delay ${delay}, from ${from}`);
    assert.deepEqual(differences(given, truth(from), final), []);
}

test("a node's past is given with each day's first block and each closing block, and not with all", async (t) => {
    assert.ok(final > 900 && marks(1).firsts.length > 12);
    const bare = drive({ binary, network: network("bare", { rewards: false }), urls: [node.url] });
    assert.equal(await bare.done, 0, bare.log);
    for (const [delay, prove, most] of [[96, "tail"], [1, "off"], [2, "off", 5], [400, "off"], [96, "all"], [5000, "tail"]]) {
        const env = most ? { ALTLEDGER_MAX_BLOCKS: most } : {};
        const given = drive({ binary, network: network(`days-${delay}`, { delay }), urls: [node.url], prove, env });
        assert.equal(await given.done, 0, given.log);
        check_given(given, delay);
        assert.equal(given.errors.length, 1);
        if (prove === "all") continue;
        const { firsts, closings } = marks(delay);
        t.diagnostic(`delay ${delay}, ${prove}${most ? `, steps of ${most}` : ""}: ${given.chain.size} blocks of ${top + 1}, ` +
            `${firsts.length + closings.length} mark days, ${given.health.requests} requests (${bare.health.requests} without rewards)`);
        if (most) continue;
        assert.ok(given.chain.size <= bare.chain.size + 2 * firsts.length + closings.length);
        assert.ok(given.health.requests < bare.health.requests + 30);
    }
});

test("begun anew anywhere between midnight and the closing block, it gives that", async () => {
    const delay = 60, file = network("resumed", { delay }), { firsts } = marks(delay);
    for (const [i, first] of firsts.entries()) {
        const at = [first - 1, first, first + 1, first + delay - 2, first + delay - 1][i % 5];
        if (at >= final) continue;
        const env = { ALTLEDGER_BOOKED: `${at}:${blocks[at].hash}`, ALTLEDGER_FINALIZED: at };
        const given = drive({ binary, network: file, urls: [node.url], prove: "off", env });
        assert.equal(await given.done, 0, given.log);
        check_given(given, delay, at + 1);
    }
});

test("a node that fails and lies in the midst of a search is asked again", async (t) => {
    const proxy = await startProxy({ target: node.url });
    const rng = random(SEED), delay = 96;
    const broken = { name: "503", body: (_, r) => { r.writeHead(503); r.end(); } };
    const moved = { name: "a header of a branch", methods: ["eth_getBlockByNumber"], call: (a) => {
        if (!a.result || rng.next(10)) return false;
        a.result.timestamp = "0x" + (Number(a.result.timestamp) + DAY).toString(16);
        return true;
    } };
    proxy.set((questions) => (questions.some((q) => q.method === "eth_chainId") || rng.next(4) ? null : rng.next(3) ? questions.map(() => moved) : broken));
    const given = drive({ binary, network: network("faults", { delay }), urls: [proxy.url], prove: "tail" });
    assert.equal(await given.done, 0, given.log);
    t.diagnostic(JSON.stringify({ errors: given.errors.length, ...proxy.injected }));
    assert.ok(proxy.injected[broken.name] > 3 && proxy.injected[moved.name] > 3);
    check_given(given, delay);
    await proxy.stop();
});

/* ---- books ---- */

const args = (command, network, database, source, ...more) =>
    [command, "--network", network, "--database", cluster.conninfo(database), ...(source ? ["--source", source] : []), ...more];
const mirror = (network, database, source, ...more) => run(args("mirror", network, database, source, "--once", ...more));
const books = (database) => Object.fromEntries(Object.entries(digests(cluster, database)).filter(([name]) => name.startsWith("ledger.")));
async function check_as_archive(database, network) {
    if (!calm[network]) {
        const other = cluster.create();
        await mirror(network, other, archive);
        calm[network] = books(other);
    }
    assert.deepEqual(books(database), calm[network]);
}
function check_days(database, delay) {
    const days = cluster.rows(database, "SELECT position >> 32 AS first, last_block FROM ledger.reward_day ORDER BY day");
    assert.deepEqual(days, marks(delay).firsts.map((first) => ({ first, last_block: first - 1 })));
    const paid = cluster.rows(database, "SELECT DISTINCT snapshot_block + 0 AS last, position >> 32 AS at FROM ledger.reward_pool ORDER BY 1");
    assert.ok(paid.length > 3);
    assert.deepEqual(paid.filter(({ last, at }) => at !== last + delay), []);
}

test("books from a node, proven or not, are those from an archive of its chain", async () => {
    for (const [name, delay, ...more] of [["closed", 96], ["sooner", 7, "--prove-logs", "off"]]) {
        const file = network(name, { delay }), database = cluster.create();
        await mirror(file, database, node.url, ...more);
        check_days(database, delay);
        await check_as_archive(database, file);
        await run(["verify", "--database", cluster.conninfo(database)]);
    }
});

test("a mirror that ends or dies between midnight and the closing block goes on as if it had not", async () => {
    const delay = 60, rng = random(SEED), file = network("ended", { delay }), database = cluster.create();
    const proxy = await startProxy({ target: node.url });
    for (const first of marks(delay).firsts.filter((n, i, all) => n + delay < final && n > (all[i - 1] ?? 0) + delay && i % 2)) {
        const end = await node.ask("eth_getBlockByNumber", "0x" + (first + rng.next(delay - 1)).toString(16), false);
        proxy.set(() => until_block(end));
        await mirror(file, database, proxy.url);
        assert.equal(cluster.sql(database, "SELECT head_number FROM mirror.cursor"), String(Number(end.number)));
    }
    const program = start(...args("mirror", file, database, node.url, "--batch-blocks", "1"));
    await until(() => Number(cluster.sql(database, "SELECT head_number FROM mirror.cursor")) > final - 100, "the mirror is on its way");
    await program.kill("SIGKILL").ended;
    cluster.expire_lease(database);
    await mirror(file, database, node.url);
    await check_as_archive(database, file);
    await proxy.stop();
});

test("a rebuild asks for the blocks that mark days and are not stored, of a node or of an archive, or says which", async () => {
    const closed = network("closed", { delay: 96 }), sooner = network("sooner", { delay: 7 }), database = cluster.create();
    await mirror(network("never", { rewards: false }), database, node.url);
    const lacking = await run(args("rebuild", closed, database), 1);
    assert.match(lacking.log, /the first block of a day lies between blocks \d+ and \d+ and is not stored: its header can only be read with --source/);
    await mirror(closed, database, node.url);
    await check_as_archive(database, closed);
    const refused = await run(args("rebuild", sooner, database), 1);
    assert.match(refused.log, /block \d+ closes a day and is not stored: its header can only be read with --source/);
    await run(args("rebuild", sooner, database, node.url));
    await check_as_archive(database, sooner);
    const later = network("later", { delay: 200 });
    await run(args("rebuild", later, database, archive));
    await check_as_archive(database, later);
    await run(args("rebuild", closed, database)); // all are stored by now
    await check_as_archive(database, closed);
});

test("a rebuild of what an archive gave needs no source, and one that adds a token finds its days", async () => {
    const closed = network("closed", { delay: 96 }), sooner = network("sooner", { delay: 7 });
    const sparse = cluster.create(), dense = cluster.create();
    await mirror(network("unpaid", { delay: 30, paid: false }), sparse, node.url);
    await mirror(closed, sparse, node.url);
    await check_as_archive(sparse, closed);
    await mirror(network("wide", { delay: 500 }), dense, archive);
    await run(args("rebuild", sooner, dense));
    await check_as_archive(dense, sooner);
});

test("what began while it followed block by block is closed when it was left far behind", async () => {
    const delay = 60, booked = top - 40;
    const env = { ALTLEDGER_BOOKED: `${booked}:${blocks[booked].hash}`, ALTLEDGER_FINALIZED: booked };
    const proxy = await startProxy({ target: node.url });
    const given = drive({ binary, network: network("left", { delay }), urls: [proxy.url], mode: "follow", env });
    for (let i = 0; i < 3; i++) {
        await node.ask("anvil_mine", "0x2", "0x" + DAY.toString(16));
        const now = await head(node);
        await given.until((r) => r.chain.has(now));
        assert.ok(given.chain.has(now - 1));
        const end = await node.ask("eth_getBlockByNumber", "latest", false);
        proxy.set(() => until_block(end));
        await node.ask("anvil_mine", "0xc8", "0xc"); // finalized is beyond what was given
        proxy.set(null);
        const far = await head(node);
        await given.until((r) => r.chain.has(far));
    }
    await given.stop();
    await proxy.stop();
    await record();
    assert.ok([...given.chain.keys()].filter((n) => n <= final).length < (final - booked) / 2);
    check_given(given, delay, booked + 1);
});
