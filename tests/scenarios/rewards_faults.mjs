// tests/scenarios/rewards_faults.mjs - bad input and faults of rewards: after each, verify finds nothing, books balance, and the recomputation agrees.
import assert from "node:assert/strict";
import { chmodSync, mkdtempSync, rmSync } from "node:fs";
import { createRequire } from "node:module";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { list } from "../model/reward_facts.mjs";
import { day_text } from "../model/rewards.mjs";
import { claim_holds } from "../model/reward_tree.mjs";
import { check_books, Cluster, digests } from "./lib/pg.mjs";
import { get, root as home, run } from "./lib/program.mjs";
import { coordinator, DAY, day_start, directory, FIRST_DAY, fill, other_branch, RewardChain, said, STRANGER, ZERO } from "./lib/reward_chain.mjs";
import { random } from "./lib/chain.mjs";
import { Court } from "./lib/rewards.mjs";

const { id } = createRequire(join(home, "tests/package.json"))("ethers");
const MAX = 2n ** 256n - 1n, E18 = 10n ** 18n;
const NOBODY_SPECIAL = `0x${"77".repeat(20)}`;
const files = mkdtempSync(join(tmpdir(), "altledger-faults-"));
chmodSync(files, 0o755);
let cluster, court;

before(async () => {
    cluster = await new Cluster().start();
    court = await Court.sit(cluster, files);
});
after(async () => {
    await cluster.stop();
    cluster.remove();
    rmSync(files, { recursive: true, force: true });
});

const small = (options = {}) => new RewardChain({ seed: 3, blocks: 72, stakers: 6, per_day: 12, delay: 4, ...options });
const of = (computed, hash) => computed.pools.filter((p) => p.submission === hash);
const problem = async (url, status) => (await get(url, status)).code;

