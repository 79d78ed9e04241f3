// tests/scenarios/lib/rewards.mjs - hold every payout, pool, share and root that a service booked to what tests/model/rewards.mjs computes.
import assert from "node:assert/strict";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { day_number, list, read_facts } from "../../model/reward_facts.mjs";
import { compute, day_text, NOBODY } from "../../model/rewards.mjs";
import { write_archive } from "./archive.mjs";
import { get, run, serve } from "./program.mjs";

const text = (value) => JSON.stringify(value, (_, v) => (typeof v === "bigint" ? v.toString() : v));
const key = (row) => `${row.submission}/${row.day}`;

/** Rows equal in number and order; the message names the first that differs. */
function same_rows(ours, theirs, what) {
    const limit = Math.max(ours.length, theirs.length);
    for (let i = 0; i < limit; i++)
        if (text(ours[i]) !== text(theirs[i])) assert.fail(`${what} ${i} of ${theirs.length}, expected ${ours.length}: ${text(theirs[i])}\nexpected ${text(ours[i])}`);
}

export async function head_of(url) {
    return (await get(`${url}/v1/status`)).head.number;
}

function check_payouts(computed, payouts) {
    const { payouts: ours, submissions } = computed, kinds = new Map(submissions.map((s) => [s.id, s]));
    const theirs = payouts.map((p) => ({ id: p.id, submission: p.submission, day: p.day, paid_day: p.paid_day, role: p.role, operator: p.operator ?? NOBODY,
        earner: p.earner, amount: BigInt(p.amount), cumulative: BigInt(p.cumulative), token: p.token, distributor: p.distributor, block: p.block_number }));
    same_rows(ours, theirs, "payout");
    assert.equal(new Set(payouts.map((p) => p.id)).size, payouts.length, "ids are unique");
    for (const p of payouts) {
        assert.equal(p.kind, kinds.get(p.submission).kind);
        assert.equal(p.source, p.kind === "fee" ? "fee" : "incentive");
        assert.equal(p.avs ?? NOBODY, kinds.get(p.submission).avs);
    }
}

/** What a floor left, to the unit: of each pool, of each submission, of each day and token. */
function check_pools(computed, rows) {
    const theirs = rows.map((r) => ({ ...r, day: day_number(r.day), paid_day: day_number(r.paid_day) }));
    const plain = (p) => ({ submission: p.submission, day: p.day, paid_day: p.paid_day, tokens: BigInt(p.tokens), refund: BigInt(p.refund), burned: BigInt(p.burned),
        remainder: BigInt(p.remainder), rest: BigInt(p.rest), payouts: p.payouts, token: p.token, distributor: p.distributor, block: p.block_number ?? p.closing });
    same_rows(computed.pools.map(plain), theirs.map(plain), "pool");
    computed.pools.forEach((p, i) => {
        const { reason, snapshot_block, paid, tokens, refund, burned, remainder } = theirs[i];
        if (p.reason) assert.equal(reason, p.reason, key(p));
        if (p.block !== null && p.block !== undefined) assert.equal(snapshot_block, p.block, `snapshot of ${key(p)}`);
        assert.equal(BigInt(paid), p.paid, `paid of ${key(p)}`);
        assert.equal(BigInt(tokens), BigInt(paid) + BigInt(refund) + BigInt(burned) + BigInt(remainder), `conservation of ${key(p)}`);
    });
    const add = (map, at, n) => map.set(at, (map.get(at) ?? 0n) + n), given = new Map();
    for (const p of rows) add(given, p.submission, BigInt(p.paid) + BigInt(p.refund) + BigInt(p.burned) + BigInt(p.remainder) + BigInt(p.rest));
    for (const s of computed.submissions) {
        const all = given.get(s.id) ?? 0n;
        if (computed.finished(s)) assert.equal(all, s.amount, `conservation of ${s.id}`);
        else assert.ok(all <= s.amount, `conservation of ${s.id}`);
    }
}

function check_shares(computed, rows) {
    const plain = (r) => ({ submission: r.submission, day: r.day, operator: r.operator ?? NOBODY, tokens: BigInt(r.tokens), split_bips: BigInt(r.split_bips),
        commission: BigInt(r.commission), stake_weight: BigInt(r.stake_weight), stakers: r.stakers, paid: BigInt(r.paid), remainder: BigInt(r.remainder) });
    same_rows(computed.shares.map(plain), rows.map((r) => plain({ ...r, day: day_number(r.day) })), "share");
    computed.shares.forEach((s, i) => {
        if (s.weight) assert.equal(BigInt(rows[i].weight), s.weight);
    });
}

function check_distributions(computed, rows) {
    same_rows(computed.distributions.map((d) => ({ distributor: d.distributor, day: d.day, snapshot: d.snapshot, block: d.block, root: d.root, earners: d.leaves.size,
        payouts: d.payouts })), rows.map((d) => ({ distributor: d.distributor, day: d.day, snapshot: d.snapshot_block, block: d.block_number, root: d.root,
        earners: d.earners, payouts: d.payouts })), "distribution");
    for (const d of rows) assert.equal(d.id, `${d.distributor}-${d.day}`);
}

