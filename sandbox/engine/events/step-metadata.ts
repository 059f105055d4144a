import { encodeProperties, type SecretEncoder } from "../../../deployment/values/state-value";
import type { ResourceState } from "../plan/resource-state";
import type { Step, StepOperation } from "../plan/step";
import { type StateMetadata, type StepMetadata, writtenDiff } from "./written-event";

/** A step as events show it, at this moment: later changes to its states do not show. */
export function stepMetadata(
  step: Step,
  encodeSecret: SecretEncoder,
  operation: StepOperation = step.operation,
): StepMetadata {
  return {
    op: operation,
    urn: step.urn,
    type: step.type,
    old: stateMetadata(step.old, encodeSecret),
    new: stateMetadata(step.next, encodeSecret),
    ...(step.keys.length > 0 ? { keys: step.keys } : {}),
    ...(step.diffs.length > 0 ? { diffs: step.diffs } : {}),
    detailedDiff: writtenDiff(step.detailedDiff),
    ...(step.logical ? { logical: true as const } : {}),
    provider: step.provider,
  };
}

function stateMetadata(state: ResourceState | undefined, encodeSecret: SecretEncoder): StateMetadata | null {
  if (state === undefined) return null;
  return {
    type: state.type,
    urn: state.urn,
    ...(state.custom ? { custom: true as const } : {}),
    ...(state.delete ? { delete: true as const } : {}),
    id: state.id,
    parent: state.parent,
    ...(state.protect ? { protect: true as const } : {}),
    ...(state.external ? { external: true as const } : {}),
    ...(state.retainOnDelete ? { retainOnDelete: true as const } : {}),
    inputs: encodeProperties(state.inputs, encodeSecret),
    outputs: encodeProperties(state.outputs, encodeSecret),
    provider: state.provider,
    ...(state.initErrors.length > 0 ? { initErrors: state.initErrors } : {}),
  };
}
