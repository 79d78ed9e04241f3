// tests/model/scenario.mjs - a random economy of operators, stakers and slashes, made so that the rare cases are not rare.
//
// Each block holds some transactions of some calls. Operations look at the modelled state to be mostly valid; what the contracts
// refuse leaves no log. Many operations plan another one for a block where it hurts: a slash in the very block in which a
// withdrawal stops being slashable and in the next, a slash while an allocation change is pending, a completion at once.
import { Chain } from "./chain.mjs";
import { World } from "./eigenlayer.mjs";
import { Witness, sample } from "./truth.mjs";
import { MAX, calls, cast, dice } from "./actors.mjs";
import { WAD } from "./math.mjs";
import { ZERO } from "./tokens.mjs";

const RICH = 10n ** 24n;
const ascending = (addresses) => [...addresses].sort((a, b) => (BigInt(a) < BigInt(b) ? -1 : 1));
const sets_of = (ids, strategies, slasher) => ids.map((id) => ({ id, strategies: [...strategies], slasher }));

const WEIGHTS = {
    deposit: 14, delegate: 10, undelegate: 3, force_undelegate: 1, redelegate: 3, queue: 12, complete: 10,
    modify: 12, set_delay: 1, clear_queue: 2, register: 3, deregister: 2, add_strategy: 1, remove_strategy: 1, new_set: 0.3,
    slash: 8, slash_and: 8, clear_burnable: 4, donate: 1, vault_move: 2, new_operator: 1, mouse: 22, whitelist: 0.3, new_slasher: 0.3,
    extreme: 1.2, slash_pending: 6,
};

export class Scenario {
    constructor(seed, { stakers = 24 } = {}) {
        const { addresses, people, delays } = cast(seed, { stakers });
        // The gentle operator is slashed by one wei each time: its magnitudes stay next to 1e18, where the mice live.
        Object.assign(this, { seed, addresses, people, delays, gentle: people.operators[4] });
        this.chain = new Chain(new World(addresses, delays), `seed ${seed}`);
        this.join(dice(seed));
        this.plans = new Map();
        this.trace = null; // given a list, every block's accepted transactions are kept in it
    }

    /** What hangs on the chain's world. */
    join(rng) {
        this.rng = rng;
        this.world = this.chain.world;
        this.stakers = [...this.people.stakers, ...this.people.operators];
        this.holders = [...this.stakers, this.people.beneficiary, ...Object.values(this.addresses.strategies), this.addresses.realt];
        this.world.witness = this.witness = new Witness(this.stakers);
        this.names = Object.values(this.addresses.strategies);
        this.to = calls(this.addresses);
        this.table = Object.entries(WEIGHTS).flatMap(([name, weight]) => Array(Math.round(weight * 10)).fill(name));
    }

    /** The same chain so far, going on by another seed. */
    fork(seed) {
        const other = Object.create(Scenario.prototype);
        Object.assign(other, this, { plans: new Map([...this.plans].map(([block, list]) => [block, [...list]])), trace: null });
        other.chain = this.chain.fork(`fork ${seed}`);
        other.join(dice(seed));
        return other;
    }

    get now() {
        return this.chain.head.number + 1;
    }

    operators() {
        return this.people.operators.filter((o) => this.world.dm.is_operator(o));
    }

    plan(block, make) {
        if (!this.plans.has(block)) this.plans.set(block, []);
        this.plans.get(block).push(make);
    }

    /** Grow by one block: {block, slashes}. */
    grow(transactions) {
        const slashes = [], number = this.now;
        const { block, accepted } = this.chain.grow(transactions, 1 + this.rng.next(12), (index, first_log) => {
            slashes.push(...this.witness.take(index, first_log));
        });
        this.trace?.push({ number, timestamp: this.chain.head.timestamp, transactions, accepted });
        return { block, slashes };
    }

