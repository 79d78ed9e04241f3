// tests/scenarios/http_streams.mjs - slow, idle and vanishing clients, event streams, and stopping in the middle of requests.
import assert from "node:assert/strict";
import { after, test } from "node:test";
import { open, sleep, startServer } from "./lib/http.mjs";

const servers = [];
async function start(options) {
    const server = await startServer(options);
    servers.push(server);
    return server;
}
after(async () => { for (const server of servers) if (server.child.exitCode === null) await server.stop(); });

const get = (target, ...lines) => `GET ${target} HTTP/1.1\r\nHost: x\r\n${lines.map((l) => l + "\r\n").join("")}\r\n`;
const healthy = async (server) => assert.equal((await fetch(`${server.url}/healthz`)).status, 200);
const commit = (server) => server.sql("UPDATE mirror.cursor SET state_version = state_version + 1; NOTIFY altledger_state");
/** Send a byte every `ms` until the connection closes. */
async function drip(c, text, ms) {
    for (const byte of text) {
        if (c.over()) return;
        await c.send(byte);
        await sleep(ms);
    }
}
const between = (ms, least, most) => assert.ok(ms >= least && ms <= most, `${ms} ms, not ${least} to ${most}`);

test("deadlines hold against clients that drip", async (t) => {
    const server = await start({ headers_ms: 1000, body_ms: 1000, write_ms: 1500, idle_ms: 800 });
    await t.test("a byte of a header every 100 ms", async () => {
        const c = open(server.port);
        await Promise.race([drip(c, get("/healthz", "X-A: " + "a".repeat(500)), 100), c.closed]);
        between(await c.closed, 800, 2200);
        assert.equal(c.text(), "");
    });
    await t.test("a connection that says nothing", async () => between(await open(server.port).closed, 800, 2200));
    await t.test("a byte of a body every 100 ms", async () => {
        const c = open(server.port);
        await c.opened;
        await c.send("POST /test/echo HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nContent-Length: 500\r\n\r\n");
        await Promise.race([drip(c, " ".repeat(500), 100), c.closed]);
        between(await c.closed, 800, 2200);
    });
    await t.test("chunks without an end", async () => {
        const c = open(server.port);
        await c.opened;
        await c.send("POST /test/echo HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nTransfer-Encoding: chunked\r\n\r\n");
        await Promise.race([drip(c, "1\r\n \r\n".repeat(200), 50), c.closed]);
        between(await c.closed, 800, 2200);
    });
    await t.test("an idle connection after an answer", async () => {
        const c = open(server.port);
        await c.opened;
        await c.send(get("/healthz"));
        between(await c.closed, 700, 2000);
        assert.match(c.text(), /HTTP\/1.1 200/);
    });
    await t.test("the next request dripped", async () => {
        const c = open(server.port);
        await c.opened;
        await c.send(get("/healthz"));
        await c.until((text) => text.includes("200 OK"));
        await Promise.race([drip(c, get("/healthz", "X-A: " + "a".repeat(500)), 100), c.closed]);
        between(await c.closed, 700, 3000);
    });
    await t.test("a client that does not read its stream", async () => {
        const c = open(server.port, { onData: false });
        await c.opened;
        c.socket.pause();
        await c.send(get("/test/numbers.csv?n=20000000"));
        const stuck = () => server.sql("SELECT count(*) FROM pg_stat_activity WHERE application_name = 'altledger stream' AND state <> 'idle'");
        await sleep(700);
        assert.equal(stuck(), "1", "the stream runs");
        await healthy(server);
        for (const limit = Date.now() + 6000; Date.now() < limit && stuck() !== "0"; ) await sleep(100);
        assert.equal(stuck(), "0", "its statement was cancelled");
        c.destroy();
    });
    await t.test("a slow but steady reader gets the whole stream", async () => {
        const reply = await fetch(`${server.url}/test/numbers.ndjson?n=200000`);
        let bytes = 0, last = "";
        for await (const part of reply.body) {
            bytes += part.length;
            last = Buffer.from(part).toString().slice(-200);
            if (bytes % 7 === 0) await sleep(20);
        }
        assert.match(last, /"k":200000,/);
    });
    await t.test("the deadlines are counted", async () => {
        const text = await (await fetch(`${server.url}/metrics`)).text();
        assert.ok(Number(/^altledger_http_deadlines_total (\d+)$/m.exec(text)[1]) >= 5);
        assert.match(text, /^altledger_http_streams 0$/m);
    });
    await server.stop();
});

test("1,000 idle connections do not keep others out", async () => {
    const server = await start({ headers_ms: 20000, idle_ms: 20000 });
    const held = [];
    for (let i = 0; i < 1000; i++) {
        held.push(open(server.port));
        if (i % 50 === 49) await Promise.all(held.slice(-50).map((c) => c.opened));
    }
    await Promise.all(held.slice(0, 500).map((c) => c.send("G")));
    for (let i = 0; i < 20; i++) {
        const began = Date.now();
        await healthy(server);
        assert.equal((await fetch(`${server.url}/test/block?at=${100 + i}`)).status, 200);
        between(Date.now() - began, 0, 2000);
    }
    held.forEach((c) => c.destroy());
    await sleep(300);
    const text = await (await fetch(`${server.url}/metrics`)).text();
    assert.ok(Number(/^altledger_http_connections (\d+)$/m.exec(text)[1]) < 20, "closed connections are let go");
    await server.stop();
});

