import { describe, expect, it } from "vitest";
import { InProcessAnalyzer } from "../../deployment/policies/in-process-analyzer";
import { stackMember } from "../../deployment/policies/policy-resource";
import type { PropertyMap } from "../../deployment/values/property-value";
import { installedResourceClasses } from "../../lib/moved-types.data-generator";
import { currentType } from "../../lib/type-token";
import type { RuleLevel } from "../../policies/rule";
import { RulePack } from "../../policies/rule-pack";
import { ruleIds, rules, stackRules } from "../../policies/rules";
import { StackMembers } from "../../policies/stack-members";
import { defaultParameters } from "../../policies/stack-parameters";
import { analyzedResource } from "./analyzed-resource";
import { answeringRules } from "./answering-rules";
import { allCases } from "./cases/all-cases";
import { compliantProperties, guardedProperties, mutationsOf } from "./guarded-properties";

const pack = new RulePack({
  exceptions: [],
  parametersOf: (stack) => ({
    ...defaultParameters(stack),
    tiers: { "*": "P0" },
    levels: Object.fromEntries(ruleIds.map((rule): [string, RuleLevel] => [rule, "mandatory"])),
  }),
  today: "2026-06-01",
});
const analyzer = new InProcessAnalyzer(pack, "1.0.0", "policies");

const classes = installedResourceClasses().filter(({ isDeprecated }) => !isDeprecated);
/** Every other way to write a type: earlier tokens, those of API versions, and of packages made for one version. */
const aliases = new Map(
  classes.map(({ token, aliases: known }) => [
    token,
    known.flatMap((alias) => {
      const [, module, version, name] = /^azure-native:(\w+)\/(v\d+\w*):(\w+)$/.exec(alias) ?? [];
      return module === undefined ? [alias] : [alias, `azure-native_${module}_${version}:${module}:${name}`];
    }),
  ]),
);

const readTypes = new Set([...rules, ...stackRules].flatMap(({ types }) => (types === "taggable" ? [] : types)));
/** Tokens that cannot be told for sure: several installed classes claim them, or one has them for its own. */
const unclear = new Set([...classes.map(({ token }) => token), ...claimedBySeveral()]);
const aliasesOf = (type: string) =>
  (aliases.get(type) ?? []).filter((alias) => unversioned(alias) === type || !unclear.has(unversioned(alias)));

function claimedBySeveral(): readonly string[] {
  const claims = classes.flatMap(({ aliases: known }) => [...new Set(known.map(unversioned))]);
  return claims.filter((claim, index) => claims.indexOf(claim) !== index);
}

function unversioned(token: string): string {
  return token.replace(/^azure-native_\w+?:/, "azure-native:").replace(/\/v\d+\w*:/, ":");
}

/** Bad samples of the rules' own tests. */
const violating: readonly { readonly rule: string; readonly type: string; readonly properties: PropertyMap }[] = [
  ...guardedProperties.flatMap((guarded) =>
    mutationsOf(guarded, compliantProperties(guarded))
      .filter(({ change }) => change === "flipped")
      .map(({ after }) => ({ rule: guarded.rule, type: guarded.type, properties: after })),
  ),
  ...allCases.flatMap(({ rule, type, violating: bad }) =>
    Object.values(bad).map(([properties]) => ({ rule, type, properties })),
  ),
];

describe("another token of a type", () => {
  it("is read by the rules that read the type, or by none, and then refused", () => {
    const others = [...readTypes].flatMap((type) =>
      (aliases.get(type) ?? []).filter((alias) => !aliasesOf(type).includes(alias)).map((alias) => ({ type, alias })),
    );
    expect(others.length).toBeGreaterThan(0);
    for (const { type, alias } of others) {
      // An installed class has this token for its own, or several classes claim it.
      const now = currentType(alias);
      const readBy = (token: string) => rules.filter(({ types }) => types.includes(token)).map(({ id }) => id);
      const isRefused = pack.checkType({ urn: `urn:pulumi:prod::p::${alias}::n`, type: now }).result === "checked";
      expect(isRefused || readBy(now).join() === readBy(type).join(), `${alias}, once ${type}`).toBe(true);
    }
  });

  it("gets the violation that the type gets, of every rule", async () => {
    let tried = 0;
    for (const { rule, type, properties } of violating) {
      const before = await answeringRules(analyzer, analyzedResource(type, properties, { stack: "prod" }));
      if (!before.against.has(rule)) continue;
      for (const alias of aliasesOf(type)) {
        expect(currentType(alias)).toBe(type);
        const { against } = await answeringRules(analyzer, analyzedResource(alias, properties, { stack: "prod" }));
        expect([...against], `${rule}: ${alias}`).toEqual([...before.against]);
        tried += 1;
      }
    }
    const tokens = [...readTypes].flatMap(aliasesOf);
    console.log(`${readTypes.size} types, ${tokens.length} other tokens of them, ${tried} violations tried under them`);
    expect(tried).toBeGreaterThan(5000);
  });

  it.each(stackRules)("is what $id asks about", (rule) => {
    for (const type of rule.types) {
      const said = (token: string) => {
        const properties = { publicNetworkAccess: "Disabled", properties: { publicNetworkAccess: "Disabled" } };
        const member = stackMember(analyzedResource(token, properties, { stack: "prod" }));
        return pack.stackOutcomes(rule, new StackMembers([member])).map(({ outcome }) => outcome);
      };
      for (const alias of aliasesOf(type)) expect(said(alias), alias).toEqual(said(type));
    }
  });
});
