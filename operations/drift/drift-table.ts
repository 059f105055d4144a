import { comparisonOf, type DriftComparison, type DriftFinding, kindWords, type PropertyChange } from "./drift-finding";
import type { DriftReport } from "./find-drift";
import type { TrackedFinding } from "./tracked-finding";

const headings: Readonly<Record<DriftComparison, string>> = {
  cloud: "The cloud differs from the state:",
  program: "The state differs from the program:",
  unmanaged: "Managed by nobody, in this stack's places:",
};

/**
 * The findings for a person, each with how to accept and how to revert it.
 *
 * @param tracked the findings with their times; empty when they were not filed
 */
export function driftTable(
  { findings, suppressed }: DriftReport,
  tracked: readonly TrackedFinding[],
): readonly string[] {
  const times = new Map<DriftFinding, TrackedFinding>(tracked.map((each) => [each.finding, each]));
  const sections = (["cloud", "program", "unmanaged"] as const).flatMap((comparison) => {
    const own = findings.filter(({ kind }) => comparisonOf[kind] === comparison);
    return own.length === 0
      ? []
      : ["", headings[comparison], ...own.flatMap((finding) => findingLines(finding, times.get(finding)))];
  });
  const noise = suppressed === 0 ? [] : ["", `${suppressed} left out as noise (operations/drift/noise.yaml)`];
  return [...sections, ...noise];
}

function findingLines(finding: DriftFinding, known: TrackedFinding | undefined): readonly string[] {
  const security = finding.severity === "security" ? "SECURITY  " : "";
  return [
    `  ${security}${kindWords[finding.kind]}  ${finding.type} ${finding.name}`,
    ...(known === undefined
      ? []
      : [
          `      first seen ${known.firstSeen.toISOString()}, due by ${known.level.dueBy.toISOString()}: ${known.level.status}`,
        ]),
    ...finding.properties.map((change) => `      ${changeText(change)}`),
    ...finding.broken.map((broken) => `      breaks ${broken}`),
    `      accept: ${finding.accept}`,
    `      revert: ${finding.revert}`,
  ];
}

/** `tags.Owner: "a" => "b"`. */
export function changeText({ path, before, after }: PropertyChange): string {
  if (before === undefined && after === undefined) return `${path}: differs`;
  return `${path}: ${before ?? "not set"} => ${after ?? "not set"}`;
}

/** The report as one JSON value. It has times only when the drift was filed: the issue stores them. */
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
