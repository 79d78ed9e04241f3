// tests/scenarios/lib/http.mjs - start the test server (tests/api/drive_server.c) and speak to it over raw sockets.
import { execFileSync, spawn } from "node:child_process";
import { connect } from "node:net";
import { join } from "node:path";
import { root } from "./anvil.mjs";

const BUILT = join(process.env.B ?? "build", "asan/tests/api/drive_server");

function driver() {
    if (process.env.DRIVE_SERVER) return process.env.DRIVE_SERVER;
    execFileSync("make", ["-s", BUILT], { cwd: root, stdio: "inherit" });
    return join(root, BUILT);
}

/** Start the server; options as KEY: number. Returns {port, url, conninfo, log(), stop(), exited}. */
export async function startServer(options = {}) {
    const args = Object.entries(options).map(([key, value]) => `${key}=${value}`);
    const child = spawn(driver(), args, { stdio: ["ignore", "pipe", "pipe"] });
    let log = "";
    child.stderr.on("data", (text) => { log = (log + text).slice(-50000); });
    const exited = new Promise((done) => child.once("exit", (code, signal) => done({ code, signal })));
    const first = await Promise.race([
        new Promise((done) => child.stdout.once("data", (text) => done(String(text)))),
        exited.then((how) => { throw new Error(`the server ended: ${JSON.stringify(how)}\n${log}`); }),
    ]);
    const [port, ...rest] = first.trim().split(" ");
    const conninfo = rest.join(" ");
    for (let i = 0; ; i++) {
        const reply = await fetch(`http://127.0.0.1:${port}/readyz`).catch(() => null);
        if (reply?.ok) break;
        if (i > 200) throw new Error(`the server is not ready\n${log}`);
        await sleep(50);
    }
    const stop = async () => {
        child.kill("SIGTERM");
        const how = await exited;
        if (how.code !== 0) throw new Error(`the server ended with ${JSON.stringify(how)}\n${log}`);
    };
    const sql = (text) => execFileSync("psql", [conninfo, "-qAtX", "-v", "ON_ERROR_STOP=1", "-c", text], { encoding: "utf8" }).trim();
    return { port: Number(port), url: `http://127.0.0.1:${port}`, conninfo, sql, log: () => log, stop, exited, child };
}

export const sleep = (ms) => new Promise((done) => setTimeout(done, ms));

/** A raw connection: {socket, send, text(), closed (resolves with ms since opening), until(test, ms)}. */
export function open(port, { onData = true } = {}) {
    const began = Date.now();
    const socket = connect({ port, host: "127.0.0.1", allowHalfOpen: true });
    const parts = [];
    let done = false;
    const c = { socket, bytes: 0 };
    if (onData) socket.on("data", (part) => { parts.push(part); c.bytes += part.length; });
    socket.on("error", () => {});
    c.closed = new Promise((end) => {
        const finish = () => { done = true; end(Date.now() - began); };
        socket.once("end", finish);
        socket.once("close", finish);
    });
    c.opened = new Promise((end) => { socket.once("connect", end); socket.once("close", end); });
    c.send = (text) => new Promise((end) => socket.write(Buffer.isBuffer(text) ? text : Buffer.from(text, "latin1"), () => end()));
    c.text = () => Buffer.concat(parts).toString("latin1");
    c.over = () => done;
    c.until = async (test, ms = 5000) => {
        for (const limit = Date.now() + ms; Date.now() < limit; await sleep(10)) if (test(c.text())) return true;
        return false;
    };
    c.destroy = () => socket.destroy();
    return c;
}

/** Send bytes, read until the connection closes or is quiet: the text of all answers. */
export async function exchange(port, bytes, { ms = 3000, quiet = 250 } = {}) {
    const c = open(port);
    await c.opened;
    await c.send(bytes);
    let seen = -1;
    for (const limit = Date.now() + ms; Date.now() < limit && !c.over(); ) {
        await sleep(c.bytes === 0 ? 20 : quiet);
        if (c.bytes > 0 && c.bytes === seen) break;
        seen = c.bytes;
    }
    const text = c.text();
    const closed = c.over();
    c.destroy();
    return { text, closed, statuses: [...text.matchAll(/HTTP\/1\.1 (\d{3}) /g)].map((m) => Number(m[1])) };
}
