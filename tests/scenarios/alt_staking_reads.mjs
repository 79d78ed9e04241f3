// tests/scenarios/alt_staking_reads.mjs - with a node, what the logs of ALT's own staking leave open is read and kept; a replay needs no node.
import assert from "node:assert/strict";
import { mkdtempSync, rmSync } from "node:fs";
import { createRequire } from "node:module";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { root, startAnvil } from "./lib/anvil.mjs";
import { accounts, deploy, head, mine, random, send } from "./lib/chain.mjs";
import { writeNetwork } from "./lib/drive.mjs";
import { built } from "./lib/economy.mjs";
import { Cluster, digests } from "./lib/pg.mjs";
import { get, run, serve } from "./lib/program.mjs";
import { startProxy } from "./lib/proxy.mjs";

const { Interface, keccak256, toBeHex } = createRequire(join(root, "tests/package.json"))("ethers");
const SEED = Number(process.env.SEED ?? 11);
const STEPS = 120;
const dir = mkdtempSync(join(tmpdir(), "altledger-alt-"));
const abi = {}, at = {};
let node, proxy, cluster, network, known, people, operators, now = 1700001000;

const data = (name, method, ...args) => abi[name].encodeFunctionData(method, args);
const call = (method, ...args) => ({ to: at.AltStaking, data: data("AltStaking", method, ...args) });

/** One block of transactions, `seconds` after the one before; each must go through. */
async function block(seconds, ...transactions) {
    now += seconds;
    await node.ask("evm_setNextBlockTimestamp", now);
    const hashes = await send(node, transactions.map((t) => ({ from: people[0], ...t })));
    await node.ask("evm_mine");
    for (const receipt of await node.askMany(hashes.map((h) => ["eth_getTransactionReceipt", [h]])))
        assert.equal(receipt?.status, "0x1");
}

/** What the contract answers at a block. */
async function view(number, method, ...args) {
    const answer = await node.ask("eth_call", call(method, ...args), toBeHex(number));
    return abi.AltStaking.decodeFunctionResult(method, answer);
}

const walletCall = (...calls) => ({ to: at.Wallet, data: data("Wallet", "run", at.AltStaking, calls) });

/** Stake of a contract wallet that it may have unstaked and staked again, or switched: the logs are the same. */
async function doubtful() {
    const [a, b] = operators;
    await block(5, { from: people[1], ...call("stake", at.Wallet, a, 1000n) }, { from: people[1], ...call("stake", at.Wallet, b, 1000n) });
    await block(5, walletCall(data("AltStaking", "cooldownToUnstake", a, 300n)));
    await block(40, walletCall(data("AltStaking", "unstake", a, 100n), data("AltStaking", "stake", at.Wallet, b, 100n)));
    await block(40, walletCall(data("AltStaking", "switchOperator", a, b, 50n)));
}

async function wander(rng) {
    const user = rng.pick([people[1], people[2]]), operator = rng.pick(operators), number = await head(node);
    const [votes] = await view(number, "votingStake", user, operator);
    const seconds = 1 + rng.next(12);
    const go = (...t) => block(seconds, ...t.map((x) => ({ from: user, ...x })));
    switch (rng.next(6)) {
        case 0:
            return go(call("stake", user, operator, BigInt(1 + rng.next(5000))));
        case 1:
            return votes > 0n ? go(call("cooldownToUnstake", operator, 1n + votes / 3n)) : undefined;
        case 2: {
            const [timestamp, amount] = await view(number, "cooldowns", operator, user);
            return amount > 0n && now + seconds >= Number(timestamp) + 30 ? go(call("unstake", operator, 1n + amount / 2n)) : undefined;
        }
        case 3:
            return votes > 0n ? go(call("switchOperator", operator, operators.find((o) => o !== operator), 1n + votes / 2n)) : undefined;
        case 4: {
            const ids = [1 + rng.next(2), 1 + rng.next(2)];
            const amounts = await Promise.all(ids.map(async (id) => (await view(number, "rewardBalance", id, operator, user))[0]));
            const claims = ids.flatMap((id, i) => (amounts[i] > 3n ? [call("claimRewards", id, user, operator, amounts[i] / 3n)] : []));
            return claims.length ? go(...claims) : undefined;
        }
        default:
            return rng.next(4) ? mine(node) : block(seconds, call("vote", keccak256(toBeHex(rng.next(4), 32)), operator, rng.next(2) === 0));
    }
}

