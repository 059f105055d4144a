import { execFile } from "node:child_process";
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { LaunchctlServer, writeLaunchctl } from "../../../operations/drill/launchd/launchctl-server";
import { Launchd } from "../../../operations/drill/launchd/launchd";
import { AgentDefinitionError, parseAgentDefinition } from "../../../operations/drill/launchd/running-agent";

let directory: string;
let launchd: Launchd;
let server: LaunchctlServer;

beforeEach(async () => {
  directory = mkdtempSync(join(tmpdir(), "ld-"));
  mkdirSync(join(directory, "agents"));
  launchd = new Launchd({ agentsDirectory: join(directory, "agents"), home: directory });
  server = await LaunchctlServer.open(launchd, directory);
  writeLaunchctl(join(directory, "bin", "launchctl"));
});

afterEach(async () => {
  await launchd.crash();
  await server.close();
  rmSync(directory, { recursive: true });
});

describe("the fake launchd", () => {
  it("loads what lies in the directory, with launchd's small environment, and starts it again when it dies", async () => {
    write("no.test.one", "echo $$ $PATH >> starts; exec sleep 30", "<key>KeepAlive</key><true/>");
    await launchd.start();
    const [first] = await startsOf(1);
    expect(first).toMatch(/^\d+ \/usr\/bin:\/bin:\/usr\/sbin:\/sbin$/);
    launchd.agent("no.test.one")?.signal("SIGKILL");
    const [, second] = await startsOf(2);
    expect(second?.split(" ")[0]).not.toBe(first?.split(" ")[0]);
  });

  it("waits for the throttle interval before it starts something again", async () => {
    write("no.test.one", "echo start >> starts", "<key>KeepAlive</key><true/>", 60);
    await launchd.start();
    await startsOf(1);
    await until(() => launchd.agent("no.test.one")?.pid === undefined);
    await sleep(150);
    expect(starts()).toHaveLength(1);
  });

  it("starts again only what failed, where the list says so", async () => {
    const keep = "<key>RunAtLoad</key><true/><key>KeepAlive</key><dict><key>SuccessfulExit</key><false/></dict>";
    write("no.test.one", "echo start >> starts; test $(wc -l < starts) -ge 2", keep);
    await launchd.start();
    await startsOf(2);
    await until(() => launchd.agent("no.test.one")?.lastExit === "0");
    await sleep(100);
    expect(starts()).toHaveLength(2);
  });

  it("ends the rest of a process group with its leader", async () => {
    write("no.test.one", "sleep 30 & echo $! >> starts; wait", "<key>RunAtLoad</key><true/>");
    await launchd.start();
    const [child] = await startsOf(1);
    launchd.agent("no.test.one")?.signal("SIGKILL");
    await until(() => !isAlive(Number(child)));
  });

  it("a crash ends descendants that left the group too", async () => {
    const script = `${process.execPath} -e 'const c = require("child_process").spawn("sleep", ["30"], { detached: true }); console.log(c.pid)' >> starts; sleep 30`;
    const detached = script.replace("console.log(c.pid)", "console.log(c.pid); setTimeout(() => {}, 30000)");
    write("no.test.one", detached, "<key>RunAtLoad</key><true/>");
    await launchd.start();
    const [child] = await startsOf(1);
    expect(isAlive(Number(child))).toBe(true);
    await launchd.crash();
    await until(() => !isAlive(Number(child)));
  });

  it("answers launchctl with macOS's exit codes", async () => {
    const path = write("no.test.one", "exec sleep 30", "<key>RunAtLoad</key><true/>");
    const target = "gui/501/no.test.one";
    expect(await launchctl("print", target)).toMatchObject({ code: 113 });
    expect(await launchctl("bootout", target)).toMatchObject({ code: 3 });
    expect(await launchctl("bootstrap", "gui/501", path)).toMatchObject({ code: 0 });
    expect(await launchctl("bootstrap", "gui/501", path)).toMatchObject({ code: 37 });
    expect((await launchctl("print", target)).stdout).toMatch(/state = running\n[\s\S]*pid = \d+/);
    const { pid } = launchd.agent("no.test.one") ?? {};
    expect(await launchctl("kickstart", "-k", target)).toMatchObject({ code: 0 });
    await until(() => (launchd.agent("no.test.one")?.pid ?? pid) !== pid);
    expect(await launchctl("bootout", target)).toMatchObject({ code: 0 });
    expect(await launchctl("disable", target)).toMatchObject({ code: 0 });
    expect(await launchctl("bootstrap", "gui/501", path)).toMatchObject({ code: 119 });
  });

  it("what is disabled is not loaded at the next log-in", async () => {
    write("no.test.one", "exec sleep 30", "<key>RunAtLoad</key><true/>");
    launchd.setDisabled("no.test.one", true);
    await launchd.start();
    expect(launchd.labels).toEqual([]);
  });

  it("refuses keys it does not follow, by name", async () => {
    const text = list("no.test.one", "true", "<key>WatchPaths</key><array/>");
    await expect(parseAgentDefinition(text, "one.plist")).rejects.toThrow(/one\.plist[\s\S]*WatchPaths/);
    await expect(parseAgentDefinition("no list", "two.plist")).rejects.toThrow(AgentDefinitionError);
  });
});

function write(label: string, script: string, keys: string, throttle = 0): string {
  const path = join(directory, "agents", `${label}.plist`);
  writeFileSync(path, list(label, `cd ${directory}; ${script}`, keys, throttle));
  return path;
}

function list(label: string, script: string, keys: string, throttle = 0): string {
  const text = script.replaceAll("&", "&amp;").replaceAll("<", "&lt;").replaceAll(">", "&gt;");
  return `<?xml version="1.0"?><plist version="1.0"><dict><key>Label</key><string>${label}</string>
<key>ProgramArguments</key><array><string>/bin/sh</string><string>-c</string><string>${text}</string></array>
<key>ThrottleInterval</key><integer>${throttle}</integer>${keys}</dict></plist>`;
}

function starts(): string[] {
  try {
    return readFileSync(join(directory, "starts"), "utf8").trim().split("\n").filter(Boolean);
  } catch {
    return [];
  }
}

async function startsOf(count: number): Promise<string[]> {
  await until(() => starts().length >= count);
  return starts();
}

async function until(condition: () => boolean): Promise<void> {
  for (const deadline = Date.now() + 5_000; !condition(); ) {
    if (Date.now() > deadline) throw new Error("it did not happen within 5 s");
    await sleep(10);
  }
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch {
    return false;
  }
}

function launchctl(...args: readonly string[]): Promise<{ readonly code: number; readonly stdout: string }> {
  return new Promise((resolve) => {
    const environment = { PATH: "/usr/bin:/bin", HOME: directory };
    execFile(join(directory, "bin", "launchctl"), [...args], { env: environment }, (error, stdout) => {
      resolve({ code: typeof error?.code === "number" ? error.code : 0, stdout });
    });
  });
}
