// tests/scenarios/e2e_lies.mjs - the whole mirror behind a proxy that lies about real tokens: each lie is caught, and the books are the truth.
//
// A lie counts as caught if the mirror asked the same question once more than it was lied to (of a listed range: if it listed
// the block again afterwards): it asks nothing twice unless it threw an answer away. Besides, the books must end equal, row
// for row, to those of a mirror that nobody lied to. FAULTS sets how many are tried, SEED the first seed.
import assert from "node:assert/strict";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { startAnvil } from "./lib/anvil.mjs";
import { head, mine, random, reorg } from "./lib/chain.mjs";
import { writeNetwork } from "./lib/drive.mjs";
import { Economy } from "./lib/economy.mjs";
import { Cluster, digests } from "./lib/pg.mjs";
import { run, sleep, start, until } from "./lib/program.mjs";
import { lies, startProxy, wireFaults } from "./lib/proxy.mjs";

const WANTED = Number(process.env.FAULTS ?? 1000);
const SEED = Number(process.env.SEED ?? 20261121); // fixed: what CI saw is seen again
const BLOCKS = 130, AT_ONCE = 4, A_RUN = 150, BRANCH = 8;
const dir = mkdtempSync(join(tmpdir(), "altledger-lies-"));
const abandoned = new Map(); // number -> receipts of the branch that was left
let node, economy, network, cluster, calm;

const mirror = (database, url, ...more) => ["mirror", "--network", network, "--source", url, "--database", cluster.conninfo(database),
    "--poll-ms", "30", ...more];
const hex = (n) => "0x" + n.toString(16);

before(async () => {
    console.log(`SEED=${SEED}`);
    node = await startAnvil({ args: ["--accounts", 14, "--gas-limit", 100000000] });
    economy = await Economy.start(node, random(SEED));
    const grow = async (n) => { for (let i = 0; i < n; i++) await economy.block(economy.acts(i % 5 ? 6 : 0)); };
    await grow(BLOCKS / 4);
    const top = await head(node);
    for (let n = top - BRANCH + 1; n <= top; n++) abandoned.set(n, await node.ask("eth_getBlockReceipts", hex(n)));
    await reorg(node, BRANCH, Array.from({ length: BRANCH * 3 }, (_, i) => [economy.act(), Math.floor(i / 3)]));
    await grow(BLOCKS * 3 / 4);
    await economy.block(economy.lies());
    network = writeNetwork(join(dir, "network.json"), { chainId: node.chainId, contracts: economy.contracts });
    cluster = await new Cluster().start();
    calm = await books();
});
after(async () => {
    await node?.stop();
    await cluster?.stop();
    cluster?.remove();
    rmSync(dir, { recursive: true, force: true });
});

/** What must be equal however the chain was fetched; which headers below finalized were fetched is left out. */
function rows(database) {
    return Object.fromEntries(Object.entries(digests(cluster, database)).filter(([name]) => /^(ledger|events|cursor)/.test(name)));
}

/** The books of a mirror that nobody lies to. */
async function books() {
    const database = cluster.create();
    await run(mirror(database, node.url, "--once"));
    const all = rows(database);
    cluster.drop(database);
    return all;
}

/* ---- lies ---- */

const LOGS = "eth_getLogs", RECEIPTS = "eth_getBlockReceipts", HEADER = "eth_getBlockByNumber";

/** What the node answered before the reorg; `forged`: with the block's new hash written into it. */
function otherBranch(forged) {
    return (answer) => {
        const { result } = answer;
        if (!Array.isArray(result) || result.length === 0) return false;
        const there = [...new Set(result.map((r) => Number(r.blockNumber)))].find((n) => abandoned.has(n));
        if (there === undefined) return false;
        const { blockHash } = result.find((r) => Number(r.blockNumber) === there);
        const old = structuredClone(abandoned.get(there));
        for (const item of forged ? [...old, ...old.flatMap((r) => r.logs)] : []) item.blockHash = blockHash;
        const watched = new Set(economy.contracts.map((c) => c.address));
        const ours = old.flatMap((receipt) => receipt.logs).filter((log) => watched.has(log.address));
        const listing = "topics" in result[0];
        if (listing && ours.length === 0) return false; // an omission: see below
        answer.result = !listing ? old
            : result.filter((l) => Number(l.blockNumber) < there).concat(ours, result.filter((l) => Number(l.blockNumber) > there));
        return JSON.stringify(answer.result) !== JSON.stringify(result);
    };
}

