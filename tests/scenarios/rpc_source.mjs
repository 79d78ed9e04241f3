// tests/scenarios/rpc_source.mjs - the RPC source against a real node: what it gives is the node's own chain, whatever happens.
import assert from "node:assert/strict";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, describe, test } from "node:test";
import { startAnvil } from "./lib/anvil.mjs";
import { EMITTER, accounts, deploy, emit, head, mine, random, reorg, send, truth } from "./lib/chain.mjs";
import { differences, drive, driver, writeNetwork } from "./lib/drive.mjs";
import { startProxy } from "./lib/proxy.mjs";

const BLOCKS = 160; // anvil finalizes 64 below its head
const binary = driver();
const dir = mkdtempSync(join(tmpdir(), "altledger-rpc-"));
let node, people, ours, network;

/** Blocks with 0 to 3 transactions to two watched contracts and one that is not ours. */
async function grow(rng, blocks, [a, b, c]) {
    for (let i = 0; i < blocks; i++) {
        const calls = Array.from({ length: rng.next(4) }, () => ({
            from: rng.pick(people),
            to: rng.pick([a, a, b, c]),
            data: emit(1 + rng.next(4), rng.next(1e9)),
        }));
        if (calls.length) await send(node, calls);
        await mine(node, 1 + (rng.next(5) === 0 ? 2 : 0));
    }
}

async function freshChain(seed, blocks) {
    node = await startAnvil();
    people = (await accounts(node)).slice(0, 4);
    const contracts = [];
    for (let i = 0; i < 3; i++) contracts.push(await deploy(node, EMITTER, people[0]));
    ours = contracts.slice(0, 2);
    network = writeNetwork(join(dir, `network-${seed}.json`), {
        chainId: 31337, contracts: [{ address: ours[0] }, { address: ours[1], from_block: 3 }],
    });
    await grow(random(seed), blocks, contracts);
    return contracts;
}

after(() => rmSync(dir, { recursive: true, force: true }));

