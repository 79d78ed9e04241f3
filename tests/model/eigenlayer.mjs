// tests/model/eigenlayer.mjs - EigenLayer's DelegationManager and StrategyManager, and the world in which all modelled contracts live.
//
// Modelled on the behaviour of the contracts v1.12, written without a look at the ledger's own formulas, so that the two can be
// held against each other. Methods in camelCase are external functions and take the caller first; a refused call throws Revert
// and its transaction leaves no trace. Logs come out in the contracts' order, with their emitters.
import { AllocationManager, set_key } from "./allocations.mjs";
import { withdrawal_root } from "./encode.mjs";
import { WAD, mul, preimages, scale, slashed, withdrawable } from "./math.mjs";
import { Revert, Store, need } from "./store.mjs";
import { Strategy, Token, Vault, ZERO } from "./tokens.mjs";

class DelegationManager {
    constructor(world, address) {
        this.world = world;
        this.address = address;
    }

    get store() {
        return this.world.store;
    }

    emit(event, ...args) {
        this.world.emit("delegation_manager", this.address, event, args);
    }

    // What the contract remembers, and its views.

    delegated_to(staker) {
        return this.store.get(`delegated/${staker}`, ZERO);
    }

    is_operator(who) {
        return who !== ZERO && this.delegated_to(who) === who;
    }

    operator_shares(operator, strategy) {
        return this.store.get(`operator/${operator}/${strategy}`, 0n);
    }

    factor(staker, strategy) {
        return this.store.get(`factor/${staker}/${strategy}`, WAD);
    }

    withdrawable(staker, strategy) {
        const slashing = this.world.am.max_magnitude(this.delegated_to(staker), strategy);
        return withdrawable(this.world.sm.deposit_shares(staker, strategy), this.factor(staker, strategy), slashing);
    }

    withdrawals(staker) {
        return this.store.list(`roots/${staker}`).map((root) => ({ root, ...this.store.get(`withdrawal/${root}`) }));
    }

    slashable_until(withdrawal) {
        return withdrawal.start + this.world.delays.withdrawal;
    }

    /** What a pending withdrawal pays, as getQueuedWithdrawals answers it now. */
    payable(withdrawal) {
        const until = this.slashable_until(withdrawal), { am } = this.world;
        return withdrawal.strategies.map((strategy, i) => mul(withdrawal.scaled[i], until < this.world.block
            ? am.max_magnitude_at(withdrawal.operator, strategy, until) : am.max_magnitude(withdrawal.operator, strategy)));
    }

    // Operators and delegation.

    registerAsOperator(caller, approver, delay, uri) {
        need(this.delegated_to(caller) === ZERO, "ActivelyDelegated");
        this.world.am.set_delay(caller, delay, true);
        this.store.put(`approver/${caller}`, approver);
        this.emit("DelegationApproverUpdated", caller, approver);
        this.delegate(caller, caller);
        this.emit("OperatorRegistered", caller, approver);
        this.emit("OperatorMetadataURIUpdated", caller, uri);
    }

    delegateTo(caller, operator) {
        need(this.delegated_to(caller) === ZERO, "ActivelyDelegated");
        need(this.is_operator(operator), "OperatorNotRegistered");
        this.delegate(caller, operator);
    }

    delegate(staker, operator) {
        const { am, sm } = this.world, strategies = sm.strategies_of(staker);
        const shares = strategies.map((strategy) => sm.deposit_shares(staker, strategy));
        const slashing = strategies.map((strategy) => am.max_magnitude(operator, strategy));
        this.store.put(`delegated/${staker}`, operator);
        this.emit("StakerDelegated", staker, operator);
        strategies.forEach((strategy, i) => this.increase(operator, staker, strategy, 0n, shares[i], slashing[i]));
    }

    undelegate(caller, staker) {
        const operator = this.delegated_to(staker);
        need(operator !== ZERO, "NotActivelyDelegated");
        need(!this.is_operator(staker), "OperatorsCannotUndelegate");
        if (caller !== staker) {
            need(caller === operator || caller === this.store.get(`approver/${operator}`, ZERO), "CallerCannotUndelegate");
            this.emit("StakerForceUndelegated", staker, operator);
        }
        this.store.put(`delegated/${staker}`, undefined);
        this.emit("StakerUndelegated", staker, operator);
        const { sm } = this.world, strategies = [...sm.strategies_of(staker)];
        const shares = strategies.map((strategy) => sm.deposit_shares(staker, strategy));
        strategies.forEach((strategy, i) => this.queue(staker, operator, [strategy], [shares[i]]));
    }

