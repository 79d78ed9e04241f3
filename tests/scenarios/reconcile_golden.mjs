// tests/scenarios/reconcile_golden.mjs - reconciliation against what the real contracts answered: a node that knows only the golden chains' recorded views.
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { createServer } from "node:http";
import { createRequire } from "node:module";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { gunzipSync } from "node:zlib";
import { chains } from "./lib/golden.mjs";
import { Cluster } from "./lib/pg.mjs";
import { root, run } from "./lib/program.mjs";

const { Interface } = createRequire(join(root, "tests/package.json"))("ethers");
const WAD = 10n ** 18n, NOBODY = `0x${"00".repeat(20)}`;
const BLOCKS = 6; // sampled blocks asked of each chain
const SET = "tuple(address,uint32)";
const views = new Interface([
    "function balanceOf(address) view returns (uint256)", "function balanceOf(address,uint256) view returns (uint256)",
    "function totalSupply() view returns (uint256)", "function getVotes(address) view returns (uint256)",
    "function totalAssets() view returns (uint256)", "function delegatedTo(address) view returns (address)",
    "function operatorShares(address,address) view returns (uint256)", "function depositScalingFactor(address,address) view returns (uint256)",
    "function getWithdrawableShares(address,address[]) view returns (uint256[],uint256[])",
    "function stakerDepositShares(address,address) view returns (uint256)", "function pendingWithdrawals(bytes32) view returns (bool)",
    "function getQueuedWithdrawal(bytes32) view returns (tuple(address,address,address,uint256,uint32,address[],uint256[]),uint256[])",
    "function getMaxMagnitude(address,address) view returns (uint64)", "function getEncumberedMagnitude(address,address) view returns (uint64)",
    `function getAllocation(address,${SET},address) view returns (tuple(uint64,int128,uint32))`,
    `function getMinimumSlashableStake(${SET},address[],address[],uint32) view returns (uint256[][])`,
    `function isMemberOfOperatorSet(address,${SET}) view returns (bool)`, `function isOperatorSlashable(address,${SET}) view returns (bool)`,
    "function getAllocationDelay(address) view returns (bool,uint32)", "function cooldowns(address,address) view returns (uint40,uint216)",
    "function rewardBalance(uint16,address,address) view returns (uint256)",
]);
const undo = [];
let cluster;

before(async () => { cluster = await new Cluster().start(); });
after(async () => {
    for (const step of undo.reverse()) await step();
    await cluster?.stop();
    cluster?.remove();
});

const unzip = (path) => gunzipSync(readFileSync(path), { maxOutputLength: 1 << 30 }).toString();
const low = (text) => text.toLowerCase();

