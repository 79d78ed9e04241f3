// tests/scenarios/messages_bad.mjs - what the door for signed messages refuses, and by which name: forms, sizes, signatures, rules, times, races.
import assert from "node:assert/strict";
import { chmodSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { accepted, now, open_door, post, refused, resign, sign, SPACE, voter, voters_chain } from "./lib/ballots.mjs";
import { Contract } from "./lib/openapi.mjs";
import { get, run } from "./lib/program.mjs";
import { exchange } from "./lib/http.mjs";

const VOTERS = 120, ORDER = 0xfffffffffffffffffffffffffffffffebaaedce6af48a03bbfd25e8cd0364141n, SECOND = "another.eth";
const DAY = 86400, LARGEST = 65535;
const [author, ada, ben, cem, dee, eve, nobody] = [0, 1, 2, 3, 4, 5, 5000].map(voter);
const dir = mkdtempSync(join(tmpdir(), "altledger-bad-"));
let door, url, head;
const asked = {}; // ids of proposals, by type

before(async () => {
    chmodSync(dir, 0o755); // PostgreSQL's user must get in, or its files lie elsewhere
    const { network, archive } = voters_chain(dir, VOTERS, [
        { id: SPACE, admins: [ada.address] }, { id: SECOND, admins: [] },
        { id: "strict.eth", admins: [], threshold: "2000000000000000000", delay: 60, period: 600, tolerance: 5 },
        { id: "rare.eth", admins: [], proposals_per_day: 2, ballots_per_voter: 3, title_bytes: 20 },
    ]);
    door = await open_door(network, archive, "--data", join(dir, "data"));
    url = door.url;
    head = (await get(`${url}/v1/status`)).head.number;
    for (const type of ["basic", "single-choice", "approval", "weighted", "quadratic", "ranked-choice", "copeland"])
        asked[type] = (await accepted(url, await sign.proposal(author, { type, title: type }))).id;
});
after(async () => {
    await door?.program.kill("SIGTERM").ends();
    rmSync(dir, { recursive: true, force: true });
});

const size = async () => (await get(`${url}/v1/proposals/${asked.basic}/tally`)).log_size;
const votes = async (id) => (await get(`${url}/v1/proposals/${id}/votes?limit=1000`)).data;
const hex = (n) => n.toString(16).padStart(64, "0");

/** 400, with the member's path; nothing is appended. */
async function malformed(body, param) {
    const reply = await post(url, body);
    assert.equal(reply.status, 400, `${param}: ${reply.text}`);
    assert.deepEqual([reply.json.code, reply.json.param], ["invalid-parameter", param], reply.text);
    assert.equal(reply.headers.get("content-type"), "application/problem+json");
}

test("a signature must be one of 65 bytes with v 27 or 28 and s in the lower half", async () => {
    const good = await sign.vote(ben, asked.basic, 1), bytes = good.sig.slice(2), [r, s, v] = [bytes.slice(0, 64), bytes.slice(64, 128), bytes.slice(128)];
    const twin = `0x${r}${hex(ORDER - BigInt(`0x${s}`))}${v === "1b" ? "1c" : "1b"}`;
    const before_all = await size();
    for (const sig of [
        twin, `0x${r}${s}1d`, `0x${r}${s}1a`, `0x${r}${s}02`, `0x${r}${s}ff`, `0x${hex(0n)}${s}${v}`, `0x${r}${hex(0n)}${v}`, `0x${hex(ORDER)}${s}${v}`,
        `0x${r}${s}`, `0x${bytes}00`, "0x", "", bytes, `0x${bytes.slice(1)}`, `0x${bytes.replace(/.$/, "g")}`, 7, null, [good.sig],
    ])
        await malformed({ ...good, sig }, "sig");
    assert.equal(await size(), before_all);
    // v 0 and 1 are the same signature.
    const { id } = await accepted(url, { ...good, sig: `0x${r}${s}${v === "1b" ? "00" : "01"}` });
    assert.equal((await accepted(url, good)).id, id);
    assert.equal(await size(), before_all + 1);
});

test("who signed must be `from`, or an alias of it", async () => {
    const good = await sign.vote(ben, asked.basic, 1, { reason: "who signs this?" }); // nobody does, so far: a message that is known is known by whomever
    await refused(url, await resign(cem, good, {}), "signer-mismatch");
    await refused(url, { ...good, data: { ...good.data, message: { ...good.data.message, choice: 2 } } }, "signer-mismatch");
    await refused(url, { ...good, address: cem.address }, "signer-mismatch");
    await refused(url, { ...await resign(cem, good, {}), address: cem.address }, "no-alias");
    await refused(url, { ...await sign.alias(cem, ada.address, { from: ben.address }), address: cem.address }, "no-alias");
});

test("text that is no message is refused with the path of its member", async () => {
    const good = await sign.vote(ben, asked.basic, 1), text = JSON.stringify(good), say = (change) => ({ ...good, ...change });
    const data = (change) => say({ data: { ...good.data, ...change } }), message = (change) => data({ message: { ...good.data.message, ...change } });
    const nested = `${'{"a":'.repeat(60)}1${"}".repeat(60)}`;
    for (const [body, param] of [
        ["", "body"], ["{", "body"], ["[]", "envelope"], ["null", "body"], ["17", "body"], [`${text}x`, "body"], ["[".repeat(60000), "body"],
        [nested, "body"], [text.replace('"address"', '"\\u0000"'), "body"], [text.replace('"1"', '"\\ud800"').replace("council", "\\ud800"), "body"],
        [say({ address: undefined }), "address"], [say({ address: "0x12" }), "address"], [say({ data: undefined }), "data"], [say({ more: 1 }), "more"],
        [text.replace("{", '{"sig":"0x00",'), "sig"], [text.replace('"choice":1', '"choice":2,"choice":1'), "data.message.choice"],
        [data({ domain: { name: "snapshot", version: "0.1.3" } }), "data.domain.version"], [data({ domain: { name: "other", version: "0.1.4" } }), "data.domain.name"],
        [data({ domain: { ...good.data.domain, chainId: "x" } }), "data.domain.chainId"], [data({ domain: { ...good.data.domain, salt: "0x" } }), "data.domain.salt"], [data({ types: {} }), "data.types"],
        [data({ types: { Vote: [{ name: "from", type: "address" }] } }), "data.types"],
        [data({ types: { Follow: good.data.types.Vote } }), "data.types"], [data({ types: { ...good.data.types, More: [{ name: "a", type: "string" }] } }), "data.types"],
        [message({ from: undefined }), "data.message.from"], [message({ from: "ben" }), "data.message.from"], [message({ more: "x" }), "data.message"],
        [message({ timestamp: "soon" }), "data.message.timestamp"], [message({ timestamp: 1.5 }), "data.message.timestamp"],
        [message({ timestamp: -1 }), "data.message.timestamp"], [text.replace(/"timestamp":\d+/, '"timestamp":18446744073709551616'), "body"],
        [text.replace(/"timestamp":\d+/, '"timestamp":9223372036854775807'), "data.message.timestamp"],
        [message({ choice: 2 ** 32 }), "data.message.choice"], [message({ choice: -1 }), "data.message.choice"], [message({ choice: 1.5 }), "data.message.choice"],
        [message({ choice: [1] }), "data.message.choice"], [message({ choice: null }), "data.message.choice"], [message({ reason: 7 }), "data.message.reason"],
        [message({ proposal: "0x12" }), "data.message.proposal"], [message({ space: 1 }), "data.message.space"],
    ])
        await malformed(body, param);
    const bytes = Buffer.from(text), at = bytes.indexOf("council");
    for (const wrong of [[0xff], [0xc0, 0x80], [0xed, 0xa0, 0x80], [0xf4, 0x90, 0x80, 0x80], [0x00]])
        await malformed(Buffer.concat([bytes.subarray(0, at), Buffer.from(wrong), bytes.subarray(at)]), "body");
    await malformed(JSON.stringify(await sign.vote(ben, asked.basic, 1, { reason: "\u0000" })), "body");
});

test("65,535 bytes may be a message, 65,536 are too many, and 100 kB do not end the server", async () => {
    const padded = async (bytes) => {
        const text = JSON.stringify(await sign.vote(ben, asked.basic, 1, { reason: "r" }));
        return text + " ".repeat(bytes - Buffer.byteLength(text));
    };
    assert.equal((await post(url, await padded(LARGEST))).status, 200);
    for (const bytes of [LARGEST + 1, 100000, 1000000]) {
        const reply = await post(url, await padded(bytes)).catch(() => null);
        if (reply !== null) assert.deepEqual([reply.status, reply.json.code], [413, "too-large"]);
        else assert.ok(bytes > LARGEST + 1); // it may close while we still send
    }
    await refused(url, await sign.vote(ben, asked.basic, 1, { reason: "r".repeat(5001) }), "too-long");
    assert.equal((await accepted(url, await sign.vote(ben, asked.basic, 3, { reason: "r".repeat(5000) }))).kind, "vote");
});

test("another content type is 415; any origin may post after a preflight", async () => {
    const good = await sign.vote(ben, asked.basic, 1);
    for (const type of ["text/plain", "application/x-www-form-urlencoded", "application/jsonp"]) {
        const reply = await post(url, good, { "content-type": type });
        assert.deepEqual([reply.status, reply.json.code], [415, "unsupported-media-type"]);
    }
    const preflight = await fetch(`${url}/v1/messages`, { method: "OPTIONS",
        headers: { origin: "https://wallet.example", "access-control-request-method": "POST", "access-control-request-headers": "content-type" } });
    assert.equal(preflight.status, 204);
    assert.equal(preflight.headers.get("access-control-allow-origin"), "*");
    assert.match(preflight.headers.get("access-control-allow-methods"), /POST/);
    assert.match(preflight.headers.get("access-control-allow-headers"), /Content-Type/i);
    const reply = await post(url, good, { origin: "https://wallet.example" });
    assert.deepEqual([reply.status, reply.headers.get("access-control-allow-origin"), reply.headers.get("cache-control")], [200, "*", "no-store"]);
});

test("a problem is application/json to who accepts nothing else, as snapshot.js does", async () => {
    const wrong = { ...await sign.vote(ben, asked.basic, 1), more: 1 }, ruled = await sign.vote(nobody, asked.basic, 1);
    for (const [accept, type] of [["application/json", "application/json"], ["Application/JSON", "application/json"], ["*/*", "application/problem+json"],
        ["application/json, application/problem+json", "application/problem+json"], ["application/json, */*", "application/problem+json"]]) {
        for (const [body, status] of [["{", 400], [wrong, 400], [ruled, 422], [" ".repeat(LARGEST + 1), 413]]) {
            const reply = await post(url, body, { accept });
            assert.deepEqual([reply.status, reply.json.status, reply.headers.get("content-type")], [status, status, type], accept);
        }
        const missing = await fetch(`${url}/v1/proposals/${`0x${hex(7n)}`}`, { headers: { accept } });
        assert.deepEqual([missing.status, missing.headers.get("content-type"), missing.headers.get("vary")], [404, type, "Accept, Accept-Encoding"]);
    }
});

test("what is answered is what OpenAPI says", async () => {
    const contract = await Contract.of(url), { responses } = contract.document.paths["/v1/messages"].post, type = "application/json";
    contract.conforms(await accepted(url, await sign.vote(ben, asked.basic, 1)), responses["200"].content[type].schema, "a receipt");
    const { content } = contract.document.components.responses.Problem;
    assert.deepEqual(Object.keys(content), ["application/problem+json", type]);
    for (const body of ["{", await sign.vote(nobody, asked.basic, 1)]) contract.conforms((await post(url, body)).json, content[type].schema, "a problem");
});

test("a choice must be one that its type of voting takes", async () => {
    const id = asked, wrong = (type, choice, as = type) => sign.vote(cem, id[type], choice, { type: as }).then((e) => refused(url, e, "invalid-choice"));
    for (const choice of [0, 4, 2 ** 32 - 1]) await wrong("basic", choice);
    for (const choice of [0, 4]) await wrong("single-choice", choice);
    for (const choice of [[0], [4], [1, 1], [1, 2, 3, 1]]) await wrong("approval", choice);
    for (const type of ["ranked-choice", "copeland"])
        for (const choice of [[], [1, 2], [1, 2, 2], [1, 2, 4], [0, 1, 2], [1, 2, 3, 1]]) await wrong(type, choice, "ranked-choice");
    for (const type of ["weighted", "quadratic"])
        for (const choice of [{}, { 1: 0 }, { 1: 0, 2: 0 }, { 1: -1 }, { 1: 5, 2: -1 }, { 1: 0.5 }, { 1: 2 ** 53 + 2 }, { 0: 1 }, { 4: 1 }, { "01": 1 }, { a: 1 }, { 1: "2" }, [1, 2], 1])
            await wrong(type, choice);
    // Each form only where it belongs.
    await wrong("basic", [1], "approval");
    await wrong("weighted", 1, "basic");
    await wrong("approval", 1, "basic");
    await wrong("ranked-choice", { 1: 1 }, "weighted");
    for (const text of ["{", "{\"1\":1,\"1\":2}", "{\"1\":1e400}", "{\"1\":NaN}", "[".repeat(2000), "null", "true", "\"1\"", "1,2", "1],[2", ""]) {
        const envelope = await sign.vote(cem, id.weighted, {}, { type: "weighted" }), reply = await post(url, await resign(cem, envelope, { choice: text }));
        assert.ok(reply.status === 400 ? reply.json.param === "data.message.choice" : reply.status === 422 && reply.json.reasons[0].code === "invalid-choice", reply.text);
    }
    await accepted(url, await sign.vote(cem, id.approval, [], { type: "approval" }));
    await accepted(url, await sign.vote(cem, id.weighted, { 2: 2 ** 53 - 1, 3: 0 }, { type: "weighted" }));
});

test("spaces, proposals and powers that do not fit are named, all at once", async () => {
    await refused(url, await sign.vote(ben, asked.basic, 1, { space: "nowhere.eth" }), "wrong-space");
    await refused(url, await sign.vote(ben, asked.basic, 1, { space: SECOND }), "wrong-space");
    await refused(url, await sign.vote(ben, `0x${hex(7n)}`, 1), "unknown-proposal");
    await refused(url, await sign.vote(nobody, asked.basic, 1), "no-voting-power");
    await refused(url, await sign.vote(ben, asked.basic, 9, { timestamp: now() - 100000 }), "timestamp-expired", "voting-not-started", "invalid-choice");
});

test("a message's time may differ from the service's clock by 300 s, and no more", async () => {
    const at = now();
    const { id } = await accepted(url, await sign.proposal(author, { timestamp: at - 290, start: at - 290, title: "early" }));
    await refused(url, await sign.vote(ben, id, 1, { timestamp: now() - 310 }), "timestamp-expired", "voting-not-started");
    await refused(url, await sign.vote(ben, id, 1, { timestamp: now() + 310 }), "timestamp-in-future");
    await accepted(url, await sign.vote(ben, id, 1, { timestamp: now() - 280 }));
    await accepted(url, await sign.vote(ben, id, 1, { timestamp: now() + 290 }));
    await refused(url, await sign.alias(ben, cem.address, { timestamp: now() - 310 }), "timestamp-expired");
});

test("ballots of the first and of the last second count, those a second outside do not", async () => {
    const at = now(), { id } = await accepted(url, await sign.proposal(author, { timestamp: at, start: at + 10, end: at + 20, title: "short" }));
    const cast = (timestamp) => sign.vote(dee, id, 1, { timestamp });
    await refused(url, await cast(at + 9), "voting-not-started");
    await refused(url, await cast(at + 21), "voting-ended");
    for (const second of [10, 20]) await accepted(url, await cast(at + second));
    assert.equal((await votes(id)).length, 2);
});

test("the same ballot again, also 64 times at once, is stored once and has one receipt", async () => {
    const envelope = await sign.vote(eve, asked.basic, 2), before_all = await size();
    const replies = await Promise.all(Array.from({ length: 64 }, () => post(url, envelope)));
    assert.deepEqual([...new Set(replies.map((r) => r.status))], [200], replies.find((r) => r.status !== 200)?.text);
    assert.equal(new Set(replies.map((r) => r.text)).size, 1);
    assert.equal(await size(), before_all + 1);
    await accepted(url, await sign.vote(ben, asked.basic, 1, { reason: "later" }));
    const { json } = await post(url, envelope), [first] = replies;
    assert.deepEqual([json.receipt, json.relayer, json.id], [first.json.receipt, first.json.relayer, first.json.id]);
    assert.equal((await votes(asked.basic)).filter((v) => v.voter === eve.address).length, 1);
});

test("two ballots of one voter at the same instant on two connections: both stay, the later in the log counts", async () => {
    for (let round = 0; round < 8; round++) {
        const who = voter(20 + round), timestamp = now();
        const both = await Promise.all([1, 2].map((choice) => sign.vote(who, asked["single-choice"], choice, { timestamp, type: "single-choice" })));
        const raw = (envelope) => {
            const text = JSON.stringify(envelope);
            return exchange(new URL(url).port, `POST /v1/messages HTTP/1.1\r\nHost: x\r\nConnection: close\r\nContent-Type: application/json\r\nContent-Length: ${text.length}\r\n\r\n${text}`);
        };
        const answers = await Promise.all(both.map(raw));
        for (const { statuses } of answers) assert.deepEqual(statuses, [200]);
        const cast = (await votes(asked["single-choice"])).filter((v) => v.voter === who.address).sort((a, b) => a.position - b.position);
        assert.equal(cast.length, 2);
        assert.deepEqual(cast.map((v) => v.counts), [false, true], JSON.stringify(cast));
    }
    assert.equal((await get(`${url}/v1/proposals/${asked["single-choice"]}/tally`)).voters, 8);
});

test("an older ballot that comes later stays listed, and the newer one goes on counting", async () => {
    const at = now();
    await accepted(url, await sign.vote(voter(40), asked["single-choice"], 1, { timestamp: at + 5, type: "single-choice" }));
    await accepted(url, await sign.vote(voter(40), asked["single-choice"], 2, { timestamp: at + 4, type: "single-choice" }));
    const cast = (await votes(asked["single-choice"])).filter((v) => v.voter === voter(40).address).sort((a, b) => a.position - b.position);
    assert.deepEqual(cast.map((v) => v.counts), [true, false]);
});

test("a cancelled proposal takes no ballots, and only its author and admins cancel or change it", async () => {
    const { id } = await accepted(url, await sign.proposal(author, { title: "gone" }));
    await accepted(url, await sign.vote(ben, id, 1));
    await refused(url, await sign.cancel(ben, id), "not-author");
    await accepted(url, await sign.cancel(ada, id)); // an admin
    await refused(url, await sign.vote(ben, id, 2), "proposal-canceled");
    await refused(url, await sign.cancel(author, id), "proposal-canceled");
    const proposal = await get(`${url}/v1/proposals/${id}`);
    assert.deepEqual([proposal.state, proposal.source], ["canceled", "offchain"]);
    await refused(url, await sign.update(author, { proposal: asked.basic, title: "too late" }), "voting-started");
    const at = now(), later = (await accepted(url, await sign.proposal(author, { start: at + 600, end: at + 900 }))).id;
    await refused(url, await sign.update(ben, { proposal: later, title: "mine" }), "not-author");
    await accepted(url, await sign.update(author, { proposal: later, title: "better" }));
    assert.equal((await get(`${url}/v1/proposals/${later}`)).title, "better");
});

test("a proposal must be such as its space takes", async () => {
    const at = now(), propose = (given, ...codes) => sign.proposal(author, given).then((e) => refused(url, e, ...codes));
    await propose({ type: "conviction" }, "unsupported-type");
    await propose({ privacy: "shutter" }, "unsupported-privacy");
    await propose({ plugins: '{"altledger":{"policy":"wealth"}}' }, "unknown-policy");
    await propose({ choices: ["For"] }, "invalid-choices");
    await propose({ choices: ["For", "Against", "Abstain", "More"] }, "invalid-choices");
    await propose({ choices: ["a", ""], type: "single-choice" }, "invalid-choices");
    await propose({ choices: [], type: "approval" }, "invalid-choices");
    await propose({ choices: Array.from({ length: 101 }, String), type: "approval" }, "invalid-choices");
    await propose({ choices: Array.from({ length: 33 }, String), type: "ranked-choice" }, "invalid-choices");
    await propose({ start: at + 20, end: at + 20 }, "invalid-window");
    await propose({ start: at + 20, end: at + 10 }, "invalid-window");
    await propose({ start: at, end: at + 366 * DAY }, "invalid-window");
    await propose({ start: at - 100000, end: at + 10 }, "invalid-window");
    await propose({ snapshot: head + 1 }, "invalid-snapshot");
    await propose({ title: "t".repeat(257) }, "too-long");
    await propose({ body: "b".repeat(40001) }, "too-long");
    await propose({ space: "strict.eth", start: at + 60, end: at + 660 }, "below-threshold");
    await propose({ space: "strict.eth", start: at + 54, end: at + 660 }, "invalid-window");
    await propose({ space: "strict.eth", start: at + 60, end: at + 659 }, "invalid-window");
    await propose({ space: "nowhere.eth" }, "unknown-space");
});

test("spam: only so many proposals a day, only so many changes of a vote", async () => {
    const ids = [];
    for (const title of ["one", "two"]) ids.push((await accepted(url, await sign.proposal(author, { space: "rare.eth", title }))).id);
    await refused(url, await sign.proposal(author, { space: "rare.eth", title: "three" }), "too-many-proposals");
    await accepted(url, await sign.proposal(ben, { space: "rare.eth", title: "of another" }));
    for (const choice of [1, 2, 3]) await accepted(url, await sign.vote(cem, ids[0], choice, { space: "rare.eth" }));
    await refused(url, await sign.vote(cem, ids[0], 1, { space: "rare.eth", reason: "again" }), "too-many-ballots");
    await accepted(url, await sign.vote(cem, ids[1], 1, { space: "rare.eth" }));
});

test("after all of this the tallies are what the ballots say, and verify finds nothing", async () => {
    for (const id of Object.values(asked)) {
        const cast = (await votes(id)), { voters } = await get(`${url}/v1/proposals/${id}/tally`);
        assert.equal(voters, new Set(cast.map((v) => v.voter)).size);
    }
    assert.equal(JSON.parse((await run(["verify", "--json", "--data", join(dir, "data")])).out).differences, 0);
});
