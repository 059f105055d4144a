import { shortType, urnName, urnType } from "../../../deployment/display/urn-text";
import { isStateful } from "../../../lib/resource-types";
import { monthlySum } from "../../cost/stack-cost";
import { inOptionsOnly, isRefused, type ReportedViolation, type StackReport } from "../stack-report";
import { fileLink, fold, inlineText, locationText, type ReportLinks, restText } from "./inline-text";

/** At most so many entries of each list. */
export interface BlockLimits {
  readonly entries: number;
}

/** The heading, and what will become of the plan. */
export function headingBlock(report: StackReport): string {
  const counts = ["import", "create", "update", "replace", "delete"]
    .filter((operation) => (report.counts[operation] ?? 0) > 0)
    .map((operation) => `**${report.counts[operation]}** to ${operation}`);
  const inOptions = report.components.flatMap(({ changes }) => changes).filter(({ what }) => what === inOptionsOnly);
  if (inOptions.length > 0) counts.push(`**${inOptions.length}** to ${inOptionsOnly}`);
  const what = counts.length === 0 ? "nothing changes" : counts.join(", ");
  return `## ${verdictSign(report)} ${inlineText(report.stack)} · ${what}\n\n${verdict(report)}`;
}

function verdictSign(report: StackReport): string {
  return isRefused(report) || !report.complete ? "⛔" : "✅";
}

function verdict(report: StackReport): string {
  const mandatory = report.violations.filter((violation) => violation.mandatory).length;
  const reasons = [
    ...(report.guards.blocking.length > 0
      ? [`${countText(report.guards.blocking.length, "finding")} of the plan guards`]
      : []),
    ...(mandatory > 0 ? [countText(mandatory, "policy violation")] : []),
    ...(report.complete ? [] : ["the preview did not come to its end, so what it says is not all"]),
  ];
  const engine = `Preview on engine ${inlineText(report.engine)}.`;
  return reasons.length === 0
    ? `${engine} Nothing stands in the way.`
    : `${engine} **Will not be applied:** ${reasons.join("; ")}.`;
}

/** What can hurt: every finding of the guards, those about data first, and what was overridden by whom says why. */
export function guardBlock({ guards, locate }: StackReport, limits: BlockLimits, links: ReportLinks): string {
  const { findings, blocking, overridden, needless } = guards;
  if (findings.length + needless.length === 0) return "";
  const lines = findings.map((finding) => {
    const sign = blocking.includes(finding) ? (finding.guard === "stateful" ? "🔴" : "🟠") : "⚪";
    const place = finding.urn === undefined ? "" : locationText(locate(finding.urn), links);
    const advice = blocking.includes(finding) ? `<br>${inlineText(finding.remediation)}` : "";
    return `- ${sign} **${finding.guard}**: ${inlineText(finding.message)}${place}${advice}`;
  });
  const recorded = overridden.map(({ guard, reason }) => `- Overridden: **${guard}**, because ${inlineText(reason)}`);
  const unused = needless.map(({ guard }) => `- The override of **${guard}** is not needed: that guard found nothing`);
  return `### What can hurt\n\n${[...limitLines(lines, limits, links), ...recorded, ...unused].join("\n")}`;
}

export function errorBlock({ errors }: StackReport, limits: BlockLimits, links: ReportLinks): string {
  if (errors.length === 0) return "";
  const lines = errors.map(
    ({ urn, message, hint }) =>
      `- ${urn === undefined ? "" : `${resourceText(urn)}: `}${inlineText(message)}${hint === undefined ? "" : ` What to do: ${inlineText(hint)}.`}`,
  );
  return `### Errors\n\n${limitLines(lines, limits, links).join("\n")}`;
}

/** Mandatory ones each with what to do; the advisory ones folded, by policy. */
export function violationBlock({ violations }: StackReport, limits: BlockLimits, links: ReportLinks): string {
  if (violations.length === 0) return "";
  const mandatory = violations.filter((violation) => violation.mandatory);
  const lines = limitLines(
    mandatory.map((violation) => violationLine(violation, links)),
    limits,
    links,
  );
  const parts = [
    ...(lines.length > 0 ? [lines.join("\n")] : []),
    ...advisories(
      violations.filter((violation) => !violation.mandatory),
      limits,
      links,
    ),
  ];
  return `### Policy violations\n\n${parts.join("\n\n")}`;
}

