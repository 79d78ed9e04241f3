// tests/scenarios/registry.mjs - a DelegateRegistry and a voting token on a local node: delegations and power are what the contracts' views give at each block.
//
// People mint, delegate and stake in the vault at random; the registry refuses what it must; the chain is reorganised under the mirror.
import assert from "node:assert/strict";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createRequire } from "node:module";
import { after, before, test } from "node:test";
import { root, startAnvil } from "./lib/anvil.mjs";
import { accounts, deploy, head, mine, random, reorg, send } from "./lib/chain.mjs";
import { writeNetwork } from "./lib/drive.mjs";
import { built, ZERO } from "./lib/economy.mjs";
import { check_feed, Cluster, digests } from "./lib/pg.mjs";
import { run } from "./lib/program.mjs";
import { BY_REGISTRY, DELEGATED_IN, EVERYWHERE, HELD, powers, space_id } from "./lib/registry.mjs";

const { Interface } = createRequire(join(root, "tests/package.json"))("ethers");
const SEED = Number(process.env.SEED ?? 3), BLOCKS = 60, DEPTH = 20, UNIT = 10n ** 18n;
const SPACE = space_id("alt.eth"), IDS = [SPACE, EVERYWHERE, space_id("other.eth")];
const dir = mkdtempSync(join(tmpdir(), "altledger-registry-"));
const rng = random(SEED);
let node, cluster, people, abi, at, network;

const call = (from, name, method, ...args) => ({ from, to: at[name], data: abi[name].encodeFunctionData(method, args), gas: "0x7a120" });
async function block(transactions) {
    const hashes = await send(node, transactions);
    await mine(node);
    return (await node.askMany(hashes.map((h) => ["eth_getTransactionReceipt", [h]]))).map((r) => r.status === "0x1");
}

function act() {
    const who = rng.pick(people), whom = rng.pick(people), amount = BigInt(1 + rng.next(500)) * UNIT;
    return rng.pick([
        () => call(who, "DelegateRegistry", "setDelegate", rng.pick(IDS), whom), () => call(who, "DelegateRegistry", "setDelegate", rng.pick(IDS), whom),
        () => call(who, "DelegateRegistry", "clearDelegate", rng.pick(IDS)), () => call(who, "Token", "delegate", rng.next(3) ? whom : ZERO),
        () => call(who, "Token", "transfer", whom, amount), () => call(who, "Vault", "deposit", amount, who), () => call(who, "Vault", "redeem", amount, who, who),
    ])();
}
const acts = (n) => Array.from({ length: n }, act);

before(async () => {
    console.log(`SEED=${SEED}`);
    node = await startAnvil({ args: ["--accounts", 10] });
    const contracts = built();
    people = (await accounts(node)).map((a) => a.toLowerCase());
    abi = Object.fromEntries(Object.entries(contracts).map(([name, c]) => [name, new Interface(c.abi)]));
    const make = async (name, ...args) => (await deploy(node, contracts[name].bytecode + abi[name].encodeDeploy(args).slice(2), people[0])).toLowerCase();
    at = { Token: await make("Token"), DelegateRegistry: await make("DelegateRegistry") };
    at.Vault = await make("Vault", at.Token);
    network = writeNetwork(join(dir, "network.json"), { chainId: node.chainId, contracts: [{ kind: "erc20votes", name: "ALT", address: at.Token },
        { kind: "erc4626", name: "reALT", address: at.Vault, asset: at.Token }, { kind: "delegate_registry", address: at.DelegateRegistry }] });
    await block(people.flatMap((p, i) => [call(p, "Token", "mint", p, BigInt(i) * 1000n * UNIT), call(p, "Token", "approve", at.Vault, 10n ** 30n)]));
    cluster = await new Cluster().start();
});
after(async () => {
    await node?.stop();
    await cluster?.stop();
    cluster?.remove();
    rmSync(dir, { recursive: true, force: true });
});

const mirror = (database) => run(["mirror", "--once", "--network", network, "--source", node.url, "--database", cluster.conninfo(database)]);
const hex = (column) => `'0x' || encode(${column}, 'hex')`;
const bytes = (text) => `'\\x${text.slice(2)}'::bytea`;

/** Views at a block: [contract, method, ...arguments] each. */
async function views(number, calls) {
    const answers = await node.askMany(calls.map(([name, method, ...args]) =>
        ["eth_call", [{ to: at[name], data: abi[name].encodeFunctionData(method, args) }, `0x${number.toString(16)}`]]));
    return answers.map((answer, i) => abi[calls[i][0]].decodeFunctionResult(calls[i][1], answer)[0]);
}

