// tests/scenarios/reconcile.mjs - the books against the contracts' own views: equal where both are honest, named where one is not, and nothing guessed.
import assert from "node:assert/strict";
import { createRequire } from "node:module";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { root, startAnvil } from "./lib/anvil.mjs";
import { head, mine, random } from "./lib/chain.mjs";
import { writeNetwork } from "./lib/drive.mjs";
import { Economy } from "./lib/economy.mjs";
import { Cluster } from "./lib/pg.mjs";
import { demo, get, run, serve, sleep, start, until } from "./lib/program.mjs";
import { startProxy } from "./lib/proxy.mjs";

const { AbiCoder, keccak256 } = createRequire(join(root, "tests/package.json"))("ethers");
const coder = AbiCoder.defaultAbiCoder();
const SEED = 7, BLOCKS = 60, PER_BLOCK = 12, FINALITY = 64; // anvil's
const dir = mkdtempSync(join(tmpdir(), "altledger-reconcile-"));
let node, economy, proxy, network, cluster, database;

before(async () => {
    node = await startAnvil({ args: ["--accounts", 14, "--gas-limit", 100000000] });
    economy = await Economy.start(node, random(SEED));
    for (let i = 0; i < BLOCKS; i++) await economy.block(economy.acts(PER_BLOCK));
    await economy.block(economy.everything());
    await economy.block(economy.lies());
    await mine(node, 3);
    network = writeNetwork(join(dir, "network.json"), { chainId: node.chainId, contracts: economy.contracts });
    proxy = await startProxy({ target: node.url });
    cluster = await new Cluster().start();
    database = cluster.create();
    await run(["mirror", "--once", "--network", network, "--source", node.url, "--database", cluster.conninfo(database)]);
});
after(async () => {
    await proxy?.stop();
    await node?.stop();
    await cluster?.stop();
    cluster?.remove();
    rmSync(dir, { recursive: true, force: true });
});

/** Runs verify --against-chain; the report, with what was logged. */
async function reconcile(args, { url = node.url, db = database, status = 0 } = {}) {
    const program = await run(["verify", "--against-chain", "--json", "--source", url, "--database", cluster.conninfo(db), ...args], status);
    return { ...(program.out ? JSON.parse(program.out) : {}), log: program.log };
}

const counts = (report) => Object.fromEntries(report.views.map((v) => [v.view, [v.checked, v.differences, v.unchecked]]));

test("all figures of honest contracts are equal, at the finalized block and any other", async () => {
    const last = await head(node);
    for (const [at, number] of [["latest", last], ["finalized", last - FINALITY], [String(last - 20), last - 20]]) {
        const report = await reconcile(["--all", "--at", at]);
        assert.equal(report.block, number);
        assert.deepEqual(report.differences, []);
        assert.ok(report.checked > 40, `${report.checked} figures`);
    }
    const block = await node.ask("eth_getBlockByNumber", "0x14", false);
    const report = await reconcile(["--all", "--at", block.hash]);
    assert.deepEqual([report.block, report.hash, report.differences, report.unchecked], [20, block.hash, [], 0]);
});

test("every view is asked, and contracts that contradict themselves are counted apart", async () => {
    const report = await reconcile(["--all", "--at", "latest"]);
    for (const view of ["balanceOf(address)", "totalSupply()", "balanceOf(address,uint256)", "getVotes(address)", "delegates(address)", "totalAssets()"])
        assert.ok(counts(report)[view][0] > 0, view);
    assert.deepEqual(report.unchecked_because, { "the contract's events contradict each other": report.unchecked });
    assert.ok(report.unchecked > 0);
});

/** What of a kind was asked through the proxy, in order of the calldata. */
async function asked(args) {
    const seen = [];
    proxy.reset();
    proxy.set((questions) => { seen.push(...questions.filter((q) => q.method === "eth_call").map((q) => q.params[0].data + q.params[0].to)); });
    const report = await reconcile(args, { url: proxy.url });
    proxy.set();
    return { report, seen: seen.sort() };
}