const own = [
    { name: "other branch's logs", methods: [LOGS, RECEIPTS], call: otherBranch(false) },
    { name: "other branch's logs under our hash", methods: [LOGS, RECEIPTS], call: otherBranch(true) },
    { name: "null block", methods: [HEADER, RECEIPTS], call: (a) => { a.result = null; return true; } },
];
const all = [...lies, ...own];
/** Below finalized, proving the tail, eth_getLogs is believed about blocks that it does not list (but for the audited). */
const omissions = new Set(["empty logs", "log missing", "first log missing"]);
const tail = all.map((f) => (omissions.has(f.name) ? { ...f, methods: f.methods.filter((m) => m !== LOGS) } : f));

/** What is asked, as far as a question repeated is a sign of doubt; nothing for questions that are repeated anyhow. */
function keyOf({ method, params }) {
    if (method === LOGS) return `${method} ${params[0].fromBlock} ${params[0].toBlock}`;
    if (method === RECEIPTS || (method === HEADER && params[0].startsWith("0x"))) return `${method} ${params[0]}`;
    return null;
}

/** The block whose logs are not what they were: a range that was listed is not booked behind the batch's last block. */
function liedAbout(before, after) {
    const i = Array.from(before, (_, k) => k).find((k) => JSON.stringify(before[k]) !== JSON.stringify(after[k])) ?? before.length;
    return Number((before[i] ?? after[i]).blockNumber);
}

function covers(key, block) {
    const [method, from, to] = key.split(" ");
    return method === LOGS && Number(from) <= block && block <= Number(to);
}

/**
 * Lies once or twice in a row, of the kinds told least so far, then is honest for as many requests as a step of the mirror may
 * need: each failure doubles the mirror's pause until a step succeeds.
 */
class Liar {
    constructor(proxy, seed, kinds, told, honest) {
        Object.assign(this, { rng: random(seed), told, honest, requests: 0, row: 0, honestUntil: 1, lies: [], asked: [] });
        this.kinds = kinds.map((kind) => ({ ...kind, call: (...args) => this.tell(kind, ...args) }));
        proxy.set((questions) => this.plan(questions));
    }

    plan(questions) {
        this.requests++;
        this.asked.push(...questions.map(keyOf).filter(Boolean).map((key) => ({ key, at: this.requests })));
        const logs = questions.some((q) => [LOGS, RECEIPTS].includes(q.method)), about = logs ? [LOGS, RECEIPTS] : [HEADER];
        if (this.lies.length >= A_RUN || this.requests <= this.honestUntil || !questions.some(keyOf)) return null;
        if (this.rng.next(8) < (logs ? 1 : 7)) return null; // most requests are for headers, yet logs are what matters
        const asked = new Set(questions.map((q) => q.method).filter((m) => about.includes(m)));
        const fitting = this.kinds.filter((f) => f.methods.some((m) => asked.has(m)));
        // The rarest first; some do not fit this answer, and then the next one is tried.
        const sorted = fitting.map((f) => [(this.told[f.name] ?? 0) + this.rng.real() * 2, f]).sort(([a], [b]) => a - b);
        const at = this.requests;
        return sorted.map(([, f]) => ({ ...f, call: (...args) => f.call(at, ...args) }));
    }

    async tell(kind, at, answer, question, tools, answers) {
        if (this.lies.at(-1)?.at === at || !keyOf(question)) return false; // one lie a request
        const before = structuredClone(answer.result);
        if (!await kind.call(answer, question, tools, answers)) return false;
        const block = question.method === LOGS ? liedAbout(before, answer.result) : undefined;
        this.lies.push({ name: kind.name, at, key: keyOf(question), block });
        this.told[kind.name] = (this.told[kind.name] ?? 0) + 1;
        if (this.row++ || this.rng.next(2)) {
            this.row = 0;
            this.honestUntil = this.requests + this.honest;
        }
        return true;
    }

    get aboutLogs() {
        return this.lies.filter(({ key }) => !key.startsWith(HEADER)).length;
    }

