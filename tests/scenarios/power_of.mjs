// tests/scenarios/power_of.mjs - power of all accounts at once by a policy: the parts it names, moved by a DelegateRegistry, each unit once.
//
// Golden chains and a modelled one, to which the logs of a registry are added. What is expected comes from api_v1.power_parts(), which
// voting_power.mjs checks, and from the logs themselves.
import assert from "node:assert/strict";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { pathToFileURL } from "node:url";
import { read_archive, write_archive } from "./lib/archive.mjs";
import { random } from "./lib/chain.mjs";
import { check_books, Cluster, digests } from "./lib/pg.mjs";
import { root, run } from "./lib/program.mjs";
import { BY_REGISTRY, delegate_of, EVERYWHERE, own_power, powers, REGISTRY, space_id, with_registry } from "./lib/registry.mjs";

const { generate } = await import(pathToFileURL(join(root, "tests/model/cli.mjs")));
const SEED = Number(process.env.SEED ?? 5), BLOCKS = 4, FEW = 60;
const SPACES = [space_id("alt.eth"), space_id("other.eth"), null]; // null: its id is too long for the registry
const POLICIES = [1, 6, 7, 24, 31];
const dir = mkdtempSync(join(tmpdir(), "altledger-power-of-"));
const rng = random(SEED);
let cluster;

before(async () => {
    console.log(`SEED=${SEED}`);
    cluster = await new Cluster().start();
});
after(async () => {
    await cluster.stop();
    cluster.remove();
    rmSync(dir, { recursive: true, force: true });
});

const golden = (name) => ({ network: JSON.parse(readFileSync(join(root, `tests/data/chains/${name}/network.json`))),
    blocks: read_archive(join(root, `tests/data/chains/${name}/chain.ndjson.gz`)) });
const chains = { seed7: () => golden("seed7"), seed13: () => golden("seed13"), model: () => generate({ seed: SEED, blocks: 300, percent: 0 }) };

async function mirror(network, blocks, name) {
    const database = cluster.create();
    const paths = { network: join(dir, `${name}.json`), source: write_archive(join(dir, `${name}.ndjson.gz`), blocks) };
    writeFileSync(paths.network, JSON.stringify(network));
    await run(["mirror", "--once", "--network", paths.network, "--source", paths.source, "--database", cluster.conninfo(database)]);
    return database;
}

const hex = (column) => `'0x' || encode(${column}, 'hex')`;
const bytea = (text) => (text === null ? "NULL" : `'\\x${text.slice(2)}'`);
/** Everybody whom the books know, and one whom they do not. */
const everybody = (database) => [...cluster.rows(database, `SELECT DISTINCT ${hex("x")} AS address FROM (SELECT owner::bytea FROM ledger.account
    UNION SELECT delegate::bytea FROM ledger.delegate UNION SELECT address FROM api_v1.contracts()) o (x)`).map((r) => r.address), `0x${"77".repeat(20)}`];
const list = (accounts) => `ARRAY[${accounts.map((a) => `${bytea(a)}::bytea`).join(",")}]`;

/** Of each case {accounts, space, policy} a map {account: power}, in one statement. */
function power_of(database, block, cases) {
    const rows = cluster.rows(database, `SELECT c.n, ${hex("p.owner")} AS owner, p.power::text
        FROM (VALUES ${cases.map((c, n) => `(${n}, ${list(c.accounts)}, ${bytea(c.space)}::bytea, ${c.policy})`).join(",")}) c (n, accounts, space, policy)
       CROSS JOIN LATERAL api_v1.power_of(c.accounts, c.space, c.policy, ${block}::bigint << 32 | 4294967295) p`);
    const maps = cases.map(() => new Map());
    for (const r of rows) maps[r.n].set(r.owner, r.power === null ? null : BigInt(r.power));
    assert.equal(rows.length, cases.reduce((n, c) => n + c.accounts.length, 0), "one row an account");
    return maps;
}

/** Sums of what api_v1.power_explained() counts. */
function explained(database, accounts, space, policy, block) {
    if (accounts.length === 0) return new Map();
    const until = `${block}::bigint << 32 | 4294967295`, rows = cluster.rows(database, `SELECT ${hex("o.address")} AS owner,
            CASE WHEN bool_or(p.counted AND p.alt IS NULL) IS NOT TRUE THEN coalesce(sum(p.alt), 0) END::text AS power
        FROM unnest(${list(accounts)}) o (address)
        LEFT JOIN LATERAL api_v1.power_explained(o.address, ${bytea(space)}, ${policy}, ${until}, ${until}) p ON p.counted GROUP BY 1`);
    return new Map(rows.map((r) => [r.owner, r.power === null ? null : BigInt(r.power)]));
}

