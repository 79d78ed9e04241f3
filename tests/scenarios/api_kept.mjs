// tests/scenarios/api_kept.mjs - a finalized block that a reader looked up is kept in memory; what is kept is never told of another generation.
import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { Cluster } from "./lib/pg.mjs";
import { demo, get, run, serve } from "./lib/program.mjs";

const account = (n) => `/v1/accounts/0x${n.toString(16).padStart(40, "0")}`; // each is asked for once, so that no answer is from the cache
let cluster, database, program, url;

before(async () => {
    cluster = await new Cluster().start();
    database = cluster.create();
    const at = ["--database", cluster.conninfo(database)];
    await run(["mirror", "--once", ...at, "--network", demo.network, "--source", demo.archive]);
    ({ program, url } = await serve("serve", ...at));
});
after(async () => {
    await program?.kill("SIGTERM").ends();
    await cluster?.kill();
});

const as_of = async (n, at) => (await get(`${url}${account(n)}?at=${at}`)).as_of;

test("the second who asks at a finalized block is told of the same block as the first", async () => {
    const head = (await get(`${url}/v1/status`)).head.number;
    for (const at of [1, 500, 1000, head - 70, head - 40, head]) {
        const block = await get(`${url}/v1/blocks/${at}`), first = await as_of(1000 + at, at), second = await as_of(3000 + at, at);
        assert.deepEqual(second, first);
        assert.equal(first.block_number, at);
        assert.equal(first.block_root, block.as_of.block_root);
        assert.equal(first.finality, at > head - 32 ? "latest" : at > head - 64 ? "safe" : "finalized");
    }
});

test("what was kept ends with its generation, also before the reader has heard of the new one", async () => {
    const before_ = await as_of(1, 700), root = "ab".repeat(32);
    assert.deepEqual(await as_of(2, 700), before_);
    cluster.sql(database, `
        BEGIN;
        ALTER TABLE ledger.root DISABLE TRIGGER append_only;
        UPDATE ledger.root SET root = '\\x${root}' WHERE position =
            (SELECT max(position) FROM ledger.root WHERE position <= (700::bigint << 32 | 4294967295));
        UPDATE mirror.cursor SET generation = generation + 1, state_version = state_version + 1;
        COMMIT`);
    assert.deepEqual(await as_of(3, 700), { ...before_, block_root: `0x${root}` });
    assert.deepEqual(await as_of(4, 700), { ...before_, block_root: `0x${root}` });
});