/** Debits equal credits of every asset of every family, and reward.earned is the sum of what was paid. */
async function check_books(url, computed, at) {
    const rows = await list(url, "trial-balance", at), earned = new Map();
    for (const row of rows) assert.equal(row.balanced, true, text(row));
    for (const [place, amount] of computed.earned) earned.set(place.split("/")[2], (earned.get(place.split("/")[2]) ?? 0n) + amount);
    for (const [token, amount] of earned)
        assert.equal(BigInt(rows.find((r) => r.book === "reward.earned" && r.token === token).balance), amount, `earned of ${token}`);
}

/** What each earner has by the account's own page. */
async function check_earners(url, computed, at) {
    const earners = new Map();
    for (const [place, amount] of computed.earned) {
        const [distributor, earner, token] = place.split("/");
        earners.set(earner, [...(earners.get(earner) ?? []), { distributor, token, earned: amount.toString() }]);
    }
    for (const [earner, expected] of earners) {
        const { rewards } = await get(`${url}/v1/accounts/${earner}/rewards?at=${at}`);
        const rows = rewards.map((r) => ({ distributor: r.distributor.toLowerCase(), token: r.token.toLowerCase(), earned: r.earned }));
        const order = (a, b) => (a.distributor + a.token < b.distributor + b.token ? -1 : 1);
        assert.deepEqual(rows.filter((r) => r.earned !== "0").sort(order), expected.sort(order), `rewards of ${earner}`);
        for (const r of rewards) {
            const [earned, active, claimed] = [r.earned, r.active, r.claimed].map(BigInt), left = (n) => (n > 0n ? n : 0n).toString();
            assert.deepEqual([r.claimable, r.open], [left(active - claimed), left(earned - claimed)], earner);
            assert.ok(active <= earned);
        }
    }
}

/** Recompute all that the service at `url` booked up to block `at`; gives the computation, with its facts. */
export async function judge(url, network, { at = null, earners = true } = {}) {
    const block = at ?? await head_of(url), facts = await read_facts(url, network, block), computed = await compute(facts), last = facts.days.at(-1)?.next_day ?? 0;
    for (const run of facts.ended) assert.equal(run.closed, run.closing <= block, `day ${day_text(run.day)} is closed`);
    computed.finished = (s) => s.last !== undefined ? s.last < last : computed.day_of(s.block) !== undefined && Number((s.start + s.duration) / 86400n) <= last;
    const rows = (path) => list(url, path, block);
    check_payouts(computed, await rows("payouts"));
    check_pools(computed, await rows("rewards/pools"));
    check_shares(computed, await rows("rewards/shares"));
    check_distributions(computed, await rows("rewards/distributions"));
    await check_books(url, computed, block);
    if (earners) await check_earners(url, computed, block);
    return Object.assign(computed, { block });
}

/** A cluster whose databases hold chains of lib/reward_chain.mjs; services on them, judged. */
export class Court {
    #number = 0;

    constructor(cluster, folder, template) {
        Object.assign(this, { cluster, folder, template, undo: [] });
    }

    static async sit(cluster, folder) {
        const template = cluster.create();
        await run(["migrate", "--database", cluster.conninfo(template)]);
        return new Court(cluster, folder, template);
    }

    network(network) {
        const path = join(this.folder, `network${++this.#number}.json`);
        writeFileSync(path, JSON.stringify(network));
        return path;
    }

    /** A database of its own, and how to mirror into it. */
    open(network) {
        const database = this.cluster.create({ template: this.template }), path = this.network(network), conninfo = this.cluster.conninfo(database);
        const args = (lines, ...more) => ["mirror", "--once", "--network", path, "--source",
            write_archive(join(this.folder, `archive${++this.#number}.ndjson`), lines), "--database", conninfo, ...more];
        return { database, conninfo, network, path, args, mirror: (lines, ...more) => run(args(lines, ...more)) };
    }

    /** Serve what a database holds while `work(url)` runs. */
    async serving({ conninfo }, work) {
        const { program, url } = await serve("serve", "--database", conninfo);
        this.undo.push(program);
        try {
            return await work(url);
        } finally {
            this.undo.splice(this.undo.indexOf(program), 1);
            await program.kill("SIGTERM").ends();
        }
    }

    /** altledger's own check of the rows, then the independent recomputation; `work(url, computed)` may ask more. */
    async judge(store, work = () => {}) {
        const report = JSON.parse((await run(["verify", "--json", "--database", store.conninfo])).out);
        assert.equal(report.differences, 0);
        return this.serving(store, async (url) => {
            const computed = await judge(url, store.network);
            await work(url, computed);
            return computed;
        });
    }
}
