import { readdirSync } from "node:fs";
import { join } from "node:path";
import benchmark from "../../policies/benchmark.json";
import { exceptionChecks, type PolicyException, readExceptions } from "../../policies/exceptions";
import type { PolicyRule, RuleDescription, StackRule } from "../../policies/rule";
import { ruleIds, rules, stackRules } from "../../policies/rules";
import { readStackParameters, type StackParameters } from "../../policies/stack-parameters";
import { readUnreadTypes, typeCheck, typesCheck, type UnreadTypes } from "../../policies/unread-types";

const families: Readonly<Record<RuleDescription["family"], string>> = {
  tagging: "Tagging",
  encryption: "Encryption",
  "public-access": "Public access",
  identity: "Identity",
  recovery: "Recovery",
  logging: "Logging",
  delivery: "Delivery",
};

/**
 * The page about the policies, from the pack's own data.
 *
 * @param directory the pack's
 */
export function policiesPage(directory: string): string {
  const stacks = readdirSync(join(directory, "parameters")).map((file) => file.replace(/\.yaml$/, ""));
  const parameters = stacks.sort().map((stack) => readStackParameters(join(directory, "parameters"), stack, ruleIds));
  const sections = [
    heading(),
    ...Object.entries(families).map(([family, title]) => familySection(title, rulesOf(family))),
    benchmarkSection(),
    levelsSection(parameters),
    paritySection(parameters),
    unreadSection(readUnreadTypes(join(directory, "unread-types.yaml"))),
    exceptionsSection(readExceptions(join(directory, "exceptions.yaml"), ruleIds)),
  ];
  return `${sections.join("\n\n")}\n`;
}

function heading(): string {
  const options = rules.filter(({ level }) => level === "disabled").length;
  return `# Policies

Written by \`npm run generate\` from \`policies/\`; do not edit.

${rules.length + stackRules.length} rules: ${rules.length} look at one resource each, ${stackRules.length} at what is beside it in the stack. The \`Policies:\` line of a run counts fewer, those that had something to check in that stack. A *mandatory* one stops a deployment, an *advisory* one is shown. ${options} are *disabled*: options that a stack switches on. Levels and parameters of a stack are in \`policies/parameters/<stack>.yaml\`, exceptions in \`policies/exceptions.yaml\`: each excuses one finding of one rule. What a preview cannot know yet is said to be open, and is checked again at \`up\`.

- \`${typeCheck.id}\` (mandatory, in environments that last) and \`${typesCheck.id}\` (advisory in the others): ${typeCheck.description}
${exceptionChecks.map(({ id, description, level }) => `- \`${id}\` (${level}): ${description}`).join("\n")}

\`npm run policies -- --list\` counts what each rule checks in each stack.`;
}

function rulesOf(family: string): readonly (PolicyRule | StackRule)[] {
  return [...rules, ...stackRules].filter((rule) => rule.family === family);
}

function familySection(title: string, list: readonly (PolicyRule | StackRule)[]): string {
  const rows = list.map((rule) => {
    const types = rule.types === "taggable" ? "all that take tags" : rule.types.map(shortType).join(", ");
    const beside = "companions" in rule ? `; beside it ${rule.companions.map(shortType).join(", ")}` : "";
    return `| \`${rule.id}\` | ${rule.level} | ${cell(rule.description)} ${cell(rule.remediation)} | ${types}${beside} | ${rule.controls.map(cell).join("; ")} |`;
  });
  return [
    `## ${title}`,
    "",
    "| Rule | Level | What complies, and what to do | Types | Controls |",
    "|-|-|-|-|-|",
    ...rows,
  ].join("\n");
}

/** `azure-native:storage:StorageAccount` is read as `storage:StorageAccount`. */
function shortType(type: string): string {
  return `\`${type.replace(/^azure-native:/, "").replace(/:index\/\w+:/, ":")}\``;
}

function benchmarkSection(): string {
  const all = [...rules, ...stackRules];
  const of = (row: number) => all.filter(({ benchmarkRow }) => benchmarkRow === row);
  const covered = benchmark.filter(({ row }) => of(row).length > 0);
  const open = benchmark.filter(({ row }) => of(row).length === 0);
  const rows = covered.map(({ row, requires }) => {
    const names = of(row).map(({ id }) => `\`${id}\``);
    return `| ${row} | ${cell(requires)} | ${names.join(", ")} |`;
  });
  const missing = open.map((row) => `- ${row.row}, ${row.requires}: ${"notCovered" in row ? row.notCovered : ""}`);
  return [
    "## Benchmark",
    "",
    `${covered.length} of ${benchmark.length} rows are covered.${open.length === 0 ? "" : " Not covered:"}`,
    ...(missing.length === 0 ? [] : ["", ...missing]),
    "",
    "| Row | Requires | Rules |",
    "|-|-|-|",
    ...rows,
  ].join("\n");
}

function levelsSection(parameters: readonly StackParameters[]): string {
  const rows = parameters.flatMap(({ stack, levels, levelReasons }) =>
    Object.entries(levels).map(
      ([rule, level]) => `| ${stack} | \`${rule}\` | ${level} | ${cell(levelReasons[rule] ?? "–")} |`,
    ),
  );
  return ["## Levels that differ", "", "| Stack | Rule | Level | Reason |", "|-|-|-|-|", ...rows].join("\n");
}

function paritySection(parameters: readonly StackParameters[]): string {
  const rows = parameters.flatMap(({ stack, parity }) =>
    (parity?.differs ?? []).map(
      ({ type, property, reason }) =>
        `| ${stack} | ${parity?.with} | ${shortType(type)} | \`${property}\` | ${cell(reason)} |`,
    ),
  );
  return [
    "## Differences between stacks",
    "",
    "`stack-parity` compares a stack with the recorded settings of another, `policies/shapes/<stack>.generated.json`, which `npm run generate` writes and which is reviewed as any other file. Names, tags, images, and what comes from other resources are no settings. These differences are meant:",
    "",
    "| Stack | Compared with | Type | Setting | Reason |",
    "|-|-|-|-|-|",
    ...rows,
  ].join("\n");
}

function unreadSection(listed: UnreadTypes): string {
  const rows = [...listed].map(([type, reason]) => `| \`${type}\` | ${cell(reason)} |`);
  return ["## Types that no rule reads", "", "| Type | Why none has to |", "|-|-|", ...rows].join("\n");
}

function exceptionsSection(exceptions: readonly PolicyException[]): string {
  const rows = exceptions.map(
    ({ resource, rule, finding, reason, owner, expires }) =>
      `| \`${rule}\` | \`${resource}\` | ${cell(finding)} | ${cell(reason)} | ${owner} | ${expires} |`,
  );
  return ["## Exceptions", "", "| Rule | Resource | Finding | Reason | Owner | Until |", "|-|-|-|-|-|-|", ...rows].join(
    "\n",
  );
}

function cell(text: string): string {
  return text.replaceAll("|", "\\|").replaceAll("\n", " ").replaceAll("*", "\\*");
}
