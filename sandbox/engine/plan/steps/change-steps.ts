import type { PropertyMap } from "../../../../deployment/values/property-value";
import { messageOf } from "../engine-errors";
import { type PlanningContext, requiredOperations } from "../planning-context";
import type { ResourceState } from "../resource-state";
import {
  type DetailedDiff,
  newStep,
  ProtectedDeletion,
  type ResourceStep,
  StepFailure,
  type StepOperation,
} from "../step";
import { isProviderType, type Urn, urnName } from "../urn";

/** Why a change is made, as a diff told it. */
export interface ChangeReason {
  readonly keys: readonly string[];
  readonly diffs: readonly string[];
  readonly detailedDiff: DetailedDiff | undefined;
}

export const noReason: ChangeReason = { keys: [], diffs: [], detailedDiff: undefined };

export function identityOf(state: ResourceState): { urn: string; type: string; name: string } {
  return { urn: state.urn, type: state.type, name: urnName(state.urn) };
}

/** Nothing to change; what the program says beside the properties (protection, parent, dependencies) is taken over. */
export function sameStep(
  context: PlanningContext,
  old: ResourceState,
  next: ResourceState,
  complete = () => {},
): ResourceStep {
  return newStep({
    operation: "same",
    urn: next.urn,
    type: next.type,
    provider: next.provider,
    logical: true,
    old,
    next,
    complete,
    apply: async () => {
      next.id = old.id;
      next.outputs = old.outputs;
      // The old inputs: a provider that calls a change no change keeps being configured as it was.
      if (isProviderType(next.type)) await context.providers.same({ ...next, inputs: old.inputs });
    },
  });
}

/** A resource that `--target` leaves out and that does not exist yet: answered, but neither made nor recorded. */
export function skippedCreateStep(next: ResourceState, complete: () => void): ResourceStep {
  const { urn, type, provider } = next;
  const shared = { urn, type, provider, logical: true, old: { ...next }, next, complete, skippedCreate: true };
  return newStep({ ...shared, operation: "same", apply: async () => {} });
}

export function createStep(context: PlanningContext, next: ResourceState, complete: () => void): ResourceStep {
  const { urn, type, provider } = next;
  const apply = () => create(context, next);
  return newStep({ operation: "create", urn, type, provider, logical: true, next, complete, apply });
}

/** Makes the successor; with `pendingDelete` the old one stays until everything that uses it has moved. */
export function createReplacementStep(
  context: PlanningContext,
  old: ResourceState,
  next: ResourceState,
  reason: ChangeReason,
  pendingDelete: boolean,
  complete: () => void,
): ResourceStep {
  const { urn, type, provider } = next;
  return newStep({
    operation: "create-replacement",
    urn,
    type,
    provider,
    logical: false,
    old,
    next,
    ...reason,
    complete,
    apply: async () => {
      await create(context, next);
      if (pendingDelete) old.delete = true;
    },
  });
}

/** Stands for a replacement as a whole. */
export function replaceStep(old: ResourceState, next: ResourceState, reason: ChangeReason): ResourceStep {
  const { urn, type, provider } = next;
  return newStep({
    operation: "replace",
    urn,
    type,
    provider,
    logical: true,
    old,
    next,
    ...reason,
    apply: async () => {},
  });
}

export function updateStep(
  context: PlanningContext,
  old: ResourceState,
  next: ResourceState,
  reason: ChangeReason,
  complete: () => void,
): ResourceStep {
  const { urn, type, provider } = next;
  const apply = () => update(context, old, next);
  return newStep({ operation: "update", urn, type, provider, logical: true, old, next, ...reason, complete, apply });
}

async function create(context: PlanningContext, next: ResourceState): Promise<void> {
  if (next.custom) {
    const operations = await requiredOperations(context, next);
    const { create: timeout } = next.customTimeouts;
    const request = { ...identityOf(next), inputs: next.inputs, preview: context.dryRun, timeout };
    const { id, outputs } = await operations.create(request);
    if (!context.dryRun && id === "") throw new StepFailure("provider did not return an ID from Create", 0);
    next.id = id;
    next.outputs = outputs;
  }
  next.created = new Date().toISOString();
  next.modified = next.created;
}

async function update(context: PlanningContext, old: ResourceState, next: ResourceState): Promise<void> {
  next.id = old.id;
  next.created = old.created;
  next.modified = old.modified;
  if (!next.custom) return;
  const operations = await requiredOperations(context, next);
  next.outputs = await orUnknown(() =>
    operations.update({
      ...identityOf(next),
      id: old.id,
      inputs: next.inputs,
      oldInputs: old.inputs,
      oldOutputs: old.outputs,
      ignoreChanges: next.ignoreChanges,
      preview: context.dryRun,
      timeout: next.customTimeouts.update,
    }),
  );
  next.modified = new Date().toISOString();
}

/** After a failed change of something that exists, nobody knows what it is like. */
async function orUnknown<T extends PropertyMap | undefined>(change: () => Promise<T>): Promise<T> {
  try {
    return await change();
  } catch (error) {
    if (error instanceof StepFailure) throw error;
    throw new StepFailure(messageOf(error), 2, error);
  }
}

/** Why something is deleted. */
type DeletionKind =
  | "removed"
  /** Its replacement exists and everything has moved to it. */
  | "replaced"
  /** To make room for its replacement. */
  | "making-room";

/** Deletes a resource; what was only read is forgotten instead. */
export function deleteStep(
  context: PlanningContext,
  old: ResourceState,
  kind: DeletionKind,
  isCondemned: (urn: Urn) => boolean,
): ResourceStep {
  const { urn, type, provider } = old;
  return newStep({
    operation: deletionOperation(old, kind),
    urn,
    type,
    provider,
    logical: kind === "removed",
    old,
    apply: async () => {
      if (kind === "removed" && old.protect && !context.unprotected.has(urn)) throw new ProtectedDeletion(urn);
      if (!context.dryRun && isDeletedByUs(old, isCondemned)) await deleteObject(context, old);
      // Only now: had the call failed, the deletion would have to be tried again.
      if (kind === "making-room") old.pendingReplacement = true;
    },
  });
}

/** Forgets what was deleted for a replacement that is not wanted any more. */
export function removePendingReplaceStep(old: ResourceState): ResourceStep {
  const { urn, type, provider } = old;
  const apply = async () => {};
  return newStep({ operation: "remove-pending-replace", urn, type, provider, logical: false, old, apply });
}

function deletionOperation(old: ResourceState, kind: DeletionKind): StepOperation {
  if (old.external) return kind === "removed" ? "discard" : "discard-replaced";
  return kind === "removed" ? "delete" : "delete-replaced";
}

function isDeletedByUs(old: ResourceState, isCondemned: (urn: Urn) => boolean): boolean {
  if (old.external || old.retainOnDelete || !old.custom) return false;
  return old.deletedWith === "" || !isCondemned(old.deletedWith);
}

async function deleteObject(context: PlanningContext, old: ResourceState): Promise<void> {
  const operations = isProviderType(old.type)
    ? await requiredOperations(context, old)
    : await context.providers.ensure(old.provider);
  const { id, inputs, outputs, customTimeouts } = old;
  await orUnknown(async () => {
    await operations.delete({ ...identityOf(old), id, inputs, outputs, timeout: customTimeouts.delete });
    return undefined;
  });
}
