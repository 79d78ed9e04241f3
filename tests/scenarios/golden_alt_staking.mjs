// tests/scenarios/golden_alt_staking.mjs - every figure of ALT's own staking in the golden chains, as of each sampled block.
//
// The truth is what the contract's own view functions answered. Without a node some of it follows from no log; there the API
// must answer null and name the member in `undetermined`. What is excluded is counted by kind, and must not grow.
import assert from "node:assert/strict";
import { after, test } from "node:test";
import { chains, each, serve_chain } from "./lib/golden.mjs";
import { get } from "./lib/program.mjs";

const NEVER = String(2n ** 40n - 1n); // type(uint40).max
const ZERO = `0x${"0".repeat(40)}`;
const undo = [];
after(async () => {
    for (const step of undo.reverse()) await step();
});

// How many figures of each kind no log determines, found by replaying the logs with an independent program. A chain that is not
// named here may exclude anything.
const EXCLUDED = {
    seed7: {
        "number of distributions": 33, "terms of a distribution": 444, "token and vault of a distribution": 6,
        "pending rewards": 6177, "pending rewards of a distribution in no log yet": 248, "division of a claim": 1832, "cooldown": 29,
        "sums over cooldowns": 52, "expiry of an alert": 106,
    },
    seed13: {
        "number of distributions": 54, "terms of a distribution": 560, "token and vault of a distribution": 36,
        "pending rewards": 1522, "pending rewards of a distribution in no log yet": 484, "division of a claim": 188, "cooldown": 50,
        "sums over cooldowns": 100, "expiry of an alert": 93,
    },
};

const seconds = (time) => (time === null ? "0" : String(Date.parse(time) / 1000));
const lower = (address) => (address ?? ZERO).toLowerCase();

/** Compares figures of one block; knows what was excluded, and what an answer says is open. */
class Ledger {
    constructor() {
        this.compared = 0;
        this.excluded = {};
    }

    /** Figures of one object of the API, whose `undetermined` list names its open members. */
    of(object, where) {
        const open = new Map(object.undetermined.map((item) => [item.path, item]));
        return {
            is: (path, actual, expected, kind, shown = String) => {
                const item = open.get(path);
                if (actual !== null || (!item && !kind)) {
                    assert.ok(!item || item.code === "as-read", `${where}: ${path} is open and not null`);
                    assert.equal(actual === null ? null : shown(actual), expected, `${where}: ${path}`);
                    this.compared++;
                    return;
                }
                assert.ok(item, `${where}: ${path} is null and not named`);
                assert.ok(kind, `${where}: ${path} must be determined`);
                if (item.least !== undefined)
                    assert.ok(BigInt(item.least) <= BigInt(expected) && BigInt(expected) <= BigInt(item.most),
                        `${where}: ${path} outside its bounds`);
                this.exclude(kind);
            },
            open,
        };
    }

    exclude(kind, n = 1) {
        this.excluded[kind] = (this.excluded[kind] ?? 0) + n;
    }

    equal(actual, expected, where) {
        assert.deepEqual(actual, expected, where);
        this.compared++;
    }
}

function checkTotals(ledger, answer, truth, where) {
    const { is } = ledger.of(answer, where);
    const { totals, config } = answer;
    const sums = "sums over cooldowns";
    is("/totals/total_staked", totals.total_staked, truth.total_staked);
    is("/totals/total_supply", totals.total_supply, truth.total_supply_all);
    is("/totals/total_cooldown", totals.total_cooldown, truth.total_cooldown, sums);
    is("/totals/total_frozen", totals.total_frozen, truth.total_frozen);
    is("/totals/total_frozen_cooldown", totals.total_frozen_cooldown, truth.total_frozen_cooldown, sums);
    is("/totals/total_voting_stake", totals.total_voting_stake, truth.total_voting_stake, sums);
    is("/totals/total_active_operators", totals.total_active_operators, truth.total_active_operators, sums);
    is("/totals/activation_threshold", totals.activation_threshold, truth.activation_threshold, sums);
    is("/totals/total_operators", totals.total_operators, truth.total_operators);
    is("/totals/total_alerts", totals.total_alerts, truth.total_alerts);
    is("/totals/total_distributions", totals.total_distributions, truth.total_distributions, "number of distributions");
    is("/config/paused", config.paused, String(truth.paused));
    for (const name of ["cooldown_seconds", "min_voting_stake", "expiry_duration", "operator_fee_cooldown_seconds"])
        is(`/config/${name}`, config[name], truth[name]);
    is("/config/protocol/vault", config.protocol.vault, truth.protocol.vault.toLowerCase(), undefined, lower);
    for (const name of ["cooldown_seconds", "fee_bps", "pending_fee_bps"])
        is(`/config/protocol/${name}`, config.protocol[name], truth.protocol[name]);
    ledger.equal(seconds(config.protocol.fee_cooldown_end), truth.protocol.fee_cooldown_end, `${where}: protocol fee's timer`);
}

const NO_OPERATOR = {
    registered: false, frozen: false, active: false, total_supply: "0", total_cooldown: "0", total_voting_stake: "0",
    fee_bps: 0, pending_fee_bps: 0, fee_cooldown_end: null, node_key: null, voted_alerts: [],
};

