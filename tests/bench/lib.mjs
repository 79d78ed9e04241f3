// tests/bench/lib.mjs - what the figures share: a private cluster, databases, the program's runs, load, and the lines that are printed.
import { execFileSync, spawn } from "node:child_process";
import { chmodSync, existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { freePort, root } from "../scenarios/lib/anvil.mjs";

export const scale = Number(process.env.BENCH_SCALE ?? 1);
export const rounds = scale < 0.1 ? 1 : Number(process.env.BENCH_ROUNDS ?? 2);
export const seconds = scale < 0.1 ? 1 : Number(process.env.BENCH_SECONDS ?? 5);

const built = join(root, process.env.B ?? "build");
export const program = process.env.ALTLEDGER_BIN ?? join(built, "altledger");
export const tool = (name) => join(built, "release/tests/bench", name);
export const scaled = (n, least) => Math.max(Math.round(n * scale), least);
export const sleep = (ms) => new Promise((done) => setTimeout(done, ms));

export const dir = mkdtempSync(join(process.env.BENCH_DIR ?? tmpdir(), "altledger-bench-"));
chmodSync(dir, 0o755); // the database runs as another user if we are root
const children = new Set();

/** Start a program that ends with us. Returns the child; `child.log` gathers its stderr, `child.gone` resolves with its status. */
export function start(command, args, { stdout = "ignore", stdin = "ignore" } = {}) {
    const child = spawn(command, args.map(String), { stdio: [stdin, stdout, "pipe"] });
    children.add(child);
    child.log = "";
    child.stderr.on("data", (text) => { child.log = (child.log + text).slice(-200000); });
    child.gone = new Promise((done) => child.once("close", (status, signal) => {
        children.delete(child);
        done(status ?? signal);
    }));
    child.once("error", (error) => { child.log += String(error); });
    return child;
}

export async function stop(child) {
    child.kill("SIGTERM");
    await child.gone;
}

/** Run to the end; stdout as text. */
export async function run(command, args) {
    const child = start(command, args, { stdout: "pipe" });
    let text = "";
    child.stdout.on("data", (part) => { text += part; });
    const status = await child.gone;
    if (status !== 0) throw new Error(`${command} ${args.join(" ")}: ${status}\n${child.log}${text}`);
    return text;
}

// ---- the database: the program's own private cluster, kept up by a `serve` that nobody asks ----

const socket = () => {
    const inside = join(dir, "data/postgres/socket");
    if (existsSync(inside)) return inside;
    throw new Error(`the private cluster does not lie under ${dir}`);
};
export const conninfo = (database, user = "altledger") => `host=${socket()} user=${user} dbname=${database}`;

export async function openCluster() {
    await run(program, ["migrate", "--data", join(dir, "data")]);
    const holder = start(program, ["serve", "--data", join(dir, "data"), "--listen", "127.0.0.1:0"]);
    for (let i = 0; ; i++) {
        try {
            return psql("postgres", "SELECT 1");
        } catch (error) {
            if (i > 400 || holder.exitCode !== null) throw new Error(`${error}\n${holder.log}`);
            await sleep(50);
        }
    }
}

export function psql(database, ...statements) {
    const args = ["-qAtX", "-v", "ON_ERROR_STOP=1", conninfo(database, "postgres"), ...statements.flatMap((s) => ["-c", s])];
    return execFileSync("psql", args, { encoding: "utf8", stdio: ["ignore", "pipe", "pipe"], maxBuffer: 1 << 28 }).trim();
}

export async function createDatabase(name) {
    psql("postgres", `DROP DATABASE IF EXISTS ${name} WITH (FORCE)`, `CREATE DATABASE ${name} OWNER altledger_owner`);
    await run(program, ["migrate", "--database", conninfo(name)]);
}

export const dropDatabase = (name) => psql("postgres", `DROP DATABASE IF EXISTS ${name} WITH (FORCE)`);
/** So that a round does not pay for the pages that the one before it left. */
export const settle = () => psql("postgres", "CHECKPOINT");

export async function closeAll() {
    await Promise.all([...children].reverse().map(stop));
    rmSync(dir, { recursive: true, force: true });
}

// ---- the program ----

export function writeNetwork(name, { chainId = 1, address = "0x1111111111111111111111111111111111111111" } = {}) {
    const path = join(dir, `${name}.json`);
    const contract = { kind: "erc20", name: "T", address, from_block: 0 };
    writeFileSync(path, JSON.stringify({ name, chain_id: chainId, start_block: 0, contracts: [contract] }));
    return path;
}

/** VmHWM of a process in bytes: the most memory that it ever had; 0 when it is gone. */
export function peakOf(pid) {
    try {
        return 1024 * Number(/VmHWM:\s+(\d+)/.exec(readFileSync(`/proc/${pid}/status`, "utf8"))?.[1] ?? 0);
    } catch {
        return 0;
    }
}

/** `altledger mirror --once` to its end. Returns {seconds, peak (bytes of VmHWM), log}. */
export async function mirror(database, network, source, args = []) {
    const began = performance.now();
    const child = start(program, ["mirror", "--once", "--database", conninfo(database), "--network", network, "--source", source, ...args]);
    let peak = 0;
    const timer = setInterval(() => { peak = Math.max(peak, peakOf(child.pid)); }, 20);
    const status = await child.gone;
    clearInterval(timer);
    if (status !== 0) throw new Error(`mirror: ${status}\n${child.log.slice(-3000)}`);
    return { seconds: (performance.now() - began) / 1000, peak, log: child.log };
}

export async function serve(database, args = []) {
    const port = await freePort();
    const child = start(program, ["serve", "--database", conninfo(database), "--listen", `127.0.0.1:${port}`, ...args]);
    const url = `http://127.0.0.1:${port}`;
    for (let i = 0; ; i++) {
        const reply = await fetch(`${url}/readyz`).catch(() => null);
        if (reply?.ok) return { url, port, pid: child.pid, stop: () => stop(child) };
        if (i > 200 || child.exitCode !== null) throw new Error(`serve is not ready\n${child.log}`);
        await sleep(50);
    }
}

// ---- load ----

/** Requests a second by wrk, and the 99th percentile in ms; every answer must be a good one. */
export async function pressure(url, { connections = 64, duration = seconds, script = [] } = {}) {
    const text = await run("wrk", ["-t1", `-c${connections}`, `-d${duration}s`, "--timeout", "5s", "--latency",
        ...(script.length ? ["-s", script[0]] : []), url, ...(script.length > 1 ? ["--", ...script.slice(1)] : [])]);
    if (/Non-2xx|Socket errors/.test(text)) throw new Error(`wrk ${url}\n${text}`);
    const [, p99, unit] = /99%\s+([\d.]+)(us|ms|s)/.exec(text);
    return { rate: Number(/Requests\/sec:\s+([\d.]+)/.exec(text)[1]), p99: Number(p99) * { us: 1e-3, ms: 1, s: 1e3 }[unit] };
}

export const load = async (url, options) => (await pressure(url, options)).rate;

export const median = (list) => [...list].sort((a, b) => a - b)[list.length >> 1];

// ---- what is printed ----

const table = [];
const digits = (v) => (v >= 100 ? Math.round(v).toLocaleString("en-US") : v.toPrecision(3));
const widths = [64, 11, 11, 7, 16];
const line = (cells) => cells.map((c, i) => (i === 0 ? c.padEnd(widths[i]) : i < widths.length ? c.padStart(widths[i]) : `  ${c}`)).join(" ");

export const heading = () => console.log(line(["figure", "ours", "limit", "ratio", "goal", ""]));

/** One line. `limit` null: there is none to measure. `goal` is its text, `reached` whether ours meets it; none: for comparison. */
export function figure(name, ours, limit, goal, reached) {
    const verdict = reached === undefined ? "" : reached ? "reached" : "missed";
    console.log(line([name, digits(ours), limit === null ? "" : digits(limit), limit === null ? "" : (ours / limit).toFixed(2), goal ?? "", verdict]));
    table.push({ name, ours, limit, goal: goal ?? null, reached: reached ?? null });
}
export const note = (text) => console.log(`  ${text}`);
export const figures = () => table;
