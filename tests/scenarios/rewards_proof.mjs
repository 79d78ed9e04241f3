// tests/scenarios/rewards_proof.mjs - proofs of booked distributions over HTTP and by command: whose, as of when, by which root on L1; and what is refused.
import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { decodeFunctionData } from "viem";
import { chain, claimers, COLLECTOR, COORDINATOR, DAY, days, distributions, earned, put, roots } from "./lib/earnings.mjs";
import { built } from "./lib/economy.mjs";
import { Contract } from "./lib/openapi.mjs";
import { Cluster } from "./lib/pg.mjs";
import { run, serve } from "./lib/program.mjs";
import { hex, treeOf } from "./lib/reward_tree.mjs";

/* Days 20000 and 20001 .. 20002 (no block lies between) are closed at blocks 103 and 203; day 20003 ended with block 298, is not closed at 300. */
const D = 20000, HEAD = 300, EARNERS = 90, NOBODY = "0x" + "44".repeat(20), OTHER = "0x" + "77".repeat(32), ZERO = "0x" + "00".repeat(20);
const TOKENS = ["0x" + "a1".repeat(20), "0x" + "b2".repeat(20)];
const name = (day) => new Date(day * DAY * 1000).toISOString().slice(0, 10);
const id = (day, distributor = COORDINATOR) => `${distributor}-${name(day)}`;
const address = (i) => "0x" + hex((i * 2654435761) % 2 ** 32, 8) + hex(i, 32);

/** Earner i has the first token, every third the second too; every fourth has earned nothing before the second closing. */
const accounts = Array.from({ length: EARNERS }, (_, i) => i).flatMap((i) => (i % 3 ? TOKENS.slice(0, 1) : TOKENS).map((token, k) => ({
    earner: address(i), token, balances: [...(i % 4 ? [[103, String(1000 + i + k)]] : []), [203, String(5000n + 7n ** BigInt(i + 1))]],
})));
const leavesAt = (block) => accounts.flatMap(({ earner, token, balances }) => {
    const last = balances.filter(([b]) => b <= block).at(-1);
    return last ? [{ earner, token, cumulative: last[1] }] : [];
});
const tree = { first: treeOf(leavesAt(103), 0), second: treeOf(leavesAt(203), 4) };
const fees = treeOf([{ earner: address(1), token: TOKENS[0], cumulative: "5" }], null);
let cluster, database, url, program, abi, contract;

before(async () => {
    cluster = await new Cluster().start();
    abi = built().RewardsVerifier.abi;
    database = await chain(cluster, { first: 1, head: HEAD, time: (n) => `${D * DAY} + (${n} - 1) * ${DAY / 100}` });
    put(cluster, database,
        days([{ day: D, next: D + 1, last: 100 }, { day: D + 1, next: D + 3, last: 200 }, { day: D + 3, next: D + 4, last: 298 }]),
        earned(accounts),
        earned([{ earner: address(1), token: TOKENS[0], distributor: COLLECTOR, balances: [[203, "5"]] }], 1000),
        distributions([
            { day: D, block: 103, snapshot: 100, root: tree.first.root, earners: tree.first.claims.size },
            { day: D + 1, block: 203, snapshot: 200, root: tree.second.root, earners: tree.second.claims.size },
            { day: D + 1, block: 203, snapshot: 200, root: fees.root, earners: 1, distributor: COLLECTOR },
        ]),
        roots([
            { index: 0, block: 110, root: tree.first.root, day: D, activated: 1728000000 },
            { index: 1, block: 210, root: OTHER, day: D + 1, activated: 1728000001 },
            { index: 2, block: 220, root: tree.second.root, day: D + 2, activated: 1728000002, disabled: 230 },
            { index: 3, block: 240, root: tree.second.root, day: D + 1, activated: 1728000003 },
            { index: 4, block: 250, root: tree.second.root, day: D + 2, activated: 1728000004 },
            { index: 5, block: 255, root: OTHER, day: D + 3, activated: 1728000005 },
        ]),
        claimers([{ earner: address(3), block: 120, claimer: NOBODY }, { earner: address(3), block: 260, claimer: ZERO }]));
    ({ url, program } = await serve("serve", "--database", cluster.conninfo(database)));
    contract = await Contract.of(url);
});
after(async () => {
    program?.kill("SIGTERM");
    await program?.ended;
    await cluster?.stop();
    cluster?.remove();
});

