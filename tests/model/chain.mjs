// tests/model/chain.mjs - blocks of transactions over a modelled world: hashes, blooms, logs in eth_getLogs' form, archives.
import { createHash } from "node:crypto";
import { closeSync, openSync, writeSync } from "node:fs";
import { createRequire } from "node:module";
import { constants, gzipSync } from "node:zlib";
import { encode } from "./encode.mjs";

const { keccak256 } = createRequire(new URL("../package.json", import.meta.url))("ethers");
const START = 0x68eee400; // some time in 2025
const KNOWN_MAX = 200_000;
const CHUNK = 4 << 20; // bytes gathered before they are compressed

export const hex = (number) => `0x${number.toString(16)}`;
const made_up = (...parts) => `0x${createHash("sha256").update(parts.join("/")).digest("hex")}`;

const bits = new Map(); // item -> its three bits in the bloom
function bloom_bits(item) {
    let found = bits.get(item);
    if (!found) {
        const hash = Buffer.from(keccak256(item).slice(2), "hex");
        found = [0, 2, 4].map((i) => hash.readUInt16BE(i) & 2047);
        if (bits.size >= KNOWN_MAX) bits.clear();
        bits.set(item, found);
    }
    return found;
}

/** The header's bloom over the logs, as Ethereum makes it. */
export function bloom(logs) {
    const bytes = Buffer.alloc(256);
    for (const { address, topics } of logs)
        for (const item of [address, ...topics])
            for (const bit of bloom_bits(item)) bytes[255 - (bit >> 3)] |= 1 << (bit & 7);
    return `0x${bytes.toString("hex")}`;
}

/** A growing chain. `name` goes into every hash, so that two tails of one chain differ even where their logs do not. */
export class Chain {
    constructor(world, name, head = { number: -1, hash: `0x${"00".repeat(32)}`, timestamp: START - 1 }) {
        Object.assign(this, { world, name, head });
    }

    /**
     * The next block of transactions (each a list of calls), `seconds` after the last. Returns {block, accepted}: the line of the
     * archive, and which transactions were not refused. `executed` is called with each transaction's index and its logs' first
     * index while it is still the last one.
     */
    grow(transactions, seconds = 1, executed = null) {
        const number = this.head.number + 1, timestamp = this.head.timestamp + seconds;
        this.world.block = number;
        const logs = [], accepted = [];
        transactions.forEach((calls, index) => {
            const emitted = this.world.transaction(calls);
            accepted.push(emitted !== null);
            if (!emitted) return;
            executed?.(index, logs.length, emitted);
            const transaction = made_up(this.name, number, index, this.head.hash);
            for (const log of emitted) logs.push({ address: log.address, ...encode(log), transaction, index });
        });
        const hash = made_up(this.name, number, this.head.hash, timestamp, JSON.stringify(logs));
        const block = {
            number: hex(number), hash, parentHash: this.head.hash, timestamp: hex(timestamp), logsBloom: bloom(logs),
            logs: logs.map(({ address, topics, data, transaction, index }, i) => ({
                address, topics, data, blockHash: hash, blockNumber: hex(number), blockTimestamp: hex(timestamp),
                transactionHash: transaction, transactionIndex: hex(index), logIndex: hex(i), removed: false,
            })),
        };
        this.head = { number, hash, timestamp };
        return { block, accepted };
    }

    /** Another chain that goes on from here. */
    fork(name) {
        return new Chain(this.world.clone(), name, this.head);
    }
}

/** Text into a gzip file, in members of a few megabytes, so that memory stays flat. */
export class GzipFile {
    constructor(path) {
        this.fd = openSync(path, "w");
        this.parts = [];
        this.size = 0;
    }

    write(text) {
        this.parts.push(text);
        this.size += text.length;
        if (this.size >= CHUNK) this.flush();
    }

    flush() {
        if (this.size === 0) return;
        const bytes = gzipSync(this.parts.join(""), { level: 1, strategy: constants.Z_DEFAULT_STRATEGY });
        for (let at = 0; at < bytes.length;) at += writeSync(this.fd, bytes, at);
        this.parts = [];
        this.size = 0;
    }

    close() {
        this.flush();
        closeSync(this.fd);
    }
}
