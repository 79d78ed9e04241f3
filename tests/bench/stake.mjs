// tests/bench/stake.mjs - figures on stake: a staking-heavy chain into books, objects at a past block, the impact of a large slash, a year.
//
// One operator with very many stakers, and the same with a hundredth of them: what a slash or the size of an operator costs must not
// show in an answer. The chain is modelled (tests/model): all arrive, deposit and delegate, some queue, the operator is slashed.
import { closeSync, openSync, writeFileSync, writeSync } from "node:fs";
import { join } from "node:path";
import { network } from "../model/actors.mjs";
import { Crowd } from "../model/crowd.mjs";
import { root } from "../scenarios/lib/anvil.mjs";
import { MEMORY_GOAL, copyRows, dump } from "./ingest.mjs";
import {
    createDatabase, dir, figure, median, mirror, note, peakOf, pressure, psql, rounds, scale, scaled, seconds, serve, settle,
} from "./lib.mjs";
import { PGBENCH_CLIENTS, asker, pgbench } from "./reads.mjs";

const DAY = 86400, YEAR = 365, FLUSH = 4 << 20, PAGE = 1000, POINTS = 20, IMPACT_GOAL = 2;
const large = scaled(100000, 1000), small = Math.max(Math.round(large / 100), 100), blocks = scaled(20000, 400);
const count = (n) => n.toLocaleString("en-US");

// ---- the chains ----

/** A crowd whose blocks last a little more than a year. */
class Year extends Crowd {
    constructor(seed, options) {
        super(seed, options);
        const grow = this.chain.grow.bind(this.chain), pace = Math.ceil((YEAR + 3) * DAY / options.blocks);
        this.chain.grow = (transactions, _seconds, executed) => grow(transactions, pace, executed);
    }

    * lines() {
        for (const { block } of this.setup()) yield block;
        while (this.now < this.blocks) yield this.step().block;
    }
}

const chains = new Map(); // stakers -> the files of their chain

function chain(stakers) {
    if (!chains.has(stakers)) chains.set(stakers, write(stakers));
    return chains.get(stakers);
}

function write(stakers) {
    const crowd = new Year(7, { stakers, blocks }), name = `stake${stakers}`, { people, addresses } = crowd;
    const made = { name, stakers, people, addresses, logs: 0, file: join(dir, `${name}.ndjson`), network: join(dir, `${name}.json`) };
    writeFileSync(made.network, JSON.stringify(network(name, crowd)));
    const out = openSync(made.file, "w");
    let text = "";
    for (const block of crowd.lines()) {
        made.logs += block.logs.length;
        text += `${JSON.stringify(block)}\n`;
        if (text.length < FLUSH) continue;
        writeSync(out, text);
        text = "";
    }
    writeSync(out, text);
    closeSync(out);
    return made;
}

const ready = new Map(); // stakers -> whether its books are there

/** A chain's books, made once; with what making them took if they were made now. */
async function books(stakers) {
    const c = chain(stakers);
    if (!ready.has(stakers)) {
        await createDatabase(c.name);
        settle();
        ready.set(stakers, await mirror(c.name, c.network, c.file));
        psql(c.name, "VACUUM"); // else autovacuum does it while something is measured
        settle();
    }
    return { ...c, made: ready.get(stakers) };
}

// ---- ingest ----

const FILLED = ["mirror.cursor", "ledger.book", "ledger.timeline"]; // by migrations

/** Tables with rows that the mirror wrote; what others refer to comes first. */
function written(database) {
    const tables = psql(database, `SELECT c.oid::regclass FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
        WHERE c.relkind = 'r' AND n.nspname IN ('mirror', 'ledger') ORDER BY c.oid::regclass::text <> 'mirror.block', 1`).split("\n");
    const others = tables.filter((table) => !FILLED.includes(table));
    return psql(database, ...others.map((table) => `SELECT '${table}' WHERE EXISTS (SELECT FROM ${table})`)).split("\n");
}

export async function stakeIngest() {
    const { name, logs } = chain(large);
    let ours = 0, peak = 0, all = 0, late = 0, tables = null;
    for (let i = 0; i < rounds; i++) {
        ready.delete(large);
        const { made } = await books(large);
        ours = Math.max(ours, logs / made.seconds);
        peak = Math.max(peak, made.peak);
        if (tables === null) {
            tables = written(name);
            dump(name, tables);
        }
        all = Math.max(all, logs / await copyRows(tables, false));
        late = Math.max(late, logs / await copyRows(tables, true));
    }
    const limit = Math.max(all, late);
    figure(`staking-heavy archive, ${count(logs)} logs/s; COPY of the same rows`, ours, limit, ">= 0.50", ours >= limit / 2);
    figure("  of these COPY with all indexes from the start", ours, all);
    figure("  of these COPY, most indexes afterwards", ours, late);
    figure(`  peak MiB of the mirror`, peak / 2 ** 20, MEMORY_GOAL / 2 ** 20, "< 1.00", peak < MEMORY_GOAL);
    const counts = psql(name, ...tables.map((table) => `SELECT count(*) FROM ${table}`)).split("\n").map(Number);
    const rows = tables.map((table, i) => [table, counts[i]]);
    note(`rows a log: ${rows.filter(([, n]) => n > logs / 100).map(([table, n]) => `${table} ${(n / logs).toFixed(2)}`).join(", ")}`);
}

// ---- an account and the operator at a past block ----

