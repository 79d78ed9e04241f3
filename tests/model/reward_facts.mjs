// tests/model/reward_facts.mjs - what tests/model/rewards.mjs computes from, read from the public API as of one block; never a pool, share or payout.
import { NOBODY } from "./rewards.mjs";

const WAD = 10n ** 18n, PAGE = 1000;
const lower = (value) => JSON.parse(JSON.stringify(value), (_, v) => (typeof v === "string" && /^0x[0-9a-fA-F]{40}$/.test(v) ? v.toLowerCase() : v));
export const day_number = (text) => Date.parse(`${text}T00:00:00Z`) / 86400000;
const seconds = (text) => BigInt(Date.parse(text)) / 1000n;
const TOKENS = ["erc20", "erc20votes", "erc4626"];

async function ask(url) {
    const reply = await fetch(url);
    if (reply.status === 404) return null;
    if (!reply.ok) throw new Error(`${url}: ${reply.status} ${await reply.text()}`);
    return lower(await reply.json());
}

/** All rows of a list as of `at`. */
export async function list(base, path, at, query = {}) {
    const rows = [];
    for (let after = null;;) {
        const page = await ask(`${base}/v1/${path}?${new URLSearchParams({ ...query, at, limit: PAGE, ...(after && { after }) })}`);
        rows.push(...page.data);
        if (!page.has_more) return rows;
        after = page.next_cursor;
    }
}

function terms_of(contract) {
    const { epoch_days = 1, operators_bips = 10000, treasury_bips = 0, burn_bips = 0, treasury = NOBODY, operator_sets = [] } = contract.parameters ?? {};
    return { address: contract.address.toLowerCase(), epoch_days, operators_bips: BigInt(operators_bips), treasury_bips: BigInt(treasury_bips),
        burn_bips: BigInt(burn_bips), treasury: treasury.toLowerCase(), sets: operator_sets.map(({ avs, id }) => ({ avs: avs.toLowerCase(), id })) };
}

class Facts {
    constructor(base, network, at) {
        Object.assign(this, { base, network, at, kept: new Map(), requests: 0 });
    }

    once(key, make) {
        if (!this.kept.has(key)) this.kept.set(key, make());
        return this.kept.get(key);
    }

    list(path, at, query) {
        return this.once(`${path}/${at}/${JSON.stringify(query)}`, () => list(this.base, path, at, query));
    }

    async read() {
        const { contracts, parameters = {} } = this.network, rows = (path) => list(this.base, path, this.at);
        const days = (await rows("rewards/days")).map((row) => ({ day: day_number(row.day), next_day: day_number(row.next_day), snapshot: row.snapshot_block,
            closing: row.closing_block, closed: row.closed })).sort((a, b) => a.day - b.day);
        this.ended = days;
        this.days = days.filter((row) => row.closing <= this.at);
        const place = ({ block_number: block, log_index }) => ({ block, log_index });
        this.listed = await rows("rewards/submissions");
        this.submissions = this.listed.filter((s) => s.kind !== "fee").map((s) => ({ ...place(s), id: s.submission, kind: s.kind, distributor: s.distributor,
            avs: s.avs ?? NOBODY, operator_set: s.operator_set, token: s.token, amount: BigInt(s.amount), start: seconds(s.start_time), duration: BigInt(s.duration),
            strategies: s.strategies.map((row) => [row.strategy, BigInt(row.multiplier)]), operators: s.operators.map((row) => [row.operator, BigInt(row.amount)]) }));
        this.splits = (await rows("rewards/splits")).map((s) => ({ ...place(s), operator: s.operator, avs: s.avs ?? NOBODY, operator_set: s.operator_set,
            distributor: s.distributor, activated_at: seconds(s.activated_at), old_bips: BigInt(s.old_bips), new_bips: BigInt(s.new_bips) }));
        this.defaults = (await rows("rewards/settings")).filter((s) => s.setting === "default_operator_split").map((s) => ({ ...place(s),
            distributor: s.distributor, bips: BigInt(s.number) }));
        this.default_bips = BigInt(parameters.default_operator_split_bips ?? 1000);
        this.coordinator = contracts.filter((c) => c.kind === "eigenlayer.rewards_coordinator").map((c) => c.address.toLowerCase()).sort()[0];
        this.collectors = contracts.filter((c) => c.kind === "fee_collector").map(terms_of);
        this.fees = this.collectors.length ? await this.read_fees(contracts) : [];
        return this;
    }

