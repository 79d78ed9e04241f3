// tests/scenarios/typed_data.mjs - what POST /v1/typed-data gives to sign is what snapshot.js would have signed, and the door takes it.
import assert from "node:assert/strict";
import { chmodSync, mkdtempSync, rmSync } from "node:fs";
import { createRequire } from "node:module";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { hashTypedData } from "viem";
import { root } from "./lib/anvil.mjs";
import { now, post, sign, SPACE, voter, voters_chain } from "./lib/ballots.mjs";
import { Contract } from "./lib/openapi.mjs";
import { serve, until } from "./lib/program.mjs";

const { TypedDataEncoder, Wallet, keccak256, toBeHex } = createRequire(join(root, "tests/package.json"))("ethers");
const dir = mkdtempSync(join(tmpdir(), "altledger-typed-data-"));
const TYPES = ["basic", "single-choice", "approval", "weighted", "quadratic", "ranked-choice", "copeland"];
const HOSTILE = "Pay \u202ebob\u202c \"now\"\n0x0000 cancels everything.\u200b";
/** A choice that each type takes, of three. */
const CHOICES = {
    basic: 2, "single-choice": 3, approval: [3, 1], weighted: { 3: 1, 1: 2 }, quadratic: { 2: 5, 1: 0 }, "ranked-choice": [2, 3, 1], copeland: [3, 2, 1],
};
const proposals = {};
let url, serving, contract;

/** Voters by viem, and the same ones by ethers 6. */
const key = (k) => keccak256(toBeHex(k, 8));
const ethers_wallet = (k) => new Wallet(key(k));

before(async () => {
    chmodSync(dir, 0o755);
    const { network, archive } = voters_chain(dir, 100, [{ id: SPACE, admins: [voter(1).address] }]);
    serving = await serve("run", "--network", network, "--source", archive, "--data", join(dir, "data"));
    url = serving.url;
    contract = await Contract.of(url);
    await until(async () => (await fetch(`${url}/v1/blocks/70`)).ok, "block 70 is mirrored");
});
after(async () => {
    await serving?.program.kill("SIGTERM").ends(0);
    rmSync(dir, { recursive: true, force: true });
});

async function ask(kind, body, status = 200) {
    const reply = await fetch(`${url}/v1/typed-data/${kind}`, { method: "POST", headers: { "content-type": "application/json" }, body: JSON.stringify(body) });
    const json = await reply.json();
    assert.equal(reply.status, status, JSON.stringify(json));
    if (status === 200) contract.conforms(json, contract.document.paths[`/v1/typed-data/${kind}`].post.responses["200"].content["application/json"].schema, kind);
    return json;
}

/** Types as libraries want them: those of the domain apart. */
function split(payload) {
    const { EIP712Domain, ...types } = payload.types;
    assert.deepEqual(EIP712Domain, [{ name: "name", type: "string" }, { name: "version", type: "string" }]);
    return { domain: payload.domain, types, message: payload.message };
}

/** Its digest is that of ethers and of viem; it is what the client signs (`envelope`), if that is given. */
function check({ kind, digest, payload, envelope_url, text }, expected, envelope) {
    const { domain, types, message } = split(payload);
    assert.equal(kind, expected);
    assert.equal(digest, TypedDataEncoder.hash(domain, types, message));
    assert.equal(digest, hashTypedData(payload));
    assert.equal(envelope_url, "/v1/messages");
    assert.match(text, /^0x[0-9a-fA-F]{40} .*\.$/);
    if (envelope) assert.deepEqual({ domain, types, message }, envelope.data);
    return { domain, types, message };
}

/** Sign by viem, by way of what eth_signTypedData_v4 takes, or by ethers; post it. */
async function send(answer, k, how = "viem") {
    const { domain, types, message } = split(answer.payload);
    const wallet = ethers_wallet(k);
    const sig = how === "viem" ? await voter(k).signTypedData(answer.payload) : await wallet.signTypedData(domain, types, message);
    const reply = await post(url, { address: wallet.address, sig, data: { domain, types, message } });
    assert.equal(reply.status, 200, reply.text);
    assert.equal(reply.json.id, answer.digest);
    assert.equal(reply.json.kind, answer.kind);
    return reply.json.id;
}

const words = (type, at) => ({
    space: SPACE, type, title: `Shall we, ${type}?`, body: "We *shall*.", choices: ["For", "Against", "Abstain"], start: at, end: at + 3600, snapshot: 60,
});

