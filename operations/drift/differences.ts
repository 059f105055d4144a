import type { OpType, StepEventMetadata } from "@pulumi/pulumi/automation";
import { isDefaultProvider } from "../../deployment/display/change-counts";
import { type DisplayValue, displayEntries } from "../../deployment/display/display-value";
import type { OperationLog, ResourceRow } from "../../deployment/display/operation-log";
import { type OptionChange, optionChanges } from "../../deployment/display/option-changes";
import { type PropertyDifference, propertyDifference } from "../../deployment/display/property-diff";
import { differingLines, oneLine } from "../../deployment/display/property-lines";
import { rowOperation } from "../../deployment/display/resource-tree";
import { isJsonObject } from "../../lib/json-value";
import { formatPropertyPath, type PathStep, topLevelProperty } from "../../lib/property-path";
import type { DriftDifference, DriftKind, PropertyChange } from "./drift-finding";

/** Where the clouds differ from the state, from the events of a refresh's preview. */
export function findCloudDifferences(refresh: OperationLog): readonly DriftDifference[] {
  return ownRows(refresh).flatMap((row) => {
    const gone = row.steps.get("delete");
    if (gone !== undefined) return [difference("deleted", row, gone, [])];
    const update = row.steps.get("update");
    if (update === undefined) return [];
    const properties = listFoundChanges(update);
    return properties.length === 0 ? [] : [difference(kindOfChange(properties), row, update, properties)];
  });
}

const programKinds: Readonly<Partial<Record<OpType, DriftKind>>> = {
  create: "undeployed",
  import: "undeployed",
  update: "outdated",
  replace: "outdated",
  "create-replacement": "outdated",
  "delete-replaced": "outdated",
  "import-replacement": "outdated",
  delete: "undeclared",
  discard: "undeclared",
};

/** Where the state differs from the program, from the events of a preview. */
export function findProgramDifferences(preview: OperationLog): readonly DriftDifference[] {
  return ownRows(preview).flatMap((row) => {
    const operation = rowOperation(row);
    const step = row.steps.get(operation);
    if (step === undefined) return [];
    const options = optionChanges(step).map(optionProperty);
    const kind = programKinds[operation] ?? (options.length > 0 ? "outdated" : undefined);
    if (kind === undefined) return [];
    return [difference(kind, row, step, kind === "outdated" ? [...options, ...listWantedChanges(step)] : [])];
  });
}

function optionProperty({ option, before, after }: OptionChange): PropertyChange {
  return { path: option, before: String(before), after: String(after) };
}

/** Resources that the stack owns: no components, no providers, nothing that is only read. */
function ownRows(log: OperationLog): ResourceRow[] {
  return [...log.rows.values()].filter((row) => {
    if (isDefaultProvider(row.urn) || row.type.startsWith("pulumi:")) return false;
    const states = [...row.steps.values()].flatMap((step) => step.new ?? step.old ?? []);
    return states.some((state) => state.custom === true) && !states.some(isExternal);
  });
}

function isExternal(state: NonNullable<StepEventMetadata["old"]>): boolean {
  return "external" in state && state.external === true;
}

function kindOfChange(properties: readonly PropertyChange[]): DriftKind {
  if (properties.every(isSecretChange)) return "secret-changed";
  return properties.every(({ path }) => /^(tags|labels)\b/.test(path)) ? "retagged" : "changed";
}

function difference(
  kind: DriftKind,
  row: ResourceRow,
  step: StepEventMetadata,
  properties: readonly PropertyChange[],
): DriftDifference {
  const id = step.old?.id ?? step.new?.id ?? "";
  return { kind, urn: row.urn, type: row.type, name: row.name, id, properties };
}

const secretText = "[secret]";

/**
 * The properties that a refresh found different. Where the engine names the properties that an `up` would put right, it is those:
 * what else differs (a time of change, a version) follows from them.
 */
