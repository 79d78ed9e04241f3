// tests/scenarios/slash_impact.mjs - the impact of a slash page by page and streamed, hostile descriptions, and a slash over a crowd.
//
// IMPACT_STAKERS (5000) is how many stakers the crowd has; the time that the stream takes is printed.
import assert from "node:assert/strict";
import { chmodSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, test } from "node:test";
import { generate } from "../model/cli.mjs";
import { write_archive } from "./lib/archive.mjs";
import { all, each } from "./lib/golden.mjs";
import { get, root, run, serve } from "./lib/program.mjs";

const { AbiCoder, id } = createRequire(join(root, "tests/package.json"))("ethers");
const SEED = Number(process.env.MODEL_SEED ?? 21), STAKERS = Number(process.env.IMPACT_STAKERS ?? 5000);
const BLOCKS = 150, CROWD_BLOCKS = 60, STREAM_MS = 2000, RUNS = 3;
const files = mkdtempSync(join(tmpdir(), "altledger-impact-"));
chmodSync(files, 0o755); // PostgreSQL's user must get in
const undo = [() => rmSync(files, { recursive: true, force: true })];
after(async () => {
    for (const step of undo.reverse()) await step();
});

async function serve_chain(name, blocks, network) {
    const data = join(files, name), file = join(files, `${name}.json`);
    mkdirSync(data);
    chmodSync(data, 0o755);
    writeFileSync(file, JSON.stringify(network));
    await run(["mirror", "--once", "--network", file, "--source", write_archive(join(files, `${name}.ndjson`), blocks), "--data", data]);
    const { program, url } = await serve("serve", "--data", data);
    undo.push(() => program.kill("SIGTERM").ends());
    return url;
}

async function text_of(url, accept) {
    const reply = await fetch(url, { headers: { accept } }), text = await reply.text();
    assert.equal(reply.status, 200, text);
    return text;
}

const ndjson = async (url) => (await text_of(url, "application/x-ndjson")).split("\n").filter(Boolean).map((line) => JSON.parse(line));
const HEAD = "strategy,kind,account,withdrawal_root,before,after,loss";
const as_csv = (rows) => [HEAD, ...rows.map((row) => HEAD.split(",").map((name) => row[name] ?? "").join(","))].map((line) => `${line}\r\n`).join("");
const sum = (rows) => rows.reduce((total, row) => total + BigInt(row.loss ?? 0), 0n);
const residue_of_nothing = (strategy) => ({ strategy, kind: "residue", account: null, withdrawal_root: null, before: null, after: null, loss: "0" });
const size = (value) => (value < 0n ? -value : value);

/* ---- every slash of a modelled chain ---- */

test("pages of any size are parts of what is streamed, and every loss adds up to the event's figure", async (t) => {
    const { blocks, network, truth } = generate({ seed: SEED, blocks: BLOCKS, percent: 0 });
    const url = await serve_chain("model", blocks, network), slashes = await all(`${url}/v1/slashes?`);
    assert.equal(slashes.length, truth.flatMap((sample) => sample.slashes).length);
    const seen = { rows: 0, several: 0, withdrawals: 0, unknown: 0 };
    await each(slashes, async (slash) => {
        const whole = await ndjson(`${url}/v1/slashes/${slash.id}/impact`);
        for (const limit of [1, 3, 1000]) assert.deepEqual(await all(`${url}/v1/slashes/${slash.id}/impact?`, limit), whole, `pages of ${limit}`);
        for (const limit of [1, 3, 1000]) assert.deepEqual(await all(`${url}/v1/slashes/${slash.id}/impact?order=desc`, limit), whole.toReversed(), `pages of ${limit}, backwards`);
        assert.deepEqual(await ndjson(`${url}/v1/slashes/${slash.id}/impact?order=desc`), whole.toReversed());
        assert.equal(await text_of(`${url}/v1/slashes/${slash.id}/impact`, "text/csv"), as_csv(whole));
        const middle = await get(`${url}/v1/slashes/${slash.id}/impact?limit=1`);
        if (middle.has_more) assert.deepEqual(await ndjson(`${url}/v1/slashes/${slash.id}/impact.ndjson?after=${middle.next_cursor}`), whole.slice(1));
        const hit = slash.strategies.filter((s) => s.magnitude_before !== s.magnitude_after);
        for (const s of hit) {
            const rows = whole.filter((row) => row.strategy === s.strategy), unknown = rows.filter((row) => row.loss === null);
            assert.equal(sum(rows), BigInt(s.total_shares), `losses in ${s.strategy} of ${slash.id}`);
            const residue = BigInt(rows.find((row) => row.kind === "residue").loss);
            if (unknown.length === 0) assert.ok(size(residue) <= 2n * BigInt(rows.length), `residue ${residue} of ${slash.id}`);
            assert.ok(unknown.every((row) => row.kind === "staker" && row.before === null && row.after === null));
            seen.unknown += unknown.length;
            seen.withdrawals += rows.filter((row) => row.kind === "withdrawal").length;
        }
        const passed_over = slash.strategies.filter((s) => !hit.includes(s)).map((s) => s.strategy);
        assert.deepEqual(whole.filter((row) => passed_over.includes(row.strategy)), passed_over.map(residue_of_nothing));
        seen.rows += whole.length;
        seen.several += hit.length > 1;
    });
    t.diagnostic(`${slashes.length} slashes, ${seen.rows} rows, ${seen.withdrawals} of withdrawals, ${seen.unknown} unknown; ${seen.several} slashes of several strategies`);
    assert.ok(seen.several > 0 && seen.withdrawals > 0 && seen.unknown > 0);
});

