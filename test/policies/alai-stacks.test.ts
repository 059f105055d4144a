import { execFile } from "node:child_process";
import { readFileSync } from "node:fs";
import { join, resolve } from "node:path";
import { promisify } from "node:util";
import { beforeAll, describe, expect, it } from "vitest";
import { parse } from "yaml";
import { coverageTable } from "../../operations/policies/rule-coverage";
import { readExceptions } from "../../policies/exceptions";
import { shapeFile } from "../../policies/parity/parity-settings";
import { ruleIds } from "../../policies/rules";
import { tierOf } from "../../policies/rules/shared/service-tiers";
import { readStackParameters, stacksWithParameters } from "../../policies/stack-parameters";
import { readUnreadTypes, reasonForNone } from "../../policies/unread-types";
import { stackDefinition, stackDefinitions } from "../../stacks/registry";
import { memory, typescriptLoader } from "../cli/run-command";
import type { CheckedStacks, StackReport } from "./checked-stack";

const minutes = 60_000;
const stacks = stackDefinitions.map(({ name }) => name);

describe("this project's pack on every stack, deployed to the emulated clouds", () => {
  let checked: CheckedStacks;
  beforeAll(async () => {
    const run = await promisify(execFile)(
      process.execPath,
      [...memory, "--require", typescriptLoader, join(__dirname, "check-stacks.ts")],
      {
        env: { ...process.env, NODE_OPTIONS: "--stack-trace-limit=0" },
        maxBuffer: 64 * 1024 * 1024,
      },
    );
    checked = JSON.parse(run.stdout.split("\n").find((line) => line.startsWith("{")) ?? "{}");
  }, 5 * minutes);

  const report = (stack: string): StackReport => {
    const found = checked.stacks.find((one) => one.stack === stack);
    if (found === undefined) throw new Error(`nothing was reported of ${stack}`);
    return found;
  };

  it.each(stacks)("%s complies, in the preview and at up, but for what is excepted", (stack) => {
    const { results, diagnostics, violations } = report(stack);
    expect(diagnostics).toEqual([]);
    expect(violations.filter(({ message }) => !message.includes(" Excepted until "))).toEqual([]);
    expect(results).toEqual(["succeeded", "succeeded"]);
  });

  it.each(stacks)("%s is checked: nothing is undecided at up", (stack) => {
    const { resources, undecided } = report(stack);
    expect(resources).toBeGreaterThan(0);
    expect(undecided.up).toBe(0);
  });

  it.each(stacks)("%s gets the same answers in process and over the Analyzer protocol", (stack) => {
    expect(report(stack).differences).toEqual([]);
  });

  it("notices each change of a guarded property with exactly the rules that guard it", () => {
    const mutations = checked.stacks.flatMap((stack) => stack.mutations);
    expect(mutations.filter(({ expected, answered }) => expected.join() !== answered.join())).toEqual([]);
    const rules = new Set(mutations.map(({ rule }) => rule));
    console.log(
      `${mutations.length} changes of guarded properties in ${stacks.join(", ")}: each noticed by its rules, ${rules.size} of them`,
    );
    expect(report("prod").mutations.length).toBeGreaterThan(500);
  });

  it("has exceptions that each excuse the one finding they name, and nothing else", () => {
    const uses = checked.stacks.flatMap((stack) => stack.exceptions);
    // What those of preview environments excuse, test/cli/preview-environments.test.ts counts: none of them is among these stacks.
    const all = readExceptions(join("policies", "exceptions.yaml"), ruleIds);
    const written = all.filter(({ resource }) => !/^urn:pulumi:[^:]*pr-\*::/.test(resource));
    expect(uses.map(({ resource, rule, finding }) => `${resource} ${rule} ${finding}`).sort()).toEqual(
      written.map(({ resource, rule, finding }) => `${resource} ${rule} ${finding}`).sort(),
    );
    for (const { rule, resource, finding, excused, otherFindingsExcused } of uses) {
      expect(excused, `${rule} for ${resource} excuses nothing any more`).not.toEqual([]);
      expect(excused.filter((found) => !found.includes(`: ${rule}: ${finding}. `))).toEqual([]);
      expect(otherFindingsExcused).toEqual([]);
    }
    const others = uses.reduce((sum, use) => sum + use.otherFindings, 0);
    console.log(`${uses.length} exceptions; none of ${others} other findings of their rules is excused by them`);
    expect(others).toBeGreaterThan(uses.length);
  });

  it("lists no type as needing no rule that no stack has", () => {
    const types = checked.stacks.flatMap((stack) => stack.types);
    const listed = readUnreadTypes(join("policies", "unread-types.yaml"));
    const isThere = (entry: string) =>
      types.some((type) => reasonForNone(new Map([[entry, "listed"]]), type) !== undefined);
    expect([...listed.keys()].filter((entry) => !isThere(entry))).toEqual([]);
  });

  it("has types of which lib/resource-types.ts states what the stacks show", () => {
    expect(checked.missingTypeFacts).toEqual([]);
  });

  it("is compared by settings as they are now: npm run generate wrote policies/shapes", () => {
    const others = stacks.map(
      (stack) => readStackParameters(join("policies", "parameters"), stack, ruleIds).parity?.with,
    );
    expect(checked.shapes.map(({ path }) => path).sort()).toEqual(
      [...new Set(others.filter((other) => other !== undefined))]
        .sort()
        .map((other) => shapeFile(resolve("policies"), other)),
    );
    for (const { path, text } of checked.shapes) expect(readFileSync(path, "utf8"), path).toBe(text);
  });

  it("costs what docs/cost.md says: npm run generate wrote it", () => {
    expect(readFileSync(join("docs", "cost.md"), "utf8")).toBe(checked.costs.page);
  });

  it("has a price for all that stacks and presets are made of, or says why it costs nothing", () => {
    expect(checked.costs.page).toContain("Nothing in them is of unknown price.");
  });

  it("has budgets in the systems of services that are not below what is planned, nor far above it", () => {
    const { budgets } = checked.costs;
    const systems = budgets.filter(({ stack }) => stackDefinition(stack.split(" ")[0] ?? "").system !== "alai");
    expect(systems.length).toBeGreaterThan(7);
    // The plan sets this one; a larger system would stay within it, too.
    const set = systems.filter(({ stack }) => stack !== "latticeforge-prod");
    expect(set.filter(({ budget, estimate }) => budget < estimate || budget > 1.3 * estimate)).toEqual([]);
    expect(budgets.find(({ stack }) => stack === "latticeforge-prod")?.budget).toBe(10_000);
  });

  it("declares no difference between dev and prod that is none, and compares every setting they have in common", () => {
    expect(report("dev").needlessDifferences).toEqual([]);
    const compared = report("dev").mutations.filter(({ rule }) => rule === "stack-parity");
    console.log(`${compared.length} changes of settings that dev and prod have in common, each noticed`);
    expect(compared.length).toBeGreaterThan(1000);
  });

  it("counts what each rule checked, and says of which there was nothing to check", () => {
    const table = coverageTable(checked.coverage);
    const nothing = checked.coverage.filter(({ stacks: counts }) => counts.every((count) => count.checked === 0));
    expect(table.filter((line) => line.includes("checked nothing in any stack"))).toHaveLength(nothing.length);
    const checkedInProd = (rule: string) =>
      checked.coverage.find((one) => one.rule === rule)?.stacks.find(({ stack }) => stack === "prod")?.checked;
    expect(checkedInProd("storage-private")).toBe(1);
    expect(checkedInProd("stateful-locked")).toBe(2);
    expect(checkedInProd("redis-private")).toBe(0);
  });
});

