// tests/scenarios/lib/reward_chain.mjs - archives with rewards made by hand: a modelled economy whose blocks get days, and a RewardsCoordinator's logs.
import { createHash } from "node:crypto";
import { createRequire } from "node:module";
import { join } from "node:path";
import { made_address } from "../../model/actors.mjs";
import { generate } from "../../model/cli.mjs";
import { root } from "./program.mjs";

const { Interface, id } = createRequire(join(root, "tests/package.json"))("ethers");
const LIST = "tuple(address strategy, uint96 multiplier)[] strategiesAndMultipliers", SET = "tuple(address avs, uint32 id) operatorSet";
const PLAIN = `tuple(${LIST}, address token, uint256 amount, uint32 startTimestamp, uint32 duration) rewardsSubmission`;
const DIRECTED = `tuple(${LIST}, address token, tuple(address operator, uint256 amount)[] operatorRewards, uint32 startTimestamp, uint32 duration, string description) s`;
const I = (text) => text.replaceAll("!", " indexed");
const abi = new Interface([
    "AVSRewardsSubmissionCreated(address! avs, uint256! nonce, bytes32! hash, PLAIN)",
    "RewardsSubmissionForAllCreated(address! submitter, uint256! nonce, bytes32! hash, PLAIN)",
    "RewardsSubmissionForAllEarnersCreated(address! hopper, uint256! nonce, bytes32! hash, PLAIN)",
    "OperatorDirectedAVSRewardsSubmissionCreated(address! caller, address! avs, bytes32! hash, uint256 nonce, DIRECTED)",
    "OperatorDirectedOperatorSetRewardsSubmissionCreated(address! caller, bytes32! hash, SET, uint256 nonce, DIRECTED)",
    "UniqueStakeRewardsSubmissionCreated(address! caller, bytes32! hash, SET, uint256 nonce, PLAIN)",
    "TotalStakeRewardsSubmissionCreated(address! caller, bytes32! hash, SET, uint256 nonce, PLAIN)",
    "OperatorAVSSplitBipsSet(address! caller, address! operator, address! avs, uint32 activatedAt, uint16 old, uint16 new)",
    "OperatorPISplitBipsSet(address! caller, address! operator, uint32 activatedAt, uint16 old, uint16 new)",
    "OperatorSetSplitBipsSet(address! caller, address! operator, SET, uint32 activatedAt, uint16 old, uint16 new)",
    "DefaultOperatorSplitBipsSet(uint16 old, uint16 new)",
    "RewardsForAllSubmitterSet(address! submitter, bool! old, bool! new)",
    "OptInForProtocolFeeSet(address! submitter, bool! old, bool! new)",
    "ClaimerForSet(address! earner, address! old, address! claimer)",
    "DistributionRootSubmitted(uint32! rootIndex, bytes32! root, uint32! rewardsCalculationEndTimestamp, uint32 activatedAt)",
    "DistributionRootDisabled(uint32! rootIndex)",
    "RewardsClaimed(bytes32 root, address! earner, address! claimer, address! recipient, address token, uint256 claimedAmount)",
    "OperatorAVSRegistrationStatusUpdated(address! operator, address! avs, uint8 status)",
    "Transfer(address! from, address! to, uint256 value)",
    "StakerDelegated(address! staker, address! operator)",
].map((text) => `event ${I(text).replace("PLAIN", PLAIN).replace("DIRECTED", DIRECTED).replace("SET", SET)}`));
export const DAY = 86400, FIRST_DAY = 20400;
export const ZERO = `0x${"00".repeat(20)}`, STRANGER = `0x${"5a".repeat(20)}`;
const hex = (n) => `0x${n.toString(16)}`;
const made_up = (...parts) => `0x${createHash("sha256").update(parts.join("/")).digest("hex")}`;
export const coordinator = made_address("rewards coordinator"), directory = made_address("avs directory"), collector = made_address("fee collector");
export const treasury = made_address("treasury");

/** {address, topics, data} of an event of one of the contracts above. */
export const said = (address, event, ...args) => ({ address, ...abi.encodeEventLog(event, args) });
export const day_start = (day) => day * DAY;

