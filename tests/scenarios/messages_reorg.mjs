// tests/scenarios/messages_reorg.mjs - reorgs across a proposal's snapshot: power and tally are counted anew, and nothing is final before the snapshot is.
import assert from "node:assert/strict";
import { chmodSync, mkdtempSync, rmSync } from "node:fs";
import { createRequire } from "node:module";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { root, startAnvil } from "./lib/anvil.mjs";
import { accepted, now, open_door, person, post, refused, sign, SPACE, tally_of, write_spaces } from "./lib/ballots.mjs";
import { deploy, head, mine, send } from "./lib/chain.mjs";
import { built } from "./lib/economy.mjs";
import { get, run, sleep, until } from "./lib/program.mjs";

const { Interface } = createRequire(join(root, "tests/package.json"))("ethers");
const dir = mkdtempSync(join(tmpdir(), "altledger-messages-reorg-")), people = [0, 1, 2, 3, 4, 5].map(person), FINALITY = 70;
let node, door, url, token, abi, network, chain;

const call = (method, ...args) => ({ from: people[0].address, to: token, data: abi.encodeFunctionData(method, args) });
const block_of = (number) => node.ask("eth_getBlockByNumber", `0x${number.toString(16)}`, false);
const rules = { id: SPACE, admins: [], tolerance: 2, quorum: "1000" };

async function mirrored() {
    const number = await head(node), { hash } = await block_of(number);
    await until(async () => (await get(`${url}/v1/status`)).head?.hash === hash, `block ${number} is mirrored`);
}
const open = async () => {
    door = await open_door(network, node.url, "--data", join(dir, "data"), "--poll-ms", "50");
    url = door.url;
};
const proposal_of = (id) => get(`${url}/v1/proposals/${id}`);
/** Once the tally is of the canonical snapshot. */
const tally = (id) => until(async () => {
    const t = await tally_of(url, id);
    return t.recounting ? null : t;
}, "it is counted anew");

before(async () => {
    chmodSync(dir, 0o755); // PostgreSQL's user must get in, or its files lie elsewhere
    const { Token } = built();
    abi = new Interface(Token.abi);
    node = await startAnvil();
    token = await deploy(node, Token.bytecode, people[0].address);
    await send(node, people.map((p, i) => call("mint", p.address, 100 * (i + 1))));
    await mine(node, 3);
    chain = { name: "reorgs", chain_id: node.chainId, start_block: 0, contracts: [{ kind: "erc20votes", name: "ALT", address: token, from_block: 0 }] };
    network = write_spaces(join(dir, "network.json"), chain, [rules]);
    await open();
    await mirrored();
});
after(async () => {
    await door?.program.kill("SIGTERM").ends();
    await node?.stop();
    rmSync(dir, { recursive: true, force: true });
});

let id, ends;

test("power at a block that is not finalized is provisional", async () => {
    await send(node, [call("mint", people[0].address, 1000)]);
    await mine(node, 2);
    await mirrored();
    ends = now() + 4;
    id = (await accepted(url, await sign.proposal(people[0], { snapshot: await head(node), end: ends }))).id;
    for (const [i, choice] of [[0, 1], [1, 2], [2, 2], [3, 3]]) await accepted(url, await sign.vote(people[i], id, choice));
    const t = await tally(id);
    assert.deepEqual([t.scores, t.power, t.voters], [["1100", "500", "400"], "2000", 4]);
    assert.deepEqual([t.provisional, t.final], [true, false]);
});

test("a reorg across the snapshot gives every ballot its power there anew", async () => {
    await node.ask("anvil_reorg", 3, [[{ ...call("mint", people[1].address, 5000), gas: "0x7a120" }, 0]]); // in the place of the first one's 1,000
    await mine(node, 1);
    await mirrored();
    const t = await tally(id);
    assert.deepEqual([t.scores, t.power, t.voters], [["100", "5500", "400"], "6000", 4]);
    assert.deepEqual([t.provisional, t.final], [true, false]);
    const { data } = await get(`${url}/v1/proposals/${id}/votes`);
    assert.deepEqual(Object.fromEntries(data.map((v) => [v.voter, v.power])), Object.fromEntries([100, 5200, 300, 400].map((n, i) => [people[i].address, String(n)])));
});

