// tests/model/truth.mjs - what the contracts' view functions answer at the end of a block, and what each slash did to whom.
//
// A sample has the form of the golden chains' truth (alt, tok2, vault, supplies, operators, stakers) with a few members more:
// - operators[o]: `encumbered` and the rows of `allocations` are for all strategies: `encumbered` is strategy ALT's, as there,
//   `encumbered_by` has each strategy's; rows have `strategy` (its name) and `slashable_until` (0 while registered).
// - stakers[a].queued[]: `root`, `operator` and `slashable_until`.
// - stakers[a].ambiguous: {strategy: {low, high}}: the deposit shares that logs alone leave possible (k < 1e18 at a withdrawal
//   of a part); without an entry the logs determine them.
// - strategies[name]: {total_shares, balance}.
// - slashes: every slash of the block, see Witness.
import { createRequire } from "node:module";
import { mul } from "./math.mjs";

const { getAddress } = createRequire(new URL("../package.json", import.meta.url))("ethers");
const checksums = new Map();
export function checksum(address) {
    if (!checksums.has(address)) checksums.set(address, getAddress(address));
    return checksums.get(address);
}

const text = (value) => value.toString();
const by_name = (world, value) => Object.fromEntries([...world.strategies.values()].map((s) => [s.name, text(value(s.address))]));

export function operator_truth(world, operator) {
    const { am, dm } = world, names = [...world.strategies.values()];
    const allocations = [];
    for (const { name, address } of names) {
        for (const set of am.all_sets()) {
            const { current, pending, effect } = am.allocation(operator, set, address);
            allocations.push({
                avs: set.avs, set: set.id, strategy: name,
                current: text(current), pending: text(pending), effect: text(effect),
                member: am.member(operator, set), slashable: am.slashable(operator, set),
                slashable_until: am.member(operator, set) ? 0 : am.status(operator, set).until,
                slashable_stake: text(am.slashable_stake(operator, set, address)),
            });
        }
    }
    const encumbered = by_name(world, (s) => am.encumbered(operator, s));
    return {
        shares: by_name(world, (s) => dm.operator_shares(operator, s)),
        max_magnitude: by_name(world, (s) => am.max_magnitude(operator, s)),
        encumbered: encumbered.ALT, encumbered_by: encumbered,
        allocations, allocation_delay: text(am.delay(operator).delay),
    };
}

export function staker_truth(world, staker) {
    const { dm, sm, known } = world;
    const ambiguous = {};
    for (const { name, address } of world.strategies.values()) {
        if (!known.ambiguous(staker, address)) continue;
        const [low, high] = known.range(staker, address);
        ambiguous[name] = { low: text(low), high: text(high) };
    }
    return {
        delegated_to: checksum(dm.delegated_to(staker)),
        withdrawable: by_name(world, (s) => dm.withdrawable(staker, s)),
        deposit: by_name(world, (s) => sm.deposit_shares(staker, s)),
        scaling: by_name(world, (s) => dm.factor(staker, s)),
        queued: dm.withdrawals(staker).map((w) => ({
            root: w.root, nonce: text(w.nonce), start: text(w.start), operator: checksum(w.operator),
            slashable_until: dm.slashable_until(w), strategies: w.strategies.map(checksum),
            scaled: w.scaled.map(text), withdrawable: dm.payable(w).map(text),
        })),
        ambiguous,
    };
}

/** The state at the end of the world's block. people: whose balances and stake; operators among them. */
export function sample(world, timestamp, { operators, stakers, holders }, slashes = []) {
    const { alt, tok2, realt } = world.tokens;
    const balances = (token) => Object.fromEntries(holders.map((a) => [a, text(token.balance(a))]));
    return {
        block: world.block, timestamp, alt: balances(alt), votes: {}, proposals: {}, vault: balances(realt), tok2: balances(tok2),
        supply: text(alt.supply()), tok2_supply: text(tok2.supply()), vault_supply: text(realt.supply()),
        vault_assets: text(realt.assets()),
        operators: Object.fromEntries(operators.map((o) => [o, operator_truth(world, o)])),
        stakers: Object.fromEntries(stakers.map((a) => [a, staker_truth(world, a)])),
        strategies: Object.fromEntries([...world.strategies.values()].map((s) =>
            [s.name, { total_shares: text(s.total()), balance: text(s.token.balance(s.address)) }])),
        slashes,
    };
}

