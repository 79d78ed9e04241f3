// tests/verify/log.mjs - RFC 6962 trees, C2SP notes and tiles by their own words, in another language than what they check.
import { createHash, createPublicKey, verify } from "node:crypto";

const sha256 = (...parts) => parts.reduce((hash, part) => hash.update(part), createHash("sha256")).digest();
const LEAF = Buffer.of(0), NODE = Buffer.of(1), ED25519 = Buffer.of(1), WIDTH = 256;
const SPKI = Buffer.from("302a300506032b6570032100", "hex"); // RFC 8410: what stands before an Ed25519 public key

export const leafHash = (entry) => sha256(LEAF, entry);
const node = (left, right) => sha256(NODE, left, right);

/** "the largest power of two smaller than n" */
function split(n) {
    let k = 1;
    while (2 * k < n) k *= 2;
    return k;
}

/** MTH of leaves [begin, end). */
export function treeHash(leaves, begin = 0, end = leaves.length) {
    if (end === begin) return sha256();
    if (end - begin === 1) return leaves[begin];
    const middle = begin + split(end - begin);
    return node(treeHash(leaves, begin, middle), treeHash(leaves, middle, end));
}

/** The roots of all sizes: roots[n] is that of the first n leaves. */
export function allRoots(leaves) {
    const roots = [sha256()], subtrees = []; // [leaves, hash], left to right
    for (const leaf of leaves) {
        subtrees.push([1, leaf]);
        while (subtrees.length > 1 && subtrees.at(-1)[0] === subtrees.at(-2)[0]) {
            const [[n, left], [, right]] = subtrees.splice(-2);
            subtrees.push([2 * n, node(left, right)]);
        }
        roots.push(subtrees.map(([, hash]) => hash).reduceRight((right, left) => node(left, right)));
    }
    return roots;
}

/** The root that a leaf at a position and PATH(position, size) make; null: the path has another length. */
export function inclusionRoot(leaf, position, size, path) {
    if (size === 1) return path.length === 0 ? leaf : null;
    if (path.length === 0 || position >= size) return null;
    const k = split(size), last = path.at(-1), rest = path.slice(0, -1);
    const below = position < k ? inclusionRoot(leaf, position, k, rest) : inclusionRoot(leaf, position - k, size - k, rest);
    return below && (position < k ? node(below, last) : node(last, below));
}

/** The roots [older, newer] that PROOF(from, to) makes; null: it has another length. */
export function consistencyRoots(from, to, proof, older) {
    const walk = (m, n, rest, whole) => {
        if (m === n) return whole ? (rest.length === 0 ? [older, older] : null) : rest.length === 1 ? [rest[0], rest[0]] : null;
        if (rest.length === 0) return null;
        const k = split(n), last = rest.at(-1);
        const below = m <= k ? walk(m, k, rest.slice(0, -1), whole) : walk(m - k, n - k, rest.slice(0, -1), false);
        if (below === null) return null;
        return m <= k ? [below[0], node(below[1], last)] : [node(last, below[0]), node(last, below[1])];
    };
    return from >= 1 && from <= to ? walk(from, to, proof, true) : null;
}

/** The root that leaves at ascending positions make with the hashes of the largest subtrees between them, left to right. */
export function multiproofRoot(positions, leaves, size, hashes) {
    let used = 0;
    const walk = (begin, end, first, last) => {
        if (first === last) return hashes[used++];
        if (end - begin === 1) return leaves[first];
        const middle = begin + split(end - begin);
        let cut = first, high = last;
        while (cut < high) { // the first position that is not below the middle
            const at = (cut + high) >> 1;
            if (positions[at] < middle) cut = at + 1;
            else high = at;
        }
        const left = walk(begin, middle, first, cut), right = walk(middle, end, cut, last);
        return left && right ? node(left, right) : undefined;
    };
    const root = walk(0, size, 0, positions.length);
    return root && used === hashes.length ? root : null;
}

// ---- signed notes ----

export class Refused extends Error {}
export function demand(holds, what) {
    if (!holds) throw new Refused(what);
}

/** {name, id, key} of "name+hash+base64". */
export function parseVerifierKey(text) {
    const [, name, id, key] = /^([^\s+]+)\+([0-9a-f]{8})\+([A-Za-z0-9+/=]+)$/.exec(text) ?? [];
    demand(name, `no verifier key: ${text}`);
    const bytes = Buffer.from(key, "base64");
    demand(bytes.length === 33 && bytes[0] === 1, `no Ed25519 key: ${text}`);
    demand(keyId(name, bytes.subarray(1)).toString("hex") === id, `the key's id is not that of its key: ${text}`);
    return { name, id: Buffer.from(id, "hex"), key: bytes.subarray(1) };
}