test("a seed gives the same sample, another seed another", async () => {
    const sample = ["--at", "latest", "--sample", "6", "--seed"];
    const one = await asked([...sample, "11"]), again = await asked([...sample, "11"]), other = await asked([...sample, "12"]);
    assert.deepEqual(one.seen, again.seen);
    assert.notDeepEqual(one.seen, other.seen);
    assert.equal(one.report.seed, 11);
    assert.ok(Object.values(counts(one.report)).every(([checked, , unchecked]) => checked + unchecked <= 6));
    const free = await asked(["--at", "latest", "--sample", "6"]);
    assert.deepEqual((await asked([...sample, String(free.report.seed)])).seen, free.seen);
});

test("calls travel many in a request", async () => {
    const { seen } = await asked(["--all", "--at", "latest"]);
    assert.ok(proxy.requests * 5 < seen.length, `${seen.length} calls in ${proxy.requests} requests`);
});

/* ---- where they differ ---- */

test("a row that was changed in the database is found and named", async () => {
    const copy = cluster.create({ template: database }), [person] = economy.people;
    const [{ id }] = cluster.rows(copy, `SELECT id FROM ledger.account WHERE book = 1 AND asset = '\\x${economy.token.slice(2)}' AND owner = '\\x${person.slice(2)}'`);
    cluster.sql(copy, `ALTER TABLE ledger.entry DISABLE TRIGGER USER;
        UPDATE ledger.entry SET balance = balance + 1 WHERE account = ${id} AND position = (SELECT max(position) FROM ledger.entry WHERE account = ${id})`);
    const { differences } = await reconcile(["--all", "--at", "latest"], { db: copy, status: 1 });
    assert.equal(differences.length, 1);
    const [{ view, subject, ours, chain }] = differences;
    assert.deepEqual([view, subject.toLowerCase()], ["balanceOf(address)", `${economy.token} ${person}`]);
    assert.equal(BigInt(ours), BigInt(chain) + 1n);
    const text = await run(["verify", "--against-chain", "--source", node.url, "--database", cluster.conninfo(copy), "--all", "--at", "latest"], 1);
    assert.match(text.out, new RegExp(`^balanceOf\\(address\\) of ${economy.token} ${person}: ours ${ours}, the chain's ${chain}$`, "mi"));
    assert.equal((await reconcile(["--all", "--at", "10"], { db: copy })).differences.length, 0, "before that row all is well");
    cluster.drop(copy);
});

test("a contract that moves what it does not tell is found and named", async () => {
    const [, person] = economy.people;
    const snapshot = await node.ask("evm_snapshot");
    const data = economy.abi.Plain.encodeFunctionData("balanceOf", [person]);
    const before = BigInt(await node.ask("eth_call", { to: economy.plain, data }, "latest")).toString();
    const slot = keccak256(coder.encode(["address", "uint256"], [person, 0])); // OpenZeppelin's ERC20: balances come first
    await node.ask("anvil_setStorageAt", economy.plain, slot, "0x" + "7".padStart(64, "0"));
    await mine(node);
    const copy = cluster.create({ template: database });
    await run(["mirror", "--once", "--network", network, "--source", node.url, "--database", cluster.conninfo(copy)]);
    const { differences } = await reconcile(["--all", "--at", "latest"], { db: copy, status: 1 });
    assert.deepEqual(differences.map((d) => [d.view, d.subject.toLowerCase(), d.ours, d.chain]),
        [["balanceOf(address)", `${economy.plain} ${person}`, before, "7"]]);
    cluster.drop(copy);
    await node.ask("evm_revert", snapshot);
});

/* ---- what cannot be answered ---- */

const failing = (message, code = -32000, which = () => true) => ({
    name: message, methods: ["eth_call"],
    call: (answer, question, tools, answers) => {
        for (const a of answers) if (which(a)) { delete a.result; a.error = { code, message }; }
        return true;
    },
});