    step() {
        // grow() sets the world's block; the operations are drawn as of the block they will be in.
        this.world.block = this.now;
        const planned = (this.plans.get(this.now) ?? []).flatMap((make) => make(this));
        this.plans.delete(this.now);
        const count = this.rng.chance(15) ? 0 : 1 + this.rng.next(5), drawn = [];
        for (let i = 0; i < count; i++) drawn.push(...(this[this.rng.pick(this.table)]() ?? []));
        return this.grow(this.rng.chance(50) ? [...planned, ...drawn] : [...drawn, ...planned]);
    }

    sample(slashes) {
        const { operators } = this.people;
        return sample(this.world, this.chain.head.timestamp, { operators, stakers: this.stakers, holders: this.holders }, slashes);
    }

    /** Tokens, strategies, the first operators with sets and allocations; at least as long as slashes need to be possible. */
    *setup() {
        const { to, addresses, stakers, rng } = this, mint = this.people.mint;
        yield this.grow([]);
        yield this.grow(stakers.flatMap((p) => [[to.alt(mint, "mint", p, RICH)], [to.tok2(mint, "mint", p, RICH)]]));
        const [alt, second, vault] = this.names;
        yield this.grow([[to.at(alt, mint, "initialize", addresses.alt)], [to.at(second, mint, "initialize", addresses.tok2)],
            [to.at(vault, mint, "initialize", addresses.realt)], [to.sm(mint, "addStrategiesToDepositWhitelist", this.names)]]);
        for (let i = 0; i < stakers.length; i += 8) {
            yield this.grow(stakers.slice(i, i + 8).flatMap((p) => [
                [to.alt(p, "approve", addresses.strategy_manager, MAX), to.tok2(p, "approve", addresses.strategy_manager, MAX)],
                [to.alt(p, "approve", addresses.realt, MAX), to.realt(p, "approve", addresses.strategy_manager, MAX),
                    to.realt(p, "deposit", RICH / 4n, p)],
            ]));
        }
        const first = this.people.operators.slice(0, 5);
        yield this.grow(first.map((o, i) => [to.dm(o, "registerAsOperator", i === 3 ? stakers[0] : ZERO, i * 3, `operator ${i}`)]));
        for (const [i, avs] of addresses.avs.entries()) {
            yield this.grow([[to.am(avs, "updateAVSMetadataURI", avs, `avs ${i}`)], [to.am(avs, "createOperatorSets", avs,
                [...sets_of([0], this.names, avs), ...sets_of([1], [alt, second], avs)])],
            [to.am(avs, "createRedistributingOperatorSets", avs, sets_of([2], [alt, vault], avs), [this.people.beneficiary])]]);
        }
        yield this.grow(first.flatMap((o) => addresses.avs.map((avs) =>
            [to.am(o, "registerForOperatorSets", o, avs, rng.some([0, 1, 2]))])));
        const set = { avs: addresses.avs[0], id: 0 };
        yield this.grow([[to.am(this.gentle, "registerForOperatorSets", this.gentle, set.avs, [0])],
            [to.am(this.gentle, "modifyAllocations", this.gentle, [{ set, strategies: [second], magnitudes: [WAD / 3n] }])]]);
        while (this.now < this.delays.withdrawal + 2) {
            yield this.grow([...this.deposit(), ...this.deposit(), ...this.delegate(), ...this.modify(), ...this.mouse()]);
        }
    }

    // Stakers.

    is_mouse(who) {
        return this.people.stakers.indexOf(who) % 4 === 3;
    }

    amount() {
        const { rng } = this, kind = rng.next(10);
        if (kind === 0) return BigInt(1 + rng.next(2000));
        if (kind === 1) return rng.below(10n ** 12n) + 1n;
        return rng.below(5n * 10n ** 22n) + 1n;
    }

    deposit(who = this.rng.pick(this.stakers.filter((p) => !this.is_mouse(p)))) {
        const strategy = this.rng.pick(this.names);
        return [[this.to.sm(who, "depositIntoStrategy", strategy, this.amount())]];
    }

