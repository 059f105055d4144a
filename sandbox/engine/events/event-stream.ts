import type { EngineEvent, PolicySummaryEvent } from "../../../deployment/engine-event";
import type { ConfigValue } from "../../../deployment/operation";
import type { PropertyMap } from "../../../deployment/values/property-value";
import { SecretTexts } from "../../../deployment/values/secret-texts";
import { encodeProperties } from "../../../deployment/values/state-value";
import type { JsonObject } from "../../../lib/json-value";
import type { DetailedDiff, StepOperation } from "../plan/step";
import type { Urn } from "../plan/urn";

type EventBody = Omit<WrittenEvent, "sequence" | "timestamp">;

/** Numbers and dates the events of one run. */
export class EventStream {
  private sequence = 0;
  readonly secrets = new SecretTexts();
  /** Those of the configuration alone: what a program reads as plain, and repeats in a property or an output. */
  private readonly configured = new SecretTexts();

  /** @param config of which no message may repeat a secret */
  constructor(
    private readonly receive: (event: EngineEvent) => void,
    config: Iterable<ConfigValue> = [],
  ) {
    const values = [...config];
    for (const texts of [this.secrets, this.configured]) texts.addConfiguration(values);
  }

  /** Properties as events show them: with secrets masked, also those of the configuration that a program reads as plain. */
  shown(properties: PropertyMap): JsonObject {
    return this.configured.maskedValue(encodeProperties(properties, this.secrets.encode));
  }

  emit(body: EventBody): void {
    const event: WrittenEvent = { sequence: this.sequence, timestamp: Math.floor(Date.now() / 1000), ...body };
    this.sequence += 1;
    if (isEngineEvent(event)) this.receive(event);
  }

  diagnostic(severity: Severity, message: string, urn: Urn = ""): void {
    const prefix = severity === "warning" || severity === "error" ? { prefix: `${severity}: ` } : {};
    const subject = urn === "" ? {} : { urn };
    const shown = this.secrets.masked(message);
    const text = shown.endsWith("\n") ? shown : `${shown}\n`;
    this.emit({ diagnosticEvent: { ...subject, ...prefix, message: text, color: "never", severity } });
  }
}

/** What the SDK makes of an event log: it asks for the two numbers and takes the rest as declared. */
function isEngineEvent(event: object): event is EngineEvent {
  return "sequence" in event && "timestamp" in event;
}

/**
 * Engine events as the real engine writes them. The SDK's declaration says less (`old` is never null there, the summary has no
 * result) and other names (`policyPacks`); the recordings decide.
 */
export interface WrittenEvent {
  readonly sequence: number;
  readonly timestamp: number;
  readonly preludeEvent?: { readonly config: Readonly<Record<string, string>> };
  readonly diagnosticEvent?: DiagnosticEvent;
  readonly resourcePreEvent?: { readonly metadata: StepMetadata; readonly planning?: true };
  readonly resOutputsEvent?: { readonly metadata: StepMetadata; readonly planning?: true };
  readonly resOpFailedEvent?: { readonly metadata: StepMetadata; readonly status: number; readonly steps: number };
  readonly policyEvent?: PolicyEvent;
  readonly policyLoadEvent?: Record<string, never>;
  readonly policyRemediationEvent?: PolicyRemediationEvent;
  readonly policyAnalyzeSummaryEvent?: PolicySummaryEvent;
  readonly policyRemediateSummaryEvent?: PolicySummaryEvent;
  readonly policyAnalyzeStackSummaryEvent?: Omit<PolicySummaryEvent, "resourceUrn">;
  readonly summaryEvent?: SummaryEvent;
  readonly cancelEvent?: Record<string, never>;
}

interface DiagnosticEvent {
  readonly urn?: string;
  readonly prefix?: string;
  readonly message: string;
  readonly color: "never";
  readonly severity: Severity;
}

export type Severity = "info" | "info#err" | "warning" | "error" | "debug";

export interface StepMetadata {
  readonly op: StepOperation;
  readonly urn: string;
  readonly type: string;
  readonly old: StateMetadata | null;
  readonly new: StateMetadata | null;
  readonly keys?: readonly string[];
  readonly diffs?: readonly string[];
  readonly detailedDiff: Readonly<Record<string, { diffKind: string; inputDiff: boolean }>> | null;
  readonly logical?: true;
  readonly provider: string;
}

export interface StateMetadata {
  readonly type: string;
  readonly urn: string;
  readonly custom?: true;
  readonly delete?: true;
  readonly id: string;
  readonly parent: string;
  readonly protect?: true;
  readonly external?: true;
  readonly retainOnDelete?: true;
  readonly inputs: JsonObject;
  readonly outputs: JsonObject;
  readonly provider: string;
  readonly initErrors?: readonly string[];
  readonly hideDiffs?: readonly string[];
}

interface PolicyEvent {
  readonly resourceUrn?: string;
  readonly message: string;
  readonly color: "never";
  readonly policyName: string;
  readonly policyPackName: string;
  readonly policyPackVersion: string;
  readonly policyPackVersionTag: string;
  readonly enforcementLevel: "advisory" | "mandatory";
}

interface PolicyRemediationEvent {
  readonly resourceUrn: string;
  readonly color: "never";
  readonly policyName: string;
  readonly policyPackName: string;
  readonly policyPackVersion: string;
  readonly policyPackVersionTag: string;
  readonly before: JsonObject;
  readonly after: JsonObject;
}

interface SummaryEvent {
  readonly maybeCorrupt: boolean;
  readonly durationSeconds: number;
  readonly resourceChanges: Readonly<Record<string, number>>;
  readonly PolicyPacks: Readonly<Record<string, string>>;
  readonly isPreview: boolean;
  readonly result: "succeeded" | "failed";
}

export function writtenDiff(diff: DetailedDiff | undefined): StepMetadata["detailedDiff"] {
  if (diff === undefined) return null;
  return Object.fromEntries(
    Object.entries(diff).map(([path, { kind, inputDiff }]) => [path, { diffKind: kind, inputDiff }]),
  );
}