test("state that the node no longer has is not checked, and never a difference", async () => {
    proxy.set(() => failing("missing trie node 6f2a (path ) state 0x6f2a is not available"));
    const none = await reconcile(["--all", "--at", "latest"], { url: proxy.url, status: 1 });
    assert.match(none.log, /nothing could be checked: .* no longer has the state/);
    assert.deepEqual([none.checked, none.differences], [0, []]);
    // a second endpoint that has it is asked
    const program = await run(["verify", "--against-chain", "--json", "--source", proxy.url, "--source", node.url,
        "--database", cluster.conninfo(database), "--all", "--at", "latest"]);
    const both = JSON.parse(program.out);
    assert.ok(both.checked > 100 && Object.keys(both.unchecked_because).length === 1, program.out);
    proxy.set();
});

test("a node that goes away in between leaves the rest unchecked", async () => {
    let requests = 0;
    proxy.set((questions) => {
        if (questions[0].method === "eth_call") requests++;
        proxy.down(requests >= 3);
    });
    const report = await reconcile(["--all", "--at", "latest", "--timeout-ms", "1000"], { url: proxy.url });
    proxy.down(false);
    proxy.set();
    assert.ok(report.checked > 0 && report.unchecked_because["the node does not answer"] > 0);
    assert.deepEqual(report.differences, []);
});

test("a call that is refused now and then is asked again", async () => {
    const refused = new Set();
    proxy.set((questions) => {
        const first = questions.filter((q) => q.id % 3 === 0 && !refused.has(JSON.stringify(q.params)));
        for (const q of first) refused.add(JSON.stringify(q.params));
        return failing("rate limit exceeded", -32005, (a) => first.some((q) => q.id === a.id));
    });
    const report = await reconcile(["--all", "--at", "latest"], { url: proxy.url });
    proxy.set();
    assert.equal(report.unchecked_because["the node does not answer"], undefined);
    assert.ok(report.checked > 100 && refused.size > 30, `${refused.size} refused`);
});

test("a view that reverts, or answers nothing or nonsense, is not checked", async () => {
    const to = (question) => question.params[0].to === economy.plain;
    for (const [change, reason] of [
        [(a) => { delete a.result; a.error = { code: 3, message: "execution reverted" }; }, "the contract has no such view, or it reverts"],
        [(a) => { a.result = "0x"; }, "the contract has no such view, or it reverts"],
        [(a) => { a.result = "0x1234"; }, "the contract's answer is not of the declared types"],
        [(a) => { a.result = "0xzz"; }, "the contract's answer is not of the declared types"],
        [(a) => { a.result = "0x" + "00".repeat(2 << 20); }, "the contract's answer is not of the declared types"],
    ]) {
        proxy.set((questions) => ({
            name: reason, methods: ["eth_call"],
            call: (answer, q, tools, answers) => {
                for (const a of answers) if (to(questions.find((x) => x.id === a.id))) change(a);
                return true;
            },
        }));
        const report = await reconcile(["--all", "--at", "latest"], { url: proxy.url });
        assert.ok(report.unchecked_because[reason] >= 2, JSON.stringify(report.unchecked_because));
        assert.deepEqual(report.differences, []);
    }
    proxy.set();
});

test("a node that is down, of another chain, or has other blocks checks nothing", async () => {
    const down = await reconcile([], { url: "http://127.0.0.1:1", status: 1 });
    assert.match(down.log, /127\.0\.0\.1:1/);
    proxy.set(() => ({ name: "chain", methods: ["eth_chainId"], call: (a) => { a.result = "0x5"; return true; } }));
    assert.match((await reconcile([], { url: proxy.url, status: 1 })).log, /is chain 5, the network file says 31337/);
    proxy.set(() => ({ name: "block", methods: ["eth_getBlockByNumber"], call: (a) => { a.result.hash = "0x" + "12".repeat(32); return true; } }));
    assert.match((await reconcile(["--at", "latest"], { url: proxy.url, status: 1 })).log, /has another block \d+ than the books/);
    proxy.set();
});

