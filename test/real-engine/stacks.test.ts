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

  /** Runs a command on both: exit code and what is left are the same, and what is shown, where that is asked. */
  const same = async (stack: string, [command = "", ...options]: readonly string[], shown = false) => {
    const { pulumi, sandbox } = await project.run([command, "--stack", stack, ...options]);
    expect({ exitCode: pulumi.exitCode, summary: pulumi.summary }).toEqual({
      exitCode: sandbox.exitCode,
      summary: sandbox.summary,
    });
    if (shown) expect(pulumi.lines).toEqual(sandbox.lines);
    if (command !== "preview") expect(await project.stateDifferences(stack)).toEqual([]);
    return pulumi;
  };
  const up = ["up", "--yes", "--skip-preview"];

  it("do the same with bootstrap, and nothing when it is deployed again", { timeout }, async () => {
    const stack = "bootstrap";
    expect((await same(stack, ["preview"], true)).exitCode).toBe(0);
    expect((await same(stack, up, true)).summary).toContain("created");
    expect((await same(stack, ["up", "--yes", "--expect-no-changes"])).exitCode).toBe(0);
  });

  it("do the same with prod, and with hosts, which reads from it", { timeout }, async () => {
    expect((await same("prod", up, true)).summary).toContain("created");
    expect((await same("prod", ["preview", "--expect-no-changes"])).exitCode).toBe(0);
    expect((await same("hosts", up)).summary).toContain("created");
  });

  it("do the same with dev", { timeout }, async () => {
    expect((await same("dev", up, true)).summary).toContain("created");
    expect((await same("dev", ["preview", "--expect-no-changes"])).exitCode).toBe(0);
  });
});
