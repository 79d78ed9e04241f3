// tests/scenarios/fault_process.mjs - mirrors that are killed, stopped, continued or started twice: one writes, and what it writes is right.
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { after, before, test } from "node:test";
import { random } from "./lib/chain.mjs";
import { check_audit, check_books, Cluster, digests } from "./lib/pg.mjs";
import { demo, get, run, serve, sleep, start, until } from "./lib/program.mjs";

const SEED = Number(process.env.SEED ?? 7);
const KILLS = Number(process.env.KILLS ?? 18);
const LEASE_MS = 10000;
let cluster, calm;

const mirror = (database, ...more) =>
    ["mirror", "--once", "--network", demo.network, "--source", demo.archive, "--database", cluster.conninfo(database), ...more];
const cursor = (database) => cluster.one(database, "SELECT epoch, holder, coalesce(head_number, -1) AS head, state_version FROM mirror.cursor");

before(async () => {
    cluster = await new Cluster().start();
    const database = cluster.create();
    await run(mirror(database));
    calm = digests(cluster, database);
});
after(async () => {
    await cluster.stop();
    cluster.remove();
});

test(`a mirror that is killed (-9) at ${KILLS} random moments ends in the same books`, async (t) => {
    const dice = random(SEED);
    let database = await cluster.create_audited(), kills = 0, heads = [];
    for (let i = 0; kills < KILLS; i++) {
        const program = start(...mirror(database, "--batch-logs", `${1 + dice.next(600)}`, "--batch-blocks", `${1 + dice.next(60)}`));
        if (dice.next(4) > 0) await Promise.race([program.says(/writing from block/), program.ended]);
        await Promise.race([sleep(dice.next(i % 3 === 0 ? 700 : 120)), program.ended]);
        if (program.status !== undefined) { // it was faster than the kills: the rest of them on another database
            await check_books(cluster, database, calm);
            database = await cluster.create_audited();
            continue;
        }
        program.kill("SIGKILL");
        await program.ended;
        kills++;
        heads.push(cursor(database).head);
        cluster.expire_lease(database);
    }
    await run(mirror(database));
    await check_books(cluster, database, calm);
    check_audit(cluster, database);
    t.diagnostic(`seed ${SEED}: killed at blocks ${heads}`);
    assert.equal(kills, KILLS);
});

test("after a kill (-9) the next mirror need not wait for the lease: the dead one's session is gone", async () => {
    const database = cluster.create();
    const first = start(...mirror(database, "--batch-logs", "100"));
    await first.says(/writing from block/);
    await sleep(200);
    await first.kill("SIGKILL").ended;
    assert.equal(first.status, "SIGKILL");
    const began = Date.now();
    const next = start(...mirror(database));
    await next.says(/writing from block/);
    assert.ok(Date.now() - began < LEASE_MS / 2, `${Date.now() - began} ms`);
    await next.ends();
    await check_books(cluster, database, calm);
});

test("a mirror that is asked to stop (SIGTERM) gives the lease back: the next one need not wait", async () => {
    const database = cluster.create();
    const first = start(...mirror(database, "--batch-logs", "100"));
    await first.says(/writing from block/);
    await sleep(200);
    await first.kill("SIGTERM").ends();
    const began = Date.now();
    await run(mirror(database));
    assert.ok(Date.now() - began < LEASE_MS / 2, `${Date.now() - began} ms`);
    await check_books(cluster, database, calm);
});

test("a mirror that was stopped for longer than the lease commits nothing once another took over", async (t) => {
    for (const wait of [30]) {
        const database = await cluster.create_audited();
        const old = start(...mirror(database, "--batch-logs", "60"));
        await old.says(/writing from block/);
        await until(() => cursor(database).head > 100, "it is under way");
        await sleep(wait);
        old.kill("SIGSTOP");
        const before_stop = cursor(database);
        assert.equal(old.status, undefined);
        const other = start(...mirror(database, "--batch-logs", "30"));
        await other.says(/writing from block/, LEASE_MS + 5000);
        await until(() => cursor(database).head > before_stop.head, "the other books");
        old.kill("SIGCONT");
        const at = cursor(database);
        await other.ends();
        await old.ends();
        await check_books(cluster, database, calm);
        check_audit(cluster, database);
        const { late } = cluster.one(database, `SELECT count(*) AS late FROM audit.note
            WHERE holder = '${before_stop.holder}' AND epoch = ${before_stop.epoch} AND version > ${at.state_version}`);
        assert.equal(late, 0);
        t.diagnostic(`stopped at block ${before_stop.head}, continued when the other was at ${at.head}`);
    }
});

test("two mirrors and two of run, started at once on an empty database, end in one mirror's books", async () => {
    const database = cluster.create();
    const all = [0, 1].map(() => start(...mirror(database, "--batch-logs", "500")));
    const served = await Promise.all([0, 1].map(() => serve("run", "--network", demo.network, "--source", demo.archive,
        "--database", cluster.conninfo(database), "--batch-logs", "500")));
    for (const program of all) await program.ends();
    for (const { program } of served) await program.says(/the source has ended/);
    const alt = JSON.parse(readFileSync(demo.network)).contracts.find((c) => c.name === "alt").address;
    const answers = await Promise.all(served.map(({ url }) => get(`${url}/v1/tokens/${alt}`)));
    assert.deepEqual(answers[0], answers[1]);
    for (const { program } of served) await program.kill("SIGTERM").ends();
    await check_books(cluster, database, calm);
});