before(async () => {
    node = await startAnvil();
    people = (await accounts(node)).map((a) => a.toLowerCase());
    operators = [people[8], people[9]];
    const contracts = built();
    for (const [name, contract] of [["AltStaking"], ["Wallet"], ["RewardToken"], ["Unseen", "RewardToken"]]) {
        const made = contracts[contract ?? name];
        abi[name] = new Interface(made.abi);
        at[name] = (await deploy(node, made.bytecode, people[0])).toLowerCase();
    }
    for (const [i, operator] of operators.entries()) await block(3, call("register", operator, i * 250));
    const vault = people[7];
    // Two that nothing tells apart, and one whose token is not mirrored.
    await block(1, call("createDistribution", 10n ** 6n, now + 20, now + 5000, at.RewardToken, vault),
        call("createDistribution", 3n * 10n ** 6n, now + 30, now + 400, at.RewardToken, vault),
        call("createDistribution", 7n, now + 30, now + 900000, at.Unseen, vault));
    await doubtful();
    const rng = random(SEED);
    for (let i = 0; i < STEPS; i++) await wander(rng);
    network = writeNetwork(join(dir, "network.json"), { chainId: node.chainId, contracts: [
        { kind: "alt.staking", name: "alt staking", address: at.AltStaking }, { kind: "erc20", name: "reward", address: at.RewardToken }] });
    proxy = await startProxy({ target: node.url });
    cluster = await new Cluster().start();
});
after(async () => {
    await proxy?.stop();
    await node?.stop();
    await cluster?.stop();
    cluster?.remove();
    rmSync(dir, { recursive: true, force: true });
});

const mirror = (database, url) => run(["mirror", "--once", "--network", network, "--source", url, "--database", cluster.conninfo(database)]);
const inconsistencies = (database) =>
    cluster.one(database, `SELECT count(*) AS n FROM ledger.inconsistency WHERE contract = '\\x${at.AltStaking.slice(2)}'`).n;
const seconds = (time) => (time === null ? 0n : BigInt(Date.parse(time) / 1000));
const open = (object) => object.undetermined.filter((item) => item.code !== "as-read");

async function checkPosition(position, user, number) {
    const where = `${user} with ${position.operator} at ${number}`;
    const ask = async (method, ...args) => (await view(number, method, ...args));
    assert.deepEqual(open(position), [], where);
    assert.equal(BigInt(position.staked), (await ask("staked", position.operator, user))[0], where);
    const [timestamp, amount] = await ask("cooldowns", position.operator, user);
    assert.equal(BigInt(position.cooldown?.amount ?? 0), amount, `cooldown of ${where}`);
    assert.equal(seconds(position.cooldown?.started_at ?? null), timestamp, `cooldown of ${where}`);
    if (position.cooldown) assert.equal(seconds(position.cooldown.available_at), timestamp + 30n);
    assert.equal(BigInt(position.voting_stake), (await ask("votingStake", user, position.operator))[0], where);
    assert.equal(position.rewards.length, Number((await ask("totalDistributions"))[0]));
    for (const r of position.rewards) {
        const of = [r.distribution, position.operator, user], which = `distribution ${r.distribution} of ${where}`;
        assert.equal(BigInt(r.claimable), (await ask("rewardBalance", ...of))[0], which);
        assert.equal(BigInt(r.user_index), (await ask("distributionUserIndex", ...of))[0], which);
        assert.equal(BigInt(r.pending), (await ask("getAccruedRewards", of[0], user, position.operator))[0], `pending of ${which}`);
    }
}

