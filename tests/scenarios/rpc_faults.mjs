// tests/scenarios/rpc_faults.mjs - seeded lies and failures between the source and a real node: each is caught.
//
// A fault counts as caught if the source said so (an error that it retried) or gave the true chain all the same; it is
// missed if what was given in the end differs from the node's own chain in one block or log. FAULTS sets how many are tried,
// FAULT_SEED the first seed.
import assert from "node:assert/strict";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { startAnvil } from "./lib/anvil.mjs";
import { EMITTER, accounts, deploy, emit, mine, random, send, truth } from "./lib/chain.mjs";
import { differences, drive, driver, writeNetwork } from "./lib/drive.mjs";
import { lies, startProxy, wireFaults } from "./lib/proxy.mjs";

const WANTED = Number(process.env.FAULTS ?? 1000);
const FIRST_SEED = Number(process.env.FAULT_SEED ?? 1);
const A_RUN = 60; // faults of one run; then it is let finish
const binary = driver();
const dir = mkdtempSync(join(tmpdir(), "altledger-faults-"));
let node, proxy, network, all;

before(async () => {
    node = await startAnvil();
    const [person] = await accounts(node);
    const contracts = [];
    for (let i = 0; i < 3; i++) contracts.push(await deploy(node, EMITTER, person));
    const rng = random(7);
    for (let i = 0; i < 100; i++) {
        const n = rng.next(3);
        await send(node, Array.from({ length: n }, (_, k) => ({
            from: person, to: rng.pick(contracts), data: emit(1 + rng.next(3), i * 10 + k),
        })));
        await mine(node);
    }
    const ours = contracts.slice(0, 2);
    network = writeNetwork(join(dir, "network.json"), { chainId: 31337, contracts: ours.map((address) => ({ address })) });
    all = await truth(node, ours);
    proxy = await startProxy({ target: node.url, tools: { node } });
});
after(async () => {
    await proxy.stop();
    await node.stop();
    rmSync(dir, { recursive: true, force: true });
});

/**
 * A fault in every other request that may hit what is asked, of the kinds tried least so far: most requests are for headers,
 * yet logs are what must not be lied about. Never in the first request (the chain id).
 */
function seededPlan(rng, liesHere, before) {
    return (questions) => {
        if (proxy.total >= A_RUN || questions[0].method === "eth_chainId" || rng.next(2)) return null;
        const asked = questions.map((q) => q.method);
        const fitting = [...wireFaults, ...liesHere].filter((f) => !f.methods || f.methods.some((m) => asked.includes(m)));
        const tried = (f) => (before[f.name] ?? 0) + (proxy.injected[f.name] ?? 0);
        const least = Math.min(...fitting.map(tried));
        return rng.pick(fitting.filter((f) => tried(f) <= least + 1));
    };
}

async function runSeed(seed, prove, liesHere, before, env) {
    proxy.reset();
    proxy.set(seededPlan(random(seed), liesHere, before));
    const run = drive({ binary, network, urls: [proxy.url], prove, backoff: 1, env });
    const status = await run.done;
    assert.equal(status, 0, `seed ${seed}, ${prove}: ${JSON.stringify(run.errors.slice(-2))} ${run.log}`);
    assert.deepEqual(run.reorgs, [], `seed ${seed}, ${prove}: a lie was taken for a reorg`);
    const wrong = differences(run, all, prove === "all" ? -1 : all.length - 65);
    return { wrong, said: run.errors.length - 1, injected: { ...proxy.injected }, total: proxy.total };
}

/** Below finalized, proving the tail, eth_getLogs is believed about blocks that it does not list (but for the audited). */
const omissions = new Set(["empty logs", "log missing", "first log missing"]);
const tailLies = lies.map((f) => (omissions.has(f.name) ? { ...f, methods: f.methods.filter((m) => m !== "eth_getLogs") } : f));

test(`${WANTED} seeded faults: none is missed`, async (t) => {
    const kinds = {};
    let total = 0, said = 0, missed = 0;
    for (let seed = FIRST_SEED; total < WANTED; seed++) {
        const prove = seed % 2 ? "all" : "tail";
        const run = await runSeed(seed, prove, prove === "all" ? lies : tailLies, kinds, { ALTLEDGER_MAX_BLOCKS: 1 + (seed % 9) });
        if (run.wrong.length) t.diagnostic(`seed ${seed}, ${prove}: ${run.wrong.slice(0, 3).join("; ")}`);
        missed += run.wrong.length ? 1 : 0;
        total += run.total;
        said += run.said;
        for (const [name, n] of Object.entries(run.injected)) kinds[name] = (kinds[name] ?? 0) + n;
    }
    const names = [...wireFaults, ...lies].map((f) => f.name);
    t.diagnostic(`faults injected: ${total}, of ${Object.keys(kinds).length} kinds; errors said: ${said}; missed: ${missed}`);
    t.diagnostic(names.map((name) => `${name} ${kinds[name] ?? 0}`).join(", "));
    assert.equal(missed, 0);
    if (WANTED >= 1000) assert.deepEqual(names.filter((name) => !kinds[name]), []);
});

for (const fault of [...wireFaults, ...lies])
    test(`one fault each: ${fault.name}`, async () => {
        let left = 2;
        proxy.reset();
        proxy.set((questions) => {
            const methods = questions.map((q) => q.method);
            const fits = !fault.methods || fault.methods.some((m) => methods.includes(m));
            return proxy.total < left && fits && methods[0] !== "eth_chainId" ? fault : null;
        });
        const run = drive({ binary, network, urls: [proxy.url], prove: "all", backoff: 1 });
        assert.equal(await run.done, 0, run.log);
        assert.deepEqual(differences(run, all), []);
        const hit = proxy.total;
        if (fault.methods?.includes("eth_getLogs") && fault.methods.length === 1) return; // not asked when all is proven
        assert.equal(hit, left);
        assert.ok(run.errors.length - 1 >= 1 || fault.name === "HTTP 413", "said nothing");
    });

/** What contradicts itself is seen without any proof, in a range (backfill) and by block hash (tail). */
for (const name of ["log twice", "logs swapped", "log reversed order", "log removed:true", "log address changed",
    "log of another block hash", "a block's logs of another block hash", "log of another block number"])
    for (const form of ["fromBlock", "blockHash"])
        test(`proving nothing, by ${form}: ${name}`, async () => {
            const fault = lies.find((f) => f.name === name);
            proxy.reset();
            proxy.set((questions) => (proxy.total < 2 && questions.some((q) => q.params[0]?.[form]) ? fault : null));
            const run = drive({ binary, network, urls: [proxy.url], prove: "off", backoff: 1 });
            assert.equal(await run.done, 0, run.log);
            assert.deepEqual(differences(run, all, all.length - 65), []);
            assert.equal(proxy.total, 2);
            assert.equal(run.errors.length - 1, 2);
        });

/** Of a block that is listed, and so fetched, the listing is held against the receipts. */
for (const name of ["log extra", "log data changed", "log topic changed", "logs' indexes swapped", "log of another transaction"])
    test(`proving the tail, in a backfill: ${name}`, async () => {
        const fault = { ...lies.find((f) => f.name === name), methods: ["eth_getLogs"] };
        proxy.reset();
        proxy.set(() => (proxy.total < 2 ? fault : null));
        const run = drive({ binary, network, urls: [proxy.url], prove: "tail", backoff: 1 });
        assert.equal(await run.done, 0, run.log);
        assert.deepEqual(differences(run, all, all.length - 65), []);
        assert.equal(proxy.total, 2);
        assert.equal(run.errors.length - 1, 2);
    });
