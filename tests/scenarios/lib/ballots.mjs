// tests/scenarios/lib/ballots.mjs - voters and their wallets, what they sign, the door they send it through, and the receipts that they get.
import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import { join, resolve } from "node:path";
import { root } from "./anvil.mjs";
import { get, serve, until } from "./program.mjs";

const require = createRequire(join(root, "tests/package.json"));
const { verifyTypedData } = require("ethers");
const { keccak256, toHex } = require("viem");
const { mnemonicToAccount, privateKeyToAccount } = require("viem/accounts");
export const snapshot = require("@snapshot-labs/snapshot.js");
export const SPACE = "council.eth", NOTHING = "0x" + "00".repeat(32);
const MNEMONIC = "test test test test test test test test test test test junk"; // anvil's

export const now = () => Math.floor(Date.now() / 1000);

/** A viem account under the name by which snapshot.js asks a wallet to sign. */
export const adapted = (account) => Object.assign(Object.create(account), {
    _signTypedData: (domain, types, message) => account.signTypedData({ domain, types, primaryType: Object.keys(types)[0], message }),
});
/** Voter k of gen_ballots, and person i of anvil's accounts. */
export const voter = (k) => adapted(privateKeyToAccount(keccak256(toHex(k, { size: 8 }))));
export const person = (i) => adapted(mnemonicToAccount(MNEMONIC, { addressIndex: i }));

/** The published client, but that what it would post is returned. */
class Envelopes extends snapshot.Client712 {
    send(envelope) {
        return envelope;
    }
}
const client = new Envelopes("http://127.0.0.1/");

/** A proposal's message, but for what is given. */
export function draft(given = {}) {
    const at = given.timestamp ?? now();
    return {
        space: SPACE, timestamp: at, type: "basic", title: "Shall we?", body: "We *shall*.", discussion: "", choices: ["For", "Against", "Abstain"],
        start: at, end: at + 3600, snapshot: 0, plugins: "{}", app: "scenario", ...given,
    };
}
const signed = (method, wallet, message) => client[method](wallet, message.from ?? wallet.address, message);
/** Envelopes; `sign.from` names another address than the signer's. */
export const sign = {
    proposal: (wallet, given) => signed("proposal", wallet, draft(given)),
    update: (wallet, given) => {
        const { start, end, snapshot: block, app, ...message } = draft(given);
        return signed("updateProposal", wallet, { labels: [], ...message });
    },
    cancel: (wallet, proposal, given) => signed("cancelProposal", wallet, { space: SPACE, proposal, ...given }),
    vote: (wallet, proposal, choice, given) => signed("vote", wallet, { space: SPACE, proposal, type: "basic", choice, ...given }),
    alias: (wallet, alias, given) => signed("alias", wallet, { alias, ...given }),
};
/** `envelope` with another message, signed anew; `types` to sign something else than it was. */
export async function resign(wallet, envelope, change, types = envelope.data.types) {
    const message = { ...envelope.data.message, ...change };
    const sig = await wallet._signTypedData(envelope.data.domain, types, message);
    return { ...envelope, sig, data: { ...envelope.data, types, message } };
}

/** POST; {status, json, text, headers}. `body`: text, bytes, or an object. */
export async function post(url, body, headers = {}) {
    const reply = await fetch(`${url}/v1/messages`, {
        method: "POST", headers: { "content-type": "application/json", ...headers },
        body: typeof body === "string" || ArrayBuffer.isView(body) ? body : JSON.stringify(body),
    });
    const text = await reply.text();
    let json = null;
    try {
        json = JSON.parse(text);
    } catch { /* its status says enough */ }
    return { status: reply.status, json, text, headers: reply.headers };
}

/** What the door answered binds the service to this message. */
export function check_receipt(answer, envelope) {
    const { domain, types, primaryType, message } = answer.receipt;
    assert.equal(primaryType, "Receipt");
    const { EIP712Domain, ...structs } = types;
    assert.equal(verifyTypedData(domain, structs, message, answer.relayer.receipt), answer.relayer.address, "who signed the receipt");
    assert.equal(message.message, answer.id);
    assert.equal(answer.ipfs, answer.id);
    assert.ok(Number(message.position) < Number(message.size), "it is in the log");
    if (envelope) {
        const { TypedDataEncoder } = require("ethers");
        assert.equal(answer.id, TypedDataEncoder.hash(envelope.data.domain, envelope.data.types, envelope.data.message));
    }
    return answer;
}

/** It must be accepted. */
export async function accepted(url, envelope) {
    const reply = await post(url, envelope);
    assert.equal(reply.status, 200, reply.text);
    return check_receipt(reply.json, envelope);
}

/** It must be refused by these rules and no others. */
export async function refused(url, envelope, ...codes) {
    const reply = await post(url, envelope);
    assert.equal(reply.status, 422, reply.text);
    assert.deepEqual(reply.json.reasons.map((r) => r.code).sort(), codes.sort(), reply.text);
    for (const { text } of reply.json.reasons) assert.ok(text.length > 10);
    return reply.json;
}

/** `run` on a network file and a source, once it is ready: {program, url}. */
export async function open_door(network, source, ...args) {
    const served = await serve("run", "--network", network, "--source", source, ...args);
    await until(() => fetch(`${served.url}/readyz`).then((reply) => reply.ok), "it is ready");
    return served;
}

/** A tally with its scores as a plain list. */
export async function tally_of(url, id) {
    const tally = await get(`${url}/v1/proposals/${id}/tally`);
    return { ...tally, scores: tally.scores?.map((row) => row.score) ?? null };
}

// ---- a chain of many voters, without a node ----

const TOKEN = "0x1111111111111111111111111111111111111111";
const GENERATOR = join(process.env.B ?? "build", "release/tests/bench/gen_ballots");

/** What the generator prints (tests/bench/gen_ballots.c). */
function generate(...args) {
    execFileSync("make", ["-s", GENERATOR], { cwd: root, stdio: "inherit" });
    return execFileSync(resolve(root, GENERATOR), args.map(String), { encoding: "utf8", maxBuffer: 1 << 28 });
}

/** An archive of a token that voters 0.. have, and its network file: [network, archive]. */
export function voters_chain(dir, voters, spaces = [{ id: SPACE, admins: [] }]) {
    const network = join(dir, "network.json"), archive = join(dir, "chain.ndjson");
    writeFileSync(archive, generate("archive", voters, 70));
    write_spaces(network, { name: "voters", chain_id: 1, start_block: 0, contracts: [{ kind: "erc20", name: "ALT", address: TOKEN, from_block: 0 }] }, spaces);
    return { network, archive };
}

export function write_spaces(path, network, spaces) {
    writeFileSync(path, JSON.stringify({ ...network, spaces }));
    return path;
}

/** Signed ballots of voters first.. on a basic proposal, as lines. */
export const many_ballots = (first, count, proposal, timestamp = now()) =>
    generate("ballots", first, count, SPACE, proposal, timestamp, 3).trim().split("\n");