test("submissions without days, of a century, near 2^256, twice, of strange tokens; operators twice, splits above 10,000", async () => {
    const chain = small(), [o1, o2] = chain.people.operators, [avs] = chain.avs, month = { start: day_start(FIRST_DAY + 3), duration: 3 * DAY };
    const put = (name, what) => chain.submit(40, { kind: "avs", name, amount: 1000n, ...month, ...what });
    put("no days", { duration: 0, amount: 77n });
    put("no midnight", { start: day_start(FIRST_DAY + 3) + 5, duration: 100, amount: 78n });
    put("no days, directed", { kind: "operator_directed_avs", duration: 0, operators: [[o1, 79n]] });
    put("a century", { start: 0, duration: 36525 * DAY, amount: 36525n * E18 + 7n });
    put("the last of all days", { start: 2 ** 32 - 1, duration: 2 ** 32 - 1, amount: 5n });
    put("from the first day on", { start: 0, duration: 2 ** 32 - 1, kind: "for_all", amount: E18 });
    put("nearly all", { token: STRANGER, kind: "all_earners", amount: MAX - 3n, strategies: [[chain.strategies[0], 2n ** 96n - 1n], [chain.strategies[1], 1n]] });
    put("more than all", { token: STRANGER, amount: 4n });
    put("as much as is left", { token: STRANGER, amount: 3n });
    put("a sum above all", { kind: "operator_directed_avs", operators: [[o1, MAX], [o2, 1n]] });
    put("twice", { amount: 10n ** 20n });
    put("twice", { amount: 10n ** 21n, kind: "for_all" });
    put("an operator twice", { kind: "operator_directed_set", operators: [[o1, 1000n], [o2, 5n], [o1, 2000n], [NOBODY_SPECIAL, 9n], [NOBODY_SPECIAL, 2n]] });
    put("nobody listed", { kind: "operator_directed_avs", operators: [] });
    put("nothing", { amount: 0n });
    put("no strategies", { strategies: [], kind: "unique_stake" });
    put("a set that is not", { kind: "total_stake", set: 4294967295, amount: 12345n });
    put("not of whole days", { start: day_start(FIRST_DAY + 2) + 1, duration: 2 * DAY + 70000, amount: 10n ** 19n });
    put("before the history, directed", { kind: "operator_directed_avs", start: day_start(FIRST_DAY - 9), duration: 2 * DAY, operators: [[o1, 50n], [o2, 7n]] });
    put("half before the history, directed", { kind: "operator_directed_avs", start: day_start(FIRST_DAY - 2), duration: 4 * DAY, operators: [[o1, 50n]] });
    put("before the history", { start: day_start(FIRST_DAY - 9), duration: 4 * DAY, amount: 43n });
    chain.put(30, said(coordinator, "OperatorAVSSplitBipsSet", o1, o1, avs, chain.time(30) - 1, 1000, 65535),
        said(coordinator, "OperatorAVSSplitBipsSet", o2, o2, avs, chain.time(30) + 2 * DAY, 20000, 3),
        said(coordinator, "OperatorSetSplitBipsSet", o1, o1, [avs, 0], chain.time(30), 0, 10001), said(directory, "OperatorAVSRegistrationStatusUpdated", o1, avs, 1),
        said(coordinator, "OperatorPISplitBipsSet", o1, o1, day_start(FIRST_DAY + 4), 1234, 9000), // in force from a midnight on, which does not count itself
        said(directory, "OperatorAVSRegistrationStatusUpdated", o2, avs, 1), said(directory, "OperatorAVSRegistrationStatusUpdated", o2, avs, 7));
    chain.put(50, said(coordinator, "OperatorAVSSplitBipsSet", o2, o2, avs, 0, 3, 4), said(coordinator, "DefaultOperatorSplitBipsSet", 1000, 12000));
    chain.days(3);
    const store = court.open(chain.network);
    await store.mirror(chain.archive());
    await court.judge(store, async (url, computed) => {
        const told = new Map(computed.submissions.map((s) => [s.id, s]));
        assert.deepEqual([told.size, computed.submissions.length], [18, 18], "refused: twice more than 256 bits hold, once a hash again");
        for (const name of ["more than all", "a sum above all"]) assert.ok(!told.has(id(name)), name);
        assert.deepEqual([told.get(id("twice")).kind, told.get(id("twice")).amount], ["avs", 10n ** 20n]);
        const reasons = computed.pools.map((p) => p.reason).filter(Boolean);
        for (const reason of ["shared", "nobody", "before-history", "no-days"]) assert.ok(reasons.includes(reason), reason);
        assert.ok(computed.payouts.some((p) => p.role === "refund") && computed.payouts.some((p) => p.token === STRANGER && p.amount > 2n ** 250n));
        assert.ok(computed.shares.some((s) => s.split_bips === 10000n && s.paid === 0n && s.commission > 0n));
        const of_o1 = computed.shares.filter((s) => s.submission === id("nearly all") && s.operator === o1).map((s) => [s.day - FIRST_DAY, s.split_bips]);
        assert.deepEqual(of_o1, [[3, 1000n], [4, 9000n], [5, 9000n]]);
        for (const s of computed.submissions.filter((x) => x.duration === 0n)) assert.deepEqual(of(computed, s.id).map((p) => [p.reason, p.rest]), [["no-days", s.amount]]);
    });
});

