// tests/scenarios/lib/economy.mjs - people who move votes, vault shares and other tokens on a local node, and what the chain says they have.
import { createHash } from "node:crypto";
import { createRequire } from "node:module";
import { existsSync, mkdirSync, readdirSync, readFileSync, renameSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { root } from "./anvil.mjs";
import { accounts, compile, deploy, mine, send } from "./chain.mjs";

const { AbiCoder, Interface, id, toBeHex, zeroPadValue } = createRequire(join(root, "tests/package.json"))("ethers");
const CONTRACTS = join(root, "tests/contracts");
const coder = AbiCoder.defaultAbiCoder();
const GAS = "0x7a120"; // 500,000: a dozen fit into a block
const RICH = 10n ** 24n;
export const MAX = 2n ** 256n - 1n;
export const ZERO = "0x" + "00".repeat(20);
export const IDS = [1n, 7n, MAX]; // ERC-1155

const word = (value) => zeroPadValue(toBeHex(value), 32);
export const topics = {
    transfer: id("Transfer(address,address,uint256)"),
    delegateVotesChanged: id("DelegateVotesChanged(address,uint256,uint256)"),
    transferSingle: id("TransferSingle(address,address,address,uint256,uint256)"),
    transferBatch: id("TransferBatch(address,address,address,uint256[],uint256[])"),
};

/** tests/contracts, compiled; kept under build/test, since the compiler takes its time. */
export function built() {
    const sources = Object.fromEntries(readdirSync(CONTRACTS).map((name) => [name, readFileSync(join(CONTRACTS, name), "utf8")]));
    const lock = readFileSync(join(root, "tests/package-lock.json"));
    const key = createHash("sha256").update(lock).update(JSON.stringify(sources)).digest("hex").slice(0, 16);
    const folder = join(root, process.env.B ?? "build", "test"), kept = join(folder, `contracts-${key}.json`);
    if (existsSync(kept)) return JSON.parse(readFileSync(kept, "utf8"));
    const contracts = compile(sources);
    mkdirSync(folder, { recursive: true });
    writeFileSync(`${kept}.${process.pid}`, JSON.stringify(contracts));
    renameSync(`${kept}.${process.pid}`, kept); // another file's tests may read it right now
    return contracts;
}

/** Our contracts and everybody's first money, on a node started with at least 14 accounts. */
export class Economy {
    constructor(node, rng) {
        this.node = node;
        this.rng = rng;
    }

    static async start(node, rng) {
        const e = new Economy(node, rng);
        const contracts = built();
        e.people = (await accounts(node)).map((a) => a.toLowerCase());
        // Some own no key: they only receive.
        e.others = Array.from({ length: 6 }, (_, i) => "0x" + id(`other ${i}`).slice(2, 42));
        e.abi = Object.fromEntries(Object.entries(contracts).map(([name, c]) => [name, new Interface(c.abi)]));
        const make = async (name, ...args) =>
            (await deploy(node, contracts[name].bytecode + e.abi[name].encodeDeploy(args).slice(2), e.people[0])).toLowerCase();
        e.token = await make("Token");
        e.vault = await make("Vault", e.token);
        e.plain = await make("Plain");
        e.multi = await make("Multi");
        e.probe = await make("Probe", e.token, e.vault, e.plain, e.multi);
        e.liars = { token: await make("Liar"), votes: await make("Liar"), multi: await make("Liar"), stranger: await make("Liar") };
        await e.block(e.people.map((p) => e.call(p, e.token, "Token", "mint", p, RICH)));
        await e.block(e.people.map((p) => e.call(p, e.token, "Token", "approve", e.vault, MAX)));
        await e.block(e.people.slice(0, 6).map((p) => e.call(p, e.token, "Token", "delegate", e.rng.pick(e.people))));
        return e;
    }

    /** Entries of a network file; the stranger is not among them. */
    get contracts() {
        return [
            { kind: "erc20votes", name: "token", address: this.token },
            { kind: "erc4626", name: "vault", address: this.vault },
            { kind: "erc20", name: "plain", address: this.plain },
            { kind: "erc1155", name: "multi", address: this.multi },
            { kind: "erc20", name: "liar", address: this.liars.token },
            { kind: "erc20votes", name: "liar of votes", address: this.liars.votes },
            { kind: "erc1155", name: "liar of many", address: this.liars.multi },
        ];
    }

    call(from, to, name, method, ...args) {
        return { from, to, data: this.abi[name].encodeFunctionData(method, args), gas: GAS };
    }

    /** Make a liar emit a log. */
    lie(liar, logTopics, data = "0x") {
        return this.call(this.rng.pick(this.people), liar, "Liar", "say", logTopics, data);
    }

    lieTransfer(liar, from, to, value) {
        return this.lie(liar, [topics.transfer, word(from), word(to)], word(value));
    }

    async block(transactions) {
        if (transactions.length) await send(this.node, transactions);
        await mine(this.node);
    }

    /** An amount: mostly some part of what people have, at times nothing or one unit. */
    amount() {
        const kind = this.rng.next(10);
        if (kind === 0) return 0n;
        if (kind === 1) return 1n;
        return BigInt(1 + this.rng.next(1e9)) * 10n ** BigInt(this.rng.next(13));
    }

    anyone() {
        return this.rng.next(4) ? this.rng.pick(this.people) : this.rng.pick(this.others);
    }

    /** One random transaction; a few of them revert, which is a case too. */
    act() {
        const p = this.rng.pick(this.people), q = this.anyone(), n = this.amount();
        const token = (method, ...args) => this.call(p, this.token, "Token", method, ...args);
        const vault = (method, ...args) => this.call(p, this.vault, "Vault", method, ...args);
        const multi = (method, ...args) => this.call(p, this.multi, "Multi", method, ...args);
        const one = this.rng.pick(IDS), two = this.rng.pick(IDS);
        return this.rng.pick([
            () => token("transfer", q, n), () => token("transfer", q, n), () => token("transfer", q, n),
            () => token("transfer", p, n), // to oneself
            () => token("transfer", q, 0n),
            () => token("mint", q, n),
            () => token("burn", n),
            () => token("delegate", q), () => token("delegate", q), () => token("delegate", p), () => token("delegate", ZERO),
            () => token("transfer", this.vault, n), // a gift: assets without shares
            () => vault("deposit", n, q), () => vault("deposit", n, p), () => vault("mint", n, p),
            () => vault("withdraw", n / 10n, q, p), () => vault("redeem", n / 10n, p, p),
            () => vault("transfer", q, n / 10n), () => vault("transfer", p, n / 10n),
            () => multi("mint", p, one, n), () => multi("mintBatch", p, [one, two, one], [n, 3n, 1n]),
            () => multi("safeTransferFrom", p, q, one, n / 10n, "0x"), () => multi("safeTransferFrom", p, p, one, 1n, "0x"),
            () => multi("safeBatchTransferFrom", p, q, [one, two], [n / 10n, 1n], "0x"),
            () => multi("burn", p, one, n / 10n), () => multi("burnBatch", p, [one, two], [1n, 1n]),
            () => this.lieTransfer(this.liars.stranger, p, q, n), // its topic is known, its emitter is not
        ])();
    }

    acts(n) {
        return Array.from({ length: n }, () => this.act());
    }

    /** All that there is of a token goes from hand to hand: 2^256 - 1. */
    everything() {
        const [a, b] = this.people, call = (from, method, ...args) => this.call(from, this.plain, "Plain", method, ...args);
        return [
            call(a, "mint", a, MAX), call(a, "transfer", b, MAX), call(b, "transfer", b, MAX), call(a, "transfer", b, 0n),
            call(b, "transfer", a, MAX - 5n), call(b, "burn", 5n), call(a, "mint", this.others[0], 5n),
        ];
    }

    /** What no honest contract emits. */
    lies() {
        const [a, b, c] = this.people, { token, votes, multi } = this.liars;
        const odd = coder.encode(["uint256[]", "uint256[]"], [[1n, 2n], [3n]]);
        return [
            this.lieTransfer(token, ZERO, a, 100n),
            this.lieTransfer(token, b, c, MAX), // b has nothing
            this.lieTransfer(token, ZERO, c, MAX), // c has as much already
            this.lieTransfer(token, c, c, MAX),
            this.lieTransfer(token, b, ZERO, 7n), // nor was it ever issued
            this.lie(token, [topics.transfer, word(a), word(b)], "0x1234"), // too short
            this.lie(token, [topics.transfer], "0x" + "ff".repeat(96)), // nothing is indexed
            this.lie(token, [], "0x00"),
            this.lie(votes, [topics.delegateVotesChanged, word(a)], coder.encode(["uint256", "uint256"], [5n, MAX])),
            this.lie(votes, [topics.delegateVotesChanged, word(b)], coder.encode(["uint256", "uint256"], [0n, MAX])),
            this.lie(multi, [topics.transferBatch, word(a), word(b), word(c)], odd),
            this.lie(multi, [topics.transferSingle, word(a), word(b), word(c)], coder.encode(["uint256", "uint256"], [MAX, MAX])),
            this.lie(multi, [topics.transferBatch, word(a), word(b), word(c)], word(MAX) + word(MAX).slice(2)), // wild offsets
        ];
    }

    get everybody() {
        return [...this.people, ...this.others, this.vault];
    }

    /** What the contracts answer at the head: {number, hash, each, totals}. Nothing may be mined meanwhile. */
    async sample() {
        const data = this.abi.Probe.encodeFunctionData("ask", [this.everybody, IDS]);
        const [head, answer] = await this.node.askMany([
            ["eth_getBlockByNumber", ["latest", false]], ["eth_call", [{ to: this.probe, data }, "latest"]],
        ]);
        const [each, totals] = this.abi.Probe.decodeFunctionResult("ask", answer);
        return { number: Number(head.number), hash: head.hash, each, totals };
    }
}
