import { existsSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import {
  programsDirectory,
  startInBackground,
  startShellInBackground,
} from "../../../operations/drill/hosts/drill-agents";
import type { DrillHost } from "../../../operations/drill/hosts/drill-host";
import { waitFor } from "../../../operations/drill/wait";
import { runProgram } from "../../../operations/programs/external-program";
import { hostSettings } from "./host-settings-sample";

let directory: string;
let host: DrillHost;

beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), "db-"));
  host = {
    name: "anvil",
    settings: hostSettings({ root: directory, launchctl: "/bin/false" }),
    recordDirectory: directory,
    shell: (script, options) => runProgram("/bin/sh", ["-c", script], options),
    lose: async () => Date.now(),
    comeBack: async () => {},
  };
});

afterEach(() => rmSync(directory, { recursive: true }));

/** Whether a process is there. */
function lives(pid: number): boolean {
  try {
    return process.kill(pid, 0);
  } catch {
    return false;
  }
}

it.each(["writer.mjs", "observer.mjs"])("%s ends by itself when it was told when", async (name) => {
  const settings = join(directory, "settings.json");
  const database = { name: "tasks", path: join(directory, "tasks.db"), everySeconds: 0.1 };
  // Answers nothing, and goes on.
  const sqlite3 = join(directory, "sqlite3");
  writeFileSync(sqlite3, "#!/bin/sh\nexec cat > /dev/null\n", { mode: 0o755 });
  const [ledger, observations] = [join(directory, "committed.jsonl"), join(directory, "observed.jsonl")];
  const given = { sqlite3, host: "anvil", seed: 1, ledger, observations, databases: [database], everySeconds: 1 };
  writeFileSync(settings, JSON.stringify({ ...given, endsAt: Date.now() + 300 }));
  const { exitCode } = await runProgram(process.execPath, [join(programsDirectory, name), settings], {
    timeoutSeconds: 5,
  });
  expect(exitCode).toBe(0);
});

describe("a program in the background of a host", () => {
  it("goes on after the shell that started it, until it is stopped", async () => {
    const [program, sign] = [join(directory, "it's one.mjs"), join(directory, "sign")];
    writeFileSync(
      program,
      `import { writeFileSync } from "node:fs"; setInterval(() => writeFileSync(process.argv[2], ""), 10);`,
    );
    const running = await startInBackground(host, "one", [program, sign]);
    await waitFor("it writes", 5, async () => existsSync(sign));
    rmSync(sign);
    await waitFor("it goes on writing", 5, async () => existsSync(sign));
    await running.stop();
    await waitFor("it is gone", 5, async () => {
      rmSync(sign, { force: true });
      await new Promise((resolve) => setTimeout(resolve, 50));
      return !existsSync(sign);
    });
  });

  it("is not looked for under its number when that is somebody else's by now", async () => {
    const loop = await startShellInBackground(host, "while :; do sleep 1; done");
    const stranger = await startShellInBackground(
      { ...host, shell: async (script) => ({ ...(await host.shell(script)), stdout: `${loop.pid}\n` }) },
      "true",
    );
    await stranger.stop();
    expect(lives(loop.pid)).toBe(true);
    await loop.stop();
  });
});
