import type { ResourceState } from "../plan/resource-state";
import type { ResourceStep } from "../plan/step";
import { isProviderType } from "../plan/urn";
import {
  type DeploymentDocument,
  encodeResource,
  type OperationType,
  type StoredResource,
} from "./deployment-document";
import type { PassphraseCipher } from "./passphrase-cipher";
import { type JournalEntry, type JournalReference, type StateJournal, withRenamedUrns } from "./state-journal";
import {
  encodeState,
  type PendingOperation,
  type PendingStep,
  type StackState,
  type StepOutcome,
  type StepRecorder,
} from "./state-store";

const pendingTypes: Partial<Record<ResourceStep["operation"], OperationType>> = {
  create: "creating",
  "create-replacement": "creating",
  update: "updating",
  delete: "deleting",
  "delete-replaced": "deleting",
  read: "reading",
  "read-replacement": "reading",
  import: "importing",
  "import-replacement": "importing",
};

/** The state as it changes: what the last deployment left, and what this one has done to it. */
export class Snapshot implements StepRecorder {
  private readonly references = new Map<ResourceState, JournalReference>();
  private readonly gone = new Set<ResourceState>();
  private readonly added: ResourceState[] = [];
  private readonly begun = new Map<number, PendingOperation>();
  private readonly renamed = new Map<string, string>();
  /** What is noted at once when a step has ended. */
  private notes: JournalEntry[] = [];
  private operations = 0;
  private additions = 0;

  constructor(
    private base: readonly ResourceState[],
    private inherited: readonly PendingOperation[],
    private readonly cipher: PassphraseCipher,
    private readonly journal: StateJournal,
  ) {
    base.forEach((state, index) => {
      this.references.set(state, `base:${index}`);
    });
  }

  async begin(step: ResourceStep): Promise<PendingStep> {
    const type = pendingTypes[step.operation];
    const resource = step.next ?? step.old;
    if (type === undefined || resource === undefined || !callsCloud(resource)) return undefined;
    this.operations += 1;
    const operation = this.operations;
    // A copy: what is pending is what was asked for, whatever becomes of it.
    this.begun.set(operation, { resource: { ...resource }, type });
    this.journal.note({ note: "begin", operation, type, resource: this.encode(resource) });
    await this.journal.flush();
    return operation;
  }

  end(step: ResourceStep, pending: PendingStep, outcome: StepOutcome): void {
    if (outcome === "done") this.record(step);
    if (pending !== undefined && outcome !== "unknown") {
      this.begun.delete(pending);
      this.notes.push({ note: "end", operation: pending });
    }
    this.noteAll();
  }

  /** What a refresh made of the resources, in their old order. */
  replaceBase(states: readonly ResourceState[]): void {
    this.base = states;
  }

  /** The operations that an earlier run left open are settled now. */
  settleInherited(left: readonly PendingOperation[]): void {
    this.inherited = left;
    this.journal.note({ note: "settle" });
  }

  /** Takes a resource over that an interrupted create had made. */
  adopt(state: ResourceState): void {
    this.add(state);
    this.noteAll();
  }

  state(): StackState {
    const kept = [...this.added, ...this.base].filter((state) => !this.gone.has(state));
    const creates = this.inherited.filter(({ type }) => type === "creating");
    return { resources: kept, pendingOperations: [...creates, ...this.begun.values()] };
  }

  document(): DeploymentDocument {
    const document = encodeState(this.state(), this.cipher);
    const { resources } = document.deployment;
    if (resources === undefined || this.renamed.size === 0) return document;
    const renamed = resources.map((resource) => withRenamedUrns(resource, this.renamed));
    return { ...document, deployment: { ...document.deployment, resources: renamed } };
  }

  private record(step: ResourceStep): void {
    const { old, next } = step;
    switch (step.operation) {
      case "same":
        if (!step.skippedCreate && old !== undefined && next !== undefined) this.keep(old, next);
        return;
      case "create":
      case "import":
        if (next !== undefined) this.add(next);
        return;
      case "create-replacement":
        if (next !== undefined) this.add(next);
        if (old?.pendingReplacement) this.drop(old);
        else if (old !== undefined) this.mark(old, "delete");
        return;
      case "import-replacement":
      case "read-replacement":
        if (next !== undefined) this.add(next);
        return;
      case "update":
      case "read":
        if (old !== undefined) this.drop(old);
        if (next !== undefined) this.add(next);
        return;
      case "delete-replaced":
        if (old?.pendingReplacement) this.mark(old, "pendingReplacement");
        else if (old !== undefined) this.drop(old);
        return;
      case "delete":
      case "discard":
      case "discard-replaced":
      case "remove-pending-replace":
        if (old !== undefined) this.drop(old);
        return;
      default:
        return;
    }
  }

  private keep(old: ResourceState, next: ResourceState): void {
    const reference = this.references.get(old);
    if (old.urn !== next.urn || reference === undefined) {
      this.drop(old);
      this.add(next);
      return;
    }
    this.gone.add(old);
    this.append(next);
    this.notes.push({ note: "keep", of: reference });
  }

  private add(state: ResourceState): void {
    this.append(state);
    this.notes.push({ note: "add", resource: this.encode(state) });
    if (state.aliasedFrom === undefined) return;
    this.renamed.set(state.aliasedFrom, state.urn);
    this.notes.push({ note: "rename", from: state.aliasedFrom, to: state.urn });
  }

  private append(state: ResourceState): void {
    this.added.push(state);
    this.references.set(state, `added:${this.additions}`);
    this.additions += 1;
  }

  private drop(state: ResourceState): void {
    this.gone.add(state);
    const reference = this.references.get(state);
    if (reference !== undefined) this.notes.push({ note: "drop", of: reference });
  }

  private mark(state: ResourceState, as: "delete" | "pendingReplacement"): void {
    const reference = this.references.get(state);
    if (state[as] && reference !== undefined) this.notes.push({ note: "mark", of: reference, as });
  }

  private noteAll(): void {
    this.journal.note(...this.notes);
    this.notes = [];
  }

  private encode(state: ResourceState): StoredResource {
    return encodeResource(state, this.cipher.encode);
  }
}

function callsCloud(state: ResourceState): boolean {
  return state.custom && !isProviderType(state.type);
}
