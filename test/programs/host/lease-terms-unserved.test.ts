import {
  chmodSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { basename, dirname, join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { FollowAgent } from "../../../programs/host/agents/follow/follow-agent";
import { LeaseAgent } from "../../../programs/host/agents/lease/lease-agent";
import type { HostDatabase, HostSettings } from "../../../programs/host/host-settings";
import { firstLease, type Lease, nextTerm, type RoleFile } from "../../../programs/host/lease/lease";
import { printLease } from "../../../programs/host/lease/lease-document";
import { readRole, writeRole } from "../../../programs/host/lease/role-file";
import { parseTakeover, printTakeover, type Takeover } from "../../../programs/host/lease/takeover-record";
import { FakeBlobStore } from "./fake-blob-store";
import { pairSettings } from "./pair-settings";

/** Failovers against each other within moments: terms that never served, and what is left of them on the hosts. */

const first = firstLease("anvil", "2026-11-21T11:00:00.000Z");
const second = nextTerm(first, "forge", "x", "2026-11-21T11:00:01.000Z");
const third = nextTerm(second, "anvil", "x", "2026-11-21T11:00:02.000Z");
const account = "/devstoreaccount1";

let root: string;
let blobs: FakeBlobStore;
let settings: HostSettings;
let tasks: HostDatabase;
let mail: HostDatabase;

beforeEach(async () => {
  root = mkdtempSync(join(tmpdir(), "terms-unserved-"));
  for (const part of ["databases", "etc", "state"]) mkdirSync(join(root, part));
  writeFileSync(join(root, "etc", "secrets.env"), "LITESTREAM_AZURE_ACCOUNT_KEY=a2V5\n", { mode: 0o600 });
  blobs = new FakeBlobStore();
  const endpoint = await blobs.start();
  const base = pairSettings({ root, host: "anvil", primaryOnlyAgents: [] });
  const [replication] = base.replication;
  const [database] = replication?.databases ?? [];
  if (replication === undefined || database === undefined) throw new Error("no database");
  tasks = database;
  mail = { ...database, name: "mail", path: join(root, "databases", "mail.db") };
  settings = {
    ...base,
    store: { ...base.store, endpoint },
    replication: [{ ...replication, databases: [tasks, mail] }],
    // restore -config FILE -o COPY DATABASE: what is restored says where it is from.
    programs: { ...base.programs, sqlite3: program("sqlite3", "echo ok"), litestream: restoring("") },
  };
});

afterEach(() => {
  blobs.stop();
  rmSync(root, { recursive: true });
});

function program(name: string, script: string): string {
  const file = join(root, name);
  writeFileSync(file, `#!/bin/sh\n${script}\n`);
  chmodSync(file, 0o755);
  return file;
}

function restoring(more: string): string {
  return program("litestream", `${more}\necho "$(basename "$6") of $REPLICA_PATH" > "$5"`);
}

/** The store has a database in a path, up to a transaction. */
function sent(path: string, { name }: HostDatabase, transaction: number): void {
  const number = hex(transaction);
  blobs.blobs.set(`${account}/replicas/${path}/${name}/ltx/0/${number}-${number}.ltx`, { text: "x", etag: '"x"' });
}

function hex(transaction: number): string {
  return transaction.toString(16).padStart(16, "0");
}

function leaseIs(lease: Lease): void {
  blobs.blobs.set(`${account}/failover/lease.json`, { text: printLease(lease), etag: '"x"' });
}

function tookOver(term: number, takeover: Takeover): void {
  blobs.blobs.set(`${account}/failover/takeover-term-${term}.json`, {
    text: printTakeover(takeover, undefined),
    etag: '"x"',
  });
}

function takenOver(term: number): Takeover | undefined {
  return parseTakeover(blobs.blobs.get(`${account}/failover/takeover-term-${term}.json`)?.text ?? "0");
}

/** The host knows the lease's term. */
function roleIs(role: RoleFile["role"], { term, path, primary }: Lease, more: Partial<RoleFile> = {}): void {
  const now = new Date().toISOString();
  writeRole(root, { role, term, path, primary, since: now, confirmedAt: now, ...more });
}

/** Litestream has captured everything of a database that is here, for a path. */
function captured(database: HostDatabase, path: string, transaction: number): void {
  const salts = Buffer.from("0102030405060708", "hex");
  const header = Buffer.alloc(100);
  header.write("LTX1");
  header.writeBigInt64BE(32n, 48);
  header.writeBigInt64BE(40n, 56);
  salts.copy(header, 64);
  const level = join(dirname(database.path), `.${basename(database.path)}-litestream`, "ltx", "0");
  mkdirSync(level, { recursive: true });
  writeFileSync(join(level, `${hex(transaction)}-${hex(transaction)}.ltx`), header);
  writeFileSync(`${database.path}-wal`, Buffer.concat([Buffer.alloc(16), salts, Buffer.alloc(56)]));
  writeFileSync(database.path, "own");
  writeFileSync(join(root, "state", "replica-path-p0-critical.json"), JSON.stringify({ path }));
}

async function promote(): Promise<string[]> {
  const said: string[] = [];
  await new FollowAgent(settings, (line) => said.push(line)).tick();
  return said;
}

/** Looks until the role is another. */
async function decided(): Promise<void> {
  const agent = new LeaseAgent(settings, () => undefined);
  for (let look = 0; look < 3; look++) await agent.tick();
}

function asides(): Record<string, Record<string, { readonly unsent: string; readonly why: string }>> {
  const aside = join(root, "aside");
  return Object.fromEntries(
    readdirSync(aside).map((name) => [
      name,
      JSON.parse(readFileSync(join(aside, name, "report.json"), "utf8")).databases,
    ]),
  );
}

function onlyAside(): Record<string, { readonly unsent: string; readonly why: string }> {
  const [found, ...more] = Object.values(asides());
  if (found === undefined || more.length > 0) throw new Error(`one directory expected: ${Object.keys(asides())}`);
  return found;
}

const read = ({ path }: HostDatabase): string => readFileSync(path, "utf8").trim();

describe("a promotion after a term that never served", () => {
  it("takes each database from the newest term that sent it, and says from which", async () => {
    sent(first.path, tasks, 8);
    sent(first.path, mail, 9);
    sent(second.path, mail, 2);
    leaseIs(third);
    roleIs("promoting", third);
    await promote();
    expect([read(tasks), read(mail)]).toEqual([`tasks.db of ${first.path}`, `mail.db of ${second.path}`]);
    expect(takenOver(3)).toEqual({
      tasks: { path: first.path, txid: hex(8) },
      mail: { path: second.path, txid: hex(2) },
    });
  });

  it("goes on with what its own broken-off promotion has put in place, if nothing was sent since", async () => {
    const again = nextTerm(second, "forge", "x", "2026-11-21T11:00:02.000Z");
    settings = { ...settings, host: "forge" };
    for (const database of [tasks, mail]) sent(first.path, database, 8);
    for (const database of [tasks, mail]) writeFileSync(database.path, "adopted");
    const put = (transaction: number) => ({ from: "adopted", txid: hex(transaction), path: first.path });
    const databases = { tasks: put(8), mail: put(7) };
    writeFileSync(
      join(root, "state", "promotion.json"),
      JSON.stringify({ term: 2, done: false, at: new Date().toISOString(), databases }),
    );
    leaseIs(again);
    roleIs("promoting", again);
    await promote();
    expect([read(tasks), read(mail)]).toEqual(["adopted", `mail.db of ${first.path}`]);
    expect(takenOver(3)).toMatchObject({ tasks: { path: first.path, txid: hex(8) } });
    // What it does not go on with is not thrown away, and somebody is told.
    expect(onlyAside()).toMatchObject({ mail: { unsent: "unknown" } });
  });
});

describe("a promotion whose term ends meanwhile", () => {
  it("puts nothing more in place, and says nothing of a takeover", async () => {
    settings = { ...settings, host: "forge" };
    const over = { role: "demoting", term: 3, path: third.path, primary: "anvil", since: "2026-11-21T11:00:02.000Z" };
    writeFileSync(join(root, "over.json"), JSON.stringify(over));
    const litestream = restoring(`cp ${root}/over.json ${root}/over.$$; mv ${root}/over.$$ ${root}/state/role.json`);
    settings = { ...settings, programs: { ...settings.programs, litestream } };
    for (const database of [tasks, mail]) sent(first.path, database, 8);
    leaseIs(second);
    roleIs("promoting", second);
    const said = await promote();
    expect(said.join()).toContain("term 2 is over: no promotion");
    expect(readdirSync(join(root, "databases"))).toEqual([]);
    expect(takenOver(2)).toBeUndefined();
  });
});

describe("what a deposed host sets aside", () => {
  const deposed = { role: "demoting", since: "2026-11-21T11:00:02.000Z" } as const;

  it("is nothing of its own when its promotion was broken off and the next primary took over as much", async () => {
    settings = { ...settings, host: "forge" };
    for (const database of [tasks, mail]) writeFileSync(database.path, "adopted");
    const put = { from: "adopted", txid: hex(8), path: first.path };
    const databases = { tasks: put, mail: put };
    writeFileSync(
      join(root, "state", "promotion.json"),
      JSON.stringify({ term: 2, done: false, at: new Date().toISOString(), databases }),
    );
    tookOver(3, { tasks: { path: first.path, txid: hex(9) }, mail: { path: first.path, txid: hex(7) } });
    leaseIs(third);
    roleIs("promoting", second);
    await decided();
    expect(onlyAside()).toMatchObject({ tasks: { unsent: "none" }, mail: { unsent: "some" } });
    expect(readRole(root)).toMatchObject({ role: "standby", term: 3 });
  });

  it("is told of when the next primary began from an earlier term, whose numbers are others", async () => {
    settings = { ...settings, host: "forge" };
    captured(tasks, second.path, 3);
    tookOver(3, { tasks: { path: first.path, txid: hex(8) } });
    leaseIs(third);
    roleIs(deposed.role, third, { ...deposed, deposed: { term: 2, path: second.path } });
    await decided();
    expect(onlyAside()).toMatchObject({ tasks: { unsent: "unknown" } });
  });

  it("is told of when it was sent after the takeover, also when the newest term took over nothing", async () => {
    const again = nextTerm(second, "forge", "x", "2026-11-21T11:00:02.000Z");
    captured(tasks, first.path, 9);
    captured(mail, first.path, 9);
    for (const database of [tasks, mail]) sent(first.path, database, 9);
    tookOver(2, { tasks: { path: first.path, txid: hex(8) }, mail: { path: first.path, txid: hex(9) } });
    leaseIs(again);
    roleIs(deposed.role, again, { ...deposed, deposed: { term: 1, path: first.path } });
    await decided();
    expect(onlyAside()).toMatchObject({ tasks: { unsent: "some" }, mail: { unsent: "none" } });
  });

  it.each([
    ["none", "unknown", "a program wrote on after the first attempt"],
    ["some", "some", "less is known once it was moved in part"],
  ])("was %s before an interruption, and is %s: %s", async (before, after) => {
    settings = { ...settings, host: "forge" };
    const directory = join(root, "aside", "term-2-20261121T110002Z");
    mkdirSync(directory, { recursive: true });
    const databases = { tasks: { unsent: before, why: "" }, mail: { unsent: before, why: "" } };
    writeFileSync(join(directory, "report.json"), JSON.stringify({ databases }));
    writeFileSync(tasks.path, "rows");
    tookOver(3, {});
    leaseIs(third);
    roleIs(deposed.role, third, { ...deposed, deposed: { term: 2, path: second.path } });
    await decided();
    // What the interrupted attempt had moved already is not judged again.
    expect(onlyAside()).toMatchObject({ tasks: { unsent: after }, mail: { unsent: before } });
  });

  it("is never put over what was set aside before: a program that was not stopped made the database anew", async () => {
    settings = { ...settings, host: "forge" };
    const databases = { tasks: { from: "adopted", txid: hex(8), path: first.path } };
    writeFileSync(
      join(root, "state", "promotion.json"),
      JSON.stringify({ term: 2, done: false, at: new Date().toISOString(), databases }),
    );
    leaseIs(third);
    tookOver(3, { tasks: { path: first.path, txid: hex(8) } });
    roleIs(deposed.role, third, { ...deposed, deposed: { term: 2, path: second.path } });
    const agent = new LeaseAgent(settings, () => undefined);
    for (const text of ["rows", "more rows"]) {
      writeFileSync(tasks.path, text);
      await agent.tick();
      expect(existsSync(tasks.path)).toBe(false);
    }
    const directories = readdirSync(join(root, "aside")).sort();
    const kept = directories.map((name) => readFileSync(join(root, "aside", name, "tasks.db"), "utf8"));
    expect(kept).toEqual(["rows", "more rows"]);
    // What came later is not what the promotion had put there.
    expect(directories.map((name) => asides()[name]?.tasks?.unsent)).toEqual(["none", "unknown"]);
  });
});

describe("a takeover's record", () => {
  it("is read as it was written, and older programs find what came from the term before", () => {
    const takeover = { tasks: { path: first.path, txid: hex(8) }, mail: { path: second.path, txid: hex(2) } };
    const text = printTakeover(takeover, second.path);
    expect(parseTakeover(text)).toEqual(takeover);
    expect(JSON.parse(text)).toMatchObject({ mail: hex(2) });
    expect(JSON.parse(text)).not.toHaveProperty("tasks");
  });

  it("of an older program does not say from which term", () => {
    expect(parseTakeover(`{"tasks":"${hex(8)}"}`)).toEqual({ tasks: { txid: hex(8) } });
  });
});
