import { existsSync, mkdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { z } from "zod";
import { writeAtomically } from "../../lib/atomic-file";
import {
  type DatabaseResult,
  type KnownRows,
  listBrokenDatabases,
  nextKnownRows,
  RestoreTestError,
  reportSummary,
  type TestReport,
  totalRows,
} from "./test-report";
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
  return listBrokenDatabases(report).flatMap(({ database, findings }) =>
    findings.map(({ kind, message }) => `${kind}: ${database}: ${message}`),
  );
}

/** The report as a page. */
function reportMarkdown(report: TestReport): string {
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

const rowsFile = "known-rows.json";
const knownRowsSchema = z.record(z.string(), z.record(z.string(), z.number()));

/**
 * The rows that earlier tests found; nothing when there was none.
 *
 * @param directory where reports are kept
 * @throws {RestoreTestError} when the file is broken: starting anew would hide what was lost
 */
export function readKnownRows(directory: string): KnownRows {
  const file = join(directory, rowsFile);
  if (!existsSync(file)) return {};
  try {
    return knownRowsSchema.parse(JSON.parse(readFileSync(file, "utf8")));
  } catch {
    throw new RestoreTestError(`${file} is not what a restore test wrote; restore it, or delete it to count anew`);
  }
}

/** Keeps a report as `report.json` and `report.md`, and the rows that the next test compares with. */
export function keepReport(directory: string, report: TestReport): void {
  mkdirSync(directory, { recursive: true });
  const write = (name: string, text: string): void => {
    writeAtomically(join(directory, name), text);
  };
  const json = (value: unknown) => `${JSON.stringify(value, undefined, 2)}\n`;
  write("report.json", json(report));
  write("report.md", reportMarkdown(report));
  write(rowsFile, json(nextKnownRows(readKnownRows(directory), report)));
}