/* ---- descriptions are whatever the slasher wrote ---- */

const SLASHED = id("OperatorSlashed(address,(address,uint32),address[],uint256[],string)");
const FIELDS = (description) => ["address", "tuple(address,uint32)", "address[]", "uint256[]", description];

test("a description is shown as text, whatever its bytes are, and is no formula", async () => {
    const { blocks, network } = generate({ seed: SEED, blocks: BLOCKS, percent: 0 }), coder = AbiCoder.defaultAbiCoder();
    const utf8 = (text) => `0x${Buffer.from(text).toString("hex")}`;
    const hostile = [ // bytes, in JSON, as a CSV cell
        [utf8('=HYPERLINK("http://x";"y")'), '=HYPERLINK("http://x";"y")', "\"'=HYPERLINK(\"\"http://x\"\";\"\"y\"\")\""],
        ["0xff41c328", "\ufffdA\ufffd(", "\ufffdA\ufffd("],
        ["0x610062", "a\0b", '"""a\\u0000b"""'],
        [utf8("line\r\nline, \u202e"), "line\r\nline, \u202e", '"line\r\nline, \u202e"'],
    ];
    const expected = [];
    for (const log of blocks.flatMap((block) => block.logs)) {
        if (log.topics[0] !== SLASHED || expected.length === hostile.length) continue;
        const values = coder.decode(FIELDS("bytes"), log.data), bytes = hostile[expected.length];
        log.data = coder.encode(FIELDS("bytes"), [...values].slice(0, 4).concat(bytes[0]));
        expected.push(bytes);
    }
    const url = await serve_chain("hostile", blocks, network), told = await all(`${url}/v1/slashes?`);
    assert.deepEqual(told.slice(0, expected.length).map((slash) => slash.description), expected.map(([, text]) => text));
    const csv = await text_of(`${url}/v1/slashes`, "text/csv");
    for (const [i, [, , cell]] of expected.entries()) assert.ok(csv.includes(`,${cell},${told[i].disposition},`), `${cell} in\n${csv.slice(0, 3000)}`);
});

/* ---- very many stakers ---- */

test(`a slash over ${STAKERS} stakers is streamed whole, in time`, async (t) => {
    const { blocks, network, truth } = generate({ seed: SEED, blocks: CROWD_BLOCKS, stakers: STAKERS, percent: 0 });
    const url = await serve_chain("crowd", blocks, network), slash = truth.flatMap((sample) => sample.slashes).at(-1);
    const [told] = (await get(`${url}/v1/slashes?order=desc&limit=1`)).data, [expected] = slash.impact;
    const times = [];
    let rows;
    for (let i = 0; i < RUNS; i++) {
        const began = performance.now();
        const text = await text_of(`${url}/v1/slashes/${told.id}/impact`, "application/x-ndjson");
        times.push(Math.round(performance.now() - began));
        rows = text.split("\n").filter(Boolean).map((line) => JSON.parse(line));
    }
    const of = (kind) => rows.filter((row) => row.kind === kind);
    assert.deepEqual([of("staker").length, of("withdrawal").length], [expected.stakers_count, expected.withdrawals_count]);
    assert.deepEqual([sum(of("staker")), sum(of("withdrawal"))], [BigInt(expected.stakers_loss), BigInt(expected.withdrawals_loss)]);
    assert.equal(sum(rows), BigInt(expected.total));
    const known = new Map(of("staker").map((row) => [row.account.toLowerCase(), row]));
    for (const { staker, before, after: left } of expected.stakers) assert.deepEqual([known.get(staker).before, known.get(staker).after], [before, left]);
    t.diagnostic(`${rows.length} rows in ${times.join(", ")} ms`);
    assert.ok(Math.min(...times) <= STREAM_MS, `${Math.min(...times)} ms are more than ${STREAM_MS}`);

    const body = { operator: slash.operator, avs: slash.avs, operator_set: slash.set, strategies: slash.strategies, wads: slash.wads, at: slash.block, log_index: slash.first_log_index };
    const ask = async (limit) => {
        const reply = await fetch(`${url}/v1/simulations/slash`, {
            method: "POST", headers: { "content-type": "application/json" }, body: JSON.stringify({ ...body, limit }),
        });
        assert.equal(reply.status, 200);
        return reply.json();
    };
    const [few, most] = [await ask(10), await ask(100000)];
    assert.deepEqual([few.impact.length, few.has_more], [10, true]);
    assert.deepEqual(few.strategies, most.strategies, "totals are whole, whatever the limit");
    assert.equal(few.strategies[0].staker_loss, expected.stakers_loss);
    assert.deepEqual(most.impact.slice(0, 10), few.impact);
    if (!most.has_more) assert.deepEqual(most.impact.map(({ alt_before, alt_after, ...row }) => row), rows.filter((row) => row.account !== null));
});
