import { allOf, notApplicable, type RuleOutcome, undecided, violation } from "../../outcome";
import {
  comparedTypes,
  liesWithin,
  type ResourceSettings,
  type SettingValue,
  settingsOf,
} from "../../parity/compared-settings";
import { type StackParity, shapeKey } from "../../parity/parity-settings";
import type { PolicyRule } from "../../rule";

/**
 * Compares stacks by inputs, resource by resource: outputs, which rules about whole stacks see, also hold what services fill in. The
 * other stack's inputs are a file of the pack, so that the answer depends on nothing but what is reviewed.
 */
export const stackParity: PolicyRule = {
  id: "stack-parity",
  family: "delivery",
  controls: ["Own"],
  description: "What is tried in staging or dev has the settings that production has, but for declared differences.",
  remediation:
    "Set it as there, or declare the difference with its reason under parity.differs of the stack's parameters.",
  level: "advisory",
  types: comparedTypes,
  evaluate: (resource, { parity }) => {
    if (parity === undefined) return notApplicable("the stack is compared with no other");
    const there = parity.shape().resources[shapeKey(resource)];
    if (there === undefined) return notApplicable(`there is no such resource in ${parity.with}`);
    const declared = parity.differs.filter(({ type }) => type === resource.type).map(({ property }) => property);
    return compared(settingsOf(resource), there, { declared, parity });
  },
};

interface Comparison {
  readonly declared: readonly string[];
  readonly parity: StackParity;
}

function compared(here: ResourceSettings, there: ResourceSettings, { declared, parity }: Comparison): RuleOutcome {
  const within = (path: string, containers: readonly string[]) => containers.some((each) => liesWithin(path, each));
  const isCompared = (path: string) => !within(path, there.computed) && !within(path, declared);
  const paths = new Set([...Object.keys(there.settings), ...Object.keys(here.settings)].filter(isCompared));
  const outcomes = [...paths].map((path): RuleOutcome => {
    const open = here.computed.find((computed) => liesWithin(path, computed));
    if (open !== undefined) return undecided(open);
    return comparedSetting(path, here.settings[path], there.settings[path], parity.with);
  });
  return allOf(outcomes);
}

/** Says the other stack's value, which is reviewed in a file; this one's may be anything, also a secret. */
function comparedSetting(
  path: string,
  here: SettingValue | undefined,
  there: SettingValue | undefined,
  other: string,
): RuleOutcome {
  if (there === undefined) return violation(path, `is set, but not in ${other}`);
  if (here === undefined) return violation(path, `is not set; it is ${JSON.stringify(there)} in ${other}`);
  // Services compare their settings without regard to case.
  const isSame = String(here).toLowerCase() === String(there).toLowerCase();
  return isSame ? allOf([]) : violation(path, `is not ${JSON.stringify(there)}, as it is in ${other}`);
}
