// tests/scenarios/golden_stake.mjs - every stake figure of the golden chains (operators, stakers, queued withdrawals) as of each sampled block.
//
// The truth was recorded from the views of EigenLayer's contracts. A figure that the API leaves out must be in its initial state.
import assert from "node:assert/strict";
import { after, test } from "node:test";
import { all, chains, each, serve_chain } from "./lib/golden.mjs";
import { get } from "./lib/program.mjs";

const WAD = "1000000000000000000", NOBODY = `0x${"00".repeat(20)}`, STRANGER = `0x${"ee".repeat(20)}`;
const undo = [];
after(async () => {
    for (const step of undo.reverse()) await step();
});

const lower = (value) => JSON.parse(JSON.stringify(value), (_, v) => (typeof v === "string" && /^0x[0-9a-fA-F]{40}$/.test(v) ? v.toLowerCase() : v));

/** Counts figures per kind, and holds each to the truth. */
class Tally {
    counts = {};
    equal(kind, answer, truth, where) {
        assert.equal(String(answer), String(truth), `${kind} of ${where}`);
        this.counts[kind] = (this.counts[kind] ?? 0) + 1;
    }
    toString() {
        return Object.entries(this.counts).map(([kind, n]) => `${kind} ${n}`).join(", ");
    }
}

async function check_operator(chain, block, address, truth, tally) {
    const answer = lower(await get(`${chain.url}/v1/operators/${address}?at=${block}`)), where = `${address} at ${block}`;
    const known = new Set(Object.values(chain.strategies));
    for (const row of [...answer.shares, ...answer.magnitudes, ...answer.allocations]) assert.ok(known.has(row.strategy));
    for (const [name, strategy] of Object.entries(chain.strategies)) {
        const of = (list) => answer[list].find((row) => row.strategy === strategy);
        tally.equal("operator shares", of("shares")?.shares ?? "0", truth.shares[name], `${name} of ${where}`);
        tally.equal("max magnitude", of("magnitudes")?.max_magnitude ?? WAD, truth.max_magnitude[name], `${name} of ${where}`);
    }
    const alt = chain.strategies.ALT; // the only one whose allocations were recorded
    tally.equal("encumbered magnitude", answer.magnitudes.find((m) => m.strategy === alt)?.encumbered_magnitude ?? "0", truth.encumbered, where);
    for (const expected of truth.allocations) {
        const at = `${expected.avs}/${expected.set} of ${where}`;
        const row = answer.allocations.find((l) => l.avs === expected.avs && l.operator_set === expected.set && l.strategy === alt);
        const set = answer.operator_sets.find((m) => m.avs === expected.avs && m.id === expected.set);
        tally.equal("allocation", row?.current_magnitude ?? "0", expected.current, at);
        tally.equal("pending difference", row?.pending_diff ?? "0", expected.pending, at);
        tally.equal("effect block", row?.effect_block ?? 0, expected.effect, at);
        tally.equal("minimum slashable stake", row?.minimum_slashable_stake ?? "0", expected.slashable_stake, at);
        tally.equal("member", set?.registered ?? false, expected.member, at);
        tally.equal("slashable", set?.slashable ?? false, expected.slashable, at);
    }
    tally.equal("allocation delay", answer.allocation_delay, truth.allocation_delay, where);
    for (const m of answer.magnitudes) assert.ok(m.max_magnitude !== WAD || m.encumbered_magnitude !== "0", `left out: ${where}`);
    for (const l of answer.allocations) assert.ok(l.current_magnitude !== "0" || l.pending_diff !== "0" || l.effect_block, `left out: ${where}`);
    assert.equal(answer.registered, answer.since_block !== null && answer.since_block <= block);
    const listed = await all(`${chain.url}/v1/operators/${address}/allocations?at=${block}`, 2);
    assert.deepEqual(lower(listed).map(({ slashable, ...row }) => row), answer.allocations, `allocations of ${where}`);
}