describe("a quiet chain", () => {
    let contracts;
    before(async () => { contracts = await freshChain(1, BLOCKS); });
    after(() => node.stop());

    for (const prove of ["tail", "all", "off"])
        test(`is given as it is, proving ${prove}`, async () => {
            const run = drive({ binary, network, urls: [node.url], prove });
            assert.equal(await run.done, 0, run.log);
            const final = (await head(node)) - 64;
            assert.deepEqual(differences(run, await truth(node, ours), prove === "all" ? -1 : final), []);
            assert.deepEqual(run.errors.map((e) => e.error), ["end"]);
            const proofs = new Set([...run.chain.values()].map((b) => b.proof));
            assert.deepEqual([...proofs].sort(), prove === "off" ? ["none"] : ["bloom", "receipts"]);
            assert.equal(run.last.head, final + 64);
            assert.equal(run.last.finalized, final);
            assert.equal(run.last.safe, final + 32);
        });

    test("is resumed behind what is booked", async () => {
        const all = await truth(node, ours);
        const from = all.length - 30;
        const booked = all.slice(from - 40, from).map((b) => `${b.number}:${b.hash}`).join(",");
        const run = drive({ binary, network, urls: [node.url], env: { ALTLEDGER_BOOKED: booked, ALTLEDGER_FINALIZED: from - 40 } });
        assert.equal(await run.done, 0, run.log);
        assert.deepEqual(differences(run, all.slice(from)), []);
        assert.equal(run.reorgs.length, 0);
    });

    test("steps are bounded", async () => {
        const run = drive({ binary, network, urls: [node.url], prove: "all", env: { ALTLEDGER_MAX_BLOCKS: 7 } });
        assert.equal(await run.done, 0, run.log);
        assert.ok(run.steps.every((s) => (s.blocks ?? []).length <= 7));
        assert.deepEqual(differences(run, await truth(node, ours)), []);
    });

    test("another chain id is refused, naming the endpoint", async () => {
        const other = writeNetwork(join(dir, "other.json"), { chainId: 5, contracts: [{ address: ours[0] }] });
        const run = drive({ binary, network: other, urls: [node.url] });
        assert.equal(await run.done, 1);
        assert.equal(run.errors[0].error, "configuration");
        assert.match(run.errors[0].detail, new RegExp(`127.0.0.1:${node.port}.*31337`));
    });

    test("no endpoint at all is an error of the source", async () => {
        const run = drive({ binary, network, urls: ["http://127.0.0.1:1/secret-key"] });
        assert.equal(await run.done, 1);
        assert.equal(run.errors[0].error, "source");
        assert.doesNotMatch(run.errors[0].detail + run.log, /secret-key/);
    });

    test("an oversized listing is asked for in smaller ranges", async () => {
        const run = drive({ binary, network, urls: [node.url], maxAnswer: 60000, prove: "tail" });
        assert.equal(await run.done, 0, run.log);
        assert.deepEqual(differences(run, await truth(node, ours), (await head(node)) - 64), []);
    });

    test("an endpoint that asks for silence gets it", async () => {
        const proxy = await startProxy({ target: node.url });
        const limit = { name: "429", body: (_, r) => { r.writeHead(429, { "retry-after": "1" }); r.end(); } };
        const asked = [];
        proxy.set((questions) => {
            asked.push(Date.now());
            return asked.length === 3 ? limit : null;
        });
        const run = drive({ binary, network, urls: [proxy.url], backoff: 5000 });
        assert.equal(await run.done, 0, run.log);
        assert.ok(asked.slice(3).every((at) => at - asked[2] >= 1000));
        assert.deepEqual(differences(run, await truth(node, ours), (await head(node)) - 64), []);
        await proxy.stop();
    });

    test("an endpoint that takes no batches is asked one by one", async () => {
        const proxy = await startProxy({ target: node.url });
        const refuse = { name: "no batches", body: (_, r) => {
            r.writeHead(200);
            r.end('{"jsonrpc":"2.0","id":null,"error":{"code":-32600,"message":"no batches"}}');
        } };
        proxy.set((questions) => (questions.length > 1 ? refuse : null));
        const run = drive({ binary, network, urls: [proxy.url] });
        assert.equal(await run.done, 0, run.log);
        assert.deepEqual(differences(run, await truth(node, ours), (await head(node)) - 64), []);
        await proxy.stop();
    });

    const lacking = (methods) => ({ name: "no method", methods, call: (a) => {
        delete a.result;
        a.error = { code: -32601, message: "the method does not exist" };
        return true;
    } });

    test("a node without eth_getBlockReceipts is asked for each transaction's receipt", async () => {
        const proxy = await startProxy({ target: node.url });
        const no = lacking(["eth_getBlockReceipts"]);
        proxy.set((questions) => questions.map(() => no));
        const run = drive({ binary, network, urls: [proxy.url] });
        assert.equal(await run.done, 0, run.log);
        assert.deepEqual(differences(run, await truth(node, ours), (await head(node)) - 64), []);
        assert.deepEqual([...new Set([...run.chain.values()].map((b) => b.proof))].sort(), ["bloom", "receipts"]);
        await proxy.stop();
    });

    test("a node that refuses all receipts cannot switch proofs off", async () => {
        const proxy = await startProxy({ target: node.url });
        const no = lacking(["eth_getBlockReceipts", "eth_getTransactionReceipt"]);
        proxy.set((questions) => questions.map(() => no));
        const run = drive({ binary, network, urls: [proxy.url] });
        await run.until(() => run.errors.length >= 6);
        assert.match(JSON.stringify(run.errors), /--prove-logs=off/);
        assert.ok([...run.chain.values()].every((b) => b.proof === "bloom"), "nothing unproven is given");
        proxy.set(() => null); // and goes on when the node answers
        assert.equal(await run.done, 0, run.log);
        assert.deepEqual(differences(run, await truth(node, ours), (await head(node)) - 64), []);
        await proxy.stop();
    });

    test("a node without the tags safe and finalized is followed by depth", async () => {
        const proxy = await startProxy({ target: node.url });
        const no = { name: "no tag", methods: ["eth_getBlockByNumber"], call: (a, q) => {
            if (!["safe", "finalized"].includes(q.params[0]) || a.error) return false;
            delete a.result;
            a.error = { code: -39001, message: "Unknown block" };
            return true;
        } };
        proxy.set(() => [no, no]);
        const run = drive({ binary, network, urls: [proxy.url] });
        assert.equal(await run.done, 0, run.log);
        assert.deepEqual(differences(run, await truth(node, ours), (await head(node)) - 64), []);
        assert.equal(run.last.finalized, (await head(node)) - 64);
        await proxy.stop();
    });

    test("a header of an unknown fork is followed by its receipts, and counted", async () => {
        const proxy = await startProxy({ target: node.url });
        const fork = { name: "new member", methods: ["eth_getBlockByNumber", "eth_getBlockByHash"], call: (a) => {
            if (!a.result || a.result.newRoot) return false;
            a.result.newRoot = "0x01";
            a.result.stateRoot = "0x" + "12".repeat(32); // the hash can no longer be recomputed
            return true;
        } };
        proxy.set((questions) => questions.map(() => fork));
        const run = drive({ binary, network, urls: [proxy.url] });
        assert.equal(await run.done, 0, run.log);
        assert.deepEqual(differences(run, await truth(node, ours), (await head(node)) - 64), []);
        assert.deepEqual([...new Set([...run.chain.values()].map((b) => b.proof))], ["unhashable"]);
        assert.equal(run.health.unhashable_headers, run.chain.size);
        await proxy.stop();
    });
});

