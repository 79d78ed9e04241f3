// tests/scenarios/eip712.mjs - our EIP-712 digests against those of ethers and viem, over random types and values, right and wrong.
import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { test } from "node:test";
import { TypedDataEncoder, ZeroHash, getAddress } from "ethers";
import { domainSeparator, hashTypedData } from "viem";
import { driver } from "./lib/drive.mjs";

const binary = driver("drive_eip712", "ledger/core");
const RIGHT = 2000, WRONG = 4000;

/** A generator of random numbers that gives the same ones each time (xorshift32). */
function random(seed) {
    let x = seed;
    const next = () => { x ^= x << 13; x ^= x >>> 17; x ^= x << 5; return x >>> 0; };
    return {
        below: (n) => next() % n,
        pick: (list) => list[next() % list.length],
        hex: (bytes) => "0x" + Array.from({ length: bytes }, () => (next() & 255).toString(16).padStart(2, "0")).join(""),
    };
}

/** What the driver says of each: {digest, primary, domain, type} or {refused}. */
function ours(cases) {
    const input = cases.map((c) => `${JSON.stringify(c)}\n`).join("");
    const lines = execFileSync(binary, { input, maxBuffer: 1 << 28 }).toString().trimEnd().split("\n");
    assert.equal(lines.length, cases.length);
    return lines.map((line) => {
        if (line.startsWith("! ")) return { refused: line.slice(2) };
        const [digest, primary, domain, ...type] = line.split(" ");
        return { digest, primary, domain, type: type.join(" ") };
    });
}

const TEXTS = ["", "a", "0x", "ein längerer Text, ✓ 🗳 \" \\ \n", "x".repeat(300), "\u2028\u200f"];

/** [value as JSON, value as viem wants it] */
function integer(r, bits, signed) {
    const top = 1n << BigInt(signed ? bits - 1 : bits);
    const edges = [0n, 1n, top - 1n, BigInt(r.hex(bits / 8)) % top, ...(signed ? [-top, -1n, -(BigInt(r.hex(bits / 8)) % top)] : [])];
    const v = r.pick(edges);
    const forms = [v.toString()];
    if (v >= 0n) forms.push("0x" + v.toString(16), "0x" + v.toString(16).padStart(64, "0"));
    if (v >= -Number.MAX_SAFE_INTEGER && v <= Number.MAX_SAFE_INTEGER) forms.push(Number(v), Number(v));
    return [r.pick(forms), v];
}

function elementary(r, type) {
    const number = /^(u?)int(\d+)$/.exec(type);
    if (number) return integer(r, Number(number[2]), number[1] === "");
    const same = (v) => [v, v];
    if (type === "bool") return same(r.below(2) === 1);
    if (type === "string") return same(r.pick(TEXTS));
    if (type === "address") return same(r.pick([(a) => a, getAddress])(r.hex(20)));
    if (type === "bytes") return same(r.hex(r.pick([0, 1, 31, 32, 33, 200])));
    return same(r.hex(Number(type.slice(5))));
}

function value(r, types, type) {
    const array = /^(.*)\[(\d*)\]$/.exec(type);
    if (array) {
        const n = array[2] === "" ? r.below(4) : Number(array[2]);
        const all = Array.from({ length: n }, () => value(r, types, array[1]));
        return [all.map((v) => v[0]), all.map((v) => v[1])];
    }
    if (!types[type]) return elementary(r, type);
    const all = types[type].map((m) => [m.name, ...value(r, types, m.type)]);
    return [Object.fromEntries(all.map((v) => [v[0], v[1]])), Object.fromEntries(all.map((v) => [v[0], v[2]]))];
}

function elementaryType(r) {
    const width = 8 * (1 + r.below(32));
    return r.pick(["address", "bool", "string", "bytes", `bytes${1 + r.below(32)}`, `uint${width}`, `int${width}`, "uint256"]);
}

/** No $ in their names: viem does not see what such a struct refers to. Structs that refer only to later ones, each of which is used; the first is the primary type. */
function typesOf(r) {
    const names = ["Root", "B", "Ab", "_x9", "Zz"].slice(0, 1 + r.below(5)).map((n, i) => n + (r.below(2) ? "" : i));
    const types = {};
    names.forEach((name, i) => {
        const members = Array.from({ length: r.below(6) }, () => elementaryType(r));
        if (i + 1 < names.length) members.push(names[i + 1]);
        if (i + 2 < names.length && r.below(2)) members.push(r.pick(names.slice(i + 1)));
        types[name] = members.map((type, k) => ({
            name: r.pick(["a", "from", "_", "$", "Ab", "x1"]) + k,
            type: type + r.pick(["", "", "", "[]", "[2]", "[][1]", "[0]", "[3][]"]),
        }));
    });
    return { types, primaryType: names[0] };
}

function domainOf(r) {
    const all = {
        name: r.pick(TEXTS), version: "1", chainId: integer(r, 256, false)[0],
        verifyingContract: r.hex(20), salt: r.hex(32),
    };
    const kept = Object.entries(all).filter(() => r.below(2));
    return Object.fromEntries(r.below(2) ? kept : kept.reverse());
}

function make(r) {
    const { types, primaryType } = typesOf(r);
    const [message, forViem] = value(r, types, primaryType);
    return { domain: domainOf(r), types, primaryType, message, forViem };
}

/** viem wants a bigint or number as chain id. */
const viemDomain = (d) => ("chainId" in d ? { ...d, chainId: BigInt(d.chainId) } : d);
const json = ({ domain, types, primaryType, message }) => ({ domain, types, primaryType, message });

