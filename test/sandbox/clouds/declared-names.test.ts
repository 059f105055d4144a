import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import type { PropertyMap, PropertyValue } from "../../../deployment/values/property-value";
import { isPropertyMap } from "../../../deployment/values/property-value";
import { emulatedPackages, emulatedProviders } from "../../../sandbox/clouds";
import { EmulatedProvider } from "../../../sandbox/clouds/emulated-provider";
import { StateOnlyProvider } from "../../../sandbox/clouds/state-only-provider";
import { MemoryWorld } from "../../../sandbox/world/world";
import { PackageDeclarations } from "./declarations";

interface Names {
  readonly type: string;
  readonly inputs: readonly string[];
  readonly outputs: readonly string[];
  /** Inputs that are not among the outputs. */
  readonly notReturned: readonly string[];
}

/** What the rules of a package name of each type: what they require, check, fill in, compare and answer. */
function namesOf(packageName: string): readonly Names[] {
  const provider = emulatedProviders(new MemoryWorld())(packageName);
  if (provider instanceof EmulatedProvider) {
    return [...provider.rules.values()].map((rule) => ({
      type: rule.type,
      inputs: [
        ...commonInputs(rule),
        ...Object.keys(rule.ranges ?? {}),
        ...(rule.unordered ?? []),
        ...(rule.notReturned ?? []),
        ...(rule.name === undefined ? [] : [rule.name.property]),
      ],
      outputs: [
        ...without(leavesOf(typeof rule.defaults === "object" ? rule.defaults : {}), rule.notReturned),
        ...(rule.computed?.names ?? []),
        ...(rule.computed?.stable ?? []),
        ...(rule.secretOutputs ?? []),
      ],
      notReturned: rule.notReturned ?? [],
    }));
  }
  if (!(provider instanceof StateOnlyProvider)) throw new Error(`${packageName} has no table of types`);
  return [...provider.types.values()].map((rule) => ({
    type: rule.type,
    inputs: commonInputs(rule),
    outputs: [...leavesOf(rule.defaults ?? {}), ...rule.computed, ...(rule.secretOutputs ?? [])],
    notReturned: [],
  }));
}

type CommonRule = Pick<Parameters<EmulatedProvider["rules"]["set"]>[1], "required" | "allowed" | "createOnly">;

function commonInputs({ required = [], allowed = {}, createOnly = [] }: CommonRule): readonly string[] {
  const paths = createOnly.map((entry) => (typeof entry === "string" ? entry : entry.path));
  return [...required, ...Object.keys(allowed), ...paths];
}

/** The paths that lie at or below none of the others. */
function without(paths: readonly string[], others: readonly string[] = []): readonly string[] {
  return paths.filter((path) => !others.some((other) => `${path}.`.startsWith(`${other}.`)));
}

function leavesOf(value: PropertyValue | PropertyMap, path = ""): readonly string[] {
  if (!isPropertyMap(value)) return [path];
  return Object.entries(value).flatMap(([name, inner]) => leavesOf(inner, path === "" ? name : `${path}.${name}`));
}

/** Where an emulated type and the package differ, with the reason. An entry that no longer holds fails, too. */
const differences: Readonly<Record<string, string>> = {
  "azure-native:network:PrivateEndpoint: returns subnet.serviceGateway.id": inputOnly("SubnetResponse"),
  "azure-native:network:VirtualNetwork: returns subnets[*].serviceGateway.id": inputOnly("SubnetResponse"),
};

function inputOnly(structure: string): string {
  return `the package's ${structure} lacks it, and its newer ${structure}V1 has it`;
}

/** Reads of a type's inputs and of an object's properties, by path, in the sources of a package's types. */
const read = /\b\w+At\(\s*(?:\w+\.)*(?:inputs|properties|oldInputs), "([^"]+)"/g;

/** What is read of objects in the world that are of no resource type, by package. A name that is no longer read fails, too; one that a type has by now may stay. */
const ofOtherObjects: Readonly<Record<string, readonly string[]>> = {
  // A vault, whose properties lie one level down; a deleted one. A revision of an app; what a secret holds; an alert that fires; an error budget.
  "azure-native": [
    "active",
    "began",
    "enablePurgeProtection",
    "image",
    "networkAcls.bypass",
    "number",
    "remaining",
    "retired",
    "rule",
    "scheduledPurgeDate",
    "service",
    "since",
    "slo",
    "target",
  ],
  // A host, what ran on it, and files that were copied to it.
  command: ["addresses", "host", "order", "path", "reachable"],
  // People and teams.
  github: ["organizationId", "teamId", "userId"],
  // A device.
  tailscale: ["addresses", "name", "user"],
};

/** Those of azure-native take seconds to read. */
const known = new Map<string, PackageDeclarations>();

function declarationsOf(packageName: string): PackageDeclarations {
  const found = known.get(packageName) ?? new PackageDeclarations(packageName);
  known.set(packageName, found);
  return found;
}

function readsIn(packageName: string): readonly string[] {
  const folder = join(__dirname, "../../../sandbox/clouds", packageName);
  const files = readdirSync(folder, { recursive: true, encoding: "utf8" }).filter((file) => file.endsWith(".ts"));
  const texts = files.map((file) => readFileSync(join(folder, file), "utf8"));
  return [...new Set(texts.flatMap((text) => [...text.matchAll(read)].map(([, path = ""]) => path)))].sort();
}

describe("the emulated types of", () => {
  it.each(emulatedPackages)("%s name only inputs and outputs that the package declares", (packageName) => {
    const declarations = declarationsOf(packageName);
    const names = namesOf(packageName);
    expect(names.length).toBeGreaterThan(2);
    const wrong = names.flatMap(({ type, inputs, outputs, notReturned }) => [
      ...declarations.undeclared(type, "inputs", inputs).map((path) => `${type}: input ${path}`),
      ...declarations.undeclared(type, "outputs", outputs).map((path) => `${type}: output ${path}`),
      ...without(declarations.unreturned(type), notReturned).map((path) => `${type}: returns ${path}`),
    ]);
    expect(wrong.toSorted()).toEqual(
      Object.keys(differences).filter((difference) => difference.startsWith(`${packageName}:`)),
    );
  });

  it.each(emulatedPackages)("%s read only inputs and outputs that one of them has", (packageName) => {
    const declarations = declarationsOf(packageName);
    const types = namesOf(packageName).map(({ type }) => type);
    const reads = readsIn(packageName);
    const lacking = types.reduce(
      (left, type) => declarations.undeclared(type, "outputs", declarations.undeclared(type, "inputs", left)),
      reads,
    );
    const others = ofOtherObjects[packageName] ?? [];
    expect(lacking.filter((name) => !others.includes(name))).toEqual([]);
    expect(others.filter((name) => !reads.includes(name))).toEqual([]);
  });
});
