import {
  appendFileSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  truncateSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { StateError, StateNotWritable, UnreadableState } from "../../../../deployment/state-errors";
import type { ResourceState } from "../../../../sandbox/engine/plan/resource-state";
import type { ResourceStep, StepOperation } from "../../../../sandbox/engine/plan/step";
import {
  type DeploymentDocument,
  decodeResource,
  type StoredResource,
} from "../../../../sandbox/engine/state/deployment-document";
import { DiskStateStore } from "../../../../sandbox/engine/state/disk-state-store";
import { PassphraseCipher } from "../../../../sandbox/engine/state/passphrase-cipher";
import { Snapshot } from "../../../../sandbox/engine/state/snapshot";
import { decodeState, encodeState } from "../../../../sandbox/engine/state/state-store";

let directory: string;
let store: DiskStateStore;

beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), "state-"));
  store = new DiskStateStore(directory, "demo", "dev");
});

afterEach(() => rmSync(directory, { recursive: true }));

function resource(name: string): StoredResource {
  return { urn: `urn:pulumi:dev::demo::demo:x:Thing::${name}`, custom: true, type: "demo:x:Thing", id: name };
}

function documentOf(...resources: StoredResource[]): DeploymentDocument {
  const manifest = { time: "2026-01-01T00:00:00Z", magic: "", version: "v3.260.0" };
  return { version: 3, deployment: { manifest, resources, metadata: {} } };
}

const stateOf = (name: string) =>
  decodeResource(resource(name), () => {
    throw new Error("nothing here is secret");
  });

function stepFor(operation: StepOperation, old: ResourceState | undefined, next: ResourceState): ResourceStep {
  const { urn, type, provider } = next;
  const quiet = { logical: true, keys: [], diffs: [], detailedDiff: undefined, skippedCreate: false };
  return { operation, urn, type, provider, old, next, ...quiet, apply: async () => {}, complete: () => {} };
}

async function names(): Promise<string[]> {
  return ((await store.load())?.deployment.resources ?? []).map(({ id = "" }) => id);
}

describe("the state on disk", () => {
  it("is nothing for a stack that was never deployed, and asking leaves no trace", async () => {
    expect(await store.load()).toBeUndefined();
    expect(readdirSync(directory)).toEqual([]);
  });

  it("is read back as it was written, and leaves nothing beside it", async () => {
    await store.save(documentOf(resource("a")));
    expect(await names()).toEqual(["a"]);
    expect(readdirSync(join(directory, "demo"))).toEqual(["dev.json"]);
  });

  it.each([
    ["not JSON", "{", /not JSON/],
    [
      "of a newer version",
      '{"version":4,"deployment":{}}',
      /version 4, written by a newer program; this one reads version 3/,
    ],
    ["something else", '{"version":3,"deployment":{"manifest":{}}}', /deployment\.manifest\.time/],
    ["an empty file", "", /not JSON/],
  ])("is refused with its reason when it is %s", async (_what, text, reason) => {
    mkdirSync(join(directory, "demo"));
    writeFileSync(store.location, text);
    await expect(store.load()).rejects.toThrow(UnreadableState);
    await expect(store.load()).rejects.toThrow(reason);
    expect(readFileSync(store.location, "utf8")).toBe(text);
  });

  it("stays what it was when the new one cannot be written", async () => {
    await store.save(documentOf(resource("a")));
    mkdirSync(`${store.location}.tmp`);
    await expect(store.save(documentOf(resource("b")))).rejects.toThrow(StateNotWritable);
    expect(await names()).toEqual(["a"]);
  });

  it.runIf(existsSync("/dev/full"))("stays what it was when the disk is full", async () => {
    await store.save(documentOf(resource("a")));
    symlinkSync("/dev/full", `${store.location}.tmp`);
    await expect(store.save(documentOf(resource("b")))).rejects.toThrow(/dev\.json: the disk is full; .* is unchanged/);
    expect(await names()).toEqual(["a"]);
    expect(readdirSync(join(directory, "demo"))).toEqual(["dev.json"]);
  });

  it("says what is wrong with the disk", () => {
    const full = Object.assign(new Error("write"), { code: "ENOSPC" });
    const forbidden = Object.assign(new Error("open"), { code: "EACCES" });
    expect(new StateNotWritable("dev.json", full).message).toMatch(/^dev\.json: the disk is full.*unchanged$/);
    expect(new StateNotWritable("dev.json", forbidden).message).toMatch(/^dev\.json: no permission.*unchanged$/);
  });

  it.each(["../other", "a/b", ".hidden", ""])("has no place for a stack named %j", (name) => {
    expect(() => new DiskStateStore(directory, "demo", name)).toThrow(StateError);
  });
});

