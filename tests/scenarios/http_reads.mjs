// tests/scenarios/http_reads.mjs - which block an answer speaks of, pages, representations and caching, on the test server.
import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { createServer } from "node:http";
import { gunzipSync } from "node:zlib";
import { after, before, test } from "node:test";
import { exchange, sleep, startServer } from "./lib/http.mjs";

let server;
before(async () => { server = await startServer(); });
after(() => server.stop());

const hash = (n) => "0x" + n.toString(16).padStart(64, "0");
async function get(target, headers = {}) {
    const reply = await fetch(server.url + target, { headers });
    const text = await reply.text();
    const json = /[/+]json$/.test(reply.headers.get("content-type") ?? "") && text !== "" ? JSON.parse(text) : null;
    return { status: reply.status, text, json, header: (name) => reply.headers.get(name) };
}
/** Change the mirror's row as a commit of the writer would. */
function commit(set) {
    server.sql(`UPDATE mirror.cursor SET state_version = state_version + 1, ${set}; NOTIFY altledger_state`);
}
async function until(check, ms = 5000) {
    for (const limit = Date.now() + ms; Date.now() < limit; await sleep(20)) if (await check()) return true;
    return false;
}

test("at= in all its forms names one block", async () => {
    for (const [at, number, finality] of [
        ["", 200, "latest"], ["?at=latest", 200, "latest"], ["?at=safe", 190, "safe"], ["?at=finalized", 150, "finalized"],
        ["?at=10", 10, "finalized"], ["?at=150", 150, "finalized"], ["?at=151", 151, "safe"], ["?at=191", 191, "latest"],
        [`?at=${hash(100)}`, 100, "finalized"], [`?at=${hash(100).toUpperCase().replace("X", "x")}`, 100, "finalized"],
        ["?at=2025-01-01T00:20:00Z", 100, "finalized"], ["?at=2025-01-01T00:20:11Z", 100, "finalized"],
        ["?at=2025-01-01T01:20:00%2B01:00", 100, "finalized"], ["?at=2025-01-01T01:20:00+01:00", 100, "finalized"],
        ["?at=2030-01-01T00:00:00Z", 200, "latest"],
    ]) {
        const { status, json, text } = await get(`/test/block${at}`);
        assert.equal(status, 200, `${at}: ${text}`);
        assert.deepEqual(json.as_of, {
            block_number: number,
            block_hash: hash(number),
            block_time: new Date(Date.UTC(2025, 0, 1) + 12000 * number).toISOString().replace(".000", ""),
            finality,
            block_root: hash((number - ((number - 10) % 3)) * 7),
        });
        assert.equal(json.position, number * 2 ** 32 + (2 ** 32 - 1));
    }
});

test("a block that is not there is told apart", async () => {
    for (const [at, status, code] of [
        ["9", 404, "block-not-mirrored"], ["201", 404, "block-not-mirrored"], ["2147483647", 404, "block-not-mirrored"], ["2147483648", 404, "block-not-mirrored"], ["9".repeat(78), 404, "block-not-mirrored"],
        [hash(201), 409, "block-not-canonical"], [hash(45), 409, "block-not-canonical"],
        ["2025-01-01T00:01:59Z", 404, "block-not-mirrored"], ["45", 503, "header-unavailable"],
    ]) {
        const { status: got, json } = await get(`/test/block?at=${at}`);
        assert.deepEqual([got, json.code], [status, code], at);
    }
});

test("pages neither skip nor repeat, in both orders, and stay at the first page's block", async () => {
    for (const order of ["asc", "desc"]) {
        const seen = [];
        let target = `/test/numbers?n=23&limit=5&order=${order}`;
        for (let i = 0; target !== null; i++) {
            const { status, json, header, text } = await get(target);
            assert.equal(status, 200, text);
            seen.push(...json.data.map((row) => row.k));
            assert.equal(json.as_of.block_number, 200);
            assert.equal(json.has_more, json.next_cursor !== null);
            target = json.has_more ? /^<(.*)>; rel="next"$/.exec(header("link"))[1] : null;
            if (!json.has_more) assert.equal(header("link"), null);
            if (i === 1) commit("safe_number = 191");
        }
        const all = Array.from({ length: 23 }, (_, i) => i + 1);
        assert.deepEqual(seen, order === "asc" ? all : all.reverse());
    }
});

