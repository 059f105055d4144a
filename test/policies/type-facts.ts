import { resourceTypes } from "../../lib/resource-types";
import { currentType } from "../../lib/type-token";
import { loadRulePack } from "../../policies/rule-pack";
import type { RehearsedStack } from "../../sandbox/project/rehearsal";

/** What the stacks show of types and `lib/resource-types.ts` does not state: `type: what to add`. */
export function missingTypeFacts(rehearsed: readonly RehearsedStack[]): readonly string[] {
  const missing = rehearsed.flatMap(({ stack, up }) => {
    const typeOf = new Map(up.members.map(({ urn, type }) => [urn, currentType(type)]));
    const logged = up.members
      .filter(({ type }) => currentType(type) === "azure-native:monitor:DiagnosticSetting")
      .flatMap(({ propertyDependencies }) => propertyDependencies.resourceUri ?? [])
      .flatMap((urn) => typeOf.get(urn) ?? []);
    const other = loadRulePack().parametersOf(stack).parity?.with;
    const there = rehearsed.find((one) => one.stack === other)?.up.resources.map(({ type }) => currentType(type)) ?? [];
    const both = up.resources.map(({ type }) => currentType(type)).filter((type) => there.includes(type));
    return [
      ...logged
        .filter((type) => resourceTypes[type]?.sendsLogs === undefined)
        .map((type) => `${type}: sendsLogs, because a diagnostic setting is made for it`),
      ...both
        .filter((type) => resourceTypes[type]?.compared === undefined && !/^(?:landscape|pulumi):/.test(type))
        .map((type) => `${type}: compared, true or false, because ${stack} and ${other} have it`),
    ];
  });
  return [...new Set(missing)].sort();
}
