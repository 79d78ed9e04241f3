// tests/scenarios/snapshot_js.mjs - the published snapshot.js client, as it is, with three makes of wallets: everything it can do about proposals and votes.
//
// People of a local node with ALT of different amounts, some delegated. Results are those of snapshot.js's own voting classes.
import assert from "node:assert/strict";
import { chmodSync, mkdtempSync, rmSync } from "node:fs";
import { createRequire } from "node:module";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { root, startAnvil } from "./lib/anvil.mjs";
import { check_receipt, now, open_door, person, snapshot, SPACE, tally_of, write_spaces } from "./lib/ballots.mjs";
import { deploy, head, mine, random, send } from "./lib/chain.mjs";
import { built } from "./lib/economy.mjs";
import { get, run, until } from "./lib/program.mjs";

const require = createRequire(join(root, "tests/package.json")), client_require = createRequire(require.resolve("@snapshot-labs/snapshot.js"));
const { HDNodeWallet, Interface } = require("ethers"), { Wallet } = client_require("@ethersproject/wallet");
const MNEMONIC = "test test test test test test test test test test test junk", SEED = Number(process.env.SEED ?? 5);
const dir = mkdtempSync(join(tmpdir(), "altledger-snapshot-")), rng = random(SEED), PEOPLE = 12;
const CHOICES = ["Apples", "Bananas", "Cherries", "Dates"];
let node, door, url, client, block;

/** ethers 5 as the client expects it; ethers 6 and viem under the name that it calls. */
function wallet(i) {
    const path = `m/44'/60'/0'/0/${i}`;
    if (i % 3 === 0) return Wallet.fromMnemonic(MNEMONIC, path);
    if (i % 3 === 1) return person(i); // viem
    const six = HDNodeWallet.fromPhrase(MNEMONIC, "", path);
    return { address: six.address, _signTypedData: (domain, types, message) => six.signTypedData(domain, types, message) };
}
const people = Array.from({ length: PEOPLE }, (_, i) => wallet(i));
const held = people.map((_, i) => BigInt(rng.next(2 ** 30)) * 1000n + BigInt(i + 1)); // sums stay below 2^53, as the classes count in doubles
const power = [...held];

before(async () => {
    chmodSync(dir, 0o755); // PostgreSQL's user must get in, or its files lie elsewhere
    const { Token } = built(), abi = new Interface(Token.abi);
    node = await startAnvil({ args: ["--accounts", PEOPLE] });
    const token = await deploy(node, Token.bytecode, people[0].address);
    const call = (from, method, ...args) => ({ from: from.address, to: token, data: abi.encodeFunctionData(method, args) });
    await send(node, people.map((p, i) => call(p, "mint", p.address, held[i])));
    await mine(node);
    await send(node, [call(people[10], "delegate", people[0].address), call(people[11], "delegate", people[11].address)]);
    await mine(node, 80);
    power[0] += power[10];
    power[10] = 0n;
    block = await head(node);
    const network = write_spaces(join(dir, "network.json"), { name: "snapshot", chain_id: node.chainId, start_block: 0,
        contracts: [{ kind: "erc20votes", name: "ALT", address: token, from_block: 0 }] }, [{ id: SPACE, admins: [people[1].address] }]);
    door = await open_door(network, node.url, "--data", join(dir, "data"));
    url = door.url;
    await until(async () => (await get(`${url}/v1/status`)).head?.number === block, "all is mirrored");
    client = new snapshot.Client712(`${url}/v1/messages`);
});
after(async () => {
    await door?.program.kill("SIGTERM").ends();
    await node?.stop();
    rmSync(dir, { recursive: true, force: true });
});

const proposal = (who, given) => client.proposal(who, who.address, {
    space: SPACE, type: "basic", title: "Fruit", body: "Which *fruit*?", discussion: "https://forum.example/1", choices: CHOICES.slice(0, 3),
    start: now(), end: now() + 3600, snapshot: block, plugins: JSON.stringify({}), app: "snapshot", ...given,
}).then(check_receipt);
const vote = (who, id, type, choice, given) => client.vote(who, who.address, {
    space: SPACE, proposal: id, type: type === "copeland" ? "ranked-choice" : type, choice, reason: "I like it", app: "snapshot", ...given,
}).then(check_receipt);
const refusal = (promise) => promise.then(() => assert.fail("it was accepted"), (problem) => problem); // the client reads it itself

const shuffled = (n) => Array.from({ length: n }, (_, i) => [rng.real(), i + 1]).sort(([a], [b]) => a - b).map(([, i]) => i);
const weights = (n) => Object.fromEntries(shuffled(n).slice(0, 1 + rng.next(n)).map((i) => [i, 1 + rng.next(9)]));
const choose = {
    "basic": () => 1 + rng.next(3), "single-choice": (n) => 1 + rng.next(n), "approval": (n) => shuffled(n).slice(0, rng.next(n + 1)),
    "weighted": weights, "quadratic": weights, "ranked-choice": shuffled, "copeland": shuffled,
};