test("an empty list and an exact last page have no more", async () => {
    assert.deepEqual((await get("/test/numbers?n=0")).json.data, []);
    const exact = (await get("/test/numbers?n=5&limit=5")).json;
    assert.deepEqual([exact.data.length, exact.has_more, exact.next_cursor], [5, false, null]);
});

test("a forged, foreign or stale cursor is refused", async () => {
    const first = (await get("/test/numbers?n=9&limit=2")).json.next_cursor;
    const flip = (i) => first.slice(0, i) + (first[i] === "A" ? "B" : "A") + first.slice(i + 1);
    const bad = [...Array(first.length).keys()].map((i) => `/test/numbers?n=9&limit=2&after=${flip(i)}`);
    bad.push(`/test/numbers?n=8&after=${first}`, `/test/numbers?n=9&order=desc&after=${first}`, `/test/numbers?n=9&at=100&after=${first}`,
        "/test/numbers?n=9&after=", "/test/numbers?n=9&after=AAAA", `/test/numbers?n=9&after=${first}A`, `/test/numbers?n=9&after=${first.slice(0, -1)}`,
        `/test/numbers?n=9&after=${"A".repeat(1900)}`, "/test/numbers?n=9&after=%F0%9F%98%80", `/test/numbers?n=9&after=${first}%3D`);
    for (const target of bad) {
        const { status, json } = await get(target);
        assert.deepEqual([status, json.code, json.param], [400, "invalid-cursor", "after"], target);
    }
    assert.equal((await get(`/test/numbers?n=9&limit=3&after=${first}`)).status, 200, "another limit is fine");
});

test("a cursor whose block was reorganised away is a conflict", async () => {
    const { next_cursor } = (await get("/test/numbers?n=9&limit=2")).json;
    const pinned = (await get("/test/numbers?n=9&limit=2&at=120")).json.next_cursor;
    server.sql("BEGIN; SET LOCAL session_replication_role = replica; ALTER TABLE mirror.chain DISABLE TRIGGER append_only;"
        + " UPDATE mirror.chain SET block = 199 WHERE number = 200; COMMIT");
    const { status, json } = await get(`/test/numbers?n=9&limit=2&after=${next_cursor}`);
    assert.deepEqual([status, json.code], [409, "block-not-canonical"]);
    assert.equal((await get(`/test/numbers?n=9&limit=2&at=120&after=${pinned}`)).status, 200);
    server.sql("UPDATE mirror.chain SET block = 200 WHERE number = 200");
});

test("CSV is RFC 4180 and no formula, NDJSON is a line an item", async () => {
    const csv = await get("/test/numbers.csv?n=6");
    assert.match(csv.header("content-type"), /^text\/csv/);
    assert.equal(csv.text, 'k,text,minus\r\n1,n1,-1\r\n2,n2,-2\r\n3,\'=1+1,-3\r\n4,"a ""b"", c",-4\r\n5,,-5\r\n6,n6,-6\r\n');
    assert.equal((await get("/test/numbers?n=6", { accept: "text/csv" })).text, csv.text);
    assert.equal((await get("/test/numbers?n=6", { accept: "application/json;q=0.5, text/csv" })).text, csv.text);
    assert.equal((await get("/test/numbers.csv?n=0")).text, "k,text,minus\r\n");
    const ndjson = await get("/test/numbers.ndjson?n=6");
    assert.deepEqual(ndjson.text.trimEnd().split("\n").map((line) => JSON.parse(line)), (await get("/test/numbers?n=6")).json.data);
    assert.equal((await get("/test/numbers?n=6", { accept: "text/html, */*" })).json.data.length, 6);
    assert.equal((await get("/test/numbers.csv?n=6&limit=2")).text.split("\r\n").length, 4);
    assert.equal((await get("/test/numbers.csv?n=6&at=201")).json.code, "block-not-mirrored");
    assert.equal((await get("/test/numbers.csv?n=6&after=x")).json.code, "invalid-cursor");
    assert.equal((await get("/test/block.csv")).status, 404);
});

