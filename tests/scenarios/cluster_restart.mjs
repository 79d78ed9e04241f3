// tests/scenarios/cluster_restart.mjs - the private PostgreSQL is killed (-9) under run: run starts it again and ends with the same books.
import assert from "node:assert/strict";
import { chmodSync, existsSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, test } from "node:test";
import { demo, get, run, serve, until } from "./lib/program.mjs";

const ROOT = "0xc24048e4916fd54cb1e060a8f456df8ae3b5ddf1659383569ccd4eb679d4769e"; // of the demo chain's last block
const KILLS = 2;
const data = mkdtempSync(join(tmpdir(), "altledger-restart-"));
chmodSync(data, 0o755); // PostgreSQL's user must get in
const pid_file = join(data, "postgres/data/postmaster.pid");
const postmaster = () => existsSync(pid_file) && Number(readFileSync(pid_file, "utf8").split("\n")[0]);
let program = null;

after(async () => {
    if (program && program.status === undefined) await program.kill("SIGTERM").ended;
    rmSync(data, { recursive: true, force: true });
});

test("a private PostgreSQL that is killed twice is started again each time", async () => {
    let url;
    ({ program, url } = await serve("run", "--network", demo.network, "--source", demo.archive, "--data", data,
        "--batch-blocks", "20", "--batch-logs", "100"));
    const head = () => get(`${url}/v1/status`).then((status) => status.head?.number ?? -1, () => -1);
    let seen = -1;
    for (let i = 0; i < KILLS; i++) {
        seen = await until(async () => { const now = await head(); return now > seen && now; }, `a head above ${seen}`);
        assert.doesNotMatch(program.log, /the source has ended/, "the kill is in the middle of the load");
        const killed = postmaster();
        process.kill(killed, "SIGKILL");
        await until(() => program.log.split("PostgreSQL runs again").length === i + 2, "the program starts PostgreSQL again");
        assert.notEqual(postmaster(), killed);
    }
    await program.says(/the source has ended/);
    await until(async () => (await get(`${url}/v1/status`).catch(() => null))?.head, "the API answers");
    await program.kill("SIGINT").ends();
    assert.equal(existsSync(pid_file), false, "Ctrl-C stops the PostgreSQL that was started again");
    const report = JSON.parse((await run(["verify", "--json", "--data", data])).out);
    assert.equal(report.differences, 0);
    assert.equal(report.root, ROOT);
});
