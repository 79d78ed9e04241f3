// tests/bench/ingest.mjs - how fast a chain becomes committed, indexed books: from an archive, from a node, beside bare COPY.
import { closeSync, existsSync, openSync, writeSync } from "node:fs";
import { spawnSync } from "node:child_process";
import { join } from "node:path";
import { startAnvil } from "../scenarios/lib/anvil.mjs";
import { accounts, compile, deploy, mine, send } from "../scenarios/lib/chain.mjs";
import {
    createDatabase, dir, dropDatabase, figure, mirror, psql, rounds, run, scaled, settle, start, tool, writeNetwork,
} from "./lib.mjs";

const LOGS_PER_BLOCK = 500;
export const MEMORY_GOAL = 200 * 1024 * 1024;
const HOLDERS = 20000;
const peaks = new Map(); // events -> bytes

/** How many holders a generated chain of so many transfers has. */
export const holdersOf = (transfers) => Math.min(HOLDERS, Math.max(10, transfers >> 4));
/** The address of a holder, as gen_archive makes it. */
export const holder = (k) => "0x" + "a".repeat(24) + BigInt.asUintN(64, BigInt(k + 1) * 0x9e3779b97f4a7c15n).toString(16).padStart(16, "0");
export const blocksOf = (transfers) => Math.ceil(transfers / LOGS_PER_BLOCK);

const generator = (transfers, every) => [blocksOf(transfers), LOGS_PER_BLOCK, holdersOf(transfers), every].map(String);

function generate(path, transfers) {
    if (existsSync(path)) return;
    const out = openSync(path, "w");
    const { status } = spawnSync(tool("gen_archive"), generator(transfers, 0), { stdio: ["ignore", out, "inherit"] });
    closeSync(out);
    if (status !== 0) throw new Error("gen_archive failed");
}

const made = new Map();

/** A database with the books of a generated chain, made once. `every` as in gen_archive. */
export function books(name, transfers, every = 0) {
    if (!made.has(name)) made.set(name, make(name, transfers, every));
    return made.get(name);
}

async function make(name, transfers, every) {
    await createDatabase(name);
    const fifo = join(dir, `${name}.fifo`); // gigabytes that need not be on disk
    await run("mkfifo", [fifo]);
    const out = start("/bin/sh", ["-c", `exec "$0" ${generator(transfers, every).join(" ")} > "${fifo}"`, tool("gen_archive")]);
    const result = await mirror(name, writeNetwork(name), fifo);
    await out.gone;
    peaks.set(blocksOf(transfers) * LOGS_PER_BLOCK, result.peak);
    psql(name, "VACUUM"); // else autovacuum does it while something is measured, and fsync waits for what it writes
    settle();
    return { name, transfers, blocks: blocksOf(transfers), holders: holdersOf(transfers) };
}

// ---- from an archive ----

const TABLES = ["mirror.block", "mirror.chain", "mirror.event", "mirror.feed", "ledger.account", "ledger.entry", "ledger.control", "ledger.root"];
const LATE_INDEXES = ["mirror.event_by_type", "mirror.event_by_subject", "mirror.event_by_contract", "ledger.account_owner",
    "ledger.entry_key"]; // as mirror.bulk_begin
const rowsFile = (table) => join(dir, `${table}.rows`);

/** Keep the rows of these tables for copyRows(). */
export function dump(database, tables) {
    psql(database, ...tables.map((t) => `\\copy (SELECT * FROM ${t} ORDER BY ctid) TO '${rowsFile(t)}' WITH (FORMAT binary)`));
}

/** Load the very same rows into the same tables; seconds. `late`: some indexes are built afterwards, as the mirror does. */
export async function copyRows(tables, late) {
    await createDatabase("limit_copy");
    const indexes = psql("limit_copy", `SELECT pg_get_indexdef(indexrelid) FROM pg_index
        WHERE indexrelid IN (${LATE_INDEXES.map((i) => `'${i}'::regclass`)})`).split("\n");
    if (late) psql("limit_copy", `DROP INDEX ${LATE_INDEXES}`);
    settle();
    const began = performance.now();
    psql("limit_copy", ...tables.map((t) => `\\copy ${t} FROM '${rowsFile(t)}' WITH (FORMAT binary)`));
    if (late) psql("limit_copy", "SET maintenance_work_mem = '256MB'", ...indexes);
    psql("limit_copy", "ANALYZE mirror.event, mirror.block, mirror.chain, ledger.account, ledger.entry");
    const took = (performance.now() - began) / 1000;
    dropDatabase("limit_copy");
    return took;
}

export async function archive() {
    const transfers = scaled(1e6, 10000), file = join(dir, "archive.ndjson"), network = writeNetwork("archive");
    const events = blocksOf(transfers) * LOGS_PER_BLOCK;
    generate(file, transfers);
    let ours = 0, all = 0, late = 0;
    for (let i = 0; i < rounds; i++) {
        await createDatabase("archive");
        settle();
        const result = await mirror("archive", network, file);
        peaks.set(events, result.peak);
        ours = Math.max(ours, events / result.seconds);
        if (i === 0) dump("archive", TABLES);
        all = Math.max(all, events / await copyRows(TABLES, false));
        late = Math.max(late, events / await copyRows(TABLES, true));
    }
    dropDatabase("archive");
    const limit = Math.max(all, late), count = events.toLocaleString("en-US");
    figure(`archive, ${count} transfers/s, indexed; COPY of the same rows`, ours, limit, ">= 0.50", ours >= limit / 2);
    figure("  of these COPY with all indexes from the start", ours, all);
    figure("  of these COPY, most indexes afterwards", ours, late);
    figure("archive, ERC-20 transfers/s in an initial backfill", ours, null, ">= 50,000", ours >= 50000);
}