    get missed() {
        // Headers and receipts may be asked for ahead, and such an honest answer be used after the lie.
        const asked = (lie) => this.asked.filter(({ key }) => key === lie.key).length;
        const lied = (lie) => this.lies.filter(({ key }) => key === lie.key).length;
        const listedAgain = (lie) => this.asked.some(({ key, at: when }) => when > lie.at && covers(key, lie.block));
        return this.lies.filter((lie) => (lie.block === undefined ? asked(lie) <= lied(lie) : !listedAgain(lie)));
    }
}

async function liedTo(seed, told) {
    const proveAll = seed % 3 > 0, proxy = await startProxy({ target: node.url, tools: { node } });
    const blocks = 1 + (seed % 4), liar = new Liar(proxy, seed, proveAll ? all : tail, told, blocks + 5);
    const database = cluster.create();
    const options = ["--prove-logs", proveAll ? "all" : "tail", "--batch-blocks", String(blocks)];
    try {
        const program = await run(mirror(database, proxy.url, "--once", ...options));
        const said = program.log.match(/trying again in/g)?.length ?? 0;
        assert.deepEqual(rows(database), calm, `seed ${seed}: other books\n${program.log.slice(-2000)}`);
        cluster.drop(database);
        return { lies: liar.lies.length, aboutLogs: liar.aboutLogs, missed: liar.missed, said };
    } catch (error) {
        console.error(`seed ${seed}, ${options.join(" ")}: ${JSON.stringify(liar.lies.slice(-5))}`);
        throw error;
    } finally {
        await proxy.stop();
    }
}

test(`${WANTED} seeded lies about logs and receipts, and others about headers: each is caught`, async (t) => {
    const told = {};
    let seed = SEED, injected = 0, aboutLogs = 0, said = 0, runs = 0;
    const missed = [];
    const done = await Promise.allSettled(Array.from({ length: AT_ONCE }, async () => {
        while (aboutLogs < WANTED) {
            const result = await liedTo(seed++, told);
            injected += result.lies;
            aboutLogs += result.aboutLogs;
            said += result.said;
            missed.push(...result.missed);
            runs++;
        }
    }));
    for (const { reason } of done) if (reason) throw reason;
    console.log(`${injected} faults injected, ${injected - missed.length} caught, ${missed.length} missed (`
        + `${aboutLogs} of them about logs; ${said} warnings of ${runs} mirrors)`);
    t.diagnostic(all.map(({ name }) => `${name} ${told[name] ?? 0}`).join(", "));
    assert.deepEqual(missed, []);
    if (WANTED >= 1000) assert.deepEqual(all.filter(({ name }) => !told[name]), []);
});

/* ---- the list, row by row, as far as the node is concerned ---- */

/** Up to three faults of one kind on the way; the books must be the same. */
async function withstands(kind) {
    const proxy = await startProxy({ target: node.url, tools: { node } });
    proxy.set((questions) => (proxy.total < 3 && !questions.some((q) => q.method === "eth_chainId")
        && (!kind.methods || questions.some((q) => kind.methods.includes(q.method))) ? kind : null));
    const database = cluster.create();
    const program = await run(mirror(database, proxy.url, "--once", "--prove-logs", kind.methods?.length === 1 ? "tail" : "all"));
    assert.equal(proxy.total, kind.methods?.includes(LOGS) && kind.methods.length === 1 ? Math.min(proxy.total, 3) : 3);
    assert.ok(proxy.total > 0, "nothing was asked that this fault fits");
    assert.match(program.log, /trying again in|halv|smaller/);
    assert.deepEqual(rows(database), calm);
    cluster.drop(database);
    await proxy.stop();
}

const listed = ["malformed JSON", "HTTP 429", "HTTP 500", "HTTP 413", "HTML page", "wrong id", "empty logs", "log missing", "log extra",
    "log twice", "log reversed order", "logs swapped", "other branch's logs", "other branch's logs under our hash", "null block"];
for (const name of listed)
    test(`withstood, with equal roots: ${name}`, () => withstands([...wireFaults, ...all].find((f) => f.name === name)));

