// tests/scenarios/e2e_anvil.mjs - the whole program against a real node: OpenZeppelin's contracts, reorgs, kills; then every figure is the chain's.
//
// SEED chooses transactions, reorgs and kills; it is printed.
import assert from "node:assert/strict";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { startAnvil } from "./lib/anvil.mjs";
import { head, mine, random, reorg } from "./lib/chain.mjs";
import { writeNetwork } from "./lib/drive.mjs";
import { Economy, IDS, MAX, ZERO } from "./lib/economy.mjs";
import { check_feed, Cluster } from "./lib/pg.mjs";
import { freePort, get, run, serve, sleep, start, until } from "./lib/program.mjs";

const SEED = Number(process.env.SEED ?? 20261121); // fixed: what CI saw is seen again
const STEPS = 230, PER_BLOCK = 18, KILLS = 10, SAMPLES = 40, AT_ONCE = 8;
const FINALITY = 64; // anvil's
const rng = random(SEED);
const dir = mkdtempSync(join(tmpdir(), "altledger-e2e-"));
const samples = new Map(); // number -> what the contracts answered when it was the head
let node, economy, network, cluster, database, url, life, kills = 0, patient = 0, seen = 0, liesFrom, everythingAt;

/* ---- the mirror's lives ---- */

const mirrorArgs = () => ["run", "--network", network, "--source", node.url, "--database", cluster.conninfo(database),
    "--poll-ms", "30", "--listen", url.slice("http://".length)];

/** Kill the mirror after a while that nobody chose, and start it again: mostly as if its lease were over already. */
async function killSoon() {
    await sleep(rng.next(kills % 3 ? 60 : 700));
    const old = life;
    old.kill("SIGKILL");
    await old.ended;
    assert.equal(old.status, "SIGKILL", old.log.slice(-3000));
    kills++;
    if (kills === 4) patient++;
    else cluster.expire_lease(database);
    life = start(...mirrorArgs());
}

async function caughtUp() {
    const latest = await node.ask("eth_getBlockByNumber", "latest", false);
    await until(async () => {
        assert.equal(life.status, undefined, `the mirror ended:\n${life.log.slice(-4000)}`);
        const status = await fetch(`${url}/v1/status`).then((r) => r.json(), () => null);
        return status?.head?.hash === latest.hash && status.lag_blocks === 0;
    }, `the mirror is at ${latest.hash}; its log ends:\n${life.log.slice(-1500)}`, 60000);
}

/* ---- the chain's turns ---- */

const sample = async () => {
    const s = await economy.sample();
    for (const number of samples.keys()) if (number > s.number) samples.delete(number);
    samples.set(s.number, s);
};

/** Transactions into the blocks that replace the last `depth`. */
const inBranch = (depth) => Array.from({ length: depth * 4 }, (_, i) => [economy.act(), Math.floor(i / 4)]);

const turns = {
    ...Object.fromEntries([1, 2, 3, 4, 5, 6, 7, 8].map((depth) =>
        [`a reorg of depth ${depth}`, () => reorg(node, depth, inBranch(depth))])),
    "an empty reorg": () => reorg(node, 3),
    "another empty reorg": () => reorg(node, 8),
    "two reorgs between two polls": async () => {
        await reorg(node, 5, inBranch(5));
        await reorg(node, 7, inBranch(7));
    },
    "a branch and the blocks behind it, of the same height": async () => {
        await reorg(node, 4, inBranch(4));
        for (let i = 0; i < 3; i++) await economy.block(economy.acts(PER_BLOCK));
        await reorg(node, 2, inBranch(2));
    },
    "a node restored from before": async () => {
        const snapshot = await node.ask("evm_snapshot");
        for (let i = 0; i < 5; i++) await economy.block(economy.acts(PER_BLOCK));
        await caughtUp();
        await node.ask("evm_revert", snapshot);
        await node.ask("evm_increaseTime", 7);
        if (rng.next(2)) await sleep(150); // long enough to be polled while it is short
        for (let i = 0; i < 7; i++) await economy.block(economy.acts(PER_BLOCK));
    },
    "a node that drops its last blocks": async () => {
        await node.ask("anvil_rollback", 4);
        await economy.block(economy.acts(PER_BLOCK));
    },
};

