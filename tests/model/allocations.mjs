// tests/model/allocations.mjs - EigenLayer's AllocationManager: operator sets, allocations, magnitudes and slashes.
//
// Modelled on the behaviour of AllocationManager and AllocationManagerView v1.12. Methods in camelCase are the contract's
// external functions and take the caller first. An operator set is {avs, id}; magnitudes are bigints, blocks are numbers.
import { need } from "./store.mjs";
import { WAD, div, mul, mul_up } from "./math.mjs";
import { ZERO } from "./tokens.mjs";

export const BURN = "0x00000000000000000000000000000000000e16e4";
const MAX_CLEARED = 65535; // type(uint16).max

export const set_key = ({ avs, id }) => `${avs}/${id}`;
const from_key = (key) => ({ avs: key.slice(0, 42), id: Number(key.slice(43)) });
const UNSET = Object.freeze({ current: 0n, pending: 0n, effect: 0 });
const NO_STATUS = Object.freeze({ registered: false, until: 0 });

export class AllocationManager {
    constructor(world, address) {
        this.world = world;
        this.address = address;
    }

    get store() {
        return this.world.store;
    }

    emit(event, ...args) {
        this.world.emit("allocation_manager", this.address, event, args);
    }

    // What the contract remembers.

    exists(set) {
        return this.store.list(`sets/${set.avs}`).includes(set.id);
    }

    strategies(set) {
        return this.store.list(`set/strategies/${set_key(set)}`);
    }

    status(operator, set) {
        return this.store.get(`registration/${operator}/${set_key(set)}`, NO_STATUS);
    }

    max_magnitude(operator, strategy) {
        return this.store.latest(`magnitude/${operator}/${strategy}`, WAD);
    }

    max_magnitude_at(operator, strategy, block) {
        return this.store.lookup(`magnitude/${operator}/${strategy}`, block, WAD);
    }

    stored_encumbered(operator, strategy) {
        return this.store.get(`encumbered/${operator}/${strategy}`, 0n);
    }

    stored_allocation(operator, key, strategy) {
        return this.store.get(`allocation/${operator}/${key}/${strategy}`, UNSET);
    }

    /** The allocation as of now: a pending change whose block has come is done. */
    updated(operator, key, strategy) {
        const info = { max: this.max_magnitude(operator, strategy), encumbered: this.stored_encumbered(operator, strategy) };
        const { current, pending, effect } = this.stored_allocation(operator, key, strategy);
        if (this.world.block < effect) return [info, { current, pending, effect }];
        if (pending < 0n) info.encumbered += pending;
        return [info, { current: current + pending, pending: 0n, effect: 0 }];
    }

    write(operator, key, strategy, info, allocation) {
        if (this.stored_encumbered(operator, strategy) !== info.encumbered) {
            this.store.put(`encumbered/${operator}/${strategy}`, info.encumbered);
            this.emit("EncumberedMagnitudeUpdated", operator, strategy, info.encumbered);
        }
        this.store.put(`allocation/${operator}/${key}/${strategy}`, Object.freeze({ ...allocation }));
    }

    // Views.

    member(operator, set) {
        return this.status(operator, set).registered;
    }

    slashable(operator, set) {
        const { registered, until } = this.status(operator, set);
        return registered || this.world.block <= until;
    }

    allocation(operator, set, strategy) {
        return this.updated(operator, set_key(set), strategy)[1];
    }

    encumbered(operator, strategy) {
        let sum = this.stored_encumbered(operator, strategy);
        for (const key of this.store.list(`queue/${operator}/${strategy}`)) {
            const { pending, effect } = this.stored_allocation(operator, key, strategy);
            if (this.world.block < effect) break;
            sum += pending;
        }
        return sum;
    }

    /** getMinimumSlashableStake with a future block of now. */
    slashable_stake(operator, set, strategy) {
        const max = this.max_magnitude(operator, strategy);
        if (max === 0n || !this.slashable(operator, set)) return 0n;
        const { current } = this.allocation(operator, set, strategy);
        return mul(this.world.dm.operator_shares(operator, strategy), div(current, max));
    }

    delay(operator) {
        const { delay = 0, pending = 0, effect = 0, is_set = false } = this.store.get(`delay/${operator}`, {});
        return effect !== 0 && this.world.block >= effect ? { is_set: true, delay: pending } : { is_set, delay };
    }

    recipient(set) {
        return this.store.get(`recipient/${set_key(set)}`, BURN);
    }

    // Configuration.

    updateAVSMetadataURI(caller, avs, uri) {
        need(caller === avs, "InvalidPermissions");
        this.store.put(`metadata/${avs}`, true);
        this.emit("AVSMetadataURIUpdated", avs, uri);
    }

    createOperatorSets(caller, avs, sets) {
        this.create(caller, avs, sets, sets.map(() => null));
    }

