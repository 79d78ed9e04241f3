// tests/scenarios/lib/pg.mjs - a PostgreSQL that tests may kill, fill up and corrupt, and what its books amount to.
import assert from "node:assert/strict";
import { execFileSync, spawn } from "node:child_process";
import { chownSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { tmpdir } from "node:os";
import { root, run, until } from "./program.mjs";

const BIN = "/usr/lib/postgresql/15/bin";
const SETTINGS = `
listen_addresses = ''
fsync = off
full_page_writes = off
shared_buffers = 32MB
max_connections = 60
autovacuum = off
log_min_messages = fatal
restart_after_crash = on
`;

/** Who runs the server: PostgreSQL refuses root. */
function server_user() {
    if (process.getuid() !== 0) return {};
    const id = (flag) => Number(execFileSync("id", [flag, "postgres"], { encoding: "utf8" }));
    return { uid: id("-u"), gid: id("-g") };
}

export class Cluster {
    #started = false;
    #number = 0;

    constructor() {
        this.user = server_user();
        this.directory = mkdtempSync(join(tmpdir(), "altledger-pg-"));
        this.data = this.make_directory("data");
        this.socket = this.make_directory("socket");
        if (this.user.uid !== undefined) chownSync(this.directory, this.user.uid, this.user.gid);
        execFileSync(join(BIN, "initdb"), ["-D", this.data, "-U", "postgres", "-A", "trust", "--locale=C", "--encoding=UTF8",
            "--no-sync", "--no-instructions"], { ...this.user, cwd: "/", stdio: "ignore" });
        writeFileSync(join(this.data, "postgresql.auto.conf"), `${SETTINGS}unix_socket_directories = '${this.socket}'\n`);
        process.on("exit", () => this.remove());
    }

    make_directory(name) {
        const path = join(this.directory, name);
        mkdirSync(path, { mode: 0o700 });
        if (this.user.uid !== undefined) chownSync(path, this.user.uid, this.user.gid);
        return path;
    }

    async start() {
        this.server = spawn(join(BIN, "postgres"), ["-D", this.data], { ...this.user, cwd: "/", stdio: ["ignore", "ignore", "pipe"] });
        this.log = "";
        this.server.stderr.on("data", (text) => { this.log += text; });
        this.ended = new Promise((done) => this.server.once("exit", done));
        await until(() => this.#ready(), `PostgreSQL is ready:\n${this.log}`);
        if (!this.#started) this.sql("postgres", "CREATE ROLE altledger LOGIN NOINHERIT");
        this.#started = true;
        return this;
    }

    #ready() {
        try {
            return this.sql("postgres", "SELECT true") === "t";
        } catch {
            return false;
        }
    }

    /** Process ids of the postmaster's children. */
    children() {
        try {
            return execFileSync("pgrep", ["-P", String(this.server.pid)], { encoding: "utf8" }).trim().split("\n").map(Number);
        } catch {
            return [];
        }
    }

    /** The whole server dies at once, as when its machine does; what the kernel took from it is kept. */
    async kill() {
        const all = [this.server.pid, ...this.children()];
        for (const pid of all) try { process.kill(pid, "SIGKILL"); } catch { /* gone already */ }
        await this.ended;
        await until(() => all.every((pid) => { try { process.kill(pid, 0); return false; } catch { return true; } }), "all are dead");
    }

    async stop(signal = "SIGINT") {
        this.server?.kill(signal);
        await this.ended;
    }

    remove() {
        if (this.server && this.server.exitCode === null) this.server.kill("SIGQUIT");
        for (let i = 0; i < 10; i++)
            try {
                rmSync(this.directory, { recursive: true, force: true });
                return;
            } catch { /* the server still writes */ }
    }

    /** psql's answer: unaligned tuples only. */
    sql(database, text, user = "postgres") {
        return execFileSync("psql", ["-X", "-A", "-t", "-q", "-v", "ON_ERROR_STOP=1", "-h", this.socket, "-U", user, "-d", database],
            { input: text, encoding: "utf8", stdio: ["pipe", "pipe", "pipe"], maxBuffer: 1 << 28 }).trimEnd();
    }

    rows(database, text) {
        return JSON.parse(this.sql(database, `SELECT coalesce(json_agg(q), '[]') FROM (${text}) q`));
    }

    one(database, text) {
        return this.rows(database, text)[0];
    }

    conninfo(database, socket = this.socket) {
        return `host=${socket} user=altledger dbname=${database}`;
    }

    /** A new database that altledger's login may use: empty, or a copy of another. */
    create({ template = "template0", options = "" } = {}) {
        const name = `test_${++this.#number}`;
        this.sql("postgres", `CREATE DATABASE ${name} TEMPLATE ${template} ${options}`);
        if (template === "template0")
            this.sql(name, `SET altledger.login = 'altledger';\n${readFileSync(join(root, "sql/roles.sql"), "utf8")}`);
        else
            this.sql(name, `GRANT CREATE ON DATABASE ${name} TO altledger_owner`);
        return name;
    }

    drop(database) {
        this.sql("postgres", `DROP DATABASE ${database} WITH (FORCE)`);
    }

    /** A migrated database in which every change of mirror.cursor is noted. */
    async create_audited() {
        const name = this.create();
        await run(["migrate", "--database", this.conninfo(name)]);
        this.sql(name, `
            CREATE SCHEMA audit;
            CREATE TABLE audit.note (n bigserial, epoch bigint, holder text, head bigint, version bigint, txid bigint);
            CREATE FUNCTION audit.note() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER AS $$ BEGIN
                INSERT INTO audit.note (epoch, holder, head, version, txid)
                    VALUES (NEW.epoch, NEW.holder, NEW.head_number, NEW.state_version, txid_current());
                RETURN NULL;
            END $$;
            CREATE TRIGGER note AFTER UPDATE ON mirror.cursor FOR EACH ROW EXECUTE FUNCTION audit.note();`);
        return name;
    }

    /** The lease's time is over now: so that a test of what happens then need not wait. */
    expire_lease(database) {
        if (this.sql(database, "SELECT to_regclass('mirror.cursor') IS NOT NULL") === "t")
            this.sql(database, "UPDATE mirror.cursor SET expires_at = clock_timestamp() - interval '1 second'");
    }
}

const table_digest = (name, query) =>
    `SELECT '${name}', count(*) || ' rows, md5 ' || coalesce(md5(string_agg(q::text, E'\\n' ORDER BY q::text COLLATE "C")), '-') FROM (${query}) q`;

/** What must be equal in two mirrors of one chain, whatever happened on the way: {name: digest}. */
export function digests(cluster, database) {
    const tables = cluster.sql(database, "SELECT tablename FROM pg_tables WHERE schemaname = 'ledger' ORDER BY 1").split("\n");
    const queries = tables.map((t) => table_digest(`ledger.${t}`, `SELECT * FROM ledger.${t}`));
    queries.push(
        table_digest("chain", `SELECT h.number, b.hash, b.parent_hash, b.time, b.proof FROM mirror.chain h JOIN mirror.block b ON b.id = h.block`),
        table_digest("events", `SELECT h.number AS at, b.hash, e.number, e.log_index, e.tx_index, e.tx_hash, e.contract, e.topics, e.data,
            t.name, t.signature, e.undecodable, e.subject FROM mirror.chain h JOIN mirror.block b ON b.id = h.block
            JOIN mirror.event e ON e.block = h.block LEFT JOIN mirror.event_type t ON t.id = e.type`),
        table_digest("cursor", `SELECT chain_id, network_hash, rules_version, head_number, head_hash, safe_number, finalized_number, root,
            next_account, events, stopped FROM mirror.cursor`),
        table_digest("indexes", `SELECT indexdef FROM pg_indexes WHERE schemaname IN ('mirror', 'ledger')`),
        table_digest("next generation", `SELECT 1 FROM pg_namespace WHERE nspname IN ('ledger_next', 'ledger_old')`));
    return Object.fromEntries(cluster.sql(database, queries.join("\nUNION ALL ")).split("\n").map((line) => line.split("|")));
}

/** Whoever read the feed from its start knows just the canonical events: each block came once more than it went, or as often. */
export function check_feed(cluster, database) {
    const wrong = cluster.rows(database, `
        WITH told AS (SELECT block, sum(CASE WHEN added THEN 1 ELSE -1 END) AS times, sum(CASE WHEN added THEN events ELSE -events END) AS events
                        FROM mirror.feed GROUP BY block),
             truth AS (SELECT h.block, count(*) AS events FROM mirror.chain h JOIN mirror.event e ON e.block = h.block GROUP BY h.block)
        SELECT coalesce(told.block, truth.block) AS block, times, told.events AS told, truth.events AS truth
          FROM told FULL JOIN truth ON told.block = truth.block WHERE coalesce(told.events, 0) <> coalesce(truth.events, 0) LIMIT 5`);
    assert.deepEqual(wrong, [], "the feed tells the chain");
    const gaps = cluster.rows(database, `SELECT * FROM (SELECT seq, lag(seq + events, 1, 1::bigint) OVER (ORDER BY seq) AS due FROM mirror.feed) f
        WHERE seq <> due`);
    assert.deepEqual(gaps, [], "the feed has no gaps");
}

/** The books of `database` equal those of an undisturbed mirror (its digests), and verify agrees. */
export async function check_books(cluster, database, calm) {
    assert.deepEqual(digests(cluster, database), calm);
    check_feed(cluster, database);
    const program = await run(["verify", "--json", "--database", cluster.conninfo(database)]);
    const report = JSON.parse(program.out);
    assert.equal(report.differences, 0);
    assert.equal(report.root, `0x${cluster.sql(database, "SELECT encode(root, 'hex') FROM mirror.cursor")}`);
}

/** After an audited run: an epoch that was over never wrote again, and what was booked only ever grew within one branch. */
export function check_audit(cluster, database) {
    const wrong = cluster.rows(database, `SELECT * FROM (SELECT n, epoch, max(epoch) OVER (ORDER BY n) AS newest, version,
        lag(version) OVER (ORDER BY n) AS before FROM audit.note) a WHERE epoch < newest OR version < before OR version > before + 2`);
    assert.deepEqual(wrong, [], "no writer of an epoch that is over committed anything");
}
