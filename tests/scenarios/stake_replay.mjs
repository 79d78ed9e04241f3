// tests/scenarios/stake_replay.mjs - stake replayed with random cuts, restarts and reorgs ends in the same rows and roots.
//
// Chains: the golden ones with made-up branches told on the way, and modelled ones with two tails that both come from a consistent
// history (tests/model). SEED varies the cuts.
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { generate } from "../model/cli.mjs";
import { read_archive, with_reorgs, write_archive } from "./lib/archive.mjs";
import { random } from "./lib/chain.mjs";
import { check_books, Cluster, digests } from "./lib/pg.mjs";
import { root, run } from "./lib/program.mjs";

const SEED = Number(process.env.SEED ?? 7);
const RUNS = 3;
const files = mkdtempSync(join(tmpdir(), "altledger-replay-"));
let cluster;

before(async () => { cluster = await new Cluster().start(); });
after(async () => {
    await cluster.stop();
    cluster.remove();
    rmSync(files, { recursive: true, force: true });
});

/** The network file, with finality so deep that no reorg of the test goes below it. */
function network_file(name, network) {
    const path = join(files, `${name}.json`);
    writeFileSync(path, JSON.stringify({ ...network, parameters: { ...network.parameters, finality_depth_blocks: 5000 } }));
    return path;
}

const mirror = (network, source, database, ...more) =>
    run(["mirror", "--once", "--network", network, "--source", source, "--database", cluster.conninfo(database), ...more]);

async function calm(network, blocks, name) {
    const database = cluster.create();
    await mirror(network, write_archive(join(files, `${name}-calm.ndjson`), blocks), database);
    return digests(cluster, database);
}

/** Mirror `blocks` in several lives: each sees the file as far as it was written then, in batches of its own size. */
async function in_pieces(network, blocks, dice, name) {
    const database = cluster.create();
    const path = join(files, `${name}.ndjson`);
    let pieces = 0;
    for (let end = 0; end < blocks.length; pieces++) {
        end = Math.min(blocks.length, end + 1 + dice.next(Math.ceil(blocks.length / 3)));
        write_archive(path, blocks.slice(0, end));
        await mirror(network, path, database, "--batch-blocks", String(1 + dice.next(pieces % 2 ? 400 : 20)),
            "--batch-logs", String(1 + dice.next(5000)));
    }
    return { database, pieces };
}

for (const chain of ["seed13", "seed7"]) {
    test(`${chain}: cut, restarted and reorganised, the books are those of a quiet mirror`, async (t) => {
        const folder = join(root, "tests/data/chains", chain);
        const network = network_file(chain, JSON.parse(readFileSync(join(folder, "network.json"))));
        const blocks = read_archive(join(folder, "chain.ndjson.gz"));
        const expected = await calm(network, blocks, chain);
        const runs = chain === "seed7" ? 1 : RUNS; // the long one once
        for (let i = 0; i < runs; i++) {
            const dice = random(SEED * 100 + i);
            const { blocks: told, reorgs } = with_reorgs(blocks, dice);
            const { database, pieces } = await in_pieces(network, told, dice, `${chain}-${i}`);
            await check_books(cluster, database, expected);
            t.diagnostic(`run ${i}: ${told.length} lines in ${pieces} pieces, ${reorgs} reorgs`);
            cluster.drop(database);
        }
    });
}

/** Two tails of one chain told in turns: part of one, more of the other, and so on; the one that shall win comes last, whole. */
function alternate(base, tails, dice) {
    const told = [...base];
    let turn = 0;
    for (let end = 3; end < tails[1].length; end += 1 + dice.next(25), turn++)
        told.push(...tails[turn % 2].slice(0, end));
    told.push(...tails[0].slice(0, tails[0].length), ...tails[1]);
    return { told, turns: turn + 2 };
}

for (const seed of [SEED, SEED + 1, SEED + 2]) {
    test(`model ${seed}: a node that switches between two tails leaves the books of the tail it ends on`, async (t) => {
        const fork_at = 90, dice = random(seed);
        const model = generate({ seed, blocks: 180, fork_at, fork_seed: seed + 1000 });
        const base = model.blocks.slice(0, fork_at + 1), tails = [model.blocks.slice(fork_at + 1), model.fork.blocks];
        const network = network_file(`model${seed}`, model.network);
        for (const order of [tails, [...tails].reverse()]) {
            const expected = await calm(network, [...base, ...order[1]], `model${seed}`);
            const { told, turns } = alternate(base, order, dice);
            const { database, pieces } = await in_pieces(network, told, dice, `model${seed}`);
            await check_books(cluster, database, expected);
            t.diagnostic(`${told.length} lines, ${turns} turns, ${pieces} pieces`);
            cluster.drop(database);
        }
    });
}
