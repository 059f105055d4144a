import { existsSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { installFakePulumi } from "../deployment/automation/fake-pulumi";
import { ends, repository } from "./run-command";
import { runHere } from "./run-here";

let directory = "";
beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), "command-"));
  writeFileSync(join(directory, "Pulumi.yaml"), "name: conformance\nruntime: nodejs\n");
});
afterEach(() => rmSync(directory, { recursive: true, force: true }));

function onPulumi(run: string, ...args: readonly string[]) {
  const pulumi = installFakePulumi(join(directory, "bin"), run);
  const all = [...args, "--engine", "pulumi", "--cwd", directory];
  return runHere(all, { PATH: pulumi.path }).then((result) => ({ ...result, commands: pulumi.commands() }));
}

describe("commands on the real engine", () => {
  it("show the same tree, and name stack and engine first and last", async () => {
    const run = await onPulumi("recordings/01-preview-create", "preview", "--stack", "dev");
    expect(run.exitCode).toBe(0);
    expect(run.output).toMatch(/^ \+ {2}└─ storage:BlobContainer {2,}container {2,}create$/m);
    expect(ends(run.output)).toEqual([
      "preview · stack dev · engine pulumi",
      "preview · stack dev · engine pulumi · previewed: 10 to create",
    ]);
  });

  it("print nothing but events with --json", async () => {
    const run = await onPulumi("recordings/01-preview-create", "preview", "--stack", "dev", "--json");
    const events = run.output
      .trimEnd()
      .split("\n")
      .map((line) => JSON.parse(line));
    expect(events.filter((event) => event.summaryEvent)).toHaveLength(1);
    expect(run.errors).toContain("preview · stack dev · engine pulumi");
  });

  it("stop at a violation found by the preview, before anything is applied", async () => {
    const run = await onPulumi("recordings/21-violation-preview", "up", "--stack", "dev", "--yes");
    expect(run.exitCode).toBe(5);
    expect(run.output).toContain("allowBlobPublicAccess must be false");
    expect(run.output).toContain("policy violation");
    expect(run.commands.some((command) => command.startsWith("up"))).toBe(false);
  });

  it("refuse a break-glass of what was approved before they ask the engine", async () => {
    const both = ["--break-glass", "why", "--approved-plan", "plan.json"];
    const run = await onPulumi("recordings/02-create", "up", "--stack", "dev", "--yes", ...both);
    expect([run.exitCode, run.commands]).toEqual([2, []]);
    expect(run.errors).toContain("leave --approved-plan out");
  });

  it("remove a preview environment that a refused up began", async () => {
    const stack = "pr-990009";
    const pulumi = installFakePulumi(join(directory, "bin"), "recordings/01-preview-create");
    const args = ["up", "--stack", stack, "--engine", "pulumi", "--yes", "--expect-no-changes"];
    const run = await runHere(args, { PATH: pulumi.path });
    expect(run.exitCode).toBe(7);
    const commands = pulumi.commands().filter((command) => /^stack (init|rm)/.test(command));
    expect(commands).toEqual([expect.stringContaining(`init ${stack}`), expect.stringContaining(`rm ${stack} --yes`)]);
    expect(existsSync(join(repository, `Pulumi.${stack}.yaml`))).toBe(false);
  });

  it("apply only with --yes when there is no terminal", async () => {
    const run = await onPulumi("recordings/02-create", "up", "--stack", "dev");
    expect(run.exitCode).toBe(2);
    expect(run.errors).toContain("npm run up -- --stack dev --engine pulumi");
    expect(run.commands.some((command) => command.startsWith("up"))).toBe(false);
    const agreed = await onPulumi("recordings/02-create", "up", "--stack", "dev", "--yes");
    expect(agreed.exitCode).toBe(0);
    expect(agreed.commands.some((command) => command.startsWith("up"))).toBe(true);
  });

  it("end with 7 when changes were not expected", async () => {
    const run = await onPulumi("recordings/05-preview-update", "preview", "--stack", "dev", "--expect-no-changes");
    expect(run.exitCode).toBe(7);
  });

  it("end with 4 when a resource failed, and with 6 for an unknown stack", async () => {
    expect(
      (await onPulumi("recordings-2/19-create-fails", "up", "--stack", "dev", "--skip-preview", "--yes")).exitCode,
    ).toBe(4);
    const unknown = await onPulumi("recordings/02-create", "preview", "--stack", "prod");
    expect(unknown.exitCode).toBe(6);
    expect(unknown.errors).toContain("pulumi stack init prod");
  });

  it("refuse to destroy what is protected, and say how to export it", async () => {
    const run = await onPulumi("recordings/02-create", "destroy", "--stack", "dev", "--yes");
    expect(run.exitCode).toBe(5);
    expect(run.output).toContain("azure-native:resources:ResourceGroup group");
    expect(run.output).toContain("az group export");
    expect(run.output).toContain("--unprotect");
    expect(run.commands.some((command) => command.startsWith("destroy"))).toBe(false);
    const forced = await onPulumi("recordings/39-destroy", "destroy", "--stack", "dev", "--yes", "--unprotect");
    expect(forced.exitCode).toBe(0);
  });

  it("without a pulumi end with 2 and say how to install one", async () => {
    const run = await runHere(["preview", "--engine", "pulumi", "--stack", "dev", "--cwd", directory], {
      PATH: directory,
    });
    expect(run.exitCode).toBe(2);
    expect(run.errors).toContain("brew install pulumi");
  });

  it("have no default stack", async () => {
    const run = await runHere(["up", "--engine", "pulumi"]);
    expect(run.exitCode).toBe(2);
    expect(run.errors).toContain("--stack NAME");
  });
});
