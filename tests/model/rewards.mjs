// tests/model/rewards.mjs - every payout of every closed day, computed from facts by the rules of ledger/README.md and by nothing else.
//
// Facts (tests/model/reward_facts.mjs reads them from the public API): addresses in lower case, amounts bigints, days since 1970 numbers,
// operator_set null where there is none:
//   days [{day, next_day, snapshot, closing}] of closed days only, ascending; submissions [{id, kind, distributor, avs, operator_set, token, amount, start,
//   duration, strategies: [[address, multiplier]], operators: [[address, amount]], block, log_index}]; fees [{collector, token, amount, day, block, log_index}];
//   splits, defaults [{..., block, log_index}]; collectors, coordinator, default_bips;
//   and of a snapshot's block: registrations(b) [{operator, avs, directory, sets}], operator(b, o) {shares, magnitudes, allocation(set, strategy), slashable(set)},
//   stakers(b, o) and everyone(b) [[staker, strategy => withdrawable]], set_strategies(b, set).
import { createRequire } from "node:module";
import { rewards_root } from "./reward_tree.mjs";

const { concat, keccak256, toBeHex, toUtf8Bytes } = createRequire(new URL("../package.json", import.meta.url))("ethers");
const DAY = 86400n, ALL = 10000n;
export const NOBODY = `0x${"00".repeat(20)}`;
export const day_text = (day) => new Date(day * 86400000).toISOString().slice(0, 10);
const sum = (list) => list.reduce((total, n) => total + n, 0n);
const by_place = (a, b) => a.block - b.block || a.log_index - b.log_index;
const by_address = ([a], [b]) => (a < b ? -1 : a > b ? 1 : 0);
const DIRECTED = ["operator_directed_avs", "operator_directed_set"];
const OF_SETS = ["operator_directed_set", "unique_stake", "total_stake"];
const REFUNDED = ["unique_stake", "total_stake"];

export const fee_id = (collector, token, epoch) =>
    keccak256(concat([toUtf8Bytes("altledger fee epoch"), collector, token, toBeHex(epoch, 8)]));

/** Days whose midnight lies in (start, start + duration]: [first, last], n of them. */
export function days_of({ start, duration }) {
    const first = start / DAY, last = (start + duration) / DAY - 1n;
    return { first: Number(first), last: Number(last), n: last - first + 1n };
}

class Computation {
    constructor(facts) {
        Object.assign(this, { facts, pools: [], shares: [], payouts: [], distributions: [], earned: new Map() });
        this.submissions = [...facts.submissions, ...this.#epochs()].sort(by_place);
    }

    /** The fees of each epoch as one submission, which stands where its first transfer does. */
    #epochs() {
        const epochs = new Map();
        for (const fee of [...this.facts.fees].sort(by_place)) {
            const terms = this.facts.collectors.find((c) => c.address === fee.collector), epoch = Math.floor(fee.day / terms.epoch_days);
            const id = fee_id(fee.collector, fee.token, epoch);
            if (!epochs.has(id)) epochs.set(id, { ...fee, id, kind: "fee", distributor: fee.collector, avs: NOBODY, operator_set: null, amount: 0n, terms,
                last: (epoch + 1) * terms.epoch_days - 1 });
            epochs.get(id).amount += fee.amount;
        }
        return [...epochs.values()];
    }

    run_of(day) {
        return this.facts.days.find((run) => run.day <= day && day < run.next_day);
    }

    /** The day of a block: of the first run that its block is not behind; undefined: of a day that is not closed. */
    day_of(block) {
        return this.facts.days.find((run) => block <= run.snapshot)?.day;
    }

    async run() {
        for (const run of this.facts.days)
            for (let day = run.day; day < run.next_day; day++) {
                const paid_by = new Set(), before = this.payouts.length;
                for (const s of this.submissions) await this.close(s, day, run);
                for (const p of this.payouts.slice(before)) paid_by.add(p.distributor);
                for (const distributor of [...paid_by].sort()) this.distribute(distributor, day, run);
            }
        return this;
    }

