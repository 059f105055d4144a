import type { DriftReport } from "./find-drift";
import { comparisonOf, type DriftFinding } from "./finding";
import type { TrackedFinding } from "./tracked-finding";

/** The report for programs, as one JSON value. Times are there when it was filed: without an issue, nobody knows them. */
export function driftDocument(report: DriftReport, tracked: readonly TrackedFinding[]): object {
  const times = new Map<DriftFinding, TrackedFinding>(tracked.map((each) => [each.finding, each]));
  return {
    stack: report.stack,
    suppressed: report.suppressed,
    findings: report.findings.map((finding) => {
      const known = times.get(finding);
      const serviceLevel =
        known === undefined
          ? {}
          : {
              firstSeen: known.firstSeen.toISOString(),
              dueBy: known.level.dueBy.toISOString(),
              status: known.level.status,
            };
      return { comparison: comparisonOf[finding.kind], ...finding, ...serviceLevel };
    }),
  };
}