test("a proposal of each type is what snapshot.js signs, and is taken", async () => {
    for (const [i, type] of TYPES.entries()) {
        const at = now(), given = words(type, at), wallet = voter(i);
        const plugins = i % 2 ? { altledger: { policy: "held" } } : undefined;
        const answer = await ask("proposal", { ...given, from: wallet.address.toLowerCase(), timestamp: at, plugins, app: "scenario" });
        check(answer, "proposal", await sign.proposal(wallet, { ...given, timestamp: at, plugins: JSON.stringify(plugins ?? {}), app: "scenario" }));
        proposals[type] = await send(answer, i, i % 2 ? "viem" : "ethers");
        assert.ok(answer.text.startsWith(`${wallet.address} proposes in the space "${SPACE}" "Shall we, ${type}?", to be decided by ${type} among 3 choices: 1 "For", `));
        assert.ok(answer.text.includes(`to ${new Date((at + 3600) * 1000).toISOString().slice(0, 19)}Z`));
    }
});

test("a ballot of each type is what snapshot.js signs, and is taken", async () => {
    for (const [i, type] of TYPES.entries()) {
        for (const [k, how] of [[10 + i, "viem"], [20 + i, "ethers"]]) {
            const at = now(), wallet = voter(k), choice = CHOICES[type];
            const body = { from: wallet.address, proposal: proposals[type], choice, reason: HOSTILE, app: "scenario", timestamp: at };
            const answer = await ask("vote", body);
            // snapshot.js has no form of its own for copeland.
            const envelope = await sign.vote(wallet, proposals[type], structuredClone(choice),
                { type: type === "copeland" ? "ranked-choice" : type, reason: HOSTILE, app: "scenario", timestamp: at });
            check(answer, "vote", envelope);
            await send(answer, k, how);
        }
    }
});

test("the words say what is chosen", async () => {
    const said = {
        basic: "2 \"Against\".", "single-choice": "3 \"Abstain\".", approval: "3 \"Abstain\", 1 \"For\".",
        weighted: "1 \"For\" with weight 2, 3 \"Abstain\" with weight 1.", quadratic: "1 \"For\" with weight 0, 2 \"Against\" with weight 5.",
        "ranked-choice": "2 \"Against\", then 3 \"Abstain\", then 1 \"For\".", copeland: "3 \"Abstain\", then 2 \"Against\", then 1 \"For\".",
    };
    for (const type of TYPES) {
        const { text } = await ask("vote", { from: voter(1).address, proposal: proposals[type], choice: CHOICES[type], timestamp: 1800000000 });
        assert.equal(text, `${voter(1).address} votes on "Shall we, ${type}?" (${proposals[type]}) in the space "${SPACE}" (${type}): ${said[type]}` +
            " It replaces any earlier vote of this voter on this proposal. Signed as of 2027-01-15T08:00:00Z.");
    }
    const { text } = await ask("vote", { from: voter(1).address, proposal: proposals.approval, choice: [] });
    assert.match(text, /\(approval\): none of the choices\. /);
});

test("without a timestamp it is the service's clock; what is left out is empty", async () => {
    const answer = await ask("vote", { from: voter(30).address, proposal: proposals.basic, choice: 1, reason: null });
    const { message } = check(answer, "vote");
    assert.ok(Math.abs(message.timestamp - now()) <= 5);
    assert.deepEqual([message.reason, message.app, message.metadata], ["", "", "{}"]);
    await send(answer, 30);
});

