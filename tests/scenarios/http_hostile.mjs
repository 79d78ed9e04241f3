// tests/scenarios/http_hostile.mjs - requests that nobody honest sends: the exact status, and the server goes on answering.
import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { exchange, open, sleep, startServer } from "./lib/http.mjs";

let server;
before(async () => { server = await startServer(); });
after(() => server.stop());

const get = (target, ...lines) => `GET ${target} HTTP/1.1\r\nHost: x\r\n${lines.map((l) => l + "\r\n").join("")}\r\n`;
const post = (body, ...lines) => `POST /test/echo HTTP/1.1\r\nHost: x\r\n${lines.map((l) => l + "\r\n").join("")}\r\n${body}`;
const SMUGGLED = "GET /healthz HTTP/1.1\r\nHost: x\r\n\r\n";
const JSON_TYPE = "Content-Type: application/json";
const padded = (n) => "/healthz?x=" + "a".repeat(n);

// [name, bytes, statuses, must the connection be closed?] What libmicrohttpd 0.9.75 refuses by itself comes with its head twice.
const cases = [
    ["a plain request", get("/healthz"), [200], false],
    ["Content-Length and Transfer-Encoding", `POST /test/echo HTTP/1.1\r\nHost: x\r\n${JSON_TYPE}\r\nContent-Length: 4\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n${SMUGGLED}`, [400], true],
    ["the same on a GET", get("/healthz", "Content-Length: 4", "Transfer-Encoding: chunked") + "0\r\n\r\n" + SMUGGLED, [400], true],
    ["two different Content-Length", post("{}" + SMUGGLED, JSON_TYPE, "Content-Length: 2", "Content-Length: 40"), [400], true],
    ["two equal Content-Length", post("{}" + SMUGGLED, JSON_TYPE, "Content-Length: 2", "Content-Length: 2"), [400], true],
    ["a list of Content-Lengths", post("{}", JSON_TYPE, "Content-Length: 2, 2"), [400, 400], true],
    ["Transfer-Encoding: xchunked", post("0\r\n\r\n", JSON_TYPE, "Transfer-Encoding: xchunked"), [400], true],
    ["Transfer-Encoding: gzip, chunked", post("0\r\n\r\n", JSON_TYPE, "Transfer-Encoding: gzip, chunked"), [400], true],
    ["Transfer-Encoding twice", post("0\r\n\r\n", JSON_TYPE, "Transfer-Encoding: chunked", "Transfer-Encoding: chunked"), [400], true],
    ["Transfer-Encoding: identity", post("", JSON_TYPE, "Transfer-Encoding: identity"), [400], true],
    ["a negative Content-Length", post("{}", JSON_TYPE, "Content-Length: -2"), [400, 400], true],
    ["Content-Length: +2", post("{}", JSON_TYPE, "Content-Length: +2"), [400, 400], true],
    ["a huge Content-Length", post("{}", JSON_TYPE, "Content-Length: 99999999999999999999"), [413, 413], true],
    ["a body on a GET", get("/healthz", "Content-Length: 5") + "hello", [400], true],
    ["Content-Length: 0 on a GET", get("/healthz", "Content-Length: 0"), [200], false],
    ["a raw NUL in a header", get("/healthz", "X-A: a\0b"), [400], true],
    ["a raw NUL in a header's name", get("/healthz", "X\0A: b"), [400], true],
    ["a raw NUL in the target", get("/healthz\0x"), [400], true],
    ["a control character in a header", get("/healthz", "X-A: a\x01b"), [400], true],
    ["%00 in the path", get("/healthz%00"), [400], false],
    ["%00 in the query", get("/healthz?a=%00"), [400], false],
    ["%0d%0a in the query", get("/healthz?a=%0d%0aX:1"), [400], false],
    ["a space in the target", get("/healthz?a=b c"), [400], null],
    ["a header without colon", get("/healthz", "X-A b"), [400], true],
    ["a folded header, which the library unfolds", get("/healthz", "X-A: b\r\n c"), [200], false],
    ["lines that end in LF only", get("/healthz", "X-A: b").replaceAll("\r", ""), [400], true],
    ["an empty header and blanks around a value", get("/healthz", "X-A:", "X-B:   b  ", "X-C: \tc\t"), [200], false],
    ["incomplete percent-encoding", get("/healthz%4"), [400], false],
    ["malformed percent-encoding", get("/healthz%zz"), [400], false],
    ["bytes that are not UTF-8", get("/test/sleep/%ff"), [400], false],
    ["overlong UTF-8", get("/test/sleep/%c0%af"), [400], false],
    ["raw bytes above 127 that are not UTF-8", get("/healthz?\xff"), [400], false],
    ["..", get("/test/../healthz"), [404], false],
    ["//", get("//healthz"), [404], false],
    ["%2f in a segment", get("/test%2fblock"), [404], false],
    ["%5c", get("/test%5cblock"), [404], false],
    ["no Host", "GET /healthz HTTP/1.1\r\n\r\n", [400], true],
    ["two Hosts", get("/healthz", "Host: y"), [400], true],
    ["two equal Hosts", get("/healthz", "Host: x"), [400], true],
    ["HTTP/1.0 without Host", "GET /healthz HTTP/1.0\r\n\r\n", [200], true],
    ["a space before the colon", get("/healthz", "X-A : b"), [400], true],
    ["HTTP/9.9", "GET /healthz HTTP/9.9\r\nHost: x\r\n\r\n", [505], true],
    ["a target of 5 KiB + 1", get(padded(5 * 1024 - 10)), [414], true],
    ["a target of 7 KiB", get(padded(7 * 1024)), [414], true],
    ["a target of 40 KiB", get(padded(40 * 1024)), [414], true],
    ["a target that just fits", get(padded(5 * 1024 - 11)), [400], false],
    ["9 KiB of headers", get("/healthz", "X-A: " + "a".repeat(9 * 1024)), [431], true],
    ["65 header lines", get("/healthz", ...Array(64).fill("X-A: b")), [431], true],
    ["3,000 header lines", get("/healthz", ...Array(3000).fill("X-A: b")), [431], true],
    ["64 header lines", get("/healthz", ...Array(63).fill("X-A: b")), [200], false],
    ["10,000 query parameters", get("/healthz?" + "&a".repeat(10000)), [414], true],
    ["800 empty query parameters", get("/healthz?" + "&".repeat(800)), [200], false],
    ["65 query parameters", get("/healthz?" + "a=1&".repeat(65)), [400], false],
    ["an unknown parameter", get("/test/block?colour=red"), [400], false],
    ["a duplicate parameter", get("/test/block?at=100&at=101"), [400], false],
    ["a fragment", get("/healthz#x"), [400], false],
    ["TRACE", "TRACE /healthz HTTP/1.1\r\nHost: x\r\n\r\n", [405], false],
    ["CONNECT", "CONNECT x:443 HTTP/1.1\r\nHost: x\r\n\r\n", [400], false],
    ["an unknown method", "BREW /healthz HTTP/1.1\r\nHost: x\r\n\r\n", [405], false],
    ["DELETE", "DELETE /test/block HTTP/1.1\r\nHost: x\r\n\r\n", [405], false],
    ["the absolute form", get("http://x/healthz"), [200], false],
    ["OPTIONS *", "OPTIONS * HTTP/1.1\r\nHost: x\r\n\r\n", [204], false],
    ["OPTIONS of nothing", "OPTIONS /nothing HTTP/1.1\r\nHost: x\r\n\r\n", [404], false],
    ["If-None-Match of 7 kB", get("/healthz", 'If-None-Match: "' + "a".repeat(7000) + '"'), [200], false],
    ["Range", get("/healthz", "Range: bytes=0-1"), [200], false],
    ["a body without type", post("{}", "Content-Length: 2"), [415], true],
    ["a body of another type", post("a=b", "Content-Type: application/x-www-form-urlencoded", "Content-Length: 3"), [415], true],
    ["a type that only begins alike", post("{}", "Content-Type: application/jsonp", "Content-Length: 2"), [415], true],
    ["a type with charset", post("{}", "Content-Type: application/json; charset=utf-8", "Content-Length: 2"), [200], false],
    ["a compressed body", post("{}", JSON_TYPE, "Content-Encoding: gzip", "Content-Length: 2"), [415], true],
    ["no body", post("", JSON_TYPE, "Content-Length: 0"), [400], false],
    ["a duplicate key", post('{"a":1,"a":2}', JSON_TYPE, "Content-Length: 13"), [400], false],
    ["bytes behind the object", post('{"a":1} {}', JSON_TYPE, "Content-Length: 10"), [400], false],
    ["a depth of 20", post("[".repeat(20) + "]".repeat(20), JSON_TYPE, "Content-Length: 40"), [400], false],
    ["a chunked body", post('2\r\n{}\r\n0\r\n\r\n', JSON_TYPE, "Transfer-Encoding: chunked"), [200], false],
    ["a body of 64 KiB + 1", post("{" + " ".repeat(65535) + "}", JSON_TYPE, "Content-Length: 65537"), [413], true],
    ["a body of 64 KiB", post("{" + " ".repeat(65534) + "}", JSON_TYPE, "Content-Length: 65536"), [200], false],
    ["a chunked body of 64 KiB + 1", post("10001\r\n{" + " ".repeat(65535) + "}\r\n0\r\n\r\n", JSON_TYPE, "Transfer-Encoding: chunked"), [413], true],
    ["a malformed chunk", post("zz\r\n{}\r\n0\r\n\r\n", JSON_TYPE, "Transfer-Encoding: chunked"), [400], true],
    ["a chunk whose size overflows", post("fffffffffffffffff\r\n{}\r\n", JSON_TYPE, "Transfer-Encoding: chunked"), [400, 413], true],
    ["pipelined requests", get("/healthz").repeat(100), Array(100).fill(200), false],
    ["garbage", "\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03\r\n\r\n", null, null],
    ["an empty line first", "\r\n" + get("/healthz"), [200, 400], null],
];