    /** What closing `day` pays of a submission. */
    async close(s, day, run) {
        const event_day = this.day_of(s.block), history = this.facts.days[0].day;
        if (event_day === undefined || event_day > day) return;
        const at = { paid_day: day, closing: run.closing };
        if (s.kind === "fee") {
            if (s.last === day) await this.pay_fee(s, at);
            return;
        }
        const { first, last, n } = days_of(s);
        if (n <= 0n) {
            if (event_day === day) this.pool(s, { ...at, day, reason: "no-days", tokens: 0n, rest: s.amount, n: 0n });
            return;
        }
        if (DIRECTED.includes(s.kind)) {
            if (Math.max(event_day, last) === day) await this.pay_directed(s, at, first, last);
            return;
        }
        const tokens = s.amount / n, rest = s.amount - n * tokens, rest_on = (d) => (d === last ? rest : 0n);
        if (event_day === day && first < history) {
            const until = Math.min(last, history - 1);
            this.pool(s, { ...at, day: first, reason: "before-history", tokens: tokens * BigInt(until - first + 1), rest: rest_on(until), n });
        }
        for (let d = event_day === day ? Math.max(first, history) : day; d <= Math.min(day, last); d++)
            if (d >= first) await this.pay_day(s, { ...at, day: d, tokens, rest: rest_on(d), n });
    }

    /** Strategies that count: [[strategy, multiplier]]. */
    async strategies_of(s, block) {
        if (!OF_SETS.includes(s.kind)) return s.strategies;
        const of_set = await this.facts.set_strategies(block, { avs: s.avs, id: s.operator_set });
        return s.strategies.filter(([strategy]) => of_set.has(strategy));
    }

    registered(s, rows) {
        const fits = ({ avs, directory, sets }) => {
            if (s.kind === "all_earners") return directory || sets.length > 0;
            if (avs !== s.avs) return false;
            return OF_SETS.includes(s.kind) ? sets.includes(s.operator_set) : directory || sets.length > 0;
        };
        return [...new Set(rows.filter(fits).map((row) => row.operator))].sort();
    }

    async weight(s, block, operator, strategies) {
        const o = await this.facts.operator(block, operator), set = { avs: s.avs, id: s.operator_set };
        return sum(strategies.map(([strategy, multiplier]) => {
            if (s.kind !== "unique_stake") return multiplier * o.shares(strategy);
            const max = o.max_magnitude(strategy);
            return max === 0n ? 0n : multiplier * (o.shares(strategy) * o.allocation(set, strategy) / max);
        }));
    }

    /** A pool of one day of a submission that is not operator-directed. */
    async pay_day(s, pool) {
        const block = this.run_of(pool.day).snapshot, strategies = await this.strategies_of(s, block);
        if (s.kind === "for_all") {
            const part = { operator: NOBODY, tokens: pool.tokens, weight: 0n, bips: 0n, strategies, stakers: await this.facts.everyone(block) };
            const anybody = part.stakers.some(([, withdrawable]) => strategies.some(([st, m]) => m * withdrawable(st) > 0n));
            return this.pool(s, { ...pool, block, parts: anybody ? [part] : [], reason: anybody ? "shared" : "nobody" });
        }
        const weights = [];
        for (const operator of this.registered(s, await this.facts.registrations(block)))
            weights.push([operator, await this.weight(s, block, operator, strategies)]);
        return this.pool(s, { ...pool, block, ...await this.share(s, pool, block, weights, () => strategies) });
    }

