import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { appendFileSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { tryLock } from "../../../lib/lock/lock-file.cjs";
import { DiskWorld } from "../../../sandbox/world/disk-world";
import type { WorldObject } from "../../../sandbox/world/world";
import { typescriptLoader } from "../../cli/run-command";
import { plainCodec } from "./plain-codec";

const group: WorldObject = {
  cloud: "azure",
  kind: "azure-native:resources:ResourceGroup",
  id: "/subscriptions/s/resourceGroups/g",
  properties: { location: "swedencentral" },
};

let directory = "";
beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), "world-"));
});
afterEach(() => rmSync(directory, { recursive: true, force: true }));

const open = (seed: readonly WorldObject[] = []) => DiskWorld.open({ directory, seed: () => seed, codec: plainCodec });
const file = () => join(directory, "world.jsonl");

function counting(times: number, occupied?: string): ChildProcess {
  const script = join(__dirname, "counting-process.ts");
  const args = ["--require", typescriptLoader, script, directory, String(times), ...(occupied ? [occupied] : [])];
  return spawn(process.execPath, args, { stdio: ["ignore", "pipe", "inherit"] });
}

describe("a world on disk", () => {
  it("starts from its seed once, and keeps what was changed", async () => {
    const first = await open([group]);
    await first.transact((world) => world.delete(group.kind, group.id));
    const second = await open([group]);
    expect(await second.objects()).toEqual([]);
  });

  it("finds Azure objects whatever the case of their id, and what lies below them", async () => {
    const world = await open([group]);
    const child = {
      ...group,
      kind: "azure-native:storage:StorageAccount",
      id: `${group.id}/providers/x/storageAccounts/a`,
    };
    await world.transact((state) => state.put(child));
    const found = await world.transact((state) => ({
      group: state.get(group.kind, group.id.toUpperCase()),
      below: state.children(group.id.toLowerCase()).map((object) => object.id),
    }));
    expect(found).toEqual({ group, below: [child.id] });
  });

  it("changes nothing when a transaction throws", async () => {
    const world = await open([group]);
    const before = readFileSync(file(), "utf8");
    const failing = world.transact((state) => {
      state.delete(group.kind, group.id);
      state.put({ ...group, id: "/other" });
      throw new Error("refused");
    });
    await expect(failing).rejects.toThrow("refused");
    expect(await world.objects()).toEqual([group]);
    expect(readFileSync(file(), "utf8")).toBe(before);
  });

  it("loses no change of processes that write at once", async () => {
    const processes = [counting(40), counting(40), counting(40)];
    const codes = await Promise.all(processes.map(async (child) => (await once(child, "exit"))[0]));
    const world = await open();
    const counter = await world.transact((state) => state.get("test:Counter", "counter")?.properties.value);
    expect({ codes, counter }).toEqual({ codes: [0, 0, 0], counter: 120 });
  });

  it("refuses what is occupied, also by another process, and frees it when that process was killed", async () => {
    const child = counting(0, "server");
    if (!child.stdout) throw new Error("no output of the child");
    await once(child.stdout, "data");
    const world = await open();
    const attempt = () =>
      world.occupy(
        "server",
        () => new Error("ServerIsBusy"),
        async () => "done",
      );
    await expect(attempt()).rejects.toThrow("ServerIsBusy");
    child.kill("SIGKILL");
    await once(child, "exit");
    await expect(attempt()).resolves.toBe("done");
  });

  it("cuts off what a killed writer left of a line", async () => {
    await open([group]);
    appendFileSync(file(), '{"changes":[{"delete":{"kind":"azure');
    const world = await open();
    await world.transact((state) => state.put({ ...group, id: "/later" }));
    expect((await (await open()).objects()).map((object) => object.id)).toEqual([group.id, "/later"]);
  });

  it("is read while another process writes a line, of which nothing is seen until it is whole", async () => {
    const world = await open([group]);
    const lock = tryLock(join(directory, "world.lock"), "a transaction that takes long");
    const line = `${JSON.stringify({ changes: [{ delete: { kind: group.kind, id: group.id } }] })}\n`;
    appendFileSync(file(), line.slice(0, 20));
    expect(await world.read((state) => state.list(group.kind))).toEqual([group]);
    appendFileSync(file(), line.slice(20));
    expect(await world.read((state) => state.list(group.kind))).toEqual([]);
    if (lock.taken) lock.release();
    expect(lock.taken).toBe(true);
  });

  it("is read after the changes that were asked for before", async () => {
    const world = await open([group]);
    const change = world.transact((state) => state.delete(group.kind, group.id));
    expect(await world.read((state) => state.list(group.kind))).toEqual([]);
    expect(await change).toBe(true);
  });

  it("sees what another open world did after it was rewritten", async () => {
    const first = await open([group]);
    for (let turn = 0; turn < 1000; turn++)
      await first.transact((state) => state.put({ ...group, properties: { turn } }));
    const lines = () => readFileSync(file(), "utf8").split("\n").length;
    const before = lines();
    const second = await open();
    expect(lines()).toBeLessThan(before / 100);
    await second.transact((state) => state.put({ ...group, id: "/new" }));
    expect((await first.objects()).map((object) => object.id)).toEqual([group.id, "/new"]);
  });

  it("refuses a file of a newer version, and one that is no world", async () => {
    writeFileSync(file(), '{"format":"sandbox-world","version":2}\n');
    await expect(open()).rejects.toThrow(/newer version/);
    writeFileSync(file(), "{}\n");
    await expect(open()).rejects.toThrow(/not a sandbox world/);
    writeFileSync(file(), "nonsense\n");
    await expect(open()).rejects.toThrow(/line 1 is not JSON/);
  });
});
