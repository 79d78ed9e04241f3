// tests/scenarios/lib/anvil.mjs - start and stop a local Ethereum node, and ask it by JSON-RPC.
import { spawn } from "node:child_process";
import { createServer } from "node:net";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

export const root = join(dirname(fileURLToPath(import.meta.url)), "../../..");
const BINARY = join(root, "tests/node_modules/.bin/anvil");

/** A port of 127.0.0.1 that is free now. */
export function freePort() {
    return new Promise((done, fail) => {
        const server = createServer().once("error", fail);
        server.listen(0, "127.0.0.1", () => {
            const { port } = server.address();
            server.close(() => done(port));
        });
    });
}

/** Ask `url` one JSON-RPC question; throws what the node answers as an error. */
export async function ask(url, method, params = []) {
    const [answer] = await askMany(url, [[method, params]]);
    return answer;
}

/** Ask many at once: [[method, params], ..]. */
export async function askMany(url, calls) {
    if (calls.length === 0) return [];
    const body = JSON.stringify(calls.map(([method, params], id) => ({ jsonrpc: "2.0", id, method, params })));
    const reply = await fetch(url, { method: "POST", headers: { "content-type": "application/json" }, body });
    const answers = await reply.json();
    const results = [];
    for (const { id, result, error } of answers) {
        if (error) throw new Error(`${calls[id][0]}: ${error.message} (${error.code})`);
        results[id] = result;
    }
    return results;
}

/**
 * Start anvil without automatic mining, so that the test decides what is in a block.
 * Returns {url, ask, askMany, stop}. `args` are further flags of anvil.
 */
export async function startAnvil({ chainId = 31337, args = [] } = {}) {
    const port = await freePort();
    const url = `http://127.0.0.1:${port}`;
    const child = spawn(
        BINARY,
        ["--host", "127.0.0.1", "--port", port, "--chain-id", chainId, "--no-mining", "--auto-impersonate",
            "--order", "fifo", "--disable-code-size-limit", "--timestamp", 1700000000, "--silent", ...args].map(String),
        { stdio: "ignore" },
    );
    const gone = new Promise((done) => child.once("exit", done));
    for (let i = 0; ; i++) {
        try {
            await ask(url, "eth_chainId");
            break;
        } catch (error) {
            if (i > 400 || child.exitCode !== null) throw error;
            await new Promise((done) => setTimeout(done, 25));
        }
    }
    return {
        url,
        port,
        chainId,
        ask: (method, ...params) => ask(url, method, params),
        askMany: (calls) => askMany(url, calls),
        async stop() {
            child.kill("SIGKILL");
            await gone;
        },
    };
}