test("time that goes back, times of 0 and a jump over years", async () => {
    const chain = small({ delay: 2 });
    for (let n = 0; n < 20; n++) chain.at_time(n, n < 10 ? 0 : day_start(1) + (n % 3) * 50);
    chain.at_time(50, day_start(FIRST_DAY - 1)).at_time(51, 0).at_time(63, day_start(FIRST_DAY + 2)).at_time(70, day_start(FIRST_DAY + 9)).at_time(71, 1);
    const [o1, o2] = chain.people.operators;
    for (const [at, name] of [[25, "a"], [50, "b"], [51, "c"], [70, "d"], [71, "e"]])
        for (const [kind, from, days] of [["for_all", FIRST_DAY - 3, 6], ["all_earners", 0, 3], ["operator_directed_avs", FIRST_DAY + 2, 4], ["unique_stake", FIRST_DAY + 5, 9]])
            chain.submit(at, { kind, name: `${name} ${kind}`, amount: E18 + 1n, start: day_start(from), duration: days * DAY, operators: [[o1, 1001n], [o2, E18]] });
    chain.quiet(5).quiet(1, day_start(FIRST_DAY + 12)).quiet(1, -20 * DAY).quiet(3).days(1).quiet(1, 60 * DAY).quiet(4);
    const store = court.open(chain.network);
    await store.mirror(chain.archive());
    await court.judge(store, async (url, computed) => {
        const days = computed.facts.ended;
        assert.deepEqual([days[0].day, days[0].next_day, days[1].day, days[1].next_day], [0, 1, 1, FIRST_DAY + 1]);
        assert.ok(days.every((run, i) => i === 0 || run.day === days[i - 1].next_day) && computed.payouts.length > 100);
        const { data: [{ closed }] } = await get(`${url}/v1/rewards/days?order=desc&limit=1`);
        assert.equal(closed, true);
    });
    const refused = court.open(chain.network);
    assert.match((await run(refused.args(chain.at_time(chain.head, -5).archive()), 1)).log, /timestamp: not a quantity/);
    assert.equal(JSON.parse((await run(["verify", "--json", "--database", refused.conninfo])).out).differences, 0);
});

/* Reorganised: over a submission, over the block that closes, over a claim; each time the other branch's books are right too. */
test("a reorg over a submission, over a closing block and over a claim", async () => {
    const chain = fill(small({ delay: 6 }), random(3), { submissions: 12 }), [o1] = chain.people.operators;
    chain.put(66, said(coordinator, "RewardsClaimed", `0x${"11".repeat(32)}`, o1, o1, o1, chain.alt, 12345n));
    chain.days(2, 8);
    const lines = chain.archive(), closing = 59 + 6, without = (topic_from) => (logs) => logs.filter((log) => !topic_from(log));
    const ours = (log) => log.address === coordinator;
    const calm = court.open(chain.network);
    await calm.mirror(lines);
    const expected = digests(cluster, calm.database);
    await court.judge(calm, async (url) => {
        const { rewards } = await get(`${url}/v1/accounts/${o1}/rewards`), row = rewards.find((r) => r.token.toLowerCase() === chain.alt);
        assert.equal(row.claimed, "12345");
    });
    for (const [name, from, until, change] of [["submissions", 34, 60, without(ours)], ["a closing block", closing - 1, closing + 2, (logs) => logs],
        ["a claim", 66, 70, without(ours)]]) {
        const store = court.open(chain.network), other = other_branch(lines, from, name, change).slice(0, until);
        await store.mirror([...lines.slice(0, until - 1), ...other.slice(from)]);
        await court.judge(store);
        await store.mirror([...lines.slice(0, until - 1), ...other.slice(from), ...lines.slice(from)]);
        await check_books(cluster, store.database, expected);
        cluster.drop(store.database);
    }
});