for (const [name, bytes, statuses, closes] of cases) {
    test(name, async () => {
        const reply = await exchange(server.port, bytes);
        if (statuses === null) assert.ok(reply.statuses.every((s) => s >= 400), reply.text);
        else if (statuses.length === 2 && statuses[0] !== statuses[1])
            assert.ok(reply.statuses.length === 1 && statuses.includes(reply.statuses[0]), reply.text || "no answer");
        else assert.deepEqual(reply.statuses, statuses, reply.text.slice(0, 2000) || "no answer");
        if (closes !== null) assert.equal(reply.closed, closes, `closed: ${reply.closed}\n${reply.text.slice(0, 1000)}`);
        const alive = await fetch(`${server.url}/healthz`);
        assert.equal(alive.status, 200);
        await alive.text();
    });
}

test("a refused parameter is named", async () => {
    for (const [target, param] of [
        ["/test/block?colour=red", "colour"], ["/test/block?at=100&at=101", "at"], ["/test/block?at=-1", "at"], ["/test/block?at=0x12", "at"],
        ["/test/block?at=007", "at"], ["/test/block?at=1e3", "at"], [`/test/block?at=${"9".repeat(79)}`, "at"], ["/test/block?at=yesterday", "at"],
        ["/test/block?padded=1", "padded"], ["/test/numbers", "n"], ["/test/numbers?n=-1", "n"], ["/test/numbers?n=9&limit=0", "limit"],
        ["/test/numbers?n=9&limit=1001", "limit"], ["/test/numbers?n=9&limit=x", "limit"], ["/test/numbers?n=9&order=up", "order"],
        ["/test/sleep/abc", "ms"], ["/test/fail/never", "how"], ["/test/block?a%26b=1", "a&b"],
    ]) {
        const reply = await fetch(server.url + target);
        const problem = await reply.json();
        assert.equal(reply.status, 400, target);
        assert.equal(reply.headers.get("content-type"), "application/problem+json");
        assert.equal(problem.param, param, JSON.stringify(problem));
        assert.equal(problem.code, "invalid-parameter");
        assert.equal(problem.request_id, reply.headers.get("request-id"));
    }
});

