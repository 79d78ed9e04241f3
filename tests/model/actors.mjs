// tests/model/actors.mjs - who and what is on a modelled chain: addresses from the seed, delays, randomness, calls in short.
import { createHash } from "node:crypto";
import { random } from "../scenarios/lib/chain.mjs";

export const MAX = 2n ** 256n - 1n;

export const made_address = (...parts) => `0x${createHash("sha256").update(parts.join("/")).digest("hex").slice(0, 40)}`;

/** A seeded generator, with amounts of any size. */
export function dice(seed) {
    const rng = random(seed);
    const below = (n) => { // [0, n) for a bigint
        let value = 0n;
        for (let bits = n.toString(2).length + 16; bits > 0; bits -= 24) value = (value << 24n) | BigInt(rng.next(1 << 24));
        return value % n;
    };
    const chance = (percent) => rng.next(100) < percent;
    const shuffle = (items) => items.map((item) => [rng.real(), item]).sort((a, b) => a[0] - b[0]).map(([, item]) => item);
    const some = (items, most = items.length) => shuffle(items).slice(0, 1 + rng.next(Math.min(most, items.length)));
    return { ...rng, below, chance, shuffle, some };
}

/** Addresses and delays of a seed. The delays are short, and differ, so that nothing rests on their order. */
export function cast(seed, { stakers, operators = 10, avs = 2 }) {
    const at = (...parts) => made_address("model", seed, ...parts), { next } = random(seed ^ 0x5eed);
    const list = (n, name) => Array.from({ length: n }, (_, i) => at(name, i));
    return {
        addresses: {
            delegation_manager: at("delegation manager"), allocation_manager: at("allocation manager"),
            strategy_manager: at("strategy manager"), alt: at("ALT"), tok2: at("second token"), realt: at("vault"),
            strategies: { ALT: at("strategy ALT"), wOTH: at("strategy second"), reALT: at("strategy vault") },
            avs: list(avs, "avs"),
        },
        people: {
            stakers: list(stakers, "staker"), operators: list(operators, "operator"),
            beneficiary: at("beneficiary"), mint: at("mint"),
        },
        delays: { withdrawal: 6 + next(25), deallocation: 4 + next(22), configuration: 3 + next(12) },
    };
}

/** The network file of a cast. */
export function network(name, { addresses, delays }) {
    const entry = (kind, label, address) => ({ kind, name: label, address, from_block: 0 });
    return {
        name, chain_id: 31337, start_block: 0,
        contracts: [
            entry("erc20", "alt", addresses.alt), entry("erc20", "tok2", addresses.tok2), entry("erc4626", "realt", addresses.realt),
            ...["delegation_manager", "strategy_manager", "allocation_manager"]
                .map((kind) => entry(`eigenlayer.${kind}`, kind, addresses[kind])),
            ...Object.entries(addresses.strategies).map(([label, address]) => entry("eigenlayer.strategy", `strategy ${label}`, address)),
        ],
        parameters: {
            min_withdrawal_delay_blocks: delays.withdrawal, deallocation_delay_blocks: delays.deallocation,
            allocation_configuration_delay_blocks: delays.configuration, calculation_interval_seconds: 86400,
        },
    };
}

/** Calls in short: calls(addresses).dm(from, method, ...args) and so on. */
export function calls(addresses) {
    const to = (address) => (from, method, ...args) => ({ from, to: address, method, args });
    return {
        dm: to(addresses.delegation_manager), am: to(addresses.allocation_manager), sm: to(addresses.strategy_manager),
        alt: to(addresses.alt), tok2: to(addresses.tok2), realt: to(addresses.realt), at: (address, ...rest) => to(address)(...rest),
    };
}
