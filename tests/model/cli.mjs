// tests/model/cli.mjs - write a modelled chain as files in the golden chains' forms: archive, network file, truth.
//
// node tests/model/cli.mjs --seed N --blocks N --out DIR [--stakers N] [--sample PERCENT] [--fork-at N --fork-seed M]
// Writes chain.ndjson.gz, network.json, addresses.json, truth.json.gz; with a fork also fork.ndjson.gz (the other tail's blocks,
// the first is fork-at + 1, which must lie after the setup of some 50 blocks) and fork_truth.json.gz. Every block with a slash and
// the last one are sampled, of the others PERCENT (25). Above 500 stakers it is one big operator and a crowd (see crowd.mjs),
// sampled at its slashes and at the end.
import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { parseArgs } from "node:util";
import { dice, network } from "./actors.mjs";
import { GzipFile } from "./chain.mjs";
import { Crowd } from "./crowd.mjs";
import { Scenario } from "./scenario.mjs";

const CROWD = 500; // stakers, from which on it is a crowd

/** A truth file: a JSON array, an element a line. */
class TruthFile {
    constructor(path) {
        this.file = new GzipFile(path);
        this.separator = "[\n";
    }

    write(element) {
        this.file.write(`${this.separator}${JSON.stringify(element)}`);
        this.separator = ",\n";
    }

    close() {
        this.file.write("\n]\n");
        this.file.close();
    }
}

/** Run `scenario` to block `last` (number), giving each block and each sample; `chosen()` says whether a quiet block is sampled. */
function run(scenario, steps, last, { on_block, on_sample, chosen }) {
    for (const { block, slashes } of steps) {
        on_block(block);
        const number = Number(block.number);
        if (slashes.length > 0 || number === last || chosen(number)) on_sample(scenario.sample(slashes));
        if (number === last) return;
    }
}

function* steps(scenario, with_setup) {
    if (with_setup) yield* scenario.setup();
    for (;;) yield scenario.step();
}

/** A chain in memory: {scenario, network, blocks, truth, fork: {blocks, truth} or null}. */
export function generate({ seed, blocks, stakers = 24, percent = 25, fork_at = null, fork_seed = 1, trace = false }) {
    const scenario = stakers > CROWD ? new Crowd(seed, { stakers, blocks }) : new Scenario(seed, { stakers });
    if (trace) scenario.trace = [];
    const out = { scenario, network: network(`model${seed}`, scenario), blocks: [], truth: [], fork: null };
    write(scenario, { blocks, percent, fork_at, fork_seed }, {
        main: { on_block: (b) => out.blocks.push(b), on_sample: (s) => out.truth.push(s) },
        fork: () => {
            out.fork = { blocks: [], truth: [] };
            return { on_block: (b) => out.fork.blocks.push(b), on_sample: (s) => out.fork.truth.push(s) };
        },
    });
    return out;
}

function write(scenario, { blocks, percent, fork_at, fork_seed }, { main, fork }) {
    const picker = dice(scenario.seed + 77), last = blocks - 1;
    const chosen = (number) => scenario.people.stakers.length <= CROWD && number > scenario.delays.withdrawal && picker.chance(percent);
    if (fork_at === null) {
        run(scenario, steps(scenario, true), last, { ...main, chosen });
        return;
    }
    const walk = steps(scenario, true);
    for (const { block, slashes } of walk) {
        main.on_block(block);
        if (slashes.length > 0 || chosen(Number(block.number))) main.on_sample(scenario.sample(slashes));
        if (Number(block.number) === fork_at) break;
    }
    const other = scenario.fork(fork_seed), outlet = fork();
    run(other, steps(other, false), last, { ...outlet, chosen });
    outlet.close?.();
    run(scenario, steps(scenario, false), last, { ...main, chosen });
}

function addresses_file({ addresses, people, delays }) {
    return { chain_id: 31337, first_block: 0, contracts: addresses, people, parameters: { eigenlayer: delays } };
}

function files(folder, chain_name, truth_name) {
    const chain = new GzipFile(join(folder, chain_name)), truth = new TruthFile(join(folder, truth_name));
    return {
        on_block: (block) => chain.write(`${JSON.stringify(block)}\n`), on_sample: (element) => truth.write(element),
        close: () => {
            chain.close();
            truth.close();
        },
    };
}

function main() {
    const option = (fallback) => ({ type: "string", default: fallback });
    const { values } = parseArgs({ options: {
        seed: option("1"), blocks: option("400"), out: option(undefined), stakers: option("24"), sample: option("25"),
        "fork-at": option(undefined), "fork-seed": option("1"),
    } });
    if (!values.out) throw new Error("--out DIR is missing");
    const seed = Number(values.seed), blocks = Number(values.blocks), stakers = Number(values.stakers);
    const scenario = stakers > CROWD ? new Crowd(seed, { stakers, blocks }) : new Scenario(seed, { stakers });
    mkdirSync(values.out, { recursive: true });
    const put = (name, content) => writeFileSync(join(values.out, name), `${JSON.stringify(content, null, 1)}\n`);
    put("network.json", network(`model${seed}`, scenario));
    put("addresses.json", addresses_file(scenario));
    const outlet = files(values.out, "chain.ndjson.gz", "truth.json.gz");
    const fork_at = values["fork-at"] === undefined ? null : Number(values["fork-at"]);
    write(scenario, { blocks, percent: Number(values.sample), fork_at, fork_seed: Number(values["fork-seed"]) },
        { main: outlet, fork: () => files(values.out, "fork.ndjson.gz", "fork_truth.json.gz") });
    outlet.close();
}

if (import.meta.url === pathToFileURL(process.argv[1] ?? "").href) main();
