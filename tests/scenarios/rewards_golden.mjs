// tests/scenarios/rewards_golden.mjs - every payout of every closed day of the golden chains, computed again in JavaScript from the public API and the rules.
//
// What is to be booked is counted in the archive itself, decoded by ethers; then pools, shares, payouts, remainders and roots are held to the unit.
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { join } from "node:path";
import { after, test } from "node:test";
import { claim_holds } from "../model/reward_tree.mjs";
import { list } from "../model/reward_facts.mjs";
import { read_archive } from "./lib/archive.mjs";
import { chains, each, serve_chain } from "./lib/golden.mjs";
import { get, root } from "./lib/program.mjs";
import { judge } from "./lib/rewards.mjs";

const { Interface } = createRequire(join(root, "tests/package.json"))("ethers");
const undo = [];
after(async () => {
    for (const step of undo.reverse()) await step();
});

/** The contract's events as tests/data/abi says them, for ethers. */
function abi_of(contract) {
    const parameter = ({ name, type, indexed, components }) => (components
        ? { name, indexed, type: `tuple${type.slice(type.lastIndexOf(")") + 1)}`, components: components.map(parameter) } : { name, indexed, type });
    const events = JSON.parse(readFileSync(join(root, "tests/data/abi/events.json"))).filter((e) => e.contract === contract);
    return new Interface(events.map(({ name, inputs }) => ({ type: "event", name, inputs: inputs.map(parameter) })));
}

/** [{name, args, block, index, hash}] of the logs of one contract. */
function decoded(blocks, address, contract) {
    const abi = abi_of(contract), out = [];
    for (const block of blocks)
        for (const log of block.logs.filter((l) => l.address.toLowerCase() === address)) {
            const event = abi.parseLog(log);
            if (event) out.push({ name: event.name, args: event.args, block: Number(block.number), index: Number(log.logIndex), tx: log.transactionHash });
        }
    return out;
}

const places = (rows) => rows.map((r) => `${r.block_number}-${r.log_index}`).sort();
const events_at = (events, pattern) => events.filter((e) => pattern.test(e.name)).map((e) => `${e.block}-${e.index}`).sort();

/* Every submission, split and setting of the archive stands as a row, with what ethers decodes. */
async function check_income(url, events, at) {
    const rows = (path) => list(url, path, at), submissions = await rows("rewards/submissions");
    assert.deepEqual(places(submissions), events_at(events, /Submission.*Created|SubmissionForAll/));
    for (const s of submissions) {
        const { args } = events.find((e) => e.block === s.block_number && e.index === s.log_index), body = args.at(-1);
        const amount = body.amount ?? body.operatorRewards.reduce((total, r) => total + r.amount, 0n);
        assert.deepEqual([s.submission, s.token, s.amount, Date.parse(s.start_time) / 1000, s.duration],
            [args.find((v) => /^0x[0-9a-f]{64}$/.test(v)), body.token.toLowerCase(), String(amount), Number(body.startTimestamp), Number(body.duration)]);
        assert.deepEqual(s.strategies.map((x) => [x.strategy, x.multiplier]), body.strategiesAndMultipliers.map((x) => [x.strategy.toLowerCase(), String(x.multiplier)]));
        assert.deepEqual(s.operators.map((x) => [x.operator, x.amount]), (body.operatorRewards ?? []).map((x) => [x.operator.toLowerCase(), String(x.amount)]));
    }
    const splits = await rows("rewards/splits");
    assert.deepEqual(places(splits), events_at(events, /SplitBipsSet/).filter((place) => !events_at(events, /^Default/).includes(place)));
    for (const s of splits) {
        const { args } = events.find((e) => e.block === s.block_number && e.index === s.log_index);
        assert.deepEqual([s.operator, Date.parse(s.activated_at) / 1000, s.old_bips, s.new_bips].map(String), [args[1].toLowerCase(), ...args.slice(-3)].map(String));
    }
    assert.deepEqual(places(await rows("rewards/settings")), events_at(events, /^(Default|ActivationDelay|RewardsUpdater|FeeRecipient)/));
    return { submissions: submissions.length, splits: splits.length };
}