describe("a moving chain", () => {
    let contracts, rng;
    before(async () => {
        contracts = await freshChain(2, 30);
        rng = random(22);
    });
    after(() => node.stop());

    const caughtUp = async (run) => {
        const top = await node.ask("eth_getBlockByNumber", "latest", false);
        await run.until((r) => r.chain.get(Number(top.number))?.hash === top.hash && !r.chain.has(Number(top.number) + 1));
        assert.deepEqual(differences(run, await truth(node, ours), run.last.finalized), []);
    };

    test("is followed through reorgs of depths 1 to 8, with and without other logs, two in a row", async () => {
        const run = drive({ binary, network, urls: [node.url], mode: "follow" });
        await caughtUp(run);
        for (let depth = 1; depth <= 8; depth++) {
            const other = { from: people[1], to: ours[0], data: emit(2, depth), gas: "0x7a1200" };
            await reorg(node, depth, depth % 2 ? [] : [[other, 0], [other, depth - 1]]);
            if (depth % 3 === 0) await reorg(node, depth - 1, [[other, 0]]);
            if (depth % 4) await grow(rng, 2, contracts);
            await caughtUp(run);
        }
        assert.ok(run.reorgs.length >= 8);
        await run.stop();
    });

    test("a node that goes back 3 blocks and forward again is waited for, without a reorg", async () => {
        const proxy = await startProxy({ target: node.url });
        const run = drive({ binary, network, urls: [proxy.url], mode: "follow" });
        await caughtUp(run);
        const top = await head(node);
        const back = { name: "head 3 back", methods: ["eth_getBlockByNumber"], call: async (a, q, tools) => {
            if (q.params[0] === "latest") a.result = await node.ask("eth_getBlockByNumber", "0x" + (top - 3).toString(16), false);
            else if (q.params[0].startsWith("0x") && Number(q.params[0]) > top - 3) a.result = null;
            else return false;
            return false; // so that every answer of the batch is looked at
        } };
        proxy.set(() => back);
        await run.until((r) => r.last.head === top - 3);
        proxy.set(null);
        await grow(rng, 3, contracts);
        await caughtUp(run);
        assert.deepEqual(run.reorgs, []);
        await run.stop();
        await proxy.stop();
    });

    test("a node rolled back for good is a reorg only when other blocks come", async () => {
        const run = drive({ binary, network, urls: [node.url], mode: "follow" });
        await caughtUp(run);
        const top = await head(node);
        await node.ask("anvil_rollback", 3);
        await run.until((r) => r.last.head === top - 3);
        assert.deepEqual(run.reorgs, []);
        await grow(rng, 5, contracts);
        await caughtUp(run);
        assert.deepEqual(run.reorgs, [top - 3]);
        await run.stop();
    });

    test("a shorter chain is a reorg when its head is not ours", async () => {
        const run = drive({ binary, network, urls: [node.url], mode: "follow" });
        await caughtUp(run);
        const top = await head(node);
        await node.askMany([["anvil_rollback", [3]], ["eth_sendTransaction",
            [{ from: people[2], to: ours[0], data: emit(1, 77), gas: "0x7a1200" }]], ["anvil_mine", ["0x1", "0x1"]]]);
        await caughtUp(run);
        assert.deepEqual(run.reorgs, [top - 3]);
        await run.stop();
    });

    test("a reorg between the poll and the headers is seen by the parent link", async () => {
        const proxy = await startProxy({ target: node.url });
        const run = drive({ binary, network, urls: [proxy.url], mode: "follow" });
        await caughtUp(run);
        const top = await head(node);
        let done = false;
        const late = { name: "reorg behind the poll's back", methods: ["eth_getBlockByNumber"], call: async (a, q) => {
            if (done || q.params[0] !== "latest" || Number(a.result.number) <= top) return false;
            done = true;
            await reorg(node, 5, [[{ from: people[1], to: ours[1], data: emit(1, 55), gas: "0x7a1200" }, 0]]);
            return true;
        } };
        proxy.set(() => late);
        await grow(rng, 2, contracts);
        await run.until(() => done);
        await caughtUp(run);
        assert.equal(run.reorgs.length, 1);
        await run.stop();
        await proxy.stop();
    });

    test("a chain reorganised while nobody looked is unwound from what is booked", async () => {
        const all = await truth(node, ours);
        const booked = all.slice(-20).map((b) => `${b.number}:${b.hash}`).join(",");
        await reorg(node, 6);
        await grow(rng, 10, contracts);
        const env = { ALTLEDGER_BOOKED: booked, ALTLEDGER_FINALIZED: all.length - 20 };
        const run = drive({ binary, network, urls: [node.url], env });
        assert.equal(await run.done, 0, run.log);
        assert.deepEqual(run.reorgs, [all.length - 1 - 6]);
        assert.deepEqual(differences(run, await truth(node, ours, all.length - 6)), []);
    });

    test("answers of the other branch are never mixed with ours", async () => {
        await grow(rng, 12, contracts);
        const top = await head(node);
        const numbers = Array.from({ length: 6 }, (_, i) => "0x" + (top - i).toString(16));
        const old = new Map();
        for (const n of numbers) old.set(n, await node.ask("eth_getBlockByNumber", n, false));
        const oldLogs = await node.ask("eth_getLogs", { fromBlock: numbers[5], toBlock: numbers[0], address: ours });
        const other = { from: people[1], to: ours[0], data: emit(2, 99), gas: "0x7a1200" };
        await reorg(node, 6, [0, 1, 2, 3, 4, 5].map((i) => [other, i]));
        assert.ok(oldLogs.length > 0);
        const proxy = await startProxy({ target: node.url });
        const mixed = { name: "other branch", methods: ["eth_getBlockByNumber", "eth_getLogs"], call: (a, q) => {
            if (q.method === "eth_getLogs") {
                const lie = oldLogs.filter((l) => a.result.some((x) => x.blockNumber === l.blockNumber));
                if (!lie.length) return false;
                a.result = lie;
                return true;
            }
            if (!old.has(q.params[0]) || q.params[0] === numbers[0]) return false;
            a.result = old.get(q.params[0]);
            return true;
        } };
        for (const prove of ["tail", "all", "off"]) {
            proxy.reset();
            proxy.set(() => (proxy.total < 6 ? mixed : null));
            const run = drive({ binary, network, urls: [proxy.url], prove });
            assert.equal(await run.done, 0, run.log);
            assert.ok(run.errors.length > 2, "said nothing");
            assert.deepEqual(run.reorgs, []);
            assert.deepEqual(differences(run, await truth(node, ours), run.last.finalized), []);
        }
        await proxy.stop();
    });

    test("a reorg below finalized ends the source", async () => {
        const all = await truth(node, ours);
        const booked = all.slice(-5).map((b) => `${b.number}:${b.hash}`).join(",");
        await reorg(node, 6);
        const env = { ALTLEDGER_BOOKED: booked, ALTLEDGER_FINALIZED: all.length - 5 };
        const run = drive({ binary, network, urls: [node.url], env });
        assert.equal(await run.done, 1);
        assert.equal(run.errors.at(-1).error, "reorg-below-finalized");
        assert.deepEqual(run.reorgs, []);
    });

    test("a stop is heeded at once, while waiting for the next poll", async () => {
        const run = drive({ binary, network, urls: [node.url], mode: "follow", env: { ALTLEDGER_POLL_MS: 20000 } });
        await caughtUp(run);
        await new Promise((done) => setTimeout(done, 200));
        const began = Date.now();
        assert.equal(await run.stop(), 0);
        assert.ok(Date.now() - began < 500);
    });

    test("a stop is heeded at once, while waiting for an answer", async () => {
        const proxy = await startProxy({ target: node.url });
        const run = drive({ binary, network, urls: [proxy.url], mode: "follow" });
        await caughtUp(run);
        proxy.set(() => ({ name: "hang", body: () => {} }));
        await new Promise((done) => setTimeout(done, 200));
        const began = Date.now();
        assert.equal(await run.stop(), 0);
        assert.ok(Date.now() - began < 500);
        await proxy.stop();
    });
});

