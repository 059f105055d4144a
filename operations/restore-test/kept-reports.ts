import { existsSync, mkdirSync, readFileSync, renameSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { z } from "zod";
import { reportMarkdown } from "./report-pages";
import { RestoreTestError } from "./restore-test-error";
import { type KnownRows, nextKnownRows, type TestReport } from "./test-report";

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
    const file = join(directory, name);
    writeFileSync(`${file}.new`, text);
    renameSync(`${file}.new`, file);
  };
  const json = (value: unknown) => `${JSON.stringify(value, undefined, 2)}\n`;
  write("report.json", json(report));
  write("report.md", reportMarkdown(report));
  write(rowsFile, json(nextKnownRows(readKnownRows(directory), report)));
}
