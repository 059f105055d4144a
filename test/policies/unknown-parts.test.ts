import { expect, it } from "vitest";
import { policyResource } from "../../deployment/policies/policy-resource";
import type { PropertyMap, PropertyValue } from "../../deployment/values/property-value";
import { decide } from "../../policies/outcome";
import type { PolicyRule } from "../../policies/rule";
import { rules } from "../../policies/rules";
import { defaultParameters } from "../../policies/stack-parameters";
import { analyzedResource } from "./analyzed-resource";
import { allCases } from "./cases/all-cases";
import { comparedWith } from "./cases/parity";
import { declaredParameters } from "./cases/rule-case";
import { compliantProperties, guardedProperties, mutationsOf } from "./guarded-properties";
import { notingParts, type UnknownCase, unknownCases } from "./unknown-parts";

const production = {
  ...defaultParameters("prod"),
  ...declaredParameters,
  tiers: { "*": "P0" },
  parity: comparedWith,
} as const;

interface Sample {
  readonly type: string;
  readonly properties: PropertyMap;
}

/** Resources of the rule's own tests: those that comply, those that do not, and those that it is not about. */
function samplesOf({ id }: PolicyRule): readonly Sample[] {
  const cases = allCases.filter(({ rule }) => rule === id);
  return [
    ...cases.flatMap(({ type, compliant, violating, notApplicable }) =>
      [
        ...Object.values(compliant),
        ...Object.values(violating).map(([properties]) => properties),
        ...Object.values(notApplicable ?? {}),
      ].map((properties) => ({ type, properties })),
    ),
    ...guardedProperties
      .filter(({ rule }) => rule === id)
      .flatMap((guarded) => {
        const compliant = compliantProperties(guarded);
        const changed = mutationsOf(guarded, compliant).filter(({ change }) => change !== "unknown");
        return [compliant, ...changed.map(({ after }) => after)].map((properties) => ({
          type: guarded.type,
          properties,
        }));
      }),
  ];
}

function casesOf(rule: PolicyRule): readonly UnknownCase[] {
  const values = (path: string): readonly PropertyValue[] =>
    guardedProperties.flatMap((one) => (one.path === path ? [one.good ?? null, one.bad ?? null] : []));
  return samplesOf(rule).flatMap(({ type, properties }) => {
    const ask = (given: PropertyMap, asked: Set<string>) => {
      const resource = notingParts(policyResource(analyzedResource(type, given, { stack: "prod" }), type), asked);
      return decide(() => rule.evaluate(resource, production, "2026-06-01")).outcome;
    };
    return unknownCases(properties, ask, values);
  });
}

it.each(rules)("$id takes nothing unknown for present or absent", (rule) => {
  const cases = casesOf(rule);
  expect(cases.length).toBeGreaterThan(0);
  expect(cases.some(({ said }) => said === "undecided")).toBe(true);
  // Where it decides all the same, it would decide so whatever were there: something known beside it decides.
  for (const { path, said, otherwise } of cases.filter((one) => one.said !== "undecided")) {
    expect(otherwise, `${path} unknown: ${said}`).toEqual([said]);
  }
});

it("is tried with every part that every rule reads", () => {
  const cases = rules.flatMap(casesOf);
  const undecided = cases.filter(({ said }) => said === "undecided").length;
  console.log(
    `${rules.length} rules, ${cases.length} unknown parts: ${undecided} undecided, the others decided by what is known`,
  );
  expect(undecided).toBeGreaterThan(1000);
});
