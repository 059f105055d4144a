import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { missingPrograms } from "../real-programs";
import { ProjectOnBoth } from "./stack-on-both";

const needs = missingPrograms("pulumi");

/** Milliseconds for a stack: the real engine takes half a minute to preview the largest one on two busy cores. */
const timeout = 600_000;

describe.skipIf(needs !== "")(`the real engine and the sandbox${needs}`, () => {
  let project: ProjectOnBoth;
  beforeAll(() => {
    project = new ProjectOnBoth(["bootstrap", "prod", "dev", "hosts"]);
  }, timeout);
  afterAll(() => project.remove());

  /** Runs a command on both: exit code, counts, and what is shown are the same, and so is what is left. */
  const same = async (stack: string, args: readonly string[], environment: Readonly<Record<string, string>> = {}) => {
    const [command = "", ...options] = args;
    const { pulumi, sandbox } = await project.run([command, "--stack", stack, ...options], environment);
    expect({ exitCode: pulumi.exitCode, summary: pulumi.summary }).toEqual({
      exitCode: sandbox.exitCode,
      summary: sandbox.summary,
    });
    expect(pulumi.lines).toEqual(sandbox.lines);
    if (command !== "preview") expect(await project.stateDifferences(stack)).toEqual([]);
    return pulumi;
  };

  it("do the same with bootstrap, from its first preview to its end", { timeout }, async () => {
    const stack = "bootstrap";
    expect((await same(stack, ["preview"])).exitCode).toBe(0);
    expect((await same(stack, ["up", "--yes", "--skip-preview"])).summary).toContain("created");
    expect((await same(stack, ["up", "--yes", "--expect-no-changes"])).exitCode).toBe(0);
    expect((await same(stack, ["refresh", "--yes"])).exitCode).toBe(0);
    expect((await same(stack, ["drift"])).exitCode).toBe(0);
    const pack = project.packAgainst("azure-native:keyvault:Key");
    expect((await same(stack, ["up", "--yes", "--policy-pack", pack])).exitCode).toBe(5);
    expect((await same(stack, ["destroy", "--yes"])).exitCode).toBe(5);
    expect((await same(stack, ["destroy", "--yes", "--unprotect"])).exitCode).toBe(0);
  });

  it("are stopped by the same resource that fails, and go on from there", { timeout }, async () => {
    const stack = "bootstrap";
    const faults = join(project.directory, "faults.json");
    const fault = { effect: "fail", operation: "create", type: "azure-native:keyvault:Vault", nth: 1, when: "before" };
    writeFileSync(faults, JSON.stringify({ faults: [fault] }));
    const { pulumi, sandbox } = await project.run(["up", "--stack", stack, "--yes", "--skip-preview"], {
      SANDBOX_FAULTS: faults,
    });
    // What else was made by then is chance.
    expect([pulumi.exitCode, sandbox.exitCode]).toEqual([4, 4]);
    for (const said of [pulumi, sandbox]) expect(said.lines.join("\n")).toContain("injected failure before the create");
    const again = await project.run(["up", "--stack", stack, "--yes", "--skip-preview"]);
    expect([again.pulumi.exitCode, again.sandbox.exitCode]).toEqual([0, 0]);
    expect(await project.stateDifferences(stack)).toEqual([]);
  });

  it("do the same with prod, and with hosts, which reads from it", { timeout }, async () => {
    expect((await same("prod", ["up", "--yes", "--skip-preview"])).summary).toContain("created");
    expect((await same("prod", ["preview", "--expect-no-changes"])).exitCode).toBe(0);
    expect((await same("hosts", ["up", "--yes", "--skip-preview"])).summary).toContain("created");
    expect((await same("hosts", ["preview", "--expect-no-changes"])).exitCode).toBe(0);
  });

  it("do the same with dev", { timeout }, async () => {
    expect((await same("dev", ["up", "--yes", "--skip-preview"])).summary).toContain("created");
    expect((await same("dev", ["preview", "--expect-no-changes"])).exitCode).toBe(0);
    expect((await same("dev", ["destroy", "--yes", "--unprotect"])).exitCode).toBe(0);
  });
});
