// tests/scenarios/lib/golden.mjs - mirror a golden chain from its archive, serve it, and read lists of it page by page.
import assert from "node:assert/strict";
import { chmodSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { gunzipSync } from "node:zlib";
import { get, root, run, serve } from "./program.mjs";

/** Which chains are asked; GOLDEN_CHAINS names others. */
export const chains = (process.env.GOLDEN_CHAINS ?? "seed7,seed13").split(",");
const AT_ONCE = 8; // requests in flight
const PAGE = 7; // small on purpose: the lists must hold across many pages

/** All rows of a list, whose URL has a query already. */
export async function all(url, limit = PAGE) {
    const rows = [];
    let page = await get(`${url}&limit=${limit}`);
    for (;;) {
        rows.push(...page.data);
        if (!page.has_more) return rows;
        assert.ok(page.next_cursor, `${url}: has_more without next_cursor`);
        page = await get(`${url}&limit=${limit}&after=${encodeURIComponent(page.next_cursor)}`);
    }
}

export async function each(items, work) {
    const queue = [...items];
    await Promise.all(Array.from({ length: AT_ONCE }, async () => {
        while (queue.length) await work(queue.shift());
    }));
}

/** Mirror and serve a chain: {url, samples, contracts, parameters}; the samples are what the contracts' own view functions answered. */
export async function serve_chain(chain, undo) {
    const folder = join(root, "tests/data/chains", chain), network = join(folder, "network.json");
    const data = mkdtempSync(join(tmpdir(), "altledger-golden-"));
    chmodSync(data, 0o755); // PostgreSQL's user must get in, or its files lie elsewhere
    undo.push(() => rmSync(data, { recursive: true, force: true }));
    await run(["mirror", "--once", "--network", network, "--source", join(folder, "chain.ndjson.gz"), "--data", data]);
    const { program, url } = await serve("serve", "--data", data);
    undo.push(() => program.kill("SIGTERM").ends());
    const samples = JSON.parse(gunzipSync(readFileSync(join(folder, "truth.json.gz"))));
    const { contracts, parameters } = JSON.parse(readFileSync(network));
    return { url, samples, contracts, parameters };
}