    redelegate(caller, operator) {
        this.undelegate(caller, caller);
        this.delegateTo(caller, operator);
    }

    increase(operator, staker, strategy, prior, added, slashing) {
        need(slashing !== 0n, "FullySlashed");
        if (added === 0n) return;
        const factor = scale(this.factor(staker, strategy), prior, added, slashing);
        need(prior === 0n || factor !== 0n, "InvalidDepositScalingFactor");
        this.set_factor(staker, strategy, factor === 0n ? WAD : factor);
        if (this.delegated_to(staker) === ZERO) return;
        this.store.put(`operator/${operator}/${strategy}`, this.operator_shares(operator, strategy) + added);
        this.emit("OperatorSharesIncreased", operator, staker, strategy, added);
    }

    decrease(operator, staker, strategy, shares) {
        const left = this.operator_shares(operator, strategy) - shares;
        need(left >= 0n, "underflow");
        this.store.put(`operator/${operator}/${strategy}`, left);
        this.emit("OperatorSharesDecreased", operator, staker, strategy, shares);
    }

    set_factor(staker, strategy, factor) {
        this.store.put(`factor/${staker}/${strategy}`, factor === WAD ? undefined : factor);
        this.emit("DepositScalingFactorUpdated", staker, strategy, factor);
    }

    // Withdrawals.

    queueWithdrawals(caller, params) {
        const operator = this.delegated_to(caller);
        for (const { strategies, shares } of params) {
            need(strategies.length === shares.length, "InputArrayLengthMismatch");
            this.queue(caller, operator, strategies, shares);
        }
    }

    queue(staker, operator, strategies, deposits) {
        need(strategies.length !== 0, "InputArrayLengthZero");
        const now = this.world.block, { am, sm } = this.world, scaled = [], paid = [];
        // The slashing factors are read once, before anything changes; the scaling factors as the loop goes.
        const slashing = strategies.map((strategy) => am.max_magnitude(operator, strategy));
        strategies.forEach((strategy, i) => {
            const factor = this.factor(staker, strategy), x = deposits[i];
            paid.push(withdrawable(x, factor, slashing[i]));
            scaled.push(mul(x, factor));
            if (operator !== ZERO) {
                const key = `queued/${operator}/${strategy}`;
                this.store.record(key, now, this.store.latest(key, 0n) + scaled[i]);
                this.decrease(operator, staker, strategy, paid[i]);
            }
            this.world.known.removed(staker, strategy, x, scaled[i], factor);
            if (sm.remove_shares(staker, strategy, x) === 0n) this.set_factor(staker, strategy, WAD);
        });
        const nonce = this.store.get(`nonce/${staker}`, 0n);
        this.store.put(`nonce/${staker}`, nonce + 1n);
        const withdrawal = Object.freeze({ staker, operator, nonce, start: now, strategies: [...strategies], scaled });
        const root = withdrawal_root(withdrawal);
        this.store.put(`withdrawal/${root}`, withdrawal);
        this.store.push(`roots/${staker}`, root);
        const tuple = [staker, operator, staker, nonce, now, strategies, scaled];
        this.emit("SlashingWithdrawalQueued", root, tuple, paid);
    }

    completeQueuedWithdrawals(caller, roots, as_tokens) {
        roots.forEach((root, i) => this.complete(caller, root, as_tokens[i]));
    }

    complete(caller, root, as_tokens) {
        const { am, sm } = this.world, withdrawal = this.store.get(`withdrawal/${root}`);
        need(withdrawal, "WithdrawalNotQueued");
        const { staker, operator, strategies, scaled } = withdrawal;
        need(caller === staker, "WithdrawerNotCaller");
        const until = this.slashable_until(withdrawal);
        need(this.world.block > until, "WithdrawalDelayNotElapsed");
        const slashing = strategies.map((strategy) => am.max_magnitude_at(operator, strategy, until));
        this.store.remove(`roots/${staker}`, root);
        this.store.put(`withdrawal/${root}`, undefined);
        this.emit("SlashingWithdrawalCompleted", root);
        const next = this.delegated_to(staker), next_slashing = strategies.map((strategy) => am.max_magnitude(next, strategy));
        strategies.forEach((strategy, i) => {
            const shares = mul(scaled[i], slashing[i]);
            if (shares === 0n) return;
            if (as_tokens) {
                this.world.strategies.get(strategy).pay(staker, shares);
            } else {
                const prior = sm.add_shares(staker, strategy, shares);
                this.increase(next, staker, strategy, prior, shares, next_slashing[i]);
            }
        });
    }