function checkOperators(ledger, answer, truth, where) {
    const { is } = ledger.of(answer, where);
    for (const [address, t] of Object.entries(truth.operators)) {
        const at = answer.operators.findIndex((o) => lower(o.operator) === address);
        const o = answer.operators[at] ?? NO_OPERATOR;
        const path = `/operators/${at}`;
        for (const name of ["registered", "frozen", "total_supply", "fee_bps", "pending_fee_bps"])
            is(`${path}/${name}`, o[name], String(t[name]));
        is(`${path}/active`, o.active, String(t.active), "sums over cooldowns");
        is(`${path}/total_cooldown`, o.total_cooldown, t.total_cooldown, "sums over cooldowns");
        is(`${path}/total_voting_stake`, o.total_voting_stake, t.total_voting_stake, "sums over cooldowns");
        ledger.equal(seconds(o.fee_cooldown_end), t.fee_cooldown_end, `${where}: ${path}/fee_cooldown_end`);
        ledger.equal(lower(o.node_key), lower(t.node_key), `${where}: ${path}/node_key`);
        ledger.equal(o.voted_alerts, t.voted_alerts, `${where}: ${path}/voted_alerts`);
    }
}

function checkDistributions(ledger, answer, truth, where) {
    const { is } = ledger.of(answer, where);
    for (const [id, t] of Object.entries(truth.distributions)) {
        const at = answer.distributions.findIndex((d) => d.distribution === Number(id));
        if (at < 0) { // created, and not in any log yet
            assert.equal(t.index, "0", `${where}: distribution ${id} is in the logs`);
            ledger.exclude("terms of a distribution", 4);
            ledger.exclude("token and vault of a distribution", 2);
            continue;
        }
        const d = answer.distributions[at];
        const path = `/distributions/${at}`;
        is(`${path}/index`, d.index, t.index);
        is(`${path}/reward_token`, d.reward_token, lower(t.reward_token), "token and vault of a distribution", lower);
        is(`${path}/reward_vault`, d.reward_vault, lower(t.reward_vault), "token and vault of a distribution", lower);
        is(`${path}/emission_per_second`, d.emission_per_second, t.emission_per_second, "terms of a distribution");
        for (const [name, of] of [["starts_at", "start"], ["ends_at", "end"], ["updated_at", "update_timestamp"]])
            is(`${path}/${name}`, d[name], t[of], "terms of a distribution", seconds);
    }
}

/** The vault that the protocol's fees go to spends nothing in these chains: what it holds is what it was paid. */
function checkFees(ledger, answer, sample, tokens, where) {
    const vault = sample.alt_staking.protocol.vault.toLowerCase();
    for (const [name, token] of Object.entries(tokens)) {
        const paid = answer.distributions.filter((d) => lower(d.reward_token) === token);
        const sum = (of, rows) => rows.reduce((total, row) => total + BigInt(row[of]), 0n);
        ledger.equal(sum("protocol_fee", paid), BigInt(sample[name][vault] ?? 0), `${where}: protocol fees in ${name}`);
        for (const d of paid) {
            const fees = answer.operators.flatMap((o) => o.fees.filter((f) => f.distribution === d.distribution));
            for (const of of ["accrued", "protocol_fee", "operator_fee"])
                ledger.equal(sum(of, fees), BigInt(d[of]), `${where}: ${of} of distribution ${d.distribution}`);
        }
    }
}

function checkAlerts(ledger, answer, truth, where) {
    const { is } = ledger.of(answer, where);
    for (const [hash, t] of Object.entries(truth.alerts)) {
        const at = answer.alerts.findIndex((a) => a.alert === hash);
        if (at < 0) {
            assert.deepEqual({ ...t }, { vote_count: "0", expiry: "0", reset_count: "0", is_active: false, listed: false },
                `${where}: alert ${hash} is missing`);
            continue;
        }
        const a = answer.alerts[at];
        const path = `/alerts/${at}`;
        is(`${path}/vote_count`, a.vote_count, t.vote_count);
        is(`${path}/is_active`, a.is_active, String(t.is_active));
        is(`${path}/listed`, a.listed, String(t.listed));
        is(`${path}/reset_count`, a.reset_count, t.reset_count, "resets of an alert");
        if (a.never_expires === null) {
            is(`${path}/expires_at`, a.expires_at, t.expiry, "expiry of an alert", seconds);
            assert.equal(a.kind, null);
        } else {
            ledger.equal(a.never_expires ? NEVER : seconds(a.expires_at), t.expiry, `${where}: ${path}/expires_at`);
        }
    }
}

