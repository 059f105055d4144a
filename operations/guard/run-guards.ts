import type { OperationLog } from "../../deployment/display/operation-log";
import { type Paint, printable } from "../../deployment/display/terminal";
import type { Departures } from "../report/inventory-lines";
import { type BlastRadius, blastRadius, blastRadiusGuard } from "./blast-radius";
import { departureOf, judgeDepartures } from "./departure";
import type { GuardFinding, GuardName } from "./guard-finding";
import type { StackGuards } from "./guard-limits";
import type { GuardOverride } from "./override";
import { plannedChanges } from "./planned-change";
import { retentionGuard } from "./retention-guard";
import { statefulGuard } from "./stateful-guard";

/** What the guards make of a plan. */
export interface GuardReport {
  readonly findings: readonly GuardFinding[];
  /** Findings that nobody has overridden, and the inventory does not say: with one of these, nothing is applied. */
  readonly blocking: readonly GuardFinding[];
  /** The overrides that were needed. */
  readonly overridden: readonly GuardOverride[];
  /** Overrides of guards that found nothing. */
  readonly needless: readonly GuardOverride[];
  readonly radius: BlastRadius;
}

/**
 * Runs the guards over a preview's events. The same plan gives the same answer on both engines.
 *
 * @param departures what the inventory says of things that leave: read only when something does
 */
export function runGuards(
  log: OperationLog,
  stack: StackGuards,
  overrides: readonly GuardOverride[],
  departures: () => Departures,
): GuardReport {
  const changes = plannedChanges(log);
  let read: Departures | undefined;
  const departuresRead = () => {
    read ??= departures();
    return read;
  };
  const isSaid = ({ urn }: { readonly urn: string }) => departureOf(urn, log, departuresRead()) !== undefined;
  const found: Readonly<Record<GuardName, readonly GuardFinding[]>> = {
    stateful: statefulGuard(changes),
    "blast-radius": blastRadiusGuard(changes, stack.limits, isSaid),
    retention: retentionGuard(changes),
  };
  const findings = judgeDepartures(
    stack.guards.flatMap((guard) => found[guard]),
    log,
    departuresRead,
  );
  const open = findings.filter(({ accepted }) => accepted !== true);
  const isNeeded = ({ guard }: GuardOverride) => open.some((finding) => finding.guard === guard);
  return {
    findings,
    blocking: open.filter(({ guard }) => !overrides.some((override) => override.guard === guard)),
    overridden: overrides.filter(isNeeded),
    needless: overrides.filter((override) => !isNeeded(override)),
    radius: blastRadius(changes),
  };
}

/** What the guards found, for a person on a terminal. Empty when they found nothing. */
export function guardLines({ findings, blocking, overridden, needless }: GuardReport, paint: Paint): string[] {
  const lines = findings.flatMap((finding) => {
    const blocks = blocking.includes(finding);
    const said = finding.accepted === true ? "! [said before]" : "! [overridden]";
    const mark = blocks ? paint("danger", "✗ [blocks]") : paint("warn", said);
    return [
      `    ${mark}  ${finding.guard}: ${printable(finding.message)}`,
      ...(blocks ? [`        ${finding.remediation}`] : []),
    ];
  });
  const recorded = overridden.map(({ guard, reason }) => `    overridden  ${guard}: ${printable(reason)}`);
  const unused = needless.map(({ guard }) => `    the override of ${guard} is not needed: that guard found nothing`);
  return lines.length + unused.length === 0 ? [] : ["Plan guards:", ...lines, ...recorded, ...unused];
}
