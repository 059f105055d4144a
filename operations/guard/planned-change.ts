import type { OpType, StepEventMetadata } from "@pulumi/pulumi/automation";
import { isDefaultProvider } from "../../deployment/display/change-counts";
import type { OperationLog, ResourceRow } from "../../deployment/display/operation-log";
import { rowOperation } from "../../deployment/display/resource-tree";
import { topLevelProperty } from "../../lib/property-path";
import { isStateful } from "../../lib/resource-types";

/** What a plan does to one resource that is real, that is: no component without data, no provider, not the stack. */
export interface PlannedChange {
  readonly urn: string;
  readonly type: string;
  readonly name: string;
  readonly what: "same" | "create" | "import" | "update" | "replace" | "delete" | "read" | "forget";
  /** The state before; absent when the resource is new. */
  readonly old: StepEventMetadata["old"];
  /** The state after; absent when the resource goes. */
  readonly new: StepEventMetadata["new"];
  /** Leaves the state and stays in the cloud: `retainOnDelete`. */
  readonly retained: boolean;
  readonly protected: boolean;
  /** Top-level properties that force a replacement, as the provider names them. */
  readonly forcedBy: readonly string[];
}

/** By name: in which order an engine comes to resources that do not need one another is chance. */
export function plannedChanges(log: OperationLog): readonly PlannedChange[] {
  const rows = [...log.rows.values()].filter(isReal);
  return rows.sort(({ urn: left }, { urn: right }) => (left < right ? -1 : 1)).map(plannedChange);
}

function isReal(row: ResourceRow): boolean {
  if (isDefaultProvider(row.urn) || row.type.startsWith("pulumi:providers:")) return false;
  return isStateful(row.type) || [...row.steps.values()].some((step) => (step.new ?? step.old)?.custom === true);
}

function plannedChange(row: ResourceRow): PlannedChange {
  const steps = [...row.steps.values()];
  const operation = rowOperation(row);
  return {
    urn: row.urn,
    type: row.type,
    name: row.name,
    what: operationKind(operation, row),
    old: steps.map((step) => step.old).find((state) => state !== undefined && state !== null),
    new: steps.map((step) => step.new).find((state) => state !== undefined && state !== null),
    retained: steps.some((step) => step.old?.retainOnDelete === true),
    protected: steps.some((step) => step.old?.protect === true),
    forcedBy: [...new Set(steps.flatMap(forcingProperties))],
  };
}

function operationKind(operation: OpType, row: ResourceRow): PlannedChange["what"] {
  switch (operation) {
    case "replace":
    case "create-replacement":
    case "delete-replaced":
    case "import-replacement":
      return "replace";
    case "import":
      // What is imported and then differs is brought in line: that changes something that was there.
      return row.steps.has("update") ? "update" : "import";
    case "create":
    case "update":
    case "delete":
      return operation;
    case "read":
    case "read-replacement":
      return "read";
    case "discard":
    case "discard-replaced":
    case "remove-pending-replace":
      return "forget";
    default:
      return "same";
  }
}

function forcingProperties(step: StepEventMetadata): string[] {
  const detailed = Object.entries(step.detailedDiff ?? {})
    .filter(([, difference]) => difference.diffKind.endsWith("-replace"))
    .map(([path]) => topLevelProperty(path));
  return [...(step.keys ?? []), ...detailed];
}