    /** Tiny deposits with a slashed operator bring k below 1e18, a few wei each time, and then a part of them is withdrawn. */
    mouse() {
        const { rng, world, addresses: { strategies: { wOTH } } } = this;
        const who = rng.pick(this.people.stakers.filter((p) => this.is_mouse(p))), has = world.sm.deposit_shares(who, wOTH);
        if (world.dm.delegated_to(who) === ZERO) {
            return rng.chance(80) ? this.delegate(who, this.gentle) : this.delegate(who);
        }
        const kind = rng.next(10);
        if (kind === 0) return this.undelegate(who);
        if (kind < 5 && has > 1n) return this.queue(who, [wOTH], [1n + rng.below(kind === 1 ? has : has - 1n)]);
        const amounts = [BigInt(1 + rng.next(40)), ...Array(rng.next(5)).fill(1n)];
        return [amounts.map((amount) => this.to.sm(who, "depositIntoStrategy", wOTH, amount))];
    }

    free() {
        return this.people.stakers.filter((p) => this.world.dm.delegated_to(p) === ZERO);
    }

    bound(operator) {
        return this.people.stakers.filter((p) => operator ? this.world.dm.delegated_to(p) === operator
            : this.world.dm.delegated_to(p) !== ZERO);
    }

    delegate(who, operator = this.rng.pick(this.operators())) {
        const staker = who ?? (this.free().length ? this.rng.pick(this.free()) : null);
        return staker && operator ? [[this.to.dm(staker, "delegateTo", operator)]] : [];
    }

    undelegate(who) {
        const staker = who ?? (this.bound().length ? this.rng.pick(this.bound()) : null);
        if (!staker) return [];
        this.plan_withdrawal_ends(staker);
        return [[this.to.dm(staker, "undelegate", staker)]];
    }

    force_undelegate() {
        if (!this.bound().length) return [];
        const staker = this.rng.pick(this.bound()), operator = this.world.dm.delegated_to(staker);
        const approver = this.world.store.get(`approver/${operator}`, ZERO);
        return [[this.to.dm(approver !== ZERO && this.rng.chance(50) ? approver : operator, "undelegate", staker)]];
    }

    redelegate(who) {
        const staker = who ?? (this.bound().length ? this.rng.pick(this.bound()) : null);
        return staker ? [[this.to.dm(staker, "redelegate", this.rng.pick(this.operators()))]] : [];
    }

    queue(who, strategies, shares) {
        const { rng, world } = this;
        if (!who) {
            const able = this.stakers.filter((p) => world.sm.strategies_of(p).length > 0);
            if (able.length === 0) return [];
            return this.queue(rng.pick(able));
        }
        if (!strategies) {
            const has = world.sm.strategies_of(who);
            if (has.length === 0) return [];
            strategies = rng.some(has);
            shares = strategies.map((s) => {
                const all = world.sm.deposit_shares(who, s);
                return rng.chance(35) ? all : 1n + rng.below(rng.chance(10) ? all + 2n : all);
            });
        }
        this.plan_withdrawal_ends(who);
        const params = rng.chance(20) && strategies.length > 1
            ? strategies.map((s, i) => ({ strategies: [s], shares: [shares[i]] })) : [{ strategies, shares }];
        return [[this.to.dm(who, "queueWithdrawals", params)]];
    }

    /** Slashes where a withdrawal made now is just still, and just no more, slashable; and its completion as early as it goes. */
    plan_withdrawal_ends(staker) {
        const operator = this.world.dm.delegated_to(staker), until = this.now + this.delays.withdrawal, { rng } = this;
        if (operator !== ZERO && rng.chance(25)) this.plan(until, (s) => s.slash(operator));
        if (operator !== ZERO && rng.chance(25)) this.plan(until + 1, (s) => s.slash(operator));
        if (rng.chance(40)) this.plan(until + rng.next(2), (s) => s.complete(staker));
    }