function checkRewards(ledger, position, t, is, where) {
    const pooled = new Map(position.claimable_pools.flatMap((p) => p.distributions.map((id) => [id, p])));
    let sum = 0n;
    for (const [id, r] of Object.entries(t.rewards)) {
        const at = position.rewards.findIndex((x) => x.distribution === Number(id));
        sum += BigInt(r.claimable);
        if (at < 0) { // of a distribution that is in no log yet nothing can have accrued but what is pending
            assert.deepEqual([r.claimable, r.user_index], ["0", "0"], `${where}: distribution ${id} is missing`);
            if (position.voting_stake !== "0") ledger.exclude("pending rewards of a distribution in no log yet");
            continue;
        }
        const x = position.rewards[at];
        is(`/rewards/${at}/claimable`, x.claimable, r.claimable, "division of a claim");
        is(`/rewards/${at}/pending`, x.pending, r.pending_gross, "pending rewards");
        is(`/rewards/${at}/user_index`, x.user_index, r.user_index);
        assert.equal(x.claimable === null, pooled.has(Number(id)), `${where}: pools`);
    }
    const known = position.rewards.reduce((s, x) => s + BigInt(x.claimable ?? 0), 0n);
    const pools = position.claimable_pools.reduce((s, p) => s + BigInt(p.claimable), 0n);
    ledger.equal(known + pools, sum, `${where}: claimable in all`);
    for (const p of position.claimable_pools)
        ledger.equal(BigInt(p.claimable), p.distributions.reduce((s, id) => s + BigInt(t.rewards[id].claimable), 0n),
            `${where}: claimable of a pool`);
}

function checkCooldown(ledger, position, t, is, seconds_in_force, where) {
    const c = position.cooldown;
    if (c === null) {
        ledger.equal("0", t.cooldown_amount, `${where}: cooldown`);
        ledger.equal("0", t.cooldown_timestamp, `${where}: cooldown`);
        return;
    }
    const whole = position.undetermined.some((item) => item.path === "/cooldown");
    if (whole) { // perhaps none at all
        assert.deepEqual(c, { amount: null, started_at: null, available_at: null });
        ledger.exclude("cooldown", 2);
        return;
    }
    is("/cooldown/amount", c.amount, t.cooldown_amount, "cooldown");
    is("/cooldown/started_at", c.started_at, t.cooldown_timestamp, undefined, seconds);
    is("/cooldown/available_at", c.available_at, String(Number(t.cooldown_timestamp) + Number(seconds_in_force)), undefined, seconds);
}

const isNothing = (t) => t.balance === "0" && t.cooldown_amount === "0" &&
    Object.values(t.rewards).every((r) => r.claimable === "0" && r.user_index === "0");

async function checkUser(ledger, url, contract, user, sample) {
    const truth = sample.alt_staking;
    const account = await get(`${url}/v1/accounts/${user}?at=${sample.block}`);
    const theirs = truth.positions.filter((t) => t.user === user);
    const mine = account.alt_staking.filter((p) => lower(p.contract) === contract);
    const extra = mine.filter((p) => !theirs.some((t) => t.operator === lower(p.operator)));
    assert.deepEqual(extra, [], `${user} at ${sample.block}: positions that the contract does not know`);
    for (const t of theirs) {
        const where = `${user} with ${t.operator} at ${sample.block}`;
        const position = mine.find((p) => lower(p.operator) === t.operator);
        if (!position) {
            assert.ok(isNothing(t), `${where}: missing`);
            continue;
        }
        const { is } = ledger.of(position, where);
        is("/staked", position.staked, t.balance);
        checkCooldown(ledger, position, t, is, truth.cooldown_seconds, where);
        is("/voting_stake", position.voting_stake, t.voting_stake, "cooldown");
        checkRewards(ledger, position, t, is, where);
    }
}

for (const chain of chains) {
    test(`${chain}: ALT's own staking equals the contract's own answers`, async (t) => {
        const { url, samples, contracts } = await serve_chain(chain, undo);
        const contract = contracts.find((c) => c.kind === "alt.staking").address.toLowerCase();
        const named = (name) => contracts.find((c) => c.name === name).address.toLowerCase();
        const tokens = { alt: named("alt"), tok2: named("tok2") };
        for (const none of [`${contract}?at=0`, tokens.alt, `0x${"1".repeat(40)}`]) await get(`${url}/v1/alt-staking/${none}`, 404);
        const ledger = new Ledger();
        for (const sample of samples) {
            const truth = sample.alt_staking;
            const where = `block ${sample.block}`;
            const answer = await get(`${url}/v1/alt-staking/${contract}?at=${sample.block}`);
            assert.equal(answer.inconsistent_since, null, where);
            checkTotals(ledger, answer, truth, where);
            checkOperators(ledger, answer, truth, where);
            checkDistributions(ledger, answer, truth, where);
            checkAlerts(ledger, answer, truth, where);
            checkFees(ledger, answer, sample, tokens, where);
            const users = new Set(truth.positions.map((p) => p.user));
            await each(users, (user) => checkUser(ledger, url, contract, user, sample));
        }
        t.diagnostic(`${chain}: ${ledger.compared} figures equal at ${samples.length} blocks; excluded ${JSON.stringify(ledger.excluded)}`);
        assert.ok(ledger.compared > 1000);
        for (const [kind, n] of Object.entries(ledger.excluded))
            assert.ok(n <= (EXCLUDED[chain] ?? ledger.excluded)[kind], `${kind}: ${n} figures excluded, more than no log determines`);
    });
}
