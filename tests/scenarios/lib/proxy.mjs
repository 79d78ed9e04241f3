// tests/scenarios/lib/proxy.mjs - a JSON-RPC proxy that lies and fails on purpose, between a node and who follows it.
//
// A fault is {name, methods, call | body}: `call(answer, question, tools)` changes one answer of a batch in place and says
// whether it did; `body(text, response)` answers the whole request itself. `plan(questions)` chooses the fault for each
// request, or none; what was changed is counted in `injected`, by name.
import { Agent, createServer, request } from "node:http";

function forward(target, agent, body) {
    return new Promise((done, fail) => {
        const out = request(target, { method: "POST", agent, headers: { "content-type": "application/json" } }, (reply) => {
            const parts = [];
            reply.on("data", (part) => parts.push(part));
            reply.on("end", () => done(Buffer.concat(parts).toString()));
            reply.on("error", fail);
        });
        out.on("error", fail);
        out.end(body);
    });
}

async function readAll(stream) {
    const parts = [];
    for await (const part of stream) parts.push(part);
    return Buffer.concat(parts).toString();
}

/**
 * Start a proxy on 127.0.0.1. Returns {url, set(plan), injected, requests, down(bool), stop()}.
 * `plan(questions)` returns a fault, a list of faults, or nothing; `tools.other` may hold a second node's ask function.
 */
export async function startProxy({ target, tools = {} }) {
    const agent = new Agent({ keepAlive: true, maxSockets: 8 });
    const state = { plan: () => null, injected: {}, requests: 0, down: false, methods: {} };
    const count = (fault) => { state.injected[fault.name] = (state.injected[fault.name] ?? 0) + 1; };
    const serve = async (incoming, response) => {
        const body = await readAll(incoming);
        state.requests++;
        if (state.down) return response.destroy();
        const asked = JSON.parse(body);
        const questions = Array.isArray(asked) ? asked : [asked];
        for (const q of questions) state.methods[q.method] = (state.methods[q.method] ?? 0) + 1;
        const faults = [(await state.plan(questions)) ?? []].flat();
        for (const fault of faults)
            if (fault.body) {
                count(fault);
                return fault.body(await forward(target, agent, body), response);
            }
        const answered = JSON.parse(await forward(target, agent, body));
        const answers = Array.isArray(answered) ? answered : [answered];
        for (const fault of faults) {
            let hit = false;
            for (const answer of answers) {
                const question = questions.find((q) => q.id === answer.id);
                if (hit || !question || !(fault.methods ?? [question.method]).includes(question.method)) continue;
                hit = await fault.call(answer, question, tools, answers);
            }
            if (hit) count(fault);
        }
        response.writeHead(200, { "content-type": "application/json" });
        response.end(JSON.stringify(Array.isArray(answered) ? answers : answers[0]));
    };
    const server = createServer((incoming, response) => serve(incoming, response).catch(() => response.destroy()));
    await new Promise((done) => server.listen(0, "127.0.0.1", done));
    return {
        url: `http://127.0.0.1:${server.address().port}`,
        get injected() { return state.injected; },
        get total() { return Object.values(state.injected).reduce((a, b) => a + b, 0); },
        get requests() { return state.requests; },
        get methods() { return state.methods; },
        set(plan) { state.plan = plan ?? (() => null); },
        reset() { state.injected = {}; state.methods = {}; state.requests = 0; },
        down(on) { state.down = on; },
        async stop() {
            agent.destroy();
            server.closeAllConnections();
            await new Promise((done) => server.close(done));
        },
    };
}

// --- the catalogue ---------------------------------------------------------------------------------------------

const HEADERS = ["eth_getBlockByNumber", "eth_getBlockByHash"];
const RECEIPTS = ["eth_getBlockReceipts"];
const LOGS = ["eth_getLogs"];

function status(code, headers = {}, text = "") {
    return (_, response) => { response.writeHead(code, headers); response.end(text); };
}

/** Where an answer's logs are: of eth_getLogs itself, or of the receipts that have any. */
function logLists(answer) {
    const { result } = answer;
    if (!Array.isArray(result) || result.length === 0) return [];
    if ("topics" in result[0]) return [result];
    return result.map((receipt) => receipt.logs).filter((logs) => logs?.length);
}

