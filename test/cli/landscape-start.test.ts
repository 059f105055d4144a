import { cpSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { ends, repository, runCommand } from "./run-command";
import { runHere } from "./run-here";

// This project itself, with data of its own. What the stacks contain is tested elsewhere.
let directory = "";
beforeAll(() => {
  directory = mkdtempSync(join(tmpdir(), "landscape-"));
});
afterAll(() => rmSync(directory, { recursive: true, force: true }));

const environment = () => ({ SANDBOX_DIRECTORY: join(directory, "data") });

/** What `npm start` runs, in this process. */
function startHere(...args: readonly string[]) {
  return runHere(["start", ...args], environment());
}

function lineCount(text: string): number {
  return text.trimEnd().split("\n").length;
}

/** What the README says that one sees, each line as a pattern: `…` stands for anything, and columns are as wide as they are. */
function readmeLines(): RegExp[] {
  const readme = readFileSync(join(repository, "README.md"), "utf8");
  const block = /## What you see\n+```\n(.*?)```/s.exec(readme)?.[1] ?? "";
  const lines = block.split("\n").filter((line) => !["…", ""].includes(line.trim()));
  expect(lines.length).toBeGreaterThan(10);
  return lines.map((line) => {
    const literal = line.trim().replace(/[\\^$.*+?()[\]{}|]/g, "\\$&");
    return new RegExp(`^ *${literal.replaceAll("…", ".+").replace(/ +/g, " +")} *$`, "m");
  });
}

describe("npm start", () => {
  it("deploys dev, with nothing asked, and says what to try next", async () => {
    const run = await runCommand(["start"], environment());
    expect(readmeLines().filter((line) => !line.test(run.output))).toEqual([]);
    expect(run.exitCode).toBe(0);
    expect(ends(run.output)[0]).toBe("start · stack dev · engine sandbox");
    expect(ends(run.output)[1]).toMatch(/^start · stack dev · engine sandbox · done: \d+ created$/);
    expect(run.output).toMatch(/landscape \d+\.\d+\.\d+: \d+ rules apply, \d+ checks passed, 0 violations/);
    expect(run.output).toContain("Next:");
    for (const title of [/^Policies:$/gm, /^Outputs\b.*:$/gm]) expect(run.output.match(title)).toHaveLength(1);
    // npm itself writes four more.
    expect(lineCount(run.output)).toBeLessThanOrEqual(150 - 4);
  });

  it("changes nothing the second time, and still shows the outputs", async () => {
    const run = await startHere();
    expect(run.exitCode).toBe(0);
    expect(ends(run.output)[1]).toMatch(/unchanged: \d+ unchanged$/);
    for (const title of [/^Policies:$/gm, /^Outputs\b.*:$/gm]) expect(run.output.match(title)).toHaveLength(1);
    expect(run.output).not.toContain("Applying:");
    expect(lineCount(run.output)).toBeLessThanOrEqual(15 - 4);
  });

  it("deploys what a stack reads from first, and says so", async () => {
    const run = await startHere("--stack", "hosts");
    expect(run.exitCode).toBe(0);
    expect(run.output).toContain("stack hosts reads from prod, which was never deployed: prod comes first");
    expect(ends(run.output)[1]).toMatch(/^start · stack hosts · engine sandbox · done: \d+ created$/);
    expect((await startHere("--stack", "hosts")).output).not.toContain("comes first");
  });

  it("prints mistakes as they are and ends with 2, before it deploys what a stack reads from", async () => {
    const copy = join(directory, "copy");
    const left = new Set(
      ["node_modules", ".git", ".sandbox", ".drill", ".report", "test"].map((name) => join(repository, name)),
    );
    cpSync(repository, copy, { recursive: true, filter: (path) => !left.has(path) });
    symlinkSync(join(repository, "node_modules"), join(copy, "node_modules"), "junction");
    const sites = join(copy, "stacks/alai/inventory/sites.yaml");
    writeFileSync(sites, readFileSync(sites, "utf8").replace("framework:", "framwork:"));
    const run = await runCommand(["start"], {}, copy);
    expect([run.exitCode, run.errors]).toEqual([2, ""]);
    expect(run.output).toMatch(
      /^\s+stacks\/alai\/inventory\/sites\.yaml:\d+:\d+ sites\[0\]\.framwork: unknown key "framwork"; did you mean "framework"\?$/m,
    );
    expect(run.output).not.toContain("at loadInventory");
    expect(ends(run.output)[1]).toContain("bad configuration");

    const settings = join(copy, "Pulumi.hosts.yaml");
    writeFileSync(settings, readFileSync(settings, "utf8").replace("hostSshUser", "hostSshUsr"));
    const hosts = await runCommand(["start", "--stack", "hosts"], {}, copy);
    expect([hosts.exitCode, hosts.output]).toEqual([2, expect.not.stringContaining("comes first")]);
    expect(hosts.errors).toMatch(/Pulumi\.hosts\.yaml:\d+:\d+ config\.landscape:hostSshUsr: unknown key/);
  });
});
