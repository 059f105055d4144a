import type { PropertyMap } from "../../../../deployment/values/property-value";
import { messageOf } from "../engine-errors";
import { type PlanningContext, requiredOperations } from "../planning-context";
import type { ResourceState } from "../resource-state";
import { type DetailedDiff, newStep, type ResourceStep, StepFailure } from "../step";
import { isProviderType, urnName } from "../urn";

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
export async function orUnknown<T extends PropertyMap | undefined>(change: () => Promise<T>): Promise<T> {
  try {
    return await change();
  } catch (error) {
    if (error instanceof StepFailure) throw error;
    throw new StepFailure(messageOf(error), 2, error);
  }
}
