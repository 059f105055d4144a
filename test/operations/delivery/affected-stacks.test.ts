import { execFileSync } from "node:child_process";
import { existsSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { affectedStacks, changedPaths, stackFiles, titleProblem } from "../../../operations/delivery/affected-stacks";

const root = join(__dirname, "../../..");
const deployed = ["dev", "prod", "hosts"];
const files = stackFiles(root);
const affected = (...paths: readonly string[]) => affectedStacks(files, paths, deployed).sort();

describe("affected stacks", () => {
  it.each([
    ["documents and tests change nothing", ["README.md", "docs/x.md", "test/a.test.ts"], []],
    ["what runs the program", ["cli/main.ts"], ["dev", "hosts", "prod"]],
    ["what checks and reports it", ["operations/delivery/affected-stacks.ts"], ["dev", "hosts", "prod"]],
    ["what emulates it", ["sandbox/clouds/index.ts"], ["dev", "hosts", "prod"]],
    ["what the compiler is told", ["tsconfig.json"], ["dev", "hosts", "prod"]],
    ["what npm would be told by a new file", [".npmrc"], ["dev", "hosts", "prod"]],
    ["a stack's own composition", ["stacks/alai/prod.ts"], ["prod"]],
    ["the list of systems", ["stacks/systems.yaml"], ["dev", "hosts", "prod"]],
    ["its configuration", ["Pulumi.dev.yaml"], ["dev"]],
    ["its policy parameters", ["policies/parameters/prod.yaml"], ["prod"]],
    ["a component that one stack uses", ["components/tailnet/tailnet.ts"], ["hosts"]],
    ["a job that one stack ships", ["programs/jobs/heartbeat/watch.ts"], ["hosts"]],
    ["what several jobs of two stacks share", ["programs/jobs/job.ts"], ["dev", "hosts", "prod"]],
    ["a shell script", ["programs/scripts/install.sh"], ["hosts"]],
    ["a module of the hosts' program", ["programs/host/agents/backoff.ts"], ["hosts"]],
    ["a component that several use", ["components/postgres-server/postgres-server.ts"], ["dev", "prod"]],
    ["a generated table", ["lib/taggable-types.generated.json"], ["dev", "hosts", "prod"]],
    ["what only editors read", ["stacks/inventory/schemas/sites.schema.json"], []],
    ["a component that nobody uses yet", ["components/new-thing/new-thing.ts"], []],
    ["the inventory", ["stacks/alai/inventory/sites.yaml"], ["dev", "hosts", "prod"]],
    ["another system's services, whose workflows prod writes", ["stacks/kimberly/inventory/services.yaml"], ["prod"]],
    ["the packages", ["package-lock.json"], ["dev", "hosts", "prod"]],
    ["a rule", ["policies/rules/tagging.ts"], ["dev", "hosts", "prod"]],
  ])("%s", (_what, paths, stacks) => {
    for (const path of paths.filter((path) => !/new-thing|docs|a\.test|npmrc/.test(path))) {
      expect(existsSync(join(root, path)), path).toBe(true);
    }
    expect(affected(...paths)).toEqual(stacks);
  });

  it("are those that workflows deploy, and no others", () => {
    expect(affectedStacks(files, ["index.ts"], ["dev"])).toEqual(["dev"]);
    expect(affected("stacks/alai/bootstrap.ts")).toEqual([]);
  });

  it("are found through modules that load modules", () => {
    expect(files.get("dev")).toContain("components/naming/physical-name.ts");
    expect(files.get("dev")).not.toContain("components/tailnet/tailnet.ts");
  });
});

describe("changed paths", () => {
  let directory: string;
  const git = (...args: string[]) => execFileSync("git", args, { cwd: directory, stdio: "pipe" });
  const write = (name: string, text: string) => writeFileSync(join(directory, name), text);

  beforeAll(() => {
    directory = mkdtempSync(join(tmpdir(), "changed-paths-"));
    git("init", "--quiet", "--initial-branch=main");
    git("config", "user.name", "test");
    git("config", "user.email", "test@example.com");
    for (const name of ["kept.ts", "gone.ts", "edited.ts", "unstaged-gone.ts"]) write(name, name);
    write(".gitignore", "ignored.ts\n");
    git("add", ".");
    git("commit", "--quiet", "--message=first");
  });
  afterAll(() => rmSync(directory, { recursive: true, force: true }));

  it("are what was committed since, and what is not committed yet, deleted and new files too", () => {
    expect(changedPaths(directory, "HEAD")).toEqual({ paths: [], uncommitted: 0 });
    git("rm", "--quiet", "gone.ts");
    git("commit", "--quiet", "--message=second");
    expect(changedPaths(directory, "HEAD~1")).toEqual({ paths: ["gone.ts"], uncommitted: 0 });
    write("edited.ts", "edited");
    write("new.ts", "new");
    write("ignored.ts", "ignored");
    rmSync(join(directory, "unstaged-gone.ts"));
    expect(changedPaths(directory, "HEAD~1")).toEqual({
      paths: ["edited.ts", "gone.ts", "new.ts", "unstaged-gone.ts"],
      uncommitted: 3,
    });
    git("add", ".");
    expect(changedPaths(directory, "HEAD~1")?.uncommitted).toBe(3);
  });

  it("are not known when the commit to compare with is not", () => {
    expect(changedPaths(directory, "0".repeat(40))).toBeUndefined();
    expect(changedPaths(directory, "--output=x")).toBeUndefined();
  });
});

describe("the title of a pull request", () => {
  const problem = (title: string, ...stacks: readonly string[]) => titleProblem(title, stacks, deployed);

  it.each([
    ["Fix a typo", []],
    ["[IaC] prod: more memory", ["prod"]],
    ["[IaC] dev, prod: more memory", ["dev", "prod"]],
    ["[IaC] all: newer packages", ["dev", "prod", "hosts"]],
    ["[IaC] dev,prod: more than is needed", ["dev"]],
  ])("may be %j for %j", (title, stacks) => {
    expect(problem(title, ...stacks)).toBeUndefined();
  });

  it.each([
    [
      "More memory",
      ["prod"],
      'this changes prod; give the pull request a title like "[IaC] prod: what changes and why"',
    ],
    [
      "[IaC] dev: more memory",
      ["dev", "prod"],
      'this also changes prod; give the pull request a title like "[IaC] dev, prod: ',
    ],
    ["[IaC] production: more memory", ["prod"], "the title names production; the stacks are dev, prod, hosts"],
    ["[IaC] prod:", ["prod"], "this changes prod"],
    ["x [IaC] prod: x", ["prod"], "this changes prod"],
  ])("may not be %j for %j", (title, stacks, expected) => {
    expect(problem(title, ...stacks)).toContain(expected);
  });
});
