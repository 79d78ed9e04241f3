// tests/bench/ballots.mjs - figures on signed ballots: accepted durably over HTTP, tallies read, a bundle counted again with every signature.
//
// One proposal of many voters, each with tokens and a key (gen_ballots.c). Ballots are signed beforehand and posted by post_bodies.c.
// Their limits: what libsecp256k1 alone recovers, and what viem verifies in Node.
import { createRequire } from "node:module";
import { closeSync, createWriteStream, openSync, readFileSync, writeFileSync } from "node:fs";
import { spawnSync } from "node:child_process";
import { cpus } from "node:os";
import { join } from "node:path";
import { Readable } from "node:stream";
import { pipeline } from "node:stream/promises";
import { root } from "../scenarios/lib/anvil.mjs";
import { SPACE, now, post, sign, voter } from "../scenarios/lib/ballots.mjs";
import {
    conninfo, createDatabase, dir, figure, load, mirror, note, program, psql, rounds, run, scaled, seconds, serve, settle, tool,
} from "./lib.mjs";

const require = createRequire(join(root, "tests/package.json"));
const CONNECTIONS = 256, EMPTY_BLOCKS = 70, P99_GOAL = 50;
const few = scaled(1000, 50), many = scaled(100000, 500), voters = 2 * many;
const count = (n) => n.toLocaleString("en-US");

/** Its output in a file. */
function gen(name, ...args) {
    const path = join(dir, name), out = openSync(path, "w");
    const { status } = spawnSync(tool("gen_ballots"), args.map(String), { stdio: ["ignore", out, "inherit"] });
    closeSync(out);
    if (status !== 0) throw new Error(`gen_ballots ${args.join(" ")}: ${status}`);
    return path;
}

/** Recoveries a second of libsecp256k1. */
const bare = async (threads) => Number(await run(tool("bare_secp256k1"), [Math.min(seconds, 2), threads].map(String)));

/** Verifications a second by viem, of envelopes in a file. */
async function viem(file) {
    const { verifyTypedData } = require("viem");
    const envelopes = readFileSync(file, "utf8").trim().split("\n").map((line) => JSON.parse(line));
    const began = performance.now(), ms = Math.min(seconds, 2) * 1000;
    let n = 0;
    for (; performance.now() - began < ms; n++) {
        const { address, sig: signature, data: { domain, types, message } } = envelopes[n % envelopes.length];
        if (!await verifyTypedData({ address, domain, types, primaryType: "Vote", message, signature })) throw new Error("not verified");
    }
    return n * 1000 / (performance.now() - began);
}

async function push(server, file, rate = 0) {
    const result = JSON.parse(await run(tool("post_bodies"), [server.port, "/v1/messages", file, CONNECTIONS, rate].map(String)));
    if (result.good !== result.answers) throw new Error(`${result.answers - result.good} of ${result.answers} refused: ${result.first_bad}`);
    return { rate: result.answers / result.seconds, p99: result.p99 };
}

async function propose(server, block) {
    const reply = await post(server.url, await sign.proposal(voter(0), { snapshot: block, end: now() + 7200 }));
    if (reply.status !== 200) throw new Error(`the proposal: ${reply.status} ${reply.text}`);
    return reply.json.id;
}

let shared = null;

/** A server with the voters' chain, and a proposal without ballots. */
async function open() {
    const archive = gen("voters.ndjson", "archive", voters, EMPTY_BLOCKS), network = join(dir, "voters.json");
    const contract = { kind: "erc20", name: "ALT", address: "0x1111111111111111111111111111111111111111", from_block: 0 };
    writeFileSync(network, JSON.stringify({ name: "voters", chain_id: 1, start_block: 0, contracts: [contract], spaces: [{ id: SPACE, admins: [] }] }));
    await createDatabase("voters");
    await mirror("voters", network, archive);
    psql("voters", "VACUUM"); // else autovacuum does it while something is measured
    settle();
    const server = await serve("voters", ["--keys", join(dir, "keys"), "--network", network]);
    const proposal = await propose(server, Math.ceil(voters / 1000) - 1);
    return { server, proposal, next: 0 };
}

/** The next voters' ballots, signed now. */
function next(s, n) {
    const file = gen("ballots.ndjson", "ballots", s.next, n, SPACE, s.proposal, now(), 3);
    s.next += n;
    settle();
    return file;
}

const tally = (s) => `${s.server.url}/v1/proposals/${s.proposal}/tally`;

async function counted(s) {
    const { voters: n } = await (await fetch(tally(s))).json();
    if (n !== s.next) throw new Error(`${n} ballots of ${s.next} are counted`);
}

export async function ballots() {
    const s = await (shared ??= open());
    const first = next(s, few), verified = await viem(first);
    await push(s.server, first);
    await counted(s);
    const small = await load(tally(s));
    let ours = 0, limit = 0;
    for (let i = 0; i < rounds; i++) {
        limit = Math.max(limit, await bare(1));
        ours = Math.max(ours, (await push(s.server, next(s, Math.floor((many - few) / rounds)))).rate);
    }
    await counted(s);
    const large = await load(tally(s)), size = s.next;
    figure("ballots accepted durably over HTTP, 1/s; libsecp256k1 recovers on one core", ours, limit, ">= 0.33", ours >= limit / 3);
    figure("  the same; viem's verifyTypedData in Node", ours, verified, ">= 10", ours >= 10 * verified);
    const calm = Math.min(Math.ceil(ours / 2 * seconds), voters - s.next), { p99 } = await push(s.server, next(s, calm), ours / 2);
    figure("  p99 ms of a ballot at half of that load", p99, P99_GOAL, "< 1.00", p99 < P99_GOAL);
    figure(`tally read with ${count(size)} ballots, req/s; with ${count(few)}`, large, small, ">= 0.67", large >= small / 1.5);
}

export async function bundle() {
    const s = await (shared ??= open());
    if (s.next < many) await push(s.server, next(s, many - s.next));
    const path = join(dir, "bundle.json"), began = performance.now();
    const reply = await fetch(`${s.server.url}/v1/proposals/${s.proposal}/bundle`);
    if (!reply.ok) throw new Error(`the bundle: ${reply.status} ${await reply.text()}`);
    await pipeline(Readable.fromWeb(reply.body), createWriteStream(path));
    const took = performance.now() - began;
    let ours = 0, limit = 0;
    for (let i = 0; i < rounds; i++) {
        limit = Math.max(limit, await bare(cpus().length));
        const start = performance.now();
        await run(program, ["tally", path]);
        ours = Math.max(ours, s.next * 1000 / (performance.now() - start));
    }
    figure(`altledger tally of ${count(s.next)} ballots, 1/s; libsecp256k1 on all cores`, ours, limit, ">= 0.80", ours >= 0.8 * limit);
    note(`the bundle was streamed in ${(took / 1000).toFixed(1)} s; database ${conninfo("voters")}`);
}
