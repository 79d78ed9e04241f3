// tests/scenarios/rebuild.mjs - a changed network file: a new generation of the books, equal to a fresh mirror's, while the old one is served.
import assert from "node:assert/strict";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { branch, read_archive, with_reorgs, write_archive } from "./lib/archive.mjs";
import { random } from "./lib/chain.mjs";
import { check_books, check_feed, Cluster, digests } from "./lib/pg.mjs";
import { demo, get, run, serve, sleep, start } from "./lib/program.mjs";

const SEED = Number(process.env.SEED ?? 7);
const N_BLOCKS = 600;
const files = mkdtempSync(join(tmpdir(), "altledger-rebuild-"));
const full_file = JSON.parse(readFileSync(demo.network));
const named = (name) => full_file.contracts.find((c) => c.name === name);
const address = (name) => named(name).address;
const calm = {};
let cluster, blocks, archive;

function network(name, change) {
    const path = join(files, `${name}.json`);
    const file = structuredClone(full_file);
    change(file);
    writeFileSync(path, JSON.stringify(file));
    return path;
}
const without = (file, ...names) => { file.contracts = file.contracts.filter((c) => !names.includes(c.name)); };
const networks = {
    full: demo.network,
    lacking: network("lacking", (file) => without(file, "tok2")),
    plain: network("plain", (file) => { file.contracts.find((c) => c.name === "alt").kind = "erc20"; }),
    late: network("late", (file) => { file.contracts.find((c) => c.name === "tok2").from_block = 200; }),
};

const base = (command, which, database, source = archive) =>
    [...command, "--network", networks[which], ...(source ? ["--source", source] : []), "--database", cluster.conninfo(database)];
const mirror = (...args) => base(["mirror", "--once"], ...args);
const generation = (database) => Number(cluster.sql(database, "SELECT generation FROM mirror.cursor"));
async function mirrored(which, source) {
    const database = cluster.create();
    await run(mirror(which, database, source));
    return database;
}
/** Without the events: those of a contract that was removed stay stored, and a type is what the file of its time made of it. */
const but_events = ({ events, ...rest }) => rest;
async function check_as_fresh(database, which) {
    assert.deepEqual(but_events(digests(cluster, database)), but_events(calm[which]));
    await run(["verify", "--database", cluster.conninfo(database)]);
}

before(async () => {
    cluster = await new Cluster().start();
    blocks = read_archive(demo.archive).slice(0, N_BLOCKS);
    archive = write_archive(join(files, "chain.ndjson"), blocks);
    for (const which of Object.keys(networks)) calm[which] = digests(cluster, await mirrored(which));
});
after(async () => {
    await cluster.stop();
    cluster.remove();
    rmSync(files, { recursive: true, force: true });
});

/** All numbered messages of the feed after `seq`, until it has been silent for a while. */
async function feed_after(url, seq) {
    const stop = new AbortController();
    const reply = await fetch(`${url}/v1/events/stream`, { headers: { "last-event-id": String(seq) }, signal: stop.signal });
    assert.equal(reply.status, 200);
    let text = "", silent = setTimeout(() => stop.abort(), 3000);
    try {
        for await (const bytes of reply.body) {
            text += Buffer.from(bytes).toString();
            clearTimeout(silent);
            silent = setTimeout(() => stop.abort(), 1500);
        }
    } catch (error) {
        if (error.name !== "AbortError") throw error;
    }
    return text.split("\n\n").filter((m) => /^id: ?\d+/m.test(m)).map((m) => ({
        id: Number(/^id: ?(\d+)/m.exec(m)[1]), data: JSON.parse(/^data: ?(.*)$/m.exec(m)[1]) }));
}

test("run with a file that adds a contract rebuilds by itself; the API serves the old generation until the new one is there", async (t) => {
    const database = await mirrored("lacking");
    const told = Number(cluster.sql(database, "SELECT next_feed_seq FROM mirror.cursor")) - 1;
    const { program, url } = await serve(...base(["run"], "full", database));
    const seen = new Set(), at = N_BLOCKS - 1;
    let asked = 0;
    while (!/switched to generation 2/.test(program.log)) {
        const [status, alt] = await Promise.all([get(`${url}/v1/status`), get(`${url}/v1/tokens/${address("alt")}?at=${at}`)]);
        assert.equal(alt.as_of.block_number, at);
        seen.add(status.generation);
        asked++;
    }
    assert.match(program.log, /1 contracts are new, or start earlier: reading their logs/);
    assert.match(program.log, /booked; verifying the new generation/);
    await program.says(/the source has ended/);
    assert.equal((await get(`${url}/v1/status`)).generation, 2);
    await check_books(cluster, database, calm.full);

    const rows = cluster.rows(database, `SELECT since, generation, added, sum(events) AS events FROM mirror.feed WHERE seq > ${told} GROUP BY 1, 2, 3`);
    const logs = blocks.flatMap((block) => block.logs).filter((log) => log.address.toLowerCase() === address("tok2")).length;
    assert.deepEqual(rows, [{ since: 1, generation: 2, added: true, events: logs }]);
    const stream = await feed_after(url, told);
    assert.equal(stream.length, logs);
    stream.forEach(({ id, data }, i) => {
        assert.equal(id, told + 1 + i);
        assert.match(JSON.stringify(data).toLowerCase(), new RegExp(address("tok2")));
    });
    await program.kill("SIGTERM").ends();
    t.diagnostic(`${asked} answers during the rebuild, generations seen ${[...seen]}`);
    assert.ok(seen.has(1));
});