test("after voting there is an outcome, but none is final before the snapshot is finalized", async () => {
    await until(() => now() > ends + 3, "it is over");
    await refused(url, await sign.vote(people[4], id, 1), "voting-ended");
    const over = await proposal_of(id);
    assert.deepEqual([over.state, over.final, (await tally(id)).final], ["defeated", false, false]);
    // The chain turns once more, and the outcome with it.
    await node.ask("anvil_reorg", 4, [[{ ...call("mint", people[0].address, 100000), gas: "0x7a120" }, 0]]);
    await mine(node, 1);
    await mirrored();
    const t = await tally(id);
    assert.deepEqual(t.scores, ["100100", "500", "400"]);
    assert.deepEqual([(await proposal_of(id)).state, t.final], ["succeeded", false]);
    await mine(node, FINALITY);
    await mirrored();
    await until(async () => (await get(`${url}/v1/proposals/${id}/tally`)).final, "it is final");
    const last = await proposal_of(id);
    assert.deepEqual([last.state, last.final, last.provisional], ["succeeded", true, false]);
    assert.deepEqual((await tally(id)).scores, t.scores);
});

test("a ballot cast between two reorgs has the power of the chain that stays", async () => {
    await mine(node, 1);
    await mirrored();
    const other = (await accepted(url, await sign.proposal(people[0], { snapshot: await head(node), end: now() + 60 }))).id;
    for (let i = 0; i < 5; i++) {
        const [who, amount] = [people[i], 10 ** (i + 6)];
        const ballot = await sign.vote(who, other, 1 + i % 3);
        // In the middle of a reorg the snapshot block may be missing: then the power is not known, and the voter is told to try again.
        await until(async () => (await post(url, ballot)).status !== 503, "the power is known again");
        await accepted(url, ballot);
        await node.ask("anvil_reorg", 2 + i, [[{ ...call("mint", who.address, amount), gas: "0x7a120" }, 0]]);
        await mine(node, 1);
        if (i % 2) await mirrored();
        else await sleep(30);
    }
    await mirrored();
    const t = await tally(other), snapshot = `0x${(await proposal_of(other)).snapshot.toString(16)}`, power = [];
    for (let i = 0; i < 5; i++) power[i] = BigInt(await node.ask("eth_call", { to: token, data: abi.encodeFunctionData("balanceOf", [people[i].address]) }, snapshot));
    assert.deepEqual(t.scores, [power[0] + power[3], power[1] + power[4], power[2]].map(String));
});

test("quorum and threshold that change after the snapshot do not change a proposal", async () => {
    const before_change = (await accepted(url, await sign.proposal(people[0], { snapshot: await head(node), end: now() + 60 }))).id;
    await accepted(url, await sign.vote(people[1], before_change, 1));
    assert.equal((await proposal_of(before_change)).quorum, "1000");
    await door.program.kill("SIGTERM").ends();
    write_spaces(network, chain, [{ ...rules, quorum: "999999999999", threshold: "777" }]);
    await open();
    await mirrored();
    assert.equal((await proposal_of(before_change)).quorum, "1000");
    await node.ask("evm_setNextBlockTimestamp", now() + 1);
    await mine(node, 1);
    await mirrored();
    const { id: later } = await accepted(url, await sign.proposal(people[0], { snapshot: await head(node), end: now() + 60 }));
    assert.equal((await proposal_of(later)).quorum, "999999999999");
    assert.equal((await proposal_of(before_change)).quorum, "1000");
    const poor = people[5]; // has 600
    await refused(url, await sign.proposal(poor, { snapshot: await head(node), end: now() + 60 }), "below-threshold");
    assert.equal(JSON.parse((await run(["verify", "--json", "--data", join(dir, "data")])).out).differences, 0);
});