describe("the journal", () => {
  it("adds to the state what an interrupted run had done", async () => {
    await store.save(documentOf(resource("a"), resource("b")));
    const journal = await store.openJournal();
    journal.note({ note: "keep", of: "base:1" });
    journal.note({ note: "begin", operation: 1, type: "creating", resource: resource("c") });
    journal.note({ note: "add", resource: resource("c") });
    journal.note({ note: "end", operation: 1 });
    journal.note({ note: "begin", operation: 2, type: "deleting", resource: resource("a") });
    await journal.flush();
    const found = await store.load();
    expect(found?.deployment.resources?.map(({ id }) => id)).toEqual(["b", "c", "a"]);
    expect(found?.deployment.pending_operations).toEqual([{ type: "deleting", resource: resource("a") }]);
  });

  it("loses what was deleted, marks what was replaced, follows what was renamed", async () => {
    const child = { ...resource("child"), parent: resource("old").urn };
    await store.save(documentOf(resource("gone"), resource("replaced"), resource("old"), child));
    const journal = await store.openJournal();
    journal.note({ note: "drop", of: "base:0" });
    journal.note({ note: "mark", of: "base:1", as: "delete" });
    journal.note({ note: "drop", of: "base:2" });
    journal.note({ note: "add", resource: resource("new") });
    journal.note({ note: "rename", from: resource("old").urn, to: resource("new").urn });
    await journal.flush();
    expect((await store.load())?.deployment.resources).toEqual([
      resource("new"),
      { ...resource("replaced"), delete: true },
      { ...child, parent: resource("new").urn },
    ]);
  });

  it("is believed up to a last line that was cut short", async () => {
    await store.save(documentOf());
    const journal = await store.openJournal();
    journal.note({ note: "add", resource: resource("a") });
    await journal.close();
    appendFileSync(join(directory, "demo", "dev.journal"), '{"note":"add","resou');
    expect(await names()).toEqual(["a"]);
  });

  it.each(["update", "create-replacement"] as const)(
    "has a resource that an %s changes exactly once, wherever a kill cuts it",
    async (operation) => {
      const cipher = await PassphraseCipher.create("a passphrase");
      await store.save(encodeState({ resources: [stateOf("a"), stateOf("b")], pendingOperations: [] }, cipher));
      const state = decodeState(await store.load(), cipher, "the state");
      const journal = await store.openJournal();
      const snapshot = new Snapshot(state.resources, [], cipher, journal);
      const [old] = state.resources;
      const step = stepFor(operation, old, { ...stateOf("a"), id: "changed" });
      const pending = await snapshot.begin(step);
      if (old !== undefined && operation === "create-replacement") old.delete = true;
      snapshot.end(step, pending, "done");
      await journal.close();
      const path = store.location.replace(/json$/, "journal");
      const whole = readFileSync(path);
      for (let length = 1; length <= whole.length; length++) {
        truncateSync(path, 0);
        appendFileSync(path, whole.subarray(0, length));
        const { resources = [], pending_operations: open = [] } = (await store.load())?.deployment ?? {};
        const current = resources.filter((each) => each.urn === old?.urn && each.delete !== true);
        expect(current).toHaveLength(1);
        // What was not noted to its end is asked of the cloud again.
        if (length > whole.indexOf("\n", whole.indexOf('"begin"')) && current[0]?.id === "a")
          expect(open).toHaveLength(1);
      }
      expect(await names()).toContain("changed");
    },
  );

  it("is refused when it is damaged before its end", async () => {
    await store.save(documentOf());
    const journal = await store.openJournal();
    await journal.close();
    appendFileSync(join(directory, "demo", "dev.journal"), 'garbage\n{"note":"settle"}\n');
    await expect(store.load()).rejects.toThrow(/dev\.journal:2: the journal is damaged/);
  });

  it("is not replayed upon a state that was saved after it", async () => {
    await store.save(documentOf());
    const journal = await store.openJournal();
    journal.note({ note: "add", resource: resource("a") });
    await journal.close();
    const text = readFileSync(join(directory, "demo", "dev.journal"), "utf8");
    await store.save(documentOf(resource("a")));
    // As if the process had died between saving and removing the journal.
    writeFileSync(join(directory, "demo", "dev.journal"), text);
    expect(await names()).toEqual(["a"]);
  });

  it("is settled into the state before the next run keeps one", async () => {
    await store.save(documentOf());
    const first = await store.openJournal();
    first.note({ note: "add", resource: resource("a") });
    await first.close();
    const second = await store.openJournal();
    second.note({ note: "add", resource: resource("b") });
    await second.close();
    expect(await names()).toEqual(["b", "a"]);
  });

  it("makes notes safe that were made while others were being made safe", async () => {
    await store.save(documentOf());
    const journal = await store.openJournal();
    const flushes = ["a", "b", "c"].map((name) => {
      journal.note({ note: "add", resource: resource(name) });
      return journal.flush();
    });
    await Promise.all(flushes);
    expect(await names()).toEqual(["a", "b", "c"]);
  });

  it("is gone after saving", async () => {
    await store.save(documentOf());
    await (await store.openJournal()).close();
    expect(existsSync(join(directory, "demo", "dev.journal"))).toBe(true);
    await store.save(documentOf());
    expect(existsSync(join(directory, "demo", "dev.journal"))).toBe(false);
  });
});