    /** P(o) = floor(P * w(o) / sum of all w). */
    async share(s, pool, block, weights, strategies_of) {
        const all = sum(weights.map(([, w]) => w)), parts = [];
        for (const [operator, weight] of weights.sort(by_address).filter(([, w]) => w > 0n))
            parts.push({ operator, weight, tokens: pool.tokens * weight / all, bips: this.split(s, operator, pool.day, block, await this.set_of(s, operator, block)),
                strategies: strategies_of(operator), stakers: await this.facts.stakers(block, operator) });
        if (all > 0n) return { parts, weight: all, reason: "shared" };
        return { parts, weight: 0n, reason: "nobody", refund: REFUNDED.includes(s.kind) ? pool.tokens : 0n };
    }

    async pay_directed(s, at, first, last) {
        const listed = new Map(), registered = new Map(), history = this.facts.days[0].day;
        for (const [operator, amount] of s.operators) listed.set(operator, (listed.get(operator) ?? 0n) + amount);
        for (const [operator, amount] of listed) if (amount === 0n) listed.delete(operator);
        const days = [];
        for (let day = Math.max(first, history); day <= last; day++) {
            const here = this.registered(s, await this.facts.registrations(this.run_of(day).snapshot)).filter((o) => listed.has(o));
            for (const o of here) registered.set(o, (registered.get(o) ?? 0n) + 1n);
            days.push([day, here]);
        }
        if (days.length === 0) days.push([last, []]);
        const refund = sum([...listed].filter(([o]) => !registered.has(o)).map(([, a]) => a));
        const rest = sum([...listed].filter(([o]) => registered.has(o)).map(([o, a]) => a % registered.get(o)));
        for (const [day, here] of days) {
            const block = this.run_of(day)?.snapshot, parts = [], of_last = day === last;
            for (const operator of here)
                parts.push({ operator, weight: null, tokens: listed.get(operator) / registered.get(operator), bips: this.split(s, operator, day, block, s),
                    strategies: await this.strategies_of(s, block), stakers: await this.facts.stakers(block, operator) });
            if (here.length === 0 && !of_last) continue;
            const tokens = sum(parts.map((p) => p.tokens)) + (of_last ? refund : 0n);
            this.pool(s, { ...at, day, block, reason: null, tokens, parts, refund: of_last ? refund : 0n, rest: of_last ? rest : 0n, n: null });
        }
    }

    async pay_fee(s, at) {
        const { terms, amount } = s, block = this.run_of(at.paid_day).snapshot, cut = (bips) => amount * bips / ALL;
        const pool = { ...at, day: at.paid_day, tokens: cut(terms.operators_bips) }, weights = [], counted = new Map();
        for (const operator of new Set((await this.facts.registrations(block)).map((row) => row.operator).concat(await this.facts.operators(block)))) {
            const o = await this.facts.operator(block, operator), strategies = [];
            let weight = 0n;
            for (const set of terms.sets.filter((named) => o.slashable(named)))
                for (const strategy of await this.facts.set_strategies(block, set)) {
                    const max = o.max_magnitude(strategy);
                    if (max > 0n) weight += o.shares(strategy) * o.allocation(set, strategy) / max;
                    strategies.push([strategy, 1n]);
                }
            counted.set(operator, strategies);
            weights.push([operator, weight]);
        }
        const shared = await this.share(s, pool, block, weights, (operator) => counted.get(operator));
        const treasury = cut(terms.treasury_bips), burned = cut(terms.burn_bips), tokens = pool.tokens + treasury + burned;
        this.pool(s, { ...pool, block, ...shared, tokens, treasury, burned, rest: amount - tokens, n: 1n });
    }

    /** The set by which an operator's split is: of fees the first named one in which it is slashable. */
    async set_of(s, operator, block) {
        if (s.kind !== "fee") return s;
        const o = await this.facts.operator(block, operator), { avs, id } = s.terms.sets.find((set) => o.slashable(set));
        return { avs, operator_set: id };
    }

