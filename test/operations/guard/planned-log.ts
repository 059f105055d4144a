import type { StepEventStateMetadata } from "@pulumi/pulumi/automation";
import { OperationLog } from "../../../deployment/display/operation-log";
import type { EngineEvent } from "../../../deployment/engine-event";

/** One step of a plan, as a test writes it. */
export interface PlannedStep {
  readonly op: "create" | "update" | "delete" | "same" | "replace";
  readonly type: string;
  readonly name: string;
  readonly parent?: string;
  readonly old?: Partial<StepEventStateMetadata>;
  readonly new?: Partial<StepEventStateMetadata>;
  readonly keys?: readonly string[];
  readonly diffs?: readonly string[];
}

/** The events of a preview with these steps, and a stack around them. */
function planEvents(steps: readonly PlannedStep[]): EngineEvent[] {
  const at = { timestamp: 0 };
  return [
    { ...at, sequence: 0, preludeEvent: { config: {} } },
    ...steps.map((step, index) => ({
      ...at,
      sequence: index + 1,
      resourcePreEvent: { planning: true, metadata: metadata(step) },
    })),
    {
      ...at,
      sequence: steps.length + 1,
      summaryEvent: { maybeCorrupt: false, durationSeconds: 1, resourceChanges: {}, policyPacks: {} },
    },
  ];
}

export function planLog(steps: readonly PlannedStep[]): OperationLog {
  const log = new OperationLog();
  for (const event of planEvents(steps)) log.record(event);
  return log;
}

export function urnOf({ type, name }: Pick<PlannedStep, "type" | "name">, parentTypes = ""): string {
  return `urn:pulumi:dev::landscape::${parentTypes === "" ? "" : `${parentTypes}$`}${type}::${name}`;
}

function metadata(step: PlannedStep) {
  const urn = urnOf(step, step.parent?.split("::")[2]);
  const base = {
    type: step.type,
    urn,
    custom: !step.type.startsWith("landscape:"),
    id: step.name,
    parent: step.parent ?? "urn:pulumi:dev::landscape::pulumi:pulumi:Stack::landscape-dev",
    inputs: {},
    outputs: {},
    provider: "",
    initErrors: [],
  };
  return {
    op: step.op,
    urn,
    type: step.type,
    provider: "",
    logical: true,
    ...(step.op === "create" ? {} : { old: { ...base, ...step.old } }),
    ...(step.op === "delete" ? {} : { new: { ...base, ...step.new } }),
    ...(step.keys === undefined ? {} : { keys: [...step.keys] }),
    ...(step.diffs === undefined ? {} : { diffs: [...step.diffs] }),
  };
}
