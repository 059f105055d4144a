import { isJsonObject, type JsonObject, type JsonValue } from "../../lib/json-value";
import { isDefaultProvider } from "../engine/plan/urn";
import { firstDifference } from "./normalise";

/** Whether a run's summary counts what its events tell: each logical step that did not fail, without default providers. */
export function countProblems(events: readonly JsonObject[]): string[] {
  const summary = events.map(({ summaryEvent }) => summaryEvent).find(isJsonObject);
  if (summary === undefined) return [];
  const difference = firstDifference(countsOf(events), sorted(summary.resourceChanges));
  return difference === undefined ? [] : [`the summary against the events: ${difference}`];
}

function countsOf(events: readonly JsonObject[]): JsonObject {
  const counts = new Map<string, number>();
  const add = (op: JsonValue | undefined, by: number) => {
    if (typeof op === "string") counts.set(op, (counts.get(op) ?? 0) + by);
  };
  const refreshed = new Set<JsonValue | undefined>();
  for (const event of events) {
    const begun = metadataOf(event.resourcePreEvent);
    const failed = metadataOf(event.resOpFailedEvent);
    const ended = metadataOf(event.resOutputsEvent);
    if (begun?.op === "refresh") refreshed.add(begun.urn);
    else if (begun?.logical === true && begun.op !== "read") add(begun.op, 1);
    if (failed?.logical === true && failed.op !== "read") add(failed.op, -1);
    if (ended !== undefined && refreshed.has(ended.urn)) add(ended.op, 1);
    if (isRefusedDeletion(event, events)) add("delete", -1);
  }
  return Object.fromEntries(
    [...counts].filter(([, count]) => count > 0).sort(([left], [right]) => (left < right ? -1 : 1)),
  );
}

/** In a preview, a deletion that protection refuses is told by a diagnostic only. */
function isRefusedDeletion({ diagnosticEvent }: JsonObject, events: readonly JsonObject[]): boolean {
  if (!isJsonObject(diagnosticEvent) || diagnosticEvent.severity !== "error") return false;
  const { urn, message } = diagnosticEvent;
  if (typeof message !== "string" || !message.startsWith("Preview failed: ")) return false;
  return events.some(({ resourcePreEvent }) => {
    const begun = metadataOf(resourcePreEvent);
    return begun?.urn === urn && begun?.op === "delete";
  });
}

/** The metadata of a step that is counted at all. */
function metadataOf(event: JsonValue | undefined): JsonObject | undefined {
  if (!isJsonObject(event) || !isJsonObject(event.metadata)) return undefined;
  const { urn } = event.metadata;
  return typeof urn === "string" && !isDefaultProvider(urn) ? event.metadata : undefined;
}

function sorted(counts: JsonValue | undefined): JsonObject {
  if (!isJsonObject(counts)) return {};
  return Object.fromEntries(Object.entries(counts).sort(([left], [right]) => (left < right ? -1 : 1)));
}