    complete(who) {
        const { rng, world } = this, { dm } = world;
        const ready = (p) => dm.withdrawals(p).filter((w) => world.block > dm.slashable_until(w) || rng.chance(3));
        const able = who ? [who] : rng.shuffle(this.stakers).filter((p) => ready(p).length > 0).slice(0, 1);
        if (able.length === 0) return [];
        const roots = rng.some(ready(able[0]).map((w) => w.root).concat(who ? dm.withdrawals(who).map((w) => w.root) : []), 3);
        if (roots.length === 0) return [];
        return [[this.to.dm(able[0], "completeQueuedWithdrawals", [...new Set(roots)], roots.map(() => rng.chance(50)))]];
    }

    // Operators.

    operator_sets() {
        return this.world.am.all_sets();
    }

    modify(operator = this.rng.pick(this.operators()), set = this.rng.pick(this.operator_sets())) {
        const { rng, world: { am } } = this, now = this.now, all = ascending(am.strategies(set));
        if (all.length === 0) return [];
        const strategies = rng.some(all, 2), magnitudes = strategies.map((s) => {
            const { current, pending } = am.allocation(operator, set, s), free = am.max_magnitude(operator, s) - am.encumbered(operator, s);
            const kind = rng.next(10), target = current + pending;
            if (kind < 2) return 0n;
            if (kind < 4) return target / 2n;
            if (kind === 4) return target > 0n ? target - 1n : 1n;
            if (kind === 5) return target + free; // all there is
            return current + rng.below(free / 3n + 2n);
        });
        if (rng.chance(50)) {
            const away = rng.next(Math.max(this.delays.deallocation + 3, 1));
            this.plan(now + away, (s) => s.slash(operator, set)); // perhaps while the change is pending
            if (away === 0) this.plan(now + 1, (s) => s.slash(operator, set));
        }
        return [[this.to.am(operator, "modifyAllocations", operator, [{ set, strategies, magnitudes }])]];
    }

    set_delay() {
        const operator = this.rng.pick(this.operators());
        return [[this.to.am(operator, "setAllocationDelay", operator, this.rng.next(15))]];
    }

    clear_queue() {
        const { rng } = this, strategies = rng.some(this.names);
        return [[this.to.am(rng.pick(this.stakers), "clearDeallocationQueue", rng.pick(this.operators()), strategies,
            strategies.map(() => rng.next(3)))]];
    }

    register() {
        const { rng } = this, operator = rng.pick(this.operators()), set = rng.pick(this.operator_sets());
        return [[this.to.am(operator, "registerForOperatorSets", operator, set.avs, [set.id])]];
    }

    deregister() {
        const { rng, world } = this, operator = rng.pick(this.operators());
        const sets = this.operator_sets().filter((set) => world.am.member(operator, set));
        if (sets.length === 0) return [];
        const set = rng.pick(sets), until = this.now + this.delays.deallocation;
        const { next } = rng;
        for (const block of [until, until + 1, this.now + 1 + next(this.delays.deallocation)])
            if (rng.chance(60)) this.plan(block, (s) => s.slash(operator, set));
        return [[this.to.am(rng.chance(50) ? operator : set.avs, "deregisterFromOperatorSets", operator, set.avs, [set.id])]];
    }

    new_operator() {
        const { rng } = this, who = this.people.operators.find((o) => this.world.dm.delegated_to(o) === ZERO);
        return who ? [[this.to.dm(who, "registerAsOperator", ZERO, rng.next(8), "late")]] : [];
    }

    // AVSes.

    new_set() {
        const { rng, people } = this, avs = rng.pick(this.addresses.avs), set = sets_of([3 + rng.next(3)], rng.some(this.names), avs);
        if (rng.chance(50)) return [[this.to.am(avs, "createOperatorSets", avs, set)]];
        return [[this.to.am(avs, "createRedistributingOperatorSets", avs, set, [people.beneficiary])]];
    }

    add_strategy() {
        const { rng } = this, { avs, id } = rng.pick(this.operator_sets());
        return [[this.to.am(avs, "addStrategiesToOperatorSet", avs, id, [rng.pick(this.names)])]];
    }

