import type { StepEventMetadata } from "@pulumi/pulumi/automation";
import { isJsonObject } from "../../lib/json-value";
import {
  isAtOrBelow,
  type PathStep,
  providerPathSteps,
  topLevelProperty,
  valueAt,
  withValueAt,
} from "../../lib/property-path";
import { type DisplayValue, displayEntries, holdsSecret } from "./display-value";
import { mapDifference, type PropertyDifference } from "./property-diff";
import { differenceLines, propertyLines } from "./property-lines";
import { type Paint, printableJson } from "./terminal";

/** The lines that `--diff` shows under a resource: all inputs of a new one, what differs of a changed one, the id of a deleted one. */
export function resourcePropertyLines(step: StepEventMetadata, refreshed: boolean, paint: Paint): string[] {
  switch (step.op) {
    case "create":
    case "import":
      return propertyLines(displayEntries(step.new?.inputs ?? {}), "whole");
    case "update":
    case "replace":
    case "create-replacement":
      return [
        ...differenceLines(stepDifference(step, refreshed), paint, forcingKeys(step)),
        ...secretChanges(step, paint),
        ...hiddenLines(step, refreshed),
      ];
    case "delete":
    case "delete-replaced":
      return step.old?.id ? [`id: ${printableJson(step.old.id)}`] : [];
    default:
      return [];
  }
}

/** Short form for the tree: `[diff: ~location,+tags]`. */
export function changedKeys(step: StepEventMetadata, refreshed: boolean): string {
  const difference = stepDifference(step, refreshed);
  const entries = difference.kind === "map" ? difference.entries : new Map<string, PropertyDifference>();
  const keys = [...entries].filter(([, entry]) => entry.kind !== "same").map(([key, entry]) => `${mark(entry)}${key}`);
  const untold = (step.diffs ?? []).filter((key) => !visible(entries.get(key)) && !isHidden(step, [key]));
  const all = [...keys, ...untold.map((key) => `~${key}`)];
  return all.length === 0 ? "" : `[diff: ${all.join(",")}]`;
}

function mark(difference: PropertyDifference): string {
  return difference.kind === "add" ? "+" : difference.kind === "delete" ? "-" : "~";
}

function visible(difference: PropertyDifference | undefined): boolean {
  return difference !== undefined && difference.kind !== "same";
}

/** A refresh compares what was known with what was found; everything else compares inputs, and outputs where the provider says so. */
function stepDifference(step: StepEventMetadata, refreshed: boolean): PropertyDifference {
  return withoutHidden(step, wholeDifference(step, refreshed), []);
}

function wholeDifference(step: StepEventMetadata, refreshed: boolean): PropertyDifference {
  if (refreshed) return between(step.old?.outputs, step.new?.outputs);
  return between(oldProperties(step), step.new?.inputs);
}

function between(before: unknown, after: unknown): PropertyDifference {
  return mapDifference(entriesOf(before), entriesOf(after));
}

function entriesOf(value: unknown): ReadonlyMap<string, DisplayValue> {
  return isJsonObject(value) ? displayEntries(value) : new Map();
}

function oldProperties(step: StepEventMetadata): unknown {
  let properties: unknown = step.old?.inputs ?? {};
  for (const [path, difference] of Object.entries(step.detailedDiff ?? {})) {
    if (difference.inputDiff) continue;
    const keys = providerPathSteps(path);
    properties = withValueAt(properties, keys, valueAt(step.old?.outputs, keys));
  }
  return properties;
}

function forcingKeys(step: StepEventMetadata): ReadonlySet<string> {
  const detailed = Object.entries(step.detailedDiff ?? {})
    .filter(([, difference]) => difference.diffKind.endsWith("-replace"))
    .map(([path]) => topLevelProperty(path));
  return new Set([...(step.keys ?? []), ...detailed]);
}

/** Secrets are masked in events, so that one changed can only be told from the engine's list of changed keys. */
function secretChanges(step: StepEventMetadata, paint: Paint): string[] {
  const before = entriesOf(step.old?.inputs);
  const after = entriesOf(step.new?.inputs);
  const difference = mapDifference(before, after);
  return (step.diffs ?? [])
    .filter((key) => difference.kind !== "map" || !visible(difference.entries.get(key)))
    .filter((key) => (holdsSecret(before.get(key)) || holdsSecret(after.get(key))) && !isHidden(step, [key]))
    .map((key) => paint("update", `~ ${key}: a secret in it changes, [secret] => [secret]`));
}

/** What the program hides with `hideDiffs`: that something there differs is said, not what. */
function hiddenPaths(step: StepEventMetadata): readonly string[] {
  const state: unknown = step.new ?? step.old;
  const paths = isJsonObject(state) ? state.hideDiffs : undefined;
  return Array.isArray(paths) ? paths.map(String) : [];
}

function isHidden(step: StepEventMetadata, path: readonly PathStep[]): boolean {
  return hiddenPaths(step).some((hidden) => isAtOrBelow(path, providerPathSteps(hidden)));
}

function withoutHidden(
  step: StepEventMetadata,
  difference: PropertyDifference,
  path: readonly PathStep[],
): PropertyDifference {
  if (isHidden(step, path)) return { kind: "same" };
  if (difference.kind === "map") {
    const shown = [...difference.entries].map(
      ([key, entry]) => [key, withoutHidden(step, entry, [...path, key])] as const,
    );
    return { kind: "map", entries: new Map(shown.filter(([, entry]) => visible(entry))) };
  }
  if (difference.kind !== "list") return difference;
  const items = difference.items.map((item) => ({
    ...item,
    difference: withoutHidden(step, item.difference, [...path, item.index]),
  }));
  return { kind: "list", items: items.filter((item) => visible(item.difference)) };
}

function hiddenLines(step: StepEventMetadata, refreshed: boolean): string[] {
  return hiddenPaths(step)
    .filter((hidden) => differsAt(wholeDifference(step, refreshed), providerPathSteps(hidden)))
    .map((hidden) => `${hidden} (hidden)`);
}

function differsAt(difference: PropertyDifference, path: readonly PathStep[]): boolean {
  const [step, ...rest] = path;
  if (step === undefined || difference.kind === "same") return difference.kind !== "same";
  if (difference.kind === "map") {
    return [...difference.entries].some(([key, entry]) => (step === "*" || step === key) && differsAt(entry, rest));
  }
  if (difference.kind !== "list") return false;
  return difference.items.some((item) => (step === "*" || step === item.index) && differsAt(item.difference, rest));
}
