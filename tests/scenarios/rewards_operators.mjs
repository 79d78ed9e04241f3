// tests/scenarios/rewards_operators.mjs - what operators are told of their pay: payouts, commission, projections, statements, lots; and the command line.
//
// Each figure is held against another resource that says the same from elsewhere, on a golden chain whose staking fees also go to a
// fee collector.
import assert from "node:assert/strict";
import { chmodSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { read_archive, write_archive } from "./lib/archive.mjs";
import { each } from "./lib/golden.mjs";
import { Contract } from "./lib/openapi.mjs";
import { Cluster } from "./lib/pg.mjs";
import { root, run, serve } from "./lib/program.mjs";

const chain = join(root, "tests/data/chains/seed7");
const files = mkdtempSync(join(tmpdir(), "altledger-rewards-operators-"));
chmodSync(files, 0o755);
const CUT = 1053; // the last block of a day
const DAY = 86400;
const lower = (text) => text.toLowerCase();
const big_sum = (list) => list.reduce((a, v) => a + BigInt(v), 0n);
const seconds = (time) => Date.parse(time) / 1000;
let cluster, database, server, url, contract, operators, payouts, projections, network;

/** Each reply is held to OpenAPI. */
const api = (path, status) => contract.get(`/v1/${path}`, status);
const list = (path, limit = 1000) => contract.pages(`/v1/${path}`, limit);
const command = (words, status = 0) => run(["rewards", ...words, "--database", cluster.conninfo(database)], status);

async function post(path, body, status = 200) {
    const reply = await fetch(`${url}/v1/${path}`, { method: "POST", headers: { "content-type": "application/json" }, body: JSON.stringify(body) });
    const text = await reply.text();
    assert.equal(reply.status, status, text);
    const json = JSON.parse(text);
    if (status === 200)
        contract.conforms(json, contract.document.paths[`/v1/${path}`].post.responses["200"].content["application/json"].schema, path);
    return json;
}

async function start_server() {
    server = await serve("serve", "--database", cluster.conninfo(database), "--keys", join(files, "keys"));
    url = server.url;
    contract = await Contract.of(url);
}

before(async () => {
    cluster = await new Cluster().start();
    database = cluster.create();
    network = JSON.parse(readFileSync(join(chain, "network.json")));
    const { protocol_fee_vault } = network.parameters.alt_staking;
    network.contracts.push({
        kind: "fee_collector", name: "fees", address: protocol_fee_vault, collects_for: "staking",
        parameters: { operators_bips: 7000, treasury_bips: 2000, burn_bips: 1000, treasury: `0x${"7e".repeat(20)}`,
            operator_sets: [{ avs: "0x8ba55501bd4c5ec903a04789fc1816b4c94d571e", id: 0 }, { avs: "0xdbc65dd27038958ddbbfdde37964167f891fa2f0", id: 2 }] },
    });
    writeFileSync(join(files, "network.json"), JSON.stringify(network));
    const blocks = read_archive(join(chain, "chain.ndjson.gz"));
    const mirror = (archive) => run(["mirror", "--once", "--network", join(files, "network.json"), "--source", archive,
        "--database", cluster.conninfo(database)]);
    await mirror(write_archive(join(files, "cut.ndjson"), blocks.filter((block) => Number(block.number) <= CUT)));
    await start_server();
    operators = (await list("operators")).map((o) => o.address);
    projections = new Map(await Promise.all(operators.map(async (o) => [o, await api(`operators/${o}/projection`)])));
    await server.program.kill("SIGTERM").ends();
    await mirror(join(chain, "chain.ndjson.gz"));
    await start_server();
    operators = (await list("operators")).map((o) => o.address);
    payouts = await list("payouts");
});
after(async () => {
    await server?.program.kill("SIGTERM").ends();
    await cluster.stop();
    cluster.remove();
    rmSync(files, { recursive: true, force: true });
});

test("what an operator was paid is what all payouts say, and its summary", async () => {
    const seen = { fee: 0, incentive: 0, alt_staking_fee: 0 };
    const staking = await api(`alt-staking/${network.contracts.find((c) => c.kind === "alt.staking").address}`);
    await each(operators, async (operator) => {
        const rows = await list(`operators/${operator}/payouts`, 29), summary = await api(`operators/${operator}/rewards`);
        const account = await api(`accounts/${operator}/rewards`);
        for (const row of rows) seen[row.source]++;
        const of_payouts = payouts.filter((p) => p.earner === operator);
        const paid = rows.filter((row) => row.source !== "alt_staking_fee");
        assert.deepEqual(paid.map(({ id, day, paid_day, submission, kind, source, contract, token, amount, role, avs, block_number, operator: of }) =>
            ({ id, day, paid_day, submission, kind, source, contract, token, amount, role, avs, block_number, of })),
        of_payouts.map(({ id, day, paid_day, submission, kind, source, distributor, token, amount, role, avs, block_number, operator: of }) =>
            ({ id, day, paid_day, submission, kind, source, contract: distributor, token, amount, role, avs, block_number, of })));
        for (const { distributor, token, source, earned, commission, ...rest } of summary.rewards) {
            const mine = paid.filter((row) => row.contract === distributor && row.token === token);
            assert.equal(big_sum(mine.map((row) => row.amount)), BigInt(earned));
            assert.equal(big_sum(mine.filter((row) => row.role === "operator").map((row) => row.amount)), BigInt(commission));
            assert.ok(mine.every((row) => row.source === source));
            const same = account.rewards.find((r) => r.distributor === distributor && r.token === token);
            for (const [name, value] of Object.entries({ earned, ...rest })) assert.equal(value, same[name], name);
        }
        for (const row of paid.filter((r) => r.role === "operator")) {
            const delegators = payouts.filter((p) => p.submission === row.submission && p.day === row.day && p.operator === operator && p.role === "staker");
            assert.equal(BigInt(row.amount), BigInt(row.gross) * BigInt(row.split_bips) / 10000n);
            assert.equal(BigInt(row.delegators), big_sum(delegators.map((p) => p.amount)));
        }
        // Fees of ALT staking, against what its own view says of the operator.
        const fees = rows.filter((row) => row.source === "alt_staking_fee");
        for (const { distribution, accrued, operator_fee, protocol_fee } of staking.operators.find((o) => o.operator === operator)?.fees ?? []) {
            const mine = fees.filter((row) => row.distribution === distribution);
            assert.equal(big_sum(mine.map((row) => row.amount)), BigInt(operator_fee));
            assert.ok(big_sum(mine.map((row) => row.gross)) <= BigInt(accrued));
            assert.ok(big_sum(mine.map((row) => BigInt(row.gross) - BigInt(row.amount) - BigInt(row.delegators))) <= BigInt(protocol_fee));
            assert.equal(summary.alt_staking_fees.find((f) => f.distribution === distribution)?.earned ?? "0", operator_fee);
        }
        assert.equal(new Set(fees.map((row) => `${row.day} ${row.distribution}`)).size, fees.length);
    });
    for (const [source, n] of Object.entries(seen)) assert.ok(n > 3, `${source}: ${n}`);
});

test("fees say for which service they were collected, submissions do not", async () => {
    const submissions = await list("rewards/submissions");
    assert.deepEqual(new Set(submissions.map((s) => s.kind === "fee")), new Set([true, false]));
    for (const s of submissions) assert.equal(s.collects_for, s.kind === "fee" ? "staking" : null);
});

test("payouts by source, token and period are those of all; backwards they are the same", async () => {
    const [operator] = operators, rows = await list(`operators/${operator}/payouts`);
    const middle = rows[rows.length >> 1].day;
    const of = (query) => list(`operators/${operator}/payouts?${query}`, 5);
    assert.deepEqual(await of("order=desc"), rows.toReversed());
    assert.deepEqual(await of("source=alt_staking_fee"), rows.filter((r) => r.source === "alt_staking_fee"));
    assert.deepEqual(await of("source=fee"), rows.filter((r) => r.source === "fee"));
    const earns_both = new Set(rows.map((r) => r.role));
    assert.ok(earns_both.has("operator") && earns_both.has("staker"), [...earns_both].join());
    for (const role of ["operator", "staker", "refund", "treasury"]) assert.deepEqual(await of(`role=${role}`), rows.filter((r) => r.role === role), role);
    assert.deepEqual(await of(`token=${rows[0].token}`), rows.filter((r) => r.token === rows[0].token));
    assert.deepEqual(await of(`from=${middle}`), rows.filter((r) => r.day >= middle));
    assert.deepEqual(await of(`to=${middle}T00:00:00Z`), rows.filter((r) => r.day < middle));
    assert.deepEqual(await of(`from=${middle}&to=${middle}`), rows.filter((r) => r.day === middle));
    for (const [query, name] of [["from=yesterday", "from"], ["to=2025-13-01", "to"], ["from=2025-11-02&to=2025-11-01", "to"], ["source=tips", "source"], ["role=cook", "role"]])
        assert.equal((await api(`operators/${operator}/payouts?${query}`, 400)).param, name);
});

test("commission is what the events say: now, next, and from which day it counts", async () => {
    const splits = (await list("rewards/splits")).filter((s) => s.avs !== null);
    const coming = [];
    assert.ok(splits.length > 5);
    await each(splits, async (s) => {
        const before = splits.filter((x) => x.operator === s.operator && x.avs === s.avs && x.operator_set === s.operator_set && x.block_number < s.block_number);
        const at = async (block) => {
            const answer = await api(`operators/${s.operator}/commission?at=${block}`);
            return { time: seconds(answer.as_of.block_time), row: answer.splits.find((x) => x.avs === s.avs && x.operator_set === s.operator_set) };
        };
        const { time, row } = await at(s.block_number);
        const in_force = seconds(s.activated_at) <= time;
        const expected = in_force ? s.new_bips : s.first ? 1000 : s.old_bips;
        assert.equal(row.bips, Math.min(expected, 10000), JSON.stringify([s, row]));
        assert.equal(row.default, !in_force && s.first);
        assert.equal(row.next_bips, in_force ? null : s.new_bips);
        assert.equal(row.takes_effect_at, in_force ? null : s.activated_at);
        assert.equal(row.counts_from_day, in_force ? null : s.activated_at.slice(0, 10));
        if (!in_force) coming.push(s);
        if (before.length === 0) assert.equal((await at(s.block_number - 1)).row?.default ?? true, true);
    });
    assert.ok(coming.length > 0, "no change was awaited");
    const [operator] = operators, { alt_staking } = await api(`operators/${operator}/commission`);
    for (const row of alt_staking) {
        const { fee_bps } = (await api(`alt-staking/${row.contract}`)).operators.find((o) => o.operator === operator);
        assert.equal(row.fee_bps, fee_bps);
    }
});

test("the projection of a day's last block is what was booked when the day was closed", async () => {
    let compared = 0;
    for (const [operator, projection] of projections) {
        const day = projection.days.at(-1);
        assert.deepEqual([projection.projection, day.state, day.snapshot_block, day.closes_at_block], [true, "running", CUT, null]);
        assert.equal(seconds(day.ends_at), (Date.parse(day.day) / 1000) + DAY);
        assert.deepEqual((await api(`operators/${operator}/projection?at=${CUT}`)).days, projection.days, "from the whole chain");
        const booked = (await list(`operators/${operator}/payouts`)).filter((r) => r.paid_day === day.day && r.role === "operator" && r.id);
        const projected = day.payouts.filter((p) => p.commission !== "0");
        const key = (p) => [p.submission, p.day, p.token, p.gross, p.split_bips, p.amount ?? p.commission, p.source, p.kind].join();
        assert.deepEqual(projected.map(key).sort(), booked.map(key).sort());
        compared += booked.length;
        // A day that ended and is not closed yet.
        for (const ended of projection.days.slice(0, -1)) {
            assert.ok(ended.state === "ended" && ended.closes_at_block > CUT && ended.closes_at_block === ended.snapshot_block + 96);
            const then = (await list(`operators/${operator}/payouts`)).filter((r) => r.block_number === ended.closes_at_block && r.role === "operator" && r.id);
            assert.deepEqual(ended.payouts.filter((p) => p.commission !== "0").map(key).sort(), then.map(key).sort());
        }
        for (const sum of projection.sums) {
            const mine = projection.days.flatMap((d) => d.payouts).filter((p) => p.token === sum.token && p.distributor === sum.distributor);
            assert.equal(big_sum(mine.map((p) => p.gross)), BigInt(sum.gross));
            assert.equal(BigInt(sum.gross), BigInt(sum.commission) + BigInt(sum.delegators));
        }
    }
    assert.ok(compared > 20, `${compared}`);
});

function parse_csv(text) {
    const [head, ...lines] = text.split("\r\n").slice(0, -1).map((line) => line.split(","));
    return lines.map((cells) => Object.fromEntries(cells.map((cell, i) => [head[i], cell === "" ? null : cell])));
}

test("a statement of several addresses is their payouts, claims and fees in order; CSV says the same", async () => {
    const whose = operators.slice(0, 5).map(lower).concat(payouts.find((p) => p.role === "staker" && !operators.includes(p.earner)).earner);
    const path = `statements/rewards?addresses=${whose.join()}`;
    const rows = await list(path, 99), csv = await (await fetch(`${url}/v1/${path}`, { headers: { accept: "text/csv" } })).text();
    assert.deepEqual(parse_csv(csv), rows.map((row) => Object.fromEntries(Object.entries(row).map(([k, v]) => [k, v === null ? null : String(v)]))));
    assert.ok(rows.every((row, i) => i === 0 || rows[i - 1].block_number <= row.block_number));
    assert.deepEqual(rows.filter((r) => r.what === "payout").map((r) => r.payout).sort(),
        payouts.filter((p) => whose.includes(lower(p.earner)) || whose.includes(p.earner)).map((p) => p.id).sort());
    for (const kind of ["payout", "alt_staking_fee", "alt_staking_reward", "alt_staking_claim"]) assert.ok(rows.some((r) => r.what === kind), kind);
    const by_id = new Map(payouts.map((p) => [p.id, p]));
    for (const { what, address, payout, kind, role, operator, distribution } of rows) {
        const p = by_id.get(payout) ?? { kind: null, role: null, operator: what === "alt_staking_fee" ? address : operator };
        assert.deepEqual([kind, role, operator], [p.kind, p.role, p.operator]);
        if (what.startsWith("alt_staking")) assert.ok(operators.includes(operator) && (distribution !== null || what === "alt_staking_claim"));
        else assert.equal(distribution, null);
    }
    // Rows of one transaction can be told apart.
    const places = rows.map((r) => [r.block_number, r.log_index, r.what, r.address, r.contract, r.operator, r.distribution, r.payout].join());
    assert.equal(new Set(places).size, places.length);
    assert.ok(rows.every((r) => (r.log_index === null) === (r.tx_hash === null)));
    await each(whose, async (address) => {
        const { rewards } = await api(`accounts/${address}/rewards`);
        for (const { distributor, token, open } of rewards)
            assert.equal(rows.findLast((r) => lower(r.address) === lower(address) && r.contract === distributor && r.token === token && r.source !== "alt_staking").balance, open);
        const entries = await list(`accounts/${address}/entries?book=alt.reward`);
        assert.equal(big_sum(rows.filter((r) => lower(r.address) === lower(address) && r.what === "alt_staking_reward").map((r) => r.amount)),
            big_sum(entries.map((e) => e.delta).filter((d) => !d.startsWith("-"))));
    });
    const middle = rows[rows.length >> 1].time, day = middle.slice(0, 10);
    assert.deepEqual([...await list(`${path}&to=${middle}`), ...await list(`${path}&from=${middle}`)], rows);
    assert.deepEqual(await list(`${path}&from=${day}&to=${day}`), rows.filter((r) => r.time.startsWith(day)));
    assert.deepEqual(await list(`${path}&order=desc`), rows.toReversed());
    assert.match((await api(`statements/rewards?addresses=${whose[0]},0x12`, 400)).detail, /item 2 is no address: '0x12'/);
    assert.deepEqual(await list(`statements/rewards?addresses=${Array(100).fill(whose[0]).join()}`), rows.filter((r) => lower(r.address) === whose[0]));
    for (const bad of ["", Array(101).fill(whose[0]).join()])
        assert.equal((await api(`statements/rewards?addresses=${bad}`, 400)).param, "addresses");
    assert.equal((await api("statements/rewards", 400)).param, "addresses");
});

const WAD = 10n ** 18n;

/** Lots and disposals by the book: which lot is taken next, and nothing else. */
function naive(report, method) {
    const lots = report.lots.map((l) => ({ lot: l.lot, order: l.order, left: BigInt(l.amount), price: BigInt(l.unit_cost) }));
    for (const d of report.disposals) {
        let left = BigInt(d.amount);
        for (const m of d.matches) {
            const open = lots.filter((l) => l.order < d.order && l.left > 0n);
            const pick = { fifo: () => open[0], average: () => open[0], lifo: () => open.at(-1), hifo: () => open.reduce((a, l) => (l.price > a.price ? l : a)) }[method]();
            assert.equal(m.lot, pick.lot, `${method}: ${d.order}`);
            const taken = left < pick.left ? left : pick.left;
            assert.equal(BigInt(m.amount), taken);
            pick.left -= taken;
            left -= taken;
        }
        assert.equal(BigInt(d.unmatched), left);
    }
    for (const l of lots) assert.equal(report.lots[l.lot - 1].remaining, String(l.left));
}

/** Sums above 0 by address and block. */
function sums_by_block(rows, parts) {
    const sums = {};
    for (const [address, block, amount] of rows.map(parts)) sums[`${address} ${block}`] = (sums[`${address} ${block}`] ?? 0n) + BigInt(amount);
    return Object.fromEntries(Object.entries(sums).filter(([, sum]) => sum > 0n).sort());
}

/** What slashes took of accounts in strategies of a token, at the rate before. */
async function slashed(addresses, token) {
    const rows = [], strategies = {};
    await each(addresses, async (address) => {
        for (const s of await list(`accounts/${address}/slashes`)) {
            strategies[s.block_number] ??= api(`strategies?at=${s.block_number - 1}`);
            const of = (await strategies[s.block_number]).data.find((x) => x.strategy === s.strategy);
            if (of.token === token)
                rows.push([address, s.block_number, BigInt(s.loss) * (BigInt(of.token_balance) + 1000n) / (BigInt(of.total_shares) + 1000n)]);
        }
    });
    return sums_by_block(rows, (row) => row);
}

test("lots of rewards: every method takes the lots it says, and what comes in goes out or is left", async () => {
    const token = payouts[0].token, addresses = [...new Set(payouts.filter((p) => p.token === token).map((p) => p.earner))];
    const first = await post("statements/tax-lots", { addresses, token, method: "fifo" });
    assert.ok(first.disposals.length > 3 && first.lots.length > 50, `${first.disposals.length} ${first.lots.length}`);
    assert.equal(first.sums.income, null);
    assert.equal(BigInt(first.sums.acquired), big_sum(first.lots.map((l) => l.amount)));
    assert.ok(BigInt(first.sums.acquired) > big_sum(payouts.filter((p) => p.token === token).map((p) => p.amount)));
    const days = [...new Set([...first.lots, ...first.disposals].map((x) => x.day))];
    const prices = days.map((day, i) => ({ day, price: `${(i * 7) % 5}.${String(i * 137).padStart(3, "0")}` }));
    for (const method of ["fifo", "lifo", "hifo", "average"]) {
        const report = await post("statements/tax-lots", { addresses, token, method, prices });
        naive(report, method);
        const costs = big_sum(report.disposals.map((d) => d.cost)), left = big_sum(report.lots.map((l) => l.remaining_cost));
        assert.equal(costs + left, big_sum(report.lots.map((l) => l.cost)), method);
        assert.equal(report.sums.income, String(costs + left));
        for (const l of report.lots) assert.equal(BigInt(l.cost), BigInt(l.amount) * BigInt(l.unit_cost) / WAD);
        for (const d of report.disposals) {
            assert.equal(BigInt(d.gain), BigInt(d.proceeds) - BigInt(d.cost));
            assert.equal(BigInt(d.cost), big_sum(d.matches.map((m) => m.cost)));
            if (d.what === "slash") assert.equal(d.proceeds, "0");
        }
        // A period tells the same disposals.
        const from = report.disposals[report.disposals.length >> 1].day;
        const later = await post("statements/tax-lots", { addresses, token, method, prices, from });
        assert.deepEqual(later.disposals, report.disposals.filter((d) => d.day >= from));
    }
    const slashes = first.disposals.filter((d) => d.what === "slash");
    assert.ok(slashes.length > 0, "no slash");
    assert.equal(BigInt(first.sums.lost), big_sum(slashes.map((d) => d.amount)));
    assert.deepEqual(sums_by_block(slashes, (d) => [d.address, d.block_number, d.amount]), await slashed(addresses, token));
    const bad = (body, param) => post("statements/tax-lots", { addresses, token, method: "fifo", ...body }, 400).then((p) => assert.equal(p.param, param));
    await bad({ method: "hifo" }, "prices");
    await bad({ method: "best" }, "method");
    await bad({ addresses: [] }, "addresses");
    await bad({ addresses: [token, "0x1"] }, "addresses[1]");
    await bad({ prices: [{ day: "2025-11-01", price: "1,5" }] }, "prices[0].price");
    await bad({ prices: [{ day: "1.11.2025", price: "1" }] }, "prices[0].day");
    await bad({ prices: [{ day: "2025-11-01", price: "1" }, { day: "2025-11-01", price: "2" }] }, "prices");
});

test("compute finds what is booked, names what was changed, and says what is not closed", async () => {
    const closed = (await list("rewards/days")).filter((d) => d.closed);
    const report = JSON.parse((await command(["compute", "--all", "--json"])).out);
    assert.deepEqual(report.days.map((d) => d.day), closed.map((d) => d.day));
    assert.equal(report.days.reduce((n, d) => n + d.payouts, 0), payouts.length);
    assert.equal(report.differences, 0);
    assert.match((await command(["compute"])).out, new RegExp(`^${closed.at(-1).day} .* differences 0\n$`));
    const open = (await list("rewards/days")).find((d) => !d.closed);
    assert.match((await command(["compute", "--day", open.day], 1)).log, /day-not-closed/);
    assert.match((await command(["compute", "--day", open.day, "--provisional"])).out, /provisional\n$/);
    await command(["compute", "--day", "soon"], 2);
    await command(["compute", "--day", "1999-01-01"], 1);
    const one = "(SELECT ctid FROM ledger.reward_share WHERE commission > 0 ORDER BY position LIMIT 1)";
    cluster.sql(database, `ALTER TABLE ledger.reward_share DISABLE TRIGGER USER; ALTER TABLE ledger.entry DISABLE TRIGGER USER; UPDATE ledger.reward_share SET commission = commission + 1 WHERE ctid = ${one};
        UPDATE ledger.entry SET delta = delta + 1 WHERE ctid = (SELECT ctid FROM ledger.entry WHERE log_index = -2 AND counter > 0
            AND account IN (SELECT id FROM ledger.account WHERE book = 61) ORDER BY position DESC LIMIT 1)`);
    const found = JSON.parse((await command(["compute", "--all", "--json"], 1)).out);
    assert.equal(found.differences, 2);
    assert.match(found.first_differences[0], /operator 0x\w+: commission is "\d+" booked and "\d+" computed$/);
    assert.match(found.first_differences[1], /payout \d+, computed \d+ to 0x\w+, is booked otherwise$/);
});

test("export writes the payouts, and the leaves that give the distribution's root", async () => {
    const lines = (await command(["export", "--from", "2025-01-01", "--format", "ndjson"])).out.trim().split("\n").map((line) => JSON.parse(line));
    assert.deepEqual(lines.map((l) => l.id), payouts.map((p) => p.id));
    const distribution = (await list("rewards/distributions")).filter((d) => d.distributor === payouts[0].distributor).at(-1);
    const csv = parse_csv((await command(["export", "--distribution", distribution.id])).out);
    assert.equal(csv.length, distribution.payouts);
    const leaves = (await command(["export", "--distribution", distribution.id, "--cumulative", "--format", "ndjson"])).out;
    writeFileSync(join(files, "leaves.ndjson"), leaves);
    assert.match((await run(["rewards", "root", "--leaves", join(files, "leaves.ndjson")])).out, new RegExp(distribution.root));
    await command(["export", "--from", "2025-01-01", "--cumulative"], 2);
    await command(["export", "--from", "2025-11-02", "--to", "2025-11-01"], 2);
});

test("every resource about what operators are paid was held to OpenAPI", () => {
    for (const path of ["operators/{address}/payouts", "operators/{address}/rewards", "operators/{address}/commission", "operators/{address}/projection",
        "statements/rewards", "accounts/{address}/rewards"]) assert.ok(contract.held.has(`/v1/${path}`), path);
});