test("a rebuild that is killed (-9) at any moment starts over and ends the same; the old file still works meanwhile", async (t) => {
    const dice = random(SEED), database = await mirrored("lacking");
    let kills = 0;
    for (let i = 0; i < 10; i++) {
        const program = start(...base(["rebuild"], "full", database));
        await Promise.race([program.ended, program.says(/booking generation/)]);
        await Promise.race([program.ended, sleep(dice.next(500))]);
        if (program.status === undefined) kills++;
        await program.kill("SIGKILL").ended;
        cluster.expire_lease(database);
        if (generation(database) === 2) break;
        if (i === 3) {
            await run(mirror("lacking", database));
            await run(["verify", "--database", cluster.conninfo(database)]);
        }
    }
    await run(base(["rebuild"], "full", database));
    assert.equal(generation(database), 2);
    await run(mirror("full", database));
    await check_books(cluster, database, calm.full);
    assert.ok(kills > 0);
    t.diagnostic(`${kills} kills`);
});

test("rebuild by hand: nothing changed, forced, a contract removed, added without and with a source", async () => {
    const database = await mirrored("full");
    await run(base(["rebuild"], "full", database, null));
    assert.equal(generation(database), 1);
    await run([...base(["rebuild"], "full", database, null), "--force"]);
    assert.equal(generation(database), 2);
    await check_books(cluster, database, calm.full);
    const told = cluster.sql(database, "SELECT next_feed_seq FROM mirror.cursor");
    await run(base(["rebuild"], "lacking", database, null));
    assert.equal(generation(database), 3);
    assert.equal(cluster.sql(database, "SELECT next_feed_seq FROM mirror.cursor"), told);
    await check_as_fresh(database, "lacking");
    const refused = await run(base(["rebuild"], "full", database, null), 1);
    assert.match(refused.log, /contracts were added; their logs can only be read with --source/);
    await check_as_fresh(database, "lacking");
    await run(base(["rebuild"], "full", database));
    assert.equal(generation(database), 4);
    await check_books(cluster, database, calm.full);
    check_feed(cluster, database);
});

test("a contract that changes its kind or starts earlier is booked as if it always had", async () => {
    for (const [from, to] of [["plain", "full"], ["full", "plain"], ["late", "full"], ["full", "late"]]) {
        const database = await mirrored(from);
        await run(mirror(to, database));
        assert.equal(generation(database), 2);
        await check_as_fresh(database, to);
    }
});

test("an archive with reorgs: the rebuild adds the logs of the chain that won", async () => {
    const made = with_reorgs(blocks, random(SEED + 1), { every: 30, depth: 12 });
    const forked = write_archive(join(files, "forked.ndjson"), made.blocks);
    const database = await mirrored("lacking", forked);
    await run(mirror("full", database, forked));
    assert.equal(generation(database), 2);
    await check_books(cluster, database, calm.full);
});

test("a block that left before the rebuild and returns after it comes with the logs of the added contract", async () => {
    const at = blocks.findLastIndex((block, i) => i < N_BLOCKS - 10 && block.logs.some((log) => log.address.toLowerCase() === address("tok2")));
    const left = blocks.slice(0, at + 3), won = branch(blocks, at - 2, 12, random(SEED), "won").slice(0, 10);
    const first = write_archive(join(files, "left.ndjson"), [...left, ...won]);
    const second = write_archive(join(files, "won.ndjson"), [...blocks.slice(0, at - 1), ...won]);
    const third = write_archive(join(files, "returns.ndjson"), [...blocks.slice(0, at - 1), ...won, ...blocks.slice(at - 1)]);
    const database = await mirrored("lacking", first);
    await run(mirror("full", database, second));
    assert.equal(generation(database), 2);
    await run(mirror("full", database, third));
    await check_books(cluster, database, calm.full);
});

test("a rebuild that cannot be verified is not switched to", async () => {
    const database = await mirrored("lacking");
    cluster.sql(database, `CREATE FUNCTION public.spoil() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN
        IF NEW.balance > 5 THEN NEW.balance := NEW.balance - 1; END IF; RETURN NEW; END $$;
        CREATE FUNCTION public.plant() RETURNS event_trigger LANGUAGE plpgsql SECURITY DEFINER AS $$ BEGIN
            IF to_regclass('ledger_next.entry') IS NOT NULL AND NOT EXISTS (SELECT FROM pg_trigger WHERE tgname = 'spoil' AND tgrelid = to_regclass('ledger_next.entry'))
            THEN CREATE TRIGGER spoil BEFORE INSERT ON ledger_next.entry FOR EACH ROW EXECUTE FUNCTION public.spoil(); END IF; END $$;
        CREATE EVENT TRIGGER plant ON ddl_command_end WHEN TAG IN ('CREATE TABLE') EXECUTE FUNCTION public.plant()`);
    const program = await run(base(["rebuild"], "full", database), 1);
    assert.match(program.log, /the new generation does not verify: ledger\.entry/);
    assert.equal(generation(database), 1);
    cluster.sql(database, "DROP EVENT TRIGGER plant");
    await run(["verify", "--database", cluster.conninfo(database)]);
    await run(base(["rebuild"], "full", database));
    assert.deepEqual(but_events(digests(cluster, database)), but_events(calm.full));
});
