// tests/scenarios/http_post.mjs - a POST computes as of a block from exactly the object it declares; what else comes is refused by name.
import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { exchange, startServer } from "./lib/http.mjs";

let server;
before(async () => { server = await startServer(); });
after(() => server.stop());

const hash = (n) => "0x" + n.toString(16).padStart(64, "0");
const OPERATOR = "0x00000000219ab540356cBB839Cbe05303d7705Fa";
const STRATEGIES = ["0x93c4b944D05dfe6df7645A86cd2206016c51564D", "0xbeaC0eeEeeeeEEeEeEEEEeeEEeEeeeEeeEEBEaC0"];
const body = (changes = {}) => ({ operator: OPERATOR, operator_set: 7, strategies: STRATEGIES, wads: ["500000000000000000", "1"], ...changes });

async function send(target, content, headers = {}) {
    const reply = await fetch(server.url + target, {
        method: "POST",
        headers: { "content-type": "application/json", ...headers },
        body: typeof content === "string" ? content : JSON.stringify(content),
    });
    const text = await reply.text();
    return { status: reply.status, json: JSON.parse(text), text, header: (name) => reply.headers.get(name) };
}
const compute = (changes) => send("/test/compute", body(changes));

test("what was sent is read, in a transaction that can only read", async () => {
    const { status, json, text } = await compute({ operator: OPERATOR.toLowerCase(), note: "é\"" });
    assert.equal(status, 200, text);
    const { as_of, ...rest } = json;
    assert.equal(as_of.block_number, 200);
    assert.deepEqual(rest, {
        transaction: "repeatable read on",
        operator: OPERATOR,
        operator_set: 7,
        slashes: { [STRATEGIES[0]]: "500000000000000000", [STRATEGIES[1]]: "1" },
        note: "é\"",
        position: 200 * 2 ** 32 + 2 ** 32 - 1,
    });
    assert.equal((await compute({ note: null })).json.note, null);
    assert.deepEqual((await compute({ strategies: [], wads: [] })).json.slashes, {});
});

test("the member at says which block, as at= does", async () => {
    for (const [at, number] of [
        [undefined, 200], ["latest", 200], ["safe", 190], ["finalized", 150], ["100", 100], [100, 100], [hash(100), 100],
        ["2025-01-01T00:20:11Z", 100],
    ]) {
        const { status, json, text } = await compute({ at });
        assert.equal(status, 200, text);
        assert.equal(json.as_of.block_number, number);
        assert.equal(json.position, number * 2 ** 32 + 2 ** 32 - 1);
        const read = await (await fetch(`${server.url}/test/block${at === undefined ? "" : `?at=${encodeURIComponent(at)}`}`)).json();
        assert.deepEqual(json.as_of, read.as_of);
    }
    for (const [at, status, code, param] of [
        [9, 404, "block-not-mirrored"], ["201", 404, "block-not-mirrored"], [2 ** 40, 404, "block-not-mirrored"], [hash(201), 409, "block-not-canonical"],
        [45, 503, "header-unavailable"], ["yesterday", 400, "invalid-parameter", "at"], [-1, 400, "invalid-parameter", "at"],
        [1.5, 400, "invalid-parameter", "at"], [null, 400, "invalid-parameter", "at"], [[100], 400, "invalid-parameter", "at"],
    ]) {
        const reply = await compute({ at });
        assert.deepEqual([reply.status, reply.json.code, reply.json.param], [status, code, param], JSON.stringify(at));
    }
    const query = await send("/test/compute?at=100", body());
    assert.deepEqual([query.status, query.json.param], [400, "at"]);
});

test("a member that is wrong is named by its path", async () => {
    const whole = JSON.stringify(body());
    for (const [content, param] of [
        [body({ colour: "red" }), "colour"], [body({ operator: undefined }), "operator"], [body({ operator: null }), "operator"],
        [body({ operator: "0x12" }), "operator"], [body({ operator: 12 }), "operator"], [body({ operator_set: "7" }), "operator_set"],
        [body({ operator_set: 2 ** 32 }), "operator_set"], [body({ operator_set: -1 }), "operator_set"], [body({ strategies: OPERATOR }), "strategies"],
        [body({ strategies: [STRATEGIES[0], STRATEGIES[1], "0x"] }), "strategies[2]"], [body({ strategies: Array(5).fill(OPERATOR) }), "strategies"],
        [body({ wads: [1, 2] }), "wads[0]"], [body({ wads: ["1", "-1"] }), "wads[1]"], [body({ wads: ["1", "1e18"] }), "wads[1]"],
        [body({ wads: ["1"] }), "wads"], [body({ note: "far too long" }), "note"],
        [whole.replace("{", '{"note":"a","note":"a",'), "note"], [whole.replace('"500', '01,"500'), "body"],
        ["[]", "body"], ["null", "body"], ["", "body"], ["{", "body"], [whole + "x", "body"], ["[".repeat(60) + "]".repeat(60), "body"],
        ["[".repeat(60000), "body"], [whole.replace('"operator"', '"\\u0000"'), "body"],
    ]) {
        const { status, json, text, header } = await send("/test/compute", content);
        assert.equal(status, 400, `${JSON.stringify(content).slice(0, 200)}: ${text}`);
        assert.equal(header("content-type"), "application/problem+json");
        assert.deepEqual([json.code, json.param], ["invalid-parameter", param], text);
        assert.equal(json.request_id, header("request-id"));
        assert.equal(header("cache-control"), "no-store");
    }
    assert.equal((await send("/test/compute", "")).json.detail, "body: is empty");
});

