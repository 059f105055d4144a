import { execFileSync } from "node:child_process";
import { existsSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { ends, repository } from "../../cli/run-command";
import { type SmallProject, smallProject } from "../../cli/small-project";

/** A pack with one rule that the environment turns on, as a mandatory or an advisory one. */
const pack = `const { PolicyPack } = require("@pulumi/policy");
new PolicyPack("small", {
  policies: [{
    name: "no-accounts",
    description: "Nothing is kept",
    enforcementLevel: process.env.RULE_LEVEL || "disabled",
    validateResource: (args, report) => { if (args.type.includes("StorageAccount")) report("there is an account"); },
  }],
});
`;

/**
 * What was approved is what is applied. The steps build on each other: one project, planned once, approved, and then changed in every
 * way that matters.
 */
describe("an approved plan", () => {
  let project: SmallProject;
  let plan = "";

  const git = (...args: readonly string[]) =>
    execFileSync("git", ["-c", "user.name=test", "-c", "user.email=test@example.com", ...args], {
      cwd: project.directory,
      encoding: "utf8",
    }).trim();
  const apply = (environment?: Readonly<Record<string, string>>, ...more: readonly string[]) =>
    project.runHere(
      [
        "up",
        "--stack",
        "dev",
        "--policy-pack",
        join(project.directory, "pack"),
        "--yes",
        "--approved-plan",
        plan,
        ...more,
      ],
      environment,
    );

  beforeAll(async () => {
    project = smallProject();
    // Where the workflow keeps it: the project's own list says that git does not see it.
    plan = join(project.directory, ".report", "plan.json");
    mkdirSync(dirname(plan));
    project.write("pack/PulumiPolicy.yaml", "runtime: nodejs\nmain: index.js\n");
    project.write("pack/index.js", pack);
    project.write("pack/package.json", '{ "name": "small-pack", "version": "1.0.0" }');
    project.write(".gitignore", `${readFileSync(join(repository, ".gitignore"), "utf8")}node_modules\n`);
    git("init", "-q");
    git("add", "-A");
    git("commit", "-qm", "first");
    const saved = await project.runHere([
      ...["preview", "--stack", "dev", "--policy-pack", join(project.directory, "pack"), "--save-plan", plan],
    ]);
    expect(saved.exitCode, saved.errors).toBe(0);
    expect(saved.output).toMatch(/plan [0-9a-f]{64} with 6 steps is in /);
  }, 60_000);
  afterAll(() => project.remove());

  it("is the one that the report shows, which says its digest first", async () => {
    const [again, summary] = [
      join(project.directory, ".report", "again.json"),
      join(project.directory, ".report", "summary"),
    ];
    const report = (RULE_LEVEL: string) =>
      project.runHere(
        [
          "report",
          "--stack",
          "dev",
          "--policy-pack",
          join(project.directory, "pack"),
          "--save-plan",
          again,
          "--output",
          dirname(plan),
        ],
        { GITHUB_STEP_SUMMARY: summary, RULE_LEVEL },
      );
    const refused = await report("mandatory");
    expect(refused.exitCode).toBe(5);
    expect(existsSync(again)).toBe(false);
    writeFileSync(summary, "");
    const saved = await report("disabled");
    expect(saved.exitCode, saved.errors).toBe(0);
    const { digest } = JSON.parse(readFileSync(plan, "utf8"));
    expect(JSON.parse(readFileSync(again, "utf8")).digest).toBe(digest);
    expect(readFileSync(summary, "utf8").startsWith(`Approving applies exactly this plan: \`${digest}\`\n\n## `)).toBe(
      true,
    );
  });

  it("names the commit and the state, and holds no value of a resource", () => {
    const text = readFileSync(plan, "utf8");
    expect(JSON.parse(text)).toMatchObject({
      stack: "dev",
      engine: "sandbox",
      commit: git("rev-parse", "HEAD"),
      state: { serial: "" },
    });
    expect(text).not.toContain("canary-owner");
    expect(text).not.toContain("smallaccount");
  });

  it("is refused when the preview would do something else", async () => {
    const run = await apply({ SKU: "Standard_GRS" });
    expect(run.exitCode).toBe(7);
    expect(run.output).toMatch(/plan: other values: create urn:pulumi:dev::small::.*StorageAccount::account/);
    expect(ends(run.output)[1]).toContain("refused, nothing was applied");
    expect(existsSync(join(project.directory, ".sandbox/state/small/dev.json"))).toBe(false);
  });

  it("is refused for a violation that was not there", async () => {
    const run = await apply({ RULE_LEVEL: "mandatory" });
    expect(run.exitCode).toBe(5);
    expect(run.output).toContain("nothing was applied");
  });

  it("is refused when the file was changed, or another digest was approved", async () => {
    const text = readFileSync(plan, "utf8");
    writeFileSync(plan, text.replace('"create"', '"update"'));
    const changed = await apply();
    expect(changed.exitCode).toBe(2);
    expect(changed.errors).toContain("was changed after it was written");
    writeFileSync(plan, text);
    const other = await apply({}, "--approved-digest", "0".repeat(64));
    expect(other.exitCode).toBe(2);
    expect(other.errors).toContain("the one that was approved is 000000");
    writeFileSync(plan, "{}");
    expect((await apply()).errors).toContain("is not a saved plan");
    writeFileSync(plan, text);
  });

  it("is applied when nothing moved, and refused once the state has", async () => {
    const { digest } = JSON.parse(readFileSync(plan, "utf8"));
    const first = await apply({}, "--approved-digest", digest);
    expect(first.exitCode, first.output + first.errors).toBe(0);
    const again = await apply();
    expect(again.exitCode).toBe(7);
    expect(again.output).toMatch(/state: it was moved since, from an empty one \([0-9a-f]{12}\) to \d{4}-/);
    expect(again.output).toContain("plan: no longer: create");
  });

  it("must be compared with a preview", async () => {
    const run = await apply({}, "--skip-preview");
    expect(run.exitCode).toBe(2);
    expect(run.errors).toContain("leave --skip-preview out");
  });
});