/**
 * Stands by while transactions run and keeps, for each slash: the operator just before its call, and who lost what.
 * A slash: {block, tx_index, avs, set, slash_id, operator, caller, strategies, wads, wads_slashed, description, log_index (of
 * OperatorSlashed), first_log_index (the state before is the one before this log), operator_before, impact: [per strategy that
 * was hit {strategy, max_before, max_after, operator_before, operator_after, live, queued, total, stakers: [{staker, before,
 * after}], withdrawals: [{root, staker, index, scaled, before, after}], stakers_loss, withdrawals_loss, stakers_count,
 * withdrawals_count}]}. `total` is the event's own figure (OperatorSharesSlashed); the losses' sum differs from it by rounding and
 * by dust (operator shares that are no staker's). Withdrawals listed are those still slashable. `limit` bounds the rows of
 * stakers and of withdrawals kept.
 */
export class Witness {
    constructor(stakers, limit = Infinity) {
        Object.assign(this, { stakers, limit, done: [], open: [], pending: null, logs_before: 0, refusals: new Map() });
    }

    clone() {
        return new Witness(this.stakers, this.limit);
    }

    before(world, { to, method, args, from }) {
        if (to !== world.addresses.allocation_manager || method !== "slashOperator") return;
        const [avs, params] = args;
        this.logs_before = world.logs.length;
        this.pending = {
            block: world.block, avs, set: params.id, operator: params.operator, caller: from, strategies: params.strategies,
            wads: params.wads.map(text), description: params.description, operator_before: operator_truth(world, params.operator),
            impact: params.strategies.map((strategy) => this.look(world, params.operator, strategy)),
        };
    }

    look(world, operator, strategy) {
        const { am, dm } = world, stakers = [], withdrawals = [];
        for (const staker of this.stakers) {
            if (dm.delegated_to(staker) === operator) {
                const before = dm.withdrawable(staker, strategy);
                if (world.sm.deposit_shares(staker, strategy) > 0n) stakers.push({ staker, before });
            }
            for (const root of world.store.list(`roots/${staker}`)) {
                const w = world.store.get(`withdrawal/${root}`);
                if (w.operator !== operator || dm.slashable_until(w) < world.block) continue;
                w.strategies.forEach((s, index) => {
                    if (s === strategy) withdrawals.push({ root, staker, index, scaled: w.scaled[index] });
                });
            }
        }
        const max = am.max_magnitude(operator, strategy), shares = dm.operator_shares(operator, strategy);
        return { strategy, max, shares, stakers, withdrawals };
    }

    after(world) {
        const slash = this.pending;
        if (!slash) return;
        this.pending = null;
        const { am, dm } = world, fresh = world.logs.slice(this.logs_before), told = fresh.at(-1);
        slash.slash_id = text(world.store.get(`slashes/${slash.avs}/${slash.set}`));
        slash.wads_slashed = told.args[3].map(text);
        slash.impact = slash.impact.flatMap(({ strategy, max, shares, stakers, withdrawals }) => {
            const event = fresh.find((log) => log.event === "OperatorSharesSlashed" && log.args[1] === strategy);
            if (!event) return [];
            const now = am.max_magnitude(slash.operator, strategy), left = dm.operator_shares(slash.operator, strategy);
            const lost = (rows) => rows.reduce((sum, { before, after }) => sum + before - after, 0n);
            const live_rows = stakers.map((row) => ({ ...row, after: dm.withdrawable(row.staker, strategy) }));
            const queued_rows = withdrawals.map((row) => ({ ...row, before: mul(row.scaled, max), after: mul(row.scaled, now) }));
            const written = (rows) => rows.slice(0, this.limit).map((row) => Object.fromEntries(Object.entries(row)
                .map(([key, value]) => [key, typeof value === "bigint" ? text(value) : value])));
            return [{
                strategy, max_before: text(max), max_after: text(now), operator_before: text(shares), operator_after: text(left),
                live: text(shares - left), queued: text(event.args[2] - (shares - left)), total: text(event.args[2]),
                stakers_count: live_rows.length, withdrawals_count: queued_rows.length,
                stakers_loss: text(lost(live_rows)), withdrawals_loss: text(lost(queued_rows)),
                stakers: written(live_rows), withdrawals: written(queued_rows),
            }];
        });
        slash.log_index = world.logs.length - 1;
        slash.first_log_index = this.logs_before;
        this.open.push(slash);
    }

    refused(error) {
        this.refusals.set(error.message, (this.refusals.get(error.message) ?? 0) + 1);
        this.pending = null;
        this.open = [];
    }

    accepted() {
        this.done = this.open;
        this.open = [];
    }

    /** The slashes of the transaction just accepted, placed in their block. */
    take(tx_index, first_log) {
        const slashes = this.done.map((slash) => ({
            ...slash, tx_index, log_index: first_log + slash.log_index, first_log_index: first_log + slash.first_log_index,
        }));
        this.done = [];
        return slashes;
    }
}

