// tests/scenarios/delegates.mjs - delegates, their delegators and their record; power at off-chain proposals: all from the rows they follow from.
//
// The golden chain with a registry's logs added, and off-chain proposals and ballots as rows.
import assert from "node:assert/strict";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { read_archive, write_archive } from "./lib/archive.mjs";
import { random } from "./lib/chain.mjs";
import { all, each } from "./lib/golden.mjs";
import { Log } from "./lib/governance_rows.mjs";
import { Cluster } from "./lib/pg.mjs";
import { get, root, run, serve } from "./lib/program.mjs";
import { BY_REGISTRY, delegate_of, EVERYWHERE, REGISTRY, space_id, with_registry } from "./lib/registry.mjs";

const folder = join(root, "tests/data/chains/seed7"), dir = mkdtempSync(join(tmpdir(), "altledger-delegates-"));
const rng = random(9), SPACE = "alt.eth", IDS = [EVERYWHERE, space_id(SPACE)], POLICY = 1 | 2 | 4 | BY_REGISTRY, ZERO = "0x" + "00".repeat(20);
const low = (text) => text?.toLowerCase() ?? null;
let cluster, database, url, program, network, blocks, told, people, proposals, ballots, alt;

before(async () => {
    network = JSON.parse(readFileSync(join(folder, "network.json")));
    alt = network.contracts.find((c) => c.kind === "erc20votes").address;
    cluster = await new Cluster().start();
    database = cluster.create();
    const real = read_archive(join(folder, "chain.ndjson.gz"));
    people = [...new Set(real.flatMap((b) => b.logs).filter((l) => low(l.address) === alt && l.topics.length === 3).map((l) => `0x${l.topics[2].slice(26)}`))].filter((a) => BigInt(a) > 1000n);
    ({ blocks, told } = with_registry(real, people, IDS, rng));
    const contracts = [...network.contracts, { kind: "delegate_registry", name: "delegates", address: REGISTRY, from_block: 0 }];
    writeFileSync(join(dir, "network.json"), JSON.stringify({ ...network, contracts }));
    write_archive(join(dir, "chain.ndjson"), blocks);
    await run(["mirror", "--once", "--network", join(dir, "network.json"), "--source", join(dir, "chain.ndjson"), "--database", cluster.conninfo(database)]);
    write_log();
    ({ program, url } = await serve("serve", "--database", cluster.conninfo(database)));
});
after(async () => {
    await program?.kill("SIGTERM").ends();
    await cluster.stop();
    cluster.remove();
    rmSync(dir, { recursive: true, force: true });
});

/** Off-chain proposals at several snapshots; some people vote, some twice. The last is cancelled, the one before it has not begun. */
function write_log() {
    const log = new Log(), author = people[0], time = Number(blocks.at(-1).timestamp);
    const parameters = log.space(SPACE, { quorum: "1", policy: "delegates" }, time);
    proposals = [500, 1000, 1590, 1590, 1590].map((snapshot, i) => log.proposal({ space: SPACE, parameters, author, snapshot, policy: POLICY, received: time,
        starts: i === 3 ? 4e9 : time + 1, ends: i === 3 ? 4e9 + 9 : time + 1000 }));
    ballots = [];
    for (const proposal of proposals.slice(0, 3))
        for (const voter of people.filter(() => rng.next(2)))
            for (let n = 1 + rng.next(2); n > 0; n--)
                ballots.push({ proposal, ...log.ballot(proposal, voter, 1 + rng.next(3), { stamp: time + 10, reason: rng.pick(["", "because \u202eit is", "<b>'quoted'</b>"]) }) });
    log.cancel(proposals[4], author, time + 10);
    cluster.sql(database, log.commit(time + 10));
}

/** The last rows of a timeline by key, at a block. */
function last(table, keys, value, block) {
    const hex = (c) => `'0x' || encode(${c}, 'hex')`;
    return cluster.rows(database, `SELECT DISTINCT ON (${keys}) ${keys.split(", ").map((k) => `${hex(k)} AS ${k}`)}, ${hex(value)} AS value, position >> 32 AS since
        FROM ledger.${table} WHERE position >> 32 <= ${block} ORDER BY ${keys}, position DESC`).filter((r) => r.value !== ZERO);
}

for (const block of [300, 1590])
    test(`block ${block}: delegates and their delegators are those of the last rows`, async () => {
        const by_token = last("delegate", "delegator, token", "delegate", block).filter((r) => r.token === alt);
        const by_registry = last("registry_delegate", "registry, delegator, id", "delegate", block);
        const at = block === 1590 ? "latest" : block, list = await all(`${url}/v1/delegates?at=${at}`);
        const units = new Map(await Promise.all(people.map(async (p) => [p, (await get(`${url}/v1/accounts/${p}?at=${at}`)).votes.find((v) => low(v.token) === alt)?.units ?? "0"])));
        const expected = people.map((p) => ({ address: p, units: units.get(p), delegators: by_token.filter((r) => r.value === p).length,
            registry_delegators: new Set(by_registry.filter((r) => r.value === p).map((r) => r.delegator)).size }))
            .filter((d) => d.units !== "0" || d.registry_delegators > 0).sort((a, b) => (a.address < b.address ? -1 : 1));
        assert.deepEqual(list.map((d) => ({ ...d, address: low(d.address) })), expected);
        assert.deepEqual(await all(`${url}/v1/delegates?at=${at}&order=desc`), [...list].reverse());
        assert.ok(list.length > 10 && list.some((d) => d.delegators > 1) && list.some((d) => d.registry_delegators > 1));
        for (const { address } of list) {
            const rows = await all(`${url}/v1/delegates/${address}/delegators?at=${at}`, 3);
            const truth = [...by_token.filter((r) => r.value === low(address)).map((r) => ({ source: "token", delegator: r.delegator, registry_id: null, since_block: r.since })),
                ...by_registry.filter((r) => r.value === low(address)).map((r) => ({ source: "registry", delegator: r.delegator, registry_id: r.id, since_block: r.since }))]
                .sort((a, b) => (a.delegator + (a.registry_id ?? "") < b.delegator + (b.registry_id ?? "") ? -1 : 1));
            assert.deepEqual(rows.map(({ units: _, ...r }) => ({ ...r, delegator: low(r.delegator) })), truth);
            assert.ok(rows.every((r) => (r.units === null) === (r.source === "registry")));
        }
    });

