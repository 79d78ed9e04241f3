// tests/scenarios/verify.mjs - each kind of corruption of the books and of what they rest on is found by verify and named.
import assert from "node:assert/strict";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { branch, read_archive, write_archive } from "./lib/archive.mjs";
import { random } from "./lib/chain.mjs";
import { Cluster } from "./lib/pg.mjs";
import { demo, run, start } from "./lib/program.mjs";

const N_BLOCKS = 300, AT_ONCE = 3;
const files = mkdtempSync(join(tmpdir(), "altledger-verify-"));
let cluster, template;

before(async () => {
    cluster = await new Cluster().start();
    const blocks = read_archive(demo.archive).slice(0, N_BLOCKS);
    const archive = write_archive(join(files, "chain.ndjson"),
        [...blocks.slice(0, 250), ...branch(blocks, 240, 20, random(1), "left"), ...blocks.slice(241)]);
    template = cluster.create();
    await run(["mirror", "--once", "--network", demo.network, "--source", archive, "--database", cluster.conninfo(template)]);
    // What a superuser can do: the guards are off, and rows may come twice.
    cluster.sql(template, `DO $$ DECLARE r record; BEGIN
        FOR r IN SELECT c.oid::regclass AS t FROM pg_class c WHERE c.relkind = 'r' AND c.relnamespace IN ('mirror'::regnamespace, 'ledger'::regnamespace)
            LOOP EXECUTE format('ALTER TABLE %s DISABLE TRIGGER USER', r.t); END LOOP;
        FOR r IN SELECT k.conrelid::regclass AS t, k.conname FROM pg_constraint k WHERE k.contype IN ('f', 'p', 'u')
              AND k.connamespace IN ('mirror'::regnamespace, 'ledger'::regnamespace) ORDER BY k.contype
            LOOP EXECUTE format('ALTER TABLE %s DROP CONSTRAINT %I', r.t, r.conname); END LOOP;
        FOR r IN SELECT x.indexrelid::regclass AS i FROM pg_index x JOIN pg_class c ON c.oid = x.indexrelid
              WHERE x.indisunique AND c.relnamespace IN ('mirror'::regnamespace, 'ledger'::regnamespace)
            LOOP EXECUTE format('DROP INDEX %s', r.i); END LOOP; END $$`);
});
after(async () => {
    await cluster.stop();
    cluster.remove();
    rmSync(files, { recursive: true, force: true });
});

/** Some row in the middle of a table: its address. */
const middle = (table, where = "true") => `(SELECT ctid FROM (SELECT ctid, row_number() OVER () AS i, count(*) OVER () AS n FROM ${table} WHERE ${where}) q WHERE i = (n + 1) / 2)`;
const change = (table, set, where) => `UPDATE ${table} SET ${set} WHERE ctid = ${middle(table, where)}`;
const remove = (table, where) => `DELETE FROM ${table} WHERE ctid = ${middle(table, where)}`;
const repeat = (table, where) => `INSERT INTO ${table} SELECT * FROM ${table} WHERE ctid = ${middle(table, where)}`;
const flip = (column) => `${column} = set_byte(${column}, length(${column}) - 1, get_byte(${column}, length(${column}) - 1) # 1)`;
const above_head = "(1000::bigint << 32)";
const swap = (table, column, order) => `WITH two AS (SELECT ctid, ${column} AS v, row_number() OVER (ORDER BY ${order}) AS i FROM ${table}),
    pair AS (SELECT a.ctid AS one, b.v AS other_value FROM two a JOIN two b ON b.i = CASE WHEN a.i = 40 THEN 41 ELSE 40 END WHERE a.i IN (40, 41))
    UPDATE ${table} t SET ${column} = p.other_value FROM pair p WHERE t.ctid = p.one`;
const canonical = "block IN (SELECT block FROM mirror.chain)";