before(async () => {
    console.log(`SEED=${SEED}`);
    node = await startAnvil({ args: ["--accounts", 14, "--gas-limit", 100000000] });
    economy = await Economy.start(node, rng);
    network = writeNetwork(join(dir, "network.json"), { chainId: node.chainId, contracts: economy.contracts });
    cluster = await new Cluster().start();
    database = cluster.create();
    url = `http://127.0.0.1:${await freePort()}`;
    life = start(...mirrorArgs());
});
after(async () => {
    life?.kill("SIGKILL");
    await node?.stop();
    await cluster?.stop();
    cluster?.remove();
    rmSync(dir, { recursive: true, force: true });
});

/** Some steps, without repetition, chosen by the seed. */
function chosenSteps(n, from, to) {
    const steps = new Set();
    while (steps.size < n) steps.add(from + rng.next(to - from));
    return steps;
}

test("200 blocks of transfers, delegations and vault moves, reorgs in between, ten kills", async () => {
    const names = Object.keys(turns).map((name) => [rng.real(), name]).sort(([a], [b]) => a - b).map(([, name]) => name);
    const turnSteps = [...chosenSteps(names.length, 20, STEPS - 5)];
    const turnAt = new Map(turnSteps.map((step, i) => [step, names[i]]));
    const killAt = chosenSteps(KILLS, 5, STEPS - 2);
    const dying = [];
    let last = Promise.resolve();
    for (let step = 0; step < STEPS; step++) {
        await economy.block(economy.acts(PER_BLOCK));
        await sample();
        if (killAt.has(step)) dying.push(last = last.then(killSoon));
        if (turnAt.has(step)) {
            if (rng.next(3)) {
                await last;
                await caughtUp(); // so that it is booked before it is gone
                seen++;
            }
            await turns[turnAt.get(step)]();
            await sample();
        }
        await sleep(rng.next(80));
        if (step === 100) {
            await economy.block(economy.everything());
            everythingAt = (await head(node));
            await sample();
        }
        if (step === STEPS - 3) {
            await economy.block(economy.lies());
            liesFrom = await head(node);
            await sample();
        }
    }
    await Promise.all(dying);
    await mine(node, 1);
    await sample();
    await caughtUp();
    assert.equal(kills, KILLS);
    const status = await get(`${url}/v1/status`);
    assert.ok(status.reorgs >= seen, `${status.reorgs} reorgs booked, ${seen} were there to be seen`);
    console.log(`${kills} kills (${patient} waited for the lease), ${names.length} turns, ${status.reorgs} reorgs booked`);
});

test("there were at least 2,000 moves in at least 200 blocks", async () => {
    const number = await head(node);
    const kinds = cluster.rows(database, `SELECT t.name, count(*) AS n FROM mirror.event e JOIN mirror.chain h ON h.block = e.block
        JOIN mirror.event_type t ON t.id = e.type GROUP BY 1 ORDER BY 1`);
    const count = Object.fromEntries(kinds.map(({ name, n }) => [name, n]));
    const moves = ["ERC20.Transfer", "ERC20Votes.DelegateChanged", "ERC4626.Deposit", "ERC4626.Withdraw"]
        .reduce((sum, name) => sum + count[name], 0);
    console.log(`${number} blocks; ${Object.entries(count).map(([name, n]) => `${name} ${n}`).join(", ")}`);
    assert.ok(number >= 200 && moves >= 2000, `${moves} moves in ${number} blocks`);
});

/* ---- the comparison ---- */

async function each(items, work) {
    const queue = [...items];
    await Promise.all(Array.from({ length: AT_ONCE }, async () => {
        while (queue.length) await work(queue.shift());
    }));
}

const nothing = (list, key) => Object.fromEntries(list.map((row) => [key(row), row]));

async function checkPerson(s, i, count) {
    const address = economy.everybody[i], chain = s.each[i], where = `${address} at ${s.number}`;
    const answer = await get(`${url}/v1/accounts/${address}?at=${s.number}`);
    assert.equal(answer.as_of.block_hash, s.hash);
    const rows = nothing(answer.balances, (b) => `${b.token.toLowerCase()}/${b.token_id ?? ""}`);
    const same = (token, value, tokenId = "") => {
        assert.equal(rows[`${token}/${tokenId}`]?.amount ?? "0", value.toString(), `balance of ${token}/${tokenId}, ${where}`);
        count();
    };
    same(economy.token, chain.token);
    same(economy.vault, chain.shares);
    same(economy.plain, chain.plain);
    IDS.forEach((tokenId, k) => same(economy.multi, chain.multi[k], tokenId.toString()));
    const votes = answer.votes.find((v) => v.token.toLowerCase() === economy.token);
    assert.equal(votes?.units ?? "0", chain.votes.toString(), `votes of ${where}`);
    assert.equal((votes?.delegate ?? ZERO).toLowerCase(), chain.delegate.toLowerCase(), `delegate of ${where}`);
    count(2);
}

