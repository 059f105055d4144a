import type { OpType, StepEventMetadata } from "@pulumi/pulumi/automation";
import type { EngineEvent } from "../engine-event";
import { ChangeCounts } from "./change-counts";
import { Diagnostics } from "./operation-diagnostics";
import { PolicyResults } from "./policy-results";
import { printable } from "./terminal";
import { urnName } from "./urn-text";

/** One resource of the tree, with every step taken or planned for it. */
export interface ResourceRow {
  readonly urn: string;
  readonly type: string;
  readonly name: string;
  readonly parent: string | undefined;
  /** Whether it groups others and is in no cloud itself: a component, or the stack. */
  readonly isComponent: boolean;
  /** Finished or planned steps by operation; the latest event of each counts. */
  readonly steps: Map<OpType, StepEventMetadata>;
  /** Read back from the cloud by a refresh: its change is what was found, not what is wanted. */
  refreshed: boolean;
  running: OpType | undefined;
  failed: boolean;
  protected: boolean;
  retained: boolean;
}

export interface OperationSummary {
  readonly durationSeconds: number;
  readonly succeeded: boolean;
  /** Packs that ran, `name` to `version`. */
  readonly policyPacks: ReadonlyMap<string, string>;
}

/** What an operation did or would do, gathered from its engine events. Everything that is shown is read from here. */
export class OperationLog {
  readonly rows = new Map<string, ResourceRow>();
  readonly counts = new ChangeCounts();
  readonly policies = new PolicyResults();
  readonly diagnostics = new Diagnostics();
  readonly messages: string[] = [];
  summary: OperationSummary | undefined;
  isPreview = false;

  record(event: EngineEvent): void {
    if (event.resourcePreEvent) this.recordStart(event.resourcePreEvent.metadata, event.resourcePreEvent.planning);
    if (event.resOutputsEvent) this.recordEnd(event.resOutputsEvent.metadata, event.resOutputsEvent.planning);
    if (event.resOpFailedEvent) this.recordFailure(event.resOpFailedEvent.metadata);
    if (event.stdoutEvent) this.messages.push(printable(event.stdoutEvent.message));
    if (event.summaryEvent) this.summary = readSummary(event.summaryEvent);
    this.policies.record(event);
    this.diagnostics.record(event);
  }

  /** Whether the operation never got to saying anything: it could not begin. */
  get isEmpty(): boolean {
    return this.rows.size === 0 && this.summary === undefined && this.diagnostics.all.length === 0;
  }

  /** The stack's own row, whose outputs are the stack's outputs. */
  get stack(): ResourceRow | undefined {
    return [...this.rows.values()].find((row) => row.type === "pulumi:pulumi:Stack");
  }

  private recordStart(metadata: StepEventMetadata, planning: boolean | undefined): void {
    if (planning === true) this.isPreview = true;
    const row = this.rowOf(metadata);
    row.running = metadata.op;
    if (metadata.op === "refresh") row.refreshed = true;
    else row.steps.set(metadata.op, metadata);
    // A component cannot fail, and its closing event only comes when the program gets as far as saying its outputs.
    if (metadata.op !== "refresh" && (metadata.new ?? metadata.old)?.custom !== true) {
      this.counts.record(metadata, row.refreshed);
    }
  }

  private recordEnd(metadata: StepEventMetadata, planning: boolean | undefined): void {
    if (planning === true) this.isPreview = true;
    const row = this.rowOf(metadata);
    row.running = undefined;
    row.steps.set(metadata.op, metadata);
    this.counts.record(metadata, row.refreshed);
  }

  private recordFailure(metadata: StepEventMetadata): void {
    const row = this.rowOf(metadata);
    row.running = undefined;
    row.failed = true;
    row.steps.set(metadata.op, metadata);
  }

  private rowOf(metadata: StepEventMetadata): ResourceRow {
    const state = metadata.new ?? metadata.old;
    const row = this.rows.get(metadata.urn) ?? newRow(metadata);
    this.rows.set(metadata.urn, row);
    row.protected = state?.protect ?? false;
    row.retained = state?.retainOnDelete ?? false;
    return row;
  }
}

function newRow(metadata: StepEventMetadata): ResourceRow {
  const state = metadata.new ?? metadata.old;
  const parent = state?.parent;
  return {
    urn: metadata.urn,
    type: metadata.type,
    name: urnName(metadata.urn),
    parent: parent === undefined || parent === "" ? undefined : parent,
    isComponent: state?.custom !== true,
    steps: new Map(),
    refreshed: false,
    running: undefined,
    failed: false,
    protected: false,
    retained: false,
  };
}

// The real engine writes `PolicyPacks` and `result`; the SDK's type has `policyPacks` and no result.
function readSummary(event: NonNullable<EngineEvent["summaryEvent"]>): OperationSummary {
  const packs: unknown = "PolicyPacks" in event ? event.PolicyPacks : event.policyPacks;
  const entries = typeof packs === "object" && packs !== null ? Object.entries(packs) : [];
  return {
    durationSeconds: event.durationSeconds,
    succeeded: !("result" in event) || event.result === "succeeded",
    policyPacks: new Map(entries.map(([name, version]) => [printable(name), printable(String(version))])),
  };
}