describe("several endpoints", () => {
    before(async () => { await freshChain(3, 40); });
    after(() => node.stop());

    test("the second serves while the first is down", async () => {
        const first = await startProxy({ target: node.url });
        const run = drive({ binary, network, urls: [first.url, node.url], mode: "follow" });
        await run.until((r) => r.chain.size > 0);
        first.down(true);
        await mine(node, 3);
        const top = await head(node);
        await run.until((r) => r.chain.has(top));
        first.down(false);
        assert.deepEqual(differences(run, await truth(node, ours)), []);
        await run.stop();
        await first.stop();
    });

    test("a lagging second endpoint is said, and does not hold up the first", async () => {
        const second = await startProxy({ target: node.url });
        const top = await head(node);
        const lag = { name: "lag", methods: ["eth_getBlockByNumber"], call: (a) => {
            if (Number(a.result?.number) > top - 5) a.result = null;
            return false;
        } };
        second.set(() => lag);
        const run = drive({ binary, network, urls: [node.url, second.url] });
        assert.equal(await run.done, 0, run.log);
        assert.match(run.log, /lags behind/);
        assert.equal(run.health.disagreements, 0);
        assert.deepEqual(differences(run, await truth(node, ours)), []);
        await second.stop();
    });

    test("a disagreeing second endpoint: nothing is given until they agree", async () => {
        const second = await startProxy({ target: node.url });
        const top = await head(node);
        const other = { name: "other branch", methods: ["eth_getBlockByNumber"], call: (a) => {
            if (Number(a.result?.number) > top - 5) a.result.hash = "0x" + "ab".repeat(32);
            return false;
        } };
        second.set(() => other);
        const run = drive({ binary, network, urls: [node.url, second.url] });
        await run.until((r) => r.errors.filter((e) => /disagree about block/.test(e.detail)).length >= 5);
        assert.ok(Math.max(...run.chain.keys(), -1) <= top - 5);
        second.set(null);
        assert.equal(await run.done, 0, run.log);
        assert.ok(run.health.disagreements >= 5);
        assert.deepEqual(differences(run, await truth(node, ours)), []);
        await second.stop();
    });
});
