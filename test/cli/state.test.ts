import { readFileSync } from "node:fs";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { type SmallProject, smallProject } from "./small-project";

describe("the state of a stack", () => {
  let project: SmallProject;
  beforeEach(() => {
    project = smallProject();
  });
  afterEach(() => project.remove());

  const run = (args: readonly string[], environment = {}) => project.runHere([...args, "--stack", "dev"], environment);
  const up = (environment = {}) => run(["up", "--yes", "--skip-preview"], environment);
  const stateNow = () => JSON.parse(readFileSync(join(project.directory, ".sandbox/state/small/dev.json"), "utf8"));
  async function versions(): Promise<
    readonly { readonly id: string; readonly kind: string; readonly result: string }[]
  > {
    return JSON.parse((await run(["state", "--json"])).output);
  }

  it("has a version after each operation, the newest first, until the stack is gone", async () => {
    expect((await run(["state"])).exitCode).toBe(6);
    await up();
    await run(["preview"]);
    await up({ THROWS: "1" });
    await run(["destroy", "--yes"]);
    expect((await versions()).map(({ kind, result }) => `${kind} ${result}`)).toEqual([
      "destroy succeeded",
      "up failed",
      "up succeeded",
    ]);
    for (let more = 0; more < 22; more++) await run(["refresh", "--yes", "--skip-preview"]);
    expect(await versions()).toHaveLength(20);
  });

  it("is made again what it was, once it was said what that changes; nothing in the clouds is touched", async () => {
    await up();
    const first = stateNow();
    await up({ ACCOUNT: "anotheraccount" });
    const [{ id } = { id: "" }] = (await versions()).slice(1);
    const dry = await run(["state", "--restore", id, "--dry-run"]);
    expect(dry.output).toContain("nothing was restored: 0 forgotten, 0 remembered, 1 with another id");
    expect(dry.output).toContain("storage:StorageAccount account");
    expect(stateNow()).not.toEqual(first);
    const asked = await run(["state", "--restore", id]);
    expect([asked.exitCode, asked.errors]).toEqual([2, expect.stringContaining("there is no terminal to ask on")]);
    expect((await run(["state", "--restore", id, "--yes"])).output).toContain("1 with another id");
    expect(stateNow()).toEqual(first);
    // The account that the state knows again is gone, and the one that there is no state has.
    expect((await run(["refresh", "--yes"])).output).toMatch(/1 deleted/);
    expect((await versions()).map(({ kind }) => kind)).toEqual(["refresh", "import", "up", "up"]);
  });

  it("is not made what nobody knows", async () => {
    await up();
    const refused = await run(["state", "--restore", "yesterday", "--yes"]);
    expect([refused.exitCode, refused.errors]).toEqual([
      2,
      expect.stringMatching(/there is no version "yesterday"; npm run state -- --stack \S+ lists them/),
    ]);
  });
});
