import type { OperationLog } from "../../deployment/display/operation-log";
import { type Paint, printable } from "../../deployment/display/terminal";
import { type BlastRadius, blastRadius, blastRadiusGuard } from "./blast-radius";
import type { GuardFinding, GuardName } from "./guard-finding";
import type { StackGuards } from "./guard-limits";
import type { GuardOverride } from "./override";
import { plannedChanges } from "./planned-change";
import { retentionGuard } from "./retention-guard";
import { statefulGuard } from "./stateful-guard";

/** What the guards make of a plan. */
export interface GuardReport {
  readonly findings: readonly GuardFinding[];
  /** Findings that nobody has overridden: with one of these, nothing is applied. */
  readonly blocking: readonly GuardFinding[];
  /** The overrides that were needed. */
  readonly overridden: readonly GuardOverride[];
  /** Overrides of guards that found nothing. */
  readonly needless: readonly GuardOverride[];
  readonly radius: BlastRadius;
}

/** Runs the guards over a preview's events. Pure: the same plan gives the same answer on both engines. */
export function runGuards(log: OperationLog, stack: StackGuards, overrides: readonly GuardOverride[]): GuardReport {
  const changes = plannedChanges(log);
  const found: Readonly<Record<GuardName, readonly GuardFinding[]>> = {
    stateful: statefulGuard(changes),
    "blast-radius": blastRadiusGuard(changes, stack.limits),
    retention: retentionGuard(changes),
  };
  const findings = stack.guards.flatMap((guard) => found[guard]);
  const isNeeded = ({ guard }: GuardOverride) => findings.some((finding) => finding.guard === guard);
  return {
    findings,
    blocking: findings.filter(({ guard }) => !overrides.some((override) => override.guard === guard)),
    overridden: overrides.filter(isNeeded),
    needless: overrides.filter((override) => !isNeeded(override)),
    radius: blastRadius(changes),
  };
}

/** What the guards found, for a person on a terminal. Empty when they found nothing. */
export function guardLines({ findings, blocking, overridden, needless }: GuardReport, paint: Paint): string[] {
  const lines = findings.flatMap((finding) => {
    const blocks = blocking.includes(finding);
    const mark = blocks ? paint("danger", "✗ [blocks]") : paint("warn", "! [overridden]");
    return [
      `    ${mark}  ${finding.guard}: ${printable(finding.message)}`,
      ...(blocks ? [`        ${finding.remediation}`] : []),
    ];
  });
  const recorded = overridden.map(({ guard, reason }) => `    overridden  ${guard}: ${printable(reason)}`);
  const unused = needless.map(({ guard }) => `    the override of ${guard} is not needed: that guard found nothing`);
  return lines.length + unused.length === 0 ? [] : ["Plan guards:", ...lines, ...recorded, ...unused];
}
