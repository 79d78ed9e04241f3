// tests/scenarios/views_stake.mjs - stake for people with SQL: the views, current and past, hold the golden chain's figures; beacon chain ETH, which it has not, follows the formula.
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { gunzipSync } from "node:zlib";
import { Cluster } from "./lib/pg.mjs";
import { root, run } from "./lib/program.mjs";

const folder = join(root, "tests/data/chains/seed13"), WAD = "1000000000000000000";
const { contracts } = JSON.parse(readFileSync(join(folder, "network.json")));
const strategies = Object.fromEntries(contracts.filter((c) => c.kind === "eigenlayer.strategy").map((c) => [c.name.replace("strategy ", ""), c.address.toLowerCase()]));
const samples = JSON.parse(gunzipSync(readFileSync(join(folder, "truth.json.gz"))));
let cluster, database;
before(async () => {
    cluster = await new Cluster().start();
    database = cluster.create();
    await run(["mirror", "--once", "--network", join(folder, "network.json"), "--source", join(folder, "chain.ndjson.gz"), "--database", cluster.conninfo(database)]);
});
after(() => cluster.stop());

const hex = (column) => `'0x' || encode(${column}, 'hex')`;
/** The last of the rows that held at the end of block n, by key. */
function at(n, view, keys, value) {
    const key = keys.map(hex).join(" || '/' || ");
    const rows = cluster.rows(database, `SELECT ${key} AS key, ${value} AS value FROM api_v1.${view}
        WHERE since_block <= ${n} AND (until_block IS NULL OR until_block > ${n})`);
    assert.equal(new Set(rows.map((r) => r.key)).size, rows.length, `${view}: one row a key holds at ${n}`);
    return Object.fromEntries(rows.map((r) => [r.key, r.value]));
}

test("operator shares, magnitudes, delegations and deposits as of each sampled block", () => {
    for (const { block, operators, stakers } of samples) {
        const shares = at(block, "operator_shares", ["operator", "strategy"], "shares::text");
        const magnitudes = at(block, "magnitude", ["operator", "strategy"], "max_magnitude::text");
        const deposits = at(block, "deposit", ["staker", "strategy"], "shares::text");
        const delegations = at(block, "delegation", ["staker"], hex("operator"));
        for (const [name, strategy] of Object.entries(strategies)) {
            for (const [operator, truth] of Object.entries(operators)) {
                assert.equal(shares[`${operator}/${strategy}`] ?? "0", truth.shares[name]);
                assert.equal(magnitudes[`${operator}/${strategy}`] ?? WAD, truth.max_magnitude[name]);
            }
            for (const [staker, truth] of Object.entries(stakers)) assert.equal(deposits[`${staker}/${strategy}`] ?? "0", truth.deposit[name]);
        }
        for (const [staker, truth] of Object.entries(stakers))
            assert.equal(delegations[staker] ?? `0x${"00".repeat(20)}`, truth.delegated_to.toLowerCase());
    }
});

test("withdrawals, allocations and slashes", () => {
    const { block, stakers } = samples.at(-1);
    const pending = cluster.rows(database, `SELECT ${hex("staker")} AS staker, nonce::text, start_block::text AS start, scaled_shares::text AS scaled
        FROM api_v1.withdrawal WHERE state = 'pending' ORDER BY staker, start_block, nonce`);
    const truth = Object.entries(stakers).flatMap(([staker, { queued }]) => queued.flatMap(({ nonce, start, scaled }) => scaled.map((q) => ({ staker, nonce, start, scaled: q }))));
    const order = (rows) => rows.map((r) => JSON.stringify(r)).sort();
    assert.deepEqual(order(pending), order(truth));
    assert.equal(cluster.sql(database, "SELECT count(*) FROM api_v1.withdrawal WHERE (completed_block IS NULL) <> (state = 'pending') OR (paid_shares IS NULL) <> (state = 'pending')"), "0");
    assert.equal(cluster.sql(database, "SELECT count(*) = (SELECT count(*) FROM ledger.slash_strategy) AND bool_and(magnitude_after <= magnitude_before AND live_shares <= total_shares) FROM api_v1.slash"), "t");
    assert.equal(cluster.sql(database, `SELECT count(*) FROM api_v1.allocation l WHERE until_block IS NULL AND NOT EXISTS (SELECT FROM
        api_v1.allocations(l.operator, ${block + 1}::bigint << 32, l.since_block) f WHERE (f.avs, f.operator_set, f.strategy) = (l.avs, l.operator_set, l.strategy))`), "0");
});

