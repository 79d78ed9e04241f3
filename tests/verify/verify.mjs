// tests/verify/verify.mjs - check a service's log, receipts and bundles without trusting it: nothing of its code, and none of its language.
//
//     node verify.mjs URL [--key VERIFIER-KEY] [--checkpoint FILE]
//     node verify.mjs bundle FILE
//
// Reads all entries, hashes them, and holds checkpoint, tiles, receipts, proofs and bundles to them. --key: the log's key as you know it
// (else it is taken from the service). --checkpoint: the log must extend the one in FILE, if there is one; then FILE gets the new one.
// Ends with 1 if anything does not verify.
import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { pathToFileURL } from "node:url";
import { checkBundle, choiceOf, counted, same } from "./bundle.mjs";
import { checkReceipt, readEntry, Rules } from "./entries.mjs";
import { allRoots, consistencyRoots, demand, inclusionRoot, leafHash, Log, openCheckpoint, parseVerifierKey, Refused, verifierKey } from "./log.mjs";

const AT_ONCE = 8;
const bytes = (hex) => Buffer.from(hex.slice(2), "hex");

/** What was found wrong, and how much was looked at. */
class Findings {
    wrong = [];
    lines = [];

    async look(what, check) {
        try {
            return await check();
        } catch (e) {
            if (!(e instanceof Refused)) e.message = `${e.name}: ${e.message}`;
            this.wrong.push(`${what}: ${e.message}`);
            return undefined;
        }
    }
}

async function text(url) {
    const reply = await fetch(url), body = await reply.text();
    demand(reply.ok, `${url}: ${reply.status} ${body.slice(0, 300)}`);
    return body;
}
const json = async (url) => JSON.parse(await text(url));

async function inTurns(items, work) {
    const queue = items.entries();
    await Promise.all(Array.from({ length: AT_ONCE }, async () => {
        for (const [, item] of queue) await work(item);
    }));
}

async function checkServedReceipt(url, e, entries, roots, chainId) {
    const r = await json(`${url}/v1/receipts/${e.digest}`);
    demand(r.position === e.position && r.message === e.digest, "the receipt is of another message");
    demand(r.size > e.position && roots[r.size]?.equals(bytes(r.root)), "the receipt's root is not that of the log");
    demand(r.typed_data.domain.chainId === chainId, "the receipt is of another chain");
    checkReceipt(chainId, e, entries.filter((k) => k.kind === "key"), r);
    const { size, root, proof } = r.inclusion;
    demand(roots[size]?.equals(bytes(root)), "the proof's root is not that of the log");
    demand(inclusionRoot(e.leaf, e.position, size, proof.map(bytes))?.equals(bytes(root)), "the proof of inclusion does not lead to the root");
}

/** The ballots that the service shows are those of the log, and the same ones count. */
async function checkVotes(url, p, size) {
    const lines = (await text(`${url}/v1/proposals/${p.digest}/votes.ndjson`)).split("\n").slice(0, -1);
    const shown = new Map(lines.map((line) => JSON.parse(line)).map((vote) => [vote.position, vote])), ofVoter = counted(p.ballots);
    const grown = [...shown.keys()].some((position) => position >= size);
    for (const b of p.ballots) {
        const vote = shown.get(b.position);
        demand(vote && vote.id === b.digest && vote.voter === b.author && same(vote.choice, choiceOf(b)), `the ballot at ${b.position} is not shown as it is in the log`);
        demand(grown || vote.counts === (ofVoter.get(b.author) === b), `whether the ballot at ${b.position} counts is not what the log says`);
    }
    demand([...shown.keys()].every((position) => position >= size || p.ballots.some((b) => b.position === position)), "a ballot is shown that is not in the log");
}

/** What the service says of a proposal is what the log says: each ballot, and the result that they make. */
async function checkProposal(url, p, size, chainId) {
    await checkVotes(url, p, size);
    const b = checkBundle(await text(`${url}/v1/proposals/${p.digest}/bundle`));
    demand(b.header.chain_id === chainId && b.header.proposal === p.digest, "the bundle is of another proposal");
    const told = new Set(b.entries.map((e) => e.position));
    const missing = [p, ...p.updates, ...p.ballots].filter((e) => e.position < b.header.log.size && !told.has(e.position));
    demand(missing.length === 0, `the bundle leaves out the entries ${missing.map((e) => e.position).join(", ")}`);
}

function checkOlder(file, keys, checkpoint, roots) {
    const older = openCheckpoint(readFileSync(file, "utf8"), keys);
    demand(older.size <= checkpoint.size, `the log had ${older.size} entries, now it has ${checkpoint.size}`);
    demand(roots[older.size].equals(older.root), `the log of ${older.size} entries had another root`);
    return older;
}

