import { existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { AnonymousCredential, BlobServiceClient } from "@azure/storage-blob";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { removeAside } from "../../../components/host-runtime/agents/tidy/aside-folders";
import { ownLease } from "../../../components/host-runtime/agents/tidy/own-lease";
import { isDue, tidy } from "../../../components/host-runtime/agents/tidy/tidy-agent";
import { readTidy, writeTidy } from "../../../components/host-runtime/agents/tidy/tidy-file";
import type { HostSettings } from "../../../components/host-runtime/host-settings";
import { BlobLeaseStore } from "../../../components/host-runtime/lease/blob-lease-store";
import type { Lease, RoleFile } from "../../../components/host-runtime/lease/lease";
import { handoverAsked } from "../../../components/host-runtime/lease/lease-changes";
import { printLease } from "../../../components/host-runtime/lease/lease-document";
import { writeRole } from "../../../components/host-runtime/lease/role-file";
import { printTakeover } from "../../../components/host-runtime/lease/takeover-record";
import { BlobStandIn } from "./blob-stand-in";
import { pairSettings } from "./pair-settings";
import { day, filesUpTo, leaseOf, ltx, record, termPath } from "./stored-terms";

const container = "/devstoreaccount1/replicas/";
const leases = "/devstoreaccount1/failover/";
const daysAgo = (days: number): Date => new Date(Date.now() - days * day);

let root: string;
let blobs: BlobStandIn;
let settings: HostSettings;
let said: string[];

/** The third term serves for 30 days, and so did the two before. */
beforeEach(async () => {
  root = mkdtempSync(join(tmpdir(), "tidy-agent-"));
  for (const part of ["etc", "state", "aside"]) mkdirSync(join(root, part));
  writeFileSync(join(root, "etc", "secrets.env"), "LITESTREAM_AZURE_ACCOUNT_KEY=a2V5\n", { mode: 0o600 });
  blobs = new BlobStandIn();
  const base = pairSettings({ root, host: "anvil" });
  const store = { ...base.store, endpoint: await blobs.start() };
  const replication = base.replication.map((process) => ({ ...process, retentionSeconds: (7 * day) / 1000 }));
  settings = { ...base, store, replication, leftovers: { asideDays: 14 } };
  said = [];
  for (const term of [1, 2, 3]) for (const name of ["costs", "tasks"]) put(term, name, (4 - term) * 30 - 30);
  put(3, "tasks", 0);
  takeover(2, 60);
  takeover(3, 30);
  lease(leaseOf(3));
  role();
});

afterEach(() => {
  blobs.stop();
  rmSync(root, { recursive: true });
});

function put(term: number, database: string, days: number): void {
  for (const { name } of filesUpTo(termPath(term), database, 40, 0)) {
    blobs.blobs.set(`${container}${name}`, { text: "x", etag: '"1"', modified: daysAgo(days) });
  }
}

function takeover(term: number, days: number): void {
  const of = (database: string) => record(term, 0, term - 1, 40, database).takeover;
  const text = printTakeover({ ...of("costs"), ...of("tasks") }, termPath(term - 1));
  blobs.blobs.set(`${leases}takeover-term-${term}.json`, { text, etag: '"1"', modified: daysAgo(days) });
}

function lease(lease: Lease): void {
  blobs.blobs.set(`${leases}lease.json`, { text: printLease(lease), etag: '"1"' });
}

function role(changes: Partial<RoleFile> = {}): void {
  const now = new Date().toISOString();
  const own: RoleFile = { role: "primary", term: 3, path: termPath(3), primary: "anvil", since: now, confirmedAt: now };
  writeRole(root, { ...own, ...changes });
}

const run = (perSecond = 10_000, signal = new AbortController().signal): Promise<void> =>
  tidy(settings, signal, (line) => said.push(line), perSecond);
const left = (term: number, database: string): string[] =>
  [...blobs.blobs.keys()].filter((name) => name.startsWith(`${container}${termPath(term)}/${database}/`));
const records = (): string[] => [...blobs.blobs.keys()].filter((name) => name.startsWith(`${leases}takeover`));

describe("earlier terms in the store", () => {
  it("are removed by the primary: all but its own and the one before, with their records", async () => {
    lease(leaseOf(4));
    settings = { ...settings, host: "forge" };
    role({ term: 4, path: termPath(4), primary: "forge" });
    for (const name of ["costs", "tasks"]) put(4, name, 0);
    takeover(4, 8);
    await run();
    expect([1, 2, 3, 4].map((term) => left(term, "costs").length + left(term, "tasks").length)).toEqual([0, 0, 6, 6]);
    expect(records().map((name) => name.slice(leases.length))).toEqual([
      "takeover-term-3.json",
      "takeover-term-4.json",
    ]);
    expect(readTidy(root)).toMatchObject({ done: true, unclaimed: { term: 4, replicas: [] } });
    expect(said.join("\n")).toContain(`tasks: removes its replica in ${termPath(2)}, 3 files`);
  });

  const notOurs: readonly (readonly [string, () => void])[] = [
    ["by a standby", () => role({ role: "standby" })],
    ["by a primary whose term is not confirmed", () => role({ confirmedAt: daysAgo(1).toISOString() })],
    ["when the lease is another's", () => lease({ ...leaseOf(3), primary: "forge" })],
    ["when the lease is of a newer term", () => lease({ ...leaseOf(3), term: 4 })],
    ["when the lease has another path", () => lease({ ...leaseOf(3), path: "litestream/term-3-anvil-x" })],
    ["during a handover", () => lease(handoverAsked(leaseOf(3), "forge", new Date().toISOString()))],
    ["without a lease", () => blobs.blobs.delete(`${leases}lease.json`)],
  ];

  it.each(notOurs)("are not removed %s", async (_who, change) => {
    const client = new BlobServiceClient(settings.store.endpoint, new AnonymousCredential());
    const store = new BlobLeaseStore(client.getContainerClient("failover"), "lease.json");
    expect(await ownLease(settings, store)).toEqual(leaseOf(3));
    change();
    const before = blobs.blobs.size;
    await run();
    expect(blobs.blobs.size).toBe(before);
    expect(await ownLease(settings, store)).toBeUndefined();
  });

  it("are not removed by who is asked to stop, nor is what they took over", async () => {
    await run(10_000, AbortSignal.abort());
    expect(left(1, "costs")).toHaveLength(3);
    takeover(1, 90);
    const stopping = new AbortController();
    blobs.onDelete = () => {
      if (left(1, "tasks").length === 1) stopping.abort();
    };
    await run(10_000, stopping.signal);
    expect([left(1, "tasks").length, records().length]).toEqual([0, 3]);
    await run();
    expect(records()).toHaveLength(2);
  });

  it("stay as long as the database can be restored", async () => {
    takeover(3, 6);
    await run();
    expect(left(1, "tasks")).toHaveLength(3);
    settings = { ...settings, replication: settings.replication.map((each) => ({ ...each, retentionSeconds: 1 })) };
    await run();
    expect(left(1, "tasks")).toHaveLength(0);
  });

  it("stay when only a path outside the line of terms has the database besides", async () => {
    for (const name of left(2, "tasks")) {
      blobs.blobs.delete(name);
      const stray = name.replace(termPath(2), "litestream/term-2-anvil-x");
      blobs.blobs.set(stray, { text: "x", etag: '"1"', modified: daysAgo(30) });
    }
    await run();
    expect([left(1, "costs").length, left(1, "tasks").length]).toEqual([0, 3]);
  });

  it("of a database that is not replicated any more stay as long as any", async () => {
    const [tasks] = settings.replication;
    if (tasks === undefined) throw new Error("no policy");
    const other = { ...tasks, policy: "p0-financial", databases: [], retentionSeconds: (31 * day) / 1000 };
    settings = { ...settings, replication: [tasks, other] };
    await run();
    expect([left(1, "tasks").length, left(1, "costs").length]).toEqual([0, 3]);
    settings = { ...settings, replication: [tasks, { ...other, retentionSeconds: undefined }] };
    await run();
    expect(left(1, "costs")).toHaveLength(3);
  });

  it("are left alone as soon as the host is not the confirmed primary, and the next one goes on", async () => {
    let deleted = 0;
    blobs.onDelete = () => {
      if (++deleted === 2) role({ role: "demoting" });
    };
    await run();
    expect([left(1, "costs").length, left(1, "tasks").length]).toEqual([1, 3]);
    // What a restore begins with is gone.
    expect(left(1, "costs")[0]).not.toContain("/0000000000000001-");
    expect(said.at(-1)).toBe("not tidied: not the confirmed primary any more");
    expect(readTidy(root)?.done).toBe(false);
    role();
    await run();
    expect([left(1, "costs").length, left(1, "tasks").length]).toEqual([0, 0]);
    expect(readTidy(root)?.done).toBe(true);
  });

  it("are left alone when the lease has changed since the last replica", async () => {
    blobs.onDelete = () => lease(leaseOf(4));
    await run();
    expect([left(1, "costs").length, left(1, "tasks").length]).toEqual([0, 3]);
  });

  it("are tried again when the store failed in the middle, or lost an answer", async () => {
    blobs.onDelete = (path) => {
      blobs.blobs.delete(path);
      blobs.weather = "failing";
    };
    await run();
    expect(left(1, "costs")).toHaveLength(2);
    expect(said.at(-1)).toBe("not tidied: 500 InternalError");
    blobs.weather = "fine";
    // The first deletion had happened: it is answered with 404.
    blobs.onDelete = (path) => blobs.blobs.delete(path);
    await run();
    expect([left(1, "costs").length, left(1, "tasks").length]).toEqual([0, 0]);
  });

  it("wait for a person when nobody took all of them over", async () => {
    const taken = record(2, 0, 1, 39).takeover;
    const text = printTakeover({ ...taken, ...record(2, 0, 1, 40, "costs").takeover }, termPath(1));
    blobs.blobs.set(`${leases}takeover-term-2.json`, { text, etag: '"1"', modified: daysAgo(60) });
    await run();
    expect([left(1, "costs").length, left(1, "tasks").length]).toEqual([0, 3]);
    expect(readTidy(root)?.unclaimed?.replicas).toEqual([
      { path: termPath(1), database: "tasks", why: "nobody took over its last 1 transactions" },
    ]);
  });

  it("are not removed faster than so many a second", async () => {
    for (const name of left(1, "costs")) blobs.blobs.delete(name);
    const times: number[] = [];
    blobs.onDelete = () => times.push(Date.now());
    await run(4);
    expect(left(1, "tasks")).toHaveLength(0);
    for (const [index, time] of times.slice(1).entries()) expect(time - (times[index] ?? 0)).toBeGreaterThan(200);
  });

  it("leave what else is in the container as it is", async () => {
    const others = [ltx("litestream/by-hand", "tasks", 0, 1, 40), "litestream/term-1/notes", "other/tasks"];
    for (const name of others)
      blobs.blobs.set(`${container}${name}`, { text: "x", etag: '"1"', modified: daysAgo(90) });
    await run();
    expect(left(1, "tasks")).toHaveLength(0);
    expect(readTidy(root)?.unclaimed?.replicas).toEqual([]);
    for (const name of others) expect(blobs.blobs.has(`${container}${name}`)).toBe(true);
  });
});

describe("what was set aside", () => {
  const name = "term-1-20260101T000000Z";
  const folder = (): string => join(root, "aside", name);

  beforeEach(() => {
    for (const term of [1, 2])
      for (const path of [...left(term, "costs"), ...left(term, "tasks")]) blobs.blobs.delete(path);
    role({ role: "standby" });
    mkdirSync(join(folder(), ".tasks.db-litestream", "ltx"), { recursive: true });
    for (const file of ["tasks.db", "tasks.db-wal"]) writeFileSync(join(folder(), file), "rows");
    report("none");
    seen(15);
  });

  function report(unsent: string, databases: object = { tasks: { unsent } }): void {
    writeFileSync(join(folder(), "report.json"), JSON.stringify({ term: 1, at: daysAgo(99).toISOString(), databases }));
  }

  function seen(days: number): void {
    writeTidy(root, { at: daysAgo(1).toISOString(), done: true, asideSeen: { [name]: daysAgo(days).toISOString() } });
  }

  it("goes from a host of either role when all of it was sent, for so many days", async () => {
    seen(13);
    await run();
    expect(readdirSync(folder())).toHaveLength(4);
    seen(15);
    await run();
    expect(existsSync(folder())).toBe(false);
    expect(readTidy(root)?.asideSeen).toEqual({});
    expect(said.at(-1)).toBe(`removed aside/${name}: nothing of it was unsent, for 14 days`);
  });

  it("is first seen today, however old it says it is", async () => {
    rmSync(join(root, "state", "tidy.json"));
    await run();
    expect(existsSync(folder())).toBe(true);
    expect(Date.now() - Date.parse(readTidy(root)?.asideSeen[name] ?? "")).toBeLessThan(60_000);
  });

  it.each([
    ["some of it was not sent", () => report("some")],
    ["nobody knows", () => report("unknown")],
    ["its report is gone", () => rmSync(join(folder(), "report.json"))],
    ["its report is damaged", () => writeFileSync(join(folder(), "report.json"), '{"databases":')],
    ["its report does not name all that is there", () => writeFileSync(join(folder(), "costs.db"), "rows")],
    ["its report says something new", () => report("perhaps")],
    ["the host is in between two roles", () => role({ role: "demoting" })],
    ["the store does not say what time it is", () => blobs.stop()],
  ])("stays when %s", async (_what, change) => {
    change();
    await run();
    expect(readFileSync(join(folder(), "tasks.db"), "utf8")).toBe("rows");
  });

  it("is gone in the end when its removal was interrupted, and says until then that it may go", async () => {
    let left = 2;
    const interrupted = removeAside(root, name, async (path, options) => {
      if (left-- <= 0) throw new Error("the machine stops");
      rmSync(path, options);
    });
    await expect(interrupted).rejects.toThrow("stops");
    expect(readdirSync(folder())).toContain("report.json");
    expect(readdirSync(folder()).length).toBeLessThan(4);
    await run();
    expect(existsSync(folder())).toBe(false);
  });

  it("that cannot be read keeps nobody from the store", async () => {
    rmSync(join(root, "aside"), { recursive: true });
    writeFileSync(join(root, "aside"), "");
    role();
    put(1, "tasks", 60);
    put(2, "tasks", 30);
    await run();
    expect(left(1, "tasks")).toHaveLength(0);
    expect(readTidy(root)?.done).toBe(false);
  });
});

describe("the tidy agent", () => {
  const now = Date.now();
  it.each([
    ["never before", undefined, true],
    ["23 hours ago", { at: new Date(now - 23 * 3_600_000).toISOString(), done: true }, false],
    ["a day ago", { at: new Date(now - day).toISOString(), done: true }, true],
    ["an hour ago, not to the end", { at: new Date(now - 3_600_000).toISOString(), done: false }, true],
    ["half an hour ago, not to the end", { at: new Date(now - 1_800_000).toISOString(), done: false }, false],
    ["in the future", { at: new Date(now + day).toISOString(), done: true }, true],
  ])("begins when it did %s: %s", (_when, last, expected) => {
    expect(isDue(last, now)).toBe(expected);
  });
});
