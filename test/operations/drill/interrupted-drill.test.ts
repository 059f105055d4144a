import { type ChildProcess, spawn } from "node:child_process";
import { chmodSync, existsSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { realPrograms } from "../../real-programs";

const repository = join(__dirname, "..", "..", "..");
let parent: string;
const drills: ChildProcess[] = [];

beforeEach(() => {
  parent = mkdtempSync(join(tmpdir(), "di-"));
});
afterEach(() => {
  for (const drill of drills.splice(0)) drill.kill("SIGTERM");
  rmSync(parent, { recursive: true });
});

const hindered = process.platform !== "linux" || realPrograms.sqlite3 === undefined;
describe.skipIf(hindered)("npm run drill", () => {
  /** Starts it with fakes of the programs that it would measure, and waits until it deploys the hosts' stack. */
  async function startDrill(): Promise<{ drill: ChildProcess; directory: string; said: () => string }> {
    const litestream = join(parent, "litestream");
    writeFileSync(litestream, "#!/bin/sh\n");
    chmodSync(litestream, 0o755);
    const azurite = join(parent, "azurite", "dist", "src", "blob", "main.js");
    mkdirSync(dirname(azurite), { recursive: true });
    writeFileSync(azurite, "");
    const { CI: _ci, ...inherited } = process.env;
    const drill = spawn(process.execPath, ["cli/run.mjs", "drill", "--output", join(parent, "evidence")], {
      cwd: repository,
      env: { ...inherited, LITESTREAM: litestream, AZURITE: parent, NO_COLOR: "1" },
      stdio: ["ignore", "pipe", "pipe"],
    });
    drills.push(drill);
    let text = "";
    for (const stream of [drill.stdout, drill.stderr]) stream.setEncoding("utf8").on("data", (more) => (text += more));
    while (!text.includes("up of prod")) {
      expect(drill.exitCode, text).toBeNull();
      await sleep(50);
    }
    return { drill, directory: /hosts: (\S+)/.exec(text)?.[1] ?? "", said: () => text };
  }

  const end = (drill: ChildProcess, signal: NodeJS.Signals) =>
    new Promise((resolve) => {
      drill.once("close", resolve);
      drill.kill(signal);
    });

  it("ends what a killed one left, and all that is its own when the terminal closes, with exit code 8", async () => {
    const first = await startDrill();
    await end(first.drill, "SIGKILL");
    expect(existsSync(first.directory)).toBe(true);

    const second = await startDrill();
    expect(second.said()).toContain(`left by a drill that was killed: ${first.directory}, `);
    expect(existsSync(first.directory)).toBe(false);
    expect(await end(second.drill, "SIGHUP")).toBe(8);
    expect(existsSync(second.directory)).toBe(false);
  }, 60_000);
});