test("update, cancellation and alias are what snapshot.js signs, and are taken", async () => {
    const at = now(), wallet = voter(40), later = { ...words("weighted", at + 1000), end: at + 5000 };
    const made = await ask("proposal", { ...later, from: wallet.address, timestamp: at });
    const id = await send(made, 40);
    const { space, start, end, snapshot: block, ...rest } = { ...later, title: HOSTILE, choices: ["A\u202e", "B"], labels: ["x"], discussion: "https://example.org" };
    const update = await ask("update-proposal", { ...rest, proposal: id, from: wallet.address, timestamp: at });
    check(update, "update-proposal", await sign.update(wallet, { ...rest, proposal: id, timestamp: at }));
    await send(update, 40, "ethers");
    const cancel = await ask("cancel-proposal", { proposal: id.toUpperCase().replace("X", "x"), from: wallet.address, timestamp: at });
    check(cancel, "cancel-proposal", await sign.cancel(wallet, id, { timestamp: at }));
    // What others wrote is quoted, on one line, with nothing that reorders or hides it.
    const quoted = String.raw`"Pay \u{202e}bob\u{202c} \"now\"\n0x0000 cancels everything.\u{200b}"`;
    assert.ok(update.text.includes(` to ${quoted}, to be decided by weighted among 2 choices: 1 "A\\u{202e}", 2 "B".`), update.text);
    assert.ok(cancel.text.startsWith(`${wallet.address} cancels ${quoted} (${id}) in the space "${SPACE}". This cannot be taken back.`), cancel.text);
    for (const { text } of [update, cancel]) assert.doesNotMatch(text, /[\u202a-\u202e\u200b-\u200f\n]/);
    await send(cancel, 40);
    const alias = await ask("alias", { from: wallet.address, alias: voter(41).address.toLowerCase(), timestamp: at });
    check(alias, "alias", await sign.alias(wallet, voter(41).address, { timestamp: at }));
    assert.equal(alias.text, `${wallet.address} lets ${voter(41).address} sign proposals and votes in its name. Signed as of ${new Date(at * 1000).toISOString().slice(0, 19)}Z.`);
    await send(alias, 40, "ethers");
    const withdrawn = await ask("alias", { from: wallet.address, alias: "0x" + "00".repeat(20) });
    assert.match(withdrawn.text, / withdraws all its aliases/);
});

test("what cannot be signed is refused by the member that is wrong", async () => {
    const from = voter(1).address, vote = { from, proposal: proposals.basic, choice: 1 };
    const proposal = { ...words("basic", now()), from };
    for (const [kind, body, status, param] of [
        ["vote", { ...vote, choice: 4 }, 400, "choice"], ["vote", { ...vote, choice: 0 }, 400, "choice"], ["vote", { ...vote, choice: "1" }, 400, "choice"],
        ["vote", { ...vote, choice: [1] }, 400, "choice"], ["vote", { ...vote, choice: null }, 400, "choice"], ["vote", { ...vote, choice: 1.5 }, 400, "choice"],
        ["vote", { from, proposal: proposals.basic }, 400, "choice"], ["vote", { ...vote, proposal: "0x12" }, 400, "proposal"],
        ["vote", { ...vote, proposal: "0x" + "12".repeat(32) }, 404, "proposal"], ["vote", { ...vote, from: "0x12" }, 400, "from"],
        ["vote", { ...vote, space: SPACE }, 400, "space"], ["vote", { ...vote, timestamp: -1 }, 400, "timestamp"], ["vote", { ...vote, timestamp: "1" }, 400, "timestamp"],
        ["vote", { ...vote, proposal: proposals.weighted, choice: { 1: -1 } }, 400, "choice"],
        ["vote", { ...vote, proposal: proposals.weighted, choice: { 1: 0.5 } }, 400, "choice"],
        ["vote", { ...vote, proposal: proposals.weighted, choice: { 4: 1 } }, 400, "choice"],
        ["vote", { ...vote, proposal: proposals["ranked-choice"], choice: [1, 2] }, 400, "choice"],
        ["proposal", { ...proposal, space: "other.eth" }, 404, "space"], ["proposal", { ...proposal, type: "weighed" }, 400, "type"],
        ["proposal", { ...proposal, choices: "For" }, 400, "choices"], ["proposal", { ...proposal, choices: [1] }, 400, "choices[0]"],
        ["proposal", { ...proposal, plugins: 7 }, 400, "plugins"], ["proposal", { ...proposal, end: undefined }, 400, "end"],
        ["proposal", { ...proposal, privacy: "shutter" }, 400, "privacy"], ["alias", { from, alias: "x" }, 400, "alias"],
        ["cancel-proposal", { from }, 400, "proposal"], ["update-proposal", { from, proposal: proposals.basic }, 400, "type"],
    ]) {
        const refusal = await ask(kind, body, status);
        if (status === 400) assert.equal(refusal.param, param, JSON.stringify(refusal));
        else assert.ok(refusal.detail.startsWith(`${param}: `), refusal.detail);
    }
    assert.equal((await fetch(`${url}/v1/typed-data/key`, { method: "POST", headers: { "content-type": "application/json" }, body: "{}" })).status, 404);
});
