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

describe("npm start", () => {
  it("deploys dev, with nothing asked, and says what to try next", async () => {
    const run = await runCommand(["start"], environment());
    expect(run.exitCode).toBe(0);
    expect(ends(run.output)[0]).toBe("start · stack dev · engine sandbox");
    expect(ends(run.output)[1]).toMatch(/^start · stack dev · engine sandbox · done: \d+ created$/);
    expect(run.output).toMatch(/landscape \d+\.\d+\.\d+: \d+ rules, \d+ checks passed, 0 violations/);
    expect(run.output).toContain("Next:");
  });

  it("changes nothing the second time, and still shows the outputs", async () => {
    const run = await startHere();
    expect(run.exitCode).toBe(0);
    expect(ends(run.output)[1]).toMatch(/unchanged: \d+ unchanged$/);
    expect(run.output).toContain("Outputs:");
    expect(run.output).not.toContain("Applying:");
  });

  it("deploys what a stack reads from first, and says so", async () => {
    const run = await startHere("--stack", "hosts");
    expect(run.exitCode).toBe(0);
    expect(run.output).toContain("stack hosts reads from prod, which was never deployed: prod comes first");
    expect(ends(run.output)[1]).toMatch(/^start · stack hosts · engine sandbox · done: \d+ created$/);
    expect((await startHere("--stack", "hosts")).output).not.toContain("comes first");
  });

  it("prints mistakes in the inventory as they are and ends with 2", async () => {
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
  });
});
