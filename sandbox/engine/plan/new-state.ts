import type { Goal, ReadGoal } from "./goal";
import { newResourceState, type ResourceState } from "./resource-state";
import type { Urn } from "./urn";

/** The state that a registration asks for, before any provider has seen it. */
export function stateFromGoal(goal: Goal, urn: Urn, old: ResourceState | undefined): ResourceState {
  return newResourceState({
    type: goal.type,
    urn,
    custom: goal.custom,
    inputs: goal.properties,
    parent: goal.parent,
    protect: goal.protect ?? false,
    dependencies: goal.dependencies,
    provider: goal.provider,
    propertyDependencies: goal.propertyDependencies,
    additionalSecretOutputs: goal.additionalSecretOutputs,
    customTimeouts: goal.customTimeouts,
    // Kept as long as the program says it: an id of another form than the import's is not imported again.
    importId: goal.importId,
    retainOnDelete: goal.retainOnDelete ?? false,
    deletedWith: goal.deletedWith,
    replaceWith: goal.replaceWith,
    created: old?.created,
    modified: old?.modified,
    ignoreChanges: goal.ignoreChanges,
    replaceOnChanges: goal.replaceOnChanges,
    aliasedFrom: old === undefined || old.urn === urn ? undefined : old.urn,
  });
}

export function stateFromRead(goal: ReadGoal, urn: Urn): ResourceState {
  return newResourceState({
    type: goal.type,
    urn,
    custom: true,
    id: goal.id,
    inputs: goal.properties,
    parent: goal.parent,
    external: true,
    dependencies: goal.dependencies,
    provider: goal.provider,
    additionalSecretOutputs: goal.additionalSecretOutputs,
  });
}
