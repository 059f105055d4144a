import {
  isPropertyArray,
  isPropertyMap,
  type PropertyValue,
  Secret,
  Unknown,
} from "../../../deployment/values/property-value";
import type { EventStream } from "../events/event-stream";
import type { CheckFailure } from "../provider";
import type { ResourceState } from "./resource-state";
import { type Urn, urnName } from "./urn";

/** Stops the deployment after its reason was already reported as a diagnostic. */
export class Bail extends Error {
  constructor(readonly reason: "resource" | "policy") {
    super("the deployment was stopped");
    this.name = "Bail";
  }
}

/** Stops the deployment with a message about one resource. */
export class PlanError extends Error {
  constructor(
    message: string,
    readonly urn: Urn = "",
  ) {
    super(message);
    this.name = "PlanError";
  }
}

/** The gRPC status that the SDK takes as "the engine is gone": it stops quietly instead of reporting an error. */
const unavailable = 14;

/** What registrations get once the deployment has been stopped. */
export class MonitorShutDown extends Error {
  readonly code = unavailable;
  readonly details = "the resource monitor has shut down";
  constructor() {
    super("the resource monitor has shut down");
    this.name = "MonitorShutDown";
  }
}

export function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}

/** Tells what a provider found wrong with a resource's inputs; true when there was something. */
export function reportCheckFailures(
  events: EventStream,
  state: ResourceState,
  failures: readonly CheckFailure[],
): boolean {
  const subject = `${state.type} resource '${urnName(state.urn)}'`;
  if (failures.length > 0) events.secrets.note(state.inputs);
  for (const { property, reason } of failures) {
    const message =
      property === ""
        ? `${subject} has a problem: ${reason}`
        : `${subject}: property ${property} value {${formatValue(state.inputs[property])}} has a problem: ${reason}`;
    events.diagnostic("error", message, state.urn);
  }
  return failures.length > 0;
}

function formatValue(value: PropertyValue | undefined): string {
  if (value === undefined || value === null) return "<nil>";
  if (value instanceof Secret) return "[secret]";
  if (value instanceof Unknown) return "output<string>";
  if (isPropertyArray(value)) return `[${value.map(formatValue).join(" ")}]`;
  if (isPropertyMap(value)) {
    const entries = Object.entries(value).map(([key, part]) => `${key}:{${formatValue(part)}}`);
    return `map[${entries.join(" ")}]`;
  }
  return typeof value === "object" ? value.constructor.name.toLowerCase() : String(value);
}
