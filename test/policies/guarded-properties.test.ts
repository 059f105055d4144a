import { describe, expect, it } from "vitest";
import { InProcessAnalyzer } from "../../deployment/policies/in-process-analyzer";
import type { PropertyMap } from "../../deployment/values/property-value";
import type { StackParity } from "../../policies/parity/parity-settings";
import type { RuleLevel } from "../../policies/rule";
import { RulePack } from "../../policies/rule-pack";
import { ruleIds, rules } from "../../policies/rules";
import { defaultParameters } from "../../policies/stack-parameters";
import { analyzedResource } from "./analyzed-resource";
import { answeringRules, mutationReport } from "./answering-rules";
import { allCases } from "./cases/all-cases";
import { comparedWith } from "./cases/parity";
import { declaredParameters } from "./cases/rule-case";
import { compliantProperties, guardedProperties, mutationsOf } from "./guarded-properties";
import { withValue } from "./property-paths";
import { forms, rewritten } from "./value-forms";

/** Settings of one type stand for all: those of the others are guarded by rules of their own. */
const onlyWorkspaces: StackParity = {
  ...comparedWith,
  shape: () => {
    const { stack, resources } = comparedWith.shape();
    return {
      stack,
      resources: Object.fromEntries(Object.entries(resources).filter(([key]) => key.includes(":Workspace "))),
    };
  },
};

/** A production stack that asks for everything, options too. */
const everything = new RulePack({
  exceptions: [],
  parametersOf: (stack) => ({
    ...defaultParameters(stack),
    tiers: { "*": "P0" },
    ...declaredParameters,
    parity: onlyWorkspaces,
    levels: Object.fromEntries(ruleIds.map((rule): [string, RuleLevel] => [rule, "mandatory"])),
  }),
  today: "2026-06-01",
});
const analyzer = new InProcessAnalyzer(everything, "1.0.0", "policies");

describe("a resource on which everything complies", () => {
  it.each(guardedProperties)("$type, for $rule and $path", async (guarded) => {
    const resource = analyzedResource(guarded.type, compliantProperties(guarded), { stack: "prod" });
    const { against, undecided } = await answeringRules(analyzer, resource);
    expect(against).not.toContain(guarded.rule);
    expect([...undecided]).toEqual([]);
  });
});

describe("a guarded property, flipped, removed and unknown, is answered by exactly its rules", () => {
  it.each(guardedProperties)("$rule: $path of $type", async (guarded) => {
    const resource = analyzedResource(guarded.type, compliantProperties(guarded), { stack: "prod" });
    for (const mutation of mutationsOf(guarded, resource.properties)) {
      const report = await mutationReport(analyzer, resource, mutation);
      expect(report?.answered, mutation.change).toEqual(mutation.answers);
    }
  });

  it("in capitals, in small letters, and with text for booleans and numbers", async () => {
    const through: string[] = [];
    let tried = 0;
    for (const guarded of guardedProperties.filter(({ bad }) => bad !== undefined)) {
      const [flipped] = mutationsOf(guarded, compliantProperties(guarded));
      if (flipped === undefined) throw new Error("nothing was flipped");
      for (const [form, rewrite] of Object.entries(forms)) {
        const bad = rewritten(guarded.bad ?? null, rewrite);
        // A key in capitals is no key.
        if (JSON.stringify(guarded.bad).includes("ghp_") && !JSON.stringify(bad).includes("ghp_")) continue;
        const properties = withValue(flipped.before, guarded.path, bad);
        const { against } = await answeringRules(
          analyzer,
          analyzedResource(guarded.type, properties, { stack: "prod" }),
        );
        tried += 1;
        if (!against.has(guarded.rule)) through.push(`${guarded.rule}: ${guarded.path} ${form}`);
      }
    }
    console.log(`${tried} forms of ${guardedProperties.length} guarded properties: ${through.length} come through`);
    expect(through).toEqual([]);
  });

  it("however the type is written", async () => {
    for (const guarded of guardedProperties.filter(
      ({ type, bad }) => type.startsWith("azure-native:") && bad !== undefined,
    )) {
      const [provider, module, name] = guarded.type.split(":");
      const versioned = `${provider}:${module}/v20230101:${name}`;
      const resource = analyzedResource(versioned, compliantProperties(guarded), { stack: "prod" });
      const [flipped] = mutationsOf(guarded, resource.properties);
      if (flipped === undefined) throw new Error("nothing was flipped");
      const report = await mutationReport(analyzer, resource, flipped);
      expect(report?.answered, guarded.type).toEqual(flipped.answers);
    }
  });
});

