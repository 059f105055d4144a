import type { DriftSeverity } from "./finding";

/** How long drift may stay, in hours. */
export const serviceLevelHours: Readonly<Record<DriftSeverity, number>> = { security: 24, ordinary: 72 };

/** `due`: less than a quarter of the time is left. */
export type ServiceLevelStatus = "ok" | "due" | "breached";

export interface ServiceLevel {
  readonly status: ServiceLevelStatus;
  /** When the time is up. */
  readonly dueBy: Date;
}

const hour = 3_600_000;

/** Where a finding stands, by when it was first seen. */
export function serviceLevel(severity: DriftSeverity, firstSeen: Date, now: Date): ServiceLevel {
  const allowed = serviceLevelHours[severity] * hour;
  const dueBy = new Date(firstSeen.getTime() + allowed);
  const left = dueBy.getTime() - now.getTime();
  if (left <= 0) return { status: "breached", dueBy };
  return { status: left < allowed / 4 ? "due" : "ok", dueBy };
}