/** What each view answered at a block: {signature: (to, arguments) => values}; undefined: not recorded. */
function answers(truth, chain) {
    const { names, strategies, withdrawals } = chain;
    const strategy = (address) => Object.keys(strategies).find((name) => strategies[name] === low(address));
    const operator = (address) => truth.operators[low(address)], staker = (address) => truth.stakers[low(address)];
    const position = (contract, user, op) => truth.alt_staking.positions.find((p) => low(p.user) === low(user) && low(p.operator) === low(op));
    const allocation = (op, [avs, set]) => operator(op)?.allocations.find((l) => l.avs === low(avs) && BigInt(l.set) === set);
    const queued = (hash) => {
        const w = withdrawals[hash];
        return w && { ...w, row: staker(w.staker)?.queued.find((q) => q.nonce === w.nonce) };
    };
    const some = (value, give) => (value === undefined ? undefined : give(value));
    return {
        "balanceOf(address)": (to, [who]) => some({ [names.alt]: truth.alt, [names.tok2]: truth.tok2, [names.realt]: truth.vault }[to]?.[low(who)], (v) => [v]),
        "totalSupply()": (to) => some({ [names.alt]: truth.supply, [names.tok2]: truth.tok2_supply, [names.realt]: truth.vault_supply }[to], (v) => [v]),
        "getVotes(address)": (to, [who]) => [truth.votes[low(who)] ?? 0n],
        "totalAssets()": () => [truth.vault_assets],
        "delegatedTo(address)": (to, [who]) => some(staker(who), (s) => [s.delegated_to]),
        "operatorShares(address,address)": (to, [op, of]) => some(operator(op)?.shares[strategy(of)], (v) => [v]),
        "depositScalingFactor(address,address)": (to, [who, of]) => some(staker(who)?.scaling[strategy(of)], (v) => [BigInt(v) || WAD]),
        "getWithdrawableShares(address,address[])": (to, [who, [of]]) => some(staker(who), (s) => [[s.withdrawable[strategy(of)]], [s.deposit[strategy(of)]]]),
        "stakerDepositShares(address,address)": (to, [who, of]) => some(staker(who), (s) => [s.deposit[strategy(of)]]),
        "pendingWithdrawals(bytes32)": (to, [hash]) => some(staker(queued(hash).staker), () => [queued(hash).row !== undefined]),
        "getQueuedWithdrawal(bytes32)": (to, [hash]) => {
            const w = queued(hash);
            return some(w.row, (q) => [[w.staker, w.operator, w.withdrawer, q.nonce, q.start, q.strategies, q.scaled], q.withdrawable]);
        },
        "getMaxMagnitude(address,address)": (to, [op, of]) => some(operator(op)?.max_magnitude[strategy(of)], (v) => [v]),
        "getEncumberedMagnitude(address,address)": (to, [op, of]) => (strategy(of) === "ALT" ? some(operator(op), (o) => [o.encumbered]) : undefined),
        "getAllocation(address,(address,uint32),address)": (to, [op, set, of]) =>
            (strategy(of) === "ALT" ? some(allocation(op, set), (l) => [[l.current, l.pending, l.effect]]) : undefined),
        "getMinimumSlashableStake((address,uint32),address[],address[],uint32)": (to, [set, [op], [of], future]) =>
            (strategy(of) === "ALT" && Number(future) === truth.block ? some(allocation(op, set), (l) => [[[l.slashable_stake]]]) : undefined),
        "isMemberOfOperatorSet(address,(address,uint32))": (to, [op, set]) => some(allocation(op, set), (l) => [l.member]),
        "isOperatorSlashable(address,(address,uint32))": (to, [op, set]) => some(allocation(op, set), (l) => [l.slashable]),
        "getAllocationDelay(address)": (to, [op]) => some(operator(op), (o) => [true, o.allocation_delay]),
        "balanceOf(address,uint256)": (to, [who, id]) => some(position(to, who, "0x" + id.toString(16).padStart(40, "0")), (p) => [p.balance]),
        "cooldowns(address,address)": (to, [op, who]) => some(position(to, who, op), (p) => [p.cooldown_timestamp, p.cooldown_amount]),
        "rewardBalance(uint16,address,address)": (to, [id, op, who]) => some(position(to, who, op)?.rewards[id.toString()]?.claimable, (v) => [v]),
    };
}

/** A node of the chain whose state is what was recorded; `change(signature, arguments, values)` may lie. */
async function fake_node(chain) {
    const one = ({ id, method, params }) => {
        const reply = (result) => ({ jsonrpc: "2.0", id, result });
        if (method === "eth_chainId") return reply("0x" + chain.chain_id.toString(16));
        if (method === "eth_getBlockByNumber") return reply(chain.blocks.get(Number(params[0])) ?? null);
        const [{ to, data }, { blockHash }] = params;
        const call = views.parseTransaction({ data });
        const values = call && answers(chain.truths.get(blockHash), chain)[call.signature]?.(low(to), call.args);
        if (!values) return { jsonrpc: "2.0", id, error: { code: 3, message: "execution reverted: not recorded" } };
        node.asked[call.signature] = (node.asked[call.signature] ?? 0) + 1;
        return reply(views.encodeFunctionResult(call.signature, node.lie?.(call.signature, call.args, values) ?? values));
    };
    const node = { asked: {}, lie: null };
    const server = createServer(async (incoming, response) => {
        const parts = [];
        for await (const part of incoming) parts.push(part);
        const asked = JSON.parse(Buffer.concat(parts));
        response.end(JSON.stringify(Array.isArray(asked) ? asked.map(one) : one(asked)));
    });
    await new Promise((done) => server.listen(0, "127.0.0.1", done));
    undo.push(() => new Promise((done) => { server.closeAllConnections(); server.close(done); }));
    node.url = `http://127.0.0.1:${server.address().port}`;
    return node;
}