test("a sane Request-Id is taken over, any other replaced", async () => {
    for (const [id, taken] of [["abc-123_x.y", true], ["a b", false], ["<script>", false], ["a".repeat(65), false]]) {
        const reply = await fetch(`${server.url}/nothing`, { headers: { "request-id": id } });
        assert.equal(reply.headers.get("request-id") === id, taken, id);
        assert.equal((await reply.json()).request_id, reply.headers.get("request-id"));
    }
});

test("405 names the methods in Allow, OPTIONS answers a preflight", async () => {
    const refused = await fetch(`${server.url}/test/echo`);
    assert.equal(refused.status, 405);
    assert.equal(refused.headers.get("allow"), "POST, OPTIONS");
    assert.equal((await refused.json()).code, "method-not-allowed");
    const asked = await fetch(`${server.url}/test/echo`, {
        method: "OPTIONS",
        headers: { origin: "https://wallet.example", "access-control-request-method": "POST", "access-control-request-headers": "content-type" },
    });
    assert.equal(asked.status, 204);
    assert.equal(asked.headers.get("access-control-allow-origin"), "*");
    assert.match(asked.headers.get("access-control-allow-methods"), /POST/);
    assert.match(asked.headers.get("access-control-allow-headers"), /Content-Type/);
});

test("HEAD has GET's headers and no body", async () => {
    const whole = await fetch(`${server.url}/test/block?at=100`);
    const length = (await whole.arrayBuffer()).byteLength;
    const reply = await exchange(server.port, "HEAD /test/block?at=100 HTTP/1.1\r\nHost: x\r\n\r\n");
    assert.equal(reply.statuses[0], 200);
    assert.match(reply.text, new RegExp(`Content-Length: ${length}\r\n`));
    assert.ok(reply.text.includes(`ETag: ${whole.headers.get("etag")}`));
    assert.ok(reply.text.endsWith("\r\n\r\n"));
});