    createRedistributingOperatorSets(caller, avs, sets, recipients) {
        need(sets.length === recipients.length, "InputArrayLengthMismatch");
        for (const recipient of recipients) {
            need(recipient !== ZERO, "InputAddressZero");
            need(recipient !== BURN, "InvalidRedistributionRecipient");
        }
        this.create(caller, avs, sets, recipients);
    }

    create(caller, avs, sets, recipients) {
        need(caller === avs, "InvalidPermissions");
        need(this.store.get(`metadata/${avs}`, false), "NonexistentAVSMetadata");
        sets.forEach(({ id, strategies, slasher }, i) => {
            const set = { avs, id };
            need(this.store.add(`sets/${avs}`, id), "InvalidOperatorSet");
            this.emit("OperatorSetCreated", set);
            if (recipients[i]) {
                this.store.put(`recipient/${set_key(set)}`, recipients[i]);
                this.emit("RedistributionAddressSet", set, recipients[i]);
            }
            for (const strategy of strategies) this.add_strategy(set, strategy);
            need(slasher !== ZERO, "InputAddressZero");
            this.store.put(`slasher/${set_key(set)}`, Object.freeze({ slasher, pending: slasher, effect: this.world.block }));
            this.emit("SlasherUpdated", set, slasher, this.world.block);
        });
    }

    updateSlasher(caller, set, slasher) {
        need(caller === set.avs, "InvalidPermissions");
        need(this.exists(set), "InvalidOperatorSet");
        need(slasher !== ZERO, "InputAddressZero");
        const stored = { ...this.store.get(`slasher/${set_key(set)}`) };
        if (this.world.block >= stored.effect) stored.slasher = stored.pending;
        if (slasher === stored.pending && this.world.block < stored.effect) return;
        const effect = this.world.block + this.world.delays.configuration + 1;
        this.store.put(`slasher/${set_key(set)}`, Object.freeze({ slasher: stored.slasher, pending: slasher, effect }));
        this.emit("SlasherUpdated", set, slasher, effect);
    }

    slasher(set) {
        const { slasher, pending, effect } = this.store.get(`slasher/${set_key(set)}`);
        return this.world.block >= effect ? pending : slasher;
    }

    add_strategy(set, strategy) {
        need(this.store.add(`set/strategies/${set_key(set)}`, strategy), "StrategyAlreadyInOperatorSet");
        this.emit("StrategyAddedToOperatorSet", set, strategy);
    }

    addStrategiesToOperatorSet(caller, avs, id, strategies) {
        need(caller === avs, "InvalidPermissions");
        need(this.exists({ avs, id }), "InvalidOperatorSet");
        for (const strategy of strategies) this.add_strategy({ avs, id }, strategy);
    }

    removeStrategiesFromOperatorSet(caller, avs, id, strategies) {
        need(caller === avs, "InvalidPermissions");
        need(this.exists({ avs, id }), "InvalidOperatorSet");
        for (const strategy of strategies) {
            need(this.store.remove(`set/strategies/${avs}/${id}`, strategy), "StrategyNotInOperatorSet");
            this.emit("StrategyRemovedFromOperatorSet", { avs, id }, strategy);
        }
    }

    registerForOperatorSets(caller, operator, avs, ids) {
        need(caller === operator, "InvalidPermissions");
        need(this.world.dm.is_operator(operator), "InvalidOperator");
        for (const id of ids) {
            const set = { avs, id };
            need(this.exists(set), "InvalidOperatorSet");
            need(!this.slashable(operator, set), "AlreadyMemberOfSet");
            this.emit("OperatorAddedToOperatorSet", operator, set);
            const { until } = this.status(operator, set);
            this.store.put(`registration/${operator}/${set_key(set)}`, Object.freeze({ registered: true, until }));
        }
    }

    deregisterFromOperatorSets(caller, operator, avs, ids) {
        need(caller === operator || caller === avs, "InvalidCaller");
        for (const id of ids) {
            const set = { avs, id };
            need(this.exists(set), "InvalidOperatorSet");
            need(this.member(operator, set), "NotMemberOfSet");
            this.emit("OperatorRemovedFromOperatorSet", operator, set);
            const until = this.world.block + this.world.delays.deallocation;
            this.store.put(`registration/${operator}/${set_key(set)}`, Object.freeze({ registered: false, until }));
        }
    }

    setAllocationDelay(caller, operator, delay) {
        need(caller === operator, "InvalidPermissions");
        need(this.world.dm.is_operator(operator), "InvalidOperator");
        this.set_delay(operator, delay, false);
    }

    set_delay(operator, delay, newly_registered) {
        const now = this.world.block, stored = this.delay(operator);
        const effect = newly_registered ? now : now + this.world.delays.configuration + 1;
        const base = newly_registered ? { delay, is_set: true } : stored;
        this.store.put(`delay/${operator}`, Object.freeze({ ...base, pending: delay, effect }));
        this.emit("AllocationDelaySet", operator, delay, effect);
    }

