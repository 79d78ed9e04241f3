// tests/scenarios/golden_slashes.mjs - every slash of the golden chains: its record, whom it cost what, and the simulator just before it.
//
// Expected figures come from the chains' logs. The wad that was asked for is in no log: the largest that takes as much of the
// magnitudes as was taken does the same.
import assert from "node:assert/strict";
import { createRequire } from "node:module";
import { join } from "node:path";
import { after, test } from "node:test";
import { read_archive } from "./lib/archive.mjs";
import { all, chains, each, serve_chain } from "./lib/golden.mjs";
import { get, root } from "./lib/program.mjs";

const { Interface } = createRequire(join(root, "tests/package.json"))("ethers");
const WAD = 10n ** 18n, BURN = "0x00000000000000000000000000000000000E16E4", NOBODY = `0x${"00".repeat(20)}`;
const MOST = 1000; // of a page
const abi = new Interface([
    "event AllocationUpdated(address operator, tuple(address avs, uint32 id) set, address strategy, uint64 magnitude, uint32 effectBlock)",
    "event EncumberedMagnitudeUpdated(address operator, address strategy, uint64 magnitude)",
    "event MaxMagnitudeUpdated(address operator, address strategy, uint64 magnitude)",
    "event OperatorSharesDecreased(address indexed operator, address staker, address strategy, uint256 shares)",
    "event OperatorSharesSlashed(address indexed operator, address strategy, uint256 shares)",
    "event BurnOrRedistributableSharesIncreased(tuple(address avs, uint32 id) set, uint256 slashId, address strategy, uint256 shares)",
    "event BurnOrRedistributableSharesDecreased(tuple(address avs, uint32 id) set, uint256 slashId, address strategy, uint256 shares)",
    "event RedistributionAddressSet(tuple(address avs, uint32 id) set, address recipient)",
    "event OperatorSlashed(address operator, tuple(address avs, uint32 id) set, address[] strategies, uint256[] wads, string description)",
]);
const undo = [];
after(async () => {
    for (const step of undo.reverse()) await step();
});

/* ---- what the logs say ---- */

function decode(log) {
    try {
        const event = abi.parseLog(log);
        return event && { name: event.name, v: event.args, log };
    } catch {
        return null;
    }
}

const key = (...parts) => parts.join("/").toLowerCase();
const set_key = (set) => key(set.avs, set.id);

/** Goes through the chain in order; gives each slash with what its logs say and what held before. */
class Story {
    slashes = [];
    max = new Map(); // operator/strategy -> maximum magnitude
    allocations = new Map(); // operator/set/strategy -> {target, effect}
    recipients = new Map();
    cleared = new Map(); // set/slash id/strategy -> shares
    counts = new Map(); // set -> slashes so far

    constructor(blocks) {
        for (const block of blocks) {
            const transactions = Map.groupBy(block.logs, (log) => log.transactionHash);
            for (const logs of transactions.values()) {
                const told = logs.map(decode).filter(Boolean);
                const slash = told.find((e) => e.name === "OperatorSlashed");
                if (slash) this.slashes.push(this.slash(block, logs[0], told, slash));
                for (const event of told) this.take(event);
            }
        }
    }

    take({ name, v }) {
        if (name === "MaxMagnitudeUpdated") this.max.set(key(v.operator, v.strategy), v.magnitude);
        if (name === "AllocationUpdated") this.allocations.set(key(v.operator, set_key(v.set), v.strategy), { target: v.magnitude, effect: v.effectBlock });
        if (name === "RedistributionAddressSet") this.recipients.set(set_key(v.set), v.recipient);
        if (name === "BurnOrRedistributableSharesDecreased") this.cleared.set(key(set_key(v.set), v.slashId, v.strategy), v.shares);
    }

    slash(block, first, told, { v, log }) {
        const set = v.set, count = (this.counts.get(set_key(set)) ?? 0) + 1;
        const named = told.find((e) => e.name === "BurnOrRedistributableSharesIncreased");
        assert.ok(!named || named.v.slashId === BigInt(count), "slash ids count the slashes of a set");
        this.counts.set(set_key(set), count);
        return {
            id: `${block.hash}-${Number(log.logIndex)}`, block: Number(block.number), log_index: Number(log.logIndex), tx_hash: log.transactionHash,
            first_log: Number(first.logIndex), operator: v.operator, set: { avs: set.avs, id: Number(set.id) }, description: v.description,
            slash_id: `${count}`,
            recipient: this.recipients.get(set_key(set)) ?? NOBODY,
            strategies: [...v.strategies].map((strategy, i) => this.strategy(Number(block.number), told, v, strategy, v.wads[i])),
        };
    }

