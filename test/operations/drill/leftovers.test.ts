import { type ChildProcess, spawn, spawnSync } from "node:child_process";
import { existsSync, mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { endLeftovers, LocalDirectory, records } from "../../../operations/drill/hosts/local-directory";

const repository = join(__dirname, "..", "..", "..");
let parent: string;
const children: ChildProcess[] = [];

beforeEach(() => {
  parent = mkdtempSync(join(tmpdir(), "dl-"));
});
afterEach(() => {
  for (const { pid } of children.splice(0)) if (pid !== undefined) endGroup(pid);
  rmSync(parent, { recursive: true });
});

/** A process with a child of its own. Only its own command line has the words. */
function start(...words: string[]): number {
  const child = spawn("/bin/sh", ["-c", "sleep 1000 & wait", ...words], { detached: true, stdio: "ignore" });
  children.push(child);
  if (child.pid === undefined) throw new Error("sh does not start");
  return child.pid;
}

function endGroup(leader: number): void {
  try {
    process.kill(-leader, "SIGKILL");
  } catch {
    // All of it has ended.
  }
}

/** A directory as a drill leaves it that is killed: the socket is there, and nobody listens. */
function leftDirectory({ keep = false } = {}): string {
  const directory = mkdtempSync(join(parent, "drill-"));
  writeFileSync(join(directory, records.drill), JSON.stringify({ keep }));
  return directory;
}

function runs(pid: number): boolean {
  const child = children.find((one) => one.pid === pid);
  return child?.exitCode === null && child.signalCode === null;
}

async function ended(pid: number): Promise<void> {
  const child = children.find((one) => one.pid === pid);
  if (child !== undefined && runs(pid)) await new Promise((resolve) => child.once("exit", resolve));
}

describe("the directory of a drill", () => {
  it("is removed at its end, with every process that was started for it and what those started", async () => {
    const directory = await LocalDirectory.open({ parent, keep: false });
    const pid = start(directory.path);
    directory.started(pid);
    expect(directory.end()).toEqual({ path: directory.path, ended: 2, problems: [] });
    await ended(pid);
    expect(readdirSync(parent)).toEqual([]);
  });

  it("is kept when somebody wants to look at it, and is no drill's any more", async () => {
    const directory = await LocalDirectory.open({ parent, keep: true });
    writeFileSync(join(directory.path, "evidence"), "");
    const pid = start(directory.path);
    directory.started(pid);
    expect(directory.end().ended).toBe(2);
    await ended(pid);
    expect(readdirSync(directory.path)).toEqual(["evidence"]);
    expect(await endLeftovers(parent)).toEqual([]);
  });

  it("takes nothing in after its end: what is started then is ended at once", async () => {
    const directory = await LocalDirectory.open({ parent, keep: false });
    directory.end();
    const pid = start(directory.path);
    directory.started(pid);
    await ended(pid);
    expect(readdirSync(parent)).toEqual([]);
  });

  it("is removed also when its drill's process ends by an error or a second interrupt", async () => {
    const program = `require("./lib/module-loader/typescript-loader.cjs");
const { LocalDirectory } = require("./operations/drill/hosts/local-directory.ts");
LocalDirectory.open({ parent: ${JSON.stringify(parent)}, keep: false }).then((directory) => {
  const { pid } = require("node:child_process").spawn("sleep", ["1000"], { argv0: directory.path, stdio: "ignore" });
  directory.started(pid);
  process.stdout.write(String(pid), () => process.exit(3));
});`;
    const drill = spawn(process.execPath, ["-e", program], { cwd: repository, stdio: ["ignore", "pipe", "inherit"] });
    let pid = "";
    drill.stdout.on("data", (text) => {
      pid += text;
    });
    expect(await new Promise((resolve) => drill.once("close", resolve))).toBe(3);
    expect(readdirSync(parent)).toEqual([]);
    expect(spawnSync("ps", ["-o", "stat=", "-p", pid], { encoding: "utf8" }).stdout).toMatch(/^(Z.*\n)?$/);
  });

  it("is left alone by others while its drill lives", async () => {
    const directory = await LocalDirectory.open({ parent, keep: false });
    const pid = start(directory.path);
    directory.started(pid);
    expect(await endLeftovers(parent)).toEqual([]);
    expect(runs(pid)).toBe(true);
    directory.end();
  });
});

describe("what a killed drill left", () => {
  it("is ended and removed", async () => {
    const directory = leftDirectory();
    const pid = start(join(directory, "settings.json"));
    writeFileSync(join(directory, records.processes), `${pid}\n`);
    expect(await endLeftovers(parent)).toEqual([{ path: directory, ended: 2, problems: [] }]);
    await ended(pid);
    expect(existsSync(directory)).toBe(false);
  });

  it("are also processes whose group's leader has ended", async () => {
    const directory = leftDirectory();
    const script = `/bin/sh -c 'sleep 1000 & wait' ${directory}/agent &`;
    const leader = spawn("/bin/sh", ["-c", script], { detached: true, stdio: "ignore" });
    await new Promise((resolve) => leader.once("exit", resolve));
    writeFileSync(join(directory, records.processes), `${leader.pid}\n`);
    expect(await endLeftovers(parent)).toMatchObject([{ ended: 2 }]);
  });

  it("does not include processes that only look into it, or only have a recorded number", async () => {
    const directory = leftDirectory();
    const [looking, reused] = [start(join(directory, "log")), start("something else")];
    writeFileSync(join(directory, records.processes), `${reused}\n`);
    const problems = [`process ${looking} names ${directory} and is not in its record: ps -p ${looking} says whose`];
    expect(await endLeftovers(parent)).toEqual([{ path: directory, ended: 0, problems }]);
    expect([runs(looking), runs(reused)]).toEqual([true, true]);
  });

  it("does not include whose number was not written to its end", async () => {
    const directory = leftDirectory();
    const pid = start(directory);
    writeFileSync(join(directory, records.processes), String(pid));
    expect(await endLeftovers(parent)).toMatchObject([{ ended: 0 }]);
    expect(runs(pid)).toBe(true);
  });

  it("is kept when that was asked for, without its processes", async () => {
    const directory = leftDirectory({ keep: true });
    const pid = start(directory);
    writeFileSync(join(directory, records.processes), `${pid}\n`);
    expect(await endLeftovers(parent)).toMatchObject([{ ended: 2 }]);
    expect([existsSync(directory), await endLeftovers(parent)]).toEqual([true, []]);
  });

  it("is nothing that merely has such a name", async () => {
    mkdirSync(join(parent, "drill-of-somebody"));
    writeFileSync(join(parent, "drill-file"), "");
    expect(await endLeftovers(parent)).toEqual([]);
    expect(readdirSync(parent).sort()).toEqual(["drill-file", "drill-of-somebody"]);
  });
});