const lower = (value) => JSON.parse(JSON.stringify(value).replaceAll(/0x[0-9a-fA-F]+/g, (text) => text.toLowerCase()));
const proof = (query, status = 200) => contract.get(`/v1/rewards/proof?${new URLSearchParams(query)}`, status).then(lower);
const metric = async (key) => Number((await (await fetch(`${url}/metrics`)).text()).match(new RegExp(`^altledger_${key} (\\d+)`, "m"))[1]);

test("every earner's claim is that of an independent tree; calldata says the same", async () => {
    for (const [earner, claim] of tree.second.claims) {
        const got = await proof({ earner, recipient: NOBODY });
        assert.equal(got.distribution, id(D + 1));
        assert.equal(got.root, tree.second.root);
        assert.deepEqual(got.l1, { root_index: 4, activated_at: new Date(1728000004000).toISOString().replace(".000", ""), comparison: "equal", why_no_calldata: null });
        assert.deepEqual(got.claim, claim);
        const { functionName, args } = decodeFunctionData({ abi, data: got.calldata });
        const numbers = (key, v) => (typeof v === "bigint" ? String(v) : v);
        assert.deepEqual([functionName, lower(JSON.parse(JSON.stringify(args, numbers)))], ["processClaim", [claim, NOBODY]]);
    }
    assert.equal(await metric("reward_trees_built_total"), 1);
});

test("of one token, and of an earlier distribution", async () => {
    const earner = address(3), one = await proof({ earner, token: TOKENS[1] });
    const all = tree.second.claims.get(earner);
    assert.deepEqual(one.claim, { ...all, tokenIndices: [1], tokenTreeProofs: [all.tokenTreeProofs[1]], tokenLeaves: [all.tokenLeaves[1]] });
    for (const distribution of [id(D), name(D)]) {
        const old = await proof({ earner, distribution });
        assert.deepEqual([old.distribution, old.root, old.l1.root_index], [id(D), tree.first.root, 0]);
        assert.deepEqual(old.claim, tree.first.claims.get(earner));
    }
    for (const [day, found] of [[D + 1, D + 1], [D + 2, D + 1]])
        assert.equal((await proof({ earner, distribution: name(day) })).distribution, id(found));
});

test("as of a block: the distribution and the roots that there were", async () => {
    const earner = address(3);
    const said = async (at) => {
        const { distribution, l1, calldata, claim } = await proof({ earner, at });
        assert.equal(claim.rootIndex, l1.root_index);
        assert.equal(calldata === null, l1.root_index === null);
        assert.equal(l1.why_no_calldata === null, l1.root_index !== null);
        return [distribution, l1.comparison, l1.root_index];
    };
    assert.deepEqual(await said(103), [id(D), "unknown", null]);
    assert.deepEqual(await said(110), [id(D), "equal", 0]);
    assert.deepEqual(await said(202), [id(D), "equal", 0]);
    assert.deepEqual(await said(203), [id(D + 1), "unknown", null]);
    assert.deepEqual(await said(210), [id(D + 1), "different", null]);
    assert.deepEqual(await said(220), [id(D + 1), "equal", 2]);
    assert.deepEqual(await said(230), [id(D + 1), "equal", null]); // but disabled
    assert.deepEqual(await said(240), [id(D + 1), "equal", 3]);
    assert.deepEqual(await said(300), [id(D + 1), "equal", 4]);
});

test("whose contract is to be called, and by whom", async () => {
    const said = (query) => proof(query).then(({ distributor, claimer }) => [distributor, claimer]);
    assert.deepEqual(await said({ earner: address(1) }), [COORDINATOR, address(1)]);
    assert.deepEqual(await said({ earner: address(3), at: 119 }), [COORDINATOR, address(3)]);
    assert.deepEqual(await said({ earner: address(3), at: 259 }), [COORDINATOR, NOBODY]);
    assert.deepEqual(await said({ earner: address(3), at: HEAD }), [COORDINATOR, address(3)]); // it has taken it back
    assert.deepEqual(await said({ earner: address(1), distribution: id(D + 1, COLLECTOR) }), [COLLECTOR, null]);
});