function advisories(violations: readonly ReportedViolation[], limits: BlockLimits, links: ReportLinks): string[] {
  const [first] = violations;
  if (first === undefined) return [];
  const policies = [...new Set(violations.map(({ policy }) => policy))];
  const lines = policies.map((policy) => {
    const own = violations.filter((violation) => violation.policy === policy);
    const { description, detail } = own[0] ?? first;
    const where = own.flatMap(({ urn, location }) =>
      urn === undefined ? [] : [`${resourceText(urn)}${locationText(location, links)}`],
    );
    const more = where.length > 3 ? ` and ${where.length - 3} more` : "";
    return `- 🟡 **${inlineText(policy)}** ${inlineText(description)} ${inlineText(detail)}<br>${where.slice(0, 3).join(", ")}${more}`;
  });
  return [fold(`${countText(violations.length, "advisory violation")}`, limitLines(lines, limits, links).join("\n"))];
}

function violationLine(violation: ReportedViolation, links: ReportLinks): string {
  const { policy, urn, description, detail, location } = violation;
  const subject = urn === undefined ? "" : ` · ${resourceText(urn)}`;
  const remedy = detail === "" ? "" : `<br>${inlineText(detail)}`;
  return `- 🔴 **${inlineText(policy)}**${subject}${locationText(location, links)}<br>${inlineText(description)}${remedy}`;
}

export function costBlock({ cost, lowBudgets, locate }: StackReport, limits: BlockLimits, links: ReportLinks): string {
  const { before, after, currency, recorded, region, source } = cost;
  const services = [...new Set([...before.services.keys(), ...after.services.keys()])].sort();
  const rows = services.map((service) => {
    const [old, next] = [before.services.get(service) ?? 0, after.services.get(service) ?? 0];
    return `| ${inlineText(service)} | ${money(old)} | ${money(next)} | ${difference(next - old)} |`;
  });
  const [old, next] = [monthlySum(before), monthlySum(after)];
  const total = `| **Sum** | **${money(old)}** | **${money(next)}** | **${difference(next - old) || "0.00"}** |`;
  const table = [
    `| ${currency} a month | before | after | change |`,
    "|-|-:|-:|-:|",
    ...limitLines(rows, limits, links),
    total,
  ].join("\n");
  const unknown = limitLines(
    after.unknown.map(({ urn, why }) => `- ${resourceText(urn)}: ${inlineText(why)}`),
    limits,
    links,
  ).join("\n");
  const notCounted =
    after.unknown.length === 0
      ? ""
      : `\n\n${fold(`${countText(after.unknown.length, "resource")} of unknown price, in no sum`, unknown)}`;
  const advisories = limitLines(
    lowBudgets.map(({ urn, message }) => `- 🟡 **budget**: ${inlineText(message)}${locationText(locate(urn), links)}`),
    limits,
    links,
  );
  const budgets = advisories.length === 0 ? "" : `${advisories.join("\n")}\n\n`;
  return `### Cost\n\n${table}\n\n${budgets}List prices of [${region}](${source}), recorded ${recorded}, with the expected use in \`operations/cost/prices.yaml\`. ${fileLink("docs/cost.md", links)} compares them with the estimate.${notCounted}`;
}

export function blastBlock({ guards: { radius } }: StackReport): string {
  const { existing, changed, deleted, replaced } = radius;
  const share = (count: number) => `${count} (${existing === 0 ? 0 : Math.round((count / existing) * 100)} %)`;
  return `### Blast radius\n\nOf ${countText(existing, "existing resource")}: ${share(changed)} changed, ${share(replaced)} replaced, ${share(deleted)} deleted.`;
}

/** The beginning of a list, and how much of it is left out. */
function limitLines(lines: readonly string[], { entries }: BlockLimits, links: ReportLinks): readonly string[] {
  if (lines.length <= entries) return lines;
  return [...lines.slice(0, entries), `- … and ${lines.length - entries} more: ${restText(links)}`];
}

function resourceText(urn: string): string {
  const mark = isStateful(urnType(urn)) ? " (holds data)" : "";
  return `${inlineText(shortType(urnType(urn)))} ${inlineText(urnName(urn))}${mark}`;
}

export function countText(count: number, what: string): string {
  return `${count} ${what}${count === 1 ? "" : "s"}`;
}

function money(amount: number): string {
  return amount.toFixed(2);
}

function difference(amount: number): string {
  if (Math.abs(amount) < 0.005) return "";
  return `${amount > 0 ? "+" : "−"}${Math.abs(amount).toFixed(2)}`;
}
