// tests/scenarios/voting_power.mjs - voting power and ALT equivalents, recomputed from the other resources of the API.
//
// Nothing of the service's own sums is used: balances, votes, stake, rates and staking positions are asked one by one and added up
// here by the policy's words. Each unit counts once, so all accounts together never have more than the supply.
import assert from "node:assert/strict";
import { chmodSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { get, root, run, serve } from "./lib/program.mjs";

const CHAIN = join(root, "tests/data/chains/seed7");
const BLOCKS = [400, 1100, 1590];
const BURNED = "0x00000000000000000000000000000000000E16E4"; // EigenLayer burns to it
const STRATEGY_OFFSET = 1000n; // StrategyBase: SHARES_OFFSET, BALANCE_OFFSET
const undo = [];
let url, network;
const named = (name) => network.contracts.find((c) => c.name === name).address;
const same = (a, b) => a?.toLowerCase() === b?.toLowerCase();

before(async () => {
    network = JSON.parse(readFileSync(join(CHAIN, "network.json")));
    const data = mkdtempSync(join(tmpdir(), "altledger-power-"));
    chmodSync(data, 0o755); // PostgreSQL's user must get in, or its files lie elsewhere
    undo.push(() => rmSync(data, { recursive: true, force: true }));
    await run(["mirror", "--once", "--network", join(CHAIN, "network.json"), "--source", join(CHAIN, "chain.ndjson.gz"), "--data", data]);
    const served = await serve("serve", "--data", data);
    url = served.url;
    undo.push(() => served.program.kill("SIGTERM").ends());
});
after(async () => {
    for (const step of undo.reverse()) await step();
});

async function all(path) {
    const rows = [];
    for (let after = ""; ;) {
        const page = await get(`${url}${path}&limit=1000${after}`);
        rows.push(...page.data);
        if (!page.has_more) return rows;
        after = `&after=${encodeURIComponent(page.next_cursor)}`;
    }
}

/** What all accounts of a block share: rates, the vault, frozen operators. */
async function world(at) {
    const vault = await get(`${url}/v1/tokens/${named("realt")}?at=${at}`);
    const staking = await get(`${url}/v1/alt-staking/${named("alt_staking")}?at=${at}`);
    return {
        at, alt: named("alt"), vault,
        strategies: (await get(`${url}/v1/strategies?at=${at}`)).data,
        frozen: new Set(staking.operators.filter((o) => o.frozen).map((o) => o.operator.toLowerCase())),
        custodians: [BURNED, ...network.contracts.filter((c) => ["eigenlayer.strategy", "erc4626", "alt.staking"].includes(c.kind)).map((c) => c.address)],
    };
}

const of_vault = (w, shares) => shares * (BigInt(w.vault.vault.total_assets) + 1n) / (BigInt(w.vault.total_supply) + 1n);
/** ALT of shares of a strategy; 0 if its token is neither ALT nor a share of the vault. */
function of_strategy(w, strategy, shares) {
    const s = w.strategies.find((x) => same(x.strategy, strategy));
    const tokens = shares * (BigInt(s.token_balance) + STRATEGY_OFFSET) / (BigInt(s.total_shares) + STRATEGY_OFFSET);
    return same(s.token, w.alt) ? tokens : same(s.token, w.vault.token) ? of_vault(w, tokens) : 0n;
}

const sum = (list, value) => list.reduce((total, x) => total + value(x), 0n);

/** null where the logs do not determine it. */
function expected(w, account) {
    const custodian = w.custodians.some((c) => same(c, account.address));
    const amount = (token) => BigInt(account.balances.find((b) => same(b.token, token))?.amount ?? "0");
    const votes = account.votes.find((v) => same(v.token, w.alt));
    const own = amount(w.alt), shares = of_vault(w, amount(w.vault.token)), delegate = votes?.delegate ?? null;
    const delegated_in = BigInt(votes?.units ?? "0") - (same(delegate, account.address) ? own : 0n);
    const positions = account.alt_staking.map((p) => ({ frozen: w.frozen.has(p.operator.toLowerCase()), staked: BigInt(p.staked),
        cooling: p.cooldown === null ? 0n : p.cooldown.amount === null ? null : BigInt(p.cooldown.amount) }));
    if (positions.some((p) => p.cooling === null)) return null;
    const stake = sum(account.stake.strategies, (s) => of_strategy(w, s.strategy, BigInt(s.withdrawable_shares)));
    const queued = sum(account.withdrawals, (q) => sum(q.strategies, (s) => of_strategy(w, s.strategy, BigInt(s.withdrawable_shares))));
    const cooling = sum(positions, (p) => p.cooling), staked = stake + sum(positions, (p) => p.staked - p.cooling);
    const counted = stake + sum(positions.filter((p) => !p.frozen), (p) => p.staked - p.cooling);
    const held = custodian ? 0n : shares + (delegate === null || same(delegate, account.address) ? own : 0n);
    return { power: held + delegated_in + counted, components: { held: own + shares, delegated_in, staked, queued, cooling_down: cooling },
        total: own + shares + staked + queued + cooling };
}

for (const at of BLOCKS)
    test(`block ${at}: every account's power and ALT equivalent are what its holdings give`, async (t) => {
        const w = await world(at);
        const holders = await all(`/v1/tokens/${w.alt}/holders?at=${at}`);
        const operators = (await all(`/v1/operators?at=${at}`)).map((o) => o.address);
        const people = new Set([...holders.map((h) => h.address), ...operators]);
        let compared = 0, unknown = 0, together = 0n;
        for (const address of people) {
            const account = await get(`${url}/v1/accounts/${address}?at=${at}`);
            const power = await get(`${url}/v1/accounts/${address}/voting-power?at=${at}&explain=true`);
            const equivalent = await get(`${url}/v1/accounts/${address}/alt-equivalent?at=${at}`);
            const truth = expected(w, account);
            if (truth === null) {
                assert.equal(power.power, null, address);
                assert.equal(equivalent.total, null, address);
                assert.ok(power.reasons.some((r) => r.code === "cooldown-unknown"));
                unknown++;
                continue;
            }
            assert.equal(power.power, truth.power.toString(), `power of ${address}`);
            assert.equal(equivalent.total, truth.total.toString(), `equivalent of ${address}`);
            for (const [name, value] of Object.entries(truth.components))
                assert.equal(power.components[name], value.toString(), `${name} of ${address}`);
            for (const part of power.parts.filter((p) => p.reason !== null))
                assert.ok(power.reasons.some((r) => r.code === part.reason && r.counted === part.counted && r.text.length > 10));
            together += truth.power;
            compared++;
        }
        const { total_supply } = await get(`${url}/v1/tokens/${w.alt}?at=${at}`);
        assert.ok(together <= BigInt(total_supply), "no unit counts twice");
        t.diagnostic(`${compared} accounts equal, ${unknown} not determined; ${together * 100n / BigInt(total_supply)} % of the supply counts`);
        assert.ok(compared > 20);
    });

test("an account of which nothing is known has no power, and an unknown proposal is not found", async () => {
    const nobody = "0x00000000000000000000000000000000000000aA";
    const power = await get(`${url}/v1/accounts/${nobody}/voting-power?at=1100&explain=true`);
    assert.deepEqual([power.power, power.parts, power.reasons, power.slash_liability, power.provisional], ["0", [], [], [], false]);
    assert.equal(power.policy.name, "frozen-at-snapshot");
    assert.equal((await get(`${url}/v1/accounts/${nobody}/voting-power?proposal=1`, 404)).code, "not-found");
});

test("slash liability: the shares stand behind every set at once, each as far as its magnitude goes", async () => {
    const operators = await all("/v1/operators?at=1100");
    let rows = 0;
    for (const { address } of operators) {
        const operator = await get(`${url}/v1/operators/${address}?at=1100`);
        for (const { staker } of (await all(`/v1/operators/${address}/delegators?at=1100`)).slice(0, 3)) {
            const { slash_liability } = await get(`${url}/v1/accounts/${staker}/voting-power?at=1100&explain=true`);
            for (const row of slash_liability.filter((l) => l.operator === operator.address)) {
                const allocation = operator.allocations.find((a) => a.avs === row.avs && a.operator_set === row.operator_set && a.strategy === row.strategy);
                const max = operator.magnitudes.find((m) => m.strategy === row.strategy)?.max_magnitude ?? "1000000000000000000";
                assert.equal(row.magnitude, allocation.current_magnitude);
                assert.equal(row.max_magnitude, max);
                assert.equal(row.at_stake, (BigInt(row.shares) * BigInt(row.magnitude) / BigInt(max)).toString());
                rows++;
            }
        }
    }
    assert.ok(rows > 10, `${rows} rows`);
});
