// tests/scenarios/views_stake.mjs - the SQL views of stake, current and past, hold the golden chain's figures; the reading role may read them.
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
