// tests/scenarios/model_stake.mjs - on modelled chains, every stake figure, slash, impact and simulation equals the model's answer.
//
// The golden chains' cases are few; the model (tests/model) makes the rare ones common: all strategies are allocated, nearly
// everything is slashed, k falls below 1e18. Exactly where logs leave deposit shares open the API must say so, with bounds that
// hold the truth; how often is printed. MODEL_SEEDS names the seeds.
import assert from "node:assert/strict";
import { chmodSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, test } from "node:test";
import { generate } from "../model/cli.mjs";
import { write_archive } from "./lib/archive.mjs";
import { all, each } from "./lib/golden.mjs";
import { get, run, serve } from "./lib/program.mjs";

const seeds = (process.env.MODEL_SEEDS ?? "21,25").split(",").map(Number);
const BLOCKS = 180, PERCENT = 10;
const WAD = "1000000000000000000", NOBODY = `0x${"00".repeat(20)}`;
const files = mkdtempSync(join(tmpdir(), "altledger-model-"));
chmodSync(files, 0o755); // PostgreSQL's user must get in
const undo = [() => rmSync(files, { recursive: true, force: true })];
after(async () => {
    for (const step of undo.reverse()) await step();
});

const lower = (value) => JSON.parse(JSON.stringify(value).replace(/"0x[0-9a-fA-F]{40}"/g, (address) => address.toLowerCase()));

/** Counts figures, and holds each to the truth. */
class Tally {
    count = 0;
    open = 0;
    needless = 0;
    equal(answer, truth, ...where) {
        assert.equal(String(answer), String(truth), where.join(" "));
        this.count++;
    }
}

async function serve_model(seed) {
    const chain = generate({ seed, blocks: BLOCKS, percent: PERCENT }), data = join(files, `seed${seed}`);
    mkdirSync(data);
    chmodSync(data, 0o755);
    const archive = write_archive(join(files, `${seed}.ndjson`), chain.blocks), network = join(files, `${seed}.json`);
    writeFileSync(network, JSON.stringify(chain.network));
    await run(["mirror", "--once", "--network", network, "--source", archive, "--data", data]);
    const { program, url } = await serve("serve", "--data", data);
    undo.push(() => program.kill("SIGTERM").ends());
    return { url, truth: chain.truth, strategies: chain.scenario.addresses.strategies };
}

const UNREGISTERED = { shares: [], magnitudes: [], allocations: [], operator_sets: [], allocation_delay: 0 };

async function check_operator({ url, strategies }, block, operator, truth, tally) {
    const reply = await fetch(`${url}/v1/operators/${operator}?at=${block}`), where = `${operator} at ${block}`;
    assert.ok(reply.ok || reply.status === 404);
    const answer = reply.ok ? lower(await reply.json()) : UNREGISTERED;
    for (const [name, strategy] of Object.entries(strategies)) {
        const of = (list) => answer[list].find((row) => row.strategy === strategy);
        tally.equal(of("shares")?.shares ?? "0", truth.shares[name], "shares", name, where);
        tally.equal(of("magnitudes")?.max_magnitude ?? WAD, truth.max_magnitude[name], "max magnitude", name, where);
        tally.equal(of("magnitudes")?.encumbered_magnitude ?? "0", truth.encumbered_by[name], "encumbered", name, where);
    }
    for (const expected of truth.allocations) {
        const { avs, set, strategy } = expected, at = [avs, set, strategy, where];
        const row = answer.allocations.find((l) => l.avs === avs && l.operator_set === set && l.strategy === strategies[strategy]);
        const member = answer.operator_sets.find((m) => m.avs === avs && m.id === set);
        tally.equal(row?.current_magnitude ?? "0", expected.current, "current", ...at);
        tally.equal(row?.pending_diff ?? "0", expected.pending, "pending", ...at);
        tally.equal(row?.effect_block ?? 0, expected.effect, "effect", ...at);
        tally.equal(row?.minimum_slashable_stake ?? "0", expected.slashable_stake, "minimum slashable stake", ...at);
        tally.equal(member?.registered ?? false, expected.member, "member", ...at);
        tally.equal(member?.slashable ?? false, expected.slashable, "slashable", ...at);
        tally.equal(member?.slashable_until ?? 0, expected.slashable_until, "slashable until", ...at);
    }
    tally.equal(answer.allocation_delay, truth.allocation_delay, "delay", where);
}

/** What logs leave open is null, and the truth lies within the bounds given. */
function check_open(row, deposit, really, tally, where) {
    assert.equal(row.withdrawable_shares, null, where);
    const { deposit_shares_at_least: low, deposit_shares_at_most: high } = row.undetermined;
    assert.ok(BigInt(low) <= BigInt(deposit) && BigInt(deposit) <= BigInt(high), `${low} <= ${deposit} <= ${high}: ${where}`);
    tally.open++;
    if (!really) tally.needless++;
}

