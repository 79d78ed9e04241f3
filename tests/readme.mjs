// tests/readme.mjs - every command of README.md does, in a fresh copy of the tree, what the README says.
//
// ```sh blocks are run line by line and must succeed; ```console blocks show "$ command" (going on after "> ") and its answer, which must match:
// "…" stands for any text, and long answers may be wrapped (line breaks and indentation do not count). A command that serves
// goes on in the background until the next one that serves, or the end, where it is interrupted as by Ctrl-C.
import assert from "node:assert/strict";
import { execFileSync, spawn, spawnSync } from "node:child_process";
import { chmodSync, existsSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { dirname, join, resolve } from "node:path";
import { after, test } from "node:test";
import { fileURLToPath } from "node:url";

const root = resolve(dirname(fileURLToPath(import.meta.url)), "..");
const READY_MS = 600_000; // make run compiles everything first
const STOP_MS = 60_000;
const COMMAND_MS = 600_000;

const scratch = mkdtempSync(join(tmpdir(), "altledger-readme-"));
chmodSync(scratch, 0o755); // PostgreSQL's user must get in, or its files lie elsewhere
const copy = join(scratch, "altledger");
let server = null; // {child, log, group}
let node = null; // a local Ethereum node that passes for mainnet

after(async () => {
    if (server) process.kill(-server.child.pid, "SIGKILL");
    if (node) node.kill("SIGKILL");
    rmSync(scratch, { recursive: true, force: true });
});

const sleep = (ms) => new Promise((done) => setTimeout(done, ms));
function freePort() {
    return new Promise((done) => {
        const s = createServer().listen(0, "127.0.0.1", () => {
            const { port } = s.address();
            s.close(() => done(port));
        });
    });
}

const address = `127.0.0.1:${await freePort()}`;
const env = { ...process.env, ALTLEDGER_LISTEN: address, NODE: `http://127.0.0.1:${await freePort()}` };
delete env.ALTLEDGER_BIN; // the copy builds its own
delete env.MAKEFLAGS;
delete env.MAKELEVEL;
delete env.B;
const own = (text) => text.replaceAll("127.0.0.1:8080", address);

/* The README's fenced blocks, in order: {kind, line, text}. */
function blocks() {
    const found = [];
    let open = null;
    readFileSync(join(root, "README.md"), "utf8").split("\n").forEach((text, i) => {
        const fence = /^```(\w*)$/.exec(text);
        if (fence && open) found.push(open), (open = null);
        else if (fence) open = { kind: fence[1], line: i + 2, lines: [] };
        else if (open) open.lines.push(text);
    });
    assert.equal(open, null, "a fenced block is not closed");
    return found;
}

/* [{line, command, expected (or null)}] of all blocks that hold commands. */
function steps() {
    const all = [];
    for (const { kind, line, lines } of blocks()) {
        if (kind === "sh") lines.forEach((command, i) => all.push({ line: line + i, command, expected: null }));
        if (kind !== "console") continue;
        lines.forEach((text, i) => {
            if (text.startsWith("$ ")) all.push({ line: line + i, command: text.slice(2), expected: "" });
            else if (text.startsWith("> ")) all.at(-1).command += `\n${text.slice(2)}`;
            else all.at(-1).expected += `${text}\n`;
        });
    }
    return all.filter(({ command }) => command.trim() !== "");
}

const flat = (text) => text.trim().replace(/\s*\n\s*/g, "");
function matches(actual, expected) {
    const pattern = flat(expected).split("…").map((s) => s.replace(/[.*+?^${}()|[\]\\]/g, "\\$&")).join(".*");
    return new RegExp(`^${pattern}$`, "s").test(flat(actual));
}

async function answers() {
    try {
        return (await fetch(`http://${address}/healthz`)).ok;
    } catch {
        return false;
    }
}

async function start(command) {
    await stop();
    // A session of its own, so that an interrupt reaches what a terminal's Ctrl-C would: make and all its children.
    const child = spawn("bash", ["-c", own(command)], { cwd: copy, env, detached: true, stdio: ["ignore", "pipe", "pipe"] });
    server = { child, log: "", exited: new Promise((done) => child.once("close", done)) };
    for (const stream of [child.stdout, child.stderr])
        stream.on("data", (text) => { server.log = (server.log + text).slice(-50_000); });
    const end = Date.now() + READY_MS;
    // An archive is mirrored to its end; a node's head may be years away.
    while (!(await answers()) || (command === "make run" && !server.log.includes("the source has ended"))) {
        assert.ok(child.exitCode === null && Date.now() < end, `${command} does not serve:\n${server.log}`);
        await sleep(200);
    }
}

async function stop() {
    if (!server) return;
    process.kill(-server.child.pid, "SIGINT");
    const late = setTimeout(() => process.kill(-server.child.pid, "SIGKILL"), STOP_MS);
    await server.exited;
    clearTimeout(late);
    const { log } = server;
    server = null;
    assert.equal(await answers(), false, "nothing answers after Ctrl-C");
    return log;
}

function startNode() {
    node = spawn(join(root, "tests/node_modules/.bin/anvil"),
        ["--silent", "--host", "127.0.0.1", "--port", new URL(env.NODE).port, "--chain-id", "1"], { stdio: "ignore" });
}

const serves = (command) => /^make run\b|^build\/altledger (run|serve)\b/.test(command) && !command.includes("--help");
const engine = spawnSync("docker", ["info"], { stdio: "ignore" }).status === 0;

test("the README's commands", async (t) => {
    execFileSync("bash", ["-c", `mkdir "${copy}" && git ls-files -co --exclude-standard -z | while IFS= read -r -d '' f; do [ ! -e "$f" ] ||
        printf '%s\\0' "$f"; done | tar -c --null -T - | tar -x -C "${copy}"`], { cwd: root, timeout: COMMAND_MS });
    // What `make deps` has installed; no link, since npm in the copy would empty what it points to.
    execFileSync("cp", ["-a", join(root, "tests/node_modules"), join(copy, "tests")], { timeout: COMMAND_MS });
    const all = steps();
    assert.ok(all.some(({ command }) => command === "make run") && all.some(({ command }) => command === "make test"));
    for (const { line, command, expected } of all) {
        let skip = false;
        if (command === "make test") skip = "it is what runs this";
        if (/^docker /.test(command) && !engine) skip = "no Docker engine here";
        await t.test(`README.md:${line}: ${command}`, { skip }, async () => {
            if (command.includes("$NODE") && !node) startNode();
            if (serves(command)) return start(command);
            const ran = spawnSync("bash", ["-c", own(command)], { cwd: copy, env, encoding: "utf8", timeout: COMMAND_MS });
            assert.equal(ran.status, 0, `status ${ran.status}:\n${ran.stdout}${ran.stderr}`);
            if (expected === null) return;
            const output = ran.stdout.replaceAll(address, "127.0.0.1:8080");
            assert.ok(matches(output, expected), `the README says\n${expected}\nbut the answer is\n${output}`);
        });
    }
});

test("Ctrl-C stops everything and the next make run resumes", async () => {
    await start("make run");
    const head = async () => (await (await fetch(`http://${address}/v1/status`)).json()).head;
    const before = await head();
    await stop();
    const pid = ["var/postgres/data/postmaster.pid"].find((file) => existsSync(join(copy, file)));
    assert.equal(pid, undefined, "the private PostgreSQL is stopped");
    await start("make run");
    assert.deepEqual(await head(), before);
    const log = await stop();
    assert.doesNotMatch(log, /applied 0001_/, "nothing is made anew");
});

test("the README names every command and every option, and no other", () => {
    const readme = readFileSync(join(root, "README.md"), "utf8");
    const help = (...args) => execFileSync(join(copy, "build/altledger"), [...args, "--help"], { encoding: "utf8" });
    const section = readme.slice(readme.indexOf("## Commands"), readme.indexOf("## Network file"));
    const commands = [...help().matchAll(/^ {2}([a-z-]+) {2,}/gm)].map((m) => m[1]);
    assert.deepEqual([...section.matchAll(/^\| `([a-z][a-z-]*)` \|/gm)].map((m) => m[1]), commands);
    const options = new Set(commands.flatMap((c) => [...help(c).matchAll(/^ {2}(--[a-z-]+)/gm)].map((m) => m[1])));
    const named = new Set([...section.matchAll(/--[a-z][a-z-]*/g)].map((m) => m[0]).filter((o) => o !== "--help"));
    assert.deepEqual([...named].sort(), [...options].sort());
});
