// tests/scenarios/rewards_reads.mjs - lists and objects of rewards: OpenAPI, pages, filters, the past; roots of L1 beside ours; earned, active and claimed.
import assert from "node:assert/strict";
import { chmodSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { random } from "./lib/chain.mjs";
import { each } from "./lib/golden.mjs";
import { Contract } from "./lib/openapi.mjs";
import { Cluster } from "./lib/pg.mjs";
import { serve } from "./lib/program.mjs";
import { coordinator, DAY, day_start, fee_collector, fill, RewardChain, said, STRANGER, treasury, ZERO } from "./lib/reward_chain.mjs";
import { Court } from "./lib/rewards.mjs";

const LISTS = ["rewards/submissions", "rewards/pools", "rewards/shares", "rewards/days", "rewards/splits", "rewards/settings", "rewards/permissions", "rewards/claimers",
    "rewards/registrations", "rewards/roots", "rewards/claims", "rewards/distributions", "payouts"];
const ONE_ORDER = ["rewards/registrations"], OF_STATE = ["rewards/registrations", "rewards/submissions", "rewards/days", "rewards/roots"];
const FILTERS = { "rewards/submissions": ["avs", "distributor", "kind", "token"], "rewards/pools": ["submission", "day", "distributor"],
    "rewards/shares": ["submission", "day", "operator"], "rewards/splits": ["operator", "avs"], "rewards/settings": ["distributor"], "rewards/permissions": ["account"],
    "rewards/claimers": ["earner"], "rewards/registrations": ["avs"], "rewards/roots": ["distributor"], "rewards/claims": ["earner", "token"],
    "rewards/distributions": ["distributor"], payouts: ["earner", "operator", "submission", "token", "role", "kind", "day"] };
const files = mkdtempSync(join(tmpdir(), "altledger-reads-"));
chmodSync(files, 0o755); // PostgreSQL's user must get in
const seconds = (text) => Date.parse(text) / 1000, as_day = (text) => seconds(`${text}T00:00:00Z`) / DAY;
const rows = {};
let cluster, store, program, url, contract, chain, roots, claimed, earner;

const list = (path, limit = 1000) => contract.pages(`/v1/${path}`, limit);
async function start() {
    ({ program, url } = await serve("serve", "--database", store.conninfo));
    contract = await Contract.of(url);
}

/* First what is booked is read; then its roots are submitted on L1, and claims. */
before(async () => {
    cluster = await new Cluster().start();
    const { avs } = new RewardChain(), operator_sets = avs.flatMap((avs) => [0, 1, 2].map((id) => ({ avs, id })));
    const collector = fee_collector({ epoch_days: 2, operators_bips: 7000, treasury_bips: 2000, burn_bips: 1000, treasury, operator_sets });
    chain = fill(new RewardChain({ contracts: [collector] }), random(11), { submissions: 40, fees: 12 }).days(2);
    store = new Court(cluster, files).open(chain.network);
    await store.mirror(chain.archive());
    await start();
    const ours = (await list("rewards/distributions")).filter((d) => d.distributor.toLowerCase() === coordinator), [d1, d2] = ours.slice(-4);
    const paid = (await list("payouts")).filter((p) => p.distributor.toLowerCase() === coordinator && as_day(p.paid_day) <= as_day(d1.day));
    ({ earner, token: claimed } = paid.find((p) => p.role === "operator" && BigInt(p.amount) > 100n));
    const number = chain.quiet(9).head - 8, now = chain.time(number), end = (d) => day_start(as_day(d.day) + 1);
    roots = [[0, d1.root, end(d1), now + 30], [1, `0x${"ab".repeat(32)}`, end(d1), now + 31], [2, d2.root, end(d2), now + 200], [3, d2.root, end(d2), now + 5000],
        [4, d2.root, end(d2) + 1, now + 5001], [5, d2.root, day_start(as_day(d2.day) + 500), now + 5002]];
    for (const [index, root, until, active] of roots) chain.put(number, said(coordinator, "DistributionRootSubmitted", index, root, until, active));
    chain.put(number + 1, said(coordinator, "ClaimerForSet", earner, ZERO, STRANGER), said(coordinator, "ClaimerForSet", STRANGER, ZERO, earner),
        said(coordinator, "RewardsForAllSubmitterSet", earner, false, true), said(coordinator, "OptInForProtocolFeeSet", STRANGER, false, true));
    chain.put(number + 2, said(coordinator, "RewardsClaimed", d1.root, earner, STRANGER, treasury, claimed, 7n), said(coordinator, "ClaimerForSet", STRANGER, earner, ZERO));
    chain.put(number + 6, said(coordinator, "DistributionRootDisabled", 2));
    roots.first = number;
    await program.kill("SIGTERM").ends();
    await store.mirror(chain.archive());
    await start();
    for (const path of LISTS) rows[path] = await list(path);
});
after(async () => {
    await program?.kill("SIGTERM").ends();
    await cluster?.stop();
    cluster?.remove();
    rmSync(files, { recursive: true, force: true });
});

test("lists are the same in pages of any size, backwards, as NDJSON and as CSV", async (t) => {
    await each(LISTS, async (path) => {
        const whole = rows[path], pages = await list(path, whole.length > 100 ? 37 : 3);
        assert.deepEqual(pages, whole, path);
        if (!ONE_ORDER.includes(path)) assert.deepEqual(await list(`${path}?order=desc`, 41), whole.toReversed(), path);
        const lines = (await (await fetch(`${url}/v1/${path}.ndjson`)).text()).split("\n").filter(Boolean);
        assert.deepEqual(lines.map((line) => JSON.parse(line)), whole, path);
        const csv = (await (await fetch(`${url}/v1/${path}.csv`)).text()).split("\r\n");
        assert.equal(csv[0], Object.keys(whole[0]).join(","), path);
        assert.ok(csv.length >= whole.length + 2, path); // a description may hold a line's end
    });
    t.diagnostic(LISTS.map((path) => `${path} ${rows[path].length}`).join(", "));
    for (const path of LISTS) assert.ok(rows[path].length > 0, `${path} is empty`);
});

test("a filter leaves what has its value, in the same order", async () => {
    const questions = [];
    for (const [path, names] of Object.entries(FILTERS))
        for (const name of names) {
            const values = new Set(rows[path].map((row) => row[name]).filter((v) => v !== null));
            for (const value of [...values].slice(0, 4)) questions.push([path, { [name]: value }]);
        }
    for (const row of rows.payouts.filter((_, i) => i % 41 === 0))
        questions.push(["payouts", { earner: row.earner, submission: row.submission }], ["payouts", { operator: row.operator ?? ZERO, role: row.role }],
            ["payouts", { day: row.day, kind: row.kind, token: row.token }], ["payouts", { earner: row.earner, day: row.day, role: row.role }]);
    await each(questions, async ([path, filter]) => {
        const ask = new URLSearchParams(filter), expected = rows[path].filter((row) => Object.entries(filter).every(([k, v]) => (row[k] ?? ZERO) === v));
        assert.deepEqual(await list(`${path}?${ask}`, 7), expected, `${path}?${ask}`);
        if (!ONE_ORDER.includes(path)) assert.deepEqual(await list(`${path}?order=desc&${ask}`, 5), expected.toReversed(), `${path}?${ask}, backwards`);
    });
    assert.deepEqual(await list(`payouts?earner=${STRANGER}`), []);
    for (const odd of ["2025-1-1", "2025-02-30", "1969-12-31", "yesterday", ""]) assert.equal((await contract.get(`/v1/payouts?day=${odd}`, 400)).param, "day");
    for (const odd of ["role=boss", "kind=other"]) assert.equal((await contract.get(`/v1/payouts?${odd}`, 400)).param, odd.split("=")[0]);
});

test("permissions and settings are told in words", () => {
    const [first, second] = rows["rewards/permissions"].map(({ permission, account, granted }) => ({ permission, account: account.toLowerCase(), granted }));
    assert.deepEqual([first, second], [{ permission: "submits_for_all", account: earner.toLowerCase(), granted: true },
        { permission: "pays_protocol_fee", account: STRANGER, granted: true }]);
    assert.ok(rows["rewards/settings"].every((s) => s.setting === "default_operator_split" && s.number !== null && s.address === null));
    assert.deepEqual(rows["rewards/claimers"].map((c) => c.claimer?.toLowerCase() ?? null), [STRANGER, earner.toLowerCase(), null]);
    for (const s of rows["rewards/splits"]) assert.equal(s.scope, s.operator_set !== null ? "operator_set" : s.avs !== null ? "avs" : "programmatic");
});

test("the past stays as it was", async () => {
    for (const at of [25, 60, 90, chain.head - 12, roots.first + 2])
        for (const path of LISTS.filter((p) => !OF_STATE.includes(p)))
            assert.deepEqual(await list(`${path}?at=${at}`, 400), rows[path].filter((row) => row.block_number <= at), `${path} at ${at}`);
    const days = await list(`rewards/days?at=${chain.head - 12}`);
    assert.ok(days.some((d) => !d.closed) && days.some((d) => d.closed));
    for (const d of days) assert.equal(d.closed, chain.head - 12 >= d.closing_block);
});

test("objects are the rows of their lists; what does not exist is not found", async () => {
    for (const row of rows["rewards/submissions"]) {
        const { as_of, ...one } = await contract.get(`/v1/rewards/submissions/${row.submission}`);
        assert.deepEqual(one, row);
    }
    const absent = await contract.get(`/v1/rewards/submissions/${rows["rewards/submissions"].at(-1).submission}?at=20`, 404);
    assert.equal(absent.detail, "submission: no such submission of rewards at block 20");
    assert.match((await contract.get(`/v1/rewards/submissions/0x${"12".repeat(32)}`, 404)).detail, /^submission: no such submission of rewards at block \d+$/);
    const [payout] = rows.payouts;
    assert.equal((await contract.get(`/v1/payouts/${payout.id}?at=${payout.block_number - 1}`, 404)).detail, `id: no such payout at block ${payout.block_number - 1}`);
    assert.match((await contract.get(`/v1/payouts/${payout.id.replace(/^0x../, "0x00")}`, 404)).detail, /^id: no such payout at block \d+$/);
    for (const row of rows.payouts.filter((_, i) => i % 17 === 0)) {
        const { as_of, ...one } = await contract.get(`/v1/payouts/${row.id}`);
        assert.deepEqual(one, row);
    }
    const mine = rows["rewards/distributions"].filter((d) => d.distributor.toLowerCase() === coordinator);
    for (const row of rows["rewards/distributions"]) {
        const { as_of, ...one } = await contract.get(`/v1/rewards/distributions/${row.id}`);
        assert.deepEqual(one, row);
        assert.equal(row.id, `${row.distributor.toLowerCase()}-${row.day}`);
    }
    const { as_of, ...last } = await contract.get(`/v1/rewards/distributions/${mine.at(-1).day}`);
    assert.deepEqual(last, mine.at(-1), "a bare date means the RewardsCoordinator");
    for (const odd of [`${STRANGER}-${mine[0].day}`, "2001-01-01", "0x12", mine[0].id.slice(1)]) await contract.get(`/v1/rewards/distributions/${odd}`, 404);
    for (const open of ["2100-01-01", `${mine[0].id}?at=${mine[0].block_number - 1}`])
        assert.equal((await contract.get(`/v1/rewards/distributions/${open}`, 409)).code, "day-not-closed");
});

test("what a submission had is where its pools say: paid, refunded, burned, remainder, rest or pending", async () => {
    for (const s of rows["rewards/submissions"]) {
        const all = rows["rewards/pools"].filter((p) => p.submission === s.submission).flatMap((p) => [p.paid, p.refund, p.burned, p.remainder, p.rest]);
        assert.equal(String(all.reduce((sum, v) => sum + BigInt(v), BigInt(s.pending))), s.amount, s.submission);
    }
    const shares = new Map(rows["rewards/shares"].map((s) => [`${s.submission} ${s.day} ${s.operator}`, s]));
    for (const p of rows.payouts.filter((p) => p.role === "operator")) assert.equal(shares.get(`${p.submission} ${p.day} ${p.operator}`).commission, p.amount);
});

test("roots of L1 are compared with ours; one that was disabled afterwards keeps its comparison", async () => {
    const of = (at) => list(`rewards/roots?at=${at}`), told = await of("latest"), words = ["equal", "different", "equal", "equal", "unknown", "unknown"];
    assert.deepEqual(told.map((r) => [r.root_index, r.root, seconds(r.end_time), seconds(r.activated_at)]), [...roots]);
    assert.deepEqual(told.map((r) => r.comparison), words);
    assert.deepEqual(told.map((r) => r.disabled), [false, false, true, false, false, false]);
    assert.equal(told[2].disabled_block, roots.first + 6);
    assert.equal(told[0].distribution_root, roots[0][1]);
    assert.equal(told[4].distribution, null);
    assert.deepEqual((await of(roots.first + 5)).map((r) => [r.disabled, r.comparison]), words.map((word) => [false, word]));
    assert.deepEqual(await of(roots.first - 1), []);
});

test("earned, active, claimable, claimed and open of an account, block by block", async () => {
    const cumulative = (until_day, at) => rows.payouts.filter((p) => p.earner === earner && p.token === claimed && p.distributor.toLowerCase() === coordinator
        && p.block_number <= at && as_day(p.paid_day) <= until_day).reduce((sum, p) => sum + BigInt(p.amount), 0n);
    const minus = (a, b) => String(a > b ? a - b : 0n), day_of = ([, , end]) => end / DAY - 1;
    for (let at = roots.first - 3; at <= chain.head; at++) {
        const told = await contract.get(`/v1/accounts/${earner}/rewards?at=${at}`), now = chain.time(at), paid = at >= roots.first + 2 ? 7n : 0n;
        const row = told.rewards.find((r) => r.token === claimed && r.distributor.toLowerCase() === coordinator), earned = cumulative(Infinity, at);
        const newest = at < roots.first ? undefined : roots.findLast(([index, , , active]) => active <= now && !(index === 2 && at >= roots.first + 6));
        const active = newest === undefined ? 0n : cumulative(day_of(newest), at);
        assert.deepEqual(row, { distributor: row.distributor, token: claimed, earned: String(earned), active: String(active), claimable: minus(active, paid),
            claimed: String(paid), open: minus(earned, paid), claimer: at > roots.first ? row.claimer : earner }, `at ${at}`);
        if (at > roots.first) assert.equal(row.claimer.toLowerCase(), STRANGER);
    }
    assert.deepEqual((await contract.get(`/v1/accounts/0x${"01".repeat(20)}/rewards`)).rewards, []);
    assert.equal((await contract.get(`/v1/accounts/${treasury}/rewards`)).rewards.every((r) => r.active === "0" && r.claimable === "0"), true);
});

test("payouts stand in the statement, at their block's end; claims with their event", async () => {
    const mine = rows.payouts.filter((p) => p.earner === earner), entries = await list(`accounts/${earner}/entries?book=reward.earned`, 9);
    assert.deepEqual(entries.map((e) => [e.block_number, e.delta, e.balance, e.asset, e.counterparty, e.cause, e.log_index, e.tx_hash]),
        mine.map((p) => [p.block_number, p.amount, p.cumulative, p.token, p.operator, "payout", null, null]));
    assert.equal(new Set(entries.map((e) => e.id)).size, entries.length);
    for (const e of entries) assert.match(e.id, /^0x[0-9a-f]{64}-end-\d+$/);
    const { steps } = await contract.get(`/v1/payouts/${mine[0].id}/explain`);
    assert.equal(steps.at(-1).inputs.entry, entries[0].id);
    const [claim] = await list(`accounts/${earner}/entries?book=reward.claimed`);
    assert.deepEqual([claim.delta, claim.cause], ["7", "RewardsCoordinator.RewardsClaimed"]);
    const everything = await list(`accounts/${earner}/entries`, 11);
    assert.deepEqual(everything.filter((e) => e.book === "reward.earned"), entries);
    const pool = await list(`accounts/${mine.find((p) => p.role === "operator").operator}/entries?book=reward.pool`);
    assert.ok(pool.length > 0 && pool.every((e) => e.cause === "day-closed"));
    assert.ok(pool.some((e) => e.counterparty === null), "a pool is paid out to many");
});

test("the views for people say the same", async () => {
    const views = cluster.rows(store.database, `SELECT id, day::text, role, '0x' || encode(earner, 'hex') AS earner, amount::text, cumulative::text, block_number FROM api_v1.payout`);
    const plain = (p) => JSON.stringify([p.id, p.day, p.role, p.earner.toLowerCase(), p.amount, p.cumulative, p.block_number]);
    assert.deepEqual(views.map(plain).sort(), rows.payouts.map(plain).sort());
    const submissions = cluster.rows(store.database, "SELECT '0x' || encode(submission, 'hex') AS submission, kind, day::text FROM api_v1.reward_submission ORDER BY block_number, log_index");
    assert.deepEqual(submissions, rows["rewards/submissions"].map(({ submission, kind, day }) => ({ submission, kind, day })));
    assert.equal(cluster.sql(store.database, "SELECT (SELECT count(*) FROM api_v1.entry) = (SELECT count(*) FROM ledger.entry)"), "t");
});
