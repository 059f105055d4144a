import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { LocatedError } from "../../lib/located-yaml/located-error";
import { formatPropertyPath } from "../../lib/property-path";
import { networksAreInTheirBlock } from "../../stacks/inventory/rules/network-rules";
import { hasOwnProgram, systemNames } from "../../stacks/registry";
import { readSystems } from "../../stacks/systems-file";

const root = join(__dirname, "../..");
const list = readFileSync(join(root, "stacks/systems.yaml"), "utf8");

/** What is wrong with the list of systems after an edit. */
function problemsAfter(from: string | RegExp, to: string): readonly string[] {
  const project = mkdtempSync(join(tmpdir(), "systems-"));
  mkdirSync(join(project, "stacks"));
  const edited = list.replace(from, to);
  expect(edited).not.toBe(list);
  writeFileSync(join(project, "stacks/systems.yaml"), edited);
  try {
    readSystems(project);
    return [];
  } catch (error) {
    if (!(error instanceof LocatedError)) throw error;
    return error.problems.map(({ path, message }) => `${formatPropertyPath(path)}: ${message}`);
  } finally {
    rmSync(project, { recursive: true });
  }
}

describe("the list of systems", () => {
  it.each([
    ["10.80.0.0/12", "8.0.0.0/12", "systems.kimberly.addressBlock: 8.0.0.0/12 is not private"],
    ["10.80.0.0/12", "100.64.0.0/12", "systems.kimberly.addressBlock: 100.64.0.0/12 is not private"],
    ["10.80.0.0/12", "10.72.0.0/12", "systems.kimberly.addressBlock: expected an IPv4 block"],
    [
      "10.80.0.0/12",
      "10.96.0.0/13",
      "systems.kimberly.addressBlock: 10.96.0.0/13 overlaps 10.96.0.0/12 of betterworld",
    ],
    ["name: kimberly-prod", "name: dev", 'systems.kimberly.stacks[1].name: there is a stack "dev" already'],
    ["name: kimberly-prod", "name: pr-12", '"pr-12" would be the preview of a pull request'],
    ["name: kimberly-prod", "name: preview", '"preview" is what all preview environments are made of'],
    ["previews: kimberly-pr-", "previews: pr-", 'systems.kimberly.previews: there is previews called "pr-" already'],
    [
      "readsFrom: [prod]",
      "readsFrom: [prdo]",
      'systems.alai.stacks[3].readsFrom[0]: there is no stack "prdo"; did you mean "prod"?',
    ],
    ["readsFrom: [prod]", "readsFrom: [kimberly-prod]", "kimberly-prod stands below hosts, and is deployed before it"],
    [
      "promotesFrom: kimberly-staging",
      "promotesFrom: betterworld-staging",
      'systems.kimberly.stacks[1].promotesFrom: kimberly has no other stack "betterworld-staging"',
    ],
    [
      "environment: dr",
      "environment: prod",
      'systems.latticeforge.stacks[2].environment: there is a stack of the environment "prod" of latticeforge already',
    ],
    [
      "promotesFrom: latticeforge-prod",
      "ownsZones: true",
      "systems.latticeforge.stacks[2].ownsZones: there is a stack that owns the zones of latticeforge already",
    ],
    ["kimberly:", "inventory:", "systems.inventory: stacks/inventory is what all systems share"],
    ["environment: dr", "enviroment: dr", 'unknown key "enviroment"; did you mean "environment"?'],
  ])("refuses %s as %s", (from, to, problem) => {
    expect(problemsAfter(from, to)).toEqual([expect.stringContaining(problem)]);
  });

  it("names its schema in the first line", () => {
    expect(list.split("\n")[0]).toBe("# yaml-language-server: $schema=inventory/schemas/systems.schema.json");
  });
});

describe("systems", () => {
  it("have networks in their blocks: another is refused at its line", () => {
    const plan = (addressSpace: string) => ({ network: { networks: { prod: { addressSpace, subnets } } } });
    const subnets = { apps: "10.65.0.0/23", privateEndpoints: "10.65.3.0/26" };
    const rule = networksAreInTheirBlock("10.64.0.0/12");
    expect(rule(plan("10.65.0.0/16"))).toEqual([]);
    expect(rule(plan("10.80.0.0/16"))).toEqual([
      {
        file: "network.yaml",
        path: ["networks", "prod", "addressSpace"],
        message: "10.80.0.0/16 is not in 10.64.0.0/12, the system's block in stacks/systems.yaml",
      },
    ]);
  });

  it("of services are their inventory, and no code", () => {
    const services = systemNames.filter((system) => !hasOwnProgram(system));
    expect(services.length).toBeGreaterThan(2);
    for (const system of services) expect(readdirSync(join(root, "stacks", system))).toEqual(["inventory"]);
  });
});
