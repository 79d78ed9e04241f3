// tests/scenarios/fault_archive.mjs - broken archives and reorgs in them, through the whole program: the books end as if nothing had been.
import assert from "node:assert/strict";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { gzipSync } from "node:zlib";
import { branch, read_archive, to_text, with_reorgs, write_archive } from "./lib/archive.mjs";
import { random } from "./lib/chain.mjs";
import { check_books, Cluster, digests } from "./lib/pg.mjs";
import { demo, get, run, serve, start, sleep } from "./lib/program.mjs";

const SEED = Number(process.env.SEED ?? 7);
const N_BLOCKS = 700; // of the demo chain: enough for finality to move on ten times
const files = mkdtempSync(join(tmpdir(), "altledger-archives-"));
let cluster, blocks, good, calm;

const file = (name) => join(files, name);
const mirror = (database, source, ...more) =>
    ["mirror", "--once", "--network", demo.network, "--source", source, "--database", cluster.conninfo(database), ...more];

before(async () => {
    cluster = await new Cluster().start();
    blocks = read_archive(demo.archive).slice(0, N_BLOCKS);
    good = write_archive(file("good.ndjson"), blocks);
    const database = cluster.create();
    await run(mirror(database, good));
    calm = digests(cluster, database);
});
after(async () => {
    await cluster.stop();
    cluster.remove();
    rmSync(files, { recursive: true, force: true });
});

test("a repeated line is passed over", async () => {
    const twice = blocks.flatMap((block, i) => (i % 50 === 7 ? [block, block] : [block]));
    const database = cluster.create();
    await run(mirror(database, write_archive(file("twice.ndjson.gz"), twice)));
    await check_books(cluster, database, calm);
});

/** A file that ends in an error: what comes before is booked and verifies, the error is named, the good file finishes the books. */
async function broken(name, bytes, complaint, booked) {
    writeFileSync(file(name), bytes);
    const database = cluster.create();
    const program = await run(mirror(database, file(name)), 1);
    assert.match(program.log, complaint);
    const { head, root } = cluster.one(database, "SELECT head_number AS head, encode(root, 'hex') AS root FROM mirror.cursor");
    booked(head);
    await run(["verify", "--database", cluster.conninfo(database)]);
    await run(mirror(database, good));
    await check_books(cluster, database, calm);
    if (head !== null) {
        const then = cluster.sql(database, `SELECT encode(root, 'hex') FROM ledger.root WHERE position <= (${head}::bigint << 32 | 4294967295)
            ORDER BY position DESC LIMIT 1`);
        assert.equal(then, root, "the root at the break was that of the whole chain");
    }
}

test("a missing block ends the mirror, which names it; what came before is booked", () =>
    broken("gap.ndjson", to_text(blocks.filter((_, i) => i !== 400)), /line 401: block 400 is missing/, (head) => assert.equal(head, 399)));

test("a truncated gzip ends the mirror; what came before is booked", () => {
    const whole = gzipSync(to_text(blocks));
    return broken("cut.ndjson.gz", whole.subarray(0, Math.floor(whole.length * 0.6)), /cut\.ndjson\.gz/, (head) => {
        assert.ok(head > 200 && head < N_BLOCKS - 100, `head ${head}`);
    });
});

test("a gzip with a flipped bit ends the mirror", () => {
    const whole = Buffer.from(gzipSync(to_text(blocks)));
    whole[whole.length >> 1] ^= 0x10;
    return broken("flip.ndjson.gz", whole, /flip\.ndjson\.gz/, (head) => assert.ok(head < N_BLOCKS - 1, `head ${head}`));
});

test("a block of another chain, a log of another block and disordered logs end the mirror", async () => {
    const at = blocks.findIndex((block, i) => i > 300 && block.logs.length > 2);
    const changed = (change) => to_text(blocks.map((block, i) => (i === at ? change(structuredClone(block)) : block)));
    const held = (head) => assert.equal(head, at - 1);
    await broken("parent.ndjson", changed((b) => ({ ...b, parentHash: blocks[3].hash })), new RegExp(`line ${at + 1}: parentHash`), held);
    await broken("foreign.ndjson", changed((b) => { b.logs[1].blockHash = blocks[3].hash; return b; }),
        new RegExp(`line ${at + 1}: logs\\[1\\]: is of another block`), held);
    await broken("order.ndjson", changed((b) => { b.logs.reverse(); return b; }), new RegExp(`line ${at + 1}: logs\\[1\\]: logIndex`), held);
});