const corruptions = [
    // the table that must be named, what is done, how
    ["ledger.entry", "a balance + 1", change("ledger.entry", "balance = balance + 1")],
    ["ledger.entry", "the last balance + 1", "UPDATE ledger.entry SET balance = balance + 1 WHERE position = (SELECT max(position) FROM ledger.entry)"],
    ["ledger.entry", "a delta + 1", change("ledger.entry", "delta = delta + 1")],
    ["ledger.entry", "a delta's sign", change("ledger.entry", "delta = -delta")],
    ["ledger.entry", "another account", change("ledger.entry", "account = account + 1")],
    ["ledger.entry", "another counter-account", change("ledger.entry", "counter = counter + 1")],
    ["ledger.entry", "another log", change("ledger.entry", "log_index = log_index + 1")],
    ["ledger.entry", "another leg", change("ledger.entry", "leg = leg + 1")],
    ["ledger.entry", "moved by one position", change("ledger.entry", "position = position + 1")],
    ["ledger.entry", "moved by a block", change("ledger.entry", "position = position + (1::bigint << 32)")],
    ["ledger.entry", "a row missing", remove("ledger.entry")],
    ["ledger.entry", "the first row missing", "DELETE FROM ledger.entry WHERE position = (SELECT min(position) FROM ledger.entry)"],
    ["ledger.entry", "a row twice", repeat("ledger.entry")],
    ["ledger.entry", "two balances swapped", swap("ledger.entry", "balance", "position")],
    ["ledger.entry", "two accounts swapped", swap("ledger.entry", "account", "position")],
    ["ledger.entry", "a row above the head", `INSERT INTO ledger.entry SELECT account, ${above_head}, log_index, leg, delta, balance, counter FROM ledger.entry LIMIT 1`],
    ["ledger.entry", "a row below everything", "INSERT INTO ledger.entry SELECT account, -7, log_index, leg, delta, balance, counter FROM ledger.entry LIMIT 1"],
    ["ledger.account", "another owner", change("ledger.account", flip("owner"))],
    ["ledger.account", "another asset", change("ledger.account", flip("asset"))],
    ["ledger.account", "another book", change("ledger.account", "book = 3 - book", "book < 3")],
    ["ledger.account", "a second party", change("ledger.account", "second = '\\x01'")],
    ["ledger.account", "another beginning", change("ledger.account", "created = created + 1")],
    ["ledger.account", "a row missing", remove("ledger.account")],
    ["ledger.account", "the last row missing", "DELETE FROM ledger.account WHERE id = (SELECT max(id) FROM ledger.account)"],
    ["ledger.account", "owners swapped", swap("ledger.account", "owner", "id")],
    ["ledger.account", "a row too many", "INSERT INTO ledger.account SELECT id + 100000, book, asset, '\\x1111111111111111111111111111111111111111', second, created FROM ledger.account LIMIT 1"],
    ["ledger.account", "a row numbered 0", "INSERT INTO ledger.account SELECT 0, book, asset, '\\x1111111111111111111111111111111111111111', second, created FROM ledger.account LIMIT 1"],
    ["ledger.control", "debits + 1", change("ledger.control", "debits = debits + 1")],
    ["ledger.control", "credits + 1", change("ledger.control", "credits = credits + 1")],
    ["ledger.control", "accounts + 1", change("ledger.control", "accounts = accounts + 1")],
    ["ledger.control", "another asset", change("ledger.control", flip("asset"))],
    ["ledger.control", "a row missing", remove("ledger.control")],
    ["ledger.control", "a row above the head", `INSERT INTO ledger.control SELECT book, asset, ${above_head}, debits, credits, accounts FROM ledger.control LIMIT 1`],
    ["ledger.delegate", "another delegate", change("ledger.delegate", flip("delegate"))],
    ["ledger.delegate", "another delegator", change("ledger.delegate", flip("delegator"))],
    ["ledger.delegate", "another token", change("ledger.delegate", flip("token"))],
    ["ledger.delegate", "another log", change("ledger.delegate", "log_index = log_index + 1")],
    ["ledger.delegate", "a row missing", remove("ledger.delegate")],
    ["ledger.delegate", "a row twice", repeat("ledger.delegate")],
    ["ledger.vault_asset", "another asset", "INSERT INTO ledger.vault_asset SELECT token, position, log_index, delegate FROM ledger.delegate LIMIT 1"],
    ["ledger.inconsistency", "a row too many", "INSERT INTO ledger.inconsistency SELECT token, position, log_index, 'nothing' FROM ledger.delegate LIMIT 1"],
    ["ledger.paused", "a row too many", "INSERT INTO ledger.paused SELECT token, position, log_index, true FROM ledger.delegate LIMIT 1"],
    ["ledger.root", "a root changed", change("ledger.root", flip("root"), "position > 0")],
    ["ledger.root", "the first root changed", `UPDATE ledger.root SET ${flip("root")} WHERE position = -1`],
    ["ledger.root", "a root missing", remove("ledger.root", "position > 0")],
    ["ledger.root", "the first root missing", "DELETE FROM ledger.root WHERE position = -1"],
    ["ledger.root", "roots swapped", swap("ledger.root", "root", "position")],
    ["ledger.root", "a root above the head", `INSERT INTO ledger.root SELECT ${above_head}, root FROM ledger.root LIMIT 1`],
    ["ledger.book", "another side", "UPDATE ledger.book SET normal = 'credit' WHERE id = 1"],
    ["ledger.timeline", "a table that would not unwind", "DELETE FROM ledger.timeline WHERE name = 'delegate'"],
    // events are not compared with anything: they are what all else is recomputed from, and the roots tell
    ["ledger.root", "a bit of an event's data", `UPDATE mirror.event SET ${flip("data")} WHERE ctid = ${middle("mirror.event", `length(data) > 0 AND ${canonical}`)}`],
    ["ledger.root", "a bit of a topic", change("mirror.event", flip("topics"), canonical)],
    ["ledger.root", "another transaction", change("mirror.event", flip("tx_hash"), canonical)],
    ["ledger.root", "another place in the block", change("mirror.event", "tx_index = tx_index + 1", canonical)],
    ["ledger.root", "another log index", change("mirror.event", "log_index = log_index + 1000", canonical)],
    ["ledger.root", "another emitter", change("mirror.event", flip("contract"), canonical)],
    ["ledger.root", "an event missing", remove("mirror.event", canonical)],
    ["mirror.event", "another type", change("mirror.event", "type = (SELECT max(id) FROM mirror.event_type)", canonical)],
    ["mirror.event", "no type", change("mirror.event", "type = NULL", `type IS NOT NULL AND ${canonical}`)],
    ["mirror.event", "undecodable", change("mirror.event", "undecodable = NOT undecodable", canonical)],
    ["mirror.event", "another subject", change("mirror.event", flip("subject"), canonical)],
    ["mirror.event", "another number", change("mirror.event", "number = number + 1", canonical)],
    ["mirror.event", "a later generation", change("mirror.event", "generation = 2", canonical), /mirror\.(event|feed)/],
    ["ledger.root", "another block hash", change("mirror.block", flip("hash"), `id IN (SELECT e.block FROM mirror.event e WHERE ${canonical})`)],
    ["mirror.chain", "another parent", `UPDATE mirror.block SET ${flip("parent_hash")} WHERE id = (SELECT block FROM mirror.chain WHERE number = 100)`],
    ["mirror.chain", "another number of a block", "UPDATE mirror.block SET number = number + 1 WHERE id = (SELECT block FROM mirror.chain WHERE number = 100)"],
    ["mirror.chain", "a block that left", "UPDATE mirror.chain SET block = (SELECT block FROM mirror.reorg_block WHERE number = 245 ORDER BY reorg DESC LIMIT 1) WHERE number = 245"],
    ["ledger.root", "a block with events missing", "DELETE FROM mirror.chain WHERE block = (SELECT block FROM mirror.event WHERE number = 200 AND block IN (SELECT block FROM mirror.chain) LIMIT 1)"],
    ["mirror.feed", "a gap", remove("mirror.feed")],
    ["mirror.feed", "the last row missing", "DELETE FROM mirror.feed WHERE seq = (SELECT max(seq) FROM mirror.feed)"],
    ["mirror.feed", "fewer events", change("mirror.feed", "events = events - 1", "events > 1")],
    ["mirror.feed", "of another block", change("mirror.feed", "block = block + 1")],
    ["mirror.feed", "retracted", change("mirror.feed", "added = NOT added")],
    ["mirror.cursor", "its root", `UPDATE mirror.cursor SET ${flip("root")}`],
    ["mirror.cursor", "its next account", "UPDATE mirror.cursor SET next_account = next_account + 1"],
    ["mirror.cursor", "its count of events", "UPDATE mirror.cursor SET events = events - 1"],
    ["mirror.cursor", "its head's hash", `UPDATE mirror.cursor SET ${flip("head_hash")}`],
    ["mirror.cursor", "its head's block", "UPDATE mirror.cursor SET head_block = head_block - 1"],
    ["mirror.cursor", "its finalized block", "UPDATE mirror.cursor SET finalized_number = head_number + 1"],
    ["mirror.cursor", "its next block", "UPDATE mirror.cursor SET next_block = next_block - 10"],
    ["mirror.feed", "its next number in the feed", "UPDATE mirror.cursor SET next_feed_seq = next_feed_seq + 1"],
    ["ledger.root", "its network", "UPDATE mirror.cursor SET network = replace(network, '\"name\":\"tok2\"', '\"name\":\"tokx\"')"],
];