function eachLogs(change) {
    return (answer, question) => {
        const lists = logLists(answer);
        return lists.length > 0 && change(lists[lists.length - 1], question, answer) !== false;
    };
}

function flip(hex) {
    return hex.slice(0, -1) + (hex.endsWith("0") ? "1" : "0");
}

function bigger(hex, by = 1) {
    return "0x" + (Number(hex) + by).toString(16);
}

function member(name, change) {
    return (answer) => {
        if (!answer.result?.[name]) return false;
        const before = answer.result[name];
        answer.result[name] = change(before);
        return answer.result[name] !== before;
    };
}

/** Faults of the wire: any node may show them. */
export const wireFaults = [
    { name: "malformed JSON", body: (text, r) => { r.writeHead(200); r.end(text.slice(0, -1) + ",,}"); } },
    { name: "HTTP 429", body: status(429) },
    { name: "HTTP 500", body: (text, r) => { r.writeHead(500); r.end(text); } }, // a right answer under a wrong status
    { name: "HTTP 413", body: status(413) },
    { name: "HTML page", body: status(200, { "content-type": "text/html" }, "<html><body>Bad gateway</body></html>") },
    { name: "empty body", body: status(200) },
    { name: "truncated body", body: (text, r) => {
        r.writeHead(200, { "content-length": Buffer.byteLength(text) });
        r.write(text.slice(0, text.length / 2), () => r.destroy());
    } },
    { name: "cut JSON", body: (text, r) => { r.writeHead(200); r.end(text.slice(0, Math.floor(text.length * 0.7))); } },
    { name: "connection closed", body: (_, r) => r.destroy() },
    { name: "redirect", body: status(302, { location: "http://127.0.0.1:1/" }) },
    { name: "duplicate key", body: (text, r) => { r.writeHead(200); r.end(text.replace('"jsonrpc"', '"id":1,"jsonrpc"')); } },
    { name: "wrong id", call: (a) => { a.id += 1000000; return true; } },
    { name: "text id", call: (a) => { a.id = String(a.id); return true; } },
    { name: "missing answer", call: (a, q, t, all) => { all.splice(all.indexOf(a), 1); return true; } },
    { name: "answer twice", call: (a, q, t, all) => { all.push(structuredClone(a)); return true; } },
    { name: "answer instead of another", call: (a, q, t, all) => {
        const i = all.findIndex((x) => x !== a);
        if (i < 0) return false;
        all[i] = structuredClone(a);
        return true;
    } },
    { name: "error object", call: (a) => { delete a.result; a.error = { code: -32005, message: "limit exceeded" }; return true; } },
    { name: "neither result nor error", call: (a) => { delete a.result; return true; } },
    { name: "null result", call: (a) => { a.result = null; return true; } },
    { name: "wrong type", call: (a) => { a.result = 7; return true; } },
];