    /** Bips at midnight: the newest event counts, if it is in force; what was before the first one is the default. */
    split(s, operator, day, block, { avs, operator_set }) {
        const coordinator = s.kind === "fee" ? this.facts.coordinator : s.distributor, midnight = (BigInt(day) + 1n) * DAY;
        const set = s.kind === "fee" || OF_SETS.includes(s.kind) ? operator_set : null, whom = s.kind === "all_earners" ? NOBODY : avs;
        const told = (rows) => rows.filter((row) => row.distributor === coordinator && row.block <= block).sort(by_place);
        const own = told(this.facts.splits).filter((row) => row.operator === operator && row.avs === whom && row.operator_set === set), newest = own.at(-1);
        const fallback = () => told(this.facts.defaults).at(-1)?.bips ?? this.facts.default_bips;
        const bips = newest && newest.activated_at < midnight ? newest.new_bips : own.length > 1 ? newest.old_bips : fallback();
        return bips > ALL ? ALL : bips;
    }

    /** Book a pool: its parts, refund, treasury. */
    pool(s, { day, paid_day, closing, reason, tokens, n, block = null, weight = 0n, parts = [], refund = 0n, treasury = 0n, burned = 0n, rest = 0n }) {
        const pay = (role, operator, earner, amount) => {
            if (amount > 0n) this.payout(s, { day, paid_day, closing, role, operator, earner, amount });
            return amount;
        };
        let paid = 0n, number = this.payouts.length, remainder = tokens - sum(parts.map((p) => p.tokens)) - refund - treasury - burned;
        for (const part of parts) {
            const commission = pay("operator", part.operator, part.operator, part.tokens * part.bips / ALL), left = part.tokens - commission;
            const weights = part.stakers.map(([who, withdrawable]) => [who, sum(part.strategies.map(([st, m]) => m * withdrawable(st)))])
                .filter(([, w]) => w > 0n).sort(by_address);
            const all = sum(weights.map(([, w]) => w)), given = weights.map(([who, w]) => pay("staker", part.operator, who, left * w / all));
            const to_stakers = sum(given);
            this.shares.push({ submission: s.id, day, operator: part.operator, weight: part.weight, tokens: part.tokens, split_bips: part.bips, commission,
                stake_weight: all, stakers: given.filter((n) => n > 0n).length, paid: to_stakers, remainder: left - to_stakers });
            paid += commission + to_stakers;
            remainder += left - to_stakers;
        }
        pay("refund", NOBODY, s.avs, refund);
        if (treasury > 0n) paid += pay("treasury", NOBODY, s.terms.treasury, treasury);
        number = this.payouts.length - number;
        this.pools.push({ submission: s.id, day, paid_day, reason, tokens, weight, days: n, paid, refund, burned, remainder, rest, block, payouts: number,
            token: s.token, distributor: s.distributor, closing });
    }

    payout(s, { day, paid_day, closing, role, operator, earner, amount }) {
        const key = `${s.distributor}/${earner}/${s.token}`, cumulative = (this.earned.get(key) ?? 0n) + amount;
        this.earned.set(key, cumulative);
        this.payouts.push({ id: `${s.id}-${day_text(day)}-${role}-${operator}-${earner}`, submission: s.id, day: day_text(day), paid_day: day_text(paid_day), role,
            operator, earner, amount, cumulative, token: s.token, distributor: s.distributor, block: closing });
    }

    distribute(distributor, day, run) {
        const earners = new Map();
        for (const [key, cumulative] of this.earned) {
            const [by, earner, token] = key.split("/");
            if (by !== distributor) continue;
            if (!earners.has(earner)) earners.set(earner, new Map());
            earners.get(earner).set(token, cumulative);
        }
        const of = (list) => list.filter((row) => row.distributor === distributor);
        this.distributions.push({ distributor, day: day_text(day), root: rewards_root(earners), block: run.closing, snapshot: run.snapshot, leaves: earners,
            payouts: of(this.payouts).filter((p) => p.paid_day === day_text(day)).length, pools: of(this.pools).filter((p) => p.paid_day === day).length });
    }
}

/** {pools, shares, payouts, distributions, earned} of all closed days, each in the order of booking. */
export const compute = (facts) => new Computation(facts).run();