    // Slashes.

    queued_slashed(operator, strategy, before, after) {
        if (before === 0n) return 0n;
        const since = this.world.block - this.world.delays.withdrawal - 1, key = `queued/${operator}/${strategy}`;
        need(since >= 0, "underflow");
        const scaled = this.store.latest(key, 0n) - this.store.lookup(key, since, 0n);
        return slashed(mul(scaled, before), before, after);
    }

    slash_shares(operator, set, slash_id, strategy, before, after) {
        const live = slashed(this.operator_shares(operator, strategy), before, after);
        const total = live + this.queued_slashed(operator, strategy, before, after);
        this.decrease(operator, ZERO, strategy, live);
        this.emit("OperatorSharesSlashed", operator, strategy, total);
        this.world.sm.increase_burnable(set, slash_id, strategy, total);
    }
}

class StrategyManager {
    constructor(world, address) {
        this.world = world;
        this.address = address;
    }

    get store() {
        return this.world.store;
    }

    emit(event, ...args) {
        this.world.emit("strategy_manager", this.address, event, args);
    }

    deposit_shares(staker, strategy) {
        return this.store.get(`deposit/${staker}/${strategy}`, 0n);
    }

    strategies_of(staker) {
        return this.store.list(`strategies/${staker}`);
    }

    addStrategiesToDepositWhitelist(_caller, strategies) {
        for (const strategy of strategies) {
            if (!this.store.add("whitelist", strategy)) continue;
            this.emit("StrategyAddedToDepositWhitelist", strategy);
        }
    }

    removeStrategiesFromDepositWhitelist(_caller, strategies) {
        for (const strategy of strategies) {
            if (!this.store.remove("whitelist", strategy)) continue;
            this.emit("StrategyRemovedFromDepositWhitelist", strategy);
        }
    }

    depositIntoStrategy(caller, address, amount) {
        need(this.store.list("whitelist").includes(address), "StrategyNotWhitelisted");
        const { dm, am } = this.world, strategy = this.world.strategies.get(address);
        strategy.token.take(this.address, caller, address, amount);
        const shares = strategy.receive(amount), prior = this.add_shares(caller, address, shares);
        const operator = dm.delegated_to(caller);
        dm.increase(operator, caller, address, prior, shares, am.max_magnitude(operator, address));
    }

    add_shares(staker, strategy, shares) {
        need(shares !== 0n, "SharesAmountZero");
        const prior = this.deposit_shares(staker, strategy);
        if (prior === 0n) this.store.add(`strategies/${staker}`, strategy);
        this.store.put(`deposit/${staker}/${strategy}`, prior + shares);
        this.emit("Deposit", staker, strategy, shares);
        return prior;
    }

    remove_shares(staker, strategy, shares) {
        need(shares !== 0n, "SharesAmountZero");
        const left = this.deposit_shares(staker, strategy) - shares;
        need(left >= 0n, "SharesAmountTooHigh");
        this.store.put(`deposit/${staker}/${strategy}`, left === 0n ? undefined : left);
        if (left === 0n) this.store.remove(`strategies/${staker}`, strategy);
        return left;
    }

    burnable(set, slash_id, strategy) {
        return this.store.get(`burnable/${set_key(set)}/${slash_id}/${strategy}`, 0n);
    }

    increase_burnable(set, slash_id, strategy, shares) {
        need(this.store.add(`burnable/${set_key(set)}/${slash_id}`, strategy), "StrategyAlreadyInSlash");
        this.store.put(`burnable/${set_key(set)}/${slash_id}/${strategy}`, shares);
        this.emit("BurnOrRedistributableSharesIncreased", set, slash_id, strategy, shares);
    }

    clearBurnOrRedistributableShares(_caller, set, slash_id) {
        for (const strategy of [...this.store.list(`burnable/${set_key(set)}/${slash_id}`)]) this.clear(set, slash_id, strategy);
    }

