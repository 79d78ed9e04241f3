// tests/model/counting.mjs - Snapshot's counting rules over bigints, exactly, as governance/count.h states them; written for itself.
//
// A ballot is {choice, power}: the choice as wallets send it, the power a bigint.

const sum = (list) => list.reduce((a, b) => a + b, 0n);
const range = (n) => Array.from({ length: n }, (_, i) => i + 1);

/** The largest integer whose square is not above n. */
export function isqrt(n) {
    if (n < 2n) return n;
    let x = 1n << BigInt((n.toString(2).length + 1) >> 1);
    for (;;) {
        const next = (x + n / x) >> 1n;
        if (next >= x) return x;
        x = next;
    }
}

/** `whole` divided by parts: floors, then a unit each to those whose rests are the largest, in order of their numbers. */
export function divide(whole, parts) {
    const all = sum(parts);
    if (all === 0n) return parts.map(() => 0n);
    const shares = parts.map((part) => whole * part / all), rests = parts.map((part) => whole * part % all);
    for (let left = whole - sum(shares); left > 0n; left--) {
        const largest = rests.reduce((best, rest, i) => (rest > rests[best] ? i : best), 0);
        shares[largest]++;
        rests[largest] = -1n;
    }
    return shares;
}

const weights = ({ choice }, n) => range(n).map((c) => BigInt(choice[c] ?? 0));

function runoff(ballots, n) {
    let standing = range(n);
    const total = sum(ballots.map(({ power }) => power));
    for (;;) {
        const power = new Map(standing.map((c) => [c, 0n]));
        for (const ballot of ballots) {
            const first = ballot.choice.find((c) => power.has(c));
            power.set(first, power.get(first) + ballot.power);
        }
        if (standing.length < 3 || [...power.values()].some((p) => p > total - p)) return range(n).map((c) => power.get(c) ?? 0n);
        const least = standing.reduce((a, b) => (power.get(b) < power.get(a) ? b : a));
        standing = standing.filter((c) => c !== least);
    }
}

function copeland(ballots, n) {
    const total = sum(ballots.map(({ power }) => power));
    if (n === 1) return [total];
    const above = (a, b) => sum(ballots.filter(({ choice }) => choice.indexOf(a) < choice.indexOf(b)).map(({ power }) => power));
    const parts = range(n).map((a) => {
        let points = 0n, support = 0n;
        for (const b of range(n)) {
            if (a === b) continue;
            const mine = above(a, b), theirs = total - mine;
            points += mine > theirs ? 2n : mine === theirs ? 1n : 0n;
            support += mine;
        }
        return 2n * BigInt(n - 1) * total * points + support;
    });
    return divide(total, parts);
}

const single = (ballots, n) => range(n).map((c) => sum(ballots.filter(({ choice }) => choice === c).map(({ power }) => power)));

const rules = {
    basic: single,
    "single-choice": single,
    approval: (ballots, n) => range(n).map((c) => sum(ballots.filter(({ choice }) => choice.includes(c)).map(({ power }) => power))),
    weighted(ballots, n) {
        const divided = ballots.map((ballot) => divide(ballot.power, weights(ballot, n)));
        return range(n).map((c) => sum(divided.map((shares) => shares[c - 1])));
    },
    quadratic(ballots, n) {
        const roots = range(n).map((c) => sum(ballots.map((ballot) => {
            const all = weights(ballot, n);
            return isqrt((ballot.power * all[c - 1] << 128n) / sum(all));
        })));
        return divide(sum(ballots.map(({ power }) => power)), roots.map((root) => root * root));
    },
    "ranked-choice": runoff,
    copeland,
};

export const types = Object.keys(rules);

/** {power, scores} of ballots over n choices. */
export const count = (type, n, ballots) => ({ power: sum(ballots.map(({ power }) => power)), scores: rules[type](ballots, n) });

/** What scores say: {quorum_reached, tie, winner, succeeded}. */
export function outcome(type, { power, scores }, quorum) {
    const in_play = type === "basic" ? scores.slice(0, 2) : scores;
    const greatest = in_play.reduce((a, b) => (a > b ? a : b)), best = range(in_play.length).filter((c) => scores[c - 1] === greatest && greatest > 0n);
    const winner = best.length === 1 ? best[0] : 0, quorum_reached = power >= quorum;
    return { quorum_reached, tie: best.length > 1, winner, succeeded: (type === "basic" ? winner === 1 : winner > 0) && quorum_reached };
}