export const verifierKey = (name, key) => ({ name, id: keyId(name, key), key });
const keyId = (name, key) => sha256(name, "\n", ED25519, key).subarray(0, 4);

/** Size and root of a checkpoint that one of `keys` signed. */
export function openCheckpoint(note, keys) {
    const cut = note.lastIndexOf("\n\n") + 1;
    demand(cut > 0 && note.endsWith("\n"), "a note has an empty line before its signatures");
    const body = note.slice(0, cut), lines = note.slice(cut + 1, -1).split("\n");
    const signed = lines.some((line) => {
        const [, name, signature] = /^\u2014 ([^\s+]+) (\S+)$/.exec(line) ?? [];
        demand(name, `no signature line: ${line}`);
        const bytes = Buffer.from(signature, "base64");
        const by = keys.find((k) => k.name === name && k.id.equals(bytes.subarray(0, 4)));
        if (!by) return false;
        const key = createPublicKey({ key: Buffer.concat([SPKI, by.key]), format: "der", type: "spki" });
        demand(verify(null, Buffer.from(body), key, bytes.subarray(4)), "the checkpoint's signature is wrong");
        return true;
    });
    demand(signed, "the checkpoint is not signed by a key of the log");
    const [origin, size, root] = body.split("\n");
    demand(keys.some((k) => k.name === origin), `the checkpoint is of ${origin}`);
    demand(/^(0|[1-9]\d*)$/.test(size), `no size: ${size}`);
    demand(Buffer.from(root, "base64").length === 32, `no root: ${root}`);
    return { origin, size: Number(size), root: Buffer.from(root, "base64") };
}

// ---- tiles ----

/** x001/x234/067 */
function index(n) {
    const groups = [String(n % 1000).padStart(3, "0")];
    while (n >= 1000) {
        n = Math.floor(n / 1000);
        groups.unshift(`x${String(n % 1000).padStart(3, "0")}`);
    }
    return groups.join("/");
}
export const tilePath = (level, n, width = WIDTH) => `tile/${level}/${index(n)}${width < WIDTH ? `.p/${width}` : ""}`;

/** A log that is read from its prefix. */
export class Log {
    constructor(prefix) {
        this.prefix = prefix;
    }

    async fetch(path) {
        const reply = await fetch(`${this.prefix}/${path}`);
        const body = Buffer.from(await reply.arrayBuffer());
        demand(reply.ok, `${path}: ${reply.status} ${body.toString().slice(0, 300)}`);
        return body;
    }

    async checkpoint() {
        return (await this.fetch("checkpoint")).toString();
    }

    /** The first `size` entries. */
    async entries(size) {
        const all = [];
        for (let n = 0; n * WIDTH < size; n++) {
            const width = Math.min(WIDTH, size - n * WIDTH);
            let bundle = await this.fetch(tilePath("entries", n, width));
            for (let i = 0; i < width; i++) {
                demand(bundle.length >= 2 && bundle.length >= 2 + bundle.readUInt16BE(), `bundle ${n} is cut`);
                all.push(bundle.subarray(2, 2 + bundle.readUInt16BE()));
                bundle = bundle.subarray(2 + bundle.readUInt16BE());
            }
            demand(bundle.length === 0, `bundle ${n} has more than ${width} entries`);
        }
        return all;
    }

    /** Every tile of a log with these leaves holds the hashes that it must. */
    async checkTiles(leaves) {
        let tiles = 0;
        for (let level = 0, hashes = leaves; hashes.length > 0; level++) {
            for (let n = 0; n * WIDTH < hashes.length; n++, tiles++) {
                const own = hashes.slice(n * WIDTH, (n + 1) * WIDTH);
                const tile = await this.fetch(tilePath(level, n, own.length));
                demand(tile.equals(Buffer.concat(own)), `tile ${level}/${n} is not that of the entries`);
            }
            const above = [];
            for (let n = 0; (n + 1) * WIDTH <= hashes.length; n++) above.push(treeHash(hashes, n * WIDTH, (n + 1) * WIDTH));
            hashes = above;
        }
        return tiles;
    }
}
