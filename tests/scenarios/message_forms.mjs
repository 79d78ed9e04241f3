// tests/scenarios/message_forms.mjs - every form that snapshot.js has published, and what its client sends, against what is read of it.
import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { createHash } from "node:crypto";
import { createServer } from "node:http";
import { createRequire } from "node:module";
import { join, resolve } from "node:path";
import { after, before, test } from "node:test";
import { root } from "./lib/anvil.mjs";
import { NOTHING, now, person, snapshot } from "./lib/ballots.mjs";

const require = createRequire(join(root, "tests/package.json"));
const { TypedDataEncoder, Wallet } = require("ethers");
const { Wallet: Wallet5 } = require("@ethersproject/wallet");
const published = require("@snapshot-labs/snapshot.js/src/sign/hashedTypes.json");
const PROPOSAL = "0x" + "5a".repeat(32);
const binary = join(process.env.B ?? "build", "asan/tests/governance/drive_message");

function drive(lines, ...args) {
    execFileSync("make", ["-s", binary], { cwd: root, stdio: "inherit" });
    return execFileSync(resolve(root, binary), args, { input: lines.map((l) => `${l}\n`).join(""), encoding: "utf8" }).trim().split("\n");
}
const read = (envelopes) => drive(envelopes.map((e) => JSON.stringify(e))).map((line) => JSON.parse(line));

/** "Vote(string from,...)" as types. */
function types_of(text) {
    const [, name, members] = /^(\w+)\((.*)\)$/.exec(text);
    return { [name]: members.split(",").map((m) => m.split(" ")).map(([type, member]) => ({ name: member, type })) };
}
const hash_of = (types) => createHash("sha256").update(JSON.stringify(types)).digest("hex");
/** As snapshot.js calls what we call by one name. */
const KINDS = { "delete-proposal": "cancel-proposal", "vote-array": "vote", "vote-string": "vote" };

test("every form that is taken was published, and of those for proposals, ballots and aliases few are not taken", () => {
    const taken = new Map(drive([], "forms").map((line) => {
        const [kind, ...type] = line.split(" ");
        const types = types_of(type.join(" "));
        return [hash_of(types), kind];
    }));
    for (const [hash, kind] of taken) assert.equal(kind, KINDS[published[hash]] ?? published[hash], hash);
    const ours = new Set([...taken.values()]);
    const left = Object.entries(published).filter(([hash, kind]) => ours.has(KINDS[kind] ?? kind) && !taken.has(hash)).map(([hash]) => hash.slice(0, 8));
    // Three proposals that name network or strategies; an alias without timestamp, and two whose members nobody remembers.
    assert.deepEqual(left.sort(), ["18ad1db5", "23310e19", "6fee59b7", "8ea9074b", "a7bf2991", "bba61ef2"]);
    assert.equal(taken.size, 50);
});

/** A message of any form, signed by ethers: address as the text of one. */
async function message_of(kind, types, wallet) {
    const given = {
        from: wallet.address, space: "council.eth", timestamp: 1700000000, proposal: PROPOSAL, type: "basic", title: "Shall we?", body: "b", discussion: "d",
        choices: ["For", "Against"], labels: ["l"], start: 1700000001, end: 1700000002, snapshot: 7, plugins: "{}", privacy: "", app: "test", metadata: "{}",
        reason: "r", alias: "0x" + "ab".repeat(20),
    };
    const choice = { uint32: 1, "uint32[]": [2, 1], string: "{\"1\":2}" };
    const [[, members]] = Object.entries(types);
    const message = Object.fromEntries(members.map(({ name, type }) => [name, name === "choice" ? choice[type] : given[name]]));
    const domain = { name: "snapshot", version: "0.1.4" };
    return { address: wallet.address, sig: await wallet.signTypedData(domain, types, message), data: { domain, types, message } };
}

test("a message of each form is read, its signer is found, and its entry comes back", async () => {
    const wallet = new Wallet("0x" + "11".repeat(32)), envelopes = [], kinds = [];
    for (const line of drive([], "forms")) {
        const [kind, ...type] = line.split(" ");
        kinds.push(kind);
        envelopes.push(await message_of(kind, types_of(type.join(" ")), wallet));
    }
    const said = read(envelopes);
    said.forEach((s, i) => {
        const { domain, types, message } = envelopes[i].data;
        assert.equal(s.error, undefined);
        assert.equal(s.kind, kinds[i]);
        assert.equal(s.digest, TypedDataEncoder.hash(domain, types, message));
        assert.equal(s.signer, wallet.address);
        assert.equal(s.signature, "ok");
        assert.ok(s.comes_back);
        for (const [name, value] of Object.entries(message))
            if (name !== "choice" && name in s) assert.deepEqual(typeof value === "string" && value.length === 42 ? s[name].toLowerCase() : s[name],
                typeof value === "string" && value.length === 42 ? value.toLowerCase() : value, name);
        assert.deepEqual(s.choice, typeof message.choice === "string" ? JSON.parse(message.choice) : message.choice);
    });
});

