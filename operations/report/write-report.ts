import { appendFileSync, mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { printableJson } from "../../deployment/display/terminal";
import { monthlySum, type StackCost } from "../cost/stack-cost";
import { commentText, longestComment } from "./markdown/comment";
import type { ReportLinks } from "./markdown/inline-text";
import { reportSection } from "./markdown/section";
import { sarifLog } from "./sarif";
import { isRefused, type StackReport } from "./stack-report";

/** Bytes. A step summary may have a mebibyte, and is not shown at all when it has more (docs.github.com, "Workflow commands"). */
const longestStepSummary = 1_000_000;
const noLimit = 50_000_000;

/** Where a report goes. */
export interface ReportFiles {
  readonly directory: string;
  readonly links: ReportLinks;
  /** The file that GitHub shows with the run; appended to. Default: none. */
  readonly stepSummary?: string;
  /** What is approved where a plan was saved: said first. Default: no plan was. */
  readonly planDigest?: string;
}

/**
 * Writes a report's files: `comment.md` as it would be posted with this stack alone, `full.md` with nothing cut, `report.sarif`, `report.json`.
 *
 * @returns the files
 */
export function writeReport(
  report: StackReport,
  { directory, links, stepSummary, planDigest }: ReportFiles,
): readonly string[] {
  mkdirSync(directory, { recursive: true });
  const files: Readonly<Record<string, string>> = {
    "comment.md": commentText([
      { stack: report.stack, run: 0, text: reportSection(report, longestComment - 1000, links) },
    ]),
    "full.md": `${reportSection(report, noLimit, links, "whole")}\n`,
    "report.sarif": `${printableJson(sarifLog(report), 2)}\n`,
    "report.json": `${printableJson(reportSummary(report), 2)}\n`,
  };
  const written = Object.entries(files).map(([name, text]) => {
    const path = join(directory, name);
    writeFileSync(path, text);
    return path;
  });
  if (stepSummary !== undefined) {
    const heading = planDigest === undefined ? "" : `Approving applies exactly this plan: \`${planDigest}\`\n\n`;
    appendFileSync(stepSummary, `${heading}${summarySection(report, links)}\n\n`);
  }
  return written;
}

/** As much as fits a step summary, which counts bytes where {@link reportSection} counts characters. */
function summarySection(report: StackReport, links: ReportLinks): string {
  for (let budget = longestStepSummary; ; budget = Math.floor(budget * 0.8)) {
    const text = reportSection(report, budget, links, "whole");
    if (Buffer.byteLength(text) <= longestStepSummary) return text;
  }
}

/** A report for programs: everything but the properties. The version grows when a field changes its meaning. */
export function reportSummary(report: StackReport) {
  const { stack, engine, complete, counts, guards, violations, errors, components, cost, lowBudgets, locate } = report;
  return {
    version: 1,
    stack,
    engine,
    complete,
    refused: isRefused(report),
    counts,
    guards: {
      findings: guards.findings.map((finding) => ({ ...finding, blocks: guards.blocking.includes(finding) })),
      overridden: guards.overridden,
      needlessOverrides: guards.needless.map(({ guard }) => guard),
    },
    violations,
    errors: errors.map(({ urn, message }) => ({ ...(urn === undefined ? {} : { urn }), message })),
    components: components.map(({ name, location, changes }) => ({
      name,
      ...(location === undefined ? {} : { location }),
      changes: changes.map(({ urn, what, type, name: resource }) => ({ urn, what, type, name: resource })),
    })),
    cost: {
      currency: cost.currency,
      region: cost.region,
      pricesRecorded: cost.recorded,
      before: costOf(cost.before),
      after: costOf(cost.after),
      lowBudgets: lowBudgets.map(({ urn, message }) => ({ urn, message, location: locate(urn) })),
    },
    blastRadius: guards.radius,
  };
}

function costOf(cost: StackCost) {
  const cents = (amount: number) => Math.round(amount * 100) / 100;
  return {
    monthly: cents(monthlySum(cost)),
    services: Object.fromEntries([...cost.services].map(([service, amount]) => [service, cents(amount)])),
    unknown: cost.unknown,
  };
}