test("a verification that is stopped has verified nothing, and ends at once", async (t) => {
    const silent = [], deaf = await startProxy({ target: node.url });
    t.after(() => deaf.stop());
    deaf.set((questions) => questions[0].method === "eth_call" ? { name: "silence", body: (text, response) => silent.push(response) } : null);
    const program = start("verify", "--against-chain", "--source", deaf.url, "--database", cluster.conninfo(database), "--at", "latest", "--timeout-ms", "60000");
    await until(() => silent.length > 0, "it asks");
    const began = Date.now();
    await program.kill("SIGTERM").ends(1);
    assert.ok(Date.now() - began < 10000);
    for (const response of silent) response.destroy();
});

test("misuse and blocks that are not there are told", async () => {
    const base = ["verify", "--against-chain", "--database", cluster.conninfo(database)];
    for (const [args, told] of [
        [[], /--source is missing/],
        [["--source", demo.archive], /--source is an archive file/],
        [["--source", node.url, "--all", "--sample", "5"], /exclude each other/],
        [["--source", node.url, "--at", "soon"], /at: must be .* is 'soon'/],
    ])
        assert.match((await run([...base, ...args], 2)).log, told);
    assert.match((await run(["verify", "--sample", "5", "--database", cluster.conninfo(database)], 2)).log, /go with --against-chain/);
    for (const at of ["100000", "0x" + "ab".repeat(32)])
        assert.match((await run([...base, "--source", node.url, "--at", at], 1)).log, /no such block in the books/);
    const empty = cluster.create();
    await run(["migrate", "--database", cluster.conninfo(empty)]);
    assert.match((await reconcile([], { db: empty, status: 1 })).log, /nothing is mirrored yet/);
});

/* ---- in the background of run ---- */

const metric = async (url, name) => Number(new RegExp(`^altledger_${name} (\\d+)$`, "m").exec(await (await fetch(`${url}/metrics`)).text())?.[1]);

test("run audits each finalized block, and every process shows the result", async (t) => {
    const copy = cluster.create({ template: database }), conninfo = cluster.conninfo(copy);
    const snapshot = await node.ask("evm_snapshot");
    const common = ["--database", conninfo, "--source", proxy.url];
    const life = await serve("run", ...common, "--network", network, "--poll-ms", "50", "--audit-interval", "1", "--timeout-ms", "2000");
    const reader = await serve("serve", "--database", conninfo);
    t.after(() => { life.program.kill("SIGKILL"); reader.program.kill("SIGKILL"); });
    const audit = async () => (await get(`${reader.url}/v1/status`)).audit;
    const next = async (what, test) => until(async () => {
        await mine(node);
        const a = await audit();
        return a !== null && test(a) ? a : null;
    }, what, 60000);

    const clean = await next("an audit", (a) => a.checked > 0);
    assert.deepEqual(Object.keys(clean), ["at_block", "checked", "differences", "unchecked", "time"]);
    assert.equal(clean.differences, 0);
    const later = await next("an audit of a later block", (a) => a.at_block > clean.at_block);
    assert.ok(Date.parse(later.time) >= Date.parse(clean.time));

    cluster.sql(copy, `ALTER TABLE ledger.entry DISABLE TRIGGER USER;
        UPDATE ledger.entry SET balance = balance - 5 WHERE account IN (SELECT id FROM ledger.account WHERE book = 2 AND asset = '\\x${economy.plain.slice(2)}')`);
    const wrong = await next("a difference", (a) => a.differences > 0);
    assert.match(wrong.last_difference, new RegExp(`^totalSupply\\(\\) of ${economy.plain}: ours \\d+, the chain's \\d+$`, "i"));
    await life.program.says(/error +audit.*totalSupply\(\) of /i);
    assert.ok(await metric(life.url, "audit_differences_total") >= 1);
    for (const { url } of [life, reader])
        await until(async () => await metric(url, "audit_differences") === 1, "the gauge shows the difference", 20000);
    assert.equal((await get(`${life.url}/v1/status`)).audit.last_difference, wrong.last_difference);

    // While nobody can look, nothing is taken back.
    proxy.set(() => failing("missing trie node"));
    const blind = await next("an audit that sees nothing", (a) => a.checked === 0);
    assert.deepEqual([blind.differences, blind.last_difference], [0, wrong.last_difference]);
    assert.ok(blind.unchecked > 0);
    proxy.set();
    cluster.sql(copy, `UPDATE ledger.entry SET balance = balance + 5 WHERE account IN (SELECT id FROM ledger.account WHERE book = 2 AND asset = '\\x${economy.plain.slice(2)}')`);
    const healed = await next("a clean audit", (a) => a.checked > 0 && a.differences === 0);
    assert.equal(healed.last_difference, undefined);
    const seeds = cluster.rows(copy, "SELECT seed, last_difference IS NOT NULL AS differed FROM mirror.audit ORDER BY id");
    for (let i = 1; i < seeds.length; i++) assert.equal(seeds[i].seed === seeds[i - 1].seed, seeds[i - 1].differed, "the same sample until it is clean");

    await life.program.kill("SIGTERM").ends(0);
    assert.equal((await audit()).at_block, healed.at_block);
    const again = await serve("serve", "--database", conninfo);
    t.after(() => again.program.kill("SIGKILL"));
    await until(async () => await metric(again.url, "audit_block") === healed.at_block, "a new process shows the last audit", 20000);
    assert.equal(await metric(again.url, "audit_differences"), 0);
    await node.ask("evm_revert", snapshot);
});

