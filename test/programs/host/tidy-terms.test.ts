import { AnonymousCredential, BlobServiceClient } from "@azure/storage-blob";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { ownLease } from "../../../programs/host/agents/tidy/term-removal";
import { readTidy } from "../../../programs/host/agents/tidy/tidy-file";
import { BlobLeaseStore } from "../../../programs/host/lease/blob-lease-store";
import { askForHandover } from "../../../programs/host/lease/lease";
import { printTakeover } from "../../../programs/host/lease/takeover-record";
import { day, leaseOf, ltx, record, termPath } from "./stored-terms";
import { container, daysAgo, leases, TidyHost } from "./tidy-host";

let host: TidyHost;

beforeEach(async () => {
  host = await new TidyHost().start();
});

afterEach(() => host.stop());

describe("earlier terms in the store", () => {
  it("are removed by the primary: all but its own and the one before, with their records", async () => {
    host.lease(leaseOf(4));
    host.settings = { ...host.settings, host: "forge" };
    host.role({ term: 4, path: termPath(4), primary: "forge" });
    for (const name of ["costs", "tasks"]) host.put(4, name, 0);
    host.takeover(4, 8);
    await host.run();
    expect([1, 2, 3, 4].map((term) => host.left(term, "costs").length + host.left(term, "tasks").length)).toEqual([
      0, 0, 6, 6,
    ]);
    expect(host.records().map((name) => name.slice(leases.length))).toEqual([
      "takeover-term-3.json",
      "takeover-term-4.json",
    ]);
    expect(readTidy(host.root)).toMatchObject({ done: true, unclaimed: { term: 4, replicas: [] } });
    expect(host.said.join("\n")).toContain(`tasks: removes its replica in ${termPath(2)}, 3 files`);
  });

  const notOurs: readonly (readonly [string, () => void])[] = [
    ["by a standby", () => host.role({ role: "standby" })],
    ["by a primary whose term is not confirmed", () => host.role({ confirmedAt: daysAgo(1).toISOString() })],
    ["when the lease is another's", () => host.lease({ ...leaseOf(3), primary: "forge" })],
    ["when the lease is of a newer term", () => host.lease({ ...leaseOf(3), term: 4 })],
    ["when the lease has another path", () => host.lease({ ...leaseOf(3), path: "litestream/term-3-anvil-x" })],
    ["during a handover", () => host.lease(askForHandover(leaseOf(3), "forge", new Date().toISOString()))],
    ["without a lease", () => host.blobs.blobs.delete(`${leases}lease.json`)],
  ];

  it.each(notOurs)("are not removed %s", async (_who, change) => {
    const client = new BlobServiceClient(host.settings.store.endpoint, new AnonymousCredential());
    const store = new BlobLeaseStore(client.getContainerClient("failover"), "lease.json");
    expect(await ownLease(host.settings, store)).toEqual(leaseOf(3));
    change();
    const before = host.blobs.blobs.size;
    await host.run();
    expect(host.blobs.blobs.size).toBe(before);
    expect(await ownLease(host.settings, store)).toBeUndefined();
  });

  it("are not removed by who is asked to stop, nor is what they took over", async () => {
    await host.run(10_000, AbortSignal.abort());
    expect(host.left(1, "costs")).toHaveLength(3);
    host.takeover(1, 90);
    const stopping = new AbortController();
    host.blobs.onDelete = () => {
      if (host.left(1, "tasks").length === 1) stopping.abort();
    };
    await host.run(10_000, stopping.signal);
    expect([host.left(1, "tasks").length, host.records().length]).toEqual([0, 3]);
    await host.run();
    expect(host.records()).toHaveLength(2);
  });

  it("stay as long as the database can be restored", async () => {
    host.takeover(3, 6);
    await host.run();
    expect(host.left(1, "tasks")).toHaveLength(3);
    host.settings = {
      ...host.settings,
      replication: host.settings.replication.map((each) => ({ ...each, retentionSeconds: 1 })),
    };
    await host.run();
    expect(host.left(1, "tasks")).toHaveLength(0);
  });

  it("stay when only a path outside the line of terms has the database besides", async () => {
    for (const name of host.left(2, "tasks")) {
      host.blobs.blobs.delete(name);
      const stray = name.replace(termPath(2), "litestream/term-2-anvil-x");
      host.blobs.blobs.set(stray, { text: "x", etag: '"1"', modified: daysAgo(30) });
    }
    await host.run();
    expect([host.left(1, "costs").length, host.left(1, "tasks").length]).toEqual([0, 3]);
  });

  it("of a database that is not replicated any more stay as long as any", async () => {
    const [tasks] = host.settings.replication;
    if (tasks === undefined) throw new Error("no policy");
    const other = { ...tasks, policy: "p0-financial", databases: [], retentionSeconds: (31 * day) / 1000 };
    host.settings = { ...host.settings, replication: [tasks, other] };
    await host.run();
    expect([host.left(1, "tasks").length, host.left(1, "costs").length]).toEqual([0, 3]);
    host.settings = { ...host.settings, replication: [tasks, { ...other, retentionSeconds: undefined }] };
    await host.run();
    expect(host.left(1, "costs")).toHaveLength(3);
  });

  it("are left alone as soon as the host is not the confirmed primary, and the next one goes on", async () => {
    let deleted = 0;
    host.blobs.onDelete = () => {
      if (++deleted === 2) host.role({ role: "demoting" });
    };
    await host.run();
    expect([host.left(1, "costs").length, host.left(1, "tasks").length]).toEqual([1, 3]);
    // What a restore begins with is gone.
    expect(host.left(1, "costs")[0]).not.toContain("/0000000000000001-");
    expect(host.said.at(-1)).toBe("not tidied: not the confirmed primary any more");
    expect(readTidy(host.root)?.done).toBe(false);
    host.role();
    await host.run();
    expect([host.left(1, "costs").length, host.left(1, "tasks").length]).toEqual([0, 0]);
    expect(readTidy(host.root)?.done).toBe(true);
  });

  it("are left alone when the lease has changed since the last replica", async () => {
    host.blobs.onDelete = () => host.lease(leaseOf(4));
    await host.run();
    expect([host.left(1, "costs").length, host.left(1, "tasks").length]).toEqual([0, 3]);
  });

  it("are tried again when the store failed in the middle, or lost an answer", async () => {
    host.blobs.onDelete = (path) => {
      host.blobs.blobs.delete(path);
      host.blobs.weather = "failing";
    };
    await host.run();
    expect(host.left(1, "costs")).toHaveLength(2);
    expect(host.said.at(-1)).toBe("not tidied: 500 InternalError");
    host.blobs.weather = "fine";
    // The first deletion had happened: it is answered with 404.
    host.blobs.onDelete = (path) => host.blobs.blobs.delete(path);
    await host.run();
    expect([host.left(1, "costs").length, host.left(1, "tasks").length]).toEqual([0, 0]);
  });

  it("wait for a person when nobody took all of them over", async () => {
    const taken = record(2, 0, 1, 39).takeover;
    const text = printTakeover({ ...taken, ...record(2, 0, 1, 40, "costs").takeover }, termPath(1));
    host.blobs.blobs.set(`${leases}takeover-term-2.json`, { text, etag: '"1"', modified: daysAgo(60) });
    await host.run();
    expect([host.left(1, "costs").length, host.left(1, "tasks").length]).toEqual([0, 3]);
    expect(readTidy(host.root)?.unclaimed?.replicas).toEqual([
      { path: termPath(1), database: "tasks", why: "nobody took over its last 1 transactions" },
    ]);
  });

  it("are not removed faster than so many a second", async () => {
    for (const name of host.left(1, "costs")) host.blobs.blobs.delete(name);
    const times: number[] = [];
    host.blobs.onDelete = () => times.push(Date.now());
    await host.run(4);
    expect(host.left(1, "tasks")).toHaveLength(0);
    for (const [index, time] of times.slice(1).entries()) expect(time - (times[index] ?? 0)).toBeGreaterThan(200);
  });

  it("leave what else is in the container as it is", async () => {
    const others = [ltx("litestream/by-hand", "tasks", 0, 1, 40), "litestream/term-1/notes", "other/tasks"];
    for (const name of others)
      host.blobs.blobs.set(`${container}${name}`, { text: "x", etag: '"1"', modified: daysAgo(90) });
    await host.run();
    expect(host.left(1, "tasks")).toHaveLength(0);
    expect(readTidy(host.root)?.unclaimed?.replicas).toEqual([]);
    for (const name of others) expect(host.blobs.blobs.has(`${container}${name}`)).toBe(true);
  });
});