test("every 200 has a strong ETag that answers If-None-Match", async () => {
    for (const target of ["/test/block?at=100", "/test/numbers?n=3", "/test/numbers.csv?n=3", "/openapi.json", "/healthz"]) {
        const { header } = await get(target);
        const etag = header("etag");
        assert.match(etag, /^"[0-9a-f]{32}"$/, target);
        assert.equal(header("vary"), "Accept, Accept-Encoding");
        if (target === "/healthz") continue; // holds the uptime
        for (const [given, status] of [[etag, 304], [`W/${etag}`, 304], [`"x", ${etag}`, 304], ["*", 304], ['"x"', 200], [etag.slice(0, -2) + '"', 200]]) {
            const again = await get(target, { "if-none-match": given });
            assert.equal(again.status, status, `${target} ${given}`);
            if (status === 304) assert.deepEqual([again.text, again.header("etag")], ["", etag]);
        }
    }
    const tags = new Set();
    for (const headers of [{}, { accept: "text/csv" }, { accept: "application/x-ndjson" }])
        tags.add((await get("/test/numbers?n=3", headers)).header("etag"));
    assert.equal(tags.size, 3);
});

test("the ETag covers finality", async () => {
    const before = await get("/test/block?at=180");
    commit("finalized_number = 185, safe_number = 192");
    assert.ok(await until(async () => (await get("/test/block?at=180")).json.as_of.finality === "finalized"));
    assert.notEqual((await get("/test/block?at=180")).header("etag"), before.header("etag"));
    commit("finalized_number = 150, safe_number = 190");
});

test("only what is pinned to a finalized block may be kept without asking", async () => {
    for (const [at, value] of [
        ["100", "public, max-age=3600"], [hash(100), "public, max-age=3600"], ["151", "no-cache"], ["latest", "no-cache"], ["finalized", "no-cache"],
        ["safe", "no-cache"], ["2025-01-01T00:20:00Z", "no-cache"], [hash(200), "no-cache"],
    ])
        assert.equal((await get(`/test/block?at=${at}`)).header("cache-control"), value, at);
    assert.equal((await get("/test/block?at=201")).header("cache-control"), "no-store");
});

test("gzip where it is taken and worth it", async () => {
    const raw = (accept) => exchange(server.port, `GET /test/block?at=100&padded=true HTTP/1.1\r\nHost: x\r\n${accept}\r\n`);
    const plain = await raw("");
    const packed = await raw("Accept-Encoding: br, gzip\r\n");
    assert.ok(!plain.text.includes("Content-Encoding") && packed.text.includes("Content-Encoding: gzip"));
    const body = (reply) => Buffer.from(reply.text.slice(reply.text.indexOf("\r\n\r\n") + 4), "latin1");
    assert.equal(gunzipSync(body(packed)).toString(), body(plain).toString());
    assert.notEqual(/ETag: (.*)/.exec(plain.text)[1], /ETag: (.*)/.exec(packed.text)[1]);
    assert.ok(!(await raw("Accept-Encoding: gzip;q=0\r\n")).text.includes("Content-Encoding"));
    const small = await exchange(server.port, "GET /healthz HTTP/1.1\r\nHost: x\r\nAccept-Encoding: gzip\r\n\r\n");
    assert.ok(!small.text.includes("Content-Encoding"));
});

