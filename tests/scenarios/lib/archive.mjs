// tests/scenarios/lib/archive.mjs - read archives, and write them with made-up branches, gaps, repetitions and cuts.
import { readFileSync, writeFileSync } from "node:fs";
import { createHash } from "node:crypto";
import { gunzipSync, gzipSync } from "node:zlib";

/** The blocks of an archive file. */
export function read_archive(path) {
    const bytes = readFileSync(path);
    const text = (bytes[0] === 0x1f ? gunzipSync(bytes) : bytes).toString("utf8");
    return text.trim().split("\n").map((line) => JSON.parse(line));
}

export const to_text = (blocks) => blocks.map((block) => `${JSON.stringify(block)}\n`).join("");

export function write_archive(path, blocks) {
    writeFileSync(path, path.endsWith(".gz") ? gzipSync(to_text(blocks), { level: 1 }) : to_text(blocks));
    return path;
}

const made_up = (...parts) => `0x${createHash("sha256").update(parts.join("/")).digest("hex")}`;

/**
 * Another history after blocks[fork]: `length` blocks with hashes of their own and, in each, some logs of the real block, in
 * another composition: left out, or with those of a neighbour. An archive's hashes are not recomputed, so only the links
 * between them must hold.
 */
export function branch(blocks, fork, length, random, name) {
    const out = [];
    let parent = blocks[fork];
    for (let i = 1; i <= length && fork + i < blocks.length; i++) {
        const real = blocks[fork + i];
        const hash = made_up(name, real.number, real.hash);
        const neighbours = blocks.slice(Math.max(fork + i - 3, 1), fork + i + 3).flatMap((block) => block.logs);
        const logs = real.logs.filter(() => random.next(3) > 0);
        for (let n = random.next(6); n > 0 && neighbours.length > 0; n--) logs.push(random.pick(neighbours));
        out.push({
            ...real, hash, parentHash: parent.hash,
            logs: logs.map((log, index) => ({
                ...log, blockNumber: real.number, blockHash: hash, logIndex: `0x${index.toString(16)}`,
                transactionHash: made_up(name, log.transactionHash),
            })),
        });
        parent = out.at(-1);
    }
    return out;
}

/**
 * The chain with reorgs on the way, which ends as if there had been none. Every `every` blocks or so another history of up to
 * `depth` blocks is told first, sometimes after the real one, which then returns.
 */
export function with_reorgs(blocks, random, { every = 40, depth = 20 } = {}) {
    const out = [blocks[0]];
    let reorgs = 0;
    for (let at = 1; at < blocks.length;) {
        const next = Math.min(blocks.length, at + 1 + random.next(every));
        out.push(...blocks.slice(at, next));
        at = next;
        if (at >= blocks.length) break;
        const fork = at - 1, length = 1 + random.next(depth), name = `branch ${reorgs}`;
        if (random.next(3) === 0) out.push(...blocks.slice(at, at + 1 + random.next(length))); // leaves, and comes again
        out.push(...branch(blocks, fork, length, random, name));
        if (random.next(3) === 0) out.push(...branch(blocks, fork, 1 + random.next(length), random, `${name}, second`));
        reorgs++;
    }
    return { blocks: out, reorgs };
}
