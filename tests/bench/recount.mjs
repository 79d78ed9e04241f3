// tests/bench/recount.mjs - figures on counting ballots again, of each type of voting, without signatures or database: seconds of one core.
import { figure, note, rounds, run, scaled, tool } from "./lib.mjs";

const BALLOTS = scaled(1000000, 10000), GOAL = 5, RANKED_GOAL = 20; // seconds for a million
const types = { basic: 3, "single-choice": 10, approval: 10, weighted: 10, quadratic: 10, "ranked-choice": 10, copeland: 10 }; // choices
const seconds = (nanoseconds) => nanoseconds / 1e9;

export async function recount() {
    for (const [type, choices] of Object.entries(types)) {
        let best = null;
        for (let i = 0; i < rounds; i++) {
            const took = JSON.parse(await run(tool("recount"), [type, BALLOTS, choices].map(String)));
            took.all = took.read + took.count + took.scores;
            if (best === null || took.all < best.all) best = took;
        }
        const goal = (type === "ranked-choice" ? RANKED_GOAL : GOAL) * BALLOTS / 1e6, ours = seconds(best.all);
        figure(`recount of ${BALLOTS.toLocaleString("en-US")} ${type} ballots, s; the goal`, ours, goal, "< 1.00", ours < goal);
        note(`${choices} choices: read ${seconds(best.read).toFixed(2)} s, added ${seconds(best.count).toFixed(2)} s, scores ${seconds(best.scores).toFixed(3)} s, `
            + `${(best.memory / 2 ** 20).toFixed(1)} MiB${best.rankings > 0 ? `, ${best.rankings.toLocaleString("en-US")} different rankings` : ""}`);
    }
}