test("roots on L1: equal, different, unknown, disabled after we compared; a claim above what was booked; proofs refused", async () => {
    const make = () => {
        const chain = fill(small(), random(5), { submissions: 14 });
        return chain.submit(33, { kind: "avs", name: "sure", amount: 10n ** 24n, start: day_start(FIRST_DAY), duration: 4 * DAY });
    };
    const first = court.open(make().days(4).network);
    await first.mirror(make().days(4).archive());
    const { distributions, earned } = await court.judge(first), known = distributions.filter((d) => d.distributor === coordinator);
    const { day, root, leaves } = known.at(-2), [[earner, tokens]] = leaves, [[token, cumulative]] = tokens;
    assert.ok(earned.size > 3 && known.length > 2);
    const chain = make().days(4).quiet(12), at = chain.head - 10, end = Date.parse(`${day}T00:00:00Z`) / 1000 + DAY;
    const submitted = (index, hash, time, active = 0) => said(coordinator, "DistributionRootSubmitted", index, hash, time, active);
    chain.put(at, submitted(0, root, end), submitted(1, `0x${"ab".repeat(32)}`, end), submitted(2, root, end + 400 * DAY), submitted(3, root, end, chain.time(chain.head) + 9));
    chain.put(at + 2, said(coordinator, "DistributionRootDisabled", 1), said(coordinator, "DistributionRootDisabled", 3));
    chain.put(at + 4, said(coordinator, "DistributionRootDisabled", 0), said(coordinator, "DistributionRootDisabled", 2));
    chain.put(at + 5, said(coordinator, "DistributionRootDisabled", 9)); // never submitted
    chain.put(at + 6, said(coordinator, "ClaimerForSet", earner, ZERO, STRANGER),
        said(coordinator, "RewardsClaimed", root, earner, STRANGER, STRANGER, token, cumulative),
        said(coordinator, "RewardsClaimed", root, NOBODY_SPECIAL, STRANGER, STRANGER, token, 5n));
    chain.put(at + 8, said(coordinator, "RewardsClaimed", root, earner, earner, earner, token, 10n ** 40n));
    const store = court.open(chain.network);
    await store.mirror(chain.archive());
    await court.judge(store, async (url) => {
        const roots = async (block) => (await list(url, "rewards/roots", block)).map((r) => [r.root_index, r.comparison, r.disabled]);
        assert.deepEqual(await roots(at), [[0, "equal", false], [1, "different", false], [2, "unknown", false], [3, "equal", false]]);
        assert.deepEqual(await roots(at + 4), [[0, "equal", true], [1, "different", true], [2, "unknown", true], [3, "equal", true]]);
        const figures = async (block) => {
            const { rewards } = await get(`${url}/v1/accounts/${earner}/rewards?at=${block}`), r = rewards.find((x) => x.token.toLowerCase() === token);
            return [r.active, r.claimable, r.claimed, r.claimer.toLowerCase()];
        };
        const c = String(cumulative), all = String(cumulative + 10n ** 40n);
        assert.deepEqual(await figures(at - 1), ["0", "0", "0", earner]);
        assert.deepEqual((await figures(at + 4)).slice(0, 2), ["0", "0"], "no root is active any more");
        assert.deepEqual(await figures(at + 6), ["0", "0", c, STRANGER]);
        assert.deepEqual(await figures(at + 8), ["0", "0", all, STRANGER]);
        await check_proofs(url, { earner, token, day, root, cumulative });
    });
});

async function check_proofs(url, { earner, token, day, root, cumulative }) {
    const proof = (query) => `${url}/v1/rewards/proof?${query}`, future = day_text(FIRST_DAY + 4000), head = await get(`${url}/v1/status`);
    const { claim } = await get(proof(`earner=${earner}&token=${token}&distribution=${day}`));
    assert.ok(claim_holds(root, claim));
    assert.equal(claim.tokenLeaves[0].cumulativeEarnings, String(cumulative));
    await get(proof(`earner=${NOBODY_SPECIAL}&token=${token}&distribution=${day}`), 404);
    await get(proof(`earner=${earner}&token=${NOBODY_SPECIAL}&distribution=${day}`), 404);
    await get(proof(`earner=${earner}&token=${token}&distribution=1999-01-01`), 404);
    const open = head.head.time.slice(0, 10);
    for (const late of [open, future]) {
        const reply = await fetch(proof(`earner=${earner}&token=${token}&distribution=${late}`)), body = await reply.json();
        assert.deepEqual([reply.status, body.code], [409, "day-not-closed"], late);
        assert.ok(Number(reply.headers.get("retry-after")) > 0);
    }
    for (const bad of [`earner=0x12&token=${token}`, `earner=${earner}&token=x`, `earner=${earner}&token=${token}&distribution=2025-13-01`, `token=${token}`])
        assert.equal(await problem(proof(bad), 400), "invalid-parameter", bad);
}