test(`${RIGHT} random messages have ethers' digest and viem's`, () => {
    const r = random(712);
    const cases = Array.from({ length: RIGHT }, () => make(r));
    ours(cases.map(json)).forEach((got, i) => {
        const c = cases[i];
        const name = JSON.stringify(json(c));
        assert.equal(got.refused, undefined, name);
        assert.equal(got.digest, TypedDataEncoder.hash(c.domain, c.types, c.message), name);
        assert.equal(got.digest, hashTypedData({ ...c, domain: viemDomain(c.domain), message: c.forViem }), name);
        assert.equal(got.type, TypedDataEncoder.from(c.types).encodeType(c.primaryType));
        assert.equal(got.primary, c.primaryType);
        assert.equal(got.domain, TypedDataEncoder.hashDomain(c.domain));
        assert.equal(got.domain, domainSeparator({ domain: viemDomain(c.domain) }));
    });
});

test("a domain whose type is declared has the same digest", () => {
    const r = random(713);
    const cases = Array.from({ length: 200 }, () => make(r)).map((c) => ({
        ...json(c), types: TypedDataEncoder.getPayload(c.domain, c.types, c.message).types, right: TypedDataEncoder.hash(c.domain, c.types, c.message),
    }));
    ours(cases.map(json)).forEach((got, i) => assert.equal(got.digest, cases[i].right));
});

// ---- wrong ones ----

const JUNK = [null, true, false, "", "junk", "0x", "0x1", "0x123", "0X12", "-", "-0", "- 1", "1.5", "1e3", "0b1", " 7", "007", 1.5, -1, 256, 65536,
    2 ** 53, (1n << 256n).toString(), (-(1n << 255n) - 1n).toString(), "0x" + "f".repeat(64), "0x" + "f".repeat(65), "0x" + "00".repeat(31),
    "0xCd2a3d9F938E13CD947Ec05AbC7FE734Df8DD826", [], [1], {}, { a: 1 }, ZeroHash];
const JUNK_TYPES = ["uint7", "uint264", "uint0", "uint08", "int1", "bytes0", "bytes33", "bytes01", "Unknown", "uint8[", "uint8]", "uint8[-1]",
    "uint8[x]", "", " uint8", "uint8 ", "Address", "float", "function", "tuple", "uint8[]x"];

/** The places of a value: [holder, key]. */
function places(v, all = []) {
    if (typeof v === "object" && v !== null)
        for (const key of Object.keys(v)) {
            all.push([v, key]);
            places(v[key], all);
        }
    return all;
}

function spoil(r, good) {
    const c = structuredClone(json(good));
    const at = places(c.message);
    const how = r.below(8);
    const all = Object.values(c.types).flat();
    if (how === 0 && all.length > 0) {
        r.pick(all).type = r.pick(JUNK_TYPES);
    } else if (how === 1 && at.length > 0) {
        const [holder, key] = r.pick(at);
        Array.isArray(holder) ? holder.splice(Number(key), 1) : delete holder[key];
    } else if (how === 2) {
        c.domain[r.pick(["name", "version", "chainId", "verifyingContract", "salt", "owner"])] = r.pick(JUNK);
    } else if (how === 3 && all.length > 1) {
        const members = r.pick(Object.values(c.types));
        if (members.length > 0) members.push({ ...r.pick(members) });
    } else if (at.length > 0) {
        const [holder, key] = r.pick(at);
        holder[key] = r.pick(JUNK);
    }
    return c;
}

/** The digest, or null where the library refuses. */
function attempt(f) {
    try {
        return f();
    } catch {
        return null;
    }
}

test(`of ${WRONG} spoilt messages none is taken that ethers refuses, and none has another digest`, () => {
    const r = random(714);
    const cases = Array.from({ length: WRONG }, () => spoil(r, make(r)));
    let refused = 0, taken = 0;
    ours(cases).forEach((got, i) => {
        const c = cases[i];
        const name = `${got.refused} ${JSON.stringify(c)}`;
        const right = attempt(() => TypedDataEncoder.hash(c.domain, c.types, c.message));
        if (got.refused) {
            refused++;
            assert.match(got.refused, /^data\.(domain|types|message)\b.*: ./, name);
        } else {
            taken++;
            assert.equal(got.digest, right, name);
        }
    });
    assert.ok(refused > WRONG / 3 && taken > WRONG / 20, `${refused} refused, ${taken} taken`);
});

test("members that no type declares are refused, wherever they are", () => {
    const r = random(715);
    const cases = [];
    while (cases.length < 300) {
        const c = structuredClone(json(make(r)));
        const objects = [[c], ...places(c.message)].map(([holder, key]) => holder[key ?? "message"]).filter((v) => v && typeof v === "object" && !Array.isArray(v));
        r.pick(objects).unexpected = r.pick(["", 1, null]);
        cases.push(c);
    }
    for (const got of ours(cases)) assert.match(got.refused ?? "taken", /has no member unexpected$/);
});

test("types that refer to themselves have viem's digest", () => {
    const r = random(716);
    const types = {
        Node: [{ name: "v", type: "int16" }, { name: "kids", type: "Node[]" }, { name: "leaf", type: "Leaf[1]" }],
        Leaf: [{ name: "up", type: "Node[]" }, { name: "b", type: "bytes3" }],
    };
    const node = (depth) => ({
        v: r.below(100) - 50, kids: depth > 0 ? Array.from({ length: r.below(3) }, () => node(depth - 1)) : [],
        leaf: [{ up: depth > 0 && r.below(2) ? [node(depth - 1)] : [], b: r.hex(3) }],
    });
    const cases = Array.from({ length: 100 }, () => ({ domain: { name: "snapshot" }, types, primaryType: "Node", message: node(3) }));
    ours(cases).forEach((got, i) => assert.equal(got.digest, hashTypedData(cases[i]), JSON.stringify(cases[i])));
});
