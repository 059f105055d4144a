import { AnonymousCredential, BlobServiceClient } from "@azure/storage-blob";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { BlobLeaseStore } from "../../../programs/host/lease/blob-lease-store";
import { firstLease, nextTerm } from "../../../programs/host/lease/lease";
import { ReplicaHeadsBlob } from "../../../programs/host/lease/replica-heads";
import { FakeBlobStore } from "./fake-blob-store";

const now = "2026-11-21T11:04:05.678Z";
const first = firstLease("anvil", now);
let blobs: FakeBlobStore;
let store: BlobLeaseStore;
let impatient: BlobLeaseStore;
let heads: () => ReplicaHeadsBlob;

beforeEach(async () => {
  blobs = new FakeBlobStore();
  const client = new BlobServiceClient(await blobs.start(), new AnonymousCredential(), {
    retryOptions: { maxTries: 1 },
  });
  store = new BlobLeaseStore(client.getContainerClient("failover"), "lease.json");
  impatient = new BlobLeaseStore(client.getContainerClient("failover"), "lease.json", 200);
  heads = () => new ReplicaHeadsBlob(client.getContainerClient("failover"), "p1");
});

afterEach(() => blobs.stop());

describe("the lease in the store", () => {
  it("is created once: of two hosts, one wins", async () => {
    expect(await store.read()).toEqual({ kind: "missing" });
    const both = await Promise.all([store.create(first), store.create(firstLease("forge", now))]);
    expect(both.map(({ kind }) => kind).sort()).toEqual(["lost", "won"]);
    const lost = both.find((write) => write.kind === "lost");
    expect(lost).toMatchObject({ to: { kind: "found", lease: { term: 1 } } });
  });

  it("is replaced by who has read it last, and by nobody else", async () => {
    await store.create(first);
    const read = await store.read();
    if (read.kind !== "found") throw new Error(read.kind);
    const toForge = nextTerm(first, "forge", "x", now);
    expect((await store.replace(toForge, read.etag)).kind).toBe("won");
    expect(await store.replace(nextTerm(first, "anvil", "x", now), read.etag)).toMatchObject({
      kind: "lost",
      to: { lease: { term: 2, primary: "forge" } },
    });
  });

  it("has been won when the same lease is there already", async () => {
    await store.create(first);
    expect((await store.create(first)).kind).toBe("won");
  });

  it("says nothing about a lease that cannot be reached, in time", async () => {
    for (const weather of ["hangs", "failing", "forbidden"] as const) {
      blobs.weather = weather;
      expect((await impatient.read()).kind).toBe("unreachable");
      expect((await impatient.create(first)).kind).toBe("unreachable");
    }
    blobs.weather = "lost-answer";
    expect((await store.create(first)).kind).toBe("unreachable");
    blobs.weather = "fine";
    expect(await store.read()).toMatchObject({ kind: "found", lease: first });
  });

  it("is corrupt, not missing, when it cannot be understood", async () => {
    await store.create(first);
    for (const [path, { etag }] of blobs.blobs) blobs.blobs.set(path, { text: "{}", etag });
    expect(await store.read()).toMatchObject({ kind: "corrupt" });
  });
});

describe("what the primary has sent", () => {
  it("is read again only when it has changed, and forgotten when it is gone", async () => {
    const said = { path: "litestream/x", at: now, databases: { tasks: "0000000000000007" } };
    const reader = heads();
    expect(await reader.read()).toBeUndefined();
    await heads().write(said);
    expect(await reader.read()).toEqual(said);
    expect(await reader.read()).toEqual(said);
    blobs.weather = "failing";
    expect(await reader.read()).toBeUndefined();
  });
});
