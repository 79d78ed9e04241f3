// tests/scenarios/messages_verify.mjs - whatever somebody with all rights changes in the log and in what follows from it, verify finds and names.
import assert from "node:assert/strict";
import { chmodSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { council, vote_on_all } from "./lib/council.mjs";
import { Cluster } from "./lib/pg.mjs";
import { start } from "./lib/program.mjs";

const AT_ONCE = 2, TABLES = ["message", "checkpoint", "subtree", "key", "space", "proposal", "cancellation", "alias", "ballot", "power", "tally"];
const dir = mkdtempSync(join(tmpdir(), "altledger-messages-verify-"));
chmodSync(dir, 0o755);
let cluster, template, bundles;

before(async () => {
    cluster = await new Cluster().start();
    template = cluster.create();
    const { program, url } = await council(dir).start(cluster.conninfo(template));
    const ids = await vote_on_all(url, { ballots: 40 });
    bundles = Object.fromEntries(await Promise.all(["basic", "weighted"].map(async (name) =>
        [name, { id: ids[name], text: await (await fetch(`${url}/v1/proposals/${ids[name]}/bundle`)).text() }])));
    await program.kill("SIGTERM").ends();
    // What a superuser can do: the guards are off, and rows may come twice.
    cluster.sql(template, `DO $$ DECLARE r record; BEGIN
        FOR r IN SELECT c.oid::regclass AS t FROM pg_class c WHERE c.relkind = 'r' AND c.relnamespace = 'governance'::regnamespace
            LOOP EXECUTE format('ALTER TABLE %s DISABLE TRIGGER USER', r.t); END LOOP;
        FOR r IN SELECT k.conrelid::regclass AS t, k.conname FROM pg_constraint k WHERE k.contype IN ('f', 'p', 'u', 'c')
              AND k.connamespace = 'governance'::regnamespace ORDER BY k.contype
            LOOP EXECUTE format('ALTER TABLE %s DROP CONSTRAINT %I', r.t, r.conname); END LOOP;
        FOR r IN SELECT x.indexrelid::regclass AS i FROM pg_index x JOIN pg_class c ON c.oid = x.indexrelid
              WHERE x.indisunique AND c.relnamespace = 'governance'::regnamespace
            LOOP EXECUTE format('DROP INDEX %s', r.i); END LOOP; END $$`);
});
after(async () => {
    await cluster.stop();
    cluster.remove();
    rmSync(dir, { recursive: true, force: true });
});

const middle = (table, where = "true") => `(SELECT ctid FROM (SELECT ctid, row_number() OVER () AS i, count(*) OVER () AS n FROM governance.${table} WHERE ${where}) q WHERE i = (n + 1) / 2)`;
const change = (table, set, where) => [table, set, `UPDATE governance.${table} SET ${set} WHERE ctid = ${middle(table, where)}`];
const remove = (table, where) => [table, `a row less ${where ?? ""}`, `DELETE FROM governance.${table} WHERE ctid = ${middle(table, where)}`];
const flip = (column, at = `length(${column}) - 1`) => `${column} = set_byte(${column}, ${at}, get_byte(${column}, ${at}) # 1)`;
const VOTE = "kind = 5", LAST = "position = (SELECT max(position) FROM governance.message)";
const swap = (table, column, where) => [table, `two rows' ${column} swapped`, `WITH two AS (SELECT ctid, ${column} AS v, row_number() OVER (ORDER BY position) AS i FROM governance.${table} WHERE ${where})
    UPDATE governance.${table} t SET ${column} = b.v FROM two a JOIN two b ON b.i = 11 - a.i WHERE a.i IN (5, 6) AND t.ctid = a.ctid`];

const corruptions = [
    // the table that must be named, what is done, how, or another that is named
    [...remove("message", VOTE), /governance\.(message|checkpoint)/],
    [...remove("message", LAST), /governance\.(message|checkpoint)/],
    remove("message", "position = 0"),
    [...swap("message", "entry", VOTE), /governance\.message/],
    [...swap("message", "position", VOTE), /governance\.(message|checkpoint)/],
    [...change("message", "entry = convert_to(replace(convert_from(entry, 'UTF8'), '\"choice\":1', '\"choice\":2'), 'UTF8')", `${VOTE} AND convert_from(entry, 'UTF8') LIKE '%"choice":1%'`), /governance\.message: position \d+: its address has not signed it/],
    ...["digest", "author", "proposal", "leaf", "receipt", "entry"].map((column) => change("message", flip(column), VOTE)),
    ...["kind = 4", "space = 'other'", "stamp = stamp + '1 s'", "received = received + '1 s'", "size = size + 1", "position = position + 1000000"].map((set) => change("message", set, VOTE)),
    ["message", "an entry twice", "INSERT INTO governance.message SELECT * FROM governance.message WHERE position = 20"],
    ["message", "an entry more", "INSERT INTO governance.message SELECT m.* FROM (SELECT max(position) + 1 AS next FROM governance.message) n CROSS JOIN LATERAL (SELECT n.next, kind, digest, author, space, proposal, stamp, received, leaf, n.next + 1, receipt, entry FROM governance.message WHERE position = 20) m"],
    ...["root", "frontier"].map((column) => change("checkpoint", flip(column))),
    ...["received = received + '1 s'", "note = replace(note, 'altledger', 'somebody')", "size = size + 1"].map((set) => [...change("checkpoint", set), /governance\.(message|checkpoint)/]),
    [...remove("checkpoint"), /governance\.(message|checkpoint)/],
    ["checkpoint", "the last one missing", "DELETE FROM governance.checkpoint WHERE size = (SELECT max(size) FROM governance.checkpoint)", /governance\.(message|checkpoint)/],
    change("subtree", flip("hash")), remove("subtree"), change("subtree", "index = index + 7"),
    ["subtree", "a row more", "INSERT INTO governance.subtree SELECT level, index + 9, hash FROM governance.subtree LIMIT 1"],
    change("key", flip("log_key")), change("key", flip("receipts")), change("key", "origin = 'x'"), remove("key"),
    change("space", "parameters = replace(parameters, '5000', '6000')"), change("space", "effective = effective - interval '1 s'"), remove("space"), change("space", "id = 'x'"),
    ...["id", "digest", "author"].map((column) => change("proposal", flip(column))),
    ...["version = version + 1", "space = 'x'", "parameters = parameters + 1", "type = (type + 1) % 7", "title = 'x'", "body = 'x'", "discussion = 'x'", "choices = '[]'", "n_choices = n_choices + 1",
        "labels = '[1]'", "plugins = 'x'", "app = 'x'", "policy = policy # 1", "rules = rules + 1", "starts = starts - interval '1 s'", "ends = ends - interval '1 s'", "closes = closes + '1 s'",
        "snapshot = snapshot + 1", "received = received + '1 s'", "position = position + 1"].map((set) => change("proposal", set)),
    remove("proposal", "version = 1"), remove("proposal", "version = 2"),
    change("cancellation", flip("author")), change("cancellation", flip("proposal")), remove("cancellation"),
    change("alias", flip("alias")), change("alias", flip("owner")), remove("alias"), change("alias", "received = received + '1 s'"),
    remove("ballot"), remove("ballot", "NOT counts"), remove("ballot", "previous IS NOT NULL"),
    ...["proposal", "voter"].map((column) => change("ballot", flip(column))),
    ...["choice = '2'", "reason = 'x'", "app = 'x'", "metadata = 'x'", "stamp = stamp + '1 s'", "received = received + '1 s'", "previous = NULL", "previous = previous - 1", "counts = false", "position = position + 100000"]
        .map((set) => change("ballot", set, "previous IS NOT NULL AND choice <> '2' AND counts")),
    change("ballot", "counts = true", "NOT counts"),
    swap("ballot", "choice", "proposal = (SELECT id FROM governance.proposal WHERE type = 5 LIMIT 1)"),
    swap("ballot", "voter", "true"),
    ["ballot", "a ballot twice", `INSERT INTO governance.ballot SELECT * FROM governance.ballot WHERE ctid = ${middle("ballot")}`],
    change("power", "power = power + 1"), [...remove("power"), /governance\.(power|tally)/], [...change("power", flip("voter")), /governance\.(power|tally)/],
    ...["ballots = ballots + 1", "voters = voters - 1", "power = power + 1", "scores = replace(scores, '1', '2')", flip("sums")].map((set) => change("tally", set, "sums IS NOT NULL AND scores LIKE '%1%'")),
    ["tally", "the last scores", "UPDATE governance.tally SET scores = replace(scores, '0', '1') WHERE size = (SELECT max(size) FROM governance.tally)"],
];

async function verify(database) {
    const program = start("verify", "--json", "--database", cluster.conninfo(database));
    await program.ended;
    return program;
}

test("verify finds nothing in a sound log", async () => {
    const program = await verify(template), report = JSON.parse(program.out);
    assert.equal(program.status, 0, program.out + program.log);
    assert.equal(report.differences, 0);
    assert.equal(report.uncounted, 0);
    for (const [what, table] of [["entries", "message"], ["checkpoints", "checkpoint"], ["powers", "power"], ["tallies", "tally"]])
        assert.equal(report[what], Number(cluster.sql(template, `SELECT count(*) FROM governance.${table}`)), what);
    for (const table of TABLES) assert.notEqual(cluster.sql(template, `SELECT count(*) FROM governance.${table}`), "0", `${table} has rows`);
});

test(`verify finds and names each of ${corruptions.length} corruptions`, async (t) => {
    const missed = [], queue = [...corruptions];
    const work = async () => {
        for (let next = queue.shift(); next; next = queue.shift()) {
            const [table, what, sql, pattern] = next, database = cluster.create({ template });
            cluster.sql(database, `DO $$ DECLARE changed bigint; BEGIN ${sql};
                GET DIAGNOSTICS changed = ROW_COUNT; IF changed = 0 THEN RAISE '${table}: nothing was changed'; END IF; END $$`);
            const program = await verify(database);
            const found = program.status === 1 && program.out !== "" ? JSON.parse(program.out) : { first_differences: [] };
            if (!found.first_differences.some((d) => (pattern ?? new RegExp(`^governance\\.${table}: `)).test(d)))
                missed.push({ table, what, status: program.status, says: found.first_differences.slice(0, 3), log: program.log });
            cluster.drop(database);
        }
    };
    await Promise.all(Array.from({ length: AT_ONCE }, work));
    assert.deepEqual(missed, []);
    t.diagnostic(`${corruptions.length} corruptions found and named`);
});

test("a bundle made from a database in which a ballot was dropped or altered does not add up", async () => {
    const { id } = bundles.weighted, of = `proposal = '\\x${id.slice(2)}'`;
    const voters = (how) => `voter IN (SELECT voter FROM governance.ballot WHERE ${of} GROUP BY voter HAVING count(*) ${how})`;
    const drop = (where) => `DELETE FROM governance.ballot WHERE ctid = ${middle("ballot", `${of} AND previous IS NULL AND ${where}`)}`;
    for (const [what, sql, broken] of [
        ["dropped", drop(voters("> 1"))],
        ["a voter's only one dropped", drop(voters("= 1")), /file broken off.*the power of some voters is not stored/],
        ["altered", `UPDATE governance.message SET entry = convert_to(replace(convert_from(entry, 'UTF8'), '\\"1\\":', '\\"1\\":1'), 'UTF8') WHERE ctid = ${middle("message", `${of} AND ${VOTE}`)}`],
    ]) {
        const database = cluster.create({ template }), files = council(mkdtempSync(join(dir, "t-")));
        cluster.sql(database, sql);
        const { program, url } = await files.start(cluster.conninfo(database));
        const reply = await fetch(`${url}/v1/proposals/${id}/bundle`).catch((e) => e);
        const text = reply instanceof Error ? reply : await reply.text().catch((e) => e);
        await program.kill("SIGTERM").ends();
        cluster.drop(database);
        if (broken) {
            assert.ok(text instanceof Error, what);
            assert.match(program.log, broken, what);
            continue;
        }
        assert.ok(!(text instanceof Error), `${what}: ${program.log}`);
        assert.equal(reply.status, 200, text);
        const file = join(dir, "bundle.ndjson");
        writeFileSync(file, text);
        const tally = start("tally", file);
        await tally.ends(1);
        assert.notEqual(tally.log, "", what);
    }
});