test("a distribution's root beside those on L1", async () => {
    const at = (block) => contract.get(`/v1/rewards/distributions/${id(D + 1)}/root?at=${block}`);
    const brief = ({ id: of, root, earners, l1 }) => [of, root, earners, l1.map((r) => [r.root_index, r.disabled, r.comparison])];
    const same = [id(D + 1), tree.second.root, tree.second.claims.size];
    assert.deepEqual(brief(await at(209)), [...same, []]);
    assert.deepEqual(brief(await at(229)), [...same, [[2, false, "equal"], [1, false, "different"]]]);
    assert.deepEqual(brief(await at(300)), [...same, [[4, false, "equal"], [3, false, "equal"], [2, true, "equal"], [1, false, "different"]]]);
    const first = await contract.get(`/v1/rewards/distributions/${name(D)}/root`);
    assert.deepEqual(brief(first), [id(D), tree.first.root, tree.first.claims.size, [[0, false, "equal"]]]);
    const paid = await contract.get(`/v1/rewards/distributions/${id(D + 1, COLLECTOR)}/root`);
    assert.deepEqual(brief(paid), [id(D + 1, COLLECTOR), fees.root, 1, []]);
});

test("of a fee collector there is no root on L1", async () => {
    const got = await proof({ earner: address(1), distribution: id(D + 2, COLLECTOR) });
    assert.deepEqual(got.claim, fees.claims.get(address(1)));
    assert.deepEqual([got.l1.comparison, got.l1.root_index, got.calldata], ["unknown", null, null]);
    assert.match(got.l1.why_no_calldata, /^a fee collector has no roots on L1/);
});

for (const [what, query, status, code, detail] of [
    ["an earner with nothing", { earner: NOBODY }, 404, "not-found", /^earner: has earned nothing by/],
    ["an earner that had nothing yet", { earner: address(4), distribution: name(D) }, 404, "not-found", /^earner: /],
    ["a token of which it has nothing", { earner: address(1), token: TOKENS[1] }, 404, "not-found", /^earner: .* of this token/],
    ["a day that has ended and is not closed", { earner: address(1), distribution: name(D + 3) }, 409, "day-not-closed", /^distribution: 2024-10-07 .*: block 301 will close it$/],
    ["the running day", { earner: address(1), distribution: name(D + 4) }, 409, "day-not-closed", /^distribution: 2024-10-08 .*: it is not over$/],
    ["a day of another century", { earner: address(1), distribution: "2126-01-01" }, 409, "day-not-closed", /^distribution: 2126-01-01 .* not over$/],
    ["a closed day, as of before", { earner: address(1), distribution: name(D), at: 102 }, 409, "day-not-closed", /^distribution: 2024-10-04 .*: block 103 will close it$/],
    ["a day before the history", { earner: address(1), distribution: name(D - 1) }, 404, "not-found", /^distribution: nothing/],
    ["the last one where there is none yet", { earner: address(1), at: 102 }, 404, "not-found", /^distribution: nothing/],
    ["a distributor that is none", { earner: address(1), distribution: id(D, NOBODY) }, 404, "not-found", /^distribution: no such/],
    ["an id that is none", { earner: address(1), distribution: "yesterday" }, 400, "invalid-parameter", /^distribution: /],
    ["an earner that is no address", { earner: "0x12" }, 400, "invalid-parameter", /^earner: /],
    ["no earner", {}, 400, "invalid-parameter", /^earner: /],
])
    test(`refused: ${what}`, async () => {
        const reply = await fetch(`${url}/v1/rewards/proof?${new URLSearchParams(query)}`);
        const problem = await reply.json();
        assert.deepEqual([reply.status, problem.code], [status, code]);
        assert.match(problem.detail, detail);
        assert.equal(Number(reply.headers.get("retry-after") ?? 0) > 0, status === 409);
    });