test("HEAD of what is streamed tells its type and no length", async () => {
    for (const [path, accept, type] of [
        ["/test/numbers.csv?n=3", "*/*", "text/csv; charset=utf-8; header=present"], ["/test/numbers.ndjson?n=3", "*/*", "application/x-ndjson"],
        ["/test/numbers?n=3", "text/csv", "text/csv; charset=utf-8; header=present"], ["/test/versions", "*/*", "text/event-stream"],
    ]) {
        const head = `HEAD ${path} HTTP/1.1\r\nHost: x\r\nAccept: ${accept}\r\n\r\n`;
        const reply = await exchange(server.port, head + head + get("/healthz"));
        assert.deepEqual(reply.statuses, [200, 200, 200], path);
        const answers = reply.text.split(/(?=HTTP\/1\.1 )/);
        for (const answer of answers.slice(0, 2)) {
            assert.doesNotMatch(answer, /^Content-Length:/im, path);
            assert.ok(answer.includes(`Content-Type: ${type}\r\n`), answer);
            assert.ok(answer.endsWith("\r\n\r\n"), answer);
        }
    }
});

test("faults say nothing of their inside", async () => {
    for (const [how, status, code] of [["sql", 500, "database"], ["inside", 500, "internal"]]) {
        const reply = await fetch(`${server.url}/test/fail/${how}`);
        const text = await reply.text();
        assert.equal(reply.status, status);
        assert.equal(JSON.parse(text).code, code);
        assert.doesNotMatch(text, /secret|zero|SELECT|22012/);
    }
    const rule = await fetch(`${server.url}/test/fail/rule`);
    assert.equal(rule.status, 422);
    assert.deepEqual((await rule.json()).reasons, [
        { code: "too-late", text: "the day is over" },
        { code: "too-much", text: "the sum is too large" },
    ]);
});

test("half-close is answered, reset in the middle of a body is survived", async () => {
    const half = open(server.port);
    await half.opened;
    half.socket.end(get("/test/block?at=100"));
    assert.ok(await half.until((text) => text.includes("HTTP/1.1 200")));
    half.destroy();
    for (let i = 0; i < 20; i++) {
        const c = open(server.port);
        await c.opened;
        await c.send(post('{"a":', JSON_TYPE, "Content-Length: 100"));
        c.socket.resetAndDestroy();
    }
    for (let i = 0; i < 20; i++) {
        const c = open(server.port);
        await c.opened;
        await c.send(get("/test/sleep/50"));
        c.socket.resetAndDestroy();
    }
    await sleep(300);
    assert.equal((await fetch(`${server.url}/healthz`)).status, 200);
});

test("Expect: 100-continue is answered before the body", async () => {
    const c = open(server.port);
    await c.opened;
    await c.send(post("", JSON_TYPE, "Content-Length: 2", "Expect: 100-continue"));
    assert.ok(await c.until((text) => text.startsWith("HTTP/1.1 100")));
    await c.send("{}");
    assert.ok(await c.until((text) => text.includes("HTTP/1.1 200")));
    c.destroy();
});