// ---- from a node ----

const EMITTER = `// SPDX-License-Identifier: MIT
pragma solidity ^0.8.20;
contract Emitter {
    event Transfer(address indexed from, address indexed to, uint256 value);
    function holder(uint256 k) private pure returns (address) { return address(uint160(uint256(keccak256(abi.encode(k))))); }
    function mint(uint256 first, uint256 n) external {
        for (uint256 i = 0; i < n; i++) emit Transfer(address(0), holder(first + i), 1e18);
    }
    function move(uint256 seed, uint256 n, uint256 holders) external {
        for (uint256 i = 0; i < n; i++) {
            unchecked { seed = seed * 6364136223846793005 + 1442695040888963407; }
            emit Transfer(holder((seed >> 40) % holders), holder((seed >> 80) % holders), 1 + seed % 1000);
        }
    }
}`;

const word = (v) => BigInt(v).toString(16).padStart(64, "0");

/** A node with a chain of so many transfers; {node, address, events}. */
async function nodeWithTransfers(transfers) {
    const { ethers } = await import("ethers");
    const selector = (signature) => ethers.id(signature).slice(0, 10);
    const node = await startAnvil({ args: ["--disable-block-gas-limit"] });
    try {
        const [from] = await accounts(node);
        const address = await deploy(node, compile({ "Emitter.sol": EMITTER }).Emitter.bytecode, from);
        const holders = Math.max(LOGS_PER_BLOCK, Math.min(5000, transfers / 20 - transfers / 20 % LOGS_PER_BLOCK));
        const call = async (signature, ...values) => {
            await send(node, [{ from, to: address, gas: "0x5f5e100", data: selector(signature) + values.map(word).join("") }]);
            await mine(node);
        };
        for (let i = 0; i < holders; i += LOGS_PER_BLOCK) await call("mint(uint256,uint256)", i, LOGS_PER_BLOCK);
        const blocks = blocksOf(transfers - holders);
        for (let i = 0; i < blocks; i++) await call("move(uint256,uint256,uint256)", i + 1, LOGS_PER_BLOCK, holders);
        return { node, address, events: holders + blocks * LOGS_PER_BLOCK };
    } catch (error) {
        await node.stop();
        throw error;
    }
}

export async function rpc() {
    const transfers = scaled(1e5, 5000), modes = ["off", "tail", "all"], best = { archive: 0, off: 0, tail: 0, all: 0 };
    const { node, address, events } = await nodeWithTransfers(transfers);
    const network = writeNetwork("rpc", { chainId: node.chainId, address }), file = join(dir, "same.ndjson");
    try {
        await exportArchive(node, address, file);
        for (let i = 0; i < rounds; i++) {
            for (const mode of ["archive", ...modes]) {
                await createDatabase("rpc");
                settle();
                const args = mode === "archive" ? [] : ["--prove-logs", mode];
                const result = await mirror("rpc", network, mode === "archive" ? file : node.url, args);
                const stored = Number(psql("rpc", "SELECT count(*) FROM mirror.event"));
                if (stored !== events) throw new Error(`rpc, ${mode}: ${stored} of ${events} events`);
                best[mode] = Math.max(best[mode], events / result.seconds);
                peaks.set(events, result.peak);
            }
        }
    } finally {
        await node.stop();
        dropDatabase("rpc");
    }
    const count = events.toLocaleString("en-US");
    for (const mode of modes)
        figure(`anvil, ${count} transfers/s, --prove-logs ${mode}; the same archive`, best[mode], best.archive, mode === "off" ? ">= 0.70" : "",
            mode === "off" ? best.off >= 0.7 * best.archive : undefined);
}

/** The node's chain as an archive, so that both sources give the very same events. */
async function exportArchive(node, address, file) {
    const out = openSync(file, "w");
    const last = Number(await node.ask("eth_blockNumber"));
    for (let n = 0; n <= last; n++) {
        const number = "0x" + n.toString(16);
        const [block, logs] = await node.askMany([["eth_getBlockByNumber", [number, false]],
            ["eth_getLogs", [{ fromBlock: number, toBlock: number, address }]]]);
        const { hash, parentHash, timestamp, logsBloom } = block;
        writeSync(out, JSON.stringify({ number, hash, parentHash, timestamp, logsBloom, logs }) + "\n");
    }
    closeSync(out);
}

// ---- memory ----

export async function memory() {
    if (peaks.size < 2) {
        await books("small", scaled(5e4, 5000), 2);
        await books("middle", scaled(1e6, 10000));
    }
    const sizes = [...peaks.keys()].sort((a, b) => a - b);
    for (const n of sizes)
        figure(`memory, peak MiB of the mirror at ${n.toLocaleString("en-US")} events`, peaks.get(n) / 2 ** 20, MEMORY_GOAL / 2 ** 20,
            "< 1.00", peaks.get(n) < MEMORY_GOAL);
}