/* What ALT's own staking collected as fees: per operator and distribution, and per user what accrued. */
async function check_alt_staking(url, contract, events, at) {
    const fees = new Map(), add = (key, n) => fees.set(key, (fees.get(key) ?? 0n) + n);
    const collected = events.filter((e) => e.name === "CollectFee");
    for (const { args } of collected) {
        add(`${args.operator.toLowerCase()}/${args.distributionId}/operator`, args.operatorFee);
        add(`${args.operator.toLowerCase()}/${args.distributionId}/protocol`, args.protocolFee);
    }
    const ours = new Map();
    for (const { operator, fees: rows } of (await get(`${url}/v1/alt-staking/${contract}?at=${at}`)).operators)
        for (const row of rows) {
            ours.set(`${operator.toLowerCase()}/${row.distribution}/operator`, row.operator_fee);
            ours.set(`${operator.toLowerCase()}/${row.distribution}/protocol`, row.protocol_fee);
        }
    assert.ok(collected.length > 0);
    for (const [key, amount] of fees) assert.equal(ours.get(key), String(amount), key);
    for (const [key, amount] of ours) assert.equal(String(fees.get(key) ?? 0n), amount, key);
    return collected.length;
}

/* Claims that the service makes would be taken by RewardsCoordinator for the roots computed here. */
async function check_claims(url, computed) {
    const last = computed.distributions.at(-1);
    await each([...last.leaves], async ([earner, tokens]) => {
        const query = `earner=${earner}${[...tokens.keys()].map((token) => `&token=${token}`).slice(0, 1).join("")}`;
        const { claim, root: said } = await get(`${url}/v1/rewards/proof?${query}&distribution=${last.distributor}-${last.day}`);
        assert.equal(said, last.root);
        assert.ok(claim_holds(last.root, claim), `claim of ${earner}`);
        for (const leaf of claim.tokenLeaves) assert.equal(leaf.cumulativeEarnings, String(tokens.get(leaf.token.toLowerCase())));
    });
    return last.leaves.size;
}

for (const name of chains)
    test(`${name}: payouts, remainders and roots are what an independent program computes`, async (t) => {
        const folder = join(root, "tests/data/chains", name), blocks = read_archive(join(folder, "chain.ndjson.gz"));
        const file = JSON.parse(readFileSync(join(folder, "network.json"))), of = (kind) => file.contracts.find((c) => c.kind === kind).address.toLowerCase();
        const coordinators = decoded(blocks, of("eigenlayer.rewards_coordinator"), "RewardsCoordinator");
        const stakings = decoded(blocks, of("alt.staking"), "AltLayerStakedMultiToken");
        const { url, contracts, parameters } = await serve_chain(name, undo), computed = await judge(url, { contracts, parameters }), at = computed.block;
        const income = await check_income(url, coordinators, at), fees = await check_alt_staking(url, of("alt.staking"), stakings, at);
        const claims = await check_claims(url, computed);
        check_days(computed, blocks, parameters.reward_booking_delay_blocks ?? 96);
        t.diagnostic(`${name}: ${computed.payouts.length} payouts of ${computed.pools.length} pools on ${computed.facts.days.length} days equal, ${
            computed.distributions.length} roots, ${claims} claims; ${income.submissions} submissions, ${income.splits} splits, ${fees} fees collected`);
        assert.ok(computed.payouts.length > (name === "seed7" ? 200 : 10));
        assert.deepEqual(new Set(computed.submissions.map((s) => s.kind)), new Set(["avs", "operator_directed_avs"]));
    });

/* Days are those of the archive's own times. */
function check_days(computed, blocks, delay) {
    const days = [];
    for (const block of blocks) {
        const day = Math.floor(Number(block.timestamp) / 86400), number = Number(block.number);
        if (days.at(-1)?.day === day) days.at(-1).snapshot = number;
        else days.push({ day, snapshot: number });
    }
    const ended = days.slice(0, -1).map((run, i) => ({ day: run.day, next_day: days[i + 1].day, snapshot: run.snapshot, closing: run.snapshot + delay }));
    assert.deepEqual(computed.facts.ended.map(({ closed, ...run }) => run), ended);
}
