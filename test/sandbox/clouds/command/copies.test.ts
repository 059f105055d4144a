import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { basename, join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { Archive, Secret } from "../../../../deployment/values/property-value";
import { hashedArchive, hashedAsset } from "../../../../deployment/values/wire-value";
import { commandProvider, remoteFileKind, remoteRunKind } from "../../../../sandbox/clouds/command";
import type { MemoryWorld } from "../../../../sandbox/world/world";
import { CloudSession, seededWorld } from "../cloud-session";

const copy = "command:remote:CopyToRemote";
const command = "command:remote:Command";
const connection = { host: "100.103.49.98", user: "operator" };

let directory: string;
let world: MemoryWorld;
let session: CloudSession;
beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), "copied-"));
  mkdirSync(join(directory, "etc"));
  writeFileSync(join(directory, "etc", "host.json"), "{}");
  writeFileSync(join(directory, "install.sh"), "exit 0");
  world = seededWorld();
  session = new CloudSession(commandProvider(world));
});
afterEach(() => rmSync(directory, { recursive: true }));

const files = () =>
  Object.fromEntries(
    world
      .objects()
      .filter(({ kind }) => kind === remoteFileKind)
      .map(({ id, properties }) => [id, properties.text]),
  );

describe("a copied directory", () => {
  it("lands below the destination under its own name", async () => {
    await session.create(copy, "package", {
      connection,
      source: hashedArchive({ path: directory }),
      remotePath: "/in",
    });
    const to = `anvil:/in/${basename(directory)}`;
    expect(files()).toEqual({ [`${to}/etc/host.json`]: "{}", [`${to}/install.sh`]: "exit 0" });
  });

  it("is copied again when its content changes, and not when the connection does", async () => {
    const source = hashedArchive({ path: directory });
    const made = await session.create(copy, "package", { connection, source, remotePath: "/in" });
    writeFileSync(join(directory, "install.sh"), "exit 1");
    const other = { connection: { ...connection, user: "other" }, source, remotePath: "/in" };
    expect(await session.diff(made, other)).toMatchObject({ changes: "some", replaces: [] });
    await session.update(made, other);
    expect(Object.values(files())).toContain("exit 0");
    const changed = { connection, source: hashedArchive({ path: directory }), remotePath: "/in" };
    expect(await session.diff(made, changed)).toMatchObject({ diffs: ["source"], replaces: [] });
    await session.update(made, changed);
    expect(Object.values(files())).toEqual(["{}", "exit 1"]);
  });

  it("is replaced when its triggers change", async () => {
    const inputs = { connection, source: hashedArchive({ path: directory }), remotePath: "/in" };
    const made = await session.create(copy, "package", { ...inputs, triggers: ["1"] });
    expect((await session.diff(made, { ...inputs, triggers: ["2"] })).replaces).toEqual(["triggers[0]"]);
  });

  it("cannot be put together in the program", async () => {
    const source = new Archive({ assets: { a: hashedAsset({ text: "a" }) } }, "hash");
    expect(await session.failures(copy, { connection, source, remotePath: "/in" })).toEqual([
      "archive must be a path to a file or directory",
    ]);
  });
});

describe("a copied text", () => {
  it("is the file at the destination", async () => {
    await session.create(copy, "text", { connection, source: hashedAsset({ text: "hello" }), remotePath: "/in/hello" });
    expect(files()).toEqual({ "anvil:/in/hello": "hello" });
  });
});

describe("commands on a host", () => {
  it("are updated by other triggers where there is an update command, and replaced where not", async () => {
    const updated = await session.create(command, "a", { connection, create: "x", update: "y", triggers: [1] });
    const again = await session.diff(updated, { connection, create: "x", update: "y", triggers: [2] });
    expect(again).toMatchObject({ changes: "some", replaces: [] });
    const replaced = await session.create(command, "b", { connection, create: "x", triggers: [1] });
    expect((await session.diff(replaced, { connection, create: "x", triggers: [2] })).replaces).toEqual([
      "triggers[0]",
    ]);
  });

  it("are kept in the world in order, as secrets", async () => {
    await session.create(command, "first", { connection, create: "make room" });
    await session.create(command, "second", { connection, create: "install" });
    const runs = world.objects().filter(({ kind }) => kind === remoteRunKind);
    expect(runs.map(({ id, properties }) => [id, properties.order])).toEqual([
      ["anvil:first", 1],
      ["anvil:second", 2],
    ]);
    expect(runs[0]?.properties.command).toEqual(new Secret("make room"));
  });
});