test("the command says the same", async () => {
    const of = (...args) => run(["rewards", ...args, "--database", cluster.conninfo(database)]).then(({ out }) => lower(JSON.parse(out)));
    assert.deepEqual(await of("root", "--json"), { distribution: id(D + 1), root: tree.second.root, earners: tree.second.claims.size, leaves: leavesAt(203).length });
    assert.equal((await of("root", "--json", "--distribution", name(D))).root, tree.first.root);
    const earner = address(3), { claim, calldata } = await proof({ earner, token: TOKENS[0] });
    assert.deepEqual(await of("proof", "--earner", earner, "--token", TOKENS[0]),
        { distribution: id(D + 1), root: tree.second.root, claim, calldata });
    const refused = (status, ...args) => run(["rewards", ...args, "--database", cluster.conninfo(database)], status).then(({ log }) => log);
    assert.match(await refused(1, "proof", "--earner", NOBODY), /earned nothing/);
    assert.match(await refused(1, "root", "--distribution", name(D + 3)), /not closed/);
    assert.match(await refused(2, "root", "--distribution", "yesterday"), /distribution: /);
    assert.match(await refused(2, "proof", "--distribution", "yesterday"), /distribution: /);
    const paid = ["proof", "--earner", address(1), "--distribution", id(D + 1, COLLECTOR)];
    assert.match((await of(...paid)).why_no_calldata, /^a fee collector has no roots on L1/);
    assert.match(await refused(2, ...paid, "--root-index", "4"), /--root-index: .* fee collector/);
});

test("options that a subcommand does not take are refused by name", async () => {
    for (const [options, sentence] of [
        ["root --day 2024-10-04", "--day goes with compute only, not with root"],
        ["proof --day 2024-10-04", "--day goes with compute only, not with proof"],
        ["root --from 2024-10-04", "--from goes with export only, not with root"],
        ["root --root-index 4", "--root-index goes with proof only, not with root"],
        ["compute --to 2024-10-04", "--to goes with export only, not with compute"],
        ["compute --format csv", "--format goes with export only, not with compute"],
        ["root --cumulative", "--cumulative goes with export only, not with root"],
        ["export --provisional", "--provisional goes with compute only, not with export"],
        [`export --earner ${NOBODY}`, "--earner goes with proof only, not with export"],
        [`compute --earner ${NOBODY}`, "--earner goes with proof only, not with compute"],
        [`export --token ${NOBODY}`, "--token goes with proof only, not with export"],
        [`root --recipient ${NOBODY}`, "--recipient goes with proof only, not with root"],
        ["export --json", "--json goes with compute, root and proof only, not with export"],
        ["export --leaves -", "--leaves goes with root and proof only, not with export"],
        ["root --all", "--all goes with compute only, not with root"],
        [`root --leaves - --distribution ${id(D)}`, "--leaves does not go with --distribution"],
        ["compute --day 2024-10-04 --all", "--day does not go with --all"],
        ["compute --day 2024-10-04 --distribution 2024-10-04", "--day does not go with --distribution"],
        ["compute --distribution 2024-10-04 --all", "--distribution does not go with --all"],
        ["compute --provisional", "--provisional goes with --day or --distribution only"],
    ]) {
        const { log, out } = await run(["rewards", ...options.split(" "), "--database", cluster.conninfo(database)], 2);
        assert.ok(log.startsWith(`altledger: rewards: ${sentence}: see `), log);
        assert.equal(out, "");
    }
});

test("a day without blocks is told of by the day whose snapshot it shares", async () => {
    const compute = (day) => run(["rewards", "compute", "--day", name(day), "--database", cluster.conninfo(database)]);
    const own = await compute(D + 1), shared = await compute(D + 2);
    assert.equal(shared.out, own.out);
    assert.match(shared.log, /2024-10-06 has no block: it shares the snapshot 200 of 2024-10-05/);
    assert.doesNotMatch(own.log, /has no block/);
});

test("books that give another root than was booked: no proof, and nothing is kept", async () => {
    const built = await metric("reward_trees_built_total"), kept = await metric("reward_trees");
    put(cluster, database, `ALTER TABLE ledger.reward_distribution DISABLE TRIGGER ALL; UPDATE ledger.reward_distribution SET root = '\\x${OTHER.slice(2)}' WHERE day = ${D + 1}; UPDATE mirror.cursor SET state_version = state_version + 1;`);
    const earner = address(3);
    assert.equal((await proof({ earner }, 500)).code, "internal");
    assert.match(program.log, /the root of the books is 0x/);
    assert.deepEqual([await metric("reward_trees_built_total"), await metric("reward_trees")], [built, kept]);
    assert.match((await run(["rewards", "root", "--database", cluster.conninfo(database)], 1)).log, /the root of the books is/);
});
