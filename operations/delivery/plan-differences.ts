import { type PlannedChange, violationText } from "./planned-changes";
import type { SavedPlan } from "./saved-plan";

/** How many changed resources are named; the first ones say where to look. */
const namedChanges = 10;

/**
 * Why a plan made now is not the one that was approved, a line for each reason; empty when it is the same. An apply with a single
 * reason is refused: what was approved is then not what would happen.
 */
export function planDifferences(approved: SavedPlan, now: SavedPlan): string[] {
  return [
    ...differing("stack", approved.stack, now.stack),
    ...differing("engine", approved.engine, now.engine),
    ...differing("commit", approved.commit, now.commit),
    ...movedState(approved, now),
    ...changedSteps(approved.changes, now.changes),
    ...newViolations(approved, now),
  ];
}

function differing(what: string, approved: string, now: string): string[] {
  return approved === now ? [] : [`${what}: approved for ${approved}, now ${now}`];
}

function movedState({ state: before }: SavedPlan, { state: after }: SavedPlan): string[] {
  if (before.hash === after.hash) return [];
  return [`state: it was moved since, from ${stateText(before)} to ${stateText(after)}`];
}

function stateText({ serial, hash }: SavedPlan["state"]): string {
  return `${serial === "" ? "an empty one" : serial} (${hash.slice(0, 12)})`;
}

function changedSteps(approved: readonly PlannedChange[], now: readonly PlannedChange[]): string[] {
  const before = new Map(approved.map((change) => [keyOf(change), change]));
  const after = new Map(now.map((change) => [keyOf(change), change]));
  const lines = [
    ...now.filter((change) => !before.has(keyOf(change))).map((change) => `plan: not approved: ${keyOf(change)}`),
    ...approved.filter((change) => !after.has(keyOf(change))).map((change) => `plan: no longer: ${keyOf(change)}`),
    ...now
      .filter((change) => before.has(keyOf(change)) && before.get(keyOf(change))?.digest !== change.digest)
      .map((change) => `plan: other values: ${keyOf(change)}`),
  ];
  if (lines.length <= namedChanges) return lines;
  return [...lines.slice(0, namedChanges), `plan: and ${lines.length - namedChanges} more`];
}

function keyOf({ operation, urn }: PlannedChange): string {
  return `${operation} ${urn}`;
}

function newViolations(approved: SavedPlan, now: SavedPlan): string[] {
  const known = new Set(approved.violations.map(violationText));
  return now.violations
    .map(violationText)
    .filter((violation) => !known.has(violation))
    .map((violation) => `policies: new violation: ${violation}`);
}
