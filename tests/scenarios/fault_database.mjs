// tests/scenarios/fault_database.mjs - PostgreSQL dies, fills up, or its connection breaks at COMMIT: the books end as if nothing had been.
import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { chmodSync, chownSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { random } from "./lib/chain.mjs";
import { check_audit, check_books, Cluster, digests } from "./lib/pg.mjs";
import { is_commit, is_copy_data, PgProxy } from "./lib/pgproxy.mjs";
import { demo, get, run, serve, sleep, start, until } from "./lib/program.mjs";

const SEED = Number(process.env.SEED ?? 7);
const SMALL = ["--batch-logs", "400"]; // about 80 commits
let cluster, calm;

const mirror = (conninfo, ...more) =>
    ["mirror", "--once", "--network", demo.network, "--source", demo.archive, "--database", conninfo, ...more];
const head = (database) => Number(cluster.sql(database, "SELECT coalesce(head_number, -1) FROM mirror.cursor"));

before(async () => {
    cluster = await new Cluster().start();
    const database = cluster.create();
    await run(mirror(cluster.conninfo(database)));
    calm = digests(cluster, database);
});
after(async () => {
    await cluster.stop();
    cluster.remove();
});

test("the server is killed (-9) three times in the middle of a load; the same mirror goes on", async (t) => {
    const dice = random(SEED), database = await cluster.create_audited();
    const program = start(...mirror(cluster.conninfo(database), ...SMALL));
    const heads = [];
    for (let i = 1; i <= 3; i++) {
        await until(() => program.status !== undefined || head(database) > i * 300, "it goes on");
        await sleep(dice.next(50));
        assert.equal(program.status, undefined, "it was killed before the end");
        await cluster.kill();
        await sleep(dice.next(300));
        await cluster.start();
        heads.push(head(database));
    }
    await program.ends();
    assert.match(program.log, /starting again from the cursor/);
    await check_books(cluster, database, calm);
    check_audit(cluster, database);
    t.diagnostic(`killed at blocks ${heads}`);
});

test("the writer's backend is killed (-9) in the middle of a COPY; the server recovers, the mirror goes on", async () => {
    const database = cluster.create();
    const program = start(...mirror(cluster.conninfo(database), ...SMALL));
    for (let kills = 0; kills < 3 && program.status === undefined;) {
        const pid = cluster.sql("postgres", `SELECT pid FROM pg_stat_activity WHERE datname = '${database}' AND state <> 'idle'
            AND application_name = 'altledger mirror' AND query LIKE 'COPY%'`);
        if (!pid) continue;
        process.kill(Number(pid.split("\n")[0]), "SIGKILL");
        kills++;
        await until(() => { try { return head(database) >= 0; } catch { return false; } }, "the server has recovered");
    }
    await program.ends();
    assert.match(program.log, /starting again from the cursor/);
    await check_books(cluster, database, calm);
});

/** Mirror through a proxy that does `verdict` to every nth COMMIT. */
async function cut_commits(verdict, every, times) {
    const database = await cluster.create_audited();
    const proxy = await new PgProxy(cluster.socket).start();
    let commits = 0;
    proxy.policy = (message, { startup }) =>
        (startup.includes("altledger mirror") && is_commit(message) && ++commits % every === 0 && proxy.cuts < times ? verdict : undefined);
    const program = await run(mirror(cluster.conninfo(database, proxy.socket), ...SMALL));
    proxy.stop();
    assert.equal(proxy.cuts, times);
    await check_books(cluster, database, calm);
    check_audit(cluster, database);
    const twice = cluster.rows(database, "SELECT block, log_index FROM mirror.event GROUP BY 1, 2 HAVING count(*) > 1");
    assert.deepEqual(twice, []);
    return program;
}

test("the connection is cut at COMMIT before the server gets it: booked again, once", async () => {
    const program = await cut_commits("before", 6, 10);
    assert.equal(program.log.match(/the connection broke at COMMIT/g)?.length, 10, program.log);
});
test("the connection is cut at COMMIT after the server got it: not booked again", () => cut_commits("after", 6, 10));
test("the client is cut off at COMMIT while the server still works at it", () => cut_commits("at-once", 6, 10));
test("a COMMIT arrives when its sender is gone and has come back: it counts, once", () => cut_commits({ late: 700 }, 17, 4));
test("the network splits at COMMIT, and the server keeps the transaction open: it is thrown out", () => cut_commits("swallow", 30, 1));

test("the connection is cut at COMMITs of the migrations, before and after the server got them: each is applied once", async () => {
    for (const verdict of ["before", "after"]) {
        const database = cluster.create();
        const proxy = await new PgProxy(cluster.socket).start();
        proxy.policy = (message) => (is_commit(message) && proxy.cuts < 3 ? verdict : undefined);
        await run(["migrate", "--database", cluster.conninfo(database, proxy.socket)]);
        assert.equal(proxy.cuts, 3);
        proxy.stop();
        await run(mirror(cluster.conninfo(database)));
        await check_books(cluster, database, calm);
    }
});

test("a mirror that hangs in a COPY and holds the row's lock loses the lease and its backend to another", async () => {
    const database = await cluster.create_audited();
    const proxy = await new PgProxy(cluster.socket).start();
    let copies = 0, held = null;
    proxy.policy = (message, connection) => {
        if (!is_copy_data(message) || ++copies !== 60) return undefined;
        held = connection;
        return "hold";
    };
    const old = start(...mirror(cluster.conninfo(database, proxy.socket), ...SMALL));
    await until(() => held, "the old mirror hangs in a COPY");
    const epoch = Number(cluster.sql(database, "SELECT epoch FROM mirror.cursor"));
    const other = start(...mirror(cluster.conninfo(database), ...SMALL));
    await other.says(/standing by/);
    await other.says(/writing from block/, 20000);
    assert.equal(Number(cluster.sql(database, "SELECT epoch FROM mirror.cursor")), epoch + 1);
    held.release();
    await other.ends();
    await old.ends(); // it stands by, and finds all done
    assert.match(old.log, /starting again from the cursor|standing by/);
    proxy.stop();
    await check_books(cluster, database, calm);
    check_audit(cluster, database);
});

test("the disk is full: reads go on, and when there is space again the mirror finishes", async (t) => {
    const place = mkdtempSync(join(tmpdir(), "altledger-full-"));
    try {
        execFileSync("mount", ["-t", "tmpfs", "-o", "size=17m,mode=0700", "tmpfs", place], { stdio: "pipe" });
    } catch (error) {
        rmSync(place, { recursive: true });
        t.skip(`this machine may not mount a tmpfs: ${String(error.stderr).trim()}`);
        return;
    }
    const undo = [() => execFileSync("umount", ["-l", place]), () => rmSync(place, { recursive: true })];
    try {
        if (cluster.user.uid !== undefined) chownSync(place, cluster.user.uid, cluster.user.gid);
        cluster.sql("postgres", `CREATE TABLESPACE small LOCATION '${place}'`);
        const database = cluster.create({ options: "TABLESPACE small STRATEGY file_copy" });
        const enlarge = () => execFileSync("mount", ["-o", "remount,size=400m", place]);
        undo.unshift(enlarge, () => { cluster.drop(database); cluster.sql("postgres", "DROP TABLESPACE small"); });
        const { program, url } = await serve("run", "--network", demo.network, "--source", demo.archive, "--database",
            cluster.conninfo(database), ...SMALL);
        undo.splice(1, 0, () => program.kill("SIGKILL").ended);
        await program.says(/53100/);
        await sleep(6000); // several tries, more than any bound on refusals
        assert.equal(program.status, undefined);
        assert.doesNotMatch(program.log, /the mirror has stopped/);
        const at = head(database);
        assert.ok(at > 100 && at < 1590, `it was full at block ${at}`);
        const alt = JSON.parse(readFileSync(demo.network)).contracts.find((c) => c.name === "alt").address;
        const token = await get(`${url}/v1/tokens/${alt}?at=${at}`);
        assert.equal(token.as_of.block_number, at);
        assert.equal((await get(`${url}/v1/status`)).head.number, at);
        enlarge();
        await program.says(/the source has ended/);
        program.kill("SIGTERM");
        await program.ends();
        await check_books(cluster, database, calm);
        t.diagnostic(`full at block ${at}`);
    } finally {
        for (const step of undo) await step();
    }
});

test("a schema from the future is refused by every command, and left as it is", async () => {
    const database = cluster.create(), conninfo = cluster.conninfo(database);
    await run(mirror(conninfo));
    cluster.sql(database, `INSERT INTO public.altledger_migration SELECT (jsonb_populate_record(m, '{"number": 9999, "name": "9999_future.sql"}')).*
          FROM public.altledger_migration m ORDER BY number DESC LIMIT 1`);
    const at_first = digests(cluster, database);
    const source = ["--network", demo.network, "--source", demo.archive];
    for (const args of [["migrate"], ["mirror", "--once", ...source], ["run", ...source], ["serve"], ["verify"], ["status"], ["rebuild", ...source]]) {
        const program = await run([...args, "--database", conninfo, ...(args[0] === "run" || args[0] === "serve" ? ["--listen", "127.0.0.1:0"] : [])], 1);
        assert.match(program.log, /9999/, `${args[0]}: ${program.log}`);
    }
    assert.deepEqual(digests(cluster, database), at_first);
    cluster.sql(database, "DELETE FROM public.altledger_migration WHERE number = 9999");
    await run(mirror(conninfo));
    await check_books(cluster, database, calm);
});

test("the private cluster's server is killed (-9) under run; the next run resumes", async () => {
    const data = mkdtempSync(join(tmpdir(), "altledger-private-"));
    chmodSync(data, 0o755); // PostgreSQL's user must get in, or its files lie elsewhere
    const args = ["run", "--network", demo.network, "--source", demo.archive, "--data", data];
    try {
        const { program } = await serve(...args, ...SMALL);
        await program.says(/writing from block/);
        const pid = Number(readFileSync(join(data, "postgres/data/postmaster.pid"), "utf8").split("\n")[0]);
        process.kill(pid, "SIGKILL");
        await program.says(/starting again from the cursor|waiting for it|cannot be reached|database_lost|connection/);
        program.kill("SIGTERM");
        await program.ended;
        const again = await serve(...args);
        await again.program.says(/the source has ended/);
        again.program.kill("SIGTERM");
        await again.program.ends();
        const report = JSON.parse((await run(["verify", "--json", "--data", data])).out);
        assert.equal(report.differences, 0);
        assert.equal(report.root, calm_root());
    } finally {
        rmSync(data, { recursive: true, force: true });
    }
});

const calm_root = () => `0x${cluster.sql("test_1", "SELECT encode(root, 'hex') FROM mirror.cursor")}`;
