import { equalProperties, withoutUnknown } from "../../../../deployment/values/property-value";
import { unknownMarker } from "../../../../deployment/values/signatures";
import { operationsFor, type PlanningContext, requiredOperations } from "../planning-context";
import { resourceDiff } from "../resource-diff";
import { newResourceState, type ResourceState } from "../resource-state";
import { newStep, type ResourceStep, StepFailure } from "../step";
import { isProviderType } from "../urn";
import { identityOf } from "./change-steps";

/** Reads an object that this stack does not own. Also in previews, unless its id is unknown. */
export function readStep(
  context: PlanningContext,
  old: ResourceState | undefined,
  next: ResourceState,
  replacing: boolean,
  complete: () => void,
): ResourceStep {
  const { urn, type, provider } = next;
  return newStep({
    operation: replacing ? "read-replacement" : "read",
    urn,
    type,
    provider,
    logical: !replacing,
    old,
    next,
    complete,
    apply: async () => {
      await readInto(context, next);
      if (replacing && old !== undefined) old.delete = true;
      if (old === undefined) return;
      const changed = !equalProperties(old.inputs, next.inputs) || !equalProperties(old.outputs, next.outputs);
      next.created = old.created;
      next.modified = changed ? new Date().toISOString() : old.modified;
    },
  });
}

async function readInto(context: PlanningContext, next: ResourceState): Promise<void> {
  if (next.id === unknownMarker) {
    next.outputs = {};
    return;
  }
  const operations = await requiredOperations(context, next);
  const { id } = next;
  // As in every read: a provider is told nothing that is unknown.
  const inputs = withoutUnknown(next.inputs);
  const found = await operations.read({ ...identityOf(next), id, inputs, outputs: inputs });
  if (found === undefined) throw new StepFailure(`resource '${id}' does not exist`, 0);
  next.outputs = found.outputs;
  if (found.id !== "") next.id = found.id;
}

/** Compares a resource with what really exists, and takes that over. */
export function refreshStep(context: PlanningContext, old: ResourceState): ResourceStep {
  const { urn, type, provider } = old;
  const step = newStep({
    operation: "refresh",
    urn,
    type,
    provider,
    logical: false,
    old,
    next: old,
    apply: async () => {
      if (!old.custom || isProviderType(old.type) || old.pendingReplacement) return;
      const client = await context.providers.ensure(old.provider);
      const { id, inputs, outputs } = old;
      const found = await client.read({ ...identityOf(old), id, inputs, outputs });
      if (found === undefined) {
        step.next = undefined;
        return;
      }
      const next = newResourceState({ ...old, id: found.id || id, inputs: found.inputs, outputs: found.outputs });
      step.next = next;
      const changed = !equalProperties(inputs, next.inputs) || !equalProperties(outputs, next.outputs);
      if (changed) next.modified = new Date().toISOString();
      if (!old.external) await noteDrift(context, step, old, next);
    },
  });
  return step;
}

/** What an `up` would put right, seen from the other side: additions are the world's, not the program's. */
async function noteDrift(
  context: PlanningContext,
  step: ResourceStep,
  old: ResourceState,
  next: ResourceState,
): Promise<void> {
  const client = await context.providers.ensure(old.provider);
  const diff = await resourceDiff(context, client, next, old.inputs, old.ignoreChanges);
  step.diffs = diff.changes === "some" ? diff.diffs : [];
  step.detailedDiff = diff.detailedDiff === undefined ? undefined : invert(diff.detailedDiff);
}

const inverseKind = {
  add: "delete",
  "add-replace": "delete-replace",
  delete: "add",
  "delete-replace": "add-replace",
  update: "update",
  "update-replace": "update-replace",
} as const;

function invert(diff: NonNullable<ResourceStep["detailedDiff"]>): NonNullable<ResourceStep["detailedDiff"]> {
  return Object.fromEntries(
    Object.entries(diff).map(([path, { kind, inputDiff }]) => [path, { kind: inverseKind[kind], inputDiff }]),
  );
}

/** Takes over an object that exists: its inputs and outputs become the resource's. */
export function importStep(
  context: PlanningContext,
  original: ResourceState | undefined,
  next: ResourceState,
  complete: () => void,
): ResourceStep {
  const { urn, type, provider } = next;
  const step = newStep({
    operation: original === undefined ? "import" : "import-replacement",
    urn,
    type,
    provider,
    logical: original === undefined,
    next,
    complete,
    apply: async () => {
      const operations = await operationsFor(context, next);
      const id = next.importId;
      const found = await operations?.read({ ...identityOf(next), id, inputs: {}, outputs: {} });
      if (found === undefined) throw new StepFailure(`resource '${id}' does not exist`, 0);
      next.id = found.id || id;
      next.inputs = found.inputs;
      next.outputs = found.outputs;
      next.created = new Date().toISOString();
      next.modified = next.created;
      step.old = { ...next };
      if (original !== undefined) original.delete = true;
    },
  });
  return step;
}