async function checkTotals(s, count) {
    const token = (address, query = "") => get(`${url}/v1/tokens/${address}?at=${s.number}${query}`);
    const supply = async (address, value, query) => {
        const answer = await token(address, query);
        assert.equal(answer.total_supply, value.toString(), `supply of ${address}${query ?? ""} at ${s.number}`);
        assert.equal(answer.inconsistent_since, null);
        count();
        return answer;
    };
    await supply(economy.token, s.totals.token);
    await supply(economy.plain, s.totals.plain);
    const { vault } = await supply(economy.vault, s.totals.shares);
    assert.equal(vault.asset.toLowerCase(), economy.token);
    assert.equal(vault.total_assets, s.totals.assets.toString(), `total assets at ${s.number}`);
    assert.equal(vault.rate, s.totals.rate.toString(), `rate at ${s.number}`);
    count(2);
    for (const [k, tokenId] of IDS.entries()) await supply(economy.multi, s.totals.multi[k], `&token_id=${tokenId}`);
}

test("every balance, vote, supply and vault figure is the chain's own at every sampled block", async () => {
    const canonical = await node.askMany([...samples.keys()].map((n) => ["eth_getBlockByNumber", ["0x" + n.toString(16), false]]));
    const hashes = new Set(canonical.map((b) => b?.hash));
    const good = [...samples.values()].filter((s) => hashes.has(s.hash));
    assert.ok(good.length >= SAMPLES, `${good.length} sampled blocks are still there`);
    // The special ones, the last, and others by the seed.
    const chosen = new Set(good.filter((s) => [everythingAt, liesFrom].includes(s.number)).concat(good.at(-1)));
    while (chosen.size < SAMPLES) chosen.add(rng.pick(good));
    let figures = 0;
    const count = (n = 1) => { figures += n; };
    for (const s of chosen) await checkTotals(s, count);
    await each([...chosen].flatMap((s) => economy.everybody.map((_, i) => [s, i])), ([s, i]) => checkPerson(s, i, count));
    console.log(`${figures} figures equal at ${chosen.size} of ${good.length} sampled blocks, ${economy.everybody.length} accounts`);
});

test("a past block's figures, asked of the node only now, are the same", async () => {
    const [s] = [...samples.values()].filter((x) => x.number <= liesFrom).slice(-30);
    const answer = await node.ask("eth_call", { to: economy.token, data: economy.abi.Token.encodeFunctionData("totalSupply") },
        "0x" + s.number.toString(16));
    const { total_supply } = await get(`${url}/v1/tokens/${economy.token}?at=${s.number}`);
    assert.equal(total_supply, BigInt(answer).toString());
});

test("a token that lies is inconsistent since its first lie, and no other is", async () => {
    const { data } = await get(`${url}/v1/tokens`);
    const since = Object.fromEntries(data.map((t) => [t.token.toLowerCase(), t.inconsistent_since]));
    const liars = [economy.liars.token, economy.liars.votes, economy.liars.multi];
    for (const liar of liars) assert.equal(since[liar], liesFrom, liar);
    for (const honest of [economy.token, economy.vault, economy.plain, economy.multi]) assert.equal(since[honest], null, honest);
    const before = await get(`${url}/v1/tokens/${economy.liars.token}?at=${liesFrom - 1}`);
    assert.equal(before.inconsistent_since, null);
    // What could be booked is: the holder of 2^256 - 1, who also got 7 of nothing.
    const { balances } = await get(`${url}/v1/accounts/${economy.people[2]}`);
    assert.equal(balances.find((b) => b.token.toLowerCase() === economy.liars.token)?.amount, MAX.toString());
    // Undecodable are short data and wild offsets; a Transfer of which nothing is indexed is another event, as is a log without topics.
    const kept = cluster.one(database, `SELECT count(*) FILTER (WHERE undecodable) AS undecodable, count(*) FILTER (WHERE type IS NULL) AS unknown,
        count(*) AS all FROM mirror.event e JOIN mirror.chain h ON h.block = e.block WHERE h.number = ${liesFrom}`);
    assert.deepEqual(kept, { undecodable: 2, unknown: 2, all: 13 });
    const strangers = cluster.one(database, `SELECT count(*) AS n FROM mirror.event WHERE contract = '\\x${economy.liars.stranger.slice(2)}'`);
    assert.equal(strangers.n, 0, "whose emitter is unknown is ignored");
    const trial = await get(`${url}/v1/trial-balance?limit=1000`);
    assert.ok(trial.data.length > 0);
});