async function mirror(name) {
    const folder = join(root, "tests/data/chains", name), network = join(folder, "network.json"), archive = join(folder, "chain.ndjson.gz");
    const database = cluster.create();
    await run(["mirror", "--once", "--network", network, "--source", archive, "--database", cluster.conninfo(database)]);
    const { chain_id, contracts } = JSON.parse(readFileSync(network));
    const blocks = new Map(unzip(archive).trim().split("\n").map((line) => JSON.parse(line)).map(({ logs, ...b }) => [Number(b.number), b]));
    const samples = JSON.parse(unzip(join(folder, "truth.json.gz")));
    const named = (kind) => contracts.filter((c) => c.kind === kind);
    return {
        chain_id, blocks, database, samples,
        truths: new Map(samples.map((s) => [blocks.get(s.block).hash, s])),
        names: Object.fromEntries(contracts.map((c) => [c.name, low(c.address)])),
        strategies: Object.fromEntries(named("eigenlayer.strategy").map((c) => [c.name.replace("strategy ", ""), low(c.address)])),
        withdrawals: Object.fromEntries(cluster.rows(database, `SELECT DISTINCT ON (root) '0x' || encode(root, 'hex') AS root, '0x' || encode(staker, 'hex') AS staker,
            '0x' || encode(operator, 'hex') AS operator, '0x' || encode(withdrawer, 'hex') AS withdrawer, nonce::text FROM ledger.withdrawal ORDER BY root`).map((w) => [w.root, w])),
    };
}

const verify = (chain, node, at, args = ["--all"], status = 0) => run(["verify", "--against-chain", "--json", "--source", node.url,
    "--database", cluster.conninfo(chain.database), "--at", String(at), ...args], status).then((p) => JSON.parse(p.out));

for (const name of chains)
    test(`${name}: every recorded answer of the contracts is what the books say`, async () => {
        const chain = await mirror(name), node = await fake_node(chain);
        const step = Math.max(1, Math.floor(chain.samples.length / BLOCKS)), totals = {};
        for (let i = chain.samples.length - 1; i >= 0; i -= step) {
            const report = await verify(chain, node, chain.samples[i].block);
            assert.deepEqual(report.differences, [], `block ${report.block}`);
            for (const v of report.views) totals[v.view] = (totals[v.view] ?? 0) + v.checked;
        }
        console.log(Object.entries(totals).map(([view, n]) => `${view} ${n}`).join(", "));
        for (const f of views.fragments.map((f) => f.format("sighash"))) assert.ok(totals[f] > 0, `${f} was never compared`);
    });

/** The first value that can be changed, changed by one. */
function changed(values) {
    const copy = structuredClone(values.map((v) => (Array.isArray(v) ? [...v] : v)));
    for (let i = copy.length - 1; i >= 0; i--)
        if (Array.isArray(copy[i])) copy[i] = changed(copy[i]);
        else if (typeof copy[i] === "boolean") copy[i] = !copy[i];
        else if (/^0x[0-9a-fA-F]{40}$/.test(copy[i])) copy[i] = `0x${"77".repeat(20)}`;
        else copy[i] = (BigInt(copy[i]) + 1n).toString();
    return copy;
}

test("one answer of each view that differs by one is found and named, and no other", async () => {
    const chain = await mirror("seed13"), node = await fake_node(chain), lied = {};
    node.lie = (signature, args, values) => {
        if (lied[signature]) return null;
        lied[signature] = args;
        return changed(values);
    };
    const report = await verify(chain, node, chain.samples.at(-1).block, ["--all"], 1);
    const found = Map.groupBy(report.differences, (d) => d.view);
    assert.deepEqual([...found.keys()].sort(), Object.keys(lied).sort());
    assert.deepEqual(Object.keys(lied).sort(), views.fragments.map((f) => f.format("sighash")).sort());
    for (const [view, differences] of found) {
        assert.equal(new Set(differences.map((d) => d.subject)).size, 1, view);
        const who = lied[view].flat(2).map(String).find((a) => a.startsWith("0x"));
        if (who) assert.ok(low(differences[0].subject).includes(low(who)), view);
        for (const d of differences) assert.notEqual(d.ours, d.chain);
    }
    // delegatedTo, startBlock, scaledShares and shares of a withdrawal are compared each
    assert.deepEqual(found.get("getQueuedWithdrawal(bytes32)").map((d) => d.figure), ["delegatedTo", "startBlock", "scaledShares", "shares"]);
    assert.deepEqual(found.get("getAllocation(address,(address,uint32),address)").map((d) => d.figure), ["currentMagnitude", "pendingDiff", "effectBlock"]);
});
