import type { OperationLog } from "../../deployment/display/operation-log";
import { urnName, urnType } from "../../deployment/display/urn-text";
import type { Departure, Departures, NamedRow } from "../report/inventory-lines";
import type { GuardFinding } from "./guard-finding";

/**
 * Judges findings about what leaves, by what the inventory says of the components that they are in: one that was said is accepted, with
 * the inventory's reason; any other names the way in which such a component leaves.
 */
export function judgeDepartures(
  findings: readonly GuardFinding[],
  log: OperationLog,
  departures: () => Departures,
): readonly GuardFinding[] {
  return findings.map((finding) => {
    const { leaves, urn, message } = finding;
    if (leaves === undefined || urn === undefined) return finding;
    const departure = departureOf(urn, log, departures());
    if (departure === undefined) return { ...finding, remediation: remediation(finding, log, departures()) };
    if (leaves === "protected") return { ...finding, remediation: letGoFirst(departure) };
    return {
      ...finding,
      message: `${message}; ${departure.file} says so of ${departure.name}: ${departure.reason}`,
      accepted: true,
    };
  });
}

/** What the inventory says of a resource that leaves, or of a component that it is in. */
export function departureOf(urn: string, log: OperationLog, { said }: Departures): Departure | undefined {
  return withAncestors(urn, log)
    .map((row) => said(row))
    .find((departure) => departure !== undefined);
}

/** The resource and the components that it is in. */
function withAncestors(urn: string, log: OperationLog): readonly NamedRow[] {
  const found: NamedRow[] = [];
  // A plan that failed before it came to a component has no row of it, and the URN says what it is.
  for (let next: string | undefined = urn; next !== undefined; ) {
    const parent: string | undefined = log.rows.get(next)?.parent;
    found.push({ type: urnType(next), name: urnName(next), parent });
    next = parent;
  }
  return found;
}

function remediation(finding: GuardFinding, log: OperationLog, { way }: Departures): string {
  const sentence = withAncestors(finding.urn ?? "", log)
    .map(({ type }) => way(type))
    .find((found) => found !== undefined);
  if (sentence === undefined) return finding.remediation;
  // An override does not lift a protection.
  return finding.leaves === "protected" ? `${sentence}.` : `${sentence}. ${finding.remediation}`;
}

/** Nobody deployed it while it was kept, and the engine deletes nothing that its state protects. */
function letGoFirst({ name, file }: Departure): string {
  return `It is still protected, because ${name} was not deployed while it was kept. Set its retired.on in ${file} to today, deploy, and let the days pass.`;
}
