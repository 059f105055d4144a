import type { AnalyzedResource } from "../../deployment/policies/policy-analyzer";
import { policyResource } from "../../deployment/policies/policy-resource";
import { type PropertyValue, unknown } from "../../deployment/values/property-value";
import { currentType } from "../../lib/type-token";
import { comparedTypes, liesWithin, settingsOf } from "../../policies/parity/compared-settings";
import { type StackParity, shapeKey } from "../../policies/parity/parity-settings";
import type { RulePack } from "../../policies/rule-pack";
import type { MutationReport } from "./answering-rules";
import { withValue } from "./property-paths";

const rule = "stack-parity";

/**
 * Every setting that a stack has in common with the one it is compared with is flipped, removed and made unknown. What other rules
 * say of that is tried where it is theirs; here the comparison alone counts.
 */
export function parityMutations(
  parity: StackParity,
  pack: RulePack,
  resources: readonly AnalyzedResource[],
): readonly MutationReport[] {
  const comparison = pack.rules.find(({ id }) => id === rule);
  if (comparison === undefined) throw new Error(`the pack has no rule ${rule}`);
  const reports: MutationReport[] = [];
  for (const resource of resources) {
    const type = currentType(resource.type);
    const there = parity.shape().resources[shapeKey({ type, name: resource.name })];
    if (there === undefined || !comparedTypes.includes(type)) continue;
    const { settings } = settingsOf(policyResource(resource, type));
    const declared = parity.differs.filter((difference) => difference.type === type);
    const isCompared = (path: string) => !declared.some(({ property }) => liesWithin(path, property));
    for (const [path, value] of Object.entries(there.settings)) {
      if (settings[path] !== value || !isCompared(path)) continue;
      const dotted = path.replaceAll("[", ".").replaceAll("]", "");
      for (const [change, changed] of changesOf(value)) {
        const after = { ...resource, properties: withValue(resource.properties, dotted, changed) };
        const result = pack.check(comparison, policyResource(after, type));
        const found = result.result === "checked" ? result.reports : [];
        const isNoticed = found.some(({ undecidedPath }) => (undecidedPath !== undefined) === (change === "unknown"));
        const answered = isNoticed ? [rule] : [];
        reports.push({ rule, urn: resource.urn, change: `${path} ${change}`, expected: [rule], answered });
      }
    }
  }
  return reports;
}

function changesOf(value: string | number | boolean): readonly (readonly [string, PropertyValue])[] {
  const flipped = typeof value === "boolean" ? !value : typeof value === "number" ? value + 1 : `${value}-other`;
  return [
    ["flipped", flipped],
    ["removed", null],
    ["unknown", unknown],
  ];
}

/** Declared differences without which the stack would be the same: they hide what nobody means any more. */
export function needlessDifferences(parity: StackParity, resources: readonly AnalyzedResource[]): readonly string[] {
  return parity.differs.flatMap(({ type, property }) => {
    const differs = resources.some((resource) => {
      const there = parity.shape().resources[shapeKey({ type, name: resource.name })];
      if (currentType(resource.type) !== type || there === undefined) return false;
      const { settings } = settingsOf(policyResource(resource, type));
      const paths = [...Object.keys(settings), ...Object.keys(there.settings)];
      return paths.some((path) => liesWithin(path, property) && settings[path] !== there.settings[path]);
    });
    return differs ? [] : [`${type} ${property}`];
  });
}