function parts_of(database, accounts, block) {
    const parts = new Map(accounts.map((a) => [a, []])), until = `${block}::bigint << 32 | 4294967295`;
    for (const p of cluster.rows(database, `SELECT ${hex("owner")} AS owner, component, counted, alt::text FROM api_v1.power_parts(${list(accounts)}, ${until}, ${until})`))
        parts.get(p.owner).push(p);
    return parts;
}

/** Sum of what is known, and how much is not. */
const total = (power) => [...power.values()].reduce(([sum, unknown], p) => (p === null ? [sum, unknown + 1] : [sum + p, unknown]), [0n, 0]);

for (const [name, chain] of Object.entries(chains))
    test(`${name}: power is what the policy names of the parts, with a registry and without one`, async (t) => {
        const { network, blocks } = chain();
        const without = await mirror(network, blocks, name), accounts = everybody(without);
        const people = accounts.filter((a) => BigInt(a) > 1000n);
        const { blocks: longer, told } = with_registry(blocks, people, [EVERYWHERE, ...SPACES.filter(Boolean)], rng);
        const registry = { kind: "delegate_registry", name: "delegates", address: REGISTRY, from_block: 0 };
        const moved = await mirror({ ...network, contracts: [...network.contracts, registry] }, longer, `${name}-registry`);
        let compared = 0, delegated = 0;
        for (let i = 1; i <= BLOCKS; i++) {
            const block = Math.floor((blocks.length - 1) * i / BLOCKS), parts = parts_of(without, accounts, block);
            assert.deepEqual(parts_of(moved, accounts, block), parts, "a registry changes no part");
            const own = new Map(POLICIES.map((policy) => [policy, new Map(accounts.map((a) => [a, own_power(parts.get(a), policy)]))]));
            const still = POLICIES.flatMap((policy) => [policy, policy | BY_REGISTRY]).map((policy) => ({ accounts, space: SPACES[0], policy }));
            for (const [n, power] of power_of(without, block, still).entries())
                assert.deepEqual(power, powers(own.get(still[n].policy & ~BY_REGISTRY), () => null), `policy ${still[n].policy} at ${block}, no registry`);
            const cases = POLICIES.flatMap((policy) => [{ accounts, space: SPACES[0], policy },
                ...SPACES.flatMap((space) => [accounts, accounts.filter(() => rng.next(3) === 0)].map((some) => ({ accounts: some, space, policy: policy | BY_REGISTRY })))]);
            for (const [n, power] of power_of(moved, block, cases).entries()) {
                const { accounts: some, space, policy } = cases[n], unmoved = own.get(policy & ~BY_REGISTRY);
                const few = some.filter(() => rng.next(FEW) === 0);
                assert.deepEqual(explained(moved, few, space, policy, block), new Map(few.map((a) => [a, power.get(a)])), `explained, policy ${policy} at ${block}`);
                const delegate = (who) => (policy & BY_REGISTRY ? delegate_of(told, who, space, block) : null), expected = powers(unmoved, delegate);
                assert.deepEqual(power, new Map(some.map((a) => [a, expected.get(a)])), `policy ${policy} at ${block}, space ${space}`);
                const [sum, unknown] = total(expected);
                if (unknown === 0) assert.equal(sum, total(powers(unmoved, () => null))[0], "each unit counts once");
                compared += some.length;
                delegated += some.filter((a) => delegate(a) !== null).length;
            }
        }
        t.diagnostic(`${compared} powers equal, of which ${delegated} went to a delegate; ${told.length} delegations`);
        assert.ok(compared > 1000 && delegated > 500);
    });

test("a registry's delegations are rebuilt, verified, and unwound as all books are", async () => {
    const { network, blocks } = golden("seed7");
    const people = [...new Set(network.contracts.map((c) => c.address))];
    const { blocks: first } = with_registry(blocks, people, [EVERYWHERE, SPACES[0]], rng), { blocks: second } = with_registry(blocks, people, [EVERYWHERE], rng);
    const contracts = [...network.contracts, { kind: "delegate_registry", name: "delegates", address: REGISTRY, from_block: 0 }];
    const fork = blocks.length - 30, remade = (b) => ({ ...b, hash: `0x${b.hash.slice(2).split("").reverse().join("")}` });
    const tail = second.slice(fork + 1).map(remade).map((b, i, all) => ({ ...b, parentHash: i > 0 ? all[i - 1].hash : first[fork].hash,
        logs: b.logs.map((log) => ({ ...log, blockHash: b.hash })) }));
    const calm = await mirror({ ...network, contracts }, [...first.slice(0, fork + 1), ...tail], "calm");
    const reorganised = await mirror({ ...network, contracts }, [...first, ...tail], "reorganised");
    const rows = (database) => Number(cluster.sql(database, "SELECT count(*) FROM ledger.registry_delegate"));
    assert.ok(rows(calm) > 500);
    await check_books(cluster, reorganised, digests(cluster, calm));
});