function listFoundChanges(step: StepEventMetadata): readonly PropertyChange[] {
  const before = entriesOf(step.old?.outputs);
  const after = entriesOf(step.new?.outputs);
  const named = namedProperties(step);
  const keys = named.length > 0 ? named : [...new Set([...before.keys(), ...after.keys()])].sort();
  const [oldInputs, newInputs] = [entriesOf(step.old?.inputs), entriesOf(step.new?.inputs)];
  return keys.flatMap((key) => {
    const found = changesAt(key, before.get(key), after.get(key));
    if (found.length > 0) return found;
    // Some inputs, such as passwords, are in no output.
    const given = changesAt(key, oldInputs.get(key), newInputs.get(key));
    return given.length > 0 || named.length === 0
      ? given
      : [describeHiddenChange(key, before.get(key) ?? oldInputs.get(key))];
  });
}

/** The properties in which the program differs from the state. */
function listWantedChanges(step: StepEventMetadata): readonly PropertyChange[] {
  const before = entriesOf(step.old?.inputs);
  const after = entriesOf(step.new?.inputs);
  const named = namedProperties(step);
  const keys = named.length > 0 ? named : [...new Set([...before.keys(), ...after.keys()])].sort();
  return keys.flatMap((key) => {
    const found = changesAt(key, before.get(key), after.get(key));
    return found.length > 0 || named.length === 0 ? found : [describeHiddenChange(key, after.get(key))];
  });
}

/** Whether a secret changed: both sides are masked. */
function isSecretChange({ before, after }: PropertyChange): boolean {
  return before === secretText || after === secretText;
}

/** Top-level properties that the engine says differ. */
function namedProperties(step: StepEventMetadata): readonly string[] {
  const paths = [...(step.diffs ?? []), ...Object.keys(step.detailedDiff ?? {})];
  return [...new Set(paths.map((path) => topLevelProperty(path)))].sort();
}

/** The engine says that it differs, and events do not show it: a secret is masked on both sides. */
function describeHiddenChange(key: string, value: DisplayValue | undefined): PropertyChange {
  const path = value === undefined ? undefined : secretPath([key], value);
  return path === undefined
    ? { path: key, before: undefined, after: undefined }
    : { path, before: secretText, after: secretText };
}

function secretPath(path: readonly PathStep[], value: DisplayValue): string | undefined {
  if (value.kind === "leaf") return value.text === secretText ? formatPropertyPath(path) : undefined;
  if (value.kind === "block") return undefined;
  const parts: readonly (readonly [PathStep, DisplayValue])[] =
    value.kind === "list" ? value.items.map((item, index) => [index, item]) : [...value.entries];
  const secrets = parts.flatMap(([step, part]) => secretPath([...path, step], part) ?? []);
  // Events do not say which of several secrets changed.
  return secrets.length > 1 ? formatPropertyPath(path) : secrets[0];
}

function changesAt(key: string, before: DisplayValue | undefined, after: DisplayValue | undefined): PropertyChange[] {
  return flatten([key], propertyDifference(before, after));
}

function flatten(steps: readonly PathStep[], difference: PropertyDifference): PropertyChange[] {
  const path = formatPropertyPath(steps);
  switch (difference.kind) {
    case "same":
      return [];
    case "add":
      return [{ path, before: undefined, after: oneLine(difference.value) }];
    case "delete":
      return [{ path, before: oneLine(difference.value), after: undefined }];
    case "update":
      return differingLines(difference.before, difference.after).map(([before, after]) => ({ path, before, after }));
    case "map":
      return [...difference.entries].flatMap(([key, entry]) => flatten([...steps, key], entry));
    case "list":
      return difference.items.flatMap(({ index, difference: item }) => flatten([...steps, index], item));
  }
}

function entriesOf(value: unknown): ReadonlyMap<string, DisplayValue> {
  return isJsonObject(value) ? displayEntries(value) : new Map();
}
