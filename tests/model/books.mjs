// tests/model/books.mjs - stake read back from logs alone: what a careful follower can know, to hold models and chains against.
//
// Knows nothing of how the logs came about. Deposit shares removed by a withdrawal are recovered as ceil(q * 1e18 / k) with the k
// before it, or as all there is where k is reset; `unsure` names the (staker, strategy) pairs where that is not the only answer.
import { interfaces } from "./encode.mjs";
import { ZERO } from "./tokens.mjs";

const WAD = 10n ** 18n;
const KINDS = ["delegation_manager", "strategy_manager", "allocation_manager"];
const lower = (value) => value.toLowerCase();

export class Books {
    /** delay: min_withdrawal_delay_blocks; addresses: {contract kind: address}. */
    constructor(addresses, delay) {
        this.delay = delay;
        this.kinds = new Map(KINDS.map((kind) => [lower(addresses[kind]), kind]));
        Object.assign(this, { factors: new Map(), deposits: new Map(), shares: new Map(), delegates: new Map() });
        Object.assign(this, { magnitudes: new Map(), withdrawals: new Map(), unsure: new Set() });
    }

    /** The block's logs, in order, as [{event, args, address, transaction, index}]; of other contracts only what is named. */
    static decode(block, kinds) {
        return block.logs.map((log) => {
            const kind = kinds.get(lower(log.address)), parsed = kind ? interfaces[kind].parseLog(log) : null;
            return { event: parsed?.name ?? null, kind, args: parsed?.args, transaction: log.transactionHash, log };
        });
    }

    apply(block) {
        const number = Number(block.number), logs = Books.decode(block, this.kinds);
        logs.forEach((log, i) => {
            if (log.event && this[log.event]) this[log.event](log.args, number, logs, i);
        });
        return logs;
    }

    add(map, key, delta) {
        const value = (map.get(key) ?? 0n) + delta;
        if (value < 0n) throw new Error(`${key} falls below zero`);
        map.set(key, value);
    }

    factor(staker, strategy) {
        return this.factors.get(`${staker}/${strategy}`) ?? WAD;
    }

    deposit(staker, strategy) {
        return this.deposits.get(`${staker}/${strategy}`) ?? 0n;
    }

    operator_shares(operator, strategy) {
        return this.shares.get(`${operator}/${strategy}`) ?? 0n;
    }

    magnitude(operator, strategy, block = Infinity) {
        const history = this.magnitudes.get(`${operator}/${strategy}`) ?? [];
        return history.findLast(([at]) => at <= block)?.[1] ?? WAD;
    }

    withdrawable(staker, strategy) {
        const m = this.magnitude(this.delegates.get(staker) ?? ZERO, strategy);
        return this.deposit(staker, strategy) * this.factor(staker, strategy) / WAD * m / WAD;
    }

    queued(staker, block) {
        return [...this.withdrawals.values()].filter((w) => w.staker === staker).map((w) => ({
            ...w, payable: w.strategies.map((s, i) =>
                w.scaled[i] * this.magnitude(w.operator, s, Math.min(block, w.start + this.delay)) / WAD),
        }));
    }

    Deposit([staker, strategy, shares]) {
        this.add(this.deposits, `${lower(staker)}/${lower(strategy)}`, shares);
    }

    OperatorSharesIncreased([operator, , strategy, shares]) {
        this.add(this.shares, `${lower(operator)}/${lower(strategy)}`, shares);
    }

    OperatorSharesDecreased([operator, , strategy, shares]) {
        this.add(this.shares, `${lower(operator)}/${lower(strategy)}`, -shares);
    }

    /** A reset to 1e18 in the course of a queueing is applied by that queueing, which needs the factor before it. */
    DepositScalingFactorUpdated([staker, strategy, factor], _number, logs, i) {
        if (factor === WAD && this.queueing(logs, i)) return;
        this.factors.set(`${lower(staker)}/${lower(strategy)}`, factor);
    }

    /** Whether the log belongs to a withdrawal that is queued further on: only decreases and resets stand between. */
    queueing(logs, i) {
        for (let j = i + 1; j < logs.length && logs[j].transaction === logs[i].transaction; j++) {
            if (logs[j].event === "SlashingWithdrawalQueued") return true;
            if (logs[j].event !== "OperatorSharesDecreased" && logs[j].event !== "DepositScalingFactorUpdated") return false;
        }
        return false;
    }

    SlashingWithdrawalQueued([root, withdrawal], _number, logs, i) {
        const staker = lower(withdrawal.staker), strategies = withdrawal.strategies.map(lower), scaled = [...withdrawal.scaledShares];
        const resets = new Set();
        for (let j = i - 1; j >= 0 && logs[j].transaction === logs[i].transaction; j--) {
            if (logs[j].event === "DepositScalingFactorUpdated") resets.add(lower(logs[j].args[1]));
            else if (logs[j].event !== "OperatorSharesDecreased") break;
        }
        strategies.forEach((strategy, n) => {
            const key = `${staker}/${strategy}`, k = this.factor(staker, strategy), low = (scaled[n] * WAD + k - 1n) / k;
            if (resets.has(strategy)) {
                this.deposits.set(key, 0n);
                this.factors.set(key, WAD);
                this.unsure.delete(key);
            } else {
                if (((scaled[n] + 1n) * WAD + k - 1n) / k - 1n > low || low === 0n) this.unsure.add(key);
                this.deposits.set(key, this.deposit(staker, strategy) - low);
            }
        });
        const { nonce, startBlock, delegatedTo } = withdrawal;
        this.withdrawals.set(root, { root, staker, operator: lower(delegatedTo), nonce, start: Number(startBlock), strategies, scaled });
    }

    SlashingWithdrawalCompleted([root]) {
        if (!this.withdrawals.delete(root)) throw new Error(`${root} was not queued`);
    }

    StakerDelegated([staker, operator]) {
        this.delegates.set(lower(staker), lower(operator));
    }

    StakerUndelegated([staker]) {
        this.delegates.delete(lower(staker));
    }

    MaxMagnitudeUpdated([operator, strategy, magnitude], number) {
        const key = `${lower(operator)}/${lower(strategy)}`;
        this.magnitudes.set(key, [...(this.magnitudes.get(key) ?? []).filter(([at]) => at !== number), [number, magnitude]]);
    }
}
