// tests/scenarios/lib/registry.mjs - a DelegateRegistry for an archive that has none, and what its delegations do to power.
import { createRequire } from "node:module";
import { join } from "node:path";
import { root } from "./program.mjs";

const { id } = createRequire(join(root, "tests/package.json"))("ethers");
const SET = id("SetDelegate(address,bytes32,address)"), CLEAR = id("ClearDelegate(address,bytes32,address)");
const word = (address) => `0x${address.slice(2).toLowerCase().padStart(64, "0")}`;
export const REGISTRY = `0x${"de1e".repeat(10)}`;
export const EVERYWHERE = `0x${"00".repeat(32)}`;
export const space_id = (name) => `0x${Buffer.from(name).toString("hex").padEnd(64, "0")}`;
export const HELD = 1, DELEGATED_IN = 2, STAKED = 4, COOLING_DOWN = 8, QUEUED = 16, BY_REGISTRY = 32;

/**
 * The chain with logs of a registry behind the real ones: now and then one of `people` sets or clears its delegate for one of `ids`.
 * told: [{block, who, id, whom (null: cleared)}] in their order.
 */
export function with_registry(blocks, people, ids, random) {
    const told = [], delegation = new Map();
    const out = blocks.map((block) => {
        const logs = [...block.logs], number = Number(block.number);
        for (let n = random.next(3); n > 0 && number > 0; n--) {
            const who = random.pick(people), space = random.pick(ids), key = who + space, before = delegation.get(key) ?? null;
            const whom = random.next(5) ? random.pick(people) : null;
            if (whom === who || whom === before) continue; // the contract refuses it
            delegation.set(key, whom);
            told.push({ block: number, who, id: space, whom });
            const topics = (event, party) => [event, word(who), space, word(party)];
            for (const list of [before && topics(CLEAR, before), whom && topics(SET, whom)].filter(Boolean))
                logs.push({ address: REGISTRY, topics: list, data: "0x", blockNumber: block.number, blockHash: block.hash,
                    transactionHash: id(`${block.hash}/${logs.length}`), transactionIndex: "0xfff", logIndex: `0x${logs.length.toString(16)}`, removed: false });
        }
        return { ...block, logs };
    });
    return { blocks: out, told };
}

/** To whom `who` delegated in a space at the end of a block: what it set for the space, else for all; null: nobody. */
export function delegate_of(told, who, space, block) {
    const last = (key) => told.findLast((t) => t.block <= block && t.who === who && t.id === key)?.whom ?? null;
    return (space === null ? null : last(space)) ?? last(EVERYWHERE);
}

/** Of the parts of an account (api_v1.power_parts) by a policy: {own, delegated_in}; own null: not known. */
export function own_power(parts, policy) {
    const named = parts.filter((p) => (policy & HELD && p.component === "held" && p.counted) || (policy & STAKED && p.component === "staked" && p.counted) ||
        (policy & COOLING_DOWN && p.component === "cooling_down") || (policy & QUEUED && p.component === "queued"));
    const total = (list) => list.reduce((sum, p) => (sum === null || p.alt === null ? null : sum + BigInt(p.alt)), 0n);
    return { own: total(named), delegated_in: policy & DELEGATED_IN ? total(parts.filter((p) => p.component === "delegated_in")) : 0n };
}

/** Power of every account (own: Map of the above): {account: power or null}. delegate(who): null, if nobody. */
export function powers(own, delegate) {
    const given = new Map([...own.keys()].map((who) => [who, []]));
    for (const [who, has] of own) given.get(delegate(who) ?? who)?.push(has.own);
    return new Map([...own].map(([who, has]) => [who, given.get(who).reduce((sum, n) => (sum === null || n === null ? null : sum + n), has.delegated_in)]));
}