test("another content type is 415, too much is 413, and neither ends the server", async () => {
    for (const type of ["text/plain", "application/x-www-form-urlencoded", "application/jsonp", "application/cbor"])
        assert.deepEqual([type, (await send("/test/compute", body(), { "content-type": type })).status], [type, 415]);
    assert.equal((await send("/test/compute", body(), { "content-type": "Application/JSON;charset=UTF-8" })).status, 200);
    const large = await send("/test/compute", JSON.stringify(body()) + " ".repeat(65536));
    assert.deepEqual([large.status, large.json.code], [413, "too-large"]);
    assert.equal((await compute()).status, 200);
});

test("answers to a POST are never kept", async () => {
    const first = await compute({ at: 100 });
    assert.equal(first.header("cache-control"), "no-store");
    assert.equal(first.header("etag"), null);
    const again = await send("/test/compute", body({ at: 100 }), { "if-none-match": "*" });
    assert.equal(again.status, 200);
    assert.equal(again.text, first.text);
    assert.equal((await compute({ at: 100, operator_set: 8 })).json.operator_set, 8);
    assert.equal((await send("/test/echo", { a: 1 })).header("cache-control"), "no-store");
});

test("any origin may ask, after a preflight", async () => {
    const asked = await fetch(`${server.url}/test/compute`, {
        method: "OPTIONS",
        headers: { origin: "https://wallet.example", "access-control-request-method": "POST", "access-control-request-headers": "content-type" },
    });
    assert.equal(asked.status, 204);
    assert.equal(asked.headers.get("access-control-allow-origin"), "*");
    assert.equal(asked.headers.get("access-control-allow-methods"), "POST, OPTIONS");
    assert.match(asked.headers.get("access-control-allow-headers"), /Content-Type/);
    const reply = await send("/test/compute", body(), { origin: "https://wallet.example" });
    assert.equal(reply.header("access-control-allow-origin"), "*");
});

test("each path takes its own methods only", async () => {
    for (const [method, path, allow] of [
        ["POST", "/test/block", "GET, HEAD, OPTIONS"], ["POST", "/healthz", "GET, HEAD, OPTIONS"], ["POST", "/test/numbers.csv", "GET, HEAD, OPTIONS"],
        ["GET", "/test/compute", "POST, OPTIONS"], ["HEAD", "/test/compute", "POST, OPTIONS"], ["PUT", "/test/compute", "POST, OPTIONS"],
        ["DELETE", "/test/compute", "POST, OPTIONS"],
    ]) {
        const reply = await fetch(server.url + path, {
            method,
            ...(method === "POST" && { body: JSON.stringify(body()), headers: { "content-type": "application/json" } }),
        });
        assert.deepEqual([method, path, reply.status, reply.headers.get("allow")], [method, path, 405, allow]);
        const text = await reply.text();
        if (method !== "HEAD") assert.equal(JSON.parse(text).code, "method-not-allowed");
    }
    assert.equal((await send("/test/nothing", body())).status, 404);
});

test("a connection goes on after a refused body", async () => {
    const post = (content) =>
        `POST /test/compute HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nContent-Length: ${Buffer.byteLength(content)}\r\n\r\n${content}`;
    const good = JSON.stringify(body());
    const reply = await exchange(server.port, post("{}") + post(good) + post("nonsense") + post(good));
    assert.deepEqual(reply.statuses, [400, 200, 400, 200], reply.text);
    assert.equal(reply.closed, false);
});

test("requests are counted by method and route", async () => {
    const count = async (status) => {
        const text = await (await fetch(`${server.url}/metrics`)).text();
        return Number(new RegExp(`requests_total\\{method="POST",route="/test/compute",status="${status}xx"\\} (\\d+)`).exec(text)?.[1] ?? 0);
    };
    const [good, bad] = [await count(2), await count(4)];
    await compute();
    await compute({ operator: "0x" });
    assert.deepEqual([await count(2), await count(4)], [good + 1, bad + 1]);
});

test("OpenAPI says what the body must hold", async () => {
    const { paths, components } = await (await fetch(`${server.url}/openapi.json`)).json();
    const { post, get } = paths["/test/compute"];
    assert.equal(get, undefined);
    assert.deepEqual(post.parameters, []);
    assert.equal(post.requestBody.required, true);
    const schema = post.requestBody.content["application/json"].schema;
    assert.deepEqual(schema.required, ["operator", "operator_set", "strategies", "wads"]);
    assert.equal(schema.additionalProperties, false);
    assert.deepEqual(Object.keys(schema.properties), ["operator", "operator_set", "strategies", "wads", "note", "at"]);
    assert.equal(schema.properties.operator_set.maximum, 2 ** 32 - 1);
    assert.equal(schema.properties.strategies.maxItems, 4);
    assert.match(OPERATOR, new RegExp(schema.properties.strategies.items.pattern));
    assert.equal(schema.properties.note.maxLength, 8);
    assert.deepEqual(schema.properties.at, { $ref: "#/components/schemas/At" });
    assert.deepEqual(components.schemas.At.type, ["string", "integer"]);
    const answer = post.responses["200"].content["application/json"].schema;
    assert.ok(answer.required.includes("as_of") && answer.additionalProperties === undefined);
});
