// tests/scenarios/lib/chain.mjs - make chains for tests on a local node: contracts, transactions, blocks, reorgs.
import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { join } from "node:path";
import { root } from "./anvil.mjs";

const require = createRequire(join(root, "tests/package.json"));

/** A seeded generator of numbers (mulberry32): next(n) is in [0, n), so that each run of a seed is the same run. */
export function random(seed) {
    let state = seed >>> 0;
    const real = () => {
        state = (state + 0x6d2b79f5) >>> 0;
        let t = state;
        t = Math.imul(t ^ (t >>> 15), t | 1);
        t ^= t + Math.imul(t ^ (t >>> 7), t | 61);
        return ((t ^ (t >>> 14)) >>> 0) / 4294967296;
    };
    return { real, next: (n) => Math.floor(real() * n), pick: (list) => list[Math.floor(real() * list.length)] };
}

/** Compile Solidity {file: source}, OpenZeppelin's imports included; returns {name: {abi, bytecode}}. */
export function compile(sources) {
    const solc = require("solc");
    const input = {
        language: "Solidity",
        sources: Object.fromEntries(Object.entries(sources).map(([name, content]) => [name, { content }])),
        settings: {
            evmVersion: "cancun",
            optimizer: { enabled: true, runs: 200 },
            outputSelection: { "*": { "*": ["abi", "evm.bytecode.object"] } },
        },
    };
    const found = (path) => {
        try {
            return { contents: readFileSync(join(root, "tests/node_modules", path), "utf8") };
        } catch (error) {
            return { error: String(error) };
        }
    };
    const output = JSON.parse(solc.compile(JSON.stringify(input), { import: found }));
    const bad = (output.errors ?? []).filter((e) => e.severity === "error");
    if (bad.length) throw new Error(bad.map((e) => e.formattedMessage).join("\n"));
    const contracts = {}, ours = new Map();
    for (const [path, file] of Object.entries(output.contracts))
        for (const [name, c] of Object.entries(file)) {
            if (path in sources && ours.has(name)) throw new Error(`two contracts are called ${name}: in ${ours.get(name)} and in ${path}`);
            if (path in sources) ours.set(name, path);
            else if (ours.has(name)) continue;
            contracts[name] = { abi: c.abi, bytecode: "0x" + c.evm.bytecode.object };
        }
    return contracts;
}

/**
 * A contract of 32 bytes that answers any call with logs: as many as the first byte of the calldata says, each with one
 * topic (counting down to 1) and the calldata as data. Quick to make, and enough where only logs matter.
 *   CALLDATACOPY(0, 0, CALLDATASIZE); n = calldata[0]; while (n) { n--; LOG1(0, CALLDATASIZE, n) }
 */
export const EMITTER = "0x6020600c60003960206000f3" +
    "36600060003760003560001a5b8015601e576001900380366000a1600c565b00";

/** Send transactions to the pool, in this order, without waiting; returns their hashes. */
export function send(node, transactions) {
    return node.askMany(transactions.map((t) => ["eth_sendTransaction", [{ gas: "0x7a1200", ...t }]]));
}

export function mine(node, blocks = 1) {
    return node.ask("anvil_mine", "0x" + blocks.toString(16), "0x1");
}

export async function head(node) {
    return Number(await node.ask("eth_blockNumber"));
}

/** The accounts anvil unlocks. */
export function accounts(node) {
    return node.ask("eth_accounts");
}

/** Deploy bytecode in a block of its own; returns the address. */
export async function deploy(node, bytecode, from) {
    const [hash] = await send(node, [{ from, data: bytecode, gas: "0x1c9c380" }]);
    await mine(node);
    const receipt = await node.ask("eth_getTransactionReceipt", hash);
    if (receipt?.status !== "0x1") throw new Error("the deployment failed");
    return receipt.contractAddress;
}

/** Calldata for EMITTER: n logs, and some bytes to tell it from others. */
export function emit(n, tag) {
    return "0x" + n.toString(16).padStart(2, "0") + tag.toString(16).padStart(14, "0");
}

/** Replace the last `depth` blocks; pairs: [transaction, index of the replaced block (0: the lowest)]. */
export function reorg(node, depth, pairs = []) {
    return node.ask("anvil_reorg", depth, pairs);
}

/** The chain as the node tells it: every block with the logs of these addresses. */
export async function truth(node, addresses, from = 0) {
    const last = await head(node);
    const range = { fromBlock: "0x" + from.toString(16), toBlock: "0x" + last.toString(16), address: addresses };
    const logs = await node.ask("eth_getLogs", range);
    const numbers = Array.from({ length: last - from + 1 }, (_, i) => from + i);
    const blocks = await node.askMany(numbers.map((n) => ["eth_getBlockByNumber", ["0x" + n.toString(16), false]]));
    return blocks.map((b) => ({
        number: Number(b.number),
        hash: b.hash,
        parent: b.parentHash,
        logs: logs.filter((l) => l.blockNumber === b.number)
            .map((l) => ({ index: Number(l.logIndex), tx: l.transactionHash, data: l.data })),
    }));
}