    // Allocations.

    modifyAllocations(caller, operator, params) {
        need(caller === operator, "InvalidPermissions");
        const { is_set, delay } = this.delay(operator);
        need(is_set, "UninitializedAllocationDelay");
        for (const { set, strategies, magnitudes } of params) {
            need(strategies.length === magnitudes.length, "InputArrayLengthMismatch");
            need(this.exists(set), "InvalidOperatorSet");
            const slashable = this.slashable(operator, set);
            strategies.forEach((strategy, j) => this.modify(operator, set, strategy, magnitudes[j], delay, slashable));
        }
    }

    modify(operator, set, strategy, magnitude, delay, operator_slashable) {
        const now = this.world.block, key = set_key(set);
        this.clear(operator, strategy, MAX_CLEARED);
        const [info, allocation] = this.updated(operator, key, strategy);
        need(allocation.effect === 0, "ModificationAlreadyPending");
        const slashable = this.strategies(set).includes(strategy) && operator_slashable && allocation.current !== 0n;
        allocation.pending = magnitude - allocation.current;
        need(allocation.pending !== 0n, "SameMagnitude");
        if (allocation.pending > 0n) {
            info.encumbered += allocation.pending;
            need(info.encumbered <= info.max, "InsufficientMagnitude");
            allocation.effect = now + delay;
        } else if (slashable) {
            this.store.push(`queue/${operator}/${strategy}`, key);
            allocation.effect = now + this.world.delays.deallocation + 1;
        } else {
            info.encumbered += allocation.pending;
            Object.assign(allocation, { current: magnitude, pending: 0n, effect: now });
        }
        this.write(operator, key, strategy, info, allocation);
        this.emit("AllocationUpdated", operator, set, strategy, allocation.current + allocation.pending, allocation.effect);
    }

    clearDeallocationQueue(_caller, operator, strategies, counts) {
        need(strategies.length === counts.length, "InputArrayLengthMismatch");
        strategies.forEach((strategy, i) => this.clear(operator, strategy, counts[i]));
    }

    clear(operator, strategy, count) {
        const queue = `queue/${operator}/${strategy}`;
        for (const key of this.store.list(queue).slice(0, count)) {
            const [info, allocation] = this.updated(operator, key, strategy);
            if (this.world.block < allocation.effect) break;
            this.write(operator, key, strategy, info, allocation);
            this.store.shift(queue);
        }
    }

    slashOperator(caller, avs, { operator, id, strategies, wads, description }) {
        const set = { avs, id };
        need(strategies.length === wads.length, "InputArrayLengthMismatch");
        need(this.exists(set), "InvalidOperatorSet");
        need(this.slashable(operator, set), "OperatorNotSlashable");
        need(caller === this.slasher(set), "InvalidCaller");
        const slash_id = this.store.get(`slashes/${set_key(set)}`, 0n) + 1n;
        this.store.put(`slashes/${set_key(set)}`, slash_id);
        const took = strategies.map((strategy, i) => {
            need(i === 0 || BigInt(strategy) > BigInt(strategies[i - 1]), "StrategiesMustBeInAscendingOrder");
            need(wads[i] > 0n && wads[i] <= WAD, "InvalidWadToSlash");
            need(this.strategies(set).includes(strategy), "StrategyNotInOperatorSet");
            return this.slash_one(operator, set, slash_id, strategy, wads[i]);
        });
        this.emit("OperatorSlashed", operator, set, strategies, took, description);
        return slash_id;
    }

    slash_one(operator, set, slash_id, strategy, wad) {
        const key = set_key(set), [info, allocation] = this.updated(operator, key, strategy);
        if (allocation.current === 0n) return 0n;
        const before = info.max, magnitude = mul_up(allocation.current, wad), took = div(magnitude, before);
        allocation.current -= magnitude;
        info.max -= magnitude;
        info.encumbered -= magnitude;
        if (allocation.pending < 0n) {
            allocation.pending += mul_up(-allocation.pending, wad);
            this.emit("AllocationUpdated", operator, set, strategy, allocation.current + allocation.pending, allocation.effect);
        }
        this.write(operator, key, strategy, info, allocation);
        this.emit("AllocationUpdated", operator, set, strategy, allocation.current, this.world.block);
        this.store.record(`magnitude/${operator}/${strategy}`, this.world.block, info.max);
        this.emit("MaxMagnitudeUpdated", operator, strategy, info.max);
        this.world.dm.slash_shares(operator, set, slash_id, strategy, before, info.max);
        return took;
    }

    /** All operator sets that exist. */
    all_sets() {
        return this.world.avs.flatMap((avs) => this.store.list(`sets/${avs}`).map((id) => from_key(`${avs}/${id}`)));
    }
}
