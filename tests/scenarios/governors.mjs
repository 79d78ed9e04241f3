// tests/scenarios/governors.mjs - proposals of OpenZeppelin's real governors on a local node: at every block, everything is what their views answer there.
//
// Three governors: simple counting with late quorum and a timelock; fractional on a clock of seconds; overridable with a super quorum.
// People act at random, the timelock is used behind its governor's back, settings change by proposals, and the chain is reorganised.
import assert from "node:assert/strict";
import { createRequire } from "node:module";
import { chmodSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { root, startAnvil } from "./lib/anvil.mjs";
import { accounts, deploy, head, mine, random, reorg, send } from "./lib/chain.mjs";
import { writeNetwork } from "./lib/drive.mjs";
import { built, ZERO } from "./lib/economy.mjs";
import { get, run, serve } from "./lib/program.mjs";

const { AbiCoder, Interface, concat, id: keccak, toBeHex, zeroPadValue } = createRequire(join(root, "tests/package.json"))("ethers");
const STATES = ["pending", "active", "canceled", "defeated", "succeeded", "queued", "expired", "executed"];
const SEED = Number(process.env.SEED ?? 11), BLOCKS = Number(process.env.BLOCKS ?? 220);
const GAS = "0x1e8480", UNIT = 10n ** 18n, NOTHING = "0x" + "00".repeat(32);
const HOSTILE = ["\u0000\u202eevil", "=cmd()", "x".repeat(3000), "\u{1f331} \"quoted\", and\r\nlines"];
const dir = mkdtempSync(join(tmpdir(), "altledger-governors-"));
const rng = random(SEED);
let node, world, url, network, serving;

const hex = (n) => "0x" + n.toString(16);

/** The contracts, and what people know of their proposals. */
class World {
    static async start() {
        const w = new World(), contracts = built();
        w.people = (await accounts(node)).map((a) => a.toLowerCase());
        w.abi = Object.fromEntries(Object.entries(contracts).map(([name, c]) => [name, new Interface(c.abi)]));
        const make = async (name, ...args) =>
            (await deploy(node, contracts[name].bytecode + w.abi[name].encodeDeploy(args).slice(2), w.people[0])).toLowerCase();
        const token = await make("Token"), timed = await make("TimedToken"), recalled = await make("RecalledToken");
        w.timelock = await make("TimelockController", 5, [w.people[0]], [ZERO], w.people[0]);
        w.governors = [
            { kind: "Council", address: await make("Council", token, w.timelock), token, name: "Token" },
            { kind: "Assembly", address: await make("Assembly", timed), token: timed, name: "TimedToken" },
            { kind: "Senate", address: await make("Senate", recalled), token: recalled, name: "RecalledToken" },
        ];
        const roles = ["PROPOSER_ROLE", "CANCELLER_ROLE"].map((role) => w.call(w.people[0], w.timelock, "TimelockController", "grantRole", keccak(role), w.governors[0].address));
        await w.block(roles);
        for (const g of w.governors) {
            await w.block(w.people.slice(0, 8).map((p, i) => w.call(p, g.token, g.name, "mint", p, BigInt(i + 1) * 1000n * UNIT)));
            await w.block(w.people.slice(0, 6).map((p, i) => w.call(p, g.token, g.name, "delegate", w.people[i % 4])));
        }
        w.proposals = [];
        return w;
    }

    call(from, to, name, method, ...args) {
        return { from, to, data: this.abi[name].encodeFunctionData(method, args), gas: GAS };
    }

    async block(transactions, seconds = 1) {
        if (transactions.length) await send(node, transactions);
        if (seconds > 1) await node.ask("evm_increaseTime", seconds);
        await mine(node);
    }

    /** Calls that a proposal makes: of the governor itself, where only a proposal can, and of others. */
    actions(g) {
        const own = (method, ...args) => [g.address, 0n, this.abi[g.kind].encodeFunctionData(method, args)];
        const list = [
            () => own("setVotingPeriod", 10 + rng.next(6)), () => own("setVotingDelay", 1 + rng.next(3)),
            () => own("updateQuorumNumerator", 1 + rng.next(40)),
            () => [g.token, 0n, this.abi[g.name].encodeFunctionData("mint", [rng.pick(this.people), UNIT])],
            () => [rng.pick(this.people), 0n, "0x"],
        ];
        if (g.kind === "Council") {
            list.push(() => own("setLateQuorumVoteExtension", 3 + rng.next(6)));
            list.push(() => [this.timelock, 0n, this.abi.TimelockController.encodeFunctionData("updateDelay", [2 + rng.next(9)])]);
        }
        return Array.from({ length: 1 + rng.next(3) }, () => rng.pick(list)());
    }

    propose() {
        const g = rng.pick(this.governors), actions = this.actions(g), from = rng.pick(this.people.slice(0, 4));
        const description = `# Proposal ${this.proposals.length}\n${rng.pick(HOSTILE)}`;
        const [targets, values, inputs] = [0, 1, 2].map((i) => actions.map((a) => a[i]));
        const p = { g, from, description, targets, values, inputs, hash: keccak(description) };
        this.proposals.push(p);
        return this.call(from, g.address, g.kind, "propose", targets, values, inputs, description);
    }

    /** queue, execute, cancel: the same arguments. */
    move(p, method, from = rng.pick(this.people)) {
        return this.call(from, p.g.address, p.g.kind, method, p.targets, p.values, p.inputs, p.hash);
    }

    /** The timelock's own operation of a proposal. */
    behind(p, method) {
        const salt = toBeHex(BigInt(concat([p.g.address, "0x" + "00".repeat(12)])) ^ BigInt(p.hash), 32);
        const args = [p.targets, p.values, p.inputs, NOTHING, salt];
        if (method === "executeBatch") return this.call(this.people[5], this.timelock, "TimelockController", "executeBatch", ...args);
        return this.call(this.people[0], this.timelock, "TimelockController", "cancel", p.operation);
    }

    vote(p) {
        const voter = rng.pick(this.people.slice(0, 6)), support = rng.next(10) < 6 ? 1 : rng.next(3), reason = rng.pick([...HOSTILE, "", ""]);
        const ballot = (method, ...args) => this.call(voter, p.g.address, p.g.kind, method, p.number, ...args);
        if (p.g.kind === "Assembly" && rng.next(2)) {
            const parts = [0, 1, 2].map(() => BigInt(rng.next(900)) * UNIT);
            return ballot("castVoteWithReasonAndParams", 255, reason, concat(parts.map((n) => zeroPadValue(toBeHex(n), 16))));
        }
        if (p.g.kind === "Council" && rng.next(4) === 0) return ballot("castVoteWithReasonAndParams", support, reason, "0x1234");
        if (p.g.kind === "Senate" && rng.next(2)) return ballot("castOverrideVote", support, reason);
        return ballot("castVoteWithReason", support, reason);
    }

    /** Things that may be done with a proposal at any time; many revert. */
    act() {
        const live = this.proposals.filter((p) => p.number), p = live.length ? rng.pick(live.slice(-7)) : null;
        const g = rng.pick(this.governors), who = rng.pick(this.people.slice(0, 8));
        const token = (method, ...args) => this.call(who, g.token, g.name, method, ...args);
        if (!p || rng.next(12) === 0) return this.propose();
        return rng.pick([
            () => this.vote(p), () => this.vote(p), () => this.vote(p), () => this.vote(p), () => this.vote(p),
            () => this.move(p, "queue"), () => this.move(p, "queue"), () => this.move(p, "execute"), () => this.move(p, "execute"),
            () => this.move(live.at(-1), "cancel", live.at(-1).from), // only pending ones can be
            ...(p.operation ? [() => this.behind(p, "executeBatch"), () => this.behind(p, rng.pick(["executeBatch", "cancel"]))] : []),
            () => token("mint", rng.pick(this.people), BigInt(rng.next(500)) * UNIT), () => token("burn", BigInt(rng.next(90)) * UNIT),
            () => token("transfer", rng.pick(this.people), BigInt(rng.next(90)) * UNIT), () => token("delegate", rng.pick(this.people.slice(0, 4))),
        ])();
    }

    /** Ask the governors for the ids of what was proposed; some proposals were never made. */
    async learn() {
        for (const p of this.proposals.filter((x) => !x.number)) {
            const [answer] = await this.ask([[p.g.address, p.g.kind, "hashProposal", [p.targets, p.values, p.inputs, p.hash]]], await head(node));
            p.number = String(answer[0]);
            if (p.g.kind !== "Council") continue;
            const salt = toBeHex(BigInt(concat([p.g.address, "0x" + "00".repeat(12)])) ^ BigInt(p.hash), 32);
            const [operation] = await this.ask([[this.timelock, "TimelockController", "hashOperationBatch", [p.targets, p.values, p.inputs, NOTHING, salt]]], await head(node));
            p.operation = operation[0];
        }
    }

    /** Views at a block: [address, contract, method, arguments] each; null: it reverts. */
    async ask(calls, number) {
        if (calls.length === 0) return [];
        const body = calls.map(([to, name, method, args], id) => ({
            jsonrpc: "2.0", id, method: "eth_call", params: [{ to, data: this.abi[name].encodeFunctionData(method, args) }, hex(number)],
        }));
        const reply = await fetch(node.url, { method: "POST", headers: { "content-type": "application/json" }, body: JSON.stringify(body) });
        const results = [];
        for (const { id, result } of await reply.json()) results[id] = result;
        return calls.map(([, name, method], i) => (results[i] ? this.abi[name].decodeFunctionResult(method, results[i]) : null));
    }

    get contracts() {
        return [
            ...this.governors.flatMap((g) => [
                { kind: "erc20votes", name: g.name, address: g.token },
                { kind: "governor", name: g.kind, address: g.address, token: g.token, ...(g.kind === "Assembly" ? { parameters: { clock: "timestamp" } } : {}) },
            ]),
            { kind: "timelock", name: "timelock", address: this.timelock },
        ];
    }
}

before(async () => {
    node = await startAnvil({ args: ["--accounts", 14, "--gas-limit", 100000000] });
    world = await World.start();
    network = writeNetwork(join(dir, "network.json"), { chainId: node.chainId, contracts: world.contracts });
    chmodSync(dir, 0o755);
    console.log(`SEED=${SEED} BLOCKS=${BLOCKS}`);
});
after(async () => {
    await serving?.program.kill("SIGTERM").ends();
    await node?.stop();
    rmSync(dir, { recursive: true, force: true });
});

/** A proposal of the council that everybody wants, and that the timelock then executes or forgets without its governor. */
async function behindItsBack(method) {
    const g = world.governors[0], mint = world.abi[g.name].encodeFunctionData("mint", [world.people[9], UNIT]);
    const p = { g, from: world.people[0], description: `# Proposal ${world.proposals.length}\nbehind`, targets: [g.token], values: [0n], inputs: [mint] };
    p.hash = keccak(p.description);
    world.proposals.push(p);
    await world.block([world.call(p.from, g.address, g.kind, "propose", p.targets, p.values, p.inputs, p.description)]);
    await world.learn();
    for (let i = 0; i < 13; i++) await world.block([]); // the next block is the deadline, which a quorum then extends
    await world.block(world.people.slice(0, 6).map((who) => world.call(who, g.address, g.kind, "castVote", p.number, 1)));
    for (let i = 0; i < 18; i++) await world.block([]);
    await world.block([world.move(p, "queue")]);
    await world.block([], 12);
    await world.block([world.behind(p, method)]);
    return p;
}

/** One delegator overrides its delegate before that has voted, another after. */
async function overridden() {
    const g = world.governors[2], [a, b, , , d, e] = world.people;
    const p = { g, from: a, description: `# Proposal ${world.proposals.length}\noverridden`, targets: [a], values: [0n], inputs: ["0x"] };
    p.hash = keccak(p.description);
    world.proposals.push(p);
    await world.block([world.call(a, g.address, g.kind, "propose", p.targets, p.values, p.inputs, p.description)]);
    await world.learn();
    await world.block([]);
    await world.block([world.call(d, g.address, g.kind, "castOverrideVote", p.number, 2, ""), world.call(a, g.address, g.kind, "castVote", p.number, 0)]);
    await world.block([world.call(b, g.address, g.kind, "castVote", p.number, 0), world.call(e, g.address, g.kind, "castOverrideVote", p.number, 1, "")]);
}

const mirror = () => run(["mirror", "--once", "--network", network, "--source", node.url, "--data", join(dir, "data")]);
const turns = async (n) => {
    for (let i = 0; i < n; i++) {
        await world.block(Array.from({ length: rng.next(4) }, () => world.act()), rng.next(9) === 0 ? 2 + rng.next(4) : 1);
        await world.learn();
    }
};

/** What the governors say of all proposals at a block, in the API's form; by canonical id or governor and number. */
async function truth(number) {
    const views = ["state", "proposalVotes", "proposalSnapshot", "proposalDeadline", "proposalEta", "proposalProposer"];
    const answers = await world.ask(world.proposals.flatMap((p) => views.map((view) => [p.g.address, p.g.kind, view, [p.number]])), number);
    const known = world.proposals.map((p, i) => [p, ...answers.slice(i * views.length, (i + 1) * views.length)]).filter(([, state]) => state !== null);
    const quorums = await world.ask(known.map(([p, , , snapshot]) => [p.g.address, p.g.kind, "quorum", [snapshot[0]]]), number);
    return new Map(known.map(([p, state, votes, snapshot, deadline, eta, proposer], i) => [`${p.g.address} ${p.number}`, {
        state: STATES[Number(state[0])], votes: { against: String(votes[0]), for: String(votes[1]), abstain: String(votes[2]) },
        snapshot: Number(snapshot[0]), deadline: Number(deadline[0]), eta: Number(eta[0]), proposer: proposer[0],
        quorum: quorums[i] === null ? null : String(quorums[i][0]), description: p.description,
    }]));
}

async function listed(number) {
    const { data, has_more } = await get(`${url}/v1/proposals?at=${number}&limit=1000`);
    assert.equal(has_more, false);
    return data;
}

const seen = {};
/** Every proposal at every block from `first` on; returns how many were compared. */
async function compare(first) {
    let compared = 0;
    for (let number = first; number <= await head(node); number++) {
        const expected = await truth(number), answers = await listed(number);
        assert.equal(answers.length, expected.size, `proposals at ${number}`);
        for (const a of answers) {
            const t = expected.get(`${a.governor.toLowerCase()} ${a.proposal_id}`), where = `${a.proposal_id} at ${number}`;
            const { state, votes, snapshot, deadline, eta, proposer, quorum, description } = a;
            assert.deepEqual({ state, votes, snapshot, deadline, eta, proposer, quorum, description }, t, where);
            assert.match(a.title, /^Proposal \d+$/);
            seen[state] = (seen[state] ?? 0) + 1;
            compared++;
        }
    }
    return compared;
}

async function settings(number) {
    const { data } = await get(`${url}/v1/governors?at=${number}`);
    const views = { votingDelay: "voting_delay", votingPeriod: "voting_period", proposalThreshold: "proposal_threshold", "quorumNumerator()": "quorum_numerator" };
    for (const g of world.governors) {
        const row = data.find((d) => d.address.toLowerCase() === g.address);
        const more = { Council: { lateQuorumVoteExtension: "late_quorum_extension" }, Senate: { "superQuorumNumerator()": "super_quorum_numerator" } }[g.kind] ?? {};
        const all = Object.entries({ ...views, ...more });
        const answers = await world.ask(all.map(([view]) => [g.address, g.kind, view, []]), number);
        all.forEach(([view, name], i) => assert.equal(row[name], String(answers[i][0]), `${view} of ${g.kind} at ${number}`));
        assert.equal(row.clock, g.kind === "Assembly" ? "timestamp" : "block");
        assert.equal(row.timelock?.toLowerCase(), g.kind === "Council" ? world.timelock : undefined);
    }
}

/** Ballots weigh what getVotes answers, and are what was cast. */
async function ballots(number) {
    let checked = 0;
    for (const p of await listed(number)) {
        const g = world.governors.find((x) => x.address === p.governor.toLowerCase());
        const { data } = await get(`${url}/v1/proposals/${p.id}/votes?at=${number}&limit=1000`);
        if (p.snapshot_block === null) continue;
        for (const voter of new Set([...data.map((b) => b.voter.toLowerCase()), world.people[1]])) {
            const [answer] = await world.ask([[g.address, g.kind, "getVotes", [voter, p.snapshot]]], number);
            const power = await get(`${url}/v1/accounts/${voter}/voting-power?proposal=${p.id}`);
            assert.equal(power.get_past_votes, String(answer[0]), `getVotes of ${voter} at ${p.snapshot}`);
            assert.equal(power.as_of.block_number, p.snapshot_block);
            const [voted] = await world.ask([[g.address, g.kind, "hasVoted", [p.proposal_id, voter]]], number);
            const own = data.filter((b) => b.voter.toLowerCase() === voter && b.kind === "vote");
            assert.equal(g.kind === "Assembly" ? own.some((b) => b.weight !== "0") : own.length === 1, voted[0], `hasVoted of ${voter}`);
            checked++;
        }
        for (const b of data) assert.ok(b.reason === "" || HOSTILE.includes(b.reason), JSON.stringify(b.reason));
    }
    return checked;
}

async function operations(number) {
    const { data } = await get(`${url}/v1/timelocks/${world.timelock}/operations?at=${number}&limit=1000`);
    const states = ["canceled", "waiting", "ready", "done"]; // OperationState
    const answers = await world.ask(data.map((o) => [world.timelock, "TimelockController", "getOperationState", [o.id]]), number);
    data.forEach((o, i) => {
        assert.equal(o.state, states[Number(answers[i][0])], `operation ${o.id} at ${number}`);
        assert.ok(world.proposals.some((p) => p.operation === o.id && p.targets.length === o.calls.length), o.id);
    });
    return data.length;
}

test("at every block every proposal is what its governor's views answer, through settings, timelock and reorgs", async () => {
    const done = await behindItsBack("executeBatch"), gone = await behindItsBack("cancel");
    await overridden();
    await turns(Math.ceil(BLOCKS / 2));
    await mirror();
    serving = await serve("serve", "--data", join(dir, "data"), "--source", node.url);
    url = serving.url;
    const first = Number((await listed("latest"))[0].block_number) - 1;
    let compared = await compare(first);
    for (const depth of [3, 9, 5]) {
        const above = await head(node) - depth;
        await reorg(node, depth, Array.from({ length: depth }, (_, i) => [world.act(), i]));
        await world.learn();
        await mirror();
        compared += await compare(above - 1);
        await turns(Math.ceil(BLOCKS / 6));
        await mirror();
        compared += await compare(above + 1);
    }
    const last = await head(node);
    for (let number = first; number <= last; number += 9) await settings(number);
    let scheduled = 0;
    for (let number = first; number <= last; number += 5) scheduled += await operations(number);
    const checked = await ballots(last);
    const last_state = async (p) => (await get(`${url}/v1/proposals/${p.number}`)).state;
    assert.deepEqual([await last_state(done), await last_state(gone)], ["executed", "canceled"]);
    const { data: events } = await get(`${url}/v1/events?contract=${world.governors[0].address}&limit=1000`);
    for (const p of [done, gone]) assert.ok(!events.some((e) => /Proposal(Executed|Canceled)/.test(e.type) && e.data.proposalId === p.number));
    for (const type of ["Governor.VoteCastWithParams", "GovernorPreventLateQuorum.ProposalExtended", "GovernorCountingOverridable.VoteReduced", "GovernorVotesQuorumFraction.QuorumNumeratorUpdated"])
        assert.ok((await get(`${url}/v1/events?type=${type}&limit=9`)).data.length > 0, `never a ${type}`);
    for (const state of STATES.filter((s) => s !== "expired")) assert.ok(seen[state] > 0, `no proposal was ever ${state}`);
    assert.ok(scheduled > 0 && checked > 0);
    console.log(`${compared} proposals at blocks (${Object.entries(seen).map(([s, n]) => `${s} ${n}`).join(", ")}), ${checked} voters, ${scheduled} operations`);
});

test("a number that two governors have is answered by the canonical id only; before a snapshot nobody has power at it", async () => {
    const [a] = world.people, content = [[a], [0n], ["0x"], "# Twice"];
    const [council, , senate] = world.governors;
    await world.block([council, senate].map((g) => world.call(a, g.address, g.kind, "propose", ...content)));
    await mirror();
    const last = await head(node);
    const [x, y, ...more] = (await listed(last)).filter((p) => p.block_number === last);
    assert.ok(x.proposal_id === y.proposal_id && x.id !== y.id && more.length === 0);
    for (const path of ["", "/tally"]) {
        const problem = await get(`${url}/v1/proposals/${x.proposal_id}${path}`, 409);
        assert.ok(problem.param === "id" || problem.code === "conflict");
        assert.ok([x, y].every((p) => problem.detail.includes(p.id)), problem.detail);
    }
    for (const path of ["/votes", "/tally/history"]) await get(`${url}/v1/proposals/${x.proposal_id}${path}`, 404);
    for (const p of [x, y]) {
        assert.equal((await get(`${url}/v1/proposals/${p.id}`)).governor, p.governor);
        assert.deepEqual((await get(`${url}/v1/proposals/${p.id}/votes`)).data, []);
        assert.equal((await get(`${url}/v1/accounts/${a}/voting-power?proposal=${p.id}`, 409)).code, "conflict");
        await get(`${url}/v1/proposals/${p.id}?at=${last - 1}`, 404);
    }
    assert.equal((await get(`${url}/v1/accounts/${a}/voting-power?proposal=${x.proposal_id}`, 409)).code, "conflict");
    assert.equal((await get(`${url}/v1/accounts/${a}/voting-power?proposal=${x.id}&at=5`, 400)).param, "proposal");
    assert.deepEqual((await get(`${url}/v1/proposals?source=offchain`)).data, []);
    assert.equal((await get(`${url}/v1/proposals?status=open`, 400)).param, "status");
    for (const id of ["0", "01", "-1", "0x12", "x".repeat(78), "0x" + "0".repeat(64), String(2n ** 256n)]) await get(`${url}/v1/proposals/${id}`, 404);
});

test("descriptions and reasons that are no text travel as text", async () => {
    const coder = AbiCoder.defaultAbiCoder(), g = world.governors[1], [a] = world.people;
    const bytes = "0x" + "00ff23c0afeda080".repeat(12500); // 100,000
    const input = (method, types, values) => world.abi[g.kind].getFunction(method).selector + coder.encode(types, values).slice(2);
    const gas = "0x5f5e100";
    await world.block([{ from: a, to: g.address, gas, data: input("propose", ["address[]", "uint256[]", "bytes[]", "bytes"], [[a], [0n], [bytes], bytes]) }]);
    await world.block([], 5);
    await mirror();
    const proposal = (await listed("latest")).at(-1);
    assert.equal(proposal.state, "active");
    const units = await world.ask(world.people.map((who) => [g.address, g.kind, "getVotes", [who, proposal.snapshot]]), await head(node));
    const voter = world.people[units.findIndex(([n]) => n > 0n)];
    await world.block([{ from: voter, to: g.address, gas, data: input("castVoteWithReason", ["uint256", "uint8", "bytes"], [proposal.proposal_id, 1, bytes]) }]);
    await mirror();
    const one = await get(`${url}/v1/proposals/${proposal.id}`), expected = Buffer.from(bytes.slice(2), "hex").toString("utf8");
    assert.equal(one.description, expected);
    assert.equal(one.actions[0].calldata, bytes);
    assert.ok(one.title.length > 0 && one.title.length <= 200 && !/\p{Cc}/u.test(one.title), one.title);
    const { data: [ballot] } = await get(`${url}/v1/proposals/${proposal.id}/votes`);
    assert.equal(ballot.reason, expected);
    const csv = await (await fetch(`${url}/v1/proposals/${proposal.id}/votes.csv`)).text();
    assert.equal(csv.split("\r\n").length, 3);
    await get(`${url}/v1/proposals/${proposal.id}?at=${await head(node)}`);
});

test("the books of governors verify", async () => {
    await run(["verify", "--data", join(dir, "data"), "--network", network]);
});
