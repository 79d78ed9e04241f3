// tests/scenarios/lib/governance_rows.mjs - rows of schema governance as messages would leave them, written without the door: for tests of reads.
import { createHash } from "node:crypto";

export const TYPES = ["basic", "single-choice", "approval", "weighted", "quadratic", "ranked-choice", "copeland"];
const ZERO = "0x" + "00".repeat(20), NOTHING = "0x" + "00".repeat(32);
const made = (...parts) => `0x${createHash("sha256").update(parts.join("/")).digest("hex")}`;
const text = (value) => `'${String(value).replaceAll("'", "''")}'`;
const bytes = (hex) => `'\\x${hex.slice(2)}'`;
const time = (seconds) => `to_timestamp(${seconds})`;

/** A log that grows by whole transactions: make() rows with add*(), then commit() gives the SQL that writes them. */
export class Log {
    size = 0;
    #sql = [];
    #committed = 0;
    #counted = new Map(); // proposal and voter -> {position, stamp} of the ballot that counts

    #message(kind, digest, { author = ZERO, space = "", proposal = NOTHING, stamp, received }) {
        const position = this.size++;
        this.#sql.push((size) => `INSERT INTO governance.message VALUES (${position}, ${kind}, ${bytes(digest)}, ${bytes(author)}, ${text(space)}, ${bytes(proposal)},
            ${time(stamp)}, ${time(received)}, ${bytes(made("leaf", position))}, ${size}, '\\x${"00".repeat(65)}', '\\x7b7d')`);
        return position;
    }

    #insert(table, values) {
        this.#sql.push(() => `INSERT INTO governance.${table} VALUES (${values.join(", ")})`);
    }

    space(id, parameters, received) {
        const position = this.#message(1, made("space", this.size), { space: id, stamp: received, received });
        this.#insert("space", [text(id), position, time(received), text(JSON.stringify(parameters))]);
        return position;
    }

    /** A proposal, or with `version` a new one of it. */
    proposal(given) {
        const p = {
            version: 1, type: 0, title: "Shall we?", body: "We *shall*.", discussion: "", choices: ["For", "Against", "Abstain"], labels: [], plugins: "{}",
            app: "", policy: 3, tolerance: 300, ...given,
        };
        const id = p.id ?? made("proposal", this.size), digest = p.version === 1 ? id : made("version", this.size);
        const position = this.#message(p.version === 1 ? 2 : 3, digest, { author: p.author, space: p.space, proposal: id, stamp: p.received, received: p.received });
        this.#insert("proposal", [bytes(id), p.version, position, bytes(digest), text(p.space), p.parameters, bytes(p.author), p.type, text(p.title), text(p.body),
            text(p.discussion), text(JSON.stringify(p.choices)), p.choices.length, text(JSON.stringify(p.labels)), text(p.plugins), text(p.app), p.policy, 1,
            time(p.starts), time(p.ends), time(p.ends + p.tolerance), p.snapshot, time(p.received)]);
        return { ...p, id, digest, position };
    }

    cancel(proposal, author, received) {
        const position = this.#message(4, made("cancel", this.size), { author, space: proposal.space, proposal: proposal.id, stamp: received, received });
        this.#insert("cancellation", [bytes(proposal.id), position, bytes(author), time(received)]);
        return position;
    }

    ballot(proposal, voter, choice, { stamp, received = stamp, reason = "", app = "", metadata = "{}" }) {
        const digest = made("ballot", this.size), key = `${proposal.id}${voter}`, before = this.#counted.get(key);
        const position = this.#message(5, digest, { author: voter, space: proposal.space, proposal: proposal.id, stamp, received });
        const counts = !before || stamp >= before.stamp;
        this.#insert("ballot", [position, bytes(proposal.id), bytes(voter), text(JSON.stringify(choice)), text(reason), text(app), text(metadata), time(stamp),
            time(received), before?.position ?? "NULL", counts]);
        if (counts) this.#counted.set(key, { position, stamp });
        return { position, digest, voter, choice, stamp, received, previous: before?.position ?? null };
    }

    power(proposal, voter, power, { generation = 1, basis }) {
        this.#insert("power", [bytes(proposal.id), bytes(voter), generation, bytes(basis), power]);
    }

    tally(proposal, { size = this.size, generation = 1, basis, ballots, voters, power, scores, received }) {
        this.#insert("tally", [bytes(proposal.id), size, generation, bytes(basis), ballots, voters, power, text(JSON.stringify(scores)), "NULL", time(received)]);
    }

    /** SQL of one transaction with all that was added since the last, and its checkpoint. Times must not go back. */
    commit(received) {
        const sql = this.#sql.map((make) => make(this.size));
        this.#sql = [];
        let ones = 0;
        for (let n = this.size; n > 0; n = Math.floor(n / 2)) ones += n % 2;
        if (this.size > this.#committed) sql.push(`INSERT INTO governance.checkpoint VALUES (${this.size}, ${bytes(made("root", this.size))}, '\\x${"00".repeat(32 * ones)}', ${time(received)}, 'note')`);
        this.#committed = this.size;
        return `BEGIN;\n${sql.join(";\n")};\nCOMMIT;\n`;
    }
}
