// tests/scenarios/rewards_replay.mjs - whatever cuts, kills, rebuilds and orders: the same payouts, roots and books; and what is earned never falls.
//
// The chain has submissions of every kind, a fee collector with epochs of two days, and closings of several days at once. SEED varies it.
import assert from "node:assert/strict";
import { chmodSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { fee_id } from "../model/rewards.mjs";
import { random } from "./lib/chain.mjs";
import { each } from "./lib/golden.mjs";
import { check_books, Cluster, digests } from "./lib/pg.mjs";
import { get, run, sleep, start, until } from "./lib/program.mjs";
import { collector, DAY, day_start, directory, fee_collector, fill, other_branch, RewardChain, said, treasury, ZERO } from "./lib/reward_chain.mjs";
import { Court, judge } from "./lib/rewards.mjs";

const SEED = Number(process.env.SEED ?? 7);
const KILLS = Number(process.env.KILLS ?? 4);
const E18 = 10n ** 18n;
const files = mkdtempSync(join(tmpdir(), "altledger-rewards-"));
chmodSync(files, 0o755);
let cluster, court, chain, lines, calm, expected, judged;

/** A chain with everything; other parameters of the network file where they are given. */
function whole(parameters = {}) {
    const avs = new RewardChain({ seed: SEED, blocks: 1 }).avs;
    const fees = fee_collector({ epoch_days: 2, operators_bips: 7001, treasury_bips: 1999, burn_bips: 1000, treasury,
        operator_sets: [{ avs: avs[0], id: 0 }, { avs: avs[1], id: 0 }, { avs: avs[0], id: 2 }] });
    const made = new RewardChain({ seed: SEED, blocks: 110, parameters, contracts: [fees] });
    return fill(made, random(SEED), { submissions: 35, fees: 14 }).quiet(2).quiet(1, 5 * DAY).quiet(9).days(3);
}

before(async () => {
    cluster = await new Cluster().start();
    court = await Court.sit(cluster, files);
    chain = whole();
    lines = chain.archive();
    calm = court.open(chain.network);
    await calm.mirror(lines);
    expected = digests(cluster, calm.database);
});
after(async () => {
    await cluster.stop();
    cluster.remove();
    rmSync(files, { recursive: true, force: true });
});

test("everything at once is what the model computes; cumulative amounts never fall, whatever block is asked", async (t) => {
    judged = await court.judge(calm, async (url, computed) => {
        const people = [...new Set(computed.payouts.map((p) => p.earner))].slice(0, 12);
        const blocks = Array.from({ length: computed.block + 1 }, (_, n) => n).filter((n) => n % 3 === 0);
        let compared = 0;
        await each(people, async (who) => {
            const before = new Map();
            for (const at of blocks) {
                const { rewards } = await get(`${url}/v1/accounts/${who}/rewards?at=${at}`);
                const now = new Map(rewards.map((r) => [`${r.distributor}/${r.token}`.toLowerCase(), BigInt(r.earned)]));
                for (const [key, amount] of before) assert.ok((now.get(key) ?? -1n) >= amount, `${who} ${key} at ${at}`);
                for (const [key, amount] of now) {
                    const [distributor, token] = key.split("/");
                    const last = computed.payouts.findLast((p) => p.earner === who && p.token === token && p.distributor === distributor && p.block <= at);
                    assert.equal(amount, last?.cumulative ?? 0n, `${who} ${key} at ${at}`);
                    compared++;
                }
                for (const [key, amount] of now) before.set(key, amount);
            }
        });
        t.diagnostic(`${compared} cumulative amounts at ${blocks.length} blocks`);
    });
    const { payouts, pools, distributions, earned, facts } = judged;
    assert.ok(facts.days.some((run, i, all) => run.next_day > run.day + 1 || all[i - 1]?.closing === run.closing), "days without blocks");
    assert.deepEqual(new Set(payouts.map((p) => p.role)), new Set(["operator", "staker", "refund", "treasury"]));
    assert.equal(new Set(pools.map((p) => p.submission.length)).size, 1);
    t.diagnostic(`${payouts.length} payouts, ${pools.length} pools, ${distributions.length} roots, ${earned.size} cumulative amounts`);
});

test("as of any earlier block it is what the model computes for that block", async () => {
    await court.serving(calm, async (url) => {
        const closing = (await get(`${url}/v1/rewards/days?limit=5`)).data[4].closing_block;
        for (const at of [0, 40, closing - 1, closing]) await judge(url, chain.network, { at });
    });
});

test("fees of epochs of two days: two tokens, three parts, operator sets", async () => {
    const computed = judged, fees = computed.submissions.filter((s) => s.kind === "fee");
    assert.ok(new Set(fees.map((s) => s.token)).size === 2 && fees.length > 4);
    for (const s of fees) {
        const income = computed.facts.fees.filter((f) => f.token === s.token && fee_id(collector, f.token, Math.floor(f.day / 2)) === s.id);
        const total = income.reduce((sum, f) => sum + f.amount, 0n), [pool] = computed.pools.filter((p) => p.submission === s.id);
        if (!pool) continue; // the epoch is not over
        const to_treasury = computed.payouts.find((p) => p.submission === s.id && p.role === "treasury");
        assert.deepEqual([pool.burned, to_treasury?.amount ?? 0n, to_treasury?.earner ?? treasury], [total * 1000n / 10000n, total * 1999n / 10000n, treasury]);
        assert.equal(pool.tokens, total * 7001n / 10000n + total * 1999n / 10000n + total * 1000n / 10000n);
        assert.equal(pool.day % 2, 1);
    }
    assert.ok(computed.payouts.some((p) => p.distributor === collector && p.role === "staker"));
    assert.ok(computed.distributions.some((d) => d.distributor === collector));
});

for (const blocks of [1, 7, 1000])
    test(`batches of ${blocks}`, async () => {
        const store = court.open(chain.network);
        await store.mirror(lines, "--batch-blocks", String(blocks));
        await check_books(cluster, store.database, expected);
    });

test("killed (-9) in the middle of the booking of a day", async () => {
    const store = court.open(chain.network), asleep = "SELECT pid FROM pg_stat_activity WHERE datname = current_database() AND wait_event = 'PgSleep'";
    cluster.sql(store.database, `CREATE FUNCTION public.wait() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN PERFORM pg_sleep(60); RETURN NULL; END';
        GRANT EXECUTE ON FUNCTION public.wait() TO public;
        CREATE TRIGGER wait AFTER INSERT ON ledger.reward_share FOR EACH STATEMENT EXECUTE FUNCTION public.wait();`);
    const program = start(...store.args(lines));
    await until(() => program.status !== undefined || cluster.sql(store.database, asleep) !== "", "a day is booked");
    await program.kill("SIGKILL").ended;
    assert.equal(program.status, "SIGKILL");
    cluster.sql(store.database, `SELECT pg_terminate_backend(pid) FROM (${asleep}) a; DROP FUNCTION public.wait() CASCADE;`);
    cluster.expire_lease(store.database);
    await store.mirror(lines);
    await check_books(cluster, store.database, expected);
});

test(`killed (-9) ${KILLS} times at random moments`, async (t) => {
    const dice = random(SEED);
    let store = court.open(chain.network), kills = 0;
    const heads = [];
    for (let tries = 0; kills < KILLS && tries < 40; tries++) {
        const program = start(...store.args(lines, "--batch-blocks", String(1 + dice.next(9))));
        await Promise.race([program.says(/writing from block/), program.ended]);
        await Promise.race([sleep(dice.next(260)), program.ended]);
        if (program.status !== undefined) {
            await check_books(cluster, store.database, expected);
            store = court.open(chain.network);
            continue;
        }
        await program.kill("SIGKILL").ended;
        kills++;
        heads.push(cluster.sql(store.database, "SELECT coalesce(head_number, -1) FROM mirror.cursor"));
        cluster.expire_lease(store.database);
    }
    await store.mirror(lines);
    await check_books(cluster, store.database, expected);
    t.diagnostic(`seed ${SEED}: killed at blocks ${heads}`);
    assert.equal(kills, KILLS);
});

test("two mirrors at once", async () => {
    const store = court.open(chain.network), both = [3, 5].map((n) => start(...store.args(lines, "--batch-blocks", String(n))));
    for (const program of both) await program.ends();
    await check_books(cluster, store.database, expected);
});

test("a rebuild; and with another booking delay and default split, which a fresh mirror books too", async () => {
    const store = court.open(chain.network);
    await store.mirror(lines);
    await run(["rebuild", "--force", "--network", store.path, "--database", store.conninfo]);
    await check_books(cluster, store.database, expected);
    const other = whole({ reward_booking_delay_blocks: 1, default_operator_split_bips: 3333 }), fresh = court.open(other.network);
    await fresh.mirror(lines);
    const { payouts } = await court.judge(fresh);
    assert.ok(payouts.length > 50);
    await run(["rebuild", "--network", fresh.path, "--database", store.conninfo]);
    await check_books(cluster, store.database, digests(cluster, fresh.database));
});

test("the same blocks on another branch: the same ids and amounts", async () => {
    const store = court.open(chain.network), plain = ({ payouts }) => payouts.map((p) => [p.id, p.amount, p.cumulative]);
    await store.mirror(other_branch(lines, 1, "elsewhere"));
    assert.deepEqual(plain(await court.judge(store)), plain(judged));
});

/* Within one day: stakers come, split and register in another order of blocks and of transactions, submissions in another order too. */
test("the order of events within a day changes no amount", async () => {
    const told = [];
    for (const order of [(list) => list, (list) => list.toReversed()]) {
        const made = new RewardChain({ seed: SEED + 1, blocks: 36, stakers: 40 }), { to, world, people, addresses } = made.scenario;
        const [o1, o2, o3] = made.scenario.operators().filter((o) => made.strategies.every((s) => world.am.max_magnitude(o, s) > 0n));
        const rich = people.stakers.filter((s) => world.dm.delegated_to(s) === ZERO).slice(0, 5);
        assert.ok(rich.length > 2);
        made.quiet(1, DAY);
        const day = Math.floor(made.time(made.head) / DAY), strategy = addresses.strategies.ALT;
        const lives = order(rich.map((who, i) => () => made.live([[to.sm(who, "depositIntoStrategy", strategy, 1000n * E18 + BigInt(i))],
            [to.dm(who, "delegateTo", [o1, o2, o3][i % 3])]], 50)));
        const logs = order([said(directory, "OperatorAVSRegistrationStatusUpdated", o1, made.avs[0], 1), said(directory, "OperatorAVSRegistrationStatusUpdated", o2, made.avs[0], 1),
            said(directory, "OperatorAVSRegistrationStatusUpdated", o3, made.avs[0], 1)]);
        lives.forEach((live, i) => {
            live();
            if (logs[i]) made.put(made.head, logs[i]);
        });
        const subs = order(["avs", "for_all", "all_earners", "operator_directed_avs", "total_stake", "unique_stake"]);
        for (const kind of subs) {
            made.quiet(1, 30).submit(made.head, { kind, name: `x ${kind}`, amount: 10n ** 21n + 5n, start: day_start(day - 1), duration: 3 * DAY, operators: [[o1, 999n], [o2, E18]] });
        }
        made.days(4);
        const store = court.open(made.network);
        await store.mirror(made.archive());
        told.push((await court.judge(store)).payouts.map((p) => `${p.id} ${p.amount}`).sort());
    }
    assert.ok(told[0].length > 40);
    assert.deepEqual(told[0], told[1]);
});