/** A submission's log. Of `what`: kind, name (makes the hash), amount, from and days (in days) or start and duration (seconds), strategies, operators, avs, set. */
export function submission({ kind, name, token, amount = 0n, start, duration, strategies, operators = [], avs = ZERO, set = 0, by = coordinator, text = "" }) {
    const hash = id(name), plain = [strategies, token, amount, start, duration], directed = [strategies, token, operators, start, duration, text];
    switch (kind) {
        case "avs": return said(by, "AVSRewardsSubmissionCreated", avs, 0, hash, plain);
        case "for_all": return said(by, "RewardsSubmissionForAllCreated", STRANGER, 0, hash, plain);
        case "all_earners": return said(by, "RewardsSubmissionForAllEarnersCreated", STRANGER, 0, hash, plain);
        case "operator_directed_avs": return said(by, "OperatorDirectedAVSRewardsSubmissionCreated", avs, avs, hash, 0, directed);
        case "operator_directed_set": return said(by, "OperatorDirectedOperatorSetRewardsSubmissionCreated", avs, hash, [avs, set], 0, directed);
        case "unique_stake": return said(by, "UniqueStakeRewardsSubmissionCreated", avs, hash, [avs, set], 0, plain);
        case "total_stake": return said(by, "TotalStakeRewardsSubmissionCreated", avs, hash, [avs, set], 0, plain);
        default: throw new Error(kind);
    }
}
export const KINDS = ["avs", "for_all", "all_earners", "operator_directed_avs", "operator_directed_set", "unique_stake", "total_stake"];

export class RewardChain {
    /** `blocks` of a modelled economy, `per_day` of them a day; `delay`: reward_booking_delay_blocks. */
    constructor({ seed = 5, blocks = 110, stakers = 12, per_day = 12, delay = 5, parameters = {}, contracts = [] } = {}) {
        const { network, blocks: made, scenario } = generate({ seed, blocks, stakers, percent: 0 });
        const { addresses: { strategies, avs, alt, tok2 }, people } = scenario;
        Object.assign(this, { strategies: Object.values(strategies).sort(), avs, alt, tok2, people, scenario, per_day, extra: new Map() });
        const entry = (kind, address) => ({ kind, name: kind.split(".")[1], address, from_block: 0 });
        this.network = { ...network, contracts: [...network.contracts, entry("eigenlayer.rewards_coordinator", coordinator),
            entry("eigenlayer.avs_directory", directory), ...contracts],
            parameters: { ...network.parameters, reward_booking_delay_blocks: delay, finality_depth_blocks: 5000, ...parameters } };
        this.blocks = made.map((block, i) => ({ ...block, timestamp: hex(FIRST_DAY * DAY + Math.floor(i / per_day) * DAY + 60 * (i % per_day)) }));
    }

    get head() {
        return this.blocks.length - 1;
    }

    time(number) {
        return Number(this.blocks[number].timestamp);
    }

    /** Empty blocks, each `seconds` after the one before. */
    quiet(n, seconds = 60) {
        for (let i = 0; i < n; i++) {
            const { hash, number, timestamp, logsBloom } = this.blocks.at(-1);
            this.blocks.push({ number: hex(Number(number) + 1), hash: made_up("quiet", hash, seconds), parentHash: hash,
                timestamp: hex(Number(timestamp) + seconds), logsBloom, logs: [] });
        }
        return this;
    }

    /** One more block of the modelled economy, with these transactions (lists of calls). */
    live(transactions, seconds = 60) {
        const { hash, number, timestamp } = this.blocks.at(-1);
        this.scenario.chain.head = { hash, number: Number(number), timestamp: Number(timestamp) };
        const { block, accepted } = this.scenario.chain.grow(transactions, seconds);
        if (!accepted.every(Boolean)) throw new Error("a transaction was refused");
        this.blocks.push(block);
        return this;
    }

    /** Blocks until those that ended `days` days are closed, a few each day. */
    days(days, blocks = 3) {
        for (let i = 0; i < days; i++) {
            this.quiet(1, DAY - (this.time(this.head) % DAY) + 30);
            this.quiet(blocks - 1);
        }
        return this;
    }

    /** Logs behind what block `number` holds. */
    put(number, ...logs) {
        this.extra.set(number, [...(this.extra.get(number) ?? []), ...logs]);
        return this;
    }

