import { execFile } from "node:child_process";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { promisify } from "node:util";
import { beforeAll, describe, expect, it } from "vitest";
import { parse } from "yaml";
import { ruleIds } from "../../policies/rules";
import { readStackParameters, stacksWithParameters } from "../../policies/stack-parameters";
import { stackDefinitions } from "../../stacks/stack-registry";
import type { MutationReport, StackReport } from "./checked-stack";
import { mutations } from "./mutations";

const minutes = 60_000;
const stacks = stackDefinitions.map(({ name }) => name);

describe("this project's pack on every stack, deployed to the emulated clouds", () => {
  let reports: ReadonlyMap<string, StackReport>;
  beforeAll(async () => {
    const run = await promisify(execFile)(process.execPath, ["--import=tsx", join(__dirname, "check-stacks.ts")], {
      maxBuffer: 64 * 1024 * 1024,
    });
    const lines = run.stdout.split("\n").filter((line) => line.startsWith("{"));
    const read: StackReport[] = lines.map((line) => JSON.parse(line));
    reports = new Map(read.map((report) => [report.stack, report]));
  }, 5 * minutes);

  const report = (stack: string): StackReport => {
    const found = reports.get(stack);
    if (found === undefined) throw new Error(`nothing was reported of ${stack}`);
    return found;
  };

  it.each(stacks)("%s complies, in the preview and at up", (stack) => {
    const { results, diagnostics, violations } = report(stack);
    expect(diagnostics).toEqual([]);
    expect(violations).toEqual([]);
    expect(results).toEqual(["succeeded", "succeeded"]);
  });

  it.each(stacks)("%s is checked: rules are about some of its resources, and nothing is undecided at up", (stack) => {
    const { checked, undecided } = report(stack);
    expect(checked).toBeGreaterThan(0);
    expect(undecided.up).toBe(0);
  });

  it.each(stacks)("%s gets the same answers in process and over the Analyzer protocol", (stack) => {
    expect(report(stack).differences).toEqual([]);
  });

  it("notices each flipped property with exactly the rules that guard it", () => {
    const reported = [...reports.values()].flatMap((stack) => stack.mutations);
    expect(reported.filter(({ fires, fired }) => fires.join() !== fired.join())).toEqual([]);
  });

  it("flipped every property somewhere", () => {
    const reported: readonly MutationReport[] = [...reports.values()].flatMap((stack) => stack.mutations);
    const flipped = new Set(reported.map(({ mutation }) => mutation));
    expect(mutations.filter((_, index) => !flipped.has(index))).toEqual([]);
  });
});

describe("the parameters of the stacks", () => {
  const directory = join("policies", "parameters");

  it("are there for every stack, and for no other", () => {
    expect(stacksWithParameters(directory)).toEqual([...stacks].sort());
  });

  it.each(stacks)("of %s declare the environment and the addresses that its configuration declares", (stack) => {
    const parameters = readStackParameters(directory, stack, ruleIds);
    const { config }: { config: Record<string, unknown> } = parse(readFileSync(`Pulumi.${stack}.yaml`, "utf8"));
    const addresses = Object.entries(config).flatMap(([key, value]) => (key.endsWith("Addresses") ? value : []));
    expect([...parameters.reachedBy].sort()).toEqual([...addresses].sort());
    expect(parameters.environment).toBe(config["landscape:environment"]);
  });
});
