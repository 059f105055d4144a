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
import { urnName } from "./urn";

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