    /** Every transfer of a mirrored token to a collector. */
    async read_fees(contracts) {
        const tokens = new Set(contracts.filter((c) => TOKENS.includes(c.kind)).map((c) => c.address.toLowerCase()));
        const collectors = new Set(this.collectors.map((c) => c.address));
        return (await list(this.base, "events", this.at, { type: "ERC20.Transfer" })).filter((e) => !e.retracted && !e.undecodable)
            .filter((e) => tokens.has(e.contract) && collectors.has(e.data.to))
            .map((e) => ({ collector: e.data.to, token: e.contract, amount: BigInt(e.data.value), block: e.block_number, log_index: e.log_index,
                day: this.ended.find((run) => e.block_number <= run.snapshot)?.day ?? Number(seconds(e.block_time) / 86400n) }));
    }

    async registrations(block) {
        return (await this.list("rewards/registrations", block)).map((row) => ({ operator: row.operator, avs: row.avs, directory: row.directory,
            sets: row.operator_sets }));
    }

    async operators(block) {
        return (await this.list("operators", block)).map((row) => row.address);
    }

    operator(block, address) {
        return this.once(`operator/${block}/${address}`, async () => {
            const o = await ask(`${this.base}/v1/operators/${address}?at=${block}`), of = (rows, strategy) => rows.find((row) => row.strategy === strategy);
            const in_set = (row, { avs, id }) => row.avs === avs && (row.operator_set ?? row.id) === id;
            return {
                shares: (strategy) => BigInt(of(o.shares, strategy)?.shares ?? 0),
                max_magnitude: (strategy) => BigInt(of(o.magnitudes, strategy)?.max_magnitude ?? WAD),
                allocation: (set, strategy) => BigInt(of(o.allocations.filter((row) => in_set(row, set)), strategy)?.current_magnitude ?? 0),
                slashable: (set) => o.operator_sets.find((row) => in_set(row, set))?.slashable ?? false,
            };
        });
    }

    async stakers(block, operator) {
        const rows = await this.list(`operators/${operator}/delegators`, block);
        const { max_magnitude } = await this.operator(block, operator);
        return rows.map((row) => [row.staker, withdrawable(row.strategies, max_magnitude)]);
    }

    /** Whoever deposited, ever. */
    everyone(block) {
        return this.once(`everyone/${block}`, async () => {
            const deposits = await this.list("events", this.at, { type: "StrategyManager.Deposit" });
            const people = [...new Set(deposits.filter((e) => !e.retracted).map((e) => e.data.staker))].sort();
            return Promise.all(people.map(async (who) => {
                const { stake } = await ask(`${this.base}/v1/accounts/${who}?at=${block}`);
                const { max_magnitude } = stake.delegated_to ? await this.operator(block, stake.delegated_to) : { max_magnitude: () => WAD };
                return [who, withdrawable(stake.strategies, max_magnitude)];
            }));
        });
    }

    set_strategies(block, { avs, id }) {
        return this.once(`set/${block}/${avs}/${id}`, async () => new Set((await ask(`${this.base}/v1/operator-sets/${avs}/${id}?at=${block}`))?.strategies ?? []));
    }
}

/** Where logs leave open what was deposited, the most that they allow counts. */
function withdrawable(rows, max_magnitude) {
    const most = (row) => BigInt(row.undetermined.deposit_shares_at_most) * BigInt(row.scaling_factor) / WAD * max_magnitude(row.strategy) / WAD;
    const shares = new Map(rows.map((row) => [row.strategy, row.withdrawable_shares === null ? most(row) : BigInt(row.withdrawable_shares)]));
    return (strategy) => shares.get(strategy) ?? 0n;
}

/** The facts as of block `at` (a number) of the service at `base`, whose network file holds `network`. */
export const read_facts = (base, network, at) => new Facts(base, network, at).read();
