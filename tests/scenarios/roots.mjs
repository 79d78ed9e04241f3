// tests/scenarios/roots.mjs - every block root of the demo chain, computed again in JavaScript from the format in ledger/root.h.
//
// Raw logs come from the archive itself, booked rows from the tables; hashing and encoding share nothing with the program.
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { read_archive } from "./lib/archive.mjs";
import { Cluster } from "./lib/pg.mjs";
import { demo, get, root, run, serve } from "./lib/program.mjs";

const { keccak256 } = createRequire(join(root, "tests/package.json"))("ethers");
const END = 0xffffffff, DAY_CLOSED = -2, LEGS = 32768;
let cluster, database;

before(async () => {
    cluster = await new Cluster().start();
    database = cluster.create();
    await run(["mirror", "--once", "--network", demo.network, "--source", demo.archive, "--database", cluster.conninfo(database)]);
});
after(async () => {
    await cluster.stop();
    cluster.remove();
});

const hex = (bytes) => Buffer.from(bytes.replace(/^(0x|\\x)/, ""), "hex");
const keccak = (...parts) => hex(keccak256(Buffer.concat(parts)));
const number = (value, bytes) => hex(BigInt(value).toString(16).padStart(2 * bytes, "0"));
const sized = (bytes, size) => Buffer.concat([number(bytes.length, size), bytes]);
const account = (book, asset, owner, second) => Buffer.concat([number(book, 1), sized(hex(asset), 1), hex(owner), sized(hex(second), 1)]);
const nobody = account(0, "", "00".repeat(20), "");
const head = (type, log_index, leg) => Buffer.concat([number(type, 1), number(log_index >>> 0, 4), number(leg, 2)]);

const signed = (value) => Buffer.concat([number(BigInt(value) < 0n ? 1 : 0, 1), number(BigInt(value) < 0n ? -BigInt(value) : value, 32)]);
const integer = (value) => number(BigInt.asUintN(64, BigInt(value)), 8);
/** A column's bytes by the type of its domain, from its text. */
const encode = {
    address: hex, hash: hex, amount: (v) => number(v, 32), delta: signed, total: (v) => number(v, 64), bigint: integer, integer, smallint: integer,
    "timestamp with time zone": integer, boolean: (v) => number(v === "true" ? 1 : 0, 1), bytea: (v) => sized(hex(v), 4), text: (v) => sized(Buffer.from(v), 4),
};

/** [table, type byte] as the README lists them; every timeline of the database is there. */
function timeline_types() {
    const section = readFileSync(join(root, "README.md"), "utf8").split("## Block roots")[1].split("\n## ")[0];
    const types = [...section.matchAll(/\b0x([0-9a-f]{2}) ([a-z]\w*)/g)].filter(([, type]) => parseInt(type, 16) >= 0x10).map(([, type, table]) => [table, parseInt(type, 16)]);
    const own = cluster.rows(database, "SELECT name FROM ledger.timeline WHERE name NOT IN ('entry', 'control', 'root')").map((r) => r.name);
    assert.deepEqual(types.map(([table]) => table).sort(), own.sort());
    assert.equal(new Set(types.map(([, type]) => type)).size, types.length);
    return types;
}

const columns_of = (table) => cluster.rows(database, `SELECT a.attname AS name, CASE t.typtype WHEN 'd' THEN t.typname ELSE format_type(a.atttypid, NULL) END AS as
    FROM pg_attribute a JOIN pg_type t ON t.oid = a.atttypid WHERE a.attrelid = 'ledger.${table}'::regclass AND a.attnum > 0 AND NOT a.attisdropped
      AND a.attname NOT IN ('position', 'log_index') ORDER BY a.attnum`);