/** What the contracts say at a block: {delegation: {who/id: whom}, own: Map}. */
async function truth(number) {
    const delegations = people.flatMap((p) => IDS.map((space) => ["DelegateRegistry", "delegation", p, space]));
    const holdings = people.flatMap((p) => [["Token", "balanceOf", p], ["Token", "delegates", p], ["Token", "getVotes", p], ["Vault", "balanceOf", p]]);
    const answers = await views(number, [...delegations, ...holdings]);
    const delegation = Object.fromEntries(delegations.map(([, , who, space], i) => [who + space, answers[i] === ZERO ? null : answers[i].toLowerCase()]));
    const held = people.map((_, i) => answers.slice(delegations.length + 4 * i));
    const assets = await views(number, held.map(([, , , shares]) => ["Vault", "convertToAssets", shares]));
    const own = new Map(people.map((p, i) => {
        const [balance, delegate, votes] = held[i], self = delegate.toLowerCase() === p;
        return [p, { own: assets[i] + (self || delegate === ZERO ? balance : 0n), delegated_in: votes - (self ? balance : 0n) }];
    }));
    return { delegation, own };
}

async function compare(database, number) {
    const { delegation, own } = await truth(number), until = `${number}::bigint << 32 | 4294967295`;
    const booked = cluster.rows(database, `SELECT ${hex("o.who")} AS who, ${hex("i.id")} AS id, ${hex(`(SELECT d.delegate FROM api_v1.registry_set(api_v1.power_registry(), o.who, i.id, ${until}) d)`)} AS whom
        FROM unnest(ARRAY[${people.map(bytes)}]) o (who) CROSS JOIN unnest(ARRAY[${IDS.map(bytes)}]) i (id)`);
    assert.deepEqual(Object.fromEntries(booked.map((r) => [r.who + r.id, r.whom])), delegation, `delegation() at ${number}`);
    for (const policy of [HELD | DELEGATED_IN, HELD | DELEGATED_IN | BY_REGISTRY]) {
        const delegate = (who) => (policy & BY_REGISTRY ? delegation[who + SPACE] ?? delegation[who + EVERYWHERE] : null);
        const rows = cluster.rows(database, `SELECT ${hex("owner")} AS owner, power::text FROM api_v1.power_of(ARRAY[${people.map(bytes)}], ${bytes(SPACE)}, ${policy}, ${until})`);
        assert.deepEqual(new Map(rows.map((r) => [r.owner, BigInt(r.power)])), powers(own, delegate), `power at ${number} by ${policy}`);
    }
    return Object.values(delegation).filter(Boolean).length;
}

test("the registry refuses oneself and nobody, and says nothing then", async () => {
    const [self, nobody, nothing] = await block([call(people[1], "DelegateRegistry", "setDelegate", SPACE, people[1]),
        call(people[1], "DelegateRegistry", "setDelegate", SPACE, ZERO), call(people[1], "DelegateRegistry", "clearDelegate", SPACE)]);
    assert.deepEqual([self, nobody, nothing], [false, false, false]);
    assert.deepEqual(await node.ask("eth_getLogs", { fromBlock: "0x0", address: at.DelegateRegistry }), []);
});

test("at each block, before and after a reorg, delegations and power are what the contracts say", async (t) => {
    const database = cluster.create(), first = await head(node);
    for (let i = 0; i < BLOCKS; i++) await block(acts(8));
    await mirror(database);
    let set = 0;
    for (let number = first; number <= await head(node); number += 9) set += await compare(database, number);
    const before = await truth(await head(node));
    await reorg(node, DEPTH, acts(DEPTH * 6).map((transaction, i) => [transaction, Math.floor(i / 6)]));
    await block(acts(8));
    await mirror(database);
    assert.notDeepEqual(await truth(await head(node)), before);
    for (let number = await head(node) - DEPTH - 2; number <= await head(node); number += 3) set += await compare(database, number);
    const calm = cluster.create();
    await mirror(calm);
    const books = (name) => Object.entries(digests(cluster, name)).filter(([table]) => /^ledger\.|^events/.test(table));
    assert.deepEqual(books(database), books(calm));
    check_feed(cluster, database);
    await run(["verify", "--database", cluster.conninfo(database)]);
    t.diagnostic(`${set} delegations compared`);
    assert.ok(set > 100);
});