test("whoever reads over the API's role may read them", () => {
    for (const view of ["operator_shares", "deposit", "delegation", "magnitude", "allocation", "withdrawal", "slash"])
        assert.ok(Number(cluster.sql(database, `SET ROLE altledger_api; SELECT count(*) FROM api_v1.${view}`)) > 0, view);
});

test("beacon chain ETH: the magnitude is of the last slashable block, the beacon chain factor of now; every product rounds down", () => {
    const BEACON = "0xbeac0eeeeeeeeeeeeeeeeeeeeeeeeeeeeeebeac0", bytes = (text) => `'\\x${text.slice(2)}'::bytea`;
    const [staker, operator, other] = ["e1", "01", "5e"].map((b) => `0x${b.repeat(20)}`), withdrawal = `0x${"77".repeat(32)}`, W = 10n ** 18n;
    const [s, k, q] = [(1n << 127n) + 12345n, W + 7n, 10n ** 37n + 1n], account = 1000000;
    const m = { 10: W - 3n, 30: W / 3n, 60: 1n }, l = { 20: W - 5n, 40: W / 7n };
    const row = (n) => `${n}::bigint << 32`, end = (n) => `(${n}::bigint << 32 | 4294967295)`;
    cluster.sql(database, `SET session_replication_role = replica;
        INSERT INTO ledger.delegation VALUES (${bytes(staker)}, ${row(5)}, 0, ${bytes(operator)});
        INSERT INTO ledger.account VALUES (${account}, 6, ${bytes(BEACON)}, ${bytes(staker)}, '', ${row(6)}), (${account + 1}, 6, ${bytes(other)}, ${bytes(staker)}, '', ${row(6)});
        INSERT INTO ledger.entry VALUES (${account}, ${row(6)}, 0, 0, ${s}, ${s}, 1), (${account + 1}, ${row(6)}, 0, 0, ${s}, ${s}, 1);
        INSERT INTO ledger.scaling_factor VALUES (${bytes(staker)}, ${bytes(BEACON)}, ${row(7)}, 0, ${k});
        INSERT INTO ledger.deposit_doubt VALUES (${bytes(staker)}, ${bytes(other)}, ${row(50)}, 0, 3), (${bytes(staker)}, ${bytes(other)}, ${row(55)}, 0, 0);
        ${Object.entries(m).map(([n, v]) => `INSERT INTO ledger.max_magnitude VALUES (${bytes(operator)}, ${bytes(BEACON)}, ${row(n)}, 0, ${v});`).join("\n")}
        ${Object.entries(l).map(([n, v]) => `INSERT INTO ledger.beacon_factor VALUES (${bytes(staker)}, ${row(n)}, 0, ${v});`).join("\n")}
        INSERT INTO ledger.withdrawal_share VALUES (${bytes(withdrawal)}, 0, ${row(12)}, 0, ${bytes(BEACON)}, ${q}, 1, 1);`);
    const last = (values, n, initial) => Object.entries(values).filter(([at_]) => Number(at_) <= n).map(([, v]) => v).at(-1) ?? initial;
    const mul = (x, y) => x * y / W;
    for (const n of [6, 7, 10, 20, 29, 30, 32, 40, 60, 70]) {
        const [beacon, plain] = [BEACON, other].map((strategy) => cluster.one(database, `SELECT shares::text, doubt::text, withdrawable_shares::text AS w
            FROM api_v1.deposits(${bytes(staker)}, ${bytes(operator)}, ${end(n)}) WHERE strategy = ${bytes(strategy)}`));
        const factor = (until) => mul(last(m, until, W), last(l, n, W));
        assert.deepEqual(beacon, { shares: s.toString(), doubt: "0", w: mul(mul(s, n >= 7 ? k : W), factor(n)).toString() }, `at ${n}`);
        assert.deepEqual(plain, { shares: s.toString(), doubt: n >= 50 && n < 55 ? "3" : "0", w: s.toString() }, `at ${n}`);
        if (n < 12) continue;
        const { w } = cluster.one(database, `SELECT withdrawable_shares::text AS w FROM
            api_v1.withdrawal_shares(${bytes(withdrawal)}, ${bytes(staker)}, ${bytes(operator)}, 32, ${end(n)})`);
        assert.equal(w, mul(q, factor(Math.min(n, 32))).toString(), `withdrawal at ${n}`);
    }
});
