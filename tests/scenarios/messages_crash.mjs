// tests/scenarios/messages_crash.mjs - the server or its database is killed while 1,000 ballots are in flight: every receipt that was given holds.
//
// Afterwards all ballots are posted again. Who had a receipt gets the same one; the log's roots, computed here from the stored entries,
// are those of every receipt ever given; each ballot counts once.
import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { chmodSync, mkdtempSync, rmSync } from "node:fs";
import { Agent, request } from "node:http";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { accepted, check_receipt, many_ballots, open_door, sign, tally_of, voter, voters_chain } from "./lib/ballots.mjs";
import { random } from "./lib/chain.mjs";
import { Cluster } from "./lib/pg.mjs";
import { get, run, sleep, until } from "./lib/program.mjs";

const SEED = Number(process.env.SEED ?? 7), BALLOTS = Number(process.env.BALLOTS ?? 1000), ROUNDS = Number(process.env.ROUNDS ?? 4);
const CONNECTIONS = 250;
const dice = random(SEED), dir = mkdtempSync(join(tmpdir(), "altledger-crash-")), given = []; // all receipts, as they were given
let cluster, database, chain, door, proposal, next = 0;

const start_door = async () => { door = await open_door(chain.network, chain.archive, "--database", cluster.conninfo(database), "--data", join(dir, "data")); };

before(async () => {
    chmodSync(dir, 0o755);
    console.log(`SEED=${SEED}`);
    chain = voters_chain(dir, ROUNDS * BALLOTS);
    cluster = await new Cluster().start();
    database = cluster.create();
    await start_door();
    proposal = (await accepted(door.url, await sign.proposal(voter(0), { snapshot: Math.ceil(ROUNDS * BALLOTS / 1000) - 1 }))).id;
});
after(async () => {
    await door?.program.kill("SIGTERM").ends();
    await cluster?.stop();
    cluster?.remove();
    rmSync(dir, { recursive: true, force: true });
});

/** POST over one of many connections; {status, text}, or status 0 if the connection broke. */
function send(agent, body) {
    return new Promise((done) => {
        const lost = () => done({ status: 0, text: "" });
        const asked = request(`${door.url}/v1/messages`, { method: "POST", agent, headers: { "content-type": "application/json", "content-length": Buffer.byteLength(body) } }, (reply) => {
            let text = "";
            reply.on("data", (part) => { text += part; });
            reply.on("end", () => (reply.complete ? done({ status: reply.statusCode, text }) : lost()));
            reply.on("error", lost);
        });
        asked.on("error", lost);
        asked.end(body);
    });
}

/** All at once; `receipts[i]` is what ballot i got. `strike` is called when `when` have a receipt. */
async function flood(ballots, when = Infinity, strike = null) {
    const agent = new Agent({ keepAlive: true, maxSockets: CONNECTIONS }), receipts = [], others = {};
    let n = 0, struck = null;
    await Promise.all(ballots.map(async (body, i) => {
        const { status, text } = await send(agent, body);
        if (status === 200) {
            receipts[i] = JSON.parse(text);
            given.push(receipts[i]);
            if (++n === when) struck = strike();
        } else
            others[status] = (others[status] ?? 0) + 1;
        assert.ok([0, 200, 503].includes(status), text);
    }));
    agent.destroy();
    await struck;
    return { receipts, n, others };
}

const strikes = {
    "the server is killed (-9)": async () => { await door.program.kill("SIGKILL").ended; },
    "PostgreSQL is killed (-9), all of it": async () => {
        await cluster.kill();
        await sleep(dice.next(200));
        await cluster.start();
    },
    "a backend that works for the door is killed (-9)": async () => {
        const pids = cluster.sql("postgres", `SELECT pid FROM pg_stat_activity WHERE datname = '${database}' AND backend_type = 'client backend'
            AND query ILIKE ANY (ARRAY['%governance.%', '%COMMIT%']) ORDER BY query_start DESC LIMIT 1`);
        assert.ok(pids, "a backend works for the door");
        process.kill(Number(pids.split("\n")[0]), "SIGKILL");
        await until(() => { try { return cluster.sql(database, "SELECT true") === "t"; } catch { return false; } }, "the server has recovered");
    },
};