async function verify(database) {
    const program = start("verify", "--json", "--database", cluster.conninfo(database));
    await program.ended;
    return program;
}

test("verify finds nothing in sound books, with a reorg behind them", async () => {
    const program = await verify(template);
    assert.equal(program.status, 0, program.out + program.log);
    assert.equal(JSON.parse(program.out).differences, 0);
});

test(`verify finds and names each of ${corruptions.length} corruptions`, async (t) => {
    const missed = [], queue = [...corruptions];
    const work = async () => {
        for (let next = queue.shift(); next; next = queue.shift()) {
            const [table, what, sql, pattern] = next;
            const database = cluster.create({ template });
            cluster.sql(database, `DO $$ DECLARE changed bigint; BEGIN ${sql};
                GET DIAGNOSTICS changed = ROW_COUNT; IF changed = 0 THEN RAISE 'nothing was changed'; END IF; END $$`);
            const program = await verify(database);
            const found = program.status === 1 && program.out !== "" ? JSON.parse(program.out) : { differences: 0, first_differences: [] };
            const named = found.first_differences.some((d) => (pattern ?? new RegExp(`^${table.replace(".", "\\.")}[,: ]`)).test(d));
            if (found.differences === 0 || !named)
                missed.push({ table, what, status: program.status, says: found.first_differences, log: program.log });
            cluster.drop(database);
        }
    };
    await Promise.all(Array.from({ length: AT_ONCE }, work));
    assert.deepEqual(missed, []);
    t.diagnostic(`${corruptions.length} corruptions found and named`);
});
