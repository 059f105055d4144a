import { existsSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { LocalServer } from "../operations/delivery/local-server";
import { ends } from "./run-command";
import { type SmallProject, smallProject } from "./small-project";

describe("up with plan guards", () => {
  let project: SmallProject;
  const up = (args: readonly string[], environment?: Readonly<Record<string, string>>) =>
    project.runHere(["up", "--yes", ...args], environment);

  beforeAll(async () => {
    project = smallProject();
    expect((await up([])).exitCode).toBe(0);
  }, 60_000);
  afterAll(() => project.remove());

  it("refuses to replace what holds data, names the property, and applies nothing", async () => {
    const refused = await up([], { ACCOUNT: "otheraccount" });
    expect(refused.exitCode).toBe(5);
    expect(refused.output).toContain("StorageAccount account is replaced, forced by accountName");
    expect(refused.output).toContain('--override "stateful=WHY"');
    expect(ends(refused.output)[1]).toContain("refused (plan guard stateful), nothing was applied, exit code 5");
    expect((await project.runHere(["outputs"])).output).toContain('"smallaccount"');
  });

  it("does it with a reason, which is recorded", async () => {
    const reason = "nothing was stored in it yet";
    const applied = await up(["--override", `stateful=${reason}`], { ACCOUNT: "otheraccount" });
    expect(applied.exitCode).toBe(0);
    expect(applied.output).toContain(`overridden  stateful: ${reason}`);
    expect((await project.runHere(["outputs"])).output).toContain('"otheraccount"');
  });

  it("plans it for approval only with a reason, a label's too, and applies the plan with that reason without asking again", async () => {
    const github = await LocalServer.start(({ path }) => ({
      status: 200,
      body: path.includes("/timeline") ? labelEvents : labelled,
    }));
    try {
      const plan = join(project.directory, "plan.json");
      const back = { ACCOUNT: "smallaccount" };
      expect((await project.runHere(["preview", "--save-plan", plan], back)).exitCode).toBe(5);
      expect(existsSync(plan)).toBe(false);
      const environment = { GITHUB_API_URL: github.url, GITHUB_REPOSITORY: "alai-org/alai-infra", RUN_TOKEN: "token" };
      const saving = ["preview", "--save-plan", plan, "--overrides-of", "12"];
      const saved = await project.runHere(saving, { ...back, ...environment });
      expect(saved.exitCode, saved.errors).toBe(0);
      const applied = await up(["--approved-plan", plan], back);
      expect(applied.exitCode, applied.output + applied.errors).toBe(0);
      for (const { output } of [saved, applied]) {
        expect(output).toContain("overridden  stateful: nothing was stored in it yet (pull request #12)");
      }
    } finally {
      await github.stop();
    }
  });

  it("refuses an override that says nothing, before anything is done", async () => {
    const refused = await up(["--override", "stateful"]);
    expect(refused.exitCode).toBe(2);
    expect(refused.errors).toContain("expected a reason");
  });
});

/** A pull request as GitHub's API gives it. */
const labelled = {
  number: 12,
  user: { login: "ann" },
  body: "Override stateful: nothing was stored in it yet",
  labels: [{ name: "override:stateful" }],
  merged_at: null,
  merge_commit_sha: null,
};

/** Who labelled it. */
const labelEvents = [{ event: "labeled", actor: { login: "ben", type: "User" }, label: { name: "override:stateful" } }];