async function atRandomBlocks(b, path, { who, first, duration }) {
    const list = join(dir, `${b.name}.addresses`), server = await serve(b.name); // a new one: its cache is empty
    writeFileSync(list, who(b).map((address) => `${address}\n`).join(""));
    const ask = (from, to, length) => pressure(server.url, {
        connections: PGBENCH_CLIENTS, duration: length, script: [join(root, "tests/bench/balances.lua"), list, from, to, path],
    });
    if (scale >= 0.1) await ask(10, first - 1, 1); // the first few of a connection are planned anew
    const answer = await ask(first, blocks - 1, duration);
    await server.stop();
    return answer;
}

export async function stakeReads() {
    const sides = [await books(large), await books(small)];
    const nouns = {
        account: { who: (b) => b.people.stakers, first: Math.floor(blocks * 3 / 4), duration: seconds }, // all have arrived
        operator: { who: (b) => b.people.operators.slice(0, 1), first: Math.floor(blocks / 10), duration: 1 }, // before blocks come again
    };
    for (const [noun, choice] of Object.entries(nouns)) {
        const best = sides.map(() => ({ rate: 0, p99: Infinity }));
        let limit = 0;
        for (let i = 0; i < rounds; i++) {
            limit = Math.max(limit, await pgbench());
            for (const [side, b] of sides.entries()) {
                const { rate, p99 } = await atRandomBlocks(b, `/v1/${noun}s/`, choice);
                best[side] = { rate: Math.max(best[side].rate, rate), p99: Math.min(best[side].p99, p99) };
            }
        }
        const [l, s] = best, sizes = `${count(large)} stakers`;
        figure(`${noun} with ${sizes}, past block, req/s; pgbench -S, ${PGBENCH_CLIENTS} clients`, l.rate, limit);
        figure(`${noun} with ${sizes}, past block, req/s; with ${count(small)}`, l.rate, s.rate, ">= 0.67", l.rate >= s.rate / 1.5);
        figure(`${noun} with ${sizes}, past block, p99 ms; with ${count(small)}`, l.p99, s.p99, "<= 1.50", l.p99 <= 1.5 * s.p99);
    }
}

// ---- the impact of a slash ----

/** Streams it all; {seconds, rows}. */
async function stream(url) {
    const began = performance.now();
    const reply = await fetch(url);
    if (!reply.ok) throw new Error(`${url}: ${reply.status} ${await reply.text()}`);
    let rows = 0;
    for await (const part of reply.body) for (const byte of part) rows += byte === 10;
    return { seconds: (performance.now() - began) / 1000, rows };
}

/** Milliseconds of every page, from the first to the last. */
async function pages(ask, path) {
    const took = [];
    for (let after = "", more = true; more;) {
        const { ms, body } = await ask(`${path}?limit=${PAGE}${after}`);
        took.push(ms);
        more = body.has_more;
        after = `&after=${encodeURIComponent(body.next_cursor)}`;
    }
    return took;
}

/** Seconds that the database alone takes for the stakers' rows of the last slash. */
function bareStatement(b) {
    const began = performance.now();
    psql(b.name, `\\copy (SELECT encode(l.staker, 'hex'), l.before, l.after, l.before - l.after FROM ledger.slash_strategy t
        JOIN ledger.slash s ON s.operator = t.operator AND t.position = s.position + 1 CROSS JOIN LATERAL api_v1.slashed_stakers(
        t.operator, t.strategy, s.position - 1, t.magnitude_before, t.magnitude_after, '', NULL) l
        WHERE s.position = (SELECT max(position) FROM ledger.slash)) TO '/dev/null'`.replaceAll(/\s+/g, " "));
    return (performance.now() - began) / 1000;
}

export async function stakeImpact() {
    const b = await books(large), server = await serve(b.name), ask = asker(server);
    const { body } = await ask(`/v1/operators/${b.people.operators[0]}/slashes?order=desc&limit=1`);
    const path = `/v1/slashes/${body.data[0].id}/impact`, before = peakOf(server.pid), best = { ndjson: Infinity, csv: Infinity };
    let rows = 0, bare = Infinity;
    for (let i = 0; i < rounds; i++) {
        bare = Math.min(bare, bareStatement(b));
        for (const form of Object.keys(best)) {
            const result = await stream(`${server.url}${path}.${form}`);
            best[form] = Math.min(best[form], result.seconds);
            rows = form === "ndjson" ? result.rows : rows;
        }
    }
    const peak = peakOf(server.pid), took = await pages(ask, path);
    await server.stop();
    if (rows < b.stakers * 0.9) throw new Error(`${rows} rows of ${b.stakers} stakers`);
    for (const [form, took_s] of Object.entries(best))
        figure(`impact of a slash, ${count(rows)} rows as ${form}, s; the bare statement`, took_s, bare, `<= ${IMPACT_GOAL} s`, took_s <= IMPACT_GOAL);
    figure("  peak MiB of the server afterwards; before", peak / 2 ** 20, before / 2 ** 20);
    figure(`  last of ${took.length} pages of ${PAGE}, ms; the first`, took.at(-1), took[0]);
    note(`the pages' median ${median(took).toFixed(1)} ms`);
}

// ---- a year ----

export async function stakeYear() {
    const took = [];
    for (const stakers of [large, small]) {
        const b = await books(stakers), server = await serve(b.name), ask = asker(server), times = [];
        for (let i = 0; i < POINTS; i++) { // never the same twice, so that none comes from the cache
            const { ms, body } = await ask(`/v1/operators/${b.people.operators[0]}/history?from=0&step=${DAY - i}s&limit=${PAGE}`);
            if (body.data.length < YEAR) throw new Error(`${body.data.length} days`);
            times.push(ms);
        }
        await server.stop();
        took.push(median(times));
    }
    figure(`history of an operator, ${YEAR} days, ms with ${count(large)} stakers; ${count(small)}`, took[0], took[1], "<= 1.50",
        took[0] <= 1.5 * took[1]);
}
