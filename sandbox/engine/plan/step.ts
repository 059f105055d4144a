import type { PropertyDiff } from "../provider";
import type { ResourceState } from "./resource-state";
import type { Urn } from "./urn";

/** What is done to one resource, by the names that events and summaries use. */
export type StepOperation =
  | "same"
  | "create"
  | "update"
  | "delete"
  | "replace"
  | "create-replacement"
  | "delete-replaced"
  | "read"
  | "read-replacement"
  | "refresh"
  | "discard"
  | "discard-replaced"
  | "remove-pending-replace"
  | "import"
  | "import-replacement";

export type DetailedDiff = Readonly<Record<string, PropertyDiff>>;

/** One planned change, ready to be applied. */
export interface ResourceStep {
  readonly operation: StepOperation;
  readonly urn: Urn;
  readonly type: string;
  readonly provider: string;
  /** Whether it stands for the whole change in counts; the parts of a replacement do not. */
  readonly logical: boolean;
  /** Before. An import learns it while it is applied. */
  old: ResourceState | undefined;
  /** After; undefined for deletions, and for a refresh that finds the object gone. */
  next: ResourceState | undefined;
  /** Properties that force the replacement. */
  readonly keys: readonly string[];
  diffs: readonly string[];
  detailedDiff: DetailedDiff | undefined;
  /** A resource that `--target` leaves uncreated. */
  readonly skippedCreate: boolean;
  /** Does it. Throws a {@link StepFailure} or any error of the provider. */
  readonly apply: () => Promise<void>;
  /** Answers the registration that asked for it, once its outcome is recorded. */
  readonly complete: () => void;
}

/** Why a step failed, and what is known of the object: 0 nothing happened, 2 unknown. */
export class StepFailure extends Error {
  constructor(
    message: string,
    readonly status: 0 | 2,
    override readonly cause?: unknown,
  ) {
    super(message);
    this.name = "StepFailure";
  }
}

/** A protected resource was to be deleted. The rest of the plan goes on. */
export class ProtectedDeletion extends StepFailure {
  constructor(urn: Urn) {
    super(
      `resource "${urn}" cannot be deleted\n` +
        "because it is protected. To unprotect the resource, either remove the `protect` flag from the resource in your " +
        `Pulumi program and run \`pulumi up\`, or use the command:\n\`pulumi state unprotect '${urn}'\``,
      0,
    );
  }
}

type StepFields = Pick<ResourceStep, "operation" | "urn" | "type" | "provider" | "logical" | "apply"> &
  Partial<ResourceStep>;

export function newStep(fields: StepFields): ResourceStep {
  return {
    old: undefined,
    next: undefined,
    keys: [],
    diffs: [],
    detailedDiff: undefined,
    skippedCreate: false,
    complete: () => {},
    ...fields,
  };
}

/** The latest that is known of the resource. */
export function stepResource(step: ResourceStep): ResourceState {
  const state = step.operation === "refresh" ? step.old : (step.next ?? step.old);
  if (state === undefined) throw new Error(`step ${step.operation} of ${step.urn} has neither an old nor a new state`);
  return state;
}
