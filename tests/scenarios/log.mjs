// tests/scenarios/log.mjs - the message log over HTTP: checkpoint, tiles, proofs, entries, messages and receipts against another implementation of them.
//
// The independent verifier (tests/verify) reads the whole log; then ballots are altered, dropped and swapped in the database, and it says so.
import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { chmodSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { Log, allRoots, consistencyRoots, inclusionRoot, leafHash, openCheckpoint, parseVerifierKey, tilePath } from "../verify/log.mjs";
import { verifyService } from "../verify/verify.mjs";
import { accepted, many_ballots, now, NOTHING, open_door, post, sign, SPACE, voter, voters_chain } from "./lib/ballots.mjs";
import { random } from "./lib/chain.mjs";
import { Contract } from "./lib/openapi.mjs";
import { Cluster } from "./lib/pg.mjs";
import { root, run, start as start_program } from "./lib/program.mjs";

const BALLOTS = 300, ORIGIN = "log.test/altledger";
const dir = mkdtempSync(join(tmpdir(), "altledger-log-"));
const SEED = Number(process.env.SEED ?? 5), dice = random(SEED);
const bytes = (hex) => Buffer.from(hex.slice(2), "hex"), hex = (b) => `0x${b.toString("hex")}`;
let cluster, database, chain, program, url, contract, proposal, log, entries, leaves, roots, size;

async function start(keys) {
    ({ program, url } = await open_door(chain.network, chain.archive, "--database", cluster.conninfo(database),
        "--data", join(dir, "data"), "--keys", join(dir, keys), "--origin", ORIGIN));
    contract ??= await Contract.of(url);
    contract.url = url;
    log = new Log(`${url}/v1/log`);
}
/** The reply, held to OpenAPI. */
const ask = (path) => contract.get(path);

/** What a voter may choose of five, at random. */
const CHOICES = {
    basic: () => 1 + dice.next(3),
    "single-choice": () => 1 + dice.next(5),
    approval: () => [1, 2, 3, 4, 5].filter(() => dice.next(2)),
    weighted: () => Object.fromEntries([1, 2, 3, 4, 5].map((c) => [c, c === 5 ? 1 : dice.next(9)])),
    quadratic: () => Object.fromEntries([1, 2, 3, 4, 5].map((c) => [c, c === 1 ? 1 : dice.next(9)])),
    "ranked-choice": () => shuffled(),
    copeland: () => shuffled(),
};
const shuffled = () => [1, 2, 3, 4, 5].map((c) => [dice.next(1000), c]).sort(([a], [b]) => a - b).map(([, c]) => c);

/** A proposal of a type that is changed before it starts, eleven ballots, one of them changed, one by an alias; of one type it is cancelled. */
async function vote_on(type, choose) {
    const of_type = { type, choices: ["a", "b", "c", "d", "e"].slice(0, type === "basic" ? 3 : 5) }, timestamp = now(), start = timestamp + 60;
    const { id } = await accepted(url, await sign.proposal(voter(3), { ...of_type, title: "As drafted", timestamp, start }));
    const as = type === "copeland" ? "ranked-choice" : type; // which the published client knows not
    await accepted(url, await sign.update(voter(3), { ...of_type, proposal: id, title: "As changed", timestamp }));
    for (let k = 10; k < 22; k++) await accepted(url, await sign.vote(voter(k % 11 + 10), id, choose(), { type: as, timestamp: start + (k > 20) }));
    await accepted(url, { ...await sign.vote(voter(2), id, choose(), { type: as, from: voter(1).address, timestamp: start }), address: voter(2).address });
    if (type === "approval") await accepted(url, await sign.cancel(voter(3), id));
}

before(async () => {
    chmodSync(dir, 0o755);
    console.log(`SEED=${SEED}`);
    chain = voters_chain(dir, BALLOTS);
    cluster = await new Cluster().start();
    database = cluster.create();
    await start("keys");
    proposal = (await accepted(url, await sign.proposal(voter(0)))).id;
    await accepted(url, await sign.alias(voter(1), voter(2).address));
    for (const [type, choice] of Object.entries(CHOICES)) await vote_on(type, choice);
    const ballots = many_ballots(0, BALLOTS, proposal);
    for (let i = 0; i < ballots.length; i += 40)
        for (const reply of await Promise.all(ballots.slice(i, i + 40).map((ballot) => post(url, ballot)))) assert.equal(reply.status, 200, reply.text);
    await accepted(url, await sign.vote(voter(5), proposal, 2, { timestamp: now() + 5 }));
    size = (await ask("/v1/log")).size;
    entries = await log.entries(size);
    leaves = entries.map(leafHash);
    roots = allRoots(leaves);
});
after(async () => {
    await program?.kill("SIGTERM").ends();
    await cluster?.stop();
    cluster?.remove();
    rmSync(dir, { recursive: true, force: true });
});

const status = async (path, code) => {
    const reply = await fetch(`${url}${path}`), text = await reply.text();
    assert.equal(reply.status, code, `${path}: ${text}`);
    return text;
};

test("the log says its size, root and keys, and signs them", async () => {
    const info = await ask("/v1/log"), [first] = info.keys, key = JSON.parse(entries[0]).key;
    assert.equal(info.log_size, size);
    assert.ok(size > 300);
    assert.equal(info.origin, ORIGIN);
    assert.deepEqual(first, { position: 0, origin: ORIGIN, log_key: info.log_key, receipts_address: info.receipts_address });
    const verifier = parseVerifierKey(info.log_key);
    assert.deepEqual([key.log, key.origin, key.receipts], [hex(verifier.key), ORIGIN, info.receipts_address]);
    assert.equal(await log.checkpoint(), info.checkpoint);
    const note = openCheckpoint(info.checkpoint, [verifier]);
    assert.deepEqual([note.size, hex(note.root)], [size, info.root]);
    assert.equal(info.root, hex(roots[size]));
    assert.equal((await fetch(`${url}/v1/log/checkpoint`)).headers.get("content-type"), "text/plain; charset=utf-8");
    for (const wrong of [info.checkpoint.replace(`\n${size}\n`, `\n${size + 1}\n`), info.checkpoint.replace(ORIGIN, "other")])
        assert.throws(() => openCheckpoint(wrong, [verifier]));
});

test("tiles hold the hashes of complete subtrees, full and partial", async () => {
    assert.equal(await log.checkTiles(leaves), Math.ceil(size / 256) + 1);
    for (const width of [1, 2, 100, 255]) {
        assert.deepEqual(await log.fetch(tilePath(0, 0, width)), Buffer.concat(leaves.slice(0, width)));
        const bundle = await log.fetch(tilePath("entries", 0, width));
        assert.equal(bundle.length, entries.slice(0, width).reduce((n, e) => n + 2 + e.length, 0));
    }
    const full = await fetch(`${log.prefix}/${tilePath(0, 0)}`), partial = await fetch(`${log.prefix}/${tilePath(0, 1, 1)}`);
    assert.equal(full.headers.get("content-type"), "application/octet-stream");
    assert.match(full.headers.get("cache-control"), /^public, max-age=\d{5,}$/);
    assert.equal(partial.headers.get("cache-control"), "no-cache");
    assert.ok(full.headers.get("etag"));
    const head = await fetch(`${log.prefix}/${tilePath(0, 0)}`, { method: "HEAD", headers: { "accept-encoding": "identity" } });
    const plain = await fetch(`${log.prefix}/${tilePath(0, 0)}`, { headers: { "accept-encoding": "gzip" } });
    assert.equal(plain.headers.get("content-encoding"), null, "hashes do not shrink");
    assert.deepEqual([head.status, head.headers.get("content-length")], [200, "8192"]);
});

test("tiles beyond the log are not found, paths that are none are refused", async () => {
    const last = Math.floor(size / 256);
    for (const path of [`0/${String(last).padStart(3, "0")}`, `0/00${last}.p/${size % 256 + 1}`, "0/003.p/1", "0/999", "1/000", "1/000.p/3", "2/000.p/1", "7/000", "0/x001/000",
        "0/x001/x234/067.p/1", "0/x036/x028/x797/x018/963", `entries/00${last}`, "entries/x999/999.p/7"])
        await status(`/v1/log/tile/${path}`, 404);
    for (const path of ["0/0", "0/00", "0/0000", "00/000", "8/000", "64/000", "-1/000", "0/000.p", "0/000.p/0", "0/000.p/256", "0/000.p/01", "0/000.p/1/2", "0/000/1", "0/x000/000",
        "0/x001", "0/001/002", "0/X001/000", "entries/1", "entries", "data/000", "0/+01", "0/x999/x999/x999/x999/x999/x999/x999/999", "0/000.q/1", "0/%30%30", "0/000%20"])
        assert.match(await status(`/v1/log/tile/${path}`, 400), /"param":"tile"/, path);
    for (const path of ["", "/", "/0/000/", "//000"]) await status(`/v1/log/tile${path}`, 404);
    await fetch(`${url}/v1/log/tile/0/000`, { method: "POST" }).then((reply) => assert.equal(reply.status, 405));
});

test("an inclusion proof leads from any entry to the root of any size", async () => {
    for (const [position, of] of [[0, 1], [0, size], [size - 1, size], [255, 256], [256, 257], [7, 300], [299, 300], [100, size], [300, undefined]]) {
        const p = await ask(`/v1/log/proof/inclusion?position=${position}${of === undefined ? "" : `&size=${of}`}`), n = of ?? size;
        assert.deepEqual([p.log_size, p.position, p.size, p.leaf, p.root], [size, position, n, hex(leaves[position]), hex(roots[n])]);
        assert.equal(hex(inclusionRoot(leaves[position], position, n, p.proof.map(bytes))), p.root);
    }
    const path = "/v1/log/proof/inclusion";
    for (const [query, code] of [[`position=${size}`, 404], [`position=0&size=${size + 1}`, 404], ["position=5&size=5", 400], ["position=0&size=0", 400], ["size=5", 400],
        ["position=-1", 400], ["position=1e1", 400], ["position=9223372036854775807", 404]])
        await status(`${path}?${query}`, code);
});

test("a consistency proof leads from the root of any size to that of any later one", async () => {
    for (const [from, to] of [[1, 1], [1, size], [2, 3], [255, 256], [256, 257], [256, 300], [255, 301], [size - 1, size], [size, size], [280, undefined]]) {
        const p = await ask(`/v1/log/proof/consistency?from=${from}${to === undefined ? "" : `&to=${to}`}`), n = to ?? size;
        assert.deepEqual([p.log_size, p.from, p.to, p.from_root, p.root], [size, from, n, hex(roots[from]), hex(roots[n])]);
        assert.deepEqual(consistencyRoots(from, n, p.proof.map(bytes), roots[from]).map(hex), [p.from_root, p.root]);
    }
    for (const [query, code] of [["from=0", 400], ["from=3&to=2", 400], [`from=${size + 1}`, 400], [`from=1&to=${size + 1}`, 404], ["to=5", 400]])
        await status(`/v1/log/proof/consistency?${query}`, code);
});

async function walk(path) {
    const all = [];
    for (let after = ""; after !== null;) {
        const page = await ask(`${path}${after && `&after=${after}`}`);
        assert.equal(page.log_size, size);
        all.push(...page.data);
        after = page.next_cursor;
    }
    return all;
}

test("entries are listed in the log's order, by kind, author, space and proposal", async () => {
    const all = await walk("/v1/log/entries?limit=100");
    assert.deepEqual(all.map((e) => [e.position, e.leaf, e.entry]), entries.map((e, i) => [i, hex(leaves[i]), e.toString()]));
    assert.deepEqual(await walk("/v1/log/entries?limit=97&order=desc"), [...all].reverse());
    assert.deepEqual(all.slice(0, 2).map((e) => [e.kind, e.author, e.space, e.proposal]), [["key", null, null, null], ["space", null, SPACE, null]]);
    const kinds = ["key", "space", "proposal", "update-proposal", "cancel-proposal", "vote", "alias"];
    for (const [filter, belongs] of [...kinds.map((kind) => [`kind=${kind}`, (e) => e.kind === kind]),
        ...kinds.map((kind) => [`kind=${kind}&space=${SPACE}`, (e) => e.kind === kind && e.space === SPACE]),
        [`author=${voter(11).address}&proposal=${proposal}`, (e) => e.author === voter(11).address && e.proposal === proposal],
        [`author=${voter(3).address}&kind=update-proposal&space=${SPACE}`, (e) => e.author === voter(3).address && e.kind === "update-proposal"],
        [`proposal=${proposal}&kind=vote`, (e) => e.kind === "vote" && e.proposal === proposal], [`proposal=${proposal}&space=nowhere`, () => false],
        [`author=${voter(3).address}`, (e) => e.author === voter(3).address],
        [`space=${SPACE}`, (e) => e.space === SPACE], [`proposal=${proposal}`, (e) => e.proposal === proposal],
        [`proposal=${proposal}&kind=proposal`, (e) => e.id === proposal], [`proposal=${NOTHING}`, () => false], ["space=nowhere", () => false]]) {
        assert.deepEqual(await walk(`/v1/log/entries?limit=200&${filter}`), all.filter(belongs), filter);
        assert.deepEqual(await walk(`/v1/log/entries?limit=200&order=desc&${filter}`), all.filter(belongs).reverse(), filter);
    }
    for (const kind of kinds) assert.ok(all.some((e) => e.kind === kind), kind);
    const lines = (await status("/v1/log/entries.ndjson", 200)).trim().split("\n").map((line) => JSON.parse(line));
    assert.deepEqual(lines, all);
    assert.equal((await status("/v1/log/entries.csv?kind=key", 200)).split("\r\n")[0], "position,kind,id,author,space,proposal,received,leaf,entry");
    for (const query of ["kind=ballot", "author=0x12", "proposal=1", "position=3"]) await status(`/v1/log/entries?${query}`, 400);
});

test("a message is told as it was signed, with where its receipt is", async () => {
    const { envelope, received } = JSON.parse(entries.find((e) => JSON.parse(e).envelope?.data.types.Proposal));
    const message = await ask(`/v1/messages/${proposal}`);
    assert.deepEqual(message.envelope, envelope);
    assert.deepEqual([message.id, message.kind, message.author, message.space, message.proposal, message.received, message.evidence, message.recorded, message.log_size],
        [proposal, "proposal", voter(0).address, SPACE, proposal, received, null, null, size]);
    assert.equal(Date.parse(message.timestamp) / 1000, envelope.data.message.timestamp);
    assert.equal(message.leaf, hex(leaves[message.position]));
    assert.equal(message.receipt_url, `/v1/receipts/${proposal}`);
    const [{ id }] = (await ask("/v1/log/entries?kind=key")).data, own = await ask(`/v1/messages/${id}`);
    assert.deepEqual([own.envelope, own.author, own.recorded.origin], [null, null, ORIGIN]);
    for (const what of ["messages", "receipts"]) {
        await status(`/v1/${what}/${NOTHING}`, 404);
        await status(`/v1/${what}/12`, 400);
    }
});

test("a receipt comes with a proof in the log of its own size, or of a later one", async () => {
    const receipt = await ask(`/v1/receipts/${proposal}`), keys = [parseVerifierKey((await ask("/v1/log")).log_key)];
    const { position } = receipt, own = openCheckpoint(receipt.checkpoint, keys);
    assert.deepEqual([own.size, hex(own.root)], [receipt.size, receipt.root]);
    assert.deepEqual([receipt.message, receipt.root, receipt.inclusion.root], [proposal, hex(roots[receipt.size]), receipt.root]);
    for (const n of [receipt.size, 300, size]) {
        const later = await ask(`/v1/receipts/${proposal}?size=${n}`);
        assert.deepEqual({ ...later, inclusion: 0, checkpoint: 0 }, { ...receipt, inclusion: 0, checkpoint: 0 });
        assert.equal(later.inclusion.size, n);
        assert.deepEqual(inclusionRoot(leaves[position], position, n, later.inclusion.proof.map(bytes)), roots[n]);
        if (later.checkpoint !== null) assert.equal(openCheckpoint(later.checkpoint, keys).size, n);
    }
    await status(`/v1/receipts/${proposal}?size=${position}`, 400);
    await status(`/v1/receipts/${proposal}?size=${size + 1}`, 404);
});

// ---- the verifier, as anybody runs it ----

const verify = (...args) => new Promise((done) => {
    execFile(process.execPath, [join(root, "tests/verify/verify.mjs"), ...args], { timeout: 120000 }, (error, stdout, stderr) =>
        done({ code: error ? error.code : 0, text: stdout + stderr }));
});
const seen = join(dir, "checkpoint");

test("the verifier finds nothing wrong, and remembers the checkpoint", async () => {
    const found = await verify(url, "--key", (await ask("/v1/log")).log_key, "--checkpoint", seen);
    assert.equal(found.code, 0, found.text);
    assert.equal(readFileSync(seen, "utf8"), await log.checkpoint());
    assert.match(found.text, new RegExp(`${size} entries of ${ORIGIN}`));
});

test("whatever is changed in the database, the verifier says so, and so does altledger verify", async () => {
    const at = leaves.length - 20, tables = ["message", "ballot", "tally", "power", "checkpoint"].map((t) => `governance.${t}`);
    const swap = (what) => `UPDATE governance.message m SET ${what.map((c) => `${c} = o.${c}`)} FROM governance.message o
        WHERE m.position IN (${at}, ${at + 1}) AND o.position = ${2 * at + 1} - m.position`;
    for (const [what, sql, pattern] of [
        ["an entry altered", `UPDATE governance.message SET entry = convert_to(replace(convert_from(entry, 'UTF8'), '"choice":1', '"choice":2'), 'UTF8') WHERE position > ${at}`, /root|tile/],
        ["an entry and its leaf altered", `UPDATE governance.message SET entry = e, leaf = sha256('\\x00'::bytea || e) FROM (SELECT position AS p,
            convert_to(replace(convert_from(entry, 'UTF8'), '"reason":""', '"reason":"x"'), 'UTF8') AS e FROM governance.message) x WHERE p = position AND position > ${at}`, /root/],
        ["an entry dropped", `DELETE FROM governance.message WHERE position = ${at}`, /entries|tile/],
        ["the last entry dropped", `DELETE FROM governance.message WHERE position = ${size - 1}; DELETE FROM governance.checkpoint WHERE size = ${size}`, /had|entries/],
        ["two entries swapped", swap(["entry", "leaf", "digest", "receipt", "received", "author"]), /root/],
        ["a receipt altered", `UPDATE governance.message SET receipt = set_byte(receipt, 40, get_byte(receipt, 40) # 1) WHERE position = ${at}`, /receipt \d+/],
        ["a ballot altered", `UPDATE governance.ballot SET choice = CASE choice WHEN '1' THEN '2' ELSE '1' END WHERE position = ${at}`, /proposal 0x/],
        ["a ballot dropped", `DELETE FROM governance.ballot WHERE position = ${at}`, /proposal 0x/],
        ["a tally altered", `UPDATE governance.tally SET scores = replace(scores, '["', '["1')`, /proposal 0x/],
        ["a power altered", `UPDATE governance.power SET power = power + 1 WHERE voter = (SELECT voter FROM governance.ballot WHERE position = ${at})`, /proposal 0x/],
    ]) {
        const guard = (how) => tables.map((t) => `ALTER TABLE ${t} ${how} TRIGGER append_only;`).join("\n");
        const copies = tables.map((t, i) => `CREATE TABLE public.kept_${i} AS SELECT * FROM ${t};`).join("\n");
        const back = tables.map((t, i) => `DELETE FROM ${t}; INSERT INTO ${t} SELECT * FROM public.kept_${i}; DROP TABLE public.kept_${i};`).join("\n");
        cluster.sql(database, `${copies}\n${guard("DISABLE")}\nSET CONSTRAINTS ALL DEFERRED;\n${what === "two entries swapped" ? "DROP INDEX governance.message_digest;" : ""}${sql}`);
        const found = await verifyService(url, { checkpointFile: seen }), text = found.wrong.join("\n");
        const own = await start_program("verify", "--database", cluster.conninfo(database)).ended;
        cluster.sql(database, `${back}\n${guard("ENABLE ALWAYS")}`);
        assert.match(text, pattern, what);
        assert.equal(own, 1, `${what}: altledger verify`);
    }
    assert.deepEqual((await verifyService(url, { checkpointFile: seen })).wrong, []);
});

test("processes with other keys may serve the log, which names each once", async () => {
    const before_ = await ask("/v1/log"), signers = [];
    for (const keys of ["other-keys", "keys"]) {
        await program.kill("SIGTERM").ends();
        await start(keys);
        const { relayer } = await accepted(url, await sign.vote(voter(6), proposal, 1, { timestamp: now() + 5 + signers.length }));
        const info = await ask("/v1/log");
        assert.deepEqual(info.keys.map((k) => k.position), [0, before_.size]);
        assert.equal(info.receipts_address, relayer.address);
        signers.push(info.log_key);
    }
    assert.deepEqual(signers.map((key) => key === before_.log_key), [false, true]);
    assert.deepEqual((await verifyService(url, { checkpointFile: seen })).wrong, []);
    await run(["verify", "--database", cluster.conninfo(database)]);
    const bundle = join(dir, "bundle.ndjson");
    writeFileSync(bundle, await status(`/v1/proposals/${proposal}/bundle`, 200));
    await run(["tally", bundle]);
    assert.equal((await verify("bundle", bundle)).code, 0);
    writeFileSync(bundle, readFileSync(bundle, "utf8").replace('\\"choice\\":1', '\\"choice\\":2'));
    assert.equal((await verify("bundle", bundle)).code, 1);
    await run(["tally", bundle], 1);
});

test("a checkpoint that the log does not extend is found", async () => {
    const { checkpoint, size: n } = await ask("/v1/log");
    writeFileSync(seen, checkpoint.replace(`\n${n}\n`, `\n${n - 1}\n`));
    const found = await verify(url, "--checkpoint", seen);
    assert.equal(found.code, 1, found.text);
    assert.match(found.text, /WRONG: older checkpoint/);
});

test("every resource about the log was held to OpenAPI", () => {
    const ours = Object.entries(contract.document.paths).filter(([path, { get }]) => /^\/v1\/(log|messages|receipts)(\/|$)/.test(path) && get?.responses["200"].content["application/json"]);
    assert.ok(ours.length >= 6);
    assert.deepEqual(ours.map(([path]) => path).filter((path) => !contract.held.has(path)), []);
    const tile = contract.document.paths["/v1/log/tile/{tile}"].get.parameters;
    assert.deepEqual(tile.map((p) => [p.name, p.in, p.required]), [["tile", "path", true]]);
});
