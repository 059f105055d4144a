import type { RuleCoverage, StackCoverage } from "./rule-coverage";

/** What the columns of {@link coverageTable} mean. */
export const coverageLegend: readonly string[] = [
  "level: what a violation does: mandatory stops a deployment, advisory is shown, disabled is not checked",
  "number: resources of the stack that the rule checked; 0: the stack has none that it is about",
  "m, a after a number: the rule is mandatory or advisory in that stack; off: disabled there",
  "below a rule: the published controls that it covers, and the types of resources that it is about",
];

/** The rules as a table: one line a rule, how many resources of each stack it checked, and what it is about below it. */
export function coverageTable(rules: readonly RuleCoverage[]): readonly string[] {
  const stacks = rules[0]?.stacks.map(({ stack }) => stack) ?? [];
  const width = Math.max(4, ...rules.map(({ rule }) => rule.length));
  const header = `${"rule".padEnd(width)}  ${"level".padEnd(9)}  ${stacks.join("  ")}`;
  return [header, ...rules.flatMap((rule) => lines(rule, width))];
}

function lines(rule: RuleCoverage, width: number): readonly string[] {
  const counts = rule.stacks.map((stack) => count(stack, rule.level).padStart(stack.stack.length)).join("  ");
  const types = rule.types === "taggable" ? "every type that takes tags" : rule.types.join(", ");
  const total = rule.stacks.reduce((sum, { checked }) => sum + checked, 0);
  const nothing =
    total === 0
      ? [`    checked nothing in any stack${rule.level === "disabled" ? ": an option, switched on by levels" : ""}`]
      : [];
  return [
    `${rule.rule.padEnd(width)}  ${rule.level.padEnd(9)}  ${counts}`,
    `    ${rule.controls.join("; ")} · ${types}`,
    ...nothing,
  ];
}

/** The number, and the level's first letter where the stack differs from the rule. */
function count({ checked, level }: StackCoverage, own: RuleCoverage["level"]): string {
  if (level === own) return String(checked);
  return level === "disabled" ? "off" : `${checked} ${level.charAt(0)}`;
}
