import { brokenDatabases, type DatabaseResult, reportSummary, type TestReport, totalRows } from "./test-report";
import { span } from "./verdict";

const headings = ["Database", "Tier", "Result", "Age", "Rows", "Restored in"] as const;

function cells(result: DatabaseResult): readonly string[] {
  const { database, tier, findings, ageSeconds, restoreSeconds } = result;
  return [
    database,
    tier,
    findings.length === 0 ? "ok" : [...new Set(findings.map(({ kind }) => kind))].join(", "),
    ageSeconds === undefined ? "–" : span(ageSeconds),
    String(totalRows(result) ?? "–"),
    restoreSeconds === undefined ? "–" : `${restoreSeconds.toFixed(1)} s`,
  ];
}

/** The report as a person reads it on a terminal, one line a database, what is wrong below. */
export function reportLines(report: TestReport): readonly string[] {
  const rows = [headings, ...report.databases.map(cells)];
  const widths = headings.map((_heading, column) => Math.max(...rows.map((row) => row[column]?.length ?? 0)));
  const table = rows.map((row) =>
    row
      .map((cell, column) => cell.padEnd(widths[column] ?? 0))
      .join("  ")
      .trimEnd(),
  );
  return [...table, ...findingLines(report)];
}

function findingLines(report: TestReport): readonly string[] {
  return brokenDatabases(report).flatMap(({ database, findings }) =>
    findings.map(({ kind, message }) => `${kind}: ${database}: ${message}`),
  );
}

/** The report as a page. */
export function reportMarkdown(report: TestReport): string {
  const row = (columns: readonly string[]) => `| ${columns.map((text) => text.replaceAll("|", "\\|")).join(" | ")} |`;
  const findings = findingLines(report).map((line) => `- ${line}`);
  return [
    `# Restore test of ${report.stack}`,
    "",
    `${report.at}, from \`${report.source}\`: ${reportSummary(report)}.`,
    "",
    ...(findings.length === 0 ? [] : ["## What is wrong", "", ...findings, ""]),
    row(headings),
    `|${headings.map(() => "-").join("|")}|`,
    ...report.databases.map((result) => row(cells(result))),
    "",
  ].join("\n");
}
