// tests/scenarios/lib/council.mjs - a service with proposals of every type, ballots that were changed, an alias, a cancellation: something to recount.
import { accepted, now, person, post, sign, voter, voters_chain, SPACE } from "./ballots.mjs";
import { random } from "./chain.mjs";
import { get, serve, until } from "./program.mjs";

export const VOTERS = 60, SNAPSHOT = 2;
export const TYPES = ["basic", "single-choice", "approval", "weighted", "quadratic", "ranked-choice", "copeland"];
const CHOICES = ["red", "green", "blue", "none"], BASIC = ["For", "Against", "Abstain"];
const shuffled = (list, next) => list.map((v) => [next(), v]).sort(([a], [b]) => a - b).map(([, v]) => v);
const choices_of = (type) => (type === "basic" ? BASIC : CHOICES);

/** Some choice of a type; next: a generator of numbers in [0, 1). */
export function choice_of(type, next) {
    const n = choices_of(type).length, pick = () => 1 + Math.floor(next() * n), all = choices_of(type).map((_, i) => i + 1);
    switch (type) {
        case "approval": return all.filter(() => next() < 0.5);
        case "weighted": case "quadratic": return Object.fromEntries(all.map((k) => [k, 1 + Math.floor(next() * 9)]));
        case "ranked-choice": case "copeland": return shuffled(all, next);
        default: return pick();
    }
}

/** A chain, and a service on it: {network, archive, keys, start(conninfo) -> {program, url}}. */
export function council(dir, { voters = VOTERS, spaces = [{ id: SPACE, admins: [person(0).address], quorum: "5000000000000000000" }] } = {}) {
    const files = voters_chain(dir, voters, spaces), keys = `${dir}/keys`;
    const start = async (conninfo) => {
        const served = await serve("run", "--network", files.network, "--source", files.archive, "--database", conninfo, "--keys", keys);
        await until(async () => (await get(`${served.url}/v1/status`)).syncing === false && (await get(`${served.url}/v1/status`)).head, "it has mirrored the archive");
        return served;
    };
    return { ...files, keys, start };
}

/** Ballots on a proposal of each type; {type: id} and {canceled, empty, changed}. */
export async function vote_on_all(url, { ballots = 20, seed = 7 } = {}) {
    const { real: next } = random(seed), ids = {};
    const propose = async (given) => (await accepted(url, await sign.proposal(voter(0), { snapshot: SNAPSHOT, ...given }))).id;
    for (const type of TYPES) {
        const form = { type: type === "copeland" ? "ranked-choice" : type }; // the client has no form of its own for copeland
        ids[type] = await propose({ type, choices: choices_of(type), title: `By ${type}?` });
        for (let k = 0; k < ballots; k++)
            await accepted(url, await sign.vote(voter(k), ids[type], choice_of(type, next), { ...form, reason: k % 5 === 0 ? `because "${k}" é` : "" }));
        for (let k = 0; k < ballots; k += 4)
            await accepted(url, await sign.vote(voter(k), ids[type], choice_of(type, next), { ...form, timestamp: now() + 2 }));
        // older than what counts: it stays, and does not count
        await accepted(url, await sign.vote(voter(0), ids[type], choice_of(type, next), { ...form, timestamp: now(), reason: "no, wait" }));
    }
    await accepted(url, await sign.alias(voter(30), person(5).address));
    await accepted(url, { ...await sign.vote(person(5), ids.basic, 1, { from: voter(30).address }), address: person(5).address });
    ids.changed = await propose({ title: "To be changed", start: now() + 600 });
    await accepted(url, await sign.update(voter(0), { proposal: ids.changed, type: "single-choice", choices: CHOICES, title: "Changed", space: SPACE }));
    ids.canceled = await propose({ title: "To be cancelled" });
    await accepted(url, await sign.vote(voter(1), ids.canceled, 1));
    await accepted(url, await sign.cancel(person(0), ids.canceled));
    ids.empty = await propose({ title: "Nobody cares" });
    return ids;
}

export { accepted, get, now, person, post, sign, voter, SPACE };