/** Lies about logs and blocks. */
export const lies = [
    { name: "empty logs", methods: [...LOGS, ...RECEIPTS],
        call: (a) => { if (!logLists(a).length) return false; a.result = []; return true; } },
    { name: "log missing", methods: [...LOGS, ...RECEIPTS], call: eachLogs((logs) => { logs.pop(); }) },
    { name: "first log missing", methods: [...LOGS, ...RECEIPTS], call: eachLogs((logs) => { logs.shift(); }) },
    { name: "log extra", methods: [...LOGS, ...RECEIPTS], call: eachLogs((logs) => {
        const last = logs[logs.length - 1];
        logs.push({ ...last, logIndex: bigger(last.logIndex) });
    }) },
    { name: "log twice", methods: [...LOGS, ...RECEIPTS], call: eachLogs((logs) => { logs.push(logs[logs.length - 1]); }) },
    { name: "logs swapped", methods: [...LOGS, ...RECEIPTS], call: eachLogs((logs) => {
        if (logs.length < 2) return false;
        [logs[0], logs[1]] = [logs[1], logs[0]];
        return true;
    }) },
    { name: "logs' indexes swapped", methods: [...LOGS, ...RECEIPTS], call: eachLogs((logs) => {
        if (logs.length < 2) return false;
        const [a, b] = logs;
        [logs[0], logs[1]] = [{ ...b, logIndex: a.logIndex }, { ...a, logIndex: b.logIndex }];
        return a.data !== b.data || a.topics[0] !== b.topics[0];
    }) },
    { name: "log reversed order", methods: LOGS, call: eachLogs((logs) => logs.length > 1 && logs.reverse() && true) },
    { name: "log removed:true", methods: [...LOGS, ...RECEIPTS], call: eachLogs((logs) => { logs[0].removed = true; }) },
    { name: "log data changed", methods: [...LOGS, ...RECEIPTS], call: eachLogs((logs) => { logs[0].data = flip(logs[0].data); }) },
    { name: "log topic changed", methods: [...LOGS, ...RECEIPTS],
        call: eachLogs((logs) => { logs[0].topics[0] = flip(logs[0].topics[0]); }) },
    { name: "log address changed", methods: [...LOGS, ...RECEIPTS],
        call: eachLogs((logs) => { logs[0].address = flip(logs[0].address); }) },
    { name: "log of another transaction", methods: [...LOGS, ...RECEIPTS],
        call: eachLogs((logs) => { logs[0].transactionHash = flip(logs[0].transactionHash); }) },
    { name: "log of another block hash", methods: [...LOGS, ...RECEIPTS],
        call: eachLogs((logs) => { logs[0].blockHash = flip(logs[0].blockHash); }) },
    { name: "a block's logs of another block hash", methods: LOGS, call: eachLogs((logs) => {
        const { blockHash } = logs[0];
        for (const l of logs) if (l.blockHash === blockHash) l.blockHash = flip(blockHash);
    }) },
    { name: "log of another block number", methods: [...LOGS, ...RECEIPTS],
        call: eachLogs((logs) => { logs[logs.length - 1].blockNumber = bigger(logs[logs.length - 1].blockNumber, 1000); }) },
    { name: "logs moved to the next block", methods: LOGS,
        call: eachLogs((logs) => { for (const l of logs) l.blockNumber = bigger(l.blockNumber); }) },
    { name: "receipt missing", methods: RECEIPTS, call: (a) => a.result?.length > 0 && !!a.result.pop() },
    { name: "receipt twice", methods: RECEIPTS, call: (a) => a.result?.length > 0 && !!a.result.push(a.result[0]) },
    { name: "receipts swapped", methods: RECEIPTS, call: (a) => {
        if (!(a.result?.length > 1)) return false;
        a.result.reverse();
        return true;
    } },
    { name: "receipt status changed", methods: RECEIPTS, call: (a) => {
        if (!a.result?.length) return false;
        a.result[0].status = a.result[0].status === "0x1" ? "0x0" : "0x1";
        return true;
    } },
    { name: "receipts of another block", methods: RECEIPTS, call: async (a, q, tools) => {
        const other = await tools.node.ask("eth_getBlockReceipts", "0x1");
        a.result = other;
        return true;
    } },
    { name: "block of another number", methods: ["eth_getBlockByNumber"], call: async (a, q, tools) => {
        if (!q.params[0].startsWith("0x") || !(Number(a.result?.number) > 0)) return false; // an older tag is but lag
        a.result = await tools.node.ask("eth_getBlockByNumber", bigger(a.result.number, -1), false);
        return true;
    } },
    { name: "header's bloom emptied", methods: HEADERS, call: member("logsBloom", (b) => b.replace(/[1-9a-f](?!x)/g, "0")) },
    { name: "header's bloom filled", methods: HEADERS, call: member("logsBloom", (b) => "0x" + "f".repeat(b.length - 2)) },
    { name: "header's receipts root changed", methods: HEADERS, call: member("receiptsRoot", flip) },
    { name: "header's parent changed", methods: HEADERS, call: member("parentHash", flip) },
    { name: "header's hash changed", methods: HEADERS, call: member("hash", flip) },
    { name: "header's time changed", methods: HEADERS, call: member("timestamp", bigger) },
    { name: "header's number changed", methods: HEADERS, call: member("number", bigger) },
    { name: "header's member missing", methods: HEADERS, call: (a) => !!a.result && delete a.result.stateRoot },
];