async function check_staker(chain, block, address, truth, tally) {
    const { stake, withdrawals } = lower(await get(`${chain.url}/v1/accounts/${address}?at=${block}`));
    const where = `${address} at ${block}`;
    tally.equal("delegated to", stake.delegated_to ?? NOBODY, truth.delegated_to.toLowerCase(), where);
    for (const [name, strategy] of Object.entries(chain.strategies)) {
        const row = stake.strategies.find((s) => s.strategy === strategy), at = `${name} of ${where}`;
        tally.equal("deposit shares", row?.deposit_shares ?? "0", truth.deposit[name], at);
        tally.equal("withdrawable shares", row?.withdrawable_shares ?? "0", truth.withdrawable[name], at);
        if (name in truth.scaling) tally.equal("scaling factor", row?.scaling_factor ?? WAD, truth.scaling[name] === "0" ? WAD : truth.scaling[name], at);
        assert.ok(row === undefined || row.deposit_shares !== "0", `left out: ${at}`);
    }
    tally.equal("withdrawals pending", withdrawals.length, truth.queued.length, where);
    for (const expected of truth.queued) {
        const row = withdrawals.find((w) => w.nonce === expected.nonce), at = `withdrawal ${expected.nonce} of ${where}`;
        assert.ok(row, at);
        tally.equal("withdrawal start", row.start_block, expected.start, at);
        tally.equal("withdrawal slashable until", row.slashable_until_block, row.start_block + chain.delay, at);
        assert.deepEqual(row.strategies.map((s) => s.strategy), expected.strategies.map((s) => s.toLowerCase()), at);
        row.strategies.forEach((s, i) => {
            tally.equal("scaled shares", s.scaled_shares, expected.scaled[i], at);
            tally.equal("withdrawable in the queue", s.withdrawable_shares, expected.withdrawable[i], at);
        });
    }
    assert.deepEqual(withdrawals.map((w) => w.start_block), withdrawals.map((w) => w.start_block).sort((a, b) => a - b), `in order of queueing: ${where}`);
}

/* Lists say the same as the objects, page by page and in both orders. */
async function check_lists(chain, sample, tally) {
    const at = `at=${sample.block}`, operators = lower(await all(`${chain.url}/v1/operators?${at}`, 2));
    const registered = operators.map((o) => o.address);
    assert.deepEqual(registered, [...registered].sort());
    assert.deepEqual(lower(await all(`${chain.url}/v1/operators?${at}&order=desc`, 1)), operators.toReversed());
    for (const operator of operators) {
        const object = lower(await get(`${chain.url}/v1/operators/${operator.address}?${at}`));
        assert.deepEqual([operator.shares, operator.approver, operator.since_block], [object.shares, object.approver, object.since_block]);
        const rows = lower(await all(`${chain.url}/v1/operators/${operator.address}/delegators?${at}`, 3));
        const expected = Object.keys(sample.stakers).filter((s) => sample.stakers[s].delegated_to.toLowerCase() === operator.address);
        const ours = rows.map((r) => r.staker).filter((s) => s in sample.stakers);
        assert.deepEqual(ours, expected.sort(), `delegators of ${operator.address} ${at}`);
        assert.deepEqual(rows.map((r) => r.staker).filter((s) => !(s in sample.stakers) && s !== operator.address), []);
        assert.deepEqual(lower(await all(`${chain.url}/v1/operators/${operator.address}/delegators?${at}&order=desc`, 4)), rows.toReversed());
        for (const row of rows.slice(0, 2))
            assert.deepEqual(row.strategies, lower(await get(`${chain.url}/v1/accounts/${row.staker}?${at}`)).stake.strategies);
        tally.equal("delegators", ours.length, expected.length, operator.address);
    }
    const sets = lower(await all(`${chain.url}/v1/operator-sets?${at}`, 2));
    assert.deepEqual(lower(await all(`${chain.url}/v1/operator-sets?${at}&order=desc`, 4)), sets.toReversed());
    for (const set of sets) {
        const { members, as_of, ...rest } = lower(await get(`${chain.url}/v1/operator-sets/${set.avs}/${set.id}?${at}`));
        assert.deepEqual([rest, as_of.block_number], [set, sample.block]);
        const truth = Object.entries(sample.operators).filter(([, o]) => o.allocations.some((l) => l.avs === set.avs && l.set === set.id && l.member));
        const listed = members.filter((m) => m.registered).map((m) => m.operator);
        assert.deepEqual(listed, truth.map(([o]) => o).sort(), `members of ${set.avs}/${set.id} ${at}`);
        assert.deepEqual((await all(`${chain.url}/v1/operators?${at}&avs=${set.avs}&operator_set=${set.id}`, 1)).map((o) => o.address.toLowerCase()), listed);
        tally.equal("set members", listed.length, truth.length, set.id);
    }
}

