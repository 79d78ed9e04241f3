// tests/scenarios/model.mjs - the model of EigenLayer that other tests rest on holds against its own logs and the golden chains.
//
// The same reader of logs (model/books.mjs) is held against what the real contracts answered (golden chains) and against what the
// model answers: the two can only be right together. MODEL_SEEDS names the seeds.
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { Books } from "../model/books.mjs";
import { bloom } from "../model/chain.mjs";
import { generate } from "../model/cli.mjs";
import { encode, encode_slowly, interfaces } from "../model/encode.mjs";
import { read_archive } from "./lib/archive.mjs";
import { root } from "./lib/anvil.mjs";
import { gunzipSync } from "node:zlib";

const seeds = (process.env.MODEL_SEEDS ?? "1,2,3").split(",").map(Number);
const BLOCKS = 250;
const made = new Map();
const chain_of = (seed) => {
    if (!made.has(seed)) made.set(seed, generate({ seed, blocks: BLOCKS, percent: 25, trace: true }));
    return made.get(seed);
};

const by_kind = (network) => Object.fromEntries(network.contracts.map(({ kind, address }) => [kind.replace("eigenlayer.", ""), address]));
const strategies_of = (network) => network.contracts.filter(({ kind }) => kind === "eigenlayer.strategy")
    .map(({ name, address }) => [name.replace("strategy ", ""), address]);

/** Hold what the logs say against one sample; returns {checked, unsure}: how many figures, and how many logs leave open. */
function compare(books, sample, strategies) {
    let checked = 0, unsure = 0;
    const same = (got, expected, what) => {
        assert.equal(got.toString(), expected, `${what} at ${sample.block}`);
        checked++;
    };
    for (const [operator, { shares, max_magnitude }] of Object.entries(sample.operators)) {
        for (const [name, strategy] of strategies) {
            same(books.operator_shares(operator, strategy), shares[name], `shares of ${operator} in ${name}`);
            same(books.magnitude(operator, strategy), max_magnitude[name], `magnitude of ${operator} in ${name}`);
        }
    }
    for (const [staker, truth] of Object.entries(sample.stakers)) {
        const delegate = books.delegates.get(staker) ?? `0x${"00".repeat(20)}`;
        same(delegate, truth.delegated_to.toLowerCase(), `delegate of ${staker}`);
        for (const [name, strategy] of strategies) {
            if (name in truth.scaling) {
                const factor = truth.scaling[name] === "0" ? "1000000000000000000" : truth.scaling[name];
                same(books.factor(staker, strategy), factor, `scaling factor of ${staker} in ${name}`);
            }
            if (books.unsure.has(`${staker}/${strategy}`)) {
                unsure++;
                continue;
            }
            same(books.deposit(staker, strategy), truth.deposit[name], `deposit shares of ${staker} in ${name}`);
            same(books.withdrawable(staker, strategy), truth.withdrawable[name], `withdrawable of ${staker} in ${name}`);
        }
        const row = ({ nonce, start, strategies: s, scaled, withdrawable }) =>
            [nonce, start, s.map((a) => a.toLowerCase()), scaled, withdrawable].join("/");
        same(books.queued(staker, sample.block).map((w) => row({ ...w, withdrawable: w.payable })).sort().join("\n"),
            truth.queued.map(row).sort().join("\n"), `withdrawals of ${staker}`);
    }
    return { checked, unsure };
}

function follow(blocks, truth, network) {
    const books = new Books(by_kind(network), network.parameters.min_withdrawal_delay_blocks), strategies = strategies_of(network);
    const samples = new Map(truth.map((sample) => [sample.block, sample])), sum = { checked: 0, unsure: 0 };
    for (const block of blocks) {
        books.apply(block);
        const sample = samples.get(Number(block.number));
        if (!sample) continue;
        const { checked, unsure } = compare(books, sample, strategies);
        sum.checked += checked;
        sum.unsure += unsure;
    }
    return sum;
}

for (const name of ["seed7", "seed13"]) {
    test(`the reader of logs says what the contracts answered on golden chain ${name}`, () => {
        const folder = join(root, "tests/data/chains", name), text = (file) => readFileSync(join(folder, file));
        const truth = JSON.parse(gunzipSync(text("truth.json.gz")));
        const blocks = read_archive(join(folder, "chain.ndjson.gz"));
        for (const block of blocks) assert.equal(bloom(block.logs), block.logsBloom);
        const { checked, unsure } = follow(blocks, truth, JSON.parse(text("network.json")));
        assert.ok(checked > 5000);
        assert.equal(unsure, 0, "no golden withdrawal leaves its deposit shares open");
    });
}

