// tests/scenarios/api_resources.mjs - a small made-up chain whose every figure is known, asked for at every resource; each reply is held to OpenAPI.
import assert from "node:assert/strict";
import { chmodSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { write_archive } from "./lib/archive.mjs";
import { Contract } from "./lib/openapi.mjs";
import { root, run, serve } from "./lib/program.mjs";

const { AbiCoder, getAddress, id } = createRequire(join(root, "tests/package.json"))("ethers");
const coder = AbiCoder.defaultAbiCoder();
const address = (n) => `0x${n.toString(16).padStart(2, "0").repeat(20)}`;
const ZERO = address(0);
const [T, V, M, U] = [0x71, 0x72, 0x73, 0x74].map(address); // votes token, vault, ERC-1155, hostile token
const [A, B, C, D, E] = [0xa1, 0xb1, 0xc1, 0xd1, 0xe1].map(address);
const [DM, SM, AM, S, P] = [0x81, 0x82, 0x83, 0x84, 0x85].map(address); // EigenLayer: managers of delegation, strategies, allocations, a strategy; ALT staking
const [G, L] = [0x86, 0x87].map(address); // a governor, a timelock
const [O, AVS, ROOT, WAD] = [address(0x01), address(0x5e), id("withdrawal"), 10n ** 18n]; // an operator, an AVS
const DELAYS = { min_withdrawal_delay_blocks: 20, deallocation_delay_blocks: 15, allocation_configuration_delay_blocks: 10 };
const MOVES = 1200; // of A to B and back: a statement of many pages
const HEAD = 140;
const STREAM_MS = 20000; // a stream that says nothing more has lost something
const folder = mkdtempSync(join(tmpdir(), "altledger-resources-"));
chmodSync(folder, 0o755); // PostgreSQL's user must get in, or its files lie elsewhere
let url, program, contract;

/* ---- the chain ---- */

const pad = (a) => `0x${a.slice(2).padStart(64, "0")}`;
const log = (contract, event, indexed, types = [], values = []) =>
    ({ address: contract, topics: [id(event), ...indexed.map(pad)], data: coder.encode(types, values) });
const transfer = (token, from, to, amount) => log(token, "Transfer(address,address,uint256)", [from, to], ["uint256"], [amount]);
const votes = (who, before_, after_) => log(T, "DelegateVotesChanged(address,uint256,uint256)", [who], ["uint256", "uint256"], [before_, after_]);
const single = (from, to, token_id, amount) =>
    log(M, "TransferSingle(address,address,address,uint256,uint256)", [A, from, to], ["uint256", "uint256"], [token_id, amount]);

const story = {
    1: [transfer(T, ZERO, A, 100000n), single(ZERO, A, 7n, 3n)],
    2: [log(T, "DelegateChanged(address,address,address)", [A, ZERO, B]), votes(B, 0n, 100000n)],
    3: [transfer(T, A, B, 100n), votes(B, 100000n, 99900n), transfer(T, A, A, 5n), transfer(T, A, C, 0n)],
    4: [transfer(T, A, V, 60n), transfer(V, ZERO, A, 50n), log(V, "Deposit(address,address,uint256,uint256)", [A, A], ["uint256", "uint256"], [60n, 50n])],
    5: [transfer(U, C, D, 5n)],
    6: [{ ...transfer(T, A, B, 1n), data: "0x01" }, { address: T, topics: [id("Nobody()")], data: "0x" }],
    7: [single(A, B, 7n, 3n)],
};
for (let i = 0; i < MOVES; i++) (story[10 + Math.floor(i / 40)] ??= []).push(i % 2 ? transfer(T, B, A, 1n) : transfer(T, A, B, 1n));
/* O registers, allocates to an operator set and is slashed; E stakes 1000 with it, then queues 400 and gets them. */
const set_ = [AVS, 3], SET = "(address,uint32)", eigen = (contract, event, types, values, indexed = []) => log(contract, event, indexed, types, values);
const shares = (event, amount) => eigen(DM, `OperatorShares${event}(address,address,address,uint256)`, ["address", "address", "uint256"], [E, S, amount], [O]);
const factor = (who, k) => eigen(DM, "DepositScalingFactorUpdated(address,address,uint256)", ["address", "address", "uint256"], [who, S, k]);
const allocated = (magnitude, effect) =>
    eigen(AM, `AllocationUpdated(address,${SET},address,uint64,uint32)`, ["address", SET, "address", "uint64", "uint32"], [O, set_, S, magnitude, effect]);
const encumbered = (magnitude) => eigen(AM, "EncumberedMagnitudeUpdated(address,address,uint64)", ["address", "address", "uint64"], [O, S, magnitude]);
story[8] = [
    eigen(DM, "StakerDelegated(address,address)", [], [], [O, O]), eigen(DM, "OperatorRegistered(address,address)", ["address"], [D], [O]),
    eigen(AM, "AllocationDelaySet(address,uint32,uint32)", ["address", "uint32", "uint32"], [O, 2, 8]),
    eigen(AM, `OperatorSetCreated(${SET})`, [SET], [set_]), eigen(AM, `StrategyAddedToOperatorSet(${SET},address)`, [SET, "address"], [set_, S]),
    eigen(AM, `SlasherUpdated(${SET},address,uint32)`, [SET, "address", "uint32"], [set_, D, 8]),
    eigen(SM, "Deposit(address,address,uint256)", ["address", "address", "uint256"], [E, S, 1000n]), factor(E, WAD),
    factor(E, WAD), eigen(DM, "StakerDelegated(address,address)", [], [], [E, O]), shares("Increased", 1000n),
    eigen(AM, `OperatorAddedToOperatorSet(address,${SET})`, [SET], [set_], [O]), log(P, "SetMinVotingStake(uint256)", [], ["uint256"], [5n]),
];
story[9] = [encumbered(WAD / 2n), allocated(WAD / 2n, 11)];
const slashed = (what, amount) => eigen(DM, `OperatorShares${what}(address,address,address,uint256)`, ["address", "address", "uint256"], [ZERO, S, amount], [O]);
story[41] = [
    encumbered(WAD / 4n), allocated(WAD / 4n, 41), eigen(AM, "MaxMagnitudeUpdated(address,address,uint64)", ["address", "address", "uint64"], [O, S, WAD * 3n / 4n]),
    slashed("Decreased", 250n), eigen(DM, "OperatorSharesSlashed(address,address,uint256)", ["address", "uint256"], [S, 250n], [O]),
    eigen(SM, `BurnOrRedistributableSharesIncreased(${SET},uint256,address,uint256)`, [SET, "uint256", "address", "uint256"], [set_, 1n, S, 250n]),
    eigen(AM, `OperatorSlashed(address,${SET},address[],uint256[],string)`, ["address", SET, "address[]", "uint256[]", "string"], [O, set_, [S], [WAD / 4n], "late"]),
];
const WITHDRAWAL = "(address,address,address,uint256,uint32,address[],uint256[])";
story[42] = [shares("Decreased", 300n), eigen(DM, `SlashingWithdrawalQueued(bytes32,${WITHDRAWAL},uint256[])`, ["bytes32", WITHDRAWAL, "uint256[]"],
    [ROOT, [E, O, E, 0n, 42, [S], [400n]], [300n]])];
story[63] = [eigen(DM, "SlashingWithdrawalCompleted(bytes32)", ["bytes32"], [ROOT])];
/* A proposes to a governor, B votes, and its timelock has one call. */
const PROPOSED = 77n, OPERATION = id("operation");
story[64] = [log(G, "QuorumNumeratorUpdated(uint256,uint256)", [], ["uint256", "uint256"], [0n, 4n]),
    log(G, "ProposalCreated(uint256,address,address[],uint256[],string[],bytes[],uint256,uint256,string)", [],
        ["uint256", "address", "address[]", "uint256[]", "string[]", "bytes[]", "uint256", "uint256", "string"],
        [PROPOSED, A, [T], [0n], [""], ["0x"], 65n, 70n, "# Spend\nall of it"])];
story[66] = [log(G, "VoteCast(address,uint256,uint8,uint256,string)", [B], ["uint256", "uint8", "uint256", "string"], [PROPOSED, 1, 99900n, "why not"])];
story[67] = [{ address: L, topics: [id("CallScheduled(bytes32,uint256,address,uint256,bytes,bytes32,uint256)"), OPERATION, pad("0x0")],
    data: coder.encode(["address", "uint256", "bytes", "bytes32", "uint256"], [T, 0n, "0x", pad("0x0"), 60n]) }];
const FORK = 100;
const branches = {
    gone: { 101: [transfer(T, B, D, 9n)], 102: [transfer(T, D, C, 4n), transfer(T, D, B, 5n)] },
    kept: { 101: [transfer(T, B, ZERO, 1n)], 103: [transfer(T, B, D, 2n)] },
};

const quantity = (n) => `0x${n.toString(16)}`;
function block(number, parent, name, logs = []) {
    const hash = id(`${name} ${number}`);
    return {
        number: quantity(number), hash, parentHash: parent, timestamp: quantity(1700000000 + 12 * number), logsBloom: `0x${"00".repeat(256)}`,
        logs: logs.map((l, i) => ({
            ...l, blockNumber: quantity(number), blockHash: hash, logIndex: quantity(i), transactionIndex: "0x0",
            transactionHash: id(`${name} ${number}`), removed: false,
        })),
    };
}

function chain() {
    const blocks = [];
    let parent = `0x${"00".repeat(32)}`;
    const add = (number, name, logs) => {
        blocks.push(block(number, parent, name, logs));
        parent = blocks.at(-1).hash;
    };
    for (let n = 0; n <= FORK; n++) add(n, "trunk", story[n]);
    const fork = parent;
    for (let n = FORK + 1; n <= FORK + 3; n++) add(n, "gone", branches.gone[n]);
    parent = fork;
    for (let n = FORK + 1; n <= HEAD; n++) add(n, "kept", branches.kept[n]);
    return blocks;
}

before(async () => {
    const network = join(folder, "network.json"), archive = write_archive(join(folder, "chain.ndjson"), chain());
    writeFileSync(network, JSON.stringify({
        name: "resources", chain_id: 31337, start_block: 0,
        contracts: [["erc20votes", "votes", T], ["erc4626", "vault", V], ["erc1155", "multi", M], ["erc20", "hostile", U],
            ["eigenlayer.delegation_manager", "delegation", DM], ["eigenlayer.strategy_manager", "strategies", SM], ["eigenlayer.allocation_manager", "allocation", AM],
            ["eigenlayer.strategy", "strategy", S], ["alt.staking", "pools", P],
            ["governor", "governor", G], ["timelock", "timelock", L]]
            .map(([kind, name, at]) => ({ kind, name, address: at, from_block: 0, ...(name === "votes" && { symbol: "VT", decimals: 18 }) })),
        parameters: DELAYS,
    }));
    const data = join(folder, "data");
    await run(["mirror", "--once", "--network", network, "--source", archive, "--data", data]);
    ({ program, url } = await serve("serve", "--data", data));
    contract = await Contract.of(url);
});
after(async () => {
    await program?.kill("SIGTERM").ends();
    rmSync(folder, { recursive: true, force: true });
});

const get = (path, status) => contract.get(path, status);
const pages = (path, limit) => contract.pages(path, limit);
const lower = (value) => JSON.parse(JSON.stringify(value), (_, v) => (typeof v === "string" && /^0x[0-9a-fA-F]{40}$/.test(v) ? v.toLowerCase() : v));

/* ---- tests ---- */

test("an account is what the contracts would answer, at every block", async () => {
    const at = async (who, n) => {
        const { balances, votes: v, stake, withdrawals, alt_staking } = lower(await get(`/v1/accounts/${who}?at=${n}`));
        assert.deepEqual([stake, withdrawals, alt_staking], [{ delegated_to: null, strategies: [] }, [], []]);
        return { balances, votes: v };
    };
    assert.deepEqual(await at(A, 0), { balances: [], votes: [] });
    assert.deepEqual(await at(A, 1), { balances: [{ token: T, amount: "100000" }, { token: M, token_id: "7", amount: "3" }], votes: [] });
    assert.deepEqual((await at(A, 2)).votes, [{ token: T, delegate: B, units: "0" }]);
    assert.deepEqual((await at(B, 2)), { balances: [], votes: [{ token: T, delegate: null, units: "100000" }] });
    assert.deepEqual((await at(A, 4)).balances, [{ token: T, amount: "99840" }, { token: V, amount: "50" }, { token: M, token_id: "7", amount: "3" }]);
    assert.deepEqual((await at(A, 7)).balances, [{ token: T, amount: "99840" }, { token: V, amount: "50" }]);
    assert.deepEqual((await at(C, HEAD)), { balances: [], votes: [] });
    assert.deepEqual((await at(D, "latest")).balances, [{ token: T, amount: "2" }, { token: U, amount: "5" }]);
    assert.deepEqual((await at(address(0xee), "finalized")), { balances: [], votes: [] });
    assert.deepEqual(lower((await get(`/v1/accounts/${A}/votes`)).data), [{ token: T, delegate: B, units: "0" }]);
    assert.equal((await get(`/v1/accounts/${A.toUpperCase().replace("0X", "0x")}`)).address, getAddress(A));
});

test("tokens: supply, holders, vault, ERC-1155, what a hostile token did", async () => {
    const { data } = lower(await get("/v1/tokens"));
    assert.deepEqual(data.map((t) => [t.token, t.name, t.kind, t.total_supply, t.holders, t.inconsistent_since]), [
        [T, "votes", "erc20votes", "99999", 4, null], [V, "vault", "erc4626", "50", 1, null],
        [M, "multi", "erc1155", null, null, null], [U, "hostile", "erc20", "0", 1, 5]]);
    assert.deepEqual(data.map((t) => [t.symbol, t.decimals]), [["VT", 18], [null, null], [null, null], [null, null]]);
    assert.deepEqual(lower((await get(`/v1/tokens/${V}`)).vault),
        { asset: T, total_assets: "60", rate: (10n ** 18n * 61n / 51n).toString() });
    assert.equal((await get(`/v1/tokens/${V}?at=3`)).vault.rate, (10n ** 18n).toString());
    assert.equal((await get(`/v1/tokens/${T}`)).vault, null);
    assert.deepEqual(await get(`/v1/tokens/${M}?token_id=7`).then((t) => [t.total_supply, t.holders]), ["3", 1]);
    assert.deepEqual(lower((await get(`/v1/tokens/${M}/holders?token_id=7`)).data), [{ address: B, amount: "3" }]);
    await get(`/v1/tokens/${M}/holders`, 404);
    await get(`/v1/tokens/${T}?token_id=7`, 404);
    await get(`/v1/tokens/${address(0xee)}`, 404);
    await get(`/v1/tokens/${address(0xee)}/holders`, 404);
    for (const bad of ["x", "-1", "07", (2n ** 256n).toString()])
        assert.equal((await get(`/v1/tokens/${M}?token_id=${bad}`, 400)).param, "token_id");
    const at3 = lower(await pages(`/v1/tokens/${T}/holders?at=3`, 1));
    assert.deepEqual(at3, [{ address: A, amount: "99900" }, { address: B, amount: "100" }]);
    assert.deepEqual(lower(await pages(`/v1/tokens/${T}/holders?at=3&order=desc`, 1)), at3.toReversed());
    const top = lower(await pages(`/v1/tokens/${T}/holders?sort=amount`, 1));
    assert.deepEqual(top.map((h) => h.address), [A, B, V, D]);
    assert.deepEqual(lower(await pages(`/v1/tokens/${T}/holders?sort=amount&order=asc`, 3)), top.toReversed());
    assert.equal((await get(`/v1/tokens/${T}/holders?sort=amount&at=3`, 400)).param, "sort");
    assert.equal((await get(`/v1/tokens/${T}/holders/${A}?at=3`)).amount, "99900");
    assert.equal((await get(`/v1/tokens/${T}/holders/${C}?at=3`)).amount, "0");
});

test("a statement: running balance, counterparties, causes; pages, both orders, filters", async () => {
    const all = lower(await pages(`/v1/accounts/${A}/entries`, 1000));
    const running = {};
    for (const e of all) {
        const key = [e.book, e.asset, e.token_id];
        running[key] = (running[key] ?? 0n) + BigInt(e.delta);
        assert.equal(e.balance, running[key].toString(), e.id);
    }
    assert.equal(new Set(all.map((e) => e.id)).size, all.length);
    const [mint, multi] = all;
    assert.deepEqual([mint.block_number, mint.log_index, mint.counterparty, mint.cause, mint.book, mint.delta], [1, 0, ZERO, "ERC20.Transfer", "token", "100000"]);
    assert.equal(mint.block_time, new Date((1700000000 + 12) * 1000).toISOString().replace(".000", ""));
    assert.deepEqual([multi.asset, multi.token_id, multi.cause], [M, "7", "ERC1155.TransferSingle"]);
    assert.equal(mint.tx_hash, id("trunk 1"));
    assert.equal(mint.id, `${id("trunk 1")}-0-${mint.id.split("-")[2]}`);
    assert.deepEqual(lower(await pages(`/v1/accounts/${A}/entries`, 37)), all);
    assert.deepEqual(lower(await pages(`/v1/accounts/${A}/entries?order=desc`, 333)), all.toReversed());
    assert.deepEqual(lower(await pages(`/v1/accounts/${A}/entries?at=50`, 100)), all.filter((e) => e.block_number <= 50));
    assert.deepEqual(lower(await pages(`/v1/accounts/${A}/entries?asset=${M}`, 1)), all.filter((e) => e.asset === M));
    assert.deepEqual(lower((await get(`/v1/accounts/${B}/entries?book=votes`)).data).map((e) => [e.delta, e.balance]), [["100000", "100000"], ["-100", "99900"]]);
    const of_u = async (who) => lower((await get(`/v1/accounts/${who}/entries?asset=${U}&book=token`)).data).map((e) => [e.delta, e.counterparty]);
    assert.deepEqual(await of_u(C), [["5", null], ["-5", D]], "it gave what it had not");
    assert.deepEqual(await of_u(D), [["5", C]]);
    assert.equal((await get(`/v1/accounts/${ZERO}/entries`)).data.length, 0);
    assert.ok((await get(`/v1/accounts/${ZERO}/entries?book=token.issued`)).data.length > 0);
    assert.equal((await get(`/v1/accounts/${A}/entries?book=nonsense`, 400)).param, "book");
    const csv = await (await fetch(`${url}/v1/accounts/${A}/entries.csv`)).text();
    assert.equal(csv.trimEnd().split("\r\n").length, all.length + 1);
});

test("events: decoded, filtered, undecodable and unknown ones kept, retracted ones told apart", async () => {
    const canonical = Object.values(story).flat().length + Object.values(branches.kept).flat().length;
    const all = lower(await pages("/v1/events", 1000));
    assert.equal(all.length, canonical);
    assert.equal((await get("/v1/status")).events, canonical);
    assert.deepEqual(lower(await pages("/v1/events?order=desc", 100)), all.toReversed());
    assert.deepEqual([all[0].type, all[0].data, all[0].subject, all[0].finality, all[0].retracted],
        ["ERC20.Transfer", { from: ZERO, to: A, value: "100000" }, ZERO, "finalized", false]);
    const [short, unknown] = all.filter((e) => e.block_number === 6);
    assert.deepEqual([short.type, short.undecodable, short.data, short.raw.data], ["ERC20.Transfer", true, {}, "0x01"]);
    assert.deepEqual([unknown.type, unknown.data, unknown.raw], [null, {}, { topics: [id("Nobody()")], data: "0x" }]);
    const filters = {
        "type=ERC20.Transfer": (e) => e.type === "ERC20.Transfer", [`subject=${A}`]: (e) => e.subject === A, [`contract=${T}`]: (e) => e.contract === T,
        "from_block=7&to_block=11": (e) => e.block_number >= 7 && e.block_number <= 11, "at=30": (e) => e.block_number <= 30,
        [`type=ERC20.Transfer&subject=${B}&contract=${T}&from_block=12`]:
            (e) => e.type === "ERC20.Transfer" && e.subject === B && e.contract === T && e.block_number >= 12,
        "type=ERC20Pausable.Paused": () => false,
        [`type=ERC20.Transfer&contract=${T}`]: (e) => e.type === "ERC20.Transfer" && e.contract === T,
        [`type=ERC20Votes.DelegateVotesChanged&contract=${T}&at=50`]:
            (e) => e.type === "ERC20Votes.DelegateVotesChanged" && e.contract === T && e.block_number <= 50,
        [`contract=${A}`]: () => false,
        [`subject=${A}&contract=${M}`]: (e) => e.subject === A && e.contract === M,
        [`subject=${A}&type=ERC20Votes.DelegateChanged`]: (e) => e.subject === A && e.type === "ERC20Votes.DelegateChanged",
    };
    for (const [filter, keep] of Object.entries(filters)) {
        const pick = ({ id: i }) => i;
        assert.deepEqual((await pages(`/v1/events?${filter}`, 177)).map(pick), all.filter(keep).map(pick), filter);
        assert.deepEqual((await pages(`/v1/events?${filter}&order=desc`, 93)).map(pick), all.filter(keep).map(pick).reverse(), filter);
    }
    assert.equal((await get("/v1/events?from_block=9&to_block=8", 400)).param, "to_block");
    for (const type of ["Nothing.Such", "ERC20.transfer", "Transfer", "ERC20.", ""])
        assert.equal((await get(`/v1/events?type=${type}`, 400)).param, "type", type);
    const gone = await pages("/v1/events?retracted=true", 2);
    assert.deepEqual(gone.map((e) => [e.id, e.retracted, e.finality]), [101, 102, 102].map((n, i) => [`${id(`gone ${n}`)}-${i === 2 ? 1 : 0}`, true, null]));
    assert.equal((await pages("/v1/events?retracted=all", 500)).length, canonical + 3);
    assert.deepEqual((await pages(`/v1/events?retracted=true&type=ERC20.Transfer&subject=${D}`, 1)).length, 2);
    for (const event of [all[0], gone[0]]) assert.deepEqual(lower(await get(`/v1/events/${event.id}`)), lower(event));
    await get(`/v1/events/${id("trunk 1")}-9`, 404);
    await get("/v1/events/nonsense", 404);
});

/* Reads messages until `n` have come. */
async function stream(path, n, headers = {}) {
    const stop = new AbortController();
    const reply = await fetch(url + path, { headers, signal: AbortSignal.any([stop.signal, AbortSignal.timeout(STREAM_MS)]) });
    assert.equal(reply.headers.get("content-type").split(";")[0], "text/event-stream");
    const messages = [];
    let text = "";
    for await (const chunk of reply.body.pipeThrough(new TextDecoderStream())) {
        const parts = (text + chunk).split("\n\n");
        text = parts.pop();
        for (const part of parts) {
            const fields = Object.fromEntries(part.split("\n").filter((l) => !l.startsWith(":")).map((l) => [l.slice(0, l.indexOf(":")), l.slice(l.indexOf(":") + 2)]));
            if (fields.data) messages.push({ ...fields, data: JSON.parse(fields.data) });
        }
        if (messages.length >= n) break;
    }
    stop.abort();
    return messages;
}

test("the stream: without gaps, resumed without loss, and its sum is the list of events", async () => {
    const { feed_seq } = await get("/v1/status");
    const all = await stream("/v1/events/stream?from=1", feed_seq);
    assert.deepEqual(all.map((m) => Number(m.id)), Array.from({ length: feed_seq }, (_, i) => i + 1));
    const standing = new Map();
    for (const m of all) {
        assert.equal(m.data.seq, Number(m.id));
        assert.equal(m.data.retracted, m.event === "retracted");
        assert.equal(standing.has(m.data.id), m.event === "retracted", `${m.event} ${m.data.id}`);
        if (m.event === "added") standing.set(m.data.id, m.data);
        else standing.delete(m.data.id);
    }
    const listed = await pages("/v1/events", 1000);
    assert.deepEqual([...standing.keys()].sort(), listed.map((e) => e.id).sort());
    assert.deepEqual(all.filter((m) => m.event === "retracted").map((m) => m.data.id),
        [`${id("gone 102")}-1`, `${id("gone 102")}-0`, `${id("gone 101")}-0`], "the other way round");
    for (const from of [1, 777, feed_seq - 5])
        assert.deepEqual(await stream("/v1/events/stream", feed_seq - from, { "Last-Event-ID": String(from) }), all.slice(from));
    const wanted = all.filter((m) => m.data.contract.toLowerCase() === V);
    assert.deepEqual(await stream(`/v1/events/stream?from=1&contract=${V}`, wanted.length), wanted);
});

test("blocks, reorgs and the trial balance", async () => {
    const latest = await get("/v1/blocks/latest");
    assert.deepEqual([latest.number, latest.hash, latest.proof, latest.finality], [HEAD, id(`kept ${HEAD}`), "archive", "latest"]);
    assert.equal((await get("/v1/status")).block_root, latest.block_root);
    const five = await get("/v1/blocks/5");
    assert.deepEqual([five.events, five.parent_hash, five.block_root], [1, id("trunk 4"), five.as_of.block_root]);
    assert.deepEqual(await get(`/v1/blocks/${id("trunk 5")}`), five);
    assert.deepEqual((await get(`/v1/blocks/${encodeURIComponent(five.time)}`)).number, 5);
    assert.equal((await get(`/v1/blocks/${id("gone 101")}`, 409)).code, "block-not-canonical");
    assert.equal((await get(`/v1/blocks/${HEAD + 1}`, 404)).code, "block-not-mirrored");
    const { data: [reorg, ...more] } = await get("/v1/reorgs");
    assert.equal(more.length, 0);
    assert.deepEqual([reorg.fork_number, reorg.old_head_number, reorg.depth, reorg.blocks.map((b) => [b.number, b.hash, b.events])],
        [FORK, 103, 3, [101, 102, 103].map((n, i) => [n, id(`gone ${n}`), [1, 2, 0][i]])]);
    const trial = lower(await pages("/v1/trial-balance", 1));
    assert.ok(trial.every((row) => row.balanced));
    const row = (book, token) => trial.find((r) => r.book === book && r.token === token);
    assert.deepEqual(["token", "token.issued", "votes", "votes.issued"].map((book) => row(book, T).balance), ["99999", "99999", "99900", "99900"]);
    assert.deepEqual([row("token", M).token_id, row("token", M).balance, row("token.unexplained", U).balance], ["7", "3", "5"]);
    assert.deepEqual(lower(await pages("/v1/trial-balance?order=desc", 4)), trial.toReversed());
    assert.deepEqual((await pages("/v1/trial-balance?at=0", 10)), []);
    assert.deepEqual((await pages("/v1/trial-balance?at=1", 10)).map((r) => [r.book, r.balance, r.accounts]),
        [["token", "100000", 1], ["token", "3", 1], ["token.issued", "100000", 1], ["token.issued", "3", 1]], "of the block itself, too");
});

test("stake: an account and its withdrawals, queued, slashable, completed", async () => {
    const stake = async (n) => {
        const { stake: s, withdrawals } = lower(await get(`/v1/accounts/${E}?at=${n}`));
        return [s.delegated_to, s.strategies.map((row) => [row.strategy, row.deposit_shares, row.scaling_factor, row.withdrawable_shares]), withdrawals];
    };
    assert.deepEqual(await stake(7), [null, [], []]);
    assert.deepEqual(await stake(8), [O, [[S, "1000", WAD.toString(), "1000"]], []]);
    assert.deepEqual((await stake(41))[1], [[S, "1000", WAD.toString(), "750"]]);
    const queued = { root: ROOT, nonce: "0", start_block: 42, slashable_until_block: 62, strategies: [{ strategy: S, scaled_shares: "400", withdrawable_shares: "300" }] };
    assert.deepEqual(await stake(62), [O, [[S, "600", WAD.toString(), "450"]], [queued]]);
    assert.deepEqual((await stake(63))[2], []);
    const listed = async (query) => lower(await pages(`/v1/accounts/${E}/withdrawals${query}`, 1));
    assert.deepEqual(await listed("?at=41"), []);
    const row = { root: ROOT, nonce: "0", state: "pending", operator: O, withdrawer: E, start_block: 42, started_at: "2023-11-14T22:21:44Z",
        slashable_until_block: 62, completable_from_block: 63, completed_block: null, completed_at: null,
        strategies: [{ strategy: S, scaled_shares: "400", queued_shares: "300", withdrawable_shares: "300", paid_shares: null }] };
    assert.deepEqual(await listed("?at=50"), [row]);
    assert.deepEqual(await listed("?order=desc"), [{ ...row, state: "completed_as_tokens", completed_block: 63, completed_at: "2023-11-14T22:25:56Z",
        strategies: [{ ...row.strategies[0], withdrawable_shares: null, paid_shares: "300" }] }]);
    const history = lower(await pages(`/v1/accounts/${E}/history?step=20&from=2&to=63`, 3));
    assert.deepEqual(history.map((p) => [p.block_number, p.delegated_to, p.strategies.map((s) => s.withdrawable_shares)]),
        [[2, null, []], [22, O, ["1000"]], [42, O, ["450"]], [62, O, ["450"]]]);
    assert.deepEqual((await pages(`/v1/accounts/${E}/history?step=5m&from=10&to=2023-11-14T22:30:00Z`, 1)).map((p) => [p.block_number, p.moment]),
        [[33, "2023-11-14T22:20:00Z"], [58, "2023-11-14T22:25:00Z"], [83, "2023-11-14T22:30:00Z"]]);
    assert.deepEqual(lower((await get(`/v1/accounts/${E}/entries?book=deposit`)).data).map((e) => [e.asset, e.balance]), [[S, "1000"], [S, "600"]]);
});

test("stake: an operator, its delegators and allocations, operator sets", async () => {
    const at = async (n) => {
        const { as_of, ...rest } = lower(await get(`/v1/operators/${O}?at=${n}`));
        return rest;
    };
    const allocation = { avs: AVS, operator_set: 3, strategy: S, current_magnitude: "0", pending_diff: (WAD / 2n).toString(), effect_block: 11, minimum_slashable_stake: "0" };
    const nine = { address: O, approver: D, registered: true, since_block: 8, shares: [{ strategy: S, shares: "1000" }],
        magnitudes: [{ strategy: S, max_magnitude: WAD.toString(), encumbered_magnitude: (WAD / 2n).toString() }], allocations: [allocation],
        operator_sets: [{ avs: AVS, id: 3, registered: true, slashable: true, slashable_until: 0 }], allocation_delay: 2 };
    assert.equal((await at(7)).registered, false);
    assert.deepEqual(await at(8), { ...nine, magnitudes: [], allocations: [] });
    assert.deepEqual(await at(9), nine);
    assert.deepEqual(await at(10), nine);
    const half = { ...allocation, current_magnitude: (WAD / 2n).toString(), pending_diff: "0", effect_block: 0, minimum_slashable_stake: "500" };
    assert.deepEqual(await at(11), { ...nine, allocations: [half] });
    const after_slash = { ...half, current_magnitude: (WAD / 4n).toString(), minimum_slashable_stake: "249" };
    assert.deepEqual(await at(41), { ...nine, shares: [{ strategy: S, shares: "750" }], allocations: [after_slash],
        magnitudes: [{ strategy: S, max_magnitude: (WAD * 3n / 4n).toString(), encumbered_magnitude: (WAD / 4n).toString() }] });
    assert.deepEqual(lower(await pages(`/v1/operators/${O}/allocations?at=41`, 1)), [{ ...after_slash, slashable: true }]
        .map(({ slashable, minimum_slashable_stake, ...row }) => ({ ...row, slashable, minimum_slashable_stake })));
    assert.deepEqual(await pages(`/v1/operators/${O}/allocations?avs=${D}`, 1), []);
    const stakers = [{ staker: O, since_block: 8, strategies: [] },
        { staker: E, since_block: 8, strategies: [{ strategy: S, deposit_shares: "600", scaling_factor: WAD.toString(), withdrawable_shares: "450" }] }];
    assert.deepEqual(lower(await pages(`/v1/operators/${O}/delegators`, 1)), stakers);
    for (const [query, shares] of [[`strategy=${S}`, "450"], ["at=41", "750"]])
        assert.deepEqual(lower(await pages(`/v1/operators?sort=shares&${query}`, 1)).map((o) => [o.address, o.shares]), [[O, [{ strategy: S, shares }]]]);
    for (const query of ["", `avs=${AVS}`, `avs=${AVS}&operator_set=3`]) assert.deepEqual(lower(await pages(`/v1/operators?${query}`, 1)).map((o) => o.address), [O]);
    for (const query of [`avs=${D}`, `avs=${AVS}&operator_set=4`, "at=7"]) assert.deepEqual(await pages(`/v1/operators?${query}`, 1), [], query);
    const set = { avs: AVS, id: 3, since_block: 8, recipient: null, slasher: D, pending_slasher: null, slasher_effect_block: 0, strategies: [S] };
    assert.deepEqual(lower(await pages("/v1/operator-sets", 1)), [set]);
    assert.deepEqual(await pages(`/v1/operator-sets?avs=${D}`, 1), []);
    assert.deepEqual(lower((await get(`/v1/operator-sets/${AVS}/3`)).members), [{ operator: O, registered: true, slashable: true, slashable_until: 0 }]);
    await get(`/v1/operator-sets/${AVS}/3?at=7`, 404);
    assert.deepEqual(lower(await pages(`/v1/operators/${O}/history?step=20&from=1`, 2)).slice(0, 4).map((p) => [p.block_number, p.strategies.map((s) => [s.shares, s.max_magnitude])]),
        [[1, []], [21, [["1000", WAD.toString()]]], [41, [["750", (WAD * 3n / 4n).toString()]]], [61, [["450", (WAD * 3n / 4n).toString()]]]]);
});

test("what else rests on stake answers in its form", async () => {
    const [slash, ...more] = lower(await pages("/v1/slashes", 1));
    assert.deepEqual([slash.operator, slash.block_number, more], [O, 41, []]);
    for (const path of [`operators/${O}/slashes`, `accounts/${E}/slashes`]) assert.equal((await pages(`/v1/${path}`, 1)).length, 1, path);
    assert.equal((await get(`/v1/slashes/${slash.id}`)).id, slash.id);
    await pages(`/v1/slashes/${slash.id}/impact`, 1);
    assert.deepEqual(lower(await pages("/v1/strategies", 1)).map((s) => s.strategy), [S]);
    await get(`/v1/accounts/${E}/voting-power`);
    await get(`/v1/accounts/${E}/alt-equivalent`);
    await get(`/v1/alt-staking/${P}`);
});

test("governance: a proposal, who voted, what it needs, and what the timelock has", async () => {
    const [proposal, ...more] = lower(await pages("/v1/proposals", 1));
    assert.deepEqual([proposal.proposer, proposal.snapshot, proposal.deadline, more], [A, 65, 70, []]);
    const states = async (at) => (await get(`/v1/proposals/${proposal.id}?at=${at}`)).state;
    assert.deepEqual([await states(65), await states(66), await states(70), await states(71)], ["pending", "active", "active", "succeeded"]);
    await get(`/v1/proposals/${PROPOSED}?at=63`, 404);
    assert.deepEqual((await get(`/v1/proposals/${PROPOSED}`)).votes, { against: "0", for: "99900", abstain: "0" });
    assert.equal((await pages(`/v1/proposals/${proposal.id}/votes`, 1)).length, 1);
    await get(`/v1/proposals/${proposal.id}/tally`);
    assert.deepEqual(lower(await pages("/v1/delegates", 1)), [{ address: B, units: "99900", delegators: 1, registry_delegators: 0 }]);
    assert.deepEqual((await pages(`/v1/delegates/${B}/delegators`, 1)).map((d) => [d.source, d.delegator.toLowerCase(), d.since_block]), [["token", A, 2]]);
    const record = await get(`/v1/delegates/${B}`);
    assert.deepEqual(record.onchain, { proposals: 1, voted: 1, participation: 10000, ballots: 1 });
    assert.deepEqual(record.votes.map((v) => [v.source, v.proposal, v.support, v.power]), [["onchain", proposal.id, 1, "99900"]]);
    const late = await get(`/v1/proposals/${proposal.id}/eligibility/${B}`);
    assert.deepEqual([late.eligible, late.voting_power, late.reasons.map((r) => r.code)], [false, "99900", ["voting-ended", "already-voted"]]);
    assert.deepEqual((await pages(`/v1/proposals/${proposal.id}/versions`, 1)).map((v) => [v.version, v.changed]), [[1, []]]);
    const quorum = await get(`/v1/proposals/${proposal.id}/quorum`);
    assert.deepEqual([quorum.quorum, quorum.quorum_reached, quorum.power, quorum.numerator], ["4000", true, "99900", "4"]);
    assert.equal((await pages(`/v1/proposals/${proposal.id}/tally/history`, 1)).length, 1);
    assert.equal((await pages(`/v1/accounts/${B}/ballots`, 1)).length, 1);
    assert.equal((await pages("/v1/governors", 1)).length, 1);
    assert.equal((await pages(`/v1/timelocks/${L}/operations`, 1)).length, 1);
});

/** What hangs on messages, or on rewards, is asked for where there are some. */
const ELSEWHERE = /^\/v1\/(log|messages|receipts|spaces|rewards|payouts|statements)(\/|$)|\/census(\/|$)|\/(payouts|rewards|commission|projection)$/;

test("every resource was held to OpenAPI", async () => {
    await get("/");
    await get("/v1");
    const ours = Object.entries(contract.document.paths).filter(([path, { get: g }]) => (path === "/" || path.startsWith("/v1")) && g?.responses["200"].content["application/json"]);
    assert.deepEqual(ours.map(([path]) => path).filter((path) => !contract.held.has(path) && !ELSEWHERE.test(path)), []);
});
