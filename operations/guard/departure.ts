import type { OperationLog } from "../../deployment/display/operation-log";
import { urnName, urnType } from "../../deployment/display/urn-text";
import type { Departure, Departures } from "../../stacks/departures";
import type { GuardFinding } from "./guard-finding";

/**
 * Judges findings about what leaves, by what the inventory says of the components that they are in: one that was said is accepted, with
 * the inventory's reason; any other names the way in which such a component leaves.
 *
 * @param departures read only when something leaves
 */
export function judgeDepartures(
  findings: readonly GuardFinding[],
  log: OperationLog,
  departures: () => Departures,
): readonly GuardFinding[] {
  if (!findings.some(({ leaves }) => leaves !== undefined)) return findings;
  const { said, ways } = departures();
  return findings.map((finding) => {
    const { leaves, urn, message } = finding;
    if (leaves === undefined || urn === undefined) return finding;
    const components = withAncestors(urn, log);
    const departure = said.find(({ type, name }) =>
      components.some((component) => component.type === type && component.name === name),
    );
    if (departure === undefined) return { ...finding, remediation: remediation(finding, components, ways) };
    if (leaves === "protected") return { ...finding, remediation: letGoFirst(departure) };
    return {
      ...finding,
      message: `${message}; ${departure.file} says so of ${departure.name}: ${departure.reason}`,
      accepted: true,
    };
  });
}

interface Named {
  readonly type: string;
  readonly name: string;
}

/** The resource and the components that it is in. */
function withAncestors(urn: string, log: OperationLog): readonly Named[] {
  const found: Named[] = [];
  for (let next: string | undefined = urn; next !== undefined; next = log.rows.get(next)?.parent) {
    found.push({ type: urnType(next), name: urnName(next) });
  }
  return found;
}

function remediation(finding: GuardFinding, components: readonly Named[], ways: Departures["ways"]): string {
  const way = components.map(({ type }) => ways[type]).find((sentence) => sentence !== undefined);
  if (way === undefined) return finding.remediation;
  // An override does not lift a protection.
  return finding.leaves === "protected" ? `${way}.` : `${way}. ${finding.remediation}`;
}

/** Nobody deployed it while it was kept, and the engine deletes nothing that its state protects. */
function letGoFirst({ name, file }: Departure): string {
  return `It is still protected, because ${name} was not deployed while it was kept. Set its retired.on in ${file} to today, deploy, and let the days pass.`;
}