    remove_strategy() {
        const { rng } = this, { avs, id } = rng.pick(this.operator_sets());
        return [[this.to.am(avs, "removeStrategiesFromOperatorSet", avs, id, [rng.pick(this.names)])]];
    }

    new_slasher() {
        const set = this.rng.pick(this.operator_sets());
        return [[this.to.am(set.avs, "updateSlasher", set, this.rng.pick([...this.addresses.avs, this.people.beneficiary]))]];
    }

    wad() {
        const { rng } = this, kind = rng.next(20);
        if (kind < 5) return 1n;
        if (kind < 8) return 1n + BigInt(rng.next(1000));
        if (kind < 16) return WAD / 1000n + rng.below(WAD / 7n);
        if (kind < 18) return WAD / 7n + rng.below(WAD / 2n);
        return kind === 18 ? WAD - 1n - rng.below(10n ** 9n) : WAD;
    }

    /** The call of a slash that should hit: of this operator, set and strategy, or any. */
    slash_call(operator, set, wad = null, only = null) {
        const { rng, world: { am } } = this, hits = [];
        for (const o of operator ? [operator] : this.operators()) {
            for (const s of set ? [set] : this.operator_sets()) {
                const strategies = am.strategies(s).filter((x) => am.allocation(o, s, x).current > 0n && (!only || x === only));
                if (strategies.length && am.slashable(o, s)) hits.push([o, s, strategies]);
            }
        }
        if (hits.length === 0) return null;
        const [o, s, hit] = rng.pick(hits), all = am.strategies(s);
        const strategies = ascending(new Set([...rng.some(hit), ...(rng.chance(30) ? rng.some(all) : [])]));
        const wads = strategies.map(() => (o === this.gentle ? 1n : wad ?? this.wad()));
        const description = `slash ${this.now}`;
        return this.to.am(am.slasher(s), "slashOperator", s.avs, { operator: o, id: s.id, strategies, wads, description });
    }

    slash(operator, set, only = null) {
        const call = this.slash_call(operator, set, null, only);
        return call ? [[call]] : [];
    }

    /** A change of an allocation, and slashes before it takes effect; a part of a wei's change is all of it. */
    slash_pending() {
        const { rng, world: { am } } = this, able = [];
        for (const o of this.operators()) {
            for (const set of this.operator_sets()) {
                if (!am.slashable(o, set)) continue;
                for (const s of am.strategies(set)) {
                    const { current, effect } = am.allocation(o, set, s);
                    if (current > 0n && effect === 0) able.push([o, set, s, current]);
                }
            }
        }
        if (able.length === 0) return [];
        const [operator, set, strategy, current] = rng.pick(able), { delay } = am.delay(operator);
        const free = am.max_magnitude(operator, strategy) - am.encumbered(operator, strategy);
        const up = delay > 0 && free > 0n && rng.chance(50), more = rng.below(rng.chance(50) ? 1n : free + 1n);
        const magnitude = up ? current + 1n + more : rng.pick([current - 1n, current / 2n, 0n, rng.below(current)]);
        const change = [this.to.am(operator, "modifyAllocations", operator, [{ set, strategies: [strategy], magnitudes: [magnitude] }])];
        const window = up ? delay : this.delays.deallocation + 1;
        for (let n = 1 + rng.next(3); n > 0; n--) this.plan(this.now + 1 + rng.next(window), (s) => s.slash(operator, set, strategy));
        const call = rng.chance(30) ? this.slash_call(operator, set, null, strategy) : null;
        return call ? [change, [call]] : [change];
    }