    at_time(number, seconds) {
        this.blocks[number] = { ...this.blocks[number], timestamp: hex(seconds) };
        return this;
    }

    /** The archive's lines; `order` may put a block's own logs and those that were added another way. */
    archive(order = (logs) => logs) {
        return this.blocks.map((block, number) => {
            const added = (this.extra.get(number) ?? []).map((log, i) => ({ ...log, transactionHash: made_up(block.hash, "added", i), transactionIndex: "0xffff" }));
            return { ...block, logs: order([...block.logs, ...added], number).map((log, i) => ({ ...log, blockNumber: block.number, blockHash: block.hash,
                blockTimestamp: block.timestamp, logIndex: hex(i), removed: false })) };
        });
    }

    submit(number, what) {
        return this.put(number, submission({ token: this.alt, strategies: this.strategies.map((s, i) => [s, 10n ** 18n + BigInt(i)]), avs: this.avs[0], ...what }));
    }
}

/** Blocks from index `from` on under other hashes; each block's logs by `change(logs, number)`. */
export function other_branch(lines, from, name, change = (logs) => logs) {
    const out = lines.slice(0, from);
    for (const line of lines.slice(from)) {
        const hash = made_up(name, line.hash), number = Number(line.number);
        out.push({ ...line, hash, parentHash: out.at(-1).hash, logs: change(line.logs, number).map((log, i) => ({ ...log, blockHash: hash, logIndex: hex(i) })) });
    }
    return out;
}

/** Rewards of every kind over the chain's days, by the dice: submissions, splits, registrations, and fees if a collector is given. */
export function fill(chain, dice, { submissions = 30, fees = 0 } = {}) {
    const { people, avs, alt, tok2 } = chain, operators = people.operators.slice(0, 6), last = chain.head, from = 30;
    const block = () => from + dice.next(last - from), day = () => FIRST_DAY - 3 + dice.next(Math.floor(last / chain.per_day) + 4);
    const amount = () => [0n, 1n, 7n, BigInt(1 + dice.next(1e6)), 10n ** 18n * BigInt(1 + dice.next(1e6)), 10n ** 30n + BigInt(dice.next(1e9))][dice.next(6)];
    for (let i = 0; i < submissions; i++) {
        const odd = dice.next(8) === 0 ? dice.next(DAY) : 0, listed = Array.from({ length: 1 + dice.next(4) }, () => [dice.pick(operators), amount()]);
        chain.submit(block(), { kind: KINDS[i % KINDS.length], name: `submission ${i}`, token: dice.pick([alt, tok2, STRANGER]), amount: amount(), avs: dice.pick(avs),
            set: dice.next(4), start: day() * DAY + odd, duration: dice.next(6) * DAY + (odd ? dice.next(DAY) : 0), operators: listed, text: `text ${i}`,
            strategies: chain.strategies.filter(() => dice.next(4)).map((s) => [s, dice.pick([1n, 3n, 10n ** 18n, 2n ** 96n - 1n])]) });
    }
    for (let i = 0; i < 14; i++) {
        const at = block(), when = chain.time(at) + dice.next(3 * DAY), bips = [dice.next(10001), dice.next(10001)], who = dice.pick(operators);
        chain.put(at, dice.pick([
            () => said(coordinator, "OperatorAVSSplitBipsSet", who, who, dice.pick(avs), when, ...bips),
            () => said(coordinator, "OperatorSetSplitBipsSet", who, who, [dice.pick(avs), dice.next(3)], when, ...bips),
            () => said(coordinator, "OperatorPISplitBipsSet", who, who, when, ...bips),
            () => said(coordinator, "DefaultOperatorSplitBipsSet", ...bips),
            () => said(directory, "OperatorAVSRegistrationStatusUpdated", who, dice.pick(avs), dice.next(2)),
            () => said(directory, "OperatorAVSRegistrationStatusUpdated", who, dice.pick(avs), 1),
        ])());
    }
    for (let i = 0; i < fees; i++) chain.put(block(), said(dice.pick([alt, tok2]), "Transfer", ZERO, collector, amount() % 10n ** 24n));
    return chain;
}

/** Entry of a network file for a fee collector. */
export const fee_collector = (parameters, address = collector) => ({ kind: "fee_collector", name: "fees", address, from_block: 0, parameters });
