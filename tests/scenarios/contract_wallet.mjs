// tests/scenarios/contract_wallet.mjs - contract wallets (ERC-1271) on a local node vote; a node that cannot be asked means "try again", never less power.
import assert from "node:assert/strict";
import { chmodSync, mkdtempSync, rmSync } from "node:fs";
import { createRequire } from "node:module";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { root, startAnvil } from "./lib/anvil.mjs";
import { accepted, open_door, person, post, refused, sign, SPACE, tally_of, write_spaces } from "./lib/ballots.mjs";
import { deploy, head, mine, send } from "./lib/chain.mjs";
import { built } from "./lib/economy.mjs";
import { Cluster } from "./lib/pg.mjs";
import { get, serve, until } from "./lib/program.mjs";
import { startProxy } from "./lib/proxy.mjs";

const { Interface, TypedDataEncoder } = createRequire(join(root, "tests/package.json"))("ethers");
const MAGIC = "1626ba7e", UNIT = 10n ** 18n;
const dir = mkdtempSync(join(tmpdir(), "altledger-wallets-"));
const [owner, friend, stranger] = [0, 1, 2].map(person);
const wallets = {};
let node, proxy, cluster, database, door, url, token, contracts, proposal;

const abi = (name) => new Interface(contracts[name].abi);
const call = (to, name, method, ...args) => ({ from: owner.address, to, data: abi(name).encodeFunctionData(method, args) });
const make = (name, ...args) => deploy(node, contracts[name].bytecode + abi(name).encodeDeploy(args).slice(2), owner.address);
const mirrored = async () => {
    const number = await head(node);
    await until(async () => (await get(`${url}/v1/status`)).head?.number === number, `block ${number} is mirrored`);
};
const tally = () => tally_of(url, proposal);
const size = async () => (await tally()).log_size;
const entry = async (position) => JSON.parse(cluster.one(database, `SELECT convert_from(entry, 'UTF8') AS text FROM governance.message WHERE position = ${position}`).text);
const cast = (wallet, choice, signer = owner, given = {}) => sign.vote(signer, proposal, choice, { from: wallet, ...given });

before(async () => {
    chmodSync(dir, 0o755);
    contracts = built();
    node = await startAnvil();
    proxy = await startProxy({ target: node.url });
    token = await make("Token");
    const word = (text) => `0x${text.padEnd(64, "0")}`;
    wallets.good = await make("Signatory", owner.address);
    wallets.club = await make("Club");
    wallets.refusing = await make("Refusing");
    wallets.reverting = await make("Reverting");
    wallets.short = await make("Babbling", `0x${MAGIC}`);
    wallets.empty = await make("Babbling", "0x");
    wallets.dirty = await make("Babbling", `${word(MAGIC).slice(0, -2)}01`);
    wallets.long = await make("Babbling", `0x${MAGIC}${"00".repeat(100000)}`);
    wallets.wrong = await make("Babbling", word("deadbeef"));
    const people = [...Object.values(wallets), owner.address, friend.address];
    await send(node, people.map((p, i) => call(token, "Token", "mint", p, BigInt(i + 1) * UNIT)));
    await mine(node, 3);
    cluster = await new Cluster().start();
    database = cluster.create();
    const network = write_spaces(join(dir, "network.json"), { name: "wallets", chain_id: node.chainId, start_block: 0,
        contracts: [{ kind: "erc20votes", name: "ALT", address: token, from_block: 0 }] }, [{ id: SPACE, admins: [] }]);
    door = await open_door(network, proxy.url, "--database", cluster.conninfo(database), "--data", join(dir, "data"), "--poll-ms", "100");
    url = door.url;
    await mirrored();
    proposal = (await accepted(url, await sign.proposal(friend, { snapshot: await head(node) }))).id;
});
after(async () => {
    await door?.program.kill("SIGTERM").ends();
    await proxy?.stop();
    await node?.stop();
    await cluster?.stop();
    cluster?.remove();
    rmSync(dir, { recursive: true, force: true });
});