/** Booked rows by block: {position, log_index, type, leg (entries only), body}. */
function booked_rows() {
    const all = [];
    const take = (query, type, body) => {
        for (const row of cluster.rows(database, query)) all.push({ ...row, position: BigInt(row.position), type, body: body(row) });
    };
    take(`SELECT e.position::text, e.log_index, e.leg, e.delta::text, e.balance::text, a.book, a.asset, a.owner, a.second,
            c.book AS cbook, c.asset AS casset, c.owner AS cowner, c.second AS csecond
            FROM ledger.entry e JOIN ledger.account a ON a.id = e.account LEFT JOIN ledger.account c ON c.id = e.counter`, 0x02, (r) => {
        const delta = BigInt(r.delta);
        return Buffer.concat([account(r.book, r.asset, r.owner, r.second), r.cbook === null ? nobody : account(r.cbook, r.casset, r.cowner, r.csecond),
            number(delta < 0n ? 1 : 0, 1), number(delta < 0n ? -delta : delta, 32), number(r.balance, 32)]);
    });
    take(`SELECT position::text, ${END} AS log_index, book, asset, debits::text, credits::text, accounts FROM ledger.control`, 0x03,
        (r) => Buffer.concat([number(r.book, 1), sized(hex(r.asset), 1), number(r.debits, 64), number(r.credits, 64), number(r.accounts, 8)]));
    for (const [table, type] of timeline_types()) {
        const columns = columns_of(table);
        const list = columns.map(({ name, as }) => (as === "timestamp with time zone" ? `extract(epoch FROM ${name})::bigint::text AS ${name}` : `${name}::text`));
        take(`SELECT position::text, log_index, ${list} FROM ledger.${table}`, type,
            (r) => Buffer.concat(columns.map(({ name, as }) => encode[as](r[name]))));
    }
    const blocks = new Map();
    for (const row of all.sort((a, b) => (a.position < b.position ? -1 : 1))) {
        const block = Number(row.position >> 32n);
        blocks.set(block, [...(blocks.get(block) ?? []), row]);
    }
    return blocks;
}

function event_row(log) {
    const data = hex(log.data);
    return Buffer.concat([head(0x01, log.logIndex, 0), number(log.transactionIndex, 4), hex(log.transactionHash), hex(log.address),
        number(log.topics.length, 1), ...log.topics.map(hex), sized(data, 4)]);
}

/** The rows of one block, each log's event before what it caused; then what days that ended or were closed made. */
function rows_of(logs, booked) {
    const out = [];
    const put = (log_index) => {
        booked.filter((row) => row.log_index === log_index).forEach((row, i) => {
            const leg = i % LEGS;
            if (row.leg !== undefined) assert.equal(row.leg, leg);
            out.push(head(row.type, row.log_index, leg), row.body);
        });
    };
    for (const log of logs) {
        out.push(event_row(log));
        put(Number(log.logIndex));
    }
    put(DAY_CLOSED);
    put(END);
    return Buffer.concat(out);
}

test("each block root of the demo chain is what the format says, and the API gives it", async (t) => {
    const { network, network_hash, rules_version } = cluster.one(database, "SELECT network, network_hash, rules_version FROM mirror.cursor");
    assert.deepEqual(keccak(Buffer.from(network)), hex(network_hash));
    const { chain_id, contracts } = JSON.parse(readFileSync(demo.network));
    const from = new Map(contracts.map((c) => [c.address.toLowerCase(), c.from_block ?? 0]));
    const stored = new Map(cluster.rows(database, "SELECT position::text, root FROM ledger.root").map((r) => [BigInt(r.position), hex(r.root)]));
    const booked = booked_rows();

    let root = keccak(Buffer.from("altledger block roots 1"), number(chain_id, 8), hex(network_hash), number(rules_version, 4));
    assert.deepEqual(stored.get(-1n), root);
    let compared = 1;
    const roots = [];
    for (const block of read_archive(demo.archive)) {
        const n = Number(block.number);
        const logs = block.logs.filter((log) => from.get(log.address.toLowerCase()) <= n);
        const position = (BigInt(n) << 32n) | BigInt(END), rows = rows_of(logs, booked.get(n) ?? []), changed = rows.length > 0;
        if (changed) {
            root = keccak(number(1, 1), root, number(n, 8), hex(block.hash), keccak(rows));
            assert.deepEqual(stored.get(position), root, `block ${n}`);
            compared++;
        }
        assert.equal(stored.has(position), changed, `block ${n}`);
        roots.push(`0x${root.toString("hex")}`);
    }
    assert.equal(compared, stored.size);
    const { program, url } = await serve("serve", "--database", cluster.conninfo(database));
    for (let n = 0; n < roots.length; n += 53) assert.equal((await get(`${url}/v1/blocks/${n}`)).block_root, roots[n], `block ${n}`);
    await program.kill("SIGTERM").ends();
    t.diagnostic(`${compared} roots equal`);
});