describe("the list of guarded properties", () => {
  it("has every rule: one that nothing can trigger is a defect", () => {
    const guarded = new Set(guardedProperties.filter(({ bad }) => bad !== undefined).map(({ rule }) => rule));
    expect(rules.filter(({ id }) => !guarded.has(id)).map(({ id }) => id)).toEqual([]);
  });

  it.each(rules)("has, with the cases, each kind of answer of $id", async ({ id }) => {
    const answers = new Set<string>();
    const ask = async (type: string, properties: PropertyMap, name?: string) => {
      const resource = analyzedResource(type, properties, { stack: "prod", ...(name === undefined ? {} : { name }) });
      const { against, undecided, content } = await answeringRules(analyzer, resource);
      const said = { violation: against, undecided, compliant: content };
      const given = Object.entries(said).filter(([, of]) => of.has(id));
      for (const answer of given.length === 0 ? ["not applicable"] : given.map(([name]) => name)) answers.add(answer);
    };
    for (const guarded of guardedProperties.filter(({ rule }) => rule === id)) {
      const compliant = compliantProperties(guarded);
      for (const { after } of [{ after: compliant }, ...mutationsOf(guarded, compliant)])
        await ask(guarded.type, after);
    }
    await ask("pulumi:pulumi:Stack", {});
    expect([...answers].sort()).toEqual(["compliant", "not applicable", "undecided", "violation"]);
  });

  it("has every property that a rule reads", () => {
    for (const rule of rules) {
      const own = guardedProperties.filter((guarded) => guarded.rule === rule.id);
      const known = own.flatMap(({ path, where, given }) => [path, ...Object.keys({ ...where, ...given })]);
      const topLevel = new Set(known.map((path) => path.split(".")[0]));
      expect(
        [...readBy(rule, own)].filter((key) => !topLevel.has(key)),
        rule.id,
      ).toEqual([]);
    }
  });

  it("has all types of a rule, here or among its cases", () => {
    for (const { id, types } of rules) {
      if (types === "taggable") continue;
      const tried = [...guardedProperties, ...allCases].filter(({ rule }) => rule === id);
      const tokens = new Set(tried.flatMap((one) => [one.type, ...("otherTokens" in one ? one.otherTokens : [])]));
      expect(
        types.filter((type) => !tokens.has(type)),
        id,
      ).toEqual([]);
    }
  });
});

/** The top-level properties that a rule asks for on resources that comply, and on ones that do not. */
function readBy(rule: (typeof rules)[number], guarded: typeof guardedProperties): ReadonlySet<string> {
  const keys = new Set<string>();
  for (const one of guarded) {
    const properties = compliantProperties(one);
    for (const { after } of [{ after: properties }, ...mutationsOf(one, properties)]) {
      const resource = { urn: "urn:pulumi:prod::p::t::n", type: one.type, name: "n" };
      const property = (key: string) => {
        keys.add(key);
        const value = JSON.parse(JSON.stringify(after[key] ?? null));
        return value;
      };
      rule.evaluate(
        { ...resource, property, keys: () => Object.keys(after) },
        everything.parametersOf("prod"),
        "2026-06-01",
      );
    }
  }
  return keys;
}
