// tests/scenarios/bundle.mjs - a proposal's bundle is recounted to the byte, and whatever was changed in it is told.
import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { chmodSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { root } from "./lib/anvil.mjs";
import { council, get, TYPES, vote_on_all } from "./lib/council.mjs";
import { Cluster } from "./lib/pg.mjs";
import { binary } from "./lib/program.mjs";

const { StandardMerkleTree } = createRequire(join(root, "tests/package.json"))("@openzeppelin/merkle-tree");
const dir = mkdtempSync(join(tmpdir(), "altledger-bundle-"));
chmodSync(dir, 0o755);
let cluster, program, url, ids;

before(async () => {
    cluster = await new Cluster().start();
    ({ program, url } = await council(dir).start(cluster.conninfo(cluster.create())));
    ids = await vote_on_all(url);
});
after(async () => {
    await program?.kill("SIGTERM").ends();
    await cluster.stop();
    cluster.remove();
    rmSync(dir, { recursive: true, force: true });
});

async function bundle_of(id) {
    const reply = await fetch(`${url}/v1/proposals/${id}/bundle`);
    assert.equal(reply.status, 200);
    assert.equal(reply.headers.get("content-type"), "application/x-ndjson");
    assert.match(reply.headers.get("content-disposition"), /^attachment; filename="bundle\.ndjson"$/);
    const text = await reply.text();
    assert.ok(text.endsWith("\n"));
    return text.slice(0, -1).split("\n");
}

function tally(lines, ...options) {
    const file = join(dir, "bundle.ndjson");
    writeFileSync(file, lines.map((line) => `${line}\n`).join(""));
    return spawnSync(binary, ["tally", file, ...options], { encoding: "utf8" });
}

test("the bundle of each type is recounted to the byte, and says what the API says", async () => {
    for (const [name, id] of Object.entries(ids)) {
        const lines = await bundle_of(id), { status, stdout, stderr } = tally(lines);
        assert.equal(status, 0, `${name}: ${stderr}`);
        assert.equal(stdout, `${lines.at(-1)}\n`, name);
        const { result } = JSON.parse(stdout), { bundle } = JSON.parse(lines[0]);
        assert.equal(bundle.final, name === "canceled");
        assert.equal(/this is not final/.test(stderr), name !== "canceled");
        assert.equal(result.canceled, name === "canceled");
        assert.equal(result.version, name === "changed" ? 2 : 1);
        if (TYPES.includes(name)) {
            assert.equal(result.ballots, name === "basic" ? 27 : 26);
            assert.equal(result.voters, name === "basic" ? 21 : 20);
            assert.equal(result.type, name);
            assert.ok(result.scores.some((s) => s !== "0"));
        }
    }
});

test("each line is canonical JSON, and the census root is OpenZeppelin's", async () => {
    const sorted = (v) => (Array.isArray(v) ? v.map(sorted) : v !== null && typeof v === "object"
        ? Object.fromEntries(Object.keys(v).sort().map((k) => [k, sorted(v[k])])) : v);
    const lines = await bundle_of(ids.weighted), parsed = lines.map((line) => JSON.parse(line));
    for (const [i, line] of lines.entries()) assert.equal(line, JSON.stringify(sorted(parsed[i])));
    const census = parsed.filter((line) => line.voter).map(({ voter, power }) => [voter, power]);
    assert.equal(census.length, 20);
    assert.equal(parsed.find((line) => line.census_root).census_root, StandardMerkleTree.of(census, ["address", "uint256"]).root);
    assert.equal(parsed.filter((line) => line.entry).length, parsed[0].bundle.entries);
});

test("what was changed in a bundle is told, and where", async () => {
    const lines = await bundle_of(ids.basic), parsed = lines.map((line) => JSON.parse(line));
    const first = (has) => parsed.findIndex(has);
    const is_ballot = (line) => line.entry?.includes('"Vote"');
    const ballot = first(is_ballot), second = parsed.findIndex((line, i) => i > ballot && is_ballot(line));
    const alias = first((line) => line.entry?.includes('"Alias"')), key = first((line) => line.entry?.startsWith('{"key"')), space = first((line) => line.entry?.includes('"space":{'));
    const power = first((line) => line.voter), proof = first((line) => line.proof), at = (i) => `position ${parsed[i].position}:`;
    const edit = (i, change) => lines.map((line, k) => (k === i ? JSON.stringify(change(structuredClone(parsed[i]))) : line));
    const text = (from, to) => (line) => { assert.notEqual(line.entry.replace(from, to), line.entry); return { ...line, entry: line.entry.replace(from, to) }; };
    const without = (i) => lines.filter((_, k) => k !== i);
    const flip = (hex) => hex.slice(0, -1) + (hex.endsWith("0") ? "1" : "0");
    const cases = [
        ["a ballot is missing", without(ballot), /there are \d+ entries, not \d+/],
        ["a ballot is missing, and its header does not tell", without(ballot).map((line, i) => (i ? line : line.replace(/"entries":\d+/, (s) => `"entries":${s.slice(10) - 1}`))), /the proof does not fit|not those of the checkpoint/],
        ["another choice", edit(ballot, text(/"choice":\d/, '"choice":2')), new RegExp(`${at(ballot)} its address has not signed it`)],
        ["another space in one ballot", edit(ballot, text(/"timestamp":(\d+)/, (_, n) => `"timestamp":${Number(n) + 1}`)), new RegExp(at(ballot))],
        ["an entry that is no JSON", edit(ballot, text("{", "[")), new RegExp(`${at(ballot)} not an entry`)],
        ["an entry with a space more", edit(ballot, text(":", ": ")), new RegExp(`${at(ballot)} not an entry`)],
        ["received at another time", edit(ballot, text(/"received":"(.*?)Z"/, '"received":"2020-01-01T00:00:00Z"')), new RegExp(at(ballot))],
        ["another receipt", edit(ballot, (line) => { line.receipt.signature = parsed[second].receipt.signature; return line; }), new RegExp(`${at(ballot)} its receipt is`)],
        ["a receipt with another root", edit(ballot, (line) => { line.receipt.root = flip(line.receipt.root); return line; }), new RegExp(`${at(ballot)} its receipt is`)],
        ["another position", edit(ballot, (line) => ({ ...line, position: line.position - 1 })), /position \d+:/],
        ["two ballots change places", lines.map((line, k) => lines[k === ballot ? second : k === second ? ballot : k]), /do not ascend/],
        ["a ballot twice", [...lines.slice(0, ballot), lines[ballot], ...lines.slice(ballot)], /do not ascend/],
        ["no alias", without(alias), /no alias|the signer is no alias/],
        ["no key", without(key), /no key of the service/],
        ["no parameters", without(space), /there is no such space/],
        ["other parameters", edit(space, text('"quorum":"5', '"quorum":"6')), /result is not|not those of the checkpoint/],
        ["more power", edit(power, (line) => ({ ...line, power: `${line.power}0` })), /census: its root is another one/],
        ["a voter less", without(power), /the power of 0x\w+ is not there/],
        ["a voter more", [...lines.slice(0, power), JSON.stringify({ power: "1", voter: `0x${"0".repeat(39)}1` }), ...lines.slice(power)], /has not voted/],
        ["a voter twice", [...lines.slice(0, power), lines[power], ...lines.slice(power)], /does not ascend/],
        ["another census root", lines.map((line) => (line.startsWith('{"census_root"') ? line.replace(/0x..../, "0x0000") : line)), /census: its root is another one/],
        ["another result", [...lines.slice(0, -1), lines.at(-1).replace(/"scores":\["/, '"scores":["1')], /the result is not the bundle's/],
        ["no result", lines.slice(0, -1), /the file ends too early/],
        ["half of it", lines.slice(0, ballot + 3), /the file ends too early/],
        ["a line that is none", [...lines, '{"a":1}'], /line \d+: not a line of a bundle/],
        ["another checkpoint", edit(0, (line) => { line.bundle.log.checkpoint = line.bundle.log.checkpoint.replace(/\n\d+\n/, "\n7\n"); return line; }), /the checkpoint is not signed/],
        ["another block", edit(0, (line) => { line.bundle.snapshot.number++; return line; }), /the proposal's snapshot is block/],
        ["another chain", edit(0, (line) => { line.bundle.chain_id++; return line; }), /its receipt is signed by another key/],
        ["another number of voters", edit(0, (line) => { line.bundle.voters++; return line; }), /census: there are \d+ voters, not \d+/],
        ["final before its snapshot is", edit(0, (line) => { line.bundle.final = true; line.bundle.snapshot.finality = "safe"; return line; }), /it cannot be final/],
        ["no finality", edit(0, (line) => { line.bundle.snapshot.finality = "finalised"; return line; }), /line 1: /],
        ["a census root twice", [...lines.slice(0, -1), ...lines.slice(-2)], /line \d+ is out of order/],
        ["a result twice", [...lines, lines.at(-1)], /line \d+ is out of order/],
        ["another proposal", edit(0, (line) => { line.bundle.proposal = ids.approval; return line; }), /it is about another proposal/],
    ];
    if (proof >= 0) cases.push(["another proof", edit(proof, (line) => ({ proof: line.proof.map(flip) })), /not those of the checkpoint/]);
    for (const [what, changed, says] of cases) {
        const { status, stdout, stderr } = tally(changed);
        assert.equal(status, 1, `${what}: ${stdout}${stderr}`);
        assert.match(stderr, says, what);
    }
});

test("who knows the log's key says so; receipts may be passed over; what is no bundle is refused", async () => {
    const lines = await bundle_of(ids.copeland), parsed = JSON.parse(lines[0]);
    const keys = await get(`${url}/v1/log/keys`).catch(() => null);
    assert.match(tally(lines, "--log-key", "other+00000000+AAAA").stderr, /the log's key is altledger\+/);
    const [, key] = /the log's key is (\S+)/.exec(tally(lines, "--log-key", "other+00000000+AAAA").stderr);
    assert.equal(tally(lines, "--log-key", key).status, 0);
    if (keys) assert.ok(JSON.stringify(keys).includes(key));
    const quick = tally(lines, "--without-receipts", "--threads", "1");
    assert.equal(quick.status, 0, quick.stderr);
    assert.match(quick.stderr, new RegExp(`entries=${parsed.bundle.entries} signatures=${parsed.bundle.entries - 2} complaints=0`));
    for (const none of [[], ["{}"], ["x"], [lines[1]], [lines[0].replace('"format":1', '"format":2')]]) assert.equal(tally(none).status, 1);
    assert.equal(spawnSync(binary, ["tally"]).status, 2);
    assert.equal(spawnSync(binary, ["tally", join(dir, "absent")]).status, 1);
});

test("a bundle is of an off-chain proposal that is there", async () => {
    await get(`${url}/v1/proposals/0x${"11".repeat(32)}/bundle`, 404);
    await get(`${url}/v1/proposals/12/bundle`, 400);
    const head = await fetch(`${url}/v1/proposals/${ids.basic}/bundle`, { method: "HEAD" });
    assert.equal(head.headers.get("content-type"), "application/x-ndjson");
});