test("a record: proposals with power at the snapshot, those voted on, the last ballots with their reasons", async () => {
    const onchain = await all(`${url}/v1/proposals?source=onchain`, 100), begun = onchain.filter((p) => p.snapshot_block !== null).slice(-50);
    let both = 0;
    for (const who of people) {
        const record = await get(`${url}/v1/delegates/${who}`), votes = await all(`${url}/v1/accounts/${who}/ballots?order=desc`, 1000);
        const cast = votes.filter((v) => v.kind !== "reduced");
        const had = async (p) => (await get(`${url}/v1/accounts/${who}/voting-power?proposal=${p.id}`));
        const voted = (p) => cast.some((v) => v.proposal === p.id);
        const able = (await Promise.all(begun.map(async (p) => [p, (await had(p)).get_past_votes]))).filter(([p, units]) => BigInt(units ?? 0) > 0n || voted(p)).map(([p]) => p);
        const share = (n, of) => (of === 0 ? null : Math.floor(n * 10000 / of));
        assert.deepEqual(record.onchain, { proposals: able.length, voted: able.filter(voted).length, participation: share(able.filter(voted).length, able.length),
            ballots: cast.filter((v) => v.source === "onchain").length }, who);
        const mine = ballots.filter((b) => b.voter === who);
        const off = (await Promise.all(proposals.slice(0, 3).map(async (p) => [p, (await had(p)).power]))).filter(([p, power]) => BigInt(power ?? 0) > 0n || voted(p)).map(([p]) => p);
        assert.deepEqual(record.offchain, { proposals: off.length, voted: off.filter(voted).length, participation: share(off.filter(voted).length, off.length), ballots: mine.length });
        assert.deepEqual(record.votes.map((v) => [v.source, v.proposal, v.reason, v.choice]), cast.slice(0, 10).map((v) => [v.source, v.proposal, v.reason, v.choice]));
        assert.equal(record.power, (await get(`${url}/v1/accounts/${who}/voting-power`)).power);
        both += record.onchain.ballots > 0 && mine.length > 0;
    }
    assert.ok(both > 2, `${both} voted in both ways`);
});

test("power at an off-chain proposal is of its snapshot, by its policy, in its space, and explained to the last unit", async () => {
    let away = 0, given = 0;
    await each(proposals.slice(0, 3).flatMap((p) => people.map((who) => [p, who])), async ([p, who]) => {
        const power = await get(`${url}/v1/accounts/${who}/voting-power?proposal=${p.id}&explain=true`), delegate = delegate_of(told, who, space_id(SPACE), p.snapshot);
        const same = await get(`${url}/v1/accounts/${who}/voting-power?at=${p.snapshot}&policy=delegates&space=${SPACE}`);
        const expected = cluster.one(database, `SELECT power::text FROM api_v1.power_of(ARRAY['\\x${who.slice(2)}'::bytea], '\\x${space_id(SPACE).slice(2)}', ${POLICY}, ${p.snapshot}::bigint << 32 | 4294967295)`);
        assert.deepEqual([power.power, same.power], [expected.power, expected.power]);
        assert.deepEqual([power.as_of.block_number, power.proposal, power.space, power.policy.name], [p.snapshot, p.id, SPACE, "delegates"]);
        assert.ok(power.log_size > 0 && !("get_past_votes" in power));
        const counted = power.parts.filter((x) => x.counted);
        if (power.power !== null) assert.equal(counted.reduce((sum, x) => sum + BigInt(x.alt), 0n).toString(), power.power);
        const moved = power.parts.filter((x) => x.reason === "delegated-in-registry"), got = power.parts.filter((x) => x.source === "registry");
        assert.ok(moved.every((x) => !x.counted && low(x.party) === delegate));
        if (delegate !== null) assert.ok(counted.every((x) => x.component === "delegated_in"));
        assert.ok(got.every((x) => x.counted && delegate_of(told, low(x.party), space_id(SPACE), p.snapshot) === who && low(x.contract) === REGISTRY));
        away += moved.length;
        given += got.length;
    });
    assert.ok(away > 20 && given > 20);
});

test("what cannot be asked is refused", async () => {
    const power = `${url}/v1/accounts/${people[0]}/voting-power`, [p] = proposals;
    for (const [query, param] of [[`proposal=${p.id}&at=5`, "proposal"], [`proposal=${p.id}&policy=stake`, "policy"], [`proposal=${p.id}&space=x`, "space"],
        ["policy=none", "policy"], ["policy=held%2Bheld", "policy"], ["policy=registry", "policy"]])
        assert.equal((await get(`${power}?${query}`, 400)).param, param, query);
    assert.equal((await get(`${power}?proposal=0x${"12".repeat(32)}`, 404)).code, "not-found");
    const nobody = await get(`${url}/v1/delegates/0x${"77".repeat(20)}`);
    assert.deepEqual([nobody.units, nobody.delegators, nobody.power, nobody.votes, nobody.onchain.participation], ["0", 0, "0", [], null]);
});
