// tests/scenarios/rpc_asker.mjs - one-off questions at RPC endpoints: headers by number, calls at a block hash.
import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { after, before, test } from "node:test";
import { promisify } from "node:util";
import { startAnvil } from "./lib/anvil.mjs";
import { accounts, deploy, mine } from "./lib/chain.mjs";
import { driver } from "./lib/drive.mjs";
import { lies, startProxy, wireFaults } from "./lib/proxy.mjs";

const binary = driver("drive_asker");
const ECHO = "366000600037366000f3"; // return the calldata
let node, proxy, echo, reverter, tip;

/** init code that returns this runtime */
const init = (runtime) => {
    const n = (runtime.length / 2).toString(16).padStart(2, "0");
    return `0x60${n}600c60003960${n}6000f3${runtime}`;
};

before(async () => {
    node = await startAnvil();
    const [person] = await accounts(node);
    echo = await deploy(node, init(ECHO), person);
    reverter = await deploy(node, init("60006000fd"), person);
    await mine(node, 3);
    tip = await node.ask("eth_getBlockByNumber", "latest", false);
    proxy = await startProxy({ target: node.url, tools: { node } });
});
after(async () => {
    await proxy.stop();
    await node.stop();
});

async function asks(urls, ...questions) {
    const { stdout } = await promisify(execFile)(binary, ["2000", ...urls, "--", ...questions.flat().map(String)]);
    return stdout.trim().split("\n").map((line) => JSON.parse(line));
}

test("a header is the node's, a missing one is not found", async () => {
    const answers = await asks([node.url], ["header", Number(tip.number)], ["header", 0], ["header", 999]);
    assert.deepEqual(answers[0], { number: Number(tip.number), hash: tip.hash });
    assert.equal(answers[1].number, 0);
    assert.equal(answers[2], "not-found");
});

test("a call returns the contract's bytes, one without calldata its code; a revert is an answer; an unknown block is not", async () => {
    assert.deepEqual(
        await asks([node.url],
            ["call", tip.hash, echo, "0x00ff10"], ["call", tip.hash, echo, "0x"], ["call", tip.hash, reverter, "0x01"],
            ["call", "0x" + "11".repeat(32), echo, "0x01"]),
        ["0x00ff10", `0x${ECHO}`, "not-found", "source"]);
});

test("the second endpoint is asked when the first is down", async () => {
    assert.deepEqual(await asks(["http://127.0.0.1:1", node.url], ["header", 1], ["call", tip.hash, echo, "0x05"]).then((a) => a[1]),
        "0x05");
    assert.deepEqual(await asks(["http://127.0.0.1:1"], ["header", 1], ["header", 1]), ["source", "source"]);
});

test("state is gone only if every endpoint says so", async () => {
    proxy.reset();
    proxy.set(() => ({ name: "pruned", call: (a) => { delete a.result; a.error = { code: -32000, message: "missing trie node 1f" }; return true; } }));
    const call = ["call", tip.hash, echo, "0x05"];
    assert.deepEqual(await asks([proxy.url], call), ["end"]);
    assert.deepEqual(await asks(["http://127.0.0.1:1", proxy.url], call), ["source"]);
    assert.deepEqual(await asks([proxy.url, "http://127.0.0.1:1"], call), ["source"]);
    assert.deepEqual(await asks([proxy.url, node.url], call), ["0x05"]);
    proxy.set();
});

for (const fault of [...wireFaults, ...lies.filter((f) => f.methods.includes("eth_getBlockByNumber"))])
    test(`is never taken for a header: ${fault.name}`, async () => {
        proxy.reset();
        proxy.set(() => fault);
        const [answer] = await asks([proxy.url], ["header", Number(tip.number)]);
        if (proxy.total === 0 || ["missing answer", "answer twice"].includes(fault.name)) return; // of batches, or blocks with logs
        assert.equal(answer, fault.name === "null result" ? "not-found" : "source");
    });