for (const seed of seeds) {
    test(`model seed ${seed}: what the reader makes of the logs is the model's state`, (t) => {
        const { blocks, truth, network } = chain_of(seed), { checked, unsure } = follow(blocks, truth, network);
        assert.ok(checked > 10_000);
        t.diagnostic(`${checked} figures, ${unsure} left open by the logs`);
        for (const sample of truth)
            for (const { deposit, ambiguous } of Object.values(sample.stakers))
                for (const [name, { low, high }] of Object.entries(ambiguous))
                    assert.ok(BigInt(low) <= BigInt(deposit[name]) && BigInt(deposit[name]) <= BigInt(high) && low !== high);
    });

    test(`model seed ${seed}: events come in the contracts' order`, () => orders(chain_of(seed)));
    test(`model seed ${seed}: blocks are linked, blooms and quick encodings are right`, () => forms(chain_of(seed)));
    test(`model seed ${seed}: slashes add up`, () => slashes_add_up(chain_of(seed)));
}

/** One letter an event; what a transaction may emit is then a regular expression. */
const LETTERS = {
    Transfer: "t", Approval: "a", ExchangeRateEmitted: "x", StrategyTokenSet: "y", Deposit: "d", Withdraw: "v",
    DelegationApproverUpdated: "n", DepositScalingFactorUpdated: "k", OperatorMetadataURIUpdated: "j", OperatorRegistered: "o",
    OperatorSharesDecreased: "s", OperatorSharesIncreased: "i", OperatorSharesSlashed: "h", SlashingWithdrawalCompleted: "c",
    SlashingWithdrawalQueued: "q", StakerDelegated: "g", StakerForceUndelegated: "f", StakerUndelegated: "u",
    BurnOrRedistributableSharesDecreased: "-", BurnOrRedistributableSharesIncreased: "+", StrategyAddedToDepositWhitelist: "w",
    StrategyRemovedFromDepositWhitelist: "w", AVSMetadataURIUpdated: "A", AllocationDelaySet: "D", AllocationUpdated: "U",
    EncumberedMagnitudeUpdated: "E", MaxMagnitudeUpdated: "M", OperatorAddedToOperatorSet: "R", OperatorRemovedFromOperatorSet: "R",
    OperatorSetCreated: "C", OperatorSlashed: "S", RedistributionAddressSet: "B", SlasherUpdated: "L",
    StrategyAddedToOperatorSet: "P", StrategyRemovedFromOperatorSet: "P",
};
const KINDS = [
    "(U?EUMsh\\+)*S", // a slash: per strategy, pending part, encumbered, current, maximum, live shares, all shares, to be burned
    "txdki?", // a deposit into a strategy
    "g(ki)*", "f?u(sk?q)*", "((s?k?)*q)", // delegation, undelegation, queueing
    "c(xt|dki?)*", // completion as tokens or as shares
    "Dng(ki)*oj", // registration of an operator
    "(xt-)+", "E*U", "E+", "ttd", "ttv", "[taywADRLP]", "CB?P*L",
];
const GRAMMAR = new RegExp(`^(${KINDS.join("|")})*$`);

/** Which contract is at an address. */
const kinds_of = ({ addresses }) => new Map([
    ...["delegation_manager", "allocation_manager", "strategy_manager"].map((kind) => [addresses[kind], kind]),
    ...Object.values(addresses.strategies).map((address) => [address, "strategy"]),
    [addresses.alt, "token"], [addresses.tok2, "token"], [addresses.realt, "vault"],
]);

function orders({ blocks, scenario }) {
    const kinds = kinds_of(scenario);
    for (const block of blocks) {
        const words = new Map();
        for (const { event, transaction } of Books.decode(block, kinds)) {
            assert.ok(event in LETTERS, `${event} is known`);
            words.set(transaction, (words.get(transaction) ?? "") + LETTERS[event]);
        }
        for (const word of words.values()) assert.match(word, GRAMMAR, `block ${block.number}`);
    }
}

