// tests/scenarios/rewards_explain.mjs - the steps of every payout of a chain with all kinds of rewards, computed again from their inputs alone.
import assert from "node:assert/strict";
import { chmodSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { random } from "./lib/chain.mjs";
import { each } from "./lib/golden.mjs";
import { Contract } from "./lib/openapi.mjs";
import { Cluster } from "./lib/pg.mjs";
import { get, serve } from "./lib/program.mjs";
import { collector as collector_address, fee_collector, fill, RewardChain, said, treasury, ZERO } from "./lib/reward_chain.mjs";
import { Court } from "./lib/rewards.mjs";

const PAIRS = ["avs/operator", "avs/staker", "for_all/staker", "all_earners/operator", "all_earners/staker", "operator_directed_avs/operator",
    "operator_directed_avs/staker", "operator_directed_set/operator", "operator_directed_set/staker", "operator_directed_set/refund", "unique_stake/operator",
    "unique_stake/staker", "unique_stake/refund", "total_stake/operator", "total_stake/staker", "total_stake/refund", "fee/operator", "fee/staker", "fee/treasury"];
const MANY = 1020, LISTED = 1000; // payments in one epoch, and how many of them are told one by one
const files = mkdtempSync(join(tmpdir(), "altledger-explain-"));
chmodSync(files, 0o755); // PostgreSQL's user must get in
let cluster, store, program, url, contract, payouts;

before(async () => {
    cluster = await new Cluster().start();
    const { avs } = new RewardChain(), operator_sets = avs.flatMap((avs) => [0, 1, 2].map((id) => ({ avs, id })));
    const collector = fee_collector({ epoch_days: 2, operators_bips: 7000, treasury_bips: 2000, burn_bips: 1000, treasury, operator_sets });
    const chain = fill(new RewardChain({ contracts: [collector] }), random(7), { submissions: 40, fees: 12 });
    chain.put(50, ...Array.from({ length: MANY }, (_, i) => said(chain.alt, "Transfer", ZERO, collector_address, 10n ** 20n + BigInt(i)))).days(4);
    store = new Court(cluster, files).open(chain.network);
    await store.mirror(chain.archive());
    ({ program, url } = await serve("serve", "--database", store.conninfo));
    contract = await Contract.of(url);
    payouts = await contract.pages("/v1/payouts", 500);
});
after(async () => {
    await program?.kill("SIGTERM").ends();
    await cluster?.stop();
    cluster?.remove();
    rmSync(files, { recursive: true, force: true });
});

/** The value of a formula of whole numbers over named inputs. It cuts where it divides, which only floor(x / y) may do. */
function evaluate(formula, inputs) {
    const words = formula.match(/[a-z_]\w*|\d+|[-+*/(),]/g);
    let at = 0;
    const expect = (word) => assert.equal(words[at++], word, formula);
    const in_parentheses = (scope, read) => {
        expect("(");
        const value = read(scope);
        expect(")");
        return value;
    };
    const terms = (scope) => {
        let value = factors(scope);
        while (["+", "-"].includes(words[at])) value = words[at++] === "+" ? value + factors(scope) : value - factors(scope);
        return value;
    };
    const factors = (scope) => {
        let value = single(scope);
        while (words[at] === "*") {
            at++;
            value *= single(scope);
        }
        return value;
    };
    const least = (scope) => {
        const a = terms(scope);
        expect(",");
        const b = terms(scope);
        return a < b ? a : b;
    };
    const floor = (scope) => {
        const x = terms(scope);
        expect("/");
        return x / single(scope);
    };
    const sum = (scope) => {
        const items = scope[words[at++]], from = at;
        let total = 0n;
        for (const item of items) {
            at = from;
            expect(",");
            total += terms({ ...scope, ...item });
        }
        for (let depth = 0; items.length === 0 && (depth > 0 || words[at] !== ")"); at++) depth += { "(": 1, ")": -1 }[words[at]] ?? 0;
        return total;
    };
    const single = (scope) => {
        const word = words[at++], known = { floor, min: least, sum };
        if (word === "(") {
            at--;
            return in_parentheses(scope, terms);
        }
        if (known[word]) return in_parentheses(scope, known[word]);
        return BigInt(/^\d/.test(word) ? word : scope[word]);
    };
    const value = terms(inputs);
    assert.equal(at, words.length, formula);
    return value;
}

test("formulas are read as they are meant", () => {
    const inputs = { a: "7", b: "2", list: [{ x: "3", y: "10" }, { x: "5", y: "1" }], none: [] };
    for (const [formula, value] of [["a + b * 3 - 1", 12n], ["floor(a / b)", 3n], ["floor((a + b) / 2) * 2", 8n], ["min(a, 5) + min(1, b)", 6n],
        ["sum(list, x * floor(y / b)) + a", 22n], ["sum(none, x * floor(y / b)) + a", 7n], ["a - sum(list, x)", -1n]])
        assert.equal(evaluate(formula, inputs), value, formula);
});

/* A figure that has a name keeps it: what one step gives is what later steps take. */
function recompute(payout, steps) {
    const known = {};
    steps.forEach((step, i) => {
        assert.equal(step.step, i + 1);
        for (const [name, value] of Object.entries(step.inputs)) assert.equal(value, known[name] ?? value, `${name} in step ${i + 1} of ${payout.id}`);
        const [[name, value], ...more] = Object.entries(step.output);
        assert.equal(more.length, 0);
        assert.equal(String(evaluate(step.formula, step.inputs)), value, `step ${i + 1} of ${payout.id}: ${step.formula}`);
        assert.equal(step.rounding, step.formula.includes("floor(") ? "floor" : "none");
        known[name] = value;
    });
    const last = steps.at(-1);
    assert.equal(Object.values(steps.at(-2).output)[0], payout.amount);
    assert.equal(last.inputs.payout, payout.amount);
    assert.equal(last.output.cumulative, payout.cumulative);
}

test("the steps of every payout, computed again, give its amount; their events exist", async (t) => {
    const seen = {}, events = new Map();
    let most = 0;
    await each(payouts, async (payout) => {
        const { payout: told, steps } = await contract.get(`/v1/payouts/${payout.id}/explain`);
        assert.deepEqual(told, payout);
        recompute(payout, steps);
        const pair = `${payout.kind}/${payout.role}`, named = steps.flatMap((s) => s.events);
        seen[pair] = (seen[pair] ?? 0) + 1;
        if (payout.kind === "fee") {
            const [{ title, inputs, events: linked }] = steps, n = Number(title.match(/: (\d+) payments/)[1]);
            assert.deepEqual([inputs.payments.length, linked.length, inputs.others !== "0"], [Math.min(n, LISTED), Math.min(n, LISTED), n > LISTED]);
            most = Math.max(most, n);
        }
        assert.ok(named.length > 0, `${payout.id} follows from no event`);
        for (const event of named) {
            assert.ok(event.block_number <= payout.block_number);
            events.set(event.id, event);
        }
    });
    t.diagnostic(`${payouts.length} payouts: ${JSON.stringify(seen)}; ${events.size} events`);
    assert.ok(most >= MANY, `${most} payments in an epoch`);
    for (const pair of PAIRS) assert.ok(seen[pair] > 0, `no ${pair} among them`);
    await each([...events.values()], async (event) => {
        const { type, block_number, log_index, tx_hash } = await get(`${url}/v1/events/${event.id}`);
        assert.deepEqual({ id: event.id, type, block_number, log_index, tx_hash }, event);
    });
});

test("an explanation is the same at every later block, and there is none before the payout", async () => {
    for (const payout of payouts.filter((_, i) => i % 40 === 0)) {
        const path = `/v1/payouts/${payout.id}/explain`, now = await contract.get(path), then = await contract.get(`${path}?at=${payout.block_number}`);
        assert.deepEqual(then.steps, now.steps);
        const absent = await contract.get(`${path}?at=${payout.block_number - 1}`, 404);
        assert.equal(absent.detail, `id: no such payout at block ${payout.block_number - 1}`);
        const hex = payout.id.replace(/0x[0-9a-f]+/g, (text) => `0x${text.slice(2).toUpperCase()}`);
        assert.notEqual(hex, payout.id);
        assert.deepEqual(await contract.get(`/v1/payouts/${hex}/explain`), now, "hexadecimal digits in any case");
        const { as_of, ...one } = await contract.get(`/v1/payouts/${hex}`);
        assert.deepEqual(one, payout);
    }
    const [{ id }] = payouts;
    for (const odd of [id.toUpperCase(), id.slice(0, -1), `${id}0`, id.replace("-20", "-30"), id.replace("staker", "stake"), `${id}-`, "0x"]) {
        const problem = await contract.get(`/v1/payouts/${odd}`, 404);
        assert.equal(problem.code, "not-found");
        assert.match(problem.detail, /^id: /);
        await contract.get(`/v1/payouts/${odd}/explain`, 404);
    }
});

test("steps that do not lead to what was booked are refused", async () => {
    const payout = payouts.find((p) => p.role === "staker" && p.kind === "for_all" && BigInt(p.amount) > 1000n);
    const change = (by) => cluster.sql(store.database, `BEGIN; ALTER TABLE ledger.reward_share DISABLE TRIGGER USER;
        UPDATE ledger.reward_share SET stake_weight = stake_weight ${by} WHERE submission = decode('${payout.submission.slice(2)}', 'hex');
        ALTER TABLE ledger.reward_share ENABLE ALWAYS TRIGGER append_only; COMMIT`);
    change("* 2");
    await program.kill("SIGTERM").ends(); // it keeps answers
    ({ program, url } = await serve("serve", "--database", store.conninfo));
    assert.equal((await get(`${url}/v1/payouts/${payout.id}/explain`, 500)).code, "internal");
    change("/ 2");
    await get(`${url}/v1/payouts/${payout.id}/explain`);
});