for (const [type, choice] of Object.entries(choose))
    test(`${type}: proposed, voted on and changed; the scores are those of snapshot.js's own class`, async () => {
        const choices = type === "basic" ? ["For", "Against", "Abstain"] : CHOICES, author = people[rng.next(10)];
        const { id } = await proposal(author, { type, choices });
        const ballots = new Map();
        for (const [i, who] of people.entries())
            for (let times = power[i] === 0n ? 0 : 1 + rng.next(2); times > 0; times--) {
                const picked = choice(choices.length);
                await vote(who, id, type, structuredClone(picked));
                ballots.set(i, picked);
            }
        assert.ok(ballots.size === PEOPLE - 1);
        const votes = [...ballots].map(([i, picked]) => ({ choice: picked, balance: Number(power[i]), scores: [Number(power[i])] }));
        const theirs = new snapshot.utils.voting[type]({ choices }, votes, [{ name: "alt", network: "1", params: {} }], 1);
        assert.deepEqual(theirs.getValidVotes?.().length ?? votes.length, votes.length, "their class takes all of these");
        const tally = await tally_of(url, id), expected = theirs.getScores();
        assert.equal(tally.voters, votes.length);
        assert.equal(tally.power, String([...ballots.keys()].reduce((sum, i) => sum + power[i], 0n)));
        assert.equal(Number(tally.power), theirs.getScoresTotal());
        expected.forEach((score, i) => assert.ok(Math.abs(Number(tally.scores[i]) - score) <= 2, `${type}: ${tally.scores} and ${expected}`));
        const p = await get(`${url}/v1/proposals/${id}`);
        assert.deepEqual([p.source, p.type, p.state, p.title, p.choices], ["offchain", type, "active", "Fruit", choices]);
        const { data } = await get(`${url}/v1/proposals/${id}/votes?limit=1000`), counted = data.filter((v) => v.counts && !data.some((o) => o.previous === v.position && o.counts));
        assert.equal(counted.length, votes.length, "what was superseded stays listed");
        assert.ok(data.length > votes.length);
        for (const [i, picked] of ballots) assert.deepEqual(counted.find((v) => v.voter === people[i].address).choice, picked);
    });

test("a proposal is updated before it starts, and not after; versions are kept", async () => {
    const author = people[2], start = now() + 200, { id } = await proposal(author, { start, end: start + 600 });
    const changed = { space: SPACE, proposal: id, type: "approval", title: "More fruit", body: "Which?", discussion: "", choices: ["Figs", "Grapes"], labels: [], plugins: "{}" };
    await client.updateProposal(author, author.address, { ...changed }).then(check_receipt);
    const p = await get(`${url}/v1/proposals/${id}`);
    assert.deepEqual([p.title, p.type, p.choices, p.state], ["More fruit", "approval", ["Figs", "Grapes"], "pending"]);
    const reply = await refusal(client.updateProposal(people[3], people[3].address, { ...changed }));
    assert.deepEqual(reply.reasons.map((r) => r.code), ["not-author"]);
    const { id: open } = await proposal(author);
    assert.deepEqual((await refusal(client.updateProposal(author, author.address, { ...changed, proposal: open }))).reasons.map((r) => r.code), ["voting-started"]);
});

test("authors and admins cancel; nobody votes on what is cancelled", async () => {
    for (const who of [people[4], people[1]]) { // the author; an admin
        const { id } = await proposal(people[4], { title: `Cancelled by ${who.address}` });
        await vote(people[5], id, "basic", 1);
        await client.cancelProposal(who, who.address, { space: SPACE, proposal: id }).then(check_receipt);
        assert.equal((await get(`${url}/v1/proposals/${id}`)).state, "canceled");
        assert.deepEqual((await refusal(vote(people[6], id, "basic", 1))).reasons.map((r) => r.code), ["proposal-canceled"]);
    }
});

test("an alias signs for who named it, until all are withdrawn", async () => {
    const { id } = await proposal(people[0]), owner = people[7], alias = Wallet.createRandom(), from = owner.address;
    assert.deepEqual((await refusal(vote(alias, id, "basic", 1, { from }))).reasons.map((r) => r.code), ["no-alias"]);
    await client.alias(owner, owner.address, { alias: alias.address }).then(check_receipt);
    await vote(alias, id, "basic", 2, { from });
    const { data: [cast] } = await get(`${url}/v1/proposals/${id}/votes`);
    assert.deepEqual([cast.voter, cast.choice, cast.power], [owner.address, 2, String(power[7])]);
    await client.alias(owner, owner.address, { alias: `0x${"00".repeat(20)}` }).then(check_receipt);
    assert.deepEqual((await refusal(vote(alias, id, "basic", 1, { from }))).reasons.map((r) => r.code), ["no-alias"]);
});

test("who delegated all away has no power, and is told so", async () => {
    const { id } = await proposal(people[0]), reply = await refusal(vote(people[10], id, "basic", 1));
    assert.deepEqual([reply.status, reply.code, reply.reasons.map((r) => r.code)], [422, "rule-refused", ["no-voting-power"]]);
});

test("the same message again, by the client too, has the same receipt", async () => {
    const { id } = await proposal(people[0]), timestamp = now();
    const [one, two] = [await vote(people[3], id, "basic", 1, { timestamp }), await vote(people[3], id, "basic", 1, { timestamp })];
    assert.deepEqual([two.id, two.receipt, two.relayer], [one.id, one.receipt, one.relayer]);
});

test("verify finds nothing", async () => {
    assert.equal(JSON.parse((await run(["verify", "--json", "--data", join(dir, "data")])).out).differences, 0);
});
