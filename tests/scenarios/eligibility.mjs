// tests/scenarios/eligibility.mjs - who may vote, before anything is signed: on-chain what castVote would do at that block, off-chain what the door then answers.
import assert from "node:assert/strict";
import { chmodSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { root, startAnvil } from "./lib/anvil.mjs";
import { deploy, head, mine, send } from "./lib/chain.mjs";
import { accepted, now, person, post, sign, SPACE } from "./lib/ballots.mjs";
import { writeNetwork } from "./lib/drive.mjs";
import { built, ZERO } from "./lib/economy.mjs";
import { Contract } from "./lib/openapi.mjs";
import { get, serve, sleep, until } from "./lib/program.mjs";

const { Interface, concat, id: keccak, toBeHex, zeroPadValue } = createRequire(join(root, "tests/package.json"))("ethers");
const UNIT = 10n ** 18n, NOBODY = "0x" + "77".repeat(20);
const dir = mkdtempSync(join(tmpdir(), "altledger-eligibility-"));
const people = Array.from({ length: 5 }, (_, i) => person(i).address.toLowerCase());
const abi = {}, proposals = [];
let node, serving, url, contract;

const call = (from, to, name, method, ...args) => ({ from, to, data: abi[name].encodeFunctionData(method, args), gas: "0x1e8480" });
async function block(...transactions) {
    await send(node, transactions);
    await mine(node);
}
const hex = (n) => "0x" + n.toString(16);
const view = async (g, method, args, at) =>
    abi[g.kind].decodeFunctionResult(method, await node.ask("eth_call", { to: g.address, data: abi[g.kind].encodeFunctionData(method, args) }, hex(at)))[0];

async function propose(g, description) {
    const args = [[g.address], [0n], ["0x"], description];
    const number = await node.ask("eth_call", call(people[0], g.address, g.kind, "propose", ...args), "latest");
    await block(call(people[0], g.address, g.kind, "propose", ...args));
    const p = { g, number: BigInt(number), made: await head(node), args: [...args.slice(0, 3), keccak(description)] };
    proposals.push(p);
    return p;
}
const cast = (who, p, method = "castVote", ...rest) => call(who, p.g.address, p.g.kind, method, p.number, ...rest);
/** A fractional ballot of some units for, and none otherwise. */
const part = (who, p, units) => cast(who, p, "castVoteWithReasonAndParams", 255, "", concat([0n, units, 0n].map((n) => zeroPadValue(toBeHex(n), 16))));

async function make_chain() {
    const contracts = built();
    for (const [name, c] of Object.entries(contracts)) abi[name] = new Interface(c.abi);
    const make = async (name, ...args) => (await deploy(node, contracts[name].bytecode + abi[name].encodeDeploy(args).slice(2), people[0])).toLowerCase();
    const token = await make("Token"), timed = await make("TimedToken"), unseen = await make("TimedToken");
    const timelock = await make("TimelockController", 5, [people[0]], [ZERO], people[0]);
    const council = { kind: "Council", address: await make("Council", token, timelock) };
    const assembly = { kind: "Assembly", address: await make("Assembly", timed) }, stranger = { kind: "Assembly", address: await make("Assembly", unseen) };
    for (const [address, name] of [[token, "Token"], [timed, "TimedToken"], [unseen, "TimedToken"]]) {
        await block(...people.slice(0, 4).map((p, i) => call(p, address, name, "mint", p, BigInt(i + 1) * 1000n * UNIT)));
        await block(...people.slice(0, 4).map((p, i) => call(p, address, name, "delegate", people[i % 3])));
    }
    const [first, second, third] = [await propose(council, "one"), await propose(assembly, "two"), await propose(stranger, "three")];
    const dropped = await propose(council, "four");
    await block(call(people[0], dropped.g.address, "Council", "cancel", ...dropped.args));
    await mine(node, 3);
    await block(cast(people[0], first, "castVote", 1), part(people[0], second, 10n * UNIT), cast(people[1], second, "castVote", 0), cast(people[0], third, "castVote", 1));
    await block(part(people[0], second, 20n * UNIT), cast(people[3], first, "castVote", 2));
    await mine(node, 2);
    await block(cast(people[0], second, "castVote", 1));
    await mine(node, 16);
    const network = writeNetwork(join(dir, "network.json"), {
        chainId: node.chainId, contracts: [
            { kind: "erc20votes", name: "ALT", address: token }, { kind: "erc20votes", name: "TMD", address: timed },
            { kind: "governor", name: "council", address: council.address, token }, { kind: "governor", name: "assembly", address: assembly.address, token: timed, parameters: { clock: "timestamp" } },
            { kind: "governor", name: "stranger", address: stranger.address, token: unseen, parameters: { clock: "timestamp" } }, { kind: "timelock", address: timelock },
        ],
    });
    writeFileSync(network, JSON.stringify({ ...JSON.parse(readFileSync(network)), spaces: [{ id: SPACE, admins: [], ballots_per_voter: 2 }] }));
    return network;
}

before(async () => {
    chmodSync(dir, 0o755);
    node = await startAnvil();
    const network = await make_chain();
    serving = await serve("run", "--network", network, "--source", node.url, "--poll-ms", "100", "--data", join(dir, "data"));
    url = serving.url;
    contract = await Contract.of(url);
    const last = await head(node);
    await until(async () => (await fetch(`${url}/v1/blocks/${last}`)).ok, `block ${last} is mirrored`);
});
after(async () => {
    await serving?.program.kill("SIGTERM").ends(0);
    await node?.stop();
    rmSync(dir, { recursive: true, force: true });
});

const ask = (id, who, at = "latest") => contract.get(`/v1/proposals/${id}/eligibility/${who}?at=${at}`);
const codes = (answer) => answer.reasons.map((r) => r.code);

/** Whether the governor would take a vote in this block. */
const taken = (p, who, at) => node.ask("eth_call", cast(who, p, "castVote", 1), hex(at)).then(() => true, () => false);

test("on-chain, eligible is whether castVote would go through, at every block; power is getPastVotes", async () => {
    const seen = {}, last = await head(node);
    for (const p of proposals) {
        const snapshot = await view(p.g, "proposalSnapshot", [p.number], last), deadline = await view(p.g, "proposalDeadline", [p.number], last);
        for (let at = p.made; at <= last; at++) {
            const clock = await view(p.g, "clock", [], at);
            for (const who of people) {
                const name = `${p.g.kind} ${p.number} ${who} at ${at}`, answer = await ask(p.number, who, at);
                const power = clock > snapshot ? await view(p.g, "getVotes", [who, snapshot], at) : null, known = p.g !== proposals[2].g && power !== null;
                assert.equal(answer.power_known, known, name);
                assert.equal(answer.voting_power, known ? String(power) : null, name);
                assert.equal(answer.has_voted, await view(p.g, "hasVoted", [p.number, who], at), name);
                assert.equal(answer.current_ballot !== null, answer.has_voted);
                assert.equal(answer.eligible, codes(answer).length > 0 ? false : known ? true : null, name);
                // Governors take votes of no weight, too.
                if (codes(answer)[0] === "no-voting-power") assert.equal(power, 0n, name);
                else if (answer.eligible !== null || power !== 0n) assert.equal(codes(answer).length === 0, await taken(p, who, at), `${name}: ${JSON.stringify(answer)}`);
                for (const code of [...codes(answer), answer.eligible]) seen[code] = (seen[code] ?? 0) + 1;
                const left = p.g.kind === "Council" ? answer.blocks_left : answer.seconds_left;
                assert.equal(left, Number(deadline > clock ? deadline - clock : 0n), name);
                assert.equal("log_size" in answer, false);
            }
        }
    }
    for (const what of ["voting-not-started", "voting-ended", "proposal-canceled", "already-voted", "no-voting-power", true, false, null])
        assert.ok(seen[what] > 0, `never ${what}: ${JSON.stringify(seen)}`);
});

let signed = 0;
/** What eligibility says is what the door does with a ballot signed now, which is another one each time. */
async function agree(proposal, wallet, ...expected) {
    const answer = await ask(proposal, wallet.address);
    assert.deepEqual(codes(answer), expected, JSON.stringify(answer));
    assert.equal(answer.eligible, expected.length === 0);
    for (const { text } of answer.reasons) assert.ok(text.length > 10);
    const reply = await post(url, await sign.vote(wallet, proposal, 1, { reason: String(signed++) }));
    assert.deepEqual(reply.status === 200 ? [] : reply.json.reasons, answer.reasons, reply.text);
    return [answer, reply.json];
}

test("off-chain, the reasons are those of the door", async () => {
    const snapshot = await head(node), at = now(), [author, voter, poor] = [person(0), person(1), person(4)];
    const open = (await accepted(url, await sign.proposal(author, { snapshot }))).id;
    const brief = (await accepted(url, await sign.proposal(author, { snapshot, title: "brief", start: at, end: now() + 2 }))).id;
    const late = (await accepted(url, await sign.proposal(author, { snapshot, title: "late", start: at + 1000, end: at + 2000 }))).id;
    const gone = (await accepted(url, await sign.proposal(author, { snapshot, title: "gone" }))).id;
    await accepted(url, await sign.cancel(author, gone));

    const [fresh] = await agree(open, voter);
    assert.deepEqual([fresh.source, fresh.has_voted, fresh.current_ballot, fresh.state, fresh.snapshot_block], ["offchain", false, null, "active", snapshot]);
    assert.deepEqual([fresh.power_known, fresh.policy, fresh.blocks_left, fresh.proposal, fresh.provisional], [true, (await get(`${url}/v1/proposals/${open}`)).policy, null, open, true]);
    assert.ok(Math.abs(fresh.seconds_left - 3600) < 60);
    const [second, receipt] = await agree(open, voter);
    const [ballot] = (await get(`${url}/v1/proposals/${open}/votes?voter=${voter.address}`)).data;
    assert.equal(second.voting_power, ballot.power);
    assert.equal(second.current_ballot.id, ballot.id);
    assert.deepEqual([second.has_voted, second.current_ballot.choice, second.current_ballot.position], [true, 1, ballot.position]);
    assert.ok(second.log_size > fresh.log_size);
    const [third] = await agree(open, voter, "too-many-ballots");
    assert.equal(third.current_ballot.id, receipt.id);

    await agree(open, poor, "no-voting-power");
    await agree(late, voter, "voting-not-started");
    await agree(gone, voter, "proposal-canceled");
    await until(() => now() > at + 3 ? true : sleep(200), "the brief vote is over");
    const [over] = await agree(brief, voter, "voting-ended");
    assert.deepEqual([over.seconds_left, over.state], [0, "defeated"]);
    assert.deepEqual(codes(await ask(gone, poor.address)), ["proposal-canceled"]);
    assert.equal((await ask(gone, poor.address)).voting_power, "0");
});

test("what is not there is not found, what is no address is refused", async () => {
    assert.match((await get(`${url}/v1/proposals/0x${"12".repeat(32)}/eligibility/${NOBODY}`, 404)).code, /not-found/);
    assert.equal((await get(`${url}/v1/proposals/${proposals[0].number}/eligibility/0x12`, 400)).param, "address");
    assert.equal((await get(`${url}/v1/proposals/nothing/eligibility/${NOBODY}`, 404)).code, "not-found");
});
