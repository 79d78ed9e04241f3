// tests/scenarios/golden.mjs - every token figure of the golden chains, asked over the API as of each sampled block.
//
// The truth was recorded from the contracts' own view functions; each chain is mirrored from its archive into a fresh
// database, then served. GOLDEN_CHAINS names the chains.
import assert from "node:assert/strict";
import { after, test } from "node:test";
import { all, chains, each, serve_chain } from "./lib/golden.mjs";
import { get } from "./lib/program.mjs";

const undo = [];
after(async () => {
    for (const step of undo.reverse()) await step();
});

const nonZero = (figures) => Object.fromEntries(Object.entries(figures ?? {}).filter(([, v]) => v !== "0")
    .map(([k, v]) => [k.toLowerCase(), v]).sort());

async function checkToken(url, token, truth, names, count) {
    const at = truth.block;
    const answer = await get(`${url}/v1/tokens/${token}?at=${at}`);
    assert.equal(answer.as_of.block_number, at);
    assert.equal(answer.total_supply, truth[names.supply], `${names.supply} at ${at}`);
    count(1);
    const rows = await all(`${url}/v1/tokens/${token}/holders?at=${at}`);
    const keys = rows.map((r) => r.address.toLowerCase());
    assert.deepEqual(keys, [...keys].sort(), "holders are ordered by address");
    const listed = Object.fromEntries(rows.map((r) => [r.address.toLowerCase(), r.amount]));
    const asked = Object.keys(listed).filter((a) => a in (truth[names.balances] ?? {})).sort();
    assert.deepEqual(Object.fromEntries(asked.map((a) => [a, listed[a]])), nonZero(truth[names.balances]),
        `holders of ${names.balances} at ${at}`);
    // Addresses that the recording did not ask (EigenLayer's burn address): together all holders hold the supply.
    const sum = rows.reduce((total, row) => total + BigInt(row.amount), 0n);
    assert.equal(sum.toString(), truth[names.supply], `all holders of ${names.balances} at ${at}`);
    assert.ok(rows.every((row) => row.amount !== "0"));
    assert.equal(answer.holders, rows.length, `holder count of ${names.balances} at ${at}`);
    count(asked.length + 2);
    if (!names.assets) {
        assert.equal(answer.vault, null);
        return;
    }
    assert.equal(answer.vault.total_assets, truth[names.assets], `${names.assets} at ${at}`);
    const rate = (10n ** 18n * (BigInt(truth[names.assets]) + 1n)) / (BigInt(truth[names.supply]) + 1n);
    assert.equal(answer.vault.rate, rate.toString(), `rate at ${at}`);
    count(2);
}

async function checkAccount(url, address, truth, tokens, count) {
    const answer = await get(`${url}/v1/accounts/${address}?at=${truth.block}`);
    const where = `${address} at ${truth.block}`;
    assert.equal(answer.as_of.block_number, truth.block);
    for (const [name, token] of Object.entries(tokens)) {
        const row = answer.balances.find((b) => b.token.toLowerCase() === token);
        const expected = truth[name]?.[address] ?? "0";
        assert.equal(row?.amount ?? "0", expected, `${name} of ${where}`);
        assert.ok(row === undefined || row.amount !== "0", `a zero balance of ${name} is left out: ${where}`);
        count(1);
    }
    const votes = answer.votes.find((v) => v.token.toLowerCase() === tokens.alt);
    assert.equal(votes?.units ?? "0", truth.votes?.[address] ?? "0", `votes of ${where}`);
    count(1);
}

for (const chain of chains)
    test(`${chain}: balances, votes, supplies and vault equal the contracts' own answers`, async (t) => {
        const { url, samples, contracts } = await serve_chain(chain, undo);
        const named = (name) => contracts.find((c) => c.name === name).address.toLowerCase();
        const tokens = { alt: named("alt"), tok2: named("tok2"), vault: named("realt") };
        let figures = 0;
        const count = (n) => { figures += n; };
        const people = new Set(samples.flatMap((s) => [s.alt, s.tok2, s.vault, s.votes]
            .flatMap((map) => Object.keys(map ?? {}))));
        for (const truth of samples) {
            await checkToken(url, tokens.alt, truth, { balances: "alt", supply: "supply" }, count);
            await checkToken(url, tokens.tok2, truth, { balances: "tok2", supply: "tok2_supply" }, count);
            await checkToken(url, tokens.vault, truth,
                { balances: "vault", supply: "vault_supply", assets: "vault_assets" }, count);
            await each(people, (address) => checkAccount(url, address, truth, tokens, count));
        }
        t.diagnostic(`${chain}: ${figures} figures equal at ${samples.length} blocks`);
        assert.ok(figures > 1000);
    });
