import { canonicalDigest } from "../delivery/canonical-digest";
import type { DriftFinding, DriftSeverity } from "./drift-finding";
import { findingKey, type IssueMemory } from "./issue-text";

/** A finding with its history. */
export interface TrackedFinding {
  readonly key: string;
  readonly finding: DriftFinding;
  readonly firstSeen: Date;
  readonly level: ServiceLevel;
}

/**
 * Findings with when they were first seen.
 *
 * @param since when findings count as first seen whose history is lost: when the issue was made, or now
 */
export function trackFindings(
  findings: readonly DriftFinding[],
  memory: IssueMemory | undefined,
  since: Date,
  now: Date,
): readonly TrackedFinding[] {
  return findings.map((finding) => {
    const key = findingKey(finding);
    const known = memory?.firstSeen[key];
    const lost = memory === undefined ? since : now;
    const firstSeen = known === undefined ? lost : new Date(known);
    return { key, finding, firstSeen, level: serviceLevel(finding.severity, firstSeen, now) };
  });
}

/** What the team would be told: other findings, other values, or a finding whose time is running out. */
export function newsDigest(tracked: readonly TrackedFinding[]): string {
  return digest(tracked.map(({ key, finding, level }) => [key, finding.properties, finding.broken, level.status]));
}

/** A digest of what the on-call person is paged for: the security findings and their values. Empty when there are none. */
export function pageDigest(tracked: readonly TrackedFinding[]): string {
  const urgent = tracked.filter(isUrgent);
  return urgent.length === 0 ? "" : digest(urgent.map(({ key, finding }) => [key, finding.properties, finding.broken]));
}

export function isUrgent({ finding }: TrackedFinding): boolean {
  return finding.severity === "security";
}

/** The engines work in parallel: findings come in any order. */
function digest(news: readonly (readonly unknown[])[]): string {
  return canonicalDigest(news.toSorted((left, right) => (String(left[0]) < String(right[0]) ? -1 : 1))).slice(0, 16);
}

/** How long drift may stay, in hours. */
const serviceLevelHours: Readonly<Record<DriftSeverity, number>> = { security: 24, ordinary: 72 };

/** `due`: less than a quarter of the time is left. */
type ServiceLevelStatus = "ok" | "due" | "breached";

interface ServiceLevel {
  readonly status: ServiceLevelStatus;
  /** When the time is up. */
  readonly dueBy: Date;
}

const hour = 3_600_000;

/** Where a finding stands, by when it was first seen. */
function serviceLevel(severity: DriftSeverity, firstSeen: Date, now: Date): ServiceLevel {
  const allowed = serviceLevelHours[severity] * hour;
  const dueBy = new Date(firstSeen.getTime() + allowed);
  const left = dueBy.getTime() - now.getTime();
  if (left <= 0) return { status: "breached", dueBy };
  return { status: left < allowed / 4 ? "due" : "ok", dueBy };
}