// ---- what the published client sends ----

let server, url;
const received = [];
before(async () => {
    server = createServer((request, reply) => {
        let body = "";
        request.on("data", (text) => { body += text; });
        request.on("end", () => {
            received.push(body);
            reply.setHeader("content-type", "application/json").end("{}");
        });
    });
    await new Promise((go) => server.listen(0, "127.0.0.1", go));
    url = `http://127.0.0.1:${server.address().port}/v1/messages`;
});
after(() => server.close());

const text = {
    space: "council.eth", title: "Soll das sein? \u{1f331} \"\\/\u2028", body: "# Ja\n\ttab \u0001 \u007f é ß", discussion: "", choices: ["Für", "Gegen"],
    labels: ["a"], plugins: JSON.stringify({ altledger: { policy: "stake" } }), privacy: "",
};
const ballot = { space: "council.eth", proposal: PROPOSAL, reason: "weil \u{1f44d}", app: "snapshot" };
/** method, message, what must be read of its choice. */
const sent = [
    ["proposal", { ...text, type: "basic", start: 1700000001, end: 1700000002, snapshot: 7, app: "snapshot" }],
    ["proposal", { ...text, type: "copeland", start: 1700000001, end: 1700000002, snapshot: 7, timestamp: 1700000000 }],
    ["updateProposal", { ...text, type: "weighted", proposal: PROPOSAL }],
    ["cancelProposal", { space: "council.eth", proposal: PROPOSAL }],
    ["vote", { ...ballot, type: "basic", choice: 1 }, 1],
    ["vote", { ...ballot, type: "single-choice", choice: 2 }, 2],
    ["vote", { ...ballot, type: "approval", choice: [1, 3] }, [1, 3]],
    ["vote", { ...ballot, type: "approval", choice: [] }, []],
    ["vote", { ...ballot, type: "ranked-choice", choice: [3, 1, 2] }, [3, 1, 2]],
    ["vote", { ...ballot, type: "weighted", choice: { 2: 3, 1: 1 } }, { 1: 1, 2: 3 }],
    ["vote", { ...ballot, type: "quadratic", choice: { 1: 7 } }, { 1: 7 }],
    ["alias", { alias: "0x" + "ab".repeat(20) }],
];
const KIND_OF = { proposal: "proposal", updateProposal: "update-proposal", cancelProposal: "cancel-proposal", vote: "vote", alias: "alias" };

for (const [name, wallet] of [["ethers", new Wallet5("0x" + "22".repeat(32))], ["viem", person(3)]]) {
    test(`what Client712 sends for a wallet of ${name} is read as it was meant`, async () => {
        const client = new snapshot.Client712(url);
        received.length = 0;
        for (const [method, message] of sent) await client[method](wallet, wallet.address, structuredClone(message));
        const said = drive(received).map((line) => JSON.parse(line));
        said.forEach((s, i) => {
            const [method, meant, choice] = sent[i], { domain, types, message } = JSON.parse(received[i]).data;
            assert.equal(s.error, undefined);
            assert.equal(s.kind, KIND_OF[method]);
            assert.equal(s.digest, TypedDataEncoder.hash(domain, types, message));
            assert.deepEqual([s.from, s.signer, s.signature], [wallet.address, wallet.address, "ok"]);
            assert.ok(s.comes_back);
            assert.ok(Math.abs(s.timestamp - (meant.timestamp ?? now())) < 60);
            assert.deepEqual(s.choice, choice);
            assert.equal(s.proposal, method === "proposal" ? s.digest : meant.proposal ?? NOTHING);
            for (const member of ["space", "title", "body", "discussion", "choices", "labels", "plugins", "reason", "start", "end", "snapshot"])
                if (member in meant) assert.deepEqual(s[member], meant[member], member);
            if (method !== "vote" && "type" in meant) assert.equal(s.type, meant.type);
        });
    });
}

test("what the client sends for a shutter vote or a followed space is refused by its member", async () => {
    const client = new snapshot.Client712(url), wallet = person(3);
    received.length = 0;
    await client.vote(wallet, wallet.address, { ...ballot, type: "basic", privacy: "shutter", choice: "0x1234" });
    await client.follow(wallet, wallet.address, { space: "council.eth", network: "s" });
    await client.flagProposal(wallet, wallet.address, { space: "council.eth", proposal: PROPOSAL });
    const said = drive(received).map((line) => JSON.parse(line).error);
    assert.match(said[0], /^data\.message\.choice: must be the JSON text/);
    assert.match(said[1], /^data\.types: there is no such form of message: Follow\(/);
    assert.match(said[2], /^data\.types: there is no such form of message: FlagProposal\(/);
});