    strategy(block, told, { operator, set }, strategy, wad_slashed) {
        const max_before = this.max.get(key(operator, strategy)) ?? WAD;
        if (wad_slashed === 0n) return { strategy, wad_slashed, wad: WAD / 3n, max_before, max_after: max_before, live: 0n, total: 0n };
        const of = (name) => told.filter((e) => e.name === name && e.v.strategy === strategy).map((e) => e.v);
        const max_after = of("MaxMagnitudeUpdated")[0].magnitude, taken = max_before - max_after;
        const updates = of("AllocationUpdated"), current = updates.at(-1).magnitude, before = current + taken;
        const least = (a, b) => (a < b ? a : b);
        let wad = (taken * WAD) / before, pending = null;
        if (updates.length > 1) {
            const known = this.allocations.get(key(operator, set_key(set), strategy));
            const pending_before = before - known.target;
            assert.ok(known.effect > BigInt(block) && pending_before > 0n, "a decrease is pending");
            pending = updates[0].magnitude - current; // signed
            wad = least(wad, ((pending_before + pending) * WAD) / pending_before);
        }
        return {
            strategy, wad_slashed, wad: least(wad, WAD), max_before, max_after, current, pending, effect: pending === null ? null : updates[0].effectBlock,
            encumbered: of("EncumberedMagnitudeUpdated")[0].magnitude, live: of("OperatorSharesDecreased")[0].shares, total: of("OperatorSharesSlashed")[0].shares,
        };
    }
}

/* ---- what the API says ---- */

const number = (value) => BigInt(value ?? 0);
const sum = (rows) => rows.reduce((total, row) => total + number(row.loss), 0n);
const size = (value) => (value < 0n ? -value : value);

function check_record(answer, slash, story, generous) {
    const where = slash.id;
    const expected = {
        id: slash.id, block_number: slash.block, log_index: slash.log_index, tx_hash: slash.tx_hash, operator: slash.operator, avs: slash.set.avs,
        operator_set: slash.set.id, slash_id: slash.slash_id, description: slash.description,
        disposition: slash.recipient === NOBODY ? "burned" : "redistributed", recipient: slash.recipient === NOBODY ? BURN : slash.recipient,
    };
    for (const [name, value] of Object.entries(expected)) assert.equal(answer[name], value, `${name} of ${where}`);
    const strategies = slash.strategies.map((s) => ({
        strategy: s.strategy, wad_slashed: `${s.wad_slashed}`, magnitude_before: `${s.max_before}`, magnitude_after: `${s.max_after}`,
        live_shares: `${s.live}`, queued_shares: `${s.total - s.live}`, total_shares: `${s.total}`,
        cleared_shares: `${(generous && story.cleared.get(key(set_key(slash.set), slash.slash_id, s.strategy))) || 0n}`,
    }));
    assert.deepEqual(answer.strategies, strategies, `strategies of ${where}`);
}

/** The impact adds up to the event's figure, and the residue is rounding. */
function check_impact(rows, slash) {
    const order = { staker: 0, withdrawal: 1, dust: 2, residue: 3 };
    for (const s of slash.strategies) {
        const of = rows.filter((row) => row.strategy === s.strategy), where = `${s.strategy} of ${slash.id}`;
        if (s.max_before === s.max_after) {
            assert.deepEqual(of.map((row) => [row.kind, row.before, row.loss]), [["residue", null, "0"]], `nobody is hit in ${where}`);
            continue;
        }
        assert.equal(sum(of), s.total, `losses in ${where}`);
        const residue = of.filter((row) => row.kind === "residue");
        assert.equal(residue.length, 1);
        assert.ok(size(number(residue[0].loss)) <= 2n * BigInt(of.length), `residue ${residue[0].loss} of ${of.length} rows in ${where}`);
        for (const row of of.filter((r) => r.kind !== "residue")) assert.equal(number(row.before) - number(row.after), number(row.loss), where);
        const kinds = of.map((row) => order[row.kind]);
        assert.deepEqual(kinds, kinds.toSorted((a, b) => a - b), `order of ${where}`);
        const stakers = of.filter((row) => row.kind === "staker").map((row) => row.account.toLowerCase());
        assert.deepEqual(stakers, [...new Set(stakers)].sort(), `stakers of ${where}`);
    }
    return rows.filter((row) => row.account !== null);
}

