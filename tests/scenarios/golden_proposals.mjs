// tests/scenarios/golden_proposals.mjs - every proposal of the golden chains (state, votes, snapshot, deadline) as of each sampled block.
//
// The truth is what the governor's own views answered. Most changes of state emit no event.
import assert from "node:assert/strict";
import { after, test } from "node:test";
import { all, chains, each, serve_chain } from "./lib/golden.mjs";
import { get } from "./lib/program.mjs";

const STATES = ["pending", "active", "canceled", "defeated", "succeeded", "queued", "expired", "executed"];
const undo = [];
after(async () => {
    for (const step of undo.reverse()) await step();
});

function same(answer, truth, where) {
    assert.equal(answer.state, STATES[truth.state], `state of ${where}`);
    const { against, for: favour, abstain } = truth;
    assert.deepEqual(answer.votes, { against, for: favour, abstain }, `votes of ${where}`);
    assert.equal(String(answer.snapshot), truth.snapshot, `snapshot of ${where}`);
    assert.equal(String(answer.deadline), truth.deadline, `deadline of ${where}`);
    assert.equal(answer.undetermined, null, where);
}

/** Ballots add up to the tally, and each weighs what the voter's units were at the snapshot. */
async function check_ballots(url, proposal, block) {
    const ballots = await all(`${url}/v1/proposals/${proposal.id}/votes?at=${block}`);
    const sum = (choice) => String(ballots.reduce((total, b) => total + BigInt(b.votes[choice]), 0n));
    assert.deepEqual({ against: sum("against"), for: sum("for"), abstain: sum("abstain") }, proposal.votes);
    assert.equal(ballots.length, proposal.ballots);
    const history = await all(`${url}/v1/proposals/${proposal.id}/tally/history?at=${block}`);
    assert.equal(history.length, ballots.length);
    for (const [i, ballot] of ballots.entries()) {
        const where = `ballot of ${ballot.voter} on ${proposal.id}`;
        const power = await get(`${url}/v1/accounts/${ballot.voter}/voting-power?proposal=${proposal.id}`);
        assert.equal(power.get_past_votes, ballot.weight, where);
        assert.equal(power.as_of.block_number, proposal.snapshot_block, where);
        assert.deepEqual([history[i].block_number, history[i].log_index, history[i].ballots], [ballot.block_number, ballot.log_index, i + 1]);
        const own = await all(`${url}/v1/accounts/${ballot.voter}/ballots?at=${block}`);
        assert.ok(own.some((b) => b.proposal === proposal.id && b.block_number === ballot.block_number && b.log_index === ballot.log_index), where);
    }
    return ballots.length;
}

for (const chain of chains)
    test(`${chain}: proposals are in the state that their governor says`, async () => {
        const { url, samples } = await serve_chain(chain, undo);
        const seen = {};
        let compared = 0;
        await each(Object.values(samples), async ({ block, proposals }) => {
            const listed = await all(`${url}/v1/proposals?source=onchain&at=${block}`, 3);
            assert.deepEqual(listed.map((p) => p.proposal_id).sort(), Object.keys(proposals).sort(), `proposals at ${block}`);
            for (const answer of listed) {
                const truth = proposals[answer.proposal_id], where = `${answer.proposal_id} at ${block}`;
                same(answer, truth, where);
                for (const id of [answer.proposal_id, answer.id]) {
                    const { as_of, actions, ...one } = await get(`${url}/v1/proposals/${id}?at=${block}`);
                    assert.equal(as_of.block_number, Number(block));
                    assert.deepEqual(one, answer);
                    assert.ok(actions.length > 0 && actions.every((a) => /^0x([0-9a-f]{2})*$/.test(a.calldata)));
                }
                const tally = await get(`${url}/v1/proposals/${answer.id}/tally?at=${block}`);
                assert.deepEqual([tally.against, tally.for, tally.abstain, tally.state], [truth.against, truth.for, truth.abstain, STATES[truth.state]]);
                assert.equal(answer.quorum === null, answer.state === "pending" || (answer.state === "canceled" && answer.snapshot_block === null));
                seen[answer.state] = (seen[answer.state] ?? 0) + 1;
                compared++;
            }
            for (const state of STATES) {
                const of = await all(`${url}/v1/proposals?status=${state}&at=${block}&order=desc`, 2);
                assert.deepEqual(of.map((p) => p.id).reverse(), listed.filter((p) => p.state === state).map((p) => p.id), `${state} at ${block}`);
            }
        });
        const last = Math.max(...Object.values(samples).map((s) => Number(s.block)));
        let ballots = 0;
        for (const proposal of (await all(`${url}/v1/proposals?at=${last}`)).filter((p) => p.snapshot_block !== null).slice(0, 12))
            ballots += await check_ballots(url, proposal, last);
        assert.ok(compared > 0 && ballots > 0);
        console.log(`${chain}: ${compared} proposals at ${Object.keys(samples).length} blocks (${Object.entries(seen).map(([s, n]) => `${s} ${n}`).join(", ")}), ${ballots} ballots`);
    });