test("clients that vanish in the middle of a stream leave nothing behind", async () => {
    const server = await start();
    for (let i = 0; i < 12; i++) {
        const c = open(server.port);
        await c.opened;
        await c.send(get(i % 2 ? "/test/numbers.csv?n=5000000" : "/test/versions"));
        await c.until((text) => text.length > 500);
        if (i % 3 === 0) c.socket.resetAndDestroy();
        else c.destroy();
    }
    const running = () => server.sql("SELECT count(*) FROM pg_stat_activity WHERE application_name = 'altledger stream' AND state <> 'idle'");
    for (const limit = Date.now() + 8000; Date.now() < limit && running() !== "0"; ) await sleep(100);
    assert.equal(running(), "0");
    const whole = await (await fetch(`${server.url}/test/numbers.csv?n=1000`)).text();
    assert.equal(whole.split("\r\n").length, 1002);
    await server.stop();
});

test("more streams than threads all come through", async () => {
    const server = await start();
    const texts = await Promise.all(Array.from({ length: 12 }, async () => (await fetch(`${server.url}/test/numbers.csv?n=20000`)).text()));
    for (const text of texts) assert.equal(text.split("\r\n").length, 20002);
    await server.stop();
});

test("an event stream follows changes, resumes after Last-Event-ID without loss, and is bounded", async () => {
    const server = await start({ event_streams: 3 });
    const now = Number(server.sql("SELECT state_version FROM mirror.cursor"));
    const live = open(server.port);
    await live.opened;
    await live.send(get("/test/versions"));
    assert.ok(await live.until((text) => text.includes(": connected")));
    assert.match(live.text(), /Content-Type: text\/event-stream/);
    await sleep(200);
    commit(server);
    assert.ok(await live.until((text) => text.includes(`id: ${now + 1}\nevent: version\ndata: {"version":${now + 1}}\n\n`), 1000), live.text());
    for (let i = 0; i < 30; i++) commit(server);
    assert.ok(await live.until((text) => text.includes(`id: ${now + 31}\n`)));
    const ids = [...live.text().matchAll(/^id: (\d+)$/gm)].map((m) => Number(m[1]));
    assert.deepEqual(ids, Array.from({ length: 31 }, (_, i) => now + 1 + i));
    const late = open(server.port);
    await late.opened;
    await late.send(get("/test/versions", `Last-Event-ID: ${now + 10}`));
    assert.ok(await late.until((text) => text.includes(`id: ${now + 31}\n`)));
    assert.equal(/^id: (\d+)$/m.exec(late.text())[1], String(now + 11));
    for (const bad of ["x", "-1", "1.5", ""]) {
        const refused = open(server.port);
        await refused.opened;
        await refused.send(get("/test/versions", `Last-Event-ID: ${bad}`));
        assert.ok(await refused.until((text) => text.includes("HTTP/1.1 400")), `${bad}: ${refused.text()}`);
        refused.destroy();
    }
    const third = open(server.port), fourth = open(server.port);
    await third.opened;
    await third.send(get("/test/versions"));
    await third.until((text) => text.includes(": connected"));
    await fourth.opened;
    await fourth.send(get("/test/versions"));
    assert.ok(await fourth.until((text) => text.includes("HTTP/1.1 429")), fourth.text());
    server.sql("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name = 'altledger feed'");
    commit(server);
    assert.ok(await live.until((text) => text.includes(`id: ${now + 32}\n`)), "the stream outlives its connection to the database");
    await server.stop();
    await live.closed;
    assert.ok(live.text().endsWith("0\r\n\r\n"), "the stream ends well-formed");
});

test("stopping finishes what is in flight and takes no more", async () => {
    const server = await start({ ask_threads: 4 });
    const slow = Array.from({ length: 4 }, () => fetch(`${server.url}/test/sleep/1500`));
    const idle = open(server.port);
    await idle.opened;
    await idle.send(get("/healthz"));
    await idle.until((text) => text.includes("200 OK"));
    await sleep(300);
    const began = Date.now();
    const stopped = server.stop();
    await sleep(100);
    await assert.rejects(fetch(`${server.url}/healthz`), "the port is closed");
    for (const reply of await Promise.all(slow)) {
        assert.equal(reply.status, 200);
        assert.deepEqual(await reply.json(), { done: true });
    }
    await stopped;
    between(Date.now() - began, 500, 6000);
    assert.ok(idle.over());
});

test("stopping does not wait longer than it may", async () => {
    const server = await start({ stop_ms: 700 });
    const stuck = fetch(`${server.url}/test/sleep/9000`).then((r) => r.status, () => "cut");
    const queued = Array.from({ length: 40 }, () => fetch(`${server.url}/test/sleep/8000`).then((r) => r.status, () => "cut"));
    await sleep(300);
    const began = Date.now();
    await server.stop();
    between(Date.now() - began, 500, 6000);
    for (const how of [await stuck, ...await Promise.all(queued)]) assert.ok(how === "cut" || how >= 500, String(how));
});
