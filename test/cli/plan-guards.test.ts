import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { ends } from "./run-command";
import { type SmallProject, smallProject } from "./small-project";

describe("up with plan guards", () => {
  let project: SmallProject;
  const up = (args: readonly string[], environment?: Readonly<Record<string, string>>) =>
    project.run(["up", "--yes", ...args], environment);

  beforeAll(async () => {
    project = smallProject();
    expect((await up([])).exitCode).toBe(0);
  });
  afterAll(() => project.remove());

  it("refuses to replace what holds data, names the property, and applies nothing", async () => {
    const refused = await up([], { ACCOUNT: "otheraccount" });
    expect(refused.exitCode).toBe(5);
    expect(refused.output).toContain("StorageAccount account is replaced, forced by accountName");
    expect(refused.output).toContain('--override "stateful=WHY"');
    expect(ends(refused.output)[1]).toContain("refused (plan guard stateful), nothing was applied, exit code 5");
    expect((await project.run(["outputs"])).output).toContain('"smallaccount"');
  });

  it("does it with a reason, which is recorded", async () => {
    const reason = "nothing was stored in it yet";
    const applied = await up(["--override", `stateful=${reason}`], { ACCOUNT: "otheraccount" });
    expect(applied.exitCode).toBe(0);
    expect(applied.output).toContain(`overridden  stateful: ${reason}`);
    expect((await project.run(["outputs"])).output).toContain('"otheraccount"');
  });

  it("refuses an override that says nothing, before anything is done", async () => {
    const refused = await up(["--override", "stateful"]);
    expect(refused.exitCode).toBe(2);
    expect(refused.errors).toContain("expected a reason");
  });
});