    clearBurnOrRedistributableSharesByStrategy(_caller, set, slash_id, strategy) {
        this.clear(set, slash_id, strategy);
    }

    clear(set, slash_id, strategy) {
        const shares = this.burnable(set, slash_id, strategy);
        this.store.remove(`burnable/${set_key(set)}/${slash_id}`, strategy);
        this.store.put(`burnable/${set_key(set)}/${slash_id}/${strategy}`, undefined);
        if (shares === 0n) return;
        this.world.strategies.get(strategy).pay(this.world.am.recipient(set), shares);
        this.emit("BurnOrRedistributableSharesDecreased", set, slash_id, strategy, shares);
    }
}

/**
 * What the logs alone determine of somebody's deposit shares: a withdrawal tells q = floor(x * k / WAD), not x. With k >= WAD
 * there is one x; below, there may be several, and the deposit shares lie in a range until all are withdrawn (k is reset then).
 */
class Known {
    constructor(world) {
        this.world = world;
    }

    /** [low, high], inclusive. */
    range(staker, strategy) {
        const s = this.world.sm.deposit_shares(staker, strategy);
        const [below, above] = this.world.store.get(`known/${staker}/${strategy}`, [0n, 0n]);
        return [s - below, s + above];
    }

    ambiguous(staker, strategy) {
        return this.world.store.get(`known/${staker}/${strategy}`) !== undefined;
    }

    /** Called before the shares are removed. */
    removed(staker, strategy, x, q, factor) {
        const key = `known/${staker}/${strategy}`, s = this.world.sm.deposit_shares(staker, strategy);
        if (x >= s) {
            this.world.store.put(key, undefined);
            return;
        }
        const [below, above] = this.world.store.get(key, [0n, 0n]), [low, most] = preimages(q, factor);
        const high = most < s + above - 1n ? most : s + above - 1n; // something is left, or k had been reset
        const wider = [below + (high - x), above + (x - low)];
        if (s - x - wider[0] < 1n) wider[0] = s - x - 1n;
        this.world.store.put(key, wider[0] === 0n && wider[1] === 0n ? undefined : Object.freeze(wider));
    }
}

/** All contracts over one store, at one block. */
export class World {
    /**
     * addresses: {delegation_manager, allocation_manager, strategy_manager, alt, tok2, realt, strategies: {name: address},
     * avs: [...]}; delays: {withdrawal, deallocation, configuration} in blocks.
     */
    constructor(addresses, delays, store = new Store()) {
        Object.assign(this, { addresses, delays, store, avs: addresses.avs, block: 0, logs: [], witness: null });
        const alt = new Token(this, addresses.alt), tok2 = new Token(this, addresses.tok2);
        const vault = new Vault(this, addresses.realt, alt);
        this.tokens = { alt, tok2, realt: vault };
        this.dm = new DelegationManager(this, addresses.delegation_manager);
        this.am = new AllocationManager(this, addresses.allocation_manager);
        this.sm = new StrategyManager(this, addresses.strategy_manager);
        this.known = new Known(this);
        const underlying = { ALT: alt, wOTH: tok2, reALT: vault };
        this.strategies = new Map(Object.entries(addresses.strategies)
            .map(([name, address]) => [address, new Strategy(this, name, address, underlying[name])]));
        this.contracts = new Map([this.dm, this.am, this.sm, alt, tok2, vault, ...this.strategies.values()].map((c) => [c.address, c]));
    }

    emit(contract, address, event, args) {
        this.logs.push({ contract, address, event, args });
    }

    /** Run calls [{from, to, method, args}] as one transaction; its logs, or null if it is refused. */
    transaction(calls) {
        this.logs = [];
        try {
            for (const call of calls) {
                this.witness?.before(this, call);
                this.contracts.get(call.to)[call.method](call.from, ...call.args);
                this.witness?.after(this, call);
            }
        } catch (error) {
            if (!(error instanceof Revert)) throw error;
            this.store.rollback();
            this.witness?.refused(error);
            return null;
        }
        this.store.commit();
        this.witness?.accepted();
        return this.logs;
    }

    clone() {
        const world = new World(this.addresses, this.delays, this.store.clone());
        world.block = this.block;
        return world;
    }
}
