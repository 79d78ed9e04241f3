// tests/verify/entries.mjs - what an entry of the log says: whose message it is, its EIP-712 digest, who signed it; and its receipt.
import { createRequire } from "node:module";
import { demand } from "./log.mjs";

const { TypedDataEncoder, getAddress, keccak256, recoverAddress } = createRequire(import.meta.url)("ethers");

const KINDS = { Proposal: "proposal", UpdateProposal: "update-proposal", CancelProposal: "cancel-proposal", Vote: "vote", Alias: "alias" };
const MAGIC = "0x1626ba7e" + "00".repeat(28); // ERC-1271
const RECEIPT = { Receipt: ["bytes32 message", "uint64 position", "uint64 size", "bytes32 root", "uint64 time"].map((member) => {
    const [type, name] = member.split(" ");
    return { name, type };
}) };
const seconds = (text) => Date.parse(text) / 1000;

/** {kind, digest, received, author, ...} of an entry's text. */
export function readEntry(text) {
    const { envelope, evidence, key, space, received, version } = JSON.parse(text);
    demand(version === 1 && /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ$/.test(received), "an entry has a version and a time");
    const own = { received: seconds(received), digest: keccak256(Buffer.from(text)) };
    if (key) return { ...own, kind: "key", origin: key.origin, logKey: Buffer.from(key.log.slice(2), "hex"), receipts: getAddress(key.receipts) };
    if (space) return { ...own, kind: "space", id: space.id, parameters: space };
    const { domain, types: { EIP712Domain, ...types }, message } = envelope.data;
    demand(Object.keys(domain).length === 2 && domain.name === "snapshot" && domain.version === "0.1.4", "a message is of the domain snapshot 0.1.4");
    const kind = KINDS[TypedDataEncoder.from(types).primaryType];
    demand(kind, "a message is of a known type");
    const entry = { ...own, kind, message, evidence, author: getAddress(message.from), address: getAddress(envelope.address) };
    entry.digest = TypedDataEncoder.hash(domain, types, message);
    entry.proposal = kind === "proposal" ? entry.digest : message.proposal;
    if (evidence) demand(evidence.returned.startsWith(MAGIC), "the contract wallet's answer is not ERC-1271's magic value");
    else demand(signerOf(entry.digest, envelope.sig) === entry.address, "the message is not signed by its address");
    return entry;
}

/** A receipt binds a key that the log names, at the entry or before it, to the entry's place. */
export function checkReceipt(chainId, entry, keys, { size, root, signature }) {
    const { position } = entry, statement = { message: entry.digest, position, size, root, time: entry.received };
    const signer = signerOf(TypedDataEncoder.hash({ name: "altledger", version: "1", chainId }, RECEIPT, statement), signature);
    demand(keys.some((k) => k.receipts === signer && k.position <= position), `the receipt is signed by ${signer}, which is no key of the log`);
}

// A bundle shows again what was in the log.
const KEPT_MAX = 100000, kept = new Map();
function signerOf(digest, signature) {
    const about = digest + signature;
    if (kept.size > KEPT_MAX) kept.clear();
    if (!kept.has(about)) kept.set(about, recoverAddress(digest, signature));
    return kept.get(about);
}

/** Rules that hold along the log: each entry after those before it. `entries` have positions; gaps are allowed. */
export class Rules {
    constructor() {
        this.received = 0;
        this.digests = new Set();
        this.aliases = new Map(); // author -> addresses named since the last withdrawal
        this.spaces = new Map(); // id -> greatest tolerance
        this.proposals = new Map();
    }

    check(e) {
        demand(e.received >= this.received, "it was received before the entry before it");
        demand(!this.digests.has(e.digest), "it is in the log twice");
        this.received = e.received;
        this.digests.add(e.digest);
        if (e.kind === "space") this.spaces.set(e.id, Math.max(this.spaces.get(e.id) ?? 0, e.parameters.tolerance));
        if (e.kind === "key" || e.kind === "space") return;
        demand(e.address === e.author || this.aliases.get(e.author)?.has(e.address), `its signer ${e.address} is no alias of ${e.author}`);
        const tolerance = e.kind === "alias" ? 300 : this.spaces.get(e.message.space);
        demand(tolerance !== undefined, `the log does not know the space ${e.message.space}`);
        demand(Math.abs(e.received - e.message.timestamp) <= tolerance, "its timestamp is not near the time at which it was received");
        this[e.kind](e);
    }

    alias({ author, message }) {
        if (/^0x0+$/.test(message.alias)) this.aliases.delete(author);
        else this.aliases.set(author, (this.aliases.get(author) ?? new Set()).add(getAddress(message.alias)));
    }

    proposal(e) {
        this.proposals.set(e.digest, { ...e, canceled: false, tolerance: this.spaces.get(e.message.space), ballots: [], updates: [] });
    }

    #of(e) {
        const p = this.proposals.get(e.proposal);
        demand(p && p.message.space === e.message.space, "its proposal is not in the log before it");
        return p;
    }

    "update-proposal"(e) {
        const p = this.#of(e);
        demand(Math.max(e.received, e.message.timestamp) < p.message.start, "it changes a proposal whose voting has begun");
        p.updates.push(e);
    }

    "cancel-proposal"(e) {
        this.#of(e).canceled = true;
    }

    vote(e) {
        const p = this.#of(e), at = e.message.timestamp;
        demand(!p.canceled, "it votes on a cancelled proposal");
        demand(p.message.start <= at && at <= p.message.end, "it votes outside of the window");
        p.ballots.push(e);
    }
}