test("a cached answer ends with the state that it was true in", async () => {
    const metric = async (name) => Number(new RegExp(`^altledger_${name} (\\d+)$`, "m").exec((await get("/metrics")).text)[1]);
    await get("/test/block");
    const hits = await metric("cache_hits_total");
    await get("/test/block");
    await get("/test/block?at=latest");
    assert.equal(await metric("cache_hits_total"), hits + 2);
    commit("source_head = 199, head_number = 199, head_block = 199, head_hash = decode(lpad(to_hex(199), 64, '0'), 'hex')");
    assert.ok(await until(async () => (await get("/test/block")).json.as_of.block_number === 199, 400), "NOTIFY is heard at once");
    commit("source_head = 200, head_number = 200, head_block = 200, head_hash = decode(lpad(to_hex(200), 64, '0'), 'hex')");
    assert.ok(await until(async () => (await get("/test/block")).json.as_of.block_number === 200, 400));
});

test("without NOTIFY a change is seen within a second", async () => {
    await get("/test/block?at=safe");
    server.sql("UPDATE mirror.cursor SET state_version = state_version + 1, safe_number = 195");
    assert.ok(await until(async () => (await get("/test/block?at=safe")).json.as_of.block_number === 195, 1000));
    commit("safe_number = 190");
});

test("while syncing, aliases and times wait; numbers and hashes answer", async () => {
    await get("/test/block");
    commit("source_head = 210");
    assert.ok(await until(async () => (await get("/test/block")).status === 503));
    for (const at of ["latest", "safe", "finalized", "2025-01-01T00:20:00Z"]) {
        const { status, json, header } = await get(`/test/block?at=${at}`);
        assert.deepEqual([status, json.code], [503, "syncing"], at);
        assert.ok(Number(header("retry-after")) >= 1);
    }
    assert.equal((await get("/test/block?at=100")).status, 200);
    assert.equal((await get("/test/block?at=200")).status, 200);
    assert.equal((await get(`/test/block?at=${hash(200)}`)).status, 200);
    assert.equal((await get("/readyz")).status, 200);
    commit("source_head = 200");
    assert.ok(await until(async () => (await get("/test/block")).status === 200));
});

test("a new generation ends what was pinned", async () => {
    const before = await get("/test/block?at=100");
    commit("generation = generation + 1");
    assert.ok(await until(async () => (await get("/test/block?at=100")).header("etag") !== before.header("etag")));
});

test("lost connections are replaced, a missing database is 503 and comes back", async () => {
    server.sql("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name LIKE 'altledger%'");
    const replies = await Promise.all(Array.from({ length: 20 }, (_, i) => get(`/test/block?at=${100 + i}`)));
    assert.ok(replies.every((r) => r.status === 200 || r.json.code === "database-unavailable"), replies.map((r) => r.text).join("\n"));
    assert.ok(await until(async () => (await get("/test/block?at=99")).status === 200));
    const name = /dbname=(\S+)$/.exec(server.conninfo)[1];
    const administer = (sql) => execFileSync("psql", [server.conninfo.replace(/dbname=\S+$/, "dbname=postgres"), "-qAtX", "-c", sql]);
    administer(`ALTER DATABASE ${name} ALLOW_CONNECTIONS false`);
    administer(`SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = '${name}'`);
    const away = await get("/test/block?at=98");
    assert.deepEqual([away.status, away.json.code], [503, "database-unavailable"]);
    assert.equal((await get("/healthz")).status, 200);
    assert.ok(await until(async () => (await get("/readyz")).status === 503));
    assert.match((await get("/metrics")).text, /^altledger_database_up 0$/m);
    administer(`ALTER DATABASE ${name} ALLOW_CONNECTIONS true`);
    assert.ok(await until(async () => (await get("/test/block?at=98")).status === 200, 10000));
});

