// tests/scenarios/lib/pgproxy.mjs - between a client and PostgreSQL, to cut or hold a connection at a message of one's choice.
import { mkdtempSync, rmSync } from "node:fs";
import { connect, createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";

const SSL_REQUEST = 80877103, GSS_REQUEST = 80877104, CANCEL_REQUEST = 80877102;
const PORT_FILE = ".s.PGSQL.5432";

/** Cuts a stream of protocol messages: give it bytes, take whole messages {type, bytes}. The first has no type. */
class Messages {
    #rest = Buffer.alloc(0);
    #untyped;
    constructor(untyped) {
        this.#untyped = untyped;
    }

    take(bytes) {
        const out = [];
        this.#rest = Buffer.concat([this.#rest, bytes]);
        for (;;) {
            const head = this.#untyped ? 0 : 1;
            if (this.#rest.length < head + 4) return out;
            const size = head + this.#rest.readUInt32BE(head);
            if (this.#rest.length < size) return out;
            const message = { type: head ? String.fromCharCode(this.#rest[0]) : "startup", bytes: this.#rest.subarray(0, size) };
            if (!head) {
                const code = message.bytes.readUInt32BE(4);
                this.#untyped = code === SSL_REQUEST || code === GSS_REQUEST || code === CANCEL_REQUEST;
            }
            out.push(message);
            this.#rest = this.#rest.subarray(size);
        }
    }
}

const text_of = (message) => message.bytes.toString("latin1", 5, message.bytes.length - 1);

/** True for a simple query that is just COMMIT, and for the Parse of such a statement. */
export const is_commit = (message) => (message.type === "Q" && /^COMMIT;?$/i.test(text_of(message))) ||
    (message.type === "P" && /\0COMMIT;?\0/i.test(text_of(message)));
export const is_copy_data = (message) => message.type === "d";

/**
 * Listens beside the server. For each message of a client `policy(message, connection)` says what becomes of it
 * (connection.startup holds who connected):
 *   undefined    forward it
 *   "before"     cut both sides, the server never gets it
 *   "after"      forward it, and cut both sides once the server has answered
 *   "at-once"    forward it and cut the client without waiting; the server works on
 *   {late: ms}   cut the client; forward it ms later
 *   "swallow"    cut the client; the server never gets it, but its side stays open, as if the network were split
 *   "hold"       neither forward nor cut: as if the client had been stopped here; connection.release() goes on
 */
export class PgProxy {
    policy = () => undefined;
    open = new Set();
    cuts = 0;

    constructor(server_socket) {
        this.server = join(server_socket, PORT_FILE);
        this.socket = mkdtempSync(join(tmpdir(), "altledger-proxy-"));
    }

    start() {
        this.listener = createServer((client) => this.#serve(client));
        return new Promise((done) => this.listener.listen(join(this.socket, PORT_FILE), () => done(this)));
    }

    stop() {
        this.listener.close();
        for (const { client, server } of this.open) {
            client.destroy();
            server.destroy();
        }
        rmSync(this.socket, { recursive: true, force: true });
    }

    #serve(client) {
        const server = connect(this.server);
        const connection = { client, server, held: null, waiting_for_answer: false };
        const messages = new Messages(true);
        this.open.add(connection);
        const forward = (bytes) => { if (server.writable) server.write(bytes); };
        const handle = (message) => {
            if (connection.held) {
                connection.held.push(message);
                return;
            }
            if (client.destroyed) return;
            if (message.type === "startup") connection.startup = message.bytes.toString("latin1");
            const verdict = message.type === "startup" ? undefined : this.policy(message, connection);
            if (verdict === undefined) return forward(message.bytes);
            if (verdict === "hold") {
                connection.held = [message];
                return;
            }
            this.cuts++;
            if (verdict === "before") return close();
            if (verdict === "after") {
                connection.waiting_for_answer = true;
                return forward(message.bytes);
            }
            connection.keep_server = true;
            client.destroy();
            if (verdict === "at-once") {
                forward(message.bytes);
                server.end(); // what was written still goes out
            } else if (verdict.late !== undefined) {
                setTimeout(() => { forward(message.bytes); server.end(); }, verdict.late);
            }
        };
        const close = () => {
            client.destroy();
            server.destroy();
        };
        connection.release = () => {
            const held = connection.held ?? [];
            connection.held = null;
            for (const message of held) forward(message.bytes);
        };
        client.on("data", (bytes) => { for (const message of messages.take(bytes)) handle(message); });
        server.on("data", (bytes) => {
            if (connection.waiting_for_answer) return close();
            if (client.writable) client.write(bytes);
        });
        client.on("error", () => {});
        server.on("error", () => client.destroy());
        client.on("close", () => {
            if (!connection.keep_server && !connection.held) server.destroy();
        });
        server.on("close", () => {
            this.open.delete(connection);
            client.destroy();
        });
    }
}
