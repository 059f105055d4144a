import { type PlanningContext, requiredOperations } from "../planning-context";
import type { ResourceState } from "../resource-state";
import { newStep, ProtectedDeletion, type ResourceStep, type StepOperation } from "../step";
import { isProviderType, type Urn } from "../urn";
import { identityOf, orUnknown } from "./change-steps";

/** Why something is deleted. */
export type DeletionKind =
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
