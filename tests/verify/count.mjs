// tests/verify/count.mjs - counting of ballots of all types in whole numbers, from the words that the service publishes for its rules.

const sum = (numbers) => numbers.reduce((a, b) => a + b, 0n);

function isqrt(n) {
    if (n < 2n) return n;
    let x = 1n << BigInt(Math.ceil(n.toString(2).length / 2));
    for (let y = (x + n / x) >> 1n; y < x; y = (x + n / x) >> 1n) x = y;
    return x;
}

/** whole * part / sum of the parts, rounded down; the units left over one each to the largest remainders, of equal ones the first. */
function share(whole, parts) {
    const all = sum(parts);
    if (all === 0n) return parts.map(() => 0n);
    const shares = parts.map((part) => whole * part / all);
    const rests = parts.map((part, i) => [whole * part % all, i]).sort(([a, i], [b, k]) => (a === b ? i - k : a > b ? -1 : 1));
    const left = whole - sum(shares);
    for (const [, i] of rests.slice(0, Number(left))) shares[i]++;
    return shares;
}

const weights = (n, choice) => Array.from({ length: n }, (_, i) => BigInt(choice[i + 1] ?? 0));

function runoff(n, ballots, power) {
    let standing = Array.from({ length: n }, (_, i) => i + 1);
    for (;;) {
        const scores = new Map(standing.map((c) => [c, 0n]));
        for (const { choice, power: p } of ballots) {
            const first = choice.find((c) => scores.has(c));
            scores.set(first, scores.get(first) + p);
        }
        if (standing.length < 3 || standing.some((c) => 2n * scores.get(c) > power))
            return Array.from({ length: n }, (_, i) => scores.get(i + 1) ?? 0n);
        const least = standing.reduce((a, b) => (scores.get(b) < scores.get(a) ? b : a));
        standing = standing.filter((c) => c !== least);
    }
}

function copeland(n, ballots, power) {
    if (n === 1) return [power];
    const points = Array(n).fill(0n), support = Array(n).fill(0n);
    for (let a = 0; a < n; a++)
        for (let b = a + 1; b < n; b++) {
            const above = sum(ballots.filter(({ choice }) => choice.indexOf(a + 1) < choice.indexOf(b + 1)).map((x) => x.power));
            const below = power - above;
            points[a] += above > below ? 2n : above === below ? 1n : 0n;
            points[b] += below > above ? 2n : above === below ? 1n : 0n;
            support[a] += above;
            support[b] += below;
        }
    return share(power, points.map((p, i) => 2n * BigInt(n - 1) * power * p + support[i]));
}

/** Scores of n choices; ballots [{choice, power}], one a voter. */
function scoresOf(type, n, ballots, power) {
    const add = (of) => ballots.reduce((scores, b) => of(b).map((x, i) => scores[i] + x), Array(n).fill(0n));
    const chosen = (picks, p) => Array.from({ length: n }, (_, i) => (picks.includes(i + 1) ? p : 0n));
    switch (type) {
    case "basic":
    case "single-choice":
        return add((b) => chosen([b.choice], b.power));
    case "approval":
        return add((b) => chosen(b.choice, b.power));
    case "weighted":
        return add((b) => share(b.power, weights(n, b.choice)));
    case "quadratic": {
        const roots = add(({ choice, power: p }) => {
            const parts = weights(n, choice), all = sum(parts);
            return parts.map((part) => isqrt((p * part << 128n) / all));
        });
        return share(power, roots.map((s) => s * s));
    }
    case "ranked-choice":
        return runoff(n, ballots, power);
    case "copeland":
        return copeland(n, ballots, power);
    default:
        throw new Error(`no such type of voting: ${type}`);
    }
}

/** {scores, power, outcome}, all numbers as decimal text. */
export function count(type, n, ballots, quorum) {
    const power = sum(ballots.map((b) => b.power)), scores = scoresOf(type, n, ballots, power);
    const inPlay = type === "basic" ? scores.slice(0, 2) : scores; // who abstains counts for the quorum
    const most = inPlay.reduce((a, b) => (b > a ? b : a), 0n), best = inPlay.flatMap((s, i) => (s === most && most > 0n ? [i + 1] : []));
    const reached = power >= quorum, winner = best.length === 1 ? best[0] : null;
    const succeeded = reached && (type === "basic" ? winner === 1 : winner !== null);
    return {
        scores: scores.map(String),
        power: String(power),
        outcome: { quorum_reached: reached, succeeded, tie: best.length > 1, winner },
    };
}
