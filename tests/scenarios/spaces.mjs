// tests/scenarios/spaces.mjs - spaces from the network file: told when wrong, kept with their history in the log, shown as a DAO of ERC-4824.
import assert from "node:assert/strict";
import { chmodSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { accepted, many_ballots, now, post, sign, voter, voters_chain } from "./lib/ballots.mjs";
import { Contract } from "./lib/openapi.mjs";
import { Cluster } from "./lib/pg.mjs";
import { demo, run, serve, until } from "./lib/program.mjs";

const folder = mkdtempSync(join(tmpdir(), "altledger-spaces-"));
chmodSync(folder, 0o755);
const VOTERS = 1010, admin = voter(7), COUNCIL = "council.eth", GARDEN = "gärten-\u{1f331}.eth";
const first_spaces = [
    { id: COUNCIL, name: "Council", about: "Decides.", admins: [admin.address], threshold: "5", quorum: 7, period: 60 },
    { id: GARDEN },
];
let cluster, at, program, url, chain, contract;

/** Each reply is held to OpenAPI. */
const get = (path, status) => contract.get(path, status);
/** Serve, until the log has what the network file says. */
async function start_serving(versions) {
    ({ program, url } = await serve("serve", ...at, "--keys", join(folder, "keys")));
    contract = await Contract.of(url);
    const said = async () => (await get("/v1/spaces")).data.some((s) => s.id === COUNCIL) && (await get(`/v1/spaces/${COUNCIL}`)).history.length === versions;
    await until(said, `the log has ${versions} versions`);
}

before(async () => {
    cluster = await new Cluster().start();
    at = ["--database", cluster.conninfo(cluster.create())];
    chain = voters_chain(folder, VOTERS, first_spaces);
    await run(["mirror", "--once", ...at, "--network", chain.network, "--source", chain.archive]);
    await start_serving(1);
});
after(async () => {
    await program?.kill("SIGTERM").ends();
    await cluster?.kill();
    rmSync(folder, { recursive: true });
});

const snapshot = async () => (await get("/v1/status")).head.number;
const text_of = (path) => fetch(`${url}${path}`).then((reply) => reply.text());

for (const [spaces, told] of [
    [[{ id: "a", treshold: 1 }], /spaces\[0\]\.treshold: no such member/],
    [[{ id: "a" }, { id: "a" }], /spaces\[1\]\.id: is also the id of spaces\[0\]/],
    [[{ id: "a", admins: ["0x1"] }], /spaces\[0\]\.admins\[0\]: is not an address/],
    [[{ id: "a", policy: "mine" }], /spaces\[0\]\.policy: must be the name of a policy/],
    [[{ id: "a", about: "x".repeat(70000) }], /spaces\[0\]: its parameters have .* bytes/],
])
    test(`a mistake in a space is told at start: ${told.source}`, async () => {
        const path = join(folder, "wrong.json");
        writeFileSync(path, JSON.stringify({ ...JSON.parse(readFileSync(demo.network)), spaces }));
        const { log } = await run(["mirror", "--once", "--network", path, "--source", demo.archive, "--data", join(folder, "none")], 1);
        assert.match(log, told);
        assert.match(log, /network file .*wrong\.json/);
    });

test("init-network prints a space and a fee collector that are taken as they are printed, and a DelegateRegistry", async () => {
    const { _spaces, ...file } = JSON.parse((await run(["init-network"])).out), path = join(folder, "printed.json");
    assert.equal(_spaces.length, 1);
    assert.ok(file.contracts.some((c) => c.kind === "delegate_registry" && c.address === "0x469788fE6E9E9681C6ebF3bF78e7Fd26Fc015446"));
    writeFileSync(path, JSON.stringify({ ...file, contracts: [...file.contracts, file._fee_collector], spaces: _spaces }));
    const { log } = await run(["mirror", "--network", path, "--source", demo.archive, "--data", join(path, "none")], 1); // no folder can be there
    assert.doesNotMatch(log, /network file/);
    // What it prints are the defaults.
    for (const [name, value] of Object.entries((await get(`/v1/spaces/${encodeURIComponent(GARDEN)}`)).parameters))
        if (!["id", "name", "about", "strategy"].includes(name) && name !== "policy") assert.deepEqual(_spaces[0][name], value, name);
});

test("spaces are listed by id with what holds in them", async () => {
    const list = await get("/v1/spaces");
    assert.deepEqual(list.data.map((s) => s.id), [COUNCIL, GARDEN]);
    const [council, garden] = list.data;
    assert.deepEqual([council.name, council.about, council.admins], ["Council", "Decides.", [admin.address]]);
    assert.deepEqual([council.threshold, council.quorum, council.period, council.delay], ["5", "7", 60, 0]);
    assert.deepEqual([garden.name, garden.admins, garden.policy, garden.threshold], ["", [], "frozen-at-snapshot", "0"]);
    assert.equal(list.log_size, 3, "keys and two spaces");
    const page = await get("/v1/spaces?limit=1");
    assert.deepEqual(page.data, [council]);
    assert.deepEqual((await get(`/v1/spaces?limit=1&after=${page.next_cursor}`)).data, [garden]);
    assert.deepEqual((await get("/v1/spaces?order=desc")).data, [garden, council]);
    await get("/v1/spaces/nobody.eth", 404);
});

test("before the log had it there was no space; the whole list is a table, too", async () => {
    const early = await get("/v1/spaces?at=1");
    assert.deepEqual([early.data, early.log_size, early.as_of.block_number], [[], 0, 1]);
    await get(`/v1/spaces/${COUNCIL}?at=1`, 404);
    await get(`/v1/spaces/${COUNCIL}/dao?at=1`, 404);
    const [head, ...rows] = (await text_of("/v1/spaces.csv")).trim().split("\r\n");
    assert.match(head, /^id,name,about,admins,policy,threshold,quorum,/);
    assert.deepEqual(rows.map((row) => row.split(",")[0]), [COUNCIL, GARDEN]);
});

let proposals;
test("a space counts its proposals by what they are now", async () => {
    const block = await snapshot(), at_ = now();
    const make = (k, given) => sign.proposal(voter(k), { snapshot: block, title: `Proposal ${k}`, ...given }).then((e) => accepted(url, e));
    proposals = [await make(1, {}), await make(2, { start: at_ + 1000, end: at_ + 2000 }), await make(1, { title: "to be cancelled" })];
    await accepted(url, await sign.vote(voter(3), proposals[0].id, 1));
    await accepted(url, await sign.vote(voter(4), proposals[0].id, 2));
    await accepted(url, await sign.cancel(admin, proposals[2].id));
    const council = await get(`/v1/spaces/${COUNCIL}`);
    assert.deepEqual(council.proposals, { all: 3, canceled: 1, pending: 1, active: 1, closed: 0 });
    assert.equal(council.log_size, 9);
    assert.equal(council.history.length, 1);
    assert.deepEqual(council.history[0], { position: council.position, effective: council.effective, parameters: council.parameters });
    assert.deepEqual((await get(`/v1/spaces/${encodeURIComponent(GARDEN)}`)).proposals, { all: 0, canceled: 0, pending: 0, active: 0, closed: 0 });
});

test("a space is a DAO of ERC-4824, whose documents lead to one another", async () => {
    const dao = await get(`/v1/spaces/${COUNCIL}/dao`), base = `/v1/spaces/${COUNCIL}/dao`;
    const { as_of, log_size, ...fields } = dao;
    assert.deepEqual(fields, {
        "@context": "http://www.daostar.org/schemas", type: "DAO", name: "Council", description: "Decides.", membersURI: `${base}/members`,
        proposalsURI: `${base}/proposals`, activityLogURI: `${base}/activity-log`, governanceURI: `${base}/governance`, contractsURI: `${base}/contracts`,
    });
    const read = async (uri) => {
        const { as_of: block, log_size: size, ...document } = await get(uri);
        assert.deepEqual([block, size], [as_of, log_size]);
        assert.deepEqual([document["@context"], document.type, document.name], ["https://www.daostar.org/schemas", "DAO", "Council"]);
        return document;
    };
    const person = (wallet) => ({ type: "EthereumAddress", id: wallet.address });
    const { members } = await read(dao.membersURI), acted = [1, 2, 3, 4, 7].map((k) => person(voter(k)));
    const by_id = (a, b) => (a.id.toLowerCase() < b.id.toLowerCase() ? -1 : 1);
    assert.deepEqual(members, acted.sort(by_id));
    assert.deepEqual((await read(`${dao.membersURI}?from=${members[2].id}`)).members, members.slice(3));

    const id = (k) => `/v1/spaces/${COUNCIL}?proposalId=${proposals[k].id}`;
    const listed = (await read(dao.proposalsURI)).proposals;
    assert.deepEqual(listed.map((p) => [p.type, p.id, p.name, p.status]),
        [["proposal", id(0), "Proposal 1", "active"], ["proposal", id(1), "Proposal 2", "pending"], ["proposal", id(2), "to be cancelled", "canceled"]]);
    assert.equal((await get(listed[0].contentURI)).id, proposals[0].id);

    const { activities } = await read(dao.activityLogURI);
    assert.deepEqual(activities.map((a) => [a.type, a.proposal.type, a.member.type]), Array(6).fill(["activity", "proposal", "EthereumAddress"]));
    assert.deepEqual(activities.map((a) => [a.member.id, a.proposal.id]),
        [[1, 0], [2, 1], [1, 2], [3, 0], [4, 0], [7, 2]].map(([k, p]) => [voter(k).address, id(p)]));
    assert.equal((await read(`${dao.activityLogURI}?from=8`)).activities.length, 1);

    const { contracts } = await read(dao.contractsURI);
    assert.deepEqual(contracts.map((c) => [c.type, c.name, c.description]), [["EthereumAddress", "ALT", "erc20"]]);
});

test("what has no value is left out, and a name that is no ASCII leads on", async () => {
    const dao = await get(`/v1/spaces/${encodeURIComponent(GARDEN)}/dao`);
    assert.equal(dao.name, GARDEN);
    assert.ok(!("description" in dao));
    for (const uri of [dao.membersURI, dao.proposalsURI, dao.activityLogURI]) {
        assert.match(uri, /^[\x21-\x7e]+$/);
        const document = await get(uri);
        assert.deepEqual(document.members ?? document.proposals ?? document.activities, []);
        assert.ok(!("next" in document));
    }
});

test("the rules are told as Markdown", async () => {
    const rules = await text_of(`/v1/spaces/${COUNCIL}/dao/governance`);
    assert.match(rules, /^# Rules of Council\n\nDecides\.\n/);
    for (const line of [`- ${admin.address}`, "- Power that proposing takes: 5", "- Power that must have voted: 7", "- `period` = 60: least seconds of voting"])
        assert.ok(rules.includes(`${line}\n`), line);
    await fetch(`${url}/v1/spaces/nobody.eth/dao/governance`).then((reply) => assert.equal(reply.status, 404));
});

test("what is too much for one document goes on in the next", async () => {
    const proposal = await accepted(url, await sign.proposal(voter(1), { snapshot: await snapshot(), title: "for all" }));
    const ballots = many_ballots(0, VOTERS, proposal.id);
    await Promise.all(Array.from({ length: 32 }, async () => {
        for (let ballot; (ballot = ballots.pop());) assert.equal((await post(url, ballot)).status, 200);
    }));
    /** The items of all documents from one on, and how many each has. */
    const follow = async (uri, name) => {
        const items = [], sizes = [];
        for (let document; uri; uri = document.next) {
            document = await get(uri);
            items.push(...document[name]);
            sizes.push(document[name].length);
        }
        return [items, sizes];
    };
    const base = `/v1/spaces/${COUNCIL}/dao`, [members, of_members] = await follow(`${base}/members`, "members");
    assert.deepEqual(of_members, [1000, VOTERS - 1000]);
    const ids = members.map((m) => m.id.toLowerCase());
    assert.deepEqual(ids, Array.from({ length: VOTERS }, (_, k) => voter(k).address.toLowerCase()).sort());
    const [activities, of_activities] = await follow(`${base}/activity-log`, "activities");
    assert.deepEqual(of_activities, [1000, VOTERS - 1000 + 7]);
    assert.equal(new Set(activities.map((a) => a.id)).size, VOTERS + 7);
    assert.deepEqual(await follow(`${base}/proposals?from=9`, "proposals").then(([items]) => items.map((p) => p.name)), ["for all"]);
});

test("parameters that change have a history; the block before has those that held then", async () => {
    const was = await get(`/v1/spaces/${COUNCIL}`);
    await program.kill("SIGTERM").ends();
    chain = voters_chain(folder, VOTERS, [{ ...first_spaces[0], quorum: "9", name: "Great Council" }, first_spaces[1]]);
    await run(["mirror", "--once", ...at, "--network", chain.network, "--source", chain.archive]);
    await start_serving(2);
    const is = await get(`/v1/spaces/${COUNCIL}`);
    assert.deepEqual([is.name, is.quorum, is.history.length], ["Great Council", "9", 2]);
    assert.deepEqual(is.history[0], was.history[0]);
    assert.equal(is.position, is.history[1].position);
    assert.equal((await get(`/v1/spaces/${encodeURIComponent(GARDEN)}`)).history.length, 1);
    assert.equal((await get(`/v1/proposals/${proposals[0].id}`)).quorum, "7", "a proposal keeps the parameters of its snapshot");
});
