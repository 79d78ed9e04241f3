// tests/scenarios/counting.mjs - scores of random ballots of every type are those of snapshot.js's own classes, and exact to the unit.
//
// COUNT_SETS sets of ballots a type, of seed COUNT_SEED. Snapshot counts in floating point: balances are kept so small that its plain
// sums are exact, and there scores must be equal. Where it divides, our scores may differ by what rounding to whole units takes (a
// unit for each ballot that is divided, or one for a division of the whole) and by its own rounding: fewer than 1,000 operations
// with a relative error of 2^-53 each. An independent model over bigints (model/counting.mjs) must agree to the unit, always.
import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { createRequire } from "node:module";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { before, test } from "node:test";
import { count, divide, isqrt, outcome, types } from "../model/counting.mjs";
import { root } from "./lib/anvil.mjs";
import { random } from "./lib/chain.mjs";
import { driver } from "./lib/drive.mjs";

const { utils: { voting } } = createRequire(join(root, "tests/package.json"))("@snapshot-labs/snapshot.js");
const SETS = Number(process.env.COUNT_SETS ?? 1000), SEED = Number(process.env.COUNT_SEED ?? 20261121);
const BALLOTS = 40, CHOICES = 8, EXACT_BITS = 53, FLOAT_ERROR = 1000 * 2 ** -53;
let binary;

before(() => { binary = driver("drive_count", "governance"); });

/** What the driver answers to each question. */
async function ask(questions) {
    const child = spawn(binary, { stdio: ["pipe", "pipe", "inherit"] });
    const gone = new Promise((done) => child.once("close", done));
    child.stdin.end(questions.map((q) => JSON.stringify(q) + "\n").join(""));
    const answers = [];
    for await (const line of createInterface({ input: child.stdout })) answers.push(JSON.parse(line));
    assert.equal(await gone, 0);
    assert.equal(answers.length, questions.length);
    return answers;
}

const question = (type, choices, ballots, quorum = 0n, taken = 0) => ({
    type, choices, quorum: String(quorum), taken, ballots: ballots.map(({ choice, power }) => [choice, String(power)]),
});

/** A bigint of at most so many bits, more often a short one than by chance. */
function number(next, bits) {
    let n = 0n;
    const width = 1 + next(bits);
    for (let left = width; left > 0; left -= 16) n = n << BigInt(Math.min(left, 16)) | BigInt(next(2 ** Math.min(left, 16)));
    return n;
}

function shuffled(next, list) {
    const out = [...list];
    for (let i = out.length; i > 1; i--) {
        const k = next(i);
        [out[i - 1], out[k]] = [out[k], out[i - 1]];
    }
    return out;
}

function choice_of(type, n, next) {
    const all = shuffled(next, Array.from({ length: n }, (_, i) => i + 1));
    if (type === "basic" || type === "single-choice") return all[0];
    if (type === "approval") return all.slice(next(n + 1));
    if (type === "ranked-choice" || type === "copeland") return all;
    const some = all.slice(next(n)), large = next(4) === 0;
    const weights = some.map(() => (large ? Number(number(next, 50)) : next(5)));
    weights[0] += 1;
    return Object.fromEntries(some.map((c, i) => [c, weights[i]]));
}

/** Ballots over 1 to CHOICES choices; small powers make ties, and ballots in favour of few choices make early ends of runoffs. */
function random_set(type, next) {
    const n = type === "basic" ? 3 : 1 + next(CHOICES), ballots = [];
    const bits = [2, 8, 30, EXACT_BITS - 6][next(4)]; // BALLOTS < 2^6
    const alike = next(3) === 0 ? choice_of(type, n, next) : null;
    for (let i = next(BALLOTS + 1); i > 0; i--) {
        const choice = alike !== null && next(2) === 0 ? alike : choice_of(type, n, next);
        ballots.push({ choice, power: number(next, bits) });
    }
    return { type, n, ballots };
}

function snapshot_scores({ type, n, ballots }) {
    const proposal = { choices: Array.from({ length: n }, (_, i) => `choice ${i + 1}`) };
    const votes = ballots.map(({ choice, power }) => ({ choice, balance: Number(power), scores: [Number(power)] }));
    assert.ok(votes.every(({ choice }) => voting[type].isValidChoice(choice, proposal.choices)));
    const counted = new voting[type](proposal, votes, [{}], undefined);
    return { scores: counted.getScores(), total: counted.getScoresTotal() };
}

/** How far our score may be from Snapshot's. */
function tolerance(type, ballots, total) {
    if (type === "weighted") return ballots.length + FLOAT_ERROR * total;
    if (type === "quadratic" || type === "copeland") return 1 + FLOAT_ERROR * total;
    return 0;
}

function assert_equal_to_snapshot(set, scores, text) {
    const theirs = snapshot_scores(set), allowed = tolerance(set.type, set.ballots, theirs.total);
    assert.equal(theirs.total, Number(set.ballots.reduce((a, { power }) => a + power, 0n)));
    theirs.scores.forEach((score, i) => {
        const apart = Math.abs(Number(scores[i]) - score);
        assert.ok(apart <= allowed, `choice ${i + 1}: ours ${scores[i]}, Snapshot's ${score}; ${text}`);
    });
}

