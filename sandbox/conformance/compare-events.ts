import { isJsonObject, type JsonObject, type JsonValue } from "../../lib/json-value";
import { isDefaultProvider } from "../engine/plan/urn";
import { firstDifference, normaliseObject } from "./compare-state";

/** An event as it is compared: its kind, the resource it is about, and the rest. */
interface ComparedEvent {
  readonly kind: string;
  /** Empty when it is about the run as a whole. */
  readonly urn: string;
  readonly body: JsonObject;
}

/** Which resources need which, by URN, as states and events tell. */
export type Needs = ReadonlyMap<string, ReadonlySet<string>>;

export interface EventComparison {
  readonly recorded: readonly JsonObject[];
  readonly actual: readonly JsonObject[];
  /** A refresh reads resources in any order, also those that need one another. */
  readonly anyOrder: boolean;
  /** Direct needs, for the order of events of resources that need one another. */
  readonly needs: Needs;
  /** Direct needs before the run: what is deleted goes in their order. Default: the same needs. */
  readonly formerNeeds?: Needs;
}

/**
 * Compares what was told: for each resource the same events in the same order, for the run as a whole likewise, and for
 * resources that need one another the same order among them. Only independent resources may come in another order.
 */
export function compareEvents({ recorded, actual, anyOrder, needs, formerNeeds }: EventComparison): string[] {
  const expected = recorded.map(comparedEvent);
  const got = actual.map(comparedEvent);
  const isCutShort = wasCutShort(expected);
  const cut = cutShort(recorded, needs);
  const problems: string[] = [];
  for (const urn of new Set([...expected, ...got].map((event) => event.urn))) {
    const left = toldOf(urn, expected);
    const right = toldOf(urn, got);
    problems.push(...compareSequence(urn, left, right, { isCutShort, isIndependent: cut.has(urn) }));
  }
  problems.push(...countProblems(actual));
  if (problems.length > 0 || anyOrder) return problems;
  if (formerNeeds === undefined) return compareOrder(expected, got, needs, cut);
  const deletions = compareOrder(expected.filter(isDeletion), got.filter(isDeletion), formerNeeds, cut);
  return [...compareOrder(expected, got, needs, cut), ...deletions];
}

/** What a replacement left behind is deleted at the same time as what came after it: which of them is told of first is chance. */
function toldOf(urn: string, events: readonly ComparedEvent[]): ComparedEvent[] {
  const told = events.filter((event) => event.urn === urn);
  const operations = new Set(told.map(operationOf));
  if (!operations.has("delete") || !operations.has("delete-replaced")) return told;
  return told.sort((one, other) => (describe(one) < describe(other) ? -1 : 1));
}

function operationOf({ body: { metadata } }: ComparedEvent): string {
  return isJsonObject(metadata) && typeof metadata.op === "string" ? metadata.op : "";
}

function isDeletion(event: ComparedEvent): boolean {
  return operationOf(event).startsWith("delete");
}

function comparedEvent(event: JsonObject): ComparedEvent {
  const { sequence: _sequence, timestamp: _timestamp, ...rest } = event;
  const [kind = ""] = Object.keys(rest);
  const value = rest[kind];
  const body = isJsonObject(value) ? value : {};
  return { kind, urn: urnOf(body), body: inNoOrder(normaliseObject(body)) };
}

/** Which of several keys that force a replacement is named first is chance. */
function inNoOrder(body: JsonObject): JsonObject {
  const { metadata } = body;
  if (!isJsonObject(metadata) || !Array.isArray(metadata.keys)) return body;
  return { ...body, metadata: { ...metadata, keys: [...metadata.keys].sort() } };
}

function urnOf(body: JsonObject): string {
  const { metadata, urn, resourceUrn } = body;
  const found = isJsonObject(metadata) ? metadata.urn : (urn ?? resourceUrn);
  return typeof found === "string" ? found : "";
}

interface CutShort {
  readonly isCutShort: boolean;
  /** Whether the failure had nothing to do with the resource. */
  readonly isIndependent: boolean;
}

function compareSequence(urn: string, expected: ComparedEvent[], actual: ComparedEvent[], cut: CutShort): string[] {
  const subject = urn === "" ? "the run" : urn;
  const shared = cut.isIndependent
    ? Math.min(expected.length, actual.length)
    : Math.max(expected.length, actual.length);
  const problems: string[] = [];
  for (let index = 0; index < shared; index += 1) {
    const left = expected[index];
    const right = actual[index];
    if (left === undefined) problems.push(`${subject}: an event that was not recorded: ${describe(right)}`);
    else if (right === undefined) problems.push(`${subject}: missing event: ${describe(left)}`);
    else if (left.kind !== right.kind) problems.push(`${subject}: recorded ${describe(left)}, got ${describe(right)}`);
    else {
      const difference = firstDifference(comparable(left, cut.isCutShort), comparable(right, cut.isCutShort));
      if (difference !== undefined) problems.push(`${subject}: ${describe(left)}: ${difference}`);
    }
  }
  return problems;
}