async function check_staker({ url, strategies }, block, staker, truth, tally) {
    const { stake, withdrawals } = lower(await get(`${url}/v1/accounts/${staker}?at=${block}`)), where = `${staker} at ${block}`;
    tally.equal(stake.delegated_to ?? NOBODY, truth.delegated_to.toLowerCase(), "delegate", where);
    for (const [name, strategy] of Object.entries(strategies)) {
        const row = stake.strategies.find((s) => s.strategy === strategy), really = name in truth.ambiguous;
        tally.equal(row?.scaling_factor ?? WAD, truth.scaling[name], "scaling factor", name, where);
        if (row && row.deposit_shares === null) {
            check_open(row, truth.deposit[name], really, tally, `${name} ${where}`);
            continue;
        }
        assert.ok(!really, `guessed: ${name} ${where}`);
        tally.equal(row?.deposit_shares ?? "0", truth.deposit[name], "deposit shares", name, where);
        tally.equal(row?.withdrawable_shares ?? "0", truth.withdrawable[name], "withdrawable", name, where);
    }
    const line = (root, nonce, start, until, rows) => [root, nonce, start, until, ...rows.flat()].join(" ");
    const ours = withdrawals.map((w) => line(w.root, w.nonce, w.start_block, w.slashable_until_block,
        w.strategies.map((s) => [s.strategy, s.scaled_shares, s.withdrawable_shares])));
    const theirs = truth.queued.map((w) => line(w.root, w.nonce, w.start, w.slashable_until,
        w.strategies.map((s, i) => [s.toLowerCase(), w.scaled[i], w.withdrawable[i]])));
    tally.equal(ours.sort().join("\n"), theirs.sort().join("\n"), "withdrawals", where);
}

/** Rows of stakers and withdrawals, of a slash or its simulation; `extra`: dust and residue are among them, and all add up. */
function check_impact(rows, truth, tally, where, extra) {
    for (const { strategy, stakers, withdrawals, total } of truth.impact) {
        const ours = rows.filter((row) => row.strategy === strategy), of = (kind) => ours.filter((row) => row.kind === kind);
        assert.deepEqual(of("staker").map((row) => row.account).sort(), stakers.map(({ staker }) => staker).sort(), where);
        for (const { staker, before, after: then } of stakers) {
            const row = of("staker").find(({ account }) => account === staker);
            if (row.before !== null) tally.equal(`${row.before} ${row.after}`, `${before} ${then}`, "staker", staker, where);
        }
        const lines = (list, root) => list.map((w) => [w[root], w.before, w.after].join(" ")).sort().join("\n");
        tally.equal(lines(of("withdrawal"), "withdrawal_root"), lines(withdrawals, "root"), "withdrawals", where);
        if (extra && !ours.some((row) => row.loss === null))
            tally.equal(ours.reduce((sum, row) => sum + BigInt(row.loss), 0n), total, "sum of losses", where);
    }
}

async function check_slashes({ url, truth }, tally) {
    const listed = lower(await all(`${url}/v1/slashes?order=asc`)), expected = truth.flatMap(({ slashes }) => slashes);
    const place = ({ block, block_number, log_index }) => `${block ?? block_number}/${log_index}`;
    assert.deepEqual(listed.map(place), expected.map(place));
    await each(expected.map((slash, i) => [slash, listed[i]]), async ([slash, ours]) => {
        const where = `slash at ${place(slash)}`;
        tally.equal([ours.operator, ours.avs, ours.operator_set].join(), [slash.operator, slash.avs, slash.set].join(), where);
        tally.equal(ours.strategies.map((s) => s.wad_slashed).join(), slash.wads_slashed.join(), "wads", where);
        const { operator, avs, set: operator_set, strategies, wads } = slash;
        const reply = await fetch(`${url}/v1/simulations/slash`, {
            method: "POST", headers: { "content-type": "application/json" },
            body: JSON.stringify({
                operator, avs, operator_set, strategies, wads, at: slash.block, log_index: slash.first_log_index, limit: 1000,
            }),
        });
        assert.equal(reply.status, 200, where);
        const simulated = lower(await reply.json());
        tally.equal(simulated.strategies.map((s) => s.wad_slashed).join(), slash.wads_slashed.join(), "simulated wads", where);
        for (const { strategy, max_before, max_after, live, queued, total } of slash.impact) {
            const [real, sim] = [ours, simulated].map((answer) => answer.strategies.find((s) => s.strategy === strategy));
            const figures = (s) => [s.live_shares, s.queued_shares, s.total_shares].join();
            tally.equal([real.magnitude_before, real.magnitude_after].join(), [max_before, max_after].join(), "magnitudes", where);
            tally.equal([sim.max_magnitude.before, sim.max_magnitude.after].join(), [max_before, max_after].join(), "simulated", where);
            tally.equal(figures(real), [live, queued, total].join(), "shares", where);
            tally.equal(figures(sim), [live, queued, total].join(), "simulated shares", where);
        }
        check_impact(lower(await all(`${url}/v1/slashes/${ours.id}/impact?at=latest`)), slash, tally, where, true);
        check_impact(simulated.impact, slash, tally, `simulated ${where}`, false);
    });
}

for (const seed of seeds)
    test(`model seed ${seed}: stake, withdrawals, slashes and simulations equal the model's`, async (t) => {
        const chain = await serve_model(seed), tally = new Tally();
        for (const { block, operators, stakers } of chain.truth) {
            await each(Object.entries(operators), ([o, truth]) => check_operator(chain, block, o, truth, tally));
            await each(Object.entries(stakers), ([s, truth]) => check_staker(chain, block, s, truth, tally));
        }
        await check_slashes(chain, tally);
        t.diagnostic(`${tally.count} figures at ${chain.truth.length} blocks, ${tally.open} left open, `
            + `${tally.needless} of them though the logs determine them`);
        assert.ok(tally.count > 50_000);
        assert.equal(tally.needless, 0, `${tally.needless} figures withheld without need`);
    });
