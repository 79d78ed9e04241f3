// tests/verify/bundle.mjs - a proposal's bundle: that the log holds what is in it, and that its ballots make its result.
import { createRequire } from "node:module";
import { count } from "./count.mjs";
import { checkReceipt, readEntry, Rules } from "./entries.mjs";
import { demand, leafHash, multiproofRoot, openCheckpoint, verifierKey } from "./log.mjs";

const { AbiCoder, keccak256 } = createRequire(import.meta.url)("ethers");
const bytes = (hex) => Buffer.from(hex.slice(2), "hex");
const join = (...parts) => bytes(keccak256(Buffer.concat(parts)));

/** Root of OpenZeppelin's StandardMerkleTree of ["address", "uint256"]. */
export function censusRoot(census) {
    if (census.length === 0) return null;
    const leaves = census.map(({ voter, power }) => join(join(bytes(AbiCoder.defaultAbiCoder().encode(["address", "uint256"], [voter, power])))));
    leaves.sort(Buffer.compare);
    const n = leaves.length, tree = Array(2 * n - 1);
    leaves.forEach((leaf, i) => { tree[2 * n - 2 - i] = leaf; });
    for (let i = n - 2; i >= 0; i--) tree[i] = join(...[tree[2 * i + 1], tree[2 * i + 2]].sort(Buffer.compare));
    return `0x${tree[0].toString("hex")}`;
}

function parse(text) {
    demand(text.endsWith("\n"), "the bundle is cut");
    const lines = text.slice(0, -1).split("\n").map((line) => JSON.parse(line));
    const header = lines.shift()?.bundle;
    demand(header?.format === 1, "the bundle begins with its header");
    const take = (member, n) => lines.splice(0, n).map((line) => {
        demand(line[member] !== undefined, `a line with ${member} is missing`);
        return line;
    });
    const entries = take("entry", header.entries);
    const proofs = lines.findIndex((line) => line.proof === undefined);
    const proof = take("proof", proofs).flatMap((line) => line.proof.map(bytes));
    const census = take("power", header.voters), [last] = take("census_root", 1), [{ result }] = take("result", 1);
    demand(lines.length === 0, "lines follow the result");
    return { header, entries, proof, census, census_root: last.census_root, result };
}

/** The log holds these entries, and the service has signed for each. */
function checkEntries(header, lines, proof) {
    const positions = lines.map((line) => line.position), leaves = lines.map((line) => leafHash(Buffer.from(line.entry)));
    demand(positions.every((p, i) => p < header.log.size && (i === 0 || p > positions[i - 1])), "the entries do not ascend");
    const entries = lines.map((line) => ({ ...readEntry(line.entry), position: line.position }));
    const keys = entries.filter((e) => e.kind === "key");
    const checkpoint = openCheckpoint(header.log.checkpoint, keys.map((k) => verifierKey(k.origin, k.logKey)));
    demand(checkpoint.size === header.log.size, "the checkpoint is of another size");
    demand(multiproofRoot(positions, leaves, checkpoint.size, proof)?.equals(checkpoint.root), "the entries and the proof do not make the checkpoint's root");
    const rules = new Rules();
    for (const [i, e] of entries.entries())
        try {
            checkReceipt(header.chain_id, e, keys, lines[i].receipt);
            rules.check(e);
        } catch (error) {
            error.message = `entry ${e.position}: ${error.message}`;
            throw error;
        }
    return { entries, rules };
}

/** A ballot's choice, which may travel as JSON text. */
export const choiceOf = ({ message: { choice } }) => (typeof choice === "string" ? JSON.parse(choice) : choice);

/** Of a voter's ballots the later timestamp counts, of equal ones the later in the log. */
export function counted(ballots) {
    const last = new Map();
    for (const b of ballots)
        if (!last.has(b.author) || b.message.timestamp >= last.get(b.author).message.timestamp) last.set(b.author, b);
    return last;
}

/** Parameters in force at the snapshot's time: the last received until then, else the first. */
function parametersOf(entries, proposal, time) {
    const all = entries.filter((e) => e.kind === "space" && e.id === proposal.message.space && e.position < proposal.position);
    demand(all.length > 0, "the space's parameters are missing");
    return (all.filter((e) => e.received <= time).at(-1) ?? all[0]).parameters;
}

function recount({ header, census, result }, entries, rules) {
    const p = rules.proposals.get(header.proposal);
    demand(p && rules.proposals.size === 1, "the bundle holds another proposal");
    const latest = p.updates.at(-1) ?? p, { type, choices } = latest.message, ballots = counted(p.ballots);
    const powers = new Map(census.map(({ voter, power }) => [voter, BigInt(power)]));
    demand(powers.size === ballots.size && [...ballots.keys()].every((voter) => powers.has(voter)), "the census is not of those who voted");
    const quorum = BigInt(parametersOf(entries, p, Date.parse(header.snapshot.time) / 1000).quorum);
    const votes = [...ballots].map(([voter, b]) => ({ choice: choiceOf(b), power: powers.get(voter) }));
    const expected = {
        ...count(type, choices.length, votes, quorum),
        ballots: p.ballots.length, canceled: p.canceled, census_root: censusRoot(census), log_size: header.log.size, policy: result.policy,
        proposal: header.proposal, quorum: String(quorum), rules: 1,
        snapshot: { hash: header.snapshot.hash, number: p.message.snapshot }, type, version: 1 + p.updates.length, voters: ballots.size,
    };
    for (const [member, value] of Object.entries(expected))
        demand(same(result[member], value), `${member} is ${JSON.stringify(value)}, not ${JSON.stringify(result[member])}`);
    demand(Object.keys(result).length === Object.keys(expected).length, "the result has other members");
}

const sorted = (_, v) => (v && typeof v === "object" && !Array.isArray(v) ? Object.fromEntries(Object.entries(v).sort()) : v);
export const same = (a, b) => JSON.stringify(a, sorted) === JSON.stringify(b, sorted);

/** Throws what does not verify; else {header, entries, census, result}. */
export function checkBundle(text) {
    const bundle = parse(text), { header, census } = bundle;
    demand(census.every(({ voter }, i) => i === 0 || voter.toLowerCase() > census[i - 1].voter.toLowerCase()), "the census does not ascend");
    const { entries, rules } = checkEntries(header, bundle.entries, bundle.proof);
    demand(censusRoot(census) === bundle.census_root, "the census has another root");
    recount(bundle, entries, rules);
    return { ...bundle, entries };
}