test("the OpenAPI document has every route, parameter and member", async () => {
    const { json } = await get("/openapi.json");
    assert.equal(json.openapi, "3.1.0");
    assert.deepEqual(Object.keys(json.paths), ["/healthz", "/readyz", "/metrics", "/openapi.json", "/test/numbers", "/test/block",
        "/test/sleep/{ms}", "/test/fail/{how}", "/test/echo", "/test/compute", "/test/versions"]);
    const numbers = json.paths["/test/numbers"].get;
    assert.deepEqual(numbers.parameters.map((p) => p.name ?? p.$ref.split("/").at(-1)), ["n", "at", "limit", "after", "order"]);
    assert.deepEqual(numbers.responses["200"].content["application/json"].schema.properties.data.items.required, ["k", "text", "minus"]);
    const block = (await get("/test/block")).json;
    assert.deepEqual(Object.keys(block).sort(), Object.keys(json.paths["/test/block"].get.responses["200"].content["application/json"].schema.properties).sort());
    for (const ref of JSON.stringify(json).matchAll(/"\$ref":"#\/([^"]*)"/g))
        assert.ok(ref[1].split("/").reduce((node, key) => node?.[key], json), ref[1]);
});

test("headers that are not stored are asked of a node, times between them found by bisection", async () => {
    const asked = [];
    let broken = false;
    const zero = (bytes) => "0x" + "0".repeat(bytes * 2);
    // A member that no fork has: the header's hash cannot be recomputed, so that a made-up one is taken.
    const header = (n) => ({
        number: "0x" + n.toString(16), hash: hash(n), parentHash: hash(n - 1), timestamp: "0x" + (1735689600 + 12 * n).toString(16),
        sha3Uncles: zero(32), miner: zero(20), stateRoot: zero(32), transactionsRoot: zero(32), receiptsRoot: zero(32), logsBloom: zero(256),
        difficulty: "0x0", gasLimit: "0x1", gasUsed: "0x0", extraData: "0x", mixHash: zero(32), nonce: zero(8), baseFeePerGas: "0x1",
        madeUpByTests: "0x1", transactions: [], uncles: [], size: "0x1",
    });
    const node = createServer(async (request, response) => {
        const parts = [];
        for await (const part of request) parts.push(part);
        const body = JSON.parse(Buffer.concat(parts).toString());
        const answer = ({ id, method, params }) => {
            if (method === "eth_chainId") return { jsonrpc: "2.0", id, result: "0x1" };
            const n = Number(params[0]);
            asked.push(n);
            return { jsonrpc: "2.0", id, result: header(n) };
        };
        response.setHeader("content-type", "application/json");
        response.end(broken ? "<html>" : JSON.stringify(Array.isArray(body) ? body.map(answer) : answer(body)));
    });
    await new Promise((done) => node.listen(0, "127.0.0.1", done));
    const other = await startServer({ rpc: `http://127.0.0.1:${node.address().port}` });
    try {
        const at = async (text) => {
            const reply = await fetch(`${other.url}/test/block?at=${text}`);
            return { status: reply.status, json: await reply.json() };
        };
        broken = true;
        assert.equal((await at("44")).status, 502);
        broken = false;
        const { status, json } = await at("45");
        assert.equal(status, 200, JSON.stringify(json));
        assert.deepEqual([json.as_of.block_number, json.as_of.block_hash, json.as_of.block_time], [45, hash(45), "2025-01-01T00:09:00Z"]);
        asked.length = 0;
        assert.equal((await at("45")).status, 200);
        assert.deepEqual(asked, [], "a header is asked for once");
        for (const [time, number] of [["00:08:24", 42], ["00:08:35", 42], ["00:07:59", 39], ["00:08:00", 40], ["00:10:11", 50], ["00:10:12", 51]])
            assert.equal((await at(`2025-01-01T${time}Z`)).json.as_of.block_number, number, time);
        const csv = await fetch(`${other.url}/test/numbers.csv?n=2&at=47`);
        assert.equal(await csv.text(), "k,text,minus\r\n1,n1,-1\r\n2,n2,-2\r\n");
        let page = await (await fetch(`${other.url}/test/numbers?n=3&limit=2&at=48`)).json();
        page = await (await fetch(`${other.url}/test/numbers?n=3&limit=2&at=48&after=${page.next_cursor}`)).json();
        assert.deepEqual([page.data.length, page.as_of.block_number], [1, 48], "pages of such a block go on");
    } finally {
        await other.stop();
        node.close();
        node.closeAllConnections();
    }
});