function forms({ blocks }) {
    const known = JSON.parse(readFileSync(join(root, "tests/data/abi/events.json")));
    const topics = new Set(known.map(({ topic0 }) => topic0));
    blocks.forEach((block, i) => {
        assert.equal(Number(block.number), i);
        if (i > 0) assert.equal(block.parentHash, blocks[i - 1].hash);
        assert.equal(block.logsBloom, bloom(block.logs));
        block.logs.forEach((log, index) => {
            assert.equal(Number(log.logIndex), index);
            assert.ok(topics.has(log.topics[0]), `${log.topics[0]} is an event of the real contracts`);
        });
    });
    for (const [contract, abi] of Object.entries(interfaces)) {
        for (const { name: event, inputs } of abi.fragments) {
            const value = ({ baseType, type, components }) => {
                if (baseType === "array") return [];
                if (components?.length === 2) return { avs: `0x${"ab".repeat(20)}`, id: 7 };
                if (components) return [...components.map(value)];
                return { address: `0x${"cd".repeat(20)}`, string: "é", bytes32: `0x${"ef".repeat(32)}` }[type] ?? 12n;
            };
            const log = { contract, event, args: inputs.map(value) };
            assert.deepEqual(encode(log), encode_slowly(log), `${contract}.${event}`);
        }
    }
}

/** The event's figure is what operator and queue lost; what stakers lost differs by rounding, and by dust that was nobody's. */
function slashes_add_up({ truth }) {
    const sum = (rows, name) => rows.reduce((total, row) => total + BigInt(row[name]), 0n);
    let hits = 0;
    for (const { slashes } of truth) {
        for (const { impact } of slashes) {
            for (const hit of impact) {
                hits++;
                assert.equal(BigInt(hit.total), BigInt(hit.live) + BigInt(hit.queued));
                assert.equal(BigInt(hit.operator_before) - BigInt(hit.operator_after), BigInt(hit.live));
                assert.ok(BigInt(hit.max_after) < BigInt(hit.max_before));
                assert.equal(BigInt(hit.stakers_loss), sum(hit.stakers, "before") - sum(hit.stakers, "after"));
                const dust = BigInt(hit.operator_before) - sum(hit.stakers, "before");
                const left = BigInt(hit.operator_after) - sum(hit.stakers, "after");
                assert.ok(dust >= 0n && left >= 0n, `stakers own no more than the operator has: ${dust}, ${left}`);
                const residue = BigInt(hit.queued) - BigInt(hit.withdrawals_loss), rows = BigInt(hit.withdrawals.length);
                assert.ok(residue >= -2n * (rows + 1n) && residue <= 2n * (rows + 1n), `residue of the queue ${residue} of ${rows}`);
            }
        }
    }
    assert.ok(hits > 50, `${hits} slashes of a strategy`);
}