test("another chain id is refused, and nothing is booked", async () => {
    const proxy = await startProxy({ target: node.url });
    proxy.set(() => ({ name: "another chain", methods: ["eth_chainId"], call: (a) => { a.result = "0x1"; return true; } }));
    const database = cluster.create();
    const program = await run(mirror(database, proxy.url, "--once"), 1);
    assert.match(program.log, /chain/);
    assert.equal(cluster.sql(database, "SELECT count(*) FROM mirror.block"), "0");
    await proxy.stop();
});

/* ---- on a moving chain ---- */

const at = (database) => cluster.one(database, "SELECT head_number AS number, '0x' || encode(head_hash, 'hex') AS hash FROM mirror.cursor");

async function caughtUp(database, program) {
    const { hash } = await node.ask("eth_getBlockByNumber", "latest", false);
    await until(() => {
        assert.equal(program.status, undefined, program.log.slice(-3000));
        return at(database).hash === hash;
    }, `the mirror is at the head:\n${program.log.slice(-2000)}`, 30000);
}

async function following(urls, work) {
    const database = cluster.create();
    const program = start("mirror", "--network", network, ...urls.flatMap((url) => ["--source", url]), "--database",
        cluster.conninfo(database), "--poll-ms", "30");
    try {
        await until(() => program.log.includes("caught up"), "the mirror is there", 60000);
        await work(database, program);
        await caughtUp(database, program);
        await program.kill("SIGTERM").ends(0);
    } finally {
        program.kill("SIGKILL");
    }
    assert.deepEqual(rows(database), await books());
    const reorgs = Number(cluster.sql(database, "SELECT count(*) FROM mirror.reorg"));
    cluster.drop(database);
    return reorgs;
}

test("a node that goes back 3 blocks and forward again, ten times, is no reorg", async () => {
    const proxy = await startProxy({ target: node.url });
    let back = 0, top;
    const short = { name: "3 back", methods: [HEADER], call: async (a, q) => {
        if (q.params[0] === "latest") a.result = await node.ask(HEADER, hex(top - back), false);
        else if (Number(q.params[0]) > top - back) a.result = null;
        return false; // so that every answer of the batch is looked at
    } };
    proxy.set(() => (back ? short : null));
    const reorgs = await following([proxy.url], async (database, program) => {
        for (let i = 0; i < 10; i++) {
            await economy.block(economy.acts(5));
            if (i % 2) await caughtUp(database, program);
            top = await head(node);
            back = 3;
            await sleep(80);
            assert.ok(at(database).number >= top - 1 - 3);
            back = 0;
        }
    });
    assert.equal(reorgs, 0);
    await proxy.stop();
});

test("a stale head is waited for; a reorg behind a second endpoint that lags is followed once", async () => {
    const second = await startProxy({ target: node.url });
    let stale = 0;
    const lag = { name: "lag", methods: [HEADER], call: async (a, q) => {
        if (q.params[0] === "latest") a.result = await node.ask(HEADER, hex(stale), false);
        else if (Number(q.params[0]) > stale) a.result = null;
        return false;
    } };
    second.set(() => (stale ? lag : null));
    const reorgs = await following([node.url, second.url], async (database, program) => {
        stale = await head(node);
        for (let i = 0; i < 4; i++) await economy.block(economy.acts(5));
        await caughtUp(database, program);
        assert.match(program.log, /lags behind/);
        await reorg(node, 3, [[economy.act(), 0], [economy.act(), 2]]);
        await caughtUp(database, program);
        stale = 0;
        await mine(node);
    });
    assert.equal(reorgs, 1);
    await second.stop();
});

test("a second endpoint on another branch: nothing is booked until they agree", async () => {
    const second = await startProxy({ target: node.url });
    let from = Infinity;
    const other = { name: "other branch", methods: [HEADER], call: (a) => {
        if (Number(a.result?.number) >= from) a.result.hash = "0x" + "ab".repeat(32);
        return false;
    } };
    second.set(() => other);
    const reorgs = await following([node.url, second.url], async (database, program) => {
        await caughtUp(database, program);
        from = (await head(node)) + 1;
        for (let i = 0; i < 3; i++) await economy.block(economy.acts(5));
        await program.says(/disagree about block/);
        await sleep(300);
        assert.equal(at(database).number, from - 1);
        from = Infinity;
    });
    assert.equal(reorgs, 0);
    await second.stop();
});
