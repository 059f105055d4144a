import { existsSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { affectedStacks } from "../../../operations/delivery/affected-stacks";
import { loadedFiles } from "../../../operations/delivery/import-graph";
import { titleProblem } from "../../../operations/delivery/pull-request-title";

const root = join(__dirname, "../../..");
const deployed = ["dev", "prod", "hosts"];
const affected = (...paths: readonly string[]) => affectedStacks(root, paths, deployed).sort();

describe("affected stacks", () => {
  it.each([
    ["documents, tests and commands change nothing", ["README.md", "docs/x.md", "test/a.test.ts", "cli/main.ts"], []],
    ["a stack's own composition", ["stacks/alai/prod.ts"], ["prod"]],
    ["its configuration", ["Pulumi.dev.yaml"], ["dev"]],
    ["its policy parameters", ["policies/parameters/prod.yaml"], ["prod"]],
    ["a component that one stack uses", ["components/tailnet/tailnet.ts"], ["hosts"]],
    ["a script beside it", ["programs/jobs/heartbeat/watch.mjs"], ["hosts", "prod"]],
    ["a component that several use", ["components/postgres-server/postgres-server.ts"], ["dev", "prod"]],
    ["a part of a component that is gone", ["components/postgres-server/gone.ts"], ["dev", "prod"]],
    ["a component that nobody uses yet", ["components/new-thing/new-thing.ts"], []],
    ["the inventory", ["stacks/alai/inventory/sites.yaml"], ["dev", "hosts", "prod"]],
    ["the packages", ["package-lock.json"], ["dev", "hosts", "prod"]],
    ["a rule", ["policies/rules/tagging/environment-tag.ts"], ["dev", "hosts", "prod"]],
  ])("%s", (_what, paths, stacks) => {
    for (const path of paths.filter((path) => !/gone|new-thing|docs|a\.test/.test(path))) {
      expect(existsSync(join(root, path)), path).toBe(true);
    }
    expect(affected(...paths)).toEqual(stacks);
  });

  it("are those that workflows deploy, and no others", () => {
    expect(affectedStacks(root, ["index.ts"], ["dev"])).toEqual(["dev"]);
    expect(affected("stacks/alai/bootstrap.ts")).toEqual([]);
  });

  it("are found through modules that load modules", () => {
    const files = loadedFiles(root, "stacks/alai/dev.ts");
    expect(files).toContain("components/naming/physical-name.ts");
    expect(files).not.toContain("components/tailnet/tailnet.ts");
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
