import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { AnalyzerProcess } from "../../deployment/policies/analyzer-process";
import { InProcessAnalyzer } from "../../deployment/policies/in-process-analyzer";
import { loadPolicyPack } from "../../deployment/policies/load-policy-pack";
import type { PolicyAnalyzer } from "../../deployment/policies/policy-analyzer";
import { parseExceptions } from "../../policies/exceptions";
import { PolicyFileError } from "../../policies/pack-file";
import type { RuleLevel } from "../../policies/rule";
import { RulePack } from "../../policies/rule-pack";
import { ruleIds, rules, stackRules } from "../../policies/rules";
import { defaultParameters } from "../../policies/stack-parameters";
import { parseUnreadTypes, readUnreadTypes, reasonForNone, typesRead } from "../../policies/unread-types";
import { analyzedResource } from "./analyzed-resource";

const listed = readUnreadTypes(join("policies", "unread-types.yaml"));
const tags = { Project: "alai", Environment: "prod", ManagedBy: "pulumi", Team: "alai", CostCenter: "alai" };

/** Tokens as a program writes them, and the type that is reported. */
const unread = [
  ["azure-native:maps:Account", "azure-native:maps:Account"],
  ["azure-native:maps/v20230601:Account", "azure-native:maps:Account"],
  ["azure-native:agfoodplatform:FarmBeatsModel", "azure-native:agfoodplatform:DataManagerForAgricultureResource"],
  ["acme:index/thing:Thing", "acme:index/thing:Thing"],
  ["pulumi-nodejs:dynamic:Resource", "pulumi-nodejs:dynamic:Resource"],
] as const;

describe.each([
  ["in process", () => loadPolicyPack("policies")],
  ["over the Analyzer protocol", () => AnalyzerProcess.start("policies")],
])("a type that no rule reads, %s", (_, start: () => Promise<PolicyAnalyzer>) => {
  let analyzer: PolicyAnalyzer;
  beforeAll(async () => {
    analyzer = await start();
  }, 60_000);
  afterAll(() => analyzer.close());

  const answers = async (type: string, stack: string) => {
    const resource = analyzedResource(type, { tags }, { stack });
    const found = [...(await analyzer.analyze(resource)).violations];
    found.push(...(await analyzer.analyzeStack([resource, { ...resource, urn: `${resource.urn}2` }])).violations);
    return found
      .filter(({ policyName }) => /^types?-read$/.test(policyName))
      .map(({ enforcementLevel, message }) => `${enforcementLevel}: ${/no rule reads [^.]*/.exec(message)}`);
  };

  it.each(unread)("%s is refused in an environment that lasts, before it is made, and counted", async (token, type) => {
    for (const stack of ["prod", "bootstrap", "hosts", "dev", "latticeforge-staging"]) {
      expect(await answers(token, stack), stack).toEqual([
        `mandatory: no rule reads ${type}`,
        `mandatory: no rule reads ${type} (2)`,
      ]);
    }
  });

  it.each(unread)("%s is said in a preview environment", async (token, type) => {
    expect(await answers(token, "pr-7")).toEqual([`advisory: no rule reads ${type} (2)`]);
  });

  it("is none that a rule reads, or that is listed", async () => {
    for (const type of ["azure-native:storage:StorageAccount", "azure-native:resources:ResourceGroup"])
      expect(await answers(type, "prod")).toEqual([]);
    for (const type of ["landscape:tailnet:Tailnet", "pulumi:providers:github", "pulumi:pulumi:Stack"])
      expect(await answers(type, "prod")).toEqual([]);
  });
});

describe("a rule that reads a type", () => {
  const account = analyzedResource("azure-native:storage:StorageAccount", { tags }, { stack: "prod" });
  const answers = async (level: RuleLevel) => {
    const levels = Object.fromEntries(ruleIds.map((id): [string, RuleLevel] => [id, level]));
    const parametersOf = (stack: string) => ({ ...defaultParameters(stack), levels });
    const pack = new RulePack({ exceptions: [], parametersOf, today: "2026-06-01" });
    const { violations } = await new InProcessAnalyzer(pack, "1.0.0", "policies").analyze(account);
    return violations.filter(({ policyName }) => policyName === "type-read").length;
  };

  it("is one that would stop a deployment", async () => {
    expect([await answers("mandatory"), await answers("advisory"), await answers("disabled")]).toEqual([0, 1, 1]);
  });

  it("is not one that only looks at tags, or at another stack's settings", () => {
    const strict = {
      ...defaultParameters("prod"),
      levels: { "stack-parity": "mandatory", "required-tags": "mandatory" },
    } as const;
    const read = typesRead([...rules, ...stackRules], strict);
    expect(read).toContain("azure-native:storage:StorageAccount");
    // Both are compared with another stack's, and take tags.
    expect(rules.find(({ id }) => id === "stack-parity")?.types).toContain("azure-native:monitor:MetricAlert");
    expect(read).not.toContain("azure-native:monitor:MetricAlert");
  });
});

describe("the list of types that need no rule", () => {
  it("has none that a rule reads in every stack: take it out when a rule is written", () => {
    const read = typesRead([...rules, ...stackRules], defaultParameters("prod"));
    expect([...listed.keys()].filter((type) => read.has(type))).toEqual([]);
  });

  it("is the only excuse: neither an exception nor a level can name the check", () => {
    expect(ruleIds).not.toContain("type-read");
    const exception =
      "resource: urn:pulumi:prod::p::t::n, finding: x, reason: because it is needed here, owner: platform";
    for (const id of ["type-read", "types-read"]) {
      const source = `exceptions: [{ rule: ${id}, ${exception}, expires: 2027-01-01 }]`;
      expect(() => parseExceptions(source, ruleIds)).toThrow(`no rule is called "${id}"`);
    }
  });

  it.each([
    ["a:b:C", "a:b:C", true],
    ["a:b:*", "a:b:C", true],
    ["a:*", "a:b:C", true],
    ["a:b:C", "a:b:CD", false],
    ["a:b:*", "a:bb:C", false],
    ["a:*", "aa:b:C", false],
  ])("with %s has %s: %s", (entry, type, expected) => {
    expect(reasonForNone(new Map([[entry, "because"]]), type) !== undefined).toBe(expected);
  });

  it("says everything that is wrong with it at once", () => {
    const source = `types:
  "a:b:C": short
  "*": everything is allowed everywhere
  "a:b*": not a whole part of the name
  "azure-native:cache:Redis": has another name in the installed package
  "d:e:F": { reason: not text but a map }
other: 1`;
    expect(problemsOf(source)).toEqual([
      'policies/unread-types.yaml:7:1 other: unknown key "other"; known keys: types',
      'policies/unread-types.yaml:2:12 types.a:b:C: expected at least 15 characters that say why no rule reads it, got "short"',
      'policies/unread-types.yaml:3:3 types.*: expected package:module:Type, or package:* or package:module:*, got "*"',
      'policies/unread-types.yaml:4:3 types.a:b*: expected package:module:Type, or package:* or package:module:*, got "a:b*"',
      "policies/unread-types.yaml:5:3 types.azure-native:cache:Redis: is called azure-native:redis:Redis now; list that",
      expect.stringContaining("types.d:e:F: expected at least 15 characters"),
    ]);
    expect(problemsOf("")).toEqual([expect.stringContaining("types: expected a map of type tokens to reasons")]);
  });
});

function problemsOf(source: string): readonly string[] {
  try {
    parseUnreadTypes(source);
  } catch (error) {
    if (error instanceof PolicyFileError) return error.problems;
    throw error;
  }
  return [];
}