/* What a completion paid is what the view promised in the block before it. */
async function check_withdrawals(chain, people, head, tally) {
    await each(people, async (address) => {
        const rows = await all(`${chain.url}/v1/accounts/${address}/withdrawals?at=${head}`, 2);
        assert.deepEqual(await all(`${chain.url}/v1/accounts/${address}/withdrawals?order=desc`, 3), rows.toReversed());
        const { withdrawals } = await get(`${chain.url}/v1/accounts/${address}?at=${head}`);
        assert.deepEqual(rows.filter((w) => w.state === "pending").map((w) => w.root), withdrawals.map((w) => w.root));
        for (const w of rows) {
            assert.equal(w.completable_from_block, w.start_block + chain.delay + 1);
            if (w.state === "pending") continue;
            assert.ok(w.completed_block >= w.completable_from_block && w.completed_at > w.started_at);
            const before = (await get(`${chain.url}/v1/accounts/${address}?at=${w.completed_block - 1}`)).withdrawals.find((b) => b.root === w.root);
            w.strategies.forEach((s, i) => tally.equal("paid", s.paid_shares, before.strategies[i].withdrawable_shares, `${w.root} ${w.state}`));
        }
    });
}

/* Windows include their last block: isOperatorSlashable says "<= slashableUntil", getAllocation "< effectBlock". */
async function check_windows(chain, samples, tally) {
    const ask = async (operator, at) => lower(await get(`${chain.url}/v1/operators/${operator}?at=${at}`));
    const head = samples.at(-1).block;
    for (const { block, operators } of samples)
        for (const [operator, { allocations }] of Object.entries(operators))
            for (const { avs, set, effect } of allocations.filter((l) => Number(l.effect) > block && Number(l.effect) <= head)) {
                const of = ({ allocations: list }) => list.find((l) => l.avs === avs && l.operator_set === set && l.strategy === chain.strategies.ALT);
                const before = of(await ask(operator, effect - 1)), then = of(await ask(operator, effect));
                if (before?.effect_block !== Number(effect)) continue; // a slash or the end of the registration came between
                tally.equal("pending until", then?.effect_block ?? 0, 0, `${operator} at ${effect}`);
                if (then) tally.equal("becomes current", then.current_magnitude, BigInt(before.current_magnitude) + BigInt(before.pending_diff), `${operator} at ${effect}`);
            }
    for (const operator of Object.keys(samples.at(-1).operators))
        for (const { avs, id, slashable_until } of (await ask(operator, head)).operator_sets.filter((m) => m.slashable_until && m.slashable_until < head))
            for (const at of [slashable_until, slashable_until + 1]) {
                const { slashable } = (await ask(operator, at)).operator_sets.find((m) => m.avs === avs && m.id === id);
                tally.equal("slashable until", slashable, at === slashable_until, `${operator} at ${at}`);
            }
}