test("every block above the last finalized one is proven, and status counts them", async () => {
    const status = await get(`${url}/v1/status`);
    assert.equal(status.finalized.number, status.head.number - FINALITY);
    await each(Array.from({ length: FINALITY }, (_, i) => status.head.number - i), async (n) => {
        const block = await get(`${url}/v1/blocks/${n}`);
        assert.match(block.proof, /^(bloom|receipts)$/, `block ${n}`);
        assert.equal(block.proof === "bloom" ? block.events : 0, 0);
    });
    const stored = cluster.one(database, "SELECT count(*) FILTER (WHERE proof = 2) AS bloom, count(*) FILTER (WHERE proof = 3) AS receipts FROM mirror.block");
    assert.deepEqual(status.blocks_by_proof, { archive: 0, none: 0, unhashable: 0, ...stored });
    assert.ok(stored.bloom > 0 && stored.receipts > 200, JSON.stringify(stored));
});

test("verify is green, and the feed tells the chain", async () => {
    const report = JSON.parse((await run(["verify", "--json", "--database", cluster.conninfo(database)])).out);
    assert.equal(report.differences, 0);
    assert.equal(report.root, (await get(`${url}/v1/status`)).block_root);
    check_feed(cluster, database);
});

test("the contracts' own views answer what the books say, of everybody", async () => {
    const { out } = await run(["verify", "--against-chain", "--all", "--at", "latest", "--json", "--source", node.url, "--database", cluster.conninfo(database)]);
    const report = JSON.parse(out);
    assert.deepEqual(report.differences, []);
    assert.deepEqual(Object.keys(report.unchecked_because), ["the contract's events contradict each other"]); // the liars
    console.log(`${report.checked} figures`);
});

for (const options of [[], ["--prove-logs", "all", "--batch-blocks", "7"]])
    test(`a fresh mirror ${options.join(" ")} has the same rows, and the same root at every block`, async (t) => {
        const other = cluster.create(), conninfo = cluster.conninfo(other);
        await run(["mirror", "--once", "--network", network, "--source", node.url, "--database", conninfo, ...options]);
        const rows = (db) => cluster.sql(db, `SELECT position, encode(root, 'hex') FROM ledger.root UNION ALL
            SELECT position, md5(e::text) FROM ledger.entry e UNION ALL SELECT position, md5(c::text) FROM ledger.control c UNION ALL
            SELECT position, md5(d::text) FROM ledger.delegate d UNION ALL SELECT created, md5(a::text) FROM ledger.account a
            ORDER BY 1, 2`);
        assert.equal(rows(other), rows(database));
        const fresh = await serve("serve", "--database", conninfo, "--source", node.url);
        t.after(() => fresh.program.kill("SIGKILL"));
        const numbers = Array.from({ length: 1 + await head(node) }, (_, n) => n);
        const roots = new Set();
        await each(numbers, async (n) => {
            const [ours, theirs] = await Promise.all([url, fresh.url].map((u) => get(`${u}/v1/blocks/${n}`)));
            assert.equal(theirs.block_root, ours.block_root, `block ${n}`);
            roots.add(ours.block_root);
        });
        await fresh.program.kill("SIGTERM").ends(0);
        assert.equal((await get(`${url}/v1/status`)).block_root, (await get(`${url}/v1/blocks/latest`)).block_root);
        console.log(`${numbers.length} blocks, ${roots.size} roots, all equal`);
        cluster.drop(other);
    });

test("the mirror ends when told to", async () => {
    await life.kill("SIGTERM").ends(0);
});
