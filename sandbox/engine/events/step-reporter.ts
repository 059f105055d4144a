import { equalProperties } from "../../../deployment/values/property-value";
import { messageOf } from "../plan/engine-errors";
import type { ResourceState } from "../plan/resource-state";
import { type ResourceStep, StepFailure, type StepOperation, stepResource } from "../plan/step";
import { isDefaultProvider } from "../plan/urn";
import { type EventStream, type StateMetadata, type StepMetadata, writtenDiff } from "./event-stream";

/** Tells of steps as they begin and end, and counts them. */
export class StepReporter {
  readonly changes = new Map<StepOperation, number>();
  maybeCorrupt = false;
  private steps = 0;

  constructor(
    private readonly events: EventStream,
    private readonly dryRun: boolean,
  ) {}

  begun(step: ResourceStep): void {
    this.events.emit({
      resourcePreEvent: { metadata: stepMetadata(step, this.events), ...this.planning() },
    });
  }

  succeeded(step: ResourceStep): void {
    const operation = resultOperation(step);
    this.count(step, operation);
    // Outputs of components are told when the program registers them.
    const told =
      this.dryRun || stepResource(step).custom || step.operation === "refresh" || step.operation === "delete";
    if (told) this.outputs(step, operation);
  }

  /** The final outputs of a component or of the stack. */
  outputs(step: ResourceStep, operation: StepOperation = step.operation): void {
    this.events.emit({
      resOutputsEvent: { metadata: stepMetadata(step, this.events, operation), ...this.planning() },
    });
  }

  failed(step: ResourceStep, error: unknown): void {
    const urn = isDefaultProvider(step.urn) ? "" : step.urn;
    const message = messageOf(error);
    if (this.dryRun) {
      this.events.diagnostic("error", `Preview failed: ${message}`, urn);
      return;
    }
    const status = error instanceof StepFailure ? error.status : 0;
    if (status === 2) this.maybeCorrupt = true;
    this.events.diagnostic("error", message, urn);
    if (urn === "") return;
    this.events.emit({
      resOpFailedEvent: { metadata: stepMetadata(step, this.events), status, steps: this.steps },
    });
  }

  private count(step: ResourceStep, operation: StepOperation): void {
    if (isDefaultProvider(step.urn) || operation === "remove-pending-replace") return;
    if (!step.logical && step.operation !== "refresh") return;
    if (step.operation === "read" && !readChanged(step.old, step.next)) return;
    this.steps += 1;
    this.changes.set(operation, (this.changes.get(operation) ?? 0) + 1);
  }

  private planning(): { planning?: true } {
    return this.dryRun ? { planning: true } : {};
  }
}

/** What a step came to; of a refresh this is only known afterwards. */
function resultOperation(step: ResourceStep): StepOperation {
  if (step.operation !== "refresh") return step.operation;
  if (step.next === undefined) return "delete";
  if (step.next === step.old) return "same";
  if (step.old?.external) return equalProperties(step.old.outputs, step.next.outputs) ? "same" : "update";
  return step.diffs.length > 0 || Object.keys(step.detailedDiff ?? {}).length > 0 ? "update" : "same";
}

function readChanged(old: ResourceState | undefined, next: ResourceState | undefined): boolean {
  return old !== undefined && next !== undefined && !equalProperties(old.outputs, next.outputs);
}

/** A step as events show it, at this moment: later changes to its states do not show. */
function stepMetadata(
  step: ResourceStep,
  events: EventStream,
  operation: StepOperation = step.operation,
): StepMetadata {
  return {
    op: operation,
    urn: step.urn,
    type: step.type,
    old: stateMetadata(step.old, events),
    new: stateMetadata(step.next, events),
    ...(step.keys.length > 0 ? { keys: step.keys } : {}),
    ...(step.diffs.length > 0 ? { diffs: step.diffs } : {}),
    detailedDiff: writtenDiff(step.detailedDiff),
    ...(step.logical ? { logical: true as const } : {}),
    provider: step.provider,
  };
}

function stateMetadata(state: ResourceState | undefined, events: EventStream): StateMetadata | null {
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
    inputs: events.shown(state.inputs),
    outputs: events.shown(state.outputs),
    provider: state.provider,
    ...(state.initErrors.length > 0 ? { initErrors: state.initErrors } : {}),
    ...(state.hideDiffs.length > 0 ? { hideDiffs: state.hideDiffs } : {}),
  };
}