describe("the parameters of the stacks", () => {
  const directory = join("policies", "parameters");

  it("are there for every stack and for preview environments, and for no other", () => {
    expect(stacksWithParameters(directory)).toEqual([...stacks, "preview"].sort());
  });

  it.each(stacks)("of %s declare the environment and the addresses that its configuration declares", (stack) => {
    const parameters = readStackParameters(directory, stack, ruleIds);
    const { config }: { config: Record<string, unknown> } = parse(readFileSync(`Pulumi.${stack}.yaml`, "utf8"));
    const addresses = Object.entries(config).flatMap(([key, value]) => (key.endsWith("Addresses") ? value : []));
    expect([...parameters.reachedBy].sort()).toEqual([...addresses].sort());
    expect(parameters.environment).toBe(config["landscape:environment"]);
    expect(parameters.tenant).toBe(config["azure-native:tenantId"]);
  });

  it("give the services the tiers that the inventory gives them", () => {
    const { services }: { services: { name: string; tier: string }[] } = parse(
      readFileSync(join("stacks/alai/inventory/services.yaml"), "utf8"),
    );
    const { tiers } = readStackParameters(directory, "prod", ruleIds);
    expect(services.map(({ name }) => [name, tiers[name]])).toEqual(services.map(({ name, tier }) => [name, tier]));
    expect(tierOf("postgres", tiers)).toBe("P0");
  });

  it.each(["prod", "latticeforge-prod", "latticeforge-dr", "kimberly-prod", "betterworld-prod"])(
    "give a restored server of %s the tier of the one whose place it takes",
    (stack) => {
      const { tiers } = readStackParameters(directory, stack, ruleIds);
      expect(tierOf("postgres", tiers)).toBeDefined();
      expect(tierOf("postgres-before-migration", tiers)).toBe(tierOf("postgres", tiers));
    },
  );
});