async function simulate(url, body, status = 200) {
    const reply = await fetch(`${url}/v1/simulations/slash`, {
        method: "POST", headers: { "Content-Type": "application/json" }, body: JSON.stringify(body),
    });
    const text = await reply.text();
    assert.equal(reply.status, status, text);
    return JSON.parse(text);
}

const request = (slash) => ({
    operator: slash.operator, avs: slash.set.avs, operator_set: slash.set.id, strategies: slash.strategies.map((s) => s.strategy),
    wads: slash.strategies.map((s) => `${s.wad}`), at: slash.block, log_index: slash.first_log,
});

/** Counts figures. */
async function check_simulation(url, slash, impact) {
    const answer = await simulate(url, request(slash));
    let figures = 0;
    for (const [i, s] of slash.strategies.entries()) {
        const of = answer.strategies[i], hit = s.wad_slashed !== 0n;
        const expected = {
            strategy: s.strategy, wad_slashed: s.wad_slashed, live_shares: s.live, queued_shares: s.total - s.live, total_shares: s.total,
            "max_magnitude.before": s.max_before, "max_magnitude.after": s.max_after, slashed_magnitude: s.max_before - s.max_after,
            ...(hit && { "current_magnitude.after": s.current, encumbered_magnitude_stored: s.encumbered }),
            ...(hit && s.pending !== null && { "pending_diff.after": s.pending, effect_block: s.effect }),
            ...(!hit && { "current_magnitude.before": 0, encumbered_magnitude_stored: null }),
        };
        for (const [path, value] of Object.entries(expected)) {
            const told = path.split(".").reduce((at, name) => at[name], of);
            assert.equal(`${told}`, `${value}`, `${path} of ${s.strategy}, ${slash.id}`);
            figures++;
        }
        const rows = impact.filter((row) => row.strategy === s.strategy), kind = (name) => rows.filter((row) => row.kind === name);
        assert.equal(number(of.staker_loss), sum(kind("staker")));
        assert.equal(number(of.withdrawal_loss), sum(kind("withdrawal")));
        assert.equal(number(of.dust_loss), sum(kind("dust")));
        assert.equal(number(of.residue), sum(kind("residue")));
        assert.deepEqual([of.stakers, of.withdrawals, of.unknown], [kind("staker").length, kind("withdrawal").length, 0]);
        figures += 7;
    }
    const same = answer.impact.map(({ alt_before, alt_after, ...row }) => row);
    assert.deepEqual(same, impact.filter((row) => row.account !== null), `impact of ${slash.id}, simulated`);
    assert.equal(answer.has_more, false);
    return figures;
}

for (const name of chains) {
    test(`${name}: every slash, its record, its impact and its simulation`, async (t) => {
        const { url } = await serve_chain(name, undo);
        const story = new Story(read_archive(join(root, "tests/data/chains", name, "chain.ndjson.gz")));
        const records = await all(`${url}/v1/slashes?`), impacts = new Map();
        assert.deepEqual(records.map((r) => r.id), story.slashes.map((s) => s.id), "slashes in chain order");
        assert.deepEqual((await all(`${url}/v1/slashes?order=desc`)).reverse(), records);
        let figures = 0, residue = 0n;
        await each(story.slashes.entries(), async ([i, slash]) => {
            check_record(records[i], slash, story, true);
            const { as_of, ...at_head } = await get(`${url}/v1/slashes/${slash.id}`);
            assert.deepEqual(at_head, records[i]);
            check_record(await get(`${url}/v1/slashes/${slash.id}?at=${slash.block}`), slash, story, false);
            await get(`${url}/v1/slashes/${slash.id}?at=${slash.block - 1}`, 404);
            await get(`${url}/v1/slashes/${slash.id}/impact?at=${slash.block - 1}`, 404);
            const impact = await all(`${url}/v1/slashes/${slash.id}/impact?`, 2);
            assert.deepEqual((await get(`${url}/v1/slashes/${slash.id}/impact?limit=${MOST}`)).data, impact, "pages are parts of the whole");
            impacts.set(slash, check_impact(impact, slash));
            for (const row of impact) if (row.kind === "residue" && size(number(row.loss)) > residue) residue = size(number(row.loss));
            const told = await check_simulation(url, slash, impact);
            figures += told;
        });
        t.diagnostic(`${name}: ${records.length} slashes, ${figures} simulated figures equal, greatest residue ${residue}`);
        assert.ok(figures > 500);
        await check_lists(url, story, records);
        await check_accounts(url, story, impacts);
        await check_refusals(url, story);
    });
}