/** In a run that was cut short, counts tell how far independent resources got; {@link countProblems} checks them. */
function comparable({ kind, body }: ComparedEvent, isCutShort: boolean): JsonObject {
  if (!isCutShort) return body;
  const { resourceChanges: _counts, steps: _steps, ...rest } = body;
  return kind === "summaryEvent" || kind === "resOpFailedEvent" ? rest : body;
}

function describe(event: ComparedEvent | undefined): string {
  if (event === undefined) return "nothing";
  return `${event.kind} ${operationOf(event)}`.trimEnd();
}

/** Pairs that need one another directly: their events, merged, come in the recorded order. */
function compareOrder(
  expected: ComparedEvent[],
  actual: ComparedEvent[],
  needs: Needs,
  cut: ReadonlySet<string>,
): string[] {
  const problems: string[] = [];
  for (const [urn, needed] of needs) {
    for (const other of needed) {
      if (cut.has(urn) || cut.has(other)) continue;
      const merged = (events: ComparedEvent[]) =>
        events
          .filter((event) => event.urn === urn || event.urn === other)
          // It stands for the whole of a replacement, and is told beside what comes after its parts.
          .filter((event) => operationOf(event) !== "replace")
          .map((event) => `${event.urn} ${describe(event)}`);
      const difference = firstDifference(merged(expected), merged(actual));
      if (difference !== undefined) problems.push(`order of ${urn} and ${other}: ${difference}`);
    }
  }
  return problems;
}

/** The resources of which chance decides how far they got: the run was cut short by a failure that had nothing to do with them. */
export function cutShort(recorded: readonly JsonObject[], needs: Needs): ReadonlySet<string> {
  const events = recorded.map(comparedEvent);
  return new Set(wasCutShort(events) ? independentOfFailure(events, needs) : []);
}

function wasCutShort(recorded: readonly ComparedEvent[]): boolean {
  const summary = recorded.find(({ kind }) => kind === "summaryEvent")?.body;
  return summary?.result === "failed" && summary.isPreview !== true && recorded.some(isFailure);
}

/** In a run that a failure cut short, how far resources got that have nothing to do with the failed one is chance. */
function independentOfFailure(recorded: readonly ComparedEvent[], needs: Needs): string[] {
  const failures = recorded.filter(isFailure).map(({ urn }) => urn);
  // What cannot be planned stops what else may be about to fail.
  const unplanned = failures.filter(
    (urn) => !recorded.some((one) => one.urn === urn && one.kind === "resOpFailedEvent"),
  );
  const failed = unplanned.length > 0 ? unplanned : failures;
  const related = new Set<string>();
  for (const urn of failed) {
    for (const reached of [...closure(urn, needs), ...closure(urn, inverse(needs))]) related.add(reached);
  }
  const urns = new Set(recorded.map(({ urn }) => urn).filter((urn) => urn !== ""));
  for (const urn of needs.keys()) urns.add(urn);
  return [...urns].filter((urn) => !related.has(urn));
}

function isFailure({ kind, urn, body }: ComparedEvent): boolean {
  if (urn === "") return false;
  if (kind === "resOpFailedEvent") return true;
  return kind === "diagnosticEvent" && body.severity === "error";
}

function closure(from: string, needs: Needs): Set<string> {
  const reached = new Set([from]);
  for (const urn of reached) for (const next of needs.get(urn) ?? []) reached.add(next);
  return reached;
}

function inverse(needs: Needs): Needs {
  const inverted = new Map<string, Set<string>>();
  for (const [urn, needed] of needs) {
    for (const other of needed) {
      const users = inverted.get(other) ?? new Set<string>();
      users.add(urn);
      inverted.set(other, users);
    }
  }
  return inverted;
}

/** Whether a run's summary counts what its events tell: each logical step that did not fail, without default providers. */
export function countProblems(events: readonly JsonObject[]): string[] {
  const summary = events.map(({ summaryEvent }) => summaryEvent).find(isJsonObject);
  if (summary === undefined) return [];
  const difference = firstDifference(countsOf(events), sortCounts(summary.resourceChanges));
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

function sortCounts(counts: JsonValue | undefined): JsonObject {
  if (!isJsonObject(counts)) return {};
  return Object.fromEntries(Object.entries(counts).sort(([left], [right]) => (left < right ? -1 : 1)));
}
