// tests/scenarios/messages_export.mjs - a lost database is rebuilt from the archive of L1 and the log's file, to the byte; what is wrong with a file is told.
import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { chmodSync, existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { accepted, council, get, sign, vote_on_all, voter } from "./lib/council.mjs";
import { Cluster } from "./lib/pg.mjs";
import { binary, run } from "./lib/program.mjs";

const TABLES = ["message", "checkpoint", "subtree", "key", "space", "proposal", "cancellation", "alias", "ballot", "power", "tally"];
const dir = mkdtempSync(join(tmpdir(), "altledger-export-"));
chmodSync(dir, 0o755);
const early = join(dir, "early.ndjson"), late = join(dir, "late.ndjson");
let cluster, files, original, mirrored, ids;

const messages = (what, file, database, ...options) =>
    spawnSync(binary, ["messages", what, file, "--database", cluster.conninfo(database), ...options], { encoding: "utf8" });
function succeeds({ status, stderr }) {
    assert.equal(status, 0, stderr);
    return stderr;
}
const rows_of = (database) => Object.fromEntries(TABLES.map((table) => [table,
    cluster.sql(database, `SELECT count(*) || ' ' || coalesce(md5(string_agg(t::text, '|' ORDER BY t::text)), '') FROM governance.${table} t`)]));
const lines_of = (file) => readFileSync(file, "utf8").trimEnd().split("\n");

/** What a client sees, of every resource that hangs on the log, but for how long it is until voting ends. */
async function answers(url) {
    const seen = {}, all = Object.values(ids), who = voter(3).address, space = "/v1/spaces/council.eth";
    const { data: [{ id: ballot }] } = await get(`${url}/v1/proposals/${ids.basic}/votes?limit=1`);
    for (const path of ["/v1/proposals", "/v1/log", "/v1/log/checkpoint", "/v1/log/entries?limit=1000", "/v1/log/proof/inclusion?position=3&size=9",
        "/v1/log/proof/consistency?from=3&to=9", `/v1/receipts/${ballot}`, `/v1/messages/${ballot}`, `/v1/accounts/${who}/ballots`, `/v1/delegates/${who}`,
        "/v1/spaces", space, `${space}/dao`, `${space}/dao/members`, `${space}/dao/proposals`, `${space}/dao/activity-log`, `${space}/dao/contracts`, `${space}/dao/governance`,
        ...all.flatMap((id) => [`/v1/receipts/${id}`, `/v1/messages/${id}`, ...["", "/votes?limit=1000", "/votes.csv", "/versions", "/tally", "/tally/history", "/quorum",
            "/census", "/census/root", `/eligibility/${who}`, "/bundle"].map((of) => `/v1/proposals/${id}${of}`)]), `/v1/proposals/${ids.basic}/census/${who}`]) {
        const reply = await fetch(url + path);
        seen[path] = (await reply.text()).replace(/"seconds_left":\d+/, "");
        assert.equal(reply.status, 200, `${path}: ${seen[path]}`);
    }
    return seen;
}

before(async () => {
    cluster = await new Cluster().start();
    files = council(dir);
    original = cluster.create();
    const { program, url } = await files.start(cluster.conninfo(original));
    ids = await vote_on_all(url);
    succeeds(messages("export", early, original));
    for (let k = 40; k < 50; k++) await accepted(url, await sign.vote(voter(k), ids.basic, 1 + k % 3));
    for (let k = 0; k < 20; k++) await accepted(url, await sign.vote(voter(k), ids["single-choice"], 1, { type: "single-choice", reason: "changed my mind" }));
    succeeds(messages("export", late, original));
    await program.kill("SIGTERM").ends();
    mirrored = cluster.create();
    await run(["mirror", "--once", "--network", files.network, "--source", files.archive, "--database", cluster.conninfo(mirrored)]);
});
after(async () => {
    await cluster.stop();
    cluster.remove();
    rmSync(dir, { recursive: true, force: true });
});

test("every row is there again, and every answer is the same", async () => {
    const database = cluster.create({ template: mirrored });
    const log = succeeds(messages("import", late, database));
    assert.match(log, /entries=\d+ known=0/);
    assert.deepEqual(rows_of(database), rows_of(original));
    const other = join(dir, "again.ndjson");
    succeeds(messages("export", other, database));
    assert.equal(readFileSync(other, "utf8"), readFileSync(late, "utf8"));
    await run(["verify", "--database", cluster.conninfo(database)]);
    const seen = {};
    for (const name of [original, database]) {
        const { program, url } = await files.start(cluster.conninfo(name));
        seen[name] = await answers(url);
        await program.kill("SIGTERM").ends();
    }
    assert.deepEqual(seen[database], seen[original]);
    assert.ok(Object.values(seen[original]).length > 100);
    assert.deepEqual(rows_of(database), rows_of(original), "the service has found nothing to do");
});

test("an import goes on where another one ended, and finds nothing to do when it is whole", () => {
    const database = cluster.create({ template: mirrored }), n = lines_of(early).filter((line) => line.startsWith('{"entry"')).length;
    succeeds(messages("import", early, database, "--threads", "1"));
    assert.match(succeeds(messages("import", late, database)), new RegExp(`entries=30 known=${n}`));
    assert.deepEqual(rows_of(database), rows_of(original));
    assert.match(succeeds(messages("import", late, database)), new RegExp(`entries=0 known=${n + 30}`));
    assert.deepEqual(rows_of(database), rows_of(original));
    const less = messages("import", early, database);
    assert.equal(less.status, 1);
    assert.match(less.stderr, /the database's log has \d+ entries, the file's \d+/);
    cluster.drop(database);
});

test("standard input and output do as well", () => {
    const database = cluster.create({ template: mirrored });
    const out = spawnSync(binary, ["messages", "export", "--database", cluster.conninfo(original)], { encoding: "utf8", maxBuffer: 1 << 28 });
    assert.equal(out.stdout, readFileSync(late, "utf8"));
    const back = spawnSync(binary, ["messages", "import", "-", "--database", cluster.conninfo(database)], { encoding: "utf8", input: out.stdout });
    assert.equal(back.status, 0, back.stderr);
    assert.deepEqual(rows_of(database), rows_of(original));
    cluster.drop(database);
});

test("another log is refused, and its first difference named", async () => {
    const other = cluster.create(), { program, url } = await files.start(cluster.conninfo(other));
    await accepted(url, await sign.proposal(voter(3), { snapshot: 2 }));
    await program.kill("SIGTERM").ends();
    const before_it = rows_of(other), { status, stderr } = messages("import", late, other);
    assert.equal(status, 1);
    assert.match(stderr, /the database holds another log: line 2 of the file is not its entry of that position/);
    assert.deepEqual(rows_of(other), before_it);
});

test("a file that was changed is refused, the line is named, and nothing of it is written", () => {
    const lines = lines_of(late), parsed = lines.map((line) => JSON.parse(line));
    const is_vote = (line) => line.entry?.includes('"Vote"'), vote = parsed.findIndex(is_vote), cp = parsed.findIndex((line, i) => i > vote && line.checkpoint);
    const edit = (i, change) => lines.map((line, k) => (k === i ? JSON.stringify(change(structuredClone(parsed[i]))) : line));
    const text = (from, to) => (line) => { assert.notEqual(line.entry.replace(from, to), line.entry); return { ...line, entry: line.entry.replace(from, to) }; };
    const flip = (hex) => hex.slice(0, -1) + (hex.endsWith("0") ? "1" : "0");
    const without = (i) => lines.filter((_, k) => k !== i), line = (i) => `line ${i + 1}: `;
    const cases = [
        ["an entry less", without(vote), `${line(vote)}it is not the checkpoint`],
        ["an entry and its checkpoint less", lines.filter((_, k) => k !== vote && k !== cp), `${line(vote)}it is not the next position`],
        ["a checkpoint less", without(cp), `${line(cp)}its receipt names another checkpoint`],
        ["another choice", edit(vote, text(/"choice":(\d+)/, (_, n) => `"choice":${3 - (n % 3)}`)), `${line(vote)}its address has not signed it`],
        ["another time", edit(vote, text(/"received":"(.*?)Z"/, '"received":"2099-01-01T00:00:00Z"')), line(vote)],
        ["no entry", edit(vote, text("{", "")), `${line(vote)}not an entry of the log`],
        ["another receipt", edit(vote, (l) => { l.receipt.signature = parsed[vote - 2].receipt.signature; return l; }), `${line(vote)}its receipt is`],
        ["another size", edit(vote, (l) => { l.receipt.size++; return l; }), line(vote)],
        ["another root", edit(vote, (l) => { l.receipt.root = flip(l.receipt.root); return l; }), line(vote)],
        ["another root of a checkpoint", edit(cp, (l) => { l.checkpoint.root = flip(l.checkpoint.root); return l; }), `${line(cp)}it is not the checkpoint`],
        ["another note", edit(cp, (l) => { l.checkpoint.note = l.checkpoint.note.replace("altledger", "somebody"); return l; }), `${line(cp)}the checkpoint is not signed`],
        ["another time of a checkpoint", edit(cp, (l) => { l.checkpoint.received = "2020-01-01T00:00:00Z"; return l; }), `${line(cp)}it is not the checkpoint`],
        ["another chain", edit(0, (l) => { l.log.chain_id++; return l; }), "the log is of chain 2, the database of chain 1"],
        ["another format", edit(0, (l) => { l.log.format++; return l; }), "line 1"],
        ["a bundle", ['{"bundle":{}}'], "line 1"],
        ["nothing", [], "the file is empty"],
        ["the end missing", lines.slice(0, -1), "the file ends before the checkpoint"],
        ["the end missing at a checkpoint", lines.slice(0, cp + 1), "the file ends at \\d+ entries of \\d+"],
        ["a line of another file", [...lines.slice(0, cp), '{"census_root":null}', ...lines.slice(cp)], `${line(cp)}it is no line of a log`],
        ["no JSON", [...lines.slice(0, cp), "{", ...lines.slice(cp)], `${line(cp)}JSON`],
    ];
    const database = cluster.create({ template: mirrored }), file = join(dir, "changed.ndjson");
    for (const [what, changed, says] of cases) {
        writeFileSync(file, changed.map((l) => `${l}\n`).join(""));
        const { status, stderr } = messages("import", file, database);
        assert.equal(status, 1, what);
        assert.match(stderr, new RegExp(says), what);
    }
    assert.equal(cluster.sql(database, "SELECT count(*) FROM governance.message"), "0");
    succeeds(messages("import", late, database));
    cluster.drop(database);
});

test("books that do not know the snapshot blocks are no ground to import on", async () => {
    const empty = cluster.create(), few = cluster.create(), short = join(dir, "short.ndjson");
    await run(["migrate", "--database", cluster.conninfo(empty)]);
    assert.match(messages("import", late, empty).stderr, /nothing is mirrored|of chain/);
    writeFileSync(short, `${readFileSync(files.archive, "utf8").split("\n").slice(0, 2).join("\n")}\n`);
    await run(["mirror", "--once", "--network", files.network, "--source", short, "--database", cluster.conninfo(few)]);
    const { status, stderr } = messages("import", late, few);
    assert.equal(status, 1);
    assert.match(stderr, /the snapshot block is not mirrored/);
    assert.equal(messages("export", join(dir, "none", "x"), original).status, 1);
    assert.equal(existsSync(`${late}.part`), false);
});