/* A history says at each of its points what the object says as of that block, whatever the steps and however it is cut into pages. */
async function check_history(chain, samples, tally) {
    const [operator] = Object.keys(samples[0].operators), head = samples.at(-1).block, every = Math.ceil(head / 20);
    const staker = Object.entries(samples.at(-1).stakers).find(([, s]) => s.deposit.ALT !== "0")[0];
    const initial = (s) => s.shares === "0" && s.max_magnitude === WAD && s.encumbered_magnitude === "0";
    for (const query of [`step=${every}`, `step=${every}&from=17&to=${head - 9}`, "step=6h", "step=5h&from=2025-10-15T01:02:03Z", "step=1d&from=40", ""]) {
        const points = lower(await all(`${chain.url}/v1/operators/${operator}/history?${query}`, 3));
        const stakes = lower(await all(`${chain.url}/v1/accounts/${staker}/history?${query}`, 1000));
        assert.ok(points.length > 2, query);
        for (const limit of [1, 1000]) assert.deepEqual(lower(await all(`${chain.url}/v1/operators/${operator}/history?${query}&order=desc`, limit)), points.toReversed());
        assert.deepEqual(lower(await all(`${chain.url}/v1/accounts/${staker}/history?${query}&order=desc`, 7)), stakes.toReversed());
        assert.deepEqual(points.map((p) => [p.block_number, p.moment]), stakes.map((p) => [p.block_number, p.moment]));
        for (const [i, { block_number: at, moment, strategies }] of points.entries()) {
            if (moment) assert.equal((await get(`${chain.url}/v1/blocks/${moment}`)).number, at, moment);
            const { shares, magnitudes } = lower(await get(`${chain.url}/v1/operators/${operator}?at=${at}`));
            const of = (list, strategy) => list.find((row) => row.strategy === strategy);
            const expected = Object.values(chain.strategies).sort().map((strategy) => ({
                strategy, shares: of(shares, strategy)?.shares ?? "0", max_magnitude: of(magnitudes, strategy)?.max_magnitude ?? WAD,
                encumbered_magnitude: of(magnitudes, strategy)?.encumbered_magnitude ?? "0" }));
            assert.deepEqual(strategies, expected.filter((s) => !initial(s)), `history of ${operator} at ${at}`);
            const { stake } = lower(await get(`${chain.url}/v1/accounts/${staker}?at=${at}`));
            assert.deepEqual({ delegated_to: stakes[i].delegated_to, strategies: stakes[i].strategies }, stake, `history of ${staker} at ${at}`);
            tally.equal("history points", i > 0 && at < points[i - 1].block_number, false, query);
        }
        const moments = points.filter((p) => p.moment).map((p) => Date.parse(p.moment));
        if (!query.includes("T01")) assert.ok(moments.every((m) => m % (query.includes("6h") ? 21600000 : 86400000) === 0), query);
        assert.equal(new Set(moments.slice(1).map((m, i) => m - moments[i])).size, moments.length ? 1 : 0);
    }
    for (const [query, param] of [["step=0", "step"], ["step=1y", "step"], ["step=", "step"], ["from=x", "from"], ["from=9&to=8", "to"], ["to=-1", "to"]])
        assert.equal((await get(`${chain.url}/v1/accounts/${staker}/history?${query}`, 400)).param, param, query);
    assert.equal((await get(`${chain.url}/v1/accounts/${staker}/history?step=1&from=${head}`)).data.length, 1);
    const strange = await get(`${chain.url}/v1/operators/${STRANGER}/history?step=1000`);
    assert.ok(strange.data.every((point) => point.strategies.length === 0));
}

