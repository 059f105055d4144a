import { appendFileSync, mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { commentText, longestComment } from "./markdown/comment";
import type { ReportLinks } from "./markdown/links";
import { reportSection } from "./markdown/section";
import type { StackReport } from "./report";
import { reportSummary } from "./report-summary";
import { sarifLog } from "./sarif";

/** A step summary may have a mebibyte; characters outside ASCII count more than once. */
const longestStepSummary = 500_000;
const noLimit = 50_000_000;

/**
 * Writes a report's files: `comment.md` as it would be posted with this stack alone, `full.md` with nothing cut, `report.sarif`, `report.json`.
 *
 * @param stepSummary the file that GitHub shows with the run; appended to
 * @returns the files
 */
export function writeReport(
  report: StackReport,
  directory: string,
  links: ReportLinks,
  stepSummary: string | undefined,
): readonly string[] {
  mkdirSync(directory, { recursive: true });
  const files: Readonly<Record<string, string>> = {
    "comment.md": commentText([
      { stack: report.stack, run: 0, text: reportSection(report, longestComment - 1000, links) },
    ]),
    "full.md": `${reportSection(report, noLimit, links)}\n`,
    "report.sarif": `${JSON.stringify(sarifLog(report), undefined, 2)}\n`,
    "report.json": `${JSON.stringify(reportSummary(report), undefined, 2)}\n`,
  };
  const written = Object.entries(files).map(([name, text]) => {
    const path = join(directory, name);
    writeFileSync(path, text);
    return path;
  });
  if (stepSummary !== undefined) appendFileSync(stepSummary, `${reportSection(report, longestStepSummary, links)}\n\n`);
  return written;
}
