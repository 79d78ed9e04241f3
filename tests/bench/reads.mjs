// tests/bench/reads.mjs - how fast the books answer, at a past block and deep in a statement, and how fast they take blocks back.
import { Agent, get } from "node:http";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { root } from "../scenarios/lib/anvil.mjs";
import { books, holder } from "./ingest.mjs";
import {
    conninfo, dir, figure, load, median, mirror, note, psql, rounds, run, scale, scaled, seconds, serve, settle, start, stop, tool,
    writeNetwork,
} from "./lib.mjs";

export const PGBENCH_CLIENTS = 8;

// ---- one balance, beside pgbench ----

let prepared = null;

async function prepare() {
    psql("postgres", "DROP DATABASE IF EXISTS pgbench", "CREATE DATABASE pgbench");
    await run("pgbench", ["-i", "-q", "-s", String(scaled(50, 1)), conninfo("pgbench", "postgres")]);
    settle();
}

/** Transactions a second of pgbench -S. */
export async function pgbench() {
    await (prepared ??= prepare());
    const text = await run("pgbench", ["-S", "-M", "prepared", "-c", PGBENCH_CLIENTS, "-j", 2, "-T", seconds, conninfo("pgbench", "postgres")].map(String));
    return Number(/tps = ([\d.]+)/.exec(text)[1]);
}

export async function balance() {
    const b = await books("middle", scaled(1e6, 10000));
    const list = join(dir, "addresses");
    writeFileSync(list, Array.from({ length: b.holders }, (_, k) => holder(k) + "\n").join(""));
    const server = await serve(b.name);
    const first = Math.ceil(b.blocks / 10), last = b.blocks - 1;
    let ours = 0, limit = 0;
    for (let i = 0; i < rounds + 1; i++) {
        limit = Math.max(limit, await pgbench());
        ours = Math.max(ours, await load(server.url, { script: [join(root, "tests/bench/balances.lua"), list, first, last] }));
    }
    await server.stop();
    figure("balance at a past block, uncached, req/s; pgbench -S, 8 clients", ours, limit, ">= 0.50", ours >= limit / 2);
}

// ---- cached answers, beside the bare library ----

export async function cached() {
    const b = await books("middle", scaled(1e6, 10000));
    const server = await serve(b.name);
    const url = `${server.url}/v1/accounts/${holder(7)}?at=${b.blocks - 1}`;
    const body = await (await fetch(url)).text();
    if (JSON.parse(body).balances.length !== 1) throw new Error(`not a balance: ${body}`);
    const bare = start(tool("bare_mhd"), [Buffer.byteLength(body)], { stdin: "pipe", stdout: "pipe" });
    const port = await new Promise((done) => bare.stdout.once("data", (text) => done(Number(text))));
    let ours = 0, limit = 0;
    for (let i = 0; i < rounds + 1; i++) {
        limit = Math.max(limit, await load(`http://127.0.0.1:${port}/`));
        ours = Math.max(ours, await load(url));
    }
    await stop(bare);
    await server.stop();
    figure(`cached answer of ${Buffer.byteLength(body)} bytes, req/s; bare libmicrohttpd`, ours, limit, ">= 0.80", ours >= 0.8 * limit);
}

// ---- small books and large ones ----

const PAGE_LIMIT = 20, PAGE = 1000, SAMPLES = 60;
const small = () => books("small", scale < 1 ? scaled(5e4, 5000) : 5e4, 2);
const large = () => books("large", scaled(5e6, 10000), 2);
const entriesOf = (b) => Number(psql(b.name, "SELECT reltuples::bigint FROM pg_class WHERE oid = 'ledger.entry'::regclass"));

/** Asks one after another over one connection; milliseconds of each. */
export function asker(server) {
    const agent = new Agent({ keepAlive: true, maxSockets: 1 });
    return (path) => new Promise((done, fail) => {
        const began = performance.now();
        get(server.url + path, { agent }, (reply) => {
            const parts = [];
            reply.on("data", (part) => parts.push(part));
            reply.on("end", () => {
                const ms = performance.now() - began, text = Buffer.concat(parts).toString();
                if (reply.statusCode !== 200) return fail(new Error(`${path}: ${reply.statusCode} ${text}`));
                done({ ms, body: JSON.parse(text) });
            });
        }).on("error", fail);
    });
}

/** Follow the statement of holder 1 to the page before `page`; returns how to ask for the next ones, never the same twice. */
async function statement(ask, page) {
    const path = `/v1/accounts/${holder(1)}/entries?limit=${PAGE_LIMIT}`;
    let after = "";
    const next = async () => {
        const { ms, body } = await ask(path + after);
        if (body.data.length !== PAGE_LIMIT || !body.has_more) throw new Error("the statement ends too early");
        after = `&after=${encodeURIComponent(body.next_cursor)}`;
        return ms;
    };
    for (let i = 1; i < page; i++) await next();
    return next;
}