async function check_ways_to_ask(chain, sample) {
    const [operator] = Object.keys(sample.operators), [staker] = Object.keys(sample.stakers);
    for (const path of [`operators/${operator}`, `accounts/${staker}`]) {
        const answer = await get(`${chain.url}/v1/${path}?at=${sample.block}`);
        for (const at of [answer.as_of.block_hash, answer.as_of.block_time])
            assert.deepEqual(await get(`${chain.url}/v1/${path}?at=${at}`), answer);
    }
    const nobody = await get(`${chain.url}/v1/accounts/${STRANGER}`);
    assert.deepEqual([nobody.stake, nobody.withdrawals], [{ delegated_to: null, strategies: [] }, []]);
    assert.deepEqual((await get(`${chain.url}/v1/accounts/${STRANGER}/withdrawals`)).data, []);
    for (const who of [`${STRANGER}?`, `${operator}?at=0`]) {
        const { address, as_of, ...rest } = await get(`${chain.url}/v1/operators/${who}`);
        assert.deepEqual(rest, { approver: null, registered: false, since_block: null, shares: [], magnitudes: [], allocations: [],
            operator_sets: [], allocation_delay: 0 });
        for (const list of ["delegators", "allocations", "slashes"])
            assert.deepEqual((await get(`${chain.url}/v1/operators/${who.replace("?", `/${list}?`)}`)).data, []);
    }
    await get(`${chain.url}/v1/operator-sets/${STRANGER}/0`, 404);
    const by_shares = await all(`${chain.url}/v1/operators?sort=shares&strategy=${chain.strategies.ALT}`, 2);
    const shares = by_shares.map((o) => BigInt(lower(o).shares.find((s) => s.strategy === chain.strategies.ALT).shares));
    assert.ok(shares.length > 2 && shares.every((n, i) => n > 0n && (i === 0 || n <= shares[i - 1])));
    assert.deepEqual(await all(`${chain.url}/v1/operators?sort=shares&strategy=${chain.strategies.ALT}&order=asc`, 3), by_shares.toReversed());
    assert.deepEqual(await all(`${chain.url}/v1/operators?sort=shares`, 1), by_shares, "in what ALT is staked in, unless another is named");
    const of_alt = (address) => BigInt(sample.operators[address]?.shares.ALT ?? 0), then = await all(`${chain.url}/v1/operators?sort=shares&at=${sample.block}`, 1);
    const ours = lower(then).map((o) => o.address).filter((address) => address in sample.operators);
    assert.deepEqual(ours, Object.keys(sample.operators).filter((o) => of_alt(o) > 0n).sort((x, y) => (of_alt(y) > of_alt(x) || (of_alt(y) === of_alt(x) && y > x) ? 1 : -1)));
    for (const [query, param] of [[`sort=shares&avs=${operator}`, "avs"], [`strategy=${operator}`, "strategy"], ["operator_set=1", "operator_set"]])
        assert.equal((await get(`${chain.url}/v1/operators?${query}`, 400)).param, param);
}

for (const name of chains)
    test(`${name}: operators, stakers and queued withdrawals equal the contracts' own answers`, async (t) => {
        const { url, samples, contracts, parameters } = await serve_chain(name, undo), tally = new Tally();
        const strategies = Object.fromEntries(contracts.filter((c) => c.kind === "eigenlayer.strategy")
            .map((c) => [c.name.replace("strategy ", ""), c.address.toLowerCase()]));
        const chain = { url, strategies, delay: parameters.min_withdrawal_delay_blocks };
        for (const sample of samples) {
            const { block } = sample;
            await each(Object.entries(sample.operators), ([address, truth]) => check_operator(chain, block, address, truth, tally));
            await each(Object.entries(sample.stakers), ([address, truth]) => check_staker(chain, block, address, truth, tally));
        }
        await each(samples.filter((_, i) => i % 6 === 5), (sample) => check_lists(chain, sample, tally));
        const last = samples.at(-1);
        await check_withdrawals(chain, Object.keys(last.stakers), last.block, tally);
        await check_windows(chain, samples, tally);
        await check_history(chain, samples, tally);
        await check_ways_to_ask(chain, last);
        t.diagnostic(`${name}: at ${samples.length} blocks equal: ${tally}`);
        const least = { "operator shares": 200, "minimum slashable stake": 1000, "withdrawable shares": 1000, "withdrawable in the queue": 50, paid: 5, "slashable until": 2 };
        for (const [kind, n] of Object.entries(least)) assert.ok(tally.counts[kind] >= n, `${kind}: ${tally.counts[kind]}`);
    });
