// tests/bench/tree.mjs - figures on proofs of a distribution: its root and all proofs beside @openzeppelin/merkle-tree, and a proof looked up over HTTP.
import { closeSync, openSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { chain, COORDINATOR, days, distributions, position } from "../scenarios/lib/earnings.mjs";
import { root as checkout } from "../scenarios/lib/anvil.mjs";
import { conninfo, createDatabase, dir, dropDatabase, figure, note, pressure, program, psql, rounds, run, scaled, serve, start, tool } from "./lib.mjs";

const LEAVES = scaled(1e6, 10000), PROOFS = scaled(10000, 1000), TIMES = 50, P99_MS = 1; // goals: so many times as fast; milliseconds
const DATABASE = "tree", DAY = 20000, TOKEN = "\\x" + "a1".repeat(20);
const count = (n) => n.toLocaleString("en-US");

async function root() {
    let ours = null;
    for (let i = 0; i < Math.max(rounds, 2); i++) {
        const took = JSON.parse(await run(tool("reward_tree"), [LEAVES]));
        if (ours === null || took.build + took.prove < ours.build + ours.prove) ours = took;
    }
    const theirs = JSON.parse(await run(process.execPath, ["--max-old-space-size=8192", fileURLToPath(new URL("openzeppelin_tree.mjs", import.meta.url)), LEAVES, PROOFS]));
    const [seconds, limit] = [(ours.build + ours.prove) / 1e9, theirs.build + theirs.prove];
    figure(`root and all proofs of ${count(LEAVES)} leaves, s; OpenZeppelin`, seconds, limit, `< 1/${TIMES}`, seconds * TIMES < limit);
    note(`${(limit / seconds).toFixed(0)} times as fast: root ${(ours.build / 1e9).toFixed(2)} s, proofs ${(ours.prove / 1e9).toFixed(2)} s; theirs `
        + `${theirs.build.toFixed(1)} s, ${theirs.prove.toFixed(1)} s (of ${count(PROOFS)} proofs)`);
    figure(`  p99 ms of a proof from memory`, ours.p99 / 1e6, P99_MS, "< 1.00", ours.p99 / 1e6 < P99_MS);
}

/** Books with as many earners, by rows: a chain of rewards is another figure. Returns the file of their names. */
async function fill() {
    const sql = { create: () => (DATABASE), conninfo, sql: (database, text) => psql(database, text) };
    await createDatabase(DATABASE);
    await chain(sql, { first: 1, head: 200, time: (n) => `${DAY} * 86400 + ${n} * 800` });
    const scattered = "decode(lpad(to_hex(n::bigint * 2654435761 % 4294967296), 8, '0') || lpad(to_hex(n), 32, '0'), 'hex')";
    psql(DATABASE, "SET session_replication_role = replica", days([{ day: DAY, next: DAY + 1, last: 107 }]),
        `INSERT INTO ledger.account SELECT n, 61, '${TOKEN}', ${scattered}, '\\x${COORDINATOR.slice(2)}', ${position(110)} + n FROM generate_series(1, ${LEAVES}) n`,
        `INSERT INTO ledger.entry SELECT n, ${position(110)} + n, -2, 0, n, n, 0 FROM generate_series(1, ${LEAVES}) n`, "ANALYZE ledger.account", "ANALYZE ledger.entry");
    const files = { leaves: join(dir, "leaves.ndjson"), earners: join(dir, "earners.txt") };
    await copied(`SELECT json_build_object('earner', '0x' || encode(owner, 'hex'), 'token', '0x' || encode(asset, 'hex'), 'cumulative', id::text) FROM ledger.account`, files.leaves);
    await copied(`SELECT '0x' || encode(owner, 'hex') FROM ledger.account WHERE id % ${Math.ceil(LEAVES / 100000)} = 0`, files.earners);
    const { root: of } = JSON.parse(await run(program, ["rewards", "root", "--json", "--leaves", files.leaves]));
    psql(DATABASE, "SET session_replication_role = replica",
        distributions([{ day: DAY, block: 110, n: LEAVES + 1, snapshot: 107, root: of, earners: LEAVES }]));
    return files.earners;
}

async function copied(query, file) {
    const out = openSync(file, "w");
    const child = start("psql", ["-qAtX", conninfo(DATABASE, "postgres"), "-c", query], { stdout: out });
    const status = await child.gone;
    closeSync(out);
    if (status !== 0) throw new Error(`${query}\n${child.log}`);
}

async function lookups() {
    const earners = await fill(), server = await serve(DATABASE), began = performance.now();
    const first = await fetch(`${server.url}/v1/rewards/proof?earner=0x${"0".repeat(40)}`);
    if (first.status !== 404) throw new Error(await first.text());
    const built = (performance.now() - began) / 1000;
    let best = null;
    for (let i = 0; i < rounds; i++) {
        const took = await pressure(server.url, { connections: 1, script: [join(checkout, "tests/bench/proofs.lua"), earners] });
        if (best === null || took.p99 < best.p99) best = took;
    }
    figure(`proof of one of ${count(LEAVES)} over HTTP, p99 ms; the goal`, best.p99, P99_MS, "< 1.00", best.p99 < P99_MS);
    note(`${count(Math.round(best.rate))} a second on one connection; the first asker waited ${built.toFixed(1)} s for the tree`);
    await server.stop();
    dropDatabase(DATABASE);
}

export async function tree() {
    await root();
    await lookups();
}
