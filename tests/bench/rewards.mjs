// tests/bench/rewards.mjs - figures on rewards: a day of very many stakers computed and booked, when accounts are new and when they exist.
//
// The stakers' chain is made by gen_rewards.c. What is measured is the one block that closes a day, from the start of `mirror --once` until it
// is committed, beside COPY of as many rows into tables of the same shape.
import { readFileSync, readdirSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import { join } from "node:path";
import { root } from "../scenarios/lib/anvil.mjs";
import { conninfo, createDatabase, dir, dropDatabase, figure, mirror, note, psql, run, scale, settle, sleep, start, stop, tool } from "./lib.mjs";

const { Interface, id } = createRequire(join(root, "tests/package.json"))("ethers");
const DATABASE = "rewards", STAKERS = scale < 0.1 ? 2000 : Math.round(1e6 * scale), OPERATORS = Math.min(STAKERS / 100, 500), DELAY = 2, DAYS = 2, DAY = 86400, FIRST_DAY = 20000;
const GOAL = 30, MIB = 2 ** 20; // seconds for a million; smaller ones have one at least
const count = (n) => n.toLocaleString("en-US");
const address = (digit) => `0x${digit.repeat(40)}`;
const [avs, directory, delegation, strategies_of, coordinator, token] = ["1", "2", "3", "4", "5", "6"].map(address);
const strategies = ["7", "8", "9"].map(address);

// ---- the chain ----

function write_network() {
    const kinds = { avs_directory: directory, delegation_manager: delegation, strategy_manager: strategies_of, rewards_coordinator: coordinator };
    const contracts = Object.entries(kinds).map(([kind, at]) => ({ kind: `eigenlayer.${kind}`, name: kind, address: at, from_block: 0 }));
    const path = join(dir, `${DATABASE}.json`);
    writeFileSync(path, JSON.stringify({ name: DATABASE, chain_id: 1, start_block: 0, contracts, parameters: { reward_booking_delay_blocks: DELAY } }));
    return path;
}

const hex = (n) => `0x${n.toString(16)}`, hash = (n) => `0x${n.toString(16).padStart(64, "0")}`;

/** Block n, made like gen_rewards.c's. */
const block = (n, time, logs = []) => ({
    number: hex(n), hash: hash(n + 1), parentHash: hash(n), timestamp: hex(time),
    logs: logs.map((log, i) => ({
        ...log, blockHash: hash(n + 1), blockNumber: hex(n), transactionHash: hash(2 ** 40 + n), transactionIndex: "0x0", logIndex: hex(i), removed: false,
    })),
});

function submission() {
    const abi = new Interface(["event AVSRewardsSubmissionCreated(address indexed avs, uint256 indexed submissionNonce, bytes32 indexed rewardsSubmissionHash,"
        + " tuple(tuple(address strategy, uint96 multiplier)[] strategiesAndMultipliers, address token, uint256 amount, uint32 startTimestamp,"
        + " uint32 duration) rewardsSubmission)"]);
    const multipliers = strategies.map((strategy, i) => [strategy, 10n ** 18n + BigInt(i) * 10n ** 17n]);
    const args = [avs, 0, id("a submission"), [multipliers, token, 10n ** 27n, FIRST_DAY * DAY, DAYS * DAY]];
    return { address: coordinator, ...abi.encodeEventLog("AVSRewardsSubmissionCreated", args) };
}

function archive(name, blocks) {
    const path = join(dir, `${DATABASE}-${name}.ndjson`);
    writeFileSync(path, blocks.map((b) => `${JSON.stringify(b)}\n`).join(""));
    return path;
}

/** The stakers are there; the number of the last block. */
async function fill(network) {
    const fifo = join(dir, `${DATABASE}.fifo`), words = [STAKERS, OPERATORS, avs, directory, delegation, strategies_of, FIRST_DAY * DAY + 3600, ...strategies];
    await run("mkfifo", [fifo]);
    const out = start("/bin/sh", ["-c", `exec "$0" ${words.join(" ")} > "${fifo}"`, tool("gen_rewards")]);
    const { seconds } = await mirror(DATABASE, network, fifo);
    await out.gone;
    const [head, events] = psql(DATABASE, "SELECT head_number || ' ' || events FROM mirror.cursor").split(" ").map(Number);
    note(`${count(events)} logs were mirrored in ${seconds.toFixed(1)} s`);
    return head;
}

// ---- closings ----

/** Most private memory of the database's backends, sampled until stop() is called: bytes. */
function watch_backends() {
    let peak = 0;
    const look = () => {
        for (const pid of readdirSync("/proc").filter((name) => /^\d+$/.test(name)))
            try {
                if (!readFileSync(`/proc/${pid}/cmdline`, "utf8").includes(` ${DATABASE} [local]`)) continue;
                peak = Math.max(peak, 1024 * Number(/RssAnon:\s+(\d+)/.exec(readFileSync(`/proc/${pid}/status`, "utf8"))[1]));
            } catch { /* it has ended */ }
    };
    const timer = setInterval(look, 100);
    return { stop() { clearInterval(timer); return peak; } };
}

/** When block n is committed, in seconds from now: what the mirror does afterwards for an archive's end is no part of a closing. */
function watch_commit(n) {
    const began = performance.now(), psql = start("psql", ["-qAtX", conninfo(DATABASE, "postgres")], { stdin: "pipe", stdout: "pipe" });
    let seconds = NaN;
    psql.stdout.on("data", (text) => {
        if (Number.isNaN(seconds) && String(text).split("\n").includes(String(n))) seconds = (performance.now() - began) / 1000;
    });
    psql.stdin.end("SELECT head_number FROM mirror.cursor \\watch 0.05\n");
    return { async stop() { await sleep(100); await stop(psql); return seconds; } };
}

/** Seconds that COPY takes for the rows that block n made, into empty tables of the same shape; and how many they are. */
function copy_again(n) {
    const rows = { "ledger.entry": `position >= ${n}::bigint << 32`, "ledger.account": `created >= ${n}::bigint << 32`, "ledger.reward_share": `position >= ${n}::bigint << 32` };
    let took = 0, all = 0;
    for (const [table, where] of Object.entries(rows)) {
        const file = join(dir, "limit.rows");
        psql(DATABASE, `\\copy (SELECT * FROM ${table} WHERE ${where} ORDER BY ctid) TO '${file}' WITH (FORMAT binary)`,
            "DROP TABLE IF EXISTS limit_copy", `CREATE TABLE limit_copy (LIKE ${table} INCLUDING ALL)`);
        settle();
        const began = performance.now();
        psql(DATABASE, `\\copy limit_copy FROM '${file}' WITH (FORMAT binary)`);
        took += (performance.now() - began) / 1000;
        all += Number(psql(DATABASE, "SELECT count(*) FROM limit_copy"));
    }
    psql(DATABASE, "DROP TABLE limit_copy");
    return { took, all };
}

/** Block n closes a day, whose payouts must be there. */
async function close(network, name, n, blocks) {
    psql(DATABASE, "VACUUM (ANALYZE)"); // else autovacuum does it while something is measured
    settle();
    const backends = watch_backends(), commit = watch_commit(n), { peak, log } = await mirror(DATABASE, network, archive(name, blocks));
    const backend = backends.stop(), seconds = await commit.stop();
    const [payouts, earners] = psql(DATABASE, `SELECT payouts || ' ' || earners FROM ledger.reward_distribution WHERE position >> 32 = ${n}`).split(" ").map(Number);
    if (!(payouts > STAKERS && earners === payouts && seconds > 0)) throw new Error(`${payouts} payouts, ${earners} earners\n${log}`);
    return { seconds, peak, backend, payouts };
}

function print(what, n, { seconds, peak, backend, payouts }) {
    const { took, all } = copy_again(n), goal = Math.max(GOAL * STAKERS / 1e6, 1);
    figure(`${what}, s; COPY of ${count(all)} rows`, seconds, took, `< ${goal} s`, seconds < goal);
    figure("  stakers a second", STAKERS / seconds, null);
    figure("  peak MiB of the mirror; private memory of its backend", peak / MIB, backend / MIB);
    note(`${count(payouts)} payouts`);
}

export async function rewards() {
    const network = write_network(), midnight = (n) => (FIRST_DAY + n) * DAY;
    await createDatabase(DATABASE);
    const head = await fill(network), last = head + 1, time = midnight(1) - 1;
    // last: of the first day, then the next day's blocks up to the one that closes it; the same again
    const chain = [block(head, time), block(last, time, [submission()]), block(last + 1, midnight(1)), block(last + 2, midnight(1) + 1),
        block(last + 3, midnight(2)), block(last + 4, midnight(2) + 1)];
    await mirror(DATABASE, network, archive("submission", chain.slice(0, 3)));
    const sizes = `${count(STAKERS)} stakers of ${OPERATORS} operators`;
    print(`a day of ${sizes}`, last + 2, await close(network, "first", last + 2, chain.slice(2, 4)));
    await mirror(DATABASE, network, archive("between", chain.slice(3, 5)));
    print("  the day after, accounts exist", last + 4, await close(network, "second", last + 4, chain.slice(4, 6)));
    dropDatabase(DATABASE);
}