test("books of another chain are refused and stay as they are", async () => {
    const database = cluster.create();
    await run(mirror(database, good));
    const other = file("other.json");
    writeFileSync(other, JSON.stringify({ ...JSON.parse(readFileSync(demo.network)), chain_id: 1 }));
    for (const command of [["mirror", "--once"], ["rebuild"]]) {
        const program = await run([...command, "--network", other, "--source", good, "--database", cluster.conninfo(database)], 1);
        assert.match(program.log, /mirrors chain 31337, the network file names chain 1/);
    }
    await run(["run", "--listen", "127.0.0.1:0", "--network", other, "--source", good, "--database", cluster.conninfo(database)], 1);
    await check_books(cluster, database, calm);
});

test("reorgs at random places end in the same books, whatever the batches and however often it is killed", async (t) => {
    for (let round = 0; round < 3; round++) {
        const dice = random(SEED * 100 + round);
        const made = with_reorgs(blocks, dice, { every: 30 + dice.next(40), depth: 5 + dice.next(28) });
        const archive = write_archive(file(`reorgs-${round}.ndjson${round % 2 ? ".gz" : ""}`), made.blocks);
        const database = cluster.create();
        let kills = 0;
        for (let i = 0; i < 4; i++) {
            const program = start(...mirror(database, archive, "--batch-blocks", `${1 + dice.next(40)}`, "--batch-logs", `${1 + dice.next(600)}`));
            await Promise.race([program.ended, sleep(150 + dice.next(900))]);
            if (program.status !== undefined) break;
            kills += program.kill("SIGKILL") === program;
            await program.ended;
            cluster.expire_lease(database);
        }
        await run(mirror(database, archive, "--batch-blocks", `${1 + dice.next(200)}`));
        await check_books(cluster, database, calm);
        const seen = Number(cluster.sql(database, "SELECT count(*) FROM mirror.reorg"));
        assert.ok(seen >= made.reorgs, `${seen} of ${made.reorgs} reorgs`);
        t.diagnostic(`seed ${SEED}, round ${round}: ${made.reorgs} forks, ${seen} unwindings, ${kills} kills`);
    }
});

test("every block root is the same on the way: as of each block, with reorgs or without", async () => {
    const database = cluster.create();
    const made = with_reorgs(blocks, random(SEED + 1), { every: 25, depth: 10 });
    await run(mirror(database, write_archive(file("roots.ndjson"), made.blocks), "--batch-blocks", "1"));
    await check_books(cluster, database, calm);
});

test("a reorg below finalized stops the mirror loudly; status shows it, the API serves, the good chain goes on", async () => {
    const database = cluster.create(), at = 500;
    const deep = [...blocks.slice(0, at), ...branch(blocks, at - 80, 5, random(SEED), "deep")];
    const archive = write_archive(file("deep.ndjson"), deep);
    const { program, url } = await serve("run", "--network", demo.network, "--source", archive, "--database", cluster.conninfo(database));
    await program.says(/the mirror has stopped; the API goes on serving/);
    assert.match(program.log, /block 421 is replaced, but block \d+ is final/);
    const status = await get(`${url}/v1/status`);
    assert.match(JSON.stringify(status), /is replaced, but block/);
    const alt = JSON.parse(readFileSync(demo.network)).contracts.find((c) => c.name === "alt").address;
    const token = await get(`${url}/v1/tokens/${alt}?at=${at - 1}`);
    assert.equal(token.as_of.block_number, at - 1);
    const cli = await run(["status", "--json", "--database", cluster.conninfo(database)]);
    assert.match(cli.out, /is replaced, but block/);
    await run(["verify", "--database", cluster.conninfo(database)]);
    program.kill("SIGTERM");
    await program.ends(1);
    await run(mirror(database, good));
    await check_books(cluster, database, calm);
});