test("an audit that waits for its node holds up neither the mirror nor the end", async (t) => {
    const copy = cluster.create({ template: database }), snapshot = await node.ask("evm_snapshot");
    const silent = [];
    const deaf = await startProxy({ target: node.url });
    deaf.set((questions) => questions[0].method === "eth_call" ? { name: "silence", body: (text, response) => silent.push(response) } : null);
    const life = await serve("run", "--database", cluster.conninfo(copy), "--source", deaf.url, "--network", network, "--poll-ms", "50",
        "--audit-interval", "1", "--timeout-ms", "60000");
    t.after(() => { life.program.kill("SIGKILL"); return deaf.stop(); });
    await until(() => silent.length > 0, "the audit asks");
    await mine(node, 3);
    const last = await head(node);
    await until(async () => (await get(`${life.url}/v1/status`)).head.number === last, "the mirror follows", 20000);
    const began = Date.now();
    await life.program.kill("SIGTERM").ends(0);
    assert.ok(Date.now() - began < 10000, `${Date.now() - began} ms`);
    for (const response of silent) response.destroy();
    await node.ask("evm_revert", snapshot);
});

test("mirror audits too, and a new life does not before its time", async (t) => {
    const copy = cluster.create({ template: database }), snapshot = await node.ask("evm_snapshot");
    const args = ["--database", cluster.conninfo(copy), "--source", node.url, "--network", network, "--poll-ms", "50", "--audit-interval", "3600"];
    for (const seen of [/audit: block \d+: \d+ figures checked/, /caught up/]) {
        const life = start("mirror", ...args);
        t.after(() => life.kill("SIGKILL"));
        await life.says(seen);
        await mine(node);
        await sleep(1500);
        await life.kill("SIGTERM").ends(0);
    }
    assert.equal(cluster.one(copy, "SELECT count(*) AS n FROM mirror.audit").n, 1);
    await node.ask("evm_revert", snapshot);
});

test("an interval of 0 audits never, and nobody audits an archive", async (t) => {
    const copy = cluster.create({ template: database });
    for (const [db, args] of [
        [copy, ["--source", node.url, "--network", network, "--audit-interval", "0"]],
        [cluster.create(), ["--source", demo.archive, "--network", demo.network, "--audit-interval", "1"]],
    ]) {
        const life = await serve("run", "--database", cluster.conninfo(db), "--poll-ms", "50", ...args);
        t.after(() => life.program.kill("SIGKILL"));
        await until(async () => !(await get(`${life.url}/v1/status`)).syncing, "it is there");
        await sleep(1500);
        assert.equal((await get(`${life.url}/v1/status`)).audit, null);
        assert.ok(Number.isNaN(await metric(life.url, "audits_total")));
        await life.program.kill("SIGTERM").ends(0);
    }
});
