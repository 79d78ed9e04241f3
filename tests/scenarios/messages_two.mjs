// tests/scenarios/messages_two.mjs - two processes take ballots for one log at once, by the same keys and by others: one tally, and one receipt a message.
import assert from "node:assert/strict";
import { chmodSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { check_receipt, tally_of } from "./lib/ballots.mjs";
import { random } from "./lib/chain.mjs";
import { accepted, choice_of, council, get, now, post, sign, TYPES, voter } from "./lib/council.mjs";
import { Cluster } from "./lib/pg.mjs";
import { run, serve } from "./lib/program.mjs";

const SEED = Number(process.env.SEED ?? 3), BALLOTS = Number(process.env.BALLOTS ?? 210), VOTING = 12;
const { real: next } = random(SEED), dir = mkdtempSync(join(tmpdir(), "altledger-two-")), ids = {}, sent = [];
const CHOICES = ["red", "green", "blue", "none"];
let cluster, files, conninfo, doors, answers;

const verify = async () => assert.equal(JSON.parse((await run(["verify", "--json", "--database", conninfo])).out).differences, 0);
const start = (keys) => serve("run", "--network", files.network, "--source", files.archive, "--database", conninfo, "--keys", keys);
const close = async () => { for (const { program } of doors.splice(0)) await program.kill("SIGTERM").ends(); };

before(async () => {
    console.log(`SEED=${SEED}`);
    chmodSync(dir, 0o755); // PostgreSQL's user must get in, or its files lie elsewhere
    cluster = await new Cluster().start();
    conninfo = cluster.conninfo(cluster.create());
    files = council(dir);
    doors = [await files.start(conninfo), await serve("serve", "--database", conninfo, "--keys", files.keys)];
    for (const [i, type] of TYPES.entries())
        ids[type] = (await accepted(doors[i % 2].url, await sign.proposal(voter(0), { type, snapshot: 2, title: type, choices: type === "basic" ? CHOICES.slice(0, 3) : CHOICES }))).id;
});
after(async () => {
    await close();
    await cluster.stop();
    cluster.remove();
    rmSync(dir, { recursive: true, force: true });
});

test("re-votes with older, equal and newer timestamps, through both at once, are counted as they are listed", async () => {
    for (let i = 0; i < BALLOTS; i++) {
        const type = TYPES[i % TYPES.length], who = voter(Math.floor(next() * VOTING)), timestamp = now() + Math.floor(next() * 5);
        sent.push(await sign.vote(who, ids[type], choice_of(type, next), { type: type === "copeland" ? "ranked-choice" : type, timestamp, reason: `${i}` }));
    }
    answers = await Promise.all(sent.map((envelope, i) => post(doors[i % 2].url, envelope)));
    for (const [i, { status, text, json }] of answers.entries()) {
        assert.equal(status, 200, text);
        check_receipt(json, sent[i]);
    }
    for (const id of Object.values(ids)) {
        const [mine, yours] = await Promise.all(doors.map(async ({ url }) => ({ ...await tally_of(url, id), as_of: null })));
        assert.deepEqual(mine, yours);
        const { data } = await get(`${doors[1].url}/v1/proposals/${id}/votes?limit=1000`), last = new Map();
        for (const vote of data)
            if (!last.has(vote.voter) || Date.parse(vote.timestamp) >= Date.parse(last.get(vote.voter).timestamp)) last.set(vote.voter, vote);
        assert.deepEqual(data.filter((v) => v.counts), [...last.values()].sort((a, b) => a.position - b.position));
        assert.equal(mine.power, String([...last.values()].reduce((sum, v) => sum + BigInt(v.power), 0n)));
        const file = join(dir, "bundle");
        writeFileSync(file, await (await fetch(`${doors[0].url}/v1/proposals/${id}/bundle`)).text());
        assert.deepEqual(JSON.parse((await run(["tally", file])).out).result.scores, mine.scores);
    }
    await verify();
});

test("after the keys have changed a message that is known gets the reply that it got, to the byte, whoever is asked", async () => {
    const old_keys = files.keys;
    await close();
    doors = [await start(join(dir, "new-keys")), await serve("serve", "--database", conninfo, "--keys", old_keys)];
    for (const { url } of doors)
        for (const i of [0, 1, 2, 3]) assert.equal((await post(url, sent[i])).text, answers[i].text);
    const spelled = { data: sent[0].data, sig: sent[0].sig.toUpperCase().replace("0X", "0x"), address: sent[0].address.toLowerCase() };
    assert.equal((await post(doors[0].url, spelled)).text, answers[0].text);
    const signers = [];
    for (let i = 0; i < 4; i++) signers.push((await accepted(doors[i % 2].url, await sign.vote(voter(20 + i), ids.basic, 1))).relayer.address);
    assert.equal(new Set(signers).size, 2);
    assert.equal(signers[1], answers[0].json.relayer.address);
    assert.equal((await get(`${doors[0].url}/v1/log/entries?kind=key`)).data.length, 2, "each key is recorded once");
    for (const { id, kind } of (await get(`${doors[0].url}/v1/log/entries?limit=1000`)).data)
        if (["key", "space", "proposal"].includes(kind)) await get(`${doors[0].url}/v1/receipts/${id}`);
    await accepted(doors[0].url, await sign.cancel(voter(0), ids[TYPES[0]]));
    assert.equal((await post(doors[1].url, sent[0])).text, answers[0].text, "also when it would not be taken any more");
    await verify();
});
