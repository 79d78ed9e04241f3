// tests/scenarios/lib/drive.mjs - run the source driver (tests/ledger/mirror/drive_source.c) and read what it gave as a chain.
import { execFileSync, spawn } from "node:child_process";
import { writeFileSync } from "node:fs";
import { join, resolve } from "node:path";
import { createInterface } from "node:readline";
import { root } from "./anvil.mjs";

/** The path of a driver of tests/DIRECTORY; built if it is not given (DRIVE_SOURCE, DRIVE_COUNT, ...). */
export function driver(name = "drive_source", directory = "ledger/mirror") {
    const given = process.env[name.toUpperCase()];
    if (given) return given;
    const built = join(process.env.B ?? "build", "asan/tests", directory, name);
    execFileSync("make", ["-s", built], { cwd: root, stdio: "inherit" });
    return resolve(root, built);
}

export function writeNetwork(path, { chainId, contracts, startBlock = 0, parameters = {} }) {
    const entries = contracts.map((c, i) => ({ kind: "erc20", name: `C${i}`, from_block: startBlock, ...c }));
    writeFileSync(path, JSON.stringify({ name: "test", chain_id: chainId, start_block: startBlock, contracts: entries, parameters }));
    return path;
}

/**
 * Start the driver. Returns {chain, steps, errors, reorgs, health, done, stop, until}: `chain` maps number to the block as
 * last given; `until(test)` waits until test(run) holds; `done` resolves with the exit status.
 */
export function drive({ binary, network, urls, mode = "once", prove = "tail", backoff = 5, maxAnswer = 0, env = {} }) {
    const child = spawn(binary, [network, mode, prove, String(backoff), String(maxAnswer), ...urls], {
        env: { ...process.env, ...env },
        stdio: ["ignore", "pipe", "pipe"],
    });
    const run = { chain: new Map(), steps: [], errors: [], reorgs: [], health: null, log: "", last: null, waiting: [] };
    child.stderr.on("data", (text) => { run.log += text; });
    const read = (line) => {
        const step = JSON.parse(line);
        if (step.health) run.health = step.health;
        else if (step.error) run.errors.push(step);
        else run.steps.push(step);
        if (step.step) run.last = step;
        for (const block of step.blocks ?? []) {
            const before = run.chain.get(block.number - 1);
            if (run.chain.has(block.number)) throw new Error(`block ${block.number} given twice`);
            if (before && before.hash !== block.parent) throw new Error(`block ${block.number} is not linked`);
            run.chain.set(block.number, block);
        }
        if (step.step === "reorg") {
            run.reorgs.push(step.fork);
            for (const number of [...run.chain.keys()]) if (number > step.fork) run.chain.delete(number);
        }
        for (const wake of run.waiting.splice(0)) wake();
    };
    const lines = createInterface({ input: child.stdout });
    let broken = null;
    lines.on("line", (line) => {
        try {
            read(line);
        } catch (error) {
            broken ??= error;
            child.kill("SIGKILL");
        }
    });
    run.done = new Promise((done, fail) =>
        child.once("close", (status) => {
            for (const wake of run.waiting.splice(0)) wake();
            return broken ? fail(broken) : done(status);
        }));
    run.stop = () => { child.kill("SIGTERM"); return run.done; };
    run.until = async (test, ms = 20000) => {
        const end = Date.now() + ms;
        const timer = setTimeout(() => { for (const wake of run.waiting.splice(0)) wake(); }, ms);
        while (!test(run)) {
            if (Date.now() >= end || child.exitCode !== null || child.signalCode !== null)
                throw new Error(`waited in vain; last ${JSON.stringify(run.last)?.slice(0, 200)}, errors ${
                    JSON.stringify(run.errors.slice(-3))}\n${run.log.slice(-2000)}`);
            await new Promise((wake) => run.waiting.push(wake));
        }
        clearTimeout(timer);
    };
    return run;
}

/** The differences between what was given and the truth; `sparse`: blocks without logs may be left out up to this number. */
export function differences(run, truth, sparse = -1) {
    const wrong = [];
    const known = new Set();
    for (const block of truth) {
        known.add(block.number);
        const given = run.chain.get(block.number);
        if (!given && (block.number > sparse || block.logs.length)) wrong.push(`block ${block.number} was not given`);
        if (!given) continue;
        if (given.hash !== block.hash) wrong.push(`block ${block.number} has another hash`);
        if (JSON.stringify(given.logs) !== JSON.stringify(block.logs)) wrong.push(`block ${block.number} has other logs`);
    }
    for (const number of run.chain.keys()) if (!known.has(number)) wrong.push(`block ${number} does not exist`);
    return wrong;
}
