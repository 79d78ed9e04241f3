// tests/scenarios/command_line.mjs - common options are taken by every command; misuse is status 2 before anything is started or made.
import assert from "node:assert/strict";
import { existsSync, mkdtempSync, rmdirSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, test } from "node:test";
import { demo, run } from "./lib/program.mjs";

const folder = mkdtempSync(join(tmpdir(), "altledger-line-"));
const data = join(folder, "var");
after(() => rmdirSync(folder)); // fails if anything was made in it

const COMMANDS = ["run", "migrate", "mirror", "serve", "rebuild", "verify", "status", "init-network"];
const common = ["--database", "host=/nowhere", "--owner-database", "x", "--writer-database", "x", "--ballots-database", "x",
    "--network", demo.network, "--source", demo.archive, "--listen", "127.0.0.1:0", "--data", data];

for (const command of COMMANDS)
    test(`${command} takes the common options`, async () => {
        await run([command, ...common, "--help"]);
    });

const chain = ["--network", demo.network, "--source", demo.archive];
for (const [args, told] of [
    [["serve", "--listen", "foo"], /listen: must be ADDR:PORT, is 'foo'/],
    [["serve", "--listen", "127.0.0.1:"], /listen: must be/],
    [["run", ...chain, "--listen", "127.0.0.1:65536"], /listen: must be/],
    [["run", ...chain, "--source", demo.archive], /either one archive file or/],
    [["mirror", ...chain, "--source", "http://127.0.0.1:1"], /either one archive file or/],
    [["status", "--json=1"], /--json takes no value/],
    [["verify", "--help=x"], /--help takes no value/],
])
    test(`misuse: ${args.filter((a) => !a.startsWith("/")).join(" ")}`, async () => {
        assert.match((await run([...args, "--data", data], 2)).log, told);
        assert.equal(existsSync(data), false);
    });

for (const args of [["status"], ["verify"], ["serve", "--listen", "127.0.0.1:0"], ["rebuild", "--network", demo.network]])
    test(`${args[0]} makes no database`, async () => {
        assert.match((await run([...args, "--data", data], 1)).log, /nothing there: .* has no database/);
        assert.equal(existsSync(data), false);
    });
