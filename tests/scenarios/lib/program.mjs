// tests/scenarios/lib/program.mjs - start altledger, read what it says, end it in every way a process can end.
import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { createServer } from "node:net";
import { dirname, join, resolve } from "node:path";
import { fileURLToPath } from "node:url";

export const root = resolve(dirname(fileURLToPath(import.meta.url)), "../../..");
export const binary = process.env.ALTLEDGER_BIN ?? join(root, "build/altledger");
export const demo = {
    network: join(root, "ledger/mirror/networks/demo.json"),
    archive: join(root, "ledger/mirror/networks/demo.ndjson.gz"),
};
const PATIENCE_MS = 120000;
const running = new Set();
process.on("exit", () => {
    for (const program of running) program.child.kill("SIGKILL");
});

export const sleep = (ms) => new Promise((go) => setTimeout(go, ms));

/** Ask until `ask` gives something true. */
export async function until(ask, what, ms = PATIENCE_MS) {
    for (const end = Date.now() + ms; Date.now() < end; await sleep(20)) {
        const answer = await ask();
        if (answer) return answer;
    }
    assert.fail(`within ${ms} ms never: ${what}`);
}

/** One running altledger; `log` is its stderr, `out` its stdout. */
export class Program {
    constructor(args) {
        this.name = `altledger ${args.join(" ")}`;
        this.log = this.out = "";
        this.child = spawn(binary, args, { stdio: ["ignore", "pipe", "pipe"] });
        this.child.stdout.on("data", (text) => { this.out += text; });
        this.child.stderr.on("data", (text) => { this.log += text; });
        running.add(this);
        this.ended = new Promise((done) => {
            this.child.on("close", (code, signal) => {
                running.delete(this);
                this.status = code ?? signal;
                done(this.status);
            });
        });
    }

    kill(signal) {
        this.child.kill(signal);
        return this;
    }

    /** Wait until stderr or stdout has `pattern`. */
    says(pattern, ms = PATIENCE_MS) {
        return until(() => {
            assert.ok(pattern.test(this.log + this.out) || this.status === undefined,
                `${this.name} ended (${this.status}) without ${pattern}:\n${this.log.slice(-4000)}`);
            return pattern.test(this.log + this.out);
        }, `${this.name} says ${pattern}`, ms);
    }

    /** Wait for the end, which must have this status (an exit status or a signal's name). */
    async ends(status = 0, ms = PATIENCE_MS) {
        const late = setTimeout(() => this.kill("SIGKILL"), ms);
        await this.ended;
        clearTimeout(late);
        assert.equal(this.status, status, `${this.name}:\n${this.log.slice(-4000)}\n${this.out.slice(-2000)}`);
        return this;
    }
}

export const start = (...args) => new Program(args);
/** Run to the end; the program must end with `status`. */
export const run = (args, status = 0) => new Program(args).ends(status);

export function freePort() {
    return new Promise((done) => {
        const server = createServer().listen(0, "127.0.0.1", () => {
            const { port } = server.address();
            server.close(() => done(port));
        });
    });
}

/** Start a command that serves (run, serve); gives {program, url} once it answers. */
export async function serve(...args) {
    const url = `http://127.0.0.1:${await freePort()}`;
    const program = start(...args, "--listen", url.slice("http://".length));
    await until(async () => {
        assert.equal(program.status, undefined, `${program.name} ended:\n${program.log.slice(-4000)}`);
        return fetch(`${url}/healthz`).then((reply) => reply.ok, () => false);
    }, `${program.name} serves`);
    return { program, url };
}

export async function get(url, status = 200) {
    const reply = await fetch(url);
    const text = await reply.text();
    assert.equal(reply.status, status, `${url}: ${text}`);
    return JSON.parse(text);
}
