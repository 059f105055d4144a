import type { OpType, StepEventMetadata } from "@pulumi/pulumi/automation";
import { isDefaultProvider } from "../../deployment/display/change-counts";
import type { OperationLog, ResourceRow } from "../../deployment/display/operation-log";
import { type OptionChange, optionChanges } from "../../deployment/display/option-changes";
import { rowOperation } from "../../deployment/display/resource-tree";
import type { DriftDifference, DriftKind, PropertyChange } from "./finding";
import { changesFound, changesWanted, isSecretChange } from "./property-changes";

/** Where the clouds differ from the state, from the events of a refresh's preview. */
export function cloudDifferences(refresh: OperationLog): readonly DriftDifference[] {
  return ownRows(refresh).flatMap((row) => {
    const gone = row.steps.get("delete");
    if (gone !== undefined) return [difference("deleted", row, gone, [])];
    const update = row.steps.get("update");
    if (update === undefined) return [];
    const properties = changesFound(update);
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
export function programDifferences(preview: OperationLog): readonly DriftDifference[] {
  return ownRows(preview).flatMap((row) => {
    const operation = rowOperation(row);
    const step = row.steps.get(operation);
    if (step === undefined) return [];
    const options = optionChanges(step).map(optionProperty);
    const kind = programKinds[operation] ?? (options.length > 0 ? "outdated" : undefined);
    if (kind === undefined) return [];
    return [difference(kind, row, step, kind === "outdated" ? [...options, ...changesWanted(step)] : [])];
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