const names = Object.keys(strikes);
for (let round = 0; round < ROUNDS; round++) {
    const name = names[round % names.length];
    test(`round ${round}: ${name}; every receipt that was given is in the log`, async (t) => {
        const ballots = many_ballots(next, BALLOTS, proposal), when = 1 + dice.next(Math.floor(BALLOTS * 0.6));
        next += BALLOTS;
        const first = await flood(ballots, when, strikes[name]);
        if (door.program.status !== undefined) await start_door();
        t.diagnostic(`struck at ${when}, ${first.n} receipts, others ${JSON.stringify(first.others)}`);
        assert.ok(first.n >= when, "it was struck");
        if (name !== names[2]) assert.ok(first.n < BALLOTS, "in the middle"); // of a backend's end the server may hide all
        const all = [];
        await until(async () => {
            const { receipts } = await flood(ballots);
            receipts.forEach((r, i) => { all[i] = r; });
            return Object.keys(all).length === BALLOTS;
        }, "all are taken");
        first.receipts.forEach((r, i) => assert.deepEqual([all[i].receipt, all[i].relayer], [r.receipt, r.relayer], `ballot ${i}`));
        const { voters, ballots: n } = await get(`${door.url}/v1/proposals/${proposal}/tally`);
        assert.deepEqual([voters, n], [next, next]);
    });
}

const sha256 = (...parts) => parts.reduce((h, part) => h.update(part), createHash("sha256")).digest();

test("the roots of all receipts are those of the log as it is stored", () => {
    const entries = cluster.sql(database, "SELECT encode(entry, 'hex') FROM governance.message ORDER BY position").split("\n").map((h) => Buffer.from(h, "hex"));
    assert.equal(entries.length, Number(cluster.one(database, "SELECT max(size) AS size FROM governance.checkpoint").size));
    const sizes = new Set(given.map((r) => Number(r.receipt.message.size))), roots = new Map(), stack = []; // [leaves, hash] of complete subtrees
    entries.forEach((entry, i) => {
        stack.push([1, sha256(Buffer.from([0]), entry)]);
        while (stack.length > 1 && stack.at(-1)[0] === stack.at(-2)[0]) {
            const [n, right] = stack.pop(), [, left] = stack.pop();
            stack.push([2 * n, sha256(Buffer.from([1]), left, right)]);
        }
        if (sizes.has(i + 1)) roots.set(i + 1, `0x${stack.map(([, h]) => h).reduceRight((right, left) => sha256(Buffer.from([1]), left, right)).toString("hex")}`);
    });
    const digests = cluster.sql(database, "SELECT '0x' || encode(digest, 'hex') FROM governance.message ORDER BY position").split("\n");
    assert.equal(new Set(digests).size, digests.length, "each message is in the log once");
    for (const { id, receipt: { message } } of given) {
        assert.equal(digests[Number(message.position)], id);
        assert.equal(roots.get(Number(message.size)), message.root);
    }
    for (let i = 0; i < 20; i++) check_receipt(dice.pick(given));
    console.log(`${given.length} receipts, ${sizes.size} checkpoints, ${entries.length} entries`);
});

test("each ballot counts once, with its power; verify finds nothing", async () => {
    const { scores, power } = await tally_of(door.url, proposal), n = BigInt(next), expected = [0n, 0n, 0n];
    for (let k = 0n; k < n; k++) expected[Number(k % 3n)] += 10n ** 18n + k;
    assert.deepEqual(scores, expected.map(String));
    assert.equal(power, String(expected.reduce((a, b) => a + b)));
    assert.equal(JSON.parse((await run(["verify", "--json", "--database", cluster.conninfo(database)])).out).differences, 0);
});
