// tests/model/crowd.mjs - one operator and very many stakers: the chain that benchmarks run on, made in flat memory but for the state.
import { Scenario } from "./scenario.mjs";
import { MAX } from "./actors.mjs";
import { Witness, sample } from "./truth.mjs";
import { WAD } from "./math.mjs";
import { ZERO } from "./tokens.mjs";

const ROWS_MAX = 200; // stakers and withdrawals written of a slash; the counts and sums are of all
const SLASHES = 6;
const AMOUNT = 10n ** 21n;

export class Crowd extends Scenario {
    constructor(seed, { stakers, blocks }) {
        super(seed, { stakers });
        this.blocks = blocks;
        this.witness = this.world.witness = new Witness(this.stakers, ROWS_MAX);
        this.watched = [...this.people.operators, ...this.rng.some(this.people.stakers.slice(0, ROWS_MAX * 20), ROWS_MAX)];
    }

    /** The big operator has an allocation in one set. */
    *setup() {
        const { to, addresses: { alt, avs, strategies: { ALT } }, people: { mint, operators } } = this, [big] = operators;
        yield this.grow([]);
        yield this.grow([[to.at(ALT, mint, "initialize", alt)], [to.sm(mint, "addStrategiesToDepositWhitelist", this.names)]]);
        yield this.grow([[to.dm(big, "registerAsOperator", ZERO, 0, "the big one")],
            [to.am(avs[0], "updateAVSMetadataURI", avs[0], "avs 0")],
            [to.am(avs[0], "createOperatorSets", avs[0], [{ id: 0, strategies: this.names, slasher: avs[0] }])],
            [to.am(big, "registerForOperatorSets", big, avs[0], [0])]]);
        yield this.grow([[to.am(big, "modifyAllocations", big,
            [{ set: { avs: avs[0], id: 0 }, strategies: [ALT], magnitudes: [WAD / 2n] }])]]);
    }

    /** Everybody comes in the first three quarters of the blocks; then some leave, and the operator is slashed now and then. */
    step() {
        this.world.block = this.now;
        const { stakers } = this.people, arriving = Math.max(Math.floor(this.blocks * 3 / 4), this.delays.withdrawal + 8);
        const share = Math.ceil(stakers.length / (arriving - 4)), from = (this.now - 4) * share;
        if (from < stakers.length) return this.grow(stakers.slice(from, from + share).flatMap((who) => this.arrive(who)));
        const left = Math.max(this.blocks - this.now, 1), transactions = [];
        for (let i = 0; i < Math.ceil(stakers.length / 50 / left / 2); i++) transactions.push(...this.leave(this.rng.pick(stakers)));
        const every = Math.max(Math.floor((this.blocks - arriving) / SLASHES), 1);
        if ((this.blocks - this.now) % every === 0) transactions.push(...this.slash(this.people.operators[0]));
        return this.grow(transactions);
    }

    arrive(who) {
        const { to, addresses: { strategy_manager, strategies: { ALT } } } = this;
        return [[to.alt(this.people.mint, "mint", who, 2n * AMOUNT), to.alt(who, "approve", strategy_manager, MAX)],
            [to.sm(who, "depositIntoStrategy", ALT, AMOUNT + this.rng.below(AMOUNT))],
            [to.dm(who, "delegateTo", this.people.operators[0])]];
    }

    leave(who) {
        const { ALT } = this.addresses.strategies, has = this.world.sm.deposit_shares(who, ALT);
        return has > 0n ? this.queue(who, [ALT], [this.rng.chance(30) ? has : 1n + this.rng.below(has)]) : [];
    }

    plan_withdrawal_ends() {} // slashes over a hundred thousand stakers are few

    wad() {
        return WAD / 1000n + this.rng.below(WAD / 20n);
    }

    /** Of some stakers only: whoever is in the sample is the same in all of them. */
    sample(slashes) {
        const people = { operators: this.people.operators.slice(0, 1), stakers: this.watched, holders: this.watched };
        return sample(this.world, this.chain.head.timestamp, people, slashes);
    }
}