async function checkConsistency(url, older, checkpoint) {
    const { proof } = await json(`${url}/v1/log/proof/consistency?from=${older.size}&to=${checkpoint.size}`);
    const [from, to] = consistencyRoots(older.size, checkpoint.size, proof.map(bytes), older.root) ?? [];
    demand(from?.equals(older.root) && to.equals(checkpoint.root), "the proof of consistency does not lead to the roots");
}

/** Read the log's entries, and hold them to the checkpoint and to each other. */
async function readLog(f, url, log, { key }) {
    const info = await json(`${url}/v1/log`);
    const keys = (key ? [key] : info.keys.map((k) => k.log_key)).map(parseVerifierKey);
    const note = await log.checkpoint(), checkpoint = openCheckpoint(note, keys);
    const texts = await log.entries(checkpoint.size), leaves = texts.map(leafHash), roots = allRoots(leaves);
    await f.look("checkpoint", () => demand(roots.at(-1).equals(checkpoint.root), "its root is not that of the entries"));
    const rules = new Rules(), entries = [];
    for (const [position, text] of texts.entries())
        await f.look(`entry ${position}`, () => {
            const e = { ...readEntry(text.toString()), position, leaf: leaves[position] };
            entries.push(e);
            rules.check(e);
        });
    await f.look("keys", () => {
        const named = entries.filter((e) => e.kind === "key").map((e) => verifierKey(e.origin, e.logKey));
        demand(entries[0]?.kind === "key", "the log does not begin with its keys");
        openCheckpoint(note, named);
    });
    return { info, keys, note, checkpoint, leaves, roots, entries, rules };
}

export async function verifyService(url, { key, checkpointFile } = {}) {
    const f = new Findings(), log = new Log(`${url}/v1/log`);
    const read = await f.look("log", () => readLog(f, url, log, { key }));
    if (!read) return f;
    const { keys, note, checkpoint, leaves, roots, entries, rules } = read;
    f.lines.push(`${checkpoint.size} entries of ${checkpoint.origin}, root ${checkpoint.root.toString("hex")}`);
    const tiles = await f.look("tiles", () => log.checkTiles(leaves));
    f.lines.push(`${tiles ?? "not all"} tiles`);
    const { chain_id: chainId } = await json(`${url}/v1/status`);
    await inTurns(entries, (e) => f.look(`receipt ${e.position}`, () => checkServedReceipt(url, e, entries, roots, chainId)));
    f.lines.push(`${entries.length} receipts`);
    await inTurns([...rules.proposals.values()], (p) => f.look(`proposal ${p.digest}`, () => checkProposal(url, p, checkpoint.size, chainId)));
    f.lines.push(`${rules.proposals.size} proposals`);
    if (checkpointFile && existsSync(checkpointFile)) {
        const older = await f.look("older checkpoint", () => checkOlder(checkpointFile, keys, checkpoint, roots));
        if (older) await f.look("consistency", () => checkConsistency(url, older, checkpoint));
        f.lines.push("the checkpoint that was seen before");
    }
    if (checkpointFile && f.wrong.length === 0) writeFileSync(checkpointFile, note);
    return f;
}

export async function verifyBundle(file) {
    const f = new Findings();
    const b = await f.look("bundle", () => checkBundle(readFileSync(file, "utf8")));
    if (b) f.lines.push(`${b.entries.length} entries, ${b.census.length} voters of proposal ${b.header.proposal}`);
    return f;
}

if (import.meta.url === pathToFileURL(process.argv[1]).href) {
    const [what, ...rest] = process.argv.slice(2), option = (name) => rest[rest.indexOf(name) + 1 || rest.length];
    if (!what || (what === "bundle") !== (rest.length === 1)) {
        console.error("usage: node verify.mjs URL [--key VERIFIER-KEY] [--checkpoint FILE] | node verify.mjs bundle FILE");
        process.exit(2);
    }
    const f = what === "bundle" ? await verifyBundle(rest[0])
        : await verifyService(what.replace(/\/$/, ""), { key: option("--key"), checkpointFile: option("--checkpoint") });
    for (const line of f.lines) console.log(`checked: ${line}`);
    for (const line of f.wrong.slice(0, 20)) console.log(`WRONG: ${line}`);
    console.log(f.wrong.length === 0 ? "all verifies" : `${f.wrong.length} do not verify`);
    process.exit(f.wrong.length === 0 ? 0 : 1);
}
