// tests/scenarios/offchain_reads.mjs - off-chain governance as it is read: beside on-chain proposals, at every moment, with every size of the log.
//
// The chain is made up and the log's rows are written without the door, so that every second and power is known.
import assert from "node:assert/strict";
import { chmodSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { write_archive } from "./lib/archive.mjs";
import { random } from "./lib/chain.mjs";
import { Log } from "./lib/governance_rows.mjs";
import { Contract } from "./lib/openapi.mjs";
import { Cluster } from "./lib/pg.mjs";
import { root, run, serve } from "./lib/program.mjs";

const require = createRequire(join(root, "tests/package.json"));
const { AbiCoder, getAddress, id: keccak } = require("ethers");
const { StandardMerkleTree } = require("@openzeppelin/merkle-tree");
const SEED = Number(process.env.SEED ?? 3), rng = random(SEED);
const HEAD = 900, FINALIZED = 890, STEP = 12, SPACE = "council.eth", OTHER = "other.eth", QUORUM = 1000n;
const DAY = 86400, BASE = Math.floor(Date.now() / 1000) - 2 * DAY; // of block 0: the service's clock is long after the head
const at = (number) => BASE + STEP * number;
const address = (n) => getAddress(`0x${n.toString(16).padStart(2, "0").repeat(20)}`);
const [G, A, B, C, D] = [0x86, 0xa1, 0xb1, 0xc1, 0xd1].map(address);
const coder = AbiCoder.defaultAbiCoder(), pad = (a) => `0x${a.slice(2).toLowerCase().padStart(64, "0")}`;
const folder = mkdtempSync(join(tmpdir(), "altledger-offchain-"));
chmodSync(folder, 0o755);
const log = new Log(), onchain = [], offchain = [];
let cluster, database, program, contract, parameters;

const get = (path, status) => contract.get(path, status);
const pages = (path, limit) => contract.pages(path, limit);
const sql = (text) => cluster.sql(database, text);
const iso = (seconds) => new Date(seconds * 1000).toISOString().replace(".000", "");
const basis = (number) => `0x${sql(`SELECT encode(api_v1.basis_of(${number}), 'hex')`)}`;

/* ---- the chain ---- */

function proposed(number, index, proposer) {
    const values = [BigInt(1000 * number + index), proposer, [G], [0n], [""], ["0x"], BigInt(number + 1), BigInt(number + 6), `# On chain ${number}.${index}`];
    return { address: G, topics: [keccak("ProposalCreated(uint256,address,address[],uint256[],string[],bytes[],uint256,uint256,string)")],
        data: coder.encode(["uint256", "address", "address[]", "uint256[]", "string[]", "bytes[]", "uint256", "uint256", "string"], values) };
}
function voted(number, voter) {
    return { address: G, topics: [keccak("VoteCast(address,uint256,uint8,uint256,string)"), pad(voter)],
        data: coder.encode(["uint256", "uint8", "uint256", "string"], [BigInt(number), 1, 5n, "on chain"]) };
}

function chain() {
    const logs = new Map(), quantity = (n) => `0x${n.toString(16)}`, blocks = [];
    for (const [number, count] of [[10, 1], [20, 2], [40, 1], [41, 1], [70, 1]]) {
        logs.set(number, Array.from({ length: count }, (_, i) => proposed(number, i, i ? B : A)));
        for (let i = 0; i < count; i++) onchain.push({ source: "onchain", time: at(number), place: number * 2 ** 32 + i, title: `On chain ${number}.${i}` });
    }
    logs.set(43, [voted(40000, A), voted(41000, A)]);
    for (let n = 0, parent = `0x${"00".repeat(32)}`; n <= HEAD; n++) {
        const hash = keccak(`block ${n}`);
        blocks.push({ number: quantity(n), hash, parentHash: parent, timestamp: quantity(at(n)), logsBloom: `0x${"00".repeat(256)}`,
            logs: (logs.get(n) ?? []).map((l, i) => ({ ...l, blockNumber: quantity(n), blockHash: hash, logIndex: quantity(i), transactionIndex: "0x0",
                transactionHash: keccak(`transaction ${n}`), removed: false })) });
        parent = hash;
    }
    return blocks;
}

before(async () => {
    console.log(`SEED=${SEED}`);
    const network = join(folder, "network.json"), archive = write_archive(join(folder, "chain.ndjson"), chain());
    writeFileSync(network, JSON.stringify({ name: "offchain", chain_id: 31337, start_block: 0, contracts: [{ kind: "governor", name: "governor", address: G, from_block: 0 }] }));
    cluster = await new Cluster().start();
    database = cluster.create();
    await run(["migrate", "--database", cluster.conninfo(database)]);
    await run(["mirror", "--once", "--network", network, "--source", archive, "--database", cluster.conninfo(database)]);
    sql(`UPDATE mirror.cursor SET finalized_number = ${FINALIZED}, safe_number = ${FINALIZED}, state_version = state_version + 1`);
    let url;
    const shut = join(folder, "shut"); // no place for keys: a service without them appends nothing to the log
    writeFileSync(shut, "");
    ({ program, url } = await serve("serve", "--database", cluster.conninfo(database), "--data", shut));
    contract = await Contract.of(url);
    parameters = log.space(SPACE, { quorum: String(QUORUM) }, at(1));
    sql(log.commit(at(1)));
});
after(async () => {
    await program?.kill("SIGTERM").ends();
    await cluster?.stop();
    cluster?.remove();
    rmSync(folder, { recursive: true, force: true });
});

/** A proposal in a transaction of its own. */
function propose(received, given = {}) {
    const p = log.proposal({ space: SPACE, parameters, author: A, received, starts: received + 60, ends: received + 3600, snapshot: 30, title: `Off chain ${log.size}`, ...given });
    sql(log.commit(received));
    if (!given.id) offchain.push({ source: "offchain", time: received, place: p.position, ...p });
    return p;
}

/** Ballots [voter, choice, power] at one time, counted as whoever calls says. */
function vote(p, stamp, ballots, tally) {
    const by = p.basis ?? basis(p.snapshot);
    const taken = ballots.map(([voter, choice, power, given = {}]) => {
        if (power !== undefined) log.power(p, voter, power, { basis: by });
        return log.ballot(p, voter, choice, { stamp, received: stamp, ...given });
    });
    if (tally) log.tally(p, { basis: by, received: stamp, ...tally });
    sql(log.commit(stamp));
    return taken;
}

/* ---- tests ---- */

test("both sources are one list, ordered by time, in pages that stay as they were", async () => {
    for (const number of [5, 10, 15, 20, 20.5, 39, 40, 40, 41, 69, 71, 99]) propose(Math.floor(at(number)), { author: number % 2 ? B : A });
    const all = [...onchain, ...offchain].sort((a, b) => a.time - b.time || (a.source > b.source ? -1 : a.source < b.source ? 1 : 0) || a.place - b.place);
    const titles = all.map((p) => p.title), size = log.size;
    for (const limit of [1, 2, 3, 7, 100]) {
        assert.deepEqual((await pages("/v1/proposals", limit)).map((p) => p.title), titles, `${limit} at a time`);
        assert.deepEqual((await pages("/v1/proposals?order=desc", limit)).map((p) => p.title), titles.toReversed(), `${limit} at a time, backwards`);
    }
    for (const number of [0, 9, 10, 20, 21, 40, 41, 70, 99, 100])
        for (const order of ["asc", "desc"]) {
            const there = all.filter((p) => p.time <= at(number)).map((p) => p.title);
            assert.deepEqual((await pages(`/v1/proposals?at=${number}&order=${order}`, 2)).map((p) => p.title), order === "asc" ? there : there.toReversed(), `at ${number}`);
        }
    const first = await get("/v1/proposals?limit=5&order=desc");
    assert.equal(first.log_size, size);
    const late = propose(at(110));
    const second = await get(`/v1/proposals?limit=5&order=desc&after=${first.next_cursor}`);
    assert.equal(second.log_size, size, "a page speaks of the log that its list began with");
    assert.deepEqual([...first.data, ...second.data].map((p) => p.title), titles.toReversed().slice(0, 10));
    assert.equal((await get("/v1/proposals?limit=1&order=desc")).data[0].id, late.id);
    const of = async (filter) => (await pages(`/v1/proposals?${filter}`, 4)).map((p) => p.title);
    titles.push(late.title), all.push(offchain.at(-1));
    assert.deepEqual(await of("source=onchain"), onchain.map((p) => p.title));
    assert.deepEqual(await of("source=offchain"), offchain.map((p) => p.title));
    assert.deepEqual(await of(`space=${SPACE}`), offchain.map((p) => p.title));
    assert.deepEqual(await of(`space=${OTHER}`), []);
    assert.deepEqual(await of(`governor=${G}`), onchain.map((p) => p.title));
    assert.deepEqual(await of(`governor=${G}&space=${SPACE}`), []);
    const by = (await pages(`/v1/proposals?proposer=${B}`, 3)).map((p) => p.proposer);
    assert.ok(by.length === 1 + offchain.filter((p) => p.author === B).length && by.every((a) => a === B));
});

test("an off-chain proposal is what was signed, and what holds of it", async () => {
    const p = propose(at(150), { title: "# Sp\u202eend", body: "all of it\n<script>", discussion: "https://x.example", labels: ["money"], plugins: "{\"a\":1}", app: "snapshot", policy: 3 });
    const { as_of, actions, ...one } = await get(`/v1/proposals/${p.id}`);
    assert.ok(as_of.block_number === HEAD && actions.length === 0);
    assert.deepEqual({ ...one, title: "" }, {
        id: p.id, source: "offchain", governor: null, proposal_id: null, proposer: A, title: "", description: "all of it\n<script>", state: "defeated", snapshot: 30,
        deadline: at(150) + 3600, eta: 0, eta_time: null, votes: { against: "0", for: "0", abstain: "0" }, quorum: "1000", quorum_reached: false, vote_succeeded: false,
        ballots: 0, uncounted_ballots: 0, clock: null, snapshot_block: 30, token: null, timelock: null, undetermined: null, block_number: null, block_time: null,
        log_index: null, tx_hash: null, created: iso(at(150)), space: SPACE, type: "basic", choices: ["For", "Against", "Abstain"], scores: ["0", "0", "0"],
        scores_total: "0", voters: 0, discussion: "https://x.example", labels: ["money"], plugins: "{\"a\":1}", app: "snapshot", version: 1,
        starts: iso(at(150) + 60), ends: iso(at(150) + 3600), closes: iso(at(150) + 3900), snapshot_block_hash: keccak("block 30"), snapshot_finality: "finalized",
        provisional: false, policy: one.policy, outcome: { quorum_reached: false, tie: false, winner: null, succeeded: false }, final: true, recounting: false,
        canceled_by: null, rules: 1, parameters, position: p.position, log_size: log.size });
    assert.match(one.policy, /^[a-z_]+(\+[a-z_]+)*$/);
    assert.ok(!one.title.includes("\u202e"));
    await get(`/v1/proposals/${p.id}?at=149`, 404);
    await get(`/v1/proposals/0x${"5a".repeat(32)}`, 404);
});

test("the state changes with the second", async () => {
    const p = propose(at(250), { starts: at(260), ends: at(270), tolerance: 24 });
    const state = async (number, of = p) => (await get(`/v1/proposals/${of.id}?at=${number}`)).state;
    assert.deepEqual(await Promise.all([250, 259, 260, 270, 271].map((n) => state(n))), ["pending", "pending", "active", "active", "defeated"]);
    const final = await Promise.all([270, 272, 273].map(async (n) => (await get(`/v1/proposals/${p.id}?at=${n}`)).final));
    assert.deepEqual(final, [false, false, true], "final only after ballots are no longer taken");
    const gone = propose(at(250), { starts: at(260), ends: at(270) });
    const done = propose(at(250), { starts: at(260), ends: at(270), snapshot: FINALIZED + 1 });
    log.cancel(gone, B, at(265));
    sql(log.commit(at(265)));
    assert.deepEqual(await Promise.all([264, 265, HEAD].map((n) => state(n, gone))), ["active", "canceled", "canceled"]);
    const one = await get(`/v1/proposals/${gone.id}`);
    assert.deepEqual([one.state, one.canceled_by, one.final], ["canceled", B, true]);
    assert.deepEqual((({ state: s, final: f }) => [s, f])(await get(`/v1/proposals/${done.id}`)), ["defeated", false], "not final before its snapshot block is");
    for (const status of ["pending", "active", "canceled", "defeated", "succeeded"])
        for (const where of ["", "&at=260", "&at=270", "&at=271"]) {
            const every = await pages(`/v1/proposals?${where.slice(1)}`, 100);
            const want = every.filter((x) => x.state === status).map((x) => x.id);
            assert.deepEqual((await pages(`/v1/proposals?status=${status}${where}`, 2)).map((x) => x.id), want, status + where);
        }
});

test("ballots stay, and say which of them counts", async () => {
    const p = propose(at(350), { starts: at(351), ends: at(370), snapshot: 30 });
    const [first] = vote(p, at(352), [[A, 1, 700, { reason: "=cmd()", app: "x" }]], { ballots: 1, voters: 1, power: 700, scores: ["700", "0", "0"] });
    const [other] = vote(p, at(353), [[B, 2, 500]], { ballots: 2, voters: 2, power: 1200, scores: ["700", "500", "0"] });
    const [changed] = vote(p, at(354), [[A, 3]], { ballots: 3, voters: 2, power: 1200, scores: ["0", "500", "700"] });
    const [stale] = vote(p, at(355), [[A, 1, undefined, { stamp: at(353) }]], { ballots: 4, voters: 2, power: 1200, scores: ["0", "500", "700"] });
    const list = await pages(`/v1/proposals/${p.id}/votes`, 1), seen = (b) => [b.position, b.voter, b.choice, b.power, b.counts, b.previous, b.superseded_by];
    assert.deepEqual(list.map(seen), [[first.position, A, 1, "700", false, null, changed.position], [other.position, B, 2, "500", true, null, null],
        [changed.position, A, 3, "700", true, first.position, null], [stale.position, A, 1, "700", false, changed.position, changed.position]]);
    assert.deepEqual([list[0].id, list[0].reason, list[0].app, list[0].timestamp, list[3].received, list[0].receipt_url],
        [first.digest, "=cmd()", "x", iso(at(352)), iso(at(355)), `/v1/receipts/${first.digest}`]);
    const positions = async (query) => (await pages(`/v1/proposals/${p.id}/votes?${query}`, 2)).map((b) => b.position);
    assert.deepEqual(await positions("order=desc"), [stale, changed, other, first].map((b) => b.position));
    assert.deepEqual(await positions("counting=true"), [other.position, changed.position]);
    assert.deepEqual(await positions("counting=false"), [first.position, stale.position]);
    assert.deepEqual(await positions(`voter=${A}&order=desc`), [stale, changed, first].map((b) => b.position));
    assert.deepEqual(await positions(`voter=${C}`), []);
    assert.deepEqual((await pages(`/v1/proposals/${p.id}/votes?at=353&counting=true`, 5)).map((b) => [b.voter, b.choice]), [[A, 1], [B, 2]], "as it was then");
    const csv = await (await fetch(`${contract.url}/v1/proposals/${p.id}/votes.csv`)).text(), [head, row] = csv.split("\r\n");
    assert.ok(head.split(",").includes("superseded_by") && row.includes("'=cmd()") && csv.split("\r\n").length === 6);
    const tags = await Promise.all([0, 1].map(async () => (await fetch(`${contract.url}/v1/proposals/${p.id}/votes.csv`)).headers.get("etag")));
    assert.notEqual(tags[0], tags[1], "the log may grow without a block");

    const tally = await get(`/v1/proposals/${p.id}/tally`);
    assert.deepEqual(tally.scores, [["For", "0"], ["Against", "500"], ["Abstain", "700"]].map(([label, score], i) => ({ choice: i + 1, label, score })));
    assert.deepEqual([tally.against, tally.for, tally.abstain, tally.power, tally.voters, tally.ballots, tally.counted, tally.log_size, tally.state],
        ["500", "0", "700", "1200", 2, 4, log.size, log.size, "defeated"]);
    assert.deepEqual(tally.outcome, { quorum_reached: true, tie: false, winner: 2, succeeded: false });
    const steps = await pages(`/v1/proposals/${p.id}/tally/history`, 1);
    assert.deepEqual(steps.map((s) => [s.counted_at, s.ballots, s.power, s.scores]), [[iso(at(352)), 1, "700", ["700", "0", "0"]], [iso(at(353)), 2, "1200", ["700", "500", "0"]],
        [iso(at(354)), 3, "1200", ["0", "500", "700"]], [iso(at(355)), 4, "1200", ["0", "500", "700"]]]);
    assert.deepEqual((await pages(`/v1/proposals/${p.id}/tally/history?order=desc&at=354`, 2)).map((s) => s.ballots), [3, 2, 1]);
    assert.deepEqual((await get(`/v1/proposals/${p.id}/tally?at=353`)).outcome, { quorum_reached: true, tie: false, winner: 1, succeeded: true });
    const quorum = await get(`/v1/proposals/${p.id}/quorum?at=352`);
    assert.deepEqual([quorum.quorum, quorum.quorum_reached, quorum.power, quorum.rule, quorum.space, quorum.parameters, quorum.effective],
        ["1000", false, "700", "all", SPACE, parameters, iso(at(1))]);
    assert.equal((await get(`/v1/proposals/${p.id}/quorum`)).quorum_reached, true);

    const own = await pages(`/v1/accounts/${A}/ballots`, 1);
    assert.deepEqual(own.map((b) => b.source), ["onchain", "onchain", "offchain", "offchain", "offchain"]);
    assert.deepEqual(own.slice(2).map((b) => [b.proposal, b.space, b.position]), [first, changed, stale].map((b) => [p.id, SPACE, b.position]));
    assert.deepEqual((await pages(`/v1/accounts/${A}/ballots?order=desc`, 2)).map((b) => b.id ?? b.tx_hash), own.map((b) => b.id ?? b.tx_hash).toReversed());
});

test("a tally by another power than the books' is not shown", async () => {
    const p = propose(at(450), { starts: at(451), ends: at(470), type: 1, choices: ["x", "y"], basis: keccak("gone"), snapshot: 31 });
    vote(p, at(452), [[A, 1, 700]], { ballots: 1, voters: 1, power: 700, scores: ["700", "0"] });
    const one = await get(`/v1/proposals/${p.id}`);
    assert.deepEqual([one.state, one.undetermined, one.recounting, one.scores, one.scores_total, one.outcome, one.final, one.votes, one.ballots],
        [null, "recounting", true, null, null, null, false, null, null]);
    assert.deepEqual((await pages(`/v1/proposals/${p.id}/votes`, 5)).map((b) => [b.power, b.counts]), [[null, true]]);
    assert.equal((await get(`/v1/proposals/${p.id}/tally`)).counted, null);
    await get(`/v1/proposals/${p.id}/census/root`, 503);
    const here = basis(31);
    log.power(p, A, 1700, { basis: here });
    log.tally(p, { basis: here, ballots: 1, voters: 1, power: 1700, scores: ["1700", "0"], received: at(460) });
    sql(log.commit(at(460)));
    const again = await get(`/v1/proposals/${p.id}`);
    assert.deepEqual([again.state, again.scores, again.outcome.winner, again.recounting, again.final], ["succeeded", ["1700", "0"], 1, false, true]);
    const then = await get(`/v1/proposals/${p.id}/tally?at=455`);
    assert.deepEqual([then.scores.map((x) => x.score), then.recounting, then.counted], [["1700", "0"], false, then.log_size], "counted later, of the same ballots");
    vote(p, at(461), [[B, 2]]);
    const behind = await get(`/v1/proposals/${p.id}/tally`);
    assert.deepEqual([behind.recounting, behind.scores[0].score, behind.final, behind.counted < behind.log_size], [true, "1700", false, true]);
});

test("outcomes are those of the scores", async () => {
    const cases = Array.from({ length: 300 }, () => {
        const scores = Array.from({ length: 2 + rng.next(4) }, () => rng.next(4)), power = scores.reduce((a, b) => a + b, 0);
        return { scores, power, quorum: rng.next(8), type: rng.next(2) };
    });
    const outcomes = cluster.rows(database, cases.map(({ scores, power, quorum, type }, i) =>
        `SELECT ${i} AS i, o.* FROM api_v1.offchain_outcome(${type}::smallint, '${JSON.stringify(scores.map(String))}', ${power}, ${quorum}) o`).join(" UNION ALL "));
    for (const { i, ...outcome } of outcomes) {
        const { scores: all, power, quorum, type } = cases[i], scores = type === 0 ? all.slice(0, 2) : all, most = Math.max(...scores);
        const best = scores.flatMap((s, k) => (s === most && most > 0 ? [k + 1] : [])), won = type === 0 ? scores[0] > scores[1] : best.length === 1;
        assert.deepEqual(outcome, { quorum_reached: power >= quorum, vote_succeeded: won, tie: best.length > 1, winner: best.length === 1 ? best[0] : null,
            succeeded: won && power >= quorum }, `${type} ${scores} of ${quorum}`);
    }
    assert.equal(outcomes.length, cases.length);
});

test("versions stay", async () => {
    const p = propose(at(650), { starts: at(660), ends: at(670) });
    propose(at(652), { ...p, version: 2, received: at(652), title: "Anew", choices: ["Yes", "No"] });
    propose(at(654), { ...p, version: 3, received: at(654), title: "Anew", choices: ["Yes", "No"], body: "Else" });
    const versions = await pages(`/v1/proposals/${p.id}/versions`, 1);
    assert.deepEqual(versions.map((v) => [v.version, v.changed, v.choices.length]), [[1, [], 3], [2, ["title", "choices"], 2], [3, ["description"], 2]]);
    assert.deepEqual((await pages(`/v1/proposals/${p.id}/versions?order=desc&at=653`, 1)).map((v) => v.version), [2, 1]);
    const one = await get(`/v1/proposals/${p.id}`), before_ = await get(`/v1/proposals/${p.id}?at=651`);
    assert.deepEqual([one.version, one.title, one.scores, one.created, before_.version, before_.scores.length], [3, "Anew", ["0", "0"], iso(at(650)), 1, 3]);
});

test("the census is OpenZeppelin's tree over all who voted", async () => {
    const p = propose(at(750), { starts: at(751), ends: at(770) });
    assert.equal((await get(`/v1/proposals/${p.id}/census/root`)).root, null);
    const people = Array.from({ length: 37 }, (_, i) => address(i + 1)), power = people.map((_, i) => BigInt(i + 1) ** 9n);
    const total = power.reduce((a, b) => a + b), tally = { ballots: 38, voters: 37, power: total, scores: [String(total), "0", "0"] };
    vote(p, at(752), [...people.map((voter, i) => [voter, 1, power[i]]), [people[5], 2, undefined, { stamp: at(751) }]], tally);
    const tree = StandardMerkleTree.of(people.map((voter, i) => [voter, power[i]]), ["address", "uint256"]);
    const { root: top, voters, power: sum, log_size } = await get(`/v1/proposals/${p.id}/census/root`);
    assert.deepEqual([top, voters, sum, log_size], [tree.root, 37, String(total), log.size]);
    for (const [i, voter] of people.entries()) {
        const { leaf, proof, units } = await get(`/v1/proposals/${p.id}/census/${voter}`);
        assert.deepEqual([proof, units], [tree.getProof(i), String(power[i])]);
        assert.equal(leaf, tree.leafHash([voter, power[i]]));
        assert.ok(StandardMerkleTree.verify(top, ["address", "uint256"], [voter, units], proof));
    }
    await get(`/v1/proposals/${p.id}/census/${D}`, 404);
    const page = await get(`/v1/proposals/${p.id}/census?limit=2`);
    assert.deepEqual([page.voters, page.power, page.log_size, page.recounting], [37, String(total), log.size, false]);
    const sorted = people.map((voter, i) => ({ address: voter, power: String(power[i]), share: String((power[i] * 10n ** 18n) / total) }))
        .sort((a, b) => (a.address.toLowerCase() < b.address.toLowerCase() ? -1 : 1));
    assert.deepEqual(await pages(`/v1/proposals/${p.id}/census`, 5), sorted);
    assert.deepEqual(await pages(`/v1/proposals/${p.id}/census?order=desc`, 8), sorted.toReversed());
    const { data: [chained] } = await get("/v1/proposals?source=onchain&limit=1");
    await get(`/v1/proposals/${chained.id}/census`, 404);
});

test("what a tally costs does not hang on how many ballots there are", async () => {
    const small = propose(at(850), { starts: at(851), ends: at(870) }), large = propose(at(850), { starts: at(851), ends: at(870) });
    const many = (p, n) => vote(p, at(852), Array.from({ length: n }, (_, i) => [getAddress(`0x${(i + 1).toString(16).padStart(40, "0")}`), 1, 10]),
        { ballots: n, voters: n, power: 10 * n, scores: [String(10 * n), "0", "0"] });
    many(small, 10), many(large, 5000);
    sql("VACUUM ANALYZE");
    const buffers = (p, what) => {
        const [{ Plan: plan }] = JSON.parse(sql(`SET plan_cache_mode = force_generic_plan; SELECT 1 FROM ${what(p)} LIMIT 1; EXPLAIN (ANALYZE, BUFFERS, FORMAT JSON) SELECT * FROM ${what(p)}`).replace(/^1\n/, ""));
        return plan["Shared Hit Blocks"] + plan["Shared Read Blocks"];
    };
    const whole = (p) => `api_v1.offchain_at('\\x${p.id.slice(2)}', ${log.size}, now())`;
    const [few, lots] = [buffers(small, whole), buffers(large, whole)];
    assert.ok(lots <= few + 8, `${few} blocks of 10 ballots, ${lots} of 5,000`);
    const page = await get(`/v1/proposals/${large.id}/votes?limit=3&order=desc`);
    assert.ok(page.data.length === 3 && page.has_more);
    assert.equal((await pages(`/v1/proposals/${large.id}/votes?voter=${page.data[1].voter}`, 5)).length, 1);
    assert.equal((await get(`/v1/proposals/${large.id}/census/root`)).voters, 5000);
    console.log(`a tally reads ${few} blocks of 10 ballots, ${lots} of 5,000`);
});

test("at=latest means now, not the time of the head", async () => {
    const now = Math.floor(Date.now() / 1000), live = propose(now, { starts: now - 5, ends: now + DAY, snapshot: FINALIZED + 3 });
    const { state: alive, provisional, snapshot_finality, final: over } = await get(`/v1/proposals/${live.id}`);
    assert.deepEqual([alive, provisional, snapshot_finality, over], ["active", true, "latest", false]);
    assert.ok((await get(`/v1/proposals/${live.id}`)).log_size === log.size);
    await get(`/v1/proposals/${live.id}?at=${HEAD}`, 404);
});

test("every resource of a proposal was held to OpenAPI", () => {
    const ours = Object.keys(contract.document.paths).filter((path) => /^\/v1\/proposals(\/\{id\}(\/(versions|votes|tally|tally\/history|quorum|census|census\/.*))?)?$/.test(path));
    assert.ok(ours.length === 10 && ours.every((path) => contract.held.has(path)), ours.filter((path) => !contract.held.has(path)).join());
});