async function checkContract(url, number) {
    const answer = await get(`${url}/v1/alt-staking/${at.AltStaking}?at=${number}`);
    assert.deepEqual(open(answer), [], `block ${number}`);
    assert.equal(BigInt(answer.totals.total_distributions), (await view(number, "totalDistributions"))[0]);
    assert.deepEqual([answer.config.cooldown_seconds, answer.config.min_voting_stake, answer.config.expiry_duration,
        answer.config.operator_fee_cooldown_seconds, answer.config.protocol.cooldown_seconds], [30, "500", 60, 40, 50]);
    assert.equal(answer.config.protocol.vault.toLowerCase(), `0x${"0".repeat(37)}fee`);
    for (const d of answer.distributions) {
        const t = await view(number, "distributions", d.distribution);
        assert.deepEqual([BigInt(d.emission_per_second), d.reward_token, d.reward_vault, seconds(d.starts_at), seconds(d.ends_at),
            BigInt(d.index), seconds(d.updated_at)], [...t], `distribution ${d.distribution} at ${number}`);
    }
    for (const a of answer.alerts) {
        const [votes, expiry, resets] = await view(number, "alerts", a.alert);
        assert.deepEqual([BigInt(a.vote_count), a.never_expires ? 2n ** 40n - 1n : seconds(a.expires_at), BigInt(a.reset_count)],
            [votes, expiry, resets], `alert ${a.alert} at ${number}`);
    }
    for (const o of answer.operators) {
        assert.equal(BigInt(o.total_supply), (await view(number, "supply", o.operator))[0]);
        assert.equal(BigInt(o.total_cooldown), (await view(number, "cooling", o.operator))[0]);
    }
    return answer;
}

/** The first block from which the contract has been asked for its distributions. */
const firstRead = () => cluster.one(known, "SELECT min(position >> 32) AS n FROM ledger.alt_accrual WHERE position >> 32 > 7").n;

test("what the contract answers, the API answers, at every block", async (t) => {
    known = cluster.create();
    await mirror(known, node.url);
    const { program, url } = await serve("serve", "--source", node.url, "--database", cluster.conninfo(known));
    t.after(() => program.kill("SIGTERM").ends());
    const last = await head(node);
    let positions = 0;
    for (let number = firstRead(); number <= last; number += 3) {
        await checkContract(url, number);
        for (const user of [people[1], people[2], at.Wallet]) {
            const { alt_staking } = await get(`${url}/v1/accounts/${user}?at=${number}`);
            for (const position of alt_staking) await checkPosition(position, user, number);
            positions += alt_staking.length;
        }
    }
    assert.ok(positions > 100);
    assert.equal(inconsistencies(known), 0);
});

test("verify and rebuild need no node, and give the same rows and roots", async () => {
    // Only what the logs leave open was asked, and each kind of it was.
    const asked = cluster.rows(known, "SELECT encode(substr(calldata, 1, 4), 'hex') AS selector, count(*) AS n FROM mirror.chain_read GROUP BY 1");
    const views = ["cooldowns", "rewardBalance", "alerts", "totalDistributions", "distributions", "cooldownSeconds", "operatorConfig", "protocolConfig",
        "minVotingStake", "expiryDuration"].map((name) => abi.AltStaking.getFunction(name).selector.slice(2));
    assert.deepEqual(asked.map((r) => r.selector).sort(), views.sort());
    await run(["verify", "--database", cluster.conninfo(known)]);
    const before = digests(cluster, known);
    await run(["rebuild", "--force", "--network", network, "--database", cluster.conninfo(known)]);
    assert.deepEqual(digests(cluster, known), before);
});