/** The same slashes by operator, set and range. */
async function check_lists(url, story, records) {
    const operators = new Set(story.slashes.map((s) => s.operator)), middle = story.slashes[Math.floor(story.slashes.length / 2)];
    for (const operator of operators) {
        const own = records.filter((r) => r.operator === operator);
        assert.deepEqual(await all(`${url}/v1/operators/${operator}/slashes?`), own);
        assert.deepEqual(await all(`${url}/v1/slashes?operator=${operator}&order=desc`), own.toReversed());
    }
    const { avs, id } = middle.set, by_set = records.filter((r) => r.avs === avs && r.operator_set === id);
    assert.deepEqual(await all(`${url}/v1/slashes?avs=${avs}&operator_set=${id}`), by_set);
    const range = records.filter((r) => r.block_number >= middle.block && r.block_number <= middle.block + 50);
    assert.deepEqual(await all(`${url}/v1/slashes?from_block=${middle.block}&to_block=${middle.block + 50}`), range);
    const then = await all(`${url}/v1/slashes?at=${middle.block}`);
    assert.deepEqual(then.map((r) => r.id), records.filter((r) => r.block_number <= middle.block).map((r) => r.id));
    await get(`${url}/v1/slashes?from_block=2&to_block=1`, 400);
    await get(`${url}/v1/slashes/nonsense`, 404);
    await get(`${url}/v1/slashes/${middle.id}0`, 404);
}

/** What an account lost is what the impacts say of it. */
async function check_accounts(url, story, impacts) {
    const losses = new Map();
    for (const slash of story.slashes) {
        for (const { account, ...row } of impacts.get(slash)) {
            if (!losses.has(account)) losses.set(account, []);
            losses.get(account).push({ id: slash.id, ...row });
        }
    }
    await each(losses, async ([account, expected]) => {
        const told = await all(`${url}/v1/accounts/${account}/slashes?`);
        const same = told.map(({ id, strategy, kind, withdrawal_root, before, after: left, loss }) => ({ id, strategy, kind, withdrawal_root, before, after: left, loss }));
        assert.deepEqual(same, expected, `slashes of ${account}`);
        assert.deepEqual((await all(`${url}/v1/accounts/${account}/slashes?order=desc`)).reverse(), told);
    });
    assert.ok(losses.size > 3);
    assert.deepEqual(await all(`${url}/v1/accounts/${NOBODY}/slashes?`), []);
}

/** What the contract reverts is 422 with its reason, the first in its own order. */
async function check_refusals(url, story) {
    const body = request(story.slashes.find((s) => s.strategies[0].wad_slashed !== 0n)), stranger = `0x${"ee".repeat(20)}`;
    const cases = [
        [{ wads: [] }, "input-array-length-mismatch"],
        [{ operator_set: 4000000000, wads: ["0"] }, "invalid-operator-set"],
        [{ operator: stranger, wads: ["0"] }, "operator-not-slashable"],
        [{ strategies: [body.strategies[0], body.strategies[0]], wads: [...body.wads, "1"] }, "strategies-must-be-in-ascending-order"],
        [{ wads: ["0"] }, "invalid-wad-to-slash"],
        [{ wads: [`${WAD + 1n}`] }, "invalid-wad-to-slash"],
        [{ strategies: [stranger] }, "strategy-not-in-operator-set"],
    ];
    for (const [change, code] of cases) {
        const problem = await simulate(url, { ...body, ...change }, 422);
        assert.equal(problem.code, "rule-refused");
        assert.deepEqual(problem.reasons.map((r) => r.code), [code]);
    }
    await simulate(url, { ...body, at: 1 }, 422);
    await simulate(url, { ...body, limit: 100001 }, 400);
    await simulate(url, { ...body, wads: [5] }, 400);
}