function assert_equal_to_model(set, quorum, answer, text) {
    const exact = count(set.type, set.n, set.ballots);
    assert.deepEqual(answer, {
        power: String(exact.power), scores: exact.scores.map(String), voters: set.ballots.length, ...outcome(set.type, exact, quorum),
    }, text);
}

for (const type of types) {
    test(`${SETS} sets of ${type} ballots give what snapshot.js and exact arithmetic give`, async () => {
        const { next } = random(SEED + types.indexOf(type)), sets = Array.from({ length: SETS }, () => random_set(type, next));
        const quorums = sets.map(({ ballots }) => (ballots.length === 0 ? BigInt(next(2)) : BigInt(next(3)) * ballots[0].power));
        const answers = await ask(sets.map(({ n, ballots }, i) => question(type, n, ballots, quorums[i])));
        sets.forEach((set, i) => {
            const text = JSON.stringify(question(type, set.n, set.ballots, quorums[i]));
            assert_equal_to_model(set, quorums[i], answers[i], text);
            assert_equal_to_snapshot(set, answers[i].scores, text);
        });
    });

    test(`${type} ballots of any power, some taken back, are counted to the unit`, async () => {
        const { next } = random(SEED + 100 + types.indexOf(type)), sets = [];
        for (let i = 0; i < SETS / 4; i++) {
            const set = random_set(type, next);
            sets.push({ ...set, taken: next(set.ballots.length + 1), ballots: set.ballots.map((b) => ({ ...b, power: number(next, 250) })) });
        }
        const answers = await ask(sets.map(({ n, ballots, taken }) => question(type, n, ballots, 0n, taken)));
        sets.forEach(({ n, ballots, taken }, i) => {
            assert_equal_to_model({ type, n, ballots: ballots.slice(taken) }, 0n, answers[i], JSON.stringify(question(type, n, ballots, 0n, taken)));
        });
    });
}

test("ties are broken, and elections ended, where snapshot.js does", async () => {
    const ranked = (...rows) => rows.map(([power, ...choice]) => ({ choice, power: BigInt(power) }));
    const sets = [
        ranked([30, 1, 3, 2], [30, 2, 1, 3], [40, 3, 1, 2]),
        ranked([1, 1, 2, 3], [1, 2, 3, 1], [1, 3, 1, 2]),
        ranked([31, 1, 2, 3, 4, 5], [20, 2, 5, 1, 3, 4], [20, 3, 5, 1, 2, 4], [29, 4, 5, 3, 2, 1]), // 5 is nobody's first
        ranked([0, 1, 2, 3, 4], [0, 4, 3, 2, 1]), // no power at all
        ranked([50, 1, 2, 3], [50, 2, 1, 3]), // exactly half
        [],
    ];
    for (const type of ["ranked-choice", "copeland"]) {
        const given = sets.map((ballots) => ({ type, n: ballots[0]?.choice.length ?? 4, ballots }));
        const answers = await ask(given.map(({ n, ballots }) => question(type, n, ballots)));
        given.forEach((set, i) => {
            assert_equal_to_model(set, 0n, answers[i], `set ${i}`);
            assert_equal_to_snapshot(set, answers[i].scores, `set ${i}`);
        });
    }
});

test("a choice that snapshot.js takes for invalid is refused", async () => {
    const bad = {
        basic: [0, 4, "1", null, [1]], "single-choice": [0, 4, 1.5, {}], approval: [[1, 1], [4], [0], 1], "ranked-choice": [[1, 2], [], [1, 1, 2], [1, 2, 4]],
        copeland: [[1, 2], [1, 1, 2], [0, 1, 2]], weighted: [{}, { 4: 1 }, { 1: 0 }, { 1: -1, 2: 2 }, [1], { 1: "1" }], quadratic: [{}, { 0: 1 }, { 1: 0, 2: 0 }],
    };
    const cases = types.flatMap((type) => bad[type].map((choice) => ({ type, choice })));
    const answers = await ask(cases.map(({ type, choice }) => question(type, 3, [{ choice, power: 1n }])));
    cases.forEach(({ type, choice }, i) => {
        assert.equal(voting[type].isValidChoice(choice, ["a", "b", "c"]), false, `${type} ${JSON.stringify(choice)}`);
        assert.equal(answers[i].error, "rule-refused", `${type} ${JSON.stringify(choice)}`);
    });
});

test("the model's own arithmetic", () => {
    for (const n of [0n, 1n, 2n, 3n, 4n, 15n, 16n, 2n ** 384n - 1n, 2n ** 200n]) {
        const x = isqrt(n);
        assert.ok(x * x <= n && (x + 1n) * (x + 1n) > n, String(n));
    }
    assert.deepEqual(divide(10n, [1n, 1n, 1n]), [4n, 3n, 3n]);
    assert.deepEqual(divide(11n, [1n, 2n, 3n]), [2n, 4n, 5n]);
    assert.deepEqual(divide(5n, [0n, 0n]), [0n, 0n]);
});