test("a contract wallet votes with its owner's signature; the entry keeps what it answered, and where", async () => {
    const envelope = await cast(wallets.good, 1), answer = await accepted(url, envelope);
    const { evidence } = await entry(answer.receipt.message.position);
    const block = await node.ask("eth_getBlockByNumber", `0x${Number(evidence.block_number).toString(16)}`, false);
    assert.equal(evidence.block_hash, block.hash);
    assert.equal(evidence.returned, `0x${MAGIC}${"00".repeat(28)}`);
    const { scores, power, voters } = await tally();
    assert.deepEqual([scores[0], power, voters], [String(UNIT), String(UNIT), 1]);
    // The same again is known, whatever the wallet thinks now.
    await send(node, [call(wallets.good, "Signatory", "give", friend.address)]);
    await mine(node);
    await mirrored();
    assert.deepEqual((await accepted(url, envelope)).receipt, answer.receipt);
    await refused(url, { ...envelope, sig: (await cast(wallets.good, 3)).sig }, "contract-signature-refused"); // but not with any signature
    await refused(url, await cast(wallets.good, 2), "contract-signature-refused");
    await accepted(url, await cast(wallets.good, 2, friend));
    assert.equal((await tally()).scores[1], String(UNIT));
});

test("what a contract takes for a signature need not look like one", async () => {
    const envelope = await cast(wallets.club, 1), { domain, types, message } = envelope.data;
    await refused(url, { ...envelope, sig: "0x" }, "contract-signature-refused");
    await send(node, [call(wallets.club, "Club", "approve", TypedDataEncoder.hash(domain, types, message))]);
    await mine(node);
    await mirrored();
    const { receipt } = await accepted(url, { ...envelope, sig: "0x" });
    assert.equal((await entry(receipt.message.position)).envelope.sig, "0x");
    const long = await cast(wallets.club, 2);
    await refused(url, { ...long, sig: `0x${"ab".repeat(16384)}` }, "contract-signature-refused");
});

test("the signature of somebody else, and contracts that refuse, revert or answer nonsense, are refused", async () => {
    const before_all = await size();
    await refused(url, await cast(wallets.good, 1, stranger, { reason: "somebody else" }), "contract-signature-refused");
    for (const name of ["refusing", "reverting", "short", "empty", "dirty", "wrong"])
        await refused(url, await cast(wallets[name], 1), "contract-signature-refused");
    assert.equal((await post(url, await cast(wallets.long, 1))).status, 413); // a yes that no entry of the log could hold
    await refused(url, await cast(token, 1), "contract-signature-refused"); // has code, but no such function
    await refused(url, await cast(friend.address, 1, stranger), "signer-mismatch"); // has no code
    assert.equal(await size(), before_all);
});

test("while the node cannot be asked a contract's ballot is to be tried again, and others are taken", async () => {
    const before_all = await tally(), late = await cast(wallets.good, 1, friend, { reason: "while it was away" });
    proxy.down(true);
    for (let i = 0; i < 3; i++) {
        const reply = await post(url, late);
        assert.deepEqual([reply.status, reply.json.code], [503, "syncing"], reply.text);
        assert.match(reply.json.detail, /try again/);
        assert.ok(Number(reply.headers.get("retry-after")) > 0);
    }
    assert.deepEqual((await tally()).scores, before_all.scores);
    await accepted(url, await sign.vote(friend, proposal, 3));
    proxy.down(false);
    await until(async () => (await post(url, late)).status === 200, "the node is asked again");
    const { scores } = await tally();
    assert.equal(BigInt(scores[0]), BigInt(before_all.scores[0]) + UNIT);
    assert.equal(BigInt(scores[1]), BigInt(before_all.scores[1]) - UNIT);
});

test("a node that lies about the wallet in other ways is no answer either", async () => {
    const envelope = await cast(wallets.refusing, 1, owner, { reason: "lies" });
    for (const change of [
        (a) => { delete a.result; a.error = { code: -32000, message: "header not found" }; return true; },
        (a) => { a.result = 7; return true; },
        (a) => { a.result = null; return true; },
    ]) {
        proxy.set((questions) => (questions.some((q) => q.method === "eth_call") ? { name: "call", methods: ["eth_call"], call: change } : null));
        const reply = await post(url, envelope);
        assert.deepEqual([reply.status, reply.json.code], [503, "syncing"], reply.text);
    }
    proxy.set(null);
    await refused(url, envelope, "contract-signature-refused");
});

test("without a node there is nobody to ask: another signer is just another signer", async () => {
    const network = join(dir, "network.json"), { program, url: deaf } = await serve("serve",
        "--database", cluster.conninfo(database), "--network", network, "--data", join(dir, "data"));
    await refused(deaf, await cast(wallets.good, 1, friend), "signer-mismatch");
    assert.equal((await accepted(deaf, await sign.vote(friend, proposal, 1))).kind, "vote");
    await program.kill("SIGTERM").ends();
});
