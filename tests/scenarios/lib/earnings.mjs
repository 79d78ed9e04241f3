// tests/scenarios/lib/earnings.mjs - books of closed days without a chain: blocks, days, earned accounts, distributions and roots on L1, as rows.
import { run } from "./program.mjs";

export const COORDINATOR = "0x" + "c0".repeat(20), COLLECTOR = "0x" + "fc".repeat(20);
export const DELAY = 3, DAY = 86400;
const bytes = (hex) => `'\\x${hex.slice(2)}'`;
export const position = (block, n = 0) => `(${block}::bigint << 32 | ${n})`;
const rows = (table, values) => (values.length === 0 ? "" : `INSERT INTO ledger.${table} VALUES ${values.map((v) => `(${v.join(", ")})`).join(",\n")};\n`);

/** A migrated database of a chain of blocks first..head, at `time(number)`; extra contracts of the network. Finalized up to its head. */
export async function chain(cluster, { first, head, time, contracts = [] }) {
    const database = cluster.create();
    await run(["migrate", "--database", cluster.conninfo(database)]);
    const network = { name: "earnings", chain_id: 1, start_block: first, parameters: { reward_booking_delay_blocks: DELAY },
        contracts: [{ kind: "eigenlayer.rewards_coordinator", address: COORDINATOR }, { kind: "fee_collector", address: COLLECTOR }, ...contracts] };
    const hash = "decode(lpad(to_hex(n), 64, '0'), 'hex')";
    cluster.sql(database, `SET session_replication_role = replica;
        INSERT INTO mirror.block SELECT n, n, ${hash}, ${hash.replace("to_hex(n)", "to_hex(n - 1)")}, to_timestamp(${time("n")}), 0 FROM generate_series(${first}, ${head}) n;
        INSERT INTO mirror.chain SELECT n, n FROM generate_series(${first}, ${head}) n;
        UPDATE mirror.cursor SET chain_id = 1, network = '${JSON.stringify(network)}', network_hash = decode(repeat('ab', 32), 'hex'), rules_version = 1,
            head_block = ${head}, head_number = ${head}, head_hash = ${hash.replace("n)", `${head})`)}, safe_number = ${head}, finalized_number = ${head},
            source_head = ${head}, state_version = 1;`);
    return database;
}

/** Days that ended: [{day, next, last}], of which the first block of a later day made the row. */
export const days = (list) => rows("reward_day", list.map((d) => [d.day, position(d.last + 1, 5), -2, d.next, d.last]));

/** Accounts and their balances: [{earner, token, distributor, balances: [[block, amount], ..]}]. */
export function earned(list, firstId = 1) {
    const at = (block, i) => position(block, 10 + i);
    return rows("account", list.map((a, i) => [firstId + i, 61, bytes(a.token), bytes(a.earner), bytes(a.distributor ?? COORDINATOR), at(a.balances[0][0], i)])) +
        rows("entry", list.flatMap((a, i) => a.balances.map(([block, amount], k) =>
            [firstId + i, at(block, i), -2, 0, BigInt(amount) - BigInt(k ? a.balances[k - 1][1] : 0), amount, 0])));
}

/** [{day, distributor, block, n, snapshot, root, earners}]; n: its place in the block, behind all entries */
export const distributions = (list) => rows("reward_distribution", list.map((d) =>
    [d.day, bytes(d.distributor ?? COORDINATOR), position(d.block, d.n ?? 1000000), -2, d.snapshot, bytes(d.root), d.earners, 1, d.earners]));

/** Roots on L1: [{index, block, root, day, activated, disabled}]; `disabled`: the block of another row. */
export const roots = (list) => rows("reward_root", list.flatMap((r) => {
    const row = (block, off) => [r.index, bytes(COORDINATOR), position(block, 3), 1, bytes(r.root), (r.day + 1) * DAY, r.activated, off];
    return r.disabled ? [row(r.block, false), row(r.disabled, true)] : [row(r.block, false)];
}));

/** Whom earners let claim: [{earner, block, claimer}]. */
export const claimers = (list) => rows("reward_claimer", list.map((c) => [bytes(c.earner), bytes(COORDINATOR), position(c.block, 4), 1, bytes(c.claimer)]));

export const put = (cluster, database, ...sql) => cluster.sql(database, `SET session_replication_role = replica;\n${sql.join("")}`);