export async function depth() {
    const sides = [];
    for (const b of [await small(), await large()]) {
        const server = await serve(b.name), ask = asker(server);
        sides.push({ b, server, ask, balances: [], pages: [], entries: entriesOf(b) });
    }
    const page = Math.min(PAGE, Math.floor((sides[0].b.transfers - sides[0].b.holders) / 2 / PAGE_LIMIT) - SAMPLES - 1);
    for (const s of sides) s.next = await statement(s.ask, page);
    for (let i = 0; i < SAMPLES * 2; i++)
        for (const s of sides) {
            const at = Math.floor(s.b.blocks / 10 + Math.random() * s.b.blocks * 0.9), k = 2 + Math.floor(Math.random() * (s.b.holders - 2));
            const answer = await s.ask(`/v1/accounts/${holder(k)}?at=${at}`);
            s.balances.push(answer.ms);
            if (i < SAMPLES) s.pages.push(await s.next());
        }
    for (const s of sides) await s.server.stop();
    const [a, z] = sides, sizes = `${z.entries.toLocaleString("en-US")} entries; ${a.entries.toLocaleString("en-US")}`;
    for (const [what, of] of [["balance at a block", "balances"], [`page ${page} of a statement`, "pages"]])
        figure(`${what}, ms at ${sizes}`, median(z[of]), median(a[of]), "<= 1.50", median(z[of]) <= 1.5 * median(a[of]));
}

// ---- reorgs ----

const REORG_DEPTH = 8, REORG_LOGS = 20, REORGS = 6, REORG_GOAL_MS = 50;

/** The last blocks as they are booked, then one branch after another in their place. */
function branches(b) {
    const hex = (n) => "0x" + n.toString(16), hash = (branch, n) => "0x" + (BigInt(branch) << 128n | BigInt(n + 1)).toString(16).padStart(64, "0");
    const transfer = "0xddf252ad1be2c89b69c2b068fc378daa952ba7f163c4a11628f55a4df523b3ef", topic = (k) => "0x" + holder(k).slice(2).padStart(64, "0");
    const log = (branch, n, i) => ({
        address: "0x" + "1".repeat(40), topics: [transfer, topic(0), topic(1 + (branch * 31 + n * 7 + i) % (b.holders - 1))], data: "0x" + word(i + 1),
        blockHash: hash(branch, n), blockNumber: hex(n), transactionHash: "0x" + word(n * 1000 + i + 1), transactionIndex: hex(i), logIndex: hex(i),
        removed: false,
    });
    const word = (v) => v.toString(16).padStart(64, "0");
    const fork = b.blocks - REORG_DEPTH, lines = [];
    const push = (branch, n, parent, logs) =>
        lines.push(JSON.stringify({ number: hex(n), hash: hash(branch, n), parentHash: hash(parent, n - 1), timestamp: hex(1700000000 + 12 * n), logs }));
    for (let n = fork - 2; n < b.blocks; n++) push(0, n, 0, []);
    for (let branch = 1; branch <= REORGS; branch++)
        for (let n = fork; n < b.blocks; n++)
            push(branch, n, n === fork ? 0 : branch, Array.from({ length: REORG_LOGS }, (_, i) => log(branch, n, i)));
    return lines.join("\n") + "\n";
}

export async function reorg() {
    const b = await large(), file = join(dir, "branches.ndjson"), entries = entriesOf(b);
    writeFileSync(file, branches(b));
    settle();
    const { log } = await mirror(b.name, writeNetwork(b.name), file);
    const times = [...log.matchAll(/^(\S+) WARN mirror: reorg: unwinding/gm)].map((m) => Date.parse(m[1]));
    if (times.length !== REORGS) throw new Error(`${times.length} of ${REORGS} reorgs\n${log}`);
    const took = times.slice(1).map((t, i) => t - times[i]).slice(1); // the first takes back the large blocks
    figure(`reorg of depth ${REORG_DEPTH} at ${entries.toLocaleString("en-US")} entries, ms, booked again`, median(took), REORG_GOAL_MS, "< 1.00",
        median(took) < REORG_GOAL_MS);
    note(`each of ${REORG_DEPTH} blocks with ${REORG_LOGS} transfers: ${took.join(", ")} ms; the first, of ${REORG_DEPTH} x 500: ${times[1] - times[0]} ms`);
}