test("an end that was moved in silence shows at the next update, and until then as last read", async (t) => {
    await block(5, { from: people[1], ...call("stake", people[1], operators[0], 7n) });
    await block(5, call("setDistributionEnd", 1, now + 10));
    await block(50);
    await mirror(known, node.url);
    const { program, url } = await serve("serve", "--source", node.url, "--database", cluster.conninfo(known));
    t.after(() => program.kill("SIGTERM").ends());
    const silent = await get(`${url}/v1/alt-staking/${at.AltStaking}`);
    const named = silent.undetermined.find((item) => item.path === "/distributions/0/ends_at");
    assert.deepEqual([named.code, named.read_at_block], ["as-read", silent.as_of.block_number - 2]);
    const { alt_staking } = await get(`${url}/v1/accounts/${people[1]}`);
    assert.ok(alt_staking[0].undetermined.some((item) => item.path === "/rewards/0/pending" && item.code === "as-read"));
    await block(5, { from: people[1], ...call("stake", people[1], operators[0], 7n) });
    await mirror(known, node.url);
    const told = await checkContract(url, await head(node));
    assert.notEqual(told.distributions[0].ends_at, silent.distributions[0].ends_at);
});

test("an answer that the logs exclude is not believed", async () => {
    const last = await head(node), [, cooling] = await view(last, "cooldowns", operators[0], at.Wallet);
    for (const digit of ["f", "1", "0"]) {
        const database = cluster.create();
        proxy.set(() => ({ name: "lie", methods: ["eth_call"], call: (answer) => {
            if (answer.result.length === 66 && digit === "1") return false; // one word: what initialize() set cannot be checked
            answer.result = "0x" + digit.repeat(answer.result.length - 2);
            return true;
        } }));
        await mirror(database, proxy.url);
        proxy.set();
        const { program, url } = await serve("serve", "--source", node.url, "--database", cluster.conninfo(database));
        const { distributions, inconsistent_since } = await get(`${url}/v1/alt-staking/${at.AltStaking}`);
        assert.notEqual(inconsistent_since, null, digit);
        assert.deepEqual(distributions.map((d) => [d.emission_per_second, d.ends_at, d.updated_at]), distributions.map(() => [null, null, null]), digit);
        const { alt_staking } = await get(`${url}/v1/accounts/${at.Wallet}`);
        const { cooldown, undetermined } = alt_staking.find((p) => p.operator.toLowerCase() === operators[0]);
        const item = undetermined.find((x) => x.path.startsWith("/cooldown") && x.least !== undefined);
        assert.ok(item ? BigInt(item.least) <= cooling && cooling <= BigInt(item.most) : BigInt(cooldown?.amount ?? 0) === cooling, digit);
        await program.kill("SIGTERM").ends();
        await run(["verify", "--database", cluster.conninfo(database)]);
    }
});

test("without the state of those blocks it is null and named, and the rest is the same", async (t) => {
    const database = cluster.create();
    proxy.set(() => ({ name: "no state", methods: ["eth_call"],
        call: (answer) => { delete answer.result; answer.error = { code: -32000, message: "missing trie node d5e1 (path )" }; return true; } }));
    await mirror(database, proxy.url);
    proxy.set();
    const { program, url } = await serve("serve", "--source", node.url, "--database", cluster.conninfo(database));
    t.after(() => program.kill("SIGTERM").ends());
    const answer = await get(`${url}/v1/alt-staking/${at.AltStaking}`);
    const paths = new Set(answer.undetermined.map((item) => item.path));
    for (const path of ["/config/cooldown_seconds", "/config/min_voting_stake", "/config/protocol/vault", "/totals/total_distributions",
        "/totals/total_active_operators", "/distributions/0/emission_per_second", "/distributions/2/reward_token"])
        assert.ok(paths.has(path), path);
    assert.deepEqual([answer.config.cooldown_seconds, answer.totals.total_active_operators, answer.distributions[2].reward_token], [null, null, null]);
    assert.equal(inconsistencies(database), 0);
    const { alt_staking } = await get(`${url}/v1/accounts/${at.Wallet}`);
    const of = alt_staking.find((p) => p.operator.toLowerCase() === operators[0]);
    const last = await head(node), [, amount] = await view(last, "cooldowns", operators[0], at.Wallet);
    for (const item of of.undetermined.filter((x) => x.path.startsWith("/cooldown") && x.least !== undefined))
        assert.ok(BigInt(item.least) <= amount && amount <= BigInt(item.most));
    await run(["verify", "--database", cluster.conninfo(database)]);
});