    /** A slash and what a staker does, in one block or one transaction, in either order. */
    slash_and() {
        const { rng, world } = this, call = this.slash_call();
        if (!call) return [];
        const { operator } = call.args[1], bound = this.bound(operator), free = this.free();
        const acts = [() => (free.length ? this.delegate(rng.pick(free), operator) : [])];
        if (bound.length) {
            const who = rng.pick(bound);
            acts.push(() => this.queue(who), () => this.deposit(who), () => this.undelegate(who), () => this.redelegate(who));
        }
        const leaving = this.stakers.filter((p) => world.dm.withdrawals(p).some((w) => w.operator === operator));
        if (leaving.length) acts.push(() => this.complete(rng.pick(leaving)));
        const other = rng.pick(acts)(), transactions = rng.chance(50) ? [[call], ...other] : [...other, [call]];
        if (rng.chance(20)) transactions.splice(rng.next(3), 0, ...this.slash(operator)); // twice in a block
        return rng.chance(50) ? [transactions.flat()] : transactions;
    }

    /** All magnitude into one set, then (nearly) all of it slashed: m is next to nothing, or 0. */
    extreme() {
        const { rng, world: { am } } = this, operator = rng.pick(this.operators().filter((o) => o !== this.gentle));
        const set = rng.pick(this.operator_sets());
        const strategies = am.strategies(set).filter((s) => am.max_magnitude(operator, s) > 0n);
        if (strategies.length === 0) return [];
        const strategy = rng.pick(strategies), most = am.max_magnitude(operator, strategy) - am.encumbered(operator, strategy)
            + am.allocation(operator, set, strategy).current;
        const wads = [WAD, WAD - 1n, WAD - 1n - rng.below(1000n), WAD - 1n - rng.below(10n ** 12n), 1n];
        this.plan(this.now + am.delay(operator).delay + 1, (s) => {
            const call = s.slash_call(operator, set, rng.pick(wads));
            return call ? [[call]] : [];
        });
        return [[this.to.am(operator, "registerForOperatorSets", operator, set.avs, [set.id])],
            [this.to.am(operator, "modifyAllocations", operator, [{ set, strategies: [strategy], magnitudes: [most] }])]];
    }

    // The rest.

    clear_burnable() {
        const { rng, world } = this, pending = this.operator_sets().flatMap((set) => {
            const count = Number(world.store.get(`slashes/${set.avs}/${set.id}`, 0n));
            return Array.from({ length: count }, (_, i) => [set, BigInt(i + 1)])
                .filter(([, id]) => world.store.list(`burnable/${set.avs}/${set.id}/${id}`).length > 0);
        });
        if (pending.length === 0) return [];
        const [set, id] = rng.pick(pending), who = rng.pick(this.stakers);
        if (rng.chance(60)) return [[this.to.sm(who, "clearBurnOrRedistributableShares", set, id)]];
        const strategy = rng.pick(world.store.list(`burnable/${set.avs}/${set.id}/${id}`));
        return [[this.to.sm(who, "clearBurnOrRedistributableSharesByStrategy", set, id, strategy)]];
    }

    /** Gifts: not to the second strategy, whose rate stays 1, so that a wei is a share there. */
    donate() {
        const { rng, to, addresses: { strategies, realt } } = this, who = rng.pick(this.stakers), n = rng.below(10n ** 21n) + 1n;
        return [[rng.pick([() => to.alt(who, "transfer", strategies.ALT, n), () => to.realt(who, "transfer", strategies.reALT, n / 10n),
            () => to.alt(who, "transfer", realt, n)])()]];
    }

    vault_move() {
        const { rng, to, world } = this, who = rng.pick(this.stakers), has = world.tokens.realt.balance(who);
        if (rng.chance(50)) return [[to.realt(who, "deposit", this.amount(), who)]];
        return has > 0n ? [[to.realt(who, "redeem", 1n + rng.below(has), who, who)]] : [];
    }

    whitelist() {
        const { rng, to } = this, some = rng.some(this.names);
        this.plan(this.now + 1 + rng.next(4), (s) => [[s.to.sm(s.people.mint, "addStrategiesToDepositWhitelist", some)]]);
        return [[to.sm(this.people.mint, "removeStrategiesFromDepositWhitelist", some)]];
    }
}