/** How often each case that books get wrong occurs on a chain. */
function rare_cases({ truth, blocks, scenario }) {
    const count = {}, add = (name, n = 1) => (count[name] = (count[name] ?? 0) + Number(n));
    const { addresses, delays, witness } = scenario, kinds = kinds_of(scenario);
    for (const { block, slashes, stakers, operators } of truth) {
        for (const slash of slashes) {
            const hit = new Set(slash.impact.map(({ strategy }) => strategy));
            const rows = slash.operator_before.allocations.filter((a) => a.avs === slash.avs && a.set === slash.set
                && hit.has(addresses.strategies[a.strategy]));
            add("slash during a pending increase", rows.some(({ pending }) => BigInt(pending) > 0n));
            add("slash during a pending decrease", rows.some(({ pending }) => BigInt(pending) < 0n));
            add("slash after deregistration", rows.some(({ member }) => !member));
            add("slash in the last slashable block after deregistration", rows.some((r) => !r.member && r.slashable_until === block));
            add("slash of several strategies", hit.size > 1);
            add("slash that skips a strategy", hit.size < slash.strategies.length);
            add("slash by 1 wei of wad", slash.wads.includes("1"));
            add("slash by all", slash.wads.includes("1000000000000000000"));
            add("slash that takes no shares", slash.impact.some(({ live, operator_before }) => live === "0" && operator_before !== "0"));
            const queued = Object.values(stakers).flatMap((s) => s.queued).filter((q) => q.operator.toLowerCase() === slash.operator);
            add("slash in the last block of a withdrawal", queued.some((q) => q.slashable_until === block));
            add("slash one block later", queued.some((q) => q.slashable_until === block - 1));
            add("slash of queued shares", slash.impact.some(({ withdrawals_count }) => withdrawals_count > 0));
        }
        add("several slashes in a block", slashes.length > 1);
        for (const { max_magnitude, allocations } of Object.values(operators)) {
            const magnitudes = Object.values(max_magnitude).map(BigInt);
            add("operator without magnitude", magnitudes.includes(0n));
            add("operator with next to no magnitude", magnitudes.some((m) => m > 0n && m < 10n ** 12n));
            add("operator with next to all magnitude", magnitudes.some((m) => m < 10n ** 18n && m > 10n ** 18n - 10n ** 6n));
            add("change pending for nothing", allocations.some(({ pending, effect }) => pending === "0" && effect !== "0"));
        }
        for (const { scaling, ambiguous, queued } of Object.values(stakers)) {
            add("scaling factor below 1", Object.values(scaling).some((k) => BigInt(k) < 10n ** 18n));
            add("deposit shares that logs leave open", Object.keys(ambiguous).length);
            add("withdrawal of several strategies", queued.some(({ strategies }) => strategies.length > 1));
            add("withdrawal of nothing", queued.some(({ withdrawable }) => withdrawable.includes("0")));
        }
    }
    const starts = new Map();
    for (const block of blocks) {
        const words = new Map();
        for (const { event, args, transaction } of Books.decode(block, kinds)) {
            words.set(transaction, (words.get(transaction) ?? "") + LETTERS[event]);
            if (event === "SlashingWithdrawalQueued") starts.set(args[0], Number(args[1].startBlock));
            if (event === "SlashingWithdrawalCompleted")
                add("completion as early as it goes", starts.get(args[0]) + delays.withdrawal + 1 === Number(block.number));
        }
        for (const word of words.values()) {
            add("completion of nothing", /c($|[^dt])/.test(word));
            for (const [name, act] of [["delegation", "g"], ["withdrawal", "q"], ["deposit", "d"], ["completion", "c"]]) {
                add(`${name}, then a slash in the same transaction`, new RegExp(`${act}.*S`).test(word));
                add(`a slash, then ${name} in the same transaction`, new RegExp(`S.*${act}`).test(word));
            }
            add("forced undelegation", word.includes("fu"));
            add("slashed shares burnt or redistributed", word.includes("-"));
        }
        const all = [...words.values()].join(" ");
        for (const act of ["g", "q", "d", "c"]) {
            add(`${act} before a slash in another transaction of the block`, new RegExp(`${act}.* .*S`).test(all));
            add(`${act} after a slash in another transaction of the block`, new RegExp(`S.* .*${act}`).test(all));
        }
    }
    add("refused: FullySlashed", witness.refusals.get("FullySlashed") ?? 0);
    return count;
}

test("the model's chains have the cases that books get wrong", (t) => {
    const totals = {};
    for (const seed of seeds)
        for (const [name, n] of Object.entries(rare_cases(chain_of(seed)))) totals[name] = (totals[name] ?? 0) + n;
    for (const [name, n] of Object.entries(totals)) t.diagnostic(`${name}: ${n}`);
    assert.deepEqual(Object.keys(totals).filter((name) => totals[name] === 0), []);
});

test("a seed is a chain, and a fork is another future of the same past", () => {
    const make = (options) => generate({ seed: 4, blocks: 90, percent: 10, ...options });
    const plain = make(), forked = make({ fork_at: 70, fork_seed: 5 }), hashes = ({ blocks }) => blocks.map(({ hash }) => hash);
    const again = make();
    assert.deepEqual([again.blocks, again.truth, again.network], [plain.blocks, plain.truth, plain.network]);
    assert.deepEqual(hashes(forked), hashes(plain), "a fork leaves the main chain as it is");
    const { blocks, truth } = forked.fork;
    assert.deepEqual([Number(blocks[0].number), blocks[0].parentHash, blocks.length], [71, plain.blocks[70].hash, 19]);
    assert.ok(blocks.every(({ hash }, i) => hash !== plain.blocks[71 + i].hash) && truth.every(({ block }) => block > 70));
    const { checked } = follow([...plain.blocks.slice(0, 71), ...blocks], truth, plain.network);
    assert.ok(checked > 1000);
});
